/* Sign-in and SASL against a real server; the same on OpenLDAP and on Active Directory. */
#include "bourse/base/clock.h"
#include "directory_private.h"
#include "testing_directory.h"

static TALLOC_CTX *process;
static struct directory *directory;

static int set_up(void **state)
{
    (void)state;
    process = talloc_new(NULL);
    directory = testing_directory(process);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    clock_test_release();
    talloc_free(process);
    return 0;
}

static enum status try(const char *login, const char *password, struct sign_in_outcome *out)
{
    struct secret *secret = secret_new(process, slice_of_text(password));
    enum status status = sign_in_verify(process, directory, login, secret, "192.0.2.1", out);
    talloc_free(secret);
    return status;
}

static const char *right(void)
{
    return testing_env("BOURSE_TEST_LDAP_USER_PASSWORD");
}

static void right_password_in_all_forms(void **state)
{
    (void)state;
    const char *forms[] = { "alice", testing_address(process, "alice"), testing_address(process, "Alice.Adams"), "EXAMPLE\\alice" };
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        struct sign_in_outcome outcome;
        assert_status(try(forms[i], right(), &outcome), STATUS_OK);
        assert_string_equal(outcome.principal->login, "alice");
        assert_string_equal(outcome.principal->address, testing_address(process, "alice"));
        assert_string_equal(outcome.principal->display_name, "Alice Adams");
        assert_int_equal(outcome.principal->address_count, 2);
        assert_int_equal(outcome.not_before, 0);
    }
}

static void wrong_passwords_fail(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    static const char *const wrong[] = { "wrong", "", " " };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_status(try("alice", wrong[i], &outcome), STATUS_SIGN_IN_FAILED);
        assert_null(outcome.principal);
        assert_true(outcome.not_before > 0); /* as long as any other failure */
    }
    assert_status(sign_in_verify(process, directory, "alice", NULL, NULL, &outcome), STATUS_SIGN_IN_FAILED);
    struct secret *with_nul = secret_new(process, slice_of("x\0y", 3));
    assert_status(sign_in_verify(process, directory, "alice", with_nul, NULL, &outcome), STATUS_SIGN_IN_FAILED);
    static const char *const unknown[] = { "nobody", "", "*", "al*", "alice)(objectClass=*", "sales", "grace", "\\", "@" };
    for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++)
        assert_status(try(unknown[i], right(), &outcome), STATUS_SIGN_IN_FAILED);
    assert_status(try("alice", right(), &outcome), STATUS_OK);
}

static void states_of_accounts(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    assert_status(try("erin", right(), &outcome), STATUS_ACCOUNT_DISABLED);
    assert_status(try("frank", right(), &outcome), STATUS_PASSWORD_EXPIRED);
    assert_status(try("frank", "wrong", &outcome), STATUS_SIGN_IN_FAILED);
    if (testing_is_ad()) {
        assert_status(try("heidi", right(), &outcome), STATUS_ACCOUNT_DISABLED);
        assert_status(try("erin", "wrong", &outcome), STATUS_SIGN_IN_FAILED); /* a guesser learns nothing */
    }
    assert_null(outcome.principal);
    assert_status(try("room-hopper", "wrong", &outcome), STATUS_SIGN_IN_FAILED);
}

static void names_that_need_escaping(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    assert_status(try("juergen", right(), &outcome), STATUS_OK);
    assert_string_equal(outcome.principal->display_name, "O'Neil, Jürgen (Jr.)*");
    assert_status(try(testing_address(process, "o'neil+list"), right(), &outcome), STATUS_OK);
}

static void verified_passwords_are_remembered(void **state)
{
    (void)state;
    struct proxy *proxy = proxy_start();
    struct config *config = testing_config(process, proxy_uri(proxy));
    struct directory *own = testing_open(process, config);
    struct secret *password = testing_password(process), *wrong = secret_new(process, slice_of_text("wrong"));
    struct sign_in_outcome outcome;
    clock_test_freeze(clock_now());
    assert_status(sign_in_verify(process, own, "bob", password, NULL, &outcome), STATUS_OK);
    proxy_set(proxy, PROXY_CUT);
    assert_status(sign_in_verify(process, own, "BOB", password, NULL, &outcome), STATUS_OK);
    assert_string_equal(outcome.principal->login, "bob");
    /* down is never "wrong password" */
    assert_status(sign_in_verify(process, own, "bob", wrong, NULL, &outcome), STATUS_SIGN_IN_UNAVAILABLE);
    assert_status(sign_in_verify(process, own, "carol", password, NULL, &outcome), STATUS_SIGN_IN_UNAVAILABLE);
    clock_test_advance(61 * INSTANT_PER_SECOND);
    assert_status(sign_in_verify(process, own, "bob", password, NULL, &outcome), STATUS_SIGN_IN_UNAVAILABLE);
    proxy_set(proxy, PROXY_PASS);
    clock_test_advance(31 * INSTANT_PER_SECOND);
    assert_status(sign_in_verify(process, own, "bob", password, NULL, &outcome), STATUS_OK);
    clock_test_release();
    talloc_free(own);
    proxy_stop(proxy);
}

