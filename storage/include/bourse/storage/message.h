/* Items: model's struct message saved in and loaded from folders of a mailbox.
 *
 * Saving has two steps. store_message_prepare packs the properties and writes large content as blobs (with a lease, own connection, no lock
 * held): slow, before the transaction. store_message_create and store_message_replace then only insert rows. One prepared message can be inserted
 * into any number of mailboxes; the content is stored once.
 *
 * All writing functions need store_mailbox_lock; each changed item gets change numbers and an event row. Ids: a move makes a new id. */
#ifndef BOURSE_STORAGE_MESSAGE_H
#define BOURSE_STORAGE_MESSAGE_H

#include "bourse/base/hash.h"
#include "bourse/model/message.h"
#include "bourse/model/restriction.h"
#include "bourse/storage/folder.h"

/* ---- preparing ---- */

/* Preview text, first 255 characters of the body; the tag that Outlook calls PR_PREVIEW. */
#define STORE_PROP_PREVIEW ((prop_tag)0x3FD9001F)

struct prepared_message; /* opaque; talloc child of `mem`; read-only afterwards, any thread */

/* Takes over everything of `message` (copies). With mime.has_content the bodies (PROP_BODY, PROP_HTML, PROP_RTF_COMPRESSED) are not kept
 * as properties: of PROP_BODY the first 8 KiB become body_text and its beginning the preview (STORE_PROP_PREVIEW, when it is set, is
 * taken instead; rows and bags give the preview back under that tag). MIME up to 64 KiB is written by the transaction itself, other large content here. No transaction may be open in this thread. What comes from the store (VALUE_STORED,
 * ATTACHMENT_STORED, mime.blob without bytes) keeps its blob. STATUS_DISK_FULL, STATUS_STORE_UNAVAILABLE. */
enum status store_message_prepare(TALLOC_CTX *mem, struct store *store, const struct message *message, struct prepared_message **out) MUST_CHECK;
/* The same inside of a transaction, under its locks, for what is made of data that the locks protect (`also` functions of delivery.h). Large content is
 * written by the transaction itself: the locks are held meanwhile, so big content should be prepared before. */
enum status store_message_prepare_in(TALLOC_CTX *mem, struct transaction *tx, const struct message *message, struct prepared_message **out) MUST_CHECK;
/* Bytes that it counts for quotas (PidTagMessageSize). */
uint64_t prepared_message_size(const struct prepared_message *prepared);

/* ---- rows of lists: what columns hold, without the cold half ---- */

struct item_row {
    int64_t item, folder;
    int64_t cn, read_cn;
    uint32_t uid;              /* IMAP; grows with creation in the folder */
    bool is_fai, is_read, has_attachments;
    bool is_soft_deleted;      /* in Recoverable Items */
    int64_t deleted_from;      /* folder it was soft-deleted from, else 0 */
    instant deleted_at;
    uint32_t message_flags;    /* PidTagMessageFlags with read, attachment and associated bits as they are now [MS-OXCMSG] 2.2.1.6 */
    uint64_t size;
    int32_t importance, sensitivity, icon_index;
    int32_t flag_status;       /* PidTagFlagStatus */
    instant delivered, submitted, modified, created; /* 0: not set */
    const char *message_class; /* texts are never NULL */
    const char *subject, *normalized_subject;
    const char *from_name, *from_address, *from_smtp; /* sent representing */
    const char *display_to, *display_cc;
    const char *internet_message_id;
    const char *conversation_topic;
    const char *const *categories; /* NULL-terminated */
    const char *const *keywords;   /* IMAP, NULL-terminated */
    struct slice conversation_id;  /* 16 bytes or empty */
    struct slice conversation_index;
    int64_t mime_blob;         /* 0: none */
    bool mime_mirrors, mime_has_content, mime_is_signed;
    const char *preview;       /* first 255 characters of the body as plain text; "" unless asked for */
    struct bag *props;         /* the packed bag, when asked for; else NULL */
};

