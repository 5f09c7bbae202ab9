/* Structs -> report messages [RFC 6522], [RFC 3464], [RFC 6533], [RFC 8098]. */
#include "bourse/mime/report.h"

#include "bourse/base/guid.h"
#include "bourse/base/text.h"
#include "parse.h"
#include "report_fields.h"

#define REPORT_CAP (256u << 20)

struct builder {
    TALLOC_CTX *mem;
    struct buffer *out;
    char boundary[GUID_TEXT_SIZE + 8];
    bool utf8; /* some address is not ASCII: the message/global-* types [RFC 6533] 3 */
};

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static bool is_ascii(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        if ((uint8_t)*text >= 128)
            return false;
    return true;
}

static enum status builder_new(TALLOC_CTX *mem, struct builder *out)
{
    char guid[GUID_TEXT_SIZE];
    out->mem = talloc_new(mem);
    TRY_MEMORY(out->mem);
    out->out = buffer_new(out->mem, REPORT_CAP);
    TRY_MEMORY(out->out);
    snprintf(out->boundary, sizeof out->boundary, "=_%s", guid_format(guid_new(), guid));
    return STATUS_OK;
}

static enum status put_person(struct builder *b, const char *field, const char *name, const char *address)
{
    char *text = NULL;
    TRY(mime_address_format(b->mem, name, or_empty(address), b->utf8, &text));
    mime_field_append(b->out, field, text);
    return STATUS_OK;
}

static enum status put_head(struct builder *b, const char *from_name, const char *from, const char *to, const char *subject,
                            const char *message_id, instant now, const char *report_type)
{
    char date[INSTANT_MAIL_SIZE];
    char *encoded = NULL;
    const char *at = strrchr(or_empty(from), '@');
    if (message_id == NULL)
        message_id = mime_message_id_new(b->mem, at != NULL ? at + 1 : NULL);
    TRY_MEMORY(message_id);
    if (b->utf8)
        encoded = utf8_repair(b->mem, slice_of_text(subject));
    else
        TRY(mime_words_encode(b->mem, slice_of_text(subject), &encoded));
    TRY_MEMORY(encoded);
    TRY(put_person(b, "From", from_name, from));
    TRY(put_person(b, "To", NULL, to));
    mime_field_append(b->out, "Subject", encoded);
    mime_field_append(b->out, "Date", instant_format_mail(now != 0 ? now : clock_now(), date));
    mime_field_append(b->out, "Message-ID", message_id);
    buffer_append_text(b->out, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n");
    buffer_printf(b->out, "Content-Type: multipart/report; report-type=%s;\r\n boundary=\"%s\"\r\n\r\n", report_type, b->boundary);
    return STATUS_OK;
}

static void open_part(struct builder *b, const char *type)
{
    buffer_printf(b->out, "--%s\r\nContent-Type: %s\r\n", b->boundary, type);
}

/* Text for people, UTF-8, 8bit; lines in CR LF and below 998 bytes. */
static void put_explanation(struct builder *b, const char *text)
{
    open_part(b, "text/plain; charset=utf-8");
    buffer_append_text(b->out, "Content-Transfer-Encoding: 8bit\r\n\r\n");
    size_t column = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\r')
            continue;
        bool full = column > 900 && ((uint8_t)*p & 0xC0) != 0x80;
        if (*p == '\n' || full)
            buffer_append_text(b->out, "\r\n");
        if (*p != '\n')
            buffer_append_byte(b->out, (uint8_t)*p);
        column = *p == '\n' || full ? 0 : column + 1;
    }
    buffer_append_text(b->out, "\r\n");
}

static enum status finish(struct builder *b, TALLOC_CTX *mem, struct slice *out)
{
    buffer_printf(b->out, "--%s--\r\n", b->boundary);
    enum status status = buffer_take(b->out, mem, out);
    talloc_free(b->mem);
    return status;
}

/* A field "type; value" when the value is there. Control characters cannot make new fields: mime_field_append turns breaks to blanks. */
static enum status put_typed(struct builder *b, const char *field, const char *type, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return STATUS_OK;
    char *text = talloc_asprintf(b->mem, "%s; %s", type, value);
    TRY_MEMORY(text);
    mime_field_append(b->out, field, text);
    return STATUS_OK;
}

static void put_date(struct builder *b, const char *field, instant when)
{
    char date[INSTANT_MAIL_SIZE];
    if (when != 0)
        mime_field_append(b->out, field, instant_format_mail(when, date));
}

