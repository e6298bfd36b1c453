#!/bin/sh
# compile.sh - the headers in every language, mode and order, warnings as errors. Needs only $CC (cc) and a shell; $CXX, other
# C compilers, tcc and nm are used where they are there. Called from the repo's root. SPDX-License-Identifier: MIT OR Unlicense
CC=${CC:-cc}
CXX=${CXX:-c++}
NM=${NM:-nm}
here=tests/compile
build=${BUILD:-build}/tests/compile
strict='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Wcast-align -Wdouble-promotion -Wvla -Werror'
at_once=4
skipped=0 jobs=0
rm -rf "$build"
mkdir -p "$build/jobs" || exit 1

# --- Jobs: some at a time; each leaves its name, what it said, and its status ---

job() {
    jobs=$((jobs + 1))
    echo "$1" > "$build/jobs/$jobs.name"
    shift
    ( "$@" > "$build/jobs/$jobs.said" 2>&1; echo $? > "$build/jobs/$jobs.status" ) &
    [ $((jobs % at_once)) -ne 0 ] || wait
}
skip() { skipped=$((skipped + 1)); echo "skipped: compile: $1"; }
exists() { command -v "${1%% *}" > /dev/null 2>&1; }

# quiet COMMAND...: succeeds and says nothing
quiet() {
    said=$("$@" 2>&1) && [ -z "$said" ] && return 0
    echo "$*"
    echo "$said" | head -n 12
    return 1
}

# prints PROGRAM: the digest of the first program
prints() {
    got=$("$1") || got="exit status $?"
    [ "$got" = "$digest" ] || { echo "printed \"$got\", expected \"$digest\""; return 1; }
}

# built NAME COMPILER...: compiles sources to a program that prints the digest
built() {
    out=$build/$1; shift
    quiet "$@" -I. -I$here -o "$out" && prints "$out"
}

# syntax NAME COMPILER...: compiles without a word
syntax() {
    out=$build/$1.o; shift
    case "$1" in tcc*) quiet "$@" -I. -I$here -c -o "$out" ;; *) quiet "$@" -I. -I$here -fsyntax-only ;; esac
}

# flags_of COMPILER: the strict flags that it takes without a word
flags_of() {
    flags=
    for flag in $strict; do
        said=$($1 "$flag" -c "$build/empty.c" -o "$build/empty.o" 2>&1) && [ -z "$said" ] && flags="$flags $flag"
    done
    echo "$flags"
}
takes() { "$@" -c "$build/empty.c" -o "$build/empty.o" > /dev/null 2>&1; }

echo 'int main(void) { return 0; }' > "$build/empty.c"
{ echo '#include "asyncflow.h"'; echo 'int alone(void); int alone(void) { return ASYNCFLOW_VERSION; }'; } > "$build/header.c"
{ echo '#include "asyncflow.h"'; echo '#include "asyncflow_yaml.h"'; echo 'int both(void); int both(void) { return ASYNCFLOW_VERSION; }'; } > "$build/headers.c"
echo '#include "asyncflow_yaml.h"' > "$build/yaml_first.c"
echo 'int seen(void); int seen(void) { return 1; }' > "$build/seen.c"

if ! exists "$CC"; then
    echo "FAIL no C compiler $CC"
    echo "0 passed, 1 failed"
    exit 1
fi
warn=$(flags_of "$CC")
digest=$($CC -std=c99 -I. -I$here $here/alone.c -o "$build/first" 2> /dev/null && "$build/first")
$CC -std=c99 $warn -I. -I$here -c $here/implement.c -o "$build/implement.o" 2> /dev/null       # linked, and looked into, below

# --- C: every way of including, with the compiler that was asked for; as programs with the quickest there is ---

says_what_is_missing() {
    said=$($CC -std=c99 -I. -c "$build/yaml_first.c" -o "$build/yaml_first.o" 2>&1) && return 1
    case "$said" in *"include asyncflow.h before"*) ;; *) echo "$said"; return 1 ;; esac
}

