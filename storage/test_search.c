/* Search: whatever SQL answers, the result is what evaluating every item gives. Full text finds what is indexed and what is not yet. */
#include "fixture.h"

#include "bourse/base/text.h"
#include "bourse/storage/search.h"
#include "bourse/storage/settings.h"

#define ITEMS 120
#define ROUNDS 400
#define CUSTOM_STRING ((prop_tag)0x9001001F)
#define CUSTOM_NUMBER ((prop_tag)0x90020003)

/* ---- random items ---- */

static unsigned seed;

static unsigned dice(unsigned sides)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % sides;
}

static const char *const vocabulary[] = { "Report", "report", "REPORTS", "Äpfel", "äpfel", "apfel", "Kelvin \u212A", "stra\u00DFe", "Budget 100%", "under_score",
                                          "东京 trip", "", "Отчёт", "отчёт", "x" };

static const char *word(void)
{
    return vocabulary[dice(ARRAY_LENGTH(vocabulary))];
}

static void fill_properties(struct message *message)
{
    struct bag *props = message->props;
    OK(bag_set_string(props, (prop_tag)PROP_SUBJECT, talloc_asprintf(message, "%s%s%s", word(), dice(2) ? " " : "", dice(2) ? word() : "")));
    OK(bag_set_string(props, (prop_tag)PROP_SENT_REPRESENTING_NAME, word()));
    OK(bag_set_string(props, (prop_tag)PROP_DISPLAY_TO, word()));
    OK(bag_set_int32(props, (prop_tag)PROP_IMPORTANCE, (int32_t)dice(3)));
    OK(bag_set_int32(props, (prop_tag)PROP_MESSAGE_FLAGS, (int32_t)dice(16)));
    OK(bag_set_time(props, (prop_tag)PROP_MESSAGE_DELIVERY_TIME, INSTANT_UNIX_EPOCH + (instant)dice(1000) * INSTANT_PER_DAY));
    if (dice(2))
        OK(bag_set_time(props, (prop_tag)PROP_CLIENT_SUBMIT_TIME, INSTANT_UNIX_EPOCH + (instant)dice(10) * INSTANT_PER_DAY));
    if (dice(2))
        OK(bag_set_bytes(props, (prop_tag)PROP_CONVERSATION_INDEX, slice_of("\x01\x02\x03\x04", dice(4) + 1)));
    if (dice(2)) {
        const char *categories[] = { word(), word() };
        OK(bag_set_strings(props, (prop_tag)PROP_KEYWORDS, categories, dice(2) + 1));
    }
    if (dice(2))
        OK(bag_set_string(props, CUSTOM_STRING, word()));
    if (dice(2))
        OK(bag_set_int32(props, CUSTOM_NUMBER, (int32_t)dice(5)));
}

static struct message *random_message(struct fixture *f)
{
    struct message *message = fixture_message(f, "x", dice(4) == 0 ? 200 : 0);
    fill_properties(message);
    char *dots = talloc_zero_size(message, 9001);
    memset(dots, '.', dice(3) == 0 ? 9000 : 100);
    bool at_end = dice(2);
    OK(bag_set_string(message->props, (prop_tag)PROP_BODY,
                      talloc_asprintf(message, "%s %s and %s %s", at_end ? dots : "", word(), word(), at_end ? "" : dots)));
    if (dice(2))
        message_add_recipient(message, &(struct recipient){ .type = RECIPIENT_CC, .display_name = word(), .address_type = "SMTP",
                                                            .address = "carol@example.test", .smtp_address = "carol@example.test" });
    if (dice(3) == 0) {
        struct attachment *attachment = message_add_attachment(message);
        OK(bag_set_string(attachment->props, (prop_tag)PROP_ATTACH_LONG_FILENAME, word()[0] != '\0' ? word() : "plan.pdf"));
        attachment->content = ATTACHMENT_BYTES;
        attachment->bytes = slice_of_text("content");
        attachment->size = attachment->bytes.length;
    }
    return message;
}

struct items {
    int64_t ids[ITEMS];
    struct loaded_message *loaded;
};

