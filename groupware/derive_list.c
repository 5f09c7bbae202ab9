/* Personal distribution lists [MS-OXOCNTC] 2.2.2: their name is the same in four properties, and the check sum is that of the members. */
#include "bourse/model/properties.h"
#include "distribution_members.h"
#include "item_defaults.h"
#include "item_derive.h"

/* [MS-OXOCNTC] 2.2.2.1.6, 2.2.2.1.4 */
enum { LIST_ICON = 0x202, FILE_AS_NONE = -1 };

/* The first of these that the client changed, else the first that is there, names the list. */
static const prop_tag names[] = { PROP_DISTRIBUTION_LIST_NAME, PROP_DISPLAY_NAME, PROP_FILE_UNDER, PROP_SUBJECT };

static prop_tag naming_tag(const struct message *message, const struct derive_context *context)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (derive_changed(message, context, names[i]) && bag_text(message->props, names[i]).length > 0)
            return names[i];
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (bag_text(message->props, names[i]).length > 0)
            return names[i];
    return 0;
}

static enum status derive_name(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    prop_tag tag = naming_tag(message, context);
    char *name = talloc_strdup(message, tag != 0 ? bag_string(props, tag, "") : "");
    if (name == NULL)
        return status_fail(STATUS_NO_MEMORY, "list");
    for (size_t i = 0; i < ARRAY_LENGTH(names) && name[0] != '\0'; i++)
        TRY(bag_set_string(props, names[i], name));
    talloc_free(name);
    return item_derive_subject(message);
}

enum status derive_list(struct message *message, struct derive_context *context)
{
    struct bag *props = message->props;
    TRY(derive_name(message, context));
    TRY(bag_set_int32(props, PROP_FILE_UNDER_ID, FILE_AS_NONE));
    bool sets_members = derive_changed(message, context, PROP_DISTRIBUTION_LIST_MEMBERS), sets_stream = derive_changed(message, context, PROP_DISTRIBUTION_LIST_STREAM);
    if (sets_members && !sets_stream)
        bag_remove(props, PROP_DISTRIBUTION_LIST_STREAM); /* of the members before */
    if (bag_has(props, PROP_DISTRIBUTION_LIST_MEMBERS))
        TRY(distribution_checksum(props));
    return bag_has(props, PROP_ICON_INDEX) ? STATUS_OK : bag_set_int32(props, PROP_ICON_INDEX, LIST_ICON);
}
