"""Sync, GetItemEstimate, MoveItems, Ping and FolderSync as state machines: what a device is told, with lost answers and other clients in between."""
import threading
import time

from client import Device
from mail import build, send, unique, wait_for
from wbxml import Node

ALL = [Node("AirSync:FilterType", "0")]


def plain(size=None, **more):
    content = [Node("AirSyncBase:Type", "1")]
    if size is not None:
        content.append(Node("AirSyncBase:TruncationSize", str(size)))
    if "all_or_none" in more:
        content.append(Node("AirSyncBase:AllOrNone", more["all_or_none"]))
    if "preview" in more:
        content.append(Node("AirSyncBase:Preview", str(more["preview"])))
    return Node("AirSyncBase:BodyPreference", content)


def phone(server, name, version="16.1", login="carol", device_id=None):
    """Names with a 2 are the second device; a mailbox has few (activesync.devices_per_user)."""
    device = Device(server.endpoints, server.users[login], version=version, device_id=device_id or ("SyncTestTwo" if "2" in name else "SyncTestOne"))
    device.provision()
    device.folder_sync("0")
    return device


def own_folder(device, name):
    """A mail folder of the test's own, made by the device."""
    answer = device.call("FolderCreate", Node("FolderHierarchy:FolderCreate", [
        Node("FolderHierarchy:SyncKey", device.hierarchy_key), Node("FolderHierarchy:ParentId", "0"), Node("FolderHierarchy:DisplayName", name),
        Node("FolderHierarchy:Type", "12")]))
    assert answer.value("FolderHierarchy:Status") == "1", answer.show()
    device.hierarchy_key = answer.value("FolderHierarchy:SyncKey")
    return answer.value("FolderHierarchy:ServerId")


def deliver(server, subject, body="Hello", login="carol", attachments=()):
    address = server.users[login].address
    assert not send(server, "friend@partner.test", [address], build("friend@partner.test", [address], subject, body, attachments))


def subject_of(item):
    return item["Email:Subject"].text if "Email:Subject" in item else None


def by_subject(device, folder, subject):
    return [number for number, item in device.items.get(folder, {}).items() if subject_of(item) == subject]


def filled(server, device, count, text):
    """Inbox is synced; `count` new messages with one subject have come since."""
    inbox = device.folder("Inbox")
    device.sync_all(inbox, options=ALL)
    subject = unique(text)
    for _ in range(count):
        deliver(server, subject)
    return inbox, subject


def collection(answer):
    return answer.find("AirSync:Collections", "AirSync:Collection") if answer is not None else None


def commands(answer, name=None):
    found = collection(answer)
    found = found.find("AirSync:Commands") if found is not None else None
    return [child for child in found.children if name is None or child.name == f"AirSync:{name}"] if found is not None else []


def status(answer):
    return collection(answer).value("AirSync:Status")


def change(item, *data):
    return Node("AirSync:Change", [Node("AirSync:ServerId", item), Node("AirSync:ApplicationData", list(data))])


def delete(item):
    return Node("AirSync:Delete", [Node("AirSync:ServerId", item)])


def estimate(device, folder):
    answer = device.call("GetItemEstimate", Node("GetItemEstimate:GetItemEstimate", [Node("GetItemEstimate:Collections", [Node("GetItemEstimate:Collection", [
        Node("AirSync:SyncKey", device.keys[folder]), Node("GetItemEstimate:CollectionId", folder)])])]))
    response = answer.find("GetItemEstimate:Response")
    return response.value("GetItemEstimate:Status"), response.value("GetItemEstimate:Collection", "GetItemEstimate:Estimate")


# ---- keys ----

def test_repeated_request_gets_the_same_answer(server):
    device = phone(server, "SyncKeys")
    inbox, subject = filled(server, device, 2, "repeat")
    request = device.sync_request(inbox)
    query, headers = device.query("Sync", {}), device.headers("application/vnd.ms-sync.wbxml")
    from wbxml import encode
    first = device.raw("POST", query, encode(request), headers)[2]
    deliver(server, subject)
    second = device.raw("POST", query, encode(request), headers)[2]
    assert first == second and first


