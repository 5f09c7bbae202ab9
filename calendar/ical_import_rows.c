/* The table's properties, and what no row knows: kept as text. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_import.h"

static enum status keep_text(struct import *import, const char *text)
{
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "kept line");
    if (import->kept_count % 32 == 0) {
        import->kept = array_resize(import->mem, import->kept, const char *, import->kept_count + 32);
        if (import->kept == NULL)
            return status_fail(STATUS_NO_MEMORY, "kept lines");
    }
    import->kept[import->kept_count++] = text;
    return STATUS_OK;
}

enum status import_keep(struct import *import, const struct text_line *line)
{
    return keep_text(import, utf8_repair(import->mem, line->whole));
}

enum status import_keep_block(struct import *import, const struct text_block *block)
{
    for (size_t i = block->begin - 1; i <= block->end; i++)
        TRY(import_keep(import, &block->lines[i]));
    return STATUS_OK;
}

static bool is_listed(struct slice name, const char *list)
{
    struct slice rest = slice_of_text(list), word;
    while (list_next(&rest, ' ', &word)) {
        if (slice_equal_ascii_nocase(name, word))
            return true;
    }
    return false;
}

enum status import_keep_params(struct import *import, const struct text_line *line, const char *known)
{
    struct slice rest = line->params, name, value;
    char *text = talloc_strndup(import->mem, (const char *)line->name.data, line->name.length);
    bool any = false;
    while (text != NULL && param_next(&rest, &name, &value)) {
        if (name.length == 0 || is_listed(name, known))
            continue;
        text = talloc_asprintf_append(text, ";%.*s=%.*s", (int)name.length, name.data, (int)value.length, value.data);
        any = true;
    }
    if (text != NULL && any)
        text = talloc_asprintf_append(text, ":");
    return text != NULL && !any ? STATUS_OK : keep_text(import, text);
}

/* Would export write the line as it was? */
static bool is_written_so(const struct import *import, const struct ical_row *row, const struct text_line *line)
{
    struct buffer *again = buffer_new(import->mem, line->whole.length + 4096);
    bool same = again != NULL && ical_row_write(row, import->props, 0, slice_of(NULL, 0), again) && slice_equal(buffer_slice(again), line->whole);
    talloc_free(again);
    return same;
}

static enum status read_row(struct import *import, const struct ical_row *row, const struct text_line *line)
{
    enum status status = ical_row_read(row, line, import->props);
    if (status == STATUS_NO_MEMORY)
        return status;
    status_chain_clear();
    if (status != STATUS_OK)
        return import_keep(import, line);
    if (ical_row_spelling(row) == PARAMETERS_KEPT)
        return import_keep_params(import, line, row->form == FORM_HTML ? "FMTTYPE" : "");
    return STATUS_OK;
}

static enum status read_rows(struct import *import)
{
    const struct text_line *line;
    struct text_block inner;
    for (size_t i = 0; i < ical_row_count(); i++) {
        const struct ical_row *row = ical_row_at(i);
        if (row->form == FORM_STRUCTURE || strchr(row->components, import->component) == NULL)
            continue;
        for (size_t at = import->block.begin; block_next(&import->block, &at, &line, &inner);) {
            if (line != NULL && line_is(line, row->name))
                TRY(read_row(import, row, line));
        }
    }
    return STATUS_OK;
}

/* Lines that no row knows, and those whose spelling export would change. Inner blocks but alarms likewise. */
static enum status keep_the_rest(struct import *import)
{
    const struct text_line *line;
    struct text_block inner;
    for (size_t at = import->block.begin; block_next(&import->block, &at, &line, &inner);) {
        if (line == NULL) {
            if (!slice_equal_ascii_nocase(block_name(&inner), slice_of_text("VALARM")))
                TRY(import_keep_block(import, &inner));
            continue;
        }
        const struct ical_row *row = ical_row_of(line->name, import->component);
        bool is_text = row != NULL && row->form != FORM_STRUCTURE && ical_row_spelling(row) == LINE_KEPT;
        if (line_is(line, "X-BOURSE-FLOATING")) /* our own mark, not for others to set */
            continue;
        if (row == NULL || (is_text && !is_written_so(import, row, line)))
            TRY(import_keep(import, line));
    }
    return STATUS_OK;
}

enum status import_rows(struct import *import)
{
    TRY(read_rows(import));
    if (import->component == 'E' && !bag_has(import->props, PROP_BUSY_STATUS))
        TRY(bag_set_int32(import->props, PROP_BUSY_STATUS, import->is_all_day ? 0 : 2)); /* [MS-OXCICAL] 2.1.3.1.1.20.25 */
    return keep_the_rest(import);
}
