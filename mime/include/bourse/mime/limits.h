/* Limits of MIME processing, and the start of the module. Beyond a limit nothing is lost: the rest stays an opaque attachment, or
 * the message plain text; the original bytes are kept anyway. */
#ifndef BOURSE_MIME_LIMITS_H
#define BOURSE_MIME_LIMITS_H

#include "bourse/base/status.h"

/* 0 in any field stands for the default. */
struct mime_limits {
    uint32_t depth;            /* nesting of multiparts and embedded messages: 100 */
    uint32_t parts;            /* parts of the whole message: 10,000 */
    uint32_t header_fields;    /* fields of one header that are looked at: 1,000 */
    size_t header_field_bytes; /* of one field that are looked at: 100 kB */
    size_t header_bytes;       /* of one header: 10 MB */
    uint32_t parameter_sections; /* RFC 2231 sections and parameters of one field: 100 */
    uint32_t recipients;       /* addresses that become recipients: 10,000 */
    size_t body_bytes;         /* of one converted body: 64 MiB */
    size_t body_prefix;        /* of the text that a delivery import gives: 8 KiB */
    size_t attachment_bytes;   /* of one decoded attachment in a full import: 64 MiB */
};

/* The defaults above. */
extern const struct mime_limits mime_limits_default;

/* Once per process, before threads start, before any other function of this layer. Safe to repeat. */
void mime_init(void);

#endif
