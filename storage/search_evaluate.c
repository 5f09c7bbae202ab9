#include "bourse/model/properties.h"
#include "array_count.h"
#include "search_compile.h"

#define PORTION 64

/* An item as the evaluator sees it. */
struct subject {
    const struct bag *props;
    const struct message *message; /* NULL: columns only */
    struct value body;             /* beginning of the body, where the body itself is in the MIME bytes */
    bool has_body;
    TALLOC_CTX *mem;
};

static const struct value *get(prop_tag tag, void *data)
{
    const struct subject *subject = data;
    const struct value *value = bag_get(subject->props, tag);
    return value == NULL && tag == (prop_tag)PROP_BODY && subject->has_body ? &subject->body : value;
}

static const struct value *get_from_bag(prop_tag tag, void *data)
{
    return data != NULL ? bag_get(data, tag) : NULL;
}

static bool is_recipients(prop_tag tag)
{
    return prop_id(tag) == prop_id((prop_tag)PROP_MESSAGE_RECIPIENTS);
}

static size_t sub_count(prop_tag tag, void *data)
{
    const struct subject *subject = data;
    if (subject->message == NULL)
        return 0;
    if (is_recipients(tag))
        return subject->message->recipient_count;
    return prop_id(tag) == prop_id((prop_tag)PROP_MESSAGE_ATTACHMENTS) ? subject->message->attachment_count : 0;
}

/* NULL when out of memory: the part then has no properties. */
static struct bag *bag_of_recipient(TALLOC_CTX *mem, const struct recipient *recipient)
{
    struct bag *bag = recipient->props != NULL ? bag_copy(mem, recipient->props) : bag_new(mem);
    bool fine = bag != NULL && bag_set_int32(bag, (prop_tag)PROP_RECIPIENT_TYPE, (int32_t)recipient->type) == STATUS_OK &&
                bag_set_string(bag, (prop_tag)PROP_DISPLAY_NAME, recipient->display_name) == STATUS_OK &&
                bag_set_string(bag, (prop_tag)PROP_ADDRESS_TYPE, recipient->address_type) == STATUS_OK &&
                bag_set_string(bag, (prop_tag)PROP_EMAIL_ADDRESS, recipient->address) == STATUS_OK;
    if (fine && recipient->smtp_address[0] != '\0')
        fine = bag_set_string(bag, (prop_tag)PROP_SMTP_ADDRESS, recipient->smtp_address) == STATUS_OK;
    return fine ? bag : NULL;
}

static struct bag *bag_of_attachment(TALLOC_CTX *mem, const struct attachment *attachment)
{
    struct bag *bag = bag_copy(mem, attachment->props);
    int32_t size = attachment->size > INT32_MAX ? INT32_MAX : (int32_t)attachment->size;
    bool fine = bag != NULL && bag_set_int32(bag, (prop_tag)PROP_ATTACH_NUMBER, attachment->number) == STATUS_OK &&
                bag_set_int32(bag, (prop_tag)PROP_ATTACH_SIZE, size) == STATUS_OK;
    return fine ? bag : NULL;
}

static struct restriction_subject sub_at(prop_tag tag, size_t index, void *data)
{
    const struct subject *subject = data;
    struct bag *bag = is_recipients(tag) ? bag_of_recipient(subject->mem, &subject->message->recipients[index])
                                         : bag_of_attachment(subject->mem, &subject->message->attachments[index]);
    return (struct restriction_subject){ .get = get_from_bag, .data = bag };
}

static bool matches_subject(const struct restriction *restriction, struct subject *subject)
{
    return restriction_matches(restriction, &(struct restriction_subject){ .get = get, .sub_count = sub_count, .sub_at = sub_at, .data = subject });
}

static enum status evaluate_row(const struct restriction *restriction, const struct item_row *row, bool *matches)
{
    struct bag *bag = bag_new(NULL);
    if (bag == NULL)
        return status_fail(STATUS_NO_MEMORY, "bag");
    enum status status = store_row_properties(row, bag);
    if (status == STATUS_OK)
        *matches = matches_subject(restriction, &(struct subject){ .props = bag, .mem = bag });
    talloc_free(bag);
    return status;
}

static bool evaluate_loaded(const struct restriction *restriction, const struct loaded_message *loaded)
{
    if (loaded->message == NULL)
        return false;
    struct subject subject = { .props = loaded->message->props, .message = loaded->message, .mem = loaded->message,
                               .has_body = loaded->body_text[0] != '\0' };
    subject.body = value_string((prop_tag)PROP_BODY, loaded->body_text);
    return matches_subject(restriction, &subject);
}

static enum status evaluate_portion(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct restriction *restriction,
                                    unsigned parts, const struct item_row *rows, size_t count, bool *matches)
{
    int64_t items[PORTION];
    struct loaded_message *loaded = talloc_zero_array(mem, struct loaded_message, PORTION);
    if (loaded == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    for (size_t i = 0; i < count; i++)
        items[i] = rows[i].item;
    TRY(store_message_load_many(mem, tx, mailbox, items, count, parts | MESSAGE_BODY_TEXT, loaded));
    for (size_t i = 0; i < count; i++)
        matches[i] = evaluate_loaded(restriction, &loaded[i]);
    return STATUS_OK;
}

enum status search_evaluate(struct transaction *tx, int64_t mailbox, const struct restriction *restriction, unsigned parts,
                            const struct item_row *rows, size_t count, bool *matches)
{
    if (parts == 0) {
        for (size_t i = 0; i < count; i++)
            TRY(evaluate_row(restriction, &rows[i], &matches[i]));
        return STATUS_OK;
    }
    for (size_t done = 0; done < count; done += PORTION) {
        TALLOC_CTX *scratch = talloc_new(NULL);
        size_t portion = count - done < PORTION ? count - done : PORTION;
        enum status status = evaluate_portion(scratch, tx, mailbox, restriction, parts, rows + done, portion, matches + done);
        talloc_free(scratch);
        TRY(status);
    }
    return STATUS_OK;
}