def test_another_request_with_the_key_before(server):
    device = phone(server, "SyncKeys2")
    inbox, subject = filled(server, device, 2, "before")
    old = device.keys[inbox]
    lost = device.call("Sync", device.sync_request(inbox))
    assert len(commands(lost, "Add")) == 2
    deliver(server, subject)
    answer = device.sync(inbox, key=old, window=100)
    assert len(commands(answer, "Add")) == 3, answer.show()
    assert collection(answer).value("AirSync:SyncKey") not in (old, collection(lost).value("AirSync:SyncKey"))
    assert device.sync(inbox) is None


def test_unknown_key(server):
    device = phone(server, "SyncKeys3")
    inbox = device.folder("Inbox")
    device.sync_all(inbox, options=ALL)
    for key in ("99999", "abc", "-1"):
        assert status(device.call("Sync", device.sync_request(inbox, key=key))) == "3", key
    assert device.sync(inbox) is None, "the state went with the unknown key"


def test_key_zero_begins_anew(server):
    device = phone(server, "SyncKeys4")
    inbox, _ = filled(server, device, 1, "anew")
    device.sync_all(inbox)
    before = dict(device.items[inbox])
    device.keys[inbox] = "0"
    device.sync_all(inbox, options=ALL)
    assert set(device.items[inbox]) == set(before)


# ---- windows ----

def test_window_and_more_available(server):
    device = phone(server, "SyncWindow")
    inbox, subject = filled(server, device, 5, "window")
    counts = []
    while True:
        answer = device.sync(inbox, window=2)
        counts.append(len(commands(answer)))
        if collection(answer).find("AirSync:MoreAvailable") is None:
            break
    assert counts == [2, 2, 1], counts
    assert len(by_subject(device, inbox, subject)) == 5


def test_window_of_the_whole_request(server):
    device = phone(server, "SyncWindow2")
    inbox, _ = filled(server, device, 3, "whole window")
    other = own_folder(device, unique("window"))
    device.sync_all(other, options=ALL)
    parts = [Node("AirSync:Collection", [Node("AirSync:SyncKey", device.keys[number]), Node("AirSync:CollectionId", number)]) for number in (inbox, other)]
    answer = device.take(device.call("Sync", Node("AirSync:Sync", [Node("AirSync:Collections", parts), Node("AirSync:WindowSize", "2")])))
    assert len(commands(answer)) == 2 and collection(answer).find("AirSync:MoreAvailable") is not None
    assert len(answer.all("AirSync:Collections", "AirSync:Collection")) == 1, "a collection without changes is in the answer"


def test_estimate_equals_what_sync_sends(server):
    device = phone(server, "SyncEstimate")
    inbox, subject = filled(server, device, 3, "estimate")
    assert estimate(device, inbox) == ("1", "3")
    answer = device.sync(inbox, window=2)
    assert estimate(device, inbox) == ("1", "1")
    device.sync(inbox)
    assert estimate(device, inbox) == ("1", "0")
    assert len(commands(answer)) == 2 and len(by_subject(device, inbox, subject)) == 3
    device.keys[inbox] = "0"
    assert estimate(device, inbox)[0] == "3"
    device.keys[inbox] = "77777"
    assert estimate(device, inbox)[0] == "4"


# ---- filter ----

def test_filter_of_the_first_sync(server):
    """Options that come with the second request only: nothing is told that the filter takes away again."""
    device = phone(server, "SyncFilter")
    inbox, subject = filled(server, device, 1, "filter")
    device.keys[inbox] = "0"
    device.items[inbox] = {}
    device.sync(inbox)
    answer = device.sync(inbox, options=[Node("AirSync:FilterType", "2")])
    assert by_subject(device, inbox, subject) and not commands(answer, "SoftDelete")


