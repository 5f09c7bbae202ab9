#include "private_item.h"

#include "bourse/base/memory.h"
#include "bourse/calendar/recurrence.h"
#include "bourse/model/properties.h"

enum { SENSITIVITY_PRIVATE = 2, PATTERN_CAP = 4 * 1024 * 1024 }; /* private 2, confidential 3 [MS-OXCMSG] 2.2.1.13 */

static const prop_tag shown[] = {
    PROP_MESSAGE_CLASS, PROP_SENSITIVITY, PROP_APPOINTMENT_START_WHOLE, PROP_APPOINTMENT_END_WHOLE, PROP_COMMON_START, PROP_COMMON_END, PROP_CLIP_START,
    PROP_CLIP_END, PROP_APPOINTMENT_DURATION, PROP_APPOINTMENT_SUB_TYPE, PROP_BUSY_STATUS, PROP_RECURRING, PROP_IS_RECURRING, PROP_IS_EXCEPTION,
    PROP_LID_EXCEPTION_REPLACE_TIME, PROP_TIME_ZONE_STRUCT, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_RECUR,
    PROP_APPOINTMENT_TIME_ZONE_DEFINITION_START_DISPLAY, PROP_APPOINTMENT_TIME_ZONE_DEFINITION_END_DISPLAY, PROP_CREATION_TIME,
    PROP_LAST_MODIFICATION_TIME, PROP_MESSAGE_DELIVERY_TIME, PROP_READ, PROP_ICON_INDEX,
};

bool private_item_is_hidden(const struct session *session, const struct mailbox_key *mailbox, const char *message_class, int32_t sensitivity)
{
    static const char prefix[] = "IPM.Appointment";
    return sensitivity >= SENSITIVITY_PRIVATE && strncasecmp(message_class, prefix, sizeof prefix - 1) == 0 && !session_sees_private(session, mailbox);
}

/* Exceptions in the pattern carry subjects and places. */
static enum status conceal_pattern(struct bag *to, struct slice bytes)
{
    struct recurrence *pattern = NULL;
    TALLOC_CTX *mem = talloc_new(to);
    struct buffer *packed = buffer_new(mem, PATTERN_CAP);
    enum status status = packed == NULL ? status_fail(STATUS_NO_MEMORY, "pattern") : recurrence_parse(mem, bytes, &pattern);
    for (size_t i = 0; status == STATUS_OK && i < pattern->exception_count; i++)
        pattern->exceptions[i].overrides &= (uint16_t) ~(OVERRIDE_SUBJECT | OVERRIDE_LOCATION);
    if (status == STATUS_OK)
        status = recurrence_pack(pattern, packed);
    if (status == STATUS_OK)
        status = bag_set_bytes(to, PROP_APPOINTMENT_RECUR, buffer_slice(packed));
    talloc_free(mem);
    return status == STATUS_MALFORMED ? STATUS_OK : status; /* then it is left out */
}

enum status private_item_conceal(const struct session *session, const struct mailbox_key *mailbox, struct item *item)
{
    struct bag *props = item->message->props;
    if (!private_item_is_hidden(session, mailbox, bag_string(props, PROP_MESSAGE_CLASS, ""), bag_int32(props, PROP_SENSITIVITY, 0)))
        return STATUS_OK;
    struct message *blank = message_new(item);
    if (blank == NULL)
        return status_fail(STATUS_NO_MEMORY, "item");
    for (size_t i = 0; i < ARRAY_LENGTH(shown); i++) {
        const struct value *value = bag_get(props, shown[i]);
        if (value != NULL)
            TRY(bag_set(blank->props, value));
    }
    struct slice pattern = bag_bytes(props, PROP_APPOINTMENT_RECUR);
    if (pattern.length > 0)
        TRY(conceal_pattern(blank->props, pattern));
    TRY(bag_set_string(blank->props, PROP_SUBJECT, PRIVATE_SUBJECT));
    TRY(bag_set_string(blank->props, PROP_NORMALIZED_SUBJECT, PRIVATE_SUBJECT));
    item->message = blank;
    item->preview = "";
    item->has_attachments = false;
    return STATUS_OK;
}
