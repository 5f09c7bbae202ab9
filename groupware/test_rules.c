/* Inbox rules: conditions, local actions, forwards and replies, loops, broken targets, who may change them. */
#include "outbox_fixture.h"

#include "bourse/base/text.h"
#include "bourse/groupware/access.h"
#include "bourse/groupware/rules.h"
#include "bourse/model/properties.h"
#include "bourse/storage/store.h"
#include "rules_store.h"

static const struct guid own = { { 0 } };

#define TEXTS(kind_, ...) \
    { .kind = (kind_), .texts = (const char *const[]){ __VA_ARGS__ }, .text_count = sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *) }
#define TERMS(...) .condition_count = sizeof((struct rule_term[]){ __VA_ARGS__ }) / sizeof(struct rule_term), .conditions = (struct rule_term[]){ __VA_ARGS__ }
#define ACTIONS(...) .action_count = sizeof((struct rule_term[]){ __VA_ARGS__ }) / sizeof(struct rule_term), .actions = (struct rule_term[]){ __VA_ARGS__ }

static int64_t save(struct session *session, const struct rule *rule)
{
    struct rule_change change = { .kind = RULE_SAVE, .rule = rule };
    OK(rules_change(session, own, &change, 1));
    return change.id;
}

static void drop_all(struct fixture *f, struct session *session)
{
    struct rule *rules = NULL;
    size_t count = 0;
    OK(rules_list(f->mem, session, own, &rules, &count));
    for (size_t i = 0; i < count; i++)
        OK(rules_change(session, own, &(struct rule_change){ .kind = RULE_DELETE, .rule = &rules[i] }, 1));
}

static struct object_id make_folder(struct fixture *f, struct session *session, const char *name)
{
    struct folder *folder = NULL;
    struct object_id inbox = fixture_folder(session, FOLDER_ROLE_INBOX);
    OK(folder_create(f->mem, session, &inbox, name, "IPF.Note", NULL, &folder));
    return folder->id;
}

static size_t count_in(struct fixture *f, struct session *session, const struct object_id *folder)
{
    struct item **items = NULL;
    return fixture_list(f, session, folder, &items);
}

static void rules_move_mark_and_stop(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct object_id lists = make_folder(f, alice, "Lists"), other = make_folder(f, alice, "Other");
    struct rule first = { .name = "lists", .sequence = 1, .is_enabled = true, TERMS(TEXTS(RULE_TEST_SUBJECT_STRINGS, "[LIST]", "[group]")),
                          ACTIONS({ .kind = RULE_ACTION_MOVE, .low = lists.folder }, { .kind = RULE_ACTION_MARK_READ },
                                  TEXTS(RULE_ACTION_CATEGORISE, "Mailing list"), { .kind = RULE_ACTION_MARK_IMPORTANCE, .low = 2 }, { .kind = RULE_ACTION_STOP }) };
    struct rule second = { .name = "all", .sequence = 2, .is_enabled = true, ACTIONS({ .kind = RULE_ACTION_COPY, .low = other.folder }) };
    save(alice, &second);
    save(alice, &first);
    outbox_deliver(f, "a@partner.test", "alice@example.test", "[List] news", "", "x");
    outbox_deliver(f, "a@partner.test", "alice@example.test", "for me", "", "x");
    struct item **items = NULL;
    assert_int_equal(fixture_list(f, alice, &lists, &items), 1);
    assert_true(items[0]->is_read);
    assert_int_equal(bag_int32(items[0]->message->props, PROP_IMPORTANCE, 0), 2);
    assert_string_equal(value_text(&bag_get(items[0]->message->props, PROP_KEYWORDS)->multiple.elements[0]), "Mailing list");
    assert_null(outbox_find(f, alice, FOLDER_ROLE_INBOX, "[List] news"));
    assert_non_null(outbox_find(f, alice, FOLDER_ROLE_INBOX, "for me"));
    assert_int_equal(count_in(f, alice, &other), 1); /* the first was stopped before */
    drop_all(f, alice);
    outbox_deliver(f, "a@partner.test", "alice@example.test", "[LIST] later", "", "x");
    assert_non_null(outbox_find(f, alice, FOLDER_ROLE_INBOX, "[LIST] later"));
}

