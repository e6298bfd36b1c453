/* bench/pending.c - the hold model: of n pending events the earliest is popped and pushed back later by a random delay. The
   library's pending set beside a binary heap on (time, sequence) as one 128-bit key, in turns; before that, both are shown to
   pop the same events in the same order, ties first in first out.
   `pending` goes to 10^6 events, `pending --full` to 10^7 (some minutes).
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define RUNS 3
#include "bench.h"

/* --- The library's, behind the names that the hold model uses --- */

typedef aflowi_pending ours;

static void ours_create(ours *p, size_t n)
{
    aflow_allocator none = { NULL, NULL }, a = aflowi_allocator_or_default(&none);
    (void)n;
    aflowi_pending_init(p, &a, AFLOWI_NEVER);
}

static void ours_push(ours *p, uint64_t time, uint32_t what) { aflowi_pending_push(p, time, what); }

static uint32_t ours_pop(ours *p, uint64_t *time)
{
    aflowi_event e;
    (void)aflowi_pending_time(p, AFLOWI_NEVER - 1);
    e = aflowi_pending_pop(p);
    *time = e.time;
    return (uint32_t)e.what;
}

static void ours_destroy(ours *p) { aflowi_pending_free(p); }

/* --- A binary heap. An entry's lower word is its sequence number above its payload of 24 bits --- */

typedef struct entry { uint64_t time, rest; } entry;
typedef struct theirs { entry *heap; size_t count; uint64_t sequence; } theirs;

static void theirs_create(theirs *h, size_t n)
{
    h->heap = (entry *)malloc((n + 1) * sizeof *h->heap);
    h->count = 0;
    h->sequence = 0;
    if (!h->heap) {
        fprintf(stderr, "pending: no memory for %.0f events\n", (double)n);
        exit(1);
    }
}

AFLOWI_INLINE int before(entry a, entry b)
{
#ifdef __SIZEOF_INT128__
    return ((aflowi_u128)a.time << 64 | a.rest) < ((aflowi_u128)b.time << 64 | b.rest);
#else
    return a.time < b.time || (a.time == b.time && a.rest < b.rest);
#endif
}

static void theirs_push(theirs *h, uint64_t time, uint32_t what)
{
    size_t i = h->count++;
    entry e;
    e.time = time;
    e.rest = h->sequence++ << 24 | what;
    for (; i && before(e, h->heap[(i - 1) / 2]); i = (i - 1) / 2) h->heap[i] = h->heap[(i - 1) / 2];
    h->heap[i] = e;
}

static uint32_t theirs_pop(theirs *h, uint64_t *time)
{
    entry top = h->heap[0], moved = h->heap[--h->count];
    size_t i = 0, child;
    while ((child = 2 * i + 1) < h->count) {
        if (child + 1 < h->count) child += (size_t)before(h->heap[child + 1], h->heap[child]);
        if (!before(h->heap[child], moved)) break;
        h->heap[i] = h->heap[child];
        i = child;
    }
    h->heap[i] = moved;
    *time = top.time;
    return (uint32_t)(top.rest & 0xFFFFFF);
}

static void theirs_destroy(theirs *h) { free(h->heap); }

/* --- Delays: drawn before, so that no sampler is timed; more of them than a branch predictor remembers --- */

#define DELAYS 131072u
#define MS (AFLOWI_TICKS_PER_S / 1000)

typedef enum delay_law { EXPONENTIAL, BIMODAL, CONSTANT, FEW_VALUES, ALL_AT_ONCE, LAWS } delay_law;
static const char *const law_names[LAWS] = {
    "exponential, 1 s", "1 ms or (1 of 10) 10 s", "constant, 1 s", "ties: 1, 2, 3 or 4 ms", "ties: all at one tick"
};

typedef struct hold {
    delay_law law;
    size_t n, holds;
    uint64_t delay[DELAYS];
    ours ours;
    theirs theirs;
    uint32_t at_ours, at_theirs;    /* next delays */
} hold;

static uint64_t draw_delay(delay_law law, aflowi_rng *rng)
{
    aflowi_exp_scale second = aflowi_exponential_scale(1, AFLOWI_TICKS_PER_S), ms = aflowi_exponential_scale(0.001, AFLOWI_TICKS_PER_S);
    switch (law) {
    case EXPONENTIAL: return aflowi_draw_exponential(second, rng);
    case BIMODAL: return aflowi_draw_below(rng, 10) ? aflowi_draw_exponential(ms, rng) : 10 * aflowi_draw_exponential(second, rng);
    case FEW_VALUES: return (1 + aflowi_draw_below(rng, 4)) * MS;
    default: return 1000 * MS;
    }
}

