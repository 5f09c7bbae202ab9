/* WBXML as ActiveSync uses it [MS-ASWBXML] 2.1.1: version 1.3, public id 1, UTF-8, no string table, no attributes.
 *
 * Input becomes a small read-only tree; output is streamed. */
#ifndef ACTIVESYNC_WBXML_H
#define ACTIVESYNC_WBXML_H

#include "bourse/base/buffer.h"
#include "tags.h"

/* ---- reading ---- */

struct wbxml_node {
    eas_tag tag;                     /* also one that the tables do not have: handlers look for what they know */
    bool is_opaque;
    const struct wbxml_node *parent, *child, *next;
    struct slice text;               /* bytes of strings, entities and opaque data directly in the element, joined; never NULL */
};

struct wbxml_limits {
    size_t depth, nodes;
};
extern const struct wbxml_limits wbxml_limits_default; /* 32, 200,000 */

/* The text of a node may point into `document`, which must outlive the tree. STATUS_MALFORMED (header, string table, attributes, literals, ill-formed UTF-8, cut or trailing bytes),
 * STATUS_TOO_COMPLEX, STATUS_NO_MEMORY. The cause names the byte offset. */
enum status wbxml_parse(TALLOC_CTX *mem, struct slice document, const struct wbxml_limits *limits, const struct wbxml_node **root) MUST_CHECK;

/* First child with that tag, next sibling with that tag; NULL when there is none or `node` is NULL, so look-ups chain. */
const struct wbxml_node *wbxml_child(const struct wbxml_node *node, eas_tag tag);
const struct wbxml_node *wbxml_next(const struct wbxml_node *node, eas_tag tag);
size_t wbxml_child_count(const struct wbxml_node *node);
/* The text as a string on `mem`, without blanks at both ends; NULL when there is no such child (or it holds a NUL, which no text of ours has). */
const char *wbxml_text(TALLOC_CTX *mem, const struct wbxml_node *node);
const char *wbxml_child_text(TALLOC_CTX *mem, const struct wbxml_node *node, eas_tag tag);
/* A decimal number; false when the child is missing or is none, or is out of range. */
bool wbxml_child_number(const struct wbxml_node *node, eas_tag tag, int64_t low, int64_t high, int64_t *out);
/* A boolean [MS-ASDTYPE] 2.1: "1" or "0"; an empty element counts as true (it does where the specifications allow one). */
bool wbxml_child_bool(const struct wbxml_node *node, eas_tag tag, bool absent);
/* One line an element, two blanks a level: "AirSync:SyncKey \"0\"", for tests, traces and the sync doctor. Text is cut at 120 characters; ComposeMail:Mime and passwords are named only. */
void wbxml_describe(const struct wbxml_node *node, struct buffer *out);

/* ---- writing ---- */

struct wbxml_writer; /* opaque; errors stick in the buffer */

/* Writes the header. Elements that `version` does not know (tags.h) are left out with all that is in them. NULL when out of memory. */
struct wbxml_writer *wbxml_writer_new(TALLOC_CTX *mem, struct buffer *out, enum eas_version version);
void wbxml_start(struct wbxml_writer *writer, eas_tag tag);
void wbxml_end(struct wbxml_writer *writer);
/* Content of the open element. Text loses characters that XML does not allow. */
void wbxml_put_text(struct wbxml_writer *writer, struct slice text);
void wbxml_put_bytes(struct wbxml_writer *writer, struct slice bytes);
/* Whole elements. NULL text writes nothing, "" an empty element. */
void wbxml_element(struct wbxml_writer *writer, eas_tag tag, const char *text);
void wbxml_element_slice(struct wbxml_writer *writer, eas_tag tag, struct slice text);
void wbxml_element_bytes(struct wbxml_writer *writer, eas_tag tag, struct slice bytes);
void wbxml_element_base64(struct wbxml_writer *writer, eas_tag tag, struct slice bytes); /* as text */
void wbxml_element_int(struct wbxml_writer *writer, eas_tag tag, int64_t number);
void wbxml_element_bool(struct wbxml_writer *writer, eas_tag tag, bool value);           /* 1, 0 */
/* Copies a tree as it is (an answer given again, a part of the request given back). */
void wbxml_copy(struct wbxml_writer *writer, const struct wbxml_node *node);
/* Puts in what another writer (a buffer of its own, same version) has written and finished: elements of the open one. */
void wbxml_splice(struct wbxml_writer *writer, const struct wbxml_writer *part);
size_t wbxml_depth(const struct wbxml_writer *writer);
/* Bytes written so far, without closing tags: windows and limits of answers. */
size_t wbxml_size(const struct wbxml_writer *writer);
enum eas_version wbxml_version(const struct wbxml_writer *writer);
/* Ends all open elements. */
enum status wbxml_finish(struct wbxml_writer *writer) MUST_CHECK;

#endif
