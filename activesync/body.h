/* AirSyncBase: bodies in the form and length that a device wants, and the list of attachments [MS-ASAIRS] 2.2.2. */
#ifndef ACTIVESYNC_BODY_H
#define ACTIVESYNC_BODY_H

#include "class.h"

/* Attachments, Body (or the MIME), BodyPart, NativeBodyType, in this order. The item has its bodies and attachments loaded. */
enum status eas_body_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options) MUST_CHECK;
/* The same without Attachments: classes that have none. */
enum status eas_body_write_alone(struct eas_call *call, struct wbxml_writer *out, const struct item *item, const struct eas_options *options) MUST_CHECK;
void eas_attachments_write(struct eas_call *call, struct wbxml_writer *out, const struct item *item);
/* Body element of a request into PROP_BODY or PROP_HTML (RTF becomes HTML by groupware). Missing: nothing. */
enum status eas_body_read(struct eas_call *call, const struct wbxml_node *data, struct bag *set) MUST_CHECK;
/* Text of times: "2026-11-22T10:00:00.000Z" and "20261122T100000Z" [MS-ASDTYPE] 2.3, 2.7.2. */
#define EAS_TIME_SIZE 40
const char *eas_time_dashes(instant when, char out[EAS_TIME_SIZE]);
const char *eas_time_compact(instant when, char out[EAS_TIME_SIZE]);
/* Either form. */
bool eas_time_parse(const char *text, instant *out);

#endif
