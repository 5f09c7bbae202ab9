/* Configuration items [MS-OXOCFG]: associated items of class IPM.Configuration.<name> in a folder, with a dictionary, XML or bytes. What the four operations on
 * them share [MS-OXWSUSRCFG]. */
#ifndef EWS_USER_CONFIGURATIONS_H
#define EWS_USER_CONFIGURATIONS_H

#include "bourse/groupware/item.h"
#include "ids.h"

struct user_configuration {
    const char *name;
    struct object_id folder;
    struct item *item;              /* NULL: there is none yet */
};

/* UserConfigurationName, and the item when there is one. */
enum status user_configuration_find(struct ews_call *call, const struct xml_node *name, struct user_configuration *out) MUST_CHECK;
/* Properties that a t:UserConfiguration sets. */
enum status user_configuration_read(struct ews_call *call, const struct xml_node *configuration, struct bag *out) MUST_CHECK;
const char *user_configuration_class(struct ews_call *call, const struct user_configuration *configuration);

/* The stored form of a dictionary <-> t:Dictionary. */
enum status dictionary_read(struct ews_call *call, const struct xml_node *dictionary, struct slice *out) MUST_CHECK;
void dictionary_write(struct ews_call *call, struct slice stored);

#endif
