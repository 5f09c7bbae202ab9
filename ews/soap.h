/* The SOAP 1.1 envelope [MS-OXWSCDATA] 2.2.1, 2.2.3: reading the request's, writing answers and faults. */
#ifndef EWS_SOAP_H
#define EWS_SOAP_H

#include "call.h"

/* Parses the body of a request: limits, envelope, headers, operation; fills call->operation, info, version, version_name, time_zone. Failures are
 * to be answered with soap_fault. */
enum status soap_read(struct ews_call *call, struct slice document) MUST_CHECK;

/* Starts the answer: envelope, header with ServerVersionInfo, body. Forgets what was written before. */
enum status soap_begin(struct ews_call *call) MUST_CHECK;
/* A whole answer that is a fault for `status` and the code in hand [MS-OXWSCDATA] 2.2.4.42. Returns the HTTP status. */
unsigned soap_fault(struct ews_call *call, enum status status);
/* Memory and cap for the answer. */
enum status soap_prepare(struct ews_call *call) MUST_CHECK;

#endif
