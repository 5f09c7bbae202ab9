"""Reading, answering, syncing and listening with exchangelib."""
import threading
import time

from exchangelib import FileAttachment, Message
from exchangelib.errors import ErrorItemNotFound, UnauthorizedError

from ews_client import account, arrives, by_subject
from mail import build, send, unique


def test_read_delivered_message(server):
    subject = unique("Grüße")
    message = build("Pat Partner <pat@partner.test>", ["alice@example.test"], subject, "Line one\nLine two äöü €\n",
                    [("report.bin", bytes(range(256)) * 20)])
    send(server, "pat@partner.test", ["alice@example.test"], message)
    (item,) = arrives(account(server, "alice").inbox, subject)
    assert item.sender.email_address == "pat@partner.test" and item.sender.name == "Pat Partner"
    assert [recipient.email_address for recipient in item.to_recipients] == ["alice@example.test"]
    assert "Line two äöü €" in item.text_body
    assert not item.is_read and item.has_attachments
    assert item.message_id == message["Message-ID"]
    assert [(a.name, a.content) for a in item.attachments] == [("report.bin", bytes(range(256)) * 20)]
    assert message["Message-ID"].encode() in item.mime_content


def test_sign_in_forms(server):
    for name in ("alice", "alice@example.test", "EXAMPLE\\alice", "alice.adams@example.test"):
        assert account(server, "alice", name).inbox.total_count >= 0
    user = server.users["carol"]
    right, user.password = user.password, "wrong"
    try:
        account(server, "carol").inbox.refresh()
    except UnauthorizedError:
        return
    finally:
        user.password = right
    raise AssertionError("a wrong password was accepted")


def test_reply_arrives_at_second_user(server):
    alice, bob = account(server, "alice"), account(server, "bob")
    subject = unique("question")
    Message(account=bob, folder=bob.sent, subject=subject, body="How are you?", to_recipients=["alice@example.test"]).send_and_save()
    (question,) = arrives(alice.inbox, subject)
    question.reply(subject=f"Re: {subject}", body="Very well.", to_recipients=["bob@example.test"])
    (answer,) = arrives(bob.inbox, f"Re: {subject}")
    assert answer.sender.email_address == "alice@example.test" and "Very well." in answer.text_body
    assert answer.in_reply_to == question.message_id and question.message_id in (answer.references or "")
    assert answer.conversation_id.id == bob.sent.get(subject=subject).conversation_id.id
    assert len(by_subject(alice.sent, f"Re: {subject}")) == 1


def test_draft_update_send(server):
    carol, dave = account(server, "carol"), account(server, "dave")
    subject = unique("draft")
    draft = Message(account=carol, folder=carol.drafts, subject=subject, body="first")
    draft.save()
    draft.body, draft.to_recipients = "second", ["dave@example.test"]
    draft.save(update_fields=["body", "to_recipients"])
    draft.attach(FileAttachment(name="a.txt", content=b"attached"))
    draft.send()
    (item,) = arrives(dave.inbox, subject)
    assert "second" in item.text_body and item.attachments[0].content == b"attached"
    assert by_subject(carol.drafts, subject) == [] and len(by_subject(carol.sent, subject)) == 1


def test_sync_sees_each_change_once(server):
    dave = account(server, "dave")
    list(dave.inbox.sync_items())
    state = dave.inbox.item_sync_state
    subject = unique("sync")
    send(server, "pat@partner.test", ["dave@example.test"], build("pat@partner.test", ["dave@example.test"], subject))
    (item,) = arrives(dave.inbox, subject)

    def changes():
        nonlocal state
        found = list(dave.inbox.sync_items(sync_state=state))
        state = dave.inbox.item_sync_state
        return [(kind, thing[0].id if kind == "read_flag_change" else thing.id) for kind, thing in found]

    assert changes() == [("create", item.id)]
    assert changes() == []
    item.is_read = True
    item.save(update_fields=["is_read"])
    assert changes() in ([("read_flag_change", item.id)], [("update", item.id)])
    item.subject = subject + " changed"
    item.save(update_fields=["subject"])
    assert changes() == [("update", item.id)]
    item_id = item.id
    item.delete()
    assert changes() == [("delete", item_id)]
    assert changes() == []


def test_folders_and_moves(server):
    from exchangelib.folders import Messages

    bob = account(server, "bob")
    folder = Messages(parent=bob.inbox, name=unique("Project"))
    folder.save()
    subject = unique("move me")
    send(server, "pat@partner.test", ["bob@example.test"], build("pat@partner.test", ["bob@example.test"], subject))
    (item,) = arrives(bob.inbox, subject)
    copy_id = item.copy(to_folder=folder)
    assert copy_id and len(by_subject(folder, subject)) == 1
    old_id = item.id
    item.move(to_folder=folder)
    assert len(by_subject(folder, subject)) == 2 and by_subject(bob.inbox, subject) == []
    (gone,) = bob.fetch([(old_id, None)])
    assert isinstance(gone, ErrorItemNotFound), f"the id from before the move still leads somewhere: {gone!r}"
    for found in by_subject(folder, subject):
        found.move_to_trash()
    assert by_subject(folder, subject) == [] and len(by_subject(bob.trash, subject)) == 2
    folder.refresh()
    assert folder.total_count == 0
    folder.delete()


def test_streaming_tells_of_new_mail(server):
    alice = account(server, "alice")
    subject = unique("stream")

    def deliver():
        time.sleep(1)
        send(server, "pat@partner.test", ["alice@example.test"], build("pat@partner.test", ["alice@example.test"], subject))

    with alice.inbox.streaming_subscription() as subscription:
        sender = threading.Thread(target=deliver)
        sender.start()
        began = time.monotonic()
        events = []
        for notification in alice.inbox.get_streaming_events(subscription, connection_timeout=1, max_notifications_returned=1):
            events += notification.events
        sender.join()
    assert {event.ELEMENT_NAME for event in events} & {"NewMailEvent", "CreatedEvent"}, events
    assert time.monotonic() - began < 30, "the event came only with the end of the connection"


def test_search_and_paging(server):
    carol = account(server, "carol")
    mark = unique("page").split()[1]
    for number in range(25):
        send(server, "pat@partner.test", ["carol@example.test"], build("pat@partner.test", ["carol@example.test"], f"{mark} {number:02}"))
    arrives(carol.inbox, f"{mark} 24")
    found = carol.inbox.filter(subject__startswith=mark).order_by("-subject").only("subject")
    assert found.count() == 25
    found.page_size = 10
    assert [item.subject for item in found] == [f"{mark} {number:02}" for number in reversed(range(25))]
    assert [item.subject for item in carol.inbox.filter(subject__contains=f"{mark} 1").order_by("subject")[2:5]] == [
        f"{mark} {number}" for number in (12, 13, 14)]


def test_resolve_names(server):
    alice = account(server, "alice")
    found = alice.protocol.resolve_names(["bob"], return_full_contact_data=True)
    assert [mailbox.email_address for mailbox, _ in found] == ["bob@example.test"]
