/* Paths, parameters, xtext, replies, schedule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attempt.h"
#include "bourse/groupware/deliver.h"
#include "hop.h"
#include "parameters.h"
#include "path.h"
#include "reply.h"
#include "schedule.h"
#include "xtext.h"

static void test_path(void **state)
{
    static const struct { const char *text, *address, *domain, *rest; } good[] = {
        { "<>", "", NULL, "" },
        { "<a@b.test>", "a@b.test", "b.test", "" },
        { " <a@b.test> SIZE=1", "a@b.test", "b.test", " SIZE=1" },
        { "<postmaster>", "postmaster", NULL, "" },
        { "<@x.test,@y.test:a@b.test>", "a@b.test", "b.test", "" },
        { "<\"a\"@b.test>", "a@b.test", "b.test", "" },
        { "<\"a\\\"b\"@b.test>", "\"a\\\"b\"@b.test", "b.test", "" },
        { "<\"\"@b.test>", "\"\"@b.test", "b.test", "" },
        { "<a+b=c/d@[IPv6:2001:db8::1]>", "a+b=c/d@[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]", "" },
        { "<j\xC3\xBC@b\xC3\xBC.test>", "j\xC3\xBC@b\xC3\xBC.test", "b\xC3\xBC.test", "" },
    };
    static const char *const bad[] = { "", "a@b", "<", "<a", "<a@", "<a@>", "<@b>", "<a@b", "<a b@c>", "<a@b>c", "<a..b@c>", "<a@b..c>", "<a@.b>", "<\"a@b>",
                                       "<a@[>", "<a@[]>", "<a@b@c>", "<\xFF@b>", "<a\n@b>", "<@x.test:>", "<@x.test a@b>" };
    TALLOC_CTX *mem = talloc_new(NULL);
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        struct smtp_path path;
        struct slice rest;
        assert_int_equal(smtp_path_parse(mem, slice_of_text(good[i].text), &rest, &path), STATUS_OK);
        assert_string_equal(path.address, good[i].address);
        assert_true(good[i].domain == NULL ? path.domain == NULL : strcmp(path.domain, good[i].domain) == 0);
        assert_true(slice_equal(rest, slice_of_text(good[i].rest)));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct smtp_path path;
        struct slice rest;
        assert_int_equal(smtp_path_parse(mem, slice_of_text(bad[i]), &rest, &path), STATUS_INVALID_RECIPIENTS);
    }
    talloc_free(mem);
}

static void test_xtext(void **state)
{
    static const char *const bad[] = { "+", "+4", "+4g", "a=b", "a b", "+00", "+0A", "+7F", "+FF", "\x01" };
    TALLOC_CTX *mem = talloc_new(NULL);
    char *text = NULL;
    (void)state;
    assert_int_equal(xtext_decode(mem, slice_of_text("a+2Bb+3Dc+20"), &text), STATUS_OK);
    assert_string_equal(text, "a+b=c ");
    struct buffer *out = buffer_new(mem, 100);
    xtext_append(out, text);
    assert_string_equal(buffer_text(out), "a+2Bb+3Dc+20");
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(xtext_decode(mem, slice_of_text(bad[i]), &text), STATUS_MALFORMED);
    talloc_free(mem);
}

static enum smtp_reply mail(TALLOC_CTX *mem, const char *text, struct mail_parameters *out)
{
    *out = (struct mail_parameters){ 0 };
    return parameters_read_mail(mem, slice_of_text(text), out);
}

static void test_mail_parameters(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct mail_parameters out;
    (void)state;
    assert_int_equal(mail(mem, "", &out), REPLY_OK);
    assert_int_equal(mail(mem, "  SIZE=123  body=8bitmime SMTPUTF8 RET=full ENVID=a+2Bb ", &out), REPLY_OK);
    assert_int_equal(out.size, 123);
    assert_int_equal(out.body, SMTP_BODY_8BITMIME);
    assert_true(out.smtputf8 && out.return_full);
    assert_string_equal(out.envelope_id, "a+b");
    assert_int_equal(mail(mem, "SIZE=1 SIZE=2", &out), REPLY_SYNTAX);
    assert_int_equal(mail(mem, "SIZE=", &out), REPLY_SYNTAX);
    assert_int_equal(mail(mem, "SIZE=12345678901234567890", &out), REPLY_SYNTAX);
    assert_int_equal(mail(mem, "RET=SOME", &out), REPLY_SYNTAX);
    assert_int_equal(mail(mem, "BODY=X", &out), REPLY_UNKNOWN_BODY);
    assert_int_equal(mail(mem, "X=Y", &out), REPLY_UNKNOWN_PARAMETER);
    assert_int_equal(mail(mem, "NOTIFY=NEVER", &out), REPLY_UNKNOWN_PARAMETER);
    talloc_free(mem);
}

static void test_recipient_parameters(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_parameters out = { 0 };
    (void)state;
    assert_int_equal(parameters_read_recipient(mem, slice_of_text("NOTIFY=success,FAILURE ORCPT=rfc822;a+40b"), &out), REPLY_OK);
    assert_int_equal(out.notify, DSN_NOTIFY_SUCCESS | DSN_NOTIFY_FAILURE);
    assert_string_equal(out.original_address, "rfc822;a@b");
    static const char *const bad[] = { "NOTIFY=", "NOTIFY=,", "NOTIFY=NEVER,DELAY", "NOTIFY=DELAY,DELAY", "ORCPT=x", "ORCPT=;x", "ORCPT=rfc822;", "ORCPT=r/c;x" };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(parameters_read_recipient(mem, slice_of_text(bad[i]), &out), REPLY_SYNTAX);
    talloc_free(mem);
}

static enum status add(struct reply *reply, const char *line)
{
    struct slice rest;
    return reply_add_line(reply, slice_of_text(line), &rest);
}

static void test_reply(void **state)
{
    struct reply reply = { 0 };
    (void)state;
    assert_int_equal(add(&reply, "550-5.1.1 no such"), STATUS_OK);
    assert_false(reply.is_complete);
    assert_int_equal(add(&reply, "550 5.1.1 user\x01"), STATUS_OK);
    assert_true(reply.is_complete);
    assert_string_equal(reply.enhanced, "5.1.1");
    assert_string_equal(reply.text, "550 5.1.1 no such 5.1.1 user?");
    static const char *const bad[] = { "", "25", "x50 a", "150 a", "650 a", "250_a", "2500" };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        reply = (struct reply){ 0 };
        assert_int_equal(add(&reply, bad[i]), STATUS_MALFORMED);
    }
    reply = (struct reply){ 0 };
    assert_int_equal(add(&reply, "250-a"), STATUS_OK);
    assert_int_equal(add(&reply, "251 a"), STATUS_MALFORMED);
    reply = (struct reply){ 0 };
    assert_int_equal(add(&reply, "250"), STATUS_OK);
    assert_true(reply.is_complete);
}

static void test_capabilities(void **state)
{
    struct capabilities out = { 0 };
    (void)state;
    capabilities_add_line(&out, slice_of_text("mx.test hello"), true);
    capabilities_add_line(&out, slice_of_text("size 1000"), false);
    capabilities_add_line(&out, slice_of_text("AUTH=LOGIN"), false);
    capabilities_add_line(&out, slice_of_text("AUTH CRAM-MD5 PLAIN"), false);
    capabilities_add_line(&out, slice_of_text("DSN"), false);
    capabilities_add_line(&out, slice_of_text("PIPELININGX"), false);
    assert_string_equal(out.domain, "mx.test");
    assert_true(out.size && out.auth_plain && out.auth_login && out.dsn);
    assert_false(out.pipelining || out.starttls);
    assert_int_equal(out.size_limit, 1000);
}

static void test_attempt(void **state)
{
    struct attempt attempt;
    struct reply reply = { 0 };
    (void)state;
    assert_int_equal(add(&reply, "450 5.1.1 contradiction"), STATUS_OK);
    attempt_of_reply(&attempt, &reply, "mx.test", "RCPT TO");
    assert_int_equal(attempt.outcome, QUEUE_DEFER);
    assert_string_equal(attempt.enhanced, "4.0.0");
    reply = (struct reply){ 0 };
    assert_int_equal(add(&reply, "354 go"), STATUS_OK);
    attempt_of_reply(&attempt, &reply, "mx.test", "MAIL");
    assert_int_equal(attempt.outcome, QUEUE_DEFER);
    attempt_fail(&attempt, FAILURE_NULL_MX, "", "x.test");
    assert_int_equal(attempt.outcome, QUEUE_FAIL);
    assert_int_equal(attempt.code, 556);
    assert_string_equal(attempt.text, "the domain takes no mail: x.test");
}

static void test_schedule(void **state)
{
    struct config *config = config_default(NULL);
    (void)state;
    assert_int_equal(schedule_wait(config, 0, 30), 300);
    assert_int_equal(schedule_wait(config, 0, 0), 270);
    assert_int_equal(schedule_wait(config, 0, 60), 330);
    assert_int_equal(schedule_wait(config, 1, 60), 600);
    assert_int_equal(schedule_wait(config, 30, 1440), 14400);
    assert_int_equal(config_set(config, "queue.first_retry=1s"), STATUS_OK);
    assert_int_equal(schedule_wait(config, 0, 12345), 1);
    instant day = 5 * INSTANT_PER_DAY;
    assert_true(schedule_is_expired(config, 1, 1 + day));
    assert_false(schedule_is_expired(config, 1, day));
    assert_true(schedule_is_delayed(config, 1, 1 + 4 * INSTANT_PER_HOUR));
    assert_false(schedule_is_delayed(config, 1, 4 * INSTANT_PER_HOUR));
    assert_int_equal(config_set(config, "queue.delay_notice=0"), STATUS_OK);
    assert_false(schedule_is_delayed(config, 1, day));
    talloc_free(config);
}

static void test_hop(void **state)
{
    struct config *config = config_default(NULL);
    struct hop hop;
    (void)state;
    assert_int_equal(config_set(config, "queue.routes=a.test=mx.test, b.test=[::1]:2525, *=other.test:26"), STATUS_OK);
    assert_int_equal(hop_find(config, config, "a.test", &hop), STATUS_OK);
    assert_string_equal(hop.host, "mx.test");
    assert_int_equal(hop.port, 25);
    assert_int_equal(hop_find(config, config, "b.test", &hop), STATUS_OK);
    assert_string_equal(hop.host, "::1");
    assert_int_equal(hop.port, 2525);
    assert_int_equal(hop_find(config, config, "c.test", &hop), STATUS_OK);
    assert_string_equal(hop.host, "other.test");
    static const char *const bad[] = { "queue.routes=a.test", "queue.routes==mx.test", "queue.routes=a.test=", "queue.routes=a.test=mx:0",
                                       "queue.routes=a.test=mx:x", "queue.routes=a.test=[::1", "queue.routes=a.test=[::1]x" };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_int_equal(config_set(config, bad[i]), STATUS_OK);
        assert_int_equal(hop_check(config), STATUS_CONFIGURATION);
    }
    talloc_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path), cmocka_unit_test(test_xtext), cmocka_unit_test(test_mail_parameters), cmocka_unit_test(test_recipient_parameters),
        cmocka_unit_test(test_reply), cmocka_unit_test(test_capabilities), cmocka_unit_test(test_attempt), cmocka_unit_test(test_schedule), cmocka_unit_test(test_hop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
