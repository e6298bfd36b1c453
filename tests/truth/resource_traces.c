/* truth/resource_traces.c - resources followed by hand: pools, databases, limiters, caches, models, GPUs and branches, request by
   request and tick by tick. Each expected time is derived in the comment above it. Times are ms at the servers (traces.inc).
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "../test.h"
#include "traces.inc"

static void shared(aflow_resource resource) { aflow_add_resource(trace.b, &resource); }

#define POOL(id_, capacity_, ...) shared((aflow_resource){ .id = (id_), .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = (capacity_), __VA_ARGS__ })
#define DATABASE(...) shared((aflow_resource){ .id = "db", .kind = AFLOW_RESOURCE_DATABASE, __VA_ARGS__ })
#define LIMITER(...) shared((aflow_resource){ .id = "limit", .kind = AFLOW_RESOURCE_RATE_LIMITER, __VA_ARGS__ })
#define CACHE(...) shared((aflow_resource){ .id = "cache", .kind = AFLOW_RESOURCE_CACHE, __VA_ARGS__ })
#define MODEL(...) shared((aflow_resource){ .id = "llm", .kind = AFLOW_RESOURCE_LLM, __VA_ARGS__ })
#define GPU(...) shared((aflow_resource){ .id = "gpu", .kind = AFLOW_RESOURCE_GPU, __VA_ARGS__ })
#define SERVE(...) serve((aflow_server_resources){ 0 }, AFLOW_STEPS(__VA_ARGS__))

static aflow_resource_stats resource_of(const aflow_result *r, const char *name) { return aflow_result_resource(r, aflow_result_find(r, name)); }

/* Waits of those that got it: how many, their sum and the longest, in ms. */
static void check_waits(aflow_resource_stats s, uint64_t count, double sum, double longest)
{
    SAME(s.wait.count, count);
    SAME(s.acquired, count);
    if (!count) return;
    CLOSE(s.wait.mean_s * (double)count * 1000, sum);
    CLOSE(s.wait.max_s * 1000, longest);
}

static aflow_step held(const char *pool, double ms) { return aflow_using(aflow_io_s(ms / 1000), pool); }

/* --- Connection pools ------------------------------------------------------------ */

/* Two places, 10 ms each: 1 and 2 at once; 3 gets the place of 1 at 10, 4 that of 2 at 11. */
static void places_are_given_first_come_first_served(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2, 3);
    POOL("pool", 2, .max_waiting = 0);
    SERVE(held("pool", 10));
    EXPECT(r, OK(10), OK(11), OK(20), OK(21));
    check_waits(resource_of(r, "pool"), 4, 8 + 8, 8);
    SAME(resource_of(r, "pool").released, 4);
    CLOSE(area(r, AFLOW_RESOURCE_IN_USE, "pool"), 40);
    CLOSE(area(r, AFLOW_RESOURCE_QUEUE_LEN, "pool"), 16);
    CLOSE(most(r, AFLOW_RESOURCE_IN_USE, "pool"), 2);
    CLOSE(most(r, AFLOW_RESOURCE_QUEUE_LEN, "pool"), 2);
    CLOSE(resource_of(r, "pool").utilization, 40. / (2 * 5000));
    CLOSE(area(r, AFLOW_EVENT_LOOP_IO_SLEEP, "srv-1"), 10 + 10 + 18 + 18);  /* who waits for a place sleeps, too */
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-1"), 0);
    aflow_result_destroy(r);
}

/* One place. 2 finds it taken; 3 comes at the tick at which 1 goes: the end of a hold is first, the place is free. */
static void a_full_pool_rejects(void)
{
    aflow_result *r;
    ARRIVE(0, 5, 10, 12);
    POOL("pool", 1, .overflow = AFLOW_OVERFLOW_REJECT);
    SERVE(held("pool", 10));
    EXPECT(r, OK(10), REJECTED(5), OK(20), REJECTED(12));
    check_waits(resource_of(r, "pool"), 2, 0, 0);
    SAME(resource_of(r, "pool").rejected, 2);
    SAME(resource_of(r, "pool").timed_out, 0);
    SAME(aflow_result_server(r, trace.server[0]).rejected, 2);
    SAME(aflow_result_endpoint(r, trace.server[0], 0).rejected, 2);
    SAME(aflow_result_info(r).requests.dropped, 2);
    SAME(aflow_result_info(r).requests.completed, 2);
    aflow_result_destroy(r);
}

/* 2 and 3 wait; 4 finds two waiting; at 11 only 3 waits, so 5 may. */
static void a_full_waiting_room_rejects(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2, 3, 11);
    POOL("pool", 1, .max_waiting = 2);
    SERVE(held("pool", 10));
    EXPECT(r, OK(10), OK(20), OK(30), REJECTED(3), OK(40));
    SAME(resource_of(r, "pool").rejected, 1);
    CLOSE(most(r, AFLOW_RESOURCE_QUEUE_LEN, "pool"), 2);
    aflow_result_destroy(r);
}

/* 2 waits from 2 to 7, then gives up; 3 gets the place at 10. */
static void who_waits_too_long_gives_up(void)
{
    aflow_result *r;
    ARRIVE(0, 2, 8);
    POOL("pool", 1, .acquire_timeout = .005);
    SERVE(held("pool", 10));
    EXPECT(r, OK(10), GIVES_UP(7), OK(20));
    check_waits(resource_of(r, "pool"), 2, 2, 2);
    SAME(resource_of(r, "pool").released, 2);
    SAME(resource_of(r, "pool").timed_out, 1);
    SAME(resource_of(r, "pool").rejected, 0);
    SAME(aflow_result_server(r, trace.server[0]).timed_out, 1);
    SAME(aflow_result_endpoint(r, trace.server[0], 0).timed_out, 1);
    SAME(aflow_result_info(r).requests.dropped, 1);
    CLOSE(area(r, AFLOW_RESOURCE_QUEUE_LEN, "pool"), 5 + 2);
    CLOSE(area(r, AFLOW_EVENT_LOOP_IO_SLEEP, "srv-1"), 10 + 5 + 12);
    aflow_result_destroy(r);
}

/* The place is free at 10. Who gives up at 10 gets it; who gives up a tick earlier does not. */
static void a_release_is_in_time_at_the_tick_of_the_timeout(void)
{
    ARRIVE(0, 5);
    POOL("pool", 1, .acquire_timeout = .005);
    SERVE(held("pool", 10));
    FATES(OK(10), OK(20));
    ARRIVE(0, 4.999999);
    POOL("pool", 1, .acquire_timeout = .005);
    SERVE(held("pool", 10));
    FATES(OK(10), GIVES_UP(9.999999));
}

/* Two places end at 10, three wait and would all give up at 10 as well: two get a place, the third gives up. */
static void two_releases_and_three_timeouts_at_one_tick(void)
{
    ARRIVE(0, 0, 5, 5, 5);
    POOL("pool", 2, .acquire_timeout = .005);
    SERVE(held("pool", 10));
    FATES(OK(10), OK(10), OK(20), OK(20), GIVES_UP(10));
}

/* Timeout 20. 2 gets the place at 10, 3 at 20; 4 gives up at 23 and 5 at 24, so that 6, behind them, is next at 30. */
static void who_is_behind_one_that_gave_up_moves_on(void)
{
    ARRIVE(0, 1, 2, 3, 4, 12);
    POOL("pool", 1, .acquire_timeout = .02);
    SERVE(held("pool", 10));
    FATES(OK(10), OK(20), OK(30), GIVES_UP(23), GIVES_UP(24), OK(40));
}

