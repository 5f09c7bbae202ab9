#!/usr/bin/env python3
"""Checks the fact tables of base against themselves and against the lists in facts/ (taken from the specifications).

usage: check_base.py [folder of the .def files]     exit status 1 and one line a finding when something is wrong
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLES = HERE.parent.parent / "base/include/bourse/base"
PRIVATE = HERE.parent.parent / "base"
findings = []


def report(table, name, text):
    findings.append(f"{table}: {name}: {text}")


def arguments(text):
    """Splits C macro arguments: strings keep their quotes."""
    return [part.strip() for part in re.findall(r'(?:"(?:\\.|[^"\\])*"|[^,"])+', text)]


def rows(path, macro, count):
    """The rows of one .def file as tuples; strings without quotes."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = re.fullmatch(rf"{macro}\((.*)\)", line.strip())
        parts = arguments(match.group(1)) if match else []
        if len(parts) != count:
            report(path.name, f"row {number}", f"is not {macro}(...) with {count} arguments")
            continue
        found.append(tuple(p[1:-1] if p.startswith('"') else p for p in parts))
    if not found:
        report(path.name, "table", "has no rows")
    return found


def unique(table, values):
    seen = set()
    for value in values:
        if value in seen:
            report(table, value, "appears twice")
        seen.add(value)


def names_are_words(table, names, pattern):
    for name in names:
        if not re.fullmatch(pattern, name):
            report(table, name, f"does not match {pattern}")


def facts(name):
    lines = (HERE / "facts" / name).read_text(encoding="utf-8").splitlines()
    return lines if name.endswith(".txt") else [line.split("\t") for line in lines[1:]]


def check_status(folder):
    table = "status.def"
    ews = set(facts("ews-response-codes.txt"))
    mapi = {int(row[0], 16) for row in facts("mapi-error-codes.tsv")}
    activesync = {int(row[0]) for row in facts("activesync-common-status.tsv")} | {1}
    found = rows(folder / table, "STATUS", 9)
    unique(table, [row[0] for row in found])
    names_are_words(table, [row[0] for row in found], r"[A-Z][A-Z0-9_]*")
    for required in ("OK", "INTERNAL", "NO_MEMORY", "MALFORMED", "LIMIT_EXCEEDED", "BUSY", "CANCELLED", "CONFIGURATION"):
        if required not in {row[0] for row in found}:
            report(table, required, "is needed by base")
    if found and found[0][0] != "OK":
        report(table, "OK", "must be the first row: its value is 0")
    for name, fault, http, smtp, enhanced, response, sync, error, text in found:
        if response not in ews:
            report(table, name, f"{response} is no EWS ResponseCode")
        if int(sync) not in activesync:
            report(table, name, f"{sync} is no common ActiveSync status")
        if int(error, 16) not in mapi:
            report(table, name, f"{error} is no MAPI error code")
        if not text or len(text) > 100 or text.endswith("."):
            report(table, name, "text is empty, too long or ends in a full stop")
        check_status_classes(table, name, fault, int(http), int(smtp), enhanced)
        check_success(table, name, fault, response, int(sync), int(error, 16))


def check_status_classes(table, name, fault, http, smtp, enhanced):
    """Who is at fault decides the first digits: ours and outages are never permanent for mail [RFC 5321] 4.2.1."""
    classes = {
        "NONE": ({2}, {2}),
        "CLIENT": ({4, 5}, {4, 5}),
        "TEMPORARY": ({5}, {4}),
        "SERVER": ({5}, {4}),
    }
    if fault not in classes:
        report(table, name, f"unknown fault {fault}")
        return
    http_classes, smtp_classes = classes[fault]
    if http // 100 not in http_classes or not 200 <= http <= 599:
        report(table, name, f"HTTP {http} does not fit fault {fault}")
    if fault == "CLIENT" and http // 100 == 5 and http != 507:
        report(table, name, f"HTTP {http} blames the server")
    if smtp // 100 not in smtp_classes or not 200 <= smtp <= 559:
        report(table, name, f"SMTP {smtp} does not fit fault {fault}")
    if not re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", enhanced):
        report(table, name, f"enhanced code {enhanced} is malformed")
    elif int(enhanced[0]) != smtp // 100:
        report(table, name, f"enhanced code {enhanced} does not fit SMTP {smtp}")


def check_success(table, name, fault, response, sync, error):
    is_success = (response == "NoError", sync == 1, error == 0)
    if any(flag != (fault == "NONE") for flag in is_success):
        report(table, name, "success and failure are mixed in one row")


