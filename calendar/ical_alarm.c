#include "ical_alarm.h"

#include "ical_value.h"

bool ical_alarm_minutes(const struct text_block *alarm, instant starts, instant ends, int32_t *minutes)
{
    const struct text_line *trigger = block_find(alarm, "TRIGGER");
    struct ical_time when;
    int64_t ticks;
    if (trigger == NULL)
        return false;
    if (ical_time_parse(trigger->value, &when))
        ticks = when.local - starts;
    else if (!ical_duration_parse(trigger->value, &ticks))
        return false;
    else if (slice_equal_ascii_nocase(line_param(trigger, "RELATED"), slice_of_text("END")))
        ticks += ends - starts;
    int64_t before = -ticks / INSTANT_PER_MINUTE;
    *minutes = (int32_t)before;
    return before >= -525600 && before <= 1440 * 1000;
}

void ical_alarm_trigger(struct buffer *out, int32_t minutes)
{
    ical_duration_append(out, -(int64_t)minutes * INSTANT_PER_MINUTE);
}

bool ical_alarm_is_plain(const struct text_block *alarm, int32_t minutes)
{
    const struct text_line *action = block_find(alarm, "ACTION"), *text = block_find(alarm, "DESCRIPTION"), *trigger = block_find(alarm, "TRIGGER");
    struct buffer *again = buffer_new(NULL, 64);
    if (again == NULL || action == NULL || text == NULL || trigger == NULL || alarm->end - alarm->begin != 3) {
        talloc_free(again);
        return false;
    }
    ical_alarm_trigger(again, minutes);
    bool same = slice_equal(trigger->whole, slice_of_text(talloc_asprintf(again, "TRIGGER;RELATED=START:%s", buffer_text(again)))) &&
                slice_equal(action->whole, slice_of_text("ACTION:DISPLAY")) && slice_equal(text->whole, slice_of_text("DESCRIPTION:" ICAL_ALARM_TEXT));
    talloc_free(again);
    return same;
}
