/* Fetch of ItemOperations: an item by ServerId or LongId, a file by FileReference, whole or a range of it. */
#include "bourse/groupware/attachment.h"
#include "bourse/model/properties.h"
#include "class.h"
#include "hierarchy.h"
#include "item_operations.h"
#include "sync.h"

#include <inttypes.h>
#include <stdlib.h>

/* By message class: an item found by search may lie in any folder. */
static const struct {
    const char *prefix, *item_class;
} classes[] = { { "IPM.Appointment", "Calendar" }, { "IPM.Contact", "Contacts" }, { "IPM.Task", "Tasks" }, { "IPM.StickyNote", "Notes" }, { "", "Email" } };

static const char *class_of(const struct item *item)
{
    const char *name = bag_string(item->message->props, PROP_MESSAGE_CLASS, "IPM.Note");
    size_t i = 0;
    while (strncasecmp(name, classes[i].prefix, strlen(classes[i].prefix)) != 0)
        i++;
    return classes[i].item_class;
}

static int status_of(enum status status)
{
    switch (status) {
    case STATUS_ATTACHMENT_NOT_FOUND:
    case STATUS_INVALID_ID:
        return OPERATION_ATTACHMENT;
    case STATUS_ACCESS_DENIED:
        return OPERATION_DENIED;
    case STATUS_INVALID_ARGUMENT:
        return OPERATION_PROTOCOL_ERROR;
    default:
        return OPERATION_NOT_FOUND;
    }
}

static void begin(struct eas_call *call, int status)
{
    wbxml_start(call->out, ItemOperations_Fetch);
    wbxml_element_int(call->out, ItemOperations_Status, status);
}

static void copy_ids(struct eas_call *call, const struct wbxml_node *node)
{
    static const eas_tag ids[] = { AirSync_CollectionId, AirSync_ServerId, Search_LongId };
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
        wbxml_element(call->out, ids[i], wbxml_child_text(call->mem, node, ids[i]));
}

/* ---- files ---- */

/* "0-99": first and last byte; the last may lie behind the end [MS-ASCMD] 2.2.3.143.1. */
static bool read_range(const char *text, size_t length, struct slice *part, struct slice whole)
{
    char *end = NULL;
    unsigned long first = strtoul(text, &end, 10);
    if (end == text || *end != '-' || end[1] < '0' || end[1] > '9')
        return false;
    unsigned long last = strtoul(end + 1, &end, 10);
    if (*end != '\0' || first > last || first >= length)
        return false;
    *part = slice_part(whole, first, last - first + 1);
    return true;
}

static enum status write_file(struct eas_call *call, const char *reference, const char *range)
{
    struct object_id id;
    struct slice file = { 0 };
    const char *type = NULL;
    TRY(object_id_parse(reference, &id));
    TRY(id.kind == OBJECT_ATTACHMENT ? STATUS_OK : status_fail(STATUS_INVALID_ID, "file reference"));
    TRY(attachment_file(call->mem, call->session, &id, &type, &file));
    struct slice part = file;
    bool is_range_good = range == NULL || read_range(range, file.length, &part, file);
    begin(call, is_range_good ? OPERATION_OK : OPERATION_RANGE);
    wbxml_element(call->out, AirSyncBase_FileReference, reference);
    if (is_range_good) {
        wbxml_start(call->out, ItemOperations_Properties);
        if (range != NULL) {
            size_t first = (size_t)(part.data - file.data);
            wbxml_element(call->out, ItemOperations_Range, talloc_asprintf(call->mem, "%zu-%zu", first, first + part.length - 1));
            wbxml_element_int(call->out, ItemOperations_Total, (int64_t)file.length);
        }
        wbxml_element(call->out, AirSyncBase_ContentType, type);
        wbxml_element_base64(call->out, ItemOperations_Data, part);
        wbxml_end(call->out);
    }
    wbxml_end(call->out);
    return STATUS_OK;
}

/* ---- items ---- */

static bool read_item_id(struct eas_call *call, const struct wbxml_node *node, struct object_id *out)
{
    const char *server = wbxml_child_text(call->mem, node, AirSync_ServerId), *folder_text = wbxml_child_text(call->mem, node, AirSync_CollectionId);
    const char *text = server != NULL ? server : wbxml_child_text(call->mem, node, Search_LongId);
    int64_t folder = 0, item = 0, asked = 0;
    if (!eas_item_id_parse(text, &folder, &item))
        return false;
    *out = eas_item_object(call, folder, item);
    return server == NULL || folder_text == NULL || (eas_folder_id_parse(folder_text, &asked) && asked == folder);
}

static enum status write_item(struct eas_call *call, const struct wbxml_node *node)
{
    struct object_id id;
    struct eas_options options;
    struct item *item = NULL;
    eas_options_default(&options);
    if (!read_item_id(call, node, &id))
        return status_fail(STATUS_ITEM_NOT_FOUND, "item");
    TRY(eas_options_read(call, wbxml_child(node, ItemOperations_Options), NULL, &options));
    TRY(item_get(call->mem, call->session, &id, ITEM_ALL, &item));
    const struct eas_class *item_class = eas_class_find(class_of(item));
    if (item_class == NULL)
        return status_fail(STATUS_NOT_SUPPORTED, "class of the item");
    begin(call, OPERATION_OK);
    copy_ids(call, node);
    wbxml_element(call->out, AirSync_Class, item_class->name);
    wbxml_start(call->out, ItemOperations_Properties);
    TRY(item_class->write(call, call->out, item, &options));
    wbxml_end(call->out);
    wbxml_end(call->out);
    return STATUS_OK;
}

static enum status fetch(struct eas_call *call, const struct wbxml_node *node, const char *reference)
{
    const char *store = wbxml_child_text(call->mem, node, ItemOperations_Store);
    if (store == NULL || strcasecmp(store, "Mailbox") != 0) {
        begin(call, OPERATION_STORE);
        wbxml_end(call->out);
        return STATUS_OK;
    }
    if (reference != NULL)
        return write_file(call, reference, wbxml_child_text(call->mem, wbxml_child(node, ItemOperations_Options), ItemOperations_Range));
    return write_item(call, node);
}

/* Failures show before anything is written, but for those of the item's class, which end the command. */
enum status eas_fetch(struct eas_call *call, const struct wbxml_node *node)
{
    const char *reference = wbxml_child_text(call->mem, node, AirSyncBase_FileReference);
    size_t depth = wbxml_depth(call->out);
    enum status status = fetch(call, node, reference);
    if (status == STATUS_OK || status_info(status)->fault != FAULT_CLIENT || wbxml_depth(call->out) != depth)
        return status;
    call->common_status = 0;
    begin(call, status_of(status));
    copy_ids(call, node);
    wbxml_element(call->out, AirSyncBase_FileReference, reference);
    wbxml_end(call->out);
    return STATUS_OK;
}
