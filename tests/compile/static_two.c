/* static_two.c - and once more, in a second file of one program; without the YAML part. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_STATIC
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "study.h"

uint64_t digest_in_second(void);
uint64_t digest_in_second(void) { return study_digest(); }