static enum status put_recipient(struct builder *b, const struct delivery_recipient *recipient)
{
    const char *type = is_ascii(recipient->final) ? "rfc822" : "utf-8";
    buffer_append_text(b->out, "\r\n");
    const char *original = or_empty(recipient->original);
    if (strchr(original, ';') != NULL) /* ORCPT has its type already */
        mime_field_append(b->out, "Original-Recipient", original);
    else
        TRY(put_typed(b, "Original-Recipient", is_ascii(original) ? "rfc822" : "utf-8", original));
    TRY(put_typed(b, "Final-Recipient", type, or_empty(recipient->final)[0] != '\0' ? recipient->final : "unknown"));
    mime_field_append(b->out, "Action", delivery_action_word(recipient->action));
    static const char *const defaults[] = { "5.0.0", "4.0.0", "2.0.0", "2.0.0", "2.0.0" };
    mime_field_append(b->out, "Status", or_empty(recipient->status)[0] != '\0' ? recipient->status : defaults[recipient->action]);
    TRY(put_typed(b, "Remote-MTA", "dns", recipient->remote_mta));
    TRY(put_typed(b, "Diagnostic-Code", "smtp", recipient->diagnostic));
    put_date(b, "Last-Attempt-Date", recipient->last_attempt);
    if (or_empty(recipient->final_log_id)[0] != '\0')
        mime_field_append(b->out, "Final-Log-ID", recipient->final_log_id);
    if (recipient->action == DELIVERY_DELAYED)
        put_date(b, "Will-Retry-Until", recipient->will_retry_until);
    return STATUS_OK;
}

static enum status put_status(struct builder *b, const struct delivery_report *report)
{
    open_part(b, b->utf8 ? "message/global-delivery-status" : "message/delivery-status");
    if (b->utf8)
        buffer_append_text(b->out, "Content-Transfer-Encoding: 8bit\r\n");
    buffer_append_text(b->out, "\r\n");
    if (or_empty(report->envelope_id)[0] != '\0')
        mime_field_append(b->out, "Original-Envelope-Id", report->envelope_id);
    TRY(put_typed(b, "Reporting-MTA", "dns", report->reporting_mta));
    TRY(put_typed(b, "Received-From-MTA", "dns", report->received_from_mta));
    put_date(b, "Arrival-Date", report->arrival);
    for (size_t i = 0; i < report->recipient_count; i++)
        TRY(put_recipient(b, &report->recipients[i]));
    buffer_append_text(b->out, "\r\n");
    return STATUS_OK;
}

static bool has_high_bytes(struct slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if (bytes.data[i] >= 128)
            return true;
    return false;
}

static void put_original(struct builder *b, const struct delivery_report *report)
{
    struct slice content = report->original;
    if (!report->return_full)
        content = slice_part(content, 0, mime_header_length(content));
    bool high = has_high_bytes(content);
    bool global = b->utf8 || (high && has_high_bytes(slice_part(content, 0, mime_header_length(content))));
    open_part(b, report->return_full ? (global ? "message/global" : "message/rfc822") : (global ? "message/global-headers" : "text/rfc822-headers"));
    if (high)
        buffer_append_text(b->out, "Content-Transfer-Encoding: 8bit\r\n");
    buffer_append_text(b->out, "\r\n");
    buffer_append_slice(b->out, content);
    if (content.length == 0 || content.data[content.length - 1] != '\n')
        buffer_append_text(b->out, "\r\n");
}

static const struct {
    const char *subject, *line;
} delivery_texts[] = {
    { "Undeliverable", "Your message could not be delivered to these recipients:" },
    { "Delivery delayed", "Your message has not been delivered yet to these recipients. Delivery will be tried again; you need not send it again:" },
    { "Delivered", "Your message was delivered to these recipients:" },
    { "Relayed", "Your message was passed on to a server that does not confirm delivery, for these recipients:" },
    { "Expanded", "Your message was delivered to the members of these groups:" },
};

static enum status explain(struct builder *b, const struct delivery_report *report, const char **out)
{
    struct buffer *text = buffer_new(b->mem, 16u << 20);
    TRY_MEMORY(text);
    enum delivery_action action = report->recipient_count > 0 ? report->recipients[0].action : DELIVERY_FAILED;
    buffer_printf(text, "%s\n\n", delivery_texts[action].line);
    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct delivery_recipient *recipient = &report->recipients[i];
        buffer_printf(text, "    %s\n", or_empty(recipient->final));
        if (or_empty(recipient->diagnostic)[0] != '\0')
            buffer_printf(text, "        %s%s%s\n", or_empty(recipient->remote_mta), or_empty(recipient->remote_mta)[0] != '\0' ? " said: " : "",
                          recipient->diagnostic);
    }
    buffer_printf(text, "\nReported by %s.\n", or_empty(report->reporting_mta));
    TRY(buffer_status(text));
    *out = buffer_text(text);
    return STATUS_OK;
}

