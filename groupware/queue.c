/* The outgoing queue as transport's runner sees it. */
#include "bourse/base/memory.h"
#include "bourse/groupware/queue.h"

#include <inttypes.h>

#include "accept.h"
#include "bourse/base/text.h"
#include "bourse/mime/header.h"
#include "bourse/storage/blob.h"
#include "bourse/storage/queue.h"

/* Longest message that is sent; above what SMTP takes in. */
enum { CONTENT_CAP = 1024 * 1024 * 1024, DESTINATIONS = 200, RECIPIENTS_OF_WORK = 1000 };

static unsigned notify_of(const char *text)
{
    unsigned notify = DSN_NOTIFY_DEFAULT;
    if (strstr(text, "NEVER") != NULL)
        return DSN_NOTIFY_NEVER;
    notify |= strstr(text, "SUCCESS") != NULL ? DSN_NOTIFY_SUCCESS : 0;
    notify |= strstr(text, "FAILURE") != NULL ? DSN_NOTIFY_FAILURE : 0;
    notify |= strstr(text, "DELAY") != NULL ? DSN_NOTIFY_DELAY : 0;
    return notify;
}

static bool is_busy(const char *destination, const char *const *busy, size_t busy_count)
{
    for (size_t i = 0; i < busy_count; i++)
        if (ascii_equal_nocase(busy[i], destination))
            return true;
    return false;
}

static enum status work_of_entry(TALLOC_CTX *mem, const struct store_queue_entry *entry, const char *destination, struct queue_work *out)
{
    *out = (struct queue_work){
        .message = entry->id, .destination = destination, .sender = entry->sender, .origin = entry->origin,
        .envelope_id = entry->envelope_id[0] != '\0' ? entry->envelope_id : NULL, .return_full = strcmp(entry->dsn_return, "FULL") == 0,
        .smtputf8 = entry->needs_smtputf8, .body_8bit = entry->needs_8bit, .size = entry->size, .accepted = entry->created,
        .recipient_count = entry->recipient_count,
    };
    out->recipients = array_new(mem, struct queue_recipient, entry->recipient_count + 1);
    if (out->recipients == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue work");
    for (size_t i = 0; i < entry->recipient_count; i++) {
        const struct store_queue_recipient *from = &entry->recipients[i];
        out->recipients[i] = (struct queue_recipient){ .id = from->id, .address = from->address, .notify = notify_of(from->dsn_notify),
                                                       .original_address = from->dsn_orcpt[0] != '\0' ? from->dsn_orcpt : NULL,
                                                       .delay_notice_sent = from->delay_reported };
        if (from->attempts > out->attempts)
            out->attempts = from->attempts;
    }
    return STATUS_OK;
}

static enum status due_destinations(TALLOC_CTX *mem, struct groupware *groupware, struct store_queue_destination **out, size_t *count)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_queue_due_destinations(mem, tx, DESTINATIONS, out, count);
    talloc_free(tx);
    return status;
}

enum status queue_lease(TALLOC_CTX *mem, struct groupware *groupware, int64_t seconds, size_t limit, const char *const *busy, size_t busy_count,
                        struct queue_work **out, size_t *count)
{
    struct store_queue_destination *due = NULL;
    size_t due_count = 0;
    *count = 0;
    *out = array_new(mem, struct queue_work, limit + 1);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue work");
    TRY(due_destinations(mem, groupware, &due, &due_count));
    for (size_t i = 0; i < due_count && *count < limit; i++) {
        struct store_queue_entry *entry = NULL;
        if (is_busy(due[i].destination, busy, busy_count))
            continue;
        TRY(store_queue_lease(mem, groupware->store, due[i].destination, groupware->worker, RECIPIENTS_OF_WORK, seconds * 1000000, &entry));
        if (entry != NULL)
            TRY(work_of_entry(mem, entry, due[i].destination, &(*out)[(*count)++]));
    }
    return STATUS_OK;
}

/* Return-Path is for final delivery only [RFC 5321] 4.4. */
static struct slice without_return_path(struct slice mime)
{
    static const char name[] = "Return-Path:";
    if (mime.length < sizeof name - 1 || !slice_equal(slice_part(mime, 0, sizeof name - 1), slice_of(name, sizeof name - 1)))
        return mime;
    ptrdiff_t end = slice_find_byte(mime, '\n');
    return end >= 0 ? slice_part(mime, (size_t)end + 1, mime.length) : mime;
}

