/* Delivery and submission on real parts: one copy each, groups, queue, retries, Sent Items, hooks. */
#include "fixture.h"

#include "bourse/groupware/deliver.h"
#include "bourse/groupware/queue.h"
#include "bourse/groupware/submit.h"
#include "bourse/model/properties.h"

static struct item *find_subject(struct fixture *f, struct session *session, enum folder_role role, const char *subject)
{
    struct item **items = NULL, *found = NULL;
    struct object_id folder = fixture_folder(session, role);
    size_t count = fixture_list(f, session, &folder, &items);
    for (size_t i = 0; i < count; i++)
        if (strcmp(bag_string(items[i]->message->props, PROP_SUBJECT, ""), subject) == 0) {
            assert_null(found); /* one copy only */
            found = items[i];
        }
    return found;
}

static void message_arrives_with_its_body(void **state)
{
    struct fixture *f = *state;
    struct session *bob = fixture_session(f, "bob");
    fixture_deliver(f, "someone@partner.test", "bob@example.test", "arrives", "gr\xc3\xbc\xc3\x9f dich");
    struct item *item = find_subject(f, bob, FOLDER_ROLE_INBOX, "arrives"), *whole = NULL;
    assert_non_null(item);
    assert_false(item->is_read);
    OK(item_get(f->mem, bob, &item->id, ITEM_ALL, &whole));
    assert_string_equal(whole->preview, "gr\xc3\xbc\xc3\x9f dich");
    assert_non_null(strstr(bag_string(whole->message->props, PROP_BODY, ""), "gr\xc3\xbc\xc3\x9f dich"));
    assert_int_equal(whole->message->recipient_count, 1);
    assert_string_equal(bag_string(whole->message->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, ""), "someone@partner.test");
    struct slice mime;
    OK(item_mime(f->mem, bob, &item->id, &mime));
    assert_memory_equal(mime.data, "Return-Path: <someone@partner.test>\r\nReceived: from test", 55);
}

static void unknown_recipient_is_told_apart_from_remote(void **state)
{
    struct fixture *f = *state;
    struct route route;
    assert_int_equal(deliver_route(f->mem, f->groupware, "nobody@example.test", &route), STATUS_RECIPIENT_NOT_FOUND);
    OK(deliver_route(f->mem, f->groupware, "x@elsewhere.test", &route));
    assert_int_equal(route.route, ROUTE_REMOTE);
    OK(deliver_route(f->mem, f->groupware, "Alice.Adams@EXAMPLE.test", &route));
    assert_int_equal(route.route, ROUTE_LOCAL);
    assert_string_equal(route.address, "alice@example.test");
    OK(deliver_route(f->mem, f->groupware, "staff@example.test", &route));
    assert_int_equal(route.route, ROUTE_GROUP);
}

static void group_gives_each_member_one_copy(void **state)
{
    struct fixture *f = *state;
    struct envelope_recipient recipients[2] = { { .address = "staff@example.test" }, { .address = "alice@example.test" } };
    struct envelope envelope = { .sender = "boss@partner.test", .recipients = recipients, .recipient_count = 2, .client = "test [127.0.0.1]",
                                 .protocol = "ESMTP", .greeting = "test" };
    for (size_t i = 0; i < 2; i++)
        OK(deliver_route(f->mem, f->groupware, recipients[i].address, &recipients[i].route));
    OK(deliver_accept(f->mem, f->groupware, &envelope, fixture_mail(f->mem, "boss@partner.test", "staff@example.test", "to the group", "x")));
    OK(recipients[0].result);
    OK(recipients[1].result);
    assert_non_null(find_subject(f, fixture_session(f, "alice"), FOLDER_ROLE_INBOX, "to the group"));
    assert_non_null(find_subject(f, fixture_session(f, "bob"), FOLDER_ROLE_INBOX, "to the group"));
}

static void retried_message_is_one_message(void **state)
{
    struct fixture *f = *state;
    struct slice mime = fixture_mail(f->mem, "a@partner.test", "carol@example.test", "sent twice", "x");
    for (int attempt = 0; attempt < 3; attempt++) {
        struct envelope_recipient recipient = { .address = "carol@example.test" };
        struct envelope envelope = { .sender = "a@partner.test", .recipients = &recipient, .recipient_count = 1, .client = "test", .protocol = "ESMTP",
                                     .greeting = "test" };
        OK(deliver_route(f->mem, f->groupware, recipient.address, &recipient.route));
        OK(deliver_accept(f->mem, f->groupware, &envelope, mime));
        assert_int_equal(recipient.result, attempt == 0 ? STATUS_OK : STATUS_DUPLICATE);
    }
    assert_non_null(find_subject(f, fixture_session(f, "carol"), FOLDER_ROLE_INBOX, "sent twice"));
}

