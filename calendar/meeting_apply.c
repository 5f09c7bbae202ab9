/* What meeting messages change in the calendars of attendees [MS-OXOCAL] 3.1.4.7, 3.1.4.10. */
#include "bourse/base/hash.h"
#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "meeting_private.h"
#include "meeting_track.h"

enum { BUSY_STATUS_FREE = 0, BUSY_STATUS_TENTATIVE = 1, BUSY_STATUS_BUSY = 2, DEFAULT_REMINDER = 15,
       SIDE_EFFECTS_ITEM = 0x171, /* seOpenToDelete, CoerceToInbox, OpenToCopy, OpenToMove, OpenForCtxMenu [MS-OXOCAL] 2.2.2.2 */
       ICON_MEETING = 0x402, ICON_SERIES = 0x403 };

static int32_t intended_busy(const struct bag *request)
{
    return bag_int32(request, PROP_INTENDED_BUSY_STATUS, bag_int32(request, PROP_BUSY_STATUS, BUSY_STATUS_BUSY));
}

static enum status set_unanswered(struct bag *props)
{
    int32_t intended = bag_int32(props, PROP_INTENDED_BUSY_STATUS, BUSY_STATUS_BUSY);
    TRY(bag_set_int32(props, PROP_RESPONSE_STATUS, RESPONSE_NOT_RESPONDED));
    bag_remove(props, PROP_APPOINTMENT_REPLY_TIME);
    bag_remove(props, PROP_APPOINTMENT_REPLY_NAME);
    bag_remove(props, PROP_APPOINTMENT_PROPOSED_START_WHOLE);
    bag_remove(props, PROP_APPOINTMENT_PROPOSED_END_WHOLE);
    bag_remove(props, PROP_APPOINTMENT_COUNTER_PROPOSAL);
    return bag_set_int32(props, PROP_BUSY_STATUS, intended == BUSY_STATUS_FREE ? BUSY_STATUS_FREE : BUSY_STATUS_TENTATIVE);
}

static struct hash256 text_hash(const struct bag *props)
{
    struct slice text = slice_trim(bag_text(props, PROP_BODY));
    return hash_sha256(text.length > 0 ? text : bag_bytes(props, PROP_HTML));
}

static enum status remember_text(struct bag *item, const struct bag *request)
{
    struct hash256 hash = text_hash(request);
    return bag_set_bytes(item, MEETING_PROP_TEXT_HASH, slice_of(hash.bytes, sizeof hash.bytes));
}

static bool is_text(prop_tag tag)
{
    return prop_id(tag) == prop_id(PROP_BODY) || prop_id(tag) == prop_id(PROP_HTML) || prop_id(tag) == prop_id(PROP_RTF_COMPRESSED);
}

/* The organiser's text is the same as last time: what stands in the item may have the attendee's notes. */
static bool keeps_text(const struct bag *item, const struct bag *request)
{
    struct hash256 hash = text_hash(request);
    return slice_equal(bag_bytes(item, MEETING_PROP_TEXT_HASH), slice_of(hash.bytes, sizeof hash.bytes));
}

/* What the organiser decides becomes as the request says; what the request does not have goes. */
static enum status take_properties(struct bag *item, const struct bag *request)
{
    bool keep_text = keeps_text(item, request);
    for (size_t i = 0; i < meeting_property_count; i++) {
        const struct meeting_property *property = &meeting_properties[i];
        const struct value *value = bag_get(request, property->tag);
        if ((property->uses & OWN) != 0 || (property->uses & REQUEST) == 0 || (keep_text && is_text(property->tag)))
            continue;
        if (value != NULL)
            TRY(bag_set(item, value));
        else
            bag_remove(item, property->tag);
    }
    TRY(remember_text(item, request));
    TRY(bag_set_int32(item, PROP_INTENDED_BUSY_STATUS, intended_busy(request)));
    TRY(meeting_set_organizer(item, meeting_organizer_name(request), meeting_organizer_address(request)));
    const char *sender = bag_string(request, PROP_SENDER_SMTP_ADDRESS, meeting_organizer_address(request));
    return meeting_set_sender(item, bag_string(request, PROP_SENDER_NAME, sender), sender);
}

