#include "bourse/model/properties.h"
#include "bourse/storage/blob.h"
#include "array_count.h"
#include "chunk.h"
#include "columns.h"
#include "embedded.h"
#include "folder_private.h"
#include "message_private.h"

#define VALUES_MAX ((size_t)256 * 1024 * 1024) /* of all stored values of one call */

static size_t index_of(const int64_t *items, size_t count, int64_t item)
{
    for (size_t i = 0; i < count; i++)
        if (items[i] == item)
            return i;
    return count;
}

/* Rows in the order that the caller asked for, from rows in id order: a hash for long lists would not pay below 1,000 entries. */
enum status store_rows_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count, bool with_props,
                           struct item_row *out)
{
    struct result *results[2] = { 0 };
    for (size_t i = 0; i < count; i++)
        out[i] = (struct item_row){ .item = 0 };
    TRY(TX_SEND(tx, rows_read, .mailbox = mailbox, .items = { items, count }));
    if (with_props)
        TRY(TX_SEND(tx, props_read, .mailbox = mailbox, .items = { items, count }));
    TRY(tx_run(tx, mem, results, with_props ? 2 : 1));
    for (int r = 0; r < results[0]->row_count; r++) {
        struct sql_rows_read_out row;
        result_read(results[0], r, STATEMENT_rows_read, &row);
        for (size_t i = 0; i < count; i++)
            if (items[i] == row.item)
                row_from_sql(&row, &out[i]);
    }
    for (int r = 0; with_props && r < results[1]->row_count; r++) {
        struct sql_props_read_out row;
        result_read(results[1], r, STATEMENT_props_read, &row);
        size_t i = index_of(items, count, row.item);
        if (i == count || out[i].item == 0)
            continue;
        out[i].preview = row.preview;
        TRY(bytes_to_bag(mem, row.props, &out[i].props));
    }
    return STATUS_OK;
}

/* ---- stored values ---- */

struct wanted_value {
    struct bag *bag;
    struct value stored;
};

struct wanted_values {
    struct wanted_value *list;
    size_t count;
};

static enum status want_values(TALLOC_CTX *mem, struct bag *bag, struct wanted_values *wanted)
{
    for (size_t i = 0; i < bag_count(bag); i++) {
        const struct value *value = bag_at(bag, i);
        if (value->form != VALUE_STORED)
            continue;
        struct wanted_value *more = talloc_realloc(mem, wanted->list, struct wanted_value, array_count(wanted->count + 1));
        if (more == NULL)
            return status_fail(STATUS_NO_MEMORY, "values");
        wanted->list = more;
        more[wanted->count++] = (struct wanted_value){ bag, *value };
    }
    return STATUS_OK;
}

static enum status set_value(const void *data, int64_t blob, struct slice content)
{
    const struct wanted_values *wanted = data;
    for (size_t i = 0; i < wanted->count; i++) {
        struct wanted_value *value = &wanted->list[i];
        if (value->stored.stored.blob != blob)
            continue;
        if (content.length != value->stored.stored.size)
            return status_fail(STATUS_CORRUPT, "blob %lld has another length", (long long)blob);
        TRY(bag_set(value->bag, &(struct value){ .tag = value->stored.tag, .bytes = content }));
    }
    return STATUS_OK;
}

/* Joins the chunks of each blob of a blobs_whole_read answer. */
static enum status each_blob(struct result *result, enum status (*found)(const void *data, int64_t blob, struct slice content), const void *data)
{
    struct buffer *buffer = buffer_new(result, VALUES_MAX);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "values");
    for (int r = 0; r < result->row_count; r++) {
        struct sql_blobs_whole_read_out row, next = { 0 };
        struct slice chunk;
        result_read(result, r, STATEMENT_blobs_whole_read, &row);
        if (r + 1 < result->row_count)
            result_read(result, r + 1, STATEMENT_blobs_whole_read, &next);
        TRY(chunk_decode(result, row.data, &chunk));
        buffer_append_slice(buffer, chunk);
        TRY(buffer_status(buffer));
        if (next.blob == row.blob)
            continue;
        buffer_append_byte(buffer, 0); /* texts end with a NUL */
        TRY(buffer_status(buffer));
        TRY(found(data, row.blob, slice_part(buffer_slice(buffer), 0, buffer_length(buffer) - 1)));
        buffer_reset(buffer);
    }
    return STATUS_OK;
}

