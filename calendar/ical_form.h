/* Readers and writers of the forms in ical_forms.def; see ical_table.h for what they do. */
#ifndef CALENDAR_ICAL_FORM_H
#define CALENDAR_ICAL_FORM_H

#include "ical_table.h"

#define ICAL_FORM(NAME, name, spelling)                                                                                     \
    enum status ical_read_##name(const struct ical_row *row, const struct text_line *line, struct bag *props) MUST_CHECK;   \
    bool ical_write_##name(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line);
#include "ical_forms.def"
#undef ICAL_FORM

#endif
