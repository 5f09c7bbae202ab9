#include "bourse/base/wire.h"
#include "entry.h"

/* Version of the packed form: the first byte. A cached entry of another version is simply not known. */
#define PACK_VERSION 1
#define TEXTS_MOST 100000

enum pack_flag {
    PACK_HAS_MAILBOX = 1,
    PACK_ENABLED = 2,
    PACK_HIDDEN = 4,
    PACK_NEEDS_SIGN_IN = 8,
    PACK_KEEPS_COPY = 16,
};

/* Length plus one, bytes; 0 stands for NULL. */
static void pack_text(struct buffer *out, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    buffer_append_varint(out, text != NULL ? length + 1 : 0);
    buffer_append(out, text, length);
}

static void pack_texts(struct buffer *out, const char *const *texts, size_t count)
{
    buffer_append_varint(out, count);
    for (size_t i = 0; i < count; i++)
        pack_text(out, texts[i]);
}

void entry_pack(struct buffer *out, const struct recipient_entry *entry)
{
    unsigned flags = (entry->has_mailbox ? PACK_HAS_MAILBOX : 0U) | (entry->is_enabled ? PACK_ENABLED : 0U) |
                     (entry->is_hidden ? PACK_HIDDEN : 0U) | (entry->needs_sender_sign_in ? PACK_NEEDS_SIGN_IN : 0U) |
                     (entry->forwarding.keeps_copy ? PACK_KEEPS_COPY : 0U);
    buffer_append_byte(out, PACK_VERSION);
    buffer_append(out, entry->guid.bytes, sizeof entry->guid.bytes);
    buffer_append_byte(out, (uint8_t)entry->kind);
    buffer_append_byte(out, (uint8_t)flags);
    pack_text(out, entry->dn);
    pack_text(out, entry->display_name);
    pack_text(out, entry->login);
    pack_text(out, entry->upn);
    pack_text(out, entry->alias);
    pack_text(out, entry->legacy_dn);
    pack_text(out, entry->forwarding.address);
    pack_text(out, entry->forwarding.dn);
    pack_texts(out, entry->addresses, entry->address_count);
    pack_texts(out, entry->x500, entry->x500_count);
    pack_texts(out, entry->on_behalf_dns, entry->on_behalf_count);
    buffer_append_u64(out, (uint64_t)entry->warning_quota);
    buffer_append_u64(out, (uint64_t)entry->send_quota);
    buffer_append_u64(out, (uint64_t)entry->receive_quota);
    buffer_append_u64(out, (uint64_t)entry->capacity);
#define DETAIL(member, ...) pack_text(out, entry->details.member);
#include "bourse/directory/details.def"
#undef DETAIL
}

static const char *unpack_text(TALLOC_CTX *mem, struct wire *wire)
{
    uint64_t length = wire_varint(wire);
    if (length == 0 || wire_status(wire) != STATUS_OK)
        return NULL;
    if (length - 1 > wire_left(wire)) {
        wire_fail(wire, STATUS_CORRUPT);
        return NULL;
    }
    const char *text = slice_text(mem, wire_bytes(wire, (size_t)length - 1));
    if (text == NULL)
        wire_fail(wire, STATUS_CORRUPT);
    return text;
}

static const char *const *unpack_texts(TALLOC_CTX *mem, struct wire *wire, size_t *count)
{
    uint64_t wanted = wire_varint(wire);
    *count = 0;
    if (wanted > TEXTS_MOST || !wire_check_count(wire, wanted, 1)) {
        wire_fail(wire, STATUS_CORRUPT);
        return NULL;
    }
    const char **texts = talloc_array(mem, const char *, (unsigned)wanted + 1);
    if (texts == NULL) {
        wire_fail(wire, STATUS_NO_MEMORY);
        return NULL;
    }
    for (; *count < wanted; ++*count) {
        texts[*count] = unpack_text(texts, wire);
        if (texts[*count] == NULL) {
            wire_fail(wire, STATUS_CORRUPT);
            return texts;
        }
    }
    return texts;
}

static void unpack_fields(struct wire *wire, struct recipient_entry *entry)
{
    entry->guid = wire_guid(wire);
    uint8_t kind = wire_u8(wire), flags = wire_u8(wire);
    if (kind > RECIPIENT_CONTACT)
        wire_fail(wire, STATUS_CORRUPT);
    entry->kind = kind <= RECIPIENT_CONTACT ? (enum recipient_kind)kind : RECIPIENT_CONTACT;
    entry->has_mailbox = (flags & PACK_HAS_MAILBOX) != 0;
    entry->is_enabled = (flags & PACK_ENABLED) != 0;
    entry->is_hidden = (flags & PACK_HIDDEN) != 0;
    entry->needs_sender_sign_in = (flags & PACK_NEEDS_SIGN_IN) != 0;
    entry->forwarding.keeps_copy = (flags & PACK_KEEPS_COPY) != 0;
    entry->dn = unpack_text(entry, wire);
    entry->display_name = unpack_text(entry, wire);
    entry->login = unpack_text(entry, wire);
    entry->upn = unpack_text(entry, wire);
    entry->alias = unpack_text(entry, wire);
    entry->legacy_dn = unpack_text(entry, wire);
    entry->forwarding.address = unpack_text(entry, wire);
    entry->forwarding.dn = unpack_text(entry, wire);
    entry->addresses = unpack_texts(entry, wire, &entry->address_count);
    entry->x500 = unpack_texts(entry, wire, &entry->x500_count);
    entry->on_behalf_dns = unpack_texts(entry, wire, &entry->on_behalf_count);
    entry->warning_quota = (int64_t)wire_u64(wire);
    entry->send_quota = (int64_t)wire_u64(wire);
    entry->receive_quota = (int64_t)wire_u64(wire);
    entry->capacity = (int64_t)wire_u64(wire);
#define DETAIL(member, ...) entry->details.member = unpack_text(entry, wire);
#include "bourse/directory/details.def"
#undef DETAIL
    entry->address = entry->address_count > 0 ? entry->addresses[0] : NULL;
}

enum status entry_unpack(TALLOC_CTX *mem, struct slice packed, struct recipient_entry **out)
{
    struct wire wire = wire_over(packed);
    struct recipient_entry *entry = talloc_zero(mem, struct recipient_entry);
    if (entry == NULL)
        return STATUS_NO_MEMORY;
    if (wire_u8(&wire) != PACK_VERSION)
        wire_fail(&wire, STATUS_CORRUPT);
    unpack_fields(&wire, entry);
    if (wire_finish(&wire) != STATUS_OK || entry->dn == NULL || entry->display_name == NULL) {
        talloc_free(entry);
        return status_fail(STATUS_CORRUPT, "a remembered directory entry cannot be read");
    }
    *out = entry;
    return STATUS_OK;
}