static enum status load_values(TALLOC_CTX *mem, struct transaction *tx, const struct wanted_values *wanted)
{
    if (wanted->count == 0)
        return STATUS_OK;
    struct result *result = NULL;
    int64_t *blobs = talloc_array(mem, int64_t, array_count(wanted->count));
    uint64_t total = 0;
    if (blobs == NULL)
        return status_fail(STATUS_NO_MEMORY, "values");
    for (size_t i = 0; i < wanted->count; i++) {
        blobs[i] = wanted->list[i].stored.stored.blob;
        total += wanted->list[i].stored.stored.size;
    }
    if (total > VALUES_MAX)
        return status_fail(STATUS_LIMIT_EXCEEDED, "stored values of %llu bytes", (unsigned long long)total);
    TRY(TX_RUN(tx, mem, &result, blobs_whole_read, .blobs = { blobs, wanted->count }));
    TRY(each_blob(result, set_value, wanted));
    for (size_t i = 0; i < wanted->count; i++)
        if (bag_get(wanted->list[i].bag, wanted->list[i].stored.tag)->form == VALUE_STORED)
            return status_fail(STATUS_BLOB_NOT_FOUND, "blob %lld of a property", (long long)blobs[i]);
    talloc_free(result);
    talloc_free(blobs);
    return STATUS_OK;
}

enum status message_load_values(TALLOC_CTX *mem, struct transaction *tx, struct bag *const *bags, size_t count)
{
    struct wanted_values wanted = { 0 };
    for (size_t i = 0; i < count; i++)
        TRY(want_values(mem, bags[i], &wanted));
    return load_values(mem, tx, &wanted);
}

/* ---- embedded messages ---- */

struct wanted_embedded {
    TALLOC_CTX *mem;
    struct attachment *const *attachments;
    size_t count;
};

static bool is_apart(const struct attachment *attachment)
{
    return attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded == NULL && attachment->stored.blob != 0;
}

static enum status set_embedded(const void *data, int64_t blob, struct slice content)
{
    const struct wanted_embedded *wanted = data;
    for (size_t i = 0; i < wanted->count; i++)
        if (is_apart(wanted->attachments[i]) && wanted->attachments[i]->stored.blob == blob)
            TRY(embedded_unpack(wanted->mem, content, &wanted->attachments[i]->embedded));
    return STATUS_OK;
}

enum status store_attachments_load_embedded(TALLOC_CTX *mem, struct transaction *tx, struct attachment *const *attachments, size_t count)
{
    struct wanted_embedded wanted = { mem, attachments, count };
    struct result *result = NULL;
    int64_t *blobs = talloc_array(mem, int64_t, array_count(count + 1));
    size_t n = 0;
    if (blobs == NULL)
        return status_fail(STATUS_NO_MEMORY, "embedded messages");
    for (size_t i = 0; i < count; i++)
        if (is_apart(attachments[i]))
            blobs[n++] = attachments[i]->stored.blob;
    if (n == 0)
        return STATUS_OK;
    TRY(TX_RUN(tx, mem, &result, blobs_whole_read, .blobs = { blobs, n }));
    TRY(each_blob(result, set_embedded, &wanted));
    for (size_t i = 0; i < count; i++)
        if (is_apart(attachments[i]))
            return status_fail(STATUS_BLOB_NOT_FOUND, "blob %lld of an embedded message", (long long)attachments[i]->stored.blob);
    talloc_free(result);
    return STATUS_OK;
}

/* ---- parts ---- */

static enum status fill_body(struct loaded_message *out, const struct sql_bodies_read_out *row, unsigned parts)
{
    struct message *message = out->message;
    out->row.preview = row->preview;
    out->body_text = row->body_text;
    out->body_text_is_cut = row->body_cut;
    if (parts & (MESSAGE_BAG | MESSAGE_VALUES)) {
        talloc_free(message->props);
        TRY(bytes_to_bag(message, row->props, &message->props));
    }
    if ((parts & MESSAGE_RECIPIENTS) && row->recipients.length > 0)
        TRY(recipients_unpack(message, row->recipients, &message->recipients, &message->recipient_count));
    if (parts & MESSAGE_MIME_STRUCTURE)
        message->mime.structure = row->mime_structure;
    return STATUS_OK;
}

