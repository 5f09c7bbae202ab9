#!/usr/bin/python3
"""Runs the fault tests and prints one line of figures for each. See README.md.

run.py [--short | --long] [--count N] [--build dev] [--only PART-OF-NAME] [--list] [--keep FOLDER]
Writes counts to the file named by RESULTS (see ./test). Exit code 0: all passed, 77: all were skipped.
"""
import argparse
import glob
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from catalogue import TESTS  # noqa: E402
from lab import Form, Skip  # noqa: E402

SANITIZER = re.compile(r"^.*(?:ERROR: \w*Sanitizer|runtime error:|WARNING: ThreadSanitizer).*$", re.M)
SHORT_SECONDS, LONG_SECONDS = 120, 4 * 3600


def too_late(_number, _frame):
    raise TimeoutError("the test took too long")


class Runner:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.lab = None  # of the kind that the running test wants
        self.passed = self.failed = 0
        self.skipped, self.lines = [], []

    def shared_lab(self, kind):
        """The instance that the tests of its kind share; a test that failed leaves a fresh one to the next."""
        if type(self.lab) is not kind:
            self.drop_lab()
            folder = tempfile.mkdtemp(prefix="lab-", dir=self.folder)
            os.chmod(folder, 0o711)
            self.lab = kind(folder, self.arguments.build, Form(self.arguments.long, self.arguments.count))
            self.lab.start()
        return self.lab

    def drop_lab(self):
        if self.lab is not None:
            lab, self.lab = self.lab, None
            lab.stop()

    def say(self, line):
        self.lines.append(line)
        print(line, flush=True)

    def run(self, name, function, kind):
        signal.alarm(LONG_SECONDS if self.arguments.long or self.arguments.count else SHORT_SECONDS)
        began = time.monotonic()
        try:
            figures = function(self.shared_lab(kind))
            signal.alarm(0)
            good = figures.good()
            self.say(f"{'ok  ' if good else 'FAIL'} {name}: {figures} ({time.monotonic() - began:.1f} s)")
            if good:
                self.passed += 1
            else:
                self.failed += 1
                print("\n".join(figures.examples))
                self.drop_lab()
        except Skip as reason:
            signal.alarm(0)
            self.skipped.append(f"faults {name}: {reason}")
            self.drop_lab()
            self.say(f"skip {name}: {reason}")
        except Exception:  # a test may fail in any way
            signal.alarm(0)
            self.failed += 1
            self.say(f"FAIL {name} ({time.monotonic() - began:.1f} s)")
            print(traceback.format_exc())
            if self.lab is not None:
                print(f"end of boursed.log:\n{self.lab.log_text()[-3000:]}")
            self.drop_lab()

    def check_logs(self):
        """What ASan, UBSan or TSan said in any log of any instance counts as a failure."""
        reports = []
        for path in sorted(glob.glob(os.path.join(self.folder, "**", "log", "*"), recursive=True)):
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
            reports += [f"{path}: {text[match.start():match.start() + 2500]}" for match in SANITIZER.finditer(text)]
        self.say(f"{'FAIL' if reports else 'ok  '} no sanitizer report in any log")
        print("\n".join(reports[:3]), end="\n" if reports else "")
        self.passed, self.failed = self.passed + (not reports), self.failed + bool(reports)


def report(runner, arguments):
    if os.environ.get("RESULTS"):
        with open(os.environ["RESULTS"], "a", encoding="utf-8") as file:
            print(f"passed {runner.passed}\nfailed {runner.failed}", file=file)
            for line in runner.skipped:
                print(f"skipped {line}", file=file)
        # ./test shows a runner's output only when something failed; the figures stay
        with open(os.path.join(os.path.dirname(os.environ["RESULTS"]), "fault-figures.log"), "w", encoding="utf-8") as file:
            print(f"{'long' if arguments.long else 'short'} form, {arguments.build} build", *runner.lines, sep="\n", file=file)
    print(f"{runner.passed} passed, {runner.failed} failed, {len(runner.skipped)} skipped")
    if runner.failed:
        return 1
    return 77 if runner.skipped and not any(line.startswith("ok   ") and "sanitizer" not in line for line in runner.lines) else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--short", action="store_true", help="the default: all tests, minutes")
    form.add_argument("--long", action="store_true", help="1,000 kills, 100 power cuts, each byte: hours")
    parser.add_argument("--count", type=int, help="faults of each loop, instead of the form's number")
    parser.add_argument("--build", default="dev")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", help="folder for the instances, kept afterwards")
    return parser.parse_args()


def main():
    arguments = parse()
    tests = [(name, function, kind) for name, function, kind in TESTS if arguments.only in name]
    if arguments.list:
        print("\n".join(name for name, _, _ in tests))
        return 0
    # what is to be ended ends by an exception, so that servers and mounts are cleared away
    signal.signal(signal.SIGALRM, too_late)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    folder = arguments.keep or tempfile.mkdtemp(prefix="bourse-faults-")
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o711)
    runner = Runner(arguments, folder)
    try:
        for test in tests:
            runner.run(*test)
    finally:
        runner.drop_lab()
        runner.check_logs()
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return report(runner, arguments)


if __name__ == "__main__":
    sys.exit(main())