def test_filter_narrows_and_widens(server):
    from ews_client import account
    device = phone(server, "SyncFilter2")
    inbox, subject = filled(server, device, 1, "narrow")
    from exchangelib import Message
    mailbox = account(server, "carol")
    old = unique("narrow old")
    mime = build("friend@partner.test", [mailbox.primary_smtp_address], old)
    mime.replace_header("Date", "Mon, 02 Nov 2020 10:00:00 +0000")
    Message(account=mailbox, folder=mailbox.inbox, mime_content=mime.as_bytes(), is_read=True).save()
    device.sync_all(inbox, options=ALL)
    if not by_subject(device, inbox, old):
        raise AssertionError("an imported message is not told")
    is_old = device.items[inbox][by_subject(device, inbox, old)[0]]["Email:DateReceived"].text < "2021"
    answer = device.sync(inbox, options=[Node("AirSync:FilterType", "2")])
    gone = {node.value("AirSync:ServerId") for node in commands(answer, "SoftDelete")}
    assert by_subject(device, inbox, subject), "a message of today went"
    assert not is_old or not by_subject(device, inbox, old)
    while collection(answer) is not None and collection(answer).find("AirSync:MoreAvailable") is not None:
        answer = device.sync(inbox)
        gone |= {node.value("AirSync:ServerId") for node in commands(answer, "SoftDelete")}
    answer = device.sync(inbox, options=ALL)
    back = {node.value("AirSync:ServerId") for node in commands(answer, "Add")}
    while collection(answer) is not None and collection(answer).find("AirSync:MoreAvailable") is not None:
        answer = device.sync(inbox)
        back |= {node.value("AirSync:ServerId") for node in commands(answer, "Add")}
    assert back == gone, (back, gone)


# ---- the device's own changes ----

def test_own_change_is_not_told_back_and_others_are(server):
    one, two = phone(server, "SyncOwn1"), phone(server, "SyncOwn2")
    inbox, subject = filled(server, one, 1, "own")
    one.sync_all(inbox)
    two.sync_all(inbox, options=ALL)
    item = by_subject(one, inbox, subject)[0]
    one.sync(inbox, commands=[change(item, Node("Email:Read", "1"))])
    assert one.sync(inbox) is None
    told = two.sync(inbox)
    assert [node.value("AirSync:ServerId") for node in commands(told, "Change")] == [item]
    assert two.items[inbox][item]["Email:Read"].text == "1"


def test_others_change_between_two_own(server):
    """One marks it as read, two flags it, one marks it as unread: one learns of the flag."""
    one, two = phone(server, "SyncMix1"), phone(server, "SyncMix2")
    inbox, subject = filled(server, one, 1, "mix")
    one.sync_all(inbox)
    two.sync_all(inbox, options=ALL)
    item = by_subject(one, inbox, subject)[0]
    flag = Node("Email:Flag", [Node("Email:Status", "2"), Node("Email:FlagType", "Flag for follow up")])
    one.sync(inbox, changes="0", commands=[change(item, Node("Email:Read", "1"))])
    two.sync(inbox, commands=[change(item, flag)])
    one.sync(inbox, changes="0", commands=[change(item, Node("Email:Read", "0"))])
    one.sync_all(inbox)
    assert one.items[inbox][item]["Email:Flag"].value("Email:Status") == "2", one.items[inbox][item]
    two.sync_all(inbox)
    assert two.items[inbox][item]["Email:Read"].text == "0"


def test_conflict(server):
    """Both changed the flag: with Conflict 1 the server's version stays and is told, with 0 the device's."""
    for mode, expected, answered in (("1", "2", "7"), ("0", "0", None)):
        one, two = phone(server, f"SyncConf1{mode}"), phone(server, f"SyncConf2{mode}")
        inbox, subject = filled(server, one, 1, "conflict")
        one.sync_all(inbox)
        two.sync_all(inbox, options=ALL)
        item = by_subject(one, inbox, subject)[0]
        flag = Node("Email:Flag", [Node("Email:Status", "2"), Node("Email:FlagType", "Flag for follow up")])
        two.sync(inbox, commands=[change(item, flag)])
        answer = one.sync(inbox, commands=[change(item, Node("Email:Flag"), Node("Email:Categories", [Node("Email:Category", "x")]))],
                          options=[Node("AirSync:FilterType", "0"), Node("AirSync:Conflict", mode)])
        found = collection(answer).find("AirSync:Responses", "AirSync:Change")
        assert (found.value("AirSync:Status") if found is not None else None) == answered, answer.show()
        one.sync_all(inbox)
        two.keys[inbox] = "0"
        two.sync_all(inbox, options=ALL)
        for device in (one, two):
            shown = device.items[inbox][item].get("Email:Flag")
            shown = shown.value("Email:Status") if shown is not None and shown.children else "0"
            assert shown == expected, (mode, shown)


