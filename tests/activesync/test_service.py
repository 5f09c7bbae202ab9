"""Requests that are not right: HTTP statuses before a command is known and for 12.1, statuses in WBXML from 14.0 on; frames read by another decoder."""
import ssl
import subprocess

from client import WBXML, Device, Failure
from wbxml import Node, decode, encode

FOLDER_SYNC = Node("FolderHierarchy:FolderSync", [Node("FolderHierarchy:SyncKey", "0")])


def device(server, version="16.1", **arguments):
    return Device(server.endpoints, server.users["alice"], version=version, device_id="ServiceTest", **arguments)


def post(phone, query, body=b"", content_type=WBXML, **headers):
    return phone.raw("POST", query, body, {**phone.headers(content_type), **{name.replace("_", "-"): value for name, value in headers.items()}})


def status_of(answer):
    assert answer[0] == 200, answer
    return decode(answer[2]).value("FolderHierarchy:Status")


def test_unknown_command(server):
    for version in ("12.1", "14.1", "16.1"):
        status, headers, _ = post(device(server, version), "Cmd=Dance&User=alice&DeviceId=ServiceTest&DeviceType=X")
        assert status == 501 and "MS-ASProtocolCommands" in headers, (status, headers)
    # a command of a later version is unknown to an earlier one
    assert post(device(server, "14.1"), "Cmd=Find&User=alice&DeviceId=ServiceTest&DeviceType=X")[0] == 501


def test_unknown_version(server):
    phone = device(server)
    query = phone.query("FolderSync", {})
    for version in ("2.5", "12.0", "13", "99.9", ""):
        assert post(phone, query, MS_ASProtocolVersion=version)[0] == 400, version


def test_every_version_answers(server):
    for version in ("12.1", "14.0", "14.1", "16.0", "16.1"):
        for plain in (True, False):
            phone = device(server, version, plain=plain)
            phone.provision()
            assert phone.folder_sync("0").value("FolderHierarchy:Status") == "1"


def test_bad_wbxml(server):
    whole = encode(FOLDER_SYNC)
    for document in (b"nonsense", whole[:-1], whole + b"\x01", b"\x03\x01\x6a\x02ab" + whole[4:], b"\x03\x01\x04\x00" + whole[4:]):
        status = post(device(server, "12.1"), device(server).query("FolderSync", {}), document)[0]
        assert status == 400, (document, status)
        for version in ("14.0", "16.1"):
            answer = post(device(server, version), device(server).query("FolderSync", {}), document)
            assert status_of(answer) == "102", (document, version)


def test_too_deep(server):
    deep = FOLDER_SYNC
    for _ in range(40):
        deep = Node("FolderHierarchy:FolderSync", [deep])
    assert status_of(post(device(server), device(server).query("FolderSync", {}), encode(deep))) == "101"


def test_device_id_and_type(server):
    for bad, status in (("DeviceId=&DeviceType=X", "108"), ("DeviceType=X", "108"), (f"DeviceId={'x' * 40}&DeviceType=X", "108"),
                        ("DeviceId=a%20b&DeviceType=X", "108"), ("DeviceId=ok", "109"), (f"DeviceId=ok&DeviceType={'x' * 60}", "109")):
        query = f"Cmd=FolderSync&User=alice&{bad}"
        assert status_of(post(device(server), query, encode(FOLDER_SYNC))) == status, bad
        assert post(device(server, "12.1"), query, encode(FOLDER_SYNC))[0] == 400, bad


def test_wrong_query(server):
    for query in ("", "User=alice", "@@@@", "AAAA", "jAkHBA"):
        status = post(device(server), query, encode(FOLDER_SYNC))[0]
        assert 400 <= status < 500 or status == 501, (query, status)


def test_oversized(server):
    phone = device(server)
    try:
        status = post(phone, phone.query("FolderSync", {}), b"x" * (70 << 20))[0]
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
        return  # refused by the length alone, while we were still sending
    assert status == 413, status


def test_other_methods(server):
    phone = device(server)
    for method in ("GET", "PUT", "DELETE"):
        assert phone.raw(method, phone.query("FolderSync", {}), b"", phone.headers(None))[0] == 405, method


def test_unknown_status_raises(server):
    try:
        device(server).call("Dance", FOLDER_SYNC)
    except Failure as failure:
        assert failure.status == 501
        return
    raise AssertionError("an unknown command was answered")


def test_frames_by_another_decoder(server):
    """libwbxml reads the same elements out of our frames (it lacks page 25, and prints text of opaque elements in its own way)."""
    phone = device(server)
    phone.provision()
    _, _, frame = post(phone, phone.query("FolderSync", {}), encode(FOLDER_SYNC))
    result = subprocess.run(["wbxml2xml", "-l", "ACTIVESYNC", "-o", "-", "-"], input=frame, capture_output=True, check=True, timeout=30)
    names = [node.split("<")[1].rstrip("/> ") for node in result.stdout.decode().replace(">", ">\n").split("\n")
             if "<" in node and not node.strip().startswith(("<?", "<!")) and "</" not in node]
    names = [name.split(" ")[0].split(":")[-1].rstrip("/") for name in names]
    ours = []

    def walk(node):
        ours.append(node.name.split(":")[1])
        for child in node.children:
            walk(child)
    walk(decode(frame))
    assert names == ours, (names[:20], ours[:20])
