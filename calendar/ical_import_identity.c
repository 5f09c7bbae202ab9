/* UID, RECURRENCE-ID, SEQUENCE, DTSTAMP and the message class [MS-OXCICAL] 2.1.3.1.1.1, 2.1.3.1.1.20.20, .26. */
#include "bourse/calendar/global_id.h"
#include "bourse/model/bag.h"
#include "ical_import.h"

enum { STATE_MEETING = 1, STATE_RECEIVED = 2, STATE_CANCELLED = 4 }; /* [MS-OXOCAL] 2.2.1.10 */
enum { RESPONSE_NONE = 0, RESPONSE_TENTATIVE = 2, RESPONSE_ACCEPTED = 3, RESPONSE_DECLINED = 4, RESPONSE_NOT_RESPONDED = 5 }; /* 2.2.1.11 */

static enum status set_ids(struct import *import)
{
    const struct text_line *uid = block_find(&import->block, "UID");
    char *text = uid != NULL ? text_unescaped(import->mem, slice_trim(uid->value), "") : NULL;
    if (text == NULL || text[0] == '\0')
        return STATUS_OK;
    import->entry->uid = text;
    struct slice id = global_id_of_text(import->mem, text), full = id;
    if (import->entry->is_instance)
        full = global_id_of_instance(import->mem, id, civil_of_local(time_zone_to_local(import->zone != NULL ? import->zone : import->file->floating, import->entry->recurrence_id)));
    TRY(bag_set_bytes(import->props, PROP_GLOBAL_OBJECT_ID, full));
    return bag_set_bytes(import->props, PROP_CLEAN_GLOBAL_OBJECT_ID, id);
}

static enum status set_instance(struct import *import)
{
    const struct text_line *line = block_find(&import->block, "RECURRENCE-ID");
    const struct time_zone *zone;
    struct ical_time written;
    local_time local;
    if (line == NULL)
        return STATUS_OK;
    if (!import_time(import, line, line->value, &local, &zone, &written))
        return status_fail(STATUS_MALFORMED, "RECURRENCE-ID is no time");
    import->entry->is_instance = true;
    import->entry->recurrence_id = time_zone_to_instant(zone, local);
    import->entry->and_future = slice_equal_ascii_nocase(line_param(line, "RANGE"), slice_of_text("THISANDFUTURE"));
    TRY(import_keep_params(import, line, "TZID VALUE"));
    TRY(bag_set_bool(import->props, PROP_IS_EXCEPTION, true));
    return bag_set_time(import->props, PROP_LID_EXCEPTION_REPLACE_TIME, import->entry->recurrence_id);
}

static enum status set_stamps(struct import *import)
{
    const struct text_line *stamp = block_find(&import->block, "DTSTAMP");
    struct ical_time when;
    bool from_attendee = import->file->method == ICAL_REPLY || import->file->method == ICAL_COUNTER;
    import->entry->sequence = bag_int32(import->props, PROP_APPOINTMENT_SEQUENCE, 0);
    if (stamp == NULL || !ical_time_parse(stamp->value, &when))
        return STATUS_OK;
    import->entry->dtstamp = when.local;
    return bag_set_time(import->props, from_attendee ? PROP_ATTENDEE_CRITICAL_CHANGE : PROP_OWNER_CRITICAL_CHANGE, when.local);
}

struct answer {
    const char *message_class;
    int32_t response;
};

static struct answer answer_of(const struct import *import)
{
    const struct text_line *attendee = block_find(&import->block, "ATTENDEE");
    int32_t status = attendee != NULL ? ical_number_of(WORDS_participation, line_param(attendee, "PARTSTAT")) : -1;
    if (import->file->method != ICAL_COUNTER && status == RESPONSE_ACCEPTED)
        return (struct answer){ "IPM.Schedule.Meeting.Resp.Pos", status };
    if (import->file->method != ICAL_COUNTER && status == RESPONSE_DECLINED)
        return (struct answer){ "IPM.Schedule.Meeting.Resp.Neg", status };
    return (struct answer){ "IPM.Schedule.Meeting.Resp.Tent", RESPONSE_TENTATIVE };
}

static enum status set_class(struct import *import, const char *message_class, int32_t state, int32_t response)
{
    state |= bag_int32(import->props, PROP_APPOINTMENT_STATE_FLAGS, 0) & STATE_CANCELLED;
    TRY(bag_set_string(import->props, PROP_MESSAGE_CLASS, message_class));
    TRY(bag_set_int32(import->props, PROP_APPOINTMENT_STATE_FLAGS, state));
    return bag_set_int32(import->props, PROP_RESPONSE_STATUS, response);
}

