/* Inside of mime: groups of fields in report bodies [RFC 3464] 2.1. */
#ifndef MIME_REPORT_FIELDS_H
#define MIME_REPORT_FIELDS_H

#include "bourse/mime/header.h"

/* "type; text" -> text, decoded to UTF-8 and trimmed. */
enum status report_typed_text(TALLOC_CTX *mem, struct slice value, const char **out) MUST_CHECK;
enum status report_plain_text(TALLOC_CTX *mem, struct slice value, const char **out) MUST_CHECK;
const char *delivery_action_word(unsigned action);

#endif
