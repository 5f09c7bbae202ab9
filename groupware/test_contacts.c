/* Contacts: what is derived from names, addresses and dates, on every way that writes; the photo. */
#include "fixture.h"

#include "bourse/groupware/contact.h"
#include "bourse/groupware/access.h"
#include "bourse/model/properties.h"
#include "entry_ids.h"

struct pair {
    prop_tag tag;
    const char *text;
};

static struct bag *bag_of(TALLOC_CTX *mem, const struct pair *pairs)
{
    struct bag *bag = bag_new(mem);
    for (; pairs->tag != 0; pairs++)
        OK(bag_set_string(bag, pairs->tag, pairs->text));
    return bag;
}

static struct item *create(struct fixture *f, struct session *session, const struct bag *props)
{
    struct message *message = message_new(f->mem);
    struct item_create_options options = { 0 };
    struct item *item = NULL, *whole = NULL;
    struct object_id folder = fixture_folder(session, FOLDER_ROLE_CONTACTS);
    OK(bag_merge(message->props, props));
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Contact"));
    OK(item_create(f->mem, session, &folder, message, &options, &item));
    OK(item_get(f->mem, session, &item->id, ITEM_ALL, &whole));
    return whole;
}

static struct item *change(struct fixture *f, struct session *session, const struct object_id *id, const struct bag *set, const prop_tag *remove, size_t count)
{
    struct item_change wanted = { .set = set, .remove = remove, .remove_count = count };
    struct item *item = NULL;
    OK(item_update(f->mem, session, id, 0, CONFLICT_ALWAYS_OVERWRITE, &wanted, &item));
    OK(item_get(f->mem, session, id, ITEM_ALL, &item));
    return item;
}

static const char *text(const struct item *item, prop_tag tag)
{
    return bag_string(item->message->props, tag, "(none)");
}

static void file_as_has_every_format(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    static const struct {
        int32_t id;
        const char *full, *no_middle, *only_surname, *no_surname;
    } rows[] = {
        { 0x00000000, "", "", "", "" },
        { 0x00003001, "Ann M. Lee Jr.", "Ann Lee", "Lee", "Ann M." },
        { 0x00003A06, "Ann", "Ann", "Lee", "Ann" },
        { 0x00003A11, "Lee", "Lee", "Lee", "Ann M." },
        { 0x00003A16, "Acme", "Acme", "Lee", "Acme" },
        { 0x00008017, "Lee, Ann M.", "Lee, Ann", "Lee", "Ann M." },
        { 0x00008018, "Acme\r\nLee, Ann M.", "Acme\r\nLee, Ann", "Lee", "Acme\r\nAnn M." },
        { 0x00008019, "Lee, Ann M.\r\nAcme", "Lee, Ann\r\nAcme", "Lee", "Ann M.\r\nAcme" },
        { 0x00008030, "LeeAnn M.", "LeeAnn", "Lee", "Ann M." },
        { 0x00008031, "Lee Ann M.", "Lee Ann", "Lee", "Ann M." },
        { 0x00008032, "Acme\r\nLeeAnn M.", "Acme\r\nLeeAnn", "Lee", "Acme\r\nAnn M." },
        { 0x00008033, "Acme\r\nLee Ann M.", "Acme\r\nLee Ann", "Lee", "Acme\r\nAnn M." },
        { 0x00008034, "LeeAnn M.\r\nAcme", "LeeAnn\r\nAcme", "Lee", "Ann M.\r\nAcme" },
        { 0x00008035, "Lee Ann M.\r\nAcme", "Lee Ann\r\nAcme", "Lee", "Ann M.\r\nAcme" },
        { 0x00008036, "Lee Ann M. Jr.", "Lee Ann", "Lee", "Ann M." },
        { 0x00008037, "Ann M. Lee Jr.", "Ann Lee", "Lee", "Ann M." },
        { 0x00008038, "LeeAnn M. Jr.", "LeeAnn", "Lee", "Ann M." },
    };
    static const struct pair names[][6] = {
        { { PROP_GIVEN_NAME, "Ann" }, { PROP_MIDDLE_NAME, "M." }, { PROP_SURNAME, "Lee" }, { PROP_GENERATION, "Jr." }, { PROP_COMPANY_NAME, "Acme" }, { 0 } },
        { { PROP_GIVEN_NAME, "Ann" }, { PROP_SURNAME, "Lee" }, { PROP_COMPANY_NAME, "Acme" }, { 0 } },
        { { PROP_SURNAME, "Lee" }, { 0 } },
        { { PROP_GIVEN_NAME, "Ann" }, { PROP_MIDDLE_NAME, "M." }, { PROP_COMPANY_NAME, "Acme" }, { 0 } },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *const expected[] = { rows[i].full, rows[i].no_middle, rows[i].only_surname, rows[i].no_surname };
        for (size_t n = 0; n < ARRAY_LENGTH(names); n++) {
            struct bag *props = bag_of(f->mem, names[n]);
            OK(bag_set_int32(props, PROP_FILE_UNDER_ID, rows[i].id));
            struct item *item = create(f, alice, props);
            assert_string_equal(text(item, PROP_FILE_UNDER), expected[n]);
            assert_int_equal(bag_int32(item->message->props, PROP_FILE_UNDER_ID, 1), rows[i].id);
        }
    }
}

