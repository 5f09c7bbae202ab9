/* The accept transaction: all or nothing, no duplicates, quotas, one blob for many, coalescing. */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "bourse/storage/events.h"
#include "fixture.h"

#define THREADS 8
#define EACH 12

static struct hash256 key_of(const char *text)
{
    return hash_sha256(slice_of_text(text));
}

static void deliver(struct fixture *f, struct delivery *delivery)
{
    OK(delivery_commit(f->store, &delivery, 1));
}

static int64_t count_items(struct fixture *f, int64_t mailbox)
{
    return fixture_number(f, "SELECT count(*) FROM message WHERE mailbox_id = %lld", (long long)mailbox);
}

static void one_message_to_many_is_stored_once(void **state)
{
    struct fixture *f = *state;
    struct delivery_recipient recipients[20] = { 0 };
    for (size_t i = 0; i < 20; i++)
        recipients[i] = (struct delivery_recipient){ .mailbox = fixture_new_mailbox(f), .address = "somebody@example.test" };
    struct delivery delivery = { .idempotency = key_of("many"), .message = fixture_prepared(f, "many", 10000), .recipients = recipients, .recipient_count = 20 };
    uint64_t before = store_statement_count();
    deliver(f, &delivery);
    uint64_t statements = store_statement_count() - before;
    assert_in_range(statements, 1, 14); /* not one a copy */
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(recipients[i].result, STATUS_OK);
        assert_int_equal(count_items(f, recipients[i].mailbox), 1);
        f->mailbox = recipients[i].mailbox;
        fixture_check(f);
    }
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM blob b JOIN message m ON m.mime_blob = b.blob_id WHERE m.mailbox_id = %lld AND b.refs = 20",
                                    (long long)f->mailbox), 1);
    assert_int_equal(fixture_number(f, "SELECT kind FROM event WHERE mailbox_id = %lld AND item_id <> 0", (long long)f->mailbox), STORE_EVENT_NEW_MAIL);
}

/* Content that two deliveries of a round share, categories that look like the syntax of an array, an empty text. */
static void rows_of_a_round_arrive_unchanged(void **state)
{
    struct fixture *f = *state;
    const char *words[] = { "a,b", "say \"hi\"", "back\\slash", "{}", "NULL", "" };
    struct message *message = fixture_message(f, "round", 9000);
    OK(bag_set_strings(message->props, (prop_tag)PROP_KEYWORDS, words, ARRAY_LENGTH(words)));
    struct prepared_message *one = NULL, *two = NULL;
    OK(store_message_prepare(f->mem, f->store, message, &one));
    OK(bag_remove(message->props, (prop_tag)PROP_KEYWORDS) ? STATUS_OK : STATUS_INTERNAL);
    OK(store_message_prepare(f->mem, f->store, message, &two));
    struct delivery_recipient recipients[2] = { { .mailbox = f->mailbox, .address = "a@example.test" }, { .mailbox = f->mailbox, .address = "a@example.test" } };
    struct delivery first = { .idempotency = key_of("round 1"), .message = one, .recipients = &recipients[0], .recipient_count = 1 };
    struct delivery second = { .idempotency = key_of("round 2"), .message = two, .recipients = &recipients[1], .recipient_count = 1 };
    OK(delivery_commit(f->store, (struct delivery *[]){ &first, &second }, 2));
    assert_int_equal(recipients[0].result, STATUS_OK);
    assert_int_equal(recipients[1].result, STATUS_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM message m JOIN blob b ON b.blob_id = m.mime_blob JOIN blob_chunk c ON c.blob_id = b.blob_id AND "
                                       "length(c.data) = b.stored WHERE m.mailbox_id = %lld AND b.refs = 2 AND b.size = %zu",
                                    (long long)f->mailbox, message->mime.bytes.length), 2);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM message WHERE message_id = %lld AND categories = ARRAY['a,b', 'say \"hi\"', 'back\\slash', '{}', "
                                       "'NULL', '']", (long long)recipients[0].item), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM message WHERE message_id = %lld AND categories = '{}'", (long long)recipients[1].item), 1);
    fixture_check(f);
}

