/* Delegates: who may manage them, what they may do, whom mail is from. */
#include "fixture.h"

#include "bourse/groupware/access.h"
#include "bourse/groupware/delegate.h"
#include "bourse/groupware/item.h"
#include "bourse/groupware/submit.h"
#include "bourse/model/properties.h"

static const struct guid mine = { { 0 } };

static struct mailbox_delegate bob_as_editor(struct session *bob)
{
    struct mailbox_delegate delegate = { .person = session_principal(bob), .receives_copies = true };
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
        delegate.rights[i] = DELEGATE_RIGHTS_UNCHANGED;
    assert_true(rights_of_role("Editor", &delegate.rights[DELEGATE_CALENDAR]));
    return delegate;
}

static void calendars_show_busy_times_to_everybody(void **state)
{
    struct fixture *f = *state;
    struct session *dave = fixture_session(f, "dave"), *bob = fixture_session(f, "bob");
    struct object_id calendar = fixture_folder(dave, FOLDER_ROLE_CALENDAR), inbox = fixture_folder(dave, FOLDER_ROLE_INBOX);
    uint32_t rights = 0;
    OK(access_rights(bob, session_mailbox(dave), calendar.folder, &rights));
    assert_int_equal(rights, RIGHT_FREE_BUSY_SIMPLE);
    OK(access_rights(bob, session_mailbox(dave), inbox.folder, &rights));
    assert_int_equal(rights, 0);
}

static void delegate_comes_changes_and_goes(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct object_id calendar = fixture_folder(alice, FOLDER_ROLE_CALENDAR);
    struct mailbox_delegate delegate = bob_as_editor(bob), *list = NULL;
    enum delegate_delivery delivery = DELEGATE_DELIVERY_ONLY_OWNER;
    size_t count = 7;
    uint32_t rights = 0;
    bool sees = true;
    OK(delegates_get(f->mem, alice, mine, &list, &count, &delivery));
    assert_int_equal(count, 0);
    assert_int_equal(delivery, DELEGATE_DELIVERY_BOTH);
    OK(delegate_add(alice, mine, &delegate));
    assert_int_equal(delegate_add(alice, mine, &delegate), STATUS_EXISTS);
    OK(delegates_get(f->mem, alice, mine, &list, &count, &delivery));
    assert_int_equal(count, 1);
    assert_true(guid_equal(list[0].person, session_principal(bob)));
    assert_string_equal(list[0].address, session_address(bob));
    assert_string_equal(rights_role(list[0].rights[DELEGATE_CALENDAR]), "Editor");
    assert_int_equal(list[0].rights[DELEGATE_INBOX], 0);
    assert_true(list[0].receives_copies && list[0].sends_on_behalf && !list[0].sees_private && !list[0].sends_as);
    OK(access_sees_private(bob, session_mailbox(alice), &sees));
    assert_false(sees);
    bob = fixture_session(f, "bob");
    OK(access_rights(bob, session_mailbox(alice), calendar.folder, &rights));
    assert_string_equal(rights_role(rights), "Editor");
    delegate.sees_private = true;
    delegate.receives_copies = false;
    delegate.rights[DELEGATE_CALENDAR] = DELEGATE_RIGHTS_UNCHANGED;
    delegate.sends_as = delegate.has_full_access = true; /* not the owner's to give */
    OK(delegate_update(alice, mine, &delegate));
    OK(delegates_get(f->mem, alice, mine, &list, &count, &delivery));
    assert_true(list[0].sees_private && !list[0].receives_copies && !list[0].sends_as && !list[0].has_full_access);
    assert_string_equal(rights_role(list[0].rights[DELEGATE_CALENDAR]), "Editor");
    OK(access_sees_private(bob, session_mailbox(alice), &sees));
    assert_true(sees);
    OK(delegate_set_delivery(alice, mine, DELEGATE_DELIVERY_INFORMATION));
    OK(delegates_get(f->mem, alice, mine, &list, &count, &delivery));
    assert_int_equal(delivery, DELEGATE_DELIVERY_INFORMATION);
    OK(delegate_remove(alice, mine, delegate.person));
    assert_int_equal(delegate_remove(alice, mine, delegate.person), STATUS_NOT_FOUND);
    assert_int_equal(delegate_update(alice, mine, &delegate), STATUS_NOT_FOUND);
    OK(access_rights(bob, session_mailbox(alice), calendar.folder, &rights));
    assert_int_equal(rights, RIGHT_FREE_BUSY_SIMPLE);
    delegate.person = session_principal(alice);
    assert_int_equal(delegate_add(alice, mine, &delegate), STATUS_INVALID_ARGUMENT);
    delegate.person = guid_new();
    assert_int_equal(delegate_add(alice, mine, &delegate), STATUS_RECIPIENT_NOT_FOUND);
}

