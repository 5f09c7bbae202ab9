"""A small SMTP client that says exactly how far an attempt came, and a load of several of them."""
import random
import socket
import threading
import time

MESSAGES_A_SESSION = 40


class Broken(Exception):
    """The connection ended or was not to be had."""


class Client:
    def __init__(self, port, timeout=40):
        try:
            self.socket = self.connected(socket.create_connection(("127.0.0.1", port), timeout=timeout))
        except OSError as error:
            raise Broken(str(error)) from error
        self.buffer = b""
        self.sent = 0
        self.expect("220")
        self.command(b"EHLO client.partner.test\r\n", "250")

    def connected(self, client):
        """What to speak over: the socket itself."""
        return client

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Broken(str(error)) from error

    def answer(self):
        """Code and text of one reply, all its lines."""
        lines = []
        while True:
            while b"\n" not in self.buffer:
                try:
                    data = self.socket.recv(65536)
                except OSError as error:
                    raise Broken(str(error)) from error
                if not data:
                    raise Broken("the server closed the connection")
                self.buffer += data
            line, _, self.buffer = self.buffer.partition(b"\n")
            lines.append(line.decode("utf-8", "replace").rstrip("\r"))
            if lines[-1][3:4] != "-":
                return lines[-1][:3], " / ".join(lines)

    def expect(self, code):
        got, text = self.answer()
        if got != code:
            raise Broken(text)
        return text

    def command(self, data, code):
        self.send(data)
        return self.expect(code)

    def ask(self, data):
        self.send(data)
        return self.answer()

    def deliver(self, sender, recipients, content):
        """(result, text): acked, temporary or refused. Raises Broken when it is not known."""
        if self.sent >= MESSAGES_A_SESSION:
            raise Broken("enough messages in this session")
        self.sent += 1
        steps = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{recipient}>" for recipient in recipients), "DATA"]
        for step in steps:
            code, text = self.ask(step.encode() + b"\r\n")
            if code[0] not in "23":
                if code == "421":
                    raise Broken(text)
                self.command(b"RSET\r\n", "250")
                return ("temporary" if code[0] == "4" else "refused"), f"{step}: {text}"
        code, text = self.ask(dotted(content) + b".\r\n")
        return {"2": "acked", "4": "temporary"}.get(code[0], "refused"), text


def dotted(content):
    return (b"." + content if content.startswith(b".") else content).replace(b"\r\n.", b"\r\n..")


class Load:
    """Threads that send new messages and, as a mail server does, send again what was not acknowledged. give_up: the share of failed
    attempts that is not repeated; replay: the share of acknowledged messages that is sent again, as when the 250 was lost."""

    def __init__(self, lab, ledger, threads=4, give_up=0.03, replay=0.03, pause=0.0):
        self.lab, self.ledger, self.give_up, self.replay, self.pause = lab, ledger, give_up, replay, pause
        self.addresses = [user.address for user in lab.instance.users.values()]
        self.stopping = threading.Event()
        self.dead = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def finish(self, seconds=120):
        """No new messages; returns when all others have been acknowledged or given up."""
        self.stopping.set()
        limit = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, limit - time.monotonic()))
        still = sum(thread.is_alive() for thread in self.threads)
        self.dead.set()
        assert still == 0, f"{still} senders still had unacknowledged messages after {seconds} s"

    def abort(self):
        self.stopping.set()
        self.dead.set()

    def new_client(self):
        return Client(self.lab.instance.smtp_port)

    def new_entry(self, dice):
        return self.ledger.new_mixed(self.addresses, dice)

    def work(self, number):
        dice = random.Random(f"{self.ledger.name} {number}")
        client, waiting = None, []
        while not self.dead.is_set() and (waiting or not self.stopping.is_set()):
            if waiting and (self.stopping.is_set() or dice.random() < 0.7):
                entry = waiting.pop(0)
            else:
                entry = self.new_entry(dice)
            began = time.monotonic()
            client, result = self.attempt(client, entry, began)
            if result in ("temporary", "broken") and dice.random() >= self.give_up:
                waiting.append(entry)
            elif result == "acked" and entry.attempts < 20 and dice.random() < self.replay:
                waiting.append(entry)
            time.sleep(self.pause if result == "acked" else 0.05)
        if client is not None:
            client.close()

    def attempt(self, client, entry, began):
        """(client to go on with or None, result)"""
        try:
            if client is None or client.sent >= MESSAGES_A_SESSION:
                if client is not None:
                    client.close()
                client = None
                client = self.new_client()
            result, text = client.deliver(self.ledger.sender, entry.recipients, entry.content)
        except Broken as error:
            if client is not None:
                client.close()
            client, result, text = None, "broken", str(error)
        self.ledger.note(entry, began, result, text)
        return client, result
