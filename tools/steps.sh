#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the commands given one after the other, prints the time of each, goes on after a failure
# and fails at the end when one did. A closing line adds up what their closing lines count.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
for step in "$@"; do
    begin=$(date +%s)
    name=$(printf '%s' "$step" | cut -c1-70)
    echo "== $name"
    sh -c "$step" >"$log.one" 2>&1 || { failed=$((failed + 1)); echo "FAILED: $name" >>"$log.one"; }
    cat "$log.one"
    cat "$log.one" >>"$log"
    rm -f "$log.one"
    echo "== took $(($(date +%s) - begin)) s"
done
awk -v steps="$failed" '/^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3 }
    END { if (steps > f) f = steps; printf "%d passed, %d failed\n", p, f }' "$log"
[ "$failed" = 0 ]
