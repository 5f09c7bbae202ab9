#include "bourse/groupware/reply.h"

#include "bourse/base/guid.h"
#include "bourse/base/text.h"
#include "bourse/base/wire.h"
#include "bourse/model/properties.h"

/* [MS-OXOMSG] 2.2.1.3: a response has the parent's index and five bytes more. */
enum { INDEX_HEAD_SIZE = 22, INDEX_RESPONSE_SIZE = 5, INDEX_MAX = 1000 };

static const char *prop(const struct item *original, prop_tag tag)
{
    return bag_string(original->message->props, tag, "");
}

/* At most three characters, a colon, a blank. */
static const char *normalized(const char *subject)
{
    const char *colon = strchr(subject, ':');
    if (colon == NULL || colon - subject > 3 || colon == subject || colon[1] != ' ')
        return subject;
    for (const char *c = subject; c < colon; c++)
        if (*c == ' ' || (*c >= '0' && *c <= '9'))
            return subject;
    return colon + 2;
}

char *reply_subject(TALLOC_CTX *mem, const struct item *original, bool is_forward)
{
    return talloc_asprintf(mem, "%s%s", is_forward ? "FW: " : "RE: ", normalized(prop(original, PROP_SUBJECT)));
}

/* ---- the quoted text ---- */

static const char *sender_text(TALLOC_CTX *mem, const struct item *original)
{
    const char *name = prop(original, PROP_SENT_REPRESENTING_NAME), *address = prop(original, PROP_SENT_REPRESENTING_EMAIL_ADDRESS);
    return name[0] != '\0' && strcmp(name, address) != 0 ? talloc_asprintf(mem, "%s <%s>", name, address) : address;
}

static const char *header_text(TALLOC_CTX *mem, const struct item *original)
{
    char when[INSTANT_MAIL_SIZE];
    instant sent = original->sent != 0 ? original->sent : original->received;
    const char *cc = prop(original, PROP_DISPLAY_CC);
    return talloc_asprintf(mem, "From: %s\r\nSent: %s\r\nTo: %s\r\n%s%s%sSubject: %s\r\n", sender_text(mem, original), instant_format_mail(sent, when),
                           prop(original, PROP_DISPLAY_TO), cc[0] != '\0' ? "Cc: " : "", cc, cc[0] != '\0' ? "\r\n" : "", prop(original, PROP_SUBJECT));
}

static void append_escaped(struct buffer *out, struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = text.data[i];
        if (c == '&')
            buffer_append_text(out, "&amp;");
        else if (c == '<')
            buffer_append_text(out, "&lt;");
        else if (c == '>')
            buffer_append_text(out, "&gt;");
        else if (c == '\n')
            buffer_append_text(out, "<br>\n");
        else if (c != '\r')
            buffer_append_byte(out, c);
    }
}

/* What stands between <body> and </body>; the whole when there is no body element. */
static struct slice inner_html(struct slice html)
{
    size_t begin = 0, end = html.length;
    for (size_t i = 0; i + 5 < html.length; i++)
        if (slice_equal_ascii_nocase(slice_part(html, i, 5), slice_of_text("<body"))) {
            ptrdiff_t close = slice_find_byte(slice_part(html, i, html.length - i), '>');
            begin = close >= 0 ? i + (size_t)close + 1 : html.length;
            break;
        }
    for (size_t i = html.length; i-- > begin;)
        if (slice_equal_ascii_nocase(slice_part(html, i, 7), slice_of_text("</body>"))) {
            end = i;
            break;
        }
    return slice_part(html, begin, end - begin);
}

static enum status quote_html(struct message *message, const struct item *original, struct slice added, bool added_is_html)
{
    struct slice old = inner_html(bag_bytes(original->message->props, PROP_HTML)), new = added_is_html ? inner_html(added) : added;
    struct buffer *out = buffer_new(message, old.length + new.length * 6 + 65536);
    if (out == NULL)
        return status_fail(STATUS_NO_MEMORY, "reply");
    buffer_append_text(out, "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body>");
    if (added_is_html)
        buffer_append_slice(out, new);
    else
        append_escaped(out, new);
    buffer_append_text(out, "<hr><div>");
    append_escaped(out, slice_of_text(header_text(message, original)));
    buffer_append_text(out, "</div><br>");
    buffer_append_slice(out, old);
    buffer_append_text(out, "</body></html>");
    TRY(buffer_status(out));
    return bag_set_bytes(message->props, PROP_HTML, buffer_slice(out));
}

