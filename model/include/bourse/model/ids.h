/* Ids that clients hold. All are computed from (mailbox GUID, folder id, item id, attachment number), never stored [store.md rule 2].
 *
 * Inside: folder and item ids are 48-bit counters of one sequence per mailbox (int64_t, > 0). On the MAPI wire they carry a replica
 * id or replica GUID [MS-OXCSTOR] 2.2.4. */
#ifndef BOURSE_MODEL_IDS_H
#define BOURSE_MODEL_IDS_H

#include "bourse/base/buffer.h"
#include "bourse/base/guid.h"

#define OBJECT_ID_MAX INT64_C(0xFFFFFFFFFFFF)

enum object_kind { OBJECT_MAILBOX = 0, OBJECT_FOLDER = 1, OBJECT_ITEM = 2, OBJECT_ATTACHMENT = 3 };

struct object_id {
    enum object_kind kind;
    struct guid mailbox;
    int64_t folder;       /* of the item; or the folder itself */
    int64_t item;         /* 0 for folders */
    /* One occurrence of a recurring item: its original start in minutes since 1601-01-01 00:00 on the series' wall clock, as its recurrence structure
     * has it [MS-OXOCAL] 2.2.1.44.1; 0: the item itself (of a series: the master). */
    int32_t occurrence;
    /* Path of attachment numbers: [0] in the item, [1] in the message embedded there, ... */
    int32_t attachments[8];
    size_t attachment_depth;
};

/* The opaque base64 text of EWS ItemId, FolderId, AttachmentId. Carries a version, a kind and a check sum, so that a cut or foreign id is
 * told from a stale one. NULL when out of memory. */
char *object_id_text(TALLOC_CTX *mem, const struct object_id *id);
/* STATUS_INVALID_ID for anything that object_id_text did not make. */
enum status object_id_parse(const char *text, struct object_id *out) MUST_CHECK;

/* MAPI entry ids: folder (46 bytes) [MS-OXCDATA] 2.2.4.1, message (70 bytes) 2.2.4.2, store 2.2.4.3. `replica`: database GUID of the
 * mailbox's replica. */
/* A mailbox gets a store entry id that names it by GUID; an attachment, which has none of its own, that of its message. */
void entry_id_append(struct buffer *out, const struct object_id *id, struct guid replica);
/* STATUS_INVALID_ID for anything else, also for ids of public stores. `replica` may be NULL; it is zero for a store's id. */
enum status entry_id_parse(struct slice bytes, struct object_id *out, struct guid *replica) MUST_CHECK;
/* Store entry id with the names that a client connected with: server (FQDN or mailbox@domain) and X.500 name of the mailbox. */
void store_entry_id_append(struct buffer *out, const char *server, const char *mailbox_dn);
/* Of any private store, whoever made it. The texts are on `mem`. */
enum status store_entry_id_parse(TALLOC_CTX *mem, struct slice bytes, char **server, char **mailbox_dn) MUST_CHECK;

/* 22-byte source key / change key: replica GUID + 6-byte big-endian counter [MS-OXCFXICS] 2.2.2.2 XID. */
void xid_append(struct buffer *out, struct guid replica, int64_t counter);
enum status xid_parse(struct slice bytes, struct guid *replica, int64_t *counter) MUST_CHECK;

/* EWS ChangeKey: base64 text of kind and change number. */
char *change_key_text(TALLOC_CTX *mem, enum object_kind kind, int64_t change_number);
/* STATUS_INVALID_CHANGE_KEY if it is not one. */
enum status change_key_parse(const char *text, int64_t *change_number) MUST_CHECK;

/* Predecessor change list [MS-OXCFXICS] 2.2.2.3: sized XIDs sorted by GUID. */
enum pcl_order { PCL_EQUAL, PCL_OLDER, PCL_NEWER, PCL_CONFLICT };
/* Adds (or raises) one replica's counter in packed form. STATUS_MALFORMED if `pcl` is none; it may be empty. */
enum status pcl_merge(TALLOC_CTX *mem, struct slice pcl, struct guid replica, int64_t counter, struct slice *out) MUST_CHECK;
/* How `a` relates to `b`. STATUS_MALFORMED for bytes that are no PCL. */
enum status pcl_compare(struct slice a, struct slice b, enum pcl_order *out) MUST_CHECK;

/* X.500 address of a local recipient, when the directory has no legacyExchangeDN: "/o=Bourse/ou=Exchange Administrative Group/cn=Recipients/cn=<guid>". */
char *legacy_dn_of_guid(TALLOC_CTX *mem, struct guid directory_guid);

#endif
