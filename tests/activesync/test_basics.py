"""OPTIONS, the hierarchy, and answers to requests that are not right."""
from client import Device, Failure
from wbxml import Node


def test_options_need_no_sign_in(server):
    device = Device(server.endpoints, server.users["alice"])
    for headers in ({}, device.headers(None)):
        status, answer, _ = device.raw("OPTIONS", "", headers=headers)
        assert status == 200, status
        assert answer["MS-ASProtocolVersions"] == "12.1,14.0,14.1,16.0,16.1", answer
        commands = answer["MS-ASProtocolCommands"].split(",")
        assert {"Sync", "FolderSync", "Ping", "MoveItems"} <= set(commands) and len(commands) == len(set(commands)), commands
        assert "OPTIONS" in answer["Allow"], answer


def test_wrong_password_and_unknown_version(server):
    device = Device(server.endpoints, server.users["alice"], version="13.7")
    status, _, _ = device.raw("POST", device.query("FolderSync", {}), b"", device.headers(None))
    assert status == 400, status
    try:
        status, headers, _ = device.raw("POST", device.query("FolderSync", {}), b"", {})
        assert status == 401 and "Basic" in headers["WWW-Authenticate"], (status, headers)
        device.call("Nonsense", Node("FolderHierarchy:FolderSync", []))
        raise AssertionError("a version that nobody speaks was served")
    except Failure as failure:
        assert failure.status in (400, 501), failure.status
