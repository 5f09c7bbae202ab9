"""Secrets do not leak: signs in by every road, rightly and wrongly, with the debug log and a trace on, and then looks for each secret, plain and
encoded, in all that the server writes or shows."""
import base64
import os
import subprocess
import threading
import urllib.parse
import urllib.request

from ews import Client, create_item, get_folder, message, named
from wire import Smtp

WRONG = "CanaryWr0ng-{}"


def http_sign_ins(server, login, password, wrong):
    Client(server, login, password).must(get_folder(named("inbox")))
    for name, bad in ((login, wrong), (f"EXAMPLE\\{login}", wrong), ("nobody", wrong), (login, wrong + ":x")):
        assert Client(server, name, bad).call(get_folder(named("inbox"))).status == 401
    odd = Client(server, None)
    for value in ("Basic " + base64.b64encode(wrong.encode()).decode(), "Basic " + wrong, "Bearer " + wrong, "Negotiate " + base64.b64encode(wrong.encode()).decode()):
        odd.headers["Authorization"] = value
        assert odd.call(get_folder(named("inbox"))).status in (400, 401)
    # a request that fails after the sign-in, and one that is not understood at all
    good = Client(server, login, password)
    good.request(b"<broken")
    good.call(get_folder("<t:FolderId Id='nonsense'/>"))
    path = urllib.parse.urlsplit(server.ews_url).path
    odd.headers["Authorization"] = good.headers["Authorization"]
    odd.request(b"", path=path + "/..", method="GET")


def b64(text):
    return base64.b64encode(text.encode())


def smtp_sign_ins(server, login, password, wrong):
    """AUTH PLAIN and LOGIN, with and without initial response, right, wrong and cut off in the middle."""
    for secret in (wrong, password):
        for dialogue in ((b"AUTH PLAIN " + b64(f"\0{login}\0{secret}"),), (b"AUTH PLAIN", b64(f"\0{login}\0{secret}")), (b"AUTH LOGIN", b64(login), b64(secret)),
                         (b"AUTH LOGIN " + b64(login), b64(secret)), (b"AUTH PLAIN " + b64(secret),), (b"AUTH PLAIN " + secret.encode(),), (b"AUTH LOGIN", b64(login), secret.encode())):
            smtp = Smtp(server.submissions_port, server, timeout=30)
            smtp.ask(b"EHLO client.example.test\r\n")
            for line in dialogue:
                reply = smtp.ask(line + b"\r\n")
            assert reply[:3] in ("235", "334", "535", "501", "454"), reply
            smtp.close()


def encodings(secret, logins):
    """What a secret looks like when somebody prints what came over the wire."""
    forms = {secret, urllib.parse.quote(secret, safe=""), secret.encode().hex(), b64(secret).decode().rstrip("=")}
    for login in logins:
        forms |= {b64(f"{login}:{secret}").decode().rstrip("="), b64(f"\0{login}\0{secret}").decode().rstrip("=")}
    return forms


def written_files(server):
    """All logs and everything in the folders that the server writes to."""
    folders = [os.path.join(server.folder, "log"), os.path.join(server.state, "run"), os.path.join(server.state, "data"), os.path.join(server.state, "trace")]
    for top in folders:
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    yield path


def texts(server, trace):
    """{where: text} of all that is looked at."""
    found = {"boursectl trace": trace, "boursectl config show": server.boursectl("config", "show").stdout}
    found["boursectl --json config show"] = server.boursectl("--json", "config", "show", check=False).stdout
    for path in written_files(server):
        with open(path, "rb") as file:
            found[path] = file.read().decode(errors="replace")
    for role in range(3):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port_base + 90 + role}/metrics", timeout=5) as answer:
                found[f"metrics {role}"] = answer.read().decode(errors="replace")
        except OSError:
            pass  # all roles in one process have one page
    for line in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.split("\n"):
        if "boursed" in line:
            found["command line " + line[:60]] = line
    return found


def traced(server, address, seconds, work):
    """Runs `work` while boursectl trace watches the person; returns what it printed."""
    result = []
    thread = threading.Thread(target=lambda: result.append(server.boursectl("trace", address, "--seconds", str(seconds), check=False, timeout=seconds + 30)))
    thread.start()
    work()
    thread.join()
    return result[0].stdout + result[0].stderr


def check(server, secrets):
    """secrets: {name: value} of those that stand in files, beside the users' passwords."""
    alice, bob = server.users["alice"], server.users["bob"]
    wrong = WRONG.format(os.urandom(6).hex())
    assert "log_level = debug" in server.boursectl("config", "show").stdout.replace('"', ""), "the debug level has to be on"

    def work():
        for user in (alice, bob):
            http_sign_ins(server, user.login, user.password, wrong)
        smtp_sign_ins(server, alice.login, alice.password, wrong)
        Client(server, "alice").must(create_item(named("drafts"), message("outgoing", "someone@elsewhere.test"), "SendOnly"))

    trace = traced(server, alice.address, 12, work)
    assert "GetFolder" in trace, f"the trace shows nothing: {trace[:300]}"
    looked_at = texts(server, trace)
    assert any("SIGN_IN" in text or "HTTP_REFUSED" in text for text in looked_at.values()), "the log tells nothing of the failed sign-ins"
    secrets = {**secrets, "alice's password": alice.password, "bob's password": bob.password, "wrong password": wrong}
    # the control: the search finds what is there
    assert leaks({"control": f"x {b64(wrong).decode()} x"}, {"wrong password": wrong})
    found = leaks(looked_at, secrets)
    assert not found, "\n".join(found)


def leaks(looked_at, secrets):
    logins = ("alice", "bob", "nobody", "EXAMPLE\\alice", "EXAMPLE\\bob")
    found = []
    for name, secret in secrets.items():
        assert len(secret) >= 10, f"{name} is too short to look for"
        for form in encodings(secret, logins):
            found += [f"{name} ({form[:6]}...) in {where}: ...{text[max(0, text.index(form) - 120):text.index(form)]}" for where, text in looked_at.items() if form in text]
    return found
