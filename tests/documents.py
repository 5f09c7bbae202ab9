#!/usr/bin/env python3
"""Checks the documents: every relative link leads to a file, every path in backticks that begins with one of our folders exists,
and the README shows the two commands.

documents.py [ROOT] | documents.py --controls
"""
import os
import re
import subprocess
import sys
import tempfile

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
QUOTED = re.compile(r"`([A-Za-z0-9_.][A-Za-z0-9_./-]*/[A-Za-z0-9_./-]*)`")
# made by ./run, ./test and the build
MADE = ("build/", "var/", "tests/e2e/node/node_modules/")


def documents(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "*.md"], capture_output=True, text=True,
                            check=False)
    if listed.returncode == 0:
        return [name for name in listed.stdout.split("\n") if name and os.path.exists(os.path.join(root, name))]
    return [os.path.relpath(os.path.join(where, name), root) for where, _, names in os.walk(root) for name in names
            if name.endswith(".md") and "node_modules" not in where]


def check(root):
    findings = []
    folders = {name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name)) and not name.startswith(".")}
    for name in documents(root):
        here = os.path.dirname(os.path.join(root, name))
        with open(os.path.join(root, name), encoding="utf-8") as file:
            text = file.read()
        for target in LINK.findall(text):
            if not re.match(r"[a-z]+:", target) and not os.path.exists(os.path.join(here, target)):
                findings.append(f"{name}: the link to {target} leads nowhere")
        for path in QUOTED.findall(text):
            if path.split("/")[0] in folders and not path.startswith(MADE) and not any(
                    os.path.exists(os.path.join(place, path)) for place in (root, here)):
                findings.append(f"{name}: there is no {path}")
    with open(os.path.join(root, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    for command in ("./run", "./test"):
        if command not in readme:
            findings.append(f"README.md does not show {command}")
    return findings


def controls():
    samples = [
        ("Use ./run and ./test, see [the design](docs/none.md).", "leads nowhere"),
        ("Use ./run and ./test, see `docs/none.c`.", "there is no"),
        ("Use ./run.", "./test"),
        ("Use ./run and ./test, see [here](docs/here.md), `docs/here.md`, `a/b`, [out](https://example.com/x).", None),
    ]
    wrong = 0
    for text, expected in samples:
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "docs"))
            for name, content in (("README.md", text), ("docs/here.md", "x\n")):
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(content)
            found = check(root)
            if (len(found) != 1 or expected not in found[0]) if expected else found:
                wrong += 1
                print(f"documents: control {text!r} gave {found}")
    print(f"documents: {len(samples)} controls, {wrong} failed")
    return wrong


def main():
    if "--controls" in sys.argv:
        return 1 if controls() else 0
    findings = check(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    print("\n".join(findings) or "documents: all links and paths lead somewhere")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
