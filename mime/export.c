/* Message -> MIME: entry points, and reports, which have builders of their own. */
#include "bourse/mime/export.h"

#include "bourse/base/text.h"
#include "bourse/mime/report.h"
#include "export_state.h"
#include "parse.h"

static const char *address_of(const struct bag *bag, prop_tag smtp, prop_tag address)
{
    const char *text = bag_string(bag, smtp, "");
    return text[0] != '\0' ? text : bag_string(bag, address, "");
}

/* A read report that a client made: REPORT.IPM.Note.IPNRN or .IPNNRN [MS-OXOMSG] 2.2.2. */
static enum status export_read_report(struct export *ex, bool read)
{
    const struct message *message = ex->message;
    const struct bag *bag = message->props;
    const char *from = address_of(bag, PROP_SENT_REPRESENTING_SMTP_ADDRESS, PROP_SENT_REPRESENTING_EMAIL_ADDRESS);
    const struct recipient *to = message->recipient_count > 0 ? &message->recipients[0] : NULL;
    const char *body = bag_string(bag, PROP_BODY, NULL);
    struct read_report report = {
        .reporting_ua = ex->options->domain, .final_recipient = from, .original_message_id = bag_string(bag, PROP_ORIGINAL_MESSAGE_ID, NULL),
        .disposition = read ? READ_DISPLAYED : READ_DELETED, .from_name = bag_string(bag, PROP_SENT_REPRESENTING_NAME, ""), .from = from,
        .to = to == NULL ? "" : to->smtp_address[0] != '\0' ? to->smtp_address : to->address,
        .subject = bag_string(bag, PROP_ORIGINAL_SUBJECT, bag_string(bag, PROP_NORMALIZED_SUBJECT, "")),
        .message_id = bag_string(bag, PROP_INTERNET_MESSAGE_ID, NULL), .explanation = body,
        .now = bag_time(bag, PROP_CLIENT_SUBMIT_TIME, ex->options->now),
    };
    struct slice bytes;
    TRY(mime_build_read_report(ex->mem, &report, &bytes));
    return export_put(ex, bytes);
}

static enum status export_all(struct export *ex)
{
    const char *message_class = bag_string(ex->message->props, PROP_MESSAGE_CLASS, "IPM.Note");
    if (text_starts(message_class, "REPORT.") && strlen(message_class) > 6) {
        const char *kind = strrchr(message_class, '.') + 1;
        if (ascii_equal_nocase(kind, "IPNRN") || ascii_equal_nocase(kind, "IPNNRN"))
            return export_read_report(ex, ascii_equal_nocase(kind, "IPNRN"));
    }
    TRY(export_headers(ex));
    TRY(export_tree(ex));
    return ex->ends_line || ex->depth > 0 ? STATUS_OK : export_text(ex, "\r\n");
}

enum status export_message(TALLOC_CTX *mem, const struct message *message, const struct mime_export_options *options, unsigned depth,
                           const struct mime_sink *sink)
{
    static const struct mime_export_options none;
    struct export ex = { .message = message, .options = options != NULL ? options : &none, .sink = sink, .depth = depth };
    ex.limits = limits_effective(ex.options->limits);
    ex.mem = talloc_new(mem);
    TRY_MEMORY(ex.mem);
    enum status status = STATUS_OK;
    if (message->mime.structure.length > 0 && message->mime.bytes.length > 0)
        status = mime_structure_unpack(ex.mem, message->mime.structure, &ex.structure);
    if (status == STATUS_OK)
        status = export_all(&ex);
    talloc_free(ex.mem);
    return status;
}

enum status mime_export(TALLOC_CTX *mem, const struct message *message, const struct mime_export_options *options, const struct mime_sink *sink)
{
    return export_message(mem, message, options, 0, sink);
}

static enum status write_to_buffer(struct slice bytes, void *data)
{
    buffer_append_slice(data, bytes);
    return buffer_status(data);
}

enum status mime_export_bytes(TALLOC_CTX *mem, const struct message *message, const struct mime_export_options *options, size_t cap,
                              struct slice *out)
{
    struct buffer *buffer = buffer_new(mem, cap);
    TRY_MEMORY(buffer);
    struct mime_sink sink = { .write = write_to_buffer, .data = buffer };
    enum status status = mime_export(mem, message, options, &sink);
    if (status == STATUS_OK)
        status = buffer_take(buffer, mem, out);
    talloc_free(buffer);
    return status;
}