def test_delete_as_move_and_for_good(server):
    device = phone(server, "SyncDelete")
    inbox, subject = filled(server, device, 2, "delete")
    trash = device.folder("Deleted Items")
    device.sync_all(inbox)
    device.sync_all(trash, options=ALL)
    moved, gone = by_subject(device, inbox, subject)
    device.sync(inbox, commands=[delete(moved)])
    device.sync(inbox, commands=[delete(gone)], extra=[Node("AirSync:DeletesAsMoves", "0")])
    assert device.sync(inbox) is None
    device.sync_all(trash)
    assert len(by_subject(device, trash, subject)) == 1
    answer = device.sync(inbox, commands=[delete(gone)])
    assert status(answer) == "1"


def test_get_changes_zero(server):
    device = phone(server, "SyncNoGet")
    inbox, subject = filled(server, device, 1, "no get")
    assert device.sync(inbox, changes="0") is None
    device.sync(inbox)
    assert by_subject(device, inbox, subject)


def test_fetch(server):
    device = phone(server, "SyncFetch")
    inbox = device.folder("Inbox")
    device.sync_all(inbox, options=ALL + [plain(5)])
    subject = unique("fetch")
    deliver(server, subject, body="0123456789" * 100)
    device.sync(inbox)
    item = by_subject(device, inbox, subject)[0]
    body = device.items[inbox][item]["AirSyncBase:Body"]
    assert body.value("AirSyncBase:Data") == "01234" and body.value("AirSyncBase:Truncated") == "1", body.show()
    answer = device.sync(inbox, commands=[Node("AirSync:Fetch", [Node("AirSync:ServerId", item)]), Node("AirSync:Fetch", [Node("AirSync:ServerId", "1:999999")])])
    whole, missing = collection(answer).all("AirSync:Responses", "AirSync:Fetch")
    assert whole.value("AirSync:ApplicationData", "AirSyncBase:Body", "AirSyncBase:Data").strip() == "0123456789" * 100
    assert missing.value("AirSync:Status") == "8"


# ---- bodies ----

def test_bodies(server):
    device = phone(server, "SyncBody")
    inbox = device.folder("Inbox")
    subject = unique("body")
    text = "äöü word " * 300
    deliver(server, subject, body=text)

    def body_with(*options):
        device.keys[inbox] = "0"
        device.sync_all(inbox, options=ALL + list(options))
        return device.items[inbox][by_subject(device, inbox, subject)[0]]["AirSyncBase:Body"]
    size = len(text.encode())
    for limit in (0, 1, 7, 100, size + 10):
        body = body_with(plain(limit))
        data = body.value("AirSyncBase:Data") or ""
        assert len(data.encode()) <= limit and text.startswith(data.rstrip()[:limit]), (limit, data)
        assert (body.value("AirSyncBase:Truncated") == "1") == (limit < size), limit
        assert abs(int(body.value("AirSyncBase:EstimatedDataSize")) - size) < 10
    body = body_with(plain(100, all_or_none="1"))
    assert not body.value("AirSyncBase:Data") and body.value("AirSyncBase:Truncated") == "1", body.show()
    body = body_with(plain(10, preview=50))
    assert body.value("AirSyncBase:Preview") == text[:50], body.show()
    html = Node("AirSyncBase:BodyPreference", [Node("AirSyncBase:Type", "2")])
    assert body_with(html).value("AirSyncBase:Type") == "2" and "word" in body_with(html).value("AirSyncBase:Data")
    mime = Node("AirSyncBase:BodyPreference", [Node("AirSyncBase:Type", "4")])
    body = body_with(Node("AirSync:MIMESupport", "2"), mime)
    data = body.value("AirSyncBase:Data")
    assert body.value("AirSyncBase:Type") == "4" and subject in (data if isinstance(data, str) else data.decode()), body.show()
    body = body_with(Node("AirSync:MIMESupport", "2"), Node("AirSync:MIMETruncation", "0"), mime)
    assert not body.value("AirSyncBase:Data") and body.value("AirSyncBase:Truncated") == "1"


