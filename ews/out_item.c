/* Kinds that every item has and that are more than one property. */
#include "output.h"

#include "bourse/base/log.h"
#include "bourse/base/text.h"
#include "bourse/calendar/meeting.h"
#include "content.h"

/* Message flags [MS-OXCMSG] 2.2.1.6. */
enum { FLAG_BIT_UNMODIFIED = 0x02, FLAG_BIT_SUBMITTED = 0x04, FLAG_BIT_UNSENT = 0x08, FLAG_BIT_FROM_ME = 0x20, FLAG_BIT_RESEND = 0x80 };

void out_item_id(struct output *o, const struct field *field)
{
    if (o->embedded == NULL)
        output_item_id(o->call, field->element, &o->item->id, output_item_change(o->item));
}

void out_parent_id(struct output *o, const struct field *field)
{
    struct object_id parent = { .kind = OBJECT_FOLDER, .mailbox = o->item->id.mailbox, .folder = o->item->id.folder };
    if (o->embedded == NULL)
        output_folder_id(o->call, field->element, &parent, 1);
}

/* An embedded message that cannot be made into MIME, or an item that has gone meanwhile, is shown without. */
void out_mime(struct output *o, const struct field *field)
{
    struct slice mime = o->embedded != NULL ? o->item->message->mime.bytes : (struct slice){ 0 };
    if (mime.length == 0 && o->embedded != NULL)
        return;
    if (mime.length == 0) {
        const struct item_type *type = item_type_of_class(bag_string(o->props, PROP_MESSAGE_CLASS, "IPM.Note"));
        enum status status = content_is_text(type) ? content_of_item(o->call, type, &o->item->id, &mime)
                                                   : item_mime(o->call->mem, o->call->session, &o->item->id, &mime);
        if (status != STATUS_OK) {
            log_failure(EVENT_ITEM_SKIPPED, status, "MIME content");
            status_chain_clear();
            return;
        }
    }
    xml_start(o->xml, field->element);
    xml_attribute(o->xml, "CharacterSet", "UTF-8");
    xml_base64(o->xml, mime);
    xml_end(o->xml);
}

void out_size(struct output *o, const struct field *field)
{
    uint64_t size = o->item->size;
    if (o->embedded == NULL)
        xml_element_int(o->xml, field->element, size > INT32_MAX ? INT32_MAX : (int64_t)size);
}

void out_message_flag(struct output *o, const struct field *field)
{
    static const int32_t bits[KIND_COUNT] = { [KIND_FLAG_SUBMITTED] = FLAG_BIT_SUBMITTED, [KIND_FLAG_DRAFT] = FLAG_BIT_UNSENT,
                                              [KIND_FLAG_FROM_ME] = FLAG_BIT_FROM_ME, [KIND_FLAG_RESEND] = FLAG_BIT_RESEND,
                                              [KIND_FLAG_UNMODIFIED] = FLAG_BIT_UNMODIFIED };
    int32_t flags = bag_int32(o->props, field->tag, 0);
    bool on = (flags & bits[field->kind]) != 0 || (field->kind == KIND_FLAG_DRAFT && o->item->is_draft);
    xml_element_bool(o->xml, field->element, on);
}

void out_has_attachments(struct output *o, const struct field *field)
{
    xml_element_bool(o->xml, field->element, o->item->has_attachments);
}

void out_is_associated(struct output *o, const struct field *field)
{
    xml_element_bool(o->xml, field->element, o->item->is_associated);
}

void out_is_read(struct output *o, const struct field *field)
{
    xml_element_bool(o->xml, field->element, o->item->is_read);
}

void out_preview(struct output *o, const struct field *field)
{
    if (o->item->preview != NULL && o->item->preview[0] != '\0')
        xml_element(o->xml, field->element, o->item->preview);
}

static void write_id_of_bytes(struct output *o, const char *element, struct slice bytes)
{
    struct buffer *text = buffer_new(o->call->mem, 256);
    if (text == NULL)
        return;
    base64_append(text, bytes);
    xml_start(o->xml, element);
    xml_attribute(o->xml, "Id", buffer_text(text));
    xml_end(o->xml);
}

