/* GUIDs as [MS-DTYP] 2.3.4 has them. Kept in wire order (mixed-endian), so that bytes compare and copy as they are. */
#ifndef BOURSE_BASE_GUID_H
#define BOURSE_BASE_GUID_H

#include <stdbool.h>
#include <stdint.h>

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

struct guid {
    uint8_t bytes[16];
};

#define GUID_TEXT_SIZE 37 /* 36 characters and a NUL */

/* Random, version 4. */
struct guid guid_new(void);
bool guid_equal(struct guid a, struct guid b);
int guid_compare(struct guid a, struct guid b);
bool guid_is_zero(struct guid guid);
/* "6ed8da90-450b-101b-98da-00aa003f1305", lower case. Returns `out`. */
const char *guid_format(struct guid guid, char out[GUID_TEXT_SIZE]);
/* With or without braces, any case. STATUS_INVALID_ARGUMENT for anything else. */
enum status guid_parse(const char *text, struct guid *out) MUST_CHECK;
/* From/to the plain byte order that entryUUID and PostgreSQL's uuid have (RFC 4122). */
struct guid guid_from_rfc4122(const uint8_t bytes[16]);
void guid_to_rfc4122(struct guid guid, uint8_t bytes[16]);

#endif
