"""Policies by file, and quarantine: an instance with settings of its own."""
import json
import os

import mail
from client import Device, Failure
from instance import Instance
from test_provision import TYPE, acknowledgement, information, policies, tree_status
from wbxml import Node

POLICIES = {"policies": [{"name": "Strict", "group": "Sales Team", "must_be_applied": True,
                          "settings": {"DevicePasswordEnabled": True, "MinDevicePasswordLength": 6, "MaxCalendarAgeFilter": 4,
                                       "UnapprovedInROMApplicationList": ["game.exe"]}},
                         {"name": "Nobody's", "group": "No such group", "settings": {"AllowCamera": False}},
                         {"name": "Locked", "group": "All Staff", "settings": {"MaxInactivityTimeDeviceLock": 900}}]}


def own_instance(server, test):
    """An instance whose policy file the test may write, new devices quarantined."""
    folder = os.path.join(os.path.dirname(server.folder), "policies")
    path = os.path.join(os.path.dirname(server.folder), "policies.json")

    def write(content):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)

    write(POLICIES)
    instance = Instance(folder, server.build, {"activesync.policy_file": path, "activesync.new_devices": "quarantine",
                                               "activesync.admin_address": "bob", "activesync.heartbeat_least": "1s"})
    try:
        instance.start()
        test(instance, write)
    finally:
        instance.stop()


def check_policies(server, write):
    device = Device(server.endpoints, server.users["alice"], device_id="Strict161")
    document = device.provision().find("Provision:Policies", "Provision:Policy", "Provision:Data", "Provision:EASProvisionDoc")
    assert document.value("Provision:DevicePasswordEnabled") == "1" and document.value("Provision:MinDevicePasswordLength") == "6", document.show()
    assert document.value("Provision:UnapprovedInROMApplicationList", "Provision:ApplicationName") == "game.exe", document.show()
    # a member of a group in the group gets the next policy
    nested = Device(server.endpoints, server.users["carol"], device_id="Nested").provision()
    document = nested.find("Provision:Policies", "Provision:Policy", "Provision:Data", "Provision:EASProvisionDoc")
    assert document.value("Provision:DevicePasswordEnabled") == "0" and document.value("Provision:MaxInactivityTimeDeviceLock") == "900", document.show()
    assert document.value("Provision:AllowCamera") == "1", document.show()
    old = Device(server.endpoints, server.users["alice"], version="14.1", device_id="Strict141")
    old.provision()
    assert tree_status(device) == 1 and tree_status(old) == 1
    # a setting that only the old version knows: the new one is not asked again
    changed = json.loads(json.dumps(POLICIES))
    changed["policies"][0]["settings"]["MaxCalendarAgeFilter"] = 5
    write(changed)
    assert tree_status(device) == 1 and tree_status(old) == 143
    old.provision()
    assert tree_status(old) == 1
    write('{"policies": [')
    assert tree_status(old) == 1, "the last good file counts"
    assert server.boursectl("config", "check", check=False).returncode != 0
    write(changed)
    assert server.boursectl("config", "check", check=False).returncode == 0
    # a device that applies the policy in part, or not at all, stays out
    other = Device(server.endpoints, server.users["alice"], version="14.1", device_id="Half")
    first = other.call("Provision", Node("Provision:Provision", [information(), policies()]))
    offered = first.value("Provision:Policies", "Provision:Policy", "Provision:PolicyKey")
    for applied, expected in (("2", "139"), ("3", "139"), ("4", "145")):
        answer = other.call("Provision", acknowledgement(offered, applied))
        assert answer.value("Provision:Status") == expected, answer.show()
    assert TYPE in first.show()


def check_quarantine(server, _write):
    device = Device(server.endpoints, server.users["alice"], device_id="Waiting")
    device.provision()
    assert [folder["type"] for folder in (device.folder_sync(), device.folders)[1].values()] == ["2"], device.folders
    inbox = device.folder("Inbox")
    mail.send(server, "x@partner.test", [device.user.address], mail.build("x@partner.test", [device.user.address], "hidden"))
    device.sync(inbox)
    assert device.sync(inbox) is None and not device.items[inbox]
    assert device.ping([inbox], 1).value("Ping:Status") == "1"
    answer = device.call("MoveItems", Node("Move:MoveItems", [Node("Move:Move", [Node("Move:SrcMsgId", "1:1")])]))
    assert answer.value("Move:Status") == "129", answer.show()
    server.boursectl("device", "allow", device.user.address, "Waiting")
    assert device.folder_sync().value("FolderHierarchy:Status") == "9", "it begins anew"
    device.hierarchy_key = "0"
    device.folder_sync()
    assert len(device.folders) > 5
    device.keys = {}

    def subjects():
        device.sync_all(inbox)
        return [item["Email:Subject"].text for item in device.items[inbox].values()]

    mail.wait_for(lambda: "hidden" in subjects() and any("waits for permission" in subject for subject in subjects()))
    server.boursectl("device", "list", device.user.address)
    admin = Device(server.endpoints, server.users["bob"], device_id="Admins")
    admin.provision()
    server.boursectl("device", "allow", admin.user.address, "Admins")
    admin.folder_sync()
    found = admin.folder("Inbox")
    admin.sync_all(found)
    assert any(device.user.address in item["Email:Subject"].text for item in admin.items[found].values()), "the admin was not told"


def test_policies_and_quarantine(server):
    def both(instance, write):
        check_quarantine(instance, write)
        for name in ("Strict161", "Strict141", "Half"):
            try:
                Device(instance.endpoints, instance.users["alice"], device_id=name).folder_sync()
            except Failure:
                pass
            instance.boursectl("device", "allow", instance.users["alice"].address, name)
        check_policies(instance, write)

    own_instance(server, both)
