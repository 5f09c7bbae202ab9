/* Lines as vCard 2.1 and careless 3.0 writers make them, rewritten as version 3.0 has them. */
#ifndef CALENDAR_VCARD_OLD_H
#define CALENDAR_VCARD_OLD_H

#include "ical_lines.h"

/* Quoted-printable and charsets resolved, bare types as TYPE=, BASE64 as ENCODING=b. A line that needs nothing of it comes back as it is (repaired UTF-8).
 * NULL when out of memory. */
char *vcard_modern_line(TALLOC_CTX *mem, const struct text_line *line);

#endif
