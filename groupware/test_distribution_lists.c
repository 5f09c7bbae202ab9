/* Personal distribution lists: the kept forms, members as items, lists in lists, lists as recipients. */
#include "fixture.h"

#include "bourse/groupware/distribution_list.h"
#include "bourse/groupware/find.h"
#include "bourse/groupware/submit.h"
#include "bourse/model/properties.h"

static struct item *create(struct fixture *f, struct session *session, const char *class, prop_tag tag, const char *text)
{
    struct message *message = message_new(f->mem);
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    struct object_id folder = fixture_folder(session, FOLDER_ROLE_CONTACTS);
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, class));
    OK(bag_set_string(message->props, tag, text));
    OK(item_create(f->mem, session, &folder, message, &options, &item));
    return item;
}

static struct list_member one_off(const char *name, const char *address)
{
    return (struct list_member){ .kind = LIST_MEMBER_ONE_OFF, .display_name = name, .address_type = "SMTP", .address = address };
}

static struct list_member of_item(enum list_member_kind kind, const struct item *item, const char *name)
{
    return (struct list_member){ .kind = kind, .display_name = name, .address_type = kind == LIST_MEMBER_LIST ? "MAPIPDL" : "SMTP", .address = "", .item = item->id,
                                 .email_index = kind == LIST_MEMBER_CONTACT ? 1 : 0 };
}

static void names_are_one(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    static const prop_tag tags[] = { PROP_SUBJECT, PROP_DISPLAY_NAME, PROP_FILE_UNDER, PROP_DISTRIBUTION_LIST_NAME };
    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++) {
        struct item *list = create(f, alice, "IPM.DistList", tags[i], "Choir");
        OK(item_get(f->mem, alice, &list->id, ITEM_ALL, &list));
        for (size_t n = 0; n < ARRAY_LENGTH(tags); n++)
            assert_string_equal(bag_string(list->message->props, tags[n], "(none)"), "Choir");
        assert_int_equal(bag_int32(list->message->props, PROP_FILE_UNDER_ID, 0), -1);
    }
}

static void members_come_back(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct item *list = create(f, alice, "IPM.DistList", PROP_SUBJECT, "members"), *inner = create(f, alice, "IPM.DistList", PROP_SUBJECT, "inner");
    struct item *contact = create(f, alice, "IPM.Contact", PROP_EMAIL1_EMAIL_ADDRESS, "pat@example.net"), *after = NULL;
    struct list_member members[] = {
        one_off("Zoë", "zoe@example.net"), of_item(LIST_MEMBER_CONTACT, contact, "Pat"), of_item(LIST_MEMBER_LIST, inner, "inner"),
        { .kind = LIST_MEMBER_PERSON, .display_name = "Bob", .address_type = "EX", .address = "/o=Bourse/cn=bob" },
        { .kind = LIST_MEMBER_GROUP, .display_name = "Staff", .address_type = "EX", .address = "/o=Bourse/cn=staff" },
    }, *got = NULL;
    size_t count = 0;
    OK(list_members_set(f->mem, alice, &list->id, members, ARRAY_LENGTH(members), &after));
    OK(list_members_get(f->mem, alice, &list->id, &got, &count));
    assert_int_equal(count, ARRAY_LENGTH(members));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(got[i].kind, members[i].kind);
        assert_string_equal(got[i].display_name, members[i].display_name);
        assert_string_equal(got[i].address, members[i].address);
        assert_true(got[i].item.item == members[i].item.item);
        assert_int_equal(got[i].email_index, members[i].email_index);
    }
    OK(item_get(f->mem, alice, &list->id, ITEM_ALL, &after));
    int32_t sum = bag_int32(after->message->props, PROP_DISTRIBUTION_LIST_CHECKSUM, 0);
    assert_int_not_equal(sum, 0);
    OK(list_members_set(f->mem, alice, &list->id, got, count - 1, &after)); /* with the entry ids that came */
    OK(list_members_get(f->mem, alice, &list->id, &got, &count));
    assert_int_equal(count, 4);
    OK(item_get(f->mem, alice, &list->id, ITEM_ALL, &after));
    assert_int_not_equal(bag_int32(after->message->props, PROP_DISTRIBUTION_LIST_CHECKSUM, 0), sum);
    assert_int_equal(list_members_get(f->mem, alice, &contact->id, &got, &count), STATUS_INVALID_ARGUMENT);
    assert_int_equal(list_members_get(f->mem, bob, &list->id, &got, &count), STATUS_ITEM_NOT_FOUND);
    assert_int_equal(list_members_set(f->mem, bob, &list->id, members, 1, &after), STATUS_ITEM_NOT_FOUND);
}

