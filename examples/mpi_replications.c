/* mpi_replications.c - an experiment over the ranks of MPI: each plays a shard, rank 0 joins the parts.
 *
 * A part is a string of bytes that is the same on every machine, so ranks may differ in byte order and compiler, and the result
 * is, bit for bit, that of one process: there is nothing to reduce in an order that matters. The library needs nothing of MPI,
 * nor of any other way to distribute work: what goes through MPI_Gatherv here may as well be a file (`--shard I/N --out FILE`).
 *
 * Build:  mpicc -std=c99 -O2 -I.. mpi_replications.c -o mpi_replications
 * Run:    mpirun -n 4 ./mpi_replications scenarios/two_servers.yml 200 all.part
 * SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"
#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stop(const char *why)
{
    fprintf(stderr, "mpi_replications: %s\n", why);
    MPI_Abort(MPI_COMM_WORLD, 1);
    exit(1);
}

static void *memory_for(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory) stop("out of memory");
    return memory;
}

/* The part as bytes: once to know how many, once to have them; aflow_put_text closes with a zero, which is not sent. */
static char *part_of(const aflow_experiment *e, int *size)
{
    aflow_text text;
    memset(&text, 0, sizeof text);
    aflow_write_part(e, aflow_put_text, &text);
    if (text.size >= INT_MAX) stop("a part is larger than MPI_Gatherv takes: use more ranks");
    *size = (int)text.size;
    text.capacity = text.size + 1;
    text.data = (char *)memory_for(text.capacity);
    text.size = 0;
    aflow_write_part(e, aflow_put_text, &text);
    return text.data;
}

/* Rank 0 gets the parts of all, one behind the other, and where each begins; the other ranks get nothing. */
static char *gather(const char *part, int size, int rank, int ranks, int *sizes, int *starts)
{
    char *all = NULL;
    int i, total = 0;
    MPI_Gather(&size, 1, MPI_INT, sizes, 1, MPI_INT, 0, MPI_COMM_WORLD);
    for (i = 0; rank == 0 && i < ranks; i++) {
        if (total > INT_MAX - sizes[i]) stop("the parts are larger than MPI_Gatherv takes");
        starts[i] = total;
        total += sizes[i];
    }
    if (rank == 0) all = (char *)memory_for((size_t)total);
    MPI_Gatherv((void *)(size_t)part, size, MPI_CHAR, all, sizes, starts, MPI_CHAR, 0, MPI_COMM_WORLD);
    return all;
}

static aflow_experiment *join(const char *all, const int *sizes, const int *starts, int ranks, aflow_diagnostics *problems)
{
    aflow_experiment **parts = (aflow_experiment **)memory_for((size_t)ranks * sizeof *parts), *joint;
    int i;
    for (i = 0; i < ranks; i++) {
        char name[32];
        sprintf(name, "rank %d", i);
        parts[i] = aflow_read_part(all + starts[i], (size_t)sizes[i], name, NULL, problems);
    }
    joint = problems->errors ? NULL : aflow_merge((const aflow_experiment *const *)parts, (size_t)ranks, NULL, 0, NULL, problems);
    for (i = 0; i < ranks; i++) aflow_experiment_destroy(parts[i]);
    free(parts);
    return joint;
}

static void show(const aflow_experiment *e)
{
    size_t i;
    printf("%u runs, digest %016llx\n", (unsigned)aflow_experiment_info(e).runs, (unsigned long long)aflow_experiment_info(e).digest);
    for (i = 0; i < aflow_experiment_statistics(e); i++) {
        aflow_estimate x = aflow_experiment_estimate(e, i);
        if (x.runs) printf("%-24s %.9g (%.9g to %.9g) %s\n", x.name, x.mean, x.low, x.high, x.unit);
    }
}

static int save(const aflow_experiment *e, const char *path)
{
    FILE *file = fopen(path, "wb");
    int ok = file && aflow_write_part(e, aflow_put_file, file) == AFLOW_OK;
    return (file && fclose(file) != 0) || !ok;
}

int main(int argc, char **argv)
{
    aflow_diagnostics problems;
    aflow_scenario_file *file;
    aflow_experiment_desc desc;
    aflow_experiment *mine, *joint;
    char *part, *all;
    int rank, ranks, size, failed = 0, *sizes, *starts;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    memset(&problems, 0, sizeof problems);
    memset(&desc, 0, sizeof desc);
    if (argc < 3) stop("usage: mpi_replications SCENARIO REPLICATIONS [OUT.part]");
    desc.replications = (uint32_t)strtoul(argv[2], NULL, 10);
    desc.shard = (uint32_t)rank + 1;
    desc.shards = (uint32_t)ranks;
    file = aflow_read_file(argv[1], &problems, NULL);
    mine = file ? aflow_replicate(aflow_scenario_of(file), &desc, &problems) : NULL;
    if (!mine) {
        if (rank == 0) aflow_write_diagnostics(&problems, aflow_put_file, stderr);      /* all have the same to say */
        stop("no part");
    }
    part = part_of(mine, &size);
    sizes = (int *)memory_for((size_t)ranks * sizeof *sizes);
    starts = (int *)memory_for((size_t)ranks * sizeof *starts);
    all = gather(part, size, rank, ranks, sizes, starts);
    if (rank == 0) {
        joint = join(all, sizes, starts, ranks, &problems);
        aflow_write_diagnostics(&problems, aflow_put_file, stderr);
        if (joint) show(joint);
        failed = !joint || (argc > 3 && save(joint, argv[3]));
        aflow_experiment_destroy(joint);
    }
    aflow_experiment_destroy(mine);
    aflow_scenario_file_destroy(file);
    aflow_diagnostics_clear(&problems);
    free(part);
    free(all);
    free(sizes);
    free(starts);
    MPI_Finalize();
    return failed;
}
