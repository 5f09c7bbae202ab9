"""A second EWS client: ews-javascript-api, the port of the managed API."""
import json
import os
import subprocess

from mail import build, send, unique
from needs import needs

HERE = os.path.dirname(os.path.abspath(__file__))


def node(server, program, *arguments):
    user = server.users["bob"]
    environment = dict(os.environ, NODE_EXTRA_CA_CERTS=server.ca_file, EWS_URL=server.ews_url, EWS_USER=user.address,
                       EWS_PASSWORD=user.password)
    result = subprocess.run(["node", os.path.join(HERE, "node", program), *arguments], env=environment, stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


@needs("node")
def test_find_and_read(server):
    subject = unique("node")
    send(server, "pat@partner.test", ["bob@example.test"], build("pat@partner.test", ["bob@example.test"], subject, "For node äöü"))
    answer = node(server, "find_items.js", subject)
    assert [item["subject"] for item in answer["items"]] == [subject]
    assert answer["items"][0]["from"] == "pat@partner.test" and "For node äöü" in answer["items"][0]["body"]
    assert answer["total"] >= 1 and answer["folder"] == "Inbox"
