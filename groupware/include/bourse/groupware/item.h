/* Items: messages, contacts, appointments, tasks, notes; all are struct message (model/message.h). */
#ifndef BOURSE_GROUPWARE_ITEM_H
#define BOURSE_GROUPWARE_ITEM_H

#include "bourse/groupware/folder.h"
#include "bourse/model/message.h"

struct item {
    struct object_id id;
    int64_t change_number;      /* content */
    int64_t read_change_number; /* read state; the greater one is what changed last */
    uint32_t uid;               /* IMAP's: grows with creation in the folder, never used again; 0 when not loaded from a folder */
    bool is_read;
    bool is_associated;
    bool is_draft;
    bool is_soft_deleted;
    bool is_exception;          /* an occurrence that differs from its series */
    bool has_attachments;
    uint64_t size;
    instant created, modified, received, sent;
    uint32_t rights;            /* the session's effective rights on the item's folder */
    const char *preview;        /* first characters of the body as one line of text; with ITEM_PROPERTIES, else "" */
    struct message *message;    /* columns are in props as properties (PROP_SUBJECT, PROP_MESSAGE_CLASS, ...) */
};

/* What to load; less is faster. Columns (all that lists show) always come. */
enum item_part {
    ITEM_PROPERTIES = 1 << 0,   /* the property bag without bodies */
    ITEM_RECIPIENTS = 1 << 1,
    ITEM_ATTACHMENTS = 1 << 2,  /* list and properties, not contents */
    ITEM_BODIES = 1 << 3,       /* PROP_BODY and PROP_HTML, whichever exist are made from each other when missing */
    ITEM_ALL = ITEM_PROPERTIES | ITEM_RECIPIENTS | ITEM_ATTACHMENTS | ITEM_BODIES,
};

/* Needs READ_ANY (or own item with the folder visible). STATUS_ITEM_NOT_FOUND, STATUS_ACCESS_DENIED. */
enum status item_get(TALLOC_CTX *mem, struct session *session, const struct object_id *id, unsigned parts, struct item **out) MUST_CHECK;
/* Many at once, one round trip a mailbox: out[i] is NULL and statuses[i] tells why where one failed. */
enum status item_get_many(TALLOC_CTX *mem, struct session *session, const struct object_id *ids, size_t count, unsigned parts,
                          struct item **out, enum status *statuses) MUST_CHECK;

/* Saves a new item. Needs CREATE. `message` class decides defaults; missing dates, conversation ids, sizes are filled in.
 * On success *out has the saved columns. */
struct item_create_options {
    bool is_associated;
    bool is_read;
    bool is_draft;             /* unsent mail */
    struct slice mime;         /* original MIME to keep (as import gave it), empty: none */
};
enum status item_create(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, const struct message *message,
                        const struct item_create_options *options, struct item **out) MUST_CHECK;
/* The same from MIME bytes alone (EWS MimeContent, import). */
enum status item_create_from_mime(TALLOC_CTX *mem, struct session *session, const struct object_id *folder, struct slice mime,
                                  const struct bag *overrides, const struct item_create_options *options, struct item **out) MUST_CHECK;

/* A change of an item. Needs EDIT_ANY, or EDIT_OWN for own items. */
enum conflict_resolution { CONFLICT_NEVER_OVERWRITE, CONFLICT_AUTO_RESOLVE, CONFLICT_ALWAYS_OVERWRITE };
struct item_change {
    const struct bag *set;              /* NULL: none. PROP_READ here means read state */
    const prop_tag *remove;
    size_t remove_count;
    bool replace_recipients;
    const struct recipient *recipients;
    size_t recipient_count;
    const struct attachment *add_attachments; /* contents: ATTACHMENT_BYTES or ATTACHMENT_EMBEDDED */
    size_t add_attachment_count;
    const int32_t *remove_attachments;  /* numbers */
    size_t remove_attachment_count;
    struct slice replace_mime;          /* the whole content anew from MIME; empty: no */
};
/* expected_change: the change number that the client saw, 0 for none. NEVER_OVERWRITE with an older one: STATUS_CONFLICT. AUTO_RESOLVE: only if
 * the same properties were changed meanwhile. On success *out has the new change number. */
enum status item_update(TALLOC_CTX *mem, struct session *session, const struct object_id *id, int64_t expected_change,
                        enum conflict_resolution resolution, const struct item_change *change, struct item **out) MUST_CHECK;

/* Batches give a status an item and do all that can be done. item_mark_read needs EDIT_ANY, or EDIT_OWN for own items, as item_update does. */
enum status item_mark_read(struct session *session, const struct object_id *ids, size_t count, bool read, enum status *statuses) MUST_CHECK;
enum status item_delete(struct session *session, const struct object_id *ids, size_t count, enum delete_mode mode, enum status *statuses) MUST_CHECK;
/* new_ids[i] is the item's id in the new folder. A move may cross mailboxes (then it is copy and delete, in that order). */
enum status item_move(struct session *session, const struct object_id *ids, size_t count, const struct object_id *folder,
                      struct object_id *new_ids, enum status *statuses) MUST_CHECK;
enum status item_copy(struct session *session, const struct object_id *ids, size_t count, const struct object_id *folder,
                      struct object_id *new_ids, enum status *statuses) MUST_CHECK;

/* The item as MIME: the original bytes while they mirror the properties (signed mail always), else generated. Never empty. */
enum status item_mime(TALLOC_CTX *mem, struct session *session, const struct object_id *id, struct slice *out) MUST_CHECK;

/* Attachments. `id` has an attachment path. Embedded messages come as attachment->embedded, fully loaded. */
enum status attachment_get(TALLOC_CTX *mem, struct session *session, const struct object_id *id, bool with_content,
                           struct attachment **out) MUST_CHECK;
/* Adds to an item (or, with a path, to nothing: STATUS_NOT_SUPPORTED for attachments of attachments). *out_ids has `count` ids;
 * *item gets the item's new change number. */
enum status attachment_create(TALLOC_CTX *mem, struct session *session, const struct object_id *item_id, const struct attachment *attachments,
                              size_t count, struct object_id *out_ids, struct item **item) MUST_CHECK;
enum status attachment_delete(TALLOC_CTX *mem, struct session *session, const struct object_id *id, struct item **item) MUST_CHECK;

#endif
