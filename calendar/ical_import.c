/* A VCALENDAR -> entries; exceptions go into their series. */
#include <stdlib.h>

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/exception.h"
#include "bourse/model/bag.h"
#include "ical_import.h"

struct reader {
    TALLOC_CTX *mem;
    struct import_file file;
    struct ical_result *out;
    size_t room, refusal_room;
    size_t folded, fold_work; /* exceptions of the series at hand; what all of them cost */
};

/* Putting an exception into a series costs as much as the series has exceptions. A file may ask for this much: 340 in one series, or 100 in each of 12. */
enum { MAX_FOLD_WORK = 60000 };

static bool kind_of(const struct text_block *block, enum ical_kind *kind)
{
    static const char *const names[] = { [ICAL_EVENT] = "VEVENT", [ICAL_TASK] = "VTODO", [ICAL_FREE_BUSY] = "VFREEBUSY", [ICAL_JOURNAL] = "VJOURNAL" };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (slice_equal_ascii_nocase(block_name(block), slice_of_text(names[i]))) {
            *kind = (enum ical_kind)i;
            return true;
        }
    }
    return false;
}

static enum status refuse(struct reader *reader, const char *uid, enum status status)
{
    char why[512];
    struct ical_result *out = reader->out;
    status_chain_text(why, sizeof why);
    status_chain_clear();
    if (out->refusal_count == reader->refusal_room) {
        reader->refusal_room = reader->refusal_room * 2 + 8;
        out->refusals = array_resize(reader->mem, out->refusals, struct ical_refusal, reader->refusal_room);
    }
    const char *text = talloc_strdup(reader->mem, why);
    if (out->refusals == NULL || text == NULL)
        return status_fail(STATUS_NO_MEMORY, "refusals");
    out->refusals[out->refusal_count++] = (struct ical_refusal){ .uid = uid, .status = status, .why = text };
    return STATUS_OK;
}

static enum status read_component(struct reader *reader, const struct text_block *block, enum ical_kind kind)
{
    struct ical_result *out = reader->out;
    struct ical_entry entry = { .kind = kind };
    TALLOC_CTX *mem = talloc_new(reader->mem); /* of this entry for good */
    if (mem == NULL)
        return status_fail(STATUS_NO_MEMORY, "component");
    struct import import = { .mem = mem, .file = &reader->file, .block = *block, .entry = &entry };
    enum status status = import_component(&import);
    if (status == STATUS_NO_MEMORY || status == STATUS_LIMIT_EXCEEDED)
        return status;
    if (status != STATUS_OK)
        return refuse(reader, entry.uid, status);
    if (out->count == reader->room) {
        reader->room = reader->room * 2 + 8;
        out->entries = array_resize(reader->mem, out->entries, struct ical_entry, reader->room);
        if (out->entries == NULL)
            return status_fail(STATUS_NO_MEMORY, "entries");
    }
    out->entries[out->count++] = entry;
    return STATUS_OK;
}

static enum status read_calendar(struct reader *reader, const struct text_block *calendar)
{
    const struct text_line *line, *method = block_find(calendar, "METHOD"), *product = block_find(calendar, "PRODID");
    struct text_block inner;
    enum ical_kind kind;
    reader->file.method = method != NULL ? ical_method_of(method->value) : ICAL_NO_METHOD;
    if (product != NULL && reader->out->product[0] == '\0')
        reader->out->product = text_unescaped(reader->mem, product->value, " ");
    if (reader->out->product == NULL)
        return status_fail(STATUS_NO_MEMORY, "product");
    TRY(ical_zones_read(reader->mem, calendar, &reader->file.zones));
    for (size_t at = calendar->begin; block_next(calendar, &at, &line, &inner);) {
        if (line == NULL && kind_of(&inner, &kind))
            TRY(read_component(reader, &inner, kind));
    }
    return STATUS_OK;
}

static bool is_series(const struct ical_entry *entry)
{
    return entry->kind == ICAL_EVENT && !entry->is_instance && entry->message != NULL && bag_has(entry->message->props, PROP_APPOINTMENT_RECUR);
}

