/* Bodies: plain text, HTML and RTF, each from the other, and the preview. Inputs come from outside: every function is linear in its
 * input and stops at `cap` bytes of output (cut at a character), never failing on bad markup. Text is UTF-8 with CR LF line ends;
 * results have a NUL behind the last byte. Only STATUS_NO_MEMORY unless said otherwise. */
#ifndef BOURSE_MIME_BODY_H
#define BOURSE_MIME_BODY_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

/* Any charset -> UTF-8. `charset` NULL or "" or unknown or wrong: valid UTF-8 stays, a byte order mark decides, else windows-1252.
 * Ill-formed sequences become U+FFFD; NUL bytes are dropped. */
enum status mime_text_to_utf8(TALLOC_CTX *mem, struct slice bytes, const char *charset, size_t cap, struct slice *out) MUST_CHECK;
/* The same for HTML bytes: with no charset given, a <meta> declaration is looked for in the first 1,024 bytes. Declarations in the
 * result say utf-8. */
enum status mime_html_to_utf8(TALLOC_CTX *mem, struct slice bytes, const char *charset, size_t cap, struct slice *out) MUST_CHECK;
/* Windows code page of a charset name (28591 for iso-8859-1), for PidTagInternetCodepage; 0 when unknown. And back; NULL when unknown. */
int32_t mime_codepage_of_charset(const char *charset);
const char *mime_charset_of_codepage(int32_t codepage);

/* What a reader sees: entities, line breaks, lists, tables, links as "text<url>", quotes with "> "; no style, script, comments. */
enum status mime_text_from_html(TALLOC_CTX *mem, struct slice html, size_t cap, struct slice *out) MUST_CHECK;
/* A whole HTML document: escaped, line breaks and runs of blanks kept, http(s), ftp and mailto links made live. */
enum status mime_html_from_text(TALLOC_CTX *mem, struct slice text, size_t cap, struct slice *out) MUST_CHECK;
/* format=flowed [RFC 3676] -> text with whole paragraphs; quote depth is kept as "> ". */
enum status mime_text_unflow(TALLOC_CTX *mem, struct slice text, bool delsp, size_t cap, struct slice *out) MUST_CHECK;
/* Text -> lines of at most 76 characters with soft breaks, space-stuffed. */
enum status mime_text_flow(TALLOC_CTX *mem, struct slice text, size_t cap, struct slice *out) MUST_CHECK;

#define MIME_PREVIEW_CHARACTERS 255
/* First 255 characters of the text as one line: white space runs become one blank, quoted and separator lines are kept.
 * [MS-OXPROPS] PidTagPreview. */
enum status mime_preview(TALLOC_CTX *mem, struct slice text, char **out) MUST_CHECK;

/* Compressed RTF [MS-OXRTFCP]. STATUS_MALFORMED: cut, wrong check sum or type, or above `cap` (STATUS_LIMIT_EXCEEDED) decompressed. */
enum status mime_rtf_decompress(TALLOC_CTX *mem, struct slice compressed, size_t cap, struct slice *out) MUST_CHECK;
enum status mime_rtf_compress(TALLOC_CTX *mem, struct slice rtf, struct slice *out) MUST_CHECK;

enum mime_rtf_origin { MIME_RTF_PLAIN, MIME_RTF_FROM_HTML, MIME_RTF_FROM_TEXT };
/* Whether the RTF encapsulates HTML or text [MS-OXRTFEX] 2.2.3.1. */
enum mime_rtf_origin mime_rtf_origin(struct slice rtf);
/* Encapsulated HTML restored [MS-OXRTFEX] 3.1; other RTF becomes simple HTML (paragraphs, bold, italic, underline). UTF-8. */
enum status mime_html_from_rtf(TALLOC_CTX *mem, struct slice rtf, size_t cap, struct slice *out) MUST_CHECK;
enum status mime_text_from_rtf(TALLOC_CTX *mem, struct slice rtf, size_t cap, struct slice *out) MUST_CHECK;
/* RTF that shows the text or encapsulates the HTML [MS-OXRTFEX] 2.1, uncompressed. */
enum status mime_rtf_from_text(TALLOC_CTX *mem, struct slice text, size_t cap, struct slice *out) MUST_CHECK;
enum status mime_rtf_from_html(TALLOC_CTX *mem, struct slice html, size_t cap, struct slice *out) MUST_CHECK;

#endif
