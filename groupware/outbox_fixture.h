/* Tests: mail with chosen header fields, and the queue runner's part for mail to our own domain. */
#ifndef BOURSE_GROUPWARE_OUTBOX_FIXTURE_H
#define BOURSE_GROUPWARE_OUTBOX_FIXTURE_H

#include "bourse/groupware/queue.h"
#include "fixture.h"

/* Delivers to `to` from the envelope sender `from` ("" null); `fields`: more header fields with CR LF, or "". The header names `to` in To. */
void outbox_deliver(struct fixture *f, const char *from, const char *to, const char *subject, const char *fields, const char *body);
/* The same for whole bytes. */
void outbox_deliver_mime(struct fixture *f, const char *from, const char *to, struct slice mime);
/* Delivers what waits for our own domain until nothing does; returns how many recipients. */
size_t outbox_pump(struct fixture *f);
/* Takes what waits for another host off the queue: its content, "" in *mime when nothing does; *sender is the envelope's. */
bool outbox_take(struct fixture *f, const char *destination, const char **recipient, const char **sender, const char **mime);
/* The item with that subject; fails the test when there are several, NULL when there is none. */
struct item *outbox_find(struct fixture *f, struct session *session, enum folder_role role, const char *subject);

#endif
