/* The field tables: fields.def, kinds.def, enums.def, item_types.def, indexed.def. Pure look-up. */
#ifndef EWS_FIELDS_H
#define EWS_FIELDS_H

#include "bourse/groupware/item.h"
#include "bourse/model/properties.h"
#include "call.h"

enum field_section {
    SECTION_ITEM = 1 << 0, SECTION_MESSAGE = 1 << 1, SECTION_MEETING = 1 << 2, SECTION_REQUEST = 1 << 3, SECTION_RESPONSE = 1 << 4,
    SECTION_CANCELLATION = 1 << 5, SECTION_CALENDAR = 1 << 6, SECTION_CONTACT = 1 << 7, SECTION_LIST = 1 << 8, SECTION_TASK = 1 << 9,
    SECTION_POST = 1 << 10, SECTION_FOLDER = 1 << 11, SECTION_FOLDER_MAIL = 1 << 12, SECTION_FOLDER_SEARCH = 1 << 13,
    SECTION_FOLDER_SHARED = 1 << 14,
};
#define SECTIONS_OF_FOLDERS (SECTION_FOLDER | SECTION_FOLDER_MAIL | SECTION_FOLDER_SEARCH | SECTION_FOLDER_SHARED)

enum field_flag {
    FIELD_DEFAULT = 1 << 0, FIELD_ALL = 1 << 1, FIELD_LIST = 1 << 2, FIELD_SET = 1 << 3, FIELD_APPEND = 1 << 4, FIELD_DELETE = 1 << 5,
    FIELD_SEARCH = 1 << 6, FIELD_SORT = 1 << 7,
};

enum field_kind {
#define KIND(id, ...) KIND_##id,
#include "kinds.def"
#undef KIND
    KIND_COUNT
};

enum field_query { QUERY_NONE, QUERY_PROPERTY, QUERY_ENUM, QUERY_BODY, QUERY_PERSON, QUERY_RECIPIENTS, QUERY_CONVERSATION, QUERY_PERCENT };

struct field {
    unsigned section;      /* one enum field_section */
    const char *uri;       /* "item:Subject"; "" for ExtendedProperty */
    const char *element;   /* "t:Subject" */
    enum field_kind kind;
    prop_tag tag;          /* 0: none of its own */
    enum ews_version since;
    unsigned flags;        /* enum field_flag */
};

#define FIELD_MOST 400 /* rows there may be; fields.c proves it */
size_t field_count(void);
const struct field *field_at(size_t index);
/* Index of the row. */
size_t field_index(const struct field *field);
/* First row with that FieldURI of which the section is in `sections`; NULL when none. Exact, as the schema is. */
const struct field *field_by_uri(const char *uri, unsigned sections);
/* By element name without prefix. */
const struct field *field_by_element(const char *element, unsigned sections);
/* A FieldURI of conversations, personas and other objects, which the schema has but items and folders do not. */
bool field_uri_is_foreign(const char *uri);

enum field_query field_query(enum field_kind kind);
unsigned field_parts(const struct field *field); /* enum item_part */

/* Words of a kind. The default word when the number is unknown. */
const char *enum_word(enum field_kind kind, int32_t number);
bool enum_number(enum field_kind kind, const char *word, int32_t *out);
int32_t enum_default(enum field_kind kind);

struct item_type {
    const char *element;      /* "t:Message" */
    unsigned sections;
    const char *item_class;   /* of new items; "": cannot be created */
};
const struct item_type *item_type_of_class(const char *message_class);
/* By element name without prefix; NULL when it is no item. */
const struct item_type *item_type_of_element(const char *element);
/* True if the class is `prefix` or begins with it and a dot (ASCII case ignored). */
bool class_has_prefix(const char *message_class, const char *prefix);

struct folder_type {
    const char *element;
    unsigned sections;
    const char *folder_class;
};
const struct folder_type *folder_type_of(const struct folder *folder);
const struct folder_type *folder_type_of_element(const char *element);

struct indexed_field {
    const char *uri;          /* "contacts:PhoneNumber" */
    const char *index;        /* "BusinessPhone" */
    prop_tag tag;
    enum field_kind dictionary;
};
size_t indexed_count(void);
const struct indexed_field *indexed_at(size_t index);
const struct indexed_field *indexed_find(const char *uri, const char *index);
bool indexed_uri_is_known(const char *uri);

#endif
