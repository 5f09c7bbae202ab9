/* Contacts: names and dictionaries [MS-OXWSCONT] 2.2.4. */
#include "output.h"

void out_complete_name(struct output *o, const struct field *field)
{
    static const struct {
        const char *element;
        prop_tag tag;
    } parts[] = {
        { "t:Title", PROP_DISPLAY_NAME_PREFIX }, { "t:FirstName", PROP_GIVEN_NAME }, { "t:MiddleName", PROP_MIDDLE_NAME },
        { "t:LastName", PROP_SURNAME }, { "t:Suffix", PROP_GENERATION }, { "t:Initials", PROP_INITIALS }, { "t:FullName", PROP_DISPLAY_NAME },
        { "t:Nickname", PROP_NICKNAME }, { "t:YomiFirstName", PROP_YOMI_FIRST_NAME }, { "t:YomiLastName", PROP_YOMI_LAST_NAME },
    };
    bool any = false;
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
        any = any || bag_has(o->props, parts[i].tag);
    if (!any)
        return;
    xml_start(o->xml, field->element);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
        xml_element(o->xml, parts[i].element, bag_string(o->props, parts[i].tag, NULL));
    xml_end(o->xml);
}

void out_contact_source(struct output *o, const struct field *field)
{
    xml_element(o->xml, field->element, "Store");
}

void out_dictionary(struct output *o, const struct field *field)
{
    bool open = false;
    for (size_t i = 0; i < indexed_count(); i++) {
        const struct indexed_field *entry = indexed_at(i);
        const char *text = entry->dictionary == field->kind ? bag_string(o->props, entry->tag, NULL) : NULL;
        if (text == NULL || text[0] == '\0' || !shape_has_entry(o->shape, field, entry))
            continue;
        if (!open)
            xml_start(o->xml, field->element);
        open = true;
        xml_start(o->xml, "t:Entry");
        xml_attribute(o->xml, "Key", entry->index);
        xml_text(o->xml, text);
        xml_end(o->xml);
    }
    if (open)
        xml_end(o->xml);
}

/* One entry a key, made of five rows of the table. Names of the parts stand behind the last colon of the row's URI. */
static bool write_address(struct output *o, const struct field *field, const char *key, bool list_open)
{
    bool open = false;
    for (size_t i = 0; i < indexed_count(); i++) {
        const struct indexed_field *entry = indexed_at(i);
        if (entry->dictionary != field->kind || strcmp(entry->index, key) != 0)
            continue;
        const char *text = bag_string(o->props, entry->tag, NULL);
        if (text == NULL || text[0] == '\0' || !shape_has_entry(o->shape, field, entry))
            continue;
        if (!open && !list_open)
            xml_start(o->xml, field->element);
        if (!open) {
            xml_start(o->xml, "t:Entry");
            xml_attribute(o->xml, "Key", key);
        }
        open = true;
        xml_element(o->xml, talloc_asprintf(o->call->mem, "t:%s", strrchr(entry->uri, ':') + 1), text);
    }
    if (open)
        xml_end(o->xml);
    return open || list_open;
}

void out_addresses(struct output *o, const struct field *field)
{
    static const char *const keys[] = { "Business", "Home", "Other" };
    bool open = false;
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        open = write_address(o, field, keys[i], open);
    if (open)
        xml_end(o->xml);
}
