"""Policies in two phases, device information, sync before provisioning, each protocol version."""
from client import Device, Failure
from wbxml import Node

TYPE = "MS-EAS-Provisioning-WBXML"


def policies(*content):
    return Node("Provision:Policies", [Node("Provision:Policy", [Node("Provision:PolicyType", TYPE), *content])])


def information():
    return Node("Settings:DeviceInformation", [Node("Settings:Set", [Node("Settings:Model", "Test phone"), Node("Settings:OS", "TestOS 1")])])


def acknowledgement(key, status="1"):
    return Node("Provision:Provision", [policies(Node("Provision:PolicyKey", str(key)), Node("Provision:Status", status))])


def tree_status(device):
    """The status of a FolderSync; HTTP statuses are negative."""
    try:
        return int(device.folder_sync("0").value("FolderHierarchy:Status"))
    except Failure as failure:
        return -failure.status


def test_two_phases_at_every_version(server):
    for version in ("12.1", "14.0", "14.1", "16.0", "16.1"):
        device = Device(server.endpoints, server.users["bob"], version=version, device_id=f"Provision{version.replace('.', '')}")
        refused = -449 if version == "12.1" else 142
        assert tree_status(device) == refused, (version, tree_status(device))
        first = device.provision()
        document = first.find("Provision:Policies", "Provision:Policy", "Provision:Data", "Provision:EASProvisionDoc")
        names = [child.name for child in document.children]
        assert ("Provision:MaxCalendarAgeFilter" in names) == (version != "16.1"), (version, names)
        assert document.value("Provision:DevicePasswordEnabled") == "0" and document.find("Provision:MinDevicePasswordLength").text == "", names
        assert tree_status(device) == 1, version
        assert tree_status(device) == 1, f"{version}: asked to provision again"
        good = device.policy_key
        device.policy_key = good + 1
        assert tree_status(device) == (-449 if version == "12.1" else 144), version
        device.policy_key = good
        assert tree_status(device) == 1, version


def test_offered_key_is_for_the_acknowledgement_only(server):
    device = Device(server.endpoints, server.users["bob"], version="14.1", device_id="ProvisionOffered")
    first = device.call("Provision", Node("Provision:Provision", [information(), policies()]))
    offered = first.value("Provision:Policies", "Provision:Policy", "Provision:PolicyKey")
    device.policy_key = int(offered)
    assert tree_status(device) == 144
    wrong = device.call("Provision", acknowledgement(int(offered) ^ 2))
    assert wrong.value("Provision:Policies", "Provision:Policy", "Provision:Status") == "5", wrong.show()
    assert wrong.value("Provision:Policies", "Provision:Policy", "Provision:PolicyKey") is None, wrong.show()
    # the answer to the first acknowledgement is lost: the second gives a key that is good
    device.call("Provision", acknowledgement(offered))
    again = device.call("Provision", acknowledgement(offered))
    device.policy_key = int(again.value("Provision:Policies", "Provision:Policy", "Provision:PolicyKey"))
    assert device.policy_key != int(offered)
    assert tree_status(device) == 1


def test_device_information_is_required_from_14_1_on(server):
    device = Device(server.endpoints, server.users["bob"], version="14.1", device_id="ProvisionUnknown")
    answer = device.call("Provision", Node("Provision:Provision", [policies()]))
    assert answer.value("Provision:Status") == "165", answer.show()
    answer = device.call("Provision", Node("Provision:Provision", [information(), policies()]))
    assert answer.value("Provision:Status") == "1" and answer.value("Settings:DeviceInformation", "Settings:Status") == "1", answer.show()
    old = Device(server.endpoints, server.users["bob"], version="14.0", device_id="ProvisionUnknown140")
    answer = old.call("Provision", Node("Provision:Provision", [policies()]))
    assert answer.value("Provision:Status") == "1", answer.show()


def test_wrong_requests(server):
    device = Device(server.endpoints, server.users["bob"], version="14.0", device_id="ProvisionWrong")
    other = Node("Provision:Policies", [Node("Provision:Policy", [Node("Provision:PolicyType", "MS-WAP-Provisioning-XML")])])
    answer = device.call("Provision", Node("Provision:Provision", [other]))
    assert answer.value("Provision:Policies", "Provision:Policy", "Provision:Status") == "3", answer.show()
    answer = device.call("Provision", Node("Provision:Provision", [Node("Provision:Policies", [Node("Provision:Policy")])]))
    assert answer.value("Provision:Status") == "2", answer.show()
    answer = device.call("Provision", Node("Provision:Provision"))
    assert answer.value("Provision:Status") == "1" and answer.find("Provision:RemoteWipe") is None, answer.show()
