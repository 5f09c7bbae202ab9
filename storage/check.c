#include "bourse/storage/check.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>

#include "bourse/base/hash.h"
#include "bourse/storage/blob.h"
#include "check_private.h"

/* Findings of this file: folder_counters, mailbox_size (repaired); item_without_body, orphan_row, folder_without_parent, change_number,
 * blob_missing, blob_hash, blob_unreadable; blob_references, blob_without_lease (repaired), queue_row. Those of check_rows.c are in
 * check_kinds.def; check_content.c: properties_unreadable, value_references, attachment_unreadable, folder_unreadable; check_index.c: item_index
 * (repaired). */

#define PAGE CHECK_PAGE
#define LEASE (1 * INSTANT_PER_HOUR)

void check_report(struct check *check, const char *kind, bool can_repair, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *detail = talloc_vasprintf(check->mem, format, arguments);
    va_end(arguments);
    bool repaired = can_repair && check->repair;
    check->result->findings++;
    check->result->repaired += repaired;
    if (check->found != NULL)
        check->found(&(struct check_finding){ .mailbox = check->mailbox, .kind = kind, .detail = detail != NULL ? detail : "",
                                              .can_repair = can_repair, .repaired = repaired }, check->data);
    talloc_free(detail);
}

/* Checks that give pairs (what, detail). */
struct pair_check {
    enum statement statement;
    const char *kind;
    const char *text; /* with two %lld */
    bool can_repair;
};

static const struct pair_check mailbox_checks[] = {
    { STATEMENT_check_item_body, "item_without_body", "item %lld of folder %lld has no body row", false },
    { STATEMENT_check_orphans, "orphan_row", "rows of item %lld, which is not there (%lld)", false },
    { STATEMENT_check_folder_parent, "folder_without_parent", "folder %lld: parent %lld is not there", false },
    { STATEMENT_check_change_numbers, "change_number", "item %lld (folder %lld): change number is repeated or not positive", false },
    { STATEMENT_check_blobs_missing, "blob_missing", "item %lld: blob %lld is missing or incomplete", false },
};

static const struct pair_check shared_checks[] = {
    { STATEMENT_check_blob_references, "blob_references", "blob %lld: %lld more references than it counts", true },
    { STATEMENT_check_blob_leases, "blob_without_lease", "blob %lld has no reference and no lease (%lld)", true },
    { STATEMENT_check_queue, "queue_row", "queue entry %lld: without recipients (0), content (1) or entry (2): %lld", false },
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static enum status run_pairs(struct check *check, const struct pair_check *pairs, size_t count, const void *in)
{
    for (size_t i = 0; i < count; i++) {
        struct result *result = NULL;
        TRY(tx_call(check->tx, check->mem, &result, pairs[i].statement, in));
        for (int r = 0; r < result->row_count; r++) {
            struct sql_check_item_body_out row;
            result_read(result, r, STATEMENT_check_item_body, &row);
            char detail[200];
            snprintf(detail, sizeof detail, pairs[i].text, (long long)row.item, (long long)row.folder);
            check_report(check, pairs[i].kind, pairs[i].can_repair, "%s", detail);
        }
        talloc_free(result);
    }
    return STATUS_OK;
}
#pragma GCC diagnostic pop

static enum status check_counters(struct check *check)
{
    struct result *result = NULL;
    TRY(TX_RUN(check->tx, check->mem, &result, check_folder_counters, .mailbox = check->mailbox));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_check_folder_counters_out row;
        result_read(result, r, STATEMENT_check_folder_counters, &row);
        check_report(check, "folder_counters", true, "folder %lld counts %lld items, %lld unread, %lld hidden, %lld bytes; there are %lld, %lld, %lld, %lld",
               (long long)row.folder, (long long)row.live, (long long)row.unread, (long long)row.fai, (long long)row.bytes,
               (long long)row.real_live, (long long)row.real_unread, (long long)row.real_fai, (long long)row.real_bytes);
    }
    TRY(TX_RUN(check->tx, check->mem, &result, check_mailbox_size, .mailbox = check->mailbox));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_check_mailbox_size_out row;
        result_read(result, r, STATEMENT_check_mailbox_size, &row);
        check_report(check, "mailbox_size", true, "mailbox counts %lld bytes, %lld recoverable, %lld items; there are %lld, %lld, %lld",
               (long long)row.size, (long long)row.recoverable, (long long)row.items, (long long)row.real_size,
               (long long)row.real_recoverable, (long long)row.real_items);
    }
    return STATUS_OK;
}

static enum status digest_chunk(struct slice chunk, void *data)
{
    EVP_DigestUpdate(data, chunk.data, chunk.length);
    return STATUS_OK;
}

static enum status check_blob(struct check *check, int64_t blob)
{
    struct blob_ref ref;
    struct hash256 hash;
    enum status status = blob_get(check->tx, blob, &ref);
    if (status == STATUS_BLOB_NOT_FOUND)
        return STATUS_OK; /* reported as missing */
    TRY(status);
    check->result->blobs++;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    status = blob_stream(check->tx, blob, digest_chunk, digest);
    EVP_DigestFinal_ex(digest, hash.bytes, NULL);
    EVP_MD_CTX_free(digest);
    if (status == STATUS_CORRUPT || status == STATUS_BLOB_NOT_FOUND)
        check_report(check, "blob_unreadable", false, "blob %lld cannot be read", (long long)blob);
    else if (status != STATUS_OK)
        return status;
    else if (!hash_equal(hash, ref.hash))
        check_report(check, "blob_hash", false, "blob %lld does not have the content that its hash says", (long long)blob);
    return STATUS_OK;
}

