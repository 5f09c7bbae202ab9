"""A mail host for tests that does what it is told: extensions, replies by local part, broken TLS, lost connections."""
import base64
import socket
import ssl
import threading
import time


class Transaction:
    def __init__(self, connection, tls, user):
        self.connection, self.tls, self.user = connection, tls, user
        self.mail, self.recipients, self.data, self.refused = "", [], b"", []


class Sink:
    """extensions: EHLO keywords. replies: {"RCPT x": "550 5.1.1 no", "MAIL": ..., "DATA": ..., "END": ..., "GREETING": ..., "EHLO": ...}; a reply "DROP" closes the
    connection; "WAIT 3 250 ok" comes after 3 seconds; a list is used up one by one, its last stays."""

    def __init__(self, extensions=("PIPELINING", "8BITMIME", "DSN", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 50000000"), replies=None, name="mx.partner.test",
                 address="127.0.0.1", port=0, certificate=None, broken_tls=False):
        self.extensions, self.replies, self.name = list(extensions), replies or {}, name
        self.certificate, self.broken_tls = certificate, broken_tls
        if certificate or broken_tls:
            self.extensions.append("STARTTLS")
        self.transactions, self.connections, self.commands = [], 0, []
        self.listener = socket.create_server((address, port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=Session(self, connection, self.connections).run, daemon=True).start()

    def close(self):
        self.listener.close()

    def reply(self, key, default):
        value = self.replies.get(key, default)
        if isinstance(value, list):
            value = value.pop(0) if len(value) > 1 else value[0]
        return value

    @property
    def messages(self):
        return [one for one in self.transactions if one.data]


class Session:
    def __init__(self, sink, connection, number):
        self.sink, self.socket, self.number = sink, connection, number
        self.file = connection.makefile("rb")
        self.tls, self.user, self.current = False, None, None

    def send(self, text):
        if text == "DROP":
            raise ConnectionError
        if text.startswith("WAIT "):
            _, seconds, text = text.split(" ", 2)
            time.sleep(float(seconds))
        self.socket.sendall(text.encode() + b"\r\n")

    def run(self):
        try:
            self.send(self.sink.reply("GREETING", f"220 {self.sink.name} ESMTP"))
            while line := self.file.readline():
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                self.sink.commands.append(text)
                if not self.command(text):
                    break
        except (ConnectionError, OSError, ssl.SSLError):
            pass
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def command(self, text):
        verb = text.split(" ")[0].upper()
        handler = getattr(self, "do_" + verb.lower(), None)
        if handler is None:
            self.send("500 5.5.1 what?")
            return True
        return handler(text) is not False

    def do_ehlo(self, _):
        lines = [self.sink.name] + [one for one in self.sink.extensions if not (one == "STARTTLS" and self.tls)]
        default = "\r\n".join(f"250{'-' if one is not lines[-1] else ' '}{one}" for one in lines)
        self.send(self.sink.reply("EHLO", default))

    def do_helo(self, _):
        self.send(f"250 {self.sink.name}")

    def do_starttls(self, _):
        self.send("220 2.0.0 go")
        if self.sink.broken_tls:
            self.socket.sendall(b"this is no TLS\r\n" * 20)
            raise ConnectionError
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.sink.certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.file = self.socket.makefile("rb")
        self.tls = True

    def do_auth(self, text):
        words = text.split(" ")
        if words[1].upper() == "PLAIN":
            _, user, password = base64.b64decode(words[2]).decode().split("\0")
        else:
            self.send("334 VXNlcm5hbWU6")
            user = base64.b64decode(self.file.readline()).decode()
            self.send("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self.file.readline()).decode()
        good = password == "smart secret"
        self.user = user if good else None
        self.send("235 2.7.0 ok" if good else "535 5.7.8 no")

    def do_mail(self, text):
        reply = self.sink.reply("MAIL", "250 2.1.0 ok")
        if reply[0] == "2":
            self.current = Transaction(self.number, self.tls, self.user)
            self.current.mail = text
            self.sink.transactions.append(self.current)
        self.send(reply)

    def do_rcpt(self, text):
        if self.current is None:
            self.send("503 5.5.1 MAIL first")
            return
        local = text.split("<")[1].split("@")[0]
        reply = self.sink.reply("RCPT " + local, "250-2.1.5 fine\r\n250 2.1.5 ok")
        (self.current.recipients if reply[0] == "2" else self.current.refused).append(text)
        self.send(reply)

    def do_data(self, _):
        reply = self.sink.reply("DATA", "354 go on")
        if not (self.current and self.current.recipients):
            reply = "503 5.5.1 RCPT first"
        self.send(reply)
        if reply[0] != "3":
            return
        data = b""
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise ConnectionError
            assert line.endswith(b"\r\n") and b"\r" not in line[:-2], line
            data += line[1:] if line.startswith(b".") else line
        self.current.data = data
        self.current = None
        self.send(self.sink.reply("END", "250 2.0.0 taken"))

    def do_rset(self, _):
        self.current = None
        self.send("250 2.0.0 ok")

    def do_noop(self, _):
        self.send("250 2.0.0 ok")

    def do_quit(self, _):
        self.send("221 2.0.0 bye")
        return False
