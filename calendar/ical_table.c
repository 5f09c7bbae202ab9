#include "ical_table.h"

#include "ical_form.h"

static const struct ical_row rows[] = {
#define ICAL_ROW(name, components, tag, form) { name, components, (prop_tag)(tag), FORM_##form },
#include "ical_properties.def"
#undef ICAL_ROW
};

static const struct {
    enum status (*read)(const struct ical_row *row, const struct text_line *line, struct bag *props);
    bool (*write)(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line);
    enum ical_spelling spelling;
} forms[] = {
#define ICAL_FORM(NAME, name, spelling) [FORM_##NAME] = { ical_read_##name, ical_write_##name, spelling },
#include "ical_forms.def"
#undef ICAL_FORM
};

static const struct {
    enum ical_word_list list;
    int32_t number;
    const char *word;
} words[] = {
#define ICAL_WORD(list, number, word) { WORDS_##list, number, word },
#include "ical_words.def"
#undef ICAL_WORD
};

size_t ical_row_count(void)
{
    return ARRAY_LENGTH(rows);
}

const struct ical_row *ical_row_at(size_t index)
{
    return &rows[index];
}

const struct ical_row *ical_row_of(struct slice name, char component)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (strchr(rows[i].components, component) != NULL && slice_equal_ascii_nocase(name, slice_of_text(rows[i].name)))
            return &rows[i];
    }
    return NULL;
}

enum status ical_row_read(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    return forms[row->form].read(row, line, props);
}

bool ical_row_write(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    return forms[row->form].write(row, props, index, params, line);
}

enum ical_spelling ical_row_spelling(const struct ical_row *row)
{
    return forms[row->form].spelling;
}

int32_t ical_number_of(enum ical_word_list list, struct slice word)
{
    word = slice_trim(word);
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (words[i].list == list && slice_equal_ascii_nocase(word, slice_of_text(words[i].word)))
            return words[i].number;
    }
    return -1;
}

const char *ical_word_of(enum ical_word_list list, int32_t number)
{
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (words[i].list == list && words[i].number == number)
            return words[i].word;
    }
    return NULL;
}

bool ical_kept_find(const struct bag *props, const char *name, struct text_line *out)
{
    const struct value *kept = bag_get(props, PROP_ICALENDAR_LINES);
    size_t depth = 0;
    for (size_t i = 0; kept != NULL && kept->form == VALUE_INLINE && i < kept->multiple.count; i++) {
        if (!line_split(kept->multiple.elements[i].bytes, out))
            continue;
        if (line_is(out, "BEGIN"))
            depth++;
        else if (line_is(out, "END"))
            depth -= depth > 0;
        else if (depth == 0 && line_is(out, name))
            return true;
    }
    return false;
}

const char *ical_method_text(enum ical_method method)
{
    const char *word = ical_word_of(WORDS_method, (int32_t)method);
    return word != NULL ? word : "";
}

enum ical_method ical_method_of(struct slice text)
{
    int32_t number = ical_number_of(WORDS_method, text);
    return number < 0 ? ICAL_NO_METHOD : (enum ical_method)number;
}
