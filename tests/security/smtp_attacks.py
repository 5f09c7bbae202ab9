"""SMTP: line ends that smuggle, bytes behind STARTTLS, AUTH in the clear, floods of commands and of connections."""
import base64
import time
import uuid

from ews import Client, find_item, named
from wire import Smtp

ENVELOPE = b"MAIL FROM:<pat@partner.test>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n"

# [RFC 5321] 4.1.1.4: only CRLF.CRLF ends the mail. What some servers took for it, others passed on.
ENDS = {
    "LF.LF": b"\n.\n", "LF.CRLF": b"\n.\r\n", "CRLF.LF": b"\r\n.\n", "CR.CR": b"\r.\r", "CR.CRLF": b"\r.\r\n", "CRLF.CR": b"\r\n.\r",
    "CRLF.CR.LF": b"\r\n.\r.\n", "LF.CR": b"\n.\r", "CRLF NUL.CRLF": b"\r\n\0.\r\n", "CRLF.NUL CRLF": b"\r\n.\0\r\n", "LFCR.CRLF": b"\n\r.\r\n",
}


def subjects(server, login="alice"):
    client = Client(server, login)
    answer = client.must(find_item(named("inbox"), "AllProperties"))
    client.close()
    return answer.data.decode(errors="replace")


def session(port, server=None):
    smtp = Smtp(port, server)
    assert smtp.greeting.startswith("220"), smtp.greeting
    reply = smtp.ask(b"EHLO client.partner.test\r\n")
    assert reply.startswith("250"), reply
    return smtp


def try_end(server, end, mark):
    """Sends one mail with a second one hidden behind the false end; returns the reply to the real end."""
    smtp = session(server.smtp_port)
    for line in ENVELOPE.splitlines(keepends=True):
        reply = smtp.ask(line)
    assert reply.startswith("354"), reply
    smtp.send(f"From: pat@partner.test\r\nSubject: outer {mark}\r\n\r\nbody".encode() + end
              + ENVELOPE + f"From: boss@example.test\r\nSubject: smuggled {mark}\r\n\r\nbody\r\n.\r\n".encode())
    replies = [smtp.reply()]
    smtp.send(b"NOOP\r\nQUIT\r\n")
    while not replies[-1].startswith("221"):
        replies.append(smtp.reply())
    smtp.close()
    return replies


def check_line_ends(server):
    wrong, mark = [], uuid.uuid4().hex[:8]
    for name, end in ENDS.items():
        replies = try_end(server, end, f"{mark} {name}")
        if not replies[0].startswith("550") and b"\0" not in end:
            wrong.append(f"{name}: {replies[0]}")
        if [reply[:3] for reply in replies[1:]] != ["250", "221"]:
            wrong.append(f"{name}: what followed was taken for commands: {replies}")
    inbox = subjects(server)
    wrong += [f"{name}: was delivered" for name, end in ENDS.items() if f"Subject>smuggled {mark} {name}<" in inbox or f"Subject>outer {mark} {name}<" in inbox and b"\0" not in end]
    assert not wrong, "\n".join(wrong)


def check_commands_need_crlf(server):
    """A bare LF or CR within the command phase is no line end either: no second command comes of it."""
    for separator in (b"\n", b"\r"):
        smtp = session(server.smtp_port)
        reply = smtp.ask(b"NOOP" + separator + b"MAIL FROM:<pat@partner.test>\r\n")
        assert reply.startswith("5"), f"{separator!r}: {reply}"
        reply = smtp.ask(b"RCPT TO:<alice@example.test>\r\n")
        assert reply.startswith("503"), f"{separator!r}: the hidden MAIL was taken: {reply}"
        smtp.close()


