/* The tables ical_properties.def, ical_forms.def and ical_words.def. */
#ifndef CALENDAR_ICAL_TABLE_H
#define CALENDAR_ICAL_TABLE_H

#include "bourse/calendar/ical.h"
#include "bourse/model/properties.h"
#include "ical_lines.h"

enum ical_form {
    FORM_STRUCTURE,
#define ICAL_FORM(NAME, name, spelling) FORM_##NAME,
#include "ical_forms.def"
#undef ICAL_FORM
};
enum ical_spelling { LINE_KEPT, PARAMETERS_KEPT };

struct ical_row {
    const char *name, *components;
    prop_tag tag;
    enum ical_form form;
};
size_t ical_row_count(void);
const struct ical_row *ical_row_at(size_t index);
/* `component`: 'E', 'T', 'J'. NULL: the table does not know it there. */
const struct ical_row *ical_row_of(struct slice name, char component);

/* Sets the row's property from the line; a value that is not of the form is STATUS_MALFORMED and changes nothing. */
enum status ical_row_read(const struct ical_row *row, const struct text_line *line, struct bag *props) MUST_CHECK;
/* Writes the `index`th line for the property, unfolded, with `params` (";A=b" or empty) behind the form's own. False: there is none. */
bool ical_row_write(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line);
enum ical_spelling ical_row_spelling(const struct ical_row *row);

enum ical_word_list { WORDS_sensitivity, WORDS_busy, WORDS_busy_type, WORDS_transparency, WORDS_task_status, WORDS_role, WORDS_calendar_user, WORDS_participation, WORDS_method };
/* -1 when the list does not have it. */
int32_t ical_number_of(enum ical_word_list list, struct slice word);
const char *ical_word_of(enum ical_word_list list, int32_t number); /* NULL when there is none */

/* A kept line of that name among the message's own lines (PROP_ICALENDAR_LINES); false when there is none. */
bool ical_kept_find(const struct bag *props, const char *name, struct text_line *out);

#endif
