/* Phones and other devices that sync over ActiveSync: who they are, what they may, and where each of their collections stands.
 *
 * Rows are keyed by the directory GUID of the owner and the device's id [store.md rule 12]; they live in the owner's mailbox and survive restarts and moves of the mailbox. */
#ifndef BOURSE_GROUPWARE_DEVICE_H
#define BOURSE_GROUPWARE_DEVICE_H

#include "bourse/base/clock.h"
#include "bourse/groupware/session.h"

enum device_access { DEVICE_ALLOWED, DEVICE_BLOCKED, DEVICE_QUARANTINED };
/* Wiping: asked by owner or admin -> told to the device -> it said that it did. */
enum device_wipe { WIPE_NONE, WIPE_ASKED, WIPE_TOLD, WIPE_DONE, WIPE_FAILED };

struct device {
    const char *id, *type, *user_agent;
    const char *model, *imei, *friendly_name, *os, *os_language, *phone_number, *mobile_operator; /* as the device told; "" unknown */
    bool has_information;          /* it told them */
    enum device_access access;
    enum device_wipe wipe;
    bool wipe_account_only;        /* [MS-ASPROV] 2.2.2.1 */
    uint32_t policy_key;           /* the acknowledged one; 0: none */
    uint32_t offered_policy_key;   /* sent and not acknowledged yet; 0: none */
    uint32_t policy_hash;          /* of what was sent last, over the elements of the version it was sent for */
    instant first_seen, last_seen;
};

/* The device of this request: made at first sight (access by the configured default and rules), "last seen" moved at most once in five minutes. STATUS_LIMIT_EXCEEDED: the owner has too many
 * devices already. */
enum status device_open(TALLOC_CTX *mem, struct session *session, const char *id, const char *type, const char *user_agent, struct device **out) MUST_CHECK;
/* Saves access, wipe, policy and information fields. */
enum status device_save(struct session *session, const struct device *device) MUST_CHECK;
bool device_wants_wipe(const struct device *device);
/* Whether policies are on for it. */
bool device_needs_policy(const struct device *device);

/* ---- sync keys ----
 * A collection ("" folder hierarchy, else the collection's id) holds the newest key and the one before: until a client uses the new key it may repeat the old one and gets the
 * same answer again [MS-ASCMD] 3.1.5.3; with the new key the old one is dead. */
struct device_position {
    uint32_t key;                  /* 0: the collection was never synced */
    struct slice state;            /* packed by the protocol */
    struct slice answer;           /* what was answered when this key was given out (repeated key); empty: not kept */
    struct slice request_hash;     /* of the request that was answered so */
};
/* `current`: newest; `previous`: the one before (key 0: none). STATUS_OK with zeroes when nothing is known. */
enum status device_positions_get(TALLOC_CTX *mem, struct session *session, const char *device, const char *collection, struct device_position *current,
                                 struct device_position *previous) MUST_CHECK;
/* The next position: what is current becomes previous. `expected_key`: current key at reading; STATUS_CONFLICT when another request of the device was faster. */
enum status device_position_put(struct session *session, const char *device, const char *collection, uint32_t expected_key, const struct device_position *next) MUST_CHECK;
enum status device_positions_forget(struct session *session, const char *device, const char *collection) MUST_CHECK; /* NULL: all collections */

/* ---- resent additions: an Add's (or SendMail's) ClientId makes one item, however often it is sent ---- */
enum status device_client_id_find(struct session *session, const char *device, const char *collection, const char *client_id, int64_t *item) MUST_CHECK; /* 0: new */
enum status device_client_id_note(struct session *session, const char *device, const char *collection, const char *client_id, int64_t item) MUST_CHECK;

/* ---- for owners and admins ---- */
enum status device_list(TALLOC_CTX *mem, struct groupware *groupware, struct guid mailbox, struct device **out, size_t *count) MUST_CHECK;
enum status device_forget(struct groupware *groupware, struct guid mailbox, const char *id) MUST_CHECK;

#endif
