#include "content.h"

#include "bourse/calendar/ical.h"
#include "bourse/calendar/vcard.h"
#include "input.h"

#define TEXT_MOST ((size_t)64 << 20)

bool content_is_text(const struct item_type *type)
{
    return (type->sections & (SECTION_CALENDAR | SECTION_CONTACT | SECTION_LIST | SECTION_TASK)) != 0;
}

static bool is_card(const struct item_type *type)
{
    return (type->sections & (SECTION_CONTACT | SECTION_LIST)) != 0;
}

/* ---- out ---- */

/* The item with the content of its attachments; exceptions of a series are among them. */
static enum status load_whole(struct ews_call *call, const struct object_id *id, struct message **out)
{
    struct item *item = NULL;
    TRY(item_get(call->mem, call->session, id, ITEM_ALL, &item));
    for (size_t i = 0; i < item->message->attachment_count; i++) {
        struct attachment *loaded = NULL, *attachment = &item->message->attachments[i];
        struct object_id part = *id;
        part.kind = OBJECT_ATTACHMENT;
        part.attachments[part.attachment_depth++] = attachment->number;
        TRY(attachment_get(call->mem, call->session, &part, true, &loaded));
        attachment->content = loaded->content;
        attachment->bytes = loaded->bytes;
        attachment->size = loaded->size;
        attachment->embedded = loaded->embedded;
    }
    *out = item->message;
    return STATUS_OK;
}

enum status content_of_item(struct ews_call *call, const struct item_type *type, const struct object_id *id, struct slice *out)
{
    struct message *message = NULL;
    struct ical_export_options options = { .zone = call->zone };
    struct buffer *text = buffer_new(call->mem, TEXT_MOST);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "content");
    TRY(load_whole(call, id, &message));
    TRY(is_card(type) ? vcard_export(call->mem, message, NULL, text) : ical_export(call->mem, message, &options, text));
    TRY(buffer_status(text));
    *out = buffer_slice(text);
    return STATUS_OK;
}

/* ---- in ---- */

static enum status parse_card(struct ews_call *call, const struct item_type *type, struct slice text, struct message **out)
{
    struct vcard_result cards = { 0 };
    enum status status = vcard_import(call->mem, text, &cards);
    if (status == STATUS_MALFORMED || status == STATUS_LIMIT_EXCEEDED)
        return ews_fail(call, EWS_CODE_MIME_INVALID, "vCard");
    TRY(status);
    for (size_t i = 0; i < cards.count; i++)
        if (cards.entries[i].is_group == ((type->sections & SECTION_LIST) != 0)) {
            *out = cards.entries[i].message;
            return STATUS_OK;
        }
    return ews_fail(call, EWS_CODE_MIME_INVALID, "no card of this kind");
}

static enum status parse_calendar(struct ews_call *call, const struct item_type *type, struct slice text, struct message **out)
{
    struct ical_import_options options = { .zone = call->zone };
    struct ical_result calendar = { 0 };
    enum ical_kind kind = (type->sections & SECTION_TASK) != 0 ? ICAL_TASK : ICAL_EVENT;
    enum status status = ical_import(call->mem, text, &options, &calendar);
    if (status != STATUS_OK && status != STATUS_NO_MEMORY)
        return ews_fail(call, EWS_CODE_MIME_INVALID, "iCalendar: %s", calendar.refusal_count > 0 ? calendar.refusals[0].why : "no calendar");
    TRY(status);
    for (size_t i = 0; i < calendar.count; i++)
        if (calendar.entries[i].kind == kind && calendar.entries[i].message != NULL) {
            *out = calendar.entries[i].message;
            return STATUS_OK;
        }
    return ews_fail(call, EWS_CODE_MIME_INVALID, "no component of this kind");
}

enum status content_parse(struct ews_call *call, const struct item_type *type, struct slice text, struct message **out)
{
    return is_card(type) ? parse_card(call, type, text, out) : parse_calendar(call, type, text, out);
}

/* What the request sets besides goes over what the text says. */
enum status draft_read_content(struct draft *draft)
{
    struct message *content = NULL, *said = draft->message;
    TRY(content_parse(draft->call, draft->type, draft->mime, &content));
    TRY(bag_merge(content->props, said->props));
    if (draft->recipients_changed) {
        content->recipients = said->recipients;
        content->recipient_count = said->recipient_count;
    }
    for (size_t i = 0; i < said->attachment_count; i++) {
        struct attachment *copy = message_add_attachment(content);
        if (copy == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachment");
        *copy = said->attachments[i];
    }
    for (size_t i = 0; i < content->attachment_count; i++)
        content->attachments[i].number = -1;
    draft->message = content;
    draft->recipients_changed = true;
    draft->has_mime = false;
    return draft->item != NULL ? draft_drop_exceptions(draft) : STATUS_OK;
}
