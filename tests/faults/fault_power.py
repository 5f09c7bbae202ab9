"""Power cuts: PostgreSQL's files are on an ext4 loop file, which is shut down without a flush while mail comes in."""
import random
import time

from audit import Figures, audit, verify
from fault_kill import SENDERS, unique, wait_for_acks
from ledger import Ledger
from smtp_client import Load


def cut_and_restore(lab):
    lab.volume.cut()
    lab.kill_postgres()
    lab.volume.power_on()
    lab.service("postgres")


def power(lab):
    cuts = lab.form.faults(3, 100)
    ledger, times, dice = Ledger(unique("power")), [], random.Random()
    load = Load(lab, ledger, SENDERS, pause=0.01).start()
    try:
        wait_for_acks(ledger, 20)
        for _ in range(cuts):
            # the journal of ext4 is written every 5 s: cuts shall come at all ages of it
            time.sleep(dice.uniform(0.0, 6.0 if lab.form.is_long else 1.0))
            times.append(time.monotonic())
            cut_and_restore(lab)
            wait_for_acks(ledger, 20)
        load.finish()
    except BaseException:
        load.abort()
        raise
    figures = Figures(cuts, recovery=ledger.worst_recovery(times))
    figures.note = f"{ledger.broken} attempts cut, {ledger.temporary} answered 4xx"
    return verify(lab, ledger, figures)


def power_control(lab):
    """The same with fsync off: what PostgreSQL believes to be on disk was in the machine's memory, and must be missing. Last on its
    volume: the database may not survive."""
    lab.sql("ALTER SYSTEM SET fsync = off")
    lab.sql("SELECT pg_reload_conf()")
    ledger = Ledger(unique("fsync"))
    load = Load(lab, ledger, SENDERS, replay=0.0).start()
    try:
        wait_for_acks(ledger, 100)
        lab.volume.cut()
    finally:
        load.abort()
    lab.kill_postgres()
    for thread in load.threads:
        thread.join(60)
    lab.kill_boursed()
    figures = Figures(1, control="lost")
    lab.volume.power_on()
    try:
        lab.service("postgres")
    except AssertionError:
        figures.acked = figures.lost = ledger.acked
        figures.note = "the database did not even start"
        return figures
    lab.service("boursed")
    lab.wait_ready()
    return audit(lab, ledger, figures)