enum status queue_content(TALLOC_CTX *mem, struct groupware *groupware, int64_t message, struct slice *mime)
{
    struct transaction *tx = NULL;
    struct store_queue_entry entry;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_queue_show(mem, tx, message, &entry);
    if (status == STATUS_OK)
        status = blob_read(mem, tx, entry.mime_blob, CONTENT_CAP, mime);
    talloc_free(tx);
    if (status == STATUS_OK)
        *mime = without_return_path(*mime);
    return status;
}

/* One notice for each outcome of one attempt, whoever repeats it: the retry key is made of what it tells, not of its bytes. */
static struct hash256 identity_of_notice(const struct queue_work *work, const struct queue_result *results, size_t count)
{
    uint8_t sum[32] = { 0 };
    for (size_t i = 0; i < count; i++) {
        struct { int64_t message, recipient, outcome; } told = { work->message, results[i].recipient, (int64_t)results[i].outcome };
        struct hash256 hash = hash_sha256(slice_of(&told, sizeof told));
        for (size_t b = 0; b < sizeof sum; b++)
            sum[b] ^= hash.bytes[b];
    }
    return hash_sha256(slice_of(sum, sizeof sum));
}

/* The notice is durable before the results are recorded: a crash in between repeats the attempt's end, and the retry key keeps the second notice out. */
static enum status accept_notice(TALLOC_CTX *mem, struct groupware *groupware, const struct queue_work *work, const struct hash256 *identity,
                                 struct slice notice)
{
    struct envelope_recipient to = { .address = work->sender, .notify = DSN_NOTIFY_NEVER };
    struct envelope envelope = { .sender = "", .recipients = &to, .recipient_count = 1, .client = "queue", .protocol = "", .greeting = "" };
    struct accept_options options = { .identity = identity };
    enum status status = deliver_route(mem, groupware, work->sender, &to.route);
    if (status == STATUS_RECIPIENT_NOT_FOUND) /* nobody to tell: a notice about a notice is never sent */
        return STATUS_OK;
    if (status != STATUS_OK && status != STATUS_QUOTA_EXCEEDED)
        return status;
    return accept_message(mem, groupware, &envelope, notice, &options);
}

static const enum store_outcome outcomes[] = { [QUEUE_SENT] = OUTCOME_DELIVERED, [QUEUE_DEFER] = OUTCOME_DEFERRED, [QUEUE_FAIL] = OUTCOME_FAILED };

static enum status record(TALLOC_CTX *mem, struct groupware *groupware, const struct queue_work *work, const struct queue_result *results, size_t count)
{
    struct transaction *tx = NULL;
    struct store_queue_result *rows = array_new(mem, struct store_queue_result, count + 1);
    if (rows == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue results");
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct store_queue_result){ .recipient = results[i].recipient, .outcome = outcomes[results[i].outcome],
                                               .next_attempt = results[i].retry, .delay_reported = results[i].delay_notice, .reply = results[i].text,
                                               .status = results[i].enhanced, .host = results[i].host };
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_WRITE, &tx));
    TRY(store_queue_record(tx, work->message, groupware->worker, rows, count));
    return transaction_commit(tx);
}

enum status queue_record(struct groupware *groupware, const struct queue_work *work, const struct queue_result *results, size_t count,
                         struct slice notice)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct hash256 identity = identity_of_notice(work, results, count);
    enum status status = STATUS_OK;
    if (notice.length > 0 && work->sender[0] != '\0')
        status = accept_notice(mem, groupware, work, &identity, notice);
    if (status == STATUS_OK)
        status = record(mem, groupware, work, results, count);
    talloc_free(mem);
    return status;
}

enum status queue_next_due(struct groupware *groupware, instant *when)
{
    struct transaction *tx = NULL;
    struct store_queue_statistics statistics;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status status = transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx);
    if (status == STATUS_OK)
        status = store_queue_statistics(tx, &statistics);
    *when = status == STATUS_OK ? statistics.next_due : 0;
    talloc_free(mem);
    return status;
}
