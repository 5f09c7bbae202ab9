#include "distribution_members.h"

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/base/wire.h"
#include "bourse/model/properties.h"
#include "entry_ids.h"

/* [MS-OXOCNTC] 2.2.2.2.4.1.1 WrappedEntryId: what the low four bits say the id inside is, which address of a contact, and that there is an id inside. */
enum wrapped { WRAPPED_ONE_OFF = 0, WRAPPED_CONTACT = 3, WRAPPED_LIST = 4, WRAPPED_PERSON = 5, WRAPPED_GROUP = 6 };
enum { WRAPPED_KIND = 0x0F, WRAPPED_EMAIL = 0x70, WRAPPED_NO_ADDRESS = 0x30, WRAPPED_EMAIL1 = 0x40, WRAPPED_EMBEDDED = 0x80, EMAIL_SHIFT = 4 };
enum { MEMBERS_BYTES = 15000, STREAM_CAP = 64 * 1024 * 1024, ID_CAP = 64 * 1024, STREAM_VERSION = 1, STREAM_BUILD = 0x000F4240, ENTRY_BYTES = 12 };

static const uint8_t wrapped_provider[16] = { 0xC0, 0x91, 0xAD, 0xD3, 0x51, 0x9D, 0xCF, 0x11, 0xA4, 0xA9, 0x00, 0xAA, 0x00, 0x47, 0xFA, 0xA4 };

/* CRC-32 of [MS-OXCRPC] / IEEE 802.3 as [MS-OXOCNTC] 2.2.2.2.3 has it: seed 0, no final inversion. */
static uint32_t crc_append(uint32_t crc, struct slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        crc ^= bytes.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return crc;
}

enum status distribution_checksum(struct bag *props)
{
    const struct value *members = bag_get(props, PROP_DISTRIBUTION_LIST_MEMBERS);
    uint32_t crc = 0;
    if (members == NULL || members->form != VALUE_INLINE)
        return STATUS_OK;
    for (size_t i = 0; i < members->multiple.count; i++)
        crc = crc_append(crc, members->multiple.elements[i].bytes);
    return bag_set_int32(props, PROP_DISTRIBUTION_LIST_CHECKSUM, (int32_t)crc);
}

/* ---- one member ---- */

static enum status item_of(struct slice id, struct guid mailbox, struct guid replica, struct object_id *out)
{
    struct guid found;
    if (entry_id_parse(id, out, &found) != STATUS_OK || out->kind != OBJECT_ITEM || !guid_equal(found, replica)) {
        status_chain_clear();
        *out = (struct object_id){ .kind = OBJECT_ITEM };
        return STATUS_OK;
    }
    out->mailbox = mailbox;
    return STATUS_OK;
}

static enum status unwrap(TALLOC_CTX *mem, struct slice bytes, struct guid mailbox, struct guid replica, struct list_member *out)
{
    struct wire in = wire_over(bytes);
    uint32_t type = 0;
    (void)wire_u32(&in);
    if (!slice_equal(wire_bytes(&in, 16), slice_of(wrapped_provider, 16)))
        return status_fail(STATUS_INVALID_ID, "not a wrapped entry id");
    uint8_t kind = wire_u8(&in);
    struct slice inner = wire_rest(&in);
    switch ((enum wrapped)(kind & WRAPPED_KIND)) {
    case WRAPPED_ONE_OFF:
        out->kind = LIST_MEMBER_ONE_OFF;
        return entry_one_off_parse(mem, inner, &out->display_name, &out->address_type, &out->address);
    case WRAPPED_CONTACT:
        out->kind = LIST_MEMBER_CONTACT;
        out->email_index = (kind & WRAPPED_EMAIL) >= WRAPPED_EMAIL1 ? (uint32_t)((kind & WRAPPED_EMAIL) - WRAPPED_EMAIL1) / 16 + 1 : 1;
        return item_of(inner, mailbox, replica, &out->item);
    case WRAPPED_LIST:
        out->kind = LIST_MEMBER_LIST;
        out->address_type = "MAPIPDL";
        return item_of(inner, mailbox, replica, &out->item);
    case WRAPPED_PERSON:
    case WRAPPED_GROUP:
        out->kind = (kind & WRAPPED_KIND) == WRAPPED_GROUP ? LIST_MEMBER_GROUP : LIST_MEMBER_PERSON;
        out->address_type = "EX";
        return entry_person_parse(mem, inner, &type, &out->address);
    }
    return status_fail(STATUS_INVALID_ID, "member of kind %#x", (unsigned)kind);
}

