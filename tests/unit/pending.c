/* pending.c - the pending events against a sorted list: order, ties first in first out, bounds, memory that runs out. SPDX-License-Identifier: MIT OR Unlicense */
#include "../test.h"

#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"

static uint64_t dice_state = 1;

static uint64_t dice64(void)
{
    uint64_t a;
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    a = dice_state >> 32;
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return a << 32 | dice_state >> 32;
}

static uint64_t dice(uint64_t sides) { return dice64() % sides; }

/* --- The reference: a list kept sorted by insertion behind equal times --- */

typedef struct list { aflowi_event *items; size_t begin, end, capacity; } list;

static void list_push(list *l, uint64_t time, uint64_t what)
{
    size_t low = l->begin, high = l->end;
    if (l->end == l->capacity) {
        if (l->begin > l->capacity / 2) {
            memmove(l->items, l->items + l->begin, (l->end - l->begin) * sizeof *l->items);
            l->end -= l->begin;
            l->begin = 0;
        } else {
            l->capacity = l->capacity ? l->capacity * 2 : 1024;
            l->items = (aflowi_event *)realloc(l->items, l->capacity * sizeof *l->items);
        }
        low = l->begin;
        high = l->end;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->items[middle].time <= time) low = middle + 1;
        else high = middle;
    }
    memmove(l->items + low + 1, l->items + low, (l->end - low) * sizeof *l->items);
    l->items[low].time = time;
    l->items[low].what = what;
    l->end++;
}

static size_t list_count(const list *l) { return l->end - l->begin; }

/* --- Both side by side. `now`: nothing may be pushed before it any more --- */

typedef struct pair {
    aflowi_pending pending;
    list reference;
    aflow_allocator allocator;
    uint64_t now, pushed, popped;
} pair;

static void pair_init(pair *p)
{
    memset(p, 0, sizeof *p);
    p->allocator = aflowi_allocator_or_default(NULL);
    aflowi_pending_init(&p->pending, &p->allocator, UINT64_MAX);
}

static void pair_free(pair *p)
{
    aflowi_pending_free(&p->pending);
    free(p->reference.items);
}

static void pair_push(pair *p, uint64_t time)
{
    aflowi_pending_push(&p->pending, time, p->pushed);
    list_push(&p->reference, time, p->pushed++);
}

/* Asks for what is not later than `bound`, and takes it. What is later is announced as later than the bound, never as later
   than it is; time may then go on to the bound. Returns 1 when an event was taken. */
static int pair_pop(pair *p, uint64_t bound)
{
    uint64_t said = aflowi_pending_time(&p->pending, bound), earliest = list_count(&p->reference) ? p->reference.items[p->reference.begin].time : UINT64_MAX;
    aflowi_event e, wanted;
    if (earliest > bound || !list_count(&p->reference)) {
        if (said <= bound && bound != UINT64_MAX) test_fail(__FILE__, __LINE__, "%llu is announced within %llu; the earliest is %llu", (unsigned long long)said, (unsigned long long)bound, (unsigned long long)earliest);
        if (said > earliest) test_fail(__FILE__, __LINE__, "%llu is announced; the earliest is %llu", (unsigned long long)said, (unsigned long long)earliest);
        if (bound > p->now && bound < AFLOWI_NEVER) p->now = bound;
        return 0;
    }
    CHECK_U64(said, earliest);
    CHECK_U64(aflowi_pending_time(&p->pending, bound), earliest);       /* asking twice changes nothing */
    wanted = p->reference.items[p->reference.begin++];
    e = aflowi_pending_pop(&p->pending);
    p->popped++;
    CHECK_U64(e.time, wanted.time);
    CHECK_U64(e.what, wanted.what);
    p->now = e.time;
    return 1;
}

static void pair_drain(pair *p)
{
    while (list_count(&p->reference) && test_state.failed_here < 20) CHECK(pair_pop(p, AFLOWI_NEVER));
    CHECK(aflowi_pending_time(&p->pending, AFLOWI_NEVER) == UINT64_MAX);
    CHECK(!p->pending.failed);
    CHECK_U64(p->popped, p->pushed);
}

/* --- Shapes of workload: how far ahead of now the next event is --- */

enum { CONSTANT, TIES, UNIFORM, BIMODAL, FAR_THEN_NEAR, POWERS, EXPONENTIAL, ZERO_AND_FAR, GRID, HUGE_TIMES, SHAPES };

static uint64_t ahead(int shape, const pair *p)
{
    switch (shape) {
    case CONSTANT: return 12000000;
    case TIES: return dice(3);
    case UNIFORM: return dice(1000000000);
    case BIMODAL: return dice(2) ? 1000000 : 10000000000u;
    case FAR_THEN_NEAR: return p->pushed % 1000 == 0 ? (uint64_t)1 << 45 : dice(1000);
    case POWERS: return (uint64_t)1 << dice(50);
    case EXPONENTIAL: return dice64() >> (20 + dice(44));
    case ZERO_AND_FAR: return dice(2) ? 0 : 3600000000000u + dice(10);
    case GRID: return (1 + dice(20)) * 1000000 - p->now % 1000000;
    default: return dice((AFLOWI_NEVER - 1 - p->now) / 1000000 + 1);
    }
}