static void remote_recipient_is_queued_and_leased_once(void **state)
{
    struct fixture *f = *state;
    struct queue_work *work = NULL, *again = NULL;
    size_t count = 0, more = 0;
    fixture_deliver(f, "alice@example.test", "friend@remote.test", "goes out", "x");
    OK(queue_lease(f->mem, f->groupware, 60, 10, NULL, 0, &work, &count));
    assert_int_equal(count, 1);
    assert_string_equal(work[0].destination, "remote.test");
    assert_string_equal(work[0].recipients[0].address, "friend@remote.test");
    OK(queue_lease(f->mem, f->groupware, 60, 10, NULL, 0, &again, &more));
    assert_int_equal(more, 0);
    struct slice mime;
    OK(queue_content(f->mem, f->groupware, work[0].message, &mime));
    assert_memory_equal(mime.data, "Received:", 9); /* no Return-Path on the wire */
    struct queue_result failed = { .recipient = work[0].recipients[0].id, .outcome = QUEUE_FAIL, .code = 550, .enhanced = "5.1.1", .text = "no",
                                   .host = "mx.remote.test" };
    struct slice notice = fixture_mail(f->mem, "postmaster@example.test", "alice@example.test", "returned", "x");
    OK(queue_record(f->groupware, &work[0], &failed, 1, notice));
    assert_non_null(find_subject(f, fixture_session(f, "alice"), FOLDER_ROLE_INBOX, "returned"));
    instant due = 1;
    OK(queue_next_due(f->groupware, &due));
    assert_int_equal(due, 0);
}

static struct message *draft_to(struct fixture *f, const char *to, const char *subject)
{
    struct message *message = message_new(f->mem);
    struct recipient recipient = { .type = RECIPIENT_TO, .display_name = "", .address_type = "SMTP", .address = to, .smtp_address = to };
    OK(bag_set_string(message->props, PROP_MESSAGE_CLASS, "IPM.Note"));
    OK(bag_set_string(message->props, PROP_SUBJECT, subject));
    OK(bag_set_string(message->props, PROP_BODY, "hello"));
    assert_non_null(message_add_recipient(message, &recipient));
    return message;
}

static void sent_message_reaches_the_other_and_sent_items(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct submit_options options = { .save_copy = true };
    struct object_id saved = { 0 };
    OK(submit_message(alice, draft_to(f, "bob@example.test", "by submit"), &options, &saved));
    struct item *got = find_subject(f, bob, FOLDER_ROLE_INBOX, "by submit"), *copy = find_subject(f, alice, FOLDER_ROLE_SENT_ITEMS, "by submit");
    assert_non_null(got);
    assert_non_null(copy);
    assert_int_equal(copy->id.item, saved.item);
    assert_true(copy->is_read);
    assert_string_equal(bag_string(got->message->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, ""), "alice@example.test");
}

static void draft_is_sent_once(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice"), *bob = fixture_session(f, "bob");
    struct object_id drafts = fixture_folder(alice, FOLDER_ROLE_DRAFTS);
    struct item_create_options create = { .is_draft = true };
    struct submit_options options = { .save_copy = true };
    struct item *draft = NULL;
    OK(item_create(f->mem, alice, &drafts, draft_to(f, "bob@example.test", "a draft"), &create, &draft));
    assert_true(draft->is_draft);
    OK(submit_item(alice, &draft->id, draft->change_number, &options));
    assert_int_equal(submit_item(alice, &draft->id, 0, &options), STATUS_ITEM_NOT_FOUND);
    assert_non_null(find_subject(f, bob, FOLDER_ROLE_INBOX, "a draft"));
    assert_non_null(find_subject(f, alice, FOLDER_ROLE_SENT_ITEMS, "a draft"));
    assert_null(find_subject(f, alice, FOLDER_ROLE_DRAFTS, "a draft"));
}

