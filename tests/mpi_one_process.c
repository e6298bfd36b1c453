/* mpi_one_process.c - what examples/mpi_replications.c does, in one process and with one call. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    aflow_scenario_file *file = aflow_read_file(argc > 1 ? argv[1] : "", NULL, NULL);
    aflow_experiment_desc desc;
    aflow_experiment *e;
    int failed;
    memset(&desc, 0, sizeof desc);
    desc.replications = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
    e = aflow_replicate(aflow_scenario_of(file), &desc, NULL);
    failed = aflow_write_part(e, aflow_put_file, stdout) != AFLOW_OK;
    aflow_experiment_destroy(e);
    aflow_scenario_file_destroy(file);
    return failed;
}
