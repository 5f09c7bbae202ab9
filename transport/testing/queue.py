#!/usr/bin/env python3
"""The outgoing side: a real boursed, hosts that do what they are told, DNS by a private unbound.

queue.py BOURSED BOURSECTL [PART-OF-NAME], under tests/services/with-postgres and with-openldap; with-postfix for one more test
"""
import email
import email.policy
import os
import shutil
import signal
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from instance import Instance, free_ports  # noqa: E402
from sink import Sink  # noqa: E402

TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Bench:
    """One boursed for all tests; each test uses domains of its own."""

    def __init__(self, boursed, boursectl):
        self.folder = tempfile.mkdtemp(prefix="bourse-queue-")
        self.dns_port, self.mx_port, self.dead_port = free_ports(3)
        self.routes = {}
        self.sinks = []
        self.dns = self.start_dns()
        self.instance = Instance(boursed, boursectl, self.settings())
        self.instance.start()

    def settings(self):
        return {"queue.lease": "3s", "queue.first_retry": "1s", "queue.longest_retry": "4s", "queue.delay_notice": "2s", "queue.resolver": f'"127.0.0.1@{self.dns_port}"',
                "queue.port": self.mx_port, "queue.connect_timeout": "2s", "queue.command_timeout": "3s",
                "queue.routes": "{" + ", ".join(f'"{domain}={host}"' for domain, host in self.routes.items()) + "}"}

    def start_dns(self):
        data = """
null.test. MX 0 .
onlya.test. A 127.0.0.11
prefer.test. MX 10 mx1.prefer.test.
prefer.test. MX 20 mx2.prefer.test.
mx1.prefer.test. A 127.0.0.9
mx2.prefer.test. A 127.0.0.12
loop.test. MX 10 mail.example.test.
loop.test. MX 20 mx2.prefer.test.
noaddress.test. MX 10 gone.noaddress.test.
""".strip().split("\n")
        zones = "\n".join(f'    local-data: "{line.replace(". MX", ". 60 IN MX").replace(". A ", ". 60 IN A ")}"' for line in data)
        with open(self.folder + "/unbound.conf", "w", encoding="ascii") as file:
            file.write(f"""server:
    interface: 127.0.0.1@{self.dns_port}
    access-control: 127.0.0.0/8 allow
    username: ""
    chroot: ""
    directory: "{self.folder}"
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    local-zone: "test." static
    local-zone: "broken.test." always_refuse
{zones}
remote-control:
    control-enable: no
""")
        path = shutil.which("unbound", path=os.environ["PATH"] + ":/usr/sbin")
        return subprocess.Popen([path, "-c", self.folder + "/unbound.conf"], stderr=open(self.folder + "/unbound.log", "wb"))

    def sink(self, domain=None, **options):
        sink = Sink(**options)
        self.sinks.append(sink)
        if domain is not None:
            self.route(domain, f"127.0.0.1:{sink.port}")
        return sink

    def route(self, domain, host, **extra):
        self.routes[domain] = host
        self.reload(**extra)

    def reload(self, **extra):
        self.instance.settings = {**self.settings(), **extra}
        self.instance.configure()
        self.instance.process.send_signal(1)
        time.sleep(0.3)

    def send(self, recipients, subject, body="Hello", sender="alice", options=(), rcpt_options=(), raw=None):
        text = raw if raw is not None else (f"From: {sender}@example.test\r\nTo: x\r\nSubject: {subject}\r\nDate: Sat, 21 Nov 2026 22:51:00 +0000\r\n"
                                            f"Message-ID: <{subject}@example.test>\r\n\r\n{body}\r\n").encode()
        context = ssl.create_default_context(cafile=self.instance.certificate)
        with smtplib.SMTP_SSL("localhost", self.instance.submissions, context=context, timeout=20) as client:
            client.login(sender, self.instance.password)
            client.ehlo("client.example.test")
            refused = client.sendmail(f"{sender}@example.test", recipients, text, options, rcpt_options)
            assert refused == {}, refused

    def wait(self, check, seconds=15):
        limit = time.monotonic() + seconds
        while not (result := check()):
            assert time.monotonic() < limit, "nothing happened; log:\n" + self.instance.log()[-3000:]
            time.sleep(0.1)
        return result

    def waiting(self):
        return int(self.instance.control("queue", "list").strip().split("\n")[-1].split(" ")[0])

    def empty_queue(self):
        """What a test leaves behind must not go through the next one's smarthost."""
        for line in self.instance.control("queue", "list").split("\n"):
            if line.split()[:1] and line.split()[0].isdigit() and "@" in line:
                self.instance.control("queue", "delete", line.split()[0])

    def mailbox(self, user="alice"):
        """All messages of the mailbox."""
        place = tempfile.mkdtemp(dir=self.folder)
        try:
            self.instance.control("export", f"{user}@example.test", place, "--format", "eml")
        except AssertionError:
            return []
        found = []
        for where, _, names in os.walk(place):
            for name in names:
                with open(os.path.join(where, name), "rb") as file:
                    found.append(email.message_from_binary_file(file, policy=email.policy.default))
        return found

    def notice(self, text, seconds=15):
        """The report in alice's mailbox that has the text."""
        return self.wait(lambda: next((m for m in self.mailbox() if m.get_content_type() == "multipart/report" and text in m.as_string()), None), seconds)

    def close(self):
        self.instance.stop()
        log = self.instance.log()
        self.dns.terminate()
        for sink in self.sinks:
            sink.close()
        self.instance.remove()
        shutil.rmtree(self.folder)
        return log