static void foreign_sender_is_refused(void **state)
{
    struct fixture *f = *state;
    struct session *alice = fixture_session(f, "alice");
    struct submit_options options = { 0 };
    struct message *message = draft_to(f, "bob@example.test", "forged");
    OK(bag_set_string(message->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, "carol@example.test"));
    assert_int_equal(submit_message(alice, message, &options, NULL), STATUS_SEND_AS_DENIED);
    bool on_behalf = false;
    OK(submit_check_sender(f->groupware, session_principal(alice), "Alice.Adams@example.test", &on_behalf));
    assert_int_equal(submit_message(alice, message_new(f->mem), &options, NULL), STATUS_MISSING_RECIPIENTS);
}

static void judged_junk_goes_to_its_folder(void **state)
{
    struct fixture *f = *state;
    struct envelope_recipient recipient = { .address = "dave@example.test" };
    struct envelope envelope = { .sender = "s@spam.test", .recipients = &recipient, .recipient_count = 1, .client = "test", .protocol = "ESMTP",
                                 .greeting = "test" };
    const char *mail = "X-Spam-Flag: YES\r\nSubject: cheap\r\nMessage-ID: <junk@spam.test>\r\n\r\nbuy\r\n";
    OK(deliver_route(f->mem, f->groupware, recipient.address, &recipient.route));
    OK(deliver_accept(f->mem, f->groupware, &envelope, slice_of_text(mail)));
    assert_non_null(find_subject(f, fixture_session(f, "dave"), FOLDER_ROLE_JUNK_EMAIL, "cheap"));
}

static void looping_message_is_refused(void **state)
{
    struct fixture *f = *state;
    struct envelope_recipient recipient = { .address = "dave@example.test" };
    struct envelope envelope = { .sender = "a@b.test", .recipients = &recipient, .recipient_count = 1, .client = "test", .protocol = "ESMTP",
                                 .greeting = "test" };
    char *mail = talloc_strdup(f->mem, "");
    for (int hop = 0; hop < 51; hop++)
        mail = talloc_strdup_append(mail, "Received: from a by b; Sat, 21 Nov 2026 12:00:00 +0000\r\n");
    mail = talloc_strdup_append(mail, "\r\nx\r\n");
    OK(deliver_route(f->mem, f->groupware, recipient.address, &recipient.route));
    assert_int_equal(deliver_accept(f->mem, f->groupware, &envelope, slice_of_text(mail)), STATUS_LOOP_DETECTED);
}

static void full_mailbox_is_warned_once_a_day(void **state)
{
    struct fixture *f = *state;
    struct session *frank = fixture_session(f, "frank");
    fixture_deliver(f, "a@partner.test", "frank@example.test", "fills it", "x");
    OK(config_set(f->config, "mailbox.warning_quota=10"));
    for (int day = 0; day < 2; day++) {
        OK(groupware_sweep(f->groupware));
        assert_non_null(find_subject(f, frank, FOLDER_ROLE_INBOX, "Your mailbox is almost full")); /* and only one */
        clock_test_freeze(clock_now() + 2 * INSTANT_PER_HOUR);
    }
    clock_test_release();
    OK(config_set(f->config, "mailbox.warning_quota=0"));
}

static void full_mailbox_neither_sends_nor_receives(void **state)
{
    struct fixture *f = *state;
    struct session *erin = fixture_session(f, "erin");
    struct submit_options options = { 0 };
    struct route route;
    fixture_deliver(f, "a@partner.test", "erin@example.test", "fills it", "x");
    OK(config_set(f->config, "mailbox.receive_quota=10"));
    OK(config_set(f->config, "mailbox.send_quota=10"));
    assert_int_equal(deliver_route(f->mem, f->groupware, "erin@example.test", &route), STATUS_QUOTA_EXCEEDED);
    assert_int_equal(submit_message(erin, draft_to(f, "bob@example.test", "too much"), &options, NULL), STATUS_SEND_QUOTA_EXCEEDED);
    OK(config_set(f->config, "mailbox.receive_quota=0"));
    OK(config_set(f->config, "mailbox.send_quota=0"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_test, fixture_test_end)
    const struct CMUnitTest tests[] = {
        T(message_arrives_with_its_body), T(unknown_recipient_is_told_apart_from_remote), T(group_gives_each_member_one_copy),
        T(retried_message_is_one_message), T(remote_recipient_is_queued_and_leased_once), T(sent_message_reaches_the_other_and_sent_items),
        T(draft_is_sent_once), T(foreign_sender_is_refused), T(judged_junk_goes_to_its_folder), T(looping_message_is_refused),
        T(full_mailbox_is_warned_once_a_day), T(full_mailbox_neither_sends_nor_receives),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
