/* Reading requests: the schema check, positions, versions, ids, query strings, restrictions, one-off entry ids, HTML filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bourse/base/text.h"
#include "bourse/calendar/global_id.h"
#include "convert.h"
#include "html_filter.h"
#include "one_off.h"
#include "query.h"
#include "request_check.h"
#include "shape.h"
#include "soap.h"

#define HEAD "<s:Envelope xmlns:s='" EWS_NS_SOAP "' xmlns:t='" EWS_NS_TYPES "' xmlns:m='" EWS_NS_MESSAGES "'>"
#define BODY(operation) HEAD "<s:Body>" operation "</s:Body></s:Envelope>"

static struct ews_call *new_call(TALLOC_CTX *mem)
{
    struct ews_call *call = talloc_zero(mem, struct ews_call);
    assert_non_null(call);
    call->mem = call;
    call->config = config_default(call);
    assert_int_equal(soap_prepare(call), STATUS_OK);
    return call;
}

static struct ews_call *read_request(TALLOC_CTX *mem, const char *document, enum status expected, const char *code)
{
    struct ews_call *call = new_call(mem);
    enum status status = soap_read(call, slice_of_text(document));
    assert_int_equal(status, expected);
    if (status != STATUS_OK)
        assert_string_equal(ews_code_name(call, status), code);
    return call;
}

static void envelope_is_read(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    (void)state;
    struct ews_call *call = read_request(mem, HEAD "<s:Header><t:RequestServerVersion Version='Exchange2010_SP2'/><t:TimeZoneContext><t:TimeZoneDefinition Id='UTC'/>"
                                              "</t:TimeZoneContext></s:Header><s:Body><m:GetServerTimeZones/></s:Body></s:Envelope>", STATUS_OK, "");
    assert_int_equal(call->version, EWS_2010_SP2);
    assert_string_equal(call->version_name, "Exchange2010_SP2");
    assert_ptr_equal(call->zone, time_zone_by_id("UTC"));
    assert_string_equal(call->info->name, "GetServerTimeZones");
    assert_int_equal(read_request(mem, BODY("<m:GetServerTimeZones/>"), STATUS_OK, "")->version, EWS_2007_SP1);
    assert_ptr_equal(read_request(mem, BODY("<m:GetUserAvailabilityRequest><m:MailboxDataArray/></m:GetUserAvailabilityRequest>"), STATUS_OK, "")->info, ews_operation_find("GetUserAvailability"));
    read_request(mem, BODY(""), STATUS_MALFORMED, "ErrorSchemaValidation");
    read_request(mem, "<a/>", STATUS_MALFORMED, "ErrorSchemaValidation");
    read_request(mem, HEAD "<s:Header><t:RequestServerVersion Version='Exchange1999'/></s:Header><s:Body/></s:Envelope>", STATUS_INVALID_ARGUMENT,
                 "ErrorInvalidServerVersion");
    read_request(mem, HEAD "<s:Header><t:ExchangeImpersonation/></s:Header><s:Body/></s:Envelope>", STATUS_ACCESS_DENIED, "ErrorImpersonationDenied");
    talloc_free(mem);
}

static void versions_have_an_order(void **state)
{
    enum ews_version version;
    (void)state;
    assert_true(ews_version_of_name("Exchange2007_SP1", &version) && version == EWS_2007_SP1);
    assert_true(ews_version_of_name("V2017_07_11", &version) && version == EWS_NEWEST);
    assert_true(ews_version_of_name(NULL, &version) && version == EWS_2007_SP1);
    assert_false(ews_version_of_name("V2017_07_1x", &version));
    assert_false(ews_version_of_name("", &version));
    assert_true(EWS_2010 < EWS_2013 && EWS_2013 < EWS_2016);
}

#define SHAPE "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"

static void schema_violations_are_named(void **state)
{
    static const struct {
        const char *operation, *text;
    } cases[] = {
        { "<m:GetItem>" SHAPE "</m:GetItem>", "ItemIds" },
        { "<m:GetItem><m:ItemIds><t:ItemId Id='x'/></m:ItemIds>" SHAPE "</m:GetItem>", "'ItemShape'" },
        { "<m:GetItem>" SHAPE SHAPE "<m:ItemIds><t:ItemId Id='x'/></m:ItemIds></m:GetItem>", "ItemShape" },
        { "<m:GetItem>" SHAPE "<m:ItemIds><t:Nonsense/></m:ItemIds></m:GetItem>", "Nonsense" },
        { "<m:GetItem>" SHAPE "<m:ItemIds/></m:GetItem>", "ItemId" },
        { "<m:GetItem>" SHAPE "<m:ItemIds><t:ItemId/></m:ItemIds></m:GetItem>", "'Id' is missing" },
        { "<m:GetItem>" SHAPE "<m:ItemIds><t:ItemId Id='x' More='1'/></m:ItemIds></m:GetItem>", "More" },
        { "<m:GetItem><m:ItemShape><t:BaseShape>Huge</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id='x'/></m:ItemIds></m:GetItem>", "Huge" },
        { "<m:GetItem>text" SHAPE "<m:ItemIds><t:ItemId Id='x'/></m:ItemIds></m:GetItem>", "text" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        char *document = talloc_asprintf(mem, HEAD "<s:Body>%s</s:Body></s:Envelope>", cases[i].operation);
        struct ews_call *call = read_request(mem, document, STATUS_MALFORMED, "ErrorSchemaValidation");
        if (strstr(call->text, cases[i].text) == NULL)
            fail_msg("%s: %s", cases[i].operation, call->text);
        assert_true(call->detail.length > 0);
        talloc_free(mem);
    }
}

static void position_is_that_of_the_element(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct xml_node *root;
    size_t line, column;
    const char *document = "<?xml version='1.0'?>\n<a><!-- <x> -->\n  <b><![CDATA[<y>]]></b>\n  <c/></a>";
    (void)state;
    assert_int_equal(xml_parse(mem, slice_of_text(document), NULL, &root), STATUS_OK);
    request_position(slice_of_text(document), xml_child(root, NULL, "c"), &line, &column);
    assert_int_equal(line, 4);
    assert_int_equal(column, 4);
    request_position(slice_of_text(document), root, &line, &column);
    assert_int_equal(line, 2);
    talloc_free(mem);
}

static void ids_convert_back(void **state)
{
    static const enum id_format formats[] = { ID_EWS_LEGACY, ID_EWS, ID_ENTRY, ID_HEX_ENTRY, ID_STORE, ID_OWA };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct guid replica = guid_new();
    struct object_id ids[] = { { .kind = OBJECT_FOLDER, .mailbox = guid_new(), .folder = 7 }, { .kind = OBJECT_ITEM, .mailbox = guid_new(), .folder = 7, .item = 99 } }, back;
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
        for (size_t f = 0; f < ARRAY_LENGTH(formats); f++) {
            char *text = id_format_text(mem, formats[f], &ids[i], replica);
            assert_non_null(text);
            assert_int_equal(id_format_parse(mem, formats[f], text, &back), STATUS_OK);
            assert_true(back.kind == ids[i].kind && back.folder == ids[i].folder && back.item == ids[i].item && guid_equal(back.mailbox, ids[i].mailbox));
            text[strlen(text) / 2] = '!';
            assert_int_equal(id_format_parse(mem, formats[f], text, &back), STATUS_INVALID_ID);
        }
    assert_int_equal(id_format_parse(mem, ID_ENTRY, "", &back), STATUS_INVALID_ID);
    talloc_free(mem);
}

static void one_offs_go_and_come(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct one_off entries[] = { { "Zo\xc3\xab", "SMTP", "zoe@example.test" }, { "", "SMTP", "b@example.test" } }, *back;
    struct buffer *out = buffer_new(mem, 4096);
    size_t count;
    (void)state;
    flat_entry_list_append(out, entries, 2);
    assert_int_equal(flat_entry_list_parse(mem, buffer_slice(out), &back, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_string_equal(back[0].name, entries[0].name);
    assert_string_equal(back[1].address, "b@example.test");
    for (size_t cut = 0; cut + 3 < buffer_length(out); cut++) /* the last bytes may be padding */
        assert_int_not_equal(flat_entry_list_parse(mem, slice_part(buffer_slice(out), 0, cut), &back, &count), STATUS_OK);
    talloc_free(mem);
}