UNITS = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def number_of(kind, text):
    """The value of a number option's default, None when it is malformed."""
    if kind == "BOOL":
        return {"no": 0, "yes": 1}.get(text)
    match = re.fullmatch(r"(\d+)([A-Za-z]*)", text)
    units = {"INT": {"": 1}, "SIZE": UNITS, "DURATION": SECONDS}[kind]
    if not match or match.group(2).lower() not in units:
        return None
    return int(match.group(1)) * units[match.group(2).lower()]


def check_option(table, full, row):
    _, _, kind, initial, least, most, reload_class, text = row
    if kind not in ("BOOL", "INT", "SIZE", "DURATION", "TEXT", "PATH", "LIST", "SECRET_FILE"):
        report(table, full, f"unknown type {kind}")
        return
    if reload_class not in ("LIVE", "RESTART"):
        report(table, full, f"unknown reload class {reload_class}")
    if not text or text.endswith("."):
        report(table, full, "text is empty or ends in a full stop")
    least, most = int(least), int(most)
    if kind in ("INT", "SIZE", "DURATION"):
        value = number_of(kind, initial)
        if value is None:
            report(table, full, f"default {initial} is not of type {kind}")
        elif value < least or (most != 0 and value > most):
            report(table, full, f"default {initial} is outside {least}..{most}")
        if most != 0 and least > most:
            report(table, full, "bounds are the wrong way round")
    elif (least, most) != (0, 0):
        report(table, full, "bounds on something that is no number")
    if kind == "BOOL" and number_of(kind, initial) is None:
        report(table, full, f"default {initial} is not yes or no")
    if kind in ("PATH", "SECRET_FILE") and initial and not initial.startswith("/"):
        report(table, full, "default is not an absolute path")
    if kind == "SECRET_FILE" and (initial or not row[1].endswith("_file")):
        report(table, full, "a secret has no default, and its name ends in _file")


def check_config(folder):
    table = "config.def"
    found = rows(folder / table, "OPTION", 8)
    names = [f"{row[0]}.{row[1]}" for row in found]
    unique(table, names)
    names_are_words(table, names, r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
    closed, current = set(), None
    for full, row in zip(names, found):
        if row[0] != current:
            if row[0] in closed:
                report(table, full, "rows of a section must stand together")
            closed.add(row[0])
            current = row[0]
        check_option(table, full, row)
    initial = {name: row for name, row in zip(names, found)}
    for section, name, words in rows(PRIVATE / "config_choices.def", "CHOICES", 3):
        row = initial.get(f"{section}.{name}")
        if row is None or row[2] != "TEXT" or row[3] not in words.split("|"):
            report("config_choices.def", f"{section}.{name}", "is no TEXT option whose default is one of the words")


def check_events(folder):
    table = "events.def"
    found = rows(folder / table, "EVENT", 4)
    unique(table, [row[0] for row in found])
    unique(table, [row[1] for row in found])
    names_are_words(table, [row[0] for row in found], r"[A-Z][A-Z0-9_]*")
    names_are_words(table, [row[1] for row in found], r"B[1-9]\d\d")
    previous = ""
    for name, code, level, text in found:
        if level not in ("ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"):
            report(table, name, f"unknown level {level}")
        if not text:
            report(table, name, "has no text")
        if code < previous:
            report(table, name, "codes must ascend")
        previous = code


def check_metrics(folder):
    table = "metrics.def"
    found = rows(folder / table, "METRIC", 4)
    unique(table, [row[0] for row in found])
    unique(table, [row[2] for row in found])
    names_are_words(table, [row[2] for row in found], r"bourse_[a-z0-9_]+")
    endings = {"COUNTER": r".*_total", "HISTOGRAM": r".*_seconds", "GAUGE": r".*(?<!_total)"}
    for name, kind, exported, text in found:
        if kind not in endings or not re.fullmatch(endings[kind], exported):
            report(table, name, f"{exported} is not how a {kind} is called")
        if not text or "\\" in text or "\n" in text:
            report(table, name, "help is empty or needs escaping")


def check_locks(folder):
    table = "locks.def"
    found = rows(folder / table, "LOCK", 2)
    unique(table, [row[0] for row in found])
    if len(found) > 64:
        report(table, "table", "more than 64 ranks: locks.c keeps a bit for each")


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else TABLES
    for check in (check_status, check_config, check_events, check_metrics, check_locks):
        check(folder)
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings in the tables of base")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