/* A population of `size`, each popped event pushed again some time ahead. */
static void hold_model(int shape, size_t size, size_t steps)
{
    pair p;
    size_t i;
    pair_init(&p);
    for (i = 0; i < size; i++) pair_push(&p, p.now + ahead(shape, &p));
    for (i = 0; i < steps && test_state.failed_here < 20; i++) {
        CHECK(pair_pop(&p, AFLOWI_NEVER));
        pair_push(&p, p.now + ahead(shape, &p));
    }
    pair_drain(&p);
    pair_free(&p);
}

static void hold_of_all_shapes(void)
{
    static const size_t sizes[] = { 1, 2, 3, 31, 32, 33, 63, 64, 65, 66, 127, 128, 129, 500, 3000 };
    int shape;
    size_t i;
    for (shape = 0; shape < SHAPES; shape++) for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) hold_model(shape, sizes[i], 3000);
}

/* Bursts of pushes and pops, with bounds as the run loop has them: the next emission, a slice's end, the present tick. */
static void bounded(int shape, int rounds, uint64_t burst)
{
    pair p;
    int round;
    pair_init(&p);
    for (round = 0; round < rounds && test_state.failed_here < 20; round++) {
        uint64_t n = dice(burst), k, bound;
        for (k = 0; k < n; k++) pair_push(&p, p.now + ahead(shape, &p));
        n = dice(burst);
        for (k = 0; k < n; k++) {
            switch (dice(4)) {
            case 0: bound = p.now; break;
            case 1: bound = p.now + ahead(shape, &p); break;
            case 2: bound = p.now + dice(100); break;
            default: bound = AFLOWI_NEVER; break;
            }
            if (pair_pop(&p, bound)) {
                if (dice(2)) pair_push(&p, p.now + ahead(shape, &p));
                while (dice(3) == 0 && pair_pop(&p, p.now)) { }         /* the rest of this tick */
            } else if (dice(2)) {
                pair_push(&p, p.now + dice(3));                         /* the generator, at the bound or just behind */
            }
            if (!list_count(&p.reference)) break;
        }
    }
    pair_drain(&p);
    pair_free(&p);
}

static void bounded_of_all_shapes(void)
{
    int shape;
    for (shape = 0; shape < SHAPES; shape++) {
        bounded(shape, 3000, 12);
        bounded(shape, 300, 200);
        bounded(shape, 30, 2000);
    }
}

/* Bounds that grow without anything happening, then pushes between the last one and the earliest event. */
static void push_before_the_earliest(void)
{
    uint64_t far;
    int crowd;
    for (far = 1; far < 60; far++) {
        for (crowd = 1; crowd < 200; crowd = crowd * 3 + 1) {
            pair p;
            int i;
            pair_init(&p);
            for (i = 0; i < crowd; i++) pair_push(&p, ((uint64_t)1 << far) + (uint64_t)(i / 3));
            for (i = 0; i < 200 && p.now + 1 < (uint64_t)1 << far; i++) {
                uint64_t room = ((uint64_t)1 << far) - 1 - p.now;
                CHECK(!pair_pop(&p, p.now + dice(room / 2 + 1)));
                if (i % 4 == 0) {
                    pair_push(&p, p.now + dice(room / 4 + 1));
                    CHECK(pair_pop(&p, AFLOWI_NEVER));
                }
                if (i % 7 == 0) {
                    pair_push(&p, ((uint64_t)1 << far) + (uint64_t)(crowd / 3) + dice(5));
                }
            }
            pair_drain(&p);
            pair_free(&p);
        }
    }
}

/* --- Masses: order and completeness proven without a second queue --- */

static void mass(size_t size, uint64_t times, uint64_t unit, int reinsert)
{
    aflow_allocator a = aflowi_allocator_or_default(NULL);
    aflowi_pending *p = (aflowi_pending *)malloc(sizeof *p);
    unsigned char *seen = (unsigned char *)calloc(2 * size + 1, 1);
    aflowi_event last;
    uint64_t number = 0, taken = 0, wrong = 0;
    size_t i;
    aflowi_pending_init(p, &a, UINT64_MAX);
    last.time = last.what = 0;
    for (i = 0; i < size; i++) aflowi_pending_push(p, dice(times) * unit, number++);
    while (aflowi_pending_time(p, AFLOWI_NEVER) < AFLOWI_NEVER) {
        aflowi_event e = aflowi_pending_pop(p);
        wrong += taken && (e.time < last.time || (e.time == last.time && e.what < last.what));
        wrong += e.what >= number || seen[e.what]++;
        last = e;
        taken++;
        if (reinsert && number < 2 * size) aflowi_pending_push(p, e.time + dice(times) * unit, number++);
        if (wrong > 3) break;
    }
    CHECK_U64(wrong, 0);
    CHECK_U64(taken, number);
    CHECK(!p->failed);
    aflowi_pending_free(p);
    free(seen);
    free(p);
}