static void names_follow_until_somebody_chooses(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct item *item = create(f, alice, bag_of(f->mem, (struct pair[]){ { PROP_GIVEN_NAME, "Ann" }, { PROP_SURNAME, "Lee" }, { 0 } }));
    assert_string_equal(text(item, PROP_DISPLAY_NAME), "Ann Lee");
    assert_string_equal(text(item, PROP_SUBJECT), "Ann Lee");
    assert_string_equal(text(item, PROP_FILE_UNDER), "Lee, Ann");
    item = change(f, alice, &item->id, bag_of(f->mem, (struct pair[]){ { PROP_SURNAME, "Park" }, { 0 } }), NULL, 0);
    assert_string_equal(text(item, PROP_DISPLAY_NAME), "Ann Park");
    assert_string_equal(text(item, PROP_SUBJECT), "Ann Park");
    assert_string_equal(text(item, PROP_FILE_UNDER), "Park, Ann");
    item = change(f, alice, &item->id, bag_of(f->mem, (struct pair[]){ { PROP_FILE_UNDER, "My doctor" }, { PROP_DISPLAY_NAME, "Dr Ann" }, { 0 } }), NULL, 0);
    assert_int_equal(bag_int32(item->message->props, PROP_FILE_UNDER_ID, 0), -1);
    item = change(f, alice, &item->id, bag_of(f->mem, (struct pair[]){ { PROP_SURNAME, "Stone" }, { 0 } }), NULL, 0);
    assert_string_equal(text(item, PROP_FILE_UNDER), "My doctor");
    assert_string_equal(text(item, PROP_DISPLAY_NAME), "Dr Ann");
    struct bag *format = bag_new(f->mem);
    OK(bag_set_int32(format, PROP_FILE_UNDER_ID, 0x8037));
    item = change(f, alice, &item->id, format, NULL, 0);
    assert_string_equal(text(item, PROP_FILE_UNDER), "Ann Stone");
    OK(bag_set_int32(format, PROP_FILE_UNDER_ID, -3));
    OK(bag_set_string(format, PROP_FILE_UNDER, "Stone Ann"));
    item = change(f, alice, &item->id, format, NULL, 0);
    assert_int_equal(bag_int32(item->message->props, PROP_FILE_UNDER_ID, 0), 0x8031);
    item = create(f, alice, bag_of(f->mem, (struct pair[]){ { PROP_EMAIL1_EMAIL_ADDRESS, "x@example.net" }, { 0 } }));
    assert_string_equal(text(item, PROP_FILE_UNDER), "x@example.net");
    assert_string_equal(text(item, PROP_DISPLAY_NAME), "x@example.net");
}

