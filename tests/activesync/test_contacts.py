"""Contacts and notes over ActiveSync and EWS: every field of the table goes round; ghosted ones stay."""
import base64
import os
import re

from exchangelib import Contact

from client import Device
from ews_client import account
from mail import unique
from wbxml import Node

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OPTIONS = [Node("AirSyncBase:BodyPreference", [Node("AirSyncBase:Type", "1")])]
PICTURE = base64.b64encode(b"\xFF\xD8\xFF\xE0" + bytes(200) + b"\xFF\xD9").decode()


def phone(server, folder, version="16.1", supported=None, device_id="ItemTestOne"):
    """The second device looks at what the first one did."""
    device = Device(server.endpoints, server.users["alice"], version=version, device_id=device_id)
    device.provision()
    device.folder_sync("0")
    device.own = device.folder(folder)
    extra = [Node("AirSync:Supported", [Node(name) for name in supported])] if supported else None
    device.sync_all(device.own, options=OPTIONS, **({"extra": extra} if extra else {}))
    return device


def send(device, command):
    answer = device.sync(device.own, commands=[command], options=OPTIONS)
    return answer.find("AirSync:Collections", "AirSync:Collection", "AirSync:Responses") if answer is not None else None


def add(device, data):
    responses = send(device, Node("AirSync:Add", [Node("AirSync:ClientId", unique("c")[-12:]), Node("AirSync:ApplicationData", data)]))
    assert responses.find("AirSync:Add").value("AirSync:Status") == "1", responses.show()
    return responses.find("AirSync:Add").value("AirSync:ServerId")


def change(device, number, data):
    responses = send(device, Node("AirSync:Change", [Node("AirSync:ServerId", number), Node("AirSync:ApplicationData", data)]))
    assert responses is None or responses.find("AirSync:Change") is None, responses.show()


def told(server, folder, number, version="16.1"):
    fresh = phone(server, folder, version, device_id="ItemTestTwo")
    return fresh.items[fresh.own][number]


def rows(name):
    with open(os.path.join(ROOT, f"activesync/fields_{name}.def"), encoding="utf-8") as file:
        return re.findall(r"^FIELD\((\w+?)_(\w+), (\w+), (\w+), (\w+)\)", file.read(), re.M)


def values_of(name):
    values = {}
    for space, tag, kind, _, _ in rows(name):
        if kind == "TEXT":
            values[f"{space}:{tag}"] = f"{tag} {len(values)}"
        elif kind == "TIME":
            values[f"{space}:{tag}"] = "1980-05-06T11:59:00.000Z"
    return values


def test_every_contact_field_goes_round(server):
    for version in ("12.1", "16.1"):
        device = phone(server, "Contacts", version)
        values = values_of("contacts")
        values |= {"Contacts:Email1Address": "one@partner.test", "Contacts:Email2Address": '"Two" <two@partner.test>', "Contacts:Email3Address": "three@partner.test"}
        number = add(device, [Node(name, text) for name, text in values.items()] + [
            Node("Contacts:Children", [Node("Contacts:Child", "Ann"), Node("Contacts:Child", "Ben")]), Node("Contacts:Picture", PICTURE),
            Node("Contacts:Categories", [Node("Contacts:Category", "Friends")]),
            Node("AirSyncBase:Body", [Node("AirSyncBase:Type", "1"), Node("AirSyncBase:Data", "A note")])])
        item = told(server, "Contacts", number, version)
        values["Contacts:Email2Address"] = "two@partner.test"
        assert {name: item[name].text if name in item else None for name in values} == values
        assert [child.text for child in item["Contacts:Children"].children] == ["Ann", "Ben"]
        assert item["Contacts:Picture"].text == PICTURE and item["Contacts:Categories"].children[0].text == "Friends"
        assert item["AirSyncBase:Body"].value("AirSyncBase:Data").strip() == "A note" and "AirSyncBase:Attachments" not in item
        found = [c for c in account(server, "alice").contacts.all() if c.given_name == values["Contacts:FirstName"]]
        assert found and found[0].surname == values["Contacts:LastName"] and found[0].children == ["Ann", "Ben"] and found[0].has_picture
        assert {e.email for e in found[0].email_addresses} == {"one@partner.test", "two@partner.test", "three@partner.test"}
        # an empty element takes away, a missing one stays
        change(device, number, [Node("Contacts:JobTitle", ""), Node("Contacts:Picture", ""), Node("Contacts:Email3Address", "")])
        item = told(server, "Contacts", number, version)
        assert "Contacts:JobTitle" not in item and "Contacts:Picture" not in item and "Contacts:Email3Address" not in item
        assert item["Contacts:Spouse"].text == values["Contacts:Spouse"]
        send(device, Node("AirSync:Delete", [Node("AirSync:ServerId", number)]))