static void masses(void)
{
    mass(0, 1, 1, 0);
    mass(100000, 1, 77, 0);                     /* all at one time */
    mass(100000, 1, 0, 1);                      /* all at time 0, again and again */
    mass(100000, 2, 1000000000, 1);
    mass(100000, 100, 1000000, 1);              /* 1,000 at each of 100 times */
    mass(1000000, 1, 5, 0);
    mass(1000000, (uint64_t)1 << 40, 1, 0);
    mass(300000, 3600000000u, 1000, 1);
}

/* One far event, then a million near ones over it; and the other way round. */
static void one_far_many_near(void)
{
    aflow_allocator a = aflowi_allocator_or_default(NULL);
    aflowi_pending p;
    uint64_t i, now = 0, wrong = 0;
    aflowi_pending_init(&p, &a, UINT64_MAX);
    aflowi_pending_push(&p, (uint64_t)1 << 50, 999);
    for (i = 0; i < 1000000; i++) {
        aflowi_pending_push(&p, now + 1 + i % 1000, i);
        if (i % 3 == 0) continue;
        now = aflowi_pending_time(&p, AFLOWI_NEVER);
        wrong += aflowi_pending_pop(&p).time != now;
    }
    while (aflowi_pending_time(&p, AFLOWI_NEVER) < (uint64_t)1 << 50) {
        aflowi_event e = aflowi_pending_pop(&p);
        wrong += e.time < now;
        now = e.time;
    }
    CHECK_U64(wrong, 0);
    CHECK_U64(aflowi_pending_pop(&p).what, 999);
    CHECK(aflowi_pending_time(&p, AFLOWI_NEVER) == UINT64_MAX);
    CHECK(p.chunks_used < 30000);               /* 333,334 are pending in the end, 22,223 chunks: they are used again */
    aflowi_pending_free(&p);
}

static void bits(void)
{
    uint32_t i;
    CHECK_U64(aflowi_high_bit(0), 0);
    for (i = 0; i < 64; i++) {
        uint64_t one = (uint64_t)1 << i;
        CHECK_U64(aflowi_high_bit(one), i + 1);
        CHECK_U64(aflowi_high_bit(one | (one - 1)), i + 1);
        CHECK_U64(aflowi_low_bit(one), i + 1);
        CHECK_U64(aflowi_low_bit(~(one - 1)), i + 1);
    }
}

/* --- Memory runs out --- */

typedef struct stingy { size_t left; size_t live; } stingy;

static void *stingy_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    stingy *s = (stingy *)context;
    (void)old_size;
    if (new_size == 0) {
        s->live -= memory != NULL;
        free(memory);
        return NULL;
    }
    if (s->left == 0) return NULL;
    s->left--;
    s->live += memory == NULL;
    return realloc(memory, new_size);
}

static void out_of_memory(void)
{
    size_t left;
    int shape;
    for (shape = 0; shape < SHAPES; shape++) {
        for (left = 0; left < 6; left++) {
            stingy s;
            aflow_allocator a;
            pair p;
            int i;
            pair_init(&p);
            s.left = left;
            s.live = 0;
            a.resize = stingy_resize;
            a.context = &s;
            aflowi_pending_init(&p.pending, &a, UINT64_MAX);
            for (i = 0; i < 60000 && !p.pending.failed; i++) {
                pair_push(&p, p.now + ahead(shape, &p));
                if (p.pending.failed) break;
                if (i % 3 == 0 && i > 200) {
                    uint64_t time = aflowi_pending_time(&p.pending, AFLOWI_NEVER);
                    if (p.pending.failed) break;
                    CHECK(time >= p.now);
                    CHECK(pair_pop(&p, AFLOWI_NEVER));
                }
            }
            CHECK(p.pending.failed);
            for (i = 0; i < 1000; i++) {                /* what follows is lost, but harms nothing */
                aflowi_pending_push(&p.pending, p.now + 1000 + (uint64_t)i, 0);
                (void)aflowi_pending_time(&p.pending, p.now);
            }
            CHECK(p.pending.failed);
            pair_free(&p);
            CHECK_U64(s.live, 0);
        }
    }
}

int main(void)
{
    RUN(bits);
    RUN(hold_of_all_shapes);
    RUN(bounded_of_all_shapes);
    RUN(push_before_the_earliest);
    RUN(masses);
    RUN(one_far_many_near);
    RUN(out_of_memory);
    return test_end();
}
