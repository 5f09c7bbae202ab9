/* Cards -> contacts and personal lists. */
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "vcard_form.h"
#include "vcard_old.h"

struct card {
    TALLOC_CTX *mem;
    struct message *message;
    struct vcard_entry *entry;
    const char **kept;
    size_t kept_count, room;
};

static enum status keep(struct card *card, const char *text)
{
    if (card->kept_count == card->room) {
        card->room = card->room * 2 + 32;
        card->kept = array_resize(card->mem, card->kept, const char *, card->room);
        if (card->kept == NULL)
            return status_fail(STATUS_NO_MEMORY, "kept lines");
    }
    card->kept[card->kept_count++] = text;
    return STATUS_OK;
}

/* Every line is kept as text, but for a photo that became an attachment: what has no property comes out again, what has one keeps its spelling. */
static enum status read_line(struct card *card, const struct text_line *old)
{
    struct text_line line;
    char *text = vcard_modern_line(card->mem, old);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "vCard");
    if (!line_split(slice_of_text(text), &line))
        return keep(card, text);
    const struct vcard_row *row = vcard_row_for(&line, card->message->props);
    enum status status = row != NULL ? vcard_read(card->mem, row, &line, card->message) : STATUS_OK;
    if (status == STATUS_NO_MEMORY)
        return status;
    status_chain_clear();
    if (line_is(&line, "UID"))
        card->entry->uid = text_unescaped(card->mem, line.value, "");
    if (line_is(&line, "KIND") || line_is(&line, "X-ADDRESSBOOKSERVER-KIND"))
        card->entry->is_group = card->entry->is_group || slice_equal_ascii_nocase(slice_trim(line.value), slice_of_text("group"));
    return row != NULL && row->form == VCARD_PHOTO && status == STATUS_OK ? STATUS_OK : keep(card, text);
}

static enum status keep_version(struct card *card, const struct text_block *block)
{
    const struct text_line *version = block_find(block, "VERSION");
    bool is_4 = version != NULL && slice_equal(slice_trim(version->value), slice_of_text("4.0"));
    return keep(card, is_4 ? "VERSION:4.0" : "VERSION:3.0");
}

static enum status read_card(struct card *card, const struct text_block *block)
{
    const struct text_line *line;
    struct text_block inner;
    TRY(keep_version(card, block));
    for (size_t at = block->begin; block_next(block, &at, &line, &inner);) {
        if (line != NULL && !line_is(line, "VERSION"))
            TRY(read_line(card, line));
        for (size_t i = inner.begin - 1; line == NULL && i <= inner.end; i++) /* AGENT of version 2.1 */
            TRY(keep(card, utf8_repair(card->mem, inner.lines[i].whole)));
    }
    struct bag *props = card->message->props;
    TRY(bag_set_string(props, PROP_MESSAGE_CLASS, card->entry->is_group ? "IPM.DistList" : "IPM.Contact"));
    if (card->entry->is_group) {
        TRY(bag_set_string(props, PROP_DISTRIBUTION_LIST_NAME, bag_string(props, PROP_DISPLAY_NAME, "")));
        TRY(vcard_add_members(card->mem, block, card->message));
    }
    return bag_set_strings(props, PROP_VCARD_LINES, card->kept, card->kept_count);
}

static enum status add_card(TALLOC_CTX *mem, const struct text_block *block, struct vcard_result *out, size_t *room)
{
    if (out->count == *room) {
        *room = *room * 2 + 8;
        out->entries = array_resize(mem, out->entries, struct vcard_entry, *room);
        if (out->entries == NULL)
            return status_fail(STATUS_NO_MEMORY, "cards");
    }
    struct vcard_entry *entry = &out->entries[out->count];
    *entry = (struct vcard_entry){ .uid = "" };
    struct card card = { .mem = talloc_new(mem), .entry = entry };
    card.message = entry->message = card.mem != NULL ? message_new(card.mem) : NULL;
    if (card.message == NULL)
        return status_fail(STATUS_NO_MEMORY, "card");
    TRY(read_card(&card, block));
    if (entry->uid == NULL)
        return status_fail(STATUS_NO_MEMORY, "card");
    out->count++;
    return STATUS_OK;
}

enum status vcard_import(TALLOC_CTX *mem, struct slice bytes, struct vcard_result *out)
{
    static const struct line_limits limits = { .lines = VCARD_MAX_LINES, .blocks = VCARD_MAX_CARDS, .depth = 4 };
    struct text_line *lines;
    size_t count, room = 0;
    *out = (struct vcard_result){ 0 };
    if (bytes.length > VCARD_MAX_BYTES)
        return status_fail(STATUS_LIMIT_EXCEEDED, "vCard of %zu bytes", bytes.length);
    TALLOC_CTX *scratch = talloc_new(mem);
    enum status status = scratch == NULL ? status_fail(STATUS_NO_MEMORY, "vCard") : lines_read(scratch, bytes, &limits, &lines, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i = lines[i].end > 0 ? lines[i].end + 1 : i + 1) {
        struct text_block block = { .lines = lines, .begin = i + 1, .end = lines[i].end };
        if (lines[i].end > 0 && slice_equal_ascii_nocase(block_name(&block), slice_of_text("VCARD")))
            status = add_card(mem, &block, out, &room);
    }
    talloc_free(scratch);
    return status == STATUS_OK && out->count == 0 ? status_fail(STATUS_MALFORMED, "no VCARD") : status;
}
