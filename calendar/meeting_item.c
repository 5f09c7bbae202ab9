/* The organiser's own item: what it needs, what a change means to attendees [MS-OXOCAL] 3.1.4.6, 3.1.5.4. */
#include "bourse/base/hash.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "meeting_private.h"

enum { SIDE_EFFECTS_ITEM = 0x171, ICON_SINGLE = 0x400, ICON_RECURRING = 0x401, ICON_MEETING = 0x402, ICON_MEETING_SERIES = 0x403 };

static bool has_attendees(const struct message *item)
{
    for (size_t i = 0; i < item->recipient_count; i++)
        if (!meeting_is_organizer_entry(&item->recipients[i]))
            return true;
    return false;
}

static enum status fill_ids(struct message *item, instant now)
{
    struct bag *props = item->props;
    struct slice id = bag_bytes(props, PROP_GLOBAL_OBJECT_ID);
    if (id.length == 0)
        id = bag_bytes(props, PROP_CLEAN_GLOBAL_OBJECT_ID);
    if (id.length == 0)
        id = global_id_new(item, now);
    if (id.length == 0)
        return status_fail(STATUS_NO_MEMORY, "global object id");
    if (!bag_has(props, PROP_GLOBAL_OBJECT_ID))
        TRY(bag_set_bytes(props, PROP_GLOBAL_OBJECT_ID, id));
    if (!bag_has(props, PROP_CLEAN_GLOBAL_OBJECT_ID))
        TRY(bag_set_bytes(props, PROP_CLEAN_GLOBAL_OBJECT_ID, global_id_clean(item, bag_bytes(props, PROP_GLOBAL_OBJECT_ID))));
    if (!bag_has(props, PROP_OWNER_APPOINTMENT_ID))
        TRY(bag_set_int32(props, PROP_OWNER_APPOINTMENT_ID, (int32_t)(random_u64() & 0x7FFFFFFF)));
    return STATUS_OK;
}

static enum status set_default_int(struct bag *props, prop_tag tag, int32_t number)
{
    return bag_has(props, tag) ? STATUS_OK : bag_set_int32(props, tag, number);
}

static enum status set_default_time(struct bag *props, prop_tag tag, instant when)
{
    return bag_has(props, tag) ? STATUS_OK : bag_set_time(props, tag, when);
}

static enum status fill_tracking(struct message *item)
{
    for (size_t i = 0; i < item->recipient_count; i++) {
        struct recipient *recipient = &item->recipients[i];
        struct bag *props = meeting_recipient_props(item, recipient);
        if (props == NULL)
            return status_fail(STATUS_NO_MEMORY, "attendee");
        if (meeting_is_organizer_entry(recipient))
            continue;
        TRY(set_default_int(props, PROP_RECIPIENT_FLAGS, RECIPIENT_FLAG_SENDABLE));
        TRY(set_default_int(props, PROP_RECIPIENT_TRACK_STATUS, RESPONSE_NONE));
    }
    return STATUS_OK;
}

/* The organiser's entry first, as clients list it. An entry with the organiser's address that a client put among the attendees becomes it. */
static enum status fill_organizer_entry(struct message *item)
{
    const char *address = meeting_organizer_address(item->props);
    struct recipient *entry = NULL;
    for (size_t i = 0; i < item->recipient_count; i++) {
        if (meeting_is_organizer_entry(&item->recipients[i]))
            return STATUS_OK;
        if (ascii_equal_nocase(meeting_recipient_address(&item->recipients[i]), address))
            entry = &item->recipients[i];
    }
    if (entry == NULL) {
        struct recipient new = { .type = RECIPIENT_TO, .display_name = meeting_organizer_name(item->props), .address_type = "SMTP", .address = address,
                                 .smtp_address = address };
        entry = message_add_recipient(item, &new);
    }
    struct bag *props = entry != NULL ? meeting_recipient_props(item, entry) : NULL;
    if (props == NULL)
        return status_fail(STATUS_NO_MEMORY, "organiser");
    TRY(bag_set_int32(props, PROP_RECIPIENT_FLAGS, RECIPIENT_FLAG_SENDABLE | RECIPIENT_FLAG_ORGANIZER));
    return bag_set_int32(props, PROP_RECIPIENT_TRACK_STATUS, RESPONSE_ORGANIZED);
}

