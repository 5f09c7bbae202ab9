#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bourse/base/text.h"
#include "wbxml.h"

/* Documents and what they say; each is also written again and must give the same bytes. */
static const struct {
    const char *hex, *text;
} golden[] = {
    /* first FolderSync of a device [MS-ASCMD] 4.2 */
    { "03016a000007" "5652033000" "0101", "FolderHierarchy:FolderSync\n  FolderHierarchy:SyncKey \"0\"\n" },
    { "03016a00" "455c4f" "4b033000" "01" "52033500" "01" "010101",
      "AirSync:Sync\n  AirSync:Collections\n    AirSync:Collection\n      AirSync:SyncKey \"0\"\n      AirSync:CollectionId \"5\"\n" },
    /* an empty element, a change of page inside, opaque data */
    { "03016a00" "0015" "45" "08" "50" "c303616263" "01" "0000" "0b" "01",
      "ComposeMail:SendMail\n  ComposeMail:SaveInSentItems\n  ComposeMail:Mime (3 bytes)\n  AirSync:SyncKey\n" },
};

static struct slice unhex(TALLOC_CTX *mem, const char *hex)
{
    struct slice bytes = { 0 };
    assert_int_equal(hex_decode(mem, slice_of_text(hex), &bytes), STATUS_OK);
    return bytes;
}

static const char *hex_of(TALLOC_CTX *mem, struct buffer *bytes)
{
    struct buffer *hex = buffer_new(mem, 1 << 16);
    hex_append(hex, buffer_slice(bytes));
    return buffer_text(hex);
}

static void golden_documents(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(golden); i++) {
        const struct wbxml_node *root = NULL;
        struct buffer *text = buffer_new(mem, 1 << 16), *again = buffer_new(mem, 1 << 16);
        assert_int_equal(wbxml_parse(mem, unhex(mem, golden[i].hex), NULL, &root), STATUS_OK);
        wbxml_describe(root, text);
        assert_string_equal(buffer_text(text), golden[i].text);
        struct wbxml_writer *writer = wbxml_writer_new(mem, again, V16_1);
        wbxml_copy(writer, root);
        assert_int_equal(wbxml_finish(writer), STATUS_OK);
        assert_string_equal(hex_of(mem, again), golden[i].hex);
    }
    talloc_free(mem);
}

/* Every document cut at every byte is refused, and so is one byte more. */
static void cut_documents_are_refused(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct wbxml_node *root = NULL;
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(golden); i++) {
        struct slice whole = unhex(mem, golden[i].hex);
        for (size_t length = 0; length < whole.length; length++) {
            uint8_t *exact = talloc_memdup(mem, whole.data, length > 0 ? length : 1);
            assert_int_equal(wbxml_parse(mem, slice_of(exact, length), NULL, &root), STATUS_MALFORMED);
            talloc_free(exact);
        }
        assert_int_equal(wbxml_parse(mem, unhex(mem, talloc_asprintf(mem, "%s01", golden[i].hex)), NULL, &root), STATUS_MALFORMED);
    }
    talloc_free(mem);
}

static void bad_documents_are_refused(void **state)
{
    static const struct {
        const char *hex, *what;
    } bad[] = {
        { "04016a000501", "a later version" }, { "03026a000501", "another public id" }, { "030103000501", "US-ASCII" },
        { "03016a0003616200" "05", "a string table" }, { "03016a008501", "attributes" }, { "03016a000401", "a literal" },
        { "03016a004583000101", "a reference to the string table" }, { "03016a0045440101", "a literal with content" },
        { "03016a004503ff000101", "not UTF-8" }, { "03016a0045c3ffffffff0f0101", "opaque data beyond the end" },
        { "03016a0045c38080808080000101", "a length of six bytes" }, { "03016a000505", "two roots" }, { "03016a00033100", "text outside" },
        { "03016a0045028080000101", "entity 0" }, { "03016a004502836000" "01", "a surrogate" },
    };
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct wbxml_node *root = NULL;
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        if (wbxml_parse(mem, unhex(mem, bad[i].hex), NULL, &root) != STATUS_MALFORMED)
            fail_msg("%s was taken", bad[i].what);
    talloc_free(mem);
}

static void limits_hold(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct wbxml_limits limits = { .depth = 4, .nodes = 6 };
    const struct wbxml_node *root = NULL;
    (void)state;
    assert_int_equal(wbxml_parse(mem, unhex(mem, "03016a004546474801010101"), &limits, &root), STATUS_OK);
    assert_int_equal(wbxml_parse(mem, unhex(mem, "03016a00454647484901010101" "01"), &limits, &root), STATUS_TOO_COMPLEX);
    assert_int_equal(wbxml_parse(mem, unhex(mem, "03016a0045060606060601"), &limits, &root), STATUS_OK);
    assert_int_equal(wbxml_parse(mem, unhex(mem, "03016a004506060606060601"), &limits, &root), STATUS_TOO_COMPLEX);
    talloc_free(mem);
}

