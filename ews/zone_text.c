/* Times, dates and durations of requests. */
#include "zones.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY_MINUTES 1440

/* Is there a zone designator behind the time? */
static bool has_offset(const char *text)
{
    const char *time = strchr(text, 'T');
    return time != NULL && strpbrk(time, "Z+-") != NULL;
}

bool zone_parse_time(struct ews_call *call, const struct time_zone *zone, const char *text, instant *out)
{
    if (zone == NULL)
        zone = call->zone;
    if (!instant_parse(text, out))
        return false;
    if (zone != NULL && !has_offset(text))
        *out = time_zone_to_instant(zone, (local_time)*out); /* no offset was read as UTC: the same ticks on the wall clock */
    return true;
}

bool zone_parse_date(const char *text, local_time *out)
{
    instant midnight;
    char date[24];
    while (*text == ' ' || *text == '\n' || *text == '\t' || *text == '\r')
        text++;
    if (strlen(text) < 10)
        return false;
    snprintf(date, sizeof date, "%.10sT00:00:00Z", text);
    if (!instant_parse(date, &midnight))
        return false;
    *out = (local_time)midnight;
    return true;
}

const char *zone_format_local(local_time when, char out[LOCAL_TEXT_SIZE])
{
    instant_format((instant)when, out);
    char *mark = strchr(out, 'Z');
    if (mark != NULL)
        *mark = '\0';
    return out;
}

const char *zone_format_date(local_time when, char out[LOCAL_TEXT_SIZE])
{
    zone_format_local(when, out);
    out[strcspn(out, "T")] = '\0';
    return out;
}

/* One number with its designator; *text moves on. Seconds may have a fraction, which is dropped. */
static bool duration_part(const char **text, bool in_time, int64_t *seconds)
{
    char *end;
    long number = strtol(*text, &end, 10);
    if (end == *text || number < 0 || number > 100000)
        return false;
    if (*end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    int64_t unit = !in_time ? (*end == 'D' ? DAY_MINUTES * 60 : *end == 'W' ? 7 * DAY_MINUTES * 60 : 0)
                            : (*end == 'H' ? 3600 : *end == 'M' ? 60 : *end == 'S' ? 1 : 0);
    if (unit == 0 && number != 0)
        return false;
    *seconds += number * unit;
    *text = end + 1;
    return *end != '\0';
}

bool zone_parse_minutes(const char *text, int32_t *out)
{
    int64_t seconds = 0;
    bool negative = *text == '-', in_time = false;
    if (negative)
        text++;
    if (*text++ != 'P')
        return false;
    while (*text != '\0') {
        if (*text == 'T' && !in_time) {
            in_time = true;
            text++;
        } else if (!duration_part(&text, in_time, &seconds)) {
            return false;
        }
    }
    if (seconds > INT32_MAX)
        return false;
    *out = (int32_t)(seconds / 60) * (negative ? -1 : 1);
    return true;
}

const char *zone_minutes_text(TALLOC_CTX *mem, int32_t minutes)
{
    int32_t size = minutes < 0 ? -minutes : minutes;
    const char *sign = minutes < 0 ? "-" : "";
    return size % 60 == 0 ? talloc_asprintf(mem, "%sPT%dH", sign, size / 60) : talloc_asprintf(mem, "%sPT%dH%dM", sign, size / 60, size % 60);
}
