#!/bin/sh
# mpi.sh - examples/mpi_replications.c under mpirun with 1, 2 and 4 ranks gives the bytes of one process. Needs mpicc and mpirun (Open
# MPI or MPICH), else it skips, loudly. Called from the repo's root. SPDX-License-Identifier: MIT OR Unlicense
CC=${CC:-cc}
build=${BUILD:-build}/tests/mpi
scenario=examples/scenarios/two_servers.yml
runs=13     # 4 ranks have 4, 3, 3, 3
mkdir -p "$build" || exit 1
for tool in mpicc mpirun; do
    command -v $tool > /dev/null 2>&1 && continue
    echo "skipped: mpi: no $tool"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
done
passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL mpi: $1"; }
finish() { echo "$passed passed, $failed failed"; [ $failed -eq 0 ]; exit; }

warn='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
mpicc -std=c99 -O1 $warn -I. examples/mpi_replications.c -o "$build/mpi_replications" > "$build/log" 2>&1 || { fail "mpi_replications.c does not build"; cat "$build/log"; finish; }
$CC -std=c99 -O1 -I. tests/mpi_one_process.c -o "$build/one" > "$build/log" 2>&1 && "$build/one" $scenario $runs > "$build/one.part" || { fail "one process"; cat "$build/log"; finish; }

# In containers: as root, and with more ranks than cores; no network, no binding to cores
options=
if mpirun --version 2> /dev/null | grep -q 'Open MPI\|OpenRTE'; then
    options='--allow-run-as-root --oversubscribe --bind-to none --mca btl self,vader --mca plm_rsh_agent /bin/false'
fi
# Open MPI wants a short path for its sockets
TMPDIR=/tmp
export TMPDIR
run() { n=$1; shift; timeout 120 mpirun $options -n "$n" "$build/mpi_replications" "$@" > "$build/$n.txt" 2> "$build/$n.log"; }

for n in 1 2 4; do
    rm -f "$build/$n.part"
    if ! run $n $scenario $runs "$build/$n.part"; then
        fail "$n ranks"; head -n 8 "$build/$n.log"
    elif cmp "$build/$n.part" "$build/one.part" && cmp "$build/$n.txt" "$build/1.txt" && grep -q "^$runs runs, digest " "$build/$n.txt"; then
        pass
    else
        fail "$n ranks give another result"
    fi
done
# An error is said once, and all ranks end
if run 2 no-such-file.yml $runs; then fail "a missing scenario is no error"
elif [ "$(grep -c 'no-such-file.yml.*cannot\|no-such-file.yml.*error\|error.*no-such-file.yml' "$build/2.log")" = 1 ]; then pass
else fail "a missing scenario is not said once"; head -n 8 "$build/2.log"; fi
finish