static void html_loses_what_runs(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "<p>a <b>b</b></p>", "<p>a <b>b</b></p>" },
        { "<p onclick='x()' class=c>a</p>", "<p class=\"c\">a</p>" },
        { "a<script>x<y</script>b<SCRIPT >z</SCRIPT>c", "abc" },
        { "<a href='javascript:x()'>l</a>", "<a>l</a>" },
        { "<a href=' java&#115;cript:x'>l</a>", "<a>l</a>" },
        { "<a href='https://x/?a=1&amp;b'>l</a>", "<a href=\"https://x/?a=1&amp;b\">l</a>" },
        { "<img src=cid:1><iframe src=x>in</iframe>", "<img src=\"cid:1\">" },
        { "<!-- c --><!DOCTYPE html><?x?>t", "t" },
        { "1 < 2 <3", "1 &lt; 2 &lt;3" },
        { "<p style='width:expression(x)'>a", "<p>a" },
        { "<scr<script>ipt>x", "<scr script>ipt>x" },
        { "<script>never ends", "" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct slice out;
        assert_int_equal(html_filter(mem, slice_of_text(cases[i].in), &out), STATUS_OK);
        assert_string_equal((const char *)out.data, cases[i].out);
        talloc_free(mem);
    }
}

static void uids_become_ids_and_back(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice id = global_id_of_text(mem, "abc@example.test");
    (void)state;
    assert_string_equal(global_id_text(mem, id), "abc@example.test");
    const char *hex = "040000008200E00074C5B7101A82E008000000000000000000000000000000000000000000000000";
    assert_string_equal(global_id_text(mem, global_id_of_text(mem, hex)), hex);
    talloc_free(mem);
}

