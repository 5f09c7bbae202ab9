#include "test_support.h"

#include "bourse/model/bag.h"
#include "bourse/model/properties.h"

static void keeps_one_value_an_id_in_order(void **state)
{
    struct bag *bag = bag_new(*state);
    assert_int_equal(bag_set_string(bag, PROP_SUBJECT, "first"), STATUS_OK);
    assert_int_equal(bag_set_int32(bag, PROP_IMPORTANCE, 2), STATUS_OK);
    assert_int_equal(bag_set_string(bag, PROP_BODY_HTML, "<p>"), STATUS_OK);
    assert_int_equal(bag_set_bytes(bag, PROP_HTML, slice_of("<b>", 3)), STATUS_OK); /* same id, other type */
    assert_int_equal(bag_set_string(bag, PROP_SUBJECT, "second"), STATUS_OK);
    assert_int_equal(bag_count(bag), 3);
    assert_int_equal(bag_at(bag, 0)->tag, PROP_IMPORTANCE);
    assert_int_equal(bag_at(bag, 1)->tag, PROP_SUBJECT);
    assert_int_equal(bag_at(bag, 2)->tag, PROP_HTML);
    assert_null(bag_at(bag, 3));
    assert_string_equal(bag_string(bag, PROP_SUBJECT, ""), "second");
    assert_null(bag_get(bag, PROP_BODY_HTML));
    assert_non_null(bag_get(bag, prop_make(0x1013, TYPE_UNSPECIFIED)));
    assert_string_equal(bag_string(bag, prop_make(0x0037, TYPE_STRING8), ""), "second");
    assert_true(bag_remove(bag, PROP_SUBJECT));
    assert_false(bag_remove(bag, PROP_SUBJECT));
    assert_false(bag_has(bag, PROP_SUBJECT));
    assert_int_equal(bag_set_string(bag, PROP_HTML, NULL), STATUS_INVALID_PROPERTY);
    assert_int_equal(bag_count(bag), 2);
}

static void gives_defaults(void **state)
{
    struct bag *bag = bag_new(*state);
    struct value stored = { .tag = PROP_BODY, .form = VALUE_STORED, .stored = { 9, 70000 } };
    assert_int_equal(bag_set(bag, &stored), STATUS_OK);
    assert_true(bag_has(bag, PROP_BODY));
    assert_string_equal(bag_string(bag, PROP_BODY, "absent"), "absent");
    assert_null(bag_string(bag, PROP_SUBJECT, NULL));
    assert_int_equal(bag_int32(bag, PROP_IMPORTANCE, 1), 1);
    assert_int_equal(bag_int64(bag, PROP_MESSAGE_SIZE_EXTENDED, -5), -5);
    assert_true(bag_bool(bag, PROP_READ, true));
    assert_int_equal(bag_time(bag, PROP_CREATION_TIME, 3), 3);
    assert_int_equal(bag_bytes(bag, PROP_HTML).length, 0);
    assert_int_equal(bag_set_int32(bag, PROP_SUBJECT, 1), STATUS_INVALID_PROPERTY);
    assert_int_equal(bag_set_string(bag, PROP_BODY, NULL), STATUS_OK);
    assert_int_equal(bag_count(bag), 0);
}

static struct bag *sample(TALLOC_CTX *mem)
{
    const char *words[] = { "red", "gr\xC3\xBCn" };
    struct bag *bag = bag_new(mem);
    struct guid guid = { { 1, 2, 3 } };
    assert_int_equal(bag_set_strings(bag, PROP_KEYWORDS, words, 2), STATUS_OK);
    assert_int_equal(bag_set_string(bag, PROP_SUBJECT, "Hello"), STATUS_OK);
    assert_int_equal(bag_set_int32(bag, PROP_IMPORTANCE, 1), STATUS_OK);
    assert_int_equal(bag_set_bool(bag, PROP_READ, true), STATUS_OK);
    assert_int_equal(bag_set_time(bag, PROP_CREATION_TIME, 5), STATUS_OK);
    assert_int_equal(bag_set_guid(bag, prop_make(0x6610, TYPE_GUID), guid), STATUS_OK);
    assert_int_equal(bag_set_bytes(bag, PROP_CONVERSATION_INDEX, slice_of(NULL, 0)), STATUS_OK);
    return bag;
}

