/* Extended properties in requests [MS-OXWSXPROP] 2.1.5. */
#include <stdlib.h>

#include "bourse/base/text.h"
#include "input.h"
#include "request_check.h"

static bool parse_integer(uint16_t type, const char *text, struct value *out)
{
    int64_t number;
    if (!request_parse_int(text, &number))
        return false;
    switch (type) {
    case TYPE_INT16: out->int16 = (int16_t)number; return number >= INT16_MIN && number <= UINT16_MAX;
    case TYPE_INT32: out->int32 = (int32_t)number; return number >= INT32_MIN && number <= UINT32_MAX;
    default: out->int64 = number; return true;
    }
}

static bool parse_real(uint16_t type, const char *text, struct value *out)
{
    char *end;
    double number = strtod(text, &end);
    if (type == TYPE_FLOAT)
        out->float32 = (float)number;
    else
        out->float64 = number;
    return text[0] != '\0' && *end == '\0';
}

static bool parse_value(TALLOC_CTX *mem, uint16_t type, const char *text, struct value *out)
{
    switch (type) {
    case TYPE_INT16: case TYPE_INT32: case TYPE_INT64: case TYPE_CURRENCY: return parse_integer(type, text, out);
    case TYPE_FLOAT: case TYPE_DOUBLE: case TYPE_APPLICATION_TIME: return parse_real(type, text, out);
    case TYPE_BOOL: return request_parse_bool(text, &out->boolean);
    case TYPE_TIME: return instant_parse(text, &out->time);
    case TYPE_GUID: return guid_parse(text, &out->guid) == STATUS_OK;
    case TYPE_BINARY: return base64_decode(mem, slice_of_text(text), &out->bytes) == STATUS_OK;
    case TYPE_STRING: out->bytes = slice_of_text(text); return true;
    default: return false;
    }
}

enum status extended_parse(struct ews_call *call, prop_tag tag, const char *text, struct value *out)
{
    *out = (struct value){ .tag = tag };
    if (!parse_value(call->mem, prop_type(tag), text, out))
        return ews_fail(call, EWS_CODE_EXTENDED_VALUE, "type 0x%04X from %.60s", prop_type(tag), text);
    return STATUS_OK;
}

enum status extended_read(struct ews_call *call, const struct ews_path *path, const struct xml_node *property, struct value *out)
{
    const struct xml_node *values = xml_child(property, EWS_NS_TYPES, "Values");
    const char *text = xml_child_text(property, EWS_NS_TYPES, "Value");
    if (!(path->type & TYPE_MULTIPLE))
        return text != NULL ? extended_parse(call, path->tag, text, out) : ews_fail(call, EWS_CODE_EXTENDED_VALUE, "Values for a single value");
    if (values == NULL)
        return ews_fail(call, EWS_CODE_EXTENDED_VALUE, "Value for a multiple value");
    size_t count = xml_child_count(values), i = 0;
    *out = (struct value){ .tag = path->tag };
    out->multiple.elements = talloc_zero_array(call->mem, struct value, ROOM(count));
    if (out->multiple.elements == NULL)
        return status_fail(STATUS_NO_MEMORY, "values");
    out->multiple.count = count;
    prop_tag single = prop_make(prop_id(path->tag), path->type & (uint16_t)~TYPE_MULTIPLE);
    for (const struct xml_node *value = values->child; value != NULL; value = value->next)
        TRY(extended_parse(call, single, xml_text_of(value), &out->multiple.elements[i++]));
    return STATUS_OK;
}

/* Properties that say what an item is are set by their own fields only; computed ones by nobody. */
static bool is_settable(prop_tag tag)
{
    const struct property_info *info = property_by_tag(prop_make(prop_id(tag), TYPE_UNSPECIFIED));
    return info == NULL || (info->storage != COMPUTED && !(info->flags & PROPERTY_READ_ONLY));
}

/* [MS-OXCMSG] 2.2.1.6: mfRead and mfUnsent; the other flags follow from the item. Importers (DavMail's APPEND) set them to say that mail is no draft. */
static enum status set_message_flags(struct draft *draft, const struct value *flags)
{
    draft->has_read = true;
    draft->is_read = (flags->int32 & 0x1) != 0;
    draft->has_flags = true;
    draft->is_unsent = (flags->int32 & 0x8) != 0;
    return STATUS_OK;
}

enum status in_extended(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    struct ews_path path;
    struct value value;
    (void)field;
    const struct xml_node *uri = xml_child(node, EWS_NS_TYPES, "ExtendedFieldURI");
    if (uri == NULL)
        return ews_fail(draft->call, EWS_CODE_EXTENDED_PROPERTY, "no ExtendedFieldURI");
    TRY(path_parse(draft->call, uri, ~0u, &path));
    TRY(paths_bind(draft->call, &path, 1, &draft->folder, true));
    if (path.tag == 0)
        return status_fail(STATUS_INTERNAL, "a property name was not mapped");
    if (path.tag == PROP_MESSAGE_FLAGS) {
        TRY(extended_read(draft->call, &path, node, &value));
        return set_message_flags(draft, &value);
    }
    if (!is_settable(path.tag)) {
        enum status status = ews_fail(draft->call, EWS_CODE_PROPERTY_SET, "property 0x%08X", path.tag);
        path_detail(draft->call, &path);
        return status;
    }
    TRY(extended_read(draft->call, &path, node, &value));
    if (prop_id(path.tag) == prop_id(PROP_READ)) {
        draft->has_read = true;
        draft->is_read = value.boolean;
        return STATUS_OK;
    }
    return bag_set(draft->message->props, &value);
}
