#include "test_support.h"

#include "bourse/model/bag.h"
#include "bourse/model/properties.h"
#include "bourse/model/restriction.h"

/* The object under test: a bag, and bags of recipients. */
struct object {
    struct bag *bag;
    struct object *recipients;
    size_t recipient_count;
};

static const struct value *object_get(prop_tag tag, void *data)
{
    return bag_get(((struct object *)data)->bag, tag);
}

static size_t object_count(prop_tag tag, void *data)
{
    return tag == PROP_MESSAGE_RECIPIENTS ? ((struct object *)data)->recipient_count : 0;
}

static struct restriction_subject subject_of(struct object *object);

static struct restriction_subject object_at(prop_tag tag, size_t index, void *data)
{
    (void)tag;
    return subject_of(&((struct object *)data)->recipients[index]);
}

static struct restriction_subject subject_of(struct object *object)
{
    return (struct restriction_subject){ object_get, object_count, object_at, object };
}

static struct object *sample(TALLOC_CTX *mem)
{
    const char *words[] = { "Red", "Gr\xC3\xBCn" };
    struct object *object = talloc_zero(mem, struct object);
    object->bag = bag_new(object);
    assert_int_equal(bag_set_string(object->bag, PROP_SUBJECT, "Re: Caf\xC3\xA9 at NOON"), STATUS_OK);
    assert_int_equal(bag_set_int32(object->bag, PROP_IMPORTANCE, 2), STATUS_OK);
    assert_int_equal(bag_set_int32(object->bag, PROP_MESSAGE_FLAGS, 0x11), STATUS_OK);
    assert_int_equal(bag_set_strings(object->bag, PROP_KEYWORDS, words, 2), STATUS_OK);
    assert_int_equal(bag_set_time(object->bag, PROP_CREATION_TIME, 100), STATUS_OK);
    assert_int_equal(bag_set_time(object->bag, PROP_LAST_MODIFICATION_TIME, 200), STATUS_OK);
    assert_int_equal(bag_set_bytes(object->bag, PROP_CONVERSATION_INDEX, slice_of("\1\2\3\4", 4)), STATUS_OK);
    struct value stored = { .tag = PROP_BODY, .form = VALUE_STORED, .stored = { 1, 5000 } };
    assert_int_equal(bag_set(object->bag, &stored), STATUS_OK);
    object->recipients = talloc_zero_array(object, struct object, 1);
    object->recipients[0].bag = bag_new(object);
    object->recipient_count = 1;
    assert_int_equal(bag_set_string(object->recipients[0].bag, PROP_SMTP_ADDRESS, "Bob@Example.com"), STATUS_OK);
    return object;
}

static bool holds(struct object *object, const struct restriction *restriction)
{
    struct restriction_subject subject = subject_of(object);
    assert_int_equal(restriction_check(restriction), STATUS_OK);
    return restriction_matches(restriction, &subject);
}

static bool content(struct object *object, prop_tag tag, const char *text, uint32_t fuzzy)
{
    struct restriction node = {
        .kind = RESTRICT_CONTENT, .tag = tag, .fuzzy = fuzzy, .value = value_string(prop_make(prop_id(tag), TYPE_STRING), text)
    };
    return holds(object, &node);
}

