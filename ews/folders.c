#include "folders.h"

#include "input.h"
#include "permissions.h"

enum status folders_answer(struct ews_call *call, struct ews_shape *shape, enum status status, const struct folder *folder)
{
    if (status == STATUS_OK)
        status = shape_bind(call, shape, &folder->id);
    if (status != STATUS_OK)
        return response_error(call, status, "m:Folders");
    response_message(call);
    xml_start(call->out, "m:Folders");
    TRY(output_folder(call, shape, folder));
    xml_end(call->out);
    response_message_end(call);
    return STATUS_OK;
}

enum status folders_answer_plain(struct ews_call *call, enum status status)
{
    if (status != STATUS_OK)
        return response_error(call, status, NULL);
    response_message(call);
    response_message_end(call);
    return STATUS_OK;
}

enum status folder_draft_new(struct ews_call *call, const struct folder_type *type, struct folder_draft **out)
{
    *out = talloc_zero(call->mem, struct folder_draft);
    if (*out == NULL || ((*out)->props = bag_new(*out)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder");
    (*out)->type = type;
    return STATUS_OK;
}

static enum status set_extended(struct ews_call *call, struct folder_draft *draft, const struct object_id *folder, const struct xml_node *node)
{
    struct ews_path path;
    struct value value;
    const struct xml_node *uri = xml_child(node, EWS_NS_TYPES, "ExtendedFieldURI");
    if (uri == NULL)
        return ews_fail(call, EWS_CODE_EXTENDED_PROPERTY, "no ExtendedFieldURI");
    TRY(path_parse(call, uri, ~0u, &path));
    TRY(paths_bind(call, &path, 1, folder, true));
    TRY(extended_read(call, &path, node, &value));
    if (prop_id(path.tag) == prop_id(PROP_DISPLAY_NAME) || prop_id(path.tag) == prop_id(PROP_CONTAINER_CLASS)) {
        bool is_name = prop_id(path.tag) == prop_id(PROP_DISPLAY_NAME);
        *(is_name ? &draft->display_name : &draft->folder_class) = talloc_strdup(draft, value_text(&value));
        return STATUS_OK;
    }
    return bag_set(draft->props, &value);
}

enum status folder_draft_set(struct ews_call *call, struct folder_draft *draft, const struct object_id *folder, const struct xml_node *value)
{
    if (strcmp(value->name, "DisplayName") == 0) {
        draft->display_name = xml_text_of(value);
        return STATUS_OK;
    }
    if (strcmp(value->name, "FolderClass") == 0) {
        const char *needed = draft->type->folder_class;
        if (needed[0] != '\0' && strcmp(needed, "IPF.Note") != 0 && !class_has_prefix(xml_text_of(value), needed))
            return ews_fail(call, EWS_CODE_FOLDER_CLASS, "%.60s in %s", xml_text_of(value), draft->type->element);
        draft->folder_class = xml_text_of(value);
        return STATUS_OK;
    }
    if (strcmp(value->name, "ExtendedProperty") == 0)
        return set_extended(call, draft, folder, value);
    if (strcmp(value->name, "PermissionSet") == 0)
        return permissions_read(call, value, &draft->permissions, &draft->permission_count);
    return ews_fail_text(call, EWS_CODE_PROPERTY_SET, "Set action is invalid for property %s.", value->name);
}
