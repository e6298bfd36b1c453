/* orders.c - include first and implement later, twice, in any order. SPDX-License-Identifier: MIT OR Unlicense */
#include "asyncflow.h"
#include "asyncflow_yaml.h"
#include "asyncflow.h"
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "asyncflow.h"
#include "asyncflow_yaml.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include "asyncflow_yaml.h"
#include "asyncflow.h"
#include "study.h"
#include <stdio.h>

int main(void)
{
    const unsigned long long digest = (unsigned long long)study_digest();
    printf("%016llx\n", digest);
    return digest == 0;
}
