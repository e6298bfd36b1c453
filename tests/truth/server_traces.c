/* truth/server_traces.c - the server model followed by hand: admission, workers with their event loops, the interpreter lock, blocking
   calls and thread pools, request by request and tick by tick. Each expected time is derived in the comment above it. Times are ms at
   the servers (traces.inc).
   SPDX-License-Identifier: MIT OR Unlicense */
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#include "../test.h"
#include "traces.inc"

#define RESOURCES(...) (aflow_server_resources){ __VA_ARGS__ }

/* Computing steps of different length for each request: the k-th of them that a request comes to takes plan[request][k] ms. */
#define VISITS 3
static double plan[16][VISITS];
static void planned(void *context, const aflow_step_call *c, aflow_step_answer *answer)
{
    (void)context;
    if (c->request >= 16 || *c->memory >= VISITS) exit(2);
    answer->wait_s = plan[c->request][(*c->memory)++] / 1000;
}
static const aflow_step_hook computing = { planned, NULL, 1 }, sleeping = { planned, NULL, 0 };
#define COMPUTES aflow_custom(&computing)
#define SLEEPS aflow_custom(&sleeping)
#define PLAN(request, ...) do { static const double plan_[VISITS] = { __VA_ARGS__ }; memcpy(plan[request], plan_, sizeof plan_); } while (0)

static void check_lag(const aflow_result *r, uint64_t count, double sum, double longest)
{
    aflow_latency_stats lag = aflow_result_server(r, trace.server[0]).loop_lag;
    SAME(lag.count, count);
    if (!count || !lag.count) return;
    CLOSE(lag.mean_s * (double)lag.count * 1000, sum);
    CLOSE(lag.max_s * 1000, longest);
}

/* --- Admission ------------------------------------------------------------------------ */

/* Two at once, one may wait: 3 is let in at 10, 4 is one too many; at 10, after 3 went in, 5 may wait, until 11. */
static void two_at_once_and_one_waits(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2, 3, 10);
    serve(RESOURCES(.max_concurrency = 2, .backlog = 1), AFLOW_STEPS(aflow_io_s(.01)));
    EXPECT(r, OK(10), OK(11), OK(20), REJECTED(3), OK(21));
    SAME(aflow_result_server(r, trace.server[0]).rejected, 1);
    SAME(aflow_result_info(r).requests.dropped, 1);
    CLOSE(most(r, AFLOW_CONCURRENT_REQUESTS, "srv-1"), 2);
    CLOSE(area(r, AFLOW_CONCURRENT_REQUESTS, "srv-1"), 40);
    CLOSE(most(r, AFLOW_BACKLOG_LEN, "srv-1"), 1);
    CLOSE(area(r, AFLOW_BACKLOG_LEN, "srv-1"), 8 + 1);
    CLOSE(area(r, AFLOW_EVENT_LOOP_IO_SLEEP, "srv-1"), 40);
    aflow_result_destroy(r);
}

/* Without a backlog: 3 is rejected; 4 comes at the tick at which 1 leaves and is let in; a tick earlier it is not. */
static void a_full_server_rejects(void)
{
    ARRIVE(0, 1, 2, 10);
    serve(RESOURCES(.max_concurrency = 2, .overflow = AFLOW_OVERFLOW_REJECT), AFLOW_STEPS(aflow_io_s(.01)));
    FATES(OK(10), OK(11), REJECTED(2), OK(20));
    ARRIVE(0, 1, 9.999999);
    serve(RESOURCES(.max_concurrency = 2, .overflow = AFLOW_OVERFLOW_REJECT), AFLOW_STEPS(aflow_io_s(.01)));
    FATES(OK(10), OK(11), REJECTED(9.999999));
}

/* A place in the server comes before RAM: of three only one is in, and none waits for RAM. The place is given back with the RAM: 2 gets both
   at 10. */
