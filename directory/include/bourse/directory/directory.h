/* The directory: who can get mail here, what groups hold, what the address book shows. LDAP and Active Directory are read only.
 *
 * One struct directory lives as long as the process; every function may be called by any thread and may block for as long as the option
 * directory.timeout allows (times the servers in the list), so an event loop calls from a worker. Results are allocated on `mem`, belong
 * to the caller and share nothing with the directory. All text is UTF-8.
 *
 * Answers come from memory for directory.cache_time. While no LDAP server answers, what was known stays valid for directory.stale_time
 * (it also survives a restart, in <data_directory>/directory.snapshot); what is not known is STATUS_DIRECTORY_UNAVAILABLE, never "not found".
 *
 * Every look-up may return, besides what it names: STATUS_DIRECTORY_UNAVAILABLE (try again: no server answers and nothing is known from
 * before), STATUS_NO_MEMORY, STATUS_CONFIGURATION (the directory's data contradict themselves: two entries own one address; temporary for mail). */
#ifndef BOURSE_DIRECTORY_DIRECTORY_H
#define BOURSE_DIRECTORY_DIRECTORY_H

#include "bourse/base/buffer.h"
#include "bourse/base/clock.h"
#include "bourse/base/config.h"
#include "bourse/base/guid.h"

struct directory; /* opaque */

/* Checks the options of section "directory" (and server.hostname, data_directory), loads the snapshot, and begins. Does not need an LDAP
 * server to be up: the first look-up connects. Call before the process has threads: SASL is initialised here, and
 * SIGPIPE is ignored from now on (unless the process handles it), because libldap would die of it. STATUS_CONFIGURATION names the
 * wrong option in the client text. Freeing it writes the snapshot and closes all connections; no call may be running then. */
enum status directory_open(TALLOC_CTX *mem, const struct config *config, struct directory **out) MUST_CHECK;
/* SIGHUP: takes over the LIVE options; on failure the old ones stay. Cached answers of another base, profile or mailbox filter are
 * dropped. */
enum status directory_reload(struct directory *directory, const struct config *config) MUST_CHECK;

struct directory_health {
    bool is_up;                   /* the last LDAP operation was answered */
    char server[256];             /* URI that answered last; "" before the first */
    instant down_since;           /* 0 when up */
    size_t cached_entries;
    size_t open_connections;
    char last_error[256];         /* of the last outage, "" if there was none */
};
/* What is known without asking. */
void directory_health(struct directory *directory, struct directory_health *out);
/* Asks a server now: connection, bind and base. STATUS_OK or STATUS_DIRECTORY_UNAVAILABLE; the cause chain tells what is wrong. */
enum status directory_probe(struct directory *directory) MUST_CHECK;
/* Housekeeping, for a timer of about a minute: writes the snapshot when somebody new is known (otherwise every ten
 * minutes), closes idle connections. */
void directory_tick(struct directory *directory);
/* Forgets cached answers (administration, tests). With `also_stale` also those kept for an outage. */
void directory_forget(struct directory *directory, bool also_stale);

enum recipient_kind {
    RECIPIENT_USER,      /* a person's mailbox */
    RECIPIENT_SHARED,    /* a mailbox that several people open */
    RECIPIENT_ROOM,
    RECIPIENT_EQUIPMENT,
    RECIPIENT_GROUP,     /* expands to members: group_expand */
    RECIPIENT_CONTACT,   /* an address elsewhere, no mailbox here */
};

struct recipient_details {
#define DETAIL(member, ...) const char *member; /* NULL when unset */
#include "bourse/directory/details.def"
#undef DETAIL
};

/* Where a mailbox's mail goes instead, or too. */
struct recipient_forwarding {
    const char *address;   /* external address (targetAddress), or NULL */
    const char *dn;        /* entry of the directory (altRecipient): recipient_by_dn, or NULL */
    bool keeps_copy;       /* the mailbox gets the message too */
};

#define RECIPIENT_NO_QUOTA INT64_C(-1) /* the directory says nothing: the configured default counts */

