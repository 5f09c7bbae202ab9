#!/usr/bin/env python3
"""Starts boursed for a benchmark under tests/services/with-postgres and with-openldap (BOURSE_TEST_PG_FSYNC=on) and runs a command with its ports:

    smtp_instance.py BUILD-FOLDER COMMAND...      BENCH_SMTP_PORT, BENCH_PIDS (boursed, PostgreSQL, slapd)
"""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "transport/testing"))
from instance import Instance  # noqa: E402


def main():
    build, command = sys.argv[1], sys.argv[2:]
    settings = {"smtp.messages_per_session": 100000, "smtp.sessions_per_address": 200, "smtp.workers": os.environ.get("BENCH_WORKERS", "32"),
                "database.connections": os.environ.get("BENCH_CONNECTIONS", "12"), "server.log_level": '"info"',
                "queue.routes": '{"sinkhole.test=127.0.0.1:9"}', "queue.first_retry": "1h"}
    instance = Instance(f"{build}/daemon/boursed", f"{build}/tools/boursectl", settings)
    instance.start()
    try:
        instance.control("mailbox", "create", "--all")
        environment = dict(os.environ, BENCH_SMTP_PORT=str(instance.smtp),
                           BENCH_PIDS=f"{instance.process.pid} {os.environ['BOURSE_TEST_PG_PID']} {os.environ['BOURSE_TEST_LDAP_PID']}",
                           BENCH_LOG=instance.folder + "/log")
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        instance.stop()
        instance.remove()


sys.exit(main())