static void who_is_not_let_in_takes_no_ram(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2);
    serve(RESOURCES(.ram_mb = 256, .max_concurrency = 1), AFLOW_STEPS(aflow_ram_mb(256), aflow_io_s(.01)));
    EXPECT(r, OK(10), OK(20), OK(30));
    CLOSE(area(r, AFLOW_RAM_QUEUE_LEN, "srv-1"), 0);
    CLOSE(area(r, AFLOW_RAM_IN_USE, "srv-1"), 256 * 30.);
    CLOSE(area(r, AFLOW_BACKLOG_LEN, "srv-1"), 9 + 18);
    aflow_result_destroy(r);
}

/* RAM for one, places for two: 2 is in and waits for RAM; 3 waits outside until 10. */
static void who_is_let_in_may_wait_for_ram(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2);
    serve(RESOURCES(.ram_mb = 256, .max_concurrency = 2), AFLOW_STEPS(aflow_ram_mb(256), aflow_io_s(.01)));
    EXPECT(r, OK(10), OK(20), OK(30));
    CLOSE(area(r, AFLOW_BACKLOG_LEN, "srv-1"), 8);
    CLOSE(area(r, AFLOW_RAM_QUEUE_LEN, "srv-1"), 9 + 10);
    CLOSE(area(r, AFLOW_CONCURRENT_REQUESTS, "srv-1"), 10 + 19 + 20);
    aflow_result_destroy(r);
}

/* Who is rejected within gives its place back: 2 gets it at 1. */
static void who_is_rejected_within_gives_its_place_back(void)
{
    ARRIVE(0, 0, 0);
    aflow_add_resource(trace.b, &(aflow_resource){ .id = "limit", .kind = AFLOW_RESOURCE_RATE_LIMITER, .rate = .001, .overflow = AFLOW_OVERFLOW_REJECT });
    serve(RESOURCES(.max_concurrency = 1), AFLOW_STEPS(aflow_cpu_s(.001), aflow_rate_limit("limit"), aflow_io_s(.01)));
    FATES(OK(11), REJECTED(12), REJECTED(13));
}

/* --- Event loops --------------------------------------------------------------------------- */

/* One worker: its loop runs one at a time, though there are two cores. 3 computes 20-30. */
static void a_worker_runs_one_at_a_time(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1), AFLOW_STEPS(aflow_cpu_s(.01)));
    EXPECT(r, OK(10), OK(20), OK(30));
    check_lag(r, 3, 0 + 9 + 18, 18);
    CLOSE(most(r, AFLOW_CORE_BUSY, "srv-1"), 1);
    CLOSE(area(r, AFLOW_READY_QUEUE_LEN, "srv-1"), 27);
    aflow_result_destroy(r);
}

/* Without the lock the two cores are all that counts. */
static void without_a_lock_a_worker_runs_on_all_cores(void)
{
    ARRIVE(0, 1, 2);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1, .interpreter_lock = AFLOW_LOCK_NONE), AFLOW_STEPS(aflow_cpu_s(.01)));
    FATES(OK(10), OK(11), OK(20));
}

/* Two workers on one core: two have a loop, one the core. 1 0-10, 2 10-20, 3 20-30. */
static void workers_share_the_cores(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2);
    serve(RESOURCES(.cpu_cores = 1, .workers = 2), AFLOW_STEPS(aflow_cpu_s(.01)));
    EXPECT(r, OK(10), OK(20), OK(30));
    CLOSE(area(r, AFLOW_READY_QUEUE_LEN, "srv-1"), 27);
    aflow_result_destroy(r);
}

/* One worker. 1: 0-2, sleeps 2-7, ready. 2 (at 1): 2-6. 3 (at 5) has waited since 5, 1 since 7: 3 6-10, 1 10-12. 4 (at 8): 12-16. */
static void who_waits_longest_is_next_on_the_loop(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 5, 8);
    PLAN(1, 2, 5, 2);
    PLAN(2, 4, 10, 1);          /* sleeps 6-16; 16-17 */
    PLAN(3, 4, 10, 1);          /* sleeps 10-20; 20-21 */
    PLAN(4, 4, 10, 1);          /* 12-16, sleeps 16-26; 26-27 */
    serve(RESOURCES(.workers = 1), AFLOW_STEPS(COMPUTES, SLEEPS, COMPUTES));
    EXPECT(r, OK(12), OK(17), OK(21), OK(27));
    check_lag(r, 8, 0 + 1 + 1 + 3 + 4 + 0 + 0 + 0, 4);
    aflow_result_destroy(r);
}

