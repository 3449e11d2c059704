#!/bin/sh
# SPDX-License-Identifier: MIT
# The machine-checked part of the house rules. usage: tools/lint.sh BUILD_FOLDER
set -u
build=$1 bad=0
rooms="core schema kiosk aggregator print"
sources=$(for room in $rooms; do ls $room/*.c; done)
everything="$(ls core/*.[ch] schema/*.[ch] kiosk/*.[ch] aggregator/*.[ch] print/*.[ch]) $(find tests -name '*.[ch]')"

echo "clang-format"
# shellcheck disable=SC2086 # lists of files
clang-format --dry-run --Werror $everything 2>&1 | head -n 20
clang-format --dry-run --Werror $everything >/dev/null 2>&1 || bad=1

echo "clang-tidy"
includes="-D_GNU_SOURCE -DHAILONG_VERSION=\"lint\" -Icore -Ischema -Ikiosk -Iaggregator -Iprint -I$build/gen -std=gnu17"
echo "$sources" | xargs -P 2 -n 6 sh -c 'clang-tidy --quiet "$@" -- '"$(printf '%s' "$includes" | sed 's/"/\\"/g')"' 2>/dev/null' sh >"$build/tidy.txt" || bad=1
grep -E 'warning:|error:' "$build/tidy.txt" | sort -u | head -n 30

echo "cppcheck"
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
    --suppress=missingIncludeSystem --suppress=unknownMacro --error-exitcode=1 -j 2 \
    -D_GNU_SOURCE -Icore -Ischema -Ikiosk -Iaggregator -Iprint -I"$build/gen" $rooms || bad=1

echo "tree"
python3 tools/check_tree.py --build "$build" || bad=1

if [ $bad = 0 ]; then echo "lint: clean"; else echo "lint: see above"; fi
exit $bad
