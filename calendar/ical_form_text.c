/* Forms of text: one line, bodies, lists. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_form.h"

static void begin(const struct ical_row *row, const char *own_params, struct slice params, struct buffer *line)
{
    buffer_append_text(line, row->name);
    buffer_append_text(line, own_params);
    buffer_append_slice(line, params);
    buffer_append_byte(line, ':');
}

static enum status read_text(const struct ical_row *row, const struct text_line *line, struct bag *props, const char *newline)
{
    char *text = text_unescaped(NULL, line->value, newline);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "text");
    enum status status = bag_set_text(props, row->tag, slice_of_text(text));
    talloc_free(text);
    return status;
}

static bool write_text(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    const struct value *value = bag_get(props, row->tag);
    if (index > 0 || value == NULL || value->form != VALUE_INLINE)
        return false;
    begin(row, "", params, line);
    text_append_escaped(line, value->bytes);
    return true;
}

enum status ical_read_line(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    return read_text(row, line, props, " ");
}

bool ical_write_line(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    return write_text(row, props, index, params, line);
}

enum status ical_read_body(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    return read_text(row, line, props, "\r\n");
}

bool ical_write_body(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    return write_text(row, props, index, params, line);
}

enum status ical_read_html(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    struct slice type = line_param(line, "FMTTYPE");
    if (!slice_equal_ascii_nocase(type, slice_of_text("text/html")))
        return status_fail(STATUS_MALFORMED, "X-ALT-DESC of another type");
    char *text = text_unescaped(NULL, line->value, "\r\n");
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "text");
    enum status status = bag_set_bytes(props, row->tag, slice_of_text(text));
    talloc_free(text);
    return status == STATUS_OK ? bag_set_int32(props, PROP_INTERNET_CODEPAGE, 65001) : status;
}

bool ical_write_html(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    const struct value *value = bag_get(props, row->tag);
    if (index > 0 || value == NULL || value->form != VALUE_INLINE)
        return false;
    begin(row, params.length == 0 ? ";FMTTYPE=text/html" : "", params, line);
    char *text = utf8_repair(NULL, value->bytes);
    text_append_escaped(line, slice_of_text(text));
    talloc_free(text);
    return true;
}

enum status ical_read_uri(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    char *text = utf8_repair(NULL, line->value);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "uri");
    enum status status = bag_set_text(props, row->tag, slice_of_text(text));
    talloc_free(text);
    return status;
}

bool ical_write_uri(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    const struct value *value = bag_get(props, row->tag);
    if (index > 0 || value == NULL || value->form != VALUE_INLINE)
        return false;
    begin(row, "", params, line);
    buffer_append_slice(line, value->bytes);
    return true;
}

enum { MAX_WORDS = 1000 };

/* Adds texts to a multiple string property. */
static enum status add_texts(TALLOC_CTX *mem, struct bag *props, prop_tag tag, const char **texts, size_t count)
{
    const struct value *now = bag_get(props, tag);
    size_t before = now != NULL && now->form == VALUE_INLINE ? now->multiple.count : 0;
    const char **all = array_new(mem, const char *, before + count);
    if (all == NULL)
        return status_fail(STATUS_NO_MEMORY, "words");
    for (size_t i = 0; i < before; i++)
        all[i] = slice_text(mem, now->multiple.elements[i].bytes);
    for (size_t i = 0; i < count; i++)
        all[before + i] = texts[i];
    before = before + count > MAX_WORDS ? MAX_WORDS : before + count;
    return bag_set_strings(props, tag, all, before);
}

static enum status read_list(const struct ical_row *row, const struct text_line *line, struct bag *props, char separator)
{
    const char *texts[MAX_WORDS];
    size_t count = 0;
    struct slice rest = line->value, item;
    TALLOC_CTX *mem = talloc_new(NULL);
    while (count < MAX_WORDS && text_next(&rest, separator, &item)) {
        char *text = text_unescaped(mem, separator == ',' ? slice_trim(item) : item, " ");
        if (text != NULL && text[0] != '\0')
            texts[count++] = text;
    }
    enum status status = count == 0 ? STATUS_OK : add_texts(mem, props, row->tag, texts, count);
    talloc_free(mem);
    return status;
}

enum status ical_read_words(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    return read_list(row, line, props, ',');
}

bool ical_write_words(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    const struct value *value = bag_get(props, row->tag);
    if (index > 0 || value == NULL || value->form != VALUE_INLINE || value->multiple.count == 0)
        return false;
    begin(row, "", params, line);
    for (size_t i = 0; i < value->multiple.count; i++) {
        buffer_append_text(line, i > 0 ? "," : "");
        text_append_escaped(line, value->multiple.elements[i].bytes);
    }
    return true;
}

enum status ical_read_lines(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    return read_list(row, line, props, '\0');
}

bool ical_write_lines(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    const struct value *value = bag_get(props, row->tag);
    if (value == NULL || value->form != VALUE_INLINE || index >= value->multiple.count)
        return false;
    begin(row, "", index == 0 ? params : slice_of(NULL, 0), line);
    text_append_escaped(line, value->multiple.elements[index].bytes);
    return true;
}

/* PidLidNonSendableBcc has them in one text with semicolons [MS-OXCICAL] 2.1.3.1.1.20.18. */
enum status ical_read_resources(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice rest = line->value, item;
    char *all = talloc_strdup(mem, bag_string(props, row->tag, ""));
    while (all != NULL && text_next(&rest, ',', &item)) {
        char *text = text_unescaped(mem, slice_trim(item), " ");
        all = talloc_asprintf_append(all, "%s%s", all[0] != '\0' ? ";" : "", text != NULL ? text : "");
    }
    enum status status = all == NULL ? status_fail(STATUS_NO_MEMORY, "resources") : bag_set_string(props, row->tag, all);
    talloc_free(mem);
    return status;
}

bool ical_write_resources(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    struct slice rest = bag_text(props, row->tag), item;
    if (index > 0 || rest.length == 0)
        return false;
    begin(row, "", params, line);
    for (const char *separator = ""; text_next(&rest, ';', &item); separator = ",") {
        buffer_append_text(line, separator);
        text_append_escaped(line, slice_trim(item));
    }
    return true;
}
