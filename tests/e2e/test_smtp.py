"""Mail from other servers and submission, with swaks and smtplib."""
import smtplib

from mail import authority, build, send, swaks, unique


def test_accepts_for_known_user(server):
    code, dialogue = swaks(server, "--to", "alice@example.test", "--from", "pat@partner.test", "--header", "Subject: " + unique())
    assert code == 0 and "<-  250" in dialogue, dialogue


def test_refuses_unknown_user(server):
    code, dialogue = swaks(server, "--to", "nobody-here@example.test", "--from", "pat@partner.test")
    assert code != 0 and "<** 550 5.1.1" in dialogue, dialogue


def test_refuses_to_relay(server):
    code, dialogue = swaks(server, "--to", "someone@elsewhere.test", "--from", "pat@partner.test")
    assert code != 0 and "<** 550 5.7" in dialogue or "<** 554 5.7" in dialogue, dialogue


def test_offers_extensions(server):
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=20) as client:
        client.ehlo("client.partner.test")
        for extension in ("pipelining", "size", "8bitmime", "smtputf8", "enhancedstatuscodes", "dsn", "chunking", "starttls"):
            assert client.has_extn(extension), f"{extension} is missing in {client.esmtp_features}"
        assert not client.has_extn("auth"), "AUTH before TLS"
        assert int(client.esmtp_features["size"]) == 36 * 1024 * 1024
        client.starttls(context=authority(server))
        client.ehlo("client.partner.test")


def test_certificate_names(server):
    """The certificate chains to ca_file and names each host of the issue; the check is the client's."""
    for name in ("localhost", "127.0.0.1", "mail.example.test", "autodiscover.example.test", "example.test"):
        with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=20) as client:
            client._host = name  # what smtplib hands to TLS as the name to check
            client.starttls(context=authority(server))
    try:
        with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=20) as client:
            client._host = "other.test"
            client.starttls(context=authority(server))
    except smtplib.ssl.SSLCertVerificationError:
        return
    raise AssertionError("a name that is not in the certificate was accepted")


def test_submission_needs_sign_in(server):
    with smtplib.SMTP("127.0.0.1", server.submission_port, timeout=20) as client:
        client._host = "localhost"
        client.starttls(context=authority(server))
        client.ehlo("client.example.test")
        code, text = client.mail("alice@example.test")
        assert code == 530, (code, text)


def test_submission_with_starttls(server):
    alice = server.users["alice"]
    message = build(alice.address, ["bob@example.test"], unique("submitted"))
    with smtplib.SMTP("localhost", server.submission_port, timeout=20) as client:
        client.starttls(context=authority(server))
        client.login(alice.login, alice.password)
        assert client.sendmail(alice.address, ["bob@example.test"], message.as_bytes()) == {}


def test_submission_with_tls(server):
    alice = server.users["alice"]
    message = build(alice.address, ["bob@example.test"], unique("submitted"))
    with smtplib.SMTP_SSL("localhost", server.submissions_port, context=authority(server), timeout=20) as client:
        client.login(alice.address, alice.password)
        assert client.sendmail(alice.address, ["bob@example.test"], message.as_bytes()) == {}


def test_submission_refuses_wrong_password(server):
    for password in ("wrong", ""):
        with smtplib.SMTP_SSL("localhost", server.submissions_port, context=authority(server), timeout=20) as client:
            try:
                client.login("bob", password)
            except smtplib.SMTPAuthenticationError as error:
                assert error.smtp_code == 535, error
                continue
            raise AssertionError(f"the password {password!r} was accepted")


def test_submission_refuses_a_foreign_sender(server):
    alice = server.users["alice"]
    with smtplib.SMTP_SSL("localhost", server.submissions_port, context=authority(server), timeout=20) as client:
        client.login(alice.login, alice.password)
        client.ehlo()
        code, text = client.mail("bob@example.test")
        if code < 400:
            code, text = client.rcpt("bob@example.test")
        assert 500 <= code < 600, (code, text)


def test_bare_line_feed_is_refused(server):
    """Smuggling: <LF>.<LF> never ends a message."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=20) as client:
        client.ehlo("client.partner.test")
        client.mail("pat@partner.test")
        client.rcpt("alice@example.test")
        assert client.docmd("DATA")[0] == 354
        client.send(b"Subject: first\r\n\r\nbody\n.\nMAIL FROM:<evil@partner.test>\r\n.\r\n")
        code, text = client.getreply()
        assert code == 550, (code, text)


def test_same_message_twice_is_one_message(server):
    """A sender that did not hear our 250 sends again: the mailbox has one copy (promise 2)."""
    from ews_client import account, arrives

    subject = unique("once")
    message = build("pat@partner.test", ["bob@example.test"], subject)
    for _ in range(3):
        assert send(server, "pat@partner.test", ["bob@example.test"], message) == {}
    arrives(account(server, "bob").inbox, subject, count=1)
