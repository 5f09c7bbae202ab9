#!/usr/bin/env python3
"""No two layers define a global function of the same name: static libraries hide such a clash until the wrong one is linked.

usage: tests/symbols.py BUILD_FOLDER"""
import collections
import glob
import os
import subprocess
import sys


def definitions(library):
    listing = subprocess.run(["nm", "-g", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    for line in listing.split("\n"):
        words = line.split()
        if len(words) == 3 and words[1] in "TDBRC" and not words[2].startswith("__"):
            yield words[2]


def main():
    places = collections.defaultdict(set)
    libraries = glob.glob(os.path.join(sys.argv[1], "*", "lib*.a"))
    for library in libraries:
        for name in definitions(library):
            places[name].add(os.path.basename(os.path.dirname(library)))
    clashes = {name: layers for name, layers in places.items() if len(layers) > 1}
    for name, layers in sorted(clashes.items()):
        print(f"{name} is defined in {', '.join(sorted(layers))}")
    print(f"{len(libraries)} libraries, {len(places)} names, {len(clashes)} clashes")
    return 1 if clashes or not libraries else 0


if __name__ == "__main__":
    sys.exit(main())
