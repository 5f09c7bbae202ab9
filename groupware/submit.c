/* Sending: sender rights, MIME, the copy in Sent Items. */
#include "bourse/base/memory.h"
#include "bourse/groupware/submit.h"

#include "accept.h"
#include "address.h"
#include "bourse/base/hash.h"
#include "bourse/base/text.h"
#include "bourse/mime/export.h"
#include "bourse/mime/header.h"
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"
#include "bourse/storage/acl.h"
#include "folder_view.h"
#include "item_defaults.h"
#include "item_view.h"
#include "item_whole.h"
#include "locate.h"
#include "meeting_import.h"
#include "meeting_send.h"
#include "quota.h"
#include "recipient_lists.h"

enum { MIME_CAP = 256 * 1024 * 1024 };

static bool entry_has_address(const struct recipient_entry *entry, const char *address)
{
    for (size_t i = 0; i < entry->address_count; i++)
        if (ascii_equal_nocase(entry->addresses[i], address))
            return true;
    return false;
}

static enum status granted_by_mailbox(TALLOC_CTX *mem, struct groupware *groupware, struct guid person, const struct recipient_entry *owner,
                                      uint32_t *flags)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct guid *principals = NULL;
    size_t count = 0;
    *flags = 0;
    TRY(locate_by_owner(mem, groupware, owner->guid, false, &key));
    TRY(groups_of(mem, groupware->directory, person, &principals, &count));
    principals = array_resize(mem, principals, struct guid, count + 1);
    if (principals == NULL)
        return status_fail(STATUS_NO_MEMORY, "principals");
    principals[count++] = person;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = delegate_flags(tx, key.id, principals, count, flags);
    talloc_free(tx);
    return status;
}

static enum status check_sender(TALLOC_CTX *mem, struct groupware *groupware, struct guid person, const char *address, bool *on_behalf)
{
    struct recipient_entry *me = NULL, *owner = NULL;
    uint32_t flags = 0;
    TRY(recipient_by_guid(mem, groupware->directory, person, &me));
    if (entry_has_address(me, address))
        return STATUS_OK;
    enum status status = recipient_by_address(mem, groupware->directory, address, &owner);
    if (status == STATUS_OK && guid_equal(owner->guid, person))
        return STATUS_OK;
    if (status == STATUS_OK && owner->has_mailbox)
        status = granted_by_mailbox(mem, groupware, person, owner, &flags);
    if (status == STATUS_MAILBOX_NOT_FOUND) /* not made yet: nobody can have been granted anything there */
        status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < owner->on_behalf_count; i++)
        if (ascii_equal_nocase(owner->on_behalf_dns[i], me->dn))
            flags |= DELEGATE_SEND_ON_BEHALF;
    if (status_info(status)->fault == FAULT_TEMPORARY)
        return status;
    if (status == STATUS_OK && (flags & DELEGATE_SEND_AS) != 0)
        return STATUS_OK;
    *on_behalf = status == STATUS_OK && (flags & DELEGATE_SEND_ON_BEHALF) != 0;
    return *on_behalf ? STATUS_OK : status_fail(STATUS_SEND_AS_DENIED, "%s may not send as %s", me->address != NULL ? me->address : "?", address);
}

enum status submit_check_sender(struct groupware *groupware, struct guid person, const char *address, bool *on_behalf)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    *on_behalf = false;
    enum status status = check_sender(mem, groupware, person, address, on_behalf);
    talloc_free(mem);
    return status;
}

/* A message on its way out. */
struct sending {
    TALLOC_CTX *mem;
    struct session *session;
    struct message *message;   /* sender filled in */
    struct slice mime;         /* for the wire: without Bcc */
    struct slice copy_mime;    /* for Sent Items: with Bcc */
    struct mailbox_key mailbox; /* that keeps the copy */
    int64_t copy_folder;       /* 0: no copy */
    struct hash256 identity;
};

