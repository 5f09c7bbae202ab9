#!/usr/bin/python3
"""Goals 4 to 7: first sync, FolderSync and OPTIONS a second, hanging Pings.

    activesync_bench.py ENDPOINTS.json PID... [--messages 10000] [--pings 1000] [--user alice] [--seconds 3]

A running instance (./run, release build) with, for many Pings, `http.connections_per_address` high enough. PID: its processes, for CPU and
memory (PostgreSQL's postmaster too, for the CPU of both). Prints our side and SOGo's figures measured on a machine of this kind; where SOGo is installed, give it the same
mailbox and run its side alternately."""
import argparse
import json
import os
import resource
import smtplib
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "tests/activesync"), os.path.join(os.path.dirname(HERE), "tests/e2e")]
import client  # noqa: E402
from converge import Endpoints  # noqa: E402
from wbxml import Node, decode, encode  # noqa: E402

POLICY_KEYS = {}
SOGO = {"sync": 214.0, "sync_cpu": 35.0, "folder_sync": 12.0}


def cpu(pids):
    return float(subprocess.run([sys.executable, os.path.join(HERE, "process_cpu.py"), *map(str, pids)], capture_output=True, text=True, check=True).stdout)


def fill(server, address, count):
    """`count` messages of some 3 KB, 50 a session."""
    body = "The quick brown fox jumps over the lazy dog. " * 60
    for first in range(0, count, 50):
        with smtplib.SMTP("127.0.0.1", server.smtp_port) as session:
            for number in range(first, min(first + 50, count)):
                message = (f"From: Friend <friend@partner.test>\r\nTo: {address}\r\nSubject: Message {number}\r\nMessage-ID: <bench{number}.{time.time()}@partner.test>\r\n"
                           f"Date: Sun, 22 Nov 2026 03:00:00 +0000\r\n\r\n{body}\r\n")
                session.sendmail("friend@partner.test", [address], message.encode())


