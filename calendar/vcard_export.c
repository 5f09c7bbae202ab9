/* A contact or personal list -> a card. Kept lines are given back while they still say what the properties say; the rest is written from the table. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_value.h"
#include "vcard_form.h"

struct card {
    TALLOC_CTX *mem;
    const struct message *message;
    const struct bag *props;
    const struct vcard_export_options *options;
    enum vcard_version version;
    struct message *scratch; /* what the kept lines said, as far as they were looked at */
    prop_tag *done;
    size_t done_count;
    struct buffer *out, *line;
};

static bool is_done(const struct card *card, prop_tag tag)
{
    for (size_t i = 0; i < card->done_count; i++) {
        if (card->done[i] == tag)
            return true;
    }
    return false;
}

static bool same_parts(const struct card *card, const struct vcard_row *row)
{
    const prop_tag *tags;
    size_t count = vcard_parts(row, &tags);
    for (size_t i = 0; i < count; i++) {
        const struct value *was = tags[i] != 0 ? bag_get(card->scratch->props, tags[i]) : NULL, *now = tags[i] != 0 ? bag_get(card->props, tags[i]) : NULL;
        if ((was == NULL) != (now == NULL) || (was != NULL && !value_equal(was, now)))
            return false;
    }
    return true;
}

static void end_line(struct card *card)
{
    line_append_folded(card->out, buffer_slice(card->line));
    buffer_reset(card->line);
}

/* Lines that say something about the card as a whole, which is written anew. */
static bool is_replaced(const struct card *card, const struct text_line *line)
{
    bool revised = card->options->revised != 0 || bag_has(card->props, PROP_LAST_MODIFICATION_TIME);
    bool member = line_is(line, "MEMBER") || line_is(line, "X-ADDRESSBOOKSERVER-MEMBER");
    return line_is(line, "VERSION") || (revised && line_is(line, "REV")) || (member && address_in_member(line->value).length > 0);
}

static void write_kept(struct card *card, struct slice text, bool same_version)
{
    struct text_line line;
    if (!line_split(text, &line) || is_replaced(card, &line))
        return;
    const struct vcard_row *row = vcard_row_for(&line, card->scratch->props);
    if (row != NULL && (row->form == VCARD_WORDS || row->form == VCARD_LINES))
        bag_remove(card->scratch->props, row->tag);
    if (row != NULL && vcard_read(card->mem, row, &line, card->scratch) == STATUS_OK) {
        if (!same_version || !same_parts(card, row) || is_done(card, row->tag))
            return;
        card->done[card->done_count++] = row->tag;
    }
    status_chain_clear();
    line_append_folded(card->out, text);
}

static enum status write_all_kept(struct card *card)
{
    const struct value *kept = bag_get(card->props, PROP_VCARD_LINES);
    size_t count = kept != NULL && kept->form == VALUE_INLINE ? kept->multiple.count : 0;
    const char *version = card->version == VCARD_4 ? "VERSION:4.0" : "VERSION:3.0";
    bool same_version = count > 0 && slice_equal(kept->multiple.elements[0].bytes, slice_of_text(version));
    card->scratch = message_new(card->mem);
    card->done = array_new(card->mem, prop_tag, count + vcard_row_count() + 1);
    if (card->scratch == NULL || card->done == NULL)
        return status_fail(STATUS_NO_MEMORY, "card");
    for (size_t i = 0; i < count; i++)
        write_kept(card, kept->multiple.elements[i].bytes, same_version);
    return STATUS_OK;
}

static void write_rows(struct card *card)
{
    for (size_t i = 0; i < vcard_row_count(); i++) {
        const struct vcard_row *row = vcard_row_at(i);
        size_t written = 0;
        if (row->form == VCARD_PHOTO || is_done(card, row->tag))
            continue;
        for (; vcard_write(row, card->props, written, card->version, card->line); written++)
            end_line(card);
        if (written > 0)
            card->done[card->done_count++] = row->tag;
    }
}

/* FN is always there [RFC 6350] 6.2.1, N in version 3 [RFC 2426] 3.1.2. */
static void write_required(struct card *card)
{
    if (!is_done(card, PROP_DISPLAY_NAME)) {
        const char *name = bag_string(card->props, PROP_FILE_UNDER, bag_string(card->props, PROP_COMPANY_NAME, bag_string(card->props, PROP_EMAIL1_EMAIL_ADDRESS, "")));
        buffer_append_text(card->line, "FN:");
        text_append_escaped(card->line, slice_of_text(bag_string(card->props, PROP_SUBJECT, name)));
        end_line(card);
    }
    if (card->version == VCARD_3 && !is_done(card, PROP_SURNAME))
        line_append_folded(card->out, slice_of_text("N:;;;;"));
}

