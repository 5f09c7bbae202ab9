#include <stdlib.h>

#include "bourse/base/text.h"
#include "bourse/model/properties.h"
#include "bourse/storage/blob.h"
#include "array_count.h"
#include "chunk.h"
#include "columns.h"
#include "embedded.h"
#include "folder_private.h"
#include "prepared.h"
#include "transaction_private.h"

/* What one message needs while it is prepared. */
struct preparation {
    struct store *store;
    struct transaction *tx; /* NULL: blobs are written before the transaction */
    struct prepared_message *out;
    const struct message *message;
    uint64_t size;
    int64_t *value_blobs;
    size_t value_blob_count;
};

uint64_t prepared_message_size(const struct prepared_message *prepared)
{
    return (uint64_t)prepared->row.size;
}

static enum status write_blob(struct preparation *preparation, struct slice content, struct blob_ref *out)
{
    return preparation->tx != NULL ? blob_write_in(preparation->tx, content, out) : blob_write(preparation->store, content, out);
}

static enum status take_blob(struct preparation *preparation, int64_t blob)
{
    struct prepared_message *out = preparation->out;
    int64_t *more = talloc_realloc(out, out->blobs, int64_t, array_count(out->blob_count + 1));
    if (more == NULL)
        return status_fail(STATUS_NO_MEMORY, "blobs");
    out->blobs = more;
    more[out->blob_count++] = blob;
    return STATUS_OK;
}

static enum status take_value_blob(struct preparation *preparation, int64_t blob)
{
    int64_t *more = talloc_realloc(preparation->out, preparation->value_blobs, int64_t, array_count(preparation->value_blob_count + 1));
    if (more == NULL)
        return status_fail(STATUS_NO_MEMORY, "blobs");
    preparation->value_blobs = more;
    more[preparation->value_blob_count++] = blob;
    return take_blob(preparation, blob);
}

static bool is_text_or_bytes(prop_tag tag)
{
    uint16_t type = prop_type(tag);
    return type == TYPE_STRING || type == TYPE_BINARY || type == TYPE_SERVER_ID || type == TYPE_RESTRICTION || type == TYPE_RULE_ACTION;
}

/* A bag value as it is kept: large ones move to a blob. */
static enum status keep_value(struct preparation *preparation, const struct value *value, struct bag *kept)
{
    if (value->form == VALUE_STORED) {
        TRY(take_value_blob(preparation, value->stored.blob));
        preparation->size += value->stored.size;
        return bag_set(kept, value);
    }
    preparation->size += value_size(value);
    if (!is_text_or_bytes(value->tag) || value->bytes.length <= VALUE_INLINE_MAX)
        return bag_set(kept, value);
    struct blob_ref ref;
    TRY(write_blob(preparation, value->bytes, &ref));
    TRY(take_value_blob(preparation, ref.id));
    return bag_set(kept, &(struct value){ .tag = value->tag, .form = VALUE_STORED, .stored = { .blob = ref.id, .size = ref.size } });
}

static bool is_body(prop_tag tag)
{
    uint16_t id = prop_id(tag);
    return id == prop_id((prop_tag)PROP_BODY) || id == prop_id((prop_tag)PROP_HTML) || id == prop_id((prop_tag)PROP_RTF_COMPRESSED);
}

static enum status keep_props(struct preparation *preparation)
{
    const struct message *message = preparation->message;
    struct bag *kept = bag_new(preparation->out);
    if (kept == NULL)
        return status_fail(STATUS_NO_MEMORY, "bag");
    for (size_t i = 0; i < bag_count(message->props); i++) {
        const struct value *value = bag_at(message->props, i);
        if (property_is_in_column(value->tag) || prop_id(value->tag) == prop_id(STORE_PROP_PREVIEW))
            continue;
        if (message->mime.has_content && is_body(value->tag))
            continue;
        TRY(keep_value(preparation, value, kept));
    }
    TRY(bag_to_bytes(preparation->out, kept, &preparation->out->body.props));
    if (preparation->out->body.props.length == 0)
        preparation->out->body.props = slice_of("", 0);
    talloc_free(kept);
    return STATUS_OK;
}

