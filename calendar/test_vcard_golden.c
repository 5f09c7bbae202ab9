/* Collected shapes of cards: what is read (dump), what is written in both versions, and that nothing of a 3.0 or 4.0 card is lost in its own version.
 * BOURSE_GOLDEN_WRITE=1 writes the golden files anew; look at the difference before you commit it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bourse/calendar/vcard.h"
#include "golden.h"
#include "ical_lines.h"

enum { CAP = 1 << 20 };

static void write_cards(TALLOC_CTX *mem, const struct vcard_result *result, enum vcard_version version, struct buffer *out)
{
    struct vcard_export_options options = { .version = version };
    for (size_t i = 0; i < result->count; i++)
        assert_int_equal(vcard_export(mem, result->entries[i].message, &options, out), STATUS_OK);
}

static struct text_line *read_lines(TALLOC_CTX *mem, struct slice bytes, size_t *count)
{
    static const struct line_limits limits = { 10000, 1000, 8 };
    struct text_line *lines;
    assert_int_equal(lines_read(mem, bytes, &limits, &lines, count), STATUS_OK);
    return lines;
}

static bool has_line(const struct text_line *lines, size_t count, const struct text_line *wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(lines[i].whole, wanted->whole))
            return true;
    }
    return line_is(wanted, "PHOTO") && wanted->value.length > 100; /* written with parameters of our own; the dump shows the bytes */
}

static void assert_nothing_lost(TALLOC_CTX *mem, const char *name, struct slice before, struct slice after)
{
    size_t before_count, after_count;
    struct text_line *was = read_lines(mem, before, &before_count), *now = read_lines(mem, after, &after_count);
    for (size_t i = 0; i < before_count; i++) {
        if (!has_line(now, after_count, &was[i]))
            fail_msg("%s: lost %.*s\n%.*s", name, (int)was[i].whole.length, was[i].whole.data, (int)after.length, after.data);
    }
}

static bool contains(struct slice bytes, const char *text)
{
    return memmem(bytes.data, bytes.length, text, strlen(text)) != NULL;
}

static void check_file(const char *name)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice bytes = golden_read(mem, "vcard", name, "vcf");
    struct vcard_result result, again;
    struct buffer *dump = buffer_new(mem, CAP), *three = buffer_new(mem, CAP), *four = buffer_new(mem, CAP), *second = buffer_new(mem, CAP);
    assert_int_equal(vcard_import(mem, bytes, &result), STATUS_OK);
    for (size_t i = 0; i < result.count; i++) {
        buffer_printf(dump, "card uid %s%s\n", result.entries[i].uid, result.entries[i].is_group ? " group" : "");
        golden_dump_message(dump, result.entries[i].message, 1);
    }
    golden_compare("vcard", name, "txt", buffer_slice(dump));
    write_cards(mem, &result, VCARD_3, three);
    write_cards(mem, &result, VCARD_4, four);
    golden_compare("vcard", name, "out3", buffer_slice(three));
    golden_compare("vcard", name, "out4", buffer_slice(four));
    bool has_3 = contains(bytes, "VERSION:3.0"), has_4 = contains(bytes, "VERSION:4.0");
    if (has_3 != has_4)
        assert_nothing_lost(mem, name, bytes, buffer_slice(has_3 ? three : four));
    assert_int_equal(vcard_import(mem, buffer_slice(three), &again), STATUS_OK);
    write_cards(mem, &again, VCARD_3, second);
    if (!slice_equal(buffer_slice(three), buffer_slice(second)))
        fail_msg("%s: written again it is\n%s\nafter\n%s", name, buffer_text(second), buffer_text(three));
    talloc_free(mem);
}

static void golden_files(void **state)
{
    (void)state;
    assert_true(golden_each("vcard", "vcf", check_file) >= 10);
}

static void refusals(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct vcard_result result;
    assert_int_equal(vcard_import(mem, slice_of_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n"), &result), STATUS_MALFORMED);
    assert_int_equal(vcard_import(mem, slice_of_text("BEGIN:VCARD\nFN:cut\n"), &result), STATUS_MALFORMED);
    assert_int_equal(vcard_import(mem, slice_of_text("BEGIN:VCARD\nBEGIN:VCARD\nBEGIN:VCARD\nBEGIN:VCARD\nBEGIN:VCARD\n"), &result), STATUS_LIMIT_EXCEEDED);
    struct message *mail = message_new(mem);
    assert_int_equal(bag_set_string(mail->props, PROP_MESSAGE_CLASS, "IPM.Note"), STATUS_OK);
    assert_int_equal(vcard_export(mem, mail, NULL, buffer_new(mem, CAP)), STATUS_INVALID_ARGUMENT);
    status_chain_clear();
    talloc_free(mem);
}

/* A property that a client changed is written, not the line it once came from. */
static void changed_property_wins(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct vcard_result result;
    struct buffer *out = buffer_new(mem, CAP);
    assert_int_equal(vcard_import(mem, slice_of_text("BEGIN:VCARD\nVERSION:3.0\nN:A;B;;;\nFN:B A\nitem1.TEL;type=CELL;X-A=1:111\nEMAIL;type=WORK:a@b.example\nX-Q:1\nEND:VCARD\n"), &result),
                     STATUS_OK);
    struct bag *props = result.entries[0].message->props;
    assert_int_equal(bag_set_string(props, PROP_MOBILE_TELEPHONE_NUMBER, "222"), STATUS_OK);
    assert_true(bag_remove(props, PROP_EMAIL1_EMAIL_ADDRESS));
    assert_int_equal(vcard_export(mem, result.entries[0].message, NULL, out), STATUS_OK);
    assert_string_equal(buffer_text(out), "BEGIN:VCARD\r\nVERSION:3.0\r\nN:A;B;;;\r\nFN:B A\r\nX-Q:1\r\nTEL;TYPE=CELL:222\r\nEND:VCARD\r\n");
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(golden_files), cmocka_unit_test(refusals), cmocka_unit_test(changed_property_wins) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
