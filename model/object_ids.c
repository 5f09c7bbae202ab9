/* Object ids of EWS. The bytes under the base64:
 *   version (1) | kind + 16 * attachment depth (1) | mailbox GUID (16) |
 *   folder, item, with OCCURRENCE_FLAG the occurrence, attachment numbers (varints) | check sum (4)
 * The check sum is the first four bytes of SHA-256 over all before it. */
#include "bourse/base/hash.h"
#include "bourse/base/text.h"
#include "bourse/base/wire.h"
#include "bourse/model/ids.h"

#define OBJECT_ID_VERSION 1
#define OCCURRENCE_FLAG 0x08 /* beside the kind */
#define CHECK_SIZE 4
#define OBJECT_ID_BYTES_MAX 128
#define OBJECT_ID_TEXT_MAX 176
#define ATTACHMENT_DEPTH_MAX ARRAY_LENGTH(((struct object_id *)0)->attachments)

/* Exchange's ChangeKeys are longer; clients only compare and return them. Kind (1), check (2), change number (6):
 * 12 characters. */
#define CHANGE_KEY_VERSION 0x10
#define CHANGE_KEY_BYTES 9

static bool is_counter(int64_t counter)
{
    return counter > 0 && counter <= OBJECT_ID_MAX;
}

static bool is_valid(const struct object_id *id)
{
    bool has_folder = is_counter(id->folder), has_item = is_counter(id->item);
    for (size_t i = 0; i < id->attachment_depth && i < ATTACHMENT_DEPTH_MAX; i++) {
        if (id->attachments[i] < 0)
            return false;
    }
    if (id->occurrence < 0 || (id->occurrence != 0 && id->item == 0))
        return false;
    switch (id->kind) {
    case OBJECT_MAILBOX:
        return id->folder == 0 && id->item == 0 && id->attachment_depth == 0;
    case OBJECT_FOLDER:
        return has_folder && id->item == 0 && id->attachment_depth == 0;
    case OBJECT_ITEM: /* also one that is embedded in attachments */
        return has_folder && has_item && id->attachment_depth <= ATTACHMENT_DEPTH_MAX;
    case OBJECT_ATTACHMENT:
        return has_folder && has_item && id->attachment_depth > 0 && id->attachment_depth <= ATTACHMENT_DEPTH_MAX;
    }
    return false;
}

/* Pages have hundreds of ids: they are put together on the stack. */
struct id_bytes {
    uint8_t data[OBJECT_ID_BYTES_MAX];
    size_t length;
};

static void put_byte(struct id_bytes *out, uint8_t byte)
{
    if (out->length < sizeof out->data)
        out->data[out->length++] = byte;
}

static void put_varint(struct id_bytes *out, uint64_t number)
{
    for (; number > 0x7F; number >>= 7)
        put_byte(out, (uint8_t)(number | 0x80));
    put_byte(out, (uint8_t)number);
}

static char *base64_text(TALLOC_CTX *mem, struct slice bytes)
{
    struct buffer *text = buffer_new(mem, OBJECT_ID_TEXT_MAX);
    struct slice taken = { 0 };
    if (text == NULL)
        return NULL;
    base64_append(text, bytes);
    bool is_whole = buffer_take(text, mem, &taken) == STATUS_OK;
    talloc_free(text);
    return is_whole ? (char *)(uintptr_t)taken.data : NULL;
}

char *object_id_text(TALLOC_CTX *mem, const struct object_id *id)
{
    struct id_bytes bytes = { .length = 0 };
    put_byte(&bytes, OBJECT_ID_VERSION);
    put_byte(&bytes, (uint8_t)((size_t)id->kind | (id->occurrence != 0 ? OCCURRENCE_FLAG : 0) | id->attachment_depth << 4));
    for (size_t i = 0; i < sizeof id->mailbox.bytes; i++)
        put_byte(&bytes, id->mailbox.bytes[i]);
    put_varint(&bytes, (uint64_t)id->folder);
    put_varint(&bytes, (uint64_t)id->item);
    if (id->occurrence != 0)
        put_varint(&bytes, (uint32_t)id->occurrence);
    for (size_t i = 0; i < id->attachment_depth && i < ATTACHMENT_DEPTH_MAX; i++)
        put_varint(&bytes, (uint32_t)id->attachments[i]);
    struct hash256 hash = hash_sha256(slice_of(bytes.data, bytes.length));
    for (size_t i = 0; i < CHECK_SIZE; i++)
        put_byte(&bytes, hash.bytes[i]);
    return base64_text(mem, slice_of(bytes.data, bytes.length));
}

static bool read_occurrence(struct wire *in, struct object_id *id)
{
    uint64_t minutes = wire_varint(in);
    id->occurrence = minutes <= INT32_MAX ? (int32_t)minutes : 0;
    return id->occurrence != 0;
}

