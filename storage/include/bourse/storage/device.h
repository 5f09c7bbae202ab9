/* Devices that sync over ActiveSync: rows of the owner's mailbox. Who may read and write them is groupware's. */
#ifndef BOURSE_STORAGE_DEVICE_H
#define BOURSE_STORAGE_DEVICE_H

#include "bourse/base/clock.h"
#include "bourse/base/guid.h"
#include "bourse/base/slice.h"
#include "bourse/storage/transaction.h"

struct store_device {
    const char *id, *type, *user_agent; /* at most 255 bytes each */
    struct guid owner;
    uint32_t policy_key, offered_policy_key, policy_hash;
    int16_t access, wipe;               /* enums of groupware/device.h */
    bool wipe_account_only;
    instant first_seen, last_seen;
    struct slice info;                  /* packed by groupware */
};
enum status store_device_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *id, struct store_device *out) MUST_CHECK; /* STATUS_NOT_FOUND */
enum status store_device_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct store_device **out, size_t *count) MUST_CHECK;
enum status store_device_put(struct transaction *tx, int64_t mailbox, const struct store_device *device) MUST_CHECK;
/* With its sync keys and client ids. STATUS_NOT_FOUND. */
enum status store_device_remove(struct transaction *tx, int64_t mailbox, const char *id) MUST_CHECK;

/* A collection's newest key, and the one before with the answer that took the device from it to the newest. */
struct store_device_sync {
    uint32_t key, base_key;     /* 0: none */
    struct slice state, base_state, answer, request_hash; /* empty: not kept */
};
/* STATUS_OK with zeroes when nothing is known. Folder 0: the hierarchy. */
enum status store_device_sync_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *device, int64_t folder, struct store_device_sync *out) MUST_CHECK;
/* STATUS_CONFLICT unless the collection's key is `expected` (0: there is none yet). */
enum status store_device_sync_put(struct transaction *tx, int64_t mailbox, const char *device, int64_t folder, uint32_t expected,
                                  const struct store_device_sync *next) MUST_CHECK;
enum status store_device_sync_forget(struct transaction *tx, int64_t mailbox, const char *device, int64_t folder, bool all) MUST_CHECK;
struct store_device_collection {
    int64_t folder;
    uint32_t key;
    size_t state_bytes;
    instant modified;
};
enum status store_device_sync_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const char *device, struct store_device_collection **out,
                                   size_t *count) MUST_CHECK;

/* Items made for client ids; *item 0: not seen. */
enum status store_client_id_get(struct transaction *tx, int64_t mailbox, const char *device, const char *client_id, int64_t *item) MUST_CHECK;
enum status store_client_id_put(struct transaction *tx, int64_t mailbox, const char *device, const char *client_id, int64_t item) MUST_CHECK;

#endif
