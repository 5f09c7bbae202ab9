#include "bourse/http/xml_reader.h"

#include <libxml/parser.h>
#include <pthread.h>

/* libxml2 gets the document in pieces, so it never holds more than a window of it. */
#define PIECE ((size_t)65536)
#define ARENA_BLOCK ((size_t)16384)
/* Text up to this is collected in place; longer text moves to a block of its own that grows. */
#define SMALL_TEXT ((size_t)4096)
/* Namespace declarations in force at a time: libxml2 looks through all of them for each name. */
#define MOST_NAMESPACES ((size_t)256)

struct document {
    xmlDictPtr names; /* libxml2's shared strings; the tree points into it */
};

/* An element while its content is read. */
struct open_element {
    struct xml_node *node;
    struct xml_node *last_child;
    char *text; /* malloc; collected so far */
    size_t text_length, text_size;
    size_t namespaces; /* declared by it */
};

struct reading {
    TALLOC_CTX *mem; /* the document */
    const struct xml_limits *limits;
    xmlParserCtxtPtr parser;
    struct xml_node *root;
    struct open_element *open; /* limits->depth + 1 of them */
    size_t depth;
    size_t namespaces; /* in force */
    uint8_t *arena;
    size_t arena_left;
    enum status status;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_start(void)
{
    xmlInitParser();
}

static int free_document(struct document *document)
{
    if (document->names != NULL)
        xmlDictFree(document->names);
    return 0;
}

static void stop(struct reading *reading, enum status status)
{
    if (reading->status == STATUS_OK)
        reading->status = status;
    xmlStopParser(reading->parser);
}

/* Zeroed, aligned for pointers. NULL (and a stopped parser) when out of memory. */
static void *arena_take(struct reading *reading, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (size > reading->arena_left) {
        size_t block = size > ARENA_BLOCK / 4 ? size : ARENA_BLOCK;
        uint8_t *fresh = talloc_zero_size(reading->mem, block);
        if (fresh == NULL) {
            stop(reading, status_fail(STATUS_NO_MEMORY, "XML tree"));
            return NULL;
        }
        if (block == size)
            return fresh;
        reading->arena = fresh;
        reading->arena_left = block;
    }
    void *taken = reading->arena;
    reading->arena += size;
    reading->arena_left -= size;
    return taken;
}

static const char *or_empty(const xmlChar *text)
{
    return text != NULL ? (const char *)text : "";
}

/* Without entity substitution libxml2 hands an ampersand of an attribute value on as "&#38;", and no other references.
 */
static void copy_value(char *to, const xmlChar *from, const xmlChar *end)
{
    while (from < end) {
        *to++ = (char)*from;
        from += *from == '&' && end - from >= 5 && memcmp(from, "&#38;", 5) == 0 ? 5 : 1;
    }
}

/* libxml2 gives five pointers an attribute: name, prefix, URI, value, end of value. */
static bool copy_attributes(struct reading *reading, struct xml_node *node, int count, const xmlChar **raw)
{
    if (count <= 0)
        return true;
    struct xml_attribute *attributes = arena_take(reading, (size_t)count * sizeof *attributes);
    if (attributes == NULL)
        return false;
    for (int i = 0; i < count; i++, raw += 5) {
        size_t length = (size_t)(raw[4] - raw[3]);
        char *value = arena_take(reading, length + 1);
        if (value == NULL)
            return false;
        copy_value(value, raw[3], raw[4]);
        attributes[i] = (struct xml_attribute){ .uri = or_empty(raw[2]), .name = (const char *)raw[0], .value = value };
    }
    node->attributes = attributes;
    node->attribute_count = (size_t)count;
    return true;
}

static void link_node(struct reading *reading, struct xml_node *node)
{
    if (reading->depth == 0) {
        reading->root = node;
        return;
    }
    struct open_element *parent = &reading->open[reading->depth - 1];
    node->parent = parent->node;
    if (parent->last_child == NULL)
        parent->node->child = node;
    else
        parent->last_child->next = node;
    parent->last_child = node;
}

static void start_element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                          int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted,
                          const xmlChar **attributes)
{
    struct reading *reading = data;
    (void)prefix;
    (void)namespaces;
    (void)defaulted;
    if (reading->status != STATUS_OK)
        return;
    /* The prescan counts the same; this guards the array if they ever disagree. */
    if (reading->depth >= reading->limits->depth + 1) {
        stop(reading, status_fail(STATUS_TOO_COMPLEX, "XML depth"));
        return;
    }
    reading->namespaces += (size_t)namespace_count;
    if (reading->namespaces > MOST_NAMESPACES) {
        stop(reading, status_fail(STATUS_TOO_COMPLEX, "XML namespaces"));
        return;
    }
    struct xml_node *node = arena_take(reading, sizeof *node);
    if (node == NULL)
        return;
    node->uri = or_empty(uri);
    node->name = (const char *)name;
    node->text = slice_of("", 0);
    if (!copy_attributes(reading, node, attribute_count, attributes))
        return;
    link_node(reading, node);
    struct open_element *open = &reading->open[reading->depth++];
    open->node = node;
    open->last_child = NULL;
    open->text_length = 0;
    open->namespaces = (size_t)namespace_count;
}

static bool is_all_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (strchr(" \t\r\n", text[i]) == NULL)
            return false;
    return true;
}

/* The collected text becomes the node's: a small one is copied and its collecting buffer kept for the next element, a
 * large one is handed over. */
