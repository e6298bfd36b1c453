/* 05_frame_loop.c - a simulation inside a frame loop, as in a game: each frame plays the time that went by and draws
 * the queues as they stand. Ctrl-C ends it; `--frames N` ends it after N frames, `--plain` prints frames one below the
 * other without waiting, `--every K` only each K-th.
 *
 * Build:  cc -std=c99 -I.. 05_frame_loop.c -o frame_loop
 * Run:    ./frame_loop --plain --frames 600 --every 100
 * Output:
 *     3.33 s  185 requests, 170 done, 15 under way
 *    app-1
 *     ready        2 ##                                      |
 *     core busy    1 *                                       |
 *     I/O sleep    1 .                                       |
 *    app-2
 *     ready        5 #####                                   |
 *     core busy    1 *                                       |
 *     I/O sleep    4 ....                                    |
 *     6.67 s  355 requests, 342 done, 13 under way
 *    app-1
 *     ready        0                                         |
 *     core busy    1 *                                       |
 *     I/O sleep    3 ...                                     |
 *    app-2
 *     ready        0                                         |
 *     core busy    0                                         |
 *     I/O sleep    6 ......                                  |
 *    10.00 s  546 requests, 536 done, 10 under way
 *    app-1
 *     ready        0                                         |
 *     core busy    1 *                                       |
 *     I/O sleep    3 ...                                     |
 *    app-2
 *     ready        0                                         |
 *     core busy    1 *                                       |
 *     I/O sleep    4 ....                                    |
 *    13.33 s  730 requests, 715 done, 15 under way
 *    app-1
 *     ready        3 ###                                     |
 *     core busy    1 *                                       |
 *     I/O sleep    2 ..                                      |
 *    app-2
 *     ready        3 ###                                     |
 *     core busy    1 *                                       |
 *     I/O sleep    4 ....                                    |
 *    16.67 s  966 requests, 951 done, 15 under way
 *    app-1
 *     ready        3 ###                                     |
 *     core busy    1 *                                       |
 *     I/O sleep    1 .                                       |
 *    app-2
 *     ready        2 ##                                      |
 *     core busy    1 *                                       |
 *     I/O sleep    2 ..                                      |
 *    20.00 s  1169 requests, 1151 done, 18 under way
 *    app-1
 *     ready        6 ######                                  |
 *     core busy    1 *                                       |
 *     I/O sleep    3 ...                                     |
 *    app-2
 *     ready        4 ####                                    |
 *     core busy    1 *                                       |
 *     I/O sleep    3 ...                                     |
 */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRAMES_PER_SECOND = 30, SERVERS = 2 };

typedef struct scene {
    aflow_sim *sim;
    aflow_id app[SERVERS];
} scene;

static const aflow_scenario *build(aflow_builder *b, aflow_diagnostics *problems)
{
    aflow_id users = aflow_add_generator(b, &(aflow_generator){
        .avg_active_users = aflow_poisson(60),
        .avg_request_per_minute_per_user = aflow_constant(60),
        .user_sampling_window = 5,                     /* the crowd changes every five seconds */
    });
    aflow_id client = aflow_add_client(b, "client");
    aflow_id balancer = aflow_add_load_balancer(b, &(aflow_load_balancer){ .algorithms = AFLOW_LB_ROUND_ROBIN });
    aflow_connect(b, users, client, aflow_exponential(0.010));
    aflow_connect(b, client, balancer, aflow_exponential(0.010));
    for (int i = 0; i < SERVERS; i++) {
        aflow_id app = aflow_add_server(b, &(aflow_server){ .id = i == 0 ? "app-1" : "app-2" });
        aflow_add_endpoint(b, app, "/draw", AFLOW_STEPS(aflow_cpu(aflow_exponential(0.028)), aflow_io_s(0.100)));
        aflow_connect(b, balancer, app, aflow_exponential(0.010));
        aflow_connect(b, app, client, aflow_exponential(0.010));
    }
    return aflow_builder_scenario(b, problems);        /* an hour, unless the settings say otherwise */
}

static void draw_row(const char *label, double value, char mark)
{
    char bar[41];
    int length = value < 40 ? (int)value : 40;
    memset(bar, mark, (size_t)length);
    bar[length] = '\0';
    printf("  %-10s %3.0f %-40s|\n", label, value, bar);
}

static void draw(const scene *s)
{
    aflow_counters n = aflow_sim_counters(s->sim);
    printf("%6.2f s  %llu requests, %llu done, %llu under way\n", aflow_sim_now(s->sim),
           (unsigned long long)n.generated, (unsigned long long)n.completed, (unsigned long long)n.in_flight);
    for (int i = 0; i < SERVERS; i++) {
        printf(" app-%d\n", i + 1);
        draw_row("ready", aflow_sim_gauge(s->sim, AFLOW_READY_QUEUE_LEN, s->app[i]), '#');
        draw_row("core busy", aflow_sim_gauge(s->sim, AFLOW_CORE_BUSY, s->app[i]), '*');
        draw_row("I/O sleep", aflow_sim_gauge(s->sim, AFLOW_EVENT_LOOP_IO_SLEEP, s->app[i]), '.');
    }
    fflush(stdout);
}

/* Standard C has no sleep: waits for the processor clock. A game engine waits for its display instead. */
static void wait_for_next_frame(void)
{
    clock_t until = clock() + CLOCKS_PER_SEC / FRAMES_PER_SECOND;
    while (clock() < until) { }
}

int main(int argc, char **argv)
{
    long frames = 0, every = 1;
    int plain = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--plain") == 0) plain = 1;
        else if (strcmp(argv[i], "--frames") == 0 && i + 1 < argc) frames = strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc) every = strtol(argv[++i], NULL, 10);
        else return fprintf(stderr, "usage: frame_loop [--frames N] [--every K] [--plain]\n"), 2;
    }

    aflow_diagnostics problems = { 0 };
    aflow_builder *b = aflow_builder_create(NULL);
    scene s = { aflow_sim_create(build(b, &problems), &(aflow_run_desc){ .seed = 7 }, &problems), { 0, 0 } };
    aflow_builder_destroy(b);                          /* the sim has its own copy */
    aflow_write_diagnostics(&problems, aflow_put_file, stderr);
    aflow_diagnostics_clear(&problems);
    if (!s.sim) return 1;
    s.app[0] = aflow_sim_find(s.sim, "app-1");
    s.app[1] = aflow_sim_find(s.sim, "app-2");

    aflow_status status = AFLOW_OK;
    if (!plain) printf("\033[2J");                     /* clear the screen */
    for (long frame = 1; status == AFLOW_OK && (frames == 0 || frame <= frames); frame++) {
        status = aflow_sim_run_until(s.sim, (double)frame / FRAMES_PER_SECOND);
        if (aflow_sim_now(s.sim) >= aflow_sim_horizon(s.sim)) break;
        if (every > 1 && frame % every != 0) continue;
        if (!plain) printf("\033[H");                  /* cursor to the top left */
        draw(&s);
        if (!plain) wait_for_next_frame();
    }
    aflow_sim_destroy(s.sim);
    return status != AFLOW_OK;
}
