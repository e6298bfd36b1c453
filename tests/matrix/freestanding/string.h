/* string.h - all that asyncflow.h and asyncflow_yaml.h need of a C library. SPDX-License-Identifier: MIT OR Unlicense */
#ifndef MATRIX_STRING_H
#define MATRIX_STRING_H
#include <stddef.h>
void *memchr(const void *memory, int c, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *memory, int c, size_t size);
char *strchr(const char *text, int c);
int strcmp(const char *a, const char *b);
size_t strcspn(const char *text, const char *any);
size_t strlen(const char *text);
size_t strspn(const char *text, const char *any);
int strncmp(const char *a, const char *b, size_t size);
#endif
