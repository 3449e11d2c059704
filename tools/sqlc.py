#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles a folder of SQL statements and a folder of numbered migrations into OUT.h and OUT.c:
an enum of the statements and a `struct db_schema` (core/db.h says what the files look like)."""
import argparse
import re
import sys
from pathlib import Path

TYPES = ("int", "text", "blob")
# As many parameters and columns as core/stmt.c keeps in one 64-bit mask.
COLUMN_MAX = 64
TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$[0-9]+|[:@$?][A-Za-z_0-9]*|;|\s+|\w+|.",
    re.DOTALL)


class Bad(Exception):
    """A mistake in an input file; ends the build with file:line."""

    def __init__(self, path, line, text):
        super().__init__(f"{path}:{line}: {text}")


class Statement:
    """One `-- STMT` of a file."""

    def __init__(self, path, line, name):
        self.path, self.line, self.name = path, line, name
        self.columns = {"in": [], "out": []}
        self.scan = False
        self.body, self.body_line = [], 0
        self.sql = ""

    def note(self, line, text):
        """Takes one comment line between `-- STMT` and the SQL."""
        match = re.match(r"--\s*(in|out|scan):\s*(.*)$", text)
        if match is None:
            return
        key, value = match.group(1), match.group(2).strip()
        if key != "scan":
            self.columns[key] += read_columns(self.path, line, value)
        elif value == "":
            raise Bad(self.path, line, "'-- scan:' must give its reason")
        else:
            self.scan = True

    def close(self):
        """Checks the whole and makes the SQL text without comments."""
        if not self.body:
            raise Bad(self.path, self.line, f"statement {self.name} has no SQL")
        for key, columns in self.columns.items():
            names = [column.split()[0] for column in columns]
            if len(names) != len(set(names)):
                raise Bad(self.path, self.line, f"{self.name}: a name occurs twice in '-- {key}:'")
            if len(names) > COLUMN_MAX:
                raise Bad(self.path, self.line, f"{self.name}: more than {COLUMN_MAX} in '-- {key}:'")
        self.sql = self.read_body()

    def read_body(self):
        kept, used, ended, line = [], set(), False, self.body_line
        for token in TOKEN.findall("\n".join(self.body)):
            if token.startswith("--") or token.startswith("/*"):
                kept.append("\n" * token.count("\n"))
            elif ended and not token.isspace():
                raise Bad(self.path, line, f"{self.name}: text behind ';' (one statement each)")
            elif token == ";":
                ended = True
            else:
                kept.append(token)
                used |= self.parameter(token, line)
            line += token.count("\n")
        if not ended:
            raise Bad(self.path, self.line, f"statement {self.name} does not end in ';'")
        wanted = set(range(1, len(self.columns["in"]) + 1))
        if used != wanted:
            wrong = ", ".join(f"${number}" for number in sorted(used ^ wanted))
            raise Bad(self.path, self.line, f"{self.name}: {wrong} does not match '-- in:' "
                                            f"with {len(wanted)} parameter(s)")
        lines = [text.rstrip() for text in "".join(kept).split("\n")]
        return "\n".join(text for text in lines if text)

    def parameter(self, token, line):
        if re.fullmatch(r"\$[0-9]+", token):
            return {int(token[1:])}
        if token[0] in ":@$?":
            raise Bad(self.path, line, f"{self.name}: '{token}' is not a parameter; write $1, $2 …")
        return set()


def read_columns(path, line, text):
    """`name type, name type?` as a list; each in its one spelling."""
    columns = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([a-z_][a-z0-9_]*)\s+([a-z]+)(\??)\s*", part)
        if match is None or match.group(2) not in TYPES:
            raise Bad(path, line, f"'{part.strip()}' is not 'name type' with type {', '.join(TYPES)}"
                                  " (and '?' when it may be NULL)")
        columns.append(f"{match.group(1)} {match.group(2)}{match.group(3)}")
    return columns


def read_statements(path):
    statements, current = [], None
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        match = re.match(r"--\s*STMT\b\s*(.*?)\s*$", line)
        if match is not None:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", match.group(1)):
                raise Bad(path, number, "'-- STMT' needs one name of a-z, 0-9 and _")
            current = Statement(path, number, match.group(1))
            statements.append(current)
        elif current is None:
            if line.strip() and not line.lstrip().startswith("--"):
                raise Bad(path, number, "SQL before the first '-- STMT'")
        elif not current.body and line.startswith("--"):
            current.note(number, line)
        elif current.body or line.strip():
            current.body_line = current.body_line or number
            current.body.append(line)
    for statement in statements:
        statement.close()
    return statements


def all_statements(folder):
    seen, result = {}, []
    for path in sorted(Path(folder).glob("*.sql")):
        for statement in read_statements(path):
            if statement.name in seen:
                raise Bad(path, statement.line, f"{statement.name} is also in {seen[statement.name]}")
            if statement.name == "statement_count":
                raise Bad(path, statement.line, "statement_count is the name of the enum's end")
            seen[statement.name] = f"{path}:{statement.line}"
            result.append(statement)
    return result


def all_migrations(folder):
    result = []
    for path in sorted(Path(folder).glob("*.sql")):
        match = re.fullmatch(r"([0-9]{4})-([a-z0-9-]+)\.sql", path.name)
        if match is None:
            raise Bad(path, 1, "a migration is named 0001-what-it-does.sql")
        if int(match.group(1)) != len(result) + 1:
            raise Bad(path, 1, f"expected migration {len(result) + 1:04d}: numbers have no gaps")
        result.append((path.stem, path.read_text(encoding="utf-8")))
    return result


def append_only(folder):
    """(table, the column that may change or "") of each `-- APPEND-ONLY` line."""
    result = []
    for path in sorted(Path(folder).glob("*.sql")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            match = re.match(r"\s*--\s*APPEND-ONLY\b(.*)$", line)
            if match is None:
                continue
            for part in match.group(1).split(","):
                table = re.fullmatch(r"\s*([a-z_]+)(?:\s+except\s+([a-z_]+))?\s*", part)
                if table is None or table.group(1) in (name for name, _ in result):
                    raise Bad(path, number, "write '-- APPEND-ONLY table, table except column', "
                                            "each table once")
                result.append((table.group(1), table.group(2) or ""))
    for name, _ in result:
        if not any(re.search(rf"CREATE TABLE {name}\b", path.read_text(encoding="utf-8"))
                   for path in Path(folder).glob("*.sql")):
            raise Bad(folder, 1, f"APPEND-ONLY {name}: no migration creates that table")
    return result


def quoted(text):
    """A C string constant, one source line per line of text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r")
    # "??" would begin a trigraph in strict ISO C.
    lines = escaped.replace("??", "?\\?").split("\n")
    return "\n        ".join(f'"{line}\\n"' for line in lines[:-1]) + (
        "\n        " if len(lines) > 1 and lines[-1] else "") + (
        f'"{lines[-1]}"' if lines[-1] or len(lines) == 1 else "")


