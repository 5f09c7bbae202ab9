#include "fields.h"

#include "body.h"
#include "bourse/model/properties.h"

enum { ENTRIES_MOST = 300 };

static void write_texts(struct wbxml_writer *out, const struct eas_field *field, const struct value *value)
{
    if (value->multiple.count == 0)
        return;
    wbxml_start(out, field->tag);
    for (size_t i = 0; i < value->multiple.count && i < ENTRIES_MOST; i++)
        wbxml_element(out, (eas_tag)field->argument, value_text(&value->multiple.elements[i]));
    wbxml_end(out);
}

static void write_field(struct wbxml_writer *out, const struct eas_field *field, const struct bag *props)
{
    char text[EAS_TIME_SIZE];
    const struct value *value = bag_get(props, field->property);
    if (value == NULL || value->form != VALUE_INLINE)
        return;
    switch (field->kind) {
    case EAS_FIELD_TEXT:
        if (value->bytes.length > 0)
            wbxml_element_slice(out, field->tag, value->bytes);
        break;
    case EAS_FIELD_NUMBER:
        if (value->int32 >= 0 && (uint32_t)value->int32 <= field->argument)
            wbxml_element_int(out, field->tag, value->int32);
        break;
    case EAS_FIELD_FLAG:
        wbxml_element_bool(out, field->tag, value->boolean);
        break;
    case EAS_FIELD_TIME:
        wbxml_element(out, field->tag, eas_time_dashes(value->time, text));
        break;
    case EAS_FIELD_STAMP:
        wbxml_element(out, field->tag, eas_time_compact(value->time, text));
        break;
    case EAS_FIELD_TEXTS:
        write_texts(out, field, value);
        break;
    }
}

void eas_fields_write(struct wbxml_writer *out, const struct eas_field *fields, size_t count, const struct bag *props)
{
    for (size_t i = 0; i < count; i++)
        write_field(out, &fields[i], props);
}

static enum status read_texts(struct eas_call *call, const struct wbxml_node *node, const struct eas_field *field, struct bag *set)
{
    const char *texts[ENTRIES_MOST];
    size_t count = 0;
    eas_tag entry = (eas_tag)field->argument;
    for (const struct wbxml_node *at = wbxml_child(node, entry); at != NULL && count < ENTRIES_MOST; at = wbxml_next(at, entry)) {
        const char *text = wbxml_text(call->mem, at);
        if (text != NULL && *text != '\0')
            texts[count++] = text;
    }
    return bag_set_strings(set, field->property, texts, count);
}

static enum status read_time(const struct eas_field *field, const char *text, struct bag *set)
{
    instant when = 0;
    if (!eas_time_parse(text, &when))
        return status_fail(STATUS_INVALID_ARGUMENT, "%s = %.40s", eas_tag_find(field->tag)->name, text);
    return bag_set_time(set, field->property, when);
}

static enum status read_field(struct eas_call *call, const struct wbxml_node *data, const struct wbxml_node *node, const struct eas_field *field, struct bag *set)
{
    int64_t number = 0;
    switch (field->kind) {
    case EAS_FIELD_TEXT:
        return bag_set_string(set, field->property, wbxml_text(call->mem, node));
    case EAS_FIELD_NUMBER:
        if (!wbxml_child_number(data, field->tag, 0, field->argument, &number))
            return status_fail(STATUS_INVALID_ARGUMENT, "%s is no number up to %u", eas_tag_find(field->tag)->name, field->argument);
        return bag_set_int32(set, field->property, (int32_t)number);
    case EAS_FIELD_FLAG:
        return bag_set_bool(set, field->property, wbxml_child_bool(data, field->tag, false));
    case EAS_FIELD_TIME:
    case EAS_FIELD_STAMP:
        return read_time(field, wbxml_text(call->mem, node), set);
    case EAS_FIELD_TEXTS:
        return read_texts(call, node, field, set);
    }
    return STATUS_OK;
}

static bool is_empty(struct eas_call *call, const struct wbxml_node *node)
{
    const char *text = wbxml_text(call->mem, node);
    return node->child == NULL && (text == NULL || *text == '\0');
}

enum status eas_fields_read(struct eas_call *call, const struct wbxml_node *data, const struct eas_field *fields, size_t count, const struct eas_ghosts *ghosts,
                            struct item_change *change, struct bag *set)
{
    for (size_t i = 0; i < count; i++) {
        const struct wbxml_node *node = wbxml_child(data, fields[i].tag);
        bool goes = node != NULL ? fields[i].kind != EAS_FIELD_FLAG && is_empty(call, node) : ghosts != NULL && !eas_is_ghosted(ghosts, fields[i].tag);
        if (goes && change != NULL)
            TRY(eas_change_remove(call, change, fields[i].property));
        else if (!goes && node != NULL)
            TRY(read_field(call, data, node, &fields[i], set));
    }
    return STATUS_OK;
}

enum status eas_change_remove(struct eas_call *call, struct item_change *change, prop_tag property)
{
    prop_tag *list = talloc_array(call->mem, prop_tag, (unsigned)change->remove_count + 1);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "change");
    for (size_t i = 0; i < change->remove_count; i++)
        list[i] = change->remove[i];
    list[change->remove_count++] = property;
    change->remove = list;
    return STATUS_OK;
}

enum status eas_change_remove_attachment(struct eas_call *call, struct item_change *change, int32_t number)
{
    int32_t *list = talloc_array(call->mem, int32_t, (unsigned)change->remove_attachment_count + 1);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "change");
    for (size_t i = 0; i < change->remove_attachment_count; i++)
        list[i] = change->remove_attachments[i];
    list[change->remove_attachment_count++] = number;
    change->remove_attachments = list;
    return STATUS_OK;
}
