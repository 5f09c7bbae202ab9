/* The table's properties and the kept lines. */
#include "bourse/model/bag.h"
#include "ical_export.h"

static bool is_wanted(const struct export *e, const struct ical_row *row)
{
    char also = e->method == ICAL_CANCEL ? 'c' : e->method == ICAL_REPLY || e->method == ICAL_COUNTER || e->method == ICAL_REFRESH || e->method == ICAL_DECLINE_COUNTER ? 'r' : '\0';
    return row->form != FORM_STRUCTURE && strchr(row->components, e->component) != NULL && (also == '\0' || strchr(row->components, also) != NULL);
}

/* Does the kept line still mean what the property says? Then both are written alike. */
static bool is_still(const struct export *e, const struct ical_row *row, const struct text_line *kept, bool has_generated, struct slice generated)
{
    struct bag *scratch = bag_new(e->mem);
    struct buffer *again = buffer_new(e->mem, kept->whole.length * 2 + 4096);
    bool same = false;
    if (scratch != NULL && again != NULL && ical_row_read(row, kept, scratch) == STATUS_OK)
        same = ical_row_write(row, scratch, 0, slice_of(NULL, 0), again) == has_generated && slice_equal(buffer_slice(again), generated);
    status_chain_clear();
    talloc_free(scratch);
    talloc_free(again);
    return same;
}

static void write_row(struct export *e, const struct ical_row *row)
{
    struct text_line kept;
    struct slice params = { 0 };
    bool has_kept = ical_kept_find(e->props, row->name, &kept), whole = ical_row_spelling(row) == LINE_KEPT;
    if (has_kept && !whole)
        params = kept.params;
    bool written = ical_row_write(row, e->props, 0, params, e->line);
    if (has_kept && whole && is_still(e, row, &kept, written, buffer_slice(e->line))) {
        buffer_reset(e->line);
        buffer_append_slice(e->line, kept.whole);
        written = true;
    }
    if (written)
        export_line(e);
    for (size_t i = 1; !whole && ical_row_write(row, e->props, i, slice_of(NULL, 0), e->line); i++)
        export_line(e);
}

enum status export_rows(struct export *export)
{
    for (size_t i = 0; i < ical_row_count(); i++) {
        if (is_wanted(export, ical_row_at(i)))
            write_row(export, ical_row_at(i));
    }
    return buffer_status(export->out);
}

/* Kept lines that other parts write or replace. */
static bool is_written_elsewhere(const struct export *e, const struct text_line *line)
{
    const struct ical_row *row = ical_row_of(line->name, e->component);
    if (line_is(line, "X-BOURSE-FLOATING"))
        return true;
    if (row == NULL)
        return false;
    bool is_day = (line_is(line, "DTSTART") || line_is(line, "DUE")) && e->component != 'E';
    return row->form != FORM_STRUCTURE || line->value.length == 0 || is_day || (e->recurrence != NULL && line_is(line, "RRULE"));
}

void export_kept(struct export *export)
{
    const struct value *kept = bag_get(export->props, PROP_ICALENDAR_LINES);
    struct text_line line;
    size_t depth = 0;
    bool in_alarm = false;
    if (kept == NULL || kept->form != VALUE_INLINE || (export->method != ICAL_PUBLISH && export->method != ICAL_REQUEST && export->method != ICAL_NO_METHOD))
        return;
    for (size_t i = 0; i < kept->multiple.count; i++) {
        if (!line_split(kept->multiple.elements[i].bytes, &line))
            continue;
        bool begins = line_is(&line, "BEGIN"), ends = line_is(&line, "END");
        in_alarm = in_alarm || (begins && depth == 0 && slice_equal_ascii_nocase(line.value, slice_of_text("VALARM")));
        if (!in_alarm && (begins || ends || depth > 0 || !is_written_elsewhere(export, &line)))
            line_append_folded(export->out, line.whole);
        depth = begins ? depth + 1 : ends && depth > 0 ? depth - 1 : depth;
        in_alarm = in_alarm && depth > 0;
    }
}