/* The organiser stands in the list too [MS-OXOCAL] 2.2.4.10. */
static enum status add_organizer_entry(struct message *item)
{
    for (size_t i = 0; i < item->recipient_count; i++)
        if (meeting_is_organizer_entry(&item->recipients[i]))
            return STATUS_OK;
    const char *address = meeting_organizer_address(item->props);
    struct recipient entry = { .type = RECIPIENT_TO, .display_name = meeting_organizer_name(item->props), .address_type = "SMTP", .address = address,
                               .smtp_address = address };
    if (address[0] == '\0')
        return STATUS_OK;
    struct recipient *added = message_add_recipient(item, &entry);
    struct bag *props = added != NULL ? meeting_recipient_props(item, added) : NULL;
    return props != NULL ? bag_set_int32(props, PROP_RECIPIENT_FLAGS, RECIPIENT_FLAG_SENDABLE | RECIPIENT_FLAG_ORGANIZER)
                         : status_fail(STATUS_NO_MEMORY, "organiser");
}

static enum status take_recipients(struct message *item, const struct message *request)
{
    item->recipient_count = 0;
    for (size_t i = 0; i < request->recipient_count; i++) {
        const struct recipient *from = &request->recipients[i];
        bool is_organizer = ascii_equal_nocase(meeting_recipient_address(from), meeting_organizer_address(request->props));
        if (!is_organizer || meeting_is_organizer_entry(from))
            TRY(meeting_copy_recipient(item, from));
    }
    TRY(add_organizer_entry(item));
    return meeting_set_attendee_strings(item);
}

static enum status set_common(struct message *item)
{
    struct bag *props = item->props;
    struct slice id = bag_bytes(props, PROP_GLOBAL_OBJECT_ID);
    bool recurs = bag_has(props, PROP_APPOINTMENT_RECUR);
    if (id.length == 0)
        TRY(bag_set_bytes(props, PROP_GLOBAL_OBJECT_ID, bag_bytes(props, PROP_CLEAN_GLOBAL_OBJECT_ID)));
    if (!bag_has(props, PROP_CLEAN_GLOBAL_OBJECT_ID))
        TRY(bag_set_bytes(props, PROP_CLEAN_GLOBAL_OBJECT_ID, global_id_clean(item, id)));
    TRY(bag_set_int32(props, PROP_SIDE_EFFECTS, SIDE_EFFECTS_ITEM));
    TRY(bag_set_bool(props, PROP_RECURRING, recurs));
    TRY(bag_set_bool(props, PROP_F_INVITED, true));
    TRY(bag_set_int32(props, PROP_ICON_INDEX, recurs ? ICON_SERIES : ICON_MEETING));
    TRY(bag_set_int32(props, PROP_APPOINTMENT_STATE_FLAGS, MEETING_STATE_MEETING | MEETING_STATE_RECEIVED));
    const char *message_class = bag_string(props, PROP_APPOINTMENT_MESSAGE_CLASS, "IPM.Appointment");
    return bag_set_string(props, PROP_MESSAGE_CLASS, strncasecmp(message_class, "IPM.Appointment", 15) == 0 ? message_class : "IPM.Appointment");
}

static enum status set_reminder(struct bag *props, instant now)
{
    int32_t minutes = bag_int32(props, PROP_REMINDER_DELTA, DEFAULT_REMINDER);
    instant starts = bag_time(props, PROP_APPOINTMENT_START_WHOLE, 0);
    if (minutes < 0 || minutes == 0x5AE980E1) /* "the default" [MS-OXORMDR] 2.2.1.3 */
        minutes = DEFAULT_REMINDER;
    bool recurs = bag_has(props, PROP_APPOINTMENT_RECUR);
    TRY(bag_set_int32(props, PROP_REMINDER_DELTA, minutes));
    TRY(bag_set_bool(props, PROP_REMINDER_SET, recurs || starts > now));
    TRY(bag_set_time(props, PROP_REMINDER_TIME, starts));
    return bag_set_time(props, PROP_REMINDER_SIGNAL_TIME, starts - minutes * INSTANT_PER_MINUTE);
}

