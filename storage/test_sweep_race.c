/* Deliveries and the sweeper at the same time, while leases run out all the time: no content is lost, no reference miscounted. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "bourse/storage/check.h"
#include "bourse/storage/sweep.h"

#define WRITERS 3
#define ROUNDS 60
#define CONTENTS 5 /* few, so that writers meet at the same blobs */

struct writer {
    struct fixture *f;
    unsigned number;
    int64_t mailbox;
    unsigned saved, too_late, failed;
    atomic_int *done;
};

/* One of few contents, too large for the row. */
static struct message *make_message(TALLOC_CTX *mem, unsigned kind)
{
    struct message *message = message_new(mem);
    char *body = talloc_zero_size(mem, 20001);
    memset(body, 'a' + (int)kind, 20000);
    OK(bag_set_string(message->props, (prop_tag)PROP_SUBJECT, "race"));
    OK(bag_set_string(message->props, (prop_tag)PROP_BODY, body));
    return message;
}

static enum status save(struct writer *writer, TALLOC_CTX *mem, unsigned kind, int64_t *item)
{
    struct prepared_message *prepared = NULL;
    struct message_created created;
    struct transaction *tx = NULL;
    TRY(store_message_prepare(mem, writer->f->store, make_message(mem, kind), &prepared));
    usleep(20000); /* a prepared message waits for its turn */
    TRY(transaction_begin(mem, writer->f->store, TRANSACTION_WRITE, &tx));
    TRY(store_mailbox_lock(tx, writer->mailbox, NULL));
    TRY(store_message_create(tx, writer->mailbox, writer->f->inbox, prepared, &(struct message_place){ 0 }, &created));
    TRY(transaction_commit(tx));
    *item = created.item;
    return STATUS_OK;
}

static enum status drop(struct writer *writer, TALLOC_CTX *mem, int64_t item)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(mem, writer->f->store, TRANSACTION_WRITE, &tx));
    TRY(store_mailbox_lock(tx, writer->mailbox, NULL));
    TRY(store_message_delete(tx, writer->mailbox, &item, 1, STORE_DELETE_HARD, NULL, NULL));
    return transaction_commit(tx);
}

/* Deletes the item of the round before, so that contents lose their last reference again and again. */
static void one_round(struct writer *writer, TALLOC_CTX *mem, unsigned kind, int64_t *kept)
{
    enum status status = *kept != 0 ? drop(writer, mem, *kept) : STATUS_OK;
    *kept = 0;
    if (status == STATUS_OK)
        status = save(writer, mem, kind, kept);
    if (status == STATUS_BLOB_NOT_FOUND)
        writer->too_late++; /* swept before the transaction began: the delivery is refused and tried again */
    else if (status == STATUS_OK)
        writer->saved++;
    else
        writer->failed++;
}

static void *write_and_delete(void *data)
{
    struct writer *writer = data;
    unsigned random = writer->number * 7919;
    int64_t kept = 0;
    for (int round = 0; round < ROUNDS; round++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        random = random * 1103515245u + 12345u;
        one_round(writer, mem, (random >> 16) % CONTENTS, &kept);
        talloc_free(mem);
    }
    atomic_fetch_add(writer->done, 1);
    return NULL;
}

static void print(const struct check_finding *finding, void *data)
{
    (void)data;
    fprintf(stderr, "finding: %s: %s\n", finding->kind, finding->detail);
}

static void sweeping_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    atomic_int done = 0;
    int64_t swept = 0;
    clock_test_freeze(clock_now());
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){ .f = f, .number = i + 1, .mailbox = fixture_new_mailbox(f), .done = &done };
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_delete, &writers[i]), 0);
    }
    while (atomic_load(&done) < WRITERS) {
        struct sweep_result result;
        clock_test_advance(2 * INSTANT_PER_HOUR);
        OK(sweep_run(f->store, &(struct sweep_options){ .slice = 3 }, &result));
        swept += result.blobs;
    }
    clock_test_release();
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].failed, 0);
        assert_true(writers[i].saved > 0);
        print_message("writer %u: saved %u, too late %u\n", i, writers[i].saved, writers[i].too_late);
        f->mailbox = writers[i].mailbox;
        fixture_check(f);
    }
    struct check_result result;
    OK(check_shared(f->store, true, false, print, NULL, &result));
    assert_int_equal(result.findings, 0);
    assert_true(swept > 0); /* there was something to race with */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup(sweeping_loses_nothing, fixture_mailbox) };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