/* First characters with runs of white space as one blank. */
static char *make_preview(TALLOC_CTX *mem, const char *text)
{
    char *preview = talloc_array(mem, char, array_count(PREVIEW_MAX * 4 + 1));
    size_t length = 0, characters = 0;
    bool blank = true;
    for (const char *at = text; preview != NULL && *at != '\0' && characters < PREVIEW_MAX; at++) {
        bool is_blank = (unsigned char)*at <= ' ';
        if (is_blank && blank)
            continue;
        preview[length++] = is_blank ? ' ' : *at;
        blank = is_blank;
        characters += ((unsigned char)at[1] & 0xC0) != 0x80; /* the next byte begins a character */
    }
    if (preview != NULL)
        preview[length > 0 && preview[length - 1] == ' ' ? length - 1 : length] = '\0';
    return preview;
}

static enum status keep_text(struct preparation *preparation)
{
    struct prepared_message *out = preparation->out;
    const char *body = bag_string(preparation->message->props, (prop_tag)PROP_BODY, "");
    const char *preview = bag_string(preparation->message->props, STORE_PROP_PREVIEW, NULL);
    struct slice whole = slice_of_text(body), cut = utf8_prefix(whole, BODY_TEXT_MAX);
    out->body.preview = preview != NULL ? talloc_strdup(out, preview) : make_preview(out, body);
    out->body.body_text = slice_text(out, cut);
    out->body.body_cut = cut.length < whole.length;
    return out->body.preview != NULL && out->body.body_text != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "body text");
}

static enum status keep_recipients(struct preparation *preparation)
{
    const struct message *message = preparation->message;
    struct buffer *buffer = buffer_new(preparation->out, (size_t)64 * 1024 * 1024);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "recipients");
    if (message->recipient_count > 0) {
        TRY(recipients_pack(message->recipients, message->recipient_count, buffer));
        TRY(buffer_status(buffer));
        preparation->size += buffer_length(buffer);
        TRY(buffer_take(buffer, preparation->out, &preparation->out->body.recipients));
    }
    talloc_free(buffer);
    return STATUS_OK;
}

/* Content that is not in the message's MIME: inline when small, else a blob. */
static enum status keep_content(struct preparation *preparation, struct slice content, struct sql_attachment_insert_in *row)
{
    row->size = (int64_t)content.length;
    if (content.length <= VALUE_INLINE_MAX) {
        row->data = slice_copy(preparation->out, content);
        if (row->data.data == NULL)
            row->data = slice_of("", 0);
        return STATUS_OK;
    }
    struct blob_ref ref;
    TRY(write_blob(preparation, content, &ref));
    row->blob = ref.id;
    return take_blob(preparation, ref.id);
}

static enum status keep_embedded(struct preparation *preparation, const struct attachment *attachment, struct sql_attachment_insert_in *row)
{
    struct buffer *buffer = buffer_new(preparation->out, EMBEDDED_MAX);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "embedded message");
    TRY(embedded_pack(attachment->embedded, buffer));
    TRY(keep_content(preparation, buffer_slice(buffer), row));
    talloc_free(buffer);
    return STATUS_OK;
}

static enum status keep_attachment(struct preparation *preparation, const struct attachment *attachment, struct sql_attachment_insert_in *row)
{
    bool in_mime = preparation->message->mime.has_content &&
                   (attachment->content == ATTACHMENT_IN_MIME || (attachment->content == ATTACHMENT_EMBEDDED && attachment->part != 0));
    *row = (struct sql_attachment_insert_in){ .number = attachment->number, .content = (int16_t)attachment->content,
                                              .part = (int32_t)attachment->part, .size = (int64_t)attachment->size };
    TRY(bag_to_bytes(preparation->out, attachment->props, &row->props));
    if (row->props.length == 0)
        row->props = slice_of("", 0);
    if (!in_mime)
        preparation->size += attachment->size;
    if (in_mime || attachment->content == ATTACHMENT_REFERENCE)
        return STATUS_OK;
    bool is_kept_embedded = attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded == NULL && attachment->stored.blob != 0;
    if (attachment->content == ATTACHMENT_STORED || is_kept_embedded) {
        row->blob = attachment->stored.blob;
        return take_blob(preparation, row->blob);
    }
    if (attachment->content == ATTACHMENT_EMBEDDED && attachment->embedded != NULL)
        return keep_embedded(preparation, attachment, row);
    row->content = ATTACHMENT_STORED;
    return keep_content(preparation, attachment->bytes, row);
}

