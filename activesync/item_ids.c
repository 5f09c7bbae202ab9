/* Ids of items on the wire. */
#include <inttypes.h>
#include <stdlib.h>

#include "hierarchy.h"
#include "sync.h"

bool eas_item_id_parse(const char *text, int64_t *folder, int64_t *item)
{
    const char *colon = text != NULL ? strchr(text, ':') : NULL;
    char first[20];
    if (colon == NULL || (size_t)(colon - text) >= sizeof first)
        return false;
    memcpy(first, text, (size_t)(colon - text));
    first[colon - text] = '\0';
    return eas_folder_id_parse(first, folder) && eas_folder_id_parse(colon + 1, item) && *folder > 0 && *item > 0;
}

char *eas_item_id_text(TALLOC_CTX *mem, const struct object_id *id)
{
    return talloc_asprintf(mem, "%" PRId64 ":%" PRId64, id->folder, id->item);
}

struct object_id eas_item_object(const struct eas_call *call, int64_t folder, int64_t item)
{
    return (struct object_id){ .kind = OBJECT_ITEM, .mailbox = session_mailbox(call->session), .folder = folder, .item = item };
}

int eas_sync_status_of(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return SYNC_STATUS_OK;
    case STATUS_ITEM_NOT_FOUND:
    case STATUS_NOT_FOUND:
    case STATUS_OCCURRENCE_NOT_FOUND:
    case STATUS_OCCURRENCE_DELETED:
        return SYNC_STATUS_NOT_FOUND;
    case STATUS_FOLDER_NOT_FOUND:
        return SYNC_STATUS_HIERARCHY;
    case STATUS_CONFLICT:
        return SYNC_STATUS_CONFLICT;
    case STATUS_QUOTA_EXCEEDED:
    case STATUS_DISK_FULL:
    case STATUS_ACCESS_DENIED:
        return SYNC_STATUS_CANNOT;
    default:
        return status_info(status)->fault == FAULT_CLIENT ? SYNC_STATUS_CONVERSION : SYNC_STATUS_SERVER;
    }
}
