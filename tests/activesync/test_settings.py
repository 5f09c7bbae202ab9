"""Settings: out-of-office in both forms of text, addresses by version, device information and password."""
from client import Device
from wbxml import Node


def device_of(server, version="14.1", user="bob"):
    device = Device(server.endpoints, server.users[user], version=version, device_id=f"Settings{version.replace('.', '')}")
    device.provision()
    return device


def ask(device, *content):
    answer = device.call("Settings", Node("Settings:Settings", content))
    assert answer.value("Settings:Status") == "1", answer.show()
    return answer


def get_oof(device, body_type):
    answer = ask(device, Node("Settings:Oof", [Node("Settings:Get", [Node("Settings:BodyType", body_type)])]))
    assert answer.value("Settings:Oof", "Settings:Status") == "1", answer.show()
    return answer.find("Settings:Oof", "Settings:Get")


def message(audience, text, enabled="1", body_type="TEXT"):
    content = [Node(f"Settings:{audience}"), Node("Settings:Enabled", enabled)]
    if text:
        content += [Node("Settings:ReplyMessage", text), Node("Settings:BodyType", body_type)]
    return Node("Settings:OofMessage", content)


def set_oof(device, *content):
    answer = ask(device, Node("Settings:Oof", [Node("Settings:Set", content)]))
    return answer.value("Settings:Oof", "Settings:Status")


def test_out_of_office(server):
    device = device_of(server)
    assert set_oof(device, Node("Settings:OofState", "2"), Node("Settings:StartTime", "2030-01-01T10:00:00.000Z"),
                   Node("Settings:EndTime", "2030-01-05T10:00:00.000Z"), message("AppliesToInternal", "Away & gone"),
                   message("AppliesToExternalKnown", "<html><body>Out <b>there</b></body></html>", body_type="HTML"),
                   message("AppliesToExternalUnknown", "", enabled="0")) == "1"
    shown = get_oof(device, "TEXT")
    assert shown.value("Settings:OofState") == "2" and shown.value("Settings:StartTime") == "2030-01-01T10:00:00.000Z", shown.show()
    inside, known, unknown = [child for child in shown.children if child.name == "Settings:OofMessage"]
    assert inside.value("Settings:ReplyMessage") == "Away & gone" and inside.value("Settings:Enabled") == "1", shown.show()
    assert "there" in known.value("Settings:ReplyMessage") and "<" not in known.value("Settings:ReplyMessage"), shown.show()
    assert unknown.value("Settings:Enabled") == "0" and known.value("Settings:Enabled") == "1", shown.show()
    shown = get_oof(device, "HTML")
    inside, known, _ = [child for child in shown.children if child.name == "Settings:OofMessage"]
    assert "Away &amp; gone" in inside.value("Settings:ReplyMessage") and "<b>there</b>" in known.value("Settings:ReplyMessage"), shown.show()
    assert set_oof(device, Node("Settings:OofState", "0")) == "1"
    shown = get_oof(device, "TEXT")
    assert shown.value("Settings:OofState") == "0" and "Away & gone" in shown.show(), "switching off loses the text"


def test_out_of_office_that_is_wrong(server):
    device = device_of(server)
    start, end = Node("Settings:StartTime", "2030-01-05T10:00:00.000Z"), Node("Settings:EndTime", "2030-01-01T10:00:00.000Z")
    assert set_oof(device, Node("Settings:OofState", "2"), start, end) == "6"
    assert set_oof(device, Node("Settings:OofState", "2"), start) == "2"
    assert set_oof(device, Node("Settings:OofState", "7")) == "5"
    assert set_oof(device, Node("Settings:OofState", "2"), Node("Settings:StartTime", "soon"), end) == "5"
    answer = device.call("Settings", Node("Settings:Settings"))
    assert answer.value("Settings:Status") == "2", answer.show()


def test_user_information_by_version(server):
    for version in ("12.1", "14.0", "14.1", "16.1"):
        device = device_of(server, version)
        shown = ask(device, Node("Settings:UserInformation", [Node("Settings:Get")])).find("Settings:UserInformation", "Settings:Get")
        place = ("Settings:EmailAddresses",) if version < "14.1" else ("Settings:Accounts", "Settings:Account", "Settings:EmailAddresses")
        addresses = [node.text for node in shown.all(*place, "Settings:SMTPAddress")]
        assert server.users["bob"].address in addresses and len(addresses) == len(set(addresses)), shown.show()
        primary = shown.value(*place, "Settings:PrimarySmtpAddress")
        assert primary == (server.users["bob"].address if version >= "14.1" else None), shown.show()


def test_device_information_password_and_rights(server):
    device = Device(server.endpoints, server.users["bob"], version="14.0", device_id="SettingsFacts")
    # before it has a policy a device may say what it is, and nothing else
    facts = Node("Settings:DeviceInformation", [Node("Settings:Set", [Node("Settings:Model", "M1"), Node("Settings:PhoneNumber", "+49 1")])])
    assert ask(device, facts).value("Settings:DeviceInformation", "Settings:Status") == "1"
    answer = device.call("Settings", Node("Settings:Settings", [Node("Settings:UserInformation", [Node("Settings:Get")])]))
    assert answer.value("Settings:Status") == "142", answer.show()
    device = device_of(server)
    password = Node("Settings:DevicePassword", [Node("Settings:Set", [Node("Settings:Password", "secret-recovery-word")])])
    assert ask(device, password).value("Settings:DevicePassword", "Settings:Status") == "7"
    answer = ask(device, Node("Settings:RightsManagementInformation", [Node("Settings:Get")]))
    assert answer.value("Settings:RightsManagementInformation", "Settings:Status") == "168", answer.show()
