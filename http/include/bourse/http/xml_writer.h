/* Streaming XML output: escapes, keeps start and end tags balanced, and makes nothing that is not XML 1.0: characters
 * outside the Char production and ill-formed UTF-8 are removed [XML] 2.2.
 *
 *     struct xml_writer *w = xml_writer_new(mem, out);
 *     xml_declaration(w);
 *     xml_start(w, "s:Envelope");
 *     xml_namespace(w, "s", "http://schemas.xmlsoap.org/soap/envelope/");
 *     xml_element(w, "t:Subject", subject);
 *     xml_end(w);
 *     TRY(xml_writer_finish(w));
 *
 * Errors stick, one look at the end. Element and attribute names are literals of the program or names that outlive the
 * element; they are not escaped. In debug builds a prefix that no open element declares aborts. Not thread-safe. */
#ifndef BOURSE_HTTP_XML_WRITER_H
#define BOURSE_HTTP_XML_WRITER_H

#include "bourse/base/buffer.h"
#include "bourse/base/clock.h"

struct xml_writer; /* opaque */

/* Into a buffer (its cap is the limit). NULL when out of memory. */
struct xml_writer *xml_writer_new(TALLOC_CTX *mem, struct buffer *out);
/* Into a function that gets pieces of up to 32 KiB; its failure sticks. */
struct xml_writer *xml_writer_new_sink(TALLOC_CTX *mem, enum status (*sink)(void *data, struct slice piece),
                                       void *data);

void xml_declaration(struct xml_writer *writer); /* <?xml version="1.0" encoding="utf-8"?> */
void xml_start(struct xml_writer *writer, const char *name);
/* Only directly after xml_start or other attributes. */
void xml_namespace(struct xml_writer *writer, const char *prefix,
                   const char *uri); /* prefix "": the default namespace */
void xml_attribute(struct xml_writer *writer, const char *name, const char *value); /* NULL value: nothing */
void xml_attribute_slice(struct xml_writer *writer, const char *name, struct slice value);
void xml_attribute_int(struct xml_writer *writer, const char *name, int64_t value);
void xml_attribute_bool(struct xml_writer *writer, const char *name, bool value);
/* Content. */
void xml_text(struct xml_writer *writer, const char *text); /* NULL: nothing */
void xml_text_slice(struct xml_writer *writer, struct slice text);
void xml_base64(struct xml_writer *writer, struct slice data);
/* Base64 in pieces: any number of _part calls, then _end (writes the last group). */
void xml_base64_part(struct xml_writer *writer, struct slice data);
void xml_base64_end(struct xml_writer *writer);
/* Finished XML, as it is. */
void xml_raw(struct xml_writer *writer, struct slice xml);
/* Ends the innermost open element (<x/> when it is empty). */
void xml_end(struct xml_writer *writer);

/* Whole elements. A NULL text writes nothing at all; "" writes an empty element. */
void xml_element(struct xml_writer *writer, const char *name, const char *text);
void xml_element_slice(struct xml_writer *writer, const char *name, struct slice text);
void xml_element_int(struct xml_writer *writer, const char *name, int64_t value);
void xml_element_bool(struct xml_writer *writer, const char *name, bool value);      /* true, false */
void xml_element_instant(struct xml_writer *writer, const char *name, instant when); /* xs:dateTime in UTC */
void xml_element_base64(struct xml_writer *writer, const char *name, struct slice data);

/* Number of open elements; ends elements until `depth` are open (an error in the middle of a list). */
size_t xml_depth(const struct xml_writer *writer);
void xml_end_to(struct xml_writer *writer, size_t depth);
/* Hands pending bytes to the buffer or sink; for streams. */
enum status xml_writer_flush(struct xml_writer *writer) MUST_CHECK;
/* Ends all open elements and flushes. */
enum status xml_writer_finish(struct xml_writer *writer) MUST_CHECK;

#endif
