#include "bourse/storage/settings.h"

#include "array_count.h"
#include "bourse/base/text.h"
#include "transaction_private.h"

/* ---- user configurations ---- */

enum status user_config_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, const char *name, struct slice *out)
{
    struct result *result = NULL;
    struct sql_user_config_read_out row;
    TRY(TX_RUN(tx, mem, &result, user_config_read, .mailbox = mailbox, .folder = folder, .name = name));
    if (result->row_count == 0)
        return status_fail(STATUS_NOT_FOUND, "configuration %s", name);
    result_read(result, 0, STATEMENT_user_config_read, &row);
    *out = row.value;
    return STATUS_OK;
}

enum status user_config_set(struct transaction *tx, int64_t mailbox, int64_t folder, const char *name, struct slice value)
{
    struct locked_mailbox *locked = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    if (value.length == 0)
        return TX_SEND(tx, user_config_remove, .mailbox = mailbox, .folder = folder, .name = name);
    return TX_SEND(tx, user_config_put, .mailbox = mailbox, .folder = folder, .name = name, .value = value);
}

/* ---- subscriptions ---- */

enum status store_subscription_add(struct transaction *tx, const struct store_subscription *subscription)
{
    return TX_SEND(tx, subscription_insert, .mailbox = subscription->mailbox, .id = subscription->id, .owner = subscription->owner,
                   .kinds = subscription->kinds, .folders = { subscription->folders, subscription->folder_count },
                   .all_folders = subscription->folder_count == 0, .is_streaming = subscription->is_streaming,
                   .watermark = subscription->watermark, .expires = subscription->expires, .timeout_minutes = subscription->timeout_minutes);
}

enum status store_subscription_get(TALLOC_CTX *mem, struct transaction *tx, struct guid id, struct store_subscription *out)
{
    struct result *result = NULL;
    struct sql_subscription_read_out row;
    TRY(TX_RUN(tx, mem, &result, subscription_read, .id = id));
    if (result->row_count == 0)
        return status_fail(STATUS_SUBSCRIPTION_NOT_FOUND, "subscription");
    result_read(result, 0, STATEMENT_subscription_read, &row);
    *out = (struct store_subscription){
        .id = id, .mailbox = row.mailbox, .owner = row.owner, .kinds = (uint32_t)row.kinds, .folders = row.all_folders ? NULL : row.folders.items,
        .folder_count = row.folders.count, .watermark = row.watermark, .expires = row.expires, .timeout_minutes = row.timeout_minutes,
        .is_streaming = row.is_streaming,
    };
    return row.expires < clock_now() ? status_fail(STATUS_EXPIRED_SUBSCRIPTION, "subscription") : STATUS_OK;
}

enum status store_subscription_touch(struct transaction *tx, struct guid id, int64_t watermark, instant expires)
{
    return TX_SEND(tx, subscription_update, .id = id, .watermark = watermark, .expires = expires);
}

enum status store_subscription_remove(struct transaction *tx, struct guid id)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, subscription_delete, .id = id));
    return result->affected > 0 ? STATUS_OK : status_fail(STATUS_SUBSCRIPTION_NOT_FOUND, "subscription");
}

/* ---- custom named properties ---- */

#define CUSTOM_NAMES_MAX 24576

struct names {
    struct guid *sets;
    bool *is_string;
    int64_t *lids;
    const char **names;
};

static enum status fill_names(TALLOC_CTX *mem, const struct property_name *names, size_t count, struct names *out)
{
    out->sets = talloc_array(mem, struct guid, array_count(count + 1));
    out->is_string = talloc_array(mem, bool, array_count(count + 1));
    out->lids = talloc_array(mem, int64_t, array_count(count + 1));
    out->names = talloc_array(mem, const char *, array_count(count + 1));
    if (out->sets == NULL || out->is_string == NULL || out->lids == NULL || out->names == NULL)
        return status_fail(STATUS_NO_MEMORY, "property names");
    for (size_t i = 0; i < count; i++) {
        out->sets[i] = names[i].set;
        out->is_string[i] = names[i].is_string;
        out->lids[i] = names[i].is_string ? 0 : names[i].lid;
        out->names[i] = names[i].is_string ? names[i].name : "";
    }
    return STATUS_OK;
}

static bool same_name(const struct names *names, size_t a, size_t b)
{
    return guid_equal(names->sets[a], names->sets[b]) && names->is_string[a] == names->is_string[b] && names->lids[a] == names->lids[b] &&
           strcmp(names->names[a], names->names[b]) == 0;
}

static enum status create_names(struct transaction *tx, int64_t mailbox, const struct names *names, size_t count, uint16_t *out)
{
    struct result *result = NULL;
    struct sql_named_prop_highest_out highest;
    struct locked_mailbox *locked = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(TX_RUN(tx, tx, &result, named_prop_highest, .mailbox = mailbox, .first = PROP_FIRST_CUSTOM_ID));
    result_read(result, 0, STATEMENT_named_prop_highest, &highest);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i && out[i] == 0; j++)
            if (same_name(names, i, j))
                out[i] = out[j];
        if (out[i] != 0)
            continue;
        if (++highest.id >= PROP_FIRST_CUSTOM_ID + CUSTOM_NAMES_MAX)
            return status_fail(STATUS_LIMIT_EXCEEDED, "custom property names of mailbox %lld", (long long)mailbox);
        out[i] = (uint16_t)highest.id;
        TRY(TX_SEND(tx, named_prop_insert, .mailbox = mailbox, .id = highest.id, .set = names->sets[i], .is_string = names->is_string[i],
                    .lid = names->lids[i], .name = names->names[i]));
    }
    return STATUS_OK;
}

