#include <stdlib.h>

#include "bourse/http/xml_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every node that the limits promise, no more. */
static size_t count(const struct xml_node *node, size_t depth, const struct xml_limits *limits)
{
    size_t nodes = 1;
    if (depth > limits->depth || node->attribute_count > limits->attributes || node->text.data[node->text.length] != 0)
        abort();
    for (const struct xml_node *child = node->child; child != NULL; child = child->next)
        nodes += count(child, depth + 1, limits);
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xml_limits limits = { .depth = 8, .attributes = 8, .nodes = 200 };
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct xml_node *root = NULL;
    status_chain_clear();
    if (xml_parse(mem, slice_of(data, size), &limits, &root) == STATUS_OK && count(root, 0, &limits) > limits.nodes)
        abort();
    talloc_free(mem);
    return 0;
}
