#include "bourse/calendar/global_id.h"

#include "bourse/base/buffer.h"
#include "bourse/base/guid.h"
#include "bourse/base/text.h"

/* Layout [MS-OXOCAL] 2.2.1.27: array id 16, instance year (big-endian) 2, month 1, day 1, creation time 8, zeros 8, size 4, data. */
static const uint8_t array_id[16] = { 0x04, 0x00, 0x00, 0x00, 0x82, 0x00, 0xE0, 0x00, 0x74, 0xC5, 0xB7, 0x10, 0x1A, 0x82, 0xE0, 0x08 };
static const char marker[12] = "vCal-Uid\1\0\0";
enum { AT_YEAR = 16, AT_MONTH = 18, AT_DAY = 19, HEAD_SIZE = 40 };

static bool is_global_id(struct slice id)
{
    return id.length >= HEAD_SIZE && memcmp(id.data, array_id, sizeof array_id) == 0;
}

static struct slice with_date(TALLOC_CTX *mem, struct slice id, struct civil_date date)
{
    if (!is_global_id(id))
        return slice_copy(mem, id);
    uint8_t *bytes = talloc_memdup(mem, id.data, id.length);
    if (bytes == NULL)
        return (struct slice){ 0 };
    bytes[AT_YEAR] = (uint8_t)(date.year >> 8);
    bytes[AT_YEAR + 1] = (uint8_t)date.year;
    bytes[AT_MONTH] = (uint8_t)date.month;
    bytes[AT_DAY] = (uint8_t)date.day;
    return slice_of(bytes, id.length);
}

struct slice global_id_clean(TALLOC_CTX *mem, struct slice id)
{
    return with_date(mem, id, (struct civil_date){ 0 });
}

struct slice global_id_of_instance(TALLOC_CTX *mem, struct slice id, struct civil_date date)
{
    return with_date(mem, id, date);
}

bool global_id_date(struct slice id, struct civil_date *out)
{
    if (!is_global_id(id))
        return false;
    *out = (struct civil_date){ .year = id.data[AT_YEAR] << 8 | id.data[AT_YEAR + 1], .month = id.data[AT_MONTH], .day = id.data[AT_DAY] };
    return out->year >= 1601 && out->year <= 4500 && out->month >= 1 && out->month <= 12 && out->day >= 1 &&
           out->day <= days_of_month(out->year, out->month);
}

static struct slice wrapped_uid(struct slice id)
{
    if (id.length <= HEAD_SIZE + sizeof marker || memcmp(id.data + HEAD_SIZE, marker, sizeof marker) != 0)
        return (struct slice){ 0 };
    const char *uid = (const char *)id.data + HEAD_SIZE + sizeof marker;
    return slice_of(uid, strnlen(uid, id.length - HEAD_SIZE - sizeof marker));
}

char *global_id_text(TALLOC_CTX *mem, struct slice id)
{
    struct slice uid = wrapped_uid(id);
    if (uid.data != NULL)
        return utf8_repair(mem, uid);
    struct slice clean = global_id_clean(mem, id);
    char *text = talloc_array(mem, char, (unsigned)(2 * clean.length + 1));
    if (text == NULL)
        return NULL;
    text[0] = '\0';
    for (size_t i = 0; i < clean.length; i++)
        snprintf(text + 2 * i, 3, "%02X", clean.data[i]);
    return text;
}

struct slice global_id_of_text(TALLOC_CTX *mem, const char *uid)
{
    struct slice id = { 0 };
    if (strlen(uid) >= (size_t)2 * HEAD_SIZE && hex_decode(mem, slice_of_text(uid), &id) == STATUS_OK && is_global_id(id))
        return global_id_clean(mem, id);
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

struct slice global_id_new(TALLOC_CTX *mem, instant when)
{
    static const uint8_t zeros[8];
    struct guid guid = guid_new();
    struct slice id = { 0 };
    struct buffer *out = buffer_new(mem, 128);
    if (out == NULL)
        return id;
    buffer_append(out, array_id, sizeof array_id);
    buffer_append_u32(out, 0);
    buffer_append_u64(out, (uint64_t)when);
    buffer_append(out, zeros, sizeof zeros);
    buffer_append_u32(out, sizeof guid.bytes);
    buffer_append(out, guid.bytes, sizeof guid.bytes);
    return buffer_take(out, mem, &id) == STATUS_OK ? id : (struct slice){ 0 };
}
