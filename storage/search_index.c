/* Full text is filled behind deliveries: the position of a mailbox tells up to which change number its items are indexed. A snapshot that
 * shows a last_cn shows all items up to it, so nothing is passed over. */
#include "bourse/storage/search.h"

#include "array_count.h"
#include "bourse/base/log.h"
#include "search_words.h"
#include "transaction_private.h"

#define PORTION 64
#define PENDING_MAX 200

struct indexed_item {
    int64_t item, cn;
    struct search_words words;
    bool is_readable;
};

struct portion {
    int64_t mailbox;
    struct indexed_item items[PORTION];
    size_t count;
    int64_t until; /* position after these */
};

static enum status read_head(TALLOC_CTX *mem, struct transaction *tx, size_t limit, struct portion *portion)
{
    struct result *results[2] = { 0 };
    struct sql_text_head_out head;
    TRY(TX_SEND(tx, text_head, .mailbox = portion->mailbox));
    TRY(TX_SEND(tx, text_items, .mailbox = portion->mailbox, .limit = (int64_t)limit));
    TRY(tx_run(tx, mem, results, 2));
    if (results[0]->row_count == 0)
        return status_fail(STATUS_MAILBOX_NOT_FOUND, "mailbox %lld", (long long)portion->mailbox);
    result_read(results[0], 0, STATEMENT_text_head, &head);
    portion->count = (size_t)results[1]->row_count;
    for (size_t i = 0; i < portion->count; i++) {
        struct sql_text_items_out row;
        result_read(results[1], (int)i, STATEMENT_text_items, &row);
        portion->items[i] = (struct indexed_item){ .item = row.item, .cn = row.cn };
    }
    portion->until = portion->count < limit ? head.last_cn : portion->items[portion->count - 1].cn;
    return STATUS_OK;
}

static enum status take_words(TALLOC_CTX *mem, struct portion *portion, size_t first, size_t count, const struct loaded_message *loaded)
{
    for (size_t i = 0; i < count; i++) {
        struct indexed_item *item = &portion->items[first + i];
        if (loaded[i].message == NULL)
            continue;
        TRY(search_words_of_item(mem, portion->mailbox, &loaded[i], &item->words));
        item->is_readable = true;
    }
    return STATUS_OK;
}

static enum status load_words(TALLOC_CTX *mem, struct transaction *tx, struct portion *portion, size_t first, size_t count)
{
    int64_t ids[PORTION];
    struct loaded_message *loaded = talloc_zero_array(mem, struct loaded_message, PORTION);
    if (loaded == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    for (size_t i = 0; i < count; i++)
        ids[i] = portion->items[first + i].item;
    TRY(store_message_load_many(mem, tx, portion->mailbox, ids, count, SEARCH_WORDS_PARTS, loaded));
    return take_words(mem, portion, first, count, loaded);
}

/* An item that cannot be read must not keep the others out: it stays without words. */
static enum status load_one_by_one(TALLOC_CTX *mem, struct transaction *tx, struct portion *portion)
{
    for (size_t i = 0; i < portion->count; i++) {
        enum status status = load_words(mem, tx, portion, i, 1);
        if (status == STATUS_CORRUPT)
            log_failure(EVENT_STORE_FAILED, status, "mailbox %lld: item %lld is not indexed", (long long)portion->mailbox, (long long)portion->items[i].item);
        else
            TRY(status);
    }
    return STATUS_OK;
}

static enum status read_portion(TALLOC_CTX *mem, struct store *store, size_t limit, struct portion *portion)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(mem, store, TRANSACTION_READ, &tx));
    enum status status = read_head(mem, tx, limit, portion);
    if (status == STATUS_OK && portion->count > 0) {
        status = load_words(mem, tx, portion, 0, portion->count);
        if (status == STATUS_CORRUPT)
            status = load_one_by_one(mem, tx, portion);
    }
    talloc_free(tx);
    return status;
}

static enum status send_portion(struct transaction *tx, const struct portion *portion)
{
    for (size_t i = 0; i < portion->count; i++) {
        const struct indexed_item *item = &portion->items[i];
        if (item->is_readable)
            TRY(TX_SEND(tx, text_store, .mailbox = portion->mailbox, .item = item->item, .cn = item->cn,
                        .words = { item->words.list, item->words.count }));
    }
    return TX_SEND(tx, text_position_store, .mailbox = portion->mailbox, .cn = portion->until);
}

/* Under the mailbox lock, so that no item moves or goes meanwhile. */
static enum status write_portion(TALLOC_CTX *mem, struct store *store, const struct portion *portion)
{
    struct transaction *tx = NULL;
    struct result *result = NULL;
    TRY(transaction_begin(mem, store, TRANSACTION_WRITE, &tx));
    TRY(TX_RUN(tx, mem, &result, mailbox_lock, .mailboxes = { &portion->mailbox, 1 }));
    if (result->row_count > 0)
        TRY(send_portion(tx, portion));
    TRY(transaction_commit(tx));
    talloc_free(tx);
    return STATUS_OK;
}

/* One mailbox, until `limit` items are done or it has no more. */
static enum status index_mailbox(struct store *store, int64_t mailbox, size_t limit, size_t *done)
{
    for (bool more = true; more && *done < limit;) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct portion *portion = talloc_zero(mem, struct portion);
        if (portion == NULL) {
            talloc_free(mem);
            return status_fail(STATUS_NO_MEMORY, "full text");
        }
        portion->mailbox = mailbox;
        size_t wanted = limit - *done < PORTION ? limit - *done : PORTION;
        enum status status = read_portion(mem, store, wanted, portion);
        if (status == STATUS_OK)
            status = write_portion(mem, store, portion);
        *done += portion->count;
        more = portion->count == wanted;
        talloc_free(mem);
        TRY(status);
    }
    return STATUS_OK;
}

static enum status pending_mailboxes(struct store *store, int64_t mailboxes[PENDING_MAX], size_t *count)
{
    struct transaction *tx = NULL;
    struct result *result = NULL;
    TRY(transaction_begin(NULL, store, TRANSACTION_READ, &tx));
    enum status status = TX_RUN(tx, tx, &result, text_pending, .limit = PENDING_MAX);
    *count = status == STATUS_OK ? (size_t)result->row_count : 0;
    for (size_t i = 0; i < *count; i++) {
        struct sql_text_pending_out row;
        result_read(result, (int)i, STATEMENT_text_pending, &row);
        mailboxes[i] = row.mailbox;
    }
    talloc_free(tx);
    return status;
}

enum status search_index_slice(struct store *store, size_t limit, size_t *done)
{
    int64_t mailboxes[PENDING_MAX];
    size_t count = 0;
    *done = 0;
    TRY(pending_mailboxes(store, mailboxes, &count)); /* those with the least to do first */
    for (size_t i = 0; i < count && *done < limit; i++) {
        size_t of_mailbox = 0, share = (limit - *done + count - i - 1) / (count - i);
        enum status status = index_mailbox(store, mailboxes[i], share, &of_mailbox);
        *done += of_mailbox;
        if (status != STATUS_MAILBOX_NOT_FOUND) /* deleted meanwhile */
            TRY(status);
    }
    return STATUS_OK;
}