static void addresses_bring_all_that_belongs_to_them(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct item *item = create(f, alice, bag_of(f->mem, (struct pair[]){ { PROP_GIVEN_NAME, "Ann" }, { PROP_EMAIL1_EMAIL_ADDRESS, "ann@example.net" },
                                                                        { PROP_EMAIL3_EMAIL_ADDRESS, "/o=Bourse/cn=ann" }, { PROP_HOME_FAX_NUMBER, "1" }, { 0 } }));
    const struct bag *props = item->message->props;
    const char *name, *type, *address;
    assert_string_equal(text(item, PROP_EMAIL1_ADDRESS_TYPE), "SMTP");
    assert_string_equal(text(item, PROP_EMAIL1_DISPLAY_NAME), "Ann (ann@example.net)");
    assert_string_equal(text(item, PROP_EMAIL1_ORIGINAL_DISPLAY_NAME), "ann@example.net");
    OK(entry_one_off_parse(f->mem, bag_bytes(props, PROP_EMAIL1_ORIGINAL_ENTRY_ID), &name, &type, &address));
    assert_string_equal(address, "ann@example.net");
    assert_string_equal(name, "Ann (ann@example.net)");
    assert_string_equal(text(item, PROP_EMAIL3_ADDRESS_TYPE), "EX");
    uint32_t kind = 7;
    OK(entry_person_parse(f->mem, bag_bytes(props, PROP_EMAIL3_ORIGINAL_ENTRY_ID), &kind, &address));
    assert_string_equal(address, "/o=Bourse/cn=ann");
    assert_int_equal(kind, 0);
    assert_int_equal(bag_int32(props, PROP_ADDRESS_BOOK_PROVIDER_ARRAY_TYPE, 0), 0x1 | 0x4 | 0x10);
    const struct value *list = bag_get(props, PROP_ADDRESS_BOOK_PROVIDER_EMAIL_LIST);
    assert_int_equal(list->multiple.count, 3);
    assert_int_equal(list->multiple.elements[1].int32, 2);
    item = change(f, alice, &item->id, bag_of(f->mem, (struct pair[]){ { PROP_EMAIL1_EMAIL_ADDRESS, "lee@example.net" }, { 0 } }),
                  (prop_tag[]){ PROP_EMAIL3_EMAIL_ADDRESS, PROP_HOME_FAX_NUMBER }, 2);
    props = item->message->props;
    OK(entry_one_off_parse(f->mem, bag_bytes(props, PROP_EMAIL1_ORIGINAL_ENTRY_ID), &name, &type, &address));
    assert_string_equal(address, "lee@example.net");
    assert_string_equal(text(item, PROP_EMAIL1_DISPLAY_NAME), "Ann (lee@example.net)");
    assert_false(bag_has(props, PROP_EMAIL3_ADDRESS_TYPE));
    assert_false(bag_has(props, PROP_EMAIL3_ORIGINAL_ENTRY_ID));
    assert_int_equal(bag_int32(props, PROP_ADDRESS_BOOK_PROVIDER_ARRAY_TYPE, 0), 1);
}

static void postal_addresses_are_composed(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct item *item = create(f, alice, bag_of(f->mem, (struct pair[]){ { PROP_HOME_ADDRESS_STREET, "1 Elm St" }, { PROP_HOME_ADDRESS_CITY, "Ulm" },
                                                                        { PROP_HOME_ADDRESS_POSTAL_CODE, "89073" }, { PROP_HOME_ADDRESS_COUNTRY, "Germany" }, { 0 } }));
    assert_string_equal(text(item, PROP_HOME_ADDRESS), "1 Elm St\r\nUlm 89073\r\nGermany");
    assert_int_equal(bag_int32(item->message->props, PROP_POSTAL_ADDRESS_ID, 0), 1);
    assert_string_equal(text(item, PROP_POSTAL_ADDRESS), "1 Elm St\r\nUlm 89073\r\nGermany");
    assert_string_equal(text(item, PROP_LOCALITY), "Ulm");
    struct bag *set = bag_of(f->mem, (struct pair[]){ { PROP_WORK_ADDRESS_CITY, "Reno" }, { PROP_WORK_ADDRESS_STATE, "NV" }, { PROP_WORK_ADDRESS_POSTAL_CODE, "89501" }, { 0 } });
    OK(bag_set_int32(set, PROP_POSTAL_ADDRESS_ID, 2));
    item = change(f, alice, &item->id, set, NULL, 0);
    assert_string_equal(text(item, PROP_WORK_ADDRESS), "Reno, NV 89501");
    assert_string_equal(text(item, PROP_POSTAL_ADDRESS), "Reno, NV 89501");
    assert_string_equal(text(item, PROP_STREET_ADDRESS), "(none)");
    struct item_change wrong = { .set = set };
    OK(bag_set_int32(set, PROP_POSTAL_ADDRESS_ID, 9));
    assert_int_equal(item_update(f->mem, alice, &item->id, 0, CONFLICT_ALWAYS_OVERWRITE, &wrong, &item), STATUS_INVALID_PROPERTY);
}

