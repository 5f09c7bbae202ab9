/* Inside of the integrity checker (private to storage). */
#ifndef BOURSE_STORAGE_CHECK_PRIVATE_H
#define BOURSE_STORAGE_CHECK_PRIVATE_H

#include "bourse/storage/check.h"
#include "transaction_private.h"

#define CHECK_PAGE 200

struct check {
    struct store *store;
    int64_t mailbox; /* 0: shared tables */
    bool repair;
    void (*found)(const struct check_finding *finding, void *data);
    void *data;
    struct check_result *result;
    TALLOC_CTX *mem;
    struct transaction *tx; /* reading */
};

void check_report(struct check *check, const char *kind, bool can_repair, const char *format, ...) PRINTF_LIKE(4, 5);

/* Rows against each other (check_kinds.def), in the scope that check->mailbox says. */
enum status check_rows(struct check *check) MUST_CHECK;
/* Their repairs in one transaction; each mends what is wrong by then. */
enum status check_repair_rows(struct store *store, int64_t mailbox) MUST_CHECK;
/* Bags, recipients, embedded messages; values in blobs against the list of references. */
enum status check_content(struct check *check) MUST_CHECK;
/* Rows of cal_index, reminder and contact_index against the properties / writing what they should be (under the mailbox lock). */
enum status check_indexes(struct check *check) MUST_CHECK;
enum status check_repair_indexes(struct transaction *tx, int64_t mailbox) MUST_CHECK;

#endif
