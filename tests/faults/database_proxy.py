"""Between boursed and PostgreSQL: passes everything on, and cuts one chosen accept transaction at one chosen byte of its COMMIT.

It reads the messages of the frontend protocol (type, length, content). A round is what stands before a Sync; the round that both
records a retry key (statement inflow_add) and commits (transaction_end) is the one in which a message is accepted.
"""
import os
import select
import socket
import struct
import threading
import time

CHUNK = 65536
COMMIT_BIND, KEY_BIND = b"\0transaction_end\0", b"\0inflow_add\0"


class Plan:
    """stage: request (only the first `offset` bytes of the COMMIT reach the server), answer (all do, the first `offset` bytes of what
    comes back pass), late (boursed's connection ends at once, the COMMIT reaches the server `delay` seconds later)."""

    def __init__(self, stage, offset=0, delay=0.5):
        self.stage, self.offset, self.delay = stage, offset, delay
        self.struck = threading.Event()
        self.commit_length = 0
        self.answer_length = 0


class Proxy:
    """folder: where its socket is made. target: PostgreSQL's socket."""

    def __init__(self, folder, target):
        self.target, self.plan, self.lock = target, None, threading.Lock()
        self.path = os.path.join(folder, ".s.PGSQL.5432")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o777)
        self.listener.listen(64)
        self.closing = False
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.closing = True
        self.listener.close()
        os.unlink(self.path)

    def arm(self, plan):
        with self.lock:
            self.plan = plan
        return plan

    def disarm(self):
        with self.lock:
            self.plan = None

    def take_plan(self):
        """The first round that meets the plan is struck, no other."""
        with self.lock:
            plan, self.plan = self.plan, None
            return plan

    def accept(self):
        while not self.closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
            except OSError:
                client.close()
                server.close()
                continue
            threading.Thread(target=Pair(self, client, server).run, daemon=True).start()


class Pair:
    """One connection and its counterpart."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.started = False  # the first message has no type byte
        self.pending = b""
        self.round = []
        self.left = None  # bytes of the answer that may still pass
        self.struck = None

    def run(self):
        try:
            while self.step():
                pass
        except OSError:
            pass
        self.client.close()
        self.server.close()

    def step(self):
        readable, _, _ = select.select([self.client, self.server], [], [])
        if self.server in readable and not self.from_server():
            return False
        return self.client not in readable or self.from_client()

    def from_server(self):
        data = self.server.recv(CHUNK)
        if not data:
            return False
        if self.struck is not None:
            self.struck.answer_length += len(data)
        if self.left is None:
            self.client.sendall(data)
            return True
        self.client.sendall(data[:self.left])
        self.left -= min(self.left, len(data))
        if self.left == 0:
            self.struck.struck.set()
        return self.left > 0

    def from_client(self):
        data = self.client.recv(CHUNK)
        if not data:
            return False
        if not self.started or (self.proxy.plan is None and not self.pending and not self.round):
            # nothing is armed: without a look, up to a round's end
            self.started = True
            self.server.sendall(data)
            return True
        self.pending += data
        while len(self.pending) >= 5:
            length = 1 + struct.unpack(">I", self.pending[1:5])[0]
            if len(self.pending) < length:
                break
            self.round.append(self.pending[:length])
            self.pending = self.pending[length:]
            if self.round[-1][:1] == b"S" and not self.end_of_round():
                return False
        return True

    def end_of_round(self):
        messages, self.round = self.round, []
        binds = b"".join(message for message in messages if message[:1] == b"B" and len(message) < 10000)
        if COMMIT_BIND in binds and KEY_BIND in binds:
            plan = self.proxy.take_plan()
            if plan is not None:
                return self.strike(plan, messages)
        self.server.sendall(b"".join(messages))
        return True

    def strike(self, plan, messages):
        first = next(i for i, message in enumerate(messages) if message[:1] == b"B" and COMMIT_BIND in message)
        before, commit = b"".join(messages[:first]), b"".join(messages[first:])
        plan.commit_length = len(commit)
        self.struck = plan
        if plan.stage == "request":
            self.server.sendall(before + commit[:plan.offset])
            plan.struck.set()
            return False
        if plan.stage == "late":
            return self.strike_late(plan, before, commit)
        self.left = plan.offset
        self.server.sendall(before + commit)
        if plan.offset == 0:
            plan.struck.set()
        return plan.offset > 0

    def strike_late(self, plan, before, commit):
        self.server.sendall(before)
        self.client.close()
        plan.struck.set()
        time.sleep(plan.delay)
        self.server.sendall(commit)
        self.server.settimeout(5)
        # let it work; what it answers nobody hears
        try:
            while self.server.recv(CHUNK):
                pass
        except OSError:
            pass
        return False
