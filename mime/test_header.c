/* Addresses, dates, words, field editing. */
#include "bourse/mime/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the three before it */
#include <cmocka.h>

static void test_addresses(void **state)
{
    (void)state;
    static const struct { const char *text, *name, *address, *group; size_t count; } cases[] = {
        { "alice@example.test", "", "alice@example.test", NULL, 1 },
        { "Alice Example <alice@example.test>", "Alice Example", "alice@example.test", NULL, 1 },
        { "\"Doe, John\" <jd@example.test>, x@example.test", "Doe, John", "jd@example.test", NULL, 2 },
        { "=?utf-8?q?J=C3=BCrgen?= <j@example.test>", "J\xC3\xBCrgen", "j@example.test", NULL, 1 },
        { "J\xC3\xBCrgen <j\xC3\xBC@m\xC3\xBCller.example>", "J\xC3\xBCrgen", "j\xC3\xBC@m\xC3\xBCller.example", NULL, 1 },
        { "Team: a@example.test, b@example.test;", "", "a@example.test", "Team", 2 },
        { "undisclosed-recipients:;", "undisclosed-recipients", "", "undisclosed-recipients", 1 },
        { "", NULL, NULL, NULL, 0 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct mime_addresses list;
        assert_int_equal(mime_addresses_parse(mem, slice_of_text(cases[i].text), NULL, &list), STATUS_OK);
        assert_int_equal(list.count, cases[i].count);
        if (list.count > 0) {
            assert_string_equal(list.items[0].name, cases[i].name);
            assert_string_equal(list.items[0].address, cases[i].address);
            if (cases[i].group != NULL)
                assert_string_equal(list.items[0].group, cases[i].group);
            else
                assert_null(list.items[0].group);
        }
        talloc_free(mem);
    }
}

static void test_recipient_limit(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct mime_addresses list;
    struct mime_limits limits = { .recipients = 2 };
    assert_int_equal(mime_addresses_parse(mem, slice_of_text("a@x.test, \"b\" <b@x.test>, c@x.test"), &limits, &list), STATUS_OK);
    assert_int_equal(list.count, 2);
    assert_true(list.limited);
    talloc_free(mem);
}

/* What is formatted reads back the same. */
static void test_format(void **state)
{
    (void)state;
    static const char *const names[] = { "", "Alice", "Doe, John", "J\xC3\xBCrgen \xE2\x98\x83", "quote \" back \\ slash", "=?x?", "a.b",
                                         "\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97 and a long tail of a name that goes on" };
    for (size_t i = 0; i < ARRAY_LENGTH(names) * 2; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        char *text = NULL;
        struct mime_addresses list;
        assert_int_equal(mime_address_format(mem, names[i / 2], "a@example.test", i % 2 == 1, &text), STATUS_OK);
        if (i % 2 == 0)
            for (const char *p = text; *p != '\0'; p++)
                assert_true((unsigned char)*p < 128);
        assert_int_equal(mime_addresses_parse(mem, slice_of_text(text), NULL, &list), STATUS_OK);
        assert_int_equal(list.count, 1);
        assert_string_equal(list.items[0].name, names[i / 2]);
        assert_string_equal(list.items[0].address, "a@example.test");
        talloc_free(mem);
    }
}

static void test_validity(void **state)
{
    (void)state;
    static const struct { const char *address; bool ascii, utf8; } cases[] = {
        { "a@example.test", true, true }, { "a.b+c@sub.example.test", true, true }, { "\"quoted local\"@example.test", true, true },
        { "a@[192.0.2.1]", true, true }, { "j\xC3\xBC@example.test", false, true }, { "a@m\xC3\xBCller.example", false, true },
        { "a@", false, false }, { "@b", false, false }, { "a b@c.test", false, false }, { ".a@c.test", false, false }, { "a..b@c.test", false, false },
        { "a@-c.test", false, false }, { "a@c..test", false, false }, { "a\r\n@c.test", false, false }, { "a@c.test>", false, false }, { "plain", false, false },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(mime_address_is_valid(cases[i].address, false), cases[i].ascii);
        assert_int_equal(mime_address_is_valid(cases[i].address, true), cases[i].utf8);
    }
}

static void test_dates(void **state)
{
    (void)state;
    static const struct { const char *text, *wanted; } cases[] = {
        { "Sat, 21 Nov 2026 22:51:00 +0000", "2026-11-21T22:51:00Z" }, { "Sat, 21 Nov 2026 22:51:00 -0800 (PST)", "2026-11-22T06:51:00Z" },
        { "21 Nov 2026 22:51 GMT", "2026-11-21T22:51:00Z" }, { "21 Nov 99 22:51:00 EST", "1999-11-22T03:51:00Z" },
        { "nonsense", NULL }, { "", NULL }, { "Sat, 99 Foo 2026", NULL },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        instant when = 0;
        char text[INSTANT_TEXT_SIZE];
        assert_int_equal(mime_date_parse(slice_of_text(cases[i].text), &when), cases[i].wanted != NULL);
        if (cases[i].wanted != NULL)
            assert_string_equal(instant_format(when, text), cases[i].wanted);
    }
}

static void test_words(void **state)
{
    (void)state;
    static const char *const texts[] = { "plain", "Gr\xC3\xBC\xC3\x9F" "e", "=?utf-8?q?x?=", "\xF0\x9F\x98\x80 emoji at the end of quite a long line of text that must be cut \xF0\x9F\x98\x80" };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        char *encoded = NULL, *decoded = NULL;
        assert_int_equal(mime_words_encode(mem, slice_of_text(texts[i]), &encoded), STATUS_OK);
        assert_int_equal(mime_words_decode(mem, slice_of_text(encoded), &decoded), STATUS_OK);
        assert_string_equal(decoded, texts[i]);
        talloc_free(mem);
    }
}

