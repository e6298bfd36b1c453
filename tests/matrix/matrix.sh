#!/bin/sh
# matrix.sh - builds and runs tests/matrix/digest.c with every compiler, flag and processor whose tools are here, and compares what
# is printed: digests and JSON of all scenarios in both modes. Prints a row each; last the totals. Called from the repo's root.
#   JOBS=2        rows at a time            ROWS=regex    rows whose name matches
#   UPDATE=1      writes tests/matrix/short.txt anew, then compares as always. Where results change on purpose, first
#                 `UPDATE=1 build/tests/golden/golden` and `UPDATE=1 build/tests/unit/selftest`, which write theirs
# What is expected: `full` runs against tests/golden/digests.txt, and the JSON against that of the first row; `short` runs (20 s
# at most) against tests/matrix/short.txt; `guard` rows have flags that spoil arithmetic: a build that stops with our #error, a
# self-test that names the cause, or the same results, and nothing else. `threads` rows compare threads with themselves.
# SPDX-License-Identifier: MIT OR Unlicense
here=tests/matrix
build=${BUILD:-build}/matrix
export WINEDEBUG=-all WINEPREFIX="$PWD/$build/wine"

digest="-I$build $here/digest.c"
wasm="clang --target=wasm32 -std=c99 -ffreestanding -fno-builtin -nostdlib -DBARE -isystem $here/freestanding -Wl,--no-entry -Wl,--export=matrix_main -Wl,--allow-undefined -Wl,-z,stack-size=262144"
bare="arm-none-eabi-gcc -std=c99 -mthumb --specs=picolibc.specs --oslib=semihost --crt0=hosted -DMEMORY=3000000 -Wl,--defsym=__flash=0x0,--defsym=__flash_size=0x400000,--defsym=__ram=0x20000000,--defsym=__ram_size=0x400000"
# not every x86-64 kernel runs 32-bit programs
i386=qemu-i386-static
board="qemu-system-arm -nographic -semihosting-config enable=on"

