#include "check_private.h"

#include "bourse/model/message.h"
#include "embedded.h"

static bool bag_is_readable(TALLOC_CTX *mem, struct slice packed, struct bag **out)
{
    *out = NULL;
    return packed.length == 0 || bag_unpack(mem, packed, out) == STATUS_OK;
}

static bool is_listed(const struct sql_int8s *blobs, int64_t blob)
{
    for (size_t i = 0; i < blobs->count; i++)
        if (blobs->items[i] == blob)
            return true;
    return false;
}

/* A value whose blob is not in the list of references would lose it to the sweeper. */
static void check_values(struct check *check, const struct bag *bag, const struct sql_check_bodies_page_out *row)
{
    for (size_t i = 0; bag != NULL && i < bag_count(bag); i++) {
        const struct value *value = bag_at(bag, i);
        if (value->form == VALUE_STORED && !is_listed(&row->value_blobs, value->stored.blob))
            check_report(check, "value_references", false, "item %lld: property 0x%08x is in blob %lld, which it does not refer to",
                         (long long)row->item, (unsigned)value->tag, (long long)value->stored.blob);
    }
}

static void check_body(struct check *check, TALLOC_CTX *mem, const struct sql_check_bodies_page_out *row)
{
    struct bag *bag = NULL;
    struct recipient *recipients = NULL;
    size_t count = 0;
    if (!bag_is_readable(mem, row->props, &bag))
        check_report(check, "properties_unreadable", false, "item %lld: properties cannot be read", (long long)row->item);
    else
        check_values(check, bag, row);
    if (row->recipients.length > 0 && recipients_unpack(mem, row->recipients, &recipients, &count) != STATUS_OK)
        check_report(check, "properties_unreadable", false, "item %lld: recipients cannot be read", (long long)row->item);
}

static enum status check_bodies(struct check *check)
{
    int64_t after = 0;
    for (int rows = CHECK_PAGE; rows == CHECK_PAGE;) {
        struct result *result = NULL;
        TRY(TX_RUN(check->tx, check->mem, &result, check_bodies_page, .mailbox = check->mailbox, .after = after, .limit = CHECK_PAGE));
        rows = result->row_count;
        for (int r = 0; r < rows; r++) {
            struct sql_check_bodies_page_out row;
            result_read(result, r, STATEMENT_check_bodies_page, &row);
            after = row.item;
            check_body(check, result, &row);
        }
        talloc_free(result);
    }
    return STATUS_OK;
}

static void check_attachment(struct check *check, TALLOC_CTX *mem, const struct sql_check_attachments_page_out *row)
{
    struct bag *bag = NULL;
    struct message *embedded = NULL;
    bool fine = bag_is_readable(mem, row->props, &bag);
    if (fine && row->content == ATTACHMENT_EMBEDDED && row->data.length > 0)
        fine = embedded_unpack(mem, row->data, &embedded) == STATUS_OK;
    if (!fine)
        check_report(check, "attachment_unreadable", false, "attachment %d of item %lld cannot be read", row->number, (long long)row->item);
}

static enum status check_attachments(struct check *check)
{
    int64_t item = 0;
    int32_t number = -1;
    for (int rows = CHECK_PAGE; rows == CHECK_PAGE;) {
        struct result *result = NULL;
        TRY(TX_RUN(check->tx, check->mem, &result, check_attachments_page, .mailbox = check->mailbox, .item = item, .number = number, .limit = CHECK_PAGE));
        rows = result->row_count;
        for (int r = 0; r < rows; r++) {
            struct sql_check_attachments_page_out row;
            result_read(result, r, STATEMENT_check_attachments_page, &row);
            item = row.item;
            number = row.number;
            check_attachment(check, result, &row);
        }
        talloc_free(result);
    }
    return STATUS_OK;
}

static enum status check_folders(struct check *check)
{
    struct result *result = NULL;
    TRY(TX_RUN(check->tx, check->mem, &result, check_folder_props, .mailbox = check->mailbox));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_check_folder_props_out row;
        struct bag *bag = NULL;
        result_read(result, r, STATEMENT_check_folder_props, &row);
        if (!bag_is_readable(result, row.props, &bag))
            check_report(check, "folder_unreadable", false, "folder %lld: properties cannot be read", (long long)row.folder);
    }
    talloc_free(result);
    return STATUS_OK;
}

enum status check_content(struct check *check)
{
    TRY(check_bodies(check));
    TRY(check_attachments(check));
    return check_folders(check);
}
