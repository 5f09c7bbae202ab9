/* The text of DATA in both directions: whatever one side writes in any cut, the other reads back; nobody sees another end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bourse/base/buffer.h"
#include "message_fit.h"
#include "message_text.h"
#include "text_input.h"

static void to_buffer(void *data, const uint8_t *bytes, size_t length)
{
    buffer_append(data, bytes, length);
}

static enum status piece_to_buffer(void *data, struct slice piece)
{
    buffer_append_slice(data, piece);
    return STATUS_OK;
}

/* Feeds `text` cut at `cut`; returns what came out. `has_bare` and `taken` as the parser had them. */
static const char *read_cut(struct buffer *out, const char *text, size_t cut, bool *has_bare, size_t *taken)
{
    struct text_input input;
    struct slice all = slice_of_text(text);
    buffer_reset(out);
    text_input_start(&input, 998, to_buffer, out);
    *taken = text_input_feed(&input, slice_part(all, 0, cut));
    if (input.state != TEXT_END)
        *taken += text_input_feed(&input, slice_part(all, cut, all.length));
    assert_int_equal(input.state, TEXT_END);
    *has_bare = input.has_bare;
    return buffer_text(out);
}

static void test_reading(void **state)
{
    static const struct { const char *text, *content; bool has_bare; } rows[] = {
        { ".\r\n", "", false },
        { "a\r\n.\r\n", "a\r\n", false },
        { "..\r\n..a\r\n.a\r\n.\r\n", ".\r\n.a\r\na\r\n", false },
        { "\r\n.\r\n", "\r\n", false },
        { "a.\r\n.\r\n", "a.\r\n", false },
        { "a\n.\nb\r\n.\r\n", NULL, true },
        { "a\r.\rb\r\n.\r\n", NULL, true },
        { "a\r\n.\nb\r\n.\r\n", NULL, true },
        { "a\n.\r\nb\r\n.\r\n", NULL, true },
        { "a\r\n.\rb\r\n.\r\n", NULL, true },
        { "a\r\r\n.\r\n", NULL, true },
        { "\r\n.\r\r\nb\r\n.\r\n", NULL, true },
        { "\r\r\n.\r\n", NULL, true },
        { "\n.\r\nb\r\n.\r\n", NULL, true },
    };
    struct buffer *out = buffer_new(NULL, 100000);
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        for (size_t cut = 0; cut <= strlen(rows[i].text); cut++) {
            bool has_bare = false;
            size_t taken = 0;
            const char *content = read_cut(out, rows[i].text, cut, &has_bare, &taken);
            assert_int_equal(has_bare, rows[i].has_bare);
            assert_int_equal(taken, strlen(rows[i].text));
            if (rows[i].content != NULL)
                assert_string_equal(content, rows[i].content);
        }
    }
    talloc_free(out);
}

static void test_stops_at_the_end(void **state)
{
    struct buffer *out = buffer_new(NULL, 100000);
    struct text_input input;
    (void)state;
    text_input_start(&input, 998, to_buffer, out);
    assert_int_equal(text_input_feed(&input, slice_of_text("a\r\n.\r\nQUIT\r\n")), 6);
    assert_int_equal(input.state, TEXT_END);
    talloc_free(out);
}

static void test_writing(void **state)
{
    static const struct { const char *mime, *text; } rows[] = {
        { "", ".\r\n" },
        { "a\r\n", "a\r\n.\r\n" },
        { "a", "a\r\n.\r\n" },
        { ".\r\n..\r\n.a\r\n", "..\r\n...\r\n..a\r\n.\r\n" },
        { "a\n.\nb\r.\rc\r\n", "a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n" },
        { "a\r\r\n", "a\r\n\r\n.\r\n" },
        { "a\r", "a\r\n.\r\n" },
        { "a\n\r\n", "a\r\n\r\n.\r\n" },
    };
    struct buffer *out = buffer_new(NULL, 100000);
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        buffer_reset(out);
        assert_int_equal(message_text_encode(slice_of_text(rows[i].mime), piece_to_buffer, out), STATUS_OK);
        assert_string_equal(buffer_text(out), rows[i].text);
    }
    talloc_free(out);
}

static void check_lines(const char *text)
{
    for (const char *end; (end = strstr(text, "\r\n")) != NULL; text = end + 2)
        assert_in_range((uintmax_t)(end - text), 0, 999); /* 998 and a doubled dot */
}

static void test_long_lines(void **state)
{
    char mime[4000] = "A: ", body[3000];
    struct buffer *out = buffer_new(NULL, 100000);
    (void)state;
    memset(body, '.', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    memset(mime + 3, 'x', 2000);
    buffer_append_text(out, mime);
    buffer_append_text(out, "\r\n\r\n");
    buffer_append_text(out, body);
    char *whole = talloc_strdup(out, buffer_text(out));
    buffer_reset(out);
    assert_int_equal(message_text_encode(slice_of_text(whole), piece_to_buffer, out), STATUS_OK);
    check_lines(buffer_text(out));
    struct text_input input;
    struct buffer *back = buffer_new(out, 100000);
    text_input_start(&input, 2048, to_buffer, back);
    assert_int_equal(text_input_feed(&input, buffer_slice(out)), buffer_length(out));
    assert_false(input.has_bare);
    const char *again = buffer_text(back), *body_again = strstr(again, "\r\n\r\n");
    size_t dots = 0;
    for (const char *p = body_again; *p != '\0'; p++)
        dots += *p == '.';
    assert_int_equal(dots, sizeof body - 1);
    assert_non_null(strstr(again, "\r\n x"));
    talloc_free(out);
}

static void test_bare_in_chunks(void **state)
{
    (void)state;
    assert_false(text_has_bare_line_ends(slice_of_text("a\r\nb\r\n")));
    assert_false(text_has_bare_line_ends(slice_of_text("")));
    assert_true(text_has_bare_line_ends(slice_of_text("a\n")));
    assert_true(text_has_bare_line_ends(slice_of_text("\n")));
    assert_true(text_has_bare_line_ends(slice_of_text("a\r")));
    assert_true(text_has_bare_line_ends(slice_of_text("a\rb\r\n")));
    assert_true(text_has_bare_line_ends(slice_of_text("a\r\r\n")));
}

static void test_needs(void **state)
{
    struct message_needs needs;
    (void)state;
    message_look(slice_of_text("A: b\r\n\r\nplain\r\n"), &needs);
    assert_false(needs.has_8bit_body || needs.has_8bit_header || needs.is_binary);
    message_look(slice_of_text("A: b\r\n\r\nplain text with \xC3\xBC\r\n"), &needs);
    assert_true(needs.has_8bit_body && !needs.has_8bit_header && !needs.is_binary);
    message_look(slice_of_text("A: \xC3\xBC\r\n\r\nplain\n"), &needs);
    assert_true(!needs.has_8bit_body && needs.has_8bit_header && needs.is_binary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading), cmocka_unit_test(test_stops_at_the_end), cmocka_unit_test(test_writing),
        cmocka_unit_test(test_long_lines), cmocka_unit_test(test_bare_in_chunks), cmocka_unit_test(test_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
