#!/usr/bin/env python3
"""clang-tidy and cppcheck over all C files: static_analysis.py [--build FOLDER] [--seconds N] [--only PART-OF-PATH]

Three passes: cppcheck, clang-tidy's checks of the syntax tree, clang's path-sensitive analyzer. The first two look at every file; the analyzer, which takes some
seconds a file, stops after N seconds (0: never; -1: does not run), the files that were changed last first. Results are kept in FOLDER/../analysis under a hash of the file,
of all it includes from this tree, of the flags and of the settings (.clang-tidy, cppcheck.suppressions), so the next run goes on where this one stopped.
Exit code 0: no finding, 1: findings, 77: a tool is missing.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SUPPRESSIONS = os.path.join(ROOT, "tests/cppcheck.suppressions")
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)
FINDING = re.compile(r"^(\S+?):(\d+):\d+: (?:warning|error|performance|portability|style): ", re.M)


def tool(name):
    return shutil.which(name) or shutil.which(name + "-14")


class File:
    """One entry of compile_commands.json."""

    texts = {}

    def __init__(self, entry):
        self.path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        words = shlex.split(entry["command"])
        # sanitizers change the code that the analyzer sees, and say nothing about the source
        self.flags = [word for word in words if re.match(r"-[DIU]|-std=", word)] + \
                     [flag for at, word in enumerate(words) if word == "-isystem" for flag in words[at:at + 2]]
        self.folders = [word[2:] for word in words if word.startswith("-I")]
        self.changed = os.stat(self.path).st_mtime

    @classmethod
    def text(cls, path):
        if path not in cls.texts:
            try:
                with open(path, "rb") as file:
                    cls.texts[path] = file.read()
            except OSError:
                cls.texts[path] = None
        return cls.texts[path]

    def depends_on(self):
        """The file and all headers and tables in quotes, as far as they are found."""
        seen, waiting = {}, [self.path]
        while waiting:
            path = waiting.pop()
            text = self.text(path)
            if path in seen or text is None:
                continue
            seen[path] = text
            for name in INCLUDE.findall(text):
                for folder in [os.path.dirname(path), *self.folders]:
                    found = os.path.normpath(os.path.join(folder, name.decode()))
                    if self.text(found) is not None:
                        waiting.append(found)
                        break
        return seen

    def key(self, settings):
        digest = hashlib.sha256(settings)
        for path, text in sorted(self.depends_on().items()):
            digest.update(path.encode() + b"\0" + hashlib.sha256(text).digest())
        digest.update("\0".join(self.flags).encode())
        return digest.hexdigest()


class Pass:
    def __init__(self, name, command, configuration):
        self.name, self.command = name, command
        version = subprocess.run([command[0], "--version"], capture_output=True, check=True).stdout
        with open(configuration, "rb") as file:
            self.settings = "\0".join([name, *command]).encode() + version + file.read()

    def look(self, file):
        """Findings as text, "" when there is none."""
        if self.name == "cppcheck":
            # what a library's header defines is known to cppcheck by its own tables only
            flags = [flag for flag in file.flags if re.match(r"-[DI]", flag) and not flag.startswith("-I/usr")]
            command = [*self.command, *flags, file.path]
        else:
            command = [*self.command, file.path, "--", *file.flags]
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, check=False)
        text = run.stdout if self.name != "cppcheck" else run.stderr
        if run.returncode != 0 and not FINDING.search(text):
            text += f"{file.path}:1:1: error: {self.command[0]} failed ({run.returncode}): {run.stderr[-500:]}\n"
        return text.replace(ROOT + "/", "") if FINDING.search(text) else ""


def passes():
    tidy, cppcheck = tool("clang-tidy"), tool("cppcheck")
    if tidy is None or cppcheck is None:
        print("clang-tidy or cppcheck is not installed")
        sys.exit(77)
    settings = os.path.join(ROOT, ".clang-tidy")
    return [
        Pass("cppcheck", [cppcheck, "--quiet", "--enable=warning,performance,portability", "--inline-suppr", "--std=c11", "--library=posix,gnu",
                          "--platform=unix64", "-D__attribute__(x)=", "--error-exitcode=1", "--suppressions-list=" + SUPPRESSIONS,
                          "--template={file}:{line}:{column}: {severity}: {message} [{id}]"], SUPPRESSIONS),
        Pass("clang-tidy", [tidy, "--quiet", "--warnings-as-errors=*", "--checks=-clang-analyzer-*"], settings),
        Pass("analyzer", [tidy, "--quiet", "--warnings-as-errors=*", "--checks=-bugprone-*,-misc-*,-performance-*,-portability-*,-readability-*,-cert-*"],
             settings),
    ]


class Analysis:
    def __init__(self, folder, seconds):
        self.cache, self.end = folder, time.monotonic() + seconds if seconds > 0 else None
        self.looked, self.left, self.findings = 0, 0, {}
        os.makedirs(folder, exist_ok=True)

    def one(self, step, file):
        path = os.path.join(self.cache, file.key(step.settings))
        if os.path.exists(path):
            os.utime(path)  # still of use
            with open(path, encoding="utf-8") as cached:
                return cached.read()
        if step.name == "analyzer" and self.end is not None and time.monotonic() > self.end:
            self.left += 1
            return ""
        text = step.look(file)
        self.looked += 1
        with open(path + ".new", "w", encoding="utf-8") as cached:
            cached.write(text)
        os.rename(path + ".new", path)
        return text

    def run(self, steps, files):
        jobs = [(step, file) for step in steps for file in files]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            for text in pool.map(lambda job: self.one(*job), jobs):
                # a header's finding shows in all that include it
                for block in re.split(r"(?m)^(?=\S+:\d+:\d+: (?:warning|error|performance|portability|style): )", text):
                    if FINDING.match(block):
                        self.findings.setdefault(block.split("\n")[0], block.rstrip())

    def forget_old(self, days=14):
        """Results of files as they no longer are."""
        for entry in os.scandir(self.cache):
            if entry.stat().st_mtime < time.time() - days * 86400:
                os.unlink(entry.path)


def sources(build, only):
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = {entry["file"]: entry for entry in json.load(file)}.values()
    files = [File(entry) for entry in entries if os.path.exists(entry["file"])]
    files = [file for file in files if file.path.startswith(ROOT + "/") and not file.path.startswith(ROOT + "/build/") and only in file.path[len(ROOT):]]
    return sorted(files, key=lambda file: -file.changed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build/dev"))
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    steps, files = passes(), sources(arguments.build, arguments.only)
    if arguments.seconds < 0:
        steps = [step for step in steps if step.name != "analyzer"]
    analysis = Analysis(os.path.join(ROOT, "build/analysis"), arguments.seconds)
    analysis.run(steps, files)
    analysis.forget_old()
    for block in analysis.findings.values():
        print(block)
    rest = f", {analysis.left} files wait for the analyzer (./test --analysis looks at all)" if analysis.left else ""
    print(f"{len(files)} files, {analysis.looked} new results, {len(analysis.findings)} findings{rest}")
    return 1 if analysis.findings or not files else 0


if __name__ == "__main__":
    sys.exit(main())
