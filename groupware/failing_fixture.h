/* Tests that let a call's n-th SQL statement fail: a failure is temporary, leaves nothing behind (or, when the commit was under way, perhaps all), keeps the
 * store sound, and the repeated call works [promises 3-5]. Each call is tried with a seeded sample of its statements, the last one always among them;
 * BOURSE_FAIL_STATEMENTS=all tries every one, BOURSE_FAIL_SEED=n takes another sample, BOURSE_TEST_ONLY=text only calls with the text in their names.
 * Statements of the calling thread only: those of the shared commit, which is all that deliver_accept writes with, are failed in storage/test_delivery.c. */
#ifndef BOURSE_GROUPWARE_FAILING_FIXTURE_H
#define BOURSE_GROUPWARE_FAILING_FIXTURE_H

#include "outbox_fixture.h"

/* What a call works on; made anew for each try. */
struct stage {
    struct fixture *f;
    struct session *alice, *bob;
    struct object_id from, to, inner; /* folders of alice; `inner` lies in `from` */
    struct item *item;                /* in `from`, with one attachment; a call's `prepare` may make another */
    struct object_id attachment;
    struct object_id meeting;         /* for calls about meetings: what `prepare` made in alice's calendar, */
    struct object_id entry, request;  /* what came of it in bob's calendar and inbox */
    char subject[40];
};

struct call {
    const char *name;
    enum status (*run)(struct stage *stage);
    /* What the call brings about: 0 nothing yet, 1 all of it, anything else is half a thing. NULL: it only reads. */
    int (*done)(struct stage *stage);
    void (*prepare)(struct stage *stage); /* or NULL */
};

void failing_statements(struct fixture *f, const struct call *calls, size_t count);

/* For the calls. */
int stage_count_in(struct stage *stage, const struct object_id *folder);
int stage_count_subject(struct stage *stage, struct session *session, enum folder_role role);
struct message *stage_draft(struct stage *stage, const char *to); /* `to`: NULL for no recipient */
struct attachment stage_file(struct stage *stage);

#endif
