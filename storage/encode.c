#include "encode.h"

#include <endian.h>

#include "array_count.h"

/* Array wire format: dimensions, has-null flag, element type, then per dimension length and lower bound, then elements. */
#define ARRAY_HEADER 20

struct encoder {
    uint8_t *at;
};

static void put32(struct encoder *encoder, uint32_t number)
{
    uint32_t big = htobe32(number);
    memcpy(encoder->at, &big, 4);
    encoder->at += 4;
}

static void put64(struct encoder *encoder, uint64_t number)
{
    uint64_t big = htobe64(number);
    memcpy(encoder->at, &big, 8);
    encoder->at += 8;
}

static void put_bytes(struct encoder *encoder, struct slice bytes)
{
    if (bytes.length > 0)
        memcpy(encoder->at, bytes.data, bytes.length);
    encoder->at += bytes.length;
}

static unsigned element_oid(enum column_type type)
{
    static const unsigned oids[] = { [COLUMN_BOOLS] = 16, [COLUMN_INT4S] = 23, [COLUMN_INT8S] = 20,
                                     [COLUMN_TEXTS] = 25, [COLUMN_BYTEAS] = 17, [COLUMN_UUIDS] = 2950 };
    return oids[type];
}

/* The i-th element of an array parameter as bytes; fixed-size ones through `scratch`. */
static struct slice element(enum column_type type, const void *array, size_t i, uint8_t scratch[16])
{
    struct encoder encoder = { .at = scratch };
    switch (type) {
    case COLUMN_BOOLS:
        scratch[0] = ((const struct sql_bools *)array)->items[i];
        return slice_of(scratch, 1);
    case COLUMN_INT4S:
        put32(&encoder, (uint32_t)((const struct sql_int4s *)array)->items[i]);
        return slice_of(scratch, 4);
    case COLUMN_INT8S:
        put64(&encoder, (uint64_t)((const struct sql_int8s *)array)->items[i]);
        return slice_of(scratch, 8);
    case COLUMN_TEXTS:
        return slice_of_text(((const struct sql_texts *)array)->items[i]);
    case COLUMN_BYTEAS:
        return ((const struct sql_byteas *)array)->items[i];
    default:
        guid_to_rfc4122(((const struct sql_uuids *)array)->items[i], scratch);
        return slice_of(scratch, 16);
    }
}

static const char *encode_array(TALLOC_CTX *mem, enum column_type type, const void *array, int *length)
{
    size_t count = ((const struct sql_int8s *)array)->count; /* all array structs have this layout */
    uint8_t scratch[16];
    size_t total = ARRAY_HEADER;
    for (size_t i = 0; i < count; i++)
        total += 4 + element(type, array, i, scratch).length;
    uint8_t *bytes = talloc_array(mem, uint8_t, array_count(total));
    if (bytes == NULL)
        return NULL;
    struct encoder encoder = { .at = bytes };
    put32(&encoder, count > 0 ? 1 : 0);
    put32(&encoder, 0);
    put32(&encoder, element_oid(type));
    if (count > 0) {
        put32(&encoder, (uint32_t)count);
        put32(&encoder, 1);
    }
    for (size_t i = 0; i < count; i++) {
        struct slice item = element(type, array, i, scratch);
        put32(&encoder, (uint32_t)item.length);
        put_bytes(&encoder, item);
    }
    *length = (int)(encoder.at - bytes);
    return (const char *)bytes;
}

int number_encode(enum column_type type, const void *field, uint8_t bytes[16])
{
    struct encoder encoder = { .at = bytes };
    switch (type) {
    case COLUMN_BOOL:
        *bytes = *(const bool *)field;
        encoder.at++;
        break;
    case COLUMN_INT2: {
        uint16_t big = htobe16((uint16_t) * (const int16_t *)field);
        memcpy(bytes, &big, 2);
        encoder.at += 2;
        break;
    }
    case COLUMN_INT4:
        put32(&encoder, (uint32_t) * (const int32_t *)field);
        break;
    case COLUMN_INT8:
        put64(&encoder, (uint64_t) * (const int64_t *)field);
        break;
    default:
        guid_to_rfc4122(*(const struct guid *)field, bytes);
        encoder.at += 16;
    }
    return (int)(encoder.at - bytes);
}

static const char *encode_number(TALLOC_CTX *mem, enum column_type type, const void *field, int *length)
{
    uint8_t *bytes = talloc_size(mem, 16);
    if (bytes != NULL)
        *length = number_encode(type, field, bytes);
    return (const char *)bytes;
}

