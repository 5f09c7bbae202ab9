/* Folders [MS-OXWSFOLD] 2.2.4. */
#include "output.h"

#include "bourse/groupware/access.h"
#include "permissions.h"

void out_folder_id(struct output *o, const struct field *field)
{
    output_folder_id(o->call, field->element, &o->folder->id, o->folder->change_number > 0 ? o->folder->change_number : 1);
}

void out_folder_parent(struct output *o, const struct field *field)
{
    if (o->folder->parent.folder != 0)
        output_folder_id(o->call, field->element, &o->folder->parent, 1);
}

void out_folder_class(struct output *o, const struct field *field)
{
    if (o->folder->folder_class[0] != '\0')
        xml_element(o->xml, field->element, o->folder->folder_class);
}

void out_folder_name(struct output *o, const struct field *field)
{
    xml_element(o->xml, field->element, o->folder->display_name);
}

void out_folder_total(struct output *o, const struct field *field)
{
    xml_element_int(o->xml, field->element, o->folder->total_count);
}

void out_folder_unread(struct output *o, const struct field *field)
{
    xml_element_int(o->xml, field->element, o->folder->unread_count);
}

void out_folder_children(struct output *o, const struct field *field)
{
    xml_element_int(o->xml, field->element, o->folder->child_count);
}

void out_folder_rights(struct output *o, const struct field *field)
{
    output_rights(o, field->element, o->folder->rights, true);
}

void out_folder_role(struct output *o, const struct field *field)
{
    const char *name = folder_role_ews_name(o->folder->role);
    if (name[0] != '\0')
        xml_element(o->xml, field->element, name);
}

void out_folder_permissions(struct output *o, const struct field *field)
{
    bool is_calendar = class_has_prefix(o->folder->folder_class, "IPF.Appointment");
    permissions_write(o->call, field->element, &o->folder->id, is_calendar);
}
