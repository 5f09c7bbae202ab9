"""SendMail, SmartReply, SmartForward: both forms, resent requests, quoted text and attachments, failures."""
import email
import email.policy
import uuid

import mail
from client import Device, Failure
from wbxml import Node

HTML = [Node("AirSyncBase:BodyPreference", [Node("AirSyncBase:Type", "2")])]


def device_of(server, user="alice", version="16.1", number="1"):
    device = Device(server.endpoints, server.users[user], version=version, device_id=f"Send{user}{version.replace('.', '')}{number}")
    device.provision()
    device.folder_sync()
    return device


def mime(to, subject, text="Hello", attachments=()):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    if to:
        message["To"] = to
    message["Subject"] = subject
    message.set_content(text)
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def compose(command, content, client_id=None, save=True, source=(), whole=False):
    parts = [Node("ComposeMail:ClientId", client_id or uuid.uuid4().hex)]
    if source:
        parts.append(Node("ComposeMail:Source", list(source)))
    parts += [Node("ComposeMail:SaveInSentItems")] if save else []
    parts += [Node("ComposeMail:ReplaceMime")] if whole else []
    return Node(f"ComposeMail:{command}", parts + [Node("ComposeMail:Mime", content)])


def found(device, folder, subject):
    """(id, item) of the messages with that subject."""
    number = device.folder(folder)
    device.sync_all(number, options=HTML)
    return [(name, item) for name, item in device.items[number].items() if item.get("Email:Subject") and item["Email:Subject"].text == subject]


def wait(device, folder, subject):
    return mail.wait_for(lambda: found(device, folder, subject))[0]


def body(item):
    return item["AirSyncBase:Body"].value("AirSyncBase:Data")


def source(item_id):
    return [Node("ComposeMail:FolderId", item_id.split(":")[0]), Node("ComposeMail:ItemId", item_id)]


def test_send_mail_once(server):
    alice, bob = device_of(server), device_of(server, "bob")
    subject, client_id = mail.unique("once"), uuid.uuid4().hex
    request = compose("SendMail", mime(server.users["bob"].address, subject), client_id)
    assert alice.call("SendMail", request) is None
    again = alice.call("SendMail", request)
    assert again.value("ComposeMail:Status") == "118", again.show()
    wait(bob, "Inbox", subject)
    assert len(found(bob, "Inbox", subject)) == 1
    assert len(found(alice, "Sent Items", subject)) == 1
    unsaved = mail.unique("unsaved")
    assert alice.call("SendMail", compose("SendMail", mime(server.users["bob"].address, unsaved), save=False)) is None
    wait(bob, "Inbox", unsaved)
    assert not found(alice, "Sent Items", unsaved)


def test_send_mail_as_12_1(server):
    alice, bob, reader = device_of(server, version="12.1"), device_of(server, "bob"), device_of(server)
    subject = mail.unique("old")
    assert alice.call("SendMail", mime(server.users["bob"].address, subject), "message/rfc822", SaveInSent="T") is None
    wait(bob, "Inbox", subject)
    assert len(found(reader, "Sent Items", subject)) == 1
    try:
        alice.call("SendMail", mime("", mail.unique("nobody")), "message/rfc822")
        raise AssertionError("a message to nobody was sent")
    except Failure as failure:
        assert failure.status >= 400, failure.status


def test_failures(server):
    alice = device_of(server)
    address = server.users["bob"].address

    def status(root, command="SendMail"):
        return alice.call(command, root).value("ComposeMail:Status")

    assert status(compose("SendMail", mime("", "x"))) == "119"
    assert status(compose("SendMail", mime("nobody.at.all@" + address.split("@")[1], "x"))) == "116"
    assert status(Node("ComposeMail:SendMail", [Node("ComposeMail:Mime", mime(address, "x"))])) == "101"
    account = compose("SendMail", mime(address, "x"))
    account.children.insert(1, Node("ComposeMail:AccountId", "another"))
    assert status(account) == "166"
    missing = source(f"{alice.folder('Inbox')}:999999999")
    assert status(compose("SmartReply", mime(address, "x"), source=missing), "SmartReply") == "150"
    assert status(compose("SmartForward", mime(address, "x"), source=missing), "SmartForward") == "150"


def test_reply_and_forward(server):
    alice, bob = device_of(server), device_of(server, "bob")
    subject = mail.unique("smart")
    first = mime(server.users["bob"].address, subject, "The original text", [("plan.bin", b"\x00\x01plan")])
    assert alice.call("SendMail", compose("SendMail", first)) is None
    original, item = wait(bob, "Inbox", subject)
    conversation = item["Email2:ConversationId"].text

    reply = compose("SmartReply", mime(server.users["alice"].address, "RE: " + subject, "My answer"), source=source(original))
    assert bob.call("SmartReply", reply) is None
    _, answer = wait(alice, "Inbox", "RE: " + subject)
    assert "My answer" in body(answer) and "The original text" in body(answer), body(answer)
    assert body(answer).index("My answer") < body(answer).index("The original text")
    assert answer["Email2:ConversationId"].text == conversation and "AirSyncBase:Attachments" not in answer
    noted = mail.wait_for(lambda: [i for _, i in found(bob, "Inbox", subject) if "Email2:LastVerbExecuted" in i])[0]
    assert noted["Email2:LastVerbExecuted"].text == "1", "replied"

    forward = compose("SmartForward", mime(server.users["alice"].address, "FW: " + subject, "See below"), source=source(original))
    assert bob.call("SmartForward", forward) is None
    _, forwarded = wait(alice, "Inbox", "FW: " + subject)
    names = [node.value("AirSyncBase:DisplayName") for node in forwarded["AirSyncBase:Attachments"].children]
    assert names == ["plan.bin"] and "The original text" in body(forwarded), (names, body(forwarded))
    mail.wait_for(lambda: [i for _, i in found(bob, "Inbox", subject) if i.get("Email2:LastVerbExecuted") and i["Email2:LastVerbExecuted"].text == "3"])

    whole = compose("SmartReply", mime(server.users["alice"].address, "RE: whole " + subject, "Nothing else"), source=source(original), whole=True)
    assert bob.call("SmartReply", whole) is None
    _, alone = wait(alice, "Inbox", "RE: whole " + subject)
    assert "The original text" not in body(alone), body(alone)
