#include "entry_ids.h"

#include "bourse/base/text.h"
#include "bourse/base/wire.h"

static const uint8_t one_off_provider[16] = { 0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54, 0x02 };
static const uint8_t address_book_provider[16] = { 0xDC, 0xA7, 0x40, 0xC8, 0xC0, 0x42, 0x10, 0x1A, 0xB4, 0xB9, 0x08, 0x00, 0x2B, 0x2F, 0xE1, 0x82 };

/* [MS-OXCDATA] 2.2.5.1: no TNEF or RTF wanted (M), Unicode texts (U). */
enum { ONE_OFF_VERSION = 0, ONE_OFF_MIME = 0x0001, ONE_OFF_UNICODE = 0x8000, ADDRESS_BOOK_VERSION = 1 };

static void append_text16(struct buffer *out, const char *text)
{
    utf16_append(out, slice_of_text(text));
    buffer_append_u16(out, 0);
}

static void append_head(struct buffer *out, const uint8_t provider[16])
{
    buffer_append_u32(out, 0);
    buffer_append(out, provider, 16);
}

void entry_one_off_append(struct buffer *out, const char *display_name, const char *address_type, const char *address)
{
    append_head(out, one_off_provider);
    buffer_append_u16(out, ONE_OFF_VERSION);
    buffer_append_u16(out, ONE_OFF_MIME | ONE_OFF_UNICODE);
    append_text16(out, display_name);
    append_text16(out, address_type);
    append_text16(out, address);
}

static bool is_of_provider(struct wire *in, const uint8_t provider[16])
{
    (void)wire_u32(in);
    return slice_equal(wire_bytes(in, 16), slice_of(provider, 16));
}

static enum status read_text(TALLOC_CTX *mem, struct wire *in, bool is_unicode, const char **out)
{
    char *text = NULL;
    if (is_unicode)
        TRY(utf16_to_utf8(mem, wire_utf16z(in), &text));
    else
        text = utf8_repair(mem, wire_asciiz(in));
    *out = text;
    return text != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "entry id");
}

enum status entry_one_off_parse(TALLOC_CTX *mem, struct slice bytes, const char **display_name, const char **address_type, const char **address)
{
    struct wire in = wire_over(bytes);
    if (!is_of_provider(&in, one_off_provider))
        return status_fail(STATUS_INVALID_ID, "not a one-off entry id");
    (void)wire_u16(&in);
    bool is_unicode = (wire_u16(&in) & ONE_OFF_UNICODE) != 0;
    TRY(read_text(mem, &in, is_unicode, display_name));
    TRY(read_text(mem, &in, is_unicode, address_type));
    TRY(read_text(mem, &in, is_unicode, address));
    return wire_status(&in) == STATUS_OK ? STATUS_OK : status_fail(STATUS_INVALID_ID, "one-off entry id is cut");
}

void entry_person_append(struct buffer *out, uint32_t type, const char *legacy_dn)
{
    append_head(out, address_book_provider);
    buffer_append_u32(out, ADDRESS_BOOK_VERSION);
    buffer_append_u32(out, type);
    buffer_append(out, legacy_dn, strlen(legacy_dn) + 1);
}

enum status entry_person_parse(TALLOC_CTX *mem, struct slice bytes, uint32_t *type, const char **legacy_dn)
{
    struct wire in = wire_over(bytes);
    if (!is_of_provider(&in, address_book_provider))
        return status_fail(STATUS_INVALID_ID, "not an entry id of the address book");
    (void)wire_u32(&in);
    *type = wire_u32(&in);
    TRY(read_text(mem, &in, false, legacy_dn));
    return wire_status(&in) == STATUS_OK ? STATUS_OK : status_fail(STATUS_INVALID_ID, "entry id of the address book is cut");
}