struct recipient_entry {
    struct guid guid;              /* objectGUID or entryUUID: the key of everything that is stored for this recipient */
    enum recipient_kind kind;
    bool has_mailbox;              /* user, shared, room, equipment */
    bool is_enabled;               /* the account may sign in, as far as its attributes say; false for groups and contacts */
    bool is_hidden;                /* not in address lists; still gets mail */
    bool needs_sender_sign_in;     /* a group that only takes mail from signed-in senders (msExchRequireAuthToSendTo) */
    const char *dn;
    const char *display_name;      /* never NULL */
    const char *address;           /* primary SMTP address; NULL for a group without mail (groups only) */
    const char *const *addresses;  /* all SMTP addresses, primary first, none twice */
    size_t address_count;
    const char *login;             /* sAMAccountName, uid; NULL for a contact and most groups in OpenLDAP */
    const char *upn;               /* userPrincipalName or NULL */
    const char *alias;             /* mailNickname, else the login, else the primary address's local part; NULL without all */
    const char *legacy_dn;         /* legacyExchangeDN or NULL */
    const char *const *x500;       /* former legacy DNs (proxyAddresses X500:), still valid for replies to old mail */
    size_t x500_count;
    struct recipient_details details;
    struct recipient_forwarding forwarding;
    int64_t warning_quota, send_quota, receive_quota; /* bytes or RECIPIENT_NO_QUOTA */
    int64_t capacity;              /* seats of a room, 0 unknown */
    const char *const *on_behalf_dns; /* entries that may send on behalf (publicDelegates) */
    size_t on_behalf_count;
};

/* One recipient. STATUS_RECIPIENT_NOT_FOUND when the directory answers that there is none. */

/* By any of its SMTP addresses (mail, proxyAddresses; a user's UPN too), without regard to case. user+tag@domain finds user@domain if
 * directory.plus_addressing is on and no entry has the full form. Groups without an address are never found here. */
enum status recipient_by_address(TALLOC_CTX *mem, struct directory *directory, const char *address,
                                 struct recipient_entry **out) MUST_CHECK;
/* Also finds groups without an address. */
enum status recipient_by_guid(TALLOC_CTX *mem, struct directory *directory, struct guid guid, struct recipient_entry **out) MUST_CHECK;
/* By login: "account", "DOMAIN\account", UPN or any of its addresses. Users, shared mailboxes, rooms, equipment. STATUS_NAME_AMBIGUOUS when
 * several accounts match and none of them by UPN or account name. */
enum status recipient_by_login(TALLOC_CTX *mem, struct directory *directory, const char *login, struct recipient_entry **out) MUST_CHECK;
/* By legacyExchangeDN or a former one (X500 address). */
enum status recipient_by_legacy_dn(TALLOC_CTX *mem, struct directory *directory, const char *legacy_dn,
                                   struct recipient_entry **out) MUST_CHECK;
/* By distinguished name as found in another entry (manager, forwarding). */
enum status recipient_by_dn(TALLOC_CTX *mem, struct directory *directory, const char *dn, struct recipient_entry **out) MUST_CHECK;

/* Many in one round (chunks of 50 a search). Each answer has its own status: STATUS_OK with an entry, STATUS_RECIPIENT_NOT_FOUND,
 * STATUS_DIRECTORY_UNAVAILABLE, STATUS_CONFIGURATION. The call itself fails only for want of memory. `*out` has `count` answers in the order asked. */
struct recipient_answer {
    enum status status;
    struct recipient_entry *entry; /* NULL unless STATUS_OK */
};
enum status recipients_by_address(TALLOC_CTX *mem, struct directory *directory, const char *const *addresses, size_t count,
                                  struct recipient_answer **out) MUST_CHECK;
enum status recipients_by_guid(TALLOC_CTX *mem, struct directory *directory, const struct guid *guids, size_t count,
                               struct recipient_answer **out) MUST_CHECK;

