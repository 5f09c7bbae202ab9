/* Notes [MS-ASNOTE], from 14.0 on. */
#include "body.h"
#include "bourse/model/properties.h"
#include "classes.h"
#include "fields.h"
#include "flags.h"

#define NOTE_CLASS "IPM.StickyNote"

static const struct eas_field fields[] = {
#define FIELD EAS_FIELD_ROW
#include "fields_notes.def"
#undef FIELD
};

enum status notes_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options)
{
    char text[EAS_TIME_SIZE];
    const struct bag *props = item->message->props;
    TRY(eas_body_write_alone(call, out, item, options));
    eas_fields_write(out, fields, ARRAY_LENGTH(fields), props);
    wbxml_element(out, Notes_LastModifiedDate, eas_time_compact(item->modified, text));
    eas_categories_write(out, Notes_Categories, Notes_Category, props);
    return STATUS_OK;
}

static enum status read_note(struct eas_call *call, const struct wbxml_node *data, const struct eas_ghosts *ghosts, struct item_change *change, struct bag *set)
{
    TRY(eas_fields_read(call, data, fields, ARRAY_LENGTH(fields), ghosts, change, set));
    TRY(eas_categories_read(call, wbxml_child(data, Notes_Categories), Notes_Category, set));
    return eas_body_read(call, data, set);
}

enum status notes_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out)
{
    (void)folder;
    TRY(read_note(call, data, NULL, NULL, out->props));
    return bag_set_string(out->props, PROP_MESSAGE_CLASS, NOTE_CLASS);
}

/* The class of a note stays [MS-ASNOTE] 3.1.5.3. */
enum status notes_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                              struct bag *set)
{
    (void)before;
    TRY(read_note(call, data, ghosts, change, set));
    bag_remove(set, PROP_MESSAGE_CLASS);
    return STATUS_OK;
}
