"""What admins do with devices: list, show, block, allow, wipe, forget."""
import json

from client import Device, Failure
from test_provision import information, tree_status
from wbxml import Node


def device_of(server, device_id, version="16.1"):
    device = Device(server.endpoints, server.users["carol"], version=version, device_id=device_id)
    device.provision()
    assert tree_status(device) == 1
    return device


def rows(server, *arguments):
    return [json.loads(line) for line in server.boursectl("--json", "device", *arguments).stdout.splitlines()]


def wipe_answer(device, element, status):
    return device.call("Provision", Node("Provision:Provision", [Node(f"Provision:{element}", [Node("Provision:Status", status)])]))


def test_list_show_block_allow_forget(server):
    device, mailbox = device_of(server, "AdminPhone"), server.users["carol"].address
    row = next(row for row in rows(server, "list", mailbox) if row["device"] == "AdminPhone")
    assert row["access"] == "allowed" and row["model"] == "Test phone" and row["has_policy"] is True, row
    shown = rows(server, "show", mailbox, "AdminPhone")[0]
    assert shown["collections"][0]["folder"] == 0 and shown["collections"][0]["key"] > 0, shown
    device.hierarchy_key = "4711"
    device.folder_sync()
    assert "FolderSync 16.1: status 9" in rows(server, "show", mailbox, "AdminPhone")[0]["last_failure"]
    server.boursectl("device", "block", mailbox, "AdminPhone")
    assert tree_status(device) == 129
    old = Device(server.endpoints, server.users["carol"], version="12.1", device_id="AdminPhone")
    assert tree_status(old) == -403
    server.boursectl("device", "allow", mailbox, "AdminPhone")
    assert tree_status(device) == 1
    server.boursectl("device", "forget", mailbox, "AdminPhone")
    assert not [row for row in rows(server, "list", mailbox) if row["device"] == "AdminPhone"]
    assert tree_status(device) == 144, "a forgotten device has to take the policy again"
    assert server.boursectl("device", "show", mailbox, "NoSuchDevice", check=False).returncode == 1


def test_wipe(server):
    device, mailbox = device_of(server, "LostPhone"), server.users["carol"].address
    server.boursectl("device", "wipe", mailbox, "LostPhone")
    assert tree_status(device) == 140
    told = device.call("Provision", Node("Provision:Provision"))
    assert told.find("Provision:RemoteWipe") is not None and told.find("Provision:AccountOnlyRemoteWipe") is None, told.show()
    assert rows(server, "show", mailbox, "LostPhone")[0]["wipe"] == "told"
    failed = wipe_answer(device, "RemoteWipe", "2")
    assert failed.value("Provision:Status") == "2" and failed.find("Provision:RemoteWipe") is not None, failed.show()
    assert tree_status(device) == 140, "a failed wipe lets nobody in"
    done = wipe_answer(device, "RemoteWipe", "1")
    assert done.value("Provision:Status") == "1" and done.find("Provision:RemoteWipe") is None, done.show()
    assert rows(server, "show", mailbox, "LostPhone")[0]["wipe"] == "done"
    assert tree_status(device) == 129, "a wiped device syncs on"
    server.boursectl("device", "allow", mailbox, "LostPhone")
    device.provision()
    assert tree_status(device) == 1


def test_wipe_of_the_account(server):
    device, mailbox = device_of(server, "OwnPhone"), server.users["carol"].address
    server.boursectl("device", "wipe", mailbox, "OwnPhone", "--account-only")
    old = Device(server.endpoints, server.users["carol"], version="14.1", device_id="OwnPhone")
    assert tree_status(old) == 129, "a version that cannot be told gets nothing"
    assert tree_status(device) == 140
    told = device.call("Provision", Node("Provision:Provision", [information()]))
    assert told.find("Provision:AccountOnlyRemoteWipe") is not None and told.find("Provision:RemoteWipe") is None, told.show()
    wipe_answer(device, "AccountOnlyRemoteWipe", "1")
    assert tree_status(device) == 129