static void test_edit(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    static const char message[] = "Received: a\r\nBcc: hidden@x.test,\r\n more@x.test\r\nSubject: s\r\nreceived: b\r\n\r\nbody\r\n.\r\n";
    static const char *const remove[] = { "bcc", NULL };
    struct slice header, body, in = slice_of_text(message);
    struct mime_field field;
    assert_int_equal(mime_count_hops(in), 2);
    assert_true(mime_field_find(in, "RECEIVED", 1, &field));
    assert_true(slice_equal(field.value, slice_of_text(" b")));
    assert_false(mime_field_find(in, "Received", 2, &field));
    assert_int_equal(mime_header_edit(mem, in, remove, "Received: new\r\n", "Date: now\r\n", &header, &body), STATUS_OK);
    assert_true(slice_equal(header, slice_of_text("Received: new\r\nReceived: a\r\nSubject: s\r\nreceived: b\r\nDate: now\r\n\r\n")));
    assert_true(slice_equal(body, slice_of_text("body\r\n.\r\n")));
    /* No empty line, no final line break: still a header and an empty body. */
    assert_int_equal(mime_header_edit(mem, slice_of_text("Subject: x"), NULL, NULL, NULL, &header, &body), STATUS_OK);
    assert_true(slice_equal(header, slice_of_text("Subject: x\r\n\r\n")));
    assert_int_equal(body.length, 0);
    talloc_free(mem);
}

static void test_fold(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *out = buffer_new(mem, 100000);
    char long_word[3001];
    memset(long_word, 'x', 3000);
    long_word[3000] = '\0';
    mime_field_append(out, "X-Long", long_word);
    mime_field_append(out, "X-Words", "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen");
    mime_field_append(out, "X-Inject", "a\r\nBcc: evil@x.test");
    size_t line = 0;
    for (const char *p = buffer_text(out); *p != '\0'; p++) {
        line = *p == '\n' ? 0 : line + 1;
        assert_true(line <= 999);
    }
    assert_null(strstr(buffer_text(out), "\nBcc"));
    assert_non_null(strstr(buffer_text(out), "\r\n thirteen fourteen fifteen sixteen\r\n"));
    talloc_free(mem);
}

int main(void)
{
    mime_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_recipient_limit), cmocka_unit_test(test_format), cmocka_unit_test(test_validity),
        cmocka_unit_test(test_dates), cmocka_unit_test(test_words), cmocka_unit_test(test_edit), cmocka_unit_test(test_fold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
