/* FindFolder [MS-OXWSSRCH] 3.1.4.1 */
#include "folders.h"
#include "paging.h"
#include "query.h"

static enum status find_one(struct ews_call *call, const struct xml_node *node, const struct paging *paging, struct folder_page **out,
                            struct object_id *parent)
{
    int64_t change;
    struct restriction *restriction;
    const char *traversal = xml_attribute_of(call->operation, "Traversal");
    TRY(id_read_folder(call, node, parent, &change));
    TRY(query_restriction(call, xml_child(call->operation, EWS_NS_MESSAGES, "Restriction"), SECTIONS_OF_FOLDERS, parent, &restriction));
    struct folder_query query = { .deep = strcmp(traversal, "Deep") == 0, .soft_deleted = strcmp(traversal, "SoftDeleted") == 0,
                                  .restriction = restriction, .offset = paging->offset, .limit = paging->limit };
    if (paging->kind == PAGING_FRACTION || paging->from_end) {
        query.limit = 1; /* for the total */
        query.offset = 0;
        TRY(folder_find(call->mem, call->session, parent, &query, out));
        query.offset = paging_offset(paging, (*out)->total);
        query.limit = paging->limit;
    }
    return folder_find(call->mem, call->session, parent, &query, out);
}

static enum status write_page(struct ews_call *call, struct ews_shape *shape, const struct paging *paging, const struct folder_page *page,
                              const struct object_id *parent)
{
    TRY(shape_bind(call, shape, parent));
    response_message(call);
    xml_start(call->out, "m:RootFolder");
    paging_write(call, paging, page->next_offset, page->total, page->includes_last);
    xml_start(call->out, "t:Folders");
    for (size_t i = 0; i < page->count; i++)
        TRY(output_folder(call, shape, page->folders[i]));
    xml_end(call->out);
    xml_end(call->out);
    response_message_end(call);
    return STATUS_OK;
}

enum status op_find_folder(struct ews_call *call)
{
    struct ews_shape shape;
    struct paging paging;
    enum status status = shape_parse_folders(call, xml_child(call->operation, EWS_NS_MESSAGES, "FolderShape"), &shape);
    if (call->code == EWS_CODE_SCHEMA_VALIDATION)
        return status;
    if (status == STATUS_OK)
        status = paging_parse(call, call->operation, 0, &paging);
    struct ews_failure failure = ews_keep(call, status);
    TRY(response_begin(call));
    const struct xml_node *parents = xml_child(call->operation, EWS_NS_MESSAGES, "ParentFolderIds");
    for (const struct xml_node *node = parents->child; node != NULL; node = node->next) {
        struct folder_page *page = NULL;
        struct object_id parent;
        status = ews_give(call, &failure);
        if (status == STATUS_OK)
            status = find_one(call, node, &paging, &page, &parent);
        TRY(status == STATUS_OK ? write_page(call, &shape, &paging, page, &parent) : response_error(call, status, NULL));
    }
    return response_end(call);
}
