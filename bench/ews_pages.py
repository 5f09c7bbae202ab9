#!/usr/bin/env python3
"""Goal 8: EWS pages of 512, FindItem and the first SyncFolderItems of a folder, beside the raw rows of the same page out of the same database (pgbench, prepared).

    tests/services/with-postgres tests/services/with-openldap bench/ews_pages.py BUILD-FOLDER [MESSAGES [SECONDS]]     (a release build)

Both sides run in turns, one client each. CPU is that of all processes that take part: PostgreSQL with pgbench on the raw side, PostgreSQL with boursed on ours
(this client's own time is in the wall clock only, and is printed).
"""
import os
import re
import statistics
import subprocess
import sys
import time
import types

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "transport/testing"), os.path.join(ROOT, "tests/security")]
from ews import Client, envelope, named  # noqa: E402
from instance import Instance  # noqa: E402

PAGE = 512
SHAPES = {"IdOnly": "<t:BaseShape>IdOnly</t:BaseShape>", "Default": "<t:BaseShape>Default</t:BaseShape>"}


def cpu(pids):
    run = subprocess.run([sys.executable, os.path.join(ROOT, "bench/process_cpu.py"), *map(str, pids)], capture_output=True, text=True, check=True)
    return float(run.stdout)


def fill(instance, messages):
    words = "the quick brown fox jumps over the lazy dog and reads its mail ".split(" ")
    path = instance.folder + "/mbox"
    with open(path, "w", encoding="ascii") as file:
        for number in range(messages):
            body = "\n".join(" ".join(words[(number + line + at) % len(words)] for at in range(12)) for line in range(30))
            file.write(f"From pat@partner.test Sat Nov 21 10:00:00 2026\nFrom: Pat Partner <pat{number % 40}@partner.test>\nTo: alice@example.test\n"
                       f"Subject: message number {number} of the bench\nDate: Sat, 21 Nov 2026 {number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02} +0000\n"
                       f"Message-ID: <{number}@bench.partner.test>\n\n{body}\n\n")
    instance.control("import", "alice@example.test", path)


def sql(text):
    return subprocess.run(["psql", "-XAtq", os.environ["BOURSE_TEST_PGCONN"], "-c", text], capture_output=True, text=True, check=True).stdout.strip()


def statement(name):
    """The server's own statement out of storage/sql/message.sql, its parameters as pgbench's variables."""
    with open(os.path.join(ROOT, "storage/sql/message.sql"), encoding="utf-8") as file:
        text = file.read()
    columns = re.search(r"^-- define: row_columns = (.*)$", text, re.M).group(1)
    body = re.search(rf"^-- name: {name}\n(?:--[^\n]*\n)*(.*?;)", text, re.M | re.S).group(1)
    return body.replace("{row_columns}", columns), columns


