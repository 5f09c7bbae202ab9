#include "failing_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "bourse/groupware/find.h"
#include "bourse/model/properties.h"
#include "bourse/storage/check.h"
#include "session_state.h"

enum { STATEMENTS_MOST = 200, SAMPLE = 2 };

int stage_count_in(struct stage *stage, const struct object_id *folder)
{
    struct item **items = NULL;
    return (int)fixture_list(stage->f, stage->alice, folder, &items);
}

int stage_count_subject(struct stage *stage, struct session *session, enum folder_role role)
{
    struct item **items = NULL;
    struct object_id folder = fixture_folder(session, role);
    size_t count = fixture_list(stage->f, session, &folder, &items);
    int found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(bag_string(items[i]->message->props, PROP_SUBJECT, ""), stage->subject) == 0;
    return found;
}

struct message *stage_draft(struct stage *stage, const char *to)
{
    struct message *message = message_new(stage->f->mem);
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Note"));
    OK(bag_set_string(message->props, PROP_SUBJECT, stage->subject));
    OK(bag_set_string(message->props, PROP_BODY, "text"));
    if (to != NULL) {
        struct recipient recipient = { RECIPIENT_TO, to, "SMTP", to, to, NULL };
        assert_non_null(message_add_recipient(message, &recipient));
    }
    return message;
}

struct attachment stage_file(struct stage *stage)
{
    struct attachment attachment = { .props = bag_new(stage->f->mem), .content = ATTACHMENT_BYTES, .bytes = slice_of_text("bytes"), .number = -1 };
    OK(bag_set_string(attachment.props, PROP_ATTACH_LONG_FILENAME, "a.txt"));
    return attachment;
}

static struct object_id make_folder(struct stage *stage, const struct object_id *parent, const char *kind, int number)
{
    struct folder *folder = NULL;
    OK(folder_create(stage->f->mem, stage->alice, parent, talloc_asprintf(stage->f->mem, "%s %d", kind, number), NULL, NULL, &folder));
    return folder->id;
}

static void set_stage(struct stage *stage, struct fixture *f)
{
    static int number;
    struct item_create_options options = { 0 };
    struct item *changed = NULL;
    *stage = (struct stage){ .f = f, .alice = fixture_session(f, "alice"), .bob = fixture_session(f, "bob") };
    snprintf(stage->subject, sizeof stage->subject, "failing %d", ++number);
    struct object_id top = fixture_folder(stage->alice, FOLDER_ROLE_IPM_SUBTREE);
    stage->from = make_folder(stage, &top, "from", number);
    stage->to = make_folder(stage, &top, "to", number);
    stage->inner = make_folder(stage, &stage->from, "inner", number);
    OK(item_create(f->mem, stage->alice, &stage->from, stage_draft(stage, "bob@example.test"), &options, &stage->item));
    struct attachment attachment = stage_file(stage);
    OK(attachment_create(f->mem, stage->alice, &stage->item->id, &attachment, 1, &stage->attachment, &changed));
}

/* ---- the rounds ---- */

static void fail_on_finding(const struct check_finding *finding, void *data)
{
    fail_msg("%s: %s: %s", (const char *)data, finding->kind, finding->detail);
}

static void check_store(struct stage *stage, const char *what)
{
    struct check_result result;
    struct store *store = stage->f->groupware->store;
    struct session *sessions[] = { stage->alice, stage->bob };
    for (size_t i = 0; i < 2; i++)
        OK(check_mailbox(store, sessions[i]->own.id, false, false, fail_on_finding, (void *)(uintptr_t)what, &result));
    OK(check_shared(store, false, false, fail_on_finding, (void *)(uintptr_t)what, &result));
}

/* After a failure: nothing or, if that cannot be known, all; then the repeated call works and brings it about once. */
static void after_failure(const struct call *call, struct stage *stage, uint64_t n, enum status status)
{
    char what[80];
    snprintf(what, sizeof what, "%s with statement %d failing", call->name, (int)n);
    if (status_info(status)->fault != FAULT_TEMPORARY)
        fail_msg("%s: %s", what, status_info(status)->name);
    int done = call->done != NULL ? call->done(stage) : 0;
    if (done != 0 && !(done == 1 && status == STATUS_COMMIT_UNKNOWN))
        fail_msg("%s: %s, and done is %d", what, status_info(status)->name, done);
    check_store(stage, what);
    if (call->done == NULL || done == 0) {
        status_chain_clear();
        fixture_ok(call->run(stage), what, "repeated", 0);
    }
    if (call->done != NULL)
        assert_int_equal(call->done(stage), 1);
}

/* The call on a new stage with statement n failing, 0: none. Returns how many statements it took; *failed: whether the call did. */
static uint64_t try_once(struct fixture *f, const struct call *call, uint64_t n, bool *failed)
{
    TALLOC_CTX *all = f->mem;
    struct stage stage;
    f->mem = talloc_new(all);
    set_stage(&stage, f);
    if (call->prepare != NULL)
        call->prepare(&stage);
    status_chain_clear();
    uint64_t before = store_statement_count();
    store_fail_statement(n);
    enum status status = call->run(&stage);
    store_fail_statement(0);
    uint64_t took = store_statement_count() - before;
    *failed = status != STATUS_OK;
    if (n == 0 || took < n)
        OK(status);
    if (*failed)
        after_failure(call, &stage, n, status);
    else if (call->done != NULL)
        assert_int_equal(call->done(&stage), 1);
    if (n == 0)
        check_store(&stage, call->name);
    talloc_free(f->mem);
    f->mem = all;
    return took;
}

/* A permutation of 1..count, the last one first. */
static void shuffle(uint64_t *order, uint64_t count, unsigned *seed)
{
    for (uint64_t i = 0; i < count; i++)
        order[i] = count - i;
    for (uint64_t i = 1; i + 1 < count; i++) {
        uint64_t other = i + (uint64_t)rand_r(seed) % (count - i), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static void fail_statements_of(struct fixture *f, const struct call *call, bool every, unsigned *seed)
{
    uint64_t order[STATEMENTS_MOST];
    bool failed = false;
    unsigned failures = 0;
    uint64_t count = try_once(f, call, 0, &failed);
    if (count < 1 || count >= STATEMENTS_MOST) /* a call that asks nothing of the store proves nothing */
        fail_msg("%s: %d statements", call->name, (int)count);
    shuffle(order, count, seed);
    for (uint64_t i = 0; i < count && (every || i < SAMPLE || failures == 0); i++) { /* some calls try again by themselves */
        try_once(f, call, order[i], &failed);
        failures += failed;
    }
    assert_true(failures > 0);
    print_message("%s: %d statements, %u failures\n", call->name, (int)count, failures);
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

void failing_statements(struct fixture *f, const struct call *calls, size_t count)
{
    unsigned seed = (unsigned)strtoul(environment("BOURSE_FAIL_SEED"), NULL, 10);
    bool every = strcmp(environment("BOURSE_FAIL_STATEMENTS"), "all") == 0;
    for (size_t i = 0; i < count; i++)
        if (strstr(calls[i].name, environment("BOURSE_TEST_ONLY")) != NULL)
            fail_statements_of(f, &calls[i], every, &seed);
}