/* A counter-proposal's times are the new ones; Outlook adds those of the meeting [MS-OXCICAL] 2.1.3.1.1.20.50. */
static enum status set_proposal(struct import *import)
{
    static const struct { const char *name; prop_tag proposed, original; } times[] = {
        { "X-MS-OLK-ORIGINALSTART", PROP_APPOINTMENT_PROPOSED_START_WHOLE, PROP_APPOINTMENT_START_WHOLE },
        { "X-MS-OLK-ORIGINALEND", PROP_APPOINTMENT_PROPOSED_END_WHOLE, PROP_APPOINTMENT_END_WHOLE },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
        const struct text_line *line = block_find(&import->block, times[i].name);
        const struct time_zone *zone;
        struct ical_time written;
        local_time local;
        TRY(bag_set_time(import->props, times[i].proposed, bag_time(import->props, times[i].original, 0)));
        if (line != NULL && import_time(import, line, line->value, &local, &zone, &written))
            TRY(bag_set_time(import->props, times[i].original, time_zone_to_instant(zone, local)));
    }
    TRY(bag_set_int32(import->props, PROP_APPOINTMENT_PROPOSED_DURATION, bag_int32(import->props, PROP_APPOINTMENT_DURATION, 0)));
    return bag_set_bool(import->props, PROP_APPOINTMENT_COUNTER_PROPOSAL, true);
}

static enum status set_mail_class(struct import *import)
{
    struct answer answer;
    switch (import->file->method) {
    case ICAL_REQUEST:
    case ICAL_ADD:
        TRY(bag_set_int32(import->props, PROP_INTENDED_BUSY_STATUS, bag_int32(import->props, PROP_INTENDED_BUSY_STATUS, bag_int32(import->props, PROP_BUSY_STATUS, 2))));
        TRY(bag_set_int32(import->props, PROP_BUSY_STATUS, 1)); /* tentative until answered [MS-OXOCAL] 2.2.6.2 */
        return set_class(import, "IPM.Schedule.Meeting.Request", STATE_MEETING | STATE_RECEIVED, RESPONSE_NOT_RESPONDED);
    case ICAL_CANCEL:
        return set_class(import, "IPM.Schedule.Meeting.Canceled", STATE_MEETING | STATE_RECEIVED | STATE_CANCELLED, RESPONSE_NOT_RESPONDED);
    case ICAL_REPLY:
    case ICAL_COUNTER:
        answer = answer_of(import);
        TRY(set_class(import, answer.message_class, STATE_MEETING | STATE_RECEIVED, answer.response));
        return import->file->method == ICAL_COUNTER ? set_proposal(import) : STATUS_OK;
    case ICAL_REFRESH:
    case ICAL_DECLINE_COUNTER:
        return set_class(import, "IPM.Note", 0, RESPONSE_NONE);
    case ICAL_NO_METHOD:
    case ICAL_PUBLISH:
        break;
    }
    return set_class(import, "IPM.Appointment", 0, RESPONSE_NONE);
}

static enum status set_requests(struct import *import)
{
    const struct text_line *attendee = block_find(&import->block, "ATTENDEE");
    bool wanted = false;
    if (attendee == NULL)
        return STATUS_OK;
    wanted = !ical_boolean(line_param(attendee, "RSVP"), &wanted) || wanted;
    TRY(bag_set_bool(import->props, PROP_RESPONSE_REQUESTED, wanted));
    return bag_set_bool(import->props, PROP_REPLY_REQUESTED, wanted);
}

enum status import_identity(struct import *import)
{
    TRY(set_instance(import));
    TRY(set_ids(import));
    TRY(set_stamps(import));
    TRY(set_requests(import));
    if (import->component == 'J')
        return set_class(import, "IPM.Activity", 0, RESPONSE_NONE);
    if (import->component == 'T')
        return set_class(import, "IPM.Task", 0, RESPONSE_NONE);
    if (import->file->options.as_mail)
        return set_mail_class(import);
    return set_class(import, "IPM.Appointment", import->message->recipient_count > 0 || import->entry->organizer[0] != '\0' ? STATE_MEETING : 0, RESPONSE_NONE);
}