def test_supported_fields_go_when_they_are_missing(server):
    device = phone(server, "Contacts", "14.1", ["Contacts:JobTitle", "Contacts:FirstName", "Contacts:LastName"])
    device.keys[device.own] = "0"
    device.sync(device.own, extra=[Node("AirSync:Supported", [Node("Contacts:JobTitle"), Node("Contacts:FirstName"), Node("Contacts:LastName")])])
    device.sync_all(device.own, options=OPTIONS)
    number = add(device, [Node("Contacts:FirstName", "Gus"), Node("Contacts:LastName", unique("Ghost")), Node("Contacts:JobTitle", "Cook"),
                          Node("Contacts:Spouse", "Gaby")])
    change(device, number, [Node("Contacts:FirstName", "Gustav")])
    item = told(server, "Contacts", number, "14.1")
    assert item["Contacts:FirstName"].text == "Gustav" and "Contacts:JobTitle" not in item and item["Contacts:Spouse"].text == "Gaby"
    send(device, Node("AirSync:Delete", [Node("AirSync:ServerId", number)]))


def test_contact_of_ews(server):
    name, person, device = unique("Doe"), account(server, "alice"), phone(server, "Contacts")
    Contact(account=person, folder=person.contacts, given_name="Jane", surname=name, display_name=f"Jane {name}", job_title="Baker", company_name="Bread").save()
    device.sync_all(device.own, options=OPTIONS)
    found = [item for item in device.items[device.own].values() if "Contacts:LastName" in item and item["Contacts:LastName"].text == name]
    assert len(found) == 1 and found[0]["Contacts:JobTitle"].text == "Baker" and found[0]["Contacts:FileAs"].text == f"{name}, Jane"


def test_notes(server):
    for version in ("14.1", "16.1"):
        device, subject = phone(server, "Notes", version), unique("note")
        number = add(device, [Node("Notes:Subject", subject), Node("AirSyncBase:Body", [Node("AirSyncBase:Type", "1"), Node("AirSyncBase:Data", "Milk, eggs")]),
                              Node("Notes:Categories", [Node("Notes:Category", "Shop")])])
        item = told(server, "Notes", number, version)
        assert item["Notes:Subject"].text == subject and item["Notes:MessageClass"].text == "IPM.StickyNote" and re.fullmatch(r"\d{8}T\d{6}Z", item["Notes:LastModifiedDate"].text)
        assert item["AirSyncBase:Body"].value("AirSyncBase:Data").strip() == "Milk, eggs" and item["Notes:Categories"].children[0].text == "Shop"
        change(device, number, [Node("AirSyncBase:Body", [Node("AirSyncBase:Type", "1"), Node("AirSyncBase:Data", "Bread")])])
        body = told(server, "Notes", number, version)["AirSyncBase:Body"]
        assert body.value("AirSyncBase:Data").strip() == "Bread", body.show()
        send(device, Node("AirSync:Delete", [Node("AirSync:ServerId", number)]))
