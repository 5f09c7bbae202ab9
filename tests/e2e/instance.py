"""A private instance for a test, started and stopped through ./run as a user would."""
import json
import os
import random
import socket
import subprocess
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OFFSETS = (25, 90, 91, 92, 443, 465, 587)


def free_port_base():
    """A port base whose ports nobody listens on."""
    while True:
        base = random.randrange(20000, 60000, 1000)
        try:
            for offset in OFFSETS:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
            return base
        except OSError:
            continue


class User:
    def __init__(self, entry):
        self.login, self.address, self.password = entry["login"], entry["address"], entry["password"]


class Instance:
    """settings: configuration options, {"queue.routes": '{"partner.test=127.0.0.1:2525"}'}."""

    def __init__(self, folder, build="dev", settings=None):
        self.folder, self.build, self.settings = folder, build, settings or {}
        self.port_base = free_port_base()
        self.endpoints, self.users = {}, {}

    def run(self, *options, check=True, timeout=300):
        command = [os.path.join(ROOT, "run"), "--data", self.folder, *options]
        environment = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", ASAN_OPTIONS="detect_leaks=1")
        result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
                                check=False)
        if check and result.returncode != 0:
            raise AssertionError(f"{' '.join(options)} failed ({result.returncode}):\n{result.stdout}{result.stderr}")
        return result

    def start(self):
        """Starts the instance and returns the seconds that it took."""
        began = time.monotonic()
        options = ["--detach", "--build", self.build, "--port-base", str(self.port_base)]
        for option, value in self.settings.items():
            options += ["--set", f"{option}={value}"]
        self.run(*options)
        seconds = time.monotonic() - began
        with open(os.path.join(self.folder, "endpoints.json"), encoding="utf-8") as file:
            self.endpoints = json.load(file)
        self.users = {entry["login"]: User(entry) for entry in self.endpoints["users"]}
        return seconds

    def stop(self):
        self.run("--stop")

    def __getattr__(self, name):
        """endpoints.json's keys are attributes: instance.smtp_port."""
        try:
            return self.__dict__["endpoints"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def state(self):
        return os.path.realpath(os.path.join(self.folder, "state"))

    def log(self, name="boursed.log"):
        with open(os.path.join(self.folder, "log", name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def boursectl(self, *arguments, check=True, timeout=120):
        """Runs boursectl of the same build as the account that owns the instance."""
        program = os.path.join(self.state, "bin", "boursectl")
        if not os.path.exists(program):
            found = subprocess.run(["find", os.path.join(ROOT, "build", self.build), "-type", "f", "-name", "boursectl"],
                                   capture_output=True, text=True, check=True)
            program = found.stdout.split("\n")[0]
        result = subprocess.run([program, "--config", os.path.join(self.state, "bourse.conf"), *arguments], cwd="/",
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)
        if check and result.returncode != 0:
            raise AssertionError(f"boursectl {' '.join(arguments)} failed ({result.returncode}):\n{result.stdout}{result.stderr}")
        return result

    def change_directory(self, ldif):
        """Applies LDIF to the private OpenLDAP by peer credentials."""
        uri = "ldapi://" + os.path.join(self.state, "directory", "ldapi").replace("/", "%2F")
        subprocess.run(["ldapmodify", "-c", "-Q", "-Y", "EXTERNAL", "-H", uri], input=ldif.encode(), capture_output=True, check=True,
                       timeout=60)

    def pid(self, name):
        path = "directory.pid" if name == "directory" else f"pid/{name}"
        with open(os.path.join(self.state, path), encoding="ascii") as file:
            return int(file.read().split()[0])

    def metrics(self, role="httpd"):
        """{name with labels: value} of a role's Prometheus page."""
        port = self.port_base + 90 + ("httpd", "smtpd", "deliverd").index(role)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().split("\n")
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line and line[0] != "#"}
