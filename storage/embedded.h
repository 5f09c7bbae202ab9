/* A whole message in one piece of bytes: attachments that are messages, outside of MIME (private to storage). */
#ifndef BOURSE_STORAGE_EMBEDDED_H
#define BOURSE_STORAGE_EMBEDDED_H

#include "bourse/model/message.h"

#define EMBEDDED_DEPTH_MAX 8
#define EMBEDDED_MAX ((size_t)256 * 1024 * 1024)

/* Version byte, packed bag, packed recipients, attachments (number, content, part, size, bag, bytes or nested message), all with
 * 32-bit lengths. ATTACHMENT_STORED inside must have its bytes at hand. STATUS_TOO_COMPLEX below EMBEDDED_DEPTH_MAX levels. */
enum status embedded_pack(const struct message *message, struct buffer *out) MUST_CHECK;
/* STATUS_CORRUPT for bytes that embedded_pack did not make. */
enum status embedded_unpack(TALLOC_CTX *mem, struct slice packed, struct message **out) MUST_CHECK;

#endif
