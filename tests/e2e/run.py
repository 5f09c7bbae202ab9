#!/usr/bin/python3
"""Runs the end-to-end tests: every function test_* in test_*.py gets the shared instance and fails by an exception.

run.py [--build dev] [--only PART-OF-NAME] [--list] [--keep FOLDER]
Writes counts to the file named by RESULTS (see ./test); prints one line a test, and for failures the cause and the end of
the daemon's log.
"""
import argparse
import glob
import importlib.util
import inspect
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# folders with files test_*.py; activesync/'s are named activesync_<topic>.<test>
FOLDERS = {HERE: "", os.path.join(ROOT, "tests/activesync"): "activesync_"}
sys.path[:0] = list(FOLDERS)
from instance import Instance  # noqa: E402
from needs import missing  # noqa: E402

TEST_SECONDS = 180
SANITIZER = re.compile(r"^.*(?:ERROR: \w*Sanitizer|runtime error:|WARNING: ThreadSanitizer).*$", re.M)


def discover(only):
    """[(name, function)] in the order of files and lines, and why some files could not be loaded."""
    tests, not_loaded = [], []
    files = [(folder, file) for folder in FOLDERS for file in sorted(os.listdir(folder)) if re.fullmatch(r"test_\w+\.py", file)]
    for folder, file in files:
        name = FOLDERS[folder] + file[:-3]
        spec = importlib.util.spec_from_file_location(name, os.path.join(folder, file))
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except ModuleNotFoundError as error:
            not_loaded.append(f"e2e {file}: {error}")
            continue
        functions = [f for n, f in inspect.getmembers(module, inspect.isfunction) if n.startswith("test_") and f.__module__ == name]
        functions.sort(key=lambda function: function.__code__.co_firstlineno)
        tests += [(f"{name.replace('test_', '', 1)}.{function.__name__[5:]}", function) for function in functions]
    tests.sort(key=lambda test: hasattr(test[1], "last"))
    return [(name, function) for name, function in tests if only in name], not_loaded


def too_late(_number, _frame):
    raise TimeoutError(f"the test took longer than {TEST_SECONDS} s")


def run_one(name, function, server):
    """True, or the text of the failure."""
    log_before = len(server.log())
    signal.alarm(getattr(function, "seconds", TEST_SECONDS))
    began = time.monotonic()
    try:
        function(server)
    except Exception:  # a test may fail in any way
        signal.alarm(0)
        print(f"FAIL {name} ({time.monotonic() - began:.1f} s)")
        return f"{traceback.format_exc()}\nboursed.log meanwhile:\n{server.log()[log_before:][-4000:]}"
    signal.alarm(0)
    print(f"ok   {name} ({time.monotonic() - began:.1f} s)")
    return True


def sanitizer_reports(folder):
    """Test results in themselves: what ASan, UBSan or TSan said in any log of any instance."""
    found = []
    for path in sorted(glob.glob(os.path.join(folder, "*", "log", "*"))):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        found += [f"{path}: {text[match.start():match.start() + 2500]}" for match in SANITIZER.finditer(text)]
    return found


def run_all(tests, arguments, folder):
    results = {"passed": 0, "failed": 0, "skipped": []}
    settings = {"activesync.devices_per_user": "200"}  # the tests of phones share the people
    if "BOURSE_TEST_POSTFIX_PORT" in os.environ:
        settings["queue.routes"] = f'{{"{os.environ["BOURSE_TEST_POSTFIX_DOMAIN"]}=127.0.0.1:{os.environ["BOURSE_TEST_POSTFIX_PORT"]}"}}'
    server = Instance(os.path.join(folder, "instance"), arguments.build, settings)
    signal.signal(signal.SIGALRM, too_late)
    # a runner that is told to end still stops the servers that it started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        server.start()
        for name, function in tests:
            reasons = [reason for reason in map(missing, getattr(function, "needs", ())) if reason]
            if reasons:
                results["skipped"].append(f"e2e {name}: {reasons[0]}")
                print(f"skip {name} ({reasons[0]})")
                continue
            result = run_one(name, function, server)
            if result is True:
                results["passed"] += 1
            else:
                results["failed"] += 1
                print(result)
    finally:
        server.stop()
    reports = sanitizer_reports(folder)
    results["failed" if reports else "passed"] += 1
    print(("FAIL" if reports else "ok  "), "no sanitizer report in any log")
    print("\n".join(reports[:3]))
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="dev")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", help="folder for the instances, kept afterwards")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    tests, not_loaded = discover(arguments.only)
    if arguments.list:
        print("\n".join(name for name, _ in tests))
        return 0
    wants_postfix = any("postfix" in getattr(function, "needs", ()) for _, function in tests)
    if wants_postfix and not missing("postfix") and "BOURSE_TEST_POSTFIX_PORT" not in os.environ:
        wrapper = os.path.join(ROOT, "tests/services/with-postfix")
        os.execv(wrapper, [wrapper, sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    folder = arguments.keep or tempfile.mkdtemp(prefix="bourse-e2e-")
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o711)
    try:
        results = run_all(tests, arguments, folder) if tests else {"passed": 0, "failed": 0, "skipped": []}
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    results["skipped"] += not_loaded
    if os.environ.get("RESULTS"):
        with open(os.environ["RESULTS"], "a", encoding="utf-8") as file:
            print(f"passed {results['passed']}\nfailed {results['failed']}", file=file)
            for line in results["skipped"]:
                print(f"skipped {line}", file=file)
    print(f"{results['passed']} passed, {results['failed']} failed")
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