static void brake_of_an_account(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    clock_test_freeze(clock_now());
    for (int i = 0; i < 10; i++)
        assert_status(sign_in_verify(process, directory, "dave", secret_new(process, slice_of_text("wrong")), NULL, &outcome),
                      STATUS_SIGN_IN_FAILED);
    assert_true(outcome.not_before < clock_monotonic_us() + 1000000);
    struct secret *wrong = secret_new(process, slice_of_text("wrong"));
    int64_t last = clock_monotonic_us() + 1999999;
    int held = 0;
    enum status status = STATUS_SIGN_IN_FAILED;
    while (status == STATUS_SIGN_IN_FAILED && held < 100) { /* under another name of the same account */
        status = sign_in_verify(process, directory, testing_address(process, "dave.dunn"), wrong, NULL, &outcome);
        if (status == STATUS_SIGN_IN_FAILED) {
            assert_true(outcome.not_before > last); /* each answer waits behind the one before */
            assert_true(outcome.not_before <= last + 15000001);
            last = outcome.not_before;
            held++;
        }
    }
    assert_int_equal(status, STATUS_BUSY);
    assert_true(held > 5 && held < 30);
    clock_test_advance(120 * INSTANT_PER_SECOND);
    assert_status(try("dave", right(), &outcome), STATUS_OK); /* the owner gets in, a little later */
    assert_true(outcome.not_before >= clock_monotonic_us() + 2000000);
    directory_forget(directory, false);
    assert_status(try("dave", right(), &outcome), STATUS_OK);
    assert_int_equal(outcome.not_before, 0);
    clock_test_release();
}

static void brake_of_an_address(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    struct secret *wrong = secret_new(process, slice_of_text("x")), *password = testing_password(process);
    clock_test_freeze(clock_now());
    for (int i = 0; i < 100; i++) {
        const char *login = talloc_asprintf(process, "nobody%d", i), *peer = talloc_asprintf(process, "2001:db8::%x", i + 1);
        assert_status(sign_in_verify(process, directory, login, wrong, peer, &outcome), STATUS_SIGN_IN_FAILED);
    }
    assert_status(sign_in_verify(process, directory, "alice", password, "2001:db8::ffff", &outcome), STATUS_BUSY);
    assert_status(sign_in_verify(process, directory, "alice", password, "2001:db8:0:1::1", &outcome), STATUS_OK);
    clock_test_advance(3601 * INSTANT_PER_SECOND);
    assert_status(sign_in_verify(process, directory, "alice", password, "2001:db8::1", &outcome), STATUS_OK);
    clock_test_release();
}

static struct sign_in_sasl *new_session(enum sign_in_protocol protocol, bool is_encrypted)
{
    struct sign_in_sasl_options options = { .protocol = protocol, .peer = "192.0.2.7", .is_encrypted = is_encrypted };
    struct sign_in_sasl *session = NULL;
    assert_status(sign_in_sasl_new(process, directory, &options, &session), STATUS_OK);
    return session;
}

static struct slice plain(const char *authorization, const char *login, const char *password)
{
    char *text = talloc_asprintf(process, "%s%c%s%c%s", authorization, 0, login, 0, password);
    return slice_of(text, strlen(authorization) + strlen(login) + strlen(password) + 2);
}

static void sasl_plain(void **state)
{
    (void)state;
    struct sign_in_progress progress;
    struct sign_in_outcome outcome;
    struct sign_in_sasl *session = new_session(SIGN_IN_SMTP, true);
    assert_status(sign_in_sasl_start(session, "plain", true, plain("", "alice", right()), &progress), STATUS_OK);
    assert_true(progress.is_done);
    assert_status(sign_in_sasl_finish(process, session, &outcome), STATUS_OK);
    assert_string_equal(outcome.principal->login, "alice");

    session = new_session(SIGN_IN_SMTP, true); /* without an initial response */
    assert_status(sign_in_sasl_start(session, "PLAIN", false, slice_of(NULL, 0), &progress), STATUS_OK);
    assert_false(progress.is_done);
    assert_status(sign_in_sasl_finish(process, session, &outcome), STATUS_INVALID_ARGUMENT);
    assert_status(sign_in_sasl_step(session, plain("alice", "alice", right()), &progress), STATUS_OK);
    assert_true(progress.is_done);
    assert_status(sign_in_sasl_finish(process, session, &outcome), STATUS_OK);
}