/* The principal's name, when somebody else acts. */
static enum status name_of_sender(struct sending *work, const char *address, const char **name)
{
    struct recipient_entry *owner = NULL;
    if (entry_has_address(work->session->entry, address))
        return STATUS_OK;
    TRY(recipient_by_address(work->mem, work->session->groupware->directory, address, &owner));
    *name = owner->display_name;
    return STATUS_OK;
}

/* From is the represented one, Sender who acts [MS-OXOMSG] 2.2.1.51 ff. Without a From the session's own address stands in. */
static enum status fill_sender(struct sending *work)
{
    struct session *session = work->session;
    struct bag *props = work->message->props;
    const char *from = bag_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, bag_string(props, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, ""));
    const char *name = session_display_name(session);
    bool on_behalf = false;
    if (from[0] == '\0' || strchr(from, '@') == NULL) {
        from = session_address(session);
        TRY(bag_set_string(props, PROP_SENT_REPRESENTING_NAME, name));
    } else {
        TRY(submit_check_sender(session->groupware, session->entry->guid, from, &on_behalf));
        TRY(name_of_sender(work, from, &name));
    }
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, from));
    from = bag_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, "");
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_EMAIL_ADDRESS, from));
    TRY(bag_set_string(props, PROP_SENT_REPRESENTING_ADDRESS_TYPE, "SMTP"));
    if (bag_text(props, PROP_SENT_REPRESENTING_NAME).length == 0)
        TRY(bag_set_string(props, PROP_SENT_REPRESENTING_NAME, name));
    TRY(bag_set_string(props, PROP_SENDER_NAME, on_behalf ? session_display_name(session) : bag_string(props, PROP_SENT_REPRESENTING_NAME, "")));
    TRY(bag_set_string(props, PROP_SENDER_SMTP_ADDRESS, on_behalf ? session_address(session) : from));
    TRY(bag_set_string(props, PROP_SENDER_EMAIL_ADDRESS, on_behalf ? session_address(session) : from));
    return bag_set_string(props, PROP_SENDER_ADDRESS_TYPE, "SMTP");
}

/* The mailbox whose From it is keeps the copy, when the session may write there; else the sender's own. */
static enum status choose_copy_place(struct sending *work, const struct submit_options *options)
{
    struct object_id folder;
    struct recipient_entry *owner = NULL;
    const char *from = bag_string(work->message->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, "");
    work->mailbox = work->session->own;
    if (!options->save_copy)
        return STATUS_OK;
    if (options->copy_folder != NULL) {
        TRY(session_locate(work->session, options->copy_folder->mailbox, &work->mailbox));
        work->copy_folder = options->copy_folder->folder;
        return access_need(work->session, options->copy_folder->mailbox, work->copy_folder, RIGHT_CREATE);
    }
    struct mailbox_key shared;
    if (!entry_has_address(work->session->entry, from) && recipient_by_address(work->mem, work->session->groupware->directory, from, &owner) == STATUS_OK &&
        locate_by_owner(work->mem, work->session->groupware, owner->guid, false, &shared) == STATUS_OK &&
        folder_id_of_role(work->session, shared.guid, FOLDER_ROLE_SENT_ITEMS, &folder) == STATUS_OK &&
        access_need(work->session, shared.guid, folder.folder, RIGHT_CREATE) == STATUS_OK)
        work->mailbox = shared;
    TRY(folder_id_of_role(work->session, work->mailbox.guid, FOLDER_ROLE_SENT_ITEMS, &folder));
    work->copy_folder = folder.folder;
    return STATUS_OK;
}

static const char *address_of(const struct recipient *recipient)
{
    return recipient->smtp_address[0] != '\0' ? recipient->smtp_address : recipient->address;
}

