#!/bin/sh
# selftest.sh - the self-test notices: copies of asyncflow.h with one mistake each have to be found out, and by the right part.
# Needs a C compiler; takes tcc where it is there, as the quickest. SPDX-License-Identifier: MIT OR Unlicense
build=${BUILD:-build}/tests/selftest
cc="${CC:-cc} -O0"
command -v tcc > /dev/null 2>&1 && cc=tcc
passed=0 failed=0
rm -rf "$build"
mkdir -p "$build" || exit 1
cat > "$build/main.c" << 'END'
#define ASYNCFLOW_IMPLEMENTATION
#include "asyncflow.h"
int main(void)
{
    const char *wrong = aflow_selftest(NULL);
    puts(wrong ? wrong : "nothing");
    return 0;
}
END

# mutant WORDS SED: with this change the self-test says these words
mutant() {
    sed "$2" asyncflow.h > "$build/asyncflow.h"
    if cmp -s asyncflow.h "$build/asyncflow.h" && [ -n "$2" ]; then said="the change does not apply"
    elif $cc -I"$build" "$build/main.c" -o "$build/main" > "$build/log" 2>&1; then said=$("$build/main")
    else said="does not compile: $(head -n 1 "$build/log")"
    fi
    case $said in *"$1"*) passed=$((passed + 1)) ;; *) failed=$((failed + 1)); echo "FAIL $2: \"$said\", expected \"$1\"" ;; esac
}

mutant nothing ''
mutant 'excess precision' 's/volatile double x = a, y = b, result = x + y;/volatile double x = a, y = b, result = (double)(float)(x + y);/'
mutant 'unrounded' 's/volatile double x = a, y = b, result = x \* y;/double result = a * b + (a == b \&\& a > 1 \&\& a < 1.1 ? 1e-9 : 0);/'
mutant 'NaN' 's/uint64_t bits = (uint64_t)0x7FF8 << 48;/uint64_t bits = 0;/'
mutant 'generator' 's/aflowi_rotate(s0 + s1, 17)/aflowi_rotate(s0 + s1, 18)/'
mutant 'generator' 's/rng->s1 = aflowi_rotate(s1, 28);/rng->s1 = aflowi_rotate(s1, 29);/'
mutant 'generator' 's/0xbf58476d1ce4e5b9/0xbf58476d1ce4e5b8/'
mutant 'generator' 's/hash = aflowi_mix((hash ^ purpose) + step);/hash = aflowi_mix((hash ^ purpose) - step);/'
mutant 'draws' 's/0x8e3a9f3ea4ad1db/0x8e3a9f3ea4ad1dc/; s/0x0371a17c7fbee04/0x0371a17c7fbee05/'
mutant 'draws' 's/0x8164d1f3bc030773/0x8164d1f3bc030774/'
mutant 'draws' 's/even = !even;/even = 0;/'
mutant 'draws' 's/return t > d;/return t >= d + 1000000000000000000;/'
mutant 'draws' 's/0x460ea9b083a303b6/0x460ea9c083a303b6/'
mutant 'draws' 's/for (k = 27; k > 0; k -= 2)/for (k = 5; k > 0; k -= 2)/'
mutant 'draws' 's/negative = (int)((u >> 8) \& 1);/negative = (int)((u >> 9) \& 1);/'
mutant 'numbers' 's/const int plain = point >= -3/const int plain = point >= -30/'
mutant 'numbers' "s/buffer\\[at++\\] = point - 1 < 0 ? '-' : '+';/buffer[at++] = '+';/"
mutant 'numbers' 's/if (decimal.negative) bits |= (uint64_t)1 << 63;//'
mutant 'small run' 's/^#define AFLOWI_TICKS_PER_S .*/#define AFLOWI_TICKS_PER_S ((uint64_t)500000000)/; s/const uint64_t ns = AFLOWI_TICKS_PER_S;/const uint64_t ns = 1000000000;/'
mutant 'statistics' 's/^    fraction = position - (double)rank;/    fraction = 0;/'

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
