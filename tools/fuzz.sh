#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs fuzz targets, each for some minutes, two at a time. What each has found before is kept beside
# it (NAME.corpus) and taken up again; tests/fuzz/seeds/NAME/ holds first inputs.
# usage: tools/fuzz.sh MINUTES TARGET …
set -u
seconds=$(($1 * 60))
shift
if [ "$#" = 0 ] || [ "$seconds" -le 0 ]; then
    echo "usage: tools/fuzz.sh MINUTES TARGET …" >&2
    exit 2
fi

one='
name=$(basename "$2")
mkdir -p "$2.corpus"
seeds=tests/fuzz/seeds/$name
[ -d "$seeds" ] || seeds=
words=tests/fuzz/words/$name.dict
[ -f "$words" ] && set -- "$1" "$2" -dict="$words"
seconds=$1 target=$2
shift 2
# leaks count; one input that takes 10 s or 512 MiB is a fault too
if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=16384 \
    -artifact_prefix="$target." -print_final_stats=1 "$@" "$target.corpus" $seeds \
    >"$target.log" 2>&1; then
    runs=$(sed -n "s/^stat::number_of_executed_units: //p" "$target.log")
    echo "$name: nothing found in $runs runs"
else
    echo "$name: FOUND A FAULT"
    tail -n 40 "$target.log"
    exit 1
fi
'
for target in "$@"; do echo "$target"; done | xargs -P 2 -n 1 sh -c "$one" fuzz "$seconds"
