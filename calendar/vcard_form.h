/* vcard_properties.def as a table, and the forms of its values. */
#ifndef CALENDAR_VCARD_FORM_H
#define CALENDAR_VCARD_FORM_H

#include "bourse/calendar/vcard.h"
#include "bourse/model/properties.h"
#include "ical_lines.h"

enum vcard_form {
    VCARD_TEXT,           /* one text */
    VCARD_BODY,           /* text with line breaks */
    VCARD_URI,            /* as it is */
    VCARD_WORDS,          /* list of texts */
    VCARD_LINES,          /* a text a line, repeated */
    VCARD_DAY,            /* date; midnight UTC */
    VCARD_NAME,           /* N: surname, given, middle, prefix, generation */
    VCARD_ORGANIZATION,   /* ORG: company, department */
    VCARD_ADDRESS,        /* ADR: box, (extended), street, city, state, code, country */
    VCARD_EMAIL,          /* address, its type and names */
    VCARD_KEY,            /* certificate */
    VCARD_PHOTO,          /* attachment */
    VCARD_CLASSIFICATION, /* PUBLIC, PRIVATE, CONFIDENTIAL */
};

struct vcard_row {
    const char *name, *types;
    prop_tag tag;
    enum vcard_form form;
};
size_t vcard_row_count(void);
const struct vcard_row *vcard_row_at(size_t index);
/* Parts of N, ORG, ADR in the order of the line; a tag 0 is a part without a property. */
size_t vcard_parts(const struct vcard_row *row, const prop_tag **tags);

/* The row that takes the line: has its types, and its property is free in `props`. NULL: none. */
const struct vcard_row *vcard_row_for(const struct text_line *line, const struct bag *props);
/* Sets what the line says. STATUS_MALFORMED: not of the form; nothing was set. */
enum status vcard_read(TALLOC_CTX *mem, const struct vcard_row *row, const struct text_line *line, struct message *message) MUST_CHECK;
/* Writes the `index`th line for the property; false when there is none. */
bool vcard_write(const struct vcard_row *row, const struct bag *props, size_t index, enum vcard_version version, struct buffer *line);
/* Has the line that TYPE, or as a bare parameter (vCard 2.1)? */
bool vcard_has_type(const struct text_line *line, const char *type);

/* Members of KIND:group <-> one-off members [MS-OXOCNTC] 2.2.2.2. */
enum status vcard_add_members(TALLOC_CTX *mem, const struct text_block *card, struct message *message) MUST_CHECK;
enum status vcard_write_members(TALLOC_CTX *mem, const struct bag *props, enum vcard_version version, struct buffer *out) MUST_CHECK;
/* "mailto:a@b" -> "a@b"; empty when the member is named otherwise. */
struct slice address_in_member(struct slice value);

#endif