/* Room for one that waits, for 3 ms: 2 gives up at 4, so 4 finds room at 5; it gives up at 8; 5 waits from 9 to 10. */
static void who_gave_up_makes_room(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2, 5, 9);
    POOL("pool", 1, .max_waiting = 1, .acquire_timeout = .003);
    SERVE(held("pool", 10));
    EXPECT(r, OK(10), GIVES_UP(4), REJECTED(2), GIVES_UP(8), OK(20));
    check_waits(resource_of(r, "pool"), 2, 1, 1);
    CLOSE(area(r, AFLOW_RESOURCE_QUEUE_LEN, "pool"), 3 + 3 + 1);
    aflow_result_destroy(r);
}

/* Each step takes a place for itself: 1 gives it to 2 at 5 and comes back behind it. */
static void a_place_is_held_for_one_step(void)
{
    ARRIVE(0, 1);
    POOL("pool", 1, .max_waiting = 0);
    SERVE(held("pool", 5), held("pool", 5));
    FATES(OK(15), OK(20));
}

/* One core, one place. 1: core 0-1, place 1-11, core 11-12. 2: core 1-2, place 11-21, core 21-22. The core is free meanwhile: 3 comes
   at 5, computes 5-6, and gets the place at 21. */
static void who_waits_for_a_place_holds_no_core(void)
{
    ARRIVE(0, 0, 5);
    POOL("pool", 1, .max_waiting = 0);
    SERVE(aflow_cpu_s(.001), held("pool", 10), aflow_cpu_s(.001));
    FATES(OK(12), OK(22), OK(32));
}

/* Two servers in turn share one place: 1 (10 ms) 0-10, 2 (4 ms) 10-14, 3 (10 ms) 14-24. */
static void servers_share_a_resource(void)
{
    ARRIVE(0, 1, 2);
    POOL("pool", 1, .max_waiting = 0);
    SERVE(held("pool", 10));
    SERVE(held("pool", 4));
    FATES(OK(10), OK(14), OK(24));
}

/* The same with a pool of each server's own: 2 does not wait. */
static void a_server_has_its_own_resource(void)
{
    aflow_result *r;
    const aflow_resource own = { .id = "pool", .kind = AFLOW_RESOURCE_CONNECTION_POOL, .capacity = 1 };
    ARRIVE(0, 1, 2);
    aflow_add_server_resource(trace.b, SERVE(held("pool", 10)), &own);
    aflow_add_server_resource(trace.b, SERVE(held("pool", 4)), &own);
    EXPECT(r, OK(10), OK(5), OK(20));
    check_waits(resource_of(r, "srv-1/pool"), 2, 8, 8);
    check_waits(resource_of(r, "srv-2/pool"), 1, 0, 0);
    SAME(aflow_result_resources(r, NULL, 0), 2);
    aflow_result_destroy(r);
}

/* srv-1 holds the place from 0 to 100. srv-2 has RAM for one request: 2 waits for the place from 1 and gives up at 6; then 4, there
   since 3, gets the RAM, and gives up at 11. 3 is srv-1's: from 2 to 7. */
static void who_gives_up_gives_its_ram_back(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2, 3);
    POOL("pool", 1, .acquire_timeout = .005);
    SERVE(held("pool", 100));
    serve((aflow_server_resources){ .ram_mb = 256 }, AFLOW_STEPS(aflow_ram_mb(256), held("pool", 1)));
    EXPECT(r, OK(100), GIVES_UP(6), GIVES_UP(7), GIVES_UP(11));
    CLOSE(area(r, AFLOW_RAM_IN_USE, "srv-2"), 256 * 10.);
    CLOSE(area(r, AFLOW_RAM_QUEUE_LEN, "srv-2"), 3);
    aflow_result_destroy(r);
}

/* A rejected request gives its core and RAM back: with 256 MB and one core, each of these is let in, computes, and is rejected at a
   place that srv-1 holds; so 4 (at 1) computes 2-3. */
static void who_is_rejected_gives_everything_back(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 1, 1);
    POOL("pool", 1, .overflow = AFLOW_OVERFLOW_REJECT);
    SERVE(held("pool", 100));
    serve((aflow_server_resources){ .ram_mb = 256 }, AFLOW_STEPS(aflow_ram_mb(256), aflow_cpu_s(.001), held("pool", 1), aflow_cpu_s(1)));
    EXPECT(r, OK(100), REJECTED(2), REJECTED(1), REJECTED(3));
    CLOSE(area(r, AFLOW_RAM_IN_USE, "srv-2"), 256 * 2.);
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-2"), 2);
    aflow_result_destroy(r);
}

/* An io_db step uses what it names, not the server's db_connection_pool: two at once. */
static void a_query_uses_the_resource_that_it_names(void)
{
    aflow_result *r;
    ARRIVE(0, 0);
    POOL("pool", 2, .max_waiting = 0);
    SERVE(aflow_using(aflow_db_s(.01), "pool"));
    EXPECT(r, OK(10), OK(10));
    check_waits(resource_of(r, "pool"), 2, 0, 0);
    aflow_result_destroy(r);
}

/* --- Databases: shared speed --------------------------------------------------------- */

/* contention 1: n share one speed. 1 alone 0-4; with 2 at half speed from 4: its 6 ms left take 12, until 16, when 2 has done 6; its 4 ms
   left take 4. */
static void two_queries_share_one_speed(void)
{
    aflow_result *r;
    ARRIVE(0, 4);
    DATABASE(.capacity = 5, .contention = 1);
    SERVE(held("db", 10));
    EXPECT(r, OK(16), OK(20));
    CLOSE(area(r, AFLOW_RESOURCE_IN_USE, "db"), 16 + 16);
    CLOSE(resource_of(r, "db").utilization, 32. / (5 * 5000));
    check_waits(resource_of(r, "db"), 2, 0, 0);
    aflow_result_destroy(r);
}

/* The same with two places; 3, at 6, gets that of 1 at 16. 2 has 4 left, at half speed until 24, when 3 has done 4; then 6 alone. */
static void a_full_database_queues(void)
{
    aflow_result *r;
    ARRIVE(0, 4, 6);
    DATABASE(.capacity = 2, .contention = 1);
    SERVE(held("db", 10));
    EXPECT(r, OK(16), OK(24), OK(30));
    check_waits(resource_of(r, "db"), 3, 10, 10);
    aflow_result_destroy(r);
}

/* srv-1 asks for 10 ms, srv-2 for 2: 2 comes at 4 and needs 4 at half speed, until 8; then 1 has done 6. */
static void the_shorter_query_leaves_first(void)
{
    ARRIVE(0, 4);
    DATABASE(.capacity = 2, .contention = 1);
    SERVE(held("db", 10));
    SERVE(held("db", 2));
    FATES(OK(12), OK(8));
}

/* coherency 0.5: two are 1 + 0.5 x 2 = 2 times as slow, three 1 + 0.5 x 6 = 4 times. 1 alone 0-4, at 1/2 until 10 (7 done), at 1/4: the
   last ms takes 4, until 14. Then 2 has done 3 + 1, and 4 at 1/2 take until 22. 3 has done 1 + 4, and 3 alone take until 25. */
static void coherency_slows_all(void)
{
    ARRIVE(0, 4, 10);
    DATABASE(.capacity = 3, .coherency = .5);
    SERVE(held("db", 8));
    FATES(OK(14), OK(22), OK(25));
}

/* contention 0.5: three take twice as long: 9 x 2 = 18. contention 1 and coherency 0.5 add up: two take 1 + 1 + 1 = 3, three 1 + 2 + 3 = 6 times
   as long; three at 0 with 4 ms 24 each; with places only for two 12 and 12, and 3 alone from 12 to 16. The third of a speed is no
   whole number: a tick for each change of it is allowed. */
