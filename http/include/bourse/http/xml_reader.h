/* XML input -> a small read-only tree.
 *
 * Prescan first, then libxml2's streaming parser with namespaces and without entities, DTD, network, XInclude or
 * "huge"; the tree is ours: names and namespaces are shared strings, text is copied once into its node. Comments and
 * processing instructions are dropped, so is white space between elements. Mixed content is joined: `text` is all
 * character data directly in the element. The tree lives on one talloc block; freeing `mem` frees it. Reading it is
 * thread-safe. */
#ifndef BOURSE_HTTP_XML_READER_H
#define BOURSE_HTTP_XML_READER_H

#include "bourse/http/xml_prescan.h"

struct xml_attribute {
    const char *uri;   /* namespace; "" when the attribute has no prefix */
    const char *name;  /* local name */
    const char *value; /* UTF-8 */
};

struct xml_node {
    const char *uri;  /* namespace, "" when none; never NULL */
    const char *name; /* local name */
    const struct xml_attribute *attributes;
    size_t attribute_count;
    const struct xml_node *parent; /* NULL for the root */
    const struct xml_node *child;  /* first child element */
    const struct xml_node *next;   /* next sibling element */
    struct slice text;             /* NUL-terminated behind the last byte; never NULL */
};

/* `limits` NULL: xml_limits_default. STATUS_MALFORMED, STATUS_TOO_COMPLEX, STATUS_NO_MEMORY; the client text says line
 * and reason. */
enum status xml_parse(TALLOC_CTX *mem, struct slice document, const struct xml_limits *limits,
                      const struct xml_node **root) MUST_CHECK;

/* True if the element has this namespace and local name (exact). False for NULL. */
bool xml_is(const struct xml_node *node, const char *uri, const char *name);
/* First child with that name; `uri` NULL: any namespace. NULL when absent or `node` is NULL, so look-ups chain. */
const struct xml_node *xml_child(const struct xml_node *node, const char *uri, const char *name);
/* Next sibling with the same namespace and name as asked. */
const struct xml_node *xml_next(const struct xml_node *node, const char *uri, const char *name);
/* Number of child elements. */
size_t xml_child_count(const struct xml_node *node);
/* Text of the node with white space at both ends kept; "" for NULL. Text with NUL cannot occur. */
const char *xml_text_of(const struct xml_node *node);
/* Text of the child, NULL when there is no such child. */
const char *xml_child_text(const struct xml_node *node, const char *uri, const char *name);
/* Value of an attribute without namespace; NULL when absent. */
const char *xml_attribute_of(const struct xml_node *node, const char *name);
/* The same with a namespace. */
const char *xml_attribute_ns(const struct xml_node *node, const char *uri, const char *name);

#endif
