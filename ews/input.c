#include "input.h"

#include "bourse/calendar/meeting.h"
#include "lists.h"

static const field_reader readers[] = {
#define KIND(id, write, read, query, parts) [KIND_##id] = read,
#include "kinds.def"
#undef KIND
};

field_reader field_reader_of(enum field_kind kind)
{
    return readers[kind];
}

enum status draft_new(struct ews_call *call, const struct item_type *type, const struct object_id *folder, struct draft **out)
{
    struct draft *draft = talloc_zero(call->mem, struct draft);
    if (draft == NULL || (draft->message = message_new(draft)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "item");
    draft->call = call;
    draft->type = type;
    draft->folder = *folder;
    *out = draft;
    return STATUS_OK;
}

enum status draft_remove(struct draft *draft, prop_tag tag)
{
    prop_tag *grown = talloc_realloc(draft, draft->remove, prop_tag, ROOM(draft->remove_count));
    if (grown == NULL)
        return status_fail(STATUS_NO_MEMORY, "removed properties");
    draft->remove = grown;
    draft->remove[draft->remove_count++] = tag;
    bag_remove(draft->message->props, tag);
    return STATUS_OK;
}

static void forget_removal(struct draft *draft, prop_tag tag)
{
    for (size_t i = 0; i < draft->remove_count; i++)
        if (prop_id(draft->remove[i]) == prop_id(tag))
            draft->remove[i--] = draft->remove[--draft->remove_count];
}

static enum status refuse(struct draft *draft, enum ews_code code, const char *what)
{
    return ews_fail_text(draft->call, code, "Set action is invalid for property %s.", what);
}

static enum status read_field(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    field_reader reader = readers[field->kind];
    if (field->kind == KIND_NOTHING)
        return STATUS_OK;
    if (reader == NULL || (!(field->flags & FIELD_SET) && field->kind != KIND_EXTENDED && field->kind != KIND_ATTACHMENTS && field->kind != KIND_HEADERS))
        return refuse(draft, EWS_CODE_PROPERTY_SET, field->uri);
    if (field->tag != 0)
        forget_removal(draft, field->tag);
    return reader(draft, field, node);
}

enum status draft_read(struct draft *draft, const struct xml_node *item)
{
    for (const struct xml_node *node = item->child; node != NULL; node = node->next) {
        const struct field *field = field_by_element(node->name, draft->type->sections);
        if (field != NULL)
            TRY(read_field(draft, field, node));
    }
    return draft_finish(draft);
}

static void remove_recipients(struct draft *draft, enum recipient_type type)
{
    struct message *message = draft->message;
    size_t kept = 0;
    for (size_t i = 0; i < message->recipient_count; i++)
        if (message->recipients[i].type != type || meeting_is_organizer_entry(&message->recipients[i]))
            message->recipients[kept++] = message->recipients[i];
    message->recipient_count = kept;
    draft->recipients_changed = true;
}

/* Kinds that are more than one property. */
static enum status clear_kind(struct draft *draft, enum field_kind kind, bool *done)
{
    static const struct {
        enum field_kind kind;
        prop_tag tags[4];
    } groups[] = {
        { KIND_BODY, { PROP_BODY, PROP_HTML, PROP_RTF_COMPRESSED } },
        { KIND_FLAG, { PROP_FLAG_STATUS, PROP_TASK_START_DATE, PROP_TASK_DUE_DATE, PROP_FLAG_COMPLETE_TIME } },
        { KIND_REPLY_TO, { PROP_REPLY_RECIPIENT_ENTRIES, PROP_REPLY_RECIPIENT_NAMES } },
        { KIND_TASK_RECURRENCE, { PROP_TASK_RECURRENCE, PROP_TASK_F_RECURRING } },
        { KIND_LIST_MEMBERS, { PROP_DISTRIBUTION_LIST_MEMBERS, PROP_DISTRIBUTION_LIST_ONE_OFF_MEMBERS, PROP_DISTRIBUTION_LIST_STREAM, PROP_DISTRIBUTION_LIST_CHECKSUM } },
        { KIND_FROM, { PROP_SENT_REPRESENTING_NAME, PROP_SENT_REPRESENTING_SMTP_ADDRESS, PROP_SENT_REPRESENTING_EMAIL_ADDRESS,
                       PROP_SENT_REPRESENTING_ADDRESS_TYPE } },
    };
    *done = false;
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        if (groups[i].kind != kind)
            continue;
        *done = true;
        for (size_t j = 0; j < ARRAY_LENGTH(groups[i].tags) && groups[i].tags[j] != 0; j++)
            TRY(draft_remove(draft, groups[i].tags[j]));
    }
    return STATUS_OK;
}

