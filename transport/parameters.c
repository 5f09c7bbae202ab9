#include "parameters.h"

#include "bourse/base/text.h"
#include "bourse/groupware/deliver.h"
#include "xtext.h"

#define MOST_DIGITS 18u            /* of SIZE; [RFC 1870] 4 allows 20 */
#define LONGEST_ENVELOPE_ID 100u   /* [RFC 3461] 4.4 */
#define LONGEST_ORIGINAL 500u      /* [RFC 3461] 4.2 */

struct reading {
    TALLOC_CTX *mem;
    struct slice value;
    struct mail_parameters *mail;
    struct recipient_parameters *recipient;
};

static bool is_word(struct slice value, const char *word)
{
    return slice_equal_ascii_nocase(value, slice_of_text(word));
}

static enum smtp_reply read_size(struct reading *reading)
{
    uint64_t size = 0;
    if (reading->value.length > MOST_DIGITS)
        return REPLY_SYNTAX;
    for (size_t i = 0; i < reading->value.length; i++) {
        uint8_t c = reading->value.data[i];
        if (c < '0' || c > '9')
            return REPLY_SYNTAX;
        size = size * 10 + (uint64_t)(c - '0');
    }
    reading->mail->size = size;
    return REPLY_OK;
}

static enum smtp_reply read_body(struct reading *reading)
{
    static const char *const names[] = { [SMTP_BODY_7BIT] = "7BIT", [SMTP_BODY_8BITMIME] = "8BITMIME", [SMTP_BODY_BINARYMIME] = "BINARYMIME" };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (is_word(reading->value, names[i])) {
            reading->mail->body = (enum smtp_body)i;
            return REPLY_OK;
        }
    }
    return REPLY_UNKNOWN_BODY;
}

static enum smtp_reply read_smtputf8(struct reading *reading)
{
    reading->mail->smtputf8 = true;
    return REPLY_OK;
}

static enum smtp_reply read_ret(struct reading *reading)
{
    reading->mail->has_return = true;
    reading->mail->return_full = is_word(reading->value, "FULL");
    return reading->mail->return_full || is_word(reading->value, "HDRS") ? REPLY_OK : REPLY_SYNTAX;
}

static enum smtp_reply read_envid(struct reading *reading)
{
    char *text = NULL;
    if (reading->value.length > LONGEST_ENVELOPE_ID || xtext_decode(reading->mem, reading->value, &text) != STATUS_OK)
        return REPLY_SYNTAX;
    reading->mail->envelope_id = text;
    return REPLY_OK;
}

static enum smtp_reply read_auth(struct reading *reading)
{
    char *text = NULL;
    return xtext_decode(reading->mem, reading->value, &text) == STATUS_OK ? REPLY_OK : REPLY_SYNTAX;
}

static unsigned notify_of_word(struct slice word)
{
    static const struct { const char *word; enum dsn_notify notify; } words[] = {
        { "NEVER", DSN_NOTIFY_NEVER }, { "SUCCESS", DSN_NOTIFY_SUCCESS }, { "FAILURE", DSN_NOTIFY_FAILURE }, { "DELAY", DSN_NOTIFY_DELAY },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (is_word(word, words[i].word))
            return words[i].notify;
    return 0;
}

static enum smtp_reply read_notify(struct reading *reading)
{
    struct slice rest = reading->value, word;
    unsigned notify = 0;
    bool is_more = true;
    while (is_more) {
        is_more = slice_split(rest, ',', &word, &rest);
        unsigned one = notify_of_word(word);
        if (one == 0 || (notify & one) != 0)
            return REPLY_SYNTAX;
        notify |= one;
    }
    if ((notify & DSN_NOTIFY_NEVER) != 0 && notify != DSN_NOTIFY_NEVER)
        return REPLY_SYNTAX;
    reading->recipient->notify = notify;
    return REPLY_OK;
}

static bool is_type_name(struct slice type)
{
    for (size_t i = 0; i < type.length; i++) {
        uint8_t c = type.data[i];
        bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!is_good)
            return false;
    }
    return type.length > 0;
}

static enum smtp_reply read_orcpt(struct reading *reading)
{
    struct slice type, encoded;
    char *address = NULL;
    if (reading->value.length > LONGEST_ORIGINAL || !slice_split(reading->value, ';', &type, &encoded) || !is_type_name(type) ||
        encoded.length == 0 || xtext_decode(reading->mem, encoded, &address) != STATUS_OK)
        return REPLY_SYNTAX;
    reading->recipient->original_address = talloc_asprintf(reading->mem, "%.*s;%s", (int)type.length, (const char *)type.data, address);
    return reading->recipient->original_address != NULL ? REPLY_OK : REPLY_TOO_BUSY;
}

enum verb_of_parameter { OF_MAIL, OF_RCPT };
enum value_rule { VALUE_REQUIRED, VALUE_NONE };

static const struct parameter {
    enum verb_of_parameter verb;
    const char *keyword;
    enum value_rule value;
    enum smtp_reply (*read)(struct reading *reading);
} table[] = {
#define PARAMETER(verb, keyword, stem, value) { OF_##verb, keyword, VALUE_##value, read_##stem },
#include "parameters.def"
#undef PARAMETER
};

/* SP keyword [= value] [RFC 5321] 4.1.2 esmtp-param. False at the end. */
static bool next_parameter(struct slice *text, struct slice *keyword, struct slice *value, bool *has_value)
{
    struct slice word = { 0 };
    while (text->length > 0 && word.length == 0)
        slice_split(*text, ' ', &word, text);
    if (word.length == 0)
        return false;
    *has_value = slice_split(word, '=', keyword, value);
    return true;
}

static enum smtp_reply read_one(struct reading *reading, enum verb_of_parameter verb, struct slice keyword, bool has_value, unsigned *seen)
{
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (table[i].verb != verb || !is_word(keyword, table[i].keyword))
            continue;
        if ((*seen & 1u << i) != 0 || has_value != (table[i].value == VALUE_REQUIRED) || (has_value && reading->value.length == 0))
            return REPLY_SYNTAX;
        *seen |= 1u << i;
        return table[i].read(reading);
    }
    return REPLY_UNKNOWN_PARAMETER;
}

static enum smtp_reply read_all(struct reading *reading, enum verb_of_parameter verb, struct slice text)
{
    struct slice keyword;
    bool has_value = false;
    unsigned seen = 0;
    while (next_parameter(&text, &keyword, &reading->value, &has_value)) {
        enum smtp_reply reply = read_one(reading, verb, keyword, has_value, &seen);
        if (reply != REPLY_OK)
            return reply;
    }
    return REPLY_OK;
}

enum smtp_reply parameters_read_mail(TALLOC_CTX *mem, struct slice text, struct mail_parameters *parameters)
{
    struct reading reading = { .mem = mem, .mail = parameters };
    return read_all(&reading, OF_MAIL, text);
}

enum smtp_reply parameters_read_recipient(TALLOC_CTX *mem, struct slice text, struct recipient_parameters *parameters)
{
    struct reading reading = { .mem = mem, .recipient = parameters };
    return read_all(&reading, OF_RCPT, text);
}