class Keeper(client.Device):
    """One connection for many requests."""

    def open(self):
        plain = socket.create_connection((self.host, self.port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = self.context.wrap_socket(plain, server_hostname=self.host)
        self.rest = b""

    def send(self, method, query, body):
        fields = {**self.headers(client.WBXML if body else None), "Host": f"{self.host}:{self.port}", "Content-Length": str(len(body))}
        head = f"{method} {self.path}{'?' + query if query else ''} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        self.socket.sendall(head.encode() + body)

    def read(self):
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.socket.recv(65536)
        head, _, body = self.rest.partition(b"\r\n\r\n")
        length = int(next((line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b"0"))
        parts, have = [body], len(body)
        while have < length:
            parts.append(self.socket.recv(1 << 20))
            have += len(parts[-1])
        body = b"".join(parts)
        self.rest = body[length:]
        assert b" 200 " in head.split(b"\r\n")[0], head
        return body[:length]

    def ask(self, method, query, body=b""):
        self.send(method, query, body)
        return self.read()


def keeper(server, login, name):
    device = Keeper(server.endpoints, server.users[login], version="14.1", device_id=name)
    if (login, name) not in POLICY_KEYS:
        device.provision()
        POLICY_KEYS[(login, name)] = device.policy_key
    device.policy_key = POLICY_KEYS[(login, name)]
    device.open()
    return device


def first_sync(server, login, pids):
    device = keeper(server, login, "BenchSync")
    device.folder_sync("0")
    inbox = device.folder("Inbox")
    options = Node("AirSync:Options", [Node("AirSync:FilterType", "0"), Node("AirSyncBase:BodyPreference", [
        Node("AirSyncBase:Type", "1"), Node("AirSyncBase:TruncationSize", "512")])])
    key, items, received, more = "0", 0, 0, True
    before, began = cpu(pids), time.monotonic()
    while more:
        content = [Node("AirSync:SyncKey", key), Node("AirSync:CollectionId", inbox)]
        content += [Node("AirSync:WindowSize", "512"), options] if key != "0" else []
        frame = device.ask("POST", device.query("Sync", {}), encode(Node("AirSync:Sync", [Node("AirSync:Collections", [Node("AirSync:Collection", content)])])))
        received += len(frame)
        tree = decode(frame) if frame else None
        if tree is None:
            break
        collection = tree.find("AirSync:Collections", "AirSync:Collection")
        items += len(collection.all("AirSync:Commands", "AirSync:Add"))
        more = collection.find("AirSync:MoreAvailable") is not None or key == "0"
        key = collection.value("AirSync:SyncKey")
    wall, used = time.monotonic() - began, cpu(pids) - before
    print(f"first sync of {items} messages, WindowSize 512: {wall:.2f} s (with our client's decoding), {used:.2f} s CPU, {received / 1e6:.1f} MB; "
          f"SOGo 10,000: {SOGO['sync']:.0f} s, {SOGO['sync_cpu']:.0f} s CPU (anchor); scaled: wall 1/{SOGO['sync'] * items / 10000 / wall:.0f} (goal 1/50), "
          f"CPU 1/{SOGO['sync_cpu'] * items / 10000 / max(used, 0.01):.0f} (goal 1/30)")


def rate(server, login, seconds, name, method, command, body):
    counts = [0] * 4

    def work(place):
        device = keeper(server, login, f"BenchRate{place}")
        query = device.query(command, {}) if command else ""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            device.ask(method, query, body)
            counts[place] += 1
    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(counts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{name}: {sum(counts) / seconds:.0f}/s over {len(counts)} kept connections of one client process")
    return sum(counts) / seconds


def resident(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return total


def pings(server, login, pids, count):
    device = keeper(server, login, "BenchPing")
    device.folder_sync("0")
    inbox = device.folder("Inbox")
    device.sync_all(inbox, window=512)
    frame = encode(Node("Ping:Ping", [Node("Ping:HeartbeatInterval", "600"), Node("Ping:Folders", [Node("Ping:Folder", [
        Node("Ping:Id", inbox), Node("Ping:Class", "Email")])])]))
    query, hanging = device.query("Ping", {}), []
    before = resident(pids)
    for _ in range(count):
        connection = keeper(server, login, "BenchPing")
        connection.send("POST", query, frame)
        hanging.append(connection)
    time.sleep(1)
    grown = resident(pids) - before
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as session:
        session.sendmail("friend@partner.test", [server.users[login].address], b"Subject: wake\r\n\r\nwake\r\n")
        began = time.monotonic()
    waits = []
    for connection in hanging:
        answer = decode(connection.read())
        assert answer.value("Ping:Status") == "2", answer.show()
        waits.append(time.monotonic() - began)
    waits.sort()
    print(f"{count} hanging Pings: {grown / count:.1f} KiB each; after the 250 the first was answered in {waits[0] * 1000:.1f} ms, half in {waits[len(waits) // 2] * 1000:.1f} ms, "
          f"all in {waits[-1]:.2f} s (goal: 5,000 within 1 s)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("endpoints")
    parser.add_argument("pids", nargs="+", type=int)
    parser.add_argument("--messages", type=int, default=10000)
    parser.add_argument("--pings", type=int, default=1000)
    parser.add_argument("--user", default="alice")
    parser.add_argument("--seconds", type=float, default=3)
    arguments = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    server = Endpoints(arguments.endpoints)
    print(f"load {os.getloadavg()[0]:.2f}", json.dumps(vars(arguments)))
    fill(server, server.users[arguments.user].address, arguments.messages)
    first_sync(server, arguments.user, arguments.pids)
    body = encode(Node("FolderHierarchy:FolderSync", [Node("FolderHierarchy:SyncKey", "0")]))
    folder_syncs = rate(server, arguments.user, arguments.seconds, "FolderSync", "POST", "FolderSync", body)
    print(f"  {folder_syncs / SOGO['folder_sync']:.0f} x SOGo's best anchor of {SOGO['folder_sync']:.0f}/s (goal 100)")
    rate(server, arguments.user, arguments.seconds, "OPTIONS", "OPTIONS", "", b"")
    pings(server, arguments.user, arguments.pids[:1], arguments.pings)


if __name__ == "__main__":
    main()
