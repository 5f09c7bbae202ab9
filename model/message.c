#include "bourse/model/message.h"

#include "array_count.h"

/* Messages embedded in messages; mime refuses deeper ones long before. */
#define EMBEDDED_DEPTH_MAX 64

struct message *message_new(TALLOC_CTX *mem)
{
    struct message *message = talloc_zero(mem, struct message);
    if (message == NULL)
        return NULL;
    message->props = bag_new(message);
    if (message->props == NULL)
        TALLOC_FREE(message);
    return message;
}

static bool copy_recipient(struct message *message, const struct recipient *from, struct recipient *out)
{
    const char *address = from->address != NULL ? from->address : "";
    bool has_name = from->display_name != NULL && from->display_name[0] != 0;
    const char *fallback = address[0] == 0 && from->smtp_address != NULL ? from->smtp_address : address;
    *out = (struct recipient){
        .type = from->type,
        .display_name = talloc_strdup(message, has_name ? from->display_name : fallback),
        .address_type = talloc_strdup(message, from->address_type != NULL ? from->address_type : "SMTP"),
        .address = talloc_strdup(message, address),
        .smtp_address = talloc_strdup(message, from->smtp_address != NULL ? from->smtp_address : ""),
        .props = from->props != NULL ? bag_copy(message, from->props) : NULL,
    };
    bool has_text =
        out->display_name != NULL && out->address_type != NULL && out->address != NULL && out->smtp_address != NULL;
    return has_text && (from->props == NULL || out->props != NULL);
}

/* What an array must grow to for one more; it doubles, so that thousands of recipients stay linear. The array may also
 * come from recipients_unpack, so talloc is asked for its capacity. */
static size_t grown_capacity(size_t count)
{
    return count < 4 ? 4 : count * 2;
}

struct recipient *message_add_recipient(struct message *message, const struct recipient *from)
{
    size_t count = message->recipient_count;
    struct recipient copy;
    if (!copy_recipient(message, from, &copy))
        return NULL;
    size_t capacity = talloc_array_length(message->recipients);
    if (count >= capacity) {
        struct recipient *grown =
            talloc_realloc(message, message->recipients, struct recipient, array_count(grown_capacity(count)));
        if (grown == NULL)
            return NULL;
        message->recipients = grown;
    }
    message->recipients[count] = copy;
    message->recipient_count++;
    return &message->recipients[count];
}

static struct attachment *add_attachment_slot(struct message *message)
{
    size_t count = message->attachment_count;
    size_t capacity = talloc_array_length(message->attachments);
    if (count >= capacity) {
        struct attachment *grown =
            talloc_realloc(message, message->attachments, struct attachment, array_count(grown_capacity(count)));
        if (grown == NULL)
            return NULL;
        message->attachments = grown;
    }
    return &message->attachments[count];
}

struct attachment *message_add_attachment(struct message *message)
{
    struct bag *props = bag_new(message);
    struct attachment *slot = props != NULL ? add_attachment_slot(message) : NULL;
    if (slot == NULL) {
        talloc_free(props);
        return NULL;
    }
    *slot = (struct attachment){ .number = -1, .props = props, .content = ATTACHMENT_BYTES };
    message->attachment_count++;
    return slot;
}

/* False when out of memory. */
static bool copy_slice(TALLOC_CTX *mem, struct slice from, struct slice *out)
{
    *out = from.length > 0 ? slice_copy(mem, from) : slice_of(NULL, 0);
    return from.length == 0 || out->data != NULL;
}

static struct message *copy_message(TALLOC_CTX *mem, const struct message *from, int depth);

static bool copy_attachment(struct message *message, const struct attachment *from, int depth)
{
    struct attachment *slot = add_attachment_slot(message);
    if (slot == NULL)
        return false;
    *slot = *from;
    slot->props = bag_copy(message, from->props);
    slot->embedded = NULL;
    message->attachment_count++;
    if (slot->props == NULL || !copy_slice(message, from->bytes, &slot->bytes))
        return false;
    if (from->embedded == NULL)
        return true;
    struct message *embedded = copy_message(message, from->embedded, depth + 1);
    message->attachments[message->attachment_count - 1].embedded = embedded;
    return embedded != NULL;
}

static bool copy_parts(struct message *message, const struct message *from, int depth)
{
    if (bag_merge(message->props, from->props) != STATUS_OK)
        return false;
    for (size_t i = 0; i < from->recipient_count; i++) {
        if (message_add_recipient(message, &from->recipients[i]) == NULL)
            return false;
    }
    for (size_t i = 0; i < from->attachment_count; i++) {
        if (!copy_attachment(message, &from->attachments[i], depth))
            return false;
    }
    message->mime = from->mime;
    return copy_slice(message, from->mime.bytes, &message->mime.bytes) &&
           copy_slice(message, from->mime.structure, &message->mime.structure);
}

static struct message *copy_message(TALLOC_CTX *mem, const struct message *from, int depth)
{
    struct message *message = depth < EMBEDDED_DEPTH_MAX ? message_new(mem) : NULL;
    if (message != NULL && !copy_parts(message, from, depth))
        TALLOC_FREE(message);
    return message;
}

struct message *message_copy(TALLOC_CTX *mem, const struct message *from)
{
    return copy_message(mem, from, 0);
}
