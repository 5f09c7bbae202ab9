/* The file of device policies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bourse/base/text.h"
#include "device_policy_file.h"

static enum status parse(TALLOC_CTX *mem, const char *text, struct device_policy **out, size_t *count)
{
    status_chain_clear();
    return device_policies_parse(mem, text, out, count);
}

static void test_good(void **state)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct device_policy *policies = NULL;
    size_t count = 0;
    (void)state;
    assert_int_equal(parse(mem,
                           "{\"policies\":[{\"name\":\"A\",\"group\":\"g\",\"must_be_applied\":true,\"settings\":{\"DevicePasswordEnabled\":true,"
                           "\"MinDevicePasswordLength\":8,\"MaxAttachmentSize\":null,\"ApprovedApplicationList\":[\"x\",\"y\"]}},{\"name\":\"B\"}]}",
                           &policies, &count),
                     STATUS_OK);
    assert_int_equal(count, 2);
    assert_string_equal(policies[0].group, "g");
    assert_true(policies[0].must_be_applied);
    assert_int_equal(policies[0].values[DEVICE_SETTING_DevicePasswordEnabled], 1);
    assert_int_equal(policies[0].values[DEVICE_SETTING_MinDevicePasswordLength], 8);
    assert_int_equal(policies[0].values[DEVICE_SETTING_MaxAttachmentSize], DEVICE_NO_LIMIT);
    assert_int_equal(policies[0].values[DEVICE_SETTING_AllowCamera], 1);
    assert_string_equal(policies[0].names[DEVICE_SETTING_ApprovedApplicationList][1], "y");
    assert_null(policies[0].names[DEVICE_SETTING_ApprovedApplicationList][2]);
    assert_null(policies[1].group);
    assert_int_equal(policies[1].values[DEVICE_SETTING_MinDevicePasswordLength], DEVICE_NO_LIMIT);
    talloc_free(mem);
}

/* Each text is wrong in one way; the message names what. */
static void test_wrong(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        { "{", "line 1" },
        { "[]", "policies" },
        { "{\"policies\":{}}", "policies" },
        { "{\"policies\":[],\"other\":1}", "policies" },
        { "{\"policies\":[{}]}", "name" },
        { "{\"policies\":[{\"name\":\"A\"},{\"name\":\"B\"}]}", "policy A is for everybody" },
        { "{\"policies\":[{\"name\":\"A\",\"grop\":\"x\"}]}", "grop" },
        { "{\"policies\":[{\"name\":\"A\",\"settings\":{\"AllowCamra\":true}}]}", "AllowCamra" },
        { "{\"policies\":[{\"name\":\"A\",\"settings\":{\"AllowCamera\":1}}]}", "true or false" },
        { "{\"policies\":[{\"name\":\"A\",\"settings\":{\"MinDevicePasswordLength\":17}}]}", "1 to 16" },
        { "{\"policies\":[{\"name\":\"A\",\"settings\":{\"DevicePasswordHistory\":null}}]}", "0 to 50" },
        { "{\"policies\":[{\"name\":\"A\",\"settings\":{\"ApprovedApplicationList\":[1]}}]}", "list of texts" },
        { "{\"policies\":[{\"name\":\"A\",\"name\":\"B\"}]}", "duplicate" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct device_policy *policies = NULL;
        size_t count = 0;
        assert_int_equal(parse(mem, rows[i].text, &policies, &count), STATUS_CONFIGURATION);
        if (strstr(status_client_text(STATUS_CONFIGURATION), rows[i].message) == NULL)
            fail_msg("%s: %s", rows[i].text, status_client_text(STATUS_CONFIGURATION));
        talloc_free(mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_wrong) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
