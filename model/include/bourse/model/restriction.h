/* Restrictions: trees of conditions on properties [MS-OXCDATA] 2.12. Used by search, search folders, rules and sync filters. Storage
 * turns what columns can answer into SQL and evaluates the rest here. */
#ifndef BOURSE_MODEL_RESTRICTION_H
#define BOURSE_MODEL_RESTRICTION_H

#include "bourse/model/value.h"

enum restriction_kind { /* [MS-OXCDATA] 2.12 RestrictType */
    RESTRICT_AND = 0, RESTRICT_OR = 1, RESTRICT_NOT = 2, RESTRICT_CONTENT = 3, RESTRICT_PROPERTY = 4, RESTRICT_COMPARE = 5,
    RESTRICT_BITMASK = 6, RESTRICT_SIZE = 7, RESTRICT_EXIST = 8, RESTRICT_SUBOBJECT = 9, RESTRICT_COMMENT = 10, RESTRICT_COUNT = 11,
};

enum relation { REL_LESS = 0, REL_LESS_EQUAL = 1, REL_GREATER = 2, REL_GREATER_EQUAL = 3, REL_EQUAL = 4, REL_NOT_EQUAL = 5,
                REL_MATCHES = 6, REL_MEMBER_OF_LIST = 0x64 };

enum fuzzy { /* [MS-OXCDATA] 2.12.4 FuzzyLevel */
    FUZZY_FULL = 0x0000, FUZZY_SUBSTRING = 0x0001, FUZZY_PREFIX = 0x0002,
    FUZZY_IGNORE_CASE = 0x10000, FUZZY_IGNORE_NONSPACE = 0x20000, FUZZY_LOOSE = 0x40000,
};

struct restriction {
    enum restriction_kind kind;
    size_t child_count;               /* AND, OR: any; NOT, SUBOBJECT, COUNT, COMMENT: 0 or 1 */
    struct restriction **children;
    prop_tag tag;                     /* CONTENT, PROPERTY, COMPARE, BITMASK, SIZE, EXIST; SUBOBJECT: PROP_MESSAGE_RECIPIENTS or _ATTACHMENTS */
    prop_tag other_tag;               /* COMPARE */
    enum relation relation;           /* PROPERTY, COMPARE, SIZE */
    uint32_t fuzzy;                   /* CONTENT */
    uint32_t number;                  /* BITMASK mask, SIZE bytes, COUNT */
    bool mask_is_zero;                /* BITMASK: true = all bits clear */
    struct value value;               /* CONTENT, PROPERTY */
    size_t comment_count;             /* COMMENT: values that say nothing about the match, kept for who made it (Outlook's rules) */
    struct value *comments;
};

#define RESTRICTION_DEPTH_MAX 32
#define RESTRICTION_NODES_MAX 4096
#define RESTRICTION_VALUE_MAX 65536 /* bytes of one value */

/* The object that is tested. Functions get `data`; values must stay valid during the evaluation. */
struct restriction_subject {
    /* NULL when the object does not have the property. */
    const struct value *(*get)(prop_tag tag, void *data);
    /* Subobjects: how many recipients or attachments, and the i-th one as a subject of its own. */
    size_t (*sub_count)(prop_tag tag, void *data);
    struct restriction_subject (*sub_at)(prop_tag tag, size_t index, void *data);
    void *data;
};

/* Zeroed; NULL when out of memory. Strings of values must outlive the restriction or hang on it. */
struct restriction *restriction_new(TALLOC_CTX *mem, enum restriction_kind kind);
/* The child moves onto its parent. */
enum status restriction_add_child(struct restriction *parent, struct restriction *child) MUST_CHECK;
/* Depth, child counts, types that can be compared. STATUS_INVALID_RESTRICTION or STATUS_TOO_COMPLEX. */
enum status restriction_check(const struct restriction *restriction) MUST_CHECK;
/* NULL restriction matches everything. A missing property makes a comparison false, as Exchange has it. A tag of a multiple type with a
 * single value tests each element. A value that is only stored (VALUE_STORED) matches EXIST and SIZE, else nothing. REL_MEMBER_OF_LIST is
 * true for the list's own entry id; who knows the directory expands members before. COUNT limits a table, not a match. */
bool restriction_matches(const struct restriction *restriction, const struct restriction_subject *subject);

/* ROP encoding [MS-OXCDATA] 2.12 (16-bit counts) and extended-rule encoding (32-bit counts) [MS-OXCDATA] 2.11.1.1. Pack refuses what
 * restriction_check refuses. Unpack reads one restriction from the cursor and checks it; String8 becomes String (UTF-8, else Latin-1). */
enum status restriction_pack(const struct restriction *restriction, bool wide_counts, struct buffer *out) MUST_CHECK;
enum status restriction_unpack(TALLOC_CTX *mem, struct wire *in, bool wide_counts, struct restriction **out) MUST_CHECK;

#endif
