/* What tests of this layer share: a fresh database with the schema, mailboxes, messages. */
#ifndef BOURSE_STORAGE_FIXTURE_H
#define BOURSE_STORAGE_FIXTURE_H

#include <setjmp.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "bourse/model/properties.h"
#include "bourse/storage/delivery.h"
#include "bourse/storage/message.h"

struct fixture {
    TALLOC_CTX *mem;
    struct store *store;
    PGconn *admin;      /* for looking behind the store's back */
    int64_t mailbox;
    struct guid owner;
    int64_t inbox;
};

/* Group setup/teardown: the database is empty or has this program's schema. */
int fixture_open(void **state);
int fixture_close(void **state);
/* Test setup: a new mailbox in fixture->mailbox. */
int fixture_mailbox(void **state);

/* Fails the test with the error chain unless the status is OK. */
#define OK(expression) fixture_ok((expression), #expression, __FILE__, __LINE__)
void fixture_ok(enum status status, const char *what, const char *file, int line);

struct transaction *fixture_begin(struct fixture *f, enum transaction_mode mode);
/* Begins and locks the fixture's mailbox. */
struct transaction *fixture_write(struct fixture *f);
void fixture_commit(struct transaction *tx);
int64_t fixture_role(struct fixture *f, enum store_role role);
int64_t fixture_new_mailbox(struct fixture *f);
/* A small mail with the given subject; with MIME of `mime_size` bytes unless 0. */
struct message *fixture_message(struct fixture *f, const char *subject, size_t mime_size);
struct prepared_message *fixture_prepared(struct fixture *f, const char *subject, size_t mime_size);
/* Creates one item in its own transaction. */
struct message_created fixture_item(struct fixture *f, int64_t folder, const char *subject);
struct store_folder fixture_folder(struct fixture *f, int64_t folder);
/* First column of the first row as a number; statements behind the store's back. */
int64_t fixture_number(struct fixture *f, const char *format, ...) PRINTF_LIKE(2, 3);
void fixture_execute(struct fixture *f, const char *format, ...) PRINTF_LIKE(2, 3);
/* No finding of the integrity checker. */
void fixture_check(struct fixture *f);

#endif
