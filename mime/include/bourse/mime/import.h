/* Internet message -> properties [MS-OXCMAIL] 2.2 (MIME analysis).
 *
 * Bad MIME is never refused: whatever cannot be understood is plain text or an opaque attachment. Two modes:
 * - delivery (MIME_IMPORT_DELIVERY): properties, recipients, attachments as ATTACHMENT_IN_MIME (embedded messages as
 *   ATTACHMENT_EMBEDDED with `embedded` NULL), structure, preview and the first bytes of the text. No body property, no attachment
 *   content is made: message.mime.has_content is true, and bodies are read later with mime_read_bodies / mime_part_open.
 * - full: also PidTagBody and PidTagHtml (whichever the message has), compressed RTF of TNEF, attachments as ATTACHMENT_BYTES and
 *   embedded messages in memory; message.mime.has_content is false.
 * In both message.mime.bytes points at the input (which must outlive the message, or be replaced by the caller), mirrors is true,
 * is_signed says S/MIME or PGP, structure is filled. The table header/part -> property is docs/mime.md. */
#ifndef BOURSE_MIME_IMPORT_H
#define BOURSE_MIME_IMPORT_H

#include "bourse/mime/limits.h"
#include "bourse/mime/structure.h"
#include "bourse/model/message.h"

enum mime_import_flag {
    MIME_IMPORT_DELIVERY = 1 << 0,
    MIME_IMPORT_STRICT = 1 << 1, /* a limit that is reached is STATUS_LIMIT_EXCEEDED instead of an opaque rest */
    MIME_IMPORT_NO_TNEF = 1 << 2, /* keep winmail.dat as an attachment */
};

/* The first limits->body_prefix bytes of the text body (UTF-8, cut at a character; made from HTML when there is no text): for lists and
 * truncated syncs. Set by the delivery import, of the range for internal properties of a store [MS-OXPROPS] 1.3.3; groupware keeps it. */
#define MIME_PROP_BODY_PREFIX ((prop_tag)0x67E0001Fu)
/* PidTagPreview: 255 characters of the text [MS-OXPROPS]; computed here, kept by groupware. */
#define MIME_PROP_PREVIEW ((prop_tag)0x3FD9001Fu)
/* PtypBoolean: the prefix is the whole text body. */
#define MIME_PROP_BODY_PREFIX_WHOLE ((prop_tag)0x67E1000Bu)

/* `limits` NULL: the defaults. `flags`: enum mime_import_flag. Fails only with STATUS_NO_MEMORY, or STATUS_LIMIT_EXCEEDED by flag.
 * Sender and recipients get address type SMTP; resolving them to local users is groupware's work. PidTagMessageDeliveryTime is not
 * set (the caller's clock says); PidTagClientSubmitTime comes from Date. */
enum status mime_import(TALLOC_CTX *mem, struct slice bytes, const struct mime_limits *limits, unsigned flags,
                        struct message **out) MUST_CHECK;

/* The embedded message of an attachment whose `part` is a message/rfc822 part, imported from the original. `flags` as above. The
 * result's mime.bytes points into `original` (or at a decoded copy on `mem`). STATUS_INVALID_ARGUMENT if the part is no message. */
enum status mime_import_embedded(TALLOC_CTX *mem, struct slice original, const struct mime_structure *structure, uint32_t part,
                                 const struct mime_limits *limits, unsigned flags, struct message **out) MUST_CHECK;

/* Subject -> prefix ("RE: ") and the rest [MS-OXCMSG] 2.2.1.9, 2.2.1.10: at most three characters, a colon, a blank. Both are slices of
 * `subject`. */
void mime_split_subject(struct slice subject, struct slice *prefix, struct slice *normalized);

/* Conversation index [MS-OXOMSG] 2.2.1.3. `parent` empty: a new 22-byte header block with that time and GUID; else `parent` plus one
 * 5-byte response block for `when`. */
enum status mime_conversation_index(TALLOC_CTX *mem, struct slice parent, instant when, struct guid guid,
                                    struct slice *out) MUST_CHECK;
/* PidTagConversationId [MS-OXOMSG] 2.2.1.2: from the index when `tracking`, else from the topic. */
struct guid mime_conversation_id(struct slice index, bool tracking, struct slice topic);

#endif
