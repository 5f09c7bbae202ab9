/* t:FieldURI, t:IndexedFieldURI, t:ExtendedFieldURI [MS-OXWSCDATA] 2.2.4.45 -> what property is meant. */
#ifndef EWS_PATHS_H
#define EWS_PATHS_H

#include "fields.h"

enum path_kind {
    PATH_FIELD,    /* `field` */
    PATH_INDEXED,  /* `indexed` (NULL: a header, or an entry without a property here) and `index` */
    PATH_EXTENDED, /* `type` with `tag`, or a name that a mailbox maps */
};

struct ews_path {
    enum path_kind kind;
    const char *uri;                      /* FIELD, INDEXED */
    const struct field *field;            /* first row of that URI in the sections that were asked for */
    const struct indexed_field *indexed;
    const char *index;
    uint16_t type;                        /* EXTENDED: enum prop_type */
    prop_tag tag;                         /* EXTENDED; 0 while a custom name is not mapped */
    bool is_named;                        /* EXTENDED by name */
    struct property_name name;
    const struct xml_node *node;          /* the element; its attributes are written back */
};

/* `sections`: of the objects at hand; a URI of others is ErrorInvalidPropertyRequest, one of none ErrorSchemaValidation. */
enum status path_parse(struct ews_call *call, const struct xml_node *node, unsigned sections, struct ews_path *out) MUST_CHECK;
/* Is the element a path at all? */
bool path_is(const struct xml_node *node);
/* The path child of an element (the schema gives it exactly one), NULL when there is none. */
const struct xml_node *path_child(const struct xml_node *node);

/* Maps custom names to the ids that the mailbox gives them (folder->mailbox; the folder that a new name is for), in one round trip; unknown ones stay 0 unless `create`. */
enum status paths_bind(struct ews_call *call, struct ews_path *paths, size_t count, const struct object_id *folder, bool create) MUST_CHECK;

/* Writes the element that names the property. */
void path_write(struct xml_writer *out, const struct ews_path *path);
/* Puts it into the MessageXml of the failure in hand. */
void path_detail(struct ews_call *call, const struct ews_path *path);

/* Property type of a PropertyType word; false when unknown. */
bool extended_type_of_word(const char *word, uint16_t *out);

#endif