enum status distribution_member_parse(TALLOC_CTX *mem, struct slice entry_id, struct slice one_off, struct guid mailbox, struct guid replica,
                                      struct list_member *out)
{
    struct list_member twin = { .display_name = "", .address_type = "", .address = "" };
    *out = (struct list_member){ .kind = LIST_MEMBER_ONE_OFF, .display_name = "", .address_type = "", .address = "", .entry_id = entry_id };
    bool has_twin = entry_one_off_parse(mem, one_off, &twin.display_name, &twin.address_type, &twin.address) == STATUS_OK;
    enum status status = unwrap(mem, entry_id, mailbox, replica, out);
    if (status == STATUS_INVALID_ID)
        status = entry_one_off_parse(mem, entry_id, &out->display_name, &out->address_type, &out->address);
    if (status == STATUS_INVALID_ID && has_twin) { /* of a provider that nobody here knows: its address is as good */
        *out = (struct list_member){ .kind = LIST_MEMBER_ONE_OFF, .entry_id = entry_id };
        status = STATUS_OK;
        out->display_name = out->address = out->address_type = "";
    }
    TRY(status);
    status_chain_clear();
    if (has_twin && out->display_name[0] == '\0')
        out->display_name = twin.display_name;
    if (has_twin && out->address[0] == '\0' && out->kind != LIST_MEMBER_LIST) {
        out->address = twin.address;
        out->address_type = twin.address_type;
    }
    return STATUS_OK;
}

static enum status take(struct buffer *buffer, TALLOC_CTX *mem, struct slice *out)
{
    enum status status = buffer_take(buffer, mem, out);
    talloc_free(buffer);
    return status;
}

static void wrap(struct buffer *out, uint8_t kind)
{
    buffer_append_u32(out, 0);
    buffer_append(out, wrapped_provider, sizeof wrapped_provider);
    buffer_append_byte(out, kind);
}

static enum status make_entry_id(TALLOC_CTX *mem, const struct list_member *member, struct guid replica, struct slice *out)
{
    struct buffer *id = buffer_new(mem, ID_CAP);
    if (id == NULL)
        return status_fail(STATUS_NO_MEMORY, "member");
    switch (member->kind) {
    case LIST_MEMBER_ONE_OFF:
        entry_one_off_append(id, member->display_name, member->address_type, member->address);
        break;
    case LIST_MEMBER_CONTACT:
        wrap(id, (uint8_t)(WRAPPED_EMBEDDED | (WRAPPED_EMAIL1 + (((member->email_index > 0 ? member->email_index : 1) - 1) << EMAIL_SHIFT)) | WRAPPED_CONTACT));
        entry_id_append(id, &member->item, replica);
        break;
    case LIST_MEMBER_LIST:
        wrap(id, WRAPPED_EMBEDDED | WRAPPED_NO_ADDRESS | WRAPPED_LIST);
        entry_id_append(id, &member->item, replica);
        break;
    case LIST_MEMBER_PERSON:
    case LIST_MEMBER_GROUP:
        wrap(id, (uint8_t)(WRAPPED_EMBEDDED | WRAPPED_NO_ADDRESS | (member->kind == LIST_MEMBER_GROUP ? WRAPPED_GROUP : WRAPPED_PERSON)));
        entry_person_append(id, member->kind == LIST_MEMBER_GROUP ? 1 : 0, member->address);
        break;
    }
    return take(id, mem, out);
}

static enum status check_member(const struct list_member *member)
{
    bool is_item = member->kind == LIST_MEMBER_CONTACT || member->kind == LIST_MEMBER_LIST;
    if (is_item && member->item.item == 0)
        return status_fail(STATUS_INVALID_ARGUMENT, "member without an item");
    if (member->kind == LIST_MEMBER_CONTACT && member->email_index > 3)
        return status_fail(STATUS_INVALID_ARGUMENT, "address %u of a contact", (unsigned)member->email_index);
    return !is_item && member->address[0] == '\0' ? status_fail(STATUS_INVALID_ARGUMENT, "member without an address") : STATUS_OK;
}