static void sasl_refusals(void **state)
{
    (void)state;
    struct sign_in_progress progress;
    struct sign_in_outcome outcome;
    const struct { struct slice response; enum status wanted; } cases[] = {
        { plain("", "alice", "wrong"), STATUS_SIGN_IN_FAILED },
        { plain("bob", "alice", right()), STATUS_SIGN_IN_FAILED }, /* acting for somebody else */
        { plain("", "alice", ""), STATUS_SIGN_IN_FAILED },
        { plain("", "erin", right()), STATUS_ACCOUNT_DISABLED },
        { plain("", "frank", right()), STATUS_PASSWORD_EXPIRED },
        { slice_of_text("no separators"), STATUS_MALFORMED },
        { slice_of("\0", 1), STATUS_MALFORMED },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct sign_in_sasl *session = new_session(SIGN_IN_SMTP, true);
        assert_status(sign_in_sasl_start(session, "PLAIN", true, cases[i].response, &progress), cases[i].wanted);
        assert_status(sign_in_sasl_finish(process, session, &outcome), cases[i].wanted);
        assert_null(outcome.principal);
    }
    static const char *const not_offered[] = { "SCRAM-SHA-256", "CRAM-MD5", "DIGEST-MD5", "NTLM", "ANONYMOUS", "EXTERNAL", "", "GSSAPI" };
    for (size_t i = 0; i < ARRAY_LENGTH(not_offered); i++) {
        struct sign_in_sasl *session = new_session(SIGN_IN_SMTP, true);
        assert_status(sign_in_sasl_start(session, not_offered[i], false, slice_of(NULL, 0), &progress), STATUS_NOT_SUPPORTED);
    }
    struct sign_in_sasl *clear = new_session(SIGN_IN_SMTP, false);
    assert_status(sign_in_sasl_start(clear, "PLAIN", true, plain("", "alice", right()), &progress), STATUS_NOT_SUPPORTED);
    struct sign_in_sasl_options options = { .protocol = SIGN_IN_SMTP };
    assert_string_equal(sign_in_sasl_mechanisms(directory, &options), "");
    options.is_encrypted = true;
    assert_string_equal(sign_in_sasl_mechanisms(directory, &options), "PLAIN LOGIN");
}

static void sasl_login(void **state)
{
    (void)state;
    struct sign_in_progress progress;
    struct sign_in_outcome outcome;
    struct sign_in_sasl *session = new_session(SIGN_IN_SMTP, true);
    assert_status(sign_in_sasl_start(session, "LOGIN", false, slice_of(NULL, 0), &progress), STATUS_OK);
    assert_true(progress.challenge.length > 0 && !progress.is_done);
    assert_status(sign_in_sasl_step(session, slice_of_text(testing_address(process, "alice.adams")), &progress), STATUS_OK);
    assert_false(progress.is_done);
    assert_status(sign_in_sasl_step(session, slice_of_text(right()), &progress), STATUS_OK);
    assert_true(progress.is_done);
    assert_status(sign_in_sasl_finish(process, session, &outcome), STATUS_OK);
    assert_string_equal(outcome.principal->login, "alice");
    assert_status(sign_in_sasl_step(session, slice_of_text("more"), &progress), STATUS_INVALID_ARGUMENT);
}

static void sasl_when_the_directory_is_down(void **state)
{
    (void)state;
    struct config *config = testing_config(process, "ldaps://127.0.0.1:1");
    struct directory *own = testing_open(process, config);
    struct sign_in_sasl_options options = { .protocol = SIGN_IN_SMTP, .is_encrypted = true };
    struct sign_in_sasl *session = NULL;
    struct sign_in_progress progress;
    struct sign_in_outcome outcome;
    assert_status(sign_in_sasl_new(process, own, &options, &session), STATUS_OK);
    assert_status(sign_in_sasl_start(session, "PLAIN", true, plain("", "alice", right()), &progress), STATUS_SIGN_IN_UNAVAILABLE);
    assert_status(sign_in_sasl_finish(process, session, &outcome), STATUS_SIGN_IN_UNAVAILABLE);
    talloc_free(session);
    talloc_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_password_in_all_forms),
        cmocka_unit_test(wrong_passwords_fail),
        cmocka_unit_test(states_of_accounts),
        cmocka_unit_test(names_that_need_escaping),
        cmocka_unit_test(verified_passwords_are_remembered),
        cmocka_unit_test(brake_of_an_account),
        cmocka_unit_test(brake_of_an_address),
        cmocka_unit_test(sasl_plain),
        cmocka_unit_test(sasl_refusals),
        cmocka_unit_test(sasl_login),
        cmocka_unit_test(sasl_when_the_directory_is_down),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
