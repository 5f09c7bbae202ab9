/* How a device wants content: Options of a collection, of a search, of a fetch [MS-ASCMD] 2.2.3.125, [MS-ASAIRS] 2.2.2.12. */
#ifndef ACTIVESYNC_OPTIONS_H
#define ACTIVESYNC_OPTIONS_H

#include "bourse/base/wire.h"
#include "call.h"

enum eas_body_type { EAS_BODY_PLAIN = 1, EAS_BODY_HTML = 2, EAS_BODY_RTF = 3, EAS_BODY_MIME = 4 };

struct eas_body_preference {
    uint8_t type;               /* enum eas_body_type */
    bool all_or_none;
    uint8_t preview;            /* characters of a preview, 0: none */
    uint32_t truncation;        /* bytes; UINT32_MAX: whole */
};

enum { EAS_BODY_PREFERENCES = 4, EAS_WHOLE_BODY = 9 /* Truncation 9 */ };
enum eas_mime_support { EAS_MIME_NEVER, EAS_MIME_SIGNED, EAS_MIME_ALWAYS };

struct eas_options {
    uint8_t filter_type;        /* [MS-ASCMD] 2.2.3.68.2: 0 all */
    uint8_t mime_support;
    uint8_t mime_truncation;    /* [MS-ASCMD] 2.2.3.111: 8 whole */
    bool client_wins;           /* Conflict 0 */
    uint16_t max_items;         /* of the recipient cache; 0: all */
    uint8_t body_count;
    struct eas_body_preference bodies[EAS_BODY_PREFERENCES]; /* in the client's order */
    bool has_part;
    struct eas_body_preference part; /* BodyPartPreference */
};

void eas_options_default(struct eas_options *out);
/* `options`: an Options element, or any that has its children; `item_class`: elements for another Class are left. Values out of range: the command's status 4. */
enum status eas_options_read(struct eas_call *call, const struct wbxml_node *options, const char *item_class, struct eas_options *out) MUST_CHECK;
/* Bytes that MIMETruncation allows; UINT32_MAX: whole. */
uint32_t eas_mime_truncation_bytes(const struct eas_options *options);
/* Begin of the span that a filter type lets in, at midnight UTC; 0: everything. */
instant eas_filter_begin(uint8_t filter_type, instant now);

void eas_options_pack(struct buffer *out, const struct eas_options *options);
enum status eas_options_unpack(struct wire *in, struct eas_options *out) MUST_CHECK;

#endif