enum status distribution_member_make(TALLOC_CTX *mem, const struct list_member *member, struct guid replica, struct slice *entry_id, struct slice *one_off)
{
    *entry_id = slice_copy(mem, member->entry_id); /* what the caller has may lie in the bag that changes */
    if (member->entry_id.length > 0 && entry_id->data == NULL)
        return status_fail(STATUS_NO_MEMORY, "member");
    if (member->entry_id.length == 0) {
        TRY(check_member(member));
        TRY(make_entry_id(mem, member, replica, entry_id));
    }
    struct buffer *twin = buffer_new(mem, ID_CAP);
    if (twin == NULL)
        return status_fail(STATUS_NO_MEMORY, "member");
    entry_one_off_append(twin, member->display_name, member->address_type[0] != '\0' ? member->address_type : "SMTP", member->address);
    return take(twin, mem, one_off);
}

/* ---- all members ---- */

struct pairs {
    struct slice *entry_ids, *one_offs;
    size_t count;
};

static enum status pairs_new(TALLOC_CTX *mem, size_t count, struct pairs *out)
{
    *out = (struct pairs){ .entry_ids = array_new(mem, struct slice, count), .one_offs = array_new(mem, struct slice, count), .count = count };
    return out->entry_ids != NULL && out->one_offs != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "members");
}

/* [MS-OXOCNTC] 2.2.2.2.4 and 2.2.2.2.4.1 */
static enum status pairs_of_stream(TALLOC_CTX *mem, struct slice stream, struct pairs *out)
{
    struct wire in = wire_over(stream);
    uint16_t version = wire_u16(&in);
    (void)wire_u16(&in); /* reserved */
    (void)wire_u32(&in); /* build */
    (void)wire_u32(&in); /* flags */
    uint32_t count = wire_u32(&in);
    wire_skip(&in, 12); /* sizes in all */
    if (version != STREAM_VERSION || !wire_check_count(&in, count, ENTRY_BYTES) || count > LIST_MEMBERS)
        return status_fail(STATUS_MALFORMED, "stream of a distribution list");
    TRY(pairs_new(mem, count, out));
    for (size_t i = 0; i < count; i++) {
        out->entry_ids[i] = wire_bytes(&in, wire_u32(&in));
        out->one_offs[i] = wire_bytes(&in, wire_u32(&in));
        wire_skip(&in, wire_u32(&in));
    }
    return wire_status(&in) == STATUS_OK ? STATUS_OK : status_fail(STATUS_MALFORMED, "stream of a distribution list is cut");
}

static enum status pairs_of_values(TALLOC_CTX *mem, const struct bag *props, struct pairs *out)
{
    const struct value *members = bag_get(props, PROP_DISTRIBUTION_LIST_MEMBERS), *twins = bag_get(props, PROP_DISTRIBUTION_LIST_ONE_OFF_MEMBERS);
    size_t count = members != NULL && members->form == VALUE_INLINE ? members->multiple.count : 0;
    if (count > LIST_MEMBERS)
        return status_fail(STATUS_LIMIT_EXCEEDED, "%zu members", count);
    TRY(pairs_new(mem, count, out));
    bool has_twins = twins != NULL && twins->form == VALUE_INLINE && twins->multiple.count == count;
    for (size_t i = 0; i < count; i++) {
        out->entry_ids[i] = members->multiple.elements[i].bytes;
        out->one_offs[i] = has_twins ? twins->multiple.elements[i].bytes : slice_of(NULL, 0);
    }
    return STATUS_OK;
}

enum status list_members_of(TALLOC_CTX *mem, const struct bag *props, struct guid mailbox, struct guid replica, struct list_member **out, size_t *count,
                            size_t *damaged)
{
    struct slice stream = bag_bytes(props, PROP_DISTRIBUTION_LIST_STREAM);
    struct pairs pairs;
    size_t lost = 0;
    TRY(stream.length > 0 ? pairs_of_stream(mem, stream, &pairs) : pairs_of_values(mem, props, &pairs));
    *count = 0;
    *out = array_new(mem, struct list_member, pairs.count);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "members");
    for (size_t i = 0; i < pairs.count; i++) {
        enum status status = distribution_member_parse(mem, pairs.entry_ids[i], pairs.one_offs[i], mailbox, replica, &(*out)[*count]);
        if (status == STATUS_NO_MEMORY)
            return status;
        *count += status == STATUS_OK;
        lost += status != STATUS_OK;
    }
    if (damaged != NULL)
        *damaged = lost;
    status_chain_clear();
    return STATUS_OK;
}

