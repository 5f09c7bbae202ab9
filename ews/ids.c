#include "ids.h"

#include "bourse/groupware/calendar.h"
#include "request_check.h"

static enum status parse_text(struct ews_call *call, const char *text, struct object_id *out)
{
    if (text == NULL || text[0] == '\0')
        return ews_fail(call, EWS_CODE_ID_EMPTY, "empty id");
    return object_id_parse(text, out);
}

static enum status parse_change(const struct xml_node *node, int64_t *change)
{
    const char *key = xml_attribute_of(node, "ChangeKey");
    *change = 0;
    return key != NULL && key[0] != '\0' ? change_key_parse(key, change) : STATUS_OK;
}

/* OccurrenceItemId: the nth occurrence of a series [MS-OXWSMTGS] 2.2.4.25. */
static enum status read_occurrence(struct ews_call *call, const struct xml_node *node, struct object_id *out)
{
    struct object_id master;
    int64_t index;
    const char *text = xml_attribute_of(node, "InstanceIndex");
    TRY(parse_text(call, xml_attribute_of(node, "RecurringMasterId"), &master));
    if (master.kind != OBJECT_ITEM || master.occurrence != 0)
        return ews_fail(call, EWS_CODE_OCCURRENCE_ID, "not the id of a series");
    if (text == NULL || !request_parse_int(text, &index) || index < 1 || index > UINT32_MAX)
        return status_fail(STATUS_OCCURRENCE_NOT_FOUND, "index of an occurrence");
    return ews_recode(call, calendar_occurrence_by_index(call->session, &master, (uint32_t)index, out), STATUS_NOT_FOUND, EWS_CODE_OCCURRENCE_ID);
}

/* RecurringMasterItemId: the series of an occurrence. */
static enum status read_master(struct ews_call *call, const struct xml_node *node, struct object_id *out)
{
    TRY(parse_text(call, xml_attribute_of(node, "OccurrenceId"), out));
    if (out->kind != OBJECT_ITEM || out->occurrence == 0)
        return ews_fail(call, EWS_CODE_MASTER_ID, "not the id of an occurrence");
    out->occurrence = 0;
    return STATUS_OK;
}

enum status id_read_item(struct ews_call *call, const struct xml_node *node, struct object_id *out, int64_t *change)
{
    if (strcmp(node->name, "OccurrenceItemId") == 0) {
        TRY(read_occurrence(call, node, out));
        return parse_change(node, change);
    }
    if (strcmp(node->name, "RecurringMasterItemId") == 0) {
        TRY(read_master(call, node, out));
        return parse_change(node, change);
    }
    TRY(parse_text(call, xml_attribute_of(node, "Id"), out)); /* ItemId, RecurringMasterItemIdRanges */
    if (out->kind == OBJECT_FOLDER || out->kind == OBJECT_MAILBOX)
        return ews_fail(call, EWS_CODE_FOLDER_ID_FOR_ITEM, "id of a folder");
    if (out->kind != OBJECT_ITEM)
        return status_fail(STATUS_INVALID_ID, "id of an attachment");
    return parse_change(node, change);
}

/* Names that the schema has: roles that the store has no folder for (public folders, archive mailboxes, ...) do not exist. */
static enum status read_distinguished(struct ews_call *call, const struct xml_node *node, struct object_id *out)
{
    const char *name = xml_attribute_of(node, "Id");
    const char *address = xml_child_text(xml_child(node, EWS_NS_TYPES, "Mailbox"), EWS_NS_TYPES, "EmailAddress");
    struct guid mailbox = session_mailbox(call->session);
    enum folder_role role = folder_role_of_ews_name(name != NULL ? name : "");
    if (role == FOLDER_ROLE_NONE)
        return status_fail(STATUS_FOLDER_NOT_FOUND, "distinguished folder %s", name != NULL ? name : "");
    if (address != NULL)
        TRY(session_find_mailbox(call->session, address, &mailbox));
    return folder_id_of_role(call->session, mailbox, role, out);
}

enum status id_read_folder(struct ews_call *call, const struct xml_node *node, struct object_id *out, int64_t *change)
{
    *change = 0;
    if (strcmp(node->name, "DistinguishedFolderId") == 0)
        return read_distinguished(call, node, out);
    if (strcmp(node->name, "FolderId") != 0)
        return status_fail(STATUS_FOLDER_NOT_FOUND, "%s", node->name);
    TRY(parse_text(call, xml_attribute_of(node, "Id"), out));
    if (out->kind != OBJECT_FOLDER)
        return ews_fail(call, EWS_CODE_ITEM_ID_FOR_FOLDER, "id of no folder");
    return parse_change(node, change);
}

enum status id_read_target(struct ews_call *call, const struct xml_node *node, enum ews_code missing, struct object_id *out)
{
    int64_t change;
    enum status status = id_read_folder(call, node->child, out, &change);
    return ews_recode(call, status, STATUS_FOLDER_NOT_FOUND, missing);
}

enum status id_read_attachment(struct ews_call *call, const struct xml_node *node, struct object_id *out)
{
    const char *text = xml_attribute_of(node, "Id");
    enum status status = parse_text(call, text, out);
    if (status == STATUS_OK && (out->kind != OBJECT_ATTACHMENT || out->attachment_depth == 0))
        status = STATUS_INVALID_ID;
    return status == STATUS_INVALID_ID ? ews_fail(call, EWS_CODE_ATTACHMENT_ID, "attachment id") : status;
}

enum status id_read_items(struct ews_call *call, const struct xml_node *list, struct id_batch *out)
{
    unsigned room = ROOM(xml_child_count(list));
    *out = (struct id_batch){ .ids = talloc_zero_array(call->mem, struct object_id, room),
                              .changes = talloc_zero_array(call->mem, int64_t, room),
                              .statuses = talloc_zero_array(call->mem, enum status, room),
                              .codes = talloc_zero_array(call->mem, enum ews_code, room) };
    if (out->ids == NULL || out->changes == NULL || out->statuses == NULL || out->codes == NULL)
        return status_fail(STATUS_NO_MEMORY, "ids");
    for (const struct xml_node *node = list->child; node != NULL; node = node->next, out->count++) {
        out->statuses[out->count] = id_read_item(call, node, &out->ids[out->count], &out->changes[out->count]);
        out->codes[out->count] = call->code;
        ews_forget(call);
    }
    return STATUS_OK;
}

enum status id_batch_failure(struct ews_call *call, const struct id_batch *batch, size_t index)
{
    call->code = batch->codes[index];
    return batch->statuses[index];
}

size_t id_batch_valid(const struct id_batch *batch, struct object_id *ids, size_t *where)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->statuses[i] == STATUS_OK) {
            ids[count] = batch->ids[i];
            where[count++] = i;
        }
    return count;
}
