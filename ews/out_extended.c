/* ExtendedProperty [MS-OXWSXPROP] 2.1.5. */
#include "output.h"

#include "bourse/base/text.h"
#include "bourse/groupware/named.h"

static const char *base64_of(TALLOC_CTX *mem, struct slice bytes)
{
    struct buffer *text = buffer_new(mem, bytes.length * 2 + 16);
    if (text == NULL)
        return NULL;
    base64_append(text, bytes);
    return buffer_text(text);
}

static const char *guid_text(TALLOC_CTX *mem, struct guid guid)
{
    char text[GUID_TEXT_SIZE];
    return talloc_strdup(mem, guid_format(guid, text));
}

static const char *time_text(TALLOC_CTX *mem, instant when)
{
    char text[INSTANT_TEXT_SIZE];
    return talloc_strdup(mem, instant_format(when, text));
}

const char *extended_text(TALLOC_CTX *mem, const struct value *value)
{
    switch (prop_type(value->tag)) {
    case TYPE_INT16: return talloc_asprintf(mem, "%d", value->int16);
    case TYPE_INT32: return talloc_asprintf(mem, "%d", value->int32);
    case TYPE_INT64: case TYPE_CURRENCY: return talloc_asprintf(mem, "%" PRId64, value->int64);
    case TYPE_FLOAT: return talloc_asprintf(mem, "%.9g", (double)value->float32);
    case TYPE_DOUBLE: case TYPE_APPLICATION_TIME: return talloc_asprintf(mem, "%.17g", value->float64);
    case TYPE_BOOL: return value->boolean ? "true" : "false";
    case TYPE_TIME: return time_text(mem, value->time);
    case TYPE_GUID: return guid_text(mem, value->guid);
    case TYPE_STRING: return value_text(value);
    case TYPE_BINARY: return base64_of(mem, value->bytes);
    default: return NULL;
    }
}

static void write_property(struct output *o, const struct ews_path *path, const struct value *value)
{
    bool is_multiple = (path->type & TYPE_MULTIPLE) != 0;
    if (value->form != VALUE_INLINE || (is_multiple && value->multiple.count == 0))
        return;
    xml_start(o->xml, "t:ExtendedProperty");
    path_write(o->xml, path);
    if (is_multiple) {
        xml_start(o->xml, "t:Values");
        for (size_t i = 0; i < value->multiple.count; i++)
            xml_element(o->xml, "t:Value", extended_text(o->call->mem, &value->multiple.elements[i]));
        xml_end(o->xml);
    } else {
        const char *text = extended_text(o->call->mem, value);
        xml_element(o->xml, "t:Value", text != NULL ? text : "");
    }
    xml_end(o->xml);
}

void output_extended(struct output *o, const struct value *(*get)(struct output *o, prop_tag tag))
{
    for (size_t i = 0; i < o->shape->path_count; i++) {
        const struct ews_path *path = &o->shape->paths[i];
        const struct value *value = path->kind == PATH_EXTENDED && path->tag != 0 ? get(o, path->tag) : NULL;
        if (value != NULL)
            write_property(o, path, value);
    }
}

static const struct value *keep_value(struct output *o, struct value value)
{
    struct value *kept = talloc(o->call->mem, struct value);
    if (kept != NULL)
        *kept = value;
    return kept;
}

static const struct value *entry_id_value(struct output *o, prop_tag tag, const struct object_id *id)
{
    struct guid replica;
    struct slice bytes;
    struct buffer *out = buffer_new(o->call->mem, 256);
    if (out == NULL || mailbox_replica(o->call->session, id->mailbox, &replica) != STATUS_OK)
        return NULL;
    entry_id_append(out, id, replica);
    if (buffer_take(out, o->call->mem, &bytes) != STATUS_OK)
        return NULL;
    return keep_value(o, value_bytes(tag, bytes));
}

/* The number that IMAP gateways take as UID: that of the store. */
static const struct value *article_number(struct output *o, prop_tag tag)
{
    uint32_t uid = o->item->uid;
    return o->embedded == NULL && uid > 0 && uid <= INT32_MAX ? keep_value(o, value_int32(tag, (int32_t)uid)) : NULL;
}

/* What the bag does not hold because it is computed. */
static const struct value *item_value(struct output *o, prop_tag tag)
{
    const struct item *item = o->item;
    struct object_id parent = { .kind = OBJECT_FOLDER, .mailbox = item->id.mailbox, .folder = item->id.folder };
    switch (tag) {
    case PROP_ENTRY_ID: return o->embedded == NULL ? entry_id_value(o, tag, &item->id) : NULL;
    case PROP_PARENT_ENTRY_ID: return o->embedded == NULL ? entry_id_value(o, tag, &parent) : NULL;
    case PROP_INTERNET_ARTICLE_NUMBER: return article_number(o, tag);
    case PROP_READ: return keep_value(o, value_bool(tag, item->is_read));
    case PROP_HAS_ATTACHMENTS: return keep_value(o, value_bool(tag, item->has_attachments));
    case PROP_ASSOCIATED: return keep_value(o, value_bool(tag, item->is_associated));
    case PROP_MESSAGE_SIZE: return keep_value(o, value_int32(tag, item->size > INT32_MAX ? INT32_MAX : (int32_t)item->size));
    default: return bag_get(o->props, tag);
    }
}

static const struct value *folder_value(struct output *o, prop_tag tag)
{
    const struct folder *folder = o->folder;
    switch (tag) {
    case PROP_ENTRY_ID: return entry_id_value(o, tag, &folder->id);
    case PROP_PARENT_ENTRY_ID: return folder->parent.folder != 0 ? entry_id_value(o, tag, &folder->parent) : NULL;
    case PROP_DISPLAY_NAME: return keep_value(o, value_string(tag, folder->display_name));
    case PROP_CONTAINER_CLASS: return keep_value(o, value_string(tag, folder->folder_class));
    case PROP_CONTENT_COUNT: return keep_value(o, value_int32(tag, (int32_t)folder->total_count));
    case PROP_CONTENT_UNREAD_COUNT: return keep_value(o, value_int32(tag, (int32_t)folder->unread_count));
    case PROP_FOLDER_CHILD_COUNT: return keep_value(o, value_int32(tag, (int32_t)folder->child_count));
    case PROP_MESSAGE_SIZE: return keep_value(o, value_int32(tag, folder->size > INT32_MAX ? INT32_MAX : (int32_t)folder->size));
    case PROP_ATTRIBUTE_HIDDEN: return keep_value(o, value_bool(tag, folder->is_hidden));
    case PROP_CREATION_TIME: return keep_value(o, value_time(tag, folder->created));
    case PROP_LAST_MODIFICATION_TIME: return keep_value(o, value_time(tag, folder->modified));
    default: return bag_get(o->props, tag);
    }
}

void out_extended(struct output *o, const struct field *field)
{
    (void)field;
    output_extended(o, item_value);
}

void out_folder_extended(struct output *o, const struct field *field)
{
    (void)field;
    output_extended(o, folder_value);
}
