/* FilterHtmlContent [MS-OXWSCORE] 2.2.4.23: HTML without what could run in a reader. Removes script, style-less active elements (object, embed, iframe,
 * form, ...), comments, event attributes, and links that are neither http(s), mailto, cid, tel nor relative. Linear; never makes active what was not. */
#ifndef EWS_HTML_FILTER_H
#define EWS_HTML_FILTER_H

#include "bourse/base/buffer.h"

/* STATUS_NO_MEMORY, or STATUS_LIMIT_EXCEEDED above 4 x input + 64 KiB. The result is on `mem`. */
enum status html_filter(TALLOC_CTX *mem, struct slice html, struct slice *out) MUST_CHECK;

#endif
