#include "bourse/base/memory.h"
#include "bourse/model/properties.h"
#include "contact_derive.h"

enum { PARTS = 7, ADDRESS_CAP = 32 * 1024, NO_MAILING_ADDRESS = 0 };

/* In the order of the table's columns. */
enum part { STREET, CITY, STATE, POSTAL_CODE, COUNTRY, POST_OFFICE_BOX, COUNTRY_CODE };

static const struct postal_address {
    int32_t id;
    prop_tag whole, parts[PARTS];
} addresses[] = {
#define ADDRESS(id, whole, street, city, state, code, country, box, country_code) \
    { id, PROP_##whole, { PROP_##street, PROP_##city, PROP_##state, PROP_##code, PROP_##country, PROP_##box, PROP_##country_code } },
#include "contact_address.def"
#undef ADDRESS
};

/* The one that mail goes to is there a second time, under these [MS-OXOCNTC] 2.2.1.3.9. */
static const struct postal_address mailing = {
    0, PROP_POSTAL_ADDRESS,
    { PROP_STREET_ADDRESS, PROP_LOCALITY, PROP_STATE_OR_PROVINCE, PROP_POSTAL_CODE, PROP_COUNTRY, PROP_POST_OFFICE_BOX, PROP_ADDRESS_COUNTRY_CODE },
};

static void append_part(struct buffer *out, const char *separator, struct slice text)
{
    if (text.length == 0)
        return;
    if (buffer_length(out) > 0)
        buffer_append_text(out, separator);
    buffer_append_slice(out, text);
}

/* Street, "City, State Code", country, a line each; what is not there leaves no blank. */
static enum status compose(struct bag *props, const struct postal_address *address)
{
    struct buffer *out = buffer_new(props, ADDRESS_CAP);
    if (out == NULL)
        return status_fail(STATUS_NO_MEMORY, "address");
    const prop_tag *parts = address->parts;
    append_part(out, "\r\n", bag_text(props, parts[STREET]));
    append_part(out, "\r\n", bag_text(props, parts[POST_OFFICE_BOX]));
    struct buffer *line = buffer_new(out, ADDRESS_CAP);
    if (line != NULL) {
        append_part(line, "", bag_text(props, parts[CITY]));
        append_part(line, ", ", bag_text(props, parts[STATE]));
        append_part(line, " ", bag_text(props, parts[POSTAL_CODE]));
        append_part(out, "\r\n", buffer_slice(line));
    }
    append_part(out, "\r\n", bag_text(props, parts[COUNTRY]));
    enum status status = buffer_status(out);
    if (status == STATUS_OK && buffer_length(out) == 0)
        bag_remove(props, address->whole);
    else if (status == STATUS_OK)
        status = bag_set_text(props, address->whole, buffer_slice(out));
    talloc_free(out);
    return status;
}

static bool has_parts(const struct bag *props, const struct postal_address *address)
{
    for (size_t i = 0; i < PARTS; i++)
        if (bag_text(props, address->parts[i]).length > 0)
            return true;
    return false;
}

static enum status derive_whole(struct message *message, const struct derive_context *context, const struct postal_address *address)
{
    bool sets_whole = derive_changed(message, context, address->whole);
    if (sets_whole || !derive_changed_any(message, context, address->parts, PARTS))
        return STATUS_OK;
    return compose(message->props, address);
}

/* Without a choice of the client the first address that there is becomes the mailing address, as in Outlook's form. */
static int32_t mailing_id(const struct bag *props)
{
    if (bag_has(props, PROP_POSTAL_ADDRESS_ID))
        return bag_int32(props, PROP_POSTAL_ADDRESS_ID, NO_MAILING_ADDRESS);
    for (size_t i = 0; i < ARRAY_LENGTH(addresses) && !has_parts(props, &mailing); i++)
        if (has_parts(props, &addresses[i]))
            return addresses[i].id;
    return NO_MAILING_ADDRESS;
}

static enum status copy_text(struct bag *props, prop_tag from, prop_tag to)
{
    const struct value *value = bag_get(props, from);
    if (value == NULL) {
        bag_remove(props, to);
        return STATUS_OK;
    }
    struct value copy = *value;
    copy.tag = to;
    return bag_set(props, &copy);
}

static enum status copy_mailing(struct bag *props, const struct postal_address *from)
{
    for (size_t i = 0; i < PARTS; i++)
        TRY(copy_text(props, from->parts[i], mailing.parts[i]));
    return copy_text(props, from->whole, mailing.whole);
}

enum status contact_derive_addresses(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++)
        TRY(derive_whole(message, context, &addresses[i]));
    int32_t id = mailing_id(props);
    if (id < 0 || id > 3)
        return status_fail(STATUS_INVALID_PROPERTY, "postal address id %d", (int)id);
    if (id == NO_MAILING_ADDRESS)
        return derive_whole(message, context, &mailing);
    TRY(bag_set_int32(props, PROP_POSTAL_ADDRESS_ID, id));
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++)
        if (addresses[i].id == id)
            TRY(copy_mailing(props, &addresses[i]));
    return STATUS_OK;
}