# name | tools | expected | compiler and flags | what runs it
rows() {
    # each compiles for half a minute: flags that have nothing to do with each other share a row; the reference is -O1
    for cc in gcc clang; do
        for o in -O0 -O2 -Os; do echo "$cc $o | $cc | full | $cc -std=c99 $o |"; done
        echo "$cc -O3, contracted, this processor | $cc | full | $cc -std=gnu11 -O3 -march=native -ffp-contract=fast |"
        echo "$cc -O3, contracted, haswell | $cc avx2 | full | $cc -std=c99 -O3 -march=haswell -ffp-contract=fast |"
        echo "$cc -std=c17, no 128-bit integers, one buffer, no malloc | $cc | full | $cc -std=c17 -O1 -DASYNCFLOW_NO_INT128 -DMEMORY=60000000 |"
        echo "$cc unsigned char, short enums, rounding may change | $cc | full | $cc -std=c99 -O2 -funsigned-char -fshort-enums -frounding-math |"
    done
    echo "gcc link-time optimisation | gcc | full | gcc -std=c99 -O2 -flto=1 |"
    echo "clang link-time optimisation | clang wasm-ld | full | clang -std=c99 -O2 -flto -fuse-ld=lld |"
    for std in 11 20; do
        echo "g++ -std=c++$std | g++ | full | g++ -x c++ -std=c++$std -O1 |"
        echo "clang++ -std=c++$std | clang++ | full | clang++ -x c++ -std=c++$std -O1 |"
    done
    echo "g++ -std=gnu++20 contracted, haswell | g++ avx2 | full | g++ -x c++ -std=gnu++20 -O3 -march=haswell -ffp-contract=fast |"
    echo "tcc | tcc | full | tcc |"
    echo "musl, static | musl-gcc | full | musl-gcc -std=c99 -O2 -static |"
    echo "i386 SSE2, gcc | gcc-12 i386-libc qemu-i386-static | full | gcc-12 -std=c99 -O2 -m32 -msse2 -mfpmath=sse | $i386"
    echo "i386 SSE2, gcc -O0 | gcc-12 i386-libc qemu-i386-static | full | gcc-12 -std=gnu11 -O0 -m32 -msse2 -mfpmath=sse | $i386"
    echo "i386 SSE2, clang | clang i386-libc qemu-i386-static | full | clang -std=c99 -O2 -m32 -msse2 | $i386"
    for t in aarch64-linux-gnu:aarch64 arm-linux-gnueabihf:arm riscv64-linux-gnu:riscv64 s390x-linux-gnu:s390x powerpc64-linux-gnu:ppc64; do
        tools="${t%%:*}-gcc qemu-${t##*:}-static" run="qemu-${t##*:}-static"
        echo "${t%%:*} | $tools | full | ${t%%:*}-gcc -std=c99 -O2 -static | $run"
        echo "${t%%:*} contracted | $tools | full | ${t%%:*}-gcc -std=gnu11 -O3 -ffp-contract=fast -static | $run"
    done
    for t in aarch64-linux-gnu:aarch64 s390x-linux-gnu:s390x; do
        echo "${t%%:*}, clang | clang ${t%%:*}-gcc qemu-${t##*:}-static | full | clang --target=${t%%:*} -std=gnu11 -O2 -static | qemu-${t##*:}-static"
    done
    echo "Windows x86-64, mingw and wine | x86_64-w64-mingw32-gcc wine | full | x86_64-w64-mingw32-gcc -std=c99 -O2 -static | wine"
    for o in -O0 -O2; do echo "wasm32 $o | clang wasm-ld node | full | $wasm $o -DMEMORY=60000000 $here/freestanding/string.c | node $here/wasm.js"; done
    echo "Cortex-M0+ -Os | arm-none-eabi-gcc qemu-system-arm | short | $bare -Os -mcpu=cortex-m0plus | $board -M mps2-an385 -kernel"
    echo "Cortex-M3 -O2 | arm-none-eabi-gcc qemu-system-arm | short | $bare -O2 -mcpu=cortex-m3 | $board -M mps2-an385 -kernel"
    echo "Cortex-M7 -O2, its FPU, contracted | arm-none-eabi-gcc qemu-system-arm | short | $bare -O2 -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard -ffp-contract=fast | $board -M mps2-an500 -kernel"
    for cc in gcc clang; do
        for flags in -ffast-math -Ofast -funsafe-math-optimizations -ffinite-math-only "-fassociative-math -fno-signed-zeros -fno-trapping-math" \
            -freciprocal-math -fno-signed-zeros; do
            echo "$cc $flags | $cc | guard | $cc -std=c99 -O2 $flags |"
        done
        echo "$cc -m32 x87 | $cc i386-libc qemu-i386-static | guard | $cc -std=c99 -O2 -m32 -mfpmath=387 -mno-sse | $i386"
    done
    echo "gcc -m32 -mfpmath=both | gcc-12 i386-libc qemu-i386-static | guard | gcc-12 -std=c99 -O2 -m32 -msse2 -mfpmath=both | $i386"
    # which is all that linking with -ffast-math adds: it sets the processor to flush small numbers to zero
    echo "gcc linked with -ffast-math | gcc avx2 | guard | gcc -std=c99 -O2 $(gcc -print-file-name=crtfastmath.o 2> /dev/null) |"
    for cc in gcc clang; do
        echo "threads, $cc ThreadSanitizer | $cc setarch | threads | $cc -std=c99 -g -O1 -fsanitize=thread -pthread | setarch $(uname -m) -R"
    done
}

command -v timeout > /dev/null 2>&1 || timeout() { shift; "$@"; }

missing() {     # the first of these tools that is not installed
    for tool in "$@"; do
        case $tool in
        avx2) grep -qw avx2 /proc/cpuinfo 2> /dev/null || { echo "a processor with AVX2"; return; } ;;
        i386-libc) echo 'int main(void) { return 0; }' > "$build/i386.c" && gcc-12 -m32 "$build/i386.c" -o "$build/i386" 2> /dev/null || { echo gcc-12-multilib; return; } ;;
        *) command -v "$tool" > /dev/null 2>&1 || { echo "$tool"; return; } ;;
        esac
    done
}
version() { { "$1" -dumpfullversion 2> /dev/null | grep '^[0-9]' || "$1" --version 2> /dev/null || "$1" -v 2>&1; } | grep -oE '[0-9]+(\.[0-9]+)+|^[0-9]+' | head -n 1; }

# judge EXPECTED PROGRAM LOG: what a finished row came to, on standard output; fails when it is not what it should be
judge() {
    case $1 in
    threads) grep -qx 'different scenarios: same; the same: same; experiments: same' "$2.out" && ! grep -q WARNING "$3" && echo same ;;
    *)
        said=$(sed -n 's/^self-test: //p' "$2.out" | head -n 1)
        if [ -s "$2.out" ] && cmp -s "$2.out" "$build/$1.txt"; then echo same
        elif [ "$1" != guard ] && [ ! -e "$2" ]; then echo "DOES NOT BUILD"; return 1
        elif [ "$1" != guard ]; then echo DIFFERENT; return 1
        elif grep -q 'error.*asyncflow\.h: ' "$3"; then echo "refused: #error"
        elif cmp -s "$2.out" "$build/full.txt"; then echo "same"
        elif [ -n "$said" ] && [ "$said" != ok ]; then
            if sed 1d "$2.out" | cmp -s - "$build/full.rows"; then echo "refused: self-test (results same)"; else echo "refused: self-test (results differ)"; fi
        else echo DIFFERENT; return 1
        fi ;;
    esac
}

