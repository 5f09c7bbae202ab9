#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"

const char *eas_time_dashes(instant when, char out[EAS_TIME_SIZE])
{
    char seconds[INSTANT_TEXT_SIZE];
    instant_format(when, seconds);
    snprintf(out, EAS_TIME_SIZE, "%.19s.%03dZ", seconds, (int)(when / (INSTANT_PER_SECOND / 1000) % 1000));
    return out;
}

const char *eas_time_compact(instant when, char out[EAS_TIME_SIZE])
{
    char seconds[INSTANT_TEXT_SIZE];
    size_t length = 0;
    instant_format(when, seconds);
    for (const char *at = seconds; *at != '\0'; at++)
        if (*at != '-' && *at != ':')
            out[length++] = *at;
    out[length] = '\0';
    return out;
}

/* yyyymmddThhmmssZ into the long form. */
bool eas_time_parse(const char *text, instant *out)
{
    char dashed[INSTANT_TEXT_SIZE];
    if (text == NULL)
        return false;
    size_t length = strlen(text);
    if ((length != 15 && length != 16) || text[8] != 'T')
        return instant_parse(text, out);
    snprintf(dashed, sizeof dashed, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", text, text + 4, text + 6, text + 9, text + 11, text + 13);
    return instant_parse(dashed, out);
}
