#!/usr/bin/env python3
"""Checks the property tables of model against themselves and against model/facts/ (taken from the specifications).

usage: check_model.py [folder of the .def files] [folder of the facts]
exit status 1 and one line a finding when something is wrong
"""
import csv
import hashlib
import re
import sys
from pathlib import Path

MODEL = Path(__file__).resolve().parent.parent.parent / "model"
findings = []

# Numbers that have two meanings by the class of the object: [MS-OXPROPS] gives them so. Nothing may join them.
SHARED_TAGS = {
    0x68010003, 0x6802001F, 0x68410003, 0x68420102, 0x68470003, 0x68480003,
}
# Rows of the facts that the tables leave out, and why.
LEFT_OUT = {
    "PidTagClientActivelyEditingUntil": "has no property id",
    "PidNameCalendarLocationUrl": "the same name as PidNameLocationUrl",
}
# The ids given so far: this many lines of named_ids.tsv (with the header) have this digest for ever. Later lines may follow.
LOCKED_LINES = 545
LOCKED_DIGEST = "af75ef8d535c0840fca5af7bde4f9c801ad9d480a9303c72844b87ec1ae80e4a"
FIRST_NAMED, FIRST_CUSTOM = 0x8000, 0x9000
STORAGES = {"IN_BAG", "IN_COLUMN", "COMPUTED"}
FLAGS = {"PROPERTY_READ_ONLY", "PROPERTY_SEARCHABLE", "PROPERTY_ON_FOLDER", "PROPERTY_ON_MESSAGE", "PROPERTY_ON_ATTACHMENT",
         "PROPERTY_ON_RECIPIENT", "PROPERTY_ON_ADDRESS_BOOK"}
SOURCE = re.compile(r"(\[MS-[A-Z0-9]+\] \d+(\.\d+)*|\[MS-[A-Z0-9]+\]|Outlook MAPI reference)"
                    r"(, (\[MS-[A-Z0-9]+\] \d+(\.\d+)*|Outlook MAPI reference))*")
TAG_COLUMNS = ["name", "tag", "canonical", "storage", "flags", "ews", "activesync", "ldap", "icalendar", "source"]
NAMED_COLUMNS = ["name", "tag", "set", "lid", "text", "canonical", "storage", "flags", "ews", "activesync", "icalendar", "source"]


def report(where, text):
    findings.append(f"{where}: {text}")


def arguments(text):
    """Splits C macro arguments: strings keep their quotes."""
    return [part.strip() for part in re.findall(r'(?:"(?:\\.|[^"\\])*"|[^,"])+', text)]


def rows(path, macro, columns):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = re.fullmatch(rf"{macro}\((.*)\)", line)
        parts = arguments(match.group(1)) if match else []
        if len(parts) != len(columns):
            report(path.name, f"not a row of {len(columns)} columns: {line[:60]}")
            continue
        row = dict(zip(columns, (part[1:-1] if part.startswith('"') else part for part in parts)))
        if not re.fullmatch(r"0x[0-9A-F]{8}", row["tag"]):
            report(row["name"], f"tag {row['tag']} is not 0x and eight digits")
            continue
        row["tag"] = int(row["tag"], 16)
        found.append(row)
    if not found:
        report(path.name, "has no rows")
    return found


def unique(what, values):
    seen = set()
    for value in values:
        if value in seen:
            report(what, f"{value} appears twice")
        seen.add(value)


def ordered(what, rows_, key):
    for before, after in zip(rows_, rows_[1:]):
        if key(before) > key(after):
            report(what, f"{after['name']} is out of order")


def kept_type(code):
    """The type as it is inside: text has one type; names without a type in the specification are text."""
    number = int(code or "0x001F", 16)
    return number + 1 if number in (0x001E, 0x101E) else number


def check_columns(row, ews_fields, activesync):
    """What tags and named properties have in common."""
    flags = {flag.strip() for flag in row["flags"].split("|")}
    if not flags <= FLAGS:
        report(row["name"], f"unknown flag {', '.join(sorted(flags - FLAGS))}")
    if not any(flag.startswith("PROPERTY_ON_") for flag in flags):
        report(row["name"], "is on no kind of object")
    if row["storage"] not in STORAGES:
        report(row["name"], f"unknown storage {row['storage']}")
    if row["storage"] == "COMPUTED" and "PROPERTY_READ_ONLY" not in flags:
        report(row["name"], "is computed but not read-only")
    for field in row["ews"].split():
        if field not in ews_fields:
            report(row["name"], f"{field} is no EWS field")
    for element in row["activesync"].split():
        if element not in activesync:
            report(row["name"], f"{element} is no ActiveSync element")
    if not SOURCE.fullmatch(row["source"]):
        report(row["name"], f"source {row['source']!r} names no section")
    if not re.fullmatch(r"[A-Z0-9_]+", row["name"]):
        report(row["name"], "is not in upper case")