static enum status report_subject(struct builder *b, const struct delivery_report *report, const char **out)
{
    struct mime_field field;
    char *subject = NULL;
    enum delivery_action action = report->recipient_count > 0 ? report->recipients[0].action : DELIVERY_FAILED;
    if (mime_field_find(report->original, "Subject", 0, &field))
        TRY(mime_words_decode(b->mem, slice_part(field.value, 0, 2000), &subject));
    *out = talloc_asprintf(b->mem, "%s%s%s", delivery_texts[action].subject, subject != NULL ? ": " : "", or_empty(subject));
    TRY_MEMORY(*out);
    return STATUS_OK;
}

static enum status build_delivery(struct builder *b, const struct delivery_report *report)
{
    const char *explanation = report->explanation, *subject = NULL;
    b->utf8 = !is_ascii(report->to) || !is_ascii(report->from);
    for (size_t i = 0; i < report->recipient_count; i++)
        b->utf8 = b->utf8 || !is_ascii(report->recipients[i].final) || !is_ascii(report->recipients[i].original);
    if (explanation == NULL)
        TRY(explain(b, report, &explanation));
    TRY(report_subject(b, report, &subject));
    TRY(put_head(b, report->from_name, report->from, report->to, subject, report->message_id, report->now, "delivery-status"));
    put_explanation(b, explanation);
    TRY(put_status(b, report));
    if (report->original.length > 0)
        put_original(b, report);
    return STATUS_OK;
}

enum status mime_build_delivery_report(TALLOC_CTX *mem, const struct delivery_report *report, struct slice *out)
{
    struct builder builder = { 0 };
    TRY(builder_new(mem, &builder));
    enum status status = build_delivery(&builder, report);
    if (status == STATUS_OK)
        return finish(&builder, mem, out);
    talloc_free(builder.mem);
    return status;
}

static const char *const read_words[] = { "displayed", "deleted", "dispatched", "processed" };

static enum status build_read(struct builder *b, const struct read_report *report)
{
    b->utf8 = !is_ascii(report->to) || !is_ascii(report->from) || !is_ascii(report->final_recipient);
    char *subject = talloc_asprintf(b->mem, "%s: %s", report->disposition == READ_DELETED ? "Not read" : "Read", or_empty(report->subject));
    TRY_MEMORY(subject);
    const char *explanation = report->explanation;
    if (explanation == NULL)
        explanation = talloc_asprintf(b->mem, "Your message\n\n    Subject: %s\n\nwas %s by %s.\n", or_empty(report->subject),
                                      report->disposition == READ_DELETED ? "deleted without being read" : "read", or_empty(report->from));
    TRY_MEMORY(explanation);
    TRY(put_head(b, report->from_name, report->from, report->to, subject, report->message_id, report->now, "disposition-notification"));
    put_explanation(b, explanation);
    open_part(b, b->utf8 ? "message/global-disposition-notification" : "message/disposition-notification");
    if (b->utf8)
        buffer_append_text(b->out, "Content-Transfer-Encoding: 8bit\r\n");
    buffer_append_text(b->out, "\r\n");
    if (or_empty(report->reporting_ua)[0] != '\0')
        mime_field_append(b->out, "Reporting-UA", report->reporting_ua);
    TRY(put_typed(b, "Original-Recipient", is_ascii(report->original_recipient) ? "rfc822" : "utf-8", report->original_recipient));
    TRY(put_typed(b, "Final-Recipient", is_ascii(report->final_recipient) ? "rfc822" : "utf-8", report->final_recipient));
    if (or_empty(report->original_message_id)[0] != '\0')
        mime_field_append(b->out, "Original-Message-ID", report->original_message_id);
    buffer_printf(b->out, "Disposition: %s/%s; %s\r\n\r\n", report->automatic_action ? "automatic-action" : "manual-action",
                  report->automatic_sending ? "MDN-sent-automatically" : "MDN-sent-manually", read_words[report->disposition]);
    return STATUS_OK;
}

enum status mime_build_read_report(TALLOC_CTX *mem, const struct read_report *report, struct slice *out)
{
    struct builder builder = { 0 };
    TRY(builder_new(mem, &builder));
    enum status status = build_read(&builder, report);
    if (status == STATUS_OK)
        return finish(&builder, mem, out);
    talloc_free(builder.mem);
    return status;
}
