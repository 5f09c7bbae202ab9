/* Results and their causes.
 *
 * Every function that can fail returns an enum status. The list is status.def: one row gives the result its
 * meaning in each protocol, so a handler never writes a numeric code. Where a failure is found, status_fail() keeps the
 * cause (text for the log, source line) in the calling thread's error chain; callers may add context with status_add();
 * the edge (one SMTP reply, one HTTP answer, one timer run) clears the chain before it starts, reads it when it ends and logs once.
 *
 *     if (row_count == 0)
 *         return status_fail(STATUS_ITEM_NOT_FOUND, "item %" PRIu64 " in folder %" PRIu64, mid, fid);
 *
 * The chain belongs to the thread; it never allocates and never fails (old entries are dropped when it is full). */
#ifndef BOURSE_BASE_STATUS_H
#define BOURSE_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bourse/base/attributes.h"

enum status {
#define STATUS(name, ...) STATUS_##name,
#include "bourse/base/status.def"
#undef STATUS
    STATUS_COUNT
};

/* Who has to act on a failure; decides the log level and whether a client should try again. */
enum status_fault {
    FAULT_NONE,      /* success */
    FAULT_CLIENT,    /* the request is wrong: the same request will fail again */
    FAULT_TEMPORARY, /* try again later: overload, outage, lock conflict, full disk */
    FAULT_SERVER,    /* a defect of ours or of the installation: someone has to look */
};

/* The meanings of one status, as status.def has them. Strings live for ever. */
struct status_info {
    const char *name;          /* "ITEM_NOT_FOUND" */
    enum status_fault fault;
    uint16_t http;             /* HTTP status [RFC 9110] 15 */
    uint16_t smtp;             /* SMTP reply code [RFC 5321] 4.2.3 */
    const char *enhanced;      /* enhanced mail system status [RFC 3463], "5.1.1" */
    const char *ews;           /* ResponseCode [MS-OXWSCDATA] 2.2.5.24 */
    uint16_t activesync;       /* common status [MS-ASCMD] 2.2.2 */
    uint32_t mapi;             /* error code [MS-OXCDATA] 2.4 */
    const char *text;          /* short English text, safe to show to a client */
};

/* Never NULL; an unknown number gives the row of STATUS_INTERNAL. */
const struct status_info *status_info(enum status status);

/* Starts a new chain. The edge calls it before each unit of work. */
void status_chain_clear(void);

/* Begins (fail) or extends (add) the thread's chain and returns `status`. `format` is for the log: it may name ids and
 * addresses, never a secret. status_add keeps the status that comes from below. */
#define status_fail(status, ...) status_record((status), __FILE__, __LINE__, true, __VA_ARGS__)
#define status_add(status, ...) status_record((status), __FILE__, __LINE__, false, __VA_ARGS__)
enum status status_record(enum status status, const char *file, int line, bool is_origin, const char *format, ...)
    PRINTF_LIKE(5, 6);

/* Text that the client may see instead of the table's (for example which header is missing). Kept until the next clear. */
void status_set_client_text(const char *format, ...) PRINTF_LIKE(1, 2);
/* The client text of this chain, or status_info(status)->text. Valid until the chain changes. */
const char *status_client_text(enum status status);

/* Writes the chain, innermost first, as "cause (file.c:12) < context (file.c:40)". Always terminated. Returns `out`. */
const char *status_chain_text(char *out, size_t size);

/* Leaves the calling function with any result that is not STATUS_OK. */
#define TRY(expression)                        \
    do {                                       \
        enum status try_status = (expression); \
        if (try_status != STATUS_OK)           \
            return try_status;                 \
    } while (0)

#endif
