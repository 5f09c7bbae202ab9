/* Conversations [MS-OXOMSG] 2.2.1.2 - 2.2.1.5. */
#include "import_state.h"

#include "bourse/base/hash.h"
#include "bourse/base/text.h"
#include "parse.h"

#include <openssl/evp.h>

/* The six first bytes are the upper 48 bits of the FILETIME: the reserved byte 0x01 is also its top byte [MS-OXOMSG] 2.2.1.3. */
static void put_header(struct buffer *out, instant when, struct guid guid)
{
    uint64_t time = (uint64_t)when;
    buffer_append_byte(out, 1);
    for (int shift = 48; shift >= 16; shift -= 8)
        buffer_append_byte(out, (uint8_t)(time >> shift));
    uint8_t plain[16];
    guid_to_rfc4122(guid, plain);
    buffer_append(out, plain, sizeof plain);
}

/* Response level: code bit, 31 bits of the time difference, then 8 bits that are to differ between answers of one moment. */
static void put_response(struct buffer *out, struct slice parent, instant when)
{
    uint64_t start = UINT64_C(1) << 56;
    for (size_t i = 1; i < 6; i++)
        start |= (uint64_t)parent.data[i] << (56 - 8 * i);
    uint64_t delta = (uint64_t)when > start ? (uint64_t)when - start : 0;
    bool far = delta >= UINT64_C(1) << 49; /* 1.7 years: the coarser scale */
    uint32_t level = (uint32_t)(delta >> (far ? 23 : 18)) & 0x7FFFFFFF;
    buffer_append_u32_be(out, far ? level | 0x80000000u : level);
    buffer_append_byte(out, (uint8_t)((uint64_t)when >> 8));
}

enum status mime_conversation_index(TALLOC_CTX *mem, struct slice parent, instant when, struct guid guid, struct slice *out)
{
    struct buffer *index = buffer_new(mem, 9000);
    TRY_MEMORY(index);
    if (parent.length < 22) {
        put_header(index, when, guid);
    } else {
        buffer_append_slice(index, slice_part(parent, 0, 8192));
        put_response(index, parent, when);
    }
    enum status status = buffer_take(index, mem, out);
    talloc_free(index);
    return status;
}

/* MD5 of the upper-case UTF-16 topic: a name, not a protection [MS-OXOMSG] 2.2.1.2. */
static struct guid topic_hash(struct slice topic)
{
    struct guid out = { { 0 } };
    TALLOC_CTX *scratch = talloc_new(NULL);
    struct buffer *wide = scratch != NULL ? buffer_new(scratch, topic.length * 4 + 4) : NULL;
    if (wide != NULL) {
        utf16_append(wide, topic);
        struct slice text = slice_part(buffer_slice(wide), 0, 510);
        uint8_t *upper = talloc_memdup(scratch, text.data, text.length + 1);
        for (size_t i = 0; upper != NULL && i + 1 < text.length; i += 2)
            if (upper[i + 1] == 0 && ((upper[i] >= 'a' && upper[i] <= 'z') || (upper[i] >= 0xE0 && upper[i] != 0xF7 && upper[i] != 0xFF)))
                upper[i] = (uint8_t)(upper[i] - 32);
        unsigned length = 0;
        if (upper != NULL)
            EVP_Digest(upper, text.length, out.bytes, &length, EVP_md5(), NULL);
    }
    talloc_free(scratch);
    return out;
}

struct guid mime_conversation_id(struct slice index, bool tracking, struct slice topic)
{
    struct guid out = { { 0 } };
    if (tracking && index.length >= 22 && index.data[0] == 1) {
        memcpy(out.bytes, index.data + 6, 16);
        return out;
    }
    return topic.length > 0 ? topic_hash(topic) : out;
}

/* First message id of a References or In-Reply-To value. */
static struct slice first_id(const char *text)
{
    const char *open = strchr(text, '<'), *close = open != NULL ? strchr(open, '>') : NULL;
    return close != NULL ? slice_of(open, (size_t)(close - open) + 1) : slice_of(NULL, 0);
}

/* Mail from outside has no Thread-Index. The root's message id, which all answers name first, gives all of a thread the same GUID. */
static enum status make_index(struct import *im)
{
    struct bag *bag = im->message->props;
    const char *own = bag_string(bag, PROP_INTERNET_MESSAGE_ID, "");
    struct slice root = first_id(bag_string(bag, PROP_INTERNET_REFERENCES, ""));
    if (root.length == 0)
        root = first_id(bag_string(bag, PROP_IN_REPLY_TO_ID, ""));
    bool is_reply = root.length > 0;
    if (root.length == 0)
        root = slice_of_text(own);
    if (root.length == 0) /* no ids at all: the header itself */
        root = slice_of_text(bag_string(bag, PROP_TRANSPORT_MESSAGE_HEADERS, ""));
    struct guid guid;
    struct hash256 hash = hash_sha256(root);
    memcpy(guid.bytes, hash.bytes, sizeof guid.bytes);
    instant when = bag_time(bag, PROP_CLIENT_SUBMIT_TIME, 0);
    if (when <= 0)
        when = clock_now();
    struct slice header, index;
    TRY(mime_conversation_index(im->scratch, slice_of(NULL, 0), when, guid, &header));
    index = header;
    if (is_reply)
        TRY(mime_conversation_index(im->scratch, header, when, guid, &index));
    return bag_set_bytes(bag, PROP_CONVERSATION_INDEX, index);
}

enum status import_thread(struct import *im)
{
    struct bag *bag = im->message->props;
    if (!bag_has(bag, PROP_CONVERSATION_TOPIC))
        TRY(bag_set_string(bag, PROP_CONVERSATION_TOPIC, bag_string(bag, PROP_NORMALIZED_SUBJECT, "")));
    if (!bag_has(bag, PROP_CONVERSATION_INDEX))
        TRY(make_index(im));
    TRY(bag_set_bool(bag, PROP_CONVERSATION_INDEX_TRACKING, true));
    struct guid id = mime_conversation_id(bag_bytes(bag, PROP_CONVERSATION_INDEX), true, (struct slice){ 0 });
    return bag_set_bytes(bag, PROP_CONVERSATION_ID, slice_of(id.bytes, sizeof id.bytes));
}
