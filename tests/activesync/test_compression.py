"""Long answers are compressed for clients that take it; traces show requests and answers in words, without what is secret."""
import gzip
import threading
import time

import mail
from client import Device
from wbxml import Node, decode, encode


def test_gzip(server):
    device = Device(server.endpoints, server.users["bob"], device_id="Compressed")
    device.provision()
    request = encode(Node("FolderHierarchy:FolderSync", [Node("FolderHierarchy:SyncKey", "0")]))
    headers = device.headers("application/vnd.ms-sync.wbxml")
    _, plain_fields, plain = device.raw("POST", device.query("FolderSync", {}), request, headers)
    assert "Content-Encoding" not in plain_fields and len(plain) > 256, len(plain)
    for _ in range(12):  # until the answer is long enough to be worth it
        device.folder_sync()
        made = device.call("FolderCreate", Node("FolderHierarchy:FolderCreate", [
            Node("FolderHierarchy:SyncKey", device.hierarchy_key), Node("FolderHierarchy:ParentId", "0"),
            Node("FolderHierarchy:DisplayName", mail.unique("A folder with a long name that repeats itself again and again")),
            Node("FolderHierarchy:Type", "12")]))
        device.hierarchy_key = made.value("FolderHierarchy:SyncKey")
    status, fields, body = device.raw("POST", device.query("FolderSync", {}), request, dict(headers, **{"Accept-Encoding": "gzip"}))
    assert status == 200 and fields.get("Content-Encoding") == "gzip", fields
    assert decode(gzip.decompress(body)).value("FolderHierarchy:Status") == "1"


def test_trace_shows_words(server):
    device = Device(server.endpoints, server.users["bob"], device_id="Traced")
    device.provision()
    lines = []
    tracing = threading.Thread(target=lambda: lines.append(server.boursectl("trace", device.user.address, "--seconds", "5", check=False).stdout))
    tracing.start()
    end = time.monotonic() + 4
    while time.monotonic() < end:
        device.call("Settings", Node("Settings:Settings", [Node("Settings:DevicePassword", [Node("Settings:Set", [Node("Settings:Password", "very-secret-word")])])]))
        time.sleep(0.3)
    tracing.join()
    assert "Settings:DevicePassword" in lines[0] and "Settings:Status \"7\"" in lines[0], lines[0]
    assert "very-secret-word" not in lines[0]
