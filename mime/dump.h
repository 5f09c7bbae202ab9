/* For tests: a message as text, one property a line, stable between runs. */
#ifndef MIME_DUMP_H
#define MIME_DUMP_H

#include "bourse/model/message.h"
#include "bourse/model/properties.h"

#include <stdio.h>

static inline void dump_bytes(struct buffer *out, struct slice bytes, size_t most)
{
    for (size_t i = 0; i < bytes.length && i < most; i++) {
        uint8_t c = bytes.data[i];
        if (c == '\n')
            buffer_append_text(out, "\\n");
        else if (c == '\r')
            buffer_append_text(out, "\\r");
        else if (c < 32 || c == 127 || c == '\\')
            buffer_printf(out, "\\x%02x", c);
        else
            buffer_append_byte(out, c);
    }
    if (bytes.length > most)
        buffer_printf(out, "... (%zu bytes)", bytes.length);
}

static inline void dump_hex(struct buffer *out, struct slice bytes)
{
    for (size_t i = 0; i < bytes.length && i < 64; i++)
        buffer_printf(out, "%02x", bytes.data[i]);
    buffer_printf(out, " (%zu bytes)", bytes.length);
}

static inline void dump_value(struct buffer *out, const struct value *value)
{
    char text[64];
    switch (prop_type(value->tag)) {
    case TYPE_STRING: dump_bytes(out, value->bytes, 2000); break;
    case TYPE_BINARY:
        if (value->tag == (prop_tag)PROP_HTML)
            dump_bytes(out, value->bytes, 2000);
        else
            dump_hex(out, value->bytes);
        break;
    case TYPE_INT32: buffer_printf(out, "%d", value->int32); break;
    case TYPE_INT16: buffer_printf(out, "%d", value->int16); break;
    case TYPE_BOOL: buffer_append_text(out, value->boolean ? "true" : "false"); break;
    case TYPE_TIME: buffer_append_text(out, instant_format_precise(value->time, text)); break;
    case TYPE_STRING | TYPE_MULTIPLE:
        for (size_t i = 0; i < value->multiple.count; i++) {
            buffer_append_text(out, i > 0 ? " | " : "");
            dump_bytes(out, value->multiple.elements[i].bytes, 200);
        }
        break;
    default: buffer_printf(out, "(type %04x)", prop_type(value->tag));
    }
}

/* Derived or long properties that would only repeat the input are left out of `brief` dumps. */
static inline bool dump_skips(prop_tag tag)
{
    switch (prop_id(tag)) {
    case 0x007D: /* transport headers */
    case 0x0C19: /* sender entry id, search key and those of sent representing */
    case 0x0C1D:
    case 0x0041:
    case 0x003B:
    case 0x0046:
    case 0x0053:
    case 0x3013: return true;
    default: return false;
    }
}

static inline void dump_indent(struct buffer *out, int depth)
{
    for (int i = 0; i < depth; i++)
        buffer_append_text(out, "    ");
}

static inline void dump_bag(struct buffer *out, const struct bag *bag, int depth)
{
    for (size_t i = 0; i < bag_count(bag); i++) {
        const struct value *value = bag_at(bag, i);
        const struct property_info *info = property_by_tag(value->tag);
        if (dump_skips(value->tag))
            continue;
        dump_indent(out, depth);
        if (info != NULL)
            buffer_printf(out, "%s: ", info->canonical);
        else
            buffer_printf(out, "%08x: ", value->tag);
        dump_value(out, value);
        buffer_append_text(out, "\n");
    }
}

static inline void dump_message(struct buffer *out, const struct message *message, int depth)
{
    static const char *const types[] = { "from", "to", "cc", "bcc" };
    dump_bag(out, message->props, depth);
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct recipient *recipient = &message->recipients[i];
        dump_indent(out, depth);
        buffer_printf(out, "%s: %s <%s>\n", types[recipient->type & 3], recipient->display_name, recipient->smtp_address);
        if (recipient->props != NULL)
            dump_bag(out, recipient->props, depth + 1);
    }
    for (size_t i = 0; i < message->attachment_count; i++) {
        const struct attachment *attachment = &message->attachments[i];
        dump_indent(out, depth);
        buffer_printf(out, "attachment %d: part %u, %llu bytes\n", attachment->number, attachment->part, (unsigned long long)attachment->size);
        dump_bag(out, attachment->props, depth + 1);
        if (attachment->content == ATTACHMENT_BYTES) {
            dump_indent(out, depth + 1);
            buffer_append_text(out, "content: ");
            dump_bytes(out, attachment->bytes, 200);
            buffer_append_text(out, "\n");
        }
        if (attachment->embedded != NULL)
            dump_message(out, attachment->embedded, depth + 1);
    }
}

#endif
