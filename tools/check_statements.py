#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""At the end of the tests: every statement of both registries was used by some test.

usage: check_statements.py LOG     (the file that HAILONG_STATEMENTS_LOG named during the tests)
"""
import glob
import re
import sys

used = set(open(sys.argv[1], encoding="utf-8").read().split())
there = [(schema, name, path)
         for schema, folder in (("kiosk", "kiosk/sql"), ("hub", "aggregator/sql"))
         for path in sorted(glob.glob(f"{folder}/*.sql"))
         for name in re.findall(r"^-- STMT (\w+)", open(path, encoding="utf-8").read(), re.M)]
unused = [row for row in there if f"{row[0]}.{row[1]}" not in used]
for schema, name, path in unused:
    print(f"{path}: no test used the statement {name}; test it or delete it")
print(f"{len(there) - len(unused)} passed, {len(unused)} failed")
sys.exit(1 if unused or not there else 0)
