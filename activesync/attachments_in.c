#include "attachments_in.h"

#include "bourse/base/memory.h"
#include "bourse/model/properties.h"
#include "fields.h"

enum { ATTACHMENTS_MOST = 200, INLINE_FLAG = 4 };

static size_t count_added(const struct wbxml_node *data)
{
    size_t count = 0;
    for (const struct wbxml_node *node = wbxml_child(wbxml_child(data, AirSyncBase_Attachments), AirSyncBase_Add); node != NULL; node = wbxml_next(node, AirSyncBase_Add))
        count++;
    return count;
}

bool eas_attachments_were_added(const struct wbxml_node *data)
{
    return count_added(data) > 0;
}

static enum status read_text(struct eas_call *call, const struct wbxml_node *node, eas_tag tag, prop_tag property, struct bag *props)
{
    const char *text = wbxml_child_text(call->mem, node, tag);
    return text != NULL && *text != '\0' ? bag_set_string(props, property, text) : STATUS_OK;
}

static enum status read_one(struct eas_call *call, const struct wbxml_node *node, struct attachment *out)
{
    const struct wbxml_node *content = wbxml_child(node, AirSyncBase_Content);
    if (content == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "attachment without content");
    out->number = -1;
    out->content = ATTACHMENT_BYTES;
    out->bytes = content->text;
    out->size = content->text.length;
    TRY(read_text(call, node, AirSyncBase_DisplayName, PROP_ATTACH_LONG_FILENAME, out->props));
    TRY(read_text(call, node, AirSyncBase_ContentType, PROP_ATTACH_MIME_TAG, out->props));
    TRY(read_text(call, node, AirSyncBase_ContentId, PROP_ATTACH_CONTENT_ID, out->props));
    TRY(read_text(call, node, AirSyncBase_ContentLocation, PROP_ATTACH_CONTENT_LOCATION, out->props));
    if (!wbxml_child_bool(node, AirSyncBase_IsInline, false))
        return STATUS_OK;
    TRY(bag_set_bool(out->props, PROP_ATTACHMENT_HIDDEN, true));
    return bag_set_int32(out->props, PROP_ATTACH_FLAGS, INLINE_FLAG);
}

enum status eas_attachments_read_new(struct eas_call *call, const struct wbxml_node *data, struct message *out)
{
    const struct wbxml_node *list = wbxml_child(data, AirSyncBase_Attachments);
    if (count_added(data) > ATTACHMENTS_MOST)
        return status_fail(STATUS_LIMIT_EXCEEDED, "more than %d attachments", ATTACHMENTS_MOST);
    for (const struct wbxml_node *node = wbxml_child(list, AirSyncBase_Add); node != NULL; node = wbxml_next(node, AirSyncBase_Add)) {
        struct attachment *attachment = message_add_attachment(out);
        if (attachment == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachment");
        TRY(read_one(call, node, attachment));
    }
    return STATUS_OK;
}

static enum status read_deletion(struct eas_call *call, const struct wbxml_node *node, const struct item *before, struct item_change *change)
{
    struct object_id id;
    const char *reference = wbxml_child_text(call->mem, node, AirSyncBase_FileReference);
    if (reference == NULL)
        return status_fail(STATUS_INVALID_ID, "attachment to delete");
    TRY(object_id_parse(reference, &id));
    if (id.attachment_depth != 1 || id.item != before->id.item)
        return status_fail(STATUS_INVALID_ID, "attachment of another item");
    for (size_t i = 0; i < before->message->attachment_count; i++)
        if (before->message->attachments[i].number == id.attachments[0])
            return eas_change_remove_attachment(call, change, id.attachments[0]);
    return STATUS_OK; /* gone before */
}

enum status eas_attachments_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, struct item_change *change)
{
    const struct wbxml_node *list = wbxml_child(data, AirSyncBase_Attachments);
    struct message *added = message_new(call->mem);
    if (added == NULL)
        return status_fail(STATUS_NO_MEMORY, "attachments");
    for (const struct wbxml_node *node = wbxml_child(list, AirSyncBase_Delete); node != NULL; node = wbxml_next(node, AirSyncBase_Delete))
        TRY(read_deletion(call, node, before, change));
    TRY(eas_attachments_read_new(call, data, added));
    change->add_attachments = added->attachments;
    change->add_attachment_count = added->attachment_count;
    return STATUS_OK;
}

static void write_reference(struct eas_call *call, struct wbxml_writer *out, const struct wbxml_node *node, struct object_id id, int32_t number)
{
    id.kind = OBJECT_ATTACHMENT;
    id.attachments[0] = number;
    id.attachment_depth = 1;
    wbxml_start(out, AirSyncBase_Attachment);
    wbxml_element(out, AirSyncBase_FileReference, object_id_text(call->mem, &id));
    wbxml_element(out, AirSyncBase_ClientId, wbxml_child_text(call->mem, node, AirSyncBase_ClientId));
    wbxml_end(out);
}

/* New attachments have the highest numbers, in the order of the request. */
enum status eas_attachments_answer(struct eas_call *call, struct wbxml_writer *out, const struct wbxml_node *data, const struct object_id *item)
{
    struct item *saved = NULL;
    size_t added = count_added(data);
    if (added == 0 || call->version < V16_0)
        return STATUS_OK;
    TRY(item_get(call->mem, call->session, item, ITEM_ATTACHMENTS, &saved));
    size_t count = saved->message->attachment_count, at = count > added ? count - added : 0;
    wbxml_start(out, AirSync_ApplicationData);
    wbxml_start(out, AirSyncBase_Attachments);
    for (const struct wbxml_node *node = wbxml_child(wbxml_child(data, AirSyncBase_Attachments), AirSyncBase_Add); node != NULL && at < count;
         node = wbxml_next(node, AirSyncBase_Add))
        write_reference(call, out, node, *item, saved->message->attachments[at++].number);
    wbxml_end(out);
    wbxml_end(out);
    return STATUS_OK;
}
