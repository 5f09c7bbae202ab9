#include "paths.h"

#include <stdlib.h>

#include "bourse/groupware/named.h"
#include "request_check.h"

static const struct {
    const char *word;
    uint16_t type;
} extended_types[] = {
#define EXTENDED_TYPE(word, type) { word, type },
#include "extended_types.def"
#undef EXTENDED_TYPE
};

/* DistinguishedPropertySetType -> property set [MS-OXWSXPROP] 2.1.5. */
static const struct {
    const char *word, *set;
} distinguished_sets[] = {
    { "Meeting", "PSETID_Meeting" },
    { "Appointment", "PSETID_Appointment" },
    { "Common", "PSETID_Common" },
    { "PublicStrings", "PS_PUBLIC_STRINGS" },
    { "Address", "PSETID_Address" },
    { "InternetHeaders", "PS_INTERNET_HEADERS" },
    { "CalendarAssistant", "PSETID_CalendarAssistant" },
    { "UnifiedMessaging", "PSETID_UnifiedMessaging" },
    { "Task", "PSETID_Task" },
    { "Sharing", "PSETID_Sharing" },
};

bool extended_type_of_word(const char *word, uint16_t *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(extended_types); i++)
        if (strcmp(extended_types[i].word, word) == 0) {
            *out = extended_types[i].type;
            return true;
        }
    return false;
}

bool path_is(const struct xml_node *node)
{
    return xml_is(node, EWS_NS_TYPES, "FieldURI") || xml_is(node, EWS_NS_TYPES, "IndexedFieldURI") ||
           xml_is(node, EWS_NS_TYPES, "ExtendedFieldURI") || xml_is(node, EWS_NS_TYPES, "ExceptionFieldURI");
}

const struct xml_node *path_child(const struct xml_node *node)
{
    for (const struct xml_node *child = node->child; child != NULL; child = child->next)
        if (path_is(child))
            return child;
    return NULL;
}

static enum status parse_field(struct ews_call *call, const struct xml_node *node, unsigned sections, struct ews_path *out)
{
    out->kind = PATH_FIELD;
    out->uri = xml_attribute_of(node, "FieldURI");
    if (out->uri == NULL)
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "FieldURI is missing.");
    out->field = field_by_uri(out->uri, sections);
    if (out->field != NULL)
        return STATUS_OK;
    if (field_by_uri(out->uri, ~0u) == NULL && !field_uri_is_foreign(out->uri))
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "The 'FieldURI' attribute is invalid - The value '%s' is invalid.", out->uri);
    enum status status = ews_fail(call, EWS_CODE_PROPERTY_REQUEST, "%s", out->uri);
    path_detail(call, out);
    return status;
}

static enum status parse_indexed(struct ews_call *call, const struct xml_node *node, unsigned sections, struct ews_path *out)
{
    out->kind = PATH_INDEXED;
    out->uri = xml_attribute_of(node, "FieldURI");
    out->index = xml_attribute_of(node, "FieldIndex");
    if (out->uri == NULL || out->index == NULL || !indexed_uri_is_known(out->uri))
        return ews_fail_text(call, EWS_CODE_SCHEMA_VALIDATION, "The 'FieldURI' attribute of IndexedFieldURI is invalid.");
    out->indexed = indexed_find(out->uri, out->index);
    if ((sections & SECTIONS_OF_FOLDERS) == 0)
        return STATUS_OK;
    enum status status = ews_fail(call, EWS_CODE_PROPERTY_REQUEST, "%s on a folder", out->uri);
    path_detail(call, out);
    return status;
}

/* xs:unsignedShort or 0x.... [MS-OXWSXPROP] 2.1.8 */
static bool parse_tag_id(const char *text, uint16_t *out)
{
    char *end;
    bool hex = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0;
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 7)
        return false;
    unsigned long number = strtoul(text, &end, hex ? 16 : 10);
    *out = (uint16_t)number;
    return *end == '\0' && number <= UINT16_MAX;
}

static bool parse_set(const char *distinguished, const char *guid, struct guid *out)
{
    if (distinguished == NULL)
        return guid_parse(guid, out) == STATUS_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(distinguished_sets); i++)
        if (strcmp(distinguished_sets[i].word, distinguished) == 0)
            return property_set_guid(distinguished_sets[i].set, out);
    return false;
}

static enum status refuse_extended(struct ews_call *call, struct ews_path *path, enum ews_code code, const char *why)
{
    enum status status = ews_fail(call, code, "%s", why);
    path_detail(call, path);
    return status;
}

