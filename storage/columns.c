#include "columns.h"

#include "bourse/model/properties.h"
#include "folder_private.h"

/* PidTagMessageFlags bits that other columns say [MS-OXCMSG] 2.2.1.6. */
#define FLAG_READ 0x1u
#define FLAG_HAS_ATTACHMENT 0x10u
#define FLAG_ASSOCIATED 0x40u
#define FLAGS_COMPUTED (FLAG_READ | FLAG_HAS_ATTACHMENT | FLAG_ASSOCIATED)

enum { AS_INT2, AS_INT4, AS_TIME, AS_TEXT, AS_BYTES };

struct column_property {
    prop_tag tag;
    int kind;
    size_t in; /* member of struct sql_message_insert_in */
    size_t row; /* member of struct item_row */
    const char *sql;
};

static const struct column_property properties[] = {
#define COLUMN_PROPERTY(property, kind, member, row_member, sql) \
    { (prop_tag)PROP_##property, kind, offsetof(struct sql_message_insert_in, member), offsetof(struct item_row, row_member), sql },
#include "columns.def"
#undef COLUMN_PROPERTY
};

const char *column_of_property(prop_tag tag, enum column_kind *kind)
{
    static const struct {
        prop_tag tag;
        enum column_kind kind;
        const char *sql;
    } others[] = {
        { (prop_tag)PROP_MESSAGE_SIZE, COLUMN_NUMBER, "m.size" },
        { (prop_tag)PROP_HAS_ATTACHMENTS, COLUMN_BOOLEAN, "m.has_attachments" },
        { (prop_tag)PROP_READ, COLUMN_BOOLEAN, "m.is_read" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        if (others[i].tag == tag) {
            *kind = others[i].kind;
            return others[i].sql;
        }
    for (size_t i = 0; i < ARRAY_LENGTH(properties); i++)
        if (properties[i].tag == tag) {
            *kind = properties[i].kind == AS_TEXT ? COLUMN_STRING : properties[i].kind == AS_BYTES ? COLUMN_BINARY : COLUMN_NUMBER;
            return properties[i].sql;
        }
    return NULL;
}

static void put(struct sql_message_insert_in *row, const struct column_property *property, const struct bag *bag)
{
    char *field = (char *)row + property->in;
    switch (property->kind) {
    case AS_INT2:
        *(int16_t *)(void *)field = (int16_t)bag_int32(bag, property->tag, 0);
        break;
    case AS_INT4:
        *(int32_t *)(void *)field = bag_int32(bag, property->tag, 0);
        break;
    case AS_TIME:
        *(int64_t *)(void *)field = bag_time(bag, property->tag, 0);
        break;
    case AS_TEXT:
        *(const char **)(void *)field = bag_string(bag, property->tag, "");
        break;
    default:
        *(struct slice *)(void *)field = bag_bytes(bag, property->tag);
    }
}

static enum status put_categories(TALLOC_CTX *mem, const struct bag *bag, struct sql_texts *out)
{
    const struct value *value = bag_get(bag, (prop_tag)PROP_KEYWORDS);
    *out = (struct sql_texts){ 0 };
    if (value == NULL || value->form != VALUE_INLINE)
        return STATUS_OK;
    const char **items = talloc_array(mem, const char *, (unsigned)value->multiple.count + 1);
    if (items == NULL)
        return status_fail(STATUS_NO_MEMORY, "categories");
    for (size_t i = 0; i < value->multiple.count; i++)
        items[i] = value_text(&value->multiple.elements[i]);
    *out = (struct sql_texts){ items, value->multiple.count };
    return STATUS_OK;
}

int64_t internet_id_hash(const char *message_id)
{
    struct slice trimmed = slice_trim(slice_of_text(message_id));
    if (trimmed.length == 0)
        return 0;
    int64_t hash = hash_short(hash_sha256(trimmed));
    return hash != 0 ? hash : 1;
}

enum status columns_from_bag(TALLOC_CTX *mem, const struct bag *bag, struct sql_message_insert_in *row)
{
    for (size_t i = 0; i < ARRAY_LENGTH(properties); i++)
        put(row, &properties[i], bag);
    TRY(put_categories(mem, bag, &row->categories));
    if (!bag_has(bag, (prop_tag)PROP_IMPORTANCE))
        row->importance = 1; /* normal [MS-OXCMSG] 2.2.1.11 */
    if (row->message_class[0] == '\0')
        row->message_class = "IPM.Note";
    if (row->normalized_subject[0] == '\0')
        row->normalized_subject = row->subject;
    if (strcmp(row->conversation_topic, row->normalized_subject) == 0)
        row->conversation_topic = NULL; /* the usual case, not stored twice */
    if (row->conversation.data == NULL)
        row->conversation = slice_of("", 0);
    row->flags = (int32_t)((uint32_t)bag_int32(bag, (prop_tag)PROP_MESSAGE_FLAGS, 0) & ~FLAGS_COMPUTED);
    row->message_id_hash = internet_id_hash(row->internet_message_id);
    row->is_read = bag_bool(bag, (prop_tag)PROP_READ, false);
    return STATUS_OK;
}

bool property_is_in_column(prop_tag tag)
{
    static const prop_tag others[] = { (prop_tag)PROP_KEYWORDS, (prop_tag)PROP_MESSAGE_FLAGS, (prop_tag)PROP_MESSAGE_SIZE,
                                       (prop_tag)PROP_HAS_ATTACHMENTS, (prop_tag)PROP_READ };
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        if (prop_id(others[i]) == prop_id(tag))
            return true;
    for (size_t i = 0; i < ARRAY_LENGTH(properties); i++)
        if (prop_id(properties[i].tag) == prop_id(tag))
            return true;
    return false;
}

static const char *const no_texts[] = { NULL };

void row_from_sql(const struct sql_rows_read_out *sql, struct item_row *row)
{
    *row = (struct item_row){
        .item = sql->item, .folder = sql->folder, .cn = sql->cn, .read_cn = sql->read_cn, .uid = (uint32_t)sql->uid, .is_fai = sql->fai,
        .is_read = sql->is_read, .has_attachments = sql->has_attachments, .is_soft_deleted = sql->state == 1,
        .deleted_from = sql->deleted_from, .deleted_at = sql->deleted_at, .size = (uint64_t)sql->size, .importance = sql->importance,
        .sensitivity = sql->sensitivity, .icon_index = sql->icon_index, .flag_status = sql->flag_status, .delivered = sql->delivered,
        .submitted = sql->submitted, .modified = sql->modified, .created = sql->created, .message_class = sql->message_class,
        .subject = sql->subject, .normalized_subject = sql->normalized_subject, .from_name = sql->from_name,
        .from_address = sql->from_address, .from_smtp = sql->from_smtp, .display_to = sql->display_to, .display_cc = sql->display_cc,
        .internet_message_id = sql->internet_message_id,
        .conversation_topic = sql->conversation_topic != NULL ? sql->conversation_topic : sql->normalized_subject,
        .categories = sql->categories.items != NULL ? sql->categories.items : no_texts,
        .keywords = sql->keywords.items != NULL ? sql->keywords.items : no_texts, .conversation_id = sql->conversation,
        .conversation_index = sql->conversation_index, .mime_blob = sql->mime_blob, .mime_mirrors = sql->mime_mirrors,
        .mime_has_content = sql->mime_content, .mime_is_signed = sql->mime_signed, .preview = "",
    };
    row->message_flags = ((uint32_t)sql->flags & ~FLAGS_COMPUTED) | (sql->is_read ? FLAG_READ : 0) |
                         (sql->has_attachments ? FLAG_HAS_ATTACHMENT : 0) | (sql->fai ? FLAG_ASSOCIATED : 0);
}

static enum status get(const struct item_row *row, const struct column_property *property, struct bag *bag)
{
    const char *field = (const char *)row + property->row;
    switch (property->kind) {
    case AS_INT2:
    case AS_INT4:
        return bag_set_int32(bag, property->tag, *(const int32_t *)(const void *)field);
    case AS_TIME: {
        instant when = *(const instant *)(const void *)field;
        return when != 0 ? bag_set_time(bag, property->tag, when) : STATUS_OK;
    }
    case AS_TEXT: {
        const char *text = *(const char *const *)(const void *)field;
        return text[0] != '\0' ? bag_set_string(bag, property->tag, text) : STATUS_OK;
    }
    default: {
        struct slice bytes = *(const struct slice *)(const void *)field;
        return bytes.length > 0 ? bag_set_bytes(bag, property->tag, bytes) : STATUS_OK;
    }
    }
}

static size_t count_texts(const char *const *texts)
{
    size_t count = 0;
    while (texts[count] != NULL)
        count++;
    return count;
}

enum status store_row_properties(const struct item_row *row, struct bag *bag)
{
    for (size_t i = 0; i < ARRAY_LENGTH(properties); i++)
        TRY(get(row, &properties[i], bag));
    TRY(bag_set_string(bag, (prop_tag)PROP_SUBJECT, row->subject)); /* set even when it is empty */
    TRY(bag_set_bool(bag, (prop_tag)PROP_READ, row->is_read));
    TRY(bag_set_bool(bag, (prop_tag)PROP_HAS_ATTACHMENTS, row->has_attachments));
    TRY(bag_set_int32(bag, (prop_tag)PROP_MESSAGE_FLAGS, (int32_t)row->message_flags));
    TRY(bag_set_int32(bag, (prop_tag)PROP_MESSAGE_SIZE, row->size > INT32_MAX ? INT32_MAX : (int32_t)row->size));
    if (row->preview[0] != '\0')
        TRY(bag_set_string(bag, STORE_PROP_PREVIEW, row->preview));
    size_t categories = count_texts(row->categories);
    return categories > 0 ? bag_set_strings(bag, (prop_tag)PROP_KEYWORDS, row->categories, categories) : STATUS_OK;
}
