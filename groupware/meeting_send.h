/* Meeting mail on its way: MIME with its calendar part, queue entry, copy in Sent Items, all in the transaction that changes the calendar. Private to this folder. */
#ifndef BOURSE_GROUPWARE_MEETING_SEND_H
#define BOURSE_GROUPWARE_MEETING_SEND_H

#include "bourse/calendar/meeting.h"
#include "bourse/storage/message.h"
#include "outbox.h"
#include "session_state.h"

struct meeting_post {
    struct outgoing mail;
    struct prepared_message *copy; /* for Sent Items, or NULL */
};

/* Who sends, and what is sent. Starts zeroed but for session and mailbox. */
struct meeting_sending {
    struct session *session;
    const struct mailbox_key *mailbox; /* whose calendar it is: keeps the copies */
    const char *name, *address;        /* the mailbox's owner */
    bool on_behalf;                    /* the session is somebody else */
    bool save_copy;
    struct meeting_post *posts;
    size_t count;
};

/* Owner of the mailbox; `will_send`: also whether the session may send for it (submit_check_sender): STATUS_SEND_AS_DENIED. No transaction may be open. */
enum status meeting_sending_open(TALLOC_CTX *mem, struct session *session, const struct mailbox_key *mailbox, bool will_send,
                                 struct meeting_sending *out) MUST_CHECK;
/* Makes the mail and prepares it. No transaction may be open. `to`: addresses of those who get it. `message` is used up. */
enum status meeting_sending_add(TALLOC_CTX *mem, struct meeting_sending *sending, struct message *message, const char *const *to, size_t count) MUST_CHECK;
/* What the mail's own header says when that is not what the calendar part says: a request that somebody else than its organiser sends on. */
struct meeting_cover {
    const struct recipient *recipients; /* of To and Cc, and those who get it */
    size_t count;
    const char *fields;                 /* more header fields with CR LF, or "" */
    const char *subject_prefix;         /* before the meeting's own subject, or "" */
};
/* From is the mailbox's owner. */
enum status meeting_sending_add_covered(TALLOC_CTX *mem, struct meeting_sending *sending, struct message *message, const struct meeting_cover *cover) MUST_CHECK;
/* Under the mailbox lock. */
enum status meeting_sending_write(TALLOC_CTX *mem, struct transaction *tx, const struct meeting_sending *sending) MUST_CHECK;

/* The mail as bytes: text and HTML with text/calendar; method=... as the last form [RFC 6047] 2.4. `domain`: of its Message-ID. For who sends without a session. */
enum status meeting_mime(TALLOC_CTX *mem, struct groupware *groupware, struct message *message, const char *domain, struct slice *out) MUST_CHECK;
/* The calendar part alone; *method NULL when the message is none that has one. No transaction may be open. */
enum status meeting_calendar(TALLOC_CTX *mem, struct groupware *groupware, const struct message *message, struct slice *out, const char **method) MUST_CHECK;

#endif
