"""Rules and out-of-office: what the server does by itself with mail, from SMTP in to the other user and the other host."""
import email
import json
import os
import tempfile
import time

from ews_client import account, arrives, by_subject
from mail import build, send, swaks, unique, wait_for
from needs import needs


def set_by_file(server, command, mailbox, content):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(content, file)
        file.flush()
        return server.boursectl(*command, mailbox, file.name).stdout


def away(server, login, **settings):
    set_by_file(server, ("out-of-office", "set"), server.users[login].address, settings)


def clear_rules(server, mailbox):
    for line in server.boursectl("rules", "list", mailbox).stdout.splitlines():
        server.boursectl("rules", "delete", mailbox, line.split()[0])


def test_rule_files_mail_and_sends_a_copy(server):
    carol = server.users["carol"].address
    word = unique("filed").split()[1]
    set_by_file(server, ("rules", "set"), carol, {
        "name": "file it", "sequence": 1, "conditions": {"subject_contains": [word]},
        "actions": {"move": "Archive", "mark_read": True, "redirect": ["dave@example.test"], "stop": True}})
    try:
        listed = server.boursectl("--json", "rules", "list", carol).stdout
        assert json.loads(listed)["actions"]["move"] == "Archive", listed
        code, dialogue = swaks(server, "--to", carol, "--from", "pat@partner.test", "--header", f"Subject: about {word}")
        assert code == 0, dialogue
        (item,) = arrives(account(server, "carol").root / "Top of Information Store" / "Archive", f"about {word}")
        assert item.is_read
        (copy,) = arrives(account(server, "dave").inbox, f"about {word}")
        assert copy.sender.email_address == "pat@partner.test" and not copy.is_read
        assert by_subject(account(server, "carol").inbox, f"about {word}") == []
    finally:
        clear_rules(server, carol)


def test_away_answer_to_a_colleague_once(server):
    away(server, "dave", state="enabled", audience="none", internal="<p>Back on <b>Monday</b></p>", external="unused")
    try:
        subject = unique("question")
        for number in (1, 2):
            send(server, "alice@example.test", ["dave@example.test"], build("alice@example.test", ["dave@example.test"], f"{subject} {number}"))
        (answer,) = arrives(account(server, "alice").inbox, f"Automatic reply: {subject} 1")
        assert "Back on" in answer.text_body and "<b>" in answer.body
        arrives(account(server, "dave").inbox, f"{subject} 2")
        time.sleep(1)  # time for a second answer, which must not come
        assert by_subject(account(server, "alice").inbox, f"Automatic reply: {subject} 2") == []
    finally:
        away(server, "dave", state="disabled")


@needs("postfix")
def test_away_answer_reaches_another_host_once(server):
    folder = os.environ["BOURSE_TEST_POSTFIX_MAIL"]
    away(server, "dave", state="enabled", audience="all", internal="", external="Away until Monday")
    try:
        subject = unique("outside")
        for number in (1, 2):
            message = build("pat@partner.test", ["dave@example.test"], f"{subject} {number}")
            send(server, "pat@partner.test", ["dave@example.test"], message)
        send(server, "pat2@partner.test", ["dave@example.test"], build("pat2@partner.test", ["dave@example.test"], f"{subject} 3"))

        def answers():
            found = []
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                with open(os.path.join(folder, name), "rb") as file:
                    received = email.message_from_binary_file(file)
                if subject in str(received["Subject"]):
                    found.append(received)
            return found

        wait_for(lambda: len(answers()) >= 2, 30)
        arrives(account(server, "dave").inbox, f"{subject} 2")
        time.sleep(1)
        assert sorted(str(answer["Subject"])[-1] for answer in answers()) == ["1", "3"]
        for answer in answers():
            assert answer["Auto-Submitted"] == "auto-replied" and answer["X-Auto-Response-Suppress"] == "All", answer.items()
            assert answer["Precedence"] == "bulk" and answer["In-Reply-To"] and answer["Return-Path"] in (None, "<>"), answer.items()
    finally:
        away(server, "dave", state="disabled")
