"""ItemOperations: items and files, ranges, parts, emptied folders, moved conversations; GetAttachment."""
import base64
import struct

import mail
from client import Device, Failure
from test_send import compose, device_of, found, mime, wait
from wbxml import Node, decode, encode

FILE = bytes(range(256)) * 5


def arrived(server, device, attachments=(("data.bin", FILE),)):
    subject = mail.unique("operations")
    mail.send(server, "x@partner.test", [device.user.address], mail.build("x@partner.test", [device.user.address], subject, "Body of it", attachments))
    return subject, *wait(device, "Inbox", subject)


def fetch(*content, options=()):
    parts = [Node("ItemOperations:Store", "Mailbox"), *content]
    return Node("ItemOperations:Fetch", parts + ([Node("ItemOperations:Options", list(options))] if options else []))


def operate(device, *operations):
    answer = device.call("ItemOperations", Node("ItemOperations:ItemOperations", operations))
    assert answer.value("ItemOperations:Status") == "1", answer.show()
    return answer.find("ItemOperations:Response")


def reference_of(item):
    return item["AirSyncBase:Attachments"].children[0].value("AirSyncBase:FileReference")


def test_fetch_items_and_files(server):
    device = device_of(server)
    _, number, item = arrived(server, device)
    plain = Node("AirSyncBase:BodyPreference", [Node("AirSyncBase:Type", "1")])
    response = operate(device,
                       fetch(Node("AirSync:CollectionId", number.split(":")[0]), Node("AirSync:ServerId", number), options=[plain]),
                       fetch(Node("Search:LongId", number)),
                       fetch(Node("AirSyncBase:FileReference", reference_of(item))),
                       fetch(Node("AirSyncBase:FileReference", reference_of(item)), options=[Node("ItemOperations:Range", "250-259")]),
                       fetch(Node("AirSyncBase:FileReference", reference_of(item)), options=[Node("ItemOperations:Range", "1270-5000")]),
                       fetch(Node("AirSyncBase:FileReference", reference_of(item)), options=[Node("ItemOperations:Range", "2000-2001")]),
                       fetch(Node("AirSyncBase:FileReference", "nothing")),
                       fetch(Node("AirSync:CollectionId", number.split(":")[0]), Node("AirSync:ServerId", f"{number.split(':')[0]}:99999999")))
    by_id, by_long_id, whole, part, tail, behind, wrong, missing = response.children
    properties = by_id.find("ItemOperations:Properties")
    assert by_id.value("AirSync:Class") == "Email" and "Body of it" in properties.value("AirSyncBase:Body", "AirSyncBase:Data"), response.show()
    assert by_long_id.value("Search:LongId") == number and by_long_id.value("ItemOperations:Status") == "1", response.show()
    assert base64.b64decode(whole.value("ItemOperations:Properties", "ItemOperations:Data")) == FILE
    assert whole.value("ItemOperations:Properties", "AirSyncBase:ContentType") == "application/octet-stream", whole.show()
    assert base64.b64decode(part.value("ItemOperations:Properties", "ItemOperations:Data")) == FILE[250:260]
    assert part.value("ItemOperations:Properties", "ItemOperations:Total") == str(len(FILE)), part.show()
    assert tail.value("ItemOperations:Properties", "ItemOperations:Range") == f"1270-{len(FILE) - 1}", tail.show()
    assert [node.value("ItemOperations:Status") for node in (behind, wrong, missing)] == ["8", "15", "6"], response.show()


def test_parts(server):
    device = device_of(server)
    _, number, item = arrived(server, device)
    request = Node("ItemOperations:ItemOperations", [fetch(Node("AirSync:CollectionId", number.split(":")[0]), Node("AirSync:ServerId", number)),
                                                     fetch(Node("AirSyncBase:FileReference", reference_of(item)))])
    headers = dict(device.headers("application/vnd.ms-sync.wbxml"), **{"MS-ASAcceptMultiPart": "T"})
    status, answered, data = device.raw("POST", device.query("ItemOperations", {}), encode(request), headers)
    assert status == 200 and answered["Content-Type"] == "application/vnd.ms-sync.multipart", (status, answered)
    count = struct.unpack_from("<I", data)[0]
    places = [struct.unpack_from("<II", data, 4 + 8 * i) for i in range(count)]
    parts = [data[offset:offset + length] for offset, length in places]
    assert places[0][0] == 4 + 8 * count and sum(length for _, length in places) + places[0][0] == len(data), places
    first, second = decode(parts[0]).find("ItemOperations:Response").children
    text = parts[int(first.value("ItemOperations:Properties", "AirSyncBase:Body", "ItemOperations:Part"))]
    assert b"Body of it" in text, text
    assert parts[int(second.value("ItemOperations:Properties", "ItemOperations:Part"))] == FILE


def test_get_attachment(server):
    device = device_of(server, version="14.0")
    _, _, item = arrived(server, device)
    assert device.call("GetAttachment", AttachmentName=reference_of(item)) == FILE
    for name, expected in (("nothing", 400), (reference_of(item)[:-2], 400)):
        try:
            device.call("GetAttachment", AttachmentName=name)
            raise AssertionError("an attachment that is none was given")
        except Failure as failure:
            assert 400 <= failure.status < 500, (failure.status, expected)


def test_empty_folder_and_move_conversation(server):
    device = device_of(server)
    subject, number, item = arrived(server, device, ())
    inbox = device.folder("Inbox")
    made = device.call("FolderCreate", Node("FolderHierarchy:FolderCreate", [
        Node("FolderHierarchy:SyncKey", device.hierarchy_key), Node("FolderHierarchy:ParentId", "0"),
        Node("FolderHierarchy:DisplayName", mail.unique("Project")), Node("FolderHierarchy:Type", "12")]))
    target = made.value("FolderHierarchy:ServerId")
    device.hierarchy_key = made.value("FolderHierarchy:SyncKey")
    conversation = Node("ItemOperations:ConversationId", item["Email2:ConversationId"].text)

    def move(destination, always):
        options = [Node("ItemOperations:Options", [Node("ItemOperations:MoveAlways")])] if always else []
        node = Node("ItemOperations:Move", [conversation, Node("ItemOperations:DstFldId", destination), *options])
        return operate(device, node).value("ItemOperations:Move", "ItemOperations:Status")

    assert move(target, False) == "155"
    assert move(device.folder("Calendar"), True) == "156"
    assert move(target, True) == "1"
    device.sync_all(inbox)
    assert number not in device.items[inbox], "the message is still in the Inbox"
    device.sync_all(target)
    assert [i["Email:Subject"].text for i in device.items[target].values()] == [subject]

    def empty(folder):
        return operate(device, Node("ItemOperations:EmptyFolderContents", [Node("AirSync:CollectionId", folder)])).value(
            "ItemOperations:EmptyFolderContents", "ItemOperations:Status")

    assert empty(target) == "1"
    device.sync_all(target)
    assert not device.items[target]
    assert empty("99999999") == "6"
