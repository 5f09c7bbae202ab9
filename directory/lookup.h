/* The one look-up that all others go through: memory, then LDAP, then (while LDAP is down) what was known before. */
#ifndef BOURSE_DIRECTORY_LOOKUP_H
#define BOURSE_DIRECTORY_LOOKUP_H

#include "directory_private.h"

enum lookup_kind {
    LOOKUP_ADDRESS,   /* text: folded SMTP address */
    LOOKUP_GUID,
    LOOKUP_LEGACY_DN, /* text: folded */
    LOOKUP_ACCOUNT,   /* text: folded account name; users only */
    LOOKUP_NAME,      /* text: folded name@domain: UPN or address; users only */
    LOOKUP_GROUP,     /* text: folded account or common name; groups only */
};

struct lookup_item {
    enum lookup_kind kind;
    const char *text;
    struct guid guid;
    const char *key;               /* in the cache */
    bool is_done;
    enum status status;            /* when done: OK, RECIPIENT_NOT_FOUND, NAME_AMBIGUOUS, CONFIGURATION, DIRECTORY_UNAVAILABLE */
    struct recipient_entry *entry; /* on the items' context */
};

/* Fills in kind, text (folded) or guid, and key. */
enum status lookup_item_text(TALLOC_CTX *mem, enum lookup_kind kind, const char *text, struct lookup_item *out) MUST_CHECK;
enum status lookup_item_guid(TALLOC_CTX *mem, struct guid guid, struct lookup_item *out) MUST_CHECK;

/* All items are of one kind. `is_fresh`: LDAP is asked in any case and nothing old is given. Fails only for want of memory; each item is done. */
enum status lookup_items(TALLOC_CTX *mem, struct directory *directory, struct settings *settings, struct lookup_item *items,
                         size_t count, bool is_fresh) MUST_CHECK;

/* Entries by distinguished name, in the order asked: NULL where there is none that is a recipient. `status` of the call is
 * STATUS_DIRECTORY_UNAVAILABLE when one of them is neither in memory nor to be read. */
enum status lookup_by_dn(TALLOC_CTX *mem, struct directory *directory, struct settings *settings, const char *const *dns,
                         size_t count, struct recipient_entry **out) MUST_CHECK;

/* After schema_prepare. Appends (|(user)(group)(contact)) with the mailbox filter; and the user part alone. */
void recipient_filter(struct buffer *out, const struct settings *settings);
void mailbox_user_filter(struct buffer *out, const struct settings *settings);
/* Names of the attributes of an entry, for a search. */
const char *const *lookup_attributes(TALLOC_CTX *mem, const struct settings *settings);

/* Remembers an entry that LDAP gave, under all its keys and `asked` (a key, or NULL). */
void lookup_remember(struct directory *directory, const struct recipient_entry *entry, const char *asked, instant when);
/* "i:<guid>" */
#define GUID_KEY_SIZE (GUID_TEXT_SIZE + 2)
const char *lookup_guid_key(char prefix, struct guid guid, char out[GUID_KEY_SIZE]);

/* Remembered bytes under a key if not older than `ticks`. */
bool lookup_cached(TALLOC_CTX *mem, struct directory *directory, const char *key, int64_t ticks, struct slice *out);

#endif
