"""Autodiscover as clients ask for it, before they know anything but an address."""
import base64
import json
import ssl
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
MOBILE = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"


def ask(server, path, body=None, user=None):
    """(status, headers, text) of a request; user: sign in with Basic."""
    request = urllib.request.Request(server.https_url + path, data=body, headers={"Content-Type": "text/xml; charset=utf-8"})
    if user:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{user.address}:{user.password}".encode()).decode())
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=server.ca_file), timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def pox(address, schema):
    # the request's name space ends in 2006 for both [MS-OXDSCLI] 3.1.5.1
    request = schema.replace("response", "request").replace("2006a", "2006")
    return (f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{request}"><Request>'
            f"<EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>{schema}</AcceptableResponseSchema>"
            "</Request></Autodiscover>").encode()


def test_outlook_in_any_letter_case(server):
    alice = server.users["alice"]
    for path in ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml", "/AUTODISCOVER/AUTODISCOVER.XML"):
        status, _, text = ask(server, path, pox(alice.address, OUTLOOK), alice)
        assert status == 200, (status, text)
        urls = {element.text for element in ElementTree.fromstring(text).iter(f"{{{OUTLOOK}}}EwsUrl")}
        assert urls == {server.ews_url}, text
        assert "Alice Adams" in text


def test_mobilesync(server):
    alice = server.users["alice"]
    status, _, text = ask(server, "/autodiscover/autodiscover.xml", pox(alice.address, MOBILE), alice)
    assert status == 200 and server.activesync_url in text, (status, text)


def test_challenges_the_unknown(server):
    status, headers, _ = ask(server, "/autodiscover/autodiscover.xml", pox("alice@example.test", OUTLOOK))
    assert status == 401 and any("basic" in value.lower() for value in headers.get_all("WWW-Authenticate")), (status, headers)


def test_wrong_body_is_error_600(server):
    status, _, text = ask(server, "/autodiscover/autodiscover.xml", b"<nonsense/>", server.users["alice"])
    assert status == 200 and "<ErrorCode>600</ErrorCode>" in text, (status, text)


def test_json(server):
    status, _, text = ask(server, "/autodiscover/autodiscover.json/v1.0/alice@example.test?Protocol=EWS")
    assert status == 200 and json.loads(text)["Url"] == server.ews_url, (status, text)
    status, _, text = ask(server, "/autodiscover/autodiscover.json?Email=alice%40example.test&Protocol=ActiveSync")
    assert status == 200 and json.loads(text)["Url"] == server.activesync_url, (status, text)
    status, _, text = ask(server, "/autodiscover/autodiscover.json/v1.0/alice@example.test?Protocol=Carrier-Pigeon")
    assert status == 400 and json.loads(text)["ErrorCode"] == "InvalidProtocol", (status, text)