static void create_items(struct fixture *f, struct items *items)
{
    struct prepared_message *prepared[ITEMS];
    for (size_t i = 0; i < ITEMS; i++)
        OK(store_message_prepare(f->mem, f->store, random_message(f), &prepared[i]));
    struct transaction *tx = fixture_write(f);
    for (size_t i = 0; i < ITEMS; i++) {
        struct message_created created;
        OK(store_message_create(tx, f->mailbox, f->inbox, prepared[i], &(struct message_place){ .is_read = dice(2), .is_fai = false }, &created));
        items->ids[i] = created.item;
    }
    fixture_commit(tx);
}

static void load_items(struct fixture *f, struct items *items)
{
    items->loaded = talloc_zero_array(f->mem, struct loaded_message, ITEMS);
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(store_message_load_many(f->mem, tx, f->mailbox, items->ids, ITEMS, MESSAGE_BAG | MESSAGE_RECIPIENTS | MESSAGE_ATTACHMENTS | MESSAGE_VALUES, items->loaded));
    talloc_free(tx);
}

/* ---- random restrictions ---- */

static const prop_tag text_tags[] = { (prop_tag)PROP_SUBJECT, (prop_tag)PROP_SENT_REPRESENTING_NAME, (prop_tag)PROP_DISPLAY_TO, (prop_tag)PROP_KEYWORDS,
                                      (prop_tag)PROP_BODY, (prop_tag)PROP_CONVERSATION_TOPIC, CUSTOM_STRING };
static const prop_tag number_tags[] = { (prop_tag)PROP_IMPORTANCE, (prop_tag)PROP_MESSAGE_FLAGS, (prop_tag)PROP_MESSAGE_SIZE, CUSTOM_NUMBER };
static const prop_tag other_tags[] = { (prop_tag)PROP_CLIENT_SUBMIT_TIME, (prop_tag)PROP_CONVERSATION_INDEX, (prop_tag)PROP_HAS_ATTACHMENTS, (prop_tag)PROP_READ };

static enum relation any_relation(void)
{
    return dice(8) == 0 ? REL_MEMBER_OF_LIST : (enum relation)dice(6);
}

static struct restriction *text_leaf(TALLOC_CTX *mem)
{
    struct restriction *node = restriction_new(mem, dice(3) == 0 ? RESTRICT_PROPERTY : RESTRICT_CONTENT);
    static const uint32_t flags[] = { 0, FUZZY_IGNORE_CASE, FUZZY_IGNORE_NONSPACE, FUZZY_LOOSE, FUZZY_IGNORE_CASE | FUZZY_IGNORE_NONSPACE };
    node->tag = text_tags[dice(ARRAY_LENGTH(text_tags))];
    node->relation = any_relation();
    node->fuzzy = dice(3) | flags[dice(ARRAY_LENGTH(flags))];
    node->value = value_string(prop_make(prop_id(node->tag), TYPE_STRING), dice(6) == 0 ? "k" : word());
    return node;
}

static struct restriction *number_leaf(TALLOC_CTX *mem)
{
    struct restriction *node = restriction_new(mem, dice(2) ? RESTRICT_PROPERTY : RESTRICT_BITMASK);
    node->tag = number_tags[dice(ARRAY_LENGTH(number_tags))];
    node->relation = any_relation();
    node->number = dice(64);
    node->mask_is_zero = dice(2);
    int32_t number = node->tag == (prop_tag)PROP_MESSAGE_SIZE ? (int32_t)dice(1000) : (int32_t)dice(5);
    node->value = dice(4) == 0 ? value_int64(prop_make(prop_id(node->tag), TYPE_INT64), number) : value_int32(node->tag, number);
    return node;
}

static struct restriction *other_leaf(TALLOC_CTX *mem)
{
    struct restriction *node = restriction_new(mem, dice(3) == 0 ? RESTRICT_EXIST : RESTRICT_PROPERTY);
    node->tag = other_tags[dice(ARRAY_LENGTH(other_tags))];
    node->relation = any_relation();
    if (prop_type(node->tag) == TYPE_TIME)
        node->value = value_time(node->tag, INSTANT_UNIX_EPOCH + (instant)dice(10) * INSTANT_PER_DAY);
    else if (prop_type(node->tag) == TYPE_BOOL)
        node->value = value_bool(node->tag, dice(2));
    else
        node->value = value_bytes(node->tag, slice_of("\x01\x02\x03\x04", dice(4) + 1));
    return node;
}

