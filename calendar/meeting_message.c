/* Kinds of meeting messages, who organises, which version is newer. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "meeting_private.h"

const struct meeting_property meeting_properties[] = {
#define MEETING_PROPERTY(name, uses) { PROP_##name, uses },
#include "meeting_props.def"
#undef MEETING_PROPERTY
};
const size_t meeting_property_count = ARRAY_LENGTH(meeting_properties);

static const struct {
    const char *message_class;
    enum meeting_message kind;
    enum response_status status;
} kinds[] = {
    { "IPM.Schedule.Meeting.Request", MEETING_MESSAGE_REQUEST, RESPONSE_NONE },
    { "IPM.Schedule.Meeting.Canceled", MEETING_MESSAGE_CANCEL, RESPONSE_NONE },
    { "IPM.Schedule.Meeting.Resp.Pos", MEETING_MESSAGE_ACCEPTED, RESPONSE_ACCEPTED },
    { "IPM.Schedule.Meeting.Resp.Tent", MEETING_MESSAGE_TENTATIVE, RESPONSE_TENTATIVE },
    { "IPM.Schedule.Meeting.Resp.Neg", MEETING_MESSAGE_DECLINED, RESPONSE_DECLINED },
    { "IPM.Schedule.Meeting.Notification.Forward", MEETING_MESSAGE_FORWARDED, RESPONSE_NONE },
};

enum meeting_message meeting_message_of_class(const char *message_class)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        size_t length = strlen(kinds[i].message_class);
        if (strncasecmp(message_class, kinds[i].message_class, length) == 0 && (message_class[length] == '\0' || message_class[length] == '.'))
            return kinds[i].kind;
    }
    return MEETING_MESSAGE_NONE;
}

const char *meeting_message_class(enum meeting_message kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (kinds[i].kind == kind)
            return kinds[i].message_class;
    return "";
}

enum response_status meeting_response_status(enum meeting_message kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (kinds[i].kind == kind)
            return kinds[i].status;
    return RESPONSE_NONE;
}

enum meeting_message meeting_message_of_status(enum response_status status)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (status != RESPONSE_NONE && kinds[i].status == status)
            return kinds[i].kind;
    return MEETING_MESSAGE_NONE;
}

bool meeting_message_is_response(enum meeting_message kind)
{
    return meeting_response_status(kind) != RESPONSE_NONE;
}

const char *meeting_method(const struct message *message)
{
    enum meeting_message kind = meeting_message_of_class(bag_string(message->props, PROP_MESSAGE_CLASS, ""));
    if (meeting_message_is_response(kind))
        return bag_bool(message->props, PROP_APPOINTMENT_COUNTER_PROPOSAL, false) ? "COUNTER" : "REPLY";
    return kind == MEETING_MESSAGE_REQUEST ? "REQUEST" : kind == MEETING_MESSAGE_CANCEL ? "CANCEL" : NULL;
}

/* ---- people ---- */

static uint32_t state_of(const struct bag *item)
{
    return (uint32_t)bag_int32(item, PROP_APPOINTMENT_STATE_FLAGS, 0);
}

bool meeting_is_organizer(const struct bag *item)
{
    if (bag_has(item, PROP_APPOINTMENT_STATE_FLAGS))
        return (state_of(item) & MEETING_STATE_RECEIVED) == 0;
    return bag_int32(item, PROP_RESPONSE_STATUS, RESPONSE_NONE) <= RESPONSE_ORGANIZED;
}

bool meeting_is_meeting(const struct bag *item)
{
    return (state_of(item) & MEETING_STATE_MEETING) != 0;
}

bool meeting_is_cancelled(const struct bag *item)
{
    return (state_of(item) & MEETING_STATE_CANCELED) != 0;
}

const char *meeting_organizer_address(const struct bag *props)
{
    const char *smtp = bag_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, "");
    if (smtp[0] != '\0')
        return smtp;
    const char *address = bag_string(props, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, "");
    return strchr(address, '@') != NULL ? address : "";
}

const char *meeting_organizer_name(const struct bag *props)
{
    return bag_string(props, PROP_SENT_REPRESENTING_NAME, meeting_organizer_address(props));
}

const char *meeting_recipient_address(const struct recipient *recipient)
{
    if (recipient->smtp_address[0] != '\0')
        return recipient->smtp_address;
    return strchr(recipient->address, '@') != NULL ? recipient->address : "";
}

