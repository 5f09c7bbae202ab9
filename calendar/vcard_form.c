#include "vcard_form.h"

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_table.h"
#include "ical_value.h"

enum { ATTACH_BY_VALUE = 1, MAX_WORDS = 1000 };

static enum status set_text(struct bag *props, prop_tag tag, const char *text)
{
    return tag == 0 || text == NULL || text[0] == '\0' ? STATUS_OK : bag_set_text(props, tag, slice_of_text(text));
}

static enum status read_parts(TALLOC_CTX *mem, const struct vcard_row *row, const struct text_line *line, struct bag *props)
{
    const prop_tag *tags;
    size_t count = vcard_parts(row, &tags);
    struct slice rest = line->value, item;
    for (size_t i = 0; i < count && text_next(&rest, ';', &item); i++)
        TRY(set_text(props, tags[i], text_unescaped(mem, slice_trim(item), row->form == VCARD_ADDRESS ? "\r\n" : " ")));
    return STATUS_OK;
}

static enum status read_words(TALLOC_CTX *mem, const struct vcard_row *row, const struct text_line *line, struct bag *props)
{
    const struct value *now = bag_get(props, row->tag);
    const char **all = array_new(mem, const char *, MAX_WORDS);
    struct slice rest = line->value, item;
    size_t count = 0;
    if (all == NULL)
        return status_fail(STATUS_NO_MEMORY, "words");
    for (; now != NULL && count < now->multiple.count && count < MAX_WORDS; count++)
        all[count] = slice_text(mem, now->multiple.elements[count].bytes);
    while (count < MAX_WORDS && text_next(&rest, row->form == VCARD_WORDS ? ',' : '\0', &item)) {
        char *word = text_unescaped(mem, slice_trim(item), " ");
        if (word != NULL && word[0] != '\0')
            all[count++] = word;
    }
    return count == 0 ? STATUS_OK : bag_set_strings(props, row->tag, all, count);
}

/* "1985-04-12", "19850412", with a time behind it; dates without a year stay text. */
static enum status read_day(const struct vcard_row *row, const struct text_line *line, struct bag *props)
{
    char digits[9];
    size_t used = 0;
    struct ical_time day;
    for (size_t i = 0; i < line->value.length && used < 8; i++) {
        char c = (char)line->value.data[i];
        if (c >= '0' && c <= '9')
            digits[used++] = c;
        else if (c != '-' || used == 0)
            break;
    }
    if (used != 8 || !ical_time_parse(slice_of(digits, 8), &day))
        return status_fail(STATUS_MALFORMED, "%s is no whole date", row->name);
    TRY(bag_set_time(props, row->tag, day.local));
    return bag_set_time(props, row->tag == PROP_BIRTHDAY ? PROP_BIRTHDAY_LOCAL : PROP_WEDDING_ANNIVERSARY_LOCAL, day.local);
}

/* The properties beside an address have ids that lie beside its own. */
static const struct {
    prop_tag address, type, display, original;
} emails[] = {
    { PROP_EMAIL1_EMAIL_ADDRESS, PROP_EMAIL1_ADDRESS_TYPE, PROP_EMAIL1_DISPLAY_NAME, PROP_EMAIL1_ORIGINAL_DISPLAY_NAME },
    { PROP_EMAIL2_EMAIL_ADDRESS, PROP_EMAIL2_ADDRESS_TYPE, PROP_EMAIL2_DISPLAY_NAME, PROP_EMAIL2_ORIGINAL_DISPLAY_NAME },
    { PROP_EMAIL3_EMAIL_ADDRESS, PROP_EMAIL3_ADDRESS_TYPE, PROP_EMAIL3_DISPLAY_NAME, PROP_EMAIL3_ORIGINAL_DISPLAY_NAME },
};

static enum status read_email(const char *address, const struct vcard_row *row, struct bag *props)
{
    if (address[0] == '\0')
        return status_fail(STATUS_MALFORMED, "empty address");
    for (size_t i = 0; i < ARRAY_LENGTH(emails); i++) {
        if (emails[i].address != row->tag)
            continue;
        TRY(bag_set_string(props, emails[i].type, "SMTP"));
        TRY(bag_set_string(props, emails[i].display, address));
        TRY(bag_set_string(props, emails[i].original, address));
    }
    return bag_set_string(props, row->tag, address);
}

