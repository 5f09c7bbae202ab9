#include "bag_private.h"

#include "array_count.h"
#include "value_shape.h"

/* Under AddressSanitizer each value is a chunk of its own, so that an overrun is seen. */
#if defined(__SANITIZE_ADDRESS__)
#define BAG_POOLS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BAG_POOLS 0
#endif
#endif
#ifndef BAG_POOLS
#define BAG_POOLS 1
#endif

/* Room for the columns of a listed item, some 25 values, in one allocation. */
#define FIRST_CAPACITY 32
#define FIRST_CONTENT 1024
#define FIRST_CHUNKS 24

struct bag *bag_new_sized(TALLOC_CTX *mem, size_t capacity, size_t content_size, size_t chunks)
{
    size_t pool = capacity * sizeof(struct bag_entry) + content_size;
    struct bag *bag =
        BAG_POOLS ? talloc_pooled_object(mem, struct bag, array_count(chunks + 1), pool) : talloc(mem, struct bag);
    if (bag == NULL)
        return NULL;
    *bag = (struct bag){ .capacity = capacity };
    bag->entries = talloc_array(bag, struct bag_entry, array_count(capacity));
    if (bag->entries == NULL)
        TALLOC_FREE(bag);
    return bag;
}

struct bag *bag_new(TALLOC_CTX *mem)
{
    return bag_new_sized(mem, FIRST_CAPACITY, FIRST_CONTENT, FIRST_CHUNKS);
}