/* Two workers, two cores. 1 and 2 are on different loops from 0. 1: 0-2, sleeps 2-7. 3 (at 3) is taken by 1's worker: 3-13. 2: 0-8, and the loop
   is free from then, but 1, ready at 7, stays with its worker: 13-15. */
static void a_request_stays_with_its_worker(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 3);
    PLAN(1, 2, 5, 2);
    PLAN(2, 8, 50, 1);
    PLAN(3, 10, 50, 1);
    serve(RESOURCES(.cpu_cores = 2, .workers = 2), AFLOW_STEPS(COMPUTES, SLEEPS, COMPUTES));
    EXPECT(r, OK(15), OK(59), OK(64));
    CLOSE(area(r, AFLOW_READY_QUEUE_LEN, "srv-1"), 6);
    aflow_result_destroy(r);
}

/* The same without the lock: 1 goes on at 8, on the core of 2: 8-10. */
static void without_a_lock_nobody_has_a_worker(void)
{
    ARRIVE(0, 0, 3);
    PLAN(1, 2, 5, 2);
    PLAN(2, 8, 50, 1);
    PLAN(3, 10, 50, 1);
    serve(RESOURCES(.cpu_cores = 2, .workers = 2, .interpreter_lock = AFLOW_LOCK_NONE), AFLOW_STEPS(COMPUTES, SLEEPS, COMPUTES));
    FATES(OK(10), OK(59), OK(64));
}

/* --- Blocking calls ---------------------------------------------------------------------------- */

/* One worker: 1 computes 0-1 and blocks until 10, all that time on the loop; 2 is taken at 10, 3 at 20. */
static void a_blocking_call_stalls_its_worker(void)
{
    aflow_result *r;
    ARRIVE(0, 2, 3);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1), AFLOW_STEPS(aflow_cpu_s(.001), aflow_blocking_s(.009)));
    EXPECT(r, OK(10), OK(20), OK(30));
    CLOSE(area(r, AFLOW_LOOPS_BLOCKED, "srv-1"), 27);
    CLOSE(most(r, AFLOW_LOOPS_BLOCKED, "srv-1"), 1);
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-1"), 3);            /* it computes nothing while it blocks */
    check_lag(r, 3, 0 + 8 + 17, 17);
    aflow_result_destroy(r);
}

/* Two workers on one core. 1 blocks one loop 0-10, then computes 10-12. 2 blocks the other 1-11, and computes 12-14, when the core is free.
   3 gets the loop of 1 at 12, blocks 12-22, computes 22-24. */
static void a_blocking_call_holds_no_core(void)
{
    ARRIVE(0, 1, 2);
    serve(RESOURCES(.cpu_cores = 1, .workers = 2), AFLOW_STEPS(aflow_blocking_s(.01), aflow_cpu_s(.002)));
    FATES(OK(12), OK(14), OK(24));
}

/* 1 sleeps 0-6, 2 sleeps 3-4, blocks 4-14 and computes 14-15. 1, awake at 6, blocks 15-25 and computes 25-26. */
static void a_sleeper_waits_for_a_blocked_loop(void)
{
    aflow_result *r;
    ARRIVE(0, 3);
    PLAN(1, 6, 1);
    PLAN(2, 1, 1);
    serve(RESOURCES(.workers = 1), AFLOW_STEPS(SLEEPS, aflow_blocking_s(.01), COMPUTES));
    EXPECT(r, OK(26), OK(15));
    CLOSE(area(r, AFLOW_EVENT_LOOP_IO_SLEEP, "srv-1"), 6 + 1);
    CLOSE(area(r, AFLOW_LOOPS_BLOCKED, "srv-1"), 20);
    aflow_result_destroy(r);
}

