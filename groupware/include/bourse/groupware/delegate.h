/* Delegates: who may act for the owner of a mailbox [MS-OXODLGT]. A delegate has rights on the special folders (rows of the folders' permission tables), sees private
 * items or not, sends on behalf (or as) the owner, and may get copies of the meeting mail. */
#ifndef BOURSE_GROUPWARE_DELEGATE_H
#define BOURSE_GROUPWARE_DELEGATE_H

#include "bourse/groupware/folder.h"
#include "bourse/model/rights.h"

/* Folders that a delegate's rights are told of, in the order of EWS DelegatePermissions. */
enum delegate_folder { DELEGATE_CALENDAR, DELEGATE_TASKS, DELEGATE_INBOX, DELEGATE_CONTACTS, DELEGATE_NOTES, DELEGATE_JOURNAL, DELEGATE_FOLDERS };
enum folder_role delegate_folder_role(enum delegate_folder folder);

#define DELEGATE_RIGHTS_UNCHANGED UINT32_MAX

struct mailbox_delegate {
    struct guid person;                 /* directory GUID of the user or group */
    const char *display_name, *address; /* of the directory as it is today; texts are never NULL */
    uint32_t rights[DELEGATE_FOLDERS];  /* model/rights.h; in a change DELEGATE_RIGHTS_UNCHANGED leaves a folder alone */
    bool sees_private;                  /* items that are marked private */
    bool receives_copies;               /* of meeting messages */
    bool sends_on_behalf;
    bool sends_as;                      /* this and the next only administrators grant: a change by a session leaves them as they are */
    bool has_full_access;               /* acts as the owner */
};

/* Where the owner's meeting messages go [MS-OXODLGT] 2.2.2.2, EWS DeliverMeetingRequests. */
enum delegate_delivery {
    DELEGATE_DELIVERY_BOTH,             /* delegates and me */
    DELEGATE_DELIVERY_ONLY_DELEGATES,   /* the owner's copy goes to Deleted Items */
    DELEGATE_DELIVERY_INFORMATION,      /* delegates, and me for information */
    DELEGATE_DELIVERY_ONLY_OWNER,
};

/* Zero mailbox: the session's own. All need the owner, or somebody with full access (STATUS_ACCESS_DENIED; STATUS_MAILBOX_NOT_FOUND). */
/* Those who were made delegates; somebody who merely has full access or may send as is none. */
enum status delegates_get(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct mailbox_delegate **out, size_t *count,
                          enum delegate_delivery *delivery) MUST_CHECK;
/* STATUS_EXISTS when the person is one already; STATUS_INVALID_ARGUMENT for the owner; STATUS_RECIPIENT_NOT_FOUND. Send on behalf comes with it. */
enum status delegate_add(struct session *session, struct guid mailbox, const struct mailbox_delegate *delegate) MUST_CHECK;
/* STATUS_NOT_FOUND when the person is none. */
enum status delegate_update(struct session *session, struct guid mailbox, const struct mailbox_delegate *delegate) MUST_CHECK;
/* Takes the row and the person's entries on the delegate folders away. STATUS_NOT_FOUND. */
enum status delegate_remove(struct session *session, struct guid mailbox, struct guid person) MUST_CHECK;
enum status delegate_set_delivery(struct session *session, struct guid mailbox, enum delegate_delivery delivery) MUST_CHECK;

/* Whether the session sees the content of private items: its own mailbox, full access, or a delegate with that flag. False for a mailbox that is not there. */
enum status access_sees_private(struct session *session, struct guid mailbox, bool *sees) MUST_CHECK;

/* ---- for administrators (boursectl), without a session ---- */
/* Addresses of mailbox and person are any of theirs; the person may be a group. Adds or changes. STATUS_MAILBOX_NOT_FOUND, STATUS_RECIPIENT_NOT_FOUND. */
enum status delegate_admin_set(struct groupware *groupware, const char *mailbox, const char *person, const struct mailbox_delegate *delegate) MUST_CHECK;
enum status delegate_admin_remove(struct groupware *groupware, const char *mailbox, const char *person) MUST_CHECK;
/* Everybody with a row, also those that only have full access or send as. */
enum status delegate_admin_list(TALLOC_CTX *mem, struct groupware *groupware, const char *mailbox, struct mailbox_delegate **out, size_t *count) MUST_CHECK;

#endif