/* Where an event stands at first: as if it had been pushed by the law at random times before. */
static uint64_t draw_start(delay_law law, aflowi_rng *rng)
{
    if (law == CONSTANT) return aflowi_draw_below(rng, (uint32_t)(1000 * MS));
    return law == ALL_AT_ONCE ? 0 : draw_delay(law, rng);
}

static hold *hold_create(delay_law law, size_t n)
{
    hold *h = (hold *)calloc(1, sizeof *h);
    aflowi_rng rng = aflowi_rng_stream(1, 0, (uint64_t)law, (uint32_t)n);
    size_t i;
    if (!h) exit(1);
    h->law = law;
    h->n = n;
    h->holds = n < 200000 ? 200000 : n;
    for (i = 0; i < DELAYS; i++) h->delay[i] = draw_delay(law, &rng);
    ours_create(&h->ours, n);
    theirs_create(&h->theirs, n);
    for (i = 0; i < n; i++) {
        uint64_t start = draw_start(law, &rng);
        ours_push(&h->ours, start, (uint32_t)i);
        theirs_push(&h->theirs, start, (uint32_t)i);
    }
    return h;
}

static void hold_destroy(hold *h)
{
    ours_destroy(&h->ours);
    theirs_destroy(&h->theirs);
    free(h);
}

static double hold_ours(void *context, uint64_t seed)
{
    hold *h = (hold *)context;
    size_t i;
    (void)seed;
    for (i = 0; i < h->holds; i++) {
        uint64_t time;
        uint32_t what = ours_pop(&h->ours, &time);
        ours_push(&h->ours, time + h->delay[h->at_ours++ % DELAYS], what);
    }
    return (double)h->holds;
}

static double hold_theirs(void *context, uint64_t seed)
{
    hold *h = (hold *)context;
    size_t i;
    (void)seed;
    for (i = 0; i < h->holds; i++) {
        uint64_t time;
        uint32_t what = theirs_pop(&h->theirs, &time);
        theirs_push(&h->theirs, time + h->delay[h->at_theirs++ % DELAYS], what);
    }
    return (double)h->holds;
}

/* The same events in the same order, through a few turnovers. */
static int hold_agrees(delay_law law, size_t n)
{
    hold *h = hold_create(law, n);
    size_t i, holds = 4 * n + 10000;
    int same = 1;
    for (i = 0; i < holds && same; i++) {
        uint64_t mine, other;
        uint32_t what = ours_pop(&h->ours, &mine);
        same = what == theirs_pop(&h->theirs, &other) && mine == other;
        ours_push(&h->ours, mine + h->delay[i % DELAYS], what);
        theirs_push(&h->theirs, other + h->delay[i % DELAYS], what);
    }
    if (!same) printf("%s, %.0f events: pop %.0f is not the heap's\n", law_names[law], (double)n, (double)i);
    hold_destroy(h);
    return same;
}

static void report(delay_law law, size_t n)
{
    hold *h = hold_create(law, n);
    bench_work works[2] = { { hold_ours, NULL, 0 }, { hold_theirs, NULL, 0 } };
    works[0].context = works[1].context = h;
    bench_rates(works, 2);
    printf("%-24s %10.0f   %7.1f ns   heap %7.1f ns   %5.2f of its time\n", law_names[law], (double)n, 1e9 / works[0].rate, 1e9 / works[1].rate, works[1].rate / works[0].rate);
    fflush(stdout);
    hold_destroy(h);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = { 3, 10, 30, 100, 1000, 10000, 100000, 1000000, 10000000 };
    size_t count = sizeof sizes / sizeof sizes[0] - 1, i;
    int l, same = 1;
    if (argc == 2 && strcmp(argv[1], "--full") == 0) count++;
    else if (argc > 1) {
        fprintf(stderr, "usage: pending [--full]\n");
        return 2;
    }
    for (l = 0; l < LAWS; l++) for (i = 0; i < count && sizes[i] <= 100000; i++) same &= hold_agrees((delay_law)l, sizes[i]);
    if (same) printf("the same order as the heap's, ties included\n");
    printf("bench/pending: medians of %d runs, CPU time; ns a hold\n", RUNS);
    for (l = 0; l < LAWS; l++) for (i = 0; i < count; i++) report((delay_law)l, sizes[i]);
    return !same;
}
