/* Automatic mail: in the queue exactly when the transaction is, delivered once whatever crashes. */
#include "outbox_fixture.h"

#include "bourse/storage/mailbox.h"
#include "groupware_state.h"
#include "locate.h"
#include "outbox.h"
#include "session_state.h"

static struct outgoing mail_to(struct fixture *f, const char *to, const char *subject, size_t size)
{
    char *body = talloc_zero_size(f->mem, size + 1);
    const char **list = talloc_array(f->mem, const char *, 1);
    memset(body, 'x', size);
    for (size_t i = 70; i + 1 < size; i += 72) {
        body[i] = '\r';
        body[i + 1] = '\n';
    }
    body[size] = '\0';
    list[0] = to;
    return (struct outgoing){ .sender = "alice@example.test", .origin = "alice@example.test", .recipients = list, .recipient_count = 1,
                              .mime = fixture_mail(f->mem, "alice@example.test", to, subject, body) };
}

/* What a change does: its own write, and the mail. */
static void put(struct fixture *f, struct outgoing *mail, bool commit)
{
    struct transaction *tx = NULL;
    struct session *alice = fixture_session(f, "alice");
    OK(outbox_prepare(f->mem, f->groupware, mail));
    OK(transaction_begin(f->mem, f->groupware->store, TRANSACTION_WRITE, &tx));
    OK(store_mailbox_lock(tx, alice->own.id, NULL));
    OK(outbox_put(f->mem, tx, f->groupware, mail, NULL));
    if (commit)
        OK(transaction_commit(tx));
    talloc_free(tx);
}

static void mail_is_there_exactly_when_the_change_is(void **state)
{
    struct fixture *f = *state;
    struct session *bob = fixture_session(f, "bob");
    struct outgoing lost = mail_to(f, "bob@example.test", "rolled back", 100), kept = mail_to(f, "bob@example.test", "committed", 100);
    put(f, &lost, false);
    put(f, &kept, true);
    assert_int_equal(outbox_pump(f), 1);
    assert_null(outbox_find(f, bob, FOLDER_ROLE_INBOX, "rolled back"));
    assert_non_null(outbox_find(f, bob, FOLDER_ROLE_INBOX, "committed"));
    assert_int_equal(outbox_pump(f), 0);
}

/* The connection dies at each statement of the change, the commit's included: both or neither, and once. */
static void a_crash_at_any_statement_leaves_nothing_or_one(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol");
    for (uint64_t at = 1; at < 9; at++) {
        const char *subject = talloc_asprintf(f->mem, "crash at %d", (int)at);
        struct outgoing mail = mail_to(f, "carol@example.test", subject, 100);
        struct transaction *tx = NULL;
        OK(outbox_prepare(f->mem, f->groupware, &mail));
        OK(transaction_begin(f->mem, f->groupware->store, TRANSACTION_WRITE, &tx));
        store_fail_statement(at);
        enum status status = store_mailbox_lock(tx, carol->own.id, NULL);
        if (status == STATUS_OK)
            status = outbox_put(f->mem, tx, f->groupware, &mail, NULL);
        if (status == STATUS_OK)
            status = transaction_commit(tx);
        store_fail_statement(0);
        talloc_free(tx);
        outbox_pump(f);
        bool is_there = outbox_find(f, carol, FOLDER_ROLE_INBOX, subject) != NULL;
        if (status != STATUS_COMMIT_UNKNOWN)
            assert_int_equal(is_there, status == STATUS_OK);
        status_chain_clear();
    }
}

static struct queue_work *lease_local(struct fixture *f)
{
    struct queue_work *work = NULL;
    size_t count = 0;
    OK(queue_lease(f->mem, f->groupware, 60, 10, NULL, 0, &work, &count));
    assert_int_equal(count, 1);
    assert_string_equal(work[0].destination, QUEUE_LOCAL);
    return work;
}

static void a_delivery_that_was_not_recorded_is_not_repeated(void **state)
{
    struct fixture *f = *state;
    struct session *dave = fixture_session(f, "dave");
    struct outgoing mail = mail_to(f, "dave@example.test", "not recorded", 100);
    struct slice mime;
    enum status result = STATUS_INTERNAL;
    put(f, &mail, true);
    struct queue_work *work = lease_local(f);
    OK(queue_content(f->mem, f->groupware, work->message, &mime));
    for (int attempt = 0; attempt < 3; attempt++) {
        OK(queue_deliver_local(f->mem, f->groupware, work, mime, &result));
        OK(result);
    }
    assert_non_null(outbox_find(f, dave, FOLDER_ROLE_INBOX, "not recorded")); /* one: outbox_find fails for two */
    /* Control: without the entry's key the same bytes under another queue id are another message. */
    work->message += 1000;
    OK(queue_deliver_local(f->mem, f->groupware, work, mime, &result));
    struct item **items = NULL;
    struct object_id inbox = fixture_folder(dave, FOLDER_ROLE_INBOX);
    assert_int_equal(fixture_list(f, dave, &inbox, &items), 2);
    work->message -= 1000;
    OK(queue_record(f->groupware, work, &(struct queue_result){ .recipient = work->recipients[0].id, .outcome = QUEUE_SENT, .enhanced = "", .text = "", .host = "" }, 1,
                    (struct slice){ 0 }));
}

static void large_mail_and_groups_and_unknown_recipients(void **state)
{
    struct fixture *f = *state;
    struct outgoing large = mail_to(f, "bob@example.test", "large", 200 * 1024), group = mail_to(f, "staff@example.test", "for the group", 10),
                    nobody = mail_to(f, "nobody@example.test", "for nobody", 10), invalid = mail_to(f, "no address", "x", 10);
    struct slice mime;
    enum status result = STATUS_OK;
    put(f, &large, true);
    put(f, &group, true);
    assert_int_equal(outbox_pump(f), 2);
    assert_non_null(outbox_find(f, fixture_session(f, "bob"), FOLDER_ROLE_INBOX, "large"));
    assert_non_null(outbox_find(f, fixture_session(f, "alice"), FOLDER_ROLE_INBOX, "for the group"));
    put(f, &nobody, true);
    struct queue_work *work = lease_local(f);
    OK(queue_content(f->mem, f->groupware, work->message, &mime));
    OK(queue_deliver_local(f->mem, f->groupware, work, mime, &result));
    assert_int_equal(result, STATUS_RECIPIENT_NOT_FOUND);
    OK(queue_record(f->groupware, work, &(struct queue_result){ .recipient = work->recipients[0].id, .outcome = QUEUE_FAIL, .enhanced = "", .text = "", .host = "" }, 1,
                    (struct slice){ 0 }));
    assert_int_equal(outbox_prepare(f->mem, f->groupware, &invalid), STATUS_INVALID_RECIPIENTS);
}

static void other_hosts_get_their_domain(void **state)
{
    struct fixture *f = *state;
    struct outgoing mail = mail_to(f, "friend@Remote.test", "outside", 10);
    const char *recipient = NULL, *sender = NULL, *mime = NULL;
    put(f, &mail, true);
    assert_int_equal(outbox_pump(f), 0);
    assert_true(outbox_take(f, "remote.test", &recipient, &sender, &mime));
    assert_string_equal(recipient, "friend@Remote.test");
    assert_string_equal(sender, "alice@example.test");
    assert_non_null(strstr(mime, "Subject: outside"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mail_is_there_exactly_when_the_change_is, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(a_crash_at_any_statement_leaves_nothing_or_one, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(a_delivery_that_was_not_recorded_is_not_repeated, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(large_mail_and_groups_and_unknown_recipients, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(other_hosts_get_their_domain, fixture_test, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
