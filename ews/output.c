#include "output.h"

#include "bourse/base/log.h"

static const field_writer writers[] = {
#define KIND(id, write, read, query, parts) [KIND_##id] = write,
#include "kinds.def"
#undef KIND
};

field_writer field_writer_of(enum field_kind kind)
{
    return writers[kind];
}

static void write_fields(struct output *o, struct ews_shape *shape, unsigned sections)
{
    shape_fields(shape, sections);
    for (size_t i = 0; i < shape->wanted_count; i++) {
        const struct field *field = field_at(shape->wanted[i]);
        if (writers[field->kind] != NULL)
            writers[field->kind](o, field);
    }
}

int64_t output_item_change(const struct item *item)
{
    return item->change_number > item->read_change_number ? item->change_number : item->read_change_number;
}

static void output_id(struct ews_call *call, const char *element, const struct object_id *id, int64_t change)
{
    char *text = object_id_text(call->mem, id), *key = change > 0 ? change_key_text(call->mem, id->kind, change) : NULL;
    xml_start(call->out, element);
    xml_attribute(call->out, "Id", text);
    if (change > 0)
        xml_attribute(call->out, "ChangeKey", key);
    xml_end(call->out);
    talloc_free(text);
    talloc_free(key);
}

void output_item_id(struct ews_call *call, const char *element, const struct object_id *id, int64_t change)
{
    output_id(call, element, id, change);
}

void output_folder_id(struct ews_call *call, const char *element, const struct object_id *id, int64_t change)
{
    output_id(call, element, id, change);
}

enum status output_item(struct ews_call *call, struct ews_shape *shape, const struct item *item)
{
    TRY(shape_bind(call, shape, &item->id));
    struct output o = { .call = call, .xml = call->out, .shape = shape, .item = item, .props = item->message->props };
    const struct item_type *type = item_type_of_class(bag_string(o.props, PROP_MESSAGE_CLASS, "IPM.Note"));
    xml_start(call->out, type->element);
    write_fields(&o, shape, type->sections);
    xml_end(call->out);
    return STATUS_OK;
}

enum status output_embedded(struct ews_call *call, struct ews_shape *shape, const struct message *message, const struct object_id *attachment)
{
    struct item item = { .id = *attachment, .message = (struct message *)message, .is_read = true, .preview = "",
                         .has_attachments = message->attachment_count > 0 };
    TRY(shape_bind(call, shape, attachment));
    struct output o = { .call = call, .xml = call->out, .shape = shape, .item = &item, .props = message->props, .embedded = attachment };
    const struct item_type *type = item_type_of_class(bag_string(o.props, PROP_MESSAGE_CLASS, "IPM.Note"));
    if (strcmp(type->element, "t:DistributionList") == 0) /* not among attached items in the schema */
        type = item_type_of_element("Item");
    xml_start(call->out, type->element);
    write_fields(&o, shape, type->sections);
    xml_end(call->out);
    return STATUS_OK;
}

enum status output_folder(struct ews_call *call, struct ews_shape *shape, const struct folder *folder)
{
    TRY(shape_bind(call, shape, &folder->id));
    struct output o = { .call = call, .xml = call->out, .shape = shape, .folder = folder, .props = folder->props };
    const struct folder_type *type = folder_type_of(folder);
    xml_start(call->out, type->element);
    write_fields(&o, shape, type->sections);
    xml_end(call->out);
    return STATUS_OK;
}
