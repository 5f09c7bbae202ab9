/* The three dialects' handlers; people are http_service_data(). */
#ifndef BOURSE_AUTODISCOVER_HANDLERS_H
#define BOURSE_AUTODISCOVER_HANDLERS_H

#include "bourse/http/service.h"

enum status pox_handle(struct http_request *request) MUST_CHECK;
enum status soap_handle(struct http_request *request) MUST_CHECK;
enum status json_handle(struct http_request *request) MUST_CHECK;

/* Largest answer, and limits of a request's XML. */
#define ANSWER_LIMIT ((size_t)1 << 20)
extern const struct xml_limits autodiscover_xml_limits;

#endif