/* A request begins on a loop, even with a sleep. 1 sleeps 0-1, computes 1-11; 2, there at 2, is taken at 11, sleeps 11-16, computes 16-17. */
static void a_request_is_taken_by_a_free_loop(void)
{
    ARRIVE(0, 2);
    PLAN(1, 1, 10);
    PLAN(2, 5, 1);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1), AFLOW_STEPS(SLEEPS, COMPUTES));
    FATES(OK(11), OK(17));
}

/* Without workers there are as many loops as cores. One: as a worker's. Two: 1 and 2 block them 0-10 and 1-11 and compute there until 11
   and 12; 3 blocks 11-21, computes 21-22. */
static void without_workers_a_blocking_call_holds_one_of_as_many_loops_as_cores(void)
{
    aflow_result *r;
    ARRIVE(0, 1, 2);
    serve(RESOURCES(.cpu_cores = 1), AFLOW_STEPS(aflow_blocking_s(.01)));
    EXPECT(r, OK(10), OK(20), OK(30));
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-1"), 0);
    CLOSE(area(r, AFLOW_LOOPS_BLOCKED, "srv-1"), 30);
    aflow_result_destroy(r);
    ARRIVE(0, 1, 2);
    serve(RESOURCES(.cpu_cores = 2), AFLOW_STEPS(aflow_blocking_s(.01), aflow_cpu_s(.001)));
    EXPECT(r, OK(11), OK(12), OK(22));
    CLOSE(most(r, AFLOW_LOOPS_BLOCKED, "srv-1"), 2);
    aflow_result_destroy(r);
}

/* --- Threads ----------------------------------------------------------------------------------------- */

/* One thread. 1: computes 0-1, thread 1-11, computes 11-12. 2: 1-2, waits for the thread, 11-21, 21-22. The loop is free meanwhile: 3 (at 5)
   computes 5-6, thread 21-31, 31-32. */
static void a_thread_is_waited_for_off_the_loop(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 5);
    serve(RESOURCES(.workers = 1, .threads = 1), AFLOW_STEPS(aflow_cpu_s(.001), aflow_thread_io_s(.01), aflow_cpu_s(.001)));
    EXPECT(r, OK(12), OK(22), OK(32));
    CLOSE(area(r, AFLOW_THREADS_IN_USE, "srv-1"), 30);
    CLOSE(most(r, AFLOW_THREADS_IN_USE, "srv-1"), 1);
    CLOSE(area(r, AFLOW_THREAD_QUEUE_LEN, "srv-1"), 9 + 15);
    CLOSE(most(r, AFLOW_THREAD_QUEUE_LEN, "srv-1"), 2);
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-1"), 6);
    aflow_result_destroy(r);
}

/* Two workers with a thread each. 1 and 2: 0-1, threads 1-11. 3 is taken at 1, computes 1-2, and waits for its worker's thread: 11-21. */
static void each_worker_has_its_threads(void)
{
    ARRIVE(0, 0, 0);
    serve(RESOURCES(.cpu_cores = 2, .workers = 2, .threads = 1), AFLOW_STEPS(aflow_cpu_s(.001), aflow_thread_io_s(.01)));
    FATES(OK(11), OK(11), OK(21));
}

/* Forty threads where nothing is said, of the whole server where there are no workers. */
static void there_are_forty_threads(void)
{
    static const double at[42] = { 0 };
    struct fate want[42];
    size_t i;
    begin(at, 42);
    serve(RESOURCES(0), AFLOW_STEPS(aflow_thread_io_s(.01)));
    for (i = 0; i < 42; i++) want[i] = (struct fate)OK(i < 40 ? 10 : 20);
    aflow_result_destroy(expect(want, 42));
}