static bool is_hidden(const struct attachment *attachment)
{
    return bag_bool(attachment->props, (prop_tag)PROP_ATTACHMENT_HIDDEN, false);
}

static enum status keep_attachments(struct preparation *preparation)
{
    const struct message *message = preparation->message;
    struct prepared_message *out = preparation->out;
    out->attachments = talloc_zero_array(out, struct sql_attachment_insert_in, array_count(message->attachment_count + 1));
    if (out->attachments == NULL)
        return status_fail(STATUS_NO_MEMORY, "attachments");
    out->attachment_count = message->attachment_count;
    for (size_t i = 0; i < message->attachment_count; i++) {
        TRY(keep_attachment(preparation, &message->attachments[i], &out->attachments[i]));
        if (!is_hidden(&message->attachments[i])) /* [MS-OXCMSG] 2.2.1.2: inline pictures do not count */
            out->row.has_attachments = true;
    }
    return STATUS_OK;
}

static enum status keep_mime(struct preparation *preparation)
{
    const struct message_mime *mime = &preparation->message->mime;
    struct prepared_message *out = preparation->out;
    out->row.mime_mirrors = mime->mirrors;
    out->row.mime_content = mime->has_content;
    out->row.mime_signed = mime->is_signed;
    out->row.mime_blob = mime->blob;
    if (mime->structure.length > 0) {
        out->body.mime_structure = slice_copy(out, mime->structure);
        if (out->body.mime_structure.data == NULL)
            return status_fail(STATUS_NO_MEMORY, "MIME structure");
    }
    if (mime->blob != 0)
        return take_blob(preparation, mime->blob);
    if (mime->bytes.length == 0)
        return STATUS_OK;
    out->mime_size = mime->bytes.length;
    preparation->size += mime->bytes.length;
    if (mime->bytes.length <= MIME_INLINE_MAX) {
        out->mime_hash = hash_sha256(mime->bytes);
        out->row.mime_hash = slice_of(out->mime_hash.bytes, sizeof out->mime_hash.bytes);
        return chunk_encode(out, mime->bytes, &out->mime_inline);
    }
    struct blob_ref ref;
    TRY(write_blob(preparation, mime->bytes, &ref));
    out->row.mime_blob = ref.id;
    return take_blob(preparation, ref.id);
}

