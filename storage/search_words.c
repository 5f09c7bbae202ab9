#include "search_words.h"

#include "bourse/base/text.h"
#include "bourse/model/properties.h"
#include "array_count.h"

#define WORD_MAX 64

/* ---- characters ---- */

enum letter { LETTER_NONE, LETTER_WORD, LETTER_ALONE /* scripts without blanks */ };

struct range {
    uint32_t first, last;
    enum letter letter;
};

/* Above ASCII; what is not here is a letter. Blocks of the Unicode character database. */
static const struct range ranges[] = {
    { 0x0080, 0x00A9, LETTER_NONE },  { 0x00AB, 0x00B1, LETTER_NONE },  { 0x00B4, 0x00B4, LETTER_NONE },  { 0x00B6, 0x00B8, LETTER_NONE },
    { 0x00BB, 0x00BF, LETTER_NONE },  { 0x00D7, 0x00D7, LETTER_NONE },  { 0x00F7, 0x00F7, LETTER_NONE },  { 0x0E00, 0x0EFF, LETTER_ALONE },
    { 0x1000, 0x109F, LETTER_ALONE }, { 0x1780, 0x17FF, LETTER_ALONE }, { 0x2000, 0x206F, LETTER_NONE },  { 0x2190, 0x245F, LETTER_NONE },
    { 0x2500, 0x2BFF, LETTER_NONE },  { 0x2E00, 0x2E7F, LETTER_NONE },  { 0x2E80, 0x2FFF, LETTER_ALONE }, { 0x3000, 0x3004, LETTER_NONE },
    { 0x3005, 0x3007, LETTER_ALONE }, { 0x3008, 0x3020, LETTER_NONE },  { 0x3021, 0x312F, LETTER_ALONE }, { 0x31A0, 0x9FFF, LETTER_ALONE },
    { 0xE000, 0xF8FF, LETTER_NONE },  { 0xF900, 0xFAFF, LETTER_ALONE }, { 0xFE00, 0xFE0F, LETTER_NONE },  { 0xFE30, 0xFE6F, LETTER_NONE },
    { 0xFF00, 0xFF0F, LETTER_NONE },  { 0xFF1A, 0xFF20, LETTER_NONE },  { 0xFF3B, 0xFF40, LETTER_NONE },  { 0xFF5B, 0xFF65, LETTER_NONE },
    { 0xFF66, 0xFF9D, LETTER_ALONE }, { 0xFFF0, 0xFFFF, LETTER_NONE },  { 0x20000, 0x3FFFF, LETTER_ALONE },
};

