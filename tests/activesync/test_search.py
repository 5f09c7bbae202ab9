"""Search, Find, ResolveRecipients, ValidateCert."""
import subprocess
import tempfile

from client import Device
from mail import build, send, unique, wait_for
from wbxml import Node


def phone(server, version="16.1", login="carol"):
    device = Device(server.endpoints, server.users[login], version=version, device_id="SearchTest")
    device.provision()
    device.folder_sync("0")
    return device


def deliver(server, subject, body="Hello"):
    address = server.users["carol"].address
    assert not send(server, "friend@partner.test", [address], build("friend@partner.test", [address], subject, body))


def search(device, name, query, *options):
    answer = device.call("Search", Node("Search:Search", [Node("Search:Store", [
        Node("Search:Name", name), Node("Search:Query", query), Node("Search:Options", [Node("Search:Range", "0-9"), *options])])]))
    return answer.find("Search:Response", "Search:Store")


def mailbox(device, conditions, *options):
    return search(device, "Mailbox", [Node("Search:And", conditions)], *options)


def results(store):
    return [result for result in store.children if result.name == "Search:Result" and result.children]


def test_search_mailbox(server):
    device = phone(server)
    word = "w" + unique("x").split(" ")[1]
    for number in range(3):
        deliver(server, f"{word} number {number}", body="needle")
    inbox = device.folder("Inbox")
    where = [Node("AirSync:Class", "Email"), Node("AirSync:CollectionId", inbox), Node("Search:FreeText", word)]
    found = results(wait_for(lambda: (lambda store: store if len(results(store)) == 3 else None)(mailbox(device, where))))
    assert all(word in result.value("Search:Properties", "Email:Subject") for result in found)
    assert found[0].value("AirSync:Class") == "Email" and found[0].value("AirSync:CollectionId") == inbox and found[0].value("Search:LongId")
    store = mailbox(device, where)
    assert store.value("Search:Range") == "0-2" and store.value("Search:Total") == "3"
    two = search(device, "Mailbox", [Node("Search:And", where)], Node("Search:Range", "0-1"))
    assert two.value("Search:Status") == "1"
    # the whole mailbox, and a time that nothing fits
    assert len(results(mailbox(device, [Node("Search:FreeText", word)], Node("Search:DeepTraversal")))) == 3

    def when(element, value):
        return Node(f"Search:{element}", [Node("Email:DateReceived"), Node("Search:Value", value)])
    assert len(results(mailbox(device, where + [when("GreaterThan", "2020-01-01T00:00:00.000Z")]))) == 3
    assert not results(mailbox(device, where + [when("LessThan", "2020-01-01T00:00:00.000Z")]))
    body = Node("AirSyncBase:BodyPreference", [Node("AirSyncBase:Type", "1"), Node("AirSyncBase:TruncationSize", "3")])
    found = results(mailbox(device, where, body))
    assert found[0].value("Search:Properties", "AirSyncBase:Body", "AirSyncBase:Data") == "nee"


def test_search_that_cannot_be(server):
    device = phone(server)
    assert mailbox(device, [Node("Search:FreeText", "x"), Node("AirSync:CollectionId", "99999")]).value("Search:Status") == "11"
    assert mailbox(device, [Node("Search:FreeText", "x"), Node("AirSync:Class", "Cats")]).value("Search:Status") == "2"
    assert mailbox(device, [Node("Search:Or", [Node("Search:FreeText", "x")])]).value("Search:Status") == "8"
    assert mailbox(device, [Node("AirSync:Class", "Email")]).value("Search:Status") == "2"
    assert search(device, "DocumentLibrary", [Node("Search:EqualTo", [Node("DocumentLibrary:LinkId"), Node("Search:Value", "\\\\server\\share")])]).value(
        "Search:Status") == "13"
    assert search(device, "Elsewhere", "x").value("Search:Status") == "2"


def test_search_people(server):
    for version in ("12.1", "16.1"):
        device = phone(server, version)
        store = search(device, "GAL", "alice", *([Node("Search:Picture", [Node("Search:MaxPictures", "1")])] if version == "16.1" else []))
        person = results(store)[0].find("Search:Properties")
        assert person.value("Gal:EmailAddress") == server.users["alice"].address, person.show()
        assert version == "12.1" or person.value("Gal:Picture", "Gal:Status") in ("1", "173"), person.show()
        assert not results(search(device, "GAL", "nobody has this name"))


