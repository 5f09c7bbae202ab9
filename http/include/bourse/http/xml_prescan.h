/* A linear look over an XML document before the parser sees it: libxml2's cost for many attributes is more than linear,
 * and document type declarations are the door to entity attacks. One pass, no allocation.
 *
 * Accepts UTF-8 (with or without byte order mark) and documents that declare US-ASCII or ISO-8859-1; UTF-16, UTF-32 and
 * others are refused. */
#ifndef BOURSE_HTTP_XML_PRESCAN_H
#define BOURSE_HTTP_XML_PRESCAN_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct xml_limits {
    size_t depth;      /* nested elements */
    size_t attributes; /* of one element, namespace declarations included */
    size_t nodes;      /* elements, runs of text, comments, instructions */
};

/* 64, 64, 1,000,000: the defaults of the ews section. */
extern const struct xml_limits xml_limits_default;

/* STATUS_MALFORMED: DOCTYPE, entity other than the five, encoding, unbalanced or unended markup. STATUS_TOO_COMPLEX: a
 * limit. The cause names the byte offset. A document that passes may still be ill-formed; the reader finds that. */
enum status xml_prescan(struct slice document, const struct xml_limits *limits) MUST_CHECK;

#endif
