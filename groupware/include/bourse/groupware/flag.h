/* Follow-up flags of mail and contacts [MS-OXOFLAG]. Tasks are flagged by being tasks. Writes through item_update do the same: a protocol that only sets
 * PROP_FLAG_STATUS gets all that belongs to it. */
#ifndef BOURSE_GROUPWARE_FLAG_H
#define BOURSE_GROUPWARE_FLAG_H

#include "bourse/groupware/item.h"

struct flag {
    const char *request;       /* "Follow up" when NULL or "" */
    instant start, due;        /* UTC midnights of local dates [MS-OXOFLAG] 2.2.3.1; 0: no date (both or none are kept: a missing one is the other) */
    instant reminder;          /* 0: none */
    int32_t colour;            /* PidTagFollowupIcon 1..6, 0: red */
};
/* All need EDIT_ANY, or EDIT_OWN for own items. STATUS_INVALID_ARGUMENT: due before start. */
enum status flag_set(TALLOC_CTX *mem, struct session *session, const struct object_id *item, const struct flag *flag, struct item **out) MUST_CHECK;
/* `when` 0: now. */
enum status flag_complete(TALLOC_CTX *mem, struct session *session, const struct object_id *item, instant when, struct item **out) MUST_CHECK;
enum status flag_clear(TALLOC_CTX *mem, struct session *session, const struct object_id *item, struct item **out) MUST_CHECK;

#endif
