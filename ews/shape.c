#include "shape.h"

#include "request_check.h"

struct ews_shape shape_of_ids(const struct ews_call *call)
{
    return (struct ews_shape){ .version = call->version, .base = SHAPE_ID_ONLY };
}

static enum shape_body parse_body_type(const struct xml_node *node, const char *name)
{
    const char *word = xml_child_text(node, EWS_NS_TYPES, name);
    if (word == NULL || strcmp(word, "Best") == 0)
        return BODY_BEST;
    return strcmp(word, "HTML") == 0 ? BODY_HTML : BODY_TEXT;
}

static bool parse_flag(const struct xml_node *node, const char *name)
{
    const char *word = xml_child_text(node, EWS_NS_TYPES, name);
    bool value = false;
    return word != NULL && request_parse_bool(word, &value) && value;
}

static void choose_field(struct ews_shape *shape, const char *uri)
{
    for (size_t i = 0; i < field_count(); i++)
        if (strcmp(field_at(i)->uri, uri) == 0)
            shape->chosen[i] = true;
}

/* An entry of a dictionary brings its element; which entries is decided when it is written. */
static void choose_dictionary(struct ews_shape *shape, const struct ews_path *path)
{
    enum field_kind kind = path->indexed != NULL ? path->indexed->dictionary : KIND_NOTHING;
    if (strcmp(path->uri, "item:InternetMessageHeader") == 0)
        kind = KIND_HEADERS;
    for (size_t i = 0; i < field_count(); i++)
        if (kind != KIND_NOTHING && field_at(i)->kind == kind)
            shape->chosen[i] = true;
}

static enum status parse_additional(struct ews_call *call, const struct xml_node *list, unsigned sections, struct ews_shape *shape)
{
    shape->paths = talloc_zero_array(call->mem, struct ews_path, ROOM(xml_child_count(list)));
    if (shape->paths == NULL)
        return status_fail(STATUS_NO_MEMORY, "additional properties");
    for (const struct xml_node *node = list->child; node != NULL; node = node->next) {
        struct ews_path *path = &shape->paths[shape->path_count];
        TRY(path_parse(call, node, sections, path));
        if (path->kind == PATH_FIELD) {
            choose_field(shape, path->uri);
            continue;
        }
        if (path->kind == PATH_INDEXED)
            choose_dictionary(shape, path);
        shape->path_count++;
    }
    return STATUS_OK;
}

static enum status parse_common(struct ews_call *call, const struct xml_node *node, unsigned sections, struct ews_shape *out)
{
    const char *base = xml_child_text(node, EWS_NS_TYPES, "BaseShape");
    *out = (struct ews_shape){ .version = call->version };
    out->base = base == NULL || strcmp(base, "Default") == 0 ? SHAPE_DEFAULT : strcmp(base, "IdOnly") == 0 ? SHAPE_ID_ONLY : SHAPE_ALL;
    const struct xml_node *additional = xml_child(node, EWS_NS_TYPES, "AdditionalProperties");
    return additional != NULL ? parse_additional(call, additional, sections, out) : STATUS_OK;
}

enum status shape_parse_items(struct ews_call *call, const struct xml_node *node, bool is_list, struct ews_shape *out)
{
    int64_t limit = 0;
    TRY(parse_common(call, node, ~(unsigned)SECTIONS_OF_FOLDERS, out));
    out->is_list = is_list;
    out->mime = parse_flag(node, "IncludeMimeContent");
    out->filter_html = parse_flag(node, "FilterHtmlContent");
    out->body = parse_body_type(node, "BodyType");
    out->unique_body = parse_body_type(node, "UniqueBodyType");
    out->normalized_body = parse_body_type(node, "NormalizedBodyType");
    const char *size = xml_child_text(node, EWS_NS_TYPES, "MaximumBodySize");
    if (size != NULL && request_parse_int(size, &limit) && limit > 0)
        out->body_limit = limit;
    return STATUS_OK;
}

enum status shape_parse_folders(struct ews_call *call, const struct xml_node *node, struct ews_shape *out)
{
    return parse_common(call, node, SECTIONS_OF_FOLDERS, out);
}

bool shape_has(const struct ews_shape *shape, const struct field *field)
{
    if (field->since > shape->version || (shape->is_list && !(field->flags & FIELD_LIST)))
        return false;
    if (field->kind == KIND_ITEM_ID || field->kind == KIND_FOLDER_ID || field->kind == KIND_EXTENDED || field->kind == KIND_FOLDER_EXTENDED)
        return true;
    if (field->kind == KIND_MIME && shape->mime)
        return true;
    if (shape->chosen[field_index(field)])
        return true;
    return (shape->base == SHAPE_DEFAULT && (field->flags & FIELD_DEFAULT)) || (shape->base == SHAPE_ALL && (field->flags & FIELD_ALL));
}

void shape_fields(struct ews_shape *shape, unsigned sections)
{
    if (shape->wanted_sections == sections)
        return;
    shape->wanted_sections = sections;
    shape->wanted_count = 0;
    for (size_t i = 0; i < field_count(); i++)
        if ((field_at(i)->section & sections) && shape_has(shape, field_at(i)))
            shape->wanted[shape->wanted_count++] = (uint16_t)i;
}

/* An extended property is in the bag unless it is a column; bodies and entry ids are computed. */
static unsigned parts_of_extended(const struct ews_path *path)
{
    const struct property_info *info = path->tag != 0 ? property_by_tag(path->tag) : NULL;
    if (path->kind != PATH_EXTENDED)
        return ITEM_PROPERTIES;
    if (info != NULL && (info->storage == IN_COLUMN || info->storage == COMPUTED))
        return 0;
    uint16_t id = prop_id(path->tag);
    return id == prop_id(PROP_BODY) || id == prop_id(PROP_HTML) || id == prop_id(PROP_RTF_COMPRESSED) ? ITEM_BODIES : ITEM_PROPERTIES;
}

unsigned shape_parts(const struct ews_shape *shape)
{
    unsigned parts = 0;
    for (size_t i = 0; i < field_count(); i++)
        if (!(field_at(i)->section & SECTIONS_OF_FOLDERS) && shape_has(shape, field_at(i)))
            parts |= field_parts(field_at(i));
    for (size_t i = 0; i < shape->path_count; i++)
        parts |= parts_of_extended(&shape->paths[i]);
    return parts;
}

enum status shape_bind(struct ews_call *call, struct ews_shape *shape, const struct object_id *object)
{
    if (shape->path_count == 0 || guid_equal(shape->bound, object->mailbox))
        return STATUS_OK;
    TRY(paths_bind(call, shape->paths, shape->path_count, object, false));
    shape->bound = object->mailbox;
    return STATUS_OK;
}

bool shape_has_entry(const struct ews_shape *shape, const struct field *dictionary, const struct indexed_field *entry)
{
    bool by_entry = false;
    for (size_t i = 0; i < shape->path_count; i++) {
        if (shape->paths[i].kind != PATH_INDEXED || shape->paths[i].indexed == NULL)
            continue;
        if (shape->paths[i].indexed == entry)
            return true;
        by_entry = by_entry || shape->paths[i].indexed->dictionary == dictionary->kind;
    }
    if (!by_entry)
        return true;
    return (shape->base == SHAPE_DEFAULT && (dictionary->flags & FIELD_DEFAULT)) || (shape->base == SHAPE_ALL && (dictionary->flags & FIELD_ALL));
}
