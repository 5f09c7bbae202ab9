/* The functions that classes.def names. */
#ifndef ACTIVESYNC_CLASSES_H
#define ACTIVESYNC_CLASSES_H

#include "class.h"

enum status email_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options) MUST_CHECK;
enum status email_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out) MUST_CHECK;
enum status email_save_new(struct eas_call *call, const struct object_id *folder, const struct message *message, struct item **out) MUST_CHECK;
enum status email_save_change(struct eas_call *call, const struct object_id *id, int64_t expected_change, const struct item_change *change, struct item **out) MUST_CHECK;
enum status email_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                              struct bag *set) MUST_CHECK;

enum status contacts_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options) MUST_CHECK;
enum status contacts_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out) MUST_CHECK;
enum status contacts_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                            struct bag *set) MUST_CHECK;

enum status tasks_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options) MUST_CHECK;
enum status tasks_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out) MUST_CHECK;
enum status tasks_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                            struct bag *set) MUST_CHECK;

enum status notes_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options) MUST_CHECK;
enum status notes_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out) MUST_CHECK;
enum status notes_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                            struct bag *set) MUST_CHECK;

enum status calendar_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options) MUST_CHECK;
enum status calendar_read_new(struct eas_call *call, const struct wbxml_node *data, const struct object_id *folder, struct message *out) MUST_CHECK;
enum status calendar_read_change(struct eas_call *call, const struct wbxml_node *data, const struct item *before, const struct eas_ghosts *ghosts, struct item_change *change,
                                 struct bag *set) MUST_CHECK;
enum status calendar_save_new(struct eas_call *call, const struct object_id *folder, const struct message *message, struct item **out) MUST_CHECK;
enum status calendar_save_change(struct eas_call *call, const struct object_id *id, int64_t expected_change, const struct item_change *change, struct item **out) MUST_CHECK;
enum status calendar_remove(struct eas_call *call, const struct object_id *id, enum delete_mode mode) MUST_CHECK;
enum status calendar_find_instance(struct eas_call *call, const struct object_id *id, const char *instance, struct object_id *out) MUST_CHECK;

#endif
