/* Reading items out of requests: what CreateItem makes and UpdateItem changes. */
#ifndef EWS_INPUT_H
#define EWS_INPUT_H

#include "bourse/calendar/recurrence.h"
#include "paths.h"

/* What a request says about the times of a calendar item; put together by draft_finish, as each of it depends on the others. */
struct draft_schedule {
    const char *start, *end;          /* xs:dateTime, NULL: not said */
    const struct time_zone *zone, *end_zone;
    struct recurrence *recurrence;
    bool ends_recurrence;             /* DeleteItemField */
    bool has_all_day;
};

/* An item in the making, or the changes of one. */
struct draft {
    struct ews_call *call;
    const struct item_type *type;
    struct object_id folder;      /* where it is, or will be: custom names are made in its mailbox */
    struct message *message;      /* properties that are set; recipients; attachments that are added */
    bool recipients_changed;
    bool appending;               /* AppendToItemField */
    prop_tag *remove;             /* properties that go */
    size_t remove_count;
    bool has_mime;
    struct slice mime;
    bool has_read, is_read;
    bool has_flags, is_unsent;    /* PidTagMessageFlags, which may be given to new items */
    bool is_associated;
    const struct bag *before;     /* of the item that is changed; NULL for new ones */
    const struct item *item;      /* likewise */
    struct draft_schedule schedule;
    int32_t *remove_attachments;  /* exceptions of a series that has another pattern now */
    size_t remove_attachment_count;
};

/* Memory from call->mem. */
enum status draft_new(struct ews_call *call, const struct item_type *type, const struct object_id *folder, struct draft **out) MUST_CHECK;
/* All children of an item element. ErrorInvalidPropertySet for what cannot be set. */
enum status draft_read(struct draft *draft, const struct xml_node *item) MUST_CHECK;
/* After the last change: what depends on several fields. draft_read does it itself. */
enum status draft_finish(struct draft *draft) MUST_CHECK;
/* Exceptions of the series that is changed go. */
enum status draft_drop_exceptions(struct draft *draft) MUST_CHECK;
/* MimeContent of a calendar item, contact or task: text/calendar or text/vcard; what the request sets besides goes over it. ErrorMimeContentInvalid. */
enum status draft_read_content(struct draft *draft) MUST_CHECK;
/* One AppendToItemField, SetItemField or DeleteItemField. */
enum status draft_change(struct draft *draft, const struct xml_node *change) MUST_CHECK;
/* Marks a property as going (unless it is set later). */
enum status draft_remove(struct draft *draft, prop_tag tag) MUST_CHECK;
/* Which parts of the item a list of changes needs to know (enum item_part). */
unsigned draft_parts(const struct xml_node *changes);

/* An attachment element -> struct attachment with bytes or an embedded message. */
enum status draft_attachment(struct ews_call *call, const struct object_id *folder, const struct xml_node *node, struct attachment *out) MUST_CHECK;

/* A t:Mailbox -> recipient; names without address are resolved. ErrorMissingInformationEmailAddress, ErrorInvalidRoutingType. */
enum status mailbox_read(struct ews_call *call, const struct xml_node *mailbox, struct recipient *out) MUST_CHECK;
/* The value of a t:ExtendedProperty (child of it), in `path`'s type. */
enum status extended_read(struct ews_call *call, const struct ews_path *path, const struct xml_node *property, struct value *out) MUST_CHECK;
/* The text of one value as a type; `type` without TYPE_MULTIPLE. */
enum status extended_parse(struct ews_call *call, prop_tag tag, const char *text, struct value *out) MUST_CHECK;

typedef enum status (*field_reader)(struct draft *draft, const struct field *field, const struct xml_node *node);
/* NULL for kinds that cannot be set. */
field_reader field_reader_of(enum field_kind kind);

/* The readers that kinds.def names. */
enum status in_addresses(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_attachments(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_attendees(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_binary(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_body(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_all_day(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_bool(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_calendar_time(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_calendar_uid(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_culture(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_dictionary(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_enhanced_location(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_enum(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_extended(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_flag(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_headers(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_int(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_is_associated(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_is_read(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_mime(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_not_bool(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_person(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_list_members(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_meeting_zone(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_recipients(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_recurrence(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_reply_to(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_retention_tag(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_task_complete_date(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_task_percent(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_task_recurrence(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_task_status(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_text(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_text_body(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_texts(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_time(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;
enum status in_zone(struct draft *draft, const struct field *field, const struct xml_node *node) MUST_CHECK;

#endif