static uint32_t decode(const uint8_t *at, size_t length)
{
    uint32_t point = length == 1 ? at[0] : at[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        point = point << 6 | (at[i] & 0x3Fu);
    return point;
}

static enum letter letter_of(uint32_t point)
{
    if (point < 0x80)
        return (point >= '0' && point <= '9') || (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ? LETTER_WORD : LETTER_NONE;
    for (size_t i = 0; i < ARRAY_LENGTH(ranges); i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return ranges[i].letter;
    return LETTER_WORD;
}

/* The character at `at`, its kind and its length; ill-formed bytes are none. */
static enum letter letter_at(struct slice text, size_t at, size_t *length)
{
    bool fine = utf8_step(slice_part(text, at, text.length), length);
    return fine ? letter_of(decode(text.data + at, *length)) : LETTER_NONE;
}

/* ---- words ---- */

static enum status add_word(struct search_words *words, TALLOC_CTX *mem, struct slice word, bool is_prefix)
{
    if (words->count >= words->most)
        return STATUS_LIMIT_EXCEEDED;
    if (words->count == words->room) {
        words->room = words->room > 0 ? words->room * 2 : 64;
        words->list = talloc_realloc(mem, words->list, const char *, array_count(words->room));
        words->is_prefix = talloc_realloc(mem, words->is_prefix, bool, array_count(words->room));
        if (words->list == NULL || words->is_prefix == NULL)
            return status_fail(STATUS_NO_MEMORY, "words");
    }
    word = utf8_prefix(word, WORD_MAX);
    char *text = talloc_asprintf(words->list, "%lld:%.*s", (long long)words->mailbox, (int)word.length, (const char *)word.data);
    if (text == NULL)
        return status_fail(STATUS_NO_MEMORY, "words");
    words->is_prefix[words->count] = is_prefix;
    words->list[words->count++] = text;
    return STATUS_OK;
}

/* One character of a script without blanks, which `previous` stood before (or nothing). A query asks for the pair; for the character alone
 * when it has no neighbour. */
static enum status add_alone(struct search_words *words, TALLOC_CTX *mem, struct slice pair, size_t before, bool is_query, bool has_next)
{
    bool wants_single = !is_query || (before == 0 && !has_next);
    if (wants_single)
        TRY(add_word(words, mem, slice_part(pair, before, pair.length), false));
    return before > 0 ? add_word(words, mem, pair, false) : STATUS_OK;
}

static enum status add_run_alone(struct search_words *words, TALLOC_CTX *mem, struct slice text, size_t *at, bool is_query)
{
    size_t length, next = 0, before = 0;
    letter_at(text, *at, &length);
    for (;;) {
        bool has_next = *at + length < text.length && letter_at(text, *at + length, &next) == LETTER_ALONE;
        TRY(add_alone(words, mem, slice_part(text, *at - before, before + length), before, is_query, has_next));
        *at += length;
        if (!has_next)
            return STATUS_OK;
        before = length;
        length = next;
    }
}

/* `text` is folded. */
static enum status add_text(struct search_words *words, TALLOC_CTX *mem, struct slice text, bool is_query)
{
    for (size_t at = 0, length; at < text.length;) {
        enum letter letter = letter_at(text, at, &length);
        size_t start = at;
        if (letter == LETTER_NONE) {
            at += length;
        } else if (letter == LETTER_ALONE) {
            TRY(add_run_alone(words, mem, text, &at, is_query));
        } else {
            while (at < text.length && letter_at(text, at, &length) == LETTER_WORD)
                at += length;
            bool is_prefix = is_query && at < text.length && text.data[at] == '*';
            TRY(add_word(words, mem, slice_part(text, start, at - start), is_prefix));
        }
    }
    return STATUS_OK;
}

static enum status add_unfolded(struct search_words *words, TALLOC_CTX *mem, const char *text, bool is_query)
{
    char *folded = text_fold(mem, slice_of_text(text));
    if (folded == NULL)
        return status_fail(STATUS_NO_MEMORY, "words");
    enum status status = add_text(words, mem, slice_of_text(folded), is_query);
    talloc_free(folded);
    return status;
}

/* ---- items ---- */

static enum status add_value(struct search_words *words, TALLOC_CTX *mem, const struct value *value)
{
    if (value->form != VALUE_INLINE)
        return STATUS_OK;
    if (prop_type(value->tag) == TYPE_STRING)
        return add_unfolded(words, mem, value_text(value), false);
    if (prop_type(value->tag) != (TYPE_MULTIPLE | TYPE_STRING))
        return STATUS_OK;
    for (size_t i = 0; i < value->multiple.count; i++)
        TRY(add_unfolded(words, mem, value_text(&value->multiple.elements[i]), false));
    return STATUS_OK;
}

static enum status add_props(struct search_words *words, TALLOC_CTX *mem, const struct bag *bag)
{
    for (size_t i = 0; i < bag_count(bag); i++) {
        const struct value *value = bag_at(bag, i);
        const struct property_info *info = property_by_tag(prop_make(prop_id(value->tag), TYPE_UNSPECIFIED));
        if (info != NULL && (info->flags & PROPERTY_SEARCHABLE) != 0 && info->tag != (prop_tag)PROP_BODY)
            TRY(add_value(words, mem, value));
    }
    return STATUS_OK;
}

static enum status add_item(struct search_words *words, TALLOC_CTX *mem, const struct loaded_message *loaded)
{
    const struct message *message = loaded->message;
    TRY(add_props(words, mem, message->props));
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct recipient *recipient = &message->recipients[i];
        TRY(add_unfolded(words, mem, recipient->display_name, false));
        TRY(add_unfolded(words, mem, recipient->smtp_address[0] != '\0' ? recipient->smtp_address : recipient->address, false));
    }
    for (size_t i = 0; i < message->attachment_count; i++)
        TRY(add_props(words, mem, message->attachments[i].props));
    return add_unfolded(words, mem, bag_string(message->props, (prop_tag)PROP_BODY, loaded->body_text), false); /* last: it is the longest */
}

static bool words_start(TALLOC_CTX *mem, int64_t mailbox, size_t most, struct search_words *out)
{
    *out = (struct search_words){ .mailbox = mailbox, .most = most, .list = talloc_array(mem, const char *, 64), .is_prefix = talloc_array(mem, bool, 64), .room = 64 };
    return out->list != NULL && out->is_prefix != NULL;
}

enum status search_words_of_item(TALLOC_CTX *mem, int64_t mailbox, const struct loaded_message *loaded, struct search_words *out)
{
    if (!words_start(mem, mailbox, SEARCH_ITEM_WORDS_MAX, out))
        return status_fail(STATUS_NO_MEMORY, "words");
    enum status status = add_item(out, mem, loaded);
    return status == STATUS_LIMIT_EXCEEDED ? STATUS_OK : status;
}

/* ---- queries ---- */

enum status search_words_of_query(TALLOC_CTX *mem, int64_t mailbox, const char *query, struct search_words *out)
{
    if (!words_start(mem, mailbox, SEARCH_QUERY_WORDS_MAX, out))
        return status_fail(STATUS_NO_MEMORY, "words");
    enum status status = add_unfolded(out, mem, query, true);
    return status == STATUS_LIMIT_EXCEEDED ? status_fail(STATUS_TOO_COMPLEX, "query of more than %d words", SEARCH_QUERY_WORDS_MAX) : status;
}

static bool has_word(const struct search_words *item, const char *word, bool is_prefix)
{
    size_t length = strlen(word);
    for (size_t i = 0; i < item->count; i++)
        if (is_prefix ? strncmp(item->list[i], word, length) == 0 : strcmp(item->list[i], word) == 0)
            return true;
    return false;
}

bool search_words_match(const struct search_words *query, const struct search_words *item)
{
    for (size_t i = 0; i < query->count; i++)
        if (!has_word(item, query->list[i], query->is_prefix[i]))
            return false;
    return true;
}

/* Words have no quotes or backslashes, so quoting is enough. */
char *search_words_tsquery(TALLOC_CTX *mem, const struct search_words *query)
{
    char *text = talloc_strdup(mem, "");
    for (size_t i = 0; i < query->count && text != NULL; i++)
        text = talloc_asprintf_append_buffer(text, "%s'%s'%s", i > 0 ? " & " : "", query->list[i], query->is_prefix[i] ? ":*" : "");
    return text;
}
