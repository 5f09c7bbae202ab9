/* Prescan, reader and writer: what is accepted, what is refused with which status, and that output reads back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bourse/http/xml_reader.h"
#include "bourse/http/xml_writer.h"

static enum status prescan(const char *text)
{
    struct xml_limits limits = { .depth = 4, .attributes = 3, .nodes = 12 };
    status_chain_clear();
    return xml_prescan(slice_of_text(text), &limits);
}

static void prescan_refuses_what_it_should(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum status expected;
    } cases[] = {
        { "<a/>", STATUS_OK },
        { "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b='1'>t&amp;&#x41;</a>\n", STATUS_OK },
        { "<a><![CDATA[ <!DOCTYPE ]]></a><!-- <!DOCTYPE a> -->", STATUS_OK },
        { "<a b=\">\" c='/>'/>", STATUS_OK },
        { "<!DOCTYPE a><a/>", STATUS_MALFORMED },
        { "<a><!ENTITY x 'y'></a>", STATUS_MALFORMED },
        { "<a>&x;</a>", STATUS_MALFORMED },
        { "<a b='&x;'/>", STATUS_MALFORMED },
        { "<a b='&#1234567890123;'/>", STATUS_MALFORMED },
        { "<?xml version='1.0' encoding='utf-7'?><a/>", STATUS_MALFORMED },
        { "<?xml version='1.0' encoding='UTF-16'?><a/>", STATUS_MALFORMED },
        { "\xFF\xFE<", STATUS_MALFORMED },
        { "", STATUS_MALFORMED },
        { "<a>", STATUS_MALFORMED },
        { "</a>", STATUS_MALFORMED },
        { "<a b='1", STATUS_MALFORMED },
        { "<a b='<'/>", STATUS_MALFORMED },
        { "<a <b/>", STATUS_MALFORMED },
        { "text<a/>", STATUS_MALFORMED },
        { "<!-- a", STATUS_MALFORMED },
        { "<a><b><c><d></d></c></b></a>", STATUS_OK },
        { "<a><b><c><d><e></e></d></c></b></a>", STATUS_TOO_COMPLEX },
        { "<a b='' c='' d=''/>", STATUS_OK },
        { "<a b='' c='' d='' e=''/>", STATUS_TOO_COMPLEX },
        { "<a><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/></a>", STATUS_OK },
        { "<a><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/><b/>t</a>", STATUS_TOO_COMPLEX },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        enum status status = prescan(cases[i].text);
        if (status != cases[i].expected)
            fail_msg("%s: got %s", cases[i].text, status_info(status)->name);
    }
}

static void prescan_refuses_nul(void **state)
{
    (void)state;
    struct slice text = slice_of("<a>\0</a>", 8);
    assert_int_equal(xml_prescan(text, &xml_limits_default), STATUS_MALFORMED);
}

static void reader_gives_the_tree(void **state)
{
    (void)state;
    static const char text[] =
        "<?xml version='1.0'?>\n<s:Envelope xmlns:s='urn:s' xmlns='urn:d'>\n  <s:Body a='1' s:a='2'>"
        "<Item>one &lt; <![CDATA[<two>]]></Item>\n <Item/><x:Other xmlns:x='urn:x'> keep "
        "</x:Other></s:Body>\n</s:Envelope>";
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct xml_node *root = NULL;
    assert_int_equal(xml_parse(mem, slice_of_text(text), NULL, &root), STATUS_OK);
    assert_true(xml_is(root, "urn:s", "Envelope"));
    assert_null(root->parent);
    assert_string_equal(xml_text_of(root), "");
    const struct xml_node *body = xml_child(root, "urn:s", "Body");
    assert_non_null(body);
    assert_ptr_equal(body->parent, root);
    assert_string_equal(xml_attribute_of(body, "a"), "1");
    assert_string_equal(xml_attribute_ns(body, "urn:s", "a"), "2");
    assert_null(xml_attribute_of(body, "b"));
    assert_int_equal(xml_child_count(body), 3);
    assert_string_equal(xml_child_text(body, "urn:d", "Item"), "one < <two>");
    const struct xml_node *second = xml_next(xml_child(body, "urn:d", "Item"), "urn:d", "Item");
    assert_string_equal(xml_text_of(second), "");
    assert_string_equal(xml_child_text(body, NULL, "Other"), " keep ");
    assert_null(xml_child(xml_child(root, "urn:none", "None"), "urn:d", "Item"));
    talloc_free(mem);
}

static enum status parse_status(const char *text)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct xml_node *root = NULL;
    enum status status = xml_parse(mem, slice_of_text(text), NULL, &root);
    if (status != STATUS_OK)
        assert_null(root);
    talloc_free(mem);
    return status;
}

static void reader_refuses_ill_formed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "<a></b>",     "<a><b></a></b>", "<a b='1' b='2'/>", "<x:a/>",     "<a>\xC3(</a>",
        "<a>&#0;</a>", "<a/><b/>",       "<a b=1/>",         "<a>]]></a>", "<a>\x01</a>",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        if (parse_status(cases[i]) != STATUS_MALFORMED)
            fail_msg("accepted: %s", cases[i]);
}

static void reader_limits_namespaces(void **state)
{
    (void)state;
    char text[20000];
    size_t used = 0;
    for (int level = 0; level < 10; level++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "<a");
        for (int i = 0; i < 40; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, " xmlns:p%d='urn:%d'", level * 40 + i, i);
        used += (size_t)snprintf(text + used, sizeof text - used, ">");
    }
    for (int level = 0; level < 10; level++)
        used += (size_t)snprintf(text + used, sizeof text - used, "</a>");
    assert_int_equal(parse_status(text), STATUS_TOO_COMPLEX);
}

static void reader_takes_large_text(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    size_t length = 24u << 20;
    char *text = talloc_array(mem, char, (unsigned)length + 16);
    memcpy(text, "<a><b>", 6);
    memset(text + 6, 'A', length);
    memcpy(text + 6 + length, "</b></a>", 8);
    const struct xml_node *root = NULL;
    assert_int_equal(xml_parse(mem, slice_of(text, length + 14), NULL, &root), STATUS_OK);
    const struct xml_node *node = xml_child(root, "", "b");
    assert_int_equal(node->text.length, length);
    assert_int_equal(node->text.data[length - 1], 'A');
    assert_int_equal(node->text.data[length], 0);
    talloc_free(mem);
}

static void latin1_becomes_utf8(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct xml_node *root = NULL;
    assert_int_equal(
        xml_parse(mem, slice_of_text("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE4</a>"), NULL, &root),
        STATUS_OK);
    assert_string_equal(xml_text_of(root), "\xC3\xA4");
    talloc_free(mem);
}

static void writer_escapes_and_balances(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *out = buffer_new(mem, 4096);
    struct xml_writer *w = xml_writer_new(mem, out);
    xml_declaration(w);
    xml_start(w, "s:E");
    xml_namespace(w, "s", "urn:s&t");
    xml_namespace(w, "", "urn:d");
    xml_attribute(w, "a", "<\"\n\t&>");
    xml_attribute_int(w, "n", INT64_MIN);
    xml_attribute_bool(w, "b", true);
    xml_attribute(w, "none", NULL);
    xml_element(w, "Text", "a<b>&\"\r\n\x01\xC3\xA4\xC3(\xEF\xBF\xBF\xED\xA0\x80\xF0\x9F\x98\x80");
    xml_element(w, "Nothing", NULL);
    xml_element(w, "Empty", "");
    xml_element_int(w, "I", -5);
    xml_element_bool(w, "B", false);
    xml_element_instant(w, "T", INSTANT_UNIX_EPOCH);
    xml_element_base64(w, "D",
                       slice_of("\0\xFF"
                                "a",
                                3));
    xml_start(w, "P");
    for (int i = 0; i < 7; i++)
        xml_base64_part(w, slice_of_text(i % 2 == 0 ? "a" : "bc"));
    xml_base64_end(w);
    xml_start(w, "Q");
    xml_raw(w, slice_of_text("<r/>"));
    xml_end_to(w, 1);
    assert_int_equal(xml_depth(w), 1);
    assert_int_equal(xml_writer_finish(w), STATUS_OK);
    assert_string_equal(buffer_text(out),
                        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:E xmlns:s=\"urn:s&amp;t\" xmlns=\"urn:d\" "
                        "a=\"&lt;&quot;&#10;&#9;&amp;&gt;\" n=\"-9223372036854775808\" b=\"true\">"
                        "<Text>a&lt;b&gt;&amp;\"&#13;\n\xC3\xA4(\xF0\x9F\x98\x80</Text><Empty/><I>-5</I><B>false</B>"
                        "<T>1970-01-01T00:00:00Z</T><D>AP9h</D><P>YWJjYWJjYWJjYQ==<Q><r/></Q></P></s:E>");
    talloc_free(mem);
}

static void writer_reports_the_cap(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *out = buffer_new(mem, 16);
    struct xml_writer *w = xml_writer_new(mem, out);
    xml_element(w, "Long", "0123456789abcdef");
    assert_int_equal(xml_writer_finish(w), STATUS_LIMIT_EXCEEDED);
    w = xml_writer_new(mem, buffer_new(mem, 16));
    xml_end(w);
    assert_int_equal(xml_writer_finish(w), STATUS_INTERNAL);
    talloc_free(mem);
}

static enum status count_piece(void *data, struct slice piece)
{
    size_t *total = data;
    *total += piece.length;
    return *total > 200000 ? STATUS_CANCELLED : STATUS_OK;
}

static void writer_feeds_a_sink(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    size_t total = 0;
    struct xml_writer *w = xml_writer_new_sink(mem, count_piece, &total);
    xml_start(w, "a");
    for (int i = 0; i < 10000; i++)
        xml_element(w, "b", "text");
    assert_int_equal(xml_writer_finish(w), STATUS_OK);
    assert_int_equal(total, 10000 * 11 + 7);
    w = xml_writer_new_sink(mem, count_piece, &total);
    xml_start(w, "a");
    for (int i = 0; i < 10000; i++)
        xml_element(w, "b", "text");
    assert_int_equal(xml_writer_finish(w), STATUS_CANCELLED);
    talloc_free(mem);
}

/* Whatever bytes go in, what comes out is well-formed and reads back the same twice. */
static void output_always_reads_back(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 300; round++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        uint8_t bytes[300];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)rand();
        struct buffer *out = buffer_new(mem, 65536);
        struct xml_writer *w = xml_writer_new(mem, out);
        xml_start(w, "a");
        xml_attribute_slice(w, "b", slice_of(bytes, sizeof bytes));
        xml_text_slice(w, slice_of(bytes, sizeof bytes));
        assert_int_equal(xml_writer_finish(w), STATUS_OK);
        const struct xml_node *root = NULL;
        assert_int_equal(xml_parse(mem, buffer_slice(out), NULL, &root), STATUS_OK);
        assert_string_equal(xml_text_of(root), xml_attribute_of(root, "b"));
        struct buffer *again = buffer_new(mem, 65536);
        w = xml_writer_new(mem, again);
        xml_start(w, "a");
        xml_attribute(w, "b", xml_text_of(root));
        xml_text(w, xml_text_of(root));
        assert_int_equal(xml_writer_finish(w), STATUS_OK);
        assert_true(slice_equal(buffer_slice(out), buffer_slice(again)));
        talloc_free(mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prescan_refuses_what_it_should),
        cmocka_unit_test(prescan_refuses_nul),
        cmocka_unit_test(reader_gives_the_tree),
        cmocka_unit_test(reader_refuses_ill_formed),
        cmocka_unit_test(reader_limits_namespaces),
        cmocka_unit_test(reader_takes_large_text),
        cmocka_unit_test(latin1_becomes_utf8),
        cmocka_unit_test(writer_escapes_and_balances),
        cmocka_unit_test(writer_reports_the_cap),
        cmocka_unit_test(writer_feeds_a_sink),
        cmocka_unit_test(output_always_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
