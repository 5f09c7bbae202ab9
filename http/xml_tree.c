#include "bourse/http/xml_reader.h"

static bool matches(const struct xml_node *node, const char *uri, const char *name)
{
    return strcmp(node->name, name) == 0 && (uri == NULL || strcmp(node->uri, uri) == 0);
}

bool xml_is(const struct xml_node *node, const char *uri, const char *name)
{
    return node != NULL && matches(node, uri, name);
}

static const struct xml_node *first_match(const struct xml_node *node, const char *uri, const char *name)
{
    while (node != NULL && !matches(node, uri, name))
        node = node->next;
    return node;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *uri, const char *name)
{
    return node != NULL ? first_match(node->child, uri, name) : NULL;
}

const struct xml_node *xml_next(const struct xml_node *node, const char *uri, const char *name)
{
    return node != NULL ? first_match(node->next, uri, name) : NULL;
}

size_t xml_child_count(const struct xml_node *node)
{
    size_t count = 0;
    for (const struct xml_node *child = node != NULL ? node->child : NULL; child != NULL; child = child->next)
        count++;
    return count;
}

const char *xml_text_of(const struct xml_node *node)
{
    return node != NULL ? (const char *)node->text.data : "";
}

const char *xml_child_text(const struct xml_node *node, const char *uri, const char *name)
{
    const struct xml_node *child = xml_child(node, uri, name);
    return child != NULL ? xml_text_of(child) : NULL;
}

const char *xml_attribute_ns(const struct xml_node *node, const char *uri, const char *name)
{
    if (node == NULL)
        return NULL;
    for (size_t i = 0; i < node->attribute_count; i++) {
        const struct xml_attribute *attribute = &node->attributes[i];
        if (strcmp(attribute->name, name) == 0 && strcmp(attribute->uri, uri) == 0)
            return attribute->value;
    }
    return NULL;
}

const char *xml_attribute_of(const struct xml_node *node, const char *name)
{
    return xml_attribute_ns(node, "", name);
}
