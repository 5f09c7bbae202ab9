#!/usr/bin/python3
"""inbox.py ENDPOINTS.JSON USER [--reply TEXT]: lists a demo user's inbox over EWS with exchangelib; --reply answers the
newest message. A starting point for programs of your own."""
import argparse
import json

import requests.adapters
from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials
from exchangelib.protocol import BaseProtocol


def open_account(endpoints, login):
    """exchangelib's Account of a demo user, with the instance's own certificate authority as the only one trusted."""
    user = next(user for user in endpoints["users"] if user["login"] == login)

    class OwnAuthority(requests.adapters.HTTPAdapter):
        def cert_verify(self, conn, url, verify, cert):
            super().cert_verify(conn=conn, url=url, verify=endpoints["ca_file"], cert=cert)

    BaseProtocol.HTTP_ADAPTER_CLS = OwnAuthority
    configuration = Configuration(service_endpoint=endpoints["ews_url"], credentials=Credentials(login, user["password"]), auth_type=BASIC)
    return Account(user["address"], config=configuration, autodiscover=False, access_type=DELEGATE)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("endpoints")
    parser.add_argument("user")
    parser.add_argument("--reply")
    arguments = parser.parse_args()
    with open(arguments.endpoints, encoding="utf-8") as file:
        account = open_account(json.load(file), arguments.user)
    # without only() exchangelib fetches everything, the whole MIME of each message too
    newest_first = account.inbox.all().order_by("-datetime_received").only("subject", "sender", "datetime_received")
    messages = list(newest_first[:20])
    for message in messages:
        print(f"{message.datetime_received:%Y-%m-%d %H:%M}  {message.sender.email_address:28} {message.subject}")
    if arguments.reply and messages:
        newest = messages[0]
        newest.reply(subject=f"Re: {newest.subject}", body=arguments.reply, to_recipients=[newest.sender.email_address])
        print(f"answered {newest.sender.email_address}")


if __name__ == "__main__":
    main()
