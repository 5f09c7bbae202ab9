#include "test_support.h"

#include "bourse/model/rights.h"

static void names_masks(void **state)
{
    (void)state;
    assert_string_equal(rights_role(0), "None");
    assert_string_equal(rights_role(0x5FB), "Owner");
    assert_string_equal(rights_role(0x7FB), "Owner"); /* also a contact */
    assert_string_equal(rights_role(0x1FFB), "Owner"); /* with free/busy rights, as calendars have them */
    assert_string_equal(rights_role(0x401), "Reviewer");
    assert_string_equal(rights_role(0x800), "FreeBusyTimeOnly");
    assert_string_equal(rights_role(0x1800), "FreeBusyTimeAndSubjectAndLocation");
    assert_string_equal(rights_role(0x400), "Custom");
    assert_string_equal(rights_role(RIGHT_READ_ANY | RIGHT_DELETE_ANY), "Custom");
}

static void roles_have_masks(void **state)
{
    (void)state;
    uint32_t mask = 0;
    assert_true(rights_of_role("PublishingEditor", &mask));
    assert_int_equal(mask, 0x4FB);
    assert_true(rights_of_role("NoneditingAuthor", &mask));
    assert_string_equal(rights_role(mask), "NoneditingAuthor");
    assert_false(rights_of_role("Custom", &mask));
    assert_false(rights_of_role("owner", &mask));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(names_masks), cmocka_unit_test(roles_have_masks) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
