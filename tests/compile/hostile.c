/* hostile.c - macros that platforms and careless headers leave behind, defined before the include. SPDX-License-Identifier: MIT OR Unlicense */
#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __cplusplus
#include <initializer_list>
#endif

/* <windows.h>, <rpc.h>, <complex.h>, <ctype.h>, <curses.h>, X11, POSIX, Arduino */
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define near
#define far
#define pascal
#define small char
#define interface struct
#define hyper long
#define IN
#define OUT
#define OPTIONAL
#define ERROR 0
#define NO_ERROR 0
#define DELETE 1
#define TRUE 1
#define FALSE 0
#define BOOL int
#define VOID void
#define CONST const
#define I (1.0fi)
#define _N 0x04
#define _U 0x01
#define _L 0x02
#define _P 0x10
#define _B 0x80
#define _X 0x40
#define _C 0x20
#define N (3
#define E (4
#define T (5
#define P (6
#define B (7
#define F (8
#define S (9
#define X (10
#define Y (11
#define K (12
#define M (13
#define D (14
#define Status int
#define Bool int
#define None 0L
#define Success 0
#define Always 2
#define Complex int
#define domain 1
#define signal_ 1
#define unix 1
#define linux 1
#define free(p) ((void)(p), study_free_was_used)
#define index(a) study_index_was_used
#define check(c) study_check_was_used
#define test(c) study_test_was_used
#define swap(a, b) study_swap_was_used
#define abs(a) study_abs_was_used
#define round(a) study_round_was_used
#define step(a) study_step_was_used
#define bit(a) study_bit_was_used
#define lowByte(a) study_byte_was_used
#define ROW 1
#define LEAF 2
#define PART 3
#define LIST 4
#define WORD 5
#define LOW 0x0
#define HIGH 0x1
#define PI 3.14159
#define EVENT_MAX 7
#define STATUS_OK 1

#define ASYNCFLOW_NO_MALLOC     /* free is a macro above: the heap is not to be touched */
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
#define ASYNCFLOW_YAML_IMPLEMENTATION
#include "asyncflow_yaml.h"

#undef free
#undef small
#undef I
#undef S
#include "study.h"

int main(void)
{
    const unsigned long long digest = (unsigned long long)study_digest();
    printf("%016llx\n", digest);
    return digest == 0;
}
