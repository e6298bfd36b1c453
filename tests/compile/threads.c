/* threads.c - an experiment on the threads of the system is the one of a single thread, with an allocator of the user's: prints the study's
   digest when it is. Also without stdio and malloc in the library. SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_THREADS
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include "study.h"
#include <stdio.h>
#include <stdlib.h>

static void *resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
    if (new_size) return realloc(memory, new_size);
    free(memory);
    return NULL;
}

static uint64_t experiment(aflow_parallel_for_fn parallel_for, uint32_t *threads)
{
    study s;
    aflow_experiment_desc desc;
    aflow_experiment *e;
    uint64_t digest;
    study_make(&s);
    memset(&desc, 0, sizeof desc);
    desc.replications = 12;
    desc.parallel_for = parallel_for;
    desc.parallel_context = threads;
    desc.allocator.resize = resize;
    e = aflow_replicate(&s.scenario, &desc, NULL);
    digest = aflow_experiment_info(e).digest;
    aflow_experiment_destroy(e);
    return digest;
}

int main(void)
{
    const uint64_t alone = experiment(NULL, NULL);
    uint32_t three = 3;
    const unsigned long long digest = (unsigned long long)study_digest();
    if (!alone || experiment(aflow_threads, &three) != alone || experiment(aflow_threads, NULL) != alone || !aflow_processors()) return 1;
    printf("%016llx\n", digest);
    return digest == 0;
}
