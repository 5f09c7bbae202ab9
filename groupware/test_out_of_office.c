/* Out-of-office: who is answered, once, in which words; who may set it. */
#include "outbox_fixture.h"

#include "bourse/groupware/access.h"
#include "bourse/groupware/out_of_office.h"
#include "bourse/model/properties.h"

static const struct guid own = { { 0 } };

static void set(struct session *session, enum out_of_office_state state, enum out_of_office_audience audience)
{
    struct out_of_office settings = { .state = state, .audience = audience, .internal = "<html><body><p>Away, <b>colleague</b></p></body></html>",
                                      .external = "Away until Monday", .starts = clock_now() - INSTANT_PER_HOUR, .ends = clock_now() + INSTANT_PER_HOUR };
    OK(out_of_office_set(session, own, &settings));
}

static size_t answers_to(struct fixture *f, const char *destination)
{
    const char *recipient = NULL, *sender = NULL, *mime = NULL;
    size_t count = 0;
    while (outbox_take(f, destination, &recipient, &sender, &mime))
        count++;
    return count;
}

static void settings_are_kept_and_checked(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct out_of_office *got = NULL;
    struct out_of_office bad = { .state = OOF_SCHEDULED, .internal = "", .external = "", .starts = 10, .ends = 10 };
    OK(out_of_office_get(f->mem, alice, own, &got));
    assert_int_equal(got->state, OOF_DISABLED);
    assert_string_equal(got->internal, "");
    assert_int_equal(out_of_office_set(alice, own, &bad), STATUS_INVALID_ARGUMENT);
    bad = (struct out_of_office){ .state = OOF_ENABLED, .internal = "\xff", .external = "" };
    assert_int_equal(out_of_office_set(alice, own, &bad), STATUS_INVALID_ARGUMENT);
    set(alice, OOF_SCHEDULED, OOF_AUDIENCE_KNOWN);
    OK(out_of_office_get(f->mem, alice, own, &got));
    assert_int_equal(got->state, OOF_SCHEDULED);
    assert_int_equal(got->audience, OOF_AUDIENCE_KNOWN);
    assert_string_equal(got->external, "Away until Monday");
    assert_true(out_of_office_is_on(got, clock_now()));
    assert_false(out_of_office_is_on(got, got->ends));
    struct object_id inbox = fixture_folder(alice, FOLDER_ROLE_INBOX);
    struct permission all = { .kind = PERMISSION_PERSON, .person = session_principal(bob), .rights = 0x7FB };
    OK(permissions_set(alice, &inbox, &all, 1));
    assert_int_equal(out_of_office_get(f->mem, bob, session_mailbox(alice), &got), STATUS_ACCESS_DENIED);
    assert_int_equal(out_of_office_set(bob, session_mailbox(alice), &bad), STATUS_INVALID_ARGUMENT);
    bad.internal = "";
    assert_int_equal(out_of_office_set(bob, session_mailbox(alice), &bad), STATUS_ACCESS_DENIED);
    set(alice, OOF_DISABLED, OOF_AUDIENCE_ALL);
}

static void a_sender_is_answered_once_a_period(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    const char *recipient = NULL, *sender = NULL, *mime = NULL;
    set(alice, OOF_ENABLED, OOF_AUDIENCE_ALL);
    outbox_deliver(f, "friend@out.test", "alice@example.test", "hello", "", "x");
    outbox_deliver(f, "Friend@OUT.test", "alice@example.test", "hello again", "", "x");
    outbox_deliver(f, "bob@example.test", "alice@example.test", "inside", "", "x");
    outbox_deliver(f, "bob@example.test", "alice@example.test", "inside again", "", "x");
    assert_int_equal(outbox_pump(f), 1);
    struct item *inside = outbox_find(f, bob, FOLDER_ROLE_INBOX, "Automatic reply: inside"), *whole = NULL;
    assert_non_null(inside);
    OK(item_get(f->mem, bob, &inside->id, ITEM_ALL, &whole));
    assert_non_null(strstr(bag_string(whole->message->props, PROP_BODY, ""), "Away, "));
    assert_true(bag_bytes(whole->message->props, PROP_HTML).length > 0);
    assert_true(outbox_take(f, "out.test", &recipient, &sender, &mime));
    assert_string_equal(sender, "");
    assert_non_null(strstr(mime, "Away until Monday"));
    assert_non_null(strstr(mime, "Auto-Submitted: auto-replied"));
    assert_non_null(strstr(mime, "X-Auto-Response-Suppress: All"));
    assert_non_null(strstr(mime, "Precedence: bulk"));
    assert_non_null(strstr(mime, "In-Reply-To: <"));
    assert_non_null(strstr(mime, "References: <"));
    assert_int_equal(answers_to(f, "out.test"), 0);
    set(alice, OOF_ENABLED, OOF_AUDIENCE_ALL); /* the schedule's times move with the clock, so this is a change: a new period */
    outbox_deliver(f, "friend@out.test", "alice@example.test", "hello anew", "", "x");
    assert_int_equal(answers_to(f, "out.test"), 1);
    struct out_of_office *same = NULL;
    OK(out_of_office_get(f->mem, alice, own, &same));
    OK(out_of_office_set(alice, own, same)); /* saved as it was: none */
    outbox_deliver(f, "friend@out.test", "alice@example.test", "and again", "", "x");
    assert_int_equal(answers_to(f, "out.test"), 0);
    set(alice, OOF_DISABLED, OOF_AUDIENCE_ALL);
    outbox_deliver(f, "new@out.test", "alice@example.test", "off", "", "x");
    assert_int_equal(answers_to(f, "out.test"), 0);
}

