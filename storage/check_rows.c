#include <stdio.h>

#include "check_private.h"
#include "bourse/storage/folder.h"

#define REPAIR_ROUNDS_MAX 10000

enum scope { MAILBOX_ROWS, SHARED_ROWS };

/* Kinds without one statement that repairs. */
#define STATEMENT_NONE ((enum statement)STATEMENT_COUNT)
#define STATEMENT_NONE_BUT_LOOP ((enum statement)(STATEMENT_COUNT + 1)) /* check_unreachable_folders: one folder a round */

struct check_kind {
    enum scope scope;
    const char *kind;
    enum statement find, repair;
    const char *text;
};

static const struct check_kind kinds[] = {
#define CHECK_KIND(scope, kind, find, repair, text) { scope, kind, STATEMENT_##find, STATEMENT_##repair, text },
#include "check_kinds.def"
#undef CHECK_KIND
};

static enum scope scope_of(int64_t mailbox)
{
    return mailbox != 0 ? MAILBOX_ROWS : SHARED_ROWS;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* texts of check_kinds.def have two %lld */
static void report_pair(struct check *check, const struct check_kind *kind, const struct sql_check_lost_items_out *pair)
{
    char detail[200];
    snprintf(detail, sizeof detail, kind->text, (long long)pair->first, (long long)pair->second);
    check_report(check, kind->kind, kind->repair != STATEMENT_NONE, "%s", detail);
}
#pragma GCC diagnostic pop

static enum status run_kind(struct check *check, const struct check_kind *kind)
{
    struct result *result = NULL;
    struct sql_check_lost_items_in in = { .mailbox = check->mailbox };
    TRY(tx_call(check->tx, check->mem, &result, kind->find, &in));
    for (int i = 0; i < result->row_count; i++) {
        struct sql_check_lost_items_out pair;
        result_read(result, i, kind->find, &pair);
        report_pair(check, kind, &pair);
    }
    talloc_free(result);
    return STATUS_OK;
}

static enum status check_special_folders(struct check *check)
{
    static const int32_t roles[] = {
#define FOLDER_ROLE(name, number, ...) number,
#include "bourse/model/folder_roles.def"
#undef FOLDER_ROLE
    };
    struct result *result = NULL;
    TRY(TX_RUN(check->tx, check->mem, &result, check_special_folders, .mailbox = check->mailbox, .roles = { roles, ARRAY_LENGTH(roles) }));
    for (int i = 0; i < result->row_count; i++) {
        struct sql_check_special_folders_out row;
        result_read(result, i, STATEMENT_check_special_folders, &row);
        check_report(check, "special_folder", false, "the special folder of role %lld is not there", (long long)row.first);
    }
    talloc_free(result);
    return STATUS_OK;
}

enum status check_rows(struct check *check)
{
    enum scope scope = scope_of(check->mailbox);
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (kinds[i].scope == scope)
            TRY(run_kind(check, &kinds[i]));
    return scope == MAILBOX_ROWS ? check_special_folders(check) : STATUS_OK;
}

/* ---- repairs ---- */

static enum status reach_folders(struct transaction *tx, int64_t mailbox)
{
    int found = 1;
    for (int round = 0; round < REPAIR_ROUNDS_MAX && found > 0; round++) {
        struct result *result = NULL;
        TRY(TX_RUN(tx, tx, &result, repair_unreachable_folder, .mailbox = mailbox));
        found = result->row_count;
        talloc_free(result);
    }
    return STATUS_OK;
}

static enum status repair_kind(struct transaction *tx, int64_t mailbox, const struct check_kind *kind)
{
    if (kind->repair == STATEMENT_NONE)
        return STATUS_OK;
    if (kind->repair == STATEMENT_NONE_BUT_LOOP)
        return reach_folders(tx, mailbox);
    struct sql_repair_lost_items_in in = { .mailbox = mailbox };
    return tx_call(tx, tx, NULL, kind->repair, &in);
}

/* The mailbox row is locked, but its counters are not taken over: the repairs change them themselves. */
static enum status repair_in(struct transaction *tx, int64_t mailbox)
{
    if (mailbox != 0)
        TRY(TX_RUN(tx, tx, NULL, mailbox_lock, .mailboxes = { &mailbox, 1 }));
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (kinds[i].scope == scope_of(mailbox))
            TRY(repair_kind(tx, mailbox, &kinds[i]));
    return transaction_commit(tx);
}

enum status check_repair_rows(struct store *store, int64_t mailbox)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(NULL, store, TRANSACTION_WRITE, &tx));
    enum status status = repair_in(tx, mailbox);
    talloc_free(tx);
    return status;
}
