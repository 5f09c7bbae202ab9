/* AppointmentRecurrencePattern [MS-OXOCAL] 2.2.1.44.5: writing. */
#include <stdlib.h>

#include "bourse/base/text.h"
#include "recurrence_private.h"

enum { VERSION = 0x3004, READER_VERSION2 = 0x3006, WRITER_VERSION2 = 0x3009, TEXT_MAX = 65534 };
static const uint32_t end_types[] = { [RECUR_END_NEVER] = 0x2023, [RECUR_END_BY_DATE] = 0x2021, [RECUR_END_AFTER_COUNT] = 0x2022 };

static void append_minutes(struct buffer *out, local_time when)
{
    buffer_append_u32(out, (uint32_t)local_minutes(when));
}

static void append_block(struct buffer *out, struct slice block)
{
    buffer_append_u32(out, (uint32_t)block.length);
    buffer_append_slice(out, block);
}

/* ---- RecurrencePattern 2.2.1.44.1 ---- */
static void append_specific(struct buffer *out, const struct recurrence *recurrence)
{
    switch (recurrence->pattern) {
    case RECUR_BY_WEEK:
        buffer_append_u32(out, recurrence->weekdays);
        break;
    case RECUR_BY_MONTH_END:
    case RECUR_HIJRI_MONTH_END:
        buffer_append_u32(out, recurrence->day_of_month != 0 ? recurrence->day_of_month : 31);
        break;
    case RECUR_BY_MONTH_DAY:
    case RECUR_HIJRI_MONTH_DAY:
        buffer_append_u32(out, recurrence->day_of_month);
        break;
    case RECUR_BY_NTH:
    case RECUR_HIJRI_NTH:
        buffer_append_u32(out, recurrence->weekdays);
        buffer_append_u32(out, recurrence->nth);
        break;
    default:
        break;
    }
}

/* Deleted dates and the original days of exceptions, merged. Both are ordered. */
static void append_deleted(struct buffer *out, const struct recurrence *recurrence)
{
    size_t i = 0, j = 0;
    buffer_append_u32(out, (uint32_t)(recurrence->deleted_count + recurrence->exception_count));
    while (i < recurrence->deleted_count || j < recurrence->exception_count) {
        local_time modified = j < recurrence->exception_count ? local_midnight(recurrence->exceptions[j].original_start) : INT64_MAX;
        if (i < recurrence->deleted_count && recurrence->deleted[i] < modified)
            append_minutes(out, recurrence->deleted[i++]);
        else {
            append_minutes(out, modified);
            j++;
        }
    }
}

