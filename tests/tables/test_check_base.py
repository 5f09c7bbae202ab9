#!/usr/bin/env python3
"""Control for check_base.py: breaks one row at a time in a copy of the tables and expects each defect to be found."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLES = HERE.parent.parent / "base/include/bourse/base"

# (file, text in it, what it becomes, words that the finding must have)
DEFECTS = [
    ("status.def", '"ErrorFolderExists"', '"ErrorFolderIsThere"', "no EWS ResponseCode"),
    ("status.def", "0x8004011B", "0x8004F11B", "no MAPI error code"),
    ("status.def", '"ErrorInvalidIdMalformed", 106', '"ErrorInvalidIdMalformed", 99', "no common ActiveSync status"),
    ("status.def", '503, 421, "4.3.2", "ErrorServerBusy"', '503, 550, "5.3.2", "ErrorServerBusy"', "SMTP 550 does not fit"),
    ("status.def", '"5.1.3", "ErrorInvalidRecipients"', '"4.1.3", "ErrorInvalidRecipients"', "enhanced code 4.1.3"),
    ("status.def", "STATUS(FOLDER_EXISTS,", "STATUS(EXISTS,", "appears twice"),
    ("config.def", '"25", 0, 65535', '"70000", 0, 65535', "outside 0..65535"),
    ("config.def", "OPTION(smtp, recipients, INT", "OPTION(smtp, recipients, NUMBER", "unknown type NUMBER"),
    ("config.def", "OPTION(queue, port, INT", "OPTION(smtp, port, INT", "appears twice"),
    ("config.def", '"300s"', '"300x"', "is not of type DURATION"),
    ("config.def", '"openldap", 0, 0', '"samba", 0, 0', "default is one of the words"),
    ("events.def", '"B101"', '"B100"', "appears twice"),
    ("metrics.def", '"bourse_delivered_total"', '"bourse_delivered"', "is not how a COUNTER"),
    ("locks.def", "LOCK(LOOP,", "LOCK(WORKERS,", "appears twice"),
]


def findings_of(folder):
    result = subprocess.run([sys.executable, HERE / "check_base.py", folder], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def main():
    failures = 0
    for file, old, new, words in DEFECTS:
        with tempfile.TemporaryDirectory() as folder:
            for table in TABLES.glob("*.def"):
                shutil.copy(table, folder)
            path = Path(folder) / file
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
            code, output = findings_of(folder)
            if old not in text or code != 1 or words not in output:
                failures += 1
                print(f"not found: {file}: {old} -> {new}\n{output}")
    print(f"{len(DEFECTS)} defects planted, {failures} not found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