static struct restriction *special_leaf(TALLOC_CTX *mem)
{
    static const prop_tag tags[] = { (prop_tag)PROP_SUBJECT, (prop_tag)PROP_KEYWORDS, (prop_tag)PROP_DISPLAY_TO, CUSTOM_STRING, (prop_tag)PROP_BODY };
    struct restriction *node = restriction_new(mem, RESTRICT_EXIST);
    node->tag = tags[dice(ARRAY_LENGTH(tags))];
    if (dice(3) == 0) {
        node->kind = RESTRICT_SIZE;
        node->relation = any_relation();
        node->number = dice(30);
    } else if (dice(2)) {
        struct restriction *part = restriction_new(mem, RESTRICT_CONTENT);
        bool is_recipient = dice(2);
        node->kind = RESTRICT_SUBOBJECT;
        node->tag = is_recipient ? (prop_tag)PROP_MESSAGE_RECIPIENTS : (prop_tag)PROP_MESSAGE_ATTACHMENTS;
        part->tag = is_recipient ? (prop_tag)PROP_DISPLAY_NAME : (prop_tag)PROP_ATTACH_LONG_FILENAME;
        part->fuzzy = FUZZY_SUBSTRING | FUZZY_IGNORE_CASE;
        part->value = value_string(part->tag, word());
        OK(restriction_add_child(node, part));
    }
    return node;
}

static struct restriction *random_restriction(TALLOC_CTX *mem, int depth)
{
    static struct restriction *(*const leaves[])(TALLOC_CTX *) = { text_leaf, text_leaf, number_leaf, other_leaf, special_leaf };
    if (depth == 0 || dice(3) == 0)
        return leaves[dice(ARRAY_LENGTH(leaves))](mem);
    enum restriction_kind kind = (enum restriction_kind)dice(3);
    struct restriction *node = restriction_new(mem, kind);
    size_t children = kind == RESTRICT_NOT ? 1 : dice(4);
    for (size_t i = 0; i < children; i++)
        OK(restriction_add_child(node, random_restriction(mem, depth - 1)));
    return node;
}

/* ---- evaluating every item ---- */

struct reference {
    struct loaded_message *loaded;
    struct value body;
    struct bag *part;
};

static const struct value *reference_get(prop_tag tag, void *data)
{
    struct reference *reference = data;
    const struct value *value = bag_get(reference->loaded->message->props, tag);
    if (value != NULL || tag != (prop_tag)PROP_BODY || reference->loaded->body_text[0] == '\0')
        return value;
    reference->body = value_string(tag, reference->loaded->body_text);
    return &reference->body;
}

static const struct value *part_get(prop_tag tag, void *data)
{
    return bag_get(data, tag);
}

static size_t reference_count(prop_tag tag, void *data)
{
    const struct message *message = ((struct reference *)data)->loaded->message;
    return tag == (prop_tag)PROP_MESSAGE_RECIPIENTS ? message->recipient_count : message->attachment_count;
}

static struct restriction_subject reference_at(prop_tag tag, size_t index, void *data)
{
    struct message *message = ((struct reference *)data)->loaded->message;
    struct bag *bag = bag_new(message);
    if (tag == (prop_tag)PROP_MESSAGE_RECIPIENTS)
        OK(bag_set_string(bag, (prop_tag)PROP_DISPLAY_NAME, message->recipients[index].display_name));
    else
        bag = message->attachments[index].props;
    return (struct restriction_subject){ .get = part_get, .data = bag };
}

static bool matches(const struct restriction *restriction, struct loaded_message *loaded)
{
    struct reference reference = { .loaded = loaded };
    return restriction_matches(restriction, &(struct restriction_subject){ .get = reference_get, .sub_count = reference_count,
                                                                          .sub_at = reference_at, .data = &reference });
}

static bool has_row(const struct list_page *page, int64_t item)
{
    for (size_t i = 0; i < page->count; i++)
        if (page->rows[i].item == item)
            return true;
    return false;
}

