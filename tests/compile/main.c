/* main.c - calls what use.c and, with -DTWO, a second user has, and prints the digest. SPDX-License-Identifier: MIT OR Unlicense */
#include <stdint.h>
#include <stdio.h>

uint64_t digest_in_use(void);
#ifdef TWO
uint64_t digest_in_second(void);
#endif

int main(void)
{
    const unsigned long long digest = (unsigned long long)digest_in_use();
#ifdef TWO
    if (digest_in_second() != digest) return 1;
#endif
    printf("%016llx\n", digest);
    return digest == 0;
}