static struct restriction *parse_query(TALLOC_CTX *mem, const char *text, const char **words)
{
    struct restriction *restriction;
    assert_int_equal(query_string(mem, text, &restriction, words), STATUS_OK);
    if (restriction != NULL)
        assert_int_equal(restriction_check(restriction), STATUS_OK);
    return restriction;
}

static void query_strings_are_understood(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    const char *words;
    (void)state;
    assert_null(parse_query(mem, "one two", &words));
    assert_string_equal(words, "one two");
    struct restriction *r = parse_query(mem, "subject:hello report", &words);
    assert_int_equal(r->kind, RESTRICT_CONTENT);
    assert_int_equal(r->tag, PROP_SUBJECT);
    assert_string_equal(words, "report");
    r = parse_query(mem, "from:bob OR hasattachment:yes", &words);
    assert_int_equal(r->kind, RESTRICT_OR);
    assert_null(words);
    r = parse_query(mem, "size:>=1KB", &words);
    assert_int_equal(r->relation, REL_GREATER_EQUAL);
    assert_int_equal(r->value.int32, 1024);
    r = parse_query(mem, "NOT subject:x", &words);
    assert_int_equal(r->kind, RESTRICT_NOT);
    r = parse_query(mem, "received:2026-01-01..2026-01-31", &words);
    assert_int_equal(r->kind, RESTRICT_AND);
    static const char *const odd[] = { "", "(((", ")", ":", "a:", ":b", "\"", "NOT", "OR OR", "-", "size:>", "received:nonsense", "nokey:value", "a:(b)" };
    for (size_t i = 0; i < ARRAY_LENGTH(odd); i++)
        parse_query(mem, odd[i], &words);
    talloc_free(mem);
}

static struct restriction *parse_restriction(struct ews_call *call, const char *expression, enum status expected)
{
    const struct xml_node *root;
    struct restriction *out = NULL;
    struct object_id folder = { .kind = OBJECT_FOLDER, .folder = 1 };
    char *document = talloc_asprintf(call->mem, "<m:Restriction xmlns:m='" EWS_NS_MESSAGES "' xmlns:t='" EWS_NS_TYPES "'>%s</m:Restriction>", expression);
    assert_int_equal(xml_parse(call->mem, slice_of_text(document), NULL, &root), STATUS_OK);
    ews_forget(call);
    assert_int_equal(query_restriction(call, root, ~(unsigned)SECTIONS_OF_FOLDERS, &folder, &out), expected);
    return out;
}

#define CONSTANT(value) "<t:FieldURIOrConstant><t:Constant Value='" value "'/></t:FieldURIOrConstant>"
#define FIELD_URI(uri) "<t:FieldURI FieldURI='" uri "'/>"

