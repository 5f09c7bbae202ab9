"""DavMail turns EWS into IMAP and SMTP, so the python library's clients test EWS through it."""
import contextlib
import imaplib
import os
import signal
import smtplib
import socket
import subprocess
import tempfile
import time

from mail import build, send, unique, wait_for
from needs import needs

JAR = "/usr/share/davmail/davmail.jar"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextlib.contextmanager
def davmail(server):
    """(IMAP port, SMTP port) of a DavMail on top of the instance."""
    with tempfile.TemporaryDirectory() as folder:
        trust, log = os.path.join(folder, "trust.jks"), os.path.join(folder, "davmail.log")
        subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", "authority", "-file", server.ca_file, "-keystore", trust,
                        "-storepass", "changeit"], check=True, capture_output=True, timeout=60)
        imap, smtp = free_ports(2)
        settings = {
            "davmail.server": "true", "davmail.mode": "EWS", "davmail.enableEws": "true", "davmail.url": server.ews_url,
            "davmail.bindAddress": "127.0.0.1", "davmail.imapPort": imap, "davmail.smtpPort": smtp, "davmail.popPort": "",
            "davmail.caldavPort": "", "davmail.ldapPort": "", "davmail.disableUpdateCheck": "true", "davmail.logFilePath": log,
            "davmail.allowRemote": "false", "davmail.imapAutoExpunge": "true", "davmail.keepDelay": "30",
            "log4j.rootLogger": "WARN", "log4j.logger.davmail": "DEBUG",
        }
        path = os.path.join(folder, "davmail.properties")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{key}={value}\n" for key, value in settings.items())
        program = subprocess.Popen(["java", f"-Djavax.net.ssl.trustStore={trust}", "-Djavax.net.ssl.trustStorePassword=changeit", "-Xmx256m",
                                    "-jar", JAR, "-server", path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, cwd=folder)
        try:
            wait_for(lambda: connects(imap) and connects(smtp), 40, 0.2)
            yield imap, smtp
        except Exception as error:
            with open(log, encoding="utf-8", errors="replace") as file:
                raise AssertionError(f"{error}\nDavMail's log:\n{file.read()[-6000:]}") from error
        finally:
            program.send_signal(signal.SIGTERM)
            program.wait(20)


def connects(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@needs("davmail")
def test_read_and_write_with_imap(server):
    alice = server.users["alice"]
    subject = unique("davmail")
    send(server, "pat@partner.test", [alice.address], build("pat@partner.test", [alice.address], subject, "Read by IMAP"))
    with davmail(server) as (imap_port, smtp_port):
        client = imaplib.IMAP4("127.0.0.1", imap_port)
        client.login(alice.address, alice.password)
        client.select("INBOX")
        (number,) = wait_for(lambda: client.noop() and client.uid("SEARCH", "SUBJECT", f'"{subject}"')[1][0].split(), 20, 0.5)
        status, parts = client.uid("FETCH", number, "(FLAGS BODY.PEEK[])")
        assert status == "OK" and b"Read by IMAP" in parts[0][1] and b"\\Seen" not in parts[0][0], parts

        client.uid("STORE", number, "+FLAGS", "(\\Seen \\Flagged)")
        assert b"\\Seen" in client.uid("FETCH", number, "(FLAGS)")[1][0]

        folder = unique("Folder")
        assert client.create(f'"{folder}"')[0] == "OK"
        assert client.uid("COPY", number, f'"{folder}"')[0] == "OK"
        written = build(alice.address, ["bob@example.test"], unique("appended"), "Written by IMAP")
        assert client.append(f'"{folder}"', "(\\Seen)", imaplib.Time2Internaldate(time.time()), written.as_bytes())[0] == "OK"
        client.select(f'"{folder}"')
        assert len(client.uid("SEARCH", "ALL")[1][0].split()) == 2
        uid = client.uid("SEARCH", "SUBJECT", f'"{written["Subject"]}"')[1][0].split()[0]
        assert b"Written by IMAP" in client.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1]
        client.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
        client.expunge()
        assert len(client.uid("SEARCH", "ALL")[1][0].split()) == 1

        with smtplib.SMTP("127.0.0.1", smtp_port, timeout=60) as sender:
            sender.login(alice.address, alice.password)
            answer = unique("sent through davmail")
            sender.sendmail(alice.address, ["bob@example.test"], build(alice.address, ["bob@example.test"], answer).as_bytes())
        client.logout()
    from ews_client import account, arrives

    arrives(account(server, "bob").inbox, answer)
