/* Search [MS-ASCMD] 2.2.1.16: mailbox and address book. There is no document library here. */
#include "bourse/base/memory.h"
#include "body.h"
#include "class.h"
#include "hierarchy.h"
#include "search.h"

/* [MS-ASCMD] 2.2.3.177.13 */
enum { SEARCH_OK = 1, SEARCH_BAD = 2, SEARCH_SERVER = 3, SEARCH_NO_LIBRARY = 13, SEARCH_TOO_COMPLEX = 8, SEARCH_HIERARCHY = 11, SEARCH_PAST_END = 12 };
enum { VALUES_MOST = 100, GAL_TEXT_LEAST = 1 };

struct search {
    struct eas_call *call;
    const struct wbxml_node *query, *options;
    struct eas_range range;
    struct eas_picture_options pictures;
    int status;                     /* of the store; 0: goes on */
};

/* ---- the answer ---- */

static void begin_store(struct search *search, int status)
{
    struct wbxml_writer *out = search->call->out;
    wbxml_start(out, Search_Search);
    wbxml_element_int(out, Search_Status, SEARCH_OK);
    wbxml_start(out, Search_Response);
    wbxml_start(out, Search_Store);
    wbxml_element_int(out, Search_Status, status);
}

static void end_store(struct search *search, size_t count, size_t total)
{
    struct wbxml_writer *out = search->call->out;
    if (count == 0)
        wbxml_element(out, Search_Result, "");
    if (count > 0) {
        wbxml_element(out, Search_Range, eas_range_text(search->call->mem, search->range.first, count));
        wbxml_element_int(out, Search_Total, (int64_t)total);
    }
    while (wbxml_depth(out) > 0)
        wbxml_end(out);
}

static enum status answer_status(struct search *search, int status)
{
    begin_store(search, status);
    while (wbxml_depth(search->call->out) > 0)
        wbxml_end(search->call->out);
    return STATUS_OK;
}

/* ---- mailbox ---- */

static enum status read_time(struct search *search, const struct wbxml_node *node, instant *out)
{
    const char *text = wbxml_child_text(search->call->mem, node, Search_Value);
    if (node == NULL)
        return STATUS_OK;
    if (wbxml_child(node, Email_DateReceived) == NULL || text == NULL || !eas_time_parse(text, out))
        search->status = SEARCH_BAD;
    return STATUS_OK;
}

struct lists {
    int64_t folders[VALUES_MOST];
    const char *classes[VALUES_MOST];
};

static void read_lists(struct search *search, const struct wbxml_node *and, struct lists *lists, struct eas_item_search *out)
{
    for (const struct wbxml_node *node = and != NULL ? and->child : NULL; node != NULL; node = node->next) {
        const char *text = wbxml_text(search->call->mem, node);
        if (node->tag == Search_Or || node->tag == Search_And || node->tag == Search_EqualTo)
            search->status = SEARCH_TOO_COMPLEX;
        if (node->tag == AirSync_Class && text != NULL && out->class_count < VALUES_MOST)
            lists->classes[out->class_count++] = text;
        if (node->tag == AirSync_CollectionId && out->folder_count < VALUES_MOST && !eas_folder_id_parse(text, &lists->folders[out->folder_count++]))
            search->status = SEARCH_HIERARCHY;
    }
    for (size_t i = 0; i < out->class_count; i++)
        if (eas_class_find(out->classes[i]) == NULL)
            search->status = SEARCH_BAD;
    if (out->folder_count == 1 && lists->folders[0] == 0) /* "0": the whole mailbox */
        out->folder_count = 0;
}

static enum status read_mailbox_query(struct search *search, struct lists *lists, struct eas_item_search *out)
{
    const struct wbxml_node *and = wbxml_child(search->query, Search_And), *conversation = NULL;
    if (and == NULL)
        and = search->query;
    conversation = wbxml_child(and, Search_ConversationId);
    *out = (struct eas_item_search){ .words = wbxml_child_text(search->call->mem, and, Search_FreeText), .folders = lists->folders, .classes = lists->classes,
                                     .deep = wbxml_child_bool(search->options, Search_DeepTraversal, false), .range = search->range };
    if (conversation != NULL)
        out->conversation = conversation->text;
    read_lists(search, and, lists, out);
    TRY(read_time(search, wbxml_child(and, Search_GreaterThan), &out->after));
    TRY(read_time(search, wbxml_child(and, Search_LessThan), &out->before));
    bool has_words = out->words != NULL && *out->words != '\0';
    if (!has_words && out->after == 0 && out->before == 0 && out->conversation.length == 0)
        search->status = search->status != 0 ? search->status : SEARCH_BAD;
    return STATUS_OK;
}

