/* Many rows as one parameter a column. */
#include "encode.h"

#include <endian.h>
#include <stdio.h>

#include "array_count.h"

#define ARRAY_HEADER 20

/* Array type of a parameter and type of its elements; an array within a row travels as its text. */
static const struct {
    unsigned array, element;
} types[] = {
    [COLUMN_BOOL] = { 1000, 16 },  [COLUMN_INT2] = { 1005, 21 },   [COLUMN_INT4] = { 1007, 23 },  [COLUMN_INT8] = { 1016, 20 },
    [COLUMN_TEXT] = { 1009, 25 },  [COLUMN_BYTEA] = { 1001, 17 },  [COLUMN_UUID] = { 2951, 2950 },
    [COLUMN_INT8S] = { 1009, 25 }, [COLUMN_TEXTS] = { 1009, 25 },
};

static uint8_t *put32(uint8_t *at, uint32_t number)
{
    uint32_t big = htobe32(number);
    memcpy(at, &big, sizeof big);
    return at + sizeof big;
}

/* {"one","t\"wo"} */
static char *texts_literal(TALLOC_CTX *mem, const struct sql_texts *texts)
{
    size_t room = 3;
    for (size_t i = 0; i < texts->count; i++)
        room += 2 * strlen(texts->items[i]) + 3;
    char *literal = talloc_array(mem, char, array_count(room)), *at = literal;
    if (literal == NULL)
        return NULL;
    *at++ = '{';
    for (size_t i = 0; i < texts->count; i++) {
        at = stpcpy(at, i > 0 ? ",\"" : "\"");
        for (const char *text = texts->items[i]; *text != '\0'; text++) {
            if (*text == '"' || *text == '\\')
                *at++ = '\\';
            *at++ = *text;
        }
        *at++ = '"';
    }
    memcpy(at, "}", 2);
    return literal;
}

static char *numbers_literal(TALLOC_CTX *mem, const struct sql_int8s *numbers)
{
    size_t room = numbers->count * 21 + 3;
    char *literal = talloc_array(mem, char, array_count(room)), *at = literal;
    if (literal == NULL)
        return NULL;
    const char *end = literal + room;
    *at++ = '{';
    for (size_t i = 0; i < numbers->count; i++)
        at += snprintf(at, (size_t)(end - at), "%s%lld", i > 0 ? "," : "", (long long)numbers->items[i]);
    memcpy(at, "}", 2);
    return literal;
}

/* The bytes of a member: in place, or made on `mem`. Data NULL: SQL NULL, or no memory for an array, which `failed` tells. */
static struct slice member(TALLOC_CTX *mem, enum column_type type, const void *field, bool *failed)
{
    const char *text = NULL;
    bool is_empty = ((const struct sql_int8s *)field)->count == 0; /* all array structs have this layout */
    switch (type) {
    case COLUMN_BYTEA:
        return *(const struct slice *)field;
    case COLUMN_TEXT:
        text = *(const char *const *)field;
        return text != NULL ? slice_of_text(text) : (struct slice){ 0 };
    case COLUMN_TEXTS:
        text = is_empty ? "{}" : texts_literal(mem, field);
        break;
    default:
        text = is_empty ? "{}" : numbers_literal(mem, field);
    }
    *failed = *failed || text == NULL;
    return text != NULL ? slice_of_text(text) : (struct slice){ 0 };
}

static bool is_number(enum column_type type)
{
    return type != COLUMN_TEXT && type != COLUMN_BYTEA && type != COLUMN_TEXTS && type != COLUMN_INT8S;
}

static uint8_t *put_header(uint8_t *at, enum column_type type, size_t rows, bool has_null)
{
    at = put32(put32(put32(at, 1), has_null), types[type].element);
    return put32(put32(at, (uint32_t)rows), 1);
}

static const uint8_t *encode_numbers(TALLOC_CTX *mem, enum column_type type, const char *field, size_t size, size_t rows, int *length)
{
    uint8_t *bytes = talloc_array(mem, uint8_t, array_count(ARRAY_HEADER + rows * 20));
    if (bytes == NULL)
        return NULL;
    uint8_t *at = put_header(bytes, type, rows, false);
    for (size_t i = 0; i < rows; i++, field += size) {
        int each = number_encode(type, field, at + 4);
        at = put32(at, (uint32_t)each) + each;
    }
    *length = (int)(at - bytes);
    return bytes;
}

static const uint8_t *encode_members(TALLOC_CTX *mem, enum column_type type, const char *field, size_t size, size_t rows, int *length)
{
    struct slice *members = talloc_array(mem, struct slice, array_count(rows));
    size_t total = ARRAY_HEADER;
    bool has_null = false, failed = members == NULL;
    for (size_t i = 0; i < rows && !failed; i++, field += size) {
        members[i] = member(mem, type, field, &failed);
        has_null = has_null || members[i].data == NULL;
        total += 4 + members[i].length;
    }
    uint8_t *bytes = failed || total > INT32_MAX ? NULL : talloc_array(mem, uint8_t, array_count(total));
    if (bytes == NULL)
        return NULL;
    uint8_t *at = put_header(bytes, type, rows, has_null);
    for (size_t i = 0; i < rows; i++) {
        at = put32(at, members[i].data != NULL ? (uint32_t)members[i].length : UINT32_MAX);
        if (members[i].length > 0)
            memcpy(at, members[i].data, members[i].length);
        at += members[i].length;
    }
    *length = (int)total;
    return bytes;
}

bool parameters_encode_rows(TALLOC_CTX *mem, const struct column *columns, int count, const void *in, size_t size, size_t rows,
                            struct parameters *out)
{
    for (int i = 0; i < count; i++) {
        enum column_type type = columns[i].type;
        const char *field = (const char *)in + columns[i].offset;
        out->formats[i] = 1;
        out->oids[i] = types[type].array;
        out->values[i] = (const char *)(is_number(type) ? encode_numbers(mem, type, field, size, rows, &out->lengths[i])
                                                        : encode_members(mem, type, field, size, rows, &out->lengths[i]));
        if (out->values[i] == NULL)
            return false;
    }
    return true;
}
