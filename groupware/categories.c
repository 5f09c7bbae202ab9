/* The category list as a configuration item of the calendar folder. */
#include "bourse/groupware/categories.h"

#include "bourse/base/memory.h"
#include "bourse/groupware/find.h"
#include "bourse/model/properties.h"

#define CATEGORY_CLASS "IPM.Configuration.CategoryList"
enum { LIST_CAP = 4 * 1024 * 1024, ROAMING_HAS_XML = 2 /* [MS-OXOCFG] 2.2.2.1 */ };

/* What Outlook begins with; the user renames each at its first use. */
static const struct category defaults[] = {
    { .name = "Red Category", .colour = 0, .rename_on_first_use = true },   { .name = "Orange Category", .colour = 1, .rename_on_first_use = true },
    { .name = "Yellow Category", .colour = 3, .rename_on_first_use = true }, { .name = "Green Category", .colour = 4, .rename_on_first_use = true },
    { .name = "Blue Category", .colour = 7, .rename_on_first_use = true },  { .name = "Purple Category", .colour = 8, .rename_on_first_use = true },
};

static enum status default_list(TALLOC_CTX *mem, struct category_list **out)
{
    struct category_list *list = talloc_zero(mem, struct category_list);
    if (list != NULL)
        list->categories = talloc_memdup(list, defaults, sizeof defaults);
    if (list == NULL || list->categories == NULL)
        return status_fail(STATUS_NO_MEMORY, "categories");
    list->default_name = defaults[0].name;
    list->count = ARRAY_LENGTH(defaults);
    *out = list;
    return STATUS_OK;
}

/* The newest one; *item NULL when there is none. */
static enum status find_item(TALLOC_CTX *mem, struct session *session, const struct object_id *calendar, struct item **item)
{
    struct restriction *restriction = restriction_new(mem, RESTRICT_PROPERTY);
    struct item_page *page = NULL;
    *item = NULL;
    if (restriction == NULL)
        return status_fail(STATUS_NO_MEMORY, "restriction");
    restriction->tag = PROP_MESSAGE_CLASS;
    restriction->relation = REL_EQUAL;
    restriction->value = value_string(PROP_MESSAGE_CLASS, CATEGORY_CLASS);
    struct find_query query = { .restriction = restriction, .associated = true, .limit = 1, .parts = ITEM_PROPERTIES };
    TRY(item_find(mem, session, calendar, &query, &page));
    return page->count > 0 ? item_get(mem, session, &page->items[0]->id, ITEM_PROPERTIES | ITEM_BODIES, item) : STATUS_OK;
}

enum status categories_get(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct category_list **out)
{
    struct object_id calendar;
    struct item *item = NULL;
    TRY(folder_id_of_role(session, mailbox, FOLDER_ROLE_CALENDAR, &calendar));
    TRY(find_item(mem, session, &calendar, &item));
    struct slice xml = item != NULL ? bag_bytes(item->message->props, PROP_ROAMING_XML_STREAM) : slice_of(NULL, 0);
    return xml.length > 0 ? categories_parse(mem, xml, out) : default_list(mem, out);
}

static enum status make_props(TALLOC_CTX *mem, const struct category_list *list, struct bag **out)
{
    struct category_list copy = *list;
    struct buffer *xml = buffer_new(mem, LIST_CAP);
    *out = bag_new(mem);
    copy.categories = talloc_memdup(mem, list->categories, sizeof *list->categories * list->count);
    if (xml == NULL || *out == NULL || (list->count > 0 && copy.categories == NULL))
        return status_fail(STATUS_NO_MEMORY, "categories");
    copy.saved = clock_now();
    for (size_t i = 0; i < copy.count; i++)
        if (guid_is_zero(copy.categories[i].id))
            copy.categories[i].id = guid_new();
    TRY(categories_write(&copy, xml));
    TRY(bag_set_string(*out, PROP_MESSAGE_CLASS, CATEGORY_CLASS));
    TRY(bag_set_string(*out, PROP_SUBJECT, CATEGORY_CLASS));
    TRY(bag_set_int32(*out, PROP_ROAMING_DATATYPES, ROAMING_HAS_XML));
    return bag_set_bytes(*out, PROP_ROAMING_XML_STREAM, buffer_slice(xml));
}

static enum status save(TALLOC_CTX *mem, struct session *session, struct guid mailbox, const struct category_list *list)
{
    struct object_id calendar;
    struct item *item = NULL, *saved = NULL;
    struct bag *props = NULL;
    TRY(make_props(mem, list, &props));
    TRY(folder_id_of_role(session, mailbox, FOLDER_ROLE_CALENDAR, &calendar));
    TRY(find_item(mem, session, &calendar, &item));
    if (item != NULL) {
        struct item_change change = { .set = props };
        return item_update(mem, session, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &change, &saved);
    }
    struct message *message = message_new(mem);
    struct item_create_options options = { .is_associated = true, .is_read = true };
    if (message == NULL)
        return status_fail(STATUS_NO_MEMORY, "categories");
    TRY(bag_merge(message->props, props));
    return item_create(mem, session, &calendar, message, &options, &saved);
}

enum status categories_set(struct session *session, struct guid mailbox, const struct category_list *list)
{
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = save(mem, session, mailbox, list);
    talloc_free(mem);
    return status;
}
