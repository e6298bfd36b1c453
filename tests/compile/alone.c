/* alone.c - one file with everything: build, run, print the digest. The switches come from the command line. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#ifndef NO_YAML
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#endif
#include "study.h"
#include <stdio.h>

int main(void)
{
    const unsigned long long digest = (unsigned long long)study_digest();
    printf("%016llx\n", digest);
    return digest == 0;
}
