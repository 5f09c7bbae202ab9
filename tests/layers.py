#!/usr/bin/env python3
"""layers.py [BUILD-FOLDER]: checks the layer rules and names the one that an include breaks.

1. Every #include in every layer against the rows of cmake/BourseLayers.cmake and tests/layers.def.
2. Negative control: a sample file with a forbidden include must be found.
3. With a build folder (compile_commands.json): for every pair of layers, the compiler itself is run with the flags of the
   one on an include of the other, and must refuse exactly the forbidden ones.
"""
import functools
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.M)


def read_rules():
    """{layer: set of layers that it may include} out of the CMake table."""
    with open(os.path.join(ROOT, "cmake/BourseLayers.cmake"), encoding="utf-8") as file:
        rows = re.findall(r"^set\(BOURSE_RULE_(\w+)\s+([^)]*)\)", file.read(), re.M)
    return {name: set(text.replace('"', "").split()) for name, text in rows}


def read_libraries():
    """[(header prefix, set of layers)] out of tests/layers.def."""
    rows = []
    with open(os.path.join(ROOT, "tests/layers.def"), encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                rows.append((words[0], set(words[1:])))
    return rows


def broken_rules(layer, text, rules, libraries):
    """The rules that the includes in one file's text break."""
    found = []
    for header in INCLUDE.findall(text):
        parts = header.split("/")
        if parts[0] == "bourse" and len(parts) > 2:
            target = target_of(header)
            own = target == layer or (layer, target) == ("directory", "sign_in")
            if not own and target in rules and target not in rules[layer]:
                found.append(f"{layer} must not include {target} (docs/architecture.md, layers): {header}")
        elif ".." in parts:
            found.append(f"{layer} must not reach into another folder: {header}")
        for prefix, layers in libraries:
            if header.startswith(prefix) and layer not in layers:
                found.append(f"{layer} must not see {prefix}, only {' and '.join(sorted(layers))} may (tests/layers.def)")
    return found


@functools.lru_cache(maxsize=None)
def headers_of(layer):
    """The public headers of a layer as others include them. sign_in is the part of directory that the edges may see."""
    folder = "directory/include_sign_in" if layer == "sign_in" else f"{layer}/include"
    top = os.path.join(ROOT, folder)
    return sorted(os.path.relpath(os.path.join(where, name), top) for where, _, names in os.walk(top) for name in names
                  if name.endswith(".h"))


def target_of(header):
    """The layer that an included header belongs to."""
    return "sign_in" if header in headers_of("sign_in") else header.split("/")[1]


def source_files(layer):
    for where, _, names in os.walk(os.path.join(ROOT, layer)):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.join(where, name)


def check_sources(rules, libraries):
    files = failures = 0
    for layer in rules:
        for path in source_files(layer):
            files += 1
            with open(path, encoding="utf-8", errors="replace") as file:
                for rule in broken_rules(layer, file.read(), rules, libraries):
                    failures += 1
                    print(f"{os.path.relpath(path, ROOT)}: rule: {rule}")
    print(f"layers: {files} files, {failures} broken rules")
    return failures


def check_controls(rules, libraries):
    """Samples that must be found, and one that must not."""
    samples = [
        ("ews", "#include <bourse/storage/mailbox.h>\n", "ews must not include storage"),
        ("ews", "#include <bourse/activesync/wbxml.h>\n", "ews must not include activesync"),
        ("base", '  #  include "bourse/model/value.h"\n', "base must not include model"),
        ("groupware", "#include <libpq-fe.h>\n", "groupware must not see libpq-fe.h"),
        ("http", "#include <bourse/directory/directory.h>\n", "http must not include directory"),
        ("http", "#include <bourse/directory/sign_in.h>\n", None),
        ("http", '#include "../storage/pool.h"\n', "must not reach into another folder"),
        ("groupware", "#include <bourse/storage/mailbox.h>\n#include <string.h>\n", None),
    ]
    failures = 0
    for layer, text, expected in samples:
        found = broken_rules(layer, text, rules, libraries)
        right = any(expected in rule for rule in found) if expected else not found
        if not right:
            failures += 1
            print(f"layers: control failed: {layer}: {text.strip()!r} gave {found}")
    print(f"layers: {len(samples)} controls, {failures} failed")
    return failures


def compile_flags(entries, layer):
    """The compiler and its include options for one source file of the layer's library, or None."""
    for entry in entries:
        if f"{layer}/CMakeFiles/{layer}.dir/" not in entry.get("output", "") + entry["command"]:
            continue
        words = shlex.split(entry["command"])
        compiler = next(word for word in words if re.search(r"(^|/)(gcc|cc|clang)[-\d]*$", word))
        options = [word for word in words if re.match(r"-[ID]", word)]
        for index, word in enumerate(words):
            if word == "-isystem":
                options += [word, words[index + 1]]
        return [compiler] + options
    return None


def includes_compile(flags, header, folder):
    sample = os.path.join(folder, "sample.c")
    with open(sample, "w", encoding="utf-8") as file:
        file.write(f"#include <{header}>\n")
    run = subprocess.run(flags + ["-E", "-o", os.devnull, sample], capture_output=True, text=True, check=False)
    return run.returncode == 0, run.stderr


def check_compiler(build, rules):
    pairs = failures = 0
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    with tempfile.TemporaryDirectory() as folder:
        for layer in rules:
            flags = compile_flags(entries, layer)
            if not flags:
                continue
            for target in rules:
                header = next(iter(headers_of(target)), None)
                if not header:
                    continue
                allowed = target in rules[layer] or target == layer or (layer, target) == ("directory", "sign_in")
                compiles, errors = includes_compile(flags, header, folder)
                pairs += 1
                if allowed and not compiles:
                    failures += 1
                    print(f"rule: {layer} may include {target}, but the compiler finds no {header}:\n{errors}")
                elif not allowed and (compiles or header not in errors):
                    failures += 1
                    print(f"rule: {layer} must not include {target} (docs/architecture.md, layers), but {header} compiles")
    print(f"layers: {pairs} pairs tried with the compiler, {failures} wrong")
    return failures if pairs else 1


def main():
    rules, libraries = read_rules(), read_libraries()
    failures = check_sources(rules, libraries) + check_controls(rules, libraries)
    if len(sys.argv) > 1:
        failures += check_compiler(sys.argv[1], rules)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
