/* Machine-readable report bodies -> structs [RFC 3464] 2, [RFC 8098] 3. */
#include "bourse/mime/report.h"

#include "parse.h"
#include "report_fields.h"

#include <strings.h>

#define RECIPIENTS_MAX 10000

static const char *const actions[] = { "failed", "delayed", "delivered", "relayed", "expanded" };

const char *delivery_action_word(unsigned action)
{
    return action < ARRAY_LENGTH(actions) ? actions[action] : actions[0];
}

enum status report_plain_text(TALLOC_CTX *mem, struct slice value, const char **out)
{
    char *text = NULL;
    TRY(mime_words_decode(mem, slice_part(value, 0, 8192), &text));
    *out = text;
    return STATUS_OK;
}

enum status report_typed_text(TALLOC_CTX *mem, struct slice value, const char **out)
{
    struct slice type, rest;
    if (slice_split(value, ';', &type, &rest))
        value = slice_trim(rest);
    TRY(report_plain_text(mem, value, out));
    size_t length = strlen(*out);
    if (length >= 2 && (*out)[0] == '<' && (*out)[length - 1] == '>') {
        *out = talloc_strndup(mem, *out + 1, length - 2);
        TRY_MEMORY(*out);
    }
    return STATUS_OK;
}

enum status_field { FIELD_ORIGINAL, FIELD_FINAL, FIELD_ACTION, FIELD_STATUS, FIELD_REMOTE, FIELD_DIAGNOSTIC, FIELD_ATTEMPT, FIELD_RETRY,
                    FIELD_LOG, FIELD_REPORTING, FIELD_RECEIVED, FIELD_ENVELOPE, FIELD_ARRIVAL };

static const struct {
    const char *name;
    enum status_field field;
} status_fields[] = {
    { "Original-Recipient", FIELD_ORIGINAL }, { "Final-Recipient", FIELD_FINAL }, { "Action", FIELD_ACTION }, { "Status", FIELD_STATUS },
    { "Remote-MTA", FIELD_REMOTE }, { "Diagnostic-Code", FIELD_DIAGNOSTIC }, { "Last-Attempt-Date", FIELD_ATTEMPT },
    { "Will-Retry-Until", FIELD_RETRY }, { "Final-Log-ID", FIELD_LOG }, { "Reporting-MTA", FIELD_REPORTING },
    { "Received-From-MTA", FIELD_RECEIVED }, { "Original-Envelope-Id", FIELD_ENVELOPE }, { "Arrival-Date", FIELD_ARRIVAL },
};

static enum delivery_action read_action(struct slice value)
{
    value = slice_trim(value);
    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
        if (value.length >= strlen(actions[i]) && strncasecmp((const char *)value.data, actions[i], strlen(actions[i])) == 0)
            return (enum delivery_action)i;
    return DELIVERY_FAILED;
}

static instant read_date(struct slice value)
{
    instant when = 0;
    return mime_date_parse(value, &when) ? when : 0;
}

static enum status apply_field(TALLOC_CTX *mem, enum status_field field, struct slice value, struct delivery_recipient *recipient,
                               struct delivery_report *report)
{
    switch (field) {
    case FIELD_ORIGINAL: return report_typed_text(mem, value, &recipient->original);
    case FIELD_FINAL: return report_typed_text(mem, value, &recipient->final);
    case FIELD_ACTION: recipient->action = read_action(value); return STATUS_OK;
    case FIELD_STATUS: return report_plain_text(mem, value, &recipient->status);
    case FIELD_REMOTE: return report_typed_text(mem, value, &recipient->remote_mta);
    case FIELD_DIAGNOSTIC: return report_typed_text(mem, value, &recipient->diagnostic);
    case FIELD_ATTEMPT: recipient->last_attempt = read_date(value); return STATUS_OK;
    case FIELD_RETRY: recipient->will_retry_until = read_date(value); return STATUS_OK;
    case FIELD_LOG: return report_plain_text(mem, value, &recipient->final_log_id);
    case FIELD_REPORTING: return report_typed_text(mem, value, &report->reporting_mta);
    case FIELD_RECEIVED: return report_typed_text(mem, value, &report->received_from_mta);
    case FIELD_ENVELOPE: return report_plain_text(mem, value, &report->envelope_id);
    default: report->arrival = read_date(value); return STATUS_OK;
    }
}