static void finds_text(void **state)
{
    struct object *object = sample(*state);
    assert_true(content(object, PROP_SUBJECT, "at NOON", FUZZY_SUBSTRING));
    assert_false(content(object, PROP_SUBJECT, "at noon", FUZZY_SUBSTRING));
    assert_true(content(object, PROP_SUBJECT, "at noon", FUZZY_SUBSTRING | FUZZY_IGNORE_CASE));
    assert_true(content(object, PROP_SUBJECT, "CAF\xC3\x89", FUZZY_SUBSTRING | FUZZY_IGNORE_CASE));
    assert_false(content(object, PROP_SUBJECT, "cafe", FUZZY_SUBSTRING | FUZZY_IGNORE_CASE));
    assert_true(content(object, PROP_SUBJECT, "Cafe", FUZZY_SUBSTRING | FUZZY_IGNORE_NONSPACE));
    assert_true(content(object, PROP_SUBJECT, "Cafe\xCC\x81", FUZZY_SUBSTRING | FUZZY_IGNORE_NONSPACE));
    assert_true(content(object, PROP_SUBJECT, "re: cafe", FUZZY_PREFIX | FUZZY_LOOSE));
    assert_false(content(object, PROP_SUBJECT, "cafe", FUZZY_PREFIX | FUZZY_LOOSE));
    assert_true(content(object, PROP_SUBJECT, "re: cafe at noon", FUZZY_FULL | FUZZY_LOOSE));
    assert_false(content(object, PROP_SUBJECT, "re: cafe", FUZZY_FULL | FUZZY_LOOSE));
    assert_true(content(object, PROP_SUBJECT, "", FUZZY_SUBSTRING | FUZZY_IGNORE_CASE));
    assert_false(content(object, PROP_BODY, "x", FUZZY_SUBSTRING));          /* only stored */
    assert_false(content(object, PROP_SENDER_NAME, "", FUZZY_SUBSTRING)); /* absent */
    assert_true(content(object, PROP_KEYWORDS, "red", FUZZY_FULL | FUZZY_IGNORE_CASE)); /* any element */
    assert_true(content(object, PROP_KEYWORDS, "grun", FUZZY_FULL | FUZZY_LOOSE));
    assert_false(content(object, PROP_KEYWORDS, "blue", FUZZY_FULL | FUZZY_LOOSE));
    struct restriction bytes = { .kind = RESTRICT_CONTENT, .tag = PROP_CONVERSATION_INDEX, .fuzzy = FUZZY_PREFIX | FUZZY_IGNORE_CASE,
                                 .value = value_bytes(PROP_CONVERSATION_INDEX, slice_of("\1\2", 2)) };
    assert_true(holds(object, &bytes));
}

static bool property(struct object *object, enum relation relation, struct value value)
{
    struct restriction node = { .kind = RESTRICT_PROPERTY, .tag = value.tag, .relation = relation, .value = value };
    return holds(object, &node);
}

static void compares_properties(void **state)
{
    struct object *object = sample(*state);
    assert_true(property(object, REL_EQUAL, value_int32(PROP_IMPORTANCE, 2)));
    assert_true(property(object, REL_GREATER, value_int32(PROP_IMPORTANCE, 1)));
    assert_false(property(object, REL_GREATER, value_int32(PROP_IMPORTANCE, 2)));
    assert_true(property(object, REL_GREATER_EQUAL, value_int32(PROP_IMPORTANCE, 2)));
    assert_true(property(object, REL_LESS_EQUAL, value_int32(PROP_IMPORTANCE, 2)));
    assert_true(property(object, REL_LESS, value_int32(PROP_IMPORTANCE, 3)));
    assert_true(property(object, REL_NOT_EQUAL, value_int32(PROP_IMPORTANCE, 3)));
    assert_true(property(object, REL_EQUAL, value_string(PROP_SUBJECT, "re: CAF\xC3\x89 at noon")));
    assert_true(property(object, REL_LESS, value_time(PROP_CREATION_TIME, 101)));
    assert_false(property(object, REL_NOT_EQUAL, value_int32(PROP_SENSITIVITY, 3))); /* absent */
    struct restriction wide = { .kind = RESTRICT_PROPERTY, .tag = PROP_IMPORTANCE, .relation = REL_EQUAL,
                                .value = value_int16(prop_make(prop_id(PROP_IMPORTANCE), TYPE_INT16), 2) };
    assert_true(holds(object, &wide));
    struct restriction one_of_many = { .kind = RESTRICT_PROPERTY, .tag = PROP_KEYWORDS, .relation = REL_EQUAL,
                                       .value = value_string(prop_make(prop_id(PROP_KEYWORDS), TYPE_STRING), "RED") };
    assert_true(holds(object, &one_of_many));
    struct restriction compare = { .kind = RESTRICT_COMPARE, .tag = PROP_CREATION_TIME, .other_tag = PROP_LAST_MODIFICATION_TIME,
                                   .relation = REL_LESS };
    assert_true(holds(object, &compare));
    compare.relation = REL_EQUAL;
    assert_false(holds(object, &compare));
}

