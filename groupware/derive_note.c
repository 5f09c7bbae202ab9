/* Notes [MS-OXONOTE]: subject and icon follow from text and colour. */
#include "bourse/base/memory.h"
#include "bourse/mime/body.h"
#include "bourse/model/properties.h"
#include "item_defaults.h"
#include "item_derive.h"

/* [MS-OXONOTE] 2.2.1.1: 0 blue .. 4 white; yellow is what a new one gets. Sizes in pixels are Outlook's. */
enum { COLOUR_YELLOW = 3, COLOUR_LAST = 4, NOTE_WIDTH = 200, NOTE_HEIGHT = 166, NOTE_ICON = 0x300, SUBJECT_BYTES = 255, TEXT_CAP = 1024 * 1024 };

static enum status text_of(struct message *message, struct slice *out)
{
    *out = bag_text(message->props, PROP_BODY);
    if (out->length > 0 || !bag_has(message->props, PROP_HTML))
        return STATUS_OK;
    return mime_text_from_html(message, bag_bytes(message->props, PROP_HTML), TEXT_CAP, out);
}

/* The first line with something on it, cut between characters [MS-OXONOTE] 2.2.2.1. */
static struct slice first_line(struct slice text)
{
    size_t start = 0, end;
    while (start < text.length && text.data[start] <= ' ')
        start++;
    for (end = start; end < text.length && text.data[end] != '\r' && text.data[end] != '\n' && end - start < SUBJECT_BYTES; end++)
        ;
    while (end > start && end < text.length && (text.data[end] & 0xC0) == 0x80)
        end--;
    return slice_of(text.data + start, end - start);
}

static enum status derive_subject(struct message *message, const struct derive_context *context)
{
    struct slice text;
    static const prop_tag bodies[] = { PROP_BODY, PROP_HTML, PROP_RTF_COMPRESSED };
    bool is_named = derive_changed(message, context, PROP_SUBJECT) || derive_changed(message, context, PROP_NORMALIZED_SUBJECT);
    if (is_named || !derive_changed_any(message, context, bodies, ARRAY_LENGTH(bodies)))
        return STATUS_OK;
    TRY(text_of(message, &text));
    TRY(bag_set_text(message->props, PROP_SUBJECT, first_line(text)));
    return item_derive_subject(message);
}

static enum status set_if_missing(struct bag *props, prop_tag tag, int32_t number)
{
    return bag_has(props, tag) ? STATUS_OK : bag_set_int32(props, tag, number);
}

enum status derive_note(struct message *message, struct derive_context *context)
{
    struct bag *props = message->props;
    int32_t colour = bag_int32(props, PROP_NOTE_COLOR, COLOUR_YELLOW);
    if (colour < 0 || colour > COLOUR_LAST)
        return status_fail(STATUS_INVALID_PROPERTY, "note colour %d", (int)colour);
    TRY(bag_set_int32(props, PROP_NOTE_COLOR, colour));
    TRY(bag_set_int32(props, PROP_ICON_INDEX, NOTE_ICON + colour));
    TRY(set_if_missing(props, PROP_NOTE_WIDTH, NOTE_WIDTH));
    TRY(set_if_missing(props, PROP_NOTE_HEIGHT, NOTE_HEIGHT));
    return derive_subject(message, context);
}
