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
# tools/tidy_model.h says why it stands before every source, and why not before err.c
tidy() {
    xargs -P 2 -n 4 sh -c 'build=$1 model=$2; shift 2
        clang-tidy --quiet "$@" -- $model -D_GNU_SOURCE -DHAILONG_VERSION=\"lint\" \
            -DHAILONG_BUILD_DAY=\"2026-01-01\" -Icore -Ischema \
            -Ikiosk -Iaggregator -Iprint -I"$build/gen" -std=gnu17 2>/dev/null' sh "$build" "$1"
}
{
    echo core/err.c | tidy "" || echo "error: clang-tidy refused a file"
    echo "$sources" | grep -v '^core/err\.c$' | tidy "-include tools/tidy_model.h" ||
        echo "error: clang-tidy refused a file"
} >"$build/tidy.txt"
grep -E 'warning:|error:' "$build/tidy.txt" | sort -u | head -n 30
! grep -qE 'warning:|error:' "$build/tidy.txt" || bad=1

echo "cppcheck"
# memleak: it does not know the cleanup attribute; the address sanitizer looks for leaks.
# varFuncNullUB: NULL is a pointer in every C library that we build with, and log_event's
# sentinel attribute asks for it.
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
    --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=memleak \
    --suppress=varFuncNullUB --error-exitcode=1 -j 2 \
    -D_GNU_SOURCE -Icore -Ischema -Ikiosk -Iaggregator -Iprint -I"$build/gen" $rooms || bad=1

echo "tree"
python3 tools/check_tree.py --build "$build" || bad=1
python3 tools/check_limits.py || bad=1

if [ $bad = 0 ]; then echo "lint: clean"; else echo "lint: see above"; fi
exit $bad
