/* Looking into a WBXML tree. */
#include "wbxml.h"

#include <inttypes.h>

#include "bourse/base/text.h"

static const struct wbxml_node *first_of(const struct wbxml_node *node, eas_tag tag)
{
    while (node != NULL && node->tag != tag)
        node = node->next;
    return node;
}

const struct wbxml_node *wbxml_child(const struct wbxml_node *node, eas_tag tag)
{
    return node != NULL ? first_of(node->child, tag) : NULL;
}

const struct wbxml_node *wbxml_next(const struct wbxml_node *node, eas_tag tag)
{
    return node != NULL ? first_of(node->next, tag) : NULL;
}

size_t wbxml_child_count(const struct wbxml_node *node)
{
    size_t count = 0;
    for (const struct wbxml_node *child = node != NULL ? node->child : NULL; child != NULL; child = child->next)
        count++;
    return count;
}

const char *wbxml_text(TALLOC_CTX *mem, const struct wbxml_node *node)
{
    return node != NULL ? slice_text(mem, slice_trim(node->text)) : NULL;
}

const char *wbxml_child_text(TALLOC_CTX *mem, const struct wbxml_node *node, eas_tag tag)
{
    return wbxml_text(mem, wbxml_child(node, tag));
}

bool wbxml_child_number(const struct wbxml_node *node, eas_tag tag, int64_t low, int64_t high, int64_t *out)
{
    const struct wbxml_node *child = wbxml_child(node, tag);
    struct slice text = child != NULL ? slice_trim(child->text) : slice_of("", 0);
    bool is_negative = text.length > 1 && text.data[0] == '-';
    int64_t value = 0;
    if (text.length == 0 || text.length > 18)
        return false;
    for (size_t i = is_negative ? 1 : 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    value = is_negative ? -value : value;
    if (value < low || value > high)
        return false;
    *out = value;
    return true;
}

bool wbxml_child_bool(const struct wbxml_node *node, eas_tag tag, bool absent)
{
    const struct wbxml_node *child = wbxml_child(node, tag);
    if (child == NULL)
        return absent;
    struct slice text = slice_trim(child->text);
    return text.length == 0 || !(text.length == 1 && text.data[0] == '0');
}

enum { SHOWN_TEXT = 120, INDENT_MAX = 32 };

/* What logs must not show: passwords, and whole messages. */
static bool is_hidden(eas_tag tag)
{
    return tag == Settings_Password || tag == ComposeMail_Mime || tag == ItemOperations_Password || tag == Search_Password;
}

static void describe_text(const struct wbxml_node *node, struct buffer *out)
{
    if (node->text.length == 0)
        return;
    if (node->is_opaque || is_hidden(node->tag)) {
        buffer_printf(out, " (%zu bytes)", node->text.length);
        return;
    }
    struct slice shown = utf8_prefix(node->text, SHOWN_TEXT);
    buffer_append_text(out, " \"");
    buffer_append_slice(out, shown);
    buffer_append_text(out, shown.length < node->text.length ? "\" ..." : "\"");
}

static void describe_at(const struct wbxml_node *node, int level, struct buffer *out)
{
    const struct eas_tag_info *info = eas_tag_find(node->tag);
    buffer_printf(out, "%*s", level * 2, "");
    if (info != NULL)
        buffer_printf(out, "%s:%s", info->space, info->name);
    else
        buffer_printf(out, "page %u token 0x%02X", node->tag >> 8, node->tag & 0xFF);
    describe_text(node, out);
    buffer_append_text(out, "\n");
    for (const struct wbxml_node *child = node->child; child != NULL && level < INDENT_MAX; child = child->next)
        describe_at(child, level + 1, out);
}

void wbxml_describe(const struct wbxml_node *node, struct buffer *out)
{
    describe_at(node, 0, out);
}
