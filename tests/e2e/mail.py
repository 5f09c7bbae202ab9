"""Sending over SMTP and waiting for things to happen."""
import email.message
import email.policy
import email.utils
import smtplib
import ssl
import subprocess
import time
import uuid


def unique(text="test"):
    """A subject that no other message has."""
    return f"{text} {uuid.uuid4().hex[:12]}"


def wait_for(check, seconds=20, pause=0.1):
    """Calls check() until it gives something true and returns that."""
    limit = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > limit:
            raise AssertionError(f"nothing after {seconds} s; the last answer was {result!r}")
        time.sleep(pause)


def swaks(server, *options, port=None, timeout=60):
    """Runs swaks against the server and returns its exit code and its whole dialogue."""
    command = ["swaks", "--server", f"127.0.0.1:{port or server.smtp_port}", "--helo", "client.partner.test", "--timeout", "20", *options]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)
    return result.returncode, result.stdout + result.stderr


def build(sender, recipients, subject, body="Hello", attachments=()):
    # lines end with CR LF: smtplib hands bytes on as they are
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, ", ".join(recipients), subject
    message["Date"], message["Message-ID"] = email.utils.localtime(), email.utils.make_msgid(domain="partner.test")
    message.set_content(body)
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


def send(server, sender, recipients, message, timeout=120):
    """One transaction on the port for mail from other servers; returns smtplib's dict of refused recipients."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port, local_hostname="client.partner.test", timeout=timeout) as client:
        return client.sendmail(sender, recipients, message.as_bytes())


def authority(server):
    """A TLS context that trusts the instance's own authority and nothing else."""
    return ssl.create_default_context(cafile=server.ca_file)
