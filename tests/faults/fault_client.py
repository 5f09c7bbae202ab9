"""The client's connection is cut after each byte of an SMTP session (DATA and BDAT) and of an EWS CreateItem."""
import collections
import re
import socket
import ssl
import struct
import threading
import time

from audit import SOAP, Figures, audit, authorization, check_store, ews
from fault_database import Sender
from fault_kill import unique
from lab import wait_until
from ledger import Ledger
from smtp_client import dotted

THREADS = 4
SHORT_STEP = 3


def close_hard(client, reset):
    """With a reset what is under way is thrown away by both sides; without, the server sees an orderly end."""
    if reset:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def in_threads(work, things):
    """Calls work(thing) for all of them from a few threads."""
    queue, errors, lock = collections.deque(things), [], threading.Lock()

    def run():
        while True:
            with lock:
                if not queue or errors:
                    return
                thing = queue.popleft()
            try:
                work(thing)
            except Exception as error:  # shown by the caller
                errors.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


# ---- SMTP ----

def data_session(entry):
    """The client's side as steps, each of which waits for an answer; the last one is answered with the acknowledgement."""
    return [b"EHLO client.partner.test\r\n", b"MAIL FROM:<load@partner.test>\r\n", f"RCPT TO:<{entry.recipients[0]}>\r\n".encode(), b"DATA\r\n",
            dotted(entry.content) + b".\r\n"]


def bdat_session(entry):
    half = len(entry.content) // 2
    first, rest = entry.content[:half], entry.content[half:]
    return [*data_session(entry)[:3], b"BDAT %d\r\n" % len(first) + first, b"BDAT %d LAST\r\n" % len(rest) + rest]


def play_until(port, steps, cut, reset):
    """Sends the first `cut` bytes and closes. All of them: waits for the answer; its code."""
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    reader = client.makefile("rb")
    try:
        reader.readline()
        for step in steps:
            client.sendall(step[:cut])
            if cut < len(step):
                return ""
            cut -= len(step)
            code = read_reply(reader)
        return code
    finally:
        reader.close()
        close_hard(client, reset)


def read_reply(reader):
    while True:
        line = reader.readline().decode()
        assert line, "the server closed the connection"
        if line[3:4] != "-":
            return line[:3]


class SmtpCuts:
    def __init__(self, lab, name, session):
        self.lab, self.session = lab, session
        self.ledger = Ledger(unique(name))
        probe = self.entry()
        self.length = sum(len(step) for step in session(probe))
        self.entries = []

    def entry(self):
        # a fixed width keeps all sessions equally long
        return self.ledger.new([self.lab.address("dave")], 500)

    def strike(self, cut):
        entry = self.entry()
        steps = self.session(entry)
        total = sum(len(step) for step in steps)
        cut = min(cut, total)
        began = time.monotonic()
        code = play_until(self.lab.instance.smtp_port, steps, cut, reset=cut % 2 == 0)
        entry.complete = cut == total
        if code:
            self.ledger.note(entry, began, "acked" if code == "250" else "temporary", code)
            assert cut < total or code == "250", f"the whole session was answered with {code}"
            entry.acked = cut == total
        self.entries.append(entry)

    def run(self, step):
        cuts = sorted(set(range(0, self.length, step)) | set(range(max(0, self.length - 12), self.length + 1)))
        in_threads(self.strike, cuts)
        return len(cuts)


def check_incomplete(lab, entries):
    """A message whose end was never sent must not be anywhere."""
    keys = {entry.key for entry in entries if not getattr(entry, "complete", True)}
    rows = lab.sql("SELECT internet_message_id FROM message WHERE internet_message_id LIKE '%partner.test%'")
    there = {row[0].strip("<>") for row in rows} & keys
    assert not there, f"{len(there)} messages exist although their end was never sent: {sorted(there)[:3]}"