/* Row by row: one condition, a message that has it, one that does not. */
static void each_condition_decides(void **state)
{
    struct fixture *f = *state;
    struct session *bob = fixture_session(f, "bob");
    struct object_id hit = make_folder(f, bob, "Hit");
    const struct { struct rule_term term; const char *fields, *body; } rows[] = {
        { TEXTS(RULE_TEST_BODY_STRINGS, "GR\xc3\x9c\xc3\x9f"), "", "viele gr\xc3\xbc\xc3\x9f" "e" },
        { TEXTS(RULE_TEST_HEADER_STRINGS, "x-shop: 17"), "X-Shop: 17\r\n", "" },
        { TEXTS(RULE_TEST_SENDER_STRINGS, "shop.test"), "Sender: s@shop.test\r\nFrom: <s@shop.test>\r\n", "" },
        { TEXTS(RULE_TEST_RECIPIENT_STRINGS, "team@"), "Cc: Team <team@elsewhere.test>\r\n", "" },
        { TEXTS(RULE_TEST_SENT_TO, "team@elsewhere.test"), "Cc: Team <Team@elsewhere.test>\r\n", "" },
        { { .kind = RULE_TEST_IMPORTANCE, .low = 2 }, "Importance: high\r\n", "" },
        { { .kind = RULE_TEST_SENSITIVITY, .low = 2 }, "Sensitivity: Private\r\n", "" },
        { { .kind = RULE_TEST_IS_AUTOMATIC_REPLY }, "Auto-Submitted: auto-replied\r\n", "" },
        { { .kind = RULE_TEST_IS_AUTOMATIC_FORWARD }, "X-MS-Exchange-Inbox-Rules-Loop: z@elsewhere.test\r\n", "" },
        { { .kind = RULE_TEST_SIZE, .low = 3000 }, "", "1234567890123456789012345678901234567890\r\n" },
        { TEXTS(RULE_TEST_SUBJECT_OR_BODY_STRINGS, "needle"), "", "a needle" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct rule_term term = rows[i].term;
        struct rule rule = { .name = "row", .is_enabled = true, .conditions = &term, .condition_count = 1, ACTIONS({ .kind = RULE_ACTION_MOVE, .low = hit.folder }) };
        const char *body = rows[i].body;
        for (int times = 0; term.kind == RULE_TEST_SIZE && times < 7; times++)
            body = talloc_asprintf(f->mem, "%s%s", body, body);
        bool sets_from = strstr(rows[i].fields, "From:") != NULL;
        save(bob, &rule);
        size_t before = count_in(f, bob, &hit);
        if (sets_from)
            outbox_deliver(f, "s@shop.test", "bob@example.test", "row", "", body);
        else
            outbox_deliver(f, "a@partner.test", "bob@example.test", "row", rows[i].fields, body);
        outbox_deliver(f, "a@partner.test", "bob@example.test", "other", "", "nothing");
        if (count_in(f, bob, &hit) != before + 1)
            fail_msg("row %zu: %zu instead of %zu", i, count_in(f, bob, &hit), before + 1);
        rule.exceptions = &term; /* and the same as an exception never applies */
        rule.exception_count = 1;
        drop_all(f, bob);
        save(bob, &rule);
        outbox_deliver(f, sets_from ? "s@shop.test" : "a@partner.test", "bob@example.test", "row", sets_from ? "" : rows[i].fields, body);
        assert_int_equal(count_in(f, bob, &hit), before + 1);
        drop_all(f, bob);
    }
}

static void conditions_about_me(void **state)
{
    struct fixture *f = *state;
    struct session *bob = fixture_session(f, "bob");
    struct object_id hit = make_folder(f, bob, "Me");
    struct rule only = { .name = "only", .is_enabled = true, TERMS({ .kind = RULE_TEST_SENT_ONLY_TO_ME }), ACTIONS({ .kind = RULE_ACTION_MOVE, .low = hit.folder }) };
    save(bob, &only);
    outbox_deliver(f, "a@partner.test", "bob@example.test", "alone", "", "x");
    outbox_deliver(f, "a@partner.test", "bob@example.test", "with others", "Cc: c@partner.test\r\n", "x");
    assert_int_equal(count_in(f, bob, &hit), 1);
    drop_all(f, bob);
    struct rule hidden = { .name = "bcc", .is_enabled = true, TERMS({ .kind = RULE_TEST_NOT_SENT_TO_ME }), ACTIONS({ .kind = RULE_ACTION_MOVE, .low = hit.folder }) };
    save(bob, &hidden);
    outbox_deliver_mime(f, "a@partner.test", "bob@example.test", fixture_mail(f->mem, "a@partner.test", "list@partner.test", "blind", "x"));
    outbox_deliver(f, "a@partner.test", "bob@example.test", "open", "", "x");
    assert_int_equal(count_in(f, bob, &hit), 2);
    drop_all(f, bob);
}

static void delete_and_permanent_delete(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol");
    struct object_id recoverable = fixture_folder(carol, FOLDER_ROLE_RECOVERABLE_DELETIONS);
    struct rule soft = { .name = "soft", .sequence = 1, .is_enabled = true, TERMS(TEXTS(RULE_TEST_SUBJECT_STRINGS, "soft")), ACTIONS({ .kind = RULE_ACTION_DELETE }) };
    struct rule hard = { .name = "hard", .sequence = 2, .is_enabled = true, TERMS(TEXTS(RULE_TEST_SUBJECT_STRINGS, "hard")), ACTIONS({ .kind = RULE_ACTION_PERMANENT_DELETE }) };
    save(carol, &soft);
    save(carol, &hard);
    outbox_deliver(f, "a@partner.test", "carol@example.test", "soft one", "", "x");
    outbox_deliver(f, "a@partner.test", "carol@example.test", "hard one", "", "x");
    assert_non_null(outbox_find(f, carol, FOLDER_ROLE_DELETED_ITEMS, "soft one"));
    assert_null(outbox_find(f, carol, FOLDER_ROLE_INBOX, "soft one"));
    assert_null(outbox_find(f, carol, FOLDER_ROLE_INBOX, "hard one"));
    assert_null(outbox_find(f, carol, FOLDER_ROLE_DELETED_ITEMS, "hard one"));
    assert_int_equal(count_in(f, carol, &recoverable), 1);
    drop_all(f, carol);
}

static void a_rule_whose_folder_is_gone_is_marked_and_mail_stays(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol");
    struct object_id gone = make_folder(f, carol, "Gone soon");
    struct rule *rules = NULL;
    size_t count = 0;
    struct rule move = { .name = "move", .is_enabled = true, ACTIONS({ .kind = RULE_ACTION_MARK_READ }, { .kind = RULE_ACTION_MOVE, .low = gone.folder }) };
    save(carol, &move);
    OK(folder_delete(carol, &gone, DELETE_HARD));
    outbox_deliver(f, "a@partner.test", "carol@example.test", "no folder", "", "x");
    struct item *item = outbox_find(f, carol, FOLDER_ROLE_INBOX, "no folder");
    assert_non_null(item);
    assert_false(item->is_read); /* all of a rule or nothing */
    OK(rules_list(f->mem, carol, own, &rules, &count));
    assert_int_equal(count, 1);
    assert_true(rules[0].is_in_error);
    struct rule_change again = { .kind = RULE_SAVE, .rule = &move };
    assert_int_equal(rules_change(carol, own, &again, 1), STATUS_INVALID_ARGUMENT);
    drop_all(f, carol);
}

static void forwards_and_redirects_go_out_once(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    const char *recipient = NULL, *sender = NULL, *mime = NULL;
    struct rule rule = { .name = "on", .is_enabled = true, TERMS(TEXTS(RULE_TEST_SUBJECT_STRINGS, "pass on")),
                         ACTIONS(TEXTS(RULE_ACTION_REDIRECT, "bob@example.test"), TEXTS(RULE_ACTION_FORWARD, "x@fwd.test"),
                                 TEXTS(RULE_ACTION_FORWARD_AS_ATTACHMENT, "y@att.test")) };
    save(alice, &rule);
    outbox_deliver(f, "boss@partner.test", "alice@example.test", "pass on", "", "the text");
    assert_int_equal(outbox_pump(f), 1);
    struct item *redirected = outbox_find(f, bob, FOLDER_ROLE_INBOX, "pass on");
    assert_non_null(redirected);
    assert_string_equal(bag_string(redirected->message->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, ""), "boss@partner.test");
    assert_true(outbox_take(f, "fwd.test", &recipient, &sender, &mime));
    assert_string_equal(sender, "alice@example.test");
    assert_non_null(strstr(mime, "Subject: FW: pass on"));
    assert_non_null(strstr(mime, "X-MS-Exchange-Inbox-Rules-Loop: alice@example.test"));
    assert_non_null(strstr(mime, "the text"));
    assert_true(outbox_take(f, "att.test", &recipient, &sender, &mime));
    assert_non_null(strstr(mime, "message/rfc822"));
    assert_non_null(strstr(mime, "Subject: pass on"));
    assert_false(outbox_take(f, "fwd.test", &recipient, &sender, &mime));
    /* the null sender stays null, so that no bounce comes of it */
    outbox_deliver(f, "", "alice@example.test", "pass on", "", "bounce");
    outbox_pump(f);
    assert_true(outbox_take(f, "fwd.test", &recipient, &sender, &mime));
    assert_string_equal(sender, "");
    assert_true(outbox_take(f, "att.test", &recipient, &sender, &mime));
    drop_all(f, alice);
}

/* Two mailboxes that send everything to each other. Control: the loop field is what ends it. */
static void rules_that_point_at_each_other_end(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct rule to_bob = { .name = "b", .is_enabled = true, ACTIONS(TEXTS(RULE_ACTION_FORWARD, "bob@example.test"), TEXTS(RULE_ACTION_REDIRECT, "bob@example.test")) };
    struct rule to_alice = { .name = "a", .is_enabled = true, ACTIONS(TEXTS(RULE_ACTION_FORWARD, "alice.adams@example.test")) };
    save(alice, &to_bob);
    save(bob, &to_alice);
    outbox_deliver(f, "boss@partner.test", "alice@example.test", "ping", "", "x");
    assert_int_equal(outbox_pump(f), 4); /* twice to bob, each once back */
    assert_int_equal(outbox_pump(f), 0);
    drop_all(f, alice);
    drop_all(f, bob);
}

static void a_template_answers_a_sender_once(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol");
    struct object_id drafts = fixture_folder(carol, FOLDER_ROLE_DRAFTS);
    struct item_create_options create = { .is_draft = true };
    struct item *template = NULL;
    const char *recipient = NULL, *sender = NULL, *mime = NULL;
    struct message *message = message_new(f->mem);
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Note.rules.ReplyTemplate.Microsoft"));
    OK(bag_set_string(message->props, PROP_SUBJECT, "We have it"));
    OK(bag_set_string(message->props, PROP_BODY, "Thank you."));
    OK(item_create(f->mem, carol, &drafts, message, &create, &template));
    struct rule rule = { .name = "answer", .is_enabled = true, ACTIONS({ .kind = RULE_ACTION_REPLY, .low = template->id.item }) };
    save(carol, &rule);
    for (int i = 0; i < 3; i++)
        outbox_deliver(f, "customer@answer.test", "carol@example.test", "order", "", "x");
    outbox_deliver(f, "customer@answer.test", "carol@example.test", "machine", "Auto-Submitted: auto-generated\r\n", "x");
    assert_true(outbox_take(f, "answer.test", &recipient, &sender, &mime));
    assert_string_equal(sender, "");
    assert_string_equal(recipient, "customer@answer.test");
    assert_non_null(strstr(mime, "Auto-Submitted: auto-replied"));
    assert_non_null(strstr(mime, "Subject: We have it"));
    assert_non_null(strstr(mime, "In-Reply-To: <"));
    assert_false(outbox_take(f, "answer.test", &recipient, &sender, &mime));
    drop_all(f, carol);
}

static void only_the_owner_sees_and_changes_rules(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct object_id inbox = fixture_folder(alice, FOLDER_ROLE_INBOX);
    struct permission all = { .kind = PERMISSION_PERSON, .person = session_principal(bob), .rights = 0x7FB };
    struct rule rule = { .name = "spy", .is_enabled = true, ACTIONS(TEXTS(RULE_ACTION_REDIRECT, "bob@example.test")) };
    struct rule_change change = { .kind = RULE_SAVE, .rule = &rule };
    struct rule *rules = NULL;
    size_t count = 0;
    OK(permissions_set(alice, &inbox, &all, 1)); /* all rights on the folder are not the right to send its mail away */
    assert_int_equal(rules_list(f->mem, bob, session_mailbox(alice), &rules, &count), STATUS_ACCESS_DENIED);
    assert_int_equal(rules_change(bob, session_mailbox(alice), &change, 1), STATUS_ACCESS_DENIED);
}

static void bad_rules_are_refused(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    const struct rule bad[] = {
        { .name = "no action" },
        { .name = "unknown", ACTIONS({ .kind = 99 }) },
        { .name = "address", ACTIONS(TEXTS(RULE_ACTION_FORWARD, "not an address")) },
        { .name = "folder", ACTIONS({ .kind = RULE_ACTION_MOVE, .low = 999999 }) },
        { .name = "template", ACTIONS({ .kind = RULE_ACTION_REPLY, .low = 999999 }) },
        { .name = "empty", TERMS({ .kind = RULE_TEST_SUBJECT_STRINGS }), ACTIONS({ .kind = RULE_ACTION_STOP }) },
        { .name = "range", TERMS({ .kind = RULE_TEST_SIZE, .low = 9, .high = 3 }), ACTIONS({ .kind = RULE_ACTION_STOP }) },
    };
    struct rule good = { .name = "good", ACTIONS({ .kind = RULE_ACTION_STOP }) };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct rule_change changes[] = { { .kind = RULE_SAVE, .rule = &good }, { .kind = RULE_SAVE, .rule = &bad[i] } };
        if (rules_change(alice, own, changes, 2) != STATUS_INVALID_ARGUMENT)
            fail_msg("%s was taken", bad[i].name);
    }
    struct rule *rules = NULL;
    size_t count = 1;
    OK(rules_list(f->mem, alice, own, &rules, &count));
    assert_int_equal(count, 0); /* all or none */
}