static enum status fill_attachment(TALLOC_CTX *mem, const struct sql_attachments_read_out *row, struct attachment *out)
{
    out->number = row->number;
    out->content = (enum attachment_content)row->content;
    out->part = (uint32_t)row->part;
    out->size = (uint64_t)row->size;
    out->stored.blob = row->blob;
    TRY(bytes_to_bag(mem, row->props, &out->props));
    if (row->blob == 0 && out->content == ATTACHMENT_STORED) {
        out->content = ATTACHMENT_BYTES; /* small: it came with the row */
        out->bytes = row->data;
    } else if (row->blob == 0 && out->content == ATTACHMENT_EMBEDDED && row->data.length > 0) {
        return embedded_unpack(mem, row->data, &out->embedded);
    }
    return STATUS_OK;
}

static enum status fill_attachments(struct result *result, const int64_t *items, size_t count, struct loaded_message *out)
{
    for (int r = 0; r < result->row_count; r++) {
        struct sql_attachments_read_out row;
        result_read(result, r, STATEMENT_attachments_read, &row);
        size_t i = index_of(items, count, row.item);
        if (i == count || out[i].message == NULL)
            continue;
        struct attachment *attachment = message_add_attachment(out[i].message);
        if (attachment == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachment");
        TRY(fill_attachment(out[i].message, &row, attachment));
    }
    return STATUS_OK;
}

static enum status begin_message(TALLOC_CTX *mem, struct loaded_message *out)
{
    out->message = message_new(mem);
    if (out->message == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    out->body_text = "";
    out->message->mime = (struct message_mime){ .blob = out->row.mime_blob, .mirrors = out->row.mime_mirrors, .has_content = out->row.mime_has_content,
                                                .is_signed = out->row.mime_is_signed };
    return STATUS_OK;
}

/* One loading as it goes: the items asked for, and the answers of the statements that their parts need (NULL: none). */
struct load {
    int64_t mailbox;
    const int64_t *items;
    size_t count;
    unsigned parts;
    struct result *rows, *props, *bodies, *attachments;
};

static enum status run_load(TALLOC_CTX *mem, struct transaction *tx, struct load *load, bool with_rows)
{
    struct result *results[3] = { 0 };
    size_t n = 0, next = 0;
    bool with_body = load->parts & (MESSAGE_RECIPIENTS | MESSAGE_MIME_STRUCTURE | MESSAGE_BODY_TEXT);
    bool with_props = !with_body && (load->parts & (MESSAGE_BAG | MESSAGE_VALUES)); /* of lists: narrow rows */
    bool with_attachments = load->parts & MESSAGE_ATTACHMENTS;
    if (with_rows)
        TRY(TX_SEND(tx, rows_read, .mailbox = load->mailbox, .items = { load->items, load->count }));
    if (with_body)
        TRY(TX_SEND(tx, bodies_read, .mailbox = load->mailbox, .items = { load->items, load->count }));
    if (with_props)
        TRY(TX_SEND(tx, props_read, .mailbox = load->mailbox, .items = { load->items, load->count }));
    if (with_attachments)
        TRY(TX_SEND(tx, attachments_read, .mailbox = load->mailbox, .items = { load->items, load->count }));
    n = (size_t)with_rows + (size_t)with_body + (size_t)with_props + (size_t)with_attachments;
    if (n == 0)
        return STATUS_OK;
    TRY(tx_run(tx, mem, results, n));
    load->rows = with_rows ? results[next++] : NULL;
    load->bodies = with_body ? results[next++] : NULL;
    load->props = with_props ? results[next++] : NULL;
    load->attachments = with_attachments ? results[next] : NULL;
    return STATUS_OK;
}

static enum status finish(TALLOC_CTX *mem, struct transaction *tx, size_t count, unsigned parts, struct loaded_message *out)
{
    struct wanted_values wanted = { 0 };
    for (size_t i = 0; i < count; i++) {
        if (out[i].message == NULL)
            continue;
        if (parts & MESSAGE_VALUES)
            TRY(want_values(mem, out[i].message->props, &wanted));
        TRY(store_row_properties(&out[i].row, out[i].message->props));
        if ((parts & MESSAGE_MIME_BYTES) && out[i].row.mime_blob != 0)
            TRY(blob_read(out[i].message, tx, out[i].row.mime_blob, VALUES_MAX, &out[i].message->mime.bytes));
    }
    return load_values(mem, tx, &wanted);
}

static enum status fill_narrow(struct loaded_message *out, const struct sql_props_read_out *row)
{
    out->row.preview = row->preview;
    TALLOC_FREE(out->message->props);
    return bytes_to_bag(out->message, row->props, &out->message->props);
}

static enum status fill_parts(TALLOC_CTX *mem, struct transaction *tx, const struct load *load, struct loaded_message *out)
{
    for (int r = 0; load->bodies != NULL && r < load->bodies->row_count; r++) {
        struct sql_bodies_read_out row;
        result_read(load->bodies, r, STATEMENT_bodies_read, &row);
        size_t i = index_of(load->items, load->count, row.item);
        if (i < load->count && out[i].message != NULL)
            TRY(fill_body(&out[i], &row, load->parts));
    }
    for (int r = 0; load->props != NULL && r < load->props->row_count; r++) {
        struct sql_props_read_out row;
        result_read(load->props, r, STATEMENT_props_read, &row);
        size_t i = index_of(load->items, load->count, row.item);
        if (i < load->count && out[i].message != NULL)
            TRY(fill_narrow(&out[i], &row));
    }
    if (load->attachments != NULL)
        TRY(fill_attachments(load->attachments, load->items, load->count, out));
    return finish(mem, tx, load->count, load->parts, out);
}

enum status store_message_load_many(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count,
                                    unsigned parts, struct loaded_message *out)
{
    struct load load = { .mailbox = mailbox, .items = items, .count = count, .parts = parts };
    memset(out, 0, count * sizeof *out);
    if (count == 0)
        return STATUS_OK;
    TRY(run_load(mem, tx, &load, true));
    for (int r = 0; r < load.rows->row_count; r++) {
        struct sql_rows_read_out row;
        result_read(load.rows, r, STATEMENT_rows_read, &row);
        size_t i = index_of(items, count, row.item);
        if (i == count)
            continue;
        row_from_sql(&row, &out[i].row);
        TRY(begin_message(mem, &out[i]));
    }
    return fill_parts(mem, tx, &load, out);
}

enum status store_message_load_rows(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct item_row *rows, size_t count, unsigned parts,
                                    struct loaded_message *out)
{
    int64_t *items = talloc_array(mem, int64_t, array_count(count + 1));
    struct load load = { .mailbox = mailbox, .items = items, .count = count, .parts = parts };
    memset(out, 0, count * sizeof *out);
    if (items == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    if (count == 0)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        items[i] = rows[i].item;
        out[i].row = rows[i];
        TRY(begin_message(mem, &out[i]));
    }
    TRY(run_load(mem, tx, &load, false));
    return fill_parts(mem, tx, &load, out);
}

enum status store_message_load(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, unsigned parts, struct loaded_message *out)
{
    TRY(store_message_load_many(mem, tx, mailbox, &item, 1, parts, out));
    return out->message != NULL ? STATUS_OK : status_fail(STATUS_ITEM_NOT_FOUND, "item %lld", (long long)item);
}

enum status store_attachment_load(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, int32_t number, struct attachment *out)
{
    struct result *result = NULL;
    memset(out, 0, sizeof *out);
    out->number = -1;
    TRY(TX_RUN(tx, mem, &result, attachments_read, .mailbox = mailbox, .items = { &item, 1 }));
    for (int r = 0; r < result->row_count; r++) {
        struct sql_attachments_read_out row;
        result_read(result, r, STATEMENT_attachments_read, &row);
        if (row.number == number)
            TRY(fill_attachment(mem, &row, out));
    }
    if (out->number != number)
        return status_fail(STATUS_ATTACHMENT_NOT_FOUND, "attachment %d of item %lld", number, (long long)item);
    if (out->stored.blob == 0)
        return STATUS_OK;
    TRY(blob_read(mem, tx, out->stored.blob, EMBEDDED_MAX, &out->bytes));
    return out->content == ATTACHMENT_EMBEDDED ? embedded_unpack(mem, out->bytes, &out->embedded) : STATUS_OK;
}

enum status store_message_find_by_message_id(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *message_id, size_t limit,
                                             struct item_row **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, rows_by_internet_id, .mailbox = mailbox, .hash = internet_id_hash(message_id), .message_id = message_id,
               .limit = (int64_t)limit));
    *count = (size_t)result->row_count;
    *out = talloc_zero_array(mem, struct item_row, array_count(*count + 1));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "rows");
    for (size_t i = 0; i < *count; i++) {
        struct sql_rows_read_out row;
        result_read(result, (int)i, STATEMENT_rows_read, &row);
        row_from_sql(&row, &(*out)[i]);
    }
    return STATUS_OK;
}