static enum status fill_meeting(struct message *item, instant now)
{
    struct bag *props = item->props;
    uint32_t state = (uint32_t)bag_int32(props, PROP_APPOINTMENT_STATE_FLAGS, 0);
    TRY(bag_set_int32(props, PROP_APPOINTMENT_STATE_FLAGS, (int32_t)(state | MEETING_STATE_MEETING)));
    TRY(bag_set_int32(props, PROP_RESPONSE_STATUS, RESPONSE_ORGANIZED));
    TRY(fill_organizer_entry(item));
    TRY(fill_tracking(item));
    TRY(set_default_time(props, PROP_APPOINTMENT_SEQUENCE_TIME, now));
    if (!bag_has(props, PROP_RESPONSE_REQUESTED))
        TRY(bag_set_bool(props, PROP_RESPONSE_REQUESTED, true));
    if (!bag_has(props, PROP_REPLY_REQUESTED))
        TRY(bag_set_bool(props, PROP_REPLY_REQUESTED, true));
    if (!bag_has(props, PROP_F_INVITED))
        TRY(bag_set_bool(props, PROP_F_INVITED, false));
    return meeting_set_attendee_strings(item);
}

enum status meeting_fill_item(struct message *item, const struct meeting_organizer *organizer, instant now)
{
    struct bag *props = item->props;
    if (bag_has(props, PROP_APPOINTMENT_STATE_FLAGS) && !meeting_is_organizer(props))
        return STATUS_OK;
    bool recurs = bag_has(props, PROP_APPOINTMENT_RECUR), is_meeting = has_attendees(item);
    TRY(fill_ids(item, now));
    if (meeting_organizer_address(props)[0] == '\0')
        TRY(meeting_set_organizer(props, organizer->name, organizer->address));
    if (bag_string(props, PROP_SENDER_SMTP_ADDRESS, "")[0] == '\0')
        TRY(meeting_set_sender(props, organizer->name, organizer->address));
    TRY(set_default_int(props, PROP_APPOINTMENT_STATE_FLAGS, 0));
    TRY(set_default_int(props, PROP_RESPONSE_STATUS, RESPONSE_NONE));
    TRY(set_default_int(props, PROP_APPOINTMENT_SEQUENCE, 0));
    TRY(set_default_int(props, PROP_SIDE_EFFECTS, SIDE_EFFECTS_ITEM));
    TRY(set_default_int(props, PROP_BUSY_STATUS, 2));
    TRY(set_default_time(props, PROP_OWNER_CRITICAL_CHANGE, now));
    TRY(bag_set_bool(props, PROP_RECURRING, recurs));
    TRY(bag_set_bool(props, PROP_IS_RECURRING, recurs || bag_bool(props, PROP_IS_EXCEPTION, false)));
    TRY(bag_set_int32(props, PROP_ICON_INDEX, is_meeting ? (recurs ? ICON_MEETING_SERIES : ICON_MEETING) : recurs ? ICON_RECURRING : ICON_SINGLE));
    return is_meeting ? fill_meeting(item, now) : STATUS_OK;
}

static ptrdiff_t find_organizer_entry(const struct message *message)
{
    for (size_t i = 0; i < message->recipient_count; i++)
        if (meeting_is_organizer_entry(&message->recipients[i]))
            return (ptrdiff_t)i;
    return -1;
}