def header_text(name, statements):
    upper = name.upper()
    values = "".join(f"    {upper}_{statement.name.upper()},\n" for statement in statements)
    return (f"// SPDX-License-Identifier: MIT\n// Generated by tools/sqlc.py: the statements of {name}.\n"
            f"#ifndef HAILONG_{upper}_SQL_H\n#define HAILONG_{upper}_SQL_H\n\n#include \"db.h\"\n\n"
            f"enum {name}_statement {{\n{values}    {upper}_STATEMENT_COUNT\n}};\n\n"
            f"extern const struct db_schema {name}_schema;\n\n#endif\n")


def source_text(name, stem, statements, migrations, locked):
    def row(statement):
        return (f'    {{"{statement.name}",\n        {quoted(statement.sql)},\n'
                f'        {quoted(", ".join(statement.columns["in"]))},'
                f' {quoted(", ".join(statement.columns["out"]))},\n'
                f'        "{statement.path.as_posix()}", {"true" if statement.scan else "false"}}},\n')

    # An empty table keeps one row that the counts leave out: ISO C has no arrays of size 0.
    rows = "".join(map(row, statements)) or '    {"", "", "", "", "", false},\n'
    steps = "".join(f'    {{{number}, "{title}",\n        {quoted(sql)}}},\n'
                    for number, (title, sql) in enumerate(migrations, 1)) or '    {0, "", ""},\n'
    locks = "".join(f'    {{"{table}", ' + (f'"{column}"' if column else "NULL") + "},\n"
                    for table, column in locked)
    return (f"// SPDX-License-Identifier: MIT\n// Generated by tools/sqlc.py: the SQL of {name}.\n"
            f"#include \"{stem}.h\"\n\n"
            # A migration may be longer than the 4095 characters that ISO C promises.
            "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n"
            f"static const struct db_statement statements[] = {{\n{rows}}};\n\n"
            f"static const struct db_migration migrations[] = {{\n{steps}}};\n\n"
            + (f"static const struct db_append_only append_only[] = {{\n{locks}    {{NULL, NULL}},\n}};\n\n"
               if locked else "") +
            f"const struct db_schema {name}_schema = {{\n    .name = \"{name}\",\n"
            f"    .statements = statements,\n    .statement_count = {len(statements)},\n"
            f"    .migrations = migrations,\n    .migration_count = {len(migrations)},\n"
            f"    .append_only = {'append_only' if locked else 'NULL'},\n}};\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="prefix of the enum and of NAME_schema")
    parser.add_argument("--out", required=True, help="path of the outputs without .h and .c")
    parser.add_argument("--sql", required=True, help="folder of the statements")
    parser.add_argument("--migrations", required=True, help="folder of the migrations")
    options = parser.parse_args()
    for folder in (options.sql, options.migrations):
        if not Path(folder).is_dir():
            sys.exit(f"{folder}:1: no such folder")
    try:
        statements = all_statements(options.sql)
        migrations = all_migrations(options.migrations)
        locked = append_only(options.migrations)
    except (Bad, UnicodeDecodeError) as error:
        sys.exit(str(error))
    out = Path(options.out)
    out.with_name(out.name + ".c").write_text(
        source_text(options.name, out.name, statements, migrations, locked), encoding="utf-8")
    out.with_name(out.name + ".h").write_text(header_text(options.name, statements), encoding="utf-8")


if __name__ == "__main__":
    main()
