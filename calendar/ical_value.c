/* Dates, times, durations, offsets, numbers [RFC 5545] 3.3. */
#include "ical_value.h"

static bool digits(struct slice text, size_t at, size_t length, int32_t *out)
{
    *out = 0;
    if (at + length > text.length)
        return false;
    for (size_t i = at; i < at + length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *out = *out * 10 + (text.data[i] - '0');
    }
    return true;
}

static bool time_of_day(struct slice text, struct ical_time *out)
{
    int32_t hour, minute, second = 0;
    size_t end = 13;
    if (!digits(text, 9, 2, &hour) || !digits(text, 11, 2, &minute))
        return false;
    if (digits(text, 13, 2, &second))
        end = 15;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    out->is_utc = text.length == end + 1 && (text.data[end] == 'Z' || text.data[end] == 'z');
    out->local += ((hour * 60 + minute) * INT64_C(60) + (second == 60 ? 59 : second)) * INSTANT_PER_SECOND;
    return out->is_utc || text.length == end;
}

bool ical_time_parse(struct slice text, struct ical_time *out)
{
    struct civil_date date;
    text = slice_trim(text);
    *out = (struct ical_time){ .is_date = text.length == 8 };
    if (!digits(text, 0, 4, &date.year) || !digits(text, 4, 2, &date.month) || !digits(text, 6, 2, &date.day))
        return false;
    if (date.year < 1601 || date.year > 4499 || date.month < 1 || date.month > 12 || date.day < 1 || date.day > days_of_month(date.year, date.month))
        return false;
    out->local = local_of_civil(date);
    return out->is_date || ((text.data[8] == 'T' || text.data[8] == 't') && time_of_day(text, out));
}

void ical_time_append(struct buffer *out, local_time when, bool is_date, bool is_utc)
{
    struct civil_date date = civil_of_local(when);
    int seconds = (int)((when - local_midnight(when)) / INSTANT_PER_SECOND);
    buffer_printf(out, "%04d%02d%02d", (int)date.year, (int)date.month, (int)date.day);
    if (!is_date)
        buffer_printf(out, "T%02d%02d%02d%s", seconds / 3600, seconds / 60 % 60, seconds % 60, is_utc ? "Z" : "");
}

static int64_t unit_ticks(uint8_t unit)
{
    switch (unit | 0x20) {
    case 'w': return 7 * INSTANT_PER_DAY;
    case 'd': return INSTANT_PER_DAY;
    case 'h': return INSTANT_PER_HOUR;
    case 'm': return INSTANT_PER_MINUTE;
    case 's': return INSTANT_PER_SECOND;
    default: return 0;
    }
}

bool ical_duration_parse(struct slice text, int64_t *ticks)
{
    const int64_t most = 36525 * INSTANT_PER_DAY;
    int64_t number = -1;
    bool negative = false, any = false;
    text = slice_trim(text);
    *ticks = 0;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        if (c == '-' || c == '+')
            negative = negative || c == '-';
        else if (c >= '0' && c <= '9')
            number = (number < 0 ? 0 : number) * 10 + (c - '0');
        else if (number >= 0 && unit_ticks(c) > 0) {
            *ticks += number * unit_ticks(c);
            number = -1;
            any = true;
        } else if ((c | 0x20) != 'p' && (c | 0x20) != 't')
            return false;
        if (*ticks > most || number > 10000000)
            return false;
    }
    *ticks = negative ? -*ticks : *ticks;
    return any && number < 0;
}

void ical_duration_append(struct buffer *out, int64_t ticks)
{
    int64_t seconds = ticks / INSTANT_PER_SECOND, size = seconds < 0 ? -seconds : seconds;
    buffer_append_text(out, seconds < 0 ? "-P" : "P");
    if (size >= 86400)
        buffer_printf(out, "%lldD", (long long)(size / 86400));
    if (size % 86400 != 0 || size == 0)
        buffer_append_text(out, "T");
    if (size / 3600 % 24 != 0)
        buffer_printf(out, "%lldH", (long long)(size / 3600 % 24));
    if (size / 60 % 60 != 0)
        buffer_printf(out, "%lldM", (long long)(size / 60 % 60));
    if (size % 60 != 0 || size == 0)
        buffer_printf(out, "%lldS", (long long)(size % 60));
}

bool ical_offset_parse(struct slice text, int32_t *seconds)
{
    int32_t hours, minutes, rest = 0;
    text = slice_trim(text);
    if (text.length < 5 || (text.data[0] != '+' && text.data[0] != '-') || !digits(text, 1, 2, &hours) || !digits(text, 3, 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59 || (text.length > 5 && (text.length != 7 || !digits(text, 5, 2, &rest) || rest > 59)))
        return false;
    *seconds = (hours * 3600 + minutes * 60 + rest) * (text.data[0] == '-' ? -1 : 1);
    return true;
}

bool ical_integer(struct slice text, int32_t *out)
{
    int64_t number = 0;
    text = slice_trim(text);
    bool negative = text.length > 0 && text.data[0] == '-';
    size_t sign = text.length > 0 && (negative || text.data[0] == '+') ? 1 : 0;
    if (text.length == sign || text.length - sign > 10)
        return false;
    for (size_t i = sign; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    number = negative ? -number : number;
    *out = (int32_t)number;
    return number >= INT32_MIN && number <= INT32_MAX;
}

bool ical_boolean(struct slice text, bool *out)
{
    text = slice_trim(text);
    *out = slice_equal_ascii_nocase(text, slice_of_text("TRUE")) || slice_equal(text, slice_of_text("1"));
    return *out || slice_equal_ascii_nocase(text, slice_of_text("FALSE")) || slice_equal(text, slice_of_text("0"));
}