static enum status check_hashes(struct check *check)
{
    int64_t after = 0;
    for (int rows = PAGE; rows == PAGE;) {
        struct result *result = NULL;
        if (check->mailbox != 0)
            TRY(TX_RUN(check->tx, check->mem, &result, check_blob_page, .mailbox = check->mailbox, .after = after, .limit = PAGE));
        else
            TRY(TX_RUN(check->tx, check->mem, &result, check_all_blob_page, .after = after, .limit = PAGE));
        rows = result->row_count;
        for (int r = 0; r < rows; r++) {
            struct sql_check_blob_page_out row;
            result_read(result, r, STATEMENT_check_blob_page, &row);
            after = row.blob;
            TRY(check_blob(check, row.blob));
        }
        talloc_free(result);
    }
    return STATUS_OK;
}

static enum status look_at_mailbox(struct check *check, bool hashes)
{
    struct result *result = NULL;
    struct sql_check_counts_out counts;
    struct sql_check_item_body_in in = { .mailbox = check->mailbox };
    TRY(TX_RUN(check->tx, check->mem, &result, check_counts, .mailbox = check->mailbox));
    result_read(result, 0, STATEMENT_check_counts, &counts);
    check->result->items = counts.items;
    check->result->folders = counts.folders;
    TRY(check_counters(check));
    TRY(run_pairs(check, mailbox_checks, ARRAY_LENGTH(mailbox_checks), &in));
    TRY(check_rows(check));
    TRY(check_content(check));
    TRY(check_indexes(check));
    return hashes ? check_hashes(check) : STATUS_OK;
}

static enum status repair_mailbox(struct transaction *tx, int64_t mailbox)
{
    TRY(store_mailbox_lock(tx, mailbox, NULL));
    TRY(TX_SEND(tx, repair_folder_counters, .mailbox = mailbox));
    TRY(TX_SEND(tx, repair_mailbox_size, .mailbox = mailbox));
    TRY(check_repair_indexes(tx, mailbox));
    return transaction_commit(tx);
}

static enum status begin(struct check *check)
{
    *check->result = (struct check_result){ 0 };
    check->mem = talloc_new(NULL);
    return transaction_begin(check->mem, check->store, TRANSACTION_READ, &check->tx);
}

/* Ends the reading; what was found is repaired in a transaction of its own, from what is true by then. */
static enum status finish(struct check *check, enum status status, enum status (*repair)(struct transaction *tx, int64_t mailbox))
{
    TALLOC_FREE(check->tx);
    struct transaction *tx = NULL;
    if (status == STATUS_OK && check->result->repaired > 0)
        status = check_repair_rows(check->store, check->mailbox);
    if (status == STATUS_OK && check->result->repaired > 0)
        status = transaction_begin(check->mem, check->store, TRANSACTION_WRITE, &tx);
    if (status == STATUS_OK && tx != NULL)
        status = repair(tx, check->mailbox);
    talloc_free(check->mem);
    return status;
}

enum status check_mailbox(struct store *store, int64_t mailbox, bool hashes, bool repair, void (*found)(const struct check_finding *finding, void *data),
                          void *data, struct check_result *result)
{
    struct check check = { .store = store, .mailbox = mailbox, .repair = repair, .found = found, .data = data, .result = result };
    TRY(begin(&check));
    return finish(&check, look_at_mailbox(&check, hashes), repair_mailbox);
}

static enum status look_at_shared(struct check *check, bool hashes)
{
    struct result *result = NULL;
    struct sql_check_blob_total_out total;
    TRY(tx_call(check->tx, check->mem, &result, STATEMENT_check_blob_total, NULL));
    result_read(result, 0, STATEMENT_check_blob_total, &total);
    TRY(run_pairs(check, shared_checks, ARRAY_LENGTH(shared_checks), NULL));
    TRY(check_rows(check));
    if (hashes)
        TRY(check_hashes(check));
    check->result->blobs = total.blobs;
    return STATUS_OK;
}

/* Writers wait meanwhile: references are counted over all mailboxes. */
static enum status repair_shared(struct transaction *tx, int64_t mailbox)
{
    (void)mailbox;
    TRY(tx_send(tx, STATEMENT_repair_lock_writers, NULL));
    TRY(tx_send(tx, STATEMENT_repair_blob_references, NULL));
    TRY(TX_SEND(tx, repair_blob_leases, .until = clock_now() + LEASE));
    return transaction_commit(tx);
}

enum status check_shared(struct store *store, bool hashes, bool repair, void (*found)(const struct check_finding *finding, void *data), void *data,
                         struct check_result *result)
{
    struct check check = { .store = store, .repair = repair, .found = found, .data = data, .result = result };
    TRY(begin(&check));
    return finish(&check, look_at_shared(&check, hashes), repair_shared);
}