# ways HOW COMPILER FLAGS: all ways, by `built` or by `syntax`
ways() {
    how=$1 tag=$(basename "${2%% *}") cc="$2 $3"
    job "$tag alone" $how $tag-alone $cc $here/alone.c
    job "$tag orders" $how $tag-orders $cc $here/orders.c
    job "$tag hostile macros" $how $tag-hostile $cc $here/hostile.c
    job "$tag own assert and API" $how $tag-assert $cc $here/assert.c
    job "$tag no YAML" $how $tag-no-yaml $cc -DNO_YAML $here/alone.c
    job "$tag no 128-bit integers" $how $tag-no-int128 $cc -DASYNCFLOW_NO_INT128 $here/alone.c
    job "$tag no malloc" $how $tag-no-malloc $cc -DASYNCFLOW_NO_MALLOC $here/alone.c
    job "$tag threads" $how $tag-threads $cc -pthread $here/threads.c
    job "$tag threads without stdio and malloc" $how $tag-threads-bare $cc -DASYNCFLOW_NO_STDIO -DASYNCFLOW_NO_MALLOC -pthread $here/threads.c
    job "$tag leftovers" syntax $tag-leftovers $cc $here/leftovers.c
    job "$tag asyncflow.h alone" syntax $tag-header $cc "$build/header.c"
    job "$tag both headers" syntax $tag-headers $cc "$build/headers.c"
    if [ $how = built ]; then
        job "$tag two units" built $tag-units $cc $here/main.c $here/use.c $here/implement.c
        job "$tag two units without stdio" built $tag-no-stdio $cc -DASYNCFLOW_NO_STDIO $here/main.c $here/use.c $here/implement.c
        job "$tag two units without malloc" built $tag-units-no-malloc $cc -DASYNCFLOW_NO_MALLOC $here/main.c $here/use.c $here/implement.c
        job "$tag static twice" built $tag-static $cc -DTWO $here/main.c $here/static_one.c $here/static_two.c
    fi
}

quick=$CC
for other in clang tcc; do exists $other && quick=$other; done
exists tcc || skip "no tcc"
ways built "$quick" "-std=c99 $(flags_of "$quick")"
[ "$quick" = "$CC" ] || job "$CC two units" built asked-units $CC -std=c99 $warn $here/main.c $here/use.c "$build/implement.o"
[ "$quick" = "$CC" ] || job "$CC static twice" built asked-static $CC -std=c99 -DTWO $warn $here/main.c $here/static_one.c $here/static_two.c
job "asyncflow_yaml.h alone" says_what_is_missing
for std in c11 c17; do
    if takes $CC -std=$std; then job "$CC $std" syntax $std $CC -std=$std $warn $here/alone.c
    else skip "$CC has no -std=$std"; fi
done
for cc in "$CC" gcc clang; do
    case " $done_with " in *" $cc "*) continue ;; esac
    done_with="$done_with $cc"
    exists "$cc" || { skip "no $cc"; continue; }
    macros=$($cc -dM -E "$build/empty.c" 2> /dev/null | cksum)
    case " $seen " in *" $macros "*) continue ;; esac       # cc is often one of the two
    seen="$seen $macros"
    [ "$cc" = "$quick" ] || ways syntax "$cc" "-std=c99 $(flags_of "$cc")"
    cc_warn=$(flags_of "$cc")
    for example in examples/*.c; do
        case $example in */mpi_*) continue ;; esac              # tests/mpi.sh builds them
        job "$cc $example" syntax "$(basename "$example")" $cc -std=c99 $cc_warn "$example"
    done
done

# --- C++ ---

mixed() {
    quiet $CXX -x c++ -std=c++11 $cxx_warn -I. -I$here -c $here/use.c -o "$build/mixed-use.o" &&
    quiet $CXX -std=c++11 $cxx_warn -c $here/main_cxx.cpp -o "$build/mixed-main.o" &&
    quiet $CXX "$build/mixed-main.o" "$build/mixed-use.o" "$build/implement.o" -o "$build/mixed" &&
    prints "$build/mixed"
}
modern() { quiet $CXX -std=c++20 $cxx_warn -I. $here/modern.cpp -o "$build/modern" && "$build/modern"; }
bare() { built bare $CXX -x c++ -std=c++11 -fno-exceptions -fno-rtti $cxx_warn $here/alone.c; }