static void strangers_and_delegates_manage_nothing(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob"), *carol = fixture_session(f, "carol");
    struct mailbox_delegate delegate = bob_as_editor(bob), *list = NULL;
    enum delegate_delivery delivery;
    size_t count = 0;
    OK(delegate_add(alice, mine, &delegate));
    struct session *others[] = { bob, carol };
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        delegate.person = session_principal(carol);
        assert_int_equal(delegates_get(f->mem, others[i], session_mailbox(alice), &list, &count, &delivery), STATUS_ACCESS_DENIED);
        assert_int_equal(delegate_add(others[i], session_mailbox(alice), &delegate), STATUS_ACCESS_DENIED);
        assert_int_equal(delegate_update(others[i], session_mailbox(alice), &delegate), STATUS_ACCESS_DENIED);
        assert_int_equal(delegate_remove(others[i], session_mailbox(alice), session_principal(bob)), STATUS_ACCESS_DENIED);
        assert_int_equal(delegate_set_delivery(others[i], session_mailbox(alice), DELEGATE_DELIVERY_BOTH), STATUS_ACCESS_DENIED);
    }
    struct mailbox_delegate full = { .has_full_access = true };
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
        full.rights[i] = DELEGATE_RIGHTS_UNCHANGED;
    OK(delegate_admin_set(f->groupware, "alice@example.test", "carol@example.test", &full));
    carol = fixture_session(f, "carol");
    OK(delegates_get(f->mem, carol, session_mailbox(alice), &list, &count, &delivery));
    assert_int_equal(count, 1); /* Bob; full access alone makes nobody a delegate */
    OK(delegate_admin_list(f->mem, f->groupware, "alice@example.test", &list, &count));
    assert_int_equal(count, 2);
    OK(delegate_admin_remove(f->groupware, "alice@example.test", "carol@example.test"));
    assert_int_equal(delegate_admin_remove(f->groupware, "alice@example.test", "carol@example.test"), STATUS_NOT_FOUND);
    assert_int_equal(delegate_admin_list(f->mem, f->groupware, "staff@example.test", &list, &count), STATUS_MAILBOX_NOT_FOUND);
    OK(delegate_remove(alice, mine, session_principal(bob)));
}

static struct item *newest(struct fixture *f, struct session *session, enum folder_role role)
{
    struct item **items = NULL, *item = NULL;
    struct object_id folder = fixture_folder(session, role);
    assert_true(fixture_list(f, session, &folder, &items) > 0);
    OK(item_get(f->mem, session, &items[0]->id, ITEM_ALL, &item));
    return item;
}

static enum status send_as(struct fixture *f, struct session *session, const char *from, const char *subject)
{
    struct message *message = message_new(f->mem);
    struct submit_options options = { .save_copy = true };
    struct recipient to = { .type = RECIPIENT_TO, .display_name = "Dave", .address_type = "SMTP", .address = "dave@example.test", .smtp_address = "dave@example.test" };
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(bag_set_string(message->props, PROP_BODY, "text"));
    OK(bag_set_string(message->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, from));
    assert_non_null(message_add_recipient(message, &to));
    return submit_message(session, message, &options, NULL);
}

