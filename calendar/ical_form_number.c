/* Forms of numbers, times and words. */
#include <math.h>
#include <stdlib.h>

#include "bourse/model/bag.h"
#include "ical_form.h"
#include "ical_value.h"

static enum status no_such(const struct ical_row *row)
{
    return status_fail(STATUS_MALFORMED, "%s has a value that it cannot have", row->name);
}

static void begin(const struct ical_row *row, struct slice params, struct buffer *line)
{
    buffer_append_text(line, row->name);
    buffer_append_slice(line, params);
    buffer_append_byte(line, ':');
}

static bool has_number(const struct bag *props, prop_tag tag, size_t index, int32_t *number)
{
    *number = bag_int32(props, tag, -1);
    return index == 0 && bag_has(props, tag) && *number >= 0;
}

enum status ical_read_integer(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    int32_t number;
    return ical_integer(line->value, &number) ? bag_set_int32(props, row->tag, number) : no_such(row);
}

bool ical_write_integer(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    if (index > 0 || !bag_has(props, row->tag))
        return false;
    begin(row, params, line);
    buffer_printf(line, "%d", (int)bag_int32(props, row->tag, 0));
    return true;
}

enum status ical_read_boolean(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    bool on;
    return ical_boolean(line->value, &on) ? bag_set_bool(props, row->tag, on) : no_such(row);
}

bool ical_write_boolean(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    if (index > 0 || !bag_has(props, row->tag))
        return false;
    begin(row, params, line);
    buffer_append_text(line, bag_bool(props, row->tag, false) ? "TRUE" : "FALSE");
    return true;
}

enum status ical_read_moment(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    struct ical_time when;
    return ical_time_parse(line->value, &when) ? bag_set_time(props, row->tag, when.local) : no_such(row);
}

bool ical_write_moment(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    instant when = bag_time(props, row->tag, 0);
    if (index > 0 || when <= 0)
        return false;
    begin(row, params, line);
    ical_time_append(line, when, false, true);
    return true;
}

static enum status read_word(const struct ical_row *row, enum ical_word_list list, const struct text_line *line, struct bag *props)
{
    int32_t number = ical_number_of(list, line->value);
    return number < 0 ? no_such(row) : bag_set_int32(props, row->tag, number);
}

static bool write_word(const struct ical_row *row, enum ical_word_list list, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    int32_t number;
    const char *word = has_number(props, row->tag, index, &number) ? ical_word_of(list, number) : NULL;
    if (word == NULL)
        return false;
    begin(row, params, line);
    buffer_append_text(line, word);
    return true;
}

enum status ical_read_sensitivity(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    if (ical_number_of(WORDS_sensitivity, line->value) < 0) /* an unknown class is PRIVATE [RFC 5545] 3.8.1.3 */
        return bag_set_int32(props, row->tag, 2);
    return read_word(row, WORDS_sensitivity, line, props);
}

bool ical_write_sensitivity(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    return write_word(row, WORDS_sensitivity, props, index, params, line);
}

enum status ical_read_busy(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    return read_word(row, WORDS_busy, line, props);
}

bool ical_write_busy(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    return write_word(row, WORDS_busy, props, index, params, line);
}

/* OPAQUE says no more than "not free". */
enum status ical_read_transparency(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    int32_t number = ical_number_of(WORDS_transparency, line->value);
    if (number < 0)
        return no_such(row);
    return number != 0 && bag_int32(props, row->tag, 0) != 0 ? STATUS_OK : bag_set_int32(props, row->tag, number);
}

bool ical_write_transparency(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    return write_word(row, WORDS_transparency, props, index, params, line);
}

enum status ical_read_task_status(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    return read_word(row, WORDS_task_status, line, props);
}

bool ical_write_task_status(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    return write_word(row, WORDS_task_status, props, index, params, line);
}

