/* The answer that SyncFolderItems and SyncFolderHierarchy have in common [MS-OXWSSYNC] 3.1.4: state, whether that was all, changes; or the failure. */
#ifndef EWS_SYNC_ANSWERS_H
#define EWS_SYNC_ANSWERS_H

#include "bourse/groupware/sync.h"
#include "output.h"

struct sync_answer {
    const char *includes_last;  /* element name */
    enum status (*write)(struct ews_call *call, struct ews_shape *shape, const struct sync_change *change);
    struct ews_shape *shape;
    struct object_id bound;     /* custom names are mapped for its mailbox */
};

/* `status`: of making the page. */
enum status sync_answer(struct ews_call *call, const struct sync_answer *answer, enum status status, const struct sync_page *page) MUST_CHECK;

#endif
