#include "test_support.h"

#include <pthread.h>

#include "bourse/model/properties.h"

static void finds_by_tag(void **state)
{
    (void)state;
    const struct property_info *info = property_by_tag(PROP_SUBJECT);
    assert_string_equal(info->name, "SUBJECT");
    assert_string_equal(info->canonical, "PidTagSubject");
    assert_int_equal(info->storage, IN_COLUMN);
    assert_true((info->flags & PROPERTY_SEARCHABLE) != 0);
    assert_ptr_equal(property_by_tag(prop_make(0x0037, TYPE_UNSPECIFIED)), info);
    assert_ptr_equal(property_by_tag(prop_make(0x0037, TYPE_STRING8)), info);
    assert_null(property_by_tag(prop_make(0x0037, TYPE_INT32)));
    assert_null(property_by_tag(prop_make(PROP_FIRST_CUSTOM_ID, TYPE_STRING)));
    assert_string_equal(property_by_tag(PROP_REMINDER_SET)->canonical, "PidLidReminderSet");
    /* one column of a multiple value, as tables ask for it */
    assert_string_equal(property_by_tag(prop_make(prop_id(PROP_KEYWORDS), 0x301F))->canonical, "PidNameKeywords");
    assert_string_equal(property_by_tag(PROP_ADDRESS_BOOK_CONTAINER_ID)->name, "ADDRESS_BOOK_CONTAINER_ID");
}

static void finds_every_row(void **state)
{
    (void)state;
    assert_true(property_count() > 1200);
    assert_null(property_at(property_count()));
    for (size_t i = 0; i < property_count(); i++) {
        const struct property_info *info = property_at(i);
        assert_non_null(property_by_tag(info->tag));
        assert_int_equal(property_by_tag(info->tag)->tag, info->tag);
        assert_ptr_equal(property_by_canonical(info->canonical), info);
        struct property_name name;
        if (property_name_of_id(prop_id(info->tag), &name))
            assert_int_equal(property_tag_of_name(&name), info->tag);
    }
}

static void finds_ews_fields(void **state)
{
    (void)state;
    assert_int_equal(property_by_ews_field("item:Subject")->tag, PROP_SUBJECT);
    assert_int_equal(property_by_ews_field("folder:DisplayName")->tag, PROP_DISPLAY_NAME);
    assert_int_equal(property_by_ews_field("contacts:DisplayName")->tag, PROP_DISPLAY_NAME);
    assert_int_equal(property_by_ews_field("contacts:PhoneNumber/HomePhone")->tag, PROP_HOME_TELEPHONE_NUMBER);
    assert_int_equal(property_by_ews_field("calendar:Start")->tag, PROP_APPOINTMENT_START_WHOLE);
    assert_null(property_by_ews_field("item:Subjec"));
    assert_null(property_by_ews_field("item:Subject "));
    assert_null(property_by_ews_field(""));
    assert_null(property_by_canonical("PidTagNoSuch"));
}

static void maps_names(void **state)
{
    (void)state;
    struct property_name name = { .lid = 0x8503 };
    assert_true(property_set_guid("PSETID_Common", &name.set));
    assert_int_equal(property_tag_of_name(&name), PROP_REMINDER_SET);
    name.lid = 0x8599;
    assert_int_equal(property_tag_of_name(&name), 0);

    struct property_name keywords = { .is_string = true, .name = "Keywords" };
    assert_true(property_set_guid("PS_PUBLIC_STRINGS", &keywords.set));
    assert_int_equal(property_tag_of_name(&keywords), PROP_KEYWORDS);
    keywords.name = "keywords"; /* case counts outside of header names */
    assert_int_equal(property_tag_of_name(&keywords), 0);

    struct property_name header = { .is_string = true, .name = "CONTENT-class" };
    assert_true(property_set_guid("PS_INTERNET_HEADERS", &header.set));
    assert_int_equal(property_tag_of_name(&header), PROP_CONTENT_CLASS);

    struct property_name mapi = { .lid = 0x0037 };
    assert_true(property_set_guid("PS_MAPI", &mapi.set));
    assert_int_equal(property_tag_of_name(&mapi), PROP_SUBJECT);

    struct property_name back;
    assert_true(property_name_of_id(prop_id(PROP_REMINDER_SET), &back));
    assert_false(back.is_string);
    assert_int_equal(back.lid, 0x8503);
    assert_false(property_name_of_id(0x0037, &back));
    assert_false(property_name_of_id(0x9000, &back));
    assert_false(property_set_guid("PSETID_None", &back.set));
}

static void *look_up(void *data)
{
    *(bool *)data = property_by_ews_field("item:Subject") != NULL && property_by_canonical("PidTagSubject") != NULL;
    return NULL;
}

static void threads_share_the_indexes(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool found[4] = { false };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_up, &found[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(found[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_the_indexes), cmocka_unit_test(finds_by_tag), cmocka_unit_test(finds_every_row),
        cmocka_unit_test(finds_ews_fields),          cmocka_unit_test(maps_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