/* Recipients that clients resolved to an X.500 name are turned into their SMTP address. */
static enum status resolve_recipients(struct sending *work)
{
    struct message *message = work->message;
    for (size_t i = 0; i < message->recipient_count; i++) {
        struct recipient *recipient = &message->recipients[i];
        struct recipient_entry *entry = NULL;
        if (strchr(address_of(recipient), '@') != NULL)
            continue;
        enum status status = recipient_by_legacy_dn(work->mem, work->session->groupware->directory, recipient->address, &entry);
        if (status != STATUS_OK || entry->address == NULL)
            return status_info(status)->fault == FAULT_TEMPORARY ? status
                                                                 : status_fail(STATUS_INVALID_RECIPIENTS, "recipient %s", recipient->address);
        recipient->smtp_address = talloc_strdup(message, entry->address);
        if (recipient->smtp_address == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipient");
    }
    return message->recipient_count > 0 ? STATUS_OK : status_fail(STATUS_MISSING_RECIPIENTS, "no recipients");
}

static enum status make_envelope(struct sending *work, struct envelope *envelope)
{
    struct message *message = work->message;
    struct envelope_recipient *list = array_new(work->mem, struct envelope_recipient, message->recipient_count);
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "envelope");
    if (message->recipient_count > (size_t)config_int(work->session->groupware->config, CONFIG_smtp_recipients))
        return status_fail(STATUS_TOO_MANY_RECIPIENTS, "%zu recipients", message->recipient_count);
    for (size_t i = 0; i < message->recipient_count; i++) {
        list[i].address = address_of(&message->recipients[i]);
        if (!mime_address_is_valid(list[i].address, true))
            return status_fail(STATUS_INVALID_RECIPIENTS, "address %s", list[i].address);
        enum status status = deliver_route(work->mem, work->session->groupware, list[i].address, &list[i].route);
        if (status == STATUS_RECIPIENT_NOT_FOUND) {
            status_set_client_text("No such user here: %s", list[i].address);
            status = status_add(STATUS_INVALID_RECIPIENTS, "address %s", list[i].address);
        }
        if (status != STATUS_OK && status != STATUS_QUOTA_EXCEEDED) /* a full mailbox is answered by a bounce */
            return status;
    }
    *envelope = (struct envelope){
        .sender = bag_string(message->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, ""), .recipients = list,
        .recipient_count = message->recipient_count, .submitter = work->session->entry->guid, .client = session_address(work->session),
        .protocol = "", .greeting = "",
    };
    return STATUS_OK;
}

static enum status generate(struct sending *work, unsigned flags, struct slice *out)
{
    struct mime_export_options options = { .flags = flags };
    if (bag_has(work->message->props, PROP_GLOBAL_OBJECT_ID))
        TRY(meeting_calendar(work->mem, work->session->groupware, work->message, &options.calendar, &options.calendar_method));
    return mime_export_bytes(work->mem, work->message, &options, MIME_CAP, out);
}

static enum status make_mime(struct sending *work)
{
    TRY(generate(work, 0, &work->mime));
    return work->copy_folder != 0 ? generate(work, MIME_EXPORT_KEEP_BCC, &work->copy_mime) : STATUS_OK;
}

/* What the sender's client keeps with the message and MIME does not carry: named properties (custom names only within their own mailbox). */
static enum status keep_named_properties(const struct sending *work, struct bag *copy)
{
    bool same_names = work->mailbox.id == work->session->own.id;
    const struct bag *props = work->message->props;
    for (size_t i = 0; i < bag_count(props); i++) {
        const struct value *value = bag_at(props, i);
        bool is_kept = prop_id(value->tag) >= 0x8000 && (same_names || prop_id(value->tag) < PROP_FIRST_CUSTOM_ID);
        if (is_kept && !bag_has(copy, prop_make(prop_id(value->tag), TYPE_UNSPECIFIED)))
            TRY(bag_set(copy, value));
    }
    return STATUS_OK;
}

static enum status copy_message(struct sending *work, struct message **out)
{
    TRY(mime_import(work->mem, work->copy_mime, &mime_limits_default, MIME_IMPORT_DELIVERY, out));
    TRY(meeting_import(*out));
    TRY(message_keep_prefix(*out));
    struct bag *props = (*out)->props;
    TRY(keep_named_properties(work, props));
    instant sent = bag_time(props, PROP_CLIENT_SUBMIT_TIME, clock_now());
    TRY(bag_set_time(props, PROP_MESSAGE_DELIVERY_TIME, sent));
    TRY(bag_set_int32(props, PROP_MESSAGE_FLAGS, 0x21)); /* mfRead, mfFromMe [MS-OXCMSG] 2.2.1.6 */
    return item_fill_defaults(*out, NULL, NULL);
}

