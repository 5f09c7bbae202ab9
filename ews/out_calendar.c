/* Appointments, meetings and tasks: kinds that are more than one property. */
#include "output.h"

#include "bourse/base/text.h"
#include "bourse/calendar/meeting.h"
#include "bourse/groupware/calendar.h"
#include "bourse/calendar/global_id.h"


void out_state_flag(struct output *o, const struct field *field)
{
    int32_t state = bag_int32(o->props, field->tag, 0);
    bool on = field->kind == KIND_STATE_MEETING ? (state & MEETING_STATE_MEETING) != 0 : field->kind == KIND_STATE_CANCELLED ? (state & MEETING_STATE_CANCELED) != 0
                                                                                                                     : (state & MEETING_STATE_RECEIVED) == 0;
    xml_element_bool(o->xml, field->element, on);
}

void out_calendar_item_type(struct output *o, const struct field *field)
{
    const char *word = "Single";
    if (output_is_occurrence(o))
        word = o->item->is_exception ? "Exception" : "Occurrence";
    else if (bag_bool(o->props, PROP_IS_EXCEPTION, false)) /* a meeting message about one occurrence, or an invitation to one alone */
        word = "Exception";
    else if (bag_bool(o->props, field->tag, false))
        word = "RecurringMaster";
    xml_element(o->xml, field->element, word);
}

/* PidLidMeetingType [MS-OXOCAL] 2.2.6.5 */
void out_meeting_state(struct output *o, const struct field *field)
{
    int32_t wanted = field->kind == KIND_OUT_OF_DATE ? MEETING_TYPE_OUT_OF_DATE : MEETING_TYPE_DELEGATOR_COPY;
    xml_element_bool(o->xml, field->element, bag_int32(o->props, field->tag, 0) == wanted);
}

/* The calendar item that the meeting message belongs to; left out when there is none (any more). */
void out_associated_item(struct output *o, const struct field *field)
{
    struct object_id id;
    struct item *item = NULL;
    if (o->embedded != NULL)
        return;
    if (meeting_calendar_item(o->call->session, &o->item->id, &id) == STATUS_OK && item_get(o->call->mem, o->call->session, &id, 0, &item) == STATUS_OK)
        output_item_id(o->call, field->element, &id, output_item_change(item));
    status_chain_clear();
}

void out_enhanced_location(struct output *o, const struct field *field)
{
    const char *location = bag_string(o->props, field->tag, "");
    if (location[0] == '\0')
        return;
    xml_start(o->xml, field->element);
    xml_element(o->xml, "t:DisplayName", location);
    xml_end(o->xml);
}

/* Part of a series: masters and their occurrences. */
void out_is_recurring(struct output *o, const struct field *field)
{
    xml_element_bool(o->xml, field->element, output_is_occurrence(o) || bag_bool(o->props, field->tag, false));
}

void out_duration(struct output *o, const struct field *field)
{
    instant start = bag_time(o->props, PROP_APPOINTMENT_START_WHOLE, 0), end = bag_time(o->props, PROP_APPOINTMENT_END_WHOLE, 0);
    if (start == 0 || end < start)
        return;
    int64_t minutes = (end - start) / INSTANT_PER_MINUTE;
    xml_element(o->xml, field->element,
                talloc_asprintf(o->call->mem, "P%" PRId64 "DT%" PRId64 "H%" PRId64 "M", minutes / 1440, minutes / 60 % 24, minutes % 60));
}

void out_calendar_uid(struct output *o, const struct field *field)
{
    struct slice id = bag_bytes(o->props, field->tag);
    if (id.length > 0)
        xml_element(o->xml, field->element, global_id_text(o->call->mem, id));
}

/* The answer that a meeting response carries stands in its class [MS-OXOCAL] 2.2.7.1. */
void out_meeting_response_type(struct output *o, const struct field *field)
{
    static const struct {
        const char *prefix, *word;
    } answers[] = { { "IPM.Schedule.Meeting.Resp.Pos", "Accept" },
                    { "IPM.Schedule.Meeting.Resp.Tent", "Tentative" },
                    { "IPM.Schedule.Meeting.Resp.Neg", "Decline" } };
    const char *class = bag_string(o->props, PROP_MESSAGE_CLASS, ""), *word = "Unknown";
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++)
        if (class_has_prefix(class, answers[i].prefix))
            word = answers[i].word;
    xml_element(o->xml, field->element, word);
}

void out_task_percent(struct output *o, const struct field *field)
{
    const struct value *value = bag_get(o->props, field->tag);
    double part = value != NULL && value->form == VALUE_INLINE ? value->float64 : 0;
    if (part >= 0 && part <= 1)
        xml_element(o->xml, field->element, talloc_asprintf(o->call->mem, "%.10g", part * 100));
}

void out_task_status_text(struct output *o, const struct field *field)
{
    static const char *const texts[] = { "Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred" };
    int32_t status = bag_int32(o->props, field->tag, 0);
    if (status >= 0 && (size_t)status < ARRAY_LENGTH(texts))
        xml_element(o->xml, field->element, texts[status]);
}
