"""The connection to PostgreSQL is cut at each byte of the COMMIT of an accepted message, on the way there and on the way back."""
import os
import threading
import time

from audit import Figures, verify
from database_proxy import Plan, Proxy
from fault_kill import unique
from ledger import Ledger
from smtp_client import Broken, Client

ANSWER_ROOM = 4096


class Sender:
    """Sends one message at a time and sends it again until it is acknowledged."""

    def __init__(self, lab, ledger):
        self.lab, self.ledger, self.client = lab, ledger, None

    def attempt(self, entry):
        """acked, temporary, refused or broken"""
        began = time.monotonic()
        try:
            if self.client is None or self.client.sent >= 40:
                self.close()
                self.client = Client(self.lab.instance.smtp_port)
            result, text = self.client.deliver("load@partner.test", entry.recipients, entry.content)
        except Broken as error:
            self.close()
            result, text = "broken", str(error)
        self.ledger.note(entry, began, result, text)
        return result

    def until_acked(self, entry, seconds=30):
        limit = time.monotonic() + seconds
        while self.attempt(entry) != "acked":
            assert not entry.refusals, f"a permanent refusal for an unknown commit: {entry.refusals[0]}"
            assert time.monotonic() < limit, f"{entry.key} was not accepted within {seconds} s after the cut"
            time.sleep(0.02)

    def close(self):
        if self.client is not None:
            self.client.close()
        self.client = None


class Cutter:
    def __init__(self, lab, proxy):
        self.lab, self.proxy = lab, proxy
        self.ledger = Ledger(unique("commit"))
        self.sender = Sender(lab, self.ledger)
        self.faults, self.first, self.worst = 0, {"acked": 0, "temporary": 0, "broken": 0}, 0.0

    def one(self, plan, recipients=("alice", "bob")):
        entry = self.ledger.new([self.lab.address(name) for name in recipients], 700)
        self.proxy.arm(plan)
        began = time.monotonic()
        result = self.sender.attempt(entry)
        if not plan.struck.is_set():
            # only an answer can be over before all of the allowed bytes have passed
            self.proxy.disarm()
            assert plan.stage == "answer" and result == "acked", f"the {plan.stage} cut did not strike: {result}"
            return plan
        self.faults += 1
        self.first[result] += 1
        if result != "acked":
            self.sender.until_acked(entry)
        self.worst = max(self.worst, time.monotonic() - began)
        return plan

    def every(self, stage, length, step):
        offsets = sorted(set(range(0, length, step)) | {length - 1, length})
        for offset in offsets:
            self.one(Plan(stage, offset))

    def crowd(self, rounds):
        """Late COMMITs while other senders write to the same mailboxes."""
        stop = threading.Event()

        def others():
            sender = Sender(self.lab, self.ledger)
            while not stop.is_set():
                sender.until_acked(self.ledger.new([self.lab.address(name) for name in ("bob", "carol")], 700))
            sender.close()

        threads = [threading.Thread(target=others, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(rounds):
                plan = self.proxy.arm(Plan("late", delay=0.3))
                assert plan.struck.wait(20), "no round met the late plan"
                self.faults += 1
                time.sleep(0.4)
        finally:
            stop.set()
            for thread in threads:
                thread.join(60)
        assert not any(thread.is_alive() for thread in threads)


def commit(lab):
    folder = os.path.join(lab.folder, "proxy")
    os.mkdir(folder)
    os.chmod(folder, 0o711)
    proxy = Proxy(folder, os.path.join(lab.postgres_socket, ".s.PGSQL.5432"))
    try:
        lab.restart_with(database__connection=f"host={folder} user=bourse dbname=bourse")
        cutter = Cutter(lab, proxy)
        cutter.one(Plan("answer", ANSWER_ROOM))  # not struck: prepares the statements, so that all rounds look the same
        cutter.one(Plan("request", 0))
        measured = Plan("answer", ANSWER_ROOM)
        cutter.one(measured)
        cutter.one(Plan("answer", ANSWER_ROOM))
        probe = cutter.one(Plan("request", 0))
        length, answer = probe.commit_length, measured.answer_length
        assert 20 < length < 2000 and 20 < answer < ANSWER_ROOM, f"COMMIT of {length} bytes, answer of {answer}"
        cutter.every("request", length, 1 if lab.form.is_long else 3)
        cutter.every("answer", answer, 1 if lab.form.is_long else 24)
        for delay in (0.05, 0.2, 0.5, 1.0, 2.0):
            cutter.one(Plan("late", delay=delay))
        cutter.crowd(lab.form.faults(4, 50))
        cutter.sender.close()
        figures = Figures(cutter.faults, recovery=cutter.worst)
        figures.note = (f"COMMIT {length} bytes, answer {answer}; first reply 250: {cutter.first['acked']}, 4xx: {cutter.first['temporary']}, "
                        f"connection closed: {cutter.first['broken']}")
        return verify(lab, cutter.ledger, figures)
    finally:
        proxy.disarm()
        lab.restart_with(database__connection=None)
        proxy.close()