static void contention_and_coherency_add_up(void)
{
    static const double want[2][3] = { { 24, 24, 24 }, { 12, 12, 16 } };
    aflow_result *r;
    uint64_t i;
    uint32_t places;
    ARRIVE(0, 0, 0);
    DATABASE(.capacity = 3, .contention = .5);
    SERVE(held("db", 9));
    FATES(OK(18), OK(18), OK(18));
    for (places = 3; places >= 2; places--) {
        ARRIVE(0, 0, 0);
        DATABASE(.capacity = places, .contention = 1, .coherency = .5);
        SERVE(held("db", 4));
        r = played();
        SAME(aflow_result_requests(r), 3);
        for (i = 0; i < aflow_result_requests(r); i++) CHECK_NEAR((double)(aflow_result_request(r, i).finish_ns - ticks(2)), want[3 - places][i] * MS, 3);
        aflow_result_destroy(r);
    }
}

/* Who gives up at 7 has never slowed the other down; who is rejected neither. */
static void who_waits_for_a_database_does_not_slow_it(void)
{
    ARRIVE(0, 2);
    DATABASE(.capacity = 1, .contention = 1, .acquire_timeout = .005);
    SERVE(held("db", 10));
    FATES(OK(10), GIVES_UP(7));
    ARRIVE(0, 2);
    DATABASE(.capacity = 1, .contention = 1, .overflow = AFLOW_OVERFLOW_REJECT);
    SERVE(held("db", 10));
    FATES(OK(10), REJECTED(2));
}

/* Speeds that are no whole ticks: three of 10 ms at 0, contention 1, and each with 1 tick after the other. Shared work is conserved: the
   last one leaves at 30 ms (at most a tick for each change of the number: 3 comings, 2 goings). */
static void shared_work_is_conserved_to_the_tick(void)
{
    aflow_result *r;
    uint64_t i, last = 0;
    ARRIVE(0, .000001, .000002, 7.123457, 11.999999);
    DATABASE(.capacity = 7, .contention = 1);
    SERVE(held("db", 10.000001));
    r = played();
    SAME(aflow_result_requests(r), 5);
    for (i = 0; i < aflow_result_requests(r); i++) {
        uint64_t left = aflow_result_request(r, i).finish_ns - ticks(2);
        SAME(aflow_result_request(r, i).id, i + 1);
        if (left > last) last = left;
    }
    CHECK_NEAR((double)last, 50.000005 * MS, 9);
    aflow_result_destroy(r);
}

/* --- Rate limiters ------------------------------------------------------------------------ */

/* 10 tokens a second, 2 at first. 3 waits for the token of 100, 4 (at 50) for that of 200. At 1000 there would be 8, but it holds 2: the
   third waits until 1100. */
static void tokens_come_continuously(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 0, 50, 1000, 1000, 1000);
    LIMITER(.rate = 10, .burst = 2);
    SERVE(aflow_rate_limit("limit"));
    EXPECT(r, OK(0), OK(0), OK(100), OK(200), OK(1000), OK(1000), OK(1100));
    check_waits(resource_of(r, "limit"), 7, 100 + 150 + 100, 150);
    SAME(resource_of(r, "limit").released, 7);
    CLOSE(resource_of(r, "limit").utilization, 7. / (10 * 5));
    CLOSE(area(r, AFLOW_RESOURCE_QUEUE_LEN, "limit"), 350);
    CLOSE(most(r, AFLOW_RESOURCE_QUEUE_LEN, "limit"), 2);
    CLOSE(area(r, AFLOW_RESOURCE_IN_USE, "limit"), 0);
    aflow_result_destroy(r);
}

/* Rejected: at 0 (none left), 50 (half a token), and a tick before 100 and 200. A rejected one takes nothing. */
static void a_limiter_rejects(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 0, 50, 99.999999, 100, 199.999999, 200);
    LIMITER(.rate = 10, .burst = 2, .overflow = AFLOW_OVERFLOW_REJECT);
    SERVE(aflow_rate_limit("limit"), aflow_io_s(.001));
    EXPECT(r, OK(1), OK(1), REJECTED(0), REJECTED(50), REJECTED(99.999999), OK(101), REJECTED(199.999999), OK(201));
    SAME(resource_of(r, "limit").rejected, 4);
    SAME(resource_of(r, "limit").acquired, 4);
    aflow_result_destroy(r);
}

/* 3 tokens a second, 200 requests at once: the k-th waits for token k, which is whole at k / 3 s and not a tick before; no error adds up. */
static void waiting_for_tokens_does_not_drift(void)
{
    aflow_result *r;
    double at[200] = { 0 };
    uint64_t i;
    begin(at, 200);
    trace.seconds = 100;
    LIMITER(.rate = 3);
    SERVE(aflow_rate_limit("limit"));
    r = played();
    SAME(aflow_result_requests(r), 200);
    for (i = 0; i < aflow_result_requests(r); i++) {
        aflow_request_info q = aflow_result_request(r, i);
        uint64_t whole = ((q.id - 1) * 1000000000u + 2) / 3;
        SAME(q.id, i + 1);
        SAME(q.finish_ns - ticks(2), whole);
    }
    aflow_result_destroy(r);
}

/* Slots are multiples of the interval of the run, so 1 ms earlier at the server. */
#define SLOT(ms) ((ms) - 1)

/* 2 tokens every 200 ms, the first at 200; 3 at first. 4 and 5 wait until 200; 6 (250) until 400, when another is left for 7 (410); 8 (420)
   until 600, when another is left for 9 at that tick. */
static void tokens_come_in_slots(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 0, 0, 0, SLOT(250), SLOT(410), SLOT(420), SLOT(600));
    LIMITER(.rate = 10, .burst = 3, .refill_interval = .2);
    SERVE(aflow_rate_limit("limit"));
    EXPECT(r, OK(0), OK(0), OK(0), OK(SLOT(200)), OK(SLOT(200)), OK(SLOT(400)), OK(SLOT(410)), OK(SLOT(600)), OK(SLOT(600)));
    check_waits(resource_of(r, "limit"), 9, 199 + 199 + 150 + 180, 199);
    aflow_result_destroy(r);
}

/* Half a token every 100 ms: one every 200. */
static void slots_of_half_a_token(void)
{
    ARRIVE(0, 0, 0, SLOT(150), SLOT(350));
    LIMITER(.rate = 5, .burst = 1, .refill_interval = .1, .overflow = AFLOW_OVERFLOW_REJECT);
    SERVE(aflow_rate_limit("limit"));
    FATES(OK(0), REJECTED(0), REJECTED(0), REJECTED(SLOT(150)), OK(SLOT(350)));
    ARRIVE(0, 0, 0, SLOT(150));
    LIMITER(.rate = 5, .burst = 1, .refill_interval = .1);
    SERVE(aflow_rate_limit("limit"));
    FATES(OK(0), OK(SLOT(200)), OK(SLOT(400)), OK(SLOT(600)));
}

/* A tick before its refill a bucket is empty, at it it is not. It holds no more than its burst: 2 of the 10 that come at 1000. */
static void a_slotted_bucket_holds_its_burst(void)
{
    ARRIVE(0, 0, SLOT(999.999999), SLOT(1000), SLOT(1000), SLOT(1000));
    LIMITER(.rate = 10, .burst = 2, .refill_interval = 1, .overflow = AFLOW_OVERFLOW_REJECT);
    SERVE(aflow_rate_limit("limit"));
    FATES(OK(0), OK(0), REJECTED(SLOT(999.999999)), OK(SLOT(1000)), OK(SLOT(1000)), REJECTED(SLOT(1000)));
}

/* Also for those that wait: of nine at once 4 go at 0, 4 of the 10 tokens at 100 are kept, for 5 to 8, and the last goes at 200. */
static void who_waits_for_a_slot_shares_the_burst(void)
{
    ARRIVE(0, 0, 0, 0, 0, 0, 0, 0, 0);
    LIMITER(.rate = 100, .burst = 4, .refill_interval = .1);
    SERVE(aflow_rate_limit("limit"));
    FATES(OK(0), OK(0), OK(0), OK(0), OK(SLOT(100)), OK(SLOT(100)), OK(SLOT(100)), OK(SLOT(100)), OK(SLOT(200)));
}

