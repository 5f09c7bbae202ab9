/* One VEVENT, VTODO, VJOURNAL or VFREEBUSY. */
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_import.h"

static enum status import_kind(struct import *import)
{
    if (import->component == 'E')
        TRY(import_times(import));
    TRY(import_rows(import));
    if (import->component != 'E')
        TRY(import_task(import));
    TRY(import_people(import));
    TRY(import_component_attachments(import));
    TRY(import_alarms(import));
    TRY(import_identity(import));
    TRY(import_recurrence(import));
    return import->kept_count == 0 ? STATUS_OK : bag_set_strings(import->props, PROP_ICALENDAR_LINES, import->kept, import->kept_count);
}

/* The body of an answer is its COMMENT [MS-OXCICAL] 2.1.3.1.1.20.5. */
static enum status comment_as_body(struct import *import)
{
    const struct text_line *comment = block_find(&import->block, "COMMENT");
    bool is_answer = import->file->method == ICAL_REPLY || import->file->method == ICAL_COUNTER;
    char *text = comment != NULL && is_answer && !bag_has(import->props, PROP_BODY) ? text_unescaped(import->mem, comment->value, "\r\n") : NULL;
    return text != NULL ? bag_set_text(import->props, PROP_BODY, slice_of_text(text)) : STATUS_OK;
}

enum status import_component(struct import *import)
{
    static const char letters[] = { [ICAL_EVENT] = 'E', [ICAL_TASK] = 'T', [ICAL_FREE_BUSY] = 'F', [ICAL_JOURNAL] = 'J' };
    struct ical_entry *entry = import->entry;
    entry->method = import->file->method;
    entry->uid = entry->organizer = entry->attendee = "";
    import->component = letters[entry->kind];
    import->zone = import->end_zone = import->file->floating;
    if (entry->kind == ICAL_FREE_BUSY)
        return import_free_busy(import);
    import->message = message_new(import->mem);
    if (import->message == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    import->props = import->message->props;
    entry->message = import->message;
    TRY(import_kind(import));
    return comment_as_body(import);
}
