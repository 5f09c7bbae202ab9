/* Kinds of all items that are more than one property: bodies, flags, MIME, read state, dictionaries, ids. */
#include "bourse/base/text.h"
#include "input.h"
#include "request_check.h"

#define FLAG_COMPLETE 1
#define FLAG_FLAGGED 2

enum status in_mime(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    (void)field;
    if (base64_decode(draft, node->text, &draft->mime) != STATUS_OK)
        return ews_fail(draft->call, EWS_CODE_MIME_BASE64, "MimeContent");
    if (draft->mime.length == 0)
        return ews_fail(draft->call, EWS_CODE_MIME_INVALID, "empty MimeContent");
    draft->has_mime = true;
    return STATUS_OK;
}

static const char *appended_text(struct draft *draft, const char *before, const char *text)
{
    return draft->appending ? talloc_asprintf(draft, "%s%s", before, text) : text;
}

/* HTML is appended before the end of the body element. */
static struct slice appended_html(struct draft *draft, struct slice text)
{
    struct slice before = draft->before != NULL ? bag_bytes(draft->before, PROP_HTML) : (struct slice){ 0 };
    if (!draft->appending || before.length == 0)
        return text;
    size_t at = before.length;
    for (size_t i = before.length; i-- > 0;)
        if (slice_equal_ascii_nocase(slice_part(before, i, 7), slice_of_text("</body>"))) {
            at = i;
            break;
        }
    char *joined = talloc_asprintf(draft, "%.*s%.*s%.*s", (int)at, (const char *)before.data, (int)text.length, (const char *)text.data,
                                   (int)(before.length - at), (const char *)before.data + at);
    return joined != NULL ? slice_of_text(joined) : text;
}

enum status in_body(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    (void)field;
    const char *type = xml_attribute_of(node, "BodyType");
    struct bag *props = draft->message->props;
    if (type != NULL && strcmp(type, "HTML") == 0) {
        TRY(draft_remove(draft, PROP_BODY));
        TRY(draft_remove(draft, PROP_RTF_COMPRESSED));
        return bag_set_bytes(props, PROP_HTML, appended_html(draft, node->text));
    }
    const char *before = draft->before != NULL ? bag_string(draft->before, PROP_BODY, "") : "";
    TRY(draft_remove(draft, PROP_HTML));
    TRY(draft_remove(draft, PROP_RTF_COMPRESSED));
    return bag_set_string(props, PROP_BODY, appended_text(draft, before, xml_text_of(node)));
}

enum status in_text_body(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    if (bag_has(draft->message->props, PROP_HTML))
        return STATUS_OK; /* Body came before and is the richer one */
    return in_body(draft, field, node);
}

enum status in_is_read(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    draft->has_read = true;
    if (!request_parse_bool(xml_text_of(node), &draft->is_read))
        return ews_fail(draft->call, EWS_CODE_PROPERTY_VALUE, "%s", field->uri);
    return STATUS_OK;
}

enum status in_is_associated(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    if (!request_parse_bool(xml_text_of(node), &draft->is_associated))
        return ews_fail(draft->call, EWS_CODE_PROPERTY_VALUE, "%s", field->uri);
    return STATUS_OK;
}

static enum status flag_time(struct draft *draft, const struct xml_node *node, const char *name, prop_tag tag)
{
    instant when;
    const char *text = xml_child_text(node, EWS_NS_TYPES, name);
    if (text == NULL)
        return STATUS_OK;
    if (!instant_parse(text, &when))
        return ews_fail(draft->call, EWS_CODE_PROPERTY_VALUE, "flag %s", name);
    return bag_set_time(draft->message->props, tag, when);
}

/* [MS-OXOFLAG] 2.2.1: a flagged mail has a status, a request text and, when planned, dates; a completed one the time of completion. */
enum status in_flag(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    const char *word = xml_child_text(node, EWS_NS_TYPES, "FlagStatus");
    struct bag *props = draft->message->props;
    if (word == NULL || strcmp(word, "NotFlagged") == 0) {
        static const prop_tag tags[] = { PROP_FLAG_STATUS, PROP_FLAG_REQUEST, PROP_TASK_START_DATE, PROP_TASK_DUE_DATE, PROP_FLAG_COMPLETE_TIME };
        for (size_t i = 0; i < ARRAY_LENGTH(tags); i++)
            TRY(draft_remove(draft, tags[i]));
        return STATUS_OK;
    }
    if (strcmp(word, "Flagged") == 0) {
        TRY(draft_remove(draft, PROP_FLAG_COMPLETE_TIME));
        TRY(bag_set_int32(props, field->tag, FLAG_FLAGGED));
        TRY(bag_set_string(props, PROP_FLAG_REQUEST, "Follow up"));
        TRY(flag_time(draft, node, "StartDate", PROP_TASK_START_DATE));
        return flag_time(draft, node, "DueDate", PROP_TASK_DUE_DATE);
    }
    TRY(bag_set_int32(props, field->tag, FLAG_COMPLETE));
    TRY(bag_set_time(props, PROP_FLAG_COMPLETE_TIME, clock_now()));
    return flag_time(draft, node, "CompleteDate", PROP_FLAG_COMPLETE_TIME);
}

enum status in_dictionary(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    for (const struct xml_node *entry = node->child; entry != NULL; entry = entry->next) {
        const char *key = xml_attribute_of(entry, "Key");
        for (size_t i = 0; key != NULL && i < indexed_count(); i++) {
            const struct indexed_field *row = indexed_at(i);
            if (row->dictionary != field->kind || strcmp(row->index, key) != 0)
                continue;
            TRY(entry->text.length > 0 ? bag_set_string(draft->message->props, row->tag, xml_text_of(entry)) : draft_remove(draft, row->tag));
        }
    }
    return STATUS_OK;
}

enum status in_addresses(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    for (const struct xml_node *entry = node->child; entry != NULL; entry = entry->next) {
        const char *key = xml_attribute_of(entry, "Key");
        for (size_t i = 0; key != NULL && i < indexed_count(); i++) {
            const struct indexed_field *row = indexed_at(i);
            if (row->dictionary != field->kind || strcmp(row->index, key) != 0)
                continue;
            const char *part = xml_child_text(entry, EWS_NS_TYPES, strrchr(row->uri, ':') + 1);
            if (part != NULL)
                TRY(part[0] != '\0' ? bag_set_string(draft->message->props, row->tag, part) : draft_remove(draft, row->tag));
        }
    }
    return STATUS_OK;
}

/* Headers of one's own become named properties of PS_INTERNET_HEADERS, which MIME export writes [MS-OXCMAIL] 2.1.3.2. */
enum status in_headers(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    (void)field;
    for (const struct xml_node *header = node->child; header != NULL; header = header->next) {
        struct ews_path path = { .kind = PATH_EXTENDED, .type = TYPE_STRING, .is_named = true, .node = header,
                                 .name = { .is_string = true, .name = xml_attribute_of(header, "HeaderName") } };
        if (path.name.name == NULL || path.name.name[0] == '\0' || !property_set_guid("PS_INTERNET_HEADERS", &path.name.set))
            return ews_fail(draft->call, EWS_CODE_PROPERTY_VALUE, "header without a name");
        prop_tag known = property_tag_of_name(&path.name);
        path.tag = known;
        TRY(paths_bind(draft->call, &path, 1, &draft->folder, true));
        if (path.tag != 0)
            TRY(bag_set_string(draft->message->props, path.tag, xml_text_of(header)));
    }
    return STATUS_OK;
}