def check_against_fact(row, fact):
    if fact is None:
        report(row["name"], f"{row['canonical']} is not in the facts")
        return
    if row["tag"] & 0xFFFF != kept_type(fact["type_code"]):
        report(row["name"], f"type {row['tag'] & 0xFFFF:#06x} is not the facts' {fact['type_code']}")
    for section in re.findall(r"\[MS-OXPROPS\] (2[.\d]*)", row["source"]):
        if section != fact["oxprops_section"]:
            report(row["name"], f"section {section} is not the facts' {fact['oxprops_section']}")
    if kind_of(row) == "tag":
        if row["tag"] >> 16 != int(fact["property_id"], 16):
            report(row["name"], f"id {row['tag'] >> 16:#06x} is not the facts' {fact['property_id']}")
        return
    lid = int(fact["lid"] or "0", 16) if fact["kind"] == "lid" else 0
    text = fact["string_name"] if fact["kind"] == "name" else ""
    if (row["set"], int(row["lid"], 16), row["text"]) != (fact["property_set"], lid, text):
        report(row["name"], f"name ({row['set']}, {row['lid']}, {row['text']!r}) is not the facts'")


def kind_of(row):
    return "named" if "set" in row else "tag"


def check_tags(tags):
    ordered("props.def", tags, lambda row: row["tag"])
    unique("props.def", (row["tag"] for row in tags if row["tag"] not in SHARED_TAGS))
    for row in tags:
        if row["tag"] >> 16 >= FIRST_NAMED and "PROPERTY_ON_ADDRESS_BOOK" not in row["flags"]:
            report(row["name"], "has an id of the address book or of named properties")


def check_named(named, facts, sets):
    ordered("named_props.def", named, lambda row: row["tag"] >> 16)
    unique("named_props.def ids", (hex(row["tag"] >> 16) for row in named))
    unique("named_props.def names", ((row["set"], row["lid"], row["text"].lower()) for row in named))
    taken = {int(fact["property_id"], 16) for fact in facts.values() if fact["property_id"]}
    for row in named:
        ident = row["tag"] >> 16
        if not FIRST_NAMED <= ident < FIRST_CUSTOM:
            report(row["name"], f"id {ident:#06x} is outside the range of named properties")
        if ident in taken:
            report(row["name"], f"id {ident:#06x} is a tag's")
        if row["set"] not in sets:
            report(row["name"], f"unknown property set {row['set']}")


def check_lock(named, path):
    """Stored items carry the ids of named properties, so what named_ids.tsv once said stays."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    digest = hashlib.sha256("".join(lines[:LOCKED_LINES]).encode()).hexdigest()
    if digest != LOCKED_DIGEST:
        report(path.name, f"one of the first {LOCKED_LINES} lines changed: given ids are kept for ever")
    locked = {tuple(line.rstrip("\n").split("\t")) for line in lines[1:]}
    now = set()
    for row in named:
        lid = f"0x{int(row['lid'], 16):04X}" if row["lid"] != "0" else ""
        now.add((f"0x{row['tag'] >> 16:04X}", f"0x{row['tag'] & 0xFFFF:04X}", row["set"], lid, row["text"], row["canonical"]))
    for entry in sorted(locked - now):
        report(entry[-1], f"is locked as {entry[0]} of type {entry[1]}, but the table has it otherwise or not at all")
    for entry in sorted(now - locked):
        report(entry[-1], f"{entry[0]} has no line in {path.name}")


def check_complete(all_rows, facts):
    there = {row["canonical"] for row in all_rows}
    for name, fact in facts.items():
        if fact["status"] == "spec" and name not in there and name not in LEFT_OUT:
            report(name, "is in [MS-OXPROPS] but in no table")


def property_sets(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    sets = {}
    for name, wire in re.findall(r"PROPERTY_SET\((\w+), ([^)]*)\)", text):
        sets[name] = bytes(int(byte, 16) for byte in wire.split(","))
        if len(sets[name]) != 16:
            report(name, "GUID has not 16 bytes")
    unique("property_sets.def", sets.values())
    return sets


def read_facts(path):
    with path.open(encoding="utf-8", newline="") as file:
        return {row["canonical_name"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def main():
    tables = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL / "include/bourse/model"
    facts_folder = Path(sys.argv[2]) if len(sys.argv) > 2 else MODEL / "facts"
    tags = rows(tables / "props.def", "PROPERTY", TAG_COLUMNS)
    named = rows(tables / "named_props.def", "NAMED", NAMED_COLUMNS)
    sets = property_sets(tables / "property_sets.def")
    facts = read_facts(facts_folder / "properties.tsv")
    ews_fields = set((facts_folder / "ews_fields.txt").read_text(encoding="utf-8").split())
    activesync = set((facts_folder / "activesync_elements.txt").read_text(encoding="utf-8").split())
    check_tags(tags)
    check_named(named, facts, sets)
    check_lock(named, facts_folder / "named_ids.tsv")
    check_complete(tags + named, facts)
    unique("names", (row["name"] for row in tags + named))
    unique("canonical names", (row["canonical"] for row in tags + named))
    unique("EWS fields", (field for row in tags + named for field in row["ews"].split()))
    for row in tags + named:
        check_columns(row, ews_fields, activesync)
        check_against_fact(row, facts.get(row["canonical"]))
    for finding in findings:
        print(finding)
    print(f"{len(tags)} tags, {len(named)} named properties, {len(sets)} property sets: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