/* Series before instances, by UID; ties keep the file's order. */
static int by_uid(const void *a, const void *b)
{
    const struct ical_entry *left = *(const struct ical_entry *const *)a, *right = *(const struct ical_entry *const *)b;
    int order = strcmp(left->uid, right->uid);
    if (order == 0)
        order = (int)is_series(right) - (int)is_series(left);
    return order != 0 ? order : (left > right) - (left < right);
}

static void fold_instance(struct reader *reader, struct ical_entry *series, struct ical_entry *instance)
{
    if (reader->fold_work + reader->folded > MAX_FOLD_WORK)
        return; /* beyond that they stay entries of their own */
    reader->fold_work += ++reader->folded;
    const struct time_zone *zone = series_zone(reader->mem, series->message->props);
    local_time original = time_zone_to_local(zone, instance->recurrence_id);
    bool is_last = false;
    enum status status = exception_put(series->message, original, instance->message);
    if (status == STATUS_OCCURRENCE_CROSSING) /* it stays an entry of its own, and the series must not show it a second time */
        status = exception_delete(series->message, original, &is_last) == STATUS_OK ? STATUS_OCCURRENCE_CROSSING : STATUS_INTERNAL;
    status_chain_clear();
    if (status != STATUS_OK)
        return;
    talloc_free(instance->message);
    instance->message = NULL;
}

static enum status fold_instances(struct reader *reader)
{
    struct ical_result *out = reader->out;
    struct ical_entry **order = array_new(reader->mem, struct ical_entry *, out->count);
    struct ical_entry *series = NULL;
    if (order == NULL)
        return status_fail(STATUS_NO_MEMORY, "entries");
    for (size_t i = 0; i < out->count; i++)
        order[i] = &out->entries[i];
    qsort(order, out->count, sizeof *order, by_uid);
    for (size_t i = 0; i < out->count; i++) {
        if (is_series(order[i])) {
            series = order[i];
            reader->folded = 0;
        } else if (series != NULL && order[i]->is_instance && !order[i]->and_future && order[i]->kind == ICAL_EVENT && order[i]->uid[0] != '\0' && strcmp(series->uid, order[i]->uid) == 0) {
            fold_instance(reader, series, order[i]);
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (out->entries[i].message != NULL || out->entries[i].kind == ICAL_FREE_BUSY)
            out->entries[kept++] = out->entries[i];
    }
    out->count = kept;
    talloc_free(order);
    return STATUS_OK;
}

static enum status read_all(struct reader *reader, const struct text_line *lines, size_t count)
{
    bool found = false;
    for (size_t i = 0; i < count; i = lines[i].end > 0 ? lines[i].end + 1 : i + 1) {
        struct text_block block = { .lines = lines, .begin = i + 1, .end = lines[i].end };
        if (lines[i].end == 0 || !slice_equal_ascii_nocase(block_name(&block), slice_of_text("VCALENDAR")))
            continue;
        found = true;
        TRY(read_calendar(reader, &block));
    }
    return found ? fold_instances(reader) : status_fail(STATUS_MALFORMED, "no VCALENDAR");
}

enum status ical_import(TALLOC_CTX *mem, struct slice bytes, const struct ical_import_options *options, struct ical_result *out)
{
    static const struct line_limits limits = { .lines = ICAL_MAX_LINES, .blocks = ICAL_MAX_COMPONENTS, .depth = ICAL_MAX_DEPTH };
    struct text_line *lines;
    size_t count;
    *out = (struct ical_result){ .product = "" };
    if (bytes.length > ICAL_MAX_BYTES)
        return status_fail(STATUS_LIMIT_EXCEEDED, "iCalendar of %zu bytes", bytes.length);
    TALLOC_CTX *scratch = talloc_new(mem);
    if (scratch == NULL)
        return status_fail(STATUS_NO_MEMORY, "import");
    struct reader reader = { .mem = mem, .out = out };
    if (options != NULL)
        reader.file.options = *options;
    reader.file.floating = reader.file.options.zone != NULL ? reader.file.options.zone : time_zone_utc();
    enum status status = lines_read(scratch, bytes, &limits, &lines, &count);
    if (status == STATUS_OK)
        status = read_all(&reader, lines, count);
    talloc_free(scratch);
    TRY(status);
    return out->count == 0 && out->refusal_count > 0 ? status_fail(out->refusals[0].status, "%s", out->refusals[0].why) : STATUS_OK;
}