# one N: row N of the list, to its line in the table
one() {
    line=$(sed -n "$1p" "$build/rows")
    name=$(echo "$line" | cut -d'|' -f1 | sed 's/ *$//') tools=$(echo "$line" | cut -d'|' -f2) want=$(echo "$line" | cut -d'|' -f3 | tr -d ' ')
    compile=$(echo "$line" | cut -d'|' -f4) run=$(echo "$line" | cut -d'|' -f5)
    program=$build/row-$1 log=$build/row-$1.log
    lacks=$(missing $tools)
    if [ -n "$lacks" ]; then
        printf '%-58s %-8s %s\n' "$name" "" "skipped: $lacks is not installed"
        echo skipped > "$program.verdict"
        return
    fi
    source=$digest begin=$(date +%s)
    case $want in short) source="-DSHORT $digest" ;; threads) source="-I$build $here/threads.c" ;; esac
    case $run in *wine*) program=$program.exe ;; esac
    : > "$program.out"
    # the C library comes last on the command line; what is printed is all that counts, boards print to standard error
    if $compile $source -o "$program" > "$log" 2>&1; then
        case $run in
        *semihosting*) timeout 300 $run "$program" < /dev/null > "$program.raw" 2>&1 ;;
        *) timeout 300 $run "$program" < /dev/null > "$program.raw" 2>> "$log" ;;
        esac
        tr -d '\r' < "$program.raw" > "$program.out"
    fi
    verdict=$(judge "$want" "$program" "$log") && code=0 || code=1
    [ "$want" = short ] && verdict="$verdict (short runs)"
    printf '%-58s %-8s %s, %s s\n' "$name" "$(version ${compile%% -*})" "${verdict:-DIFFERENT}" $(($(date +%s) - begin))
    if [ $code -ne 0 ]; then
        head -n 8 "$log"
        [ "$want" = threads ] || diff "$program.out" "$build/$want.txt" | head -n 8
        echo failed > "$build/row-$1.verdict"
    else
        echo passed > "$build/row-$1.verdict"
        rm -f "$program" "$program.raw"
    fi
}

# reference: what rows are compared with, from the plainest build
reference() {
    ${CC:-cc} -std=c99 -O1 $digest -o "$build/full" && ${CC:-cc} -std=c99 -O1 -DSHORT $digest -o "$build/short" || { echo "the reference does not build"; return 1; }
    "$build/full" > "$build/full.txt"
    "$build/short" > "$build/short.now"
    head -n 1 "$build/full.txt" | grep -x 'self-test: ok' > /dev/null || { head -n 1 "$build/full.txt"; echo "UPDATE=1 build/tests/unit/selftest takes the new answers"; return 1; }
    sed 1d "$build/full.txt" > "$build/full.rows"
    sed -e 1d -e '$d' -e 's/ completed \([0-9]*\) .*/ completed \1/' -e 's/ *$//' "$build/full.txt" > "$build/full.golden"
    diff "$build/full.golden" tests/golden/digests.txt || { echo "the reference is not what tests/golden/digests.txt has"; return 1; }
    [ -z "$UPDATE" ] || cp "$build/short.now" $here/short.txt
    cp $here/short.txt "$build/short.txt"
    diff "$build/short.now" "$build/short.txt" || { echo "the reference is not what $here/short.txt has; UPDATE=1 writes it anew"; return 1; }
}

if [ "$1" = one ]; then one "$2"; exit 0; fi

rm -f "$build"/row*
mkdir -p "$build"
sh $here/embed.sh > "$build/scenarios.inc" && reference || { echo "0 passed, 1 failed"; exit 1; }
rows | grep -E "${ROWS:-.}" > "$build/rows"
awk '{ print NR }' "$build/rows" | xargs -P "${JOBS:-1}" -n 1 sh $here/matrix.sh one
# a row that left no verdict has failed
cat "$build"/row-*.verdict | awk -v rows="$(wc -l < "$build/rows")" '{ n[$1]++ }
    END { failed = rows - n["passed"] - n["skipped"]; printf "%d passed, %d failed", n["passed"], failed
          if (n["skipped"]) printf ", %d skipped", n["skipped"]; print ""; exit failed > 0 || n["passed"] == 0 }'
