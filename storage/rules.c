#include "bourse/storage/settings.h"
#include "array_count.h"
#include "transaction_private.h"

#define RULE_MAX_BYTES ((size_t)1024 * 1024)

static bool fill(TALLOC_CTX *mem, const struct sql_rules_read_out *row, struct stored_rule *out)
{
    *out = (struct stored_rule){
        .id = row->id, .sequence = row->sequence, .state = (uint32_t)row->state, .name = talloc_strdup(mem, row->name),
        .provider = talloc_strdup(mem, row->provider), .condition = slice_copy(mem, row->condition),
        .actions = slice_copy(mem, row->actions), .extra = slice_copy(mem, row->extra),
    };
    return out->name != NULL && out->provider != NULL && (out->condition.data != NULL || row->condition.length == 0) &&
           (out->actions.data != NULL || row->actions.length == 0) && (out->extra.data != NULL || row->extra.length == 0);
}

enum status store_rule_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct stored_rule **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, rules_read, .mailbox = mailbox, .folder = folder));
    struct stored_rule *list = talloc_zero_array(mem, struct stored_rule, array_count((size_t)result->row_count + 1));
    bool fine = list != NULL;
    for (int i = 0; i < result->row_count && fine; i++) {
        struct sql_rules_read_out row;
        result_read(result, i, STATEMENT_rules_read, &row);
        fine = fill(list, &row, &list[i]);
    }
    *count = (size_t)result->row_count;
    *out = list;
    talloc_free(result);
    return fine ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rules");
}

static struct slice not_null(struct slice bytes)
{
    return bytes.data != NULL ? bytes : slice_of("", 0);
}

/* The statements have the same parameters. */
_Static_assert(sizeof(struct sql_rule_insert_in) == sizeof(struct sql_rule_update_in), "parameters of rules differ");

enum status store_rule_save(struct transaction *tx, int64_t mailbox, int64_t folder, const struct stored_rule *rule, int64_t *id)
{
    struct locked_mailbox *locked = NULL;
    struct result *result = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    if (rule->condition.length + rule->actions.length + rule->extra.length > RULE_MAX_BYTES)
        return status_fail(STATUS_LIMIT_EXCEEDED, "rule of more than %zu bytes", RULE_MAX_BYTES);
    bool is_new = rule->id == 0;
    struct sql_rule_insert_in row = {
        .mailbox = mailbox, .folder = folder, .id = is_new ? tx_next_folder_id(locked) : rule->id, .sequence = rule->sequence,
        .state = (int64_t)rule->state, .name = rule->name != NULL ? rule->name : "", .provider = rule->provider != NULL ? rule->provider : "",
        .condition = not_null(rule->condition), .actions = not_null(rule->actions), .extra = not_null(rule->extra),
    };
    TRY(tx_call(tx, tx, &result, is_new ? STATEMENT_rule_insert : STATEMENT_rule_update, &row));
    bool done = result->row_count > 0;
    talloc_free(result);
    if (!done)
        return is_new ? status_fail(STATUS_FOLDER_NOT_FOUND, "folder %lld", (long long)folder)
                      : status_fail(STATUS_NOT_FOUND, "rule %lld of folder %lld", (long long)rule->id, (long long)folder);
    if (id != NULL)
        *id = row.id;
    return STATUS_OK;
}

enum status store_rule_delete(struct transaction *tx, int64_t mailbox, int64_t folder, int64_t id)
{
    struct locked_mailbox *locked = NULL;
    struct result *result = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(TX_RUN(tx, tx, &result, rule_remove, .mailbox = mailbox, .folder = folder, .id = id));
    bool found = result->row_count > 0;
    talloc_free(result);
    return found ? STATUS_OK : status_fail(STATUS_NOT_FOUND, "rule %lld of folder %lld", (long long)id, (long long)folder);
}
