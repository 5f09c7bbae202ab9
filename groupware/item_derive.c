#include "item_derive.h"

#include "bourse/base/text.h"
#include "bourse/model/properties.h"
#include "bourse/storage/message.h"
#include "item_view.h"

static const struct derive_row {
    const char *prefix;
    derive_function function;
} rows[] = {
#define DERIVE(prefix, function) { prefix, function },
#include "derive_classes.def"
#undef DERIVE
};

static bool is_of_class(const char *message_class, const char *prefix)
{
    size_t length = strlen(prefix);
    return length == 0 || (strncasecmp(message_class, prefix, length) == 0 && (message_class[length] == '\0' || message_class[length] == '.'));
}

enum status item_derive(struct message *message, struct derive_context *context)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (is_of_class(bag_string(message->props, PROP_MESSAGE_CLASS, ""), rows[i].prefix))
            TRY(rows[i].function(message, context));
    return STATUS_OK;
}

static prop_tag any_type(prop_tag tag)
{
    return prop_make(prop_id(tag), TYPE_UNSPECIFIED);
}

bool derive_changed(const struct message *message, const struct derive_context *context, prop_tag tag)
{
    const struct item_change *change = context->change;
    if (change == NULL || change->replace_mime.length > 0)
        return bag_has(message->props, any_type(tag));
    if (change->set != NULL && bag_has(change->set, any_type(tag)))
        return true;
    for (size_t i = 0; i < change->remove_count; i++)
        if (prop_id(change->remove[i]) == prop_id(tag))
            return true;
    return false;
}

bool derive_changed_any(const struct message *message, const struct derive_context *context, const prop_tag *tags, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (derive_changed(message, context, tags[i]))
            return true;
    return false;
}

enum status derive_add_companion(struct derive_context *context, const struct derive_companion *companion)
{
    if (context->companion_count == DERIVE_COMPANIONS)
        return status_fail(STATUS_INTERNAL, "more than %d companions", DERIVE_COMPANIONS);
    context->companions[context->companion_count++] = *companion;
    return STATUS_OK;
}

enum status derive_prepare(TALLOC_CTX *mem, struct store *store, struct derive_context *context, uint64_t *size)
{
    *size = 0;
    for (size_t i = 0; i < context->companion_count; i++) {
        struct derive_companion *companion = &context->companions[i];
        if (companion->message == NULL)
            continue;
        TRY(message_keep_prefix(companion->message));
        TRY(store_message_prepare(mem, store, companion->message, &companion->prepared));
        *size += companion->is_new ? prepared_message_size(companion->prepared) : 0;
    }
    return STATUS_OK;
}

/* Into Recoverable Items. */
static enum status remove_companion(struct transaction *tx, const struct mailbox_key *mailbox, int64_t item)
{
    return store_message_delete(tx, mailbox->id, &item, 1, STORE_DELETE_SOFT, NULL, NULL);
}

static enum status write_companion(struct transaction *tx, const struct mailbox_key *mailbox, int64_t folder, const struct derive_companion *companion)
{
    struct message_created created;
    struct message_place place = { .is_read = true, .reserved_item = companion->item };
    if (companion->message == NULL)
        return remove_companion(tx, mailbox, companion->item);
    if (companion->is_new)
        return store_message_create(tx, mailbox->id, companion->folder != 0 ? companion->folder : folder, companion->prepared, &place, &created);
    return store_message_replace(tx, mailbox->id, companion->item, companion->prepared, 0, NULL);
}

enum status derive_write(struct transaction *tx, const struct mailbox_key *mailbox, int64_t folder, const struct derive_context *context)
{
    for (size_t i = 0; i < context->companion_count; i++)
        TRY(write_companion(tx, mailbox, folder, &context->companions[i]));
    return STATUS_OK;
}
