#include "rules_store.h"

#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/storage/folder.h"

enum { TERMS_VERSION = 1, TERMS_CAP = 512 * 1024 };

/* [MS-OXORULE] 2.2.1.3.1.3 */
enum { STATE_ENABLED = 0x1, STATE_ERROR = 0x2, STATE_ONLY_WHEN_OOF = 0x4 };

static const struct rule_term_info tests[] = {
#define RULE_TEST(name, number, form, json, ews) { number, RULE_FORM_##form, json, ews },
#include "bourse/groupware/rule_terms.def"
};

static const struct rule_term_info actions[] = {
#define RULE_ACTION(name, number, form, json, ews) { number, RULE_FORM_##form, json, ews },
#include "bourse/groupware/rule_terms.def"
};

static const struct rule_term_info *find(const struct rule_term_info *table, size_t count, int kind)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].kind == kind)
            return &table[i];
    return NULL;
}

const struct rule_term_info *rule_test_info(int kind)
{
    return find(tests, ARRAY_LENGTH(tests), kind);
}

const struct rule_term_info *rule_action_info(int kind)
{
    return find(actions, ARRAY_LENGTH(actions), kind);
}

const struct rule_term_info *rule_test_at(size_t index)
{
    return index < ARRAY_LENGTH(tests) ? &tests[index] : NULL;
}

const struct rule_term_info *rule_action_at(size_t index)
{
    return index < ARRAY_LENGTH(actions) ? &actions[index] : NULL;
}

/* ---- terms ---- */

static void pack_term(struct buffer *out, const struct rule_term *term)
{
    buffer_append_varint(out, (uint64_t)term->kind);
    buffer_append_varint(out, term->text_count);
    for (size_t i = 0; i < term->text_count; i++) {
        buffer_append_varint(out, strlen(term->texts[i]));
        buffer_append_text(out, term->texts[i]);
    }
    buffer_append_u64(out, (uint64_t)term->low);
    buffer_append_u64(out, (uint64_t)term->high);
    buffer_append_varint(out, term->bytes.length);
    buffer_append_slice(out, term->bytes);
}

enum status rule_terms_pack(TALLOC_CTX *mem, const struct rule_term *terms, size_t count, struct slice *out)
{
    struct buffer *buffer = buffer_new(mem, TERMS_CAP);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "rule");
    if (count > RULE_TERMS_MAX)
        return status_fail(STATUS_LIMIT_EXCEEDED, "%zu parts of a rule", count);
    buffer_append_byte(buffer, TERMS_VERSION);
    buffer_append_varint(buffer, count);
    for (size_t i = 0; i < count; i++) {
        if (terms[i].text_count > RULE_TEXTS_MAX)
            return status_fail(STATUS_LIMIT_EXCEEDED, "%zu texts in a part of a rule", terms[i].text_count);
        pack_term(buffer, &terms[i]);
    }
    TRY(buffer_status(buffer));
    return buffer_take(buffer, mem, out);
}

static enum status unpack_texts(TALLOC_CTX *mem, struct wire *in, struct rule_term *out)
{
    uint64_t count = wire_varint(in);
    if (count > RULE_TEXTS_MAX || !wire_check_count(in, count, 1))
        return status_fail(STATUS_CORRUPT, "rule with too many texts");
    const char **texts = array_new(mem, const char *, (size_t)count);
    if (texts == NULL)
        return status_fail(STATUS_NO_MEMORY, "rule");
    for (size_t i = 0; i < count; i++) {
        uint64_t length = wire_varint(in);
        struct slice text = length <= wire_left(in) ? wire_bytes(in, (size_t)length) : (struct slice){ 0 };
        if (wire_status(in) != STATUS_OK || text.length != length || !utf8_is_valid(text) || slice_find_byte(text, 0) >= 0)
            return status_fail(STATUS_CORRUPT, "text of a rule");
        texts[i] = slice_text(mem, text);
        if (texts[i] == NULL)
            return status_fail(STATUS_NO_MEMORY, "rule");
    }
    out->texts = texts;
    out->text_count = (size_t)count;
    return STATUS_OK;
}

static enum status unpack_term(TALLOC_CTX *mem, struct wire *in, struct rule_term *out)
{
    uint64_t kind = wire_varint(in);
    if (kind > INT16_MAX)
        return status_fail(STATUS_CORRUPT, "kind of a part of a rule");
    out->kind = (int)kind;
    TRY(unpack_texts(mem, in, out));
    out->low = (int64_t)wire_u64(in);
    out->high = (int64_t)wire_u64(in);
    uint64_t length = wire_varint(in);
    if (wire_status(in) != STATUS_OK || length > wire_left(in))
        return status_fail(STATUS_CORRUPT, "rule is cut");
    out->bytes = slice_copy(mem, wire_bytes(in, (size_t)length));
    return length == 0 || out->bytes.data != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rule");
}

enum status rule_terms_unpack(TALLOC_CTX *mem, struct slice packed, struct rule_term **out, size_t *count)
{
    struct wire in = wire_over(packed);
    *count = 0;
    *out = NULL;
    if (packed.length == 0)
        return STATUS_OK;
    uint8_t version = wire_u8(&in);
    uint64_t terms = wire_varint(&in);
    if (wire_status(&in) != STATUS_OK || version != TERMS_VERSION || terms > RULE_TERMS_MAX)
        return status_fail(STATUS_CORRUPT, "rule of version %u", (unsigned)version);
    *out = array_new(mem, struct rule_term, (size_t)terms);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "rule");
    for (size_t i = 0; i < terms; i++)
        TRY(unpack_term(mem, &in, &(*out)[i]));
    *count = (size_t)terms;
    return wire_finish(&in) == STATUS_OK ? STATUS_OK : status_fail(STATUS_CORRUPT, "bytes behind a rule");
}

