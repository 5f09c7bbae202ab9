#!/usr/bin/env python3
"""Compiles sql/*.sql and schema/*.sql into C tables.

    generate_statements.py OUTPUT_FOLDER file.sql ...

A statement block in sql/*.sql:

    -- name: folder_get
    -- in: mailbox int8, folder int8
    -- out: parent int8, name text
    SELECT parent_id, name FROM folder WHERE mailbox_id = :mailbox AND folder_id = :folder;

gives enum statement { STATEMENT_folder_get }, struct sql_folder_get_in / _out and a row in statement_table. A block with
"-- fragment: name" instead of "-- name: name" becomes FRAGMENT_name, a piece of text that list.c composes (parameters stay :names there).
"-- define: name = text" (one line) gives a text that all files include as {name}, also in their in: and out: lines.
With "-- each:" in place of "-- in:" the statement takes any number of such structs (tx_send_rows): every member becomes an array parameter, and {each}
in the text is the row source u with these columns. A text[] or int8[] member arrives as the text of an array: write u.name::text[].
A file NNN_name.sql in schema/ is one migration; each of its statements (ended by ; at the end of a line) is one resumable step.
"""
import os
import re
import sys

TYPES = {  # SQL type: (C type, enum column_type, oid)
    "bool": ("bool", "COLUMN_BOOL", 16),
    "int2": ("int16_t", "COLUMN_INT2", 21),
    "int4": ("int32_t", "COLUMN_INT4", 23),
    "int8": ("int64_t", "COLUMN_INT8", 20),
    "text": ("const char *", "COLUMN_TEXT", 25),
    "bytea": ("struct slice", "COLUMN_BYTEA", 17),
    "uuid": ("struct guid", "COLUMN_UUID", 2950),
    "bool[]": ("struct sql_bools", "COLUMN_BOOLS", 1000),
    "int4[]": ("struct sql_int4s", "COLUMN_INT4S", 1007),
    "int8[]": ("struct sql_int8s", "COLUMN_INT8S", 1016),
    "text[]": ("struct sql_texts", "COLUMN_TEXTS", 1009),
    "bytea[]": ("struct sql_byteas", "COLUMN_BYTEAS", 1001),
    "uuid[]": ("struct sql_uuids", "COLUMN_UUIDS", 2951),
}


def fail(path, line, text):
    sys.exit(f"{path}:{line}: {text}")


def expand(path, line, text, defines):
    def replace(match):
        if match[1] == "each":
            return match[0]
        if match[1] not in defines:
            fail(path, line, f"{{{match[1]}}} is not defined")
        return expand(path, line, defines[match[1]], defines)
    return re.sub(r"\{([a-z_0-9]+)\}", replace, text)


def read_defines(paths):
    """A define is one comment line: -- define: name = text."""
    defines = {}
    for path in paths:
        for line in open(path, encoding="utf-8"):
            match = re.match(r"--\s*define:\s*([a-z_0-9]+)\s*=\s*(.*?)\s*$", line)
            if match:
                defines[match[1]] = match[2]
    return defines


def columns(path, line, text):
    result = []
    for part in (p.strip() for p in text.split(",")):
        if not part:
            continue
        words = part.split()
        if len(words) != 2 or words[1] not in TYPES:
            fail(path, line, f"not a column: {part!r}")
        result.append((words[0], words[1]))
    return result


def read_blocks(path, defines):
    blocks, block = [], None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if not re.match(r"--\s*define:", line):
            line = expand(path, number, line, defines)
        match = re.match(r"--\s*(name|fragment|in|each|out):\s*(.*?)\s*$", line)
        if match and match[1] in ("name", "fragment"):
            block = {"kind": match[1], "name": match[2], "each": False, "in": [], "out": [], "text": [], "path": path, "line": number}
            blocks.append(block)
        elif match and block:
            block["each"] = block["each"] or match[1] == "each"
            block["out" if match[1] == "out" else "in"] += columns(path, number, match[2])
        elif line.lstrip().startswith("--") or not line.strip():
            continue
        elif block is None:
            fail(path, number, "text before the first name")
        else:
            block["text"].append(line.strip())
    return blocks


def number_parameters(block):
    names = [name for name, _ in block["in"]]
    used = set()

    def replace(match):
        if match[1] not in names:
            fail(block["path"], block["line"], f"{block['name']}: parameter :{match[1]} is not declared")
        used.add(match[1])
        return f"${names.index(match[1]) + 1}"

    text = " ".join(block["text"]).rstrip(";")
    if block["each"]:
        text = text.replace("{each}", f"unnest({', '.join(':' + n for n in names)}) AS u ({', '.join(names)})")
    text = re.sub(r"(?<![:\w]):([a-z_][a-z_0-9]*)", replace, text)
    for name in names:
        if name not in used:
            fail(block["path"], block["line"], f"{block['name']}: parameter {name} is not used")
    return text


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def declare(kind, c_type, name):
    space = "" if c_type.endswith("*") else " "
    return f"    {c_type}{space}{name};"