enum status meeting_keep_tracking(const struct message *before, struct message *after)
{
    ptrdiff_t organizer = find_organizer_entry(before);
    for (size_t i = 0; i < after->recipient_count; i++) {
        struct recipient *recipient = &after->recipients[i];
        ptrdiff_t old = meeting_find_attendee(before, meeting_recipient_address(recipient));
        if (old < 0 || before->recipients[old].props == NULL)
            continue;
        struct bag *props = meeting_recipient_props(after, recipient);
        if (props == NULL)
            return status_fail(STATUS_NO_MEMORY, "tracking");
        const struct bag *known = before->recipients[old].props;
        for (size_t j = 0; j < bag_count(known); j++)
            if (!bag_has(props, prop_make(prop_id(bag_at(known, j)->tag), TYPE_UNSPECIFIED)))
                TRY(bag_set(props, bag_at(known, j)));
    }
    if (organizer < 0 || find_organizer_entry(after) >= 0 || after->recipient_count == 0)
        return STATUS_OK;
    return fill_organizer_entry(after);
}

/* ---- changes ---- */

static enum status compare_attendees(TALLOC_CTX *mem, const struct message *before, const struct message *after, struct meeting_changes *out)
{
    out->added = array_new(mem, bool, after->recipient_count);
    out->removed = array_new(mem, bool, before->recipient_count);
    if (out->added == NULL || out->removed == NULL)
        return status_fail(STATUS_NO_MEMORY, "attendees");
    for (size_t i = 0; i < after->recipient_count; i++) {
        const struct recipient *recipient = &after->recipients[i];
        ptrdiff_t old = meeting_find_attendee(before, meeting_recipient_address(recipient));
        if (meeting_is_organizer_entry(recipient) || meeting_recipient_address(recipient)[0] == '\0')
            continue;
        out->added[i] = old < 0;
        out->added_count += old < 0;
        if (old < 0 || before->recipients[old].type != recipient->type)
            out->highlights |= recipient->type == RECIPIENT_TO ? CHANGED_REQUIRED : CHANGED_OPTIONAL;
    }
    for (size_t i = 0; i < before->recipient_count; i++) {
        const struct recipient *recipient = &before->recipients[i];
        bool is_gone = !meeting_is_organizer_entry(recipient) && meeting_recipient_address(recipient)[0] != '\0' &&
                       meeting_find_attendee(after, meeting_recipient_address(recipient)) < 0;
        out->removed[i] = is_gone;
        out->removed_count += is_gone;
        if (is_gone)
            out->highlights |= recipient->type == RECIPIENT_TO ? CHANGED_REQUIRED : CHANGED_OPTIONAL;
    }
    return STATUS_OK;
}

static bool same_attachments(const struct message *a, const struct message *b)
{
    size_t i = 0, j = 0;
    for (;; i++, j++) {
        while (i < a->attachment_count && exception_is_attachment(&a->attachments[i]))
            i++;
        while (j < b->attachment_count && exception_is_attachment(&b->attachments[j]))
            j++;
        if (i == a->attachment_count || j == b->attachment_count)
            return i == a->attachment_count && j == b->attachment_count;
        if (a->attachments[i].number != b->attachments[j].number)
            return false;
    }
}

enum status meeting_compare(TALLOC_CTX *mem, const struct message *before, const struct message *after, struct meeting_changes *out)
{
    uint32_t highlights = 0;
    *out = (struct meeting_changes){ 0 };
    TRY(compare_attendees(mem, before, after, out));
    TRY(meeting_highlights(mem, before, after, &highlights));
    out->highlights |= highlights;
    out->is_significant = (highlights & CHANGED_SIGNIFICANT) != 0;
    bool same_flags = bag_bool(before->props, PROP_APPOINTMENT_SUB_TYPE, false) == bag_bool(after->props, PROP_APPOINTMENT_SUB_TYPE, false) &&
                      bag_int32(before->props, PROP_IMPORTANCE, 1) == bag_int32(after->props, PROP_IMPORTANCE, 1) &&
                      bag_int32(before->props, PROP_SENSITIVITY, 0) == bag_int32(after->props, PROP_SENSITIVITY, 0);
    out->any = out->highlights != 0 || !same_flags || !same_attachments(before, after);
    return STATUS_OK;
}