static bool read_object_id(struct slice bytes, struct object_id *id)
{
    if (bytes.length <= CHECK_SIZE)
        return false;
    struct slice body = slice_part(bytes, 0, bytes.length - CHECK_SIZE);
    struct hash256 hash = hash_sha256(body);
    if (memcmp(hash.bytes, bytes.data + body.length, CHECK_SIZE) != 0)
        return false;
    struct wire in = wire_over(body);
    uint8_t version = wire_u8(&in);
    uint8_t kind_and_depth = wire_u8(&in);
    *id = (struct object_id){ .kind = (enum object_kind)(kind_and_depth & 0x07),
                              .attachment_depth = kind_and_depth >> 4 };
    id->mailbox = wire_guid(&in);
    id->folder = (int64_t)wire_varint(&in);
    id->item = (int64_t)wire_varint(&in);
    if ((kind_and_depth & OCCURRENCE_FLAG) != 0 && !read_occurrence(&in, id))
        return false;
    if (version != OBJECT_ID_VERSION || id->attachment_depth > ATTACHMENT_DEPTH_MAX)
        return false;
    for (size_t i = 0; i < id->attachment_depth; i++) {
        uint64_t number = wire_varint(&in);
        if (number > INT32_MAX)
            return false;
        id->attachments[i] = (int32_t)number;
    }
    return wire_finish(&in) == STATUS_OK && is_valid(id);
}

enum status object_id_parse(const char *text, struct object_id *out)
{
    size_t length = text != NULL ? strnlen(text, OBJECT_ID_TEXT_MAX + 1) : 0;
    if (length == 0 || length > OBJECT_ID_TEXT_MAX)
        return status_fail(STATUS_INVALID_ID, "object id of %zu characters", length);
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct slice bytes;
    struct object_id id;
    bool is_one = base64_decode(scratch, slice_of(text, length), &bytes) == STATUS_OK && read_object_id(bytes, &id);
    /* Only the one spelling that we make: clients use ids as keys. */
    char *again = is_one ? object_id_text(scratch, &id) : NULL;
    enum status status = STATUS_OK;
    if (is_one && again == NULL)
        status = status_fail(STATUS_NO_MEMORY, "object id");
    else if (!is_one || strcmp(again, text) != 0)
        status = status_fail(STATUS_INVALID_ID, "text of %zu characters is no object id", length);
    else
        *out = id;
    talloc_free(scratch);
    return status;
}

/* Fletcher-16: tells a typing or cutting error, no secret. */
static uint16_t change_key_check(uint8_t kind, const uint8_t counter[6])
{
    unsigned low = kind, high = kind;
    for (size_t i = 0; i < 6; i++) {
        low = (low + counter[i]) % 255;
        high = (high + low) % 255;
    }
    return (uint16_t)(high << 8 | low);
}

static void counter_to_bytes(int64_t counter, uint8_t bytes[6])
{
    for (size_t i = 0; i < 6; i++)
        bytes[i] = (uint8_t)((uint64_t)counter >> (8 * (5 - i)));
}

char *change_key_text(TALLOC_CTX *mem, enum object_kind kind, int64_t change_number)
{
    uint8_t bytes[CHANGE_KEY_BYTES] = { (uint8_t)(CHANGE_KEY_VERSION | (unsigned)kind) };
    counter_to_bytes(change_number, bytes + 3);
    uint16_t check = change_key_check(bytes[0], bytes + 3);
    bytes[1] = (uint8_t)(check >> 8);
    bytes[2] = (uint8_t)check;
    return base64_text(mem, slice_of(bytes, sizeof bytes));
}

enum status change_key_parse(const char *text, int64_t *change_number)
{
    const size_t characters = CHANGE_KEY_BYTES / 3 * 4;
    if (text == NULL || strnlen(text, characters + 1) != characters)
        return status_fail(STATUS_INVALID_CHANGE_KEY, "change key has another length than %zu", characters);
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct slice bytes = slice_of(NULL, 0);
    bool is_one =
        base64_decode(scratch, slice_of(text, characters), &bytes) == STATUS_OK && bytes.length == CHANGE_KEY_BYTES;
    int64_t number = 0;
    if (is_one) {
        const uint8_t *at = bytes.data;
        is_one = (at[0] & 0xF0) == CHANGE_KEY_VERSION && (at[0] & 0x0F) <= OBJECT_ATTACHMENT &&
                 change_key_check(at[0], at + 3) == (uint16_t)(at[1] << 8 | at[2]);
        for (size_t i = 3; i < CHANGE_KEY_BYTES; i++)
            number = number << 8 | at[i];
    }
    talloc_free(scratch);
    if (!is_one)
        return status_fail(STATUS_INVALID_CHANGE_KEY, "text is no change key");
    *change_number = number;
    return STATUS_OK;
}
