#include "one_off.h"

#include "bourse/base/text.h"
#include "bourse/base/wire.h"

static const uint8_t provider[16] = { 0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54, 0x02 };
#define FLAG_UNICODE 0x8000u
#define ENTRIES_MOST 1000

static enum status read_text(TALLOC_CTX *mem, struct wire *in, bool unicode, const char **out)
{
    char *text = NULL;
    if (unicode)
        TRY(utf16_to_utf8(mem, wire_utf16z(in), &text));
    else
        text = utf8_repair(mem, wire_asciiz(in));
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "one-off entry id");
    *out = text;
    return STATUS_OK;
}

enum status one_off_parse(TALLOC_CTX *mem, struct slice entry_id, struct one_off *out)
{
    struct wire in = wire_over(entry_id);
    wire_skip(&in, 4);
    struct slice uid = wire_bytes(&in, sizeof provider);
    uint16_t version = wire_u16(&in), flags = wire_u16(&in);
    if (wire_status(&in) != STATUS_OK || version != 0 || memcmp(uid.data, provider, sizeof provider) != 0)
        return status_fail(STATUS_MALFORMED, "no one-off entry id");
    TRY(read_text(mem, &in, (flags & FLAG_UNICODE) != 0, &out->name));
    TRY(read_text(mem, &in, (flags & FLAG_UNICODE) != 0, &out->type));
    TRY(read_text(mem, &in, (flags & FLAG_UNICODE) != 0, &out->address));
    return wire_status(&in);
}

static void append_text(struct buffer *out, const char *text)
{
    utf16_append(out, slice_of_text(text));
    buffer_append_u16(out, 0);
}

void one_off_entry_id_append(struct buffer *out, const struct one_off *entry)
{
    buffer_append_u32(out, 0);
    buffer_append(out, provider, sizeof provider);
    buffer_append_u16(out, 0);
    buffer_append_u16(out, FLAG_UNICODE | 0x1000u); /* no rich text [MS-OXCDATA] 2.2.5.1 */
    append_text(out, entry->name);
    append_text(out, entry->type);
    append_text(out, entry->address);
}

enum status flat_entry_list_parse(TALLOC_CTX *mem, struct slice list, struct one_off **out, size_t *count)
{
    struct wire in = wire_over(list);
    uint32_t entries = wire_u32(&in);
    wire_skip(&in, 4);
    *count = 0;
    if (entries > ENTRIES_MOST || !wire_check_count(&in, entries, 4))
        return status_fail(STATUS_MALFORMED, "list of %u entry ids", entries);
    *out = talloc_zero_array(mem, struct one_off, entries + 1);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "entry list");
    for (uint32_t i = 0; i < entries; i++) {
        uint32_t size = wire_u32(&in);
        struct slice entry = wire_bytes(&in, size);
        if (i + 1 < entries)
            wire_skip(&in, (4 - size % 4) % 4);
        if (wire_status(&in) != STATUS_OK)
            return status_fail(STATUS_MALFORMED, "entry id %u is cut", i);
        if (one_off_parse(mem, entry, &(*out)[*count]) == STATUS_OK)
            (*count)++;
    }
    return STATUS_OK;
}

void flat_entry_list_append(struct buffer *out, const struct one_off *entries, size_t count)
{
    size_t begin = buffer_length(out);
    buffer_append_u32(out, (uint32_t)count);
    buffer_append_u32(out, 0);
    for (size_t i = 0; i < count; i++) {
        size_t at = buffer_length(out);
        buffer_append_u32(out, 0);
        one_off_entry_id_append(out, &entries[i]);
        uint32_t size = (uint32_t)(buffer_length(out) - at - 4);
        buffer_patch_u32(out, at, size);
        for (uint32_t pad = (4 - size % 4) % 4; pad > 0; pad--)
            buffer_append_byte(out, 0);
    }
    buffer_patch_u32(out, begin + 4, (uint32_t)(buffer_length(out) - begin - 8));
}
