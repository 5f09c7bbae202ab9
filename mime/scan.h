/* Inside of mime: the scan with what import needs beside the structure that is kept. */
#ifndef MIME_SCAN_H
#define MIME_SCAN_H

#include "bourse/mime/structure.h"

/* Facts of one part that only import looks at; strings never NULL after a scan, but in a part that a limit made. */
struct scan_part {
    const char *method, *protocol, *report_type, *smime_type, *start, *location;
};

enum status scan_message(TALLOC_CTX *mem, struct slice bytes, const struct mime_limits *limits, struct mime_structure **out,
                         struct scan_part **details) MUST_CHECK;
bool scan_is_message_type(const char *type);

#endif