@test
def message_is_sent(bench):
    sink = bench.sink("plain.partner.test")
    bench.send(["bob@plain.partner.test"], "sent", ".dot\r\n..two\r\n" + "x" * 3000, options=["RET=FULL", "ENVID=e+2B1"],
               rcpt_options=["NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;old+2Bbob@x.test"])
    one = bench.wait(lambda: sink.messages)[0]
    assert one.mail.startswith("MAIL FROM:<alice@example.test> SIZE=") and one.mail.endswith(" RET=FULL ENVID=e+2B1"), one.mail
    assert one.recipients == ["RCPT TO:<bob@plain.partner.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;old+2Bbob@x.test"], one.recipients
    header, _, body = one.data.partition(b"\r\n\r\n")
    assert b"Return-Path" not in header and header.startswith(b"Received: from client.example.test ([127.0.0.1])"), header
    assert b"with ESMTPSA id" in header and b"Subject: sent" in header
    assert body.startswith(b".dot\r\n..two\r\n") and body.replace(b"\r\n", b"").count(b"x") == 3000
    assert max(len(line) for line in body.split(b"\r\n")) <= 998
    bench.wait(lambda: bench.waiting() == 0)
    assert "EHLO mail.example.test" in sink.commands


@test
def one_transaction_for_many_recipients(bench):
    sink = bench.sink("many.partner.test")
    recipients = [f"r{i}@many.partner.test" for i in range(120)]
    bench.send(recipients, "many")
    bench.wait(lambda: bench.waiting() == 0)
    assert len(sink.messages) == 1 and len(sink.messages[0].recipients) == 120


@test
def some_recipients_are_refused(bench):
    sink = bench.sink("some.partner.test", replies={"RCPT bad": "550 5.1.1 nobody of that name", "RCPT never": "550 5.1.1 no"})
    bench.send(["good@some.partner.test", "bad@some.partner.test"], "some")
    bench.send(["never@some.partner.test"], "silent", rcpt_options=["NOTIFY=NEVER"])
    text = bench.notice("bad@some.partner.test").as_string()
    for part in ("Action: failed", "Status: 5.1.1", "Remote-MTA: dns;", "Diagnostic-Code: smtp;", "550 5.1.1 nobody of that name",
                 "Reporting-MTA: dns; mail.example.test", "Subject: some"):
        assert part in text, f"{part} is missing in\n{text}"
    assert "good@some.partner.test" not in text
    assert len(sink.messages) == 1
    bench.wait(lambda: bench.waiting() == 0)
    assert not any("never@some" in m.as_string() for m in bench.mailbox() if m.get_content_type() == "multipart/report")