static instant at(const char *when)
{
    instant out = 0;
    assert_true(instant_parse(when, &out));
    return out;
}

static void birthdays_keep_their_day(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    static const struct {
        const char *given, *day;
    } rows[] = {
        { "1970-05-01T11:59:00Z", "1970-05-01T00:00:00Z" }, { "1970-05-01T00:00:00Z", "1970-05-01T00:00:00Z" },
        { "1970-04-30T22:00:00Z", "1970-05-01T00:00:00Z" }, { "1970-05-01T10:00:00Z", "1970-05-01T00:00:00Z" },
        { "2000-02-29T05:00:00Z", "2000-02-29T00:00:00Z" }, { "1999-12-31T13:00:00Z", "2000-01-01T00:00:00Z" },
    };
    struct item *item = create(f, alice, bag_of(f->mem, (struct pair[]){ { PROP_GIVEN_NAME, "Dated" }, { 0 } }));
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct bag *set = bag_new(f->mem);
        OK(bag_set_time(set, PROP_WEDDING_ANNIVERSARY, at(rows[i].given)));
        item = change(f, alice, &item->id, set, NULL, 0);
        assert_int_equal(bag_time(item->message->props, PROP_WEDDING_ANNIVERSARY_LOCAL, 0), at(rows[i].day));
        assert_int_equal(bag_time(item->message->props, PROP_WEDDING_ANNIVERSARY, 0), at(rows[i].day) + INSTANT_PER_DAY / 2 - INSTANT_PER_MINUTE);
    }
    item = change(f, alice, &item->id, NULL, (prop_tag[]){ PROP_WEDDING_ANNIVERSARY }, 1);
    assert_false(bag_has(item->message->props, PROP_WEDDING_ANNIVERSARY_LOCAL));
}

static const uint8_t jpeg[] = { 0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1 };
static const uint8_t png[] = { 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 1, 2, 3 };

static void photo_comes_and_goes(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct item *item = create(f, alice, bag_of(f->mem, (struct pair[]){ { PROP_GIVEN_NAME, "Seen" }, { 0 } })), *after = NULL;
    struct slice got = { 0 };
    assert_false(bag_bool(item->message->props, PROP_HAS_PICTURE, true));
    OK(contact_photo(f->mem, alice, &item->id, &got));
    assert_int_equal(got.length, 0);
    OK(contact_set_photo(f->mem, alice, &item->id, slice_of(jpeg, sizeof jpeg), &after));
    OK(contact_set_photo(f->mem, alice, &item->id, slice_of(png, sizeof png), &after));
    OK(item_get(f->mem, alice, &item->id, ITEM_ALL, &after));
    assert_int_equal(after->message->attachment_count, 1);
    assert_true(bag_bool(after->message->props, PROP_HAS_PICTURE, false));
    OK(contact_photo(f->mem, alice, &item->id, &got));
    assert_true(slice_equal(got, slice_of(png, sizeof png)));
    assert_int_equal(contact_set_photo(f->mem, alice, &item->id, slice_of_text("no picture"), &after), STATUS_INVALID_ARGUMENT);
    assert_int_equal(contact_photo(f->mem, bob, &item->id, &got), STATUS_ITEM_NOT_FOUND);
    assert_int_not_equal(contact_set_photo(f->mem, bob, &item->id, slice_of(png, sizeof png), &after), STATUS_OK);
    OK(contact_set_photo(f->mem, alice, &item->id, slice_of(NULL, 0), &after));
    OK(item_get(f->mem, alice, &item->id, ITEM_ALL, &after));
    assert_false(bag_bool(after->message->props, PROP_HAS_PICTURE, true));
    assert_int_equal(after->message->attachment_count, 0);
}