def test_body_part(server):
    device = phone(server, "SyncPart", version="14.1")
    inbox = device.folder("Inbox")
    subject = unique("part")
    deliver(server, subject)
    part = Node("AirSyncBase:BodyPartPreference", [Node("AirSyncBase:Type", "2"), Node("AirSyncBase:TruncationSize", "512")])
    device.sync_all(inbox, options=ALL + [part])
    found = device.items[inbox][by_subject(device, inbox, subject)[0]]["AirSyncBase:BodyPart"]
    assert found.value("AirSyncBase:Status") == "1" and "Hello" in found.value("AirSyncBase:Data"), found.show()


# ---- waiting, empty and partial requests ----

def test_wait_limits(server):
    device = phone(server, "SyncWait")
    inbox = device.folder("Inbox")
    device.sync_all(inbox, options=ALL)
    for element, value, limit in (("Wait", "60", "59"), ("HeartbeatInterval", "4000", "3540"), ("HeartbeatInterval", "5", "60"), ("Wait", "0", "1")):
        answer = device.call("Sync", device.sync_request(inbox, more=[Node(f"AirSync:{element}", value)]))
        assert (answer.value("AirSync:Status"), answer.value("AirSync:Limit")) == ("14", limit), (element, value, answer.show())


def test_waiting_sync_is_woken(server):
    device = phone(server, "SyncWait2")
    inbox, subject = filled(server, device, 0, "woken")
    timer = threading.Timer(1.0, deliver, (server, subject))
    timer.start()
    began = time.monotonic()
    answer = device.sync(inbox, more=[Node("AirSync:HeartbeatInterval", "60")], timeout=90)
    assert len(commands(answer, "Add")) == 1 and time.monotonic() - began < 30
    timer.join()


def test_empty_and_partial(server):
    device = phone(server, "SyncEmpty")
    inbox, subject = filled(server, device, 0, "empty")
    assert device.sync(inbox) is None
    assert device.call("Sync") is None
    deliver(server, subject)
    lost = device.call("Sync")
    assert len(commands(lost, "Add")) == 1
    again = device.take(device.call("Sync"))
    assert len(commands(again, "Add")) == 1, "an empty request skipped what a lost answer had told"
    partial = Node("AirSync:Sync", [Node("AirSync:Partial"), Node("AirSync:WindowSize", "5")])
    device.sync(inbox)
    assert device.call("Sync", partial) is None
    fresh = phone(server, "SyncEmpty2", login="bob", device_id="SyncNeverBefore")
    assert fresh.call("Sync").value("AirSync:Status") == "13"


def test_unknown_collection(server):
    device = phone(server, "SyncNowhere")
    for number in ("99999", "abc", "0"):
        assert status(device.call("Sync", device.sync_request(number))) == "12", number


# ---- MoveItems ----

def test_move_items(server):
    device = phone(server, "SyncMove")
    inbox, subject = filled(server, device, 1, "move")
    device.sync_all(inbox)
    target = own_folder(device, unique("move"))
    device.sync_all(target, options=ALL)
    item = by_subject(device, inbox, subject)[0]

    def move(source_item, source, destination):
        answer = device.call("MoveItems", Node("Move:MoveItems", [Node("Move:Move", [
            Node("Move:SrcMsgId", source_item), Node("Move:SrcFldId", source), Node("Move:DstFldId", destination)])]))
        response = answer.find("Move:Response")
        return response.value("Move:Status"), response.value("Move:DstMsgId")
    assert move(item, inbox, inbox)[0] == "4"
    assert move(item, inbox, "99999")[0] == "2"
    assert move("1:99999", inbox, target)[0] == "1"
    done, moved = move(item, inbox, target)
    assert done == "3" and moved
    assert move(item, inbox, target)[0] == "1"
    device.sync_all(inbox)
    device.sync_all(target)
    assert item not in device.items[inbox] and by_subject(device, target, subject) == [moved]


# ---- Ping ----

