#!/bin/sh
# embed.sh - writes to standard output, as C, the scenario files that tests/golden/digests.txt names, in its order: a table of
# { path, text } for programs without a file system. Called from the repo's root. SPDX-License-Identifier: MIT OR Unlicense
awk '$2 == "default" { print $1 }' tests/golden/digests.txt | while read -r path; do
    printf '{ "%s",\n' "$path"
    # a question mark might begin a trigraph
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/"/' -e 's/$/\\n"/' "$path" || exit 1
    printf '},\n'
done
