/* Small per-mailbox records: user configurations, subscriptions, custom named properties, rules, who got an out-of-office answer. */
#ifndef BOURSE_STORAGE_SETTINGS_H
#define BOURSE_STORAGE_SETTINGS_H

#include "bourse/model/properties.h"
#include "bourse/storage/folder.h"

/* ---- user configuration objects [MS-OXWSCFG], also the mailbox's own settings (folder = root, name "bourse.oof" ...) ---- */
enum status user_config_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, const char *name, struct slice *out) MUST_CHECK; /* STATUS_NOT_FOUND */
/* Empty value removes. Needs store_mailbox_lock. */
enum status user_config_set(struct transaction *tx, int64_t mailbox, int64_t folder, const char *name, struct slice value) MUST_CHECK;

/* ---- subscriptions (pull, push; streaming ones too, so that any role can answer) ---- */
struct store_subscription {
    struct guid id;
    int64_t mailbox;
    struct guid owner;       /* directory GUID of who subscribed */
    uint32_t kinds;          /* bit per enum store_event_kind */
    const int64_t *folders;  /* NULL and 0: all folders */
    size_t folder_count;
    int64_t watermark;
    instant expires;
    int32_t timeout_minutes;
    bool is_streaming;
};
enum status store_subscription_add(struct transaction *tx, const struct store_subscription *subscription) MUST_CHECK;
/* STATUS_SUBSCRIPTION_NOT_FOUND; STATUS_EXPIRED_SUBSCRIPTION. */
enum status store_subscription_get(TALLOC_CTX *mem, struct transaction *tx, struct guid id, struct store_subscription *out) MUST_CHECK;
/* New watermark and expiry. */
enum status store_subscription_touch(struct transaction *tx, struct guid id, int64_t watermark, instant expires) MUST_CHECK;
enum status store_subscription_remove(struct transaction *tx, struct guid id) MUST_CHECK; /* STATUS_SUBSCRIPTION_NOT_FOUND */

/* ---- custom named properties: ids from PROP_FIRST_CUSTOM_ID, one mapping a mailbox ---- */
/* `out`: `count` ids, 0 where the name is not known and `create` is false. With create: needs store_mailbox_lock. Well-known names are
 * answered from the catalogue. STATUS_LIMIT_EXCEEDED above 24,576 custom names. */
enum status named_props_get_ids(struct transaction *tx, int64_t mailbox, const struct property_name *names, size_t count, bool create, uint16_t *out) MUST_CHECK;
/* Names of ids; unknown ones have an all-zero set. Names are on `mem`. */
enum status named_props_get_names(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const uint16_t *ids, size_t count, struct property_name *out) MUST_CHECK;

/* ---- rules ---- */
struct stored_rule {
    int64_t id;         /* 0: new */
    int32_t sequence;
    uint32_t state;     /* [MS-OXORULE] 2.2.1.3.1.3 PidTagRuleState */
    const char *name, *provider;
    struct slice condition; /* packed restriction */
    struct slice actions;   /* packed actions */
    struct slice extra;     /* packed bag of the rest */
};
enum status store_rule_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct stored_rule **out, size_t *count) MUST_CHECK;
/* Adds (id 0; *id gets the new one) or replaces. Need store_mailbox_lock. */
enum status store_rule_save(struct transaction *tx, int64_t mailbox, int64_t folder, const struct stored_rule *rule, int64_t *id) MUST_CHECK;
enum status store_rule_delete(struct transaction *tx, int64_t mailbox, int64_t folder, int64_t id) MUST_CHECK;

/* ---- automatic answers: true in *first when this sender was not answered since `since`; notes that it is now ---- */
enum status store_autoreply_seen(struct transaction *tx, int64_t mailbox, const char *sender, instant since, bool *first) MUST_CHECK;
/* A new out-of-office period starts: forget everybody. */
enum status store_autoreply_reset(struct transaction *tx, int64_t mailbox) MUST_CHECK;

#endif