static enum status delete_field(struct draft *draft, const struct ews_path *path)
{
    const struct field *field = path->kind == PATH_FIELD ? field_by_uri(path->uri, draft->type->sections) : NULL;
    bool done;
    if (path->kind == PATH_EXTENDED)
        return path->tag != 0 ? draft_remove(draft, path->tag) : STATUS_OK;
    if (path->kind == PATH_INDEXED && path->indexed != NULL)
        return draft_remove(draft, path->indexed->tag);
    if (path->kind == PATH_INDEXED && strcmp(path->uri, LIST_MEMBER_URI) == 0)
        return list_remove_member(draft, path->index);
    if (field == NULL || !(field->flags & FIELD_DELETE)) {
        enum status status = ews_fail(draft->call, EWS_CODE_PROPERTY_DELETE, "%s", path->uri != NULL ? path->uri : "");
        path_detail(draft->call, path);
        return status;
    }
    if (field_query(field->kind) == QUERY_RECIPIENTS) {
        remove_recipients(draft, field->kind == KIND_RECIPIENTS_CC || field->kind == KIND_ATTENDEES_OPTIONAL    ? RECIPIENT_CC
                                 : field->kind == KIND_RECIPIENTS_BCC || field->kind == KIND_ATTENDEES_RESOURCES ? RECIPIENT_BCC
                                                                                                                 : RECIPIENT_TO);
        return STATUS_OK;
    }
    if (field->kind == KIND_RECURRENCE)
        draft->schedule.ends_recurrence = true;
    TRY(clear_kind(draft, field->kind, &done));
    return done ? STATUS_OK : draft_remove(draft, field->tag);
}

/* The one property inside the item of a Set or Append, which must be the one that the path names. */
static enum status find_value(struct draft *draft, const struct xml_node *change, const struct ews_path *path, const struct xml_node **out)
{
    const struct xml_node *item = NULL;
    for (const struct xml_node *node = change->child; node != NULL; node = node->next)
        if (!path_is(node))
            item = node;
    if (item == NULL || item->child == NULL || item->child->next != NULL)
        return ews_fail(draft->call, EWS_CODE_PROPERTY_COUNT, "%s", change->name);
    *out = item->child;
    const struct field *named = path->kind == PATH_FIELD ? field_by_uri(path->uri, draft->type->sections) : NULL;
    bool fits = path->kind == PATH_EXTENDED ? strcmp(item->child->name, "ExtendedProperty") == 0
                : path->kind == PATH_FIELD  ? named == NULL || strcmp(named->element + 2, item->child->name) == 0
                                            : true;
    return fits ? STATUS_OK : ews_fail(draft->call, EWS_CODE_PROPERTY_MISMATCH, "%s", item->child->name);
}

static enum status set_field(struct draft *draft, const struct xml_node *change, const struct ews_path *path, bool append)
{
    const struct xml_node *value = NULL;
    TRY(find_value(draft, change, path, &value));
    const struct field *field = field_by_element(value->name, draft->type->sections);
    enum ews_code code = append ? EWS_CODE_PROPERTY_APPEND : EWS_CODE_PROPERTY_SET;
    bool allowed = field != NULL && (field->flags & (append ? FIELD_APPEND : FIELD_SET)) != 0;
    if (!append && field != NULL && field->kind == KIND_NOTHING)
        return read_field(draft, field, value);
    if (!allowed && !(field != NULL && (field->kind == KIND_EXTENDED || field->kind == KIND_HEADERS) && !append)) {
        enum status status = ews_fail(draft->call, code, "%s", value->name);
        path_detail(draft->call, path);
        return status;
    }
    draft->appending = append;
    enum status status = read_field(draft, field, value);
    draft->appending = false;
    return status;
}

enum status draft_change(struct draft *draft, const struct xml_node *change)
{
    struct ews_path path;
    const struct xml_node *node = path_child(change);
    if (node == NULL)
        return ews_fail(draft->call, EWS_CODE_PROPERTY_COUNT, "no property named");
    TRY(path_parse(draft->call, node, ~(unsigned)SECTIONS_OF_FOLDERS, &path));
    if (strcmp(change->name, "DeleteItemField") == 0) {
        TRY(paths_bind(draft->call, &path, 1, &draft->folder, false));
        return delete_field(draft, &path);
    }
    return set_field(draft, change, &path, strcmp(change->name, "AppendToItemField") == 0);
}

static bool kind_is_schedule(enum field_kind kind)
{
    return kind == KIND_CALENDAR_START || kind == KIND_CALENDAR_END || kind == KIND_ALL_DAY || kind == KIND_RECURRENCE || kind == KIND_START_ZONE ||
           kind == KIND_END_ZONE || kind == KIND_MEETING_ZONE;
}

static unsigned parts_of(const struct field *field, bool append)
{
    unsigned parts = 0;
    if (field_query(field->kind) == QUERY_RECIPIENTS)
        parts |= ITEM_RECIPIENTS;
    if (append && field->kind == KIND_BODY)
        parts |= ITEM_BODIES;
    if ((append && field->kind == KIND_REPLY_TO) || field->kind == KIND_LIST_MEMBERS)
        parts |= ITEM_PROPERTIES;
    if (kind_is_schedule(field->kind) || field->kind == KIND_MIME) /* times, zones and the pattern make each other; exceptions of the old pattern go */
        parts |= ITEM_PROPERTIES | ITEM_ATTACHMENTS;
    return parts;
}

/* A URI may have rows of several sections; what the item is, is not known yet. */
unsigned draft_parts(const struct xml_node *changes)
{
    unsigned parts = 0;
    for (const struct xml_node *change = changes->child; change != NULL; change = change->next) {
        const struct xml_node *path = path_child(change);
        const char *uri = path != NULL ? xml_attribute_of(path, "FieldURI") : NULL;
        bool append = strcmp(change->name, "AppendToItemField") == 0;
        if (uri == NULL)
            continue;
        if (strcmp(uri, LIST_MEMBER_URI) == 0)
            parts |= ITEM_PROPERTIES;
        for (size_t i = 0; i < field_count(); i++)
            if (strcmp(field_at(i)->uri, uri) == 0)
                parts |= parts_of(field_at(i), append);
    }
    return parts;
}