cxx_compiler() {
    cxx=$1 tag=$(basename "${1%% *}") w=$2
    for std in c++11 c++17 c++20; do
        takes $cxx -x c++ -std=$std || { skip "$cxx has no -std=$std"; continue; }
        job "$tag $std" syntax "$tag-$std" $cxx -x c++ -std=$std $w $here/alone.c
    done
    job "$tag orders" syntax $tag-orders $cxx -x c++ -std=c++11 $w $here/orders.c
    job "$tag hostile macros" syntax $tag-hostile $cxx -x c++ -std=c++11 $w $here/hostile.c
    job "$tag static" syntax $tag-static $cxx -x c++ -std=c++11 $w $here/static_one.c
    job "$tag no 128-bit integers" syntax $tag-int128 $cxx -x c++ -std=c++11 -DASYNCFLOW_NO_INT128 $w $here/alone.c
    job "$tag threads" syntax $tag-threads $cxx -x c++ -std=c++11 $w $here/threads.c
    job "$tag static with threads" syntax $tag-static-threads $cxx -x c++ -std=c++11 -DASYNCFLOW_THREADS $w $here/static_one.c
    job "$tag no stdio" syntax $tag-stdio $cxx -x c++ -std=c++11 -DASYNCFLOW_NO_STDIO $w $here/implement.c
    if takes $cxx -x c++ -std=c++20; then
        for example in examples/*.cpp; do
            [ -f "$example" ] && job "$tag $example" syntax "$(basename "$example")" $cxx -std=c++20 $w "$example"
        done
    fi
}

if exists "$CXX"; then
    cxx_warn=$(flags_of "$CXX -x c++")
    cxx_compiler "$CXX" "$cxx_warn"
    job "C++ with -fno-exceptions -fno-rtti" bare
    job "implemented in C, used in C++" mixed
    if takes $CXX -x c++ -std=c++20; then job "descriptions in place in C++20" modern; fi
    case "$(basename "${CXX%% *}")" in clang*) ;; *) if exists clang++; then cxx_compiler clang++ "$(flags_of 'clang++ -x c++')"; fi ;; esac
else
    skip "no C++ compiler"
fi

# --- Threads of Windows: compiled and linked; tests/matrix runs Windows programs ---

mingw=x86_64-w64-mingw32-gcc
if exists $mingw; then
    job "Windows threads" quiet $mingw -std=c99 $(flags_of $mingw) -I. -I$here $here/threads.c -o "$build/threads.exe"
    job "Windows static with threads" quiet $mingw -std=c99 -DASYNCFLOW_THREADS $(flags_of $mingw) -I. -I$here -c $here/static_one.c -o "$build/static-threads.o"
else
    skip "no $mingw"
fi

# --- Symbols ---

# only_ours OBJECT: what it defines for others begins with aflow_
only_ours() {
    others=$($NM -g "$1" | awk '$2 ~ /^[A-TV-Z]$/ { sub(/^_/, "", $3); print $3 }' | grep -v '^aflow_')
    [ -z "$others" ] || { echo "symbols without prefix:" $others; return 1; }
}
# asks_for_none OBJECT WORDS: what it needs from others is none of these
asks_for_none() {
    some=$($NM -u "$1" | awk '{ sub(/^_/, "", $NF); print $NF }' | sed 's/@.*//' | grep -E -x "$2")
    [ -z "$some" ] || { echo "it needs:" $some; return 1; }
}
static_only() {
    some=$($NM -g "$1" | grep aflow)
    [ -z "$some" ] || { echo "public symbols in a static build:" $some; return 1; }
}
stdio='f?printf|fopen|fread|fwrite|fclose|ferror|feof|fputs|fputc|puts|putchar|sn?printf|vf?printf|stdout|stderr|stdin|fflush|perror|_?_.*printf_chk|_?_fread_chk'
heap='malloc|calloc|realloc|free|aligned_alloc|posix_memalign'
libm='sin|cos|tan|exp|exp2|log|log2|log10|log1p|expm1|pow|sqrt|floor|ceil|fma|erf|lgamma|tgamma|strtod|atof|setlocale|localeconv'
object() {
    out=$build/$1.o; shift
    quiet $CC -std=c99 -I. -I$here "$@" -c -o "$out"
}
whole() { only_ours "$build/implement.o" && asks_for_none "$build/implement.o" "$libm"; }
bare_metal() { object bare-metal -DASYNCFLOW_NO_STDIO -DASYNCFLOW_NO_MALLOC $here/implement.c && asks_for_none "$build/bare-metal.o" "$stdio|$heap|$libm"; }
all_static() { object all-static $here/static_one.c && static_only "$build/all-static.o"; }

if exists "$NM" && takes $CC && $CC -c "$build/seen.c" -o "$build/seen.o" && $NM -g "$build/seen.o" 2> /dev/null | grep -q seen; then
    job "symbols, no libm, no locale" whole
    job "no stdio and no heap symbol" bare_metal
    job "no public symbol in a static build" all_static
else
    skip "no nm"
fi

wait
passed=0 failed=0 number=1
while [ $number -le $jobs ]; do
    if [ "$(cat "$build/jobs/$number.status")" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $(cat "$build/jobs/$number.name")"
        head -n 14 "$build/jobs/$number.said"
    fi
    number=$((number + 1))
done
printf '%d passed, %d failed' $passed $failed
[ $skipped -eq 0 ] || printf ', %d skipped' $skipped
echo
[ $failed -eq 0 ]
