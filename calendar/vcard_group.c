/* MEMBER lines <-> one-off members of a personal list [MS-OXOCNTC] 2.2.2.2, [MS-OXCDATA] 2.2.5.1. Members that are no addresses stay kept lines. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "vcard_form.h"

enum { MAX_MEMBERS = 2000, FLAGS_UNICODE_NO_RICH_TEXT = 0x9001 };
static const uint8_t head[24] = { 0, 0, 0, 0, 0x81, 0x2B, 0x1F, 0xA4, 0xBE, 0xA3, 0x10, 0x19, 0x9D, 0x6E, 0x00, 0xDD, 0x01, 0x0F, 0x54, 0x02, 0, 0,
                                  FLAGS_UNICODE_NO_RICH_TEXT & 0xFF, FLAGS_UNICODE_NO_RICH_TEXT >> 8 };

struct slice address_in_member(struct slice value)
{
    struct slice text = slice_trim(value);
    bool is_mail = slice_equal_ascii_nocase(slice_part(text, 0, 7), slice_of_text("mailto:"));
    return is_mail && slice_find_byte(text, '@') > 7 ? slice_part(text, 7, SIZE_MAX) : slice_of(NULL, 0);
}

static void append_text(struct buffer *out, struct slice text)
{
    utf16_append(out, text);
    buffer_append_u16(out, 0);
}

static enum status make_entry(TALLOC_CTX *mem, struct slice address, struct slice *out)
{
    struct buffer *entry = buffer_new(mem, 65536);
    if (entry == NULL)
        return status_fail(STATUS_NO_MEMORY, "member");
    buffer_append(entry, head, sizeof head);
    append_text(entry, address);
    append_text(entry, slice_of_text("SMTP"));
    append_text(entry, address);
    return buffer_take(entry, mem, out);
}

enum status vcard_add_members(TALLOC_CTX *mem, const struct text_block *card, struct message *message)
{
    const struct text_line *line;
    struct text_block inner;
    struct value *entries = array_new(mem, struct value, MAX_MEMBERS);
    size_t count = 0;
    if (entries == NULL)
        return status_fail(STATUS_NO_MEMORY, "members");
    for (size_t at = card->begin; count < MAX_MEMBERS && block_next(card, &at, &line, &inner);) {
        if (line == NULL || (!line_is(line, "MEMBER") && !line_is(line, "X-ADDRESSBOOKSERVER-MEMBER")))
            continue;
        struct slice address = address_in_member(line->value);
        if (address.length == 0 || address.length > 1000)
            continue;
        TRY(make_entry(mem, address, &entries[count].bytes));
        entries[count++].tag = PROP_DISTRIBUTION_LIST_MEMBERS & ~(prop_tag)TYPE_MULTIPLE;
    }
    if (count == 0)
        return STATUS_OK;
    TRY(bag_set(message->props, &(struct value){ .tag = PROP_DISTRIBUTION_LIST_MEMBERS, .multiple = { .count = count, .elements = entries } }));
    for (size_t i = 0; i < count; i++)
        entries[i].tag = PROP_DISTRIBUTION_LIST_ONE_OFF_MEMBERS & ~(prop_tag)TYPE_MULTIPLE;
    return bag_set(message->props, &(struct value){ .tag = PROP_DISTRIBUTION_LIST_ONE_OFF_MEMBERS, .multiple = { .count = count, .elements = entries } });
}

/* The next UTF-16 text of an entry; false when it has no end. */
static bool next_text(struct slice *rest, struct slice *out)
{
    for (size_t i = 0; i + 1 < rest->length; i += 2) {
        if (rest->data[i] == 0 && rest->data[i + 1] == 0) {
            *out = slice_part(*rest, 0, i);
            *rest = slice_part(*rest, i + 2, SIZE_MAX);
            return true;
        }
    }
    return false;
}

static enum status write_member(TALLOC_CTX *mem, struct slice entry, enum vcard_version version, struct buffer *out)
{
    struct slice rest = slice_part(entry, sizeof head, SIZE_MAX), name, type, address;
    char *text;
    bool unicode = entry.length > sizeof head && memcmp(entry.data, head, 20) == 0 && (entry.data[23] & 0x80) != 0;
    if (!unicode || !next_text(&rest, &name) || !next_text(&rest, &type) || !next_text(&rest, &address) || utf16_to_utf8(mem, address, &text) != STATUS_OK)
        return STATUS_OK; /* a link into an address book has no vCard form */
    text = talloc_asprintf(mem, "%s:mailto:%s", version == VCARD_4 ? "MEMBER" : "X-ADDRESSBOOKSERVER-MEMBER", text);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "member");
    line_append_folded(out, slice_of_text(text));
    return STATUS_OK;
}

enum status vcard_write_members(TALLOC_CTX *mem, const struct bag *props, enum vcard_version version, struct buffer *out)
{
    const struct value *members = bag_get(props, PROP_DISTRIBUTION_LIST_ONE_OFF_MEMBERS);
    for (size_t i = 0; members != NULL && members->form == VALUE_INLINE && i < members->multiple.count; i++)
        TRY(write_member(mem, members->multiple.elements[i].bytes, version, out));
    return STATUS_OK;
}
