/* The query of a request: plain (?Cmd=Sync&User=...) or base64 [MS-ASHTTP] 2.2.1.1.1. */
#ifndef ACTIVESYNC_QUERY_H
#define ACTIVESYNC_QUERY_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"
#include "tags.h"

enum { EAS_DEVICE_ID_MAX = 32, EAS_DEVICE_TYPE_MAX = 48, EAS_NO_COMMAND = -1 };

struct eas_query {
    const char *command;         /* plain form: as sent; NULL in the base64 form */
    int command_code;            /* base64 form; EAS_NO_COMMAND in the plain one */
    int version_number;          /* base64 form: 121, 140, 141, 160, 161; 0 in the plain one (the header has it) */
    const char *user;            /* never decides who somebody is */
    const char *device_id;       /* "" when missing; binary ids become hex */
    const char *device_type;
    bool has_policy_key;
    uint32_t policy_key;
    uint16_t locale;
    const char *attachment_name, *collection_id, *item_id, *long_id, *occurrence; /* NULL: not given */
    bool save_in_sent, accept_multipart;
};

/* `query`: as sent, without "?". `decoded`: gives a parameter of the plain form (http_query). STATUS_MALFORMED. */
enum status eas_query_parse_base64(TALLOC_CTX *mem, struct slice query, struct eas_query *out) MUST_CHECK;
enum status eas_query_parse_plain(const char *(*parameter)(const void *data, const char *name), const void *data, struct eas_query *out) MUST_CHECK;
/* Which of the two it is. */
bool eas_query_is_plain(const char *query);

#endif
