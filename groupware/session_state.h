/* What a session holds. Private to this folder. */
#ifndef BOURSE_GROUPWARE_SESSION_STATE_H
#define BOURSE_GROUPWARE_SESSION_STATE_H

#include "bourse/groupware/session.h"
#include "groupware_state.h"

struct session {
    struct groupware *groupware;
    struct recipient_entry *entry; /* of the person */
    struct mailbox_key own;
    /* The person and all groups that the person is in; read at the first look into somebody else's mailbox. */
    struct guid *principals;
    size_t principal_count;
    /* The mailbox looked at last, so that a batch asks once. */
    struct mailbox_key last;
    bool last_is_full_access, last_sees_private;
};

/* Own GUID first, then groups'. */
enum status session_principals(struct session *session, const struct guid **out, size_t *count) MUST_CHECK;
/* STATUS_MAILBOX_NOT_FOUND. A zero GUID is the own mailbox. No transaction may be open. */
enum status session_locate(struct session *session, struct guid mailbox, struct mailbox_key *out) MUST_CHECK;
static inline bool session_owns(const struct session *session, const struct mailbox_key *mailbox)
{
    return mailbox->id == session->own.id;
}
/* Private items of a mailbox that access_in was called for. */
static inline bool session_sees_private(const struct session *session, const struct mailbox_key *mailbox)
{
    return session_owns(session, mailbox) || (session->last.id == mailbox->id && session->last_sees_private);
}

#endif
