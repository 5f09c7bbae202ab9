/* Properties -> vCard lines. */
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_table.h"
#include "ical_value.h"
#include "vcard_form.h"

static void begin(const struct vcard_row *row, struct buffer *line)
{
    buffer_append_text(line, row->name);
    struct slice rest = slice_of_text(row->types), type;
    for (const char *separator = ";TYPE="; rest.length > 0 && list_next(&rest, ' ', &type); separator = ",") {
        buffer_append_text(line, separator);
        buffer_append_slice(line, type);
    }
    if (row->form == VCARD_EMAIL)
        buffer_append_text(line, ";TYPE=INTERNET");
}

static bool write_parts(const struct vcard_row *row, const struct bag *props, struct buffer *line)
{
    const prop_tag *tags;
    size_t count = vcard_parts(row, &tags), last = 0;
    for (size_t i = 0; i < count; i++)
        last = tags[i] != 0 && bag_text(props, tags[i]).length > 0 ? i + 1 : last;
    if (last == 0)
        return false;
    begin(row, line);
    size_t shown = row->form == VCARD_ORGANIZATION ? last : count; /* ORG has no empty tail */
    for (size_t i = 0; i < shown; i++) {
        buffer_append_byte(line, i == 0 ? ':' : ';');
        if (tags[i] != 0)
            text_append_escaped(line, bag_text(props, tags[i]));
    }
    return true;
}

static void write_words(const struct value *value, struct buffer *line)
{
    for (size_t i = 0; i < value->multiple.count; i++) {
        buffer_append_byte(line, i == 0 ? ':' : ',');
        text_append_escaped(line, value->multiple.elements[i].bytes);
    }
}

static void write_day(instant when, enum vcard_version version, struct buffer *line)
{
    struct civil_date day = civil_of_local(when);
    const char *dash = version == VCARD_4 ? "" : "-";
    buffer_printf(line, ":%04d%s%02d%s%02d", (int)day.year, dash, (int)day.month, dash, (int)day.day);
}

static void write_key(const struct value *value, enum vcard_version version, struct buffer *line)
{
    buffer_append_text(line, version == VCARD_4 ? ":data:application/pkix-cert;base64," : ";ENCODING=b;TYPE=X509:");
    base64_append(line, value->multiple.elements[0].bytes);
}

/* ANNIVERSARY came with version 4; before, each vendor had its own. */
static bool is_other_version(const struct vcard_row *row, enum vcard_version version)
{
    bool standard = strcmp(row->name, "ANNIVERSARY") == 0, own = strcmp(row->name, "X-MS-ANNIVERSARY") == 0;
    return (standard && version == VCARD_3) || (own && version == VCARD_4);
}

bool vcard_write(const struct vcard_row *row, const struct bag *props, size_t index, enum vcard_version version, struct buffer *line)
{
    bool is_composite = row->form == VCARD_NAME || row->form == VCARD_ORGANIZATION || row->form == VCARD_ADDRESS;
    const struct value *value = row->tag != 0 ? bag_get(props, row->tag) : NULL;
    bool is_repeated = row->form == VCARD_LINES;
    if (index > 0 && !is_repeated)
        return false;
    if (is_composite)
        return write_parts(row, props, line);
    if (value == NULL || value->form != VALUE_INLINE || is_other_version(row, version))
        return false;
    bool is_list = row->form == VCARD_WORDS || row->form == VCARD_KEY || is_repeated;
    bool is_text = row->form == VCARD_TEXT || row->form == VCARD_BODY || row->form == VCARD_EMAIL || row->form == VCARD_URI;
    if ((is_list && index >= value->multiple.count) || (is_text && value->bytes.length == 0))
        return false;
    begin(row, line);
    if (is_repeated) {
        buffer_append_byte(line, ':');
        text_append_escaped(line, value->multiple.elements[index].bytes);
    } else if (row->form == VCARD_WORDS) {
        write_words(value, line);
    } else if (row->form == VCARD_KEY) {
        write_key(value, version, line);
    } else if (row->form == VCARD_DAY) {
        write_day(value->time, version, line);
    } else if (row->form == VCARD_CLASSIFICATION) {
        const char *word = ical_word_of(WORDS_sensitivity, value->int32);
        buffer_printf(line, ":%s", word != NULL ? word : "PUBLIC");
    } else {
        buffer_append_byte(line, ':');
        if (row->form == VCARD_URI)
            buffer_append_slice(line, value->bytes);
        else
            text_append_escaped(line, value->bytes);
    }
    return true;
}