/* The hot path: a mailbox without rules asks the database nothing before the committer's round; a rule saved meanwhile counts for the next message all the same. */
static void mail_without_rules_costs_no_statement(void **state)
{
    struct fixture *f = *state;
    struct session *dave = fixture_session(f, "dave");
    struct rule rule = { .name = "all", .is_enabled = true, ACTIONS({ .kind = RULE_ACTION_DELETE }) };
    outbox_deliver(f, "a@partner.test", "dave@example.test", "warm", "", "x");
    uint64_t before = store_statement_count();
    outbox_deliver(f, "a@partner.test", "dave@example.test", "cheap", "", "x");
    assert_int_equal(store_statement_count() - before, 0);
    save(dave, &rule);
    before = store_statement_count();
    outbox_deliver(f, "a@partner.test", "dave@example.test", "by rule", "", "x"); /* planned without it, refused, planned again */
    assert_true(store_statement_count() - before > 0);
    assert_non_null(outbox_find(f, dave, FOLDER_ROLE_DELETED_ITEMS, "by rule"));
    drop_all(f, dave);
    outbox_deliver(f, "a@partner.test", "dave@example.test", "no rule", "", "x");
    before = store_statement_count();
    outbox_deliver(f, "a@partner.test", "dave@example.test", "cheap again", "", "x");
    assert_int_equal(store_statement_count() - before, 0);
    assert_non_null(outbox_find(f, dave, FOLDER_ROLE_INBOX, "cheap again"));
}

