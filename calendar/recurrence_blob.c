/* AppointmentRecurrencePattern [MS-OXOCAL] 2.2.1.44.5: reading. */
#include <stdlib.h>

#include "bourse/base/text.h"
#include "bourse/base/wire.h"
#include "recurrence_private.h"

enum { READER_VERSION = 0x3004, READER_VERSION2 = 0x3006, WRITER_WITH_HIGHLIGHT = 0x3009 };
enum { END_BY_DATE = 0x2021, END_AFTER_COUNT = 0x2022, END_NEVER = 0x2023 };
enum { EXCEPTION_SIZE_MIN = 14 };

struct dates {
    local_time *list;
    size_t count;
};

static enum status malformed(const char *what)
{
    return status_fail(STATUS_MALFORMED, "recurrence: %s", what);
}

static local_time read_minutes(struct wire *wire)
{
    uint32_t minutes = wire_u32(wire);
    if (minutes > INT32_MAX) {
        wire_fail(wire, STATUS_MALFORMED);
        return 0;
    }
    return local_of_minutes((int32_t)minutes);
}

static int by_time(const void *left, const void *right)
{
    const local_time *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static enum status read_dates(TALLOC_CTX *mem, struct wire *wire, struct dates *out)
{
    uint32_t count = wire_u32(wire);
    if (count > RECURRENCE_DATES_MAX || !wire_check_count(wire, count, 4))
        return malformed("number of dates");
    out->count = count;
    out->list = talloc_size(mem, (count + 1) * sizeof *out->list);
    if (out->list == NULL)
        return status_fail(STATUS_NO_MEMORY, "dates of a recurrence");
    bool sorted = true;
    for (size_t i = 0; i < count; i++) {
        out->list[i] = local_midnight(read_minutes(wire));
        sorted = sorted && (i == 0 || out->list[i - 1] <= out->list[i]);
    }
    if (!sorted)
        qsort(out->list, count, sizeof *out->list, by_time);
    return STATUS_OK;
}

static struct slice read_block(TALLOC_CTX *mem, struct wire *wire)
{
    return slice_copy(mem, wire_bytes(wire, wire_u32(wire)));
}

/* ---- RecurrencePattern 2.2.1.44.1 ---- */
static enum status read_period(struct wire *wire, struct recurrence *recurrence)
{
    uint32_t period = wire_u32(wire), unit = recurrence->pattern == RECUR_BY_DAY ? 1440 : recurrence->frequency == RECUR_YEARLY ? 12 : 1;
    recurrence->interval = period / unit;
    return period % unit == 0 ? STATUS_OK : malformed("period");
}

static void read_specific(struct wire *wire, struct recurrence *recurrence)
{
    switch (recurrence->pattern) {
    case RECUR_BY_WEEK:
        recurrence->weekdays = wire_u32(wire);
        break;
    case RECUR_BY_MONTH_DAY:
    case RECUR_BY_MONTH_END:
    case RECUR_HIJRI_MONTH_DAY:
    case RECUR_HIJRI_MONTH_END:
        recurrence->day_of_month = wire_u32(wire);
        break;
    case RECUR_BY_NTH:
    case RECUR_HIJRI_NTH:
        recurrence->weekdays = wire_u32(wire);
        recurrence->nth = wire_u32(wire);
        break;
    default:
        break;
    }
}

static enum status read_end(struct wire *wire, struct recurrence *recurrence, struct recurrence_blob *blob)
{
    blob->end_type = wire_u32(wire);
    recurrence->end = blob->end_type == END_BY_DATE ? RECUR_END_BY_DATE : blob->end_type == END_AFTER_COUNT ? RECUR_END_AFTER_COUNT : RECUR_END_NEVER;
    recurrence->count = wire_u32(wire);
    if (recurrence->end == RECUR_END_NEVER && blob->end_type != END_NEVER && blob->end_type != UINT32_MAX)
        return malformed("end type");
    return STATUS_OK;
}

/* What the codec must know to give the same bytes back. */
static void keep_phase(struct recurrence_blob *blob, const struct recurrence *recurrence, uint32_t first_date_time)
{
    blob->first_date_time = first_date_time;
    blob->frequency = recurrence->frequency;
    blob->pattern = recurrence->pattern;
    blob->interval = recurrence->interval;
    blob->first_weekday = recurrence->first_weekday;
    blob->first_date = recurrence->first_date;
}

/* The blob does not name the month of a yearly pattern: it is that of the first occurrence. */
static enum status set_month(struct recurrence *recurrence)
{
    struct series series;
    int64_t day = day_of_local(recurrence->first_date);
    if (recurrence->frequency != RECUR_YEARLY)
        return STATUS_OK;
    bool is_lunar = lunar_is_wanted(recurrence);
    if (!is_lunar) {
        TRY(series_open(&series, recurrence));
        (void)series_day(&series, 0, &day);
        series_close(&series);
    }
    recurrence->month = is_lunar ? lunar_month_of(recurrence, recurrence->first_date) : (uint32_t)civil_of_local(day * INSTANT_PER_DAY).month;
    return STATUS_OK;
}

static enum status read_pattern(struct wire *wire, struct recurrence *recurrence, struct recurrence_blob *blob, struct dates *deleted, struct dates *modified)
{
    if (wire_u16(wire) != READER_VERSION || wire_u16(wire) != READER_VERSION)
        return malformed("version");
    recurrence->frequency = wire_u16(wire);
    recurrence->pattern = wire_u16(wire);
    recurrence->calendar_type = wire_u16(wire);
    uint32_t first_date_time = wire_u32(wire);
    if (recurrence->frequency < RECUR_DAILY || recurrence->frequency > RECUR_YEARLY)
        return malformed("frequency");
    TRY(read_period(wire, recurrence));
    blob->sliding = wire_u32(wire);
    recurrence->is_sliding = blob->sliding != 0;
    read_specific(wire, recurrence);
    TRY(read_end(wire, recurrence, blob));
    recurrence->first_weekday = wire_u32(wire);
    TRY(read_dates(recurrence, wire, deleted));
    TRY(read_dates(recurrence, wire, modified));
    recurrence->first_date = local_midnight(read_minutes(wire));
    recurrence->last_date = read_minutes(wire);
    keep_phase(blob, recurrence, first_date_time);
    if (wire->status != STATUS_OK || !recurrence_is_valid(recurrence))
        return malformed("pattern");
    return set_month(recurrence);
}

/* ---- ExceptionInfo 2.2.1.44.2 ---- */
static struct slice read_ansi(TALLOC_CTX *mem, struct wire *wire)
{
    (void)wire_u16(wire); /* the length with a NUL that is not there */
    return slice_copy(mem, wire_bytes(wire, wire_u16(wire)));
}

static void read_exception(TALLOC_CTX *mem, struct wire *wire, struct recurrence_exception *exception, struct exception_blob *blob)
{
    exception->start = read_minutes(wire);
    exception->end = read_minutes(wire);
    exception->original_start = read_minutes(wire);
    exception->overrides = wire_u16(wire);
    blob->has_subject = (exception->overrides & OVERRIDE_SUBJECT) != 0;
    blob->has_location = (exception->overrides & OVERRIDE_LOCATION) != 0;
    if (blob->has_subject)
        blob->ansi_subject = read_ansi(mem, wire);
    exception->meeting_type = (exception->overrides & OVERRIDE_MEETING_TYPE) != 0 ? wire_u32(wire) : 0;
    exception->reminder_delta = (exception->overrides & OVERRIDE_REMINDER_DELTA) != 0 ? wire_u32(wire) : 0;
    blob->reminder_set = (exception->overrides & OVERRIDE_REMINDER) != 0 ? wire_u32(wire) : 0;
    exception->reminder_set = blob->reminder_set != 0;
    if (blob->has_location)
        blob->ansi_location = read_ansi(mem, wire);
    exception->busy_status = (exception->overrides & OVERRIDE_BUSY_STATUS) != 0 ? wire_u32(wire) : 0;
    blob->attachment = (exception->overrides & OVERRIDE_ATTACHMENT) != 0 ? wire_u32(wire) : 0;
    exception->has_attachment = blob->attachment != 0;
    exception->sub_type = (exception->overrides & OVERRIDE_SUB_TYPE) != 0 ? wire_u32(wire) : 0;
    exception->color = (exception->overrides & OVERRIDE_COLOR) != 0 ? wire_u32(wire) : 0;
}

/* ---- ExtendedException 2.2.1.44.3 ---- */
static void read_highlight(TALLOC_CTX *mem, struct wire *wire, struct recurrence_exception *exception, struct exception_blob *blob)
{
    uint32_t size = wire_u32(wire);
    struct wire part = wire_sub(wire, size);
    blob->has_highlight = size >= 4;
    if (blob->has_highlight)
        exception->change_highlight = wire_u32(&part);
    blob->highlight = slice_copy(mem, wire_rest(&part));
}

static enum status read_wide(TALLOC_CTX *mem, struct wire *wire, const char **out, const char **kept, struct slice *units)
{
    char *text = NULL;
    *units = slice_copy(mem, wire_bytes(wire, 2 * (size_t)wire_u16(wire)));
    TRY(utf16_to_utf8(mem, *units, &text));
    *out = *kept = text;
    return STATUS_OK;
}

static enum status read_extended(TALLOC_CTX *mem, struct wire *wire, uint16_t version, struct recurrence_exception *exception, struct exception_blob *blob)
{
    if (version >= WRITER_WITH_HIGHLIGHT)
        read_highlight(mem, wire, exception, blob);
    blob->block1 = read_block(mem, wire);
    if (!blob->has_subject && !blob->has_location)
        return STATUS_OK;
    wire_skip(wire, 12); /* the three times again */
    if (blob->has_subject)
        TRY(read_wide(mem, wire, &exception->subject, &blob->subject, &blob->wide_subject));
    if (blob->has_location)
        TRY(read_wide(mem, wire, &exception->location, &blob->location, &blob->wide_location));
    blob->block2 = read_block(mem, wire);
    return STATUS_OK;
}

/* ---- AppointmentRecurrencePattern ---- */
static bool exception_is_possible(const struct recurrence_exception *exception)
{
    return exception->end >= exception->start && exception->end - exception->start <= RECURRENCE_SPAN_MAX * INSTANT_PER_MINUTE;
}

static int by_original(const void *left, const void *right)
{
    const struct recurrence_exception *a = left, *b = right;
    return by_time(&a->original_start, &b->original_start);
}

/* Of two exceptions of one day the first one counts. */
static void order_exceptions(struct recurrence *recurrence)
{
    size_t kept = 0;
    if (recurrence->exception_count > 1)
        qsort(recurrence->exceptions, recurrence->exception_count, sizeof recurrence->exceptions[0], by_original);
    for (size_t i = 0; i < recurrence->exception_count; i++)
        if (kept == 0 || local_midnight(recurrence->exceptions[kept - 1].original_start) != local_midnight(recurrence->exceptions[i].original_start))
            recurrence->exceptions[kept++] = recurrence->exceptions[i];
    recurrence->exception_count = kept;
}

static enum status read_exceptions(struct wire *wire, struct recurrence *recurrence, struct recurrence_blob *blob, size_t expected)
{
    size_t count = wire_u16(wire);
    if (count != expected || !wire_check_count(wire, count, EXCEPTION_SIZE_MIN))
        return malformed("number of exceptions");
    recurrence->exception_count = count;
    recurrence->exceptions = talloc_zero_size(recurrence, (count + 1) * sizeof *recurrence->exceptions);
    struct exception_blob *blobs = talloc_zero_size(recurrence, (count + 1) * sizeof *blobs);
    if (recurrence->exceptions == NULL || blobs == NULL)
        return status_fail(STATUS_NO_MEMORY, "exceptions");
    for (size_t i = 0; i < count; i++) {
        read_exception(blobs, wire, &recurrence->exceptions[i], &blobs[i]);
        recurrence->exceptions[i].blob = &blobs[i];
        if (wire->status != STATUS_OK || !exception_is_possible(&recurrence->exceptions[i]))
            return malformed("exception");
    }
    blob->block1 = read_block(blob, wire);
    for (size_t i = 0; i < count && wire->status == STATUS_OK; i++)
        TRY(read_extended(blobs, wire, blob->writer_version2, &recurrence->exceptions[i], &blobs[i]));
    blob->block2 = read_block(blob, wire);
    order_exceptions(recurrence);
    return STATUS_OK;
}

/* Deleted dates hold the modified ones too; here they do not. */
static void set_deleted(struct recurrence *recurrence, const struct dates *deleted)
{
    size_t kept = 0, exception = 0;
    for (size_t i = 0; i < deleted->count; i++) {
        local_time day = deleted->list[i];
        while (exception < recurrence->exception_count && local_midnight(recurrence->exceptions[exception].original_start) < day)
            exception++;
        bool is_modified = exception < recurrence->exception_count && local_midnight(recurrence->exceptions[exception].original_start) == day;
        if (!is_modified && (kept == 0 || deleted->list[kept - 1] != day))
            deleted->list[kept++] = day;
    }
    recurrence->deleted = deleted->list;
    recurrence->deleted_count = kept;
}

static enum status read_appointment(struct wire *wire, struct recurrence *recurrence, struct recurrence_blob *blob)
{
    struct dates deleted, modified;
    TRY(read_pattern(wire, recurrence, blob, &deleted, &modified));
    if (wire_u32(wire) != READER_VERSION2)
        return malformed("version");
    uint32_t version = wire_u32(wire);
    if (version < READER_VERSION2 || version > UINT16_MAX)
        return malformed("writer's version");
    blob->writer_version2 = (uint16_t)version;
    recurrence->start_minute = wire_u32(wire);
    recurrence->end_minute = wire_u32(wire);
    TRY(read_exceptions(wire, recurrence, blob, modified.count));
    set_deleted(recurrence, &deleted);
    if (wire_finish(wire) != STATUS_OK || !recurrence_is_valid(recurrence))
        return malformed("does not end where it should, or impossible times");
    return STATUS_OK;
}

static enum status read_task(struct wire *wire, struct recurrence *recurrence, struct recurrence_blob *blob)
{
    struct dates deleted, modified;
    TRY(read_pattern(wire, recurrence, blob, &deleted, &modified));
    if (modified.count > 0 || wire_finish(wire) != STATUS_OK)
        return malformed("pattern of a task");
    set_deleted(recurrence, &deleted);
    return STATUS_OK;
}

static enum status parse(TALLOC_CTX *mem, struct slice bytes, struct recurrence **out,
                         enum status (*read)(struct wire *, struct recurrence *, struct recurrence_blob *))
{
    struct recurrence *recurrence = talloc_zero(mem, struct recurrence);
    struct recurrence_blob *blob = recurrence != NULL ? talloc_zero(recurrence, struct recurrence_blob) : NULL;
    if (blob == NULL) {
        talloc_free(recurrence);
        return status_fail(STATUS_NO_MEMORY, "recurrence");
    }
    struct wire wire = wire_over(bytes);
    recurrence->blob = blob;
    enum status status = read(&wire, recurrence, blob);
    if (status != STATUS_OK) {
        talloc_free(recurrence);
        return status;
    }
    *out = recurrence;
    return STATUS_OK;
}

enum status recurrence_parse(TALLOC_CTX *mem, struct slice bytes, struct recurrence **out)
{
    return parse(mem, bytes, out, read_appointment);
}

enum status recurrence_pattern_parse(TALLOC_CTX *mem, struct slice bytes, struct recurrence **out)
{
    return parse(mem, bytes, out, read_task);
}
