#!/usr/bin/env python3
"""A message sent with a Kerberos ticket (AUTH GSSAPI, RFC 4752) by curl, through a real boursed against Samba's Active Directory.

kerberos.py BOURSED BOURSECTL, under tests/services/with-postgres and with-samba-ad
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from instance import Instance  # noqa: E402


def kinit(user, password, cache):
    os.environ["KRB5CCNAME"] = "FILE:" + cache
    subprocess.run(["kinit", user], input=password + "\n", text=True, check=True, stdout=subprocess.DEVNULL)


def submit(instance, user, sender, *options):
    """curl's exit code and dialogue; no password is given, so only a ticket can help."""
    host = os.environ["BOURSE_TEST_AD_SERVICE_HOST"]
    command = ["curl", "-sS", "-v", "--crlf", "--ssl-reqd", "--insecure", "--resolve", f"{host}:{instance.submission}:127.0.0.1", "--max-time", "40",
               "--login-options", "AUTH=GSSAPI", "--user", f"{user}:", "--mail-from", sender, "--mail-rcpt", "bob@example.test", "-T", "-", *options,
               f"smtp://{host}:{instance.submission}/client.example.test"]
    message = f"From: {sender}\nTo: bob@example.test\nSubject: with a ticket\n\nHello\n"
    run = subprocess.run(command, input=message, capture_output=True, text=True, check=False)
    return run.returncode, run.stderr


def main():
    boursed, boursectl = sys.argv[1:3]
    realm, password = os.environ["BOURSE_TEST_AD_REALM"], os.environ["BOURSE_TEST_LDAP_USER_PASSWORD"]
    settings = {"directory.profile": '"active_directory"', "directory.uris": '{"' + os.environ["BOURSE_TEST_LDAP_URI"] + '"}',
                "directory.ca_file": '"' + os.environ["BOURSE_TEST_LDAP_CA"] + '"', "directory.keytab": '"' + os.environ["BOURSE_TEST_AD_KEYTAB"] + '"'}
    os.environ.setdefault("BOURSE_TEST_LDAPI_URI", os.environ["BOURSE_TEST_LDAP_URI"])
    folder = tempfile.mkdtemp(prefix="bourse-kerberos-")
    instance = Instance(boursed, boursectl, settings, folder)
    instance.start()
    try:
        instance.control("mailbox", "create", "--all")
        kinit("alice", password, folder + "/alice")
        code, dialogue = submit(instance, f"alice@{realm}", "alice@example.test")
        assert code == 0 and "AUTH GSSAPI" in dialogue and "< 235 " in dialogue, dialogue + instance.log()[-2000:]
        assert "user alice" in instance.log(), instance.log()[-3000:]
        print("sent with a ticket: ok")
        code, dialogue = submit(instance, f"alice@{realm}", "carol@example.test")
        assert code != 0 and "< 235 " in dialogue and "< 550" in dialogue or "< 553" in dialogue, dialogue
        print("a ticket is for one's own addresses: ok")
        os.environ["KRB5CCNAME"] = "FILE:" + folder + "/nothing"
        code, dialogue = submit(instance, f"alice@{realm}", "alice@example.test")
        assert code != 0 and "< 235 " not in dialogue, dialogue
        print("no ticket, no sign-in: ok")
    finally:
        instance.stop()
        log = instance.log()
        instance.remove()
    assert "Sanitizer" not in log and "runtime error" not in log, log[-5000:]


main()
