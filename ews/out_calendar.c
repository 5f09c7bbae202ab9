/* Appointments, meetings and tasks: kinds that are more than one property. */
#include "output.h"

#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"

/* PidLidAppointmentStateFlags [MS-OXOCAL] 2.2.1.10 */
enum { STATE_IS_MEETING = 1, STATE_IS_RECEIVED = 2, STATE_IS_CANCELLED = 4 };

void out_state_flag(struct output *o, const struct field *field)
{
    int32_t state = bag_int32(o->props, field->tag, 0);
    bool on = field->kind == KIND_STATE_MEETING ? (state & STATE_IS_MEETING) != 0 : field->kind == KIND_STATE_CANCELLED ? (state & STATE_IS_CANCELLED) != 0
                                                                                                                     : (state & STATE_IS_RECEIVED) == 0;
    xml_element_bool(o->xml, field->element, on);
}

void out_calendar_item_type(struct output *o, const struct field *field)
{
    xml_element(o->xml, field->element, bag_bool(o->props, field->tag, false) ? "RecurringMaster" : "Single");
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