/* Timeout 150. 2 gets the token of 100; 3 and 4 give up at 150 and take none: the next one is whole at 200 and is 5's. */
static void who_waits_for_a_token_gives_up(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 0, 0, 160);
    LIMITER(.rate = 10, .acquire_timeout = .15);
    SERVE(aflow_rate_limit("limit"));
    EXPECT(r, OK(0), OK(100), GIVES_UP(150), GIVES_UP(150), OK(200));
    check_waits(resource_of(r, "limit"), 3, 100 + 40, 100);
    SAME(resource_of(r, "limit").timed_out, 2);
    CLOSE(area(r, AFLOW_RESOURCE_QUEUE_LEN, "limit"), 100 + 150 + 150 + 40);
    aflow_result_destroy(r);
}

/* A token at the tick of the timeout is in time, continuous or slotted. */
static void a_token_is_in_time_at_the_tick_of_the_timeout(void)
{
    ARRIVE(0, 0, 0);
    LIMITER(.rate = 10, .acquire_timeout = .1);
    SERVE(aflow_rate_limit("limit"));
    FATES(OK(0), OK(100), GIVES_UP(100));
    ARRIVE(0, SLOT(1), SLOT(1));
    LIMITER(.rate = 10, .acquire_timeout = .099, .refill_interval = .1);
    SERVE(aflow_rate_limit("limit"));
    FATES(OK(0), OK(SLOT(100)), GIVES_UP(SLOT(100)));
}

/* Replayed exactly as fast as the tokens come: nobody is too early, and none of a token is lost between two. */
static void requests_at_the_rate_of_the_tokens_all_get_one(void)
{
    static const double rates[] = { 10, 25, 50, 64, 100, 125, 200, 500, 1000 };
    static double at[100];
    size_t i, k;
    for (i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        aflow_result *r;
        for (k = 0; k < 100; k++) at[k] = 1000. * (double)k / rates[i];
        begin(at, 100);
        trace.seconds = 20;
        LIMITER(.rate = rates[i], .overflow = AFLOW_OVERFLOW_REJECT);
        SERVE(aflow_rate_limit("limit"));
        r = played();
        SAME(resource_of(r, "limit").rejected, 0);
        aflow_result_destroy(r);
    }
}

/* The same where the time of a token is no whole number of ticks: 3 million a second are 300,000 in 0.1 s, and not a tick each fewer. */
static void a_fast_limiter_keeps_its_rate(void)
{
    static const double rates[] = { 3e6, 7e6, 7e8 };
    static double at[4000];
    size_t i, k;
    for (i = 0; i < 3; i++) {
        aflow_result *r;
        for (k = 0; k < 4000; k++) at[k] = 0;
        begin(at, 4000);
        LIMITER(.rate = rates[i]);
        SERVE(aflow_rate_limit("limit"));
        r = played();
        SAME(aflow_result_requests(r), 4000);
        SAME(aflow_result_request(r, 3999).finish_ns - ticks(2), ceil(3999 * 1e9 / rates[i]));
        aflow_result_destroy(r);
    }
}

/* 2 waits, 3 is one too many; so is 4, a tick before the token of 100 that 2 waits for. 5 waits from 100.000001, 6 is one too many. What a limiter
   does by itself comes after arrivals at the same tick, so at 100 itself 2 would still be waiting: 4 in the second run. */
static void a_limiter_has_a_waiting_room(void)
{
    ARRIVE(0, 0, 0, 99.999999, 100.000001, 150);
    LIMITER(.rate = 10, .max_waiting = 1);
    SERVE(aflow_rate_limit("limit"));
    FATES(OK(0), OK(100), REJECTED(0), REJECTED(99.999999), OK(200), REJECTED(150));
    ARRIVE(0, 0, 0, 100, 150);
    LIMITER(.rate = 10, .max_waiting = 1);
    SERVE(aflow_rate_limit("limit"));
    FATES(OK(0), OK(100), REJECTED(0), REJECTED(100), OK(200));
}

/* --- Caches --------------------------------------------------------------------------------- */

#define LOOK_UP 1.              /* ms */
#define FETCH 10.               /* ms */
static const aflow_step fetch[1] = { { .kind = AFLOW_STEP_IO_WAIT, .io_waiting_time = { .mean = FETCH / 1000 } } };
#define CACHED aflow_cache("cache", LOOK_UP / 1000, fetch, 1)

static void check_cache(const aflow_result *r, uint64_t hits, uint64_t misses, uint64_t coalesced, uint64_t evicted, uint64_t expired)
{
    aflow_resource_stats s = resource_of(r, "cache");
    SAME(s.hits, hits);
    SAME(s.misses, misses);
    SAME(s.coalesced, coalesced);
    SAME(s.evicted, evicted);
    SAME(s.expired, expired);
    SAME(s.acquired, hits + misses);
    SAME(s.released, hits + misses);
    CLOSE(s.hit_ratio, hits + misses ? (double)hits / (double)(hits + misses) : 0);
}

/* One key. 1 looks up 0-1, fetches 1-11. 2 (at 5) misses, too: it is stored at 11, when 2 has long looked. 3 hits. */
static void an_entry_is_there_once_it_is_fetched(void)
{
    aflow_result *r;
    ARRIVE(0, 5, 20);
    CACHE(.keys = 1);
    SERVE(CACHED);
    EXPECT(r, OK(11), OK(16), OK(21));
    check_cache(r, 1, 2, 0, 0, 0);
    CLOSE(area(r, AFLOW_RESOURCE_IN_USE, "cache"), 5000 - 1 - 11);   /* from 11 on, which is 12 ms into the run */
    aflow_result_destroy(r);
}

/* Stored at 11 for 100 ms. 2 and 3 hit and renew nothing; 4 (112) is too late, fetches and stores at 123; 5 hits, 6 (230) is too late. */
static void an_entry_lives_from_its_storing(void)
{
    aflow_result *r;
    ARRIVE(0, 60, 105, 112, 220, 230);
    CACHE(.keys = 1, .time_to_live = .1);
    SERVE(CACHED);
    EXPECT(r, OK(11), OK(61), OK(106), OK(123), OK(221), OK(241));
    check_cache(r, 3, 3, 0, 0, 2);
    aflow_result_destroy(r);
}

/* Look-ups of one tick, so 1 stores at 10.000001. A look-up sees what is there as it ends: a tick before the entry is 100 ms old a hit, at 100 ms
   none. */
static void an_entry_is_stale_at_its_age(void)
{
    ARRIVE(0, 109.999999);
    CACHE(.keys = 1, .time_to_live = .1);
    SERVE(aflow_cache("cache", 1e-9, fetch, 1));
    FATES(OK(10.000001), OK(110));
    ARRIVE(0, 110);
    CACHE(.keys = 1, .time_to_live = .1);
    SERVE(aflow_cache("cache", 1e-9, fetch, 1));
    FATES(OK(10.000001), OK(120.000001));
}

/* Two entries of one fetch: 1 stores at 11, 2 (at 5, a miss as well) again at 16, from which its 100 ms count: 3 (112) hits, 4 (117) is late. */
static void storing_again_renews(void)
{
    aflow_result *r;
    ARRIVE(0, 5, 112, 117);
    CACHE(.keys = 1, .time_to_live = .1);
    SERVE(CACHED);
    EXPECT(r, OK(11), OK(16), OK(113), OK(128));
    check_cache(r, 1, 3, 0, 0, 1);
    aflow_result_destroy(r);
}

/* 2 and 3 look up 2-3 and 4-5, then wait for the fetch of 1, until 11. A core each, in their order: 11-12, 12-13, 13-14. 4 hits: 21-22. */
static void one_flight_for_all(void)
{
    aflow_result *r;
    ARRIVE(0, 2, 4, 20);
    CACHE(.keys = 1, .single_flight = 1);
    SERVE(CACHED, aflow_cpu_s(.001));
    EXPECT(r, OK(12), OK(13), OK(14), OK(22));
    check_cache(r, 1, 3, 2, 0, 0);
    aflow_result_destroy(r);
}

