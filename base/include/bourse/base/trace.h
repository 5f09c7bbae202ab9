/* Protocol traces of single users, switched on by `boursectl trace`. The tool keeps a file <folder>/<guid>.on fresh; while it is, the roles on this host
 * append what they exchange with that user to <folder>/<guid>.log (mode 0600), decoded. Callers leave secrets out. Any thread; when no trace is on,
 * trace_is_on costs a clock reading. */
#ifndef BOURSE_BASE_TRACE_H
#define BOURSE_BASE_TRACE_H

#include "bourse/base/guid.h"
#include "bourse/base/slice.h"
#include "bourse/base/status.h"

/* Seconds after which a trace that is not kept fresh ends by itself. */
#define TRACE_FRESH_SECONDS 15

/* The folder is made (mode 0700) when it is not there. Call before threads start; without it nothing is traced. */
enum status trace_open(const char *folder) MUST_CHECK;
bool trace_is_on(struct guid who);
/* Is anybody traced? For what happens before it is known whose it is. */
bool trace_is_any_on(void);
/* `heading`: one line, "ews request POST /EWS/Exchange.asmx". `text` is cut at 1 MiB. Failures are ignored: a trace never hurts the work. */
void trace_write(struct guid who, const char *heading, struct slice text);

#endif