/* "ENCODING=b" (3.0), "ENCODING=BASE64" (2.1) or a data URI (4.0). */
static enum status read_bytes(TALLOC_CTX *mem, const struct text_line *line, char **type, struct slice *out)
{
    struct slice encoding = line_param(line, "ENCODING"), head, data = line->value;
    bool plain = slice_equal_ascii_nocase(encoding, slice_of_text("b")) || slice_equal_ascii_nocase(encoding, slice_of_text("BASE64")) || vcard_has_type(line, "BASE64");
    *type = line_param_text(mem, line, "TYPE");
    if (!plain) {
        if (!slice_equal_ascii_nocase(slice_part(data, 0, 5), slice_of_text("data:")) || !slice_split(slice_part(data, 5, SIZE_MAX), ',', &head, &data))
            return status_fail(STATUS_MALFORMED, "no inline data");
        if (!slice_equal_ascii_nocase(slice_part(head, head.length > 7 ? head.length - 7 : 0, 7), slice_of_text(";base64")))
            return status_fail(STATUS_MALFORMED, "data URI without base64");
        *type = talloc_strndup(mem, (const char *)head.data, head.length - 7);
    }
    return base64_decode(mem, data, out);
}

static enum status read_photo(TALLOC_CTX *mem, const struct text_line *line, struct message *message)
{
    char *type = NULL;
    struct slice bytes;
    if (read_bytes(mem, line, &type, &bytes) != STATUS_OK)
        return status_fail(STATUS_MALFORMED, "photo is a link");
    for (size_t i = 0; i < message->attachment_count; i++) {
        if (bag_bool(message->attachments[i].props, PROP_ATTACHMENT_CONTACT_PHOTO, false))
            return status_fail(STATUS_MALFORMED, "a second photo");
    }
    struct slice kept = slice_copy(message, bytes);
    struct attachment *photo = message_add_attachment(message);
    if (photo == NULL || kept.data == NULL)
        return status_fail(STATUS_NO_MEMORY, "photo");
    photo->number = -1;
    photo->content = ATTACHMENT_BYTES;
    photo->bytes = kept;
    photo->size = kept.length;
    bool is_png = type != NULL && slice_equal_ascii_nocase(slice_part(slice_of_text(type), strlen(type) >= 3 ? strlen(type) - 3 : 0, 3), slice_of_text("png"));
    TRY(bag_set_bool(photo->props, PROP_ATTACHMENT_CONTACT_PHOTO, true));
    TRY(bag_set_int32(photo->props, PROP_ATTACH_METHOD, ATTACH_BY_VALUE));
    TRY(bag_set_string(photo->props, PROP_ATTACH_MIME_TAG, is_png ? "image/png" : "image/jpeg"));
    TRY(bag_set_string(photo->props, PROP_ATTACH_LONG_FILENAME, is_png ? "ContactPicture.png" : "ContactPicture.jpg"));
    return bag_set_bool(message->props, PROP_HAS_PICTURE, true);
}

static enum status read_key(TALLOC_CTX *mem, const struct vcard_row *row, const struct text_line *line, struct bag *props)
{
    char *type = NULL;
    struct value element = { .tag = PROP_USER_X509_CERTIFICATE & ~(prop_tag)TYPE_MULTIPLE };
    TRY(read_bytes(mem, line, &type, &element.bytes));
    if (type != NULL && !ascii_equal_nocase(type, "X509") && !ascii_equal_nocase(type, "application/pkix-cert"))
        return status_fail(STATUS_MALFORMED, "key of another kind");
    return bag_set(props, &(struct value){ .tag = row->tag, .multiple = { .count = 1, .elements = &element } });
}

enum status vcard_read(TALLOC_CTX *mem, const struct vcard_row *row, const struct text_line *line, struct message *message)
{
    struct bag *props = message->props;
    char *text = row->form == VCARD_PHOTO || row->form == VCARD_KEY ? talloc_strdup(mem, "") : text_unescaped(mem, line->value, row->form == VCARD_BODY ? "\r\n" : " ");
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "vCard");
    switch (row->form) {
    case VCARD_TEXT:
    case VCARD_BODY:
        return text[0] == '\0' ? status_fail(STATUS_MALFORMED, "empty %s", row->name) : bag_set_string(props, row->tag, text);
    case VCARD_URI:
        text = utf8_repair(mem, slice_trim(line->value));
        return text == NULL || text[0] == '\0' ? status_fail(STATUS_MALFORMED, "empty %s", row->name) : bag_set_string(props, row->tag, text);
    case VCARD_WORDS:
    case VCARD_LINES:
        return read_words(mem, row, line, props);
    case VCARD_DAY:
        return read_day(row, line, props);
    case VCARD_NAME:
    case VCARD_ORGANIZATION:
    case VCARD_ADDRESS:
        return read_parts(mem, row, line, props);
    case VCARD_EMAIL:
        return read_email(text, row, props);
    case VCARD_KEY:
        return read_key(mem, row, line, props);
    case VCARD_PHOTO:
        return read_photo(mem, line, message);
    case VCARD_CLASSIFICATION:
        return ical_number_of(WORDS_sensitivity, line->value) < 0 ? status_fail(STATUS_MALFORMED, "CLASS") : bag_set_int32(props, row->tag, ical_number_of(WORDS_sensitivity, line->value));
    }
    return status_fail(STATUS_INTERNAL, "form of %s", row->name);
}
