#include "bourse/model/properties.h"

#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "bourse/base/attributes.h"
#include "value_shape.h"

/* Rows of props.def (ordered by tag), then of named_props.def (ordered by id): the .def files have that order and
 * tests/tables/check_model.py proves it. */
static const struct property_info properties[] = {
#define PROPERTY(name, tag, canonical, storage, flags, ews_field, activesync, ldap, icalendar, source)                 \
    { (tag), #name, canonical, storage, flags, ews_field, activesync, ldap, icalendar, source },
#include "bourse/model/props.def"
#undef PROPERTY
#define NAMED(name, tag, set, lid, string_name, canonical, storage, flags, ews_field, activesync, icalendar, source)   \
    { (tag), #name, canonical, storage, flags, ews_field, activesync, "", icalendar, source },
#include "bourse/model/named_props.def"
#undef NAMED
};

enum property_set {
#define PROPERTY_SET(name, ...) SET_##name,
#include "bourse/model/property_sets.def"
#undef PROPERTY_SET
};

static const struct {
    const char *name;
    struct guid guid;
} property_sets[] = {
#define PROPERTY_SET(name, ...) { #name, { { __VA_ARGS__ } } },
#include "bourse/model/property_sets.def"
#undef PROPERTY_SET
};

/* Names of the rows of named_props.def, in the same order. */
static const struct {
    enum property_set set;
    uint32_t lid;
    const char *text; /* "" when the name is a number */
} names[] = {
#define NAMED(name, tag, set, lid, string_name, ...) { SET_##set, lid, string_name },
#include "bourse/model/named_props.def"
#undef NAMED
};

#define PROPERTY_COUNT ARRAY_LENGTH(properties)
#define NAMED_COUNT ARRAY_LENGTH(names)
#define TAG_COUNT (PROPERTY_COUNT - NAMED_COUNT)

/* Sorted views of the tables, made at first use. A property can have several EWS fields. */
struct field_row {
    const char *field;
    size_t length;
    uint16_t row;
};

static pthread_once_t indexes_once = PTHREAD_ONCE_INIT;
static uint16_t by_canonical[PROPERTY_COUNT];
static uint16_t by_name[NAMED_COUNT];
static struct field_row by_field[PROPERTY_COUNT];
static size_t field_count;

static int order_canonical(const void *a, const void *b)
{
    return strcmp(properties[*(const uint16_t *)a].canonical, properties[*(const uint16_t *)b].canonical);
}

static int compare_fields(const struct field_row *a, const struct field_row *b)
{
    int order = memcmp(a->field, b->field, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int order_fields(const void *a, const void *b)
{
    return compare_fields(a, b);
}

/* Header names have no case [MS-OXCDATA] 2.6.1; all other names do. */
static int compare_names(const struct property_name *a, const struct property_name *b)
{
    int order = guid_compare(a->set, b->set);
    if (order != 0)
        return order;
    if (a->is_string != b->is_string)
        return a->is_string ? 1 : -1;
    if (!a->is_string)
        return (a->lid > b->lid) - (a->lid < b->lid);
    bool any_case = guid_equal(a->set, property_sets[SET_PS_INTERNET_HEADERS].guid);
    return any_case ? strcasecmp(a->name, b->name) : strcmp(a->name, b->name);
}

static struct property_name name_at(size_t index)
{
    return (struct property_name){
        .set = property_sets[names[index].set].guid,
        .is_string = names[index].text[0] != 0,
        .lid = names[index].lid,
        .name = names[index].text[0] != 0 ? names[index].text : NULL,
    };
}

static int order_names(const void *a, const void *b)
{
    struct property_name left = name_at(*(const uint16_t *)a);
    struct property_name right = name_at(*(const uint16_t *)b);
    return compare_names(&left, &right);
}

static void index_fields(uint16_t row)
{
    const char *at = properties[row].ews_field;
    while (*at != 0 && field_count < PROPERTY_COUNT) {
        size_t length = strcspn(at, " ");
        by_field[field_count++] = (struct field_row){ at, length, row };
        at += length;
        at += strspn(at, " ");
    }
}

static void make_indexes(void)
{
    for (size_t i = 0; i < PROPERTY_COUNT; i++) {
        by_canonical[i] = (uint16_t)i;
        index_fields((uint16_t)i);
    }
    for (size_t i = 0; i < NAMED_COUNT; i++)
        by_name[i] = (uint16_t)i;
    qsort(by_canonical, PROPERTY_COUNT, sizeof *by_canonical, order_canonical);
    qsort(by_field, field_count, sizeof *by_field, order_fields);
    qsort(by_name, NAMED_COUNT, sizeof *by_name, order_names);
}

/* The first row of `count` from `first` that has the tag, or the id when the type is unspecified. */
static const struct property_info *find_tag(size_t first, size_t count, prop_tag tag)
{
    size_t low = first, high = first + count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (properties[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == first + count)
        return NULL;
    bool fits =
        prop_type(tag) == TYPE_UNSPECIFIED ? prop_id(properties[low].tag) == prop_id(tag) : properties[low].tag == tag;
    return fits ? &properties[low] : NULL;
}

const struct property_info *property_by_tag(prop_tag tag)
{
    tag = value_normal_tag(tag);
    const struct property_info *info = find_tag(0, TAG_COUNT, tag);
    return info != NULL ? info : find_tag(TAG_COUNT, NAMED_COUNT, tag);
}

const struct property_info *property_by_ews_field(const char *field_uri)
{
    pthread_once(&indexes_once, make_indexes);
    struct field_row key = { .field = field_uri, .length = strlen(field_uri) };
    const struct field_row *found = bsearch(&key, by_field, field_count, sizeof *by_field, order_fields);
    return found != NULL ? &properties[found->row] : NULL;
}

const struct property_info *property_by_canonical(const char *canonical)
{
    pthread_once(&indexes_once, make_indexes);
    size_t low = 0, high = PROPERTY_COUNT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(properties[by_canonical[middle]].canonical, canonical);
        if (order == 0)
            return &properties[by_canonical[middle]];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t property_count(void)
{
    return PROPERTY_COUNT;
}

const struct property_info *property_at(size_t index)
{
    return index < PROPERTY_COUNT ? &properties[index] : NULL;
}

/* Names of PS_MAPI are the ids below 0x8000 themselves [MS-OXCPRPT] 3.2.5.9. */
static prop_tag tag_of_mapi_lid(uint32_t lid)
{
    if (lid == 0 || lid >= 0x8000)
        return 0;
    const struct property_info *info = property_by_tag(prop_make((uint16_t)lid, TYPE_UNSPECIFIED));
    return info != NULL ? info->tag : prop_make((uint16_t)lid, TYPE_UNSPECIFIED);
}

prop_tag property_tag_of_name(const struct property_name *name)
{
    if (name->is_string && name->name == NULL)
        return 0;
    if (!name->is_string && guid_equal(name->set, property_sets[SET_PS_MAPI].guid))
        return tag_of_mapi_lid(name->lid);
    pthread_once(&indexes_once, make_indexes);
    size_t low = 0, high = NAMED_COUNT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct property_name there = name_at(by_name[middle]);
        int order = compare_names(&there, name);
        if (order == 0)
            return properties[TAG_COUNT + by_name[middle]].tag;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

bool property_name_of_id(uint16_t id, struct property_name *out)
{
    const struct property_info *info = find_tag(TAG_COUNT, NAMED_COUNT, prop_make(id, TYPE_UNSPECIFIED));
    if (info == NULL)
        return false;
    *out = name_at((size_t)(info - properties) - TAG_COUNT);
    return true;
}

bool property_set_guid(const char *set, struct guid *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(property_sets); i++) {
        if (strcmp(property_sets[i].name, set) == 0) {
            *out = property_sets[i].guid;
            return true;
        }
    }
    return false;
}
