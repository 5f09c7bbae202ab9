#!/usr/bin/env python3
"""Checks transport's fact tables: shape of the rows, verbs against their files, codes against classes.

usage: check_transport.py [folder]     exit status 1 and one line a finding when something is wrong
"""
import re
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
findings = []


def rows(table, macro, count):
    found = []
    text = re.sub(r"/\*.*?\*/", "", (FOLDER / table).read_text(encoding="utf-8"), flags=re.S)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = re.fullmatch(rf"{macro}\((.*)\)", line.strip())
        parts = [p.strip() for p in re.findall(r'(?:"(?:\\.|[^"\\])*"|[^,"])+', match.group(1))] if match else []
        if len(parts) != count:
            findings.append(f"{table}: row {number} is not {macro}(...) with {count} arguments")
            continue
        found.append([p.strip('"') for p in parts])
    if not found:
        findings.append(f"{table}: has no rows")
    names = [row[0] if macro != "PARAMETER" else row[0] + row[1] for row in found]
    for name in sorted({name for name in names if names.count(name) > 1}):
        findings.append(f"{table}: {name} appears twice")
    return found


def check(condition, text):
    if not condition:
        findings.append(text)


def check_verbs():
    stems = set()
    for name, stem, argument, conditions, syntax in rows("verbs.def", "VERB", 5):
        stems.add(stem)
        check(name == stem.upper(), f"verbs.def: {name} has the stem {stem}")
        check(argument in ("NONE", "OPTIONAL", "REQUIRED"), f"verbs.def: {name}: argument {argument}")
        check(conditions == "0" or {c.strip() for c in conditions.split("|")} <= {"GREETED", "IDLE", "OPEN", "SIGNED"}, f"verbs.def: {name}: {conditions}")
        check(syntax.split(" ")[0] == name, f"verbs.def: {name}: syntax {syntax}")
        path = FOLDER / f"verb_{stem}.c"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for function in (f"bool check_{stem}(", f"void proceed_{stem}("):
            check(function in text, f"verb_{stem}.c: has no {function})")
    for path in FOLDER.glob("verb_*.c"):
        check(path.stem[5:] in stems, f"{path.name}: is not in verbs.def")


def check_codes(table, name, code, enhanced):
    check(re.fullmatch(r"[2-5]\d\d", code), f"{table}: {name}: code {code}")
    if enhanced:
        check(re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", enhanced) and enhanced[0] == code[0], f"{table}: {name}: {code} {enhanced}")


def main():
    check_verbs()
    for name, code, enhanced, _ in rows("replies.def", "REPLY", 4):
        check_codes("replies.def", name, code, enhanced)
        check(enhanced or code[0] == "3", f"replies.def: {name}: only 3xx has no enhanced status")
    for name, outcome, code, enhanced, text in rows("failures.def", "FAILURE", 5):
        check(outcome in ("DEFER", "FAIL"), f"failures.def: {name}: {outcome}")
        check(enhanced[0] == ("4" if outcome == "DEFER" else "5"), f"failures.def: {name}: {outcome} {enhanced}")
        if code != "0":
            check_codes("failures.def", name, code, enhanced)
        check(text != "", f"failures.def: {name}: no text")
    for verb, keyword, stem, value in rows("parameters.def", "PARAMETER", 4):
        check(verb in ("MAIL", "RCPT") and value in ("REQUIRED", "NONE"), f"parameters.def: {verb} {keyword}")
        check(f"read_{stem}(" in (FOLDER / "parameters.c").read_text(encoding="utf-8"), f"parameters.def: {keyword}: no read_{stem}")
    for keyword, when, argument in rows("extensions.def", "EXTENSION", 3):
        check(when in ("ALWAYS", "BEFORE_TLS", "WITH_SIGN_IN") and argument in ("NONE", "SIZE", "MECHANISMS"), f"extensions.def: {keyword}")
    print("\n".join(findings) if findings else "transport's tables are in order")
    return 1 if findings else 0


sys.exit(main())
