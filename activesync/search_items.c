/* Items of several folders that match, newest first. */
#include <stdlib.h>

#include "bourse/groupware/find.h"
#include "bourse/model/properties.h"
#include "bourse/model/restriction.h"
#include "hierarchy.h"
#include "search.h"

static const struct {
    const char *message_class; /* prefix */
    const char *name;
} classes[] = {
    { "IPM.Appointment", "Calendar" }, { "IPM.Contact", "Contacts" }, { "IPM.Task", "Tasks" }, { "IPM.StickyNote", "Notes" },
    { "IPM.Note", "Email" }, { "IPM.Schedule", "Email" }, { "IPM.TaskRequest", "Email" }, { "REPORT", "Email" }, { "IPM.Post", "Email" },
};

const char *eas_class_of_item(const struct item *item)
{
    const char *message_class = bag_string(item->message->props, PROP_MESSAGE_CLASS, "IPM.Note");
    for (size_t i = 0; i < ARRAY_LENGTH(classes); i++)
        if (strncasecmp(message_class, classes[i].message_class, strlen(classes[i].message_class)) == 0)
            return classes[i].name;
    return NULL;
}

static bool parse_number(const char **text, size_t *out)
{
    size_t digits = 0;
    *out = 0;
    for (; **text >= '0' && **text <= '9' && digits < 4; (*text)++, digits++)
        *out = *out * 10 + (size_t)(**text - '0');
    return digits > 0 && digits < 4;
}

bool eas_range_parse(const char *text, struct eas_range *out)
{
    *out = (struct eas_range){ .last = 99 };
    if (text == NULL)
        return true;
    if (!parse_number(&text, &out->first) || *text++ != '-' || !parse_number(&text, &out->last))
        return false;
    return *text == '\0' && out->first <= out->last && out->last < EAS_SEARCH_MOST;
}

char *eas_range_text(TALLOC_CTX *mem, size_t first, size_t count)
{
    return talloc_asprintf(mem, "%zu-%zu", first, count > 0 ? first + count - 1 : first);
}

/* ---- which folders ---- */

static bool is_named(const struct eas_hierarchy *tree, const struct eas_folder *folder, const struct eas_item_search *search)
{
    if (search->folder_count == 0)
        return true;
    for (size_t steps = 0; folder != NULL && steps <= tree->count; steps++) {
        for (size_t i = 0; i < search->folder_count; i++)
            if (search->folders[i] == folder->id)
                return true;
        folder = search->deep ? eas_hierarchy_find(tree, folder->parent) : NULL;
    }
    return false;
}

static bool is_class_wanted(const struct eas_item_search *search, const char *name)
{
    for (size_t i = 0; name != NULL && i < search->class_count; i++)
        if (strcmp(search->classes[i], name) == 0)
            return true;
    return name != NULL && search->class_count == 0;
}

static enum status check_folders(const struct eas_hierarchy *tree, const struct eas_item_search *search)
{
    for (size_t i = 0; i < search->folder_count; i++)
        if (search->folders[i] != 0 && eas_hierarchy_find(tree, search->folders[i]) == NULL)
            return status_fail(STATUS_FOLDER_NOT_FOUND, "folder %lld", (long long)search->folders[i]);
    return STATUS_OK;
}

/* ---- what matches ---- */

static enum status add_condition(struct restriction *all, prop_tag tag, enum relation relation, struct value value)
{
    struct restriction *one = restriction_new(all, RESTRICT_PROPERTY);
    if (one == NULL)
        return status_fail(STATUS_NO_MEMORY, "search");
    one->tag = tag;
    one->relation = relation;
    one->value = value;
    return restriction_add_child(all, one);
}

static enum status make_restriction(TALLOC_CTX *mem, const struct eas_item_search *search, struct restriction **out)
{
    struct restriction *all = restriction_new(mem, RESTRICT_AND);
    *out = NULL;
    if (all == NULL)
        return status_fail(STATUS_NO_MEMORY, "search");
    if (search->after != 0)
        TRY(add_condition(all, PROP_MESSAGE_DELIVERY_TIME, REL_GREATER, value_time(PROP_MESSAGE_DELIVERY_TIME, search->after)));
    if (search->before != 0)
        TRY(add_condition(all, PROP_MESSAGE_DELIVERY_TIME, REL_LESS, value_time(PROP_MESSAGE_DELIVERY_TIME, search->before)));
    if (search->conversation.length > 0)
        TRY(add_condition(all, PROP_CONVERSATION_ID, REL_EQUAL, value_bytes(PROP_CONVERSATION_ID, search->conversation)));
    *out = all->child_count > 0 ? all : NULL;
    return STATUS_OK;
}

static int newest_first(const void *a, const void *b)
{
    const struct item *left = *(struct item *const *)a, *right = *(struct item *const *)b;
    instant one = left->received != 0 ? left->received : left->created, two = right->received != 0 ? right->received : right->created;
    return one < two ? 1 : one > two ? -1 : left->id.item < right->id.item ? 1 : left->id.item > right->id.item ? -1 : 0;
}

static enum status add_folder(struct eas_call *call, const struct eas_folder *folder, const struct eas_item_search *search, const struct find_query *query,
                              struct eas_found *out)
{
    struct object_id id = eas_folder_object(call, folder->id);
    struct item_page *page = NULL;
    TRY(item_find(call->mem, call->session, &id, query, &page));
    out->items = talloc_realloc(call->mem, out->items, struct item *, (unsigned)(out->count + page->count + 1));
    if (out->items == NULL)
        return status_fail(STATUS_NO_MEMORY, "search");
    out->total += page->total;
    for (size_t i = 0; i < page->count; i++)
        if (is_class_wanted(search, eas_class_of_item(page->items[i])))
            out->items[out->count++] = page->items[i];
        else
            out->total--;
    return STATUS_OK;
}

static void cut_to_range(struct eas_found *found, const struct eas_range *range)
{
    if (found->count > 1)
        qsort(found->items, found->count, sizeof *found->items, newest_first);
    size_t end = range->last + 1 < found->count ? range->last + 1 : found->count;
    size_t begin = range->first < end ? range->first : end;
    found->items += begin;
    found->count = end - begin;
}

enum status eas_search_items(struct eas_call *call, const struct eas_item_search *search, struct eas_found *out)
{
    struct eas_hierarchy tree;
    struct restriction *restriction = NULL;
    *out = (struct eas_found){ 0 };
    TRY(eas_hierarchy_read(call, &tree));
    TRY(check_folders(&tree, search));
    TRY(make_restriction(call->mem, search, &restriction));
    struct find_query query = { .restriction = restriction, .words = search->words, .limit = search->range.last + 1, .parts = 0 };
    for (size_t i = 0; i < tree.count; i++) {
        const struct eas_folder *folder = &tree.folders[i];
        if (is_named(&tree, folder, search) && is_class_wanted(search, eas_item_class_of_type(folder->type)))
            TRY(add_folder(call, folder, search, &query, out));
    }
    cut_to_range(out, &search->range);
    return STATUS_OK;
}
