/* Test fixture: a groupware handle on a private PostgreSQL and OpenLDAP (tests/services), and sessions of the demo people. */
#ifndef BOURSE_GROUPWARE_FIXTURE_H
#define BOURSE_GROUPWARE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bourse/groupware/item.h"

struct fixture {
    TALLOC_CTX *mem; /* of one test */
    struct config *config;
    struct groupware *groupware;
};

/* Fails the test with the cause chain unless the call gives STATUS_OK. */
#define OK(call) fixture_ok((call), #call, __FILE__, __LINE__)
void fixture_ok(enum status status, const char *what, const char *file, int line);

int fixture_open(void **state);
int fixture_close(void **state);
int fixture_test(void **state);      /* setup: fresh mem */
int fixture_test_end(void **state);

/* Session of "alice" ... by address alice@example.test. */
struct session *fixture_session(struct fixture *f, const char *name);
struct object_id fixture_folder(struct session *session, enum folder_role role);
/* A simple message from `from` to `to` with CRLF and a Message-ID of its own. */
struct slice fixture_mail(TALLOC_CTX *mem, const char *from, const char *to, const char *subject, const char *body);
/* Delivers by deliver_accept; the recipients' results must be OK. */
void fixture_deliver(struct fixture *f, const char *from, const char *to, const char *subject, const char *body);
/* Newest items of a folder. */
size_t fixture_list(struct fixture *f, struct session *session, const struct object_id *folder, struct item ***out);

#endif
