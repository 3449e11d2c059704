#!/bin/sh
# SPDX-License-Identifier: MIT
# Sees to it that what a target needs is installed: names what is missing in one apt line; asks on
# a terminal, installs without one or with YES=1; exits 2 where it cannot.
# usage: tools/need.sh build|test|lint|fuzz|bench …
set -eu

# kind:what:Debian package, one per line. kind h: a C header; c: a command; f: a file.
needs() {
    case $1 in
    build) cat <<'LIST' ;;
c:cc:gcc
c:make:make
h:stdio.h:libc6-dev
h:microhttpd.h:libmicrohttpd-dev
h:sqlite3.h:libsqlite3-dev
h:qrencode.h:libqrencode-dev
h:jansson.h:libjansson-dev
h:sodium.h:libsodium-dev
h:nettle/sha2.h:nettle-dev
h:utf8proc.h:libutf8proc-dev
h:curl/curl.h:libcurl4-gnutls-dev
h:ini.h:libinih-dev
h:cairo/cairo.h:libcairo2-dev
c:python3:python3
c:brotli:brotli
c:node:nodejs
c:npm:npm
LIST
    test) needs build; cat <<'LIST' ;;
h:cmocka.h:libcmocka-dev
c:zbarimg:zbar-tools
c:chromium:chromium
c:sqlite3:sqlite3
c:faketime:faketime
f:/usr/lib/postgresql/15/bin/initdb:postgresql-15
LIST
    lint) needs build; cat <<'LIST' ;;
h:cmocka.h:libcmocka-dev
c:clang-format:clang-format
c:clang-tidy:clang-tidy
c:cppcheck:cppcheck
LIST
    fuzz) needs build; cat <<'LIST' ;;
c:clang:clang
f:/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-*.a:libclang-rt-14-dev
LIST
    bench) needs build; cat <<'LIST' ;;
c:nginx:nginx-light
LIST
    *) echo "need.sh: unknown set '$1'" >&2; exit 2 ;;
    esac
}

has() {
    case $1 in
    c) command -v "$2" >/dev/null 2>&1 ;;
    # shellcheck disable=SC2086 # a file's name may hold a pattern
    f) ls $2 >/dev/null 2>&1 ;;
    h) command -v cc >/dev/null 2>&1 &&
        { [ -e "/usr/include/$2" ] || echo "#include <$2>" | cc -x c -E - >/dev/null 2>&1; } ;;
    esac
}

missing=$(for set in "$@"; do needs "$set"; done | sort -u | while IFS=: read -r kind what package; do
    has "$kind" "$what" || echo "$package"
done | sort -u | tr '\n' ' ')
[ -n "$missing" ] || exit 0

line="apt-get install --no-install-recommends $missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing, under their Debian names: $missing" >&2
    echo "Install them with your system's package manager, then run make again." >&2
    exit 2
fi
sudo=
if [ "$(id -u)" != 0 ]; then
    sudo=sudo
    if ! command -v sudo >/dev/null 2>&1; then
        printf 'Missing. As root, run:\n  %s\n' "$line" >&2
        exit 2
    fi
fi
echo "Missing: ${sudo:+sudo }$line" >&2
if [ -t 0 ] && [ "${YES:-}" != 1 ]; then
    printf 'Install now? [Y/n] ' >&2
    read -r answer
    case $answer in
    '' | y | Y | yes | c | C) ;;
    *) exit 2 ;;
    esac
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the package list is meant to split
if ! $sudo apt-get install -y --no-install-recommends $missing >/dev/null 2>&1; then
    # the package list may be old or absent on a fresh machine
    $sudo apt-get update >/dev/null 2>&1 || true
    $sudo apt-get install -y --no-install-recommends $missing >&2 || {
        printf 'Could not install. Run by hand:\n  %s\n' "${sudo:+sudo }$line" >&2
        exit 2
    }
fi
