/* Sync [MS-ASCMD] 2.2.1.21, in four steps: sync_request.c reads the request, sync_commands.c does what the device asks, sync_changes.c tells it what changed, cmd_sync.c puts the answer
 * together and waits. Private to these. */
#ifndef ACTIVESYNC_SYNC_H
#define ACTIVESYNC_SYNC_H

#include "keys.h"
#include "sync_state.h"

/* [MS-ASCMD] 2.2.3.177.17 */
enum eas_sync_status {
    SYNC_STATUS_OK = 1, SYNC_STATUS_KEY_BAD = 3, SYNC_STATUS_PROTOCOL = 4, SYNC_STATUS_SERVER = 5, SYNC_STATUS_CONVERSION = 6, SYNC_STATUS_CONFLICT = 7,
    SYNC_STATUS_NOT_FOUND = 8, SYNC_STATUS_CANNOT = 9, SYNC_STATUS_HIERARCHY = 12, SYNC_STATUS_INCOMPLETE = 13, SYNC_STATUS_WAIT_RANGE = 14,
    SYNC_STATUS_TOO_MANY = 15, SYNC_STATUS_RETRY = 16,
};

enum { SYNC_COLLECTIONS_MOST = 300, SYNC_WINDOW_DEFAULT = 100, SYNC_LAST_REQUEST = -1 /* collection number under which the last request is kept */ };

/* One Collection of a request. */
struct eas_collection {
    const char *key_text;              /* NULL: missing */
    const char *id_text;
    int64_t folder;
    const char *class_name;            /* 12.1 and before; NULL: by the folder */
    bool wants_changes;
    bool deletes_as_moves;
    uint32_t window;                   /* changes of this collection, 1..512 */
    const struct wbxml_node *options;  /* first Options element; NULL: as before. Dropped when the request waits: states hold what it said */
    const struct wbxml_node *supported;
    const struct wbxml_node *commands;

    /* while it is worked on */
    struct eas_key key;
    struct eas_sync_state *state;
    int folder_type;
    int status;                        /* enum eas_sync_status */
    bool has_responses, has_changes, has_more, is_changed, is_repeated;
    struct wbxml_writer *responses, *changes; /* each with a buffer of its own */
    struct buffer *responses_buffer, *changes_buffer;
    uint32_t new_key;
};

struct eas_sync_request {
    struct eas_collection *collections;
    size_t count;
    uint32_t window;                   /* of all collections together */
    int64_t wait_seconds;              /* 0: answer at once */
    struct slice hash;                 /* of the body */
    bool is_refused;                   /* the answer (a global status with a limit) is written already */
};

/* Collections of this request, completed from the last one where it is Partial or empty. Fails with a global status. */
enum status eas_sync_request_read(struct eas_call *call, struct eas_sync_request *out) MUST_CHECK;
/* Keeps what an empty or Partial request later refers to. */
enum status eas_sync_request_keep(struct eas_call *call, const struct eas_sync_request *request) MUST_CHECK;

/* Add, Change, Delete, Fetch of the device; failures of single commands are answered in Responses. */
enum status eas_sync_commands_run(struct eas_call *call, struct eas_collection *collection) MUST_CHECK;
/* At most `window` changes into collection->changes; moves the state's position. *used: how many were told. */
enum status eas_sync_changes_write(struct eas_call *call, struct eas_collection *collection, uint32_t window, uint32_t *used) MUST_CHECK;

/* How many changes Syncs from collection->state on would tell. */
enum status eas_sync_changes_count(struct eas_call *call, struct eas_collection *collection, int64_t *out) MUST_CHECK;

/* Ids of items on the wire: "<folder>:<item>". */
bool eas_item_id_parse(const char *text, int64_t *folder, int64_t *item);
char *eas_item_id_text(TALLOC_CTX *mem, const struct object_id *id);
struct object_id eas_item_object(const struct eas_call *call, int64_t folder, int64_t item);
/* The item status of a failure of groupware. */
int eas_sync_status_of(enum status status);

#endif
