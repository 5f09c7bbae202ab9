#include "call.h"
#include "global_id.h"

#include "bourse/base/buffer.h"
#include "bourse/base/text.h"

static const uint8_t array_id[16] = { 0x04, 0x00, 0x00, 0x00, 0x82, 0x00, 0xE0, 0x00, 0x74, 0xC5, 0xB7, 0x10, 0x1A, 0x82, 0xE0, 0x08 };
static const char marker[12] = "vCal-Uid\1\0\0";
#define HEAD_SIZE 40 /* array id, instance date, creation time, zeros, size */

char *global_id_text(TALLOC_CTX *mem, struct slice id)
{
    if (id.length > HEAD_SIZE + sizeof marker && memcmp(id.data + HEAD_SIZE, marker, sizeof marker) == 0) {
        const char *uid = (const char *)id.data + HEAD_SIZE + sizeof marker;
        return utf8_repair(mem, slice_of(uid, strnlen(uid, id.length - HEAD_SIZE - sizeof marker)));
    }
    char *text = talloc_array(mem, char, ROOM(2 * id.length));
    for (size_t i = 0; text != NULL && i < id.length; i++)
        snprintf(text + 2 * i, 3, "%02X", id.data[i]);
    return text;
}

struct slice global_id_of_text(TALLOC_CTX *mem, const char *uid)
{
    struct slice id = { 0 };
    if (strlen(uid) >= 2 * HEAD_SIZE && hex_decode(mem, slice_of_text(uid), &id) == STATUS_OK && memcmp(id.data, array_id, sizeof array_id) == 0)
        return id;
    status_chain_clear();
    struct buffer *out = buffer_new(mem, strlen(uid) + 128);
    if (out == NULL)
        return (struct slice){ 0 };
    static const uint8_t zeros[20];
    buffer_append(out, array_id, sizeof array_id);
    buffer_append(out, zeros, sizeof zeros);
    buffer_append_u32(out, (uint32_t)(sizeof marker + strlen(uid) + 1));
    buffer_append(out, marker, sizeof marker);
    buffer_append(out, uid, strlen(uid) + 1);
    return buffer_take(out, mem, &id) == STATUS_OK ? id : (struct slice){ 0 };
}
