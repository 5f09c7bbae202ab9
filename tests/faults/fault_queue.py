"""kill -9 of the roles while they take mail in from signed-in users and send it on to another host."""
import base64
import collections
import hashlib
import random
import socketserver
import ssl
import threading
import time

from audit import Figures, check_store
from fault_kill import kill_all, kill_role, unique, wait_for_acks
from lab import wait_until
from ledger import BEGIN, Ledger
from smtp_client import Client, Load

# A hop that dies between the other host's 250 and our record of it sends again: no remedy in SMTP. Kills within this time after the 250 excuse it.
EXCUSED_SECONDS = 1.0


class Sink(socketserver.ThreadingTCPServer):
    """The other host: accepts all, a little slowly, and remembers when it acknowledged which content."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), SinkSession)
        self.received = collections.defaultdict(list)  # key: [(time of the 250, SHA-256)]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class SinkSession(socketserver.StreamRequestHandler):
    def reply(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        try:
            self.reply("220 sink.test ESMTP")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.reply("354 go on")
                    self.take_message()
                elif verb == b"QUIT":
                    self.reply("221 bye")
                    return
                else:
                    self.reply("250 ok")
        except OSError:
            pass  # the other side was killed

    def take_message(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        content = b"".join(lines)
        time.sleep(0.01)
        start = content.find(BEGIN)
        if start >= 0:
            key = content[start + len(BEGIN):content.index(b"\r\n", start)].decode()
            self.server.received[key].append((time.monotonic(), hashlib.sha256(content[start:]).hexdigest()))
        self.reply("250 taken")


class Submitter(Client):
    """Signed in on the port for submissions."""

    def __init__(self, lab, login):
        user = lab.instance.users[login]
        self.context = ssl.create_default_context(cafile=lab.instance.ca_file)
        super().__init__(lab.instance.submissions_port)
        token = base64.b64encode(f"\0{user.login}\0{user.password}".encode()).decode()
        self.command(f"AUTH PLAIN {token}\r\n".encode(), "235")

    def connected(self, client):
        return self.context.wrap_socket(client, server_hostname="localhost")


class SubmissionLoad(Load):
    """alice writes to people elsewhere."""

    def new_client(self):
        return Submitter(self.lab, "alice")

    def new_entry(self, dice):
        return self.ledger.new([f"somebody{dice.randint(1, 1000)}@sink.test"], dice.choice((800, 3000, 10000, 80000)))


def strike(lab, number):
    if number % 3 == 2:
        kill_all(lab)
    else:
        role = "deliverd" if number % 3 == 0 else "smtpd"
        wait_until(lambda: kill_role(lab, role), 30, f"a running {role}")


def waiting(lab):
    return int(lab.sql("SELECT count(*) FROM queue")[0][0])


def expire_leases(lab):
    """What killed processes had leased comes back after queue.lease (a minute); nobody waits for that here."""
    lab.sql("UPDATE queue_recipient SET leased_until = 0, next_attempt = 0 WHERE state = 0")


def empty_queue(lab, kills, seconds=90):
    """Until all has been sent. A living deliverd's leases must not be taken away, so it is killed first."""
    limit = time.monotonic() + seconds
    while waiting(lab) > 0:
        assert time.monotonic() < limit, f"{waiting(lab)} messages still wait: {lab.sql('SELECT * FROM queue_recipient LIMIT 3')}"
        kills.append(time.monotonic())
        kill_role(lab, "deliverd")
        expire_leases(lab)
        wait_for_end(lab, 8.0)


def wait_for_end(lab, seconds):
    limit = time.monotonic() + seconds
    while waiting(lab) > 0 and time.monotonic() < limit:
        time.sleep(0.2)


def judge(ledger, sink, kills, figures):
    excused = 0
    figures.acked = ledger.acked
    for entry in ledger.entries.values():
        copies = sorted(sink.received.get(entry.key, []))
        if entry.acked and not copies:
            figures.add("lost", entry.key)
        for when, _ in copies[:-1]:
            if any(when - 0.1 <= kill <= when + EXCUSED_SECONDS for kill in kills):
                excused += 1
            else:
                figures.add("duplicated", f"{entry.key}: {len(copies)} times")
        if any(digest != entry.digest for _, digest in copies):
            figures.add("partial", entry.key)
    figures.note = f"{excused} sent twice by a hop that was killed before it could record the 250"
    return figures


def outgoing(lab):
    sink = Sink()
    lab.restart_with(queue__routes=f'{{"sink.test=127.0.0.1:{sink.port}"}}')
    ledger, kills, dice = Ledger(unique("outgoing"), sender=lab.address("alice")), [], random.Random()
    load = SubmissionLoad(lab, ledger, threads=3, pause=0.02).start()
    count = lab.form.faults(6, 300)
    try:
        wait_for_acks(ledger, 5)
        for number in range(count):
            time.sleep(dice.uniform(0.0, 0.5))
            kills.append(time.monotonic())
            strike(lab, number)
            wait_for_acks(ledger, dice.randint(5, 15))
        load.finish()
        strikes = list(kills)
        empty_queue(lab, kills)
    except BaseException:
        load.abort()
        raise
    finally:
        sink.shutdown()
        sink.server_close()
    figures = judge(ledger, sink, kills, Figures(count, recovery=ledger.worst_recovery(strikes)))
    assert not ledger.refusals(), ledger.refusals()[0]
    check_store(lab)
    lab.restart_with(queue__routes=None)
    return figures