/* Live events in the calendar, the newest subject in *subject. */
static size_t count_events(struct fixture *f, struct session *session, const char **subject, struct item **event)
{
    struct item **items = NULL;
    struct object_id calendar = fixture_folder(session, FOLDER_ROLE_CALENDAR);
    size_t count = fixture_list(f, session, &calendar, &items);
    if (count > 0) {
        OK(item_get(f->mem, session, &items[0]->id, ITEM_ALL, event));
        *subject = text(*event, PROP_SUBJECT);
    }
    return count;
}

static void birthdays_are_in_the_calendar(void **state)
{
    struct fixture *f = *state;
    struct session *carol = fixture_session(f, "carol");
    const char *subject = NULL;
    struct item *event = NULL;
    enum status status;
    assert_int_equal(count_events(f, carol, &subject, &event), 0);
    struct bag *props = bag_of(f->mem, (struct pair[]){ { PROP_GIVEN_NAME, "Ann" }, { 0 } });
    OK(bag_set_time(props, PROP_BIRTHDAY, at("1980-02-29T11:59:00Z")));
    struct item *contact = create(f, carol, props);
    assert_int_equal(count_events(f, carol, &subject, &event), 1);
    assert_string_equal(subject, "Ann's Birthday");
    assert_true(bag_bool(event->message->props, PROP_APPOINTMENT_SUB_TYPE, false));
    assert_int_equal(bag_time(event->message->props, PROP_APPOINTMENT_START_WHOLE, 0), at("1980-02-29T00:00:00Z"));
    assert_true(bag_bytes(event->message->props, PROP_APPOINTMENT_RECUR).length > 0);
    struct object_id linked;
    OK(entry_id_parse(bag_bytes(contact->message->props, PROP_BIRTHDAY_EVENT_ENTRY_ID), &linked, NULL));
    assert_true(linked.item == event->id.item);
    struct bag *set = bag_of(f->mem, (struct pair[]){ { PROP_SURNAME, "Lee" }, { 0 } });
    OK(bag_set_time(set, PROP_BIRTHDAY, at("1981-03-01T11:59:00Z")));
    contact = change(f, carol, &contact->id, set, NULL, 0);
    assert_int_equal(count_events(f, carol, &subject, &event), 1);
    assert_string_equal(subject, "Ann Lee's Birthday");
    assert_true(linked.item == event->id.item);
    assert_int_equal(bag_time(event->message->props, PROP_APPOINTMENT_START_WHOLE, 0), at("1981-03-01T00:00:00Z"));
    set = bag_new(f->mem);
    OK(bag_set_time(set, PROP_WEDDING_ANNIVERSARY, at("2005-06-07T11:59:00Z")));
    contact = change(f, carol, &contact->id, set, (prop_tag[]){ PROP_BIRTHDAY }, 1);
    assert_false(bag_has(contact->message->props, PROP_BIRTHDAY_EVENT_ENTRY_ID));
    assert_int_equal(count_events(f, carol, &subject, &event), 1);
    assert_string_equal(subject, "Ann Lee's Anniversary");
    OK(item_delete(carol, &event->id, 1, DELETE_HARD, &status)); /* by hand: it comes back with the next change of name or date */
    OK(status);
    contact = change(f, carol, &contact->id, bag_of(f->mem, (struct pair[]){ { PROP_SURNAME, "Moss" }, { 0 } }), NULL, 0);
    assert_int_equal(count_events(f, carol, &subject, &event), 1);
    assert_string_equal(subject, "Ann Moss's Anniversary");
    OK(item_delete(carol, &contact->id, 1, DELETE_MOVE_TO_DELETED, &status));
    OK(status);
    assert_int_equal(count_events(f, carol, &subject, &event), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(file_as_has_every_format, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(names_follow_until_somebody_chooses, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(addresses_bring_all_that_belongs_to_them, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(postal_addresses_are_composed, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(birthdays_keep_their_day, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(birthdays_are_in_the_calendar, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(photo_comes_and_goes, fixture_test, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