static void mail_says_who_sent_it_for_whom(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob"), *dave = fixture_session(f, "dave");
    struct mailbox_delegate delegate = bob_as_editor(bob);
    assert_int_equal(send_as(f, bob, "alice@example.test", "not allowed"), STATUS_SEND_AS_DENIED);
    OK(delegate_add(alice, mine, &delegate));
    OK(send_as(f, bob, "alice@example.test", "on behalf"));
    const struct bag *got = newest(f, dave, FOLDER_ROLE_INBOX)->message->props;
    assert_string_equal(bag_string(got, PROP_SUBJECT, ""), "on behalf");
    assert_string_equal(bag_string(got, PROP_SENT_REPRESENTING_SMTP_ADDRESS, ""), "alice@example.test");
    assert_string_equal(bag_string(got, PROP_SENT_REPRESENTING_NAME, ""), session_display_name(alice));
    assert_string_equal(bag_string(got, PROP_SENDER_SMTP_ADDRESS, ""), session_address(bob));
    assert_string_equal(bag_string(newest(f, bob, FOLDER_ROLE_SENT_ITEMS)->message->props, PROP_SUBJECT, ""), "on behalf");
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
        delegate.rights[i] = DELEGATE_RIGHTS_UNCHANGED;
    delegate.sends_as = delegate.has_full_access = true;
    OK(delegate_admin_set(f->groupware, "alice@example.test", session_address(bob), &delegate));
    bob = fixture_session(f, "bob");
    OK(send_as(f, bob, "alice@example.test", "as Alice"));
    got = newest(f, dave, FOLDER_ROLE_INBOX)->message->props;
    assert_string_equal(bag_string(got, PROP_SENDER_SMTP_ADDRESS, ""), "alice@example.test");
    assert_string_equal(bag_string(newest(f, alice, FOLDER_ROLE_SENT_ITEMS)->message->props, PROP_SUBJECT, ""), "as Alice"); /* of the mailbox that sent */
    OK(delegate_admin_remove(f->groupware, "alice@example.test", session_address(bob)));
    assert_int_equal(send_as(f, fixture_session(f, "bob"), "alice@example.test", "no more"), STATUS_SEND_AS_DENIED);
}

/* Sharing invitations are Outlook's own business: every property comes back as it was. */
static void sharing_invitation_is_kept(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct message *message = message_new(f->mem);
    struct item_create_options options = { 0 };
    struct item *item = NULL;
    struct object_id inbox = fixture_folder(alice, FOLDER_ROLE_INBOX);
    static const uint8_t binding[] = { 1, 2, 3, 0, 255 };
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Sharing"));
    OK(bag_set_string(message->props, PROP_SUBJECT, "my calendar"));
    OK(bag_set_int32(message->props, PROP_SHARING_FLAVOR, 0x20310));
    OK(bag_set_int32(message->props, PROP_SHARING_CAPABILITIES, 0x4023F));
    OK(bag_set_string(message->props, PROP_SHARING_INITIATOR_SMTP, "alice@example.test"));
    OK(bag_set_bytes(message->props, PROP_SHARING_BINDING_ENTRY_ID, slice_of(binding, sizeof binding)));
    OK(item_create(f->mem, alice, &inbox, message, &options, &item));
    OK(item_get(f->mem, alice, &item->id, ITEM_ALL, &item));
    const struct bag *props = item->message->props;
    assert_string_equal(bag_string(props, PROP_MESSAGE_CLASS, ""), "IPM.Sharing");
    assert_int_equal(bag_int32(props, PROP_SHARING_FLAVOR, 0), 0x20310);
    assert_int_equal(bag_int32(props, PROP_SHARING_CAPABILITIES, 0), 0x4023F);
    assert_string_equal(bag_string(props, PROP_SHARING_INITIATOR_SMTP, ""), "alice@example.test");
    assert_true(slice_equal(bag_bytes(props, PROP_SHARING_BINDING_ENTRY_ID), slice_of(binding, sizeof binding)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calendars_show_busy_times_to_everybody, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(delegate_comes_changes_and_goes, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(strangers_and_delegates_manage_nothing, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(sharing_invitation_is_kept, fixture_test, fixture_test_end),
        cmocka_unit_test_setup_teardown(mail_says_who_sent_it_for_whom, fixture_test, fixture_test_end),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