static enum status add_recipient(TALLOC_CTX *mem, struct delivery_report *out, const struct delivery_recipient *recipient)
{
    if (out->recipient_count >= RECIPIENTS_MAX || (recipient->final == NULL && recipient->original == NULL))
        return STATUS_OK;
    struct delivery_recipient *list = (struct delivery_recipient *)(uintptr_t)out->recipients;
    if ((out->recipient_count & (out->recipient_count - 1)) == 0) { /* full at each power of two */
        list = talloc_realloc(mem, list, struct delivery_recipient, (unsigned)(out->recipient_count == 0 ? 1 : out->recipient_count * 2));
        TRY_MEMORY(list);
    }
    list[out->recipient_count] = *recipient;
    if (list[out->recipient_count].final == NULL)
        list[out->recipient_count].final = recipient->original;
    out->recipient_count++;
    out->recipients = list;
    return STATUS_OK;
}

/* Groups are parted by empty lines; the first is about the message. Some writers repeat an empty line or leave out the first group. */
enum status mime_parse_delivery_status(TALLOC_CTX *mem, struct slice body, struct delivery_report *out)
{
    *out = (struct delivery_report){ 0 };
    struct delivery_recipient recipient = { 0 };
    struct mime_field field;
    size_t fields = 0;
    for (size_t at = 0; at < body.length && fields < 10 * RECIPIENTS_MAX;) {
        enum header_line line = header_step(body, &at, &field);
        if (line == LINE_EMPTY) {
            TRY(add_recipient(mem, out, &recipient));
            recipient = (struct delivery_recipient){ 0 };
        }
        if (line == LINE_BODY)
            at = line_end(body, at);
        for (size_t i = 0; line == LINE_FIELD && i < ARRAY_LENGTH(status_fields); i++)
            if (name_is(field.name, status_fields[i].name))
                TRY(apply_field(mem, status_fields[i].field, field.value, &recipient, out));
        fields++;
    }
    TRY(add_recipient(mem, out, &recipient));
    return out->recipient_count > 0 ? STATUS_OK : status_fail(STATUS_MALFORMED, "delivery status without recipients");
}

static const char *const dispositions[] = { "displayed", "deleted", "dispatched", "processed" };

/* "manual-action/MDN-sent-manually; displayed/error" */
static void read_disposition(const char *text, struct read_report *out)
{
    out->automatic_action = text_starts(text, "automatic-action");
    const char *mode = strchr(text, '/');
    out->automatic_sending = mode != NULL && text_starts(mode + 1, "MDN-sent-automatically");
    const char *type = strchr(text, ';');
    type = type != NULL ? type + 1 : text;
    type += strspn(type, " \t");
    for (size_t i = 0; i < ARRAY_LENGTH(dispositions); i++)
        if (text_starts(type, dispositions[i]))
            out->disposition = (enum read_disposition)i;
    if (text_starts(type, "denied") || text_starts(type, "failed"))
        out->disposition = READ_DELETED;
}

enum status mime_parse_disposition(TALLOC_CTX *mem, struct slice body, struct read_report *out)
{
    *out = (struct read_report){ 0 };
    struct mime_field field;
    const char *text = NULL;
    bool found = false;
    size_t at = 0, fields = 0;
    while (mime_field_next(body, &at, &field) && fields++ < 1000) {
        if (name_is(field.name, "Reporting-UA"))
            TRY(report_plain_text(mem, field.value, &out->reporting_ua));
        else if (name_is(field.name, "Original-Recipient"))
            TRY(report_typed_text(mem, field.value, &out->original_recipient));
        else if (name_is(field.name, "Final-Recipient"))
            TRY(report_typed_text(mem, field.value, &out->final_recipient));
        else if (name_is(field.name, "Original-Message-ID"))
            TRY(report_plain_text(mem, field.value, &out->original_message_id));
        if (!name_is(field.name, "Disposition"))
            continue;
        TRY(report_plain_text(mem, field.value, &text));
        read_disposition(text, out);
        found = true;
    }
    return found ? STATUS_OK : status_fail(STATUS_MALFORMED, "no Disposition field");
}
