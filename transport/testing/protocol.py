#!/usr/bin/env python3
"""Every rule of the SMTP server over raw sockets, against smtp_test_server (fake backend).

protocol.py PROGRAM [PART-OF-NAME]     exit code 1 when a test failed
"""
import base64
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings

TESTS = []
warnings.simplefilter("ignore", DeprecationWarning)


def test(**options):
    def mark(function):
        TESTS.append((function, options))
        return function

    return mark


class Server:
    def __init__(self, program, options):
        self.folder = tempfile.mkdtemp(prefix="bourse-smtp-")
        key, cert = os.path.join(self.folder, "key.pem"), os.path.join(self.folder, "cert.pem")
        shutil.copy(KEY, key)
        shutil.copy(CERTIFICATE, cert)
        spool = os.path.join(self.folder, "spool")
        os.mkdir(spool)
        settings = {"tls.certificate": cert, "tls.key": key, "server.hostname": "mail.example.test", "server.domains": "example.test",
                    "server.data_directory": spool, **options}
        command = [program, self.folder] + [f"{name}={value}" for name, value in settings.items()]
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=self.log)
        ports = os.path.join(self.folder, "ports")
        limit = time.monotonic() + 20
        while not os.path.exists(ports):
            if self.process.poll() is not None or time.monotonic() > limit:
                raise AssertionError("server did not start: " + self.text())
            time.sleep(0.01)
        self.relay, self.submission, self.submissions = [int(line) for line in open(ports)]

    def text(self):
        return open(os.path.join(self.folder, "log"), errors="replace").read()

    def messages(self):
        """[(envelope text, bytes)] in the order of arrival."""
        names = sorted((int(name[:-4]) for name in os.listdir(self.folder) if re.fullmatch(r"\d+\.txt", name)))
        return [(open(f"{self.folder}/{n}.txt").read(), open(f"{self.folder}/{n}.eml", "rb").read()) for n in names]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.log.close()
        text = self.text()
        shutil.rmtree(self.folder)
        assert code == 0, f"exit code {code}\n{text[-3000:]}"
        assert "Sanitizer" not in text and "runtime error" not in text, text