/* PRIORITY 1-4 high, 5 normal, 6-9 low, 0 undefined [MS-OXCICAL] 2.1.3.1.1.20.17; PidTagImportance 0 low, 1 normal, 2 high. */
enum status ical_read_priority(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    int32_t number;
    if (!ical_integer(line->value, &number) || number < 0 || number > 9)
        return no_such(row);
    return bag_set_int32(props, row->tag, number == 0 || number == 5 ? 1 : number < 5 ? 2 : 0);
}

bool ical_write_priority(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    int32_t number;
    if (!has_number(props, row->tag, index, &number))
        return false;
    begin(row, params, line);
    buffer_append_text(line, number == 0 ? "9" : number == 1 ? "5" : "1");
    return true;
}

enum status ical_read_importance(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    int32_t number;
    return ical_integer(line->value, &number) && number >= 0 && number <= 2 ? bag_set_int32(props, row->tag, number) : no_such(row);
}

bool ical_write_importance(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    int32_t number;
    return has_number(props, row->tag, index, &number) && ical_write_integer(row, props, index, params, line);
}

/* GEO: latitude and longitude in one line. */
enum status ical_read_position(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    char text[64], *end, *end_of_second;
    if (line->value.length >= sizeof text)
        return no_such(row);
    memcpy(text, line->value.data, line->value.length);
    text[line->value.length] = '\0';
    double latitude = strtod(text, &end);
    if (end == text || *end != ';')
        return no_such(row);
    double longitude = strtod(end + 1, &end_of_second);
    if (end_of_second == end + 1 || !(fabs(latitude) <= 90) || !(fabs(longitude) <= 360))
        return no_such(row);
    TRY(bag_set(props, &(struct value){ .tag = PROP_CALENDAR_GEO_LATITUDE, .float64 = latitude }));
    return bag_set(props, &(struct value){ .tag = PROP_CALENDAR_GEO_LONGITUDE, .float64 = longitude });
}

bool ical_write_position(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    const struct value *latitude = bag_get(props, PROP_CALENDAR_GEO_LATITUDE), *longitude = bag_get(props, PROP_CALENDAR_GEO_LONGITUDE);
    if (index > 0 || latitude == NULL || longitude == NULL)
        return false;
    begin(row, params, line);
    buffer_printf(line, "%.9g;%.9g", latitude->float64, longitude->float64);
    return true;
}

/* asfCanceled of PidLidAppointmentStateFlags [MS-OXOCAL] 2.2.1.10. TENTATIVE and CONFIRMED also say how the time is taken [MS-OXCICAL] 2.1.3.1.1.20.23. */
enum { STATE_CANCELLED = 4 };
enum status ical_read_event_status(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    struct slice word = slice_trim(line->value);
    if (slice_equal_ascii_nocase(word, slice_of_text("TENTATIVE")))
        return bag_set_int32(props, PROP_BUSY_STATUS, 1);
    if (slice_equal_ascii_nocase(word, slice_of_text("CANCELLED")))
        return bag_set_int32(props, row->tag, bag_int32(props, row->tag, 0) | STATE_CANCELLED);
    return slice_equal_ascii_nocase(word, slice_of_text("CONFIRMED")) ? STATUS_OK : no_such(row);
}

bool ical_write_event_status(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    if (index > 0 || (bag_int32(props, row->tag, 0) & STATE_CANCELLED) == 0)
        return false;
    begin(row, params, line);
    buffer_append_text(line, "CANCELLED");
    return true;
}

enum status ical_read_percent(const struct ical_row *row, const struct text_line *line, struct bag *props)
{
    int32_t number;
    if (!ical_integer(line->value, &number) || number < 0 || number > 100)
        return no_such(row);
    return bag_set(props, &(struct value){ .tag = row->tag, .float64 = number / 100.0 });
}

bool ical_write_percent(const struct ical_row *row, const struct bag *props, size_t index, struct slice params, struct buffer *line)
{
    const struct value *value = bag_get(props, row->tag);
    if (index > 0 || value == NULL)
        return false;
    begin(row, params, line);
    buffer_printf(line, "%d", (int)(value->float64 * 100 + 0.5));
    return true;
}
