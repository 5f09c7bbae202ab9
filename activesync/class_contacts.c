/* Contacts [MS-ASCNTC]. Names, telephones and addresses: fields_contacts.def; file-as, display names and the rest that follows are groupware's. */
#include "body.h"
#include "bourse/base/text.h"
#include "bourse/groupware/contact.h"
#include "bourse/model/properties.h"
#include "classes.h"
#include "fields.h"
#include "flags.h"

static const struct eas_field fields[] = {
#define FIELD EAS_FIELD_ROW
#include "fields_contacts.def"
#undef FIELD
};

static const struct {
    eas_tag tag;
    prop_tag property;
} addresses[] = { { Contacts_Email1Address, PROP_EMAIL1_EMAIL_ADDRESS }, { Contacts_Email2Address, PROP_EMAIL2_EMAIL_ADDRESS },
                  { Contacts_Email3Address, PROP_EMAIL3_EMAIL_ADDRESS } };

enum { PICTURE_MOST = 48 * 1024 /* characters of base64 [MS-ASCNTC] 2.2.2.56 */ };

/* ---- writing ---- */

/* Larger photos than devices take stay on the server. */
static enum status write_picture(struct eas_call *call, struct wbxml_writer *out, const struct item *item)
{
    struct slice photo = { 0 };
    if (!bag_bool(item->message->props, PROP_HAS_PICTURE, false))
        return STATUS_OK;
    TRY(contact_photo(call->mem, call->session, &item->id, &photo));
    if (photo.length > 0 && (photo.length + 2) / 3 * 4 <= PICTURE_MOST)
        wbxml_element_base64(out, Contacts_Picture, photo);
    return STATUS_OK;
}

enum status contacts_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options)
{
    const struct bag *props = item->message->props;
    TRY(eas_body_write_alone(call, out, item, options));
    eas_fields_write(out, fields, ARRAY_LENGTH(fields), props);
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++)
        if (bag_text(props, addresses[i].property).length > 0)
            wbxml_element(out, addresses[i].tag, bag_string(props, addresses[i].property, NULL));
    eas_categories_write(out, Contacts_Categories, Contacts_Category, props);
    return write_picture(call, out, item);
}

/* ---- reading ---- */

/* The address in `"Name" <address>`, or all of the text. */
static char *bare_address(TALLOC_CTX *mem, const char *text)
{
    const char *open = strrchr(text, '<'), *close = open != NULL ? strchr(open, '>') : NULL;
    return close != NULL && close > open + 1 ? talloc_strndup(mem, open + 1, (size_t)(close - open - 1)) : talloc_strdup(mem, text);
}

static enum status read_addresses(struct eas_call *call, const struct wbxml_node *data, const struct eas_ghosts *ghosts, struct item_change *change, struct bag *set)
{
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++) {
        const char *text = wbxml_child_text(call->mem, data, addresses[i].tag);
        bool is_missing = wbxml_child(data, addresses[i].tag) == NULL;
        if (text != NULL && *text != '\0')
            TRY(bag_set_string(set, addresses[i].property, bare_address(call->mem, text)));
        else if (change != NULL && (!is_missing || !eas_is_ghosted(ghosts, addresses[i].tag)))
            TRY(eas_change_remove(call, change, addresses[i].property));
    }
    return STATUS_OK;
}

/* Content types by the first bytes; groupware's photos are of these three. */
static const char *picture_type(struct slice photo)
{
    static const struct {
        const char *magic, *type;
        size_t length;
    } types[] = { { "\xFF\xD8\xFF", "image/jpeg", 3 }, { "\x89PNG", "image/png", 4 }, { "GIF8", "image/gif", 4 } };
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (slice_equal(slice_part(photo, 0, types[i].length), slice_of(types[i].magic, types[i].length)))
            return types[i].type;
    return NULL;
}

static enum status fill_picture(TALLOC_CTX *mem, struct slice photo, struct attachment *out)
{
    const char *type = picture_type(photo);
    if (type == NULL || photo.length > CONTACT_PHOTO)
        return status_fail(STATUS_INVALID_ARGUMENT, "a picture is JPEG, PNG or GIF");
    out->number = -1;
    out->content = ATTACHMENT_BYTES;
    out->bytes = photo;
    out->size = photo.length;
    TRY(bag_set_string(out->props, PROP_ATTACH_LONG_FILENAME, talloc_asprintf(mem, "ContactPicture.%s", strcmp(type, "image/jpeg") == 0 ? "jpg" : type + 6)));
    TRY(bag_set_string(out->props, PROP_ATTACH_MIME_TAG, type));
    return bag_set_bool(out->props, PROP_ATTACHMENT_CONTACT_PHOTO, true);
}

static enum status decode_picture(struct eas_call *call, const struct wbxml_node *data, struct slice *out)
{
    const struct wbxml_node *node = wbxml_child(data, Contacts_Picture);
    *out = slice_of(NULL, 0);
    if (node == NULL || slice_trim(node->text).length == 0)
        return STATUS_OK;
    return base64_decode(call->mem, slice_trim(node->text), out);
}

static enum status read_picture(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change)
{
    struct slice photo = { 0 };
    if (wbxml_child(data, Contacts_Picture) == NULL && eas_is_ghosted(ghosts, Contacts_Picture))
        return STATUS_OK;
    TRY(decode_picture(call, data, &photo));
    for (size_t i = 0; i < before->message->attachment_count; i++)
        if (bag_bool(before->message->attachments[i].props, PROP_ATTACHMENT_CONTACT_PHOTO, false))
            TRY(eas_change_remove_attachment(call, change, before->message->attachments[i].number));
    if (photo.length == 0)
        return STATUS_OK;
    struct attachment *picture = talloc_zero(call->mem, struct attachment);
    if (picture == NULL || (picture->props = bag_new(picture)) == NULL)
        return status_fail(STATUS_NO_MEMORY, "picture");
    change->add_attachments = picture;
    change->add_attachment_count = 1;
    return fill_picture(call->mem, photo, picture);
}

enum status contacts_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out)
{
    struct slice photo = { 0 };
    (void)folder;
    TRY(bag_set_string(out->props, PROP_MESSAGE_CLASS, "IPM.Contact"));
    TRY(eas_fields_read(call, data, fields, ARRAY_LENGTH(fields), NULL, NULL, out->props));
    TRY(read_addresses(call, data, NULL, NULL, out->props));
    TRY(eas_categories_read(call, wbxml_child(data, Contacts_Categories), Contacts_Category, out->props));
    TRY(eas_body_read(call, data, out->props));
    TRY(decode_picture(call, data, &photo));
    if (photo.length == 0)
        return STATUS_OK;
    struct attachment *picture = message_add_attachment(out);
    return picture != NULL ? fill_picture(call->mem, photo, picture) : status_fail(STATUS_NO_MEMORY, "picture");
}

enum status contacts_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                                 struct bag *set)
{
    TRY(eas_fields_read(call, data, fields, ARRAY_LENGTH(fields), ghosts, change, set));
    TRY(read_addresses(call, data, ghosts, change, set));
    TRY(eas_categories_read(call, wbxml_child(data, Contacts_Categories), Contacts_Category, set));
    if (wbxml_child(data, Contacts_Categories) == NULL && !eas_is_ghosted(ghosts, Contacts_Categories))
        TRY(eas_change_remove(call, change, PROP_KEYWORDS));
    TRY(eas_body_read(call, data, set));
    return read_picture(call, data, before, ghosts, change);
}