bool parameters_encode(TALLOC_CTX *mem, const struct column *columns, int count, const void *in, struct parameters *out)
{
    for (int i = 0; i < count; i++) {
        const void *field = (const char *)in + columns[i].offset;
        out->formats[i] = 1;
        out->oids[i] = columns[i].oid;
        out->lengths[i] = 0;
        if (columns[i].type == COLUMN_TEXT) {
            out->values[i] = *(const char *const *)field;
            out->lengths[i] = out->values[i] != NULL ? (int)strlen(out->values[i]) : 0;
        } else if (columns[i].type == COLUMN_BYTEA) {
            const struct slice *bytes = (const struct slice *)field;
            out->values[i] = (const char *)bytes->data;
            out->lengths[i] = (int)bytes->length;
        } else {
            out->values[i] = columns[i].type >= COLUMN_BOOLS ? encode_array(mem, columns[i].type, field, &out->lengths[i])
                                                             : encode_number(mem, columns[i].type, field, &out->lengths[i]);
            if (out->values[i] == NULL)
                return false;
        }
    }
    return true;
}

static uint64_t get_number(const char *bytes, int length)
{
    uint64_t number = 0;
    for (int i = 0; i < length && i < 8; i++)
        number = number << 8 | (uint8_t)bytes[i];
    return number;
}

/* Arrays come as the database made them: a broken one reads as empty. */
static size_t array_open(const char *bytes, int length, const char **at)
{
    if (length < ARRAY_HEADER || get_number(bytes, 4) != 1 || get_number(bytes + 4, 4) != 0)
        return 0;
    *at = bytes + ARRAY_HEADER;
    return (size_t)get_number(bytes + 12, 4);
}

static void decode_int8s(TALLOC_CTX *mem, const char *bytes, int length, struct sql_int8s *out)
{
    const char *at = NULL;
    size_t count = array_open(bytes, length, &at);
    int64_t *items = talloc_array(mem, int64_t, array_count(count + 1));
    *out = (struct sql_int8s){ 0 };
    if (items == NULL || (size_t)length < ARRAY_HEADER + count * 12)
        return;
    for (size_t i = 0; i < count; i++, at += 12)
        items[i] = (int64_t)get_number(at + 4, 8);
    *out = (struct sql_int8s){ .items = items, .count = count };
}

/* NULL-terminated list of texts. */
static void decode_texts(TALLOC_CTX *mem, const char *bytes, int length, struct sql_texts *out)
{
    const char *at = NULL;
    size_t count = array_open(bytes, length, &at);
    const char **items = talloc_zero_array(mem, const char *, array_count(count + 1));
    const char *end = bytes + length;
    *out = (struct sql_texts){ .items = items };
    for (size_t i = 0; items != NULL && i < count && end - at >= 4; i++) {
        size_t size = (size_t)get_number(at, 4);
        if ((size_t)(end - at - 4) < size)
            break;
        items[i] = talloc_strndup(items, at + 4, size);
        if (items[i] == NULL)
            break;
        at += 4 + size;
        out->count++;
    }
}

static void decode_missing(TALLOC_CTX *mem, enum column_type type, void *field)
{
    static const size_t sizes[] = { [COLUMN_BOOL] = sizeof(bool), [COLUMN_INT2] = 2, [COLUMN_INT4] = 4, [COLUMN_INT8] = 8,
                                    [COLUMN_TEXT] = sizeof(char *), [COLUMN_BYTEA] = sizeof(struct slice), [COLUMN_UUID] = 16 };
    if (type == COLUMN_TEXTS)
        decode_texts(mem, "", 0, field);
    else
        memset(field, 0, type >= COLUMN_BOOLS ? sizeof(struct sql_int8s) : sizes[type]);
}

void field_decode(TALLOC_CTX *mem, const PGresult *pg, int row, int index, const struct column *column, void *out)
{
    void *field = (char *)out + column->offset;
    if (PQgetisnull(pg, row, index)) {
        decode_missing(mem, column->type, field);
        return;
    }
    const char *bytes = PQgetvalue(pg, row, index);
    int length = PQgetlength(pg, row, index);
    switch (column->type) {
    case COLUMN_BOOL:
        *(bool *)field = bytes[0] != 0;
        break;
    case COLUMN_INT2:
        *(int16_t *)field = (int16_t)get_number(bytes, length);
        break;
    case COLUMN_INT4:
        *(int32_t *)field = (int32_t)get_number(bytes, length);
        break;
    case COLUMN_INT8:
        *(int64_t *)field = (int64_t)get_number(bytes, length);
        break;
    case COLUMN_TEXT:
        *(const char **)field = bytes; /* libpq ends every value with a NUL */
        break;
    case COLUMN_BYTEA:
        *(struct slice *)field = slice_of(bytes, (size_t)length);
        break;
    case COLUMN_UUID:
        *(struct guid *)field = guid_from_rfc4122((const uint8_t *)bytes);
        break;
    case COLUMN_INT8S:
        decode_int8s(mem, bytes, length, field);
        break;
    case COLUMN_TEXTS:
        decode_texts(mem, bytes, length, field);
        break;
    default:
        decode_missing(mem, column->type, field);
    }
}
