/* Tables of fields: each element exists and its property has the type of its kind; lists of people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "address_list.h"
#include "bourse/model/properties.h"
#include "fields.h"

static const struct eas_field fields[] = {
#define FIELD EAS_FIELD_ROW
#include "fields_calendar.def"
#include "fields_contacts.def"
#include "fields_drafts.def"
#include "fields_notes.def"
#include "fields_tasks.def"
#undef FIELD
};

static void test_types(void **state)
{
    static const uint16_t types[] = { [EAS_FIELD_TEXT] = TYPE_STRING, [EAS_FIELD_NUMBER] = TYPE_INT32, [EAS_FIELD_FLAG] = TYPE_BOOL, [EAS_FIELD_TIME] = TYPE_TIME,
                                      [EAS_FIELD_STAMP] = TYPE_TIME, [EAS_FIELD_TEXTS] = TYPE_MULTIPLE | TYPE_STRING };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
        assert_non_null(eas_tag_find(fields[i].tag));
        assert_int_equal(prop_type(fields[i].property), types[fields[i].kind]);
        assert_true(fields[i].kind != EAS_FIELD_TEXTS || eas_tag_find((eas_tag)fields[i].argument) != NULL);
    }
}

static void test_people(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct message *message = message_new(mem);
    (void)state;
    assert_int_equal(address_list_read(mem, "\"Doe, \\\"J\\\"\" <j@a.test>, plain@b.test; Ann <ann@c.test>,", RECIPIENT_TO, message), STATUS_OK);
    assert_int_equal(message->recipient_count, 3);
    assert_string_equal(message->recipients[0].display_name, "Doe, \"J\"");
    assert_string_equal(message->recipients[0].smtp_address, "j@a.test");
    assert_string_equal(message->recipients[1].smtp_address, "plain@b.test");
    assert_string_equal(message->recipients[2].display_name, "Ann");
    assert_int_equal(address_list_read(mem, "nobody", RECIPIENT_TO, message), STATUS_INVALID_ARGUMENT);
    status_chain_clear();
    assert_int_equal(address_list_read(mem, "\"", RECIPIENT_TO, message), STATUS_INVALID_ARGUMENT);
    status_chain_clear();
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_types), cmocka_unit_test(test_people) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