/* ---- rows: condition = restriction, actions = actions, extra = conditions and exceptions behind each other ---- */

static enum status pack_tests(TALLOC_CTX *mem, const struct rule *rule, struct slice *out)
{
    struct slice conditions, exceptions;
    struct buffer *buffer = buffer_new(mem, 2 * TERMS_CAP);
    TRY(rule_terms_pack(mem, rule->conditions, rule->condition_count, &conditions));
    TRY(rule_terms_pack(mem, rule->exceptions, rule->exception_count, &exceptions));
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "rule");
    buffer_append_u32(buffer, (uint32_t)conditions.length);
    buffer_append_slice(buffer, conditions);
    buffer_append_slice(buffer, exceptions);
    TRY(buffer_status(buffer));
    return buffer_take(buffer, mem, out);
}

static enum status unpack_tests(TALLOC_CTX *mem, struct slice packed, struct rule *out)
{
    struct wire in = wire_over(packed);
    if (packed.length == 0)
        return STATUS_OK;
    uint32_t length = wire_u32(&in);
    if (wire_status(&in) != STATUS_OK || length > wire_left(&in))
        return status_fail(STATUS_CORRUPT, "conditions of a rule are cut");
    TRY(rule_terms_unpack(mem, wire_bytes(&in, length), &out->conditions, &out->condition_count));
    return rule_terms_unpack(mem, wire_rest(&in), &out->exceptions, &out->exception_count);
}

static enum status pack_restriction(TALLOC_CTX *mem, const struct restriction *restriction, struct slice *out)
{
    *out = slice_of("", 0);
    if (restriction == NULL)
        return STATUS_OK;
    struct buffer *buffer = buffer_new(mem, TERMS_CAP);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "rule");
    TRY(restriction_pack(restriction, true, buffer));
    return buffer_take(buffer, mem, out);
}

static enum status unpack_restriction(TALLOC_CTX *mem, struct slice packed, struct restriction **out)
{
    struct wire in = wire_over(packed);
    return packed.length > 0 ? restriction_unpack(mem, &in, true, out) : STATUS_OK;
}

enum status rule_to_stored(TALLOC_CTX *mem, const struct rule *rule, struct stored_rule *out)
{
    *out = (struct stored_rule){
        .id = rule->id, .sequence = rule->sequence, .name = rule->name != NULL ? rule->name : "", .provider = rule->provider != NULL ? rule->provider : "",
        .state = (rule->is_enabled ? STATE_ENABLED : 0u) | (rule->is_in_error ? STATE_ERROR : 0u) | (rule->only_when_away ? STATE_ONLY_WHEN_OOF : 0u),
    };
    TRY(pack_restriction(mem, rule->restriction, &out->condition));
    TRY(rule_terms_pack(mem, rule->actions, rule->action_count, &out->actions));
    return pack_tests(mem, rule, &out->extra);
}

enum status rule_of_stored(TALLOC_CTX *mem, const struct stored_rule *stored, struct rule *out)
{
    *out = (struct rule){
        .id = stored->id, .sequence = stored->sequence, .name = stored->name, .provider = stored->provider,
        .is_enabled = (stored->state & STATE_ENABLED) != 0, .is_in_error = (stored->state & STATE_ERROR) != 0,
        .only_when_away = (stored->state & STATE_ONLY_WHEN_OOF) != 0,
    };
    TRY(unpack_restriction(mem, stored->condition, &out->restriction));
    TRY(rule_terms_unpack(mem, stored->actions, &out->actions, &out->action_count));
    return unpack_tests(mem, stored->extra, out);
}

enum status rules_read(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct rule **out, size_t *count)
{
    struct stored_rule *stored = NULL;
    size_t stored_count = 0;
    TRY(store_rule_list(mem, tx, mailbox, STORE_ROLE_INBOX, &stored, &stored_count)); /* fixed folders have their role's number as id */
    *count = 0;
    *out = array_new(mem, struct rule, stored_count);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "rules");
    for (size_t i = 0; i < stored_count; i++) {
        enum status status = rule_of_stored(mem, &stored[i], &(*out)[*count]);
        if (status == STATUS_NO_MEMORY)
            return status;
        if (status == STATUS_OK)
            (*count)++;
        else
            log_failure(EVENT_DELIVERY_HOOK, status, "rule %lld of mailbox %lld", (long long)stored[i].id, (long long)mailbox);
    }
    return STATUS_OK;
}

enum status rule_mark_error(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t id)
{
    struct stored_rule *stored = NULL;
    size_t count = 0;
    TRY(store_rule_list(mem, tx, mailbox, STORE_ROLE_INBOX, &stored, &count));
    for (size_t i = 0; i < count; i++)
        if (stored[i].id == id && (stored[i].state & STATE_ERROR) == 0) {
            stored[i].state |= STATE_ERROR;
            return store_rule_save(tx, mailbox, STORE_ROLE_INBOX, &stored[i], NULL);
        }
    return STATUS_OK;
}