/* Items on which search and evaluation do not agree. */
static size_t differences(const struct items *items, const struct restriction *restriction, const struct list_page *page)
{
    size_t count = 0;
    for (size_t i = 0; i < ITEMS; i++)
        count += matches(restriction, &items->loaded[i]) != has_row(page, items->ids[i]);
    return count;
}

static void search(struct fixture *f, TALLOC_CTX *mem, const struct search_query *query, struct list_page *page)
{
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    OK(search_run(mem, tx, f->mailbox, query, page));
    talloc_free(tx);
}

static void assert_newest_first(const struct list_page *page)
{
    for (size_t i = 1; i < page->count; i++)
        assert_true(page->rows[i - 1].delivered > page->rows[i].delivered ||
                    (page->rows[i - 1].delivered == page->rows[i].delivered && page->rows[i - 1].item > page->rows[i].item));
}

static void search_finds_what_evaluation_finds(void **state)
{
    struct fixture *f = *state;
    struct items items;
    size_t found = 0, nothing = 0;
    seed = 4711;
    create_items(f, &items);
    load_items(f, &items);
    for (int round = 0; round < ROUNDS; round++) {
        TALLOC_CTX *mem = talloc_new(f->mem);
        struct restriction *restriction = random_restriction(mem, 3);
        struct list_page page;
        if (restriction_check(restriction) != STATUS_OK) {
            talloc_free(mem);
            continue;
        }
        search(f, mem, &(struct search_query){ .folders = &f->inbox, .folder_count = 1, .restriction = restriction, .limit = 1000 }, &page);
        if (differences(&items, restriction, &page) != 0)
            fail_msg("round %d: %zu items differ", round, differences(&items, restriction, &page));
        assert_newest_first(&page);
        found += page.count;
        nothing += page.count == 0;
        talloc_free(mem);
    }
    assert_true(found > ROUNDS * 5); /* not all restrictions are empty ones */
    assert_true(nothing < ROUNDS * 3 / 4);
}

/* The comparison sees an item that search gets wrong. */
static void negative_control(void **state)
{
    struct fixture *f = *state;
    struct items items;
    struct list_page page;
    seed = 4712;
    create_items(f, &items);
    load_items(f, &items);
    struct restriction *restriction = restriction_new(f->mem, RESTRICT_PROPERTY);
    restriction->tag = (prop_tag)PROP_IMPORTANCE;
    restriction->relation = REL_EQUAL;
    restriction->value = value_int32(restriction->tag, 1);
    struct search_query query = { .folders = &f->inbox, .folder_count = 1, .restriction = restriction, .limit = 1000 };
    search(f, f->mem, &query, &page);
    assert_int_equal(differences(&items, restriction, &page), 0);
    fixture_execute(f, "UPDATE message SET importance = 3 - importance WHERE mailbox_id = %lld AND message_id = %lld", (long long)f->mailbox, (long long)page.rows[0].item);
    search(f, f->mem, &query, &page);
    assert_int_equal(differences(&items, restriction, &page), 1);
}

static void pages_join_to_the_whole(void **state)
{
    struct fixture *f = *state;
    struct items items;
    struct list_page whole, page;
    seed = 4713;
    create_items(f, &items);
    struct restriction *restrictions[] = { NULL, restriction_new(f->mem, RESTRICT_CONTENT) };
    restrictions[1]->tag = (prop_tag)PROP_SUBJECT;
    restrictions[1]->fuzzy = FUZZY_SUBSTRING | FUZZY_IGNORE_CASE;
    restrictions[1]->value = value_string(restrictions[1]->tag, "report");
    struct list_sort sort[] = { { (prop_tag)PROP_IMPORTANCE, false }, { (prop_tag)PROP_SUBJECT, true } };
    for (size_t r = 0; r < 2; r++) {
        struct search_query query = { .folders = &f->inbox, .folder_count = 1, .restriction = restrictions[r], .limit = 1000, .sort = sort, .sort_count = 2 };
        search(f, f->mem, &query, &whole);
        assert_false(whole.more);
        assert_true(whole.count > 10);
        size_t at = 0;
        for (query.limit = 7;; query.offset += 7) {
            search(f, f->mem, &query, &page);
            for (size_t i = 0; i < page.count; i++)
                assert_int_equal(page.rows[i].item, whole.rows[at + i].item);
            at += page.count;
            assert_int_equal(page.more, at < whole.count);
            if (!page.more)
                break;
        }
        assert_int_equal(at, whole.count);
    }
    struct transaction *tx = fixture_begin(f, TRANSACTION_READ);
    struct search_query wrong = { .limit = 1001 };
    assert_int_equal(search_run(f->mem, tx, f->mailbox, &wrong, &page), STATUS_INVALID_ARGUMENT);
    talloc_free(tx);
}

