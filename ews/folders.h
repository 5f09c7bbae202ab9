/* What the operations on folders share: one response message for one folder. */
#ifndef EWS_FOLDERS_H
#define EWS_FOLDERS_H

#include "ids.h"
#include "output.h"
#include "response.h"

/* A message with the folder, or with the failure. */
enum status folders_answer(struct ews_call *call, struct ews_shape *shape, enum status status, const struct folder *folder) MUST_CHECK;
/* A message that says only success or failure. */
enum status folders_answer_plain(struct ews_call *call, enum status status) MUST_CHECK;

/* Folder elements of CreateFolder and UpdateFolder: what is set. */
struct folder_draft {
    const struct folder_type *type;
    const char *display_name;      /* NULL: not set */
    const char *folder_class;
    struct bag *props;             /* extended properties */
    prop_tag *remove;
    size_t remove_count;
    struct permission *permissions; /* NULL: not set */
    size_t permission_count;
};
enum status folder_draft_new(struct ews_call *call, const struct folder_type *type, struct folder_draft **out) MUST_CHECK;
/* One child of the folder element. `folder`: where custom names are made. */
enum status folder_draft_set(struct ews_call *call, struct folder_draft *draft, const struct object_id *folder, const struct xml_node *value) MUST_CHECK;

#endif