static void big_list_uses_the_stream(void **state)
{
    enum { MANY = 900 };
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct item *list = create(f, alice, "IPM.DistList", PROP_SUBJECT, "big"), *after = NULL;
    struct list_member *members = talloc_zero_array(f->mem, struct list_member, MANY), *got = NULL;
    size_t count = 0;
    for (size_t i = 0; i < MANY; i++)
        members[i] = one_off("somebody", talloc_asprintf(members, "person%zu@example.net", i));
    OK(list_members_set(f->mem, alice, &list->id, members, MANY, &after));
    OK(item_get(f->mem, alice, &list->id, ITEM_ALL, &after));
    assert_false(bag_has(after->message->props, PROP_DISTRIBUTION_LIST_MEMBERS));
    OK(list_members_get(f->mem, alice, &list->id, &got, &count));
    assert_int_equal(count, MANY);
    assert_string_equal(got[MANY - 1].address, "person899@example.net");
    OK(list_members_set(f->mem, alice, &list->id, members, 2, &after));
    OK(item_get(f->mem, alice, &list->id, ITEM_ALL, &after));
    assert_false(bag_has(after->message->props, PROP_DISTRIBUTION_LIST_STREAM));
    OK(list_members_get(f->mem, alice, &list->id, &got, &count));
    assert_int_equal(count, 2);
}

static void damaged_members_are_told(void **state)
{
    struct fixture *f = *state;
    struct bag *props = bag_new(f->mem);
    struct value elements[2] = { value_bytes(prop_make(prop_id(PROP_DISTRIBUTION_LIST_MEMBERS), TYPE_BINARY), slice_of_text("rubbish")) };
    struct value members = { .tag = PROP_DISTRIBUTION_LIST_MEMBERS };
    struct list_member *got = NULL;
    size_t count = 7, damaged = 0;
    members.multiple.count = 1;
    members.multiple.elements = elements;
    OK(bag_set(props, &members));
    OK(list_members_of(f->mem, props, (struct guid){ { 0 } }, (struct guid){ { 0 } }, &got, &count, &damaged));
    assert_int_equal(count, 0);
    assert_int_equal(damaged, 1);
    static const uint8_t cut[] = { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0 };
    OK(bag_set_bytes(props, PROP_DISTRIBUTION_LIST_STREAM, slice_of(cut, sizeof cut)));
    assert_int_equal(list_members_of(f->mem, props, (struct guid){ { 0 } }, (struct guid){ { 0 } }, &got, &count, &damaged), STATUS_MALFORMED);
}

static size_t mail_count(struct fixture *f, struct session *session)
{
    struct item **items = NULL;
    struct object_id inbox = fixture_folder(session, FOLDER_ROLE_INBOX);
    return fixture_list(f, session, &inbox, &items);
}

static void list_is_a_recipient(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob"), *carol = fixture_session(f, "carol");
    struct item *outer = create(f, alice, "IPM.DistList", PROP_SUBJECT, "outer"), *inner = create(f, alice, "IPM.DistList", PROP_SUBJECT, "inner 2");
    struct item *contact = create(f, alice, "IPM.Contact", PROP_EMAIL1_EMAIL_ADDRESS, "carol@example.test"), *after = NULL;
    struct list_member in_outer[] = { one_off("Bob", "bob@example.test"), of_item(LIST_MEMBER_LIST, inner, "inner 2") };
    struct list_member in_inner[] = { of_item(LIST_MEMBER_CONTACT, contact, "Carol"), of_item(LIST_MEMBER_LIST, outer, "outer"), one_off("B", "BOB@example.test") };
    struct list_member *all = NULL;
    size_t count = 0, bobs = mail_count(f, bob), carols = mail_count(f, carol);
    OK(list_members_set(f->mem, alice, &outer->id, in_outer, 2, &after));
    OK(list_members_set(f->mem, alice, &inner->id, in_inner, 3, &after));
    OK(list_expand(f->mem, alice, &outer->id, &all, &count));
    assert_int_equal(count, 2); /* Bob once, Carol; the circle ends */
    assert_string_equal(all[1].address, "carol@example.test");
    struct message *message = message_new(f->mem);
    struct submit_options options = { 0 };
    struct recipient list = { .type = RECIPIENT_TO, .display_name = "outer", .address_type = "MAPIPDL", .address = object_id_text(f->mem, &outer->id), .smtp_address = "" };
    OK(bag_set_string(message->props, PROP_SUBJECT, "to the list"));
    OK(bag_set_string(message->props, PROP_BODY, "hello"));
    assert_non_null(message_add_recipient(message, &list));
    OK(submit_message(alice, message, &options, NULL));
    assert_int_equal(mail_count(f, bob), bobs + 1);
    assert_int_equal(mail_count(f, carol), carols + 1);
    message->recipients[0].address = "no id";
    assert_int_equal(submit_message(alice, message, &options, NULL), STATUS_INVALID_RECIPIENTS);
    message->recipients[0].address = object_id_text(f->mem, &outer->id);
    assert_int_equal(submit_message(bob, message, &options, NULL), STATUS_INVALID_RECIPIENTS); /* somebody else's list */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_are_one, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(members_come_back, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(big_list_uses_the_stream, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(damaged_members_are_told, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(list_is_a_recipient, fixture_test, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