def raw(script, variables, seconds, folder):
    """Rows a second and CPU seconds a 1,000 rows of pgbench with one client."""
    path = folder + "/page.sql"
    with open(path, "w", encoding="utf-8") as file:
        file.write(script)
    pgbench = next(path for path in (f"/usr/lib/postgresql/{version}/bin/pgbench" for version in range(20, 14, -1)) if os.path.exists(path))
    options = [f"-D{name}={value}" for name, value in variables.items()]
    server = int(os.environ["BOURSE_TEST_PG_PID"])
    before, own = cpu([server]), os.times()
    run = subprocess.run([pgbench, "-n", "-M", "prepared", "-T", str(seconds), "-f", path, *options, os.environ["BOURSE_TEST_PGCONN"]],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(run.stdout + run.stderr)
    after = os.times()
    pages = int(re.search(r"transactions actually processed: (\d+)", run.stdout).group(1))
    took = cpu([server]) - before + after.children_user - own.children_user + after.children_system - own.children_system
    rate = float(re.search(r"tps = ([\d.]+)", run.stdout).group(1))
    return rate * PAGE, took * 1000 / (pages * PAGE)


def find_item(shape, offset):
    return (f'<m:FindItem Traversal="Shallow"><m:ItemShape>{SHAPES[shape]}</m:ItemShape><m:IndexedPageItemView MaxEntriesReturned="{PAGE}" Offset="{offset}" '
            f'BasePoint="Beginning"/><m:ParentFolderIds>{named("inbox")}</m:ParentFolderIds></m:FindItem>')


def sync_items(shape, state):
    known = f"<m:SyncState>{state}</m:SyncState>" if state else ""
    return (f'<m:SyncFolderItems><m:ItemShape>{SHAPES[shape]}</m:ItemShape><m:SyncFolderId>{named("inbox")}</m:SyncFolderId>{known}'
            f'<m:MaxChangesReturned>{PAGE}</m:MaxChangesReturned></m:SyncFolderItems>')


def rows_of(client, body):
    """The answer's bytes and rows; not parsed as XML, which would cost more here than there."""
    answer = client.connection_request(envelope(body))
    rows = answer.count(b"<t:ItemId ")
    assert rows > 0 and b"NoError" in answer, answer[:2000]
    return answer, rows


def ours(client, pids, pages, seconds):
    """Rows a second and CPU seconds a 1,000 rows. `pages` gives request after request."""
    total, began, before = 0, time.monotonic(), cpu(pids)
    for body in pages():
        total += rows_of(client, body)[1] if isinstance(body, str) else body(client)
        if time.monotonic() - began > seconds:
            break
    took = time.monotonic() - began
    return total / took, (cpu(pids) - before) * 1000 / total


def find_pages(shape, messages):
    def pages():
        while True:
            for offset in range(0, messages - PAGE + 1, PAGE):
                yield find_item(shape, offset)
    return pages


def sync_pages(shape):
    """The first synchronisation over and over, page by page with the state of the page before."""
    state = [""]

    def step(client):
        answer, rows = rows_of(client, sync_items(shape, state[0]))
        is_last = b"<m:IncludesLastItemInRange>true<" in answer
        state[0] = "" if is_last else re.search(rb"<m:SyncState>([^<]*)<", answer).group(1).decode()
        return rows

    def pages():
        while True:
            yield step
    return pages


class Caller(Client):
    """The connection stays, answers are bytes."""

    def connection_request(self, body):
        if self.connection is None:
            self.must("<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>" + named("inbox") + "</m:FolderIds></m:GetFolder>")
        self.connection.request("POST", self.url.path, body.encode(), self.headers)
        return self.connection.getresponse().read()


def measure(instance, messages, seconds):
    server = types.SimpleNamespace(ews_url=f"https://localhost:{instance.https}/EWS/Exchange.asmx", ca_file=instance.certificate)
    client = Caller(server, "alice", instance.password)
    client.must("<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>" + named("inbox") + "</m:FolderIds></m:GetFolder>")
    mailbox, folder = sql("SELECT mailbox_id, folder_id FROM message GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1").split("|")
    sql("VACUUM ANALYZE message")
    newest, columns = statement("list_newest")
    variables = {"mailbox": mailbox, "folder": folder, "fai": "false", "limit": PAGE + 1}
    pages = messages // PAGE
    log_page = (f"SELECT {columns} FROM message m WHERE m.mailbox_id = :mailbox AND m.folder_id = :folder AND m.uid < :below ORDER BY m.uid DESC LIMIT {PAGE};")
    sides = {
        "FindItem": (f"\\set offset random(0, {pages - 1}) * {PAGE}\n{newest}\n", lambda shape: find_pages(shape, messages)),
        "SyncFolderItems": (f"\\set below (random(0, {pages - 1}) + 1) * {PAGE} + 1\n{log_page}\n", sync_pages),
    }
    pids = [instance.process.pid, int(os.environ["BOURSE_TEST_PG_PID"])]
    print(f"load {os.getloadavg()[0]:.2f}, {messages} messages, pages of {PAGE}, median of 3 in turns")
    for operation, (script, make) in sides.items():
        results = {}
        for _ in range(3):
            results.setdefault("raw", []).append(raw(script, variables, seconds, instance.folder))
            for shape in SHAPES:
                results.setdefault(shape, []).append(ours(client, pids, make(shape), seconds))
        middle = {name: [statistics.median(run[i] for run in runs) for i in (0, 1)] for name, runs in results.items()}
        for shape in SHAPES:
            (rate, used), (top, top_used) = middle[shape], middle["raw"]
            print(f"{operation:16} {shape:8} {rate:8.0f} rows/s {used:.3f} s CPU per 1,000; raw {top:8.0f} rows/s {top_used:.3f} s; "
                  f"ratio {rate * 100 / top:.0f} % (goal 15), CPU {used / top_used:.1f} x")


def main():
    build, messages = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 4096
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 3
    instance = Instance(f"{build}/daemon/boursed", f"{build}/tools/boursectl", {"server.log_level": '"notice"'})
    instance.start()
    try:
        instance.control("mailbox", "create", "--all")
        fill(instance, messages)
        measure(instance, messages, int(seconds))
    finally:
        instance.stop()
        instance.remove()


main()