static void tests_bits_sizes_and_presence(void **state)
{
    struct object *object = sample(*state);
    struct restriction bits = { .kind = RESTRICT_BITMASK, .tag = PROP_MESSAGE_FLAGS, .number = 0x01 };
    assert_true(holds(object, &bits));
    bits.mask_is_zero = true;
    assert_false(holds(object, &bits));
    bits.number = 0x02;
    assert_true(holds(object, &bits));
    struct restriction size = { .kind = RESTRICT_SIZE, .tag = PROP_BODY, .relation = REL_EQUAL, .number = 5000 };
    assert_true(holds(object, &size));
    size.relation = REL_GREATER;
    assert_false(holds(object, &size));
    struct restriction exists = { .kind = RESTRICT_EXIST, .tag = PROP_BODY };
    assert_true(holds(object, &exists));
    exists.tag = PROP_HTML;
    assert_false(holds(object, &exists));
}

static struct restriction *node_of(TALLOC_CTX *mem, enum restriction_kind kind, struct restriction *child)
{
    struct restriction *node = restriction_new(mem, kind);
    if (child != NULL)
        assert_int_equal(restriction_add_child(node, child), STATUS_OK);
    return node;
}

static struct restriction *exists(TALLOC_CTX *mem, prop_tag tag)
{
    struct restriction *node = restriction_new(mem, RESTRICT_EXIST);
    node->tag = tag;
    return node;
}

static void combines(void **state)
{
    struct object *object = sample(*state);
    assert_true(holds(object, NULL));
    assert_true(holds(object, restriction_new(*state, RESTRICT_AND)));
    assert_false(holds(object, restriction_new(*state, RESTRICT_OR)));
    struct restriction *both = node_of(*state, RESTRICT_AND, exists(*state, PROP_SUBJECT));
    assert_true(holds(object, both));
    assert_int_equal(restriction_add_child(both, exists(*state, PROP_HTML)), STATUS_OK);
    assert_false(holds(object, both));
    both->kind = RESTRICT_OR;
    assert_true(holds(object, both));
    assert_false(holds(object, node_of(*state, RESTRICT_NOT, both)));
    assert_true(holds(object, restriction_new(*state, RESTRICT_COMMENT)));
    assert_false(holds(object, node_of(*state, RESTRICT_COMMENT, exists(*state, PROP_HTML))));
    assert_true(holds(object, node_of(*state, RESTRICT_COUNT, exists(*state, PROP_SUBJECT))));
}

static void looks_into_recipients(void **state)
{
    struct object *object = sample(*state);
    struct restriction *address = restriction_new(*state, RESTRICT_PROPERTY);
    address->tag = PROP_SMTP_ADDRESS;
    address->relation = REL_EQUAL;
    address->value = value_string(PROP_SMTP_ADDRESS, "bob@example.com");
    struct restriction *sub = node_of(*state, RESTRICT_SUBOBJECT, address);
    sub->tag = PROP_MESSAGE_RECIPIENTS;
    assert_true(holds(object, sub));
    address->value = value_string(PROP_SMTP_ADDRESS, "eve@example.com");
    assert_false(holds(object, sub));
    sub->tag = PROP_MESSAGE_ATTACHMENTS;
    assert_false(holds(object, sub));
}

static void refuses(struct restriction node, enum status wanted)
{
    assert_int_equal(restriction_check(&node), wanted);
}

