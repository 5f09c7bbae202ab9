/* Taking responsibility for a message: one transaction for all its recipients. */
#include "bourse/base/memory.h"
#include "bourse/groupware/deliver.h"

#include "accept.h"
#include "address.h"
#include "automation.h"
#include "bourse/base/hash.h"
#include "bourse/base/log.h"
#include "bourse/base/text.h"
#include "bourse/mime/header.h"
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"
#include "delivery_hooks.h"
#include "item_defaults.h"
#include "item_view.h"
#include "meeting_import.h"
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
    struct delivery_step *steps; /* what the hooks planned, one a local target */
};

/* Rules that change while mail comes in make a plan old; more often than this in a row they do not. */
enum { PLANS = 5 };

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
    TRY(meeting_import(work->message));
    TRY(message_keep_prefix(work->message));
    TRY(bag_set_time(work->message->props, PROP_MESSAGE_DELIVERY_TIME, clock_now()));
    return item_fill_defaults(work->message, NULL, NULL);
}

/* A mailbox's own version of the message, when its rules change properties. */
static enum status prepare_version(struct acceptance *work, const struct delivery_step *step, const struct prepared_message **out)
{
    struct prepared_message *prepared = NULL;
    if (step->set == NULL || bag_count(step->set) == 0)
        return STATUS_OK;
    struct message *version = message_copy(work->mem, work->message);
    if (version == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    version->mime = work->message->mime; /* the bytes need no copy */
    TRY(bag_merge(version->props, step->set));
    TRY(store_message_prepare(work->mem, work->groupware->store, version, &prepared));
    *out = prepared;
    return STATUS_OK;
}

static enum status plan(struct acceptance *work, const struct local_target *target, struct delivery_step *step, struct delivery_recipient *out)
{
    *step = (struct delivery_step){
        .mem = work->mem, .groupware = work->groupware, .envelope = work->envelope, .message = work->message, .mime = work->mime,
        .mailbox = &target->mailbox, .address = target->address,
        .automation = mailbox_cache_automation(work->groupware->mailboxes, target->mailbox.id),
    };
    TRY(automation_load(step));
    TRY(delivery_hooks_run(step));
    out->folder = step->folder;
    out->is_read = step->is_read;
    out->automation = step->automation;
    return prepare_version(work, step, &out->message);
}

static enum status run_also(TALLOC_CTX *mem, struct transaction *tx, const struct acceptance *work, size_t index)
{
    const struct delivery_step *step = &work->steps[index];
    const struct delivery_recipient *recipient = &work->delivery.recipients[index];
    struct delivery_placed placed = { .groupware = work->groupware, .mailbox = step->mailbox, .folder = recipient->placed_folder,
                                      .item = recipient->item, .cn = recipient->cn };
    for (size_t i = 0; i < step->also_count && recipient->result == STATUS_OK; i++)
        TRY(step->also[i].run(mem, tx, &placed, step->also[i].data));
    return STATUS_OK;
}

static enum status also(struct transaction *tx, void *data)
{
    const struct acceptance *work = data;
    TALLOC_CTX *mem = talloc_new(tx); /* until the commit: what was queued for it may be looked at then */
    enum status status = mem != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "delivery");
    for (size_t i = 0; i < work->local_count && status == STATUS_OK; i++)
        status = run_also(mem, tx, work, i);
    return status;
}

static enum status add_local_recipients(struct acceptance *work)
{
    const struct accept_copy *copy = work->options->copy;
    size_t count = work->targets.local_count;
    struct delivery_recipient *list = array_new(work->mem, struct delivery_recipient, count + 2);
    uint64_t default_quota = (uint64_t)config_size(work->groupware->config, CONFIG_mailbox_receive_quota);
    work->steps = array_new(work->mem, struct delivery_step, count);
    if (list == NULL || work->steps == NULL)
        return status_fail(STATUS_NO_MEMORY, "delivery");
    work->delivery.also = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct local_target *target = &work->targets.local[i];
        list[i] = (struct delivery_recipient){
            .mailbox = target->mailbox.id, .address = target->address,
            .receive_quota = target->receive_quota != 0 ? target->receive_quota : default_quota,
            .ignore_quota = work->envelope->sender[0] == '\0',
        };
        TRY(plan(work, target, &work->steps[i], &list[i]));
        if (work->steps[i].also_count > 0)
            work->delivery.also = also;
    }
    work->delivery.also_data = work;
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

/* Plans, and submits; anew while the rules of a recipient turn out to be others than those planned with. */
static enum status submit(struct acceptance *work)
{
    for (int attempt = 0; attempt < PLANS; attempt++) {
        TRY(add_local_recipients(work));
        TRY(committer_submit(work->groupware->committer, &work->delivery));
        if (!work->delivery.is_stale)
            return STATUS_OK;
        for (size_t i = 0; i < work->local_count; i++)
            mailbox_cache_set_automation(work->groupware->mailboxes, work->steps[i].mailbox->id, work->delivery.recipients[i].automation_now);
    }
    return status_fail(STATUS_RETRY, "rules changed %d times while a message came in", PLANS);
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
    TRY(submit(&work));
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
