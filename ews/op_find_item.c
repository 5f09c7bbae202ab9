/* FindItem [MS-OXWSSRCH] 3.1.4.2 */
#include "calendar_windows.h"
#include "items.h"
#include "paging.h"
#include "query.h"
#include "request_check.h"

/* What the request asks for, read once; restrictions and sort orders are read for each folder, as custom names differ between mailboxes. */
struct find_request {
    struct ews_shape shape;
    struct paging paging;
    const struct xml_node *restriction, *sort, *group_by, *calendar_view;
    struct view_window window;
    const char *query_string;
    bool associated, soft_deleted;
};

static enum status read_request(struct ews_call *call, struct find_request *out)
{
    const struct xml_node *operation = call->operation;
    const char *traversal = xml_attribute_of(operation, "Traversal");
    *out = (struct find_request){ .restriction = xml_child(operation, EWS_NS_MESSAGES, "Restriction"),
                                  .sort = xml_child(operation, EWS_NS_MESSAGES, "SortOrder"),
                                  .group_by = xml_child(operation, EWS_NS_MESSAGES, "GroupBy"),
                                  .calendar_view = xml_child(operation, EWS_NS_MESSAGES, "CalendarView"),
                                  .query_string = xml_child_text(operation, EWS_NS_MESSAGES, "QueryString"),
                                  .associated = strcmp(traversal, "Associated") == 0,
                                  .soft_deleted = strcmp(traversal, "SoftDeleted") == 0 };
    TRY(shape_parse_items(call, xml_child(operation, EWS_NS_MESSAGES, "ItemShape"), true, &out->shape));
    if (out->group_by != NULL || xml_child(operation, EWS_NS_MESSAGES, "DistinguishedGroupBy") != NULL)
        return ews_fail_text(call, EWS_CODE_VIEW_NOT_OFFERED, "This server does not group items.");
    if (out->calendar_view != NULL) {
        if (out->restriction != NULL || out->query_string != NULL || out->sort != NULL)
            return ews_fail(call, EWS_CODE_VIEW_QUERY, "CalendarView");
        out->window.window.parts = shape_parts(&out->shape);
        return calendar_window_parse(call, out->calendar_view, &out->window);
    }
    if (out->restriction != NULL && out->query_string != NULL)
        return ews_fail(call, EWS_CODE_QUERY_FILTER, "Restriction and QueryString");
    TRY(paging_parse(call, operation, (size_t)config_int(call->config, CONFIG_ews_find_page), &out->paging));
    if (out->paging.kind == PAGING_CONDITION)
        return ews_fail_text(call, EWS_CODE_VIEW_NOT_OFFERED, "This server does not seek to a condition.");
    return STATUS_OK;
}

static enum status read_query(struct ews_call *call, const struct find_request *request, const struct object_id *folder, struct find_query *out)
{
    struct restriction *restriction = NULL;
    struct sort_key *sort = NULL;
    *out = (struct find_query){ .associated = request->associated, .soft_deleted = request->soft_deleted, .offset = request->paging.offset,
                                .from_end = request->paging.from_end, .limit = request->paging.limit, .parts = shape_parts(&request->shape) };
    TRY(query_restriction(call, request->restriction, ~(unsigned)SECTIONS_OF_FOLDERS, folder, &restriction));
    if (request->query_string != NULL)
        TRY(query_string(call->mem, request->query_string, &restriction, &out->words));
    out->restriction = restriction;
    if (request->sort != NULL)
        TRY(query_sort(call, request->sort, folder, &sort, &out->sort_count));
    out->sort = sort;
    return STATUS_OK;
}

static enum status find_one(struct ews_call *call, const struct find_request *request, const struct xml_node *node, struct object_id *folder,
                            struct item_page **out)
{
    int64_t change;
    struct find_query query;
    TRY(id_read_folder(call, node, folder, &change));
    if (request->calendar_view != NULL)
        return calendar_window_find(call, folder, &request->window, out);
    TRY(read_query(call, request, folder, &query));
    if (request->paging.kind == PAGING_FRACTION) {
        struct find_query count = query;
        count.limit = 1;
        count.parts = 0;
        TRY(item_find(call->mem, call->session, folder, &count, out));
        query.offset = paging_offset(&request->paging, (*out)->total);
    }
    return item_find(call->mem, call->session, folder, &query, out);
}

static enum status write_page(struct ews_call *call, struct find_request *request, const struct object_id *folder, const struct item_page *page)
{
    TRY(shape_bind(call, &request->shape, folder));
    response_message(call);
    xml_start(call->out, "m:RootFolder");
    paging_write(call, &request->paging, page->next_offset, page->total, page->includes_last);
    xml_start(call->out, "t:Items");
    for (size_t i = 0; i < page->count; i++)
        TRY(output_item(call, &request->shape, page->items[i]));
    xml_end(call->out);
    xml_end(call->out);
    response_message_end(call);
    return STATUS_OK;
}

enum status op_find_item(struct ews_call *call)
{
    struct find_request request;
    enum status status = read_request(call, &request);
    if (call->code == EWS_CODE_SCHEMA_VALIDATION)
        return status;
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_begin(call));
    const struct xml_node *parents = xml_child(call->operation, EWS_NS_MESSAGES, "ParentFolderIds");
    for (const struct xml_node *node = parents->child; node != NULL; node = node->next) {
        struct item_page *page = NULL;
        struct object_id folder;
        status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = ews_recode(call, find_one(call, &request, node, &folder, &page), STATUS_INVALID_PROPERTY, EWS_CODE_PATH_FOR_SORT);
        TRY(status == STATUS_OK ? write_page(call, &request, &folder, page) : response_error(call, status, NULL));
    }
    return response_end(call);
}