/* A store holds these bytes: version 1 must be readable for ever. */
static void packed_form_is_fixed(void **state)
{
    struct bag *bag = bag_new(*state);
    assert_int_equal(bag_set_int32(bag, PROP_IMPORTANCE, 1), STATUS_OK);
    assert_int_equal(bag_set_string(bag, PROP_SUBJECT, "Hello"), STATUS_OK);
    struct value stored = { .tag = PROP_HTML, .form = VALUE_STORED, .stored = { 2, 200 } };
    assert_int_equal(bag_set(bag, &stored), STATUS_OK);
    struct buffer *out = buffer_new(*state, 1000);
    assert_int_equal(bag_pack(bag, out), STATUS_OK);
    /* ids 0x0017 (step 0x18), 0x0037 (step 0x20), 0x1013 (step 0x0FDC) */
    assert_hex(buffer_slice(out), "0103" "1806" "01000000" "203e" "0548656c6c6f00" "dc1f8504" "0200000000000000c801");
}

static void packs_and_unpacks(void **state)
{
    struct bag *bag = sample(*state), *back;
    struct buffer *out = buffer_new(*state, 1000);
    assert_int_equal(bag_pack(bag, out), STATUS_OK);
    assert_int_equal(bag_unpack(*state, buffer_slice(out), &back), STATUS_OK);
    buffer_reset(out); /* the bag has its own copy */
    assert_true(bag_equal(bag, back));
    assert_string_equal(bag_string(back, PROP_SUBJECT, ""), "Hello");
    const struct value *words = bag_get(back, PROP_KEYWORDS);
    assert_int_equal(words->multiple.count, 2);
    assert_string_equal(value_text(&words->multiple.elements[1]), "gr\xC3\xBCn");
    /* An unpacked bag can be changed like any other. */
    assert_int_equal(bag_set_string(back, PROP_SUBJECT, "a longer subject than before"), STATUS_OK);
    assert_int_equal(bag_set_string(back, PROP_BODY, "text"), STATUS_OK);
    assert_true(bag_remove(back, PROP_KEYWORDS));
    assert_string_equal(bag_string(back, PROP_SUBJECT, ""), "a longer subject than before");
    assert_int_equal(bag_count(back), 7);
}

static void empty_bag_packs(void **state)
{
    struct bag *bag = bag_new(*state), *back;
    struct buffer *out = buffer_new(*state, 10);
    assert_int_equal(bag_pack(bag, out), STATUS_OK);
    assert_hex(buffer_slice(out), "0100");
    assert_int_equal(bag_unpack(*state, buffer_slice(out), &back), STATUS_OK);
    assert_int_equal(bag_count(back), 0);
    assert_int_equal(bag_set_int32(back, PROP_IMPORTANCE, 1), STATUS_OK);
    assert_int_equal(bag_set_int32(back, PROP_ICON_INDEX, 1), STATUS_OK);
}

static void refuses_broken_bags(void **state)
{
    const char *broken[] = {
        "",
        "00",                     /* version 0 */
        "0200",                   /* version of the future */
        "010000",                 /* bytes behind the last value */
        "0101",                   /* count without value */
        "0101180601000000" "00",  /* trailing byte */
        "01011806010000",         /* cut */
        "010218060100000000060200" "0000", /* same id twice */
        "0101180001000000",       /* no type */
        "0101181601000000",       /* a boolean with three bytes behind */
        "0101183c0100000000",     /* String8 */
        "0101ffff0f" "0601000000", /* id above 0xFFFF */
        "01ffffffff0f",           /* count larger than the input */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
        struct bag *bag = NULL;
        assert_int_equal(bag_unpack(*state, unhex(*state, broken[i]), &bag), STATUS_CORRUPT);
        assert_null(bag);
    }
}