@test
def put_off_and_sent_later(bench):
    sink = bench.sink("later.partner.test", replies={"RCPT slow": ["451 4.7.1 greylisted", "451 4.7.1 greylisted", "250 2.1.5 now"]})
    bench.send(["slow@later.partner.test", "fast@later.partner.test"], "later", rcpt_options=["NOTIFY=FAILURE"])
    bench.wait(lambda: len(sink.messages) == 2)
    assert sink.messages[0].recipients[0].startswith("RCPT TO:<fast@") and sink.messages[1].recipients[0].startswith("RCPT TO:<slow@")
    bench.wait(lambda: bench.waiting() == 0)
    show = bench.instance.log()
    assert "451 4.7.1 greylisted (in reply to RCPT TO)" in show


@test
def delay_is_told_once(bench):
    sink = bench.sink("delay.partner.test", replies={"MAIL": "451 4.3.2 later"})
    bench.send(["a@delay.partner.test"], "delayed")
    text = bench.notice("a@delay.partner.test").as_string()
    assert "Action: delayed" in text and "Status: 4.3.2" in text and "Will-Retry-Until:" in text, text
    time.sleep(4)
    assert len([m for m in bench.mailbox() if "a@delay.partner.test" in m.as_string() and m.get_content_type() == "multipart/report"]) == 1
    sink.replies = {}
    bench.wait(lambda: sink.messages)


@test
def whole_message_is_refused(bench):
    bench.sink("content.partner.test", replies={"END": "554 5.7.1 looks like spam"})
    bench.send(["a@content.partner.test"], "refused")
    text = bench.notice("a@content.partner.test").as_string()
    assert "554 5.7.1 looks like spam" in text and "end of DATA" in text


@test
def sender_is_refused(bench):
    bench.sink("mail.partner.test", replies={"MAIL": "550 5.1.8 bad sender"})
    bench.send(["a@mail.partner.test", "b@mail.partner.test"], "mail")
    text = bench.notice("a@mail.partner.test").as_string()
    assert text.count("Action: failed") == 2 and "550 5.1.8" in text


@test
def host_without_extensions(bench):
    sink = bench.sink("old.partner.test", extensions=[], replies={"EHLO": "500 what?", "RCPT no": "550 no"})
    bench.send(["a@old.partner.test", "no@old.partner.test"], "old", "Grüße")
    bench.wait(lambda: sink.messages)
    assert "HELO mail.example.test" in sink.commands and sink.messages[0].mail == "MAIL FROM:<alice@example.test>"
    bench.notice("no@old.partner.test")


@test
def eight_bit_for_a_seven_bit_host(bench):
    seven = bench.sink("seven.partner.test", extensions=["PIPELINING"])
    eight = bench.sink("eight.partner.test")
    raw = ("From: alice@example.test\r\nSubject: bits\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
           "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße = " + "ü" * 60 + " \r\n.\r\n--b\r\nContent-Type: application/x\r\n"
           "Content-Transfer-Encoding: 8bit\r\n\r\nöäü\r\n--b--\r\n").encode()
    bench.send(["a@seven.partner.test", "a@eight.partner.test"], "bits", raw=raw, options=["BODY=8BITMIME"])
    one = bench.wait(lambda: seven.messages)[0]
    assert all(byte < 128 for byte in one.data), one.data
    parts = list(email.message_from_bytes(one.data, policy=email.policy.default).walk())
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["7bit", "quoted-printable", "base64"], [p["Content-Transfer-Encoding"] for p in parts]
    assert parts[1].get_content().replace("\r\n", "\n") == "Grüße = " + "ü" * 60 + " \n.", repr(parts[1].get_content())
    assert parts[2].get_content().decode() == "öäü"
    two = bench.wait(lambda: eight.messages)[0]
    assert "BODY=8BITMIME" in two.mail and "Grüße".encode() in two.data


@test
def internationalised_addresses(bench):
    bench.sink("ascii.partner.test", extensions=["PIPELINING", "8BITMIME"])
    sink = bench.sink("utf8.partner.test")
    context = ssl.create_default_context(cafile=bench.instance.certificate)
    with smtplib.SMTP_SSL("localhost", bench.instance.submissions, context=context, timeout=20) as client:
        client.login("alice", bench.instance.password)
        client.ehlo("c.test")
        client.command_encoding = "utf-8"
        client.sendmail("alice@example.test", ["jürgen@ascii.partner.test", "jürgen@utf8.partner.test"],
                        "From: alice@example.test\r\nSubject: Grüße\r\n\r\nHi\r\n".encode(), ["SMTPUTF8"])
    one = bench.wait(lambda: sink.messages)[0]
    assert one.mail.endswith(" SMTPUTF8 RET=HDRS") and "jürgen@utf8" in one.recipients[0], (one.mail, one.recipients)
    text = bench.notice("5.6.7")
    assert "global-delivery-status" in text.as_string()