static void checks(void **state)
{
    struct value text = value_string(PROP_SUBJECT, "x");
    refuses((struct restriction){ .kind = (enum restriction_kind)12 }, STATUS_INVALID_RESTRICTION);
    refuses((struct restriction){ .kind = RESTRICT_NOT }, STATUS_INVALID_RESTRICTION);
    refuses((struct restriction){ .kind = RESTRICT_PROPERTY, .tag = PROP_IMPORTANCE, .value = text }, STATUS_INVALID_RESTRICTION);
    refuses((struct restriction){ .kind = RESTRICT_PROPERTY, .tag = PROP_SUBJECT, .relation = REL_MATCHES, .value = text },
            STATUS_INVALID_RESTRICTION);
    refuses((struct restriction){ .kind = RESTRICT_CONTENT, .tag = PROP_SUBJECT, .fuzzy = 3, .value = text }, STATUS_INVALID_RESTRICTION);
    refuses((struct restriction){ .kind = RESTRICT_CONTENT, .tag = PROP_IMPORTANCE, .value = value_int32(PROP_IMPORTANCE, 1) },
            STATUS_INVALID_RESTRICTION);
    refuses((struct restriction){ .kind = RESTRICT_COMPARE, .tag = PROP_SUBJECT, .other_tag = PROP_IMPORTANCE }, STATUS_INVALID_RESTRICTION);
    refuses((struct restriction){ .kind = RESTRICT_BITMASK, .tag = PROP_SUBJECT }, STATUS_INVALID_RESTRICTION);
    refuses((struct restriction){ .kind = RESTRICT_CONTENT, .tag = PROP_SUBJECT, .value = value_string(0x0037001E, "x") },
            STATUS_INVALID_RESTRICTION);
    struct restriction *deep = exists(*state, PROP_SUBJECT);
    for (int i = 1; i < RESTRICTION_DEPTH_MAX; i++)
        deep = node_of(*state, RESTRICT_NOT, deep);
    assert_int_equal(restriction_check(deep), STATUS_OK);
    deep = node_of(*state, RESTRICT_NOT, deep);
    assert_int_equal(restriction_check(deep), STATUS_TOO_COMPLEX);
    struct buffer *out = buffer_new(*state, 1000);
    assert_int_equal(restriction_pack(deep, false, out), STATUS_TOO_COMPLEX);
    assert_int_equal(buffer_length(out), 0);
}

static struct restriction *unpacked(TALLOC_CTX *mem, const char *hex, bool wide)
{
    struct wire in = wire_over(unhex(mem, hex));
    struct restriction *restriction = NULL;
    assert_int_equal(restriction_unpack(mem, &in, wide, &restriction), STATUS_OK);
    assert_int_equal(wire_finish(&in), STATUS_OK);
    struct buffer *out = buffer_new(mem, 10000);
    assert_int_equal(restriction_pack(restriction, wide, out), STATUS_OK);
    assert_hex(buffer_slice(out), hex);
    return restriction;
}

