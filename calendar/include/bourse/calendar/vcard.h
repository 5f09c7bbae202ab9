/* vCard 2.1, 3.0 [RFC 2426] and 4.0 [RFC 6350] <-> contacts and personal distribution lists, after [MS-OXVCARD]. The tables are
 * calendar/vcard_*.def; what is legally lossy is listed in docs/calendar.md.
 *
 * Pure, bounded, linear. What has no property of its own is kept as text in PidName "urn:bourse:vcard-lines" (PROP_VCARD_LINES). */
#ifndef BOURSE_CALENDAR_VCARD_H
#define BOURSE_CALENDAR_VCARD_H

#include "bourse/base/buffer.h"
#include "bourse/model/message.h"

#define VCARD_MAX_BYTES (32u * 1024 * 1024)
#define VCARD_MAX_CARDS 10000u
#define VCARD_MAX_LINES 400000u

struct vcard_entry {
    struct message *message; /* IPM.Contact, or IPM.DistList for KIND:group; the photo is an attachment with PidTagAttachmentContactPhoto */
    const char *uid;         /* never NULL, "" when absent */
    bool is_group;
};
struct vcard_result {
    struct vcard_entry *entries;
    size_t count;
};

/* Everything is on `mem`. Charsets of vCard 2.1 (UTF-8, ISO-8859-x, windows-125x) become UTF-8. Members of groups are one-off entries
 * [MS-OXOCNTC] 2.2.2.2; a member given by UID keeps its line. STATUS_MALFORMED: no card in it; STATUS_LIMIT_EXCEEDED; STATUS_NO_MEMORY. */
enum status vcard_import(TALLOC_CTX *mem, struct slice bytes, struct vcard_result *out) MUST_CHECK;

enum vcard_version { VCARD_3 = 3, VCARD_4 = 4 };
struct vcard_export_options {
    enum vcard_version version; /* 0: VCARD_3 */
    instant revised;            /* REV; 0: PidTagLastModificationTime, else none */
    /* Content of stored values and attachments, as in mime_export_options. NULL: there are none. */
    enum status (*read_blob)(int64_t blob, uint64_t offset, void *out, size_t size, size_t *got, void *data);
    void *read_data;
};
/* Appends one card; `options` NULL: the defaults. STATUS_INVALID_ARGUMENT: neither contact nor distribution list. */
enum status vcard_export(TALLOC_CTX *mem, const struct message *message, const struct vcard_export_options *options, struct buffer *out) MUST_CHECK;

#endif