static uint32_t last_sequence(const struct bag *props)
{
    uint32_t last = (uint32_t)bag_int32(props, PROP_APPOINTMENT_LAST_SEQUENCE, 0), now = (uint32_t)bag_int32(props, PROP_APPOINTMENT_SEQUENCE, 0);
    return last > now ? last : now;
}

/* Above all that was ever sent of the series or one of its occurrences [MS-OXOCAL] 3.1.5.4. */
static uint32_t next_sequence(const struct message *item)
{
    uint32_t last = last_sequence(item->props);
    for (size_t i = 0; i < item->attachment_count; i++) {
        const struct attachment *attachment = &item->attachments[i];
        uint32_t of_occurrence = exception_is_attachment(attachment) && attachment->embedded != NULL ? last_sequence(attachment->embedded->props) : 0;
        last = of_occurrence > last ? of_occurrence : last;
    }
    return last + 1;
}

static enum status raise_sequence(struct message *item, instant now)
{
    struct bag *props = item->props;
    int32_t sequence = (int32_t)next_sequence(item);
    TRY(bag_set_int32(props, PROP_APPOINTMENT_SEQUENCE, sequence));
    TRY(bag_set_int32(props, PROP_APPOINTMENT_LAST_SEQUENCE, sequence));
    return bag_set_time(props, PROP_APPOINTMENT_SEQUENCE_TIME, now);
}

static enum status reset_tracking(struct message *item)
{
    for (size_t i = 0; i < item->recipient_count; i++) {
        struct bag *props = item->recipients[i].props;
        if (props == NULL || meeting_is_organizer_entry(&item->recipients[i]))
            continue;
        TRY(bag_set_int32(props, PROP_RECIPIENT_TRACK_STATUS, RESPONSE_NONE));
        bag_remove(props, PROP_RECIPIENT_TRACK_STATUS_TIME);
        bag_remove(props, PROP_RECIPIENT_PROPOSED);
        bag_remove(props, PROP_RECIPIENT_PROPOSED_START_TIME);
        bag_remove(props, PROP_RECIPIENT_PROPOSED_END_TIME);
    }
    bag_remove(item->props, PROP_APPOINTMENT_PROPOSAL_NUMBER);
    bag_remove(item->props, PROP_APPOINTMENT_COUNTER_PROPOSAL);
    return STATUS_OK;
}

enum status meeting_advance(struct message *item, const struct meeting_changes *changes, instant now)
{
    instant known = bag_time(item->props, PROP_OWNER_CRITICAL_CHANGE, 0);
    /* Two changes within a second must differ in DTSTAMP. */
    instant when = now / INSTANT_PER_SECOND > known / INSTANT_PER_SECOND ? now : known + INSTANT_PER_SECOND;
    if (changes->is_significant) {
        TRY(raise_sequence(item, when));
        TRY(reset_tracking(item));
    }
    TRY(fill_tracking(item));
    TRY(bag_set_bool(item->props, PROP_F_INVITED, true));
    TRY(bag_set_time(item->props, PROP_OWNER_CRITICAL_CHANGE, when));
    return meeting_set_attendee_strings(item);
}

enum status meeting_cancel_item(struct message *item, instant now)
{
    struct bag *props = item->props;
    uint32_t state = (uint32_t)bag_int32(props, PROP_APPOINTMENT_STATE_FLAGS, MEETING_STATE_MEETING);
    TRY(raise_sequence(item, now));
    TRY(bag_set_time(props, PROP_OWNER_CRITICAL_CHANGE, now));
    TRY(bag_set_int32(props, PROP_APPOINTMENT_STATE_FLAGS, (int32_t)(state | MEETING_STATE_CANCELED)));
    TRY(bag_set_int32(props, PROP_BUSY_STATUS, 0));
    return bag_set_bool(props, PROP_REMINDER_SET, false);
}
