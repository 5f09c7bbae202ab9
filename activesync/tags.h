/* The elements of ActiveSync as numbers (code page << 8 | token), named as the specifications name them: AirSync_CollectionId. */
#ifndef ACTIVESYNC_TAGS_H
#define ACTIVESYNC_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Protocol versions [MS-ASHTTP] 2.2.1.1.1.1.1, in order; 2.5 and 12.0 are not spoken. */
enum eas_version { V2_5, V12_0, V12_1, V14_0, V14_1, V16_0, V16_1, EAS_VERSION_COUNT };

typedef uint16_t eas_tag;

enum eas_tag_number {
#define TOKEN(page, token, space, name, ...) space##_##name = (page) << 8 | (token),
#include "codepages.def"
};

struct eas_tag_info {
    eas_tag tag;
    const char *space, *name;   /* "AirSync", "CollectionId" */
    enum eas_version since, until;
    bool is_bytes;              /* opaque on the wire */
};

/* NULL: no such token. */
const struct eas_tag_info *eas_tag_find(eas_tag tag);
size_t eas_tag_count(void);
const struct eas_tag_info *eas_tag_at(size_t index);
/* "Email" -> its tags are found by name for tests and traces; 0 when unknown. */
eas_tag eas_tag_of_name(const char *space, const char *name);

#endif
