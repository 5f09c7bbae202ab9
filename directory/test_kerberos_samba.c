/* GSSAPI and Negotiate with a keytab, against the Kerberos server of Samba's Active Directory. The client side is Cyrus SASL's. */
#include <sasl/sasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing_directory.h"

/* Cyrus SASL's client side, which only this test uses, keeps a credential of each exchange. Whole stacks tell it from the server side's. */
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:sasl_client_step\n";
}

static TALLOC_CTX *process;
static struct directory *directory;
static char ticket_cache[64];

/* Gets a ticket as the user would with kinit. */
static void take_ticket(const char *user)
{
    int channel[2];
    assert_int_equal(pipe(channel), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(channel[0], 0);
        close(channel[1]);
        execlp("kinit", "kinit", user, (char *)NULL);
        _exit(127);
    }
    const char *password = testing_env("BOURSE_TEST_LDAP_USER_PASSWORD");
    assert_int_equal(write(channel[1], password, strlen(password)), (ssize_t)strlen(password));
    assert_int_equal(write(channel[1], "\n", 1), 1);
    close(channel[0]);
    close(channel[1]);
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(ticket_cache, sizeof ticket_cache, "%s", "/tmp/bourse-tickets.XXXXXX");
    int fd = mkstemp(ticket_cache);
    assert_true(fd >= 0);
    close(fd);
    setenv("KRB5CCNAME", ticket_cache, 1);
    process = talloc_new(NULL);
    struct config *config = testing_config(process, NULL);
    testing_set(config, "directory.keytab=%s", testing_env("BOURSE_TEST_AD_KEYTAB"));
    directory = testing_open(process, config);
    assert_int_equal(sasl_client_init(NULL), SASL_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    talloc_free(process);
    unlink(ticket_cache);
    return 0;
}

static sasl_conn_t *new_client(const char *service)
{
    sasl_conn_t *client = NULL;
    const sasl_security_properties_t properties = { .max_ssf = 0, .maxbufsize = 0 };
    assert_int_equal(sasl_client_new(service, testing_env("BOURSE_TEST_AD_SERVICE_HOST"), NULL, NULL, NULL, 0, &client), SASL_OK);
    assert_int_equal(sasl_setprop(client, SASL_SEC_PROPS, &properties), SASL_OK);
    return client;
}

/* Plays client and server until the server is done. */
static enum status exchange(enum sign_in_protocol protocol, const char *mechanism, struct sign_in_outcome *outcome)
{
    struct sign_in_sasl_options options = { .protocol = protocol };
    struct sign_in_sasl *session = NULL;
    struct sign_in_progress progress;
    const char *token = NULL, *chosen = NULL;
    unsigned length = 0;
    sasl_conn_t *client = new_client(protocol == SIGN_IN_HTTP ? "HTTP" : "smtp");
    assert_status(sign_in_sasl_new(process, directory, &options, &session), STATUS_OK);
    int code = sasl_client_start(client, mechanism, NULL, &token, &length, &chosen);
    assert_true(code == SASL_OK || code == SASL_CONTINUE);
    enum status status = sign_in_sasl_start(session, mechanism, true, slice_of(token, length), &progress);
    for (int leg = 0; leg < 8 && status == STATUS_OK && !progress.is_done; leg++) {
        code = sasl_client_step(client, (const char *)progress.challenge.data, (unsigned)progress.challenge.length, NULL, &token, &length);
        assert_true(code == SASL_OK || code == SASL_CONTINUE);
        status = sign_in_sasl_step(session, slice_of(token, length), &progress);
    }
    if (status == STATUS_OK)
        status = sign_in_sasl_finish(process, session, outcome);
    sasl_dispose(&client);
    return status;
}

static void tickets_sign_in(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    take_ticket("alice");
    assert_status(exchange(SIGN_IN_SMTP, "GSSAPI", &outcome), STATUS_OK);
    assert_string_equal(outcome.principal->login, "alice");
    assert_string_equal(outcome.principal->address, testing_address(process, "alice"));
    assert_status(exchange(SIGN_IN_HTTP, "GSS-SPNEGO", &outcome), STATUS_OK);
    assert_string_equal(outcome.principal->login, "alice");
}

static void people_without_mailbox_are_refused(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    take_ticket("grace"); /* right ticket, no address */
    assert_status(exchange(SIGN_IN_SMTP, "GSSAPI", &outcome), STATUS_SIGN_IN_FAILED);
    assert_status(exchange(SIGN_IN_HTTP, "GSS-SPNEGO", &outcome), STATUS_SIGN_IN_FAILED);
}

static void rubbish_is_refused(void **state)
{
    (void)state;
    static const char *const mechanisms[] = { "GSSAPI", "GSS-SPNEGO" };
    for (int i = 0; i < 2; i++) {
        struct sign_in_sasl_options options = { .protocol = i == 0 ? SIGN_IN_SMTP : SIGN_IN_HTTP };
        struct sign_in_sasl *session = NULL;
        struct sign_in_progress progress;
        struct sign_in_outcome outcome;
        assert_status(sign_in_sasl_new(process, directory, &options, &session), STATUS_OK);
        assert_status(sign_in_sasl_start(session, mechanisms[i], true, slice_of_text("rubbish"), &progress), STATUS_SIGN_IN_FAILED);
        assert_status(sign_in_sasl_finish(process, session, &outcome), STATUS_SIGN_IN_FAILED);
    }
}

static void mechanisms_are_offered(void **state)
{
    (void)state;
    struct sign_in_sasl_options options = { .protocol = SIGN_IN_SMTP };
    assert_true(sign_in_has_kerberos(directory));
    assert_string_equal(sign_in_sasl_mechanisms(directory, &options), "GSSAPI");
    options.is_encrypted = true;
    assert_string_equal(sign_in_sasl_mechanisms(directory, &options), "GSSAPI PLAIN LOGIN");
    options.protocol = SIGN_IN_HTTP;
    assert_string_equal(sign_in_sasl_mechanisms(directory, &options), "GSS-SPNEGO");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mechanisms_are_offered),
        cmocka_unit_test(tickets_sign_in),
        cmocka_unit_test(people_without_mailbox_are_refused),
        cmocka_unit_test(rubbish_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
