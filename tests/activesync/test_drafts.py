"""Drafts of a device at 16.x: added, changed with attachments, sent once; EWS sees the same."""
from client import Device
from ews_client import account, arrives
from mail import unique
from wbxml import Node

OPTIONS = [Node("AirSync:FilterType", "0"), Node("AirSyncBase:BodyPreference", [Node("AirSyncBase:Type", "1")])]


def phone(server, version="16.1"):
    device = Device(server.endpoints, server.users["alice"], version=version, device_id="ItemTestOne")
    device.provision()
    device.folder_sync("0")
    device.drafts = device.folder("Drafts")
    device.sync_all(device.drafts, options=OPTIONS)
    return device


def do(device, command):
    answer = device.sync(device.drafts, commands=[command], options=OPTIONS)
    return answer.find("AirSync:Collections", "AirSync:Collection", "AirSync:Responses") if answer is not None else None


def body(text):
    return Node("AirSyncBase:Body", [Node("AirSyncBase:Type", "1"), Node("AirSyncBase:Data", text)])


def file(name, content):
    return Node("AirSyncBase:Add", [Node("AirSyncBase:ClientId", name), Node("AirSyncBase:DisplayName", name), Node("AirSyncBase:Method", "1"),
                                    Node("AirSyncBase:Content", content)])


def test_draft_is_written_changed_and_sent(server):
    device, person, subject = phone(server), account(server, "alice"), unique("draft")
    responses = do(device, Node("AirSync:Add", [Node("AirSync:ClientId", "d1"), Node("AirSync:ApplicationData", [
        Node("Email:To", f'"Bob, the builder" <{server.users["bob"].address}>'), Node("Email:Subject", subject), body("First"),
        Node("AirSyncBase:Attachments", [file("a.txt", b"one"), file("b.txt", b"two")])])]))
    added = responses.find("AirSync:Add")
    assert added.value("AirSync:Status") == "1", responses.show()
    number = added.value("AirSync:ServerId")
    references = {a.value("AirSyncBase:ClientId"): a.value("AirSyncBase:FileReference") for a in added.all("AirSync:ApplicationData", "AirSyncBase:Attachments", "AirSyncBase:Attachment")}
    assert set(references) == {"a.txt", "b.txt"}, responses.show()
    draft = person.drafts.get(subject=subject)
    assert draft.is_draft and [r.email_address for r in draft.to_recipients] == [server.users["bob"].address] and draft.to_recipients[0].name == "Bob, the builder"
    assert sorted(a.name for a in draft.attachments) == ["a.txt", "b.txt"]
    do(device, Node("AirSync:Change", [Node("AirSync:ServerId", number), Node("AirSync:ApplicationData", [
        Node("Email:Cc", server.users["carol"].address), body("Second"),
        Node("AirSyncBase:Attachments", [Node("AirSyncBase:Delete", [Node("AirSyncBase:FileReference", references["a.txt"])])])])]))
    draft = person.drafts.get(subject=subject)
    assert "Second" in draft.text_body and [a.name for a in draft.attachments] == ["b.txt"] and draft.cc_recipients and draft.to_recipients
    responses = do(device, Node("AirSync:Change", [Node("AirSync:ServerId", number), Node("AirSync:ApplicationData", [Node("Email2:Send")])]))
    assert responses is None, responses.show()
    for login in ("bob", "carol"):
        received = arrives(account(server, login).inbox, subject)[0]
        assert "Second" in received.text_body and [a.content for a in received.attachments] == [b"two"]
    assert not person.drafts.filter(subject=subject).exists() and person.sent.filter(subject=subject).count() == 1
    device.sync_all(device.drafts, options=OPTIONS)
    assert number not in device.items[device.drafts]


def test_mail_is_added_to_drafts_only(server):
    device = phone(server)
    device.drafts = device.folder("Inbox")
    device.sync_all(device.drafts, options=OPTIONS)
    responses = do(device, Node("AirSync:Add", [Node("AirSync:ClientId", "x"), Node("AirSync:ApplicationData", [Node("Email:Subject", unique("no"))])]))
    assert responses.find("AirSync:Add").value("AirSync:Status") == "6", responses.show()