def check_starttls_injection(server):
    """[RFC 3207] 4.2: what was sent behind STARTTLS in the clear is never taken for something said within TLS, and all that was known is forgotten."""
    for port in (server.smtp_port, server.submission_port):
        smtp = session(port)
        smtp.send(b"MAIL FROM:<pat@partner.test>\r\n" if port == server.smtp_port else b"NOOP\r\n")
        assert smtp.reply().startswith("250")
        smtp.send(b"STARTTLS\r\nRSET\r\nMAIL FROM:<injected@partner.test>\r\nRCPT TO:<alice@example.test>\r\n")
        reply = smtp.reply()
        if not reply.startswith("220"):
            assert reply[:3] in ("421", "501", "502", "503", "554"), reply  # refusing is fine too
            smtp.close()
            continue
        try:
            smtp.buffer = b""
            smtp.start_tls(server)
        except OSError:
            smtp.close()
            continue  # the server gave up the connection
        reply = smtp.ask(b"RCPT TO:<alice@example.test>\r\n")
        assert reply.startswith("503") or reply.startswith("530"), f"the sender survived STARTTLS: {reply}"
        reply = smtp.ask(b"EHLO client.partner.test\r\n")
        assert reply.startswith("250") and "STARTTLS" not in reply, reply
        smtp.close()


def check_auth_needs_tls(server):
    alice = server.users["alice"]
    plain = base64.b64encode(f"\0{alice.login}\0{alice.password}".encode())
    for port in (server.smtp_port, server.submission_port):
        smtp = session(port)
        assert "AUTH" not in smtp.ask(b"EHLO client.partner.test\r\n").upper()
        for command in (b"AUTH PLAIN " + plain, b"AUTH LOGIN", b"auth plain " + plain):
            reply = smtp.ask(command + b"\r\n")
            assert reply.startswith("5"), f"{command[:10]}: {reply}"
        if port == server.submission_port:
            assert smtp.ask(b"MAIL FROM:<alice@example.test>\r\n").startswith("530")
        smtp.close()


def check_floods(server):
    """Errors without end, endless lines and pipelines: the server ends the session, and others do not notice."""
    smtp = session(server.smtp_port)
    began, replies = time.monotonic(), []
    try:
        smtp.send(b"NONSENSE\r\n" * 2000)
        for _ in range(2000):
            replies.append(smtp.reply())
    except (EOFError, OSError):
        pass
    assert len(replies) <= 25, f"{len(replies)} errors were answered"
    assert replies[-1].startswith("421") or replies[-1].startswith("5"), replies[-1]
    smtp.close()
    for hostile in (b"A" * 1_000_000 + b"\r\n", b"\0" * 100_000, b"MAIL FROM:<" + b"a" * 100_000 + b"@partner.test>\r\n",
                    b"EHLO " + b"x" * 5_000 + b"\r\n", b"MAIL FROM:<pat@partner.test> " + b"SIZE=1 " * 500 + b"\r\n"):
        smtp = session(server.smtp_port)
        try:
            smtp.send(hostile)
            reply = smtp.reply()
            assert reply[:1] in "45", f"{hostile[:20]!r}: {reply}"
        except (EOFError, OSError):
            pass  # cut off: fine as well
        smtp.close()
    assert time.monotonic() - began < 60
    session(server.smtp_port).close()


def check_too_many_connections(server):
    """Ten times what one address may hold: those above are answered 421 (or cut) within a second, and the others still work."""
    held, refused, slowest = [], 0, 0.0
    for _ in range(150):
        began = time.monotonic()
        try:
            smtp = Smtp(server.smtp_port, timeout=5)
            if smtp.greeting.startswith("220"):
                held.append(smtp)
            else:
                assert smtp.greeting.startswith("421"), smtp.greeting
                refused += 1
                smtp.close()
        except (EOFError, ConnectionError):
            refused += 1
        slowest = max(slowest, time.monotonic() - began)
    try:
        assert refused > 0, f"{len(held)} connections of one address"
        assert slowest < 1.5, f"an answer took {slowest:.2f} s"
        assert held[0].ask(b"EHLO client.partner.test\r\n").startswith("250")
        assert held[-1].ask(b"NOOP\r\n").startswith("250")
    finally:
        for smtp in held:
            smtp.close()