/* Index of the first entry whose id is not below `id`. */
static size_t lower_bound(const struct bag *bag, uint16_t id)
{
    size_t low = 0, high = bag->count;
    if (high > 0 && prop_id(bag->entries[high - 1].value.tag) < id)
        return high; /* bags are mostly filled in order */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (prop_id(bag->entries[middle].value.tag) < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct bag *bag, size_t index, uint16_t id)
{
    return index < bag->count && prop_id(bag->entries[index].value.tag) == id;
}

static enum status make_room(struct bag *bag, size_t index)
{
    if (bag->count == bag->capacity) {
        size_t capacity = bag->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : bag->capacity * 2;
        struct bag_entry *entries = talloc_realloc(bag, bag->entries, struct bag_entry, array_count(capacity));
        if (entries == NULL)
            return status_fail(STATUS_NO_MEMORY, "bag of %zu values", capacity);
        bag->entries = entries;
        bag->capacity = capacity;
    }
    if (index < bag->count)
        memmove(bag->entries + index + 1, bag->entries + index, (bag->count - index) * sizeof *bag->entries);
    bag->count++;
    return STATUS_OK;
}

/* What has to be freed to free the content of a value that value_copy made. */
static void *content_of(const struct value *value)
{
    enum value_shape shape = value_shape(prop_type(value->tag));
    if (value->form == VALUE_STORED)
        return NULL;
    if (shape == SHAPE_MULTIPLE)
        return value->multiple.elements;
    if (shape == SHAPE_TEXT || shape == SHAPE_BYTES)
        return (void *)(uintptr_t)value->bytes.data;
    return NULL;
}

enum status bag_set(struct bag *bag, const struct value *value)
{
    struct bag_entry entry = { .owned = NULL };
    TRY(value_copy(bag, value, &entry.value));
    entry.owned = content_of(&entry.value);
    uint16_t id = prop_id(entry.value.tag);
    size_t index = lower_bound(bag, id);
    if (is_at(bag, index, id)) {
        talloc_free(bag->entries[index].owned);
    } else {
        enum status status = make_room(bag, index);
        if (status != STATUS_OK) {
            talloc_free(entry.owned);
            return status;
        }
    }
    bag->entries[index] = entry;
    return STATUS_OK;
}

/* Convenience setters name a type by the tag; a tag of another type is the caller's mistake. */
static enum status check_type(prop_tag tag, bool fits)
{
    return fits ? STATUS_OK : status_fail(STATUS_INVALID_PROPERTY, "0x%08X set with a value of another type", tag);
}

enum status bag_set_string(struct bag *bag, prop_tag tag, const char *text)
{
    tag = value_normal_tag(tag);
    TRY(check_type(tag, prop_type(tag) == TYPE_STRING));
    if (text == NULL) {
        bag_remove(bag, tag);
        return STATUS_OK;
    }
    struct value value = value_string(tag, text);
    return bag_set(bag, &value);
}

enum status bag_set_text(struct bag *bag, prop_tag tag, struct slice text)
{
    tag = value_normal_tag(tag);
    TRY(check_type(tag, prop_type(tag) == TYPE_STRING));
    struct value value = value_bytes(tag, text);
    return bag_set(bag, &value);
}

enum status bag_set_bytes(struct bag *bag, prop_tag tag, struct slice bytes)
{
    TRY(check_type(tag, value_shape(prop_type(tag)) == SHAPE_BYTES));
    struct value value = value_bytes(tag, bytes);
    return bag_set(bag, &value);
}

enum status bag_set_int32(struct bag *bag, prop_tag tag, int32_t number)
{
    TRY(check_type(tag, value_shape(prop_type(tag)) == SHAPE_INT32));
    struct value value = value_int32(tag, number);
    return bag_set(bag, &value);
}

enum status bag_set_int64(struct bag *bag, prop_tag tag, int64_t number)
{
    TRY(check_type(tag, value_shape(prop_type(tag)) == SHAPE_INT64));
    struct value value = value_int64(tag, number);
    return bag_set(bag, &value);
}

enum status bag_set_bool(struct bag *bag, prop_tag tag, bool boolean)
{
    TRY(check_type(tag, prop_type(tag) == TYPE_BOOL));
    struct value value = value_bool(tag, boolean);
    return bag_set(bag, &value);
}

enum status bag_set_time(struct bag *bag, prop_tag tag, instant when)
{
    TRY(check_type(tag, prop_type(tag) == TYPE_TIME));
    struct value value = value_time(tag, when);
    return bag_set(bag, &value);
}

enum status bag_set_guid(struct bag *bag, prop_tag tag, struct guid guid)
{
    TRY(check_type(tag, prop_type(tag) == TYPE_GUID));
    struct value value = value_guid(tag, guid);
    return bag_set(bag, &value);
}

enum status bag_set_strings(struct bag *bag, prop_tag tag, const char *const *texts, size_t count)
{
    TRY(check_type(tag, prop_type(tag) == (TYPE_MULTIPLE | TYPE_STRING)));
    struct value *elements = talloc_array(NULL, struct value, array_count(count));
    if (elements == NULL)
        return status_fail(STATUS_NO_MEMORY, "%zu texts", count);
    for (size_t i = 0; i < count; i++)
        elements[i] = value_string(prop_make(prop_id(tag), TYPE_STRING), texts[i]);
    struct value value = { .tag = tag, .multiple = { .count = count, .elements = elements } };
    enum status status = bag_set(bag, &value);
    talloc_free(elements);
    return status;
}

bool bag_remove(struct bag *bag, prop_tag tag)
{
    size_t index = lower_bound(bag, prop_id(tag));
    if (!is_at(bag, index, prop_id(tag)))
        return false;
    talloc_free(bag->entries[index].owned);
    bag->count--;
    memmove(bag->entries + index, bag->entries + index + 1, (bag->count - index) * sizeof *bag->entries);
    return true;
}

const struct value *bag_get(const struct bag *bag, prop_tag tag)
{
    size_t index = lower_bound(bag, prop_id(tag));
    if (!is_at(bag, index, prop_id(tag)))
        return NULL;
    const struct value *value = &bag->entries[index].value;
    uint16_t wanted = prop_type(tag);
    if (wanted == TYPE_UNSPECIFIED || wanted == prop_type(value->tag))
        return value;
    return prop_type(value_normal_tag(tag)) == prop_type(value->tag) ? value : NULL;
}

bool bag_has(const struct bag *bag, prop_tag tag)
{
    return bag_get(bag, tag) != NULL;
}

/* The value when it is inline and of the shape. */
static const struct value *get_inline(const struct bag *bag, prop_tag tag, enum value_shape shape)
{
    const struct value *value = bag_get(bag, tag);
    bool fits = value != NULL && value->form == VALUE_INLINE && value_shape(prop_type(value->tag)) == shape;
    return fits ? value : NULL;
}

const char *bag_string(const struct bag *bag, prop_tag tag, const char *absent)
{
    const struct value *value = get_inline(bag, tag, SHAPE_TEXT);
    return value != NULL ? value_text(value) : absent;
}

int32_t bag_int32(const struct bag *bag, prop_tag tag, int32_t absent)
{
    const struct value *value = get_inline(bag, tag, SHAPE_INT32);
    return value != NULL ? value->int32 : absent;
}

int64_t bag_int64(const struct bag *bag, prop_tag tag, int64_t absent)
{
    const struct value *value = get_inline(bag, tag, SHAPE_INT64);
    return value != NULL ? value->int64 : absent;
}

bool bag_bool(const struct bag *bag, prop_tag tag, bool absent)
{
    const struct value *value = get_inline(bag, tag, SHAPE_BOOL);
    return value != NULL ? value->boolean : absent;
}

instant bag_time(const struct bag *bag, prop_tag tag, instant absent)
{
    const struct value *value = get_inline(bag, tag, SHAPE_INT64);
    return value != NULL ? value->time : absent;
}

struct slice bag_text(const struct bag *bag, prop_tag tag)
{
    const struct value *value = get_inline(bag, tag, SHAPE_TEXT);
    return value != NULL ? value->bytes : slice_of(NULL, 0);
}

struct slice bag_bytes(const struct bag *bag, prop_tag tag)
{
    const struct value *value = get_inline(bag, tag, SHAPE_BYTES);
    return value != NULL ? value->bytes : slice_of(NULL, 0);
}

size_t bag_count(const struct bag *bag)
{
    return bag->count;
}

const struct value *bag_at(const struct bag *bag, size_t index)
{
    return index < bag->count ? &bag->entries[index].value : NULL;
}

struct bag *bag_copy(TALLOC_CTX *mem, const struct bag *from)
{
    uint64_t size = 0;
    for (size_t i = 0; i < from->count; i++)
        size += value_size(&from->entries[i].value) * (from->entries[i].value.form == VALUE_INLINE) + 16;
    struct bag *copy = bag_new_sized(mem, from->count > 0 ? from->count : 1, (size_t)size, from->count);
    if (copy != NULL && bag_merge(copy, from) != STATUS_OK)
        TALLOC_FREE(copy);
    return copy;
}

enum status bag_merge(struct bag *bag, const struct bag *from)
{
    for (size_t i = 0; i < from->count; i++)
        TRY(bag_set(bag, &from->entries[i].value));
    return STATUS_OK;
}

static void note_change(prop_tag tag, void *data)
{
    (void)tag;
    *(bool *)data = true;
}

bool bag_equal(const struct bag *a, const struct bag *b)
{
    bool differs = a->count != b->count;
    if (!differs)
        bag_diff(a, b, note_change, &differs);
    return !differs;
}

void bag_diff(const struct bag *before, const struct bag *after, void (*changed)(prop_tag tag, void *data), void *data)
{
    size_t i = 0, j = 0;
    while (i < before->count || j < after->count) {
        const struct value *old_value = bag_at(before, i);
        const struct value *new_value = bag_at(after, j);
        int old_id = old_value != NULL ? prop_id(old_value->tag) : UINT16_MAX + 1;
        int new_id = new_value != NULL ? prop_id(new_value->tag) : UINT16_MAX + 1;
        if (old_id < new_id)
            changed(old_value->tag, data);
        else if (old_id > new_id || !value_equal(old_value, new_value))
            changed(new_value->tag, data);
        i += old_id <= new_id;
        j += new_id <= old_id;
    }
}