def smtp(lab):
    figures = Figures()
    for name, session in (("data", data_session), ("bdat", bdat_session)):
        cuts = SmtpCuts(lab, f"cut-{name}", session)
        figures.faults += cuts.run(1 if lab.form.is_long else SHORT_STEP)
        time.sleep(0.5)
        check_incomplete(lab, cuts.entries)
        # then the sender comes again with all that was not acknowledged
        sender = Sender(lab, cuts.ledger)
        for entry in (entry for entry in cuts.entries if not entry.acked):
            began = time.monotonic()
            sender.until_acked(entry)
            figures.recovery = max(figures.recovery, time.monotonic() - began)
        sender.close()
        audit(lab, cuts.ledger, figures)
    check_store(lab)
    figures.note = "cut at each byte" if lab.form.is_long else f"cut at each {SHORT_STEP}rd byte, and at each of the end"
    return figures


# ---- EWS ----

def create_item(lab, subject):
    """The whole request, headers and all."""
    text = f"begin {subject} " + "x" * 60 + f" end {subject}"
    body = SOAP.format('<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId><t:DistinguishedFolderId Id="drafts"/></m:SavedItemFolderId>'
                       f'<m:Items><t:Message><t:Subject>{subject}</t:Subject><t:Body BodyType="Text">{text}</t:Body></t:Message></m:Items>'
                       "</m:CreateItem>").encode()
    head = (f"POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization(lab.instance.users['dave'])}\r\n"
            f"Content-Type: text/xml; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode()
    return head + body, text


class EwsCuts:
    def __init__(self, lab):
        self.lab, self.prefix = lab, unique("draft")
        self.context = ssl.create_default_context(cafile=lab.instance.ca_file)
        self.acked, self.complete, self.texts = set(), set(), {}
        self.length = len(create_item(lab, self.subject(0))[0])

    def subject(self, cut):
        return f"{self.prefix} {cut:05d}"

    def strike(self, cut):
        subject = self.subject(cut)
        request, self.texts[subject] = create_item(self.lab, subject)
        if cut >= len(request):
            self.complete.add(subject)
        client = self.context.wrap_socket(socket.create_connection(("127.0.0.1", self.lab.instance.port_base + 443), timeout=20),
                                          server_hostname="localhost")
        try:
            client.sendall(request[:cut])
            if cut > len(request):
                answer = b""
                while data := client.recv(65536):
                    answer += data
                assert answer.startswith(b"HTTP/1.1 200") and b"NoError" in answer, answer[:500]
                self.acked.add(subject)
        finally:
            close_hard(client, reset=cut % 2 == 0)

    def stored(self):
        """{subject: [body texts]} of what this test made."""
        rows = self.lab.sql("SELECT m.subject, b.body_text FROM message m JOIN message_body b USING (mailbox_id, message_id) "
                            f"WHERE m.subject LIKE '{self.prefix}%'")
        found = collections.defaultdict(list)
        for subject, text in rows:
            found[subject].append(text)
        return found


def ews_create(lab):
    cuts = EwsCuts(lab)
    status, _ = ews(lab, "dave", "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
                                 '<t:DistinguishedFolderId Id="drafts"/></m:FolderIds></m:GetFolder>')
    assert status == 200, status
    step = 1 if lab.form.is_long else 9
    offsets = sorted(set(range(0, cuts.length, step)) | set(range(cuts.length - 10, cuts.length + 1)))
    # one more than all: the answer is awaited
    in_threads(cuts.strike, [*offsets, cuts.length + 1])
    time.sleep(1.0)
    found = cuts.stored()
    figures = Figures(len(offsets), acked=len(cuts.acked))
    for subject in cuts.texts:
        texts = found.get(subject, [])
        if subject in cuts.acked and not texts:
            figures.add("lost", subject)
        if len(texts) > 1:
            figures.add("duplicated", subject)
        if texts and subject not in cuts.complete:
            figures.add("partial", f"{subject}: the request was not complete")
        if any(cuts.texts[subject] not in text for text in texts):
            figures.add("partial", f"{subject}: {texts[0][:200]!r}")
    assert cuts.acked, "the whole request was not acknowledged"
    wait_until(lambda: ews_works(lab), 20, "EWS after the cuts")
    check_store(lab)
    figures.note = f"request of {cuts.length} bytes over TLS, cut at every {step}"
    return figures


def ews_works(lab):
    status, text = ews(lab, "dave", '<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>'
                                    '<t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>')
    return status == 200 and re.search(r"NoError", text) is not None
