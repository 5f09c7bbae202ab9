/* The one sync function. Every protocol's sync state is a position in a mailbox's change log; what it hands to clients is the packed form
 * of struct sync_position (opaque to them, checked on return). */
#ifndef BOURSE_GROUPWARE_SYNC_H
#define BOURSE_GROUPWARE_SYNC_H

#include "bourse/groupware/item.h"

struct sync_position {
    struct guid mailbox;
    int64_t folder;      /* 0: the hierarchy */
    int64_t uid;         /* items created up to this one were told (storage/changes.h has the meaning of these four) */
    int64_t first_uid;
    int64_t change_number;
    int64_t read_change_number;
};

enum sync_kind { SYNC_CREATE, SYNC_UPDATE, SYNC_READ_STATE, SYNC_DELETE };

struct sync_change {
    enum sync_kind kind;
    struct object_id id;
    int64_t number;         /* change number that orders it; of READ_STATE the read change number */
    bool is_read;           /* READ_STATE */
    struct item *item;      /* CREATE, UPDATE: loaded with the wanted parts; NULL if it vanished meanwhile (give a DELETE) */
    struct folder *folder;  /* hierarchy sync: CREATE, UPDATE */
};

struct sync_page {
    struct sync_change *changes;
    size_t count;
    bool includes_last;
    struct sync_position position; /* for the next call */
};

struct sync_options {
    size_t limit;                   /* 1..512 */
    unsigned parts;                 /* of items */
    bool associated;                /* normal and associated items */
    const struct object_id *ignore; /* changes of these are left out (EWS Ignore) */
    size_t ignore_count;
};

/* Changes of one folder's items since `from` (all zero but mailbox and folder: the first pass, newest items first). Needs READ_ANY. A position
 * below the folder's floor: STATUS_INVALID_SYNC_STATE. Cost follows the changes, not the folder. */
enum status sync_items(TALLOC_CTX *mem, struct session *session, const struct sync_position *from, const struct sync_options *options,
                       struct sync_page **out) MUST_CHECK;
/* Changes of the folder tree below `root` (0: IPM subtree). Folders that the session may not see are left out. */
enum status sync_folders(TALLOC_CTX *mem, struct session *session, const struct sync_position *from, int64_t root, size_t limit,
                         struct sync_page **out) MUST_CHECK;

/* Base64 text with version and check sum; NULL when out of memory. */
char *sync_position_text(TALLOC_CTX *mem, const struct sync_position *position);
/* STATUS_INVALID_SYNC_STATE for anything else. "" gives the zero position. */
enum status sync_position_parse(const char *text, struct sync_position *out) MUST_CHECK;

#endif
