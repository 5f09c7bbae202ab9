"""The checker itself: it must find what was removed, doubled or damaged by hand, and duplicates when retries are not recognised."""
from audit import Figures, audit, check_store
from fault_kill import unique
from ledger import Ledger
from smtp_client import Client


def deliver(lab, ledger, count, recipients=("alice", "bob"), size=1500):
    client = Client(lab.instance.smtp_port)
    entries = [ledger.new([lab.address(name) for name in recipients], size) for _ in range(count)]
    for entry in entries:
        resend(client, ledger, entry)
    client.close()
    return entries


def resend(client, ledger, entry):
    result, text = client.deliver("load@partner.test", entry.recipients, entry.content)
    assert result == "acked", text
    ledger.note(entry, 0.0, result, text)


def rows_of(entry):
    return f"internet_message_id LIKE '%{entry.key}%'"


def removed(lab):
    """A message is taken out behind the product's back, and put back after the look."""
    ledger = Ledger(unique("removed"))
    entries = deliver(lab, ledger, 5)
    lab.sql(f"CREATE TABLE kept AS SELECT * FROM message WHERE {rows_of(entries[2])} LIMIT 1")
    one = "(mailbox_id, message_id) IN (SELECT mailbox_id, message_id FROM kept)"
    rows = lab.sql(f"WITH gone AS (DELETE FROM message WHERE {one} RETURNING 1) SELECT count(*) FROM gone")
    assert rows == [["1"]], rows
    figures = audit(lab, ledger, Figures(1, control="lost"))
    assert figures.lost == 1 and figures.duplicated == 0, str(figures)
    assert lab.boursectl("check", "--all", check=False).returncode == 3, "boursectl check did not see that a message is missing"
    lab.sql("INSERT INTO message SELECT * FROM kept; DROP TABLE kept")
    check_store(lab)
    return figures


def duplicated(lab):
    """The rows that recognise a retry are deleted between a message and its retry."""
    ledger = Ledger(unique("twice"))
    entries = deliver(lab, ledger, 5)
    client = Client(lab.instance.smtp_port)
    resend(client, ledger, entries[0])
    assert audit(lab, ledger, Figures()).good(), "a retry made a second copy although its key was there"
    lab.sql("DELETE FROM inflow")
    resend(client, ledger, entries[1])
    client.close()
    figures = audit(lab, ledger, Figures(1, control="duplicated"))
    figures.acked = ledger.acked
    assert figures.duplicated == 2 and figures.lost == 0, str(figures)
    return figures


def damaged(lab):
    """A byte of the stored content is changed; the next message shares nothing with it."""
    ledger = Ledger(unique("damaged"))
    entries = deliver(lab, ledger, 3, recipients=("carol",), size=30000)
    blob = f"(SELECT mime_blob FROM message WHERE {rows_of(entries[1])} LIMIT 1)"
    before = lab.sql(f"SELECT encode(data, 'hex') FROM blob_chunk WHERE blob_id = {blob} AND seq = 0")[0][0]
    lab.sql(f"UPDATE blob_chunk SET data = (SELECT c.data FROM blob_chunk c JOIN message m ON m.mime_blob = c.blob_id "
            f"WHERE {rows_of(entries[0])} AND c.seq = 0 LIMIT 1) WHERE blob_id = {blob} AND seq = 0")
    figures = Figures(1, control="partial")
    try:
        audit(lab, ledger, figures)
        # the copy now reads as the other message: one is missing, or its content is not what was sent
        figures.partial += figures.lost + figures.duplicated
        figures.lost = figures.duplicated = 0
    except AssertionError as error:
        # or the export refuses to hand out content whose hash is wrong
        assert "export" in str(error), error
        figures.acked, figures.partial = ledger.acked, 1
        figures.note = "the export refused the damaged content"
    result = lab.boursectl("check", "--all", "--hashes", check=False)
    assert result.returncode == 3, "boursectl check --hashes did not see the damage"
    lab.sql(f"UPDATE blob_chunk SET data = decode('{before}', 'hex') WHERE blob_id = {blob} AND seq = 0")
    check_store(lab)
    return figures