static enum status prepare(struct preparation *preparation)
{
    struct prepared_message *out = preparation->out;
    struct bag *columns = bag_copy(out, preparation->message->props); /* row texts point into it */
    if (columns == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    TRY(columns_from_bag(out, columns, &out->row));
    TRY(item_index_of(out, out->row.message_class, columns, &out->index));
    TRY(keep_text(preparation));
    TRY(keep_props(preparation));
    TRY(keep_recipients(preparation));
    TRY(keep_attachments(preparation));
    TRY(keep_mime(preparation));
    out->body.value_blobs = (struct sql_int8s){ preparation->value_blobs, preparation->value_blob_count };
    uint64_t carried = (uint64_t)bag_int32(preparation->message->props, (prop_tag)PROP_MESSAGE_SIZE, 0);
    bool keeps_size = preparation->message->mime.blob != 0 && carried > preparation->size; /* saved again: its MIME counts on */
    out->row.size = (int64_t)(keeps_size ? carried : preparation->size);
    return STATUS_OK;
}

static enum status prepare_with(TALLOC_CTX *mem, struct store *store, struct transaction *tx, const struct message *message,
                                struct prepared_message **out)
{
    TRY(store_check_space(store));
    struct prepared_message *prepared = talloc_zero(mem, struct prepared_message);
    if (prepared == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    struct preparation preparation = { .store = store, .tx = tx, .out = prepared, .message = message };
    enum status status = prepare(&preparation);
    if (status != STATUS_OK) {
        talloc_free(prepared);
        return status_add(status, "prepare message");
    }
    *out = prepared;
    return STATUS_OK;
}

enum status store_message_prepare(TALLOC_CTX *mem, struct store *store, const struct message *message, struct prepared_message **out)
{
    return prepare_with(mem, store, NULL, message, out);
}

enum status store_message_prepare_in(TALLOC_CTX *mem, struct transaction *tx, const struct message *message, struct prepared_message **out)
{
    return prepare_with(mem, transaction_store(tx), tx, message, out);
}

/* ---- rows ---- */

static int by_hash(const void *a, const void *b)
{
    const struct prepared_use *left = a, *right = b;
    return memcmp(left->prepared->mime_hash.bytes, right->prepared->mime_hash.bytes, sizeof(struct hash256));
}

/* Inline MIME of all uses as one statement; equal content becomes one row. */
static enum status send_inline(struct transaction *tx, const struct prepared_use *uses, size_t count)
{
    struct slice *hash = talloc_array(tx, struct slice, array_count(2 * count)), *data = hash + count;
    int64_t *size = talloc_array(tx, int64_t, array_count(2 * count)), *stored = size + count;
    int32_t *refs = talloc_array(tx, int32_t, array_count(count));
    size_t n = 0;
    if (hash == NULL || size == NULL || refs == NULL)
        return status_fail(STATUS_NO_MEMORY, "blobs");
    for (size_t i = 0; i < count; i++) {
        const struct prepared_message *prepared = uses[i].prepared;
        if (prepared->mime_inline.length == 0)
            continue;
        if (n > 0 && memcmp(hash[n - 1].data, prepared->mime_hash.bytes, sizeof prepared->mime_hash.bytes) == 0) {
            refs[n - 1] += (int32_t)(uses[i].copies + uses[i].queued);
            continue;
        }
        hash[n] = slice_of(prepared->mime_hash.bytes, sizeof prepared->mime_hash.bytes);
        data[n] = prepared->mime_inline;
        size[n] = (int64_t)prepared->mime_size;
        stored[n] = (int64_t)prepared->mime_inline.length;
        refs[n++] = (int32_t)(uses[i].copies + uses[i].queued);
    }
    enum status status = n == 0 ? STATUS_OK : TX_SEND(tx, blob_inline, .hash = { hash, n }, .size = { size, n }, .stored = { stored, n },
                                                      .refs = { refs, n }, .data = { data, n });
    talloc_free(hash);
    talloc_free(size);
    talloc_free(refs);
    return status;
}

enum status prepared_take_blobs(struct transaction *tx, struct prepared_use *uses, size_t count)
{
    qsort(uses, count, sizeof *uses, by_hash);
    for (size_t i = 0; i < count; i++) {
        for (size_t b = 0; b < uses[i].prepared->blob_count; b++)
            TRY(tx_blob_ref(tx, uses[i].prepared->blobs[b], uses[i].copies));
        TRY(tx_blob_ref(tx, uses[i].prepared->row.mime_blob, uses[i].queued));
    }
    return count > 0 ? send_inline(tx, uses, count) : STATUS_OK;
}

/* The first number behind those that the attachments have already. */
static int32_t first_free_number(const struct prepared_message *prepared, int32_t next)
{
    for (size_t i = 0; i < prepared->attachment_count; i++)
        if (prepared->attachments[i].number >= next)
            next = prepared->attachments[i].number + 1;
    return next;
}

void prepared_place_attachments(const struct prepared_message *prepared, int64_t mailbox, int64_t item, int32_t next,
                                struct sql_attachment_insert_in *out)
{
    next = first_free_number(prepared, next);
    for (size_t i = 0; i < prepared->attachment_count; i++) {
        out[i] = prepared->attachments[i];
        out[i].mailbox = mailbox;
        out[i].item = item;
        if (out[i].number < 0)
            out[i].number = next++;
    }
}

struct sql_body_insert_in prepared_place_body(const struct prepared_message *prepared, int64_t mailbox, int64_t item, int32_t next)
{
    struct sql_body_insert_in body = prepared->body;
    body.mailbox = mailbox;
    body.item = item;
    body.attachment_next = first_free_number(prepared, next);
    for (size_t i = 0; i < prepared->attachment_count; i++)
        body.attachment_next += prepared->attachments[i].number < 0;
    return body;
}
