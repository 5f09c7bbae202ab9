/* ATTACH and VALARM [MS-OXCICAL] 2.1.3.1.1.20.1, 2.1.3.1.1.20.62. */
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_alarm.h"
#include "ical_import.h"

enum { ATTACH_BY_VALUE = 1, ATTACH_BY_WEB_REFERENCE = 7 }; /* PidTagAttachMethod [MS-OXCMSG] 2.2.2.9 */

static const char *file_name(struct import *import, const struct text_line *line)
{
    static const char *const params[] = { "FILENAME", "X-FILENAME", "X-APPLE-FILENAME", "X-ORACLE-FILENAME", "X-LABEL" };
    for (size_t i = 0; i < ARRAY_LENGTH(params); i++) {
        const char *name = line_param_text(import->mem, line, params[i]);
        if (name != NULL && name[0] != '\0')
            return name;
    }
    return NULL;
}

static enum status describe(struct import *import, const struct text_line *line, struct attachment *attachment, int32_t method)
{
    char *type = line_param_text(import->mem, line, "FMTTYPE"), *params = utf8_repair(import->mem, line->params);
    TRY(bag_set_int32(attachment->props, PROP_ATTACH_METHOD, method));
    TRY(bag_set_string(attachment->props, PROP_ATTACH_LONG_FILENAME, file_name(import, line)));
    TRY(bag_set_string(attachment->props, PROP_ATTACH_MIME_TAG, type));
    return bag_set_string(attachment->props, PROP_ICALENDAR_PARAMETERS, params != NULL && params[0] != '\0' ? params : NULL);
}

static enum status import_attachment(struct import *import, const struct text_line *line)
{
    bool inline_data = slice_equal_ascii_nocase(line_param(line, "ENCODING"), slice_of_text("BASE64"));
    struct slice bytes = { 0 };
    if (inline_data && base64_decode(import->message, line->value, &bytes) != STATUS_OK) {
        status_chain_clear();
        return import_keep(import, line);
    }
    if (!inline_data && slice_equal_ascii_nocase(slice_part(line->value, 0, 4), slice_of_text("cid:")))
        return import_keep(import, line); /* a part of the mail around it */
    struct attachment *attachment = message_add_attachment(import->message);
    if (attachment == NULL)
        return status_fail(STATUS_NO_MEMORY, "attachment");
    attachment->number = -1;
    attachment->content = inline_data ? ATTACHMENT_BYTES : ATTACHMENT_REFERENCE;
    attachment->bytes = bytes;
    attachment->size = bytes.length;
    TRY(describe(import, line, attachment, inline_data ? ATTACH_BY_VALUE : ATTACH_BY_WEB_REFERENCE));
    if (inline_data)
        return STATUS_OK;
    char *uri = utf8_repair(import->mem, slice_trim(line->value));
    return uri != NULL ? bag_set_string(attachment->props, PROP_ATTACH_LONG_PATHNAME, uri) : status_fail(STATUS_NO_MEMORY, "attachment");
}

enum status import_component_attachments(struct import *import)
{
    const struct text_line *line;
    struct text_block inner;
    for (size_t at = import->block.begin; block_next(&import->block, &at, &line, &inner);) {
        if (line != NULL && line_is(line, "ATTACH"))
            TRY(import_attachment(import, line));
    }
    return STATUS_OK;
}

static enum status set_reminder(struct import *import, int32_t minutes)
{
    instant starts = bag_time(import->props, PROP_COMMON_START, 0);
    if (import->component == 'T' && starts == 0)
        starts = bag_time(import->props, PROP_COMMON_END, 0);
    TRY(bag_set_bool(import->props, PROP_REMINDER_SET, true));
    TRY(bag_set_int32(import->props, PROP_REMINDER_DELTA, minutes));
    TRY(bag_set_time(import->props, PROP_REMINDER_TIME, import->component == 'T' ? starts - minutes * INSTANT_PER_MINUTE : starts));
    return bag_set_time(import->props, PROP_REMINDER_SIGNAL_TIME, starts - minutes * INSTANT_PER_MINUTE);
}

/* The first alarm that can be read is the reminder; what MAPI has no place for is kept as text. */
enum status import_alarms(struct import *import)
{
    const struct text_line *line;
    struct text_block inner;
    bool is_set = false;
    instant starts = bag_time(import->props, PROP_COMMON_START, 0), ends = bag_time(import->props, PROP_COMMON_END, 0);
    if (starts == 0)
        starts = ends;
    for (size_t at = import->block.begin; block_next(&import->block, &at, &line, &inner);) {
        int32_t minutes;
        if (line != NULL || !slice_equal_ascii_nocase(block_name(&inner), slice_of_text("VALARM")))
            continue;
        bool first = !is_set && starts != 0 && ical_alarm_minutes(&inner, starts, ends, &minutes);
        if (first)
            TRY(set_reminder(import, minutes));
        is_set = is_set || first;
        if (!first || !ical_alarm_is_plain(&inner, minutes))
            TRY(import_keep_block(import, &inner));
    }
    return is_set ? STATUS_OK : bag_set_bool(import->props, PROP_REMINDER_SET, false);
}
