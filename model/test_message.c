#include "test_support.h"

#include "bourse/model/message.h"
#include "bourse/model/properties.h"

static struct recipient bob(void)
{
    return (struct recipient){ RECIPIENT_TO, "Bob", "SMTP", "bob@example.com", "bob@example.com", NULL };
}

static void adds_recipients_and_attachments(void **state)
{
    struct message *message = message_new(*state);
    struct recipient from = bob();
    from.display_name = "";
    for (int i = 0; i < 100; i++)
        assert_non_null(message_add_recipient(message, &from));
    assert_int_equal(message->recipient_count, 100);
    assert_string_equal(message->recipients[99].display_name, "bob@example.com");
    struct recipient bare = { RECIPIENT_CC, NULL, NULL, NULL, "x@example.com", NULL };
    struct recipient *added = message_add_recipient(message, &bare);
    assert_string_equal(added->display_name, "x@example.com");
    assert_string_equal(added->address_type, "SMTP");
    assert_string_equal(added->address, "");
    for (int i = 0; i < 10; i++) {
        struct attachment *attachment = message_add_attachment(message);
        assert_int_equal(attachment->number, -1);
        assert_int_equal(bag_set_string(attachment->props, PROP_ATTACH_LONG_FILENAME, "a.txt"), STATUS_OK);
    }
    assert_int_equal(message->attachment_count, 10);
}

static struct message *nested(TALLOC_CTX *mem, int depth)
{
    struct message *message = message_new(mem);
    struct recipient from = bob();
    from.props = bag_new(mem);
    assert_int_equal(bag_set_int32(from.props, PROP_RECIPIENT_TRACK_STATUS, 3), STATUS_OK);
    assert_int_equal(bag_set_string(message->props, PROP_SUBJECT, "outer"), STATUS_OK);
    assert_non_null(message_add_recipient(message, &from));
    struct attachment *attachment = message_add_attachment(message);
    attachment->content = ATTACHMENT_EMBEDDED;
    if (depth > 0)
        attachment->embedded = nested(message, depth - 1);
    message->mime.bytes = slice_of("From: x", 7);
    return message;
}

static void copies_are_independent(void **state)
{
    TALLOC_CTX *first = talloc_new(*state);
    struct message *copy = message_copy(*state, nested(first, 3));
    talloc_free(first);
    assert_non_null(copy);
    assert_string_equal(bag_string(copy->props, PROP_SUBJECT, ""), "outer");
    assert_int_equal(bag_int32(copy->recipients[0].props, PROP_RECIPIENT_TRACK_STATUS, 0), 3);
    assert_true(slice_equal(copy->mime.bytes, slice_of_text("From: x")));
    int depth = 0;
    for (struct message *at = copy; at->attachments[0].embedded != NULL; at = at->attachments[0].embedded)
        depth++;
    assert_int_equal(depth, 3);
    assert_null(message_copy(*state, nested(*state, 70)));
}

static void recipients_pack_and_unpack(void **state)
{
    struct recipient list[2] = { bob(), { RECIPIENT_BCC, "\xC3\x84nn", "EX", "/o=Bourse/cn=a", "", NULL } };
    list[0].props = bag_new(*state);
    assert_int_equal(bag_set_int32(list[0].props, PROP_RECIPIENT_TRACK_STATUS, 1), STATUS_OK);
    struct buffer *out = buffer_new(*state, 1000);
    assert_int_equal(recipients_pack(list, 2, out), STATUS_OK);
    struct recipient *back;
    size_t count;
    assert_int_equal(recipients_unpack(*state, buffer_slice(out), &back, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(back[1].type, RECIPIENT_BCC);
    assert_string_equal(back[1].display_name, "\xC3\x84nn");
    assert_string_equal(back[1].address, "/o=Bourse/cn=a");
    assert_string_equal(back[1].smtp_address, "");
    assert_null(back[1].props);
    assert_true(bag_equal(back[0].props, list[0].props));

    /* A loaded list can grow. */
    struct message *message = message_new(*state);
    message->recipients = talloc_steal(message, back);
    message->recipient_count = count;
    struct recipient more = bob();
    assert_non_null(message_add_recipient(message, &more));
    assert_string_equal(message->recipients[2].address, "bob@example.com");

    for (size_t length = 0; length < buffer_length(out); length++)
        assert_int_equal(recipients_unpack(*state, slice_part(buffer_slice(out), 0, length), &back, &count), STATUS_CORRUPT);
}

/* Stores hold these bytes. */
static void packed_recipients_are_fixed(void **state)
{
    struct recipient from = { RECIPIENT_TO, "Bob", "SMTP", "b@x", "b@x", NULL };
    struct buffer *out = buffer_new(*state, 1000);
    assert_int_equal(recipients_pack(&from, 1, out), STATUS_OK);
    assert_hex(buffer_slice(out), "0101" "01" "03426f62" "04534d5450" "03624078" "03624078" "00000000");
    struct recipient *back;
    size_t count;
    buffer_reset(out);
    assert_int_equal(recipients_pack(NULL, 0, out), STATUS_OK);
    assert_int_equal(recipients_unpack(*state, buffer_slice(out), &back, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(recipients_unpack(*state, unhex(*state, "0101040342" "6f6204534d5450036240780362407800000000"), &back, &count),
                     STATUS_CORRUPT); /* type 4 */
    assert_int_equal(recipients_unpack(*state, unhex(*state, "0201"), &back, &count), STATUS_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MEM(adds_recipients_and_attachments), WITH_MEM(copies_are_independent),
        WITH_MEM(recipients_pack_and_unpack),      WITH_MEM(packed_recipients_are_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
