/* The classes of items that devices sync: how an item becomes ApplicationData and back. One file a class (class_email.c ...), one row each in classes.def. */
#ifndef ACTIVESYNC_CLASS_H
#define ACTIVESYNC_CLASS_H

#include "bourse/groupware/item.h"
#include "ghosts.h"
#include "options.h"

struct eas_class {
    const char *name;               /* "Email" */
    prop_tag filter_tag;            /* the time that FilterType looks at; 0: none */
    /* Writes the children of ApplicationData (or Properties) to `out`. */
    enum status (*write)(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options);
    /* A new item from ApplicationData; `folder` for defaults. Fails with the item status 6 for what cannot be. NULL: clients add none. */
    enum status (*read_new)(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out);
    /* Changes of an item: properties into change->set (a bag made already), removals, recipients, attachments. `is_ghosted(tag)`: an element that is missing keeps its value
     * (else it goes) [MS-ASCMD] 2.2.3.168. */
    enum status (*read_change)(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                               struct bag *set);
    /* Saves instead of item_create / item_update: meetings, drafts that are sent. NULL: those. */
    enum status (*create)(struct eas_call *call, const struct object_id *folder, const struct message *message, struct item **out);
    enum status (*update)(struct eas_call *call, const struct object_id *id, int64_t expected_change, const struct item_change *change, struct item **out);
    /* Deletes instead of item_delete: meetings that are cancelled. NULL: that. */
    enum status (*remove)(struct eas_call *call, const struct object_id *id, enum delete_mode mode);
    /* The occurrence that AirSyncBase:InstanceId names [MS-ASAIRS] 2.2.2.25. NULL: the class has none. */
    enum status (*find_instance)(struct eas_call *call, const struct object_id *id, const char *instance, struct object_id *out);
};

/* By the name in requests, or by the type of the folder; NULL: none. */
const struct eas_class *eas_class_find(const char *name);
uint8_t eas_class_number(const struct eas_class *item_class);
const struct eas_class *eas_class_at(uint8_t number);

#endif
