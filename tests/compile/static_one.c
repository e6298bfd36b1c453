/* static_one.c - the library as static functions of this file. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_STATIC
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include "study.h"

uint64_t digest_in_use(void);
uint64_t digest_in_use(void) { return study_digest(); }
