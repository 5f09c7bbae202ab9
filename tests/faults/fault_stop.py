"""SIGTERM while sessions are open, and a cold start with a full queue."""
import signal
import socket
import ssl
import time

from audit import SOAP, Figures, authorization, verify
from fault_kill import SENDERS, unique, wait_for_acks
from lab import alive, kill, wait_until
from ledger import Ledger
from smtp_client import Broken, Client, Load, dotted

DRAIN_SECONDS = 10
START_SECONDS = 2
# a sanitizer's start-up and code are several times slower; the promise is about the release build
SANITIZED_FACTOR = 3


def open_stream(lab):
    """A GetStreamingEvents call that hangs."""
    user = lab.instance.users["alice"]
    context = ssl.create_default_context(cafile=lab.instance.ca_file)

    def call(body):
        client = context.wrap_socket(socket.create_connection(("127.0.0.1", lab.instance.port_base + 443), timeout=30), server_hostname="localhost")
        body = SOAP.format(body).encode()
        client.sendall((f"POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization(user)}\r\nContent-Type: text/xml\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
        return client

    client = call('<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id="inbox"/></t:FolderIds><t:EventTypes>'
                  "<t:EventType>NewMailEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>")
    text = b""
    while b"</m:SubscriptionId>" not in text and b"Envelope>" not in text:
        data = client.recv(65536)
        assert data, text
        text += data
    client.close()
    subscription = text.split(b"SubscriptionId>")[1].split(b"<")[0].decode()
    client = call(f"<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>{subscription}</t:SubscriptionId></m:SubscriptionIds>"
                  "<m:ConnectionTimeout>5</m:ConnectionTimeout></m:GetStreamingEvents>")
    assert client.recv(100).startswith(b"HTTP/1.1 200")
    return client


class Halfway:
    """An SMTP session in the middle of its DATA."""

    def __init__(self, lab, ledger):
        self.ledger, self.entry = ledger, ledger.new([lab.address("dave")], 20000)
        self.client = Client(lab.instance.smtp_port)
        self.client.command(b"MAIL FROM:<load@partner.test>\r\n", "250")
        self.client.command(f"RCPT TO:<{self.entry.recipients[0]}>\r\n".encode(), "250")
        self.client.command(b"DATA\r\n", "354")
        self.content = dotted(self.entry.content) + b".\r\n"
        self.client.send(self.content[:9000])

    def end(self):
        """The answer to the rest: its code, or "" when the server has closed."""
        try:
            code, text = self.client.ask(self.content[9000:])
        except Broken:
            code, text = "", ""
        self.client.close()
        self.ledger.note(self.entry, 0.0, "acked" if code == "250" else "temporary" if code[:1] in ("4", "") else "refused", text)
        return code


def terminate(lab):
    """Asks all to end; seconds until the last process is gone."""
    pids = lab.boursed_processes()
    assert len(pids) == 4, f"master and roles: {pids}"
    began = time.monotonic()
    kill(pids[0], signal.SIGTERM)
    wait_until(lambda: not any(alive(pid) for pid in pids), DRAIN_SECONDS + 10, "the end of all processes after SIGTERM")
    return time.monotonic() - began


def drain(lab):
    rounds, worst, codes = lab.form.faults(2, 20), 0.0, []
    ledger, times = Ledger(unique("drain")), []
    load = Load(lab, ledger, SENDERS, pause=0.01).start()
    try:
        for number in range(rounds):
            wait_for_acks(ledger, 10)
            idle, halfway, stream = Client(lab.instance.smtp_port), Halfway(lab, ledger), open_stream(lab)
            slow = socket.create_connection(("127.0.0.1", lab.instance.port_base + 443))
            times.append(time.monotonic())
            if number % 2 == 0:
                worst = max(worst, terminate(lab))  # nobody ends by himself
                codes.append(halfway.end())
            else:
                pids = lab.boursed_processes()
                kill(pids[0], signal.SIGTERM)
                time.sleep(0.3)
                codes.append(halfway.end())  # the client finishes while the server drains
                wait_until(lambda: not any(alive(pid) for pid in pids), DRAIN_SECONDS + 10, "the end of all processes after SIGTERM")
                worst = max(worst, time.monotonic() - times[-1])
            for client in (idle.socket, stream, slow):
                client.close()
            lab.service("boursed")
            lab.wait_ready()
        load.finish()
    except BaseException:
        load.abort()
        raise
    assert worst <= DRAIN_SECONDS + 1, f"SIGTERM took {worst:.1f} s, promised are {DRAIN_SECONDS} s"
    figures = Figures(rounds, recovery=ledger.worst_recovery(times))
    figures.note = f"longest drain {worst:.1f} s; a message half sent at SIGTERM was answered with {', '.join(code or 'a closed connection' for code in codes)}"
    return verify(lab, ledger, figures)


# ---- cold start ----

FILL = """
INSERT INTO queue (queue_id, sender, envelope_id, dsn_return, origin, trace_id, needs_smtputf8, needs_8bit, mime_blob, size, created, expires)
SELECT {first} + n, 'load@example.test', '', '', '', '', false, false, b.blob_id, b.size, {now}, {now} + 4000000000000
    FROM generate_series(1, {count}) n, (SELECT blob_id, size FROM blob WHERE refs > 0 LIMIT 1) b;
INSERT INTO queue_recipient (queue_id, recipient_id, next_attempt, address, destination, dsn_notify, dsn_orcpt)
SELECT {first} + n, 1, {now} + 36000000000 + n, 'somebody' || n || '@elsewhere.test', 'elsewhere.test', '', '' FROM generate_series(1, {count}) n;
UPDATE blob SET refs = refs + {count} WHERE blob_id = (SELECT mime_blob FROM queue WHERE queue_id = {first} + 1);
"""
EMPTY = """
UPDATE blob SET refs = refs - {count} WHERE blob_id = (SELECT mime_blob FROM queue WHERE queue_id = {first} + 1);
DELETE FROM queue_recipient WHERE queue_id > {first};
DELETE FROM queue WHERE queue_id > {first};
"""
FIRST_ID = 10 ** 12


def is_sanitized(lab):
    """Whether this is the build for development."""
    return lab.build in ("dev", "tsan")


def first_250(lab, ledger):
    began = time.monotonic()
    lab.service("boursed")
    entry = ledger.new([lab.address("alice")], 1000)
    while not entry.acked:
        assert time.monotonic() - began < 60, "no mail accepted a minute after the start"
        try:
            client = Client(lab.instance.smtp_port)
            result, text = client.deliver("load@partner.test", entry.recipients, entry.content)
            client.close()
            ledger.note(entry, began, result, text)
        except Broken:
            time.sleep(0.01)
    return time.monotonic() - began


def cold_start(lab):
    count = 100000 if lab.form.is_long else 5000
    now = (int(time.time()) + 11644473600) * 10000000
    words = {"count": count, "first": FIRST_ID, "now": now}
    ledger = Ledger(unique("cold"))
    client = Client(lab.instance.smtp_port)
    entry = ledger.new([lab.address("alice")], 1000)
    ledger.note(entry, 0.0, *client.deliver("load@partner.test", entry.recipients, entry.content))
    client.close()
    terminate(lab)
    lab.sql(FILL.format(**words))
    try:
        seconds = first_250(lab, ledger)
    finally:
        lab.sql(EMPTY.format(**words))
    limit = START_SECONDS * (SANITIZED_FACTOR if is_sanitized(lab) else 1)
    assert seconds <= limit, f"the first 250 came {seconds:.1f} s after the start, allowed are {limit} s"
    figures = Figures(1, recovery=seconds, note=f"{count} messages queued; first 250 {seconds:.2f} s after the start")
    return verify(lab, ledger, figures)
