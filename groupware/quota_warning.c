#include "quota_warning.h"

#include <inttypes.h>

#include "accept.h"
#include "address.h"
#include "bourse/mime/header.h"
#include "bourse/storage/mailbox.h"
#include "quota.h"

enum { PAGE = 500 };
#define LOOK_EVERY_US (INT64_C(3600) * 1000000)
#define WARN_EVERY INSTANT_PER_DAY

static bool is_due(const struct groupware *groupware, const struct store_mailbox *mailbox)
{
    uint64_t limit = quota_limit(groupware, mailbox->warning_quota, CONFIG_mailbox_warning_quota);
    return limit != 0 && mailbox->size > limit && mailbox->quota_warned < clock_now() - WARN_EVERY;
}

static void append_limit(struct buffer *text, const char *what, uint64_t limit)
{
    if (limit != 0)
        buffer_printf(text, "%s at %" PRIu64 " MB.\r\n", what, limit / 1000000);
}

/* Automatic mail: null sender, Auto-Submitted [RFC 3834] 5, so that nobody answers it. */
static enum status make_message(TALLOC_CTX *mem, const struct groupware *groupware, const struct store_mailbox *mailbox, const char *address,
                                struct slice *out)
{
    char date[INSTANT_MAIL_SIZE];
    const char *domain = address_domain(address) != NULL ? address_domain(address) : "localhost";
    const char *id = mime_message_id_new(mem, domain);
    struct buffer *text = buffer_new(mem, 4096);
    if (text == NULL || id == NULL)
        return status_fail(STATUS_NO_MEMORY, "quota warning");
    buffer_printf(text, "From: Mail server <postmaster@%s>\r\nTo: <%s>\r\nSubject: Your mailbox is almost full\r\nDate: %s\r\nMessage-ID: %s\r\n", domain,
                  address, instant_format_mail(clock_now(), date), id);
    buffer_append_text(text, "Auto-Submitted: auto-generated\r\nImportance: high\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
    buffer_printf(text, "Your mailbox holds %" PRIu64 " MB.\r\n", mailbox->size / 1000000);
    append_limit(text, "You can no longer send", quota_limit(groupware, mailbox->send_quota, CONFIG_mailbox_send_quota));
    append_limit(text, "You can no longer receive", quota_limit(groupware, mailbox->receive_quota, CONFIG_mailbox_receive_quota));
    buffer_append_text(text, "\r\nPlease delete what you no longer need and empty Deleted Items.\r\n");
    TRY(buffer_status(text));
    *out = buffer_slice(text);
    return STATUS_OK;
}

static enum status note_warned(TALLOC_CTX *mem, struct groupware *groupware, int64_t mailbox)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_WRITE, &tx));
    enum status status = store_mailbox_lock(tx, mailbox, NULL);
    if (status == STATUS_OK)
        status = store_mailbox_set_quota_warned(tx, mailbox, clock_now());
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    return status;
}

/* The note comes after the message: a crash in between warns twice rather than never. */
static enum status warn(TALLOC_CTX *mem, struct groupware *groupware, const struct store_mailbox *mailbox)
{
    struct recipient_entry *owner = NULL;
    struct accept_options options = { 0 };
    struct slice message;
    enum status status = recipient_by_guid(mem, groupware->directory, mailbox->owner_guid, &owner);
    if (status == STATUS_RECIPIENT_NOT_FOUND || (status == STATUS_OK && owner->address == NULL))
        return STATUS_OK; /* left the directory: nobody to tell */
    TRY(status);
    struct envelope_recipient to = { .address = owner->address };
    struct envelope envelope = { .sender = "", .recipients = &to, .recipient_count = 1, .client = "quota", .protocol = "", .greeting = "" };
    TRY(make_message(mem, groupware, mailbox, owner->address, &message));
    TRY(deliver_route(mem, groupware, owner->address, &to.route));
    TRY(accept_message(mem, groupware, &envelope, message, &options));
    return note_warned(mem, groupware, mailbox->id);
}

static enum status read_page(TALLOC_CTX *mem, struct groupware *groupware, int64_t after, struct store_mailbox **list, size_t *count)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_mailbox_list(mem, tx, after, PAGE, list, count);
    talloc_free(tx);
    return status;
}

enum status quota_warn_owners(struct groupware *groupware)
{
    int64_t now = clock_monotonic_us(), after = 0;
    if (groupware->quotas_looked_us != 0 && now - groupware->quotas_looked_us < LOOK_EVERY_US)
        return STATUS_OK;
    for (size_t count = 1; count > 0;) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct store_mailbox *list = NULL;
        enum status status = read_page(mem, groupware, after, &list, &count);
        for (size_t i = 0; status == STATUS_OK && i < count; i++) {
            after = list[i].id;
            if (is_due(groupware, &list[i]))
                status = warn(mem, groupware, &list[i]);
        }
        talloc_free(mem);
        TRY(status);
    }
    groupware->quotas_looked_us = now;
    return STATUS_OK;
}
