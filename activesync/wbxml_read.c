#include "wbxml.h"

#include "bourse/base/text.h"
#include "bourse/base/wire.h"

/* Global tokens [WBXML] 7.1. */
enum {
    SWITCH_PAGE = 0x00, END = 0x01, ENTITY = 0x02, STR_I = 0x03, OPAQUE = 0xC3,
    HAS_CONTENT = 0x40, HAS_ATTRIBUTES = 0x80, TOKEN_MASK = 0x3F, FIRST_TAG = 0x05,
    VERSION_1_3 = 0x03, PUBLIC_ID_UNKNOWN = 0x01, CHARSET_UTF8 = 0x6A,
};

const struct wbxml_limits wbxml_limits_default = { .depth = 32, .nodes = 200000 };

/* A node while it is being read: where its next child goes. */
struct open_node {
    struct wbxml_node *node;
    struct wbxml_node *last_child;
};

struct reader {
    TALLOC_CTX *mem;
    struct wire in;
    const struct wbxml_limits *limits;
    uint8_t page;
    size_t nodes;
    struct open_node *open; /* limits->depth entries */
    size_t depth;
    struct wbxml_node *root;
};

static enum status bad(const struct reader *reader, const char *what)
{
    return status_fail(STATUS_MALFORMED, "WBXML at byte %zu: %s", reader->in.offset, what);
}

/* Multi-byte integers, big-endian groups of seven bits [WBXML] 5.1. */
static uint32_t read_mb_u32(struct wire *in)
{
    uint64_t value = 0;
    for (int i = 0; i < 5; i++) {
        uint8_t byte = wire_u8(in);
        value = value << 7 | (byte & 0x7F);
        if ((byte & 0x80) == 0 && value <= UINT32_MAX)
            return (uint32_t)value;
    }
    wire_fail(in, STATUS_MALFORMED);
    return 0;
}

static enum status read_header(struct reader *reader)
{
    uint8_t version = wire_u8(&reader->in);
    uint32_t public_id = read_mb_u32(&reader->in), charset = read_mb_u32(&reader->in), table = read_mb_u32(&reader->in);
    if (wire_status(&reader->in) != STATUS_OK || version > VERSION_1_3 || version == 0)
        return bad(reader, "no header of version 1.3 or before");
    if (public_id != PUBLIC_ID_UNKNOWN || charset != CHARSET_UTF8 || table != 0)
        return bad(reader, "public id, charset or string table of another kind of document");
    return STATUS_OK;
}

static enum status begin_node(struct reader *reader, uint8_t token)
{
    struct wbxml_node *node = talloc_zero(reader->mem, struct wbxml_node);
    struct open_node *parent = reader->depth > 0 ? &reader->open[reader->depth - 1] : NULL;
    if (node == NULL)
        return status_fail(STATUS_NO_MEMORY, "WBXML node");
    if (++reader->nodes > reader->limits->nodes || reader->depth >= reader->limits->depth)
        return status_fail(STATUS_TOO_COMPLEX, "WBXML of more than %zu elements or %zu levels", reader->limits->nodes, reader->limits->depth);
    node->tag = (eas_tag)(reader->page << 8 | (token & TOKEN_MASK));
    node->text = slice_of("", 0);
    if (parent == NULL) {
        reader->root = node;
    } else {
        node->parent = parent->node;
        if (parent->last_child == NULL)
            parent->node->child = node;
        else
            parent->last_child->next = node;
        parent->last_child = node;
    }
    if (token & HAS_CONTENT)
        reader->open[reader->depth++] = (struct open_node){ .node = node };
    return STATUS_OK;
}

static enum status add_content(struct reader *reader, struct slice content, bool is_opaque)
{
    if (reader->depth == 0)
        return bad(reader, "content outside of an element");
    struct wbxml_node *node = reader->open[reader->depth - 1].node;
    node->is_opaque = node->is_opaque || is_opaque;
    if (node->text.length == 0) {
        node->text = content;
        return STATUS_OK;
    }
    uint8_t *joined = talloc_size(node, node->text.length + content.length + 1);
    if (joined == NULL)
        return status_fail(STATUS_NO_MEMORY, "WBXML text");
    memcpy(joined, node->text.data, node->text.length);
    memcpy(joined + node->text.length, content.data, content.length);
    node->text = slice_of(joined, node->text.length + content.length);
    return STATUS_OK;
}

static enum status read_string(struct reader *reader)
{
    struct slice text = wire_asciiz(&reader->in);
    if (wire_status(&reader->in) != STATUS_OK || !utf8_is_valid(text))
        return bad(reader, "a string without end or not UTF-8");
    return add_content(reader, text, false);
}

static enum status read_opaque(struct reader *reader)
{
    uint32_t length = read_mb_u32(&reader->in);
    struct slice bytes = wire_bytes(&reader->in, length);
    if (wire_status(&reader->in) != STATUS_OK)
        return bad(reader, "opaque data longer than the document");
    return add_content(reader, bytes, true);
}

static enum status read_entity(struct reader *reader)
{
    uint32_t character = read_mb_u32(&reader->in);
    uint16_t unit = (uint16_t)character;
    char *text = NULL;
    if (wire_status(&reader->in) != STATUS_OK || character == 0 || character > 0xFFFF)
        return bad(reader, "a character entity out of range");
    uint8_t utf16[2] = { (uint8_t)unit, (uint8_t)(unit >> 8) };
    if (utf16_to_utf8(reader->mem, slice_of(utf16, sizeof utf16), &text) != STATUS_OK)
        return bad(reader, "a character entity that is no character");
    return add_content(reader, slice_of_text(text), false);
}

static enum status read_token(struct reader *reader)
{
    uint8_t token = wire_u8(&reader->in);
    switch (token) {
    case SWITCH_PAGE:
        reader->page = wire_u8(&reader->in);
        return STATUS_OK;
    case END:
        if (reader->depth == 0)
            return bad(reader, "an end without a start");
        reader->depth--;
        return STATUS_OK;
    case ENTITY:
        return read_entity(reader);
    case STR_I:
        return read_string(reader);
    case OPAQUE:
        return read_opaque(reader);
    default:
        break;
    }
    if ((token & HAS_ATTRIBUTES) != 0 || (token & TOKEN_MASK) < FIRST_TAG)
        return bad(reader, "attributes, literals, extensions or references to strings");
    if (reader->root != NULL && reader->depth == 0)
        return bad(reader, "a second root");
    return begin_node(reader, token);
}

enum status wbxml_parse(TALLOC_CTX *mem, struct slice document, const struct wbxml_limits *limits, const struct wbxml_node **root)
{
    struct reader reader = { .mem = mem, .in = wire_over(document), .limits = limits != NULL ? limits : &wbxml_limits_default };
    reader.open = talloc_zero_array(mem, struct open_node, (unsigned)reader.limits->depth + 1);
    if (reader.open == NULL)
        return status_fail(STATUS_NO_MEMORY, "WBXML reader");
    enum status status = read_header(&reader);
    while (status == STATUS_OK && wire_left(&reader.in) > 0)
        status = read_token(&reader);
    talloc_free(reader.open);
    TRY(status);
    if (wire_status(&reader.in) != STATUS_OK || reader.root == NULL || reader.depth > 0)
        return bad(&reader, "the document is cut");
    *root = reader.root;
    return STATUS_OK;
}
