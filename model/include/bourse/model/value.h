/* One typed property value [MS-OXCDATA] 2.11, as all layers pass it. */
#ifndef BOURSE_MODEL_VALUE_H
#define BOURSE_MODEL_VALUE_H

#include "bourse/base/buffer.h"
#include "bourse/base/clock.h"
#include "bourse/base/guid.h"
#include "bourse/base/wire.h"

/* Property id << 16 | type. Names of tags: properties.h (PROP_SUBJECT ...). */
typedef uint32_t prop_tag;

static inline uint16_t prop_id(prop_tag tag) { return (uint16_t)(tag >> 16); }
static inline uint16_t prop_type(prop_tag tag) { return (uint16_t)tag; }
static inline prop_tag prop_make(uint16_t id, uint16_t type) { return (prop_tag)id << 16 | type; }

/* [MS-OXCDATA] 2.11.1. String8 never occurs inside: it becomes TYPE_STRING where it is read. */
enum prop_type {
    TYPE_UNSPECIFIED = 0x0000,
    TYPE_INT16 = 0x0002,
    TYPE_INT32 = 0x0003,
    TYPE_FLOAT = 0x0004,
    TYPE_DOUBLE = 0x0005,
    TYPE_CURRENCY = 0x0006,
    TYPE_APPLICATION_TIME = 0x0007,
    TYPE_ERROR = 0x000A,
    TYPE_BOOL = 0x000B,
    TYPE_OBJECT = 0x000D,
    TYPE_INT64 = 0x0014,
    TYPE_STRING8 = 0x001E,
    TYPE_STRING = 0x001F,
    TYPE_TIME = 0x0040,
    TYPE_GUID = 0x0048,
    TYPE_SERVER_ID = 0x00FB,
    TYPE_RESTRICTION = 0x00FD,
    TYPE_RULE_ACTION = 0x00FE,
    TYPE_BINARY = 0x0102,
    TYPE_MULTIPLE = 0x1000, /* flag: TYPE_MULTIPLE | TYPE_STRING = PtypMultipleString */
};

/* Where the content of a value is. */
enum value_form {
    VALUE_INLINE, /* in the struct */
    VALUE_STORED, /* in a blob of the store; groupware's item functions load it on request */
};

/* A variable-length or multiple value points at memory of the bag's talloc context. */
struct value {
    prop_tag tag;
    enum value_form form;
    union {
        bool boolean;
        int16_t int16;
        int32_t int32; /* also TYPE_ERROR */
        int64_t int64; /* also TYPE_CURRENCY */
        float float32;
        double float64; /* also TYPE_APPLICATION_TIME */
        instant time;
        struct guid guid;
        struct slice bytes; /* STRING (UTF-8, a NUL follows the last byte, none inside), BINARY, SERVER_ID, RESTRICTION, RULE_ACTION */
        struct {
            size_t count;
            struct value *elements; /* tags carry the single type */
        } multiple;
        struct {
            int64_t blob;  /* storage's blob id */
            uint64_t size; /* bytes */
        } stored;
    };
};

/* Makers that do not copy. */
static inline struct value value_bool(prop_tag tag, bool boolean) { return (struct value){ .tag = tag, .boolean = boolean }; }
static inline struct value value_int16(prop_tag tag, int16_t number) { return (struct value){ .tag = tag, .int16 = number }; }
static inline struct value value_int32(prop_tag tag, int32_t number) { return (struct value){ .tag = tag, .int32 = number }; }
static inline struct value value_int64(prop_tag tag, int64_t number) { return (struct value){ .tag = tag, .int64 = number }; }
static inline struct value value_time(prop_tag tag, instant when) { return (struct value){ .tag = tag, .time = when }; }
static inline struct value value_guid(prop_tag tag, struct guid guid) { return (struct value){ .tag = tag, .guid = guid }; }
static inline struct value value_string(prop_tag tag, const char *text) { return (struct value){ .tag = tag, .bytes = slice_of_text(text) }; }
static inline struct value value_bytes(prop_tag tag, struct slice bytes) { return (struct value){ .tag = tag, .bytes = bytes }; }

bool value_equal(const struct value *a, const struct value *b);
/* Order of two values of the same type as tables and restrictions sort them (strings folded, times and numbers by size, bytes by
 * memcmp). -1, 0, 1. */
int value_compare(const struct value *a, const struct value *b);
/* Deep copy onto `mem` (strings get their NUL). */
enum status value_copy(TALLOC_CTX *mem, const struct value *from, struct value *out) MUST_CHECK;
/* Text of a string value; "" if it is not an inline string. Valid as long as the value. */
const char *value_text(const struct value *value);
/* Memory size of the content in bytes, as quotas and SizeRestriction count it [MS-OXCDATA] 2.12.8. */
uint64_t value_size(const struct value *value);
/* For logs and `boursectl trace`: "0x0037001F PidTagSubject = ...", at most `size` bytes. */
const char *value_describe(const struct value *value, char *out, size_t size);

/* Packed encoding of the store (little-endian, versioned by the bag's header; not the ROP encoding). */
void value_pack(struct buffer *out, const struct value *value);
enum status value_unpack(TALLOC_CTX *mem, struct wire *in, struct value *out) MUST_CHECK;

#endif