/* Photo (JPEG or PNG bytes as stored; at most 1 MiB). STATUS_NOT_FOUND when there is none. Not cached. */
enum status recipient_photo(TALLOC_CTX *mem, struct directory *directory, struct guid guid, struct slice *out) MUST_CHECK;

/* Groups. Nesting is followed by us with a set of visited groups; cycles are harmless. */

enum member_skip {
    MEMBER_NO_ADDRESS, /* exists but has no mail address */
    MEMBER_NOT_FOUND,  /* no such entry, or outside the base, or not readable */
    MEMBER_NO_MAILBOX, /* a user that the mailbox filter leaves out */
};
struct skipped_member {
    const char *name; /* distinguished name, or account name (memberUid) */
    enum member_skip reason;
};
struct group_members {
    struct recipient_entry **entries; /* everything but groups, none twice, ordered by address */
    size_t count;
    struct skipped_member *skipped; /* first 1,000 */
    size_t skipped_count;
};
/* All recipients that mail to the group reaches. STATUS_RECIPIENT_NOT_FOUND: no such group. STATUS_TOO_MANY_RECIPIENTS: more than
 * directory.group_members. STATUS_TOO_COMPLEX: nested deeper than directory.group_depth. An empty group is STATUS_OK with count 0. */
enum status group_expand(TALLOC_CTX *mem, struct directory *directory, struct guid group, struct group_members **out) MUST_CHECK;
/* The members that the group's entry itself names, groups among them (EWS ExpandDL). Same failures, depth aside. */
enum status group_direct_members(TALLOC_CTX *mem, struct directory *directory, struct guid group, struct group_members **out) MUST_CHECK;
/* All groups that the entry is in, directly or through other groups, with or without mail, the primary group of Active Directory included.
 * For rights that groups grant. */
enum status groups_of(TALLOC_CTX *mem, struct directory *directory, struct guid member, struct guid **out, size_t *count) MUST_CHECK;
/* True when `member` is in `group`, directly or through other groups. */
enum status group_contains(struct directory *directory, struct guid group, struct guid member, bool *out) MUST_CHECK;
/* A group with or without mail by distinguished name, account name or common name; for groups named in the configuration.
 * STATUS_RECIPIENT_NOT_FOUND, STATUS_NAME_AMBIGUOUS. */
enum status group_by_name(TALLOC_CTX *mem, struct directory *directory, const char *name, struct recipient_entry **out) MUST_CHECK;

/* Address lists: every recipient with an address that is not hidden, ordered by folded display name, then address. */

struct address_list_page {
    struct recipient_entry **entries;
    size_t count;
    size_t total;      /* browse: entries of the whole list; resolve: matches found (at most 1,000) */
    bool is_truncated; /* there were more matches than were looked at */
};
/* Ambiguous name resolution: recipients of which display name, first or last name, account, alias or an address begins with `text`
 * (case-insensitive); two words also match first and last name in either order; "=text" matches a whole name, account or alias;
 * a full address matches exactly. At most `most` entries (1..1000) come back. Nothing found is STATUS_OK with count 0;
 * an empty text or one above 256 bytes is STATUS_INVALID_ARGUMENT. */
enum status address_list_resolve(TALLOC_CTX *mem, struct directory *directory, const char *text, size_t most,
                                 struct address_list_page **out) MUST_CHECK;
/* Entries from..from+most-1 of the whole list. The list is read once and kept for directory.cache_time (at least a minute), so that pages fit
 * together; at most 100,000 entries. */
enum status address_list_browse(TALLOC_CTX *mem, struct directory *directory, size_t from, size_t most,
                                struct address_list_page **out) MUST_CHECK;
/* Every entry that has a mailbox, in the same order, hidden ones included; for `boursectl mailbox create --all`. */
enum status mailbox_owners(TALLOC_CTX *mem, struct directory *directory, struct recipient_entry ***out, size_t *count) MUST_CHECK;

/* "user", "shared", "room", "equipment", "group", "contact". */
const char *recipient_kind_name(enum recipient_kind kind);

#endif
