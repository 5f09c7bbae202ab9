"""What was sent, and what the server said to it. A message counts as acknowledged when the 250 after its content has arrived."""
import hashlib
import itertools
import random
import threading
import time

BEGIN = b"X-Fault-Ledger: "


class Entry:
    def __init__(self, ledger, number, recipients, size):
        self.key = f"{ledger.name}.{number}@partner.test"
        self.recipients = recipients
        self.content = build(self.key, ledger.sender, recipients, size)
        self.digest = hashlib.sha256(self.content).hexdigest()
        self.acked = False
        self.attempts = 0
        self.refusals = []


def build(key, sender, recipients, size):
    """The message as it goes over the wire, without the dots. Its first line marks where our bytes begin in the stored copy."""
    head = (f"{BEGIN.decode()}{key}\r\nFrom: Load <{sender}>\r\nTo: {', '.join(recipients)}\r\nSubject: fault {key}\r\n"
            f"Message-ID: <{key}>\r\nDate: Sun, 22 Nov 2026 00:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n").encode()
    seed = hashlib.sha256(key.encode()).hexdigest()
    lines, length = [], len(head)
    for number in itertools.count():
        if length >= size:
            break
        lines.append(f"{number:06d} {seed}\r\n".encode())
        length += len(lines[-1])
    return head + b"".join(lines) + b"end of " + key.encode() + b"\r\n"


class Ledger:
    """Thread-safe. name: unique for each load, part of each Message-ID."""

    def __init__(self, name, sender="load@partner.test"):
        self.name, self.sender = name, sender
        self.entries = {}
        self.acks = []  # (begin of the attempt, time of the 250)
        self.temporary = 0
        self.broken = 0
        self.replays = 0
        self._lock = threading.Lock()

    def new(self, recipients, size):
        with self._lock:
            entry = Entry(self, len(self.entries), recipients, size)
            self.entries[entry.key] = entry
        return entry

    def new_mixed(self, addresses, dice=random):
        """As mail is: one to three recipients, mostly small, now and then beyond one stored chunk."""
        recipients = dice.sample(addresses, dice.choice((1, 1, 2, 3)))
        size = dice.choice((600, 2000, 2000, 5000, 5000, 10000, 20000)) if dice.random() > 0.04 else dice.choice((70000, 300000, 600000))
        return self.new(recipients, size)

    def note(self, entry, began, result, text):
        """result: acked, temporary, refused or broken."""
        with self._lock:
            entry.attempts += 1
            if result == "acked":
                self.replays += entry.acked
                entry.acked = True
                self.acks.append((began, time.monotonic()))
            elif result == "temporary":
                self.temporary += 1
            elif result == "refused":
                entry.refusals.append(text)
            else:
                self.broken += 1

    @property
    def acked(self):
        with self._lock:
            return sum(entry.acked for entry in self.entries.values())

    def ack_count(self):
        with self._lock:
            return len(self.acks)

    def refusals(self):
        return [text for entry in self.entries.values() for text in entry.refusals]

    def worst_recovery(self, faults):
        """Longest time from a fault to the first 250 for an attempt that began after it."""
        acks = sorted(self.acks)
        worst = 0.0
        for fault in faults:
            later = [end for begin, end in acks if begin > fault]
            worst = max(worst, (min(later) if later else float("inf")) - fault)
        return worst