static void every_cut_is_refused(void **state)
{
    struct buffer *out = buffer_new(*state, 1000);
    assert_int_equal(bag_pack(sample(*state), out), STATUS_OK);
    for (size_t length = 0; length < buffer_length(out); length++) {
        struct bag *bag;
        assert_int_equal(bag_unpack(*state, slice_part(buffer_slice(out), 0, length), &bag), STATUS_CORRUPT);
    }
}

static void pack_stops_at_the_cap(void **state)
{
    struct buffer *out = buffer_new(*state, 8);
    assert_int_equal(bag_pack(sample(*state), out), STATUS_LIMIT_EXCEEDED);
}

struct changes {
    prop_tag tags[8];
    size_t count;
};

static void note(prop_tag tag, void *data)
{
    struct changes *changes = data;
    changes->tags[changes->count++] = tag;
}

static void diffs_and_merges(void **state)
{
    struct bag *before = sample(*state), *after = bag_copy(*state, before);
    assert_true(bag_equal(before, after));
    assert_int_equal(bag_set_string(after, PROP_SUBJECT, "hello"), STATUS_OK);
    assert_true(bag_remove(after, PROP_READ));
    assert_int_equal(bag_set_string(after, PROP_BODY, "new"), STATUS_OK);
    struct changes changes = { .count = 0 };
    bag_diff(before, after, note, &changes);
    assert_int_equal(changes.count, 3);
    assert_int_equal(changes.tags[0], PROP_SUBJECT);
    assert_int_equal(changes.tags[1], PROP_READ);
    assert_int_equal(changes.tags[2], PROP_BODY);
    assert_false(bag_equal(before, after));
    assert_int_equal(bag_merge(after, before), STATUS_OK);
    assert_string_equal(bag_string(after, PROP_SUBJECT, ""), "Hello");
    assert_string_equal(bag_string(after, PROP_BODY, ""), "new");
}

static void grows_in_any_order(void **state)
{
    struct bag *bag = bag_new(*state), *back;
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(bag_set_int32(bag, prop_make((uint16_t)(i * 7919 % 1000 + 1), TYPE_INT32), (int32_t)i), STATUS_OK);
    assert_int_equal(bag_count(bag), 1000);
    for (size_t i = 1; i < 1000; i++)
        assert_true(bag_at(bag, i - 1)->tag < bag_at(bag, i)->tag);
    struct buffer *out = buffer_new(*state, 100000);
    assert_int_equal(bag_pack(bag, out), STATUS_OK);
    assert_int_equal(bag_unpack(*state, buffer_slice(out), &back), STATUS_OK);
    assert_true(bag_equal(bag, back));
}

/* The value may come from the bag that it goes into. */
static void sets_from_itself(void **state)
{
    struct bag *bag = sample(*state);
    assert_int_equal(bag_set(bag, bag_get(bag, PROP_SUBJECT)), STATUS_OK);
    struct value moved = *bag_get(bag, PROP_SUBJECT);
    moved.tag = PROP_NORMALIZED_SUBJECT;
    assert_int_equal(bag_set(bag, &moved), STATUS_OK);
    assert_string_equal(bag_string(bag, PROP_SUBJECT, ""), "Hello");
    assert_string_equal(bag_string(bag, PROP_NORMALIZED_SUBJECT, ""), "Hello");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MEM(keeps_one_value_an_id_in_order), WITH_MEM(gives_defaults),     WITH_MEM(packed_form_is_fixed), WITH_MEM(packs_and_unpacks),
        WITH_MEM(empty_bag_packs),                WITH_MEM(refuses_broken_bags), WITH_MEM(every_cut_is_refused), WITH_MEM(pack_stops_at_the_cap),
        WITH_MEM(diffs_and_merges),               WITH_MEM(grows_in_any_order), WITH_MEM(sets_from_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
