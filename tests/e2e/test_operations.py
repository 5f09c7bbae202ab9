"""What an administrator does with a running server: follow one user, renew the certificate."""
import datetime
import http.client
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

from instance import Instance
from mail import authority, build, unique, wait_for


def traced(server, address, seconds, work):
    """What boursectl trace prints of the person while `work` runs; it is seen within a second."""
    result = []
    thread = threading.Thread(target=lambda: result.append(server.boursectl("trace", address, "--seconds", str(seconds), timeout=seconds + 60)))
    thread.start()
    time.sleep(2.5)
    work()
    thread.join()
    return result[0].stdout


def submit(server, user, subject):
    with smtplib.SMTP("localhost", server.submission_port, local_hostname="laptop.example.test", timeout=20) as client:
        client.starttls(context=authority(server))
        try:
            client.login(user.address, "not the password")
        except smtplib.SMTPAuthenticationError:
            pass
        client.login(user.address, user.password)
        assert client.sendmail(user.address, ["bob@example.test"], build(user.address, ["bob@example.test"], subject, "a text that stays private").as_bytes()) == {}


def test_trace_of_a_submission(server):
    subject, other = unique("secret subject"), unique("of another user")

    def work():
        submit(server, server.users["carol"], subject)
        submit(server, server.users["dave"], other)

    trace = traced(server, server.users["carol"].address, 9, work)
    for line in ("S: 220 ", "C: ehlo laptop.example.test", "C: STARTTLS", "-: TLSv1", "C: AUTH PLAIN", "S: 535 ", "S: 235 ", "C: mail FROM:<carol@example.test>",
                 "C: rcpt TO:<bob@example.test>", "octets of content]", "S: 250 ", "C: QUIT", "S: 221 "):
        assert line.lower() in trace.lower(), f"{line} is missing in\n{trace}"
    for hidden in (subject, "stays private", server.users["carol"].password, "dave@example.test"):
        assert hidden not in trace, f"{hidden} is in\n{trace}"


def expires(server, role):
    return next(value for name, value in server.metrics(role).items() if name.startswith("bourse_certificate_expires_timestamp_seconds{"))


def make_certificate(folder, days):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", "/CN=renewed.example.test",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", folder + "/new.key", "-out", folder + "/new.pem"], check=True, capture_output=True)


def name_in_use(port):
    """The common name that a TLS port shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain, context.wrap_socket(plain) as stream:
        pem = ssl.DER_cert_to_PEM_cert(stream.getpeercert(True))
    return subprocess.run(["openssl", "x509", "-noout", "-subject"], input=pem, capture_output=True, text=True, check=True).stdout


def put(folder, name):
    """In one step, as renewal tools do, for the account that runs the server."""
    old = f"{folder}/server.{name}"
    owner = os.stat(old)
    os.chown(f"{folder}/new.{name}", owner.st_uid, owner.st_gid)
    os.rename(f"{folder}/new.{name}", old)


def test_certificate_is_renewed(server):
    other = Instance(server.folder + "-renewed", server.build)
    other.start()
    try:
        folder, https_port = other.state + "/tls", urllib.parse.urlsplit(other.https_url).port
        before = expires(other, "smtpd")
        assert before > time.time() + 700 * 86400 and "TLS_EXPIRES" not in other.log()
        kept = http.client.HTTPSConnection("localhost", https_port, context=authority(other), timeout=20)
        kept.request("GET", "/autodiscover/autodiscover.xml")
        kept.getresponse().read()
        make_certificate(folder, 5)
        for name in ("key", "pem"):
            put(folder, name)
        os.kill(other.pid("boursed"), signal.SIGHUP)
        for port in (other.submissions_port, https_port):
            wait_for(lambda port=port: "renewed.example.test" in name_in_use(port))
        for role in ("smtpd", "httpd"):
            ends = expires(other, role)
            assert abs(ends - time.time() - 5 * 86400) < 3600, datetime.datetime.fromtimestamp(ends)
        assert other.log().count('"event":"TLS_EXPIRES"') == 2, "one of httpd, one of smtpd"
        kept.request("GET", "/autodiscover/autodiscover.xml")  # an open connection goes on
        kept.getresponse().read()
        # a file that is no certificate changes nothing
        with open(folder + "/server.pem", "w", encoding="ascii") as file:
            file.write("nonsense\n")
        os.kill(other.pid("boursed"), signal.SIGHUP)
        wait_for(lambda: "CONFIG_INVALID" in other.log())
        assert "renewed.example.test" in name_in_use(other.submissions_port) and "renewed.example.test" in name_in_use(https_port)
    finally:
        other.stop()
