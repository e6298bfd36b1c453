/* assert.c - an own assert, and an own decoration of public functions. SPDX-License-Identifier: MIT OR Unlicense */
#if defined(__GNUC__) || defined(__clang__)
#define ASYNCFLOW_API extern __attribute__((visibility("default")))
#else
#define ASYNCFLOW_API extern
#endif
#include <stdlib.h>
#define ASYNCFLOW_ASSERT(c) ((c) ? (void)0 : abort())
#include "alone.c"
