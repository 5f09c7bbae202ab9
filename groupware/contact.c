#include "bourse/groupware/contact.h"

#include "bourse/base/memory.h"
#include "bourse/model/properties.h"

/* First bytes of what may be a photo, with the name and type that it then gets [MS-OXOCNTC] 2.2.1.8.3. */
static const struct picture {
    const char *magic;
    size_t length;
    const char *file, *extension, *type;
} pictures[] = {
    { "\xFF\xD8\xFF", 3, "ContactPicture.jpg", ".jpg", "image/jpeg" },
    { "\x89PNG\r\n\x1A\n", 8, "ContactPicture.png", ".png", "image/png" },
    { "GIF8", 4, "ContactPicture.gif", ".gif", "image/gif" },
};

static const struct picture *picture_of(struct slice photo)
{
    for (size_t i = 0; i < ARRAY_LENGTH(pictures); i++)
        if (slice_equal(slice_part(photo, 0, pictures[i].length), slice_of(pictures[i].magic, pictures[i].length)))
            return &pictures[i];
    return NULL;
}

static bool is_photo(const struct attachment *attachment)
{
    return bag_bool(attachment->props, PROP_ATTACHMENT_CONTACT_PHOTO, false);
}

enum status contact_photo(TALLOC_CTX *mem, struct session *session, const struct object_id *contact, struct slice *out)
{
    struct item *item = NULL;
    *out = slice_of(NULL, 0);
    TRY(item_get(mem, session, contact, ITEM_ATTACHMENTS, &item));
    for (size_t i = 0; i < item->message->attachment_count; i++) {
        struct object_id id = item->id;
        struct attachment *photo = NULL;
        if (!is_photo(&item->message->attachments[i]))
            continue;
        id.kind = OBJECT_ATTACHMENT;
        id.attachment_depth = 1;
        id.attachments[0] = item->message->attachments[i].number;
        TRY(attachment_get(mem, session, &id, true, &photo));
        *out = photo->bytes;
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status fill_attachment(TALLOC_CTX *mem, struct slice photo, struct attachment *out)
{
    const struct picture *picture = picture_of(photo);
    if (photo.length > CONTACT_PHOTO)
        return status_fail(STATUS_LIMIT_EXCEEDED, "photo of %zu bytes", photo.length);
    if (picture == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "a photo is JPEG, PNG or GIF");
    *out = (struct attachment){ .number = -1, .props = bag_new(mem), .content = ATTACHMENT_BYTES, .bytes = photo, .size = photo.length };
    if (out->props == NULL)
        return status_fail(STATUS_NO_MEMORY, "photo");
    TRY(bag_set_string(out->props, PROP_ATTACH_LONG_FILENAME, picture->file));
    TRY(bag_set_string(out->props, PROP_ATTACH_EXTENSION, picture->extension));
    TRY(bag_set_string(out->props, PROP_ATTACH_MIME_TAG, picture->type));
    return bag_set_bool(out->props, PROP_ATTACHMENT_CONTACT_PHOTO, true);
}

enum status contact_set_photo(TALLOC_CTX *mem, struct session *session, const struct object_id *contact, struct slice photo, struct item **out)
{
    struct item *item = NULL;
    struct attachment fresh;
    struct item_change change = { 0 };
    if (photo.length > 0) {
        TRY(fill_attachment(mem, photo, &fresh));
        change.add_attachments = &fresh;
        change.add_attachment_count = 1;
    }
    TRY(item_get(mem, session, contact, ITEM_ATTACHMENTS, &item));
    if (strncasecmp(bag_string(item->message->props, PROP_MESSAGE_CLASS, ""), "IPM.Contact", 11) != 0)
        return status_fail(STATUS_INVALID_ARGUMENT, "not a contact");
    int32_t *numbers = array_new(mem, int32_t, item->message->attachment_count);
    if (numbers == NULL)
        return status_fail(STATUS_NO_MEMORY, "photo");
    for (size_t i = 0; i < item->message->attachment_count; i++)
        if (is_photo(&item->message->attachments[i]))
            numbers[change.remove_attachment_count++] = item->message->attachments[i].number;
    change.remove_attachments = numbers;
    return item_update(mem, session, contact, 0, CONFLICT_ALWAYS_OVERWRITE, &change, out);
}
