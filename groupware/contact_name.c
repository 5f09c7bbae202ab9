#include "contact_name.h"

#include "bourse/base/memory.h"
#include "bourse/model/properties.h"

enum { NAME_CAP = 8192 };

static const struct file_as {
    int32_t id;
    const char *format;
} formats[] = {
#define FILE_AS(id, format) { id, format },
#include "file_as.def"
#undef FILE_AS
};

static const struct name_part {
    char letter;
    prop_tag tag;
} parts[] = {
    { 'S', PROP_SURNAME },    { 'G', PROP_GIVEN_NAME },   { 'M', PROP_MIDDLE_NAME },         { 'X', PROP_GENERATION },
    { 'C', PROP_COMPANY_NAME }, { 'D', PROP_DISPLAY_NAME }, { 'P', PROP_DISPLAY_NAME_PREFIX },
};

static prop_tag part_of_letter(char letter)
{
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
        if (parts[i].letter == letter)
            return parts[i].tag;
    return 0;
}

/* The longest separator since the last part that was there counts: "Lee, Ann M" without a given name is "Lee, M". */
static void append_line(struct buffer *out, const struct bag *props, const char *format, size_t length)
{
    struct slice separator = { 0 };
    size_t start = 0;
    bool has_part = false;
    for (size_t i = 0; i < length; i++) {
        prop_tag tag = part_of_letter(format[i]);
        if (tag == 0)
            continue;
        struct slice between = slice_of(format + start, i - start), text = slice_trim(bag_text(props, tag));
        start = i + 1;
        if (between.length > separator.length)
            separator = between;
        if (text.length == 0)
            continue;
        if (has_part)
            buffer_append_slice(out, separator);
        buffer_append_slice(out, text);
        has_part = true;
        separator = (struct slice){ 0 };
    }
}

static char *compose(TALLOC_CTX *mem, const struct bag *props, const char *format)
{
    struct buffer *out = buffer_new(mem, NAME_CAP);
    if (out == NULL)
        return NULL;
    while (*format != '\0') {
        size_t length = strcspn(format, "\n"), before = buffer_length(out);
        if (before > 0)
            buffer_append_text(out, "\r\n");
        size_t with_break = buffer_length(out);
        append_line(out, props, format, length);
        if (buffer_length(out) == with_break)
            buffer_truncate(out, before);
        format += length + (format[length] == '\n');
    }
    char *text = talloc_strdup(mem, buffer_text(out));
    talloc_free(out);
    return text;
}

char *contact_file_as(TALLOC_CTX *mem, const struct bag *props, int32_t format)
{
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++)
        if (formats[i].id == format)
            return compose(mem, props, formats[i].format);
    return format == FILE_AS_EMPTY ? talloc_strdup(mem, "") : NULL;
}

int32_t contact_file_as_match(TALLOC_CTX *mem, const struct bag *props)
{
    const char *wanted = bag_string(props, PROP_FILE_UNDER, "");
    int32_t found = FILE_AS_OWN_TEXT;
    for (size_t i = 0; i < ARRAY_LENGTH(formats) && wanted[0] != '\0' && found == FILE_AS_OWN_TEXT; i++) {
        char *text = compose(mem, props, formats[i].format);
        if (text != NULL && strcmp(text, wanted) == 0)
            found = formats[i].id;
        talloc_free(text);
    }
    return found;
}

char *contact_full_name(TALLOC_CTX *mem, const struct bag *props)
{
    return compose(mem, props, "P G M S X");
}