/* Field by field after [MS-OXCDATA] 2.12.1 to 2.12.11 */
static void wire_forms(void **state)
{
    /* subject contains "ab" without case, and is unread */
    const char *both = "000200" "03" "01000100" "1f003700" "1f003700" "610062000000" "06" "00" "0300070e" "01000000";
    struct restriction *node = unpacked(*state, both, false);
    assert_int_equal(node->child_count, 2);
    assert_int_equal(node->children[0]->fuzzy, FUZZY_SUBSTRING | FUZZY_IGNORE_CASE);
    assert_string_equal(value_text(&node->children[0]->value), "ab");
    assert_true(node->children[1]->mask_is_zero);
    unpacked(*state, "0002000000" "08" "1f003700" "08" "1f003700", true);
    node = unpacked(*state, "02" "04" "04" "03001700" "03001700" "02000000", false);
    assert_int_equal(node->children[0]->relation, REL_EQUAL);
    assert_int_equal(node->children[0]->value.int32, 2);
    unpacked(*state, "05" "00" "40000730" "40000830", false);
    node = unpacked(*state, "07" "02" "1f000010" "88130000", false);
    assert_int_equal(node->number, 5000);
    node = unpacked(*state, "09" "0d00120e" "08" "1f00fe39", false);
    assert_int_equal(node->tag, PROP_MESSAGE_RECIPIENTS);
    node = unpacked(*state, "0a" "01" "1f000160" "78000000" "01" "08" "1f003700", false);
    assert_int_equal(node->comment_count, 1);
    unpacked(*state, "0b" "32000000" "08" "1f003700", false);
    unpacked(*state, "04" "04" "0201ff0f" "0201ff0f" "0300" "010203", false);
    unpacked(*state, "04" "04" "0201ff0f" "0201ff0f" "03000000" "010203", true);
    unpacked(*state, "04" "04" "0b00690e" "0b00690e" "01", false);
    unpacked(*state, "04" "04" "1f101c80" "1f101c80" "02000000" "61000000" "0000", false);
}

static void string8_becomes_text(void **state)
{
    struct restriction *node;
    struct wire in = wire_over(unhex(*state, "03" "00000100" "1e003700" "1e003700" "43e400"));
    assert_int_equal(restriction_unpack(*state, &in, false, &node), STATUS_OK);
    assert_int_equal(node->tag, PROP_SUBJECT);
    assert_int_equal(node->value.tag, PROP_SUBJECT);
    assert_string_equal(value_text(&node->value), "C\xC3\xA4");
    in = wire_over(unhex(*state, "04" "04" "1e301c80" "1e001c80" "c3bc00")); /* column instance of a multiple value */
    assert_int_equal(restriction_unpack(*state, &in, false, &node), STATUS_OK);
    assert_int_equal(prop_type(node->tag), TYPE_MULTIPLE | TYPE_STRING);
    assert_string_equal(value_text(&node->value), "\xC3\xBC");
}

static void broken_wire_forms(void **state)
{
    const struct {
        const char *hex;
        enum status status;
    } broken[] = {
        { "", STATUS_MALFORMED },
        { "0c", STATUS_INVALID_RESTRICTION },
        { "00ffff" "08", STATUS_MALFORMED },
        { "08" "1f00", STATUS_MALFORMED },
        { "06" "02" "0300070e" "01000000", STATUS_INVALID_RESTRICTION },
        { "04" "06" "03001700" "03001700" "02000000", STATUS_INVALID_RESTRICTION },
        { "04" "04" "03001700" "0d001700" "02000000", STATUS_INVALID_RESTRICTION },
        { "04" "04" "1f003700" "1f003700" "6100", STATUS_MALFORMED },
        { "04" "04" "0201ff0f" "0201ff0f" "ffff" "01", STATUS_MALFORMED },
        { "04" "04" "03101c80" "03101c80" "ffffff7f" "01", STATUS_MALFORMED },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
        struct wire in = wire_over(unhex(*state, broken[i].hex));
        struct restriction *restriction = NULL;
        assert_int_equal(restriction_unpack(*state, &in, false, &restriction), broken[i].status);
        assert_null(restriction);
    }
    uint8_t nested[100];
    memset(nested, RESTRICT_NOT, sizeof nested);
    struct wire in = wire_over(slice_of(nested, sizeof nested));
    struct restriction *restriction;
    assert_int_equal(restriction_unpack(*state, &in, false, &restriction), STATUS_TOO_COMPLEX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MEM(finds_text),           WITH_MEM(compares_properties), WITH_MEM(tests_bits_sizes_and_presence), WITH_MEM(combines),
        WITH_MEM(looks_into_recipients), WITH_MEM(checks),             WITH_MEM(wire_forms),                    WITH_MEM(string8_becomes_text),
        WITH_MEM(broken_wire_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
