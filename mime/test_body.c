/* HTML, text, RTF, charsets, preview. */
#include "bourse/mime/body.h"
#include "bourse/mime/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the three before it */
#include <cmocka.h>

#define CAP (1u << 20)

static void test_html_to_text(void **state)
{
    (void)state;
    static const struct { const char *html, *text; } cases[] = {
        { "<p>one</p><p>two</p>", "one\r\n\r\ntwo\r\n" },
        { "a<br>b<br><br>c", "a\r\nb\r\n\r\nc\r\n" },
        { "<ul><li>x<li>y<ol><li>1<li>2</ol></ul>z", "* x\r\n* y\r\n  1. 1\r\n  2. 2\r\n\r\nz\r\n" },
        { "<table><tr><td>a<td>b<tr><td>c<td>d</table>", "a\tb\r\nc\td\r\n" },
        { "x<blockquote>quoted<br>more</blockquote>y", "x\r\n> quoted\r\n> more\r\ny\r\n" },
        { "<style>p{color:red}</style><script>if (a<b) x()</script><title>t</title>seen<!-- not -->", "seen\r\n" },
        { "<a href=\"http://x.test/\">here</a> <a href=\"http://x.test\">http://x.test</a>", "here<http://x.test/> http://x.test\r\n" },
        { "<pre>a  b\n  c</pre>", "a  b\r\n  c\r\n" },
        { "&lt;&amp;&euro;&#65;&#x42;&nosuch;&amp", "<&\xE2\x82\xAC" "AB&nosuch;&\r\n" },
        { "1 < 2 and <3", "1 < 2 and <3\r\n" },
        { "<a href=\"unclosed>text<b>bold</b>", "textbold\r\n" },
        { "<p>unclosed comment <!-- x", "unclosed comment\r\n" },
        { "", "" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct slice out;
        assert_int_equal(mime_text_from_html(mem, slice_of_text(cases[i].html), CAP, &out), STATUS_OK);
        assert_string_equal((const char *)out.data, cases[i].text);
        talloc_free(mem);
    }
}

static void test_text_to_html(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice out, back;
    const char *text = "a < b & \"c\"\r\n  indented  twice\r\nsee https://x.test/?a=1&b=2. Or (mailto:a@x.test)\r\n";
    assert_int_equal(mime_html_from_text(mem, slice_of_text(text), CAP, &out), STATUS_OK);
    assert_non_null(strstr((const char *)out.data, "a &lt; b &amp; &quot;c&quot;<br>"));
    assert_non_null(strstr((const char *)out.data, "&nbsp;&nbsp;indented&nbsp; twice"));
    assert_non_null(strstr((const char *)out.data, "<a href=\"https://x.test/?a=1&amp;b=2\">https://x.test/?a=1&amp;b=2</a>."));
    assert_non_null(strstr((const char *)out.data, "(<a href=\"mailto:a@x.test\">mailto:a@x.test</a>)"));
    assert_int_equal(mime_text_from_html(mem, out, CAP, &back), STATUS_OK);
    assert_non_null(strstr((const char *)back.data, "a < b & \"c\"\r\n"));
    talloc_free(mem);
}

static void test_flowed_round_trip(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice flowed, back;
    const char *text = "A long paragraph that goes on and on until it has to be broken into more than one line of text.\r\n\r\n From here\r\nFrom there\r\nend\r\n-- \r\nsig\r\n";
    assert_int_equal(mime_text_flow(mem, slice_of_text(text), CAP, &flowed), STATUS_OK);
    for (size_t i = 0, line = 0; i < flowed.length; i++) {
        line = flowed.data[i] == '\n' ? 0 : line + 1;
        assert_true(line <= 78);
    }
    assert_int_equal(mime_text_unflow(mem, flowed, false, CAP, &back), STATUS_OK);
    assert_string_equal((const char *)back.data, text);
    talloc_free(mem);
}

static void test_rtf_specification_example(void **state)
{
    (void)state;
    /* [MS-OXRTFCP] 4.1: simple compressed RTF */
    static const uint8_t packed[] = { 0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 'L', 'Z', 'F', 'u', 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0, 0x0a, 0, 0x72, 0x63,
                                      0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0, 0x20, 0x62, 0x77,
                                      0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0 };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice out;
    assert_int_equal(mime_rtf_decompress(mem, slice_of(packed, sizeof packed), CAP, &out), STATUS_OK);
    assert_string_equal((const char *)out.data, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    uint8_t broken[sizeof packed];
    memcpy(broken, packed, sizeof packed);
    broken[20] ^= 1;
    assert_int_equal(mime_rtf_decompress(mem, slice_of(broken, sizeof broken), CAP, &out), STATUS_MALFORMED);
    assert_int_equal(mime_rtf_decompress(mem, slice_of(packed, sizeof packed), 10, &out), STATUS_LIMIT_EXCEEDED);
    for (size_t cut = 0; cut < sizeof packed; cut++)
        assert_int_equal(mime_rtf_decompress(mem, slice_of(packed, cut), CAP, &out), STATUS_MALFORMED);
    talloc_free(mem);
}

static void test_rtf_compression(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice packed, out;
    uint8_t *data = talloc_array(mem, uint8_t, 100000);
    uint32_t seed = 1;
    for (size_t i = 0; i < 100000; i++) { /* runs, repeats at all distances, and noise */
        seed = seed * 1103515245 + 12345;
        data[i] = i % 1000 < 300 ? 'a' : i > 5000 && i % 3 == 0 ? data[i - 4095 + i % 7] : (uint8_t)(seed >> 16);
    }
    for (size_t length = 0; length <= 100000; length = length < 40 ? length + 1 : length * 3) {
        assert_int_equal(mime_rtf_compress(mem, slice_of(data, length), &packed), STATUS_OK);
        assert_int_equal(mime_rtf_decompress(mem, packed, CAP, &out), STATUS_OK);
        assert_true(slice_equal(out, slice_of(data, length)));
    }
    talloc_free(mem);
}

static void test_rtf_text(void **state)
{
    (void)state;
    static const struct { const char *rtf, *text; } cases[] = {
        { "{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}Hello\\par\r\nw\\'f6rld\\tab x}", "Hello\r\nw\xC3\xB6rld\tx" },
        { "{\\rtf1\\ansi\\uc1 \\u8364? \\u-10179?\\u-8704? {\\*\\unknown hidden}{\\pict 00ff}}", "\xE2\x82\xAC \xF0\x9F\x98\x80 " },
        { "{\\rtf1{\\fonttbl{\\f1\\fcharset204 X;}}\\f1 \\'cf\\'f0}", "\xD0\x9F\xD1\x80" },
        { "{\\rtf1 a\\bin3 \\}}b}", "ab" },
        { "no rtf }}}{{{ \\", "no rtf  " },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct slice out;
        assert_int_equal(mime_text_from_rtf(mem, slice_of_text(cases[i].rtf), CAP, &out), STATUS_OK);
        assert_string_equal((const char *)out.data, cases[i].text);
        talloc_free(mem);
    }
}

/* HTML and text come back out of the RTF that encapsulates them. */
static void test_encapsulation(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice rtf, out;
    const char *html = "<html><head><style>p {margin: 0}</style></head>\r\n<body><p class=\"x\">Gr\xC3\xBC\xC3\x9F" "e &lt;\xF0\x9F\x98\x80&gt; {x} \\ y</p>\r\n<br></body></html>\r\n";
    assert_int_equal(mime_rtf_from_html(mem, slice_of_text(html), CAP, &rtf), STATUS_OK);
    assert_int_equal(mime_rtf_origin(rtf), MIME_RTF_FROM_HTML);
    assert_int_equal(mime_html_from_rtf(mem, rtf, CAP, &out), STATUS_OK);
    assert_string_equal((const char *)out.data, html);
    const char *text = "Line {one}\r\nGr\xC3\xBC\xC3\x9F" "e\r\n";
    assert_int_equal(mime_rtf_from_text(mem, slice_of_text(text), CAP, &rtf), STATUS_OK);
    assert_int_equal(mime_rtf_origin(rtf), MIME_RTF_FROM_TEXT);
    assert_int_equal(mime_text_from_rtf(mem, rtf, CAP, &out), STATUS_OK);
    assert_string_equal((const char *)out.data, text);
    assert_int_equal(mime_html_from_rtf(mem, slice_of_text("{\\rtf1 a \\b bold\\b0  <x>\\par}"), CAP, &out), STATUS_OK);
    assert_non_null(strstr((const char *)out.data, "a <b>bold</b> &lt;x&gt;<br>"));
    talloc_free(mem);
}

static void test_charsets(void **state)
{
    (void)state;
    static const struct { const char *bytes; size_t length; const char *charset, *text; } cases[] = {
        { "Gr\xFC\xDF" "e \x80", 7, "iso-8859-1", "Gr\xC3\xBC\xC3\x9F" "e \xE2\x82\xAC" },
        { "\xFC", 1, NULL, "\xC3\xBC" },
        { "\xC3\xBC", 2, NULL, "\xC3\xBC" },
        { "\xC3\xBC", 2, "iso-8859-1", "\xC3\xBC" },
        { "\xC3\xBC", 2, "x-nosuch", "\xC3\xBC" },
        { "\xEF\xBB\xBF" "a", 4, "iso-8859-1", "a" },
        { "a\0\xE9\0", 4, "utf-16le", "a\xC3\xA9" },
        { "\xFF\xFE" "a\0", 4, "", "a" },
        { "ok \x82\xB0", 5, "shift_jis", "ok \xE3\x81\x92" },
        { "a\0b", 3, "us-ascii", "ab" },
        { "x\xE4\xBD", 3, "utf-8", "x" }, /* a character cut at the end of a prefix is dropped */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct slice out;
        assert_int_equal(mime_text_to_utf8(mem, slice_of(cases[i].bytes, cases[i].length), cases[i].charset, CAP, &out), STATUS_OK);
        assert_string_equal((const char *)out.data, cases[i].text);
        talloc_free(mem);
    }
    assert_int_equal(mime_codepage_of_charset("ISO-8859-1"), 28591);
    assert_string_equal(mime_charset_of_codepage(65001), "utf-8");
    assert_null(mime_charset_of_codepage(12345));
}

static void test_preview(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    char *out = NULL, many[2000];
    assert_int_equal(mime_preview(mem, slice_of_text("  Hello\r\n\r\n\tworld  "), &out), STATUS_OK);
    assert_string_equal(out, "Hello world");
    for (size_t i = 0; i + 2 < sizeof many; i += 2)
        memcpy(many + i, "\xC3\xBC", 2);
    many[1998] = '\0';
    assert_int_equal(mime_preview(mem, slice_of_text(many), &out), STATUS_OK);
    assert_int_equal(strlen(out), 2 * MIME_PREVIEW_CHARACTERS);
    talloc_free(mem);
}

int main(void)
{
    mime_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_html_to_text), cmocka_unit_test(test_text_to_html), cmocka_unit_test(test_flowed_round_trip),
        cmocka_unit_test(test_rtf_specification_example), cmocka_unit_test(test_rtf_compression), cmocka_unit_test(test_rtf_text),
        cmocka_unit_test(test_encapsulation), cmocka_unit_test(test_charsets), cmocka_unit_test(test_preview),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
