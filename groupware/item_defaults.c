#include "item_defaults.h"

#include "bourse/mime/header.h"
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"

/* [MS-OXOMSG] 2.2.1.3 and 2.2.1.2 want a conversation for every message; the display lists are [MS-OXCMSG] 2.2.1.38 to 40. */
enum { DISPLAY_CAP = 64 * 1024 };

static enum status display_of(struct message *message, enum recipient_type type, prop_tag tag)
{
    struct buffer *list = buffer_new(message, DISPLAY_CAP);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "display list");
    for (size_t i = 0; i < message->recipient_count; i++) {
        if (message->recipients[i].type != type)
            continue;
        if (buffer_length(list) > 0)
            buffer_append_text(list, "; ");
        buffer_append_text(list, message->recipients[i].display_name);
    }
    enum status status = bag_set_string(message->props, tag, buffer_text(list));
    talloc_free(list);
    return status;
}

enum status item_derive_display(struct message *message)
{
    TRY(display_of(message, RECIPIENT_TO, PROP_DISPLAY_TO));
    TRY(display_of(message, RECIPIENT_CC, PROP_DISPLAY_CC));
    return display_of(message, RECIPIENT_BCC, PROP_DISPLAY_BCC);
}

enum status item_derive_subject(struct message *message)
{
    struct slice prefix = { 0 }, normalized = { 0 };
    const char *subject = bag_string(message->props, PROP_SUBJECT, NULL);
    if (subject == NULL)
        return STATUS_OK;
    char *copy = talloc_strdup(message, subject);
    if (copy == NULL)
        return status_fail(STATUS_NO_MEMORY, "subject");
    mime_split_subject(slice_of_text(copy), &prefix, &normalized);
    TRY(bag_set_text(message->props, PROP_SUBJECT_PREFIX, prefix));
    TRY(bag_set_text(message->props, PROP_NORMALIZED_SUBJECT, normalized));
    if (!bag_has(message->props, PROP_CONVERSATION_TOPIC))
        TRY(bag_set_text(message->props, PROP_CONVERSATION_TOPIC, normalized));
    talloc_free(copy);
    return STATUS_OK;
}

static enum status fill_conversation(struct message *message)
{
    struct bag *props = message->props;
    if (!bag_has(props, PROP_CONVERSATION_INDEX)) {
        struct slice index = { 0 };
        TRY(mime_conversation_index(message, slice_of(NULL, 0), clock_now(), guid_new(), &index));
        TRY(bag_set_bytes(props, PROP_CONVERSATION_INDEX, index));
        TRY(bag_set_bool(props, PROP_CONVERSATION_INDEX_TRACKING, true));
    }
    if (bag_has(props, PROP_CONVERSATION_ID))
        return STATUS_OK;
    struct guid id = mime_conversation_id(bag_bytes(props, PROP_CONVERSATION_INDEX), bag_bool(props, PROP_CONVERSATION_INDEX_TRACKING, false),
                                          bag_text(props, PROP_CONVERSATION_TOPIC));
    return bag_set_bytes(props, PROP_CONVERSATION_ID, slice_of(id.bytes, sizeof id.bytes));
}

static bool is_mail(const struct message *message)
{
    return strncasecmp(bag_string(message->props, PROP_MESSAGE_CLASS, ""), "IPM.Note", 8) == 0;
}

static enum status fill_message_id(struct message *message, const struct session *session)
{
    const char *at = session != NULL ? strrchr(session_address(session), '@') : NULL;
    if (!is_mail(message) || bag_has(message->props, PROP_INTERNET_MESSAGE_ID) || at == NULL)
        return STATUS_OK;
    char *id = mime_message_id_new(message, at + 1);
    return id != NULL ? bag_set_string(message->props, PROP_INTERNET_MESSAGE_ID, id) : status_fail(STATUS_NO_MEMORY, "message id");
}

enum status item_fill_defaults(struct message *message, const struct session *session, const struct mailbox_key *mailbox)
{
    if (!bag_has(message->props, PROP_MESSAGE_CLASS))
        TRY(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Note"));
    TRY(item_derive_subject(message));
    TRY(item_derive_display(message));
    TRY(fill_conversation(message));
    TRY(fill_message_id(message, session));
    if (session == NULL || mailbox == NULL || session_owns(session, mailbox))
        return STATUS_OK;
    struct guid person = session->entry->guid;
    return bag_set_bytes(message->props, ITEM_CREATOR, slice_of(person.bytes, sizeof person.bytes));
}