enum status meeting_item_of_request(TALLOC_CTX *mem, const struct message *request, const char *own_address, instant now, struct message **out)
{
    struct message *item = message_new(mem);
    if (item == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar item");
    TRY(meeting_copy_properties(item->props, request->props, REQUEST));
    TRY(take_properties(item->props, request->props));
    TRY(take_recipients(item, request));
    TRY(meeting_copy_attachments(item, request, true));
    TRY(set_common(item));
    TRY(set_unanswered(item->props));
    TRY(set_reminder(item->props, now));
    ptrdiff_t own = meeting_find_attendee(item, own_address);
    if (own >= 0 && meeting_recipient_props(item, &item->recipients[own]) != NULL)
        TRY(bag_set_int32(item->recipients[own].props, PROP_RECIPIENT_TRACK_STATUS, RESPONSE_NOT_RESPONDED));
    *out = item;
    return STATUS_OK;
}

/* ---- updates ---- */

/* What the attendee decided for one occurrence stays while its time and place do. */
static enum status carry_answer(TALLOC_CTX *mem, struct message *item, const struct message *old, local_time start)
{
    static const prop_tag own[] = { PROP_RESPONSE_STATUS, PROP_BUSY_STATUS, PROP_APPOINTMENT_REPLY_TIME, PROP_APPOINTMENT_REPLY_NAME, PROP_REMINDER_SET,
                                    PROP_REMINDER_DELTA, PROP_KEYWORDS };
    struct message *before = NULL, *after = NULL;
    uint32_t highlights = 0;
    if (exception_read(mem, old, start, &before) != STATUS_OK || exception_read(mem, item, start, &after) != STATUS_OK) {
        status_chain_clear();
        return STATUS_OK;
    }
    TRY(meeting_highlights(mem, before, after, &highlights));
    if ((highlights & CHANGED_SIGNIFICANT) != 0)
        TRY(set_unanswered(after->props));
    for (size_t i = 0; (highlights & CHANGED_SIGNIFICANT) == 0 && i < ARRAY_LENGTH(own); i++) {
        const struct value *value = bag_get(before->props, own[i]);
        if (value != NULL)
            TRY(bag_set(after->props, value));
    }
    return exception_put(item, start, after);
}

/* Changed and deleted occurrences of the attendee's own that the new pattern still has; those that the request speaks of keep their answers. */
static enum status carry_occurrences(struct message *item, const struct message *old)
{
    TALLOC_CTX *mem = talloc_new(item);
    struct recurrence *before = NULL, *after = NULL;
    TRY(series_pattern(mem, old->props, &before));
    TRY(series_pattern(mem, item->props, &after));
    for (size_t i = 0; i < before->exception_count; i++) {
        local_time start = before->exceptions[i].original_start;
        struct message *occurrence = NULL;
        if (exception_attachment(old, start) == NULL)
            continue;
        if (exception_attachment(item, start) != NULL) {
            TRY(carry_answer(mem, item, old, start));
            continue;
        }
        if (exception_read(mem, old, start, &occurrence) == STATUS_OK && exception_put(item, start, occurrence) != STATUS_OK)
            status_chain_clear(); /* not in the pattern any more */
    }
    for (size_t i = 0; i < before->deleted_count; i++) {
        bool is_last = false;
        if (exception_attachment(item, before->deleted[i]) == NULL && exception_delete(item, before->deleted[i], &is_last) != STATUS_OK)
            status_chain_clear();
    }
    talloc_free(mem);
    return STATUS_OK;
}

static enum status apply_update(struct message *item, const struct message *request, const struct meeting_judgement *judgement, instant now)
{
    struct message *old = message_copy(item, item);
    bool was_cancelled = meeting_is_cancelled(item->props), same_series = (judgement->highlights & (CHANGED_START | CHANGED_END | CHANGED_RECURRENCE)) == 0;
    if (old == NULL)
        return status_fail(STATUS_NO_MEMORY, "calendar item");
    TRY(take_properties(item->props, request->props));
    TRY(take_recipients(item, request));
    item->attachment_count = 0;
    TRY(meeting_copy_attachments(item, request, true));
    TRY(set_common(item));
    if (judgement->verdict == VERDICT_UPDATE_FULL)
        TRY(set_unanswered(item->props));
    if (was_cancelled || (judgement->highlights & CHANGED_START) != 0)
        TRY(set_reminder(item->props, now));
    if (same_series && bag_has(old->props, PROP_APPOINTMENT_RECUR) && bag_has(item->props, PROP_APPOINTMENT_RECUR))
        TRY(carry_occurrences(item, old));
    talloc_free(old);
    return STATUS_OK;
}

/* A request for one occurrence says nothing of the series: its pattern stays out. */
static enum status apply_occurrence_update(struct message *occurrence, const struct message *request, const struct meeting_judgement *judgement, instant now)
{
    TRY(take_properties(occurrence->props, request->props));
    TRY(take_recipients(occurrence, request));
    bag_remove(occurrence->props, PROP_APPOINTMENT_RECUR);
    TRY(bag_set_int32(occurrence->props, PROP_APPOINTMENT_STATE_FLAGS, MEETING_STATE_MEETING | MEETING_STATE_RECEIVED));
    if (judgement->verdict == VERDICT_UPDATE_FULL)
        TRY(set_unanswered(occurrence->props));
    return (judgement->highlights & CHANGED_START) != 0 ? set_reminder(occurrence->props, now) : STATUS_OK;
}

static enum status apply_cancel(struct message *item, const struct message *cancellation)
{
    struct bag *props = item->props;
    struct meeting_version known = meeting_version_of(props), said = meeting_version_of(cancellation->props);
    if (meeting_version_compare(said, known) > 0) {
        TRY(bag_set_int32(props, PROP_APPOINTMENT_SEQUENCE, (int32_t)said.sequence));
        if (said.critical_change != 0)
            TRY(bag_set_time(props, PROP_OWNER_CRITICAL_CHANGE, said.critical_change));
    }
    TRY(bag_set_int32(props, PROP_APPOINTMENT_STATE_FLAGS, MEETING_STATE_MEETING | MEETING_STATE_RECEIVED | MEETING_STATE_CANCELED));
    TRY(bag_set_int32(props, PROP_BUSY_STATUS, BUSY_STATUS_FREE));
    TRY(bag_set_bool(props, PROP_REMINDER_SET, false));
    return meeting_set_subject(item, "Canceled: ");
}

static enum status apply_to(struct message *target, const struct message *message, const struct meeting_judgement *judgement, instant now)
{
    switch (judgement->verdict) {
    case VERDICT_UPDATE_FULL:
    case VERDICT_UPDATE_INFORMATIONAL:
        return judgement->is_occurrence ? apply_occurrence_update(target, message, judgement, now) : apply_update(target, message, judgement, now);
    case VERDICT_CANCEL:
        return apply_cancel(target, message);
    case VERDICT_RESPONSE:
        return meeting_track_response(target, message, judgement);
    default:
        return meeting_track_forward(target, message);
    }
}

static bool changes_something(enum meeting_verdict verdict)
{
    return verdict == VERDICT_UPDATE_FULL || verdict == VERDICT_UPDATE_INFORMATIONAL || verdict == VERDICT_CANCEL || verdict == VERDICT_RESPONSE ||
           verdict == VERDICT_FORWARDED;
}

enum status meeting_apply(struct message *item, const struct message *message, const struct meeting_judgement *judgement, instant now, bool *changed)
{
    *changed = changes_something(judgement->verdict);
    if (!*changed)
        return STATUS_OK;
    if (!judgement->is_occurrence)
        return apply_to(item, message, judgement, now);
    TALLOC_CTX *mem = talloc_new(item);
    struct message *occurrence = NULL;
    enum status status = exception_read(mem, item, judgement->original_start, &occurrence);
    if (status == STATUS_OK)
        status = apply_to(occurrence, message, judgement, now);
    if (status == STATUS_OK)
        status = exception_put(item, judgement->original_start, occurrence);
    talloc_free(mem);
    return status;
}

enum status meeting_adopt_occurrence(struct message *series, const struct message *occurrence)
{
    struct civil_date date;
    if (!meeting_instance_date(occurrence->props, &date))
        return status_fail(STATUS_INVALID_ARGUMENT, "no occurrence");
    return exception_put(series, local_of_civil(date), occurrence);
}

/* ---- the message itself ---- */

enum status meeting_mark_message(struct message *message, const struct meeting_judgement *judgement)
{
    static const struct {
        enum meeting_verdict verdict;
        enum meeting_type type;
    } types[] = {
        { VERDICT_NEW, MEETING_TYPE_REQUEST }, { VERDICT_NEW_OCCURRENCE, MEETING_TYPE_REQUEST }, { VERDICT_UPDATE_FULL, MEETING_TYPE_FULL },
        { VERDICT_UPDATE_INFORMATIONAL, MEETING_TYPE_INFORMATIONAL }, { VERDICT_STALE, MEETING_TYPE_OUT_OF_DATE },
    };
    if (judgement->verdict == VERDICT_NONE)
        return STATUS_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(types) && judgement->kind == MEETING_MESSAGE_REQUEST; i++)
        if (types[i].verdict == judgement->verdict)
            TRY(bag_set_int32(message->props, PROP_MEETING_TYPE, (int32_t)types[i].type));
    if (judgement->highlights != 0)
        TRY(bag_set_int32(message->props, PROP_CHANGE_HIGHLIGHT, (int32_t)judgement->highlights));
    return bag_set_bool(message->props, PROP_PROCESSED, true);
}

