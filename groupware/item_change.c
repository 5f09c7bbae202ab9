#include "item_change.h"

#include "bourse/mime/import.h"
#include "bourse/mime/body.h"
#include "bourse/model/properties.h"
#include "item_defaults.h"
#include "item_view.h"

/* Properties that a MIME message does not carry: changing them leaves the original as true as it was. Named properties of follow-up,
 * reminders and categories are all of this kind too, hence the whole named range but for internet headers. */
static const uint16_t mailbox_only_ids[] = {
    PROP_READ >> 16, PROP_FLAG_STATUS >> 16, PROP_FLAG_COMPLETE_TIME >> 16, PROP_ICON_INDEX >> 16, PROP_LAST_VERB_EXECUTED >> 16,
    PROP_LAST_VERB_EXECUTION_TIME >> 16, PROP_FOLLOWUP_ICON >> 16, PROP_TO_DO_ITEM_FLAGS >> 16, PROP_MESSAGE_FLAGS >> 16,
    PROP_MESSAGE_DELIVERY_TIME >> 16, PROP_LAST_MODIFICATION_TIME >> 16, PROP_CREATION_TIME >> 16, PROP_RETENTION_DATE >> 16,
    PROP_ARCHIVE_DATE >> 16, PROP_POLICY_TAG >> 16, PROP_MESSAGE_STATUS >> 16,
};

static bool is_mailbox_only(prop_tag tag)
{
    if (prop_id(tag) >= 0x8000)
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(mailbox_only_ids); i++)
        if (mailbox_only_ids[i] == prop_id(tag))
            return true;
    return false;
}

static bool is_body(prop_tag tag)
{
    return prop_id(tag) == prop_id(PROP_BODY) || prop_id(tag) == prop_id(PROP_HTML) || prop_id(tag) == prop_id(PROP_RTF_COMPRESSED);
}

struct change_effect {
    bool is_seen_in_mime; /* the original no longer says the same */
    bool needs_content;   /* bodies or attachments change */
    bool sets_body;
    bool sets_subject;
};

static void note_tag(struct change_effect *effect, prop_tag tag)
{
    effect->is_seen_in_mime = effect->is_seen_in_mime || !is_mailbox_only(tag);
    effect->sets_body = effect->sets_body || is_body(tag);
    effect->sets_subject = effect->sets_subject || prop_id(tag) == prop_id(PROP_SUBJECT);
}

static struct change_effect effect_of(const struct item_change *change)
{
    struct change_effect effect = { 0 };
    for (size_t i = 0; change->set != NULL && i < bag_count(change->set); i++)
        note_tag(&effect, bag_at(change->set, i)->tag);
    for (size_t i = 0; i < change->remove_count; i++)
        note_tag(&effect, change->remove[i]);
    effect.needs_content = effect.sets_body || change->add_attachment_count > 0 || change->remove_attachment_count > 0;
    effect.is_seen_in_mime = effect.is_seen_in_mime || effect.needs_content || change->replace_recipients;
    return effect;
}

bool item_change_has_content(const struct item_change *change)
{
    size_t set = change->set != NULL ? bag_count(change->set) : 0;
    bool only_read = set == 1 && bag_has(change->set, PROP_READ);
    return (set > 0 && !only_read) || change->remove_count > 0 || change->replace_recipients || change->add_attachment_count > 0 ||
           change->remove_attachment_count > 0 || change->replace_mime.length > 0;
}

/* A new text makes an old HTML untrue, and the other way round. */
static void drop_other_bodies(struct message *message, const struct bag *set)
{
    bool text = bag_has(set, PROP_BODY), html = bag_has(set, PROP_HTML), rtf = bag_has(set, PROP_RTF_COMPRESSED);
    if (!text)
        bag_remove(message->props, PROP_BODY);
    if (!html)
        bag_remove(message->props, PROP_HTML);
    if (!rtf)
        bag_remove(message->props, PROP_RTF_COMPRESSED);
    bag_remove(message->props, STORE_PROP_PREVIEW);
}

static enum status apply_properties(struct message *message, const struct item_change *change, const struct change_effect *effect)
{
    if (change->set != NULL) {
        if (effect->sets_body)
            drop_other_bodies(message, change->set);
        TRY(bag_merge(message->props, change->set));
    }
    for (size_t i = 0; i < change->remove_count; i++)
        bag_remove(message->props, prop_make(prop_id(change->remove[i]), TYPE_UNSPECIFIED));
    bag_remove(message->props, PROP_READ);
    return effect->sets_subject ? item_derive_subject(message) : STATUS_OK;
}

static enum status apply_recipients(struct message *message, const struct item_change *change)
{
    if (!change->replace_recipients)
        return STATUS_OK;
    message->recipient_count = 0;
    for (size_t i = 0; i < change->recipient_count; i++)
        if (message_add_recipient(message, &change->recipients[i]) == NULL)
            return status_fail(STATUS_NO_MEMORY, "recipients");
    return item_derive_display(message);
}

static bool is_removed(const struct item_change *change, int32_t number)
{
    for (size_t i = 0; i < change->remove_attachment_count; i++)
        if (change->remove_attachments[i] == number)
            return true;
    return false;
}

static enum status apply_attachments(struct message *message, const struct item_change *change)
{
    size_t kept = 0;
    for (size_t i = 0; i < message->attachment_count; i++)
        if (!is_removed(change, message->attachments[i].number))
            message->attachments[kept++] = message->attachments[i];
    message->attachment_count = kept;
    for (size_t i = 0; i < change->add_attachment_count; i++) {
        const struct attachment *from = &change->add_attachments[i];
        struct attachment *added = message_add_attachment(message);
        if (added == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachment");
        TRY(bag_merge(added->props, from->props));
        added->number = -1;
        added->content = from->content;
        added->size = from->size;
        added->bytes = from->bytes;
        added->stored.blob = from->stored.blob;
        added->embedded = from->embedded;
    }
    return STATUS_OK;
}

/* The new original decides everything that MIME carries; what only the mailbox knows stays. */
static enum status apply_mime(struct message *message, struct slice mime)
{
    struct message *fresh = NULL;
    TRY(mime_import(message, mime, &mime_limits_default, MIME_IMPORT_DELIVERY, &fresh));
    for (size_t i = 0; i < bag_count(message->props); i++) {
        const struct value *old = bag_at(message->props, i);
        if (is_mailbox_only(old->tag) && !bag_has(fresh->props, prop_make(prop_id(old->tag), TYPE_UNSPECIFIED)))
            TRY(bag_set(fresh->props, old));
    }
    *message = *fresh;
    TRY(item_derive_subject(message));
    return item_derive_display(message);
}

enum status item_change_apply(struct message *message, const struct item_change *change)
{
    if (change->replace_mime.length > 0)
        TRY(apply_mime(message, change->replace_mime));
    struct change_effect effect = effect_of(change);
    if (effect.is_seen_in_mime && change->replace_mime.length == 0)
        message->mime.mirrors = false;
    if (effect.needs_content)
        TRY(message_materialise(message, message));
    TRY(apply_properties(message, change, &effect));
    TRY(apply_recipients(message, change));
    return apply_attachments(message, change);
}