/* ---- full text ---- */

static size_t words_found(struct fixture *f, const char *words)
{
    struct list_page page;
    search(f, f->mem, &(struct search_query){ .words = words, .limit = 100 }, &page);
    return page.count;
}

static void check_words(struct fixture *f)
{
    assert_int_equal(words_found(f, "quarterly"), 2);
    assert_int_equal(words_found(f, "QUARTERLY figures"), 1);
    assert_int_equal(words_found(f, "quart"), 0);
    assert_int_equal(words_found(f, "quart*"), 2);
    assert_int_equal(words_found(f, "quarterly missing"), 0);
    assert_int_equal(words_found(f, "alice@example.test"), 4);
    assert_int_equal(words_found(f, "bob"), 4);
    assert_int_equal(words_found(f, "body"), 4);
    assert_int_equal(words_found(f, "пРИВЕТ"), 1);
    assert_int_equal(words_found(f, "東京"), 1);
    assert_int_equal(words_found(f, "京東"), 0);
    assert_int_equal(words_found(f, "京"), 1);
    assert_int_equal(words_found(f, "'; DROP TABLE message; --"), 0);
    assert_int_equal(words_found(f, "!!!"), 0);
}

static size_t index_all(struct fixture *f, size_t slice)
{
    size_t total = 0, done = 1;
    while (done > 0) {
        OK(search_index_slice(f->store, slice, &done));
        total += done;
    }
    return total;
}

static void words_are_found_before_and_after_indexing(void **state)
{
    struct fixture *f = *state;
    index_all(f, 500); /* what other tests left */
    int64_t first = fixture_item(f, f->inbox, "Quarterly figures").item;
    fixture_item(f, f->inbox, "the quarterly plan");
    fixture_item(f, f->inbox, "Привет");
    int64_t last = fixture_item(f, f->inbox, "旅行:東京").item;
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM message_text WHERE mailbox_id = %lld", (long long)f->mailbox), 0);
    check_words(f);
    assert_int_equal(index_all(f, 3), 4);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM message_text WHERE mailbox_id = %lld", (long long)f->mailbox), 4);
    check_words(f);
    /* A changed item is found by its new words only, a deleted one not at all, a moved one stays. */
    struct prepared_message *prepared = fixture_prepared(f, "annual", 0);
    struct transaction *tx = fixture_write(f);
    OK(store_message_replace(tx, f->mailbox, first, prepared, 0, NULL));
    OK(store_message_delete(tx, f->mailbox, &last, 1, STORE_DELETE_SOFT, NULL, NULL));
    fixture_commit(tx);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(words_found(f, "quarterly"), 1);
        assert_int_equal(words_found(f, "annual"), 1);
        assert_int_equal(words_found(f, "東京"), 0);
        index_all(f, 500);
    }
    fixture_check(f);
}

static void other_mailboxes_are_not_searched(void **state)
{
    struct fixture *f = *state;
    fixture_item(f, f->inbox, "confidential");
    index_all(f, 500);
    assert_int_equal(words_found(f, "confidential"), 1);
    f->mailbox = fixture_new_mailbox(f);
    assert_int_equal(words_found(f, "confidential"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(search_finds_what_evaluation_finds, fixture_mailbox),
        cmocka_unit_test_setup(negative_control, fixture_mailbox),
        cmocka_unit_test_setup(pages_join_to_the_whole, fixture_mailbox),
        cmocka_unit_test_setup(words_are_found_before_and_after_indexing, fixture_mailbox),
        cmocka_unit_test_setup(other_mailboxes_are_not_searched, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
