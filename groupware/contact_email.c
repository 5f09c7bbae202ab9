#include "bourse/base/text.h"
#include "bourse/model/properties.h"
#include "contact_derive.h"
#include "entry_ids.h"

enum { ENTRY_ID_CAP = 64 * 1024, KINDS = 6 };

static const struct email {
    prop_tag address, type, display, original_display, entry_id;
} emails[] = {
#define EMAIL(n, index)                                                                                                                \
    { PROP_EMAIL##n##_EMAIL_ADDRESS, PROP_EMAIL##n##_ADDRESS_TYPE, PROP_EMAIL##n##_DISPLAY_NAME, PROP_EMAIL##n##_ORIGINAL_DISPLAY_NAME, \
      PROP_EMAIL##n##_ORIGINAL_ENTRY_ID },
#define FAX(number, index)
#include "contact_email.def"
#undef EMAIL
#undef FAX
};

static const struct kind {
    prop_tag tag;
    int32_t index;
} kinds[] = {
#define EMAIL(n, index) { PROP_EMAIL##n##_EMAIL_ADDRESS, index },
#define FAX(number, index) { PROP_##number, index },
#include "contact_email.def"
#undef EMAIL
#undef FAX
};

static bool is_empty(const struct bag *props, prop_tag tag)
{
    return bag_text(props, tag).length == 0;
}

static void remove_email(struct bag *props, const struct email *email)
{
    const prop_tag tags[] = { email->address, email->type, email->display, email->original_display, email->entry_id };
    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++)
        bag_remove(props, tags[i]);
}

/* "Ann Lee (ann@example.test)", as Outlook writes it; the address alone while there is no name. */
static char *display_of(TALLOC_CTX *mem, const struct bag *props, const char *address)
{
    const char *name = bag_string(props, PROP_DISPLAY_NAME, "");
    return name[0] != '\0' ? talloc_asprintf(mem, "%s (%s)", name, address) : talloc_strdup(mem, address);
}

/* The old one was derived, so a new one may take its place; what the user chose stays. */
static bool display_follows(TALLOC_CTX *mem, const struct email *email, const struct bag *before)
{
    if (before == NULL || is_empty(before, email->display))
        return true;
    char *derived = display_of(mem, before, bag_string(before, email->address, ""));
    bool follows = derived != NULL && strcmp(derived, bag_string(before, email->display, "")) == 0;
    talloc_free(derived);
    return follows || slice_equal(bag_text(before, email->display), bag_text(before, email->address));
}

static enum status make_entry_id(struct message *message, const struct email *email, const char *address, const char *type)
{
    struct buffer *id = buffer_new(message, ENTRY_ID_CAP);
    if (id == NULL)
        return status_fail(STATUS_NO_MEMORY, "entry id");
    if (ascii_equal_nocase(type, "EX"))
        entry_person_append(id, 0, address);
    else
        entry_one_off_append(id, bag_string(message->props, email->display, ""), type, address);
    enum status status = buffer_status(id);
    if (status == STATUS_OK)
        status = bag_set_bytes(message->props, email->entry_id, buffer_slice(id));
    talloc_free(id);
    return status;
}

static enum status derive_one(struct message *message, const struct derive_context *context, const struct email *email)
{
    struct bag *props = message->props;
    if (is_empty(props, email->address)) {
        remove_email(props, email);
        return STATUS_OK;
    }
    char *address = talloc_strdup(message, bag_string(props, email->address, ""));
    if (address == NULL)
        return status_fail(STATUS_NO_MEMORY, "e-mail address");
    bool is_new_address = derive_changed(message, context, email->address);
    if (is_empty(props, email->type) || (is_new_address && !derive_changed(message, context, email->type)))
        TRY(bag_set_string(props, email->type, address[0] == '/' ? "EX" : "SMTP"));
    bool sets_display = derive_changed(message, context, email->display) && !is_empty(props, email->display);
    char *display = display_of(message, props, address);
    if (!sets_display && (is_empty(props, email->display) || display_follows(message, email, context->before)))
        TRY(bag_set_string(props, email->display, display));
    if (is_empty(props, email->original_display) || (is_new_address && !derive_changed(message, context, email->original_display)))
        TRY(bag_set_string(props, email->original_display, address));
    bool sets_id = derive_changed(message, context, email->entry_id);
    if (!bag_has(props, email->entry_id) || ((is_new_address || sets_display) && !sets_id))
        TRY(make_entry_id(message, email, address, bag_string(props, email->type, "SMTP")));
    talloc_free(display);
    talloc_free(address);
    return STATUS_OK;
}

/* [MS-OXOCNTC] 2.2.1.2.11 and 2.2.1.2.12: which of the addresses there are, as a list and as bits. */
static enum status list_addresses(struct bag *props)
{
    struct value elements[KINDS], list = { .tag = PROP_ADDRESS_BOOK_PROVIDER_EMAIL_LIST };
    int32_t bits = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        if (is_empty(props, kinds[i].tag))
            continue;
        elements[list.multiple.count++] = value_int32(prop_make(prop_id(list.tag), TYPE_INT32), kinds[i].index);
        bits |= 1 << kinds[i].index;
    }
    if (bits == 0) {
        bag_remove(props, PROP_ADDRESS_BOOK_PROVIDER_EMAIL_LIST);
        bag_remove(props, PROP_ADDRESS_BOOK_PROVIDER_ARRAY_TYPE);
        return STATUS_OK;
    }
    list.multiple.elements = elements;
    TRY(bag_set(props, &list));
    return bag_set_int32(props, PROP_ADDRESS_BOOK_PROVIDER_ARRAY_TYPE, bits);
}

enum status contact_derive_email(struct message *message, const struct derive_context *context)
{
    for (size_t i = 0; i < ARRAY_LENGTH(emails); i++)
        TRY(derive_one(message, context, &emails[i]));
    return list_addresses(message->props);
}