static void stored_form_is_the_same_for_ever(void **state)
{
    struct fixture *f = *state;
    static const char golden[] = "0102"
                                 "0702" "0161" "02c3a4" "0000000000000000" "0000000000000000" "00"
                                 "1f00" "0500000000000000" "0900000000000000" "0178";
    struct rule_term terms[] = { TEXTS(RULE_TEST_SUBJECT_STRINGS, "a", "\xc3\xa4"), { .kind = RULE_TEST_SIZE, .low = 5, .high = 9, .bytes = { (const uint8_t *)"x", 1 } } };
    struct slice packed, expected;
    struct rule_term *back = NULL;
    size_t count = 0;
    OK(rule_terms_pack(f->mem, terms, 2, &packed));
    OK(hex_decode(f->mem, slice_of_text(golden), &expected));
    assert_int_equal(packed.length, expected.length);
    assert_memory_equal(packed.data, expected.data, packed.length);
    OK(rule_terms_unpack(f->mem, packed, &back, &count));
    assert_int_equal(count, 2);
    assert_string_equal(back[0].texts[1], "\xc3\xa4");
    assert_int_equal(back[1].high, 9);
    for (size_t cut = 1; cut < packed.length; cut++)
        assert_int_equal(rule_terms_unpack(f->mem, slice_part(packed, 0, cut), &back, &count), STATUS_CORRUPT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_test, fixture_test_end)
    const struct CMUnitTest tests[] = {
        TEST(rules_move_mark_and_stop),
        TEST(each_condition_decides),
        TEST(conditions_about_me),
        TEST(delete_and_permanent_delete),
        TEST(a_rule_whose_folder_is_gone_is_marked_and_mail_stays),
        TEST(forwards_and_redirects_go_out_once),
        TEST(rules_that_point_at_each_other_end),
        TEST(a_template_answers_a_sender_once),
        TEST(only_the_owner_sees_and_changes_rules),
        TEST(bad_rules_are_refused),
        TEST(mail_without_rules_costs_no_statement),
        TEST(stored_form_is_the_same_for_ever),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
