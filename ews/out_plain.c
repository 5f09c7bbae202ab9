/* Kinds that show one property as it is. */
#include "output.h"

#include "bourse/base/text.h"

void out_text(struct output *o, const struct field *field)
{
    xml_element(o->xml, field->element, bag_string(o->props, field->tag, NULL));
}

void out_bool(struct output *o, const struct field *field)
{
    if (bag_has(o->props, field->tag))
        xml_element_bool(o->xml, field->element, bag_bool(o->props, field->tag, false));
}

void out_bool_or_false(struct output *o, const struct field *field)
{
    xml_element_bool(o->xml, field->element, bag_bool(o->props, field->tag, false));
}

void out_bool_or_true(struct output *o, const struct field *field)
{
    xml_element_bool(o->xml, field->element, bag_bool(o->props, field->tag, true));
}

void out_not_bool(struct output *o, const struct field *field)
{
    xml_element_bool(o->xml, field->element, !bag_bool(o->props, field->tag, false));
}

void out_int(struct output *o, const struct field *field)
{
    if (bag_has(o->props, field->tag))
        xml_element_int(o->xml, field->element, bag_int32(o->props, field->tag, 0));
}

void out_time(struct output *o, const struct field *field)
{
    instant when = bag_time(o->props, field->tag, 0);
    if (when > 0)
        xml_element_instant(o->xml, field->element, when);
}

void out_binary(struct output *o, const struct field *field)
{
    struct slice bytes = bag_bytes(o->props, field->tag);
    if (bytes.length > 0)
        xml_element_base64(o->xml, field->element, bytes);
}

void out_texts(struct output *o, const struct field *field)
{
    const struct value *value = bag_get(o->props, field->tag);
    if (value == NULL || value->form != VALUE_INLINE || value->multiple.count == 0)
        return;
    xml_start(o->xml, field->element);
    for (size_t i = 0; i < value->multiple.count; i++)
        xml_element(o->xml, "t:String", value_text(&value->multiple.elements[i]));
    xml_end(o->xml);
}

void out_enum(struct output *o, const struct field *field)
{
    xml_element(o->xml, field->element, enum_word(field->kind, bag_int32(o->props, field->tag, enum_default(field->kind))));
}

void out_enum_if_set(struct output *o, const struct field *field)
{
    if (bag_has(o->props, field->tag))
        out_enum(o, field);
}

/* Retention tags are GUIDs kept as 16 bytes; here always set by somebody, so explicit [MS-OXWSGTRM] 2.2.4.6. */
static void write_retention(struct output *o, const struct field *field)
{
    struct slice bytes = bag_bytes(o->props, field->tag);
    struct guid guid;
    char text[GUID_TEXT_SIZE];
    if (bytes.length != sizeof guid.bytes)
        return;
    memcpy(guid.bytes, bytes.data, sizeof guid.bytes);
    xml_start(o->xml, field->element);
    xml_attribute_bool(o->xml, "IsExplicit", true);
    xml_text(o->xml, guid_format(guid, text));
    xml_end(o->xml);
}

void out_retention_tag(struct output *o, const struct field *field)
{
    write_retention(o, field);
}

void out_folder_retention(struct output *o, const struct field *field)
{
    write_retention(o, field);
}

void out_culture(struct output *o, const struct field *field)
{
    static const struct {
        int32_t lcid;
        const char *name;
    } cultures[] = {
#define CULTURE(lcid, name) { lcid, name },
#include "cultures.def"
#undef CULTURE
    };
    int32_t lcid = bag_int32(o->props, field->tag, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(cultures); i++)
        if (cultures[i].lcid == lcid)
            xml_element(o->xml, field->element, cultures[i].name);
}
