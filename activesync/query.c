#include "query.h"

#include <stdlib.h>

#include "bourse/base/buffer.h"
#include "bourse/base/text.h"
#include "bourse/base/wire.h"

/* Command parameters [MS-ASHTTP] 2.2.1.1.1.1.3. */
enum parameter { ATTACHMENT_NAME = 0, COLLECTION_ID = 1, ITEM_ID = 3, LONG_ID = 4, OCCURRENCE = 6, OPTIONS = 7, USER = 8 };
enum { OPTION_SAVE_IN_SENT = 0x01, OPTION_MULTIPART = 0x02 };

bool eas_query_is_plain(const char *query)
{
    return strchr(query, '&') != NULL || strncasecmp(query, "Cmd=", 4) == 0;
}

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < 0x21 || text.data[i] > 0x7E)
            return false;
    return true;
}

/* Device ids are letters and digits; some clients send the bytes of a GUID instead. */
static const char *device_text(TALLOC_CTX *mem, struct slice bytes)
{
    if (is_printable(bytes))
        return slice_text(mem, bytes);
    struct buffer *hex = buffer_new(mem, 2 * 256 + 1);
    struct slice text = { 0 };
    if (hex == NULL)
        return NULL;
    hex_append(hex, bytes);
    return buffer_take(hex, mem, &text) == STATUS_OK ? (const char *)text.data : NULL;
}

static enum status take_parameter(TALLOC_CTX *mem, uint8_t tag, struct slice value, struct eas_query *out)
{
    const char **const places[] = { [ATTACHMENT_NAME] = &out->attachment_name, [COLLECTION_ID] = &out->collection_id, [ITEM_ID] = &out->item_id,
                                    [LONG_ID] = &out->long_id, [OCCURRENCE] = &out->occurrence, [USER] = &out->user };
    if (tag == OPTIONS && value.length == 1) {
        out->save_in_sent = (value.data[0] & OPTION_SAVE_IN_SENT) != 0;
        out->accept_multipart = (value.data[0] & OPTION_MULTIPART) != 0;
        return STATUS_OK;
    }
    if (tag >= ARRAY_LENGTH(places) || places[tag] == NULL)
        return STATUS_OK; /* of a later protocol */
    if (!utf8_is_valid(value) || (*places[tag] = slice_text(mem, value)) == NULL)
        return status_fail(STATUS_MALFORMED, "query parameter %u", tag);
    return STATUS_OK;
}

enum status eas_query_parse_base64(TALLOC_CTX *mem, struct slice query, struct eas_query *out)
{
    struct slice bytes;
    if (base64_decode(mem, query, &bytes) != STATUS_OK)
        return status_fail(STATUS_MALFORMED, "query of %zu characters is not base64", query.length);
    struct wire in = wire_over(bytes);
    *out = (struct eas_query){ .user = "" };
    out->version_number = wire_u8(&in);
    out->command_code = wire_u8(&in);
    out->locale = wire_u16(&in);
    struct slice device_id = wire_bytes(&in, wire_u8(&in));
    uint8_t key_length = wire_u8(&in);
    out->has_policy_key = key_length == 4;
    if (out->has_policy_key)
        out->policy_key = wire_u32(&in);
    else
        wire_skip(&in, key_length);
    struct slice device_type = wire_bytes(&in, wire_u8(&in));
    if (wire_status(&in) != STATUS_OK || !is_printable(device_type))
        return status_fail(STATUS_MALFORMED, "query: cut, or a device type that is no text");
    out->device_id = device_text(mem, device_id);
    out->device_type = slice_text(mem, device_type);
    if (out->device_id == NULL || out->device_type == NULL)
        return status_fail(STATUS_NO_MEMORY, "query");
    while (wire_left(&in) > 0) {
        uint8_t tag = wire_u8(&in);
        struct slice value = wire_bytes(&in, wire_u8(&in));
        if (wire_status(&in) != STATUS_OK)
            return status_fail(STATUS_MALFORMED, "query: a parameter is cut");
        TRY(take_parameter(mem, tag, value, out));
    }
    return STATUS_OK;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

enum status eas_query_parse_plain(const char *(*parameter)(const void *data, const char *name), const void *data, struct eas_query *out)
{
    *out = (struct eas_query){
        .command = parameter(data, "Cmd"), .command_code = EAS_NO_COMMAND, .user = or_empty(parameter(data, "User")),
        .device_id = or_empty(parameter(data, "DeviceId")), .device_type = or_empty(parameter(data, "DeviceType")),
        .attachment_name = parameter(data, "AttachmentName"), .collection_id = parameter(data, "CollectionId"), .item_id = parameter(data, "ItemId"),
        .long_id = parameter(data, "LongId"), .occurrence = parameter(data, "Occurrence"),
        .save_in_sent = ascii_equal_nocase(or_empty(parameter(data, "SaveInSent")), "T"),
    };
    if (out->command == NULL)
        return status_fail(STATUS_MALFORMED, "query without Cmd");
    return STATUS_OK;
}
