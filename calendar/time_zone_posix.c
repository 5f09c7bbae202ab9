/* The rule at the end of a zone file: TZ text [POSIX.1-2017] 8.3 with the hours of [RFC 8536] 3.3.1. */
#include <ctype.h>
#include <stdlib.h>

#include "time_zone_private.h"

enum { HOURS_MAX = 167, DEFAULT_SECOND = 2 * 3600, OFFSET_MAX = 26 * 3600 };

/* "CET" or "<+0330>". */
static bool skip_name(const char **at)
{
    const char *p = *at;
    if (*p == '<') {
        while (*p != '\0' && *p != '>')
            p++;
        *at = p + (*p == '>');
        return *p == '>';
    }
    while (isalpha((unsigned char)*p))
        p++;
    bool found = p - *at >= 3;
    *at = p;
    return found;
}

static bool number(const char **at, int32_t most, int32_t *out)
{
    if (!isdigit((unsigned char)**at))
        return false;
    int32_t value = 0;
    for (; isdigit((unsigned char)**at); (*at)++) {
        value = value * 10 + (**at - '0');
        if (value > most)
            return false;
    }
    *out = value;
    return true;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool duration(const char **at, int32_t *out)
{
    int32_t sign = 1, hours, minutes = 0, rest = 0;
    if (**at == '+' || **at == '-')
        sign = *(*at)++ == '-' ? -1 : 1;
    if (!number(at, HOURS_MAX, &hours))
        return false;
    if (**at == ':' && ((*at)++, !number(at, 59, &minutes)))
        return false;
    if (**at == ':' && ((*at)++, !number(at, 59, &rest)))
        return false;
    *out = sign * (hours * 3600 + minutes * 60 + rest);
    return true;
}

static bool expect(const char **at, char byte)
{
    if (**at != byte)
        return false;
    (*at)++;
    return true;
}

/* ",Mm.w.d[/time]"; the forms that count days of the year are in no zone file and refused. */
static bool change(const char **at, struct year_change *out)
{
    *out = (struct year_change){ .second = DEFAULT_SECOND };
    if (!expect(at, ',') || !expect(at, 'M') || !number(at, 12, &out->month) || !expect(at, '.') || !number(at, 5, &out->week) || !expect(at, '.') ||
        !number(at, 6, &out->weekday) || out->month == 0 || out->week == 0)
        return false;
    return **at != '/' || ((*at)++, duration(at, &out->second));
}

bool zone_file_parse_rule(const char *text, struct year_rule *out)
{
    *out = (struct year_rule){ .from_year = 0 };
    int32_t west;
    if (!skip_name(&text) || !duration(&text, &west) || west > OFFSET_MAX || west < -OFFSET_MAX)
        return false;
    out->standard_offset = out->daylight_offset = -west;
    if (*text == '\0')
        return true;
    if (!skip_name(&text))
        return false;
    out->daylight_offset = out->standard_offset + 3600;
    if (*text != ',') {
        if (!duration(&text, &west))
            return false;
        out->daylight_offset = -west;
    }
    if (out->daylight_offset > OFFSET_MAX || out->daylight_offset < -OFFSET_MAX)
        return false;
    if (!change(&text, &out->daylight) || !change(&text, &out->standard) || *text != '\0')
        return false;
    out->has_daylight = true;
    if (out->daylight_offset < out->standard_offset) { /* Ireland: winter is the exception; see order_seasons */
        int32_t offset = out->daylight_offset;
        struct year_change begins = out->daylight;
        out->daylight_offset = out->standard_offset;
        out->standard_offset = offset;
        out->daylight = out->standard;
        out->standard = begins;
    }
    return true;
}