enum status named_props_get_ids(struct transaction *tx, int64_t mailbox, const struct property_name *names, size_t count, bool create, uint16_t *out)
{
    struct names columns;
    struct result *result = NULL;
    size_t missing = 0;
    for (size_t i = 0; i < count; i++) {
        out[i] = prop_id(property_tag_of_name(&names[i]));
        missing += out[i] == 0;
    }
    if (missing == 0)
        return STATUS_OK;
    TRY(fill_names(tx, names, count, &columns));
    TRY(TX_RUN(tx, tx, &result, named_props_by_name, .mailbox = mailbox, .sets = { columns.sets, count }, .is_string = { columns.is_string, count },
               .lids = { columns.lids, count }, .names = { columns.names, count }));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_named_props_by_name_out row;
        result_read(result, r, STATEMENT_named_props_by_name, &row);
        if (row.number >= 1 && row.number <= (int64_t)count && out[row.number - 1] == 0) {
            out[row.number - 1] = (uint16_t)row.id;
            missing--;
        }
    }
    return missing > 0 && create ? create_names(tx, mailbox, &columns, count, out) : STATUS_OK;
}

enum status named_props_get_names(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const uint16_t *ids, size_t count, struct property_name *out)
{
    struct result *result = NULL;
    int32_t *wanted = talloc_array(mem, int32_t, array_count(count + 1));
    if (wanted == NULL)
        return status_fail(STATUS_NO_MEMORY, "property ids");
    memset(out, 0, count * sizeof *out);
    for (size_t i = 0; i < count; i++)
        wanted[i] = property_name_of_id(ids[i], &out[i]) ? 0 : ids[i];
    TRY(TX_RUN(tx, mem, &result, named_props_by_id, .mailbox = mailbox, .ids = { wanted, count }));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_named_props_by_id_out row;
        result_read(result, r, STATEMENT_named_props_by_id, &row);
        for (size_t i = 0; i < count; i++)
            if (wanted[i] == row.id)
                out[i] = (struct property_name){ .set = row.set, .is_string = row.is_string, .lid = (uint32_t)row.lid, .name = row.name };
    }
    return STATUS_OK;
}

/* ---- rules ---- */

enum status store_rule_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct stored_rule **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, rules_read, .mailbox = mailbox, .folder = folder));
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct stored_rule, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "rules");
    for (size_t i = 0; i < *count; i++) {
        struct sql_rules_read_out row;
        result_read(result, (int)i, STATEMENT_rules_read, &row);
        (*out)[i] = (struct stored_rule){ .id = row.id, .sequence = row.sequence, .state = (uint32_t)row.state, .name = row.name,
                                          .provider = row.provider, .condition = row.condition, .actions = row.actions, .extra = row.extra };
    }
    return STATUS_OK;
}

static struct slice never_null(struct slice bytes)
{
    return bytes.data != NULL ? bytes : slice_of("", 0);
}

enum status store_rule_save(struct transaction *tx, int64_t mailbox, int64_t folder, const struct stored_rule *rule, int64_t *id)
{
    struct locked_mailbox *locked = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    *id = rule->id != 0 ? rule->id : locked->next_object_id++;
    return TX_SEND(tx, rule_put, .mailbox = mailbox, .folder = folder, .id = *id, .sequence = rule->sequence, .state = rule->state,
                   .name = rule->name != NULL ? rule->name : "", .provider = rule->provider != NULL ? rule->provider : "",
                   .condition = never_null(rule->condition), .actions = never_null(rule->actions), .extra = never_null(rule->extra));
}

enum status store_rule_delete(struct transaction *tx, int64_t mailbox, int64_t folder, int64_t id)
{
    struct locked_mailbox *locked = NULL;
    struct result *result = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(TX_RUN(tx, tx, &result, rule_remove, .mailbox = mailbox, .folder = folder, .id = id));
    return result->affected > 0 ? STATUS_OK : status_fail(STATUS_NOT_FOUND, "rule %lld", (long long)id);
}

/* ---- automatic answers ---- */

enum status store_autoreply_seen(struct transaction *tx, int64_t mailbox, const char *sender, instant since, bool *first)
{
    struct result *result = NULL;
    char *folded = talloc_strdup(tx, sender);
    if (folded == NULL)
        return status_fail(STATUS_NO_MEMORY, "sender");
    ascii_lower(folded);
    TRY(TX_RUN(tx, tx, &result, autoreply_note, .mailbox = mailbox, .sender = folded, .since = since, .now = clock_now()));
    *first = result->row_count > 0;
    talloc_free(folded);
    return STATUS_OK;
}

enum status store_autoreply_reset(struct transaction *tx, int64_t mailbox)
{
    return TX_SEND(tx, autoreply_forget, .mailbox = mailbox);
}
