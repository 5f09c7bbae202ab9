/* The MIME structure of a message: a table of its parts with byte offsets, so that a body or an attachment is decoded straight from
 * the original bytes without parsing the whole message again. Made once at import, packed (versioned) and stored beside the item.
 *
 * Part 0 is the message itself. Parts stand in the order of the bytes; a parent stands before its children. The parts of an
 * embedded message (message/rfc822) are listed too, below that part. Attachments in winmail.dat are listed with
 * `container` set: their offsets count in that part's decoded bytes.
 * Reading functions are thread-safe as long as each thread has its own context. */
#ifndef BOURSE_MIME_STRUCTURE_H
#define BOURSE_MIME_STRUCTURE_H

#include "bourse/base/buffer.h"
#include "bourse/mime/limits.h"

#define MIME_NO_PART UINT32_MAX

enum mime_part_kind {
    MIME_LEAF = 0,      /* content of its own */
    MIME_MULTIPART = 1, /* children */
    MIME_MESSAGE = 2,   /* message/rfc822 or message/global: one child, the root of the embedded message */
    MIME_OPAQUE = 3,    /* a container that was not opened: a limit was reached, or it has no usable boundary. Content like a leaf */
    MIME_UU_FILE = 4,   /* uuencoded file within a text part that has no other encoding */
    MIME_TNEF_FILE = 5, /* attachment within winmail.dat; offsets in `container` */
};

enum mime_encoding { /* Content-Transfer-Encoding [RFC 2045] 6 */
    MIME_7BIT = 0, MIME_8BIT = 1, MIME_BINARY = 2, MIME_QUOTED_PRINTABLE = 3, MIME_BASE64 = 4, MIME_UUENCODE = 5,
};

enum mime_part_role { /* what import made of the part [MS-OXCMAIL] 2.2.3 */
    MIME_ROLE_NONE = 0,       /* container, or an alternative that was not chosen */
    MIME_ROLE_TEXT_BODY = 1,  /* text/plain; several are joined in order */
    MIME_ROLE_HTML_BODY = 2,  /* text/html; several are joined in order */
    MIME_ROLE_OTHER_BODY = 3, /* text/enriched, text/rtf: converted to a body */
    MIME_ROLE_CALENDAR = 4,   /* text/calendar of a meeting message */
    MIME_ROLE_ATTACHMENT = 5,
    MIME_ROLE_TNEF = 6,       /* winmail.dat that was decoded: no attachment */
    MIME_ROLE_REPORT = 7,     /* machine-readable part of a report */
};

enum mime_part_flag {
    MIME_PART_FLOWED = 1 << 0,     /* format=flowed [RFC 3676] */
    MIME_PART_DELSP = 1 << 1,      /* delsp=yes */
    MIME_PART_INLINE = 1 << 2,     /* Content-Disposition: inline */
    MIME_PART_ATTACHED = 1 << 3,   /* Content-Disposition: attachment */
    MIME_PART_RELATED = 1 << 4,    /* below multipart/related, not its root: shown inside the HTML body */
    MIME_PART_WHOLE = 1 << 5,      /* the part is also an attachment that holds the entity itself (clear-signed S/MIME, smime.p7m) */
    MIME_PART_HAS_UU = 1 << 6,     /* text with uuencoded files that are listed as parts and left out of the body */
    MIME_PART_DAMAGED = 1 << 7,    /* unterminated multipart, bad boundary: best effort */
};

/* Offsets and lengths in bytes. Strings are UTF-8, never NULL, "" when absent. */
struct mime_part {
    uint32_t parent;    /* MIME_NO_PART for part 0 */
    uint32_t container; /* MIME_NO_PART: offsets count in the original bytes */
    enum mime_part_kind kind;
    enum mime_encoding encoding;
    enum mime_part_role role;
    unsigned flags; /* enum mime_part_flag */
    uint64_t header_offset;
    uint64_t header_length; /* with the empty line */
    uint64_t body_offset;
    uint64_t body_length; /* encoded; without the line break that belongs to the boundary */
    uint32_t group;       /* body parts of one group are forms of the same text (multipart/alternative); the body is all groups in order */
    int32_t attachment;   /* PidTagAttachNumber of the attachment, -1 when it is none */
    const char *type;     /* lower case "text/plain" */
    const char *charset;  /* as given, lower case */
    const char *file_name;
    const char *content_id; /* without <> */
};