static enum status load(struct card *card, const struct attachment *attachment, struct slice *out)
{
    *out = attachment->bytes;
    if (attachment->content != ATTACHMENT_STORED)
        return STATUS_OK;
    if (card->options->read_blob == NULL || attachment->size > VCARD_MAX_BYTES)
        return status_fail(STATUS_INVALID_ARGUMENT, "stored photo of %llu bytes cannot be read", (unsigned long long)attachment->size);
    uint8_t *bytes = talloc_size(card->mem, (size_t)attachment->size + 1);
    size_t got = 0, used = 0;
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "photo");
    do {
        TRY(card->options->read_blob(attachment->stored.blob, used, bytes + used, (size_t)attachment->size - used, &got, card->options->read_data));
        used += got;
    } while (got > 0 && used < attachment->size);
    *out = slice_of(bytes, used);
    return STATUS_OK;
}

static enum status write_photo(struct card *card)
{
    for (size_t i = 0; i < card->message->attachment_count; i++) {
        const struct attachment *attachment = &card->message->attachments[i];
        struct slice bytes;
        if (!bag_bool(attachment->props, PROP_ATTACHMENT_CONTACT_PHOTO, false))
            continue;
        TRY(load(card, attachment, &bytes));
        const char *type = bag_string(attachment->props, PROP_ATTACH_MIME_TAG, "image/jpeg");
        bool is_png = ascii_equal_nocase(type, "image/png");
        if (card->version == VCARD_4)
            buffer_printf(card->line, "PHOTO:data:%s;base64,", is_png ? "image/png" : "image/jpeg");
        else
            buffer_printf(card->line, "PHOTO;ENCODING=b;TYPE=%s:", is_png ? "PNG" : "JPEG");
        base64_append(card->line, bytes);
        TRY(buffer_status(card->line));
        end_line(card);
        return STATUS_OK;
    }
    return STATUS_OK;
}

static void write_revision(struct card *card)
{
    instant when = card->options->revised != 0 ? card->options->revised : bag_time(card->props, PROP_LAST_MODIFICATION_TIME, 0);
    if (when == 0)
        return;
    buffer_append_text(card->line, "REV:");
    ical_time_append(card->line, when, false, true);
    end_line(card);
}

static bool is_class(const struct bag *props, const char *class)
{
    return slice_equal_ascii_nocase(slice_part(bag_text(props, PROP_MESSAGE_CLASS), 0, strlen(class)), slice_of_text(class));
}

static enum status write_card(struct card *card)
{
    buffer_printf(card->out, "BEGIN:VCARD\r\nVERSION:%d.0\r\n", (int)card->version);
    TRY(write_all_kept(card));
    write_rows(card);
    write_required(card);
    TRY(write_photo(card));
    if (is_class(card->props, "IPM.DistList")) {
        if (!bag_has(card->props, PROP_VCARD_LINES))
            buffer_append_text(card->out, card->version == VCARD_4 ? "KIND:group\r\n" : "X-ADDRESSBOOKSERVER-KIND:group\r\n");
        TRY(vcard_write_members(card->mem, card->props, card->version, card->out));
    }
    write_revision(card);
    buffer_append_text(card->out, "END:VCARD\r\n");
    return buffer_status(card->out);
}

enum status vcard_export(TALLOC_CTX *mem, const struct message *message, const struct vcard_export_options *options, struct buffer *out)
{
    static const struct vcard_export_options defaults;
    struct card card = { .message = message, .props = message->props, .options = options != NULL ? options : &defaults, .out = out };
    if (!is_class(message->props, "IPM.Contact") && !is_class(message->props, "IPM.DistList"))
        return status_fail(STATUS_INVALID_ARGUMENT, "class %s has no vCard form", bag_string(message->props, PROP_MESSAGE_CLASS, ""));
    card.version = card.options->version == VCARD_4 ? VCARD_4 : VCARD_3;
    card.mem = talloc_new(mem);
    card.line = card.mem != NULL ? buffer_new(card.mem, 2 * VCARD_MAX_BYTES) : NULL;
    enum status status = card.line != NULL ? write_card(&card) : status_fail(STATUS_NO_MEMORY, "card");
    talloc_free(card.mem);
    return status;
}
