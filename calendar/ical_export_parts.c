/* ATTACH and VALARM. */
#include "bourse/base/text.h"
#include "bourse/calendar/exception.h"
#include "bourse/model/bag.h"
#include "ical_alarm.h"
#include "ical_export.h"

static void append_attachment_params(struct export *e, const struct attachment *a, bool is_inline)
{
    const char *kept = bag_string(a->props, PROP_ICALENDAR_PARAMETERS, ""), *type = bag_string(a->props, PROP_ATTACH_MIME_TAG, "");
    const char *name = bag_string(a->props, PROP_ATTACH_LONG_FILENAME, bag_string(a->props, PROP_ATTACH_FILENAME, ""));
    buffer_append_text(e->line, "ATTACH");
    if (kept[0] != '\0') {
        buffer_append_text(e->line, kept);
        return;
    }
    if (type[0] != '\0')
        param_append(e->line, "FMTTYPE", type);
    buffer_append_text(e->line, is_inline ? ";ENCODING=BASE64;VALUE=BINARY" : "");
    if (name[0] != '\0')
        param_append(e->line, "X-FILENAME", name);
}

static enum status write_attachment(struct export *e, const struct attachment *a)
{
    struct slice bytes = a->bytes;
    const char *link = bag_string(a->props, PROP_ATTACH_LONG_PATHNAME, "");
    bool is_link = a->content == ATTACHMENT_REFERENCE;
    if (a->content == ATTACHMENT_EMBEDDED || a->content == ATTACHMENT_IN_MIME || (is_link && link[0] == '\0'))
        return STATUS_OK;
    if (a->content == ATTACHMENT_STORED)
        TRY(export_load(e->mem, e->options, a->stored.blob, a->size, &bytes));
    append_attachment_params(e, a, !is_link);
    buffer_append_byte(e->line, ':');
    if (is_link)
        buffer_append_text(e->line, link);
    else
        base64_append(e->line, bytes);
    TRY(buffer_status(e->line));
    export_line(e);
    return STATUS_OK;
}

enum status export_attachments(struct export *export)
{
    bool wanted = export->method == ICAL_PUBLISH || export->method == ICAL_REQUEST || export->method == ICAL_ADD;
    for (size_t i = 0; wanted && !(export->options->flags & ICAL_EXPORT_NO_ATTACHMENTS) && i < export->message->attachment_count; i++) {
        const struct attachment *attachment = &export->message->attachments[i];
        if (!exception_is_attachment(attachment) && !bag_bool(attachment->props, PROP_ATTACHMENT_HIDDEN, false))
            TRY(write_attachment(export, attachment));
    }
    return STATUS_OK;
}

/* The next VALARM among the kept lines, as lines on `mem`. False at the end. */
static bool next_kept_alarm(struct export *e, size_t *at, struct text_line *lines, size_t room, size_t *count)
{
    const struct value *kept = bag_get(e->props, PROP_ICALENDAR_LINES);
    size_t total = kept != NULL && kept->form == VALUE_INLINE ? kept->multiple.count : 0, depth = 0;
    *count = 0;
    for (; *at < total; (*at)++) {
        struct text_line *line = &lines[*count];
        if (*count >= room || !line_split(kept->multiple.elements[*at].bytes, line))
            continue;
        if (depth == 0 && !(line_is(line, "BEGIN") && slice_equal_ascii_nocase(line->value, slice_of_text("VALARM"))))
            continue;
        depth += line_is(line, "BEGIN");
        depth -= line_is(line, "END");
        (*count)++;
        if (depth == 0) {
            (*at)++;
            return true;
        }
    }
    return false;
}

static void write_alarm(struct export *e, int32_t minutes)
{
    buffer_append_text(e->out, "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:" ICAL_ALARM_TEXT "\r\nTRIGGER;RELATED=START:");
    ical_alarm_trigger(e->out, minutes);
    buffer_append_text(e->out, "\r\nEND:VALARM\r\n");
}

/* The first kept alarm that can be read was the reminder: it is written while the reminder still says the same, the others always. */
void export_alarms(struct export *export)
{
    enum { MAX_ALARM_LINES = 200 };
    struct text_line *lines = talloc_array(export->mem, struct text_line, MAX_ALARM_LINES);
    bool is_set = bag_bool(export->props, PROP_REMINDER_SET, false), pending = is_set, seen = false;
    int32_t minutes = bag_int32(export->props, PROP_REMINDER_DELTA, 0), found;
    size_t at = 0, count;
    if (lines == NULL || (export->options->flags & ICAL_EXPORT_NO_ALARM) || (export->method != ICAL_PUBLISH && export->method != ICAL_REQUEST))
        return;
    instant base = export->starts != 0 ? export->starts : export->ends;
    if (export->component == 'T' && is_set)
        minutes = (int32_t)((base - bag_time(export->props, PROP_REMINDER_TIME, base)) / INSTANT_PER_MINUTE);
    while (next_kept_alarm(export, &at, lines, MAX_ALARM_LINES, &count)) {
        struct text_block alarm = { .lines = lines, .begin = 1, .end = count - 1 };
        bool was_reminder = !seen && ical_alarm_minutes(&alarm, base, export->ends, &found);
        seen = seen || was_reminder;
        if (was_reminder && (!is_set || found != minutes))
            continue;
        pending = pending && !was_reminder;
        for (size_t i = 0; i < count; i++)
            line_append_folded(export->out, lines[i].whole);
    }
    if (pending)
        write_alarm(export, minutes);
    talloc_free(lines);
}
