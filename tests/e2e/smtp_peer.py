"""The other domain's mail server: takes every message, keeps it, and never answers by itself."""
import email
import email.policy
import socketserver
import threading

from mail import wait_for


class Mail:
    def __init__(self, sender, recipients, data):
        self.sender, self.recipients, self.data = sender, recipients, data
        self.message = email.message_from_bytes(data, policy=email.policy.default)
        part = next((part for part in self.message.walk() if part.get_content_type() == "text/calendar"), None)
        self.calendar_type = part["Content-Type"].params if part is not None else {}
        self.calendar = Component.parse(part.get_content().replace("\r\n", "\n")) if part is not None else None

    @property
    def method(self):
        return self.calendar.value("METHOD") if self.calendar else None


class Component:
    """BEGIN to END of iCalendar: lines (name, parameters, value) and inner components."""

    def __init__(self, name):
        self.name, self.lines, self.inner = name, [], []

    @classmethod
    def parse(cls, text):
        root = cls("")
        stack = [root]
        for line in text.replace("\n ", "").replace("\n\t", "").split("\n"):
            if line.startswith("BEGIN:"):
                stack.append(cls(line[6:]))
                stack[-2].inner.append(stack[-1])
            elif line.startswith("END:"):
                assert stack[-1].name == line[4:], f"{line} ends {stack[-1].name}"
                stack.pop()
            elif line:
                stack[-1].lines.append(cls.line(line))
        assert len(stack) == 1 and len(root.inner) == 1 and root.inner[0].name == "VCALENDAR", text
        return root.inner[0]

    @staticmethod
    def line(text):
        parts, start, quoted = [], 0, False
        for at, letter in enumerate(text):
            quoted ^= letter == '"'
            if letter in ";:" and not quoted:
                parts.append(text[start:at])
                start = at + 1
                if letter == ":":
                    break
        parameters = dict(part.split("=", 1) for part in parts[1:])
        return parts[0].upper(), {name.upper(): value.strip('"') for name, value in parameters.items()}, text[start:]

    def all(self, name):
        return [line for line in self.lines if line[0] == name]

    def value(self, name):
        found = self.all(name)
        assert len(found) <= 1, found
        return found[0][2] if found else None

    def parameter(self, name, parameter):
        return self.all(name)[0][1].get(parameter)

    def components(self, name):
        return [component for component in self.inner if component.name == name]


class Dialogue(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def content(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def handle(self):
        sender, recipients = None, []
        self.say("220 mail.partner.test ESMTP")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-mail.partner.test\r\n250-8BITMIME\r\n250 SIZE 50000000")
            elif verb == "MAIL":
                sender, recipients = line[line.index("<") + 1:line.index(">")], []
                self.say("250 2.1.0 ok")
            elif verb == "RCPT":
                recipients.append(line[line.index("<") + 1:line.index(">")])
                self.say("250 2.1.5 ok")
            elif verb == "DATA":
                self.say("354 go on")
                self.server.keep(Mail(sender, recipients, self.content()))
                self.say("250 2.0.0 kept")
            else:
                self.say("221 2.0.0 bye" if verb == "QUIT" else "250 2.0.0 ok")
            if verb == "QUIT":
                break


class Peer(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Dialogue)
        self.port, self.mails, self.lock = self.server_address[1], [], threading.Lock()
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def keep(self, mail):
        with self.lock:
            self.mails.append(mail)

    def about(self, text):
        """What came with that text in its subject, in the order of arrival."""
        with self.lock:
            return [mail for mail in self.mails if text in str(mail.message["Subject"])]

    def arrives(self, text, count, seconds=40):
        """Waits until that many have come and returns the last of them. More than that is an error."""
        mails = wait_for(lambda: (lambda found: found if len(found) >= count else None)(self.about(text)), seconds)
        assert len(mails) == count, [str(mail.message["Subject"]) for mail in mails]
        return mails[-1]

    def stop(self):
        self.shutdown()
        self.server_close()
