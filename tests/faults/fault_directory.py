"""The directory is stopped: known recipients go on, unknown ones wait, nobody is told "no such user" or "wrong password"."""
import signal
import time

from audit import Figures, ews, verify
from fault_kill import unique
from lab import alive, kill, wait_until
from ledger import Ledger
from smtp_client import Broken, Client, Load

GET_INBOX = ('<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>'
             '<t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>')


def rcpt(lab, address):
    """Code of the answer to RCPT."""
    client = Client(lab.instance.smtp_port)
    try:
        client.command(b"MAIL FROM:<load@partner.test>\r\n", "250")
        return client.ask(f"RCPT TO:<{address}>\r\n".encode())[0]
    finally:
        client.close()


def sign_in(lab, login, password=None):
    """HTTP status of an EWS call. A SOAP fault comes with 500 and says in its response code that the fault is a temporary one: 503."""
    status, text = ews(lab, login, GET_INBOX, password)
    return 503 if status == 500 and "ErrorADUnavailable" in text else status


def notices(lab):
    """Bounces and delay notices in all mailboxes, and what waits in the queue."""
    return lab.sql("SELECT count(*) FROM message WHERE from_name LIKE '%Delivery%'") + lab.sql("SELECT count(*) FROM queue")


def stop_directory(lab):
    pid = lab.instance.pid("directory")
    kill(pid)
    wait_until(lambda: not alive(pid), 10, "the directory's end")


def restart_boursed(lab, number):
    """SIGTERM or SIGKILL, and a start that must not need the directory."""
    lab.end_boursed(number)
    lab.service("boursed")
    lab.wait_ready()


def check_outage(lab, signed_in):
    assert rcpt(lab, lab.address("alice")) == "250", "a known recipient was not accepted without the directory"
    for address in ("nobody-knows-this@example.test", "another.unknown@example.test"):
        code = rcpt(lab, address)
        assert code == "451", f"RCPT of an unknown address without the directory: {code} instead of 451"
    for login in ("alice", "bob"):
        status = sign_in(lab, login)
        expected = 200 if login in signed_in else 503
        assert status == expected, f"{login}'s sign-in without the directory: {status} instead of {expected}"
    status = sign_in(lab, "bob", "wrong password")
    assert status == 503, f"a password that cannot be checked: {status} instead of 503"


def directory(lab):
    lab.restart_with(directory__cache_time="1s")
    before = notices(lab)
    ledger = Ledger(unique("directory"))
    load = Load(lab, ledger, threads=2, pause=0.03)
    for login in lab.instance.users:
        assert rcpt(lab, lab.address(login)) == "250"
    assert rcpt(lab, "nobody-knows-this@example.test") == "550"
    assert sign_in(lab, "alice") == 200
    load.start()
    try:
        time.sleep(0.5)
        stop_directory(lab)
        time.sleep(2.0)  # beyond cache_time
        check_outage(lab, {"alice"})
        for number in (signal.SIGTERM, signal.SIGKILL):
            restart_boursed(lab, number)
            check_outage(lab, set())
        began = time.monotonic()
        lab.service("directory")
        wait_until(lambda: back(lab), 60, "normal service after the directory is back", pause=0.1)
        recovery = time.monotonic() - began
        load.finish()
    except BaseException:
        load.abort()
        raise
    assert sign_in(lab, "bob") == 200 and sign_in(lab, "bob", "wrong password") == 401
    assert notices(lab) == before, "something bounced or was queued because the directory was down"
    figures = Figures(3, recovery=recovery, note=f"{ledger.temporary} answered 4xx; recovery counts from the directory's start")
    verify(lab, ledger, figures)
    lab.restart_with(directory__cache_time=None)
    return figures


def back(lab):
    try:
        return rcpt(lab, "nobody-knows-this@example.test") == "550" and sign_in(lab, "bob") == 200
    except Broken:
        return False