/* Puts what the columns say into a bag as MAPI properties (also into one that store_message_load gave: it did this already). */
enum status store_row_properties(const struct item_row *row, struct bag *bag) MUST_CHECK;

/* Those of `items` that exist, in the same order; missing ones have item 0. One statement. `with_props`: also unpack the bag. */
enum status store_rows_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count, bool with_props,
                          struct item_row *out) MUST_CHECK;

/* ---- creating and changing ---- */

struct message_place {
    bool is_fai;
    bool is_read;
    int64_t reserved_item; /* id out of a reserved range (offline client), else 0 */
    instant delivered;     /* 0: the message's own PidTagMessageDeliveryTime, or now */
};

struct message_created {
    int64_t item;
    int64_t cn;
    uint32_t uid;
};

/* STATUS_FOLDER_NOT_FOUND. Does not look at quotas (delivery does; groupware asks store_mailbox_lock's numbers for clients' own saves). */
enum status store_message_create(struct transaction *tx, int64_t mailbox, int64_t folder, const struct prepared_message *prepared,
                           const struct message_place *place, struct message_created *out) MUST_CHECK;

/* Replaces content in place: the id stays, cn rises. Load, change the struct message, prepare, lock, replace. `expected_cn`: the cn
 * that the change is based on; STATUS_CONFLICT when the item has another by now (0: do not check). Attachments of `prepared` that have
 * a number keep it, those with -1 get new ones, those not in it go. */
enum status store_message_replace(struct transaction *tx, int64_t mailbox, int64_t item, const struct prepared_message *prepared,
                            int64_t expected_cn, int64_t *cn) MUST_CHECK;

/* Sets or clears the read flag of many items (read_cn moves, cn does not). Those that are so already are left alone.
 * Missing ones are ignored. *changed (or NULL): how many were changed. */
enum status store_message_set_read(struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count, bool is_read, size_t *changed) MUST_CHECK;
/* All ordinary items of a folder, in slices: *left tells whether to call again (in a new transaction). */
enum status store_message_set_read_all(struct transaction *tx, int64_t mailbox, int64_t folder, bool is_read, bool *left) MUST_CHECK;
/* IMAP flags and keywords (\Answered etc. are properties; this is the column): cn moves. */
enum status store_message_set_keywords(struct transaction *tx, int64_t mailbox, int64_t item, const char *const *keywords, size_t count) MUST_CHECK;

struct message_moved {
    int64_t old_item;
    int64_t item; /* 0: was not there */
    int64_t cn;
};
/* New ids; tombstones in the old folder that name the new place. All in one mailbox, at most 500 a call. `out`: `count` entries.
 * `expected_cns`: NULL or one a item (0: none): STATUS_CONFLICT if any differs. */
enum status store_message_move(struct transaction *tx, int64_t mailbox, const int64_t *items, const int64_t *expected_cns, size_t count,
                         int64_t to_folder, struct message_moved *out) MUST_CHECK;
/* Copies share the content. Also into another mailbox of this database (`to_mailbox` locked too). */
enum status store_message_copy_to(struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count, int64_t to_mailbox, int64_t to_folder,
                            struct message_moved *out) MUST_CHECK;
/* Soft: new ids in Recoverable Items (in `out`, which may be NULL); an item that is there already is purged. At most 500 a call.
 * Missing items: out[i].item = 0 and old_item = 0 for hard ones that were there not. *deleted (or NULL): how many were there. */
enum status store_message_delete(struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count, enum store_delete mode,
                           struct message_moved *out, size_t *deleted) MUST_CHECK;

/* ---- loading ---- */