static enum status check_send_quota(struct sending *work)
{
    struct transaction *tx = NULL;
    struct store_mailbox mailbox;
    TRY(transaction_begin(work->mem, work->session->groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_mailbox_get(work->mem, tx, work->session->own.id, &mailbox);
    talloc_free(tx);
    return status == STATUS_OK ? quota_check_send(work->session->groupware, &mailbox) : status;
}

static enum status first_refusal(const struct envelope *envelope)
{
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        enum status result = envelope->recipients[i].result;
        if (result == STATUS_OK || result == STATUS_DUPLICATE || result == STATUS_QUOTA_EXCEEDED)
            return STATUS_OK;
    }
    return envelope->recipient_count > 0 ? envelope->recipients[0].result : STATUS_OK;
}

/* Everything but what happens to a draft. */
static enum status send_out(struct sending *work, struct object_id *saved)
{
    struct envelope envelope;
    struct message *copy = NULL;
    struct accept_copy place = { 0 };
    struct accept_options options = { .identity = &work->identity };
    TRY(make_envelope(work, &envelope));
    if (work->copy_folder != 0) {
        TRY(copy_message(work, &copy));
        place = (struct accept_copy){ .mailbox = &work->mailbox, .folder = work->copy_folder, .message = copy };
        options.copy = &place;
    }
    TRY(accept_message(work->mem, work->session->groupware, &envelope, work->mime, &options));
    TRY(first_refusal(&envelope));
    if (saved != NULL)
        *saved = (struct object_id){ .kind = OBJECT_ITEM, .mailbox = work->mailbox.guid, .folder = work->copy_folder, .item = place.item };
    return STATUS_OK;
}

static enum status prepare_sending(struct sending *work, const struct submit_options *options)
{
    TRY(check_send_quota(work));
    TRY(fill_sender(work));
    TRY(recipient_lists_expand(work->mem, work->session, work->message));
    TRY(item_fill_defaults(work->message, work->session, NULL));
    TRY(bag_set_time(work->message->props, PROP_CLIENT_SUBMIT_TIME, clock_now()));
    TRY(resolve_recipients(work));
    return choose_copy_place(work, options);
}

static struct hash256 make_identity(const struct session *session, const struct submit_options *options)
{
    uint8_t bytes[32];
    struct slice pieces[] = { slice_of_text("retry"), slice_of(session->own.guid.bytes, sizeof session->own.guid.bytes), slice_of_text(options->retry_key) };
    if (options->retry_key != NULL)
        return hash_sha256_pieces(pieces, ARRAY_LENGTH(pieces));
    random_bytes(bytes, sizeof bytes);
    return hash_sha256(slice_of(bytes, sizeof bytes));
}

enum status submit_message(struct session *session, const struct message *message, const struct submit_options *options, struct object_id *saved)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct sending work = { .mem = mem, .session = session, .message = message_copy(mem, message), .identity = make_identity(session, options) };
    enum status status = work.message != NULL ? prepare_sending(&work, options) : status_fail(STATUS_NO_MEMORY, "message");
    if (status == STATUS_OK)
        status = make_mime(&work);
    if (status == STATUS_OK)
        status = send_out(&work, saved);
    talloc_free(mem);
    return status;
}

