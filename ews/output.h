/* Writing items and folders, field by field in the order of the schema. */
#ifndef EWS_OUTPUT_H
#define EWS_OUTPUT_H

#include "bourse/calendar/recurrence.h"
#include "bourse/model/rights.h"
#include "shape.h"

/* What is being written; one of `item` and `folder`. */
struct output {
    struct ews_call *call;
    struct xml_writer *xml;
    const struct ews_shape *shape;
    const struct item *item;
    const struct bag *props;    /* of the item's message, or of the folder */
    const struct folder *folder;
    const struct object_id *embedded; /* attachment id when the item is an attached message, NULL otherwise */
    bool series_known;                /* the two below were looked for; see output_series */
    struct recurrence *series;
    const struct time_zone *series_zone;
    bool neighbours_known;            /* likewise; out_neighbours.c */
    const struct item_page *neighbours;
};

/* The whole element: <t:Message>...</t:Message>. Binds the shape's custom names if need be. */
enum status output_item(struct ews_call *call, struct ews_shape *shape, const struct item *item) MUST_CHECK;
/* A message that is attached; it has no ids. */
enum status output_embedded(struct ews_call *call, struct ews_shape *shape, const struct message *message, const struct object_id *attachment) MUST_CHECK;
enum status output_folder(struct ews_call *call, struct ews_shape *shape, const struct folder *folder) MUST_CHECK;

/* Ids: <t:ItemId Id="" ChangeKey=""/> and the like; change 0: without change key. */
void output_item_id(struct ews_call *call, const char *element, const struct object_id *id, int64_t change);
void output_folder_id(struct ews_call *call, const char *element, const struct object_id *id, int64_t change);
/* The number that stands in an item's change key. */
int64_t output_item_change(const struct item *item);

/* A t:Mailbox; empty address and name write nothing. */
struct mailbox_text {
    const char *name, *address, *type; /* `type`: SMTP or EX */
    const char *kind;                  /* MailboxType; NULL: Mailbox */
    const struct slice *item;          /* finished t:ItemId of a stored contact or list; NULL: none */
};
void output_mailbox(struct xml_writer *xml, const char *element, const struct mailbox_text *mailbox, enum ews_version version);
/* The properties that hold a person (kinds SENDER, FROM, RECEIVED_BY, RECEIVED_REPRESENTING); NULL for other kinds. */
struct person_tags {
    enum field_kind kind;
    prop_tag name, smtp, address, type;
};
const struct person_tags *person_tags_of(enum field_kind kind);
enum recipient_type recipient_type_of_kind(enum field_kind kind);
/* SMTP address of a recipient, whatever its address type. */
const char *recipient_smtp(const struct recipient *recipient);

/* The pattern of a recurring master, read once an item; NULL for others. */
const struct recurrence *output_series(struct output *o);
/* Is the item one occurrence of a series? */
bool output_is_occurrence(const struct output *o);

/* <t:EffectiveRights> of a rights mask. */
void output_rights(struct output *o, const char *element, uint32_t rights, bool is_folder);
/* Extended properties that the shape asks for. */
void output_extended(struct output *o, const struct value *(*get)(struct output *o, prop_tag tag));
/* Text form of a single value as Value holds it. NULL when out of memory or not printable. */
const char *extended_text(TALLOC_CTX *mem, const struct value *value);
void output_attachment(struct ews_call *call, const struct object_id *item, int64_t item_change, const struct attachment *attachment, bool with_content,
                       enum ews_version version);
/* Opens t:ItemAttachment and writes its head; the item and the end are the caller's. */
void output_attachment_head(struct ews_call *call, const struct object_id *item, const struct attachment *attachment);

typedef void (*field_writer)(struct output *o, const struct field *field);
/* NULL for kinds that have none. */
field_writer field_writer_of(enum field_kind kind);