struct mime_structure {
    struct mime_part *parts;
    uint32_t count;
    uint64_t message_size; /* of the original bytes it was made from */
    bool limited;          /* a limit was reached: something is opaque */
};

/* Finds the parts of `bytes` (one pass, linear). Roles are not decided yet (import does). Never fails on bad MIME. */
enum status mime_structure_scan(TALLOC_CTX *mem, struct slice bytes, const struct mime_limits *limits,
                                struct mime_structure **out) MUST_CHECK;
enum status mime_structure_pack(const struct mime_structure *structure, struct buffer *out) MUST_CHECK;
/* Takes any version ever written. STATUS_CORRUPT when cut, out of range or unordered. */
enum status mime_structure_unpack(TALLOC_CTX *mem, struct slice packed, struct mime_structure **out) MUST_CHECK;

/* A part's decoded content, read in pieces. `original` must be the bytes the structure was made from (the size is checked,
 * STATUS_CORRUPT) and outlive the reader, as must `structure`. STATUS_INVALID_ARGUMENT when there is no such part. */
struct mime_reader;
enum status mime_part_open(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, uint32_t part,
                           struct mime_reader **out) MUST_CHECK;
/* *got = 0 at the end. Damaged encodings never fail: what can be decoded is. */
enum status mime_reader_read(struct mime_reader *reader, void *out, size_t size, size_t *got) MUST_CHECK;
/* All of it. STATUS_LIMIT_EXCEEDED above `cap` bytes. An identity-encoded part is not copied: *out then points into `original`. */
enum status mime_part_decode(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, uint32_t part,
                             size_t cap, struct slice *out) MUST_CHECK;
/* Decoded size in bytes, counted without decoding for identity and base64, by a decoding pass else. */
enum status mime_part_size(struct slice original, const struct mime_structure *structure, uint32_t part,
                           uint64_t *out) MUST_CHECK;
/* The value of one header field of a part, unfolded and decoded to UTF-8; NULL when it is not there. */
enum status mime_part_header(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, uint32_t part,
                             const char *name, char **out) MUST_CHECK;

/* Whole bodies, as [MS-OXCMAIL] 2.2.3.2 makes them properties. */
enum mime_want {
    MIME_WANT_TEXT = 1 << 0,   /* made from HTML or RTF when the message has no plain text */
    MIME_WANT_HTML = 1 << 1,   /* made from the text when the message has no HTML */
    MIME_WANT_RTF = 1 << 2,    /* compressed RTF, only when the message carries one (TNEF) */
    MIME_WANT_NATIVE = 1 << 3, /* whichever form is the native one */
};

enum mime_native { /* PidTagNativeBody [MS-OXCMSG] 2.2.1.58.2 */
    MIME_NATIVE_UNDEFINED = 0, MIME_NATIVE_TEXT = 1, MIME_NATIVE_RTF = 2, MIME_NATIVE_HTML = 3, MIME_NATIVE_CLEAR_SIGNED = 4,
};

struct mime_bodies {
    enum mime_native native;
    bool has_text, has_html, has_rtf; /* which of the fields below are filled */
    bool text_is_made, html_is_made;  /* converted from another form, not in the message */
    bool truncated;                   /* the limit of body size cut one of them */
    struct slice text;                /* UTF-8, CR LF line ends, NUL behind the last byte */
    struct slice html;                /* UTF-8 whatever the message had; its charset declarations are rewritten to utf-8 */
    struct slice rtf;                 /* compressed [MS-OXRTFCP] */
};

/* `structure`: as import made it (roles decided). `want`: enum mime_want. Bodies are cut at limits->body_bytes (at a character). */
enum status mime_read_bodies(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure,
                             const struct mime_limits *limits, unsigned want, struct mime_bodies *out) MUST_CHECK;

#endif
