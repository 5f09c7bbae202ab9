/* EmptyFolderContents and Move of a conversation. */
#include "item_operations.h"

#include "bourse/groupware/find.h"
#include "bourse/groupware/folder.h"
#include "bourse/model/properties.h"
#include "bourse/model/restriction.h"
#include "hierarchy.h"

enum { MAIL_DRAFTS = 3, MAIL_DELETED = 4, MAIL_SENT = 5, MAIL_OUTBOX = 6, PAGE_SIZE = 200 };

static int status_of(enum status status)
{
    if (status == STATUS_OK)
        return OPERATION_OK;
    return status == STATUS_ACCESS_DENIED ? OPERATION_DENIED : OPERATION_NOT_FOUND;
}

static bool is_clients_fault(enum status status)
{
    return status == STATUS_OK || status_info(status)->fault == FAULT_CLIENT;
}

/* What it deletes can be recovered, as after emptying Deleted Items elsewhere. */
enum status eas_empty_folder(struct eas_call *call, const struct wbxml_node *node)
{
    const char *text = wbxml_child_text(call->mem, node, AirSync_CollectionId);
    bool subfolders = wbxml_child(wbxml_child(node, ItemOperations_Options), ItemOperations_DeleteSubFolders) != NULL;
    int64_t folder = 0;
    int answer = OPERATION_PROTOCOL_ERROR;
    if (eas_folder_id_parse(text, &folder) && folder != 0) {
        struct object_id id = eas_folder_object(call, folder);
        struct folder *found = NULL;
        enum status status = folder_get(call->mem, call->session, &id, &found);
        if (status == STATUS_OK)
            status = folder_empty(call->session, &id, DELETE_SOFT, subfolders);
        if (!is_clients_fault(status))
            return status;
        answer = status_of(status);
    }
    wbxml_start(call->out, ItemOperations_EmptyFolderContents);
    wbxml_element_int(call->out, ItemOperations_Status, answer);
    wbxml_element(call->out, AirSync_CollectionId, text != NULL ? text : "");
    wbxml_end(call->out);
    return STATUS_OK;
}

/* ---- Move ---- */

static enum status find_in(struct eas_call *call, TALLOC_CTX *mem, const struct object_id *folder, struct slice conversation, struct item_page **out)
{
    struct restriction *restriction = restriction_new(mem, RESTRICT_PROPERTY);
    if (restriction == NULL)
        return status_fail(STATUS_NO_MEMORY, "restriction");
    restriction->tag = PROP_CONVERSATION_ID;
    restriction->relation = REL_EQUAL;
    restriction->value = (struct value){ .tag = PROP_CONVERSATION_ID, .bytes = conversation };
    struct find_query query = { .restriction = restriction, .limit = PAGE_SIZE };
    return item_find(mem, call->session, folder, &query, out);
}

/* Found items leave the folder, so the next look begins at the beginning; one that cannot be moved ends it. */
static enum status move_from(struct eas_call *call, const struct object_id *from, const struct object_id *to, struct slice conversation)
{
    for (bool is_done = false; !is_done;) {
        TALLOC_CTX *mem = talloc_new(call->mem);
        struct item_page *page = NULL;
        enum status status = find_in(call, mem, from, conversation, &page);
        size_t count = status == STATUS_OK ? page->count : 0;
        struct object_id *ids = talloc_zero_array(mem, struct object_id, (unsigned)(2 * count + 1));
        enum status *results = talloc_zero_array(mem, enum status, (unsigned)count + 1);
        if (status == STATUS_OK && (ids == NULL || results == NULL))
            status = status_fail(STATUS_NO_MEMORY, "conversation");
        for (size_t i = 0; status == STATUS_OK && i < count; i++)
            ids[i] = page->items[i]->id;
        if (status == STATUS_OK && count > 0)
            status = item_move(call->session, ids, count, to, ids + count, results);
        is_done = count < PAGE_SIZE;
        for (size_t i = 0; status == STATUS_OK && i < count; i++)
            status = results[i] == STATUS_ITEM_NOT_FOUND ? STATUS_OK : results[i];
        talloc_free(mem);
        TRY(status);
    }
    return STATUS_OK;
}

static bool is_moved_from(const struct eas_folder *folder)
{
    const char *item_class = eas_item_class_of_type(folder->type);
    bool is_special = folder->type == MAIL_DRAFTS || folder->type == MAIL_DELETED || folder->type == MAIL_SENT || folder->type == MAIL_OUTBOX;
    return item_class != NULL && strcmp(item_class, "Email") == 0 && !is_special;
}

static enum status move_all(struct eas_call *call, struct slice conversation, int64_t to, int *answer)
{
    struct eas_hierarchy tree;
    struct object_id target = eas_folder_object(call, to);
    TRY(eas_hierarchy_read(call, &tree));
    const struct eas_folder *place = eas_hierarchy_find(&tree, to);
    const char *item_class = place != NULL ? eas_item_class_of_type(place->type) : NULL;
    *answer = OPERATION_MOVE_DESTINATION;
    if (item_class == NULL || strcmp(item_class, "Email") != 0)
        return STATUS_OK;
    *answer = OPERATION_OK;
    for (size_t i = 0; i < tree.count; i++) {
        struct object_id from = eas_folder_object(call, tree.folders[i].id);
        if (tree.folders[i].id == to || !is_moved_from(&tree.folders[i]))
            continue;
        enum status status = move_from(call, &from, &target, conversation);
        if (!is_clients_fault(status))
            return status;
        if (status != STATUS_OK)
            *answer = status_of(status);
    }
    return STATUS_OK;
}

enum status eas_move_conversation(struct eas_call *call, const struct wbxml_node *node)
{
    const struct wbxml_node *conversation = wbxml_child(node, ItemOperations_ConversationId);
    bool always = wbxml_child(wbxml_child(node, ItemOperations_Options), ItemOperations_MoveAlways) != NULL;
    int64_t to = 0;
    int answer = OPERATION_PROTOCOL_ERROR;
    if (conversation != NULL && conversation->text.length > 0 && eas_folder_id_parse(wbxml_child_text(call->mem, node, ItemOperations_DstFldId), &to)) {
        answer = OPERATION_MOVE_ONCE;
        if (always)
            TRY(move_all(call, conversation->text, to, &answer));
    }
    wbxml_start(call->out, ItemOperations_Move);
    wbxml_element_int(call->out, ItemOperations_Status, answer);
    wbxml_element_bytes(call->out, ItemOperations_ConversationId, conversation != NULL ? conversation->text : slice_of(NULL, 0));
    wbxml_end(call->out);
    return STATUS_OK;
}
