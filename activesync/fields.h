/* Elements that say just one property: facts of a class in fields_<class>.def, written and read by the functions here.
 *
 * FIELD(element, kind, property, argument). argument: NUMBER: greatest value; TEXTS: the element of one entry; else 0. */
#ifndef ACTIVESYNC_FIELDS_H
#define ACTIVESYNC_FIELDS_H

#include "class.h"

enum eas_field_kind {
    EAS_FIELD_TEXT,
    EAS_FIELD_NUMBER,
    EAS_FIELD_FLAG,
    EAS_FIELD_TIME,    /* "2026-11-22T10:00:00.000Z" [MS-ASDTYPE] 2.3 */
    EAS_FIELD_STAMP,   /* "20261122T100000Z" [MS-ASDTYPE] 2.7.2 */
    EAS_FIELD_TEXTS,   /* PtypMultipleString */
};

struct eas_field {
    eas_tag tag;
    enum eas_field_kind kind;
    prop_tag property;
    uint32_t argument;
};

#define EAS_FIELD_ROW(element, kind, property, argument) { element, EAS_FIELD_##kind, PROP_##property, argument },

/* Those that `props` has, in the table's order. Empty texts are left out. */
void eas_fields_write(struct wbxml_writer *out, const struct eas_field *fields, size_t count, const struct bag *props);
/* Into `set`. An empty element takes the property away, and so does a missing one that is not ghosted. `ghosts` and `change` NULL: a new item, where nothing is taken away.
 * STATUS_INVALID_ARGUMENT for a value that is none. */
enum status eas_fields_read(struct eas_call *call, const struct wbxml_node *data, const struct eas_field *fields, size_t count, const struct eas_ghosts *ghosts,
                            struct item_change *change, struct bag *set) MUST_CHECK;
/* Adds to change->remove. */
enum status eas_change_remove(struct eas_call *call, struct item_change *change, prop_tag property) MUST_CHECK;
/* Adds to change->remove_attachments. */
enum status eas_change_remove_attachment(struct eas_call *call, struct item_change *change, int32_t number) MUST_CHECK;

#endif
