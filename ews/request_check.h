/* Is a request what the schema says? Structure, order, required parts, attributes and simple types, from request_schema.def, so that operations read
 * trees that have the right form. Facets that the tables leave open (ids, property names, base64) are looked at where they are used. */
#ifndef EWS_REQUEST_CHECK_H
#define EWS_REQUEST_CHECK_H

#include "bourse/http/xml_reader.h"

#define REQUEST_VIOLATION_SIZE 512

struct request_violation {
    const struct xml_node *node;         /* where */
    char text[REQUEST_VIOLATION_SIZE];   /* what, for the client */
};

/* The request element of an operation that has a handler. STATUS_MALFORMED with *violation filled. */
enum status request_check(const struct xml_node *operation, struct request_violation *violation) MUST_CHECK;

/* Line and column (from 1) of an element of the parsed document. */
void request_position(struct slice document, const struct xml_node *node, size_t *line, size_t *column);

/* xs:boolean; false for anything else. */
bool request_parse_bool(const char *text, bool *out);
/* xs:int within bounds of int64_t. */
bool request_parse_int(const char *text, int64_t *out);

#endif
