/* Body properties, preview and the stored prefix [MS-OXCMAIL] 2.2.3.3. */
#include "import_state.h"

#include "bourse/base/text.h"
#include "bourse/mime/body.h"
#include "parse.h"
#include "read_bodies.h"

static enum status set_preview(struct import *im, struct slice text)
{
    char *preview = NULL;
    TRY(mime_preview(im->scratch, text, &preview));
    return bag_set_string(im->message->props, MIME_PROP_PREVIEW, preview);
}

/* Only as much of the text as lists and truncated syncs show. */
static enum status set_prefix(struct import *im, struct slice text, bool cut)
{
    struct value value = value_bytes(MIME_PROP_BODY_PREFIX, slice_part(text, 0, text.length));
    TRY(bag_set(im->message->props, &value));
    TRY(bag_set_bool(im->message->props, MIME_PROP_BODY_PREFIX_WHOLE, !cut));
    return set_preview(im, text);
}

static enum status import_prefix(struct import *im, const struct body_source *source)
{
    struct slice text = { 0 };
    bool made = false, cut = false;
    if (im->tnef != MIME_NO_PART && bodies_native(im->structure) == MIME_NATIVE_UNDEFINED) {
        struct mime_bodies bodies;
        TRY(mime_read_bodies(im->scratch, im->bytes, im->structure, &im->limits, MIME_WANT_TEXT, &bodies));
        text = utf8_prefix(bodies.text, im->limits.body_prefix);
        cut = text.length < bodies.text.length;
    } else {
        TRY(bodies_text(im->scratch, source, im->limits.body_prefix, &text, &made, &cut));
    }
    return set_prefix(im, text, cut);
}

static enum status import_whole(struct import *im)
{
    struct mime_bodies bodies;
    struct bag *bag = im->message->props;
    bool rich = im->tnef != MIME_NO_PART || bodies_native(im->structure) == MIME_NATIVE_HTML; /* HTML made of text is nobody's property */
    unsigned want = MIME_WANT_TEXT | MIME_WANT_RTF | (rich ? MIME_WANT_HTML : 0u);
    TRY(mime_read_bodies(im->scratch, im->bytes, im->structure, &im->limits, want, &bodies));
    im->limited = im->limited || bodies.truncated;
    if (bodies.has_text && !bodies.text_is_made) {
        struct value value = value_bytes(PROP_BODY, bodies.text);
        TRY(bag_set(bag, &value));
    }
    if (bodies.has_html && !bodies.html_is_made && bodies.native != MIME_NATIVE_RTF)
        TRY(bag_set_bytes(bag, PROP_HTML, bodies.html));
    if (bodies.has_rtf)
        TRY(bag_set_bytes(bag, PROP_RTF_COMPRESSED, bodies.rtf));
    TRY(bag_set_int32(bag, PROP_NATIVE_BODY, (int32_t)bodies.native));
    return set_preview(im, bodies.text);
}

enum status import_bodies(struct import *im)
{
    struct body_source source = { .original = im->bytes, .structure = im->structure, .limits = im->limits };
    enum mime_native native = bodies_native(im->structure);
    TRY(bag_set_int32(im->message->props, PROP_INTERNET_CODEPAGE, 65001)); /* bodies are handed out as UTF-8 */
    if (!import_is_delivery(im))
        return import_whole(im);
    if (im->tnef != MIME_NO_PART && native != MIME_NATIVE_HTML)
        native = bag_int32(im->message->props, PROP_NATIVE_BODY, 0) != 0 ? (enum mime_native)bag_int32(im->message->props, PROP_NATIVE_BODY, 0) : native;
    TRY(bag_set_int32(im->message->props, PROP_NATIVE_BODY, (int32_t)native));
    return import_prefix(im, &source);
}
