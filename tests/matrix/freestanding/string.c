/* string.c - those functions, plainly. Compile with -fno-builtin: else a compiler may make a loop a call of the very function.
   SPDX-License-Identifier: MIT OR Unlicense */
#include "string.h"

void *memchr(const void *memory, int c, size_t size)
{
    const unsigned char *p = (const unsigned char *)memory;
    for (; size; size--, p++) if (*p == (unsigned char)c) return (void *)p;
    return NULL;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *p = (const unsigned char *)a, *q = (const unsigned char *)b;
    for (; size; size--, p++, q++) if (*p != *q) return *p < *q ? -1 : 1;
    return 0;
}

void *memcpy(void *to, const void *from, size_t size)
{
    unsigned char *p = (unsigned char *)to;
    const unsigned char *q = (const unsigned char *)from;
    while (size--) *p++ = *q++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *p = (unsigned char *)to;
    const unsigned char *q = (const unsigned char *)from;
    if (p < q) while (size--) *p++ = *q++;
    else while (size--) p[size] = q[size];
    return to;
}

void *memset(void *memory, int c, size_t size)
{
    unsigned char *p = (unsigned char *)memory;
    while (size--) *p++ = (unsigned char)c;
    return memory;
}

char *strchr(const char *text, int c)
{
    for (; *text; text++) if (*text == (char)c) return (char *)text;
    return c ? NULL : (char *)text;
}

int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++) { }
    return (int)(unsigned char)*a - (int)(unsigned char)*b;
}

size_t strcspn(const char *text, const char *any)
{
    size_t n = 0;
    while (text[n] && !strchr(any, text[n])) n++;
    return n;
}

size_t strspn(const char *text, const char *any)
{
    size_t n = 0;
    while (text[n] && strchr(any, text[n])) n++;
    return n;
}

size_t strlen(const char *text)
{
    size_t n = 0;
    while (text[n]) n++;
    return n;
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (; size && *a && *a == *b; a++, b++, size--) { }
    return size ? (int)(unsigned char)*a - (int)(unsigned char)*b : 0;
}
