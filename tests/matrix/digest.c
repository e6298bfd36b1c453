/* matrix/digest.c - what a build computes, as text to compare with that of other builds: the self-test, then for every
   scenario in both modes its hash, the digest of its run, and a hash of the JSON result. Needs no file system: the scenarios
   are compiled in (embed.sh writes scenarios.inc). SPDX-License-Identifier: MIT OR Unlicense

   SHORT       runs of 20 s at most, and the sampled series in the JSON: for small and slow machines
   MEMORY=N    no malloc: all memory is one array of N bytes
   BARE        no C library: the host provides put(), calls matrix_main() */
#ifdef MEMORY
#define ASYNCFLOW_NO_MALLOC
#endif
#ifdef BARE
#define ASYNCFLOW_NO_STDIO
#endif
#define ASYNCFLOW_IMPLEMENTATION
#include "../../asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "../../asyncflow_yaml.h"

#ifdef BARE
void put(const char *text, size_t size);
int matrix_main(void);
#else
static void put(const char *text, size_t size) { fwrite(text, 1, size, stdout); }
#endif

static const struct { const char *path, *text; } scenarios[] = {
#include "scenarios.inc"
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

#ifdef MEMORY
static double memory[MEMORY / sizeof(double)];
#endif

static aflow_allocator own_allocator(void)
{
    aflow_allocator a;
    memset(&a, 0, sizeof a);
#ifdef MEMORY
    a = aflow_buffer_allocator(memory, sizeof memory);
#endif
    return a;
}

/* --- Text without printf --- */

static void put_text(const char *text) { put(text, strlen(text)); }

static void put_padded(const char *text, size_t width)
{
    size_t size = strlen(text);
    put(text, size);
    for (; size < width; size++) put(" ", 1);
    put(" ", 1);
}

static void put_hex(const char *label, uint64_t value)
{
    char digits[17];
    int i;
    for (i = 15; i >= 0; i--, value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
    digits[16] = ' ';
    put_text(label);
    put(digits, 17);
}

static void put_count(const char *label, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + (int)(value % 10)); while ((value /= 10) != 0);
    put_text(label);
    put(digits + at, sizeof digits - at);
    put(" ", 1);
}

/* FNV-1a over all pieces */
static int hash_piece(void *context, const char *text, size_t size)
{
    uint64_t *hash = (uint64_t *)context;
    size_t i;
    for (i = 0; i < size; i++) *hash = (*hash ^ (unsigned char)text[i]) * 1099511628211u;
    return 0;
}

/* --- Scenarios --- */

#ifdef SHORT
enum { HORIZON = 20, EVENTS = 16, SERIES = 1 };

static double shrunk(double t, uint32_t horizon)
{
    volatile double x = t * HORIZON;
    return x / horizon;
}

/* The same over HORIZON seconds at most; events keep their share of the time. */
static void shorten(aflow_scenario *s, aflow_event *events)
{
    uint32_t horizon = s->sim_settings.total_simulation_time;
    size_t i;
    if (horizon <= HORIZON) return;
    for (i = 0; i < s->events_count && i < EVENTS; i++) {
        events[i] = s->events[i];
        events[i].start.t_start = shrunk(events[i].start.t_start, horizon);
        events[i].end.t_end = shrunk(events[i].end.t_end, horizon);
    }
    s->events = events;
    s->events_count = i;
    s->sim_settings.total_simulation_time = HORIZON;
}
#else
enum { EVENTS = 1, SERIES = 0 };
static void shorten(aflow_scenario *s, aflow_event *events) { (void)s; (void)events; }
#endif

static void put_result(const aflow_result *r)
{
    aflow_run_info info = aflow_result_info(r);
    uint64_t hash = 14695981039346656037u;
    put_hex("scenario ", info.scenario_hash);
    put_hex("digest ", info.digest);
    put_count("completed ", info.requests.completed);
    if (aflow_write_json(r, SERIES, hash_piece, &hash) == AFLOW_OK) put_hex("json ", hash);
}

/* `refused` where a mode does not take the file. */
static void put_run(const char *text, aflow_compat compat, const aflow_allocator *allocator)
{
    aflow_read_desc how;
    aflow_run_desc desc;
    aflow_scenario_file *file;
    aflow_event events[EVENTS];
    aflow_result *r = NULL;
    memset(&how, 0, sizeof how);
    memset(&desc, 0, sizeof desc);
    how.compat = compat;
    how.allocator = desc.allocator = *allocator;
    desc.seed = 1;
    file = aflow_read_text(text, strlen(text), NULL, &how);
    if (file) {
        aflow_scenario s = *aflow_scenario_of(file);
        shorten(&s, events);
        r = aflow_run(&s, &desc, NULL);
    }
    if (r) put_result(r);
    else put_text("refused");
    aflow_result_destroy(r);
    aflow_scenario_file_destroy(file);
}

static int run_all(void)
{
    aflow_allocator a = own_allocator();
    const char *wrong = aflow_selftest(&a);
    int i, mode;
    put_text("self-test: ");
    put_text(wrong ? wrong : "ok");
    put_text("\n");
    for (i = 0; i < SCENARIOS; i++) {
        for (mode = 0; mode < 2; mode++) {
            put_padded(scenarios[i].path, 62);
            put_padded(mode ? "compat" : "default", 7);
            put_run(scenarios[i].text, mode ? AFLOW_COMPAT_ASYNCFLOW_0_1 : AFLOW_COMPAT_NONE, &a);
            put_text("\n");
        }
    }
    put_text("end\n");
    return wrong != NULL;
}

#ifdef BARE
int matrix_main(void) { return run_all(); }
#else
int main(void) { return run_all(); }
#endif
