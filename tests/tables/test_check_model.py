#!/usr/bin/env python3
"""Control for check_model.py: breaks one thing at a time in a copy of the tables and expects each defect to be found."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODEL = HERE.parent.parent / "model"

# (file, text in it, what it becomes, words that the finding must have)
DEFECTS = [
    ("props.def", "PROPERTY(SUBJECT, 0x0037001F", "PROPERTY(SUBJECT, 0x00370003", "SUBJECT: type 0x0003"),
    ("props.def", "PROPERTY(SUBJECT, 0x0037001F", "PROPERTY(SUBJECT, 0x0136001F", "is out of order"),
    ("props.def", "PROPERTY(SUBJECT_PREFIX, 0x003D001F", "PROPERTY(SUBJECT_PREFIX, 0x003E001F", "id 0x003e is not"),
    ("props.def", '"item:Subject"', '"item:Subjekt"', "item:Subjekt is no EWS field"),
    ("props.def", '"item:Importance"', '"item:Subject"', "item:Subject appears twice"),
    ("props.def", '"Email:Subject ', '"Email:Subjekt ', "no ActiveSync element"),
    ("props.def", "PROPERTY(IMPORTANCE,", "PROPERTY(SUBJECT,", "SUBJECT appears twice"),
    ("props.def", "COMPUTED, PROPERTY_READ_ONLY | ", "COMPUTED, ", "computed but not read-only"),
    ("props.def", "[MS-OXPROPS] 2.1033", "[MS-OXPROPS] 2.1032", "section 2.1032"),
    ("props.def", '"PidTagSubject", IN_COLUMN', '"PidTagSubject", IN_TABLE', "unknown storage"),
    ("named_props.def", '"PidLidReminderSet"', '"PidLidReminderSett"', "PidLidReminderSet: is locked as"),
    ("named_props.def", "PSETID_Common, 0x00008503", "PSETID_Common, 0x00008504", "is not the facts'"),
    ("named_props.def", '"Keywords"', '"keywords"', "has it otherwise"),
    ("named_ids.tsv", "\tPidLidReminderSet\n", "\tPidLidReminder\n", "given ids are kept for ever"),
    ("property_sets.def", "PROPERTY_SET(PSETID_Common,", "PROPERTY_SET(PSETID_Comon,", "unknown property set PSETID_Common"),
]


def run(folder):
    return subprocess.run([sys.executable, HERE / "check_model.py", folder, folder], capture_output=True, text=True, check=False)


def copy_tables(folder):
    for source in [*(MODEL / "include/bourse/model").glob("*.def"), *(MODEL / "facts").iterdir()]:
        shutil.copy(source, folder)


def try_defect(file, old, new, words):
    with tempfile.TemporaryDirectory() as folder:
        copy_tables(folder)
        path = Path(folder) / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            return f"{file} no longer has {old!r}: choose another defect"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        result = run(folder)
        if result.returncode == 0 or words not in result.stdout:
            return f"{file}: {old!r} -> {new!r} is not found"
    return None


def main():
    with tempfile.TemporaryDirectory() as folder:
        copy_tables(folder)
        if run(folder).returncode != 0:
            print("the unchanged tables have findings")
            return 1
    missed = [text for text in (try_defect(*defect) for defect in DEFECTS) if text is not None]
    print("\n".join([*missed, f"{len(DEFECTS)} defects, {len(missed)} not found"]))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
