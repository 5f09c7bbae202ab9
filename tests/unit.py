#!/usr/bin/env python3
"""unit.py BUILD-FOLDER: runs ctest, writes counts to the file named by RESULTS, prints the output of tests that failed."""
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def main():
    build = sys.argv[1]
    report = os.path.join(build, "ctest.xml")
    if os.path.exists(report):
        os.unlink(report)
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", CLICOLOR_FORCE="0")
    run = subprocess.run(["ctest", "--test-dir", build, "-j", str(os.cpu_count() or 2), "--timeout", "300", "--output-junit", report],
                         env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if not os.path.exists(report):
        print(run.stdout[-3000:])
        return 1
    passed, failed, skipped = 0, 0, []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.get("status") == "run":
            passed += 1
        elif case.find("skipped") is not None and case.get("status") != "fail":
            skipped.append(f"{case.get('name')}: {case.find('skipped').get('message')}")
        else:
            failed += 1
            output = case.findtext("system-out") or ""
            print(f"--- {case.get('name')} failed, end of its output:\n{output[-3000:]}")
    with open(os.environ["RESULTS"], "a", encoding="utf-8") as results:
        print(f"passed {passed}\nfailed {failed}", file=results)
        for line in skipped:
            print(f"skipped {line}", file=results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