@test
def success_notices(bench):
    dsn = bench.sink("dsn.partner.test")
    bench.sink("nodsn.partner.test", extensions=["PIPELINING"])
    bench.send(["a@dsn.partner.test", "a@nodsn.partner.test"], "success", rcpt_options=["NOTIFY=SUCCESS"])
    text = bench.notice("a@nodsn.partner.test").as_string()
    assert "Action: relayed" in text and "Status: 2." in text, text
    assert "NOTIFY=SUCCESS" in bench.wait(lambda: dsn.messages)[0].recipients[0]
    assert not any("a@dsn.partner.test" in m.as_string() for m in bench.mailbox() if m.get_content_type() == "multipart/report")


@test
def too_large_for_the_host(bench):
    bench.sink("small.partner.test", extensions=["SIZE 1000"])
    bench.send(["a@small.partner.test"], "large", "x\r\n" * 1000)
    assert "Status: 5.3.4" in bench.notice("a@small.partner.test").as_string()


@test
def connections_are_reused(bench):
    sink = bench.sink("reuse.partner.test")
    for i in range(10):
        bench.send(["a@reuse.partner.test"], f"reuse{i}")
    bench.wait(lambda: len(sink.messages) == 10)
    assert sink.connections <= 5, sink.connections
    assert "QUIT" in bench.wait(lambda: sink.commands if "QUIT" in sink.commands else None, 15)


@test
def concurrency_is_limited(bench):
    sink = bench.sink("limit.partner.test", replies={"GREETING": "220 mx ESMTP"})
    for i in range(20):
        bench.send([f"a{i}@limit.partner.test"], f"limit{i}")
    bench.wait(lambda: len(sink.messages) == 20)
    assert sink.connections <= 10, sink.connections


@test
def lost_connections(bench):
    for command in ("GREETING", "EHLO", "MAIL", "RCPT a", "DATA", "END"):
        domain = command.split(" ")[0].lower() + ".lost.test"
        normal = {"GREETING": "220 mx ESMTP", "EHLO": "250 mx.partner.test", "MAIL": "250 ok", "RCPT a": "250 ok", "DATA": "354 go", "END": "250 ok"}[command]
        sink = bench.sink(domain, replies={command: ["DROP", normal]})
        bench.send([f"a@{domain}"], "lost-" + domain)
        bench.wait(lambda: sink.messages and not bench.waiting() and sink.messages, 20)
        assert len(sink.messages) == (2 if command == "END" else 1), command
    assert "may be delivered twice" in bench.instance.log()


@test
def nonsense_from_the_host(bench):
    for number, nonsense in enumerate(("hello", "999 no", "250-a\r\n251 b", "220 " + "x" * 20000)):
        domain = f"n{number}.nonsense.test"
        sink = bench.sink(domain, replies={"GREETING": [nonsense, "220 mx ESMTP"]})
        bench.send([f"a@{domain}"], domain)
        bench.wait(lambda: sink.messages, 20)


@test
def too_many_recipients_for_the_host(bench):
    sink = bench.sink("few.partner.test", replies={f"RCPT b{i}": ["452 4.5.3 too many", "250 ok"] for i in range(5)})
    bench.send([f"a{i}@few.partner.test" for i in range(5)] + [f"b{i}@few.partner.test" for i in range(5)], "few")
    bench.wait(lambda: len(sink.messages) == 2)
    assert len(sink.messages[1].recipients) == 5


@test
def opportunistic_tls(bench):
    pair = (bench.instance.certificate, bench.instance.key)
    good = bench.sink("tls.partner.test", certificate=pair)
    broken = bench.sink("brokentls.partner.test", broken_tls=True)
    bench.send(["a@tls.partner.test", "a@brokentls.partner.test"], "tls")
    assert bench.wait(lambda: good.messages)[0].tls
    assert not bench.wait(lambda: broken.messages)[0].tls