static void a_repeated_delivery_makes_no_second_copy(void **state)
{
    struct fixture *f = *state;
    int64_t other = fixture_new_mailbox(f);
    struct delivery_recipient first = { .mailbox = f->mailbox, .address = "bob@example.test" };
    struct prepared_message *message = fixture_prepared(f, "again", 5000);
    struct delivery delivery = { .idempotency = key_of("again"), .message = message, .recipients = &first, .recipient_count = 1 };
    deliver(f, &delivery);
    struct delivery_recipient both[] = { { .mailbox = f->mailbox, .address = "alias@example.test" }, { .mailbox = other, .address = "carol@example.test" } };
    struct delivery retry = { .idempotency = key_of("again"), .message = message, .recipients = both, .recipient_count = 2 };
    deliver(f, &retry);
    assert_int_equal(both[0].result, STATUS_DUPLICATE);
    assert_int_equal(both[1].result, STATUS_OK);
    assert_int_equal(count_items(f, f->mailbox), 1);
    /* negative control: without the key rows the second copy would be there */
    fixture_execute(f, "DELETE FROM inflow");
    deliver(f, &delivery);
    assert_int_equal(first.result, STATUS_OK);
    assert_int_equal(count_items(f, f->mailbox), 2);
    fixture_check(f);
}

static void two_equal_deliveries_of_one_round_make_one_copy(void **state)
{
    struct fixture *f = *state;
    struct delivery_recipient a = { .mailbox = f->mailbox, .address = "bob@example.test" }, b = a;
    struct prepared_message *message = fixture_prepared(f, "twice", 5000);
    struct delivery first = { .idempotency = key_of("twice"), .message = message, .recipients = &a, .recipient_count = 1 };
    struct delivery second = { .idempotency = key_of("twice"), .message = message, .recipients = &b, .recipient_count = 1 };
    struct delivery *round[] = { &first, &second };
    OK(delivery_commit(f->store, round, 2));
    assert_int_equal(a.result, STATUS_OK);
    assert_int_equal(b.result, STATUS_DUPLICATE);
    assert_int_equal(count_items(f, f->mailbox), 1);
}

static void a_full_mailbox_refuses_and_the_others_get_theirs(void **state)
{
    struct fixture *f = *state;
    int64_t full = f->mailbox, other = fixture_new_mailbox(f);
    struct transaction *tx = fixture_write(f);
    OK(store_mailbox_set_quotas(tx, full, 0, 0, 12000));
    fixture_commit(tx);
    for (int i = 0; i < 3; i++) {
        char name[20];
        snprintf(name, sizeof name, "quota %d", i);
        struct delivery_recipient recipients[] = { { .mailbox = full, .address = "full@example.test" },
                                                   { .mailbox = other, .address = "other@example.test" },
                                                   { .mailbox = 999999, .address = "nobody@example.test" } };
        struct delivery delivery = { .idempotency = key_of(name), .message = fixture_prepared(f, name, 5000), .recipients = recipients, .recipient_count = 3 };
        deliver(f, &delivery);
        assert_int_equal(recipients[0].result, i < 2 ? STATUS_OK : STATUS_QUOTA_EXCEEDED);
        assert_int_equal(recipients[1].result, STATUS_OK);
        assert_int_equal(recipients[2].result, STATUS_MAILBOX_NOT_FOUND);
    }
    assert_int_equal(count_items(f, full), 2);
    assert_int_equal(count_items(f, other), 3);
    fixture_check(f);
}

