#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "bourse/model/properties.h"
#include "bourse/base/text.h"
#include "value_shape.h"

/* Longest part of a text or of bytes that is shown. */
#define SHOWN_TEXT 120
#define SHOWN_BYTES 24
#define SHOWN_ELEMENTS 8

struct line {
    char *out;
    size_t size;
    size_t used;
};

static void put(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);

static void put(struct line *line, const char *format, ...)
{
    if (line->used + 1 >= line->size)
        return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line->out + line->used, line->size - line->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        line->used += (size_t)length < line->size - line->used ? (size_t)length : line->size - line->used - 1;
}

/* Line breaks and other controls would break the log line. */
static void put_text(struct line *line, struct slice text)
{
    struct slice shown = utf8_prefix(text, SHOWN_TEXT);
    put(line, "\"");
    for (size_t i = 0; i < shown.length; i++)
        put(line, "%c", shown.data[i] < 0x20 || shown.data[i] == 0x7F ? ' ' : shown.data[i]);
    put(line, shown.length < text.length ? "...\"" : "\"");
}

static void put_bytes(struct line *line, struct slice bytes)
{
    put(line, "%zu bytes", bytes.length);
    for (size_t i = 0; i < bytes.length && i < SHOWN_BYTES; i++)
        put(line, "%s%02x", i == 0 ? " " : "", bytes.data[i]);
    if (bytes.length > SHOWN_BYTES)
        put(line, "...");
}

static void put_content(struct line *line, const struct value *value);

static void put_multiple(struct line *line, const struct value *value)
{
    put(line, "[");
    for (size_t i = 0; i < value->multiple.count && i < SHOWN_ELEMENTS; i++) {
        if (i > 0)
            put(line, ", ");
        put_content(line, &value->multiple.elements[i]);
    }
    put(line, value->multiple.count > SHOWN_ELEMENTS ? ", ... %zu]" : "]", value->multiple.count);
}

static void put_int64(struct line *line, const struct value *value)
{
    char text[INSTANT_TEXT_SIZE];
    if (prop_type(value->tag) == TYPE_TIME)
        put(line, "%s", instant_format_precise(value->time, text));
    else
        put(line, "%" PRId64, value->int64);
}

static void put_content(struct line *line, const struct value *value)
{
    char guid[GUID_TEXT_SIZE];
    switch (value_shape(prop_type(value->tag))) {
    case SHAPE_BOOL:
        put(line, "%s", value->boolean ? "true" : "false");
        break;
    case SHAPE_INT16:
        put(line, "%d", value->int16);
        break;
    case SHAPE_INT32:
        put(line, prop_type(value->tag) == TYPE_ERROR ? "error 0x%08" PRIX32 : "%" PRId32, (uint32_t)value->int32);
        break;
    case SHAPE_INT64:
        put_int64(line, value);
        break;
    case SHAPE_FLOAT:
        put(line, "%g", (double)value->float32);
        break;
    case SHAPE_DOUBLE:
        put(line, "%g", value->float64);
        break;
    case SHAPE_GUID:
        put(line, "%s", guid_format(value->guid, guid));
        break;
    case SHAPE_BYTES:
        put_bytes(line, value->bytes);
        break;
    case SHAPE_TEXT:
        put_text(line, value->bytes);
        break;
    case SHAPE_MULTIPLE:
        put_multiple(line, value);
        break;
    case SHAPE_NONE:
        put(line, "?");
        break;
    }
}

const char *value_describe(const struct value *value, char *out, size_t size)
{
    if (size == 0)
        return "";
    out[0] = 0;
    struct line line = { .out = out, .size = size };
    const struct property_info *info = property_by_tag(value->tag);
    put(&line, "0x%08X %s = ", value->tag, info != NULL ? info->canonical : "(custom)");
    if (value->form == VALUE_STORED)
        put(&line, "blob %" PRId64 " of %" PRIu64 " bytes", value->stored.blob, value->stored.size);
    else
        put_content(&line, value);
    return out;
}