static void programs_and_lists_are_never_answered(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol");
    static const struct { const char *from, *fields; } silent[] = {
        { "", "" }, { "mailer-daemon@quiet.test", "" }, { "Postmaster@quiet.test", "" }, { "owner-list@quiet.test", "" }, { "list-request@quiet.test", "" },
        { "a@quiet.test", "Auto-Submitted: auto-replied\r\n" }, { "b@quiet.test", "Auto-Submitted: auto-generated; x=y\r\n" }, { "c@quiet.test", "Precedence: Bulk\r\n" },
        { "d@quiet.test", "List-Id: <x.quiet.test>\r\n" }, { "e@quiet.test", "X-Auto-Response-Suppress: DR, OOF\r\n" },
        { "f@quiet.test", "X-Auto-Response-Suppress: All\r\n" }, { "g@quiet.test", "X-Spam-Flag: YES\r\n" }, { "carol@example.test", "" },
    };
    set(carol, OOF_ENABLED, OOF_AUDIENCE_ALL);
    for (size_t i = 0; i < ARRAY_LENGTH(silent); i++) {
        outbox_deliver(f, silent[i].from, "carol@example.test", "silent", silent[i].fields, "x");
        if (answers_to(f, "quiet.test") + outbox_pump(f) != 0)
            fail_msg("row %zu was answered", i);
    }
    /* neither in To nor in Cc */
    outbox_deliver_mime(f, "h@quiet.test", "carol@example.test", fixture_mail(f->mem, "h@quiet.test", "all@quiet.test", "blind", "x"));
    assert_int_equal(answers_to(f, "quiet.test"), 0);
    /* Control: the same without the fields, and to an alias. */
    outbox_deliver(f, "person@quiet.test", "carol.clark@example.test", "loud", "Auto-Submitted: no\r\nX-Auto-Response-Suppress: DR\r\n", "x");
    assert_int_equal(answers_to(f, "quiet.test"), 1);
    set(carol, OOF_DISABLED, OOF_AUDIENCE_ALL);
}

static void outsiders_by_audience(void **state)
{
    struct fixture *f = *state;
    struct session *dave = fixture_session(f, "dave");
    struct object_id contacts = fixture_folder(dave, FOLDER_ROLE_CONTACTS);
    struct item_create_options create = { 0 };
    struct item *contact = NULL;
    struct message *message = message_new(f->mem);
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Contact"));
    OK(bag_set_string(message->props, PROP_EMAIL1_EMAIL_ADDRESS, "known@aud.test"));
    OK(bag_set_string(message->props, PROP_EMAIL1_ADDRESS_TYPE, "SMTP"));
    OK(item_create(f->mem, dave, &contacts, message, &create, &contact));
    set(dave, OOF_ENABLED, OOF_AUDIENCE_NONE);
    outbox_deliver(f, "known@aud.test", "dave@example.test", "none", "", "x");
    assert_int_equal(answers_to(f, "aud.test"), 0);
    set(dave, OOF_ENABLED, OOF_AUDIENCE_KNOWN);
    outbox_deliver(f, "stranger@aud.test", "dave@example.test", "stranger", "", "x");
    assert_int_equal(answers_to(f, "aud.test"), 0);
    outbox_deliver(f, "Known@aud.test", "dave@example.test", "known", "", "x");
    assert_int_equal(answers_to(f, "aud.test"), 1);
    set(dave, OOF_DISABLED, OOF_AUDIENCE_NONE);
}

static void two_users_who_are_away_end(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    set(alice, OOF_ENABLED, OOF_AUDIENCE_ALL);
    set(bob, OOF_ENABLED, OOF_AUDIENCE_ALL);
    outbox_deliver(f, "bob@example.test", "alice@example.test", "ping pong", "", "x");
    assert_int_equal(outbox_pump(f), 1);
    assert_int_equal(outbox_pump(f), 0);
    set(alice, OOF_DISABLED, OOF_AUDIENCE_ALL);
    set(bob, OOF_DISABLED, OOF_AUDIENCE_ALL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_test, fixture_test_end)
    const struct CMUnitTest tests[] = {
        TEST(settings_are_kept_and_checked), TEST(a_sender_is_answered_once_a_period), TEST(programs_and_lists_are_never_answered),
        TEST(outsiders_by_audience), TEST(two_users_who_are_away_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