static void local_and_remote_recipients_commit_together(void **state)
{
    struct fixture *f = *state;
    struct store_queue_recipient_new remote[] = { { .address = "x@partner.test", .destination = "partner.test" },
                                                  { .address = "y@partner.test", .destination = "partner.test" } };
    struct store_queue_entry_new queue = { .sender = "alice@example.test", .recipients = remote, .recipient_count = 2,
                                           .expires = clock_now() + INSTANT_PER_DAY };
    struct delivery_recipient local = { .mailbox = f->mailbox, .address = "bob@example.test" };
    struct delivery delivery = { .idempotency = key_of("both"), .message = fixture_prepared(f, "both", 3000), .recipients = &local,
                                 .recipient_count = 1, .queue = &queue };
    deliver(f, &delivery);
    assert_true(delivery.queue_id > 0);
    assert_int_equal(fixture_number(f, "SELECT b.refs FROM queue q JOIN blob b ON b.blob_id = q.mime_blob WHERE q.queue_id = %lld",
                                    (long long)delivery.queue_id), 2);
    deliver(f, &delivery);
    assert_true(delivery.queue_is_duplicate);
    assert_int_equal(delivery.queue_id, 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM queue_recipient WHERE destination = 'partner.test'"), 2);
    /* a failure in the middle keeps nothing: a blob that is not there any more */
    struct message *message = fixture_message(f, "broken", 0);
    message->mime = (struct message_mime){ .blob = 123456789, .mirrors = true, .has_content = true };
    struct prepared_message *prepared = NULL;
    OK(store_message_prepare(f->mem, f->store, message, &prepared));
    struct delivery broken = { .idempotency = key_of("broken"), .message = prepared, .recipients = &local, .recipient_count = 1, .queue = &queue };
    struct delivery *round = &broken;
    assert_int_equal(delivery_commit(f->store, &round, 1), STATUS_BLOB_NOT_FOUND);
    assert_int_equal(count_items(f, f->mailbox), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM queue"), 1);
}

/* Nothing would ever take back the references of a value that only mail for other hosts has. */
static void a_queue_entry_refers_to_nothing_but_its_mime(void **state)
{
    struct fixture *f = *state;
    char body[10001];
    struct store_queue_recipient_new remote = { .address = "x@partner.test", .destination = "partner.test" };
    struct store_queue_entry_new queue = { .sender = "alice@example.test", .recipients = &remote, .recipient_count = 1,
                                           .expires = clock_now() + INSTANT_PER_DAY };
    struct message *message = fixture_message(f, "queued only", 90000);
    struct delivery delivery = { .idempotency = key_of("queued only"), .queue = &queue };
    struct prepared_message *prepared = NULL;
    memset(body, 'b', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    OK(bag_set_string(message->props, (prop_tag)PROP_INTERNET_REFERENCES, body)); /* a value that becomes a blob */
    OK(store_message_prepare(f->mem, f->store, message, &prepared));
    delivery.message = prepared;
    int64_t before = fixture_number(f, "SELECT count(*) FROM blob WHERE refs > 0");
    deliver(f, &delivery);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM blob WHERE refs > 0"), before + 1);
    struct transaction *tx = fixture_begin(f, TRANSACTION_WRITE);
    OK(store_queue_delete(tx, delivery.queue_id));
    fixture_commit(tx);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM blob WHERE refs > 0"), before);
}

/* ---- the committer ---- */

struct session {
    struct fixture *f;
    struct committer *committer;
    const struct prepared_message *message;
    int number;
    int64_t mailboxes[2];
    enum status worst;
    size_t accepted;
};

static void *run_session(void *data)
{
    struct session *session = data;
    for (int i = 0; i < EACH; i++) {
        char name[40];
        snprintf(name, sizeof name, "session %d message %d", session->number, i);
        struct delivery_recipient recipients[] = { { .mailbox = session->mailboxes[i % 2], .address = "a" }, { .mailbox = session->mailboxes[(i + 1) % 2], .address = "b" } };
        struct delivery delivery = { .idempotency = key_of(name), .message = session->message, .recipients = recipients, .recipient_count = 2 };
        enum status status = committer_submit(session->committer, &delivery);
        if (status != STATUS_OK)
            session->worst = status;
        session->accepted += status == STATUS_OK;
    }
    return NULL;
}

static void parallel_sessions_share_commits_and_lose_nothing(void **state)
{
    struct fixture *f = *state;
    int64_t other = fixture_new_mailbox(f);
    struct committer *committer = NULL;
    struct session sessions[THREADS];
    pthread_t threads[THREADS];
    OK(committer_start(f->mem, f->store, NULL, &committer));
    struct prepared_message *message = fixture_prepared(f, "parallel", 4000);
    for (int i = 0; i < THREADS; i++) {
        sessions[i] = (struct session){ .f = f, .committer = committer, .message = message, .number = i, .mailboxes = { f->mailbox, other } };
        pthread_create(&threads[i], NULL, run_session, &sessions[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(sessions[i].worst, STATUS_OK);
    }
    committer_stop(committer);
    assert_int_equal(count_items(f, f->mailbox), THREADS * EACH);
    assert_int_equal(count_items(f, other), THREADS * EACH);
    fixture_check(f);
}

static void a_connection_lost_during_the_commit_is_never_reported_as_kept_when_it_was_not(void **state)
{
    struct fixture *f = *state;
    struct prepared_message *message = fixture_prepared(f, "cut", 4000);
    size_t temporary = 0;
    for (uint64_t n = 1; n < 20; n++) {
        char name[40];
        snprintf(name, sizeof name, "cut at statement %d", (int)n);
        struct delivery_recipient recipient = { .mailbox = f->mailbox, .address = "bob@example.test" };
        struct delivery delivery = { .idempotency = key_of(name), .message = message, .recipients = &recipient, .recipient_count = 1 };
        struct delivery *round = &delivery;
        int64_t before = count_items(f, f->mailbox);
        store_fail_statement(n);
        enum status status = delivery_commit(f->store, &round, 1);
        store_fail_statement(0);
        int64_t kept = count_items(f, f->mailbox) - before;
        assert_true(status == STATUS_OK || status_info(status)->fault == FAULT_TEMPORARY);
        assert_int_equal(kept, status == STATUS_OK ? 1 : 0);
        temporary += status != STATUS_OK;
    }
    assert_true(temporary >= 5); /* the fault was really there */
    fixture_check(f);
}

static void a_stopped_committer_refuses(void **state)
{
    struct fixture *f = *state;
    struct committer *committer = NULL;
    struct delivery_recipient recipient = { .mailbox = f->mailbox, .address = "bob@example.test" };
    struct delivery delivery = { .idempotency = key_of("late"), .message = fixture_prepared(f, "late", 1000), .recipients = &recipient, .recipient_count = 1 };
    OK(committer_start(f->mem, f->store, &(struct committer_options){ .connections = 1 }, &committer));
    committer_stop(committer);
    assert_int_equal(committer_submit(committer, &delivery), STATUS_CANCELLED);
    assert_int_equal(count_items(f, f->mailbox), 0);
}

/* ---- side effects ---- */

enum { EFFECT_VALUE = 60 * 1024 };

struct effect {
    struct fixture *f;
    int64_t mailbox, folder;
    const struct delivery_recipient *recipient;
    enum status fails_with;
    int fails; /* so many times */
    int runs;
    struct message_created made;
};

/* Writes a second item beside the delivered one, with a value that becomes a blob, and marks the delivered one read. */
static enum status write_effect(struct transaction *tx, void *data)
{
    struct effect *effect = data;
    char *body = talloc_zero_array(tx, char, EFFECT_VALUE + 1);
    struct message *message = message_new(tx);
    struct prepared_message *prepared = NULL;
    struct loaded_message delivered;
    effect->runs++;
    TRY(store_message_load(tx, tx, effect->mailbox, effect->recipient->item, MESSAGE_BAG, &delivered));
    for (size_t i = 0; i < EFFECT_VALUE; i++)
        body[i] = (char)('a' + random() % 26);
    TRY(bag_set_string(message->props, (prop_tag)PROP_MESSAGE_CLASS, "IPM.Note"));
    TRY(bag_set_string(message->props, (prop_tag)PROP_SUBJECT, delivered.row.subject));
    TRY(bag_set_string(message->props, (prop_tag)PROP_BODY, body));
    TRY(store_message_prepare_in(tx, tx, message, &prepared));
    TRY(store_mailbox_lock(tx, effect->mailbox, NULL));
    TRY(store_message_create(tx, effect->mailbox, effect->folder, prepared, &(struct message_place){ 0 }, &effect->made));
    TRY(store_message_set_read(tx, effect->mailbox, &effect->recipient->item, 1, true, NULL));
    if (effect->fails > 0) {
        effect->fails--;
        return status_fail(effect->fails_with, "wanted");
    }
    return STATUS_OK;
}

static struct delivery with_effect(struct fixture *f, const char *name, struct delivery_recipient *recipient, struct effect *effect)
{
    *recipient = (struct delivery_recipient){ .mailbox = f->mailbox, .address = "bob@example.test" };
    *effect = (struct effect){ .f = f, .mailbox = f->mailbox, .folder = fixture_role(f, STORE_ROLE_DRAFTS), .recipient = recipient };
    return (struct delivery){ .idempotency = key_of(name), .message = fixture_prepared(f, name, 2000), .recipients = recipient, .recipient_count = 1,
                              .also = write_effect, .also_data = effect };
}

static void side_effects_commit_with_the_delivery(void **state)
{
    struct fixture *f = *state;
    struct committer *committer = NULL;
    struct delivery_recipient recipient;
    struct effect effect;
    struct delivery delivery = with_effect(f, "effect", &recipient, &effect);
    OK(committer_start(f->mem, f->store, NULL, &committer));
    OK(committer_submit(committer, &delivery));
    assert_int_equal(recipient.result, STATUS_OK);
    assert_int_equal(effect.runs, 1);
    assert_true(effect.made.cn > recipient.cn);
    assert_int_equal(count_items(f, f->mailbox), 2);
    /* the read mark took the number behind both items, and the mailbox row knows it */
    assert_int_equal(fixture_number(f, "SELECT last_cn FROM mailbox WHERE mailbox_id = %lld", (long long)f->mailbox), effect.made.cn + 1);
    assert_int_equal(fixture_number(f, "SELECT read_cn FROM message WHERE message_id = %lld AND is_read", (long long)recipient.item), effect.made.cn + 1);
    /* the same content in a blob once more: a second mailbox's effect finds it */
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM blob WHERE refs = 1 AND size = %d", EFFECT_VALUE), 1);
    fixture_check(f);
    /* a retry runs nothing */
    OK(committer_submit(committer, &delivery));
    assert_int_equal(recipient.result, STATUS_DUPLICATE);
    assert_int_equal(effect.runs, 1);
    assert_int_equal(count_items(f, f->mailbox), 2);
    committer_stop(committer);
    struct delivery late = with_effect(f, "late effect", &recipient, &effect);
    assert_int_equal(committer_submit(committer, &late), STATUS_CANCELLED);
    assert_int_equal(effect.runs, 0);
}

static void failing_side_effects_keep_nothing_and_are_repeated_when_that_helps(void **state)
{
    struct fixture *f = *state;
    struct committer *committer = NULL;
    struct delivery_recipient recipient;
    struct effect effect;
    OK(committer_start(f->mem, f->store, NULL, &committer));
    struct delivery delivery = with_effect(f, "failing effect", &recipient, &effect);
    effect.fails_with = STATUS_CORRUPT;
    effect.fails = 1;
    assert_int_equal(committer_submit(committer, &delivery), STATUS_CORRUPT);
    assert_int_equal(effect.runs, 1);
    assert_int_equal(count_items(f, f->mailbox), 0);
    effect.fails_with = STATUS_RETRY;
    effect.fails = 2;
    OK(committer_submit(committer, &delivery));
    assert_int_equal(effect.runs, 4);
    assert_int_equal(count_items(f, f->mailbox), 2);
    fixture_check(f);
}

/* The connection goes at each statement in turn: both items are kept or neither. */
static void a_connection_lost_in_side_effects_keeps_both_or_neither(void **state)
{
    struct fixture *f = *state;
    size_t temporary = 0, repeated = 0;
    struct committer *committer = NULL;
    OK(committer_start(f->mem, f->store, NULL, &committer));
    for (uint64_t n = 1; n < 30; n++) {
        char name[40];
        struct delivery_recipient recipient;
        struct effect effect;
        snprintf(name, sizeof name, "effect cut at %d", (int)n);
        struct delivery delivery = with_effect(f, name, &recipient, &effect);
        int64_t before = count_items(f, f->mailbox);
        store_fail_statement(n);
        enum status status = committer_submit(committer, &delivery);
        store_fail_statement(0);
        assert_true(status == STATUS_OK || status_info(status)->fault == FAULT_TEMPORARY);
        assert_int_equal(count_items(f, f->mailbox) - before, status == STATUS_OK ? 2 : 0);
        temporary += status != STATUS_OK;
        repeated += effect.runs > 1;
    }
    assert_true(temporary >= 1); /* the commit's own statement */
    assert_true(repeated >= 3);
    fixture_check(f);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_message_to_many_is_stored_once, fixture_mailbox),
        cmocka_unit_test_setup(rows_of_a_round_arrive_unchanged, fixture_mailbox),
        cmocka_unit_test_setup(a_repeated_delivery_makes_no_second_copy, fixture_mailbox),
        cmocka_unit_test_setup(two_equal_deliveries_of_one_round_make_one_copy, fixture_mailbox),
        cmocka_unit_test_setup(a_full_mailbox_refuses_and_the_others_get_theirs, fixture_mailbox),
        cmocka_unit_test_setup(local_and_remote_recipients_commit_together, fixture_mailbox),
        cmocka_unit_test_setup(a_queue_entry_refers_to_nothing_but_its_mime, fixture_mailbox),
        cmocka_unit_test_setup(parallel_sessions_share_commits_and_lose_nothing, fixture_mailbox),
        cmocka_unit_test_setup(a_connection_lost_during_the_commit_is_never_reported_as_kept_when_it_was_not, fixture_mailbox),
        cmocka_unit_test_setup(a_stopped_committer_refuses, fixture_mailbox),
        cmocka_unit_test_setup(side_effects_commit_with_the_delivery, fixture_mailbox),
        cmocka_unit_test_setup(failing_side_effects_keep_nothing_and_are_repeated_when_that_helps, fixture_mailbox),
        cmocka_unit_test_setup(a_connection_lost_in_side_effects_keeps_both_or_neither, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
