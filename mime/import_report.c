/* Reports -> REPORT.IPM.Note.* with their properties [MS-OXCMAIL] 2.2.5, [MS-OXOMSG] 2.2.2, 2.2.3. */
#include "import_state.h"

#include "bourse/mime/report.h"
#include "parse.h"

#include <stdlib.h>

static const char *const delivery_classes[] = { "REPORT.IPM.Note.NDR", "REPORT.IPM.Note.Delayed", "REPORT.IPM.Note.DR",
                                                "REPORT.IPM.Note.Relayed", "REPORT.IPM.Note.Expanded" };

/* Enhanced status -> diagnostic code [MS-OXOMSG] 2.2.2.31 (values of X.411 mapped as the status classes say). */
static int32_t diagnostic_code(const char *status)
{
    static const struct { const char *status; int32_t code; } codes[] = {
        { "5.1.0", 0 }, { "5.1.1", 1 }, { "5.1.2", 0 }, { "5.1.4", 1 }, { "5.2.2", 38 }, { "5.2.3", 8 }, { "5.3.4", 8 }, { "5.4.4", 2 },
        { "5.4.6", 3 }, { "5.4.7", 5 }, { "4.4.7", 5 }, { "5.7.1", 29 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
        if (strcmp(codes[i].status, status) == 0)
            return codes[i].code;
    return -1; /* no diagnostic */
}

/* "5.1.1" -> 511 [MS-OXOMSG] 2.2.2.32 */
static int32_t status_number(const char *status)
{
    int32_t number = 0;
    for (const char *p = status; *p != '\0' && number < 100000; p++)
        if (*p >= '0' && *p <= '9')
            number = number * 10 + (*p - '0');
    return number;
}

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static enum status set_codes(struct bag *bag, const struct delivery_recipient *from)
{
    const char *status = text_or_empty(from->status);
    if (from->action == DELIVERY_FAILED) {
        TRY(bag_set_int32(bag, PROP_NON_DELIVERY_REPORT_REASON_CODE, status[0] == '4' ? 1 : 0)); /* transfer impossible / failed */
        TRY(bag_set_int32(bag, PROP_NON_DELIVERY_REPORT_DIAG_CODE, diagnostic_code(status)));
    }
    if (status[0] != '\0')
        TRY(bag_set_int32(bag, PROP_NON_DELIVERY_REPORT_STATUS_CODE, status_number(status)));
    if (from->diagnostic != NULL)
        TRY(bag_set_string(bag, PROP_SUPPLEMENTARY_INFO, from->diagnostic));
    if (from->remote_mta != NULL)
        TRY(bag_set_string(bag, PROP_REMOTE_MESSAGE_TRANSFER_AGENT, from->remote_mta));
    return STATUS_OK;
}

/* The recipients of the report object are those it tells of, not whom it was sent to [MS-OXCMAIL] 2.2.5.1. */
static enum status set_recipients(struct import *im, const struct delivery_report *report)
{
    struct message *message = im->message;
    message->recipient_count = 0;
    for (size_t i = 0; i < report->recipient_count && i < im->limits.recipients; i++) {
        const struct delivery_recipient *from = &report->recipients[i];
        const char *address = text_or_empty(from->final);
        struct recipient recipient = { .type = RECIPIENT_TO, .display_name = address, .address_type = "SMTP", .address = address,
                                       .smtp_address = address, .props = bag_new(im->scratch) };
        TRY_MEMORY(recipient.props);
        TRY(set_codes(recipient.props, from));
        if (from->original != NULL && strcmp(from->original, address) != 0)
            TRY(bag_set_string(recipient.props, PROP_ORIGINALLY_INTENDED_RECIP_EMAIL_ADDRESS, from->original));
        TRY_MEMORY(message_add_recipient(message, &recipient));
    }
    return STATUS_OK;
}

/* Subject, id and date of the original, from the returned header or message. */
static enum status set_original(struct import *im)
{
    for (uint32_t i = im->root + 1; i < im->ends[im->root]; i++) {
        const struct mime_part *part = &im->structure->parts[i];
        if (part->kind != MIME_MESSAGE && strcmp(part->type, "text/rfc822-headers") != 0 && strcmp(part->type, "message/global-headers") != 0)
            continue;
        struct slice text;
        struct mime_field field;
        char *value = NULL;
        instant when = 0;
        if (mime_part_decode(im->scratch, im->bytes, im->structure, i, im->limits.attachment_bytes, &text) != STATUS_OK)
            return STATUS_OK;
        if (mime_field_find(text, "Subject", 0, &field)) {
            TRY(mime_words_decode(im->scratch, field.value, &value));
            TRY(bag_set_string(im->message->props, PROP_ORIGINAL_SUBJECT, value));
        }
        if (mime_field_find(text, "Message-ID", 0, &field) && !bag_has(im->message->props, PROP_ORIGINAL_MESSAGE_ID)) {
            TRY(mime_words_decode(im->scratch, field.value, &value));
            TRY(bag_set_string(im->message->props, PROP_ORIGINAL_MESSAGE_ID, value));
        }
        if (mime_field_find(text, "Date", 0, &field) && mime_date_parse(field.value, &when))
            TRY(bag_set_time(im->message->props, PROP_ORIGINAL_SUBMIT_TIME, when));
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status import_delivery(struct import *im, struct slice body)
{
    struct delivery_report report;
    enum status status = mime_parse_delivery_status(im->scratch, body, &report);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    struct bag *bag = im->message->props;
    im->message_class = delivery_classes[report.recipients[0].action];
    TRY(set_recipients(im, &report));
    TRY(set_codes(bag, &report.recipients[0]));
    TRY(bag_set_string(bag, PROP_ORIGINAL_MESSAGE_CLASS, "IPM.Note"));
    if (report.reporting_mta != NULL)
        TRY(bag_set_string(bag, PROP_REPORTING_MESSAGE_TRANSFER_AGENT, report.reporting_mta));
    instant when = bag_time(bag, PROP_CLIENT_SUBMIT_TIME, 0);
    if (when != 0)
        TRY(bag_set_time(bag, PROP_REPORT_TIME, when));
    return set_original(im);
}

static enum status import_disposition(struct import *im, struct slice body)
{
    struct read_report report;
    enum status status = mime_parse_disposition(im->scratch, body, &report);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    struct bag *bag = im->message->props;
    im->message_class = report.disposition == READ_DELETED ? "REPORT.IPM.Note.IPNNRN" : "REPORT.IPM.Note.IPNRN";
    TRY(bag_set_string(bag, PROP_ORIGINAL_MESSAGE_CLASS, "IPM.Note"));
    if (report.original_message_id != NULL)
        TRY(bag_set_string(bag, PROP_ORIGINAL_MESSAGE_ID, report.original_message_id));
    TRY(bag_set_string(bag, PROP_REPORT_DISPOSITION, report.disposition == READ_DELETED ? "deleted" : "displayed"));
    TRY(bag_set_string(bag, PROP_REPORT_DISPOSITION_MODE, report.automatic_sending ? "automatic-action/MDN-sent-automatically"
                                                                                   : "manual-action/MDN-sent-manually"));
    instant when = bag_time(bag, PROP_CLIENT_SUBMIT_TIME, 0);
    if (when != 0) {
        TRY(bag_set_time(bag, PROP_REPORT_TIME, when));
        TRY(bag_set_time(bag, PROP_RECEIPT_TIME, when));
    }
    return set_original(im);
}

enum status import_report(struct import *im)
{
    struct slice body;
    enum status status = mime_part_decode(im->scratch, im->bytes, im->structure, im->report, 4u << 20, &body);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_OK;
    if (strstr(im->structure->parts[im->report].type, "disposition") != NULL)
        return import_disposition(im, body);
    return import_delivery(im, body);
}
