"""The disk fills up: new content is refused as temporary, reading and deleting go on, and when there is room again all is normal."""
import os
import re
import time

from audit import Figures, ews, inbox_count, verify
from fault_kill import SENDERS, unique
from lab import Skip, alive, wait_until
from ledger import Ledger
from smtp_client import Client, Load

TMPFS = "/dev/shm"
MEGABYTE = 1 << 20


def send(lab, ledger):
    """(code, text) of the first answer that is not the expected one, or of the last. The whole message goes in the ledger."""
    entry = ledger.new([lab.address("alice")], 2000)
    client = Client(lab.instance.smtp_port)
    result, text = client.deliver("load@partner.test", entry.recipients, entry.content)
    client.close()
    ledger.note(entry, time.monotonic(), result, text)
    code = re.search(r"\b[245]\d\d\b", text)
    return code.group(0), text


def create(lab):
    """(HTTP status, response code) of a draft."""
    status, text = ews(lab, "alice", '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Subject>room</t:Subject>'
                                     '<t:Body BodyType="Text">x</t:Body></t:Message></m:Items></m:CreateItem>')
    code = re.search(r"ResponseCode>(\w+)<", text)
    item = re.search(r'ItemId Id="([^"]+)"', text)
    return status, code.group(1) if code else "", item.group(1) if item else ""


def delete(lab, item, how):
    status, text = ews(lab, "alice", f'<m:DeleteItem DeleteType="{how}"><m:ItemIds><t:ItemId Id="{item}"/></m:ItemIds></m:DeleteItem>')
    return status, re.search(r"ResponseCode>(\w+)<", text).group(1)


def check_full(lab, ledger, items):
    """While there is too little room."""
    code, text = send(lab, ledger)
    assert code == "452", f"SMTP without room: {text}"
    status, answer, _ = create(lab)
    assert status in (503, 507) or answer in ("ErrorMailboxStoreUnavailable", "ErrorInsufficientResources", "ErrorServerBusy"), \
        f"CreateItem without room: {status} {answer}"
    assert inbox_count(lab, "alice") > 0
    for item, how in zip(items, ("MoveToDeletedItems", "SoftDelete", "HardDelete")):
        assert delete(lab, item, how) == (200, "NoError"), f"DeleteItem {how} without room"


def guard(lab):
    """The watched folder is on a tmpfs, which a large file fills up and leaves again."""
    if not os.path.isdir(TMPFS):
        raise Skip(f"there is no {TMPFS}")
    space = os.statvfs(TMPFS)
    free = space.f_bavail * space.f_frsize
    ballast = min(64 * MEGABYTE, free // 4)
    folder = os.path.join(TMPFS, f"bourse-{unique('room')}")
    os.mkdir(folder, 0o755)
    ledger = Ledger(unique("room"))
    try:
        lab.restart_with(server__database_directory=folder, server__free_space=str(free - ballast // 2))
        assert send(lab, ledger)[0] == "250"
        items = [create(lab)[2] for _ in range(3)]
        with open(os.path.join(folder, "ballast"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, ballast)
        time.sleep(1.2)  # the guard looks once a second
        check_full(lab, ledger, items)
        check_mail_command(lab)
        os.unlink(os.path.join(folder, "ballast"))
        began = time.monotonic()
        wait_until(lambda: send(lab, ledger)[0] == "250", 5, "mail when there is room again", pause=0.1)
        recovery = time.monotonic() - began
        wait_until(lambda: create(lab)[1] == "NoError", 5, "EWS when there is room again", pause=0.1)
        return verify(lab, ledger, Figures(1, recovery=recovery))
    finally:
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
        lab.restart_with(server__database_directory=None, server__free_space=None)


def check_mail_command(lab):
    """A large message is refused before it is sent."""
    client = Client(lab.instance.smtp_port)
    code, text = client.ask(b"MAIL FROM:<load@partner.test> SIZE=30000000\r\n")
    client.close()
    assert code == "452", f"MAIL without room: {text}"


def full(lab):
    """PostgreSQL's own file system is filled with mail: the guard must stop that before the database does."""
    disk, limit = lab.volume, 96 * MEGABYTE
    lab.restart_with(server__free_space=str(limit))
    ledger = Ledger(unique("full"))
    assert send(lab, ledger)[0] == "250"
    items = [create(lab)[2] for _ in range(3)]
    # most of the room goes at once, the rest with mail
    ballast = os.path.join(disk.folder, "ballast")
    with open(ballast, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.free() - limit - (30 if lab.form.is_long else 8) * MEGABYTE)
    postmaster = lab.instance.pid("postgres")
    load = Load(lab, ledger, SENDERS, give_up=0.2).start()
    try:
        wait_until(lambda: ledger.temporary > 20, 60, "the first refusals")
        time.sleep(1.0)
        least = disk.free()
        check_full(lab, ledger, items)
        os.unlink(ballast)
        began = time.monotonic()
        wait_until(lambda: send(lab, ledger)[0] == "250", 10, "mail when there is room again", pause=0.1)
        recovery = time.monotonic() - began
        load.finish()
    except BaseException:
        load.abort()
        raise
    assert alive(postmaster) and lab.instance.pid("postgres") == postmaster, "PostgreSQL did not survive"
    figures = Figures(1, recovery=recovery, note=f"{ledger.temporary} answered 452; never less than {least // MEGABYTE} MB free")
    lab.restart_with(server__free_space=None)
    return verify(lab, ledger, figures)
