/* asyncflow.h - a digital twin of asynchronous web backends: a discrete-event simulator in one C99 header.
   SPDX-License-Identifier: MIT OR Unlicense
   Copyright (c) 2026 the asyncflow.h authors. The licence texts are at the end of this file.

   ==========================================================================
   [00] MANUAL
   ==========================================================================

   WHAT IT IS

   You describe traffic, servers and the network between them. The library plays the requests through that
   description, event by event, in simulated time, and answers with figures: latency percentiles, throughput, queue
   lengths, use of cores, RAM, connections, threads and GPUs, losses, money spent on calls of language models, and the
   resource that will be full first. It answers questions such as: what happens to p95 when traffic doubles, how many
   cores, workers or replicas are enough, what does one blocking call do, a connection pool that is too small or too
   large, a lost cache, a slow network link or a server that is away for a minute.

   A server is an event loop, as in Uvicorn or Node: a request holds a core while it computes and gives it back while
   it waits for I/O. It may be several worker processes with an interpreter lock and thread pools, and use shared
   databases, rate limiters, caches, models and GPUs. Scenario files of AsyncFlow 0.1.1 (Python) load unchanged; where that version does something
   else than its fields say, COMPAT mode follows it (see LIMITS AND DIFFERENCES).

   The library needs a C99 compiler and a few functions of <string.h>. It has no global state, never prints on its
   own, never exits, and gives the same bits for the same seed on every machine (see DETERMINISM).


   BUILD IN TEN LINES

   Copy asyncflow.h into the project. In exactly one source file write

       #define ASYNCFLOW_IMPLEMENTATION
       #include "asyncflow.h"

   and in all others only

       #include "asyncflow.h"

   Compile as C99 or later, or as C++11 or later; no library has to be linked, not even libm:

       cc -std=c99 program.c -o program

   To read and write YAML and JSON files, add asyncflow_yaml.h; its implementation goes into the same source file,
   below the first one:

       #define ASYNCFLOW_YAML_IMPLEMENTATION
       #include "asyncflow_yaml.h"


   SECTIONS OF THIS FILE (search for the number in brackets)

       [00] MANUAL               this text
       [01] CONFIG               version, switches
       [02] PUBLIC API           types and functions, in the order in which a study is lived
       [10] CONFIG               of the implementation: private macros
       [11] MEMORY               allocator, one buffer, arena, growable arrays
       [12] TEXT + DIAGNOSTICS   numbers without a locale, problems with their paths
       [13] RANDOM               generator, streams, samplers
       [14] SCHEMA + SCENARIO    the one table of fields; defaults, builder, set and get by path
       [15] CHECK                every rule, once
       [16] PLAN                 scenario -> flat nodes, edges, resources, programs
       [17] PENDING EVENTS       earliest first
       [18] COLLECTORS           averages, maxima, logs, samples
       [19] RUN TIME             resources, programs, generator, edges, balancer, servers
       [20] INJECTED EVENTS      outages, spikes
       [21] RUN LOOP             create, run until, finish
       [22] ANALYZER             percentiles, throughput, utilization, verdict
       [22b] SELF-TEST           known answers
       [24] WRITERS              text, JSON, CSV, SVG, HTML

   Chapters of this manual: A FIRST PROGRAM; THE MODEL; STEP BY STEP; UNITS, DEFAULTS, BOUNDS; WHAT HAPPENS AT ONE
   TICK; ERRORS; EMBEDDING; DETERMINISM; WHAT THE FIGURES MEAN; C++; LIMITS AND DIFFERENCES; VERSIONS.


   A FIRST PROGRAM

       #define ASYNCFLOW_IMPLEMENTATION
       #include "asyncflow.h"
       #include <stdio.h>

       int main(void)
       {
           const aflow_step steps[] = { aflow_cpu_s(0.010), aflow_ram_mb(64), aflow_io_s(0.030) };
           const aflow_endpoint endpoints[] = { { .endpoint_name = "/hello", AFLOW_ARRAY(steps, steps) } };
           const aflow_server servers[] = { { .id = "app", AFLOW_ARRAY(endpoints, endpoints) } };
           const aflow_edge edges[] = {
               { .id = "in",      .source = "users",  .target = "client", .latency = aflow_exponential(0.003) },
               { .id = "request", .source = "client", .target = "app",    .latency = aflow_exponential(0.003) },
               { .id = "reply",   .source = "app",    .target = "client", .latency = aflow_exponential(0.003) },
           };
           const aflow_scenario scenario = {
               .rqs_input = {
                   .id = "users",
                   .avg_active_users = aflow_poisson(120),
                   .avg_request_per_minute_per_user = { .mean = 30 },
               },
               .topology_graph = {
                   .nodes = { .client = { "client" }, AFLOW_ARRAY(servers, servers) },
                   AFLOW_ARRAY(edges, edges),
               },
               .sim_settings = { .total_simulation_time = 600 },
           };

           aflow_diagnostics problems = { 0 };
           aflow_result *result = aflow_run(&scenario, &(aflow_run_desc){ .seed = 42 }, &problems);
           if (result) {
               aflow_latency_stats latency = aflow_result_latency(result);
               printf("%llu requests, p95 %.1f ms\n", (unsigned long long)latency.count, latency.p95_s * 1e3);
           }
           aflow_write_diagnostics(&problems, aflow_put_file, stderr);
           aflow_result_destroy(result);
           aflow_diagnostics_clear(&problems);
           return result == NULL;
       }

   It prints, on every machine:

       35803 requests, p95 79.2 ms

   120 users of 30 requests a minute each are 60 requests a second; at 10 ms of CPU each they keep the one core 60 %
   busy. A request needs 10 + 30 ms in the server and 3 x 3 ms on the network on average; the rest of the 79 ms is
   waiting for the core. For the whole report, add  aflow_write_text(result, aflow_put_file, stdout);


   THE MODEL

                                                       +--edge--> [server] --edge--+
       [generator] --edge--> [client] --edge--> [balancer]                         +--> [client]
        users x rate                           (optional)                          |    completed
                                                       +--edge--> [server] --edge--+

       in a server:

       arrival --> endpoint --> RAM of the --> steps in order:                       --> core and RAM --> out edge
                   is chosen    whole          CPU: waits for a core, holds it           given back
                                endpoint       I/O: gives the core back, sleeps
                                reserved       io_db: first takes a pool connection

   Generator. Time is cut into windows of user_sampling_window seconds. At the start of each window the number of
   active users is drawn; in the window, requests are a Poisson stream of  users x requests per minute / 60  a
   second. A gap that crosses the end of its window is given up there and drawn anew from the window's end with the
   new users. Of the rate per user only the mean counts. A window without users produces nothing. With
   rqs_input.arrivals, a list of times is replayed instead and nothing is drawn.

   Path. A request goes from the generator over one edge to the client, from there over one edge to the balancer or a
   server, and so on; a server's one out edge leads to another server, to the balancer, or back to the client, where
   the request is complete. The generator may also be connected to the balancer or a server directly. Only a balancer
   has more than one out edge, and the graph has no loop.

   Edge. For each message: with probability dropout_rate it is lost, at once and for ever. Otherwise it arrives after
   its latency, plus the spikes that are active on this edge when it is sent. Edges have no capacity and keep no
   order.

   Balancer. Takes no time. round_robin sends to the servers in turn. least_connection sends to the server with the
   fewest requests that were sent to it and have not left it; among equals the one that was chosen longest ago is
   taken.

   Server. On arrival an endpoint is chosen, by weight (`probability`). The RAM of all its ram steps is reserved as
   one amount before the first step and kept to the end; who does not get it waits, first come, first served, and a
   large request at the head holds up smaller ones behind it. Then the steps run in order:
     - initial_parsing, cpu_bound_operation: need a core. A request without one asks for it and waits in the ready
       queue when none is free; it keeps the core over consecutive CPU steps.
     - io_wait, io_cache, io_llm: give the core back, if one is held, and sleep. Consecutive I/O steps are one sleep.
     - io_db: the same; where the server has a db_connection_pool, it first takes a connection (waiting for it in I/O
       sleep, first come, first served) and gives it back after the wait.
     - io_task_spawn: starts a background task that sleeps for io_waiting_time on its own. The request goes on at
       once and keeps its core. The task holds no RAM; it counts in event_loop_io_sleep.
     - ram: takes no time.
     - blocking_io: a wait that holds the event loop, see Processes. thread_io, thread_cpu: a wait, or CPU time, in a
       thread of the worker's pool; the request itself sleeps in I/O meanwhile.
     - rate_limit, gpu_inference: use their `resource`; so do io_wait, io_db, io_cache, io_llm, blocking_io, thread_io
       where they name one. See Resources.
     - branch: with `probability` does its own list of steps, else the list `otherwise`, if there is one. Lists nest up to 8
       deep. A probability of 0 or 1 draws nothing.
     - custom: asks a function of yours (C only), see aflow_step_hook.
   At the end core and RAM are given back and the request leaves on the out edge in the same instant.

   Cores, RAM and connections are counted with one strict first come, first served queue each. What is given back goes
   straight to the first waiters; nobody overtakes.

   Processes (server_resources.workers). Each worker is a process with one event loop; all share the server's cores. With
   interpreter_lock gil, the default where workers are given, one stretch of a worker's requests runs on its loop at a time,
   from getting the loop to the next I/O step. A request that arrives waits in the server's one accept queue for the first
   loop that is free (free ones are asked in turn) and belongs to that worker from then on. A loop that becomes free goes to
   who has been ready longest, of its own requests or of those that no worker has yet. Then the stretch needs a core.
   blocking_io keeps the loop, not the core. thread_cpu needs a thread, the worker's lock and a core; where a server has such
   steps, all its computations take turns under the lock: one that lasts longer than switch_interval lets go of lock and core
   when another waits for the lock, and queues behind it. With interpreter_lock none, and without workers, there are no
   loops: coroutines run on any free core, and only blocking_io, where there is any, holds one of as many loop threads as
   there are cores.
   max_concurrency is a number of places in the server, taken before RAM and given back at the end; who finds none waits in
   the backlog, or is rejected.

   Resources. nodes.resources are shared by all servers, a server's own `resources` belong to it. Steps name them.
     - connection_pool: `capacity` places; a step holds one while it lasts.
     - database: the same, and with n at work each runs at 1 / (1 + contention (n-1) + coherency n (n-1)) of its speed, the
       Universal Scalability Law; io_waiting_time is the time that it would take alone.
     - rate_limiter: a token bucket of `rate` a second that holds `burst` and is full at the start. A token that is there is
       taken in passing, without giving up the core.
     - cache: a look-up (io_waiting_time) hits with hit_probability; or keys are drawn by Zipf's law, and the cache holds
       `capacity` of them, least recently used out first, each for time_to_live from storing. A miss does its on_miss
       steps, then the key is stored. With single_flight who misses a key that is being fetched waits for that. Empty at
       the start.
     - llm: a model of a provider. A call lasts io_waiting_time, or time_to_first_token + output tokens x
       time_per_output_token. It first takes one of requests_per_minute, then its tokens (input and output) of
       tokens_per_minute, buckets that hold a minute's worth, then one of `capacity` calls at once. It is paid for when it
       begins.
     - gpu: `slots` batches at once. A free slot takes what waits, up to max_batch_size, as soon as that many wait or the
       first has waited for max_batch_wait. A batch takes batch_time plus an item_time for each request in it.
   Who finds a limit reached waits, or is rejected (overflow: reject), or is rejected when max_waiting wait already; who
   has waited for acquire_timeout gives up. A request that is rejected or gives up gives back all it holds and ends there; it
   counts as dropped.

   Injected events. An outage takes a server out of its balancer's rotation from t_start to t_end; requests on the
   way to it and in it are still served, and it comes back as the last of the rotation. Requests that reach a server
   during its outage by another way than the balancer are refused and counted. At least one server, and one behind
   the balancer, has to be up at any time; so a scenario with a single server takes no outage. A network spike adds
   spike_s to the latency of all messages that are sent over an edge in [t_start, t_end); overlapping spikes add up.
   cache_down empties a cache; until cache_up every look-up misses and nothing is stored.

   Not modelled: client time-outs, retries, error responses that travel back, several generators or clients, links with
   bandwidth.


   STEP BY STEP

   1. A scenario as constant data. aflow_scenario is a tree of plain structs with the names of AsyncFlow's file
   schema. A field left zero has its default. Nothing is copied when you fill it, so arrays have to live as long as
   the calls that read them; aflow_run and aflow_sim_create make their own copy. Everything can be static const and
   lie in flash; the helpers such as aflow_cpu_s() are functions, so constant data says the same in braces:

       static const aflow_step api_steps[] = {
           { .kind = AFLOW_STEP_INITIAL_PARSING, .cpu_time = { .mean = 0.002 } },
           { .kind = AFLOW_STEP_RAM,             .necessary_ram = { .mean = 128 } },
           { .kind = AFLOW_STEP_IO_WAIT,         .io_waiting_time = { .mean = 0.012 } },
       };

   2. Or by the builder: loops, and ids instead of strings. It copies what it is given. Ids that are left out are
   made: gen-1, client-1, lb-1, srv-1, srv-2, ...; edges are called SOURCE-TARGET, events event-1, event-2, ...

       aflow_builder *b = aflow_builder_create(NULL);
       aflow_id users = aflow_add_generator(b, &(aflow_generator){
           .avg_active_users = aflow_poisson(400), .avg_request_per_minute_per_user = { .mean = 20 } });
       aflow_id browser = aflow_add_client(b, "browser");
       aflow_id lb = aflow_add_load_balancer(b, &(aflow_load_balancer){ .algorithms = AFLOW_LB_LEAST_CONNECTION });
       aflow_connect(b, users, browser, aflow_exponential(0.003));
       aflow_connect(b, browser, lb, aflow_exponential(0.002));
       for (int i = 0; i < 3; i++) {
           aflow_id app = aflow_add_server(b, &(aflow_server){ .server_resources = { .ram_mb = 2048 } });
           aflow_add_endpoint(b, app, "/api", AFLOW_STEPS(aflow_cpu_s(0.002), aflow_ram_mb(128), aflow_io_s(0.012)));
           aflow_connect(b, lb, app, aflow_exponential(0.002));
           aflow_connect(b, app, browser, aflow_exponential(0.003));
       }
       aflow_builder_settings(b)->total_simulation_time = 300;
       const aflow_scenario *scenario = aflow_builder_scenario(b, &problems);

   The scenario belongs to the builder and is valid until the builder's next change. Errors of the builder do not
   need a test after each call: they are remembered, and aflow_builder_scenario then returns NULL and reports why.

   3. Or from a file, with asyncflow_yaml.h. Every later problem then names line and column of the file:

       aflow_scenario_file *file = aflow_read_file("service.yml", &problems, NULL);
       const aflow_scenario *scenario = aflow_scenario_of(file);

   A file that could not be read gives NULL, and aflow_scenario_of(NULL) is NULL, which aflow_run takes as invalid:
   one test of the result is enough. aflow_read_text reads from memory, which also works without <stdio.h>.

   4. Change single fields by their path, in a copy that owns its memory:

       aflow_scenario *copy = aflow_scenario_copy(scenario, NULL);
       aflow_set(copy, "servers.srv-1.server_resources.cpu_cores", "4", &problems);
       aflow_set(copy, "rqs_input.avg_active_users", "800", &problems);
       aflow_set(copy, "servers[0].endpoints./api.steps[0].step_operation.cpu_time", "0.004", &problems);
       aflow_scenario_destroy(copy);

   Entries of lists go by id or by index; of a random variable, the mean is meant. Containers may be left out where the
   rest is unique: total_simulation_time, servers, servers.srv-1.cpu_cores. aflow_get writes a value as aflow_set takes
   it.

   5. Check. aflow_check finds all problems of a scenario, not only the first. aflow_run checks by itself.

   6. Run. aflow_run checks, plays to the horizon, and hands out a result; NULL means an error, which is in
   `problems`. The description may be NULL. One seed is one run: .seed chooses it; .replication chooses one of the
   independent runs of a seed; .warm_up_s leaves the start out of the figures; .record_requests keeps a row for each
   finished request.

   7. Or in slices, for a frame loop or a progress bar. The slicing does not change the result:

       aflow_sim *sim = aflow_sim_create(scenario, &(aflow_run_desc){ .seed = 7 }, &problems);
       aflow_id app = aflow_sim_find(sim, "srv-1");
       for (double t = 0.5; t <= 2; t += 0.5) {
           aflow_sim_run_until(sim, t);
           draw_queue(aflow_sim_gauge(sim, AFLOW_READY_QUEUE_LEN, app));
       }
       aflow_result *result = aflow_sim_finish(sim);
       aflow_sim_destroy(sim);

   aflow_sim_run_until(sim, t) plays all that happens before t, not what happens at t. aflow_sim_finish may come
   early; the result then covers the time that was played. Sim and result may be destroyed in any order; the sim of a
   finished run can only be destroyed.

   8. Results are asked for by functions that change nothing and allocate nothing: aflow_result_info, _latency,
   _percentile, _latency_histogram, _throughput, _metric, _series, _server, _endpoint, _edge, _event, _request,
   _verdict, _warning. Lists are filled into arrays of yours and return how many entries there are; call with NULL
   and 0 to ask for that:

       size_t n = aflow_result_series(result, AFLOW_READY_QUEUE_LEN, app, NULL, 0);

   aflow_result_percentile, _latency_histogram and _throughput go over the list of all requests, or the histogram, at
   each call: keep the answer.

   9. Writers put UTF-8 text through a callback: aflow_put_file with a FILE *, aflow_put_text with an aflow_text (a
   buffer of fixed size), or one of your own.

       aflow_write_text           the report for people: verdict, requests, latency, throughput, servers, edges
       aflow_write_json           the result as one JSON object (schema: aflow_write_result_schema)
       aflow_write_summary_csv    every statistic, one row each; _throughput_csv, _samples_csv: the series
       aflow_write_requests_csv   one row a finished request (needs .record_requests)
       aflow_write_svg            one chart: latency, throughput, a metric of an entity, or the dashboard
       aflow_write_html           one page with all of it, readable without scripts, no network

   10. Resources. Steps name them by id; in a file they stand under nodes.resources or in a server:

       aflow_add_resource(b, &(aflow_resource){ .id = "db", .kind = AFLOW_RESOURCE_DATABASE, .capacity = 20, .contention = 0.03 });
       aflow_add_resource(b, &(aflow_resource){ .id = "cache", .kind = AFLOW_RESOURCE_CACHE, .hit_probability = 0.9 });
       const aflow_step query = aflow_using(aflow_db_s(0.020), "db");
       aflow_add_endpoint(b, app, "/item", AFLOW_STEPS(aflow_cpu_s(0.002), aflow_cache("cache", 0.001, &query, 1)));

   aflow_result_resources lists them, aflow_result_resource has the figures of one, aflow_result_llm the bill.

   11. Hooks. A step kind, a queue discipline and a traffic source of your own are a function and a context: aflow_step_hook,
   aflow_discipline_hook, aflow_source_hook; examples/11_hooks.c has one of each.


   UNITS, DEFAULTS, BOUNDS

   Times are seconds in doubles, RAM is MB, rates are named with their unit. Inside, time is a whole number of
   nanoseconds; each given or drawn time is rounded to the nearest.

       field                                default            bounds
       rqs_input.avg_active_users           required           mean 0 to 1e9; poisson (default), normal, constant
       ... avg_request_per_minute_per_user  required           mean 0 to 1e9; poisson (default) or constant
       ... user_sampling_window             60 s               1 to 120, whole
       ... arrivals                         none               ascending, from 0; replaces the three above
       server_resources.cpu_cores           1                  1 to 1e6
       ... ram_mb                           1024 MB            256 to 4194303
       ... db_connection_pool               0: unlimited       1 to 1e9
       ... workers                          0: not modelled    1 to 1024
       ... interpreter_lock                 gil with workers   gil, none
       ... switch_interval                  0.005 s            > 0 to 10
       ... threads                          40 a worker        1 to 1e6
       ... max_concurrency, backlog         0: unlimited       1 to 1e9
       resource.*                           by kind            see `asyncflow schema --fields`
       endpoint.probability                 1                  weight, 0 to 1e12; AFLOW_ZERO: never chosen
       step.cpu_time, io_waiting_time       by kind            > 0 s; a plain number is constant
       step.necessary_ram                   by kind            > 0 MB, counted in 1/1024 MB
       edge.latency                         required           mean > 0 s; without a distribution: poisson, see below
       edge.dropout_rate                    0 in C, 0.01 in    0 to 1
                                            a file without it
       sim_settings.total_simulation_time   3600 s             5 to 4e9, whole
       ... sample_period_s                  0.01 s             0.001 to 0.1
       ... enabled_sample_metrics           the first four     bits of aflow_metric; AFLOW_METRICS_NONE: no samples
       event.t_start, t_end                 required           0 <= t_start < t_end <= total_simulation_time
       event.spike_s                        of spikes only     > 0 to 1e6 s
       aflow_run_desc.seed                  0                  any 64 bits
       ... warm_up_s                        0 s: none          0 to below total_simulation_time
       ... reserve_in_flight                256                room at the start; more is made when needed

   The tool prints the complete table with `asyncflow schema --fields`, aflow_write_field_reference writes it.

   Random variables: { mean, distribution, variance }. `mean` and `variance` are those of the values drawn. Instead of
   a variance, `scv` gives the squared coefficient of variation, variance / mean^2.
       constant       always the mean
       poisson        whole numbers. For a latency that is 0, 1, 2, ... whole seconds, which is rarely meant: a
                      warning says so. It is the default because it is AsyncFlow's; say exponential.
                      Above a mean of 65,536 it is the normal law of that mean and variance.
       exponential    variance is mean^2; none can be given
       normal         max(0, N(mean, variance)); mean and variance are those before the cut at 0
       log_normal     with this mean and this variance
       uniform        on [0, 2 mean]; with a variance on mean +- sqrt(3 variance); aflow_uniform(low, high)
       gamma          variance or scv (to 1e6) required, as of the next four; aflow_gamma(mean, scv)
       erlang         a sum of k exponentials: scv is 1 / k; aflow_erlang(k, mean)
       weibull        scv from 2e-12 to 1e11; aflow_weibull(mean, scv)
       pareto         bounded, up to `maximum` (1.01 to 1e12 means; default 1000 means); scv from 1e-6 to what that
                      maximum allows, which the error says; aflow_pareto(mean, scv, maximum)
       hyperexponential  one of two exponentials that bring half of the mean each; scv from 1 to 1e9
       discrete       one of `values`, as likely as its `weights` say; no mean; aflow_discrete(values, weights, count)
   Two or three of p50, p95 and p99 instead of a mean give the log_normal that is fitted to them. Two are met exactly,
   three by least squares of their logarithms; a warning says so where one is missed by more than 1 %.
   Variance of normal and log_normal when left out: the figure of the mean (AsyncFlow's default). As 0 means "left
   out" in C, AFLOW_ZERO means a variance of none. A number of users from a normal is not rounded to whole users.


   WHAT HAPPENS AT ONE TICK

   A tick is one nanosecond. When several things fall on the same tick, the model decides their order, not the
   engine:
     1. A sample due at the tick is taken first: it is the state just before its instant.
     2. Injected changes: ends before starts; otherwise in the order of the scenario (compat: of event ids).
     3. Requests that the generator sends.
     4. All else, component by component in topological order. Where several components could come next, it is the
        first of: client on the way out, balancer, servers in the order of the scenario, client on the way back.
     5. Within one component: ends of CPU and I/O steps before arrivals; each in the order in which they were
        scheduled, which for arrivals is (tick sent, rank of the sender, order sent). What resources do by themselves comes
        after all components: tokens that arrive, batches that begin for their first's sake or end, work that a database
        is done with, waits that time out. So what is given back at a tick still goes to who would give up at it.
     6. Within one such step: a request that gives a resource back goes on first, until it has to wait; then those
        that it let go on, in the order of their grants, and background tasks that it started, in the same list.
     7. Tokens of a bucket that refills at intervals are there for who asks at the very tick.
   Nothing happens at the horizon itself or after it: no completion, no sample. What would end there stays in flight.
   A gauge's maximum counts only states that lasted for a tick at least.


   ERRORS

   There are three kinds.
     - Mistakes in a scenario, a path or a text are recorded in an aflow_diagnostics, all of them. Start it with
       { 0 }; every call accepts NULL instead. Each diagnostic has a code, a severity, the path of the field, and a
       message with the value found, what is allowed and, where there is one, the remedy; from a file also line,
       column and the line itself. Warnings do not stop a run; those of the check are kept with the result
       (aflow_result_warning).
     - Failures of the world: memory that runs out, a put callback that refuses. Memory is a sticky status of the sim
       or builder and a diagnostic; a writer returns AFLOW_CANNOT_WRITE. Nothing leaks, destroying is always safe.
     - Mistakes of the program, such as NULL for a sim: AFLOW_MISUSE, NULL, or zeros are returned. Every _destroy
       takes NULL.

       aflow_diagnostics problems = { 0 };
       aflow_check(scenario, &problems);
       aflow_write_diagnostics(&problems, aflow_put_file, stderr);
       aflow_diagnostics_clear(&problems);

       broken.yml:11:51: error: topology_graph.nodes.servers[0].server_resources.ram_mb is 64; needs at least 256 MB
                   server_resources: { cpu_cores: 1, ram_mb: 64 }
                                                             ^~

   AFLOW_DIAGNOSTIC_TABLE in [02] lists every code with its meaning. The first thousand items are kept; .errors and
   .warnings count all of them, .lost those that were not kept.


   EMBEDDING

   Memory. Four ways:
     - nothing given: malloc, realloc, free;
     - aflow_allocator: one function that allocates, resizes and frees, with a context and the old size;
     - .buffer and .buffer_size in aflow_run_desc: everything of the run, its check and its result lies in that
       buffer and there is no heap. It has to live until sim and result are destroyed; then it is free for the next
       run;
     - ASYNCFLOW_NO_MALLOC: malloc is not even linked. Then all that takes an aflow_allocator needs one (the builder,
       readers of files, aflow_scenario_copy, aflow_diagnostics, aflow_run_size, aflow_selftest), and so does
       aflow_check, which takes that of its diagnostics. aflow_buffer_allocator makes one of a buffer.

   How much. aflow_run_size(scenario, desc, problems) answers in advance, by creating such a sim once with desc's
   allocator. It covers the plan, the samples, .reserve_in_flight requests at once, and the list or histogram of the
   latencies of all requests that the traffic makes (mean plus six standard deviations). An overloaded server holds more
   requests in flight than that: raise .reserve_in_flight. A buffer that is too small gives a diagnostic that names the
   buffer's size and what the next step needs at least. What costs memory, in bytes:
       a request in flight                        32, plus 17 for its pending event, plus 8 with .record_requests;
                                                  plus 72 where a step uses a resource, a thread, a loop or a hook, and
                                                  plus 4 for each level of caches with keys within one another
       a resource, a server's max_concurrency     a histogram of waits as of an endpoint; so has a server's loop lag
       ... a cache with keys                      16 a key, plus 8 with time_to_live, plus 8 with single_flight
       a completed request                        16, or nothing beside the latency histogram (.latency_store)
       a finished request with .record_requests   40 more
       a sample                                    4; all are reserved at the start: horizon / period x gauges sampled
       an endpoint's latency histogram           512 an octave up to the horizon: 14 kB at 60 s, 17 kB at 1 h, 27 kB at
                                                 most (.endpoint_latency_off: none)
       the latency histogram of the run        4,096 an octave: 114 kB at 60 s, 138 kB at 1 h, 220 kB at most
       ... and its slots of throughput             8 each, at most 65,537: 480 kB at 60 s, 288 kB at 1 h
       the sim itself                       about 6.5 kB
   The first program above is said to need 2.3 MB: of its six gauges sampled every 10 ms, 60,000 samples each are 1.4
   MB. With AFLOW_METRICS_NONE it is 0.8 MB; exact averages and maxima of all gauges are kept in any case. With a
   latency histogram, too, it is 0.7 MB, and no more for ten times the users, where the list makes it 6.5 MB.
   Memory is taken at the start, and when an array is full, which doubles it up to 1 MB and makes it a quarter larger
   from then on; never for each event. What can grow are the requests in flight with their events, and a list of more
   requests than expected.

   Threads. There is no global or thread-local state. Two objects never share state; one object is used by one thread
   at a time; a const scenario may be used by any number of threads, as every run copies it. So replications run in
   parallel by calling aflow_run in several threads. Give each thread its own aflow_diagnostics.

   Stepping. aflow_sim_run_until, _gauge, _counters and _now are meant to be called every frame; only the first does
   work, in proportion to the events that happen. A gauge is always exact, also of metrics that are not sampled.

   Without an operating system. Headers used: <stddef.h> <stdint.h> <string.h> <float.h>, <stdlib.h> unless
   ASYNCFLOW_NO_MALLOC, <stdio.h> unless ASYNCFLOW_NO_STDIO. With both switches the functions called are memcmp,
   memcpy, memmove, memset, strcmp, strcspn, strlen and strncmp; asyncflow_yaml.h adds memchr and strchr. No locale,
   clock, errno, signal, file or libm is used. Doubles are.

   Switches, defined before the include and the same in every file that includes the header:
       ASYNCFLOW_IMPLEMENTATION   in one source file
       ASYNCFLOW_STATIC           all functions are static to the including file
       ASYNCFLOW_API              own decoration of the public functions
       ASYNCFLOW_NO_STDIO         without <stdio.h>: no aflow_put_file, no aflow_read_file
       ASYNCFLOW_NO_MALLOC        without malloc
       ASYNCFLOW_NO_INT128        without the compiler's 128-bit integers; the results are the same


   DETERMINISM

   The same scenario, seed and replication give the same bits on every compiler, at every optimisation level, on
   every processor and byte order. info.digest is a hash over start and finish of every completed request in order of
   completion: equal digests, equal runs. This is how:
     - Time is an integer of nanoseconds. Draws are integer arithmetic from end to end (xoroshiro128++, ziggurats).
     - Doubles of the scenario are turned into integers once, exactly, with one rounding at the end. The logarithm
       and the square root are the library's own. libm is never called.
     - Statistics are sums of integers, up to 128 bits; the few double operations are rounded one by one, so it does
       not matter whether the compiler fuses a multiplication with an addition.
     - Order at one tick is a rule of the model (see above), text output never looks at the locale or the clock.

   Streams. There is one random stream for each purpose of each entity, derived from (seed, replication, id of the
   entity, purpose): users and gaps of the generator; latency and dropout of each edge; endpoint choice of each
   server; each random step of an endpoint (its server's id, its name, the step's number among its random ones, RAM first). To
   add a server does not change the draws of another: two scenarios with the same generator and seed see the same arrivals,
   so that their difference is less noisy than with different seeds. To rename an entity changes its draws. A
   constant draws nothing, neither does a choice of one endpoint, a dropout of 0, or a branch of probability 0 or 1. Of a
   dropout each draw says how many messages pass before the next is dropped. A branch counts among the random steps of its
   endpoint, steps within it where they stand; a resource has streams of its own, by its id. A function of yours is handed
   random bits of a stream of its own: as long as it uses no other source, a run stays repeatable.

   What breaks it. -ffast-math and /fp:fast allow the compiler to change double arithmetic: the implementation then
   stops with #error where the compiler tells. x87 arithmetic (32-bit x86 without SSE) rounds twice: also #error;
   compile with -msse2 -mfpmath=sse. A rounding mode other than to nearest.

   aflow_selftest finds out, also where no #error can: call it at the start, or in your tests, where equal bits matter.
       const char *wrong = aflow_selftest(NULL);
       if (wrong) fprintf(stderr, "%s\n", wrong);
   It checks the arithmetic (rounding mode, excess precision, products fused into sums, sums reordered as by
   -funsafe-math-optimizations, tests for NaN left out, tiny numbers flushed to zero as by a library that was linked with
   -ffast-math), then known answers: the generator's words, every sampler, numbers read and written, a run of a hundred
   requests and its statistics. Each text names the cause it found and what to do about it.


   WHY IT IS FAST

   A request through a balancer and two servers is seven events; with everything recorded it takes 80 ns on one core of a
   2025 server, a customer of an M/M/1 queue 33 ns (gcc 12 -O2). Where that comes from, and what it was worth there:
     - A turn in registers. What an event brings about is at most one further event. It is compared with the earliest
       that is pending, and half of the time it is itself the next: then it is never stored. 8 to 16 %.
     - One interpreter. An event says at which op its request goes on; arrivals over edges are ops, too. So an event is
       one indirect jump, and all of the loop is one function. Together with the next point, 14 %; what is inlined by
       force, another 8 %; what is kept out of line since it is rare, up to 11 % under clang.
     - Draws made ahead. The delay of the next message is drawn when the present one is sent, so no event waits for a
       draw. Draws are integer arithmetic, an exponential 2 ns; a dropout costs a draw a message lost, not a message.
     - Pending events are not compared with each other. They lie in buckets by the digits of their time, first in, first
       out, and a sorted array of at most 64 in front of them takes the near future. To take one and to push one is 18 ns
       with 100 pending, 43 with 10^6, 61 with 10^7; a binary heap takes 27, 220 and 950.
     - Small state. A request is 32 bytes, 17 more when it is pending; an edge is two cache lines. When the front is
       filled, the requests of its events are prefetched: a quarter less time with 10^6 in flight.
     - Averages are exact and nearly free: a gauge adds or subtracts the present time at each change, in 128 bits, and
       looks at its maximum when it exceeds the last. Samples are taken between events and copy numbers.
     - Resources go straight to the first that waits. Least connection is a tournament: log2 of the servers when it
       chooses, about two steps when a request leaves.
     - Nothing is allocated for an event.
     - All that goes beyond AsyncFlow's model is one case of the interpreter, out of line: who does not use it does not pay for
       it. A shop that uses all of it at once takes 0.65 us a request.
   A program written by hand for the two servers alone, which records the same, is a fifth faster. `make bench` measures
   all of this on your machine, `make bench-compilers` under several compilers: none is more than a tenth behind another.
   If you compile with gcc, leave its pragma in [10] alone: joining neighbouring words in vector registers costs 15 %.


   WHAT THE FIGURES MEAN

   All figures are of the whole run, from time 0 and an empty system, unless aflow_run_desc.warm_up_s (the tool's --warm-up)
   leaves its start out. They are of one run: another seed gives other figures.

   Warm-up. Just before tick warm_up_s figures begin anew: latencies, endpoint latencies, waits and loop lag are of requests that
   finish, leave, get it or run from then on, whenever they came; windows of throughput begin there; means, maxima and utilizations
   of gauges are of the time from there to the end, the sampled_ ones of rows from there on. Counters, money, the digest and series
   are of the whole run, and so are what is worked out of counters alone: a cache's hit ratio, a GPU's batching gain, cost a month,
   the share that was turned away. A run that ends before its warm-up has figures of nothing.

   Latency. Finish minus start of completed requests only; start is when the generator sends, finish when the request
   is back at the client. Lost requests and those in flight at the end are in no latency figure. count, mean, std_dev
   (of the population, divided by n), min and max are always exact. Percentiles interpolate linearly between order
   statistics, rank (n-1) p (numpy's default; Hyndman and Fan, type 7). Nothing completed: NaN (JSON: null). The text
   report shows a percentile only where ten observations at least are expected beyond it (p90: 100 requests, p95: 200,
   p99: 1,000, p99.9: 10,000); the functions, JSON and the HTML page give it always.

   Exact or histogram. aflow_run_desc.latency_store says where the order statistics come from: from the list of all
   latencies, which are exact, or from a histogram of constant size with 512 cells an octave, each then within 1/1024.
   Default: the list, up to 4,194,304 expected requests (mean plus six standard deviations; replayed arrivals: their
   number), and the histogram beyond. Counters, moments, extremes and the digest are the same in both. relative_error
   says which it was: 0 is exact. aflow_run_info.latency_store names it; the reports say so.
   A cell stands for its values by the mean of its whole numbers of nanoseconds, or by the least or greatest latency
   where that lies beyond it; cells reach up to the horizon and count in 64 bits; below 1,024 ns each ns has its own.
   aflow_result_latency_histogram then counts a cell where that value lies.

   Endpoint latency. Time in the server, from arrival to leaving; always from a histogram, with 64 cells an octave up to
   the horizon: a percentile's order statistics are within 1/128; below 1,024 ns, where cells are 16 ns, within 8 ns,
   and what is below 16 ns is 0 where 0 was seen.

   Gauges (aflow_metric). mean and max are exact: the time average over the run and the greatest value that lasted.
   The sampled_ figures are of the samples, taken at k x sample_period_s < horizon, k from 1, labelled with that
   time.
       ready_queue_len              requests that wait for a core; those that run are not in it
       event_loop_io_sleep          requests in I/O steps and background tasks
       ram_in_use                   MB reserved
       edge_concurrent_connection   messages in transit on an edge
       core_busy                    cores in use
       ram_queue_len                requests that wait for RAM
       db_connections_in_use, db_queue_len   only of servers that have a pool
       concurrent_requests, backlog_len      of servers with max_concurrency: let in; waiting to be
       loops_blocked                         of servers with blocking_io: event loops that one holds
       threads_in_use, thread_queue_len      of servers with thread_ steps, over all workers
       resource_in_use, resource_queue_len   of resources: places, calls or batches in use, entries of a cache (a limiter has
                                             none); requests that wait for it
   With event loops ready_queue_len counts who waits for the accept queue, a loop, a lock or a core.

   Resources. wait is from asking to getting, of all that got it, zeros included, percentiles from a histogram as for endpoints;
   of a model from asking for the call to its begin. acquired = released + what is held at the end. Of a cache, look-ups
   begun and done, and their waits for others' fetches. batching_gain: the time that a GPU's batches would have taken one
   request at a time / the time they took. Loop lag: from being ready to running, for each stretch on an event loop.

   Money. Prices are in any one currency; sums are exact in 1e-12 of it. Cost per request is of completed requests, a month is
   30 days at the traffic of the run. Only models and custom steps cost.

   Throughput. Completions in windows (k-1, k] x window_s by their finish; a last partial window is left out. mean,
   max and population standard deviation over these windows. Beside a latency histogram, completions are counted in
   slots: of 1 ms up to a horizon of 65 s, of 10 ms up to 655 s, of 100 ms up to 6,553 s, of 1 s up to 65,536 s (18 h),
   and of so many whole seconds beyond that 65,536 are enough. A window is then rounded up to whole slots, and window_s
   of the answer is what it was; the reports' windows of 1 s are one slot where slots are longer.

   Counters. These hold at any moment:
       generated = completed + dropped + in_flight
       dropped   = the edges' dropped + the servers' refused, rejected and timed_out
       an edge:    sent = delivered + dropped + in transit
       a server:   delivered on the edges into it = arrived + refused;
                   arrived = completed + rejected + timed_out + still in it
       a resource: acquired = released + in use
   events counts arrivals at nodes and ends of CPU and I/O steps. It measures the work of a run.

   Offered load (cpu_offered, ram_offered, db_offered) comes from the scenario alone, without a run: requests a
   second that can reach the server (mean rate, less dropout, a balancer dealing evenly) x mean demand of a request /
   capacity. 1 is the capacity. Demand is CPU time for cores, io_db time for connections, RAM x (CPU + I/O time) for
   RAM. The last two are lower bounds, as waiting while holding them is not in it. Outages do not count. Replayed
   arrivals count as their number over the horizon; a source of your own counts as nothing. With event loops, cpu_offered is
   the largest of cores, loops (CPU and blocking time over workers) and locks. Of resources: time x requests a second /
   capacity; tokens asked for / tokens that come; of a GPU in full batches; of a database at the load at which it does most. Steps
   behind branches and caches count as often as they are reached, a cache with keys hitting as often as if it always held
   its most popular ones; behind one with single_flight they do not count, since many misses may share a fetch. All of these
   are lower bounds.

   Verdict. Each resource (cores, RAM, connections, threads and places of each server, and all resources but caches) is
   judged; the worst verdict decides. The bottleneck
   is the resource that it comes from, among several the one with the greatest offered load, the longest queue left
   over, or the highest measured utilization.
       OVERLOADED   its offered load is 1 or more: more comes in than it can serve
       BACKLOGGED   at the end ten requests or more wait for it; they are 1 % or more of all that completed, and more
                    than waited on average
       LIMITED      neither, but it turned away (rejected, or let time out) 1 % or more of those who asked for it
       EMPTY        none of these, but nothing completed
       STABLE       none of these

   Identity. scenario_hash changes with every meaningful field, defaults filled in; digest is of the run, see above.


   C++

   The header compiles as C++11 and later, implementation included; the implementation may also be compiled as C and
   linked to C++. Functions have C linkage. For descriptions there are overloads that take a reference, so that C++20
   can write them in place:

       aflow_id app = aflow_add_server(b, { .server_resources = { .cpu_cores = 2, .ram_mb = 2048 } });
       aflow_add_endpoint(b, app, "/items", AFLOW_STEPS(aflow_cpu_s(0.004), aflow_db_s(0.025)));
       aflow_result *result = aflow_run(scenario, { .seed = 1 }, &problems);

   Before C++20 there are no designated initialisers: fill a zeroed struct field by field, and do not use
   AFLOW_ARRAY. g++ -Wextra warns of every field that a designated initialiser leaves out; that is
   -Wmissing-field-initializers. A callback must not throw. Handles fit std::unique_ptr with a deleter that calls _destroy.


   LIMITS AND DIFFERENCES

   Limits. One generator, one client, at most one balancer; no loops. A balancer's edges lead to servers (compat:
   also to the client). About 2^28 servers or edges by their ids, memory before that. Up to 1e8 requests a second and
   1e11 in a run, by the mean rate (normal users: six standard deviations above); both are errors of the check. At
   most 4e9 sample values: horizon / period x (edges + 15 x servers + 2 x resources), when any metric is enabled. Lists of
   steps nest 8 deep. The tokens of a call cost at most 2.3e6, a request 4.6e6. Steps that hold one thing and wait for another
   can wait in a circle, as in life: caches with single_flight that look each other up in their misses, or a pool that is held
   while waiting for an event loop that its next user blocks. A request goes to a worker when it arrives: connections that stay with one are not modelled. 1,024 workers, 1e7 keys a cache, 1e9 tokens a call; a call's tokens beyond tokens_per_minute are
   cut to that when it takes its share. Work of a database beyond 52 days is cut. Time ends at 4e9 s;
   a duration longer than 2^62 ns (146 years) is cut to that. A duration below half a nanosecond is 0. Files: 256 MB,
   64 levels deep. Random RAM that exceeds the server's is cut to it, with a warning.

   Differences from AsyncFlow 0.1.1. Scenario files load unchanged unless they rely on what is an error below. With
       sim_settings: { compat: asyncflow-0.1.1 }      or AFLOW_COMPAT_ASYNCFLOW_0_1, or the tool's --compat
   the run follows AsyncFlow where the third column says so. Compat reproduces its distributions, not its single
   draws: the random numbers are others, so compare statistics over seeds, not runs. "Both" means that compat changes
   nothing.

       what                    default                                      compat
       arrival times           the times drawn                              the sum of the emitted gaps: the rests of
                                                                            windows and idle windows vanish
       a gap past the horizon  ends its window; the next window goes on     ends the generator for good
       variance                the variance of the values                   taken as the standard deviation
       uniform                 on [0, 2 mean], or by its variance           on [0, 1) s whatever the mean; no variance
       log_normal              mean and variance of the values              mu and sigma of the logarithm
       poisson latency         whole seconds, with a warning                both
       rate per user           only its mean counts                         both
       normal users            not rounded to whole users                   both
       users, rate: constant   allowed                                      an error, as AsyncFlow does not know it
       least_connection        requests sent to a server that have not      messages in transit to it; of equals the
                               left it; ties rotate                         first in the list
       server_covered          edges of the balancer to anything else are   all edges of the balancer are used, with a
                               errors; empty: all its edges                 warning
       an outage               drains; the server returns as the last       both
       ... past the balancer   requests are refused and counted             the outage has no effect
       overlapping spikes      add up exactly                               both (AsyncFlow leaves a rounding residue)
       fractional RAM          exact in 1/1024 MB                           both (AsyncFlow may hang)
       an endpoint larger      an error                                     a warning; its requests wait for ever and
       than its server's RAM                                                hold up all behind them
       io_task_spawn           returns at once, waits in the background     waits in full, as an I/O step
       db_connection_pool      io_db takes a connection of it               ignored
       endpoint probability    relative weight                              ignored: all alike
       server samples          each metric on its own                       none of ready_queue_len, ram_in_use and
                                                                            event_loop_io_sleep unless all are enabled
       sample times            k x period, labelled so                      both (AsyncFlow's label: a period less)
       number of samples       all k x period < horizon                     both (AsyncFlow: that, or one more)
       nothing completed       zeros, and NaN or null for latency           both
       dropped requests        counted, by edge                             both
       ready queue             waiting only, running not included           both
       unknown keys in files   errors, with the nearest known key           warnings, ignored
       true or "1" as number   errors                                       both
       duplicate keys          errors                                       both
       numbers in files        YAML 1.2: 1e-3 is a number                   both
       order at one tick       by the rules above                           both (AsyncFlow: order of insertion)
       graphs that cannot      errors: missing out edges, unknown ids,      both
       work                    two edges out of a node, loops, all servers
                               down, two edges to the same server, ...

   In compat mode the rows variance, uniform and log_normal hold for every random variable of a scenario, also for
   those of steps, which AsyncFlow itself does not have.


   VERSIONS

   ASYNCFLOW_VERSION is major x 10000 + minor x 100 + patch of the header, aflow_version() that of the compiled
   implementation; ASYNCFLOW_VERSION_STRING is the text. From 1.0.0 on versions follow semantic versioning; before
   it, a minor version may change the API. CHANGELOG.md says what changed, also where the bits of results did.

   ========================================================================== */
#ifndef ASYNCFLOW_H
#define ASYNCFLOW_H

/* ==========================================================================
   [01] CONFIG
   Every switch is defined by the user before the include; none is needed.
     ASYNCFLOW_IMPLEMENTATION   in one source file: compile the implementation
     ASYNCFLOW_STATIC           every function static to the including file
     ASYNCFLOW_API              own decoration of public functions (dllexport ...)
     ASYNCFLOW_NO_STDIO         no <stdio.h>: no aflow_put_file, no file helper
     ASYNCFLOW_NO_MALLOC        no malloc: every run needs an allocator or a buffer
     ASYNCFLOW_NO_INT128        never use the compiler's 128-bit integers
   ========================================================================== */
#include <stddef.h>
#include <stdint.h>
#ifndef ASYNCFLOW_NO_STDIO
#include <stdio.h>
#endif

#define ASYNCFLOW_VERSION_MAJOR 0
#define ASYNCFLOW_VERSION_MINOR 1
#define ASYNCFLOW_VERSION_PATCH 0
#define ASYNCFLOW_VERSION_STRING "0.1.0"
/* One number that grows with each version: major * 10000 + minor * 100 + patch. */
#define ASYNCFLOW_VERSION (ASYNCFLOW_VERSION_MAJOR * 10000 + ASYNCFLOW_VERSION_MINOR * 100 + ASYNCFLOW_VERSION_PATCH)

#ifndef ASYNCFLOW_API
#ifdef ASYNCFLOW_STATIC
#define ASYNCFLOW_API static
#else
#define ASYNCFLOW_API extern
#endif
#endif
#define AFLOW_API ASYNCFLOW_API
#if defined(ASYNCFLOW_STATIC) && (defined(__GNUC__) || defined(__clang__))
/* A static build declares what the including file may not call. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ==========================================================================
   [02] PUBLIC API
   In the order in which a study is lived: basics, problems, scenario, builder,
   fields by path, check, run, result, writers.
   Thread rule for all of it: two objects never share state; one object is used
   by one thread at a time; a const scenario may be shared by any number.
   ========================================================================== */

/* --- Basics -------------------------------------------------------------- */

/* What a call came to. */
typedef enum aflow_status {
    AFLOW_OK = 0,
    AFLOW_INVALID,           /* the scenario, a path or a text has errors: see the diagnostics */
    AFLOW_OUT_OF_MEMORY,     /* the allocator or the given buffer has no more; nothing is leaked */
    AFLOW_CANNOT_READ,       /* a file could not be opened or read */
    AFLOW_CANNOT_WRITE,      /* a put callback or a file refused the output */
    AFLOW_MISUSE             /* a NULL or foreign argument */
} aflow_status;

/* A short English name of a status, never NULL. */
AFLOW_API const char *aflow_status_text(aflow_status status);

/* ASYNCFLOW_VERSION of the compiled implementation, to compare with the included header's. */
AFLOW_API int aflow_version(void);

/* One function allocates, resizes and frees. memory NULL: allocate new_size; new_size 0: free, returns NULL;
   else resize, keeping the smaller size's bytes. Returns NULL when it cannot; the old block then stays valid. */
typedef void *(*aflow_resize_fn)(void *context, void *memory, size_t old_size, size_t new_size);
typedef struct aflow_allocator {
    aflow_resize_fn resize;  /* default (NULL): malloc, realloc and free */
    void *context;           /* passed through */
} aflow_allocator;

/* An allocator inside a buffer of the caller's, for whatever takes one where there is no heap. The buffer must outlive all
   that uses it; its first bytes keep the books. One that is too small refuses everything. */
AFLOW_API aflow_allocator aflow_buffer_allocator(void *buffer, size_t size);

/* Does this build compute what every other computes? NULL: yes. Else a text that names what is wrong and the remedy: arithmetic
   that flags or modes have changed, or draws, numbers, a small run that differ from known answers (see DETERMINISM). Takes a
   tenth of a millisecond and up to 32 kB of the allocator (NULL: malloc; with ASYNCFLOW_NO_MALLOC it needs one). Where there
   is no memory for the run the text begins "out of memory". Any thread may call it at any time; modes are the caller's. */
AFLOW_API const char *aflow_selftest(const aflow_allocator *allocator);

/* Takes a piece of output; returns 0 when it was taken, anything else stops the writer with AFLOW_CANNOT_WRITE. */
typedef int (*aflow_put_fn)(void *context, const char *text, size_t size);
#ifndef ASYNCFLOW_NO_STDIO
/* A put callback whose context is a FILE *. */
AFLOW_API int aflow_put_file(void *file, const char *text, size_t size);
#endif
/* A put callback whose context is an aflow_text: collects into a fixed buffer, always terminated. */
typedef struct aflow_text {
    char *data;              /* the caller's buffer */
    size_t capacity;         /* its size in bytes */
    size_t size;             /* bytes that were put, also beyond the capacity: then the text was cut */
} aflow_text;
AFLOW_API int aflow_put_text(void *text, const char *data, size_t size);

/* Stands for an explicit 0 in fields whose zero means "not given" (they say so). */
#define AFLOW_ZERO (-2.2250738585072014e-308)
/* Fills a pointer field and its `_count` twin from an array: AFLOW_ARRAY(steps, my_steps). */
#define AFLOW_ARRAY(field, array) .field = (array), .field##_count = sizeof(array) / sizeof((array)[0])

/* --- Problems ------------------------------------------------------------ */

typedef enum aflow_severity { AFLOW_SEVERITY_ERROR, AFLOW_SEVERITY_WARNING } aflow_severity;

/* Every kind of problem, with its severity. The message says value, rule and remedy of the single case. */
#define AFLOW_DIAGNOSTIC_TABLE(X) \
    X(SYNTAX, ERROR, "the text is not the YAML subset or JSON that is read here") \
    X(UNREADABLE, ERROR, "a file cannot be read") \
    X(OUT_OF_MEMORY, ERROR, "memory, or the given buffer, ran out") \
    X(NO_PATH, ERROR, "a path names no field") \
    X(UNKNOWN_KEY, ERROR, "a key that is no field of its place") \
    X(IGNORED_KEY, WARNING, "the same in compat mode, where it is ignored as AsyncFlow does") \
    X(MISSING, ERROR, "a required field is absent") \
    X(WRONG_TYPE, ERROR, "a value of another type than the field's") \
    X(UNKNOWN_NAME, ERROR, "a word that is none of the field's names") \
    X(OUT_OF_RANGE, ERROR, "a number outside the field's bounds") \
    X(NOT_FINITE, ERROR, "a NaN or infinite number") \
    X(BLANK_ID, ERROR, "an identifier without a visible character") \
    X(NOT_UTF8, ERROR, "a text that is not valid UTF-8") \
    X(DUPLICATE_ID, ERROR, "two things of one identifier") \
    X(SHARED_ID, WARNING, "things of different kinds, as an edge and a node, of one identifier") \
    X(DUPLICATE_ENTRY, WARNING, "an entry that stands twice in a set") \
    X(DUPLICATE_ENDPOINT, WARNING, "two endpoints of one name in a server") \
    X(EMPTY_NAME, WARNING, "an endpoint without a name") \
    X(NO_ENTRIES, ERROR, "an empty list where at least one entry is needed") \
    X(STEP_OPERATION, ERROR, "a step without exactly the amounts that its kind takes") \
    X(FOREIGN_FIELD, ERROR, "a field that does not go with the kind, or with other fields, of its place") \
    X(UNKNOWN_RESOURCE, ERROR, "a step whose resource is none of its server's, nor a shared one") \
    X(RESOURCE_KIND, ERROR, "a step whose resource is of a kind that it cannot use, or cannot use there") \
    X(TOKENS_OVER_LIMIT, ERROR, "a call whose tokens exceed what its model allows a minute") \
    X(RAM_IN_BRANCH, ERROR, "a ram step within a branch or on_miss: RAM is reserved before the first step") \
    X(NESTED_TOO_DEEP, ERROR, "steps within steps, more levels of them than are read") \
    X(UNUSED_VARIANCE, ERROR, "a variance with a distribution that has none to choose") \
    X(IGNORED_FIELD, WARNING, "a field that has no effect here") \
    X(BAD_VARIANCE, ERROR, "a variance that the distribution cannot have") \
    X(WHOLE_SECONDS, WARNING, "a poisson latency, which is whole seconds") \
    X(ENDPOINT_RAM, ERROR, "an endpoint that needs more RAM than its server has") \
    X(RAM_CUT, WARNING, "random RAM that may exceed the server's and is cut there") \
    X(ALL_WEIGHTS_ZERO, ERROR, "a server none of whose endpoints can be chosen") \
    X(UNKNOWN_NODE, ERROR, "an edge from or to something that is no node") \
    X(INTO_GENERATOR, ERROR, "an edge into the generator") \
    X(SELF_EDGE, ERROR, "an edge from a node to itself") \
    X(PARALLEL_EDGES, ERROR, "two edges of one source and target") \
    X(FAN_OUT, ERROR, "more than one edge out of something that is no load balancer") \
    X(NO_OUT_EDGE, ERROR, "a node on the path without an edge to leave by") \
    X(CYCLE, ERROR, "servers and balancers whose edges form a loop") \
    X(UNREACHABLE, WARNING, "a node that no request can reach") \
    X(COVERED_UNKNOWN, ERROR, "server_covered names something that is no server") \
    X(COVERED_NO_EDGE, ERROR, "a covered server without an edge from the balancer") \
    X(NOT_COVERED, ERROR, "an edge of the balancer to something it does not cover") \
    X(COVERS_ALL, WARNING, "an empty server_covered: every target of the balancer is used") \
    X(NO_LOAD, WARNING, "a generator that produces nothing") \
    X(LOAD_TOO_HIGH, ERROR, "more requests than a run can hold") \
    X(ARRIVALS_ORDER, ERROR, "replayed arrivals that go back in time") \
    X(ARRIVALS_LATE, WARNING, "replayed arrivals at or past the horizon") \
    X(EVENT_KINDS, ERROR, "an event whose start and end do not belong together") \
    X(EVENT_ORDER, ERROR, "an event that ends before it starts") \
    X(EVENT_HORIZON, ERROR, "an event outside the simulated time") \
    X(EVENT_TARGET, ERROR, "an event whose target is not of its kind, or no target at all") \
    X(EVENT_SPIKE, ERROR, "a spike without its height, or a height where there is no spike") \
    X(EVENT_OVERLAP, ERROR, "outages of one server, or losses of one cache, that overlap") \
    X(ALL_DOWN, ERROR, "a moment with every server down") \
    X(LAST_TARGET_DOWN, ERROR, "a moment in which a balancer has no server left") \
    X(UNBALANCED_OUTAGE, WARNING, "an outage of a server that no balancer routes around") \
    X(TOO_MANY_SAMPLES, ERROR, "more samples than can be kept") \
    X(COMPAT_ACCEPTED, WARNING, "something that only compat mode accepts, to do as AsyncFlow does") \
    X(GIVEN_TWICE, ERROR, "a random variable that is given in two ways") \
    X(UNUSED_PARAMETER, ERROR, "a parameter that the distribution does not have") \
    X(BAD_PERCENTILES, ERROR, "percentiles that no log_normal is fitted to") \
    X(BAD_VALUES, ERROR, "values or weights that cannot be drawn from") \
    X(FITTED, WARNING, "three percentiles that the fitted log_normal meets only nearly")

typedef enum aflow_diagnostic_code {
#define AFLOW_X_(name, severity, meaning) AFLOW_DIAGNOSTIC_##name,
    AFLOW_DIAGNOSTIC_TABLE(AFLOW_X_)
#undef AFLOW_X_
    AFLOW_DIAGNOSTIC_COUNT
} aflow_diagnostic_code;

/* One problem. Texts belong to the aflow_diagnostics that holds it. */
typedef struct aflow_diagnostic {
    aflow_diagnostic_code code;
    aflow_severity severity;
    const char *path;        /* of the field, as in topology_graph.edges[2].target; "" for the whole */
    const char *message;     /* what was found, what is allowed, what to do: one line, no full stop */
    const char *file;        /* name of the file, or NULL */
    uint32_t line, column;   /* in the file, from 1, columns in characters; 0: no place */
    uint32_t span;           /* characters that the caret underlines, at least 1 where there is a place */
    const char *line_text;   /* the line, for quoting, at most a hundred characters of it; or NULL */
    uint32_t line_text_column;   /* at which line_text begins: 1 but for long lines */
} aflow_diagnostic;

/* Collects problems: start with {0}. All calls that take one accept NULL. Release it with aflow_diagnostics_clear. */
typedef struct aflow_diagnostics {
    aflow_allocator allocator;   /* for the list and its texts; default: malloc */
    aflow_diagnostic *items;     /* in the order of finding */
    size_t count;                /* of items */
    size_t errors, warnings;     /* found, also where memory did not hold the item */
    size_t lost;                 /* found but not kept: beyond the first thousand, or for want of memory */
    void *memory;                /* private */
} aflow_diagnostics;

/* Frees what the list holds and empties it; the allocator stays. */
AFLOW_API void aflow_diagnostics_clear(aflow_diagnostics *problems);
/* "SYNTAX", "MISSING", ...: the name of a code as in AFLOW_DIAGNOSTIC_TABLE. */
AFLOW_API const char *aflow_diagnostic_name(aflow_diagnostic_code code);
/* How text for people is written. All zero is plain. */
typedef struct aflow_text_options {
    int color;               /* 1: with ANSI colour codes */
} aflow_text_options;
/* All problems as text: `file:line:column: error: message`, the quoted line, a caret; a count at the end. options may be NULL. */
AFLOW_API aflow_status aflow_write_diagnostics(const aflow_diagnostics *problems, aflow_put_fn put, void *context);
AFLOW_API aflow_status aflow_write_diagnostics_with(const aflow_diagnostics *problems, const aflow_text_options *options, aflow_put_fn put, void *context);

/* --- Scenario ------------------------------------------------------------
   Plain data that mirrors AsyncFlow's file schema name for name. A field that is left zero has its documented
   default. Nothing is copied or owned: the data must live as long as a call that reads it. */

/* Families of random variables. */
typedef enum aflow_distribution {
    AFLOW_DISTRIBUTION_DEFAULT = 0,  /* users, latencies: poisson (as in AsyncFlow); durations and RAM of steps: constant */
    AFLOW_DISTRIBUTION_CONSTANT,     /* always the mean */
    AFLOW_DISTRIBUTION_POISSON,      /* whole numbers: of users, or of seconds for a latency */
    AFLOW_DISTRIBUTION_NORMAL,       /* cut at zero: max(0, N(mean, variance)) */
    AFLOW_DISTRIBUTION_LOG_NORMAL,   /* with this mean and variance of the values */
    AFLOW_DISTRIBUTION_EXPONENTIAL,
    AFLOW_DISTRIBUTION_UNIFORM,      /* on [0, 2 mean]; with a variance on mean +- sqrt(3 variance) */
    AFLOW_DISTRIBUTION_GAMMA,        /* this and the next four: by mean and variance or scv, which is required */
    AFLOW_DISTRIBUTION_ERLANG,       /* a gamma of a whole shape k: a sum of k exponentials; scv is 1 / k */
    AFLOW_DISTRIBUTION_WEIBULL,
    AFLOW_DISTRIBUTION_PARETO,       /* bounded: density falls by a power from its least value to `maximum` */
    AFLOW_DISTRIBUTION_HYPEREXPONENTIAL,    /* one of two exponentials, with balanced means; scv is at least 1 */
    AFLOW_DISTRIBUTION_DISCRETE,     /* one of `values`, by `weights` */
    AFLOW_DISTRIBUTION_FORCE_INT = 0x7FFFFFFF   /* enums are ints also where a compiler would make them shorter */
} aflow_distribution;

/* A non-negative random quantity, given by its mean and perhaps variance, or by percentiles, or by values. The unit is that of
   its field. */
typedef struct aflow_random_variable {
    double mean;                      /* of the values drawn (before a cut at zero) */
    aflow_distribution distribution;
    double variance;                  /* of the values; 0: not given (normal, log_normal: the mean's figure); AFLOW_ZERO: none */
    double scv;                       /* instead of a variance: variance / mean^2, the squared coefficient of variation; 0: not given; AFLOW_ZERO: none */
    double maximum;                   /* of a pareto only; default: 1000 means */
    double p50, p95, p99;             /* two or three of them instead of a mean, ascending; 0: not given; a log_normal is fitted to them */
    const double *values;             /* instead of a mean: what a discrete one draws from, each 0 or more */
    size_t values_count;
    const double *weights;            /* one a value, relative; default (NULL): all alike */
    size_t weights_count;             /* 0 or values_count */
} aflow_random_variable;

/* A traffic source of one's own. Returns the time of the next request, s, not before previous_s (0 at first); NaN, infinite, or
   past the horizon: there is none after. `random` is 64 fresh random bits of the generator's own stream, so that runs stay
   repeatable. What is before previous_s counts as previous_s; after a million requests at one instant there is none after. */
typedef struct aflow_source_hook {
    double (*next_s)(void *context, double previous_s, uint64_t random);
    void *context;
} aflow_source_hook;

/* How many requests arrive when (file: rqs_input). Every window draws the active users; in it requests are a Poisson
   stream of users x requests per minute / 60 a second. */
typedef struct aflow_generator {
    const char *id;                                        /* required */
    aflow_random_variable avg_active_users;                /* users; poisson (default), normal or constant */
    aflow_random_variable avg_request_per_minute_per_user; /* requests a minute; only its mean counts */
    uint32_t user_sampling_window;                         /* s, 1 to 120; default 60 */
    const double *arrivals;                                /* s, ascending: replayed instead of drawing */
    size_t arrivals_count;
    const aflow_source_hook *source;                       /* C only: a traffic source of one's own instead of both */
} aflow_generator;

typedef struct aflow_client {
    const char *id;                   /* required */
} aflow_client;

/* What a balancer looks at when it picks a server. */
typedef enum aflow_lb_algorithm {
    AFLOW_LB_ROUND_ROBIN = 0,         /* one after the other (default) */
    AFLOW_LB_LEAST_CONNECTION,        /* fewest requests sent to the server that have not left it; ties rotate */
    AFLOW_LB_FORCE_INT = 0x7FFFFFFF
} aflow_lb_algorithm;

typedef struct aflow_load_balancer {
    const char *id;                   /* required; NULL: there is no balancer */
    aflow_lb_algorithm algorithms;    /* AsyncFlow's name for the one algorithm */
    const char *const *server_covered;    /* ids of the servers behind it; empty: the target of every edge it has */
    size_t server_covered_count;
} aflow_load_balancer;

/* What a request does that finds a limit reached. */
typedef enum aflow_overflow {
    AFLOW_OVERFLOW_WAIT = 0,          /* waits, first come, first served (default) */
    AFLOW_OVERFLOW_REJECT,            /* is rejected: 429 of limiters and providers, 503 of servers and pools */
    AFLOW_OVERFLOW_FORCE_INT = 0x7FFFFFFF
} aflow_overflow;

/* Whether the threads of a worker exclude each other while they compute. */
typedef enum aflow_interpreter_lock {
    AFLOW_LOCK_DEFAULT = 0,           /* gil where workers are given, else none */
    AFLOW_LOCK_GIL,                   /* one computes at a time, event loop and pool threads alike (CPython, Ruby) */
    AFLOW_LOCK_NONE,                  /* coroutines run on every free core (Go, Tokio, free-threaded Python) */
    AFLOW_LOCK_FORCE_INT = 0x7FFFFFFF
} aflow_interpreter_lock;

typedef struct aflow_server_resources {
    uint32_t cpu_cores;               /* at least 1; default 1 */
    uint32_t ram_mb;                  /* MB, at least 256; default 1024 */
    uint32_t db_connection_pool;      /* connections that io_db steps share; default 0: unlimited */
    uint32_t workers;                 /* processes, each with an event loop, that share the cores; default 0: not modelled, as 1 without lock */
    aflow_interpreter_lock interpreter_lock;    /* of each worker; default: gil where workers are given, else none */
    double switch_interval;           /* s, after which a thread lets go of a lock that others wait for; default 0.005 */
    uint32_t threads;                 /* of each worker's pool, which thread_io and thread_cpu take one of; default 40 */
    uint32_t max_concurrency;         /* requests in the server at once; default 0: unlimited */
    uint32_t backlog;                 /* requests that may wait to be let in; default 0: unlimited */
    aflow_overflow overflow;          /* at max_concurrency: wait in the backlog (default), or be rejected (503) at once */
} aflow_server_resources;

/* What a step does, and which of its amounts counts. */
typedef enum aflow_step_kind {
    AFLOW_STEP_NONE = 0,              /* not given: an error */
    AFLOW_STEP_INITIAL_PARSING,       /* cpu_time: holds a core */
    AFLOW_STEP_CPU_BOUND_OPERATION,   /* cpu_time: the same */
    AFLOW_STEP_RAM,                   /* necessary_ram: reserved before the first step, kept to the end */
    AFLOW_STEP_IO_WAIT,               /* io_waiting_time: waits without a core */
    AFLOW_STEP_IO_DB,                 /* io_waiting_time: the same, holding a database connection */
    AFLOW_STEP_IO_CACHE,              /* io_waiting_time: waits */
    AFLOW_STEP_IO_LLM,                /* io_waiting_time: waits */
    AFLOW_STEP_IO_TASK_SPAWN,         /* io_waiting_time: a background task; the request goes on at once */
    AFLOW_STEP_BLOCKING_IO,           /* io_waiting_time: a wait that holds its worker's event loop: nothing else runs there */
    AFLOW_STEP_THREAD_IO,             /* io_waiting_time: a wait in a thread of the worker's pool */
    AFLOW_STEP_THREAD_CPU,            /* cpu_time: computes in a thread of the pool, under the interpreter lock where there is one */
    AFLOW_STEP_RATE_LIMIT,            /* no amount: takes a token of the rate_limiter `resource` */
    AFLOW_STEP_GPU_INFERENCE,         /* no amount: joins a batch of the gpu `resource` */
    AFLOW_STEP_BRANCH,                /* no amount: with `probability` does `steps`, else `otherwise` */
    AFLOW_STEP_CUSTOM,                /* no amount: asks `hook` (C only) */
    AFLOW_STEP_FORCE_INT = 0x7FFFFFFF
} aflow_step_kind;

/* A step kind of one's own: asked each time that a request reaches such a step. */
typedef struct aflow_step_call {
    uint64_t now_ns;                         /* simulated time */
    const char *server, *endpoint;           /* where the request is */
    uint64_t request;                        /* number of the request, from 1, where the run records requests; else 0 */
    uint64_t random;                         /* 64 fresh random bits of this step's own stream */
    uint64_t *memory;                        /* a word that the request carries from step to step; 0 at first */
} aflow_step_call;
typedef struct aflow_step_answer {           /* all zero: go on at once */
    double wait_s;                           /* how long the step takes, s */
    double cost;                             /* money that it costs, in the unit of all prices, 0 to 1e6; also where it rejects */
    int reject;                              /* 1: the request is rejected here, at once */
} aflow_step_answer;
typedef struct aflow_step_hook {
    void (*run)(void *context, const aflow_step_call *call, aflow_step_answer *answer);
    void *context;
    int uses_core;                           /* 1: the step computes, holding a core; 0: it waits, as an I/O step */
} aflow_step_hook;

/* One step of an endpoint. Exactly the amount that the kind names is given; an io_llm takes io_waiting_time, or tokens (of an embedding: input_tokens alone), or both.
   A plain number is constant. */
typedef struct aflow_step aflow_step;
struct aflow_step {
    aflow_step_kind kind;
    aflow_random_variable cpu_time;          /* s, > 0 */
    aflow_random_variable necessary_ram;     /* MB, > 0 */
    aflow_random_variable io_waiting_time;   /* s, > 0 */
    aflow_random_variable input_tokens;      /* of an io_llm, > 0; whole tokens, rounded */
    aflow_random_variable output_tokens;     /* of an io_llm, > 0; its time is time_to_first_token + time_per_output_token x these */
    const char *resource;                    /* id of a shared resource or of the server's own that the step uses; default none */
    double probability;                      /* of a branch, 0 to 1; default 0.5; AFLOW_ZERO: 0 */
    const aflow_step *steps;                 /* of a branch: what is done with that probability, */
    size_t steps_count;
    const aflow_step *otherwise;             /* and else; may be empty */
    size_t otherwise_count;
    const aflow_step *on_miss;               /* of an io_cache with a cache: what a miss does before it is stored; may be empty */
    size_t on_miss_count;
    const aflow_step_hook *hook;             /* of a custom step */
};

typedef struct aflow_endpoint {
    const char *endpoint_name;        /* required; compared and shown in lower case */
    const aflow_step *steps;          /* in order */
    size_t steps_count;
    double probability;               /* weight against the server's other endpoints; default 1; AFLOW_ZERO: never */
} aflow_endpoint;

/* Who is next of those that wait for a resource, instead of who came first. */
typedef struct aflow_waiting {
    uint64_t request;                 /* number of the request, from 1, where the run records requests; else 0 */
    uint64_t since_ns, start_ns;      /* when it began to wait, and when the generator sent it */
    const char *server, *endpoint;    /* where it is */
    uint64_t memory;                  /* the word of aflow_step_call */
} aflow_waiting;
/* Returns the index of the one that is served, in the order of arrival; what is out of range means the first. */
typedef struct aflow_discipline_hook {
    size_t (*choose)(void *context, const aflow_waiting *waiting, size_t count);
    void *context;
} aflow_discipline_hook;

/* What a resource is. */
typedef enum aflow_resource_kind {
    AFLOW_RESOURCE_NONE = 0,          /* not given: an error */
    AFLOW_RESOURCE_CONNECTION_POOL,   /* so many may use it at once; a step holds a place while it lasts */
    AFLOW_RESOURCE_DATABASE,          /* the same, and all are slower the more are in it (contention, coherency) */
    AFLOW_RESOURCE_RATE_LIMITER,      /* a token bucket: rate, burst */
    AFLOW_RESOURCE_CACHE,             /* hit_probability, or keys with capacity, LRU and time_to_live */
    AFLOW_RESOURCE_LLM,               /* a model of a provider: speed, prices, limits a minute */
    AFLOW_RESOURCE_GPU,               /* batches what waits */
    AFLOW_RESOURCE_FORCE_INT = 0x7FFFFFFF
} aflow_resource_kind;

/* Something that steps use: shared by all servers (nodes.resources), or a server's own. Fields that do not belong to its kind are
   errors. */
typedef struct aflow_resource {
    const char *id;                   /* required; of a server's own, results call it SERVER/ID */
    aflow_resource_kind kind;         /* required */
    uint32_t capacity;                /* connection_pool, database: connections, required; llm: calls at once, default 0: unlimited;
                                         cache: entries, default 0: as many as there are keys */
    aflow_overflow overflow;          /* who finds it in use waits (default) or is rejected; not of caches */
    uint32_t max_waiting;             /* who finds so many waiting is rejected; default 0: no limit; not of caches */
    double acquire_timeout;           /* s, after which who waits gives up; default 0: never; not of caches */
    /* database, by the Universal Scalability Law (Gunther 1993): with n in it each takes 1 + contention (n - 1) + coherency n (n - 1)
       times as long */
    double contention, coherency;     /* default 0 */
    /* rate_limiter */
    double rate;                      /* tokens a second, > 0 */
    double burst;                     /* tokens that it holds, and holds at first; at least 1; default 1 */
    double refill_interval;           /* s: tokens come rate x interval at a time, at its multiples; default 0: continuously */
    /* cache */
    double hit_probability;           /* instead of keys; AFLOW_ZERO: 0 */
    uint32_t keys;                    /* that requests ask for, 1 to 1e7, */
    double zipf_exponent;             /* the k-th most popular with a probability in proportion to 1 / k^exponent; default 1; AFLOW_ZERO: all alike */
    double time_to_live;              /* s from storing; default 0: for ever */
    int single_flight;                /* 1: who misses a key that is being fetched waits for that instead; default 0 */
    /* llm */
    aflow_random_variable time_to_first_token;      /* s; default 0 */
    aflow_random_variable time_per_output_token;    /* s, drawn once a call; default 0 */
    double price_per_call, price_per_million_input_tokens, price_per_million_output_tokens;    /* in any one currency; default 0 */
    double requests_per_minute, tokens_per_minute;  /* the provider's limits, each a bucket of one minute's worth, to which the tokens that a
                                                       call draws from it are cut; default 0: none */
    /* gpu: a batch of n takes batch_time + the sum of n item_times */
    uint32_t slots;                   /* batches at once; default 1 */
    uint32_t max_batch_size;          /* 1 to 65535; default 1 */
    double max_batch_wait;            /* s that the first waits for others before its batch starts all the same; default 0: not at all */
    aflow_random_variable batch_time; /* s; default 0 */
    aflow_random_variable item_time;  /* s; default 0 */
    const aflow_discipline_hook *discipline;    /* C only: connection_pool and llm; default: first come, first served */
} aflow_resource;

typedef struct aflow_server {
    const char *id;                   /* required */
    aflow_server_resources server_resources;
    const aflow_endpoint *endpoints;  /* at least one */
    size_t endpoints_count;
    const aflow_resource *resources;  /* its own, seen by its steps alone; default none */
    size_t resources_count;
} aflow_server;

/* A one-way link. Messages overtake each other; one that is dropped is gone and counted. */
typedef struct aflow_edge {
    const char *id;                   /* required */
    const char *source, *target;      /* ids of generator, client, balancer, servers */
    aflow_random_variable latency;    /* s, mean > 0 */
    double dropout_rate;              /* probability 0 to 1; default 0 here, 0.01 in a file that leaves it out (AsyncFlow's) */
} aflow_edge;

typedef struct aflow_nodes {
    aflow_client client;
    aflow_load_balancer load_balancer;
    const aflow_server *servers;
    size_t servers_count;
    const aflow_resource *resources;  /* shared by the steps of all servers; default none */
    size_t resources_count;
} aflow_nodes;

typedef struct aflow_topology_graph {
    aflow_nodes nodes;
    const aflow_edge *edges;
    size_t edges_count;
} aflow_topology_graph;

/* What can be sampled: gauges of servers and edges. Values are bits of enabled_sample_metrics. */
typedef enum aflow_metric {
    AFLOW_READY_QUEUE_LEN = 1,              /* server: requests waiting for a core */
    AFLOW_EVENT_LOOP_IO_SLEEP = 2,          /* server: requests in I/O steps */
    AFLOW_RAM_IN_USE = 4,                   /* server: MB reserved */
    AFLOW_EDGE_CONCURRENT_CONNECTION = 8,   /* edge: messages in transit */
    AFLOW_CORE_BUSY = 16,                   /* server: cores in use */
    AFLOW_RAM_QUEUE_LEN = 32,               /* server: requests waiting for RAM */
    AFLOW_DB_CONNECTIONS_IN_USE = 64,       /* server: connections of db_connection_pool in use */
    AFLOW_DB_QUEUE_LEN = 128,               /* server: requests waiting for a connection */
    AFLOW_CONCURRENT_REQUESTS = 256,        /* server with max_concurrency: requests let in */
    AFLOW_BACKLOG_LEN = 512,                /* server with max_concurrency: requests waiting to be let in */
    AFLOW_LOOPS_BLOCKED = 1024,             /* server with blocking_io steps: event loops that one holds */
    AFLOW_THREADS_IN_USE = 2048,            /* server with thread_ steps: threads of its pools in use */
    AFLOW_THREAD_QUEUE_LEN = 4096,          /* server with thread_ steps: requests waiting for a thread */
    AFLOW_RESOURCE_IN_USE = 8192,           /* resource: connections, calls, batches in use; entries of a cache; limiter: 0 */
    AFLOW_RESOURCE_QUEUE_LEN = 16384        /* resource: requests waiting for it */
} aflow_metric;
#define AFLOW_METRICS_ALL 32767u
#define AFLOW_METRICS_NONE 0x80000000u      /* sample nothing (0 means the default) */

/* What is kept of each request. */
typedef enum aflow_event_metric {
    AFLOW_RQS_CLOCK = 1,                    /* start and finish: always kept */
    AFLOW_LLM_COST = 2                      /* what its steps cost; kept in any case, shown in rows where this is enabled */
} aflow_event_metric;

/* Whose rules a run follows where AsyncFlow 0.1.1's differ from what its fields say (manual, LIMITS AND DIFFERENCES). */
typedef enum aflow_compat {
    AFLOW_COMPAT_NONE = 0,
    AFLOW_COMPAT_ASYNCFLOW_0_1,             /* file: asyncflow-0.1.1 */
    AFLOW_COMPAT_FORCE_INT = 0x7FFFFFFF
} aflow_compat;

typedef struct aflow_sim_settings {
    uint32_t total_simulation_time;         /* s, at least 5; default 3600 */
    double sample_period_s;                 /* s, 0.001 to 0.1; default 0.01 */
    uint32_t enabled_sample_metrics;        /* aflow_metric bits; default: the first four */
    uint32_t enabled_event_metrics;         /* aflow_event_metric bits; default: rqs_clock */
    aflow_compat compat;                    /* default: none */
} aflow_sim_settings;

typedef enum aflow_event_kind {
    AFLOW_EVENT_NONE = 0,
    AFLOW_EVENT_SERVER_DOWN, AFLOW_EVENT_SERVER_UP,
    AFLOW_EVENT_NETWORK_SPIKE_START, AFLOW_EVENT_NETWORK_SPIKE_END,
    AFLOW_EVENT_CACHE_DOWN, AFLOW_EVENT_CACHE_UP,    /* a cache loses what it has, and stores nothing until it is back, empty */
    AFLOW_EVENT_FORCE_INT = 0x7FFFFFFF
} aflow_event_kind;

/* A change injected for a while: a server out of its balancer's rotation, an edge slower by spike_s, or a cache away. */
typedef struct aflow_event_start {
    aflow_event_kind kind;            /* server_down, network_spike_start or cache_down */
    double t_start;                   /* s from the start of the run, at least 0 */
    double spike_s;                   /* s added to the latency, > 0; only of a spike */
} aflow_event_start;
typedef struct aflow_event_end {
    aflow_event_kind kind;            /* server_up, network_spike_end or cache_up, as the start demands */
    double t_end;                     /* s, after t_start, within the horizon */
} aflow_event_end;
typedef struct aflow_event {
    const char *event_id;             /* required */
    const char *target_id;            /* a server for outages, an edge for spikes, a cache (SERVER/ID for a server's own) */
    aflow_event_start start;
    aflow_event_end end;
} aflow_event;

/* Tells where in a text a field stands; installed by readers, so that every later problem names line and column. */
typedef struct aflow_place {
    const char *file;
    uint32_t line, column, span;
    const char *line_text;            /* not terminated */
    size_t line_size;
} aflow_place;
typedef struct aflow_origin {
    int (*locate)(const void *context, const char *path, aflow_place *place);  /* 1 when found */
    const void *context;
} aflow_origin;

typedef struct aflow_scenario {
    aflow_generator rqs_input;
    aflow_topology_graph topology_graph;
    aflow_sim_settings sim_settings;
    const aflow_event *events;
    size_t events_count;
    const aflow_origin *origin;       /* default NULL: no text behind it */
} aflow_scenario;

/* Random variables and steps that are typed often. */
static inline aflow_random_variable aflow_random(aflow_distribution distribution, double mean, double variance)
{
    aflow_random_variable v;
    v.mean = mean; v.distribution = distribution; v.variance = variance;
    v.scv = v.maximum = v.p50 = v.p95 = v.p99 = 0;
    v.values = v.weights = NULL;
    v.values_count = v.weights_count = 0;
    return v;
}
static inline aflow_random_variable aflow_constant(double value) { return aflow_random(AFLOW_DISTRIBUTION_CONSTANT, value, 0); }
static inline aflow_random_variable aflow_poisson(double mean) { return aflow_random(AFLOW_DISTRIBUTION_POISSON, mean, 0); }
static inline aflow_random_variable aflow_exponential(double mean) { return aflow_random(AFLOW_DISTRIBUTION_EXPONENTIAL, mean, 0); }
static inline aflow_random_variable aflow_uniform(double low, double high)
{
    double half = (high - low) / 2;
    return aflow_random(AFLOW_DISTRIBUTION_UNIFORM, low + half, half > 0 ? half * half / 3 : AFLOW_ZERO);
}
static inline aflow_random_variable aflow_normal(double mean, double variance) { return aflow_random(AFLOW_DISTRIBUTION_NORMAL, mean, variance > 0 ? variance : AFLOW_ZERO); }
static inline aflow_random_variable aflow_log_normal(double mean, double variance) { return aflow_random(AFLOW_DISTRIBUTION_LOG_NORMAL, mean, variance > 0 ? variance : AFLOW_ZERO); }
/* By mean and squared coefficient of variation, variance / mean^2. */
static inline aflow_random_variable aflow_random_scv(aflow_distribution distribution, double mean, double scv)
{
    aflow_random_variable v = aflow_random(distribution, mean, 0);
    v.scv = scv > 0 ? scv : AFLOW_ZERO;
    return v;
}
static inline aflow_random_variable aflow_gamma(double mean, double scv) { return aflow_random_scv(AFLOW_DISTRIBUTION_GAMMA, mean, scv); }
static inline aflow_random_variable aflow_erlang(uint32_t k, double mean) { return aflow_random_scv(AFLOW_DISTRIBUTION_ERLANG, mean, k ? 1.0 / k : 0); }
static inline aflow_random_variable aflow_weibull(double mean, double scv) { return aflow_random_scv(AFLOW_DISTRIBUTION_WEIBULL, mean, scv); }
static inline aflow_random_variable aflow_hyperexponential(double mean, double scv) { return aflow_random_scv(AFLOW_DISTRIBUTION_HYPEREXPONENTIAL, mean, scv); }
/* maximum 0: 1000 means */
static inline aflow_random_variable aflow_pareto(double mean, double scv, double maximum)
{
    aflow_random_variable v = aflow_random_scv(AFLOW_DISTRIBUTION_PARETO, mean, scv);
    v.maximum = maximum;
    return v;
}
/* A log-normal fitted to two or three percentiles; 0: not given. */
static inline aflow_random_variable aflow_percentiles(double p50, double p95, double p99)
{
    aflow_random_variable v = aflow_random(AFLOW_DISTRIBUTION_LOG_NORMAL, 0, 0);
    v.p50 = p50; v.p95 = p95; v.p99 = p99;
    return v;
}
/* One of `count` values, as likely as its weight says; weights NULL: all alike. The arrays are not copied. */
static inline aflow_random_variable aflow_discrete(const double *values, const double *weights, size_t count)
{
    aflow_random_variable v = aflow_random(AFLOW_DISTRIBUTION_DISCRETE, 0, 0);
    v.values = values; v.values_count = count;
    v.weights = weights; v.weights_count = weights ? count : 0;
    return v;
}

static inline aflow_step aflow_step_of(aflow_step_kind kind, aflow_random_variable cpu, aflow_random_variable ram, aflow_random_variable io)
{
    aflow_step s;
    s.kind = kind; s.cpu_time = cpu; s.necessary_ram = ram; s.io_waiting_time = io;
    s.input_tokens = s.output_tokens = aflow_random(AFLOW_DISTRIBUTION_DEFAULT, 0, 0);
    s.resource = NULL; s.probability = 0;
    s.steps = s.otherwise = s.on_miss = NULL;
    s.steps_count = s.otherwise_count = s.on_miss_count = 0;
    s.hook = NULL;
    return s;
}
static inline aflow_random_variable aflow_not_given(void) { return aflow_random(AFLOW_DISTRIBUTION_DEFAULT, 0, 0); }
/* CPU work of a random or constant length. */
static inline aflow_step aflow_cpu(aflow_random_variable seconds) { return aflow_step_of(AFLOW_STEP_CPU_BOUND_OPERATION, seconds, aflow_not_given(), aflow_not_given()); }
static inline aflow_step aflow_cpu_s(double seconds) { return aflow_cpu(aflow_constant(seconds)); }
/* A working set, in MB. */
static inline aflow_step aflow_ram(aflow_random_variable mb) { return aflow_step_of(AFLOW_STEP_RAM, aflow_not_given(), mb, aflow_not_given()); }
static inline aflow_step aflow_ram_mb(double mb) { return aflow_ram(aflow_constant(mb)); }
/* A wait without a core. */
static inline aflow_step aflow_io(aflow_random_variable seconds) { return aflow_step_of(AFLOW_STEP_IO_WAIT, aflow_not_given(), aflow_not_given(), seconds); }
static inline aflow_step aflow_io_s(double seconds) { return aflow_io(aflow_constant(seconds)); }
/* A query that holds a database connection. */
static inline aflow_step aflow_db(aflow_random_variable seconds) { return aflow_step_of(AFLOW_STEP_IO_DB, aflow_not_given(), aflow_not_given(), seconds); }
static inline aflow_step aflow_db_s(double seconds) { return aflow_db(aflow_constant(seconds)); }
/* A wait that holds the event loop; a wait, and a computation, in a thread of the pool. */
static inline aflow_step aflow_blocking_s(double seconds) { return aflow_step_of(AFLOW_STEP_BLOCKING_IO, aflow_not_given(), aflow_not_given(), aflow_constant(seconds)); }
static inline aflow_step aflow_thread_io_s(double seconds) { return aflow_step_of(AFLOW_STEP_THREAD_IO, aflow_not_given(), aflow_not_given(), aflow_constant(seconds)); }
static inline aflow_step aflow_thread_cpu_s(double seconds) { return aflow_step_of(AFLOW_STEP_THREAD_CPU, aflow_constant(seconds), aflow_not_given(), aflow_not_given()); }
/* The same step, using a resource. */
static inline aflow_step aflow_using(aflow_step step, const char *resource) { step.resource = resource; return step; }
/* A token of a rate limiter; a batch of a GPU; a call of a model by its tokens. */
static inline aflow_step aflow_rate_limit(const char *resource) { return aflow_using(aflow_step_of(AFLOW_STEP_RATE_LIMIT, aflow_not_given(), aflow_not_given(), aflow_not_given()), resource); }
static inline aflow_step aflow_gpu_inference(const char *resource) { return aflow_using(aflow_step_of(AFLOW_STEP_GPU_INFERENCE, aflow_not_given(), aflow_not_given(), aflow_not_given()), resource); }
static inline aflow_step aflow_llm_tokens(const char *resource, aflow_random_variable input_tokens, aflow_random_variable output_tokens)
{
    aflow_step s = aflow_using(aflow_step_of(AFLOW_STEP_IO_LLM, aflow_not_given(), aflow_not_given(), aflow_not_given()), resource);
    s.input_tokens = input_tokens; s.output_tokens = output_tokens;
    return s;
}
/* With `probability` does `steps`. The array must live as long as the step. */
static inline aflow_step aflow_branch(double probability, const aflow_step *steps, size_t steps_count)
{
    aflow_step s = aflow_step_of(AFLOW_STEP_BRANCH, aflow_not_given(), aflow_not_given(), aflow_not_given());
    s.probability = probability > 0 ? probability : AFLOW_ZERO; s.steps = steps; s.steps_count = steps_count;
    return s;
}
/* A look-up of `seconds` in a cache, and what a miss does. */
static inline aflow_step aflow_cache(const char *resource, double seconds, const aflow_step *on_miss, size_t on_miss_count)
{
    aflow_step s = aflow_using(aflow_step_of(AFLOW_STEP_IO_CACHE, aflow_not_given(), aflow_not_given(), aflow_constant(seconds)), resource);
    s.on_miss = on_miss; s.on_miss_count = on_miss_count;
    return s;
}
/* A step of one's own. */
static inline aflow_step aflow_custom(const aflow_step_hook *hook)
{
    aflow_step s = aflow_step_of(AFLOW_STEP_CUSTOM, aflow_not_given(), aflow_not_given(), aflow_not_given());
    s.hook = hook;
    return s;
}

/* --- Builder -------------------------------------------------------------
   Makes a scenario piece by piece: takes the same structs as descriptions, copies what they point to, hands out ids
   to connect. Memory that runs out is remembered: later calls do nothing, aflow_builder_scenario returns NULL. */

/* Names a generator, client, balancer, server, edge or resource of one scenario; the same in builder, sim and result. 0: none. */
typedef uint32_t aflow_id;

typedef struct aflow_builder aflow_builder;

/* allocator NULL: malloc. Returns NULL when memory is out. */
AFLOW_API aflow_builder *aflow_builder_create(const aflow_allocator *allocator);
AFLOW_API void aflow_builder_destroy(aflow_builder *builder);    /* NULL is fine */
/* A desc whose id is NULL gets one: "gen-1", "client-1", "lb-1", "srv-1", "srv-2", ... */
AFLOW_API aflow_id aflow_add_generator(aflow_builder *builder, const aflow_generator *desc);
AFLOW_API aflow_id aflow_add_client(aflow_builder *builder, const char *id);
/* An empty server_covered becomes the servers that the balancer is connected to. */
AFLOW_API aflow_id aflow_add_load_balancer(aflow_builder *builder, const aflow_load_balancer *desc);
/* Endpoints of the desc are copied; more can follow with aflow_add_endpoint. */
AFLOW_API aflow_id aflow_add_server(aflow_builder *builder, const aflow_server *desc);
AFLOW_API void aflow_add_endpoint(aflow_builder *builder, aflow_id server, const char *endpoint_name, const aflow_step *steps, size_t steps_count);
/* A shared resource; its id is what steps name. A desc without id gets "resource-1", ... */
AFLOW_API aflow_id aflow_add_resource(aflow_builder *builder, const aflow_resource *desc);
/* A resource that belongs to one server; its id may be used by other servers' own, too. */
AFLOW_API void aflow_add_server_resource(aflow_builder *builder, aflow_id server, const aflow_resource *desc);
/* The same with a weight. */
AFLOW_API void aflow_add_weighted_endpoint(aflow_builder *builder, aflow_id server, const aflow_endpoint *desc);
/* A lossless edge called "SOURCE-TARGET". */
AFLOW_API aflow_id aflow_connect(aflow_builder *builder, aflow_id source, aflow_id target, aflow_random_variable latency);
/* An edge with everything; its source and target are taken from the ids, its id may be NULL. */
AFLOW_API aflow_id aflow_connect_edge(aflow_builder *builder, aflow_id source, aflow_id target, const aflow_edge *desc);
/* Events, in seconds: a server leaves its balancer's rotation; an edge is slower by spike_s; a shared cache is lost. */
AFLOW_API void aflow_add_outage(aflow_builder *builder, aflow_id server, double t_start, double t_end);
AFLOW_API void aflow_add_spike(aflow_builder *builder, aflow_id edge, double t_start, double t_end, double spike_s);
AFLOW_API void aflow_add_cache_loss(aflow_builder *builder, aflow_id resource, double t_start, double t_end);
/* The settings, to be written to; never NULL for a builder that is not NULL. */
AFLOW_API aflow_sim_settings *aflow_builder_settings(aflow_builder *builder);
/* The scenario so far; valid until the next change of the builder. NULL (and a problem) when memory ran out or a call
   was given an id of the wrong kind. */
AFLOW_API const aflow_scenario *aflow_builder_scenario(aflow_builder *builder, aflow_diagnostics *problems);

/* AFLOW_STEPS(aflow_cpu_s(0.002), aflow_io_s(0.012)): the last two arguments of aflow_add_endpoint; up to 48 steps. */
#ifndef __cplusplus
#define AFLOW_STEPS(...) (const aflow_step[AFLOW_COUNT_(__VA_ARGS__)]){ __VA_ARGS__ }, AFLOW_COUNT_(__VA_ARGS__)
/* The array has its size spelled out for compilers that cannot count initialisers which are calls (tcc 0.9). */
#define AFLOW_COUNT_(...) AFLOW_PICK_(__VA_ARGS__, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, \
    21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define AFLOW_PICK_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, \
    a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, \
    a45, a46, a47, a48, count, ...) (count)
#endif

/* --- Fields by path ------------------------------------------------------ */

/* A deep copy that owns its memory and can be changed. NULL when memory is out. Free with aflow_scenario_destroy. */
AFLOW_API aflow_scenario *aflow_scenario_copy(const aflow_scenario *scenario, const aflow_allocator *allocator);
AFLOW_API void aflow_scenario_destroy(aflow_scenario *copy);     /* NULL is fine; only for copies */
/* Sets a field of a copy: "servers.srv-1.server_resources.cpu_cores" = "4". List entries by id or index
   (servers[0]); containers may be left out where the rest is unique: a step's step_operation, or all that leads to a
   list. Checks type and range of the field
   (not the scenario: aflow_check does). What may be absent is so after "null". */
AFLOW_API aflow_status aflow_set(aflow_scenario *copy, const char *path, const char *value, aflow_diagnostics *problems);
/* Writes a field's value as text, as aflow_set would take it. */
AFLOW_API aflow_status aflow_get(const aflow_scenario *scenario, const char *path, aflow_put_fn put, void *context, aflow_diagnostics *problems);
/* 64 bits that change with every meaningful field, defaults filled in; the same on every platform. Hooks do not count. */
AFLOW_API uint64_t aflow_scenario_hash(const aflow_scenario *scenario);
/* JSON Schema (draft 7) of the scenario file; Markdown table of all its fields. */
AFLOW_API aflow_status aflow_write_schema(aflow_put_fn put, void *context);
AFLOW_API aflow_status aflow_write_field_reference(aflow_put_fn put, void *context);

/* --- Check --------------------------------------------------------------- */

/* Finds every problem of a scenario, not only the first. AFLOW_OK when nothing is an error (there may be warnings). */
AFLOW_API aflow_status aflow_check(const aflow_scenario *scenario, aflow_diagnostics *problems);

/* --- Run ----------------------------------------------------------------- */

/* How the latencies of completed requests are kept: each of them (16 bytes), from which everything is exact; or counted in a
   histogram of constant size, from which percentiles are within 1/1024. Counters, means, standard deviations, extremes and the
   digest are exact in both. */
typedef enum aflow_latency_store {
    AFLOW_LATENCY_AUTO,           /* default: exact up to 4,194,304 expected requests (64 MB), else the histogram */
    AFLOW_LATENCY_EXACT,
    AFLOW_LATENCY_HISTOGRAM,
    AFLOW_LATENCY_FORCE_INT = 0x7FFFFFFF
} aflow_latency_store;

/* How to run. All zero is a valid description. */
typedef struct aflow_run_desc {
    uint64_t seed;                /* default 0 is a seed like any other */
    uint64_t replication;         /* which of the independent runs of this seed; default 0 */
    double warm_up_s;             /* s that figures leave out at the start, see WHAT THE FIGURES MEAN; 0 (default: none) to below the horizon */
    int record_requests;          /* keep one row a finished request: aflow_result_request, requests CSV; default off */
    aflow_latency_store latency_store;   /* default: by the expected number of requests */
    int endpoint_latency_off;     /* 1: no latency histogram an endpoint (saves 512 bytes an octave up to the horizon: 14 kB at 60 s) */
    uint32_t reserve_in_flight;   /* requests in flight to make room for at the start; more grow it; default 256 */
    aflow_allocator allocator;    /* default malloc */
    void *buffer;                 /* memory for everything instead of an allocator: no heap at all */
    size_t buffer_size;
} aflow_run_desc;

typedef struct aflow_sim aflow_sim;
typedef struct aflow_result aflow_result;

/* Checks, runs to the horizon, finishes. NULL on errors (in problems). desc NULL: all defaults. */
AFLOW_API aflow_result *aflow_run(const aflow_scenario *scenario, const aflow_run_desc *desc, aflow_diagnostics *problems);

/* Bytes of buffer that such a run is expected to need: everything known in advance, the latencies of the requests that the
   traffic makes with near certainty (a list or a histogram), and room for desc->reserve_in_flight requests at once. It works the plan out to
   know, with desc's allocator. 0 when the scenario is invalid or memory is out. */
AFLOW_API size_t aflow_run_size(const aflow_scenario *scenario, const aflow_run_desc *desc, aflow_diagnostics *problems);

/* The same run in slices. The scenario is copied: it need not outlive the call. NULL on errors. */
AFLOW_API aflow_sim *aflow_sim_create(const aflow_scenario *scenario, const aflow_run_desc *desc, aflow_diagnostics *problems);
/* Plays everything before time_s (and never past the horizon). The slicing does not change the results.
   AFLOW_OUT_OF_MEMORY is sticky; aflow_sim_status has it, too. */
AFLOW_API aflow_status aflow_sim_run_until(aflow_sim *sim, double time_s);
AFLOW_API aflow_status aflow_sim_status(const aflow_sim *sim);
AFLOW_API double aflow_sim_now(const aflow_sim *sim);            /* s: up to where it was played */
AFLOW_API double aflow_sim_horizon(const aflow_sim *sim);        /* s */
/* The id of a node or edge by its name; 0 when there is none. */
AFLOW_API aflow_id aflow_sim_find(const aflow_sim *sim, const char *name);
/* The momentary value of a gauge (RAM in MB); 0 where the entity has no such gauge. */
AFLOW_API double aflow_sim_gauge(const aflow_sim *sim, aflow_metric metric, aflow_id entity);

typedef struct aflow_counters {
    uint64_t generated;      /* requests that the generator sent */
    uint64_t completed;      /* back at the client */
    uint64_t dropped;        /* lost on an edge, refused by a server that is down, rejected at a limit, or given up waiting */
    uint64_t in_flight;      /* anywhere else */
    uint64_t events;         /* arrivals at nodes and ends of holds */
} aflow_counters;
AFLOW_API aflow_counters aflow_sim_counters(const aflow_sim *sim);
/* Ends the run where it is and hands out its result; NULL when the run had failed. The sim can only be destroyed
   afterwards; sim and result may be destroyed in any order. */
AFLOW_API aflow_result *aflow_sim_finish(aflow_sim *sim);
AFLOW_API void aflow_sim_destroy(aflow_sim *sim);                /* NULL is fine */
AFLOW_API void aflow_result_destroy(aflow_result *result);       /* NULL is fine */

/* --- Result -------------------------------------------------------------- */

typedef struct aflow_run_info {
    uint64_t seed, replication;
    aflow_compat compat;
    aflow_latency_store latency_store;   /* exact or histogram: what was used */
    double horizon_s;            /* s: where the run ended */
    double warm_up_s;            /* s: as asked for; figures are of what came after it */
    double sample_period_s;      /* s */
    uint64_t scenario_hash;
    uint64_t digest;             /* of every completed request's start and finish ticks, in completion order */
    aflow_counters requests;
} aflow_run_info;
AFLOW_API aflow_run_info aflow_result_info(const aflow_result *result);

/* Times in seconds, finish minus start. With count 0 every other figure is NaN. */
typedef struct aflow_latency_stats {
    uint64_t count;
    double mean_s, std_dev_s;    /* std_dev of the population */
    double min_s, max_s;
    double p50_s, p90_s, p95_s, p99_s, p999_s;   /* p50 is the median */
    double relative_error;       /* of the order statistics between which percentiles are linear: 0 means exact; from 1,024 ns on */
} aflow_latency_stats;
/* Of all requests that completed after the warm-up, client to client. */
AFLOW_API aflow_latency_stats aflow_result_latency(const aflow_result *result);
/* Any percentile of them, 0 to 100, s; NaN when nothing completed. */
AFLOW_API double aflow_result_percentile(const aflow_result *result, double percent);
/* Counts latencies in `bins` equal cells over [low_s, high_s); what is outside is not counted. Returns what was. From a
   histogram each is off by 1/1024 at most, but none leaves [min_s, max_s]. */
AFLOW_API uint64_t aflow_result_latency_histogram(const aflow_result *result, double low_s, double high_s, uint64_t *cells, size_t bins);

/* Completions in windows (k-1, k] of window_s, counted from the end of the warm-up; a last partial window is left out. */
typedef struct aflow_throughput_stats {
    double window_s;         /* as asked for; beside a latency histogram rounded up to whole slots (see WHAT THE FIGURES MEAN) */
    uint64_t windows;
    double mean_rps, std_dev_rps, max_rps;   /* requests a second over the windows; 0 without windows */
} aflow_throughput_stats;
/* series (or NULL) gets up to `capacity` rates in order. */
AFLOW_API aflow_throughput_stats aflow_result_throughput(const aflow_result *result, double window_s, double *series, size_t capacity);

/* A gauge over the run. */
typedef struct aflow_metric_stats {
    double mean, max;                  /* exact, after the warm-up: time average to the end; greatest value that lasted */
    uint64_t samples;                  /* of the next three, from the warm-up on; 0 where the metric is not enabled */
    double sampled_mean, sampled_max;  /* NaN without samples */
    double sampled_min;
    double last;                       /* value at the end */
} aflow_metric_stats;
AFLOW_API aflow_metric_stats aflow_result_metric(const aflow_result *result, aflow_metric metric, aflow_id entity);
/* The samples: value k belongs to time (k + 1) x sample_period_s. Returns how many there are, writes up to capacity. */
AFLOW_API size_t aflow_result_series(const aflow_result *result, aflow_metric metric, aflow_id entity, double *values, size_t capacity);
/* The entities that have a metric, in the order of the file; returns how many, writes up to capacity. */
AFLOW_API size_t aflow_result_entities(const aflow_result *result, aflow_metric metric, aflow_id *entities, size_t capacity);
/* "ready_queue_len", ... as in files; the unit ("requests", "MB", ...). NULL for no metric. */
AFLOW_API const char *aflow_metric_name(aflow_metric metric);
AFLOW_API const char *aflow_metric_unit(aflow_metric metric);
AFLOW_API int aflow_metric_is_sampled(const aflow_result *result, aflow_metric metric);

AFLOW_API const char *aflow_result_name(const aflow_result *result, aflow_id entity);   /* its id in the file; "" for none */
AFLOW_API aflow_id aflow_result_find(const aflow_result *result, const char *name);     /* 0 for none */
AFLOW_API size_t aflow_result_servers(const aflow_result *result, aflow_id *servers, size_t capacity);   /* in topology order */
AFLOW_API size_t aflow_result_edges(const aflow_result *result, aflow_id *edges, size_t capacity);
AFLOW_API size_t aflow_result_resources(const aflow_result *result, aflow_id *resources, size_t capacity);    /* shared ones, then the servers' own */

typedef struct aflow_server_stats {
    const char *id;
    uint64_t arrived;            /* requests taken in */
    uint64_t completed;          /* requests that left */
    uint64_t refused;            /* turned away while it was down */
    uint64_t rejected;           /* turned away at a limit: its own max_concurrency, or a resource's, in one of its steps */
    uint64_t timed_out;          /* gave up waiting for a resource in one of its steps */
    uint32_t cpu_cores, ram_mb, db_connection_pool;
    uint32_t workers;            /* event loops; 0: not modelled */
    uint32_t threads;            /* of each worker's pool; 0: no step uses it */
    uint32_t max_concurrency;    /* 0: unlimited */
    size_t endpoints;
    double cpu_utilization;      /* time average of busy cores / cores */
    /* Offered load per resource from the scenario alone, 1 = its capacity: requests a second that can reach the server
       x mean demand / capacity. RAM and connections are lower bounds (waiting while holding them not counted). db: 0 where
       there is no pool. */
    double cpu_offered, ram_offered, db_offered;
    double thread_offered;       /* the same of the thread pools */
    /* Loop lag: from being ready to run to running, of each stretch on the event loop, s; count 0 where loops are not modelled
       (no workers, no blocking_io). Percentiles from a histogram. */
    aflow_latency_stats loop_lag;
    double cost;                 /* money that its requests' steps have cost */
} aflow_server_stats;
AFLOW_API aflow_server_stats aflow_result_server(const aflow_result *result, aflow_id server);

typedef struct aflow_endpoint_stats {
    const char *endpoint_name;
    uint64_t arrived, completed;
    aflow_latency_stats latency;   /* time in the server, from arrival to leaving; percentiles from a histogram */
    uint64_t rejected, timed_out;  /* as in aflow_server_stats */
    double cost;                   /* money that its requests' steps have cost */
} aflow_endpoint_stats;
AFLOW_API aflow_endpoint_stats aflow_result_endpoint(const aflow_result *result, aflow_id server, size_t endpoint);

/* A resource: shared, or a server's own. What does not belong to its kind is 0. */
typedef struct aflow_resource_stats {
    const char *id;              /* SERVER/ID of a server's own */
    aflow_resource_kind kind;
    uint32_t capacity;           /* connections, calls or batches at once, entries; 0: unlimited */
    uint64_t acquired, released; /* acquired = released + what is in use at the end. Of a limiter: tokens taken, by request; of a
                                    cache: look-ups begun and done */
    uint64_t rejected;           /* at the limit */
    uint64_t timed_out;          /* gave up waiting */
    double utilization;          /* time average in use / capacity; of a limiter: granted / (rate x time), of a model
                                    the same of its most used limit; 0 where unlimited. Buckets that are full at the start give more */
    double offered;              /* offered load as in aflow_server_stats, a lower bound; of a limiter: tokens asked for a second / rate */
    aflow_latency_stats wait;    /* from asking to getting, s, of all that got it, also at once; percentiles from a histogram */
    /* cache */
    uint64_t hits, misses;       /* look-ups */
    uint64_t coalesced;          /* of the misses: waited for a fetch under way (single_flight) */
    uint64_t evicted, expired;   /* entries that made room; that were asked for too late */
    double hit_ratio;            /* hits / look-ups; 0 without any */
    /* gpu */
    uint64_t batches, items;     /* batches begun; requests in them */
    double batch_size_mean;
    uint32_t batch_size_max;
    double batching_gain;        /* time that its batches would have taken one by one / the time they took; 0 without any */
    /* llm */
    uint64_t calls, input_tokens, output_tokens;
    double cost;                 /* money */
} aflow_resource_stats;
AFLOW_API aflow_resource_stats aflow_result_resource(const aflow_result *result, aflow_id resource);
/* "connection_pool", ... as in files. */
AFLOW_API const char *aflow_resource_kind_name(aflow_resource_kind kind);
/* Batches of a GPU by size: counts[n - 1] gets how many of n requests there were; returns max_batch_size, 0 for no GPU. */
AFLOW_API size_t aflow_result_batch_sizes(const aflow_result *result, aflow_id resource, uint64_t *counts, size_t capacity);

/* All that steps cost, of models and custom steps together (AsyncFlow's name: llm_stats). */
typedef struct aflow_llm_stats {
    uint64_t calls, input_tokens, output_tokens;
    double cost;                 /* money, in the unit of the prices */
    double cost_per_call;        /* of models, without custom steps; 0 without calls */
    double cost_per_request;     /* of completed requests, mean of what each has cost */
    double cost_per_request_max;
    double cost_per_month;       /* at this traffic: cost / time x 30 days */
} aflow_llm_stats;
AFLOW_API aflow_llm_stats aflow_result_llm(const aflow_result *result);

typedef struct aflow_edge_stats {
    const char *id, *source, *target;
    uint64_t sent, delivered, dropped;   /* sent = delivered + dropped + in transit at the end */
} aflow_edge_stats;
AFLOW_API aflow_edge_stats aflow_result_edge(const aflow_result *result, aflow_id edge);

/* An injected event, for shading charts. */
typedef struct aflow_event_info {
    const char *event_id, *target_id;
    int is_outage;               /* of a server */
    int is_cache_loss;           /* neither: a spike */
    double t_start, t_end, spike_s;
} aflow_event_info;
AFLOW_API size_t aflow_result_events(const aflow_result *result);
AFLOW_API aflow_event_info aflow_result_event(const aflow_result *result, size_t index);

/* One finished request, when record_requests was on. */
typedef enum aflow_outcome {
    AFLOW_OUTCOME_COMPLETED,
    AFLOW_OUTCOME_DROPPED,       /* lost on an edge */
    AFLOW_OUTCOME_REFUSED,       /* by a server that was down */
    AFLOW_OUTCOME_REJECTED,      /* at a limit */
    AFLOW_OUTCOME_TIMED_OUT      /* gave up waiting for a resource */
} aflow_outcome;
typedef struct aflow_request_info {
    uint64_t id;                 /* from 1, in the order of the generator */
    uint64_t start_ns, finish_ns;
    const char *server, *endpoint;   /* the last that it met, or the server that refused it; "" when none */
    aflow_outcome outcome;
    double cost;                 /* money that its steps have cost */
} aflow_request_info;
AFLOW_API uint64_t aflow_result_requests(const aflow_result *result);
AFLOW_API aflow_request_info aflow_result_request(const aflow_result *result, uint64_t index);

/* How the run went as a whole. */
typedef enum aflow_verdict {
    AFLOW_VERDICT_STABLE,        /* what came in got out */
    AFLOW_VERDICT_BACKLOGGED,    /* a queue at the end holds ten requests, 1 % of the completed, and more than its mean */
    AFLOW_VERDICT_OVERLOADED,    /* some resource is offered at least its capacity */
    AFLOW_VERDICT_EMPTY,         /* nothing completed */
    AFLOW_VERDICT_LIMITED        /* none of these, but a limit turned away 1 % or more of those who asked (rejected, timed out) */
} aflow_verdict;
typedef struct aflow_verdict_info {
    aflow_verdict verdict;
    aflow_id bottleneck;         /* the server with the most overloaded, backlogged, or else busiest resource, or a resource of
                                    nodes.resources or server.resources; 0: all idle */
    aflow_metric resource;       /* AFLOW_CORE_BUSY (cores, and event loops and locks), _LOOPS_BLOCKED (the loops, held by blocking_io
                                    more than by computing), _RAM_IN_USE, _DB_CONNECTIONS_IN_USE, _CONCURRENT_REQUESTS,
                                    _THREADS_IN_USE; AFLOW_RESOURCE_IN_USE of a resource */
    double utilization;          /* measured, 0 to 1; of a GPU, what it did / what it does in full batches */
    double offered;              /* as in aflow_server_stats */
    aflow_metric queue;          /* the queue in front of it */
} aflow_verdict_info;
AFLOW_API aflow_verdict_info aflow_result_verdict(const aflow_result *result);
/* The referee: after every run Little's law (of the whole system and of each server), the utilization law and the balance of all
   counters are checked exactly, in whole ticks. A check that fails is a bug of the library: do not trust the run, and report it. */
typedef struct aflow_referee_info {
    uint64_t checks;             /* made */
    uint64_t failed;             /* 0 */
    const char *first;           /* the first that failed, in words; "" when none did */
} aflow_referee_info;
AFLOW_API aflow_referee_info aflow_result_referee(const aflow_result *result);
/* Warnings of the check, kept with the result: `path: message` lines. */
AFLOW_API size_t aflow_result_warnings(const aflow_result *result);
AFLOW_API const char *aflow_result_warning(const aflow_result *result, size_t index);

/* --- Writers -------------------------------------------------------------
   All write UTF-8 through a put callback, never look at the locale, and give the same bytes everywhere. They need no
   memory but up to 8 kB of stack. */

/* What a person reads first: 80 columns; colour by ANSI codes where asked. */
AFLOW_API aflow_status aflow_write_text(const aflow_result *result, aflow_put_fn put, void *context);
AFLOW_API aflow_status aflow_write_text_with(const aflow_result *result, const aflow_text_options *options, aflow_put_fn put, void *context);
/* The JSON result; series != 0 adds the sampled series. */
AFLOW_API aflow_status aflow_write_json(const aflow_result *result, int series, aflow_put_fn put, void *context);
/* JSON Schema of that result. */
AFLOW_API aflow_status aflow_write_result_schema(aflow_put_fn put, void *context);
/* Tidy CSV (run,replication,time_s,entity_type,entity,metric,stat,value). */
AFLOW_API aflow_status aflow_write_summary_csv(const aflow_result *result, aflow_put_fn put, void *context);
AFLOW_API aflow_status aflow_write_throughput_csv(const aflow_result *result, aflow_put_fn put, void *context);
AFLOW_API aflow_status aflow_write_samples_csv(const aflow_result *result, aflow_put_fn put, void *context);
/* One row a finished request; needs record_requests. */
AFLOW_API aflow_status aflow_write_requests_csv(const aflow_result *result, aflow_put_fn put, void *context);

/* Charts as SVG, a picture each. */
typedef enum aflow_chart {
    AFLOW_CHART_LATENCY,         /* histogram with mean, p50, p95, p99 */
    AFLOW_CHART_THROUGHPUT,      /* completed requests a second, mean, p95, max */
    AFLOW_CHART_METRIC,          /* one metric of one entity over time, with mean, min, max */
    AFLOW_CHART_DASHBOARD,       /* latency, throughput, the queues of every server and resource on one sheet */
    AFLOW_CHART_BATCH_SIZES      /* batches of one GPU by size */
} aflow_chart;
typedef struct aflow_chart_desc {
    aflow_chart chart;
    aflow_metric metric;         /* of AFLOW_CHART_METRIC */
    aflow_id entity;             /* of AFLOW_CHART_METRIC, AFLOW_CHART_BATCH_SIZES */
    const char *title;           /* default: what it shows */
    uint32_t width, height;      /* px; default 800 x 400, a dashboard's 1200 x what it needs */
    int dark;                    /* 1: for a dark page; default: light, and dark where the viewer prefers it */
} aflow_chart_desc;
AFLOW_API aflow_status aflow_write_svg(const aflow_result *result, const aflow_chart_desc *desc, aflow_put_fn put, void *context);
/* One self-contained page: readable without scripts, light and dark, printable, no network. title NULL: "asyncflow". */
AFLOW_API aflow_status aflow_write_html(const aflow_result *result, const char *title, aflow_put_fn put, void *context);

#ifdef __cplusplus
} /* extern "C" */

/* The same calls with descriptions by reference, so that C++20's designated initialisers can be written in place. */
#include <initializer_list>
#define AFLOW_STEPS(...) std::initializer_list<aflow_step>{ __VA_ARGS__ }
static inline aflow_id aflow_add_generator(aflow_builder *b, const aflow_generator &desc) { return aflow_add_generator(b, &desc); }
static inline aflow_id aflow_add_load_balancer(aflow_builder *b, const aflow_load_balancer &desc) { return aflow_add_load_balancer(b, &desc); }
static inline aflow_id aflow_add_server(aflow_builder *b, const aflow_server &desc) { return aflow_add_server(b, &desc); }
static inline void aflow_add_endpoint(aflow_builder *b, aflow_id server, const char *name, std::initializer_list<aflow_step> steps)
{
    aflow_add_endpoint(b, server, name, steps.begin(), steps.size());
}
static inline aflow_id aflow_add_resource(aflow_builder *b, const aflow_resource &desc) { return aflow_add_resource(b, &desc); }
static inline void aflow_add_server_resource(aflow_builder *b, aflow_id server, const aflow_resource &desc) { aflow_add_server_resource(b, server, &desc); }
static inline aflow_id aflow_connect_edge(aflow_builder *b, aflow_id from, aflow_id to, const aflow_edge &desc) { return aflow_connect_edge(b, from, to, &desc); }
static inline aflow_result *aflow_run(const aflow_scenario *s, const aflow_run_desc &desc, aflow_diagnostics *p) { return aflow_run(s, &desc, p); }
static inline aflow_sim *aflow_sim_create(const aflow_scenario *s, const aflow_run_desc &desc, aflow_diagnostics *p) { return aflow_sim_create(s, &desc, p); }
static inline aflow_status aflow_write_svg(const aflow_result *r, const aflow_chart_desc &desc, aflow_put_fn put, void *context) { return aflow_write_svg(r, &desc, put, context); }
#endif /* __cplusplus */

#if defined(ASYNCFLOW_STATIC) && (defined(__GNUC__) || defined(__clang__))
#pragma GCC diagnostic pop
#endif
#endif /* ASYNCFLOW_H */
#ifdef ASYNCFLOW_IMPLEMENTATION
#ifndef ASYNCFLOW_IMPLEMENTED
#define ASYNCFLOW_IMPLEMENTED

/* ==========================================================================
   [10] CONFIG (implementation)
   Private macros: all begin with AFLOWI_, as private functions and types do
   with aflowi_.
   ========================================================================== */
#include <string.h>
#if !defined(ASYNCFLOW_NO_MALLOC)
#include <stdlib.h>
#endif
#include <float.h>

#if defined(__FAST_MATH__) || (defined(_M_FP_FAST) && _M_FP_FAST)
#error "asyncflow.h: compile its implementation without -ffast-math: results would differ between machines"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 2
#error "asyncflow.h: x87 arithmetic rounds twice; compile with -msse2 -mfpmath=sse"
#endif

#define AFLOWI_INLINE static inline
/* What the run loop is made of, part of it even where the compiler finds that large; and what it seldom calls, apart even where
   the compiler finds that small: its registers are few. */
#if defined(__GNUC__) || defined(__clang__)
#define AFLOWI_HOT static inline __attribute__((always_inline))
#define AFLOWI_RARE static __attribute__((noinline))
#else
#define AFLOWI_HOT static inline
#define AFLOWI_RARE static
#endif
/* A time, in ticks, that no run reaches. */
#define AFLOWI_NEVER ((uint64_t)1 << 62)
#define AFLOWI_TICKS_PER_S ((uint64_t)1000000000)
/* RAM is counted in 1/1024 MB, so that what is given back is what was taken. */
#define AFLOWI_RAM_UNIT ((uint64_t)1024)
#define AFLOWI_NO_INDEX 0xFFFFFFFFu
#define AFLOWI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__GNUC__) || defined(__clang__)
#define AFLOWI_LIKELY(c) __builtin_expect(!!(c), 1)
#define AFLOWI_UNLIKELY(c) __builtin_expect(!!(c), 0)
#define AFLOWI_NOT_REACHED() __builtin_unreachable()
#define AFLOWI_PREFETCH(p) __builtin_prefetch(p)
#else
#define AFLOWI_LIKELY(c) (c)
#define AFLOWI_UNLIKELY(c) (c)
#define AFLOWI_NOT_REACHED() ((void)0)
#define AFLOWI_PREFETCH(p) ((void)0)
#endif

/* gcc -O3, and -O2 -march=native, joins neighbouring words of a state (of a generator, an event, a sum) in a vector register to
   store them at once; who reads one of them next waits for that store. An exponential then takes three times as long, a
   request a fifth more. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("no-tree-slp-vectorize")
#endif
#if defined(ASYNCFLOW_STATIC) && (defined(__GNUC__) || defined(__clang__))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#ifdef __cplusplus
extern "C" {
#endif

/* ==========================================================================
   [11] MEMORY
   In:    an allocator, or one buffer       Out: arenas, growable arrays
   Keeps: every block's size is known to whoever frees it; failing leaves what
          was there untouched and is remembered by the arena
   Uses:  [10]                              Public: aflow_buffer_allocator
   ========================================================================== */

static void *aflowi_malloc_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    (void)context;
    (void)old_size;
#ifdef ASYNCFLOW_NO_MALLOC
    (void)memory;
    (void)new_size;
    return NULL;
#else
    if (new_size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, new_size);
#endif
}

static aflow_allocator aflowi_allocator_or_default(const aflow_allocator *wanted)
{
    aflow_allocator a;
    a.resize = wanted && wanted->resize ? wanted->resize : aflowi_malloc_resize;
    a.context = wanted ? wanted->context : NULL;
    return a;
}

AFLOWI_INLINE void *aflowi_resize(const aflow_allocator *a, void *memory, size_t old_size, size_t new_size)
{
    return a->resize(a->context, memory, old_size, new_size);
}

AFLOWI_INLINE void aflowi_free(const aflow_allocator *a, void *memory, size_t size)
{
    if (memory) a->resize(a->context, memory, size, 0);
}

static void *aflowi_no_memory(void *context, void *memory, size_t old_size, size_t new_size)
{
    (void)context;
    (void)memory;
    (void)old_size;
    (void)new_size;
    return NULL;
}

/* --- The allocator inside one buffer: a list of blocks in address order, free neighbours always joined. A run makes
   some twenty blocks and grows few of them, so first fit by walking is enough. */

typedef struct aflowi_block {
    size_t size;        /* bytes after this header */
    size_t is_free;
} aflowi_block;

typedef struct aflowi_pool {
    unsigned char *begin, *end;
    size_t missing;     /* bytes that the largest refused request lacked */
} aflowi_pool;

#define AFLOWI_ALIGNMENT ((size_t)16)
#define AFLOWI_ROUND_UP(n) (((n) + AFLOWI_ALIGNMENT - 1) & ~(AFLOWI_ALIGNMENT - 1))
#define AFLOWI_BLOCK_HEADER AFLOWI_ROUND_UP(sizeof(aflowi_block))

AFLOWI_INLINE aflowi_block *aflowi_block_at(unsigned char *place) { return (aflowi_block *)(void *)place; }
AFLOWI_INLINE unsigned char *aflowi_block_end(aflowi_block *b) { return (unsigned char *)b + AFLOWI_BLOCK_HEADER + b->size; }

static int aflowi_pool_init(aflowi_pool *pool, void *buffer, size_t size)
{
    size_t skip = (AFLOWI_ALIGNMENT - (size_t)((uintptr_t)buffer % AFLOWI_ALIGNMENT)) % AFLOWI_ALIGNMENT;
    pool->missing = 0;
    if (size < skip + 2 * AFLOWI_BLOCK_HEADER) {
        pool->begin = pool->end = NULL;
        return 0;
    }
    pool->begin = (unsigned char *)buffer + skip;
    pool->end = pool->begin + ((size - skip) & ~(AFLOWI_ALIGNMENT - 1));
    aflowi_block_at(pool->begin)->size = (size_t)(pool->end - pool->begin) - AFLOWI_BLOCK_HEADER;
    aflowi_block_at(pool->begin)->is_free = 1;
    return 1;
}

/* Joins b with the free block behind it. */
static void aflowi_pool_join(aflowi_pool *pool, aflowi_block *b)
{
    while (aflowi_block_end(b) < pool->end && aflowi_block_at(aflowi_block_end(b))->is_free) {
        b->size += AFLOWI_BLOCK_HEADER + aflowi_block_at(aflowi_block_end(b))->size;
    }
}

/* Cuts b to `size` and frees the rest where that is worth a block. */
static void aflowi_pool_cut(aflowi_pool *pool, aflowi_block *b, size_t size)
{
    if (b->size >= size + AFLOWI_BLOCK_HEADER + AFLOWI_ALIGNMENT) {
        size_t rest = b->size - size - AFLOWI_BLOCK_HEADER;
        b->size = size;
        aflowi_block_at(aflowi_block_end(b))->size = rest;
        aflowi_block_at(aflowi_block_end(b))->is_free = 1;
        aflowi_pool_join(pool, aflowi_block_at(aflowi_block_end(b)));
    }
    b->is_free = 0;
}

static void *aflowi_pool_take(aflowi_pool *pool, size_t size)
{
    unsigned char *at;
    size_t best = 0;
    for (at = pool->begin; at < pool->end; at = aflowi_block_end(aflowi_block_at(at))) {
        aflowi_block *b = aflowi_block_at(at);
        if (!b->is_free) continue;
        aflowi_pool_join(pool, b);
        if (b->size >= size) {
            aflowi_pool_cut(pool, b, size);
            return at + AFLOWI_BLOCK_HEADER;
        }
        if (b->size > best) best = b->size;
    }
    if (size - best > pool->missing) pool->missing = size - best;
    return NULL;
}

static void *aflowi_pool_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    aflowi_pool *pool = (aflowi_pool *)context;
    aflowi_block *b;
    void *moved;
    size_t size = AFLOWI_ROUND_UP(new_size);
    if (!pool->begin || size < new_size) return NULL;
    if (!memory) return new_size ? aflowi_pool_take(pool, size) : NULL;
    b = aflowi_block_at((unsigned char *)memory - AFLOWI_BLOCK_HEADER);
    if (new_size == 0) {
        b->is_free = 1;
        return NULL;
    }
    aflowi_pool_join(pool, b);
    if (b->size >= size) {
        aflowi_pool_cut(pool, b, size);
        return memory;
    }
    moved = aflowi_pool_take(pool, size);
    if (moved) {
        memcpy(moved, memory, old_size < new_size ? old_size : new_size);
        b->is_free = 1;
    }
    return moved;
}

AFLOW_API aflow_allocator aflow_buffer_allocator(void *buffer, size_t size)
{
    size_t skip = (AFLOWI_ALIGNMENT - (size_t)((uintptr_t)buffer % AFLOWI_ALIGNMENT)) % AFLOWI_ALIGNMENT, own = AFLOWI_ROUND_UP(sizeof(aflowi_pool));
    aflow_allocator a;
    a.resize = aflowi_no_memory;
    a.context = NULL;
    if (buffer && size > skip + own) {
        aflowi_pool *pool = (aflowi_pool *)(void *)((unsigned char *)buffer + skip);
        aflowi_pool_init(pool, (unsigned char *)pool + own, size - skip - own);
        a.resize = aflowi_pool_resize;
        a.context = pool;
    }
    return a;
}

/* --- Arena: many small pieces that are freed together. */

typedef struct aflowi_chunk {
    struct aflowi_chunk *next;
    size_t size;        /* of the whole chunk */
} aflowi_chunk;

#define AFLOWI_CHUNK_HEADER AFLOWI_ROUND_UP(sizeof(aflowi_chunk))

typedef struct aflowi_arena {
    aflow_allocator allocator;
    aflowi_chunk *chunks;           /* newest first */
    unsigned char *at, *end;        /* free part of the newest */
    size_t chunk_size, total;       /* the least of the next chunk; of all so far */
    int failed;                     /* sticky */
} aflowi_arena;

static void aflowi_arena_init(aflowi_arena *arena, const aflow_allocator *allocator, size_t first_chunk)
{
    memset(arena, 0, sizeof *arena);
    arena->allocator = aflowi_allocator_or_default(allocator);
    arena->chunk_size = AFLOWI_ROUND_UP(first_chunk);
}

static int aflowi_arena_grow(aflowi_arena *arena, size_t size)
{
    size_t whole = AFLOWI_CHUNK_HEADER + (size > arena->chunk_size ? size : arena->chunk_size);
    aflowi_chunk *chunk;
    if (whole < size) return 0;
    chunk = (aflowi_chunk *)aflowi_resize(&arena->allocator, NULL, 0, whole);
    if (!chunk) return 0;
    chunk->next = arena->chunks;
    chunk->size = whole;
    arena->chunks = chunk;
    arena->at = (unsigned char *)chunk + AFLOWI_CHUNK_HEADER;
    arena->end = (unsigned char *)chunk + whole;
    arena->total += whole;
    if (arena->chunk_size < arena->total / 4) arena->chunk_size = AFLOWI_ROUND_UP(arena->total / 4);     /* a fifth is idle at most */
    return 1;
}

/* Zeroed, aligned for any scalar; NULL when memory is out, then for ever. */
static void *aflowi_arena_alloc(aflowi_arena *arena, size_t size)
{
    size_t rounded = AFLOWI_ROUND_UP(size ? size : 1);
    void *p;
    if (arena->failed || rounded < size) {
        arena->failed = 1;
        return NULL;
    }
    if ((size_t)(arena->end - arena->at) < rounded && !aflowi_arena_grow(arena, rounded)) {
        arena->failed = 1;
        return NULL;
    }
    p = arena->at;
    arena->at += rounded;
    memset(p, 0, rounded);
    return p;
}

/* The same for `count` elements, with the product checked. */
static void *aflowi_arena_array(aflowi_arena *arena, size_t count, size_t element)
{
    if (element && count > ((size_t)-1) / 4 / element) {
        arena->failed = 1;
        return NULL;
    }
    return aflowi_arena_alloc(arena, count * element);
}

/* The same from the beginning of a cache line on. */
#define AFLOWI_LINE 64u
static void *aflowi_arena_lines(aflowi_arena *arena, size_t count, size_t element)
{
    unsigned char *p = (unsigned char *)aflowi_arena_array(arena, count + (AFLOWI_LINE + element - 1) / element, element);
    return p ? p + (AFLOWI_LINE - 1 - ((uintptr_t)p - 1) % AFLOWI_LINE) : NULL;
}

/* A copy of an array; what is announced but not there is empty. */
static void *aflowi_arena_copy_array(aflowi_arena *arena, const void *data, size_t count, size_t element)
{
    void *p = aflowi_arena_array(arena, data ? count : 0, element);
    if (p && data && count) memcpy(p, data, count * element);
    return p;
}

static void *aflowi_arena_copy(aflowi_arena *arena, const void *data, size_t size)
{
    void *p = aflowi_arena_alloc(arena, size);
    if (p && size) memcpy(p, data, size);
    return p;
}

/* A terminated copy; NULL stays NULL. */
static char *aflowi_arena_text(aflowi_arena *arena, const char *text, size_t size)
{
    char *p;
    if (!text) return NULL;
    p = (char *)aflowi_arena_alloc(arena, size + 1);
    if (p) memcpy(p, text, size);
    return p;
}

static void aflowi_arena_free(aflowi_arena *arena)
{
    while (arena->chunks) {
        aflowi_chunk *next = arena->chunks->next;
        aflowi_free(&arena->allocator, arena->chunks, arena->chunks->size);
        arena->chunks = next;
    }
    arena->at = arena->end = NULL;
}

/* What is larger grows by a quarter at a time instead of doubling. */
#define AFLOWI_LARGE ((size_t)1 << 20)

/* Makes room for at least `wanted` elements, at first for no more; 0 when memory is out, the array untouched. */
static int aflowi_grow(const aflow_allocator *a, void **array, size_t *capacity, size_t wanted, size_t element)
{
    size_t larger = *capacity ? *capacity : wanted < 16 ? 16 : wanted;
    void *moved;
    if (wanted <= *capacity) return 1;
    if (larger > ((size_t)-1) / 4 / element) return 0;
    while (larger < wanted) {
        if (larger > ((size_t)-1) / 4 / element) return 0;
        larger += larger < AFLOWI_LARGE / element ? larger : larger / 4;
    }
    moved = aflowi_resize(a, *array, *capacity * element, larger * element);
    if (!moved && larger > wanted) {        /* a tight buffer may hold what is needed, if not the double */
        larger = wanted;
        moved = aflowi_resize(a, *array, *capacity * element, larger * element);
    }
    if (!moved) return 0;
    *array = moved;
    *capacity = larger;
    return 1;
}

/* --- Sorting: bottom-up merge, stable, n log n for any input, no recursion; spare is as large as items. */

typedef int (*aflowi_before_fn)(const void *context, const void *a, const void *b);

static void aflowi_sort(void *items, void *spare, size_t n, size_t size, aflowi_before_fn before, const void *context)
{
    unsigned char *from = (unsigned char *)items, *to = (unsigned char *)spare;
    size_t width, at, i;
    for (width = 1; width < n; width *= 2) {
        for (at = 0; at < n; at += 2 * width) {
            size_t middle = at + width < n ? at + width : n, end = at + 2 * width < n ? at + 2 * width : n, left = at, right = middle;
            for (i = at; i < end; i++) {
                int from_right = left >= middle || (right < end && before(context, from + right * size, from + left * size));
                memcpy(to + i * size, from + (from_right ? right++ : left++) * size, size);
            }
        }
        memcpy(from, to, n * size);
    }
}

/* ==========================================================================
   [12] TEXT + DIAGNOSTICS
   In:    values, problems             Out: text through a put callback
   Keeps: the locale is never looked at; a number reads back as itself; a
          writer that was refused once writes nothing more
   Uses:  [11]    Public: aflow_status_text, aflow_put_*, aflow_*diagnostic*
   ========================================================================== */

/* ---- Numbers as text ------------------------------------------------------
   Decimal text <-> binary64, exactly, with integers only: no floating-point operation, no libc, no locale, so that every
   compiler, rounding mode and instruction set reads and writes the same bits. A value is a ratio of two big integers until
   the one rounding at its end. The bounds: a number of 801 digits with an exponent below -324 makes the largest integers,
   2,660 bits; AFLOWI_BIG_LIMBS holds 3,072. */

#define AFLOWI_BIG_LIMBS 96
#define AFLOWI_DECIMAL_DIGITS 800 /* the midpoint between two doubles has at most 768 digits; later ones only break ties */

/* little endian, top limb not zero; count 0 is the number zero */
typedef struct aflowi_big {
    uint32_t limb[AFLOWI_BIG_LIMBS];
    uint32_t count;
} aflowi_big;

static void aflowi_big_set(aflowi_big *big, uint64_t value)
{
    big->limb[0] = (uint32_t)(value & 0xFFFFFFFFu);
    big->limb[1] = (uint32_t)(value >> 32);
    big->count = value == 0 ? 0u : (value >> 32) == 0 ? 1u : 2u;
}

/* big = big * factor + addend. The bounds above keep the last limb from ever being lost; the test keeps the memory safe. */
static void aflowi_big_multiply_add(aflowi_big *big, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    uint32_t i;
    for (i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limb[i] * factor;
        big->limb[i] = (uint32_t)(carry & 0xFFFFFFFFu);
        carry >>= 32;
    }
    if (carry != 0 && big->count < AFLOWI_BIG_LIMBS) big->limb[big->count++] = (uint32_t)carry;
}

static void aflowi_big_shift_left(aflowi_big *big, uint32_t bits)
{
    const uint32_t limbs = bits / 32u;
    uint32_t i;
    if (big->count == 0 || big->count + limbs > AFLOWI_BIG_LIMBS) return;
    if (limbs != 0) {
        for (i = big->count; i-- > 0;) big->limb[i + limbs] = big->limb[i];
        for (i = 0; i < limbs; i++) big->limb[i] = 0;
        big->count += limbs;
    }
    if (bits % 32u != 0) aflowi_big_multiply_add(big, (uint32_t)1 << (bits % 32u), 0);
}

/* big = big * 5^power; a power of ten is this and a shift */
static void aflowi_big_multiply_power5(aflowi_big *big, uint32_t power)
{
    for (; power >= 13; power -= 13) aflowi_big_multiply_add(big, 1220703125u, 0);
    for (; power > 0; power--) aflowi_big_multiply_add(big, 5, 0);
}

static int aflowi_big_compare(const aflowi_big *a, const aflowi_big *b)
{
    uint32_t i;
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (i = a->count; i-- > 0;)
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

static void aflowi_big_add(aflowi_big *big, const aflowi_big *other)
{
    uint64_t carry = 0;
    uint32_t i;
    for (i = 0; i < big->count || i < other->count; i++) {
        carry += (i < big->count ? big->limb[i] : 0u);
        carry += (i < other->count ? other->limb[i] : 0u);
        big->limb[i] = (uint32_t)(carry & 0xFFFFFFFFu);
        carry >>= 32;
    }
    big->count = i;
    if (carry != 0 && big->count < AFLOWI_BIG_LIMBS) big->limb[big->count++] = (uint32_t)carry;
}

/* big = big - other, where big >= other */
static void aflowi_big_subtract(aflowi_big *big, const aflowi_big *other)
{
    uint64_t borrow = 0;
    uint32_t i;
    for (i = 0; i < big->count; i++) {
        const uint64_t take = borrow + (i < other->count ? other->limb[i] : 0u);
        borrow = big->limb[i] < take;
        big->limb[i] = (uint32_t)((big->limb[i] - take) & 0xFFFFFFFFu);
    }
    while (big->count > 0 && big->limb[big->count - 1] == 0) big->count--;
}

static uint32_t aflowi_big_divide_small(aflowi_big *big, uint32_t divisor)
{
    uint64_t rest = 0;
    uint32_t i;
    for (i = big->count; i-- > 0;) {
        rest = rest << 32 | big->limb[i];
        big->limb[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    while (big->count > 0 && big->limb[big->count - 1] == 0) big->count--;
    return (uint32_t)rest;
}

static uint32_t aflowi_bit_length(uint64_t value)
{
    uint32_t bits = 0;
    for (; value >= 256; value >>= 8) bits += 8;
    for (; value != 0; value >>= 1) bits++;
    return bits;
}

static uint32_t aflowi_big_bit_length(const aflowi_big *big)
{
    return big->count == 0 ? 0u : (big->count - 1u) * 32u + aflowi_bit_length(big->limb[big->count - 1u]);
}

/* value = digits x 10^exponent; the first significant digit stands for 10^(magnitude - 1) */
typedef struct aflowi_decimal {
    aflowi_big digits;
    int64_t exponent;
    int64_t magnitude;
    int negative;
} aflowi_decimal;

/* Reads the digits around the point; returns where they end. `seen` counts all digits: none at all is no number. */
static size_t aflowi_decimal_digits(const char *text, size_t at, size_t size, aflowi_decimal *decimal, size_t *seen)
{
    int64_t significant = 0, dropped = 0, decimals = 0;
    uint32_t chunk = 0, scale = 1;
    int point = 0, sticky = 0;
    aflowi_big_set(&decimal->digits, 0);
    for (*seen = 0; at < size; at++) {
        const char c = text[at];
        if (c == '.' && !point) { point = 1; continue; }
        if (c < '0' || c > '9') break;
        ++*seen;
        decimals += point;
        if (significant == 0 && c == '0') continue;
        if (significant++ >= AFLOWI_DECIMAL_DIGITS) { dropped++; sticky |= c != '0'; continue; }
        chunk = chunk * 10u + (uint32_t)(c - '0');
        scale *= 10u;
        if (scale == 1000000000u) {
            aflowi_big_multiply_add(&decimal->digits, scale, chunk);
            chunk = 0;
            scale = 1;
        }
    }
    aflowi_big_multiply_add(&decimal->digits, scale, chunk);
    decimal->exponent = dropped - decimals;
    decimal->magnitude = significant - decimals;
    if (sticky) { /* anything behind the last digit kept: one more digit that can never make a tie */
        aflowi_big_multiply_add(&decimal->digits, 10, 1);
        decimal->exponent--;
    }
    return at;
}

/* [-+]? digits with at most one point ([eE] [-+]? digits)?: what JSON and YAML's core schema write, and nothing longer */
static int aflowi_decimal_scan(const char *text, size_t size, aflowi_decimal *decimal)
{
    size_t at = 0, seen;
    int64_t exponent = 0;
    int negative = 0;
    decimal->negative = size > 0 && text[0] == '-';
    if (size > 0 && (text[0] == '-' || text[0] == '+')) at = 1;
    at = aflowi_decimal_digits(text, at, size, decimal, &seen);
    if (seen == 0) return 0;
    if (at < size) {
        if (text[at] != 'e' && text[at] != 'E') return 0;
        at++;
        if (at < size && (text[at] == '-' || text[at] == '+')) negative = text[at++] == '-';
        if (at == size) return 0;
        for (; at < size; at++) {
            if (text[at] < '0' || text[at] > '9') return 0;
            if (exponent < (int64_t)1 << 50) exponent = exponent * 10 + (text[at] - '0'); /* more cannot matter */
        }
    }
    decimal->exponent += negative ? -exponent : exponent;
    decimal->magnitude += negative ? -exponent : exponent;
    return 1;
}

/* Rounds mantissa x 2^exponent (mantissa not zero, `sticky`: a little more than that) to the bits of a double, half to even. */
static uint64_t aflowi_double_bits(uint64_t mantissa, int64_t exponent, int sticky)
{
    uint64_t kept, rest, half;
    uint32_t drop = 11;
    while (mantissa >> 63 == 0) { mantissa <<= 1; exponent--; }
    exponent += 63 + 1023;
    if (exponent >= 2047) return (uint64_t)2047 << 52;
    if (exponent <= -53) return 0; /* below half of the smallest subnormal */
    if (exponent <= 0) { drop += (uint32_t)(1 - exponent); exponent = 0; }
    kept = drop == 64 ? 0 : mantissa >> drop;
    rest = drop == 64 ? mantissa : mantissa & (((uint64_t)1 << drop) - 1u);
    half = (uint64_t)1 << (drop - 1u);
    if (exponent > 0) kept += (uint64_t)(exponent - 1) << 52; /* the leading one of the mantissa adds the last 1 */
    return kept + (rest > half || (rest == half && (sticky || (kept & 1u))) ? 1u : 0u); /* a carry moves to the exponent */
}

/* The bits of digits x 10^exponent: 64 bits of a long division, then one rounding. Destroys the digits. */
static uint64_t aflowi_decimal_bits(aflowi_decimal *decimal)
{
    aflowi_big *rest = &decimal->digits, divisor;
    uint64_t quotient = 0;
    int64_t shift;
    int i;
    if (rest->count == 0 || decimal->magnitude <= -324) return 0;
    if (decimal->magnitude >= 310) return (uint64_t)2047 << 52;
    aflowi_big_set(&divisor, 1);
    if (decimal->exponent >= 0) aflowi_big_multiply_power5(rest, (uint32_t)decimal->exponent);
    else aflowi_big_multiply_power5(&divisor, (uint32_t)-decimal->exponent);
    shift = (int64_t)aflowi_big_bit_length(&divisor) - (int64_t)aflowi_big_bit_length(rest);
    if (shift >= 0) aflowi_big_shift_left(rest, (uint32_t)shift);
    else aflowi_big_shift_left(&divisor, (uint32_t)-shift);
    for (i = 0; i < 64; i++) { /* rest / divisor is between 1/2 and 2: the first bit of the quotient or the second is 1 */
        quotient <<= 1;
        if (aflowi_big_compare(rest, &divisor) >= 0) {
            aflowi_big_subtract(rest, &divisor);
            quotient |= 1u;
        }
        aflowi_big_shift_left(rest, 1);
    }
    return aflowi_double_bits(quotient, decimal->exponent - shift - 63, rest->count != 0);
}

/* Parses [text, text+size) as a JSON-like decimal number; 1 = whole text is a number. Overflow gives infinity, underflow the
   nearest subnormal or zero. Wider than JSON by a leading plus, leading zeros, and a point at either end ("+5", "007", ".5",
   "5."): who needs less checks the grammar first. */
static int aflowi_parse_double(const char *text, size_t size, double *value)
{
    aflowi_decimal decimal;
    uint64_t bits;
    *value = 0.0;
    if (!aflowi_decimal_scan(text, size, &decimal)) return 0;
    bits = aflowi_decimal_bits(&decimal);
    if (decimal.negative) bits |= (uint64_t)1 << 63;
    memcpy(value, &bits, sizeof bits);
    return 1;
}

/* value = 0.d1d2d3... x 10^exponent */
typedef struct aflowi_shortest {
    char digit[24];
    int count;
    int exponent;
} aflowi_shortest;

/* A positive double as value = rest / unit, and its neighbours' midpoints value - low / unit, value + high / unit. */
typedef struct aflowi_interval {
    aflowi_big rest, unit, low, high;
    int closed; /* an even mantissa: the midpoints read back as this double, too */
} aflowi_interval;

static int aflowi_interval_reaches_unit(const aflowi_interval *interval)
{
    aflowi_big sum = interval->rest;
    int order;
    aflowi_big_add(&sum, &interval->high);
    order = aflowi_big_compare(&sum, &interval->unit);
    return interval->closed ? order >= 0 : order > 0;
}

/* Sets the ratio up and scales it below 1; returns the power of ten taken out. */
static int aflowi_interval_init(aflowi_interval *interval, uint64_t mantissa, int exponent)
{
    const int lopsided = mantissa == (uint64_t)1 << 52 && exponent > -1074; /* the neighbour below is half as far away */
    const uint32_t twice = lopsided ? 2u : 1u;
    int power = ((int)aflowi_bit_length(mantissa) - 1 + exponent) * 30103 / 100000 - 1; /* log10, one or two too small */
    const uint32_t up = exponent > 0 ? (uint32_t)exponent : 0u, down = exponent < 0 ? (uint32_t)-exponent : 0u;
    const uint32_t tens = power < 0 ? (uint32_t)-power : (uint32_t)power;
    aflowi_big_set(&interval->rest, mantissa);
    aflowi_big_set(&interval->unit, 1);
    aflowi_big_set(&interval->low, 1);
    if (power >= 0) {
        aflowi_big_multiply_power5(&interval->unit, tens);
        aflowi_big_shift_left(&interval->unit, tens);
    } else {
        aflowi_big_multiply_power5(&interval->rest, tens);
        aflowi_big_multiply_power5(&interval->low, tens);
        aflowi_big_shift_left(&interval->rest, tens);
        aflowi_big_shift_left(&interval->low, tens);
    }
    aflowi_big_shift_left(&interval->rest, up + twice);
    aflowi_big_shift_left(&interval->low, up);
    aflowi_big_shift_left(&interval->unit, down + twice);
    interval->high = interval->low;
    if (lopsided) aflowi_big_shift_left(&interval->high, 1);
    interval->closed = (mantissa & 1u) == 0;
    for (; aflowi_interval_reaches_unit(interval); power++) aflowi_big_multiply_add(&interval->unit, 10, 0);
    return power;
}

/* The fewest digits that lie between the midpoints to the neighbours (Steele and White 1990), nearest to the value. */
static void aflowi_shortest_digits(uint64_t mantissa, int exponent, aflowi_shortest *out)
{
    aflowi_interval interval;
    int below, above;
    out->exponent = aflowi_interval_init(&interval, mantissa, exponent);
    out->count = 0;
    do {
        int digit = 0, order;
        aflowi_big_multiply_add(&interval.rest, 10, 0);
        aflowi_big_multiply_add(&interval.low, 10, 0);
        aflowi_big_multiply_add(&interval.high, 10, 0);
        for (; aflowi_big_compare(&interval.rest, &interval.unit) >= 0; digit++)
            aflowi_big_subtract(&interval.rest, &interval.unit);
        order = aflowi_big_compare(&interval.rest, &interval.low);
        below = interval.closed ? order <= 0 : order < 0;
        above = aflowi_interval_reaches_unit(&interval);
        if (below && above) {
            aflowi_big_shift_left(&interval.rest, 1);
            order = aflowi_big_compare(&interval.rest, &interval.unit);
            above = order > 0 || (order == 0 && digit % 2 == 1);
        }
        out->digit[out->count++] = (char)('0' + digit + (above ? 1 : 0));
    } while (!below && !above && out->count < 20);
}

/* Writes value (up to 20 digits) and no terminator; returns the length. */
static size_t aflowi_format_u64(char *buffer, uint64_t value)
{
    char reversed[20];
    size_t count = 0, i;
    do reversed[count++] = (char)('0' + (int)(value % 10u)); while ((value /= 10u) != 0);
    for (i = 0; i < count; i++) buffer[i] = reversed[count - 1u - i];
    return count;
}

/* Lays digits out as 0.000ddd, ddd.ddd, ddd000 or d.ddde-7; returns the length. */
static size_t aflowi_layout_digits(char *buffer, const aflowi_shortest *shortest)
{
    const int point = shortest->exponent; /* digits in front of the point */
    const int plain = point >= -3 && point <= 17;
    const int before = plain ? point : 1;
    size_t at = 0;
    int i;
    if (before <= 0) {
        buffer[at++] = '0';
        buffer[at++] = '.';
        for (i = before; i < 0; i++) buffer[at++] = '0';
    }
    for (i = 0; i < shortest->count; i++) {
        if (i == before && i > 0) buffer[at++] = '.';
        buffer[at++] = shortest->digit[i];
    }
    for (; i < before; i++) buffer[at++] = '0';
    if (!plain) {
        buffer[at++] = 'e';
        buffer[at++] = point - 1 < 0 ? '-' : '+';
        at += aflowi_format_u64(buffer + at, (uint64_t)(point - 1 < 0 ? 1 - point : point - 1));
    }
    return at;
}

/* Takes a finite or infinite double apart: |value| = mantissa x 2^exponent. 0 = infinity or NaN. */
static int aflowi_double_split(double value, int *negative, uint64_t *mantissa, int *exponent)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    *negative = (bits >> 63) != 0;
    *exponent = (int)(bits >> 52 & 2047u);
    *mantissa = bits & (((uint64_t)1 << 52) - 1u);
    if (*exponent == 2047) return 0;
    if (*exponent == 0) *exponent = 1; else *mantissa |= (uint64_t)1 << 52;
    *exponent -= 1075;
    return 1;
}

/* Shortest decimal that reads back as the same double, as "%.17g"-like plain or exponent text (JSON-valid for finite values;
   never locale-dependent); returns length. buffer >= 32 bytes. Integers up to 1e15 print without exponent or point; NaN/inf
   print as "null", minus zero as "-0". */
static size_t aflowi_format_double(char *buffer, double value)
{
    aflowi_shortest shortest;
    uint64_t mantissa;
    int negative, exponent;
    size_t at = 0;
    if (!aflowi_double_split(value, &negative, &mantissa, &exponent)) {
        memcpy(buffer, "null", 5);
        return 4;
    }
    if (negative) buffer[at++] = '-';
    if (exponent <= 0 && exponent > -53 && (mantissa & (((uint64_t)1 << -exponent) - 1u)) == 0) {
        at += aflowi_format_u64(buffer + at, mantissa >> -exponent); /* an integer below 2^53: its digits are the shortest */
    } else if (mantissa == 0) {
        buffer[at++] = '0';
    } else {
        aflowi_shortest_digits(mantissa, exponent, &shortest);
        at += aflowi_layout_digits(buffer + at, &shortest);
    }
    buffer[at] = '\0';
    return at;
}

/* Rounds big / 2^shift to an integer, half to even. */
static void aflowi_big_round_shift(aflowi_big *big, uint32_t shift)
{
    aflowi_big half, quotient = *big;
    uint32_t left = shift;
    int order;
    for (; left >= 31; left -= 31) (void)aflowi_big_divide_small(&quotient, (uint32_t)1 << 31);
    (void)aflowi_big_divide_small(&quotient, (uint32_t)1 << left);
    half = quotient; /* what was cut off, twice, against one unit */
    aflowi_big_shift_left(&half, shift);
    aflowi_big_subtract(big, &half);
    aflowi_big_shift_left(big, 1);
    aflowi_big_set(&half, 1);
    aflowi_big_shift_left(&half, shift);
    order = aflowi_big_compare(big, &half);
    *big = quotient;
    if (order > 0 || (order == 0 && quotient.count > 0 && (quotient.limb[0] & 1u))) {
        aflowi_big_set(&half, 1);
        aflowi_big_add(big, &half);
    }
}

/* Fixed notation with `digits` (0..9) decimals, round-half-even on the exact binary value; returns length; buffer >= 64;
   huge values (2^128 and up) fall back to the shortest form, NaN/inf to "null". Like printf, keeps the sign of "-0.00". */
static size_t aflowi_format_fixed(char *buffer, double value, int digits)
{
    char reversed[64];
    aflowi_big big;
    uint64_t mantissa;
    int negative, exponent, count = 0;
    size_t at = 0;
    if (digits < 0) digits = 0;
    if (digits > 9) digits = 9;
    if (!aflowi_double_split(value, &negative, &mantissa, &exponent) || exponent > 128 - 53)
        return aflowi_format_double(buffer, value);
    aflowi_big_set(&big, mantissa);
    aflowi_big_multiply_power5(&big, (uint32_t)digits);
    aflowi_big_shift_left(&big, (uint32_t)digits);
    if (exponent > 0) aflowi_big_shift_left(&big, (uint32_t)exponent);
    else if (exponent > -100) aflowi_big_round_shift(&big, (uint32_t)-exponent);
    else aflowi_big_set(&big, 0); /* 2^53 x 10^9 / 2^100 is far below one half */
    if (negative) buffer[at++] = '-';
    do reversed[count++] = (char)('0' + (int)aflowi_big_divide_small(&big, 10)); while (big.count > 0 || count <= digits);
    while (count > 0) {
        if (count == digits) buffer[at++] = '.';
        buffer[at++] = reversed[--count];
    }
    buffer[at] = '\0';
    return at;
}
/* --- Output: pieces are gathered in a small buffer, so that a put callback sees kilobytes, not bytes. */

typedef struct aflowi_out {
    aflow_put_fn put;
    void *context;
    size_t used;
    int failed;
    char buffer[1024];
} aflowi_out;

static void aflowi_out_init(aflowi_out *o, aflow_put_fn put, void *context)
{
    o->put = put;
    o->context = context;
    o->used = 0;
    o->failed = put == NULL;
}

static void aflowi_flush(aflowi_out *o)
{
    if (o->used && !o->failed) o->failed = o->put(o->context, o->buffer, o->used) != 0;
    o->used = 0;
}

static aflow_status aflowi_out_end(aflowi_out *o)
{
    aflowi_flush(o);
    return o->failed ? AFLOW_CANNOT_WRITE : AFLOW_OK;
}

static void aflowi_put_bytes(aflowi_out *o, const char *text, size_t size)
{
    if (size > sizeof o->buffer - o->used) aflowi_flush(o);
    if (size > sizeof o->buffer) {
        if (!o->failed) o->failed = o->put(o->context, text, size) != 0;
        return;
    }
    memcpy(o->buffer + o->used, text, size);
    o->used += size;
}

static void aflowi_put(aflowi_out *o, const char *text) { aflowi_put_bytes(o, text, strlen(text)); }
static void aflowi_put_char(aflowi_out *o, char c) { aflowi_put_bytes(o, &c, 1); }

static void aflowi_put_repeat(aflowi_out *o, char c, size_t count)
{
    while (count--) aflowi_put_char(o, c);
}

static void aflowi_put_u64(aflowi_out *o, uint64_t value)
{
    char digits[24];
    aflowi_put_bytes(o, digits, aflowi_format_u64(digits, value));
}

static void aflowi_put_hex64(aflowi_out *o, uint64_t value)
{
    int shift;
    for (shift = 60; shift >= 0; shift -= 4) aflowi_put_char(o, "0123456789abcdef"[(value >> shift) & 15]);
}

/* Shortest form that reads back as the same double; NaN and infinity as null. */
static void aflowi_put_double(aflowi_out *o, double value)
{
    char text[40];
    size_t size = aflowi_format_double(text, value);
    aflowi_put_bytes(o, text, size);
}

static void aflowi_put_fixed(aflowi_out *o, double value, int digits)
{
    char text[72];
    size_t size = aflowi_format_fixed(text, value, digits);
    aflowi_put_bytes(o, text, size);
}

/* Characters, not bytes: continuation bytes of UTF-8 do not count. */
static size_t aflowi_width(const char *text)
{
    size_t n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* text in a field of `width` characters: left-aligned, or right-aligned when width is negative. */
static void aflowi_put_padded(aflowi_out *o, const char *text, int width)
{
    size_t wanted = (size_t)(width < 0 ? -width : width), have = aflowi_width(text);
    size_t fill = wanted > have ? wanted - have : 0;
    if (width < 0) aflowi_put_repeat(o, ' ', fill);
    aflowi_put(o, text);
    if (width > 0) aflowi_put_repeat(o, ' ', fill);
}

static void aflowi_put_escape(aflowi_out *o, unsigned point)
{
    int shift;
    aflowi_put(o, "\\u");
    for (shift = 12; shift >= 0; shift -= 4) aflowi_put_char(o, "0123456789abcdef"[(point >> shift) & 15]);
}

/* Characters that may stand in JSON strings but not in YAML documents, or that nobody sees: DEL, C1 controls, the byte order
   mark and the two non-characters. Returns the bytes of the one at text, 0 when it is none. */
static size_t aflowi_hidden_character(const char *text, unsigned *point)
{
    const unsigned char *c = (const unsigned char *)text;
    *point = c[0];
    if (c[0] == 0x7F) return 1;
    if (c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0) {
        *point = c[1];
        return 2;
    }
    if (c[0] == 0xEF && ((c[1] == 0xBB && c[2] == 0xBF) || (c[1] == 0xBF && c[2] >= 0xBE))) {
        *point = 0xF000u | (unsigned)(c[1] & 0x3F) << 6 | (c[2] & 0x3Fu);
        return 3;
    }
    return 0;
}

/* A text within a line for people: what would move a cursor or change a terminal is shown as its number. */
static void aflowi_put_visible(aflowi_out *o, const char *text)
{
    while (*text) {
        unsigned point;
        size_t hidden = aflowi_hidden_character(text, &point);
        if (hidden || (unsigned char)*text < 0x20) {
            aflowi_put_escape(o, point);
            text += hidden ? hidden : 1;
        } else {
            aflowi_put_char(o, *text++);
        }
    }
}

/* A JSON string with its quotes; also good as a double-quoted one of YAML. */
static void aflowi_put_json_string(aflowi_out *o, const char *text)
{
    aflowi_put_char(o, '"');
    while (*text) {
        unsigned char c = (unsigned char)*text;
        unsigned point;
        size_t hidden = aflowi_hidden_character(text, &point);
        if (hidden) {
            aflowi_put_escape(o, point);
            text += hidden;
            continue;
        }
        if (c < 0x20) {
            aflowi_put_escape(o, c);
        } else {
            if (c == '"' || c == '\\') aflowi_put_char(o, '\\');
            aflowi_put_char(o, (char)c);
        }
        text++;
    }
    aflowi_put_char(o, '"');
}

/* Not a number, by its bits: no operation that a compiler or a sanitizer could object to. */
static double aflowi_nan(void)
{
    uint64_t bits = (uint64_t)0x7FF8 << 48;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* --- Bounded text: what does not fit is cut, never written past. */

typedef struct aflowi_line {
    size_t used;
    char text[512];
} aflowi_line;

/* At most `limit` bytes of a text, whole characters. */
static size_t aflowi_cut(const char *text, size_t size, size_t limit)
{
    if (size <= limit) return size;
    while (limit && ((unsigned char)text[limit] & 0xC0) == 0x80) limit--;
    return limit;
}

static void aflowi_line_bytes(aflowi_line *l, const char *text, size_t size)
{
    size = aflowi_cut(text, size, sizeof l->text - 1 - l->used);
    memcpy(l->text + l->used, text, size);
    l->used += size;
    l->text[l->used] = 0;
}

static void aflowi_line_put(aflowi_line *l, const char *text) { aflowi_line_bytes(l, text, strlen(text)); }

/* A value that a user wrote: shortened in the middle of nowhere rather than flooding the message. */
static void aflowi_line_quote(aflowi_line *l, const char *text)
{
    size_t size = strlen(text);
    aflowi_line_put(l, "\"");
    aflowi_line_bytes(l, text, size > 60 ? aflowi_cut(text, size, 57) : size);
    if (size > 60) aflowi_line_put(l, "...");
    aflowi_line_put(l, "\"");
}

static void aflowi_line_u64(aflowi_line *l, uint64_t value)
{
    char digits[24];
    aflowi_line_bytes(l, digits, aflowi_format_u64(digits, value));
}

static void aflowi_line_double(aflowi_line *l, double value)
{
    char text[40];
    if (value != value) { aflowi_line_put(l, "not a number"); return; }
    if (value > DBL_MAX || value < -DBL_MAX) { aflowi_line_put(l, value > 0 ? "infinite" : "minus infinite"); return; }
    aflowi_line_bytes(l, text, aflowi_format_double(text, value));
}

AFLOW_API const char *aflow_status_text(aflow_status status)
{
    switch (status) {
    case AFLOW_OK: return "ok";
    case AFLOW_INVALID: return "invalid";
    case AFLOW_OUT_OF_MEMORY: return "out of memory";
    case AFLOW_CANNOT_READ: return "cannot read";
    case AFLOW_CANNOT_WRITE: return "cannot write";
    case AFLOW_MISUSE: return "misuse";
    }
    return "unknown status";
}

AFLOW_API int aflow_version(void) { return ASYNCFLOW_VERSION; }

#ifndef ASYNCFLOW_NO_STDIO
AFLOW_API int aflow_put_file(void *file, const char *text, size_t size)
{
    return !file || fwrite(text, 1, size, (FILE *)file) != size;
}
#endif

AFLOW_API int aflow_put_text(void *text, const char *data, size_t size)
{
    aflow_text *t = (aflow_text *)text;
    if (!t) return 1;
    if (t->capacity && t->data) {
        size_t at = t->size < t->capacity - 1 ? t->size : t->capacity - 1;
        size_t room = t->capacity - 1 - at;
        memcpy(t->data + at, data, size < room ? size : room);
        t->data[at + (size < room ? size : room)] = 0;
    }
    t->size += size;
    return 0;
}

/* --- Diagnostics */

static const struct { const char *name; aflow_severity severity; } aflowi_diagnostic_table[] = {
#define AFLOW_X_(name, severity, meaning) { #name, AFLOW_SEVERITY_##severity },
    AFLOW_DIAGNOSTIC_TABLE(AFLOW_X_)
#undef AFLOW_X_
};

AFLOW_API const char *aflow_diagnostic_name(aflow_diagnostic_code code)
{
    return (unsigned)code < AFLOW_DIAGNOSTIC_COUNT ? aflowi_diagnostic_table[code].name : "";
}

/* More are only counted: nobody reads a thousand, and hostile input could make millions. */
#define AFLOWI_MOST_PROBLEMS 1000u

/* Problems after which no more names are guessed. */
#define AFLOWI_MOST_GUESSES 100u

/* What an aflow_diagnostics owns: its texts, and the list's capacity. */
typedef struct aflowi_diagnostic_memory {
    aflowi_arena texts;
    size_t capacity;
} aflowi_diagnostic_memory;

static aflow_diagnostic *aflowi_diagnostic_slot(aflow_diagnostics *problems)
{
    aflow_allocator a = aflowi_allocator_or_default(&problems->allocator);
    aflowi_diagnostic_memory *m = (aflowi_diagnostic_memory *)problems->memory;
    void *items = problems->items;
    if (!m) {
        m = (aflowi_diagnostic_memory *)aflowi_resize(&a, NULL, 0, sizeof *m);
        if (!m) return NULL;
        memset(m, 0, sizeof *m);
        aflowi_arena_init(&m->texts, &problems->allocator, 1024);
        problems->memory = m;
    }
    if (!aflowi_grow(&a, &items, &m->capacity, problems->count + 1, sizeof *problems->items)) return NULL;
    problems->items = (aflow_diagnostic *)items;
    return &problems->items[problems->count];
}

/* A second look at the same scenario finds the same problems: they are kept once. */
static int aflowi_is_known(const aflow_diagnostics *problems, aflow_diagnostic_code code, const char *path, const char *message, const aflow_place *place)
{
    uint32_t line = place ? place->line : 0, column = place ? place->column : 0;
    const char *file = place && place->file ? place->file : "";
    size_t i;
    if (problems->count >= AFLOWI_MOST_PROBLEMS) return 0;
    for (i = 0; i < problems->count; i++) {
        const aflow_diagnostic *d = &problems->items[i];
        if (d->code == code && d->line == line && d->column == column && strcmp(d->path, path) == 0 && strcmp(d->message, message) == 0 &&
            strcmp(d->file ? d->file : "", file) == 0) return 1;
    }
    return 0;
}

/* Where the character after that at `at` begins. */
static size_t aflowi_next_character(const char *text, size_t at, size_t size)
{
    for (at++; at < size && ((unsigned char)text[at] & 0xC0) == 0x80; at++) {}
    return at;
}

/* Keeps as much of the line as is quoted: a window around the column. Lines may be megabytes, problems a thousand. */
static void aflowi_keep_line(aflowi_arena *texts, aflow_diagnostic *d, const aflow_place *place)
{
    const char *text = place->line_text, *from;
    uint32_t column = 1, count;
    size_t i = 0;
    if (!text) return;
    for (; d->column > 70 && column < d->column - 40 && i < place->line_size; column++) i = aflowi_next_character(text, i, place->line_size);
    from = text + i;
    d->line_text_column = column;
    for (count = 0; i < place->line_size && count < 100; count++) i = aflowi_next_character(text, i, place->line_size);
    d->line_text = aflowi_arena_text(texts, from, (size_t)(text + i - from));
}

/* Adds a problem at a known place (or none). */
static void aflowi_report_at(aflow_diagnostics *problems, aflow_diagnostic_code code, const char *path, const char *message, const aflow_place *place)
{
    aflow_diagnostic *d;
    aflowi_arena *texts;
    if (!problems || aflowi_is_known(problems, code, path, message, place)) return;
    if (aflowi_diagnostic_table[code].severity == AFLOW_SEVERITY_ERROR) problems->errors++;
    else problems->warnings++;
    d = problems->count < AFLOWI_MOST_PROBLEMS ? aflowi_diagnostic_slot(problems) : NULL;
    if (!d) {
        problems->lost++;
        return;
    }
    texts = &((aflowi_diagnostic_memory *)problems->memory)->texts;
    texts->failed = 0;
    memset(d, 0, sizeof *d);
    d->code = code;
    d->severity = aflowi_diagnostic_table[code].severity;
    d->path = aflowi_arena_text(texts, path, strlen(path));
    d->message = aflowi_arena_text(texts, message, strlen(message));
    if (place) {
        d->line = place->line;
        d->column = place->column;
        d->span = place->span ? place->span : 1;
        d->file = place->file ? aflowi_arena_text(texts, place->file, strlen(place->file)) : NULL;
        aflowi_keep_line(texts, d, place);
    }
    if (texts->failed) problems->lost++;
    else problems->count++;
}

/* Adds a problem of a scenario's field; the origin, where there is one, knows its place. */
static void aflowi_report(aflow_diagnostics *problems, const aflow_origin *origin, aflow_diagnostic_code code, const char *path, const char *message)
{
    aflow_place place;
    memset(&place, 0, sizeof place);
    if (problems && origin && origin->locate && origin->locate(origin->context, path, &place)) {
        aflowi_report_at(problems, code, path, message, &place);
    } else {
        aflowi_report_at(problems, code, path, message, NULL);
    }
}

/* Gives the problem just added, if it was, the quoted line of another list's. */
static void aflowi_copy_line(aflow_diagnostics *problems, const aflow_diagnostic *from)
{
    aflow_diagnostic *d = problems->count ? &problems->items[problems->count - 1] : NULL;
    aflowi_arena *texts = d ? &((aflowi_diagnostic_memory *)problems->memory)->texts : NULL;
    if (!d || !from->line_text || d->line_text || d->code != from->code || d->line != from->line || d->column != from->column) return;
    d->line_text = aflowi_arena_text(texts, from->line_text, strlen(from->line_text));
    d->line_text_column = from->line_text_column;
}

/* Adds the findings of a list of its own: whoever looks for problems collects them apart, so that what the caller's list held
   before neither hides them nor counts as theirs. */
static void aflowi_forward(aflow_diagnostics *problems, const aflow_diagnostics *found)
{
    size_t errors = found->errors, warnings = found->warnings, i;
    if (!problems) return;
    for (i = 0; i < found->count; i++) {
        const aflow_diagnostic *d = &found->items[i];
        aflow_place place;
        if (d->severity == AFLOW_SEVERITY_ERROR) errors--;
        else warnings--;
        place.file = d->file;
        place.line = d->line;
        place.column = d->column;
        place.span = d->span;
        place.line_text = NULL;
        place.line_size = 0;
        aflowi_report_at(problems, d->code, d->path, d->message, d->file || d->line ? &place : NULL);
        aflowi_copy_line(problems, d);
    }
    problems->errors += errors;
    problems->warnings += warnings;
    problems->lost += found->lost;
}

static void aflowi_report_memory(aflow_diagnostics *problems, const char *message)
{
    aflowi_report_at(problems, AFLOW_DIAGNOSTIC_OUT_OF_MEMORY, "", message, NULL);
}

AFLOW_API void aflow_diagnostics_clear(aflow_diagnostics *problems)
{
    aflow_allocator kept;
    if (!problems) return;
    kept = problems->allocator;
    if (problems->memory) {
        aflow_allocator a = aflowi_allocator_or_default(&kept);
        aflowi_diagnostic_memory *m = (aflowi_diagnostic_memory *)problems->memory;
        aflowi_arena_free(&m->texts);
        aflowi_free(&a, problems->items, m->capacity * sizeof *problems->items);
        aflowi_free(&a, m, sizeof *m);
    }
    memset(problems, 0, sizeof *problems);
    problems->allocator = kept;
}

#define AFLOWI_PLAIN_INK "\033[0m"
#define AFLOWI_BOLD_INK "\033[1m"
#define AFLOWI_RED_INK "\033[1;31m"
#define AFLOWI_YELLOW_INK "\033[1;33m"
#define AFLOWI_GREEN_INK "\033[1;32m"

static void aflowi_put_ink(aflowi_out *o, int color, const char *ink)
{
    if (color) aflowi_put(o, ink);
}

/* The quoted line and the caret under it. Tabs and controls become blanks, so that the caret stays where it belongs. */
static void aflowi_put_quoted_line(aflowi_out *o, const aflow_diagnostic *d, int color)
{
    const char *at = d->line_text;
    unsigned point;
    size_t hidden;
    aflowi_put(o, d->line_text_column > 1 ? " ..." : "    ");
    for (; *at; at += hidden ? hidden : 1) {
        hidden = aflowi_hidden_character(at, &point);
        aflowi_put_char(o, hidden || (unsigned char)*at < ' ' ? ' ' : *at);
    }
    aflowi_put(o, aflowi_width(d->line_text) == 100 ? "...\n    " : "\n    ");
    aflowi_put_repeat(o, ' ', d->column - d->line_text_column);
    aflowi_put_ink(o, color, AFLOWI_GREEN_INK);
    aflowi_put_char(o, '^');
    aflowi_put_repeat(o, '~', (d->span < 60 ? d->span : 60) - 1);
    aflowi_put_ink(o, color, AFLOWI_PLAIN_INK);
    aflowi_put_char(o, '\n');
}

static void aflowi_put_count(aflowi_out *o, size_t count, const char *what)
{
    aflowi_put_u64(o, count);
    aflowi_put_char(o, ' ');
    aflowi_put(o, what);
    if (count != 1) aflowi_put_char(o, 's');
}

static void aflowi_put_diagnostic(aflowi_out *o, const aflow_diagnostic *d, int color)
{
    int is_error = d->severity == AFLOW_SEVERITY_ERROR;
    aflowi_put_ink(o, color, AFLOWI_BOLD_INK);
    if (d->file) {
        aflowi_put(o, d->file);
        aflowi_put_char(o, ':');
    }
    if (d->line) {
        aflowi_put_u64(o, d->line);
        aflowi_put_char(o, ':');
        aflowi_put_u64(o, d->column);
        aflowi_put_char(o, ':');
    }
    if (d->file || d->line) aflowi_put_char(o, ' ');
    aflowi_put_ink(o, color, is_error ? AFLOWI_RED_INK : AFLOWI_YELLOW_INK);
    aflowi_put(o, is_error ? "error: " : "warning: ");
    aflowi_put_ink(o, color, AFLOWI_PLAIN_INK);
    if (d->path[0]) {
        aflowi_put_visible(o, d->path);
        aflowi_put_char(o, ' ');
    }
    aflowi_put_visible(o, d->message);
    aflowi_put_char(o, '\n');
    if (d->line && d->line_text) aflowi_put_quoted_line(o, d, color);
}

AFLOW_API aflow_status aflow_write_diagnostics_with(const aflow_diagnostics *problems, const aflow_text_options *options, aflow_put_fn put, void *context)
{
    aflowi_out o;
    size_t i;
    if (!problems) return AFLOW_MISUSE;
    aflowi_out_init(&o, put, context);
    for (i = 0; i < problems->count; i++) aflowi_put_diagnostic(&o, &problems->items[i], options && options->color);
    if (problems->errors) aflowi_put_count(&o, problems->errors, "error");
    if (problems->errors && problems->warnings) aflowi_put(&o, ", ");
    if (problems->warnings) aflowi_put_count(&o, problems->warnings, "warning");
    if (problems->lost) {
        aflowi_put(&o, " (");
        aflowi_put_u64(&o, problems->lost);
        aflowi_put(&o, " more not shown)");
    }
    if (problems->errors || problems->warnings) aflowi_put_char(&o, '\n');
    return aflowi_out_end(&o);
}

AFLOW_API aflow_status aflow_write_diagnostics(const aflow_diagnostics *problems, aflow_put_fn put, void *context)
{
    return aflow_write_diagnostics_with(problems, NULL, put, context);
}

/* ==========================================================================
   [13] RANDOM
   In:    (seed, replication, entity, purpose)     Out: draws in ticks, counts, choices
   Keeps: a draw is integer arithmetic only, so a stream is the same bits on every
          compiler, flag, CPU and byte order; a sampler never changes once built
   Uses:  [10] [11]                                Public: none
   ========================================================================== */

/* Doubles exist here at plan time only: they are taken apart into integers, worked on exactly, and rounded once.
   Fixed point is written Qn: the integer v means v / 2^n. */

/* ---- 64 x 64 -> 128 bits ---- */

/* schoolbook product of 32-bit halves, for compilers without a 128-bit type; tests compare it with the native one */
AFLOWI_INLINE uint64_t aflowi_mul_hi_portable(uint64_t a, uint64_t b, uint64_t *lo)
{
    uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
    uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32), middle = a0 * b1 + (cross & 0xffffffff);
    *lo = (middle << 32) | (low & 0xffffffff);
    return a1 * b1 + (cross >> 32) + (middle >> 32);
}

/* WebAssembly has no such product: there it would be a call of the compiler's own library, which need not be linked */
#if defined(__SIZEOF_INT128__) && !defined(ASYNCFLOW_NO_INT128) && !defined(__wasm__)
__extension__ typedef unsigned __int128 aflowi_u128;

AFLOWI_INLINE uint64_t aflowi_mul_hi(uint64_t a, uint64_t b, uint64_t *lo)
{
    aflowi_u128 product = (aflowi_u128)a * b;
    *lo = (uint64_t)product;
    return (uint64_t)(product >> 64);
}
#else
AFLOWI_INLINE uint64_t aflowi_mul_hi(uint64_t a, uint64_t b, uint64_t *lo) { return aflowi_mul_hi_portable(a, b, lo); }
#endif

/* the upper word alone: the product of a Qn and a Q64 as Qn, rounded down */
AFLOWI_INLINE uint64_t aflowi_mul_q64(uint64_t a, uint64_t b)
{
    uint64_t lo;
    return aflowi_mul_hi(a, b, &lo);
}

/* ---- 128-bit sums, as two words ---- */

typedef struct aflowi_wide { uint64_t lo, hi; } aflowi_wide;

AFLOWI_INLINE void aflowi_wide_add(aflowi_wide *a, uint64_t hi, uint64_t lo)
{
    a->lo += lo;
    a->hi += hi + (a->lo < lo);
}

AFLOWI_INLINE void aflowi_wide_subtract(aflowi_wide *a, uint64_t hi, uint64_t lo)
{
    uint64_t borrow = a->lo < lo;
    a->lo -= lo;
    a->hi -= hi + borrow;
}

AFLOWI_INLINE void aflowi_wide_add_product(aflowi_wide *a, uint64_t x, uint64_t y)
{
    uint64_t lo, hi = aflowi_mul_hi(x, y, &lo);
    aflowi_wide_add(a, hi, lo);
}

AFLOWI_INLINE void aflowi_wide_subtract_product(aflowi_wide *a, uint64_t x, uint64_t y)
{
    uint64_t lo, hi = aflowi_mul_hi(x, y, &lo);
    aflowi_wide_subtract(a, hi, lo);
}

/* a x m, modulo 2^128. */
static aflowi_wide aflowi_wide_times(aflowi_wide a, uint64_t m)
{
    aflowi_wide r;
    r.hi = aflowi_mul_hi(a.lo, m, &r.lo);
    r.hi += a.hi * m;
    return r;
}

/* Quotient of a by n, where it fits 64 bits; long division by bits. */
static uint64_t aflowi_wide_divide(aflowi_wide a, uint64_t n, uint64_t *remainder)
{
    uint64_t r = 0, q = 0;
    int i;
    for (i = 127; i >= 0; i--) {
        uint64_t bit = i >= 64 ? (a.hi >> (i - 64)) & 1 : (a.lo >> i) & 1, carry = r >> 63;
        r = (r << 1) | bit;
        q <<= 1;
        if (carry || r >= n) {
            r -= n;
            q |= 1;
        }
    }
    *remainder = r;
    return q;
}

/* ---- generator and streams ---- */

/* xoroshiro128++ 1.0, D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021),
   public domain reference code. 16 bytes a stream, period 2^128 - 1. */
typedef struct { uint64_t s0, s1; } aflowi_rng;

AFLOWI_INLINE uint64_t aflowi_rotate(uint64_t x, unsigned left) { return (x << left) | (x >> (64 - left)); }

AFLOWI_HOT uint64_t aflowi_rng_next(aflowi_rng *rng)
{
    uint64_t s0 = rng->s0, s1 = rng->s1, result = aflowi_rotate(s0 + s1, 17) + s0;
    s1 ^= s0;
    rng->s0 = aflowi_rotate(s0, 49) ^ s1 ^ (s1 << 21);
    rng->s1 = aflowi_rotate(s1, 28);
    return result;
}

/* a bijection whose every output bit depends on every input bit: D. Stafford's "Mix13" variant of MurmurHash3's finaliser,
   as in G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 */
AFLOWI_INLINE uint64_t aflowi_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/* an id as 64 bits, byte by byte, so byte order plays no part: FNV-1a (Fowler, Noll, Vo) and a final mix for the upper bits */
static uint64_t aflowi_hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return aflowi_mix(hash);
}

/* One independent chain a state word: in each, coordinates are absorbed one after another and mixed between, so a change of any
   one of them changes both words for certain and about half of all bits. */
static aflowi_rng aflowi_rng_stream(uint64_t seed, uint64_t replication, uint64_t entity_hash, uint32_t purpose)
{
    aflowi_rng rng;
    uint64_t word[2], step = 0x9e3779b97f4a7c15; /* 2^64 / golden ratio, and below the fraction of the square root of 2 */
    int i;
    for (i = 0; i < 2; i++) {
        uint64_t hash = aflowi_mix(seed + step);
        hash = aflowi_mix((hash ^ replication) + step);
        hash = aflowi_mix((hash ^ entity_hash) + step);
        hash = aflowi_mix((hash ^ purpose) + step);
        word[i] = aflowi_mix(hash + step);
        step = 0x6a09e667f3bcc909;
    }
    rng.s0 = word[0];
    rng.s1 = (word[0] | word[1]) ? word[1] : 1; /* the all-zero state would stay zero forever */
    return rng;
}

/* ---- deterministic doubles, plan time ---- */

/* One rounded operation each. The volatile result keeps a product from being fused into a later sum, under any flag: pragmas
   against contraction are ignored by gcc, and by clang when -ffp-contract=fast is given. Volatile operands keep a division by a
   constant from becoming a multiplication by its reciprocal (-freciprocal-math). */
static double aflowi_mul(double a, double b)
{
    volatile double x = a, y = b, result = x * y;
    return result;
}

static double aflowi_div(double a, double b)
{
    volatile double x = a, y = b, result = x / y;
    return result;
}

static double aflowi_add(double a, double b)
{
    volatile double x = a, y = b, result = x + y;
    return result;
}

/* A non-negative number before its rounding: hi:lo x 2^(top - 128), the top bit of hi set, hence in [2^(top-1), 2^top).
   Zero has hi = 0. All plan-time maths is done on these and rounded once at the end. */
typedef struct { uint64_t hi, lo; int32_t top; } aflowi_exact;

static aflowi_exact aflowi_exact_of(uint64_t hi, uint64_t lo, int32_t top)
{
    aflowi_exact x;
    if (!(hi | lo)) top = 0;
    else while (!(hi >> 63)) {
        hi = (hi << 1) | (lo >> 63);
        lo <<= 1;
        top--;
    }
    x.hi = hi;
    x.lo = lo;
    x.top = top;
    return x;
}

/* |value|; infinity and NaN come out as 2^1024 and more, which saturates everywhere below */
static aflowi_exact aflowi_unpack(double value)
{
    uint64_t bits, fraction;
    int32_t field;
    memcpy(&bits, &value, sizeof bits);
    fraction = bits & 0xfffffffffffff;
    field = (int32_t)((bits >> 52) & 0x7ff);
    if (field) fraction |= (uint64_t)1 << 52;
    else field = 1;
    return aflowi_exact_of(fraction << 11, 0, field - 1022);
}

static int aflowi_is_negative(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (int)(bits >> 63);
}

/* x in units which leave n bits before the binary point, rounded half to even; saturates where n > 64 */
static uint64_t aflowi_round_to(aflowi_exact x, int32_t n)
{
    uint64_t whole, rest, half = (uint64_t)1 << 63;
    if (!x.hi || n < 0) return 0;
    if (n > 64) return UINT64_MAX;
    whole = n == 0 ? 0 : x.hi >> (64 - n);
    rest = n == 64 ? x.lo : (x.hi << n) | (x.lo != 0);
    if (rest > half || (rest == half && (whole & 1))) whole += whole != UINT64_MAX;
    return whole;
}

/* the nearest double, ties to even, subnormals included; what exceeds the largest finite one becomes it */
static double aflowi_pack(int negative, aflowi_exact x)
{
    const uint64_t largest = 0x7fefffffffffffff;
    int32_t field = x.top + 1022;
    uint64_t bits;
    double value;
    if (!x.hi) bits = 0;
    else if (field > 2046) bits = largest;
    else if (field > 0) bits = ((uint64_t)(field - 1) << 52) + aflowi_round_to(x, 53);
    else bits = aflowi_round_to(x, field + 52);
    if (bits > largest) bits = largest;
    bits |= (uint64_t)(negative != 0) << 63;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* |value| x unit, exactly: 53 + 64 bits */
static aflowi_exact aflowi_product(double value, uint64_t unit)
{
    aflowi_exact x = aflowi_unpack(value);
    uint64_t lo, hi = aflowi_mul_hi(x.hi, unit, &lo);
    return aflowi_exact_of(hi, lo, x.top + 64);
}

/* value x unit as an integer, rounded half to even: 0.002 s in nanoseconds is 2000000. Negative gives 0. */
static uint64_t aflowi_scale(double value, uint64_t unit)
{
    aflowi_exact x = aflowi_product(value, unit);
    uint64_t ticks = aflowi_is_negative(value) ? 0 : aflowi_round_to(x, x.top);
    return ticks < AFLOWI_NEVER ? ticks : AFLOWI_NEVER;
}

#define AFLOWI_LN2_Q64   0xb17217f7d1cf79ab
#define AFLOWI_LOG2E_Q63 0xb8aa3b295c17f0bc

/* correctly rounded; the digits of the root are found one by one (54 of them and a sticky bit). Negative gives 0. */
static double aflowi_sqrt(double value)
{
    aflowi_exact x = aflowi_unpack(value);
    uint64_t digits, root = 0, rest = 0;
    int i;
    if (!x.hi || aflowi_is_negative(value)) return 0.0;
    digits = x.top & 1 ? x.hi >> 1 : x.hi; /* so that the exponent is even; the lowest 11 bits of hi are zero */
    if (x.top & 1) x.top++;
    for (i = 0; i < 55; i++) {
        rest = (rest << 2) | (digits >> 62);
        digits <<= 2;
        root <<= 1;
        if (rest >= 2 * root + 1) {
            rest -= 2 * root + 1;
            root++;
        }
    }
    return aflowi_pack(0, aflowi_exact_of((root << 9) | (rest != 0), 0, x.top / 2));
}

/* num / den in Q64 for num < den, digit by digit */
static uint64_t aflowi_quotient(uint64_t num, uint64_t den)
{
    uint64_t quotient = 0;
    int i;
    for (i = 0; i < 64; i++) {
        int carry = num >= den - num;
        num = carry ? num - (den - num) : num + num;
        quotient = (quotient << 1) | (uint64_t)carry;
    }
    return quotient;
}

/* |ln m| for m = h / 2^62 in [sqrt 1/2, sqrt 2], as 2 artanh s with s = |m - 1| / (m + 1) <= 0.172: the series
   2 s (1 + s^2/3 + s^4/5 + ...). Scaling s to full words first keeps the error relative to the result: below 2^-58. */
static aflowi_exact aflowi_ln_near_one(uint64_t h)
{
    const uint64_t one = (uint64_t)1 << 62;
    uint64_t num = h < one ? one - h : h - one, den = h + one, q, square, sum, lo, hi;
    int32_t zeros = 0;
    int32_t k;
    if (!num) return aflowi_exact_of(0, 0, 0);
    for (; num < den - num; zeros++) num <<= 1;
    q = aflowi_quotient(num, den); /* s = q / 2^(64 + zeros) */
    square = zeros < 32 ? aflowi_mul_q64(q, q) >> (2 * zeros) : 0;
    sum = ((uint64_t)1 << 63) / 29;
    for (k = 27; k > 0; k -= 2) sum = aflowi_mul_q64(sum, square) + ((uint64_t)1 << 63) / (uint64_t)k;
    hi = aflowi_mul_hi(q, sum, &lo);
    return aflowi_exact_of(hi, lo, 2 - zeros);
}

/* Natural logarithm, error below 0.51 units in the last place. Zero and less give -746, below the logarithm of every positive
   double, so that aflowi_exp makes it 0 again. */
static double aflowi_ln(double value)
{
    aflowi_exact x = aflowi_unpack(value), part;
    int32_t exponent = x.top;
    int below_one;
    uint64_t h, hi, lo, tail;
    if (!x.hi || aflowi_is_negative(value)) return -746.0;
    if (x.hi < 0xb504f333f9de6485) { h = x.hi >> 1; exponent--; } /* sqrt 1/2 in Q64 */
    else h = x.hi >> 2;
    below_one = h < (uint64_t)1 << 62;
    part = aflowi_ln_near_one(h);
    if (exponent == 0) return aflowi_pack(below_one, part);
    hi = aflowi_mul_hi((uint64_t)(exponent < 0 ? -exponent : exponent), AFLOWI_LN2_Q64, &lo);
    tail = part.hi && part.top > -64 ? part.hi >> -part.top : 0; /* Q64: |ln m| < 0.35, so top <= -1 */
    if (below_one == (exponent < 0)) { lo += tail; hi += lo < tail; }
    else { hi -= lo < tail; lo -= tail; }
    return aflowi_pack(exponent < 0, aflowi_exact_of(hi, lo, 64));
}

/* 2^(i/64) in Q63, rounded down */
static const uint64_t aflowi_exp2_table[64] = {
    0x8000000000000000, 0x8164d1f3bc030773, 0x82cd8698ac2ba1d7, 0x843a28c3acde4046, 0x85aac367cc487b14,
    0x871f61969e8d1010, 0x88980e8092da8527, 0x8a14d575496efd9a, 0x8b95c1e3ea8bd6e6, 0x8d1adf5b7e5ba9e5,
    0x8ea4398b45cd53c0, 0x9031dc431466b1dc, 0x91c3d373ab11c336, 0x935a2b2f13e6e92b, 0x94f4efa8fef70961,
    0x96942d3720185a00, 0x9837f0518db8a96f, 0x99e0459320b7fa64, 0x9b8d39b9d54e5538, 0x9d3ed9a72cffb750,
    0x9ef5326091a111ad, 0xa0b0510fb9714fc2, 0xa27043030c496818, 0xa43515ae09e6809e, 0xa5fed6a9b15138ea,
    0xa7cd93b4e9653569, 0xa9a15ab4ea7c0ef8, 0xab7a39b5a93ed337, 0xad583eea42a14ac6, 0xaf3b78ad690a4374,
    0xb123f581d2ac258f, 0xb311c412a9112489, 0xb504f333f9de6484, 0xb6fd91e328d17791, 0xb8fbaf4762fb9ee9,
    0xbaff5ab2133e45fb, 0xbd08a39f580c36be, 0xbf1799b67a731082, 0xc12c4cca66709456, 0xc346ccda24976407,
    0xc5672a115506dadd, 0xc78d74c8abb9b15c, 0xc9b9bd866e2f27a2, 0xcbec14fef2727c5c, 0xce248c151f8480e3,
    0xd06333daef2b2594, 0xd2a81d91f12ae45a, 0xd4f35aabcfedfa1f, 0xd744fccad69d6af4, 0xd99d15c278afd7b5,
    0xdbfbb797daf23755, 0xde60f4825e0e9123, 0xe0ccdeec2a94e111, 0xe33f8972be8a5a51, 0xe5b906e77c8348a8,
    0xe8396a503c4bdc68, 0xeac0c6e7dd24392e, 0xed4f301ed9942b84, 0xefe4b99bdcdaf5cb, 0xf281773c59ffb139,
    0xf5257d152486cc2c, 0xf7d0df730ad13bb8, 0xfa83b2db722a033a, 0xfd3e0c0cf486c174
};

/* 2^f in Q63 for f in Q64: table for the upper 6 bits, then e^t for t = rest x ln 2 < 0.0109 by its Taylor series to t^6.
   Relative error below 2^-57; everything rounds down, so the sum never reaches 2 and cannot overflow. */
static uint64_t aflowi_exp2(uint64_t f)
{
    uint64_t head = aflowi_exp2_table[f >> 58], t = aflowi_mul_q64(f & 0x3ffffffffffffff, AFLOWI_LN2_Q64);
    uint64_t t2 = aflowi_mul_q64(t, t), low, high;
    low = 0x8000000000000000 + aflowi_mul_q64(t, 0x2aaaaaaaaaaaaaaa);                  /* 1/2! + t/3! */
    high = 0x0aaaaaaaaaaaaaaa + aflowi_mul_q64(t, 0x0222222222222222)                  /* 1/4! + t/5! + t^2/6! */
         + aflowi_mul_q64(t2, 0x005b05b05b05b05b);
    return head + aflowi_mul_q64(head, t + aflowi_mul_q64(t2, low + aflowi_mul_q64(t2, high)));
}

/* 2^16 / (1 + i/64) rounded up, and minus log2 of that / 2^16 in Q64 */
static const uint32_t aflowi_log2_factor[64] = {
    65536, 64528, 63551, 62602, 61681, 60788, 59919, 59075, 58255, 57457, 56680, 55925, 55189, 54472, 53774, 53093,
    52429, 51782, 51151, 50534, 49933, 49345, 48771, 48211, 47663, 47128, 46604, 46092, 45591, 45101, 44621, 44151,
    43691, 43241, 42800, 42367, 41944, 41528, 41121, 40722, 40330, 39946, 39569, 39200, 38837, 38480, 38131, 37787,
    37450, 37118, 36793, 36473, 36158, 35849, 35545, 35247, 34953, 34664, 34380, 34101, 33826, 33555, 33289, 33027
};
static const uint64_t aflowi_log2_table[64] = {
    0x0000000000000000, 0x05b9894c5eaa7e1d, 0x0b5c03f1a22bf343, 0x10ea8b8033bc2f2f, 0x1663dfe58266952d,
    0x1bc6b9d7c06b6fd1, 0x21181b0f835c3c5b, 0x26555a954e6adf74, 0x2b7ef14a9d86b0e8, 0x30970eb1b71fea86,
    0x359e600657cf1b9a, 0x3a9242df94b37497, 0x3f76d333782fc02a, 0x444b3896ca5c851c, 0x490e96434adc9b76,
    0x4dc39b16271452a4, 0x526984da22641fb3, 0x56ff8d9e0a32eab8, 0x5b86c5189648a468, 0x60022daca5c5816e,
    0x646d61bb8f1bd840, 0x68cd5efa5a8fedab, 0x6d1fa4523e86175d, 0x71638cdb3214d1ba, 0x759c68ac49d6e9e9,
    0x79c7aeb4d7c222c1, 0x7de8d279d1f4dce1, 0x81fd4bf3cf8baf09, 0x86069f9dc494e831, 0x8a044e3cffba7cc6,
    0x8df7f50129fef9db, 0x91e12207693a7ecc, 0x95bf618feed7aaef, 0x99923e123e2f1f14, 0x9d5b75d7ef0c87be,
    0xa11cdc9aa3a23814, 0xa4d1986156dda94a, 0xa88001b8b2e0abb1, 0xac2335eadfc26a56, 0xafbd19d7cafaa571,
    0xb34fa81d2a3c5224, 0xb6d835497f32c3fb, 0xba58c4fd423fd8e9, 0xbdce9dcc961871a7, 0xc13e3bc6070304ab,
    0xc4a75e0325724dbe, 0xc804ccfe16ac305a, 0xcb5da4bbf2572740, 0xceaca5ed6e86ec8b, 0xd1f6927d01dd8aff,
    0xd53612245c735d15, 0xd86ffc13435c0831, 0xdba419fb172fb71c, 0xdecf918c14405a85, 0xe1f4c277238a6742,
    0xe510c54d3a291185, 0xe828b83fd61e5541, 0xeb39b82d157f25e2, 0xee438a30a585049c, 0xf145f2b9e275244d,
    0xf443811f3eabc875, 0xf73c09d4cd4b18f1, 0xfa2c89976e56ee15, 0xfd179f358765576e
};

/* log2 x in Q57, 0 for x = 0; error below 2^-55. x = 2^n m; m by its table entry is 1 + z with z < 2^-5.99, whose logarithm is the
   series to z^9 (Muller, Elementary Functions, 2016, on table-driven reductions). */
static uint64_t aflowi_log2(uint64_t x)
{
    uint64_t z, sum = UINT64_MAX / 10, ln;
    uint32_t whole = 63, i, k;
    if (!x) return 0;
    for (; !(x >> 32); whole -= 32) x <<= 32;
    for (i = 16; i; i >>= 1) {
        if (x >> (64 - i)) continue;
        x <<= i;
        whole -= i;
    }
    i = (uint32_t)(x >> 57) & 63;
    z = (aflowi_mul_q64(x, (uint64_t)aflowi_log2_factor[i] << 47) - ((uint64_t)1 << 62)) << 2;
    for (k = 9; k > 1; k--) sum = UINT64_MAX / k - aflowi_mul_q64(z, sum);
    ln = z - aflowi_mul_q64(z, aflowi_mul_q64(z, sum));
    return ((uint64_t)whole << 57) + (aflowi_log2_table[i] >> 7) + (aflowi_mul_q64(ln, AFLOWI_LOG2E_Q63) >> 6);
}

/* e^x at plan time, relative error below 2^-52: 0 far below -745, the largest double where it would exceed it */
static double aflowi_exp(double x)
{
    aflowi_exact y = aflowi_product(x, AFLOWI_LOG2E_Q63);      /* |x| log2 e, in units of 2^-63 */
    int32_t top = y.top - 63, whole = 0;
    uint64_t fraction;
    int negative = aflowi_is_negative(x);
    if (!y.hi || top < -63) return 1.0;
    if (top > 11) return negative ? 0.0 : DBL_MAX;
    if (top > 0) {
        whole = (int32_t)(y.hi >> (64 - top));
        fraction = (y.hi << top) | (y.lo >> (64 - top));
    } else {
        fraction = y.hi >> -top;
    }
    if (negative) {
        whole = -whole - (fraction != 0);
        fraction = 0 - fraction;
    }
    return aflowi_pack(0, aflowi_exact_of(aflowi_exp2(fraction), 0, whole + 1));
}

/* ---- choices ---- */

/* probability in Q63, rounded to nearest: 0 is 0, 1 is 2^63 */
static uint64_t aflowi_threshold(double probability)
{
    const uint64_t one = (uint64_t)1 << 63;
    aflowi_exact p = aflowi_product(probability, one);
    uint64_t threshold = aflowi_is_negative(probability) ? 0 : aflowi_round_to(p, p.top);
    return threshold < one ? threshold : one;
}

/* How many of independent trials fail before one succeeds, when that has probability p: floor(E / -ln(1 - p)) for an exponential
   E, so one draw a success and none a failure. The scale is 1 / -ln(1 - p); p counts to 2^-62. */
typedef struct { uint64_t factor; int32_t shift; } aflowi_geometric;

#define AFLOWI_NEVER_SUCCEEDS INT32_MAX     /* the shift for p = 0 */

static aflowi_geometric aflowi_geometric_of(double probability)
{
    uint64_t threshold = aflowi_threshold(probability), fails = ((uint64_t)1 << 63) - threshold;
    aflowi_geometric g;
    aflowi_exact rate;
    g.factor = 0;                           /* p = 1: always at once */
    g.shift = threshold ? 0 : AFLOWI_NEVER_SUCCEEDS;
    if (!threshold || !fails) return g;
    if (fails > 0x5a827999fcef3242) rate = aflowi_ln_near_one(fails >> 1);      /* sqrt 1/2 in Q63 */
    else rate = aflowi_unpack(aflowi_ln(aflowi_pack(0, aflowi_exact_of(fails, 0, 1))));
    g.factor = rate.hi > (uint64_t)1 << 63 ? aflowi_quotient((uint64_t)1 << 63, rate.hi) : UINT64_MAX;
    g.shift = 55 + rate.top;                /* the exponential is Q56 */
    return g;
}

/* 0 .. n-1 (0 for n = 0), always one draw; D. Lemire's multiply, "Fast random integer generation in an interval", ACM TOMACS 29
   (2019), without its rejection: no value's probability is off by more than 2^-64, a relative bias below n / 2^64 < 2^-32 */
AFLOWI_INLINE uint32_t aflowi_draw_below(aflowi_rng *rng, uint32_t n)
{
    return (uint32_t)aflowi_mul_q64(aflowi_rng_next(rng), n);
}

/* relative weights -> running sums in Q63; nothing but zeros, or NULL, counts as equal weights */
static void aflowi_weights(const double *weight, uint32_t n, uint64_t *running)
{
    double total = 0.0, sum = 0.0;
    uint32_t i;
    for (i = 0; weight && i < n; i++) total = aflowi_add(total, weight[i]);
    for (i = 0; i < n; i++) {
        sum = total > 0.0 ? aflowi_add(sum, weight[i]) : i + 1.0;
        running[i] = aflowi_threshold(aflowi_div(sum, total > 0.0 ? total : n));
    }
}

/* the first index whose running sum exceeds a uniform draw, hence never one of weight 0; always one draw */
AFLOWI_INLINE uint32_t aflowi_draw_weighted(aflowi_rng *rng, const uint64_t *running, uint32_t n)
{
    uint64_t u = aflowi_rng_next(rng) >> 1;
    uint32_t i = 0;
    while (i + 1 < n && u >= running[i]) i++;
    return i;
}

/* ---- the two ziggurats ---- */

/* G. Marsaglia and W. Tsang, "The ziggurat method for generating random variables", J. Stat. Software 5 (2000): the area under
   a falling density f is covered by 256 layers of equal area V. Edges in Q56: with r = edge[1] and A the area beyond r,
       V = r f(r) + A,   edge[0] = V / f(r),   f(edge[i+1]) = f(edge[i]) + V / edge[i],   edge[256] = 0,
   and r is the solution which makes the last one come out. f(x) = e^-x: r = 7.69711747, V = 0.00394965982;
   f(x) = e^(-x^2/2): r = 3.65415288, V = 0.00492867324. One 64-bit draw gives the layer (its low bits) and x = u edge[layer];
   below edge[layer+1] the point lies under the curve for certain, in 98.9 and 99.3 of 100 draws. */
static const uint64_t aflowi_exp_edge[257] = {
    0x8b2764a5faee0a6, 0x7b2764a5faee0a6, 0x6f0e794769c7ef0, 0x67a7703521ee14b, 0x624e7f9bcbb465c,
    0x5e1d435bab18bbb, 0x5aa99db52efdc83, 0x57b9eb85cc4f49b, 0x552b60f33dcfd6b, 0x52e75f351d47447,
    0x50de5d9b904d86d, 0x4f053b1f22e1845, 0x4d53b89f33dd768, 0x4bc38e291047c0c, 0x4a4fd6b926aa956,
    0x48f4aed966467cc, 0x47aef28327e9f14, 0x467c0ef2cf0b571, 0x4559e19dd510a80, 0x4446a00d0e4a998,
    0x4340c5e17522801, 0x424707372e95368, 0x4158462fd63bba6, 0x40738acd8bb0b6e, 0x3f97fc87ed8dca9,
    0x3ec4dd2f23ef4d5, 0x3df984cea1d4937, 0x3d355e55e70781f, 0x3c77e4dc3212c03, 0x3bc0a15e9de33ec,
    0x3b0f28dfd877d89, 0x3a631ad64e718a6, 0x39bc1fd9e552fe9, 0x3919e8859191e7c, 0x387c2c8385c14e5,
    0x37e2a9bc97deee9, 0x374d23a4edb4bc9, 0x36bb62a123d41ec, 0x362d3380076c13b, 0x35a26705b08b88c,
    0x351ad1855b0dd31, 0x34964a87d098766, 0x3414ac7c93e2ef6, 0x3395d47449b3d3a, 0x3319a1e31a35b01,
    0x329ff669f8541ca, 0x3228b5a5e6ea879, 0x31b3c504766d2ad, 0x31410b9cd2b7555, 0x30d0720cd0e6838,
    0x3061e259817d86b, 0x2ff547d2dc28247, 0x2f8a8efa28eda5f, 0x2f21a56ad6e3f1a, 0x2eba79c57ae3855,
    0x2e54fb9cb9a42f6, 0x2df11b63e84a0d8, 0x2d8eca5f34f63c1, 0x2d2dfa952e91dcf, 0x2cce9ec187e863e,
    0x2c70aa48f65d28d, 0x2c14112e1030f16, 0x2bb8c807117b3b0, 0x2b5ec3f471c20ec, 0x2b05fa983688c22,
    0x2aae620df14eb45, 0x2a57f0e35955631, 0x2a029e11732a109, 0x29ae60f639624de, 0x295b314ebb4297c,
    0x29090731a728648, 0x28b7db0a3792589, 0x2867a5937a85efa, 0x28185fd3ebdd59b, 0x27ca03195bbd9f0,
    0x277c88f51b1706c, 0x272feb3868a286a, 0x26e423f11950acf, 0x26992d667792caf, 0x264f0216554fa00,
    0x26059cb24cb2c90, 0x25bcf81d2c5ae0a, 0x25750f688bb6a16, 0x252dddd284a6566, 0x24e75ec38fb54c5,
    0x24a18dcc807773f, 0x245c66a49fca9f8, 0x2417e527e1e9434, 0x23d405553666e09, 0x2390c34cf054b42,
    0x234e1b4f44f040c, 0x230c09badf5d3b9, 0x22ca8b0b8809811, 0x22899bd8de74569, 0x224938d5242a946,
    0x22095ecc17df9c9, 0x21ca0aa1df9f6e5, 0x218b39520128dee, 0x214ce7ee679032c, 0x210f139e755a1de,
    0x20d1b99e224db66, 0x2094d73d244945f, 0x205869de2272359, 0x201c6ef5f223a8e, 0x1fe0e40add09d85,
    0x1fa5c6b3efe1e51, 0x1f6b1498515ecfc, 0x1f30cb6ea0bc7f5, 0x1ef6e8fc5b9167e, 0x1ebd6b154a76783,
    0x1e844f9af4237f2, 0x1e4b947c16a451b, 0x1e1337b426509b8, 0x1ddb374ad2357f5, 0x1da391538da50a4,
    0x1d6c43ed1ea3fe8, 0x1d354d4130f2ad6, 0x1cfeab83ed717fb, 0x1cc85cf395a56be, 0x1c925fd82323fb4,
    0x1c5cb282eab1a41, 0x1c27534e42e02ca, 0x1bf2409d2dfd84e, 0x1bbd78db0726105, 0x1b88fa7b324fb5e,
    0x1b54c3f8cf25421, 0x1b20d3d66e8bb51, 0x1aed289dcaacff6, 0x1ab9c0df81657a1, 0x1a869b32d0f30ef,
    0x1a53b63556c68fe, 0x1a21108ad0592d7, 0x19eea8dcdde9513, 0x19bc7ddac7035ca, 0x198a8e3940bbf3d,
    0x1958d8b235828a0, 0x19275c048e73e10, 0x18f616f3fe15134, 0x18c50848cc60942, 0x18942ecfa40f542,
    0x186389596108e6e, 0x183316badfe6299, 0x1802d5ccce7276e, 0x17d2c56b7d17f6f, 0x17a2e476b1240a3,
    0x177331d177d12fa, 0x1743ac61fa041c0, 0x1714531150a9fa9, 0x16e524cb59a607d, 0x16b6207e8d3cdf4,
    0x1687451bd3ebee7, 0x165891965c9b8c1, 0x162a04e3731a2dc, 0x15fb9dfa56cf266, 0x15cd5bd4119334a,
    0x159f3d6b4e9cf8c, 0x157141bc316f26c, 0x154367c42cb5f7f, 0x1515ae81d900fb2, 0x14e814f4cb45ea4,
    0x14ba9a1d6b18a3a, 0x148d3cfcc883c39, 0x145ffc94716ca6d, 0x1432d7e6466cd01, 0x1405cdf44f09c3f,
    0x13d8ddc08d336d7, 0x13ac064ccfeffc4, 0x137f469a851aefd, 0x13529daa8a1ba0c, 0x13260a7cfb76115,
    0x12f98c11031720b, 0x12cd2164a53b5d7, 0x12a0c9748bcda99, 0x1274833bd0189f5, 0x12484db3c2a3294,
    0x121c27d3b10e04c, 0x11f01090a9c4e1d, 0x11c406dd3d5282d, 0x119809a93d23959, 0x116c17e1777ffb0,
    0x1140306f707dbdd, 0x1114523917ac153, 0x10e87c207a2f65e, 0x10bcad037101369, 0x1090e3bb4b0071d,
    0x10651f1c7276f7b, 0x10395df60db161d, 0x100d9f119a3cd8e, 0x0fe1e1328254d09, 0x0fb62315abff5aa,
    0x0f8a6371014a4fc, 0x0f5ea0f2f10db13, 0x0f32da41e78821d, 0x0f070dfbbe18ff2, 0x0edb3ab521482b6,
    0x0eaf5ef8ec35c65, 0x0e83794778737d6, 0x0e578815e12d6d6, 0x0e2b89cd38694f6, 0x0dff7cc9acff4c9,
    0x0dd35f599fc7c4b, 0x0da72fbca64bcdb, 0x0d7aec22791264a, 0x0d4e92a9cb69309, 0x0d22215f0a44253,
    0x0cf5963aff81df8, 0x0cc8ef2156899c3, 0x0c9c29defed1223, 0x0c6f4428686294d, 0x0c423b9795f0f5d,
    0x0c150da9ff6acc7, 0x0be7b7be3f40b8e, 0x0bba371183bcb97, 0x0b8c88bcbcc85da, 0x0b5ea9b17d54a20,
    0x0b3096b68634703, 0x0b024c63ee97678, 0x0ad3c71edc5f7e9, 0x0aa50314bc37a64, 0x0a75fc35e685c9b,
    0x0a46ae2f9af3890, 0x0a1714653833a44, 0x09e729e890b1503, 0x09b6e97136c1013, 0x09864d52936d25b,
    0x09554f7091b4059, 0x0923e9329c7f973, 0x08f213749f24f37, 0x08bfc675a5efcff, 0x088cf9c3a4fad78,
    0x0859a423cdc07e2, 0x0825bb76b53aac0, 0x07f134975a0c823, 0x07bc0333d7d3ea8, 0x0786199e3c5cd68,
    0x074f68937c5f0d6, 0x0717def5e30fe24, 0x06df69777768f0f, 0x06a5f22f975480e, 0x066b6015488df47,
    0x062f965534d81ba, 0x05f2737685f4065, 0x05b3d03c29caef5, 0x05737e274092b0d, 0x0531457182ff886,
    0x04ece23f8f5bb28, 0x04a600a436898cb, 0x045c36c935bd9c0, 0x040efc1271970ef, 0x03bd9b16edb7b30,
    0x03671a3def36f98, 0x030a121f784f4ff, 0x02a45cdca9454e7, 0x023266b52b71b74, 0x01ad6b2495b4d2b,
    0x010589d8b5d4119, 0x000000000000000
};

static const uint64_t aflowi_normal_edge[257] = {
    0x3e9276f02bb3046, 0x3a776904135a65e, 0x37303e70f1fb605, 0x351fb8f128eeb1e, 0x3397dc0280af550,
    0x325dc128de892b5, 0x31561f7f54f8273, 0x3072060a53e466e, 0x2fa85be9ad9d161, 0x2ef32aac120ce3e,
    0x2e4e51e0bef4666, 0x2db6d71a13c4622, 0x2d2a817d3fcb841, 0x2ca79cf600d5d32, 0x2c2cd39f0c3c96a,
    0x2bb9144875a1fbe, 0x2b4b8116e31bb2e, 0x2ae3635295c837a, 0x2a8022a474fc865, 0x2a213ea7d358846,
    0x29c64a1b9b1206d, 0x296ee73ad6b4504, 0x291ac4eb3887793, 0x28c99c894e742b5, 0x287b302aa8bd288,
    0x282f493973cbb51, 0x27e5b754c1e8ea6, 0x279e4f662e094c4, 0x2758eae15d11f4d, 0x27156724ac82149,
    0x26d3a4f46750808, 0x2693880b5c25461, 0x2654f6bcd14945a, 0x2617d9a4ad5ddb4, 0x25dc1b6352f1ea9,
    0x25a1a8632db72f0, 0x25686ea65414a51, 0x25305d9aee1cf02, 0x24f965f550b25b4, 0x24c3798eecb1c05,
    0x248e8b49593848e, 0x245a8ef4dfa7de8, 0x2427793a099903f, 0x23f53f85c5b2027, 0x23c3d7f7c95c72d,
    0x23933952e34d29d, 0x23635aeefe5f1eb, 0x233434ac9dd759d, 0x2305bee9a424c42, 0x22d7f2773bdde93,
    0x22aac890c05c799, 0x227e3ad38812ddf, 0x2252433776ba6e4, 0x2226dc0840e0858, 0x21fbffdf4d3f6fa,
    0x21d1a99e22cb28b, 0x21a7d469547a636, 0x217e7ba3dda891b, 0x21559aeae3818a1, 0x212d2e11d144a98,
    0x2105311ec65c2f1, 0x20dda0474e4cd13, 0x20b677ed5b66fc8, 0x208fb49c7deb8eb, 0x206953075205565,
    0x204350051f928e6, 0x201da88fa740ea3, 0x1ff859c118f60b2, 0x1fd360d22fe7855, 0x1faebb187122bee,
    0x1f8a66048997824, 0x1f665f20c901681, 0x1f42a40fb74d6d3, 0x1f1f328ac25320a, 0x1efc086101eca91,
    0x1ed9237610a7399, 0x1eb681c0f76f07c, 0x1e94214b2abf091, 0x1e72002f97fe233, 0x1e501c99c1d1862,
    0x1e2e74c4ea46f33, 0x1e0d06fb49d2191, 0x1debd195522e341, 0x1dcad2f8fc490ba, 0x1daa0999206e6e7,
    0x1d8973f4d7fba45, 0x1d691096e7f122a, 0x1d48de1533c6473, 0x1d28db1037ef205, 0x1d0906328b8f6e4,
    0x1ce95e3068e0377, 0x1cc9e1c73bd68fb, 0x1caa8fbd36a2ab5, 0x1c8b66e0eba6172, 0x1c6c6608ec87056,
    0x1c4d8c136e0d1cd, 0x1c2ed7e5f07a2d3, 0x1c10486cec169fe, 0x1bf1dc9b81ae827, 0x1bd3936b2ec0a20,
    0x1bb56bdb85256de, 0x1b9764f1e5f73c9, 0x1b797db93f89280, 0x1b5bb541ce3d041, 0x1b3e0aa0e00c00f,
    0x1b207cf09a985bf, 0x1b030b4fc3a11b6, 0x1ae5b4e18bb337e, 0x1ac878cd5af5cf7, 0x1aab563e9ff10a5,
    0x1a8e4c64a0313f6, 0x1a715a724aa9a71, 0x1a547f9e0bbb8ac, 0x1a37bb21a2c85e6, 0x1a1b0c39f93695a,
    0x19fe7226fad24d7, 0x19e1ec2b6f7413d, 0x19c5798cd5d92db, 0x19a919933f99c0c, 0x198ccb892e2a32e,
    0x19708ebb70d5ef5, 0x1954627903a28b6, 0x19384612ef0afdc, 0x191c38dc288348c, 0x19003a2973b590a,
    0x18e44951446a282, 0x18c865aba10c9d0, 0x18ac8e9205c0446, 0x1890c35f47f72e3, 0x1875036f7a7ec6c,
    0x18594e1fd1f5bdd, 0x183da2ce899f159, 0x182200dac88676c, 0x180667a486ea1f5, 0x17ead68c73dee74,
    0x17cf4cf3db22fc6, 0x17b3ca3c8b140a6, 0x17984dc8babd947, 0x177cd6faeff44a8, 0x17616535e573202,
    0x1745f7dc70eedcd, 0x172a8e516914c76, 0x170f27f78b68ec5, 0x16f3c43161f855a, 0x16d8626128d3543,
    0x16bd01e8b343bd7, 0x16a1a22950b2b33, 0x16864283b13138c, 0x166ae257c99673e, 0x164f8104b7260cf,
    0x16341de8a2b0a38, 0x1618b860a31fc4d, 0x15fd4fc89f5e391, 0x15e1e37b2f8cd48, 0x15c672d17d733eb,
    0x15aafd23241b5a5, 0x158f81c60e85153, 0x1574000e555f795, 0x1558774e1bb2c8c, 0x153ce6d56a66503,
    0x15214df20a8b5bc, 0x1505abef5e5562f, 0x14ea001638a605d, 0x14ce49acb311dcd, 0x14b287f602415dd,
    0x1496ba32488f300, 0x147adf9e66c337a, 0x145ef773cac75e8, 0x144300e83c30a5d, 0x1426fb2da6745ee,
    0x140ae571e09e760, 0x13eebede725a855, 0x13d28698561de30, 0x13b63bbfb83d05b, 0x1399dd6fb2b266e,
    0x137d6abe05586c8, 0x1360e2baca52d76, 0x13444470265ea3f, 0x13278ee1f4b9333, 0x130ac10d6e48d9e,
    0x12edd9e8cba9904, 0x12d0d862e1b8558, 0x12b3bb62b82edb7, 0x129681c719d71cf, 0x12792a661dd3816,
    0x125bb40ca96bfe2, 0x123e1d7de9c3218, 0x12206572c4c6eba, 0x12028a9940a0a2c, 0x11e48b93e0d430c,
    0x11c666f8f82ace9, 0x11a81b51ee6d8ad, 0x1189a71a78da36b, 0x116b08bfc420206, 0x114c3e9f8e91434,
    0x112d4707310fc10, 0x110e20329515f0f, 0x10eec84b16086ea, 0x10cf3d664bcc828, 0x10af7d84bc61162,
    0x108f869071f40ea, 0x106f565b72a013c, 0x104eea9e16a5ff8, 0x102e40f5398f9ce, 0x100d56e04234ee5,
    0x0fec29befd17585, 0x0fcab6cf43ebd93, 0x0fa8fb2a6c7b45e, 0x0f86f3c27831151, 0x0f649d5efcc1691,
    0x0f41f499bd37821, 0x0f1ef5dae977012, 0x0efb9d54f8bb2b3, 0x0ed7e70011dc63d, 0x0eb3ce94f20f89e,
    0x0e8f4f87405ba5a, 0x0e6a64ff391347a, 0x0e4509d2991db30, 0x0e1f387caca77bf, 0x0df8eb155fc11c5,
    0x0dd21b47294fa01, 0x0daac243a13d177, 0x0d82d8b689b650e, 0x0d5a56b7080b1b2, 0x0d3133b6bbe6af7,
    0x0d07666e525398b, 0x0cdce4c71c62a64, 0x0cb1a3c1160f783, 0x0c859754a767cf2, 0x0c58b24f3dbb4f7,
    0x0c2ae629a1853e4, 0x0bfc22d6a37aa48, 0x0bcc568859953ec, 0x0b9b6d69a37c56b, 0x0b6951490002bb4,
    0x0b35e930d1be221, 0x0b0118e7ecbf788, 0x0acac05383e74e0, 0x0a92bab10d69bcb, 0x0a58dd9b1eff56b,
    0x0a1cf7c6ffcdad2, 0x09decf60d1589a0, 0x099e1fe02bc8fcd, 0x095a971c31ec425, 0x0913d147bd0d7cd,
    0x08c9534ba09b3e6, 0x087a829d812ea4c, 0x08269913c75dda1, 0x07cc920b5335742, 0x076b0bd69d1ca03,
    0x0700134bce1881b, 0x0688c30b933432a, 0x06007f3a0be9c6a, 0x055f2e4e110edc4, 0x04942bcf0b16f19,
    0x0371a17c7fbee04, 0x000000000000000
};

/* True with probability e^-t for t in Q64: a falling run t > u1 > u2 > ... of uniforms has length n or more with probability
   t^n / n!, so an even length has 1 - t + t^2/2 - ... = e^-t. Comparisons only: J. von Neumann, "Various techniques used in
   connection with random digits" (1951). */
static int aflowi_chance_exp(aflowi_rng *rng, uint64_t t)
{
    int even = 1;
    uint64_t u;
    while ((u = aflowi_rng_next(rng)) < t) {
        t = u;
        even = !even;
    }
    return even;
}

/* The wedge between layer i and the curve. With f = e^-h, x is under the curve with probability
   (e^-d - e^-span) / (1 - e^-span), d = h(x) - h(edge[i+1]), span = h(edge[i]) - h(edge[i+1]) < 0.76: that is the chance of
   an exponential variate, given that it is below span, to exceed d. So one is drawn (a uniform t, kept with probability e^-t)
   and compared; no table of f, no exp. d and span in Q64. */
static int aflowi_under_curve(aflowi_rng *rng, uint64_t d, uint64_t span)
{
    uint64_t t;
    do t = aflowi_mul_q64(aflowi_rng_next(rng), span);
    while (!aflowi_chance_exp(rng, t));
    return t > d;
}

/* the rare part of the exponential: layer 0 is the tail, where the law starts afresh at r because it has no memory */
AFLOWI_RARE uint64_t aflowi_draw_exp_rest(aflowi_rng *rng, uint32_t layer, uint64_t x)
{
    const uint64_t *edge = aflowi_exp_edge;
    uint64_t start = 0;
    for (;;) {
        uint64_t u;
        if (layer == 0) start += edge[1];
        else if (aflowi_under_curve(rng, (x - edge[layer + 1]) << 8, (edge[layer] - edge[layer + 1]) << 8)) return start + x;
        u = aflowi_rng_next(rng);
        layer = (uint32_t)(u & 255);
        x = aflowi_mul_q64(u, edge[layer]);
        if (x < edge[layer + 1]) return start + x;
    }
}

/* Exponential of mean 1 in Q56. The law is exact up to the grid: layer areas are right to 2^-53, values to 2^-56. The word
   could hold 256; 44 is exceeded with probability 1e-19, 128 with 1e-56. */
AFLOWI_HOT uint64_t aflowi_draw_exp(aflowi_rng *rng)
{
    uint64_t u = aflowi_rng_next(rng);
    uint32_t layer = (uint32_t)(u & 255);
    uint64_t x = aflowi_mul_q64(u, aflowi_exp_edge[layer]);
    return x < aflowi_exp_edge[layer + 1] ? x : aflowi_draw_exp_rest(rng, layer, x);
}

/* Beyond r: x = e1 / r is right when e2 > x^2 / 2. G. Marsaglia, "Generating a variable from the tail of the normal
   distribution", Technometrics 6 (1964). An x of 11 would need an e2 above 60; it is refused before its square overflows. */
static uint64_t aflowi_draw_normal_tail(aflowi_rng *rng)
{
    for (;;) {
        uint64_t x = aflowi_mul_q64(aflowi_draw_exp(rng), 0x460ea9b083a303b6); /* 1/r in Q64 */
        uint64_t e2 = aflowi_draw_exp(rng);
        if (x < (uint64_t)11 << 56 && aflowi_mul_q64(x, x) << 7 < e2) return aflowi_normal_edge[1] + x; /* Q48 -> Q56, halved */
    }
}

/* (x^2 - a^2) / 2 in Q64, of x and a in Q56 with x - a < 1 and x + a < 16: a Q64 times a Q60 */
static uint64_t aflowi_half_squares(uint64_t x, uint64_t a) { return aflowi_mul_q64((x - a) << 8, (x + a) << 4) << 3; }

/* the rare part of the normal */
static uint64_t aflowi_draw_normal_rest(aflowi_rng *rng, uint32_t layer, uint64_t x)
{
    const uint64_t *edge = aflowi_normal_edge;
    for (;;) {
        uint64_t u, a = edge[layer + 1];
        if (layer == 0) return aflowi_draw_normal_tail(rng);
        if (aflowi_under_curve(rng, aflowi_half_squares(x, a), aflowi_half_squares(edge[layer], a))) return x;
        u = aflowi_rng_next(rng);
        layer = (uint32_t)(u & 255);
        x = aflowi_mul_q64(u, edge[layer]);
        if (x < edge[layer + 1]) return x;
    }
}

/* |N(0, 1)| in Q56, below 15; its sign apart */
AFLOWI_INLINE uint64_t aflowi_draw_normal(aflowi_rng *rng, int *negative)
{
    uint64_t u = aflowi_rng_next(rng);
    uint32_t layer = (uint32_t)(u & 255);
    uint64_t x = aflowi_mul_q64(u, aflowi_normal_edge[layer]);
    *negative = (int)((u >> 8) & 1);
    return x < aflowi_normal_edge[layer + 1] ? x : aflowi_draw_normal_rest(rng, layer, x);
}

/* ---- samplers ---- */

typedef enum {
    AFLOWI_LAW_CONSTANT, AFLOWI_LAW_EXPONENTIAL, AFLOWI_LAW_EXPONENTIAL_LONG, AFLOWI_LAW_UNIFORM,
    AFLOWI_LAW_NORMAL, AFLOWI_LAW_LOG_NORMAL, AFLOWI_LAW_POISSON, AFLOWI_LAW_GAMMA, AFLOWI_LAW_WEIBULL, AFLOWI_LAW_PARETO,
    AFLOWI_LAW_HYPEREXPONENTIAL, AFLOWI_LAW_DISCRETE, AFLOWI_LAW_CHANCE, AFLOWI_LAW_BITS
} aflowi_law;

/* Plain data, the same for all threads. A law's numbers are put into fixed point with `shift` bits behind the point, chosen per
   sampler so that they fill a word; only the end of a draw rounds to whole ticks, so means are not biased.
       constant     base: ticks
       exponential  factor: mean, Q(shift + 8)
       uniform      base: low, factor: high - low, both Q(shift)
       normal       base: mean, Q(shift); factor: sd, Q(shift + 8)
       log_normal   base: log2 of the median plus 2^18, Q44; factor: sigma / ln 2, Q52
       poisson      shift:base: mean, Q56; factor: unit
       chance       base: the probability of 1, Q63; else 0
       bits         64 of them, whatever the unit
       weibull      base: log2 of the scale plus 2^18, Q44; factor: 1 / shape, Q(64 - shift)
       the others   base: address of the law's own numbers, which an arena keeps: aflowi_gamma and its like */
typedef struct {
    uint64_t base, factor;
    int32_t shift;
    uint32_t law;
} aflowi_sampler;

/* an exponential's scale alone, for a generator which changes its rate with every window */
typedef struct { uint64_t factor; int32_t shift; } aflowi_exp_scale;

/* x in Q(shift) to the nearest integer, at most AFLOWI_NEVER = 2^62; only where shift < 2 can x exceed it, so that is apart */
static uint64_t aflowi_to_ticks_wide(uint64_t x, int32_t shift)
{
    if (shift == 1) x = (x >> 1) + (x & 1);
    if (shift < 0) {
        if (shift <= -62 || x > AFLOWI_NEVER >> -shift) return x ? AFLOWI_NEVER : 0;
        x <<= -shift;
    }
    return x < AFLOWI_NEVER ? x : AFLOWI_NEVER;
}

AFLOWI_INLINE uint64_t aflowi_to_near_ticks(uint64_t x, int32_t shift) { return ((x >> (shift - 1)) + 1) >> 1; }

AFLOWI_INLINE uint64_t aflowi_to_ticks(uint64_t x, int32_t shift)
{
    return shift >= 2 ? aflowi_to_near_ticks(x, shift) : aflowi_to_ticks_wide(x, shift);
}

static uint64_t aflowi_draw_geometric(aflowi_geometric g, aflowi_rng *rng)
{
    uint64_t x;
    if (g.shift == AFLOWI_NEVER_SUCCEEDS) return UINT64_MAX;
    x = aflowi_mul_q64(aflowi_draw_exp(rng), g.factor);
    if (g.shift >= 0) return x >> g.shift;
    return x >> (64 + g.shift) ? UINT64_MAX : x << -g.shift;
}

static aflowi_sampler aflowi_sampler_of(aflowi_law law, uint64_t base, uint64_t factor, int32_t shift)
{
    aflowi_sampler s;
    s.base = base;
    s.factor = factor;
    s.shift = shift;
    s.law = (uint32_t)law;
    return s;
}

/* always value >= 0 */
static aflowi_sampler aflowi_sampler_constant(double value, uint64_t unit)
{
    return aflowi_sampler_of(AFLOWI_LAW_CONSTANT, aflowi_scale(value, unit), 0, 0);
}

/* Mean >= 0 of any size, kept to 64 bits. Below 2^-8 ticks every draw is 0, as all but e^-128 of them would be anyway. */
static aflowi_exp_scale aflowi_exponential_scale(double mean, uint64_t unit)
{
    aflowi_exact x = aflowi_product(mean, unit);
    aflowi_exp_scale scale;
    if (aflowi_is_negative(mean) || x.top < -7) x = aflowi_exact_of(0, 0, 0);
    scale.factor = aflowi_round_to(x, 64);
    scale.shift = 56 - x.top;
    return scale;
}

AFLOWI_HOT uint64_t aflowi_draw_exponential(aflowi_exp_scale scale, aflowi_rng *rng)
{
    return aflowi_to_ticks(aflowi_mul_q64(aflowi_draw_exp(rng), scale.factor), scale.shift);
}

/* mean >= 0 */
static aflowi_sampler aflowi_sampler_exponential(double mean, uint64_t unit)
{
    aflowi_exp_scale scale = aflowi_exponential_scale(mean, unit);
    return aflowi_sampler_of(scale.shift >= 2 ? AFLOWI_LAW_EXPONENTIAL : AFLOWI_LAW_EXPONENTIAL_LONG, 0, scale.factor, scale.shift);
}

/* 0 <= low <= high, continuous on [low, high) before the rounding to ticks; high < low counts as low */
static aflowi_sampler aflowi_sampler_uniform(double low, double high, uint64_t unit)
{
    aflowi_exact from = aflowi_product(low, unit), to = aflowi_product(high, unit);
    int32_t shift;
    uint64_t base, end;
    if (aflowi_is_negative(low)) from = aflowi_exact_of(0, 0, 0);
    if (aflowi_is_negative(high) || !(low < high)) to = from;
    shift = to.top < 0 ? 63 : 63 - to.top;
    base = aflowi_round_to(from, from.top + shift);
    end = aflowi_round_to(to, to.top + shift);
    return aflowi_sampler_of(AFLOWI_LAW_UNIFORM, base, end > base ? end - base : 0, shift);
}

/* max(0, N(mean, sd^2)), mean and sd >= 0. The larger of sd and mean / 64 fills its word: both are kept to 57 bits at least. */
static aflowi_sampler aflowi_sampler_normal_clamped(double mean, double sd, uint64_t unit)
{
    aflowi_exact m = aflowi_product(mean, unit), s = aflowi_product(sd, unit);
    uint64_t base, factor;
    int32_t top;
    if (aflowi_is_negative(mean)) m = aflowi_exact_of(0, 0, 0);
    if (aflowi_is_negative(sd)) s = aflowi_exact_of(0, 0, 0);
    top = s.top;
    if (!s.hi || (m.hi && m.top - 6 > top)) top = m.top - 6;
    if (top < -7) top = -7;
    base = aflowi_round_to(m, m.top + 56 - top);
    factor = aflowi_round_to(s, s.top + 64 - top);
    return aflowi_sampler_of(AFLOWI_LAW_NORMAL, base, factor, 56 - top);
}

/* ln(1 + q) as q ln(u) / (u - 1) with u = 1 + q rounded, which keeps a small q's digits (W. Kahan; HP-15C handbook, 1982) */
static double aflowi_ln_one_plus(double q)
{
    double u = aflowi_add(1.0, q);
    return u > 1.0 ? aflowi_mul(aflowi_ln(u), aflowi_div(q, aflowi_add(u, -1.0))) : q;
}

/* mu and sigma of the logarithm which give this mean > 0 and variance >= 0:
       sigma^2 = ln(1 + variance / mean^2),   mu = ln mean - sigma^2 / 2. */
static void aflowi_log_normal_parameters(double mean, double variance, double *mu, double *sigma)
{
    double q = mean > 0.0 ? aflowi_div(aflowi_div(variance, mean), mean) : 0.0, square;
    if (!(q < 1e300)) q = 1e300;
    square = aflowi_ln_one_plus(q);
    *mu = aflowi_add(aflowi_ln(mean), aflowi_mul(-0.5, square));
    *sigma = aflowi_sqrt(square);
}

/* log2(e^ln_value unit) + 2^18 in Q44, |ln_value| <= 9e4 and clamped to that */
static uint64_t aflowi_biased_log2(double ln_value, uint64_t unit)
{
    const uint64_t limit = (uint64_t)1 << 61;
    aflowi_exact m = aflowi_product(ln_value, AFLOWI_LOG2E_Q63), u = aflowi_product(aflowi_ln((double)unit), AFLOWI_LOG2E_Q63);
    uint64_t value = aflowi_round_to(m, m.top - 63 + 44), base = ((uint64_t)1 << 62) + aflowi_round_to(u, u.top - 63 + 44);
    if (value > limit) value = limit;
    return aflowi_is_negative(ln_value) ? base - value : base + value;
}

/* e^N(mu, sigma^2), |mu| <= 9e4, 0 <= sigma < 2839, both clamped to that; a draw's relative error is below 2^-43 */
static aflowi_sampler aflowi_sampler_log_normal(double mu, double sigma, uint64_t unit)
{
    aflowi_exact s = aflowi_product(sigma, AFLOWI_LOG2E_Q63);
    if (aflowi_is_negative(sigma)) s = aflowi_exact_of(0, 0, 0);
    return aflowi_sampler_of(AFLOWI_LAW_LOG_NORMAL, aflowi_biased_log2(mu, unit), aflowi_round_to(s, s.top - 63 + 52), 0);
}

/* Counts of the given mean >= 0, times unit. A draw takes about 2 ns x mean. Above 2^16, where that would be a
   tenth of a millisecond, it becomes the normal law of that mean and variance (no longer whole counts): the distribution
   functions then differ by less than 1e-3, half a count being the most of it. */
static aflowi_sampler aflowi_sampler_poisson(double mean, uint64_t unit)
{
    aflowi_exact x = aflowi_product(mean, 1);
    uint64_t hi, lo;
    if (!x.hi || aflowi_is_negative(mean) || x.top <= -56) return aflowi_sampler_constant(0.0, unit);
    if (x.top > 16) return aflowi_sampler_normal_clamped(mean, aflowi_sqrt(mean), unit);
    hi = x.top > 8 ? x.hi >> (72 - x.top) : 0; /* hi:lo = mean x 2^56, rounded down */
    lo = x.top > 8 ? x.hi << (x.top - 8) : x.hi >> (8 - x.top);
    return aflowi_sampler_of(AFLOWI_LAW_POISSON, lo, unit, (int32_t)hi);
}

/* ---- laws with numbers of their own: parameters at plan time ---- */

/* value = factor / 2^(64 - top), the factor a full word */
typedef struct { uint64_t factor; int32_t top; } aflowi_scaled;

static aflowi_scaled aflowi_scaled_of(double value, uint64_t unit)
{
    aflowi_exact x = aflowi_product(value, unit);
    aflowi_scaled f;
    f.factor = aflowi_round_to(x, 64);
    f.top = x.top;
    return f;
}

/* x in Qn times f, as Q44; saturates */
static uint64_t aflowi_scaled_q44(uint64_t x, int32_t n, aflowi_scaled f)
{
    uint64_t product = aflowi_mul_q64(x, f.factor);     /* Q(n - top) */
    int32_t right = n - f.top - 44;
    if (right >= 0) return right < 64 ? product >> right : 0;
    return right > -64 && !(product >> (64 + right)) ? product << -right : UINT64_MAX;
}

/* A sampler whose numbers stand in an arena; where memory is out, which the arena remembers, one that draws 0. */
static aflowi_sampler aflowi_sampler_at(aflowi_law law, const void *numbers)
{
    if (!numbers) return aflowi_sampler_constant(0.0, 1);
    return aflowi_sampler_of(law, (uint64_t)(uintptr_t)numbers, 0, 0);
}

/* mu and sigma of the log-normal with these percentiles, 0 where one is not given: least squares of ln(percentile) on the normal
   quantiles, which two meet exactly */
static void aflowi_fit_log_normal(double p50, double p95, double p99, double *mu, double *sigma)
{
    static const double quantile[3] = { 0.0, 1.6448536269514722, 2.3263478740408408 };
    double given[3], z = 0.0, y = 0.0, n = 0.0, zz = 0.0, zy = 0.0;
    int i;
    given[0] = p50; given[1] = p95; given[2] = p99;
    for (i = 0; i < 3; i++) {
        if (!(given[i] > 0.0)) continue;
        n += 1.0;
        z = aflowi_add(z, quantile[i]);
        y = aflowi_add(y, aflowi_ln(given[i]));
    }
    *mu = *sigma = 0.0;
    if (n < 2.0) return;
    z = aflowi_div(z, n);
    y = aflowi_div(y, n);
    for (i = 0; i < 3; i++) {
        double from_mean = aflowi_add(quantile[i], -z);
        if (!(given[i] > 0.0)) continue;
        zz = aflowi_add(zz, aflowi_mul(from_mean, from_mean));
        zy = aflowi_add(zy, aflowi_mul(from_mean, aflowi_add(aflowi_ln(given[i]), -y)));
    }
    *sigma = aflowi_div(zy, zz);
    *mu = aflowi_add(y, -aflowi_mul(*sigma, z));
}

/* (1 - e^-y) / y, y >= 0, with a small y's digits: the series 1 - y/2 (1 - y/3 (1 - ...)) there */
static double aflowi_decay_ratio(double y)
{
    double sum = 1.0;
    int k;
    if (y > 0.1) return aflowi_div(aflowi_add(1.0, -aflowi_exp(-y)), y);
    for (k = 12; k > 1; k--) sum = aflowi_add(1.0, -aflowi_mul(aflowi_div(y, k), sum));
    return sum;
}

/* Mean and variance of the values, mean e^(mu + sigma^2/2) and variance mean^2 (e^(sigma^2) - 1). */
static void aflowi_log_normal_moments(double mu, double sigma, double *mean, double *variance)
{
    double square = aflowi_mul(sigma, sigma);
    double scv = aflowi_mul(aflowi_mul(square, aflowi_exp(square)), aflowi_decay_ratio(square));
    *mean = aflowi_exp(aflowi_add(mu, aflowi_mul(0.5, square)));
    *variance = aflowi_mul(aflowi_mul(*mean, scv), *mean);
}

/* ln Gamma(x), x >= 1: Stirling's series (Abramowitz and Stegun 6.1.40), to where it converges by Gamma(x + 1) = x Gamma(x).
   Absolute error about 1e-14 for the x <= 41 of here. */
static double aflowi_ln_gamma(double x)
{
    double product = 1.0, square, series;
    while (x < 16.0) {
        product = aflowi_mul(product, x);
        x = aflowi_add(x, 1.0);
    }
    square = aflowi_div(1.0, aflowi_mul(x, x));
    series = aflowi_add(1.0 / 1680, -aflowi_mul(square, 1.0 / 1188));
    series = aflowi_add(1.0 / 1260, -aflowi_mul(square, series));
    series = aflowi_add(1.0 / 360, -aflowi_mul(square, series));
    series = aflowi_div(aflowi_add(1.0 / 12, -aflowi_mul(square, series)), x);
    series = aflowi_add(series, 0.91893853320467274);           /* ln(2 pi) / 2 */
    series = aflowi_add(series, -aflowi_add(x, aflowi_ln(product)));
    return aflowi_add(aflowi_mul(aflowi_add(x, -0.5), aflowi_ln(x)), series);
}

/* Bounds of the squared coefficient of variation (and of a pareto's maximum, in means) that the solvers and samplers serve. */
#define AFLOWI_GAMMA_MOST 1e6
#define AFLOWI_WEIBULL_LEAST 2e-12
#define AFLOWI_WEIBULL_MOST 1e11
#define AFLOWI_HYPEREXPONENTIAL_MOST 1e9
#define AFLOWI_PARETO_LEAST 1e-6
#define AFLOWI_PARETO_RATIO_LEAST 1.01
#define AFLOWI_PARETO_RATIO_MOST 1e12
#define AFLOWI_BISECTIONS 64        /* from any of the ranges below to the last bits of a double */

/* ln(1 + scv) of a weibull of shape 1/x: ln Gamma(1 + 2x) - 2 ln Gamma(1 + x). Near 0, where that cancels, the sum of
   (-x)^k zeta(k) (2^k - 2) / k from k = 2 on (Abramowitz and Stegun 6.1.33). */
static double aflowi_weibull_spread(double x)
{
    static const double c[] = { 1.6449340668482264, 2.4041138063191885, 3.7881313179889835, 6.22156653086022, 10.512544973839308,
                                18.150286992874612, 31.87945605928473, 56.780475593477995 };
    double sum = 0.0;
    int k;
    if (x >= 0.01) return aflowi_add(aflowi_ln_gamma(aflowi_add(1.0, 2 * x)), -2 * aflowi_ln_gamma(aflowi_add(1.0, x)));
    for (k = 7; k >= 0; k--) sum = aflowi_add(c[k], -aflowi_mul(x, sum));
    return aflowi_mul(aflowi_mul(x, x), sum);
}

/* 1 / shape of the weibull with this squared coefficient of variation, which grows with it */
static double aflowi_weibull_inverse(double scv)
{
    double low = 1e-6, high = 20.0, wanted = aflowi_ln_one_plus(scv);
    int i;
    for (i = 0; i < AFLOWI_BISECTIONS + 10; i++) {
        double middle = aflowi_mul(0.5, aflowi_add(low, high));
        if (aflowi_weibull_spread(middle) < wanted) low = middle;
        else high = middle;
    }
    return high;
}

/* scale E^inverse; a draw's relative error is below 2^-43 */
static aflowi_sampler aflowi_sampler_weibull_of(double mean, double inverse, uint64_t unit)
{
    aflowi_scaled x = aflowi_scaled_of(inverse, 1);
    double ln_scale = aflowi_add(aflowi_ln(mean), -aflowi_ln_gamma(aflowi_add(1.0, inverse)));
    return aflowi_sampler_of(AFLOWI_LAW_WEIBULL, aflowi_biased_log2(ln_scale, unit), x.factor, x.top);
}

static aflowi_sampler aflowi_sampler_weibull(double mean, double scv, uint64_t unit)
{
    return aflowi_sampler_weibull_of(mean, aflowi_weibull_inverse(scv), unit);
}

/* The moments of the pareto on [L, H] of the given shape, density proportional to x^(-shape - 1), with span = ln(H / L):
       E (x/H)^n = shape (e^(-shape span) - e^(-n span)) / ((n - shape) (1 - e^(-shape span))),
   written so that nothing overflows and shape = n is no special case. */
static double aflowi_pareto_moment(double n, double shape, double span)
{
    double apart = aflowi_add(n, -shape), nearer = shape < n ? shape : n;
    double ratio = aflowi_decay_ratio(aflowi_mul(apart < 0 ? -apart : apart, span));
    return aflowi_mul(aflowi_exp(-aflowi_mul(nearer, span)), aflowi_div(ratio, aflowi_decay_ratio(aflowi_mul(shape, span))));
}

/* The span which makes the maximum `ratio` times the mean; the mean falls as it grows. */
static double aflowi_pareto_span(double shape, double ratio)
{
    double low = 0.0, high = 3000.0;
    int i;
    for (i = 0; i < AFLOWI_BISECTIONS; i++) {
        double middle = aflowi_mul(0.5, aflowi_add(low, high));
        if (aflowi_mul(aflowi_pareto_moment(1.0, shape, middle), ratio) > 1.0) low = middle;
        else high = middle;
    }
    return high;
}

static double aflowi_pareto_scv(double shape, double ratio, double *span)
{
    *span = aflowi_pareto_span(shape, ratio);
    return aflowi_add(aflowi_mul(aflowi_mul(aflowi_pareto_moment(2.0, shape, *span), ratio), ratio), -1.0);
}

/* the largest that can be had with a maximum of `ratio` means: a shape of 0.1 comes near what 0 would give */
#define AFLOWI_PARETO_SHAPE_LEAST 0.1
static double aflowi_pareto_most(double ratio)
{
    double span;
    return aflowi_pareto_scv(AFLOWI_PARETO_SHAPE_LEAST, ratio, &span);
}

/* What a bounded pareto draws by: L (1 - u w)^(-1/shape) with w = 1 - (L/H)^shape. */
typedef struct aflowi_pareto {
    uint64_t base;              /* log2 of L plus 2^18, Q44 */
    uint64_t w;                 /* Q64 */
    uint64_t most;              /* H in ticks */
    aflowi_scaled inverse;      /* 1 / shape */
} aflowi_pareto;

/* A draw's relative error is below 2^-43, but for the last 2^-60 of the tail, where u has few digits left. */
static aflowi_sampler aflowi_sampler_pareto_of(double maximum, double shape, double span, uint64_t unit, aflowi_arena *arena)
{
    aflowi_pareto *p = (aflowi_pareto *)aflowi_arena_alloc(arena, sizeof *p);
    aflowi_exact least;
    if (!p) return aflowi_sampler_at(AFLOWI_LAW_PARETO, NULL);
    least = aflowi_unpack(aflowi_exp(-aflowi_mul(shape, span)));
    p->base = aflowi_biased_log2(aflowi_add(aflowi_ln(maximum), -span), unit);
    p->w = 0 - aflowi_round_to(least, least.top + 64);
    if (!p->w) p->w = UINT64_MAX;
    p->most = aflowi_scale(maximum, unit);
    p->inverse = aflowi_scaled_of(aflowi_div(1.0, shape), 1);
    return aflowi_sampler_at(AFLOWI_LAW_PARETO, p);
}

/* Shape and span by two nested bisections: half a millisecond. scv falls as the shape grows; its least is met at 1001. */
static aflowi_sampler aflowi_sampler_pareto(double mean, double scv, double maximum, uint64_t unit, aflowi_arena *arena)
{
    double low = AFLOWI_PARETO_SHAPE_LEAST, high = 1100.0, ratio = aflowi_div(maximum, mean), span;
    int i;
    for (i = 0; i < AFLOWI_BISECTIONS; i++) {
        double middle = aflowi_mul(0.5, aflowi_add(low, high));
        if (aflowi_pareto_scv(middle, ratio, &span) > scv) low = middle;
        else high = middle;
    }
    return aflowi_sampler_pareto_of(maximum, high, aflowi_pareto_span(high, ratio), unit, arena);
}

/* Gamma of shape k >= 1 as d v x scale with d = k - 1/3, v = (1 + N c)^3, c = 1 / sqrt(9 d), accepted when an exponential exceeds
   d (v - 1 - ln v) - N^2 / 2: G. Marsaglia and W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000),
   its exact test. A shape k < 1 is one of k + 1 times U^(1/k) = e^(-E / k), their section 6. */
typedef struct aflowi_gamma {
    aflowi_scaled scale;        /* d x scale, in ticks */
    aflowi_scaled d;
    aflowi_scaled boost;        /* log2 e / k; 0: none */
    uint64_t c;                 /* Q64 */
} aflowi_gamma;

/* scv = 1 / shape. The chance of acceptance is off by less than d 2^-50 (64 bits hold v), a draw's relative error is below 2^-50,
   2^-43 where the shape is less than 1. Above a shape of 2^24 it becomes the normal law of that mean and variance: the
   distribution functions then differ by less than skewness / (6 sqrt(2 pi)) = 4e-5. */
static aflowi_sampler aflowi_sampler_gamma(double mean, double scv, uint64_t unit, aflowi_arena *arena)
{
    double shape = aflowi_div(1.0, scv), d, c;
    aflowi_gamma *g;
    aflowi_exact x;
    if (shape > 16777216.0) return aflowi_sampler_normal_clamped(mean, aflowi_mul(mean, aflowi_sqrt(scv)), unit);
    g = (aflowi_gamma *)aflowi_arena_alloc(arena, sizeof *g);
    if (!g) return aflowi_sampler_at(AFLOWI_LAW_GAMMA, NULL);
    d = aflowi_add(shape < 1.0 ? aflowi_add(shape, 1.0) : shape, -1.0 / 3);
    c = aflowi_div(1.0, aflowi_mul(3.0, aflowi_sqrt(d)));
    x = aflowi_unpack(c);
    g->c = aflowi_round_to(x, x.top + 64);
    g->d = aflowi_scaled_of(d, 1);
    g->scale = aflowi_scaled_of(aflowi_mul(aflowi_mul(mean, scv), d), unit);
    if (shape < 1.0) {
        g->boost = aflowi_scaled_of(scv, AFLOWI_LOG2E_Q63);
        g->boost.top -= 63;
    }
    return aflowi_sampler_at(AFLOWI_LAW_GAMMA, g);
}

typedef struct aflowi_hyperexponential {
    uint64_t threshold;         /* probability of the first phase, Q63 */
    aflowi_exp_scale phase[2];
} aflowi_hyperexponential;

/* Two phases of balanced means, p1 mean1 = p2 mean2 = mean / 2: p1 = (1 + s) / 2 with s^2 = (scv - 1) / (scv + 1), scv >= 1.
   W. Whitt, "Approximating a point process by a renewal process", Operations Research 30 (1982). The law is exact up to the
   grid; p2 counts to 2^-63. 1 - s as (1 - s^2) / (1 + s), which keeps its digits. */
static aflowi_sampler aflowi_sampler_hyperexponential(double mean, double scv, uint64_t unit, aflowi_arena *arena)
{
    aflowi_hyperexponential *h = (aflowi_hyperexponential *)aflowi_arena_alloc(arena, sizeof *h);
    double above = aflowi_add(scv, 1.0), s = scv > 1.0 ? aflowi_sqrt(aflowi_div(aflowi_add(scv, -1.0), above)) : 0.0;
    double first = aflowi_mul(0.5, aflowi_add(1.0, s)), second = aflowi_div(1.0, aflowi_mul(above, aflowi_add(1.0, s)));
    if (!h) return aflowi_sampler_at(AFLOWI_LAW_HYPEREXPONENTIAL, NULL);
    h->threshold = ((uint64_t)1 << 63) - aflowi_threshold(second);
    h->phase[0] = aflowi_exponential_scale(aflowi_div(aflowi_mul(0.5, mean), first), unit);
    h->phase[1] = aflowi_exponential_scale(aflowi_div(aflowi_mul(0.5, mean), second), unit);
    return aflowi_sampler_at(AFLOWI_LAW_HYPEREXPONENTIAL, h);
}

typedef struct aflowi_discrete {
    const uint64_t *running;    /* sums of weights, Q63 */
    const uint64_t *ticks;
    uint32_t count;
} aflowi_discrete;

/* weights NULL: all alike. Probabilities count to 2^-53. */
static aflowi_sampler aflowi_sampler_discrete(const double *values, const double *weights, uint32_t count, uint64_t unit, aflowi_arena *arena)
{
    aflowi_discrete *d = (aflowi_discrete *)aflowi_arena_alloc(arena, sizeof *d);
    uint64_t *running = (uint64_t *)aflowi_arena_array(arena, count, sizeof *running);
    uint64_t *ticks = (uint64_t *)aflowi_arena_array(arena, count, sizeof *ticks);
    uint32_t i;
    if (!d || !running || !ticks) return aflowi_sampler_at(AFLOWI_LAW_DISCRETE, NULL);
    aflowi_weights(weights, count, running);
    for (i = 0; i < count; i++) ticks[i] = aflowi_scale(values[i], unit);
    d->running = running;
    d->ticks = ticks;
    d->count = count;
    return aflowi_sampler_at(AFLOWI_LAW_DISCRETE, d);
}

/* Mean and variance of such values, in two passes. */
static void aflowi_discrete_moments(const double *values, const double *weights, size_t count, double *mean, double *variance)
{
    double total = 0.0, sum = 0.0, squares = 0.0;
    size_t i;
    for (i = 0; i < count; i++) {
        double weight = weights ? weights[i] : 1.0;
        total = aflowi_add(total, weight);
        sum = aflowi_add(sum, aflowi_mul(weight, values[i]));
    }
    *mean = total > 0.0 ? aflowi_div(sum, total) : 0.0;
    for (i = 0; i < count; i++) {
        double from_mean = aflowi_add(values[i], -*mean);
        squares = aflowi_add(squares, aflowi_mul(aflowi_mul(weights ? weights[i] : 1.0, from_mean), from_mean));
    }
    *variance = total > 0.0 ? aflowi_div(squares, total) : 0.0;
}

/* ---- draws ---- */

/* mean + or - sd |N| in Q(shift); negative values become 0 */
static uint64_t aflowi_draw_normal_clamped(const aflowi_sampler *s, aflowi_rng *rng)
{
    int negative;
    uint64_t x = aflowi_mul_q64(aflowi_draw_normal(rng, &negative), s->factor), below = s->base > x ? s->base - x : 0;
    return aflowi_to_ticks(negative ? below : s->base + x, s->shift);
}

/* 2^(base + x) or 2^(base - x) in ticks, by exponent and fraction; base is biased by 2^18, so that it is never negative; both Q44 */
static uint64_t aflowi_power_ticks(uint64_t base, uint64_t x, int negative)
{
    const uint64_t zero = (uint64_t)1 << 62, one = (uint64_t)1 << 44;
    uint64_t y;
    if (x > zero) x = zero;
    if (negative) y = base > x ? base - x : 0;
    else y = base + x;
    if (y < zero) return y >= zero - one; /* 1/2 and more rounds to 1 */
    if (y >= zero + 62 * one) return AFLOWI_NEVER;
    y -= zero;
    return aflowi_to_ticks(aflowi_exp2(y << 20), 63 - (int32_t)(y >> 44));
}

static uint64_t aflowi_draw_log_normal(const aflowi_sampler *s, aflowi_rng *rng)
{
    int negative;
    uint64_t x = aflowi_mul_q64(aflowi_draw_normal(rng, &negative), s->factor);
    return aflowi_power_ticks(s->base, x, negative);
}

/* as many as unit-mean exponential gaps fit into the mean: the law itself, no approximation */
static uint64_t aflowi_draw_poisson(const aflowi_sampler *s, aflowi_rng *rng)
{
    uint64_t hi = (uint64_t)s->shift, lo = s->base, count = 0, ticks;
    for (;;) {
        uint64_t gap = aflowi_draw_exp(rng);
        if (lo < gap) {
            if (hi == 0) break;
            hi--;
        }
        lo -= gap;
        count++;
    }
    hi = aflowi_mul_hi(count, s->factor, &ticks);
    return hi || ticks > AFLOWI_NEVER ? AFLOWI_NEVER : ticks;
}

AFLOWI_INLINE const void *aflowi_law_numbers(const aflowi_sampler *s) { return (const void *)(uintptr_t)s->base; }

/* E^inverse as 2^(inverse log2 E) */
static uint64_t aflowi_draw_weibull(const aflowi_sampler *s, aflowi_rng *rng)
{
    const uint64_t one = (uint64_t)56 << 57;            /* log2 of 1 in Q56 */
    uint64_t log2 = aflowi_log2(aflowi_draw_exp(rng));  /* Q57 */
    aflowi_scaled inverse;
    inverse.factor = s->factor;
    inverse.top = s->shift;
    return aflowi_power_ticks(s->base, aflowi_scaled_q44(log2 < one ? one - log2 : log2 - one, 57, inverse), log2 < one);
}

static uint64_t aflowi_draw_pareto(const aflowi_pareto *p, aflowi_rng *rng)
{
    uint64_t rest = ~aflowi_mul_q64(aflowi_rng_next(rng), p->w);        /* 1 - u w, Q64 */
    uint64_t log2 = ((uint64_t)1 << 63) - aflowi_log2(rest), ticks;     /* of 1 / rest, Q57 */
    ticks = aflowi_power_ticks(p->base, aflowi_scaled_q44(log2, 57, p->inverse), 0);
    return ticks < p->most ? ticks : p->most;
}

/* v in Q52 when it is accepted, else 0. w = 1 + or - c |N| in Q60 is below 8; what is rejected for sure (d (v - 1 - ln v) beyond all
   exponentials) stays below 2^12, so that 50 bits are left behind the point. */
static uint64_t aflowi_gamma_try(const aflowi_gamma *g, aflowi_rng *rng)
{
    const uint64_t one = (uint64_t)1 << 60;
    int negative;
    uint64_t x = aflowi_draw_normal(rng, &negative) << 4, t = aflowi_mul_q64(x, g->c), w, v, log2, half, bound;
    int64_t excess;
    if (negative && t >= one) return 0;
    w = negative ? one - t : one + t;
    v = aflowi_mul_q64(aflowi_mul_q64(w, w), w);                        /* Q60, Q56, Q52 */
    log2 = aflowi_log2(w);
    if (negative) excess = (int64_t)((aflowi_mul_q64(((uint64_t)60 << 57) - log2, AFLOWI_LN2_Q64) >> 7) * 3);
    else excess = -(int64_t)((aflowi_mul_q64(log2 - ((uint64_t)60 << 57), AFLOWI_LN2_Q64) >> 7) * 3);
    excess += (int64_t)(v >> 2) - ((int64_t)1 << 50);                   /* v - 1 - ln v, Q50 */
    if (excess < 0) excess = 0;
    half = aflowi_mul_q64(x, x) >> 7;                                   /* N^2 / 2, Q50 */
    bound = aflowi_mul_q64((uint64_t)excess << g->d.top, g->d.factor);
    bound = bound > half ? bound - half : 0;
    return aflowi_draw_exp(rng) >> 6 >= bound ? v : 0;
}

static uint64_t aflowi_draw_gamma(const aflowi_gamma *g, aflowi_rng *rng)
{
    const uint64_t one = (uint64_t)1 << 44;
    int32_t shift = 52 - g->scale.top;
    uint64_t v, value, less;
    do v = aflowi_gamma_try(g, rng);
    while (!v);
    value = aflowi_mul_q64(v, g->scale.factor);         /* Q(shift), below 2^61 */
    if (g->boost.factor) {                              /* times 2^-less */
        less = aflowi_scaled_q44(aflowi_draw_exp(rng), 56, g->boost);
        if (less >> 44 > 2000) return 0;
        shift += (int32_t)(less >> 44);
        less &= one - 1;
        if (less) value = aflowi_mul_q64(value, aflowi_exp2((one - less) << 20));       /* 2^(1 - less) in Q63: half of it in Q64 */
    }
    return shift < 64 ? aflowi_to_ticks(value, shift) : 0;
}

static uint64_t aflowi_draw_hyperexponential(const aflowi_hyperexponential *h, aflowi_rng *rng)
{
    return aflowi_draw_exponential(h->phase[aflowi_rng_next(rng) >> 1 >= h->threshold], rng);
}

/* the first value whose running sum exceeds a uniform draw, by halving; one of weight 0 is never it */
static uint64_t aflowi_draw_discrete(const aflowi_discrete *d, aflowi_rng *rng)
{
    uint64_t u = aflowi_rng_next(rng) >> 1;
    uint32_t low = 0, high = d->count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (u < d->running[middle]) high = middle;
        else low = middle + 1;
    }
    return d->ticks[low];
}

AFLOWI_RARE uint64_t aflowi_draw_other(const aflowi_sampler *s, aflowi_rng *rng)
{
    switch (s->law) {
    case AFLOWI_LAW_EXPONENTIAL_LONG: return aflowi_to_ticks(aflowi_mul_q64(aflowi_draw_exp(rng), s->factor), s->shift);
    case AFLOWI_LAW_UNIFORM: return aflowi_to_ticks(s->base + aflowi_mul_q64(aflowi_rng_next(rng), s->factor), s->shift);
    case AFLOWI_LAW_NORMAL: return aflowi_draw_normal_clamped(s, rng);
    case AFLOWI_LAW_LOG_NORMAL: return aflowi_draw_log_normal(s, rng);
    case AFLOWI_LAW_POISSON: return aflowi_draw_poisson(s, rng);
    case AFLOWI_LAW_CHANCE: return aflowi_rng_next(rng) >> 1 < s->base;
    case AFLOWI_LAW_BITS: return aflowi_rng_next(rng);
    case AFLOWI_LAW_GAMMA: return aflowi_draw_gamma((const aflowi_gamma *)aflowi_law_numbers(s), rng);
    case AFLOWI_LAW_WEIBULL: return aflowi_draw_weibull(s, rng);
    case AFLOWI_LAW_PARETO: return aflowi_draw_pareto((const aflowi_pareto *)aflowi_law_numbers(s), rng);
    case AFLOWI_LAW_HYPEREXPONENTIAL: return aflowi_draw_hyperexponential((const aflowi_hyperexponential *)aflowi_law_numbers(s), rng);
    case AFLOWI_LAW_DISCRETE: return aflowi_draw_discrete((const aflowi_discrete *)aflowi_law_numbers(s), rng);
    default: return s->base;
    }
}

/* one value of the law in units of 1/unit, to the nearest, at most AFLOWI_NEVER; a constant draws nothing */
AFLOWI_HOT uint64_t aflowi_draw(const aflowi_sampler *s, aflowi_rng *rng)
{
    if (s->law == AFLOWI_LAW_EXPONENTIAL) return aflowi_to_near_ticks(aflowi_mul_q64(aflowi_draw_exp(rng), s->factor), s->shift);
    if (s->law == AFLOWI_LAW_CONSTANT) return s->base;
    return aflowi_draw_other(s, rng);
}
/* ==========================================================================
   [14] SCHEMA + SCENARIO
   In:    structs, texts of fields        Out: the same with defaults, copies
   Keeps: each field of a scenario stands once in the table below; reading,
          writing, checking ranges, defaults, paths, schema and reference
          follow the table and know no field by name
   Uses:  [11] [12] [13]    Public: builder, aflow_scenario_*, aflow_set/get,
                                    aflow_write_schema, aflow_write_field_*
   ========================================================================== */

/* --- The table ------------------------------------------------------------- */

typedef enum aflowi_type {
    AFLOWI_TYPE_ID,         /* const char *: an identifier of this thing */
    AFLOWI_TYPE_NAME,       /* const char *: may be empty */
    AFLOWI_TYPE_REFERENCE,  /* const char *: another thing's identifier */
    AFLOWI_TYPE_UINT,       /* uint32_t */
    AFLOWI_TYPE_DOUBLE,
    AFLOWI_TYPE_BOOL,       /* int: true and false in files */
    AFLOWI_TYPE_RANDOM,     /* aflow_random_variable; min and max are its mean's */
    AFLOWI_TYPE_ENUM,       /* an enum of `names` */
    AFLOWI_TYPE_FLAGS,      /* uint32_t, bits of `names`: a list of words in files */
    AFLOWI_TYPE_FIXED,      /* one word that may stand in files; nothing is stored */
    AFLOWI_TYPE_STRUCT,     /* a mapping within its owner */
    AFLOWI_TYPE_LIST,       /* pointer and count of structs */
    AFLOWI_TYPE_REFERENCES, /* pointer and count of const char * */
    AFLOWI_TYPE_TIMES       /* pointer and count of double */
} aflowi_type;

typedef enum aflowi_kind {
    AFLOWI_SCENARIO, AFLOWI_GENERATOR, AFLOWI_RANDOM, AFLOWI_GRAPH, AFLOWI_NODES, AFLOWI_CLIENT, AFLOWI_BALANCER, AFLOWI_SERVER,
    AFLOWI_RESOURCES_KIND, AFLOWI_SHARED, AFLOWI_ENDPOINT, AFLOWI_STEP, AFLOWI_OPERATION, AFLOWI_EDGE, AFLOWI_SETTINGS, AFLOWI_EVENT_KIND,
    AFLOWI_EVENT_START_KIND, AFLOWI_EVENT_END_KIND, AFLOWI_KINDS
} aflowi_kind;

typedef struct aflowi_word { const char *name; uint32_t value; } aflowi_word;

static const aflowi_word aflowi_distribution_names[] = {
    { "poisson", AFLOW_DISTRIBUTION_POISSON }, { "normal", AFLOW_DISTRIBUTION_NORMAL }, { "log_normal", AFLOW_DISTRIBUTION_LOG_NORMAL },
    { "exponential", AFLOW_DISTRIBUTION_EXPONENTIAL }, { "uniform", AFLOW_DISTRIBUTION_UNIFORM },
    { "constant", AFLOW_DISTRIBUTION_CONSTANT }, { "gamma", AFLOW_DISTRIBUTION_GAMMA }, { "erlang", AFLOW_DISTRIBUTION_ERLANG },
    { "weibull", AFLOW_DISTRIBUTION_WEIBULL }, { "pareto", AFLOW_DISTRIBUTION_PARETO },
    { "hyperexponential", AFLOW_DISTRIBUTION_HYPEREXPONENTIAL }, { "discrete", AFLOW_DISTRIBUTION_DISCRETE }, { NULL, 0 } };
static const aflowi_word aflowi_algorithm_names[] = {
    { "round_robin", AFLOW_LB_ROUND_ROBIN }, { "least_connection", AFLOW_LB_LEAST_CONNECTION }, { NULL, 0 } };
static const aflowi_word aflowi_step_names[] = {
    { "initial_parsing", AFLOW_STEP_INITIAL_PARSING }, { "cpu_bound_operation", AFLOW_STEP_CPU_BOUND_OPERATION }, { "ram", AFLOW_STEP_RAM },
    { "io_wait", AFLOW_STEP_IO_WAIT }, { "io_db", AFLOW_STEP_IO_DB }, { "io_cache", AFLOW_STEP_IO_CACHE }, { "io_llm", AFLOW_STEP_IO_LLM },
    { "io_task_spawn", AFLOW_STEP_IO_TASK_SPAWN }, { "blocking_io", AFLOW_STEP_BLOCKING_IO }, { "thread_io", AFLOW_STEP_THREAD_IO },
    { "thread_cpu", AFLOW_STEP_THREAD_CPU }, { "rate_limit", AFLOW_STEP_RATE_LIMIT }, { "gpu_inference", AFLOW_STEP_GPU_INFERENCE },
    { "branch", AFLOW_STEP_BRANCH }, { "custom", AFLOW_STEP_CUSTOM }, { NULL, 0 } };
static const aflowi_word aflowi_resource_names[] = {
    { "connection_pool", AFLOW_RESOURCE_CONNECTION_POOL }, { "database", AFLOW_RESOURCE_DATABASE }, { "rate_limiter", AFLOW_RESOURCE_RATE_LIMITER },
    { "cache", AFLOW_RESOURCE_CACHE }, { "llm", AFLOW_RESOURCE_LLM }, { "gpu", AFLOW_RESOURCE_GPU }, { NULL, 0 } };
static const aflowi_word aflowi_overflow_names[] = { { "wait", AFLOW_OVERFLOW_WAIT }, { "reject", AFLOW_OVERFLOW_REJECT }, { NULL, 0 } };
static const aflowi_word aflowi_lock_names[] = { { "default", AFLOW_LOCK_DEFAULT }, { "gil", AFLOW_LOCK_GIL }, { "none", AFLOW_LOCK_NONE }, { NULL, 0 } };
static const aflowi_word aflowi_metric_names[] = {
    { "ready_queue_len", AFLOW_READY_QUEUE_LEN }, { "event_loop_io_sleep", AFLOW_EVENT_LOOP_IO_SLEEP }, { "ram_in_use", AFLOW_RAM_IN_USE },
    { "edge_concurrent_connection", AFLOW_EDGE_CONCURRENT_CONNECTION }, { "core_busy", AFLOW_CORE_BUSY },
    { "ram_queue_len", AFLOW_RAM_QUEUE_LEN }, { "db_connections_in_use", AFLOW_DB_CONNECTIONS_IN_USE },
    { "db_queue_len", AFLOW_DB_QUEUE_LEN }, { "concurrent_requests", AFLOW_CONCURRENT_REQUESTS }, { "backlog_len", AFLOW_BACKLOG_LEN },
    { "loops_blocked", AFLOW_LOOPS_BLOCKED }, { "threads_in_use", AFLOW_THREADS_IN_USE }, { "thread_queue_len", AFLOW_THREAD_QUEUE_LEN },
    { "resource_in_use", AFLOW_RESOURCE_IN_USE }, { "resource_queue_len", AFLOW_RESOURCE_QUEUE_LEN }, { NULL, 0 } };
#define AFLOWI_METRICS_COUNT (AFLOWI_COUNT(aflowi_metric_names) - 1)
static const aflowi_word aflowi_event_metric_names[] = { { "rqs_clock", AFLOW_RQS_CLOCK }, { "llm_cost", AFLOW_LLM_COST }, { NULL, 0 } };
static const aflowi_word aflowi_compat_names[] = { { "none", AFLOW_COMPAT_NONE }, { "asyncflow-0.1.1", AFLOW_COMPAT_ASYNCFLOW_0_1 }, { NULL, 0 } };
static const aflowi_word aflowi_start_names[] = {
    { "server_down", AFLOW_EVENT_SERVER_DOWN }, { "network_spike_start", AFLOW_EVENT_NETWORK_SPIKE_START }, { "cache_down", AFLOW_EVENT_CACHE_DOWN }, { NULL, 0 } };
static const aflowi_word aflowi_end_names[] = {
    { "server_up", AFLOW_EVENT_SERVER_UP }, { "network_spike_end", AFLOW_EVENT_NETWORK_SPIKE_END }, { "cache_up", AFLOW_EVENT_CACHE_UP }, { NULL, 0 } };
static const aflowi_word aflowi_generator_word[] = { { "generator", 0 }, { NULL, 0 } };
static const aflowi_word aflowi_client_word[] = { { "client", 0 }, { NULL, 0 } };
static const aflowi_word aflowi_balancer_word[] = { { "load_balancer", 0 }, { NULL, 0 } };
static const aflowi_word aflowi_server_word[] = { { "server", 0 }, { NULL, 0 } };
static const aflowi_word aflowi_edge_word[] = { { "network_connection", 0 }, { NULL, 0 } };

enum {
    AFLOWI_REQUIRED = 1,    /* must be given */
    AFLOWI_ABOVE = 2,       /* more than min, not equal */
    AFLOWI_ZERO_SPEAKS = 4, /* an explicit 0 is AFLOW_ZERO in the struct, since 0 means "not given" there */
    AFLOWI_PLAIN = 8,       /* a random variable that may also be a plain number: constant */
    AFLOWI_NULLABLE = 16,   /* null in a file: as if absent */
    AFLOWI_FILLED = 32,     /* given, it has at least one entry */
    AFLOWI_LATER = 64       /* younger than the hash of scenarios: counts in it only where it is given, so that those without it keep theirs */
};

typedef struct aflowi_field {
    aflowi_kind owner;
    const char *name;
    aflowi_type type;
    aflowi_kind sub;            /* of STRUCT and LIST */
    const aflowi_word *names;
    size_t offset, count_offset;
    unsigned flags;
    double least, most;         /* bounds */
    double fallback;            /* default: a number, an enumerator, bits; of RANDOM: its distribution */
    double file_fallback;       /* what a file that leaves it out gets, where that differs; else 0 */
    const char *unit, *help;
} aflowi_field;

#define AFLOWI_AT(type, member) offsetof(type, member)
#define AFLOWI_UINT_MOST 4294967295.0
#define AFLOWI_TIME_MOST 4e9

static const aflowi_field aflowi_fields[] = {
#define AFLOWI_ROW(owner, name, type, sub, names, offset, count, flags, least, most, fallback, file, unit, help) \
    { owner, name, type, sub, names, offset, count, flags, least, most, fallback, file, unit, help },
#define AFLOWI_LEAF(owner, structure, member, name, type, names, flags, least, most, fallback, unit, help) \
    AFLOWI_ROW(owner, name, type, AFLOWI_KINDS, names, AFLOWI_AT(structure, member), 0, flags, least, most, fallback, 0, unit, help)
#define AFLOWI_PART(owner, structure, member, name, sub, flags, help) \
    AFLOWI_ROW(owner, name, AFLOWI_TYPE_STRUCT, sub, NULL, AFLOWI_AT(structure, member), 0, flags, 0, 0, 0, 0, "", help)
#define AFLOWI_LIST(owner, structure, member, name, type, sub, flags, unit, help) \
    AFLOWI_ROW(owner, name, type, sub, NULL, AFLOWI_AT(structure, member), AFLOWI_AT(structure, member##_count), flags, 0, AFLOWI_TIME_MOST, 0, 0, unit, help)
#define AFLOWI_WORD(owner, names, name, help) AFLOWI_ROW(owner, name, AFLOWI_TYPE_FIXED, AFLOWI_KINDS, names, 0, 0, 0, 0, 0, 0, 0, "", help)

    AFLOWI_PART(AFLOWI_SCENARIO, aflow_scenario, rqs_input, "rqs_input", AFLOWI_GENERATOR, AFLOWI_REQUIRED, "Traffic: how many requests arrive when.")
    AFLOWI_PART(AFLOWI_SCENARIO, aflow_scenario, topology_graph, "topology_graph", AFLOWI_GRAPH, AFLOWI_REQUIRED, "The system: nodes and the edges between them.")
    AFLOWI_PART(AFLOWI_SCENARIO, aflow_scenario, sim_settings, "sim_settings", AFLOWI_SETTINGS, AFLOWI_REQUIRED, "How long to simulate and what to sample.")
    AFLOWI_LIST(AFLOWI_SCENARIO, aflow_scenario, events, "events", AFLOWI_TYPE_LIST, AFLOWI_EVENT_KIND, AFLOWI_NULLABLE, "", "Injected outages and network spikes.")

    AFLOWI_LEAF(AFLOWI_GENERATOR, aflow_generator, id, "id", AFLOWI_TYPE_ID, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Identifier; the source of the first edge.")
    AFLOWI_WORD(AFLOWI_GENERATOR, aflowi_generator_word, "type", "May say what it is.")
    AFLOWI_LEAF(AFLOWI_GENERATOR, aflow_generator, avg_active_users, "avg_active_users", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_REQUIRED, 0, 1e9, AFLOW_DISTRIBUTION_POISSON, "users", "Concurrent users, drawn anew in every window: poisson, normal or constant.")
    AFLOWI_LEAF(AFLOWI_GENERATOR, aflow_generator, avg_request_per_minute_per_user, "avg_request_per_minute_per_user", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_REQUIRED, 0, 1e9, AFLOW_DISTRIBUTION_POISSON, "requests/min", "Requests a minute of one user; only the mean counts.")
    AFLOWI_LEAF(AFLOWI_GENERATOR, aflow_generator, user_sampling_window, "user_sampling_window", AFLOWI_TYPE_UINT, NULL, 0, 1, 120, 60, "s", "How long a draw of the users holds.")
    AFLOWI_LIST(AFLOWI_GENERATOR, aflow_generator, arrivals, "arrivals", AFLOWI_TYPE_TIMES, AFLOWI_KINDS, AFLOWI_FILLED, "s", "Ascending times of requests, replayed instead of drawing users and gaps.")

    AFLOWI_LEAF(AFLOWI_RANDOM, aflow_random_variable, mean, "mean", AFLOWI_TYPE_DOUBLE, NULL, 0, 0, DBL_MAX, 0, "", "Mean of the values drawn; required unless percentiles or values are given.")
    AFLOWI_LEAF(AFLOWI_RANDOM, aflow_random_variable, distribution, "distribution", AFLOWI_TYPE_ENUM, aflowi_distribution_names, 0, 0, 0, 0, "", "Family of the random variable; of percentiles log_normal, of values discrete.")
    AFLOWI_LEAF(AFLOWI_RANDOM, aflow_random_variable, variance, "variance", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ZERO_SPEAKS, 0, DBL_MAX, 0, "", "Variance of the values drawn; normal and log_normal: default is the mean's figure; uniform: default spans [0, 2 mean]. Of gamma, erlang, weibull, pareto and hyperexponential it or scv is required.")
    AFLOWI_LEAF(AFLOWI_RANDOM, aflow_random_variable, scv, "scv", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ZERO_SPEAKS, 0, DBL_MAX, 0, "", "Squared coefficient of variation, variance / mean^2, instead of a variance.")
    AFLOWI_LEAF(AFLOWI_RANDOM, aflow_random_variable, maximum, "maximum", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE, 0, DBL_MAX, 0, "", "Upper bound of a pareto; default: 1000 times the mean.")
    AFLOWI_LEAF(AFLOWI_RANDOM, aflow_random_variable, p50, "p50", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE, 0, DBL_MAX, 0, "", "Median. Two or three of p50, p95 and p99 stand instead of a mean; a log_normal is fitted to them.")
    AFLOWI_LEAF(AFLOWI_RANDOM, aflow_random_variable, p95, "p95", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE, 0, DBL_MAX, 0, "", "95th percentile.")
    AFLOWI_LEAF(AFLOWI_RANDOM, aflow_random_variable, p99, "p99", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE, 0, DBL_MAX, 0, "", "99th percentile.")
    AFLOWI_ROW(AFLOWI_RANDOM, "values", AFLOWI_TYPE_TIMES, AFLOWI_KINDS, NULL, AFLOWI_AT(aflow_random_variable, values), AFLOWI_AT(aflow_random_variable, values_count), AFLOWI_FILLED, 0, 1e15, 0, 0, "", "Values that a discrete one draws from, instead of a mean.")
    AFLOWI_ROW(AFLOWI_RANDOM, "weights", AFLOWI_TYPE_TIMES, AFLOWI_KINDS, NULL, AFLOWI_AT(aflow_random_variable, weights), AFLOWI_AT(aflow_random_variable, weights_count), AFLOWI_FILLED, 0, 1e12, 0, 0, "", "How likely each of the values is, against the others; default: all alike.")

    AFLOWI_PART(AFLOWI_GRAPH, aflow_topology_graph, nodes, "nodes", AFLOWI_NODES, AFLOWI_REQUIRED, "Client, balancer and servers.")
    AFLOWI_LIST(AFLOWI_GRAPH, aflow_topology_graph, edges, "edges", AFLOWI_TYPE_LIST, AFLOWI_EDGE, AFLOWI_REQUIRED | AFLOWI_FILLED, "", "One-way network links.")

    AFLOWI_PART(AFLOWI_NODES, aflow_nodes, client, "client", AFLOWI_CLIENT, AFLOWI_REQUIRED, "Where requests start out and come back to.")
    AFLOWI_PART(AFLOWI_NODES, aflow_nodes, load_balancer, "load_balancer", AFLOWI_BALANCER, AFLOWI_NULLABLE, "Spreads requests over servers; may be absent.")
    AFLOWI_LIST(AFLOWI_NODES, aflow_nodes, servers, "servers", AFLOWI_TYPE_LIST, AFLOWI_SERVER, AFLOWI_REQUIRED | AFLOWI_FILLED, "", "Servers, each with an event loop.")
    AFLOWI_LIST(AFLOWI_NODES, aflow_nodes, resources, "resources", AFLOWI_TYPE_LIST, AFLOWI_SHARED, AFLOWI_NULLABLE | AFLOWI_LATER, "", "Pools, databases, limiters, caches, models and GPUs that the steps of all servers share.")

    AFLOWI_LEAF(AFLOWI_CLIENT, aflow_client, id, "id", AFLOWI_TYPE_ID, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Identifier.")
    AFLOWI_WORD(AFLOWI_CLIENT, aflowi_client_word, "type", "May say what it is.")

    AFLOWI_LEAF(AFLOWI_BALANCER, aflow_load_balancer, id, "id", AFLOWI_TYPE_ID, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Identifier.")
    AFLOWI_WORD(AFLOWI_BALANCER, aflowi_balancer_word, "type", "May say what it is.")
    AFLOWI_LEAF(AFLOWI_BALANCER, aflow_load_balancer, algorithms, "algorithms", AFLOWI_TYPE_ENUM, aflowi_algorithm_names, 0, 0, 0, AFLOW_LB_ROUND_ROBIN, "", "How it picks: in turn, or the server with the fewest requests that have not left it.")
    AFLOWI_LIST(AFLOWI_BALANCER, aflow_load_balancer, server_covered, "server_covered", AFLOWI_TYPE_REFERENCES, AFLOWI_KINDS, AFLOWI_FILLED, "", "Servers behind it; default: the targets of all its edges.")

    AFLOWI_LEAF(AFLOWI_SERVER, aflow_server, id, "id", AFLOWI_TYPE_ID, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Identifier.")
    AFLOWI_WORD(AFLOWI_SERVER, aflowi_server_word, "type", "May say what it is.")
    AFLOWI_PART(AFLOWI_SERVER, aflow_server, server_resources, "server_resources", AFLOWI_RESOURCES_KIND, AFLOWI_REQUIRED, "Cores, RAM and connections.")
    AFLOWI_LIST(AFLOWI_SERVER, aflow_server, endpoints, "endpoints", AFLOWI_TYPE_LIST, AFLOWI_ENDPOINT, AFLOWI_REQUIRED | AFLOWI_FILLED, "", "What requests ask for.")
    AFLOWI_LIST(AFLOWI_SERVER, aflow_server, resources, "resources", AFLOWI_TYPE_LIST, AFLOWI_SHARED, AFLOWI_NULLABLE | AFLOWI_LATER, "", "The same, seen by the steps of this server alone.")

    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, cpu_cores, "cpu_cores", AFLOWI_TYPE_UINT, NULL, 0, 1, 1e6, 1, "cores", "CPU cores: so many CPU steps run at once.")
    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, ram_mb, "ram_mb", AFLOWI_TYPE_UINT, NULL, 0, 256, 4194303, 1024, "MB", "Memory that ram steps reserve from.")
    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, db_connection_pool, "db_connection_pool", AFLOWI_TYPE_UINT, NULL, AFLOWI_NULLABLE, 1, 1e9, 0, "connections", "Connections that io_db steps take one of; default: unlimited.")
    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, workers, "workers", AFLOWI_TYPE_UINT, NULL, AFLOWI_NULLABLE | AFLOWI_LATER, 1, 1024, 0, "processes", "Processes, each with an event loop, that share the cores; default: not modelled.")
    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, interpreter_lock, "interpreter_lock", AFLOWI_TYPE_ENUM, aflowi_lock_names, AFLOWI_LATER, 0, 0, 0, "", "Whether a worker computes on one core at a time; default: gil where workers are given, else none.")
    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, switch_interval, "switch_interval", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE | AFLOWI_LATER, 0, 10, 0.005, "s", "After so long a computation lets go of the lock when another waits for it.")
    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, threads, "threads", AFLOWI_TYPE_UINT, NULL, AFLOWI_LATER, 1, 1e6, 40, "threads", "Pool of each worker that thread_io and thread_cpu take a thread of.")
    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, max_concurrency, "max_concurrency", AFLOWI_TYPE_UINT, NULL, AFLOWI_NULLABLE | AFLOWI_LATER, 1, 1e9, 0, "requests", "Requests in the server at once; default: unlimited.")
    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, backlog, "backlog", AFLOWI_TYPE_UINT, NULL, AFLOWI_NULLABLE | AFLOWI_LATER, 1, 1e9, 0, "requests", "Requests that may wait to be let in at max_concurrency; default: unlimited.")
    AFLOWI_LEAF(AFLOWI_RESOURCES_KIND, aflow_server_resources, overflow, "overflow", AFLOWI_TYPE_ENUM, aflowi_overflow_names, AFLOWI_LATER, 0, 0, 0, "", "At max_concurrency: wait in the backlog, or be rejected (503) at once.")

    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, id, "id", AFLOWI_TYPE_ID, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Identifier, by which steps name it.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, kind, "kind", AFLOWI_TYPE_ENUM, aflowi_resource_names, AFLOWI_REQUIRED, 0, 0, 0, "", "What it is.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, capacity, "capacity", AFLOWI_TYPE_UINT, NULL, AFLOWI_NULLABLE, 1, 1e9, 0, "", "connection_pool, database: connections, required; llm: calls at once, default unlimited; cache: entries, default as many as keys.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, overflow, "overflow", AFLOWI_TYPE_ENUM, aflowi_overflow_names, 0, 0, 0, 0, "", "Who finds it in use waits or is rejected; not of caches.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, max_waiting, "max_waiting", AFLOWI_TYPE_UINT, NULL, AFLOWI_NULLABLE, 1, 1e9, 0, "requests", "Who finds so many waiting is rejected; default: no limit; not of caches.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, acquire_timeout, "acquire_timeout", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE | AFLOWI_NULLABLE, 0, 1e6, 0, "s", "Who waits longer gives up; default: never; not of caches.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, contention, "contention", AFLOWI_TYPE_DOUBLE, NULL, 0, 0, 1, 0, "", "database: share of the work that is done one at a time (Universal Scalability Law).")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, coherency, "coherency", AFLOWI_TYPE_DOUBLE, NULL, 0, 0, 1, 0, "", "database: cost of agreeing between each two that are in it (Universal Scalability Law).")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, rate, "rate", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE, 0, 1e9, 0, "1/s", "rate_limiter: tokens a second, required.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, burst, "burst", AFLOWI_TYPE_DOUBLE, NULL, 0, 1, 1e9, 1, "tokens", "rate_limiter: tokens that it holds, also at the start.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, refill_interval, "refill_interval", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE | AFLOWI_NULLABLE, 0, 1e6, 0, "s", "rate_limiter: tokens come all at once at multiples of it; default: continuously.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, hit_probability, "hit_probability", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ZERO_SPEAKS | AFLOWI_NULLABLE, 0, 1, 0, "", "cache: probability that a look-up hits, instead of keys.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, keys, "keys", AFLOWI_TYPE_UINT, NULL, AFLOWI_NULLABLE, 1, 1e7, 0, "keys", "cache: how many different keys are asked for.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, zipf_exponent, "zipf_exponent", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ZERO_SPEAKS, 0, 20, 1, "", "cache: key k is asked for in proportion to 1 / k^exponent.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, time_to_live, "time_to_live", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE | AFLOWI_NULLABLE, 0, 4e9, 0, "s", "cache: age at which an entry is stale; default: never.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, single_flight, "single_flight", AFLOWI_TYPE_BOOL, NULL, 0, 0, 0, 0, "", "cache: who misses a key that is being fetched waits for it.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, time_to_first_token, "time_to_first_token", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_ABOVE | AFLOWI_PLAIN, 0, DBL_MAX, AFLOW_DISTRIBUTION_CONSTANT, "s", "llm: time to the first token; default 0.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, time_per_output_token, "time_per_output_token", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_ABOVE | AFLOWI_PLAIN, 0, DBL_MAX, AFLOW_DISTRIBUTION_CONSTANT, "s", "llm: time for each output token, drawn once a call; default 0.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, price_per_call, "price_per_call", AFLOWI_TYPE_DOUBLE, NULL, 0, 0, 1e6, 0, "money", "llm: price of a call.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, price_per_million_input_tokens, "price_per_million_input_tokens", AFLOWI_TYPE_DOUBLE, NULL, 0, 0, 1e6, 0, "money", "llm: price of a million input tokens.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, price_per_million_output_tokens, "price_per_million_output_tokens", AFLOWI_TYPE_DOUBLE, NULL, 0, 0, 1e6, 0, "money", "llm: price of a million output tokens.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, requests_per_minute, "requests_per_minute", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_NULLABLE, 1, 1e9, 0, "1/min", "llm: the provider's limit of calls; default: none.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, tokens_per_minute, "tokens_per_minute", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_NULLABLE, 1, 1e9, 0, "1/min", "llm: the provider's limit of tokens, input and output together, to which a single call is cut; default: none.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, slots, "slots", AFLOWI_TYPE_UINT, NULL, 0, 1, 65535, 1, "batches", "gpu: batches that it computes at once.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, max_batch_size, "max_batch_size", AFLOWI_TYPE_UINT, NULL, 0, 1, 65535, 1, "requests", "gpu: requests in a batch at most.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, max_batch_wait, "max_batch_wait", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE | AFLOWI_NULLABLE, 0, 1e6, 0, "s", "gpu: how long the first waits for others while a slot is free; default: not at all.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, batch_time, "batch_time", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_ABOVE | AFLOWI_PLAIN, 0, DBL_MAX, AFLOW_DISTRIBUTION_CONSTANT, "s", "gpu: time of a batch whatever its size; default 0.")
    AFLOWI_LEAF(AFLOWI_SHARED, aflow_resource, item_time, "item_time", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_ABOVE | AFLOWI_PLAIN, 0, DBL_MAX, AFLOW_DISTRIBUTION_CONSTANT, "s", "gpu: time that each request of a batch adds; default 0.")

    AFLOWI_LEAF(AFLOWI_ENDPOINT, aflow_endpoint, endpoint_name, "endpoint_name", AFLOWI_TYPE_NAME, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Name, in lower case.")
    AFLOWI_LEAF(AFLOWI_ENDPOINT, aflow_endpoint, probability, "probability", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ZERO_SPEAKS, 0, 1e12, 1, "", "Weight against the other endpoints of the server.")
    AFLOWI_LIST(AFLOWI_ENDPOINT, aflow_endpoint, steps, "steps", AFLOWI_TYPE_LIST, AFLOWI_STEP, AFLOWI_REQUIRED | AFLOWI_FILLED, "", "What a request does there, in order.")

    AFLOWI_LEAF(AFLOWI_STEP, aflow_step, kind, "kind", AFLOWI_TYPE_ENUM, aflowi_step_names, AFLOWI_REQUIRED, 0, 0, 0, "", "What the step does.")
    AFLOWI_ROW(AFLOWI_STEP, "step_operation", AFLOWI_TYPE_STRUCT, AFLOWI_OPERATION, NULL, 0, 0, 0, 0, 0, 0, 0, "", "How much of it: the one amount that belongs to the kind; required but for rate_limit, gpu_inference, branch and custom.")
    AFLOWI_LEAF(AFLOWI_STEP, aflow_step, resource, "resource", AFLOWI_TYPE_REFERENCE, NULL, AFLOWI_NULLABLE | AFLOWI_LATER, 0, 0, 0, "", "Resource that it uses: of this server, or shared.")
    AFLOWI_LEAF(AFLOWI_STEP, aflow_step, probability, "probability", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ZERO_SPEAKS | AFLOWI_LATER, 0, 1, 0.5, "", "branch: probability of its steps.")
    AFLOWI_LIST(AFLOWI_STEP, aflow_step, steps, "steps", AFLOWI_TYPE_LIST, AFLOWI_STEP, AFLOWI_NULLABLE | AFLOWI_LATER, "", "branch: what is done with that probability.")
    AFLOWI_LIST(AFLOWI_STEP, aflow_step, otherwise, "otherwise", AFLOWI_TYPE_LIST, AFLOWI_STEP, AFLOWI_NULLABLE | AFLOWI_LATER, "", "branch: what is done else; default: nothing.")
    AFLOWI_LIST(AFLOWI_STEP, aflow_step, on_miss, "on_miss", AFLOWI_TYPE_LIST, AFLOWI_STEP, AFLOWI_NULLABLE | AFLOWI_LATER, "", "io_cache: what is done on a miss, before it is stored; default: nothing.")

    AFLOWI_LEAF(AFLOWI_OPERATION, aflow_step, cpu_time, "cpu_time", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_ABOVE | AFLOWI_PLAIN, 0, DBL_MAX, AFLOW_DISTRIBUTION_CONSTANT, "s", "CPU time of initial_parsing and cpu_bound_operation.")
    AFLOWI_LEAF(AFLOWI_OPERATION, aflow_step, necessary_ram, "necessary_ram", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_ABOVE | AFLOWI_PLAIN, 0, DBL_MAX, AFLOW_DISTRIBUTION_CONSTANT, "MB", "Memory of ram, reserved before the first step and kept to the end.")
    AFLOWI_LEAF(AFLOWI_OPERATION, aflow_step, io_waiting_time, "io_waiting_time", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_ABOVE | AFLOWI_PLAIN, 0, DBL_MAX, AFLOW_DISTRIBUTION_CONSTANT, "s", "Waiting time of the io_ kinds, blocking_io and thread_io.")
    AFLOWI_LEAF(AFLOWI_OPERATION, aflow_step, input_tokens, "input_tokens", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_ABOVE | AFLOWI_PLAIN | AFLOWI_LATER, 0, DBL_MAX, AFLOW_DISTRIBUTION_CONSTANT, "tokens", "Tokens that an io_llm sends.")
    AFLOWI_LEAF(AFLOWI_OPERATION, aflow_step, output_tokens, "output_tokens", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_ABOVE | AFLOWI_PLAIN | AFLOWI_LATER, 0, DBL_MAX, AFLOW_DISTRIBUTION_CONSTANT, "tokens", "Tokens that an io_llm gets; its time follows from them unless io_waiting_time is given.")

    AFLOWI_LEAF(AFLOWI_EDGE, aflow_edge, id, "id", AFLOWI_TYPE_ID, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Identifier.")
    AFLOWI_LEAF(AFLOWI_EDGE, aflow_edge, source, "source", AFLOWI_TYPE_REFERENCE, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Node that it leaves.")
    AFLOWI_LEAF(AFLOWI_EDGE, aflow_edge, target, "target", AFLOWI_TYPE_REFERENCE, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Node that it reaches.")
    AFLOWI_LEAF(AFLOWI_EDGE, aflow_edge, latency, "latency", AFLOWI_TYPE_RANDOM, NULL, AFLOWI_REQUIRED | AFLOWI_ABOVE, 0, DBL_MAX, AFLOW_DISTRIBUTION_POISSON, "s", "Time in transit. Without a distribution it is poisson as in AsyncFlow: whole seconds.")
    AFLOWI_ROW(AFLOWI_EDGE, "dropout_rate", AFLOWI_TYPE_DOUBLE, AFLOWI_KINDS, NULL, AFLOWI_AT(aflow_edge, dropout_rate), 0, 0, 0, 1, 0, 0.01, "", "Probability that a message is lost; in a file that leaves it out 0.01 (AsyncFlow's default), in C 0.")
    AFLOWI_WORD(AFLOWI_EDGE, aflowi_edge_word, "edge_type", "May say what it is.")

    AFLOWI_LEAF(AFLOWI_SETTINGS, aflow_sim_settings, total_simulation_time, "total_simulation_time", AFLOWI_TYPE_UINT, NULL, 0, 5, 4e9, 3600, "s", "Simulated time.")
    AFLOWI_LEAF(AFLOWI_SETTINGS, aflow_sim_settings, sample_period_s, "sample_period_s", AFLOWI_TYPE_DOUBLE, NULL, 0, 0.001, 0.1, 0.01, "s", "Time between samples.")
    AFLOWI_LEAF(AFLOWI_SETTINGS, aflow_sim_settings, enabled_sample_metrics, "enabled_sample_metrics", AFLOWI_TYPE_FLAGS, aflowi_metric_names, 0, 0, 0, 15, "", "Gauges to sample.")
    AFLOWI_LEAF(AFLOWI_SETTINGS, aflow_sim_settings, enabled_event_metrics, "enabled_event_metrics", AFLOWI_TYPE_FLAGS, aflowi_event_metric_names, 0, 0, 0, 1, "", "What is kept of each request.")
    AFLOWI_LEAF(AFLOWI_SETTINGS, aflow_sim_settings, compat, "compat", AFLOWI_TYPE_ENUM, aflowi_compat_names, 0, 0, 0, 0, "", "Whose rules apply where AsyncFlow 0.1.1's differ from what its fields say.")

    AFLOWI_LEAF(AFLOWI_EVENT_KIND, aflow_event, event_id, "event_id", AFLOWI_TYPE_ID, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "Identifier.")
    AFLOWI_LEAF(AFLOWI_EVENT_KIND, aflow_event, target_id, "target_id", AFLOWI_TYPE_REFERENCE, NULL, AFLOWI_REQUIRED, 0, 0, 0, "", "A server for an outage, an edge for a spike, a cache for its loss (SERVER/ID for a server's own).")
    AFLOWI_PART(AFLOWI_EVENT_KIND, aflow_event, start, "start", AFLOWI_EVENT_START_KIND, AFLOWI_REQUIRED, "When and how it begins.")
    AFLOWI_PART(AFLOWI_EVENT_KIND, aflow_event, end, "end", AFLOWI_EVENT_END_KIND, AFLOWI_REQUIRED, "When it ends.")

    AFLOWI_LEAF(AFLOWI_EVENT_START_KIND, aflow_event_start, kind, "kind", AFLOWI_TYPE_ENUM, aflowi_start_names, AFLOWI_REQUIRED, 0, 0, 0, "", "What begins.")
    AFLOWI_LEAF(AFLOWI_EVENT_START_KIND, aflow_event_start, t_start, "t_start", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_REQUIRED, 0, AFLOWI_TIME_MOST, 0, "s", "When.")
    AFLOWI_LEAF(AFLOWI_EVENT_START_KIND, aflow_event_start, spike_s, "spike_s", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_ABOVE | AFLOWI_NULLABLE, 0, 1e6, 0, "s", "Added latency of a spike; not for outages.")

    AFLOWI_LEAF(AFLOWI_EVENT_END_KIND, aflow_event_end, kind, "kind", AFLOWI_TYPE_ENUM, aflowi_end_names, AFLOWI_REQUIRED, 0, 0, 0, "", "What ends.")
    AFLOWI_LEAF(AFLOWI_EVENT_END_KIND, aflow_event_end, t_end, "t_end", AFLOWI_TYPE_DOUBLE, NULL, AFLOWI_REQUIRED | AFLOWI_ABOVE, 0, AFLOWI_TIME_MOST, 0, "s", "When.")
#undef AFLOWI_ROW
#undef AFLOWI_LEAF
#undef AFLOWI_PART
#undef AFLOWI_LIST
#undef AFLOWI_WORD
};

static const size_t aflowi_struct_sizes[AFLOWI_KINDS] = {
    sizeof(aflow_scenario), sizeof(aflow_generator), sizeof(aflow_random_variable), sizeof(aflow_topology_graph), sizeof(aflow_nodes),
    sizeof(aflow_client), sizeof(aflow_load_balancer), sizeof(aflow_server), sizeof(aflow_server_resources), sizeof(aflow_resource), sizeof(aflow_endpoint),
    sizeof(aflow_step), sizeof(aflow_step), sizeof(aflow_edge), sizeof(aflow_sim_settings), sizeof(aflow_event),
    sizeof(aflow_event_start), sizeof(aflow_event_end) };

/* Rows of one owner stand together: its first, and the first behind them. */
static const aflowi_field *aflowi_fields_of(aflowi_kind kind)
{
    size_t i = 0;
    while (aflowi_fields[i].owner != kind) i++;
    return &aflowi_fields[i];
}

/* The next row of the same owner, or NULL. */
static const aflowi_field *aflowi_next_field(const aflowi_field *f)
{
    const aflowi_field *next = f + 1;
    return next < aflowi_fields + AFLOWI_COUNT(aflowi_fields) && next->owner == f->owner ? next : NULL;
}

static const aflowi_field *aflowi_field_named(aflowi_kind kind, const char *name, size_t size)
{
    const aflowi_field *f;
    for (f = aflowi_fields_of(kind); f; f = aflowi_next_field(f)) {
        if (strncmp(f->name, name, size) == 0 && f->name[size] == 0) return f;
    }
    return NULL;
}

/* --- Access by row ----------------------------------------------------------- */

AFLOWI_INLINE const void *aflowi_member(const void *base, size_t offset) { return (const unsigned char *)base + offset; }
AFLOWI_INLINE void *aflowi_member_to_set(void *base, size_t offset) { return (unsigned char *)base + offset; }

/* Enums are read and written as what the compiler made of them: int-sized. */
static uint32_t aflowi_get_u32(const void *base, size_t offset)
{
    uint32_t value;
    memcpy(&value, aflowi_member(base, offset), sizeof value);
    return value;
}

static void aflowi_set_u32(void *base, size_t offset, uint32_t value) { memcpy(aflowi_member_to_set(base, offset), &value, sizeof value); }

static double aflowi_get_double(const void *base, size_t offset)
{
    double value;
    memcpy(&value, aflowi_member(base, offset), sizeof value);
    return value;
}

static void aflowi_set_double(void *base, size_t offset, double value) { memcpy(aflowi_member_to_set(base, offset), &value, sizeof value); }

static const void *aflowi_get_pointer(const void *base, size_t offset)
{
    const void *value;
    memcpy(&value, aflowi_member(base, offset), sizeof value);
    return value;
}

static void aflowi_set_pointer(void *base, size_t offset, const void *value) { memcpy(aflowi_member_to_set(base, offset), &value, sizeof value); }

static size_t aflowi_announced(const void *base, size_t offset)
{
    size_t value;
    memcpy(&value, aflowi_member(base, offset), sizeof value);
    return value;
}

/* Entries of a list that are there: a count without a pointer is none (and an error of its own). */
static size_t aflowi_entries(const aflowi_field *f, const void *base)
{
    return aflowi_get_pointer(base, f->offset) ? aflowi_announced(base, f->count_offset) : 0;
}

static void aflowi_set_count(void *base, size_t offset, size_t value) { memcpy(aflowi_member_to_set(base, offset), &value, sizeof value); }

/* With the default in place of "not given". */
static uint32_t aflowi_effective_u32(const aflowi_field *f, const void *base)
{
    uint32_t value = aflowi_get_u32(base, f->offset);
    return value ? value : (uint32_t)f->fallback;
}

static double aflowi_effective_double(const aflowi_field *f, const void *base)
{
    double value = aflowi_get_double(base, f->offset);
    if (value == AFLOW_ZERO) return 0;
    return value != 0 ? value : f->fallback;
}

AFLOWI_INLINE int aflowi_has_percentiles(const aflow_random_variable *v) { return v->p50 != 0 || v->p95 != 0 || v->p99 != 0; }
AFLOWI_INLINE int aflowi_has_values(const aflow_random_variable *v) { return v->values && v->values_count; }

/* Given by what AsyncFlow does not know, so that its reading of mean and variance has no place. */
AFLOWI_INLINE int aflowi_is_stated(const aflow_random_variable *v) { return v->scv != 0 || aflowi_has_percentiles(v); }

/* With its family, and the mean and variance that percentiles, values or an scv come to; what they were told by stays, so that
   resolving twice is resolving once. A variance that is not given stays 0: aflowi_effective_variance says what it means. */
static aflow_random_variable aflowi_resolved_random(aflow_random_variable v, aflow_distribution fallback)
{
    double mu, sigma;
    if (v.distribution == AFLOW_DISTRIBUTION_DEFAULT) {
        v.distribution = aflowi_has_percentiles(&v) ? AFLOW_DISTRIBUTION_LOG_NORMAL : aflowi_has_values(&v) ? AFLOW_DISTRIBUTION_DISCRETE : fallback;
    }
    if (aflowi_has_values(&v)) {
        aflowi_discrete_moments(v.values, v.weights_count == v.values_count ? v.weights : NULL, v.values_count, &v.mean, &v.variance);
    } else if (aflowi_has_percentiles(&v)) {
        aflowi_fit_log_normal(v.p50, v.p95, v.p99, &mu, &sigma);
        aflowi_log_normal_moments(mu, sigma, &v.mean, &v.variance);
    } else if (v.scv != 0) {
        v.variance = v.scv > 0 ? aflowi_mul(aflowi_mul(v.scv, v.mean), v.mean) : 0;
    } else {
        return v;
    }
    if (v.variance == 0) v.variance = AFLOW_ZERO;
    return v;
}

static aflow_random_variable aflowi_effective_random(const aflowi_field *f, const void *base)
{
    aflow_random_variable v;
    memcpy(&v, aflowi_member(base, f->offset), sizeof v);
    return aflowi_resolved_random(v, (aflow_distribution)(int)f->fallback);
}

/* What a variance that is not given means for a family that has one. */
static double aflowi_effective_variance(const aflow_random_variable *v)
{
    if (v->variance == AFLOW_ZERO) return 0;
    if (v->variance != 0) return v->variance;
    if (v->distribution == AFLOW_DISTRIBUTION_UNIFORM) return aflowi_mul(v->mean, v->mean) / 3;
    return v->distribution == AFLOW_DISTRIBUTION_NORMAL || v->distribution == AFLOW_DISTRIBUTION_LOG_NORMAL ? v->mean : 0;
}

/* Variance of the values (before a cut at 0) of any family; v is resolved. */
static double aflowi_variance_of(const aflow_random_variable *v)
{
    if (v->distribution == AFLOW_DISTRIBUTION_EXPONENTIAL) return aflowi_mul(v->mean, v->mean);
    return v->distribution == AFLOW_DISTRIBUTION_POISSON ? v->mean : aflowi_effective_variance(v);
}

/* Squared coefficient of variation of the values, as it was given or from the variance. */
static double aflowi_scv_of(const aflow_random_variable *v)
{
    if (v->scv != 0) return v->scv > 0 ? v->scv : 0;
    return v->mean > 0 ? aflowi_div(aflowi_div(aflowi_variance_of(v), v->mean), v->mean) : 0;
}

static double aflowi_pareto_maximum(const aflow_random_variable *v) { return v->maximum != 0 ? v->maximum : aflowi_mul(1000, v->mean); }

/* Whether a random variable says anything at all. */
static int aflowi_is_given(const aflow_random_variable *v)
{
    return v->mean != 0 || v->variance != 0 || v->distribution != AFLOW_DISTRIBUTION_DEFAULT || v->scv != 0 || v->maximum != 0 ||
           aflowi_has_percentiles(v) || v->values_count || v->weights_count;
}

/* Whether a row is a random variable that may stay away: amounts of steps, times of resources. */
static int aflowi_is_optional_random(const aflowi_field *f) { return f->type == AFLOWI_TYPE_RANDOM && !(f->flags & AFLOWI_REQUIRED); }

/* Whether an optional field holds nothing, or what it would hold by default. */
static int aflowi_says_default(const aflowi_field *f, const void *base)
{
    switch (f->type) {
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_NAME: case AFLOWI_TYPE_REFERENCE: return aflowi_get_pointer(base, f->offset) == NULL;
    case AFLOWI_TYPE_UINT: case AFLOWI_TYPE_ENUM: case AFLOWI_TYPE_FLAGS: return aflowi_effective_u32(f, base) == (uint32_t)f->fallback;
    case AFLOWI_TYPE_BOOL: return aflowi_get_u32(base, f->offset) == 0;
    case AFLOWI_TYPE_DOUBLE: return aflowi_get_double(base, f->offset) != AFLOW_ZERO && aflowi_effective_double(f, base) == f->fallback;
    case AFLOWI_TYPE_RANDOM: {
        aflow_random_variable v = aflowi_effective_random(f, base);
        return v.mean == 0 && v.variance == 0 && v.distribution == (aflow_distribution)(int)f->fallback;
    }
    case AFLOWI_TYPE_LIST: case AFLOWI_TYPE_REFERENCES: case AFLOWI_TYPE_TIMES: return aflowi_entries(f, base) == 0;
    default: return 1;
    }
}

static const char *aflowi_enum_name(const aflowi_word *names, uint32_t value)
{
    for (; names->name; names++) {
        if (names->value == value) return names->name;
    }
    return NULL;
}

static const aflowi_word *aflowi_enum_word(const aflowi_word *names, const char *text, size_t size)
{
    for (; names->name; names++) {
        if (strncmp(names->name, text, size) == 0 && names->name[size] == 0) return names;
    }
    return NULL;
}

/* --- Did you mean ---------------------------------------------------------------- */

#define AFLOWI_WORD_MOST 40u

static char aflowi_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static size_t aflowi_smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Edits (insert, delete, replace, swap of neighbours) between two words, whatever their case; large for long words. */
static size_t aflowi_distance(const char *a, size_t n, const char *b)
{
    size_t row[3][AFLOWI_WORD_MOST + 1], m = strlen(b), i, k;
    if (n > AFLOWI_WORD_MOST || m > AFLOWI_WORD_MOST) return 1000;
    for (k = 0; k <= m; k++) row[1][k] = row[0][k] = k;
    for (i = 1; i <= n; i++) {
        size_t *now = row[2];
        now[0] = i;
        for (k = 1; k <= m; k++) {
            size_t cost = aflowi_lower(a[i - 1]) != aflowi_lower(b[k - 1]);
            now[k] = aflowi_smaller(aflowi_smaller(row[1][k] + 1, now[k - 1] + 1), row[1][k - 1] + cost);
            if (i > 1 && k > 1 && aflowi_lower(a[i - 1]) == aflowi_lower(b[k - 2]) && aflowi_lower(a[i - 2]) == aflowi_lower(b[k - 1])) {
                now[k] = aflowi_smaller(now[k], row[0][k - 2] + 1);
            }
        }
        memcpy(row[0], row[1], sizeof row[0]);
        memcpy(row[1], row[2], sizeof row[1]);
    }
    return row[1][m];
}

/* Keeps the nearest candidate seen so far, when it is near enough to be meant. */
typedef struct aflowi_guess { const char *text, *best; size_t size, distance; } aflowi_guess;

static aflowi_guess aflowi_guess_for(const char *text, size_t size)
{
    aflowi_guess g;
    g.text = text;
    g.size = size;
    g.best = NULL;
    g.distance = size / 3 + 2;      /* a third of the letters may be wrong */
    return g;
}

static void aflowi_guess_try(aflowi_guess *g, const char *candidate)
{
    size_t d = aflowi_distance(g->text, g->size, candidate), n = strlen(candidate);
    /* cores for cpu_cores: a whole part of the name counts as near */
    if (g->size >= 4 && n > g->size && n < AFLOWI_WORD_MOST) {
        size_t i;
        for (i = 0; i + g->size <= n; i++) {
            if (memcmp(candidate + i, g->text, g->size) == 0 && d > 1) d = 1;
        }
    }
    if (d < g->distance) {
        g->distance = d;
        g->best = candidate;
    }
}

static void aflowi_line_guess(aflowi_line *l, const aflowi_guess *g)
{
    if (!g->best) return;
    aflowi_line_put(l, "; did you mean ");
    aflowi_line_quote(l, g->best);
    aflowi_line_put(l, "?");
}

/* `is "possion"; did you mean "poisson"?`, or all the names there are. */
static void aflowi_line_unknown_word(aflowi_line *l, const aflowi_word *names, const char *text, size_t size)
{
    aflowi_guess g = aflowi_guess_for(text, size);
    const aflowi_word *w;
    char copy[72];
    if (size > sizeof copy - 1) size = sizeof copy - 1;
    memcpy(copy, text, size);
    copy[size] = 0;
    for (w = names; w->name; w++) aflowi_guess_try(&g, w->name);
    aflowi_line_put(l, "is ");
    aflowi_line_quote(l, copy);
    if (g.best) {
        aflowi_line_guess(l, &g);
        return;
    }
    aflowi_line_put(l, names[1].name ? "; it is one of " : "; it can only be ");
    for (w = names; w->name; w++) {
        if (w != names) aflowi_line_put(l, ", ");
        aflowi_line_put(l, w->name);
    }
}

/* --- Ranges of single values --------------------------------------------------------
   Each puts a message into the line and returns its code, or returns AFLOWI_FINE. */

#define AFLOWI_FINE (-1)

static void aflowi_line_unit(aflowi_line *l, const aflowi_field *f)
{
    if (f->unit[0]) {
        aflowi_line_put(l, " ");
        aflowi_line_put(l, f->unit);
    }
}

static int aflowi_check_number(const aflowi_field *f, double value, aflowi_line *l)
{
    int finite = value >= -DBL_MAX && value <= DBL_MAX;
    int low = value < f->least || ((f->flags & AFLOWI_ABOVE) && value <= f->least), high = value > f->most;
    if (finite && !low && !high) return AFLOWI_FINE;
    aflowi_line_put(l, "is ");
    aflowi_line_double(l, value);
    if (!finite) {
        aflowi_line_put(l, "; needs a finite number");
        return AFLOW_DIAGNOSTIC_NOT_FINITE;
    }
    aflowi_line_put(l, !low ? "; needs at most " : f->flags & AFLOWI_ABOVE ? "; needs more than " : "; needs at least ");
    aflowi_line_double(l, low ? f->least : f->most);
    if (!low || f->least > 1) aflowi_line_unit(l, f);
    return AFLOW_DIAGNOSTIC_OUT_OF_RANGE;
}

static int aflowi_is_blank(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text > ' ') return 0;
    }
    return 1;
}

/* Bytes of the character at text, 0 when it is not one of UTF-8 (RFC 3629: no overlong forms, no surrogates). */
static size_t aflowi_utf8_length(const unsigned char *text)
{
    unsigned c = text[0], low = 0x80, high = 0xBF;
    size_t n = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0, i;
    if (c == 0xE0) low = 0xA0;
    if (c == 0xED) high = 0x9F;
    if (c == 0xF0) low = 0x90;
    if (c == 0xF4) high = 0x8F;
    for (i = 1; i < n; i++) {
        if (text[i] < low || text[i] > high) return 0;
        low = 0x80;
        high = 0xBF;
    }
    return n;
}

static int aflowi_is_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p) {
        size_t n = aflowi_utf8_length(p);
        if (!n) return 0;
        p += n;
    }
    return 1;
}

static int aflowi_check_text(const aflowi_field *f, const char *text, aflowi_line *l)
{
    if (!text) {
        aflowi_line_put(l, "is missing; it is required");
        return AFLOW_DIAGNOSTIC_MISSING;
    }
    if (f->type != AFLOWI_TYPE_NAME && aflowi_is_blank(text)) {
        aflowi_line_put(l, "is blank; give it a visible name");
        return AFLOW_DIAGNOSTIC_BLANK_ID;
    }
    if (!aflowi_is_utf8(text)) {
        aflowi_line_put(l, "is not valid UTF-8; reports could not show it");
        return AFLOW_DIAGNOSTIC_NOT_UTF8;
    }
    return AFLOWI_FINE;
}

static int aflowi_check_enum(const aflowi_field *f, uint32_t value, aflowi_line *l)
{
    if (aflowi_enum_name(f->names, value)) return AFLOWI_FINE;
    if (value == 0) {
        aflowi_line_put(l, "is missing; it is required");
        return AFLOW_DIAGNOSTIC_MISSING;
    }
    aflowi_line_put(l, "is ");
    aflowi_line_u64(l, value);
    aflowi_line_put(l, ", which is none of its enumerators");
    return AFLOW_DIAGNOSTIC_UNKNOWN_NAME;
}

/* --- Names ---------------------------------------------------------------------------
   An aflow_id is a kind in the upper four bits and 1 + index in the lower. A table finds ids by name: open addressing, at
   most half full. */

enum { AFLOWI_ID_GENERATOR = 1, AFLOWI_ID_CLIENT, AFLOWI_ID_BALANCER, AFLOWI_ID_SERVER, AFLOWI_ID_EDGE, AFLOWI_ID_RESOURCE };

static aflow_id aflowi_id_of(uint32_t kind, uint32_t index) { return kind << 28 | (index + 1); }
static uint32_t aflowi_id_kind(aflow_id id) { return id >> 28; }
static uint32_t aflowi_id_index(aflow_id id) { return (id & 0x0FFFFFFFu) - 1; }
static aflow_id aflowi_server_id(size_t index) { return aflowi_id_of(AFLOWI_ID_SERVER, (uint32_t)index); }
static aflow_id aflowi_edge_id(size_t index) { return aflowi_id_of(AFLOWI_ID_EDGE, (uint32_t)index); }
static aflow_id aflowi_resource_id(size_t index) { return aflowi_id_of(AFLOWI_ID_RESOURCE, (uint32_t)index); }

typedef struct aflowi_names {
    const char **names;
    aflow_id *ids;
    size_t slots;           /* a power of two */
} aflowi_names;

static int aflowi_names_init(aflowi_names *t, aflowi_arena *arena, size_t count)
{
    t->slots = 8;
    while (t->slots < 2 * count) t->slots *= 2;
    t->names = (const char **)aflowi_arena_array(arena, t->slots, sizeof *t->names);
    t->ids = (aflow_id *)aflowi_arena_array(arena, t->slots, sizeof *t->ids);
    return t->names && t->ids;
}

static size_t aflowi_names_slot(const aflowi_names *t, const char *name)
{
    size_t i = (size_t)aflowi_hash_text(name) & (t->slots - 1);
    while (t->names[i] && strcmp(t->names[i], name) != 0) i = (i + 1) & (t->slots - 1);
    return i;
}

static aflow_id aflowi_names_find(const aflowi_names *t, const char *name)
{
    return name ? t->ids[aflowi_names_slot(t, name)] : 0;
}

/* Returns who has the name already, and leaves it to that one; 0: it was free, or there is no name. */
static aflow_id aflowi_names_add(aflowi_names *t, const char *name, aflow_id id)
{
    size_t i;
    if (!name) return 0;
    i = aflowi_names_slot(t, name);
    if (t->names[i]) return t->ids[i];
    t->names[i] = name;
    t->ids[i] = id;
    return 0;
}

/* How often the name was counted before; counts it. */
static aflow_id aflowi_names_count(aflowi_names *t, const char *name)
{
    size_t i = aflowi_names_slot(t, name);
    t->names[i] = name;
    return t->ids[i]++;
}

static int aflowi_names_of_nodes(aflowi_names *t, const aflow_scenario *s, aflowi_arena *arena)
{
    const aflow_nodes *nodes = &s->topology_graph.nodes;
    size_t i;
    if (!aflowi_names_init(t, arena, nodes->servers_count + 3)) return 0;
    aflowi_names_add(t, s->rqs_input.id, aflowi_id_of(AFLOWI_ID_GENERATOR, 0));
    aflowi_names_add(t, nodes->client.id, aflowi_id_of(AFLOWI_ID_CLIENT, 0));
    aflowi_names_add(t, nodes->load_balancer.id, aflowi_id_of(AFLOWI_ID_BALANCER, 0));
    for (i = 0; i < nodes->servers_count; i++) aflowi_names_add(t, nodes->servers[i].id, aflowi_server_id(i));
    return 1;
}

static int aflowi_names_of_edges(aflowi_names *t, const aflow_scenario *s, aflowi_arena *arena)
{
    size_t i;
    if (!aflowi_names_init(t, arena, s->topology_graph.edges_count)) return 0;
    for (i = 0; i < s->topology_graph.edges_count; i++) aflowi_names_add(t, s->topology_graph.edges[i].id, aflowi_edge_id(i));
    return 1;
}

/* --- Walking ------------------------------------------------------------------------
   Visits all fields of a scenario in the order of the table, without recursion: every job on whole scenarios is a loop over
   visits. A list is entered before its pointer is read, so that a visitor may replace it. */

typedef enum aflowi_visit_kind {
    AFLOWI_VISIT_FIELD,     /* a value: base is its struct */
    AFLOWI_VISIT_ENTER,     /* a struct: base is the struct itself */
    AFLOWI_VISIT_LEAVE,
    AFLOWI_VISIT_LIST,      /* a list of structs: base is its owner */
    AFLOWI_VISIT_ITEM,      /* one of its structs, number index */
    AFLOWI_VISIT_ITEM_END,
    AFLOWI_VISIT_LIST_END,
    AFLOWI_VISIT_TOO_DEEP   /* a list with entries that are not visited: base is its owner */
} aflowi_visit_kind;

typedef struct aflowi_visit {
    aflowi_visit_kind kind;
    const aflowi_field *field;
    void *base;
    size_t index, count;
} aflowi_visit;

/* The table nests ten deep, to the amounts of a step, and two for each list of steps within a step. What is nested deeper is not
   visited: data in C may even point to itself. The check finds it. */
#define AFLOWI_STEPS_DEPTH 8
#define AFLOWI_SCHEMA_DEPTH (11 + 2 * AFLOWI_STEPS_DEPTH)

typedef struct aflowi_walk_frame {
    const aflowi_field *field;      /* struct: the next to visit; list: the list */
    const aflowi_field *owner;      /* the row that led here; NULL: the scenario */
    unsigned char *base;            /* struct, or the list's owner */
    size_t index, count;            /* of a list's items; count 1 and is_list 0 for a struct */
    int is_list, opened;
    int nested;                     /* lists of steps within steps around it */
} aflowi_walk_frame;

typedef struct aflowi_walk {
    aflowi_walk_frame frames[AFLOWI_SCHEMA_DEPTH];
    int depth;
} aflowi_walk;

static void aflowi_walk_push(aflowi_walk *w, const aflowi_field *owner, aflowi_kind kind, void *base, size_t index)
{
    aflowi_walk_frame *frame = &w->frames[w->depth];
    memset(frame, 0, sizeof *frame);
    if (w->depth++) frame->nested = frame[-1].nested;
    frame->field = aflowi_fields_of(kind);
    frame->owner = owner;
    frame->base = (unsigned char *)base;
    frame->index = index;
}

/* Walks a struct of any kind. It is only written to by visitors that do so. */
static void aflowi_walk_init_at(aflowi_walk *w, aflowi_kind kind, const void *base)
{
    w->depth = 0;
    aflowi_walk_push(w, NULL, kind, (void *)(uintptr_t)base, 0);
}

static void aflowi_walk_init(aflowi_walk *w, const aflow_scenario *scenario) { aflowi_walk_init_at(w, AFLOWI_SCENARIO, scenario); }

/* After an ENTER, LIST or ITEM: leaves out what is inside, and its end. */
static void aflowi_walk_skip(aflowi_walk *w) { w->depth--; }

/* Enters a list, unless it is one of steps within too many others. */
static void aflowi_walk_open(aflowi_walk *w, const aflowi_walk_frame *top, aflowi_visit *v)
{
    int nested = top->nested + (v->field->owner == AFLOWI_STEP);
    aflowi_walk_frame *list = &w->frames[w->depth];
    if (nested > AFLOWI_STEPS_DEPTH) {
        v->count = aflowi_entries(v->field, top->base);
        v->kind = v->count ? AFLOWI_VISIT_TOO_DEEP : AFLOWI_VISIT_FIELD;
        return;
    }
    memset(list, 0, sizeof *list);
    w->depth++;
    v->kind = AFLOWI_VISIT_LIST;
    list->field = v->field;
    list->base = top->base;
    list->is_list = 1;
    list->nested = nested;
}

static int aflowi_walk_list(aflowi_walk *w, aflowi_walk_frame *top, aflowi_visit *v)
{
    if (!top->opened) {
        top->opened = 1;
        top->count = aflowi_entries(top->field, top->base);
    }
    v->field = top->field;
    v->count = top->count;
    if (top->index < top->count) {
        const void *items = aflowi_get_pointer(top->base, top->field->offset);
        v->kind = AFLOWI_VISIT_ITEM;
        v->index = top->index;
        v->base = (void *)(uintptr_t)aflowi_member(items, top->index++ * aflowi_struct_sizes[top->field->sub]);
        aflowi_walk_push(w, top->field, top->field->sub, v->base, v->index);
        return 1;
    }
    v->kind = AFLOWI_VISIT_LIST_END;
    v->base = top->base;
    w->depth--;
    return 1;
}

/* The next visit; 0 when all is done. */
static int aflowi_walk_next(aflowi_walk *w, aflowi_visit *v)
{
    aflowi_walk_frame *top = w->depth ? &w->frames[w->depth - 1] : NULL;
    memset(v, 0, sizeof *v);
    if (!top) return 0;
    if (top->is_list) return aflowi_walk_list(w, top, v);
    v->base = top->base;
    if (!top->field) {
        v->kind = top->owner && top->owner->type == AFLOWI_TYPE_LIST ? AFLOWI_VISIT_ITEM_END : AFLOWI_VISIT_LEAVE;
        v->field = top->owner;
        v->index = top->index;
        w->depth--;
        return v->field != NULL;
    }
    v->field = top->field;
    top->field = aflowi_next_field(top->field);
    v->kind = AFLOWI_VISIT_FIELD;
    if (v->field->type == AFLOWI_TYPE_STRUCT) {
        v->kind = AFLOWI_VISIT_ENTER;
        v->base = aflowi_member_to_set(top->base, v->field->offset);
        aflowi_walk_push(w, v->field, v->field->sub, v->base, 0);
    } else if (v->field->type == AFLOWI_TYPE_LIST) {
        aflowi_walk_open(w, top, v);
    }
    return 1;
}

/* Whether a struct that may be absent is: it has no identifier. */
static int aflowi_is_absent(const aflowi_visit *v)
{
    return v->kind == AFLOWI_VISIT_ENTER && v->field->sub == AFLOWI_BALANCER && ((const aflow_load_balancer *)v->base)->id == NULL;
}

/* --- Copies ------------------------------------------------------------------------------ */

static char *aflowi_clone_text(aflowi_arena *arena, const char *text, int lower)
{
    char *copy = text ? aflowi_arena_text(arena, text, strlen(text)) : NULL, *c;
    for (c = copy; lower && c && *c; c++) *c = aflowi_lower(*c);
    return copy;
}

/* A list that is announced but not there stays so: the check will say it. */
static void aflowi_clone_array(aflowi_arena *arena, const aflowi_field *f, void *base, size_t element)
{
    size_t n = aflowi_entries(f, base);
    void *to = n ? aflowi_arena_array(arena, n, element) : NULL;
    if (!to) return;
    memcpy(to, aflowi_get_pointer(base, f->offset), n * element);
    aflowi_set_pointer(base, f->offset, to);
}

static void aflowi_clone_references(aflowi_arena *arena, const aflowi_field *f, void *base)
{
    size_t n = aflowi_entries(f, base), i;
    const char **items;
    aflowi_clone_array(arena, f, base, sizeof *items);
    if (arena->failed) return;
    items = (const char **)(uintptr_t)aflowi_get_pointer(base, f->offset);
    for (i = 0; i < n; i++) items[i] = aflowi_clone_text(arena, items[i], 0);
}

/* The arrays that a random variable points to. */
static void aflowi_clone_random(aflowi_arena *arena, const aflowi_field *f, void *base)
{
    const aflowi_field *own;
    for (own = aflowi_fields_of(AFLOWI_RANDOM); own; own = aflowi_next_field(own)) {
        if (own->type == AFLOWI_TYPE_TIMES) aflowi_clone_array(arena, own, aflowi_member_to_set(base, f->offset), sizeof(double));
    }
}

static void aflowi_fill_default(const aflowi_field *f, void *base)
{
    aflow_random_variable v;
    switch (f->type) {
    case AFLOWI_TYPE_UINT: case AFLOWI_TYPE_ENUM: case AFLOWI_TYPE_FLAGS:
        aflowi_set_u32(base, f->offset, aflowi_effective_u32(f, base));
        break;
    case AFLOWI_TYPE_DOUBLE:
        if (!(f->flags & AFLOWI_ZERO_SPEAKS)) aflowi_set_double(base, f->offset, aflowi_effective_double(f, base));
        break;
    case AFLOWI_TYPE_RANDOM:
        v = aflowi_effective_random(f, base);
        memcpy(aflowi_member_to_set(base, f->offset), &v, sizeof v);
        break;
    default: break;
    }
}

static void aflowi_clone_field(aflowi_arena *arena, const aflowi_field *f, void *base, int fill)
{
    switch (f->type) {
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_NAME: case AFLOWI_TYPE_REFERENCE:
        aflowi_set_pointer(base, f->offset, aflowi_clone_text(arena, (const char *)aflowi_get_pointer(base, f->offset), fill && f->type == AFLOWI_TYPE_NAME));
        break;
    case AFLOWI_TYPE_REFERENCES: aflowi_clone_references(arena, f, base); break;
    case AFLOWI_TYPE_TIMES: aflowi_clone_array(arena, f, base, sizeof(double)); break;
    default:
        if (f->type == AFLOWI_TYPE_RANDOM) aflowi_clone_random(arena, f, base);
        if (fill) aflowi_fill_default(f, base);
        break;
    }
}

/* Replaces all that a shallow copy of a struct points to, but hooks; the arena remembers when memory was out. Of lists that are
   nested too deep there remains that they are. */
static void aflowi_clone_into(aflowi_arena *arena, aflowi_kind kind, void *copy, int fill)
{
    aflowi_walk w;
    aflowi_visit v;
    aflowi_walk_init_at(&w, kind, copy);
    while (!arena->failed && aflowi_walk_next(&w, &v)) {
        if (v.kind == AFLOWI_VISIT_LIST) {
            aflowi_clone_array(arena, v.field, v.base, aflowi_struct_sizes[v.field->sub]);
        } else if (v.kind == AFLOWI_VISIT_FIELD) {
            aflowi_clone_field(arena, v.field, v.base, fill);
        } else if (v.kind == AFLOWI_VISIT_TOO_DEEP) {
            aflowi_set_pointer(v.base, v.field->offset, aflowi_arena_alloc(arena, aflowi_struct_sizes[v.field->sub]));
            aflowi_set_count(v.base, v.field->count_offset, 1);
        }
    }
}

/* A deep copy in an arena, its defaults filled in where asked; NULL when memory is out. */
static aflow_scenario *aflowi_scenario_clone(aflowi_arena *arena, const aflow_scenario *scenario, int fill)
{
    aflow_scenario *copy = (aflow_scenario *)aflowi_arena_copy(arena, scenario, sizeof *scenario);
    if (copy) aflowi_clone_into(arena, AFLOWI_SCENARIO, copy, fill);
    return arena->failed ? NULL : copy;
}

/* What aflow_scenario_copy hands out: the scenario first, so that its address is the copy's. */
typedef struct aflowi_owned_scenario {
    aflow_scenario scenario;
    aflowi_arena arena;
} aflowi_owned_scenario;

AFLOW_API aflow_scenario *aflow_scenario_copy(const aflow_scenario *scenario, const aflow_allocator *allocator)
{
    aflow_allocator a = aflowi_allocator_or_default(allocator);
    aflowi_owned_scenario *owned;
    if (!scenario) return NULL;
    owned = (aflowi_owned_scenario *)aflowi_resize(&a, NULL, 0, sizeof *owned);
    if (!owned) return NULL;
    owned->scenario = *scenario;
    aflowi_arena_init(&owned->arena, &a, 2048);
    aflowi_clone_into(&owned->arena, AFLOWI_SCENARIO, &owned->scenario, 0);
    if (owned->arena.failed) {
        aflow_scenario_destroy(&owned->scenario);
        return NULL;
    }
    return &owned->scenario;
}

AFLOW_API void aflow_scenario_destroy(aflow_scenario *copy)
{
    aflowi_owned_scenario *owned = (aflowi_owned_scenario *)(void *)copy;
    aflow_allocator a;
    if (!copy) return;
    a = owned->arena.allocator;
    aflowi_arena_free(&owned->arena);
    aflowi_free(&a, owned, sizeof *owned);
}

/* --- Hash ------------------------------------------------------------------------------ */

static uint64_t aflowi_hash_word(uint64_t hash, uint64_t word) { return aflowi_mix(hash ^ aflowi_mix(word + 0x9E3779B97F4A7C15u)); }

static uint64_t aflowi_hash_double(uint64_t hash, double value)
{
    uint64_t bits;
    if (value == 0) value = 0;          /* -0 */
    memcpy(&bits, &value, sizeof bits);
    return aflowi_hash_word(hash, bits);
}

static uint64_t aflowi_hash_string(uint64_t hash, const char *text, int lower)
{
    uint64_t word = 14695981039346656037u;      /* FNV-1a */
    for (; text && *text; text++) word = (word ^ (unsigned char)(lower ? aflowi_lower(*text) : *text)) * 1099511628211u;
    return aflowi_hash_word(hash, word);
}

static uint64_t aflowi_hash_array(uint64_t hash, const aflowi_field *f, const void *base)
{
    size_t n = aflowi_entries(f, base), i;
    const void *data = aflowi_get_pointer(base, f->offset);
    hash = aflowi_hash_word(hash, n);
    for (i = 0; data && i < n; i++) {
        if (f->type == AFLOWI_TYPE_TIMES) hash = aflowi_hash_double(hash, ((const double *)data)[i]);
        else hash = aflowi_hash_string(hash, ((const char *const *)data)[i], 0);
    }
    return hash;
}

/* Only what is given, and by which row, so that other variables keep the hash that they had before these rows were. */
static uint64_t aflowi_hash_random_rest(uint64_t hash, const aflow_random_variable *v)
{
    const aflowi_field *f, *first = aflowi_fields_of(AFLOWI_RANDOM);
    for (f = first; f; f = aflowi_next_field(f)) {
        if (f->offset < offsetof(aflow_random_variable, scv)) continue;
        if (f->type == AFLOWI_TYPE_TIMES ? aflowi_entries(f, v) == 0 : aflowi_get_double(v, f->offset) == 0) continue;
        hash = aflowi_hash_word(hash, (uint64_t)(f - first));
        hash = f->type == AFLOWI_TYPE_TIMES ? aflowi_hash_array(hash, f, v) : aflowi_hash_double(hash, aflowi_get_double(v, f->offset));
    }
    return hash;
}

static uint64_t aflowi_hash_random(uint64_t hash, const aflowi_field *f, const void *base)
{
    aflow_random_variable v = aflowi_effective_random(f, base);
    hash = aflowi_hash_double(hash, v.mean);
    hash = aflowi_hash_word(hash, (uint64_t)v.distribution);
    return aflowi_hash_random_rest(aflowi_hash_double(hash, aflowi_effective_variance(&v)), &v);
}

static uint64_t aflowi_hash_field(uint64_t hash, const aflowi_field *f, const void *base)
{
    switch (f->type) {
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_REFERENCE: case AFLOWI_TYPE_NAME:
        return aflowi_hash_string(hash, (const char *)aflowi_get_pointer(base, f->offset), f->type == AFLOWI_TYPE_NAME);
    case AFLOWI_TYPE_UINT: case AFLOWI_TYPE_ENUM: case AFLOWI_TYPE_FLAGS: return aflowi_hash_word(hash, aflowi_effective_u32(f, base));
    case AFLOWI_TYPE_BOOL: return aflowi_hash_word(hash, aflowi_get_u32(base, f->offset) != 0);
    case AFLOWI_TYPE_DOUBLE: return aflowi_hash_double(hash, aflowi_effective_double(f, base));
    case AFLOWI_TYPE_RANDOM: return aflowi_hash_random(hash, f, base);
    case AFLOWI_TYPE_REFERENCES: case AFLOWI_TYPE_TIMES: return aflowi_hash_array(hash, f, base);
    default: return hash;
    }
}

/* Of code there is no value that two builds would share: hooks do not count. */
AFLOW_API uint64_t aflow_scenario_hash(const aflow_scenario *scenario)
{
    uint64_t hash = 1;
    aflowi_walk w;
    aflowi_visit v;
    if (!scenario) return 0;
    aflowi_walk_init(&w, scenario);
    while (aflowi_walk_next(&w, &v)) {
        if ((v.field->flags & AFLOWI_LATER) && (v.kind == AFLOWI_VISIT_FIELD || v.kind == AFLOWI_VISIT_LIST)) {
            if (aflowi_says_default(v.field, v.base)) {
                if (v.kind == AFLOWI_VISIT_LIST) aflowi_walk_skip(&w);
                continue;
            }
            hash = aflowi_hash_string(hash, v.field->name, 0);
        }
        if (v.kind == AFLOWI_VISIT_FIELD) hash = aflowi_hash_field(hash, v.field, v.base);
        else hash = aflowi_hash_word(hash, (uint64_t)v.kind);
    }
    return hash;
}

/* --- Paths: servers.srv-1.server_resources.cpu_cores ------------------------------- */

/* Where a path led: a row, and the struct that has it. bounds: the row of the random variable around a mean. */
typedef struct aflowi_target_field {
    const aflowi_field *field, *bounds;
    void *base;
} aflowi_target_field;

static int aflowi_path_failed(aflow_diagnostics *problems, const char *path, const aflowi_line *message)
{
    aflowi_report_at(problems, AFLOW_DIAGNOSTIC_NO_PATH, path, message->text, NULL);
    return 0;
}

static int aflowi_path_unknown(aflow_diagnostics *problems, const char *path, aflowi_kind kind, const char *name, size_t size)
{
    aflowi_guess g = aflowi_guess_for(name, size);
    const aflowi_field *f;
    aflowi_line l;
    l.used = 0;
    for (f = aflowi_fields_of(kind); f; f = aflowi_next_field(f)) aflowi_guess_try(&g, f->name);
    aflowi_line_put(&l, "names no field: there is no ");
    aflowi_line_bytes(&l, name, aflowi_cut(name, size, 60));
    aflowi_line_guess(&l, &g);
    return aflowi_path_failed(problems, path, &l);
}

/* The leading containers may be left out: looks a first name up in all structs that are no list's items; unique or nothing. */
static const aflowi_field *aflowi_path_shortcut(const aflow_scenario *scenario, const char *name, size_t size, void **base, int *several)
{
    const aflowi_field *found = NULL;
    aflowi_walk w;
    aflowi_visit v;
    aflowi_walk_init(&w, scenario);
    while (aflowi_walk_next(&w, &v)) {
        if (v.kind == AFLOWI_VISIT_ITEM) aflowi_walk_skip(&w);
        if (v.kind != AFLOWI_VISIT_FIELD && v.kind != AFLOWI_VISIT_ENTER && v.kind != AFLOWI_VISIT_LIST) continue;
        if (strncmp(v.field->name, name, size) != 0 || v.field->name[size] != 0 || v.field->type == AFLOWI_TYPE_FIXED) continue;
        *several |= found != NULL;
        found = v.field;
        *base = v.kind == AFLOWI_VISIT_ENTER ? (unsigned char *)v.base - v.field->offset : (unsigned char *)v.base;
    }
    return *several ? NULL : found;
}

/* The same below a struct: a step's amounts stand in its step_operation. */
static const aflowi_field *aflowi_path_inner(aflowi_kind kind, const char *name, size_t size, void **base)
{
    const aflowi_field *f, *inner;
    for (f = aflowi_fields_of(kind); f; f = aflowi_next_field(f)) {
        inner = f->type == AFLOWI_TYPE_STRUCT ? aflowi_field_named(f->sub, name, size) : NULL;
        if (!inner) continue;
        *base = aflowi_member_to_set(*base, f->offset);
        return inner;
    }
    return NULL;
}

/* The identifier of an item of a list: its first row of that type, or its name. */
static const char *aflowi_item_name(aflowi_kind kind, const void *item)
{
    const aflowi_field *f = aflowi_fields_of(kind);
    return f->type == AFLOWI_TYPE_ID || f->type == AFLOWI_TYPE_NAME ? (const char *)aflowi_get_pointer(item, f->offset) : NULL;
}

static int aflowi_path_index_of(const char **path, size_t *index)
{
    const char *p = *path + 1;
    *index = 0;
    if (*p < '0' || *p > '9') return 0;
    for (; *p >= '0' && *p <= '9'; p++) *index = *index < 100000000 ? *index * 10 + (size_t)(*p - '0') : *index;
    if (*p != ']') return 0;
    *path = p + 1;
    return 1;
}

/* The item that `[3]` or `.srv-1` means, path moved behind it; identifiers may have dots, the longest that fits is meant. */
static void *aflowi_path_item(const aflowi_field *f, const void *base, const char **path)
{
    size_t n = aflowi_entries(f, base), size = aflowi_struct_sizes[f->sub], i, best = 0;
    const void *items = aflowi_get_pointer(base, f->offset), *found = NULL;
    if (**path == '[' && aflowi_path_index_of(path, &i)) return i < n ? (void *)(uintptr_t)aflowi_member(items, i * size) : NULL;
    if (**path != '.') return NULL;
    for (i = 0; i < n; i++) {
        const char *name = aflowi_item_name(f->sub, aflowi_member(items, i * size)), *rest = *path + 1;
        size_t length = name ? strlen(name) : 0;
        if (length < best || !length || strncmp(rest, name, length) != 0) continue;
        if (rest[length] != 0 && rest[length] != '.' && rest[length] != '[') continue;
        best = length;
        found = aflowi_member(items, i * size);
    }
    *path += 1 + best;
    return (void *)(uintptr_t)found;
}

static int aflowi_path_no_item(const aflowi_field *f, const void *base, aflow_diagnostics *problems, const char *path, const char *at)
{
    size_t n = aflowi_entries(f, base), size = aflowi_struct_sizes[f->sub], i;
    const void *items = aflowi_get_pointer(base, f->offset);
    aflowi_line l;
    l.used = 0;
    aflowi_line_put(&l, "names no field: ");
    aflowi_line_put(&l, f->name);
    aflowi_line_put(&l, " has no entry ");
    aflowi_line_quote(&l, *at == '.' ? at + 1 : at);
    aflowi_line_put(&l, "; it has ");
    aflowi_line_u64(&l, n);
    for (i = 0; i < n && i < 8; i++) {
        const char *name = aflowi_item_name(f->sub, aflowi_member(items, i * size));
        if (!name) break;
        aflowi_line_put(&l, i ? ", " : ": ");
        aflowi_line_put(&l, name);
    }
    return aflowi_path_failed(problems, path, &l);
}

/* Goes into what `f` of `base` contains, as far as the path does. Returns 1 when it went in, 0 when f is the end, -1 on errors. */
static int aflowi_path_enter(aflowi_target_field *t, const char **at, const char *path, aflowi_kind *kind, aflow_diagnostics *problems)
{
    const aflowi_field *f = t->field;
    if (**at == 0) return 0;
    if (f->type == AFLOWI_TYPE_STRUCT && **at == '.') {
        if (f->sub == AFLOWI_BALANCER && !((const aflow_load_balancer *)aflowi_member(t->base, f->offset))->id && strcmp(*at, ".id") != 0) {
            aflowi_line l;
            l.used = 0;
            aflowi_line_put(&l, "names no field: this scenario has no load_balancer; set its id first");
            aflowi_path_failed(problems, path, &l);
            return -1;
        }
        t->base = aflowi_member_to_set(t->base, f->offset);
        *kind = f->sub;
    } else if (f->type == AFLOWI_TYPE_RANDOM && **at == '.') {
        t->base = aflowi_member_to_set(t->base, f->offset);
        t->bounds = f;
        *kind = AFLOWI_RANDOM;
    } else if (f->type == AFLOWI_TYPE_LIST) {
        const char *from = *at;
        void *item = aflowi_path_item(f, t->base, at);
        if (!item) {
            aflowi_path_no_item(f, t->base, problems, path, from);
            return -1;
        }
        t->base = item;
        *kind = f->sub;
        if (**at == 0) return 0;
    } else {
        aflowi_line l;
        l.used = 0;
        aflowi_line_put(&l, "names no field: nothing is inside ");
        aflowi_line_put(&l, f->name);
        aflowi_path_failed(problems, path, &l);
        return -1;
    }
    (*at)++;
    return 1;
}

static int aflowi_path_ambiguous(aflow_diagnostics *problems, const char *path)
{
    aflowi_line l;
    l.used = 0;
    aflowi_line_put(&l, "names no single field: several parts of a scenario have one; write the path from rqs_input, topology_graph or sim_settings on");
    return aflowi_path_failed(problems, path, &l);
}

static int aflowi_resolve(const aflow_scenario *scenario, const char *path, aflowi_target_field *t, aflow_diagnostics *problems)
{
    const char *at = path;
    aflowi_kind kind = AFLOWI_SCENARIO;
    int first = 1, several = 0, went;
    t->field = t->bounds = NULL;
    t->base = (void *)(uintptr_t)scenario;
    for (;;) {
        size_t size = strcspn(at, ".[");
        void *base = t->base;
        const aflowi_field *f = aflowi_field_named(kind, at, size);
        if (!f && first) f = aflowi_path_shortcut(scenario, at, size, &base, &several);
        else if (!f) f = aflowi_path_inner(kind, at, size, &base);
        if (several) return aflowi_path_ambiguous(problems, path);
        if (!f || !size) return aflowi_path_unknown(problems, path, kind, at, size);
        first = 0;
        t->field = f;
        t->base = base;
        at += size;
        went = aflowi_path_enter(t, &at, path, &kind, problems);
        if (went <= 0) return went == 0;
    }
}

/* --- Setting -------------------------------------------------------------------------- */

static int aflowi_set_failed(aflow_diagnostics *problems, int code, const char *path, const aflowi_line *message)
{
    aflowi_report_at(problems, (aflow_diagnostic_code)code, path, message->text, NULL);
    return 0;
}

static int aflowi_set_number(const aflowi_target_field *t, const char *path, const char *value, double *number, aflow_diagnostics *problems)
{
    aflowi_field row = *t->field;
    aflowi_line l;
    int code;
    l.used = 0;
    if (t->bounds && row.offset == offsetof(aflow_random_variable, mean)) {
        row.least = t->bounds->least;
        row.most = t->bounds->most;
        row.flags |= t->bounds->flags & AFLOWI_ABOVE;
    }
    if (!aflowi_parse_double(value, strlen(value), number)) {
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, value);
        aflowi_line_put(&l, row.type == AFLOWI_TYPE_UINT ? "; needs a whole number" : "; needs a number");
        return aflowi_set_failed(problems, AFLOW_DIAGNOSTIC_WRONG_TYPE, path, &l);
    }
    code = aflowi_check_number(&row, *number, &l);
    if (code == AFLOWI_FINE && row.type == AFLOWI_TYPE_UINT && *number != (double)(uint32_t)*number) {
        code = AFLOW_DIAGNOSTIC_WRONG_TYPE;
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, value);
        aflowi_line_put(&l, "; needs a whole number");
    }
    return code == AFLOWI_FINE ? 1 : aflowi_set_failed(problems, code, path, &l);
}

/* The next entry of `a, b, c` or `[a, b, c]`; 0 when there is none. */
static int aflowi_next_entry(const char **at, const char **entry, size_t *size)
{
    const char *p = *at;
    while (*p == ' ' || *p == ',' || *p == '[' || *p == ']') p++;
    if (!*p) return 0;
    *entry = p;
    *size = strcspn(p, ",]");
    *at = p + *size;
    while (*size && p[*size - 1] == ' ') (*size)--;
    return 1;
}

static int aflowi_set_words(const aflowi_target_field *t, const char *path, const char *value, aflow_diagnostics *problems)
{
    const char *at = value, *entry;
    uint32_t bits = 0, count = 0;
    size_t size;
    int is_flags = t->field->type == AFLOWI_TYPE_FLAGS;
    while (aflowi_next_entry(&at, &entry, &size)) {
        const aflowi_word *word = aflowi_enum_word(t->field->names, entry, size);
        aflowi_line l;
        l.used = 0;
        if (is_flags && size == 4 && memcmp(entry, "none", 4) == 0) continue;
        if (!word) {
            aflowi_line_unknown_word(&l, t->field->names, entry, size);
            return aflowi_set_failed(problems, AFLOW_DIAGNOSTIC_UNKNOWN_NAME, path, &l);
        }
        bits |= word->value;
        if (++count == 1 || is_flags) continue;
        aflowi_line_put(&l, "is several words; needs one");
        return aflowi_set_failed(problems, AFLOW_DIAGNOSTIC_WRONG_TYPE, path, &l);
    }
    if (!count && !is_flags) {
        aflowi_line l;
        l.used = 0;
        aflowi_line_unknown_word(&l, t->field->names, value, strlen(value));
        return aflowi_set_failed(problems, AFLOW_DIAGNOSTIC_UNKNOWN_NAME, path, &l);
    }
    if (is_flags && !bits) bits = AFLOW_METRICS_NONE;
    aflowi_set_u32(t->base, t->field->offset, bits);
    return 1;
}

static int aflowi_set_entries(aflowi_arena *arena, const aflowi_target_field *t, const char *path, const char *value, aflow_diagnostics *problems)
{
    const char *at = value, *entry;
    size_t n = 0, size, i;
    int times = t->field->type == AFLOWI_TYPE_TIMES;
    void *items;
    while (aflowi_next_entry(&at, &entry, &size)) n++;
    items = aflowi_arena_array(arena, n, times ? sizeof(double) : sizeof(const char *));
    for (at = value, i = 0; items && aflowi_next_entry(&at, &entry, &size); i++) {
        aflowi_line l;
        l.used = 0;
        if (!times) {
            ((const char **)items)[i] = aflowi_arena_text(arena, entry, size);
        } else if (!aflowi_parse_double(entry, size, &((double *)items)[i])) {
            aflowi_line_put(&l, "has an entry that is no number");
            return aflowi_set_failed(problems, AFLOW_DIAGNOSTIC_WRONG_TYPE, path, &l);
        }
    }
    if (arena->failed) return 0;
    aflowi_set_pointer(t->base, t->field->offset, items);
    aflowi_set_count(t->base, t->field->count_offset, n);
    return 1;
}

static int aflowi_set_bool(const aflowi_target_field *t, const char *path, const char *value, aflow_diagnostics *problems)
{
    aflowi_line l;
    l.used = 0;
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0) {
        aflowi_set_u32(t->base, t->field->offset, value[0] == 't');
        return 1;
    }
    aflowi_line_put(&l, "is ");
    aflowi_line_quote(&l, value);
    aflowi_line_put(&l, "; needs true or false");
    return aflowi_set_failed(problems, AFLOW_DIAGNOSTIC_WRONG_TYPE, path, &l);
}

/* Fields that may be absent for good are so where they hold nothing; files and aflow_set say null. */
static int aflowi_may_be_null(const aflowi_field *f) { return (f->flags & AFLOWI_NULLABLE) || aflowi_is_optional_random(f); }

static int aflowi_is_null(const aflowi_field *f, const void *base)
{
    if (!aflowi_may_be_null(f)) return 0;
    if (f->type == AFLOWI_TYPE_UINT) return aflowi_get_u32(base, f->offset) == 0;
    if (f->type == AFLOWI_TYPE_DOUBLE) return aflowi_get_double(base, f->offset) == 0;
    if (f->type == AFLOWI_TYPE_REFERENCE) return aflowi_get_pointer(base, f->offset) == NULL;
    return f->type == AFLOWI_TYPE_RANDOM && !aflowi_is_given((const aflow_random_variable *)aflowi_member(base, f->offset));
}

/* Of a random variable all is optional, as it can be given in several ways. */
static int aflowi_set_null(const aflowi_target_field *t)
{
    const aflowi_field *f = t->field;
    if ((!aflowi_may_be_null(f) && f->owner != AFLOWI_RANDOM) || f->type == AFLOWI_TYPE_LIST || f->type == AFLOWI_TYPE_STRUCT) return 0;
    if (f->type == AFLOWI_TYPE_UINT || f->type == AFLOWI_TYPE_ENUM) aflowi_set_u32(t->base, f->offset, 0);
    else if (f->type == AFLOWI_TYPE_DOUBLE) aflowi_set_double(t->base, f->offset, 0);
    else if (f->type == AFLOWI_TYPE_RANDOM) memset(aflowi_member_to_set(t->base, f->offset), 0, sizeof(aflow_random_variable));
    else if (f->type == AFLOWI_TYPE_TIMES) {
        aflowi_set_pointer(t->base, f->offset, NULL);
        aflowi_set_count(t->base, f->count_offset, 0);
    } else if (f->type == AFLOWI_TYPE_REFERENCE) {
        aflowi_set_pointer(t->base, f->offset, NULL);
    }
    return 1;
}

static int aflowi_set_value(aflowi_arena *arena, const aflowi_target_field *t, const char *path, const char *value, aflow_diagnostics *problems)
{
    double number;
    aflowi_line l;
    l.used = 0;
    if (strcmp(value, "null") == 0 && aflowi_set_null(t)) return 1;
    switch (t->field->type) {
    case AFLOWI_TYPE_UINT:
        if (!aflowi_set_number(t, path, value, &number, problems)) return 0;
        aflowi_set_u32(t->base, t->field->offset, (uint32_t)number);
        return 1;
    case AFLOWI_TYPE_DOUBLE: case AFLOWI_TYPE_RANDOM:   /* of a random variable: its mean, which stands first in it */
        if (!aflowi_set_number(t, path, value, &number, problems)) return 0;
        aflowi_set_double(t->base, t->field->offset, number == 0 && (t->field->flags & AFLOWI_ZERO_SPEAKS) ? AFLOW_ZERO : number);
        return 1;
    case AFLOWI_TYPE_BOOL: return aflowi_set_bool(t, path, value, problems);
    case AFLOWI_TYPE_ENUM: case AFLOWI_TYPE_FLAGS: return aflowi_set_words(t, path, value, problems);
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_NAME: case AFLOWI_TYPE_REFERENCE: {
        int code = aflowi_check_text(t->field, value, &l);
        char *text = code == AFLOWI_FINE ? aflowi_arena_text(arena, value, strlen(value)) : NULL;
        if (code != AFLOWI_FINE) return aflowi_set_failed(problems, code, path, &l);
        if (text) aflowi_set_pointer(t->base, t->field->offset, text);
        return text != NULL;
    }
    case AFLOWI_TYPE_REFERENCES: case AFLOWI_TYPE_TIMES: return aflowi_set_entries(arena, t, path, value, problems);
    default:
        aflowi_line_put(&l, "cannot be set as a whole; name one of its fields");
        return aflowi_set_failed(problems, AFLOW_DIAGNOSTIC_WRONG_TYPE, path, &l);
    }
}

AFLOW_API aflow_status aflow_set(aflow_scenario *copy, const char *path, const char *value, aflow_diagnostics *problems)
{
    aflowi_arena *arena;
    aflowi_target_field t;
    if (!copy || !path || !value) return AFLOW_MISUSE;
    arena = &((aflowi_owned_scenario *)(void *)copy)->arena;
    arena->failed = 0;      /* an earlier call that found no memory changed nothing; this one may find some */
    if (!aflowi_resolve(copy, path, &t, problems) || !t.field) return AFLOW_INVALID;
    if (aflowi_set_value(arena, &t, path, value, problems)) return AFLOW_OK;
    if (!arena->failed) return AFLOW_INVALID;
    aflowi_report_memory(problems, "out of memory while setting a field");
    return AFLOW_OUT_OF_MEMORY;
}

/* --- Getting ----------------------------------------------------------------------------- */

static void aflowi_put_words(aflowi_out *o, const aflowi_word *names, uint32_t bits)
{
    int any = 0;
    for (; names->name; names++) {
        if (!(bits & names->value)) continue;
        if (any++) aflowi_put(o, ", ");
        aflowi_put(o, names->name);
    }
    if (!any) aflowi_put(o, "none");
}

static void aflowi_put_entries(aflowi_out *o, const aflowi_field *f, const void *base)
{
    size_t n = aflowi_entries(f, base), i;
    const void *items = aflowi_get_pointer(base, f->offset);
    for (i = 0; i < n; i++) {
        if (i) aflowi_put(o, ", ");
        if (f->type == AFLOWI_TYPE_TIMES) aflowi_put_double(o, ((const double *)items)[i]);
        else if (((const char *const *)items)[i]) aflowi_put(o, ((const char *const *)items)[i]);
    }
}

/* The random variable that a target is part of. */
static aflow_random_variable aflowi_target_random(const aflowi_target_field *t)
{
    return aflowi_resolved_random(*(const aflow_random_variable *)t->base, (aflow_distribution)(int)t->bounds->fallback);
}

/* One of its numbers as it was given, else mean, variance and scv as they follow from the others. */
static double aflowi_random_figure(const aflowi_target_field *t)
{
    aflow_random_variable v = aflowi_target_random(t);
    double given = aflowi_get_double(t->base, t->field->offset);
    if (given != 0) return given == AFLOW_ZERO ? 0 : given;
    if (t->field->offset == offsetof(aflow_random_variable, mean)) return v.mean;
    if (t->field->offset == offsetof(aflow_random_variable, variance)) return aflowi_variance_of(&v);
    return t->field->offset == offsetof(aflow_random_variable, scv) ? aflowi_scv_of(&v) : 0;
}

/* A value that is no container, as text. */
static int aflowi_put_value(aflowi_out *o, const aflowi_target_field *t)
{
    const aflowi_field *f = t->field;
    const void *base = t->base;
    const char *text;
    if (aflowi_is_null(f, base)) {
        aflowi_put(o, "null");
        return 1;
    }
    switch (f->type) {
    case AFLOWI_TYPE_UINT: aflowi_put_u64(o, aflowi_effective_u32(f, base)); return 1;
    case AFLOWI_TYPE_BOOL: aflowi_put(o, aflowi_get_u32(base, f->offset) ? "true" : "false"); return 1;
    case AFLOWI_TYPE_DOUBLE: aflowi_put_double(o, t->bounds ? aflowi_random_figure(t) : aflowi_effective_double(f, base)); return 1;
    case AFLOWI_TYPE_RANDOM: aflowi_put_double(o, aflowi_effective_random(f, base).mean); return 1;
    case AFLOWI_TYPE_ENUM:
        text = aflowi_enum_name(f->names, t->bounds ? (uint32_t)aflowi_target_random(t).distribution : aflowi_effective_u32(f, base));
        aflowi_put(o, text ? text : "");
        return 1;
    case AFLOWI_TYPE_FLAGS: aflowi_put_words(o, f->names, aflowi_effective_u32(f, base)); return 1;
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_NAME: case AFLOWI_TYPE_REFERENCE:
        text = (const char *)aflowi_get_pointer(base, f->offset);
        aflowi_put(o, text ? text : "");
        return 1;
    case AFLOWI_TYPE_REFERENCES: case AFLOWI_TYPE_TIMES: aflowi_put_entries(o, f, base); return 1;
    case AFLOWI_TYPE_FIXED: aflowi_put(o, f->names->name); return 1;
    case AFLOWI_TYPE_STRUCT: case AFLOWI_TYPE_LIST: break;
    }
    return 0;
}

AFLOW_API aflow_status aflow_get(const aflow_scenario *scenario, const char *path, aflow_put_fn put, void *context, aflow_diagnostics *problems)
{
    aflowi_target_field t;
    aflowi_out o;
    aflowi_line l;
    if (!scenario || !path || !put) return AFLOW_MISUSE;
    if (!aflowi_resolve(scenario, path, &t, problems) || !t.field) return AFLOW_INVALID;
    aflowi_out_init(&o, put, context);
    if (aflowi_put_value(&o, &t)) return aflowi_out_end(&o);
    l.used = 0;
    aflowi_line_put(&l, "is no single value; name one of its fields");
    aflowi_path_failed(problems, path, &l);
    return AFLOW_INVALID;
}

/* --- JSON Schema and reference ------------------------------------------------------------------ */

/* Whether steps of a kind say how much of it they do. */
static int aflowi_takes_amount(aflow_step_kind kind)
{
    return kind != AFLOW_STEP_RATE_LIMIT && kind != AFLOW_STEP_GPU_INFERENCE && kind != AFLOW_STEP_BRANCH && kind != AFLOW_STEP_CUSTOM;
}

static const char *const aflowi_kind_names[AFLOWI_KINDS] = {
    "scenario", "rqs_input", "random_variable", "topology_graph", "nodes", "client", "load_balancer", "server", "server_resources",
    "resource", "endpoint", "step", "step_operation", "edge", "sim_settings", "event", "event_start", "event_end" };

/* The default as it would be written; 0 when there is none. */
static int aflowi_put_default(aflowi_out *o, const aflowi_field *f, int json)
{
    const aflowi_word *w;
    int any = 0;
    if (f->flags & AFLOWI_REQUIRED) return 0;
    if (f->type == AFLOWI_TYPE_ENUM) {
        if (f->owner == AFLOWI_RANDOM) return 0;
        if (json) aflowi_put_json_string(o, aflowi_enum_name(f->names, (uint32_t)f->fallback));
        else aflowi_put(o, aflowi_enum_name(f->names, (uint32_t)f->fallback));
        return 1;
    }
    if (f->type == AFLOWI_TYPE_FLAGS) {
        if (json) aflowi_put_char(o, '[');
        for (w = f->names; w->name; w++) {
            if (!((uint32_t)f->fallback & w->value)) continue;
            if (any++) aflowi_put(o, ", ");
            if (json) aflowi_put_json_string(o, w->name);
            else aflowi_put(o, w->name);
        }
        if (json) aflowi_put_char(o, ']');
        return 1;
    }
    if ((f->type != AFLOWI_TYPE_UINT && f->type != AFLOWI_TYPE_DOUBLE) || (f->fallback == 0 && f->file_fallback == 0)) return 0;
    aflowi_put_double(o, f->file_fallback != 0 ? f->file_fallback : f->fallback);
    return 1;
}

static void aflowi_put_number_schema(aflowi_out *o, const aflowi_field *f)
{
    int nullable = (f->flags & AFLOWI_NULLABLE) != 0, integer = f->type == AFLOWI_TYPE_UINT;
    aflowi_put(o, "\"type\": ");
    aflowi_put(o, nullable ? "[" : "");
    aflowi_put(o, integer ? "\"integer\"" : "\"number\"");
    aflowi_put(o, nullable ? ", \"null\"]" : "");
    aflowi_put(o, f->flags & AFLOWI_ABOVE ? ", \"exclusiveMinimum\": " : ", \"minimum\": ");
    aflowi_put_double(o, f->least);
    if (f->most < DBL_MAX) {
        aflowi_put(o, ", \"maximum\": ");
        aflowi_put_double(o, f->most);
    }
}

static void aflowi_put_words_schema(aflowi_out *o, const aflowi_word *names)
{
    const aflowi_word *w;
    aflowi_put(o, "\"enum\": [");
    for (w = names; w->name; w++) {
        if (w != names) aflowi_put(o, ", ");
        aflowi_put_json_string(o, w->name);
    }
    aflowi_put_char(o, ']');
}

static void aflowi_put_reference_schema(aflowi_out *o, const aflowi_field *f)
{
    aflowi_kind kind = f->type == AFLOWI_TYPE_RANDOM ? AFLOWI_RANDOM : f->sub;
    aflowi_put(o, "{\"$ref\": \"#/definitions/");
    aflowi_put(o, aflowi_kind_names[kind]);
    aflowi_put(o, "\"}");
}

static void aflowi_put_list_schema(aflowi_out *o, const aflowi_field *f)
{
    aflowi_put(o, f->flags & AFLOWI_NULLABLE ? "\"type\": [\"array\", \"null\"], " : "\"type\": \"array\", ");
    if (f->flags & AFLOWI_FILLED) aflowi_put(o, "\"minItems\": 1, ");
    aflowi_put(o, "\"items\": ");
    if (f->type == AFLOWI_TYPE_LIST) {
        aflowi_put_reference_schema(o, f);
    } else if (f->type == AFLOWI_TYPE_FLAGS) {
        aflowi_put_char(o, '{');
        aflowi_put_words_schema(o, f->names);
        aflowi_put_char(o, '}');
    } else {
        aflowi_put(o, f->type == AFLOWI_TYPE_TIMES ? "{\"type\": \"number\", \"minimum\": 0}" : "{\"type\": \"string\", \"minLength\": 1}");
    }
}

static void aflowi_put_struct_schema(aflowi_out *o, const aflowi_field *f)
{
    if (f->flags & (AFLOWI_NULLABLE | AFLOWI_PLAIN)) {
        aflowi_put(o, "\"anyOf\": [");
        aflowi_put(o, f->flags & AFLOWI_PLAIN ? "{\"type\": \"number\", \"exclusiveMinimum\": 0}, " : "{\"type\": \"null\"}, ");
        aflowi_put_reference_schema(o, f);
        aflowi_put_char(o, ']');
    } else {
        aflowi_put(o, "\"allOf\": [");
        aflowi_put_reference_schema(o, f);
        if (f->type == AFLOWI_TYPE_RANDOM && (f->flags & AFLOWI_ABOVE)) aflowi_put(o, ", {\"properties\": {\"mean\": {\"exclusiveMinimum\": 0}}}");
        aflowi_put_char(o, ']');
    }
}

static void aflowi_put_field_schema(aflowi_out *o, const aflowi_field *f)
{
    aflowi_put(o, "        ");
    aflowi_put_json_string(o, f->name);
    aflowi_put(o, ": {");
    switch (f->type) {
    case AFLOWI_TYPE_UINT: case AFLOWI_TYPE_DOUBLE: aflowi_put_number_schema(o, f); break;
    case AFLOWI_TYPE_BOOL: aflowi_put(o, "\"type\": \"boolean\""); break;
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_REFERENCE:
        aflowi_put(o, f->flags & AFLOWI_NULLABLE ? "\"type\": [\"string\", \"null\"], \"minLength\": 1" : "\"type\": \"string\", \"minLength\": 1");
        break;
    case AFLOWI_TYPE_NAME: aflowi_put(o, "\"type\": \"string\""); break;
    case AFLOWI_TYPE_ENUM: case AFLOWI_TYPE_FIXED: aflowi_put_words_schema(o, f->names); break;
    case AFLOWI_TYPE_STRUCT: case AFLOWI_TYPE_RANDOM: aflowi_put_struct_schema(o, f); break;
    default: aflowi_put_list_schema(o, f); break;
    }
    aflowi_put(o, ", \"description\": \"");
    aflowi_put(o, f->help);
    if (f->unit[0]) {
        aflowi_put(o, " Unit: ");
        aflowi_put(o, f->unit);
        aflowi_put_char(o, '.');
    }
    aflowi_put_char(o, '"');
    if (!(f->flags & AFLOWI_REQUIRED) && (f->type == AFLOWI_TYPE_ENUM || f->type == AFLOWI_TYPE_FLAGS || f->fallback != 0 || f->file_fallback != 0) &&
        f->owner != AFLOWI_RANDOM && f->type != AFLOWI_TYPE_RANDOM) {
        aflowi_put(o, ", \"default\": ");
        aflowi_put_default(o, f, 1);
    }
    aflowi_put_char(o, '}');
}

/* Which amounts a step takes. */
static void aflowi_put_step_schema(aflowi_out *o)
{
    const aflowi_word *w;
    int any = 0;
    aflowi_put(o, "      \"if\": {\"properties\": {\"kind\": {\"enum\": [");
    for (w = aflowi_step_names; w->name; w++) {
        if (aflowi_takes_amount((aflow_step_kind)w->value)) continue;
        aflowi_put(o, any++ ? ", " : "");
        aflowi_put_json_string(o, w->name);
    }
    aflowi_put(o, "]}}},\n      \"then\": {\"properties\": {\"step_operation\": false}},\n      \"else\": {\"required\": [\"step_operation\"]},\n");
}

static void aflowi_put_kind_schema(aflowi_out *o, aflowi_kind kind)
{
    const aflowi_field *f;
    int any = 0;
    aflowi_put(o, "      \"type\": \"object\", \"additionalProperties\": false,\n");
    if (kind == AFLOWI_OPERATION) aflowi_put(o, "      \"minProperties\": 1, \"maxProperties\": 3,\n");
    if (kind == AFLOWI_STEP) aflowi_put_step_schema(o);
    for (f = aflowi_fields_of(kind); f; f = aflowi_next_field(f)) {
        int excused = kind == AFLOWI_GENERATOR && f->type == AFLOWI_TYPE_RANDOM;    /* a replay needs neither */
        if (!(f->flags & AFLOWI_REQUIRED) || excused) continue;
        aflowi_put(o, any++ ? ", " : "      \"required\": [");
        aflowi_put_json_string(o, f->name);
    }
    if (any) aflowi_put(o, "],\n");
    if (kind == AFLOWI_RANDOM) {
        aflowi_put(o, "      \"anyOf\": [{\"required\": [\"mean\"]}, {\"required\": [\"values\"]}, {\"required\": [\"p50\", \"p95\"]}, ");
        aflowi_put(o, "{\"required\": [\"p50\", \"p99\"]}, {\"required\": [\"p95\", \"p99\"]}],\n");
    }
    if (kind == AFLOWI_GENERATOR) aflowi_put(o, "      \"anyOf\": [{\"required\": [\"avg_active_users\", \"avg_request_per_minute_per_user\"]}, {\"required\": [\"arrivals\"]}],\n");
    aflowi_put(o, "      \"properties\": {\n");
    for (f = aflowi_fields_of(kind); f; f = aflowi_next_field(f)) {
        aflowi_put_field_schema(o, f);
        aflowi_put(o, aflowi_next_field(f) ? ",\n" : "\n");
    }
    aflowi_put(o, "      }");
}

AFLOW_API aflow_status aflow_write_schema(aflow_put_fn put, void *context)
{
    aflowi_out o;
    int kind;
    if (!put) return AFLOW_MISUSE;
    aflowi_out_init(&o, put, context);
    aflowi_put(&o, "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n  \"title\": \"asyncflow scenario\",\n");
    aflowi_put(&o, "  \"description\": \"A scenario of asyncflow.h " ASYNCFLOW_VERSION_STRING ", in YAML or JSON.\",\n");
    aflowi_put(&o, "  \"allOf\": [{\"$ref\": \"#/definitions/scenario\"}],\n  \"definitions\": {\n");
    for (kind = 0; kind < AFLOWI_KINDS; kind++) {
        aflowi_put(&o, "    ");
        aflowi_put_json_string(&o, aflowi_kind_names[kind]);
        aflowi_put(&o, ": {\n");
        aflowi_put_kind_schema(&o, (aflowi_kind)kind);
        aflowi_put(&o, kind + 1 < AFLOWI_KINDS ? "\n    },\n" : "\n    }\n");
    }
    aflowi_put(&o, "  }\n}\n");
    return aflowi_out_end(&o);
}

static void aflowi_put_range(aflowi_out *o, const aflowi_field *f)
{
    const aflowi_word *w;
    if (f->names) {
        for (w = f->names; w->name; w++) {
            aflowi_put(o, w == f->names ? "`" : ", `");
            aflowi_put(o, w->name);
            aflowi_put_char(o, '`');
        }
    } else if (f->type == AFLOWI_TYPE_BOOL) {
        aflowi_put(o, "`true`, `false`");
    } else if (f->type == AFLOWI_TYPE_UINT || f->type == AFLOWI_TYPE_DOUBLE || f->type == AFLOWI_TYPE_RANDOM) {
        aflowi_put(o, f->flags & AFLOWI_ABOVE ? "> " : f->most < DBL_MAX ? "" : ">= ");
        aflowi_put_double(o, f->least);
        if (f->most < DBL_MAX) {
            aflowi_put(o, f->flags & AFLOWI_ABOVE ? ", <= " : " to ");
            aflowi_put_double(o, f->most);
        }
    }
    if (f->unit[0]) {
        aflowi_put_char(o, ' ');
        aflowi_put(o, f->unit);
    }
}

static const char *aflowi_type_text(const aflowi_field *f)
{
    switch (f->type) {
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_NAME: case AFLOWI_TYPE_REFERENCE: return "text";
    case AFLOWI_TYPE_UINT: return "whole number";
    case AFLOWI_TYPE_DOUBLE: return "number";
    case AFLOWI_TYPE_BOOL: return "true or false";
    case AFLOWI_TYPE_RANDOM: return f->flags & AFLOWI_PLAIN ? "number or random variable" : "random variable";
    case AFLOWI_TYPE_ENUM: case AFLOWI_TYPE_FIXED: return "word";
    case AFLOWI_TYPE_FLAGS: return "list of words";
    case AFLOWI_TYPE_STRUCT: return "mapping";
    case AFLOWI_TYPE_LIST: return "list of mappings";
    case AFLOWI_TYPE_REFERENCES: return "list of texts";
    case AFLOWI_TYPE_TIMES: return "list of numbers";
    }
    return "";
}

AFLOW_API aflow_status aflow_write_field_reference(aflow_put_fn put, void *context)
{
    const aflowi_field *f = aflowi_fields, *end = aflowi_fields + AFLOWI_COUNT(aflowi_fields);
    aflowi_out o;
    if (!put) return AFLOW_MISUSE;
    aflowi_out_init(&o, put, context);
    for (; f < end; f++) {
        if (f == aflowi_fields || f->owner != f[-1].owner) {
            aflowi_put(&o, f == aflowi_fields ? "#### " : "\n#### ");
            aflowi_put(&o, aflowi_kind_names[f->owner]);
            aflowi_put(&o, "\n| field | type | default | values | meaning |\n|---|---|---|---|---|\n");
        }
        aflowi_put(&o, "| `");
        aflowi_put(&o, f->name);
        aflowi_put(&o, "` | ");
        aflowi_put(&o, aflowi_type_text(f));
        aflowi_put(&o, " | ");
        if (f->flags & AFLOWI_REQUIRED) aflowi_put(&o, "required");
        else aflowi_put_default(&o, f, 0);
        aflowi_put(&o, " | ");
        aflowi_put_range(&o, f);
        aflowi_put(&o, " | ");
        aflowi_put(&o, f->help);
        aflowi_put(&o, " |\n");
    }
    return aflowi_out_end(&o);
}

/* --- Builder --------------------------------------------------------------------------- */

struct aflow_builder {
    aflow_scenario scenario;
    aflowi_arena arena;
    aflow_allocator allocator;
    aflow_server *servers;
    aflow_edge *edges;
    aflow_resource *resources;
    aflow_event *events;
    size_t servers_capacity, edges_capacity, resources_capacity, events_capacity;
    int covers_all;             /* server_covered is what the balancer is connected to */
    const char *misuse;         /* the first call with an id of the wrong kind; NULL: none */
    int failed;                 /* memory ran out */
};

static char *aflowi_builder_text(aflow_builder *b, const char *text)
{
    char *copy = text ? aflowi_arena_text(&b->arena, text, strlen(text)) : NULL;
    b->failed |= text && !copy;
    return copy;
}

/* The given name, or PREFIX-NUMBER. */
static const char *aflowi_builder_name(aflow_builder *b, const char *given, const char *prefix, size_t number)
{
    char digits[24];
    size_t n;
    char *name;
    if (given) return aflowi_builder_text(b, given);
    n = aflowi_format_u64(digits, number);
    name = (char *)aflowi_arena_alloc(&b->arena, strlen(prefix) + n + 2);
    b->failed |= !name;
    if (!name) return NULL;
    memcpy(name, prefix, strlen(prefix));
    name[strlen(prefix)] = '-';
    memcpy(name + strlen(prefix) + 1, digits, n);
    return name;
}

/* Room for one more in an array of the builder; 0 when memory is out. */
static int aflowi_builder_room(aflow_builder *b, void **array, size_t *capacity, size_t count, size_t element)
{
    if (!b || b->failed || !aflowi_grow(&b->allocator, array, capacity, count + 1, element)) {
        if (b) b->failed = 1;
        return 0;
    }
    memset((unsigned char *)*array + count * element, 0, element);
    return 1;
}

static void aflowi_builder_misused(aflow_builder *b, const char *what)
{
    if (b && !b->misuse) b->misuse = what;
}

AFLOW_API aflow_builder *aflow_builder_create(const aflow_allocator *allocator)
{
    aflow_allocator a = aflowi_allocator_or_default(allocator);
    aflow_builder *b = (aflow_builder *)aflowi_resize(&a, NULL, 0, sizeof *b);
    if (!b) return NULL;
    memset(b, 0, sizeof *b);
    b->allocator = a;
    aflowi_arena_init(&b->arena, &a, 1024);
    return b;
}

AFLOW_API void aflow_builder_destroy(aflow_builder *builder)
{
    aflow_allocator a;
    if (!builder) return;
    a = builder->allocator;
    aflowi_free(&a, builder->servers, builder->servers_capacity * sizeof *builder->servers);
    aflowi_free(&a, builder->edges, builder->edges_capacity * sizeof *builder->edges);
    aflowi_free(&a, builder->resources, builder->resources_capacity * sizeof *builder->resources);
    aflowi_free(&a, builder->events, builder->events_capacity * sizeof *builder->events);
    aflowi_arena_free(&builder->arena);
    aflowi_free(&a, builder, sizeof *builder);
}

AFLOW_API aflow_id aflow_add_generator(aflow_builder *builder, const aflow_generator *desc)
{
    aflow_generator *g;
    if (!builder || !desc) return 0;
    g = &builder->scenario.rqs_input;
    *g = *desc;
    g->id = aflowi_builder_name(builder, desc->id, "gen", 1);
    if (desc->arrivals_count) {
        g->arrivals = (const double *)aflowi_arena_copy_array(&builder->arena, desc->arrivals, desc->arrivals_count, sizeof *desc->arrivals);
        if (!desc->arrivals) g->arrivals_count = 0;
        builder->failed |= !g->arrivals;
    }
    return aflowi_id_of(AFLOWI_ID_GENERATOR, 0);
}

AFLOW_API aflow_id aflow_add_client(aflow_builder *builder, const char *id)
{
    if (!builder) return 0;
    builder->scenario.topology_graph.nodes.client.id = aflowi_builder_name(builder, id, "client", 1);
    return aflowi_id_of(AFLOWI_ID_CLIENT, 0);
}

AFLOW_API aflow_id aflow_add_load_balancer(aflow_builder *builder, const aflow_load_balancer *desc)
{
    aflow_load_balancer *lb;
    const char **covered;
    size_t i;
    if (!builder || !desc) return 0;
    lb = &builder->scenario.topology_graph.nodes.load_balancer;
    *lb = *desc;
    lb->id = aflowi_builder_name(builder, desc->id, "lb", 1);
    if (!desc->server_covered) lb->server_covered_count = 0;
    builder->covers_all = lb->server_covered_count == 0;
    covered = (const char **)aflowi_arena_array(&builder->arena, lb->server_covered_count, sizeof *covered);
    builder->failed |= !covered;
    for (i = 0; covered && i < lb->server_covered_count; i++) covered[i] = aflowi_builder_text(builder, desc->server_covered[i]);
    lb->server_covered = covered;
    return aflowi_id_of(AFLOWI_ID_BALANCER, 0);
}

static aflow_server *aflowi_builder_server(aflow_builder *b, aflow_id id, const char *who)
{
    if (b && aflowi_id_kind(id) == AFLOWI_ID_SERVER && aflowi_id_index(id) < b->scenario.topology_graph.nodes.servers_count) {
        return &b->servers[aflowi_id_index(id)];
    }
    aflowi_builder_misused(b, who);
    return NULL;
}

/* Lists of servers grow by doubling in the arena: room for the next is made whenever their number is a power of two. */
static void *aflowi_builder_list(aflow_builder *b, const void *list, size_t count, size_t element)
{
    void *larger;
    if (count & (count - 1)) return (void *)(uintptr_t)list;
    larger = aflowi_arena_array(&b->arena, count ? 2 * count : 1, element);
    b->failed |= !larger;
    if (larger && count) memcpy(larger, list, count * element);
    return larger;
}

AFLOW_API void aflow_add_weighted_endpoint(aflow_builder *builder, aflow_id server, const aflow_endpoint *desc)
{
    aflow_server *s = aflowi_builder_server(builder, server, "aflow_add_endpoint was given an id that is no server's");
    aflow_endpoint *list, *e;
    if (!s || !desc || builder->failed) return;
    list = (aflow_endpoint *)aflowi_builder_list(builder, s->endpoints, s->endpoints_count, sizeof *list);
    if (!list) return;
    e = &list[s->endpoints_count++];
    s->endpoints = list;
    *e = *desc;
    if (!desc->steps) e->steps_count = 0;
    if (!e->steps_count) e->steps = NULL;
    aflowi_clone_into(&builder->arena, AFLOWI_ENDPOINT, e, 0);
    builder->failed |= builder->arena.failed;
}

AFLOW_API void aflow_add_endpoint(aflow_builder *builder, aflow_id server, const char *endpoint_name, const aflow_step *steps, size_t steps_count)
{
    aflow_endpoint e;
    memset(&e, 0, sizeof e);
    e.endpoint_name = endpoint_name;
    e.steps = steps;
    e.steps_count = steps ? steps_count : 0;
    aflow_add_weighted_endpoint(builder, server, &e);
}

AFLOW_API void aflow_add_server_resource(aflow_builder *builder, aflow_id server, const aflow_resource *desc)
{
    aflow_server *s = aflowi_builder_server(builder, server, "aflow_add_server_resource was given an id that is no server's");
    aflow_resource *list;
    if (!s || !desc || builder->failed) return;
    list = (aflow_resource *)aflowi_builder_list(builder, s->resources, s->resources_count, sizeof *list);
    if (!list) return;
    list[s->resources_count] = *desc;
    list[s->resources_count++].id = aflowi_builder_text(builder, desc->id);
    s->resources = list;
}

AFLOW_API aflow_id aflow_add_server(aflow_builder *builder, const aflow_server *desc)
{
    void *servers = builder ? builder->servers : NULL;
    aflow_nodes *nodes;
    aflow_server *s;
    aflow_id id;
    size_t i;
    if (!builder || !desc) return 0;
    nodes = &builder->scenario.topology_graph.nodes;
    if (!aflowi_builder_room(builder, &servers, &builder->servers_capacity, nodes->servers_count, sizeof *builder->servers)) return 0;
    builder->servers = (aflow_server *)servers;
    s = &builder->servers[nodes->servers_count++];
    id = aflowi_server_id(nodes->servers_count - 1);
    s->id = aflowi_builder_name(builder, desc->id, "srv", nodes->servers_count);
    s->server_resources = desc->server_resources;
    for (i = 0; desc->endpoints && i < desc->endpoints_count; i++) aflow_add_weighted_endpoint(builder, id, &desc->endpoints[i]);
    for (i = 0; desc->resources && i < desc->resources_count; i++) aflow_add_server_resource(builder, id, &desc->resources[i]);
    return id;
}

AFLOW_API aflow_id aflow_add_resource(aflow_builder *builder, const aflow_resource *desc)
{
    void *resources = builder ? builder->resources : NULL;
    aflow_nodes *nodes;
    aflow_resource *r;
    if (!builder || !desc) return 0;
    nodes = &builder->scenario.topology_graph.nodes;
    if (!aflowi_builder_room(builder, &resources, &builder->resources_capacity, nodes->resources_count, sizeof *builder->resources)) return 0;
    builder->resources = (aflow_resource *)resources;
    r = &builder->resources[nodes->resources_count++];
    *r = *desc;
    r->id = aflowi_builder_name(builder, desc->id, "resource", nodes->resources_count);
    return aflowi_resource_id(nodes->resources_count - 1);
}

/* Name of a node of the builder; NULL when the id is none. */
static const char *aflowi_builder_node(aflow_builder *b, aflow_id id)
{
    const aflow_nodes *nodes = &b->scenario.topology_graph.nodes;
    switch (aflowi_id_kind(id)) {
    case AFLOWI_ID_GENERATOR: return b->scenario.rqs_input.id;
    case AFLOWI_ID_CLIENT: return nodes->client.id;
    case AFLOWI_ID_BALANCER: return nodes->load_balancer.id;
    case AFLOWI_ID_SERVER: return aflowi_id_index(id) < nodes->servers_count ? b->servers[aflowi_id_index(id)].id : NULL;
    default: return NULL;
    }
}

static const char *aflowi_builder_edge_name(aflow_builder *b, const char *source, const char *target)
{
    size_t n = strlen(source), m = strlen(target);
    char *name = (char *)aflowi_arena_alloc(&b->arena, n + m + 2);
    b->failed |= !name;
    if (!name) return NULL;
    memcpy(name, source, n);
    name[n] = '-';
    memcpy(name + n + 1, target, m);
    return name;
}

AFLOW_API aflow_id aflow_connect_edge(aflow_builder *builder, aflow_id source, aflow_id target, const aflow_edge *desc)
{
    const char *from, *to;
    void *edges = builder ? builder->edges : NULL;
    aflow_topology_graph *graph;
    aflow_edge *e;
    if (!builder || !desc || builder->failed) return 0;
    graph = &builder->scenario.topology_graph;
    from = aflowi_builder_node(builder, source);
    to = aflowi_builder_node(builder, target);
    if (!from || !to) {
        aflowi_builder_misused(builder, "aflow_connect was given an id that is no node's");
        return 0;
    }
    if (!aflowi_builder_room(builder, &edges, &builder->edges_capacity, graph->edges_count, sizeof *builder->edges)) return 0;
    builder->edges = (aflow_edge *)edges;
    e = &builder->edges[graph->edges_count++];
    *e = *desc;
    e->id = desc->id ? aflowi_builder_text(builder, desc->id) : aflowi_builder_edge_name(builder, from, to);
    e->source = from;
    e->target = to;
    return aflowi_edge_id(graph->edges_count - 1);
}

AFLOW_API aflow_id aflow_connect(aflow_builder *builder, aflow_id source, aflow_id target, aflow_random_variable latency)
{
    aflow_edge e;
    memset(&e, 0, sizeof e);
    e.latency = latency;
    return aflow_connect_edge(builder, source, target, &e);
}

static void aflowi_builder_event(aflow_builder *b, const char *target, aflow_event_kind start, aflow_event_kind end, double t_start, double t_end, double spike_s)
{
    void *events = b->events;
    aflow_event *e;
    if (!aflowi_builder_room(b, &events, &b->events_capacity, b->scenario.events_count, sizeof *b->events)) return;
    b->events = (aflow_event *)events;
    e = &b->events[b->scenario.events_count++];
    e->event_id = aflowi_builder_name(b, NULL, "event", b->scenario.events_count);
    e->target_id = target;
    e->start.kind = start;
    e->start.t_start = t_start;
    e->start.spike_s = spike_s;
    e->end.kind = end;
    e->end.t_end = t_end;
}

AFLOW_API void aflow_add_outage(aflow_builder *builder, aflow_id server, double t_start, double t_end)
{
    const aflow_server *s = aflowi_builder_server(builder, server, "aflow_add_outage was given an id that is no server's");
    if (s) aflowi_builder_event(builder, s->id, AFLOW_EVENT_SERVER_DOWN, AFLOW_EVENT_SERVER_UP, t_start, t_end, 0);
}

AFLOW_API void aflow_add_spike(aflow_builder *builder, aflow_id edge, double t_start, double t_end, double spike_s)
{
    if (!builder) return;
    if (aflowi_id_kind(edge) != AFLOWI_ID_EDGE || aflowi_id_index(edge) >= builder->scenario.topology_graph.edges_count) {
        aflowi_builder_misused(builder, "aflow_add_spike was given an id that is no edge's");
        return;
    }
    aflowi_builder_event(builder, builder->edges[aflowi_id_index(edge)].id, AFLOW_EVENT_NETWORK_SPIKE_START, AFLOW_EVENT_NETWORK_SPIKE_END, t_start, t_end, spike_s);
}

AFLOW_API void aflow_add_cache_loss(aflow_builder *builder, aflow_id resource, double t_start, double t_end)
{
    if (!builder) return;
    if (aflowi_id_kind(resource) != AFLOWI_ID_RESOURCE || aflowi_id_index(resource) >= builder->scenario.topology_graph.nodes.resources_count) {
        aflowi_builder_misused(builder, "aflow_add_cache_loss was given an id that is no shared resource's");
        return;
    }
    aflowi_builder_event(builder, builder->resources[aflowi_id_index(resource)].id, AFLOW_EVENT_CACHE_DOWN, AFLOW_EVENT_CACHE_UP, t_start, t_end, 0);
}

AFLOW_API aflow_sim_settings *aflow_builder_settings(aflow_builder *builder) { return builder ? &builder->scenario.sim_settings : NULL; }

/* Fills server_covered with the servers that the balancer's edges lead to. */
static void aflowi_builder_cover(aflow_builder *b)
{
    aflow_topology_graph *graph = &b->scenario.topology_graph;
    aflow_load_balancer *lb = &graph->nodes.load_balancer;
    const char **covered = (const char **)aflowi_arena_array(&b->arena, graph->edges_count, sizeof *covered);
    size_t i;
    if (!covered) {
        b->failed = 1;
        return;
    }
    lb->server_covered_count = 0;
    for (i = 0; i < graph->edges_count; i++) {
        if (graph->edges[i].source == lb->id) covered[lb->server_covered_count++] = graph->edges[i].target;
    }
    lb->server_covered = covered;
}

AFLOW_API const aflow_scenario *aflow_builder_scenario(aflow_builder *builder, aflow_diagnostics *problems)
{
    aflow_scenario *s;
    if (!builder) {
        aflowi_report_memory(problems, "there is no builder (NULL): its memory ran out");
        return NULL;
    }
    s = &builder->scenario;
    s->topology_graph.nodes.servers = builder->servers;
    s->topology_graph.nodes.resources = builder->resources;
    s->topology_graph.edges = builder->edges;
    s->events = builder->events;
    if (builder->covers_all && s->topology_graph.nodes.load_balancer.id) aflowi_builder_cover(builder);
    if (builder->failed || builder->arena.failed) {
        aflowi_report_memory(problems, "out of memory while building");
        return NULL;
    }
    if (builder->misuse) {
        aflowi_report_at(problems, AFLOW_DIAGNOSTIC_NO_PATH, "", builder->misuse, NULL);
        return NULL;
    }
    return s;
}

/* ==========================================================================
   [15] CHECK
   In:    a scenario, perhaps wrong         Out: every problem it has
   Keeps: each rule stands here once, or in the schema's bounds; nothing behind
          this section checks again
   Uses:  [12] [14]                         Public: aflow_check
   ========================================================================== */

typedef struct aflowi_checker {
    const aflow_scenario *scenario;
    aflow_diagnostics *problems;
    aflowi_arena arena;
    aflowi_line path;               /* of what is looked at */
    aflowi_names nodes, edges;
    aflowi_names resources;         /* shared ones by id, servers' own as SERVER/ID */
    const char **resource_names;    /* the same by number: shared ones, then each server's own */
    const aflow_resource **resource_at;
    size_t shared, resources_count;
    aflowi_names own;               /* of the server that is looked at: its own by id */
    aflow_sim_settings settings;    /* with defaults */
    int compat;
    double horizon_s;
    /* the graph: vertex 0 generator, 1 client, 2 balancer, 3.. servers */
    uint32_t vertices;
    uint32_t *out_edge;             /* one edge out of each vertex; AFLOWI_NO_INDEX: none */
    uint32_t *balancer_edge;        /* by server: the balancer's edge to it */
    unsigned char *reached, *covered;   /* by vertex; by server */
} aflowi_checker;

/* A struct's own values with the table's defaults. */
static void aflowi_fill_defaults(aflowi_kind kind, void *base)
{
    const aflowi_field *f;
    for (f = aflowi_fields_of(kind); f; f = aflowi_next_field(f)) aflowi_fill_default(f, base);
}

/* --- Paths and reports -------------------------------------------------------- */

static size_t aflowi_path_push(aflowi_checker *c, const char *name)
{
    size_t mark = c->path.used;
    if (mark) aflowi_line_put(&c->path, ".");
    aflowi_line_put(&c->path, name);
    return mark;
}

static size_t aflowi_path_index(aflowi_checker *c, size_t index)
{
    size_t mark = c->path.used;
    aflowi_line_put(&c->path, "[");
    aflowi_line_u64(&c->path, index);
    aflowi_line_put(&c->path, "]");
    return mark;
}

static void aflowi_path_pop(aflowi_checker *c, size_t mark)
{
    c->path.used = mark;
    c->path.text[mark] = 0;
}

static aflowi_line aflowi_new_line(void)
{
    aflowi_line l;
    l.used = 0;
    l.text[0] = 0;
    return l;
}

static void aflowi_found(aflowi_checker *c, int code, const aflowi_line *message)
{
    aflowi_report(c->problems, c->scenario->origin, (aflow_diagnostic_code)code, c->path.text, message->text);
}

static void aflowi_found_text(aflowi_checker *c, int code, const char *message)
{
    aflowi_report(c->problems, c->scenario->origin, (aflow_diagnostic_code)code, c->path.text, message);
}

/* The same at a field of what the path is at. */
static void aflowi_found_field(aflowi_checker *c, int code, const char *field, const aflowi_line *message)
{
    size_t mark = aflowi_path_push(c, field);
    aflowi_found(c, code, message);
    aflowi_path_pop(c, mark);
}

static void aflowi_found_field_text(aflowi_checker *c, int code, const char *field, const char *message)
{
    aflowi_line l = aflowi_new_line();
    aflowi_line_put(&l, message);
    aflowi_found_field(c, code, field, &l);
}

/* The path of what a walk visits: names and indices of what it is in. */
typedef struct aflowi_trail { size_t marks[2 * AFLOWI_SCHEMA_DEPTH]; int depth; } aflowi_trail;

static void aflowi_trail_follow(aflowi_checker *c, aflowi_trail *t, const aflowi_visit *v)
{
    switch (v->kind) {
    case AFLOWI_VISIT_FIELD: case AFLOWI_VISIT_TOO_DEEP: break;
    case AFLOWI_VISIT_ENTER: case AFLOWI_VISIT_LIST: t->marks[t->depth++] = aflowi_path_push(c, v->field->name); break;
    case AFLOWI_VISIT_ITEM: t->marks[t->depth++] = aflowi_path_index(c, v->index); break;
    default: aflowi_path_pop(c, t->marks[--t->depth]); break;
    }
}

/* `LIST[index].FIELD MESSAGE`, for rules about one entry of a list; list "" is the present path itself. */
static void aflowi_found_at(aflowi_checker *c, int code, const char *list, size_t index, const char *field, const aflowi_line *message)
{
    size_t mark = aflowi_path_push(c, list);
    aflowi_path_index(c, index);
    if (field[0]) aflowi_path_push(c, field);
    aflowi_found(c, code, message);
    aflowi_path_pop(c, mark);
}

#define AFLOWI_SERVERS "topology_graph.nodes.servers"
#define AFLOWI_SHARED_LIST "topology_graph.nodes.resources"
#define AFLOWI_EDGES "topology_graph.edges"

/* --- Fields, each by its row ------------------------------------------------------ */

static const char *aflowi_distribution_text(aflow_distribution d)
{
    const char *name = aflowi_enum_name(aflowi_distribution_names, (uint32_t)d);
    return name ? name : "unknown";
}

/* A problem of one of a random variable's own fields. */
static void aflowi_found_in(aflowi_checker *c, int code, const char *field, const aflowi_line *l)
{
    size_t mark = aflowi_path_push(c, field);
    aflowi_found(c, code, l);
    aflowi_path_pop(c, mark);
}

/* To four digits, for messages; value > 0. */
static double aflowi_rounded(double value)
{
    double up = 1, down = 1, digits;
    while (aflowi_mul(value, up) < 1000 && up < 1e22) up = aflowi_mul(up, 10);
    while (aflowi_div(value, down) >= 10000 && down < 1e22) down = aflowi_mul(down, 10);
    digits = aflowi_add(aflowi_div(aflowi_mul(value, up), down), 0.5);
    return digits < 1e5 ? aflowi_mul(aflowi_div((double)(uint32_t)digits, up), down) : value;
}

/* `; FAMILY needs an scv from A to B` */
static void aflowi_line_scv_range(aflowi_line *l, aflow_distribution d, double least, double most)
{
    aflowi_line_put(l, "; ");
    aflowi_line_put(l, aflowi_distribution_text(d));
    aflowi_line_put(l, " needs an scv from ");
    aflowi_line_double(l, least);
    aflowi_line_put(l, " to ");
    aflowi_line_double(l, most);
}

/* The maximum of a pareto in means, and what scv it allows. */
static int aflowi_check_pareto(aflowi_checker *c, const aflow_random_variable *v, double *most)
{
    double ratio = aflowi_div(aflowi_pareto_maximum(v), v->mean);
    aflowi_line l = aflowi_new_line();
    if (ratio >= AFLOWI_PARETO_RATIO_LEAST && ratio <= AFLOWI_PARETO_RATIO_MOST) {
        *most = aflowi_pareto_most(ratio);
        return 1;
    }
    aflowi_line_put(&l, "is ");
    aflowi_line_double(&l, v->maximum);
    aflowi_line_put(&l, "; needs from 1.01 to 1e12 times the mean");
    aflowi_found_in(c, AFLOW_DIAGNOSTIC_OUT_OF_RANGE, "maximum", &l);
    return 0;
}

/* The families that need a variance, each with its range of the squared coefficient of variation. */
static void aflowi_check_scv(aflowi_checker *c, const aflow_random_variable *v)
{
    const char *field = v->scv != 0 ? "scv" : "variance";
    double scv = aflowi_scv_of(v), least = 1e-12, most = AFLOWI_GAMMA_MOST, shape;
    aflowi_line l = aflowi_new_line();
    int whole = 1;
    if (v->variance == 0 && v->scv == 0) {
        aflowi_line_put(&l, "is missing; ");
        aflowi_line_put(&l, aflowi_distribution_text(v->distribution));
        aflowi_line_put(&l, " needs a variance or an scv");
        aflowi_found_in(c, AFLOW_DIAGNOSTIC_MISSING, field, &l);
        return;
    }
    if (v->distribution == AFLOW_DISTRIBUTION_WEIBULL) { least = AFLOWI_WEIBULL_LEAST; most = AFLOWI_WEIBULL_MOST; }
    if (v->distribution == AFLOW_DISTRIBUTION_HYPEREXPONENTIAL) { least = 1; most = AFLOWI_HYPEREXPONENTIAL_MOST; }
    if (v->distribution == AFLOW_DISTRIBUTION_PARETO) {
        least = AFLOWI_PARETO_LEAST;
        if (!aflowi_check_pareto(c, v, &most)) return;
    }
    if (v->distribution == AFLOW_DISTRIBUTION_ERLANG) {
        most = 1;
        shape = scv >= least ? aflowi_add(aflowi_div(1, scv), 0.5) : 0;
        shape = aflowi_add(aflowi_mul((double)(uint64_t)shape, scv), -1);       /* whole shape x scv - 1 */
        whole = shape > -1e-9 && shape < 1e-9;
    }
    if (scv >= least && scv <= most && whole) return;
    aflowi_line_put(&l, "is ");
    aflowi_line_double(&l, v->scv != 0 ? scv : v->variance == AFLOW_ZERO ? 0 : v->variance);
    if (v->scv == 0) {
        aflowi_line_put(&l, ", an scv of ");
        aflowi_line_double(&l, scv);
    }
    if (v->distribution == AFLOW_DISTRIBUTION_ERLANG) aflowi_line_put(&l, "; erlang needs an scv of 1 / k with a whole number k; use gamma");
    else aflowi_line_scv_range(&l, v->distribution, least, v->distribution == AFLOW_DISTRIBUTION_PARETO ? aflowi_rounded(aflowi_mul(most, 0.9999)) : most);
    if (v->distribution == AFLOW_DISTRIBUTION_PARETO && scv > most) aflowi_line_put(&l, "; a larger maximum allows more");
    aflowi_found_in(c, AFLOW_DIAGNOSTIC_BAD_VARIANCE, field, &l);
}

/* Whether a uniform's values would be negative: an scv is held to 1/3 itself, which its product with the mean may miss. */
static int aflowi_is_too_wide(const aflow_random_variable *v, double variance)
{
    return v->scv != 0 ? v->scv > 1.0 / 3 : variance > aflowi_mul(v->mean, v->mean) / 3;
}

/* v is resolved: its variance is the given one, or what an scv comes to. */
static void aflowi_check_variance(aflowi_checker *c, const aflowi_field *f, const aflow_random_variable *v)
{
    aflowi_line l = aflowi_new_line();
    int has_one = v->distribution == AFLOW_DISTRIBUTION_NORMAL || v->distribution == AFLOW_DISTRIBUTION_LOG_NORMAL ||
                  (v->distribution == AFLOW_DISTRIBUTION_UNIFORM && (!c->compat || f->owner != AFLOWI_EDGE || v->scv != 0));
    double variance = v->variance == AFLOW_ZERO ? 0 : v->variance;
    int code = v->variance == 0 ? AFLOWI_FINE : aflowi_check_number(aflowi_field_named(AFLOWI_RANDOM, "variance", 8), variance, &l);
    if (code == AFLOWI_FINE && v->distribution >= AFLOW_DISTRIBUTION_GAMMA && v->distribution < AFLOW_DISTRIBUTION_DISCRETE) {
        if (v->mean > 0) aflowi_check_scv(c, v);
        return;
    }
    if (code == AFLOWI_FINE && v->variance != 0 && !has_one) {
        code = f->owner == AFLOWI_GENERATOR ? AFLOW_DIAGNOSTIC_IGNORED_FIELD : AFLOW_DIAGNOSTIC_UNUSED_VARIANCE;
        aflowi_line_put(&l, "has no effect: ");
        aflowi_line_put(&l, aflowi_distribution_text(v->distribution));
        aflowi_line_put(&l, " has no variance to choose; leave it out");
    }
    if (code == AFLOWI_FINE && v->distribution == AFLOW_DISTRIBUTION_UNIFORM && aflowi_is_too_wide(v, variance)) {
        code = AFLOW_DIAGNOSTIC_BAD_VARIANCE;
        aflowi_line_put(&l, "is ");
        aflowi_line_double(&l, v->scv != 0 ? v->scv : variance);
        aflowi_line_put(&l, v->scv != 0 ? ": mean - sqrt(3 variance) would be negative; needs at most 1 / 3"
                                        : ": mean - sqrt(3 variance) would be negative; needs at most mean^2 / 3 = ");
        if (v->scv == 0) aflowi_line_double(&l, aflowi_mul(v->mean, v->mean) / 3);
    }
    if (code != AFLOWI_FINE) aflowi_found_in(c, code, v->scv != 0 ? "scv" : "variance", &l);
}

/* What the field, rather than the family, forbids: users are counts, a rate is only its mean. */
static void aflowi_check_distribution(aflowi_checker *c, const aflowi_field *f, const aflow_random_variable *v)
{
    int users = f->offset == offsetof(aflow_generator, avg_active_users);
    int counts = v->distribution == AFLOW_DISTRIBUTION_POISSON || (v->distribution == AFLOW_DISTRIBUTION_CONSTANT && !c->compat) ||
                 (users && v->distribution == AFLOW_DISTRIBUTION_NORMAL);
    size_t mark = aflowi_path_push(c, "distribution");
    aflowi_line l = aflowi_new_line();
    int code = aflowi_check_enum(aflowi_field_named(AFLOWI_RANDOM, "distribution", 12), (uint32_t)v->distribution, &l);
    if (code == AFLOWI_FINE && f->owner == AFLOWI_GENERATOR && !counts) {
        code = AFLOW_DIAGNOSTIC_UNKNOWN_NAME;
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, aflowi_distribution_text(v->distribution));
        aflowi_line_put(&l, users ? "; active users can be poisson, normal or constant" : "; only the mean counts here, so it can be poisson or constant");
        if (c->compat) aflowi_line_put(&l, " (compat: not constant)");
    }
    if (code == AFLOWI_FINE && f->owner != AFLOWI_GENERATOR && c->compat && (v->distribution == AFLOW_DISTRIBUTION_CONSTANT || v->distribution >= AFLOW_DISTRIBUTION_GAMMA) && f->owner == AFLOWI_EDGE) {
        code = AFLOW_DIAGNOSTIC_COMPAT_ACCEPTED;
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, aflowi_distribution_text(v->distribution));
        aflowi_line_put(&l, ", which AsyncFlow 0.1.1 does not know");
    }
    if (code == AFLOWI_FINE && f->owner == AFLOWI_EDGE && v->distribution == AFLOW_DISTRIBUTION_POISSON) {
        code = AFLOW_DIAGNOSTIC_WHOLE_SECONDS;
        aflowi_line_put(&l, "is poisson (the default): this latency is 0, 1, 2, ... whole seconds; say exponential for a usual network");
    }
    if (code != AFLOWI_FINE) aflowi_found(c, code, &l);
    aflowi_path_pop(c, mark);
}

static void aflowi_check_list(aflowi_checker *c, const aflowi_field *f, const void *base)
{
    size_t n = aflowi_announced(base, f->count_offset), i;
    const void *data = aflowi_get_pointer(base, f->offset);
    if (n == 0 && (f->flags & AFLOWI_REQUIRED)) aflowi_found_text(c, AFLOW_DIAGNOSTIC_NO_ENTRIES, "is empty; it needs at least one entry");
    if (n && !data) aflowi_found_text(c, AFLOW_DIAGNOSTIC_MISSING, "is NULL although its count is not 0");
    for (i = 0; data && f->type == AFLOWI_TYPE_REFERENCES && i < n; i++) {
        size_t mark = aflowi_path_index(c, i);
        if (!((const char *const *)data)[i]) aflowi_found_text(c, AFLOW_DIAGNOSTIC_MISSING, "is NULL");
        aflowi_path_pop(c, mark);
    }
}

/* Entries of a random variable's list within their bounds; the first that is not is enough. */
static int aflowi_check_entries(aflowi_checker *c, const aflowi_field *f, const aflow_random_variable *v)
{
    size_t n = aflowi_entries(f, v), i, mark = aflowi_path_push(c, f->name);
    const double *items = (const double *)aflowi_get_pointer(v, f->offset);
    int fine = n == aflowi_announced(v, f->count_offset);
    if (!fine) aflowi_check_list(c, f, v);
    for (i = 0; i < n && fine; i++) {
        aflowi_line l = aflowi_new_line();
        int code = aflowi_check_number(f, items[i], &l);
        if (code == AFLOWI_FINE) continue;
        aflowi_path_index(c, i);
        aflowi_found(c, code, &l);
        fine = 0;
    }
    aflowi_path_pop(c, mark);
    return fine;
}

/* Each number by its row's bounds. The mean has the bounds of its own variable, a variance its rules: see there. */
static int aflowi_check_random_numbers(aflowi_checker *c, const aflow_random_variable *v)
{
    const aflowi_field *f;
    int fine = 1;
    for (f = aflowi_fields_of(AFLOWI_RANDOM); f; f = aflowi_next_field(f)) {
        aflowi_line l = aflowi_new_line();
        double value;
        int code;
        if (f->type == AFLOWI_TYPE_TIMES) fine &= aflowi_check_entries(c, f, v);
        if (f->type != AFLOWI_TYPE_DOUBLE || f->offset < offsetof(aflow_random_variable, scv)) continue;
        value = aflowi_get_double(v, f->offset);
        if (value == 0 || (value == AFLOW_ZERO && (f->flags & AFLOWI_ZERO_SPEAKS))) continue;
        code = aflowi_check_number(f, value, &l);
        if (code == AFLOWI_FINE) continue;
        aflowi_found_in(c, code, f->name, &l);
        fine = 0;
    }
    return fine;
}

static void aflowi_found_words(aflowi_checker *c, int code, const char *field, const char *before, const char *word, const char *after)
{
    aflowi_line l = aflowi_new_line();
    aflowi_line_put(&l, before);
    aflowi_line_put(&l, word);
    aflowi_line_put(&l, after);
    aflowi_found_in(c, code, field, &l);
}

/* One way only: by mean and perhaps variance or scv, by percentiles, or by values. v as it was given. */
static int aflowi_check_ways(aflowi_checker *c, const aflowi_field *f, const aflow_random_variable *v)
{
    const char *other = aflowi_has_values(v) ? "values" : aflowi_has_percentiles(v) ? "percentiles" : NULL;
    size_t errors = c->problems->errors;
    if (other && v->mean != 0) aflowi_found_words(c, AFLOW_DIAGNOSTIC_GIVEN_TWICE, "mean", "is given beside ", other, ", which have a mean of their own; leave one out");
    if (other && v->variance != 0) aflowi_found_words(c, AFLOW_DIAGNOSTIC_GIVEN_TWICE, "variance", "is given beside ", other, ", which have a variance of their own; leave one out");
    if (other && v->scv != 0) aflowi_found_words(c, AFLOW_DIAGNOSTIC_GIVEN_TWICE, "scv", "is given beside ", other, ", which have a variance of their own; leave one out");
    if (aflowi_has_values(v) && aflowi_has_percentiles(v)) {
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_GIVEN_TWICE, "values", "are given beside ", "percentiles", "; leave one out");
    }
    if (!other && v->variance != 0 && v->scv != 0) aflowi_found_words(c, AFLOW_DIAGNOSTIC_GIVEN_TWICE, "scv", "is given beside a ", "variance", "; leave one out");
    if (c->compat && f->owner == AFLOWI_EDGE && aflowi_is_stated(v) && v->distribution < AFLOW_DISTRIBUTION_GAMMA) {
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_COMPAT_ACCEPTED, v->scv != 0 ? "scv" : v->p50 != 0 ? "p50" : "p95", "is a field that AsyncFlow 0.1.1 does not know", "", "");
    }
    return c->problems->errors == errors;
}

/* What the family has no use for, and what it lacks. */
static int aflowi_check_parameters(aflowi_checker *c, const aflow_random_variable *v, aflow_distribution family)
{
    const char *name = aflowi_distribution_text(family);
    size_t errors = c->problems->errors;
    if (v->maximum != 0 && family != AFLOW_DISTRIBUTION_PARETO) {
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_UNUSED_PARAMETER, "maximum", "has no effect: ", name, " has no maximum to choose; leave it out, or say pareto");
    }
    if (aflowi_has_values(v) && family != AFLOW_DISTRIBUTION_DISCRETE) {
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_UNUSED_PARAMETER, "values", "have no effect: ", name, " does not draw from values; leave them out, or say discrete");
    }
    if (v->weights_count && !aflowi_has_values(v)) {
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_UNUSED_PARAMETER, "weights", "have no effect: there are no values to weigh", "", "");
    }
    if (!aflowi_has_values(v) && family == AFLOW_DISTRIBUTION_DISCRETE) {
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_MISSING, "values", "are missing; discrete draws from them", "", "");
    }
    if (aflowi_has_percentiles(v) && family != AFLOW_DISTRIBUTION_LOG_NORMAL) {
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_BAD_PERCENTILES, "distribution", "is ", name, ", but percentiles are fitted by log_normal only");
    }
    return c->problems->errors == errors;
}

static void aflowi_check_values(aflowi_checker *c, const aflow_random_variable *v)
{
    aflowi_line l = aflowi_new_line();
    double total = v->weights_count ? 0 : 1;
    size_t i;
    if (v->values_count >= AFLOWI_NO_INDEX) {
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_BAD_VALUES, "values", "are more than a run can hold", "", "");
    } else if (v->weights_count && v->weights_count != v->values_count) {
        aflowi_line_put(&l, "are ");
        aflowi_line_u64(&l, v->weights_count);
        aflowi_line_put(&l, ", but there are ");
        aflowi_line_u64(&l, v->values_count);
        aflowi_line_put(&l, " values; needs one for each");
        aflowi_found_in(c, AFLOW_DIAGNOSTIC_BAD_VALUES, "weights", &l);
    } else {
        for (i = 0; i < v->weights_count && total <= 0; i++) total += v->weights[i];
        if (total <= 0) aflowi_found_words(c, AFLOW_DIAGNOSTIC_BAD_VALUES, "weights", "are all 0; give at least one value a weight", "", "");
    }
}

/* Whether the fit misses a given percentile by more than 1 %; puts what it has instead. */
static int aflowi_fit_misses(double given, double fitted, const char *name, aflowi_line *l)
{
    aflowi_line_put(l, name);
    aflowi_line_double(l, aflowi_rounded(fitted));
    return fitted > aflowi_mul(given, 1.01) || fitted < aflowi_mul(given, 0.99);
}

static void aflowi_check_percentiles(aflowi_checker *c, const aflow_random_variable *v)
{
    int count = (v->p50 > 0) + (v->p95 > 0) + (v->p99 > 0), misses;
    aflowi_line l = aflowi_new_line();
    double mu, sigma;
    const char *field = v->p50 > 0 ? "p50" : v->p95 > 0 ? "p95" : "p99";
    if (count < 2) {
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_BAD_PERCENTILES, field, "is given alone; give two of p50, p95 and p99, or a mean", "", "");
        return;
    }
    if ((v->p95 > 0 && v->p50 >= v->p95) || (v->p99 > 0 && (v->p50 >= v->p99 || v->p95 >= v->p99))) {
        field = v->p95 > 0 && v->p50 >= v->p95 ? "p95" : "p99";
        aflowi_found_words(c, AFLOW_DIAGNOSTIC_BAD_PERCENTILES, field, "is not more than the percentile before it; they ascend", "", "");
        return;
    }
    aflowi_fit_log_normal(v->p50, v->p95, v->p99, &mu, &sigma);
    if (sigma > 20) {
        aflowi_line_put(&l, "lies so far from the others that sigma of the log_normal is ");
        aflowi_line_double(&l, aflowi_rounded(sigma));
        aflowi_line_put(&l, "; needs at most 20");
        aflowi_found_in(c, AFLOW_DIAGNOSTIC_BAD_PERCENTILES, field, &l);
        return;
    }
    if (count < 3) return;
    aflowi_line_put(&l, "and the other percentiles are met only nearly: the fitted log_normal has ");
    misses = aflowi_fit_misses(v->p50, aflowi_exp(mu), "p50 ", &l);
    misses |= aflowi_fit_misses(v->p95, aflowi_exp(aflowi_add(mu, aflowi_mul(1.6448536269514722, sigma))), ", p95 ", &l);
    misses |= aflowi_fit_misses(v->p99, aflowi_exp(aflowi_add(mu, aflowi_mul(2.3263478740408408, sigma))), ", p99 ", &l);
    if (misses) aflowi_found_in(c, AFLOW_DIAGNOSTIC_FITTED, "p50", &l);
}

static void aflowi_check_random(aflowi_checker *c, const aflowi_field *f, const void *base)
{
    aflow_random_variable given, v = aflowi_effective_random(f, base);
    aflowi_line l = aflowi_new_line();
    int code, fine;
    memcpy(&given, aflowi_member(base, f->offset), sizeof given);
    if (aflowi_is_optional_random(f) && !aflowi_is_given(&given)) return;
    if (f->owner == AFLOWI_GENERATOR && (c->scenario->rqs_input.arrivals_count || c->scenario->rqs_input.source)) return;
    fine = aflowi_check_random_numbers(c, &given) && aflowi_check_ways(c, f, &given) && aflowi_check_parameters(c, &given, v.distribution);
    if (aflowi_has_values(&v) || aflowi_has_percentiles(&v)) {
        size_t errors = c->problems->errors;
        if (fine && aflowi_has_values(&v)) aflowi_check_values(c, &v);
        else if (fine) aflowi_check_percentiles(c, &v);
        fine &= c->problems->errors == errors;
    }
    code = fine || given.mean != 0 ? aflowi_check_number(f, v.mean, &l) : AFLOWI_FINE;
    if (code != AFLOWI_FINE && !aflowi_has_values(&v) && !aflowi_has_percentiles(&v)) aflowi_found_in(c, code, "mean", &l);
    else if (code != AFLOWI_FINE) aflowi_found_words(c, code, aflowi_has_values(&v) ? "values" : v.p50 > 0 ? "p50" : "p95", "gives a mean that ", l.text, "");
    aflowi_check_distribution(c, f, &v);
    if (fine && !aflowi_has_values(&v) && !aflowi_has_percentiles(&v)) aflowi_check_variance(c, f, &v);
}

static int aflowi_check_leaf(aflowi_checker *c, const aflowi_field *f, const void *base, aflowi_line *l)
{
    const aflowi_word *w;
    uint32_t bits;
    switch (f->type) {
    case AFLOWI_TYPE_ID: case AFLOWI_TYPE_NAME: case AFLOWI_TYPE_REFERENCE:
        if (aflowi_is_null(f, base)) return AFLOWI_FINE;
        return aflowi_check_text(f, (const char *)aflowi_get_pointer(base, f->offset), l);
    case AFLOWI_TYPE_BOOL:
        if (aflowi_get_u32(base, f->offset) <= 1) return AFLOWI_FINE;
        aflowi_line_put(l, "is neither 0 nor 1");
        return AFLOW_DIAGNOSTIC_OUT_OF_RANGE;
    case AFLOWI_TYPE_UINT:
        return aflowi_get_u32(base, f->offset) == 0 ? AFLOWI_FINE : aflowi_check_number(f, aflowi_get_u32(base, f->offset), l);
    case AFLOWI_TYPE_DOUBLE:
        if (aflowi_get_double(base, f->offset) == 0 && !(f->flags & AFLOWI_REQUIRED)) return AFLOWI_FINE;
        return aflowi_check_number(f, aflowi_effective_double(f, base), l);
    case AFLOWI_TYPE_ENUM:
        return aflowi_check_enum(f, aflowi_effective_u32(f, base), l);
    case AFLOWI_TYPE_FLAGS:
        bits = aflowi_get_u32(base, f->offset);
        for (w = f->names; w->name; w++) bits &= ~w->value;
        if ((bits & ~AFLOW_METRICS_NONE) == 0) return AFLOWI_FINE;
        aflowi_line_put(l, "has bits that name nothing");
        return AFLOW_DIAGNOSTIC_UNKNOWN_NAME;
    case AFLOWI_TYPE_RANDOM: aflowi_check_random(c, f, base); return AFLOWI_FINE;
    default: return AFLOWI_FINE;
    }
}

static void aflowi_check_value(aflowi_checker *c, const aflowi_field *f, const void *base)
{
    size_t mark = aflowi_path_push(c, f->name);
    aflowi_line l = aflowi_new_line();
    int code = aflowi_check_leaf(c, f, base, &l);
    if (f->type == AFLOWI_TYPE_REFERENCES || f->type == AFLOWI_TYPE_TIMES) aflowi_check_list(c, f, base);
    else if (code != AFLOWI_FINE) aflowi_found(c, code, &l);
    aflowi_path_pop(c, mark);
}

static void aflowi_found_too_deep(aflowi_checker *c, const aflowi_visit *v)
{
    aflowi_line l = aflowi_new_line();
    aflowi_line_put(&l, "is a list of steps within ");
    aflowi_line_u64(&l, AFLOWI_STEPS_DEPTH);
    aflowi_line_put(&l, " others, the most there can be; flatten it");
    aflowi_found_field(c, AFLOW_DIAGNOSTIC_NESTED_TOO_DEEP, v->field->name, &l);
}

static void aflowi_check_fields(aflowi_checker *c)
{
    aflowi_trail trail;
    aflowi_walk w;
    aflowi_visit v;
    trail.depth = 0;
    aflowi_walk_init(&w, c->scenario);
    while (aflowi_walk_next(&w, &v)) {
        if (aflowi_is_absent(&v)) {
            aflowi_walk_skip(&w);
            continue;
        }
        aflowi_trail_follow(c, &trail, &v);
        if (v.kind == AFLOWI_VISIT_FIELD) aflowi_check_value(c, v.field, v.base);
        else if (v.kind == AFLOWI_VISIT_LIST) aflowi_check_list(c, v.field, v.base);
        else if (v.kind == AFLOWI_VISIT_TOO_DEEP) aflowi_found_too_deep(c, &v);
    }
}

/* --- Resources ------------------------------------------------------------------------------ */

static unsigned aflowi_resource_bit(aflow_resource_kind kind) { return 1u << (unsigned)kind; }

enum {
    AFLOWI_IS_POOL = 1 << AFLOW_RESOURCE_CONNECTION_POOL, AFLOWI_IS_DATABASE = 1 << AFLOW_RESOURCE_DATABASE, AFLOWI_IS_LIMITER = 1 << AFLOW_RESOURCE_RATE_LIMITER,
    AFLOWI_IS_CACHE = 1 << AFLOW_RESOURCE_CACHE, AFLOWI_IS_LLM = 1 << AFLOW_RESOURCE_LLM, AFLOWI_IS_GPU = 1 << AFLOW_RESOURCE_GPU,
    AFLOWI_IS_NO_CACHE = AFLOWI_IS_POOL | AFLOWI_IS_DATABASE | AFLOWI_IS_LIMITER | AFLOWI_IS_LLM | AFLOWI_IS_GPU
};

/* `database or cache` */
static void aflowi_line_resource_kinds(aflowi_line *l, unsigned kinds)
{
    const aflowi_word *w;
    int any = 0;
    for (w = aflowi_resource_names; w->name; w++) {
        if (!(kinds & aflowi_resource_bit((aflow_resource_kind)w->value))) continue;
        kinds &= ~aflowi_resource_bit((aflow_resource_kind)w->value);
        if (any++) aflowi_line_put(l, kinds ? ", " : " or ");
        aflowi_line_put(l, w->name);
    }
}

/* Kinds that have a field; all where it is not listed. */
static unsigned aflowi_kinds_with(size_t offset)
{
    static const struct { size_t offset; unsigned kinds; } belongs[] = {
        { offsetof(aflow_resource, capacity), AFLOWI_IS_POOL | AFLOWI_IS_DATABASE | AFLOWI_IS_LLM | AFLOWI_IS_CACHE },
        { offsetof(aflow_resource, overflow), AFLOWI_IS_NO_CACHE }, { offsetof(aflow_resource, max_waiting), AFLOWI_IS_NO_CACHE },
        { offsetof(aflow_resource, acquire_timeout), AFLOWI_IS_NO_CACHE },
        { offsetof(aflow_resource, contention), AFLOWI_IS_DATABASE }, { offsetof(aflow_resource, coherency), AFLOWI_IS_DATABASE },
        { offsetof(aflow_resource, rate), AFLOWI_IS_LIMITER }, { offsetof(aflow_resource, burst), AFLOWI_IS_LIMITER },
        { offsetof(aflow_resource, refill_interval), AFLOWI_IS_LIMITER },
        { offsetof(aflow_resource, hit_probability), AFLOWI_IS_CACHE }, { offsetof(aflow_resource, keys), AFLOWI_IS_CACHE },
        { offsetof(aflow_resource, zipf_exponent), AFLOWI_IS_CACHE }, { offsetof(aflow_resource, time_to_live), AFLOWI_IS_CACHE },
        { offsetof(aflow_resource, single_flight), AFLOWI_IS_CACHE },
        { offsetof(aflow_resource, time_to_first_token), AFLOWI_IS_LLM }, { offsetof(aflow_resource, time_per_output_token), AFLOWI_IS_LLM },
        { offsetof(aflow_resource, price_per_call), AFLOWI_IS_LLM }, { offsetof(aflow_resource, price_per_million_input_tokens), AFLOWI_IS_LLM },
        { offsetof(aflow_resource, price_per_million_output_tokens), AFLOWI_IS_LLM },
        { offsetof(aflow_resource, requests_per_minute), AFLOWI_IS_LLM }, { offsetof(aflow_resource, tokens_per_minute), AFLOWI_IS_LLM },
        { offsetof(aflow_resource, slots), AFLOWI_IS_GPU }, { offsetof(aflow_resource, max_batch_size), AFLOWI_IS_GPU },
        { offsetof(aflow_resource, max_batch_wait), AFLOWI_IS_GPU }, { offsetof(aflow_resource, batch_time), AFLOWI_IS_GPU },
        { offsetof(aflow_resource, item_time), AFLOWI_IS_GPU } };
    size_t i;
    for (i = 0; i < AFLOWI_COUNT(belongs); i++) if (belongs[i].offset == offset) return belongs[i].kinds;
    return ~0u;
}

/* Whether an optional field was given in any way, be it as what it is by default. */
static int aflowi_is_set(const aflowi_field *f, const void *base)
{
    if (f->type == AFLOWI_TYPE_DOUBLE) return aflowi_get_double(base, f->offset) != 0;
    if (f->type == AFLOWI_TYPE_RANDOM) return aflowi_is_given((const aflow_random_variable *)aflowi_member(base, f->offset));
    return (f->type == AFLOWI_TYPE_UINT || f->type == AFLOWI_TYPE_ENUM || f->type == AFLOWI_TYPE_BOOL) && aflowi_get_u32(base, f->offset) != 0;
}

static void aflowi_found_foreign(aflowi_checker *c, const char *field, const char *kind, unsigned kinds)
{
    aflowi_line l = aflowi_new_line();
    aflowi_line_put(&l, "is given, but a ");
    aflowi_line_put(&l, kind);
    aflowi_line_put(&l, " has none; it belongs to ");
    aflowi_line_resource_kinds(&l, kinds);
    aflowi_line_put(&l, ": leave it out");
    aflowi_found_field(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, field, &l);
}

static void aflowi_check_cache(aflowi_checker *c, const aflow_resource *r)
{
    static const char *const message = "is given beside hit_probability, with which there are no keys to keep; leave one out";
    if (r->hit_probability == 0 && !r->keys) {
        aflowi_found_text(c, AFLOW_DIAGNOSTIC_MISSING, "has neither hit_probability nor keys; a cache needs one of them");
    } else if (r->hit_probability != 0 && r->keys) {
        aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, "hit_probability", "is given beside keys, from which it would follow; leave one out");
    } else if (r->hit_probability != 0) {
        if (r->capacity) aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, "capacity", message);
        if (r->zipf_exponent != 0) aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, "zipf_exponent", message);
        if (r->time_to_live != 0) aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, "time_to_live", message);
        if (r->single_flight) aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, "single_flight", message);
    }
}

static void aflowi_check_resource(aflowi_checker *c, const aflow_resource *r)
{
    const char *kind = aflowi_enum_name(aflowi_resource_names, (uint32_t)r->kind), *nobody_waits = "is given beside overflow: reject, with which nobody waits; leave one out";
    unsigned bit = kind ? aflowi_resource_bit(r->kind) : 0;
    const aflowi_field *f;
    if (!kind) return;          /* reported; the rest depends on it */
    for (f = aflowi_fields_of(AFLOWI_SHARED); f; f = aflowi_next_field(f)) {
        unsigned kinds = aflowi_kinds_with(f->offset);
        if (!(kinds & bit) && aflowi_is_set(f, r)) aflowi_found_foreign(c, f->name, kind, kinds);
    }
    if (r->discipline && !(bit & (AFLOWI_IS_POOL | AFLOWI_IS_LLM))) aflowi_found_foreign(c, "discipline", kind, AFLOWI_IS_POOL | AFLOWI_IS_LLM);
    else if (r->discipline && !r->discipline->choose) aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_MISSING, "discipline", "has no choose to call");
    if ((bit & AFLOWI_IS_NO_CACHE) && r->overflow == AFLOW_OVERFLOW_REJECT) {
        if (r->max_waiting) aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, "max_waiting", nobody_waits);
        if (r->acquire_timeout != 0) aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, "acquire_timeout", nobody_waits);
    }
    if ((bit & (AFLOWI_IS_POOL | AFLOWI_IS_DATABASE)) && !r->capacity) {
        aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_MISSING, "capacity", bit & AFLOWI_IS_POOL ? "is missing; a connection_pool needs its number of connections" : "is missing; a database needs its number of connections");
    }
    if ((bit & AFLOWI_IS_LIMITER) && r->rate == 0) aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_MISSING, "rate", "is missing; a rate_limiter needs its tokens a second");
    if (bit & AFLOWI_IS_CACHE) aflowi_check_cache(c, r);
    if ((bit & AFLOWI_IS_GPU) && !aflowi_is_given(&r->batch_time) && !aflowi_is_given(&r->item_time)) {
        aflowi_found_text(c, AFLOW_DIAGNOSTIC_MISSING, "has neither batch_time nor item_time; a gpu needs one of them at least");
    }
}

/* SERVER/ID. */
static const char *aflowi_own_name(aflowi_arena *arena, const char *server, const char *id)
{
    size_t n = server ? strlen(server) : 0, m = id ? strlen(id) : 0;
    char *name = n && m ? (char *)aflowi_arena_alloc(arena, n + m + 2) : NULL;
    if (!name) return NULL;
    memcpy(name, server, n);
    name[n] = '/';
    memcpy(name + n + 1, id, m);
    return name;
}

static size_t aflowi_own_count(const aflow_server *s) { return s->resources ? s->resources_count : 0; }

static int aflowi_names_of_own(aflowi_names *t, const aflow_server *s, aflowi_arena *arena)
{
    size_t i;
    if (!aflowi_names_init(t, arena, aflowi_own_count(s))) return 0;
    for (i = 0; i < aflowi_own_count(s); i++) aflowi_names_add(t, s->resources[i].id, aflowi_resource_id(i));
    return 1;
}

/* One resource, the path being at it; name: that of all the scenario. */
static void aflowi_check_listed(aflowi_checker *c, const aflow_resource *r, const char *name)
{
    aflow_id id = aflowi_resource_id(c->resources_count), other = 0, shared = aflowi_names_find(&c->resources, r->id);
    if (r->id && !aflowi_is_blank(r->id)) {
        other = aflowi_names_add(&c->resources, name, id);
        if (!other && c->resources_count >= c->shared && aflowi_id_index(shared) < c->shared) other = shared;
    }
    if (other) {
        aflowi_line l = aflowi_new_line();
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, r->id);
        aflowi_line_put(&l, aflowi_id_index(other) < c->shared && c->resources_count >= c->shared ? ", which is the id of a shared resource, too; steps could mean either: rename one"
                                                                                                 : ", which is the id of another resource, too; ids of resources must differ");
        aflowi_found_field(c, AFLOW_DIAGNOSTIC_DUPLICATE_ID, "id", &l);
    }
    aflowi_check_resource(c, r);
    c->resource_names[c->resources_count] = name;
    c->resource_at[c->resources_count++] = r;
}

static int aflowi_check_resources(aflowi_checker *c)
{
    const aflow_nodes *nodes = &c->scenario->topology_graph.nodes;
    size_t count = nodes->resources_count, i, k;
    for (i = 0; i < nodes->servers_count; i++) count += aflowi_own_count(&nodes->servers[i]);
    c->resource_names = (const char **)aflowi_arena_array(&c->arena, count, sizeof *c->resource_names);
    c->resource_at = (const aflow_resource **)aflowi_arena_array(&c->arena, count, sizeof *c->resource_at);
    if (!c->resource_names || !c->resource_at || !aflowi_names_init(&c->resources, &c->arena, count)) return 0;
    c->shared = nodes->resources_count;
    for (i = 0; i < c->shared; i++) {
        size_t mark = aflowi_path_push(c, AFLOWI_SHARED_LIST);
        aflowi_path_index(c, i);
        aflowi_check_listed(c, &nodes->resources[i], nodes->resources[i].id);
        aflowi_path_pop(c, mark);
    }
    for (i = 0; i < nodes->servers_count; i++) {
        const aflow_server *s = &nodes->servers[i];
        for (k = 0; k < aflowi_own_count(s); k++) {
            size_t mark = aflowi_path_push(c, AFLOWI_SERVERS);
            aflowi_path_index(c, i);
            aflowi_path_push(c, "resources");
            aflowi_path_index(c, k);
            aflowi_check_listed(c, &s->resources[k], aflowi_own_name(&c->arena, s->id, s->resources[k].id));
            aflowi_path_pop(c, mark);
        }
    }
    return !c->arena.failed;
}

/* --- Steps ---------------------------------------------------------------------------------- */

enum { AFLOWI_CPU_TIME, AFLOWI_NECESSARY_RAM, AFLOWI_IO_TIME, AFLOWI_INPUT_TOKENS, AFLOWI_OUTPUT_TOKENS, AFLOWI_AMOUNTS };
static const char *const aflowi_amount_names[AFLOWI_AMOUNTS] = { "cpu_time", "necessary_ram", "io_waiting_time", "input_tokens", "output_tokens" };

/* The amounts that a step has, as bits. */
static unsigned aflowi_amounts_of(const aflow_step *s)
{
    return (unsigned)(aflowi_is_given(&s->cpu_time) << AFLOWI_CPU_TIME | aflowi_is_given(&s->necessary_ram) << AFLOWI_NECESSARY_RAM |
                      aflowi_is_given(&s->io_waiting_time) << AFLOWI_IO_TIME | aflowi_is_given(&s->input_tokens) << AFLOWI_INPUT_TOKENS |
                      aflowi_is_given(&s->output_tokens) << AFLOWI_OUTPUT_TOKENS);
}

static int aflowi_amount_of_kind(aflow_step_kind kind)
{
    if (kind == AFLOW_STEP_INITIAL_PARSING || kind == AFLOW_STEP_CPU_BOUND_OPERATION || kind == AFLOW_STEP_THREAD_CPU) return AFLOWI_CPU_TIME;
    return kind == AFLOW_STEP_RAM ? AFLOWI_NECESSARY_RAM : AFLOWI_IO_TIME;
}

static int aflowi_amounts_fit(aflow_step_kind kind, unsigned given)
{
    if (!aflowi_takes_amount(kind)) return given == 0;
    if (given == 1u << aflowi_amount_of_kind(kind)) return 1;
    return kind == AFLOW_STEP_IO_LLM && given && !(given & (1u << AFLOWI_CPU_TIME | 1u << AFLOWI_NECESSARY_RAM));
}

static void aflowi_check_amounts(aflowi_checker *c, const aflow_step *s)
{
    unsigned given = aflowi_amounts_of(s), left = given, i;
    aflowi_line l = aflowi_new_line();
    if (aflowi_amounts_fit(s->kind, given)) return;
    aflowi_line_put(&l, given ? "has " : "is empty");
    for (i = 0; i < AFLOWI_AMOUNTS; i++) {
        if (!(given & 1u << i)) continue;
        if (left != given) aflowi_line_put(&l, left & (left - 1) ? ", " : " and ");
        aflowi_line_put(&l, aflowi_amount_names[i]);
        left &= left - 1;
    }
    aflowi_line_put(&l, "; a step of kind ");
    aflowi_line_put(&l, aflowi_enum_name(aflowi_step_names, (uint32_t)s->kind));
    if (!aflowi_takes_amount(s->kind)) {
        aflowi_line_put(&l, " takes no amount");
    } else if (s->kind == AFLOW_STEP_IO_LLM) {
        aflowi_line_put(&l, " takes io_waiting_time, input_tokens, output_tokens, or several of these");
    } else {
        aflowi_line_put(&l, " takes exactly one amount, ");
        aflowi_line_put(&l, aflowi_amount_names[aflowi_amount_of_kind(s->kind)]);
    }
    aflowi_found_field(c, AFLOW_DIAGNOSTIC_STEP_OPERATION, "step_operation", &l);
}

/* Kinds of resources that a kind of step can use. */
static unsigned aflowi_usable(aflow_step_kind kind)
{
    switch (kind) {
    case AFLOW_STEP_IO_WAIT: case AFLOW_STEP_IO_DB: case AFLOW_STEP_BLOCKING_IO: case AFLOW_STEP_THREAD_IO: return AFLOWI_IS_POOL | AFLOWI_IS_DATABASE;
    case AFLOW_STEP_IO_CACHE: return AFLOWI_IS_CACHE | AFLOWI_IS_POOL | AFLOWI_IS_DATABASE;
    case AFLOW_STEP_IO_LLM: return AFLOWI_IS_LLM | AFLOWI_IS_POOL;
    case AFLOW_STEP_RATE_LIMIT: return AFLOWI_IS_LIMITER;
    case AFLOW_STEP_GPU_INFERENCE: return AFLOWI_IS_GPU;
    case AFLOW_STEP_CUSTOM: return AFLOWI_IS_POOL;
    default: return 0;
    }
}

/* What a step names: the server's own, or a shared one; NULL: nothing. */
static const aflow_resource *aflowi_resource_of(const aflowi_checker *c, const aflow_server *server, const char *name)
{
    aflow_id own = aflowi_names_find(&c->own, name), shared = aflowi_names_find(&c->resources, name);
    if (own) return &server->resources[aflowi_id_index(own)];
    return shared && aflowi_id_index(shared) < c->shared ? c->resource_at[aflowi_id_index(shared)] : NULL;
}

static void aflowi_found_no_resource(aflowi_checker *c, const aflow_server *server, const char *name)
{
    const aflow_nodes *nodes = &c->scenario->topology_graph.nodes;
    aflowi_guess g = aflowi_guess_for(name, strlen(name));
    aflowi_line l = aflowi_new_line();
    size_t i, own = aflowi_own_count(server);
    for (i = 0; i < own + nodes->resources_count && c->problems->count < AFLOWI_MOST_GUESSES; i++) {
        const char *id = i < own ? server->resources[i].id : nodes->resources[i - own].id;
        if (id) aflowi_guess_try(&g, id);
    }
    aflowi_line_put(&l, "is ");
    aflowi_line_quote(&l, name);
    aflowi_line_put(&l, ", which is no resource of this server nor a shared one");
    aflowi_line_guess(&l, &g);
    aflowi_found_field(c, AFLOW_DIAGNOSTIC_UNKNOWN_RESOURCE, "resource", &l);
}

/* The kind of the resource that a step uses; NONE: it has none, *known 0 where that cannot be told. */
static aflow_resource_kind aflowi_check_step_resource(aflowi_checker *c, const aflow_server *server, const aflow_step *s, const aflow_resource **used, int *known)
{
    unsigned kinds = aflowi_usable(s->kind);
    const aflow_resource *r = NULL;
    aflowi_line l = aflowi_new_line();
    int code = AFLOW_DIAGNOSTIC_MISSING, must = kinds == AFLOWI_IS_LIMITER || kinds == AFLOWI_IS_GPU;
    *known = 1;
    *used = NULL;
    if (!s->resource && !must) return AFLOW_RESOURCE_NONE;
    if (s->resource && kinds) {
        if (aflowi_is_blank(s->resource)) {
            *known = 0;
            return AFLOW_RESOURCE_NONE;
        }
        *used = r = aflowi_resource_of(c, server, s->resource);
        *known = r && aflowi_enum_name(aflowi_resource_names, (uint32_t)r->kind);
        if (!r) aflowi_found_no_resource(c, server, s->resource);
        if (!*known) return AFLOW_RESOURCE_NONE;
        if (kinds & aflowi_resource_bit(r->kind)) return r->kind;
        code = AFLOW_DIAGNOSTIC_RESOURCE_KIND;
        *known = 0;
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, s->resource);
        aflowi_line_put(&l, ", a ");
        aflowi_line_put(&l, aflowi_enum_name(aflowi_resource_names, (uint32_t)r->kind));
    } else {
        if (s->resource) code = AFLOW_DIAGNOSTIC_FOREIGN_FIELD;
        aflowi_line_put(&l, s->resource ? "is given" : "is missing");
    }
    aflowi_line_put(&l, "; a step of kind ");
    aflowi_line_put(&l, aflowi_enum_name(aflowi_step_names, (uint32_t)s->kind));
    if (kinds) {
        aflowi_line_put(&l, must ? " needs a " : " can use a ");
        aflowi_line_resource_kinds(&l, kinds);
    } else {
        aflowi_line_put(&l, " uses none: leave it out");
    }
    aflowi_found_field(c, code, "resource", &l);
    return AFLOW_RESOURCE_NONE;
}

/* What else a call of a model by its tokens needs. */
static void aflowi_check_tokens(aflowi_checker *c, const aflow_step *s, const aflow_resource *model)
{
    double tokens = s->input_tokens.mean + s->output_tokens.mean;
    aflowi_line l = aflowi_new_line();
    unsigned given = aflowi_amounts_of(s);
    int code = AFLOW_DIAGNOSTIC_STEP_OPERATION;
    if (!aflowi_amounts_fit(s->kind, given) || !(given & (1u << AFLOWI_INPUT_TOKENS | 1u << AFLOWI_OUTPUT_TOKENS))) return;
    if (!model || model->kind != AFLOW_RESOURCE_LLM) {
        aflowi_line_put(&l, "has tokens, but the step's resource is no llm that would take their time and price; name one");
    } else if (!aflowi_is_given(&s->io_waiting_time) && !aflowi_is_given(&model->time_to_first_token) &&
               !(aflowi_is_given(&model->time_per_output_token) && given & 1u << AFLOWI_OUTPUT_TOKENS)) {
        aflowi_line_put(&l, "has no io_waiting_time, and the model ");
        aflowi_line_quote(&l, model->id);
        aflowi_line_put(&l, " has no time_to_first_token, nor a time_per_output_token for output_tokens: the call would take no time; give one of them");
    } else if (model->tokens_per_minute > 0 && tokens > model->tokens_per_minute) {
        code = AFLOW_DIAGNOSTIC_TOKENS_OVER_LIMIT;
        aflowi_line_put(&l, "has ");
        aflowi_line_double(&l, tokens);
        aflowi_line_put(&l, " tokens in the mean, more than tokens_per_minute of the model ");
        aflowi_line_quote(&l, model->id);
        aflowi_line_put(&l, ", ");
        aflowi_line_double(&l, model->tokens_per_minute);
        aflowi_line_put(&l, ": it could not be made; raise that, or lower these");
    } else {
        return;
    }
    aflowi_found_field(c, code, "step_operation", &l);
}

static void aflowi_found_not_its(aflowi_checker *c, const char *field, const char *message)
{
    aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, field, message);
}

/* Lists and other parts that only some kinds have. A list that is announced but not there was reported. */
static void aflowi_check_step_parts(aflowi_checker *c, const aflow_step *s, aflow_resource_kind uses, int known)
{
    static const char *const only_branch = "is given, but only a step of kind branch has it; leave it out";
    if (s->kind != AFLOW_STEP_BRANCH) {
        if (s->probability != 0) aflowi_found_not_its(c, "probability", only_branch);
        if (s->steps_count) aflowi_found_not_its(c, "steps", only_branch);
        if (s->otherwise_count) aflowi_found_not_its(c, "otherwise", only_branch);
    } else if (!s->steps_count && !s->otherwise_count) {
        aflowi_found_text(c, AFLOW_DIAGNOSTIC_NO_ENTRIES, "has neither steps nor otherwise; a branch needs a step in one of them");
    }
    if (s->on_miss_count && s->kind != AFLOW_STEP_IO_CACHE) {
        aflowi_found_not_its(c, "on_miss", "is given, but only a step of kind io_cache has it; leave it out");
    } else if (s->on_miss_count && known && uses != AFLOW_RESOURCE_CACHE) {
        aflowi_found_not_its(c, "on_miss", "is given, but the step uses no cache that could be missed; name one, or leave it out");
    }
    if (s->hook && s->kind != AFLOW_STEP_CUSTOM) {
        aflowi_found_not_its(c, "hook", "is given, but only a step of kind custom has it; leave it out");
    } else if (s->kind == AFLOW_STEP_CUSTOM && (!s->hook || !s->hook->run)) {
        aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_MISSING, "hook", "is missing; a step of kind custom needs one with a function to call, which only C code can give, no file");
    }
}

static void aflowi_check_step(aflowi_checker *c, const aflow_server *server, const aflow_step *s, int nested)
{
    const aflow_resource *used;
    aflow_resource_kind uses;
    int known;
    if (!aflowi_enum_name(aflowi_step_names, (uint32_t)s->kind)) return;
    aflowi_check_amounts(c, s);
    uses = aflowi_check_step_resource(c, server, s, &used, &known);
    if (known) aflowi_check_tokens(c, s, used);
    aflowi_check_step_parts(c, s, uses, known);
    if (nested && s->kind == AFLOW_STEP_RAM) {
        aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_RAM_IN_BRANCH, "kind", "is ram, within another step; RAM is reserved before the first step of all: put it among the endpoint's own steps");
    }
}

/* A look-up within what the same cache does on a miss: with single flight it may wait for itself. w stands at the step. */
static void aflowi_check_nested_cache(aflowi_checker *c, const aflow_server *server, const aflowi_walk *w, const aflow_step *s)
{
    const aflow_resource *cache = s->kind == AFLOW_STEP_IO_CACHE && s->resource ? aflowi_resource_of(c, server, s->resource) : NULL;
    int i;
    if (!cache || !cache->single_flight) return;
    for (i = 0; i < w->depth; i++) {
        const aflowi_walk_frame *f = &w->frames[i];
        const aflow_step *outer = (const aflow_step *)(const void *)f->base;
        if (f->is_list || !f->owner || f->owner->sub != AFLOWI_STEP || outer == s || outer->kind != AFLOW_STEP_IO_CACHE) continue;
        if (!outer->resource || strcmp(outer->resource, s->resource) != 0) continue;
        aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_RESOURCE_KIND, "resource", "is looked up within its own on_miss, where with single_flight it may wait for itself; use another cache, or move the step out");
        return;
    }
}

/* All steps of an endpoint, those within steps, too; the path is at the endpoint. */
static void aflowi_check_steps(aflowi_checker *c, const aflow_server *server, const aflow_endpoint *e)
{
    aflowi_trail trail;
    aflowi_walk w;
    aflowi_visit v;
    trail.depth = 0;
    aflowi_walk_init_at(&w, AFLOWI_ENDPOINT, e);
    while (aflowi_walk_next(&w, &v)) {
        aflowi_trail_follow(c, &trail, &v);
        if (v.kind != AFLOWI_VISIT_ITEM) continue;
        aflowi_check_step(c, server, (const aflow_step *)v.base, v.field->owner == AFLOWI_STEP);
        aflowi_check_nested_cache(c, server, &w, (const aflow_step *)v.base);
    }
}

/* --- Endpoints and servers -------------------------------------------------------------- */

static void aflowi_check_endpoint_ram(aflowi_checker *c, const aflow_endpoint *e, double ram_mb)
{
    const aflowi_field *ram = aflowi_field_named(AFLOWI_OPERATION, "necessary_ram", 13);
    aflowi_line l = aflowi_new_line();
    double sum = 0, spread = 0;
    size_t i;
    for (i = 0; i < e->steps_count; i++) {
        aflow_random_variable v = aflowi_effective_random(ram, &e->steps[i]);
        if (e->steps[i].kind != AFLOW_STEP_RAM) continue;
        sum += v.mean;
        if (v.distribution == AFLOW_DISTRIBUTION_CONSTANT) continue;
        spread += v.distribution == AFLOW_DISTRIBUTION_UNIFORM ? v.mean : aflowi_sqrt(aflowi_variance_of(&v));
    }
    if (aflowi_scale(sum, AFLOWI_RAM_UNIT) > aflowi_scale(ram_mb, AFLOWI_RAM_UNIT)) {
        aflowi_line_put(&l, "need ");
        aflowi_line_double(&l, sum);
        aflowi_line_put(&l, " MB of RAM together, more than the server's ");
        aflowi_line_double(&l, ram_mb);
        aflowi_line_put(&l, c->compat ? ": such requests wait for ever and block all behind them" : ": such a request could never be served; raise ram_mb or lower necessary_ram");
        aflowi_found(c, c->compat ? AFLOW_DIAGNOSTIC_COMPAT_ACCEPTED : AFLOW_DIAGNOSTIC_ENDPOINT_RAM, &l);
    } else if (spread > 0 && sum + aflowi_mul(4, spread) > ram_mb) {
        aflowi_line_put(&l, "may draw more RAM than the server's ");
        aflowi_line_double(&l, ram_mb);
        aflowi_line_put(&l, " MB; what exceeds it is cut to it");
        aflowi_found(c, AFLOW_DIAGNOSTIC_RAM_CUT, &l);
    }
}

static void aflowi_check_endpoint_name(aflowi_checker *c, const char *name, aflowi_names *seen)
{
    const char *lower = aflowi_clone_text(&c->arena, name, 1);
    size_t mark;
    if (!lower) return;
    mark = aflowi_path_push(c, "endpoint_name");
    if (aflowi_is_blank(name)) aflowi_found_text(c, AFLOW_DIAGNOSTIC_EMPTY_NAME, "is empty; reports will have nothing to call it");
    if (aflowi_names_count(seen, lower)) aflowi_found_text(c, AFLOW_DIAGNOSTIC_DUPLICATE_ENDPOINT, "is the name of an earlier endpoint of this server, too (names are in lower case)");
    aflowi_path_pop(c, mark);
}

/* Which parts of the model of a server go together. */
static void aflowi_check_server_resources(aflowi_checker *c, const aflow_server_resources *r)
{
    size_t mark = aflowi_path_push(c, "server_resources");
    const int code = AFLOW_DIAGNOSTIC_FOREIGN_FIELD;
    if (r->interpreter_lock == AFLOW_LOCK_GIL && !r->workers) aflowi_found_field_text(c, code, "interpreter_lock", "is gil, but there are no workers that could have one; give workers: 1, or leave it out");
    if (r->switch_interval != 0 && !r->workers) aflowi_found_field_text(c, code, "switch_interval", "is given, but there are no workers with a lock; give workers: 1, or leave it out");
    if (r->backlog && !r->max_concurrency) aflowi_found_field_text(c, code, "backlog", "is given, but without max_concurrency nobody waits to be let in; give both, or leave it out");
    if (r->overflow == AFLOW_OVERFLOW_REJECT && !r->max_concurrency) aflowi_found_field_text(c, code, "overflow", "is reject, but there is no max_concurrency at which it would be; give both, or leave it out");
    else if (r->overflow == AFLOW_OVERFLOW_REJECT && r->backlog) aflowi_found_field_text(c, code, "backlog", "is given beside overflow: reject, with which nobody waits; leave one out");
    aflowi_path_pop(c, mark);
}

static void aflowi_check_server(aflowi_checker *c, const aflow_server *s)
{
    uint32_t ram_mb = aflowi_effective_u32(aflowi_field_named(AFLOWI_RESOURCES_KIND, "ram_mb", 6), &s->server_resources);
    size_t i, mark;
    aflowi_names seen;
    int any = 0;
    if (!aflowi_names_init(&seen, &c->arena, s->endpoints ? s->endpoints_count : 0) || !aflowi_names_of_own(&c->own, s, &c->arena)) return;
    aflowi_check_server_resources(c, &s->server_resources);
    mark = aflowi_path_push(c, "endpoints");
    for (i = 0; s->endpoints && i < s->endpoints_count; i++) {
        const aflow_endpoint *e = &s->endpoints[i];
        size_t entry = aflowi_path_index(c, i), steps;
        any |= e->probability != AFLOW_ZERO;
        aflowi_check_endpoint_name(c, e->endpoint_name, &seen);
        aflowi_check_steps(c, s, e);
        steps = aflowi_path_push(c, "steps");
        if (e->steps && ram_mb >= 256) aflowi_check_endpoint_ram(c, e, ram_mb);
        aflowi_path_pop(c, steps);
        aflowi_path_pop(c, entry);
    }
    if (s->endpoints && s->endpoints_count && !any) aflowi_found_text(c, AFLOW_DIAGNOSTIC_ALL_WEIGHTS_ZERO, "have only weights of 0; give at least one a probability");
    aflowi_path_pop(c, mark);
}

/* --- Traffic ----------------------------------------------------------------------------- */

/* A run keeps a log entry a request: beyond this, none can hold it. */
#define AFLOWI_MOST_REQUESTS 1e11
#define AFLOWI_MOST_REQUESTS_PER_S 1e8

static void aflowi_check_load(aflowi_checker *c)
{
    const aflow_generator *g = &c->scenario->rqs_input;
    aflow_random_variable active = aflowi_effective_random(aflowi_field_named(AFLOWI_GENERATOR, "avg_active_users", 16), g);
    double users = active.mean, rpm = g->avg_request_per_minute_per_user.mean, rate;
    aflowi_line l = aflowi_new_line();
    size_t mark = aflowi_path_push(c, "rqs_input");
    if (users == 0 || rpm == 0) {
        aflowi_path_push(c, users == 0 ? "avg_active_users" : "avg_request_per_minute_per_user");
        aflowi_found_text(c, AFLOW_DIAGNOSTIC_NO_LOAD, "has a mean of 0: no request will ever be made");
    }
    if (active.distribution == AFLOW_DISTRIBUTION_NORMAL && active.variance > 0) {
        users += aflowi_mul(6, c->compat && !aflowi_is_stated(&active) ? active.variance : aflowi_sqrt(active.variance));
    }
    rate = aflowi_mul(users, rpm) / 60;
    if (rate > AFLOWI_MOST_REQUESTS_PER_S || aflowi_mul(rate, c->horizon_s) > AFLOWI_MOST_REQUESTS) {
        aflowi_line_put(&l, "asks for up to ");
        aflowi_line_double(&l, rate);
        aflowi_line_put(&l, " requests a second for ");
        aflowi_line_double(&l, c->horizon_s);
        aflowi_line_put(&l, " s; a run can hold 1e8 a second and 1e11 in all");
        aflowi_found(c, AFLOW_DIAGNOSTIC_LOAD_TOO_HIGH, &l);
    }
    aflowi_path_pop(c, mark);
}

static void aflowi_check_arrivals(aflowi_checker *c)
{
    const aflow_generator *g = &c->scenario->rqs_input;
    size_t i, mark = aflowi_path_push(c, "rqs_input");
    for (i = 0; i < g->arrivals_count; i++) {
        double t = g->arrivals[i], before = i ? g->arrivals[i - 1] : 0;
        aflowi_line l = aflowi_new_line();
        if (t >= before && t < c->horizon_s) continue;
        aflowi_line_put(&l, "is ");
        aflowi_line_double(&l, t);
        if (!(t >= -DBL_MAX && t <= DBL_MAX)) {
            aflowi_line_put(&l, "; needs a finite number");
            aflowi_found_at(c, AFLOW_DIAGNOSTIC_NOT_FINITE, "arrivals", i, "", &l);
        } else if (t >= before) {
            aflowi_line_put(&l, ", not before the end of the run: it and all later ones do not happen");
            aflowi_found_at(c, AFLOW_DIAGNOSTIC_ARRIVALS_LATE, "arrivals", i, "", &l);
        } else {
            aflowi_line_put(&l, i ? ", earlier than the one before it; sort them" : "; times start at 0");
            aflowi_found_at(c, AFLOW_DIAGNOSTIC_ARRIVALS_ORDER, "arrivals", i, "", &l);
        }
        break;
    }
    aflowi_path_pop(c, mark);
}

static void aflowi_check_source(aflowi_checker *c)
{
    const aflow_generator *g = &c->scenario->rqs_input;
    const char *beside = g->arrivals_count ? "is given beside arrivals; keep one of them" : "is given beside users, whom it replaces; leave them out";
    size_t mark = aflowi_path_push(c, "rqs_input");
    if (!g->source->next_s) aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_MISSING, "source", "has no next_s to call");
    if (g->arrivals_count || aflowi_is_given(&g->avg_active_users) || aflowi_is_given(&g->avg_request_per_minute_per_user)) {
        aflowi_found_field_text(c, AFLOW_DIAGNOSTIC_FOREIGN_FIELD, "source", beside);
    }
    aflowi_path_pop(c, mark);
}

/* Series that the enabled metrics can have at most. */
static double aflowi_columns(const aflowi_checker *c, uint32_t metrics)
{
    const uint32_t edges = AFLOW_EDGE_CONCURRENT_CONNECTION, resources = AFLOW_RESOURCE_IN_USE | AFLOW_RESOURCE_QUEUE_LEN;
    double columns = 0;
    size_t i;
    for (i = 0; i < AFLOWI_METRICS_COUNT; i++) {
        uint32_t bit = aflowi_metric_names[i].value & metrics;
        if (bit) columns += (double)(bit & edges ? c->scenario->topology_graph.edges_count : bit & resources ? c->resources_count : c->scenario->topology_graph.nodes.servers_count);
    }
    return columns;
}

static void aflowi_check_settings(aflowi_checker *c)
{
    uint32_t metrics = c->settings.enabled_sample_metrics & AFLOW_METRICS_ALL, trio = AFLOW_READY_QUEUE_LEN | AFLOW_EVENT_LOOP_IO_SLEEP | AFLOW_RAM_IN_USE;
    double period = c->settings.sample_period_s;
    size_t mark = aflowi_path_push(c, "sim_settings");
    if (metrics && period > 0 && aflowi_mul(c->horizon_s / period, aflowi_columns(c, metrics)) > 4e9) {
        aflowi_path_push(c, "sample_period_s");
        aflowi_found_text(c, AFLOW_DIAGNOSTIC_TOO_MANY_SAMPLES, "makes more than 4e9 samples over the run; raise it, or enable fewer sample metrics");
    } else if (c->compat && (metrics & trio) && (metrics & trio) != trio) {
        aflowi_path_push(c, "enabled_sample_metrics");
        aflowi_found_text(c, AFLOW_DIAGNOSTIC_COMPAT_ACCEPTED, "lacks one of ready_queue_len, event_loop_io_sleep, ram_in_use: AsyncFlow then samples none of them");
    }
    aflowi_path_pop(c, mark);
}

/* --- Identifiers ----------------------------------------------------------------------------- */

static void aflowi_check_node_name(aflowi_checker *c, const char *name, aflow_id id, const char *path, size_t index)
{
    aflow_id other = aflowi_names_add(&c->nodes, name, id);
    aflowi_line l = aflowi_new_line();
    if (!other || aflowi_is_blank(name)) return;
    aflowi_line_put(&l, "is ");
    aflowi_line_quote(&l, name);
    aflowi_line_put(&l, ", which is the id of another node, too; ids of nodes must differ");
    if (aflowi_id_kind(id) == AFLOWI_ID_SERVER) {
        aflowi_found_at(c, AFLOW_DIAGNOSTIC_DUPLICATE_ID, path, index, "id", &l);
    } else {
        size_t mark = aflowi_path_push(c, path);
        aflowi_found(c, AFLOW_DIAGNOSTIC_DUPLICATE_ID, &l);
        aflowi_path_pop(c, mark);
    }
}

static int aflowi_check_node_names(aflowi_checker *c)
{
    const aflow_nodes *nodes = &c->scenario->topology_graph.nodes;
    size_t i;
    if (!aflowi_names_init(&c->nodes, &c->arena, nodes->servers_count + 3)) return 0;
    aflowi_check_node_name(c, c->scenario->rqs_input.id, aflowi_id_of(AFLOWI_ID_GENERATOR, 0), "rqs_input.id", 0);
    aflowi_check_node_name(c, nodes->client.id, aflowi_id_of(AFLOWI_ID_CLIENT, 0), "topology_graph.nodes.client.id", 0);
    aflowi_check_node_name(c, nodes->load_balancer.id, aflowi_id_of(AFLOWI_ID_BALANCER, 0), "topology_graph.nodes.load_balancer.id", 0);
    for (i = 0; i < nodes->servers_count; i++) aflowi_check_node_name(c, nodes->servers[i].id, aflowi_server_id(i), AFLOWI_SERVERS, i);
    return 1;
}

static int aflowi_check_edge_names(aflowi_checker *c)
{
    const aflow_topology_graph *graph = &c->scenario->topology_graph;
    size_t i;
    if (!aflowi_names_init(&c->edges, &c->arena, graph->edges_count)) return 0;
    for (i = 0; i < graph->edges_count; i++) {
        const char *name = graph->edges[i].id;
        aflow_id other = aflowi_names_add(&c->edges, name, aflowi_edge_id(i)), node = aflowi_names_find(&c->nodes, name);
        aflowi_line l = aflowi_new_line();
        if (!name || aflowi_is_blank(name) || (!other && !node)) continue;
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, name);
        if (other) {
            aflowi_line_put(&l, ", which is the id of another edge, too; ids of edges must differ");
            aflowi_found_at(c, AFLOW_DIAGNOSTIC_DUPLICATE_ID, AFLOWI_EDGES, i, "id", &l);
        } else if (aflowi_id_kind(node) == AFLOWI_ID_SERVER) {
            aflowi_line_put(&l, ", which is a server's id, too: an event's target would be ambiguous; rename one");
            aflowi_found_at(c, AFLOW_DIAGNOSTIC_DUPLICATE_ID, AFLOWI_EDGES, i, "id", &l);
        } else {
            aflowi_line_put(&l, ", which is a node's id, too; reports will name two things alike");
            aflowi_found_at(c, AFLOW_DIAGNOSTIC_SHARED_ID, AFLOWI_EDGES, i, "id", &l);
        }
    }
    return 1;
}

/* Resources may be called as nodes and edges are, but are better not. */
static void aflowi_check_shared_ids(aflowi_checker *c)
{
    size_t i;
    for (i = 0; i < c->shared; i++) {
        const char *name = c->resource_names[i];
        aflowi_line l = aflowi_new_line();
        if (!name || (!aflowi_names_find(&c->nodes, name) && !aflowi_names_find(&c->edges, name))) continue;
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, name);
        aflowi_line_put(&l, ", which is the id of a node or edge, too; reports will name two things alike");
        aflowi_found_at(c, AFLOW_DIAGNOSTIC_SHARED_ID, AFLOWI_SHARED_LIST, i, "id", &l);
    }
}

/* --- Edges and balancer --------------------------------------------------------------------------- */

static uint32_t aflowi_vertex(aflow_id id)
{
    switch (aflowi_id_kind(id)) {
    case AFLOWI_ID_GENERATOR: return 0;
    case AFLOWI_ID_CLIENT: return 1;
    case AFLOWI_ID_BALANCER: return 2;
    default: return 3 + aflowi_id_index(id);
    }
}

static void aflowi_guess_try_servers(const aflowi_checker *c, aflowi_guess *g)
{
    const aflow_nodes *nodes = &c->scenario->topology_graph.nodes;
    size_t i;
    for (i = 0; i < nodes->servers_count && c->problems->count < AFLOWI_MOST_GUESSES; i++) {
        if (nodes->servers[i].id) aflowi_guess_try(g, nodes->servers[i].id);
    }
}

static void aflowi_line_guess_server(const aflowi_checker *c, aflowi_line *l, const char *name)
{
    aflowi_guess g = aflowi_guess_for(name, strlen(name));
    aflowi_guess_try_servers(c, &g);
    aflowi_line_guess(l, &g);
}

static void aflowi_line_guess_edge(const aflowi_checker *c, aflowi_line *l, const char *name)
{
    const aflow_topology_graph *graph = &c->scenario->topology_graph;
    aflowi_guess g = aflowi_guess_for(name, strlen(name));
    size_t i;
    for (i = 0; i < graph->edges_count && c->problems->count < AFLOWI_MOST_GUESSES; i++) if (graph->edges[i].id) aflowi_guess_try(&g, graph->edges[i].id);
    aflowi_line_guess(l, &g);
}

/* `is "app-2", which is no node; nodes are client-1, app-1` */
static void aflowi_line_no_node(aflowi_checker *c, aflowi_line *l, const char *name)
{
    const aflow_nodes *nodes = &c->scenario->topology_graph.nodes;
    aflowi_guess g = aflowi_guess_for(name, strlen(name));
    size_t i;
    aflowi_line_put(l, "is ");
    aflowi_line_quote(l, name);
    aflowi_line_put(l, ", which is no node");
    aflowi_guess_try_servers(c, &g);
    if (nodes->client.id) aflowi_guess_try(&g, nodes->client.id);
    if (nodes->load_balancer.id) aflowi_guess_try(&g, nodes->load_balancer.id);
    if (g.best) {
        aflowi_line_guess(l, &g);
        return;
    }
    aflowi_line_put(l, "; nodes are ");
    aflowi_line_put(l, nodes->client.id ? nodes->client.id : "?");
    if (nodes->load_balancer.id) {
        aflowi_line_put(l, ", ");
        aflowi_line_put(l, nodes->load_balancer.id);
    }
    for (i = 0; i < nodes->servers_count && i < 8; i++) {
        aflowi_line_put(l, ", ");
        aflowi_line_put(l, nodes->servers[i].id ? nodes->servers[i].id : "?");
    }
    if (i < nodes->servers_count) aflowi_line_put(l, ", ...");
}

/* The end of an edge as an id; reports it when it is no node. */
static aflow_id aflowi_check_edge_end(aflowi_checker *c, size_t index, const char *field, const char *name)
{
    aflow_id id = aflowi_names_find(&c->nodes, name);
    aflowi_line l = aflowi_new_line();
    if (!name || aflowi_is_blank(name) || id) return id;
    aflowi_line_no_node(c, &l, name);
    aflowi_found_at(c, AFLOW_DIAGNOSTIC_UNKNOWN_NODE, AFLOWI_EDGES, index, field, &l);
    return 0;
}

/* By server: whether the balancer covers it. An empty list covers all. */
static void aflowi_mark_covered(aflowi_checker *c)
{
    const aflow_load_balancer *lb = &c->scenario->topology_graph.nodes.load_balancer;
    size_t i;
    for (i = 0; i < lb->server_covered_count; i++) {
        aflow_id id = aflowi_names_find(&c->nodes, lb->server_covered[i]);
        if (aflowi_id_kind(id) == AFLOWI_ID_SERVER) c->covered[aflowi_id_index(id)] = 1;
    }
    if (lb->server_covered_count == 0) memset(c->covered, 1, c->vertices);
}

static void aflowi_check_balancer_edge(aflowi_checker *c, size_t index, aflow_id target)
{
    const aflow_edge *e = &c->scenario->topology_graph.edges[index];
    aflowi_line l = aflowi_new_line();
    if (aflowi_id_kind(target) == AFLOWI_ID_SERVER) {
        uint32_t *known = &c->balancer_edge[aflowi_id_index(target)];
        if (*known != AFLOWI_NO_INDEX) {
            aflowi_line_put(&l, "is a second edge from the balancer to the same server; keep one");
            aflowi_found_at(c, AFLOW_DIAGNOSTIC_PARALLEL_EDGES, AFLOWI_EDGES, index, "target", &l);
            return;
        }
        *known = (uint32_t)index;
        if (c->covered[aflowi_id_index(target)]) return;
    }
    aflowi_line_put(&l, "is ");
    aflowi_line_quote(&l, e->target);
    aflowi_line_put(&l, c->compat ? ", which the balancer does not cover; AsyncFlow routes there all the same"
                                  : ", which the balancer does not cover; add it to server_covered or remove the edge");
    aflowi_found_at(c, c->compat ? AFLOW_DIAGNOSTIC_COMPAT_ACCEPTED : AFLOW_DIAGNOSTIC_NOT_COVERED, AFLOWI_EDGES, index, "target", &l);
}

static void aflowi_check_edge(aflowi_checker *c, size_t index)
{
    const aflow_edge *e = &c->scenario->topology_graph.edges[index];
    aflow_id source = aflowi_check_edge_end(c, index, "source", e->source), target = aflowi_check_edge_end(c, index, "target", e->target);
    aflowi_line l = aflowi_new_line();
    uint32_t *out;
    if (!source || !target) return;
    if (source == target) {
        aflowi_line_put(&l, "is the edge's source, too; an edge needs two different nodes");
        aflowi_found_at(c, AFLOW_DIAGNOSTIC_SELF_EDGE, AFLOWI_EDGES, index, "target", &l);
        return;
    }
    if (aflowi_id_kind(target) == AFLOWI_ID_GENERATOR) {
        aflowi_line_put(&l, "is the generator, which takes no requests; end at the client");
        aflowi_found_at(c, AFLOW_DIAGNOSTIC_INTO_GENERATOR, AFLOWI_EDGES, index, "target", &l);
        return;
    }
    out = &c->out_edge[aflowi_vertex(source)];
    if (aflowi_id_kind(source) == AFLOWI_ID_BALANCER) {
        aflowi_check_balancer_edge(c, index, target);
    } else if (*out != AFLOWI_NO_INDEX) {
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, e->source);
        aflowi_line_put(&l, ", which already has an edge out, ");
        aflowi_line_quote(&l, c->scenario->topology_graph.edges[*out].id ? c->scenario->topology_graph.edges[*out].id : "?");
        aflowi_line_put(&l, "; only a load balancer can have several");
        aflowi_found_at(c, AFLOW_DIAGNOSTIC_FAN_OUT, AFLOWI_EDGES, index, "source", &l);
        return;
    }
    if (*out == AFLOWI_NO_INDEX) *out = (uint32_t)index;
}

static void aflowi_check_covered(aflowi_checker *c)
{
    const aflow_load_balancer *lb = &c->scenario->topology_graph.nodes.load_balancer;
    const char *list = "topology_graph.nodes.load_balancer.server_covered";
    unsigned char *seen = (unsigned char *)aflowi_arena_alloc(&c->arena, c->vertices);
    size_t i, mark;
    if (!lb->id || !seen) return;
    for (i = 0; i < lb->server_covered_count; i++) {
        aflow_id id = aflowi_names_find(&c->nodes, lb->server_covered[i]);
        aflowi_line l = aflowi_new_line();
        int code = AFLOWI_FINE;
        if (!lb->server_covered[i]) continue;
        aflowi_line_put(&l, "is ");
        aflowi_line_quote(&l, lb->server_covered[i]);
        if (aflowi_id_kind(id) != AFLOWI_ID_SERVER) {
            code = AFLOW_DIAGNOSTIC_COVERED_UNKNOWN;
            aflowi_line_put(&l, ", which is no server");
            aflowi_line_guess_server(c, &l, lb->server_covered[i]);
        } else if (seen[aflowi_vertex(id)]++) {
            code = AFLOW_DIAGNOSTIC_DUPLICATE_ENTRY;
            aflowi_line_put(&l, ", which is listed already");
        } else if (c->balancer_edge[aflowi_id_index(id)] == AFLOWI_NO_INDEX) {
            code = AFLOW_DIAGNOSTIC_COVERED_NO_EDGE;
            aflowi_line_put(&l, ", but no edge leads there from the balancer; add one");
        }
        if (code != AFLOWI_FINE) aflowi_found_at(c, code, list, i, "", &l);
    }
    if (lb->server_covered_count == 0) {
        mark = aflowi_path_push(c, list);
        aflowi_found_text(c, AFLOW_DIAGNOSTIC_COVERS_ALL, "is not given: the balancer uses every edge it has");
        aflowi_path_pop(c, mark);
    }
}

/* --- Paths of requests -------------------------------------------------------------------------------- */

static const char *aflowi_vertex_name(const aflowi_checker *c, uint32_t v)
{
    const aflow_nodes *nodes = &c->scenario->topology_graph.nodes;
    const char *name = v == 0 ? c->scenario->rqs_input.id : v == 1 ? nodes->client.id : v == 2 ? nodes->load_balancer.id : nodes->servers[v - 3].id;
    return name ? name : "?";
}

static void aflowi_found_vertex(aflowi_checker *c, int code, uint32_t v, const char *message)
{
    aflowi_line l = aflowi_new_line();
    size_t mark;
    aflowi_line_put(&l, "is ");
    aflowi_line_quote(&l, aflowi_vertex_name(c, v));
    aflowi_line_put(&l, message);
    if (v >= 3) {
        aflowi_found_at(c, code, AFLOWI_SERVERS, v - 3, "id", &l);
        return;
    }
    mark = aflowi_path_push(c, v == 0 ? "rqs_input.id" : v == 1 ? "topology_graph.nodes.client.id" : "topology_graph.nodes.load_balancer.id");
    aflowi_found(c, code, &l);
    aflowi_path_pop(c, mark);
}

/* Marks all that requests can reach, and finds those that cannot be left. The client is left only by requests that come
   straight from the generator. */
static void aflowi_check_reach(aflowi_checker *c)
{
    const aflow_edge *edges = c->scenario->topology_graph.edges;
    uint32_t *waiting = (uint32_t *)aflowi_arena_array(&c->arena, c->vertices, sizeof *waiting), count = 0, i;
    if (!waiting) return;
    waiting[count++] = 0;
    c->reached[0] = 1;
    while (count) {
        uint32_t v = waiting[--count];
        if (c->out_edge[v] == AFLOWI_NO_INDEX) {
            aflowi_found_vertex(c, AFLOW_DIAGNOSTIC_NO_OUT_EDGE, v, ", where requests arrive, but no edge leaves it; connect it");
            continue;
        }
        for (i = v == 2 ? 0 : c->out_edge[v]; i < c->scenario->topology_graph.edges_count; i++) {
            aflow_id target = aflowi_names_find(&c->nodes, edges[i].target);
            uint32_t to = aflowi_vertex(target);
            if (v != 2 || (edges[i].source && aflowi_names_find(&c->nodes, edges[i].source) == aflowi_id_of(AFLOWI_ID_BALANCER, 0))) {
                if (target && !c->reached[to] && (to != 1 || v == 0)) waiting[count++] = to;
                if (target && to < c->vertices) c->reached[to] = 1;
            }
            if (v != 2) break;
        }
    }
    for (i = 1; i < c->vertices; i++) {
        if (!c->reached[i] && (i != 2 || c->scenario->topology_graph.nodes.load_balancer.id)) {
            aflowi_found_vertex(c, AFLOW_DIAGNOSTIC_UNREACHABLE, i, ", which no request can reach; connect it, or leave it out");
        }
    }
}

static uint32_t aflowi_vertex_before(const aflowi_checker *c, uint32_t edge)
{
    return aflowi_vertex(aflowi_names_find(&c->nodes, c->scenario->topology_graph.edges[edge].source));
}

/* Names a loop. Every vertex that stayed has an edge into it from another that did: against their direction, sooner or later
   one comes by again. */
static void aflowi_found_loop(aflowi_checker *c, const uint32_t *incoming, uint32_t v)
{
    const aflow_topology_graph *graph = &c->scenario->topology_graph;
    uint32_t *into = (uint32_t *)aflowi_arena_array(&c->arena, c->vertices, sizeof *into), steps, i, last;
    aflowi_line l = aflowi_new_line();
    if (!into) return;
    for (i = 0; i < graph->edges_count; i++) {
        aflow_id source = aflowi_names_find(&c->nodes, graph->edges[i].source), target = aflowi_names_find(&c->nodes, graph->edges[i].target);
        uint32_t from = aflowi_vertex(source), to = aflowi_vertex(target);
        if (source && target && from >= 2 && to >= 2 && incoming[from] && incoming[from] != AFLOWI_NO_INDEX) into[to] = i;
    }
    for (steps = 0; steps < c->vertices; steps++) v = aflowi_vertex_before(c, into[v]);
    last = v;       /* on a loop; of its edges, the last in the file is said to close it */
    for (i = v, steps = 0; steps == 0 || i != last; steps++) {
        if (into[i] > into[v]) v = i;
        i = aflowi_vertex_before(c, into[i]);
    }
    last = v;
    aflowi_line_put(&l, "closes a loop: ");
    aflowi_line_put(&l, aflowi_vertex_name(c, last));
    steps = 0;
    do {
        v = aflowi_vertex_before(c, into[v]);
        if (++steps <= 12) aflowi_line_put(&l, " <- ");
        if (steps <= 12) aflowi_line_put(&l, aflowi_vertex_name(c, v));
    } while (v != last);
    if (steps > 12) aflowi_line_put(&l, " ...");
    aflowi_line_put(&l, "; requests would go round for ever: lead it to the client");
    aflowi_found_at(c, AFLOW_DIAGNOSTIC_CYCLE, AFLOWI_EDGES, into[last], "target", &l);
}

/* A loop is what stays when vertices without an edge into them are taken away for as long as there are any. */
static void aflowi_check_loops(aflowi_checker *c)
{
    const aflow_topology_graph *graph = &c->scenario->topology_graph;
    uint32_t *incoming = (uint32_t *)aflowi_arena_array(&c->arena, c->vertices, sizeof *incoming);
    uint32_t *waiting = (uint32_t *)aflowi_arena_array(&c->arena, c->vertices, sizeof *waiting), count = 0, v;
    size_t i;
    if (!incoming || !waiting) return;
    for (i = 0; i < graph->edges_count; i++) {
        aflow_id source = aflowi_names_find(&c->nodes, graph->edges[i].source), target = aflowi_names_find(&c->nodes, graph->edges[i].target);
        if (aflowi_vertex(source) >= 2 && source && aflowi_vertex(target) >= 2 && target) incoming[aflowi_vertex(target)]++;
    }
    for (v = 2; v < c->vertices; v++) if (!incoming[v]) waiting[count++] = v;
    while (count) {
        v = waiting[--count];
        incoming[v] = AFLOWI_NO_INDEX;
        for (i = v == 2 ? 0 : c->out_edge[v]; i < graph->edges_count; i++) {
            aflow_id source = aflowi_names_find(&c->nodes, graph->edges[i].source), target = aflowi_names_find(&c->nodes, graph->edges[i].target);
            uint32_t to = aflowi_vertex(target);
            if (source && target && aflowi_vertex(source) == v && to >= 2 && incoming[to] && incoming[to] != AFLOWI_NO_INDEX && --incoming[to] == 0) waiting[count++] = to;
            if (v != 2) break;
        }
    }
    for (v = 2; v < c->vertices; v++) {
        if (!incoming[v] || incoming[v] == AFLOWI_NO_INDEX) continue;
        aflowi_found_loop(c, incoming, v);
        return;
    }
}

static int aflowi_check_graph(aflowi_checker *c)
{
    const aflow_topology_graph *graph = &c->scenario->topology_graph;
    size_t i, errors = c->problems->errors;
    c->vertices = (uint32_t)graph->nodes.servers_count + 3;
    if (!graph->nodes.load_balancer.id && graph->nodes.load_balancer.server_covered_count) {
        size_t mark = aflowi_path_push(c, "topology_graph.nodes.load_balancer");
        aflowi_found_text(c, AFLOW_DIAGNOSTIC_IGNORED_FIELD, "covers servers but has no id, so it does not exist; give it one");
        aflowi_path_pop(c, mark);
    }
    c->out_edge = (uint32_t *)aflowi_arena_array(&c->arena, c->vertices, sizeof *c->out_edge);
    c->balancer_edge = (uint32_t *)aflowi_arena_array(&c->arena, c->vertices, sizeof *c->balancer_edge);
    c->reached = (unsigned char *)aflowi_arena_alloc(&c->arena, c->vertices);
    c->covered = (unsigned char *)aflowi_arena_alloc(&c->arena, c->vertices);
    if (!c->out_edge || !c->balancer_edge || !c->reached || !c->covered) return 0;
    aflowi_mark_covered(c);
    for (i = 0; i < c->vertices; i++) c->out_edge[i] = c->balancer_edge[i] = AFLOWI_NO_INDEX;
    for (i = 0; i < graph->edges_count; i++) aflowi_check_edge(c, i);
    aflowi_check_covered(c);
    if (c->problems->errors == errors) {        /* on a broken graph the rest would only be echoes */
        aflowi_check_reach(c);
        aflowi_check_loops(c);
    }
    return !c->arena.failed;
}

/* --- Events ---------------------------------------------------------------------------------------------- */

static void aflowi_found_event(aflowi_checker *c, int code, size_t index, const char *field, const char *message)
{
    aflowi_line l = aflowi_new_line();
    aflowi_line_put(&l, message);
    aflowi_found_at(c, code, "events", index, field, &l);
}

/* Found a `is T; MESSAGE`. */
static void aflowi_found_event_time(aflowi_checker *c, int code, size_t index, const char *field, double time, const char *message)
{
    aflowi_line l = aflowi_new_line();
    aflowi_line_put(&l, "is ");
    aflowi_line_double(&l, time);
    aflowi_line_put(&l, message);
    aflowi_found_at(c, code, "events", index, field, &l);
}

static void aflowi_found_past_horizon(aflowi_checker *c, size_t index, const char *field, double time)
{
    aflowi_line l = aflowi_new_line();
    aflowi_line_put(&l, "is ");
    aflowi_line_double(&l, time);
    aflowi_line_put(&l, ", after the end of the run; needs at most total_simulation_time, ");
    aflowi_line_double(&l, c->horizon_s);
    aflowi_line_put(&l, " s");
    aflowi_found_at(c, AFLOW_DIAGNOSTIC_EVENT_HORIZON, "events", index, field, &l);
}

/* The cache that an event means, by its number; AFLOWI_NO_INDEX: none. */
static uint32_t aflowi_event_cache(const aflowi_checker *c, const aflow_event *e)
{
    aflow_id id = aflowi_names_find(&c->resources, e->target_id);
    return id && c->resource_at[aflowi_id_index(id)]->kind == AFLOW_RESOURCE_CACHE ? aflowi_id_index(id) : AFLOWI_NO_INDEX;
}

static void aflowi_line_guess_cache(const aflowi_checker *c, aflowi_line *l, const char *name)
{
    aflowi_guess g = aflowi_guess_for(name, strlen(name));
    size_t i;
    for (i = 0; i < c->resources_count && c->problems->count < AFLOWI_MOST_GUESSES; i++) {
        if (c->resource_names[i] && c->resource_at[i]->kind == AFLOW_RESOURCE_CACHE) aflowi_guess_try(&g, c->resource_names[i]);
    }
    aflowi_line_guess(l, &g);
}

static void aflowi_check_event_target(aflowi_checker *c, size_t index)
{
    const aflow_event *e = &c->scenario->events[index];
    const char *target = e->target_id;
    aflowi_line l = aflowi_new_line();
    if (!target || aflowi_is_blank(target)) return;
    aflowi_line_put(&l, "is ");
    aflowi_line_quote(&l, target);
    if (e->start.kind == AFLOW_EVENT_SERVER_DOWN) {
        if (aflowi_id_kind(aflowi_names_find(&c->nodes, target)) == AFLOWI_ID_SERVER) return;
        aflowi_line_put(&l, ", which is no server; an outage needs one");
        aflowi_line_guess_server(c, &l, target);
    } else if (e->start.kind == AFLOW_EVENT_CACHE_DOWN) {
        if (aflowi_event_cache(c, e) != AFLOWI_NO_INDEX) return;
        aflowi_line_put(&l, ", which is no cache; a cache_down needs one: a shared one's id, or SERVER/ID of a server's own");
        aflowi_line_guess_cache(c, &l, target);
    } else {
        if (aflowi_names_find(&c->edges, target)) return;
        aflowi_line_put(&l, ", which is no edge; a network spike needs one");
        aflowi_line_guess_edge(c, &l, target);
    }
    aflowi_found_at(c, AFLOW_DIAGNOSTIC_EVENT_TARGET, "events", index, "target_id", &l);
}

/* What ends an event that begins so, and how that is said. */
static aflow_event_kind aflowi_event_end_of(aflow_event_kind start, const char **rule)
{
    if (start == AFLOW_EVENT_SERVER_DOWN) {
        *rule = "does not belong to start.kind; a server_down ends with server_up";
        return AFLOW_EVENT_SERVER_UP;
    }
    if (start == AFLOW_EVENT_CACHE_DOWN) {
        *rule = "does not belong to start.kind; a cache_down ends with cache_up";
        return AFLOW_EVENT_CACHE_UP;
    }
    *rule = "does not belong to start.kind; a network_spike_start ends with network_spike_end";
    return AFLOW_EVENT_NETWORK_SPIKE_END;
}

/* In whole ticks: what began and ended within one would end first. */
static int aflowi_event_lasts(const aflow_event *e)
{
    return e->start.t_start < e->end.t_end && aflowi_scale(e->start.t_start, AFLOWI_TICKS_PER_S) < aflowi_scale(e->end.t_end, AFLOWI_TICKS_PER_S);
}

static void aflowi_check_event(aflowi_checker *c, size_t index)
{
    const aflow_event *e = &c->scenario->events[index];
    int outage = e->start.kind == AFLOW_EVENT_SERVER_DOWN, loss = e->start.kind == AFLOW_EVENT_CACHE_DOWN;
    const char *rule;
    if (!aflowi_enum_name(aflowi_start_names, (uint32_t)e->start.kind)) return;      /* reported; the rest depends on it */
    if (aflowi_event_end_of(e->start.kind, &rule) != e->end.kind && aflowi_enum_name(aflowi_end_names, (uint32_t)e->end.kind)) {
        aflowi_found_event(c, AFLOW_DIAGNOSTIC_EVENT_KINDS, index, "end.kind", rule);
    }
    aflowi_check_event_target(c, index);
    if ((outage || loss) && e->start.spike_s != 0) {
        aflowi_found_event(c, AFLOW_DIAGNOSTIC_EVENT_SPIKE, index, "start.spike_s", outage ? "is given for an outage, which has none; leave it out" : "is given for the loss of a cache, which has none; leave it out");
    }
    if (!outage && !loss && e->start.spike_s == 0) aflowi_found_event(c, AFLOW_DIAGNOSTIC_EVENT_SPIKE, index, "start.spike_s", "is missing; a network spike needs its added latency in seconds");
    if (e->end.t_end > 0 && !aflowi_event_lasts(e)) aflowi_found_event_time(c, AFLOW_DIAGNOSTIC_EVENT_ORDER, index, "end.t_end", e->end.t_end, "; needs to be later than t_start, by a nanosecond at least");
    else if (e->start.t_start > c->horizon_s) aflowi_found_past_horizon(c, index, "start.t_start", e->start.t_start);
    else if (e->end.t_end > c->horizon_s) aflowi_found_past_horizon(c, index, "end.t_end", e->end.t_end);
    if (outage && c->scenario->topology_graph.nodes.servers_count > 1 && aflowi_id_kind(aflowi_names_find(&c->nodes, e->target_id)) == AFLOWI_ID_SERVER &&
        c->balancer_edge[aflowi_id_index(aflowi_names_find(&c->nodes, e->target_id))] == AFLOWI_NO_INDEX) {
        aflowi_found_event(c, AFLOW_DIAGNOSTIC_UNBALANCED_OUTAGE, index, "target_id", c->compat
            ? "has no balancer in front: AsyncFlow's outage then changes nothing"
            : "has no balancer in front that could route around it: during the outage its requests are refused");
    }
}

/* One end of an outage, or of a cache's loss, on the time axis; target: number of the server or resource. */
typedef struct aflowi_outage_end { double time; int is_start; uint32_t event, target; } aflowi_outage_end;

static int aflowi_outage_before(const void *context, const void *left, const void *right)
{
    const aflowi_outage_end *a = (const aflowi_outage_end *)left, *b = (const aflowi_outage_end *)right;
    (void)context;
    return a->time != b->time ? a->time < b->time : a->is_start < b->is_start;
}

/* Both ends of all events that begin with `kind`, in the order of time; NULL when memory is out. */
static aflowi_outage_end *aflowi_collect_outages(aflowi_checker *c, aflow_event_kind kind, size_t *count)
{
    aflowi_outage_end *ends = (aflowi_outage_end *)aflowi_arena_array(&c->arena, 2 * c->scenario->events_count, sizeof *ends);
    aflowi_outage_end *spare = (aflowi_outage_end *)aflowi_arena_array(&c->arena, 2 * c->scenario->events_count, sizeof *spare);
    size_t n = 0, i;
    if (!ends || !spare) return NULL;
    for (i = 0; i < c->scenario->events_count; i++) {
        const aflow_event *e = &c->scenario->events[i];
        aflow_id id = aflowi_names_find(&c->nodes, e->target_id);
        uint32_t target = kind == AFLOW_EVENT_CACHE_DOWN ? aflowi_event_cache(c, e) : aflowi_id_kind(id) == AFLOWI_ID_SERVER ? aflowi_id_index(id) : AFLOWI_NO_INDEX;
        if (e->start.kind != kind || target == AFLOWI_NO_INDEX || !aflowi_event_lasts(e)) continue;
        ends[n].time = e->start.t_start;
        ends[n].is_start = 1;
        ends[n].event = (uint32_t)i;
        ends[n].target = target;
        ends[n + 1] = ends[n];
        ends[n + 1].time = e->end.t_end;
        ends[n + 1].is_start = 0;
        n += 2;
    }
    aflowi_sort(ends, spare, n, sizeof *ends, aflowi_outage_before, NULL);
    *count = n;
    return ends;
}

static void aflowi_found_overlap(aflowi_checker *c, uint32_t event, uint32_t other)
{
    const char *name = c->scenario->events[other].event_id;
    int loss = c->scenario->events[event].start.kind == AFLOW_EVENT_CACHE_DOWN;
    aflowi_line l = aflowi_new_line();
    aflowi_line_put(&l, "is ");
    aflowi_line_double(&l, c->scenario->events[event].start.t_start);
    aflowi_line_put(&l, loss ? ", while the loss " : ", while the outage ");
    aflowi_line_quote(&l, name ? name : "?");
    aflowi_line_put(&l, loss ? " of the same cache lasts; losses of a cache must not overlap" : " of the same server lasts; outages of a server must not overlap");
    aflowi_found_at(c, AFLOW_DIAGNOSTIC_EVENT_OVERLAP, "events", event, "start.t_start", &l);
}

/* Plays the outages alone: none may overlap on a server, nor take every server, nor every target of the balancer. */
static void aflowi_check_outages(aflowi_checker *c)
{
    size_t servers = c->scenario->topology_graph.nodes.servers_count, n, i, all = 0, behind = 0, targets = 0;
    const aflowi_outage_end *ends = aflowi_collect_outages(c, AFLOW_EVENT_SERVER_DOWN, &n);
    uint32_t *down = (uint32_t *)aflowi_arena_array(&c->arena, servers, sizeof *down);
    uint32_t *by = (uint32_t *)aflowi_arena_array(&c->arena, servers, sizeof *by);      /* which event took it down */
    if (!ends || !down || !by) return;
    for (i = 0; i < servers; i++) targets += c->balancer_edge[i] != AFLOWI_NO_INDEX;
    for (i = 0; i < n; i++) {
        uint32_t *count = &down[ends[i].target], behind_lb = c->balancer_edge[ends[i].target] != AFLOWI_NO_INDEX;
        if (!ends[i].is_start) {
            if (--*count == 0) {
                all--;
                behind -= behind_lb;
            }
            continue;
        }
        if ((*count)++) {
            aflowi_found_overlap(c, ends[i].event, by[ends[i].target]);
            continue;
        }
        by[ends[i].target] = ends[i].event;
        all++;
        behind += behind_lb;
        if (servers == 1) aflowi_found_event_time(c, AFLOW_DIAGNOSTIC_ALL_DOWN, ends[i].event, "start.t_start", ends[i].time, ", and there is no other server; keep at least one up");
        else if (all == servers) aflowi_found_event_time(c, AFLOW_DIAGNOSTIC_ALL_DOWN, ends[i].event, "start.t_start", ends[i].time, ", when every other server is down, too; keep at least one up");
        else if (behind_lb && behind == targets) aflowi_found_event_time(c, AFLOW_DIAGNOSTIC_LAST_TARGET_DOWN, ends[i].event, "start.t_start", ends[i].time, ", when the balancer has no other server left; keep at least one up");
    }
}

/* The same of losses of caches, of which all may be away at once. */
static void aflowi_check_cache_losses(aflowi_checker *c)
{
    size_t n, i;
    const aflowi_outage_end *ends = aflowi_collect_outages(c, AFLOW_EVENT_CACHE_DOWN, &n);
    uint32_t *lost = (uint32_t *)aflowi_arena_array(&c->arena, c->resources_count, sizeof *lost);
    uint32_t *by = (uint32_t *)aflowi_arena_array(&c->arena, c->resources_count, sizeof *by);
    if (!ends || !lost || !by) return;
    for (i = 0; i < n; i++) {
        uint32_t target = ends[i].target;
        if (!ends[i].is_start) lost[target]--;
        else if (lost[target]++) aflowi_found_overlap(c, ends[i].event, by[target]);
        else by[target] = ends[i].event;
    }
}

static int aflowi_check_events(aflowi_checker *c)
{
    aflowi_names ids;
    size_t i;
    if (!c->scenario->events_count) return 1;
    if (!aflowi_names_init(&ids, &c->arena, c->scenario->events_count)) return 0;
    for (i = 0; i < c->scenario->events_count; i++) {
        const char *name = c->scenario->events[i].event_id;
        aflowi_check_event(c, i);
        if (aflowi_names_add(&ids, name, (aflow_id)i + 1)) aflowi_found_event(c, AFLOW_DIAGNOSTIC_DUPLICATE_ID, i, "event_id", "is the id of an earlier event, too; ids of events must differ");
    }
    aflowi_check_outages(c);
    aflowi_check_cache_losses(c);
    return !c->arena.failed;
}

/* --- Whole --------------------------------------------------------------------------------------------------- */

/* Lists that are announced but not there would make every later rule read through NULL. */
static int aflowi_lists_are_there(const aflow_scenario *s)
{
    const aflow_nodes *nodes = &s->topology_graph.nodes;
    return (!nodes->servers_count || nodes->servers) && (!s->topology_graph.edges_count || s->topology_graph.edges) &&
           (!s->events_count || s->events) && (!nodes->load_balancer.server_covered_count || nodes->load_balancer.server_covered) &&
           (!s->rqs_input.arrivals_count || s->rqs_input.arrivals) && (!nodes->resources_count || nodes->resources);
}

static int aflowi_check_rules(aflowi_checker *c)
{
    const aflow_nodes *nodes = &c->scenario->topology_graph.nodes;
    size_t i, errors;
    aflowi_check_fields(c);
    if (!aflowi_lists_are_there(c->scenario)) return 1;
    if (!aflowi_check_resources(c)) return 0;
    for (i = 0; i < nodes->servers_count; i++) {
        size_t mark = aflowi_path_push(c, AFLOWI_SERVERS);
        aflowi_path_index(c, i);
        aflowi_check_server(c, &nodes->servers[i]);
        aflowi_path_pop(c, mark);
    }
    if (c->scenario->rqs_input.source) aflowi_check_source(c);
    if (c->scenario->rqs_input.arrivals_count) aflowi_check_arrivals(c);
    else if (!c->scenario->rqs_input.source) aflowi_check_load(c);
    aflowi_check_settings(c);
    errors = c->problems->errors;
    if (!aflowi_check_node_names(c) || !aflowi_check_edge_names(c)) return 0;
    aflowi_check_shared_ids(c);
    if (c->problems->errors > errors) return 1;      /* who is meant by an id is not known: what follows would be echoes */
    return aflowi_check_graph(c) && aflowi_check_events(c);
}

/* The check into an empty list. Its allocator also gives the check's own memory; that running out is told by the status. */
static aflow_status aflowi_check_into(const aflow_scenario *scenario, aflow_diagnostics *found)
{
    aflowi_checker c;
    int done;
    memset(&c, 0, sizeof c);
    c.scenario = scenario;
    c.problems = found;
    c.settings = scenario->sim_settings;
    aflowi_fill_defaults(AFLOWI_SETTINGS, &c.settings);
    c.compat = c.settings.compat == AFLOW_COMPAT_ASYNCFLOW_0_1;
    c.horizon_s = c.settings.total_simulation_time;
    aflowi_arena_init(&c.arena, &found->allocator, 1024);
    done = aflowi_check_rules(&c);
    aflowi_arena_free(&c.arena);
    return !done ? AFLOW_OUT_OF_MEMORY : found->errors ? AFLOW_INVALID : AFLOW_OK;
}

AFLOW_API aflow_status aflow_check(const aflow_scenario *scenario, aflow_diagnostics *problems)
{
    aflow_diagnostics found;
    aflow_status status;
    if (!scenario) {
        if (problems && !problems->errors) aflowi_report_at(problems, AFLOW_DIAGNOSTIC_MISSING, "", "there is no scenario (NULL)", NULL);
        return AFLOW_INVALID;
    }
    memset(&found, 0, sizeof found);
    if (problems) found.allocator = problems->allocator;
    status = aflowi_check_into(scenario, &found);
    aflowi_forward(problems, &found);
    aflow_diagnostics_clear(&found);
    if (status == AFLOW_OUT_OF_MEMORY) aflowi_report_memory(problems, "out of memory while checking");
    return status;
}

/* ==========================================================================
   [16] PLAN
   In:    a checked scenario with its defaults filled in
   Out:   flat read-only arrays: edges, servers, endpoints, their programs
   Keeps: indices are valid, the graph has no loop, every program ends; nothing
          in a plan changes after it was built, so runs may share it
   Uses:  [11] [13] [14]                                   Public: none
   ========================================================================== */

/* Users per window in 2^-20 of a user: a normal number of users is not rounded. */
#define AFLOWI_USER_UNIT ((uint64_t)1 << 20)

/* What a request does: an endpoint is a program of these. An event says which request goes on at which op; the first ops, one
   for each edge, are the arrivals. */
typedef enum aflowi_op_code {
    AFLOWI_OP_TO_CLIENT,    /* target: edge, over which it has come to the client, that sends it on; */
    AFLOWI_OP_TO_SINK,      /* to the client, at its end; */
    AFLOWI_OP_TO_BALANCER,
    AFLOWI_OP_TO_SERVER,    /* amount: server */
    AFLOWI_OP_TO_BALANCED,  /* the same, by way of the balancer */
    AFLOWI_OP_ACQUIRE,      /* target: resource, of which it takes one; waits first come, first served */
    AFLOWI_OP_RELEASE,
    AFLOWI_OP_RESERVE,      /* target: resource, of which it takes what the request needs (RAM); waits as above */
    AFLOWI_OP_RETURN,
    AFLOWI_OP_HOLD,         /* target: op at which it goes on, amount: ticks */
    AFLOWI_OP_HOLD_RANDOM,  /* the same, amount: sampler */
    AFLOWI_OP_COMPUTE,      /* a HOLD on a core, which is booked as CPU time */
    AFLOWI_OP_COMPUTE_RANDOM,
    AFLOWI_OP_IO_ENTER,     /* target: server: one more sleeps in I/O */
    AFLOWI_OP_IO_LEAVE,
    AFLOWI_OP_SPAWN,        /* target: op at which a background task starts */
    AFLOWI_OP_LEAVE,        /* target: server: sends the request on */
    AFLOWI_OP_TASK_END,

    /* From here on: what servers may be made of beyond that. The run loop has one case for all of them. */
    AFLOWI_OP_JUMP,         /* target: op at which it goes on */
    AFLOWI_OP_BRANCH,       /* amount: sampler of 1 or 0; 0: goes on at target */
    AFLOWI_OP_MARK,         /* amount: where the request is, one of aflowi_place_bit, for an UNLESS behind a join; nothing waits between */
    AFLOWI_OP_UNLESS,       /* goes on at target unless the mark is amount */
    AFLOWI_OP_TAKE,         /* target: station; amount: op at which it goes on when it is turned away */
    AFLOWI_OP_TAKE_OWN,     /* the same of its worker's: target is that of the first worker */
    AFLOWI_OP_TRY,          /* target: station; goes on at amount when it got it at once, else behind, where it has not asked yet */
    AFLOWI_OP_GIVE,         /* target: station */
    AFLOWI_OP_GIVE_OWN,
    AFLOWI_OP_AMOUNT,       /* amount: ticks that the next SHARE or SLICE is about */
    AFLOWI_OP_AMOUNT_RANDOM,/* the same, amount: sampler */
    AFLOWI_OP_SHARE,        /* target: sharing: works there */
    AFLOWI_OP_JOIN,         /* target: GPU: waits for its batch and its end; amount: as of TAKE */
    AFLOWI_OP_KEY,          /* target: cache: draws what it looks for; amount: its level among the keys of the request */
    AFLOWI_OP_LOOK,         /* target: cache; amount: level << 32 | op at which it goes on when it hits */
    AFLOWI_OP_STORE,        /* target: cache; amount: level */
    AFLOWI_OP_ABANDON,      /* the same, when what was missed will not come */
    AFLOWI_OP_CALL_DRAW,    /* target: call: draws its tokens */
    AFLOWI_OP_CALL_HOLD,    /* target: call: pays, and lasts */
    AFLOWI_OP_CUSTOM,       /* target: custom step; amount: as of TAKE */
    AFLOWI_OP_ACCEPT,       /* target: server: becomes a request of the worker whose loop is free first, and is on it */
    AFLOWI_OP_LOOP_ENTER,   /* target: server, also below: waits for its worker's event loop */
    AFLOWI_OP_LOOP_LEAVE,
    AFLOWI_OP_RUNNING,      /* it was ready, and runs now */
    AFLOWI_OP_LOCK,         /* of its worker */
    AFLOWI_OP_UNLOCK,
    AFLOWI_OP_SLICE,        /* computes until it is done or the switch interval is over; goes on behind */
    AFLOWI_OP_SLICED,       /* amount: op at which it goes on when it is done; not done, and nobody waits: goes back by one op */
    AFLOWI_OP_BLOCK,        /* holds the loop without computing */
    AFLOWI_OP_UNBLOCK,
    AFLOWI_OP_REJECT,       /* the request ends here */
    AFLOWI_OP_TIMER,        /* target: station, at an instant that it waited for */
    AFLOWI_OP_SHARE_END,    /* target: sharing: some work may be done */
    AFLOWI_OP_BATCH_END     /* target: GPU; the request is the first of a batch */
} aflowi_op_code;

typedef struct aflowi_op {
    uint32_t code, target;
    uint64_t amount;
} aflowi_op;

/* Counted resources of a server; the resource index is server * AFLOWI_RESOURCES + one of these. */
enum { AFLOWI_CORES, AFLOWI_RAM, AFLOWI_DB, AFLOWI_RESOURCES };

typedef struct aflowi_edge_plan {
    aflowi_sampler latency;
    aflowi_geometric dropout;
    uint32_t to;                /* vertex, see "Order at one tick" */
    uint32_t order;             /* among events of one tick: an arrival at the target */
    double keep;                /* probability of not being dropped */
} aflowi_edge_plan;

typedef struct aflowi_endpoint_plan {
    uint32_t program;           /* first op */
    uint32_t server;
    uint32_t samplers;          /* its first; they end where the next endpoint's begin */
    uint32_t ram;               /* the constant part, in units; */
    uint32_t ram_samplers;      /* and the random parts: the first sampler, */
    uint32_t ram_samplers_count;/* how many */
    double cpu_s, io_s, db_s, ram_mb;   /* means, for the offered load */
    double loop_s;              /* mean time on the event loop */
} aflowi_endpoint_plan;

typedef struct aflowi_server_plan {
    uint32_t capacity[AFLOWI_RESOURCES];    /* units; 0 connections: no pool */
    uint32_t endpoints, endpoints_count;    /* first, how many */
    uint32_t weighted;                      /* 1: by aflowi_plan.weights, 0: all alike */
    uint32_t out_edge;
    uint32_t order;                         /* among events of one tick: an end of a hold here */
    double arrivals_per_s;                  /* that the generator's mean rate brings here */
    uint32_t workers, first_worker;         /* 1 where none are given; among those of all servers */
    uint32_t loop_slots;                    /* of each worker's event loop: 1, or as many as cores; 0: loops are not modelled */
    uint32_t locks;                         /* 1: computations of a worker exclude each other, in slices of */
    uint64_t switch_interval;               /* ticks */
    uint32_t blocks;                        /* 1: some step holds the loop without computing */
    uint32_t admission;                     /* station of max_concurrency, AFLOWI_NO_INDEX: none */
    uint32_t threads;                       /* station of the first worker's pool, the others' follow; AFLOWI_NO_INDEX: none */
    uint32_t resources, resources_count;    /* its own, of aflowi_plan.resources */
} aflowi_server_plan;

/* --- What requests use beside cores and RAM: a station has a queue and limits, an account the figures. A model of a provider
   is up to three stations of one account; a station of each worker's pool shares the server's account. */

typedef enum aflowi_station_kind {
    AFLOWI_STATION_COUNTED,     /* `capacity` at once */
    AFLOWI_STATION_BUCKET,      /* tokens that come with time; a request takes one, */
    AFLOWI_STATION_TOKENS,      /* or as many as its call has */
    AFLOWI_STATION_BATCHES      /* the queue of a GPU */
} aflowi_station_kind;

typedef struct aflowi_station_plan {
    uint32_t kind;
    uint32_t account;
    uint32_t is_first, is_last;     /* of the account's: asking begins here; having begins here */
    uint32_t capacity;              /* AFLOWI_NO_INDEX: unlimited */
    uint32_t room;                  /* that may wait; AFLOWI_NO_INDEX: any number */
    uint32_t timer;                 /* its TIMER op */
    uint32_t gpu;                   /* of AFLOWI_STATION_BATCHES */
    uint64_t timeout;               /* ticks; AFLOWI_NEVER: none */
    /* Of a bucket: what comes in a tick, a token, and what it holds, in units so small that all are whole numbers: where the rate
       is a tokens a second, of 2^m in the numerator and 10^9 2^m in a token. So the level is exact at every tick. */
    uint64_t rate;
    aflowi_wide token, burst;
    uint64_t interval;              /* ticks between refills; 0: continuously */
    const aflow_discipline_hook *discipline;
} aflowi_station_plan;

/* All in one run at the same speed, which falls with their number. */
typedef struct aflowi_sharing_plan {
    uint64_t contention, coherency; /* Q32 */
    uint32_t timer;                 /* its SHARE_END op */
} aflowi_sharing_plan;

typedef struct aflowi_cache_plan {
    uint32_t account;
    uint32_t chance;                /* sampler of hit_probability, AFLOWI_NO_INDEX: by keys, or never */
    uint32_t keys, capacity;        /* 0 keys: by chance */
    uint32_t single_flight;
    uint64_t time_to_live;          /* ticks; AFLOWI_NEVER: for ever */
    uint32_t *threshold, *alias;    /* of Walker's method, by key */
    double most_hits;               /* no order of keys hits more often */
} aflowi_cache_plan;

typedef struct aflowi_gpu_plan {
    uint32_t station, slots, most;  /* most: in a batch */
    uint32_t base, item;            /* samplers */
    uint32_t batch_end;             /* its BATCH_END op */
    uint64_t wait;                  /* ticks */
    double best_s;                  /* mean time for a request in a full batch */
} aflowi_gpu_plan;

/* A step that calls a model. Samplers; AFLOWI_NO_INDEX: none. */
typedef struct aflowi_call_plan {
    uint32_t resource;
    uint32_t input, output, latency, first_token, output_token;
    uint64_t per_call, per_input, per_output;   /* prices in AFLOWI_MONEY of one */
} aflowi_call_plan;

/* Money is counted in 10^-12 of the prices' unit: a price of a millionth for a million tokens is one a token. */
#define AFLOWI_MONEY ((uint64_t)1000000000000)

typedef struct aflowi_custom_plan {
    const aflow_step_hook *hook;
    uint32_t endpoint;
    uint32_t bits;                  /* sampler of its random bits */
    uint32_t done;                  /* op behind it */
    int sliced;                     /* it computes under a lock, in the slices that follow */
} aflowi_custom_plan;

/* A resource of the scenario. */
typedef struct aflowi_resource_plan {
    const aflow_resource *desc;
    const char *name;               /* SERVER/ID of a server's own */
    uint32_t server;                /* AFLOWI_NO_INDEX: shared */
    uint32_t stations, stations_count;  /* first, how many; the last is the one that is given back */
    uint32_t sharing, cache, gpu;   /* AFLOWI_NO_INDEX: none */
    uint32_t first_token, output_token;     /* samplers of a model */
} aflowi_resource_plan;

/* What a request of an endpoint demands of a limit of an account, as a share of what that can serve in a second. */
typedef struct aflowi_demand {
    uint32_t endpoint, account, limit;
    double share;
} aflowi_demand;
#define AFLOWI_LIMITS 3u

/* An injected change at an instant. */
typedef struct aflowi_change {
    uint64_t tick;
    uint32_t is_start;          /* ends come before starts */
    uint32_t event;             /* index in the scenario */
    uint32_t server, edge, cache;   /* the target, the others are none */
    uint64_t spike;             /* ticks that all spikes of the edge add from then on, AFLOWI_NEVER at most */
} aflowi_change;

typedef struct aflowi_plan {
    const aflow_scenario *scenario;     /* defaults filled in; lives as long as the plan */
    aflowi_names nodes, edge_names, resource_names;
    int compat, least_connection;
    uint64_t horizon, window, sample_period;    /* ticks */
    aflowi_sampler users;
    uint32_t generator_edge, client_edge;
    aflowi_edge_plan *edges;
    aflowi_server_plan *servers;
    aflowi_endpoint_plan *endpoints;
    uint64_t *weights;                  /* running sums, parallel to endpoints */
    aflowi_op *ops;
    uint32_t *op_servers;               /* parallel to ops: whose program it is; AFLOWI_NO_INDEX: a resource's */
    unsigned char *op_computes;         /* parallel to ops: 1: an event there ends a stretch of CPU time */
    aflowi_sampler *samplers;
    uint32_t *balancer_edges;           /* the rotation at the start */
    aflowi_change *changes;             /* in the order in which they happen */
    uint32_t edges_count, servers_count, endpoints_count, ops_count, samplers_count, balancer_edges_count, changes_count;
    double requests_per_s;              /* the generator's mean rate; of a replay, over the horizon */

    aflowi_resource_plan *resources;
    aflowi_station_plan *stations;
    aflowi_sharing_plan *sharings;
    aflowi_cache_plan *caches;
    aflowi_gpu_plan *gpus;
    aflowi_call_plan *calls;
    aflowi_custom_plan *customs;
    aflowi_demand *demands;
    uint32_t resources_count, stations_count, sharings_count, caches_count, gpus_count, calls_count, customs_count, demands_count;
    uint32_t accounts_count;            /* the resources' own first, in their order */
    uint32_t workers_count;             /* of all servers */
    uint32_t key_levels;                /* keys of caches that a request may carry */
    int carries_more;                   /* requests have more to remember than fits their 32 bytes */
} aflowi_plan;

/* --- Random variables ----------------------------------------------------- */

static double aflowi_sd_of(const aflow_random_variable *v, int compat)
{
    double variance = aflowi_effective_variance(v);
    return compat ? variance : aflowi_sqrt(variance);       /* AsyncFlow takes the field as the standard deviation */
}

static aflowi_sampler aflowi_log_normal_sampler(const aflow_random_variable *v, int compat, uint64_t unit)
{
    double mu = v->mean, sigma = aflowi_sd_of(v, 1);        /* AsyncFlow: parameters of the logarithm */
    if (aflowi_has_percentiles(v)) aflowi_fit_log_normal(v->p50, v->p95, v->p99, &mu, &sigma);
    else if (!compat) aflowi_log_normal_parameters(v->mean, aflowi_effective_variance(v), &mu, &sigma);
    return aflowi_sampler_log_normal(mu, sigma, unit);
}

static aflowi_sampler aflowi_uniform_sampler(const aflow_random_variable *v, int compat, uint64_t unit)
{
    double half = v->mean;
    if (compat) return aflowi_sampler_uniform(0, 1, unit);  /* AsyncFlow ignores the mean */
    if (v->variance != 0) half = v->variance == AFLOW_ZERO ? 0 : aflowi_sqrt(aflowi_mul(3, v->variance));
    return aflowi_sampler_uniform(v->mean - half, v->mean + half, unit);
}

/* The values of v x unit as integers; v is resolved. Where memory is out, which the arena remembers, one that draws 0. */
static aflowi_sampler aflowi_sampler_for(const aflow_random_variable *v, int compat, uint64_t unit, aflowi_arena *arena)
{
    if (aflowi_is_stated(v)) compat = 0;
    switch (v->distribution) {
    case AFLOW_DISTRIBUTION_EXPONENTIAL: return aflowi_sampler_exponential(v->mean, unit);
    case AFLOW_DISTRIBUTION_POISSON: return aflowi_sampler_poisson(v->mean, unit);
    case AFLOW_DISTRIBUTION_NORMAL: return aflowi_sampler_normal_clamped(v->mean, aflowi_sd_of(v, compat), unit);
    case AFLOW_DISTRIBUTION_LOG_NORMAL: return aflowi_log_normal_sampler(v, compat, unit);
    case AFLOW_DISTRIBUTION_UNIFORM: return aflowi_uniform_sampler(v, compat, unit);
    case AFLOW_DISTRIBUTION_GAMMA: case AFLOW_DISTRIBUTION_ERLANG: return aflowi_sampler_gamma(v->mean, aflowi_scv_of(v), unit, arena);
    case AFLOW_DISTRIBUTION_WEIBULL: return aflowi_sampler_weibull(v->mean, aflowi_scv_of(v), unit);
    case AFLOW_DISTRIBUTION_PARETO: return aflowi_sampler_pareto(v->mean, aflowi_scv_of(v), aflowi_pareto_maximum(v), unit, arena);
    case AFLOW_DISTRIBUTION_HYPEREXPONENTIAL: return aflowi_sampler_hyperexponential(v->mean, aflowi_scv_of(v), unit, arena);
    case AFLOW_DISTRIBUTION_DISCRETE: return aflowi_sampler_discrete(v->values, v->weights_count ? v->weights : NULL, (uint32_t)v->values_count, unit, arena);
    default: return aflowi_sampler_constant(v->mean, unit);
    }
}

/* --- Lists that grow while the plan is made: in the arena, doubled when their number is a power of two --------------------- */

static void *aflowi_arena_more(aflowi_arena *arena, void *list, uint32_t count, size_t element)
{
    void *larger;
    if (count && (count < 8 || (count & (count - 1)))) return list;
    larger = aflowi_arena_array(arena, count ? 2 * (size_t)count : 8, element);
    if (larger && count) memcpy(larger, list, count * element);
    return larger;
}

/* One more, zeroed; NULL when memory is out, which the arena remembers. */
#define AFLOWI_DEFINE_MORE(name, type, list) \
    static type *name(aflowi_plan *plan, aflowi_arena *arena) \
    { \
        void *longer = aflowi_arena_more(arena, plan->list, plan->list##_count, sizeof(type)); \
        if (!longer) return NULL; \
        plan->list = (type *)longer; \
        return &plan->list[plan->list##_count++]; \
    }
AFLOWI_DEFINE_MORE(aflowi_more_stations, aflowi_station_plan, stations)
AFLOWI_DEFINE_MORE(aflowi_more_sharings, aflowi_sharing_plan, sharings)
AFLOWI_DEFINE_MORE(aflowi_more_caches, aflowi_cache_plan, caches)
AFLOWI_DEFINE_MORE(aflowi_more_gpus, aflowi_gpu_plan, gpus)
AFLOWI_DEFINE_MORE(aflowi_more_calls, aflowi_call_plan, calls)
AFLOWI_DEFINE_MORE(aflowi_more_customs, aflowi_custom_plan, customs)
AFLOWI_DEFINE_MORE(aflowi_more_demands, aflowi_demand, demands)
AFLOWI_DEFINE_MORE(aflowi_more_samplers, aflowi_sampler, samplers)

static uint32_t aflowi_add_sampler(aflowi_plan *plan, aflowi_arena *arena, aflowi_sampler sampler)
{
    aflowi_sampler *s = aflowi_more_samplers(plan, arena);
    if (!s) return 0;
    *s = sampler;
    return plan->samplers_count - 1;
}

/* A random variable in 1/unit; AFLOWI_NO_INDEX when it is not given. */
static uint32_t aflowi_add_variable(aflowi_plan *plan, aflowi_arena *arena, const aflow_random_variable *v, uint64_t unit)
{
    return v->mean > 0 ? aflowi_add_sampler(plan, arena, aflowi_sampler_for(v, 0, unit, arena)) : AFLOWI_NO_INDEX;
}

/* 1 with that probability, else 0. */
static uint32_t aflowi_add_chance(aflowi_plan *plan, aflowi_arena *arena, double probability)
{
    return aflowi_add_sampler(plan, arena, aflowi_sampler_of(AFLOWI_LAW_CHANCE, aflowi_threshold(probability), 0, 0));
}

/* An op of server's program, AFLOWI_NO_INDEX: of a resource; returns its index. */
static uint32_t aflowi_add_op(aflowi_plan *plan, aflowi_arena *arena, uint32_t server, aflowi_op_code code, uint32_t target, uint64_t amount)
{
    void *ops = aflowi_arena_more(arena, plan->ops, plan->ops_count, sizeof *plan->ops);
    void *servers = ops ? aflowi_arena_more(arena, plan->op_servers, plan->ops_count, sizeof *plan->op_servers) : NULL;
    if (!servers) return plan->ops_count;
    plan->ops = (aflowi_op *)ops;
    plan->op_servers = (uint32_t *)servers;
    plan->op_servers[plan->ops_count] = server;
    plan->ops[plan->ops_count].code = (uint32_t)code;
    plan->ops[plan->ops_count].target = target;
    plan->ops[plan->ops_count].amount = amount;
    return plan->ops_count++;
}

/* --- Stations --------------------------------------------------------------- */

/* The last station of an account, with the resource's limits; returns NULL when memory is out. */
static aflowi_station_plan *aflowi_add_station(aflowi_plan *plan, aflowi_arena *arena, aflowi_station_kind kind, uint32_t account)
{
    aflowi_station_plan *s = aflowi_more_stations(plan, arena);
    if (!s) return NULL;
    s->kind = (uint32_t)kind;
    s->account = account;
    s->is_first = s->is_last = 1;
    s->capacity = s->room = AFLOWI_NO_INDEX;
    s->timeout = AFLOWI_NEVER;
    s->timer = aflowi_add_op(plan, arena, AFLOWI_NO_INDEX, AFLOWI_OP_TIMER, plan->stations_count - 1, 0);
    return s;
}

static void aflowi_limit_station(aflowi_station_plan *s, const aflow_resource *r)
{
    s->room = r->overflow == AFLOW_OVERFLOW_REJECT ? 0 : r->max_waiting ? r->max_waiting : AFLOWI_NO_INDEX;
    if (r->acquire_timeout > 0) s->timeout = aflowi_scale(r->acquire_timeout, AFLOWI_TICKS_PER_S);
    if (s->kind == AFLOWI_STATION_COUNTED) s->discipline = r->discipline;
}

/* `rate` tokens come in `period` ticks. Its 53 bits are all kept down to a rate of 2^-7. */
static void aflowi_fill_bucket(aflowi_station_plan *s, double rate, uint64_t period, double burst)
{
    aflowi_exact r = aflowi_unpack(rate);
    int32_t m = r.top > 2 ? 62 - r.top : 60;
    uint64_t whole = (uint64_t)burst, part = aflowi_scale(burst - (double)whole, (uint64_t)1 << 32);
    s->rate = aflowi_round_to(r, r.top + m);
    if (!s->rate) s->rate = 1;
    s->token.hi = period >> (64 - m);
    s->token.lo = period << m;
    s->burst.hi = s->token.hi >> 32;
    s->burst.lo = s->token.hi << 32 | s->token.lo >> 32;
    s->burst = aflowi_wide_times(s->burst, part);
    aflowi_wide_add_product(&s->burst, s->token.lo, whole);
    s->burst.hi += s->token.hi * whole;
}

/* A provider's limit: a minute's worth. */
static int aflowi_add_minute(aflowi_plan *plan, aflowi_arena *arena, aflowi_station_kind kind, uint32_t account, double per_minute)
{
    aflowi_station_plan *s = aflowi_add_station(plan, arena, kind, account);
    if (s) aflowi_fill_bucket(s, per_minute, 60 * AFLOWI_TICKS_PER_S, per_minute);
    return s != NULL;
}

static int aflowi_add_limiter(aflowi_plan *plan, aflowi_arena *arena, const aflow_resource *r, uint32_t account)
{
    aflowi_station_plan *s = aflowi_add_station(plan, arena, AFLOWI_STATION_BUCKET, account);
    if (!s) return 0;
    aflowi_fill_bucket(s, r->rate, AFLOWI_TICKS_PER_S, r->burst);
    s->interval = aflowi_scale(r->refill_interval, AFLOWI_TICKS_PER_S);
    return 1;
}

/* A model: its limits of calls and tokens a minute, then calls at once, which may be any number. */
static int aflowi_add_model(aflowi_plan *plan, aflowi_arena *arena, const aflow_resource *r, uint32_t account, aflowi_resource_plan *out)
{
    aflowi_station_plan *s;
    if (r->requests_per_minute > 0 && !aflowi_add_minute(plan, arena, AFLOWI_STATION_BUCKET, account, r->requests_per_minute)) return 0;
    if (r->tokens_per_minute > 0 && !aflowi_add_minute(plan, arena, AFLOWI_STATION_TOKENS, account, r->tokens_per_minute)) return 0;
    s = aflowi_add_station(plan, arena, AFLOWI_STATION_COUNTED, account);
    if (!s) return 0;
    if (r->capacity) s->capacity = r->capacity;
    out->first_token = aflowi_add_variable(plan, arena, &r->time_to_first_token, AFLOWI_TICKS_PER_S);
    out->output_token = aflowi_add_variable(plan, arena, &r->time_per_output_token, AFLOWI_TICKS_PER_S);
    return 1;
}

static int aflowi_add_gpu(aflowi_plan *plan, aflowi_arena *arena, const aflow_resource *r, uint32_t account, aflowi_resource_plan *out)
{
    aflowi_station_plan *s = aflowi_add_station(plan, arena, AFLOWI_STATION_BATCHES, account);
    aflowi_gpu_plan *g = s ? aflowi_more_gpus(plan, arena) : NULL;
    if (!g) return 0;
    out->gpu = s->gpu = plan->gpus_count - 1;
    g->station = plan->stations_count - 1;
    g->slots = s->capacity = r->slots;
    g->most = r->max_batch_size;
    g->wait = aflowi_scale(r->max_batch_wait, AFLOWI_TICKS_PER_S);
    g->base = aflowi_add_variable(plan, arena, &r->batch_time, AFLOWI_TICKS_PER_S);
    g->item = aflowi_add_variable(plan, arena, &r->item_time, AFLOWI_TICKS_PER_S);
    g->batch_end = aflowi_add_op(plan, arena, AFLOWI_NO_INDEX, AFLOWI_OP_BATCH_END, out->gpu, 0);
    g->best_s = r->batch_time.mean / g->most + r->item_time.mean;
    return 1;
}

static int aflowi_add_database(aflowi_plan *plan, aflowi_arena *arena, const aflow_resource *r, aflowi_resource_plan *out)
{
    aflowi_sharing_plan *s = aflowi_more_sharings(plan, arena);
    if (!s) return 0;
    out->sharing = plan->sharings_count - 1;
    s->contention = aflowi_scale(r->contention, (uint64_t)1 << 32);
    s->coherency = aflowi_scale(r->coherency, (uint64_t)1 << 32);
    s->timer = aflowi_add_op(plan, arena, AFLOWI_NO_INDEX, AFLOWI_OP_SHARE_END, out->sharing, 0);
    return 1;
}

/* --- Caches ------------------------------------------------------------------- */

/* 1 / k^exponent, for k from 1. */
static double aflowi_zipf_weight(uint32_t k, double exponent) { return k == 1 ? 1 : aflowi_exp(-aflowi_mul(exponent, aflowi_ln((double)k))); }

/* Walker's alias method (A. J. Walker, ACM TOMS 3, 1977; the tables by M. D. Vose, IEEE TSE 17, 1991): each key has an equal
   share of the draws, up to its threshold its own, the rest its alias'. */
static void aflowi_fill_aliases(aflowi_cache_plan *c, double exponent, double *weight, uint64_t *share, uint32_t *stack)
{
    const uint64_t even = (uint64_t)1 << 32;
    uint32_t n = c->keys, poor = 0, rich = n, i;
    double total = 0;
    for (i = 0; i < n; i++) total = aflowi_add(total, weight[i] = aflowi_zipf_weight(i + 1, exponent));
    for (i = 0; i < n; i++) {
        c->most_hits = i < c->capacity ? aflowi_add(c->most_hits, aflowi_div(weight[i], total)) : c->most_hits;
        share[i] = aflowi_scale(aflowi_mul(aflowi_div(weight[i], total), n), even);
        c->alias[i] = i;
        c->threshold[i] = AFLOWI_NO_INDEX;
        if (share[i] < even) stack[poor++] = i;
        else stack[--rich] = i;
    }
    while (poor && rich < n) {
        uint32_t from = stack[--poor], to = stack[rich];
        c->threshold[from] = (uint32_t)share[from];
        c->alias[from] = to;
        share[to] -= even - share[from];
        if (share[to] >= even) continue;
        rich++;
        stack[poor++] = to;
    }
}

static int aflowi_make_keys(aflowi_cache_plan *c, double exponent, aflowi_arena *arena)
{
    size_t n = c->keys;
    double *weight = (double *)aflowi_resize(&arena->allocator, NULL, 0, n * sizeof *weight);
    uint64_t *share = (uint64_t *)aflowi_resize(&arena->allocator, NULL, 0, n * sizeof *share);
    uint32_t *stack = (uint32_t *)aflowi_resize(&arena->allocator, NULL, 0, n * sizeof *stack);
    int ok = weight && share && stack;
    c->threshold = (uint32_t *)aflowi_arena_array(arena, n, sizeof *c->threshold);
    c->alias = (uint32_t *)aflowi_arena_array(arena, n, sizeof *c->alias);
    ok = ok && c->threshold && c->alias;
    if (ok) aflowi_fill_aliases(c, exponent, weight, share, stack);
    aflowi_free(&arena->allocator, weight, n * sizeof *weight);
    aflowi_free(&arena->allocator, share, n * sizeof *share);
    aflowi_free(&arena->allocator, stack, n * sizeof *stack);
    return ok;
}

static int aflowi_add_cache(aflowi_plan *plan, aflowi_arena *arena, const aflow_resource *r, uint32_t account, aflowi_resource_plan *out)
{
    aflowi_cache_plan *c = aflowi_more_caches(plan, arena);
    if (!c) return 0;
    out->cache = plan->caches_count - 1;
    c->account = account;
    c->chance = AFLOWI_NO_INDEX;
    c->time_to_live = r->time_to_live > 0 ? aflowi_scale(r->time_to_live, AFLOWI_TICKS_PER_S) : AFLOWI_NEVER;
    c->single_flight = r->single_flight != 0;
    c->keys = r->keys;
    c->capacity = r->capacity && r->capacity < r->keys ? r->capacity : r->keys;
    if (c->keys) return aflowi_make_keys(c, r->zipf_exponent == AFLOW_ZERO ? 0 : r->zipf_exponent == 0 ? 1 : r->zipf_exponent, arena);
    c->most_hits = r->hit_probability > 0 ? r->hit_probability : 0;
    if (c->most_hits > 0) c->chance = aflowi_add_chance(plan, arena, c->most_hits);
    return 1;
}

/* --- Resources ------------------------------------------------------------------ */

static int aflowi_plan_resource(aflowi_plan *plan, aflowi_arena *arena, const aflow_resource *r, uint32_t account, aflowi_resource_plan *out)
{
    aflowi_station_plan *s;
    uint32_t i;
    int ok = 1;
    out->stations = plan->stations_count;
    switch (r->kind) {
    case AFLOW_RESOURCE_CONNECTION_POOL: case AFLOW_RESOURCE_DATABASE:
        s = aflowi_add_station(plan, arena, AFLOWI_STATION_COUNTED, account);
        if (s) s->capacity = r->capacity;
        if (r->contention > 0 || r->coherency > 0) ok = aflowi_add_database(plan, arena, r, out);
        break;
    case AFLOW_RESOURCE_RATE_LIMITER: ok = aflowi_add_limiter(plan, arena, r, account); break;
    case AFLOW_RESOURCE_CACHE: ok = aflowi_add_cache(plan, arena, r, account, out); break;
    case AFLOW_RESOURCE_LLM: ok = aflowi_add_model(plan, arena, r, account, out); break;
    default: ok = aflowi_add_gpu(plan, arena, r, account, out); break;
    }
    out->stations_count = plan->stations_count - out->stations;
    for (i = 0; ok && i < out->stations_count; i++) {
        s = &plan->stations[out->stations + i];
        aflowi_limit_station(s, r);
        s->is_first = i == 0;
        s->is_last = i + 1 == out->stations_count;
    }
    return ok && !arena->failed;
}

static int aflowi_plan_resource_list(aflowi_plan *plan, aflowi_arena *arena, const aflow_resource *list, size_t count, uint32_t server)
{
    size_t i;
    for (i = 0; i < count; i++) {
        uint32_t index = plan->resources_count++;
        aflowi_resource_plan *out = &plan->resources[index];
        out->desc = &list[i];
        out->server = server;
        out->sharing = out->cache = out->gpu = out->first_token = out->output_token = AFLOWI_NO_INDEX;
        out->name = server == AFLOWI_NO_INDEX ? list[i].id : aflowi_own_name(arena, plan->scenario->topology_graph.nodes.servers[server].id, list[i].id);
        if (!out->name || !aflowi_plan_resource(plan, arena, &list[i], index, out)) return 0;
        aflowi_names_add(&plan->resource_names, out->name, aflowi_id_of(AFLOWI_ID_RESOURCE, index));
    }
    return 1;
}

/* Before the endpoints, so that their samplers come first: an endpoint's end where the next one's begin. */
static int aflowi_plan_resources(aflowi_plan *plan, aflowi_arena *arena)
{
    const aflow_nodes *nodes = &plan->scenario->topology_graph.nodes;
    size_t count = nodes->resources_count, i;
    for (i = 0; i < nodes->servers_count; i++) count += nodes->servers[i].resources_count;
    plan->resources = (aflowi_resource_plan *)aflowi_arena_array(arena, count, sizeof *plan->resources);
    if (!plan->resources || !aflowi_names_init(&plan->resource_names, arena, count)) return 0;
    plan->accounts_count = (uint32_t)count;
    if (!aflowi_plan_resource_list(plan, arena, nodes->resources, nodes->resources_count, AFLOWI_NO_INDEX)) return 0;
    for (i = 0; i < nodes->servers_count; i++) {
        plan->servers[i].resources = plan->resources_count;
        plan->servers[i].resources_count = (uint32_t)nodes->servers[i].resources_count;
        if (!aflowi_plan_resource_list(plan, arena, nodes->servers[i].resources, nodes->servers[i].resources_count, (uint32_t)i)) return 0;
    }
    return 1;
}

/* The one that a step names: the server's own, else shared. */
static const aflowi_resource_plan *aflowi_resource_named(const aflowi_plan *plan, uint32_t server, const char *name)
{
    const aflowi_server_plan *s = &plan->servers[server];
    aflow_id id;
    uint32_t i;
    if (!name) return NULL;
    for (i = 0; i < s->resources_count; i++) {
        if (strcmp(plan->resources[s->resources + i].desc->id, name) == 0) return &plan->resources[s->resources + i];
    }
    id = aflowi_names_find(&plan->resource_names, name);
    return id ? &plan->resources[aflowi_id_index(id)] : NULL;
}

/* --- What servers are made of ------------------------------------------------------ */

/* A bit for each kind of step that a server has, at any depth. */
static uint32_t aflowi_kinds_of_steps(const aflow_server *s)
{
    uint32_t kinds = 0;
    aflowi_walk w;
    aflowi_visit v;
    w.depth = 0;
    aflowi_walk_push(&w, NULL, AFLOWI_SERVER, (void *)(uintptr_t)s, 0);
    while (aflowi_walk_next(&w, &v)) {
        if (v.kind == AFLOWI_VISIT_ITEM && v.field->sub == AFLOWI_STEP) kinds |= 1u << ((const aflow_step *)v.base)->kind;
    }
    return kinds;
}

static int aflowi_plan_admission(aflowi_plan *plan, aflowi_arena *arena, const aflow_server_resources *r, aflowi_server_plan *out)
{
    aflowi_station_plan *s = aflowi_add_station(plan, arena, AFLOWI_STATION_COUNTED, plan->accounts_count++);
    if (!s) return 0;
    out->admission = plan->stations_count - 1;
    s->capacity = r->max_concurrency;
    s->room = r->overflow == AFLOW_OVERFLOW_REJECT ? 0 : r->backlog ? r->backlog : AFLOWI_NO_INDEX;
    return 1;
}

static int aflowi_plan_threads(aflowi_plan *plan, aflowi_arena *arena, const aflow_server_resources *r, aflowi_server_plan *out)
{
    uint32_t i, account = plan->accounts_count++;
    out->threads = plan->stations_count;
    for (i = 0; i < out->workers; i++) {
        aflowi_station_plan *s = aflowi_add_station(plan, arena, AFLOWI_STATION_COUNTED, account);
        if (!s) return 0;
        s->capacity = r->threads;
    }
    return 1;
}

/* Event loops are modelled where something can hold one up: a lock, or a step that blocks. */
static int aflowi_plan_processes(aflowi_plan *plan, aflowi_arena *arena, const aflow_server *s, aflowi_server_plan *out)
{
    const aflow_server_resources *r = &s->server_resources;
    uint32_t kinds = aflowi_kinds_of_steps(s), threaded = 1u << AFLOW_STEP_THREAD_IO | 1u << AFLOW_STEP_THREAD_CPU;
    int gil = r->interpreter_lock == AFLOW_LOCK_GIL || (r->interpreter_lock == AFLOW_LOCK_DEFAULT && r->workers);
    out->workers = r->workers ? r->workers : 1;
    out->blocks = (kinds >> AFLOW_STEP_BLOCKING_IO) & 1;
    out->loop_slots = gil ? 1 : out->blocks ? r->cpu_cores : 0;
    out->locks = gil && (kinds >> AFLOW_STEP_THREAD_CPU & 1);
    out->switch_interval = aflowi_scale(r->switch_interval, AFLOWI_TICKS_PER_S);
    if (!out->switch_interval) out->switch_interval = 1;
    out->admission = out->threads = AFLOWI_NO_INDEX;
    if (r->max_concurrency && !aflowi_plan_admission(plan, arena, r, out)) return 0;
    return !(kinds & threaded) || aflowi_plan_threads(plan, arena, r, out);
}

/* --- Programs: what a request holds ------------------------------------------------- */

/* Where a request is, as a set: behind a join of branches it may be in several, and then carries the one as its mark. */
enum { AFLOWI_NOWHERE = 1, AFLOWI_ON_CORE = 2, AFLOWI_ON_LOOP = 4, AFLOWI_IN_IO = 8 };

/* What is given back when a request is turned away in the middle of its program. */
typedef struct aflowi_held { uint32_t release; uint32_t target; uint64_t amount; } aflowi_held;
#define AFLOWI_MOST_HELD (AFLOWI_STEPS_DEPTH + 8u)

/* A TAKE that may turn away: the program to go on with is emitted at the end. */
typedef struct aflowi_cleanup {
    struct aflowi_cleanup *next;
    uint32_t op, places, held_count;
    aflowi_held held[AFLOWI_MOST_HELD];
} aflowi_cleanup;

/* A background task: its program is emitted at the end, too. */
typedef struct aflowi_task {
    struct aflowi_task *next;
    uint32_t op;
    const aflow_step *step;
} aflowi_task;

/* A list of steps that is being emitted; of a branch or a cache, first one side and then the other. */
typedef struct aflowi_side {
    const aflow_step *steps, *otherwise;
    size_t count, at, otherwise_count;
    uint32_t fork;              /* its BRANCH or LOOK, AFLOWI_NO_INDEX: a plain list */
    uint32_t end;               /* the first side's MARK and JUMP */
    uint32_t places;            /* at the fork, then those of the first side's end */
    uint32_t stores;            /* 1: a miss of a cache, in `cache`, and */
    uint32_t cache, level;
    int is_second;
    double weight, chance;      /* at the fork; of the first side */
} aflowi_side;

typedef struct aflowi_program_builder {
    aflowi_plan *plan;
    aflowi_arena *arena;
    uint32_t server, endpoint;
    uint32_t places;
    int waits_to_run;           /* an ACCEPT or LOOP_ENTER whose RUNNING is not emitted yet */
    uint32_t level;             /* keys of caches in use */
    double weight;              /* how often a request does what is emitted now, on average */
    aflowi_held held[AFLOWI_MOST_HELD];
    uint32_t held_count;
    aflowi_cleanup *cleanups, **last_cleanup;
    aflowi_task *tasks, **last_task;
    aflowi_op nothing;          /* stands for ops that memory did not hold */
} aflowi_program_builder;

static uint32_t aflowi_emit(aflowi_program_builder *b, aflowi_op_code code, uint32_t target, uint64_t amount)
{
    b->plan->carries_more |= code > AFLOWI_OP_UNLESS;
    return aflowi_add_op(b->plan, b->arena, b->server, code, target, amount);
}

/* To be completed later. */
static aflowi_op *aflowi_emitted(aflowi_program_builder *b, uint32_t op) { return b->arena->failed ? &b->nothing : &b->plan->ops[op]; }

static uint32_t aflowi_resource_index(uint32_t server, uint32_t which) { return server * AFLOWI_RESOURCES + which; }
static uint32_t aflowi_cores_of(const aflowi_program_builder *b) { return aflowi_resource_index(b->server, AFLOWI_CORES); }
static const aflowi_server_plan *aflowi_server_of(const aflowi_program_builder *b) { return &b->plan->servers[b->server]; }
static aflowi_endpoint_plan *aflowi_endpoint_of(const aflowi_program_builder *b) { return &b->plan->endpoints[b->endpoint]; }

static void aflowi_hold_on(aflowi_program_builder *b, aflowi_op_code release, uint32_t target, uint64_t amount)
{
    aflowi_held *h = &b->held[b->held_count++];
    h->release = (uint32_t)release;
    h->target = target;
    h->amount = amount;
}

/* Gives back what was held last. */
static void aflowi_let_go(aflowi_program_builder *b)
{
    const aflowi_held *h = &b->held[--b->held_count];
    aflowi_emit(b, (aflowi_op_code)h->release, h->target, h->amount);
}

/* --- Programs: going from one place to another ---------------------------------------- */

static void aflowi_emit_running(aflowi_program_builder *b)
{
    if (b->waits_to_run) aflowi_emit(b, AFLOWI_OP_RUNNING, b->server, 0);
    b->waits_to_run = 0;
}

static void aflowi_emit_loop(aflowi_program_builder *b)
{
    if (!aflowi_server_of(b)->loop_slots) return;
    aflowi_emit(b, AFLOWI_OP_LOOP_ENTER, b->server, 0);
    b->waits_to_run = 1;
}

static void aflowi_emit_core(aflowi_program_builder *b)
{
    if (aflowi_server_of(b)->locks) aflowi_emit(b, AFLOWI_OP_LOCK, b->server, 0);
    aflowi_emit(b, AFLOWI_OP_ACQUIRE, aflowi_cores_of(b), 0);
    aflowi_emit_running(b);
}

static void aflowi_emit_no_core(aflowi_program_builder *b)
{
    aflowi_emit(b, AFLOWI_OP_RELEASE, aflowi_cores_of(b), 0);
    if (aflowi_server_of(b)->locks) aflowi_emit(b, AFLOWI_OP_UNLOCK, b->server, 0);
}

static void aflowi_emit_move(aflowi_program_builder *b, uint32_t from, uint32_t to)
{
    if (from == AFLOWI_ON_CORE) aflowi_emit_no_core(b);
    if ((from == AFLOWI_ON_LOOP || from == AFLOWI_ON_CORE) && to != AFLOWI_ON_CORE && to != AFLOWI_ON_LOOP) {
        aflowi_emit_running(b);
        if (aflowi_server_of(b)->loop_slots) aflowi_emit(b, AFLOWI_OP_LOOP_LEAVE, b->server, 0);
    }
    if (from == AFLOWI_IN_IO) aflowi_emit(b, AFLOWI_OP_IO_LEAVE, b->server, 0);
    if (to == AFLOWI_IN_IO) aflowi_emit(b, AFLOWI_OP_IO_ENTER, b->server, 0);
    if (to != AFLOWI_ON_CORE && to != AFLOWI_ON_LOOP) return;
    if (from == AFLOWI_NOWHERE || from == AFLOWI_IN_IO) aflowi_emit_loop(b);
    if (to == AFLOWI_ON_CORE) aflowi_emit_core(b);
    else aflowi_emit_running(b);
}

/* To one place from each that the request may be in. */
static void aflowi_emit_go(aflowi_program_builder *b, uint32_t to)
{
    uint32_t from = b->places & ~to, ends[4], count = 0, place, fork = 0;
    int was_ready = b->waits_to_run;
    for (place = AFLOWI_NOWHERE; place <= AFLOWI_IN_IO; place <<= 1) {
        int is_only = b->places == place;
        if (!(from & place)) continue;
        if (!is_only) fork = aflowi_emit(b, AFLOWI_OP_UNLESS, 0, place);
        b->waits_to_run = was_ready && is_only;
        aflowi_emit_move(b, place, to);
        if (is_only) continue;
        ends[count++] = aflowi_emit(b, AFLOWI_OP_JUMP, 0, 0);
        aflowi_emitted(b, fork)->target = b->plan->ops_count;
    }
    while (count) aflowi_emitted(b, ends[--count])->target = b->plan->ops_count;
    b->places = to;
}

static int aflowi_is_one_place(uint32_t places) { return (places & (places - 1)) == 0; }

/* --- Programs: being turned away --------------------------------------------------------- */

/* The op may go on at a program that gives back what is held now and ends the request. */
static void aflowi_may_turn_away(aflowi_program_builder *b, uint32_t op)
{
    aflowi_cleanup *c = (aflowi_cleanup *)aflowi_arena_alloc(b->arena, sizeof *c);
    if (!c) return;
    c->op = op;
    c->places = b->places;
    c->held_count = b->held_count;
    memcpy(c->held, b->held, sizeof c->held);
    *b->last_cleanup = c;
    b->last_cleanup = &c->next;
}

static void aflowi_emit_cleanups(aflowi_program_builder *b)
{
    const aflowi_cleanup *c;
    for (c = b->cleanups; c; c = c->next) {
        aflowi_op *op = aflowi_emitted(b, c->op);
        op->amount = (op->amount & ~(uint64_t)AFLOWI_NO_INDEX) | b->plan->ops_count;
        b->places = c->places;
        b->held_count = c->held_count;
        memcpy(b->held, c->held, sizeof b->held);
        aflowi_emit_go(b, AFLOWI_NOWHERE);
        while (b->held_count) aflowi_let_go(b);
        aflowi_emit(b, AFLOWI_OP_REJECT, b->server, 0);
    }
}

/* Whether someone may be turned away there. */
static int aflowi_station_is_strict(const aflowi_station_plan *s) { return s->room != AFLOWI_NO_INDEX || s->timeout != AFLOWI_NEVER; }

static void aflowi_emit_take(aflowi_program_builder *b, aflowi_op_code code, uint32_t station)
{
    uint32_t op = aflowi_emit(b, code, station, 0);
    if (!b->arena->failed && aflowi_station_is_strict(&b->plan->stations[station])) aflowi_may_turn_away(b, op);
}

/* --- Programs: what the limits must serve -------------------------------------------------- */

/* What a request of this endpoint demands: a share of what the limit can serve in a second, as often as it gets here. */
static void aflowi_demand_of(aflowi_program_builder *b, uint32_t account, uint32_t limit, double share)
{
    aflowi_demand *d = aflowi_more_demands(b->plan, b->arena);
    if (!d) return;
    d->endpoint = b->endpoint;
    d->account = account;
    d->limit = limit;
    d->share = aflowi_mul(b->weight, share);
}

/* What n at work do in the time that one alone does one. */
static double aflowi_shared_work_of(const aflow_resource *r, double n)
{
    double slowdown = aflowi_add(aflowi_add(1, aflowi_mul(r->contention, n - 1)), aflowi_mul(r->coherency, aflowi_mul(n, n - 1)));
    return n / slowdown;
}

/* The most that a database can do: with sqrt((1 - contention) / coherency) in it, or as many as may be. */
static double aflowi_most_work(const aflow_resource *r)
{
    double best = aflowi_shared_work_of(r, r->capacity), peak, other;
    if (!(r->coherency > 0) || r->contention >= 1) return best > 1 ? best : 1;
    peak = aflowi_sqrt((1 - r->contention) / r->coherency);
    if (peak >= r->capacity) return best;
    peak = (double)(uint64_t)peak;
    other = aflowi_shared_work_of(r, peak + 1);
    if (other > best) best = other;
    other = peak >= 1 ? aflowi_shared_work_of(r, peak) : 1;
    return other > best ? other : best;
}

static void aflowi_demand_time(aflowi_program_builder *b, uint32_t station, uint32_t limit, double seconds)
{
    const aflowi_station_plan *s = &b->plan->stations[station];
    if (!b->arena->failed && s->capacity != AFLOWI_NO_INDEX) aflowi_demand_of(b, s->account, limit, seconds / s->capacity);
}

/* --- Programs: steps ---------------------------------------------------------------------- */

/* An op about a duration, the constant kind or the random one. */
static void aflowi_emit_duration(aflowi_program_builder *b, aflowi_op_code constant, aflowi_op_code random, uint32_t target, const aflow_random_variable *v)
{
    aflowi_sampler s = aflowi_sampler_for(v, 0, AFLOWI_TICKS_PER_S, b->arena);     /* AsyncFlow has no random steps to be compatible with */
    if (s.law == AFLOWI_LAW_CONSTANT) aflowi_emit(b, constant, target, s.base);
    else aflowi_emit(b, random, target, aflowi_add_sampler(b->plan, b->arena, s));
}

static void aflowi_emit_hold(aflowi_program_builder *b, const aflow_random_variable *duration)
{
    aflowi_emit_duration(b, AFLOWI_OP_HOLD, AFLOWI_OP_HOLD_RANDOM, b->plan->ops_count + 1, duration);
}

/* So much computing as the request has left, cut into slices where others wait for the lock. */
static void aflowi_emit_slices(aflowi_program_builder *b)
{
    uint32_t slice = aflowi_emit(b, AFLOWI_OP_SLICE, b->server, 0), sliced = aflowi_emit(b, AFLOWI_OP_SLICED, b->server, 0);
    aflowi_emit_no_core(b);
    aflowi_emit_core(b);
    aflowi_emit(b, AFLOWI_OP_JUMP, slice, 0);
    aflowi_emitted(b, sliced)->amount = b->plan->ops_count;
}

static void aflowi_emit_computation(aflowi_program_builder *b, const aflow_random_variable *duration)
{
    if (!aflowi_server_of(b)->locks) {
        aflowi_emit_duration(b, AFLOWI_OP_COMPUTE, AFLOWI_OP_COMPUTE_RANDOM, b->plan->ops_count + 1, duration);
        return;
    }
    aflowi_emit_duration(b, AFLOWI_OP_AMOUNT, AFLOWI_OP_AMOUNT_RANDOM, 0, duration);
    aflowi_emit_slices(b);
}

static void aflowi_emit_cpu(aflowi_program_builder *b, const aflow_step *step)
{
    aflowi_emit_go(b, AFLOWI_ON_CORE);
    aflowi_emit_computation(b, &step->cpu_time);
    aflowi_endpoint_of(b)->cpu_s += aflowi_mul(b->weight, step->cpu_time.mean);
    aflowi_endpoint_of(b)->loop_s += aflowi_mul(b->weight, step->cpu_time.mean);
}

/* A wait that may hold a place of a pool or database, and one of the server's own connections. */
static void aflowi_emit_wait(aflowi_program_builder *b, const aflow_step *step)
{
    const aflowi_resource_plan *r = aflowi_resource_named(b->plan, b->server, step->resource);
    int pooled = step->kind == AFLOW_STEP_IO_DB && aflowi_server_of(b)->capacity[AFLOWI_DB], placed = r && r->desc->kind != AFLOW_RESOURCE_CACHE;
    uint32_t pool = aflowi_resource_index(b->server, AFLOWI_DB), held = b->held_count;
    if (pooled) {
        aflowi_emit(b, AFLOWI_OP_ACQUIRE, pool, 0);
        aflowi_hold_on(b, AFLOWI_OP_RELEASE, pool, 0);
    }
    if (placed) {
        aflowi_emit_take(b, AFLOWI_OP_TAKE, r->stations);
        aflowi_hold_on(b, AFLOWI_OP_GIVE, r->stations, 0);
        aflowi_demand_of(b, b->plan->stations[r->stations].account, 0, step->io_waiting_time.mean / aflowi_most_work(r->desc));
    }
    if (placed && r->sharing != AFLOWI_NO_INDEX) {
        aflowi_emit_duration(b, AFLOWI_OP_AMOUNT, AFLOWI_OP_AMOUNT_RANDOM, 0, &step->io_waiting_time);
        aflowi_emit(b, AFLOWI_OP_SHARE, r->sharing, 0);
    } else {
        aflowi_emit_hold(b, &step->io_waiting_time);
    }
    while (b->held_count > held) aflowi_let_go(b);
    aflowi_endpoint_of(b)->io_s += aflowi_mul(b->weight, step->io_waiting_time.mean);
    if (step->kind == AFLOW_STEP_IO_DB) aflowi_endpoint_of(b)->db_s += aflowi_mul(b->weight, step->io_waiting_time.mean);
}

static void aflowi_emit_blocking(aflowi_program_builder *b, const aflow_step *step)
{
    aflowi_emit_go(b, AFLOWI_ON_LOOP);
    aflowi_emit_running(b);
    aflowi_emit(b, AFLOWI_OP_BLOCK, b->server, 0);
    aflowi_hold_on(b, AFLOWI_OP_UNBLOCK, b->server, 0);
    aflowi_emit_wait(b, step);
    aflowi_let_go(b);
    aflowi_endpoint_of(b)->loop_s += aflowi_mul(b->weight, step->io_waiting_time.mean);
}

/* While its thread works the request sleeps in I/O, as its loop sees it. */
static void aflowi_emit_thread(aflowi_program_builder *b, const aflow_step *step)
{
    uint32_t pool = aflowi_server_of(b)->threads;
    double seconds = step->kind == AFLOW_STEP_THREAD_CPU ? step->cpu_time.mean : step->io_waiting_time.mean;
    aflowi_emit_go(b, AFLOWI_IN_IO);
    aflowi_emit_take(b, AFLOWI_OP_TAKE_OWN, pool);
    aflowi_hold_on(b, AFLOWI_OP_GIVE_OWN, pool, 0);
    aflowi_demand_time(b, pool, 0, seconds / aflowi_server_of(b)->workers);
    if (step->kind == AFLOW_STEP_THREAD_CPU) {
        aflowi_emit_core(b);
        aflowi_emit_computation(b, &step->cpu_time);
        aflowi_emit_no_core(b);
        aflowi_endpoint_of(b)->cpu_s += aflowi_mul(b->weight, seconds);
    } else {
        aflowi_emit_wait(b, step);
    }
    aflowi_let_go(b);
}

/* A token that is there is taken in passing; only who has to wait gives up its core for that time. */
static void aflowi_emit_rate_limit(aflowi_program_builder *b, const aflow_step *step)
{
    const aflowi_resource_plan *r = aflowi_resource_named(b->plan, b->server, step->resource);
    const aflowi_station_plan *s = &b->plan->stations[r->stations];
    uint32_t before, attempt, end;
    aflowi_demand_of(b, s->account, 0, 1 / r->desc->rate);
    aflowi_emit_running(b);
    before = b->places;
    if (s->room == 0 || before == AFLOWI_IN_IO) {
        aflowi_emit_take(b, AFLOWI_OP_TAKE, r->stations);
        return;
    }
    attempt = aflowi_emit(b, AFLOWI_OP_TRY, r->stations, 0);
    aflowi_emit_go(b, AFLOWI_IN_IO);
    aflowi_emit_take(b, AFLOWI_OP_TAKE, r->stations);
    aflowi_emit(b, AFLOWI_OP_MARK, 0, AFLOWI_IN_IO);
    end = aflowi_emit(b, AFLOWI_OP_JUMP, 0, 0);
    aflowi_emitted(b, attempt)->amount = b->plan->ops_count;
    if (aflowi_is_one_place(before)) aflowi_emit(b, AFLOWI_OP_MARK, 0, before);
    aflowi_emitted(b, end)->target = b->plan->ops_count;
    b->places = before | AFLOWI_IN_IO;
}

static void aflowi_emit_gpu(aflowi_program_builder *b, const aflow_step *step)
{
    const aflowi_resource_plan *r = aflowi_resource_named(b->plan, b->server, step->resource);
    const aflowi_gpu_plan *g = &b->plan->gpus[r->gpu];
    uint32_t op;
    aflowi_emit_go(b, AFLOWI_IN_IO);
    op = aflowi_emit(b, AFLOWI_OP_JOIN, r->gpu, 0);
    if (!b->arena->failed && aflowi_station_is_strict(&b->plan->stations[g->station])) aflowi_may_turn_away(b, op);
    aflowi_demand_time(b, g->station, 0, g->best_s);
    aflowi_endpoint_of(b)->io_s += aflowi_mul(b->weight, r->desc->batch_time.mean + r->desc->item_time.mean);
}

static double aflowi_call_seconds(const aflow_step *step, const aflow_resource *r)
{
    if (step->io_waiting_time.mean > 0) return step->io_waiting_time.mean;
    return r->time_to_first_token.mean + aflowi_mul(r->time_per_output_token.mean, step->output_tokens.mean);
}

static void aflowi_demand_call(aflowi_program_builder *b, const aflowi_resource_plan *r, double tokens, double seconds)
{
    uint32_t account = (uint32_t)(r - b->plan->resources);
    if (r->desc->requests_per_minute > 0) aflowi_demand_of(b, account, 0, 60 / r->desc->requests_per_minute);
    if (r->desc->tokens_per_minute > 0) aflowi_demand_of(b, account, 1, aflowi_mul(tokens, 60) / r->desc->tokens_per_minute);
    aflowi_demand_time(b, r->stations + r->stations_count - 1, 2, seconds);
}

static void aflowi_emit_call(aflowi_program_builder *b, const aflow_step *step, const aflowi_resource_plan *r)
{
    aflowi_call_plan *c = aflowi_more_calls(b->plan, b->arena);
    uint32_t call = b->plan->calls_count - 1, i, last = r->stations + r->stations_count - 1;
    double seconds = aflowi_call_seconds(step, r->desc);
    if (!c) return;
    c->resource = (uint32_t)(r - b->plan->resources);
    c->input = aflowi_add_variable(b->plan, b->arena, &step->input_tokens, 1);
    c->output = aflowi_add_variable(b->plan, b->arena, &step->output_tokens, 1);
    c->latency = aflowi_add_variable(b->plan, b->arena, &step->io_waiting_time, AFLOWI_TICKS_PER_S);
    c->first_token = r->first_token;
    c->output_token = r->output_token;
    c->per_call = aflowi_scale(r->desc->price_per_call, AFLOWI_MONEY);
    c->per_input = aflowi_scale(r->desc->price_per_million_input_tokens, AFLOWI_MONEY / 1000000);
    c->per_output = aflowi_scale(r->desc->price_per_million_output_tokens, AFLOWI_MONEY / 1000000);
    aflowi_emit_go(b, AFLOWI_IN_IO);
    aflowi_emit(b, AFLOWI_OP_CALL_DRAW, call, 0);
    for (i = r->stations; i <= last; i++) aflowi_emit_take(b, AFLOWI_OP_TAKE, i);
    aflowi_emit(b, AFLOWI_OP_CALL_HOLD, call, 0);
    aflowi_emit(b, AFLOWI_OP_GIVE, last, 0);
    aflowi_demand_call(b, r, step->input_tokens.mean + step->output_tokens.mean, seconds);
    aflowi_endpoint_of(b)->io_s += aflowi_mul(b->weight, seconds);
}

static void aflowi_emit_custom(aflowi_program_builder *b, const aflow_step *step)
{
    const aflowi_resource_plan *r = aflowi_resource_named(b->plan, b->server, step->resource);
    aflowi_custom_plan *c = aflowi_more_customs(b->plan, b->arena);
    uint32_t custom = b->plan->customs_count - 1;
    if (!c) return;
    c->hook = step->hook;
    c->endpoint = b->endpoint;
    c->bits = aflowi_add_sampler(b->plan, b->arena, aflowi_sampler_of(AFLOWI_LAW_BITS, 0, 0, 0));
    c->sliced = step->hook->uses_core && aflowi_server_of(b)->locks;
    if (r) {
        aflowi_emit_go(b, AFLOWI_IN_IO);
        aflowi_emit_take(b, AFLOWI_OP_TAKE, r->stations);
        aflowi_hold_on(b, AFLOWI_OP_GIVE, r->stations, 0);
    }
    aflowi_emit_go(b, step->hook->uses_core ? AFLOWI_ON_CORE : AFLOWI_IN_IO);
    aflowi_may_turn_away(b, aflowi_emit(b, AFLOWI_OP_CUSTOM, custom, 0));
    if (c->sliced) aflowi_emit_slices(b);
    c->done = b->plan->ops_count;
    if (r) aflowi_let_go(b);
}

static void aflowi_emit_spawn(aflowi_program_builder *b, const aflow_step *step)
{
    aflowi_task *t = (aflowi_task *)aflowi_arena_alloc(b->arena, sizeof *t);
    if (!t) return;
    t->op = aflowi_emit(b, AFLOWI_OP_SPAWN, 0, 0);
    t->step = step;
    *b->last_task = t;
    b->last_task = &t->next;
}

/* The background tasks' programs stand behind the endpoint's own, one for each spawn in order. */
static void aflowi_emit_tasks(aflowi_program_builder *b)
{
    const aflowi_task *t;
    for (t = b->tasks; t; t = t->next) {
        aflowi_emitted(b, t->op)->target = b->plan->ops_count;
        aflowi_emit(b, AFLOWI_OP_IO_ENTER, b->server, 0);
        aflowi_emit_hold(b, &t->step->io_waiting_time);
        aflowi_emit(b, AFLOWI_OP_IO_LEAVE, b->server, 0);
        aflowi_emit(b, AFLOWI_OP_TASK_END, 0, 0);
    }
}

/* --- Programs: forks ----------------------------------------------------------------------- */

static aflowi_side aflowi_plain_side(const aflow_step *steps, size_t count)
{
    aflowi_side s;
    memset(&s, 0, sizeof s);
    s.steps = steps;
    s.count = steps ? count : 0;
    s.fork = AFLOWI_NO_INDEX;
    return s;
}

/* What is certain needs no draw, and no fork. */
static aflowi_side aflowi_open_branch(aflowi_program_builder *b, const aflow_step *step)
{
    double p = step->probability == AFLOW_ZERO ? 0 : step->probability == 0 ? 0.5 : step->probability;
    aflowi_side s = aflowi_plain_side(step->steps, step->steps_count);
    if (p >= 1) return s;
    if (!(p > 0)) return aflowi_plain_side(step->otherwise, step->otherwise_count);
    aflowi_emit_running(b);
    s.otherwise = step->otherwise;
    s.otherwise_count = step->otherwise ? step->otherwise_count : 0;
    s.fork = aflowi_emit(b, AFLOWI_OP_BRANCH, 0, aflowi_add_chance(b->plan, b->arena, p));
    s.places = b->places;
    s.weight = b->weight;
    s.chance = p;
    b->weight = aflowi_mul(b->weight, p);
    return s;
}

/* A look-up, then what a miss does. */
static aflowi_side aflowi_open_cache(aflowi_program_builder *b, const aflow_step *step, const aflowi_resource_plan *r)
{
    const aflowi_cache_plan *c = &b->plan->caches[r->cache];
    aflowi_side s = aflowi_plain_side(step->on_miss, step->on_miss_count);
    aflowi_emit_go(b, AFLOWI_IN_IO);
    aflowi_emit_hold(b, &step->io_waiting_time);
    aflowi_endpoint_of(b)->io_s += aflowi_mul(b->weight, step->io_waiting_time.mean);
    s.stores = 1;
    s.cache = r->cache;
    s.level = b->level;
    if (c->keys) {
        aflowi_emit(b, AFLOWI_OP_KEY, r->cache, b->level);
        if (++b->level > b->plan->key_levels) b->plan->key_levels = b->level;
    }
    s.fork = aflowi_emit(b, AFLOWI_OP_LOOK, r->cache, (uint64_t)s.level << 32);
    aflowi_hold_on(b, AFLOWI_OP_ABANDON, r->cache, s.level);
    s.places = b->places;
    s.weight = b->weight;
    s.chance = c->single_flight ? 0 : 1 - c->most_hits;     /* how many misses are fetched the load alone decides: none at least */
    b->weight = aflowi_mul(b->weight, s.chance);
    return s;
}

/* Behind the first side: jumps over the second. Its MARK is completed when the second side's end is known. */
static void aflowi_close_first(aflowi_program_builder *b, aflowi_side *s)
{
    uint32_t places = b->places;
    aflowi_op *fork;
    if (s->stores) {
        aflowi_emit(b, AFLOWI_OP_STORE, s->cache, s->level);
        b->held_count--;
        b->level = s->level;
    }
    aflowi_emit_running(b);
    s->end = aflowi_emit(b, AFLOWI_OP_MARK, 0, places);
    aflowi_emit(b, AFLOWI_OP_JUMP, 0, 0);
    fork = aflowi_emitted(b, s->fork);
    if (s->stores) fork->amount |= b->plan->ops_count;
    else fork->target = b->plan->ops_count;
    b->places = s->places;
    s->places = places;
    s->steps = s->otherwise;
    s->count = s->otherwise_count;
    s->at = 0;
    s->is_second = 1;
    b->weight = aflowi_mul(s->weight, 1 - s->chance);
}

static void aflowi_close_second(aflowi_program_builder *b, aflowi_side *s)
{
    uint32_t both = b->places | s->places;
    aflowi_emit_running(b);
    if (!aflowi_is_one_place(both) && aflowi_is_one_place(b->places)) aflowi_emit(b, AFLOWI_OP_MARK, 0, b->places);
    if (aflowi_is_one_place(both) || !aflowi_is_one_place(s->places)) {     /* no mark is needed, or it is there already */
        aflowi_emitted(b, s->end)->code = AFLOWI_OP_JUMP;
        aflowi_emitted(b, s->end)->target = b->plan->ops_count;
    }
    if (!b->arena->failed) b->plan->ops[s->end + 1].target = b->plan->ops_count;
    b->places = both;
    b->weight = s->weight;
}

/* --- Programs: endpoints ---------------------------------------------------------------------- */

/* RAM of all its steps is reserved first, so it is summed here; a draw's random parts are added at run time. */
static void aflowi_plan_ram(aflowi_plan *plan, aflowi_arena *arena, const aflow_endpoint *e, aflowi_endpoint_plan *out)
{
    double sum_mb = 0;
    uint64_t sum;
    size_t i;
    out->ram_samplers = plan->samplers_count;
    for (i = 0; i < e->steps_count; i++) {
        aflowi_sampler s;
        if (e->steps[i].kind != AFLOW_STEP_RAM) continue;
        s = aflowi_sampler_for(&e->steps[i].necessary_ram, 0, AFLOWI_RAM_UNIT, arena);
        out->ram_mb += e->steps[i].necessary_ram.mean;
        if (s.law == AFLOWI_LAW_CONSTANT) {
            sum_mb += e->steps[i].necessary_ram.mean;       /* rounded once, as the check does */
        } else {
            aflowi_add_sampler(plan, arena, s);
            out->ram_samplers_count++;
        }
    }
    sum = aflowi_scale(sum_mb, AFLOWI_RAM_UNIT);
    out->ram = sum < AFLOWI_NO_INDEX ? (uint32_t)sum : AFLOWI_NO_INDEX;
}

/* One step. Returns 1 when it opens a fork, whose first side is then in `side`. */
static int aflowi_emit_step(aflowi_program_builder *b, const aflow_step *s, aflowi_side *side)
{
    const aflowi_resource_plan *r = aflowi_resource_named(b->plan, b->server, s->resource);
    switch (s->kind) {
    case AFLOW_STEP_RAM: return 0;
    case AFLOW_STEP_INITIAL_PARSING: case AFLOW_STEP_CPU_BOUND_OPERATION: aflowi_emit_cpu(b, s); return 0;
    case AFLOW_STEP_BLOCKING_IO: aflowi_emit_blocking(b, s); return 0;
    case AFLOW_STEP_THREAD_IO: case AFLOW_STEP_THREAD_CPU: aflowi_emit_thread(b, s); return 0;
    case AFLOW_STEP_RATE_LIMIT: aflowi_emit_rate_limit(b, s); return 0;
    case AFLOW_STEP_GPU_INFERENCE: aflowi_emit_gpu(b, s); return 0;
    case AFLOW_STEP_CUSTOM: aflowi_emit_custom(b, s); return 0;
    case AFLOW_STEP_BRANCH: *side = aflowi_open_branch(b, s); return 1;
    default: break;
    }
    if (s->kind == AFLOW_STEP_IO_TASK_SPAWN && !b->plan->compat) {
        aflowi_emit_spawn(b, s);
    } else if (r && r->desc->kind == AFLOW_RESOURCE_LLM) {
        aflowi_emit_call(b, s, r);
    } else if (r && r->desc->kind == AFLOW_RESOURCE_CACHE) {
        *side = aflowi_open_cache(b, s, r);
        return 1;
    } else {
        aflowi_emit_go(b, AFLOWI_IN_IO);
        aflowi_emit_wait(b, s);
    }
    return 0;
}

/* Lists within lists, without recursion. */
static void aflowi_emit_steps(aflowi_program_builder *b, const aflow_endpoint *e)
{
    aflowi_side sides[AFLOWI_STEPS_DEPTH + 2];      /* the endpoint's own, the nested, and in the innermost a fork without steps */
    int depth = 1;
    sides[0] = aflowi_plain_side(e->steps, e->steps_count);
    while (depth && !b->arena->failed) {
        aflowi_side *s = &sides[depth - 1];
        if (s->at < s->count) {
            depth += aflowi_emit_step(b, &s->steps[s->at++], &sides[depth]);
        } else if (s->fork == AFLOWI_NO_INDEX) {
            depth--;
        } else if (!s->is_second) {
            aflowi_close_first(b, s);
        } else {
            aflowi_close_second(b, s);
            depth--;
        }
    }
}

/* What comes before the first step: a place in the server, RAM, a worker. */
static void aflowi_emit_begin(aflowi_program_builder *b, int has_ram)
{
    const aflowi_server_plan *s = aflowi_server_of(b);
    if (s->admission != AFLOWI_NO_INDEX) {
        aflowi_emit_take(b, AFLOWI_OP_TAKE, s->admission);
        aflowi_hold_on(b, AFLOWI_OP_GIVE, s->admission, 0);
    }
    if (has_ram) {
        aflowi_emit(b, AFLOWI_OP_RESERVE, aflowi_resource_index(b->server, AFLOWI_RAM), 0);
        aflowi_hold_on(b, AFLOWI_OP_RETURN, aflowi_resource_index(b->server, AFLOWI_RAM), 0);
    }
    if (s->loop_slots || s->threads != AFLOWI_NO_INDEX) {
        aflowi_emit(b, AFLOWI_OP_ACCEPT, b->server, 0);
        b->places = s->loop_slots ? AFLOWI_ON_LOOP : AFLOWI_NOWHERE;
        b->waits_to_run = s->loop_slots != 0;
    }
}

static void aflowi_plan_endpoint(aflowi_plan *plan, aflowi_arena *arena, uint32_t server, uint32_t endpoint, const aflow_endpoint *e)
{
    aflowi_endpoint_plan *out = &plan->endpoints[endpoint];
    aflowi_program_builder b;
    memset(&b, 0, sizeof b);
    b.plan = plan;
    b.arena = arena;
    b.server = server;
    b.endpoint = endpoint;
    b.places = AFLOWI_NOWHERE;
    b.weight = 1;
    b.last_cleanup = &b.cleanups;
    b.last_task = &b.tasks;
    out->samplers = plan->samplers_count;
    aflowi_plan_ram(plan, arena, e, out);
    out->server = server;
    out->program = plan->ops_count;
    aflowi_emit_begin(&b, out->ram != 0 || out->ram_samplers_count != 0);
    aflowi_emit_steps(&b, e);
    aflowi_emit_go(&b, AFLOWI_NOWHERE);
    while (b.held_count) aflowi_let_go(&b);
    aflowi_emit(&b, AFLOWI_OP_LEAVE, server, 0);
    aflowi_emit_tasks(&b);
    aflowi_emit_cleanups(&b);
    if (!arena->failed && plan->servers[server].admission != AFLOWI_NO_INDEX) {
        aflowi_demand_time(&b, plan->servers[server].admission, 0, out->cpu_s + out->io_s);
    }
}

static double aflowi_weight(const aflow_endpoint *e) { return e->probability == AFLOW_ZERO ? 0 : e->probability == 0 ? 1 : e->probability; }

static int aflowi_plan_weights(aflowi_plan *plan, aflowi_arena *arena, const aflow_server *s, aflowi_server_plan *out)
{
    double *weights = (double *)aflowi_arena_array(arena, s->endpoints_count, sizeof *weights);
    size_t i;
    if (!weights) return 0;
    for (i = 0; i < s->endpoints_count; i++) {
        weights[i] = aflowi_weight(&s->endpoints[i]);
        if (weights[i] != weights[0] && !plan->compat) out->weighted = 1;       /* AsyncFlow ignores them */
    }
    aflowi_weights(weights, (uint32_t)s->endpoints_count, plan->weights + out->endpoints);
    return 1;
}

static int aflowi_plan_server(aflowi_plan *plan, aflowi_arena *arena, uint32_t server)
{
    const aflow_server *s = &plan->scenario->topology_graph.nodes.servers[server];
    aflowi_server_plan *out = &plan->servers[server];
    size_t k;
    out->capacity[AFLOWI_CORES] = s->server_resources.cpu_cores;
    out->capacity[AFLOWI_RAM] = s->server_resources.ram_mb * (uint32_t)AFLOWI_RAM_UNIT;
    out->capacity[AFLOWI_DB] = plan->compat ? 0 : s->server_resources.db_connection_pool;      /* AsyncFlow ignores it */
    out->endpoints = plan->endpoints_count;
    out->endpoints_count = (uint32_t)s->endpoints_count;
    out->out_edge = AFLOWI_NO_INDEX;
    if (!aflowi_plan_processes(plan, arena, s, out)) return 0;
    out->first_worker = plan->workers_count;
    plan->workers_count += out->workers;
    for (k = 0; k < s->endpoints_count; k++) aflowi_plan_endpoint(plan, arena, server, plan->endpoints_count++, &s->endpoints[k]);
    return !arena->failed && aflowi_plan_weights(plan, arena, s, out);
}

static int aflowi_plan_servers(aflowi_plan *plan, aflowi_arena *arena)
{
    const aflow_nodes *nodes = &plan->scenario->topology_graph.nodes;
    size_t endpoints = 0, i;
    for (i = 0; i < nodes->servers_count; i++) endpoints += nodes->servers[i].endpoints_count;
    plan->servers = (aflowi_server_plan *)aflowi_arena_array(arena, nodes->servers_count, sizeof *plan->servers);
    plan->endpoints = (aflowi_endpoint_plan *)aflowi_arena_array(arena, endpoints, sizeof *plan->endpoints);
    plan->weights = (uint64_t *)aflowi_arena_array(arena, endpoints, sizeof *plan->weights);
    if (!plan->servers || !plan->endpoints || !plan->weights) return 0;
    plan->servers_count = (uint32_t)nodes->servers_count;
    for (i = 0; i < plan->edges_count; i++) aflowi_add_op(plan, arena, AFLOWI_NO_INDEX, AFLOWI_OP_TO_SINK, 0, 0);       /* the arrivals, see below */
    if (arena->failed || !aflowi_plan_resources(plan, arena)) return 0;
    for (i = 0; i < nodes->servers_count; i++) if (!aflowi_plan_server(plan, arena, (uint32_t)i)) return 0;
    return 1;
}

/* --- Edges ---------------------------------------------------------------- */

/* Vertices of the graph: 0 the client on the way out, 1 the balancer, 2.. servers, last the client on the way back. */
enum { AFLOWI_VERTEX_CLIENT, AFLOWI_VERTEX_BALANCER, AFLOWI_VERTEX_SERVERS };
static uint32_t aflowi_vertex_sink(const aflowi_plan *plan) { return AFLOWI_VERTEX_SERVERS + plan->servers_count; }

static void aflowi_plan_target(aflowi_plan *plan, uint32_t index, uint32_t source_kind, aflow_id target)
{
    aflowi_edge_plan *edge = &plan->edges[index];
    aflowi_op *arrival = &plan->ops[index];
    arrival->target = index;
    switch (aflowi_id_kind(target)) {
    case AFLOWI_ID_SERVER:
        arrival->code = source_kind == AFLOWI_ID_BALANCER ? AFLOWI_OP_TO_BALANCED : AFLOWI_OP_TO_SERVER;
        arrival->amount = aflowi_id_index(target);
        edge->to = AFLOWI_VERTEX_SERVERS + aflowi_id_index(target);
        break;
    case AFLOWI_ID_BALANCER:
        arrival->code = AFLOWI_OP_TO_BALANCER;
        edge->to = AFLOWI_VERTEX_BALANCER;
        break;
    default:
        arrival->code = source_kind == AFLOWI_ID_GENERATOR ? AFLOWI_OP_TO_CLIENT : AFLOWI_OP_TO_SINK;
        edge->to = source_kind == AFLOWI_ID_GENERATOR ? (uint32_t)AFLOWI_VERTEX_CLIENT : aflowi_vertex_sink(plan);
        break;
    }
}

static void aflowi_plan_edge(aflowi_plan *plan, aflowi_arena *arena, const aflow_edge *e, uint32_t index)
{
    aflowi_edge_plan *out = &plan->edges[index];
    aflow_id source = aflowi_names_find(&plan->nodes, e->source), target = aflowi_names_find(&plan->nodes, e->target);
    out->latency = aflowi_sampler_for(&e->latency, plan->compat, AFLOWI_TICKS_PER_S, arena);
    out->dropout = aflowi_geometric_of(e->dropout_rate);
    out->keep = 1 - e->dropout_rate;
    aflowi_plan_target(plan, index, aflowi_id_kind(source), target);
    switch (aflowi_id_kind(source)) {
    case AFLOWI_ID_GENERATOR: plan->generator_edge = index; break;
    case AFLOWI_ID_CLIENT: plan->client_edge = index; break;
    case AFLOWI_ID_SERVER: plan->servers[aflowi_id_index(source)].out_edge = index; break;
    default: plan->balancer_edges[plan->balancer_edges_count++] = index; break;
    }
}

static int aflowi_plan_edges(aflowi_plan *plan, aflowi_arena *arena)
{
    const aflow_topology_graph *graph = &plan->scenario->topology_graph;
    uint32_t i;
    plan->edges = (aflowi_edge_plan *)aflowi_arena_array(arena, graph->edges_count, sizeof *plan->edges);
    plan->balancer_edges = (uint32_t *)aflowi_arena_array(arena, graph->edges_count, sizeof *plan->balancer_edges);
    if (!plan->edges || !plan->balancer_edges) return 0;
    plan->generator_edge = plan->client_edge = AFLOWI_NO_INDEX;
    for (i = 0; i < plan->edges_count; i++) aflowi_plan_edge(plan, arena, &graph->edges[i], i);
    return 1;
}

/* --- Order at one tick ------------------------------------------------------
   Components are ranked topologically, what is free in the order of the file (Kahn 1962, smallest index first). */

/* A set of vertices from which the smallest can be taken: a binary heap. */
static void aflowi_heap_add(uint32_t *heap, uint32_t *count, uint32_t vertex)
{
    uint32_t i = (*count)++;
    while (i && heap[(i - 1) / 2] > vertex) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = vertex;
}

static uint32_t aflowi_heap_take(uint32_t *heap, uint32_t *count)
{
    uint32_t top = heap[0], moved = heap[--*count], i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= *count) break;
        if (child + 1 < *count && heap[child + 1] < heap[child]) child++;
        if (heap[child] >= moved) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moved;
    return top;
}

typedef struct aflowi_ranking {
    aflowi_plan *plan;
    uint32_t *incoming, *heap, *rank;
    uint32_t waiting;
} aflowi_ranking;

static void aflowi_rank_passed(aflowi_ranking *r, uint32_t edge)
{
    uint32_t to;
    if (edge == AFLOWI_NO_INDEX) return;
    to = r->plan->edges[edge].to;
    if (--r->incoming[to] == 0) aflowi_heap_add(r->heap, &r->waiting, to);
}

static int aflowi_plan_ranks(aflowi_plan *plan, aflowi_arena *arena)
{
    uint32_t n = plan->servers_count + 3, i, v, next = 1;
    aflowi_ranking r;
    r.plan = plan;
    r.waiting = 0;
    r.incoming = (uint32_t *)aflowi_arena_array(arena, n, sizeof(uint32_t));
    r.heap = (uint32_t *)aflowi_arena_array(arena, n, sizeof(uint32_t));
    r.rank = (uint32_t *)aflowi_arena_array(arena, n, sizeof(uint32_t));
    if (!r.incoming || !r.heap || !r.rank) return 0;
    for (i = 0; i < plan->edges_count; i++) {
        if (i != plan->generator_edge) r.incoming[plan->edges[i].to]++;
    }
    for (v = 0; v < n; v++) {
        if (!r.incoming[v]) aflowi_heap_add(r.heap, &r.waiting, v);
    }
    while (r.waiting) {
        v = aflowi_heap_take(r.heap, &r.waiting);
        r.rank[v] = next++;
        if (v == 0) aflowi_rank_passed(&r, plan->client_edge);
        else if (v == 1) for (i = 0; i < plan->balancer_edges_count; i++) aflowi_rank_passed(&r, plan->balancer_edges[i]);
        else if (v < n - 1) aflowi_rank_passed(&r, plan->servers[v - 2].out_edge);
    }
    for (i = 0; i < plan->edges_count; i++) plan->edges[i].order = 2 * r.rank[plan->edges[i].to] + 1;
    for (i = 0; i < plan->servers_count; i++) plan->servers[i].order = 2 * r.rank[2 + i];
    return 1;
}

/* --- Injected changes ------------------------------------------------------ */

static int aflowi_change_before(const void *context, const void *left, const void *right)
{
    const aflowi_plan *plan = (const aflowi_plan *)context;
    const aflowi_change *a = (const aflowi_change *)left, *b = (const aflowi_change *)right;
    const aflow_event *events = plan->scenario->events;
    if (a->tick != b->tick) return a->tick < b->tick;
    if (a->is_start != b->is_start) return a->is_start < b->is_start;
    if (plan->compat) return strcmp(events[a->event].event_id, events[b->event].event_id) < 0;
    return a->event < b->event;
}

/* From the height of each spike to what its edge's add up to: the sum is exact beyond 64 bits, what a message gets is cut. */
static int aflowi_add_up_spikes(aflowi_plan *plan, aflowi_arena *arena)
{
    uint64_t *low = (uint64_t *)aflowi_arena_array(arena, plan->edges_count, sizeof *low);
    uint64_t *high = (uint64_t *)aflowi_arena_array(arena, plan->edges_count, sizeof *high);
    uint32_t i;
    if (!low || !high) return 0;
    for (i = 0; i < plan->changes_count; i++) {
        aflowi_change *c = &plan->changes[i];
        uint32_t e = c->edge;
        if (e == AFLOWI_NO_INDEX) continue;
        if (c->is_start) {
            low[e] += c->spike;
            high[e] += low[e] < c->spike;
        } else {
            high[e] -= low[e] < c->spike;
            low[e] -= c->spike;
        }
        c->spike = high[e] || low[e] > AFLOWI_NEVER ? AFLOWI_NEVER : low[e];
    }
    return 1;
}

static int aflowi_plan_changes(aflowi_plan *plan, aflowi_arena *arena)
{
    const aflow_scenario *s = plan->scenario;
    aflowi_change *spare;
    size_t i;
    plan->changes = (aflowi_change *)aflowi_arena_array(arena, 2 * s->events_count, sizeof *plan->changes);
    spare = (aflowi_change *)aflowi_arena_array(arena, 2 * s->events_count, sizeof *plan->changes);
    if (!plan->changes || !spare) return 0;
    for (i = 0; i < s->events_count; i++) {
        const aflow_event *e = &s->events[i];
        aflowi_change *c = &plan->changes[plan->changes_count];
        int outage = e->start.kind == AFLOW_EVENT_SERVER_DOWN, spike = e->start.kind == AFLOW_EVENT_NETWORK_SPIKE_START;
        c->tick = aflowi_scale(e->start.t_start, AFLOWI_TICKS_PER_S);
        c->is_start = 1;
        c->event = (uint32_t)i;
        c->server = outage ? aflowi_id_index(aflowi_names_find(&plan->nodes, e->target_id)) : AFLOWI_NO_INDEX;
        c->edge = spike ? aflowi_id_index(aflowi_names_find(&plan->edge_names, e->target_id)) : AFLOWI_NO_INDEX;
        c->cache = outage || spike ? AFLOWI_NO_INDEX : plan->resources[aflowi_id_index(aflowi_names_find(&plan->resource_names, e->target_id))].cache;
        c->spike = spike ? aflowi_scale(e->start.spike_s, AFLOWI_TICKS_PER_S) : 0;
        c[1] = c[0];
        c[1].tick = aflowi_scale(e->end.t_end, AFLOWI_TICKS_PER_S);
        c[1].is_start = 0;
        plan->changes_count += 2;
    }
    aflowi_sort(plan->changes, spare, plan->changes_count, sizeof *spare, aflowi_change_before, plan);
    return aflowi_add_up_spikes(plan, arena);
}

/* --- Offered load ----------------------------------------------------------- */

/* Follows the mean rate through the graph in rank order; a balancer deals evenly. */
static int aflowi_plan_rates(aflowi_plan *plan, aflowi_arena *arena)
{
    uint32_t n = plan->servers_count + 3, *by_rank, i, k;
    double *rate = (double *)aflowi_arena_array(arena, n, sizeof *rate);
    by_rank = (uint32_t *)aflowi_arena_array(arena, n + 1, sizeof *by_rank);
    if (!rate || !by_rank) return 0;
    for (i = 0; i <= n; i++) by_rank[i] = AFLOWI_NO_INDEX;
    for (i = 0; i < plan->servers_count; i++) by_rank[plan->servers[i].order / 2] = 2 + i;
    for (i = 0; i < plan->edges_count; i++) by_rank[plan->edges[i].order / 2] = plan->edges[i].to;
    rate[plan->edges[plan->generator_edge].to] = aflowi_mul(plan->requests_per_s, plan->edges[plan->generator_edge].keep);
    for (i = 1; i <= n; i++) {
        uint32_t v = by_rank[i], count = 1, edge;
        if (v == AFLOWI_NO_INDEX || v == n - 1) continue;
        if (v == 1) count = plan->balancer_edges_count;
        for (k = 0; k < count; k++) {
            edge = v == 0 ? plan->client_edge : v == 1 ? plan->balancer_edges[k] : plan->servers[v - 2].out_edge;
            if (edge == AFLOWI_NO_INDEX) continue;
            rate[plan->edges[edge].to] += aflowi_mul(rate[v] / count, plan->edges[edge].keep);
        }
    }
    for (i = 0; i < plan->servers_count; i++) plan->servers[i].arrivals_per_s = rate[2 + i];
    return 1;
}

/* Probability that a request of the server is for its endpoint number i. */
static double aflowi_endpoint_share(const aflowi_plan *plan, const aflowi_server_plan *s, uint32_t i)
{
    uint64_t running = plan->weights[s->endpoints + i], before = i ? plan->weights[s->endpoints + i - 1] : 0;
    return s->weighted ? (double)(running - before) / 9223372036854775808.0 : 1.0 / s->endpoints_count;
}

/* Mean demand of a request at a server: the sum over endpoints of probability x demand. AFLOWI_RESOURCES: time on the loop. */
static double aflowi_server_mean(const aflowi_plan *plan, const aflowi_server_plan *s, int resource)
{
    double sum = 0;
    uint32_t i;
    for (i = 0; i < s->endpoints_count; i++) {
        const aflowi_endpoint_plan *e = &plan->endpoints[s->endpoints + i];
        double demand = resource == AFLOWI_CORES ? e->cpu_s : resource == AFLOWI_DB ? e->db_s : resource == AFLOWI_RAM ? aflowi_mul(e->ram_mb, e->cpu_s + e->io_s) : e->loop_s;
        sum += aflowi_mul(aflowi_endpoint_share(plan, s, i), demand);
    }
    return sum;
}

/* Offered load of one of a server's resources: 1 is its capacity, 0 where it has none. */
static double aflowi_offered(const aflowi_plan *plan, uint32_t server, int resource)
{
    const aflowi_server_plan *s = &plan->servers[server];
    double capacity = (double)s->capacity[resource], demand;
    if (capacity <= 0) return 0;
    if (resource == AFLOWI_RAM) capacity /= (double)AFLOWI_RAM_UNIT;
    demand = aflowi_mul(s->arrivals_per_s, aflowi_server_mean(plan, s, resource));
    return demand / capacity;
}

/* The same of all that computing needs: cores, event loops, and locks. */
static double aflowi_offered_to_run(const aflowi_plan *plan, uint32_t server)
{
    const aflowi_server_plan *s = &plan->servers[server];
    double most = aflowi_offered(plan, server, AFLOWI_CORES), loops, locks;
    if (!s->loop_slots) return most;
    loops = aflowi_mul(s->arrivals_per_s, aflowi_server_mean(plan, s, AFLOWI_RESOURCES)) / ((double)s->workers * s->loop_slots);
    locks = s->locks ? aflowi_mul(s->arrivals_per_s, aflowi_server_mean(plan, s, AFLOWI_CORES)) / s->workers : 0;
    if (loops > most) most = loops;
    return locks > most ? locks : most;
}

/* Offered load of an account: that of its most loaded limit. */
static double aflowi_account_offered(const aflowi_plan *plan, uint32_t account)
{
    double load[AFLOWI_LIMITS] = { 0, 0, 0 }, most = 0;
    uint32_t i;
    for (i = 0; i < plan->demands_count; i++) {
        const aflowi_demand *d = &plan->demands[i];
        const aflowi_server_plan *s = &plan->servers[plan->endpoints[d->endpoint].server];
        if (d->account != account) continue;
        load[d->limit] += aflowi_mul(aflowi_mul(s->arrivals_per_s, aflowi_endpoint_share(plan, s, d->endpoint - s->endpoints)), d->share);
        if (load[d->limit] > most) most = load[d->limit];
    }
    return most;
}

/* --- Whole ------------------------------------------------------------------ */

/* All that holds a core goes on at the op behind it. */
static int aflowi_plan_computes(aflowi_plan *plan, aflowi_arena *arena)
{
    uint32_t i;
    plan->op_computes = (unsigned char *)aflowi_arena_array(arena, plan->ops_count, 1);
    for (i = 0; plan->op_computes && i + 1 < plan->ops_count; i++) {
        const aflowi_op *op = &plan->ops[i];
        int custom = op->code == AFLOWI_OP_CUSTOM && plan->customs[op->target].hook->uses_core && !plan->customs[op->target].sliced;
        plan->op_computes[i + 1] = op->code == AFLOWI_OP_COMPUTE || op->code == AFLOWI_OP_COMPUTE_RANDOM || op->code == AFLOWI_OP_SLICE || custom;
    }
    return plan->op_computes != NULL;
}

static int aflowi_plan_build(aflowi_plan *plan, const aflow_scenario *scenario, aflowi_arena *arena)
{
    const aflow_generator *g = &scenario->rqs_input;
    const aflow_sim_settings *settings = &scenario->sim_settings;
    memset(plan, 0, sizeof *plan);
    plan->scenario = scenario;
    plan->compat = settings->compat == AFLOW_COMPAT_ASYNCFLOW_0_1;
    plan->least_connection = scenario->topology_graph.nodes.load_balancer.algorithms == AFLOW_LB_LEAST_CONNECTION;
    plan->horizon = settings->total_simulation_time * AFLOWI_TICKS_PER_S;
    plan->window = g->user_sampling_window * AFLOWI_TICKS_PER_S;
    plan->sample_period = aflowi_scale(settings->sample_period_s, AFLOWI_TICKS_PER_S);
    plan->edges_count = (uint32_t)scenario->topology_graph.edges_count;
    if (g->arrivals_count) {
        size_t count = g->arrivals_count;
        while (count && g->arrivals[count - 1] >= settings->total_simulation_time) count--;
        plan->requests_per_s = (double)count / settings->total_simulation_time;
    } else if (!g->source) {
        plan->users = aflowi_sampler_for(&g->avg_active_users, plan->compat, AFLOWI_USER_UNIT, arena);
        plan->requests_per_s = aflowi_mul(g->avg_active_users.mean, g->avg_request_per_minute_per_user.mean) / 60;
    }
    return aflowi_names_of_nodes(&plan->nodes, scenario, arena) && aflowi_names_of_edges(&plan->edge_names, scenario, arena) &&
           aflowi_plan_servers(plan, arena) && aflowi_plan_edges(plan, arena) && aflowi_plan_ranks(plan, arena) &&
           aflowi_plan_changes(plan, arena) && aflowi_plan_rates(plan, arena) && aflowi_plan_computes(plan, arena) && !arena->failed;
}

/* ==========================================================================
   [17] PENDING EVENTS
   In:    (time, what) records          Out: earliest first, ties in order
   Keeps: from *top down to front[1] events are sorted, the earliest first, and
          these are all that are earlier than the limit, which stands as the
          time of front[0]; all others lie in buckets, by the highest digit in
          which their time differs from `last`, which no pending or future event
          precedes, and by its value; equal times are in one place, in the order
          of their pushes (of very many the first are in the front, all others
          in a bucket at the limit)
   Uses:  [11]                          Public: none

   Time only moves forward, so a monotone queue applies: multi-level buckets
   (Denardo and Fox 1979; with one bit a digit it is the radix heap of Ahuja,
   Mehlhorn, Orlin, Tarjan 1990). An event moves to a lower level at most once a
   digit. The near future, where most pushes go, is a small sorted array in front
   of it. The earliest event is its last entry, so taking it moves
   a pointer, and the limit in its first ends every search without another test.
   ========================================================================== */

typedef struct aflowi_event {
    uint64_t time;
    uint64_t what;          /* two words for the compiler to move as such */
} aflowi_event;

#define AFLOWI_FRONT 64u            /* events in the front, at most */
#define AFLOWI_CHUNK_EVENTS 15u     /* with the link a chunk is 256 bytes */
#define AFLOWI_DIGIT_BITS 4u
#define AFLOWI_DIGITS (1u << AFLOWI_DIGIT_BITS)
#define AFLOWI_LEVELS (64u / AFLOWI_DIGIT_BITS)
#define AFLOWI_NO_BUCKET (AFLOWI_LEVELS * AFLOWI_DIGITS)

typedef struct aflowi_event_chunk {
    uint32_t next, used;
    uint64_t unused;
    aflowi_event events[AFLOWI_CHUNK_EVENTS];
} aflowi_event_chunk;

typedef struct aflowi_bucket {
    uint32_t first, last;   /* chunks */
    uint32_t taken;         /* events already taken from the first chunk */
    uint32_t count;
} aflowi_bucket;

typedef struct aflowi_pending {
    aflowi_event *top;      /* the earliest event in the front; front itself when there is none */
    aflowi_event front[AFLOWI_FRONT + 1];
    uint32_t free_chunk;
    uint64_t last;
    uint64_t end;           /* what is not earlier never happens and is not kept */
    const unsigned char *watched;   /* by the high word of an event: 1: of those not kept number and sum of times are; NULL: none */
    uint64_t beyond, beyond_times;  /* these; the sum modulo 2^64 */
    uint32_t levels;                            /* bit l: level l has events; */
    uint32_t digits[AFLOWI_LEVELS];             /* bit d: its bucket d has */
    aflowi_bucket bucket[AFLOWI_NO_BUCKET];     /* level after level */
    aflowi_event_chunk *chunks;
    size_t chunks_capacity, chunks_used;
    int failed;             /* memory ran out: an event was lost, the run cannot go on */
    aflow_allocator allocator;
} aflowi_pending;

static void aflowi_pending_init(aflowi_pending *p, const aflow_allocator *allocator, uint64_t end)
{
    memset(p, 0, sizeof *p);
    p->top = p->front;
    p->front[0].time = p->end = end;
    p->free_chunk = AFLOWI_NO_INDEX;
    p->allocator = *allocator;
}

/* Nothing is announced or kept any more. */
static void aflowi_pending_stop(aflowi_pending *p)
{
    p->failed = 1;
    p->top = p->front;
    p->front[0].time = p->end = 0;
}

static void aflowi_pending_free(aflowi_pending *p)
{
    aflowi_free(&p->allocator, p->chunks, p->chunks_capacity * sizeof *p->chunks);
    p->chunks = NULL;
}

static uint32_t aflowi_high_bit(uint64_t x)     /* 1 + index of the highest set bit; 0 for 0 */
{
#if defined(__GNUC__) || defined(__clang__)
    return x ? 64u - (uint32_t)__builtin_clzll(x) : 0;
#else
    uint32_t n = 0;
    while (x) { n++; x >>= 1; }
    return n;
#endif
}

static uint32_t aflowi_low_bit(uint64_t x) { return aflowi_high_bit(x & (0 - x)); }

static uint32_t aflowi_take_chunk(aflowi_pending *p)
{
    uint32_t c = p->free_chunk;
    if (c != AFLOWI_NO_INDEX) {
        p->free_chunk = p->chunks[c].next;
    } else {
        void *chunks = p->chunks;
        if (p->chunks_used >= AFLOWI_NO_INDEX ||
            !aflowi_grow(&p->allocator, &chunks, &p->chunks_capacity, p->chunks_used + 1, sizeof *p->chunks)) {
            aflowi_pending_stop(p);
            return AFLOWI_NO_INDEX;
        }
        p->chunks = (aflowi_event_chunk *)chunks;
        c = (uint32_t)p->chunks_used++;
    }
    p->chunks[c].next = AFLOWI_NO_INDEX;
    p->chunks[c].used = 0;
    return c;
}

static void aflowi_bucket_push(aflowi_pending *p, uint64_t time, uint64_t what)
{
    uint32_t high = aflowi_high_bit(time ^ p->last), level = high ? (high - 1) / AFLOWI_DIGIT_BITS : 0, c;
    uint32_t digit = (uint32_t)(time >> (level * AFLOWI_DIGIT_BITS)) & (AFLOWI_DIGITS - 1);
    aflowi_bucket *b = &p->bucket[level * AFLOWI_DIGITS + digit];
    aflowi_event *e;
    if (b->count == 0 || p->chunks[b->last].used == AFLOWI_CHUNK_EVENTS) {
        c = aflowi_take_chunk(p);
        if (c == AFLOWI_NO_INDEX) return;
        if (b->count == 0) {
            b->first = c;
            b->taken = 0;
        } else {
            p->chunks[b->last].next = c;
        }
        b->last = c;
        p->levels |= 1u << level;
        p->digits[level] |= 1u << digit;
    }
    e = &p->chunks[b->last].events[p->chunks[b->last].used++];
    e->time = time;
    e->what = what;
    b->count++;
}

/* Where there is room and `time` is earlier than the limit. */
AFLOWI_HOT void aflowi_front_insert(aflowi_pending *p, uint64_t time, uint64_t what)
{
    aflowi_event *at = ++p->top;
    for (; at[-1].time <= time; at--) {
        at->time = at[-1].time;
        at->what = at[-1].what;
    }
    at->time = time;
    at->what = what;
}

/* The front is full: its later half moves to the buckets, cut where the time changes so that ties stay together; all of it
   when it is one tie. */
static void aflowi_front_spill(aflowi_pending *p)
{
    uint32_t cut = AFLOWI_FRONT / 2, i;
    while (cut < AFLOWI_FRONT && p->front[cut].time == p->front[cut + 1].time) cut++;
    if (cut == AFLOWI_FRONT) {
        for (cut = AFLOWI_FRONT / 2; cut && p->front[cut].time == p->front[cut + 1].time; cut--) {}
        if (cut == 0) cut = AFLOWI_FRONT;
    }
    p->front[0].time = p->front[cut].time;
    for (i = cut; i; i--) aflowi_bucket_push(p, p->front[i].time, p->front[i].what);
    if (p->failed) return;
    p->top = p->front + AFLOWI_FRONT - cut;
    memmove(p->front + 1, p->front + 1 + cut, (AFLOWI_FRONT - cut) * sizeof *p->front);
}

AFLOWI_RARE void aflowi_push_elsewhere(aflowi_pending *p, uint64_t time, uint64_t what)
{
    if (time < p->front[0].time) aflowi_front_spill(p);
    if (time < p->front[0].time) {
        aflowi_front_insert(p, time, what);
    } else if (time < p->end) {
        aflowi_bucket_push(p, time, what);
    } else if (p->watched && p->watched[what >> 32]) {
        p->beyond++;
        p->beyond_times += time;
    }
}

AFLOWI_INLINE void aflowi_pending_push(aflowi_pending *p, uint64_t time, uint64_t what)
{
    if (AFLOWI_LIKELY(time < p->front[0].time && p->top < p->front + AFLOWI_FRONT)) aflowi_front_insert(p, time, what);
    else aflowi_push_elsewhere(p, time, what);
}

/* --- From the buckets to the front ------------------------------------------ */

/* The bucket with the earliest events, or AFLOWI_NO_BUCKET. */
static uint32_t aflowi_first_bucket(const aflowi_pending *p)
{
    uint32_t level = aflowi_low_bit(p->levels);
    return level ? (level - 1) * AFLOWI_DIGITS + aflowi_low_bit(p->digits[level - 1]) - 1 : AFLOWI_NO_BUCKET;
}

/* No event of the bucket is earlier: as `last` above its level, its own digit there, zeros below. At level 0 all are of this time. */
static uint64_t aflowi_bucket_floor(const aflowi_pending *p, uint32_t bucket)
{
    uint32_t shift = bucket / AFLOWI_DIGITS * AFLOWI_DIGIT_BITS;
    return ((p->last >> shift & ~(uint64_t)(AFLOWI_DIGITS - 1)) | bucket % AFLOWI_DIGITS) << shift;
}

static void aflowi_free_chunk(aflowi_pending *p, uint32_t chunk)
{
    p->chunks[chunk].next = p->free_chunk;
    p->free_chunk = chunk;
}

static void aflowi_bucket_is_empty(aflowi_pending *p, uint32_t bucket)
{
    uint32_t level = bucket / AFLOWI_DIGITS;
    p->digits[level] &= ~(1u << bucket % AFLOWI_DIGITS);
    if (!p->digits[level]) p->levels &= ~(1u << level);
}

/* Spreads a crowded bucket over lower levels. */
static void aflowi_bucket_spread(aflowi_pending *p, uint32_t bucket)
{
    aflowi_bucket b = p->bucket[bucket];
    p->bucket[bucket].count = 0;
    aflowi_bucket_is_empty(p, bucket);
    p->last = aflowi_bucket_floor(p, bucket);
    while (b.count && !p->failed) {
        aflowi_event_chunk chunk = p->chunks[b.first];      /* a copy: pushes may move the chunks */
        if (chunk.next != AFLOWI_NO_INDEX) AFLOWI_PREFETCH(&p->chunks[chunk.next]);
        aflowi_free_chunk(p, b.first);
        b.count -= chunk.used - b.taken;
        while (b.taken < chunk.used) {
            aflowi_event e = chunk.events[b.taken++];
            aflowi_bucket_push(p, e.time, e.what);
        }
        b.taken = 0;
        b.first = chunk.next;
    }
}

/* Moves `count` events of a bucket, one at least, to the front. From the last to the first of them, so that what is in order or tied, as it
   often is, comes to lie without a shift. */
static void aflowi_bucket_to_front(aflowi_pending *p, uint32_t bucket, uint32_t count)
{
    aflowi_event taken[AFLOWI_FRONT / 2], *at;
    aflowi_bucket *b = &p->bucket[bucket];
    uint32_t i = 0;
    b->count -= count;
    do {
        aflowi_event_chunk *chunk = &p->chunks[b->first];
        uint32_t here = chunk->used - b->taken;
        if (here > count - i) here = count - i;
        memcpy(taken + i, chunk->events + b->taken, here * sizeof *taken);
        i += here;
        b->taken += here;
        if (b->taken == chunk->used) {
            uint32_t used_up = b->first;
            b->first = chunk->next;
            b->taken = 0;
            aflowi_free_chunk(p, used_up);
        }
    } while (i < count);
    if (!b->count) aflowi_bucket_is_empty(p, bucket);
    while (count--) {
        for (at = ++p->top; at[-1].time < taken[count].time; at--) *at = at[-1];
        *at = taken[count];
    }
}

/* The front is empty: fills it with what comes next, unless that is later than `bound`. Moving `last` beyond a bound
   would forbid pushes between the two, which the generator may still make. */
AFLOWI_RARE void aflowi_front_refill(aflowi_pending *p, uint64_t bound)
{
    uint32_t b = aflowi_first_bucket(p);
    p->front[0].time = UINT64_MAX;
    while (b != AFLOWI_NO_BUCKET && !p->failed) {
        uint32_t count = p->bucket[b].count, filled = (uint32_t)(p->top - p->front);
        if (filled && count > AFLOWI_FRONT / 2 - filled) break;
        if (!filled && aflowi_bucket_floor(p, b) > bound) break;
        if (count > AFLOWI_FRONT / 2 && b >= AFLOWI_DIGITS) {
            aflowi_bucket_spread(p, b);
        } else {
            aflowi_bucket_to_front(p, b, count < AFLOWI_FRONT / 2 ? count : AFLOWI_FRONT / 2);
        }
        b = aflowi_first_bucket(p);
    }
    if (!p->failed) p->front[0].time = b != AFLOWI_NO_BUCKET ? aflowi_bucket_floor(p, b) : p->end;
}

AFLOWI_INLINE int aflowi_front_is_empty(const aflowi_pending *p) { return p->top == p->front; }

/* Not later than the earliest event, and its time when it is not later than `bound`: then the event can be taken. */
AFLOWI_INLINE uint64_t aflowi_pending_time(aflowi_pending *p, uint64_t bound)
{
    if (AFLOWI_UNLIKELY(aflowi_front_is_empty(p)) && p->top->time <= bound && p->top->time < p->end) aflowi_front_refill(p, bound);
    return p->top->time;
}

static void aflowi_watch(const aflowi_pending *p, const aflowi_event *e, uint64_t *count, uint64_t *times)
{
    if (!p->watched[e->what >> 32]) return;
    ++*count;
    *times += e->time;
}

/* Number and sum of times of the watched events that have not happened, kept or not. */
static void aflowi_pending_watched(const aflowi_pending *p, uint64_t *count, uint64_t *times)
{
    const aflowi_event *e;
    uint32_t i, c, k, left;
    *count = p->beyond;
    *times = p->beyond_times;
    for (e = p->front + 1; e <= p->top; e++) aflowi_watch(p, e, count, times);
    for (i = 0; i < AFLOWI_NO_BUCKET; i++) {
        k = p->bucket[i].taken;
        left = p->bucket[i].count;
        for (c = p->bucket[i].first; left; c = p->chunks[c].next, k = 0) {
            for (; left && k < p->chunks[c].used; k++, left--) aflowi_watch(p, &p->chunks[c].events[k], count, times);
        }
    }
}

/* Takes the event that aflowi_pending_time announced. */
AFLOWI_INLINE aflowi_event aflowi_pending_pop(aflowi_pending *p) { return *p->top--; }

/* ==========================================================================
   [18] COLLECTORS
   In:    changes of state, completions       Out: integrals, maxima, logs
   Keeps: sums are integers, so their order never matters; a gauge's maximum
          counts only states that lasted; finish times in the log never fall
   Uses:  [11] [13]                           Public: none
   ========================================================================== */

static double aflowi_wide_double(aflowi_wide a) { return aflowi_add(aflowi_mul((double)a.hi, 18446744073709551616.0), (double)a.lo); }

/* --- Gauges: how many are somewhere ------------------------------------------ */

typedef struct aflowi_gauge {
    uint32_t value, max;
    uint64_t changed;       /* tick of the last change, where the value exceeds the maximum */
    aflowi_wide area;       /* integral of value - the present value, over time from 0: value x now must be added */
} aflowi_gauge;

/* The value is or was above the maximum: that counts once it has lasted. */
AFLOWI_RARE void aflowi_gauge_peak(aflowi_gauge *g, uint64_t now, uint32_t before)
{
    if (before > g->max && g->changed != now) g->max = before;
    g->changed = now;
}

AFLOWI_INLINE void aflowi_gauge_up(aflowi_gauge *g, uint64_t now, uint32_t amount)
{
    uint32_t before = g->value;
    g->value = before + amount;
    if (AFLOWI_UNLIKELY(g->value > g->max)) aflowi_gauge_peak(g, now, before);
    aflowi_wide_subtract_product(&g->area, amount, now);
}

AFLOWI_INLINE void aflowi_gauge_down(aflowi_gauge *g, uint64_t now, uint32_t amount)
{
    uint32_t before = g->value;
    g->value = before - amount;
    if (AFLOWI_UNLIKELY(before > g->max)) aflowi_gauge_peak(g, now, before);
    aflowi_wide_add_product(&g->area, amount, now);
}

/* Integral since the start, or since the gauge began anew. */
static aflowi_wide aflowi_gauge_area(const aflowi_gauge *g, uint64_t now)
{
    aflowi_wide area = g->area;
    aflowi_wide_add_product(&area, g->value, now);
    return area;
}

/* Mean and maximum are of what comes from now on; a value that stands now may be the maximum once it has lasted. */
static void aflowi_gauge_restart(aflowi_gauge *g, uint64_t now)
{
    aflowi_wide none = { 0, 0 };
    g->area = none;
    aflowi_wide_subtract_product(&g->area, g->value, now);
    g->max = 0;
    g->changed = now;
}

/* Time average over [from, now) in units; from: 0, or where it began anew. */
static double aflowi_gauge_mean(const aflowi_gauge *g, uint64_t from, uint64_t now)
{
    return now > from ? aflowi_wide_double(aflowi_gauge_area(g, now)) / (double)(now - from) : 0;
}

static uint32_t aflowi_gauge_max(const aflowi_gauge *g, uint64_t now)
{
    return g->changed != now && g->value > g->max ? g->value : g->max;
}

/* --- Moments of durations ------------------------------------------------------ */

typedef struct aflowi_moments {
    uint64_t count, min, max;
    aflowi_wide sum, squares;
    uint64_t squares_top;       /* a third word: it takes years of latency to need it */
} aflowi_moments;

AFLOWI_INLINE void aflowi_moments_add(aflowi_moments *m, uint64_t x)
{
    uint64_t before;
    if (x < m->min || m->count == 0) m->min = x;
    if (x > m->max) m->max = x;
    m->count++;
    aflowi_wide_add(&m->sum, 0, x);
    before = m->squares.hi;
    aflowi_wide_add_product(&m->squares, x, x);
    m->squares_top += m->squares.hi < before;
}

static double aflowi_moments_mean(const aflowi_moments *m) { return aflowi_wide_double(m->sum) / (double)m->count; }

/* Population variance. Centred on the whole part c of the mean in integers, where nothing cancels: the sum of (x - c)^2 is
   squares - 2 c sum + n c^2, exact modulo 2^128. */
static double aflowi_moments_variance(const aflowi_moments *m)
{
    uint64_t rest, c = aflowi_wide_divide(m->sum, m->count, &rest);
    aflowi_wide central = m->squares, cross = aflowi_wide_times(m->sum, c), square, zero = { 0, 0 };
    double off = (double)rest / (double)m->count;
    if (m->squares_top || m->squares.hi >> 63) {        /* out of reach of the integers */
        double mean = aflowi_moments_mean(m), all = aflowi_add(aflowi_mul((double)m->squares_top, 3.402823669209385e38), aflowi_wide_double(m->squares));
        return aflowi_add(all / (double)m->count, -aflowi_mul(mean, mean));
    }
    aflowi_wide_subtract(&central, cross.hi, cross.lo);
    aflowi_wide_subtract(&central, cross.hi, cross.lo);
    square = zero;
    aflowi_wide_add_product(&square, c, c);
    square = aflowi_wide_times(square, m->count);
    aflowi_wide_add(&central, square.hi, square.lo);
    return aflowi_add(aflowi_wide_double(central) / (double)m->count, -aflowi_mul(off, off));
}

/* --- Histogram with bounded relative error --------------------------------------
   Log-linear as in HdrHistogram (G. Tene): 2^bits equal cells an octave, so that a cell's middle is within 1 / 2^(bits + 1) of
   any value in it. What is below 2^low shares the linear cells of the lowest octave. Coarse for each endpoint, fine for the
   whole run, where all below 1024 ns have a cell of their own. */

#define AFLOWI_COARSE_BITS 6u
#define AFLOWI_COARSE_LOW 10u
#define AFLOWI_FINE_BITS 9u
#define AFLOWI_FINE_LOW 9u

typedef struct aflowi_histogram {
    uint64_t *cell;
    uint32_t cells, bits, low;
} aflowi_histogram;

/* With constants for bits and low, this is a few instructions. */
AFLOWI_INLINE uint32_t aflowi_cell_of(uint64_t x, uint32_t bits, uint32_t low)
{
    uint32_t high = aflowi_high_bit(x);
    if (high <= low) return (uint32_t)(x >> (low - bits));
    return (uint32_t)(x >> (high - 1 - bits)) + ((high - low - 1) << bits);
}

/* For values below `end`. */
static int aflowi_histogram_init(aflowi_histogram *h, aflowi_arena *arena, uint32_t bits, uint32_t low, uint64_t end)
{
    h->bits = bits;
    h->low = low;
    h->cells = aflowi_cell_of(end, bits, low) + 1;
    h->cell = (uint64_t *)aflowi_arena_array(arena, h->cells, sizeof *h->cell);
    return h->cell != NULL;
}

/* The mean of the whole numbers in a cell. */
static double aflowi_cell_middle(const aflowi_histogram *h, uint32_t cell)
{
    uint32_t octave = cell >> h->bits, shift = octave ? h->low - h->bits + octave - 1 : h->low - h->bits;
    uint64_t first = (uint64_t)(octave ? cell - ((octave - 1) << h->bits) : cell) << shift;
    return (double)(2 * first + ((uint64_t)1 << shift) - 1) / 2;
}

static double aflowi_histogram_error(const aflowi_histogram *h) { return 1.0 / (double)((uint64_t)2 << h->bits); }

/* What stands for the values in a cell: its middle, but never outside of what was seen, ns. The first cell stands for 0 where 0
   was seen: most who wait for something wait not at all. */
static double aflowi_cell_value(const aflowi_histogram *h, const aflowi_moments *m, uint32_t cell)
{
    double x = cell == 0 && m->min == 0 ? 0 : aflowi_cell_middle(h, cell);
    if (x < (double)m->min) x = (double)m->min;
    return x > (double)m->max ? (double)m->max : x;
}

/* The value at a rank counted from 0. */
static double aflowi_histogram_at(const aflowi_histogram *h, const aflowi_moments *m, uint64_t rank)
{
    uint64_t seen = 0;
    uint32_t i = 0;
    while ((seen += h->cell[i]) <= rank && i + 1 < h->cells) i++;
    return aflowi_cell_value(h, m, i);
}

/* --- Logs ------------------------------------------------------------------------- */

/* A completed request. */
typedef struct aflowi_completion { uint64_t start, finish; } aflowi_completion;

/* A finished request, where rows are recorded: beside the completion, or alone when it was lost. */
typedef struct aflowi_row {
    uint64_t id, start, finish;
    uint32_t endpoint;          /* the last met; AFLOWI_NO_INDEX: none */
    uint32_t outcome;
    uint64_t cost;              /* in 1 / AFLOWI_MONEY */
} aflowi_row;

/* What a run has completed: the list, or, where `capacity` stays 0, the histogram and the throughput in slots of time. */
typedef struct aflowi_log {
    uint64_t count;
    uint64_t first;             /* completions of the warm-up: figures are of those behind them */
    aflowi_completion *completions;
    size_t capacity;
    aflowi_histogram latency;
    aflowi_moments moments;
    uint64_t *slots;            /* completions in (k slot_ns, (k+1) slot_ns], from 0 or the end of the warm-up */
    uint64_t slots_count, slot_ns, slot, slot_end;      /* slot: the present one */
    aflowi_row *rows;
    size_t rows_count, rows_capacity;
    uint64_t digest;
} aflowi_log;

AFLOWI_INLINE uint64_t aflowi_digest_step(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * 0x9E3779B97F4A7C15u;
    return digest ^ (digest >> 32);
}

/* Slots divide a second or are whole seconds, and there are 65,536 at most: 1 s is one up to 18 hours. */
#define AFLOWI_MOST_SLOTS 65536u

static int aflowi_log_init_slots(aflowi_log *log, aflowi_arena *arena, uint64_t horizon)
{
    uint64_t seconds = (horizon / AFLOWI_TICKS_PER_S + AFLOWI_MOST_SLOTS - 1) / AFLOWI_MOST_SLOTS;
    for (log->slot_ns = AFLOWI_TICKS_PER_S / 1000; log->slot_ns < AFLOWI_TICKS_PER_S && horizon / log->slot_ns > AFLOWI_MOST_SLOTS; log->slot_ns *= 10) {}
    if (seconds > 1) log->slot_ns = seconds * AFLOWI_TICKS_PER_S;
    log->slots_count = horizon / log->slot_ns + 1;
    log->slot_end = log->slot_ns;
    log->slots = (uint64_t *)aflowi_arena_array(arena, (size_t)log->slots_count, sizeof *log->slots);
    return log->slots != NULL;
}

static void aflowi_log_count(aflowi_log *log, uint64_t start, uint64_t finish)
{
    uint64_t latency = finish - start;
    aflowi_moments_add(&log->moments, latency);
    log->latency.cell[aflowi_cell_of(latency, AFLOWI_FINE_BITS, AFLOWI_FINE_LOW)]++;
    for (; finish > log->slot_end; log->slot_end += log->slot_ns) log->slot++;
    log->slots[log->slot]++;
    log->count++;
}

static void aflowi_histogram_clear(aflowi_histogram *h) { if (h->cell) memset(h->cell, 0, h->cells * sizeof *h->cell); }

/* Its figures, and slots, begin anew. */
static void aflowi_log_restart(aflowi_log *log, uint64_t now)
{
    log->first = log->count;
    memset(&log->moments, 0, sizeof log->moments);
    aflowi_histogram_clear(&log->latency);
    if (!log->slots) return;
    memset(log->slots, 0, (size_t)log->slots_count * sizeof *log->slots);
    log->slot = 0;
    log->slot_end = now + log->slot_ns;
}

/* --- Samples: one row of values per sampling instant ------------------------------- */

typedef struct aflowi_sampled {
    aflow_metric metric;
    aflow_id entity;
} aflowi_sampled;

typedef struct aflowi_samples {
    aflowi_sampled *columns;
    const uint32_t **now;       /* parallel: where each value stands */
    uint32_t columns_count;
    uint32_t *values;           /* row after row */
    size_t rows, rows_capacity;
    size_t first;               /* rows of the warm-up */
    uint64_t next, period;      /* ticks; next: AFLOWI_NEVER when there is no other */
} aflowi_samples;

static void aflowi_samples_take(aflowi_samples *s)
{
    const uint32_t *const *now = s->now, *const *end = now + s->columns_count;
    uint32_t *to = s->values + s->rows * s->columns_count;
    for (; end - now >= 4; now += 4, to += 4) {
        to[0] = *now[0];
        to[1] = *now[1];
        to[2] = *now[2];
        to[3] = *now[3];
    }
    while (now < end) *to++ = **now++;
    s->rows++;
    s->next = s->rows < s->rows_capacity ? s->next + s->period : AFLOWI_NEVER;
}

/* ==========================================================================
   [19] RUN TIME
   In:    a plan, events                 Out: further events, collected figures
   Keeps: a request is in one place: in transit, in a hold, in one queue, or
          granted and about to go on; acquired = released + held for every
          resource; who waits was there before who is granted later (head of
          line blocks); draws are made one ahead, each stream by its own entity
   Uses:  [13] [16] [17] [18]            Public: none
   ========================================================================== */

/* A request or a background task: 32 bytes in a slab, addressed by index, the last freed reused first. */
typedef struct aflowi_request {
    uint64_t start;         /* tick at which the generator sent it; a task's is 0 */
    uint64_t arrived;       /* tick of arrival at the present server; AFLOWI_AWAY: in none, if it ever was in one */
    uint32_t op;            /* where it goes on, while it waits for a resource or its turn */
    uint32_t next;          /* in a queue, the run list or the free list */
    uint32_t ram;           /* units that it needs at the present server */
    uint32_t endpoint;      /* of the present or last server, AFLOWI_NO_INDEX: none yet; AFLOWI_BOOKED may be added */
} aflowi_request;

#define AFLOWI_AWAY UINT64_MAX
#define AFLOWI_BOOKED 0x80000000u       /* the request is in the balancer's books at the present server */

/* A counted resource with a first come, first served queue. */
typedef struct aflowi_resource {
    uint32_t capacity;
    uint32_t head, tail;    /* requests that wait */
    aflowi_gauge in_use, waiting;
} aflowi_resource;

typedef struct aflowi_server_state {
    uint64_t refused;
    uint32_t down;          /* 1: an outage is in force */
    uint32_t position;      /* among the balancer's edges; AFLOWI_NO_INDEX: not covered */
    aflowi_gauge io_sleep;
    aflowi_rng choice;      /* of the endpoint */
    uint64_t present, ages, delivered;  /* the referee's: who is in it at the end, since when in sum, and what came over edges */
} aflowi_server_state;

typedef struct aflowi_endpoint_state {
    uint64_t arrived;
    uint64_t left_before;   /* that have left during the warm-up; */
    uint64_t stays_before;  /* their time here in sum, modulo 2^64 */
    uint64_t visits;        /* sum of the ticks at which requests left, less those at which they came, modulo 2^64 */
    aflowi_moments latency; /* from arrival at the server to leaving it: of those that have left since */
    aflowi_histogram histogram; /* no cells: none is kept */
} aflowi_endpoint_state;

/* 128 bytes, two lines of a cache: with the law beside the state, all that a message touches. */
typedef struct aflowi_edge_state {
    aflowi_sampler law;         /* of the latency */
    aflowi_rng latency;
    uint64_t next_latency;      /* drawn when the one before was used: then no event waits for a draw */
    uint64_t until_drop;        /* messages that pass before one is dropped */
    uint64_t sent;              /* delivered is what is neither dropped nor in transit */
    uint64_t spike;             /* ticks added now */
    aflowi_gauge transit;
    aflowi_rng dropout;
    uint64_t dropped;
} aflowi_edge_state;

/* A random step. */
typedef struct aflowi_draws {
    aflowi_rng rng;
    uint64_t next;              /* drawn ahead, as an edge's */
} aflowi_draws;

/* The balancer's rotation: a ring of its edges (positions in plan.balancer_edges), head first. */
typedef struct aflowi_rotation {
    uint32_t *next, *previous;
    uint32_t head, count;
} aflowi_rotation;

/* Who has the fewest connections, and among equals was asked longest ago: a tournament, a tree in which each node holds the
   better of its two children (Knuth, The Art of Computer Programming 3, 5.4.1). Leaf `leaves + i` is position i. */
typedef struct aflowi_contender {
    uint64_t asked;             /* the turn of it */
    uint32_t connections;       /* AFLOWI_OUT is added while it is out of the rotation */
} aflowi_contender;

#define AFLOWI_OUT 0x80000000u

typedef struct aflowi_tournament {
    aflowi_contender *contender;
    uint32_t *winner;
    uint32_t leaves;
    uint64_t turn;
} aflowi_tournament;

typedef struct aflowi_generator_state {
    aflowi_rng users, gaps;
    aflowi_exp_scale scale;     /* of the present window's gaps */
    uint64_t clock, window_end; /* ticks of virtual time */
    uint64_t emitted;           /* tick of the last emission */
    uint64_t next;              /* tick of the next; AFLOWI_NEVER: none */
    uint64_t replayed;          /* arrivals taken from the list; of a source, at the present instant */
    int idle;                   /* the window has no users */
    int steady;                 /* within a window the next emission is the clock and a gap, and nothing else */
    int searching;              /* `next` is no emission yet but where to look on for one */
} aflowi_generator_state;

/* --- What requests carry beyond their 32 bytes ------------------------------------------------ */

/* An extra's fields are each of use between few ops; a request that waits for something is in one of these at a time. */
typedef struct aflowi_extra {
    uint64_t since;         /* tick at which it asked for what it waits for, or became ready to run */
    uint64_t left;          /* ticks of work */
    uint64_t slice;         /* of that, what it computes now */
    uint64_t cost;          /* so far, in 1 / AFLOWI_MONEY */
    uint64_t memory;        /* the word of the user's own steps */
    uint64_t tokens[2];     /* of its call: input, output */
    uint32_t worker;        /* of the present server */
    uint32_t batch;         /* requests in the batch that it leads */
    uint32_t outcome;       /* why it is turned away */
} aflowi_extra;

/* What became of those who asked for something. */
typedef struct aflowi_account {
    aflowi_gauge in_use, waiting;
    uint64_t acquired, released, rejected, timed_out;
    uint64_t acquired_before;       /* of the acquired, during the warm-up */
    uint64_t held, queued;          /* the referee's: in its stations at the end */
    aflowi_moments wait;
    aflowi_histogram waits;
} aflowi_account;

typedef struct aflowi_station {
    uint32_t in_use, waiting, head, tail;
    uint64_t timer;         /* tick of the event that is pending for it; AFLOWI_NEVER: none. Any other that fires is stale */
    uint64_t at;            /* of a bucket: its level was this at that tick */
    aflowi_wide level;
} aflowi_station;

/* Work in progress at one speed: each is done when the work that every one of them has been given reaches its own mark. */
typedef struct aflowi_shared_work { uint64_t mark, number; uint32_t request; } aflowi_shared_work;
typedef struct aflowi_sharing {
    aflowi_shared_work *heap;     /* least mark first, then first come */
    size_t count, capacity;
    uint64_t given;         /* to each, in 2^-8 ticks */
    uint64_t at, timer;     /* tick of `given`; as a station's */
    uint64_t speed;         /* Q32 */
    uint64_t number;
} aflowi_sharing;

#define AFLOWI_SHARE_BITS 8
#define AFLOWI_MOST_WORK ((uint64_t)1 << 52)    /* ticks: 52 days of work */

/* Entries are a ring in the order of their last use; `keys` stands for its ends. */
typedef struct aflowi_cache {
    aflowi_rng rng;
    uint32_t down;          /* 1: away */
    uint32_t *next, *previous;      /* by key; AFLOWI_NO_INDEX: not stored */
    uint64_t *expires;              /* by key, where entries do */
    uint32_t *first, *last;         /* by key, with single flight: who waits for it; AFLOWI_GROUNDED: nobody fetches it */
    uint64_t hits, misses, coalesced, evicted, expired;
} aflowi_cache;
#define AFLOWI_GROUNDED 0xFFFFFFFEu

typedef struct aflowi_gpu {
    aflowi_rng base, item;
    uint64_t batches, items;
    uint64_t items_before;          /* of the items, during the warm-up */
    aflowi_wide taken, one_by_one;  /* ticks that the batches take; that each request alone would have */
    uint64_t *sizes;                /* sizes[n - 1]: batches of n */
    uint32_t largest;
} aflowi_gpu;

typedef struct aflowi_model {
    uint64_t calls, tokens[2];
    uint64_t calls_before, tokens_before;   /* of them, during the warm-up */
    aflowi_wide cost;
} aflowi_model;

/* An event loop and its interpreter lock: who waits for them. */
typedef struct aflowi_worker {
    uint32_t on_loop, loop_head, loop_tail;
    uint32_t locked, lock_head, lock_tail;
} aflowi_worker;

typedef struct aflowi_processes {
    uint32_t accept_head, accept_tail;      /* not any worker's yet */
    uint32_t turn;                          /* the worker that is asked first */
    aflowi_gauge blocked;
    aflowi_moments lag;
    aflowi_histogram lags;
    uint64_t rejected, timed_out;
} aflowi_processes;

typedef struct aflowi_endpoint_more {
    uint64_t rejected, timed_out;
    uint64_t wasted;            /* ticks that these were here, in sum, modulo 2^64 */
    aflowi_wide cost;
} aflowi_endpoint_more;

/* Events of one tick, sorted by component: (order << 32 | arrival number) first. */
typedef struct aflowi_tie { uint64_t key, what; } aflowi_tie;
typedef struct aflowi_ties {
    aflowi_tie *heap;
    size_t count, capacity;
    uint32_t number;
} aflowi_ties;

/* What the referee adds up during a run, sums of ticks modulo 2^64: in doubt an error of 584 years would escape it. */
typedef struct aflowi_books {
    uint64_t computing;             /* CPU time begun */
    uint64_t latencies;             /* of the completed */
    uint64_t lost;                  /* from start to loss, of the dropped */
    uint64_t tasks;                 /* in the background, now */
    uint64_t busy_before, transit_before;   /* integrals of the warm-up: cores, edges */
} aflowi_books;

typedef struct aflowi_referee {
    uint64_t checks, failed;
    char first[200];                /* which one, in words; "": none */
} aflowi_referee;

struct aflow_result { struct aflow_sim *sim; };

struct aflow_sim {
    aflow_allocator allocator;
    int owners;                     /* the sim's and the result's owner */
    int finished;
    aflow_status status;
    aflowi_arena arena;             /* plan, states, names */
    aflow_scenario *scenario;
    uint64_t scenario_hash;
    aflowi_plan plan;
    aflow_run_desc desc;

    uint64_t played;                /* everything before this tick has happened */
    uint64_t warm_up;               /* tick at which figures begin anew; 0: none */
    uint64_t since;                 /* tick from which figures are: 0 until they began anew */
    uint64_t generated, dropped, events;
    aflowi_books books;
    aflowi_request *requests;
    size_t requests_capacity, requests_used;
    uint32_t free_request;
    uint64_t *request_ids;          /* parallel to requests, when rows are recorded */
    size_t request_ids_capacity;
    uint32_t run_head, run_tail;    /* granted a resource at this instant, to go on */
    aflowi_pending pending;
    aflowi_ties ties;
    aflowi_generator_state generator;
    uint32_t next_change;
    aflowi_rotation rotation;       /* round robin's */
    aflowi_tournament tournament;   /* least connection's */
    aflowi_resource *resources;
    aflowi_server_state *servers;
    aflowi_endpoint_state *endpoints;
    aflowi_draws *draws;            /* by sampler: each random step has a stream of its own */
    aflowi_edge_state *edges;
    int keeps_more;                 /* of each request: rows, extras */
    aflowi_extra *extras;           /* parallel to requests, where they carry more; */
    size_t extras_capacity;
    uint32_t *keys;                 /* and their keys of caches, so many as levels each */
    size_t keys_capacity;
    aflowi_account *accounts;
    aflowi_station *stations;
    aflowi_sharing *sharings;
    aflowi_cache *caches;
    aflowi_gpu *gpus;
    aflowi_model *models;           /* by resource */
    aflowi_worker *workers;
    aflowi_processes *processes;    /* by server */
    aflowi_endpoint_more *endpoints_more;
    aflow_waiting *choices;         /* what a discipline chooses from */
    size_t choices_capacity;
    aflowi_wide cost;               /* of all requests so far */
    aflowi_moments costs;           /* of those that have completed */
    aflowi_samples samples;
    aflowi_log log;
    const char **warnings;
    size_t warnings_count;
    int latency_known;              /* the statistics of a finished run are worked out once */
    aflowi_moments latency_moments;
    aflow_latency_stats latency;
    aflowi_referee referee;
    struct aflow_result result;
};

/* A request goes on at an op at a time. What a request brings about is at most one of these. It is returned, not stored: often
   it is the next of all. */
typedef struct aflowi_turn {
    uint64_t time;
    uint32_t op, request;
} aflowi_turn;

#define AFLOWI_FOREVER UINT64_MAX
#define AFLOWI_NO_TURN aflowi_turn_of(AFLOWI_FOREVER, 0, 0)

AFLOWI_HOT aflowi_turn aflowi_turn_of(uint64_t time, uint32_t op, uint32_t request)
{
    aflowi_turn turn;
    turn.time = time;
    turn.op = op;
    turn.request = request;
    return turn;
}

/* As an event it is two words. */
AFLOWI_HOT aflowi_turn aflowi_turn_of_event(aflowi_event e) { return aflowi_turn_of(e.time, (uint32_t)(e.what >> 32), (uint32_t)e.what); }

AFLOWI_HOT void aflowi_keep(aflowi_pending *p, aflowi_turn turn)
{
    if (turn.time != AFLOWI_FOREVER) aflowi_pending_push(p, turn.time, (uint64_t)turn.op << 32 | turn.request);
}

static void aflowi_out_of_memory(aflow_sim *sim)
{
    sim->status = AFLOW_OUT_OF_MEMORY;
    aflowi_pending_stop(&sim->pending);
}

/* --- Requests ---------------------------------------------------------------- */

static int aflowi_extras_grow(aflow_sim *sim, size_t wanted)
{
    void *extras = sim->extras, *keys = sim->keys;
    int ok = aflowi_grow(&sim->allocator, &extras, &sim->extras_capacity, wanted, sizeof *sim->extras);
    sim->extras = (aflowi_extra *)extras;
    if (!ok || !sim->plan.key_levels) return ok;
    ok = aflowi_grow(&sim->allocator, &keys, &sim->keys_capacity, wanted * sim->plan.key_levels, sizeof *sim->keys);
    sim->keys = (uint32_t *)keys;
    return ok;
}

static uint32_t aflowi_request_grow(aflow_sim *sim)
{
    void *requests = sim->requests, *ids = sim->request_ids;
    int ok = sim->requests_used < AFLOWI_NO_INDEX &&
             aflowi_grow(&sim->allocator, &requests, &sim->requests_capacity, sim->requests_used + 1, sizeof *sim->requests);
    sim->requests = (aflowi_request *)requests;
    if (ok && sim->desc.record_requests) {
        ok = aflowi_grow(&sim->allocator, &ids, &sim->request_ids_capacity, sim->requests_used + 1, sizeof *sim->request_ids);
        sim->request_ids = (uint64_t *)ids;
    }
    if (ok && sim->plan.carries_more) ok = aflowi_extras_grow(sim, sim->requests_used + 1);
    if (!ok) {
        aflowi_out_of_memory(sim);
        return AFLOWI_NO_INDEX;
    }
    return (uint32_t)sim->requests_used++;
}

AFLOWI_INLINE uint32_t aflowi_request_take(aflow_sim *sim)
{
    uint32_t index = sim->free_request;
    if (AFLOWI_UNLIKELY(index == AFLOWI_NO_INDEX)) return aflowi_request_grow(sim);
    sim->free_request = sim->requests[index].next;
    return index;
}

AFLOWI_INLINE void aflowi_request_free(aflow_sim *sim, uint32_t index)
{
    sim->requests[index].next = sim->free_request;
    sim->free_request = index;
}

AFLOWI_RARE void aflowi_record_row(aflow_sim *sim, uint32_t index, aflow_outcome outcome, uint64_t now)
{
    void *rows = sim->log.rows;
    int ok = aflowi_grow(&sim->allocator, &rows, &sim->log.rows_capacity, sim->log.rows_count + 1, sizeof *sim->log.rows);
    sim->log.rows = (aflowi_row *)rows;
    if (ok) {
        aflowi_row *row = &sim->log.rows[sim->log.rows_count++];
        row->id = sim->request_ids[index];
        row->start = sim->requests[index].start;
        row->finish = now;
        row->endpoint = sim->requests[index].endpoint;
        row->outcome = (uint32_t)outcome;
        row->cost = sim->extras ? sim->extras[index].cost : 0;
    } else {
        aflowi_out_of_memory(sim);
    }
}

static void aflowi_request_lost(aflow_sim *sim, uint32_t index, aflow_outcome outcome, uint64_t now)
{
    sim->dropped++;
    sim->books.lost += now - sim->requests[index].start;
    if (sim->desc.record_requests) aflowi_record_row(sim, index, outcome, now);
    aflowi_request_free(sim, index);
}

/* The list is full, or there is none. */
AFLOWI_RARE void aflowi_complete_elsewhere(aflow_sim *sim, uint64_t start, uint64_t now)
{
    aflowi_log *log = &sim->log;
    void *completions = log->completions;
    if (log->latency.cell) {
        aflowi_log_count(log, start, now);
        return;
    }
    if (!aflowi_grow(&sim->allocator, &completions, &log->capacity, log->capacity + 1, sizeof *log->completions)) {
        aflowi_out_of_memory(sim);
        return;
    }
    log->completions = (aflowi_completion *)completions;
    log->completions[log->count].start = start;
    log->completions[log->count++].finish = now;
}

AFLOWI_RARE void aflowi_completed_more(aflow_sim *sim, uint32_t index, uint64_t now)
{
    if (sim->extras) aflowi_moments_add(&sim->costs, sim->extras[index].cost);
    if (sim->desc.record_requests) aflowi_record_row(sim, index, AFLOW_OUTCOME_COMPLETED, now);
}

static void aflowi_request_completed(aflow_sim *sim, uint32_t index, uint64_t now)
{
    aflowi_log *log = &sim->log;
    uint64_t start = sim->requests[index].start;
    if (AFLOWI_LIKELY(log->count < log->capacity)) {
        log->completions[log->count].start = start;
        log->completions[log->count++].finish = now;
    } else {
        aflowi_complete_elsewhere(sim, start, now);
    }
    log->digest = aflowi_digest_step(aflowi_digest_step(log->digest, start), now);
    sim->books.latencies += now - start;
    if (AFLOWI_UNLIKELY(sim->keeps_more)) aflowi_completed_more(sim, index, now);
    aflowi_request_free(sim, index);
}

/* --- Edges --------------------------------------------------------------------- */

AFLOWI_RARE void aflowi_drop(aflow_sim *sim, uint32_t edge, uint32_t index, uint64_t now)
{
    aflowi_edge_state *e = &sim->edges[edge];
    e->dropped++;
    e->until_drop = aflowi_draw_geometric(sim->plan.edges[edge].dropout, &e->dropout);
    aflowi_request_lost(sim, index, AFLOW_OUTCOME_DROPPED, now);
}

/* The arrival, or none when the message is dropped (and the request is gone). */
AFLOWI_HOT aflowi_turn aflowi_send(aflow_sim *sim, uint32_t edge, uint32_t index, uint64_t now)
{
    aflowi_edge_state *e = &sim->edges[edge];
    uint64_t arrival = now + e->next_latency + e->spike;
    e->sent++;
    if (AFLOWI_UNLIKELY(e->until_drop-- == 0)) {
        aflowi_drop(sim, edge, index, now);
        return AFLOWI_NO_TURN;
    }
    aflowi_gauge_up(&e->transit, now, 1);
    e->next_latency = aflowi_draw(&e->law, &e->latency);
    return aflowi_turn_of(arrival, edge, index);
}

/* --- Counted resources ------------------------------------------------------------ */

/* Lists of requests, linked by their `next`. */
AFLOWI_INLINE void aflowi_append(aflow_sim *sim, uint32_t *head, uint32_t *tail, uint32_t index)
{
    sim->requests[index].next = AFLOWI_NO_INDEX;
    if (*head == AFLOWI_NO_INDEX) *head = index;
    else sim->requests[*tail].next = index;
    *tail = index;
}

AFLOWI_INLINE uint32_t aflowi_take_head(aflow_sim *sim, uint32_t *head)
{
    uint32_t index = *head;
    *head = sim->requests[index].next;
    return index;
}

AFLOWI_RARE void aflowi_run_later(aflow_sim *sim, uint32_t index) { aflowi_append(sim, &sim->run_head, &sim->run_tail, index); }

static void aflowi_wait(aflow_sim *sim, aflowi_resource *r, uint32_t index, uint64_t now)
{
    aflowi_append(sim, &r->head, &r->tail, index);
    aflowi_gauge_up(&r->waiting, now, 1);
}

/* Who goes on once the present request waits or is gone, in the order of their grants. The first is held in a register, where
   one is nearly always all; those behind it are on the run list. */
typedef struct aflowi_granted { uint32_t first; } aflowi_granted;

AFLOWI_HOT void aflowi_go_on_later(aflow_sim *sim, aflowi_granted *granted, uint32_t index)
{
    if (AFLOWI_LIKELY(granted->first == AFLOWI_NO_INDEX)) granted->first = index;
    else aflowi_run_later(sim, index);
}

AFLOWI_HOT uint32_t aflowi_take_granted(aflow_sim *sim, aflowi_granted *granted)
{
    uint32_t index = granted->first;
    granted->first = sim->run_head;
    if (AFLOWI_UNLIKELY(granted->first != AFLOWI_NO_INDEX)) sim->run_head = sim->requests[granted->first].next;
    return index;
}

AFLOWI_HOT void aflowi_wake_first(aflow_sim *sim, aflowi_resource *r, aflowi_granted *granted, uint64_t now)
{
    uint32_t first = r->head;
    r->head = sim->requests[first].next;
    aflowi_gauge_down(&r->waiting, now, 1);
    aflowi_go_on_later(sim, granted, first);
}

/* One unit. 1: granted; 0: the request now waits. Who waits is handed what is released, so a free unit means that none does. */
AFLOWI_INLINE int aflowi_acquire(aflow_sim *sim, aflowi_resource *r, uint32_t index, uint64_t now)
{
    if (r->in_use.value < r->capacity) {
        aflowi_gauge_up(&r->in_use, now, 1);
        return 1;
    }
    aflowi_wait(sim, r, index, now);
    return 0;
}

AFLOWI_HOT void aflowi_release(aflow_sim *sim, aflowi_resource *r, aflowi_granted *granted, uint64_t now)
{
    if (r->head == AFLOWI_NO_INDEX) aflowi_gauge_down(&r->in_use, now, 1);
    else aflowi_wake_first(sim, r, granted, now);
}

/* The same for RAM, of which everyone needs another amount: who does not fit keeps those behind waiting. */
AFLOWI_INLINE int aflowi_reserve(aflow_sim *sim, aflowi_resource *r, uint32_t index, uint64_t now)
{
    uint32_t amount = sim->requests[index].ram;
    if (r->head == AFLOWI_NO_INDEX && amount <= r->capacity - r->in_use.value) {
        aflowi_gauge_up(&r->in_use, now, amount);
        return 1;
    }
    aflowi_wait(sim, r, index, now);
    return 0;
}

AFLOWI_HOT void aflowi_return(aflow_sim *sim, aflowi_resource *r, uint32_t amount, aflowi_granted *granted, uint64_t now)
{
    aflowi_gauge_down(&r->in_use, now, amount);
    while (r->head != AFLOWI_NO_INDEX && sim->requests[r->head].ram <= r->capacity - r->in_use.value) {
        aflowi_gauge_up(&r->in_use, now, sim->requests[r->head].ram);
        aflowi_wake_first(sim, r, granted, now);
    }
}

/* --- Least connection ---------------------------------------------------------------- */

AFLOWI_INLINE int aflowi_beats(const aflowi_contender *a, const aflowi_contender *b)
{
    return a->connections != b->connections ? a->connections < b->connections : a->asked < b->asked;
}

/* After a change of one contender: its way up, as far as anything changes. */
static void aflowi_replay(aflowi_tournament *t, uint32_t position)
{
    uint32_t node, left, right, best;
    for (node = (t->leaves + position) / 2; node; node /= 2) {
        left = t->winner[2 * node];
        right = t->winner[2 * node + 1];
        best = aflowi_beats(&t->contender[right], &t->contender[left]) ? right : left;
        if (best == t->winner[node] && best != position) return;
        t->winner[node] = best;
    }
}

/* AsyncFlow's least connection counts what is on its way to a server, ours what was sent there and has not left it. */
AFLOWI_RARE void aflowi_connections_change(aflow_sim *sim, uint32_t position, uint32_t by)
{
    sim->tournament.contender[position].connections += by;
    aflowi_replay(&sim->tournament, position);
}

/* --- Nodes ------------------------------------------------------------------------------ */

AFLOWI_HOT uint64_t aflowi_next_draw(aflow_sim *sim, uint32_t sampler)
{
    aflowi_draws *d = &sim->draws[sampler];
    uint64_t value = d->next;
    d->next = aflowi_draw(&sim->plan.samplers[sampler], &d->rng);
    return value;
}

AFLOWI_RARE uint32_t aflowi_draw_ram(aflow_sim *sim, const aflowi_endpoint_plan *e, uint32_t capacity)
{
    uint64_t sum = e->ram;
    uint32_t i;
    for (i = 0; i < e->ram_samplers_count; i++) {
        uint64_t drawn = aflowi_next_draw(sim, e->ram_samplers + i);
        sum += drawn < capacity ? drawn : capacity;
    }
    return sum < capacity ? (uint32_t)sum : capacity;
}

AFLOWI_RARE void aflowi_refuse(aflow_sim *sim, uint32_t server, uint32_t index, uint64_t now)
{
    sim->servers[server].refused++;
    sim->requests[index].arrived = AFLOWI_AWAY;
    sim->requests[index].endpoint = sim->plan.servers[server].endpoints;    /* stands for the server in the row of the request */
    aflowi_request_lost(sim, index, AFLOW_OUTCOME_REFUSED, now);
}

/* Returns the op at which the request's program begins. booked: AFLOWI_BOOKED or 0. */
AFLOWI_HOT uint32_t aflowi_admit(aflow_sim *sim, uint32_t server, uint32_t index, uint64_t now, uint32_t booked)
{
    const aflowi_server_plan *plan = &sim->plan.servers[server];
    aflowi_request *rq = &sim->requests[index];
    uint32_t choice = plan->endpoints;
    const aflowi_endpoint_plan *e;
    if (plan->endpoints_count > 1) {
        aflowi_rng *rng = &sim->servers[server].choice;
        choice += plan->weighted ? aflowi_draw_weighted(rng, sim->plan.weights + plan->endpoints, plan->endpoints_count) : aflowi_draw_below(rng, plan->endpoints_count);
    }
    e = &sim->plan.endpoints[choice];
    rq->endpoint = choice | booked;
    rq->arrived = now;
    rq->ram = e->ram_samplers_count ? aflowi_draw_ram(sim, e, plan->capacity[AFLOWI_RAM]) : e->ram;
    sim->endpoints[choice].arrived++;
    sim->endpoints[choice].visits -= now;
    return e->program;
}

static void aflowi_ring_remove(aflowi_rotation *r, uint32_t position)
{
    r->next[r->previous[position]] = r->next[position];
    r->previous[r->next[position]] = r->previous[position];
    if (r->head == position) r->head = r->next[position];
    r->next[position] = AFLOWI_NO_INDEX;
    r->count--;
}

static void aflowi_ring_append(aflowi_rotation *r, uint32_t position)
{
    if (r->count++ == 0) {
        r->next[position] = r->previous[position] = r->head = position;
        return;
    }
    r->next[position] = r->head;
    r->previous[position] = r->previous[r->head];
    r->next[r->previous[position]] = position;
    r->previous[r->head] = position;
}

/* What the balancer sends over an edge enters its books, and leaves them with the server (AsyncFlow's: on arrival); what is
   going to be dropped does not. */
static uint32_t aflowi_least_connected(aflow_sim *sim)
{
    aflowi_tournament *t = &sim->tournament;
    uint32_t position = t->winner[1], edge = sim->plan.balancer_edges[position];        /* the check made sure that one server is always up */
    if (!sim->plan.compat) t->contender[position].asked = ++t->turn;      /* ties rotate */
    aflowi_connections_change(sim, position, sim->edges[edge].until_drop != 0);
    return edge;
}

AFLOWI_INLINE uint32_t aflowi_balance(aflow_sim *sim)
{
    aflowi_rotation *r = &sim->rotation;
    uint32_t position = r->head;
    if (sim->plan.least_connection) return aflowi_least_connected(sim);
    r->head = r->next[position];
    return sim->plan.balancer_edges[position];
}

/* The balancer's books of a request that arrives: AsyncFlow's end here. */
AFLOWI_RARE uint32_t aflowi_book(aflow_sim *sim, uint32_t server)
{
    if (!sim->plan.compat) return AFLOWI_BOOKED;
    aflowi_connections_change(sim, sim->servers[server].position, (uint32_t)-1);
    return 0;
}

/* Ours end where the request leaves the server or is turned away there. */
AFLOWI_RARE void aflowi_unbook(aflow_sim *sim, uint32_t server, aflowi_request *rq)
{
    rq->endpoint -= AFLOWI_BOOKED;
    aflowi_connections_change(sim, sim->servers[server].position, (uint32_t)-1);
}

/* A server that is down refuses what no balancer sent. */
AFLOWI_INLINE int aflowi_refuses(const aflow_sim *sim, uint32_t server) { return AFLOWI_UNLIKELY(sim->servers[server].down) && !sim->plan.compat; }

/* --- Programs ------------------------------------------------------------------------ */

/* Returns the edge over which the request goes on. */
AFLOWI_HOT uint32_t aflowi_leave_server(aflow_sim *sim, uint32_t server, uint32_t index, uint64_t now)
{
    aflowi_request *rq = &sim->requests[index];
    uint64_t stay = now - rq->arrived;
    aflowi_endpoint_state *e;
    if (AFLOWI_UNLIKELY(rq->endpoint & AFLOWI_BOOKED)) aflowi_unbook(sim, server, rq);
    e = &sim->endpoints[rq->endpoint];
    rq->arrived = AFLOWI_AWAY;
    e->visits += now;
    aflowi_moments_add(&e->latency, stay);
    if (e->histogram.cell) e->histogram.cell[aflowi_cell_of(stay, AFLOWI_COARSE_BITS, AFLOWI_COARSE_LOW)]++;
    return sim->plan.servers[server].out_edge;
}

/* A background task that begins at an op; AFLOWI_NO_INDEX when memory is out. */
AFLOWI_RARE uint32_t aflowi_spawn(aflow_sim *sim, uint32_t op, uint32_t parent)
{
    uint32_t task = aflowi_request_take(sim);
    if (task == AFLOWI_NO_INDEX) return task;
    memset(&sim->requests[task], 0, sizeof *sim->requests);
    sim->books.tasks++;
    sim->requests[task].arrived = AFLOWI_AWAY;
    sim->requests[task].op = op;
    sim->requests[task].endpoint = sim->requests[parent].endpoint & ~AFLOWI_BOOKED;
    return task;
}

/* --- Buckets ------------------------------------------------------------------------------------ */

static int aflowi_wide_less(aflowi_wide a, aflowi_wide b) { return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo; }

/* Brings the level up to date. While someone waits it is not cut at the burst: what is there was taken the moment that it came,
   which may be within the tick. What comes at intervals comes all at once, and more than the bucket holds runs over. */
static void aflowi_bucket_fill(const aflowi_station_plan *p, aflowi_station *s, uint64_t now)
{
    if (p->interval) now -= now % p->interval;
    aflowi_wide_add_product(&s->level, p->rate, now - s->at);
    s->at = now;
    if ((s->head == AFLOWI_NO_INDEX || p->interval) && aflowi_wide_less(p->burst, s->level)) s->level = p->burst;
}

/* The first tick at which so much is there that is more than the level, which is up to date. */
static uint64_t aflowi_bucket_ready(const aflowi_station_plan *p, const aflowi_station *s, aflowi_wide wanted)
{
    uint64_t ticks, rest;
    aflowi_wide_subtract(&wanted, s->level.hi, s->level.lo);
    if (wanted.hi >= p->rate) return AFLOWI_NEVER;
    ticks = aflowi_wide_divide(wanted, p->rate, &rest);
    if (rest) ticks++;
    if (p->interval && ticks % p->interval) ticks += p->interval - ticks % p->interval;
    return ticks < AFLOWI_NEVER - s->at ? s->at + ticks : AFLOWI_NEVER;
}

/* --- Stations: who gets in ------------------------------------------------------------------------ */

/* What a request takes of a bucket; more than it can hold would never come. */
static aflowi_wide aflowi_tokens_wanted(const aflow_sim *sim, const aflowi_station_plan *p, uint32_t index)
{
    const aflowi_extra *x = &sim->extras[index];
    aflowi_wide wanted = p->token;
    if (p->kind == AFLOWI_STATION_TOKENS) wanted = aflowi_wide_times(wanted, x->tokens[0] + x->tokens[1]);
    return aflowi_wide_less(p->burst, wanted) ? p->burst : wanted;
}

static int aflowi_station_is_full(const aflowi_station_plan *p, const aflowi_station *s)
{
    return p->kind == AFLOWI_STATION_COUNTED && s->in_use >= p->capacity && p->capacity != AFLOWI_NO_INDEX;
}

/* Takes what the request needs, if it is there. */
static int aflowi_station_lets_in(aflow_sim *sim, uint32_t station, uint32_t index, uint64_t now)
{
    const aflowi_station_plan *p = &sim->plan.stations[station];
    aflowi_station *s = &sim->stations[station];
    aflowi_wide wanted;
    if (p->kind == AFLOWI_STATION_COUNTED) {
        if (aflowi_station_is_full(p, s)) return 0;
        s->in_use++;
        return 1;
    }
    wanted = aflowi_tokens_wanted(sim, p, index);
    aflowi_bucket_fill(p, s, now);
    if (aflowi_wide_less(s->level, wanted)) return 0;
    aflowi_wide_subtract(&s->level, wanted.hi, wanted.lo);
    return 1;
}

/* The request has it: the figures. */
static void aflowi_account_got(aflow_sim *sim, const aflowi_station_plan *p, uint32_t index, uint64_t now)
{
    aflowi_account *a = &sim->accounts[p->account];
    uint64_t wait = now - sim->extras[index].since;
    if (!p->is_last) return;
    a->acquired++;
    aflowi_moments_add(&a->wait, wait);
    a->waits.cell[aflowi_cell_of(wait, AFLOWI_COARSE_BITS, AFLOWI_COARSE_LOW)]++;
    if (p->kind == AFLOWI_STATION_COUNTED) aflowi_gauge_up(&a->in_use, now, 1);
    else if (p->kind != AFLOWI_STATION_BATCHES) a->released++;
}

static void aflowi_station_queue(aflow_sim *sim, uint32_t station, uint32_t index, uint64_t now)
{
    aflowi_station *s = &sim->stations[station];
    aflowi_append(sim, &s->head, &s->tail, index);
    s->waiting++;
    aflowi_gauge_up(&sim->accounts[sim->plan.stations[station].account].waiting, now, 1);
}

/* Takes who stands behind `before` (AFLOWI_NO_INDEX: the head) out of the queue. */
static uint32_t aflowi_station_unqueue(aflow_sim *sim, uint32_t station, uint32_t before, uint64_t now)
{
    aflowi_station *s = &sim->stations[station];
    uint32_t index = before == AFLOWI_NO_INDEX ? s->head : sim->requests[before].next, next = sim->requests[index].next;
    if (before == AFLOWI_NO_INDEX) s->head = next;
    else sim->requests[before].next = next;
    if (next == AFLOWI_NO_INDEX) s->tail = before;
    s->waiting--;
    aflowi_gauge_down(&sim->accounts[sim->plan.stations[station].account].waiting, now, 1);
    return index;
}

static const char *aflowi_endpoint_name(const aflow_sim *sim, uint32_t endpoint, const char **server)
{
    uint32_t of = sim->plan.endpoints[endpoint].server;
    const aflow_server *s = &sim->plan.scenario->topology_graph.nodes.servers[of];
    *server = s->id;
    return s->endpoints[endpoint - sim->plan.servers[of].endpoints].endpoint_name;
}

static void aflowi_show_waiting(const aflow_sim *sim, uint32_t index, aflow_waiting *w)
{
    const aflowi_request *rq = &sim->requests[index];
    w->request = sim->desc.record_requests ? sim->request_ids[index] : 0;
    w->since_ns = sim->extras[index].since;
    w->start_ns = rq->start;
    w->endpoint = aflowi_endpoint_name(sim, rq->endpoint & ~AFLOWI_BOOKED, &w->server);
    w->memory = sim->extras[index].memory;
}

/* Who stands before the one that the user's discipline chooses; AFLOWI_NO_INDEX: it is the head. */
static uint32_t aflowi_before_chosen(aflow_sim *sim, uint32_t station)
{
    const aflow_discipline_hook *d = sim->plan.stations[station].discipline;
    aflowi_station *s = &sim->stations[station];
    void *list = sim->choices;
    uint32_t index, before = AFLOWI_NO_INDEX;
    size_t chosen, i = 0;
    if (!d || s->waiting < 2) return AFLOWI_NO_INDEX;
    if (!aflowi_grow(&sim->allocator, &list, &sim->choices_capacity, s->waiting, sizeof *sim->choices)) {
        aflowi_out_of_memory(sim);
        return AFLOWI_NO_INDEX;
    }
    sim->choices = (aflow_waiting *)list;
    for (index = s->head; index != AFLOWI_NO_INDEX; index = sim->requests[index].next) aflowi_show_waiting(sim, index, &sim->choices[i++]);
    chosen = d->choose(d->context, sim->choices, i);
    if (chosen >= i) chosen = 0;
    for (index = s->head; chosen; chosen--, index = sim->requests[index].next) before = index;
    return before;
}

/* The earliest instant at which something happens there by itself. */
static uint64_t aflowi_station_next(aflow_sim *sim, uint32_t station, uint64_t now)
{
    const aflowi_station_plan *p = &sim->plan.stations[station];
    aflowi_station *s = &sim->stations[station];
    uint64_t next = AFLOWI_NEVER, since = sim->extras[s->head].since;
    if (p->timeout < AFLOWI_NEVER) next = since + p->timeout;
    if (p->kind == AFLOWI_STATION_BUCKET || p->kind == AFLOWI_STATION_TOKENS) {
        uint64_t ready;
        aflowi_bucket_fill(p, s, now);
        ready = aflowi_bucket_ready(p, s, aflowi_tokens_wanted(sim, p, s->head));
        if (ready < next) next = ready;
    } else if (p->kind == AFLOWI_STATION_BATCHES && s->in_use < p->capacity && since + sim->plan.gpus[p->gpu].wait < next) {
        next = since + sim->plan.gpus[p->gpu].wait;
    }
    return next > now ? next : now;
}

static void aflowi_station_wind(aflow_sim *sim, uint32_t station, uint64_t now)
{
    aflowi_station *s = &sim->stations[station];
    uint64_t next;
    if (s->head == AFLOWI_NO_INDEX) return;
    next = aflowi_station_next(sim, station, now);
    if (next >= s->timer || next >= AFLOWI_NEVER) return;
    s->timer = next;
    aflowi_keep(&sim->pending, aflowi_turn_of(next, sim->plan.stations[station].timer, 0));
}

/* Lets in who waits, as far as there is something for them; a discipline is only asked who is next when one will be. */
static void aflowi_station_serve(aflow_sim *sim, uint32_t station, uint64_t now)
{
    aflowi_station *s = &sim->stations[station];
    while (s->head != AFLOWI_NO_INDEX && !aflowi_station_is_full(&sim->plan.stations[station], s)) {
        uint32_t before = aflowi_before_chosen(sim, station), index = before == AFLOWI_NO_INDEX ? s->head : sim->requests[before].next;
        if (!aflowi_station_lets_in(sim, station, index, now)) break;
        aflowi_station_unqueue(sim, station, before, now);
        aflowi_account_got(sim, &sim->plan.stations[station], index, now);
        aflowi_run_later(sim, index);
    }
    aflowi_station_wind(sim, station, now);
}

static uint32_t aflowi_turned_away(aflow_sim *sim, const aflowi_op *op, uint32_t index, aflow_outcome outcome)
{
    aflowi_account *a = &sim->accounts[sim->plan.stations[op->code == AFLOWI_OP_JOIN ? sim->plan.gpus[op->target].station : op->target].account];
    sim->extras[index].outcome = (uint32_t)outcome;
    if (outcome == AFLOW_OUTCOME_REJECTED) a->rejected++;
    else a->timed_out++;
    return (uint32_t)op->amount;
}

/* Returns where the request goes on; AFLOWI_NO_INDEX: it waits. */
static uint32_t aflowi_station_take(aflow_sim *sim, uint32_t station, uint32_t at, uint32_t index, uint64_t now)
{
    const aflowi_station_plan *p = &sim->plan.stations[station];
    aflowi_station *s = &sim->stations[station];
    if (p->is_first) sim->extras[index].since = now;
    if (s->head == AFLOWI_NO_INDEX && aflowi_station_lets_in(sim, station, index, now)) {
        aflowi_account_got(sim, p, index, now);
        return at + 1;
    }
    if (s->waiting >= p->room) return aflowi_turned_away(sim, &sim->plan.ops[at], index, AFLOW_OUTCOME_REJECTED);
    sim->requests[index].op = at + 1;
    aflowi_station_queue(sim, station, index, now);
    aflowi_station_wind(sim, station, now);
    return AFLOWI_NO_INDEX;
}

/* 1: got it at once; else it has not asked. */
static int aflowi_station_try(aflow_sim *sim, uint32_t station, uint32_t index, uint64_t now)
{
    sim->extras[index].since = now;
    if (sim->stations[station].head != AFLOWI_NO_INDEX || !aflowi_station_lets_in(sim, station, index, now)) return 0;
    aflowi_account_got(sim, &sim->plan.stations[station], index, now);
    return 1;
}

static void aflowi_station_give(aflow_sim *sim, uint32_t station, uint64_t now)
{
    aflowi_account *a = &sim->accounts[sim->plan.stations[station].account];
    sim->stations[station].in_use--;
    aflowi_gauge_down(&a->in_use, now, 1);
    a->released++;
    if (sim->stations[station].head != AFLOWI_NO_INDEX) aflowi_station_serve(sim, station, now);
}

/* --- Batches ------------------------------------------------------------------------------------------ */

/* Its duration: batch_time, and an item_time for each. */
static uint64_t aflowi_batch_draw(aflow_sim *sim, uint32_t gpu, uint32_t count)
{
    const aflowi_gpu_plan *p = &sim->plan.gpus[gpu];
    aflowi_gpu *g = &sim->gpus[gpu];
    uint64_t base = 0, sum = 0;
    uint32_t i;
    if (p->base != AFLOWI_NO_INDEX) base = aflowi_draw(&sim->plan.samplers[p->base], &g->base);
    for (i = 0; i < count && p->item != AFLOWI_NO_INDEX; i++) {
        sum += aflowi_draw(&sim->plan.samplers[p->item], &g->item);
        if (sum > AFLOWI_NEVER) sum = AFLOWI_NEVER;
    }
    aflowi_wide_add_product(&g->one_by_one, base, count);
    aflowi_wide_add(&g->one_by_one, 0, sum);
    aflowi_wide_add(&g->taken, 0, base + sum);
    return base + sum < AFLOWI_NEVER ? base + sum : AFLOWI_NEVER;
}

static void aflowi_batch_start(aflow_sim *sim, uint32_t gpu, uint32_t count, uint64_t now)
{
    const aflowi_gpu_plan *p = &sim->plan.gpus[gpu];
    aflowi_gpu *g = &sim->gpus[gpu];
    aflowi_station *s = &sim->stations[p->station];
    uint32_t leader = s->head, last = AFLOWI_NO_INDEX, i;
    for (i = 0; i < count; i++) {
        uint32_t index = aflowi_station_unqueue(sim, p->station, AFLOWI_NO_INDEX, now);
        aflowi_account_got(sim, &sim->plan.stations[p->station], index, now);
        if (last != AFLOWI_NO_INDEX) sim->requests[last].next = index;
        sim->requests[index].next = AFLOWI_NO_INDEX;
        last = index;
    }
    sim->extras[leader].batch = count;
    s->in_use++;
    aflowi_gauge_up(&sim->accounts[sim->plan.stations[p->station].account].in_use, now, 1);
    g->batches++;
    g->items += count;
    g->sizes[count - 1]++;
    if (count > g->largest) g->largest = count;
    aflowi_keep(&sim->pending, aflowi_turn_of(now + aflowi_batch_draw(sim, gpu, count), p->batch_end, leader));
}

/* Starts batches while there is a slot, and enough requests or a first that has waited long enough. */
static void aflowi_gpu_serve(aflow_sim *sim, uint32_t gpu, uint64_t now)
{
    const aflowi_gpu_plan *p = &sim->plan.gpus[gpu];
    aflowi_station *s = &sim->stations[p->station];
    while (s->waiting && s->in_use < p->slots && (s->waiting >= p->most || now - sim->extras[s->head].since >= p->wait)) {
        aflowi_batch_start(sim, gpu, s->waiting < p->most ? s->waiting : p->most, now);
    }
    aflowi_station_wind(sim, p->station, now);
}

static uint32_t aflowi_gpu_join(aflow_sim *sim, uint32_t gpu, uint32_t at, uint32_t index, uint64_t now)
{
    const aflowi_gpu_plan *p = &sim->plan.gpus[gpu];
    aflowi_station *s = &sim->stations[p->station];
    sim->extras[index].since = now;
    if (s->in_use == p->slots && s->waiting >= sim->plan.stations[p->station].room) {
        return aflowi_turned_away(sim, &sim->plan.ops[at], index, AFLOW_OUTCOME_REJECTED);
    }
    sim->requests[index].op = at + 1;
    aflowi_station_queue(sim, p->station, index, now);
    aflowi_gpu_serve(sim, gpu, now);
    return AFLOWI_NO_INDEX;
}

static void aflowi_batch_end(aflow_sim *sim, uint32_t gpu, uint32_t leader, uint64_t now)
{
    const aflowi_gpu_plan *p = &sim->plan.gpus[gpu];
    aflowi_account *a = &sim->accounts[sim->plan.stations[p->station].account];
    uint32_t index = leader, next;
    sim->events += sim->extras[leader].batch - 1;       /* each of them ends a step */
    a->released += sim->extras[leader].batch;
    for (; index != AFLOWI_NO_INDEX; index = next) {
        next = sim->requests[index].next;
        aflowi_run_later(sim, index);
    }
    sim->stations[p->station].in_use--;
    aflowi_gauge_down(&a->in_use, now, 1);
    aflowi_gpu_serve(sim, gpu, now);
}

/* Who has waited as long as anyone may is at the head: all may wait as long. */
static void aflowi_station_timer(aflow_sim *sim, uint32_t station, uint64_t now)
{
    const aflowi_station_plan *p = &sim->plan.stations[station];
    aflowi_station *s = &sim->stations[station];
    sim->events--;          /* the run loop will count one, which this is not */
    if (s->timer != now) return;
    s->timer = AFLOWI_NEVER;
    if (p->kind == AFLOWI_STATION_BATCHES) aflowi_gpu_serve(sim, p->gpu, now);
    else aflowi_station_serve(sim, station, now);
    while (s->head != AFLOWI_NO_INDEX && p->timeout < AFLOWI_NEVER && now - sim->extras[s->head].since >= p->timeout) {
        uint32_t index = aflowi_station_unqueue(sim, station, AFLOWI_NO_INDEX, now);
        sim->requests[index].op = aflowi_turned_away(sim, &sim->plan.ops[sim->requests[index].op - 1], index, AFLOW_OUTCOME_TIMED_OUT);
        aflowi_run_later(sim, index);
    }
    if (p->kind != AFLOWI_STATION_BATCHES && p->kind != AFLOWI_STATION_COUNTED) aflowi_station_serve(sim, station, now);     /* the next may need less */
    aflowi_station_wind(sim, station, now);
}

/* --- Sharing ------------------------------------------------------------------------------------------- */

static int aflowi_share_before(const aflowi_shared_work *a, const aflowi_shared_work *b) { return a->mark != b->mark ? a->mark < b->mark : a->number < b->number; }

static void aflowi_share_push(aflowi_sharing *s, aflowi_shared_work entry)
{
    size_t i = s->count++;
    for (; i && aflowi_share_before(&entry, &s->heap[(i - 1) / 2]); i = (i - 1) / 2) s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = entry;
}

static uint32_t aflowi_share_pop(aflowi_sharing *s)
{
    uint32_t request = s->heap[0].request;
    aflowi_shared_work moved = s->heap[--s->count];
    size_t i = 0, child;
    while ((child = 2 * i + 1) < s->count) {
        if (child + 1 < s->count && aflowi_share_before(&s->heap[child + 1], &s->heap[child])) child++;
        if (!aflowi_share_before(&s->heap[child], &moved)) break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = moved;
    return request;
}

/* With n at work each takes 1 + contention (n - 1) + coherency n (n - 1) times as long: N. J. Gunther, "A simple capacity model
   of massively parallel transaction systems", CMG 1993. */
static uint64_t aflowi_shared_speed(const aflowi_sharing_plan *p, uint64_t n)
{
    const uint64_t one = (uint64_t)1 << 32, most = (uint64_t)1 << 61;
    uint64_t lo, slowdown = one;
    if (n < 2) return one;
    slowdown += aflowi_mul_hi(p->contention, n - 1, &lo) || lo > most ? most : lo;
    slowdown += aflowi_mul_hi(p->coherency, n * (n - 1), &lo) || lo > most ? most : lo;
    return ((uint64_t)1 << 63) / slowdown * 2 + ((uint64_t)1 << 63) % slowdown * 2 / slowdown;
}

/* Gives all what has come since. */
static void aflowi_share_advance(aflowi_sharing *s, uint64_t now)
{
    uint64_t lo, hi = aflowi_mul_hi(now - s->at, s->speed, &lo);
    size_t i;
    s->at = now;
    if (!s->count) {
        s->given = 0;
        return;
    }
    s->given += hi << (32 + AFLOWI_SHARE_BITS) | lo >> (32 - AFLOWI_SHARE_BITS);
    if (s->given >> 62 == 0) return;
    for (i = 0; i < s->count; i++) s->heap[i].mark = s->heap[i].mark > s->given ? s->heap[i].mark - s->given : 0;
    s->given = 0;
}

static void aflowi_share_wind(aflow_sim *sim, uint32_t sharing, uint64_t now)
{
    const aflowi_sharing_plan *p = &sim->plan.sharings[sharing];
    aflowi_sharing *s = &sim->sharings[sharing];
    aflowi_wide wanted = { 0, 0 };
    uint64_t left, ticks, rest;
    s->timer = AFLOWI_NEVER;
    if (!s->count) return;
    s->speed = aflowi_shared_speed(p, s->count);
    left = s->heap[0].mark > s->given ? s->heap[0].mark - s->given : 0;
    if (left >> 38 == 0) {
        ticks = ((left << (32 - AFLOWI_SHARE_BITS)) + s->speed - 1) / s->speed;
    } else {
        wanted.hi = left >> (32 + AFLOWI_SHARE_BITS);
        wanted.lo = left << (32 - AFLOWI_SHARE_BITS);
        ticks = wanted.hi >= s->speed ? AFLOWI_NEVER : aflowi_wide_divide(wanted, s->speed, &rest) + 1;
    }
    if (ticks >= AFLOWI_NEVER - now) return;
    s->timer = now + ticks;
    aflowi_keep(&sim->pending, aflowi_turn_of(s->timer, p->timer, 0));
}

static void aflowi_share_enter(aflow_sim *sim, uint32_t sharing, uint32_t index, uint64_t now)
{
    aflowi_sharing *s = &sim->sharings[sharing];
    void *heap = s->heap;
    uint64_t work = sim->extras[index].left;
    aflowi_shared_work entry;
    if (!aflowi_grow(&sim->allocator, &heap, &s->capacity, s->count + 1, sizeof *s->heap)) {
        aflowi_out_of_memory(sim);
        return;
    }
    s->heap = (aflowi_shared_work *)heap;
    aflowi_share_advance(s, now);
    entry.mark = s->given + ((work < AFLOWI_MOST_WORK ? work : AFLOWI_MOST_WORK) << AFLOWI_SHARE_BITS);
    entry.number = s->number++;
    entry.request = index;
    aflowi_share_push(s, entry);
    aflowi_share_wind(sim, sharing, now);
}

static void aflowi_share_end(aflow_sim *sim, uint32_t sharing, uint64_t now)
{
    aflowi_sharing *s = &sim->sharings[sharing];
    sim->events--;
    if (s->timer != now) return;
    aflowi_share_advance(s, now);
    while (s->count && s->heap[0].mark <= s->given) {
        aflowi_run_later(sim, aflowi_share_pop(s));
        sim->events++;
    }
    aflowi_share_wind(sim, sharing, now);
}

/* --- Caches --------------------------------------------------------------------------------------------------- */

static uint32_t *aflowi_key_of(aflow_sim *sim, uint32_t index, uint64_t level) { return &sim->keys[(size_t)index * sim->plan.key_levels + (size_t)level]; }

static void aflowi_cache_unlink(aflowi_cache *c, uint32_t key)
{
    c->next[c->previous[key]] = c->next[key];
    c->previous[c->next[key]] = c->previous[key];
}

static void aflowi_cache_to_front(aflowi_cache *c, uint32_t key, uint32_t ends)
{
    c->next[key] = c->next[ends];
    c->previous[key] = ends;
    c->previous[c->next[ends]] = key;
    c->next[ends] = key;
}

static void aflowi_cache_remove(aflow_sim *sim, uint32_t cache, uint32_t key, uint64_t now)
{
    aflowi_cache *c = &sim->caches[cache];
    aflowi_cache_unlink(c, key);
    c->next[key] = AFLOWI_NO_INDEX;
    aflowi_gauge_down(&sim->accounts[sim->plan.caches[cache].account].in_use, now, 1);
}

static void aflowi_cache_lose_all(aflow_sim *sim, uint32_t cache, uint64_t now)
{
    uint32_t ends = sim->plan.caches[cache].keys;
    while (ends && sim->caches[cache].next[ends] != ends) aflowi_cache_remove(sim, cache, sim->caches[cache].next[ends], now);
}

static uint32_t aflowi_draw_key(const aflowi_cache_plan *p, aflowi_rng *rng)
{
    uint64_t lo;
    uint32_t key = (uint32_t)aflowi_mul_hi(aflowi_rng_next(rng), p->keys, &lo);
    return lo >> 32 < p->threshold[key] ? key : p->alias[key];
}

/* Whether the key is there and fresh; then it is the one used last. */
static int aflowi_cache_has(aflow_sim *sim, uint32_t cache, uint32_t key, uint64_t now)
{
    aflowi_cache *c = &sim->caches[cache];
    if (c->next[key] == AFLOWI_NO_INDEX) return 0;
    if (c->expires && c->expires[key] <= now) {
        c->expired++;
        aflowi_cache_remove(sim, cache, key, now);
        return 0;
    }
    aflowi_cache_unlink(c, key);
    aflowi_cache_to_front(c, key, sim->plan.caches[cache].keys);
    return 1;
}

static void aflowi_cache_looked(aflow_sim *sim, uint32_t account, uint64_t wait)
{
    aflowi_account *a = &sim->accounts[account];
    aflowi_moments_add(&a->wait, wait);
    a->waits.cell[aflowi_cell_of(wait, AFLOWI_COARSE_BITS, AFLOWI_COARSE_LOW)]++;
}

/* What it looks for. Who has waited for a fetch that failed looks again, and still asks since now. */
static void aflowi_cache_ask(aflow_sim *sim, uint32_t cache, uint32_t index, uint64_t level, uint64_t now)
{
    *aflowi_key_of(sim, index, level) = aflowi_draw_key(&sim->plan.caches[cache], &sim->caches[cache].rng);
    sim->extras[index].since = now;
}

/* Returns where the request goes on; AFLOWI_NO_INDEX: it waits for who fetches the same. */
static uint32_t aflowi_cache_look(aflow_sim *sim, const aflowi_op *op, uint32_t at, uint32_t index, uint64_t now)
{
    const aflowi_cache_plan *p = &sim->plan.caches[op->target];
    aflowi_cache *c = &sim->caches[op->target];
    aflowi_account *a = &sim->accounts[p->account];
    uint32_t key = p->keys ? *aflowi_key_of(sim, index, op->amount >> 32) : 0;
    uint64_t waited = p->keys ? now - sim->extras[index].since : 0;
    int hit = p->keys ? !c->down && aflowi_cache_has(sim, op->target, key, now) : p->chance != AFLOWI_NO_INDEX && aflowi_next_draw(sim, p->chance) && !c->down;
    a->acquired++;
    if (hit) {
        c->hits++;
        a->released++;
        aflowi_cache_looked(sim, p->account, waited);
        return (uint32_t)op->amount;
    }
    c->misses++;
    if (!c->first || c->first[key] == AFLOWI_GROUNDED) {
        if (c->first) c->first[key] = AFLOWI_NO_INDEX;
        aflowi_cache_looked(sim, p->account, waited);
        return at + 1;
    }
    c->coalesced++;
    sim->requests[index].op = at;
    aflowi_append(sim, &c->first[key], &c->last[key], index);
    aflowi_gauge_up(&a->waiting, now, 1);
    return AFLOWI_NO_INDEX;
}

/* Those who wait for the key go on as if they had hit, or, where it will not come, look again, and one of them fetches it. */
static void aflowi_cache_land(aflow_sim *sim, uint32_t cache, uint32_t key, int came, uint64_t now)
{
    const aflowi_cache_plan *p = &sim->plan.caches[cache];
    aflowi_cache *c = &sim->caches[cache];
    aflowi_account *a = &sim->accounts[p->account];
    while (c->first[key] != AFLOWI_NO_INDEX) {
        uint32_t index = aflowi_take_head(sim, &c->first[key]);
        aflowi_gauge_down(&a->waiting, now, 1);
        if (came) {
            sim->requests[index].op = (uint32_t)sim->plan.ops[sim->requests[index].op].amount;
            a->released++;
            aflowi_cache_looked(sim, p->account, now - sim->extras[index].since);
        } else {        /* its look-up begins anew */
            a->acquired--;
            c->misses--;
            c->coalesced--;
        }
        aflowi_run_later(sim, index);
    }
    c->first[key] = AFLOWI_GROUNDED;
}

static void aflowi_cache_store(aflow_sim *sim, uint32_t cache, uint32_t key, uint64_t now)
{
    const aflowi_cache_plan *p = &sim->plan.caches[cache];
    aflowi_cache *c = &sim->caches[cache];
    if (c->down) return;
    if (c->next[key] != AFLOWI_NO_INDEX) {
        aflowi_cache_unlink(c, key);
    } else {
        aflowi_gauge *entries = &sim->accounts[p->account].in_use;
        if (entries->value == p->capacity) {
            c->evicted++;
            aflowi_cache_remove(sim, cache, c->previous[p->keys], now);
        }
        aflowi_gauge_up(entries, now, 1);
    }
    aflowi_cache_to_front(c, key, p->keys);
    if (c->expires) c->expires[key] = now + p->time_to_live;
}

/* The end of a miss: came 1, it is stored. */
static void aflowi_cache_fetched(aflow_sim *sim, const aflowi_op *op, uint32_t index, int came, uint64_t now)
{
    const aflowi_cache_plan *p = &sim->plan.caches[op->target];
    uint32_t key;
    sim->accounts[p->account].released++;
    if (!p->keys) return;
    key = *aflowi_key_of(sim, index, op->amount);
    if (came) aflowi_cache_store(sim, op->target, key, now);
    if (sim->caches[op->target].first) aflowi_cache_land(sim, op->target, key, came, now);
}

/* --- Models and steps of one's own -------------------------------------------------------------------------------- */

static void aflowi_charge(aflow_sim *sim, uint32_t index, uint64_t cost)
{
    uint32_t endpoint = sim->requests[index].endpoint & ~AFLOWI_BOOKED;
    sim->extras[index].cost = sim->extras[index].cost + cost < AFLOWI_NEVER ? sim->extras[index].cost + cost : AFLOWI_NEVER;
    aflowi_wide_add(&sim->endpoints_more[endpoint].cost, 0, cost);
    aflowi_wide_add(&sim->cost, 0, cost);
}

static uint64_t aflowi_draw_of(aflow_sim *sim, uint32_t sampler) { return sampler == AFLOWI_NO_INDEX ? 0 : aflowi_next_draw(sim, sampler); }

/* More tokens than that in one call are cut to it. */
#define AFLOWI_MOST_TOKENS 1000000000u

static void aflowi_call_draw(aflow_sim *sim, const aflowi_call_plan *c, uint32_t index)
{
    uint64_t *tokens = sim->extras[index].tokens;
    tokens[0] = aflowi_draw_of(sim, c->input);
    tokens[1] = aflowi_draw_of(sim, c->output);
    if (tokens[0] > AFLOWI_MOST_TOKENS) tokens[0] = AFLOWI_MOST_TOKENS;
    if (tokens[1] > AFLOWI_MOST_TOKENS) tokens[1] = AFLOWI_MOST_TOKENS;
}

static uint64_t aflowi_call_lasts(aflow_sim *sim, const aflowi_call_plan *c, uint32_t index)
{
    uint64_t lo, hi, first;
    if (c->latency != AFLOWI_NO_INDEX) return aflowi_next_draw(sim, c->latency);
    first = aflowi_draw_of(sim, c->first_token);
    hi = aflowi_mul_hi(aflowi_draw_of(sim, c->output_token), sim->extras[index].tokens[1], &lo);
    if (hi || lo > AFLOWI_NEVER || first + lo > AFLOWI_NEVER) return AFLOWI_NEVER;
    return first + lo;
}

/* At most 2^61, two millions. */
static uint64_t aflowi_price(uint64_t tokens, uint64_t each)
{
    uint64_t lo, hi = aflowi_mul_hi(tokens, each, &lo);
    return hi || lo > AFLOWI_NEVER / 2 ? AFLOWI_NEVER / 2 : lo;
}

/* Money is spent when the provider takes the call. */
static void aflowi_call_hold(aflow_sim *sim, const aflowi_call_plan *c, uint32_t at, uint32_t index, uint64_t now)
{
    const uint64_t *tokens = sim->extras[index].tokens;
    aflowi_model *m = &sim->models[c->resource];
    uint64_t cost = c->per_call + aflowi_price(tokens[0], c->per_input) + aflowi_price(tokens[1], c->per_output);
    m->calls++;
    m->tokens[0] += tokens[0];
    m->tokens[1] += tokens[1];
    aflowi_wide_add(&m->cost, 0, cost);
    aflowi_charge(sim, index, cost);
    aflowi_keep(&sim->pending, aflowi_turn_of(now + aflowi_call_lasts(sim, c, index), at + 1, index));
}

static uint32_t aflowi_custom_step(aflow_sim *sim, const aflowi_op *op, uint32_t at, uint32_t index, uint64_t now)
{
    const aflowi_custom_plan *p = &sim->plan.customs[op->target];
    aflow_step_call call;
    aflow_step_answer answer;
    memset(&answer, 0, sizeof answer);
    call.now_ns = now;
    call.endpoint = aflowi_endpoint_name(sim, p->endpoint, &call.server);
    call.request = sim->desc.record_requests ? sim->request_ids[index] : 0;
    call.random = aflowi_next_draw(sim, p->bits);
    call.memory = &sim->extras[index].memory;
    p->hook->run(p->hook->context, &call, &answer);
    if (answer.cost > 0) aflowi_charge(sim, index, aflowi_scale(answer.cost < 1e6 ? answer.cost : 1e6, AFLOWI_MONEY));
    if (answer.reject) {
        sim->extras[index].outcome = AFLOW_OUTCOME_REJECTED;
        return (uint32_t)op->amount;
    }
    if (!(answer.wait_s > 0)) return p->done;
    sim->extras[index].left = aflowi_scale(answer.wait_s, AFLOWI_TICKS_PER_S);
    if (p->sliced) return at + 1;
    if (p->hook->uses_core) sim->books.computing += sim->extras[index].left;
    aflowi_keep(&sim->pending, aflowi_turn_of(now + sim->extras[index].left, at + 1, index));
    return AFLOWI_NO_INDEX;
}

/* --- Workers ---------------------------------------------------------------------------------------------------------- */

static aflowi_worker *aflowi_worker_of(aflow_sim *sim, uint32_t server, uint32_t index) { return &sim->workers[sim->plan.servers[server].first_worker + sim->extras[index].worker]; }

static aflowi_gauge *aflowi_ready_queue(aflow_sim *sim, uint32_t server) { return &sim->resources[server * AFLOWI_RESOURCES + AFLOWI_CORES].waiting; }

/* It waits to run, in a list of its server's. */
static uint32_t aflowi_wait_to_run(aflow_sim *sim, uint32_t server, uint32_t *head, uint32_t *tail, uint32_t index, uint64_t now)
{
    aflowi_append(sim, head, tail, index);
    aflowi_gauge_up(aflowi_ready_queue(sim, server), now, 1);
    return AFLOWI_NO_INDEX;
}

/* A request that no worker has yet goes to the first with room on its loop, asked in turn; where there are no loops, in turn. */
static uint32_t aflowi_accept(aflow_sim *sim, uint32_t server, uint32_t at, uint32_t index, uint64_t now)
{
    const aflowi_server_plan *p = &sim->plan.servers[server];
    aflowi_processes *s = &sim->processes[server];
    aflowi_extra *x = &sim->extras[index];
    uint32_t i;
    x->since = now;
    for (i = 0; i < p->workers && s->accept_head == AFLOWI_NO_INDEX; i++) {     /* while others wait, no loop has room */
        x->worker = (s->turn + i) % p->workers;
        if (p->loop_slots && sim->workers[p->first_worker + x->worker].on_loop >= p->loop_slots) continue;
        s->turn = x->worker + 1;
        sim->workers[p->first_worker + x->worker].on_loop += p->loop_slots != 0;
        return at + 1;
    }
    sim->requests[index].op = at + 1;
    return aflowi_wait_to_run(sim, server, &s->accept_head, &s->accept_tail, index, now);
}

static uint32_t aflowi_loop_enter(aflow_sim *sim, uint32_t server, uint32_t at, uint32_t index, uint64_t now)
{
    aflowi_worker *w = aflowi_worker_of(sim, server, index);
    sim->extras[index].since = now;
    if (w->on_loop < sim->plan.servers[server].loop_slots) {
        w->on_loop++;
        return at + 1;
    }
    sim->requests[index].op = at + 1;
    return aflowi_wait_to_run(sim, server, &w->loop_head, &w->loop_tail, index, now);
}

/* Next is who has been ready longest, of the worker's own or of those that none has yet; of equals its own. */
static void aflowi_loop_leave(aflow_sim *sim, uint32_t server, uint32_t index, uint64_t now)
{
    aflowi_processes *s = &sim->processes[server];
    aflowi_worker *w = aflowi_worker_of(sim, server, index);
    uint32_t own = w->loop_head, fresh = s->accept_head, next;
    if (own == AFLOWI_NO_INDEX && fresh == AFLOWI_NO_INDEX) {
        w->on_loop--;
        return;
    }
    if (fresh == AFLOWI_NO_INDEX || (own != AFLOWI_NO_INDEX && sim->extras[own].since <= sim->extras[fresh].since)) {
        next = aflowi_take_head(sim, &w->loop_head);
    } else {
        next = aflowi_take_head(sim, &s->accept_head);
        sim->extras[next].worker = sim->extras[index].worker;
    }
    aflowi_gauge_down(aflowi_ready_queue(sim, server), now, 1);
    aflowi_run_later(sim, next);
}

static void aflowi_running(aflow_sim *sim, uint32_t server, uint32_t index, uint64_t now)
{
    aflowi_processes *s = &sim->processes[server];
    uint64_t lag = now - sim->extras[index].since;
    aflowi_moments_add(&s->lag, lag);
    s->lags.cell[aflowi_cell_of(lag, AFLOWI_COARSE_BITS, AFLOWI_COARSE_LOW)]++;
}

static uint32_t aflowi_lock(aflow_sim *sim, uint32_t server, uint32_t at, uint32_t index, uint64_t now)
{
    aflowi_worker *w = aflowi_worker_of(sim, server, index);
    if (!w->locked) {
        w->locked = 1;
        return at + 1;
    }
    sim->requests[index].op = at + 1;
    return aflowi_wait_to_run(sim, server, &w->lock_head, &w->lock_tail, index, now);
}

static void aflowi_unlock(aflow_sim *sim, uint32_t server, uint32_t index, uint64_t now)
{
    aflowi_worker *w = aflowi_worker_of(sim, server, index);
    if (w->lock_head == AFLOWI_NO_INDEX) {
        w->locked = 0;
        return;
    }
    aflowi_gauge_down(aflowi_ready_queue(sim, server), now, 1);
    aflowi_run_later(sim, aflowi_take_head(sim, &w->lock_head));
}

static void aflowi_slice(aflow_sim *sim, uint32_t server, uint32_t at, uint32_t index, uint64_t now)
{
    aflowi_extra *x = &sim->extras[index];
    x->slice = x->left < sim->plan.servers[server].switch_interval ? x->left : sim->plan.servers[server].switch_interval;
    sim->books.computing += x->slice;
    aflowi_keep(&sim->pending, aflowi_turn_of(now + x->slice, at + 1, index));
}

/* Done; or not, and another waits for the lock: gives way; or goes on. */
static uint32_t aflowi_sliced(aflow_sim *sim, const aflowi_op *op, uint32_t at, uint32_t index)
{
    aflowi_extra *x = &sim->extras[index];
    x->left -= x->slice;
    if (!x->left) return (uint32_t)op->amount;
    sim->events--;      /* a slice's end is no step's */
    return aflowi_worker_of(sim, op->target, index)->lock_head == AFLOWI_NO_INDEX ? at - 1 : at + 1;
}

static void aflowi_reject(aflow_sim *sim, uint32_t server, uint32_t index, uint64_t now)
{
    aflowi_request *rq = &sim->requests[index];
    aflow_outcome outcome = (aflow_outcome)sim->extras[index].outcome;
    int rejected = outcome == AFLOW_OUTCOME_REJECTED;
    if (rq->endpoint & AFLOWI_BOOKED) aflowi_unbook(sim, server, rq);
    sim->processes[server].rejected += (uint64_t)rejected;
    sim->processes[server].timed_out += (uint64_t)!rejected;
    sim->endpoints_more[rq->endpoint].rejected += (uint64_t)rejected;
    sim->endpoints_more[rq->endpoint].timed_out += (uint64_t)!rejected;
    sim->endpoints_more[rq->endpoint].wasted += now - rq->arrived;
    sim->endpoints[rq->endpoint].visits += now;
    rq->arrived = AFLOWI_AWAY;
    aflowi_request_lost(sim, index, outcome, now);
}

/* --- Programs: the ops beyond AsyncFlow's ------------------------------------------------------------------------------- */

static uint32_t aflowi_interpret_worker(aflow_sim *sim, const aflowi_op *op, uint32_t at, uint32_t index, uint64_t now)
{
    switch (op->code) {
    case AFLOWI_OP_ACCEPT: return aflowi_accept(sim, op->target, at, index, now);
    case AFLOWI_OP_LOOP_ENTER: return aflowi_loop_enter(sim, op->target, at, index, now);
    case AFLOWI_OP_LOOP_LEAVE: aflowi_loop_leave(sim, op->target, index, now); break;
    case AFLOWI_OP_RUNNING: aflowi_running(sim, op->target, index, now); break;
    case AFLOWI_OP_LOCK: return aflowi_lock(sim, op->target, at, index, now);
    case AFLOWI_OP_UNLOCK: aflowi_unlock(sim, op->target, index, now); break;
    case AFLOWI_OP_SLICE: aflowi_slice(sim, op->target, at, index, now); return AFLOWI_NO_INDEX;
    case AFLOWI_OP_SLICED: return aflowi_sliced(sim, op, at, index);
    case AFLOWI_OP_BLOCK: aflowi_gauge_up(&sim->processes[op->target].blocked, now, 1); break;
    case AFLOWI_OP_UNBLOCK: aflowi_gauge_down(&sim->processes[op->target].blocked, now, 1); break;
    case AFLOWI_OP_REJECT: aflowi_reject(sim, op->target, index, now); return AFLOWI_NO_INDEX;
    case AFLOWI_OP_TIMER: aflowi_station_timer(sim, op->target, now); return AFLOWI_NO_INDEX;
    case AFLOWI_OP_SHARE_END: aflowi_share_end(sim, op->target, now); return AFLOWI_NO_INDEX;
    case AFLOWI_OP_BATCH_END: aflowi_batch_end(sim, op->target, index, now); return AFLOWI_NO_INDEX;
    default: AFLOWI_NOT_REACHED();
    }
    return at + 1;
}

/* One op. Returns the op at which the request goes on, or AFLOWI_NO_INDEX: it waits, or is gone. Who may go on because of it is
   on the run list. */
AFLOWI_RARE uint32_t aflowi_interpret_more(aflow_sim *sim, uint32_t at, uint32_t index, uint64_t now)
{
    const aflowi_op *op = &sim->plan.ops[at];
    switch (op->code) {
    case AFLOWI_OP_JUMP: return op->target;
    case AFLOWI_OP_BRANCH: return aflowi_next_draw(sim, (uint32_t)op->amount) ? at + 1 : op->target;
    case AFLOWI_OP_MARK: sim->requests[index].next = (uint32_t)op->amount; break;
    case AFLOWI_OP_UNLESS: return sim->requests[index].next == op->amount ? at + 1 : op->target;
    case AFLOWI_OP_TAKE: return aflowi_station_take(sim, op->target, at, index, now);
    case AFLOWI_OP_TAKE_OWN: return aflowi_station_take(sim, op->target + sim->extras[index].worker, at, index, now);
    case AFLOWI_OP_TRY: return aflowi_station_try(sim, op->target, index, now) ? (uint32_t)op->amount : at + 1;
    case AFLOWI_OP_GIVE: aflowi_station_give(sim, op->target, now); break;
    case AFLOWI_OP_GIVE_OWN: aflowi_station_give(sim, op->target + sim->extras[index].worker, now); break;
    case AFLOWI_OP_AMOUNT: sim->extras[index].left = op->amount; break;
    case AFLOWI_OP_AMOUNT_RANDOM: sim->extras[index].left = aflowi_next_draw(sim, (uint32_t)op->amount); break;
    case AFLOWI_OP_SHARE:
        sim->requests[index].op = at + 1;
        aflowi_share_enter(sim, op->target, index, now);
        return AFLOWI_NO_INDEX;
    case AFLOWI_OP_JOIN: return aflowi_gpu_join(sim, op->target, at, index, now);
    case AFLOWI_OP_KEY: aflowi_cache_ask(sim, op->target, index, op->amount, now); break;
    case AFLOWI_OP_LOOK: return aflowi_cache_look(sim, op, at, index, now);
    case AFLOWI_OP_STORE: aflowi_cache_fetched(sim, op, index, 1, now); break;
    case AFLOWI_OP_ABANDON: aflowi_cache_fetched(sim, op, index, 0, now); break;
    case AFLOWI_OP_CALL_DRAW: aflowi_call_draw(sim, &sim->plan.calls[op->target], index); break;
    case AFLOWI_OP_CALL_HOLD: aflowi_call_hold(sim, &sim->plan.calls[op->target], at, index, now); return AFLOWI_NO_INDEX;
    case AFLOWI_OP_CUSTOM: return aflowi_custom_step(sim, op, at, index, now);
    default: return aflowi_interpret_worker(sim, op, at, index, now);
    }
    return at + 1;
}

AFLOWI_INLINE uint32_t aflowi_behind(const aflow_sim *sim, const aflowi_op *op) { return (uint32_t)(op - sim->plan.ops) + 1; }

/* From an op on, until the request waits for something, is sent on or is gone. */
AFLOWI_HOT aflowi_turn aflowi_interpret(aflow_sim *sim, uint32_t at, uint32_t index, aflowi_granted *granted, uint64_t now)
{
    const aflowi_op *op = &sim->plan.ops[at];
    uint32_t edge, task;
    uint64_t ticks;
    for (;;) {
        switch (op->code) {
        case AFLOWI_OP_TO_CLIENT:
            aflowi_gauge_down(&sim->edges[op->target].transit, now, 1);
            edge = sim->plan.client_edge;
            goto send;
        case AFLOWI_OP_TO_SINK:
            aflowi_gauge_down(&sim->edges[op->target].transit, now, 1);
            aflowi_request_completed(sim, index, now);
            return AFLOWI_NO_TURN;
        case AFLOWI_OP_TO_BALANCER:
            aflowi_gauge_down(&sim->edges[op->target].transit, now, 1);
            edge = aflowi_balance(sim);
            goto send;
        case AFLOWI_OP_TO_SERVER:
            aflowi_gauge_down(&sim->edges[op->target].transit, now, 1);
            if (aflowi_refuses(sim, (uint32_t)op->amount)) {
                aflowi_refuse(sim, (uint32_t)op->amount, index, now);
                return AFLOWI_NO_TURN;
            }
            op = &sim->plan.ops[aflowi_admit(sim, (uint32_t)op->amount, index, now, 0)];
            continue;
        case AFLOWI_OP_TO_BALANCED:
            aflowi_gauge_down(&sim->edges[op->target].transit, now, 1);
            op = &sim->plan.ops[aflowi_admit(sim, (uint32_t)op->amount, index, now, sim->plan.least_connection ? aflowi_book(sim, (uint32_t)op->amount) : 0)];
            continue;
        case AFLOWI_OP_ACQUIRE:
            if (aflowi_acquire(sim, &sim->resources[op->target], index, now)) break;
            sim->requests[index].op = aflowi_behind(sim, op);
            return AFLOWI_NO_TURN;
        case AFLOWI_OP_RELEASE: aflowi_release(sim, &sim->resources[op->target], granted, now); break;
        case AFLOWI_OP_RESERVE:
            if (aflowi_reserve(sim, &sim->resources[op->target], index, now)) break;
            sim->requests[index].op = aflowi_behind(sim, op);
            return AFLOWI_NO_TURN;
        case AFLOWI_OP_RETURN: aflowi_return(sim, &sim->resources[op->target], sim->requests[index].ram, granted, now); break;
        case AFLOWI_OP_HOLD: return aflowi_turn_of(now + op->amount, op->target, index);
        case AFLOWI_OP_HOLD_RANDOM: return aflowi_turn_of(now + aflowi_next_draw(sim, (uint32_t)op->amount), op->target, index);
        case AFLOWI_OP_COMPUTE:
            sim->books.computing += op->amount;
            return aflowi_turn_of(now + op->amount, op->target, index);
        case AFLOWI_OP_COMPUTE_RANDOM:
            ticks = aflowi_next_draw(sim, (uint32_t)op->amount);
            sim->books.computing += ticks;
            return aflowi_turn_of(now + ticks, op->target, index);
        case AFLOWI_OP_IO_ENTER: aflowi_gauge_up(&sim->servers[op->target].io_sleep, now, 1); break;
        case AFLOWI_OP_IO_LEAVE: aflowi_gauge_down(&sim->servers[op->target].io_sleep, now, 1); break;
        case AFLOWI_OP_SPAWN:
            task = aflowi_spawn(sim, op->target, index);
            if (task != AFLOWI_NO_INDEX) aflowi_go_on_later(sim, granted, task);
            break;
        case AFLOWI_OP_LEAVE:
            edge = aflowi_leave_server(sim, op->target, index, now);
            goto send;
        case AFLOWI_OP_TASK_END:
            sim->books.tasks--;
            aflowi_request_free(sim, index);
            return AFLOWI_NO_TURN;
        default:
            at = aflowi_interpret_more(sim, (uint32_t)(op - sim->plan.ops), index, now);
            if (granted->first == AFLOWI_NO_INDEX && sim->run_head != AFLOWI_NO_INDEX) aflowi_take_granted(sim, granted);
            if (at == AFLOWI_NO_INDEX) return AFLOWI_NO_TURN;
            op = &sim->plan.ops[at];
            continue;
        }
        op++;
    }
send:
    return aflowi_send(sim, edge, index, now);
}

/* --- Generator ------------------------------------------------------------------------------ */

static void aflowi_draw_window(aflow_sim *sim)
{
    aflowi_generator_state *g = &sim->generator;
    uint64_t users = aflowi_draw(&sim->plan.users, &g->users);
    double rpm = sim->plan.scenario->rqs_input.avg_request_per_minute_per_user.mean;
    g->window_end = g->clock + sim->plan.window;
    g->idle = users == 0 || rpm <= 0;
    g->steady = !g->idle && !sim->plan.compat;
    if (!g->idle) {
        double scaled = aflowi_mul((double)users, rpm);     /* mean gap = 60 s / (users x rpm) */
        g->scale = aflowi_exponential_scale((60.0 * (double)AFLOWI_USER_UNIT) / scaled, AFLOWI_TICKS_PER_S);
    }
}

static uint64_t aflowi_next_replayed(aflow_sim *sim)
{
    const aflow_generator *g = &sim->plan.scenario->rqs_input;
    if (sim->generator.replayed == g->arrivals_count) return AFLOWI_NEVER;
    return aflowi_scale(g->arrivals[sim->generator.replayed++], AFLOWI_TICKS_PER_S);
}

/* Requests of a source at one instant: one that never moves on must not keep a run from ending. */
#define AFLOWI_MOST_AT_ONCE 1000000u

/* The user's own traffic: time never goes back, whatever it says. */
static uint64_t aflowi_next_of_source(aflow_sim *sim, const aflow_source_hook *source)
{
    aflowi_generator_state *g = &sim->generator;
    double next_s = source->next_s(source->context, (double)g->emitted / (double)AFLOWI_TICKS_PER_S, aflowi_rng_next(&g->gaps));
    uint64_t next;
    if (!(next_s <= (double)sim->plan.scenario->sim_settings.total_simulation_time)) return AFLOWI_NEVER;     /* NaN, too */
    next = aflowi_scale(next_s, AFLOWI_TICKS_PER_S);
    if (next > g->emitted) {
        g->emitted = next;
        g->replayed = 0;
    }
    return g->replayed++ < AFLOWI_MOST_AT_ONCE ? g->emitted : AFLOWI_NEVER;
}

/* Windows and gaps tried at a time. */
#define AFLOWI_MOST_TURNS 1000u

/* Tick of the next emission. A gap that crosses the end of its window is given up there, and drawn anew with the new
   window's users: right for exponential gaps, which have no memory. AsyncFlow (compat) does so, too, but its simulated time
   is the sum of the emitted gaps alone, and a gap past the horizon ends its generator. */
static uint64_t aflowi_next_emission(aflow_sim *sim)
{
    aflowi_generator_state *g = &sim->generator;
    uint64_t horizon = sim->plan.horizon, gap;
    uint32_t turns = 0;
    g->searching = 0;
    if (sim->plan.scenario->rqs_input.arrivals_count) return aflowi_next_replayed(sim);
    if (sim->plan.scenario->rqs_input.source) return aflowi_next_of_source(sim, sim->plan.scenario->rqs_input.source);
    while (g->clock < horizon) {
        if (++turns > AFLOWI_MOST_TURNS) {      /* years without a request: a slice of the run must still end */
            g->searching = 1;
            return sim->plan.compat ? g->emitted : g->clock;
        }
        if (g->clock >= g->window_end) aflowi_draw_window(sim);
        if (g->idle) {
            g->clock = g->window_end;
            continue;
        }
        gap = aflowi_draw_exponential(g->scale, &g->gaps);
        if (sim->plan.compat && gap > horizon - g->clock) break;
        if (gap >= g->window_end - g->clock) {
            g->clock = g->window_end;
            continue;
        }
        g->clock += gap;
        g->emitted = sim->plan.compat ? g->emitted + gap : g->clock;
        return g->emitted;
    }
    g->clock = horizon;
    return AFLOWI_NEVER;
}

AFLOWI_INLINE uint64_t aflowi_following_emission(aflow_sim *sim)
{
    aflowi_generator_state *g = &sim->generator;
    if (AFLOWI_LIKELY(g->steady)) {
        uint64_t gap = aflowi_draw_exponential(g->scale, &g->gaps);
        if (AFLOWI_LIKELY(gap < g->window_end - g->clock)) return g->clock += gap;
        g->clock = g->window_end;
        g->steady = 0;
    }
    return aflowi_next_emission(sim);
}

AFLOWI_RARE void aflowi_begin_more(aflow_sim *sim, uint32_t index)
{
    if (sim->extras) memset(&sim->extras[index], 0, sizeof *sim->extras);
    if (sim->desc.record_requests) sim->request_ids[index] = sim->generated;
}

static aflowi_turn aflowi_emit_request(aflow_sim *sim, uint64_t now)
{
    uint32_t index;
    if (AFLOWI_UNLIKELY(sim->generator.searching)) {
        sim->generator.next = aflowi_next_emission(sim);
        return AFLOWI_NO_TURN;
    }
    index = aflowi_request_take(sim);
    if (index == AFLOWI_NO_INDEX) return AFLOWI_NO_TURN;
    sim->requests[index].start = now;
    sim->requests[index].endpoint = AFLOWI_NO_INDEX;
    sim->generated++;
    if (AFLOWI_UNLIKELY(sim->keeps_more)) aflowi_begin_more(sim, index);
    sim->generator.next = aflowi_following_emission(sim);
    return aflowi_send(sim, sim->plan.generator_edge, index, now);
}

/* ==========================================================================
   [20] INJECTED EVENTS
   In:    the plan's changes, in order     Out: rotation, spikes, refusals
   Keeps: at one tick ends come before starts, and all of them before anything
          else; active spikes of an edge add up exactly, in ticks
   Uses:  [16] [19]                        Public: none
   ========================================================================== */

static void aflowi_leave_rotation(aflow_sim *sim, uint32_t position)
{
    if (sim->plan.least_connection) aflowi_connections_change(sim, position, AFLOWI_OUT);
    else aflowi_ring_remove(&sim->rotation, position);
}

static void aflowi_join_rotation(aflow_sim *sim, uint32_t position)
{
    if (sim->plan.least_connection) {
        sim->tournament.contender[position].asked = ++sim->tournament.turn;
        aflowi_connections_change(sim, position, (uint32_t)0 - AFLOWI_OUT);
    } else {
        aflowi_ring_append(&sim->rotation, position);
    }
}

/* A server that goes down leaves the rotation; it comes back as the last one. What is on the way to it, or in it, goes on. */
static void aflowi_change_server(aflow_sim *sim, const aflowi_change *c)
{
    aflowi_server_state *s = &sim->servers[c->server];
    s->down = c->is_start;                  /* the check made sure that outages of a server do not overlap */
    if (s->position == AFLOWI_NO_INDEX) return;
    if (s->down) aflowi_leave_rotation(sim, s->position);
    else aflowi_join_rotation(sim, s->position);
}

static void aflowi_apply_change(aflow_sim *sim)
{
    const aflowi_change *c = &sim->plan.changes[sim->next_change++];
    if (c->server != AFLOWI_NO_INDEX) {
        aflowi_change_server(sim, c);
    } else if (c->cache != AFLOWI_NO_INDEX) {
        sim->caches[c->cache].down = c->is_start;
        aflowi_cache_lose_all(sim, c->cache, c->tick);
    } else {
        sim->edges[c->edge].spike = c->spike;
    }
}

/* ==========================================================================
   [21] RUN LOOP
   In:    scenario, description            Out: a sim that can be played
   Keeps: nothing happens before its time, everything before `played` has
          happened, nothing at or after the horizon ever does; how the time is
          sliced changes nothing
   Uses:  [14]-[20]                        Public: aflow_sim_*, aflow_run*
   ========================================================================== */

/* --- Ties: the events of one tick in the order of their components --------------- */

static uint32_t aflowi_order_of(const aflow_sim *sim, uint64_t what)
{
    uint32_t op = (uint32_t)(what >> 32);
    if (op < sim->plan.edges_count) return sim->plan.edges[op].order;
    if (sim->plan.op_servers[op] == AFLOWI_NO_INDEX) return AFLOWI_NO_INDEX;        /* what resources do by themselves comes last */
    return sim->plan.servers[sim->plan.op_servers[op]].order;
}

AFLOWI_RARE void aflowi_tie_add(aflow_sim *sim, uint64_t what)
{
    aflowi_ties *t = &sim->ties;
    uint64_t key = (uint64_t)aflowi_order_of(sim, what) << 32 | t->number++;
    void *heap = t->heap;
    size_t i;
    if (!aflowi_grow(&sim->allocator, &heap, &t->capacity, t->count + 1, sizeof *t->heap)) {
        aflowi_out_of_memory(sim);
        return;
    }
    t->heap = (aflowi_tie *)heap;
    for (i = t->count++; i && t->heap[(i - 1) / 2].key > key; i = (i - 1) / 2) t->heap[i] = t->heap[(i - 1) / 2];
    t->heap[i].key = key;
    t->heap[i].what = what;
}

static uint64_t aflowi_tie_take(aflowi_ties *t)
{
    uint64_t what = t->heap[0].what;
    aflowi_tie moved = t->heap[--t->count];
    size_t i = 0, child;
    while ((child = 2 * i + 1) < t->count) {
        if (child + 1 < t->count && t->heap[child + 1].key < t->heap[child].key) child++;
        if (t->heap[child].key >= moved.key) break;
        t->heap[i] = t->heap[child];
        i = child;
    }
    t->heap[i] = moved;
    if (t->count == 0) t->number = 0;
    return what;
}

/* The next of several events at a tick. Pushes within a tick come in the order in which it is processed, so among arrivals at
   one component the pending order already is (tick sent, sender's rank, order sent). */
AFLOWI_RARE aflowi_turn aflowi_next_of_tick(aflow_sim *sim, uint64_t now)
{
    aflowi_event e;
    while (aflowi_pending_time(&sim->pending, now) == now && !aflowi_front_is_empty(&sim->pending)) aflowi_tie_add(sim, aflowi_pending_pop(&sim->pending).what);
    if (!sim->ties.count) return AFLOWI_NO_TURN;        /* memory ran out */
    e.time = now;
    e.what = aflowi_tie_take(&sim->ties);
    return aflowi_turn_of_event(e);
}

/* --- The loop ------------------------------------------------------------------- */

/* Its request first, then those that it let go on, in the order of their grants. Returns the last's own next turn; the others'
   are pending. */
AFLOWI_HOT aflowi_turn aflowi_handle(aflow_sim *sim, aflowi_turn turn)
{
    aflowi_granted granted = { AFLOWI_NO_INDEX };
    for (;;) {
        aflowi_turn next = aflowi_interpret(sim, turn.op, turn.request, &granted, turn.time);
        if (AFLOWI_LIKELY(granted.first == AFLOWI_NO_INDEX)) return next;
        aflowi_keep(&sim->pending, next);
        turn.request = aflowi_take_granted(sim, &granted);
        turn.op = sim->requests[turn.request].op;
    }
}

/* The front was filled: among very many requests its own are in no cache. Always inlined, since gcc 12 takes a function that
   does nothing but prefetch for one that does nothing. */
AFLOWI_HOT void aflowi_prefetch_requests(const aflow_sim *sim)
{
    const aflowi_event *e;
    for (e = sim->pending.top; e > sim->pending.front; e--) AFLOWI_PREFETCH(&sim->requests[(uint32_t)e->what]);
}

/* Events earlier than `bound`, before which nothing else happens. `next` is a turn that is not pending yet: when it turns out
   to be the earliest of all, it never will be. */
static void aflowi_play_events(aflow_sim *sim, aflowi_turn next, uint64_t bound)
{
    aflowi_pending *p = &sim->pending;
    uint64_t now = 0;
    for (;;) {
        uint64_t time = p->top->time;
        aflowi_turn turn = next;
        if (AFLOWI_UNLIKELY(sim->ties.count)) {
            aflowi_keep(p, next);
            turn = aflowi_next_of_tick(sim, now);
        } else if (next.time < time) {
            if (next.time >= bound) break;
        } else if (AFLOWI_LIKELY(time < bound && !aflowi_front_is_empty(p))) {
            turn = aflowi_turn_of_event(aflowi_pending_pop(p));
            aflowi_keep(p, next);
        } else {                                        /* nothing in the front */
            aflowi_keep(p, next);
            next = AFLOWI_NO_TURN;
            if (aflowi_pending_time(p, bound) >= bound || aflowi_front_is_empty(p)) break;      /* empty: it was stopped */
            aflowi_prefetch_requests(sim);
            continue;
        }
        now = turn.time;
        if (AFLOWI_UNLIKELY(p->top->time == now)) {
            aflowi_tie_add(sim, (uint64_t)turn.op << 32 | turn.request);
            turn = aflowi_next_of_tick(sim, now);
        }
        if (AFLOWI_UNLIKELY(turn.time == AFLOWI_FOREVER)) break;
        next = aflowi_handle(sim, turn);
        sim->events++;
    }
    aflowi_keep(p, next);
}

/* Plays all that happens before tick `until`: at one tick samples first, then injected changes, emissions, and the rest. */
static void aflowi_play(aflow_sim *sim, uint64_t until)
{
    aflowi_samples *samples = &sim->samples;
    aflowi_turn next = AFLOWI_NO_TURN;
    for (;;) {
        uint64_t emission = sim->generator.next, bound = until;
        uint64_t change = sim->next_change < sim->plan.changes_count ? sim->plan.changes[sim->next_change].tick : AFLOWI_NEVER;
        if (emission < bound) bound = emission;
        if (samples->next < bound) bound = samples->next;
        if (change < bound) bound = change;
        aflowi_play_events(sim, next, bound);
        next = AFLOWI_NO_TURN;
        if (AFLOWI_UNLIKELY(sim->pending.failed)) {
            sim->status = AFLOW_OUT_OF_MEMORY;
            return;
        }
        if (bound == until) break;
        if (samples->next == bound) aflowi_samples_take(samples);
        else if (change == bound) aflowi_apply_change(sim);
        else next = aflowi_emit_request(sim, bound);
    }
    sim->played = until;
}

/* --- Warm-up ------------------------------------------------------------------------- */

static void aflowi_restart_servers(aflow_sim *sim, uint64_t now)
{
    uint32_t i;
    for (i = 0; i < sim->plan.servers_count * AFLOWI_RESOURCES; i++) {
        if (i % AFLOWI_RESOURCES == AFLOWI_CORES) sim->books.busy_before += aflowi_gauge_area(&sim->resources[i].in_use, now).lo;
        aflowi_gauge_restart(&sim->resources[i].in_use, now);
        aflowi_gauge_restart(&sim->resources[i].waiting, now);
    }
    for (i = 0; i < sim->plan.servers_count; i++) {
        aflowi_gauge_restart(&sim->servers[i].io_sleep, now);
        if (!sim->processes) continue;
        aflowi_gauge_restart(&sim->processes[i].blocked, now);
        memset(&sim->processes[i].lag, 0, sizeof sim->processes[i].lag);
        aflowi_histogram_clear(&sim->processes[i].lags);
    }
    for (i = 0; i < sim->plan.endpoints_count; i++) {
        aflowi_endpoint_state *e = &sim->endpoints[i];
        e->left_before = e->latency.count;
        e->stays_before = e->latency.sum.lo;
        memset(&e->latency, 0, sizeof e->latency);
        aflowi_histogram_clear(&e->histogram);
    }
}

static void aflowi_restart_resources(aflow_sim *sim, uint64_t now)
{
    uint32_t i;
    for (i = 0; i < sim->plan.accounts_count; i++) {
        aflowi_account *a = &sim->accounts[i];
        aflowi_gauge_restart(&a->in_use, now);
        aflowi_gauge_restart(&a->waiting, now);
        a->acquired_before = a->acquired;
        memset(&a->wait, 0, sizeof a->wait);
        aflowi_histogram_clear(&a->waits);
    }
    for (i = 0; i < sim->plan.gpus_count; i++) sim->gpus[i].items_before = sim->gpus[i].items;
    for (i = 0; i < sim->plan.resources_count; i++) {
        sim->models[i].calls_before = sim->models[i].calls;
        sim->models[i].tokens_before = sim->models[i].tokens[0] + sim->models[i].tokens[1];
    }
}

/* The warm-up ends just before this tick: figures begin anew, counters and the digest go on. */
static void aflowi_end_warm_up(aflow_sim *sim, uint64_t now)
{
    uint32_t i;
    sim->since = now;
    sim->warm_up = 0;
    aflowi_log_restart(&sim->log, now);
    sim->samples.first = sim->samples.rows;
    for (i = 0; i < sim->plan.edges_count; i++) {
        sim->books.transit_before += aflowi_gauge_area(&sim->edges[i].transit, now).lo;
        aflowi_gauge_restart(&sim->edges[i].transit, now);
    }
    aflowi_restart_servers(sim, now);
    aflowi_restart_resources(sim, now);
}

/* Plays it in two where the warm-up ends in between. */
static void aflowi_play_through(aflow_sim *sim, uint64_t until)
{
    if (sim->warm_up && sim->warm_up < until) {
        if (sim->played < sim->warm_up) aflowi_play(sim, sim->warm_up);
        if (sim->status != AFLOW_OK) return;
        aflowi_end_warm_up(sim, sim->warm_up);
    }
    aflowi_play(sim, until);
}

/* --- Making a sim ------------------------------------------------------------------ */

enum {
    AFLOWI_STREAM_USERS = 1, AFLOWI_STREAM_GAPS, AFLOWI_STREAM_LATENCY, AFLOWI_STREAM_DROPOUT, AFLOWI_STREAM_CHOICE,
    AFLOWI_STREAM_STEPS     /* and one more for each random step */
};

static aflowi_rng aflowi_stream(const aflow_sim *sim, uint64_t entity, uint32_t purpose)
{
    return aflowi_rng_stream(sim->desc.seed, sim->desc.replication, entity, purpose);
}

static int aflowi_make_edges(aflow_sim *sim)
{
    uint32_t n = sim->plan.edges_count, i;
    sim->edges = (aflowi_edge_state *)aflowi_arena_lines(&sim->arena, n, sizeof *sim->edges);
    for (i = 0; sim->edges && i < n; i++) {
        uint64_t entity = aflowi_hash_text(sim->plan.scenario->topology_graph.edges[i].id);
        const aflowi_edge_plan *plan = &sim->plan.edges[i];
        aflowi_edge_state *e = &sim->edges[i];
        e->law = plan->latency;
        e->latency = aflowi_stream(sim, entity, AFLOWI_STREAM_LATENCY);
        e->dropout = aflowi_stream(sim, entity, AFLOWI_STREAM_DROPOUT);
        e->next_latency = aflowi_draw(&e->law, &e->latency);
        e->until_drop = aflowi_draw_geometric(plan->dropout, &e->dropout);
    }
    return sim->edges != NULL;
}

static int aflowi_make_endpoints(aflow_sim *sim, uint32_t server)
{
    const aflow_server *s = &sim->plan.scenario->topology_graph.nodes.servers[server];
    uint32_t first = sim->plan.servers[server].endpoints, i;
    uint64_t entity = aflowi_hash_text(s->id);
    aflowi_names seen;
    if (!aflowi_names_init(&seen, &sim->arena, s->endpoints_count)) return 0;
    for (i = 0; i < s->endpoints_count; i++) {      /* streams depend on the name and, where that repeats, on which of them it is */
        const char *name = s->endpoints[i].endpoint_name;
        aflowi_endpoint_state *e = &sim->endpoints[first + i];
        uint64_t own = aflowi_mix(entity ^ aflowi_mix(aflowi_hash_text(name) + aflowi_names_count(&seen, name)));
        uint32_t sampler = sim->plan.endpoints[first + i].samplers, number = 0;
        uint32_t end = first + i + 1 < sim->plan.endpoints_count ? sim->plan.endpoints[first + i + 1].samplers : sim->plan.samplers_count;
        for (; sampler < end; sampler++) {
            sim->draws[sampler].rng = aflowi_stream(sim, own, AFLOWI_STREAM_STEPS + number++);
            sim->draws[sampler].next = aflowi_draw(&sim->plan.samplers[sampler], &sim->draws[sampler].rng);
        }
        if (!sim->desc.endpoint_latency_off && !aflowi_histogram_init(&e->histogram, &sim->arena, AFLOWI_COARSE_BITS, AFLOWI_COARSE_LOW, sim->plan.horizon)) return 0;
    }
    return 1;
}

static int aflowi_make_servers(aflow_sim *sim)
{
    uint32_t n = sim->plan.servers_count, i, k;
    sim->servers = (aflowi_server_state *)aflowi_arena_array(&sim->arena, n, sizeof *sim->servers);
    sim->resources = (aflowi_resource *)aflowi_arena_array(&sim->arena, (size_t)n * AFLOWI_RESOURCES, sizeof *sim->resources);
    sim->endpoints = (aflowi_endpoint_state *)aflowi_arena_array(&sim->arena, sim->plan.endpoints_count, sizeof *sim->endpoints);
    sim->draws = (aflowi_draws *)aflowi_arena_array(&sim->arena, sim->plan.samplers_count, sizeof *sim->draws);
    if (!sim->servers || !sim->resources || !sim->endpoints || !sim->draws) return 0;
    for (i = 0; i < n; i++) {
        uint64_t entity = aflowi_hash_text(sim->plan.scenario->topology_graph.nodes.servers[i].id);
        sim->servers[i].choice = aflowi_stream(sim, entity, AFLOWI_STREAM_CHOICE);
        sim->servers[i].position = AFLOWI_NO_INDEX;
        for (k = 0; k < AFLOWI_RESOURCES; k++) {
            sim->resources[i * AFLOWI_RESOURCES + k].capacity = sim->plan.servers[i].capacity[k];
            sim->resources[i * AFLOWI_RESOURCES + k].head = AFLOWI_NO_INDEX;
        }
        if (!aflowi_make_endpoints(sim, i)) return 0;
    }
    return 1;
}

static void aflowi_make_draws(aflow_sim *sim, uint32_t sampler, uint64_t entity, uint32_t number)
{
    if (sampler == AFLOWI_NO_INDEX) return;
    sim->draws[sampler].rng = aflowi_stream(sim, entity, AFLOWI_STREAM_STEPS + number);
    sim->draws[sampler].next = aflowi_draw(&sim->plan.samplers[sampler], &sim->draws[sampler].rng);
}

static int aflowi_make_cache(aflow_sim *sim, uint32_t cache, uint64_t entity)
{
    const aflowi_cache_plan *p = &sim->plan.caches[cache];
    aflowi_cache *c = &sim->caches[cache];
    uint32_t i;
    c->rng = aflowi_stream(sim, entity, AFLOWI_STREAM_STEPS);
    aflowi_make_draws(sim, p->chance, entity, 0);
    if (!p->keys) return 1;
    c->next = (uint32_t *)aflowi_arena_array(&sim->arena, (size_t)p->keys + 1, sizeof *c->next);
    c->previous = (uint32_t *)aflowi_arena_array(&sim->arena, (size_t)p->keys + 1, sizeof *c->previous);
    if (p->time_to_live < AFLOWI_NEVER) c->expires = (uint64_t *)aflowi_arena_array(&sim->arena, p->keys, sizeof *c->expires);
    if (p->single_flight) {
        c->first = (uint32_t *)aflowi_arena_array(&sim->arena, p->keys, sizeof *c->first);
        c->last = (uint32_t *)aflowi_arena_array(&sim->arena, p->keys, sizeof *c->last);
    }
    if (sim->arena.failed) return 0;
    for (i = 0; i < p->keys; i++) {
        c->next[i] = AFLOWI_NO_INDEX;
        if (c->first) c->first[i] = AFLOWI_GROUNDED;
    }
    c->next[p->keys] = c->previous[p->keys] = p->keys;
    return 1;
}

static int aflowi_make_gpu(aflow_sim *sim, uint32_t gpu, uint64_t entity)
{
    aflowi_gpu *g = &sim->gpus[gpu];
    g->base = aflowi_stream(sim, entity, AFLOWI_STREAM_STEPS);
    g->item = aflowi_stream(sim, entity, AFLOWI_STREAM_STEPS + 1);
    g->sizes = (uint64_t *)aflowi_arena_array(&sim->arena, sim->plan.gpus[gpu].most, sizeof *g->sizes);
    return g->sizes != NULL;
}

/* Streams of a server's own resource depend on both names, of a shared one on its own; neither is any node's. */
static int aflowi_make_resource(aflow_sim *sim, uint32_t resource)
{
    const aflowi_resource_plan *p = &sim->plan.resources[resource];
    uint64_t entity = aflowi_mix(aflowi_hash_text(p->name) ^ 0x5bd1e995a3c59ac3);
    aflowi_make_draws(sim, p->first_token, entity, 0);
    aflowi_make_draws(sim, p->output_token, entity, 1);
    if (p->cache != AFLOWI_NO_INDEX) return aflowi_make_cache(sim, p->cache, entity);
    if (p->gpu != AFLOWI_NO_INDEX) return aflowi_make_gpu(sim, p->gpu, entity);
    return 1;
}

static void aflowi_make_stations(aflow_sim *sim)
{
    uint32_t i;
    for (i = 0; i < sim->plan.stations_count; i++) {
        sim->stations[i].head = sim->stations[i].tail = AFLOWI_NO_INDEX;
        sim->stations[i].timer = AFLOWI_NEVER;
        sim->stations[i].level = sim->plan.stations[i].burst;
    }
    for (i = 0; i < sim->plan.sharings_count; i++) {
        sim->sharings[i].timer = AFLOWI_NEVER;
        sim->sharings[i].speed = (uint64_t)1 << 32;
    }
}

static int aflowi_make_resources(aflow_sim *sim)
{
    const aflowi_plan *p = &sim->plan;
    aflowi_arena *a = &sim->arena;
    uint32_t i;
    sim->accounts = (aflowi_account *)aflowi_arena_array(a, p->accounts_count, sizeof *sim->accounts);
    sim->stations = (aflowi_station *)aflowi_arena_array(a, p->stations_count, sizeof *sim->stations);
    sim->sharings = (aflowi_sharing *)aflowi_arena_array(a, p->sharings_count, sizeof *sim->sharings);
    sim->caches = (aflowi_cache *)aflowi_arena_array(a, p->caches_count, sizeof *sim->caches);
    sim->gpus = (aflowi_gpu *)aflowi_arena_array(a, p->gpus_count, sizeof *sim->gpus);
    sim->models = (aflowi_model *)aflowi_arena_array(a, p->resources_count, sizeof *sim->models);
    if (a->failed) return 0;
    aflowi_make_stations(sim);
    for (i = 0; i < p->accounts_count; i++) {
        if (!aflowi_histogram_init(&sim->accounts[i].waits, a, AFLOWI_COARSE_BITS, AFLOWI_COARSE_LOW, p->horizon)) return 0;
    }
    for (i = 0; i < p->resources_count; i++) if (!aflowi_make_resource(sim, i)) return 0;
    return 1;
}

/* Processes, their loops, and what endpoints count beyond AsyncFlow's. */
static int aflowi_make_processes(aflow_sim *sim)
{
    const aflowi_plan *p = &sim->plan;
    aflowi_arena *a = &sim->arena;
    uint32_t i;
    if (!p->carries_more) return 1;
    sim->workers = (aflowi_worker *)aflowi_arena_array(a, p->workers_count, sizeof *sim->workers);
    sim->processes = (aflowi_processes *)aflowi_arena_array(a, p->servers_count, sizeof *sim->processes);
    sim->endpoints_more = (aflowi_endpoint_more *)aflowi_arena_array(a, p->endpoints_count, sizeof *sim->endpoints_more);
    if (a->failed) return 0;
    for (i = 0; i < p->workers_count; i++) sim->workers[i].loop_head = sim->workers[i].lock_head = AFLOWI_NO_INDEX;
    for (i = 0; i < p->servers_count; i++) {
        sim->processes[i].accept_head = AFLOWI_NO_INDEX;
        if (p->servers[i].loop_slots && !aflowi_histogram_init(&sim->processes[i].lags, a, AFLOWI_COARSE_BITS, AFLOWI_COARSE_LOW, p->horizon)) return 0;
    }
    return 1;
}

static int aflowi_make_tournament(aflow_sim *sim)
{
    aflowi_tournament *t = &sim->tournament;
    uint32_t n = sim->plan.balancer_edges_count, i;
    for (t->leaves = 1; t->leaves < n; t->leaves *= 2) {}
    t->contender = (aflowi_contender *)aflowi_arena_array(&sim->arena, t->leaves, sizeof *t->contender);
    t->winner = (uint32_t *)aflowi_arena_array(&sim->arena, 2 * (size_t)t->leaves, sizeof *t->winner);
    if (!t->contender || !t->winner) return 0;
    for (i = 0; i < t->leaves; i++) {
        t->winner[t->leaves + i] = i;
        t->contender[i].asked = i;
        t->contender[i].connections = i < n ? 0 : AFLOWI_OUT;
    }
    for (i = t->leaves - 1; i; i--) t->winner[i] = t->winner[2 * i];        /* the first of equals */
    t->turn = n;
    return 1;
}

static int aflowi_make_rotation(aflow_sim *sim)
{
    uint32_t n = sim->plan.balancer_edges_count, i;
    for (i = 0; i < n; i++) sim->servers[sim->plan.ops[sim->plan.balancer_edges[i]].amount].position = i;
    if (sim->plan.least_connection) return aflowi_make_tournament(sim);
    sim->rotation.next = (uint32_t *)aflowi_arena_array(&sim->arena, n, sizeof(uint32_t));
    sim->rotation.previous = (uint32_t *)aflowi_arena_array(&sim->arena, n, sizeof(uint32_t));
    if (!sim->rotation.next || !sim->rotation.previous) return 0;
    for (i = 0; i < n; i++) aflowi_ring_append(&sim->rotation, i);
    return 1;
}

static void aflowi_make_generator(aflow_sim *sim)
{
    uint64_t entity = aflowi_hash_text(sim->plan.scenario->rqs_input.id);
    sim->generator.users = aflowi_stream(sim, entity, AFLOWI_STREAM_USERS);
    sim->generator.gaps = aflowi_stream(sim, entity, AFLOWI_STREAM_GAPS);
    sim->generator.next = aflowi_next_emission(sim);
}

static aflowi_gauge *aflowi_resource_gauge(const aflow_sim *sim, aflow_metric metric, uint32_t resource)
{
    if (metric == AFLOW_RESOURCE_QUEUE_LEN) return &sim->accounts[resource].waiting;
    if (metric != AFLOW_RESOURCE_IN_USE || sim->plan.resources[resource].desc->kind == AFLOW_RESOURCE_RATE_LIMITER) return NULL;
    return &sim->accounts[resource].in_use;
}

static aflowi_gauge *aflowi_process_gauge(const aflow_sim *sim, aflow_metric metric, uint32_t server)
{
    const aflowi_server_plan *p = &sim->plan.servers[server];
    uint32_t station = metric == AFLOW_CONCURRENT_REQUESTS || metric == AFLOW_BACKLOG_LEN ? p->admission : p->threads;
    if (metric == AFLOW_LOOPS_BLOCKED) return p->blocks ? &sim->processes[server].blocked : NULL;
    if (metric > AFLOW_THREAD_QUEUE_LEN || station == AFLOWI_NO_INDEX) return NULL;
    if (metric == AFLOW_CONCURRENT_REQUESTS || metric == AFLOW_THREADS_IN_USE) return &sim->accounts[sim->plan.stations[station].account].in_use;
    return &sim->accounts[sim->plan.stations[station].account].waiting;
}

/* The gauge behind a metric of an entity, or NULL. */
static aflowi_gauge *aflowi_gauge_of(const aflow_sim *sim, aflow_metric metric, aflow_id entity)
{
    uint32_t i = aflowi_id_index(entity);
    aflowi_resource *r;
    if (aflowi_id_kind(entity) == AFLOWI_ID_EDGE) {
        return metric == AFLOW_EDGE_CONCURRENT_CONNECTION && i < sim->plan.edges_count ? &sim->edges[i].transit : NULL;
    }
    if (aflowi_id_kind(entity) == AFLOWI_ID_RESOURCE) return i < sim->plan.resources_count ? aflowi_resource_gauge(sim, metric, i) : NULL;
    if (aflowi_id_kind(entity) != AFLOWI_ID_SERVER || i >= sim->plan.servers_count) return NULL;
    if (metric >= AFLOW_CONCURRENT_REQUESTS) return aflowi_process_gauge(sim, metric, i);
    r = &sim->resources[i * AFLOWI_RESOURCES];
    switch (metric) {
    case AFLOW_READY_QUEUE_LEN: return &r[AFLOWI_CORES].waiting;
    case AFLOW_CORE_BUSY: return &r[AFLOWI_CORES].in_use;
    case AFLOW_RAM_IN_USE: return &r[AFLOWI_RAM].in_use;
    case AFLOW_RAM_QUEUE_LEN: return &r[AFLOWI_RAM].waiting;
    case AFLOW_DB_CONNECTIONS_IN_USE: return r[AFLOWI_DB].capacity ? &r[AFLOWI_DB].in_use : NULL;
    case AFLOW_DB_QUEUE_LEN: return r[AFLOWI_DB].capacity ? &r[AFLOWI_DB].waiting : NULL;
    case AFLOW_EVENT_LOOP_IO_SLEEP: return &sim->servers[i].io_sleep;
    default: break;
    }
    return NULL;
}

static void aflowi_add_columns(aflow_sim *sim, aflow_metric metric, uint32_t kind, uint32_t count)
{
    uint32_t i;
    for (i = 0; i < count; i++) {
        aflow_id entity = aflowi_id_of(kind, i);
        const aflowi_gauge *g = aflowi_gauge_of(sim, metric, entity);
        aflowi_sampled *column;
        if (!g) continue;
        sim->samples.now[sim->samples.columns_count] = &g->value;
        column = &sim->samples.columns[sim->samples.columns_count++];
        column->metric = metric;
        column->entity = entity;
    }
}

/* AsyncFlow samples a server only when its three metrics are all enabled. */
static uint32_t aflowi_sampled_metrics(const aflow_sim *sim)
{
    uint32_t enabled = sim->scenario->sim_settings.enabled_sample_metrics & AFLOW_METRICS_ALL;
    uint32_t trio = AFLOW_READY_QUEUE_LEN | AFLOW_EVENT_LOOP_IO_SLEEP | AFLOW_RAM_IN_USE;
    if (sim->plan.compat && (enabled & trio) != trio) enabled &= ~trio;
    return enabled;
}

static int aflowi_make_samples(aflow_sim *sim)
{
    aflowi_samples *s = &sim->samples;
    uint32_t enabled = aflowi_sampled_metrics(sim), metric;
    uint64_t rows = (sim->plan.horizon - 1) / sim->plan.sample_period;
    size_t columns;
    s->next = AFLOWI_NEVER;
    if (!enabled || !rows) return 1;
    columns = (size_t)sim->plan.servers_count * AFLOWI_METRICS_COUNT + sim->plan.edges_count + 2 * (size_t)sim->plan.resources_count;
    s->columns = (aflowi_sampled *)aflowi_arena_array(&sim->arena, columns, sizeof *s->columns);
    s->now = (const uint32_t **)aflowi_arena_array(&sim->arena, columns, sizeof *s->now);
    if (!s->columns || !s->now) return 0;
    for (metric = 1; metric & AFLOW_METRICS_ALL; metric <<= 1) {
        if (!(enabled & metric)) continue;
        if (metric == AFLOW_EDGE_CONCURRENT_CONNECTION) aflowi_add_columns(sim, (aflow_metric)metric, AFLOWI_ID_EDGE, sim->plan.edges_count);
        else if (metric >= AFLOW_RESOURCE_IN_USE) aflowi_add_columns(sim, (aflow_metric)metric, AFLOWI_ID_RESOURCE, sim->plan.resources_count);
        else aflowi_add_columns(sim, (aflow_metric)metric, AFLOWI_ID_SERVER, sim->plan.servers_count);
    }
    if (!s->columns_count) return 1;
    if (rows > ((size_t)-1) / 8 / s->columns_count) return 0;
    s->values = (uint32_t *)aflowi_resize(&sim->allocator, NULL, 0, (size_t)rows * s->columns_count * sizeof *s->values);
    if (!s->values) return 0;
    s->rows_capacity = (size_t)rows;
    s->next = s->period = sim->plan.sample_period;
    return 1;
}

/* Requests that the traffic makes with near certainty: mean plus six standard deviations, where the users' draws of every
   window dominate (variance of a compound Poisson count). */
static double aflowi_expected_requests(const aflowi_plan *plan)
{
    const aflow_generator *g = &plan->scenario->rqs_input;
    double horizon = plan->scenario->sim_settings.total_simulation_time, window = g->user_sampling_window, mean, per_user;
    if (g->arrivals_count) return (double)g->arrivals_count;
    if (g->source) return 4096;         /* there is no telling; the log grows */
    mean = aflowi_mul(plan->requests_per_s, horizon);
    per_user = aflowi_mul(g->avg_request_per_minute_per_user.mean, window) / 60;
    return aflowi_add(mean, aflowi_mul(6, aflowi_sqrt(aflowi_mul(mean, 1 + per_user)))) + 16;
}

/* Beyond so many a list of latencies is not made unasked. */
#define AFLOWI_EXACT_AT_MOST 4194304.0

#define AFLOWI_FIRST_TIES 16u

static aflow_latency_store aflowi_chosen_store(const aflow_run_desc *desc, double expected)
{
    if (desc->latency_store == AFLOW_LATENCY_EXACT || desc->latency_store == AFLOW_LATENCY_HISTOGRAM) return desc->latency_store;
    return expected > AFLOWI_EXACT_AT_MOST ? AFLOW_LATENCY_HISTOGRAM : AFLOW_LATENCY_EXACT;
}

/* Entries to begin with: for all that is expected. A heap is asked for a quarter of a gigabyte at most, and for more when it is
   needed; a buffer, which cannot grow, at once. */
static size_t aflowi_first_room(const aflow_sim *sim, double expected, size_t element)
{
    size_t most = sim->desc.buffer ? (size_t)-1 / 8 / element : ((size_t)1 << 28) / element;
    return expected < (double)most ? (size_t)expected : most;
}

static int aflowi_make_log(aflow_sim *sim, double expected)
{
    aflowi_log *log = &sim->log;
    void *completions = NULL;
    int ok;
    if (sim->desc.latency_store == AFLOW_LATENCY_HISTOGRAM) {
        return aflowi_histogram_init(&log->latency, &sim->arena, AFLOWI_FINE_BITS, AFLOWI_FINE_LOW, sim->plan.horizon) &&
               aflowi_log_init_slots(log, &sim->arena, sim->plan.horizon);
    }
    ok = aflowi_grow(&sim->allocator, &completions, &log->capacity, aflowi_first_room(sim, expected, sizeof *log->completions), sizeof *log->completions);
    log->completions = (aflowi_completion *)completions;
    return ok;
}

static int aflowi_make_room(aflow_sim *sim)
{
    double expected = aflowi_expected_requests(&sim->plan);
    size_t in_flight = sim->desc.reserve_in_flight ? sim->desc.reserve_in_flight : 256;
    /* few enough stay in the front; more are spread over some dozens of buckets */
    size_t chunks_wanted = in_flight > AFLOWI_FRONT ? 32 + in_flight / AFLOWI_CHUNK_EVENTS : 1;
    void *requests = NULL, *ids = NULL, *rows = NULL, *chunks = NULL, *ties = NULL;
    int ok;
    sim->desc.latency_store = aflowi_chosen_store(&sim->desc, expected);
    ok = aflowi_make_log(sim, expected) && aflowi_grow(&sim->allocator, &requests, &sim->requests_capacity, in_flight, sizeof *sim->requests) &&
         aflowi_grow(&sim->allocator, &chunks, &sim->pending.chunks_capacity, chunks_wanted, sizeof *sim->pending.chunks) &&
         aflowi_grow(&sim->allocator, &ties, &sim->ties.capacity, AFLOWI_FIRST_TIES, sizeof *sim->ties.heap);
    if (ok && sim->desc.record_requests) {
        ok = aflowi_grow(&sim->allocator, &rows, &sim->log.rows_capacity, aflowi_first_room(sim, expected, sizeof *sim->log.rows), sizeof *sim->log.rows) &&
             aflowi_grow(&sim->allocator, &ids, &sim->request_ids_capacity, in_flight, sizeof *sim->request_ids);
    }
    sim->requests = (aflowi_request *)requests;
    sim->pending.chunks = (aflowi_event_chunk *)chunks;
    sim->ties.heap = (aflowi_tie *)ties;
    sim->log.rows = (aflowi_row *)rows;
    sim->request_ids = (uint64_t *)ids;
    sim->keeps_more = sim->desc.record_requests || sim->plan.carries_more;
    return ok && (!sim->plan.carries_more || aflowi_extras_grow(sim, in_flight));
}

/* What only a run needs: a result does without. */
static void aflowi_free_moving_parts(aflow_sim *sim)
{
    uint32_t i;
    aflowi_free(&sim->allocator, sim->requests, sim->requests_capacity * sizeof *sim->requests);
    aflowi_free(&sim->allocator, sim->request_ids, sim->request_ids_capacity * sizeof *sim->request_ids);
    aflowi_free(&sim->allocator, sim->ties.heap, sim->ties.capacity * sizeof *sim->ties.heap);
    aflowi_free(&sim->allocator, sim->extras, sim->extras_capacity * sizeof *sim->extras);
    aflowi_free(&sim->allocator, sim->keys, sim->keys_capacity * sizeof *sim->keys);
    aflowi_free(&sim->allocator, sim->choices, sim->choices_capacity * sizeof *sim->choices);
    for (i = 0; sim->sharings && i < sim->plan.sharings_count; i++) {
        aflowi_free(&sim->allocator, sim->sharings[i].heap, sim->sharings[i].capacity * sizeof *sim->sharings[i].heap);
        sim->sharings[i].heap = NULL;
    }
    aflowi_pending_free(&sim->pending);
    sim->extras = NULL;
    sim->keys = NULL;
    sim->choices = NULL;
    sim->requests = NULL;
    sim->request_ids = NULL;
    sim->ties.heap = NULL;
}

static void aflowi_sim_free(aflow_sim *sim)
{
    aflow_allocator a = sim->allocator;
    aflowi_arena arena = sim->arena;
    aflowi_free(&a, sim->log.completions, sim->log.capacity * sizeof *sim->log.completions);
    aflowi_free(&a, sim->log.rows, sim->log.rows_capacity * sizeof *sim->log.rows);
    aflowi_free_moving_parts(sim);
    aflowi_free(&a, sim->samples.values, sim->samples.rows_capacity * sim->samples.columns_count * sizeof *sim->samples.values);
    aflowi_arena_free(&arena);
    aflowi_free(&a, sim, sizeof *sim);
}

/* The sim's own memory comes first from its allocator, which may be a buffer's. */
static aflow_sim *aflowi_sim_place(const aflow_run_desc *desc)
{
    aflow_allocator a = desc->buffer ? aflow_buffer_allocator(desc->buffer, desc->buffer_size) : aflowi_allocator_or_default(&desc->allocator);
    aflow_sim *sim = (aflow_sim *)aflowi_resize(&a, NULL, 0, sizeof *sim);
    if (!sim) return NULL;
    memset(sim, 0, sizeof *sim);
    sim->allocator = a;
    sim->desc = *desc;
    sim->owners = 1;
    sim->free_request = sim->run_head = AFLOWI_NO_INDEX;
    sim->result.sim = sim;
    return sim;
}

static void aflowi_report_no_memory(aflow_diagnostics *problems, const aflow_sim *sim, const aflow_run_desc *desc, const char *when)
{
    aflowi_line l;
    l.used = 0;
    aflowi_line_put(&l, desc->buffer ? "the buffer of " : "out of memory ");
    if (desc->buffer) {
        size_t begin = AFLOWI_ROUND_UP(sizeof *sim) + AFLOWI_ROUND_UP(sizeof(aflowi_pool)) + AFLOWI_BLOCK_HEADER + AFLOWI_ALIGNMENT;
        size_t missing = sim ? ((const aflowi_pool *)sim->allocator.context)->missing : begin > desc->buffer_size ? begin - desc->buffer_size : AFLOWI_ALIGNMENT;
        aflowi_line_u64(&l, desc->buffer_size);
        aflowi_line_put(&l, " bytes is too small ");
        aflowi_line_put(&l, when);
        aflowi_line_put(&l, ": at least ");
        aflowi_line_u64(&l, desc->buffer_size + missing);
        aflowi_line_put(&l, " are needed for the next step; aflow_run_size estimates the whole");
    } else {
        aflowi_line_put(&l, when);
    }
    aflowi_report_memory(problems, l.text);
}

/* The check's warnings become the result's; all of its findings go to the caller. */
static int aflowi_keep_warnings(aflow_sim *sim, const aflow_diagnostics *found)
{
    size_t i;
    sim->warnings = (const char **)aflowi_arena_array(&sim->arena, found->count, sizeof *sim->warnings);
    if (!sim->warnings) return 0;
    for (i = 0; i < found->count; i++) {
        aflowi_line l;
        l.used = 0;
        l.text[0] = 0;
        if (found->items[i].path[0]) {
            aflowi_line_put(&l, found->items[i].path);
            aflowi_line_put(&l, " ");
        }
        aflowi_line_put(&l, found->items[i].message);
        sim->warnings[sim->warnings_count] = aflowi_arena_text(&sim->arena, l.text, l.used);
        if (!sim->warnings[sim->warnings_count++]) return 0;
    }
    return 1;
}

static int aflowi_sim_make(aflow_sim *sim, const aflow_scenario *scenario, const aflow_diagnostics *found)
{
    aflowi_arena_init(&sim->arena, &sim->allocator, 2048);
    sim->scenario = aflowi_scenario_clone(&sim->arena, scenario, 1);
    if (!sim->scenario || !aflowi_plan_build(&sim->plan, sim->scenario, &sim->arena)) return 0;
    aflowi_pending_init(&sim->pending, &sim->allocator, sim->plan.horizon);
    sim->pending.watched = sim->plan.op_computes;
    sim->scenario_hash = aflow_scenario_hash(scenario);
    if (!aflowi_make_edges(sim) || !aflowi_make_servers(sim) || !aflowi_make_resources(sim) || !aflowi_make_processes(sim) || !aflowi_make_rotation(sim)) return 0;
    if (!aflowi_keep_warnings(sim, found) || !aflowi_make_samples(sim) || !aflowi_make_room(sim)) return 0;
    aflowi_make_generator(sim);
    return 1;
}

/* NaN is none. */
static int aflowi_set_warm_up(aflow_sim *sim, aflow_diagnostics *problems)
{
    double horizon_s = (double)sim->plan.horizon / (double)AFLOWI_TICKS_PER_S;
    aflowi_line l;
    if (sim->desc.warm_up_s >= 0 && sim->desc.warm_up_s < horizon_s) {
        sim->warm_up = aflowi_scale(sim->desc.warm_up_s, AFLOWI_TICKS_PER_S);
        return 1;
    }
    l.used = 0;
    aflowi_line_put(&l, "is ");
    aflowi_line_double(&l, sim->desc.warm_up_s);
    aflowi_line_put(&l, " s; needs 0 or more, and less than total_simulation_time, ");
    aflowi_line_double(&l, horizon_s);
    aflowi_line_put(&l, " s");
    aflowi_report_at(problems, AFLOW_DIAGNOSTIC_OUT_OF_RANGE, "warm_up_s", l.text, NULL);
    return 0;
}

AFLOW_API aflow_sim *aflow_sim_create(const aflow_scenario *scenario, const aflow_run_desc *desc, aflow_diagnostics *problems)
{
    aflow_run_desc defaults;
    aflow_diagnostics found;
    aflow_status checked;
    aflow_sim *sim;
    int made;
    memset(&defaults, 0, sizeof defaults);
    memset(&found, 0, sizeof found);
    if (!desc) desc = &defaults;
    if (!scenario) {
        aflow_check(scenario, problems);
        return NULL;
    }
    sim = aflowi_sim_place(desc);
    if (!sim) {
        aflowi_report_no_memory(problems, NULL, desc, "to begin");
        return NULL;
    }
    found.allocator = sim->allocator;
    checked = aflowi_check_into(scenario, &found);
    aflowi_forward(problems, &found);
    made = checked == AFLOW_OK && aflowi_sim_make(sim, scenario, &found);
    if (!made && (checked == AFLOW_OK || checked == AFLOW_OUT_OF_MEMORY || found.lost)) aflowi_report_no_memory(problems, sim, desc, "to begin");
    aflow_diagnostics_clear(&found);
    if (made && aflowi_set_warm_up(sim, problems)) return sim;
    aflowi_sim_free(sim);
    return NULL;
}

AFLOW_API aflow_status aflow_sim_run_until(aflow_sim *sim, double time_s)
{
    uint64_t until;
    if (!sim) return AFLOW_MISUSE;
    if (sim->finished || sim->status != AFLOW_OK) return sim->status;
    if (!(time_s > 0)) return sim->status;      /* NaN, too */
    until = time_s >= aflow_sim_horizon(sim) ? sim->plan.horizon : aflowi_scale(time_s, AFLOWI_TICKS_PER_S);
    if (until > sim->played) aflowi_play_through(sim, until);
    return sim->status;
}

AFLOW_API aflow_status aflow_sim_status(const aflow_sim *sim) { return sim ? sim->status : AFLOW_MISUSE; }
AFLOW_API double aflow_sim_now(const aflow_sim *sim) { return sim ? (double)sim->played / (double)AFLOWI_TICKS_PER_S : 0; }
AFLOW_API double aflow_sim_horizon(const aflow_sim *sim) { return sim ? (double)sim->plan.horizon / (double)AFLOWI_TICKS_PER_S : 0; }

static aflow_id aflowi_find(const aflow_sim *sim, const char *name)
{
    aflow_id id = aflowi_names_find(&sim->plan.nodes, name);
    if (!id) id = aflowi_names_find(&sim->plan.edge_names, name);
    return id ? id : aflowi_names_find(&sim->plan.resource_names, name);
}

AFLOW_API aflow_id aflow_sim_find(const aflow_sim *sim, const char *name) { return sim && name ? aflowi_find(sim, name) : 0; }

/* RAM is kept in units of its own. */
static double aflowi_metric_scale(aflow_metric metric) { return metric == AFLOW_RAM_IN_USE ? (double)AFLOWI_RAM_UNIT : 1; }

AFLOW_API double aflow_sim_gauge(const aflow_sim *sim, aflow_metric metric, aflow_id entity)
{
    const aflowi_gauge *g = sim ? aflowi_gauge_of(sim, metric, entity) : NULL;
    return g ? (double)g->value / aflowi_metric_scale(metric) : 0;
}

AFLOW_API aflow_counters aflow_sim_counters(const aflow_sim *sim)
{
    aflow_counters c;
    memset(&c, 0, sizeof c);
    if (!sim) return c;
    c.generated = sim->generated;
    c.completed = sim->log.count;
    c.dropped = sim->dropped;
    c.in_flight = c.generated - c.completed - c.dropped;
    c.events = sim->events;
    return c;
}

/* --- Referee -----------------------------------------------------------------------
   After every run the books are compared with each other, to the tick: each law sets something that was added up when it happened
   against something else that was, or against what is there at the end. Sums of ticks are modulo 2^64.

   Little's law (J. D. C. Little, Operations Research 9, 1961), path by path and with what is unfinished, is an identity: the
   integral of a number over time is the sum of the times that each was counted. The integrals are of the edges' gauges and of the
   instants at which servers are entered and left; the times are those that the requests carry. */

/* Requests that have left it. */
static uint64_t aflowi_left(const aflowi_endpoint_state *e) { return e->left_before + e->latency.count; }

static void aflowi_object(aflowi_referee *r, const char *law, const char *where, uint64_t a, uint64_t b)
{
    aflowi_line l;
    l.used = 0;
    aflowi_line_put(&l, law);
    if (where[0]) {
        aflowi_line_put(&l, ", ");
        aflowi_line_put(&l, where);
    }
    aflowi_line_put(&l, ": ");
    aflowi_line_u64(&l, a);
    aflowi_line_put(&l, " is not ");
    aflowi_line_u64(&l, b);
    if (l.used >= sizeof r->first) l.used = sizeof r->first - 1;
    memcpy(r->first, l.text, l.used);
    r->first[l.used] = 0;
}

/* where: of what entity; "": of the whole system. */
static void aflowi_expect(aflowi_referee *r, const char *law, const char *where, uint64_t a, uint64_t b)
{
    r->checks++;
    if (a == b) return;
    if (!r->failed++) aflowi_object(r, law, where, a, b);
}

static const char *aflowi_server_name(const aflow_sim *sim, uint32_t server) { return sim->plan.scenario->topology_graph.nodes.servers[server].id; }

static uint64_t aflowi_delivered(const aflowi_edge_state *e) { return e->sent - e->dropped - e->transit.value; }

/* Who is where at the end. Returns how many requests there are; *ages: since their start, in sum. What is free counts for and
   against; a task's start is 0. */
static uint64_t aflowi_referee_walk(aflow_sim *sim, uint64_t *ages)
{
    uint64_t now = sim->played, live = sim->requests_used;
    uint32_t i;
    *ages = 0 - sim->books.tasks * now;
    for (i = 0; i < sim->requests_used; i++) {
        const aflowi_request *rq = &sim->requests[i];
        aflowi_server_state *s;
        *ages += now - rq->start;
        if (rq->endpoint == AFLOWI_NO_INDEX || rq->arrived == AFLOWI_AWAY) continue;
        s = &sim->servers[sim->plan.endpoints[rq->endpoint & ~AFLOWI_BOOKED].server];
        s->present++;
        s->ages += now - rq->arrived;
    }
    for (i = sim->free_request; i != AFLOWI_NO_INDEX; i = sim->requests[i].next, live--) *ages -= now - sim->requests[i].start;
    return live - sim->books.tasks;
}

/* Returns the integral of the requests in it; adds what it turned away. */
static uint64_t aflowi_referee_server(aflow_sim *sim, uint32_t server, uint64_t *turned_away)
{
    const aflowi_server_plan *p = &sim->plan.servers[server];
    const aflowi_server_state *s = &sim->servers[server];
    const char *name = aflowi_server_name(sim, server);
    uint64_t arrived = 0, left = 0, away = 0, rejected = 0, stays = s->ages, visits = 0;
    uint32_t i;
    for (i = p->endpoints; i < p->endpoints + p->endpoints_count; i++) {
        const aflowi_endpoint_state *e = &sim->endpoints[i];
        const aflowi_endpoint_more *more = sim->endpoints_more ? &sim->endpoints_more[i] : NULL;
        arrived += e->arrived;
        left += aflowi_left(e);
        stays += e->stays_before + e->latency.sum.lo;
        visits += e->visits;
        if (!more) continue;
        away += more->rejected + more->timed_out;
        rejected += more->rejected;
        stays += more->wasted;
    }
    visits += (arrived - left - away) * sim->played;
    *turned_away += away + s->refused;
    aflowi_expect(&sim->referee, "Little's law", name, visits, stays);
    aflowi_expect(&sim->referee, "arrived = completed + rejected + timed out + in it", name, arrived, left + away + s->present);
    aflowi_expect(&sim->referee, "delivered = arrived + refused", name, s->delivered, arrived + s->refused);
    aflowi_expect(&sim->referee, "completed = sent on its edge", name, left, sim->edges[p->out_edge].sent);
    if (!sim->processes) return visits;
    aflowi_expect(&sim->referee, "rejected, by endpoint", name, sim->processes[server].rejected, rejected);
    aflowi_expect(&sim->referee, "timed out, by endpoint", name, sim->processes[server].timed_out, away - rejected);
    return visits;
}

/* What comes to a node goes on from it. Returns the integral of the messages on edges; adds what was lost there. */
static uint64_t aflowi_referee_edges(aflow_sim *sim, uint64_t *lost)
{
    const aflowi_plan *p = &sim->plan;
    uint64_t area = sim->books.transit_before, to_client = 0, to_balancer = 0, to_sink = 0, balanced = 0;
    uint32_t i;
    for (i = 0; i < p->edges_count; i++) {
        const aflowi_edge_state *e = &sim->edges[i];
        uint32_t to = p->edges[i].to;
        *lost += e->dropped;
        area += aflowi_gauge_area(&e->transit, sim->played).lo;
        aflowi_expect(&sim->referee, "sent = delivered + dropped + in transit", p->scenario->topology_graph.edges[i].id, e->dropped + e->transit.value <= e->sent, 1);
        if (to == AFLOWI_VERTEX_CLIENT) to_client += aflowi_delivered(e);
        else if (to == AFLOWI_VERTEX_BALANCER) to_balancer += aflowi_delivered(e);
        else if (to == aflowi_vertex_sink(p)) to_sink += aflowi_delivered(e);
        else sim->servers[to - AFLOWI_VERTEX_SERVERS].delivered += aflowi_delivered(e);
    }
    for (i = 0; i < p->balancer_edges_count; i++) balanced += sim->edges[p->balancer_edges[i]].sent;
    aflowi_expect(&sim->referee, "generated = sent on its edge", "", sim->generated, sim->edges[p->generator_edge].sent);
    if (p->client_edge != AFLOWI_NO_INDEX) aflowi_expect(&sim->referee, "delivered to the client = sent on by it", "", to_client, sim->edges[p->client_edge].sent);
    if (p->balancer_edges_count) aflowi_expect(&sim->referee, "delivered to the balancer = sent on by it", "", to_balancer, balanced);
    aflowi_expect(&sim->referee, "delivered back to the client = completed", "", to_sink, sim->log.count);
    return area;
}

/* The integral of busy cores is the CPU time begun, less what is left of it; a core is busy with one stretch of it. */
static void aflowi_referee_cores(aflow_sim *sim)
{
    uint64_t busy = sim->books.busy_before, cores = 0, left, times;
    uint32_t i;
    for (i = 0; i < sim->plan.servers_count; i++) {
        const aflowi_gauge *g = &sim->resources[i * AFLOWI_RESOURCES + AFLOWI_CORES].in_use;
        busy += aflowi_gauge_area(g, sim->played).lo;
        cores += g->value;
    }
    aflowi_pending_watched(&sim->pending, &left, &times);
    aflowi_expect(&sim->referee, "utilization law", "", busy, sim->books.computing - (times - left * sim->played));
    aflowi_expect(&sim->referee, "busy cores = computations under way", "", cores, left);
}

/* Accounts of resources, of max_concurrency and of threads, and what their stations hold. */
static void aflowi_referee_accounts(aflow_sim *sim)
{
    const aflowi_plan *p = &sim->plan;
    uint32_t i;
    for (i = 0; i < p->stations_count; i++) {
        sim->accounts[p->stations[i].account].queued += sim->stations[i].waiting;
        if (p->stations[i].kind == AFLOWI_STATION_COUNTED) sim->accounts[p->stations[i].account].held += sim->stations[i].in_use;
        if (p->stations[i].kind == AFLOWI_STATION_BATCHES) sim->accounts[p->stations[i].account].held += sim->stations[i].in_use;
    }
    for (i = 0; i < p->accounts_count; i++) {
        const aflowi_account *a = &sim->accounts[i];
        const aflowi_resource_plan *r = i < p->resources_count ? &p->resources[i] : NULL;
        const char *name = r ? r->name : "places and threads";
        if (r && r->cache != AFLOWI_NO_INDEX) {
            const aflowi_cache *c = &sim->caches[r->cache];
            aflowi_expect(&sim->referee, "look-ups = hits + misses", name, a->acquired, c->hits + c->misses);
            continue;
        }
        aflowi_expect(&sim->referee, "in use, by station", name, a->in_use.value, a->held);
        aflowi_expect(&sim->referee, "waiting, by station", name, a->waiting.value, a->queued);
        if (r && r->gpu != AFLOWI_NO_INDEX) aflowi_expect(&sim->referee, "acquired = items of batches", name, a->acquired, sim->gpus[r->gpu].items);
        else aflowi_expect(&sim->referee, "acquired = released + in use", name, a->acquired, a->released + a->in_use.value);
        if (r && r->desc->kind == AFLOW_RESOURCE_LLM) aflowi_expect(&sim->referee, "acquired = calls", name, a->acquired, sim->models[i].calls);
    }
}

static void aflowi_referee_run(aflow_sim *sim)
{
    uint64_t ages, lost = 0, live = aflowi_referee_walk(sim, &ages), area = aflowi_referee_edges(sim, &lost);
    uint32_t i;
    for (i = 0; i < sim->plan.servers_count; i++) area += aflowi_referee_server(sim, i, &lost);
    aflowi_expect(&sim->referee, "Little's law", "", area, sim->books.latencies + sim->books.lost + ages);
    aflowi_expect(&sim->referee, "generated = completed + dropped + in flight", "", sim->generated, sim->log.count + sim->dropped + live);
    aflowi_expect(&sim->referee, "dropped = lost on edges + refused + rejected + timed out", "", sim->dropped, lost);
    aflowi_referee_cores(sim);
    aflowi_referee_accounts(sim);
}

AFLOW_API aflow_result *aflow_sim_finish(aflow_sim *sim)
{
    if (!sim || sim->status != AFLOW_OK || sim->finished) return NULL;
    sim->finished = 1;
    if (sim->warm_up) aflowi_end_warm_up(sim, sim->played);     /* nothing came after it */
    aflowi_referee_run(sim);
    aflowi_free_moving_parts(sim);
    sim->owners = 2;
    return &sim->result;
}

AFLOW_API void aflow_sim_destroy(aflow_sim *sim)
{
    if (sim && --sim->owners == 0) aflowi_sim_free(sim);
}

AFLOW_API void aflow_result_destroy(aflow_result *result)
{
    if (result) aflow_sim_destroy(result->sim);
}

AFLOW_API aflow_result *aflow_run(const aflow_scenario *scenario, const aflow_run_desc *desc, aflow_diagnostics *problems)
{
    aflow_sim *sim = aflow_sim_create(scenario, desc, problems);
    aflow_result *result;
    if (!sim) return NULL;
    if (aflow_sim_run_until(sim, aflow_sim_horizon(sim)) != AFLOW_OK) aflowi_report_no_memory(problems, sim, &sim->desc, "during the run");
    result = aflow_sim_finish(sim);
    aflow_sim_destroy(sim);
    return result;
}

/* --- How much memory ------------------------------------------------------------------- */

typedef struct aflowi_counting { aflow_allocator inner; size_t live, most; } aflowi_counting;

static void *aflowi_counting_resize(void *context, void *memory, size_t old_size, size_t new_size)
{
    aflowi_counting *c = (aflowi_counting *)context;
    void *p = aflowi_resize(&c->inner, memory, old_size, new_size);
    if (!p && new_size) return NULL;
    if (memory) c->live -= AFLOWI_ROUND_UP(old_size) + AFLOWI_BLOCK_HEADER;
    if (new_size) c->live += AFLOWI_ROUND_UP(new_size) + AFLOWI_BLOCK_HEADER;
    if (c->live > c->most) c->most = c->live;
    return p;
}

/* What the logs of a sim will grow by. */
static double aflowi_later_bytes(const aflow_sim *sim)
{
    double expected = aflowi_expected_requests(&sim->plan), bytes = 0;
    if (!sim->log.latency.cell && expected > (double)sim->log.capacity) bytes += aflowi_mul(expected - (double)sim->log.capacity, (double)sizeof(aflowi_completion));
    if (sim->desc.record_requests && expected > (double)sim->log.rows_capacity) bytes += aflowi_mul(expected - (double)sim->log.rows_capacity, (double)sizeof(aflowi_row));
    return bytes;
}

AFLOW_API size_t aflow_run_size(const aflow_scenario *scenario, const aflow_run_desc *desc, aflow_diagnostics *problems)
{
    aflowi_counting counting;
    aflow_run_desc own;
    aflow_sim *sim;
    double later;
    memset(&own, 0, sizeof own);
    if (desc) own = *desc;
    counting.inner = aflowi_allocator_or_default(&own.allocator);
    counting.live = counting.most = 0;
    own.buffer = NULL;
    own.allocator.resize = aflowi_counting_resize;
    own.allocator.context = &counting;
    sim = aflow_sim_create(scenario, &own, problems);
    if (!sim) return 0;
    later = aflowi_later_bytes(sim);
    aflow_sim_destroy(sim);
    if (later >= (double)((size_t)-1 / 4)) return (size_t)-1;
    counting.most += (size_t)later;
    /* what the check freed leaves gaps; events of one tick, should there be many, are sorted in memory of their own */
    return counting.most + counting.most / 16 + 2048;
}

/* ==========================================================================
   [22] ANALYZER
   In:    a finished run's logs and gauges     Out: statistics
   Keeps: integers as long as they are exact, then single rounded operations;
          queries change nothing and need no memory
   Uses:  [14] [16] [18] [19] [21]             Public: aflow_result_*
   ========================================================================== */

static double aflowi_seconds(double ticks) { return ticks / (double)AFLOWI_TICKS_PER_S; }

/* How long figures were taken, s. */
static double aflowi_measured_s(const aflow_sim *sim) { return aflowi_seconds((double)(sim->played - sim->since)); }

static double aflowi_mean_of(const aflow_sim *sim, const aflowi_gauge *g) { return aflowi_gauge_mean(g, sim->since, sim->played); }

AFLOW_API aflow_run_info aflow_result_info(const aflow_result *result)
{
    aflow_run_info info;
    memset(&info, 0, sizeof info);
    if (!result) return info;
    info.seed = result->sim->desc.seed;
    info.replication = result->sim->desc.replication;
    info.compat = result->sim->scenario->sim_settings.compat;
    info.latency_store = result->sim->desc.latency_store;
    info.horizon_s = aflow_sim_now(result->sim);
    info.warm_up_s = result->sim->desc.warm_up_s;
    info.sample_period_s = result->sim->scenario->sim_settings.sample_period_s;
    info.scenario_hash = result->sim->scenario_hash;
    info.digest = result->sim->log.digest;
    info.requests = aflow_sim_counters(result->sim);
    return info;
}

/* --- Order statistics ---------------------------------------------------------- */

AFLOWI_INLINE uint64_t aflowi_latency_at(const aflowi_log *log, size_t i) { return log->completions[i].finish - log->completions[i].start; }

#define AFLOWI_SELECT_BITS 8u

/* The latency of a rank (from 0): narrows an interval [low, low + 2^bits) by counting, eight bits a pass. No sorting, no
   memory: a few passes over a log of 10^7 cost less than a tenth of the run that wrote it. */
static uint64_t aflowi_select(const aflowi_log *log, uint64_t rank, uint64_t low, uint64_t high)
{
    uint32_t bits = aflowi_high_bit(high - low), cell;
    while (bits) {
        uint64_t counts[1u << AFLOWI_SELECT_BITS];
        uint32_t shift = bits > AFLOWI_SELECT_BITS ? bits - AFLOWI_SELECT_BITS : 0;
        size_t i;
        memset(counts, 0, sizeof counts);
        for (i = (size_t)log->first; i < log->count; i++) {
            uint64_t x = aflowi_latency_at(log, i) - low;       /* wraps, and falls out, below low */
            if (x >> shift < (1u << AFLOWI_SELECT_BITS)) counts[x >> shift]++;
        }
        for (cell = 0; rank >= counts[cell]; cell++) rank -= counts[cell];
        low += (uint64_t)cell << shift;
        bits = shift;
    }
    return low;
}

/* The latency after x of rank `rank` in order: x again, or the least above it. */
static uint64_t aflowi_successor(const aflowi_log *log, uint64_t x, uint64_t rank)
{
    uint64_t least = UINT64_MAX, not_above = 0;
    size_t i;
    for (i = (size_t)log->first; i < log->count; i++) {
        uint64_t y = aflowi_latency_at(log, i);
        if (y <= x) not_above++;
        else if (y < least) least = y;
    }
    return not_above > rank + 1 ? x : least;
}

/* Linear between order statistics: rank (n - 1) p / 100 (numpy's default; Hyndman and Fan 1996, type 7); here each within its
   cell. */
static double aflowi_histogram_percentile(const aflowi_histogram *h, const aflowi_moments *m, double percent)
{
    double position = aflowi_mul((double)(m->count - 1), percent) / 100, low, high;
    uint64_t rank = (uint64_t)position;
    low = aflowi_histogram_at(h, m, rank);
    if (!(position > (double)rank)) return aflowi_seconds(low);
    high = aflowi_histogram_at(h, m, rank + 1);
    return aflowi_seconds(aflowi_add(low, aflowi_mul(high - low, position - (double)rank)));
}

static double aflowi_percentile(const aflowi_log *log, const aflowi_moments *m, double percent)
{
    double position = aflowi_mul((double)(m->count - 1), percent) / 100, fraction;
    uint64_t rank = (uint64_t)position, x, next;
    if (log->latency.cell) return aflowi_histogram_percentile(&log->latency, m, percent);
    fraction = position - (double)rank;
    x = aflowi_select(log, rank, m->min, m->max);
    if (!(fraction > 0)) return aflowi_seconds((double)x);
    next = aflowi_successor(log, x, rank);
    return aflowi_seconds(aflowi_add((double)x, aflowi_mul((double)(next - x), fraction)));
}

static aflowi_moments aflowi_log_moments(const aflowi_log *log)
{
    aflowi_moments m;
    size_t i;
    if (log->latency.cell) return log->moments;
    memset(&m, 0, sizeof m);
    for (i = (size_t)log->first; i < log->count; i++) aflowi_moments_add(&m, aflowi_latency_at(log, i));
    return m;
}

static aflow_latency_stats aflowi_latency_moments(const aflowi_moments *m)
{
    aflow_latency_stats s;
    s.count = m->count;
    s.mean_s = s.std_dev_s = s.min_s = s.max_s = s.p50_s = s.p90_s = s.p95_s = s.p99_s = s.p999_s = aflowi_nan();
    s.relative_error = 0;
    if (m->count) {
        s.mean_s = aflowi_seconds(aflowi_moments_mean(m));
        s.std_dev_s = aflowi_seconds(aflowi_sqrt(aflowi_moments_variance(m)));
        s.min_s = aflowi_seconds((double)m->min);
        s.max_s = aflowi_seconds((double)m->max);
    }
    return s;
}

/* Works the moments and usual percentiles out when they are first asked for. */
static void aflowi_know_latency(aflow_sim *sim)
{
    const aflowi_log *log = &sim->log;
    aflow_latency_stats *s = &sim->latency;
    if (sim->latency_known) return;
    sim->latency_known = 1;
    sim->latency_moments = aflowi_log_moments(log);
    *s = aflowi_latency_moments(&sim->latency_moments);
    if (!s->count) return;
    if (log->latency.cell) s->relative_error = aflowi_histogram_error(&log->latency);
    s->p50_s = aflowi_percentile(log, &sim->latency_moments, 50);
    s->p90_s = aflowi_percentile(log, &sim->latency_moments, 90);
    s->p95_s = aflowi_percentile(log, &sim->latency_moments, 95);
    s->p99_s = aflowi_percentile(log, &sim->latency_moments, 99);
    s->p999_s = aflowi_percentile(log, &sim->latency_moments, 99.9);
}

AFLOW_API aflow_latency_stats aflow_result_latency(const aflow_result *result)
{
    aflowi_moments none;
    memset(&none, 0, sizeof none);
    if (!result) return aflowi_latency_moments(&none);
    aflowi_know_latency(result->sim);
    return result->sim->latency;
}

AFLOW_API double aflow_result_percentile(const aflow_result *result, double percent)
{
    if (!result || !(percent >= 0 && percent <= 100)) return aflowi_nan();
    aflowi_know_latency(result->sim);
    if (!result->sim->latency_moments.count) return aflowi_nan();
    return aflowi_percentile(&result->sim->log, &result->sim->latency_moments, percent);
}

/* Bins of equal width from low on; `times` latencies of x fall in theirs. Returns how many that were. */
typedef struct aflowi_even_bins { uint64_t low, width, *cells; size_t bins; } aflowi_even_bins;

static uint64_t aflowi_bin_add(const aflowi_even_bins *b, uint64_t x, uint64_t times)
{
    aflowi_wide scaled = { 0, 0 };
    uint64_t rest;
    if (x < b->low || x - b->low >= b->width) return 0;
    aflowi_wide_add_product(&scaled, x - b->low, b->bins);
    b->cells[scaled.hi ? aflowi_wide_divide(scaled, b->width, &rest) : scaled.lo / b->width] += times;
    return times;
}

AFLOW_API uint64_t aflow_result_latency_histogram(const aflow_result *result, double low_s, double high_s, uint64_t *cells, size_t bins)
{
    const aflowi_log *log;
    aflowi_even_bins b;
    uint64_t counted = 0;
    size_t i;
    if (!result || !cells || !bins || !(high_s > low_s)) return 0;
    memset(cells, 0, bins * sizeof *cells);
    log = &result->sim->log;
    b.cells = cells;
    b.bins = bins;
    b.low = aflowi_scale(low_s, AFLOWI_TICKS_PER_S);
    b.width = aflowi_scale(high_s, AFLOWI_TICKS_PER_S) - b.low;
    if (!b.width) return 0;
    if (log->latency.cell) {
        for (i = 0; i < log->latency.cells; i++) {
            if (log->latency.cell[i]) counted += aflowi_bin_add(&b, (uint64_t)aflowi_cell_value(&log->latency, &log->moments, (uint32_t)i), log->latency.cell[i]);
        }
    } else {
        for (i = (size_t)log->first; i < log->count; i++) counted += aflowi_bin_add(&b, aflowi_latency_at(log, i), 1);
    }
    return counted;
}

/* --- Throughput ------------------------------------------------------------------- */

/* Walks over windows (k-1, k] from the end of the warm-up and counts what finished in each; the log is in the order of finishing.
   Where slots are all that is known a window is as many of them as reach over it. */
typedef struct aflowi_rate_cursor {
    const aflow_result *result;
    uint64_t since;             /* tick at which the first begins */
    uint64_t window, windows;   /* the next from 1; how many */
    uint64_t window_ns;
    uint64_t next;              /* first completion, or slot, not counted yet */
} aflowi_rate_cursor;

static aflowi_rate_cursor aflowi_rates(const aflow_result *result, double window_s)
{
    aflowi_rate_cursor c;
    memset(&c, 0, sizeof c);
    c.result = result;
    c.window = 1;
    c.window_ns = aflowi_scale(window_s, AFLOWI_TICKS_PER_S);
    if (result && result->sim->log.slots && c.window_ns % result->sim->log.slot_ns) {
        c.window_ns += result->sim->log.slot_ns - c.window_ns % result->sim->log.slot_ns;
    }
    if (!result || !c.window_ns) return c;
    c.since = result->sim->since;
    c.windows = (result->sim->played - c.since) / c.window_ns;
    if (!result->sim->log.slots) c.next = result->sim->log.first;
    return c;
}

static int aflowi_next_count(aflowi_rate_cursor *c, uint64_t *count)
{
    const aflowi_log *log;
    uint64_t first = c->next;
    if (c->window > c->windows) return 0;
    log = &c->result->sim->log;
    if (log->slots) {
        for (*count = 0; c->next < c->window * (c->window_ns / log->slot_ns); c->next++) *count += log->slots[c->next];
    } else {
        while (c->next < log->count && log->completions[c->next].finish - c->since <= c->window * c->window_ns) c->next++;
        *count = c->next - first;
    }
    c->window++;
    return 1;
}

/* End of the window and its rate; 0 when there is no other. */
static int aflowi_next_rate(aflowi_rate_cursor *c, double *time_s, double *rate)
{
    uint64_t count;
    if (!aflowi_next_count(c, &count)) return 0;
    *time_s = aflowi_seconds((double)(c->since + (c->window - 1) * c->window_ns));
    *rate = (double)count / aflowi_seconds((double)c->window_ns);
    return 1;
}

/* Counts all windows before that of the next completion as empty at once: there may be billions. */
static void aflowi_skip_empty(aflowi_rate_cursor *c, aflowi_moments *m)
{
    const aflowi_log *log = &c->result->sim->log;
    uint64_t next = c->windows + 1;
    if (log->slots) return;
    if (c->next < log->count) {
        uint64_t elapsed = log->completions[c->next].finish - c->since;
        next = elapsed ? (elapsed - 1) / c->window_ns + 1 : 1;
    }
    if (next > c->windows + 1) next = c->windows + 1;
    if (next <= c->window) return;
    m->count += next - c->window;
    m->min = 0;
    c->window = next;
}

AFLOW_API aflow_throughput_stats aflow_result_throughput(const aflow_result *result, double window_s, double *series, size_t capacity)
{
    aflow_throughput_stats s;
    aflowi_rate_cursor cursor;
    aflowi_moments m;
    uint64_t count;
    size_t i = 0;
    memset(&s, 0, sizeof s);
    memset(&m, 0, sizeof m);
    s.window_s = window_s;
    if (!result || !(window_s > 0)) return s;
    cursor = aflowi_rates(result, window_s);
    s.windows = cursor.windows;
    if (result->sim->log.slots) s.window_s = window_s = aflowi_seconds((double)cursor.window_ns);
    while (aflowi_next_count(&cursor, &count)) {
        if (!series && count == 0) aflowi_skip_empty(&cursor, &m);
        aflowi_moments_add(&m, count);
        if (series && i < capacity) series[i++] = (double)count / window_s;
    }
    if (m.count) {
        s.mean_rps = aflowi_moments_mean(&m) / window_s;
        s.std_dev_rps = aflowi_sqrt(aflowi_moments_variance(&m)) / window_s;
        s.max_rps = (double)m.max / window_s;
    }
    return s;
}

/* --- Gauges ------------------------------------------------------------------------- */

/* Column of the samples, or AFLOWI_NO_INDEX. Columns are sorted by metric, then entity. */
static uint32_t aflowi_column(const aflow_sim *sim, aflow_metric metric, aflow_id entity)
{
    uint32_t low = 0, high = sim->samples.columns_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const aflowi_sampled *c = &sim->samples.columns[middle];
        if (c->metric == metric && c->entity == entity) return middle;
        if (c->metric < metric || (c->metric == metric && c->entity < entity)) low = middle + 1;
        else high = middle;
    }
    return AFLOWI_NO_INDEX;
}

static double aflowi_sample_of(const aflow_sim *sim, uint32_t column, size_t row)
{
    uint32_t value = sim->samples.values[row * sim->samples.columns_count + column];
    return (double)value / aflowi_metric_scale(sim->samples.columns[column].metric);
}

/* One sample; 0 where there is none. */
static double aflowi_sample(const aflow_result *result, aflow_metric metric, aflow_id entity, size_t index)
{
    uint32_t column = result ? aflowi_column(result->sim, metric, entity) : AFLOWI_NO_INDEX;
    return column == AFLOWI_NO_INDEX || index >= result->sim->samples.rows ? 0 : aflowi_sample_of(result->sim, column, index);
}

AFLOW_API aflow_metric_stats aflow_result_metric(const aflow_result *result, aflow_metric metric, aflow_id entity)
{
    aflow_metric_stats s;
    const aflowi_gauge *g = result ? aflowi_gauge_of(result->sim, metric, entity) : NULL;
    uint32_t column, most = 0, least = AFLOWI_NO_INDEX;
    uint64_t sum = 0;
    double scale = aflowi_metric_scale(metric);
    size_t i;
    memset(&s, 0, sizeof s);
    s.sampled_mean = s.sampled_max = s.sampled_min = aflowi_nan();
    if (!g) return s;
    s.mean = aflowi_mean_of(result->sim, g) / scale;
    s.max = (double)aflowi_gauge_max(g, result->sim->played) / scale;
    s.last = (double)g->value / scale;
    column = aflowi_column(result->sim, metric, entity);
    if (column == AFLOWI_NO_INDEX || result->sim->samples.rows == result->sim->samples.first) return s;
    s.samples = result->sim->samples.rows - result->sim->samples.first;
    for (i = result->sim->samples.first; i < result->sim->samples.rows; i++) {
        uint32_t v = result->sim->samples.values[i * result->sim->samples.columns_count + column];
        sum += v;
        if (v > most) most = v;
        if (v < least) least = v;
    }
    s.sampled_mean = (double)sum / (double)s.samples / scale;
    s.sampled_max = (double)most / scale;
    s.sampled_min = (double)least / scale;
    return s;
}

AFLOW_API size_t aflow_result_series(const aflow_result *result, aflow_metric metric, aflow_id entity, double *values, size_t capacity)
{
    uint32_t column = result ? aflowi_column(result->sim, metric, entity) : AFLOWI_NO_INDEX;
    size_t i;
    if (column == AFLOWI_NO_INDEX) return 0;
    for (i = 0; values && i < capacity && i < result->sim->samples.rows; i++) values[i] = aflowi_sample_of(result->sim, column, i);
    return result->sim->samples.rows;
}

/* --- Entities ------------------------------------------------------------------------ */

static size_t aflowi_list_ids(uint32_t kind, size_t count, aflow_id *ids, size_t capacity)
{
    size_t i;
    for (i = 0; ids && i < count && i < capacity; i++) ids[i] = aflowi_id_of(kind, (uint32_t)i);
    return count;
}

AFLOW_API size_t aflow_result_servers(const aflow_result *result, aflow_id *servers, size_t capacity)
{
    return result ? aflowi_list_ids(AFLOWI_ID_SERVER, result->sim->plan.servers_count, servers, capacity) : 0;
}

AFLOW_API size_t aflow_result_edges(const aflow_result *result, aflow_id *edges, size_t capacity)
{
    return result ? aflowi_list_ids(AFLOWI_ID_EDGE, result->sim->plan.edges_count, edges, capacity) : 0;
}

AFLOW_API size_t aflow_result_resources(const aflow_result *result, aflow_id *resources, size_t capacity)
{
    return result ? aflowi_list_ids(AFLOWI_ID_RESOURCE, result->sim->plan.resources_count, resources, capacity) : 0;
}

AFLOW_API size_t aflow_result_entities(const aflow_result *result, aflow_metric metric, aflow_id *entities, size_t capacity)
{
    uint32_t kind = metric == AFLOW_EDGE_CONCURRENT_CONNECTION ? AFLOWI_ID_EDGE : metric >= AFLOW_RESOURCE_IN_USE ? AFLOWI_ID_RESOURCE : AFLOWI_ID_SERVER, i, count;
    size_t found = 0;
    if (!result) return 0;
    count = kind == AFLOWI_ID_EDGE ? result->sim->plan.edges_count : kind == AFLOWI_ID_RESOURCE ? result->sim->plan.resources_count : result->sim->plan.servers_count;
    for (i = 0; i < count; i++) {
        aflow_id id = aflowi_id_of(kind, i);
        if (!aflowi_gauge_of(result->sim, metric, id)) continue;
        if (entities && found < capacity) entities[found] = id;
        found++;
    }
    return found;
}

AFLOW_API const char *aflow_metric_name(aflow_metric metric) { return aflowi_enum_name(aflowi_metric_names, (uint32_t)metric); }

AFLOW_API const char *aflow_metric_unit(aflow_metric metric)
{
    switch (metric) {
    case AFLOW_READY_QUEUE_LEN: case AFLOW_EVENT_LOOP_IO_SLEEP: case AFLOW_RAM_QUEUE_LEN: case AFLOW_DB_QUEUE_LEN: return "requests";
    case AFLOW_RAM_IN_USE: return "MB";
    case AFLOW_EDGE_CONCURRENT_CONNECTION: return "messages";
    case AFLOW_CORE_BUSY: return "cores";
    case AFLOW_DB_CONNECTIONS_IN_USE: return "connections";
    case AFLOW_CONCURRENT_REQUESTS: case AFLOW_BACKLOG_LEN: case AFLOW_THREAD_QUEUE_LEN: case AFLOW_RESOURCE_QUEUE_LEN: return "requests";
    case AFLOW_LOOPS_BLOCKED: return "event loops";
    case AFLOW_THREADS_IN_USE: return "threads";
    case AFLOW_RESOURCE_IN_USE: return "in use";
    }
    return NULL;
}

AFLOW_API int aflow_metric_is_sampled(const aflow_result *result, aflow_metric metric)
{
    uint32_t i;
    for (i = 0; result && i < result->sim->samples.columns_count; i++) {
        if (result->sim->samples.columns[i].metric == metric) return 1;
    }
    return 0;
}

AFLOW_API const char *aflow_result_name(const aflow_result *result, aflow_id entity)
{
    const aflow_scenario *s = result ? result->sim->scenario : NULL;
    uint32_t i = aflowi_id_index(entity);
    if (!s) return "";
    switch (aflowi_id_kind(entity)) {
    case AFLOWI_ID_GENERATOR: return s->rqs_input.id;
    case AFLOWI_ID_CLIENT: return s->topology_graph.nodes.client.id;
    case AFLOWI_ID_BALANCER: return s->topology_graph.nodes.load_balancer.id ? s->topology_graph.nodes.load_balancer.id : "";
    case AFLOWI_ID_SERVER: return i < s->topology_graph.nodes.servers_count ? s->topology_graph.nodes.servers[i].id : "";
    case AFLOWI_ID_EDGE: return i < s->topology_graph.edges_count ? s->topology_graph.edges[i].id : "";
    case AFLOWI_ID_RESOURCE: return i < result->sim->plan.resources_count ? result->sim->plan.resources[i].name : "";
    default: return "";
    }
}

AFLOW_API aflow_id aflow_result_find(const aflow_result *result, const char *name) { return result && name ? aflowi_find(result->sim, name) : 0; }

/* Moments, and percentiles where there is a histogram. */
static aflow_latency_stats aflowi_duration_stats(const aflowi_moments *m, const aflowi_histogram *h)
{
    aflow_latency_stats s = aflowi_latency_moments(m);
    if (!h->cell || !m->count) return s;
    s.p50_s = aflowi_histogram_percentile(h, m, 50);
    s.p90_s = aflowi_histogram_percentile(h, m, 90);
    s.p95_s = aflowi_histogram_percentile(h, m, 95);
    s.p99_s = aflowi_histogram_percentile(h, m, 99);
    s.p999_s = aflowi_histogram_percentile(h, m, 99.9);
    s.relative_error = aflowi_histogram_error(h);
    return s;
}

static double aflowi_money(aflowi_wide cost) { return aflowi_wide_double(cost) / (double)AFLOWI_MONEY; }

/* What servers have beyond AsyncFlow's. */
static void aflowi_server_more(const aflow_sim *sim, uint32_t server, aflow_server_stats *s)
{
    const aflowi_server_plan *plan = &sim->plan.servers[server];
    const aflow_server_resources *r = &sim->scenario->topology_graph.nodes.servers[server].server_resources;
    const aflowi_processes *p = sim->processes ? &sim->processes[server] : NULL;
    aflowi_histogram none;
    aflowi_moments nothing;
    aflowi_wide cost = { 0, 0 };
    uint32_t i;
    memset(&none, 0, sizeof none);
    memset(&nothing, 0, sizeof nothing);
    s->workers = r->workers;
    s->max_concurrency = r->max_concurrency;
    s->loop_lag = aflowi_duration_stats(p ? &p->lag : &nothing, p ? &p->lags : &none);
    if (plan->threads != AFLOWI_NO_INDEX) {
        s->threads = r->threads;
        s->thread_offered = aflowi_account_offered(&sim->plan, sim->plan.stations[plan->threads].account);
    }
    if (!p) return;
    s->rejected = p->rejected;
    s->timed_out = p->timed_out;
    for (i = 0; i < plan->endpoints_count; i++) aflowi_wide_add(&cost, sim->endpoints_more[plan->endpoints + i].cost.hi, sim->endpoints_more[plan->endpoints + i].cost.lo);
    s->cost = aflowi_money(cost);
}

AFLOW_API aflow_server_stats aflow_result_server(const aflow_result *result, aflow_id server)
{
    aflow_server_stats s;
    const aflow_server *desc;
    const aflowi_server_plan *plan;
    uint32_t i = aflowi_id_index(server), k;
    memset(&s, 0, sizeof s);
    s.id = "";
    if (!result || aflowi_id_kind(server) != AFLOWI_ID_SERVER || i >= result->sim->plan.servers_count) return s;
    plan = &result->sim->plan.servers[i];
    desc = &result->sim->scenario->topology_graph.nodes.servers[i];
    s.id = desc->id;
    for (k = 0; k < plan->endpoints_count; k++) {
        s.arrived += result->sim->endpoints[plan->endpoints + k].arrived;
        s.completed += aflowi_left(&result->sim->endpoints[plan->endpoints + k]);
    }
    s.refused = result->sim->servers[i].refused;
    s.cpu_cores = desc->server_resources.cpu_cores;
    s.ram_mb = desc->server_resources.ram_mb;
    s.db_connection_pool = desc->server_resources.db_connection_pool;
    s.endpoints = desc->endpoints_count;
    s.cpu_utilization = aflow_result_metric(result, AFLOW_CORE_BUSY, server).mean / s.cpu_cores;
    s.cpu_offered = aflowi_offered_to_run(&result->sim->plan, i);
    s.ram_offered = aflowi_offered(&result->sim->plan, i, AFLOWI_RAM);
    s.db_offered = aflowi_offered(&result->sim->plan, i, AFLOWI_DB);
    aflowi_server_more(result->sim, i, &s);
    return s;
}

AFLOW_API aflow_endpoint_stats aflow_result_endpoint(const aflow_result *result, aflow_id server, size_t endpoint)
{
    aflow_endpoint_stats s;
    const aflowi_endpoint_state *e;
    uint32_t i = aflowi_id_index(server);
    memset(&s, 0, sizeof s);
    s.endpoint_name = "";
    if (!result || aflowi_id_kind(server) != AFLOWI_ID_SERVER || i >= result->sim->plan.servers_count) return s;
    if (endpoint >= result->sim->plan.servers[i].endpoints_count) return s;
    e = &result->sim->endpoints[result->sim->plan.servers[i].endpoints + endpoint];
    s.endpoint_name = result->sim->scenario->topology_graph.nodes.servers[i].endpoints[endpoint].endpoint_name;
    s.arrived = e->arrived;
    s.completed = aflowi_left(e);
    s.latency = aflowi_duration_stats(&e->latency, &e->histogram);
    if (result->sim->endpoints_more) {
        const aflowi_endpoint_more *more = &result->sim->endpoints_more[result->sim->plan.servers[i].endpoints + endpoint];
        s.rejected = more->rejected;
        s.timed_out = more->timed_out;
        s.cost = aflowi_money(more->cost);
    }
    return s;
}

/* --- Resources ------------------------------------------------------------------------- */

AFLOW_API const char *aflow_resource_kind_name(aflow_resource_kind kind) { return aflowi_enum_name(aflowi_resource_names, (uint32_t)kind); }

static void aflowi_cache_stats(const aflow_sim *sim, uint32_t cache, aflow_resource_stats *s)
{
    const aflowi_cache *c = &sim->caches[cache];
    s->capacity = sim->plan.caches[cache].capacity;
    s->hits = c->hits;
    s->misses = c->misses;
    s->coalesced = c->coalesced;
    s->evicted = c->evicted;
    s->expired = c->expired;
    if (c->hits + c->misses) s->hit_ratio = (double)c->hits / (double)(c->hits + c->misses);
}

static void aflowi_gpu_stats(const aflow_sim *sim, uint32_t gpu, aflow_resource_stats *s)
{
    const aflowi_gpu *g = &sim->gpus[gpu];
    double taken = aflowi_wide_double(g->taken);
    s->batches = g->batches;
    s->items = g->items;
    s->batch_size_max = g->largest;
    if (g->batches) s->batch_size_mean = (double)g->items / (double)g->batches;
    if (taken > 0) s->batching_gain = aflowi_wide_double(g->one_by_one) / taken;
}

static void aflowi_limiter_stats(const aflow_sim *sim, const aflow_resource *desc, const aflowi_account *a, aflow_resource_stats *s)
{
    double seconds = aflowi_measured_s(sim);
    if (seconds > 0) s->utilization = (double)(a->acquired - a->acquired_before) / aflowi_mul(desc->rate, seconds);
}

/* A model is used as far as the most used of its limits is. */
static void aflowi_model_stats(const aflow_sim *sim, uint32_t resource, aflow_resource_stats *s)
{
    const aflow_resource *desc = sim->plan.resources[resource].desc;
    const aflowi_model *m = &sim->models[resource];
    double minutes = aflowi_measured_s(sim) / 60, calls, tokens;
    s->calls = m->calls;
    s->input_tokens = m->tokens[0];
    s->output_tokens = m->tokens[1];
    s->cost = aflowi_money(m->cost);
    if (!(minutes > 0)) return;
    calls = desc->requests_per_minute > 0 ? (double)(m->calls - m->calls_before) / aflowi_mul(desc->requests_per_minute, minutes) : 0;
    tokens = desc->tokens_per_minute > 0 ? (double)(m->tokens[0] + m->tokens[1] - m->tokens_before) / aflowi_mul(desc->tokens_per_minute, minutes) : 0;
    if (calls > s->utilization) s->utilization = calls;
    if (tokens > s->utilization) s->utilization = tokens;
}

AFLOW_API aflow_resource_stats aflow_result_resource(const aflow_result *result, aflow_id resource)
{
    aflow_resource_stats s;
    const aflow_sim *sim = result ? result->sim : NULL;
    const aflowi_resource_plan *p;
    const aflowi_account *a;
    uint32_t i = aflowi_id_index(resource);
    memset(&s, 0, sizeof s);
    s.id = "";
    if (!sim || aflowi_id_kind(resource) != AFLOWI_ID_RESOURCE || i >= sim->plan.resources_count) return s;
    p = &sim->plan.resources[i];
    a = &sim->accounts[i];
    s.id = p->name;
    s.kind = p->desc->kind;
    s.capacity = s.kind == AFLOW_RESOURCE_GPU ? p->desc->slots : p->desc->capacity;
    s.acquired = a->acquired;
    s.released = a->released;
    s.rejected = a->rejected;
    s.timed_out = a->timed_out;
    s.wait = aflowi_duration_stats(&a->wait, &a->waits);
    s.offered = aflowi_account_offered(&sim->plan, i);
    if (p->cache != AFLOWI_NO_INDEX) aflowi_cache_stats(sim, p->cache, &s);
    if (s.kind == AFLOW_RESOURCE_RATE_LIMITER) aflowi_limiter_stats(sim, p->desc, a, &s);
    else if (s.capacity) s.utilization = aflowi_mean_of(sim, &a->in_use) / (double)s.capacity;
    if (p->gpu != AFLOWI_NO_INDEX) aflowi_gpu_stats(sim, p->gpu, &s);
    aflowi_model_stats(sim, i, &s);
    return s;
}

AFLOW_API size_t aflow_result_batch_sizes(const aflow_result *result, aflow_id resource, uint64_t *counts, size_t capacity)
{
    const aflow_sim *sim = result ? result->sim : NULL;
    uint32_t i = aflowi_id_index(resource), gpu, k;
    if (!sim || aflowi_id_kind(resource) != AFLOWI_ID_RESOURCE || i >= sim->plan.resources_count) return 0;
    gpu = sim->plan.resources[i].gpu;
    if (gpu == AFLOWI_NO_INDEX) return 0;
    for (k = 0; counts && k < capacity && k < sim->plan.gpus[gpu].most; k++) counts[k] = sim->gpus[gpu].sizes[k];
    return sim->plan.gpus[gpu].most;
}

#define AFLOWI_MONTH_S 2592000.0      /* 30 days */

AFLOW_API aflow_llm_stats aflow_result_llm(const aflow_result *result)
{
    aflow_llm_stats s;
    aflowi_wide models = { 0, 0 };
    uint32_t i;
    memset(&s, 0, sizeof s);
    if (!result) return s;
    for (i = 0; i < result->sim->plan.resources_count; i++) {
        s.calls += result->sim->models[i].calls;
        s.input_tokens += result->sim->models[i].tokens[0];
        s.output_tokens += result->sim->models[i].tokens[1];
        aflowi_wide_add(&models, result->sim->models[i].cost.hi, result->sim->models[i].cost.lo);
    }
    s.cost = aflowi_money(result->sim->cost);
    if (s.calls) s.cost_per_call = aflowi_money(models) / (double)s.calls;
    if (result->sim->costs.count) {
        s.cost_per_request = aflowi_moments_mean(&result->sim->costs) / (double)AFLOWI_MONEY;
        s.cost_per_request_max = (double)result->sim->costs.max / (double)AFLOWI_MONEY;
    }
    if (result->sim->played) s.cost_per_month = aflowi_mul(s.cost, AFLOWI_MONTH_S) / aflow_sim_now(result->sim);
    return s;
}

AFLOW_API aflow_edge_stats aflow_result_edge(const aflow_result *result, aflow_id edge)
{
    aflow_edge_stats s;
    uint32_t i = aflowi_id_index(edge);
    memset(&s, 0, sizeof s);
    s.id = s.source = s.target = "";
    if (!result || aflowi_id_kind(edge) != AFLOWI_ID_EDGE || i >= result->sim->plan.edges_count) return s;
    s.id = result->sim->scenario->topology_graph.edges[i].id;
    s.source = result->sim->scenario->topology_graph.edges[i].source;
    s.target = result->sim->scenario->topology_graph.edges[i].target;
    s.sent = result->sim->edges[i].sent;
    s.dropped = result->sim->edges[i].dropped;
    s.delivered = s.sent - s.dropped - result->sim->edges[i].transit.value;
    return s;
}

AFLOW_API size_t aflow_result_events(const aflow_result *result) { return result ? result->sim->scenario->events_count : 0; }

AFLOW_API aflow_event_info aflow_result_event(const aflow_result *result, size_t index)
{
    aflow_event_info info;
    const aflow_event *e;
    memset(&info, 0, sizeof info);
    info.event_id = info.target_id = "";
    if (!result || index >= result->sim->scenario->events_count) return info;
    e = &result->sim->scenario->events[index];
    info.event_id = e->event_id;
    info.target_id = e->target_id;
    info.is_outage = e->start.kind == AFLOW_EVENT_SERVER_DOWN;
    info.is_cache_loss = e->start.kind == AFLOW_EVENT_CACHE_DOWN;
    info.t_start = e->start.t_start;
    info.t_end = e->end.t_end;
    info.spike_s = e->start.spike_s;
    return info;
}

AFLOW_API uint64_t aflow_result_requests(const aflow_result *result) { return result ? result->sim->log.rows_count : 0; }

AFLOW_API aflow_request_info aflow_result_request(const aflow_result *result, uint64_t index)
{
    aflow_request_info info;
    const aflowi_row *row;
    memset(&info, 0, sizeof info);
    info.server = info.endpoint = "";
    if (!result || index >= result->sim->log.rows_count) return info;
    row = &result->sim->log.rows[index];
    info.id = row->id;
    info.start_ns = row->start;
    info.finish_ns = row->finish;
    info.outcome = (aflow_outcome)row->outcome;
    info.cost = (double)row->cost / (double)AFLOWI_MONEY;
    if (row->endpoint != AFLOWI_NO_INDEX) {
        uint32_t server = result->sim->plan.endpoints[row->endpoint].server;
        const aflow_server *s = &result->sim->scenario->topology_graph.nodes.servers[server];
        info.server = s->id;
        if (info.outcome != AFLOW_OUTCOME_REFUSED) info.endpoint = s->endpoints[row->endpoint - result->sim->plan.servers[server].endpoints].endpoint_name;
    }
    return info;
}

/* --- Verdict -------------------------------------------------------------------------- */

/* Something that can be too small, and how it stands. */
typedef struct aflowi_standing {
    double used, offered;
    double turned_away;         /* share of those who asked */
    const aflowi_gauge *waiting;
    aflow_id entity;
    aflow_metric resource, queue;
} aflowi_standing;

/* Overloaded: some resource is offered its capacity or more. Backlogged: the requests that still wait for one at the end are
   ten or more, a hundredth of all that completed, and more than waited on average; a queue that empties now and then leaves a
   vanishing part of a long run's work. */
static aflow_verdict aflowi_judge(const aflow_sim *sim, const aflowi_standing *s)
{
    double left = (double)s->waiting->value;
    if (s->offered >= 1) return AFLOW_VERDICT_OVERLOADED;
    if (left >= 10 && left * 100 >= (double)sim->log.count && left > aflowi_mean_of(sim, s->waiting)) return AFLOW_VERDICT_BACKLOGGED;
    return s->turned_away >= 0.01 ? AFLOW_VERDICT_LIMITED : AFLOW_VERDICT_STABLE;
}

/* How bad a verdict is; the enumerators are in the order of their age. */
static int aflowi_severity(aflow_verdict verdict)
{
    return verdict == AFLOW_VERDICT_OVERLOADED ? 3 : verdict == AFLOW_VERDICT_BACKLOGGED ? 2 : verdict == AFLOW_VERDICT_LIMITED ? 1 : 0;
}

static double aflowi_turned_away_share(const aflowi_account *a)
{
    uint64_t away = a->rejected + a->timed_out;
    return away ? (double)away / (double)(away + a->acquired) : 0;
}

/* The worst verdict decides; within it the greatest offered load, queue left over, or utilization. */
static void aflowi_weigh(const aflow_sim *sim, aflow_verdict_info *v, double *worst, const aflowi_standing *s)
{
    aflow_verdict verdict = aflowi_judge(sim, s);
    double badness = verdict == AFLOW_VERDICT_OVERLOADED ? s->offered : verdict == AFLOW_VERDICT_BACKLOGGED ? (double)s->waiting->value
                     : verdict == AFLOW_VERDICT_LIMITED ? s->turned_away : s->used;
    int worse = aflowi_severity(verdict) - aflowi_severity(v->verdict);
    if (worse < 0 || (worse == 0 && badness <= *worst)) return;
    *worst = badness;
    v->verdict = verdict;
    v->bottleneck = s->entity;
    v->resource = s->resource;
    v->queue = s->queue;
    v->utilization = s->used;
    v->offered = s->offered;
}

/* Event loops of a server: one of each worker, or where nothing locks as many as cores; 0: not modelled. */
static uint64_t aflowi_loops_of(const aflow_sim *sim, uint32_t server) { return (uint64_t)sim->plan.servers[server].workers * sim->plan.servers[server].loop_slots; }

/* Cores, RAM, connections; with event loops, what holds them up counts as use of the cores that they have. */
static aflowi_standing aflowi_standing_of(const aflow_sim *sim, uint32_t server, uint32_t which)
{
    static const aflow_metric metrics[AFLOWI_RESOURCES] = { AFLOW_CORE_BUSY, AFLOW_RAM_IN_USE, AFLOW_DB_CONNECTIONS_IN_USE };
    static const aflow_metric queues[AFLOWI_RESOURCES] = { AFLOW_READY_QUEUE_LEN, AFLOW_RAM_QUEUE_LEN, AFLOW_DB_QUEUE_LEN };
    const aflowi_resource *r = &sim->resources[server * AFLOWI_RESOURCES + which];
    double loops = (double)aflowi_loops_of(sim, server), busy = aflowi_mean_of(sim, &r->in_use);
    aflowi_standing s;
    s.entity = aflowi_server_id(server);
    s.resource = metrics[which];
    s.queue = queues[which];
    s.waiting = &r->waiting;
    s.turned_away = 0;
    s.used = r->capacity ? busy / (double)r->capacity : 0;
    s.offered = which == AFLOWI_CORES ? aflowi_offered_to_run(&sim->plan, server) : aflowi_offered(&sim->plan, server, (int)which);
    if (which == AFLOWI_CORES && loops > 0) {
        double blocked = aflowi_mean_of(sim, &sim->processes[server].blocked), held = aflowi_add(busy, blocked) / loops;
        if (held > s.used && blocked > busy) s.resource = AFLOW_LOOPS_BLOCKED;
        if (held > s.used) s.used = held > 1 ? 1 : held;
    }
    return s;
}

/* A station that is the server's: admission, threads. */
static void aflowi_weigh_station(const aflow_sim *sim, aflow_verdict_info *v, double *worst, uint32_t server, uint32_t station, aflow_metric resource, aflow_metric queue)
{
    const aflowi_account *a;
    aflowi_standing s;
    double units;
    if (station == AFLOWI_NO_INDEX) return;
    a = &sim->accounts[sim->plan.stations[station].account];
    units = (double)sim->plan.stations[station].capacity * (resource == AFLOW_THREADS_IN_USE ? sim->plan.servers[server].workers : 1);
    s.entity = aflowi_server_id(server);
    s.resource = resource;
    s.queue = queue;
    s.waiting = &a->waiting;
    s.used = aflowi_mean_of(sim, &a->in_use) / units;
    s.turned_away = aflowi_turned_away_share(a);
    s.offered = aflowi_account_offered(&sim->plan, sim->plan.stations[station].account);
    aflowi_weigh(sim, v, worst, &s);
}

static void aflowi_weigh_resource(const aflow_result *result, aflow_verdict_info *v, double *worst, uint32_t resource)
{
    aflow_id id = aflowi_id_of(AFLOWI_ID_RESOURCE, resource);
    aflow_resource_stats stats = aflow_result_resource(result, id);
    uint32_t gpu = result->sim->plan.resources[resource].gpu;
    aflowi_standing s;
    if (stats.kind == AFLOW_RESOURCE_CACHE || result->sim->played == result->sim->since) return;
    s.entity = id;
    s.resource = AFLOW_RESOURCE_IN_USE;
    s.queue = AFLOW_RESOURCE_QUEUE_LEN;
    s.waiting = &result->sim->accounts[resource].waiting;
    s.used = stats.utilization;
    if (gpu != AFLOWI_NO_INDEX) {
        uint64_t items = stats.items - result->sim->gpus[gpu].items_before;
        s.used = aflowi_mul((double)items, result->sim->plan.gpus[gpu].best_s) / aflowi_mul(stats.capacity, aflowi_measured_s(result->sim));
    }
    s.turned_away = aflowi_turned_away_share(&result->sim->accounts[resource]);
    s.offered = stats.offered;
    aflowi_weigh(result->sim, v, worst, &s);
}

/* Who asked for what a verdict names, and what became of them; NULL: nobody is turned away there. */
static const aflowi_account *aflowi_account_named(const aflow_result *result, const aflow_verdict_info *v)
{
    const aflow_sim *sim = result->sim;
    uint32_t i = aflowi_id_index(v->bottleneck), station = AFLOWI_NO_INDEX;
    if (v->resource == AFLOW_RESOURCE_IN_USE) return &sim->accounts[i];
    if (v->resource == AFLOW_CONCURRENT_REQUESTS) station = sim->plan.servers[i].admission;
    if (v->resource == AFLOW_THREADS_IN_USE) station = sim->plan.servers[i].threads;
    return station == AFLOWI_NO_INDEX ? NULL : &sim->accounts[sim->plan.stations[station].account];
}

AFLOW_API aflow_verdict_info aflow_result_verdict(const aflow_result *result)
{
    aflow_verdict_info v;
    double worst = 0;
    uint32_t i, k;
    memset(&v, 0, sizeof v);
    v.verdict = AFLOW_VERDICT_EMPTY;
    if (!result) return v;
    v.verdict = AFLOW_VERDICT_STABLE;
    for (i = 0; i < result->sim->plan.servers_count; i++) {
        const aflowi_server_plan *p = &result->sim->plan.servers[i];
        for (k = 0; k < AFLOWI_RESOURCES; k++) {
            aflowi_standing s = aflowi_standing_of(result->sim, i, k);
            aflowi_weigh(result->sim, &v, &worst, &s);
        }
        aflowi_weigh_station(result->sim, &v, &worst, i, p->admission, AFLOW_CONCURRENT_REQUESTS, AFLOW_BACKLOG_LEN);
        aflowi_weigh_station(result->sim, &v, &worst, i, p->threads, AFLOW_THREADS_IN_USE, AFLOW_THREAD_QUEUE_LEN);
    }
    for (i = 0; i < result->sim->plan.resources_count; i++) aflowi_weigh_resource(result, &v, &worst, i);
    if (v.verdict == AFLOW_VERDICT_STABLE && result->sim->log.count == 0) v.verdict = AFLOW_VERDICT_EMPTY;
    return v;
}

AFLOW_API aflow_referee_info aflow_result_referee(const aflow_result *result)
{
    aflow_referee_info info;
    info.checks = result ? result->sim->referee.checks : 0;
    info.failed = result ? result->sim->referee.failed : 0;
    info.first = result ? result->sim->referee.first : "";
    return info;
}

AFLOW_API size_t aflow_result_warnings(const aflow_result *result) { return result ? result->sim->warnings_count : 0; }

AFLOW_API const char *aflow_result_warning(const aflow_result *result, size_t index)
{
    return result && index < result->sim->warnings_count ? result->sim->warnings[index] : "";
}

/* ==========================================================================
   [22b] SELF-TEST
   In:    nothing                      Out: NULL, or in words what is wrong
   Keeps: inputs come through volatile objects, so that no compiler works the
          answers out by itself; what differs from the known answers is said
          even where no cause was found
   Uses:  [12] [13] [21] [22]          Public: aflow_selftest
   ========================================================================== */

/* The answers, hashed. They are the definition of the results: a change is a change of bits for every user.
   `UPDATE=1 build/tests/unit/selftest` writes those of this file anew. */
#define AFLOWI_ANSWER_GENERATOR 0x81616f4478e7687c
#define AFLOWI_ANSWER_SAMPLERS 0x72f0ac900e945282
#define AFLOWI_ANSWER_NUMBERS 0xf59b60cf867d2fea
#define AFLOWI_ANSWER_RUN 0x204fc2e119e86f2f
#define AFLOWI_ANSWER_FIGURES 0x0268dd575aa1a1e7

static double aflowi_opaque(double value)
{
    volatile double v = value;
    return v;
}

static uint64_t aflowi_opaque_u64(uint64_t value)
{
    volatile uint64_t v = value;
    return v;
}

static uint64_t aflowi_fold(uint64_t hash, uint64_t value) { return aflowi_mix(hash ^ value) + 0x9e3779b97f4a7c15; }

static uint64_t aflowi_fold_double(uint64_t hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return aflowi_fold(hash, bits);
}

static uint64_t aflowi_fold_text(uint64_t hash, const char *text, size_t size)
{
    size_t i;
    for (i = 0; i < size; i++) hash = aflowi_fold(hash, (unsigned char)text[i]);
    return hash;
}

/* ---- Arithmetic: what a compiler's flags, or another part of the program at run time, may have changed ---- */

/* a sign, an exponent and a mantissa where 64-bit integers have theirs */
static int aflowi_is_binary64(void)
{
    double value = aflowi_opaque(-0.1);
    uint64_t bits = 0;
    if (DBL_MANT_DIG != 53 || sizeof value != sizeof bits) return 0;
    memcpy(&bits, &value, sizeof bits);
    return bits == 0xbfb999999999999a;
}

/* 2^-60 beside 1 is lost, from either side */
static int aflowi_rounds_to_nearest(void)
{
    const double little = 1.0 / 1152921504606846976.0;
    return aflowi_add(1, little) == 1 && aflowi_add(1, -little) == 1;
}

/* 1 + 2^-53 + 2^-78 is above the middle of two doubles; a register of 64 bits first makes it the middle, which goes down */
static int aflowi_rounds_once(void)
{
    const double above = 1.0 / 9007199254740992.0 * (1 + 1.0 / 33554432.0);
    return aflowi_add(1, above) > 1;
}

/* (1 + 2^-30)^2 loses its last term, 2^-60, unless the product goes into the sum unrounded */
static int aflowi_fuses(void)
{
    const double a = 1 + 1.0 / 1073741824.0, square = 1 + 1.0 / 536870912.0;
    return aflowi_add(aflowi_mul(a, a), -square) != 0;
}

/* 1 + 2^53 - 2^53 is 0 from left to right; a division by a constant is not a product with its reciprocal */
static int aflowi_reorders(void)
{
    double one = aflowi_opaque(1), large = aflowi_opaque(9007199254740992.0), ns = aflowi_opaque(3);
    return one + large - large != 0 || ns / 1e9 != aflowi_div(ns, 1e9);
}

static int aflowi_forgets_nan(void)
{
    double value = aflowi_opaque(aflowi_nan());
    return value == value;
}

/* as a result and as an operand */
static int aflowi_flushes(void)
{
    uint64_t bits = aflowi_opaque_u64(1);
    double smallest;
    memcpy(&smallest, &bits, sizeof smallest);
    return !(aflowi_mul(DBL_MIN, 0.5) > 0) || !(aflowi_opaque(smallest) > 0);
}

static const char *aflowi_selftest_arithmetic(void)
{
    if (!aflowi_is_binary64()) return "double is not the 64-bit format of IEEE 754 in the byte order of integers: this machine is not supported";
    if (!aflowi_rounds_to_nearest()) return "arithmetic does not round to nearest: set the rounding mode back with fesetround(FE_TONEAREST)";
    if (!aflowi_rounds_once()) return "arithmetic has excess precision and rounds twice: on 32-bit x86 compile with -msse2 -mfpmath=sse";
    if (aflowi_fuses()) return "a product goes into a sum unrounded: compile with -ffp-contract=off";
    if (aflowi_reorders()) return "arithmetic is reordered: compile without -ffast-math, -funsafe-math-optimizations, -fassociative-math and -freciprocal-math";
    if (aflowi_forgets_nan()) return "tests for NaN are left out: compile without -ffast-math and -ffinite-math-only";
    return NULL;
}

/* ---- Generator and samplers ---- */

static uint64_t aflowi_answer_generator(void)
{
    aflowi_rng rng;
    uint64_t hash = 0, hi, lo;
    int i;
    rng.s0 = aflowi_opaque_u64(1);
    rng.s1 = 2;
    for (i = 0; i < 64; i++) hash = aflowi_fold(hash, aflowi_rng_next(&rng));
    rng = aflowi_rng_stream(aflowi_opaque_u64(42), 7, aflowi_hash_text("self-test"), 3);
    hash = aflowi_fold(aflowi_fold(hash, rng.s0), rng.s1);
    hi = aflowi_mul_hi(rng.s0, rng.s1, &lo);
    return aflowi_fold(aflowi_fold(hash, hi), lo);
}

/* words as the published reference code gives them; the hash above is made with aflowi_mix, which could itself be wrong */
static int aflowi_generator_is_right(void)
{
    aflowi_rng rng;
    rng.s0 = aflowi_opaque_u64(1);
    rng.s1 = 2;
    return aflowi_rng_next(&rng) == 0x60001 && aflowi_rng_next(&rng) == 0x260c000660007 && aflowi_rng_next(&rng) == 0x180acc04718606d3 &&
           aflowi_answer_generator() == AFLOWI_ANSWER_GENERATOR;
}

static uint64_t aflowi_fold_draws(uint64_t hash, aflowi_sampler sampler, uint32_t purpose)
{
    aflowi_rng rng = aflowi_rng_stream(aflowi_opaque_u64(1), 0, 0, purpose);
    int i;
    for (i = 0; i < 64; i++) hash = aflowi_fold(hash, aflowi_draw(&sampler, &rng));
    return hash;
}

static uint64_t aflowi_fold_words(uint64_t hash, const uint64_t *words, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) hash = aflowi_fold(hash, words[i]);
    return hash;
}

/* The laws that keep numbers of their own, in a little arena here, and what their parameters are solved with. */
static uint64_t aflowi_answer_laws(void)
{
    static const double values[] = { 0.001, 0.004, 0.1 }, weights[] = { 5, 3, 1 };
    const uint64_t ns = AFLOWI_TICKS_PER_S;
    uint64_t room[256], hash = 0;
    double mean = aflowi_opaque(0.01), mu, sigma;
    aflow_allocator inside = aflow_buffer_allocator(room, sizeof room);
    aflowi_arena arena;
    aflowi_arena_init(&arena, &inside, 1024);
    hash = aflowi_fold_draws(hash, aflowi_sampler_gamma(mean, aflowi_mul(mean, 30), ns, &arena), 7);
    hash = aflowi_fold_draws(hash, aflowi_sampler_gamma(mean, aflowi_mul(mean, 400), ns, &arena), 8);
    hash = aflowi_fold_draws(hash, aflowi_sampler_weibull_of(mean, aflowi_mul(mean, 150), ns), 9);
    hash = aflowi_fold_draws(hash, aflowi_sampler_pareto_of(10, aflowi_mul(mean, 150), 8, ns, &arena), 10);
    hash = aflowi_fold_draws(hash, aflowi_sampler_hyperexponential(mean, 5, ns, &arena), 11);
    hash = aflowi_fold_draws(hash, aflowi_sampler_discrete(values, weights, 3, ns, &arena), 12);
    hash = aflowi_fold(hash, (uint64_t)arena.failed);
    aflowi_arena_free(&arena);
    hash = aflowi_fold_words(hash, aflowi_log2_table, AFLOWI_COUNT(aflowi_log2_table));
    hash = aflowi_fold_double(aflowi_fold_double(hash, aflowi_weibull_spread(mean)), aflowi_weibull_spread(aflowi_mul(mean, 0.5)));
    hash = aflowi_fold_double(aflowi_fold_double(hash, aflowi_pareto_moment(2, 1.5, aflowi_mul(mean, 700))), aflowi_pareto_moment(1, 1, mean));
    aflowi_fit_log_normal(mean, 0.05, 0.2, &mu, &sigma);
    aflowi_log_normal_moments(mu, sigma, &mu, &sigma);
    return aflowi_fold_double(aflowi_fold_double(hash, mu), sigma);
}

/* Every law, the tables whole, and what 64 draws need not meet: tails, wedges, the plan-time functions. */
static uint64_t aflowi_answer_samplers(void)
{
    const uint64_t ns = AFLOWI_TICKS_PER_S;
    double mean = aflowi_opaque(0.01), mu, sigma;
    aflowi_rng rng = aflowi_rng_stream(aflowi_opaque_u64(2), 0, 0, 0);
    uint64_t hash = 0;
    uint32_t layer;
    aflowi_log_normal_parameters(mean, 1e-4, &mu, &sigma);
    hash = aflowi_fold_draws(hash, aflowi_sampler_constant(mean, ns), 1);
    hash = aflowi_fold_draws(hash, aflowi_sampler_exponential(mean, ns), 2);
    hash = aflowi_fold_draws(hash, aflowi_sampler_uniform(mean, 1, ns), 3);
    hash = aflowi_fold_draws(hash, aflowi_sampler_normal_clamped(mean, 0.01, ns), 4);
    hash = aflowi_fold_draws(hash, aflowi_sampler_log_normal(mu, sigma, ns), 5);
    hash = aflowi_fold_draws(hash, aflowi_sampler_poisson(aflowi_mul(mean, 300), 1), 6);
    hash = aflowi_fold(hash, aflowi_answer_laws());
    hash = aflowi_fold(hash, aflowi_draw_geometric(aflowi_geometric_of(mean), &rng) + aflowi_draw_geometric(aflowi_geometric_of(aflowi_mul(mean, 50)), &rng));
    hash = aflowi_fold_words(hash, aflowi_exp_edge, AFLOWI_COUNT(aflowi_exp_edge));
    hash = aflowi_fold_words(hash, aflowi_normal_edge, AFLOWI_COUNT(aflowi_normal_edge));
    hash = aflowi_fold_words(hash, aflowi_exp2_table, AFLOWI_COUNT(aflowi_exp2_table));
    for (layer = 0; layer < 256; layer += 17) {
        hash = aflowi_fold(hash, aflowi_draw_exp_rest(&rng, layer, aflowi_exp_edge[layer] - 1));
        hash = aflowi_fold(hash, aflowi_draw_normal_rest(&rng, layer, aflowi_normal_edge[layer] - 1));
        hash = aflowi_fold(hash, (uint64_t)aflowi_chance_exp(&rng, UINT64_MAX - layer));
    }
    hash = aflowi_fold_double(hash, aflowi_ln(mean));
    hash = aflowi_fold_double(hash, aflowi_ln(aflowi_add(1, mean)));
    return aflowi_fold_double(hash, aflowi_sqrt(mean));
}

/* ---- Numbers as text, both ways ---- */

static uint64_t aflowi_answer_numbers(void)
{
    static const char *const numbers[] = { "0.1", "1e23", "9007199254740993", "2.5e-7", "-123456.789", "3.141592653589793", "1e-310" };
    uint64_t hash = 0;
    char text[64];
    size_t i;
    for (i = 0; i < AFLOWI_COUNT(numbers); i++) {
        double value = 0;
        hash = aflowi_fold(hash, (uint64_t)aflowi_parse_double(numbers[i], strlen(numbers[i]), &value));
        hash = aflowi_fold_double(hash, value);
        hash = aflowi_fold_text(hash, text, aflowi_format_double(text, value));
        hash = aflowi_fold_text(hash, text, aflowi_format_fixed(text, value, 3));
    }
    return hash;
}

/* ---- A small run: two servers behind a balancer, every law, losses, a pool, an outage, a spike ---- */

#define AFLOWI_BY_MEAN(mean, distribution, variance) { mean, distribution, variance, 0, 0, 0, 0, 0, NULL, 0, NULL, 0 }
#define AFLOWI_NONE_GIVEN AFLOWI_BY_MEAN(0, AFLOW_DISTRIBUTION_DEFAULT, 0)
#define AFLOWI_SIMPLE_STEP(kind, cpu, ram, io) { kind, cpu, ram, io, AFLOWI_NONE_GIVEN, AFLOWI_NONE_GIVEN, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL }
#define AFLOWI_SIMPLE_SERVER(cores, ram, pool) { cores, ram, pool, 0, AFLOW_LOCK_DEFAULT, 0, 0, 0, 0, AFLOW_OVERFLOW_WAIT }

static const aflow_step aflowi_selftest_steps[] = {
    AFLOWI_SIMPLE_STEP(AFLOW_STEP_INITIAL_PARSING, AFLOWI_BY_MEAN(0.04, AFLOW_DISTRIBUTION_EXPONENTIAL, 0), AFLOWI_NONE_GIVEN, AFLOWI_NONE_GIVEN),
    AFLOWI_SIMPLE_STEP(AFLOW_STEP_RAM, AFLOWI_NONE_GIVEN, AFLOWI_BY_MEAN(100, AFLOW_DISTRIBUTION_DEFAULT, 0), AFLOWI_NONE_GIVEN),
    AFLOWI_SIMPLE_STEP(AFLOW_STEP_IO_DB, AFLOWI_NONE_GIVEN, AFLOWI_NONE_GIVEN, AFLOWI_BY_MEAN(0.05, AFLOW_DISTRIBUTION_LOG_NORMAL, 0.001))
};
static const aflow_endpoint aflowi_selftest_endpoints[] = { { "/all", aflowi_selftest_steps, 3, 3 }, { "/cpu", aflowi_selftest_steps, 1, 1 } };
static const aflow_server aflowi_selftest_servers[] = {
    { "a", AFLOWI_SIMPLE_SERVER(1, 256, 1), aflowi_selftest_endpoints, 2, NULL, 0 },
    { "b", AFLOWI_SIMPLE_SERVER(2, 1024, 0), aflowi_selftest_endpoints, 1, NULL, 0 }
};
static const aflow_edge aflowi_selftest_edges[] = {
    { "in", "users", "client", AFLOWI_BY_MEAN(0.003, AFLOW_DISTRIBUTION_EXPONENTIAL, 0), 0 },
    { "request", "client", "balancer", AFLOWI_BY_MEAN(0.002, AFLOW_DISTRIBUTION_UNIFORM, 0), 0.02 },
    { "to-a", "balancer", "a", AFLOWI_BY_MEAN(0.004, AFLOW_DISTRIBUTION_NORMAL, 1e-6), 0 },
    { "to-b", "balancer", "b", AFLOWI_BY_MEAN(0.003, AFLOW_DISTRIBUTION_CONSTANT, 0), 0 },
    { "from-a", "a", "client", AFLOWI_BY_MEAN(0.003, AFLOW_DISTRIBUTION_EXPONENTIAL, 0), 0 },
    { "from-b", "b", "client", AFLOWI_BY_MEAN(0.003, AFLOW_DISTRIBUTION_EXPONENTIAL, 0), 0 }
};
static const char *const aflowi_selftest_covered[] = { "a", "b" };
static const aflow_event aflowi_selftest_events[] = {
    { "outage", "b", { AFLOW_EVENT_SERVER_DOWN, 1, 0 }, { AFLOW_EVENT_SERVER_UP, 2 } },
    { "spike", "request", { AFLOW_EVENT_NETWORK_SPIKE_START, 2, 0.1 }, { AFLOW_EVENT_NETWORK_SPIKE_END, 3 } }
};
static const aflow_scenario aflowi_selftest_scenario = {
    { "users", AFLOWI_BY_MEAN(20, AFLOW_DISTRIBUTION_POISSON, 0), AFLOWI_BY_MEAN(60, AFLOW_DISTRIBUTION_DEFAULT, 0), 1, NULL, 0, NULL },
    { { { "client" }, { "balancer", AFLOW_LB_LEAST_CONNECTION, aflowi_selftest_covered, 2 }, aflowi_selftest_servers, 2, NULL, 0 }, aflowi_selftest_edges, 6 },
    { 5, 0.1, AFLOW_METRICS_NONE, 0, AFLOW_COMPAT_NONE },
    aflowi_selftest_events, 2, NULL
};

static aflow_result *aflowi_selftest_result(const aflow_allocator *allocator)
{
    aflow_run_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.seed = aflowi_opaque_u64(1);
    desc.endpoint_latency_off = 1;
    desc.reserve_in_flight = 16;
    desc.allocator = aflowi_allocator_or_default(allocator);
    return aflow_run(&aflowi_selftest_scenario, &desc, NULL);
}

static uint64_t aflowi_answer_run(const aflow_result *result)
{
    aflow_run_info info = aflow_result_info(result);
    uint64_t hash = aflowi_fold(aflowi_fold(0, info.scenario_hash), info.digest);
    hash = aflowi_fold(aflowi_fold(hash, info.requests.generated), info.requests.completed);
    return aflowi_fold(aflowi_fold(hash, info.requests.dropped), info.requests.events);
}

static uint64_t aflowi_answer_figures(const aflow_result *result)
{
    aflow_id server = aflow_result_find(result, "a");
    aflow_latency_stats latency = aflow_result_latency(result);
    aflow_throughput_stats throughput = aflow_result_throughput(result, 0.3, NULL, 0);
    aflow_server_stats stats = aflow_result_server(result, server);
    uint64_t hash = aflowi_fold_double(aflowi_fold_double(0, latency.mean_s), latency.std_dev_s);
    hash = aflowi_fold_double(aflowi_fold_double(hash, latency.p50_s), latency.p99_s);
    hash = aflowi_fold_double(aflowi_fold_double(hash, throughput.mean_rps), throughput.std_dev_rps);
    hash = aflowi_fold_double(aflowi_fold_double(hash, stats.cpu_utilization), stats.ram_offered);
    return aflowi_fold_double(hash, aflow_result_metric(result, AFLOW_READY_QUEUE_LEN, server).mean);
}

/* No result for a scenario that is right is for want of memory. */
static const char *aflowi_selftest_run(const aflow_allocator *allocator)
{
    aflow_result *result = aflowi_selftest_result(allocator);
    const char *wrong = NULL;
    aflow_diagnostics problems;
    if (result) {
        if (aflowi_answer_run(result) != AFLOWI_ANSWER_RUN) wrong = "a small run has other results than elsewhere: the compiler has an error; try less optimisation";
        else if (aflowi_answer_figures(result) != AFLOWI_ANSWER_FIGURES) wrong = "the statistics of a small run differ: the compiler has an error or changes arithmetic; try less optimisation";
        aflow_result_destroy(result);
        return wrong;
    }
    memset(&problems, 0, sizeof problems);
    problems.allocator = aflowi_allocator_or_default(allocator);
    if (aflow_check(&aflowi_selftest_scenario, &problems) == AFLOW_INVALID) wrong = "a right scenario is refused: the compiler has an error; try less optimisation";
    aflow_diagnostics_clear(&problems);
    return wrong ? wrong : "out of memory: the self-test needs 32 kB for a small run";
}

AFLOW_API const char *aflow_selftest(const aflow_allocator *allocator)
{
    const char *wrong = aflowi_selftest_arithmetic();
    if (wrong) return wrong;
    if (!aflowi_generator_is_right()) return "the random generator gives other words than elsewhere: the compiler has an error; try less optimisation";
    if (aflowi_answer_samplers() != AFLOWI_ANSWER_SAMPLERS) return "random draws differ from those elsewhere: the compiler has an error; try less optimisation";
    if (aflowi_answer_numbers() != AFLOWI_ANSWER_NUMBERS) return "numbers are read or written wrong: the compiler has an error; try less optimisation";
    wrong = aflowi_selftest_run(allocator);
    if (wrong) return wrong;
    /* last, as only numbers that no scenario has are concerned */
    return aflowi_flushes() ? "numbers below 2.3e-308 are taken as 0: link without -ffast-math, or clear the flags FTZ and DAZ" : NULL;
}

/* ==========================================================================
   [24] WRITERS
   In:    a result                     Out: report, JSON, CSV, charts, page
   Keeps: reads results through the public queries only; the same bytes on
          every platform: no locale, no clock, no host facts; a product never
          feeds a sum in one expression (aflowi_mul), so that nothing fuses
   Uses:  [12] [13] [22]               Public: aflow_write_*
   ========================================================================== */

/* ---- What a run has --------------------------------------------------------
   Sections, keys, rows and columns of what not every scenario has (limits, loops, threads, resources, money) appear only where
   it has some: a scenario without them has the outputs it always had. */

typedef struct aflowi_extent {
    uint64_t refused, rejected, timed_out;   /* of all servers; the rest of what is dropped was lost on edges */
    size_t servers, resources;
    int limits;                              /* rejecting and giving up can happen: there are resources, or a max_concurrency */
    int costs;                               /* there were calls of models, or something had a price */
    aflow_llm_stats llm;
} aflowi_extent;

static aflowi_extent aflowi_extent_of(const aflow_result *result)
{
    aflowi_extent x;
    size_t i;
    memset(&x, 0, sizeof x);
    x.servers = aflow_result_servers(result, NULL, 0);
    x.resources = aflow_result_resources(result, NULL, 0);
    x.llm = aflow_result_llm(result);
    x.costs = x.llm.calls != 0 || x.llm.cost > 0;
    x.limits = x.resources != 0;
    for (i = 0; i < x.servers; i++) {
        aflow_server_stats a = aflow_result_server(result, aflowi_server_id(i));
        x.refused += a.refused;
        x.rejected += a.rejected;
        x.timed_out += a.timed_out;
        if (a.max_concurrency || a.rejected || a.timed_out) x.limits = 1;
    }
    return x;
}

/* Kind of the entities that a metric belongs to. */
static uint32_t aflowi_metric_owner(aflow_metric metric)
{
    if (metric == AFLOW_EDGE_CONCURRENT_CONNECTION) return AFLOWI_ID_EDGE;
    return metric == AFLOW_RESOURCE_IN_USE || metric == AFLOW_RESOURCE_QUEUE_LEN ? AFLOWI_ID_RESOURCE : AFLOWI_ID_SERVER;
}

static size_t aflowi_entity_count(const aflow_result *result, uint32_t kind)
{
    return kind == AFLOWI_ID_EDGE ? aflow_result_edges(result, NULL, 0) : kind == AFLOWI_ID_RESOURCE ? aflow_result_resources(result, NULL, 0)
         : aflow_result_servers(result, NULL, 0);
}

static const char *aflowi_entity_word(uint32_t kind) { return kind == AFLOWI_ID_EDGE ? "edge" : kind == AFLOWI_ID_RESOURCE ? "resource" : "server"; }

static int aflowi_has(const aflow_result *result, aflow_metric metric, aflow_id entity)
{
    return aflowi_gauge_of(result->sim, metric, entity) != NULL;
}

/* Whether a server's event loops are modelled, so that they have a lag. */
static int aflowi_has_loops(const aflow_server_stats *a) { return a->workers != 0 || a->loop_lag.count != 0; }

/* Threads of all its workers' pools; 0: no step uses them. */
static uint64_t aflowi_threads_of(const aflow_server_stats *a) { return (uint64_t)a->threads * (a->workers ? a->workers : 1); }

/* How many batches of a GPU had n requests, 1 and up. */
static uint64_t aflowi_batches_of(const aflow_result *result, aflow_id gpu, size_t n)
{
    uint32_t index = result->sim->plan.resources[aflowi_id_index(gpu)].gpu;
    return n <= result->sim->plan.gpus[index].most ? result->sim->gpus[index].sizes[n - 1] : 0;
}

/* ---- Text report: figures -------------------------------------------------
   A figure is composed in a bounded line and then placed in a column. Thresholds lie half a last digit below the round
   number, so that rounding never makes a figure wider than its neighbours. */

#define AFLOWI_TEXT_COLUMNS 80
#define AFLOWI_LISTED_ALL 24      /* up to so many servers, edges, ... are all shown, in the order of the file */
#define AFLOWI_LISTED_BUSIEST 12  /* of more, the busiest */

typedef struct aflowi_sheet {
    aflowi_out out;
    const aflow_result *result;
    int color;
} aflowi_sheet;

static void aflowi_figure_start(aflowi_line *l)
{
    l->used = 0;
    l->text[0] = 0;
}

/* 1,234,567 */
static void aflowi_figure_grouped(aflowi_line *l, uint64_t value)
{
    char digits[24];
    size_t n = aflowi_format_u64(digits, value), i;
    for (i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) aflowi_line_put(l, ",");
        aflowi_line_bytes(l, digits + i, 1);
    }
}

static void aflowi_figure_fixed(aflowi_line *l, double value, int digits)
{
    char text[72];
    size_t size = aflowi_format_fixed(text, value, digits);
    aflowi_line_bytes(l, text, size);
}

/* Four digits, more only before the point: 1.234, 12.34, 123.4, 1,234, 12,345. */
static void aflowi_figure_four(aflowi_line *l, double value)
{
    if (value < 9.9995) aflowi_figure_fixed(l, value, 3);
    else if (value < 99.995) aflowi_figure_fixed(l, value, 2);
    else if (value < 999.95) aflowi_figure_fixed(l, value, 1);
    else if (value < 1e15) aflowi_figure_grouped(l, (uint64_t)(value + 0.5));
    else aflowi_line_double(l, value);
}

static int aflowi_is_whole(double value, double below)
{
    return value >= 0 && value < below && (double)(uint64_t)value == value;
}

/* Greatest values, capacities: whole numbers without decimals, else two. At most six characters up to 10,000 T. */
static void aflowi_figure_short(aflowi_line *l, double value)
{
    static const char *const suffix[] = { "k", "M", "G", "T" };
    size_t power = 0;
    if (!(value >= 0)) aflowi_line_put(l, "n/a");
    else if (aflowi_is_whole(value, 99999.5)) aflowi_figure_grouped(l, (uint64_t)value);
    else if (value < 0.005) aflowi_line_put(l, "<0.01");
    else if (value < 99.995) aflowi_figure_fixed(l, value, 2);
    else if (value < 999.95) aflowi_figure_fixed(l, value, 1);
    else if (value < 99999.5) aflowi_figure_grouped(l, (uint64_t)(value + 0.5));
    else {
        for (value /= 1000; value >= 999.5 && power < 3; power++) value /= 1000;
        if (value >= 1e4) aflowi_line_put(l, "huge");
        else {
            aflowi_figure_fixed(l, value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
            aflowi_line_put(l, suffix[power]);
        }
    }
}

/* A mean or a rate: two decimals where there is room, so that the points of a column align. */
static void aflowi_figure_mean(aflowi_line *l, double value)
{
    if (value >= 0.005 && value < 99.995) aflowi_figure_fixed(l, value, 2);
    else if (value >= 99.995 && value < 999.95) aflowi_figure_fixed(l, value, 1);
    else aflowi_figure_short(l, value);
}

/* In full where it fits in width - 1 characters, else short. */
static void aflowi_figure_count(aflowi_line *l, uint64_t value, size_t width)
{
    size_t before = l->used;
    aflowi_figure_grouped(l, value);
    if (l->used - before < width) return;
    l->used = before;
    l->text[before] = 0;
    aflowi_figure_short(l, (double)value);
}

/* A duration in the unit that suits it: 1.000 us ... 999.9 us, ms, s, h. */
static void aflowi_figure_seconds(aflowi_line *l, double s)
{
    if (!(s >= 0)) {
        aflowi_line_put(l, "n/a");
    } else if (s == 0) {
        aflowi_line_put(l, "0 s");
    } else if (s < 0.99995e-3) {
        aflowi_figure_four(l, s * 1e6);
        aflowi_line_put(l, " \xC2\xB5s");
    } else if (s < 0.99995) {
        aflowi_figure_four(l, s * 1e3);
        aflowi_line_put(l, " ms");
    } else if (s < 99999.5) {
        aflowi_figure_four(l, s);
        aflowi_line_put(l, " s");
    } else {
        aflowi_figure_four(l, s / 3600);
        aflowi_line_put(l, " h");
    }
}

/* A moment of the run: 60 s, 12.5 s. */
static void aflowi_figure_moment(aflowi_line *l, double s)
{
    if (aflowi_is_whole(s, 1e15)) aflowi_figure_grouped(l, (uint64_t)s);
    else aflowi_line_double(l, s);
    aflowi_line_put(l, " s");
}

/* A share of 0 to 1 and beyond; what is not quite none or all is never shown as such. */
static void aflowi_figure_percent(aflowi_line *l, double share, int digits)
{
    const double smallest = digits == 2 ? 0.00005 : 0.0005;
    if (!(share >= 0)) {
        aflowi_line_put(l, "n/a");
        return;
    }
    if (share > 0 && share < smallest) aflowi_line_put(l, digits == 2 ? "<0.01" : "<0.1");
    else if (share < 1 && share > 1 - smallest) aflowi_line_put(l, digits == 2 ? ">99.99" : ">99.9");
    else if (share > 9.9995) aflowi_figure_short(l, share * 100);
    else aflowi_figure_fixed(l, share * 100, digits);
    aflowi_line_put(l, " %");
}

static double aflowi_share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

/* Money, in the unit of the prices: 12,345 or 123.45; below 1 three digits that count, at most nine decimals. */
static void aflowi_figure_money(aflowi_line *l, double value)
{
    double least = 0.09995;
    int digits = 3;
    if (!(value >= 0)) aflowi_line_put(l, "n/a");
    else if (value == 0) aflowi_line_put(l, "0");
    else if (value >= 99999.5) value < 1e15 ? aflowi_figure_grouped(l, (uint64_t)(value + 0.5)) : aflowi_line_double(l, value);
    else if (value >= 999.995) {
        uint64_t cents = (uint64_t)(aflowi_mul(value, 100) + 0.5);
        aflowi_figure_grouped(l, cents / 100);
        aflowi_line_put(l, cents % 100 < 10 ? ".0" : ".");
        aflowi_line_u64(l, cents % 100);
    } else if (value >= 0.9995) aflowi_figure_fixed(l, value, 2);
    else if (value < 0.5e-9) aflowi_line_put(l, "<0.000000001");
    else {
        for (; digits < 9 && value < least; digits++) least /= 10;
        aflowi_figure_fixed(l, value, digits);
    }
}

/* ---- Text report: names, paragraphs, bars --------------------------------- */

/* Bytes of the printable character at `at`; 0 for a control character or a byte that is no UTF-8: shown as '?'. */
static size_t aflowi_glyph(const char *at)
{
    unsigned char c = (unsigned char)at[0];
    size_t size = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0, i;
    if (c < 0x20 || c == 0x7F) return 0;
    for (i = 1; i < size; i++)
        if (((unsigned char)at[i] & 0xC0) != 0x80) return 0;
    if (c == 0xC2 && (unsigned char)at[1] < 0xA0) return 0;   /* C1 controls */
    return size;
}

AFLOWI_INLINE const char *aflowi_after_glyph(const char *at)
{
    size_t size = aflowi_glyph(at);
    return at + (size ? size : 1);
}

static size_t aflowi_glyphs(const char *text)
{
    size_t n = 0;
    for (; *text; text = aflowi_after_glyph(text)) n++;
    return n;
}

static void aflowi_line_glyph(aflowi_line *l, const char *at)
{
    size_t size = aflowi_glyph(at);
    if (size) aflowi_line_bytes(l, at, size);
    else aflowi_line_put(l, "?");
}

/* A name in at most `width` characters: a long one loses its middle, since names differ at their ends. */
static void aflowi_line_name(aflowi_line *l, const char *name, size_t width)
{
    size_t have = aflowi_glyphs(name), i = 0;
    size_t tail = (width - 1) / 3, head = width - 1 - tail;
    for (; *name; name = aflowi_after_glyph(name), i++) {
        if (have > width && i == head) aflowi_line_put(l, "\xE2\x80\xA6");
        if (have <= width || i < head || i >= have - tail) aflowi_line_glyph(l, name);
    }
}

static void aflowi_put_name(aflowi_sheet *s, const char *name, int width)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_line_name(&l, name, (size_t)width);
    aflowi_put_padded(&s->out, l.text, width);
}

static void aflowi_put_color(aflowi_sheet *s, const char *code)
{
    if (!s->color) return;
    aflowi_put(&s->out, "\033[");
    aflowi_put(&s->out, code);
    aflowi_put_char(&s->out, 'm');
}

/* A section begins: a line that spans its columns (or NULL), then its title in bold and what follows it. */
static void aflowi_put_heading(aflowi_sheet *s, const char *above, const char *title, const char *rest)
{
    aflowi_put_char(&s->out, '\n');
    if (above) {
        aflowi_put(&s->out, above);
        aflowi_put_char(&s->out, '\n');
    }
    aflowi_put_color(s, "1");
    aflowi_put(&s->out, title);
    aflowi_put_color(s, "0");
    aflowi_put(&s->out, rest);
    aflowi_put_char(&s->out, '\n');
}

/* Where the text may be broken next: a space, but not one after a digit, which ties a figure to its unit. */
static const char *aflowi_chunk_end(const char *at)
{
    const char *start = at;
    for (; *at; at++)
        if (*at == ' ' && at > start && !(at[-1] >= '0' && at[-1] <= '9')) break;
    return at;
}

/* A paragraph that begins in `column` and goes on indented. */
static void aflowi_put_wrapped(aflowi_sheet *s, const char *text, size_t column, size_t indent)
{
    int first = 1;
    while (*text) {
        const char *end = aflowi_chunk_end(text), *at;
        size_t width = 0;
        for (at = text; at < end; at = aflowi_after_glyph(at)) width++;
        if (!first && column + 1 + width > AFLOWI_TEXT_COLUMNS) {
            aflowi_put_char(&s->out, '\n');
            aflowi_put_repeat(&s->out, ' ', indent);
            column = indent;
        } else if (!first) {
            aflowi_put_char(&s->out, ' ');
            column++;
        }
        for (at = text; at < end; at = aflowi_after_glyph(at)) {
            size_t size = aflowi_glyph(at);
            if (column == AFLOWI_TEXT_COLUMNS) {
                aflowi_put_char(&s->out, '\n');
                aflowi_put_repeat(&s->out, ' ', indent);
                column = indent;
            }
            aflowi_put_bytes(&s->out, size ? at : "?", size ? size : 1);
            column++;
        }
        first = 0;
        for (text = end; *text == ' '; text++) {}
    }
    aflowi_put_char(&s->out, '\n');
}

/* Character number `index` of a run of Unicode block characters, three bytes each. */
static void aflowi_put_block(aflowi_sheet *s, const char *blocks, size_t index)
{
    aflowi_put_bytes(&s->out, blocks + 3 * index, 3);
}

/* A bar of so many eighths of a character, padded to its width where something follows. */
static void aflowi_put_bar(aflowi_sheet *s, uint64_t eighths, size_t width, int padded)
{
    static const char blocks[] = "\xE2\x96\x8F\xE2\x96\x8E\xE2\x96\x8D\xE2\x96\x8C\xE2\x96\x8B\xE2\x96\x8A\xE2\x96\x89\xE2\x96\x88";
    size_t i, whole = eighths / 8 < width ? (size_t)(eighths / 8) : width, rest = whole < width ? (size_t)(eighths % 8) : 0;
    for (i = 0; i < whole; i++) aflowi_put_block(s, blocks, 7);
    if (rest) aflowi_put_block(s, blocks, rest - 1);
    if (padded) aflowi_put_repeat(&s->out, ' ', width - whole - (rest != 0));
}

static void aflowi_cell_count(aflowi_sheet *s, uint64_t value, int width)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_count(&l, value, (size_t)width);
    aflowi_put_padded(&s->out, l.text, -width);
}

static void aflowi_cell_short(aflowi_sheet *s, double value, int width)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_short(&l, value);
    aflowi_put_padded(&s->out, l.text, -width);
}

static void aflowi_cell_mean(aflowi_sheet *s, double value, int width)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_mean(&l, value);
    aflowi_put_padded(&s->out, l.text, -width);
}

static void aflowi_cell_percent(aflowi_sheet *s, double share, int digits, int width)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_percent(&l, share, digits);
    aflowi_put_padded(&s->out, l.text, -width);
}

static void aflowi_cell_seconds(aflowi_sheet *s, double seconds, int width)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_seconds(&l, seconds);
    aflowi_put_padded(&s->out, l.text, -width);
}

static void aflowi_cell_money(aflowi_sheet *s, double money, int width)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_money(&l, money);
    aflowi_put_padded(&s->out, l.text, -width);
}

/* ---- Text report: verdict ------------------------------------------------- */

static void aflowi_say_percent(aflowi_line *l, double share) { aflowi_figure_percent(l, share, 1); }

static void aflowi_say_requests(aflowi_line *l, uint64_t count)
{
    aflowi_figure_grouped(l, count);
    aflowi_line_put(l, count == 1 ? " request" : " requests");
}

/* What can be the bottleneck, in words: a thing that a server has, or a resource of a kind. */
typedef struct aflowi_words {
    const char *what;        /* "CPU" */
    const char *queue;       /* requests wait "for a core" */
    const char *unit;        /* of its capacity; NULL: it has no capacity that could be named */
    const char *relief;
    const char *more, *less; /* what relieves it where it turns away; NULL: it turns nobody away */
} aflowi_words;

static aflowi_words aflowi_words_of_kind(aflow_resource_kind kind)
{
    static const aflowi_words words[] = {
        { "resource", "for it", NULL, "more of it, or less use of it", "more of it", "less use of it" },
        { "connection pool", "for a connection", " connections", "a larger pool, shorter use of its connections, or fewer calls",
          "a larger pool", "shorter use of its connections" },
        { "database", "for a connection", NULL, "less work a query, or a cache in front; more connections only while contention and coherency leave a gain",
          "more connections as far as it gains by them", "less work a query" },
        { "rate limiter", "for a token", NULL, "a higher rate limit, or fewer calls", "a larger burst, a higher rate", "fewer calls" },
        { "cache", "for a fetch", NULL, "faster fetches, or entries that live longer", NULL, NULL },
        { "model", "for a call", NULL, "higher limits of the provider, fewer or shorter calls, or a cache in front of it",
          "higher limits of the provider", "fewer or shorter calls" },
        { "GPU", "for a batch", " slots", "larger batches, another slot, or less work a request", "another slot", "less work a request" } };
    return words[(unsigned)kind < AFLOWI_COUNT(words) ? kind : AFLOW_RESOURCE_NONE];
}

/* Whether what computes, or blocks, waits for the event loops or the lock of a server rather than for its cores. */
static int aflowi_lacks_loops(const aflow_result *result, const aflow_verdict_info *v)
{
    aflow_server_stats a;
    uint64_t loops;
    if (v->resource == AFLOW_LOOPS_BLOCKED) return 1;
    if (v->resource != AFLOW_CORE_BUSY || aflowi_id_kind(v->bottleneck) != AFLOWI_ID_SERVER) return 0;
    a = aflow_result_server(result, v->bottleneck);
    loops = aflowi_loops_of(result->sim, aflowi_id_index(v->bottleneck));
    return loops && (loops < a.cpu_cores || v->utilization > a.cpu_utilization);
}

static aflowi_words aflowi_words_of_cpu(const aflow_result *result, const aflow_verdict_info *v)
{
    static const aflowi_words cpu = { "CPU", "for a core", " cores", "more cores, less CPU time a request, or another replica", NULL, NULL };
    static const aflowi_words both = { "CPU", "for a core", " cores", "more cores and as many workers, less CPU time a request, or another replica", NULL, NULL };
    static const aflowi_words loops = { "event loops", "for an event loop", " event loops", "more workers, less CPU time a request, or another replica", NULL, NULL };
    if (aflowi_lacks_loops(result, v)) return loops;
    return aflowi_loops_of(result->sim, aflowi_id_index(v->bottleneck)) == aflow_result_server(result, v->bottleneck).cpu_cores ? both : cpu;
}

static aflowi_words aflowi_words_of(const aflow_result *result, const aflow_verdict_info *v)
{
    static const aflowi_words blocked = { "event loops", "for an event loop", " event loops", "a call that does not block, a thread for it (thread_io), or more workers", NULL, NULL };
    static const aflowi_words ram = { "RAM", "for RAM", " MB", "more RAM, a smaller working set, less waiting while holding it, or another replica", NULL, NULL };
    static const aflowi_words db = { "connection pool", "for a database connection", " connections", "a larger pool, shorter or fewer queries, or another replica", NULL, NULL };
    static const aflowi_words slots = { "max_concurrency", "to be let in", " requests at once", "a higher max_concurrency, less time in the server, or more replicas",
                                        "a higher max_concurrency", "less time in the server" };
    static const aflowi_words threads = { "thread pool", "for a thread", " threads", "more threads, shorter calls in them, or another replica", NULL, NULL };
    switch (v->resource) {
    case AFLOW_RAM_IN_USE: return ram;
    case AFLOW_DB_CONNECTIONS_IN_USE: return db;
    case AFLOW_CONCURRENT_REQUESTS: return slots;
    case AFLOW_THREADS_IN_USE: return threads;
    case AFLOW_LOOPS_BLOCKED: return blocked;
    case AFLOW_RESOURCE_IN_USE: return aflowi_words_of_kind(aflow_result_resource(result, v->bottleneck).kind);
    default: return aflowi_words_of_cpu(result, v);
    }
}

/* "CPU of srv-1", "connection pool main-db". */
static void aflowi_say_bottleneck(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    aflowi_line_put(l, aflowi_words_of(result, v).what);
    aflowi_line_put(l, v->resource == AFLOW_RESOURCE_IN_USE ? " " : " of ");
    aflowi_line_name(l, aflow_result_name(result, v->bottleneck), 40);
}

/* Capacity of what a verdict names, in its unit; 0: unlimited, or none. */
static uint64_t aflowi_capacity(const aflow_result *result, const aflow_verdict_info *v)
{
    aflow_server_stats a;
    if (v->resource == AFLOW_RESOURCE_IN_USE) return aflow_result_resource(result, v->bottleneck).capacity;
    if (aflowi_lacks_loops(result, v)) return aflowi_loops_of(result->sim, aflowi_id_index(v->bottleneck));
    a = aflow_result_server(result, v->bottleneck);
    return v->resource == AFLOW_CORE_BUSY ? a.cpu_cores : v->resource == AFLOW_RAM_IN_USE ? a.ram_mb : v->resource == AFLOW_THREADS_IN_USE ? aflowi_threads_of(&a)
         : v->resource == AFLOW_CONCURRENT_REQUESTS ? a.max_concurrency : a.db_connection_pool;
}

static void aflowi_say_stable(aflowi_line *l, const aflow_counters *r, const aflowi_extent *x)
{
    if (r->dropped == 0 && r->in_flight == 0) {
        aflowi_line_put(l, r->generated == 1 ? "the one request was served" : "every request was served, all ");
        if (r->generated != 1) aflowi_figure_grouped(l, r->generated);
    } else if (r->dropped == 0) {
        aflowi_line_put(l, "what came in was served; ");
        aflowi_say_requests(l, r->in_flight);
        aflowi_line_put(l, r->in_flight == 1 ? " was on its way at the end" : " were on their way at the end");
    } else {
        aflowi_line_put(l, "the servers kept up; ");
        aflowi_say_requests(l, r->dropped);
        aflowi_line_put(l, r->dropped == 1 ? " was dropped (" : " were dropped (");
        aflowi_figure_percent(l, aflowi_share(r->dropped, r->generated), 2);
        aflowi_line_put(l, ")");
        if (x->rejected + x->timed_out) aflowi_line_put(l, ", among them ");
        if (x->rejected) aflowi_figure_grouped(l, x->rejected);
        if (x->rejected) aflowi_line_put(l, x->timed_out ? " rejected at limits and " : " rejected at limits");
        if (x->timed_out) aflowi_figure_grouped(l, x->timed_out);
        if (x->timed_out) aflowi_line_put(l, " timed out waiting");
    }
}

static void aflowi_say_backlogged(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    aflow_metric_stats queue = aflow_result_metric(result, v->queue, v->bottleneck);
    aflowi_line_put(l, "at the end ");
    aflowi_figure_short(l, queue.last);
    aflowi_line_put(l, queue.last <= 1 ? " request still waited " : " requests still waited ");
    aflowi_line_put(l, aflowi_words_of(result, v).queue);
    aflowi_line_put(l, v->resource == AFLOW_RESOURCE_IN_USE ? " of " : " at ");
    aflowi_line_name(l, aflow_result_name(result, v->bottleneck), 40);
}

/* What becomes of too many requests: they wait, unless a limit turns them away. */
static const char *aflowi_consequence(const aflow_result *result, const aflow_verdict_info *v)
{
    const aflowi_account *a = aflowi_account_named(result, v);
    return a && a->rejected ? ": requests are rejected" : a && a->timed_out ? ": requests give up waiting" : ": requests pile up";
}

static void aflowi_say_overloaded(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    aflowi_line_name(l, aflow_result_name(result, v->bottleneck), 40);
    if (v->offered >= 0) {
        aflowi_line_put(l, " is offered ");
        aflowi_say_percent(l, v->offered);
        aflowi_line_put(l, v->resource == AFLOW_RESOURCE_IN_USE ? " of what this " : " of what its ");
        aflowi_line_put(l, aflowi_words_of(result, v).what);
        aflowi_line_put(l, v->resource == AFLOW_CONCURRENT_REQUESTS ? " lets in" : " can do");
        aflowi_line_put(l, aflowi_consequence(result, v));
    } else {
        aflowi_line_put(l, " cannot keep up: requests pile up ");
        aflowi_line_put(l, aflowi_words_of(result, v).queue);
    }
}

/* "the rate limiter limit turned away 12.3 % of those who asked (1,234 rejected, 0 gave up)" */
static void aflowi_say_limited(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    const aflowi_account *a = aflowi_account_named(result, v);
    if (!a) return;
    aflowi_line_put(l, "the ");
    aflowi_say_bottleneck(l, result, v);
    aflowi_line_put(l, " turned away ");
    aflowi_say_percent(l, aflowi_turned_away_share(a));
    aflowi_line_put(l, " of those who asked (");
    aflowi_figure_grouped(l, a->rejected);
    aflowi_line_put(l, " rejected, ");
    aflowi_figure_grouped(l, a->timed_out);
    aflowi_line_put(l, " gave up)");
}

static void aflowi_say_empty(aflowi_line *l, const aflow_counters *r)
{
    aflowi_line_put(l, "no request completed");
    if (r->generated == 0) {
        aflowi_line_put(l, ": none arrived");
        return;
    }
    aflowi_line_put(l, "; of ");
    aflowi_say_requests(l, r->generated);
    aflowi_line_put(l, " ");
    aflowi_figure_grouped(l, r->dropped);
    aflowi_line_put(l, r->dropped == 1 ? " was dropped, " : " were dropped, ");
    aflowi_figure_grouped(l, r->in_flight);
    aflowi_line_put(l, r->in_flight == 1 ? " was on its way at the end" : " were on their way at the end");
}

/* How the run went, in a sentence without its first word. */
static void aflowi_say_verdict(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v, const aflow_counters *r, const aflowi_extent *x)
{
    switch (v->verdict) {
    case AFLOW_VERDICT_STABLE: aflowi_say_stable(l, r, x); break;
    case AFLOW_VERDICT_BACKLOGGED: aflowi_say_backlogged(l, result, v); break;
    case AFLOW_VERDICT_OVERLOADED: aflowi_say_overloaded(l, result, v); break;
    case AFLOW_VERDICT_EMPTY: aflowi_say_empty(l, r); break;
    case AFLOW_VERDICT_LIMITED: aflowi_say_limited(l, result, v); break;
    }
}

static void aflowi_text_verdict(aflowi_sheet *s, const aflow_run_info *info, const aflowi_extent *x)
{
    static const char *const word[] = { "STABLE", "BACKLOGGED", "OVERLOADED", "EMPTY", "LIMITED" };
    static const char *const color[] = { "1;32", "1;33", "1;31", "1;31", "1;33" };
    aflow_verdict_info v = aflow_result_verdict(s->result);
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_say_verdict(&l, s->result, &v, &info->requests, x);
    aflowi_put_color(s, color[v.verdict]);
    aflowi_put(&s->out, word[v.verdict]);
    aflowi_put_color(s, "0");
    aflowi_put_repeat(&s->out, ' ', 12 - strlen(word[v.verdict]));
    aflowi_put_wrapped(s, l.text, 12, 12);
}

static void aflowi_text_identity(aflowi_sheet *s, const aflow_run_info *info)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_line_put(&l, "seed ");
    aflowi_line_u64(&l, info->seed);
    if (info->replication) {
        aflowi_line_put(&l, ", replication ");
        aflowi_line_u64(&l, info->replication);
    }
    aflowi_line_put(&l, ", ");
    aflowi_figure_moment(&l, info->horizon_s);
    aflowi_line_put(&l, " simulated, ");
    if (info->warm_up_s > 0) {
        aflowi_line_put(&l, "figures after a warm-up of ");
        aflowi_figure_moment(&l, info->warm_up_s);
        aflowi_line_put(&l, ", ");
    }
    aflowi_figure_grouped(&l, info->requests.events);
    aflowi_line_put(&l, info->requests.events == 1 ? " event" : " events");
    if (info->compat == AFLOW_COMPAT_ASYNCFLOW_0_1) aflowi_line_put(&l, ", by the rules of AsyncFlow 0.1.1");
    aflowi_put_padded(&s->out, "run", 12);
    aflowi_put_wrapped(s, l.text, 12, 12);
    aflowi_put_padded(&s->out, "identity", 12);
    aflowi_put(&s->out, "scenario ");
    aflowi_put_hex64(&s->out, info->scenario_hash);
    aflowi_put(&s->out, ", digest ");
    aflowi_put_hex64(&s->out, info->digest);
    aflowi_put_char(&s->out, '\n');
}

/* ---- Text report: requests and latency ------------------------------------ */

static void aflowi_request_row(aflowi_sheet *s, const char *label, uint64_t count, const aflow_run_info *info)
{
    aflowi_put_padded(&s->out, label, 26);
    aflowi_cell_count(s, count, 15);
    aflowi_cell_percent(s, aflowi_share(count, info->requests.generated), 2, 13);
    aflowi_cell_mean(s, info->horizon_s > 0 ? (double)count / info->horizon_s : 0, 13);
    aflowi_put(&s->out, " /s\n");
}

/* What is dropped falls into parts; what was lost on edges is named only beside parts that limits made. */
static void aflowi_text_requests(aflowi_sheet *s, const aflow_run_info *info, const aflowi_extent *x)
{
    uint64_t named = x->refused + x->rejected + x->timed_out;
    aflowi_put_heading(s, NULL, "REQUESTS", "                            count        share         rate");
    aflowi_request_row(s, "  generated", info->requests.generated, info);
    aflowi_request_row(s, "  completed", info->requests.completed, info);
    aflowi_request_row(s, "  dropped", info->requests.dropped, info);
    if (named > x->refused && info->requests.dropped > named) aflowi_request_row(s, "    lost on edges", info->requests.dropped - named, info);
    if (x->refused) aflowi_request_row(s, "    refused (server down)", x->refused, info);
    if (x->rejected) aflowi_request_row(s, "    rejected (429, 503)", x->rejected, info);
    if (x->timed_out) aflowi_request_row(s, "    timed out waiting", x->timed_out, info);
    aflowi_request_row(s, "  in flight at the end", info->requests.in_flight, info);
}

/* A percentile, where there are observations enough to have some beyond it. */
static void aflowi_figure_percentile(aflowi_line *l, double seconds, uint64_t count, uint64_t needs)
{
    if (count >= needs) {
        aflowi_figure_seconds(l, seconds);
        return;
    }
    aflowi_line_put(l, "n/a (needs ");
    aflowi_figure_grouped(l, needs);
    aflowi_line_put(l, ")");
}

/* A labelled figure; a text that is too long for the column of figures goes on to its right. */
static void aflowi_latency_cell(aflowi_sheet *s, const char *label, int label_width, const aflowi_line *l, int width)
{
    aflowi_put_padded(&s->out, label, label_width);
    if (aflowi_width(l->text) > 10) {
        aflowi_put_padded(&s->out, l->text, width);
    } else {
        aflowi_put_padded(&s->out, l->text, -10);
        aflowi_put_repeat(&s->out, ' ', width > 10 ? (size_t)width - 10 : 0);
    }
}

static void aflowi_latency_row(aflowi_sheet *s, uint64_t count, const char *const labels[3], const double seconds[3], const uint64_t needs[3])
{
    static const int label_width[3] = { 11, 5, 7 };
    static const int width[3] = { 15, 22, 0 };
    size_t i;
    for (i = 0; i < 3; i++) {
        aflowi_line l;
        aflowi_figure_start(&l);
        aflowi_figure_percentile(&l, seconds[i], count, needs[i]);
        aflowi_latency_cell(s, labels[i], label_width[i], &l, width[i]);
    }
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_text_latency(aflowi_sheet *s, const aflow_latency_stats *a)
{
    static const char *const labels[3][3] = { { "  mean", "p50", "p99" }, { "  std dev", "p90", "p99.9" }, { "  min", "p95", "max" } };
    static const uint64_t needs[3][3] = { { 1, 1, 1000 }, { 1, 100, 10000 }, { 1, 200, 1 } };
    double seconds[3][3];
    size_t i;
    aflowi_line l;
    aflowi_figure_start(&l);
    if (a->count == 0) {
        aflowi_put_heading(s, NULL, "LATENCY", "     n/a: no request completed");
        return;
    }
    seconds[0][0] = a->mean_s;    seconds[0][1] = a->p50_s; seconds[0][2] = a->p99_s;
    seconds[1][0] = a->std_dev_s; seconds[1][1] = a->p90_s; seconds[1][2] = a->p999_s;
    seconds[2][0] = a->min_s;     seconds[2][1] = a->p95_s; seconds[2][2] = a->max_s;
    aflowi_line_put(&l, "     client to client, ");
    aflowi_say_requests(&l, a->count);
    aflowi_put_heading(s, NULL, "LATENCY", l.text);
    for (i = 0; i < 3; i++) aflowi_latency_row(s, a->count, labels[i], seconds[i], needs[i]);
    if (a->relative_error > 0) {
        aflowi_figure_start(&l);
        aflowi_figure_percent(&l, a->relative_error, 2);
        aflowi_put(&s->out, "  percentiles are from a histogram, each within ");
        aflowi_put(&s->out, l.text);
        aflowi_put(&s->out, " of the exact one\n");
    }
}

/* ---- Text report: histogram -----------------------------------------------
   Edges are whole nanoseconds of 1, 2 or 5 x 10^k: equal steps from the minimum to about p99.5, or growing ones where
   equal steps would put half of all into the first row. */

#define AFLOWI_BINS_MAX 15

typedef struct aflowi_bins {
    uint64_t edge[AFLOWI_BINS_MAX + 1];   /* ns, ascending */
    size_t rows;
    uint64_t step;                        /* ns; 0: growing */
} aflowi_bins;

static uint64_t aflowi_seconds_to_ns(double s)
{
    double ns = aflowi_mul(s, 1e9);
    return !(ns > 0) ? 0 : ns < 4e18 ? (uint64_t)(ns + 0.5) : (uint64_t)4000000000000000000u;
}

/* The least of 1, 2, 5 x 10^k that is not below x (x up to 5 x 10^18). */
static uint64_t aflowi_nice_ns(uint64_t x)
{
    uint64_t ten = 1;
    for (;;) {
        if (ten >= x) return ten;
        if (2 * ten >= x) return 2 * ten;
        if (5 * ten >= x) return 5 * ten;
        ten *= 10;
    }
}

static void aflowi_bins_equal(aflowi_bins *b, uint64_t low, uint64_t high, uint64_t max)
{
    uint64_t step = (high - low) / 12 + 1, at;
    if (step < high / 100000) step = high / 100000;   /* labels of at most six digits */
    b->step = step = aflowi_nice_ns(step);
    b->rows = 0;
    for (at = low / step * step; at <= high && b->rows < AFLOWI_BINS_MAX; at += step) b->edge[b->rows++] = at;
    if (at <= max && max < at + 2 * step)
        for (; at <= max && b->rows < AFLOWI_BINS_MAX; at += step) b->edge[b->rows++] = at;
    b->edge[b->rows] = at;
}

/* From zero; 1-2-5 edges, or powers of ten where those are too many. */
static void aflowi_bins_growing(aflowi_bins *b, uint64_t low, uint64_t high)
{
    uint64_t first = aflowi_nice_ns(low + 1 > 1000 ? low + 1 : 1000), at = first;
    size_t rows = 1;
    while (at <= high) {
        at = aflowi_nice_ns(at + 1);
        rows++;
    }
    b->step = 0;
    b->edge[0] = 0;
    b->edge[1] = first;
    if (rows <= AFLOWI_BINS_MAX) {
        for (b->rows = 1; b->edge[b->rows] <= high; b->rows++) b->edge[b->rows + 1] = aflowi_nice_ns(b->edge[b->rows] + 1);
        return;
    }
    for (at = 1000; at <= low; at *= 10) {}
    b->edge[1] = at;
    for (b->rows = 1; b->edge[b->rows] <= high && b->rows < AFLOWI_BINS_MAX; b->rows++) b->edge[b->rows + 1] = b->edge[b->rows] * 10;
}

static aflowi_bins aflowi_bins_of(const aflow_result *result, const aflow_latency_stats *a)
{
    aflowi_bins b;
    uint64_t low = aflowi_seconds_to_ns(a->min_s), max = aflowi_seconds_to_ns(a->max_s);
    uint64_t high = aflowi_seconds_to_ns(aflow_result_percentile(result, 99.5));
    if (high > max) high = max;
    if (high < low) high = low;
    aflowi_bins_equal(&b, low, high, max);
    if (b.rows > 5 && aflowi_seconds_to_ns(a->p50_s) < b.edge[1])
        aflowi_bins_growing(&b, aflowi_seconds_to_ns(aflow_result_percentile(result, 1)), high);
    return b;
}

typedef struct aflowi_time_unit {
    uint64_t ns;
    const char *name;
} aflowi_time_unit;

static aflowi_time_unit aflowi_unit_for(uint64_t ns)
{
    aflowi_time_unit u;
    u.ns = ns < 1000000 ? 1000 : ns < AFLOWI_TICKS_PER_S ? 1000000 : AFLOWI_TICKS_PER_S;
    u.name = ns < 1000000 ? " \xC2\xB5s" : ns < AFLOWI_TICKS_PER_S ? " ms" : " s";
    return u;
}

/* ns in a unit, with the decimals that a multiple of `step` needs. */
static void aflowi_figure_edge(aflowi_line *l, uint64_t ns, uint64_t unit, uint64_t step)
{
    uint64_t part = unit / 10;
    aflowi_figure_grouped(l, ns / unit);
    if (step % unit == 0) return;
    aflowi_line_put(l, ".");
    for (; part; part /= 10) {
        aflowi_line_u64(l, ns / part % 10);
        if (step % part == 0) return;
    }
}

/* "14 - 16 ms" (with a dash), "< 2 ms", or, for row number `rows`, "from 60 ms" (with a sign). */
static void aflowi_figure_bin(aflowi_line *l, const aflowi_bins *b, size_t row)
{
    int below = b->step == 0 && row == 0, above = row == b->rows;
    uint64_t low = b->edge[row], high = above ? low : b->edge[row + 1];
    aflowi_time_unit unit = aflowi_unit_for(b->step ? b->edge[b->rows] : high);
    if (below) aflowi_line_put(l, "< ");
    else if (above) aflowi_line_put(l, "\xE2\x89\xA5 ");
    else {
        aflowi_time_unit low_unit = b->step ? unit : aflowi_unit_for(low);
        aflowi_figure_edge(l, low, low_unit.ns, b->step ? b->step : low);
        if (low_unit.ns != unit.ns) aflowi_line_put(l, low_unit.name);
        aflowi_line_put(l, " \xE2\x80\x93 ");
    }
    aflowi_figure_edge(l, high, unit.ns, b->step ? b->step : high);
    aflowi_line_put(l, unit.name);
}

static void aflowi_histogram_row(aflowi_sheet *s, const aflowi_bins *b, size_t row, int label_width, const uint64_t *cells, uint64_t most, uint64_t total)
{
    const size_t bar = (size_t)(AFLOWI_TEXT_COLUMNS - 2 - 2 - 12 - 10 - label_width);
    uint64_t eighths = most ? cells[row] * bar * 8 / most : 0;
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_bin(&l, b, row);
    aflowi_put(&s->out, "  ");
    aflowi_put_padded(&s->out, l.text, -label_width);
    aflowi_put(&s->out, "  ");
    aflowi_put_bar(s, cells[row] && !eighths ? 1 : eighths, bar, 1);
    aflowi_cell_count(s, cells[row], 12);
    aflowi_cell_percent(s, aflowi_share(cells[row], total), 2, 10);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_text_histogram(aflowi_sheet *s, const aflow_latency_stats *a)
{
    aflowi_bins b;
    uint64_t cells[AFLOWI_BINS_MAX + 1], counted = 0, most = 0;
    size_t row, shown, label_width = 0;
    if (a->count == 0) return;
    b = aflowi_bins_of(s->result, a);
    for (row = 0; row < b.rows; row++)
        counted += aflow_result_latency_histogram(s->result, (double)b.edge[row] / 1e9, (double)b.edge[row + 1] / 1e9, &cells[row], 1);
    cells[b.rows] = a->count > counted ? a->count - counted : 0;
    shown = b.rows + (cells[b.rows] != 0);
    for (row = 0; row < shown; row++) {
        aflowi_line l;
        aflowi_figure_start(&l);
        aflowi_figure_bin(&l, &b, row);
        if (aflowi_width(l.text) > label_width) label_width = aflowi_width(l.text);
        if (cells[row] > most) most = cells[row];
    }
    aflowi_put_char(&s->out, '\n');
    for (row = 0; row < shown; row++) aflowi_histogram_row(s, &b, row, (int)label_width, cells, most, a->count);
}

/* ---- Text report: throughput ---------------------------------------------- */

/* The rate over the run, one character a window, as a line of small columns. */
static void aflowi_text_sparkline(aflowi_sheet *s, double measured_s)
{
    static const char blocks[] = "\xE2\x96\x81\xE2\x96\x82\xE2\x96\x83\xE2\x96\x84\xE2\x96\x85\xE2\x96\x86\xE2\x96\x87\xE2\x96\x88";
    double window_s = (double)aflowi_nice_ns(aflowi_seconds_to_ns(measured_s) / 78 + 1) / 1e9, time_s, rate;
    aflow_throughput_stats t = aflow_result_throughput(s->result, window_s, NULL, 0);
    aflowi_rate_cursor cursor = aflowi_rates(s->result, window_s);
    aflowi_line l;
    if (t.windows < 5 || !(t.max_rps > 0)) return;
    aflowi_put(&s->out, "\n  ");
    while (aflowi_next_rate(&cursor, &time_s, &rate)) {
        size_t level = (size_t)(rate / t.max_rps * 8);
        if (rate > 0) aflowi_put_block(s, blocks, level > 7 ? 7 : level);
        else aflowi_put_char(&s->out, '.');
    }
    aflowi_figure_start(&l);
    aflowi_line_put(&l, "a column is ");
    aflowi_figure_moment(&l, t.window_s);
    aflowi_line_put(&l, ", a full one ");
    aflowi_figure_mean(&l, t.max_rps);
    aflowi_line_put(&l, " /s");
    aflowi_put(&s->out, "\n  ");
    aflowi_put_wrapped(s, l.text, 2, 2);
}

static void aflowi_text_throughput(aflowi_sheet *s, double measured_s)
{
    aflow_throughput_stats t = aflow_result_throughput(s->result, 1.0, NULL, 0);
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_line_put(&l, "  completed requests per second, in windows of ");
    aflowi_figure_moment(&l, t.window_s);
    aflowi_put_heading(s, NULL, "THROUGHPUT", l.text);
    aflowi_figure_start(&l);
    if (t.windows == 0) {
        aflowi_put(&s->out, "  n/a: the run is shorter than a window\n");
        return;
    }
    aflowi_line_put(&l, "mean ");
    aflowi_figure_mean(&l, t.mean_rps);
    aflowi_line_put(&l, " /s    std dev ");
    aflowi_figure_mean(&l, t.std_dev_rps);
    aflowi_line_put(&l, " /s    max ");
    aflowi_figure_mean(&l, t.max_rps);
    aflowi_line_put(&l, " /s    windows ");
    aflowi_figure_grouped(&l, t.windows);
    aflowi_put(&s->out, "  ");
    aflowi_put(&s->out, l.text);
    aflowi_put_char(&s->out, '\n');
    aflowi_text_sparkline(s, measured_s);
}

/* ---- Text report: tables ---------------------------------------------------
   One pass offers every row; of many only the busiest are kept. */

typedef struct aflowi_listed {
    aflow_id entity;
    size_t part;       /* endpoint of a server */
    double load;       /* what "busiest" means */
} aflowi_listed;

typedef struct aflowi_listing {
    aflowi_listed all[AFLOWI_LISTED_ALL];           /* the first, in order */
    aflowi_listed busiest[AFLOWI_LISTED_BUSIEST];   /* descending load, ties in order */
    size_t total;
} aflowi_listing;

static void aflowi_listing_offer(aflowi_listing *list, aflow_id entity, size_t part, double load)
{
    aflowi_listed row;
    size_t have = list->total < AFLOWI_LISTED_BUSIEST ? list->total : AFLOWI_LISTED_BUSIEST, at;
    row.entity = entity;
    row.part = part;
    row.load = load;
    if (list->total < AFLOWI_LISTED_ALL) list->all[list->total] = row;
    for (at = have; at > 0 && list->busiest[at - 1].load < load; at--)
        if (at < AFLOWI_LISTED_BUSIEST) list->busiest[at] = list->busiest[at - 1];
    if (at < AFLOWI_LISTED_BUSIEST) list->busiest[at] = row;
    list->total++;
}

static const aflowi_listed *aflowi_listing_rows(const aflowi_listing *list, size_t *count)
{
    int all = list->total <= AFLOWI_LISTED_ALL;
    *count = all ? list->total : AFLOWI_LISTED_BUSIEST;
    return all ? list->all : list->busiest;
}

static void aflowi_put_not_shown(aflowi_sheet *s, const aflowi_listing *list, const char *what)
{
    aflowi_line l;
    if (list->total <= AFLOWI_LISTED_ALL) return;
    aflowi_put(&s->out, "  the busiest ");
    aflowi_put_u64(&s->out, AFLOWI_LISTED_BUSIEST);
    aflowi_put(&s->out, " of ");
    aflowi_figure_start(&l);
    aflowi_figure_grouped(&l, list->total);
    aflowi_put(&s->out, l.text);
    aflowi_put_char(&s->out, ' ');
    aflowi_put(&s->out, what);
    aflowi_put(&s->out, "; JSON and CSV have all\n");
}

static const char *aflowi_load_color(double utilization)
{
    return utilization >= 0.9 ? "31" : utilization >= 0.7 ? "33" : "32";
}

/* A percentile for a table: n/a where the observations are too few. */
static double aflowi_percentile_if(double seconds, uint64_t count, uint64_t needs)
{
    return count >= needs ? seconds : -1;
}

static void aflowi_server_row(aflowi_sheet *s, aflow_id id)
{
    aflow_server_stats a = aflow_result_server(s->result, id);
    aflow_metric_stats queue = aflow_result_metric(s->result, AFLOW_READY_QUEUE_LEN, id);
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, a.id, 18);
    aflowi_cell_count(s, a.arrived, 10);
    aflowi_cell_count(s, a.completed, 11);
    aflowi_cell_count(s, a.cpu_cores, 6);
    aflowi_cell_percent(s, a.cpu_utilization, 1, 9);
    aflowi_put_char(&s->out, ' ');
    aflowi_put_color(s, aflowi_load_color(a.cpu_utilization));
    aflowi_put_bar(s, a.cpu_utilization > 0 ? (uint64_t)aflowi_mul(a.cpu_utilization, 72) : 0, 9, 1);
    aflowi_put_color(s, "0");
    aflowi_cell_mean(s, queue.mean, 7);
    aflowi_cell_short(s, queue.max, 7);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_memory_row(aflowi_sheet *s, aflow_id id)
{
    aflow_metric_stats io = aflow_result_metric(s->result, AFLOW_EVENT_LOOP_IO_SLEEP, id);
    aflow_metric_stats ram = aflow_result_metric(s->result, AFLOW_RAM_IN_USE, id);
    aflow_metric_stats queue = aflow_result_metric(s->result, AFLOW_RAM_QUEUE_LEN, id);
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, aflow_result_name(s->result, id), 18);
    aflowi_cell_mean(s, io.mean, 10);
    aflowi_cell_short(s, io.max, 8);
    aflowi_cell_mean(s, ram.mean, 10);
    aflowi_cell_short(s, ram.max, 8);
    aflowi_cell_short(s, aflow_result_server(s->result, id).ram_mb, 8);
    aflowi_cell_mean(s, queue.mean, 9);
    aflowi_cell_short(s, queue.max, 7);
    aflowi_put_char(&s->out, '\n');
}

/* Something that a server has a number of, and those that wait for it. */
typedef struct aflowi_pool_table {
    aflow_metric use, queue;
    const char *above, *title, *rest, *many;
} aflowi_pool_table;

static uint64_t aflowi_pool_of(const aflow_result *result, const aflowi_pool_table *t, aflow_id id)
{
    aflow_verdict_info v;
    memset(&v, 0, sizeof v);
    v.bottleneck = id;
    v.resource = t->use;
    return aflowi_capacity(result, &v);
}

static void aflowi_pool_row(aflowi_sheet *s, const aflowi_pool_table *t, aflow_id id)
{
    aflow_metric_stats use = aflow_result_metric(s->result, t->use, id);
    aflow_metric_stats queue = aflow_result_metric(s->result, t->queue, id);
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, aflow_result_name(s->result, id), 18);
    aflowi_cell_mean(s, use.mean, 10);
    aflowi_cell_short(s, use.max, 8);
    aflowi_cell_short(s, (double)aflowi_pool_of(s->result, t, id), 8);
    aflowi_cell_mean(s, queue.mean, 18);
    aflowi_cell_short(s, queue.max, 8);
    aflowi_put_char(&s->out, '\n');
}

/* Servers that have it, those that use most of it where there are too many to show. */
static void aflowi_text_pool(aflowi_sheet *s, const aflowi_pool_table *t)
{
    aflowi_listing list;
    size_t servers = aflow_result_servers(s->result, NULL, 0), i, shown;
    const aflowi_listed *rows;
    memset(&list, 0, sizeof list);
    for (i = 0; i < servers; i++) {
        aflow_id id = aflowi_server_id(i);
        uint64_t pool = aflowi_pool_of(s->result, t, id);
        if (pool && aflowi_has(s->result, t->use, id)) aflowi_listing_offer(&list, id, 0, aflow_result_metric(s->result, t->use, id).mean / (double)pool);
    }
    rows = aflowi_listing_rows(&list, &shown);
    if (!shown) return;
    aflowi_put_heading(s, t->above, t->title, t->rest);
    for (i = 0; i < shown; i++) aflowi_pool_row(s, t, rows[i].entity);
    aflowi_put_not_shown(s, &list, t->many);
}

static void aflowi_text_pools(aflowi_sheet *s)
{
    static const aflowi_pool_table tables[] = {
        { AFLOW_CONCURRENT_REQUESTS, AFLOW_BACKLOG_LEN, "                           requests let in            waiting to be let in",
          "CONCURRENCY", "               mean     max      of              mean     max", "servers with a max_concurrency" },
        { AFLOW_THREADS_IN_USE, AFLOW_THREAD_QUEUE_LEN, "                            threads in use            waiting for a thread",
          "THREADS", "                   mean     max      of              mean     max", "servers with threads" },
        { AFLOW_DB_CONNECTIONS_IN_USE, AFLOW_DB_QUEUE_LEN, "                         connections in use       waiting for a connection",
          "DATABASE", "                  mean     max      of              mean     max", "pools" } };
    size_t i;
    for (i = 0; i < AFLOWI_COUNT(tables); i++) aflowi_text_pool(s, &tables[i]);
}

static void aflowi_loop_row(aflowi_sheet *s, aflow_id id)
{
    aflow_server_stats a = aflow_result_server(s->result, id);
    aflow_metric_stats blocked = aflow_result_metric(s->result, AFLOW_LOOPS_BLOCKED, id);
    const aflow_latency_stats *lag = &a.loop_lag;
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, a.id, 18);
    aflowi_cell_count(s, a.workers ? a.workers : 1, 10);
    aflowi_cell_seconds(s, aflowi_percentile_if(lag->mean_s, lag->count, 1), 12);
    aflowi_cell_seconds(s, aflowi_percentile_if(lag->p95_s, lag->count, 200), 12);
    aflowi_cell_seconds(s, aflowi_percentile_if(lag->max_s, lag->count, 1), 12);
    aflowi_cell_mean(s, blocked.mean, 8);
    aflowi_cell_short(s, blocked.max, 6);
    aflowi_put_char(&s->out, '\n');
}

/* Servers whose event loops are modelled, those that lag most where there are too many to show. */
static void aflowi_text_loops(aflowi_sheet *s)
{
    aflowi_listing list;
    size_t servers = aflow_result_servers(s->result, NULL, 0), i, shown;
    const aflowi_listed *rows;
    memset(&list, 0, sizeof list);
    for (i = 0; i < servers; i++) {
        aflow_server_stats a = aflow_result_server(s->result, aflowi_server_id(i));
        if (aflowi_has_loops(&a)) aflowi_listing_offer(&list, aflowi_server_id(i), 0, a.loop_lag.count ? a.loop_lag.mean_s : 0);
    }
    rows = aflowi_listing_rows(&list, &shown);
    if (!shown) return;
    aflowi_put_heading(s, "                                   loop lag, from ready to running       blocked",
                       "EVENT LOOPS", "              loops        mean         p95         max    mean   max");
    for (i = 0; i < shown; i++) aflowi_loop_row(s, rows[i].entity);
    aflowi_put_not_shown(s, &list, "servers with event loops");
}

static void aflowi_text_servers(aflowi_sheet *s)
{
    aflowi_listing list;
    size_t servers = aflow_result_servers(s->result, NULL, 0), i, shown;
    const aflowi_listed *rows;
    memset(&list, 0, sizeof list);
    for (i = 0; i < servers; i++)
        aflowi_listing_offer(&list, aflowi_server_id(i), 0, aflow_result_server(s->result, aflowi_server_id(i)).cpu_utilization);
    rows = aflowi_listing_rows(&list, &shown);
    aflowi_put_heading(s, "                                                  CPU busy    waiting for a core",
                       "SERVERS", "                arrived  completed cores     mean 0   100 %   mean    max");
    for (i = 0; i < shown; i++) aflowi_server_row(s, rows[i].entity);
    aflowi_put_heading(s, "                   in I/O, requests              RAM, MB       waiting for RAM",
                       "I/O AND RAM", "               mean     max      mean     max      of     mean    max");
    for (i = 0; i < shown; i++) aflowi_memory_row(s, rows[i].entity);
    aflowi_put_not_shown(s, &list, "servers");
}

static void aflowi_endpoint_row(aflowi_sheet *s, const aflowi_listed *row)
{
    aflow_endpoint_stats e = aflow_result_endpoint(s->result, row->entity, row->part);
    uint64_t n = e.latency.count;
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, aflow_result_name(s->result, row->entity), 13);
    aflowi_put_char(&s->out, ' ');
    aflowi_put_name(s, e.endpoint_name, 17);
    aflowi_cell_count(s, e.completed, 11);
    aflowi_cell_seconds(s, aflowi_percentile_if(e.latency.mean_s, n, 1), 9);
    aflowi_cell_seconds(s, aflowi_percentile_if(e.latency.p95_s, n, 200), 9);
    aflowi_cell_seconds(s, aflowi_percentile_if(e.latency.p99_s, n, 1000), 9);
    aflowi_cell_seconds(s, aflowi_percentile_if(e.latency.max_s, n, 1), 9);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_text_endpoints(aflowi_sheet *s)
{
    aflowi_listing list;
    size_t servers = aflow_result_servers(s->result, NULL, 0), i, k, shown;
    const aflowi_listed *rows;
    memset(&list, 0, sizeof list);
    for (i = 0; i < servers; i++) {
        aflow_id id = aflowi_server_id(i);
        size_t endpoints = aflow_result_server(s->result, id).endpoints;
        for (k = 0; k < endpoints; k++) aflowi_listing_offer(&list, id, k, (double)aflow_result_endpoint(s->result, id, k).arrived);
    }
    rows = aflowi_listing_rows(&list, &shown);
    if (!shown) return;
    aflowi_put_heading(s, "                                                    time in the server",
                       "ENDPOINTS", "                          completed     mean      p95      p99      max");
    for (i = 0; i < shown; i++) aflowi_endpoint_row(s, &rows[i]);
    aflowi_put_not_shown(s, &list, "endpoints");
}

static void aflowi_edge_row(aflowi_sheet *s, aflow_id id)
{
    aflow_edge_stats e = aflow_result_edge(s->result, id);
    aflow_metric_stats transit = aflow_result_metric(s->result, AFLOW_EDGE_CONCURRENT_CONNECTION, id);
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, e.id, 23);
    aflowi_cell_count(s, e.sent, 11);
    aflowi_cell_count(s, e.delivered, 11);
    aflowi_cell_count(s, e.dropped, 9);
    aflowi_cell_percent(s, aflowi_share(e.dropped, e.sent), 2, 9);
    aflowi_cell_mean(s, transit.mean, 8);
    aflowi_cell_short(s, transit.max, 7);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_text_edges(aflowi_sheet *s)
{
    aflowi_listing list;
    size_t edges = aflow_result_edges(s->result, NULL, 0), i, shown;
    const aflowi_listed *rows;
    memset(&list, 0, sizeof list);
    for (i = 0; i < edges; i++)
        aflowi_listing_offer(&list, aflowi_edge_id(i), 0, (double)aflow_result_edge(s->result, aflowi_edge_id(i)).sent);
    rows = aflowi_listing_rows(&list, &shown);
    if (!shown) return;
    aflowi_put_heading(s, "                                                                    in transit",
                       "EDGES", "                           sent  delivered  dropped    share    mean    max");
    for (i = 0; i < shown; i++) aflowi_edge_row(s, rows[i].entity);
    aflowi_put_not_shown(s, &list, "edges");
}

/* ---- Text report: resources, money ----------------------------------------- */

typedef void (*aflowi_resource_row)(aflowi_sheet *s, aflow_id id, const aflow_resource_stats *a);

/* A table of those resources whose kind is one of `kinds` (bits). */
typedef struct aflowi_resource_table {
    uint32_t kinds;
    aflowi_resource_row row;
    const char *above, *title, *rest, *many;
} aflowi_resource_table;

static void aflowi_resource_name(aflowi_sheet *s, const aflow_resource_stats *a, int width)
{
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, a->id, width);
}

/* What a resource has of something that it may be without. */
static void aflowi_cell_or_dash(aflowi_sheet *s, int has, double value, int width)
{
    if (has) aflowi_cell_short(s, value, width);
    else aflowi_put_padded(&s->out, "-", -width);
}

static void aflowi_use_row(aflowi_sheet *s, aflow_id id, const aflow_resource_stats *a)
{
    aflow_metric_stats use = aflow_result_metric(s->result, AFLOW_RESOURCE_IN_USE, id);
    aflow_metric_stats queue = aflow_result_metric(s->result, AFLOW_RESOURCE_QUEUE_LEN, id);
    int is_bucket = a->kind == AFLOW_RESOURCE_RATE_LIMITER;
    aflowi_resource_name(s, a, 16);
    aflowi_put_char(&s->out, ' ');
    aflowi_put_padded(&s->out, aflowi_words_of_kind(a->kind).what, 15);
    if (is_bucket) aflowi_put_padded(&s->out, "-", -7);
    else aflowi_cell_mean(s, use.mean, 7);
    aflowi_cell_or_dash(s, !is_bucket, use.max, 7);
    aflowi_cell_or_dash(s, a->capacity != 0, a->capacity, 7);
    if (a->capacity || is_bucket || a->utilization > 0) aflowi_cell_percent(s, a->utilization, 1, 10);
    else aflowi_put_padded(&s->out, "-", -10);
    aflowi_cell_mean(s, queue.mean, 8);
    aflowi_cell_short(s, queue.max, 7);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_wait_row(aflowi_sheet *s, aflow_id id, const aflow_resource_stats *a)
{
    uint64_t n = a->wait.count;
    (void)id;
    aflowi_resource_name(s, a, 18);
    aflowi_cell_count(s, a->acquired, 12);
    aflowi_cell_seconds(s, aflowi_percentile_if(a->wait.mean_s, n, 1), 10);
    aflowi_cell_seconds(s, aflowi_percentile_if(a->wait.p95_s, n, 200), 10);
    aflowi_cell_seconds(s, aflowi_percentile_if(a->wait.max_s, n, 1), 10);
    aflowi_cell_count(s, a->rejected, 9);
    aflowi_cell_count(s, a->timed_out, 9);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_cache_row(aflowi_sheet *s, aflow_id id, const aflow_resource_stats *a)
{
    aflow_metric_stats use = aflow_result_metric(s->result, AFLOW_RESOURCE_IN_USE, id);
    aflowi_resource_name(s, a, 15);
    aflowi_cell_percent(s, a->hit_ratio, 1, 9);
    aflowi_cell_count(s, a->hits, 9);
    aflowi_cell_count(s, a->misses, 9);
    aflowi_cell_count(s, a->coalesced, 10);
    aflowi_cell_or_dash(s, use.max > 0, use.max, 9);
    aflowi_cell_count(s, a->evicted, 9);
    aflowi_cell_count(s, a->expired, 8);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_gpu_row(aflowi_sheet *s, aflow_id id, const aflow_resource_stats *a)
{
    aflowi_line l;
    (void)id;
    aflowi_resource_name(s, a, 15);
    aflowi_cell_count(s, a->batches, 9);
    aflowi_cell_count(s, a->items, 10);
    aflowi_cell_mean(s, a->batch_size_mean, 7);
    aflowi_cell_short(s, a->batch_size_max, 7);
    aflowi_cell_percent(s, a->utilization, 1, 9);
    aflowi_figure_start(&l);
    aflowi_figure_mean(&l, a->batching_gain);
    aflowi_line_put(&l, a->batches ? " x" : "");
    aflowi_put_padded(&s->out, l.text, -11);
    aflowi_cell_seconds(s, aflowi_percentile_if(a->wait.mean_s, a->wait.count, 1), 10);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_model_row(aflowi_sheet *s, aflow_id id, const aflow_resource_stats *a)
{
    (void)id;
    aflowi_resource_name(s, a, 15);
    aflowi_cell_count(s, a->calls, 10);
    aflowi_cell_count(s, a->input_tokens, 13);
    aflowi_cell_count(s, a->output_tokens, 13);
    aflowi_cell_money(s, a->cost, 13);
    aflowi_cell_money(s, a->calls ? a->cost / (double)a->calls : 0, 14);
    aflowi_put_char(&s->out, '\n');
}

#define AFLOWI_KIND_BIT(kind) (1u << (unsigned)(kind))

static void aflowi_text_resource_table(aflowi_sheet *s, const aflowi_resource_table *t, size_t resources)
{
    aflowi_listing list;
    size_t i, shown;
    const aflowi_listed *rows;
    memset(&list, 0, sizeof list);
    for (i = 0; i < resources; i++) {
        aflow_resource_stats a = aflow_result_resource(s->result, aflowi_resource_id(i));
        if (t->kinds & AFLOWI_KIND_BIT(a.kind)) aflowi_listing_offer(&list, aflowi_resource_id(i), 0, a.utilization);
    }
    rows = aflowi_listing_rows(&list, &shown);
    if (!shown) return;
    aflowi_put_heading(s, t->above, t->title, t->rest);
    for (i = 0; i < shown; i++) {
        aflow_resource_stats a = aflow_result_resource(s->result, rows[i].entity);
        t->row(s, rows[i].entity, &a);
    }
    aflowi_put_not_shown(s, &list, t->many);
}

/* Batches by size, in at most eight rows of equally many sizes. */
static void aflowi_text_batches(aflowi_sheet *s, aflow_id gpu)
{
    aflow_resource_stats a = aflow_result_resource(s->result, gpu);
    uint64_t rows[8], most = 0;
    size_t step = ((size_t)a.batch_size_max + 7) / 8, n, row;
    if (a.batch_size_max < 2) return;
    memset(rows, 0, sizeof rows);
    for (n = 1; n <= a.batch_size_max; n++) rows[(n - 1) / step] += aflowi_batches_of(s->result, gpu, n);
    for (row = 0; row < 8; row++) if (rows[row] > most) most = rows[row];
    aflowi_put(&s->out, "\n  batches of ");
    aflowi_put_wrapped(s, a.id, 13, 13);
    for (row = 0; row * step < a.batch_size_max; row++) {
        uint64_t eighths = most ? rows[row] * 38 * 8 / most : 0;
        size_t last = (row + 1) * step < a.batch_size_max ? (row + 1) * step : a.batch_size_max;
        aflowi_line l;
        aflowi_figure_start(&l);
        aflowi_figure_grouped(&l, row * step + 1);
        if (last > row * step + 1) aflowi_line_put(&l, " \xE2\x80\x93 ");
        if (last > row * step + 1) aflowi_figure_grouped(&l, last);
        aflowi_put_padded(&s->out, l.text, -15);
        aflowi_put(&s->out, "  ");
        aflowi_put_bar(s, rows[row] && !eighths ? 1 : eighths, 38, 1);
        aflowi_cell_count(s, rows[row], 12);
        aflowi_cell_percent(s, aflowi_share(rows[row], a.batches), 2, 11);
        aflowi_put_char(&s->out, '\n');
    }
}

/* Of few GPUs. */
static void aflowi_text_all_batches(aflowi_sheet *s, size_t resources)
{
    size_t i, shown = 0;
    for (i = 0; i < resources && shown < 3; i++) {
        if (aflow_result_resource(s->result, aflowi_resource_id(i)).kind != AFLOW_RESOURCE_GPU) continue;
        aflowi_text_batches(s, aflowi_resource_id(i));
        shown++;
    }
}

static void aflowi_text_resources(aflowi_sheet *s, const aflowi_extent *x)
{
    static const uint32_t counted = AFLOWI_KIND_BIT(AFLOW_RESOURCE_CONNECTION_POOL) | AFLOWI_KIND_BIT(AFLOW_RESOURCE_DATABASE)
        | AFLOWI_KIND_BIT(AFLOW_RESOURCE_RATE_LIMITER) | AFLOWI_KIND_BIT(AFLOW_RESOURCE_LLM) | AFLOWI_KIND_BIT(AFLOW_RESOURCE_GPU);
    const aflowi_resource_table use = { counted, aflowi_use_row, "                                                 in use                  waiting",
        "RESOURCES", "         kind               mean    max     of      used    mean    max", "resources" };
    const aflowi_resource_table waits = { counted, aflowi_wait_row, "                                  wait, from asking to getting       turned away",
        "WAITS", "                   acquired      mean       p95       max rejected timeouts", "resources" };
    const aflowi_resource_table caches = { AFLOWI_KIND_BIT(AFLOW_RESOURCE_CACHE), aflowi_cache_row, "                                              look-ups                   entries",
        "CACHES", "           hit ratio     hits   misses coalesced  at most  evicted expired", "caches" };
    const aflowi_resource_table gpus = { AFLOWI_KIND_BIT(AFLOW_RESOURCE_GPU), aflowi_gpu_row, "                                  requests a batch             against  wait for",
        "GPUS", "               batches  requests   mean    max     used one by one   a batch", "GPUs" };
    const aflowi_resource_table models = { AFLOWI_KIND_BIT(AFLOW_RESOURCE_LLM), aflowi_model_row, "                                               tokens             cost, in money",
        "MODELS", "                calls           in          out        total      per call", "models" };
    if (!x->resources) return;
    aflowi_text_resource_table(s, &use, x->resources);
    aflowi_text_resource_table(s, &waits, x->resources);
    aflowi_text_resource_table(s, &caches, x->resources);
    aflowi_text_resource_table(s, &gpus, x->resources);
    aflowi_text_all_batches(s, x->resources);
    aflowi_text_resource_table(s, &models, x->resources);
}

static void aflowi_loss_row(aflowi_sheet *s, const aflowi_listed *row)
{
    aflow_endpoint_stats e = aflow_result_endpoint(s->result, row->entity, row->part);
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, aflow_result_name(s->result, row->entity), 13);
    aflowi_put_char(&s->out, ' ');
    aflowi_put_name(s, e.endpoint_name, 17);
    aflowi_cell_count(s, e.arrived, 11);
    aflowi_cell_count(s, e.rejected, 9);
    aflowi_cell_percent(s, aflowi_share(e.rejected, e.arrived), 2, 9);
    aflowi_cell_count(s, e.timed_out, 9);
    aflowi_cell_percent(s, aflowi_share(e.timed_out, e.arrived), 2, 9);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_cost_row(aflowi_sheet *s, const aflowi_listed *row)
{
    aflow_endpoint_stats e = aflow_result_endpoint(s->result, row->entity, row->part);
    double all = aflow_result_llm(s->result).cost;
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, aflow_result_name(s->result, row->entity), 13);
    aflowi_put_char(&s->out, ' ');
    aflowi_put_name(s, e.endpoint_name, 17);
    aflowi_cell_count(s, e.arrived, 11);
    aflowi_cell_money(s, e.cost, 13);
    aflowi_cell_percent(s, all > 0 ? e.cost / all : 0, 1, 9);
    aflowi_cell_money(s, e.arrived ? e.cost / (double)e.arrived : 0, 14);
    aflowi_put_char(&s->out, '\n');
}

/* Endpoints that lost requests at limits, or that cost money. */
static void aflowi_text_endpoint_table(aflowi_sheet *s, size_t servers, int costs)
{
    aflowi_listing list;
    size_t i, k, shown;
    const aflowi_listed *rows;
    memset(&list, 0, sizeof list);
    for (i = 0; i < servers; i++) {
        size_t endpoints = aflow_result_server(s->result, aflowi_server_id(i)).endpoints;
        for (k = 0; k < endpoints; k++) {
            aflow_endpoint_stats e = aflow_result_endpoint(s->result, aflowi_server_id(i), k);
            double load = costs ? e.cost : (double)(e.rejected + e.timed_out);
            if (load > 0) aflowi_listing_offer(&list, aflowi_server_id(i), k, load);
        }
    }
    rows = aflowi_listing_rows(&list, &shown);
    if (!shown) return;
    if (costs) aflowi_put_heading(s, NULL, "COST BY ENDPOINT", "                     arrived        total    share   per arrival");
    else aflowi_put_heading(s, NULL, "TURNED AWAY", "                          arrived rejected    share timeouts    share");
    for (i = 0; i < shown; i++) {
        if (costs) aflowi_cost_row(s, &rows[i]);
        else aflowi_loss_row(s, &rows[i]);
    }
    aflowi_put_not_shown(s, &list, "endpoints");
}

static void aflowi_cost_figure(aflowi_sheet *s, const char *label, int label_width, double money, int width)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_money(&l, money);
    aflowi_put_padded(&s->out, label, label_width);
    aflowi_put_padded(&s->out, l.text, -12);
    if (width > 12) aflowi_put_repeat(&s->out, ' ', (size_t)width - 12);
}

static void aflowi_text_cost(aflowi_sheet *s, const aflowi_extent *x)
{
    if (!x->costs) return;
    aflowi_put_heading(s, NULL, "COST", "        money, in the unit of the prices");
    aflowi_cost_figure(s, "  total", 11, x->llm.cost, 16);
    aflowi_cost_figure(s, "per request", 15, x->llm.cost_per_request, 15);
    aflowi_cost_figure(s, "at most", 9, x->llm.cost_per_request_max, 0);
    aflowi_put(&s->out, "\n");
    aflowi_cost_figure(s, "  per month", 11, x->llm.cost_per_month, 16);
    aflowi_cost_figure(s, "per model call", 15, x->llm.cost_per_call, 0);
    aflowi_put(&s->out, "\n  a month has 30 days of this traffic; requests are the completed ones\n");
    aflowi_text_endpoint_table(s, x->servers, 1);
}

/* ---- Text report: events, warnings, bottleneck ---------------------------- */

static int aflowi_is_spike(const aflow_event_info *e) { return !e->is_outage && !e->is_cache_loss; }

static void aflowi_event_row(aflowi_sheet *s, const aflow_event_info *e)
{
    aflowi_line l;
    aflowi_put(&s->out, "  ");
    aflowi_put_name(s, e->event_id, 18);
    aflowi_figure_start(&l);
    aflowi_line_put(&l, e->is_outage ? "outage of " : e->is_cache_loss ? "loss of " : "+");
    if (aflowi_is_spike(e)) {
        aflowi_figure_seconds(&l, e->spike_s);
        aflowi_line_put(&l, " on ");
    }
    aflowi_line_name(&l, e->target_id, 22);
    aflowi_put_char(&s->out, ' ');
    aflowi_put_padded(&s->out, l.text, 36);
    aflowi_figure_start(&l);
    aflowi_figure_moment(&l, e->t_start);
    aflowi_line_put(&l, " \xE2\x80\x93 ");
    aflowi_figure_moment(&l, e->t_end);
    aflowi_put_char(&s->out, ' ');
    aflowi_put(&s->out, l.text);
    aflowi_put_char(&s->out, '\n');
}

static void aflowi_text_events(aflowi_sheet *s)
{
    size_t events = aflow_result_events(s->result), shown = events <= AFLOWI_LISTED_ALL ? events : AFLOWI_LISTED_BUSIEST, i;
    if (!events) return;
    aflowi_put_heading(s, NULL, "INJECTED EVENTS", "");
    for (i = 0; i < shown; i++) {
        aflow_event_info e = aflow_result_event(s->result, i);
        aflowi_event_row(s, &e);
    }
    if (shown == events) return;
    aflowi_put(&s->out, "  ... and ");
    aflowi_put_u64(&s->out, events - shown);
    aflowi_put(&s->out, " more; JSON has all\n");
}

static void aflowi_text_warnings(aflowi_sheet *s)
{
    size_t warnings = aflow_result_warnings(s->result), shown = warnings <= AFLOWI_LISTED_ALL ? warnings : AFLOWI_LISTED_BUSIEST, i;
    if (!warnings) return;
    aflowi_put_heading(s, NULL, "WARNINGS", "");
    for (i = 0; i < shown; i++) {
        aflowi_put(&s->out, "  ");
        aflowi_put_wrapped(s, aflow_result_warning(s->result, i), 2, 4);
    }
    if (shown == warnings) return;
    aflowi_put(&s->out, "  ... and ");
    aflowi_put_u64(&s->out, warnings - shown);
    aflowi_put(&s->out, " more; JSON has all\n");
}

/* The least whole capacity above what is offered: "3 cores". */
static void aflowi_say_needed(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    uint64_t have = aflowi_capacity(result, v);
    const char *unit = aflowi_words_of(result, v).unit;
    double needed = aflowi_mul(v->offered, (double)have);
    if (!have || !unit || !(needed < 1e15)) return;
    aflowi_line_put(l, " It needs at least ");
    aflowi_figure_grouped(l, (uint64_t)needed + 1);
    aflowi_line_put(l, unit);
    aflowi_line_put(l, " and has ");
    aflowi_figure_grouped(l, have);
    aflowi_line_put(l, ".");
}

/* What a verdict names is a resource of this kind; NONE: it is something of a server. */
static aflow_resource_kind aflowi_kind_named(const aflow_result *result, const aflow_verdict_info *v)
{
    return v->resource == AFLOW_RESOURCE_IN_USE ? aflow_result_resource(result, v->bottleneck).kind : AFLOW_RESOURCE_NONE;
}

/* A limiter that all who ask would pass if they came evenly has too little burst, not too little rate. */
static void aflowi_say_limit_relief(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v, const aflowi_account *a)
{
    aflowi_words words = aflowi_words_of(result, v);
    int limiter = aflowi_kind_named(result, v) == AFLOW_RESOURCE_RATE_LIMITER;
    if (limiter && v->offered > 0 && v->offered < 1 && v->utilization < 1 - aflowi_turned_away_share(a)) {
        aflowi_line_put(l, "its rate is enough for the mean (offered ");
        aflowi_say_percent(l, v->offered);
        aflowi_line_put(l, a->timed_out ? "); bursts are not: a larger burst, or a longer acquire_timeout" : "); bursts are not: a larger burst");
        return;
    }
    aflowi_line_put(l, words.more);
    if (a->rejected && !limiter) aflowi_line_put(l, ", room to wait");
    if (a->timed_out) aflowi_line_put(l, ", a longer acquire_timeout");
    aflowi_line_put(l, ", or ");
    aflowi_line_put(l, words.less);
}

static void aflowi_say_relief(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    const aflowi_account *a = aflowi_account_named(result, v);
    aflowi_line_put(l, " What relieves it: ");
    if (v->verdict == AFLOW_VERDICT_LIMITED && a && aflowi_words_of(result, v).more) aflowi_say_limit_relief(l, result, v, a);
    else aflowi_line_put(l, aflowi_words_of(result, v).relief);
    aflowi_line_put(l, ".");
}

/* "the event loops of api, held by blocking calls 26.8 % of the time and in use 40.1 % in all" */
static void aflowi_say_blocked(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    double loops = (double)aflowi_loops_of(result->sim, aflowi_id_index(v->bottleneck));
    aflowi_line_put(l, ", held by blocking calls ");
    aflowi_say_percent(l, loops > 0 ? aflow_result_metric(result, AFLOW_LOOPS_BLOCKED, v->bottleneck).mean / loops : 0);
    aflowi_line_put(l, " of the time and in use ");
    aflowi_say_percent(l, v->utilization);
    aflowi_line_put(l, " in all");
}

/* What is tightest, and how tight. */
static void aflowi_say_tightness(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    aflow_resource_kind kind = aflowi_kind_named(result, v);
    aflowi_line_put(l, "the ");
    aflowi_say_bottleneck(l, result, v);
    if (v->resource == AFLOW_LOOPS_BLOCKED) {
        aflowi_say_blocked(l, result, v);
        return;
    }
    aflowi_line_put(l, v->resource == AFLOW_CORE_BUSY ? ", busy " : kind == AFLOW_RESOURCE_GPU ? ", which does " : kind == AFLOW_RESOURCE_LLM ? ", its most used limit at " : ", in use ");
    aflowi_say_percent(l, v->utilization);
    aflowi_line_put(l, kind == AFLOW_RESOURCE_GPU ? " of what it can in full batches" : " on average");
}

/* "the CPU of srv-1, busy 43.0 % on average; 0.31 requests wait for a core on average, 22 at most." */
static void aflowi_say_use(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    aflow_metric_stats queue = aflow_result_metric(result, v->queue, v->bottleneck);
    aflowi_say_tightness(l, result, v);
    if (v->verdict == AFLOW_VERDICT_LIMITED && !(queue.max > 0)) {
        aflowi_line_put(l, "; nobody waits.");
        return;
    }
    aflowi_line_put(l, "; ");
    aflowi_figure_mean(l, queue.mean);
    aflowi_line_put(l, " requests wait ");
    aflowi_line_put(l, aflowi_words_of(result, v).queue);
    aflowi_line_put(l, " on average, ");
    aflowi_figure_short(l, queue.max);
    aflowi_line_put(l, " at most.");
}

/* Where nothing is busy yet: how far it is to go. */
static void aflowi_say_headroom(aflowi_line *l, const aflow_verdict_info *v)
{
    double times = 1 / v->utilization;
    aflowi_line_put(l, " Traffic can grow to about ");
    if (times < 99.95) aflowi_figure_fixed(l, times, 1);
    else aflowi_figure_short(l, times);
    aflowi_line_put(l, " times of this before it is full; what helps then: ");
}

/* Where nothing is busy yet: what will be first, and what helps then. Of a run with injected events means do not tell how far it is
   to go; scenarios that have nothing beyond AsyncFlow's keep the words that they always had. */
static void aflowi_say_calm(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    int mixed = aflow_result_events(result) != 0 && result->sim->plan.carries_more;
    aflowi_line_put(l, mixed ? "none on average over the whole run, injected events included; the first will be " : "none yet; the first will be ");
    aflowi_say_use(l, result, v);
    if (mixed) aflowi_line_put(l, " What helps then: ");
    else aflowi_say_headroom(l, v);
    aflowi_line_put(l, aflowi_words_of(result, v).relief);
    aflowi_line_put(l, ".");
}

/* Where the run is tightest, how tight, and what helps; 0 where nothing was in use. */
static int aflowi_say_tightest(aflowi_line *l, const aflow_result *result, const aflow_verdict_info *v)
{
    if (!v->bottleneck || (v->verdict != AFLOW_VERDICT_OVERLOADED && !(v->utilization > 0))) return 0;
    if (v->verdict == AFLOW_VERDICT_STABLE && v->utilization < 0.7) {
        aflowi_say_calm(l, result, v);
        return 1;
    }
    aflowi_say_use(l, result, v);
    if (v->offered >= 1) aflowi_say_needed(l, result, v);
    aflowi_say_relief(l, result, v);
    return 1;
}

static void aflowi_text_bottleneck(aflowi_sheet *s)
{
    aflow_verdict_info v = aflow_result_verdict(s->result);
    aflowi_line l;
    aflowi_figure_start(&l);
    if (!aflowi_say_tightest(&l, s->result, &v)) return;
    aflowi_put_char(&s->out, '\n');
    aflowi_put_color(s, "1");
    aflowi_put(&s->out, "BOTTLENECK");
    aflowi_put_color(s, "0");
    aflowi_put(&s->out, "  ");
    aflowi_put_wrapped(s, l.text, 12, 12);
}

AFLOW_API aflow_status aflow_write_text_with(const aflow_result *result, const aflow_text_options *options, aflow_put_fn put, void *context)
{
    aflowi_sheet s;
    aflow_run_info info;
    aflow_latency_stats latency;
    aflowi_extent x;
    if (!result || !put) return AFLOW_MISUSE;
    aflowi_out_init(&s.out, put, context);
    s.result = result;
    x = aflowi_extent_of(result);
    s.color = options && options->color;
    info = aflow_result_info(result);
    latency = aflow_result_latency(result);
    aflowi_text_verdict(&s, &info, &x);
    aflowi_text_identity(&s, &info);
    aflowi_text_requests(&s, &info, &x);
    aflowi_text_latency(&s, &latency);
    aflowi_text_histogram(&s, &latency);
    aflowi_text_throughput(&s, info.horizon_s > info.warm_up_s ? info.horizon_s - info.warm_up_s : 0);
    aflowi_text_servers(&s);
    aflowi_text_loops(&s);
    aflowi_text_pools(&s);
    aflowi_text_resources(&s, &x);
    aflowi_text_endpoints(&s);
    aflowi_text_endpoint_table(&s, x.servers, 0);
    aflowi_text_cost(&s, &x);
    aflowi_text_edges(&s);
    aflowi_text_events(&s);
    aflowi_text_warnings(&s);
    aflowi_text_bottleneck(&s);
    return aflowi_out_end(&s.out);
}

AFLOW_API aflow_status aflow_write_text(const aflow_result *result, aflow_put_fn put, void *context)
{
    return aflow_write_text_with(result, NULL, put, context);
}

/* ---- JSON -----------------------------------------------------------------
   Objects that hold lists are indented by two spaces, the others stand on one line. The order of the keys is a promise;
   what is newer than the promise stands behind it. */

/* `, "key": ` in an object on one line; the first key brings the brace. */
static void aflowi_json_key(aflowi_out *o, const char *key, int first)
{
    aflowi_put(o, first ? "{\"" : ", \"");
    aflowi_put(o, key);
    aflowi_put(o, "\": ");
}

static void aflowi_json_u64(aflowi_out *o, const char *key, uint64_t value, int first)
{
    aflowi_json_key(o, key, first);
    aflowi_put_u64(o, value);
}

static void aflowi_json_number(aflowi_out *o, const char *key, double value, int first)
{
    aflowi_json_key(o, key, first);
    aflowi_put_double(o, value);
}

static void aflowi_json_text(aflowi_out *o, const char *key, const char *text, int first)
{
    aflowi_json_key(o, key, first);
    aflowi_put_json_string(o, text);
}

static void aflowi_json_hex(aflowi_out *o, const char *key, uint64_t value, int first)
{
    aflowi_json_key(o, key, first);
    aflowi_put_char(o, '"');
    aflowi_put_hex64(o, value);
    aflowi_put_char(o, '"');
}

/* Comma, new line, so many spaces: between the members of an indented object or list. */
static void aflowi_json_next(aflowi_out *o, int first, size_t indent)
{
    aflowi_put(o, first ? "\n" : ",\n");
    aflowi_put_repeat(o, ' ', indent);
}

static void aflowi_json_member(aflowi_out *o, const char *key, int first, size_t indent)
{
    aflowi_json_next(o, first, indent);
    aflowi_put_json_string(o, key);
    aflowi_put(o, ": ");
}

static void aflowi_json_latency(aflowi_out *o, const aflow_latency_stats *a)
{
    aflowi_json_u64(o, "count", a->count, 1);
    aflowi_json_number(o, "mean", a->mean_s, 0);
    aflowi_json_number(o, "median", a->p50_s, 0);
    aflowi_json_number(o, "std_dev", a->std_dev_s, 0);
    aflowi_json_number(o, "min", a->min_s, 0);
    aflowi_json_number(o, "max", a->max_s, 0);
    aflowi_json_number(o, "p50", a->p50_s, 0);
    aflowi_json_number(o, "p90", a->p90_s, 0);
    aflowi_json_number(o, "p95", a->p95_s, 0);
    aflowi_json_number(o, "p99", a->p99_s, 0);
    aflowi_json_number(o, "p999", a->p999_s, 0);
    aflowi_json_text(o, "method", a->relative_error > 0 ? "histogram" : "exact", 0);
    if (a->relative_error > 0) aflowi_json_number(o, "relative_error", a->relative_error, 0);
    aflowi_put_char(o, '}');
}

static void aflowi_json_metric(aflowi_out *o, const aflow_result *result, aflow_metric metric, aflow_id entity)
{
    aflow_metric_stats m = aflow_result_metric(result, metric, entity);
    aflowi_json_number(o, "mean", m.mean, 1);
    aflowi_json_number(o, "max", m.max, 0);
    aflowi_json_number(o, "sampled_mean", m.sampled_mean, 0);
    aflowi_json_number(o, "sampled_max", m.sampled_max, 0);
    aflowi_put_char(o, '}');
}

static void aflowi_json_run(aflowi_out *o, const aflow_result *result, const aflowi_extent *x)
{
    aflow_run_info info = aflow_result_info(result);
    aflowi_put(o, "{\n  \"asyncflow\": \"" ASYNCFLOW_VERSION_STRING "\",\n  \"schema\": 1");
    aflowi_json_member(o, "scenario", 0, 2);
    aflowi_json_hex(o, "hash", info.scenario_hash, 1);
    aflowi_put_char(o, '}');
    aflowi_json_member(o, "run", 0, 2);
    aflowi_json_key(o, "seed", 1);
    aflowi_put_char(o, '"');
    aflowi_put_u64(o, info.seed);
    aflowi_put(o, "\", \"compat\": ");
    aflowi_put(o, info.compat == AFLOW_COMPAT_ASYNCFLOW_0_1 ? "\"asyncflow-0.1.1\"" : "null");
    aflowi_json_number(o, "horizon_s", info.horizon_s, 0);
    aflowi_json_u64(o, "replications", 1, 0);
    aflowi_json_u64(o, "events", info.requests.events, 0);
    aflowi_json_hex(o, "digest", info.digest, 0);
    aflowi_json_u64(o, "replication", info.replication, 0);
    aflowi_json_number(o, "sample_period_s", info.sample_period_s, 0);
    if (info.warm_up_s > 0) aflowi_json_number(o, "warm_up_s", info.warm_up_s, 0);
    aflowi_put_char(o, '}');
    aflowi_json_member(o, "requests", 0, 2);
    aflowi_json_u64(o, "generated", info.requests.generated, 1);
    aflowi_json_u64(o, "completed", info.requests.completed, 0);
    aflowi_json_u64(o, "dropped", info.requests.dropped, 0);
    aflowi_json_u64(o, "in_flight", info.requests.in_flight, 0);
    if (x->limits) {
        aflowi_json_u64(o, "rejected", x->rejected, 0);
        aflowi_json_u64(o, "timed_out", x->timed_out, 0);
    }
    aflowi_put_char(o, '}');
}

static void aflowi_json_throughput(aflowi_out *o, const aflow_result *result)
{
    aflow_throughput_stats t = aflow_result_throughput(result, 1.0, NULL, 0);
    aflowi_json_number(o, "mean", t.mean_rps, 1);
    aflowi_json_number(o, "std_dev", t.std_dev_rps, 0);
    aflowi_json_number(o, "max", t.max_rps, 0);
    aflowi_json_number(o, "window_s", t.window_s, 0);
    aflowi_json_u64(o, "windows", t.windows, 0);
    aflowi_put_char(o, '}');
}

static void aflowi_json_endpoints(aflowi_out *o, const aflow_result *result, aflow_id server, size_t endpoints, const aflowi_extent *x)
{
    size_t i;
    aflowi_json_member(o, "endpoints", 0, 6);
    aflowi_put_char(o, '[');
    for (i = 0; i < endpoints; i++) {
        aflow_endpoint_stats e = aflow_result_endpoint(result, server, i);
        aflowi_json_next(o, i == 0, 8);
        aflowi_json_text(o, "endpoint_name", e.endpoint_name, 1);
        aflowi_json_u64(o, "arrived", e.arrived, 0);
        aflowi_json_u64(o, "completed", e.completed, 0);
        aflowi_json_key(o, "latency_s", 0);
        aflowi_json_latency(o, &e.latency);
        if (x->limits) {
            aflowi_json_u64(o, "rejected", e.rejected, 0);
            aflowi_json_u64(o, "timed_out", e.timed_out, 0);
        }
        if (x->costs) aflowi_json_number(o, "cost", e.cost, 0);
        aflowi_put_char(o, '}');
    }
    aflowi_put(o, endpoints ? "\n      ]" : "]");
}

/* Members on lines of their own. */
static void aflowi_json_member_u64(aflowi_out *o, const char *key, uint64_t value)
{
    aflowi_json_member(o, key, 0, 6);
    aflowi_put_u64(o, value);
}

static void aflowi_json_member_number(aflowi_out *o, const char *key, double value)
{
    aflowi_json_member(o, key, 0, 6);
    aflowi_put_double(o, value);
}

static void aflowi_json_server_resources(aflowi_out *o, const aflow_server_stats *a)
{
    aflowi_json_member(o, "server_resources", 0, 6);
    aflowi_json_u64(o, "cpu_cores", a->cpu_cores, 1);
    aflowi_json_u64(o, "ram_mb", a->ram_mb, 0);
    aflowi_json_u64(o, "db_connection_pool", a->db_connection_pool, 0);
    if (a->workers) aflowi_json_u64(o, "workers", a->workers, 0);
    if (a->threads) aflowi_json_u64(o, "threads", a->threads, 0);
    if (a->max_concurrency) aflowi_json_u64(o, "max_concurrency", a->max_concurrency, 0);
    aflowi_put_char(o, '}');
    aflowi_json_member(o, "offered_load", 0, 6);
    aflowi_json_number(o, "cpu", a->cpu_offered, 1);
    aflowi_json_number(o, "ram", a->ram_offered, 0);
    aflowi_json_number(o, "db", a->db_connection_pool ? a->db_offered : 0, 0);
    if (a->threads) aflowi_json_number(o, "threads", a->thread_offered, 0);
    aflowi_put_char(o, '}');
}

static void aflowi_json_server(aflowi_out *o, const aflow_result *result, aflow_id id, const aflowi_extent *x)
{
    static const aflow_metric always[] = { AFLOW_READY_QUEUE_LEN, AFLOW_EVENT_LOOP_IO_SLEEP, AFLOW_RAM_IN_USE, AFLOW_CORE_BUSY, AFLOW_RAM_QUEUE_LEN };
    static const aflow_metric some[] = { AFLOW_DB_CONNECTIONS_IN_USE, AFLOW_DB_QUEUE_LEN, AFLOW_CONCURRENT_REQUESTS, AFLOW_BACKLOG_LEN,
                                         AFLOW_LOOPS_BLOCKED, AFLOW_THREADS_IN_USE, AFLOW_THREAD_QUEUE_LEN };
    aflow_server_stats a = aflow_result_server(result, id);
    size_t i;
    aflowi_put_char(o, '{');
    aflowi_json_member(o, "id", 1, 6);
    aflowi_put_json_string(o, a.id);
    aflowi_json_member(o, "arrived", 0, 6);
    aflowi_put_u64(o, a.arrived);
    aflowi_json_member(o, "completed", 0, 6);
    aflowi_put_u64(o, a.completed);
    aflowi_json_member(o, "cpu_utilization", 0, 6);
    aflowi_put_double(o, a.cpu_utilization);
    for (i = 0; i < AFLOWI_COUNT(always); i++) {
        aflowi_json_member(o, aflow_metric_name(always[i]), 0, 6);
        aflowi_json_metric(o, result, always[i], id);
    }
    aflowi_json_endpoints(o, result, id, a.endpoints, x);
    aflowi_json_member_u64(o, "refused", a.refused);
    aflowi_json_server_resources(o, &a);
    for (i = 0; i < AFLOWI_COUNT(some); i++) {
        if (!aflowi_has(result, some[i], id)) continue;
        aflowi_json_member(o, aflow_metric_name(some[i]), 0, 6);
        aflowi_json_metric(o, result, some[i], id);
    }
    if (x->limits) {
        aflowi_json_member_u64(o, "rejected", a.rejected);
        aflowi_json_member_u64(o, "timed_out", a.timed_out);
    }
    if (aflowi_has_loops(&a)) {
        aflowi_json_member(o, "loop_lag_s", 0, 6);
        aflowi_json_latency(o, &a.loop_lag);
    }
    if (x->costs) aflowi_json_member_number(o, "cost", a.cost);
    aflowi_put(o, "\n    }");
}

static void aflowi_json_cache(aflowi_out *o, const aflow_resource_stats *a)
{
    aflowi_json_member_u64(o, "hits", a->hits);
    aflowi_json_member_u64(o, "misses", a->misses);
    aflowi_json_member_u64(o, "coalesced", a->coalesced);
    aflowi_json_member_u64(o, "evicted", a->evicted);
    aflowi_json_member_u64(o, "expired", a->expired);
    aflowi_json_member_number(o, "hit_ratio", a->hit_ratio);
}

static void aflowi_json_gpu(aflowi_out *o, const aflow_result *result, aflow_id id, const aflow_resource_stats *a)
{
    size_t n;
    int first = 1;
    aflowi_json_member_u64(o, "batches", a->batches);
    aflowi_json_member_u64(o, "items", a->items);
    aflowi_json_member_number(o, "batch_size_mean", a->batch_size_mean);
    aflowi_json_member_u64(o, "batch_size_max", a->batch_size_max);
    aflowi_json_member_number(o, "batching_gain", a->batching_gain);
    aflowi_json_member(o, "batch_sizes", 0, 6);
    aflowi_put_char(o, '[');
    for (n = 1; n <= a->batch_size_max && !o->failed; n++) {
        uint64_t batches = aflowi_batches_of(result, id, n);
        if (!batches) continue;
        aflowi_put(o, first ? "[" : ", [");
        aflowi_put_u64(o, n);
        aflowi_put(o, ", ");
        aflowi_put_u64(o, batches);
        aflowi_put_char(o, ']');
        first = 0;
    }
    aflowi_put_char(o, ']');
}

static void aflowi_json_model(aflowi_out *o, const aflow_resource_stats *a)
{
    aflowi_json_member_u64(o, "calls", a->calls);
    aflowi_json_member_u64(o, "input_tokens", a->input_tokens);
    aflowi_json_member_u64(o, "output_tokens", a->output_tokens);
    aflowi_json_member_number(o, "cost", a->cost);
}

/* What every resource has, then what belongs to its kind. */
static void aflowi_json_resource(aflowi_out *o, const aflow_result *result, aflow_id id)
{
    aflow_resource_stats a = aflow_result_resource(result, id);
    aflowi_put_char(o, '{');
    aflowi_json_member(o, "id", 1, 6);
    aflowi_put_json_string(o, a.id);
    aflowi_json_member(o, "kind", 0, 6);
    aflowi_put_json_string(o, aflow_resource_kind_name(a.kind));
    aflowi_json_member(o, "capacity", 0, 6);
    if (a.capacity) aflowi_put_u64(o, a.capacity);
    else aflowi_put(o, "null");
    aflowi_json_member_u64(o, "acquired", a.acquired);
    aflowi_json_member_u64(o, "released", a.released);
    aflowi_json_member_u64(o, "rejected", a.rejected);
    aflowi_json_member_u64(o, "timed_out", a.timed_out);
    aflowi_json_member_number(o, "utilization", a.utilization);
    aflowi_json_member_number(o, "offered", a.offered);
    aflowi_json_member(o, "wait_s", 0, 6);
    aflowi_json_latency(o, &a.wait);
    aflowi_json_member(o, aflow_metric_name(AFLOW_RESOURCE_IN_USE), 0, 6);
    aflowi_json_metric(o, result, AFLOW_RESOURCE_IN_USE, id);
    aflowi_json_member(o, aflow_metric_name(AFLOW_RESOURCE_QUEUE_LEN), 0, 6);
    aflowi_json_metric(o, result, AFLOW_RESOURCE_QUEUE_LEN, id);
    if (a.kind == AFLOW_RESOURCE_CACHE) aflowi_json_cache(o, &a);
    if (a.kind == AFLOW_RESOURCE_GPU) aflowi_json_gpu(o, result, id, &a);
    if (a.kind == AFLOW_RESOURCE_LLM) aflowi_json_model(o, &a);
    aflowi_put(o, "\n    }");
}

static void aflowi_json_resources(aflowi_out *o, const aflow_result *result, const aflowi_extent *x)
{
    size_t i;
    if (x->resources) {
        aflowi_json_member(o, "resources", 0, 2);
        aflowi_put_char(o, '[');
        for (i = 0; i < x->resources && !o->failed; i++) {
            aflowi_json_next(o, i == 0, 4);
            aflowi_json_resource(o, result, aflowi_resource_id(i));
        }
        aflowi_put(o, "\n  ]");
    }
    if (x->costs) {
        aflowi_json_member(o, "llm_stats", 0, 2);
        aflowi_json_u64(o, "calls", x->llm.calls, 1);
        aflowi_json_u64(o, "input_tokens", x->llm.input_tokens, 0);
        aflowi_json_u64(o, "output_tokens", x->llm.output_tokens, 0);
        aflowi_json_number(o, "cost", x->llm.cost, 0);
        aflowi_json_number(o, "cost_per_call", x->llm.cost_per_call, 0);
        aflowi_json_number(o, "cost_per_request", x->llm.cost_per_request, 0);
        aflowi_json_number(o, "cost_per_request_max", x->llm.cost_per_request_max, 0);
        aflowi_json_number(o, "cost_per_month", x->llm.cost_per_month, 0);
        aflowi_put_char(o, '}');
    }
}

static void aflowi_json_edge(aflowi_out *o, const aflow_result *result, aflow_id id)
{
    aflow_edge_stats e = aflow_result_edge(result, id);
    aflowi_json_text(o, "id", e.id, 1);
    aflowi_json_u64(o, "delivered", e.delivered, 0);
    aflowi_json_u64(o, "dropped", e.dropped, 0);
    aflowi_json_key(o, aflow_metric_name(AFLOW_EDGE_CONCURRENT_CONNECTION), 0);
    aflowi_json_metric(o, result, AFLOW_EDGE_CONCURRENT_CONNECTION, id);
    aflowi_json_text(o, "source", e.source, 0);
    aflowi_json_text(o, "target", e.target, 0);
    aflowi_json_u64(o, "sent", e.sent, 0);
    aflowi_put_char(o, '}');
}

static void aflowi_json_topology(aflowi_out *o, const aflow_result *result, const aflowi_extent *x)
{
    size_t servers = aflow_result_servers(result, NULL, 0), edges = aflow_result_edges(result, NULL, 0), i;
    aflowi_json_member(o, "servers", 0, 2);
    aflowi_put_char(o, '[');
    for (i = 0; i < servers && !o->failed; i++) {
        aflowi_json_next(o, i == 0, 4);
        aflowi_json_server(o, result, aflowi_server_id(i), x);
    }
    aflowi_put(o, servers ? "\n  ]" : "]");
    aflowi_json_member(o, "edges", 0, 2);
    aflowi_put_char(o, '[');
    for (i = 0; i < edges && !o->failed; i++) {
        aflowi_json_next(o, i == 0, 4);
        aflowi_json_edge(o, result, aflowi_edge_id(i));
    }
    aflowi_put(o, edges ? "\n  ]" : "]");
}

static void aflowi_json_warnings(aflowi_out *o, const aflow_result *result)
{
    size_t warnings = aflow_result_warnings(result), i;
    aflowi_json_member(o, "warnings", 0, 2);
    aflowi_put_char(o, '[');
    for (i = 0; i < warnings; i++) {
        aflowi_json_next(o, i == 0, 4);
        aflowi_put_json_string(o, aflow_result_warning(result, i));
    }
    aflowi_put(o, warnings ? "\n  ]" : "]");
}

static void aflowi_json_verdict(aflowi_out *o, const aflow_result *result)
{
    static const char *const word[] = { "stable", "backlogged", "overloaded", "empty", "limited" };
    aflow_verdict_info v = aflow_result_verdict(result);
    aflowi_json_member(o, "verdict", 0, 2);
    aflowi_json_text(o, "verdict", word[v.verdict], 1);
    aflowi_json_key(o, "bottleneck", 0);
    if (!v.bottleneck) {
        aflowi_put(o, "null, \"resource\": null, \"utilization\": null, \"offered\": null, \"queue\": null}");
        return;
    }
    aflowi_put_json_string(o, aflow_result_name(result, v.bottleneck));
    aflowi_json_text(o, "resource", aflow_metric_name(v.resource), 0);
    aflowi_json_number(o, "utilization", v.utilization, 0);
    aflowi_json_number(o, "offered", v.offered, 0);
    aflowi_json_text(o, "queue", aflow_metric_name(v.queue), 0);
    aflowi_put_char(o, '}');
}

static void aflowi_json_events(aflowi_out *o, const aflow_result *result)
{
    size_t events = aflow_result_events(result), i;
    aflowi_json_member(o, "injected_events", 0, 2);
    aflowi_put_char(o, '[');
    for (i = 0; i < events; i++) {
        aflow_event_info e = aflow_result_event(result, i);
        aflowi_json_next(o, i == 0, 4);
        aflowi_json_text(o, "event_id", e.event_id, 1);
        aflowi_json_text(o, "target_id", e.target_id, 0);
        aflowi_json_text(o, "kind", e.is_outage ? "outage" : e.is_cache_loss ? "cache_loss" : "spike", 0);
        aflowi_json_number(o, "t_start", e.t_start, 0);
        aflowi_json_number(o, "t_end", e.t_end, 0);
        if (aflowi_is_spike(&e)) aflowi_json_number(o, "spike_s", e.spike_s, 0);
        aflowi_put_char(o, '}');
    }
    aflowi_put(o, events ? "\n  ]" : "]");
}

/* One member of a list of numbers, twenty to a line. */
static void aflowi_json_element(aflowi_out *o, double value, size_t index, size_t indent)
{
    if (index % 20 == 0) aflowi_json_next(o, index == 0, indent);
    else aflowi_put(o, ", ");
    aflowi_put_double(o, value);
}

static void aflowi_json_series(aflowi_out *o, const aflow_result *result, aflow_metric metric, aflow_id entity)
{
    size_t samples = aflow_result_series(result, metric, entity, NULL, 0), i;
    aflowi_put_char(o, '[');
    for (i = 0; i < samples && !o->failed; i++) aflowi_json_element(o, aflowi_sample(result, metric, entity, i), i, 8);
    aflowi_put(o, samples ? "\n      ]" : "]");
}

static void aflowi_json_all_series(aflowi_out *o, const aflow_result *result)
{
    unsigned bit;
    int first = 1;
    aflowi_json_member(o, "series", 0, 2);
    aflowi_put_char(o, '{');
    for (bit = 1; bit <= AFLOW_METRICS_ALL; bit *= 2) {
        aflow_metric metric = (aflow_metric)bit;
        uint32_t owner = aflowi_metric_owner(metric);
        size_t count = aflowi_entity_count(result, owner), i;
        int empty = 1;
        if (!aflow_metric_is_sampled(result, metric)) continue;
        aflowi_json_member(o, aflow_metric_name(metric), first, 4);
        aflowi_put_char(o, '{');
        first = 0;
        for (i = 0; i < count && !o->failed; i++) {
            aflow_id entity = aflowi_id_of(owner, (uint32_t)i);
            if (!aflowi_has(result, metric, entity)) continue;
            aflowi_json_member(o, aflow_result_name(result, entity), empty, 6);
            aflowi_json_series(o, result, metric, entity);
            empty = 0;
        }
        aflowi_put(o, empty ? "}" : "\n    }");
    }
    aflowi_put(o, first ? "}" : "\n  }");
}

static void aflowi_json_rates(aflowi_out *o, const aflow_result *result)
{
    aflowi_rate_cursor cursor = aflowi_rates(result, 1.0);
    double time_s, rate;
    size_t i = 0;
    aflowi_json_member(o, "throughput_series", 0, 2);
    aflowi_put_char(o, '[');
    while (!o->failed && aflowi_next_rate(&cursor, &time_s, &rate)) aflowi_json_element(o, rate, i++, 4);
    aflowi_put(o, i ? "\n  ]" : "]");
}

AFLOW_API aflow_status aflow_write_json(const aflow_result *result, int series, aflow_put_fn put, void *context)
{
    aflowi_out o;
    aflow_latency_stats latency;
    aflowi_extent x;
    if (!result || !put) return AFLOW_MISUSE;
    aflowi_out_init(&o, put, context);
    latency = aflow_result_latency(result);
    x = aflowi_extent_of(result);
    aflowi_json_run(&o, result, &x);
    aflowi_json_member(&o, "latency_s", 0, 2);
    aflowi_json_latency(&o, &latency);
    aflowi_json_member(&o, "throughput_rps", 0, 2);
    aflowi_json_throughput(&o, result);
    aflowi_json_topology(&o, result, &x);
    aflowi_json_warnings(&o, result);
    aflowi_json_verdict(&o, result);
    aflowi_json_events(&o, result);
    aflowi_json_resources(&o, result, &x);
    if (series) {
        aflowi_json_all_series(&o, result);
        aflowi_json_rates(&o, result);
    }
    aflowi_put(&o, "\n}\n");
    return aflowi_out_end(&o);
}

/* ---- JSON Schema of the result --------------------------------------------
   Draft-07, by hand, line for line as it is written. Every object is ours, so nothing else may be in it; lists of names
   (the metrics and entities under "series") are the exception. */

static const char *const aflowi_result_schema[] = {
    "{",
    "  \"$schema\": \"http://json-schema.org/draft-07/schema#\",",
    "  \"$id\": \"asyncflow-result-1.schema.json\",",
    "  \"title\": \"asyncflow result\",",
    "  \"description\": \"What one simulated run came to. Times are seconds, RAM is MB, rates are requests per second. A number that does not exist, such as the mean of nothing, is null.\",",
    "  \"type\": \"object\",",
    "  \"additionalProperties\": false,",
    "  \"required\": [\"asyncflow\", \"schema\", \"scenario\", \"run\", \"requests\", \"latency_s\", \"throughput_rps\", \"servers\", \"edges\", \"warnings\", \"verdict\", \"injected_events\"],",
    "  \"dependencies\": {\"series\": [\"throughput_series\"], \"throughput_series\": [\"series\"]},",
    "  \"properties\": {",
    "    \"asyncflow\": {\"type\": \"string\", \"pattern\": \"^[0-9]+[.][0-9]+[.][0-9]+$\", \"description\": \"Version of asyncflow.h that made the run.\"},",
    "    \"schema\": {\"type\": \"integer\", \"const\": 1, \"description\": \"Version of this form. Additions do not change it.\"},",
    "    \"scenario\": {",
    "      \"type\": \"object\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"hash\"],",
    "      \"properties\": {\"hash\": {\"$ref\": \"#/definitions/hash\", \"description\": \"Hash of the scenario's data: equal for equal scenarios.\"}}",
    "    },",
    "    \"run\": {",
    "      \"type\": \"object\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"seed\", \"compat\", \"horizon_s\", \"replications\", \"events\", \"digest\", \"replication\", \"sample_period_s\"],",
    "      \"properties\": {",
    "        \"seed\": {\"type\": \"string\", \"pattern\": \"^[0-9]{1,20}$\", \"description\": \"The seed, a 64-bit whole number as a string.\"},",
    "        \"compat\": {\"enum\": [null, \"asyncflow-0.1.1\"], \"description\": \"Whose rules the run followed where they differ; null: its own.\"},",
    "        \"horizon_s\": {\"type\": \"number\", \"minimum\": 0, \"description\": \"Simulated time, s.\"},",
    "        \"replications\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"Independent runs in this result.\"},",
    "        \"events\": {\"$ref\": \"#/definitions/count\", \"description\": \"Arrivals at nodes and ends of holds that were simulated.\"},",
    "        \"digest\": {\"$ref\": \"#/definitions/hash\", \"description\": \"Hash of every completed request's start and finish, in completion order: equal digests mean the same run.\"},",
    "        \"replication\": {\"$ref\": \"#/definitions/count\", \"description\": \"Which of the independent runs of this seed, from 0.\"},",
    "        \"sample_period_s\": {\"type\": \"number\", \"exclusiveMinimum\": 0, \"description\": \"Time between samples, s.\"},",
    "        \"warm_up_s\": {\"type\": \"number\", \"exclusiveMinimum\": 0, \"description\": \"Time at the start that latencies, throughput, gauges and utilizations leave out, s; counters and series do not. Absent where none was.\"}",
    "      }",
    "    },",
    "    \"requests\": {",
    "      \"type\": \"object\",",
    "      \"description\": \"generated = completed + dropped + in_flight.\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"generated\", \"completed\", \"dropped\", \"in_flight\"],",
    "      \"dependencies\": {\"rejected\": [\"timed_out\"], \"timed_out\": [\"rejected\"]},",
    "      \"properties\": {",
    "        \"generated\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests that the generator sent.\"},",
    "        \"completed\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests that came back to the client.\"},",
    "        \"dropped\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests lost on an edge, refused by a server that was down, rejected or timed out.\"},",
    "        \"in_flight\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests that were anywhere else at the end.\"},",
    "        \"rejected\": {\"$ref\": \"#/definitions/count\", \"description\": \"Of the dropped: turned away at a limit. This and timed_out are there, here, in servers and in endpoints, where the scenario has resources or a server with max_concurrency, or where a request was rejected.\"},",
    "        \"timed_out\": {\"$ref\": \"#/definitions/count\", \"description\": \"Of the dropped: gave up waiting for a resource.\"}",
    "      }",
    "    },",
    "    \"latency_s\": {\"$ref\": \"#/definitions/latency\", \"description\": \"Finish minus start of all requests that completed after the warm-up, client to client, s.\"},",
    "    \"throughput_rps\": {",
    "      \"type\": \"object\",",
    "      \"description\": \"Completed requests per second over full windows (k-1, k]; all 0 without windows.\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"mean\", \"std_dev\", \"max\", \"window_s\", \"windows\"],",
    "      \"properties\": {",
    "        \"mean\": {\"type\": \"number\", \"minimum\": 0, \"description\": \"Requests per second.\"},",
    "        \"std_dev\": {\"type\": \"number\", \"minimum\": 0, \"description\": \"Of the population of windows, requests per second.\"},",
    "        \"max\": {\"type\": \"number\", \"minimum\": 0, \"description\": \"Of the best window, requests per second.\"},",
    "        \"window_s\": {\"type\": \"number\", \"exclusiveMinimum\": 0, \"description\": \"Length of a window, s.\"},",
    "        \"windows\": {\"$ref\": \"#/definitions/count\", \"description\": \"Number of full windows.\"}",
    "      }",
    "    },",
    "    \"servers\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/server\"}, \"description\": \"In the order of the scenario.\"},",
    "    \"edges\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/edge\"}, \"description\": \"In the order of the scenario.\"},",
    "    \"warnings\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"description\": \"Warnings of the check, each with the path of its field.\"},",
    "    \"verdict\": {",
    "      \"type\": \"object\",",
    "      \"description\": \"How the run went as a whole, and its busiest resource; null where there is none.\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"verdict\", \"bottleneck\", \"resource\", \"utilization\", \"offered\", \"queue\"],",
    "      \"properties\": {",
    "        \"verdict\": {\"enum\": [\"stable\", \"backlogged\", \"overloaded\", \"empty\", \"limited\"], \"description\": \"stable: what came in got out; backlogged: a queue was still long at the end; overloaded: a resource is offered at least its capacity; limited: none of these, but a limit turned away 1 % or more of those who asked; empty: nothing completed.\"},",
    "        \"bottleneck\": {\"type\": [\"string\", \"null\"], \"description\": \"Id of the server with the busiest resource, or of that resource where resource is resource_in_use.\"},",
    "        \"resource\": {\"enum\": [null, \"core_busy\", \"ram_in_use\", \"db_connections_in_use\", \"concurrent_requests\", \"threads_in_use\", \"resource_in_use\"], \"description\": \"That resource.\"},",
    "        \"utilization\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Its measured use, 0 to 1.\"},",
    "        \"offered\": {\"$ref\": \"#/definitions/figure\", \"description\": \"The load offered to it, 1 = its capacity.\"},",
    "        \"queue\": {\"enum\": [null, \"ready_queue_len\", \"ram_queue_len\", \"db_queue_len\", \"backlog_len\", \"thread_queue_len\", \"resource_queue_len\"], \"description\": \"The queue in front of it.\"}",
    "      }",
    "    },",
    "    \"injected_events\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/event\"}, \"description\": \"Outages, network spikes and losses of caches of the scenario.\"},",
    "    \"resources\": {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": \"#/definitions/resource\"}, \"description\": \"Shared resources, then those of servers, in the order of the scenario; absent without any.\"},",
    "    \"llm_stats\": {",
    "      \"type\": \"object\",",
    "      \"description\": \"All that steps cost, of models and custom steps together, in the unit of the prices; absent where there were no calls of models and no costs.\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"calls\", \"input_tokens\", \"output_tokens\", \"cost\", \"cost_per_call\", \"cost_per_request\", \"cost_per_request_max\", \"cost_per_month\"],",
    "      \"properties\": {",
    "        \"calls\": {\"$ref\": \"#/definitions/count\", \"description\": \"Calls of models.\"},",
    "        \"input_tokens\": {\"$ref\": \"#/definitions/count\"},",
    "        \"output_tokens\": {\"$ref\": \"#/definitions/count\"},",
    "        \"cost\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Money.\"},",
    "        \"cost_per_call\": {\"$ref\": \"#/definitions/figure\", \"description\": \"0 without calls.\"},",
    "        \"cost_per_request\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Mean of what each completed request has cost.\"},",
    "        \"cost_per_request_max\": {\"$ref\": \"#/definitions/figure\", \"description\": \"The dearest completed request.\"},",
    "        \"cost_per_month\": {\"$ref\": \"#/definitions/figure\", \"description\": \"At this traffic, of 30 days.\"}",
    "      }",
    "    },",
    "    \"series\": {",
    "      \"type\": \"object\",",
    "      \"description\": \"Samples: metric, then id of the server, edge or resource, then values; value number k (from 0) belongs to the time (k + 1) x sample_period_s.\",",
    "      \"propertyNames\": {\"$ref\": \"#/definitions/metric_name\"},",
    "      \"additionalProperties\": {\"type\": \"object\", \"additionalProperties\": {\"type\": \"array\", \"items\": {\"type\": \"number\", \"minimum\": 0}}}",
    "    },",
    "    \"throughput_series\": {\"type\": \"array\", \"items\": {\"type\": \"number\", \"minimum\": 0}, \"description\": \"Completed requests per second in each window of throughput_rps, in order.\"}",
    "  },",
    "  \"definitions\": {",
    "    \"count\": {\"type\": \"integer\", \"minimum\": 0},",
    "    \"figure\": {\"type\": [\"number\", \"null\"], \"minimum\": 0},",
    "    \"hash\": {\"type\": \"string\", \"pattern\": \"^[0-9a-f]{16}$\"},",
    "    \"metric_name\": {\"enum\": [\"ready_queue_len\", \"event_loop_io_sleep\", \"ram_in_use\", \"edge_concurrent_connection\", \"core_busy\", \"ram_queue_len\", \"db_connections_in_use\", \"db_queue_len\", \"concurrent_requests\", \"backlog_len\", \"loops_blocked\", \"threads_in_use\", \"thread_queue_len\", \"resource_in_use\", \"resource_queue_len\"]},",
    "    \"latency\": {",
    "      \"type\": \"object\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"count\", \"mean\", \"median\", \"std_dev\", \"min\", \"max\", \"p50\", \"p90\", \"p95\", \"p99\", \"p999\", \"method\"],",
    "      \"properties\": {",
    "        \"count\": {\"$ref\": \"#/definitions/count\", \"description\": \"Observations; with 0 every figure is null.\"},",
    "        \"mean\": {\"$ref\": \"#/definitions/figure\", \"description\": \"s\"},",
    "        \"median\": {\"$ref\": \"#/definitions/figure\", \"description\": \"The same as p50, s.\"},",
    "        \"std_dev\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Of the population, s.\"},",
    "        \"min\": {\"$ref\": \"#/definitions/figure\", \"description\": \"s\"},",
    "        \"max\": {\"$ref\": \"#/definitions/figure\", \"description\": \"s\"},",
    "        \"p50\": {\"$ref\": \"#/definitions/figure\", \"description\": \"50th percentile, s.\"},",
    "        \"p90\": {\"$ref\": \"#/definitions/figure\", \"description\": \"90th percentile, s.\"},",
    "        \"p95\": {\"$ref\": \"#/definitions/figure\", \"description\": \"95th percentile, s.\"},",
    "        \"p99\": {\"$ref\": \"#/definitions/figure\", \"description\": \"99th percentile, s.\"},",
    "        \"p999\": {\"$ref\": \"#/definitions/figure\", \"description\": \"99.9th percentile, s.\"},",
    "        \"method\": {\"enum\": [\"exact\", \"histogram\"], \"description\": \"exact: linear between order statistics; histogram: within relative_error.\"},",
    "        \"relative_error\": {\"type\": \"number\", \"exclusiveMinimum\": 0, \"description\": \"Bound for the percentiles of a histogram.\"}",
    "      },",
    "      \"if\": {\"properties\": {\"method\": {\"const\": \"histogram\"}}},",
    "      \"then\": {\"properties\": {\"relative_error\": true}, \"required\": [\"relative_error\"]},",
    "      \"else\": {\"properties\": {\"relative_error\": false}}",
    "    },",
    "    \"gauge\": {",
    "      \"type\": \"object\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"mean\", \"max\", \"sampled_mean\", \"sampled_max\"],",
    "      \"properties\": {",
    "        \"mean\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Exact time average over the run.\"},",
    "        \"max\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Exact greatest value that lasted.\"},",
    "        \"sampled_mean\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Mean of the samples; null where the metric is not enabled.\"},",
    "        \"sampled_max\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Greatest sample; null where the metric is not enabled.\"}",
    "      }",
    "    },",
    "    \"server\": {",
    "      \"type\": \"object\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"id\", \"arrived\", \"completed\", \"cpu_utilization\", \"ready_queue_len\", \"event_loop_io_sleep\", \"ram_in_use\", \"core_busy\", \"ram_queue_len\", \"endpoints\", \"refused\", \"server_resources\", \"offered_load\"],",
    "      \"dependencies\": {\"db_connections_in_use\": [\"db_queue_len\"], \"db_queue_len\": [\"db_connections_in_use\"], \"concurrent_requests\": [\"backlog_len\"], \"backlog_len\": [\"concurrent_requests\"], \"threads_in_use\": [\"thread_queue_len\"], \"thread_queue_len\": [\"threads_in_use\"], \"rejected\": [\"timed_out\"], \"timed_out\": [\"rejected\"]},",
    "      \"properties\": {",
    "        \"id\": {\"type\": \"string\"},",
    "        \"arrived\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests taken in.\"},",
    "        \"completed\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests that left.\"},",
    "        \"cpu_utilization\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Time average of busy cores / cores, 0 to 1.\"},",
    "        \"ready_queue_len\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Requests waiting for a core.\"},",
    "        \"event_loop_io_sleep\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Requests in I/O steps.\"},",
    "        \"ram_in_use\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"RAM reserved, MB.\"},",
    "        \"core_busy\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Cores in use.\"},",
    "        \"ram_queue_len\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Requests waiting for RAM.\"},",
    "        \"endpoints\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/endpoint\"}, \"description\": \"In the order of the scenario.\"},",
    "        \"refused\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests turned away while the server was down.\"},",
    "        \"server_resources\": {",
    "          \"type\": \"object\",",
    "          \"additionalProperties\": false,",
    "          \"required\": [\"cpu_cores\", \"ram_mb\", \"db_connection_pool\"],",
    "          \"properties\": {",
    "            \"cpu_cores\": {\"type\": \"integer\", \"minimum\": 1},",
    "            \"ram_mb\": {\"$ref\": \"#/definitions/count\", \"description\": \"MB\"},",
    "            \"db_connection_pool\": {\"$ref\": \"#/definitions/count\", \"description\": \"Connections; 0: unlimited.\"},",
    "            \"workers\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"Processes, each with an event loop; absent where not modelled.\"},",
    "            \"threads\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"Of each worker's pool; absent where no step uses it.\"},",
    "            \"max_concurrency\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"Requests in the server at once; absent where unlimited.\"}",
    "          }",
    "        },",
    "        \"offered_load\": {",
    "          \"type\": \"object\",",
    "          \"description\": \"From the scenario alone, 1 = capacity: requests per second that can reach the server x mean demand / capacity.\",",
    "          \"additionalProperties\": false,",
    "          \"required\": [\"cpu\", \"ram\", \"db\"],",
    "          \"properties\": {",
    "            \"cpu\": {\"$ref\": \"#/definitions/figure\"},",
    "            \"ram\": {\"$ref\": \"#/definitions/figure\", \"description\": \"A lower bound: waiting while holding RAM is not counted.\"},",
    "            \"db\": {\"$ref\": \"#/definitions/figure\", \"description\": \"0 where there is no pool.\"},",
    "            \"threads\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Of the thread pools; absent where no step uses them.\"}",
    "          }",
    "        },",
    "        \"db_connections_in_use\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Connections of the pool in use; absent without a pool.\"},",
    "        \"db_queue_len\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Requests waiting for a connection; absent without a pool.\"},",
    "        \"concurrent_requests\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Requests let in; absent without max_concurrency.\"},",
    "        \"backlog_len\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Requests waiting to be let in; absent without max_concurrency.\"},",
    "        \"loops_blocked\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Event loops that a blocking_io step holds; absent without such steps.\"},",
    "        \"threads_in_use\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Threads of the pools in use; absent without thread_ steps.\"},",
    "        \"thread_queue_len\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Requests waiting for a thread; absent without thread_ steps.\"},",
    "        \"rejected\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests turned away at a limit: its own max_concurrency, or a resource's in one of its steps.\"},",
    "        \"timed_out\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests that gave up waiting for a resource in one of its steps.\"},",
    "        \"loop_lag_s\": {\"$ref\": \"#/definitions/latency\", \"description\": \"From being ready to run to running, of each stretch on the event loop, s; absent where event loops are not modelled.\"},",
    "        \"cost\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Money that its requests' steps have cost; absent where nothing costs.\"}",
    "      }",
    "    },",
    "    \"endpoint\": {",
    "      \"type\": \"object\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"endpoint_name\", \"arrived\", \"completed\", \"latency_s\"],",
    "      \"properties\": {",
    "        \"endpoint_name\": {\"type\": \"string\"},",
    "        \"arrived\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests that drew this endpoint.\"},",
    "        \"completed\": {\"$ref\": \"#/definitions/count\", \"description\": \"Those that left the server.\"},",
    "        \"latency_s\": {\"$ref\": \"#/definitions/latency\", \"description\": \"Time in the server, from arrival to leaving, s.\"},",
    "        \"rejected\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests turned away at a limit.\"},",
    "        \"timed_out\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests that gave up waiting for a resource.\"},",
    "        \"cost\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Money that its requests' steps have cost; absent where nothing costs.\"}",
    "      }",
    "    },",
    "    \"edge\": {",
    "      \"type\": \"object\",",
    "      \"description\": \"sent = delivered + dropped + in transit at the end.\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"id\", \"delivered\", \"dropped\", \"edge_concurrent_connection\", \"source\", \"target\", \"sent\"],",
    "      \"properties\": {",
    "        \"id\": {\"type\": \"string\"},",
    "        \"delivered\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests that arrived at the target.\"},",
    "        \"dropped\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests lost on the way.\"},",
    "        \"edge_concurrent_connection\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Requests in transit.\"},",
    "        \"source\": {\"type\": \"string\", \"description\": \"Id of the node that sends.\"},",
    "        \"target\": {\"type\": \"string\", \"description\": \"Id of the node that receives.\"},",
    "        \"sent\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests given to the edge.\"}",
    "      }",
    "    },",
    "    \"resource\": {",
    "      \"type\": \"object\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"id\", \"kind\", \"capacity\", \"acquired\", \"released\", \"rejected\", \"timed_out\", \"utilization\", \"offered\", \"wait_s\", \"resource_in_use\", \"resource_queue_len\"],",
    "      \"properties\": {",
    "        \"id\": {\"type\": \"string\", \"description\": \"SERVER/ID of a server's own.\"},",
    "        \"kind\": {\"enum\": [\"connection_pool\", \"database\", \"rate_limiter\", \"cache\", \"llm\", \"gpu\"]},",
    "        \"capacity\": {\"type\": [\"integer\", \"null\"], \"minimum\": 1, \"description\": \"Connections, calls or batches at once, or entries; null: unlimited, or a rate limiter.\"},",
    "        \"acquired\": {\"$ref\": \"#/definitions/count\", \"description\": \"Times that a request got it; of a rate limiter tokens taken, of a cache look-ups begun.\"},",
    "        \"released\": {\"$ref\": \"#/definitions/count\", \"description\": \"Times that it was given back: acquired less what is in use at the end.\"},",
    "        \"rejected\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests turned away at its limit.\"},",
    "        \"timed_out\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests that gave up waiting for it.\"},",
    "        \"utilization\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Time average in use / capacity; of a rate limiter tokens granted / (rate x time), of a model the same of its most used limit; 0 where unlimited.\"},",
    "        \"offered\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Offered load, 1 = its capacity, a lower bound; of a rate limiter tokens asked for per second / rate.\"},",
    "        \"wait_s\": {\"$ref\": \"#/definitions/latency\", \"description\": \"From asking to getting, of all that got it, also at once, s.\"},",
    "        \"resource_in_use\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Connections, calls or batches in use; entries of a cache; 0 of a rate limiter.\"},",
    "        \"resource_queue_len\": {\"$ref\": \"#/definitions/gauge\", \"description\": \"Requests waiting for it.\"},",
    "        \"hits\": {\"$ref\": \"#/definitions/count\", \"description\": \"Of a cache: look-ups that hit. This to hit_ratio are of caches only.\"},",
    "        \"misses\": {\"$ref\": \"#/definitions/count\", \"description\": \"Look-ups that missed.\"},",
    "        \"coalesced\": {\"$ref\": \"#/definitions/count\", \"description\": \"Of the misses: waited for a fetch under way.\"},",
    "        \"evicted\": {\"$ref\": \"#/definitions/count\", \"description\": \"Entries that made room for others.\"},",
    "        \"expired\": {\"$ref\": \"#/definitions/count\", \"description\": \"Entries that were asked for too late.\"},",
    "        \"hit_ratio\": {\"$ref\": \"#/definitions/figure\", \"description\": \"hits / look-ups, 0 to 1; 0 without any.\"},",
    "        \"batches\": {\"$ref\": \"#/definitions/count\", \"description\": \"Of a GPU: batches begun. This to batch_sizes are of GPUs only.\"},",
    "        \"items\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests in them.\"},",
    "        \"batch_size_mean\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Requests a batch.\"},",
    "        \"batch_size_max\": {\"$ref\": \"#/definitions/count\", \"description\": \"Requests in the largest batch.\"},",
    "        \"batching_gain\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Time that its batches would have taken one by one / the time they took; 0 without any.\"},",
    "        \"batch_sizes\": {\"type\": \"array\", \"items\": {\"type\": \"array\", \"items\": {\"type\": \"integer\", \"minimum\": 1}, \"minItems\": 2, \"maxItems\": 2}, \"description\": \"Pairs of a size and how many batches had it, by size.\"},",
    "        \"calls\": {\"$ref\": \"#/definitions/count\", \"description\": \"Of a model: calls. This to cost are of models only.\"},",
    "        \"input_tokens\": {\"$ref\": \"#/definitions/count\"},",
    "        \"output_tokens\": {\"$ref\": \"#/definitions/count\"},",
    "        \"cost\": {\"$ref\": \"#/definitions/figure\", \"description\": \"Money.\"}",
    "      },",
    "      \"allOf\": [",
    "        {",
    "          \"if\": {\"properties\": {\"kind\": {\"const\": \"cache\"}}},",
    "          \"then\": {\"required\": [\"hits\", \"misses\", \"coalesced\", \"evicted\", \"expired\", \"hit_ratio\"]},",
    "          \"else\": {\"properties\": {\"hits\": false, \"misses\": false, \"coalesced\": false, \"evicted\": false, \"expired\": false, \"hit_ratio\": false}}",
    "        },",
    "        {",
    "          \"if\": {\"properties\": {\"kind\": {\"const\": \"gpu\"}}},",
    "          \"then\": {\"required\": [\"batches\", \"items\", \"batch_size_mean\", \"batch_size_max\", \"batching_gain\", \"batch_sizes\"]},",
    "          \"else\": {\"properties\": {\"batches\": false, \"items\": false, \"batch_size_mean\": false, \"batch_size_max\": false, \"batching_gain\": false, \"batch_sizes\": false}}",
    "        },",
    "        {",
    "          \"if\": {\"properties\": {\"kind\": {\"const\": \"llm\"}}},",
    "          \"then\": {\"required\": [\"calls\", \"input_tokens\", \"output_tokens\", \"cost\"]},",
    "          \"else\": {\"properties\": {\"calls\": false, \"input_tokens\": false, \"output_tokens\": false, \"cost\": false}}",
    "        }",
    "      ]",
    "    },",
    "    \"event\": {",
    "      \"type\": \"object\",",
    "      \"additionalProperties\": false,",
    "      \"required\": [\"event_id\", \"target_id\", \"kind\", \"t_start\", \"t_end\"],",
    "      \"properties\": {",
    "        \"event_id\": {\"type\": \"string\"},",
    "        \"target_id\": {\"type\": \"string\", \"description\": \"Id of a server (outage), an edge (spike) or a cache (cache_loss).\"},",
    "        \"kind\": {\"enum\": [\"outage\", \"spike\", \"cache_loss\"]},",
    "        \"t_start\": {\"type\": \"number\", \"minimum\": 0, \"description\": \"s\"},",
    "        \"t_end\": {\"type\": \"number\", \"minimum\": 0, \"description\": \"s\"},",
    "        \"spike_s\": {\"type\": \"number\", \"exclusiveMinimum\": 0, \"description\": \"Added to the edge's latency, s; spikes only.\"}",
    "      },",
    "      \"if\": {\"properties\": {\"kind\": {\"const\": \"spike\"}}},",
    "      \"then\": {\"properties\": {\"spike_s\": true}, \"required\": [\"spike_s\"]},",
    "      \"else\": {\"properties\": {\"spike_s\": false}}",
    "    }",
    "  }",
    "}"
};

AFLOW_API aflow_status aflow_write_result_schema(aflow_put_fn put, void *context)
{
    aflowi_out o;
    size_t i;
    if (!put) return AFLOW_MISUSE;
    aflowi_out_init(&o, put, context);
    for (i = 0; i < AFLOWI_COUNT(aflowi_result_schema); i++) {
        aflowi_put(&o, aflowi_result_schema[i]);
        aflowi_put_char(&o, '\n');
    }
    return aflowi_out_end(&o);
}

/* ---- CSV -------------------------------------------------------------------
   RFC 4180 quoting, lines end in a line feed, '.' is the decimal point everywhere. A figure that does not exist is an empty
   field. Tidy files have one observation a row; an endpoint's entity is SERVER:ENDPOINT, the run's is empty. */

#define AFLOWI_TIDY_HEADER "run,replication,time_s,entity_type,entity,metric,stat,value\n"

static int aflowi_csv_is_plain(const char *text)
{
    for (; *text; text++)
        if (*text == ',' || *text == '"' || *text == '\r' || *text == '\n') return 0;
    return 1;
}

static void aflowi_csv_doubled(aflowi_out *o, const char *text)
{
    for (; *text; text++) {
        if (*text == '"') aflowi_put_char(o, '"');
        aflowi_put_char(o, *text);
    }
}

/* One field: name, or name:endpoint. */
static void aflowi_csv_name(aflowi_out *o, const char *name, const char *endpoint)
{
    int quoted = !aflowi_csv_is_plain(name) || (endpoint && !aflowi_csv_is_plain(endpoint));
    if (quoted) aflowi_put_char(o, '"');
    aflowi_csv_doubled(o, name);
    if (endpoint) {
        aflowi_put_char(o, ':');
        aflowi_csv_doubled(o, endpoint);
    }
    if (quoted) aflowi_put_char(o, '"');
}

/* Nanoseconds as seconds: with nine decimals, or with as many as it takes. */
static void aflowi_csv_time(aflowi_out *o, uint64_t ns, int all_decimals)
{
    uint64_t rest = ns % AFLOWI_TICKS_PER_S;
    char decimals[9];
    size_t n = sizeof decimals, i;
    aflowi_put_u64(o, ns / AFLOWI_TICKS_PER_S);
    if (!rest && !all_decimals) return;
    for (i = n; i--; rest /= 10) decimals[i] = (char)('0' + (int)(rest % 10));
    while (!all_decimals && decimals[n - 1] == '0') n--;
    aflowi_put_char(o, '.');
    aflowi_put_bytes(o, decimals, n);
}

/* A tidy file being written, and whose rows come. */
typedef struct aflowi_tidy {
    aflowi_out out;
    const aflow_result *result;
    uint64_t seed, replication;
    const char *type;               /* run, server, endpoint, edge, resource */
    const char *name, *endpoint;    /* endpoint NULL but for endpoints */
} aflowi_tidy;

static void aflowi_tidy_start(aflowi_tidy *t, const aflow_result *result, aflow_put_fn put, void *context)
{
    aflow_run_info info = aflow_result_info(result);
    aflowi_out_init(&t->out, put, context);
    t->result = result;
    t->seed = info.seed;
    t->replication = info.replication;
    t->type = "run";
    t->name = "";
    t->endpoint = NULL;
    aflowi_put(&t->out, AFLOWI_TIDY_HEADER);
}

static void aflowi_tidy_subject(aflowi_tidy *t, const char *type, const char *name, const char *endpoint)
{
    t->type = type;
    t->name = name;
    t->endpoint = endpoint;
}

/* A row up to its value; time_ns NULL: of the whole run. */
static void aflowi_tidy_begin(aflowi_tidy *t, const uint64_t *time_ns, const char *metric, const char *stat)
{
    aflowi_put_u64(&t->out, t->seed);
    aflowi_put_char(&t->out, ',');
    aflowi_put_u64(&t->out, t->replication);
    aflowi_put_char(&t->out, ',');
    if (time_ns) aflowi_csv_time(&t->out, *time_ns, 0);
    aflowi_put_char(&t->out, ',');
    aflowi_put(&t->out, t->type);
    aflowi_put_char(&t->out, ',');
    aflowi_csv_name(&t->out, t->name, t->endpoint);
    aflowi_put_char(&t->out, ',');
    aflowi_put(&t->out, metric);
    aflowi_put_char(&t->out, ',');
    aflowi_put(&t->out, stat);
    aflowi_put_char(&t->out, ',');
}

static void aflowi_tidy_count(aflowi_tidy *t, const char *metric, const char *stat, uint64_t value)
{
    aflowi_tidy_begin(t, NULL, metric, stat);
    aflowi_put_u64(&t->out, value);
    aflowi_put_char(&t->out, '\n');
}

static void aflowi_tidy_value(aflowi_tidy *t, const uint64_t *time_ns, const char *metric, const char *stat, double value)
{
    aflowi_tidy_begin(t, time_ns, metric, stat);
    if (value >= -DBL_MAX && value <= DBL_MAX) aflowi_put_double(&t->out, value);
    aflowi_put_char(&t->out, '\n');
}

/* metric: latency_s, loop_lag_s, wait_s */
static void aflowi_tidy_latency(aflowi_tidy *t, const char *metric, const aflow_latency_stats *a)
{
    aflowi_tidy_count(t, metric, "count", a->count);
    aflowi_tidy_value(t, NULL, metric, "mean", a->mean_s);
    aflowi_tidy_value(t, NULL, metric, "std_dev", a->std_dev_s);
    aflowi_tidy_value(t, NULL, metric, "min", a->min_s);
    aflowi_tidy_value(t, NULL, metric, "max", a->max_s);
    aflowi_tidy_value(t, NULL, metric, "p50", a->p50_s);
    aflowi_tidy_value(t, NULL, metric, "p90", a->p90_s);
    aflowi_tidy_value(t, NULL, metric, "p95", a->p95_s);
    aflowi_tidy_value(t, NULL, metric, "p99", a->p99_s);
    aflowi_tidy_value(t, NULL, metric, "p999", a->p999_s);
}

static void aflowi_tidy_metric(aflowi_tidy *t, aflow_metric metric, aflow_id entity)
{
    const char *name = aflow_metric_name(metric);
    aflow_metric_stats m = aflow_result_metric(t->result, metric, entity);
    aflowi_tidy_value(t, NULL, name, "mean", m.mean);
    aflowi_tidy_value(t, NULL, name, "max", m.max);
    aflowi_tidy_value(t, NULL, name, "sampled_mean", m.sampled_mean);
    aflowi_tidy_value(t, NULL, name, "sampled_max", m.sampled_max);
}

static void aflowi_tidy_losses(aflowi_tidy *t, uint64_t rejected, uint64_t timed_out)
{
    aflowi_tidy_count(t, "requests", "rejected", rejected);
    aflowi_tidy_count(t, "requests", "timed_out", timed_out);
}

static void aflowi_summary_costs(aflowi_tidy *t, const aflow_llm_stats *llm)
{
    aflowi_tidy_count(t, "llm_calls", "count", llm->calls);
    aflowi_tidy_count(t, "llm_tokens", "input", llm->input_tokens);
    aflowi_tidy_count(t, "llm_tokens", "output", llm->output_tokens);
    aflowi_tidy_value(t, NULL, "cost", "total", llm->cost);
    aflowi_tidy_value(t, NULL, "cost", "per_call", llm->cost_per_call);
    aflowi_tidy_value(t, NULL, "cost", "per_request", llm->cost_per_request);
    aflowi_tidy_value(t, NULL, "cost", "per_request_max", llm->cost_per_request_max);
    aflowi_tidy_value(t, NULL, "cost", "per_month", llm->cost_per_month);
}

static void aflowi_summary_run(aflowi_tidy *t, const aflowi_extent *x)
{
    aflow_run_info info = aflow_result_info(t->result);
    aflow_latency_stats latency = aflow_result_latency(t->result);
    aflow_throughput_stats rate = aflow_result_throughput(t->result, 1.0, NULL, 0);
    aflowi_tidy_value(t, NULL, "horizon_s", "value", info.horizon_s);
    if (info.warm_up_s > 0) aflowi_tidy_value(t, NULL, "warm_up_s", "value", info.warm_up_s);
    aflowi_tidy_count(t, "events", "count", info.requests.events);
    aflowi_tidy_count(t, "requests", "generated", info.requests.generated);
    aflowi_tidy_count(t, "requests", "completed", info.requests.completed);
    aflowi_tidy_count(t, "requests", "dropped", info.requests.dropped);
    aflowi_tidy_count(t, "requests", "in_flight", info.requests.in_flight);
    if (x->limits) aflowi_tidy_losses(t, x->rejected, x->timed_out);
    aflowi_tidy_latency(t, "latency_s", &latency);
    if (latency.relative_error > 0) aflowi_tidy_value(t, NULL, "latency_s", "relative_error", latency.relative_error);
    aflowi_tidy_value(t, NULL, "throughput_rps", "mean", rate.mean_rps);
    aflowi_tidy_value(t, NULL, "throughput_rps", "std_dev", rate.std_dev_rps);
    aflowi_tidy_value(t, NULL, "throughput_rps", "max", rate.max_rps);
    if (rate.window_s > 1) aflowi_tidy_value(t, NULL, "throughput_rps", "window_s", rate.window_s);
    aflowi_tidy_count(t, "throughput_rps", "windows", rate.windows);
    if (x->costs) aflowi_summary_costs(t, &x->llm);
}

static void aflowi_summary_server(aflowi_tidy *t, aflow_id id, const aflowi_extent *x)
{
    aflow_server_stats a = aflow_result_server(t->result, id);
    size_t i;
    unsigned bit;
    aflowi_tidy_subject(t, "server", a.id, NULL);
    aflowi_tidy_count(t, "requests", "arrived", a.arrived);
    aflowi_tidy_count(t, "requests", "completed", a.completed);
    aflowi_tidy_count(t, "requests", "refused", a.refused);
    if (x->limits) aflowi_tidy_losses(t, a.rejected, a.timed_out);
    aflowi_tidy_value(t, NULL, "cpu_utilization", "mean", a.cpu_utilization);
    aflowi_tidy_value(t, NULL, "offered_load", "cpu", a.cpu_offered);
    aflowi_tidy_value(t, NULL, "offered_load", "ram", a.ram_offered);
    if (a.db_connection_pool) aflowi_tidy_value(t, NULL, "offered_load", "db", a.db_offered);
    if (a.threads) aflowi_tidy_value(t, NULL, "offered_load", "threads", a.thread_offered);
    for (bit = 1; bit <= AFLOW_METRICS_ALL; bit *= 2)
        if (aflowi_has(t->result, (aflow_metric)bit, id)) aflowi_tidy_metric(t, (aflow_metric)bit, id);
    if (aflowi_has_loops(&a)) aflowi_tidy_latency(t, "loop_lag_s", &a.loop_lag);
    if (x->costs) aflowi_tidy_value(t, NULL, "cost", "total", a.cost);
    for (i = 0; i < a.endpoints; i++) {
        aflow_endpoint_stats e = aflow_result_endpoint(t->result, id, i);
        aflowi_tidy_subject(t, "endpoint", a.id, e.endpoint_name);
        aflowi_tidy_count(t, "requests", "arrived", e.arrived);
        aflowi_tidy_count(t, "requests", "completed", e.completed);
        if (x->limits) aflowi_tidy_losses(t, e.rejected, e.timed_out);
        aflowi_tidy_latency(t, "latency_s", &e.latency);
        if (x->costs) aflowi_tidy_value(t, NULL, "cost", "total", e.cost);
    }
}

static void aflowi_summary_edge(aflowi_tidy *t, aflow_id id)
{
    aflow_edge_stats e = aflow_result_edge(t->result, id);
    aflowi_tidy_subject(t, "edge", e.id, NULL);
    aflowi_tidy_count(t, "requests", "sent", e.sent);
    aflowi_tidy_count(t, "requests", "delivered", e.delivered);
    aflowi_tidy_count(t, "requests", "dropped", e.dropped);
    aflowi_tidy_metric(t, AFLOW_EDGE_CONCURRENT_CONNECTION, id);
}

static void aflowi_summary_gpu(aflowi_tidy *t, aflow_id id, const aflow_resource_stats *a)
{
    size_t n;
    aflowi_tidy_count(t, "batches", "count", a->batches);
    aflowi_tidy_count(t, "batches", "items", a->items);
    aflowi_tidy_value(t, NULL, "batch_size", "mean", a->batch_size_mean);
    aflowi_tidy_count(t, "batch_size", "max", a->batch_size_max);
    aflowi_tidy_value(t, NULL, "batching_gain", "value", a->batching_gain);
    for (n = 1; n <= a->batch_size_max && !t->out.failed; n++) {
        uint64_t batches = aflowi_batches_of(t->result, id, n);
        char size[24];
        if (!batches) continue;
        size[aflowi_format_u64(size, n)] = 0;
        aflowi_tidy_count(t, "batches_of_size", size, batches);
    }
}

static void aflowi_summary_resource(aflowi_tidy *t, aflow_id id)
{
    aflow_resource_stats a = aflow_result_resource(t->result, id);
    aflowi_tidy_subject(t, "resource", a.id, NULL);
    aflowi_tidy_count(t, "requests", "acquired", a.acquired);
    aflowi_tidy_count(t, "requests", "released", a.released);
    aflowi_tidy_losses(t, a.rejected, a.timed_out);
    aflowi_tidy_value(t, NULL, "utilization", "mean", a.utilization);
    aflowi_tidy_value(t, NULL, "offered_load", "value", a.offered);
    aflowi_tidy_latency(t, "wait_s", &a.wait);
    aflowi_tidy_metric(t, AFLOW_RESOURCE_IN_USE, id);
    aflowi_tidy_metric(t, AFLOW_RESOURCE_QUEUE_LEN, id);
    if (a.kind == AFLOW_RESOURCE_CACHE) {
        aflowi_tidy_count(t, "look_ups", "hits", a.hits);
        aflowi_tidy_count(t, "look_ups", "misses", a.misses);
        aflowi_tidy_count(t, "look_ups", "coalesced", a.coalesced);
        aflowi_tidy_count(t, "entries", "evicted", a.evicted);
        aflowi_tidy_count(t, "entries", "expired", a.expired);
        aflowi_tidy_value(t, NULL, "hit_ratio", "mean", a.hit_ratio);
    } else if (a.kind == AFLOW_RESOURCE_GPU) {
        aflowi_summary_gpu(t, id, &a);
    } else if (a.kind == AFLOW_RESOURCE_LLM) {
        aflowi_tidy_count(t, "llm_calls", "count", a.calls);
        aflowi_tidy_count(t, "llm_tokens", "input", a.input_tokens);
        aflowi_tidy_count(t, "llm_tokens", "output", a.output_tokens);
        aflowi_tidy_value(t, NULL, "cost", "total", a.cost);
    }
}

AFLOW_API aflow_status aflow_write_summary_csv(const aflow_result *result, aflow_put_fn put, void *context)
{
    aflowi_tidy t;
    aflowi_extent x;
    size_t edges, i;
    if (!result || !put) return AFLOW_MISUSE;
    aflowi_tidy_start(&t, result, put, context);
    x = aflowi_extent_of(result);
    aflowi_summary_run(&t, &x);
    for (i = 0; i < x.servers && !t.out.failed; i++) aflowi_summary_server(&t, aflowi_server_id(i), &x);
    edges = aflow_result_edges(result, NULL, 0);
    for (i = 0; i < edges && !t.out.failed; i++) aflowi_summary_edge(&t, aflowi_edge_id(i));
    for (i = 0; i < x.resources && !t.out.failed; i++) aflowi_summary_resource(&t, aflowi_resource_id(i));
    return aflowi_out_end(&t.out);
}

AFLOW_API aflow_status aflow_write_throughput_csv(const aflow_result *result, aflow_put_fn put, void *context)
{
    aflowi_tidy t;
    aflowi_rate_cursor cursor;
    double time_s, rate;
    if (!result || !put) return AFLOW_MISUSE;
    aflowi_tidy_start(&t, result, put, context);
    cursor = aflowi_rates(result, 1.0);
    while (!t.out.failed && aflowi_next_rate(&cursor, &time_s, &rate)) {
        uint64_t end_ns = aflowi_seconds_to_ns(time_s);
        aflowi_tidy_value(&t, &end_ns, "throughput_rps", "window", rate);
    }
    return aflowi_out_end(&t.out);
}

AFLOW_API aflow_status aflow_write_samples_csv(const aflow_result *result, aflow_put_fn put, void *context)
{
    aflowi_tidy t;
    uint64_t period_ns;
    unsigned bit;
    if (!result || !put) return AFLOW_MISUSE;
    aflowi_tidy_start(&t, result, put, context);
    period_ns = aflowi_seconds_to_ns(aflow_result_info(result).sample_period_s);
    for (bit = 1; bit <= AFLOW_METRICS_ALL; bit *= 2) {
        aflow_metric metric = (aflow_metric)bit;
        uint32_t owner = aflowi_metric_owner(metric);
        size_t count = aflowi_entity_count(result, owner), i, k;
        if (!aflow_metric_is_sampled(result, metric)) continue;
        for (i = 0; i < count && !t.out.failed; i++) {
            aflow_id entity = aflowi_id_of(owner, (uint32_t)i);
            size_t samples = aflow_result_series(result, metric, entity, NULL, 0);
            aflowi_tidy_subject(&t, aflowi_entity_word(owner), aflow_result_name(result, entity), NULL);
            for (k = 0; k < samples && !t.out.failed; k++) {
                uint64_t time_ns = (k + 1) * period_ns;
                aflowi_tidy_value(&t, &time_ns, aflow_metric_name(metric), "sample", aflowi_sample(result, metric, entity, k));
            }
        }
    }
    return aflowi_out_end(&t.out);
}

AFLOW_API aflow_status aflow_write_requests_csv(const aflow_result *result, aflow_put_fn put, void *context)
{
    static const char *const outcome[] = { "completed", "dropped", "refused", "rejected", "timed_out" };
    aflowi_out o;
    uint64_t rows, i;
    int with_cost;
    if (!result || !put) return AFLOW_MISUSE;
    rows = aflow_result_requests(result);
    if (rows == 0 && aflow_result_info(result).requests.completed != 0) return AFLOW_MISUSE;   /* they were not recorded */
    aflowi_out_init(&o, put, context);
    with_cost = (result->sim->scenario->sim_settings.enabled_event_metrics & AFLOW_LLM_COST) != 0;
    aflowi_put(&o, with_cost ? "id,start_s,finish_s,server,endpoint,outcome,llm_cost\n" : "id,start_s,finish_s,server,endpoint,outcome\n");
    for (i = 0; i < rows && !o.failed; i++) {
        aflow_request_info r = aflow_result_request(result, i);
        aflowi_put_u64(&o, r.id);
        aflowi_put_char(&o, ',');
        aflowi_csv_time(&o, r.start_ns, 1);
        aflowi_put_char(&o, ',');
        aflowi_csv_time(&o, r.finish_ns, 1);
        aflowi_put_char(&o, ',');
        aflowi_csv_name(&o, r.server, NULL);
        aflowi_put_char(&o, ',');
        aflowi_csv_name(&o, r.endpoint, NULL);
        aflowi_put_char(&o, ',');
        aflowi_put(&o, outcome[r.outcome]);
        if (with_cost) {
            aflowi_put_char(&o, ',');
            aflowi_put_double(&o, r.cost);
        }
        aflowi_put_char(&o, '\n');
    }
    return aflowi_out_end(&o);
}

/* ---- Charts ---------------------------------------------------------------
   SVG from a result. A chart is drawn in one pass into a frame of its picture. A series of any length is reduced to at most
   AFLOWI_CHART_COLUMNS columns of least, mean and greatest value, so that no spike is lost. Coordinates are rounded to tenths
   of a pixel, and no product meets a sum where a compiler could fuse them (positions divide by units per pixel instead of
   multiplying): the same bytes on every machine. There are no ids, and all classes begin with af-, so that many charts can
   stand in one page, whose style then draws them. */

#define AFLOWI_CHART_COLUMNS 640
#define AFLOWI_CHART_BINS 96
#define AFLOWI_CHART_SERVERS 8      /* that a dashboard or page draws; tables have all */
#define AFLOWI_CHART_LARGEST 4096u  /* px of width or height */

/* What is dark is dark where the viewer prefers it; print stays light. Literal colours: librsvg knows no variables. */
static const char *const aflowi_chart_css[] = {
    ".af-chart text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;font-size:11px;fill:#52606d}\n",
    ".af-bg{fill:#fff}.af-chart .af-title{font-size:15px;font-weight:600;fill:#1f2933}.af-chart .af-small{font-size:13px;font-weight:600;fill:#1f2933}\n",
    ".af-chart .af-sub{font-size:12px;fill:#52606d}.af-chart .af-big{font-size:22px;font-weight:600;fill:#1f2933}.af-chart .af-head{font-size:20px;font-weight:600;fill:#1f2933}\n",
    ".af-chart .af-empty{font-size:13px}.af-void{fill:#f5f7fa}.af-tile{fill:#f5f7fa}\n",
    ".af-grid{stroke:#e4e8ec;stroke-width:1}.af-axis{stroke:#8a96a3;stroke-width:1}\n",
    ".af-bar{fill:#5b94c8}.af-bar:hover{fill:#1f5f9e}.af-area{fill:#2a6fb0;fill-opacity:.12}.af-band{fill:#2a6fb0;fill-opacity:.26;stroke:#2a6fb0;stroke-opacity:.45;stroke-width:.6}\n",
    ".af-line{fill:none;stroke:#2a6fb0;stroke-width:1.5;stroke-linejoin:round}\n",
    ".af-ref{stroke-width:1.5}.af-mean{stroke:#3e4c59;stroke-dasharray:5 3}.af-p50{stroke:#00805f}.af-p95{stroke:#c77700}.af-p99{stroke:#c1440e}",
    ".af-max{stroke:#c1440e;stroke-dasharray:2 2}.af-min{stroke:#00805f;stroke-dasharray:2 2}.af-thin{stroke-width:1}\n",
    ".af-chart .af-label{font-weight:600}.af-chart .af-t-mean{fill:#323f4b}.af-chart .af-t-p50,.af-chart .af-t-min{fill:#006b4f}",
    ".af-chart .af-t-p95{fill:#9a5b00}.af-chart .af-t-p99,.af-chart .af-t-max{fill:#a83808}\n",
    ".af-outage{fill:#c1440e;fill-opacity:.13}.af-spike{fill:#7556a8;fill-opacity:.13}.af-cap{fill-opacity:.8}",
    ".af-chart .af-t-outage{fill:#a83808}.af-chart .af-t-spike{fill:#644894}\n",
    ".af-ok{fill:#00805f}.af-warn{fill:#c77700}.af-bad{fill:#c1440e}\n"
};

static const char *const aflowi_chart_css_dark[] = {
    ".af-chart text,.af-chart .af-sub{fill:#a3afbb}.af-bg{fill:#14181d}.af-chart .af-title,.af-chart .af-small,.af-chart .af-big,.af-chart .af-head{fill:#eef1f4}\n",
    ".af-void,.af-tile{fill:#1c2229}.af-grid{stroke:#2a323b}.af-axis{stroke:#65727f}\n",
    ".af-bar{fill:#4f8fca}.af-bar:hover{fill:#8fc4f2}.af-area{fill:#66abe8;fill-opacity:.14}.af-band{fill:#66abe8;fill-opacity:.3;stroke:#66abe8;stroke-opacity:.5}.af-line{stroke:#66abe8}\n",
    ".af-mean{stroke:#c3ccd5}.af-p50,.af-min{stroke:#2fc498}.af-p95{stroke:#f0a43a}.af-p99,.af-max{stroke:#f2784b}\n",
    ".af-chart .af-t-mean{fill:#d5dce3}.af-chart .af-t-p50,.af-chart .af-t-min{fill:#3fcfa4}.af-chart .af-t-p95{fill:#f3b155}",
    ".af-chart .af-t-p99,.af-chart .af-t-max{fill:#f58d66}\n",
    ".af-outage{fill:#f2784b;fill-opacity:.2}.af-spike{fill:#a98be0;fill-opacity:.22}.af-cap{fill-opacity:.85}",
    ".af-chart .af-t-outage{fill:#f58d66}.af-chart .af-t-spike{fill:#bda5ea}\n",
    ".af-ok{fill:#2fc498}.af-warn{fill:#f0a43a}.af-bad{fill:#f2784b}\n"
};

static void aflowi_put_lines(aflowi_out *o, const char *const *lines, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) aflowi_put(o, lines[i]);
}

/* --- Markup */

/* Bytes of the UTF-8 character at s when XML and HTML can carry it; 0 for anything else. */
static size_t aflowi_markup_character(const unsigned char *s)
{
    uint32_t code = s[0];
    size_t i, more = s[0] < 0x80 ? 0 : s[0] < 0xC2 ? 4 : s[0] < 0xE0 ? 1 : s[0] < 0xF0 ? 2 : s[0] < 0xF5 ? 3 : 4;
    if (more == 4) return 0;
    if (more) code &= 0x3Fu >> more;
    for (i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) return 0;
        code = code << 6 | (s[i] & 0x3Fu);
    }
    if (code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return 0;
    if ((more == 2 && code < 0x800) || (more == 3 && code < 0x10000)) return 0;
    if ((code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code < 0xFDF0)) return 0;
    return more + 1;
}

/* Text for markup, also in attributes; what no markup can carry shows as U+FFFD. At most `limit` characters (0: all). */
static void aflowi_put_markup_cut(aflowi_out *o, const char *text, size_t limit)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n;
    int cut = limit && aflowi_width(text) > limit;
    for (n = 0; *s && !(cut && n + 1 >= limit); n++) {
        size_t size = aflowi_markup_character(s);
        if (*s == '&') aflowi_put(o, "&amp;");
        else if (*s == '<') aflowi_put(o, "&lt;");
        else if (*s == '>') aflowi_put(o, "&gt;");
        else if (*s == '"') aflowi_put(o, "&quot;");
        else if (*s == '\'') aflowi_put(o, "&#39;");
        else if (*s == '\t' || *s == '\n' || *s == '\r') aflowi_put_char(o, ' ');
        else if (size) aflowi_put_bytes(o, (const char *)s, size);
        else aflowi_put(o, "&#65533;");
        s += size ? size : 1;
    }
    if (cut) aflowi_put(o, "&#8230;");
}

static void aflowi_put_markup(aflowi_out *o, const char *text) { aflowi_put_markup_cut(o, text, 0); }

/* --- Figures for people: three digits that count, thousands apart. */

static size_t aflowi_format_grouped(char *buffer, uint64_t value)
{
    char digits[24];
    size_t n = aflowi_format_u64(digits, value), i, at = 0;
    for (i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) buffer[at++] = ',';
        buffer[at++] = digits[i];
    }
    buffer[at] = 0;
    return at;
}

static size_t aflowi_format_figure(char *buffer, double value)
{
    if (!(value >= 0 && value < 1e15)) return aflowi_format_double(buffer, value);
    if (value >= 999.5) return aflowi_format_grouped(buffer, (uint64_t)(value + 0.5));
    if (value - (double)(uint64_t)value < 1e-9 || value >= 99.95) return aflowi_format_fixed(buffer, value, 0);
    if (value < 0.0001) return aflowi_format_fixed(buffer, value, 6);
    return aflowi_format_fixed(buffer, value, value >= 9.995 ? 1 : value >= 0.9995 ? 2 : value >= 0.09995 ? 3 : 4);
}

static void aflowi_put_grouped(aflowi_out *o, uint64_t value)
{
    char text[40];
    aflowi_put_bytes(o, text, aflowi_format_grouped(text, value));
}

static void aflowi_put_figure(aflowi_out *o, double value)
{
    char text[72];
    if (value == value) aflowi_put_bytes(o, text, aflowi_format_figure(text, value));
    else aflowi_put(o, "&#8211;");
}

/* A unit of time: its name, how many make a second, the same turned over. */
typedef struct aflowi_duration_scale { const char *name; double per_s, seconds; } aflowi_duration_scale;

/* The unit in which s is a number of a comfortable size. */
static aflowi_duration_scale aflowi_duration_unit(double s)
{
    static const aflowi_duration_scale units[] = { { "s", 1, 1 }, { "ms", 1e3, 1e-3 }, { "\xC2\xB5s", 1e6, 1e-6 } };
    return units[!(s < 0.9995) || s <= 0 ? 0 : s >= 0.0009995 ? 1 : 2];
}

static size_t aflowi_format_in_unit(char *buffer, double s, aflowi_duration_scale unit)
{
    size_t n = aflowi_format_figure(buffer, aflowi_mul(s, unit.per_s));
    buffer[n++] = ' ';
    memcpy(buffer + n, unit.name, strlen(unit.name) + 1);
    return n + strlen(unit.name);
}

static void aflowi_put_duration(aflowi_out *o, double s)
{
    char text[80];
    if (s == s) aflowi_put_bytes(o, text, aflowi_format_in_unit(text, s, aflowi_duration_unit(s)));
    else aflowi_put(o, "&#8211;");
}

/* 0.734 as 73.4 %. */
static void aflowi_put_percent(aflowi_out *o, double share)
{
    double percent = aflowi_mul(share, 100.0);
    if (percent != percent) { aflowi_put(o, "&#8211;"); return; }
    if (percent < 0 || percent > 1e9) aflowi_put_double(o, percent);
    else if (percent > 0 && percent < 0.005) aflowi_put(o, "&lt;0.01");
    else aflowi_put_fixed(o, percent, percent == (double)(uint64_t)percent || percent >= 99.95 ? 0 : percent >= 0.95 ? 1 : 2);
    aflowi_put(o, "&#160;%");
}

/* --- Shapes. All lengths are px of the picture, from its left and upper edge. */

typedef struct aflowi_frame { double x, y, width, height; } aflowi_frame;

static aflowi_frame aflowi_frame_of(double x, double y, double width, double height)
{
    aflowi_frame f;
    f.x = x; f.y = y; f.width = width; f.height = height;
    return f;
}

/* Tenths of a pixel. */
static uint32_t aflowi_tenths(double px) { return px > 0 ? (uint32_t)(px / 0.1 + 0.5) : 0; }

static void aflowi_put_tenths(aflowi_out *o, uint32_t tenths)
{
    aflowi_put_u64(o, tenths / 10);
    if (tenths % 10) {
        aflowi_put_char(o, '.');
        aflowi_put_char(o, (char)('0' + tenths % 10));
    }
}

static void aflowi_put_length(aflowi_out *o, const char *attribute, double px)
{
    aflowi_put_char(o, ' ');
    aflowi_put(o, attribute);
    aflowi_put(o, "=\"");
    aflowi_put_tenths(o, aflowi_tenths(px));
    aflowi_put_char(o, '"');
}

/* Middle of a pixel: a line of width 1 is then sharp. */
static double aflowi_crisp(double px) { return px > 0 ? (double)(uint32_t)px + 0.5 : 0.5; }

/* Room that so many characters need at 11 px in a wide font. */
static double aflowi_text_px(size_t characters) { return (double)(characters * 74 / 10); }

static void aflowi_put_line(aflowi_out *o, const char *css, double x1, double y1, double x2, double y2)
{
    aflowi_put(o, "<line class=\"");
    aflowi_put(o, css);
    aflowi_put_char(o, '"');
    aflowi_put_length(o, "x1", x1);
    aflowi_put_length(o, "y1", y1);
    aflowi_put_length(o, "x2", x2);
    aflowi_put_length(o, "y2", y2);
    aflowi_put(o, "/>\n");
}

/* Leaves the tag open: the caller ends it, or gives it a tooltip. */
static void aflowi_open_rect(aflowi_out *o, const char *css, aflowi_frame f)
{
    aflowi_put(o, "<rect class=\"");
    aflowi_put(o, css);
    aflowi_put_char(o, '"');
    aflowi_put_length(o, "x", f.x);
    aflowi_put_length(o, "y", f.y);
    aflowi_put_length(o, "width", f.width);
    aflowi_put_length(o, "height", f.height);
}

/* anchor: 's' at its start, 'm' in its middle, 'e' at its end. */
static void aflowi_open_text(aflowi_out *o, const char *css, double x, double y, char anchor)
{
    aflowi_put(o, "<text");
    if (*css) {
        aflowi_put(o, " class=\"");
        aflowi_put(o, css);
        aflowi_put_char(o, '"');
    }
    aflowi_put_length(o, "x", x);
    aflowi_put_length(o, "y", y);
    if (anchor != 's') aflowi_put(o, anchor == 'm' ? " text-anchor=\"middle\"" : " text-anchor=\"end\"");
    aflowi_put_char(o, '>');
}

static void aflowi_close_text(aflowi_out *o) { aflowi_put(o, "</text>\n"); }

/* --- Axes. A value has its place at + (value - low) / per_px; ticks stand at every step x 10^exponent units. */

typedef struct aflowi_axis {
    double low, high;           /* in the data's own unit */
    double at, per_px;          /* px of low; data a px, negative: upwards */
    double unit;                /* data in one unit that is shown */
    uint64_t step, first, last; /* ticks are step x first .. step x last ... */
    int exponent;               /* ... x 10^exponent */
} aflowi_axis;

/* n x 10^exponent, correctly rounded while both are exact. */
static double aflowi_axis_decimal(uint64_t n, int exponent)
{
    static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18 };
    return exponent < 0 ? (double)n / tens[-exponent] : aflowi_mul((double)n, tens[exponent]);
}

static double aflowi_axis_place(const aflowi_axis *axis, double value)
{
    if (value < axis->low) value = axis->low;
    if (value > axis->high) value = axis->high;
    return axis->at + (value - axis->low) / axis->per_px;
}

/* The k-th tick in the data's unit. */
static double aflowi_axis_tick(const aflowi_axis *axis, uint64_t k)
{
    return aflowi_mul(aflowi_axis_decimal(k * axis->step, axis->exponent), axis->unit);
}

static void aflowi_axis_ticks(aflowi_axis *axis)
{
    double step = aflowi_axis_tick(axis, 1);
    axis->first = (uint64_t)(axis->low / step);
    if (aflowi_axis_tick(axis, axis->first) < axis->low) axis->first++;
    axis->last = (uint64_t)(axis->high / step + 1e-9);
}

/* The smallest of 1, 2, 2.5, 5 x 10^n with at most `most` steps in the span; a multiple of 10^exponent. */
static void aflowi_axis_nice(aflowi_axis *axis, double span, double most, int exponent)
{
    static const uint64_t nice[] = { 1, 2, 25, 5 };
    size_t i = 0;
    int power = exponent;
    for (;;) {
        axis->step = nice[i];
        axis->exponent = i == 2 ? power - 1 : power;
        if (axis->exponent >= exponent && (power >= 18 || span / aflowi_axis_decimal(axis->step, axis->exponent) <= most)) return;
        i = (i + 1) % 4;
        if (i == 0) power++;
    }
}

/* Time over a run: steps that clocks have. Returns the unit's name. */
static const char *aflowi_axis_time(aflowi_axis *axis, double horizon_s, double left, double right)
{
    static const uint64_t clock[] = { 1, 2, 5, 10, 15, 20, 30, 60 }, day[] = { 1, 2, 3, 6, 12, 24, 48, 120 };
    double most = (right - left) / 62, span;
    const uint64_t *steps = horizon_s > 10800 ? day : clock;
    size_t i;
    memset(axis, 0, sizeof *axis);
    axis->high = horizon_s > 0 ? horizon_s : 1;
    axis->at = left;
    axis->per_px = axis->high / (right - left);
    axis->unit = horizon_s > 10800 ? 3600 : horizon_s > 180 ? 60 : 1;
    span = axis->high / axis->unit;
    for (i = 0; i < 8 && span / (double)steps[i] > most; i++) {}
    if ((i == 0 && axis->unit <= 1) || i == 8) {
        aflowi_axis_nice(axis, span, most, -9);
    } else {
        axis->step = steps[i];
    }
    aflowi_axis_ticks(axis);
    return axis->unit > 60 ? "h" : axis->unit > 1 ? "min" : "s";
}

/* From 0 upwards to the first tick that is not below the greatest value. */
static void aflowi_axis_up(aflowi_axis *axis, double greatest, double top, double bottom, int least_exponent)
{
    memset(axis, 0, sizeof *axis);
    if (!(greatest > 0)) greatest = 1;
    axis->unit = 1;
    aflowi_axis_nice(axis, greatest, bottom - top < 70 ? 2 : bottom - top < 108 ? 3 : (bottom - top) / 36, least_exponent);
    axis->last = (uint64_t)(greatest / aflowi_axis_tick(axis, 1));
    if (aflowi_axis_tick(axis, axis->last) < greatest) axis->last++;
    axis->high = aflowi_axis_tick(axis, axis->last);
    axis->at = bottom;
    axis->per_px = axis->high / (top - bottom);
}

/* The text of the k-th tick, from integers alone. */
static size_t aflowi_format_tick(char *buffer, const aflowi_axis *axis, uint64_t k)
{
    uint64_t n = k * axis->step, ten = 1;
    int e;
    if (axis->exponent >= 0) {
        for (e = axis->exponent; e > 0 && n < (uint64_t)1e17; e--) n *= 10;
        return aflowi_format_grouped(buffer, n);
    }
    for (e = axis->exponent; e < 0 && ten < (uint64_t)1e17; e++) ten *= 10;
    {
        size_t at = aflowi_format_grouped(buffer, n / ten);
        if (n) buffer[at++] = '.';
        for (n %= ten; at && ten > 1 && k; n %= ten) {
            ten /= 10;
            buffer[at++] = (char)('0' + n / ten);
        }
        buffer[at] = 0;
        return at;
    }
}

/* --- The parts that every chart has. */

typedef struct aflowi_plot {
    aflowi_out *o;
    aflowi_frame frame;                  /* the whole chart */
    double left, right, top, bottom;     /* the plotting area */
    aflowi_axis x, y;
    const char *x_unit;
    int compact;                           /* a panel of a sheet: no axis titles, fewer words */
} aflowi_plot;

static aflowi_plot aflowi_plot_of(aflowi_out *o, aflowi_frame frame, int compact)
{
    aflowi_plot p;
    memset(&p, 0, sizeof p);
    p.o = o;
    p.frame = frame;
    p.compact = compact;
    p.left = frame.x + (compact ? 40 : 64);
    p.right = frame.x + frame.width - (compact ? 12 : 20);
    p.top = frame.y + (compact ? 53 : 62);
    p.bottom = frame.y + frame.height - (compact ? 24 : 48);
    return p;
}

/* Room for the ticks of y, which are as wide as the last. */
static void aflowi_plot_fit_left(aflowi_plot *p)
{
    char text[72];
    double room = aflowi_text_px(aflowi_format_tick(text, &p->y, p->y.last));
    double other = p->y.last ? aflowi_text_px(aflowi_format_tick(text, &p->y, p->y.last - 1)) : 0;
    p->left = p->frame.x + (room > other ? room : other) + (p->compact ? 20 : 44);
}

static void aflowi_plot_heading(const aflowi_plot *p, const char *title)
{
    size_t most = (size_t)(p->frame.width / (p->compact ? 8 : 9));
    aflowi_open_text(p->o, p->compact ? "af-small" : "af-title", p->frame.x + 14, p->frame.y + (p->compact ? 20 : 26), 's');
    aflowi_put_markup_cut(p->o, title, most > 8 ? most : 8);
    aflowi_close_text(p->o);
}

static void aflowi_open_subtitle(const aflowi_plot *p)
{
    aflowi_open_text(p->o, p->compact ? "" : "af-sub", p->frame.x + 14, p->frame.y + (p->compact ? 36 : 45), 's');
}

/* A chart without data says why. */
static void aflowi_plot_empty(const aflowi_plot *p, const char *sentence, const char *second)
{
    double middle = p->frame.x + p->frame.width / 2, height = p->frame.height - (p->compact ? 44 : 60);
    double y = p->frame.y + (p->compact ? 30 : 40);
    aflowi_open_rect(p->o, "af-void", aflowi_frame_of(p->frame.x + 14, y, p->frame.width - 28, height));
    aflowi_put(p->o, " rx=\"6\"/>\n");
    aflowi_open_text(p->o, p->compact ? "" : "af-empty", middle, y + height / 2 - (*second ? 5 : -4), 'm');
    aflowi_put(p->o, sentence);
    aflowi_close_text(p->o);
    if (!*second) return;
    aflowi_open_text(p->o, "", middle, y + height / 2 + 14, 'm');
    aflowi_put(p->o, second);
    aflowi_close_text(p->o);
}

/* Grid lines and ticks of y, under the data. */
static void aflowi_plot_grid(const aflowi_plot *p)
{
    char text[72];
    uint64_t k;
    for (k = p->y.first; k <= p->y.last; k++) {
        double y = aflowi_axis_place(&p->y, aflowi_axis_tick(&p->y, k));
        if (k) aflowi_put_line(p->o, "af-grid", p->left, aflowi_crisp(y), p->right, aflowi_crisp(y));
        aflowi_open_text(p->o, "", p->left - 7, y + 4, 'e');
        aflowi_put_bytes(p->o, text, aflowi_format_tick(text, &p->y, k));
        aflowi_close_text(p->o);
    }
}

/* The x axis over the data. */
static void aflowi_plot_ticks(const aflowi_plot *p)
{
    char text[72];
    uint64_t k;
    aflowi_put_line(p->o, "af-axis", p->left, aflowi_crisp(p->bottom), p->right, aflowi_crisp(p->bottom));
    for (k = p->x.first; k <= p->x.last; k++) {
        double x = aflowi_axis_place(&p->x, aflowi_axis_tick(&p->x, k));
        aflowi_put_line(p->o, "af-axis", aflowi_crisp(x), p->bottom, aflowi_crisp(x), p->bottom + 4);
        int has_unit = p->compact && k == p->x.last && *p->x_unit;
        aflowi_open_text(p->o, "", has_unit && x > p->right - 20 ? p->right + 6 : x, p->bottom + 17, has_unit && x > p->right - 20 ? 'e' : 'm');
        aflowi_put_bytes(p->o, text, aflowi_format_tick(text, &p->x, k));
        if (has_unit) {
            aflowi_put_char(p->o, ' ');
            aflowi_put(p->o, p->x_unit);
        }
        aflowi_close_text(p->o);
    }
}

/* Names of both axes. */
static void aflowi_plot_names(const aflowi_plot *p, const char *x_name, const char *y_name)
{
    double x = p->frame.x + 18, y = (p->top + p->bottom) / 2;
    if (p->compact) return;
    aflowi_open_text(p->o, "af-sub", (p->left + p->right) / 2, p->bottom + 36, 'm');
    aflowi_put(p->o, x_name);
    aflowi_put(p->o, " (");
    aflowi_put(p->o, p->x_unit);
    aflowi_put(p->o, ")");
    aflowi_close_text(p->o);
    aflowi_put(p->o, "<text class=\"af-sub\" text-anchor=\"middle\" transform=\"translate(");
    aflowi_put_tenths(p->o, aflowi_tenths(x));
    aflowi_put_char(p->o, ' ');
    aflowi_put_tenths(p->o, aflowi_tenths(y));
    aflowi_put(p->o, ") rotate(-90)\">");
    aflowi_put(p->o, y_name);
    aflowi_close_text(p->o);
}

/* A value worth a line of its own. */
typedef struct aflowi_mark {
    double value;
    double place;            /* px of its label */
    const char *name;        /* as it is shown, and the end of its classes */
    size_t level;            /* row of its label, from the lowest */
    char figure[80];         /* the value with its unit */
} aflowi_mark;

static void aflowi_put_mark_line(aflowi_out *o, const aflowi_mark *m, double x1, double y1, double x2, double y2)
{
    char css[40] = "af-ref af-";
    memcpy(css + 10, m->name, strlen(m->name) + 1);
    aflowi_put_line(o, css, x1, y1, x2, y2);
}

static void aflowi_put_mark_label(aflowi_out *o, const aflowi_mark *m, double x, double y)
{
    char css[40] = "af-label af-t-";
    memcpy(css + 14, m->name, strlen(m->name) + 1);
    aflowi_open_text(o, css, x, y, 's');
    aflowi_put(o, m->name);
    aflowi_put_char(o, ' ');
    aflowi_put(o, m->figure);
    aflowi_close_text(o);
}

static double aflowi_mark_px(const aflowi_mark *m) { return aflowi_text_px(aflowi_width(m->name) + 1 + aflowi_width(m->figure)); }

static void aflowi_sort_marks(aflowi_mark *marks, size_t count)
{
    size_t i, j;
    for (i = 1; i < count; i++) {
        for (j = i; j > 0 && marks[j].value < marks[j - 1].value; j--) {
            aflowi_mark other = marks[j];
            marks[j] = marks[j - 1];
            marks[j - 1] = other;
        }
    }
}

/* --- Latency: a histogram. */

typedef struct aflowi_latency_bins {
    aflow_latency_stats stats;
    aflowi_duration_scale unit;
    aflowi_axis step;                    /* the bins' edges as ticks */
    double low_s, high_s;                /* of all bins */
    size_t bins;
    uint64_t inside, tallest;
    uint64_t cells[AFLOWI_CHART_BINS];
} aflowi_latency_bins;

/* The whole range, or up to p99.5 when the rest would squeeze it; from 0 when that costs little room. */
static void aflowi_choose_bins(aflowi_latency_bins *b, double p995_s, double most)
{
    double high = b->stats.max_s, low = b->stats.min_s, edge;
    uint64_t first;
    if (high / 1.4 > p995_s) high = p995_s > b->stats.p99_s ? p995_s : b->stats.p99_s;
    if (!(high > 0)) high = 1e-6;
    if (high - low < high / 50) {       /* hardly any range: the value in the middle */
        low -= high / 10;
        high += high / 10;
        most = 21;
    } else if (low < high / 3) {
        low = 0;
    }
    b->unit = aflowi_duration_unit(high / 2);
    memset(&b->step, 0, sizeof b->step);
    b->step.unit = b->unit.seconds;
    aflowi_axis_nice(&b->step, (high - low) / b->step.unit, most, -9);
    edge = aflowi_axis_tick(&b->step, 1);
    first = (uint64_t)(low / edge);
    b->bins = (size_t)((uint64_t)(high / edge) + 1 - first);
    if (b->bins > AFLOWI_CHART_BINS) b->bins = AFLOWI_CHART_BINS;
    b->step.first = first;
    b->low_s = aflowi_axis_tick(&b->step, first);
    b->high_s = aflowi_axis_tick(&b->step, first + b->bins);
}

static void aflowi_fill_bins(aflowi_latency_bins *b, const aflow_result *result, double width_px)
{
    double room = width_px / 8;
    size_t most = 8, i;
    while (most * most < b->stats.count && most < AFLOWI_CHART_BINS - 4 && (double)most < room) most++;
    aflowi_choose_bins(b, aflow_result_percentile(result, 99.5), (double)most);
    b->inside = aflow_result_latency_histogram(result, b->low_s, b->high_s, b->cells, b->bins);
    b->tallest = 0;
    for (i = 0; i < b->bins; i++) if (b->cells[i] > b->tallest) b->tallest = b->cells[i];
}

static void aflowi_latency_marks(const aflowi_latency_bins *b, aflowi_mark *marks)
{
    static const char *const names[] = { "mean", "p50", "p95", "p99" };
    double values[4];
    size_t i;
    values[0] = b->stats.mean_s;
    values[1] = b->stats.p50_s;
    values[2] = b->stats.p95_s;
    values[3] = b->stats.p99_s;
    for (i = 0; i < 4; i++) {
        marks[i].value = values[i];
        marks[i].name = names[i];
        marks[i].level = 0;
        aflowi_format_in_unit(marks[i].figure, values[i], aflowi_duration_unit(values[i]));
    }
    aflowi_sort_marks(marks, 4);
}

/* The axis leaves room for the labels right of their lines. */
static void aflowi_latency_axis(aflowi_plot *p, const aflowi_latency_bins *b, const aflowi_mark *marks)
{
    double width = p->right - p->left, margin = p->frame.x + p->frame.width - p->right;
    size_t i;
    memset(&p->x, 0, sizeof p->x);
    p->x.low = b->low_s;
    p->x.high = b->high_s;
    for (i = 0; i < 4; i++) {
        double room = aflowi_mark_px(&marks[i]) + 8 - margin, wanted;
        if (room < 0) room = 0;
        if (room > width / 2) room = width / 2;
        wanted = b->low_s + (marks[i].value - b->low_s) / ((width - room) / width);
        if (wanted > p->x.high) p->x.high = wanted;
    }
    p->x.at = p->left;
    p->x.per_px = (p->x.high - p->x.low) / width;
    p->x.unit = b->unit.seconds;
    p->x_unit = b->unit.name;
    aflowi_axis_nice(&p->x, (p->x.high - p->x.low) / p->x.unit, width / 62, -9);
    aflowi_axis_ticks(&p->x);
}

/* Labels stand right of their lines, the left ones higher where they would meet, so that no line crosses a label.
   Returns how many rows that takes. */
static size_t aflowi_latency_levels(const aflowi_plot *p, aflowi_mark *marks)
{
    size_t i, j, rows = 0;
    for (i = 4; i-- > 0;) {
        marks[i].place = aflowi_axis_place(&p->x, marks[i].value);
        for (j = i + 1; j < 4; j++) {
            if (marks[j].place < marks[i].place + aflowi_mark_px(&marks[i]) + 8 && marks[i].level <= marks[j].level) marks[i].level = marks[j].level + 1;
        }
        if (marks[i].level + 1 > rows) rows = marks[i].level + 1;
    }
    return rows;
}

/* A bar from x1 to x2 px; leaves the rectangle open for its tooltip. */
static void aflowi_open_bar(const aflowi_plot *p, double x1, double x2, uint64_t count)
{
    double y = aflowi_axis_place(&p->y, (double)count);
    if (p->bottom - y < 0.7) y = p->bottom - 0.7;     /* one request is still seen */
    aflowi_open_rect(p->o, "af-bar", aflowi_frame_of(x1, y, x2 - x1 > 4 ? x2 - x1 - 1 : x2 - x1, p->bottom - y));
}

static void aflowi_put_bars(const aflowi_plot *p, const aflowi_latency_bins *b)
{
    char text[72];
    size_t i;
    for (i = 0; i < b->bins; i++) {
        double x1 = aflowi_axis_place(&p->x, aflowi_axis_tick(&b->step, b->step.first + i));
        double x2 = aflowi_axis_place(&p->x, aflowi_axis_tick(&b->step, b->step.first + i + 1));
        if (!b->cells[i]) continue;
        aflowi_open_bar(p, x1, x2, b->cells[i]);
        aflowi_put(p->o, "><title>");
        aflowi_put_bytes(p->o, text, aflowi_format_tick(text, &b->step, b->step.first + i));
        aflowi_put(p->o, " to ");
        aflowi_put_bytes(p->o, text, aflowi_format_tick(text, &b->step, b->step.first + i + 1));
        aflowi_put_char(p->o, ' ');
        aflowi_put(p->o, b->unit.name);
        aflowi_put(p->o, ": ");
        aflowi_put_grouped(p->o, b->cells[i]);
        aflowi_put(p->o, "</title></rect>\n");
    }
}

static void aflowi_put_latency_marks(const aflowi_plot *p, const aflowi_mark *marks)
{
    size_t i;
    for (i = 0; i < 4; i++) {
        double y = p->top - 6 - (double)(marks[i].level * 14);
        aflowi_put_mark_line(p->o, &marks[i], marks[i].place, y - 9, marks[i].place, p->bottom);
        aflowi_put_mark_label(p->o, &marks[i], marks[i].place + 4, y);
    }
}

static void aflowi_put_latency_subtitle(const aflowi_plot *p, const aflowi_latency_bins *b)
{
    aflowi_open_subtitle(p);
    aflowi_put_grouped(p->o, b->stats.count);
    aflowi_put(p->o, b->stats.count == 1 ? " completed request" : " completed requests");
    if (b->inside < b->stats.count) {
        uint64_t beyond = b->stats.count - b->inside;
        aflowi_put(p->o, p->frame.width < 500 ? ", " : " &#183; not shown: ");
        aflowi_put_grouped(p->o, beyond);
        aflowi_put(p->o, " beyond ");
        aflowi_put_duration(p->o, b->high_s);
        aflowi_put(p->o, ", up to ");
        aflowi_put_duration(p->o, b->stats.max_s);
    }
    aflowi_close_text(p->o);
}

static void aflowi_put_latency_bar_name(const aflowi_plot *p, const aflowi_latency_bins *b, char *name)
{
    size_t n = 13;
    memcpy(name, "requests per ", 13);
    n += aflowi_format_tick(name + n, &b->step, 1);
    name[n++] = ' ';
    memcpy(name + n, b->unit.name, strlen(b->unit.name) + 1);
    aflowi_plot_names(p, "latency", name);
}

static void aflowi_latency_chart(aflowi_out *o, const aflow_result *result, aflowi_frame frame, const char *title)
{
    aflowi_plot p = aflowi_plot_of(o, frame, 0);
    aflowi_latency_bins b;
    aflowi_mark marks[4];
    char name[128];
    memset(&b, 0, sizeof b);
    b.stats = aflow_result_latency(result);
    aflowi_plot_heading(&p, title);
    if (b.stats.count == 0) {
        aflowi_plot_empty(&p, "No request completed, so there is no latency to show.", "");
        return;
    }
    aflowi_fill_bins(&b, result, p.right - p.left);
    aflowi_latency_marks(&b, marks);
    aflowi_axis_up(&p.y, (double)b.tallest, p.top, p.bottom, 0);
    aflowi_plot_fit_left(&p);
    aflowi_latency_axis(&p, &b, marks);
    p.top += (double)(aflowi_latency_levels(&p, marks) * 14);
    aflowi_axis_up(&p.y, (double)b.tallest, p.top, p.bottom, 0);
    aflowi_put_latency_subtitle(&p, &b);
    aflowi_plot_grid(&p);
    aflowi_put_bars(&p, &b);
    aflowi_plot_ticks(&p);
    aflowi_put_latency_marks(&p, marks);
    aflowi_put_latency_bar_name(&p, &b, name);
}

/* --- Series over time. */

/* Tenths of a pixel, from the top of the picture. */
typedef struct aflowi_chart_column { uint16_t low, mean, high; } aflowi_chart_column;

typedef struct aflowi_chart_columns {
    uint64_t values, group;              /* of the series; in one column (the last may have fewer) */
    size_t count, filled;                /* columns */
    uint64_t held, left;                 /* values in the column that is being filled; yet to come */
    double sum, least, greatest;
    aflowi_chart_column at[AFLOWI_CHART_COLUMNS];
} aflowi_chart_columns;

static void aflowi_chart_columns_init(aflowi_chart_columns *c, uint64_t values, double width_px)
{
    uint64_t most = (uint64_t)width_px;
    if (most > AFLOWI_CHART_COLUMNS) most = AFLOWI_CHART_COLUMNS;
    if (values > most) most = most * 4 / 5;
    if (most < 1) most = 1;
    c->values = c->left = values;
    c->group = values > most ? (values + most - 1) / most : 1;
    c->count = (size_t)((values + c->group - 1) / c->group);
    c->filled = 0;
    c->held = 0;
    c->sum = c->least = c->greatest = 0;
}

static void aflowi_chart_columns_add(aflowi_chart_columns *c, const aflowi_axis *y, double value)
{
    aflowi_chart_column *column = &c->at[c->filled];
    if (c->filled >= c->count || !c->left) return;
    if (!c->held || value < c->least) c->least = value;
    if (!c->held || value > c->greatest) c->greatest = value;
    c->sum += value;
    c->held++;
    c->left--;
    if (c->held < c->group && c->left) return;
    column->low = (uint16_t)aflowi_tenths(aflowi_axis_place(y, c->least));
    column->high = (uint16_t)aflowi_tenths(aflowi_axis_place(y, c->greatest));
    column->mean = (uint16_t)aflowi_tenths(aflowi_axis_place(y, c->sum / (double)c->held));
    c->filled++;
    c->held = 0;
    c->sum = 0;
}

/* Columns that fill the whole width: the last one may be a part. */
static double aflowi_chart_columns_width(const aflowi_chart_columns *c) { return (double)c->values / (double)c->group; }

static uint32_t aflowi_chart_column_height(const aflowi_chart_column *c, int which) { return which == 0 ? c->low : which == 1 ? c->mean : c->high; }

static void aflowi_put_point(aflowi_out *o, char command, uint32_t x, uint32_t y)
{
    aflowi_put_char(o, command);
    aflowi_put_tenths(o, x);
    aflowi_put_char(o, ' ');
    aflowi_put_tenths(o, y);
}

/* Points at the columns' middles, forwards or back; the inner ones of a level stretch are left out. */
static void aflowi_put_trace(aflowi_out *o, const aflowi_chart_columns *c, double left, double width, int which, int backwards, char command)
{
    size_t n = c->filled, i;
    double all = aflowi_chart_columns_width(c), columns_a_px = all / width;
    uint32_t before = 0, y = 0, after;
    for (i = 0; i < n; i++, before = y) {
        size_t k = backwards ? n - 1 - i : i;
        double middle = (double)k + 0.5 < all ? (double)k + 0.5 : all;
        y = aflowi_chart_column_height(&c->at[k], which);
        after = i + 1 < n ? aflowi_chart_column_height(&c->at[backwards ? k - 1 : k + 1], which) : 0;
        if (i && i + 1 < n && before == y && after == y) continue;
        aflowi_put_point(o, i ? ' ' : command, aflowi_tenths(left + middle / columns_a_px), y);
    }
}

/* Every value holds until the next. */
static void aflowi_put_steps(aflowi_out *o, const aflowi_chart_columns *c, double left, double width)
{
    double columns_a_px = (double)c->filled / width;
    size_t i;
    aflowi_put_point(o, 'M', aflowi_tenths(left), c->at[0].mean);
    for (i = 1; i <= c->filled; i++) {
        if (i < c->filled && c->at[i].mean == c->at[i - 1].mean) continue;
        aflowi_put_char(o, 'H');
        aflowi_put_tenths(o, aflowi_tenths(left + (double)i / columns_a_px));
        if (i < c->filled) {
            aflowi_put_char(o, 'V');
            aflowi_put_tenths(o, c->at[i].mean);
        }
    }
}

/* The series from `left` to `right` px: area and line, in steps where they can be seen; where it was reduced, the band of least to
   greatest. */
static void aflowi_put_series(const aflowi_plot *p, const aflowi_chart_columns *c, double left, double right)
{
    aflowi_out *o = p->o;
    double width = right - left;
    int is_reduced = c->group > 1, is_line = is_reduced || (double)c->count > width / 3, pass;
    if (!c->filled || !(width > 0)) return;
    for (pass = 0; pass < 2; pass++) {
        aflowi_put(o, pass ? "<path class=\"af-line\" d=\"" : "<path class=\"af-area\" d=\"");
        if (is_line) aflowi_put_trace(o, c, left, width, 1, 0, 'M');
        else aflowi_put_steps(o, c, left, width);
        if (!pass) {
            double middle = is_line ? width / aflowi_chart_columns_width(c) / 2 : 0;
            aflowi_put_char(o, 'V');
            aflowi_put_tenths(o, aflowi_tenths(p->bottom));
            aflowi_put_char(o, 'H');
            aflowi_put_tenths(o, aflowi_tenths(left + middle));
            aflowi_put_char(o, 'Z');
        }
        aflowi_put(o, "\"/>\n");
        if (pass || !is_reduced) continue;
        aflowi_put(o, "<path class=\"af-band\" d=\"");
        aflowi_put_trace(o, c, left, width, 2, 0, 'M');
        aflowi_put_trace(o, c, left, width, 0, 1, 'L');
        aflowi_put(o, "Z\"/>\n");
    }
}

/* --- Injected events as shades with labels. */

#define AFLOWI_EVENT_ROWS 3

static void aflowi_put_event_name(aflowi_out *o, const aflow_event_info *e)
{
    aflowi_put_markup_cut(o, e->target_id, 20);
    if (aflowi_is_spike(e)) {
        aflowi_put(o, " +");
        aflowi_put_duration(o, e->spike_s);
    } else {
        aflowi_put(o, e->is_outage ? " down" : " lost");
    }
}

static size_t aflowi_event_name_width(const aflow_event_info *e)
{
    char text[80];
    size_t id = aflowi_width(e->target_id);
    if (id > 20) id = 20;
    if (!aflowi_is_spike(e)) return id + 5;
    (void)aflowi_format_in_unit(text, e->spike_s, aflowi_duration_unit(e->spike_s));
    return id + 2 + aflowi_width(text);
}

/* Labels in rows above the plot, where they fit; returns the rows used. Only counts when the plot is not placed yet. */
static size_t aflowi_event_labels(const aflowi_plot *p, const aflow_result *result, int draw)
{
    double ends[AFLOWI_EVENT_ROWS];
    size_t i, count = aflow_result_events(result), used = 0, row;
    for (row = 0; row < AFLOWI_EVENT_ROWS; row++) ends[row] = p->frame.x;
    for (i = 0; i < count; i++) {
        aflow_event_info e = aflow_result_event(result, i);
        double width = aflowi_text_px(aflowi_event_name_width(&e)), x = aflowi_axis_place(&p->x, e.t_start);
        if (e.t_start >= p->x.high) continue;     /* the run ended before it */
        if (x + width > p->frame.x + p->frame.width - 8) x = p->frame.x + p->frame.width - 8 - width;
        for (row = 0; row < AFLOWI_EVENT_ROWS && x < ends[row]; row++) {}
        if (row == AFLOWI_EVENT_ROWS) continue;
        ends[row] = x + width + 8;
        if (row + 1 > used) used = row + 1;
        if (!draw) continue;
        aflowi_open_text(p->o, aflowi_is_spike(&e) ? "af-label af-t-spike" : "af-label af-t-outage", x, p->top - 7 - (double)(row * 14), 's');
        aflowi_put_event_name(p->o, &e);
        aflowi_close_text(p->o);
    }
    return used;
}

static void aflowi_put_event_shades(const aflowi_plot *p, const aflow_result *result)
{
    size_t i, count = aflow_result_events(result);
    for (i = 0; i < count; i++) {
        aflow_event_info e = aflow_result_event(result, i);
        double x1 = aflowi_axis_place(&p->x, e.t_start), x2 = aflowi_axis_place(&p->x, e.t_end);
        if (e.t_start >= p->x.high) continue;
        if (x2 - x1 < 1.5) x2 = x1 + 1.5;
        if (x2 > p->right) x2 = p->right;
        aflowi_open_rect(p->o, aflowi_is_spike(&e) ? "af-spike" : "af-outage", aflowi_frame_of(x1, p->top, x2 - x1, p->bottom - p->top));
        aflowi_put(p->o, "><title>");
        aflowi_put_markup(p->o, e.event_id);
        aflowi_put(p->o, ": ");
        aflowi_put_event_name(p->o, &e);
        aflowi_put(p->o, "</title></rect>\n");
        aflowi_open_rect(p->o, aflowi_is_spike(&e) ? "af-spike af-cap" : "af-outage af-cap", aflowi_frame_of(x1, p->top - 3, x2 - x1, 3));
        aflowi_put(p->o, "/>\n");
    }
}

/* --- Charts over time: prepare, fill the columns, finish. */

/* Horizontal lines with labels right of the plot, which keep a distance from each other. */
static void aflowi_put_levels(const aflowi_plot *p, aflowi_mark *marks, size_t count)
{
    size_t i;
    double lowest = p->bottom - 2;
    for (i = 0; i < count; i++) {        /* upwards from the least */
        double y = aflowi_axis_place(&p->y, marks[i].value) + 4;
        marks[i].place = y < lowest ? y : lowest;
        lowest = marks[i].place - 14;
    }
    lowest = p->top + 4;
    for (i = count; i-- > 0;) {          /* and down again from the top, where that was too high */
        if (marks[i].place < lowest) marks[i].place = lowest;
        lowest = marks[i].place + 14;
    }
    for (i = 0; i < count; i++) {
        double y = aflowi_axis_place(&p->y, marks[i].value);
        aflowi_put_mark_line(p->o, &marks[i], p->left, y, p->right, y);
        if (!p->compact) aflowi_put_mark_label(p->o, &marks[i], p->right + 6, marks[i].place);
    }
}

static void aflowi_mark_set(aflowi_mark *m, const char *name, double value)
{
    memset(m, 0, sizeof *m);
    m->name = name;
    m->value = value;
    (void)aflowi_format_figure(m->figure, value);
}

/* Lays out the plot; greatest: of all that is to be seen. */
static void aflowi_time_layout(aflowi_plot *p, const aflow_result *result, const aflowi_mark *marks, size_t count, double greatest)
{
    double horizon = aflow_result_info(result).horizon_s, room = 0;
    size_t i;
    for (i = 0; i < count && !p->compact; i++) if (aflowi_mark_px(&marks[i]) > room) room = aflowi_mark_px(&marks[i]);
    if (room > p->frame.width / 4) room = p->frame.width / 4;
    if (room > 0) p->right = p->frame.x + p->frame.width - room - 16;
    aflowi_axis_up(&p->y, greatest, p->top, p->bottom, 0);
    aflowi_plot_fit_left(p);
    (void)aflowi_axis_time(&p->x, horizon, p->left, p->right);
    if (!p->compact) p->top += (double)(aflowi_event_labels(p, result, 0) * 14);
    aflowi_axis_up(&p->y, greatest, p->top, p->bottom, 0);
    p->x_unit = aflowi_axis_time(&p->x, horizon, p->left, p->right);
}

static void aflowi_time_finish(const aflowi_plot *p, const aflow_result *result, const aflowi_chart_columns *c, double start_s, double end_s)
{
    aflowi_plot_grid(p);
    aflowi_put_event_shades(p, result);
    aflowi_put_series(p, c, start_s > 0 ? aflowi_axis_place(&p->x, start_s) : p->left, aflowi_axis_place(&p->x, end_s));
    aflowi_plot_ticks(p);
    if (!p->compact) (void)aflowi_event_labels(p, result, 1);
}

/* What a reduced series shows. */
static void aflowi_put_reduction(const aflowi_plot *p, const aflowi_chart_columns *c, double end_s)
{
    if (c->group <= 1) return;
    aflowi_put(p->o, p->frame.width < 560 ? " &#183; band: range of " : " &#183; line: mean, band: range of ");
    aflowi_put_duration(p->o, end_s / aflowi_chart_columns_width(c));
}

/* The count of a rank (from 0) among all windows, by counting in ever finer cells: no memory, whatever their number. */
static uint64_t aflowi_count_of_rank(const aflow_result *result, uint64_t rank, double most)
{
    uint32_t cells[256];
    uint64_t low = 0, width = 1, below, value;
    size_t i;
    while ((double)(width * 256) <= most && width < ((uint64_t)1 << 48)) width *= 256;
    for (;;) {
        aflowi_rate_cursor cursor = aflowi_rates(result, 1.0);
        memset(cells, 0, sizeof cells);
        below = 0;
        while (aflowi_next_count(&cursor, &value)) {
            if (value < low) below++;
            else if ((value - low) / width < 256) cells[(value - low) / width]++;
        }
        for (i = 0; i < 255 && below + cells[i] <= rank; i++) below += cells[i];
        low += i * width;
        if (width == 1) return low;
        width /= 256;
    }
}

/* The 95th percentile of the rates, linear between order statistics. */
static double aflowi_rate_p95(const aflow_result *result, const aflow_throughput_stats *stats)
{
    double rank = aflowi_mul((double)(stats->windows - 1), 0.95);
    double most = aflowi_mul(stats->max_rps, stats->window_s) + 0.5;
    uint64_t lower = (uint64_t)rank, a = aflowi_count_of_rank(result, lower, most), b = a;
    if (lower + 1 < stats->windows) b = aflowi_count_of_rank(result, lower + 1, most);
    return aflowi_add((double)a, aflowi_mul(rank - (double)lower, (double)(b - a))) / stats->window_s;
}

static void aflowi_throughput_chart(aflowi_out *o, const aflow_result *result, aflowi_frame frame, const char *title)
{
    aflowi_plot p = aflowi_plot_of(o, frame, 0);
    aflow_throughput_stats stats = aflow_result_throughput(result, 1.0, NULL, 0);
    aflowi_chart_columns columns;
    aflowi_rate_cursor cursor;
    aflowi_mark marks[3];
    double time_s, rate, length_s = (double)stats.windows * stats.window_s, start_s = aflow_result_info(result).warm_up_s;
    aflowi_line l;
    aflowi_plot_heading(&p, title);
    if (stats.windows == 0 || !(stats.max_rps > 0)) {
        aflowi_plot_empty(&p, stats.windows ? "No request completed, so there is no throughput to show." : "The run is shorter than a window.", "");
        return;
    }
    aflowi_mark_set(&marks[0], "mean", stats.mean_rps);
    aflowi_mark_set(&marks[1], "p95", aflowi_rate_p95(result, &stats));
    aflowi_mark_set(&marks[2], "max", stats.max_rps);
    aflowi_sort_marks(marks, 3);
    aflowi_time_layout(&p, result, marks, 3, stats.max_rps);
    aflowi_chart_columns_init(&columns, stats.windows, p.right - p.left);
    cursor = aflowi_rates(result, 1.0);
    while (aflowi_next_rate(&cursor, &time_s, &rate)) aflowi_chart_columns_add(&columns, &p.y, rate);
    aflowi_open_subtitle(&p);
    aflowi_figure_start(&l);
    aflowi_line_put(&l, frame.width < 560 ? "completed a second" : "completed requests a second, in windows of ");
    if (frame.width >= 560) aflowi_figure_moment(&l, stats.window_s);
    aflowi_put(o, l.text);
    aflowi_put_reduction(&p, &columns, length_s);
    aflowi_close_text(o);
    aflowi_time_finish(&p, result, &columns, start_s, aflowi_add(start_s, length_s));
    aflowi_put_levels(&p, marks, 3);
    aflowi_plot_names(&p, "simulated time", "requests/s");
}

/* --- One metric of one entity. */

static const char *aflowi_metric_title(aflow_metric metric)
{
    switch (metric) {
    case AFLOW_READY_QUEUE_LEN: return "Ready queue";
    case AFLOW_EVENT_LOOP_IO_SLEEP: return "I/O sleep";
    case AFLOW_RAM_IN_USE: return "RAM in use";
    case AFLOW_EDGE_CONCURRENT_CONNECTION: return "Concurrent connections";
    case AFLOW_CORE_BUSY: return "Busy cores";
    case AFLOW_RAM_QUEUE_LEN: return "RAM queue";
    case AFLOW_DB_CONNECTIONS_IN_USE: return "Database connections";
    case AFLOW_DB_QUEUE_LEN: return "Connection queue";
    case AFLOW_CONCURRENT_REQUESTS: return "Requests let in";
    case AFLOW_BACKLOG_LEN: return "Backlog";
    case AFLOW_LOOPS_BLOCKED: return "Blocked event loops";
    case AFLOW_THREADS_IN_USE: return "Threads in use";
    case AFLOW_THREAD_QUEUE_LEN: return "Thread queue";
    case AFLOW_RESOURCE_IN_USE: return "In use";
    case AFLOW_RESOURCE_QUEUE_LEN: return "Waiting";
    }
    return "Metric";
}

/* Of a resource, by its kind. */
static const char *aflowi_unit_of(const aflow_result *result, aflow_metric metric, aflow_id entity)
{
    if (metric != AFLOW_RESOURCE_IN_USE) return aflow_metric_unit(metric);
    switch (aflow_result_resource(result, entity).kind) {
    case AFLOW_RESOURCE_CONNECTION_POOL: case AFLOW_RESOURCE_DATABASE: return "connections";
    case AFLOW_RESOURCE_CACHE: return "entries";
    case AFLOW_RESOURCE_LLM: return "calls";
    case AFLOW_RESOURCE_GPU: return "batches";
    default: return aflow_metric_unit(metric);
    }
}

static void aflowi_put_metric_subtitle(const aflowi_plot *p, const aflow_result *result, const char *unit, const aflow_metric_stats *stats, const aflowi_chart_columns *c)
{
    aflowi_open_subtitle(p);
    if (p->compact) {
        aflowi_put(p->o, "mean ");
        aflowi_put_figure(p->o, stats->mean);
        aflowi_put(p->o, ", max ");
        aflowi_put_figure(p->o, stats->max);
        aflowi_put_char(p->o, ' ');
        aflowi_put(p->o, unit);
    } else {
        aflowi_put_grouped(p->o, stats->samples);
        aflowi_put(p->o, p->frame.width < 560 ? " samples" : stats->samples == 1 ? " sample, one every " : " samples, one every ");
        if (p->frame.width >= 560) aflowi_put_duration(p->o, aflow_result_info(result).sample_period_s);
        aflowi_put_reduction(p, c, aflow_result_info(result).horizon_s);
    }
    aflowi_close_text(p->o);
}

/* title: of a whole chart; a panel is called by its metric. */
static void aflowi_metric_chart(aflowi_out *o, const aflow_result *result, aflow_metric metric, aflow_id entity, aflowi_frame frame, const char *title, int compact)
{
    aflowi_plot p = aflowi_plot_of(o, frame, compact);
    aflow_metric_stats stats = aflow_result_metric(result, metric, entity);
    size_t i, count = aflow_result_series(result, metric, entity, NULL, 0);
    aflowi_chart_columns columns;
    aflowi_mark marks[3];
    double greatest = stats.max, end_s = aflowi_mul((double)count, aflow_result_info(result).sample_period_s);
    aflowi_plot_heading(&p, title);
    if (count == 0) {
        int is_sampled = aflow_metric_is_sampled(result, metric);
        aflowi_plot_empty(&p, is_sampled ? "The run ended before the first sample." : "This metric was not sampled.",
                          is_sampled || compact ? "" : "sim_settings.enabled_sample_metrics lists what is");
        return;
    }
    if (stats.sampled_max > greatest) greatest = stats.sampled_max;
    aflowi_mark_set(&marks[0], "min", stats.sampled_min);
    aflowi_mark_set(&marks[1], "mean", stats.mean);
    aflowi_mark_set(&marks[2], "max", greatest);
    aflowi_sort_marks(marks, 3);
    aflowi_time_layout(&p, result, marks, 3, greatest);
    aflowi_chart_columns_init(&columns, count, p.right - p.left);
    for (i = 0; i < count; i++) aflowi_chart_columns_add(&columns, &p.y, aflowi_sample(result, metric, entity, i));
    aflowi_put_metric_subtitle(&p, result, aflowi_unit_of(result, metric, entity), &stats, &columns);
    aflowi_time_finish(&p, result, &columns, 0, end_s);
    if (compact) {
        aflowi_mark_set(&marks[0], "mean", stats.mean);
        aflowi_put_levels(&p, marks, 1);
    } else {
        aflowi_put_levels(&p, marks, 3);
    }
    aflowi_plot_names(&p, "simulated time", aflowi_unit_of(result, metric, entity));
}

/* --- Batches of one GPU by their size: bar k is of the sizes k x step + 1 to (k + 1) x step. */

static void aflowi_batch_cells(const aflow_result *result, aflow_id gpu, size_t largest, size_t step, uint64_t *cells)
{
    size_t n;
    memset(cells, 0, AFLOWI_CHART_BINS * sizeof *cells);
    for (n = 1; n <= largest; n++) cells[(n - 1) / step] += aflowi_batches_of(result, gpu, n);
}

static void aflowi_put_batch_bars(const aflowi_plot *p, const uint64_t *cells, size_t largest, size_t step)
{
    size_t k;
    for (k = 0; k * step < largest; k++) {
        size_t last = (k + 1) * step < largest ? (k + 1) * step : largest;
        double x1 = aflowi_axis_place(&p->x, (double)(k * step) + 0.5), x2 = aflowi_axis_place(&p->x, (double)last + 0.5);
        if (!cells[k]) continue;
        aflowi_open_bar(p, x1, x2, cells[k]);
        aflowi_put(p->o, "><title>batches of ");
        aflowi_put_u64(p->o, k * step + 1);
        if (last > k * step + 1) {
            aflowi_put(p->o, " to ");
            aflowi_put_u64(p->o, last);
        }
        aflowi_put(p->o, ": ");
        aflowi_put_grouped(p->o, cells[k]);
        aflowi_put(p->o, "</title></rect>\n");
    }
}

static void aflowi_batch_axis(aflowi_plot *p, size_t largest)
{
    memset(&p->x, 0, sizeof p->x);
    p->x.low = 0.5;
    p->x.high = (double)largest + 0.5;
    p->x.at = p->left;
    p->x.per_px = (p->x.high - p->x.low) / (p->right - p->left);
    p->x.unit = 1;
    p->x_unit = p->compact ? "" : "requests";
    aflowi_axis_nice(&p->x, p->x.high - p->x.low, (p->right - p->left) / 40, 0);
    aflowi_axis_ticks(&p->x);
}

static void aflowi_batch_chart(aflowi_out *o, const aflow_result *result, aflow_id gpu, aflowi_frame frame, const char *title, int compact)
{
    aflowi_plot p = aflowi_plot_of(o, frame, compact);
    aflow_resource_stats a = aflow_result_resource(result, gpu);
    uint64_t cells[AFLOWI_CHART_BINS], tallest = 0;
    size_t step = (a.batch_size_max + (size_t)AFLOWI_CHART_BINS - 1) / AFLOWI_CHART_BINS, k;
    aflowi_plot_heading(&p, title);
    if (!a.batches) {
        aflowi_plot_empty(&p, "It computed no batch.", "");
        return;
    }
    aflowi_batch_cells(result, gpu, a.batch_size_max, step, cells);
    for (k = 0; k < AFLOWI_CHART_BINS; k++) if (cells[k] > tallest) tallest = cells[k];
    aflowi_axis_up(&p.y, (double)tallest, p.top, p.bottom, 0);
    aflowi_plot_fit_left(&p);
    aflowi_batch_axis(&p, a.batch_size_max);
    aflowi_open_subtitle(&p);
    aflowi_put_grouped(o, a.batches);
    aflowi_put(o, a.batches == 1 ? " batch, mean " : " batches, mean ");
    aflowi_put_figure(o, a.batch_size_mean);
    aflowi_put(o, ", max ");
    aflowi_put_grouped(o, a.batch_size_max);
    aflowi_put(o, " requests");
    aflowi_close_text(o);
    aflowi_plot_grid(&p);
    aflowi_put_batch_bars(&p, cells, a.batch_size_max, step);
    aflowi_plot_ticks(&p);
    aflowi_plot_names(&p, "batch size", "batches");
}

/* --- The sheet. */

static const char *aflowi_verdict_word(aflow_verdict verdict)
{
    switch (verdict) {
    case AFLOW_VERDICT_STABLE: return "stable";
    case AFLOW_VERDICT_BACKLOGGED: return "backlogged";
    case AFLOW_VERDICT_OVERLOADED: return "overloaded";
    case AFLOW_VERDICT_EMPTY: return "nothing completed";
    case AFLOW_VERDICT_LIMITED: return "limited";
    }
    return "";
}

static const char *aflowi_verdict_css(aflow_verdict verdict)
{
    return verdict == AFLOW_VERDICT_STABLE ? "af-ok" : verdict == AFLOW_VERDICT_OVERLOADED ? "af-bad" : "af-warn";
}

/* The servers with the busiest cores, or the busiest resources, in topology order: at most AFLOWI_CHART_SERVERS; returns how many. */
static size_t aflowi_busiest(const aflow_result *result, uint32_t kind, aflow_id *servers)
{
    double busy[AFLOWI_CHART_SERVERS];
    size_t all = aflowi_entity_count(result, kind), n = 0, i, k, least;
    for (i = 0; i < all; i++) {
        aflow_id id = aflowi_id_of(kind, (uint32_t)i);
        double utilization = kind == AFLOWI_ID_SERVER ? aflow_result_server(result, id).cpu_utilization : aflow_result_resource(result, id).utilization;
        if (n == AFLOWI_CHART_SERVERS) {
            for (k = 1, least = 0; k < n; k++) if (busy[k] <= busy[least]) least = k;
            if (!(utilization > busy[least])) continue;
            for (k = least; k + 1 < n; k++) {
                busy[k] = busy[k + 1];
                servers[k] = servers[k + 1];
            }
            n--;
        }
        busy[n] = utilization;
        servers[n++] = id;
    }
    return n;
}

static void aflowi_put_tile(aflowi_out *o, aflowi_frame f, const char *name)
{
    aflowi_open_rect(o, "af-tile", f);
    aflowi_put(o, " rx=\"8\"/>\n");
    aflowi_open_text(o, "af-sub", f.x + 16, f.y + 24, 's');
    aflowi_put(o, name);
    aflowi_close_text(o);
    aflowi_open_text(o, "af-big", f.x + 16, f.y + 52, 's');
}

/* The figures on top; y: of the tiles. */
static void aflowi_put_tiles(aflowi_out *o, const aflow_result *result, double width, double y)
{
    aflow_run_info info = aflow_result_info(result);
    aflow_latency_stats latency = aflow_result_latency(result);
    aflow_verdict_info verdict = aflow_result_verdict(result);
    double tile = (width - 48 - 64) / 5, step = tile + 16, x = 24;
    aflowi_put_tile(o, aflowi_frame_of(x, y, tile, 68), "completed requests");
    aflowi_put_grouped(o, info.requests.completed);
    aflowi_close_text(o);
    x += step;
    aflowi_put_tile(o, aflowi_frame_of(x, y, tile, 68), "latency, median");
    aflowi_put_duration(o, latency.p50_s);
    aflowi_close_text(o);
    x += step;
    aflowi_put_tile(o, aflowi_frame_of(x, y, tile, 68), "latency, p95");
    aflowi_put_duration(o, latency.p95_s);
    aflowi_close_text(o);
    x += step;
    aflowi_put_tile(o, aflowi_frame_of(x, y, tile, 68), "throughput, mean");
    aflowi_put_figure(o, aflow_result_throughput(result, 1.0, NULL, 0).mean_rps);
    aflowi_put(o, " /s");
    aflowi_close_text(o);
    x += step;
    aflowi_put_tile(o, aflowi_frame_of(x, y, tile, 68), "verdict");
    aflowi_put(o, aflowi_verdict_word(verdict.verdict));
    aflowi_close_text(o);
    aflowi_open_rect(o, aflowi_verdict_css(verdict.verdict), aflowi_frame_of(x, y + 14, 4, 40));
    aflowi_put(o, " rx=\"2\"/>\n");
}

#define AFLOWI_SHEET_WIDTH 1200

static const aflow_metric aflowi_sheet_metrics[] = { AFLOW_READY_QUEUE_LEN, AFLOW_EVENT_LOOP_IO_SLEEP, AFLOW_RAM_IN_USE };

static void aflowi_put_server_heading(aflowi_out *o, const aflow_server_stats *s, double y)
{
    aflowi_open_text(o, "af-title", 24, y, 's');
    aflowi_put_markup_cut(o, s->id, 60);
    aflowi_put(o, "<tspan class=\"af-sub\" font-weight=\"400\" dx=\"12\">");
    aflowi_put_percent(o, s->cpu_utilization);
    aflowi_put(o, " CPU &#183; ");
    aflowi_put_u64(o, s->cpu_cores);
    aflowi_put(o, s->cpu_cores == 1 ? " core &#183; " : " cores &#183; ");
    aflowi_put_grouped(o, s->ram_mb);
    aflowi_put(o, " MB RAM &#183; ");
    aflowi_put_grouped(o, s->completed);
    aflowi_put(o, " served</tspan>");
    aflowi_close_text(o);
}

static void aflowi_put_sheet_server(aflowi_out *o, const aflow_result *result, aflow_id server, double y)
{
    aflow_server_stats stats = aflow_result_server(result, server);
    size_t i, sampled = 0;
    double width, x = 10;
    for (i = 0; i < 3; i++) sampled += aflow_metric_is_sampled(result, aflowi_sheet_metrics[i]) != 0;
    aflowi_put_server_heading(o, &stats, y + 18);
    if (!sampled) {
        aflowi_plot p = aflowi_plot_of(o, aflowi_frame_of(10, y, AFLOWI_SHEET_WIDTH - 20, 100), 1);
        aflowi_plot_empty(&p, "No metric of servers was sampled.", "");
        return;
    }
    width = (AFLOWI_SHEET_WIDTH - 20) / (double)sampled;
    for (i = 0; i < 3; i++) {
        if (!aflow_metric_is_sampled(result, aflowi_sheet_metrics[i])) continue;
        aflowi_metric_chart(o, result, aflowi_sheet_metrics[i], server, aflowi_frame_of(x, y + 26, width, 172), aflowi_metric_title(aflowi_sheet_metrics[i]), 1);
        x += width;
    }
}

/* One metric of a resource that is worth a panel. */
typedef struct aflowi_resource_panel { aflow_id resource; aflow_metric metric; } aflowi_resource_panel;

#define AFLOWI_RESOURCE_PANELS (2 * AFLOWI_CHART_SERVERS)

/* Of the busiest resources: what was sampled and not always 0. Returns how many. */
static size_t aflowi_resource_panels(const aflow_result *result, aflowi_resource_panel *panels)
{
    static const aflow_metric metrics[] = { AFLOW_RESOURCE_IN_USE, AFLOW_RESOURCE_QUEUE_LEN };
    aflow_id resources[AFLOWI_CHART_SERVERS];
    size_t shown = aflowi_busiest(result, AFLOWI_ID_RESOURCE, resources), i, k, n = 0;
    for (i = 0; i < shown; i++) {
        for (k = 0; k < 2; k++) {
            if (!aflow_metric_is_sampled(result, metrics[k]) || !(aflow_result_metric(result, metrics[k], resources[i]).max > 0)) continue;
            panels[n].resource = resources[i];
            panels[n++].metric = metrics[k];
        }
    }
    return n;
}

/* What a resource came to, in a sentence without an end: of a sheet and of the page. */
static void aflowi_put_resource_facts(aflowi_out *o, const aflow_resource_stats *a)
{
    aflowi_put(o, aflowi_words_of_kind(a->kind).what);
    if (a->kind == AFLOW_RESOURCE_CACHE) {
        aflowi_put(o, " &#183; ");
        aflowi_put_percent(o, a->hit_ratio);
        aflowi_put(o, " of the look-ups hit");
        return;
    }
    if (a->capacity || a->kind == AFLOW_RESOURCE_RATE_LIMITER) {
        aflowi_put(o, " &#183; ");
        aflowi_put_percent(o, a->utilization);
        aflowi_put(o, " used");
    }
    if (a->wait.count) {
        aflowi_put(o, " &#183; wait ");
        aflowi_put_duration(o, a->wait.mean_s);
        aflowi_put(o, ", p95 ");
        aflowi_put_duration(o, a->wait.p95_s);
    }
    if (a->rejected) {
        aflowi_put(o, " &#183; ");
        aflowi_put_grouped(o, a->rejected);
        aflowi_put(o, " rejected");
    }
    if (a->timed_out) {
        aflowi_put(o, " &#183; ");
        aflowi_put_grouped(o, a->timed_out);
        aflowi_put(o, " timed out");
    }
}

static double aflowi_sheet_height(const aflow_result *result)
{
    size_t all = aflow_result_servers(result, NULL, 0), shown = all < AFLOWI_CHART_SERVERS ? all : AFLOWI_CHART_SERVERS;
    size_t resources = aflow_result_resources(result, NULL, 0), listed = resources < AFLOWI_CHART_SERVERS ? resources : AFLOWI_CHART_SERVERS;
    aflowi_resource_panel panels[AFLOWI_RESOURCE_PANELS];
    double height = 536 + (double)(shown * 212) + (all > shown ? 32 : 0);
    if (!resources) return height;
    return height + 18 + (double)(listed * 28) + (resources > listed ? 28 : 0) + (double)((aflowi_resource_panels(result, panels) + 2) / 3 * 180);
}

static void aflowi_put_left_out(aflowi_out *o, size_t count, const char *what, double y)
{
    aflowi_open_text(o, "af-sub", 24, y + 14, 's');
    aflowi_put_grouped(o, count);
    aflowi_put(o, what);
    aflowi_close_text(o);
}

/* "In use - redis" in text, or the metric alone. */
static void aflowi_entity_title(char *text, size_t capacity, const char *what, const char *name)
{
    aflow_text t;
    t.data = text;
    t.capacity = capacity;
    t.size = 0;
    text[0] = 0;
    (void)aflow_put_text(&t, what, strlen(what));
    if (!*name) return;
    (void)aflow_put_text(&t, " \xC2\xB7 ", 4);
    (void)aflow_put_text(&t, name, strlen(name));
}

/* The busiest resources: a line each, then what of them changed over time. */
static void aflowi_put_sheet_resources(aflowi_out *o, const aflow_result *result, double y)
{
    aflow_id resources[AFLOWI_CHART_SERVERS];
    aflowi_resource_panel panels[AFLOWI_RESOURCE_PANELS];
    size_t all = aflow_result_resources(result, NULL, 0), shown = aflowi_busiest(result, AFLOWI_ID_RESOURCE, resources), count, i;
    double width = (AFLOWI_SHEET_WIDTH - 20) / 3;
    char title[512];
    for (i = 0; i < shown; i++, y += 28) {
        aflow_resource_stats a = aflow_result_resource(result, resources[i]);
        aflowi_open_text(o, "af-title", 24, y + 18, 's');
        aflowi_put_markup_cut(o, a.id, 60);
        aflowi_put(o, "<tspan class=\"af-sub\" font-weight=\"400\" dx=\"12\">");
        aflowi_put_resource_facts(o, &a);
        aflowi_put(o, "</tspan>");
        aflowi_close_text(o);
    }
    if (all > shown) aflowi_put_left_out(o, all - shown, " less busy resources are left out.", y);
    if (all > shown) y += 28;
    count = aflowi_resource_panels(result, panels);
    for (i = 0; i < count; i++) {
        aflowi_entity_title(title, sizeof title, aflowi_metric_title(panels[i].metric), aflow_result_name(result, panels[i].resource));
        aflowi_metric_chart(o, result, panels[i].metric, panels[i].resource,
            aflowi_frame_of(10 + aflowi_mul(width, (double)(i % 3)), y + 8 + (double)(i / 3 * 180), width, 172), title, 1);
    }
}

static void aflowi_put_warm_up(aflowi_out *o, const aflow_run_info *info)
{
    if (!(info->warm_up_s > 0)) return;
    aflowi_put(o, "figures after a warm-up of ");
    aflowi_put_duration(o, info->warm_up_s);
    aflowi_put(o, " &#183; ");
}

static void aflowi_dashboard(aflowi_out *o, const aflow_result *result, const char *title)
{
    aflow_id servers[AFLOWI_CHART_SERVERS];
    aflow_run_info info = aflow_result_info(result);
    size_t all = aflow_result_servers(result, NULL, 0), shown = aflowi_busiest(result, AFLOWI_ID_SERVER, servers), i;
    double half = (AFLOWI_SHEET_WIDTH - 20) / 2, y = 520;
    aflowi_open_text(o, "af-head", 24, 40, 's');
    aflowi_put_markup_cut(o, title, 90);
    aflowi_close_text(o);
    aflowi_open_text(o, "af-sub", 24, 62, 's');
    aflowi_put_figure(o, info.horizon_s);
    aflowi_put(o, " s simulated &#183; ");
    aflowi_put_warm_up(o, &info);
    aflowi_put(o, "seed ");
    aflowi_put_u64(o, info.seed);
    if (info.replication) {
        aflowi_put(o, " &#183; replication ");
        aflowi_put_u64(o, info.replication);
    }
    aflowi_put(o, " &#183; asyncflow " ASYNCFLOW_VERSION_STRING);
    aflowi_close_text(o);
    aflowi_put_tiles(o, result, AFLOWI_SHEET_WIDTH, 80);
    aflowi_latency_chart(o, result, aflowi_frame_of(10, 164, half, 340), "Latency");
    aflowi_throughput_chart(o, result, aflowi_frame_of(10 + half, 164, half, 340), "Throughput");
    for (i = 0; i < shown; i++, y += 212) aflowi_put_sheet_server(o, result, servers[i], y);
    if (all > shown) aflowi_put_left_out(o, all - shown, " less busy servers are left out.", y);
    if (aflow_result_resources(result, NULL, 0)) aflowi_put_sheet_resources(o, result, y + (all > shown ? 32 : 0) + 10);
}

/* --- Pictures */

static void aflowi_put_chart_css(aflowi_out *o, int dark)
{
    aflowi_put_lines(o, aflowi_chart_css, AFLOWI_COUNT(aflowi_chart_css));
    if (!dark) aflowi_put(o, "@media screen and (prefers-color-scheme:dark){\n");
    aflowi_put_lines(o, aflowi_chart_css_dark, AFLOWI_COUNT(aflowi_chart_css_dark));
    if (!dark) aflowi_put(o, "}\n");
}

/* What the picture says, for those who do not see it. */
static void aflowi_put_description(aflowi_out *o, const aflow_result *result, const aflow_chart_desc *desc)
{
    if (desc->chart == AFLOW_CHART_METRIC) {
        aflow_metric_stats stats = aflow_result_metric(result, desc->metric, desc->entity);
        aflowi_put(o, "Over simulated time, in ");
        aflowi_put(o, aflowi_unit_of(result, desc->metric, desc->entity));
        aflowi_put(o, ": mean ");
        aflowi_put_figure(o, stats.mean);
        aflowi_put(o, ", max ");
        aflowi_put_figure(o, stats.max);
        aflowi_put_char(o, '.');
        return;
    }
    if (desc->chart == AFLOW_CHART_BATCH_SIZES) {
        aflow_resource_stats a = aflow_result_resource(result, desc->entity);
        aflowi_put(o, "Batches by size: ");
        aflowi_put_grouped(o, a.batches);
        aflowi_put(o, " batches, of ");
        aflowi_put_figure(o, a.batch_size_mean);
        aflowi_put(o, " requests on average.");
        return;
    }
    if (desc->chart != AFLOW_CHART_THROUGHPUT) {
        aflow_latency_stats s = aflow_result_latency(result);
        aflowi_put(o, "Latency of ");
        aflowi_put_grouped(o, s.count);
        aflowi_put(o, " completed requests: mean ");
        aflowi_put_duration(o, s.mean_s);
        aflowi_put(o, ", p50 ");
        aflowi_put_duration(o, s.p50_s);
        aflowi_put(o, ", p95 ");
        aflowi_put_duration(o, s.p95_s);
        aflowi_put(o, ", p99 ");
        aflowi_put_duration(o, s.p99_s);
        aflowi_put(o, ".");
    }
    if (desc->chart != AFLOW_CHART_LATENCY) {
        aflow_throughput_stats s = aflow_result_throughput(result, 1.0, NULL, 0);
        aflowi_put(o, " Completed requests a second: mean ");
        aflowi_put_figure(o, s.mean_rps);
        aflowi_put(o, ", max ");
        aflowi_put_figure(o, s.max_rps);
        aflowi_put(o, ".");
    }
}

/* "Ready queue - srv-1" in text, unless the caller has a title. */
static void aflowi_chart_title(char *text, size_t capacity, const aflow_result *result, const aflow_chart_desc *desc)
{
    const char *what = desc->title;
    int of_entity = !what && (desc->chart == AFLOW_CHART_METRIC || desc->chart == AFLOW_CHART_BATCH_SIZES);
    if (!what) {
        what = desc->chart == AFLOW_CHART_LATENCY ? "Latency" : desc->chart == AFLOW_CHART_THROUGHPUT ? "Throughput"
             : desc->chart == AFLOW_CHART_METRIC ? aflowi_metric_title(desc->metric) : desc->chart == AFLOW_CHART_BATCH_SIZES ? "Batch sizes" : "Simulated run";
    }
    aflowi_entity_title(text, capacity, what, of_entity ? aflow_result_name(result, desc->entity) : "");
}

static void aflowi_put_size(aflowi_out *o, uint32_t width, uint32_t height)
{
    aflowi_put_length(o, "width", (double)width);
    aflowi_put_length(o, "height", (double)height);
}

/* The svg element; inside a page without namespace, size and style, which the page has. */
static void aflowi_put_picture(aflowi_out *o, const aflow_result *result, const aflow_chart_desc *desc, int is_inside, int compact)
{
    uint32_t width = desc->width, height = desc->height, natural = (uint32_t)aflowi_sheet_height(result);
    int is_sheet = desc->chart == AFLOW_CHART_DASHBOARD;
    int is_plain = compact && aflowi_id_kind(desc->entity) == AFLOWI_ID_SERVER;     /* stands below its server's name */
    char title[512];
    aflowi_frame all;
    if (is_sheet && !width) width = AFLOWI_SHEET_WIDTH;
    if (is_sheet && !height) height = (uint32_t)((uint64_t)natural * width / AFLOWI_SHEET_WIDTH);
    all = aflowi_frame_of(0, 0, is_sheet ? AFLOWI_SHEET_WIDTH : (double)width, is_sheet ? (double)natural : (double)height);
    aflowi_chart_title(title, sizeof title, result, desc);
    aflowi_put(o, is_inside ? "<svg class=\"af-chart\"" : "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"af-chart\"");
    if (!is_inside) aflowi_put_size(o, width, height);
    aflowi_put(o, " viewBox=\"0 0 ");
    aflowi_put_tenths(o, aflowi_tenths(all.width));
    aflowi_put_char(o, ' ');
    aflowi_put_tenths(o, aflowi_tenths(all.height));
    aflowi_put(o, "\" role=\"img\">\n<title>");
    aflowi_put_markup(o, title);
    aflowi_put(o, "</title>\n<desc>");
    aflowi_put_description(o, result, desc);
    aflowi_put(o, "</desc>\n");
    if (!is_inside) {
        aflowi_put(o, "<style>\n");
        aflowi_put_chart_css(o, desc->dark);
        aflowi_put(o, "</style>\n");
        aflowi_open_rect(o, "af-bg", all);
        aflowi_put(o, "/>\n");
    }
    switch (desc->chart) {
    case AFLOW_CHART_LATENCY: aflowi_latency_chart(o, result, all, title); break;
    case AFLOW_CHART_THROUGHPUT: aflowi_throughput_chart(o, result, all, title); break;
    case AFLOW_CHART_METRIC: aflowi_metric_chart(o, result, desc->metric, desc->entity, all, is_plain ? aflowi_metric_title(desc->metric) : title, compact); break;
    case AFLOW_CHART_DASHBOARD: aflowi_dashboard(o, result, title); break;
    case AFLOW_CHART_BATCH_SIZES: aflowi_batch_chart(o, result, desc->entity, all, title, compact); break;
    }
    aflowi_put(o, "</svg>\n");
}

static uint32_t aflowi_chart_length(uint32_t given, uint32_t usual, uint32_t least)
{
    if (!given) return usual;
    return given < least ? least : given > AFLOWI_CHART_LARGEST ? AFLOWI_CHART_LARGEST : given;
}

AFLOW_API aflow_status aflow_write_svg(const aflow_result *result, const aflow_chart_desc *desc, aflow_put_fn put, void *context)
{
    aflowi_out o;
    aflow_chart_desc chart;
    int is_sheet;
    if (!result || !desc || !put || (unsigned)desc->chart > AFLOW_CHART_BATCH_SIZES) return AFLOW_MISUSE;
    if (desc->chart == AFLOW_CHART_METRIC && (!aflow_metric_name(desc->metric) || !aflow_result_name(result, desc->entity)[0])) return AFLOW_MISUSE;
    if (desc->chart == AFLOW_CHART_BATCH_SIZES && aflow_result_resource(result, desc->entity).kind != AFLOW_RESOURCE_GPU) return AFLOW_MISUSE;
    chart = *desc;
    is_sheet = desc->chart == AFLOW_CHART_DASHBOARD;
    chart.width = aflowi_chart_length(desc->width, is_sheet ? 0 : 800, 240);
    chart.height = aflowi_chart_length(desc->height, is_sheet ? 0 : 400, 180);
    aflowi_out_init(&o, put, context);
    aflowi_put_picture(&o, result, &chart, 0, 0);
    return aflowi_out_end(&o);
}
/* ---- Page ------------------------------------------------------------------
   One self-contained HTML file: readable without scripts, in light and dark and on paper, and it loads nothing. Every text
   of a user goes through aflowi_put_markup. The charts are those of above, drawn by the page's style. */

#define AFLOWI_PAGE_ROWS 24         /* longer tables are folded away */

static const char *const aflowi_page_css[] = {
    ":root{color-scheme:light dark;--ink:#1f2933;--soft:#52606d;--line:#dfe4e9;--fill:#f5f7fa;--page:#fff;--ok:#00805f;--warn:#b86e00;--bad:#c1440e}\n",
    "*{box-sizing:border-box}\n",
    "body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;",
    "-webkit-text-size-adjust:100%}\n",
    "main,header,footer{max-width:1080px;margin:0 auto;padding:0 28px}\n",
    "header{padding-top:48px}footer{padding-top:40px;padding-bottom:56px;color:var(--soft);font-size:13px}\n",
    "h1{margin:0;font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}\n",
    "h2{margin:52px 0 16px;font-size:20px;line-height:1.3;font-weight:650}\n",
    "h3{margin:32px 0 4px;font-size:16px;line-height:1.4;font-weight:650;overflow-wrap:anywhere}\n",
    "p{margin:0 0 10px;max-width:76ch}.soft{color:var(--soft)}.note{color:var(--soft);font-size:13px}.facts{margin-top:6px;color:var(--soft);max-width:none}\n",
    ".verdict{margin:28px 0 0;padding:18px 22px;border-left:5px solid var(--soft);border-radius:4px 10px 10px 4px;background:var(--fill)}\n",
    ".verdict p{margin:0;overflow-wrap:anywhere}.verdict p+p{margin-top:6px;color:var(--soft)}.verdict strong{font-size:17px}\n",
    ".verdict.ok{border-color:var(--ok)}.verdict.ok strong{color:var(--ok)}.verdict.warn{border-color:var(--warn)}.verdict.warn strong{color:var(--warn)}\n",
    ".verdict.bad{border-color:var(--bad)}.verdict.bad strong{color:var(--bad)}\n",
    ".cards{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:14px;margin:20px 0 0}\n",
    ".cards div{padding:14px 18px;border:1px solid var(--line);border-radius:10px}\n",
    ".cards dt{color:var(--soft);font-size:13px}.cards dd{margin:0;font-size:24px;line-height:1.35;font-weight:600;font-variant-numeric:tabular-nums}\n",
    ".cards small{display:block;font-size:12.5px;font-weight:400;line-height:1.4;color:var(--soft);overflow-wrap:anywhere}\n",
    "figure{margin:0 0 16px;padding:8px;border:1px solid var(--line);border-radius:10px;overflow-x:auto}\n",
    ".af-chart{display:block;width:100%;height:auto}figure>.af-chart{min-width:600px}\n",
    ".panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:14px;margin:12px 0 0}\n",
    ".panels>div{border:1px solid var(--line);border-radius:10px;padding:4px}\n",
    ".scroll{overflow:auto;max-height:34rem;border:1px solid var(--line);border-radius:10px;margin:0 0 16px}\n",
    ".scroll:focus-visible,summary:focus-visible{outline:2px solid var(--ok);outline-offset:2px}\n",
    "table{border-collapse:separate;border-spacing:0;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}\n",
    "caption{padding:10px 11px;text-align:left;color:var(--soft);font-size:13px}\n",
    "th,td{padding:7px 11px;text-align:left;vertical-align:top;border-top:1px solid var(--line)}\n",
    "thead th{border-top:0;color:var(--soft);font-weight:600;font-size:12.5px;background:var(--fill);vertical-align:bottom;white-space:nowrap}\n",
    "thead{position:sticky;top:0}thead tr+tr th{padding-top:0}tbody th{font-weight:600;min-width:8em;overflow-wrap:anywhere}td{overflow-wrap:anywhere}\n",
    ".n{text-align:right;white-space:nowrap}tbody tr:hover{background:var(--fill)}\n",
    "details{margin:0 0 16px}summary{cursor:pointer;padding:6px 2px;font-weight:600}\n",
    ".list{margin:0;padding-left:20px}.list li{margin:0 0 6px;overflow-wrap:anywhere}\n",
    ".run{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 24px;margin:0}.run dt{color:var(--soft)}\n",
    ".run dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\n",
    "@media screen and (max-width:820px){.cards{grid-template-columns:repeat(2,minmax(0,1fr))}}\n",
    "@media screen and (max-width:520px){main,header,footer{padding-left:16px;padding-right:16px}header{padding-top:28px}h1{font-size:25px}.cards{gap:10px}",
    ".cards div{padding:12px 14px}.cards dd{font-size:20px}.panels{grid-template-columns:minmax(0,1fr)}.run{grid-template-columns:minmax(0,1fr)}.run dd{margin:0 0 8px}}\n",
    "@media screen and (prefers-color-scheme:dark){:root{--ink:#eef1f4;--soft:#a3afbb;--line:#2d353e;--fill:#1c2229;--page:#14181d;",
    "--ok:#2fc498;--warn:#f0a43a;--bad:#f2784b}}\n",
    "@page{margin:14mm}\n",
    "@media print{:root{color-scheme:light}body{font-size:10.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}header{padding-top:0}\n",
    "main,header,footer{max-width:none;padding-left:0;padding-right:0}h2{margin-top:28px}h2,h3{break-after:avoid}\n",
    "figure,.panels>div,.verdict,.cards div,.run,tr{break-inside:avoid}figure>.af-chart{min-width:0}.panels{grid-template-columns:repeat(3,minmax(0,1fr))}\n",
    ".scroll{max-height:none;overflow:visible;border:0}.cards{gap:8px}.cards div{padding:8px 12px}.cards dd{font-size:15pt}table{font-size:8.5pt}th,td{padding:4px 6px}thead th{white-space:normal}}\n"
};

/* --- Head and verdict */

static void aflowi_page_head(aflowi_out *o, const char *title)
{
    aflowi_put(o, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
                  "<meta name=\"generator\" content=\"asyncflow " ASYNCFLOW_VERSION_STRING "\">\n<link rel=\"icon\" href=\"data:,\">\n<title>");
    aflowi_put_markup(o, title);
    aflowi_put(o, "</title>\n<style>\n");
    aflowi_put_lines(o, aflowi_page_css, AFLOWI_COUNT(aflowi_page_css));
    aflowi_put_chart_css(o, 0);
    aflowi_put(o, "</style>\n</head>\n<body>\n<header>\n<h1>");
    aflowi_put_markup(o, title);
    aflowi_put(o, "</h1>\n");
}

static void aflowi_page_facts(aflowi_out *o, const aflow_result *result, const aflow_run_info *info)
{
    size_t servers = aflow_result_servers(result, NULL, 0);
    aflowi_put(o, "<p class=\"facts\">");
    aflowi_put_figure(o, info->horizon_s);
    aflowi_put(o, " s simulated &#183; ");
    aflowi_put_warm_up(o, info);
    aflowi_put_grouped(o, servers);
    aflowi_put(o, servers == 1 ? " server &#183; " : " servers &#183; ");
    aflowi_put_grouped(o, info->requests.generated);
    aflowi_put(o, info->requests.generated == 1 ? " request &#183; seed " : " requests &#183; seed ");
    aflowi_put_u64(o, info->seed);
    if (info->compat == AFLOW_COMPAT_ASYNCFLOW_0_1) aflowi_put(o, " &#183; compat asyncflow-0.1.1");
    aflowi_put(o, "</p>\n</header>\n<main>\n");
}

/* In the words of the text report. */
static void aflowi_page_bottleneck(aflowi_out *o, const aflow_result *result, const aflow_verdict_info *v)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_line_put(&l, "Bottleneck: ");
    if (!aflowi_say_tightest(&l, result, v)) return;
    aflowi_put(o, "<p>");
    aflowi_put_markup(o, l.text);
    aflowi_put(o, "</p>\n");
}

static void aflowi_page_verdict(aflowi_out *o, const aflow_result *result, const aflow_run_info *info, const aflowi_extent *x)
{
    static const char *const heads[] = { "ok\">\n<p><strong>Stable</strong>: ", "warn\">\n<p><strong>Backlogged</strong>: ",
                                         "bad\">\n<p><strong>Overloaded</strong>: ", "warn\">\n<p><strong>Empty</strong>: ",
                                         "warn\">\n<p><strong>Limited</strong>: " };
    aflow_verdict_info v = aflow_result_verdict(result);
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_say_verdict(&l, result, &v, &info->requests, x);
    aflowi_put(o, "<section class=\"verdict ");
    aflowi_put(o, heads[v.verdict]);
    aflowi_put_markup(o, l.text);
    aflowi_put(o, ".</p>\n");
    aflowi_page_bottleneck(o, result, &v);
    aflowi_put(o, "</section>\n");
}

/* --- Cards */

static void aflowi_page_card(aflowi_out *o, const char *name)
{
    aflowi_put(o, "<div><dt>");
    aflowi_put(o, name);
    aflowi_put(o, "</dt><dd>");
}

static void aflowi_page_card_end(aflowi_out *o) { aflowi_put(o, "</small></dd></div>\n"); }

static void aflowi_page_request_cards(aflowi_out *o, const aflow_counters *r)
{
    aflowi_page_card(o, "Completed");
    aflowi_put_grouped(o, r->completed);
    aflowi_put(o, "<small>of ");
    aflowi_put_grouped(o, r->generated);
    aflowi_put(o, " generated");
    aflowi_page_card_end(o);
    aflowi_page_card(o, "Dropped");
    aflowi_put_grouped(o, r->dropped);
    aflowi_put(o, "<small>");
    aflowi_put_percent(o, aflowi_share(r->dropped, r->generated));
    aflowi_put(o, "; ");
    aflowi_put_grouped(o, r->in_flight);
    aflowi_put(o, " in flight at the end");
    aflowi_page_card_end(o);
}

static void aflowi_page_latency_cards(aflowi_out *o, const aflow_latency_stats *s)
{
    aflowi_page_card(o, "Latency, median");
    aflowi_put_duration(o, s->p50_s);
    aflowi_put(o, "<small>mean ");
    aflowi_put_duration(o, s->mean_s);
    aflowi_page_card_end(o);
    aflowi_page_card(o, "Latency, p95");
    aflowi_put_duration(o, s->p95_s);
    aflowi_put(o, "<small>p90 ");
    aflowi_put_duration(o, s->p90_s);
    aflowi_page_card_end(o);
    aflowi_page_card(o, "Latency, p99");
    aflowi_put_duration(o, s->p99_s);
    aflowi_put(o, "<small>p99.9 ");
    aflowi_put_duration(o, s->p999_s);
    aflowi_page_card_end(o);
    aflowi_page_card(o, "Latency, longest");
    aflowi_put_duration(o, s->max_s);
    aflowi_put(o, "<small>shortest ");
    aflowi_put_duration(o, s->min_s);
    aflowi_page_card_end(o);
}

static void aflowi_put_money(aflowi_out *o, double money)
{
    aflowi_line l;
    aflowi_figure_start(&l);
    aflowi_figure_money(&l, money);
    aflowi_put_markup(o, l.text);
}

/* The server whose loops lag most; 0: none. */
static aflow_id aflowi_most_lagging(const aflow_result *result, size_t servers)
{
    aflow_id most = 0;
    double lag = 0;
    size_t i;
    for (i = 0; i < servers; i++) {
        aflow_server_stats a = aflow_result_server(result, aflowi_server_id(i));
        if (!a.loop_lag.count || (most && !(a.loop_lag.p95_s > lag))) continue;
        most = aflowi_server_id(i);
        lag = a.loop_lag.p95_s;
    }
    return most;
}

/* A second row, of limits, loops and money, where there are such. */
static void aflowi_page_more_cards(aflowi_out *o, const aflow_result *result, const aflowi_extent *x)
{
    aflow_id lagging = aflowi_most_lagging(result, x->servers);
    if (!x->limits && !x->costs && !lagging) return;
    aflowi_put(o, "<dl class=\"cards\">\n");
    if (x->limits) {
        aflowi_page_card(o, "Rejected at limits");
        aflowi_put_grouped(o, x->rejected);
        aflowi_put(o, "<small>timed out waiting ");
        aflowi_put_grouped(o, x->timed_out);
        aflowi_page_card_end(o);
    }
    if (lagging) {
        aflow_server_stats a = aflow_result_server(result, lagging);
        aflowi_page_card(o, "Loop lag, p95");
        aflowi_put_duration(o, a.loop_lag.p95_s);
        aflowi_put(o, "<small>of ");
        aflowi_put_markup_cut(o, a.id, 40);
        aflowi_put(o, ", longest ");
        aflowi_put_duration(o, a.loop_lag.max_s);
        aflowi_page_card_end(o);
    }
    if (x->costs) {
        aflowi_page_card(o, "Cost per request");
        aflowi_put_money(o, x->llm.cost_per_request);
        aflowi_put(o, "<small>at most ");
        aflowi_put_money(o, x->llm.cost_per_request_max);
        aflowi_page_card_end(o);
        aflowi_page_card(o, "Cost per month");
        aflowi_put_money(o, x->llm.cost_per_month);
        aflowi_put(o, "<small>in this run ");
        aflowi_put_money(o, x->llm.cost);
        aflowi_page_card_end(o);
    }
    aflowi_put(o, "</dl>\n");
}

static void aflowi_page_cards(aflowi_out *o, const aflow_result *result, const aflow_run_info *info, const aflowi_extent *x)
{
    aflow_latency_stats latency = aflow_result_latency(result);
    aflow_throughput_stats rate = aflow_result_throughput(result, 1.0, NULL, 0);
    aflow_verdict_info v = aflow_result_verdict(result);
    aflowi_put(o, "<dl class=\"cards\">\n");
    aflowi_page_request_cards(o, &info->requests);
    aflowi_page_card(o, "Throughput, mean");
    aflowi_put_figure(o, rate.mean_rps);
    if (rate.window_s > 1) {
        aflowi_put(o, " /s<small>best ");
        aflowi_put_figure(o, rate.window_s);
        aflowi_put(o, " s: ");
        aflowi_put_figure(o, rate.max_rps);
        aflowi_put(o, " /s");
    } else {
        aflowi_put(o, " /s<small>best second ");
        aflowi_put_figure(o, rate.max_rps);
    }
    aflowi_page_card_end(o);
    aflowi_page_card(o, "Busiest resource");
    if (v.bottleneck) {
        aflowi_put_percent(o, v.utilization);
        aflowi_put(o, "<small>");
        aflowi_put(o, aflowi_words_of(result, &v).what);
        aflowi_put(o, v.resource == AFLOW_RESOURCE_IN_USE ? " " : " of ");
        aflowi_put_markup_cut(o, aflow_result_name(result, v.bottleneck), 40);
        if (v.resource == AFLOW_RESOURCE_IN_USE && aflow_result_resource(result, v.bottleneck).kind == AFLOW_RESOURCE_GPU) aflowi_put(o, ", in full batches");
    } else {
        aflowi_put(o, "&#8211;<small>nothing was in use");
    }
    aflowi_page_card_end(o);
    aflowi_page_latency_cards(o, &latency);
    aflowi_put(o, "</dl>\n");
    aflowi_page_more_cards(o, result, x);
    if (latency.relative_error > 0) {
        aflowi_line l;
        aflowi_figure_start(&l);
        aflowi_figure_percent(&l, latency.relative_error, 2);
        aflowi_put(o, "<p class=\"note\">Percentiles of latency are from a histogram, each within ");
        aflowi_put(o, l.text);
        aflowi_put(o, " of the exact one.</p>\n");
    }
}

/* --- Charts */

static void aflowi_page_chart(aflowi_out *o, const aflow_result *result, aflow_chart chart)
{
    aflow_chart_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.chart = chart;
    desc.width = 1000;
    desc.height = aflow_result_latency(result).count ? 360 : 160;
    aflowi_put(o, "<figure>\n");
    aflowi_put_picture(o, result, &desc, 1, 0);
    aflowi_put(o, "</figure>\n");
}

static void aflowi_page_panel(aflowi_out *o, const aflow_result *result, aflow_metric metric, aflow_id entity)
{
    aflow_chart_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.chart = AFLOW_CHART_METRIC;
    desc.metric = metric;
    desc.entity = entity;
    desc.width = 330;
    desc.height = 190;
    aflowi_put(o, "<div>\n");
    aflowi_put_picture(o, result, &desc, 1, 1);
    aflowi_put(o, "</div>\n");
}

/* --- Tables: cells, and what folds away. */

/* caption: also what a reader of the screen hears when it scrolls; head: the rows of the head. */
static void aflowi_page_table(aflowi_out *o, const char *caption, const char *head)
{
    aflowi_put(o, "<section class=\"scroll\" tabindex=\"0\" aria-label=\"");
    aflowi_put(o, caption);
    aflowi_put(o, "\">\n<table>\n<caption>");
    aflowi_put(o, caption);
    aflowi_put(o, "</caption>\n<thead>\n");
    aflowi_put(o, head);
    aflowi_put(o, "</thead>\n<tbody>\n");
}

static void aflowi_page_table_end(aflowi_out *o) { aflowi_put(o, "</tbody>\n</table>\n</section>\n"); }

static void aflowi_page_fold(aflowi_out *o, uint64_t count, const char *what)
{
    aflowi_put(o, "<details>\n<summary>All ");
    aflowi_put_grouped(o, count);
    aflowi_put_char(o, ' ');
    aflowi_put(o, what);
    aflowi_put(o, "</summary>\n");
}

static void aflowi_page_row_start(aflowi_out *o, const char *id)
{
    aflowi_put(o, "<tr><th scope=\"row\">");
    aflowi_put_markup(o, id);
    aflowi_put(o, "</th>");
}

static void aflowi_page_cell_text(aflowi_out *o, const char *text)
{
    aflowi_put(o, "<td>");
    aflowi_put_markup(o, text);
    aflowi_put(o, "</td>");
}

static void aflowi_page_cell_count(aflowi_out *o, uint64_t value)
{
    aflowi_put(o, "<td class=\"n\">");
    aflowi_put_grouped(o, value);
    aflowi_put(o, "</td>");
}

static void aflowi_page_cell_figure(aflowi_out *o, double value)
{
    aflowi_put(o, "<td class=\"n\">");
    aflowi_put_figure(o, value);
    aflowi_put(o, "</td>");
}

static void aflowi_page_cell_percent(aflowi_out *o, double share)
{
    aflowi_put(o, "<td class=\"n\">");
    aflowi_put_percent(o, share);
    aflowi_put(o, "</td>");
}

static void aflowi_page_cell_duration(aflowi_out *o, double s)
{
    aflowi_put(o, "<td class=\"n\">");
    aflowi_put_duration(o, s);
    aflowi_put(o, "</td>");
}

static void aflowi_page_cell_gauge(aflowi_out *o, const aflow_result *result, aflow_metric metric, aflow_id entity)
{
    aflow_metric_stats stats = aflow_result_metric(result, metric, entity);
    aflowi_page_cell_figure(o, stats.mean);
    aflowi_page_cell_figure(o, stats.max);
}

/* --- Sections */

static void aflowi_page_events(aflowi_out *o, const aflow_result *result)
{
    size_t i, count = aflow_result_events(result);
    if (!count) return;
    aflowi_put(o, "<h2>Injected events</h2>\n");
    if (count > AFLOWI_PAGE_ROWS) aflowi_page_fold(o, count, "events");
    aflowi_page_table(o, "What was changed during the run", "<tr><th scope=\"col\">Event</th><th scope=\"col\">Change</th><th scope=\"col\">Target</th>"
                      "<th scope=\"col\" class=\"n\">From (s)</th><th scope=\"col\" class=\"n\">To (s)</th></tr>\n");
    for (i = 0; i < count; i++) {
        aflow_event_info e = aflow_result_event(result, i);
        aflowi_page_row_start(o, e.event_id);
        aflowi_put(o, e.is_outage ? "<td>server down" : e.is_cache_loss ? "<td>cache lost" : "<td>latency +");
        if (aflowi_is_spike(&e)) aflowi_put_duration(o, e.spike_s);
        aflowi_put(o, "</td>");
        aflowi_page_cell_text(o, e.target_id);
        aflowi_page_cell_figure(o, e.t_start);
        aflowi_page_cell_figure(o, e.t_end);
        aflowi_put(o, "</tr>\n");
    }
    aflowi_page_table_end(o);
    if (count > AFLOWI_PAGE_ROWS) aflowi_put(o, "</details>\n");
}

static void aflowi_page_server_row(aflowi_out *o, const aflow_result *result, aflow_id server)
{
    aflow_server_stats s = aflow_result_server(result, server);
    aflowi_page_row_start(o, s.id);
    aflowi_page_cell_count(o, s.cpu_cores);
    aflowi_page_cell_count(o, s.ram_mb);
    aflowi_page_cell_count(o, s.arrived);
    aflowi_page_cell_count(o, s.completed);
    aflowi_page_cell_count(o, s.refused);
    aflowi_page_cell_percent(o, s.cpu_utilization);
    aflowi_page_cell_percent(o, s.cpu_offered);
    aflowi_page_cell_gauge(o, result, AFLOW_READY_QUEUE_LEN, server);
    aflowi_page_cell_gauge(o, result, AFLOW_EVENT_LOOP_IO_SLEEP, server);
    aflowi_page_cell_gauge(o, result, AFLOW_RAM_IN_USE, server);
    aflowi_put(o, "</tr>\n");
}

/* Of the servers that are listed, or of all where there is no list. */
static void aflowi_page_server_table(aflowi_out *o, const aflow_result *result, const char *caption, const aflow_id *servers, size_t count)
{
    size_t i;
    aflowi_page_table(o, caption,
        "<tr><th scope=\"col\" rowspan=\"2\">Server</th><th scope=\"col\" rowspan=\"2\" class=\"n\">Cores</th><th scope=\"col\" rowspan=\"2\" class=\"n\">RAM (MB)</th>"
        "<th scope=\"col\" rowspan=\"2\" class=\"n\">Arrived</th><th scope=\"col\" rowspan=\"2\" class=\"n\">Served</th><th scope=\"col\" rowspan=\"2\" class=\"n\">Refused</th>"
        "<th scope=\"colgroup\" colspan=\"2\" class=\"n\">CPU</th><th scope=\"colgroup\" colspan=\"2\" class=\"n\">Ready queue</th>"
        "<th scope=\"colgroup\" colspan=\"2\" class=\"n\">I/O sleep</th><th scope=\"colgroup\" colspan=\"2\" class=\"n\">RAM in use (MB)</th></tr>\n"
        "<tr><th scope=\"col\" class=\"n\">used</th><th scope=\"col\" class=\"n\">offered</th><th scope=\"col\" class=\"n\">mean</th><th scope=\"col\" class=\"n\">max</th>"
        "<th scope=\"col\" class=\"n\">mean</th><th scope=\"col\" class=\"n\">max</th><th scope=\"col\" class=\"n\">mean</th><th scope=\"col\" class=\"n\">max</th></tr>\n");
    for (i = 0; i < count; i++) aflowi_page_server_row(o, result, servers ? servers[i] : aflowi_server_id(i));
    aflowi_page_table_end(o);
}

static void aflowi_page_server_panels(aflowi_out *o, const aflow_result *result, aflow_id server)
{
    static const aflow_metric metrics[] = { AFLOW_READY_QUEUE_LEN, AFLOW_EVENT_LOOP_IO_SLEEP, AFLOW_RAM_IN_USE, AFLOW_CORE_BUSY,
        AFLOW_RAM_QUEUE_LEN, AFLOW_DB_CONNECTIONS_IN_USE, AFLOW_DB_QUEUE_LEN, AFLOW_CONCURRENT_REQUESTS, AFLOW_BACKLOG_LEN, AFLOW_LOOPS_BLOCKED,
        AFLOW_THREADS_IN_USE, AFLOW_THREAD_QUEUE_LEN };
    aflow_server_stats s = aflow_result_server(result, server);
    size_t i, shown = 0;
    aflowi_put(o, "<h3>");
    aflowi_put_markup(o, s.id);
    aflowi_put(o, "</h3>\n<p class=\"soft\">CPU ");
    aflowi_put_percent(o, s.cpu_utilization);
    aflowi_put(o, " of ");
    aflowi_put_count(o, s.cpu_cores, "core");
    aflowi_put(o, " &#183; ");
    aflowi_put_grouped(o, s.completed);
    aflowi_put(o, " served");
    if (s.refused) {
        aflowi_put(o, " &#183; ");
        aflowi_put_grouped(o, s.refused);
        aflowi_put(o, " refused");
    }
    if (s.rejected) {
        aflowi_put(o, " &#183; ");
        aflowi_put_grouped(o, s.rejected);
        aflowi_put(o, " rejected");
    }
    if (s.timed_out) {
        aflowi_put(o, " &#183; ");
        aflowi_put_grouped(o, s.timed_out);
        aflowi_put(o, " timed out");
    }
    aflowi_put(o, "</p>\n");
    for (i = 0; i < AFLOWI_COUNT(metrics); i++) {
        if (!aflow_metric_is_sampled(result, metrics[i]) || !aflowi_has(result, metrics[i], server)) continue;
        if (!shown++) aflowi_put(o, "<div class=\"panels\">\n");
        aflowi_page_panel(o, result, metrics[i], server);
    }
    aflowi_put(o, shown ? "</div>\n" : "<p class=\"soft\">No metric of it was sampled.</p>\n");
}

/* Mean and greatest of a gauge, or two dashes where there is none. */
static void aflowi_page_cell_some(aflowi_out *o, const aflow_result *result, aflow_metric metric, aflow_id entity)
{
    if (aflowi_has(result, metric, entity)) aflowi_page_cell_gauge(o, result, metric, entity);
    else aflowi_put(o, "<td class=\"n\">&#8211;</td><td class=\"n\">&#8211;</td>");
}

static void aflowi_page_cell_limit(aflowi_out *o, uint64_t value)
{
    if (value) aflowi_page_cell_count(o, value);
    else aflowi_put(o, "<td class=\"n\">&#8211;</td>");
}

static void aflowi_page_loop_row(aflowi_out *o, const aflow_result *result, aflow_id server, const aflow_server_stats *s)
{
    aflowi_page_row_start(o, s->id);
    aflowi_page_cell_count(o, s->workers ? s->workers : 1);
    aflowi_page_cell_count(o, s->loop_lag.count);
    aflowi_page_cell_duration(o, s->loop_lag.mean_s);
    aflowi_page_cell_duration(o, s->loop_lag.p95_s);
    aflowi_page_cell_duration(o, s->loop_lag.p99_s);
    aflowi_page_cell_duration(o, s->loop_lag.max_s);
    aflowi_page_cell_some(o, result, AFLOW_LOOPS_BLOCKED, server);
    aflowi_put(o, "</tr>\n");
}

static void aflowi_page_thread_row(aflowi_out *o, const aflow_result *result, aflow_id server, const aflow_server_stats *s)
{
    aflowi_page_row_start(o, s->id);
    aflowi_page_cell_limit(o, aflowi_threads_of(s));
    aflowi_page_cell_some(o, result, AFLOW_THREADS_IN_USE, server);
    aflowi_page_cell_some(o, result, AFLOW_THREAD_QUEUE_LEN, server);
    aflowi_page_cell_limit(o, s->max_concurrency);
    aflowi_page_cell_some(o, result, AFLOW_CONCURRENT_REQUESTS, server);
    aflowi_page_cell_some(o, result, AFLOW_BACKLOG_LEN, server);
    aflowi_put(o, "</tr>\n");
}

static int aflowi_has_pools(const aflow_server_stats *s) { return s->threads != 0 || s->max_concurrency != 0; }

/* A table of those servers that have something to say in it. */
typedef struct aflowi_page_process {
    int (*has)(const aflow_server_stats *s);
    void (*row)(aflowi_out *o, const aflow_result *result, aflow_id server, const aflow_server_stats *s);
    const char *caption, *what, *head;
} aflowi_page_process;

#define AFLOWI_TH(name) "<th scope=\"col\" class=\"n\">" name "</th>"
#define AFLOWI_TH_TALL(name) "<th scope=\"col\" rowspan=\"2\" class=\"n\">" name "</th>"
#define AFLOWI_TH_WIDE(columns, name) "<th scope=\"colgroup\" colspan=\"" columns "\" class=\"n\">" name "</th>"
#define AFLOWI_TH_FIRST(name) "<th scope=\"col\" rowspan=\"2\">" name "</th>"

static void aflowi_page_process_table(aflowi_out *o, const aflow_result *result, const aflowi_page_process *t)
{
    size_t all = aflow_result_servers(result, NULL, 0), i, count = 0;
    for (i = 0; i < all; i++) {
        aflow_server_stats s = aflow_result_server(result, aflowi_server_id(i));
        count += t->has(&s) != 0;
    }
    if (!count) return;
    if (count > AFLOWI_PAGE_ROWS) aflowi_page_fold(o, count, t->what);
    aflowi_page_table(o, t->caption, t->head);
    for (i = 0; i < all; i++) {
        aflow_server_stats s = aflow_result_server(result, aflowi_server_id(i));
        if (t->has(&s)) t->row(o, result, aflowi_server_id(i), &s);
    }
    aflowi_page_table_end(o);
    if (count > AFLOWI_PAGE_ROWS) aflowi_put(o, "</details>\n");
}

static void aflowi_page_processes(aflowi_out *o, const aflow_result *result)
{
    static const aflowi_page_process tables[] = {
        { aflowi_has_loops, aflowi_page_loop_row, "Event loops; lag: from being ready to run to running", "servers with event loops",
          "<tr>" AFLOWI_TH_FIRST("Server") AFLOWI_TH_TALL("Loops") AFLOWI_TH_TALL("Stretches") AFLOWI_TH_WIDE("4", "Loop lag") AFLOWI_TH_WIDE("2", "Blocked loops") "</tr>\n<tr>"
          AFLOWI_TH("mean") AFLOWI_TH("p95") AFLOWI_TH("p99") AFLOWI_TH("max") AFLOWI_TH("mean") AFLOWI_TH("max") "</tr>\n" },
        { aflowi_has_pools, aflowi_page_thread_row, "Threads and requests at once", "servers with threads or max_concurrency",
          "<tr>" AFLOWI_TH_FIRST("Server") AFLOWI_TH_TALL("Threads") AFLOWI_TH_WIDE("2", "In use") AFLOWI_TH_WIDE("2", "Thread queue")
          AFLOWI_TH_TALL("At once, at most") AFLOWI_TH_WIDE("2", "Let in") AFLOWI_TH_WIDE("2", "Backlog") "</tr>\n<tr>" AFLOWI_TH("mean") AFLOWI_TH("max")
          AFLOWI_TH("mean") AFLOWI_TH("max") AFLOWI_TH("mean") AFLOWI_TH("max") AFLOWI_TH("mean") AFLOWI_TH("max") "</tr>\n" } };
    size_t i;
    for (i = 0; i < AFLOWI_COUNT(tables); i++) aflowi_page_process_table(o, result, &tables[i]);
}

static void aflowi_page_servers(aflowi_out *o, const aflow_result *result)
{
    aflow_id busiest[AFLOWI_CHART_SERVERS];
    size_t all = aflow_result_servers(result, NULL, 0), shown, i;
    if (!all) return;
    shown = aflowi_busiest(result, AFLOWI_ID_SERVER, busiest);
    aflowi_put(o, "<h2>Servers</h2>\n");
    if (all > AFLOWI_PAGE_ROWS) {
        aflowi_page_server_table(o, result, "The busiest servers", busiest, shown);
        aflowi_page_fold(o, all, "servers");
        aflowi_page_server_table(o, result, "Every server", NULL, all);
        aflowi_put(o, "</details>\n");
    } else {
        aflowi_page_server_table(o, result, "Every server", NULL, all);
    }
    aflowi_put(o, "<p class=\"note\">CPU offered: the load that the scenario brings, from its means alone; at 100&#160;% the cores have no room left.</p>\n");
    aflowi_page_processes(o, result);
    if (all > shown) {
        aflowi_put(o, "<p class=\"note\">Charts follow for the ");
        aflowi_put_grouped(o, shown);
        aflowi_put(o, " busiest of ");
        aflowi_put_grouped(o, all);
        aflowi_put(o, " servers.</p>\n");
    }
    for (i = 0; i < shown; i++) aflowi_page_server_panels(o, result, busiest[i]);
}

/* --- Resources: one table of all, then those of kinds that have more to say. */

static void aflowi_page_cell_kind(aflowi_out *o, aflow_resource_kind kind)
{
    aflowi_put(o, "<td style=\"white-space:nowrap\">");
    aflowi_put(o, aflowi_words_of_kind(kind).what);
    aflowi_put(o, "</td>");
}

static void aflowi_page_resource_row(aflowi_out *o, const aflow_result *result, aflow_id id, const aflow_resource_stats *a)
{
    int is_bucket = a->kind == AFLOW_RESOURCE_RATE_LIMITER;
    aflowi_page_row_start(o, a->id);
    aflowi_page_cell_kind(o, a->kind);
    aflowi_page_cell_limit(o, a->capacity);
    if (is_bucket) aflowi_put(o, "<td class=\"n\">&#8211;</td><td class=\"n\">&#8211;</td>");
    else aflowi_page_cell_gauge(o, result, AFLOW_RESOURCE_IN_USE, id);
    aflowi_page_cell_percent(o, a->capacity || is_bucket || a->utilization > 0 ? a->utilization : aflowi_nan());
    aflowi_page_cell_percent(o, (a->capacity && a->kind != AFLOW_RESOURCE_CACHE) || is_bucket ? a->offered : aflowi_nan());
    aflowi_page_cell_gauge(o, result, AFLOW_RESOURCE_QUEUE_LEN, id);
    aflowi_put(o, "</tr>\n");
}

static void aflowi_page_wait_row(aflowi_out *o, const aflow_result *result, aflow_id id, const aflow_resource_stats *a)
{
    (void)result; (void)id;
    aflowi_page_row_start(o, a->id);
    aflowi_page_cell_kind(o, a->kind);
    aflowi_page_cell_count(o, a->acquired);
    aflowi_page_cell_duration(o, a->wait.mean_s);
    aflowi_page_cell_duration(o, a->wait.p50_s);
    aflowi_page_cell_duration(o, a->wait.p95_s);
    aflowi_page_cell_duration(o, a->wait.p99_s);
    aflowi_page_cell_duration(o, a->wait.max_s);
    aflowi_page_cell_count(o, a->rejected);
    aflowi_page_cell_count(o, a->timed_out);
    aflowi_put(o, "</tr>\n");
}

static void aflowi_page_cache_row(aflowi_out *o, const aflow_result *result, aflow_id id, const aflow_resource_stats *a)
{
    aflowi_page_row_start(o, a->id);
    aflowi_page_cell_percent(o, a->hit_ratio);
    aflowi_page_cell_count(o, a->hits);
    aflowi_page_cell_count(o, a->misses);
    aflowi_page_cell_count(o, a->coalesced);
    aflowi_page_cell_limit(o, a->capacity);
    aflowi_page_cell_gauge(o, result, AFLOW_RESOURCE_IN_USE, id);
    aflowi_page_cell_count(o, a->evicted);
    aflowi_page_cell_count(o, a->expired);
    aflowi_put(o, "</tr>\n");
}

static void aflowi_page_gpu_row(aflowi_out *o, const aflow_result *result, aflow_id id, const aflow_resource_stats *a)
{
    (void)result; (void)id;
    aflowi_page_row_start(o, a->id);
    aflowi_page_cell_count(o, a->batches);
    aflowi_page_cell_count(o, a->items);
    aflowi_page_cell_figure(o, a->batch_size_mean);
    aflowi_page_cell_count(o, a->batch_size_max);
    aflowi_page_cell_percent(o, a->utilization);
    aflowi_put(o, "<td class=\"n\">");
    aflowi_put_figure(o, a->batches ? a->batching_gain : aflowi_nan());
    aflowi_put(o, a->batches ? "&#160;&#215;</td>" : "</td>");
    aflowi_page_cell_duration(o, a->wait.mean_s);
    aflowi_page_cell_duration(o, a->wait.p95_s);
    aflowi_put(o, "</tr>\n");
}

static void aflowi_page_cell_money(aflowi_out *o, double money)
{
    aflowi_put(o, "<td class=\"n\">");
    aflowi_put_money(o, money);
    aflowi_put(o, "</td>");
}

static void aflowi_page_model_row(aflowi_out *o, const aflow_result *result, aflow_id id, const aflow_resource_stats *a)
{
    (void)result; (void)id;
    aflowi_page_row_start(o, a->id);
    aflowi_page_cell_count(o, a->calls);
    aflowi_page_cell_count(o, a->input_tokens);
    aflowi_page_cell_count(o, a->output_tokens);
    aflowi_page_cell_money(o, a->cost);
    aflowi_page_cell_money(o, a->calls ? a->cost / (double)a->calls : 0);
    aflowi_put(o, "</tr>\n");
}

typedef struct aflowi_page_listing {
    uint32_t kinds;                  /* bits */
    void (*row)(aflowi_out *o, const aflow_result *result, aflow_id id, const aflow_resource_stats *a);
    const char *caption, *what, *head;
} aflowi_page_listing;

/* Of the resources that are listed, or of all of the kinds where there is no list; folded away where they are many. */
static void aflowi_page_resource_table(aflowi_out *o, const aflow_result *result, const aflowi_page_listing *t, const aflow_id *ids, size_t count)
{
    size_t i, rows = 0;
    for (i = 0; i < count && !ids; i++) rows += (t->kinds & AFLOWI_KIND_BIT(aflow_result_resource(result, aflowi_resource_id(i)).kind)) != 0;
    if (!ids && !rows) return;
    if (rows > AFLOWI_PAGE_ROWS) aflowi_page_fold(o, rows, t->what);
    aflowi_page_table(o, t->caption, t->head);
    for (i = 0; i < count; i++) {
        aflow_id id = ids ? ids[i] : aflowi_resource_id(i);
        aflow_resource_stats a = aflow_result_resource(result, id);
        if (t->kinds & AFLOWI_KIND_BIT(a.kind)) t->row(o, result, id, &a);
    }
    aflowi_page_table_end(o);
    if (rows > AFLOWI_PAGE_ROWS) aflowi_put(o, "</details>\n");
}

static const aflowi_page_listing aflowi_page_listings[] = {
    { ~0u, aflowi_page_resource_row, "Every resource, how much of it is in use", "resources",
      "<tr>" AFLOWI_TH_FIRST("Resource") AFLOWI_TH_FIRST("Kind") AFLOWI_TH_TALL("Capacity") AFLOWI_TH_WIDE("2", "In use") AFLOWI_TH_TALL("Used") AFLOWI_TH_TALL("Offered")
      AFLOWI_TH_WIDE("2", "Requests waiting") "</tr>\n<tr>" AFLOWI_TH("mean") AFLOWI_TH("max") AFLOWI_TH("mean") AFLOWI_TH("max") "</tr>\n" },
    { ~AFLOWI_KIND_BIT(AFLOW_RESOURCE_CACHE), aflowi_page_wait_row, "From asking to getting, of all that got it, also at once", "resources, how long requests waited",
      "<tr>" AFLOWI_TH_FIRST("Resource") AFLOWI_TH_FIRST("Kind") AFLOWI_TH_TALL("Acquired") AFLOWI_TH_WIDE("5", "Wait") AFLOWI_TH_TALL("Rejected") AFLOWI_TH_TALL("Timed out")
      "</tr>\n<tr>" AFLOWI_TH("mean") AFLOWI_TH("p50") AFLOWI_TH("p95") AFLOWI_TH("p99") AFLOWI_TH("max") "</tr>\n" },
    { AFLOWI_KIND_BIT(AFLOW_RESOURCE_CACHE), aflowi_page_cache_row, "Caches", "caches",
      "<tr>" AFLOWI_TH_FIRST("Cache") AFLOWI_TH_TALL("Hit ratio") AFLOWI_TH_TALL("Hits") AFLOWI_TH_TALL("Misses") AFLOWI_TH_TALL("Coalesced") AFLOWI_TH_TALL("Capacity")
      AFLOWI_TH_WIDE("2", "Entries") AFLOWI_TH_TALL("Evicted") AFLOWI_TH_TALL("Expired") "</tr>\n<tr>" AFLOWI_TH("mean") AFLOWI_TH("max") "</tr>\n" },
    { AFLOWI_KIND_BIT(AFLOW_RESOURCE_LLM), aflowi_page_model_row, "Models", "models",
      "<tr>" AFLOWI_TH_FIRST("Model") AFLOWI_TH_TALL("Calls") AFLOWI_TH_WIDE("2", "Tokens") AFLOWI_TH_WIDE("2", "Cost") "</tr>\n<tr>"
      AFLOWI_TH("in") AFLOWI_TH("out") AFLOWI_TH("total") AFLOWI_TH("per call") "</tr>\n" },
    { AFLOWI_KIND_BIT(AFLOW_RESOURCE_GPU), aflowi_page_gpu_row, "GPUs; gain: time that the batches would have taken one by one / time that they took", "GPUs",
      "<tr>" AFLOWI_TH_FIRST("GPU") AFLOWI_TH_TALL("Batches") AFLOWI_TH_TALL("Requests") AFLOWI_TH_WIDE("2", "Batch size") AFLOWI_TH_TALL("Used")
      AFLOWI_TH_TALL("Gain") AFLOWI_TH_WIDE("2", "Wait for a batch") "</tr>\n<tr>" AFLOWI_TH("mean") AFLOWI_TH("max") AFLOWI_TH("mean") AFLOWI_TH("p95") "</tr>\n" }
};

static void aflowi_page_batches(aflowi_out *o, const aflow_result *result, size_t resources)
{
    aflow_chart_desc desc;
    size_t i, shown = 0;
    memset(&desc, 0, sizeof desc);
    desc.chart = AFLOW_CHART_BATCH_SIZES;
    desc.width = 330;
    desc.height = 190;
    for (i = 0; i < resources && shown < AFLOWI_CHART_SERVERS; i++) {
        desc.entity = aflowi_resource_id(i);
        if (!aflow_result_resource(result, desc.entity).batches) continue;
        aflowi_put(o, shown++ ? "<div>\n" : "<div class=\"panels\">\n<div>\n");
        aflowi_put_picture(o, result, &desc, 1, 1);
        aflowi_put(o, "</div>\n");
    }
    if (shown) aflowi_put(o, "</div>\n");
}

static void aflowi_page_resource_panels(aflowi_out *o, const aflow_result *result)
{
    aflowi_resource_panel panels[AFLOWI_RESOURCE_PANELS];
    size_t count = aflowi_resource_panels(result, panels), i;
    if (!count) return;
    aflowi_put(o, "<h3>Resources over time</h3>\n<div class=\"panels\">\n");
    for (i = 0; i < count; i++) aflowi_page_panel(o, result, panels[i].metric, panels[i].resource);
    aflowi_put(o, "</div>\n");
}

static void aflowi_page_resources(aflowi_out *o, const aflow_result *result)
{
    aflow_id busiest[AFLOWI_CHART_SERVERS];
    size_t all = aflow_result_resources(result, NULL, 0), shown, i;
    if (!all) return;
    shown = aflowi_busiest(result, AFLOWI_ID_RESOURCE, busiest);
    aflowi_put(o, "<h2>Resources</h2>\n");
    if (all > AFLOWI_PAGE_ROWS) {
        aflowi_page_listing first = aflowi_page_listings[0];
        first.caption = "The busiest resources";
        aflowi_page_resource_table(o, result, &first, busiest, shown);
    }
    for (i = 0; i < AFLOWI_COUNT(aflowi_page_listings); i++) {
        aflowi_page_resource_table(o, result, &aflowi_page_listings[i], NULL, all);
        if (i == 0) aflowi_put(o, "<p class=\"note\">Offered: the load that the scenario brings, from its means alone; at 100&#160;% there is no room left.</p>\n");
        if (aflowi_page_listings[i].row == aflowi_page_gpu_row) aflowi_page_batches(o, result, all);
    }
    aflowi_page_resource_panels(o, result);
}

/* Endpoints that lost requests at limits or cost money. */
static void aflowi_page_losses(aflowi_out *o, const aflow_result *result, const aflowi_extent *x)
{
    size_t i, k, count = 0;
    for (i = 0; i < x->servers; i++) count += aflow_result_server(result, aflowi_server_id(i)).endpoints;
    if (!x->costs && !x->rejected && !x->timed_out) return;
    if (count > AFLOWI_PAGE_ROWS) aflowi_page_fold(o, count, "endpoints, what they turned away and cost");
    aflowi_page_table(o, "What was turned away, and what requests cost", "<tr><th scope=\"col\">Endpoint</th><th scope=\"col\">Server</th>" AFLOWI_TH("Arrived")
        AFLOWI_TH("Rejected") AFLOWI_TH("Timed out") AFLOWI_TH("Cost") AFLOWI_TH("Share") AFLOWI_TH("Per arrival") "</tr>\n");
    for (i = 0; i < x->servers; i++) {
        aflow_server_stats s = aflow_result_server(result, aflowi_server_id(i));
        for (k = 0; k < s.endpoints; k++) {
            aflow_endpoint_stats e = aflow_result_endpoint(result, aflowi_server_id(i), k);
            aflowi_page_row_start(o, e.endpoint_name);
            aflowi_page_cell_text(o, s.id);
            aflowi_page_cell_count(o, e.arrived);
            aflowi_page_cell_count(o, e.rejected);
            aflowi_page_cell_count(o, e.timed_out);
            aflowi_page_cell_money(o, e.cost);
            aflowi_page_cell_percent(o, x->llm.cost > 0 ? e.cost / x->llm.cost : 0);
            aflowi_page_cell_money(o, e.arrived ? e.cost / (double)e.arrived : 0);
            aflowi_put(o, "</tr>\n");
        }
    }
    aflowi_page_table_end(o);
    if (count > AFLOWI_PAGE_ROWS) aflowi_put(o, "</details>\n");
}

static void aflowi_page_endpoint_row(aflowi_out *o, const char *server, const aflow_endpoint_stats *e)
{
    aflowi_page_row_start(o, e->endpoint_name);
    aflowi_page_cell_text(o, server);
    aflowi_page_cell_count(o, e->arrived);
    aflowi_page_cell_count(o, e->completed);
    aflowi_page_cell_duration(o, e->latency.mean_s);
    aflowi_page_cell_duration(o, e->latency.p50_s);
    aflowi_page_cell_duration(o, e->latency.p95_s);
    aflowi_page_cell_duration(o, e->latency.p99_s);
    aflowi_page_cell_duration(o, e->latency.max_s);
    aflowi_put(o, "</tr>\n");
}

static void aflowi_page_endpoints(aflowi_out *o, const aflow_result *result, const aflowi_extent *x)
{
    size_t all = aflow_result_servers(result, NULL, 0), i, k, count = 0;
    for (i = 0; i < all; i++) count += aflow_result_server(result, aflowi_server_id(i)).endpoints;
    if (!count) return;
    aflowi_put(o, "<h2>Endpoints</h2>\n");
    if (count > AFLOWI_PAGE_ROWS) aflowi_page_fold(o, count, "endpoints");
    aflowi_page_table(o, "Time in the server, from arrival to leaving", "<tr><th scope=\"col\">Endpoint</th><th scope=\"col\">Server</th><th scope=\"col\" class=\"n\">Arrived</th>"
                      "<th scope=\"col\" class=\"n\">Served</th><th scope=\"col\" class=\"n\">Mean</th><th scope=\"col\" class=\"n\">p50</th>"
                      "<th scope=\"col\" class=\"n\">p95</th><th scope=\"col\" class=\"n\">p99</th><th scope=\"col\" class=\"n\">Max</th></tr>\n");
    for (i = 0; i < all; i++) {
        aflow_server_stats s = aflow_result_server(result, aflowi_server_id(i));
        for (k = 0; k < s.endpoints; k++) {
            aflow_endpoint_stats e = aflow_result_endpoint(result, aflowi_server_id(i), k);
            aflowi_page_endpoint_row(o, s.id, &e);
        }
    }
    aflowi_page_table_end(o);
    if (count > AFLOWI_PAGE_ROWS) aflowi_put(o, "</details>\n");
    aflowi_page_losses(o, result, x);
}

static void aflowi_page_edges(aflowi_out *o, const aflow_result *result)
{
    size_t i, count = aflow_result_edges(result, NULL, 0);
    if (!count) return;
    aflowi_put(o, "<h2>Edges</h2>\n");
    if (count > AFLOWI_PAGE_ROWS) aflowi_page_fold(o, count, "edges");
    aflowi_page_table(o, "Traffic on every edge", "<tr><th scope=\"col\">Edge</th><th scope=\"col\">From</th><th scope=\"col\">To</th><th scope=\"col\" class=\"n\">Sent</th>"
                      "<th scope=\"col\" class=\"n\">Delivered</th><th scope=\"col\" class=\"n\">Dropped</th><th scope=\"col\" class=\"n\">Loss</th>"
                      "<th scope=\"col\" class=\"n\">In transit, mean</th><th scope=\"col\" class=\"n\">max</th></tr>\n");
    for (i = 0; i < count; i++) {
        aflow_edge_stats e = aflow_result_edge(result, aflowi_edge_id(i));
        aflowi_page_row_start(o, e.id);
        aflowi_page_cell_text(o, e.source);
        aflowi_page_cell_text(o, e.target);
        aflowi_page_cell_count(o, e.sent);
        aflowi_page_cell_count(o, e.delivered);
        aflowi_page_cell_count(o, e.dropped);
        aflowi_page_cell_percent(o, aflowi_share(e.dropped, e.sent));
        aflowi_page_cell_gauge(o, result, AFLOW_EDGE_CONCURRENT_CONNECTION, aflowi_edge_id(i));
        aflowi_put(o, "</tr>\n");
    }
    aflowi_page_table_end(o);
    if (count > AFLOWI_PAGE_ROWS) aflowi_put(o, "</details>\n");
}

static void aflowi_page_warnings(aflowi_out *o, const aflow_result *result)
{
    size_t i, count = aflow_result_warnings(result);
    if (!count) return;
    aflowi_put(o, "<h2>Warnings</h2>\n");
    if (count > AFLOWI_PAGE_ROWS) aflowi_page_fold(o, count, "warnings");
    aflowi_put(o, "<ul class=\"list\">\n");
    for (i = 0; i < count; i++) {
        aflowi_put(o, "<li>");
        aflowi_put_markup(o, aflow_result_warning(result, i));
        aflowi_put(o, "</li>\n");
    }
    aflowi_put(o, "</ul>\n");
    if (count > AFLOWI_PAGE_ROWS) aflowi_put(o, "</details>\n");
}

static void aflowi_page_fact(aflowi_out *o, const char *name)
{
    aflowi_put(o, "<dt>");
    aflowi_put(o, name);
    aflowi_put(o, "</dt><dd>");
}

static void aflowi_page_run(aflowi_out *o, const aflow_run_info *info)
{
    aflowi_put(o, "<h2>This run</h2>\n<dl class=\"run\">\n");
    aflowi_page_fact(o, "Seed");
    aflowi_put_u64(o, info->seed);
    aflowi_put(o, "</dd>\n");
    aflowi_page_fact(o, "Replication");
    aflowi_put_u64(o, info->replication);
    aflowi_put(o, "</dd>\n");
    aflowi_page_fact(o, "Simulated time");
    aflowi_put_figure(o, info->horizon_s);
    aflowi_put(o, " s, sampled every ");
    aflowi_put_duration(o, info->sample_period_s);
    if (info->warm_up_s > 0) {
        aflowi_put(o, ", figures after a warm-up of ");
        aflowi_put_duration(o, info->warm_up_s);
    }
    aflowi_put(o, "</dd>\n");
    aflowi_page_fact(o, "Rules");
    aflowi_put(o, info->compat == AFLOW_COMPAT_ASYNCFLOW_0_1 ? "compat asyncflow-0.1.1" : "asyncflow.h");
    aflowi_put(o, "</dd>\n");
    aflowi_page_fact(o, "Simulated events");
    aflowi_put_grouped(o, info->requests.events);
    aflowi_put(o, "</dd>\n");
    aflowi_page_fact(o, "Scenario hash");
    aflowi_put(o, "<code>");
    aflowi_put_hex64(o, info->scenario_hash);
    aflowi_put(o, "</code></dd>\n");
    aflowi_page_fact(o, "Digest");
    aflowi_put(o, "<code>");
    aflowi_put_hex64(o, info->digest);
    aflowi_put(o, "</code></dd>\n");
    aflowi_page_fact(o, "Version");
    aflowi_put(o, "asyncflow " ASYNCFLOW_VERSION_STRING "</dd>\n</dl>\n");
}

/* Passes JSON on such that it cannot end its script element: a < stands only in strings, where it can be escaped. */
static int aflowi_put_script(void *context, const char *text, size_t size)
{
    aflowi_out *o = (aflowi_out *)context;
    size_t i, from = 0;
    for (i = 0; i < size; i++) {
        if (text[i] != '<') continue;
        aflowi_put_bytes(o, text + from, i - from);
        aflowi_put(o, "\\u003c");
        from = i + 1;
    }
    aflowi_put_bytes(o, text + from, size - from);
    return o->failed;
}

AFLOW_API aflow_status aflow_write_html(const aflow_result *result, const char *title, aflow_put_fn put, void *context)
{
    aflowi_out o;
    aflow_run_info info;
    aflowi_extent x;
    aflow_status json;
    if (!result || !put) return AFLOW_MISUSE;
    aflowi_out_init(&o, put, context);
    info = aflow_result_info(result);
    x = aflowi_extent_of(result);
    aflowi_page_head(&o, title ? title : "asyncflow");
    aflowi_page_facts(&o, result, &info);
    aflowi_page_verdict(&o, result, &info, &x);
    aflowi_page_cards(&o, result, &info, &x);
    aflowi_put(&o, "<h2>Latency and throughput</h2>\n");
    aflowi_page_chart(&o, result, AFLOW_CHART_LATENCY);
    aflowi_page_chart(&o, result, AFLOW_CHART_THROUGHPUT);
    aflowi_page_events(&o, result);
    aflowi_page_servers(&o, result);
    aflowi_page_resources(&o, result);
    aflowi_page_endpoints(&o, result, &x);
    aflowi_page_edges(&o, result);
    aflowi_page_warnings(&o, result);
    aflowi_page_run(&o, &info);
    aflowi_put(&o, "</main>\n<footer>\n<p>The same seed and scenario give the same page, byte for byte. The element <code>asyncflow-result</code> of this page "
                   "holds all figures as JSON.</p>\n</footer>\n<script type=\"application/json\" id=\"asyncflow-result\">\n");
    json = aflow_write_json(result, 0, aflowi_put_script, &o);
    aflowi_put(&o, "</script>\n</body>\n</html>\n");
    if (aflowi_out_end(&o) != AFLOW_OK) return AFLOW_CANNOT_WRITE;
    return json;
}
#ifdef __cplusplus
} /* extern "C" */
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#if defined(ASYNCFLOW_STATIC) && (defined(__GNUC__) || defined(__clang__))
#pragma GCC diagnostic pop
#endif
#endif /* ASYNCFLOW_IMPLEMENTED */
#endif /* ASYNCFLOW_IMPLEMENTATION */

/*
   This software is available under two licences: choose the one you prefer.

   ------------------------------------------------------------------------------
   ALTERNATIVE A - MIT License

   Copyright (c) 2026 the asyncflow.h authors

   Permission is hereby granted, free of charge, to any person obtaining a copy of
   this software and associated documentation files (the "Software"), to deal in
   the Software without restriction, including without limitation the rights to
   use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
   of the Software, and to permit persons to whom the Software is furnished to do
   so, subject to the following conditions:

   The above copyright notice and this permission notice shall be included in all
   copies or substantial portions of the Software.

   THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
   IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
   FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
   AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
   LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
   OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
   SOFTWARE.

   ------------------------------------------------------------------------------
   ALTERNATIVE B - Public Domain (Unlicense, https://unlicense.org)

   This is free and unencumbered software released into the public domain.

   Anyone is free to copy, modify, publish, use, compile, sell, or distribute this
   software, either in source code form or as a compiled binary, for any purpose,
   commercial or non-commercial, and by any means.

   In jurisdictions that recognize copyright laws, the author or authors of this
   software dedicate any and all copyright interest in the software to the public
   domain. We make this dedication for the benefit of the public at large and to
   the detriment of our heirs and successors. We intend this dedication to be an
   overt act of relinquishment in perpetuity of all present and future rights to
   this software under copyright law.

   THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
   IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
   FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
   AUTHORS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN
   ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
   WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
   ------------------------------------------------------------------------------
*/
