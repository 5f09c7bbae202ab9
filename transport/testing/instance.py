"""boursed on a throw-away PostgreSQL and OpenLDAP: run under tests/services/with-postgres and with-openldap."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Instance:
    """settings: {"queue.first_retry": "1s"}; values are written as they are."""

    def __init__(self, boursed, boursectl, settings=None, folder=None):
        self.boursed, self.boursectl = boursed, boursectl
        self.folder = folder or tempfile.mkdtemp(prefix="bourse-transport-")
        self.smtp, self.submission, self.submissions, self.metrics, self.https = free_ports(5)
        self.password = os.environ["BOURSE_TEST_LDAP_USER_PASSWORD"]
        self.settings = settings or {}
        self.process = None
        self.make_certificate()
        self.configure()
        subprocess.run([boursectl, "--config", self.config, "schema", "apply"], check=True, capture_output=True)

    def make_certificate(self):
        self.key, self.certificate = self.folder + "/key.pem", self.folder + "/cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out",
                        self.certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True,
                       capture_output=True)

    def configure(self):
        for name in ("data", "run"):
            os.makedirs(f"{self.folder}/{name}", exist_ok=True)
        with open(self.folder + "/ldap-password", "w", encoding="ascii") as file:
            file.write(os.environ["BOURSE_TEST_LDAP_PASSWORD"])
        os.chmod(self.folder + "/ldap-password", 0o600)
        values = {"server.hostname": '"mail.example.test"', "server.domains": '{"example.test"}', "server.data_directory": f'"{self.folder}/data"',
                  "server.postmaster": '"alice"', "server.run_directory": f'"{self.folder}/run"', "tls.certificate": f'"{self.certificate}"', "tls.key": f'"{self.key}"',
                  "database.connection": '"' + os.environ["BOURSE_TEST_PGCONN"] + '"', "directory.uris": '{"' + os.environ["BOURSE_TEST_LDAPI_URI"] + '"}',
                  "directory.base": '"' + os.environ["BOURSE_TEST_LDAP_BASE"] + '"', "directory.bind_dn": '"' + os.environ["BOURSE_TEST_LDAP_BIND_DN"] + '"',
                  "directory.bind_password_file": f'"{self.folder}/ldap-password"', "smtp.listen": '{"127.0.0.1"}', "smtp.port": self.smtp,
                  "smtp.submission_port": self.submission, "smtp.submissions_port": self.submissions, "http.listen": '{"127.0.0.1"}',
                  "http.port": self.https, "http.metrics_port": self.metrics, **self.settings}
        self.config = self.folder + "/bourse.conf"
        sections = {}
        for name, value in values.items():
            section, option = name.split(".")
            sections.setdefault(section, []).append(f"    {option} = {value}\n")
        with open(self.config, "w", encoding="utf-8") as file:
            for section, lines in sections.items():
                file.write(section + " {\n" + "".join(lines) + "}\n")

    def start(self, prefix=()):
        with open(self.folder + "/log", "ab") as log:
            self.process = subprocess.Popen([*prefix, self.boursed, "--config", self.config, "--foreground"], stdin=subprocess.DEVNULL, stderr=log,
                                            stdout=log)
        limit = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.smtp), timeout=1).close()
                return self
            except OSError:
                assert self.process.poll() is None and time.monotonic() < limit, "boursed did not start:\n" + self.log()
                time.sleep(0.05)

    def stop(self, number=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)

    def log(self):
        with open(self.folder + "/log", encoding="utf-8", errors="replace") as file:
            return file.read()

    def control(self, *arguments):
        result = subprocess.run([self.boursectl, "--config", self.config, *arguments], capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