/* With a time to live of 10 ms: stored at 11, stale at 21. 3 (at 30) fetches 31-41, 4 (at 35) waits for that. */
static void a_flight_for_each_life(void)
{
    aflow_result *r;
    ARRIVE(0, 2, 30, 35, 45);
    CACHE(.keys = 1, .single_flight = 1, .time_to_live = .01);
    SERVE(CACHED);
    EXPECT(r, OK(11), OK(11), OK(41), OK(41), OK(46));
    check_cache(r, 1, 4, 2, 0, 1);
    aflow_result_destroy(r);
}

/* Away from 50 to 80, and empty when it is back. Injected times are the run's, 1 ms later. */
static void lose_cache_from_50_to_80(aflow_resource cache)
{
    cache.id = "cache";
    cache.kind = AFLOW_RESOURCE_CACHE;
    aflow_add_cache_loss(trace.b, aflow_add_resource(trace.b, &cache), .051, .081);
}

/* 3 (at 60) misses and stores nothing; 4 (90) misses and stores; 5 hits. */
static void a_lost_cache_comes_back_empty(void)
{
    aflow_result *r;
    ARRIVE(0, 20, 60, 90, 120);
    lose_cache_from_50_to_80((aflow_resource){ .keys = 1 });
    SERVE(CACHED);
    EXPECT(r, OK(11), OK(21), OK(71), OK(101), OK(121));
    check_cache(r, 2, 3, 0, 0, 0);
    CLOSE(area(r, AFLOW_RESOURCE_IN_USE, "cache"), 50 - 11 + 5000 - 1 - 101);
    aflow_result_destroy(r);
}

/* A fetch of 45 ends at 56, when the cache is away: 2 (85) misses. One of 73 ends at 84, when it is back: 4 (97) hits. */
static void what_is_fetched_is_stored_where_the_cache_is(void)
{
    ARRIVE(45, 85);
    lose_cache_from_50_to_80((aflow_resource){ .keys = 1 });
    SERVE(CACHED);
    FATES(OK(56), OK(96));
    ARRIVE(73, 97);
    lose_cache_from_50_to_80((aflow_resource){ .keys = 1 });
    SERVE(CACHED);
    FATES(OK(84), OK(98));
}

/* hit_probability 1 and 0; who misses does the rest. A lost cache has no hits, whatever its probability. */
static void a_hit_probability_needs_no_keys(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 1, 60);
    lose_cache_from_50_to_80((aflow_resource){ .hit_probability = 1 });
    SERVE(CACHED);
    EXPECT(r, OK(1), OK(1), OK(2), OK(71));
    check_cache(r, 3, 1, 0, 0, 0);
    aflow_result_destroy(r);
    ARRIVE(0, 20);
    CACHE(.hit_probability = AFLOW_ZERO);
    SERVE(CACHED);
    EXPECT(r, OK(11), OK(31));
    check_cache(r, 0, 2, 0, 0, 0);
    aflow_result_destroy(r);
}

/* A look-up in another cache is what a miss does: 1 misses both (1 + 1 + 10 ms), 2 hits the first. */
static void caches_stand_behind_caches(void)
{
    const aflow_step behind = aflow_cache("far", .001, fetch, 1);
    ARRIVE(0, 20);
    CACHE(.keys = 1);
    shared((aflow_resource){ .id = "far", .kind = AFLOW_RESOURCE_CACHE, .keys = 1 });
    SERVE(aflow_cache("cache", .001, &behind, 1));
    FATES(OK(12), OK(21));
}

/* --- Caches: which keys -------------------------------------------------------------------------- */

/* Keys are drawn, look-up by look-up, from the step's own stream: they are the same whatever the cache's size, and can be found out. LRU
   keeps the c most recently asked for, so a look-up hits with capacity c when its key stands at most c deep in the stack of all keys
   by their last look-up (Mattson et al. 1970): the least such c is the depth, and depths make the keys, numbered as they first came. */
#define KEYS 5
#define LOOK_UPS 4000

static int hits_of(uint32_t capacity, double exponent, unsigned char *hit)
{
    static double at[LOOK_UPS];
    aflow_result *r;
    uint64_t i;
    int n = 0;
    for (i = 0; i < LOOK_UPS; i++) at[i] = 20. * (double)i;
    begin(at, LOOK_UPS);
    trace.seconds = LOOK_UPS * .02 + 1;
    trace.seed = 77;
    CACHE(.keys = KEYS, .capacity = capacity, .zipf_exponent = exponent);
    SERVE(CACHED);
    r = played();
    SAME(aflow_result_requests(r), LOOK_UPS);
    for (i = 0; i < aflow_result_requests(r); i++) {
        aflow_request_info q = aflow_result_request(r, i);
        uint64_t took = q.finish_ns - q.start_ns - ticks(2);
        CHECK(took == ticks(LOOK_UP) || took == ticks(LOOK_UP + FETCH));
        n += hit[q.id - 1] = took == ticks(LOOK_UP);
    }
    /* the entries at the end are all keys, or as many as it holds */
    check_cache(r, (uint64_t)n, LOOK_UPS - (uint64_t)n, 0, (uint64_t)(LOOK_UPS - n) - capacity, 0);
    CLOSE(aflow_result_metric(r, AFLOW_RESOURCE_IN_USE, aflow_result_find(r, "cache")).last, capacity);
    aflow_result_destroy(r);
    return n;
}

/* Returns how many different ones there are; fails where a larger cache misses what a smaller one hits. */
static int keys_of(double exponent, int *key)
{
    static unsigned char hit[KEYS + 1][LOOK_UPS];
    int stack[KEYS + 1], known = 0, i, k;
    uint32_t c;
    for (c = 1; c <= KEYS; c++) hits_of(c, exponent, hit[c]);
    for (i = 0; i < LOOK_UPS; i++) {
        int depth = 1;
        while (depth <= KEYS && !hit[depth][i]) depth++;
        for (k = depth; k <= KEYS; k++) if (!hit[k][i]) test_fail(__FILE__, __LINE__, "look-up %d hits with capacity %d, misses with %d", i, depth, k);
        if (depth > known) {
            if (depth <= KEYS || known == KEYS) { test_fail(__FILE__, __LINE__, "look-up %d: a depth of %d with %d keys", i, depth, known); return 0; }
            depth = known + 1;
            stack[known] = known;
            known++;
        }
        key[i] = stack[depth - 1];
        for (k = depth - 1; k > 0; k--) stack[k] = stack[k - 1];
        stack[0] = key[i];
    }
    return known;
}

/* The keys so found are as popular as Zipf's law says, whichever is which: their counts, in order, are binomial, and those of this seed
   within 4 standard deviations (the smallest gap between two of them is more than that). */
static void keys_follow_the_law_of_zipf(void)
{
    static const double exponents[] = { AFLOW_ZERO, .9, 2, 0 };
    static int key[LOOK_UPS];
    size_t e;
    for (e = 0; e < 4; e++) {
        double s = exponents[e] > 0 ? exponents[e] : exponents[e] < 0 ? 0 : 1, total = 0;     /* not given: 1 */
        int count[KEYS] = { 0 }, i, k;
        SAME(keys_of(exponents[e], key), KEYS);
        for (i = 0; i < LOOK_UPS; i++) count[key[i]]++;
        for (k = 1; k <= KEYS; k++) total += pow(k, -s);
        for (k = 1; k <= KEYS; k++) {
            double p = pow(k, -s) / total, n = LOOK_UPS;
            int best = 0;
            for (i = 1; i < KEYS; i++) if (count[i] > count[best]) best = i;
            CHECK_NEAR(count[best], n * p, 4 * sqrt(n * p * (1 - p)));
            count[best] = -1;
        }
    }
}

