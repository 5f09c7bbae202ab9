"""kill -9 of boursed's processes and of PostgreSQL under SMTP load."""
import random
import time

from audit import Figures, audit, verify
from lab import alive, children, kill, wait_until
from ledger import Ledger
from smtp_client import Load

SENDERS = 4


def unique(name):
    return f"{name}-{time.time_ns() // 1000000:x}"


def wait_for_acks(ledger, count, seconds=90):
    """Until that many more messages were acknowledged: the next fault strikes a working server."""
    target = ledger.ack_count() + count
    wait_until(lambda: ledger.ack_count() >= target, seconds, f"{count} acknowledged messages after a fault")


class Strikes:
    """A loop of faults under load. strike(dice, number) does one and restarts what nobody else restarts."""

    def __init__(self, lab, name, count, strike, pause=0.0):
        self.lab, self.count, self.strike = lab, count, strike
        self.ledger = Ledger(unique(name))
        self.load = Load(lab, self.ledger, SENDERS, pause=pause)
        self.times = []

    def run(self):
        dice = random.Random(self.ledger.name)
        self.load.start()
        try:
            wait_for_acks(self.ledger, 5)
            for number in range(self.count):
                time.sleep(dice.uniform(0.0, 0.4))
                self.times.append(time.monotonic())
                self.strike(dice, number)
                wait_for_acks(self.ledger, dice.randint(3, 15))
            self.load.finish()
        except BaseException:
            self.load.abort()
            raise
        figures = Figures(self.count, recovery=self.ledger.worst_recovery(self.times))
        figures.note = f"{self.ledger.broken} attempts cut, {self.ledger.temporary} answered 4xx, {self.ledger.replays} replays of acknowledged ones"
        return figures


# ---- roles ----

def kill_role(lab, name):
    """True if it ran. The master starts it again."""
    pid = lab.role(name)
    return pid is not None and kill(pid)


def kill_master(lab):
    """The roles get SIGTERM from the system, end what they do and go; then a new master."""
    kill(lab.master())
    lab.service("boursed")


def kill_all(lab):
    lab.kill_boursed()
    lab.service("boursed")


def strike_role(lab):
    """The master starts a role that dies often ever more slowly, so every third strike takes the master too."""
    def strike(dice, number):
        if number % 3 == 0:
            wait_until(lambda: kill_role(lab, "smtpd"), 30, "a running smtpd")
        elif number % 3 == 1:
            victim = dice.choice(("smtpd", "deliverd", "httpd"))
            wait_until(lambda: kill_role(lab, victim), 30, f"a running {victim}")
        elif number % 15 == 2:
            kill_master(lab)
        else:
            kill_all(lab)
    return strike


def roles(lab):
    strikes = Strikes(lab, "roles", lab.form.faults(15, 1000), strike_role(lab), pause=0.01)
    return verify(lab, strikes.ledger, strikes.run())


# ---- PostgreSQL ----

def strike_postgres(lab):
    def strike(_dice, number):
        if number % 3 == 2:
            # the postmaster sees a crashed backend, ends all others and recovers by itself
            backends = [pid for pid in children(lab.instance.pid("postgres")) if b"bourse" in command_line(pid)]
            kill(random.choice(backends))
        elif number % 3 == 1:
            postmaster = lab.instance.pid("postgres")
            kill(postmaster)
            wait_until(lambda: not alive(postmaster), 20, "the postmaster's end")
            lab.service("postgres")
        else:
            lab.kill_postgres()
            lab.service("postgres")
    return strike


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def postgres(lab):
    strikes = Strikes(lab, "postgres", lab.form.faults(6, 300), strike_postgres(lab), pause=0.01)
    return verify(lab, strikes.ledger, strikes.run())


# The product asks each of its sessions for synchronous_commit = on. A function of the same name in a schema that is searched first
# turns that into off: the server is the same, the promise of its database is not.
FORGETFUL = """
CREATE SCHEMA forgetful;
CREATE FUNCTION forgetful.set_config(name text, value text, local boolean) RETURNS text LANGUAGE sql AS
    $$ SELECT pg_catalog.set_config(name, CASE name WHEN 'synchronous_commit' THEN 'off' ELSE value END, local) $$;
ALTER DATABASE bourse SET search_path = forgetful, pg_catalog, public;
ALTER SYSTEM SET wal_writer_delay = '10s';
"""
REMEMBERING = """
ALTER DATABASE bourse RESET search_path;
DROP SCHEMA IF EXISTS forgetful CASCADE;
ALTER SYSTEM RESET wal_writer_delay;
"""


def forget(lab):
    """Sessions opened from now on commit without waiting for the disk. The change itself is made durable."""
    lab.sql(FORGETFUL)
    lab.sql("SELECT pg_reload_conf(); CHECKPOINT")
    lab.kill_boursed()
    lab.service("boursed")
    lab.wait_ready()


def remember(lab):
    lab.sql(REMEMBERING)
    lab.sql("SELECT pg_reload_conf(); CHECKPOINT")
    lab.kill_boursed()
    lab.service("boursed")
    lab.wait_ready()


def postgres_control(lab):
    """kill -9 of PostgreSQL with synchronous_commit off: acknowledged mail must be missing, or the test above proves nothing."""
    forget(lab)
    ledger = Ledger(unique("forgetful"))
    load = Load(lab, ledger, SENDERS, replay=0.0).start()
    try:
        wait_for_acks(ledger, 150)
        lab.kill_postgres()
        load.abort()
    finally:
        load.abort()
    for thread in load.threads:
        thread.join(60)
    lab.service("postgres")
    remember(lab)
    return audit(lab, ledger, Figures(1, control="lost"))
