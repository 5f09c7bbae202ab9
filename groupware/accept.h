/* One accepted message on its way through the store's accept transaction. Private to this folder. */
#ifndef BOURSE_GROUPWARE_ACCEPT_H
#define BOURSE_GROUPWARE_ACCEPT_H

#include "bourse/groupware/deliver.h"
#include "bourse/base/hash.h"
#include "bourse/model/message.h"
#include "groupware_state.h"

/* A copy for the sender in the same transaction (Sent Items). */
struct accept_copy {
    const struct mailbox_key *mailbox;
    int64_t folder;
    const struct message *message; /* with Bcc recipients; its mime.bytes are what is kept */
    int64_t item;                  /* out */
};

struct accept_options {
    struct accept_copy *copy;        /* or NULL */
    const struct hash256 *identity;  /* retry key instead of the one made from sender and content; or NULL */
};

/* deliver_accept with more to say. */
enum status accept_message(TALLOC_CTX *mem, struct groupware *groupware, struct envelope *envelope, struct slice mime,
                           const struct accept_options *options) MUST_CHECK;

#endif
