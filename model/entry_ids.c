/* MAPI entry ids [MS-OXCDATA] 2.2.4 and external ids [MS-OXCFXICS] 2.2.2.2. */
#include "bourse/base/wire.h"
#include "bourse/model/ids.h"

/* Store object types in entry ids [MS-OXCDATA] 2.2.4 */
#define PRIVATE_FOLDER 0x0001
#define PRIVATE_MESSAGE 0x0007
#define MAILBOX_STORE_TYPE 0x0000000C
#define FOLDER_ENTRY_ID_SIZE 46
#define MESSAGE_ENTRY_ID_SIZE 70
#define COUNTER_SIZE 6
#define DLL_NAME_SIZE 14
#define LEGACY_DN_PREFIX "/o=Bourse/ou=Exchange Administrative Group/cn=Recipients/cn="

/* [MS-OXCDATA] 2.2.4.3 ProviderUID, and WrappedProviderUID of a mailbox */
static const struct guid store_wrapper = { { 0x38, 0xA1, 0xBB, 0x10, 0x05, 0xE5, 0x10, 0x1A, 0xA1, 0xBB, 0x08, 0x00,
                                             0x2B, 0x2A, 0x56, 0xC2 } };
static const struct guid private_store = { { 0x1B, 0x55, 0xFA, 0x20, 0xAA, 0x66, 0x11, 0xCD, 0x9B, 0xC8, 0x00, 0xAA,
                                             0x00, 0x2F, 0xC4, 0x5A } };
static const char dll_name[DLL_NAME_SIZE] = "EMSMDB.DLL";

static void append_counter(struct buffer *out, int64_t counter)
{
    buffer_append_u16_be(out, (uint16_t)((uint64_t)counter >> 32));
    buffer_append_u32_be(out, (uint32_t)counter);
}

static int64_t read_counter(struct wire *in)
{
    uint64_t high = wire_u16_be(in);
    return (int64_t)(high << 32 | wire_u32_be(in));
}

/* Global identifier and two bytes of padding [MS-OXCDATA] 2.2.1.3 */
static void append_global_id(struct buffer *out, struct guid replica, int64_t counter)
{
    buffer_append(out, replica.bytes, sizeof replica.bytes);
    append_counter(out, counter);
    buffer_append_u16(out, 0);
}

void store_entry_id_append(struct buffer *out, const char *server, const char *mailbox_dn)
{
    buffer_append_u32(out, 0);
    buffer_append(out, store_wrapper.bytes, sizeof store_wrapper.bytes);
    buffer_append_byte(out, 0); /* Version */
    buffer_append_byte(out, 0); /* Flag */
    buffer_append(out, dll_name, sizeof dll_name);
    buffer_append_u32(out, 0); /* WrappedFlags */
    buffer_append(out, private_store.bytes, sizeof private_store.bytes);
    buffer_append_u32(out, MAILBOX_STORE_TYPE);
    buffer_append(out, server, strlen(server) + 1);
    buffer_append(out, mailbox_dn, strlen(mailbox_dn) + 1);
}

static void append_mailbox(struct buffer *out, struct guid mailbox)
{
    char name[GUID_TEXT_SIZE];
    char dn[sizeof LEGACY_DN_PREFIX + GUID_TEXT_SIZE] = LEGACY_DN_PREFIX;
    guid_format(mailbox, name);
    memcpy(dn + sizeof LEGACY_DN_PREFIX - 1, name, sizeof name);
    store_entry_id_append(out, name, dn);
}

void entry_id_append(struct buffer *out, const struct object_id *id, struct guid replica)
{
    if (id->kind == OBJECT_MAILBOX) {
        append_mailbox(out, id->mailbox);
        return;
    }
    buffer_append_u32(out, 0);
    buffer_append(out, id->mailbox.bytes, sizeof id->mailbox.bytes);
    buffer_append_u16(out, id->kind == OBJECT_FOLDER ? PRIVATE_FOLDER : PRIVATE_MESSAGE);
    append_global_id(out, replica, id->folder);
    if (id->kind != OBJECT_FOLDER)
        append_global_id(out, replica, id->item);
}