/* Computing in threads, without a lock: on two cores with two threads 0-10, 0-10, 10-20. On one core: a thread first, then the core. */
static void threads_compute_on_cores(void)
{
    aflow_result *r;
    ARRIVE(0, 0, 0);
    serve(RESOURCES(.cpu_cores = 2, .threads = 2), AFLOW_STEPS(aflow_thread_cpu_s(.01)));
    FATES(OK(10), OK(10), OK(20));
    ARRIVE(0, 0, 0);
    serve(RESOURCES(.cpu_cores = 1, .threads = 2), AFLOW_STEPS(aflow_thread_cpu_s(.01)));
    EXPECT(r, OK(10), OK(20), OK(30));
    CLOSE(area(r, AFLOW_THREADS_IN_USE, "srv-1"), 10 + 20 + 20);
    CLOSE(area(r, AFLOW_THREAD_QUEUE_LEN, "srv-1"), 10);
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-1"), 30);
    aflow_result_destroy(r);
}

/* --- The interpreter lock --------------------------------------------------------------------------------- */

/* Two threads of one worker compute 12 ms each, in turns of 5: 1 0-5, 2 5-10, 1 10-15, 2 15-20, 1 20-22, 2 22-24. */
static void threads_take_turns_under_the_lock(void)
{
    aflow_result *r;
    ARRIVE(0, 0);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1), AFLOW_STEPS(aflow_thread_cpu_s(.012)));
    EXPECT(r, OK(22), OK(24));
    CLOSE(most(r, AFLOW_CORE_BUSY, "srv-1"), 1);
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-1"), 24);
    CLOSE(area(r, AFLOW_THREADS_IN_USE, "srv-1"), 22 + 24);
    aflow_result_destroy(r);
}

/* Three of 6 ms, turns of 2: 1 0-2, 2 2-4, 3 4-6, 1 6-8, 2 8-10, 3 10-12, 1 12-14, 2 14-16, 3 16-18. */
static void turns_are_as_long_as_the_switch_interval(void)
{
    ARRIVE(0, 0, 0);
    serve(RESOURCES(.cpu_cores = 3, .workers = 1, .switch_interval = .002), AFLOW_STEPS(aflow_thread_cpu_s(.006)));
    FATES(OK(14), OK(16), OK(18));
    ARRIVE(0, 0, 0);
    serve(RESOURCES(.cpu_cores = 3, .workers = 1, .switch_interval = 1), AFLOW_STEPS(aflow_thread_cpu_s(.006)));
    FATES(OK(6), OK(12), OK(18));
}

/* One with nobody waiting is not cut: its 12 ms are one. */
static void who_is_alone_keeps_the_lock(void)
{
    aflow_result *r;
    ARRIVE(0, 20);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1), AFLOW_STEPS(aflow_thread_cpu_s(.012)));
    EXPECT(r, OK(12), OK(32));
    aflow_result_destroy(r);
}

/* Locks of two workers do not exclude each other; the one core does. And without locks the cores are all. */
static void each_worker_has_its_lock(void)
{
    ARRIVE(0, 0);
    serve(RESOURCES(.cpu_cores = 2, .workers = 2), AFLOW_STEPS(aflow_cpu_s(.001), aflow_thread_cpu_s(.012)));
    FATES(OK(13), OK(13));
    ARRIVE(0, 0);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1, .interpreter_lock = AFLOW_LOCK_NONE), AFLOW_STEPS(aflow_cpu_s(.001), aflow_thread_cpu_s(.012)));
    FATES(OK(13), OK(13));
}

/* The loop needs the lock, too. 1 computes on it 0-1, then 12 ms in a thread, from 1. 2, there at 1, wants the lock for 3 ms on the loop: the thread
   lets go at 6, 2 runs 6-9, the thread 9-14; 2's own thread 14-19, 1's last 2 ms 19-21, 2's 7 ms 21-28. */
