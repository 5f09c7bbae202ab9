"""The instance that the faults strike: its processes, its database, its tools."""
import os
import pwd
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
from instance import Instance  # noqa: E402

class Skip(Exception):
    """The test cannot run here; the text says why."""


def service_command():
    """Root's servers and tools run as an account without rights, like those of ./run."""
    if os.geteuid() != 0:
        return []
    names = {entry.pw_name for entry in pwd.getpwall()}
    account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"]


def service_ids():
    """(uid, gid) of that account."""
    command = service_command()
    return tuple(int(part.split("=")[1]) for part in command[1:3]) if command else (os.geteuid(), os.getegid())


def children(pid):
    """Pids of a process's children; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill(pid, number=signal.SIGKILL):
    """True when there was something to kill."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def wait_until(check, seconds, what, pause=0.02):
    limit = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > limit:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(pause)


class Form:
    """How much is done."""

    def __init__(self, is_long=False, count=None):
        self.is_long, self.count = is_long, count

    def faults(self, short, long):
        """How often a loop strikes."""
        return self.count or (long if self.is_long else short)


class Lab:
    def __init__(self, folder, build, form, settings=None):
        self.folder, self.build, self.form = folder, build, form
        self.data = os.path.join(folder, "instance")
        self.instance = Instance(self.data, build, settings)

    # ---- life ----

    def start(self):
        return self.instance.start()

    def stop(self):
        self.instance.stop()

    def restart_with(self, **settings):
        """Restarts boursed with other configuration options; section__option=value, None: the default again."""
        for name, value in settings.items():
            self.instance.settings.pop(name.replace("__", "."), None)
            if value is not None:
                self.instance.settings[name.replace("__", ".")] = value
        self.end_boursed()
        with open(os.path.join(self.data, "settings"), "w", encoding="utf-8") as file:
            file.writelines(f"{option} = {value}\n" for option, value in self.instance.settings.items())
        self.service("boursed")
        self.wait_ready()

    def end_boursed(self, number=signal.SIGTERM):
        """SIGTERM to the master, or SIGKILL to all."""
        pids = self.boursed_processes()
        for pid in pids if number == signal.SIGKILL else pids[:1]:
            kill(pid, number)
        wait_until(lambda: not any(alive(pid) for pid in pids), 20, "boursed's end")

    def service(self, name, timeout=180):
        """Starts postgres, directory or boursed again."""
        command = [os.path.join(HERE, "service.sh"), self.data, self.build, name]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
                                env=self.environment())
        if result.returncode != 0:
            raise AssertionError(f"{name} did not start: {result.stdout}{result.stderr}")

    @staticmethod
    def environment():
        return dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", ASAN_OPTIONS="detect_leaks=1")

    @property
    def state(self):
        return self.instance.state

    def wait_ready(self, seconds=60):
        """Until SMTP greets and HTTPS is listened on."""
        wait_until(lambda: self.answers(self.instance.smtp_port, b"220 "), seconds, "SMTP")
        wait_until(lambda: self.answers(self.instance.port_base + 443), seconds, "HTTPS")

    @staticmethod
    def answers(port, greeting=b""):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                return not greeting or client.recv(4) == greeting
        except OSError:
            return False

    # ---- processes ----

    def master(self):
        return self.instance.pid("boursed")

    def role(self, name):
        """Pid of a role's process, None while it does not run."""
        for pid in children(self.master()):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if b"--role" in words and words[words.index(b"--role") + 1] == name.encode():
                return pid
        return None

    def boursed_processes(self):
        master = self.master()
        return [master, *children(master)] if alive(master) else []

    def kill_boursed(self):
        """All processes at once, the master first so that it starts none again."""
        for pid in self.boursed_processes():
            kill(pid)

    def postgres_processes(self):
        postmaster = self.instance.pid("postgres")
        return [postmaster, *children(postmaster)] if alive(postmaster) else []

    def kill_postgres(self):
        processes = self.postgres_processes()
        for pid in processes:
            kill(pid)
        wait_until(lambda: not any(alive(pid) for pid in processes), 20, "PostgreSQL's end")

    # ---- the database and the tools ----

    @property
    def postgres_socket(self):
        return os.path.join(self.state, "postgres", "socket")

    def sql(self, text, database="bourse"):
        """Rows as lists of texts."""
        result = subprocess.run(["psql", "-X", "-q", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", self.postgres_socket, "-U", "bourse",
                                 "-d", database, "-f", "-"], input=text, capture_output=True, text=True, timeout=120, check=False, cwd="/")
        if result.returncode != 0:
            raise AssertionError(f"SQL failed: {result.stderr}")
        return [line.split("\t") for line in result.stdout.splitlines()]

    def boursectl(self, *arguments, timeout=600, check=True):
        """As the account that owns the instance."""
        program = os.path.join(self.state, "bin", "boursectl")
        if not os.path.exists(program):
            program = os.path.join(ROOT, "build", self.build, "tools", "boursectl")
        command = [*service_command(), program, "--config", os.path.join(self.state, "bourse.conf"), *arguments]
        result = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
                                env=self.environment())
        if check and result.returncode != 0:
            raise AssertionError(f"boursectl {' '.join(arguments)} failed ({result.returncode}):\n{result.stdout}{result.stderr}")
        return result

    def address(self, login):
        return self.instance.users[login].address

    def log_text(self):
        return self.instance.log()
