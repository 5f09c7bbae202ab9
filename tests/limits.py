#!/usr/bin/env python3
"""Checks sizes, names and forbidden calls of the tree; limits.sh is the way to call it.

limits.py [ROOT]          checks and prints a summary
limits.py --controls      shows that each rule finds a sample that breaks it
"""
import ast
import os
import re
import subprocess
import sys
import tempfile

LONGEST_FUNCTION, LONGEST_FILE, DEEPEST = 150, 1000, 4
SKIPPED = {".git", "build", "var", "node_modules", "__pycache__"}
BAD_NAME = re.compile(r"^(common|utils?|misc|helpers?)(\.|$|_)|_(common|utils?|misc|helpers?)\.\w+$", re.I)
CALLS = [
    (re.compile(r"\b(system|popen)\s*\("), "starts a shell"),
    (re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\("), "is unbounded or keeps hidden state"),
]
CLOCK = re.compile(r"\b(time\s*\(\s*(NULL|0|&)|gettimeofday\s*\(|clock_gettime\s*\()")
SQL = re.compile(r"\b(SELECT\b.{1,400}\bFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE|ALTER\s+TABLE)\b", re.S)
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
STRING_OR_COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
SOURCE = (".c", ".h", ".def", ".py", ".sh", ".sql", ".js", ".cmake")


def tree(root):
    """Relative paths of all files that belong to the project."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, check=False)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
        return sorted(name for name in names if os.path.isfile(os.path.join(root, name)))
    names = []
    for where, folders, files in os.walk(root):
        folders[:] = [folder for folder in folders if folder not in SKIPPED]
        names += [os.path.relpath(os.path.join(where, file), root) for file in files]
    return sorted(names)


def blanked(text, keep_strings=False):
    """C text with comments (and strings) turned to blanks; line numbers stay."""

    def blank(match):
        part = match.group(0)
        if part[0] in "\"'":
            return part if keep_strings else part[0] + " " * (len(part) - 2) + part[0]
        return re.sub(r"[^\n]", " ", part)

    return STRING_OR_COMMENT.sub(blank, text)


def c_functions(text):
    """(name, first line, lines, deepest nesting) of each function in C text."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), blanked(text), flags=re.M)
    depth = deepest = line = 0
    start = None
    head = ""
    for number, content in enumerate(code.split("\n"), 1):
        for char in content:
            if char == "{":
                if depth == 0:
                    match = re.search(r"(\w+)\s*\([^;{}]*\)\s*(?:\w+\s*)*$", head, re.S)
                    start = (match.group(1), line or number) if match else None
                    deepest = 0
                depth += 1
                deepest = max(deepest, depth - 1)
            elif char == "}":
                depth = max(depth - 1, 0)
                if depth == 0:
                    if start:
                        yield start[0], start[1], number - start[1] + 1, deepest
                    start, head, line = None, "", 0
            elif depth == 0:
                if char == ";":
                    head, line = "", 0
                else:
                    if not char.isspace() and not line:
                        line = number
                    head += char
        if depth == 0:
            head += "\n"


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1, 0


class Checker:
    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.failures = []
        self.lengths, self.long = [], []
        self.code_lines = self.test_lines = 0
        self.allowed = self.read_allowed()

    def read_allowed(self):
        path = os.path.join(self.root, "tests/limits.allow")
        if not os.path.exists(path):
            return set()
        with open(path, encoding="utf-8") as file:
            rows = [line.split("#")[0].split() for line in file]
        return {tuple(row) for row in rows if row}

    def fail(self, rule, path, text, name=None):
        if (rule, path) in self.allowed or (rule, path, name) in self.allowed:
            return
        self.failures.append(f"{rule} {path}: {text}")

    def check_functions(self, path, functions):
        for name, line, length, deepest in functions:
            if path.endswith(".c"):
                self.lengths.append(length)
            if length > LONGEST_FUNCTION:
                self.fail("function", f"{path}", f"{name} at line {line} has {length} lines, {LONGEST_FUNCTION} is the limit", name)
            elif length > 70:
                self.long.append(f"{path}:{line} {name} {length}")
            if deepest > DEEPEST:
                self.fail("nesting", path, f"{name} at line {line} nests {deepest} deep, {DEEPEST} is the limit", name)

    def check_c(self, path, text):
        code = blanked(text)
        test = re.match(r"(test|fuzz)_", os.path.basename(path)) or re.search(r"(^|/)(tests|testing|bench)/", path)
        self.check_functions(path, c_functions(text))
        for pattern, why in CALLS:
            for match in pattern.finditer(code):
                self.fail("call", path, f"line {code.count(chr(10), 0, match.start()) + 1}: {match.group(1)} {why}", match.group(1))
        if not test and not path.startswith("base/clock"):
            for match in CLOCK.finditer(code):
                self.fail("clock", path, f"line {code.count(chr(10), 0, match.start()) + 1}: time comes from base/clock.h")
        if not test and not path.startswith("storage/"):
            strings = re.sub(r'"\s*"', "", blanked(text, keep_strings=True))
            for literal in re.findall(r'"(?:\\.|[^"\\\n])*"', strings):
                if SQL.search(literal):
                    self.fail("sql", path, f"SQL outside storage: {literal[:60]}")
        if path.endswith(".h") and "/include/" in path and not text.lstrip().startswith(("/*", "//")):
            self.fail("header", path, "a public header begins with a comment that says what the module is for")

    def check_file(self, path):
        full = os.path.join(self.root, path)
        base = os.path.basename(path)
        if BAD_NAME.search(base):
            self.fail("name", path, "a file is named after what it is for")
        try:
            with open(full, encoding="utf-8") as file:
                text = file.read()
        except UnicodeDecodeError:
            return
        lines = text.count("\n")
        for place in self.places:
            if place in text:
                self.fail("place", path, f"names a place of this machine: {place}")
        script = text.startswith("#!") and "python" not in text.split("\n", 1)[0]
        if not (base.endswith(SOURCE) or script):
            return
        counts_as_test = re.match(r"(test|fuzz)_", base) or path.startswith("tests/")
        if counts_as_test:
            self.test_lines += lines
        elif base.endswith((".c", ".h", ".def", ".sql")):
            self.code_lines += lines
        if lines > LONGEST_FILE and not base.endswith(".def"):
            self.fail("length", path, f"{lines} lines, {LONGEST_FILE} is the limit")
        if UNFINISHED.search(text):
            self.fail("unfinished", path, f"marks unfinished work: {UNFINISHED.search(text).group(0)}")
        if base.endswith((".c", ".h")):
            self.check_c(path, text)
        elif base.endswith(".py"):
            self.check_functions(path, python_functions(text))

    def check_folders(self, paths):
        for folder in sorted({path.split("/")[0] for path in paths if path.endswith("/CMakeLists.txt") and path.count("/") == 1}):
            if any(path.startswith(folder + "/") and path.endswith(".c") for path in paths) and f"{folder}/README.md" not in paths:
                self.fail("readme", folder, "each folder has a README.md of at most a page")
            if f"{folder}/README.md" in paths:
                with open(os.path.join(self.root, folder, "README.md"), encoding="utf-8") as file:
                    if len(file.readlines()) > 80:
                        self.fail("readme", folder, "README.md is longer than a page (80 lines)")

    def find_places(self):
        """No file names the folder where the tree happens to lie, or a folder beside it."""
        parent = os.path.dirname(self.root)
        self.places = []
        if parent in ("/", "/tmp", "/var/tmp", "/root", "/home", "/srv", "/opt", "/usr/src"):
            return
        self.places.append(parent + "/")
        ordinary = {"build", "src", "docs", "tests", "test", "bench", "packaging", os.path.basename(self.root)}
        for name in os.listdir(parent):
            if not name.startswith(".") and name not in ordinary and os.path.isdir(os.path.join(parent, name)):
                self.places.append(f"../{name}/")

    def run(self):
        paths = tree(self.root)
        self.find_places()
        for path in paths:
            self.check_file(path)
        self.check_folders(set(paths))
        return self.failures

    def summary(self):
        ordered = sorted(self.lengths) or [0]
        median, high = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
        share = 100 * self.test_lines // max(self.code_lines, 1)
        return (f"limits: {len(self.lengths)} C functions, median {median} lines (aim 20), 95th percentile {high} (aim 70), longest "
                f"{ordered[-1]}, {len(self.long)} over 70; {self.code_lines} lines of code, {self.test_lines} of tests "
                f"({share} %, aim 35); {len(self.failures)} broken")


CONTROLS = [
    ("function", "base/x.c", "int f(void)\n{\n" + "    g();\n" * 160 + "}\n"),
    ("nesting", "base/x.c", "int f(int a)\n{\n" + "if (a) {\n" * 5 + "g();\n" + "}\n" * 5 + "}\n"),
    ("length", "base/x.c", "int a;\n" * 1001),
    ("name", "base/utils.c", "int a;\n"),
    ("call", "base/x.c", "void f(void)\n{\n    system(\"ls\");\n}\n"),
    ("call", "base/x.c", "void f(char *a, char *b)\n{\n    strcpy(a, b);\n}\n"),
    ("clock", "http/x.c", "long f(void)\n{\n    return time(NULL);\n}\n"),
    ("sql", "groupware/x.c", "const char *q = \"SELECT a\"\n    \" FROM b\";\n"),
    ("header", "base/include/bourse/base/x.h", "#ifndef X\n#endif\n"),
    ("readme", "base/CMakeLists.txt", "\n"),
    ("unfinished", "base/x.c", "/* TO" "DO: later */\n"),
    ("", "base/x.c", "/* system(\"a\") */\nconst char *f(void)\n{\n    return \"strcpy(a, b) time(NULL)\";\n}\n"),
]


def controls():
    wrong = 0
    for rule, path, text in CONTROLS:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in ((path, text), ("base/y.c", "int y;\n")):
                os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(content)
            found = {failure.split()[0] for failure in Checker(folder).run()}
            if found != ({rule} if rule else set()):
                wrong += 1
                print(f"limits: control {rule or 'clean file'} gave {sorted(found)}")
    print(f"limits: {len(CONTROLS)} controls, {wrong} failed")
    return wrong


def main():
    if "--controls" in sys.argv:
        return 1 if controls() else 0
    checker = Checker(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    failures = checker.run()
    for failure in failures:
        print(failure)
    if os.environ.get("LIMITS_VERBOSE"):
        print("\n".join(checker.long))
    print(checker.summary())
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
