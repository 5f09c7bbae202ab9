#include "test_support.h"

#include "bourse/model/ids.h"

static const struct guid mailbox = { { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF } };
static const struct guid replica = { { 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF } };
#define MAILBOX_HEX "00112233445566778899aabbccddeeff"
#define REPLICA_HEX "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"

static void assert_same_id(const struct object_id *a, const struct object_id *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(guid_equal(a->mailbox, b->mailbox));
    assert_int_equal(a->folder, b->folder);
    assert_int_equal(a->item, b->item);
    assert_int_equal(a->occurrence, b->occurrence);
    assert_int_equal(a->attachment_depth, b->attachment_depth);
    for (size_t i = 0; i < a->attachment_depth; i++)
        assert_int_equal(a->attachments[i], b->attachments[i]);
}

static void object_ids_round_trip(void **state)
{
    struct object_id ids[] = {
        { .kind = OBJECT_MAILBOX, .mailbox = mailbox },
        { .kind = OBJECT_FOLDER, .mailbox = mailbox, .folder = 1 },
        { .kind = OBJECT_ITEM, .mailbox = mailbox, .folder = 200, .item = OBJECT_ID_MAX },
        { .kind = OBJECT_ITEM, .mailbox = mailbox, .folder = 200, .item = 9, .attachments = { 0, 3 }, .attachment_depth = 2 },
        { .kind = OBJECT_ITEM, .mailbox = mailbox, .folder = 200, .item = 9, .occurrence = 223920000 },
        { .kind = OBJECT_ATTACHMENT, .mailbox = mailbox, .folder = 200, .item = 9, .occurrence = INT32_MAX, .attachments = { 2 }, .attachment_depth = 1 },
        { .kind = OBJECT_ATTACHMENT, .mailbox = mailbox, .folder = OBJECT_ID_MAX, .item = OBJECT_ID_MAX,
          .attachments = { INT32_MAX, 1, 2, 3, 4, 5, 6, 7 }, .attachment_depth = 8 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        char *text = object_id_text(*state, &ids[i]);
        struct object_id back;
        assert_non_null(text);
        assert_int_equal(object_id_parse(text, &back), STATUS_OK);
        assert_same_id(&ids[i], &back);
    }
}

/* Clients keep ids: the text of an object must never change. */
static void object_id_text_is_fixed(void **state)
{
    struct object_id id = { .kind = OBJECT_ITEM, .mailbox = mailbox, .folder = 0x11, .item = 0x1234 };
    assert_string_equal(object_id_text(*state, &id), "AQIAESIzRFVmd4iZqrvM3e7/EbQkg97o1w==");
}

static void broken_object_ids_are_refused(void **state)
{
    struct object_id id = { .kind = OBJECT_ITEM, .mailbox = mailbox, .folder = 0x11, .item = 0x1234 }, back;
    char *text = object_id_text(*state, &id);
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) { /* any one character changed, or cut there */
        char *changed = talloc_strdup(*state, text);
        changed[i] = changed[i] == 'B' ? 'C' : 'B';
        assert_int_equal(object_id_parse(changed, &back), STATUS_INVALID_ID);
        changed[i] = 0;
        assert_int_equal(object_id_parse(changed, &back), STATUS_INVALID_ID);
    }
    assert_int_equal(object_id_parse(NULL, &back), STATUS_INVALID_ID);
    assert_int_equal(object_id_parse(talloc_asprintf(*state, " %s", text), &back), STATUS_INVALID_ID);
    assert_int_equal(object_id_parse(talloc_asprintf(*state, "%sAAAA", text), &back), STATUS_INVALID_ID);
    char *longer = talloc_zero_size(*state, 5001);
    memset(longer, 'A', 5000);
    assert_int_equal(object_id_parse(longer, &back), STATUS_INVALID_ID);
    struct object_id wrong[] = {
        { .kind = OBJECT_FOLDER, .mailbox = mailbox },
        { .kind = OBJECT_FOLDER, .mailbox = mailbox, .folder = 1, .item = 1 },
        { .kind = OBJECT_ITEM, .mailbox = mailbox, .folder = 1, .item = OBJECT_ID_MAX + 1 },
        { .kind = OBJECT_ATTACHMENT, .mailbox = mailbox, .folder = 1, .item = 1 },
        { .kind = (enum object_kind)5, .mailbox = mailbox, .folder = 1, .item = 1 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_int_equal(object_id_parse(object_id_text(*state, &wrong[i]), &back), STATUS_INVALID_ID);
}

static void change_keys_round_trip(void **state)
{
    int64_t number;
    assert_int_equal(change_key_parse(change_key_text(*state, OBJECT_ITEM, OBJECT_ID_MAX), &number), STATUS_OK);
    assert_int_equal(number, OBJECT_ID_MAX);
    assert_int_equal(change_key_parse(change_key_text(*state, OBJECT_FOLDER, 0), &number), STATUS_OK);
    assert_int_equal(number, 0);
    char *text = change_key_text(*state, OBJECT_ITEM, 77);
    assert_string_equal(text, "EstfAAAAAABN");
    for (size_t i = 0; i < strlen(text); i++) {
        char *changed = talloc_strdup(*state, text);
        changed[i] = changed[i] == 'Q' ? 'g' : 'Q';
        assert_int_equal(change_key_parse(changed, &number), STATUS_INVALID_CHANGE_KEY);
        changed[i] = 0;
        assert_int_equal(change_key_parse(changed, &number), STATUS_INVALID_CHANGE_KEY);
    }
    assert_int_equal(change_key_parse(NULL, &number), STATUS_INVALID_CHANGE_KEY);
    assert_int_equal(change_key_parse("AAAAAAAAAAAA", &number), STATUS_INVALID_CHANGE_KEY);
}

/* [MS-OXCDATA] 2.2.4.1, 2.2.4.2: field by field */
static void entry_ids_have_the_layout(void **state)
{
    struct object_id id = { .kind = OBJECT_FOLDER, .mailbox = mailbox, .folder = 0x010203040506 }, back;
    struct guid there;
    struct buffer *out = buffer_new(*state, 1000);
    entry_id_append(out, &id, replica);
    assert_int_equal(buffer_length(out), 46);
    assert_hex(buffer_slice(out), "00000000" MAILBOX_HEX "0100" REPLICA_HEX "010203040506" "0000");
    assert_int_equal(entry_id_parse(buffer_slice(out), &back, &there), STATUS_OK);
    assert_same_id(&id, &back);
    assert_true(guid_equal(there, replica));

    buffer_reset(out);
    id.kind = OBJECT_ITEM;
    id.item = 0xFFEEDDCCBBAA;
    entry_id_append(out, &id, replica);
    assert_int_equal(buffer_length(out), 70);
    assert_hex(buffer_slice(out),
               "00000000" MAILBOX_HEX "0700" REPLICA_HEX "010203040506" "0000" REPLICA_HEX "ffeeddccbbaa" "0000");
    assert_int_equal(entry_id_parse(buffer_slice(out), &back, NULL), STATUS_OK);
    assert_same_id(&id, &back);
    for (size_t length = 0; length < 70; length++)
        assert_int_equal(entry_id_parse(slice_part(buffer_slice(out), 0, length), &back, NULL), STATUS_INVALID_ID);
}

static void wrong_entry_ids_are_refused(void **state)
{
    const char *wrong[] = {
        "00000000" MAILBOX_HEX "0300" REPLICA_HEX "010203040506" "0000", /* public folder */
        "00000000" MAILBOX_HEX "0100" REPLICA_HEX "000000000000" "0000", /* no counter */
        "00000000" MAILBOX_HEX "0100" REPLICA_HEX "010203040506" "0001", /* padding */
        "00000000" MAILBOX_HEX "0700" REPLICA_HEX "010203040506" "0000" MAILBOX_HEX "ffeeddccbbaa" "0000", /* two replicas */
    };
    struct object_id back;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_int_equal(entry_id_parse(unhex(*state, wrong[i]), &back, NULL), STATUS_INVALID_ID);
}

/* [MS-OXCDATA] 2.2.4.3 */
static void store_entry_ids(void **state)
{
    struct buffer *out = buffer_new(*state, 1000);
    char *server, *dn;
    store_entry_id_append(out, "S", "/o=B");
    assert_hex(buffer_slice(out), "00000000" "38a1bb1005e5101aa1bb08002b2a56c2" "0000" "454d534d44422e444c4c00000000" "00000000"
                                  "1b55fa20aa6611cd9bc800aa002fc45a" "0c000000" "5300" "2f6f3d4200");
    assert_int_equal(store_entry_id_parse(*state, buffer_slice(out), &server, &dn), STATUS_OK);
    assert_string_equal(server, "S");
    assert_string_equal(dn, "/o=B");
    struct object_id id = { .kind = OBJECT_MAILBOX, .mailbox = mailbox }, back;
    assert_int_equal(entry_id_parse(buffer_slice(out), &back, NULL), STATUS_INVALID_ID); /* names no mailbox of ours */
    buffer_reset(out);
    entry_id_append(out, &id, replica);
    assert_int_equal(entry_id_parse(buffer_slice(out), &back, NULL), STATUS_OK);
    assert_same_id(&id, &back);
}

static void xids(void **state)
{
    struct buffer *out = buffer_new(*state, 100);
    struct guid guid;
    int64_t counter;
    xid_append(out, replica, 0x0102030405);
    assert_hex(buffer_slice(out), REPLICA_HEX "000102030405");
    assert_int_equal(xid_parse(buffer_slice(out), &guid, &counter), STATUS_OK);
    assert_int_equal(counter, 0x0102030405);
    assert_true(guid_equal(guid, replica));
    assert_int_equal(xid_parse(slice_part(buffer_slice(out), 0, 21), &guid, &counter), STATUS_INVALID_ID);
    buffer_append_byte(out, 0);
    assert_int_equal(xid_parse(buffer_slice(out), &guid, &counter), STATUS_INVALID_ID);
}

static struct slice merged(TALLOC_CTX *mem, struct slice pcl, struct guid guid, int64_t counter)
{
    struct slice out = slice_of(NULL, 0);
    assert_int_equal(pcl_merge(mem, pcl, guid, counter, &out), STATUS_OK);
    return out;
}

static void assert_order(struct slice a, struct slice b, enum pcl_order wanted)
{
    enum pcl_order order;
    assert_int_equal(pcl_compare(a, b, &order), STATUS_OK);
    assert_int_equal(order, wanted);
}

/* [MS-OXCFXICS] 2.2.2.3 and 3.1.5.6 */
static void predecessor_change_lists(void **state)
{
    struct slice none = slice_of(NULL, 0);
    struct slice one = merged(*state, none, replica, 5);
    assert_hex(one, "16" REPLICA_HEX "000000000005");
    struct slice both = merged(*state, one, mailbox, 7); /* 00.. sorts before a0.. */
    assert_hex(both, "16" MAILBOX_HEX "000000000007" "16" REPLICA_HEX "000000000005");
    struct slice raised = merged(*state, both, replica, 0x100);
    assert_hex(raised, "16" MAILBOX_HEX "000000000007" "16" REPLICA_HEX "000000000100");
    assert_hex(merged(*state, raised, replica, 5), "16" MAILBOX_HEX "000000000007" "16" REPLICA_HEX "000000000100");
    assert_order(one, one, PCL_EQUAL);
    assert_order(none, none, PCL_EQUAL);
    assert_order(none, one, PCL_OLDER);
    assert_order(both, one, PCL_NEWER);
    assert_order(one, both, PCL_OLDER);
    assert_order(raised, both, PCL_NEWER);
    assert_order(merged(*state, none, mailbox, 1), one, PCL_CONFLICT);
    assert_order(merged(*state, one, replica, 6), both, PCL_CONFLICT);
    /* A client's list need not be in order, and its own ids may be shorter. */
    struct slice unordered = unhex(*state, "16" REPLICA_HEX "000000000005" "14" MAILBOX_HEX "00000007");
    assert_order(unordered, both, PCL_EQUAL);
}

static void broken_change_lists(void **state)
{
    const char *broken[] = { "16", "16" REPLICA_HEX "0000000000", "10" REPLICA_HEX, "19" REPLICA_HEX "000000000000000000", "00",
                             "11" REPLICA_HEX "01" "11" REPLICA_HEX "02" };
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
        struct slice bytes = unhex(*state, broken[i]), out;
        enum pcl_order order;
        assert_int_equal(pcl_compare(bytes, bytes, &order), STATUS_MALFORMED);
        assert_int_equal(pcl_merge(*state, bytes, replica, 1, &out), STATUS_MALFORMED);
    }
}

static void legacy_names(void **state)
{
    assert_string_equal(legacy_dn_of_guid(*state, mailbox),
                        "/o=Bourse/ou=Exchange Administrative Group/cn=Recipients/cn=33221100-5544-7766-8899-aabbccddeeff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MEM(object_ids_round_trip),     WITH_MEM(object_id_text_is_fixed),     WITH_MEM(broken_object_ids_are_refused),
        WITH_MEM(change_keys_round_trip),    WITH_MEM(entry_ids_have_the_layout),   WITH_MEM(wrong_entry_ids_are_refused),
        WITH_MEM(store_entry_ids),           WITH_MEM(xids),                        WITH_MEM(predecessor_change_lists),
        WITH_MEM(broken_change_lists),       WITH_MEM(legacy_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
