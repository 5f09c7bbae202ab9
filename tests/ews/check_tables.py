#!/usr/bin/env python3
"""Proves the tables of ews/ against the facts and schemas in the tree."""
import csv
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
EWS = HERE.parent.parent / "ews"
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
from make_request_schema import Maker  # noqa: E402


def rows(name, macro):
    return re.findall(rf"^{macro}\((.*)\)$", (EWS / name).read_text(), re.M)


def problems():
    facts = {row["operation"] for row in csv.DictReader(open(EWS / "facts" / "operations.tsv", encoding="utf-8"), delimiter="\t")}
    operations = [row.split(",")[0] for row in rows("operations.def", "OPERATION")]
    if sorted(operations) != sorted(facts):
        yield f"operations.def differs from facts/operations.tsv: {sorted(set(operations) ^ facts)}"
    maker = Maker()
    codes = set(maker.values_of("m:ResponseCodeType"))
    for row in rows("codes.def", "CODE"):
        code = re.search(r'"(\w+)"', row).group(1)
        if code not in codes:
            yield f"codes.def: {code} is no ResponseCode"
    sections = {"ITEM": "t:ItemType", "MESSAGE": "t:MessageType", "CALENDAR": "t:CalendarItemType", "CONTACT": "t:ContactItemType",
                "LIST": "t:DistributionListType", "TASK": "t:TaskType", "POST": "t:PostItemType", "MEETING": "t:MeetingMessageType",
                "REQUEST": "t:MeetingRequestMessageType", "RESPONSE": "t:MeetingResponseMessageType", "CANCELLATION": "t:MeetingCancellationMessageType",
                "FOLDER": "t:BaseFolderType", "FOLDER_MAIL": "t:FolderType"}
    for section, name in sections.items():
        order = [child[2] for child in maker.model(name)[0]]
        place = -1
        for row in rows("fields.def", "FIELD"):
            parts = [part.strip().strip('"') for part in row.split(",")]
            if parts[0] != section or parts[3] == "NOTHING":
                continue
            if parts[2] not in order:
                yield f"fields.def: {name} has no {parts[2]}"
            elif order.index(parts[2]) < place:
                yield f"fields.def: {parts[2]} of {name} is out of the schema's order"
            else:
                place = order.index(parts[2])
    uris = set(maker.values_of("t:UnindexedFieldURIType"))
    for row in rows("fields.def", "FIELD"):
        parts = [part.strip().strip('"') for part in row.split(",")]
        if parts[1] and parts[3] != "NOTHING" and parts[1] not in uris:
            yield f"fields.def: {parts[1]} is no FieldURI"
    kinds = {row.split(",")[0] for row in rows("kinds.def", "KIND")}
    used = {row.split(",")[3].strip() for row in rows("fields.def", "FIELD")}
    yield from (f"kinds.def: {kind} is used by no field" for kind in sorted(kinds - used))
    for script in ("make_request_schema.py",):
        result = subprocess.run([sys.executable, "-B", str(HERE / script), "--check"], capture_output=True, text=True, check=False)
        if result.returncode:
            yield result.stderr.strip()


found = list(problems())
print("\n".join(found) or "tables of ews agree with facts and schemas")
sys.exit(1 if found else 0)