@test
def mail_exchangers(bench):
    second = bench.sink(address="127.0.0.12", port=bench.mx_port)
    only = bench.sink(address="127.0.0.11", port=bench.mx_port)
    bench.send(["a@prefer.test", "a@onlya.test"], "mx")
    bench.wait(lambda: second.messages and only.messages)
    first = bench.sink(address="127.0.0.9", port=bench.mx_port)
    bench.send(["a@prefer.test"], "mx-first")
    bench.wait(lambda: first.messages)


@test
def domains_without_hosts(bench):
    for domain, status, text in (("null.test", "5.1.10", "takes no mail"), ("nowhere.test", "5.1.2", "does not exist"), ("loop.test", "5.4.6", "this server")):
        bench.send([f"a@{domain}"], domain)
        report = bench.notice(f"a@{domain}").as_string()
        assert f"Status: {status}" in report and text in report, report
    for domain, text in (("noaddress.test", "none of the mail hosts"), ("x.broken.test", "cannot be resolved")):
        bench.send([f"a@{domain}"], domain)
        bench.wait(lambda: text in bench.instance.log())
    bench.instance.control("queue", "delete", "all") if False else None


@test
def loop_by_greeting(bench):
    bench.sink("self.partner.test", name="mail.example.test")
    bench.send(["a@self.partner.test"], "self")
    assert "Status: 5.4.6" in bench.notice("a@self.partner.test").as_string()


@test
def smarthost(bench):
    pair = (bench.instance.certificate, bench.instance.key)
    bench.empty_queue()
    sink = bench.sink(certificate=pair, extensions=["PIPELINING", "AUTH PLAIN LOGIN"])
    login = bench.sink(certificate=pair, extensions=["AUTH LOGIN"])
    bare = bench.sink(extensions=["AUTH PLAIN"])
    with open(bench.folder + "/smart", "w", encoding="ascii") as file:
        file.write("smart secret\n")
    os.chmod(bench.folder + "/smart", 0o600)

    def use(one, tls, host="localhost"):
        bench.reload(**{"queue.smarthost": f'"{host}:{one.port}"', "queue.smarthost_user": '"relay"', "queue.smarthost_password_file": f'"{bench.folder}/smart"',
                        "queue.smarthost_tls": f'"{tls}"'})

    for one, host in ((sink, "[127.0.0.1]"), (login, "127.0.0.1")):
        use(one, "required", host)
        bench.send(["a@anywhere.test", "b@anywhere.test"], f"smart{one.port}")
        got = bench.wait(lambda: [t for t in one.messages if "anywhere.test" in t.recipients[0]])[0]
        assert got.tls and got.user == "relay" and len(got.recipients) == 2, (got.tls, got.user, got.recipients)
    use(bare, "required", "127.0.0.1")
    bench.send(["a@elsewhere.test"], "smart-no-tls")
    bench.wait(lambda: "STARTTLS is not offered" in bench.instance.log())
    use(bare, "opportunistic", "127.0.0.1")
    bench.wait(lambda: "the password is sent over TLS only" in bench.instance.log())
    use(sink, "verified", "127.0.0.1")
    bench.wait(lambda: "certificate verify failed" in bench.instance.log())
    assert len(sink.messages) == 1 and not bare.messages
    use(sink, "required", "127.0.0.1")
    bench.wait(lambda: len(sink.messages) == 2)
    assert "smart secret" not in bench.instance.log()
    bench.reload()


@test
def null_sender_is_not_told(bench):
    bench.sink("double.partner.test", replies={"RCPT a": "550 5.1.1 no"})
    context = ssl.create_default_context(cafile=bench.instance.certificate)
    before = len(bench.mailbox())
    with smtplib.SMTP_SSL("localhost", bench.instance.submissions, context=context, timeout=20) as client:
        client.login("alice", bench.instance.password)
        client.ehlo("c.test")
        client.sendmail("", ["a@double.partner.test"], b"From: alice@example.test\r\nSubject: receipt\r\n\r\nread\r\n")
    bench.wait(lambda: "nobody is told" in bench.instance.log())
    bench.wait(lambda: bench.waiting() <= 2)
    assert len(bench.mailbox()) == before


