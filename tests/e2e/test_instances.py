"""./run itself: side by side, again, after a crash; and what its logs must not hold."""
import os
import signal
import smtplib
import time

from instance import Instance
from mail import build, send, unique, wait_for
from needs import last


def test_two_side_by_side_and_restart(server):
    other = Instance(server.folder + "-other", server.build)
    other.start()
    try:
        assert other.port_base != server.port_base
        assert other.users["alice"].password != server.users["alice"].password
        for each in (server, other):
            with smtplib.SMTP("127.0.0.1", each.smtp_port, timeout=20) as client:
                assert client.ehlo()[0] == 250
        assert send(other, "pat@partner.test", ["alice@example.test"], build("pat@partner.test", ["alice@example.test"], unique())) == {}
        seconds, most = [], 9 if server.build == "tsan" else 3
        # the machine may be busy with something else at one start, but not at all of them
        while len(seconds) < 4 and min(seconds, default=most) >= most:
            other.stop()
            other.run("--stop")
            assert other.run("--status", check=False).returncode == 3
            assert server.run("--status").returncode == 0
            seconds.append(other.start())
        assert min(seconds) < most, f"seconds of the second and later starts: {seconds}"
    finally:
        other.stop()


def test_starts_again_after_kill_9(server):
    other = Instance(server.folder + "-killed", server.build)
    other.start()
    try:
        message = build("pat@partner.test", ["bob@example.test"], unique("kept"))
        assert send(other, "pat@partner.test", ["bob@example.test"], message) == {}
        for name in ("boursed", "postgres", "directory"):
            os.kill(other.pid(name), signal.SIGKILL)
        time.sleep(0.2)
        assert other.run("--status", check=False).returncode == 3
        other.start()
        assert other.boursectl("check", "--all").returncode == 0
    finally:
        other.stop()


def test_answers_health_and_metrics(server):
    for role in ("httpd", "smtpd", "deliverd"):
        assert wait_for(lambda role=role: server.metrics(role)), f"no metrics of {role}"


@last
def test_logs_hold_no_password(server):
    secrets = [user.password for user in server.users.values()]
    with open(os.path.join(server.state, "secrets/bourse"), encoding="ascii") as file:
        secrets.append(file.read())
    folder = os.path.join(server.folder, "log")
    for name in os.listdir(folder):
        text = server.log(name)
        for secret in secrets:
            assert secret not in text, f"{name} holds a password"
