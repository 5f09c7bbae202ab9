/* Response messages: <m:XResponse><m:ResponseMessages><m:XResponseMessage ResponseClass="..."> [MS-OXWSCDATA] 2.2.4.57.
 *
 *     TRY(response_begin(call));
 *     for (each object)
 *         if (status == STATUS_OK) { response_message(call); ... content ...; response_message_end(call); }
 *         else TRY(response_error(call, status, "m:Items"));
 *     return response_end(call);
 */
#ifndef EWS_RESPONSE_H
#define EWS_RESPONSE_H

#include "call.h"

/* Also starts the SOAP envelope. Names come from the operation. */
enum status response_begin(struct ews_call *call) MUST_CHECK;
enum status response_end(struct ews_call *call) MUST_CHECK;

/* A message of success, open for content. */
void response_message(struct ews_call *call);
/* The same with ResponseClass Warning. */
void response_warning(struct ews_call *call, enum ews_code code);
void response_message_end(struct ews_call *call);
/* A whole message of failure; logs it when it is no fault of the client. `rest` is an element that the schema needs even then ("m:Items"), or NULL.
 * Afterwards the failure is forgotten. Passes through what makes the whole answer pointless (no memory). */
enum status response_error(struct ews_call *call, enum status status, const char *rest) MUST_CHECK;
/* An operation whose one response has no ResponseMessages (GetUserPhoto): <m:XResponse ResponseClass="...">. */
enum status response_single(struct ews_call *call) MUST_CHECK;
enum status response_single_error(struct ews_call *call, enum status status) MUST_CHECK;

/* Answers of availability and out of office have neither: <m:XResponse>, in it one <m:ResponseMessage ResponseClass="..."> an answer. */
enum status response_bare(struct ews_call *call) MUST_CHECK;
enum status response_part(struct ews_call *call, enum status status) MUST_CHECK;
/* Opens a message of another name, with code and text; its content and end are the caller's. */
enum status response_named(struct ews_call *call, const char *element, enum status status) MUST_CHECK;

/* Begins/ends the message without the failure's rest (GetStreamingEvents adds its own). */
void response_failure_open(struct ews_call *call, enum status status);

#endif
