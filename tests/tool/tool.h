/* tool.h - runs the command line tool and looks at what it wrote: for the programs of this directory, each started as
   PROGRAM TOOL TEMP_DIR in the root of the project. POSIX: they define _POSIX_C_SOURCE. SPDX-License-Identifier: MIT OR Unlicense */
#ifndef TOOL_H
#define TOOL_H
#include "../test.h"
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCENARIOS "examples/scenarios/"
/* makes a scenario shorter */
#define QUICK "--set sim_settings.total_simulation_time=20 "

static const char *tool, *temp;
static char *out, *err;               /* what the last run wrote */
static int status;                    /* its exit status; 128 + signal */

/* --- Helpers */

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, capacity = 1 << 16, got;
    char *text = (char *)malloc(capacity);
    if (!text) exit(1);
    while (file && (got = fread(text + size, 1, capacity - size - 1, file)) > 0) {
        size += got;
        if (capacity - size < 2 && (text = (char *)realloc(text, capacity *= 2)) == NULL) exit(1);
    }
    text[size] = '\0';
    if (!file) { free(text); return NULL; }
    fclose(file);
    return text;
}

/* A path in the temporary directory; the last four stay valid. */
static const char *in_temp(const char *name)
{
    static char paths[4][1024];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", temp, name);
    return path;
}

static char *read_temp(const char *name) { return read_whole(in_temp(name)); }
static int exists(const char *name) { struct stat info; return stat(in_temp(name), &info) == 0; }

static inline void write_temp(const char *name, const char *text)
{
    FILE *file = fopen(in_temp(name), "wb");
    if (!file) { printf("cannot write in %s\n", temp); exit(1); }
    fputs(text, file);
    fclose(file);
}

static int run_shell(const char *command)
{
    int raw = system(command);
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + (WIFSIGNALED(raw) ? WTERMSIG(raw) : 0);
}

/* Runs `TOOL arguments`; $T stands for the temporary directory. Standard input is empty unless the arguments say. */
static void run(const char *format, ...)
{
    char arguments[4096], command[8192];
    va_list list;
    va_start(list, format);
    vsnprintf(arguments, sizeof arguments, format, list);
    va_end(list);
    snprintf(command, sizeof command, "T='%s'; export T; </dev/null >'%s/out' 2>'%s/err' '%s' %s", temp, temp, temp, tool, arguments);
    status = run_shell(command);
    free(out);
    free(err);
    out = read_temp("out");
    err = read_temp("err");
}

static int has(const char *text, const char *part) { return text && strstr(text, part) != NULL; }
static inline int starts(const char *text, const char *part) { return text && strncmp(text, part, strlen(part)) == 0; }
static inline int ends(const char *text, const char *part)
{
    size_t n = text ? strlen(text) : 0, m = strlen(part);
    return n >= m && strcmp(text + n - m, part) == 0;
}
static size_t lines(const char *text)
{
    size_t n = 0;
    for (; text && *text; text++) n += *text == '\n';
    return n;
}
/* in characters, not in bytes */
static size_t longest_line(const char *text)
{
    size_t n = 0, longest = 0;
    for (; text && *text; text++) {
        if (*text == '\n') n = 0;
        else if (((unsigned char)*text & 0xC0) != 0x80 && ++n > longest) longest = n;
    }
    return longest;
}

#define CHECK_STATUS(want) do { if (status != (want)) test_fail(__FILE__, __LINE__, "exit status %d, expected %d; stderr: %s", status, (want), err ? err : ""); } while (0)
#define CHECK_HAS(text, part) do { if (!has(text, part)) test_fail(__FILE__, __LINE__, "%s has no \"%s\": %.400s", #text, part, text ? text : "(null)"); } while (0)

/* a mistake in the command line: status 2, nothing on stdout, one line and a hint on stderr */
static void expect_usage(const char *arguments, const char *said)
{
    run("%s", arguments);
    if (status != 2 || !has(err, said)) test_fail(__FILE__, __LINE__, "`%s`: exit %d, stderr: %s", arguments, status, err);
    if (out[0]) test_fail(__FILE__, __LINE__, "`%s` wrote to stdout: %.200s", arguments, out);
    if (lines(err) != 2 || !has(err, "Try 'asyncflow help")) test_fail(__FILE__, __LINE__, "`%s`: not one line and a hint: %s", arguments, err);
}

#endif
