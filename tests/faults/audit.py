"""Compares the mailboxes with the ledger: read back through the product's own export, counted over EWS, and the store's own checker."""
import base64
import collections
import hashlib
import http.client
import os
import re
import shutil
import ssl

from lab import service_ids
from ledger import BEGIN


class Figures:
    """What a fault test reports. control: the figure that must not be 0, for a test that shows that losses are found."""

    def __init__(self, faults=0, acked=0, lost=0, duplicated=0, partial=0, recovery=0.0, note="", control=None):
        self.faults, self.acked, self.lost, self.duplicated, self.partial = faults, acked, lost, duplicated, partial
        self.recovery, self.note, self.control = recovery, note, control
        self.examples = []

    def add(self, kind, text):
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < 12:
            self.examples.append(f"{kind}: {text}")

    def good(self):
        if self.control:
            return getattr(self, self.control) > 0
        return self.lost == self.duplicated == self.partial == 0

    def __str__(self):
        line = (f"{self.faults} faults, acked {self.acked}, lost {self.lost}, duplicated {self.duplicated}, partial {self.partial}, "
                f"worst recovery {self.recovery:.1f} s")
        if self.control:
            line += f" (control: {self.control} must not be 0)"
        return line + (f"; {self.note}" if self.note else "")


def read_mailbox(lab, address):
    """{key in the first line of our content: [SHA-256 of our bytes of each copy]} of all folders."""
    target = os.path.join(lab.folder, "export")
    shutil.rmtree(target, ignore_errors=True)
    os.mkdir(target)
    os.chown(target, *service_ids())
    lab.boursectl("export", address, os.path.join(target, "mail"), "--format", "eml", timeout=1800)
    found = collections.defaultdict(list)
    for where, _, names in os.walk(target):
        for name in names:
            with open(os.path.join(where, name), "rb") as file:
                data = file.read()
            start = data.find(BEGIN)
            if start >= 0:
                key = data[start + len(BEGIN):data.index(b"\r\n", start)].decode()
                found[key].append(hashlib.sha256(data[start:]).hexdigest())
    shutil.rmtree(target)
    return found


def audit(lab, ledger, figures):
    """Fills in acked, lost, duplicated and partial. A message that was not acknowledged may be there once, for all recipients or none."""
    boxes = {address: read_mailbox(lab, address) for address in sorted({r for entry in ledger.entries.values() for r in entry.recipients})}
    figures.acked += ledger.acked
    for entry in ledger.entries.values():
        copies = {recipient: boxes[recipient].get(entry.key, []) for recipient in entry.recipients}
        some = any(copies.values())
        for recipient, digests in copies.items():
            if not digests and entry.acked:
                figures.add("lost", f"{entry.key} to {recipient}, {entry.attempts} attempts")
            elif not digests and some:
                figures.add("partial", f"{entry.key}: others have it, {recipient} has not")
            for _ in digests[1:]:
                figures.add("duplicated", f"{entry.key} to {recipient}, {entry.attempts} attempts")
            if any(digest != entry.digest for digest in digests):
                figures.add("partial", f"{entry.key} to {recipient}: content differs")
        for address, box in boxes.items():
            if address not in entry.recipients and entry.key in box:
                figures.add("duplicated", f"{entry.key} is in the mailbox of {address}, to whom it was not sent")
    return figures


def verify(lab, ledger, figures):
    """audit, and that the server's other views agree: no refusal, a clean integrity check, EWS counts what the database has."""
    audit(lab, ledger, figures)
    refusals = ledger.refusals()
    assert not refusals, f"{len(refusals)} permanent refusals during the faults, the first: {refusals[0]}"
    check_store(lab, "--hashes")
    return figures


def check_store(lab, *options):
    result = lab.boursectl("check", "--all", *options, check=False)
    assert result.returncode == 0, f"boursectl check found defects:\n{result.stdout[-2000:]}{result.stderr[-1000:]}"
    for login in lab.instance.users:
        rows = lab.sql(f"SELECT s.live FROM folder_stat s JOIN folder f USING (mailbox_id, folder_id) JOIN mailbox m USING (mailbox_id) "
                       f"WHERE f.name = 'Inbox' AND m.label LIKE '{login}%'")
        if rows:
            count = inbox_count(lab, login)
            assert count == int(rows[0][0]), f"EWS counts {count} messages in {login}'s inbox, the database {rows[0][0]}"


# ---- EWS, as small as it can be ----

SOAP = ('<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" '
        'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header><t:RequestServerVersion Version="Exchange2013"/>'
        "</s:Header><s:Body>{}</s:Body></s:Envelope>")


def authorization(user, password=None):
    return "Basic " + base64.b64encode(f"{user.login}:{password or user.password}".encode()).decode()


def ews(lab, login, body, password=None, timeout=40):
    """(HTTP status, text) of one call."""
    user = lab.instance.users[login]
    connection = http.client.HTTPSConnection("localhost", lab.instance.port_base + 443, timeout=timeout,
                                             context=ssl.create_default_context(cafile=lab.instance.ca_file))
    try:
        connection.request("POST", "/EWS/Exchange.asmx", SOAP.format(body).encode(),
                           {"Content-Type": "text/xml; charset=utf-8", "Authorization": authorization(user, password)})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def inbox_count(lab, login):
    status, text = ews(lab, login, '<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>'
                                   '<t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>')
    count = re.search(r"TotalCount>(\d+)<", text)
    assert status == 200 and count, f"GetFolder: {status} {text[:1500]}"
    return int(count.group(1))