def find(device, criterion):
    return device.call("Find", Node("Find:Find", [Node("Find:SearchId", "1"), Node("Find:ExecuteSearch", [criterion])]))


def test_find(server):
    device = phone(server)
    word = "f" + unique("x").split(" ")[1]
    deliver(server, f"{word} found")
    criterion = Node("Find:MailBoxSearchCriterion", [Node("Find:Query", [
        Node("AirSync:Class", "Email"), Node("AirSync:CollectionId", device.folder("Inbox")), Node("Find:FreeText", word)]),
        Node("Find:Options", [Node("Find:Range", "0-4"), Node("Find:DeepTraversal")])])
    answer = wait_for(lambda: (lambda found: found if found.find("Find:Response", "Find:Result") is not None else None)(find(device, criterion)))
    result = answer.find("Find:Response", "Find:Result")
    assert result.value("Find:Properties", "Email:Subject") == f"{word} found" and result.value("AirSync:ServerId"), answer.show()
    assert answer.value("Find:Response", "Find:Range") == "0-0" and answer.value("Find:Response", "Find:Total") == "1"
    people = find(device, Node("Find:GalSearchCriterion", [Node("Find:Query", "alice")]))
    assert people.value("Find:Response", "Find:Result", "Find:Properties", "Gal:EmailAddress") == server.users["alice"].address, people.show()
    assert find(device, Node("Find:GalSearchCriterion", [Node("Find:Query", "x"), Node("Find:Options", [Node("Find:Range", "9-1")])])).value("Find:Status") == "4"


def resolve(device, *names, options=()):
    content = [Node("ResolveRecipients:To", name) for name in names] + ([Node("ResolveRecipients:Options", list(options))] if options else [])
    return device.call("ResolveRecipients", Node("ResolveRecipients:ResolveRecipients", content))


def test_resolve_recipients(server):
    device = phone(server)
    span = Node("ResolveRecipients:Availability", [Node("ResolveRecipients:StartTime", "2026-11-23T08:00:00.000Z"),
                                                   Node("ResolveRecipients:EndTime", "2026-11-23T12:00:00.000Z")])
    answer = resolve(device, server.users["alice"].address, "nobody has this name", options=[
        Node("ResolveRecipients:CertificateRetrieval", "2"), span, Node("ResolveRecipients:Picture", [])])
    one, none = answer.all("ResolveRecipients:Response")
    assert (one.value("ResolveRecipients:Status"), none.value("ResolveRecipients:Status")) == ("1", "4"), answer.show()
    person = one.find("ResolveRecipients:Recipient")
    assert person.value("ResolveRecipients:EmailAddress") == server.users["alice"].address
    merged = person.value("ResolveRecipients:Availability", "ResolveRecipients:MergedFreeBusy")
    assert person.value("ResolveRecipients:Availability", "ResolveRecipients:Status") == "1" and len(merged) == 8 and set(merged) <= set("01234"), person.show()
    assert person.value("ResolveRecipients:Certificates", "ResolveRecipients:Status") == "7"
    assert resolve(device).value("ResolveRecipients:Status") == "5"


def validate_cert(device, *certificates):
    answer = device.call("ValidateCert", Node("ValidateCert:ValidateCert", [Node("ValidateCert:Certificates", [
        Node("ValidateCert:Certificate", certificate) for certificate in certificates])]))
    return [node.value("ValidateCert:Status") for node in answer.all("ValidateCert:Certificate")]


def test_validate_cert(server):
    device = phone(server)
    with tempfile.TemporaryDirectory() as folder:
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=Somebody",
                   "-keyout", f"{folder}/key.pem", "-outform", "DER", "-out", f"{folder}/own.der"]
        subprocess.run(command, capture_output=True, check=True)
        with open(f"{folder}/own.der", "rb") as file:
            own = file.read()
    assert validate_cert(device, own, b"nonsense") == ["4", "10"]
    assert device.call("ValidateCert", Node("ValidateCert:ValidateCert", [])).value("ValidateCert:Status") == "2"
