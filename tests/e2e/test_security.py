"""Attacks; what they are is in tests/security/."""
import os
import sys
import tempfile

from instance import Instance

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "security"))
import canary  # noqa: E402
import http_attacks  # noqa: E402
import identity  # noqa: E402
import smtp_attacks  # noqa: E402


def test_headers_do_not_say_who_somebody_is(server):
    identity.check_headers(server)


def test_impersonation_is_refused(server):
    identity.check_impersonation(server)


def test_ids_of_others_open_nothing(server):
    identity.check_foreign_ids(server)


def test_sync_states_of_others_open_nothing(server):
    identity.check_foreign_sync_states(server)


def test_folder_names_of_others_open_nothing(server):
    identity.check_distinguished_folders(server)


def test_http_paths(server):
    http_attacks.check_paths(server)


def test_http_smuggling(server):
    http_attacks.check_smuggling(server)


def test_http_documents(server):
    http_attacks.check_documents(server)


def test_http_large_bodies(server):
    http_attacks.check_large_bodies(server)


def test_http_expensive_requests(server):
    http_attacks.check_expensive_requests(server)


def test_http_too_many_connections(server):
    http_attacks.check_too_many_connections(server)


def test_http_overload(server):
    http_attacks.check_overload(server)


def test_smtp_line_ends(server):
    smtp_attacks.check_line_ends(server)


def test_smtp_commands_need_crlf(server):
    smtp_attacks.check_commands_need_crlf(server)


def test_smtp_starttls_injection(server):
    smtp_attacks.check_starttls_injection(server)


def test_smtp_auth_needs_tls(server):
    smtp_attacks.check_auth_needs_tls(server)


def test_smtp_floods(server):
    smtp_attacks.check_floods(server)


def test_smtp_too_many_connections(server):
    smtp_attacks.check_too_many_connections(server)


def test_secrets_stay_secret(server):
    """An instance of its own: debug log, a smarthost with a password that nobody answers for."""
    folder = tempfile.mkdtemp(prefix="canary-", dir=os.path.dirname(server.folder))
    os.chmod(folder, 0o711)
    secret = os.path.join(folder, "smarthost-password")
    with open(secret, "w", encoding="ascii") as file:
        file.write("CanarySmarthost-" + os.urandom(6).hex())
    os.chmod(secret, 0o600)
    owner = os.stat(os.path.join(server.state, "secrets"))
    os.chown(secret, owner.st_uid, owner.st_gid)
    own = Instance(os.path.join(folder, "instance"), server.build, {
        "server.log_level": "debug", "queue.smarthost": "127.0.0.1:1", "queue.smarthost_user": "relay", "queue.smarthost_password_file": secret})
    try:
        own.start()
        secrets = {}
        for name, path in (("smarthost password", secret), ("LDAP password", os.path.join(own.state, "secrets", "bourse"))):
            with open(path, encoding="ascii") as file:
                secrets[name] = file.read().strip()
        canary.check(own, secrets)
    finally:
        own.stop()
