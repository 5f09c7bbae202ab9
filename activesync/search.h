/* What Search and Find share: ranges, items that match over several folders, people with their pictures. */
#ifndef ACTIVESYNC_SEARCH_H
#define ACTIVESYNC_SEARCH_H

#include "bourse/groupware/item.h"
#include "bourse/groupware/people.h"
#include "call.h"

enum { EAS_SEARCH_MOST = 1000 };

struct eas_range {
    size_t first, last;          /* both ends count, 0..999 */
};
/* "0-99". `text` NULL: the default. False: not a range. */
bool eas_range_parse(const char *text, struct eas_range *out);
char *eas_range_text(TALLOC_CTX *mem, size_t first, size_t count);

struct eas_item_search {
    const char *words;           /* NULL: any */
    instant after, before;       /* of receipt; 0: any */
    struct slice conversation;   /* empty: any */
    const int64_t *folders;      /* count 0: all */
    size_t folder_count;
    bool deep;                   /* with the folders below */
    const char *const *classes;  /* "Email" ...; count 0: all that are synced */
    size_t class_count;
    struct eas_range range;
};
struct eas_found {
    struct item **items;         /* of the range, newest first, columns only */
    size_t count, total;
};
/* STATUS_FOLDER_NOT_FOUND: a folder that the device may not see. */
enum status eas_search_items(struct eas_call *call, const struct eas_item_search *search, struct eas_found *out) MUST_CHECK;
/* "Email" for an item's message class; NULL: none that is synced. */
const char *eas_class_of_item(const struct item *item);

/* ---- people ---- */

struct eas_picture_options {
    bool wanted;
    uint32_t size;               /* most bytes of one; UINT32_MAX: any */
    uint32_t left;               /* how many more may come; counts down */
};
/* Picture element of a search, a find, a resolution: tags of the MaxSize and MaxPictures children. */
void eas_picture_options_read(const struct wbxml_node *picture, eas_tag max_size, eas_tag max_pictures, struct eas_picture_options *out);
/* <picture><status/><data/></picture>; nothing when none is wanted. [MS-ASCMD] 2.2.3.135 */
enum status eas_picture_write(struct eas_call *call, const char *address, struct eas_picture_options *options, const eas_tag tags[3]) MUST_CHECK;
/* The elements of an address book entry [MS-ASCMD] 2.2.3.139, the picture among them. */
enum status eas_person_write(struct eas_call *call, const struct person *person, struct eas_picture_options *pictures) MUST_CHECK;

#endif
