#include "bourse/groupware/out_of_office.h"

#include "access_in.h"
#include "automation.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/mime/body.h"
#include "bourse/storage/settings.h"
#include "folder_view.h"
#include "out_of_office_store.h"

/* The limit of the text is Exchange's for an answer [MS-OXWOOF] 3.1.4.2 with room for HTML. */
enum { VERSION = 1, TEXT_MAX = 128 * 1024 };

static const char config_name[] = "bourse.oof";

bool out_of_office_is_on(const struct out_of_office *settings, instant now)
{
    if (settings->state == OOF_SCHEDULED)
        return now >= settings->starts && now < settings->ends;
    return settings->state == OOF_ENABLED;
}

bool out_of_office_is_html(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '<';
}

enum status out_of_office_text(TALLOC_CTX *mem, const char *text, bool html, const char **out)
{
    struct slice made = { 0 };
    *out = text;
    if (*text == '\0' || out_of_office_is_html(text) == html)
        return STATUS_OK;
    if (html)
        TRY(mime_html_from_text(mem, slice_of_text(text), 2 * TEXT_MAX, &made));
    else
        TRY(mime_text_from_html(mem, slice_of_text(text), 2 * TEXT_MAX, &made));
    *out = slice_text(mem, made);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_INVALID_ARGUMENT, "out-of-office text");
}

/* ---- stored form: version, state, audience, starts, ends, two texts with their lengths ---- */

enum status out_of_office_pack(TALLOC_CTX *mem, const struct out_of_office *settings, struct slice *out)
{
    struct buffer *buffer = buffer_new(mem, 2 * TEXT_MAX + 64);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "out-of-office");
    buffer_append_byte(buffer, VERSION);
    buffer_append_byte(buffer, (uint8_t)settings->state);
    buffer_append_byte(buffer, (uint8_t)settings->audience);
    buffer_append_u64(buffer, (uint64_t)settings->starts);
    buffer_append_u64(buffer, (uint64_t)settings->ends);
    buffer_append_u32(buffer, (uint32_t)strlen(settings->internal));
    buffer_append_text(buffer, settings->internal);
    buffer_append_u32(buffer, (uint32_t)strlen(settings->external));
    buffer_append_text(buffer, settings->external);
    TRY(buffer_status(buffer));
    return buffer_take(buffer, mem, out);
}

static const char *read_text(TALLOC_CTX *mem, struct wire *in)
{
    uint32_t length = wire_u32(in);
    struct slice text = wire_bytes(in, length);
    if (wire_status(in) != STATUS_OK || length > TEXT_MAX || !utf8_is_valid(text) || slice_find_byte(text, 0) >= 0) {
        wire_fail(in, STATUS_CORRUPT);
        return "";
    }
    const char *copy = slice_text(mem, text);
    if (copy == NULL)
        wire_fail(in, STATUS_NO_MEMORY);
    return copy;
}

enum status out_of_office_unpack(TALLOC_CTX *mem, struct slice packed, struct out_of_office *out)
{
    struct wire in = wire_over(packed);
    uint8_t version = wire_u8(&in), state = wire_u8(&in), audience = wire_u8(&in);
    *out = (struct out_of_office){ .state = (enum out_of_office_state)state, .audience = (enum out_of_office_audience)audience };
    out->starts = (instant)wire_u64(&in);
    out->ends = (instant)wire_u64(&in);
    out->internal = read_text(mem, &in);
    out->external = read_text(mem, &in);
    if (wire_status(&in) == STATUS_NO_MEMORY)
        return status_fail(STATUS_NO_MEMORY, "out-of-office");
    bool fine = wire_finish(&in) == STATUS_OK && version == VERSION && state <= OOF_SCHEDULED && audience <= OOF_AUDIENCE_ALL;
    return fine ? STATUS_OK : status_fail(STATUS_CORRUPT, "out-of-office settings");
}

enum status out_of_office_read(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct out_of_office **out)
{
    struct slice packed;
    struct out_of_office *settings = talloc_zero(mem, struct out_of_office);
    if (settings == NULL)
        return status_fail(STATUS_NO_MEMORY, "out-of-office");
    *settings = (struct out_of_office){ .internal = "", .external = "" };
    *out = settings;
    enum status status = user_config_get(mem, tx, mailbox, STORE_ROLE_ROOT, config_name, &packed);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    return status == STATUS_OK ? out_of_office_unpack(mem, packed, settings) : status;
}

/* ---- for clients ---- */

enum status out_of_office_get(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct out_of_office **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TALLOC_CTX *step = talloc_new(mem);
    enum status status = folder_begin(step, session, mailbox, TRANSACTION_READ, &key, &tx);
    if (status == STATUS_OK)
        status = access_full_in(tx, session, &key);
    if (status == STATUS_OK)
        status = out_of_office_read(mem, tx, key.id, out);
    talloc_free(step);
    return status;
}

static enum status check(const struct out_of_office *settings)
{
    if (settings->state > OOF_SCHEDULED || settings->audience > OOF_AUDIENCE_ALL || settings->internal == NULL || settings->external == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "out-of-office settings");
    if (settings->state == OOF_SCHEDULED && settings->ends <= settings->starts)
        return status_fail(STATUS_INVALID_ARGUMENT, "out-of-office ends before it starts");
    if (strlen(settings->internal) > TEXT_MAX || strlen(settings->external) > TEXT_MAX)
        return status_fail(STATUS_LIMIT_EXCEEDED, "out-of-office answer of more than %d bytes", TEXT_MAX);
    bool is_text = utf8_is_valid(slice_of_text(settings->internal)) && utf8_is_valid(slice_of_text(settings->external));
    return is_text ? STATUS_OK : status_fail(STATUS_INVALID_ARGUMENT, "out-of-office answer is not UTF-8");
}

static enum status set_in(TALLOC_CTX *mem, struct transaction *tx, const struct mailbox_key *key, struct slice packed)
{
    struct slice before = { 0 };
    TRY(store_mailbox_lock(tx, key->id, NULL));
    enum status status = user_config_get(mem, tx, key->id, STORE_ROLE_ROOT, config_name, &before);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    if (slice_equal(before, packed)) /* clients save what they have read: that is no new period */
        return transaction_commit(tx);
    TRY(user_config_set(tx, key->id, STORE_ROLE_ROOT, config_name, packed));
    TRY(store_autoreply_reset(tx, key->id));
    TRY(automation_changed(mem, tx, key->id));
    return transaction_commit(tx);
}

enum status out_of_office_set(struct session *session, struct guid mailbox, const struct out_of_office *settings)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct slice packed;
    TRY(check(settings));
    TALLOC_CTX *mem = talloc_new(session);
    enum status status = out_of_office_pack(mem, settings, &packed);
    if (status == STATUS_OK)
        status = folder_begin(mem, session, mailbox, TRANSACTION_WRITE, &key, &tx);
    if (status == STATUS_OK)
        status = access_full_in(tx, session, &key);
    if (status == STATUS_OK)
        status = set_in(mem, tx, &key, packed);
    talloc_free(mem);
    return status;
}