/* The sender's own MIME goes out as it is but for Bcc, and the date and id that it may lack. */
static enum status wire_of_mime(struct sending *work, struct slice mime)
{
    static const char *const bcc_only[] = { "Bcc", "Resent-Bcc", NULL };
    struct mime_field field;
    struct slice header = { 0 }, body = { 0 };
    char date[INSTANT_MAIL_SIZE];
    bool has_date = mime_field_find(mime, "Date", 0, &field), has_id = mime_field_find(mime, "Message-ID", 0, &field);
    bool has_from = mime_field_find(mime, "From", 0, &field);
    const struct bag *props = work->message->props;
    char *from = NULL;
    TRY(mime_address_format(work->mem, bag_string(props, PROP_SENT_REPRESENTING_NAME, ""), bag_string(props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, ""),
                            false, &from));
    char *append = talloc_asprintf(work->mem, "%s%s%s%s%s%s%s%s%s", has_from ? "" : "From: ", has_from ? "" : from, has_from ? "" : "\r\n",
                                   has_date ? "" : "Date: ", has_date ? "" : instant_format_mail(clock_now(), date), has_date ? "" : "\r\n",
                                   has_id ? "" : "Message-ID: ", has_id ? "" : bag_string(props, PROP_INTERNET_MESSAGE_ID, ""), has_id ? "" : "\r\n");
    if (append == NULL)
        return status_fail(STATUS_NO_MEMORY, "header");
    TRY(mime_header_edit(work->mem, mime, bcc_only, NULL, append, &header, &body));
    struct buffer *out = buffer_new(work->mem, header.length + body.length + 1);
    if (out == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    buffer_append_slice(out, header);
    buffer_append_slice(out, body);
    TRY(buffer_status(out));
    work->mime = buffer_slice(out);
    work->copy_mime = mime;
    return STATUS_OK;
}

enum status submit_mime(struct session *session, struct slice mime, const struct submit_options *options, struct object_id *saved)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct sending work = { .mem = mem, .session = session, .identity = make_identity(session, options) };
    enum status status = mime_import(mem, mime, &mime_limits_default, MIME_IMPORT_DELIVERY, &work.message);
    if (status == STATUS_OK)
        status = prepare_sending(&work, options);
    if (status == STATUS_OK)
        status = wire_of_mime(&work, mime);
    if (status == STATUS_OK)
        status = send_out(&work, saved);
    talloc_free(mem);
    return status;
}

/* The retry key of a draft: the item and its version. A call that is repeated after a lost answer sends nothing twice. */
static struct hash256 identity_of_draft(const struct mailbox_key *mailbox, const struct item_row *row)
{
    struct slice pieces[] = { slice_of_text("draft"), slice_of(mailbox->guid.bytes, sizeof mailbox->guid.bytes), slice_of(&row->item, sizeof row->item),
                              slice_of(&row->cn, sizeof row->cn) };
    return hash_sha256_pieces(pieces, ARRAY_LENGTH(pieces));
}

static enum status load_draft(struct sending *work, const struct object_id *item, int64_t expected_change)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    struct loaded_message loaded;
    TRY(folder_begin(work->mem, work->session, item->mailbox, TRANSACTION_READ, &key, &tx));
    enum status status = item_whole_in(work->mem, tx, work->session, &key, item->item, RIGHT_READ_ANY | RIGHT_DELETE_ANY, RIGHT_DELETE_OWN, &loaded);
    talloc_free(tx);
    TRY(status);
    if (expected_change != 0 && loaded.row.cn > expected_change)
        return status_fail(STATUS_CONFLICT, "draft changed meanwhile");
    work->message = loaded.message;
    work->identity = identity_of_draft(&key, &loaded.row);
    return message_materialise(work->mem, loaded.message);
}

enum status submit_item(struct session *session, const struct object_id *item, int64_t expected_change, const struct submit_options *options)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct sending work = { .mem = mem, .session = session };
    enum status status = load_draft(&work, item, expected_change);
    if (status == STATUS_OK)
        status = prepare_sending(&work, options);
    if (status == STATUS_OK)
        status = make_mime(&work);
    if (status == STATUS_OK)
        status = send_out(&work, NULL);
    talloc_free(mem);
    TRY(status);
    /* The message is on its way: a draft that cannot be taken out now is a leftover, not a failure. */
    enum status removed = STATUS_OK;
    enum status left = item_delete(session, item, 1, DELETE_HARD, &removed);
    return left == STATUS_OK || status_info(left)->fault != FAULT_SERVER ? STATUS_OK : left;
}
