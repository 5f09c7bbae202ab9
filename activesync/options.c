#include "options.h"

enum { PROTOCOL_ERROR = 4, FILTER_MOST = 8, PREVIEW_MOST = 255 };

void eas_options_default(struct eas_options *out)
{
    *out = (struct eas_options){ .mime_truncation = 8 };
}

static enum status read_preference(struct eas_call *call, const struct wbxml_node *node, struct eas_body_preference *out)
{
    int64_t type = 0, truncation = UINT32_MAX, preview = 0;
    *out = (struct eas_body_preference){ .truncation = UINT32_MAX };
    if (!wbxml_child_number(node, AirSyncBase_Type, EAS_BODY_PLAIN, EAS_BODY_MIME, &type))
        return eas_fail(call, PROTOCOL_ERROR, "body preference without a type");
    if (wbxml_child(node, AirSyncBase_TruncationSize) != NULL && !wbxml_child_number(node, AirSyncBase_TruncationSize, 0, UINT32_MAX, &truncation))
        return eas_fail(call, PROTOCOL_ERROR, "truncation size");
    if (wbxml_child(node, AirSyncBase_Preview) != NULL && !wbxml_child_number(node, AirSyncBase_Preview, 0, PREVIEW_MOST, &preview))
        return eas_fail(call, PROTOCOL_ERROR, "preview");
    out->type = (uint8_t)type;
    out->truncation = (uint32_t)truncation;
    out->preview = (uint8_t)preview;
    out->all_or_none = wbxml_child_bool(node, AirSyncBase_AllOrNone, false);
    return STATUS_OK;
}

/* Values that options have by number; the rows say where they go. */
static enum status read_numbers(struct eas_call *call, const struct wbxml_node *options, struct eas_options *out)
{
    int64_t filter = out->filter_type, support = out->mime_support, truncation = out->mime_truncation, conflict = out->client_wins ? 0 : 1,
            most = out->max_items;
    const struct {
        eas_tag tag;
        int64_t high;
        int64_t *value;
    } rows[] = { { AirSync_FilterType, FILTER_MOST, &filter }, { AirSync_MIMESupport, EAS_MIME_ALWAYS, &support }, { AirSync_MIMETruncation, 8, &truncation },
                 { AirSync_Conflict, 1, &conflict }, { AirSync_MaxItems, UINT16_MAX, &most } };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (wbxml_child(options, rows[i].tag) != NULL && !wbxml_child_number(options, rows[i].tag, 0, rows[i].high, rows[i].value))
            return eas_fail(call, PROTOCOL_ERROR, "%s out of range", eas_tag_find(rows[i].tag)->name);
    out->filter_type = (uint8_t)filter;
    out->mime_support = (uint8_t)support;
    out->mime_truncation = (uint8_t)truncation;
    out->client_wins = conflict == 0;
    out->max_items = (uint16_t)most;
    return STATUS_OK;
}

enum status eas_options_read(struct eas_call *call, const struct wbxml_node *options, const char *item_class, struct eas_options *out)
{
    const char *other = wbxml_child_text(call->mem, options, AirSync_Class);
    if (options == NULL || (other != NULL && item_class != NULL && strcmp(other, item_class) != 0))
        return STATUS_OK;
    eas_options_default(out);
    TRY(read_numbers(call, options, out));
    const struct wbxml_node *node = wbxml_child(options, AirSyncBase_BodyPreference);
    for (; node != NULL && out->body_count < EAS_BODY_PREFERENCES; node = wbxml_next(node, AirSyncBase_BodyPreference))
        TRY(read_preference(call, node, &out->bodies[out->body_count++]));
    node = wbxml_child(options, AirSyncBase_BodyPartPreference);
    out->has_part = node != NULL;
    if (node == NULL)
        return STATUS_OK;
    TRY(read_preference(call, node, &out->part));
    if (out->part.type != EAS_BODY_HTML)
        return eas_fail(call, EAS_BODY_PART_PREFERENCE_TYPE_NOT_SUPPORTED, "body part of type %u", out->part.type);
    return STATUS_OK;
}

uint32_t eas_mime_truncation_bytes(const struct eas_options *options)
{
    static const uint32_t bytes[] = { 0, 4096, 5120, 7168, 10240, 20480, 51200, 102400, UINT32_MAX };
    return bytes[options->mime_truncation < ARRAY_LENGTH(bytes) ? options->mime_truncation : ARRAY_LENGTH(bytes) - 1];
}

instant eas_filter_begin(uint8_t filter_type, instant now)
{
    static const int days[] = { 0, 1, 3, 7, 14, 31, 92, 183, 0 };
    if (filter_type >= ARRAY_LENGTH(days) || days[filter_type] == 0)
        return 0;
    return now / INSTANT_PER_DAY * INSTANT_PER_DAY - days[filter_type] * INSTANT_PER_DAY;
}

static void pack_preference(struct buffer *out, const struct eas_body_preference *preference)
{
    buffer_append_byte(out, preference->type);
    buffer_append_byte(out, preference->all_or_none);
    buffer_append_byte(out, preference->preview);
    buffer_append_u32(out, preference->truncation);
}

static struct eas_body_preference unpack_preference(struct wire *in)
{
    struct eas_body_preference preference = { .type = wire_u8(in) };
    preference.all_or_none = wire_u8(in) != 0;
    preference.preview = wire_u8(in);
    preference.truncation = wire_u32(in);
    return preference;
}

void eas_options_pack(struct buffer *out, const struct eas_options *options)
{
    buffer_append_byte(out, options->filter_type);
    buffer_append_byte(out, options->mime_support);
    buffer_append_byte(out, options->mime_truncation);
    buffer_append_byte(out, (uint8_t)(options->client_wins | options->has_part << 1));
    buffer_append_u16(out, options->max_items);
    buffer_append_byte(out, options->body_count);
    for (size_t i = 0; i < options->body_count; i++)
        pack_preference(out, &options->bodies[i]);
    if (options->has_part)
        pack_preference(out, &options->part);
}

enum status eas_options_unpack(struct wire *in, struct eas_options *out)
{
    *out = (struct eas_options){ .filter_type = wire_u8(in) };
    out->mime_support = wire_u8(in);
    out->mime_truncation = wire_u8(in);
    uint8_t flags = wire_u8(in);
    out->client_wins = flags & 1;
    out->has_part = (flags & 2) != 0;
    out->max_items = wire_u16(in);
    out->body_count = wire_u8(in);
    if (out->body_count > EAS_BODY_PREFERENCES)
        return status_fail(STATUS_CORRUPT, "%u body preferences", out->body_count);
    for (size_t i = 0; i < out->body_count; i++)
        out->bodies[i] = unpack_preference(in);
    if (out->has_part)
        out->part = unpack_preference(in);
    return wire_status(in);
}
