/* Taking responsibility for a message: one transaction for all its recipients. */
#include "bourse/base/memory.h"
#include "bourse/groupware/deliver.h"

#include "accept.h"
#include "address.h"
#include "bourse/base/hash.h"
#include "bourse/base/log.h"
#include "bourse/base/text.h"
#include "bourse/mime/header.h"
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"
#include "delivery_hooks.h"
#include "item_defaults.h"
#include "item_view.h"
#include "recipients.h"

enum { HEADER_CAP = 16 * 1024 };

struct acceptance {
    TALLOC_CTX *mem;
    struct groupware *groupware;
    struct envelope *envelope;
    const struct accept_options *options;
    struct slice mime;      /* as stored: with Return-Path and Received */
    struct message *message;
    struct targets targets;
    struct delivery delivery;
    struct prepared_message *prepared, *copy_prepared;
    size_t local_count;     /* entries of delivery.recipients that are local_targets; the copy comes behind them */
};

/* [RFC 5321] 4.4: trace fields of final delivery and of this hop. */
static enum status add_trace(struct acceptance *work, struct slice mime)
{
    const struct envelope *envelope = work->envelope;
    char date[INSTANT_MAIL_SIZE];
    struct buffer *out = buffer_new(work->mem, HEADER_CAP + mime.length);
    if (out == NULL)
        return status_fail(STATUS_NO_MEMORY, "trace fields");
    buffer_printf(out, "Return-Path: <%s>\r\n", envelope->sender);
    if (envelope->protocol != NULL && envelope->protocol[0] != '\0')
        buffer_printf(out, "Received: from %s (%s)\r\n\tby %s with %s id %s;\r\n\t%s\r\n", envelope->greeting, envelope->client,
                      config_text(work->groupware->config, CONFIG_server_hostname), envelope->protocol,
                      log_request()[0] != '\0' ? log_request() : "local", instant_format_mail(clock_now(), date));
    buffer_append_slice(out, mime);
    TRY(buffer_status(out));
    work->mime = buffer_slice(out);
    return STATUS_OK;
}

static bool has_field(struct slice mime, const char *name)
{
    struct mime_field field;
    return mime_field_find(mime, name, 0, &field);
}

/* What makes a repeated delivery recognisable: sender and content as they came. A message with neither Message-ID nor Date cannot be told from its
 * next copy, which may be meant (a monitoring mail): such ones are all taken. */
static struct hash256 identity_of(const struct envelope *envelope, struct slice mime)
{
    uint64_t nonce = has_field(mime, "Message-ID") || has_field(mime, "Date") ? 0 : random_u64();
    struct slice pieces[] = { slice_of_text(envelope->sender), slice_of("\n", 1), mime, slice_of(&nonce, sizeof nonce) };
    return hash_sha256_pieces(pieces, ARRAY_LENGTH(pieces));
}

static enum status check_loop(struct acceptance *work, struct slice mime)
{
    size_t hops = mime_count_hops(mime);
    if (hops > (size_t)config_int(work->groupware->config, CONFIG_smtp_hops))
        return status_fail(STATUS_LOOP_DETECTED, "%zu hops", hops);
    return STATUS_OK;
}

static enum status parse(struct acceptance *work)
{
    TRY(mime_import(work->mem, work->mime, &mime_limits_default, MIME_IMPORT_DELIVERY, &work->message));
    TRY(message_keep_prefix(work->message));
    TRY(bag_set_time(work->message->props, PROP_MESSAGE_DELIVERY_TIME, clock_now()));
    return item_fill_defaults(work->message, NULL, NULL);
}

static void choose_folder(struct acceptance *work, const struct local_target *target, struct delivery_recipient *out)
{
    struct delivery_step step = { .groupware = work->groupware, .message = work->message, .mime = work->mime, .mailbox = &target->mailbox,
                                  .folder = FOLDER_ROLE_INBOX };
    delivery_hooks_run(&step);
    /* Fixed folders get their object ids in the order of the roles table, the same in every mailbox. */
    out->folder = step.folder == FOLDER_ROLE_INBOX ? 0 : (int64_t)step.folder;
}

static enum status add_local_recipients(struct acceptance *work)
{
    const struct accept_copy *copy = work->options->copy;
    size_t count = work->targets.local_count;
    struct delivery_recipient *list = array_new(work->mem, struct delivery_recipient, count + 2);
    uint64_t default_quota = (uint64_t)config_size(work->groupware->config, CONFIG_mailbox_receive_quota);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "delivery");
    for (size_t i = 0; i < count; i++) {
        const struct local_target *target = &work->targets.local[i];
        list[i] = (struct delivery_recipient){
            .mailbox = target->mailbox.id, .address = target->address,
            .receive_quota = target->receive_quota != 0 ? target->receive_quota : default_quota,
            .ignore_quota = work->envelope->sender[0] == '\0',
        };
        choose_folder(work, target, &list[i]);
    }
    work->local_count = count;
    if (copy != NULL)
        list[count++] = (struct delivery_recipient){ .mailbox = copy->mailbox->id, .folder = copy->folder, .is_read = true, .ignore_quota = true,
                                                     .address = "", .message = work->copy_prepared };
    work->delivery.recipients = list;
    work->delivery.recipient_count = count;
    return STATUS_OK;
}

