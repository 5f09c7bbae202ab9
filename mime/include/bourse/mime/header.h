/* Header fields of Internet messages: addresses, dates, encoded words, and editing fields in raw bytes without touching the rest. */
#ifndef BOURSE_MIME_HEADER_H
#define BOURSE_MIME_HEADER_H

#include "bourse/base/buffer.h"
#include "bourse/base/clock.h"
#include "bourse/mime/limits.h"

/* One mailbox of an address list [RFC 5322] 3.4. UTF-8, never NULL. */
struct mime_address {
    const char *name;    /* decoded display name, "" when none */
    const char *address; /* "local@domain" as written (quotes of the local part kept when needed); "" for an empty group */
    const char *group;   /* display name of the group it stands in, or NULL */
};

struct mime_addresses {
    struct mime_address *items;
    size_t count;
    bool limited; /* more than limits->recipients: the rest is left out */
};

/* `text`: raw field value (folded, with encoded words or raw UTF-8). Bad syntax gives what can be read; a phrase without address is
 * kept as a name with address "". */
enum status mime_addresses_parse(TALLOC_CTX *mem, struct slice text, const struct mime_limits *limits,
                                 struct mime_addresses *out) MUST_CHECK;
/* "Name <a@b>" in wire form: quoted or encoded where needed; `utf8`: raw UTF-8 allowed [RFC 6532]. One line, not folded. */
enum status mime_address_format(TALLOC_CTX *mem, const char *name, const char *address, bool utf8, char **out) MUST_CHECK;
/* Is it a syntactically valid mailbox "local@domain" [RFC 5321] 4.1.2, [RFC 6531] 3.3 when `utf8`? At most 254 bytes. */
bool mime_address_is_valid(const char *address, bool utf8);

/* Date field [RFC 5322] 3.3 and 4.3, and the usual broken forms. False when no date can be made of it. */
bool mime_date_parse(struct slice text, instant *out);

/* Encoded words [RFC 2047] and raw UTF-8 or 8-bit -> UTF-8; unfolded. */
enum status mime_words_decode(TALLOC_CTX *mem, struct slice text, char **out) MUST_CHECK;
/* UTF-8 -> ASCII with encoded words where needed (unstructured text). One line, not folded. */
enum status mime_words_encode(TALLOC_CTX *mem, struct slice text, char **out) MUST_CHECK;

/* One field of a raw header. Slices point into the message. */
struct mime_field {
    struct slice name;  /* "Subject" */
    struct slice value; /* raw: after the colon, folds kept, without the final line break */
    struct slice whole; /* name to the final line break */
};

/* Walks the fields: *at starts at 0. False at the end of the header. Lines that are no field are skipped. Folding is understood with
 * bare LF too. */
bool mime_field_next(struct slice message, size_t *at, struct mime_field *out);
/* The `nth` (from 0) field of that name, without case. */
bool mime_field_find(struct slice message, const char *name, size_t nth, struct mime_field *out);
/* Bytes of the header with the empty line; the whole length when there is no body. */
size_t mime_header_length(struct slice message);
/* Number of Received fields, for loop detection [RFC 5321] 6.3. */
size_t mime_count_hops(struct slice message);

/* New header: all fields called one of `remove` (without case, NULL-terminated, may be NULL) left out, `prepend` (complete fields with
 * CR LF, may be NULL) at the top, `append` at the end, empty line last. Every other byte stays. *body is the rest of `message`. */
enum status mime_header_edit(TALLOC_CTX *mem, struct slice message, const char *const *remove, const char *prepend,
                             const char *append, struct slice *header, struct slice *body) MUST_CHECK;
/* Folds "Name: value" at blanks to lines of 76 where possible and at most 998 always, CR LF at the end. */
void mime_field_append(struct buffer *out, const char *name, const char *value);

/* "<...@domain>" that no other call gives. NULL when out of memory. */
char *mime_message_id_new(TALLOC_CTX *mem, const char *domain);

#endif
