/* Who is acting. A session is made from an authenticated principal, once a request (or once an SMTP session); every groupware call
 * takes it, and the access function decides by it alone: nothing in a URL, header or body changes who somebody is. */
#ifndef BOURSE_GROUPWARE_SESSION_H
#define BOURSE_GROUPWARE_SESSION_H

#include "bourse/groupware/groupware.h"

struct session; /* opaque, lives on the talloc context given at open; one thread */

/* `principal`: directory GUID of the signed-in person. Makes the person's mailbox at first use (if the directory says that there is one).
 * STATUS_MAILBOX_NOT_FOUND when the person has no mailbox. */
enum status session_open(TALLOC_CTX *mem, struct groupware *groupware, struct guid principal, struct session **out) MUST_CHECK;

struct groupware *session_groupware(const struct session *session);
struct guid session_principal(const struct session *session);
const char *session_address(const struct session *session);      /* primary SMTP address */
const char *session_display_name(const struct session *session);
struct guid session_mailbox(const struct session *session);      /* own mailbox's GUID */

/* The mailbox of an SMTP address (any alias) that the session may at least see; own address gives the own one. STATUS_MAILBOX_NOT_FOUND;
 * STATUS_ACCESS_DENIED is given later, by the call on a folder. */
enum status session_find_mailbox(struct session *session, const char *address, struct guid *mailbox) MUST_CHECK;
/* Primary SMTP address of a mailbox's owner, "" when the directory does not know it any more. */
enum status session_mailbox_address(TALLOC_CTX *mem, struct session *session, struct guid mailbox, const char **out) MUST_CHECK;

/* What Autodiscover tells a client of a user. */
struct user_profile {
    struct guid guid;
    const char *display_name;
    const char *address;       /* primary SMTP */
    const char *legacy_dn;
    const char *login;
    const char *const *aliases; /* other SMTP addresses */
    size_t alias_count;
    struct guid mailbox;       /* zero: none yet (made at first sign-in) */
};
/* By any address, without a session (Autodiscover after sign-in). STATUS_RECIPIENT_NOT_FOUND. */
enum status user_profile_of_address(TALLOC_CTX *mem, struct groupware *groupware, const char *address,
                                    struct user_profile **out) MUST_CHECK;
enum status user_profile_of_guid(TALLOC_CTX *mem, struct groupware *groupware, struct guid guid, struct user_profile **out) MUST_CHECK;

#endif
