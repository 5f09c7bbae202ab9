#include "outbox.h"

#include "accept.h"
#include "address.h"
#include "bourse/base/log.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/groupware/queue.h"
#include "bourse/mime/header.h"

static enum status check_recipients(const struct outgoing *mail)
{
    if (mail->recipient_count == 0)
        return status_fail(STATUS_MISSING_RECIPIENTS, "automatic mail without recipients");
    for (size_t i = 0; i < mail->recipient_count; i++)
        if (!mime_address_is_valid(mail->recipients[i], true))
            return status_fail(STATUS_INVALID_RECIPIENTS, "address %s", mail->recipients[i]);
    return STATUS_OK;
}

enum status outbox_prepare(TALLOC_CTX *mem, struct groupware *groupware, struct outgoing *mail)
{
    TRY(check_recipients(mail));
    return store_queue_prepare(mem, groupware->store, mail->mime, &mail->content);
}

/* Only the domain decides here: the directory is asked when the entry is delivered, so that an outage of LDAP does not keep a change from being saved. */
static enum status fill_recipient(TALLOC_CTX *mem, const struct groupware *groupware, const struct outgoing *mail, size_t index,
                                  struct store_queue_recipient_new *out)
{
    const char *address = mail->recipients[index];
    const char *domain = address_domain(address);
    char *destination = talloc_strdup(mem, address_is_local(groupware->config, address) ? QUEUE_LOCAL : domain != NULL ? domain : "localhost");
    if (destination == NULL)
        return status_fail(STATUS_NO_MEMORY, "outgoing mail");
    ascii_lower(destination);
    *out = (struct store_queue_recipient_new){ .address = address, .destination = destination, .dsn_orcpt = "",
                                               .dsn_notify = mail->notify & DSN_NOTIFY_NEVER ? "NEVER" : "" };
    return STATUS_OK;
}

static bool is_ascii(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at >= 0x80)
            return false;
    return true;
}

static bool needs_smtputf8(const struct outgoing *mail)
{
    bool plain = is_ascii(mail->sender);
    for (size_t i = 0; i < mail->recipient_count; i++)
        plain = plain && is_ascii(mail->recipients[i]);
    return !plain;
}

enum status outbox_put(TALLOC_CTX *mem, struct transaction *tx, struct groupware *groupware, const struct outgoing *mail, int64_t *queue_id)
{
    int64_t id = 0;
    struct store_queue_recipient_new *list = array_new(mem, struct store_queue_recipient_new, mail->recipient_count);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "outgoing mail");
    if (mail->content == NULL)
        return status_fail(STATUS_INTERNAL, "outgoing mail that was not prepared");
    for (size_t i = 0; i < mail->recipient_count; i++)
        TRY(fill_recipient(mem, groupware, mail, i, &list[i]));
    struct store_queue_entry_new entry = {
        .sender = mail->sender, .envelope_id = "", .dsn_return = "HDRS", .needs_smtputf8 = needs_smtputf8(mail),
        .origin = mail->origin != NULL ? mail->origin : "", .trace_id = log_request(), .due = mail->due,
        .expires = clock_now() + config_seconds(groupware->config, CONFIG_queue_expiry) * INSTANT_PER_SECOND,
        .recipients = list, .recipient_count = mail->recipient_count,
    };
    TRY(store_queue_add_prepared(tx, &entry, mail->content, &id));
    if (queue_id != NULL)
        *queue_id = id;
    return STATUS_OK;
}

/* ---- what the queue runner does with QUEUE_LOCAL ---- */

/* One key a queue entry: the recipients' mailboxes make the rest of the retry key, so a second try delivers only what the first did not. */
static struct hash256 identity_of_work(const struct queue_work *work)
{
    struct slice pieces[] = { slice_of_text("outbox"), slice_of(&work->message, sizeof work->message), slice_of(&work->accepted, sizeof work->accepted) };
    return hash_sha256_pieces(pieces, ARRAY_LENGTH(pieces));
}

/* Groups that take mail from their own users only see who it is sent for. */
static enum status find_submitter(TALLOC_CTX *mem, struct groupware *groupware, const struct queue_work *work, struct guid *out)
{
    struct recipient_entry *entry = NULL;
    *out = (struct guid){ 0 };
    if (strchr(work->origin, '@') == NULL || !address_is_local(groupware->config, work->origin))
        return STATUS_OK;
    enum status status = recipient_by_address(mem, groupware->directory, work->origin, &entry);
    if (status == STATUS_OK)
        *out = entry->guid;
    return status == STATUS_RECIPIENT_NOT_FOUND ? STATUS_OK : status;
}

/* Recipients that lead nowhere get their result and leave the envelope. */
static enum status route_recipients(TALLOC_CTX *mem, struct groupware *groupware, const struct queue_work *work, struct envelope *envelope, size_t *origin,
                                    enum status *results)
{
    for (size_t i = 0; i < work->recipient_count; i++) {
        struct envelope_recipient *to = &envelope->recipients[envelope->recipient_count];
        *to = (struct envelope_recipient){ .address = work->recipients[i].address, .notify = work->recipients[i].notify,
                                           .original_address = work->recipients[i].original_address };
        results[i] = deliver_route(mem, groupware, to->address, &to->route);
        if (results[i] == STATUS_OK)
            origin[envelope->recipient_count++] = i;
        else if (results[i] == STATUS_NO_MEMORY)
            return results[i];
    }
    return STATUS_OK;
}

enum status queue_deliver_local(TALLOC_CTX *mem, struct groupware *groupware, const struct queue_work *work, struct slice mime, enum status *results)
{
    struct hash256 identity = identity_of_work(work);
    struct accept_options options = { .identity = &identity };
    struct envelope envelope = { .sender = work->sender, .client = work->origin, .protocol = "", .greeting = "", .return_full = work->return_full,
                                 .smtputf8 = work->smtputf8, .body_8bit = work->body_8bit };
    size_t *origin = array_new(mem, size_t, work->recipient_count);
    envelope.recipients = array_new(mem, struct envelope_recipient, work->recipient_count);
    if (origin == NULL || envelope.recipients == NULL)
        return status_fail(STATUS_NO_MEMORY, "local delivery");
    TRY(find_submitter(mem, groupware, work, &envelope.submitter));
    TRY(route_recipients(mem, groupware, work, &envelope, origin, results));
    if (envelope.recipient_count == 0)
        return STATUS_OK;
    TRY(accept_message(mem, groupware, &envelope, mime, &options));
    for (size_t i = 0; i < envelope.recipient_count; i++) {
        enum status result = envelope.recipients[i].result;
        results[origin[i]] = result == STATUS_DUPLICATE ? STATUS_OK : result;
    }
    return STATUS_OK;
}