static size_t bytes_of(const struct slice *slices, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += slices[i].length;
    return bytes;
}

static enum status put_values(TALLOC_CTX *mem, struct bag *props, prop_tag tag, const struct slice *slices, size_t count)
{
    struct value list = { .tag = tag };
    list.multiple.count = count;
    list.multiple.elements = array_new(mem, struct value, count);
    if (list.multiple.elements == NULL)
        return status_fail(STATUS_NO_MEMORY, "members");
    for (size_t i = 0; i < count; i++)
        list.multiple.elements[i] = value_bytes(prop_make(prop_id(tag), TYPE_BINARY), slices[i]);
    return bag_set(props, &list);
}

static enum status put_stream(TALLOC_CTX *mem, struct bag *props, const struct pairs *pairs)
{
    struct buffer *stream = buffer_new(mem, STREAM_CAP);
    if (stream == NULL)
        return status_fail(STATUS_NO_MEMORY, "members");
    buffer_append_u16(stream, STREAM_VERSION);
    buffer_append_u16(stream, 0);
    buffer_append_u32(stream, STREAM_BUILD);
    buffer_append_u32(stream, 0);
    buffer_append_u32(stream, (uint32_t)pairs->count);
    buffer_append_u32(stream, (uint32_t)bytes_of(pairs->entry_ids, pairs->count));
    buffer_append_u32(stream, (uint32_t)bytes_of(pairs->one_offs, pairs->count));
    buffer_append_u32(stream, 0);
    for (size_t i = 0; i < pairs->count; i++) {
        buffer_append_u32(stream, (uint32_t)pairs->entry_ids[i].length);
        buffer_append_slice(stream, pairs->entry_ids[i]);
        buffer_append_u32(stream, (uint32_t)pairs->one_offs[i].length);
        buffer_append_slice(stream, pairs->one_offs[i]);
        buffer_append_u32(stream, 0);
    }
    buffer_append_u64(stream, 0); /* two terminators of 4 bytes: no more entries, no extra data */
    TRY(buffer_status(stream));
    return bag_set_bytes(props, PROP_DISTRIBUTION_LIST_STREAM, buffer_slice(stream));
}

static enum status put_pairs(TALLOC_CTX *mem, struct bag *props, const struct pairs *pairs)
{
    bag_remove(props, PROP_DISTRIBUTION_LIST_STREAM);
    bag_remove(props, PROP_DISTRIBUTION_LIST_MEMBERS);
    bag_remove(props, PROP_DISTRIBUTION_LIST_ONE_OFF_MEMBERS);
    bag_remove(props, PROP_DISTRIBUTION_LIST_CHECKSUM);
    if (bytes_of(pairs->entry_ids, pairs->count) >= MEMBERS_BYTES || bytes_of(pairs->one_offs, pairs->count) >= MEMBERS_BYTES)
        return put_stream(mem, props, pairs);
    TRY(put_values(mem, props, PROP_DISTRIBUTION_LIST_MEMBERS, pairs->entry_ids, pairs->count));
    TRY(put_values(mem, props, PROP_DISTRIBUTION_LIST_ONE_OFF_MEMBERS, pairs->one_offs, pairs->count));
    return distribution_checksum(props);
}

enum status list_members_put(struct bag *props, struct guid replica, const struct list_member *members, size_t count)
{
    TALLOC_CTX *mem = talloc_new(props);
    struct pairs pairs;
    enum status status = count <= LIST_MEMBERS ? pairs_new(mem, count, &pairs) : status_fail(STATUS_LIMIT_EXCEEDED, "%zu members", count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = distribution_member_make(mem, &members[i], replica, &pairs.entry_ids[i], &pairs.one_offs[i]);
    if (status == STATUS_OK)
        status = put_pairs(mem, props, &pairs);
    talloc_free(mem);
    return status;
}