static enum status write_item(struct search *search, const struct item *column, const struct eas_options *options)
{
    struct eas_call *call = search->call;
    struct item *item = NULL;
    const struct eas_class *item_class = eas_class_find(eas_class_of_item(column));
    enum status status = item_get(call->mem, call->session, &column->id, ITEM_ALL, &item);
    if (item_class == NULL || status == STATUS_ITEM_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    wbxml_start(call->out, Search_Result);
    wbxml_element(call->out, AirSync_Class, item_class->name);
    wbxml_element(call->out, Search_LongId, object_id_text(call->mem, &item->id));
    wbxml_element_int(call->out, AirSync_CollectionId, item->id.folder);
    wbxml_start(call->out, Search_Properties);
    TRY(item_class->write(call, call->out, item, options));
    wbxml_end(call->out);
    wbxml_end(call->out);
    return STATUS_OK;
}

static enum status search_mailbox(struct search *search)
{
    struct lists *lists = talloc_zero(search->call->mem, struct lists);
    struct eas_item_search wanted;
    struct eas_options options;
    struct eas_found found;
    if (lists == NULL)
        return status_fail(STATUS_NO_MEMORY, "search");
    TRY(read_mailbox_query(search, lists, &wanted));
    if (search->status != 0)
        return answer_status(search, search->status);
    eas_options_default(&options);
    if (eas_options_read(search->call, search->options, NULL, &options) != STATUS_OK)
        return answer_status(search, SEARCH_BAD);
    enum status status = eas_search_items(search->call, &wanted, &found);
    if (status == STATUS_FOLDER_NOT_FOUND)
        return answer_status(search, SEARCH_HIERARCHY);
    TRY(status);
    if (found.count == 0 && found.total > 0)
        return answer_status(search, SEARCH_PAST_END);
    begin_store(search, SEARCH_OK);
    for (size_t i = 0; i < found.count; i++)
        TRY(write_item(search, found.items[i], &options));
    end_store(search, found.count, found.total);
    return STATUS_OK;
}

/* ---- address book ---- */

static enum status search_people(struct search *search)
{
    struct eas_call *call = search->call;
    const char *text = wbxml_text(call->mem, search->query);
    struct person *people = NULL;
    size_t count = 0;
    bool more = false;
    if (text == NULL || strlen(text) < GAL_TEXT_LEAST)
        return answer_status(search, SEARCH_BAD);
    enum status status = people_resolve(call->mem, call->session, text, true, false, search->range.last + 1, &people, &count, &more);
    if (status != STATUS_NAME_NOT_FOUND)
        TRY(status);
    if (status == STATUS_OK && count <= search->range.first)
        return answer_status(search, SEARCH_PAST_END);
    begin_store(search, SEARCH_OK);
    size_t end = search->range.last + 1 < count ? search->range.last + 1 : count;
    for (size_t i = search->range.first; i < end; i++) {
        wbxml_start(call->out, Search_Result);
        wbxml_start(call->out, Search_Properties);
        TRY(eas_person_write(call, &people[i], &search->pictures));
        wbxml_end(call->out);
        wbxml_end(call->out);
    }
    end_store(search, end > search->range.first ? end - search->range.first : 0, more ? count + 1 : count);
    return STATUS_OK;
}

enum status cmd_search(struct eas_call *call)
{
    static const struct {
        const char *name;
        enum status (*run)(struct search *search);
    } stores[] = { { "Mailbox", search_mailbox }, { "GAL", search_people } };
    const struct wbxml_node *store = wbxml_child(call->body, Search_Store);
    const char *name = wbxml_child_text(call->mem, store, Search_Name);
    struct search search = { .call = call, .query = wbxml_child(store, Search_Query), .options = wbxml_child(store, Search_Options) };
    if (name == NULL || search.query == NULL)
        return answer_status(&search, SEARCH_BAD);
    eas_picture_options_read(wbxml_child(search.options, Search_Picture), Search_MaxSize, Search_MaxPictures, &search.pictures);
    if (!eas_range_parse(wbxml_child_text(call->mem, search.options, Search_Range), &search.range))
        return answer_status(&search, SEARCH_BAD);
    for (size_t i = 0; i < ARRAY_LENGTH(stores); i++)
        if (strcasecmp(stores[i].name, name) == 0)
            return stores[i].run(&search);
    return answer_status(&search, strcasecmp(name, "DocumentLibrary") == 0 ? SEARCH_NO_LIBRARY : SEARCH_BAD);
}
