"""exchangelib set up for an instance: Basic sign-in, its own authority."""
import requests.adapters
from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials, FailFast
from exchangelib.protocol import BaseProtocol

from mail import wait_for


def account(server, login, name=None):
    """The Account of a demo user. name: what to sign in with instead of the login name."""
    user = server.users[login]

    class OwnAuthority(requests.adapters.HTTPAdapter):
        def cert_verify(self, conn, url, verify, cert):
            super().cert_verify(conn=conn, url=url, verify=server.ca_file, cert=cert)

    BaseProtocol.HTTP_ADAPTER_CLS = OwnAuthority
    configuration = Configuration(service_endpoint=server.ews_url, credentials=Credentials(name or user.login, user.password),
                                  auth_type=BASIC, retry_policy=FailFast())
    return Account(primary_smtp_address=user.address, config=configuration, autodiscover=False, access_type=DELEGATE)


def by_subject(folder, subject):
    return list(folder.filter(subject=subject))


def arrives(folder, subject, count=1, seconds=20):
    """Waits until the folder has that many messages with the subject and returns them."""
    items = wait_for(lambda: (lambda found: found if len(found) >= count else None)(by_subject(folder, subject)), seconds)
    assert len(items) == count, f"{len(items)} messages with the subject {subject!r} instead of {count}"
    return items