enum status store_entry_id_parse(TALLOC_CTX *mem, struct slice bytes, char **server, char **mailbox_dn)
{
    struct wire in = wire_over(bytes);
    wire_skip(&in, sizeof(uint32_t));
    bool is_store = guid_equal(wire_guid(&in), store_wrapper);
    wire_skip(&in, 2 + DLL_NAME_SIZE + sizeof(uint32_t));
    is_store = guid_equal(wire_guid(&in), private_store) && is_store;
    is_store = wire_u32(&in) == MAILBOX_STORE_TYPE && is_store;
    struct slice server_bytes = wire_asciiz(&in);
    struct slice dn_bytes = wire_asciiz(&in); /* versions 2 and 3 of the structure add fields behind it */
    if (in.status != STATUS_OK || !is_store)
        return status_fail(STATUS_INVALID_ID, "%zu bytes are no store entry id", bytes.length);
    *server = slice_text(mem, server_bytes);
    *mailbox_dn = slice_text(mem, dn_bytes);
    return *server != NULL && *mailbox_dn != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "store entry id");
}

/* Store ids that entry_id_append made name the mailbox in the place of the server. */
static enum status parse_mailbox(struct slice bytes, struct object_id *out)
{
    char *server, *dn;
    TALLOC_CTX *scratch = talloc_new(NULL);
    enum status status = store_entry_id_parse(scratch, bytes, &server, &dn);
    struct object_id id = { .kind = OBJECT_MAILBOX };
    if (status == STATUS_OK && (strlen(server) != GUID_TEXT_SIZE - 1 || guid_parse(server, &id.mailbox) != STATUS_OK))
        status = status_fail(STATUS_INVALID_ID, "store entry id of another server");
    if (status == STATUS_OK)
        *out = id;
    talloc_free(scratch);
    return status;
}

static int64_t parse_global_id(struct wire *in, struct guid *replica)
{
    *replica = wire_guid(in);
    int64_t counter = read_counter(in);
    if (wire_u16(in) != 0 || counter == 0)
        wire_fail(in, STATUS_INVALID_ID);
    return counter;
}

static enum status parse_object(struct slice bytes, struct object_id *out, struct guid *replica)
{
    struct wire in = wire_over(bytes);
    bool is_message = bytes.length == MESSAGE_ENTRY_ID_SIZE;
    struct guid item_replica;
    wire_skip(&in, sizeof(uint32_t)); /* flags: clients set bits of their own [MS-OXCDATA] 2.2.4 */
    struct object_id id = { .kind = is_message ? OBJECT_ITEM : OBJECT_FOLDER, .mailbox = wire_guid(&in) };
    bool fits = wire_u16(&in) == (is_message ? PRIVATE_MESSAGE : PRIVATE_FOLDER);
    id.folder = parse_global_id(&in, replica);
    if (is_message) {
        id.item = parse_global_id(&in, &item_replica);
        fits = fits && guid_equal(item_replica, *replica);
    }
    if (!fits || wire_finish(&in) != STATUS_OK)
        return status_fail(STATUS_INVALID_ID, "entry id of %zu bytes names no folder or message of a mailbox",
                           bytes.length);
    *out = id;
    return STATUS_OK;
}

enum status entry_id_parse(struct slice bytes, struct object_id *out, struct guid *replica)
{
    struct guid there = { { 0 } };
    if (bytes.length == FOLDER_ENTRY_ID_SIZE || bytes.length == MESSAGE_ENTRY_ID_SIZE)
        TRY(parse_object(bytes, out, &there));
    else
        TRY(parse_mailbox(bytes, out));
    if (replica != NULL)
        *replica = there;
    return STATUS_OK;
}

void xid_append(struct buffer *out, struct guid replica, int64_t counter)
{
    buffer_append(out, replica.bytes, sizeof replica.bytes);
    append_counter(out, counter);
}

enum status xid_parse(struct slice bytes, struct guid *replica, int64_t *counter)
{
    struct wire in = wire_over(bytes);
    struct guid guid = wire_guid(&in);
    int64_t number = read_counter(&in);
    if (wire_finish(&in) != STATUS_OK)
        return status_fail(STATUS_INVALID_ID, "%zu bytes are no XID with a counter", bytes.length);
    *replica = guid;
    *counter = number;
    return STATUS_OK;
}

char *legacy_dn_of_guid(TALLOC_CTX *mem, struct guid directory_guid)
{
    char text[GUID_TEXT_SIZE];
    return talloc_asprintf(mem, LEGACY_DN_PREFIX "%s", guid_format(directory_guid, text));
}