static enum status parse_extended_name(struct ews_call *call, const struct xml_node *node, struct ews_path *out)
{
    const char *distinguished = xml_attribute_of(node, "DistinguishedPropertySetId"), *set = xml_attribute_of(node, "PropertySetId");
    const char *name = xml_attribute_of(node, "PropertyName"), *id = xml_attribute_of(node, "PropertyId");
    int64_t number = 0;
    if ((distinguished == NULL) == (set == NULL) || (name == NULL) == (id == NULL) || (name != NULL && name[0] == '\0'))
        return refuse_extended(call, out, EWS_CODE_EXTENDED_PROPERTY, "attributes of a named property");
    if (!parse_set(distinguished, set, &out->name.set) || (id != NULL && !request_parse_int(id, &number)))
        return refuse_extended(call, out, EWS_CODE_EXTENDED_PROPERTY, "property set or id");
    out->is_named = true;
    out->name.is_string = name != NULL;
    out->name.name = name;
    out->name.lid = (uint32_t)number;
    prop_tag known = property_tag_of_name(&out->name);
    out->tag = known != 0 ? prop_make(prop_id(known), out->type) : 0;
    return STATUS_OK;
}

static enum status parse_extended(struct ews_call *call, const struct xml_node *node, struct ews_path *out)
{
    out->kind = PATH_EXTENDED;
    const char *type = xml_attribute_of(node, "PropertyType"), *tag = xml_attribute_of(node, "PropertyTag");
    if (type == NULL || !extended_type_of_word(type, &out->type))
        return refuse_extended(call, out, EWS_CODE_UNSUPPORTED_TYPE, "property type");
    if (tag == NULL)
        return parse_extended_name(call, node, out);
    uint16_t id;
    if (node->attribute_count != 2 || !parse_tag_id(tag, &id) || id >= 0x8000)
        return refuse_extended(call, out, EWS_CODE_EXTENDED_PROPERTY, "property tag");
    out->tag = prop_make(id, out->type);
    return STATUS_OK;
}

enum status path_parse(struct ews_call *call, const struct xml_node *node, unsigned sections, struct ews_path *out)
{
    *out = (struct ews_path){ .node = node };
    if (xml_is(node, EWS_NS_TYPES, "FieldURI"))
        return parse_field(call, node, sections, out);
    if (xml_is(node, EWS_NS_TYPES, "IndexedFieldURI"))
        return parse_indexed(call, node, sections, out);
    if (xml_is(node, EWS_NS_TYPES, "ExtendedFieldURI"))
        return parse_extended(call, node, out);
    return ews_fail(call, EWS_CODE_PROPERTY_REQUEST, "%s is no property of items and folders", node->name);
}

enum status paths_bind(struct ews_call *call, struct ews_path *paths, size_t count, const struct object_id *folder, bool create)
{
    struct property_name *names = talloc_array(call->mem, struct property_name, ROOM(count));
    uint16_t *ids = talloc_zero_array(call->mem, uint16_t, ROOM(count));
    size_t *where = talloc_array(call->mem, size_t, ROOM(count)), wanted = 0;
    if (names == NULL || ids == NULL || where == NULL)
        return status_fail(STATUS_NO_MEMORY, "property names");
    for (size_t i = 0; i < count; i++)
        if (paths[i].kind == PATH_EXTENDED && paths[i].is_named && property_tag_of_name(&paths[i].name) == 0) {
            names[wanted] = paths[i].name;
            where[wanted++] = i;
        }
    if (wanted == 0)
        return STATUS_OK;
    TRY(named_property_ids(call->session, folder, names, wanted, create, ids));
    for (size_t i = 0; i < wanted; i++)
        paths[where[i]].tag = ids[i] != 0 ? prop_make(ids[i], paths[where[i]].type) : 0;
    return STATUS_OK;
}

void path_write(struct xml_writer *out, const struct ews_path *path)
{
    xml_start(out, path->kind == PATH_FIELD ? "t:FieldURI" : path->kind == PATH_INDEXED ? "t:IndexedFieldURI" : "t:ExtendedFieldURI");
    for (size_t i = 0; i < path->node->attribute_count; i++)
        if (path->node->attributes[i].uri[0] == '\0')
            xml_attribute(out, path->node->attributes[i].name, path->node->attributes[i].value);
    xml_end(out);
}

void path_detail(struct ews_call *call, const struct ews_path *path)
{
    struct buffer *buffer = buffer_new(call->mem, 8192);
    struct xml_writer *writer = buffer != NULL ? xml_writer_new(call->mem, buffer) : NULL;
    if (writer == NULL)
        return;
    xml_start(writer, path->kind == PATH_FIELD ? "t:FieldURI" : path->kind == PATH_INDEXED ? "t:IndexedFieldURI" : "t:ExtendedFieldURI");
    xml_namespace(writer, "t", EWS_NS_TYPES);
    for (size_t i = 0; i < path->node->attribute_count; i++)
        if (path->node->attributes[i].uri[0] == '\0')
            xml_attribute(writer, path->node->attributes[i].name, path->node->attributes[i].value);
    if (xml_writer_finish(writer) != STATUS_OK || buffer_take(buffer, call->mem, &call->detail) != STATUS_OK)
        call->detail = (struct slice){ 0 };
}