/* --- Caches: look-ups that overlap, against a model of a few lines ------------------------------------- */

struct entry { double stored, used; int present, flying; };
struct model { struct entry entry[KEYS]; uint32_t capacity; double life; int single; uint64_t hits, misses, coalesced, evicted, expired; };
struct look { double at, done; int key, state; };      /* state: 0 looks up, 1 fetches, 2 waits, 3 done */

static void model_store(struct model *m, int key, double now)
{
    int k, oldest = -1, entries = 0;
    for (k = 0; k < KEYS; k++) {
        if (!m->entry[k].present || k == key) continue;
        entries++;
        if (oldest < 0 || m->entry[k].used < m->entry[oldest].used) oldest = k;
    }
    if (!m->entry[key].present && entries >= (int)m->capacity) {
        m->entry[oldest].present = 0;
        m->evicted++;
    }
    m->entry[key].present = 1;
    m->entry[key].stored = m->entry[key].used = now;
}

static void model_look(struct model *m, struct look *l, double now)
{
    struct entry *e = &m->entry[l->key];
    l->state = 3;
    l->done = now;
    if (e->present && !(m->life > 0 && now - e->stored >= m->life - 1e-9)) { e->used = now; m->hits++; return; }
    m->misses++;
    if (e->present) { e->present = 0; m->expired++; }
    if (m->single && e->flying) { m->coalesced++; l->state = 2; return; }
    l->state = 1;
    l->done = now + FETCH;
    e->flying = 1;
}

static void model_fetched(struct model *m, struct look *looks, int n, struct look *l)
{
    int i;
    model_store(m, l->key, l->done);
    l->state = 3;
    m->entry[l->key].flying = 0;
    if (!m->single) return;
    for (i = 0; i < n; i++) if (looks[i].state == 2 && looks[i].key == l->key) { looks[i].state = 3; looks[i].done = l->done; }
}

/* Plays to the end: the earliest of all look-ups and fetches that are under way is next; each looks as its look-up ends. */
static void model_play(struct model *m, struct look *looks, int n)
{
    for (;;) {
        struct look *next = NULL;
        int i;
        for (i = 0; i < n; i++) if (looks[i].state < 2 && (!next || looks[i].done < next->done)) next = &looks[i];
        if (!next) return;
        if (next->state == 0) model_look(m, next, next->done);
        else model_fetched(m, looks, n, next);
    }
}

static void check_model(const int *key, uint32_t capacity, double life, int single)
{
    static double at[LOOK_UPS];
    static struct look looks[LOOK_UPS];
    struct model m = { .capacity = capacity, .life = life, .single = single };
    aflow_result *r;
    uint64_t state = 1, i, rows, n = 1000;
    for (i = 0; i < n; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        at[i] = (i ? at[i - 1] : 0) + floor((double)(state >> 40) / 16777216 * 12e6) / MS;        /* every 6 ms */
        looks[i] = (struct look){ .at = at[i], .done = at[i] + LOOK_UP, .key = key[i] };
    }
    begin(at, (size_t)n);
    trace.seconds = 20;
    trace.seed = 77;
    CACHE(.keys = KEYS, .capacity = capacity, .zipf_exponent = .9, .time_to_live = life / 1000, .single_flight = single);
    SERVE(CACHED);
    r = played();
    model_play(&m, looks, (int)n);
    SAME(rows = aflow_result_requests(r), n);
    for (i = 0; i < rows; i++) {
        aflow_request_info q = aflow_result_request(r, i);
        check_fate(q.id, q, (struct fate)OK(looks[q.id - 1].done));
    }
    check_cache(r, m.hits, m.misses, m.coalesced, m.evicted, m.expired);
    CHECK(m.hits > 0 && m.misses > 0 && (!single || m.coalesced > 0) && (capacity == KEYS || m.evicted > 0) && (life == 0 || life > 100 || m.expired > 0));
    aflow_result_destroy(r);
}

static void a_cache_is_its_model_look_up_by_look_up(void)
{
    static int key[LOOK_UPS];
    uint32_t capacity;
    int single;
    SAME(keys_of(.9, key), KEYS);
    for (single = 0; single < 2; single++) {
        for (capacity = 1; capacity <= KEYS; capacity++) {
            check_model(key, capacity, 0, single);
            check_model(key, capacity, 30, single);
            check_model(key, capacity, 300, single);
        }
    }
}

/* --- Models of providers ------------------------------------------------------------------------------------ */

static aflow_step call(double in, double out) { return aflow_llm_tokens("llm", aflow_constant(in), aflow_constant(out)); }

/* 0.5 s + 100 x 0.02 s = 2.5 s. 0.001 + 1000 x 3 / 1e6 + 100 x 15 / 1e6 = 0.0055 a call. */
static void tokens_take_time_and_money(void)
{
    aflow_result *r;
    ARRIVE(0, 100);
    MODEL(.time_to_first_token = aflow_constant(.5), .time_per_output_token = aflow_constant(.02),
          .price_per_call = .001, .price_per_million_input_tokens = 3, .price_per_million_output_tokens = 15);
    SERVE(call(1000, 100));
    EXPECT(r, OK(2500), OK(2600));
    SAME(resource_of(r, "llm").calls, 2);
    SAME(resource_of(r, "llm").input_tokens, 2000);
    SAME(resource_of(r, "llm").output_tokens, 200);
    CLOSE(resource_of(r, "llm").cost, .011);
    CLOSE(aflow_result_server(r, trace.server[0]).cost, .011);
    CLOSE(aflow_result_endpoint(r, trace.server[0], 0).cost, .011);
    CLOSE(aflow_result_request(r, 0).cost, .0055);
    CLOSE(aflow_result_llm(r).cost, .011);
    CLOSE(aflow_result_llm(r).cost_per_call, .0055);
    CLOSE(aflow_result_llm(r).cost_per_request, .0055);
    CLOSE(aflow_result_llm(r).cost_per_request_max, .0055);
    CLOSE(aflow_result_llm(r).cost_per_month, .011 / 5 * 30 * 86400);
    CLOSE(area(r, AFLOW_EVENT_LOOP_IO_SLEEP, "srv-1"), 5000);
    aflow_result_destroy(r);
}

/* A waiting time that is given is the time; the tokens still cost. */
static void a_given_time_is_the_time_of_a_call(void)
{
    aflow_result *r;
    aflow_step step = call(1000, 100);
    ARRIVE(0, 100);
    MODEL(.time_to_first_token = aflow_constant(.5), .price_per_million_output_tokens = 15);
    step.io_waiting_time = aflow_constant(.1);
    SERVE(step);
    EXPECT(r, OK(100), OK(200));
    CLOSE(aflow_result_llm(r).cost, .003);
    SAME(aflow_result_llm(r).output_tokens, 200);
    aflow_result_destroy(r);
}

/* Waits for tokens of a model are compared within 10 ns: tokens are counted in 2^-32, of which one that comes in 30 s gains one in 7 ns. */
static void check_late(const double *want, size_t count)
{
    aflow_result *r = played();
    uint64_t i;
    SAME(aflow_result_requests(r), count);
    for (i = 0; i < aflow_result_requests(r); i++) CHECK_NEAR((double)(aflow_result_request(r, i).finish_ns - ticks(2)), want[aflow_result_request(r, i).id - 1] * MS, 10);
    aflow_result_destroy(r);
}

/* Two a minute, both at the start: 3 waits 30 s, 4 another 30. */
static void requests_a_minute_are_a_bucket(void)
{
    static const double want[] = { 100, 100, 30100, 60100, 90100 };
    ARRIVE(0, 0, 0, 0, 45000);
    trace.seconds = 200;
    MODEL(.requests_per_minute = 2, .time_to_first_token = aflow_constant(.1));
    SERVE(call(10, 10));
    check_late(want, 5);
}

