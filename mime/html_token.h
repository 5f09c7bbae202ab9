/* Inside of mime: cutting HTML into tags, comments and text. Never fails; linear. */
#ifndef MIME_HTML_TOKEN_H
#define MIME_HTML_TOKEN_H

#include "bourse/base/buffer.h"

enum html_kind { HTML_END, HTML_TEXT, HTML_OPEN, HTML_CLOSE, HTML_OTHER /* comment, doctype, processing instruction */ };

struct html_token {
    enum html_kind kind;
    struct slice whole; /* all bytes of the token */
    struct slice name;  /* OPEN, CLOSE: element name as written */
    struct slice attributes;
};

struct html_reader {
    struct slice input;
    size_t at;
    bool quotes_broken; /* an attribute's quote had no end: from then on quotes do not hide '>' */
};

struct html_token html_next(struct html_reader *reader);
/* Moves past the content of a raw-text element (script, style ...) up to its end tag. */
void html_skip_content(struct html_reader *reader, struct slice name);
/* Raw value of an attribute; false when it is not there. */
bool html_attribute(struct slice attributes, const char *name, struct slice *value);
/* A character reference at text[0] == '&': its code point and length in bytes; 0 when it is none. */
uint32_t html_entity(struct slice text, size_t *length);
/* UTF-8 of a code point; U+FFFD for what is none. */
void utf8_append(struct buffer *out, uint32_t point);
/* The same into memory; the length. */
size_t utf8_put(uint8_t out[4], uint32_t point);

#endif
