#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the packages of one package-lock.json into a folder under build/, once per lock file.
# usage: tools/npm.sh FOLDER_WITH_LOCK TARGET_FOLDER
set -eu
from=$1 to=$2
mkdir -p "$to"
if [ -f "$to/.lock" ] && cmp -s "$from/package-lock.json" "$to/.lock"; then
    exit 0
fi
cp "$from/package.json" "$from/package-lock.json" "$to/"
echo "npm: installing the packages of $from" >&2
if ! (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2); then
    echo "npm could not install the packages named in $from/package.json." >&2
    echo "Check the network and npm's registry setting, then run make again." >&2
    exit 2
fi
cp "$from/package-lock.json" "$to/.lock"