def write_header(path, statements, fragments):
    with open(path, "w", encoding="utf-8") as out:
        out.write("/* Made by generate_statements.py; do not edit. */\n#ifndef BOURSE_STORAGE_STATEMENTS_H\n"
                  "#define BOURSE_STORAGE_STATEMENTS_H\n\n#include \"sql_types.h\"\n\nenum statement {\n")
        out.writelines(f"    STATEMENT_{s['name']},\n" for s in statements)
        out.write("    STATEMENT_COUNT\n};\n\nenum fragment {\n")
        out.writelines(f"    FRAGMENT_{f['name']},\n" for f in fragments)
        out.write("    FRAGMENT_COUNT\n};\n\n")
        for block in statements:
            for side in ("in", "out"):
                if not block[side]:
                    continue
                out.write(f"struct sql_{block['name']}_{side} {{\n")
                out.writelines(declare(side, TYPES[t][0], n) + "\n" for n, t in block[side])
                out.write("};\n")
        out.write("\n#endif\n")


def write_table(path, statements, fragments):
    with open(path, "w", encoding="utf-8") as out:
        out.write("/* Made by generate_statements.py; do not edit. */\n#include <stddef.h>\n#include \"statements.h\"\n\n")
        for block in statements:
            for side in ("in", "out"):
                if not block[side]:
                    continue
                out.write(f"static const struct column {block['name']}_{side}[] = {{\n")
                for name, kind in block[side]:
                    out.write(f"    {{ {TYPES[kind][1]}, {TYPES[kind][2]}, offsetof(struct sql_{block['name']}_{side}, {name}) }},\n")
                out.write("};\n")
        out.write("\nconst struct statement_row statement_table[STATEMENT_COUNT] = {\n")
        for block in statements:
            ins = f"{block['name']}_in" if block["in"] else "NULL"
            outs = f"{block['name']}_out" if block["out"] else "NULL"
            size = f"sizeof(struct sql_{block['name']}_in)" if block["each"] else "0"
            out.write(f"    [STATEMENT_{block['name']}] = {{ {quote(block['name'])}, {quote(number_parameters(block))},\n"
                      f"        {ins}, {len(block['in'])}, {outs}, {len(block['out'])}, {size} }},\n")
        out.write("};\n\nconst char *const fragment_table[FRAGMENT_COUNT + 1] = {\n")
        for block in fragments:
            out.write(f"    [FRAGMENT_{block['name']}] = {quote(' '.join(block['text']).rstrip(';'))},\n")
        out.write("    NULL\n};\n")


def read_migration(path):
    steps, text = [], []
    for line in open(path, encoding="utf-8"):
        if line.lstrip().startswith("--") or not line.strip():
            continue
        text.append(line.rstrip())
        if line.rstrip().endswith(";"):
            steps.append("\n".join(text).rstrip(";"))
            text = []
    if text:
        fail(path, 0, "the last statement has no ; at the end of its line")
    return steps


def write_migrations(path, files):
    with open(path, "w", encoding="utf-8") as out:
        out.write("/* Made by generate_statements.py; do not edit. */\n#include \"migrations.h\"\n\n")
        rows = []
        for expected, file in enumerate(sorted(files, key=os.path.basename), 1):
            name = os.path.basename(file)[:-4]
            if int(name[:3]) != expected:
                fail(file, 0, f"migrations must count up without a gap, expected {expected:03}")
            steps = read_migration(file)
            out.write(f"static const char *const steps_{expected}[] = {{\n")
            out.writelines(f"    {quote(step)},\n" for step in steps)
            out.write("};\n")
            rows.append(f"    {{ {expected}, {quote(name)}, {len(steps)}, steps_{expected} }},\n")
        out.write("\nconst struct migration migration_table[] = {\n")
        out.writelines(rows)
        out.write(f"}};\nconst int migration_count = {len(rows)};\n")


def main():
    folder, files = sys.argv[1], sys.argv[2:]
    os.makedirs(folder, exist_ok=True)
    blocks = []
    sql = sorted(f for f in files if os.path.basename(os.path.dirname(f)) == "sql")
    defines = read_defines(sql)
    for file in sql:
        blocks += read_blocks(file, defines)
    seen = {}
    for block in blocks:
        if block["name"] in seen:
            fail(block["path"], block["line"], f"{block['name']} is there twice")
        seen[block["name"]] = block
    statements = [b for b in blocks if b["kind"] == "name"]
    fragments = [b for b in blocks if b["kind"] == "fragment"]
    write_header(os.path.join(folder, "statements.h"), statements, fragments)
    write_table(os.path.join(folder, "statements_table.c"), statements, fragments)
    write_migrations(os.path.join(folder, "migrations_table.c"),
                     [f for f in files if os.path.basename(os.path.dirname(f)) == "schema"])


main()
