#include "bourse/storage/settings.h"

#include "array_count.h"
#include "bourse/base/text.h"
#include "transaction_private.h"

#define CUSTOM_MAX 24576
#define NAME_MAX_BYTES 1024
#define FIRST_NAMED_ID 0x8000

/* Names that the mailbox's own table decides about. */
struct custom {
    struct guid *sets;
    bool *is_string;
    int64_t *lids;
    const char **names;
    size_t *at; /* which of the caller's */
    size_t count;
};

static bool custom_new(TALLOC_CTX *mem, size_t count, struct custom *out)
{
    unsigned room = array_count(count + 1);
    *out = (struct custom){ .sets = talloc_array(mem, struct guid, room), .is_string = talloc_array(mem, bool, room),
                            .lids = talloc_array(mem, int64_t, room), .names = talloc_array(mem, const char *, room),
                            .at = talloc_array(mem, size_t, room) };
    return out->sets != NULL && out->is_string != NULL && out->lids != NULL && out->names != NULL && out->at != NULL;
}

static bool is_set(struct guid set, const char *name)
{
    struct guid known;
    return property_set_guid(name, &known) && guid_equal(set, known);
}

/* Ids below 0x8000 are names of this set [MS-OXCPRPT] 3.2.5.9. */
static bool is_tag_name(const struct property_name *name)
{
    return !name->is_string && name->lid < FIRST_NAMED_ID && is_set(name->set, "PS_MAPI");
}

static enum status add_custom(TALLOC_CTX *mem, struct custom *custom, const struct property_name *name, size_t at)
{
    const char *text = name->is_string ? name->name : "";
    if (name->is_string && (text == NULL || text[0] == '\0' || strlen(text) > NAME_MAX_BYTES || !utf8_is_valid(slice_of_text(text))))
        return status_fail(STATUS_INVALID_ARGUMENT, "name of a property");
    if (name->is_string && is_set(name->set, "PS_INTERNET_HEADERS")) { /* header names know no case */
        char *lower = talloc_strdup(mem, text);
        if (lower == NULL)
            return status_fail(STATUS_NO_MEMORY, "name of a property");
        ascii_lower(lower);
        text = lower;
    }
    size_t n = custom->count++;
    custom->sets[n] = name->set;
    custom->is_string[n] = name->is_string;
    custom->lids[n] = name->is_string ? 0 : (int64_t)name->lid;
    custom->names[n] = text;
    custom->at[n] = at;
    return STATUS_OK;
}

static enum status find(struct transaction *tx, int64_t mailbox, const struct custom *custom, uint16_t *out)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, tx, &result, named_props_by_name, .mailbox = mailbox, .set = { custom->sets, custom->count },
               .is_string = { custom->is_string, custom->count }, .lid = { custom->lids, custom->count },
               .name = { custom->names, custom->count }));
    for (int i = 0; i < result->row_count; i++) {
        struct sql_named_props_by_name_out row;
        result_read(result, i, STATEMENT_named_props_by_name, &row);
        out[custom->at[row.position - 1]] = (uint16_t)row.prop_id;
    }
    talloc_free(result);
    return STATUS_OK;
}

static enum status add(struct transaction *tx, int64_t mailbox, const struct custom *custom)
{
    struct result *result = NULL;
    struct locked_mailbox *locked = NULL;
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(TX_RUN(tx, tx, &result, named_props_add, .mailbox = mailbox, .first = PROP_FIRST_CUSTOM_ID, .most = CUSTOM_MAX,
               .set = { custom->sets, custom->count }, .is_string = { custom->is_string, custom->count },
               .lid = { custom->lids, custom->count }, .name = { custom->names, custom->count }));
    bool too_many = result->row_count > 0;
    talloc_free(result);
    return too_many ? status_fail(STATUS_LIMIT_EXCEEDED, "mailbox %lld has %d named properties", (long long)mailbox, CUSTOM_MAX) : STATUS_OK;
}

static bool all_found(const struct custom *custom, const uint16_t *out)
{
    for (size_t i = 0; i < custom->count; i++)
        if (out[custom->at[i]] == 0)
            return false;
    return true;
}

static enum status get_ids(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct property_name *names, size_t count, bool create,
                           uint16_t *out)
{
    struct custom custom;
    if (!custom_new(mem, count, &custom))
        return status_fail(STATUS_NO_MEMORY, "names of properties");
    for (size_t i = 0; i < count; i++) {
        out[i] = is_tag_name(&names[i]) ? (uint16_t)names[i].lid : prop_id(property_tag_of_name(&names[i]));
        if (out[i] == 0)
            TRY(add_custom(mem, &custom, &names[i], i));
    }
    if (custom.count == 0)
        return STATUS_OK;
    TRY(find(tx, mailbox, &custom, out));
    if (!create || all_found(&custom, out))
        return STATUS_OK;
    TRY(add(tx, mailbox, &custom));
    return find(tx, mailbox, &custom, out);
}

enum status named_props_get_ids(struct transaction *tx, int64_t mailbox, const struct property_name *names, size_t count, bool create, uint16_t *out)
{
    TALLOC_CTX *mem = talloc_new(tx);
    enum status status = get_ids(mem, tx, mailbox, names, count, create, out);
    talloc_free(mem);
    return status;
}

static void name_known_id(uint16_t id, struct property_name *out)
{
    *out = (struct property_name){ .is_string = false };
    if (id < FIRST_NAMED_ID && property_set_guid("PS_MAPI", &out->set))
        out->lid = id;
    else if (!property_name_of_id(id, out))
        *out = (struct property_name){ .is_string = false };
}

enum status named_props_get_names(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const uint16_t *ids, size_t count, struct property_name *out)
{
    struct result *result = NULL;
    int32_t *custom = talloc_array(mem, int32_t, array_count(count + 1));
    size_t custom_count = 0;
    if (custom == NULL)
        return status_fail(STATUS_NO_MEMORY, "ids of properties");
    for (size_t i = 0; i < count; i++) {
        name_known_id(ids[i], &out[i]);
        if (ids[i] >= PROP_FIRST_CUSTOM_ID)
            custom[custom_count++] = ids[i];
    }
    if (custom_count == 0)
        return STATUS_OK;
    TRY(TX_RUN(tx, mem, &result, named_props_by_id, .mailbox = mailbox, .prop_ids = { custom, custom_count }));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_named_props_by_id_out row;
        result_read(result, r, STATEMENT_named_props_by_id, &row);
        for (size_t i = 0; i < count; i++)
            if (ids[i] == row.prop_id)
                out[i] = (struct property_name){ .set = row.set, .is_string = row.is_string, .lid = (uint32_t)row.lid,
                                                 .name = row.is_string ? talloc_strdup(mem, row.name) : NULL };
    }
    return STATUS_OK;
}
