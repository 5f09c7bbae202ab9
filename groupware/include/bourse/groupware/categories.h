/* The master list of categories: names and colours that a mailbox uses, kept as XML in the configuration item IPM.Configuration.CategoryList of the calendar
 * folder, where Outlook looks for it [MS-OXOCFG] 2.2.5.2. Items only carry names (PidNameKeywords). */
#ifndef BOURSE_GROUPWARE_CATEGORIES_H
#define BOURSE_GROUPWARE_CATEGORIES_H

#include "bourse/groupware/item.h"

enum { CATEGORY_COLOURS = 25, CATEGORY_SHORTCUTS = 12, CATEGORY_NAME = 255, CATEGORIES = 1000 };

struct category {
    const char *name;          /* 1..255 characters, unique without case, no comma or semicolon [MS-OXOCFG] 2.2.5.2.1.2 */
    int32_t colour;            /* -1 none, 0..24 */
    int32_t shortcut;          /* 0 none, 1..11: Ctrl+F2 .. Ctrl+F12 */
    uint32_t usage_count;
    instant last_used;         /* 0: never */
    uint32_t last_session;
    struct guid id;            /* zero in a new one: it gets one */
    bool rename_on_first_use;
};
struct category_list {
    const char *default_name;  /* of the one-click category; "" */
    uint32_t saved_session;
    instant saved;             /* 0: never, these are the defaults */
    struct category *categories;
    size_t count;
};

/* ---- the XML ---- */
/* STATUS_MALFORMED; attributes that are missing get their defaults, unknown ones are ignored. */
enum status categories_parse(TALLOC_CTX *mem, struct slice xml, struct category_list **out) MUST_CHECK;
/* STATUS_INVALID_ARGUMENT for a list that cannot be (see struct category). */
enum status categories_write(const struct category_list *list, struct buffer *out) MUST_CHECK;

/* ---- of a mailbox (zero: the session's own) ---- */
/* Needs READ_ANY on the calendar. No item yet, or one without XML: the six colours that Outlook begins with. */
enum status categories_get(TALLOC_CTX *mem, struct session *session, struct guid mailbox, struct category_list **out) MUST_CHECK;
/* Needs CREATE and EDIT_ANY on the calendar. Time of saving and missing ids are filled in. */
enum status categories_set(struct session *session, struct guid mailbox, const struct category_list *list) MUST_CHECK;

#endif
