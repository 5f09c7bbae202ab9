/* Reports built, parsed, imported; original message kept in them. */
#include "bourse/mime/export.h"
#include "bourse/mime/header.h"
#include "bourse/mime/import.h"
#include "bourse/mime/report.h"
#include "bourse/model/properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the three before it */
#include <cmocka.h>

static const char original[] = "From: alice@example.test\r\nTo: nobody@remote.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
                               "Message-ID: <orig@example.test>\r\n\r\nThe body\r\n";

static struct slice part_of_type(TALLOC_CTX *mem, struct slice message, const char *type)
{
    struct mime_structure *structure = NULL;
    struct slice out = { 0 };
    assert_int_equal(mime_structure_scan(mem, message, NULL, &structure), STATUS_OK);
    for (uint32_t i = 0; i < structure->count; i++)
        if (strcmp(structure->parts[i].type, type) == 0)
            assert_int_equal(mime_part_decode(mem, message, structure, i, 1 << 20, &out), STATUS_OK);
    return out;
}

static void test_bounce(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct delivery_recipient recipients[] = {
        { .original = "rfc822;Nobody@remote.test", .final = "nobody@remote.test", .action = DELIVERY_FAILED, .status = "5.1.1", .remote_mta = "mx.remote.test",
          .diagnostic = "550 5.1.1 no\r\nsuch user", .last_attempt = INSTANT_UNIX_EPOCH },
        { .final = "slow@remote.test", .action = DELIVERY_DELAYED, .status = "4.4.1", .will_retry_until = INSTANT_UNIX_EPOCH + INSTANT_PER_DAY },
    };
    struct delivery_report report = { .reporting_mta = "mx.example.test", .envelope_id = "QQ1", .arrival = INSTANT_UNIX_EPOCH, .recipients = recipients,
                                      .recipient_count = 2, .from_name = "Mail Delivery System", .from = "postmaster@example.test",
                                      .to = "alice@example.test", .now = INSTANT_UNIX_EPOCH, .original = slice_of_text(original) };
    for (int full = 0; full < 2; full++) {
        struct slice out;
        struct delivery_report parsed;
        struct message *message = NULL;
        report.return_full = full;
        assert_int_equal(mime_build_delivery_report(mem, &report, &out), STATUS_OK);
        struct slice returned = part_of_type(mem, out, full ? "message/rfc822" : "text/rfc822-headers");
        assert_true(slice_equal(slice_trim(returned), slice_trim(slice_part(slice_of_text(original), 0, full ? sizeof original : sizeof original - 13))));
        assert_int_equal(mime_parse_delivery_status(mem, part_of_type(mem, out, "message/delivery-status"), &parsed), STATUS_OK);
        assert_int_equal(parsed.recipient_count, 2);
        assert_string_equal(parsed.reporting_mta, "mx.example.test");
        assert_string_equal(parsed.envelope_id, "QQ1");
        assert_true(parsed.arrival == INSTANT_UNIX_EPOCH);
        assert_string_equal(parsed.recipients[0].original, "Nobody@remote.test");
        assert_string_equal(parsed.recipients[0].final, "nobody@remote.test");
        assert_string_equal(parsed.recipients[0].status, "5.1.1");
        assert_string_equal(parsed.recipients[0].remote_mta, "mx.remote.test");
        assert_string_equal(parsed.recipients[0].diagnostic, "550 5.1.1 no  such user"); /* no line of its own */
        assert_int_equal(parsed.recipients[1].action, DELIVERY_DELAYED);
        assert_true(parsed.recipients[1].will_retry_until == INSTANT_UNIX_EPOCH + INSTANT_PER_DAY);
        assert_int_equal(mime_import(mem, out, NULL, MIME_IMPORT_DELIVERY, &message), STATUS_OK);
        assert_string_equal(bag_string(message->props, PROP_MESSAGE_CLASS, ""), "REPORT.IPM.Note.NDR");
        assert_string_equal(bag_string(message->props, PROP_SUBJECT, ""), "Undeliverable: Gr\xC3\xBC\xC3\x9F" "e");
        assert_string_equal(bag_string(message->props, PROP_ORIGINAL_MESSAGE_ID, ""), "<orig@example.test>");
        assert_int_equal(bag_int32(message->props, PROP_AUTO_RESPONSE_SUPPRESS, 0) & 16, 16);
    }
    talloc_free(mem);
}

static void test_utf8_bounce(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct delivery_recipient recipient = { .final = "j\xC3\xBC@m\xC3\xBCller.example", .action = DELIVERY_FAILED };
    struct delivery_report report = { .reporting_mta = "mx", .recipients = &recipient, .recipient_count = 1, .from = "postmaster@example.test",
                                      .to = "a@example.test", .now = INSTANT_UNIX_EPOCH, .original = slice_of_text(original) }, parsed;
    struct slice out;
    assert_int_equal(mime_build_delivery_report(mem, &report, &out), STATUS_OK);
    assert_int_equal(mime_parse_delivery_status(mem, part_of_type(mem, out, "message/global-delivery-status"), &parsed), STATUS_OK);
    assert_string_equal(parsed.recipients[0].final, "j\xC3\xBC@m\xC3\xBCller.example");
    assert_string_equal(parsed.recipients[0].status, "5.0.0");
    talloc_free(mem);
}

static void test_read(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct read_report report = { .reporting_ua = "example.test; Bourse", .final_recipient = "bob@example.test", .original_message_id = "<orig@example.test>",
                                  .disposition = READ_DELETED, .automatic_sending = true, .from = "bob@example.test", .to = "alice@example.test",
                                  .subject = "hi", .now = INSTANT_UNIX_EPOCH }, parsed;
    struct slice out;
    struct message *message = NULL;
    assert_int_equal(mime_build_read_report(mem, &report, &out), STATUS_OK);
    assert_int_equal(mime_parse_disposition(mem, part_of_type(mem, out, "message/disposition-notification"), &parsed), STATUS_OK);
    assert_int_equal(parsed.disposition, READ_DELETED);
    assert_true(parsed.automatic_sending);
    assert_string_equal(parsed.original_message_id, "<orig@example.test>");
    assert_int_equal(mime_import(mem, out, NULL, 0, &message), STATUS_OK);
    assert_string_equal(bag_string(message->props, PROP_MESSAGE_CLASS, ""), "REPORT.IPM.Note.IPNNRN");
    /* A report object goes out as a report again. */
    assert_int_equal(mime_export_bytes(mem, message, NULL, 1 << 20, &out), STATUS_OK);
    assert_int_equal(mime_parse_disposition(mem, part_of_type(mem, out, "message/disposition-notification"), &parsed), STATUS_OK);
    assert_string_equal(parsed.original_message_id, "<orig@example.test>");
    talloc_free(mem);
}

static void test_malformed(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct delivery_report delivery;
    struct read_report read;
    assert_int_equal(mime_parse_delivery_status(mem, slice_of_text("nothing\r\n\r\nhere"), &delivery), STATUS_MALFORMED);
    assert_int_equal(mime_parse_delivery_status(mem, slice_of(NULL, 0), &delivery), STATUS_MALFORMED);
    assert_int_equal(mime_parse_disposition(mem, slice_of_text("Final-Recipient: rfc822; a@b\r\n"), &read), STATUS_MALFORMED);
    talloc_free(mem);
}

int main(void)
{
    mime_init();
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_bounce), cmocka_unit_test(test_utf8_bounce), cmocka_unit_test(test_read),
                                        cmocka_unit_test(test_malformed) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