/* The writers that kinds.def names. */
void out_addresses(struct output *o, const struct field *field);
void out_associated_item(struct output *o, const struct field *field);
void out_attachments(struct output *o, const struct field *field);
void out_attendees(struct output *o, const struct field *field);
void out_binary(struct output *o, const struct field *field);
void out_body(struct output *o, const struct field *field);
void out_bool(struct output *o, const struct field *field);
void out_bool_or_false(struct output *o, const struct field *field);
void out_bool_or_true(struct output *o, const struct field *field);
void out_calendar_item_type(struct output *o, const struct field *field);
void out_calendar_zone(struct output *o, const struct field *field);
void out_calendar_uid(struct output *o, const struct field *field);
void out_complete_name(struct output *o, const struct field *field);
void out_contact_source(struct output *o, const struct field *field);
void out_conversation_id(struct output *o, const struct field *field);
void out_culture(struct output *o, const struct field *field);
void out_deleted_occurrences(struct output *o, const struct field *field);
void out_dictionary(struct output *o, const struct field *field);
void out_duration(struct output *o, const struct field *field);
void out_edge_occurrence(struct output *o, const struct field *field);
void out_effective_rights(struct output *o, const struct field *field);
void out_enhanced_location(struct output *o, const struct field *field);
void out_enum(struct output *o, const struct field *field);
void out_enum_if_set(struct output *o, const struct field *field);
void out_extended(struct output *o, const struct field *field);
void out_flag(struct output *o, const struct field *field);
void out_folder_children(struct output *o, const struct field *field);
void out_folder_class(struct output *o, const struct field *field);
void out_folder_extended(struct output *o, const struct field *field);
void out_folder_id(struct output *o, const struct field *field);
void out_folder_name(struct output *o, const struct field *field);
void out_folder_parent(struct output *o, const struct field *field);
void out_folder_permissions(struct output *o, const struct field *field);
void out_folder_retention(struct output *o, const struct field *field);
void out_folder_rights(struct output *o, const struct field *field);
void out_folder_role(struct output *o, const struct field *field);
void out_folder_total(struct output *o, const struct field *field);
void out_folder_unread(struct output *o, const struct field *field);
void out_has_attachments(struct output *o, const struct field *field);
void out_headers(struct output *o, const struct field *field);
void out_instance_key(struct output *o, const struct field *field);
void out_int(struct output *o, const struct field *field);
void out_is_associated(struct output *o, const struct field *field);
void out_is_read(struct output *o, const struct field *field);
void out_is_recurring(struct output *o, const struct field *field);
void out_item_id(struct output *o, const struct field *field);
void out_list_members(struct output *o, const struct field *field);
void out_meeting_response_type(struct output *o, const struct field *field);
void out_meeting_zone(struct output *o, const struct field *field);
void out_meeting_state(struct output *o, const struct field *field);
void out_message_flag(struct output *o, const struct field *field);
void out_mime(struct output *o, const struct field *field);
void out_neighbours(struct output *o, const struct field *field);
void out_neighbour_count(struct output *o, const struct field *field);
void out_normalized_body(struct output *o, const struct field *field);
void out_modified_occurrences(struct output *o, const struct field *field);
void out_not_bool(struct output *o, const struct field *field);
void out_parent_id(struct output *o, const struct field *field);
void out_person(struct output *o, const struct field *field);
void out_preview(struct output *o, const struct field *field);
void out_recipients(struct output *o, const struct field *field);
void out_recurrence(struct output *o, const struct field *field);
void out_reply_to(struct output *o, const struct field *field);
void out_response_objects(struct output *o, const struct field *field);
void out_retention_tag(struct output *o, const struct field *field);
void out_size(struct output *o, const struct field *field);
void out_state_flag(struct output *o, const struct field *field);
void out_task_percent(struct output *o, const struct field *field);
void out_task_recurrence(struct output *o, const struct field *field);
void out_task_status_text(struct output *o, const struct field *field);
void out_text(struct output *o, const struct field *field);
void out_text_body(struct output *o, const struct field *field);
void out_texts(struct output *o, const struct field *field);
void out_time(struct output *o, const struct field *field);
void out_unique_body(struct output *o, const struct field *field);
void out_zone_id(struct output *o, const struct field *field);
void out_wall_clock(struct output *o, const struct field *field);

#endif
