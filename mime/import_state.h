/* Inside of import: what its files share while one message is analysed. */
#ifndef MIME_IMPORT_STATE_H
#define MIME_IMPORT_STATE_H

#include "bourse/mime/header.h"
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"
#include "scan.h"

struct import {
    TALLOC_CTX *mem;              /* the result */
    TALLOC_CTX *scratch;
    struct slice bytes;           /* the original the structure is of */
    struct mime_limits limits;
    unsigned flags;
    struct mime_structure *structure;
    const struct scan_part *details; /* of the first detail_count parts */
    uint32_t detail_count;
    const uint32_t *ends;         /* part i's subtree is i .. ends[i] - 1 */
    uint32_t root;                /* part of this message */
    uint32_t next_group;
    unsigned embedded_depth;
    struct message *message;
    /* Found by the walk: */
    const char *message_class;    /* NULL: IPM.Note */
    uint32_t calendar, report, tnef; /* part, or MIME_NO_PART */
    bool is_signed, limited;
};

static inline bool import_is_delivery(const struct import *im)
{
    return (im->flags & MIME_IMPORT_DELIVERY) != 0;
}

/* Names of a part's details; empty ones for parts that were added later. */
const struct scan_part *import_detail(const struct import *im, uint32_t part);

enum status import_headers(struct import *im) MUST_CHECK;
/* Decides every part's role: body, attachment, report ... Sets message_class. */
enum status import_roles(struct import *im) MUST_CHECK;
/* uuencoded files in text parts become parts. */
enum status import_uu_files(struct import *im) MUST_CHECK;
enum status import_bodies(struct import *im) MUST_CHECK;
enum status import_attachments(struct import *im) MUST_CHECK;
enum status import_report(struct import *im) MUST_CHECK;
enum status import_tnef(struct import *im) MUST_CHECK;
enum status import_thread(struct import *im) MUST_CHECK;
/* Full import: the message within a part, or NULL when it lies too deep or is too big. */
enum status import_embedded_part(struct import *im, uint32_t part, struct message **out) MUST_CHECK;
/* A part at the end of the table (attachment within another part's content). */
enum status import_add_part(struct import *im, const struct mime_part *part, uint32_t *index) MUST_CHECK;
/* Attachment for a part: number, content, size. */
enum status import_attach(struct import *im, uint32_t part, struct attachment **out) MUST_CHECK;

/* sender_tags: the properties of one person [MS-OXOMSG] 2.2.1.48 ff. 0 where there is none. */
struct person_tags {
    prop_tag name, type, address, smtp, entry_id, search_key;
};
enum status import_person(struct import *im, const struct person_tags *tags, const struct mime_address *person) MUST_CHECK;
/* One-off entry id [MS-OXCDATA] 2.2.5.1, appended. */
void one_off_append(struct buffer *out, const char *name, const char *address);

#endif