/* 6000 a minute, calls of 1500 + 500: three at once, the fourth when another 2000 have come, at 100 a second. */
static void tokens_a_minute_are_a_bucket(void)
{
    static const double want[] = { 100, 100, 100, 20100, 40100 };
    ARRIVE(0, 0, 0, 0, 0);
    trace.seconds = 200;
    MODEL(.tokens_per_minute = 6000, .time_to_first_token = aflow_constant(.1));
    SERVE(call(1500, 500));
    check_late(want, 5);
}

/* Both: calls of 600 tokens. 60 requests and 1200 tokens a minute: tokens bind, 20 a second: 30 s each. 2 requests and 60000 tokens: requests
   bind. */
static void both_buckets_must_do(void)
{
    static const double want[] = { 100, 100, 30100, 60100 };
    ARRIVE(0, 0, 0, 0);
    trace.seconds = 200;
    MODEL(.requests_per_minute = 60, .tokens_per_minute = 1200, .time_to_first_token = aflow_constant(.1));
    SERVE(call(500, 100));
    check_late(want, 4);
    ARRIVE(0, 0, 0, 0);
    trace.seconds = 200;
    MODEL(.requests_per_minute = 2, .tokens_per_minute = 60000, .time_to_first_token = aflow_constant(.1));
    SERVE(call(500, 100));
    check_late(want, 4);
}

/* A rejected call costs nothing and takes no tokens: 3, at 60 s, has a whole minute's worth again. */
static void a_rejected_call_is_free(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 60000);
    trace.seconds = 200;
    MODEL(.requests_per_minute = 1, .overflow = AFLOW_OVERFLOW_REJECT, .price_per_call = .25, .time_to_first_token = aflow_constant(.1));
    SERVE(call(10, 10));
    EXPECT(r, OK(100), REJECTED(0), OK(60100));
    SAME(resource_of(r, "llm").calls, 2);
    SAME(resource_of(r, "llm").rejected, 1);
    CLOSE(aflow_result_llm(r).cost, .5);
    aflow_result_destroy(r);
}

/* A call of 1 ms to another model first. Then one call at once, 1 s each; who has waited 1.5 s gives up. What a request has spent before it gives up stays spent. */
static void calls_at_once_are_places(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 0);
    MODEL(.capacity = 1, .acquire_timeout = 1.5, .price_per_call = 1, .time_to_first_token = aflow_constant(1));
    shared((aflow_resource){ .id = "first", .kind = AFLOW_RESOURCE_LLM, .price_per_call = .5, .time_to_first_token = aflow_constant(.001) });
    SERVE(aflow_llm_tokens("first", aflow_constant(1), aflow_constant(1)), call(10, 10));
    EXPECT(r, OK(1001), OK(2001), GIVES_UP(1501));
    CLOSE(resource_of(r, "llm").utilization, 2. / 5);
    CLOSE(resource_of(r, "llm").cost, 2);
    CLOSE(resource_of(r, "first").cost, 1.5);
    CLOSE(aflow_result_llm(r).cost, 3.5);
    CLOSE(aflow_result_llm(r).cost_per_request, 1.5);       /* of the completed */
    aflow_result_destroy(r);
}

/* --- GPUs -------------------------------------------------------------------------------------------------------- */

#define BATCH .batch_time = { .mean = .01 }, .item_time = { .mean = .001 }      /* n: 10 + n ms */

