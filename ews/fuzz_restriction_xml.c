/* A Restriction element, or, when the bytes are no XML, a query string. */
#include "query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ews_call *call = talloc_zero(NULL, struct ews_call);
    const struct xml_node *root;
    struct restriction *restriction = NULL;
    struct object_id folder = { .kind = OBJECT_FOLDER, .folder = 1 };
    const char *words;
    call->mem = call;
    enum status status = xml_parse(call, slice_of(data, size), NULL, &root);
    /* Custom names need a store: documents that have them are read up to there. */
    if (status == STATUS_OK && memmem(data, size, "PropertySet", 11) == NULL)
        status = query_restriction(call, root, ~0u, &folder, &restriction);
    char *text = talloc_strndup(call, (const char *)data, size);
    if (text != NULL && status != STATUS_OK)
        status = query_string(call, text, &restriction, &words);
    status_chain_clear();
    talloc_free(call);
    return 0;
}
