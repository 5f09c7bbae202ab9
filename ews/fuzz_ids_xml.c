/* Ids and property paths: each element of the document is read as an item id, an attachment id, a path, and its attributes as ids in all forms. */
#include "convert.h"
#include "ids.h"
#include "one_off.h"
#include "paths.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_node(struct ews_call *call, const struct xml_node *node)
{
    struct object_id id;
    struct ews_path path;
    int64_t change;
    enum status status = id_read_item(call, node, &id, &change);
    status = id_read_attachment(call, node, &id);
    status = path_parse(call, node, ~0u, &path);
    for (size_t i = 0; i < node->attribute_count; i++)
        for (int format = ID_EWS_LEGACY; format <= ID_OWA; format++)
            status = id_format_parse(call, (enum id_format)format, node->attributes[i].value, &id);
    (void)status;
    status_chain_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ews_call *call = talloc_zero(NULL, struct ews_call);
    const struct xml_node *root;
    struct one_off *entries;
    size_t count;
    call->mem = call;
    if (xml_parse(call, slice_of(data, size), NULL, &root) == STATUS_OK) {
        read_node(call, root);
        for (const struct xml_node *node = root->child; node != NULL; node = node->next)
            read_node(call, node);
    }
    if (flat_entry_list_parse(call, slice_of(data, size), &entries, &count) != STATUS_OK)
        status_chain_clear();
    talloc_free(call);
    return 0;
}
