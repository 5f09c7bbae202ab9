/* Ids in requests: t:ItemId, t:FolderId, t:DistinguishedFolderId, t:AttachmentId. */
#ifndef EWS_IDS_H
#define EWS_IDS_H

#include "bourse/groupware/folder.h"
#include "call.h"

/* *change: from the ChangeKey, 0 when there is none. ErrorInvalidIdEmpty, ErrorInvalidIdMalformed, ErrorCannotUseFolderIdForItemId,
 * ErrorInvalidChangeKey. */
enum status id_read_item(struct ews_call *call, const struct xml_node *node, struct object_id *out, int64_t *change) MUST_CHECK;
/* FolderId or DistinguishedFolderId (with Mailbox). ErrorFolderNotFound for distinguished folders that are not here. */
enum status id_read_folder(struct ews_call *call, const struct xml_node *node, struct object_id *out, int64_t *change) MUST_CHECK;
/* The folder inside an element of TargetFolderIdType. `missing` replaces ErrorFolderNotFound. */
enum status id_read_target(struct ews_call *call, const struct xml_node *node, enum ews_code missing, struct object_id *out) MUST_CHECK;
enum status id_read_attachment(struct ews_call *call, const struct xml_node *node, struct object_id *out) MUST_CHECK;

/* A batch of item ids: parsed, with a status each. Arrays have `count` entries. */
struct id_batch {
    size_t count;
    struct object_id *ids;
    int64_t *changes;
    enum status *statuses;
    enum ews_code *codes;   /* of the failures */
};
/* `list`: m:ItemIds. */
enum status id_read_items(struct ews_call *call, const struct xml_node *list, struct id_batch *out) MUST_CHECK;
/* Before the failure of entry `index` is answered: sets the code that belongs to it. */
enum status id_batch_failure(struct ews_call *call, const struct id_batch *batch, size_t index);
/* Those that are valid, one after the other; where[i] is the index in the batch. Returns how many. */
size_t id_batch_valid(const struct id_batch *batch, struct object_id *ids, size_t *where);

#endif