class Client:
    def __init__(self, port, tls=False, greet=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.buffer = b""
        if tls:
            self.wrap()
        self.greeting = self.reply() if greet else None

    def wrap(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        while b"\r\n" not in self.buffer:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError(f"connection closed, rest {self.buffer!r}")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode()

    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        assert all(line[:3] == lines[0][:3] for line in lines), lines
        return "\n".join(lines)

    def say(self, command, expected=None):
        self.send(command if isinstance(command, bytes) else command + "\r\n")
        reply = self.reply()
        if expected is not None:
            assert reply.startswith(expected), f"{command!r} gave {reply!r}, not {expected!r}"
        return reply

    def hello(self):
        return self.say("EHLO client.partner.test", "250")

    def starttls(self):
        self.say("STARTTLS", "220 2.0.0")
        self.wrap()

    def sign_in(self, user="alice", password="secret"):
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.say(f"AUTH PLAIN {token}")

    def envelope(self, sender="pat@partner.test", recipients=("dora@example.test",)):
        self.say(f"MAIL FROM:<{sender}>", "250 2.1.0")
        for recipient in recipients:
            self.say(f"RCPT TO:<{recipient}>", "250 2.1.5")

    def data(self, text, expected="250 2.0.0"):
        self.say("DATA", "354")
        return self.say((text if isinstance(text, bytes) else text.encode()) + b"\r\n.\r\n", expected)

    def closed(self):
        """True if the server closes without another word."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True


MESSAGE = "From: Pat <pat@partner.test>\r\nTo: dora@example.test\r\nSubject: hi\r\nDate: Sat, 21 Nov 2026 22:51:00 +0000\r\nMessage-ID: <1@partner.test>\r\n\r\nHello"


def ready(server, port=None):
    client = Client(port or server.relay)
    client.hello()
    return client


def signed_in(server):
    client = Client(server.submissions, tls=True)
    client.hello()
    assert client.sign_in().startswith("235 2.7.0")
    return client


@test()
def message_is_taken(server):
    client = ready(server)
    assert client.greeting == "220 mail.example.test ESMTP"
    client.envelope()
    reply = client.data(MESSAGE)
    assert re.fullmatch(r"250 2\.0\.0 Accepted as [0-9a-f]{16}", reply), reply
    client.say("QUIT", "221 2.0.0")
    assert client.closed()
    (envelope, content), = server.messages()
    assert content == MESSAGE.encode() + b"\r\n", content
    assert "sender pat@partner.test\nprotocol ESMTP\ngreeting client.partner.test\nclient [127.0.0.1]\n" in envelope, envelope
    assert "recipient dora@example.test 0 -" in envelope


@test()
def extensions(server):
    client = Client(server.relay)
    lines = client.hello().split("\n")
    words = [line[4:].split()[0] for line in lines]
    assert words == ["mail.example.test", "PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING", "BINARYMIME",
                     "STARTTLS", "HELP"], words
    assert "250-SIZE 37748736" in lines and lines[-1] == "250 HELP"
    client.starttls()
    words = [line[4:].split()[0] for line in client.hello().split("\n")]
    assert "STARTTLS" not in words and "AUTH" in words
    client.say("STARTTLS", "503")


@test()
def helo_has_no_extensions(server):
    client = Client(server.relay)
    assert client.say("HELO client.partner.test") == "250 mail.example.test"
    client.envelope()
    client.data(MESSAGE)
    assert "protocol SMTP\n" in server.messages()[0][0]


@test()
def pipelining(server):
    client = ready(server)
    client.send("MAIL FROM:<pat@partner.test>\r\nRCPT TO:<a@example.test>\r\nRCPT TO:<unknown@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n")
    assert [client.reply()[:9] for _ in range(5)] == ["250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "354 End d"]
    client.send(MESSAGE + "\r\n.\r\nNOOP\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n")
    assert [client.reply()[:3] for _ in range(5)] == ["250", "250", "250", "250", "221"]
    assert server.messages()[0][0].count("recipient ") == 2


@test()
def byte_by_byte(server):
    client = Client(server.relay)
    dialogue = "EHLO c.test\r\nMAIL FROM:<pat@partner.test> SIZE=100\r\nRCPT TO:<a@example.test>\r\nDATA\r\n" + MESSAGE + "\r\n..\r\n.x\r\n.\r\nQUIT\r\n"
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in dialogue.encode():
        client.send(bytes([byte]))
    codes = [client.reply()[:3] for _ in range(6)]
    assert codes == ["250", "250", "250", "354", "250", "221"], codes
    assert server.messages()[0][1] == MESSAGE.encode() + b"\r\n.\r\nx\r\n"


@test()
def order_of_commands(server):
    client = Client(server.relay)
    client.say("MAIL FROM:<a@b.test>", "503 5.5.1")
    client.hello()
    client.say("RCPT TO:<a@example.test>", "503 5.5.1")
    client.say("DATA", "503 5.5.1")
    client.say("MAIL FROM:<a@b.test>", "250")
    client.say("MAIL FROM:<a@b.test>", "503 5.5.1")
    client.say("DATA", "554 5.5.1")
    client.say("STARTTLS", "503 5.5.1")
    client.say("EHLO again.test", "250")
    client.say("RCPT TO:<a@example.test>", "503 5.5.1")


@test()
def other_verbs(server):
    client = ready(server)
    client.say("NOOP", "250 2.0.0")
    client.say("noop with text", "250")
    client.say("RSET", "250")
    client.say("RSET now", "501 5.5.4")
    client.say("VRFY alice", "252 2.5.0")
    client.say("VRFY", "501")
    client.say("EXPN staff", "502 5.5.1")
    assert "214-2.0.0 MAIL FROM:<address> [parameters]" in client.say("HELP", "214-")
    client.say("HELP rcpt", "214 2.0.0 RCPT TO:<address>")
    client.say("TURN", "500 5.5.1")
    client.say("", "500 5.5.1")
    client.say("EHLO", "501")
    client.say("EHLO bad(name)", "501 5.5.4")
    client.say("EHLO [IPv6:::1]", "250")


@test()
def recipients(server):
    client = ready(server)
    client.say("MAIL FROM:<pat@partner.test>", "250")
    client.say("RCPT TO:<unknown@example.test>", "550 5.1.1")
    client.say("RCPT TO:<down@example.test>", "451 4.4.3")
    client.say("RCPT TO:<full@example.test>", "452 4.2.2")
    client.say("RCPT TO:<x@elsewhere.test>", "550 5.7.1")
    client.say("RCPT TO:<>", "501 5.1.3")
    client.say("RCPT TO:a@example.test", "501 5.1.3")
    client.say("RCPT TO:<postmaster>", "250 2.1.5")
    client.say("RCPT TO:<@one.test,@two.test:b@example.test>", "250")
    client.say('RCPT TO:<"quoted"@EXAMPLE.test>', "250")
    client.say('RCPT TO:<"two words"@example.test>', "250")
    client.data(MESSAGE)
    envelope = server.messages()[0][0]
    for address in ("postmaster", "b@example.test", "quoted@EXAMPLE.test", '"two words"@example.test'):
        assert f"recipient {address} 0 -\n" in envelope, envelope


@test(**{"smtp.hard_errors": 100, "smtp.soft_errors": 100})
def bad_addresses(server):
    client = ready(server)
    for address in ("<a b@x.test>", "<a@>", "<@x.test>", "<a@x..test>", "<.a@x.test>", "<a.@x.test>", "<a@b@c>", "<a", "a>", "<a@x.test>x",
                    "<" + "a" * 65 + "@x.test>", "<a@" + "x" * 64 + ".test>", "<a@" + "x." * 130 + "test>", '<"a@x.test>', '<"a\\"@x.test>', "<a@[1.2.3.4>"):
        client.say(f"MAIL FROM:{address}", "501 5.1.7")
    client.say(b"MAIL FROM:<a\x00b@x.test>\r\n", "501 5.1.7")
    client.say(b"MAIL FROM:<a\xff@x.test> SMTPUTF8\r\n", "501 5.1.7")
    client.say("MAIL FROM:<a@[192.0.2.1]>", "250")


@test()
def parameters(server):
    client = ready(server)
    for parameter, code in (("SIZE=99999999999", "552 5.3.4"), ("SIZE=x", "501"), ("SIZE", "501"), ("SIZE=1 SIZE=1", "501"), ("BODY=9BIT", "501"),
                            ("FOO=1", "555 5.5.4"), ("SMTPUTF8=1", "501")):
        client.say(f"MAIL FROM:<a@b.test> {parameter}", code)
    client.say("MAIL FROM:<a@b.test> SIZE=100 BODY=8BITMIME RET=FULL ENVID=id+2B1 AUTH=<>", "250")
    client.say("RCPT TO:<c@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c+2Bd@old.test", "250")
    client.say("RCPT TO:<d@example.test> NOTIFY=NEVER,SUCCESS", "501")
    client.say("RCPT TO:<d@example.test> NOTIFY=", "501")
    client.say("RCPT TO:<d@example.test> ORCPT=rfc822", "501")
    client.data(MESSAGE)
    envelope, = [envelope for envelope, _ in server.messages() if "sender a@b.test" in envelope]
    assert "envid id+1\nfull 1\nutf8 0\n8bit 1" in envelope, envelope
    assert "recipient c@example.test 10 rfc822;c+d@old.test" in envelope, envelope


@test(**{"smtp.hard_errors": 100, "smtp.soft_errors": 100})
def bad_xtext(server):
    client = ready(server)
    for value in ("a+", "a+4", "a+zz", "a+2b", "a+00", "a+0D+0A", "a=b", "a" * 101):
        client.say(f"MAIL FROM:<a@b.test> ENVID={value}", "501 5.5.4")


@test()
def utf8_addresses(server):
    client = ready(server)
    client.say("MAIL FROM:<jürgen@bücher.test>", "553 5.6.7")
    client.say("MAIL FROM:<a@b.test>", "250")
    client.say("RCPT TO:<jürgen@example.test>", "553 5.6.7")
    client.say("RSET", "250")
    client.say("MAIL FROM:<jürgen@bücher.test> SMTPUTF8", "250")
    client.say("RCPT TO:<jürgen@example.test>", "250")
    client.data(MESSAGE)
    assert "protocol UTF8SMTP\n" in server.messages()[0][0] and "utf8 1" in server.messages()[0][0]


@test()
def bare_line_ends(server):
    """Smuggling: whatever stands between is never a command, the message is refused, the session stays in step."""
    for trick in (b"\n.\n", b"\r.\r", b"\r\n.\n", b"\n.\r\n", b"\r\n.\r", b"\r\n.\r\r\n", b"\r.\r\n", b"\r\r\n.\r\r\n", b"x\ny", b"x\ry", b"\r\n\n.\r\n", b"\n\r\n.\n"):
        client = ready(server)
        client.envelope()
        client.say("DATA", "354")
        client.send(MESSAGE.encode() + trick + b"MAIL FROM:<evil@partner.test>\r\nRCPT TO:<dora@example.test>\r\nDATA\r\nevil\r\n.\r\n")
        assert client.reply().startswith("550 5.6.0"), trick
        client.say("NOOP", "250 2.0.0")
        client.envelope()
        client.data(MESSAGE)
    assert len(server.messages()) == 12


@test()
def bare_line_ends_in_commands(server):
    client = ready(server)
    client.say(b"NOOP\nNOOP\r\n", "500 5.5.2")
    client.say(b"NOOP\rNOOP\r\n", "500 5.5.2")
    client.say(b"NOOP\r\r\n", "500 5.5.2")
    client.say("NOOP", "250")


@test()
def dots(server):
    client = ready(server)
    client.envelope()
    client.data("A: b\r\n\r\n..\r\n...x\r\n.x\r\n..")
    assert server.messages()[0][1] == b"A: b\r\n\r\n.\r\n..x\r\nx\r\n.\r\n"


@test()
def empty_message(server):
    client = ready(server)
    client.envelope()
    client.say("DATA", "354")
    client.say(b".\r\n", "250")
    assert server.messages()[0][1] == b""


@test()
def long_lines_are_split(server):
    client = ready(server)
    client.envelope()
    client.data("X-Long: " + "h" * 5000 + "\r\n\r\n" + "b" * 5000 + "\r\n" + "ü" * 2000)
    content = server.messages()[0][1]
    assert max(len(line) for line in content.split(b"\r\n")) <= 2050
    header, _, body = content.partition(b"\r\n\r\n")
    assert header.replace(b"\r\n ", b"") == b"X-Long: " + b"h" * 5000
    assert body.replace(b"\r\n", b"") == b"b" * 5000 + "ü".encode() * 2000
    content.decode()
    for line in content.split(b"\r\n"):
        line.decode()  # no character is cut


@test()
def command_line_limit(server):
    client = ready(server)
    client.say("NOOP " + "x" * 2041, "250")
    client.say("NOOP " + "x" * 2042, "500 5.5.2")
    client.say("NOOP " + "x" * 200000, "500 5.5.2")
    client.say("NOOP", "250")


@test(**{"smtp.recipients": 100})
def recipient_limit(server):
    client = ready(server)
    client.say("MAIL FROM:<pat@partner.test>", "250")
    client.send("".join(f"RCPT TO:<r{i}@example.test>\r\n" for i in range(101)))
    replies = [client.reply()[:9] for _ in range(101)]
    assert replies == ["250 2.1.5"] * 100 + ["452 4.5.3"], replies[-3:]
    client.data(MESSAGE)


@test(**{"smtp.messages_per_session": 2})
def message_limit(server):
    client = ready(server)
    for _ in range(2):
        client.envelope()
        client.data(MESSAGE)
    client.say("MAIL FROM:<pat@partner.test>", "421 4.7.0")
    assert client.closed()


@test(**{"smtp.message_size": 65536})
def size_limit(server):
    client = ready(server)
    client.say("MAIL FROM:<a@b.test> SIZE=65537", "552 5.3.4")
    client.envelope()
    client.data("A: b\r\n\r\n" + "x\r\n" * 30000, "552 5.3.4")
    client.envelope()
    client.data("A: b\r\n\r\n" + "x\r\n" * 20000, "250")


@test()
def large_message_goes_through_a_file(server):
    body = "".join(f"line {i}\r\n" for i in range(1500000))
    client = ready(server)
    client.envelope()
    client.data("A: b\r\n\r\n" + body.rstrip("\r\n"))
    assert server.messages()[0][1] == ("A: b\r\n\r\n" + body).encode()
    assert os.listdir(server.folder + "/spool") == []


@test(**{"smtp.header_fields": 10, "smtp.header_size": 1000, "smtp.headers_size": 5000})
def header_limits(server):
    for header in ("A: b\r\n" * 11, "A: " + "x" * 998 + "\r\n" + " y" * 10 + "\r\n", ("A: " + "x" * 900 + "\r\n") * 6):
        client = ready(server)
        client.envelope()
        client.data(header + "\r\nbody", "552 5.3.4")
    client = ready(server)
    client.envelope()
    client.data("A: b\r\n" * 10 + "\r\nbody", "250")


@test(**{"smtp.soft_errors": 3, "smtp.hard_errors": 5})
def error_limits(server):
    client = ready(server)
    for _ in range(3):
        client.say("BAD", "500")
    began = time.monotonic()
    client.say("BAD", "500")
    assert 0.9 < time.monotonic() - began < 3
    client.say("BAD", "500")
    assert client.reply().startswith("421 4.7.0") and client.closed()


@test(**{"smtp.idle": 2})
def idle_limit(server):
    client = ready(server)
    assert client.reply().startswith("421 4.4.2") and client.closed()


@test(**{"smtp.command_deadline": 2})
def command_deadline(server):
    client = ready(server)
    try:
        for _ in range(30):
            client.send("N")
            time.sleep(0.2)
    except OSError:
        pass
    assert client.reply().startswith("421 4.4.2")


@test(**{"smtp.data_rate": 100000})
def data_rate(server):
    client = ready(server)
    client.envelope()
    client.say("DATA", "354")
    try:
        for _ in range(16):
            client.send("x" * 100 + "\r\n")
            time.sleep(1)
    except OSError:
        pass
    assert client.reply().startswith("421 4.4.2")


@test(**{"smtp.sessions_per_address": 3})
def sessions_per_address(server):
    clients = [ready(server) for _ in range(3)]
    extra = Client(server.relay)
    assert extra.greeting.startswith("421 4.7.0") and extra.closed()
    clients[0].say("QUIT", "221")
    # whoever has read 221 may come again at once
    for _ in range(50):
        again = ready(server)
        again.say("QUIT", "221")


@test(**{"server.free_space": "100000TiB"})
def no_space(server):
    client = ready(server)
    client.say("MAIL FROM:<a@b.test>", "452 4.3.1")


@test()
def store_faults_are_temporary(server):
    client = ready(server)
    for sender in ("store-down@b.test", "commit-unknown@b.test"):
        client.envelope(sender)
        client.data(MESSAGE, "451 4.3.0")
    client.envelope()
    client.data(MESSAGE)


@test()
def all_recipients_fail(server):
    client = ready(server)
    client.envelope(recipients=("full-later@example.test",))
    client.data(MESSAGE, "452 4.2.2")
    client.envelope(recipients=("group-later@example.test",))
    client.data(MESSAGE, "550 5.7.1")


@test()
def some_recipients_fail(server):
    client = ready(server)
    client.say("MAIL FROM:<dora@example.test> ENVID=abc", "250")
    client.say("RCPT TO:<bob@example.test>", "250")
    client.say("RCPT TO:<full-later@example.test> ORCPT=rfc822;old@example.test", "250")
    client.data(MESSAGE)
    (first, _), (second, notice) = server.messages()
    assert "sender \n" in second and "recipient dora@example.test 1" in second, second
    text = notice.decode()
    for part in ("report-type=", "Final-Recipient: rfc822;", "full-later@example.test", "Action: failed", "Status: 5.2.2", "Original-Envelope-Id: abc",
                 "Original-Recipient: rfc822;", "old@example.test", "Auto-Submitted: auto-replied"):
        assert part in text, f"{part} is missing in\n{text}"
    assert "bob@example.test" not in text.split("message/delivery-status")[1].split("rfc822")[0]


@test()
def notices_are_not_sent_when_not_wanted(server):
    client = ready(server)
    for sender, notify in (("dora@example.test", " NOTIFY=NEVER"), ("", "")):
        client.say(f"MAIL FROM:<{sender}>", "250")
        client.say("RCPT TO:<bob@example.test>", "250")
        client.say("RCPT TO:<full-later@example.test>" + notify, "250")
        client.data(MESSAGE)
    assert len(server.messages()) == 2


@test()
def success_is_confirmed(server):
    client = ready(server)
    client.say("MAIL FROM:<dora@example.test>", "250")
    client.say("RCPT TO:<bob@example.test> NOTIFY=SUCCESS", "250")
    client.say("RCPT TO:<group@example.test> NOTIFY=SUCCESS", "250")
    client.data(MESSAGE)
    notice = server.messages()[1][1].decode()
    assert "Action: delivered" in notice and "Action: expanded" in notice and "Status: 2.0.0" in notice, notice


@test()
def chunking(server):
    client = ready(server)
    client.envelope()
    content = MESSAGE.encode() + b"\r\n.\r\nend\r\n"
    client.send(b"BDAT 10\r\n" + content[:10] + b"BDAT %d\r\n" % (len(content) - 10) + content[10:] + b"BDAT 0 LAST\r\nNOOP\r\n")
    assert client.reply() == "250 2.0.0 10 octets received"
    assert client.reply().startswith("250 2.0.0")
    assert client.reply().startswith("250 2.0.0 Accepted")
    assert client.reply() == "250 2.0.0 OK"
    assert server.messages()[0][1] == content


@test()
def chunking_in_wrong_order(server):
    client = ready(server)
    client.send(b"BDAT 6 LAST\r\nRSET\r\nNOOP\r\n")
    assert client.reply().startswith("503 5.5.1") and client.reply() == "250 2.0.0 OK"
    client.envelope()
    client.say(b"BDAT 5\r\nA: b\r", "250")
    client.say("DATA", "503")
    client.say("RCPT TO:<x@example.test>", "503")
    client.say("RSET", "250")
    client.say("BDAT x", "501")
    assert client.closed()


@test()
def chunking_text_and_binary(server):
    client = ready(server)
    client.envelope()
    client.say(b"BDAT 9 LAST\r\nA: b\n\nxyz", "550 5.6.0")
    client.say("MAIL FROM:<pat@partner.test> BODY=BINARYMIME", "250")
    client.say("RCPT TO:<a@example.test>", "250")
    client.say("DATA", "503 5.5.1")
    client.say(b"BDAT 9 LAST\r\nA: b\n\n\x00\xff\r", "250")
    assert server.messages()[0][1] == b"A: b\n\n\x00\xff\r"


@test()
def starttls_drops_what_was_before(server):
    client = ready(server)
    client.say("MAIL FROM:<pat@partner.test>", "250")
    client.say("RSET", "250")
    client.send("STARTTLS\r\nMAIL FROM:<evil@partner.test>\r\nRCPT TO:<dora@example.test>\r\n")
    assert client.reply().startswith("220 2.0.0")
    client.wrap()
    client.say("MAIL FROM:<pat@partner.test>", "503 5.5.1")
    client.hello()
    client.envelope()
    client.data(MESSAGE)
    assert "protocol ESMTPS\n" in server.messages()[0][0] and "sender pat@" in server.messages()[0][0]


@test()
def old_tls_is_refused(server):
    client = ready(server)
    client.say("STARTTLS", "220")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        context.wrap_socket(client.socket)
    except (ssl.SSLError, ConnectionError):
        return
    raise AssertionError("TLS 1.1 was accepted")


@test()
def no_sign_in_before_tls(server):
    for port in (server.relay, server.submission):
        client = Client(port)
        assert "AUTH" not in client.hello()
        client.say("AUTH PLAIN AGFsaWNlAHNlY3JldA==", "538 5.7.11")


@test()
def submission_needs_sign_in(server):
    client = ready(server, server.submission)
    client.say("MAIL FROM:<alice@example.test>", "530 5.7.0 Must issue a STARTTLS")
    client.say("VRFY alice", "530")
    client.starttls()
    client.hello()
    client.say("MAIL FROM:<alice@example.test>", "530 5.7.0 Authentication required")
    assert client.sign_in().startswith("235 2.7.0")
    client.say("MAIL FROM:<alice@example.test>", "250")


@test()
def sign_in(server):
    client = Client(server.submissions, tls=True)
    client.hello()
    client.say("AUTH LOGIN", "334 VXNlcm5hbWU6")
    client.say(base64.b64encode(b"alice").decode(), "334 UGFzc3dvcmQ6")
    client.say(base64.b64encode(b"secret").decode(), "235 2.7.0")
    client.say("AUTH PLAIN", "503 5.5.1")
    client = Client(server.submissions, tls=True)
    client.hello()
    client.say("AUTH CRAM-MD5", "504 5.5.4")
    client.say("AUTH PLAIN", "334 ")
    client.say("*", "501 5.7.0")
    client.say("AUTH PLAIN", "334 ")
    client.say("not base64!", "501 5.5.2")
    client.say("AUTH PLAIN =", "501")
    assert client.sign_in("alice", "wrong").startswith("535 5.7.8")
    assert client.sign_in("down").startswith("454 4.7.0")
    began = time.monotonic()
    assert client.sign_in("slow").startswith("535") and time.monotonic() - began > 0.25
    client.say("AUTH PLAIN", "334 ")
    client.say("QQ" * 6200, "500 5.5.6")
    assert client.sign_in().startswith("235")
    assert "secret" not in server.text() and "c2VjcmV0" not in server.text()


@test()
def sign_in_is_forgotten_by_starttls_only(server):
    client = ready(server, server.submission)
    client.starttls()
    client.hello()
    client.sign_in()
    client.hello()
    client.say("RSET", "250")
    client.say("MAIL FROM:<alice@example.test>", "250")


@test()
def relay_for_the_signed_in(server):
    client = signed_in(server)
    client.envelope("alice@example.test", ["x@elsewhere.test"])
    client.data(MESSAGE.replace("pat@partner.test", "alice@example.test"))
    assert "protocol ESMTPSA\n" in server.messages()[0][0] and "signed 1" in server.messages()[0][0]


@test()
def sender_must_be_the_users(server):
    client = signed_in(server)
    client.say("MAIL FROM:<bob@example.test>", "553 5.7.1")
    client.envelope("alice@example.test")
    client.data("From: bob@example.test\r\n\r\nHi", "553 5.7.1")
    client.envelope("alice@example.test")
    client.data("From: alice@example.test, bob@example.test\r\n\r\nHi", "553 5.7.1")
    client.envelope("alice@example.test")
    client.data("From: alice@example.test\r\nFrom: bob@example.test\r\n\r\nHi", "554 5.6.0")
    client.envelope("shared@example.test")
    client.data("From: Shared <shared@example.test>\r\n\r\nHi", "250")
    client.envelope("")
    client.data("From: <alice@example.test>\r\nSubject: read receipt\r\n\r\nHi", "250")
    assert len(server.messages()) == 2 and b"Sender:" not in server.messages()[0][1]


@test()
def on_behalf_adds_sender(server):
    client = signed_in(server)
    client.envelope("alice@example.test")
    client.data("From: boss@example.test\r\nSender: bob@example.test\r\n\r\nHi", "250")
    content = server.messages()[0][1].decode()
    assert "From: boss@example.test\r\n" in content and "Sender: Test Person <alice@example.test>\r\n" in content and "bob@" not in content, content


@test()
def submission_adds_fields(server):
    client = signed_in(server)
    client.envelope("alice@example.test")
    client.data("Subject: x\r\nBcc: hidden@example.test\r\n\r\nHi", "250")
    content = server.messages()[0][1].decode()
    assert re.search(r"^From: (Test Person )?<?alice@example.test>?\r$", content, re.M), content
    assert re.search(r"^Date: \w{3}, \d+ \w{3} \d{4} ", content, re.M) and re.search(r"^Message-ID: <[^<>\s]+@mail\.example\.test>\r$", content, re.M), content
    assert "Bcc" not in content and content.endswith("\r\n\r\nHi\r\n")
    client.envelope("alice@example.test")
    complete = MESSAGE.replace("pat@partner.test", "alice@example.test")
    client.data(complete)
    assert server.messages()[1][1] == complete.encode() + b"\r\n"


@test()
def cut_at_each_byte(server):
    """Half a message never exists (promise 4)."""
    dialogue = ("EHLO c.test\r\nMAIL FROM:<pat@partner.test>\r\nRCPT TO:<a@example.test>\r\nDATA\r\nA: b\r\n\r\nbody\r\n.\r\n").encode()
    for cut in range(0, len(dialogue), 1):
        with socket.create_connection(("127.0.0.1", server.relay)) as connection:
            connection.sendall(dialogue[:cut])
    time.sleep(0.5)
    assert server.messages() == []
    with socket.create_connection(("127.0.0.1", server.relay)) as connection:
        connection.sendall(dialogue)
        connection.shutdown(socket.SHUT_WR)
        text = b""
        while piece := connection.recv(4096):
            text += piece
    assert b"250 2.0.0 Accepted" in text
    assert len(server.messages()) == 1


@test()
def drain(server):
    idle, busy = ready(server), ready(server)
    busy.envelope()
    busy.say("DATA", "354")
    server.process.send_signal(signal.SIGTERM)
    assert idle.reply().startswith("421 4.3.2") and idle.closed()
    busy.send(MESSAGE + "\r\n.\r\n")
    assert busy.reply().startswith("250 2.0.0 Accepted")
    assert busy.reply().startswith("421 4.3.2") and busy.closed()
    server.process.wait(10)


@test()
def other_clients(server):
    """swaks, smtp-source, curl and msmtp send a message each, as far as they are installed."""
    sent = 0
    mail = os.path.join(server.folder, "mail")
    open(mail, "w").write(MESSAGE.replace("\r\n", "\n") + "\n")
    commands = [["swaks", "--server", f"127.0.0.1:{server.relay}", "--to", "a@example.test", "--from", "p@partner.test", "--helo", "c.test", "--tls"],
                ["swaks", "--server", f"127.0.0.1:{server.submissions}", "--to", "a@example.test", "--from", "alice@example.test", "--helo", "c.test",
                 "--tls-on-connect", "--auth", "LOGIN", "--auth-user", "alice", "--auth-password", "secret"],
                ["smtp-source", "-s", "5", "-m", "20", "-l", "10000", "-f", "p@partner.test", "-t", "a@example.test", f"127.0.0.1:{server.relay}"],
                ["curl", "-sS", "--ssl-reqd", "-k", "--mail-from", "alice@example.test", "--mail-rcpt", "a@example.test", "-u", "alice:secret", "-F", "=hello",
                 f"smtp://127.0.0.1:{server.submission}/c.test"],
                ["msmtp", "--host=127.0.0.1", f"--port={server.submission}", "--auth=plain", "--user=alice", "--passwordeval=echo secret", "--tls=on",
                 "--tls-certcheck=off", "--from=alice@example.test", "a@example.test"]]
    for command in commands:
        path = shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin")
        if path is None:
            continue
        text = MESSAGE.replace("pat@partner.test", "alice@example.test").replace("\r\n", "\n")
        result = subprocess.run([path] + command[1:], input=text, capture_output=True, text=True, timeout=30)
        assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
        sent += 20 if command[0] == "smtp-source" else 1
    assert len(server.messages()) == sent, (len(server.messages()), sent)


def make_certificate(folder):
    global KEY, CERTIFICATE
    KEY, CERTIFICATE = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", KEY, "-out", CERTIFICATE,
                    "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)


def main():
    program, only = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    folder = tempfile.mkdtemp()
    make_certificate(folder)
    failed = 0
    for function, options in TESTS:
        if only not in function.__name__:
            continue
        server = Server(program, options)
        try:
            function(server)
            result = "ok"
        except Exception as error:  # a test may fail in any way
            result = f"FAIL {type(error).__name__}: {error}\n" + server.text()[-1500:]
        try:
            if server.process.poll() is None:
                server.stop()
            elif server.process.returncode != 0:
                result += f"\nFAIL exit code {server.process.returncode}\n" + server.text()[-3000:]
        except (AssertionError, subprocess.TimeoutExpired) as error:
            result = f"FAIL {error}"
            server.process.kill()
        failed += "FAIL" in result
        print(f"{function.__name__}: {result}", flush=True)
    shutil.rmtree(folder)
    print(f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