/* ---- the attendee's own answer ---- */

static bool is_same_reply(const struct bag *props, const struct meeting_reply *reply)
{
    return bag_int32(props, PROP_RESPONSE_STATUS, RESPONSE_NONE) == (int32_t)reply->status &&
           bag_time(props, PROP_APPOINTMENT_PROPOSED_START_WHOLE, 0) == reply->proposed_start &&
           bag_time(props, PROP_APPOINTMENT_PROPOSED_END_WHOLE, 0) == reply->proposed_end;
}

static int32_t busy_after(const struct bag *props, enum response_status status)
{
    int32_t intended = bag_int32(props, PROP_INTENDED_BUSY_STATUS, BUSY_STATUS_BUSY);
    if (status == RESPONSE_DECLINED)
        return BUSY_STATUS_FREE;
    return status == RESPONSE_ACCEPTED || intended == BUSY_STATUS_FREE ? intended : BUSY_STATUS_TENTATIVE;
}

enum status meeting_apply_reply(struct message *item, const struct meeting_reply *reply, bool *changed)
{
    struct bag *props = item->props;
    *changed = !is_same_reply(props, reply);
    if (!*changed)
        return STATUS_OK;
    TRY(bag_set_int32(props, PROP_RESPONSE_STATUS, (int32_t)reply->status));
    TRY(bag_set_int32(props, PROP_BUSY_STATUS, busy_after(props, reply->status)));
    TRY(bag_set_time(props, PROP_APPOINTMENT_REPLY_TIME, reply->now));
    TRY(bag_set_string(props, PROP_APPOINTMENT_REPLY_NAME, reply->sender_name != NULL ? reply->sender_name : reply->name));
    bag_remove(props, PROP_APPOINTMENT_PROPOSED_START_WHOLE);
    bag_remove(props, PROP_APPOINTMENT_PROPOSED_END_WHOLE);
    if (reply->proposed_start != 0) {
        TRY(bag_set_time(props, PROP_APPOINTMENT_PROPOSED_START_WHOLE, reply->proposed_start));
        TRY(bag_set_time(props, PROP_APPOINTMENT_PROPOSED_END_WHOLE, reply->proposed_end));
    }
    ptrdiff_t own = meeting_find_attendee(item, reply->address);
    struct bag *mine = own >= 0 ? meeting_recipient_props(item, &item->recipients[own]) : NULL;
    return mine != NULL ? bag_set_int32(mine, PROP_RECIPIENT_TRACK_STATUS, (int32_t)reply->status) : STATUS_OK;
}
