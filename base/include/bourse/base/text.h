/* Text: UTF-8 inside, UTF-16LE only at the wire. */
#ifndef BOURSE_BASE_TEXT_H
#define BOURSE_BASE_TEXT_H

#include "bourse/base/buffer.h"

/* True for well-formed UTF-8 without surrogates, overlong forms or code points above U+10FFFF. NUL is well-formed. */
bool utf8_is_valid(struct slice text);
/* A copy in which each ill-formed sequence became U+FFFD. NULL when out of memory. */
char *utf8_repair(TALLOC_CTX *mem, struct slice text);
/* The longest prefix of at most `max` bytes that does not cut a character. */
struct slice utf8_prefix(struct slice text, size_t max);
/* Length in bytes of the first character of `text` (not empty) into *step. False when it is ill-formed; then *step covers the part that one
 * U+FFFD stands for. */
bool utf8_step(struct slice text, size_t *step);
/* Number of code points of valid UTF-8. */
size_t utf8_length(struct slice text);
/* UTF-8 -> UTF-16LE appended, no terminator. Ill-formed input becomes U+FFFD. */
void utf16_append(struct buffer *out, struct slice utf8);
/* UTF-16LE bytes -> UTF-8 text on `mem`; lone surrogates become U+FFFD; an odd byte is STATUS_MALFORMED. As C text the result
 * ends at a U+0000 of the input. */
enum status utf16_to_utf8(TALLOC_CTX *mem, struct slice utf16, char **out) MUST_CHECK;
/* Removes characters that XML 1.0 does not allow (Char production); ill-formed sequences become U+FFFD. Returns a copy, NULL when out of
 * memory. */
char *xml_clean(TALLOC_CTX *mem, struct slice text);

/* ASCII-only case: for protocol words and mail domains. */
bool ascii_equal_nocase(const char *a, const char *b);
void ascii_lower(char *text);
/* Unicode simple case folding for comparing and for search keys (Latin, Greek, Cyrillic, Armenian and so on). */
char *text_fold(TALLOC_CTX *mem, struct slice utf8);

/* Base64 [RFC 4648] 4 without line breaks; decoding skips white space and refuses anything else. */
void base64_append(struct buffer *out, struct slice data);
enum status base64_decode(TALLOC_CTX *mem, struct slice text, struct slice *out) MUST_CHECK;
/* Lower-case hex. */
void hex_append(struct buffer *out, struct slice data);
enum status hex_decode(TALLOC_CTX *mem, struct slice text, struct slice *out) MUST_CHECK;

#endif
