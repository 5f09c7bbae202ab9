#include "bourse/autodiscover/autodiscover.h"

#include "bourse/http/xml_prescan.h"
#include "handlers.h"

const struct xml_limits autodiscover_xml_limits = { .depth = 16, .attributes = 32, .nodes = 5000 };

/* Clients look at these fields in the 401 already, to know which dialects there are. The text of the refusal is the
 * server's. */
static void name_dialects(struct http_request *request, enum status status)
{
    (void)status;
    http_set_header(request, "X-SOAP-Enabled", "True");
}

static const struct http_service services_offered[] = {
    { .name = "autodiscover-pox",
      .path = "/autodiscover/autodiscover.xml",
      .methods = "GET POST",
      .body_limit = 65536,
      .handle = pox_handle,
      .fault = name_dialects },
    { .name = "autodiscover-soap",
      .path = "/autodiscover/autodiscover.svc",
      .methods = "GET POST",
      .body_limit = 262144,
      .handle = soap_handle,
      .fault = name_dialects },
    { .name = "autodiscover-json",
      .path = "/autodiscover/autodiscover.json",
      .is_prefix = true,
      .methods = "GET",
      .open_methods = "GET",
      .handle = json_handle },
};

enum status autodiscover_services_with(TALLOC_CTX *mem, const struct autodiscover_people *people,
                                       const struct http_service **services, size_t most, size_t *count)
{
    *count = 0;
    if (most < ARRAY_LENGTH(services_offered))
        return status_fail(STATUS_LIMIT_EXCEEDED, "room for %zu services", most);
    struct http_service *made = talloc_memdup(mem, services_offered, sizeof services_offered);
    struct autodiscover_people *kept = made != NULL ? talloc_memdup(made, people, sizeof *people) : NULL;
    if (kept == NULL)
        return status_fail(STATUS_NO_MEMORY, "autodiscover");
    for (size_t i = 0; i < ARRAY_LENGTH(services_offered); i++) {
        made[i].data = kept;
        services[i] = &made[i];
    }
    *count = ARRAY_LENGTH(services_offered);
    return STATUS_OK;
}
