/* use.c - only uses the library: the implementation is in another file. SPDX-License-Identifier: MIT OR Unlicense */
#include "asyncflow.h"
#include "asyncflow_yaml.h"
#include "study.h"

uint64_t digest_in_use(void);
uint64_t digest_in_use(void)
{
    study s;
    aflow_scenario_file *file = aflow_read_text("{", 1, NULL, NULL);
    study_make(&s);
    if (file || aflow_version() != ASYNCFLOW_VERSION) return 0;
#ifndef ASYNCFLOW_NO_MALLOC
    if (aflow_check(&s.scenario, NULL) != AFLOW_OK) return 0;
#endif
    return study_digest();
}