static void keep_text(struct reading *reading, struct open_element *open)
{
    if (open->text_length == 0 || (open->last_child != NULL && is_all_blank(open->text, open->text_length)))
        return;
    char *kept = NULL;
    if (open->text_length <= SMALL_TEXT) {
        kept = arena_take(reading, open->text_length + 1);
        if (kept == NULL)
            return;
        memcpy(kept, open->text, open->text_length);
    } else {
        kept = talloc_realloc(reading->mem, open->text, char, (unsigned)open->text_length + 1);
        if (kept == NULL) {
            stop(reading, status_fail(STATUS_NO_MEMORY, "XML text"));
            return;
        }
        kept[open->text_length] = 0;
        open->text = NULL;
        open->text_size = 0;
    }
    open->node->text = slice_of(kept, open->text_length);
}

static void end_element(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct reading *reading = data;
    (void)name;
    (void)prefix;
    (void)uri;
    if (reading->status != STATUS_OK || reading->depth == 0)
        return;
    struct open_element *open = &reading->open[reading->depth - 1];
    keep_text(reading, open);
    reading->namespaces -= open->namespaces;
    reading->depth--;
}

static void characters(void *data, const xmlChar *text, int length)
{
    struct reading *reading = data;
    if (reading->status != STATUS_OK || reading->depth == 0 || length <= 0)
        return;
    struct open_element *open = &reading->open[reading->depth - 1];
    size_t needed = open->text_length + (size_t)length + 1;
    if (needed > open->text_size) {
        size_t size = needed < SMALL_TEXT ? SMALL_TEXT + 1 : needed + needed / 2;
        char *grown = talloc_realloc(reading->mem, open->text, char, (unsigned)size);
        if (size > UINT32_MAX || grown == NULL) {
            stop(reading, status_fail(STATUS_NO_MEMORY, "XML text"));
            return;
        }
        open->text = grown;
        open->text_size = size;
    }
    memcpy(open->text + open->text_length, text, (size_t)length);
    open->text_length += (size_t)length;
}

static xmlEntityPtr find_entity(void *data, const xmlChar *name)
{
    (void)data;
    return xmlGetPredefinedEntity(name);
}

/* Structured errors go nowhere; the last one is read from the parser. */
static void ignore_error(void *data, xmlErrorPtr error)
{
    (void)data;
    (void)error;
}

static void set_handlers(xmlSAXHandler *sax)
{
    memset(sax, 0, sizeof *sax);
    sax->initialized = XML_SAX2_MAGIC;
    sax->startElementNs = start_element;
    sax->endElementNs = end_element;
    sax->characters = characters;
    sax->ignorableWhitespace = characters;
    sax->cdataBlock = characters;
    sax->getEntity = find_entity;
    sax->serror = ignore_error;
}

static enum status parser_failure(struct reading *reading)
{
    if (reading->status != STATUS_OK)
        return reading->status;
    const xmlError *error = xmlCtxtGetLastError(reading->parser);
    int line = error != NULL ? error->line : 0;
    int code = error != NULL ? error->code : 0;
    status_set_client_text("The XML is not well-formed (line %d)", line);
    return status_fail(STATUS_MALFORMED, "XML line %d, libxml2 error %d", line, code);
}

static enum status feed(struct reading *reading, struct slice document)
{
    for (size_t at = 0; at < document.length; at += PIECE) {
        struct slice piece = slice_part(document, at, PIECE);
        int result = xmlParseChunk(reading->parser, (const char *)piece.data, (int)piece.length, 0);
        if (result != 0 || reading->status != STATUS_OK)
            return parser_failure(reading);
    }
    if (xmlParseChunk(reading->parser, NULL, 0, 1) != 0 || reading->status != STATUS_OK ||
        reading->parser->wellFormed == 0 || reading->parser->nsWellFormed == 0)
        return parser_failure(reading);
    return reading->root != NULL ? STATUS_OK : parser_failure(reading);
}

static enum status run_parser(struct reading *reading, struct document *names, struct slice document)
{
    xmlSAXHandler sax;
    set_handlers(&sax);
    pthread_once(&library_once, library_start);
    reading->parser = xmlCreatePushParserCtxt(&sax, reading, NULL, 0, NULL);
    if (reading->parser == NULL)
        return status_fail(STATUS_NO_MEMORY, "XML parser");
    /* No NOENT, DTDLOAD, HUGE or XINCLUDE here, ever. */
    xmlCtxtUseOptions(reading->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    names->names = reading->parser->dict;
    xmlDictReference(names->names);
    enum status status = feed(reading, document);
    if (reading->parser->myDoc != NULL)
        xmlFreeDoc(reading->parser->myDoc);
    reading->parser->myDoc = NULL;
    xmlFreeParserCtxt(reading->parser);
    return status;
}

static void free_collectors(struct reading *reading)
{
    for (size_t i = 0; i <= reading->limits->depth; i++)
        TALLOC_FREE(reading->open[i].text);
    TALLOC_FREE(reading->open);
}

enum status xml_parse(TALLOC_CTX *mem, struct slice document, const struct xml_limits *limits,
                      const struct xml_node **root)
{
    *root = NULL;
    if (limits == NULL)
        limits = &xml_limits_default;
    TRY(xml_prescan(document, limits));
    struct document *tree = talloc_zero(mem, struct document);
    if (tree == NULL)
        return status_fail(STATUS_NO_MEMORY, "XML tree");
    talloc_set_destructor(tree, free_document);
    struct reading reading = { .mem = tree, .limits = limits };
    reading.open = talloc_zero_array(tree, struct open_element, (unsigned)limits->depth + 1);
    enum status status = reading.open != NULL ? run_parser(&reading, tree, document)
                                              : status_fail(STATUS_NO_MEMORY, "XML tree");
    if (reading.open != NULL)
        free_collectors(&reading);
    if (status != STATUS_OK) {
        talloc_free(tree);
        return status;
    }
    *root = reading.root;
    return STATUS_OK;
}