static enum status quote_text(struct message *message, const struct item *original, struct slice added)
{
    const char *text = talloc_asprintf(message, "%.*s\r\n\r\n-----Original Message-----\r\n%s\r\n%s", (int)added.length, (const char *)added.data,
                                       header_text(message, original), prop(original, PROP_BODY));
    return text != NULL ? bag_set_string(message->props, PROP_BODY, text) : status_fail(STATUS_NO_MEMORY, "reply");
}

enum status reply_quote(struct message *message, const struct item *original, struct slice added, bool added_is_html)
{
    bool is_html = added_is_html || bag_int32(original->message->props, PROP_NATIVE_BODY, 0) != 1;
    return is_html ? quote_html(message, original, added, added_is_html) : quote_text(message, original, added);
}

/* ---- thread, attachments ---- */

static enum status longer_index(struct message *message, struct slice index)
{
    uint8_t *longer = talloc_array(message, uint8_t, INDEX_MAX + INDEX_RESPONSE_SIZE);
    if (longer == NULL)
        return status_fail(STATUS_NO_MEMORY, "conversation index");
    struct wire header = wire_over(index);
    uint64_t begin = (uint64_t)wire_u32_be(&header) << 32 | (uint64_t)wire_u16_be(&header) << 16; /* 48 high bits of a FILETIME */
    uint64_t now = (uint64_t)clock_now(), since = (now > begin ? now - begin : 0) >> 18; /* delta code 0 */
    uint8_t block[INDEX_RESPONSE_SIZE] = { (uint8_t)(since >> 24 & 0x7F), (uint8_t)(since >> 16), (uint8_t)(since >> 8), (uint8_t)since, guid_new().bytes[0] };
    memcpy(longer, index.data, index.length);
    memcpy(longer + index.length, block, sizeof block);
    return bag_set_bytes(message->props, PROP_CONVERSATION_INDEX, slice_of(longer, index.length + sizeof block));
}

enum status reply_thread(struct message *message, const struct item *original)
{
    struct bag *props = message->props;
    const char *id = prop(original, PROP_INTERNET_MESSAGE_ID), *references = prop(original, PROP_INTERNET_REFERENCES), *topic = prop(original, PROP_CONVERSATION_TOPIC);
    struct slice index = bag_bytes(original->message->props, PROP_CONVERSATION_INDEX);
    if (id[0] != '\0') {
        TRY(bag_set_string(props, PROP_IN_REPLY_TO_ID, id));
        TRY(bag_set_string(props, PROP_INTERNET_REFERENCES, references[0] != '\0' ? talloc_asprintf(message, "%s %s", references, id) : id));
    }
    TRY(bag_set_string(props, PROP_CONVERSATION_TOPIC, topic[0] != '\0' ? topic : normalized(prop(original, PROP_SUBJECT))));
    return index.length >= INDEX_HEAD_SIZE && index.length <= INDEX_MAX ? longer_index(message, index) : STATUS_OK;
}

/* attFlags: rendered in the body [MS-OXCMSG] 2.2.2.18 */
static bool is_inline(const struct attachment *attachment)
{
    return bag_bool(attachment->props, PROP_ATTACHMENT_HIDDEN, false) || (bag_int32(attachment->props, PROP_ATTACH_FLAGS, 0) & 4) != 0;
}

enum status reply_attachments(TALLOC_CTX *mem, struct session *session, struct message *message, const struct item *original, bool only_inline)
{
    const struct message *from = original->message;
    for (size_t i = 0; i < from->attachment_count; i++) {
        if (only_inline && !is_inline(&from->attachments[i]))
            continue;
        struct attachment *content = NULL, *copy = message_add_attachment(message);
        struct object_id id = original->id;
        id.kind = OBJECT_ATTACHMENT;
        id.attachments[id.attachment_depth++] = from->attachments[i].number;
        TRY(attachment_get(mem, session, &id, true, &content));
        if (copy == NULL || (copy->props = bag_copy(message, content->props)) == NULL)
            return status_fail(STATUS_NO_MEMORY, "attachment");
        copy->number = -1;
        copy->content = content->content;
        copy->size = content->size;
        copy->bytes = content->bytes;
        copy->embedded = content->embedded;
    }
    return STATUS_OK;
}
