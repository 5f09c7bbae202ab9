/* Phones and other devices that sync over ActiveSync: who they are, what they may, and where each of their collections stands.
 *
 * Rows live in the owner's mailbox, keyed by the device's id [store.md rule 12], and survive restarts and moves of the mailbox. */
#ifndef BOURSE_GROUPWARE_DEVICE_H
#define BOURSE_GROUPWARE_DEVICE_H

#include "bourse/base/clock.h"
#include "bourse/groupware/session.h"

enum device_access { DEVICE_ALLOWED, DEVICE_BLOCKED, DEVICE_QUARANTINED };
/* Wiping: asked by owner or admin -> told to the device -> it said that it did, or failed. */
enum device_wipe { WIPE_NONE, WIPE_ASKED, WIPE_TOLD, WIPE_DONE, WIPE_FAILED };

/* What a device tells of itself [MS-ASCMD] 2.2.3.47; never NULL, "" unknown. */
enum device_fact { DEVICE_MODEL, DEVICE_IMEI, DEVICE_FRIENDLY_NAME, DEVICE_OS, DEVICE_OS_LANGUAGE, DEVICE_PHONE_NUMBER, DEVICE_MOBILE_OPERATOR, DEVICE_USER_AGENT,
                   DEVICE_FACT_COUNT };

struct device {
    const char *id, *type, *user_agent;  /* user_agent: of the HTTP header */
    const char *facts[DEVICE_FACT_COUNT];
    bool has_facts;                      /* it told them */
    const char *last_failure;            /* time, command, what was answered and why; "" none, never NULL */
    enum device_access access;
    enum device_wipe wipe;
    bool wipe_account_only;              /* only the account's data [MS-ASPROV] 2.2.2.1 */
    uint32_t policy_key;                 /* acknowledged; 0: none */
    uint32_t offered_policy_key;         /* sent and not acknowledged yet; 0: none */
    uint32_t policy_hash;                /* of the settings that policy_key stands for */
    instant first_seen, last_seen;
};

/* The device of this request in the session's mailbox: made at first sight (access as activesync.new_devices says); "last seen" moves at most once in five minutes.
 * STATUS_LIMIT_EXCEEDED: the owner has activesync.devices_per_user already. */
enum status device_open(TALLOC_CTX *mem, struct session *session, const char *id, const char *type, const char *user_agent, struct device **out) MUST_CHECK;
/* Saves everything but the ids and dates. What an admin ordered meanwhile (a wipe, a block) stays. */
enum status device_save(struct session *session, const struct device *device) MUST_CHECK;
/* Keeps what a request of the device failed with, for the admin. */
enum status device_note_failure(struct session *session, const char *id, const char *text) MUST_CHECK;
/* It was asked to wipe itself and has not said that it did. */
bool device_wants_wipe(const struct device *device);

/* ---- sync keys ----
 * A collection has a newest key, and the one before with the answer that took the device to the newest: until the device uses the new key it may repeat the old one and gets the same
 * answer again [MS-ASCMD] 3.1.5.3. */
#define DEVICE_HIERARCHY INT64_C(0)   /* collection number of the folder tree; others are folder ids */
struct device_collection {
    uint32_t key;                /* newest; 0: never synced */
    struct slice state;          /* packed by the protocol */
    uint32_t base_key;           /* the one before; 0: none */
    struct slice base_state;
    struct slice request_hash;   /* of the request with base_key ... */
    struct slice answer;         /* ... and what it was answered; empty: not kept */
};
enum status device_collection_get(TALLOC_CTX *mem, struct session *session, const char *device, int64_t collection, struct device_collection *out) MUST_CHECK;
/* `expected_key`: the newest key when it was read; STATUS_CONFLICT when another request of the device was faster. */
enum status device_collection_put(struct session *session, const char *device, int64_t collection, uint32_t expected_key, const struct device_collection *next) MUST_CHECK;
enum status device_collection_forget(struct session *session, const char *device, int64_t collection) MUST_CHECK;

/* ---- resent additions: the ClientId of an Add or a SendMail makes one item, however often it comes ---- */
/* *item 0: not seen. Kept for two weeks. */
enum status device_client_id_get(struct session *session, const char *device, const char *client_id, int64_t *item) MUST_CHECK;
enum status device_client_id_put(struct session *session, const char *device, const char *client_id, int64_t item) MUST_CHECK;

/* ---- for admins (boursectl): no session, no rights asked ---- */
struct device_collection_summary {
    int64_t folder;              /* DEVICE_HIERARCHY: the folder tree */
    uint32_t key;
    size_t state_bytes;
    instant modified;
};
enum status device_list(TALLOC_CTX *mem, struct groupware *groupware, struct guid mailbox, struct device **out, size_t *count) MUST_CHECK;
enum status device_collections(TALLOC_CTX *mem, struct groupware *groupware, struct guid mailbox, const char *id, struct device_collection_summary **out,
                               size_t *count) MUST_CHECK;
/* Reads, lets `change` change it, saves. STATUS_NOT_FOUND. */
enum status device_change(struct groupware *groupware, struct guid mailbox, const char *id, void (*change)(struct device *device, void *data), void *data) MUST_CHECK;
/* With all its sync keys: it begins anew. */
enum status device_forget(struct groupware *groupware, struct guid mailbox, const char *id) MUST_CHECK;

#endif