def test_ping(server):
    device = phone(server, "SyncPing")
    inbox, subject = filled(server, device, 0, "ping")
    other = own_folder(device, unique("ping"))
    device.sync_all(other, options=ALL)
    assert device.ping([inbox], seconds=5).value("Ping:Status") == "5"
    assert device.ping([inbox], seconds=5).value("Ping:HeartbeatInterval") == "60"
    assert device.ping([inbox], seconds=9999).value("Ping:HeartbeatInterval") == "3540"
    assert device.ping(["99999"], seconds=60).value("Ping:Status") in ("2", "7")
    answers = []

    def hang():
        answers.append(device.ping([inbox, other], seconds=60, timeout=90))
    thread = threading.Thread(target=hang)
    thread.start()
    time.sleep(0.5)
    assert not answers, answers[0].show()
    deliver(server, subject)
    thread.join(30)
    assert answers[0].value("Ping:Status") == "2" and [node.text for node in answers[0].all("Ping:Folders", "Ping:Folder")] == [inbox], answers[0].show()
    # kept parameters: an empty request repeats the last one; what is new is said at once until it is synced
    assert device.call("Ping").value("Ping:Status") == "2"
    device.sync_all(inbox)
    item = by_subject(device, inbox, subject)[0]
    device.sync(inbox, changes="0", commands=[change(item, Node("Email:Read", "1"))])
    again = []
    thread = threading.Thread(target=lambda: again.append(device.call("Ping", timeout=90)))
    thread.start()
    time.sleep(0.7)
    assert not again, "the device's own change woke it"
    deliver(server, subject)
    thread.join(30)
    assert again[0].value("Ping:Status") == "2"
    assert phone(server, "SyncPing2", login="bob", device_id="PingNeverBefore").call("Ping").value("Ping:Status") == "3"


# ---- folders ----

def folder_command(device, command, *content):
    answer = device.call(command, Node(f"FolderHierarchy:{command}", [Node("FolderHierarchy:SyncKey", device.hierarchy_key), *content]))
    return answer.value("FolderHierarchy:Status"), answer.value("FolderHierarchy:SyncKey"), answer.value("FolderHierarchy:ServerId")


def test_folders(server):
    one, two = phone(server, "SyncTree1"), phone(server, "SyncTree2")
    name, renamed = unique("tree"), unique("branch")
    number = own_folder(one, name)
    assert one.folder_sync().find("FolderHierarchy:Changes").value("FolderHierarchy:Count") == "0"
    two.folder_sync()
    assert two.folder(name) == number
    done, key, _ = folder_command(two, "FolderUpdate", Node("FolderHierarchy:ServerId", number), Node("FolderHierarchy:ParentId", "0"),
                                  Node("FolderHierarchy:DisplayName", renamed))
    assert done == "1"
    two.hierarchy_key = key
    one.folder_sync()
    assert one.folder(renamed) == number
    assert folder_command(one, "FolderCreate", Node("FolderHierarchy:ParentId", "0"), Node("FolderHierarchy:DisplayName", renamed),
                          Node("FolderHierarchy:Type", "12"))[0] == "2"
    assert folder_command(one, "FolderDelete", Node("FolderHierarchy:ServerId", one.folder("Inbox")))[0] == "3"
    assert folder_command(one, "FolderDelete", Node("FolderHierarchy:ServerId", "99999"))[0] == "4"


def test_folder_delete_sent_again_deletes_once(server):
    device = phone(server, "SyncTree3")
    name = unique("deleted tree")
    number = own_folder(device, name)
    first = folder_command(device, "FolderDelete", Node("FolderHierarchy:ServerId", number))
    again = folder_command(device, "FolderDelete", Node("FolderHierarchy:ServerId", number))
    assert first[0] == again[0] == "1" and first[1] != again[1]
    device.hierarchy_key = again[1]
    device.folders.pop(number, None)
    device.folder_sync()
    assert device.folders[device.folder(name)]["parent"] == device.folder("Deleted Items"), "the second request deleted it for good"


def test_folder_create_sent_again_makes_one(server):
    device = phone(server, "SyncTree4")
    content = (Node("FolderHierarchy:ParentId", "0"), Node("FolderHierarchy:DisplayName", unique("twice")), Node("FolderHierarchy:Type", "12"))
    first, again = folder_command(device, "FolderCreate", *content), folder_command(device, "FolderCreate", *content)
    assert first[0] == again[0] == "1" and first[2] == again[2], (first, again)


def test_folder_key(server):
    device = phone(server, "SyncTree5")
    assert device.folder_sync("98765").value("FolderHierarchy:Status") == "9"
    inbox = device.folder("Inbox")
    device.sync_all(inbox, options=ALL)
    device.folder_sync("0")
    assert device.sync(inbox) is None, "key 0 of the folders cost the state of a folder"
