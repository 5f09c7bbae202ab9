/* The packed form of a sync position: version, six fields, check sum; base64. Clients keep it for months, so a new version must go on
 * reading the old ones. */
#include "bourse/groupware/sync.h"

#include "bourse/base/hash.h"
#include "bourse/base/text.h"

enum { SYNC_POSITION_VERSION = 1, SYNC_POSITION_CAP = 256, CHECK_BYTES = 4 };

static void append_check(struct buffer *out)
{
    struct hash256 hash = hash_sha256(buffer_slice(out));
    buffer_append(out, hash.bytes, CHECK_BYTES);
}

char *sync_position_text(TALLOC_CTX *mem, const struct sync_position *position)
{
    struct buffer *packed = buffer_new(mem, SYNC_POSITION_CAP);
    struct buffer *text = buffer_new(mem, SYNC_POSITION_CAP * 2);
    if (packed == NULL || text == NULL)
        return NULL;
    buffer_append_byte(packed, SYNC_POSITION_VERSION);
    buffer_append(packed, position->mailbox.bytes, sizeof position->mailbox.bytes);
    buffer_append_varint(packed, (uint64_t)position->folder);
    buffer_append_varint(packed, (uint64_t)position->uid);
    buffer_append_varint(packed, (uint64_t)position->first_uid);
    buffer_append_varint(packed, (uint64_t)position->change_number);
    buffer_append_varint(packed, (uint64_t)position->read_change_number);
    append_check(packed);
    base64_append(text, buffer_slice(packed));
    char *result = buffer_status(text) == STATUS_OK ? talloc_strdup(mem, buffer_text(text)) : NULL;
    talloc_free(packed);
    talloc_free(text);
    return result;
}

static bool check_matches(struct slice bytes)
{
    if (bytes.length <= CHECK_BYTES)
        return false;
    struct hash256 hash = hash_sha256(slice_part(bytes, 0, bytes.length - CHECK_BYTES));
    return memcmp(hash.bytes, bytes.data + bytes.length - CHECK_BYTES, CHECK_BYTES) == 0;
}

static int64_t read_counter(struct wire *wire)
{
    uint64_t number = wire_varint(wire);
    if (number > OBJECT_ID_MAX)
        wire_fail(wire, STATUS_MALFORMED);
    return (int64_t)number;
}

static enum status unpack(struct slice bytes, struct sync_position *out)
{
    struct wire wire = wire_over(slice_part(bytes, 0, bytes.length - CHECK_BYTES));
    if (wire_u8(&wire) != SYNC_POSITION_VERSION)
        wire_fail(&wire, STATUS_MALFORMED);
    out->mailbox = wire_guid(&wire);
    out->folder = read_counter(&wire);
    out->uid = read_counter(&wire);
    out->first_uid = read_counter(&wire);
    out->change_number = read_counter(&wire);
    out->read_change_number = read_counter(&wire);
    return wire_finish(&wire);
}

enum status sync_position_parse(const char *text, struct sync_position *out)
{
    *out = (struct sync_position){ 0 };
    if (text == NULL || text[0] == '\0')
        return STATUS_OK;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice bytes = { 0 };
    enum status status = strlen(text) > 2 * SYNC_POSITION_CAP ? STATUS_MALFORMED
                                                              : base64_decode(mem, slice_of_text(text), &bytes);
    if (status == STATUS_OK)
        status = check_matches(bytes) ? unpack(bytes, out) : STATUS_MALFORMED;
    talloc_free(mem);
    if (status != STATUS_OK)
        return status_fail(STATUS_INVALID_SYNC_STATE, "sync state of %zu characters cannot be read", strlen(text));
    return STATUS_OK;
}