static const char *notify_text(TALLOC_CTX *mem, unsigned notify)
{
    if (notify == DSN_NOTIFY_DEFAULT)
        return "";
    if (notify & DSN_NOTIFY_NEVER)
        return "NEVER";
    char *text = talloc_asprintf(mem, "%s%s%s", notify & DSN_NOTIFY_SUCCESS ? "SUCCESS," : "", notify & DSN_NOTIFY_FAILURE ? "FAILURE," : "",
                                 notify & DSN_NOTIFY_DELAY ? "DELAY," : "");
    if (text != NULL && text[0] != '\0')
        text[strlen(text) - 1] = '\0';
    return text;
}

static char *destination_of(TALLOC_CTX *mem, const char *address)
{
    const char *domain = address_domain(address);
    char *destination = talloc_strdup(mem, domain != NULL ? domain : "localhost");
    if (destination != NULL)
        ascii_lower(destination);
    return destination;
}

static enum status add_queue(struct acceptance *work)
{
    const struct envelope *envelope = work->envelope;
    size_t count = work->targets.remote_count;
    if (count == 0)
        return STATUS_OK;
    struct store_queue_recipient_new *list = array_new(work->mem, struct store_queue_recipient_new, count);
    struct store_queue_entry_new *entry = talloc_zero(work->mem, struct store_queue_entry_new);
    if (list == NULL || entry == NULL)
        return status_fail(STATUS_NO_MEMORY, "queue entry");
    for (size_t i = 0; i < count; i++) {
        const struct envelope_recipient *recipient = &envelope->recipients[work->targets.remote[i].envelope_index];
        list[i] = (struct store_queue_recipient_new){
            .address = work->targets.remote[i].address,
            .destination = destination_of(work->mem, work->targets.remote[i].address),
            .dsn_notify = notify_text(work->mem, recipient->notify),
            .dsn_orcpt = recipient->original_address != NULL ? recipient->original_address : "",
        };
        if (list[i].destination == NULL || list[i].dsn_notify == NULL)
            return status_fail(STATUS_NO_MEMORY, "queue entry");
    }
    *entry = (struct store_queue_entry_new){
        .sender = envelope->sender, .envelope_id = envelope->envelope_id != NULL ? envelope->envelope_id : "",
        .dsn_return = envelope->return_full ? "FULL" : "", .needs_smtputf8 = envelope->smtputf8, .needs_8bit = envelope->body_8bit,
        .origin = envelope->client != NULL ? envelope->client : "", .trace_id = log_request(),
        .expires = clock_now() + config_seconds(work->groupware->config, CONFIG_queue_expiry) * INSTANT_PER_SECOND,
        .recipients = list, .recipient_count = count,
    };
    work->delivery.queue = entry;
    return STATUS_OK;
}

static enum status prepare(struct acceptance *work)
{
    struct store *store = work->groupware->store;
    TRY(store_check_space(store));
    TRY(store_message_prepare(work->mem, store, work->message, &work->prepared));
    if (work->options->copy != NULL)
        TRY(store_message_prepare(work->mem, store, work->options->copy->message, &work->copy_prepared));
    TRY(add_local_recipients(work));
    TRY(add_queue(work));
    work->delivery.message = work->prepared;
    work->delivery.keep_until = clock_now() + config_seconds(work->groupware->config, CONFIG_queue_idempotency) * INSTANT_PER_SECOND;
    return STATUS_OK;
}

/* A recipient whose address led to several mailboxes has failed only if all of them have; those that were full are told to nobody then (the
 * group's owner sees it in the log), as one bounce a member would be a storm. */
static void give_results(struct acceptance *work)
{
    for (size_t i = 0; i < work->local_count; i++) {
        const struct local_target *target = &work->targets.local[i];
        enum status result = work->delivery.recipients[i].result;
        if (target->is_only_target)
            work->envelope->recipients[target->envelope_index].result = result;
        if (result != STATUS_OK && result != STATUS_DUPLICATE && !target->is_only_target)
            log_failure(EVENT_SMTP_REFUSED, result, "member %s of a group did not get a message", target->address);
    }
    if (work->options->copy != NULL)
        work->options->copy->item = work->delivery.recipients[work->local_count].item;
}

enum status accept_message(TALLOC_CTX *mem, struct groupware *groupware, struct envelope *envelope, struct slice mime,
                           const struct accept_options *options)
{
    struct acceptance work = { .mem = mem, .groupware = groupware, .envelope = envelope, .options = options };
    TRY(check_loop(&work, mime));
    TRY(recipients_expand(mem, groupware, envelope, &work.targets));
    if (work.targets.local_count + work.targets.remote_count == 0 && options->copy == NULL)
        return STATUS_OK;
    TRY(add_trace(&work, mime));
    TRY(parse(&work));
    work.delivery.idempotency = options->identity != NULL ? *options->identity : identity_of(envelope, mime);
    TRY(prepare(&work));
    TRY(committer_submit(groupware->committer, &work.delivery));
    give_results(&work);
    return STATUS_OK;
}

enum status deliver_accept(TALLOC_CTX *mem, struct groupware *groupware, struct envelope *envelope, struct slice mime)
{
    struct accept_options options = { 0 };
    TALLOC_CTX *step = talloc_new(mem);
    if (step == NULL)
        return status_fail(STATUS_NO_MEMORY, "delivery");
    enum status status = accept_message(step, groupware, envelope, mime, &options);
    talloc_free(step);
    return status;
}
