/* What an answer shall contain of items and folders: ItemShape [MS-OXWSCORE] 2.2.4.23, FolderShape, AttachmentShape. */
#ifndef EWS_SHAPE_H
#define EWS_SHAPE_H

#include "paths.h"

enum shape_base { SHAPE_ID_ONLY, SHAPE_DEFAULT, SHAPE_ALL };
enum shape_body { BODY_BEST, BODY_HTML, BODY_TEXT };

struct ews_shape {
    enum ews_version version;
    enum shape_base base;
    bool is_list;               /* FindItem, SyncFolderItems: no bodies, recipients, attachments */
    bool mime;                  /* IncludeMimeContent */
    bool filter_html;
    enum shape_body body, unique_body, normalized_body;
    int64_t body_limit;         /* MaximumBodySize in bytes, 0: none */
    bool chosen[FIELD_MOST];    /* AdditionalProperties, by row of fields.def */
    struct ews_path *paths;     /* AdditionalProperties that are extended or indexed */
    size_t path_count;
    struct guid bound;          /* mailbox that the custom names are mapped for */
    unsigned wanted_sections;   /* the next two are for these; see shape_fields */
    uint16_t wanted[FIELD_MOST];
    size_t wanted_count;
};

/* `node`: ItemShape, FolderShape or AttachmentShape (NULL: the default of the operation, which is the Default shape). */
enum status shape_parse_items(struct ews_call *call, const struct xml_node *node, bool is_list, struct ews_shape *out) MUST_CHECK;
enum status shape_parse_folders(struct ews_call *call, const struct xml_node *node, struct ews_shape *out) MUST_CHECK;
/* Only ids. */
struct ews_shape shape_of_ids(const struct ews_call *call);

bool shape_has(const struct ews_shape *shape, const struct field *field);
/* Rows of fields.def in these sections that the shape has, in order; found once for as long as the objects are of one kind. The shape must not be
 * changed afterwards. */
void shape_fields(struct ews_shape *shape, unsigned sections);
/* enum item_part that writing needs. */
unsigned shape_parts(const struct ews_shape *shape);
/* Before objects of a mailbox are written: maps custom names, once a mailbox. */
enum status shape_bind(struct ews_call *call, struct ews_shape *shape, const struct object_id *object) MUST_CHECK;
/* Does it want this entry of a dictionary, although perhaps not the whole? */
bool shape_has_entry(const struct ews_shape *shape, const struct field *dictionary, const struct indexed_field *entry);

#endif
