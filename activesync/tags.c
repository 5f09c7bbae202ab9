#include "tags.h"

#include <string.h>

#include "bourse/base/attributes.h"

static const struct eas_tag_info tags[] = {
#define IS_TEXT false
#define IS_BYTES true
#define TOKEN(page, token, space, name, since, until, form) { (page) << 8 | (token), #space, #name, since, until, IS_##form },
#include "codepages.def"
};

/* Rows are ordered by page and token (the table's check sees to it). */
const struct eas_tag_info *eas_tag_find(eas_tag tag)
{
    size_t low = 0, high = ARRAY_LENGTH(tags);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tags[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ARRAY_LENGTH(tags) && tags[low].tag == tag ? &tags[low] : NULL;
}

size_t eas_tag_count(void)
{
    return ARRAY_LENGTH(tags);
}

const struct eas_tag_info *eas_tag_at(size_t index)
{
    return index < ARRAY_LENGTH(tags) ? &tags[index] : NULL;
}

eas_tag eas_tag_of_name(const char *space, const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++)
        if (strcmp(tags[i].space, space) == 0 && strcmp(tags[i].name, name) == 0)
            return tags[i].tag;
    return 0;
}