static void a_computing_thread_stalls_the_loop(void)
{
    aflow_result *r;
    ARRIVE(0, 1);
    PLAN(1, 1);
    PLAN(2, 3);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1), AFLOW_STEPS(COMPUTES, aflow_thread_cpu_s(.012)));
    EXPECT(r, OK(21), OK(28));
    CLOSE(area(r, AFLOW_CORE_BUSY, "srv-1"), 28);
    check_lag(r, 2, 5, 5);
    aflow_result_destroy(r);
}

/* The other way round. Both compute 20 ms on the loop, then 7 in a thread. 1: loop 0-20, thread from 20; 2: loop from 20, but the lock is 1's: thread 20-25,
   loop 25-30, thread 30-32, loop 32-47, 2's thread 47-54. */
static void a_long_computation_on_the_loop_lets_threads_in(void)
{
    ARRIVE(0, 1);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1), AFLOW_STEPS(aflow_cpu_s(.02), aflow_thread_cpu_s(.007)));
    FATES(OK(32), OK(54));
}

/* Who waits since 7 gets the lock at the next multiple of the interval since the other has it: 1's thread 0-10 of 12, 2's loop 10-13, 1's last 2 ms
   13-15, for which it has waited longer than 2's thread, 15-27. */
static void a_turn_ends_at_a_multiple_of_the_interval(void)
{
    ARRIVE(0, 7);
    PLAN(1, 0);
    PLAN(2, 3);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1), AFLOW_STEPS(COMPUTES, aflow_thread_cpu_s(.012)));
    FATES(OK(15), OK(27));
}

/* A step of one's own that computes is cut like any other: thread 1-6, 2's step 6-11, thread 11-13, step 13-28, 2's thread 28-35. */
static void own_computations_take_turns(void)
{
    ARRIVE(0, 1);
    PLAN(1, 1);
    PLAN(2, 20);
    serve(RESOURCES(.cpu_cores = 2, .workers = 1), AFLOW_STEPS(COMPUTES, aflow_thread_cpu_s(.007)));
    FATES(OK(13), OK(35));
}

/* Who waits in a thread holds no lock: two of 10 ms side by side, while the loop computes. */
static void waiting_threads_hold_no_lock(void)
{
    ARRIVE(0, 0, 4);
    serve(RESOURCES(.workers = 1), AFLOW_STEPS(aflow_thread_io_s(.01), aflow_cpu_s(.002)));
    FATES(OK(12), OK(14), OK(16));
}

int main(void)
{
    RUN(two_at_once_and_one_waits);
    RUN(a_full_server_rejects);
    RUN(who_is_not_let_in_takes_no_ram);
    RUN(who_is_let_in_may_wait_for_ram);
    RUN(who_is_rejected_within_gives_its_place_back);
    RUN(a_worker_runs_one_at_a_time);
    RUN(without_a_lock_a_worker_runs_on_all_cores);
    RUN(workers_share_the_cores);
    RUN(who_waits_longest_is_next_on_the_loop);
    RUN(a_request_stays_with_its_worker);
    RUN(without_a_lock_nobody_has_a_worker);
    RUN(a_blocking_call_stalls_its_worker);
    RUN(a_blocking_call_holds_no_core);
    RUN(a_sleeper_waits_for_a_blocked_loop);
    RUN(a_request_is_taken_by_a_free_loop);
    RUN(without_workers_a_blocking_call_holds_one_of_as_many_loops_as_cores);
    RUN(a_thread_is_waited_for_off_the_loop);
    RUN(each_worker_has_its_threads);
    RUN(there_are_forty_threads);
    RUN(threads_compute_on_cores);
    RUN(threads_take_turns_under_the_lock);
    RUN(turns_are_as_long_as_the_switch_interval);
    RUN(who_is_alone_keeps_the_lock);
    RUN(each_worker_has_its_lock);
    RUN(a_computing_thread_stalls_the_loop);
    RUN(a_long_computation_on_the_loop_lets_threads_in);
    RUN(a_turn_ends_at_a_multiple_of_the_interval);
    RUN(own_computations_take_turns);
    RUN(waiting_threads_hold_no_lock);
    return test_end();
}