static void text_is_joined_and_read(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct wbxml_node *root = NULL;
    int64_t number = 0;
    (void)state;
    /* <Sync><SyncKey> 12</SyncKey><Status>a&#228;b</Status><Commands/></Sync> */
    assert_int_equal(wbxml_parse(mem, unhex(mem, "03016a00454b0320313200014e03610002816403620001160" "1"), NULL, &root), STATUS_OK);
    assert_true(wbxml_child_number(root, AirSync_SyncKey, 0, 100, &number) && number == 12);
    assert_false(wbxml_child_number(root, AirSync_SyncKey, 0, 11, &number));
    assert_false(wbxml_child_number(root, AirSync_Status, 0, 100, &number));
    assert_string_equal(wbxml_child_text(mem, root, AirSync_Status), "a\xC3\xA4" "b");
    assert_true(wbxml_child_bool(root, AirSync_Commands, false));
    assert_false(wbxml_child_bool(root, AirSync_GetChanges, false));
    assert_null(wbxml_child_text(mem, root, AirSync_Class));
    assert_int_equal(wbxml_child_count(root), 3);
    talloc_free(mem);
}

/* 16.x has elements that older clients would choke on: they and all in them stay out. */
static void versions_gate_elements(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    static const struct {
        enum eas_version version;
        const char *text;
    } cases[] = {
        { V16_1, "AirSync:Sync\n  AirSyncBase:Location\n    AirSyncBase:DisplayName \"here\"\n  AirSync:Status \"1\"\n" },
        { V14_1, "AirSync:Sync\n  AirSync:Status \"1\"\n" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct buffer *bytes = buffer_new(mem, 1 << 16), *text = buffer_new(mem, 1 << 16);
        struct wbxml_writer *writer = wbxml_writer_new(mem, bytes, cases[i].version);
        const struct wbxml_node *root = NULL;
        wbxml_start(writer, AirSync_Sync);
        wbxml_start(writer, AirSyncBase_Location);
        wbxml_element(writer, AirSyncBase_DisplayName, "here");
        wbxml_end(writer);
        wbxml_element_int(writer, AirSync_Status, 1);
        assert_int_equal(wbxml_finish(writer), STATUS_OK);
        assert_int_equal(wbxml_parse(mem, buffer_slice(bytes), NULL, &root), STATUS_OK);
        wbxml_describe(root, text);
        assert_string_equal(buffer_text(text), cases[i].text);
    }
    talloc_free(mem);
}

/* Long opaque data has a length of several bytes; text with characters that XML forbids loses them. */
static void content_is_written_safely(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct buffer *bytes = buffer_new(mem, 1 << 20);
    struct wbxml_writer *writer = wbxml_writer_new(mem, bytes, V16_1);
    const struct wbxml_node *root = NULL;
    uint8_t *big = talloc_zero_size(mem, 300000);
    (void)state;
    wbxml_start(writer, ComposeMail_SendMail);
    wbxml_element_bytes(writer, ComposeMail_Mime, slice_of(big, 300000));
    wbxml_element_slice(writer, ComposeMail_ClientId, slice_of("a\0b\x01" "c\xFF", 6));
    assert_int_equal(wbxml_finish(writer), STATUS_OK);
    assert_int_equal(wbxml_parse(mem, buffer_slice(bytes), NULL, &root), STATUS_OK);
    assert_int_equal(wbxml_child(root, ComposeMail_Mime)->text.length, 300000);
    assert_string_equal(wbxml_child_text(mem, root, ComposeMail_ClientId), "abc\xEF\xBF\xBD");
    talloc_free(mem);
}

static void every_tag_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < eas_tag_count(); i++) {
        const struct eas_tag_info *info = eas_tag_at(i);
        if (eas_tag_find(info->tag) != info || eas_tag_of_name(info->space, info->name) == 0)
            fail_msg("%s:%s", info->space, info->name);
    }
    assert_null(eas_tag_find(0x4005));
    assert_int_equal(eas_tag_of_name("Email", "NoSuchTag"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_documents), cmocka_unit_test(cut_documents_are_refused), cmocka_unit_test(bad_documents_are_refused),
        cmocka_unit_test(limits_hold), cmocka_unit_test(text_is_joined_and_read), cmocka_unit_test(versions_gate_elements),
        cmocka_unit_test(content_is_written_safely), cmocka_unit_test(every_tag_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