void out_conversation_id(struct output *o, const struct field *field)
{
    struct slice bytes = bag_bytes(o->props, field->tag);
    if (bytes.length > 0 && bytes.length < 128)
        write_id_of_bytes(o, field->element, bytes);
}

/* Any bytes that are the same for the same item and differ between items will do [MS-OXWSCDATA]. */
void out_instance_key(struct output *o, const struct field *field)
{
    int64_t key[2] = { o->item->id.folder, o->item->id.item };
    if (o->embedded == NULL)
        xml_element_base64(o->xml, field->element, slice_of(key, sizeof key));
}

void out_effective_rights(struct output *o, const struct field *field)
{
    if (o->embedded == NULL)
        output_rights(o, field->element, o->item->rights, false);
}

/* What may be done with a meeting: the organiser cancels, attendees answer; a cancelled one can only be removed [MS-OXWSMTGS] 3.1.4. */
static void write_meeting_objects(struct output *o, bool is_request)
{
    bool organizer = !is_request && meeting_is_organizer(o->props);
    if (organizer && meeting_is_meeting(o->props))
        xml_element(o->xml, "t:CancelCalendarItem", "");
    if (organizer || !meeting_is_meeting(o->props))
        return;
    if (!is_request && meeting_is_cancelled(o->props)) {
        xml_element(o->xml, "t:RemoveItem", "");
        return;
    }
    xml_element(o->xml, "t:AcceptItem", "");
    xml_element(o->xml, "t:TentativelyAcceptItem", "");
    xml_element(o->xml, "t:DeclineItem", "");
    if (o->call->version >= EWS_2013 && !bag_bool(o->props, PROP_APPOINTMENT_NOT_ALLOW_PROPOSE, false))
        xml_element(o->xml, "t:ProposeNewTime", "");
}

void out_response_objects(struct output *o, const struct field *field)
{
    if (o->embedded != NULL || o->item->is_draft || o->item->is_associated)
        return;
    const struct item_type *type = item_type_of_class(bag_string(o->props, PROP_MESSAGE_CLASS, "IPM.Note"));
    bool is_mail = (type->sections & (SECTION_MESSAGE | SECTION_POST)) != 0;
    xml_start(o->xml, field->element);
    if (type->sections & (SECTION_CALENDAR | SECTION_REQUEST))
        write_meeting_objects(o, (type->sections & SECTION_REQUEST) != 0);
    if (type->sections & SECTION_CANCELLATION)
        xml_element(o->xml, "t:RemoveItem", "");
    if (is_mail || ((type->sections & SECTION_CALENDAR) && meeting_is_meeting(o->props))) {
        xml_element(o->xml, "t:ReplyToItem", "");
        xml_element(o->xml, "t:ReplyAllToItem", "");
    }
    xml_element(o->xml, "t:ForwardItem", "");
    if (is_mail && !o->item->is_read && bag_bool(o->props, PROP_READ_RECEIPT_REQUESTED, false))
        xml_element(o->xml, "t:SuppressReadReceipt", "");
    xml_end(o->xml);
}

/* [MS-OXWSCORE] 2.2.4.12 FlagType; [MS-OXOFLAG] 2.2.1.1 */
void out_flag(struct output *o, const struct field *field)
{
    static const struct {
        prop_tag tag;
        const char *element;
    } dates[] = { { PROP_TASK_START_DATE, "t:StartDate" }, { PROP_TASK_DUE_DATE, "t:DueDate" } };
    int32_t status = bag_int32(o->props, field->tag, 0);
    xml_start(o->xml, field->element);
    xml_element(o->xml, "t:FlagStatus", status == 2 ? "Flagged" : status == 1 ? "Complete" : "NotFlagged");
    for (size_t i = 0; status == 2 && i < ARRAY_LENGTH(dates); i++)
        if (bag_time(o->props, dates[i].tag, 0) > 0)
            xml_element_instant(o->xml, dates[i].element, bag_time(o->props, dates[i].tag, 0));
    if (status == 1 && bag_time(o->props, PROP_FLAG_COMPLETE_TIME, 0) > 0)
        xml_element_instant(o->xml, "t:CompleteDate", bag_time(o->props, PROP_FLAG_COMPLETE_TIME, 0));
    xml_end(o->xml);
}

