/* Properties that follow from others, by message class: called by every path that saves an item, so that no protocol has to know them.
 *
 * derive_classes.def says which function looks after which class; one file a class. A derive function only looks at the message and the context, changes
 * message->props (attachments, recipients) and may name companions: items that are written in the same transaction. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ITEM_DERIVE_H
#define BOURSE_GROUPWARE_ITEM_DERIVE_H

#include "access_in.h"
#include "bourse/groupware/item.h"
#include "bourse/storage/message.h"

/* An item of the same mailbox that comes, changes or goes with this one. */
struct derive_companion {
    struct message *message;            /* new content; NULL: it goes (to Recoverable Items) */
    int64_t folder;                     /* for a new one; 0: the folder of the item */
    int64_t item;                       /* the existing one, or a reserved id for a new one (0: any) */
    bool is_new;
    struct prepared_message *prepared;  /* made by derive_prepare */
};

enum { DERIVE_COMPANIONS = 4 };

struct derive_context {
    bool is_new;
    const struct bag *before;           /* properties before the change; NULL when new */
    const struct item_change *change;   /* what the client asked for; NULL: all counts as changed (new, or saved by the server) */
    struct session *session;            /* who saves; NULL: the server itself */
    const struct mailbox_key *mailbox;  /* NULL: not known yet */
    int64_t folder;                     /* 0: not known */
    struct derive_companion companions[DERIVE_COMPANIONS];
    size_t companion_count;
};

typedef enum status (*derive_function)(struct message *message, struct derive_context *context);

/* Runs the functions of the message's class (those for all classes last). No transaction may be open. STATUS_INVALID_PROPERTY and the like for values that
 * cannot be. */
enum status item_derive(struct message *message, struct derive_context *context) MUST_CHECK;

/* Did the client set or remove this property (by id, whatever its type)? Always true for a new item that has it. */
bool derive_changed(const struct message *message, const struct derive_context *context, prop_tag tag);
/* Any of them. */
bool derive_changed_any(const struct message *message, const struct derive_context *context, const prop_tag *tags, size_t count);
/* STATUS_INTERNAL above DERIVE_COMPANIONS. `companion` is copied. */
enum status derive_add_companion(struct derive_context *context, const struct derive_companion *companion) MUST_CHECK;

/* For who saves: prepares the companions' content (no transaction may be open), then writes them after the item, in its transaction under the mailbox
 * lock. *size: bytes that new ones add, for quotas. */
enum status derive_prepare(TALLOC_CTX *mem, struct store *store, struct derive_context *context, uint64_t *size) MUST_CHECK;
enum status derive_write(struct transaction *tx, const struct mailbox_key *mailbox, int64_t folder, const struct derive_context *context) MUST_CHECK;

/* One prototype a row. */
#define DERIVE(prefix, function) enum status function(struct message *message, struct derive_context *context) MUST_CHECK;
#include "derive_classes.def"
#undef DERIVE

#endif
