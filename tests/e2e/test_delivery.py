"""What arrives where: sizes, many recipients, groups, quotas, a real peer."""
import hashlib
import os
import smtplib

from ews_client import account, arrives, by_subject
from instance import Instance
from mail import build, send, unique, wait_for
from needs import needs


def test_message_of_30_megabytes(server):
    subject = unique("large")
    data = os.urandom(22 * 1024 * 1024)
    message = build("pat@partner.test", ["alice@example.test"], subject, attachments=[("large.bin", data)])
    assert len(message.as_bytes()) > 30 * 1000 * 1000
    send(server, "pat@partner.test", ["alice@example.test"], message)
    (item,) = wait_for(lambda: list(account(server, "alice").inbox.filter(subject=subject).only("subject", "size", "attachments")), 60)
    assert item.size > 22 * 1024 * 1024
    assert hashlib.sha256(item.attachments[0].content).digest() == hashlib.sha256(data).digest()


def test_message_over_the_limit_is_refused(server):
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=60) as client:
        client.ehlo("client.partner.test")
        code, text = client.docmd(f"MAIL FROM:<pat@partner.test> SIZE={40 * 1024 * 1024}")
        assert code == 552, (code, text)


def test_200_recipients(server):
    entries = []
    for number in range(1, 201):
        name = f"user{number:03}"
        entries.append(f"dn: uid={name},ou=people,dc=example,dc=test\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {name}\n"
                       f"cn: User {number}\nsn: {number}\nmail: {name}@example.test\nuserPassword: {server.users['alice'].password}\n")
    server.change_directory("\n".join(entries))
    subject = unique("many")
    addresses = [f"user{number:03}@example.test" for number in range(1, 201)]
    refused = send(server, "pat@partner.test", addresses, build("pat@partner.test", ["list@partner.test"], subject))
    assert refused == {}
    alice = server.users["alice"]
    for name in ("user001", "user100", "user200"):
        server.users[name] = type(alice)({"login": name, "address": f"{name}@example.test", "password": alice.password})
        arrives(account(server, name).inbox, subject)


def test_nested_group(server):
    subject = unique("staff")
    send(server, "pat@partner.test", ["staff@example.test"], build("pat@partner.test", ["staff@example.test"], subject))
    for name in ("alice", "bob", "carol", "dave"):
        arrives(account(server, name).inbox, subject)


def test_groups_inside_each_other(server):
    subject = unique("cycle")
    recipients = ["red@example.test", "alice@example.test"]
    send(server, "pat@partner.test", recipients, build("pat@partner.test", recipients, subject))
    for name in ("alice", "dave"):
        arrives(account(server, name).inbox, subject)
    assert by_subject(account(server, "bob").inbox, subject) == []


def test_alias_and_any_letter_case(server):
    subject = unique("alias")
    send(server, "pat@partner.test", ["Bob.BROWN@Example.Test"], build("pat@partner.test", ["bob.brown@example.test"], subject))
    arrives(account(server, "bob").inbox, subject)


@needs("postfix")
def test_answer_arrives_at_postfix(server):
    alice = account(server, "alice")
    subject = unique("from outside")
    send(server, "pat@partner.test", ["alice@example.test"], build("pat@partner.test", ["alice@example.test"], subject))
    (item,) = arrives(alice.inbox, subject)
    item.reply(subject=f"Re: {subject}", body="An answer to the outside: äöü", to_recipients=["pat@partner.test"])
    folder = os.environ["BOURSE_TEST_POSTFIX_MAIL"]

    def received():
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), "rb") as file:
                text = file.read()
            if f"Re: {subject}".encode() in text:
                return text
        return None

    text = wait_for(received, 30)
    assert b"Return-Path: <alice@example.test>" in text and b"X-Original-To: pat@partner.test" in text
    assert item.message_id.encode() in text and b"ESMTPS" in text, "TLS was offered and not used"


def test_over_quota(server):
    """A mailbox that is full refuses for now, others go on; in an instance of its own with a small default quota."""
    small = Instance(server.folder + "-quota", server.build, {"mailbox.receive_quota": "200KiB"})
    small.start()
    try:
        message = build("pat@partner.test", ["alice@example.test"], unique("fill"), attachments=[("fill.bin", os.urandom(120000))])
        assert send(small, "pat@partner.test", ["alice@example.test"], message) == {}
        over = build("pat@partner.test", ["alice@example.test"], unique("over"), attachments=[("over.bin", os.urandom(60000))])
        try:
            send(small, "pat@partner.test", ["alice@example.test"], over)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            code, text = error.args if isinstance(error, smtplib.SMTPDataError) else error.recipients["alice@example.test"]
            assert code == 452 and b"4.2.2" in text, (code, text)
        else:
            raise AssertionError("a full mailbox took another message")
        subject = unique("room")
        assert send(small, "pat@partner.test", ["bob@example.test"], build("pat@partner.test", ["bob@example.test"], subject)) == {}
        arrives(account(small, "bob").inbox, subject)
    finally:
        small.stop()