static int by_time(const void *left, const void *right)
{
    const local_time *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static enum status append_modified(struct buffer *out, const struct recurrence *recurrence)
{
    buffer_append_u32(out, (uint32_t)recurrence->exception_count);
    if (recurrence->exception_count == 0)
        return STATUS_OK;
    local_time *days = talloc_size(NULL, recurrence->exception_count * sizeof *days);
    if (days == NULL)
        return status_fail(STATUS_NO_MEMORY, "modified dates");
    for (size_t i = 0; i < recurrence->exception_count; i++)
        days[i] = local_midnight(recurrence->exceptions[i].start);
    qsort(days, recurrence->exception_count, sizeof *days, by_time);
    for (size_t i = 0; i < recurrence->exception_count; i++)
        append_minutes(out, days[i]);
    talloc_free(days);
    return STATUS_OK;
}

static void append_end(struct buffer *out, const struct recurrence *recurrence)
{
    const struct recurrence_blob *blob = recurrence->blob;
    bool same = blob != NULL && recurrence->end == RECUR_END_NEVER && blob->end_type == UINT32_MAX;
    buffer_append_u32(out, same ? UINT32_MAX : end_types[recurrence->end]);
    buffer_append_u32(out, recurrence->count != 0 || blob != NULL ? recurrence->count : 10);
}

enum status recurrence_pattern_pack(const struct recurrence *recurrence, struct buffer *out)
{
    if (!recurrence_is_valid(recurrence))
        return status_fail(STATUS_INVALID_RECURRENCE, "pattern cannot be packed");
    uint32_t unit = recurrence->pattern == RECUR_BY_DAY ? 1440 : recurrence->frequency == RECUR_YEARLY ? 12 : 1;
    if ((uint64_t)recurrence->interval * unit > UINT32_MAX)
        return status_fail(STATUS_INVALID_RECURRENCE, "interval %u", (unsigned)recurrence->interval);
    const struct recurrence_blob *blob = recurrence->blob;
    buffer_append_u16(out, VERSION);
    buffer_append_u16(out, VERSION);
    buffer_append_u16(out, (uint16_t)recurrence->frequency);
    buffer_append_u16(out, (uint16_t)recurrence->pattern);
    buffer_append_u16(out, recurrence->calendar_type);
    buffer_append_u32(out, recurrence_phase(recurrence));
    buffer_append_u32(out, recurrence->interval * unit);
    buffer_append_u32(out, blob != NULL && (blob->sliding != 0) == recurrence->is_sliding ? blob->sliding : recurrence->is_sliding);
    append_specific(out, recurrence);
    append_end(out, recurrence);
    buffer_append_u32(out, recurrence->first_weekday);
    append_deleted(out, recurrence);
    TRY(append_modified(out, recurrence));
    append_minutes(out, recurrence->first_date);
    if (recurrence->end == RECUR_END_NEVER && recurrence->last_date == 0 && blob == NULL)
        buffer_append_u32(out, RECURRENCE_NEVER);
    else
        append_minutes(out, recurrence->last_date);
    return buffer_status(out);
}

/* ---- ExceptionInfo 2.2.1.44.2 ---- */
static struct slice short_text(const char *text)
{
    return utf8_prefix(slice_of_text(text), TEXT_MAX);
}

/* The bytes that came with the same text, else ASCII: the Unicode form follows in the ExtendedException. */
static void append_ansi(struct buffer *out, const char *text, const char *old_text, struct slice old_bytes)
{
    if (text != NULL && old_text != NULL && strcmp(text, old_text) == 0) {
        buffer_append_u16(out, (uint16_t)(old_bytes.length + 1));
        buffer_append_u16(out, (uint16_t)old_bytes.length);
        buffer_append_slice(out, old_bytes);
        return;
    }
    struct slice left = short_text(text);
    uint16_t length = (uint16_t)utf8_length(left);
    buffer_append_u16(out, (uint16_t)(length + 1));
    buffer_append_u16(out, length);
    for (size_t step; left.length > 0; left = slice_part(left, step, left.length - step)) {
        (void)utf8_step(left, &step);
        buffer_append_byte(out, left.data[0] < 0x80 ? left.data[0] : '?');
    }
}

static uint32_t flag_value(bool now, uint32_t before)
{
    return now == (before != 0) ? before : now;
}

static void append_exception(struct buffer *out, const struct recurrence_exception *exception)
{
    static const struct exception_blob none;
    const struct exception_blob *blob = exception->blob != NULL ? exception->blob : &none;
    append_minutes(out, exception->start);
    append_minutes(out, exception->end);
    append_minutes(out, exception->original_start);
    buffer_append_u16(out, exception->overrides);
    if ((exception->overrides & OVERRIDE_SUBJECT) != 0)
        append_ansi(out, exception->subject, blob->subject, blob->ansi_subject);
    if ((exception->overrides & OVERRIDE_MEETING_TYPE) != 0)
        buffer_append_u32(out, exception->meeting_type);
    if ((exception->overrides & OVERRIDE_REMINDER_DELTA) != 0)
        buffer_append_u32(out, exception->reminder_delta);
    if ((exception->overrides & OVERRIDE_REMINDER) != 0)
        buffer_append_u32(out, flag_value(exception->reminder_set, blob->reminder_set));
    if ((exception->overrides & OVERRIDE_LOCATION) != 0)
        append_ansi(out, exception->location, blob->location, blob->ansi_location);
    if ((exception->overrides & OVERRIDE_BUSY_STATUS) != 0)
        buffer_append_u32(out, exception->busy_status);
    if ((exception->overrides & OVERRIDE_ATTACHMENT) != 0)
        buffer_append_u32(out, flag_value(exception->has_attachment, blob->attachment));
    if ((exception->overrides & OVERRIDE_SUB_TYPE) != 0)
        buffer_append_u32(out, exception->sub_type);
    if ((exception->overrides & OVERRIDE_COLOR) != 0)
        buffer_append_u32(out, exception->color);
}

/* ---- ExtendedException 2.2.1.44.3 ---- */
static void append_wide(struct buffer *out, const char *text, const char *old_text, struct slice old_units)
{
    if (text != NULL && old_text != NULL && strcmp(text, old_text) == 0) {
        buffer_append_u16(out, (uint16_t)(old_units.length / 2));
        buffer_append_slice(out, old_units);
        return;
    }
    struct slice shown = short_text(text), left = shown;
    uint16_t units = 0;
    for (size_t step; left.length > 0; left = slice_part(left, step, left.length - step)) {
        (void)utf8_step(left, &step);
        units = (uint16_t)(units + (step == 4 ? 2 : 1));
    }
    buffer_append_u16(out, units);
    utf16_append(out, shown);
}

static void append_extended(struct buffer *out, uint16_t version, const struct recurrence_exception *exception)
{
    static const struct exception_blob none = { .has_highlight = true };
    const struct exception_blob *blob = exception->blob != NULL ? exception->blob : &none;
    bool has_highlight = blob->has_highlight || exception->change_highlight != 0;
    if (version >= WRITER_VERSION2) {
        buffer_append_u32(out, (uint32_t)(blob->highlight.length + (has_highlight ? 4 : 0)));
        if (has_highlight)
            buffer_append_u32(out, exception->change_highlight);
        buffer_append_slice(out, blob->highlight);
    }
    append_block(out, blob->block1);
    if ((exception->overrides & (OVERRIDE_SUBJECT | OVERRIDE_LOCATION)) == 0)
        return;
    append_minutes(out, exception->start);
    append_minutes(out, exception->end);
    append_minutes(out, exception->original_start);
    if ((exception->overrides & OVERRIDE_SUBJECT) != 0)
        append_wide(out, exception->subject, blob->subject, blob->wide_subject);
    if ((exception->overrides & OVERRIDE_LOCATION) != 0)
        append_wide(out, exception->location, blob->location, blob->wide_location);
    append_block(out, blob->block2);
}

enum status recurrence_pack(const struct recurrence *recurrence, struct buffer *out)
{
    static const struct recurrence_blob none = { .writer_version2 = WRITER_VERSION2 };
    const struct recurrence_blob *blob = recurrence->blob != NULL && recurrence->blob->writer_version2 != 0 ? recurrence->blob : &none;
    TRY(recurrence_pattern_pack(recurrence, out));
    buffer_append_u32(out, READER_VERSION2);
    buffer_append_u32(out, blob->writer_version2);
    buffer_append_u32(out, recurrence->start_minute);
    buffer_append_u32(out, recurrence->end_minute);
    buffer_append_u16(out, (uint16_t)recurrence->exception_count);
    for (size_t i = 0; i < recurrence->exception_count; i++)
        append_exception(out, &recurrence->exceptions[i]);
    append_block(out, blob->block1);
    for (size_t i = 0; i < recurrence->exception_count; i++)
        append_extended(out, blob->writer_version2, &recurrence->exceptions[i]);
    append_block(out, blob->block2);
    return buffer_status(out);
}
