/* A groupware and a directory that are not there, for tests of the protocol: what an address does stands in its local part.
 *
 * Domain example.test is local: unknown 550, down 451, full 452, full-later refused at delivery, group-later the same with ACCESS_DENIED, group, any other a
 * mailbox. Sender store-down: STATUS_STORE_UNAVAILABLE; sender commit-unknown: STATUS_COMMIT_UNKNOWN. alice and bob sign in with the password "secret"; "down" as
 * user is SIGN_IN_UNAVAILABLE, "slow" fails and is held 300 ms. alice may send as alice@, as shared@ and on behalf of boss@. */
#ifndef BOURSE_TRANSPORT_FAKE_BACKEND_H
#define BOURSE_TRANSPORT_FAKE_BACKEND_H

#include "smtp_session.h"

struct fake_backend {
    /* Called by accept, in its thread, for each message taken; may be NULL. */
    void (*taken)(void *data, const struct envelope *envelope, struct slice mime);
    void *data;
};

struct smtp_backend fake_backend_of(struct fake_backend *fake);

#endif