enum message_part {
    MESSAGE_BAG = 1,         /* properties; those over 4 KiB as VALUE_STORED */
    MESSAGE_RECIPIENTS = 2,
    MESSAGE_ATTACHMENTS = 4, /* rows and bags; content stays where it is (attachment.content says where) */
    MESSAGE_VALUES = 8,      /* stored values are fetched, so that the bag is whole */
    MESSAGE_MIME_STRUCTURE = 16,
    MESSAGE_MIME_BYTES = 32,
    MESSAGE_BODY_TEXT = 64,  /* body_text: up to 8 KiB an item, so only for who reads it */
    MESSAGE_WHOLE = 1 | 2 | 4 | 8 | 16 | 64,
};

struct loaded_message {
    struct item_row row;
    struct message *message; /* with the columns' properties in its bag */
    const char *body_text;   /* plain text of the body, cut at 8 KiB, stored at delivery; "" when there is none or MESSAGE_BODY_TEXT is not asked for */
    bool body_text_is_cut;
};

/* STATUS_ITEM_NOT_FOUND. `parts`: enum message_part. */
enum status store_message_load(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, unsigned parts, struct loaded_message *out) MUST_CHECK;
/* Those that exist, in the same order (missing: message is NULL). A constant number of statements whatever `count`. */
enum status store_message_load_many(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const int64_t *items, size_t count, unsigned parts,
                              struct loaded_message *out) MUST_CHECK;
/* The same for rows that a list has given in this transaction; they are not read again, and what they point at must live as long as `out`. */
enum status store_message_load_rows(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct item_row *rows, size_t count, unsigned parts,
                              struct loaded_message *out) MUST_CHECK;
/* One attachment with content as bytes when it is ATTACHMENT_STORED (or EMBEDDED: as message); ATTACHMENT_IN_MIME: mime knows the
 * part, the caller gives it the MIME bytes. STATUS_ATTACHMENT_NOT_FOUND. */
enum status store_attachment_load(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t item, int32_t number, struct attachment *out) MUST_CHECK;
/* Unpacks the embedded messages that lie in blobs (ATTACHMENT_EMBEDDED without `embedded`): one statement, whatever `count`. */
enum status store_attachments_load_embedded(TALLOC_CTX *mem, struct transaction *tx, struct attachment *const *attachments, size_t count) MUST_CHECK;
/* The item by its Internet message id (newest first, at most `limit`), in all folders but Recoverable Items. */
enum status store_message_find_by_message_id(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *message_id, size_t limit,
                                       struct item_row **out, size_t *count) MUST_CHECK;

/* ---- lists ---- */

enum list_content { LIST_ITEMS, LIST_FAI, LIST_BOTH };

struct list_sort {
    prop_tag tag; /* a property in a column (store_list_can_sort) */
    bool descending;
};

struct list_query {
    int64_t folder;
    enum list_content content;
    const struct restriction *restriction; /* NULL: all */
    const struct list_sort *sort;          /* sort_count 0: delivered, newest first. The item id breaks ties. */
    size_t sort_count;                     /* at most 4 */
    int64_t after_item;                    /* page by key: go on behind this item (0: from the start). By index in the
                                            * default order without restriction; else what is before it is read again */
    size_t offset;                         /* EWS IndexedPageView; costs time in proportion */
    bool from_end;                         /* pages count from the end */
    size_t limit;                          /* at most 1,000 */
    bool with_props;                       /* also unpack bags */
    bool count_total;                      /* fill list_page.total (one more statement when there is a restriction) */
};

struct list_page {
    struct item_row *rows;
    size_t count;
    bool more;      /* there are rows behind these */
    int64_t total;  /* of the whole view, when asked for; else -1 */
};

bool store_list_can_sort(prop_tag tag);
/* A restriction is turned into SQL as far as columns can answer and evaluated here for the rest. STATUS_INVALID_RESTRICTION,
 * STATUS_FOLDER_NOT_FOUND is not given: an unknown folder is empty. */
enum status store_message_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct list_query *query, struct list_page *out) MUST_CHECK;

#endif