static void restrictions_are_read(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct ews_call *call = new_call(mem);
    (void)state;
    struct restriction *r = parse_restriction(call, "<t:IsEqualTo>" FIELD_URI("item:Importance") CONSTANT("High") "</t:IsEqualTo>", STATUS_OK);
    assert_int_equal(r->kind, RESTRICT_PROPERTY);
    assert_int_equal(r->value.int32, 2);
    r = parse_restriction(call, "<t:IsNotEqualTo>" FIELD_URI("message:From") CONSTANT("x") "</t:IsNotEqualTo>", STATUS_OK);
    assert_int_equal(r->kind, RESTRICT_NOT);
    r = parse_restriction(call, "<t:IsEqualTo>" FIELD_URI("message:ToRecipients") CONSTANT("x") "</t:IsEqualTo>", STATUS_OK);
    assert_int_equal(r->kind, RESTRICT_SUBOBJECT);
    r = parse_restriction(call, "<t:Excludes><t:ExtendedFieldURI PropertyTag='0x0E07' PropertyType='Integer'/><t:Bitmask Value='0x10'/></t:Excludes>", STATUS_OK);
    assert_int_equal(r->number, 0x10);
    assert_true(r->mask_is_zero);
    r = parse_restriction(call, "<t:Contains ContainmentMode='Prefixed' ContainmentComparison='IgnoreCase'>" FIELD_URI("item:Subject") "<t:Constant Value='a'/></t:Contains>",
                          STATUS_OK);
    assert_int_equal(r->fuzzy, FUZZY_PREFIX | FUZZY_IGNORE_CASE);
    parse_restriction(call, "<t:Contains>" FIELD_URI("item:Size") "<t:Constant Value='a'/></t:Contains>", STATUS_INVALID_RESTRICTION);
    assert_string_equal(ews_code_name(call, STATUS_INVALID_RESTRICTION), "ErrorContainsFilterWrongType");
    parse_restriction(call, "<t:IsEqualTo>" FIELD_URI("item:Attachments") CONSTANT("x") "</t:IsEqualTo>", STATUS_INVALID_RESTRICTION);
    assert_string_equal(ews_code_name(call, STATUS_INVALID_RESTRICTION), "ErrorUnsupportedPathForQuery");
    assert_true(call->detail.length > 0);
    char *deep = talloc_strdup(mem, "");
    for (int i = 0; i < 40; i++)
        deep = talloc_asprintf_append(deep, "<t:Not>");
    deep = talloc_asprintf_append(deep, "<t:Exists>" FIELD_URI("item:Subject") "</t:Exists>");
    for (int i = 0; i < 40; i++)
        deep = talloc_asprintf_append(deep, "</t:Not>");
    parse_restriction(call, deep, STATUS_TOO_COMPLEX);
    talloc_free(mem);
}

static void fields_follow_version_and_shape(void **state)
{
    struct ews_shape shape = { .version = EWS_2007_SP1, .base = SHAPE_ALL };
    const struct field *flag = field_by_uri("item:Flag", ~0u), *body = field_by_uri("item:Body", ~0u), *subject = field_by_uri("item:Subject", ~0u);
    (void)state;
    assert_false(shape_has(&shape, flag));
    assert_true(shape_has(&shape, body));
    shape.version = EWS_2013;
    assert_true(shape_has(&shape, flag));
    shape.is_list = true;
    assert_false(shape_has(&shape, body));
    shape.base = SHAPE_ID_ONLY;
    assert_false(shape_has(&shape, subject));
    shape.chosen[field_index(subject)] = true;
    assert_true(shape_has(&shape, subject));
    assert_int_equal(shape_parts(&shape), 0);
}

static void classes_have_elements(void **state)
{
    (void)state;
    assert_string_equal(item_type_of_class("IPM.Note.SMIME")->element, "t:Message");
    assert_string_equal(item_type_of_class("IPM.Notes")->element, "t:Item");
    assert_string_equal(item_type_of_class("ipm.schedule.meeting.resp.pos")->element, "t:MeetingResponse");
    assert_string_equal(item_type_of_class("IPM.Schedule.Meeting.Request")->element, "t:MeetingRequest");
    assert_string_equal(enum_word(KIND_ENUM_IMPORTANCE, 77), "Normal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelope_is_read),         cmocka_unit_test(versions_have_an_order),
        cmocka_unit_test(schema_violations_are_named), cmocka_unit_test(position_is_that_of_the_element),
        cmocka_unit_test(ids_convert_back),         cmocka_unit_test(one_offs_go_and_come),
        cmocka_unit_test(html_loses_what_runs),     cmocka_unit_test(uids_become_ids_and_back),
        cmocka_unit_test(query_strings_are_understood), cmocka_unit_test(restrictions_are_read),
        cmocka_unit_test(fields_follow_version_and_shape), cmocka_unit_test(classes_have_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