@test
def queue_commands(bench):
    sink = bench.sink("held.partner.test", replies={"MAIL": "450 4.2.0 wait"})
    bench.send(["a@held.partner.test"], "held")
    bench.wait(lambda: "450 4.2.0 wait" in bench.instance.log())
    number = [line.split()[0] for line in bench.instance.control("queue", "list").split("\n") if "alice@" in line][-1]
    bench.instance.control("queue", "hold", number)
    time.sleep(1)
    sink.replies = {}
    time.sleep(4)
    assert not sink.messages
    bench.instance.control("queue", "release", number)
    bench.instance.control("queue", "retry", number)
    bench.wait(lambda: sink.messages, 8)


@test
def restart_goes_on(bench):
    sink = bench.sink("restart.partner.test", replies={"MAIL": "450 4.2.0 wait"})
    bench.send(["a@restart.partner.test"], "restart")
    bench.wait(lambda: sink.transactions or "MAIL FROM:<alice@example.test>" in " ".join(sink.commands))
    time.sleep(0.5)
    began = time.monotonic()
    bench.instance.stop()
    assert time.monotonic() - began < 11
    sink.replies = {}
    bench.instance.start()
    bench.wait(lambda: sink.messages)


@test
def lease_is_renewed_while_a_host_takes_its_time(bench):
    sink = bench.sink("slow.partner.test", replies={"END": "WAIT 8 250 2.0.0 taken"})
    bench.reload(**{"queue.command_timeout": "20s"})
    bench.send(["a@slow.partner.test"], "slow")
    bench.wait(lambda: sink.messages)
    bench.wait(lambda: bench.waiting() == 0, 20)
    assert len(sink.messages) == 1, f"sent {len(sink.messages)} times although the lease of 3 s was renewed"


@test
def lease_of_a_killed_process_runs_out(bench):
    sink = bench.sink("killed.partner.test", replies={"END": ["WAIT 60 250 2.0.0 taken", "250 2.0.0 taken"]})
    bench.reload(**{"queue.command_timeout": "90s"})
    bench.send(["a@killed.partner.test"], "killed")
    bench.wait(lambda: sink.messages)
    bench.instance.stop(signal.SIGKILL)
    began = time.monotonic()
    bench.instance.start()
    bench.wait(lambda: len(sink.messages) == 2)
    assert time.monotonic() - began < 12, "the lease was 3 s, the queue is looked at every 5 s"
    bench.wait(lambda: bench.waiting() == 0)


@test
def real_postfix(bench):
    port = os.environ.get("BOURSE_TEST_POSTFIX_PORT")
    if port is None:
        return
    bench.route(os.environ["BOURSE_TEST_POSTFIX_DOMAIN"], f"127.0.0.1:{port}")
    folder = os.environ["BOURSE_TEST_POSTFIX_MAIL"]
    for i in range(5):
        bench.send([f"pat{j}@{os.environ['BOURSE_TEST_POSTFIX_DOMAIN']}" for j in range(3)], f"postfix{i}", "Grüße\r\n.dot")
    bench.wait(lambda: os.path.isdir(folder) and len(os.listdir(folder)) >= 15)
    with open(os.path.join(folder, sorted(os.listdir(folder))[0]), "rb") as file:
        content = file.read()
    assert b"Return-Path: <alice@example.test>" in content and "Grüße\n.dot".encode() in content.replace(b"\r", b"")
    with open(os.environ["BOURSE_TEST_POSTFIX_LOG"], encoding="utf-8", errors="replace") as file:
        assert "TLS connection established from" in file.read()


def main():
    boursed, boursectl = sys.argv[1:3]
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    failed = 0
    bench = Bench(boursed, boursectl)
    bench.mailbox()
    for function in TESTS:
        if not any(part in function.__name__ for part in only.split(",")):
            continue
        before = len(bench.instance.log())
        began = time.monotonic()
        try:
            function(bench)
            print(f"{function.__name__}: ok ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception:  # a test may fail in any way
            failed += 1
            print(f"{function.__name__}: FAIL\n{traceback.format_exc()[-2500:]}\n{bench.instance.log()[before:][-2500:]}", flush=True)
    log = bench.close()
    for word in ("Sanitizer", "runtime error"):
        if word in log:
            failed += 1
            print(log[log.index(word) - 200:][:4000])
    print(f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