int32_t meeting_recipient_int(const struct recipient *recipient, prop_tag tag, int32_t absent)
{
    return recipient->props != NULL ? bag_int32(recipient->props, tag, absent) : absent;
}

struct bag *meeting_recipient_props(struct message *message, struct recipient *recipient)
{
    if (recipient->props == NULL)
        recipient->props = bag_new(message);
    return recipient->props;
}

bool meeting_is_organizer_entry(const struct recipient *recipient)
{
    return recipient->type == RECIPIENT_FROM || (meeting_recipient_int(recipient, PROP_RECIPIENT_FLAGS, 0) & RECIPIENT_FLAG_ORGANIZER) != 0;
}

ptrdiff_t meeting_find_attendee(const struct message *item, const char *address)
{
    for (size_t i = 0; address[0] != '\0' && i < item->recipient_count; i++)
        if (!meeting_is_organizer_entry(&item->recipients[i]) && ascii_equal_nocase(meeting_recipient_address(&item->recipients[i]), address))
            return (ptrdiff_t)i;
    return -1;
}

enum status meeting_set_organizer(struct bag *props, const char *name, const char *address)
{
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_NAME, name));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_ADDRESS_TYPE, "SMTP"));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, address));
    bag_remove(props, PROP_SENT_REPRESENTING_ENTRY_ID);
    bag_remove(props, PROP_SENT_REPRESENTING_SEARCH_KEY);
    return bag_set_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, address);
}

enum status meeting_set_sender(struct bag *props, const char *name, const char *address)
{
    TRY(bag_set_string(props, PROP_SENDER_NAME, name));
    TRY(bag_set_string(props, PROP_SENDER_ADDRESS_TYPE, "SMTP"));
    TRY(bag_set_string(props, PROP_SENDER_EMAIL_ADDRESS, address));
    bag_remove(props, PROP_SENDER_ENTRY_ID);
    bag_remove(props, PROP_SENDER_SEARCH_KEY);
    return bag_set_string(props, PROP_SENDER_SMTP_ADDRESS, address);
}

/* ---- versions ---- */

struct meeting_version meeting_version_of(const struct bag *props)
{
    return (struct meeting_version){ .sequence = (uint32_t)bag_int32(props, PROP_APPOINTMENT_SEQUENCE, 0),
                                     .critical_change = bag_time(props, PROP_OWNER_CRITICAL_CHANGE, 0) };
}

int meeting_version_compare(struct meeting_version a, struct meeting_version b)
{
    if (a.sequence != b.sequence)
        return a.sequence < b.sequence ? -1 : 1;
    if (a.critical_change == 0 || b.critical_change == 0)
        return 0;
    int64_t one = a.critical_change / INSTANT_PER_SECOND, other = b.critical_change / INSTANT_PER_SECOND; /* DTSTAMP has no fractions */
    return one < other ? -1 : one > other;
}

bool meeting_instance_date(const struct bag *props, struct civil_date *out)
{
    struct slice id = bag_bytes(props, PROP_GLOBAL_OBJECT_ID);
    return id.length > 0 && global_id_date(id, out);
}

enum status meeting_mail_key(const struct message *message, const char *addressee, struct hash256 *out)
{
    const struct bag *props = message->props;
    struct meeting_version version = meeting_version_of(props);
    int64_t seconds = version.critical_change / INSTANT_PER_SECOND;
    instant answered = bag_time(props, PROP_ATTENDEE_CRITICAL_CHANGE, 0);
    const char *sender = meeting_organizer_address(props);
    instant proposal[2] = { bag_time(props, PROP_APPOINTMENT_PROPOSED_START_WHOLE, 0), bag_time(props, PROP_APPOINTMENT_PROPOSED_END_WHOLE, 0) };
    const char *message_class = bag_string(props, PROP_MESSAGE_CLASS, "");
    char *folded = talloc_strdup(NULL, addressee);
    if (folded == NULL)
        return status_fail(STATUS_NO_MEMORY, "mail key");
    ascii_lower(folded);
    struct slice pieces[] = { bag_bytes(props, PROP_GLOBAL_OBJECT_ID), slice_of(message_class, strlen(message_class) + 1),
                              slice_of(&version.sequence, sizeof version.sequence), slice_of(&seconds, sizeof seconds), slice_of(proposal, sizeof proposal),
                              slice_of(&answered, sizeof answered), slice_of(sender, strlen(sender) + 1), slice_of_text(folded) };
    *out = hash_sha256_pieces(pieces, ARRAY_LENGTH(pieces));
    talloc_free(folded);
    return STATUS_OK;
}
