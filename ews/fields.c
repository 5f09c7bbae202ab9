#include "fields.h"

#include "bourse/base/text.h"

#define PROP_NONE 0
#define DEFAULT FIELD_DEFAULT
#define ALL FIELD_ALL
#define LIST FIELD_LIST
#define SET FIELD_SET
#define APPEND FIELD_APPEND
#define DELETE FIELD_DELETE
#define SEARCH FIELD_SEARCH
#define SORT FIELD_SORT
static const struct field fields[] = {
#define FIELD(section, uri, element, kind, tag, since, flags) \
    { SECTION_##section, uri, "t:" element, KIND_##kind, (prop_tag)PROP_##tag, EWS_##since, flags },
#include "fields.def"
#undef FIELD
};
#undef DEFAULT
#undef ALL
#undef LIST
#undef SET
#undef APPEND
#undef DELETE
#undef SEARCH
#undef SORT
_Static_assert(ARRAY_LENGTH(fields) <= FIELD_MOST, "FIELD_MOST is too small");

static const struct {
    enum field_query query;
    unsigned parts;
} kinds[] = {
#define KIND(id, write, read, query, parts) { query, parts },
#include "kinds.def"
#undef KIND
};

static const struct enum_row {
    enum field_kind kind;
    int32_t number;
    const char *word;
} enum_rows[] = {
#define ENUM_VALUE(kind, number, word) { KIND_##kind, number, word },
#include "enums.def"
#undef ENUM_VALUE
};

#define ITEM_TYPE(...)
#define CLASS_TYPE(...)
#define FOLDER_TYPE(...)
#define CLASS_FOLDER(...)
#undef ITEM_TYPE
enum item_type_id {
#define ITEM_TYPE(id, ...) TYPE_ID_##id,
#include "item_types.def"
#undef ITEM_TYPE
};
static const struct item_type item_types[] = {
#define ITEM_TYPE(id, element, sections, class) { "t:" element, sections, class },
#include "item_types.def"
#undef ITEM_TYPE
};
#define ITEM_TYPE(...)
#undef CLASS_TYPE
static const struct {
    const char *prefix;
    enum item_type_id type;
} class_types[] = {
#define CLASS_TYPE(prefix, type) { prefix, TYPE_ID_##type },
#include "item_types.def"
#undef CLASS_TYPE
};
#define CLASS_TYPE(...)
#undef FOLDER_TYPE
enum folder_type_id {
#define FOLDER_TYPE(id, ...) FOLDER_ID_##id,
#include "item_types.def"
#undef FOLDER_TYPE
};
static const struct folder_type folder_types[] = {
#define FOLDER_TYPE(id, element, sections, class) { "t:" element, sections, class },
#include "item_types.def"
#undef FOLDER_TYPE
};
#define FOLDER_TYPE(...)
#undef CLASS_FOLDER
static const struct {
    const char *prefix;
    enum folder_type_id type;
} class_folders[] = {
#define CLASS_FOLDER(prefix, type) { prefix, FOLDER_ID_##type },
#include "item_types.def"
#undef CLASS_FOLDER
};

static const struct indexed_field indexed_fields[] = {
#define INDEXED(uri, index, tag, dictionary) { uri, index, (prop_tag)PROP_##tag, KIND_##dictionary },
#include "indexed.def"
#undef INDEXED
};

size_t field_count(void)
{
    return ARRAY_LENGTH(fields);
}

const struct field *field_at(size_t index)
{
    return &fields[index];
}

size_t field_index(const struct field *field)
{
    return (size_t)(field - fields);
}

const struct field *field_by_uri(const char *uri, unsigned sections)
{
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if ((fields[i].section & sections) != 0 && uri[0] != '\0' && strcmp(fields[i].uri, uri) == 0)
            return &fields[i];
    return NULL;
}

const struct field *field_by_element(const char *element, unsigned sections)
{
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if ((fields[i].section & sections) != 0 && strcmp(fields[i].element + 2, element) == 0)
            return &fields[i];
    return NULL;
}

bool field_uri_is_foreign(const char *uri)
{
    static const char *const prefixes[] = { "conversation:", "persona:", "person:", "rolemember:", "network:", "abchperson:", "booking:",
                                            "insight:", "sharingMessage:", "contacts:" };
    for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++)
        if (strncmp(uri, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

enum field_query field_query(enum field_kind kind)
{
    return kinds[kind].query;
}

unsigned field_parts(const struct field *field)
{
    unsigned parts = kinds[field->kind].parts;
    const struct property_info *info = field->tag != 0 ? property_by_tag(field->tag) : NULL;
    if ((parts & ITEM_PROPERTIES) && info != NULL && info->storage == IN_COLUMN)
        parts &= ~(unsigned)ITEM_PROPERTIES;
    return parts;
}

const char *enum_word(enum field_kind kind, int32_t number)
{
    const char *first = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(enum_rows); i++) {
        if (enum_rows[i].kind != kind)
            continue;
        if (first == NULL)
            first = enum_rows[i].word;
        if (enum_rows[i].number == number)
            return enum_rows[i].word;
    }
    return first;
}

bool enum_number(enum field_kind kind, const char *word, int32_t *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(enum_rows); i++)
        if (enum_rows[i].kind == kind && strcmp(enum_rows[i].word, word) == 0) {
            *out = enum_rows[i].number;
            return true;
        }
    return false;
}

int32_t enum_default(enum field_kind kind)
{
    for (size_t i = 0; i < ARRAY_LENGTH(enum_rows); i++)
        if (enum_rows[i].kind == kind)
            return enum_rows[i].number;
    return 0;
}

bool class_has_prefix(const char *message_class, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncasecmp(message_class, prefix, length) == 0 && (message_class[length] == '\0' || message_class[length] == '.');
}

const struct item_type *item_type_of_class(const char *message_class)
{
    for (size_t i = 0; i < ARRAY_LENGTH(class_types); i++)
        if (class_has_prefix(message_class, class_types[i].prefix))
            return &item_types[class_types[i].type];
    return &item_types[TYPE_ID_ITEM];
}

const struct item_type *item_type_of_element(const char *element)
{
    for (size_t i = 0; i < ARRAY_LENGTH(item_types); i++)
        if (strcmp(item_types[i].element + 2, element) == 0)
            return &item_types[i];
    return NULL;
}

const struct folder_type *folder_type_of(const struct folder *folder)
{
    if (folder->is_search)
        return &folder_types[FOLDER_ID_SEARCH];
    for (size_t i = 0; i < ARRAY_LENGTH(class_folders); i++)
        if (class_has_prefix(folder->folder_class, class_folders[i].prefix))
            return &folder_types[class_folders[i].type];
    return &folder_types[FOLDER_ID_PLAIN];
}

const struct folder_type *folder_type_of_element(const char *element)
{
    for (size_t i = 0; i < ARRAY_LENGTH(folder_types); i++)
        if (strcmp(folder_types[i].element + 2, element) == 0)
            return &folder_types[i];
    return NULL;
}

size_t indexed_count(void)
{
    return ARRAY_LENGTH(indexed_fields);
}

const struct indexed_field *indexed_at(size_t index)
{
    return &indexed_fields[index];
}

const struct indexed_field *indexed_find(const char *uri, const char *index)
{
    for (size_t i = 0; i < ARRAY_LENGTH(indexed_fields); i++)
        if (strcmp(indexed_fields[i].uri, uri) == 0 && strcmp(indexed_fields[i].index, index) == 0)
            return &indexed_fields[i];
    return NULL;
}

bool indexed_uri_is_known(const char *uri)
{
    static const char *const known[] = { "item:InternetMessageHeader", "contacts:ImAddress", "contacts:PhysicalAddress:Street",
                                         "contacts:PhysicalAddress:City", "contacts:PhysicalAddress:State",
                                         "contacts:PhysicalAddress:CountryOrRegion", "contacts:PhysicalAddress:PostalCode",
                                         "contacts:PhoneNumber", "contacts:EmailAddress", "distributionlist:Members:Member" };
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
        if (strcmp(known[i], uri) == 0)
            return true;
    return false;
}
