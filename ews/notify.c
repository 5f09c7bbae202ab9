#include "notify.h"

#include "output.h"

static const struct kind_row {
    enum event_kind kind;
    const char *word;      /* NotificationEventTypeType */
    const char *element;
    bool has_old;
} kinds[] = {
    { EVENT_KIND_NEW_MAIL, "NewMailEvent", "t:NewMailEvent", false },   { EVENT_KIND_CREATED, "CreatedEvent", "t:CreatedEvent", false },
    { EVENT_KIND_MODIFIED, "ModifiedEvent", "t:ModifiedEvent", false }, { EVENT_KIND_DELETED, "DeletedEvent", "t:DeletedEvent", false },
    { EVENT_KIND_MOVED, "MovedEvent", "t:MovedEvent", true },           { EVENT_KIND_COPIED, "CopiedEvent", "t:CopiedEvent", true },
    { EVENT_KIND_FREE_BUSY, "FreeBusyChangedEvent", "t:FreeBusyChangedEvent", false },
};

unsigned notify_kinds(const struct xml_node *event_types)
{
    unsigned mask = 0;
    for (const struct xml_node *node = event_types != NULL ? event_types->child : NULL; node != NULL; node = node->next)
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
            if (slice_equal(slice_trim(node->text), slice_of_text(kinds[i].word)))
                mask |= kinds[i].kind;
    return mask;
}

static void write_object(struct ews_call *call, bool is_folder, const char *folder_element, const char *item_element, const struct object_id *id)
{
    if (is_folder)
        output_folder_id(call, folder_element, id, 1);
    else
        output_item_id(call, item_element, id, 1);
}

static void write_event(struct ews_call *call, const struct event *event, const char *watermark)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        if (kinds[i].kind != event->kind)
            continue;
        xml_start(call->out, kinds[i].element);
        xml_element(call->out, "t:Watermark", watermark);
        xml_element_instant(call->out, "t:TimeStamp", event->when);
        write_object(call, event->is_folder, "t:FolderId", "t:ItemId", &event->id);
        output_folder_id(call, "t:ParentFolderId", &event->parent, 1);
        if (kinds[i].has_old) {
            write_object(call, event->is_folder, "t:OldFolderId", "t:OldItemId", &event->old_id);
            output_folder_id(call, "t:OldParentFolderId", &event->old_parent, 1);
        }
        if (event->kind == EVENT_KIND_MODIFIED && event->is_folder && event->unread_count >= 0)
            xml_element_int(call->out, "t:UnreadCount", event->unread_count);
        xml_end(call->out);
    }
}

void notify_write(struct ews_call *call, const char *subscription, const char *before, const char *after, bool more, const struct event *events, size_t count)
{
    xml_start(call->out, "m:Notification");
    xml_element(call->out, "t:SubscriptionId", subscription);
    if (before != NULL) {
        xml_element(call->out, "t:PreviousWatermark", before);
        xml_element_bool(call->out, "t:MoreEvents", more);
    }
    /* Every event of a page carries the page's watermark: a client that stops in between asks for the page again. */
    for (size_t i = 0; i < count; i++)
        write_event(call, &events[i], after);
    if (count == 0) {
        xml_start(call->out, "t:StatusEvent");
        xml_element(call->out, "t:Watermark", after);
        xml_end(call->out);
    }
    xml_end(call->out);
}
