/* Bodies [MS-OXWSCORE] 2.2.4.4 BodyType. */
#include "output.h"

#include "bourse/base/log.h"
#include "bourse/base/text.h"
#include "html_filter.h"

#define NATIVE_TEXT 1 /* PidTagNativeBody [MS-OXCMSG] 2.2.1.56.2 */

static bool wants_html(const struct output *o, enum shape_body wanted)
{
    if (wanted != BODY_BEST)
        return wanted == BODY_HTML;
    return bag_has(o->props, PROP_HTML) && bag_int32(o->props, PROP_NATIVE_BODY, 0) != NATIVE_TEXT;
}

static struct slice body_text(const struct output *o)
{
    return slice_of_text(bag_string(o->props, PROP_BODY, ""));
}

static struct slice body_html(const struct output *o)
{
    struct slice html = bag_bytes(o->props, PROP_HTML), filtered;
    if (!o->shape->filter_html)
        return html;
    if (html_filter(o->call->mem, html, &filtered) == STATUS_OK)
        return filtered;
    log_failure(EVENT_ITEM_SKIPPED, STATUS_LIMIT_EXCEEDED, "HTML body");
    status_chain_clear();
    return (struct slice){ 0 };
}

static void write_body(struct output *o, const char *element, struct slice body, bool is_html)
{
    struct slice shown = body;
    if (o->shape->body_limit > 0)
        shown = utf8_prefix(body, (size_t)o->shape->body_limit);
    xml_start(o->xml, element);
    xml_attribute(o->xml, "BodyType", is_html ? "HTML" : "Text");
    if (o->call->version >= EWS_2013)
        xml_attribute_bool(o->xml, "IsTruncated", shown.length < body.length);
    xml_text_slice(o->xml, shown);
    xml_end(o->xml);
}

void out_body(struct output *o, const struct field *field)
{
    bool is_html = wants_html(o, o->shape->body);
    write_body(o, field->element, is_html ? body_html(o) : body_text(o), is_html);
}

void out_normalized_body(struct output *o, const struct field *field)
{
    bool is_html = wants_html(o, o->shape->normalized_body);
    write_body(o, field->element, is_html ? body_html(o) : body_text(o), is_html);
}

void out_text_body(struct output *o, const struct field *field)
{
    write_body(o, field->element, body_text(o), false);
}

static bool starts_with(struct slice line, const char *prefix)
{
    return slice_equal(slice_part(line, 0, strlen(prefix)), slice_of_text(prefix));
}

/* Does the quoted history of a conversation begin with this line? */
static bool begins_history(struct slice line)
{
    struct slice text = slice_trim(line);
    if (starts_with(text, "-----Original Message-----") || starts_with(text, "________________________________") || starts_with(text, ">"))
        return true;
    return text.length > 6 && starts_with(text, "On ") && slice_equal(slice_part(text, text.length - 6, 6), slice_of_text("wrote:"));
}

/* The part of the text that this message adds to its conversation. */
static struct slice unique_text(struct slice text)
{
    struct slice rest = text, line;
    while (rest.length > 0) {
        const uint8_t *begin = rest.data;
        struct slice after;
        bool more = slice_split(rest, '\n', &line, &after);
        if (begins_history(line))
            return slice_trim(slice_of(text.data, (size_t)(begin - text.data)));
        if (!more)
            break;
        rest = after;
    }
    return text;
}

/* Text only loses its history; HTML is given whole, as what is history in it cannot be told from its marks. */
void out_unique_body(struct output *o, const struct field *field)
{
    bool is_html = wants_html(o, o->shape->unique_body);
    write_body(o, field->element, is_html ? body_html(o) : unique_text(body_text(o)), is_html);
}