/* Up to 2, at once: 1 alone 0-11; 2 and 3 11-23; 4 23-34. */
static void a_free_slot_takes_what_waits(void)
{
    aflow_result *r;
    uint64_t sizes[2] = { 0 };
    ARRIVE(0, 1, 2, 3);
    GPU(.max_batch_size = 2, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    EXPECT(r, OK(11), OK(23), OK(23), OK(34));
    SAME(resource_of(r, "gpu").batches, 3);
    SAME(resource_of(r, "gpu").items, 4);
    SAME(resource_of(r, "gpu").batch_size_max, 2);
    CLOSE(resource_of(r, "gpu").batch_size_mean, 4. / 3);
    CLOSE(resource_of(r, "gpu").batching_gain, 44. / 34);
    CLOSE(resource_of(r, "gpu").utilization, 34. / 5000);
    CLOSE(resource_of(r, "gpu").wait.mean_s * 4 * 1000, 0 + 10 + 9 + 20);
    CLOSE(area(r, AFLOW_RESOURCE_IN_USE, "gpu"), 34);
    CLOSE(area(r, AFLOW_RESOURCE_QUEUE_LEN, "gpu"), 39);
    SAME(aflow_result_batch_sizes(r, aflow_result_find(r, "gpu"), sizes, 2), 2);
    SAME(sizes[0], 2);
    SAME(sizes[1], 1);
    aflow_result_destroy(r);
}

/* Up to 3, 5 ms: full at 4, 4-17. 4 and 5 (20, 22): 4 has waited 5 at 25, 25-37. */
static void a_batch_starts_when_it_is_full_or_old(void)
{
    aflow_result *r;
    ARRIVE(0, 2, 4, 20, 22);
    GPU(.max_batch_size = 3, .max_batch_wait = .005, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    EXPECT(r, OK(17), OK(17), OK(17), OK(37), OK(37));
    CLOSE(area(r, AFLOW_RESOURCE_QUEUE_LEN, "gpu"), 4 + 2 + 5 + 3);
    aflow_result_destroy(r);
}

/* The slot is free again at 17. First of those that wait came at 10: old enough, 17-29. Or at 14: until 19, 19-30. */
static void a_batch_that_waits_for_a_slot_gets_old(void)
{
    ARRIVE(0, 2, 4, 10, 16);
    GPU(.max_batch_size = 3, .max_batch_wait = .005, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    FATES(OK(17), OK(17), OK(17), OK(29), OK(29));
    ARRIVE(0, 2, 4, 14);
    GPU(.max_batch_size = 3, .max_batch_wait = .005, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    FATES(OK(17), OK(17), OK(17), OK(30));
}

/* Seven at once, up to 3, 5 ms, one slot: three 0-13, three 13-26; the seventh has waited 26. */
static void a_full_batch_leaves_the_rest(void)
{
    ARRIVE(0, 0, 0, 0, 0, 0, 0);
    GPU(.max_batch_size = 3, .max_batch_wait = .005, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    FATES(OK(13), OK(13), OK(13), OK(26), OK(26), OK(26), OK(37));
}

/* Two slots: 1 and 2 alone 0-11 and 1-12; 3, 4 and 5 wait: 3 and 4 11-23, 5 12-23. */
static void slots_work_side_by_side(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2, 3, 4);
    GPU(.slots = 2, .max_batch_size = 2, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    EXPECT(r, OK(11), OK(12), OK(23), OK(23), OK(23));
    CLOSE(resource_of(r, "gpu").utilization, (11 + 11 + 12 + 11) / (2 * 5000.));
    CLOSE(most(r, AFLOW_RESOURCE_IN_USE, "gpu"), 2);
    aflow_result_destroy(r);
}

/* The slot is taken until 11. 2 (3) gives up at 8, 3 (4) is one too many, 4 (9) waits until 11. */
static void who_waits_for_a_gpu_gives_up_or_is_one_too_many(void)
{
    ARRIVE(0, 3, 4, 9);
    GPU(.max_batch_size = 2, .acquire_timeout = .005, .max_waiting = 1, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    FATES(OK(11), GIVES_UP(8), REJECTED(4), OK(22));
}

/* Batches of 3 would wait 10 ms, their members only 6. 1 gives up at 6, 2 at 9; then 3, 4 and 5 (8, 9.5, 10) are three: 10-23. And where they are
   not, the batch waits for the first that is left: 3 (8) and 4 (9.5) would start at 18, but give up at 14 and 15.5. */
static void a_batch_forgets_who_gave_up(void)
{
    ARRIVE(0, 3, 8, 9.5, 10);
    GPU(.max_batch_size = 3, .max_batch_wait = .01, .acquire_timeout = .006, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    FATES(GIVES_UP(6), GIVES_UP(9), OK(23), OK(23), OK(23));
    ARRIVE(0, 3, 8, 9.5);
    GPU(.max_batch_size = 3, .max_batch_wait = .01, .acquire_timeout = .006, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    FATES(GIVES_UP(6), GIVES_UP(9), GIVES_UP(14), GIVES_UP(15.5));
}

/* Where both fall on one tick the batch begins: 1 and 2 have waited 5 and 4 ms. */
static void a_batch_begins_at_the_tick_of_the_timeout(void)
{
    ARRIVE(0, 1);
    GPU(.max_batch_size = 3, .max_batch_wait = .005, .acquire_timeout = .005, BATCH);
    SERVE(aflow_gpu_inference("gpu"));
    FATES(OK(17), OK(17));
}

/* --- Branches and steps of one's own ------------------------------------------------------------------------------ */

/* cpu 1, then with probability 1: cpu 2 and io 3; cpu 4: 1-3, 3-6, 6-10. With probability 0 the other: io 5: 0-1, 1-6, 6-10. One core: 2 waits for it. */
static void a_branch_is_its_steps(void)
{
    const aflow_step then[2] = { aflow_cpu_s(.002), aflow_io_s(.003) }, other[1] = { aflow_io_s(.005) };
    aflow_step sure = aflow_branch(1, then, 2), never = aflow_branch(0, then, 2);
    sure.otherwise = never.otherwise = other;
    sure.otherwise_count = never.otherwise_count = 1;
    ARRIVE(0, 0);
    SERVE(aflow_cpu_s(.001), sure, aflow_cpu_s(.004));
    FATES(OK(10), OK(14));                  /* 2: core 3-6, io 6-9, core 10-14 */
    ARRIVE(0, 20);
    SERVE(aflow_cpu_s(.001), never, aflow_cpu_s(.004));
    FATES(OK(10), OK(30));
}

/* Branches within branches, within what a miss does; with a pool in them. 1: look-up 0-1, place 1-11; 2 (at 2) misses 2-3, place 11-21. */
static void branches_nest(void)
{
    const aflow_step inner[1] = { held("pool", 10) };
    const aflow_step middle[1] = { aflow_branch(1, inner, 1) };
    const aflow_step outer[1] = { aflow_branch(1, middle, 1) };
    ARRIVE(0, 2, 30);
    CACHE(.keys = 1);
    POOL("pool", 1, .max_waiting = 0);
    SERVE(aflow_cache("cache", .001, outer, 1));
    FATES(OK(11), OK(21), OK(31));
}

/* Waits as many ms as its request's number at first, ten times that the second time; the third request is rejected. */
static void own_step(void *context, const aflow_step_call *c, aflow_step_answer *answer)
{
    (void)context;
    answer->wait_s = (double)(*c->memory ? *c->memory : c->request) / 1000;
    *c->memory += 10 * c->request;
    answer->cost = c->request == 3 ? 0 : .25;
    answer->reject = c->request == 3;
}

/* 1: 1 + 10 ms, 2: 2 + 20 ms, 3 is rejected at once. On one core: 0-11, 11-33. */
static void a_step_of_ones_own(void)
{
    const aflow_step_hook waits = { own_step, NULL, 0 }, computes = { own_step, NULL, 1 };
    aflow_result *r;
    ARRIVE(0, 0, 0);
    SERVE(aflow_custom(&waits), aflow_custom(&waits));
    EXPECT(r, OK(11), OK(22), REJECTED(0));
    CLOSE(aflow_result_server(r, trace.server[0]).cost, 1);
    CLOSE(aflow_result_llm(r).cost, 1);
    CLOSE(aflow_result_llm(r).cost_per_request, .5);
    CLOSE(area(r, AFLOW_EVENT_LOOP_IO_SLEEP, "srv-1"), 33);
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-1"), 0);
    SAME(aflow_result_server(r, trace.server[0]).rejected, 1);
    aflow_result_destroy(r);
    ARRIVE(0, 0);
    SERVE(aflow_custom(&computes), aflow_custom(&computes));
    EXPECT(r, OK(11), OK(33));
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-1"), 33);
    aflow_result_destroy(r);
}

int main(void)
{
    RUN(places_are_given_first_come_first_served);
    RUN(a_full_pool_rejects);
    RUN(a_full_waiting_room_rejects);
    RUN(who_waits_too_long_gives_up);
    RUN(a_release_is_in_time_at_the_tick_of_the_timeout);
    RUN(two_releases_and_three_timeouts_at_one_tick);
    RUN(who_is_behind_one_that_gave_up_moves_on);
    RUN(who_gave_up_makes_room);
    RUN(a_place_is_held_for_one_step);
    RUN(who_waits_for_a_place_holds_no_core);
    RUN(servers_share_a_resource);
    RUN(a_server_has_its_own_resource);
    RUN(who_gives_up_gives_its_ram_back);
    RUN(who_is_rejected_gives_everything_back);
    RUN(a_query_uses_the_resource_that_it_names);
    RUN(two_queries_share_one_speed);
    RUN(a_full_database_queues);
    RUN(the_shorter_query_leaves_first);
    RUN(coherency_slows_all);
    RUN(contention_and_coherency_add_up);
    RUN(who_waits_for_a_database_does_not_slow_it);
    RUN(shared_work_is_conserved_to_the_tick);
    RUN(tokens_come_continuously);
    RUN(a_limiter_rejects);
    RUN(waiting_for_tokens_does_not_drift);
    RUN(tokens_come_in_slots);
    RUN(slots_of_half_a_token);
    RUN(a_slotted_bucket_holds_its_burst);
    RUN(who_waits_for_a_slot_shares_the_burst);
    RUN(who_waits_for_a_token_gives_up);
    RUN(a_token_is_in_time_at_the_tick_of_the_timeout);
    RUN(requests_at_the_rate_of_the_tokens_all_get_one);
    RUN(a_fast_limiter_keeps_its_rate);
    RUN(a_limiter_has_a_waiting_room);
    RUN(an_entry_is_there_once_it_is_fetched);
    RUN(an_entry_lives_from_its_storing);
    RUN(an_entry_is_stale_at_its_age);
    RUN(storing_again_renews);
    RUN(one_flight_for_all);
    RUN(a_flight_for_each_life);
    RUN(a_lost_cache_comes_back_empty);
    RUN(what_is_fetched_is_stored_where_the_cache_is);
    RUN(a_hit_probability_needs_no_keys);
    RUN(caches_stand_behind_caches);
    RUN(keys_follow_the_law_of_zipf);
    RUN(a_cache_is_its_model_look_up_by_look_up);
    RUN(tokens_take_time_and_money);
    RUN(a_given_time_is_the_time_of_a_call);
    RUN(requests_a_minute_are_a_bucket);
    RUN(tokens_a_minute_are_a_bucket);
    RUN(both_buckets_must_do);
    RUN(a_rejected_call_is_free);
    RUN(calls_at_once_are_places);
    RUN(a_free_slot_takes_what_waits);
    RUN(a_batch_starts_when_it_is_full_or_old);
    RUN(a_batch_that_waits_for_a_slot_gets_old);
    RUN(a_full_batch_leaves_the_rest);
    RUN(slots_work_side_by_side);
    RUN(who_waits_for_a_gpu_gives_up_or_is_one_too_many);
    RUN(a_batch_forgets_who_gave_up);
    RUN(a_batch_begins_at_the_tick_of_the_timeout);
    RUN(a_branch_is_its_steps);
    RUN(branches_nest);
    RUN(a_step_of_ones_own);
    return test_end();
}