/* Some headers by name, or all. */
static bool wants_header(const struct output *o, struct slice name)
{
    bool by_name = false;
    for (size_t i = 0; i < o->shape->path_count; i++) {
        const struct ews_path *path = &o->shape->paths[i];
        if (path->kind != PATH_INDEXED || strcmp(path->uri, "item:InternetMessageHeader") != 0)
            continue;
        by_name = true;
        if (slice_equal_ascii_nocase(slice_of_text(path->index), name))
            return true;
    }
    return !by_name || o->shape->base == SHAPE_ALL;
}

/* The next header field of a block: name, and value with folding undone. False at the end. */
static bool next_header(TALLOC_CTX *mem, struct slice *block, struct slice *name, const char **value)
{
    struct slice line, rest, text;
    while (block->length > 0) {
        slice_split(*block, '\n', &line, &rest);
        rest = line.length < block->length ? rest : (struct slice){ 0 };
        *block = rest;
        bool is_field = slice_split(line, ':', name, &text) && name->length > 0 && name->data[0] != ' ' && name->data[0] != '\t';
        char *joined = is_field ? slice_text(mem, slice_trim(text)) : NULL;
        while (block->length > 0 && (block->data[0] == ' ' || block->data[0] == '\t')) {
            slice_split(*block, '\n', &line, &rest);
            rest = line.length < block->length ? rest : (struct slice){ 0 };
            *block = rest;
            struct slice more = slice_trim(line);
            if (joined != NULL)
                joined = talloc_asprintf_append(joined, " %.*s", (int)more.length, (const char *)more.data);
        }
        if (joined != NULL) {
            *value = joined;
            return true;
        }
    }
    return false;
}

void out_headers(struct output *o, const struct field *field)
{
    struct slice block = slice_of_text(bag_string(o->props, field->tag, NULL)), name;
    const char *value;
    bool open = false;
    while (next_header(o->call->mem, &block, &name, &value)) {
        if (!wants_header(o, name))
            continue;
        if (!open)
            xml_start(o->xml, field->element);
        open = true;
        xml_start(o->xml, "t:InternetMessageHeader");
        xml_attribute_slice(o->xml, "HeaderName", slice_trim(name));
        xml_text(o->xml, value);
        xml_end(o->xml);
    }
    if (open)
        xml_end(o->xml);
}

void output_rights(struct output *o, const char *element, uint32_t rights, bool is_folder)
{
    const struct {
        const char *element;
        bool granted;
    } rows[] = {
        { "t:CreateAssociated", is_folder && (rights & RIGHT_FOLDER_OWNER) },
        { "t:CreateContents", is_folder && (rights & RIGHT_CREATE) },
        { "t:CreateHierarchy", is_folder && (rights & RIGHT_CREATE_SUBFOLDER) },
        { "t:Delete", is_folder ? (rights & RIGHT_FOLDER_OWNER) != 0 : (rights & (RIGHT_DELETE_ANY | RIGHT_DELETE_OWN)) != 0 },
        { "t:Modify", is_folder ? (rights & RIGHT_FOLDER_OWNER) != 0 : (rights & (RIGHT_EDIT_ANY | RIGHT_EDIT_OWN)) != 0 },
        { "t:Read", (rights & RIGHT_READ_ANY) != 0 },
    };
    xml_start(o->xml, element);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        xml_element_bool(o->xml, rows[i].element, rows[i].granted);
    if (o->call->version >= EWS_2010_SP1)
        xml_element_bool(o->xml, "t:ViewPrivateItems", (rights & RIGHT_FOLDER_OWNER) != 0);
    xml_end(o->xml);
}
