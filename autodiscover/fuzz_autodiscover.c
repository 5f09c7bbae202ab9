#include <stdlib.h>

#include "bourse/autodiscover/autodiscover.h"
#include "bourse/http/offline.h"
#include "bourse/http/xml_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status anybody(TALLOC_CTX *mem, void *data, const char *address, struct user_profile **out)
{
    (void)data;
    *out = talloc_zero(mem, struct user_profile);
    (*out)->display_name = (*out)->address = (*out)->legacy_dn = talloc_strdup(mem, address);
    return STATUS_OK;
}

static enum status somebody(TALLOC_CTX *mem, void *data, struct guid guid, struct user_profile **out)
{
    (void)guid;
    return anybody(mem, data, "a@b.test", out);
}

/* Whatever comes in, POX and SOAP answer with well-formed XML. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const targets[] = { "/autodiscover/autodiscover.xml", "/autodiscover/autodiscover.svc" };
    const struct autodiscover_people people = { .of_address = anybody, .of_guid = somebody };
    TALLOC_CTX *mem = talloc_new(NULL);
    struct config *config = config_default(mem);
    const struct http_service *services[4];
    size_t count = 0;
    if (autodiscover_services_with(mem, &people, services, 4, &count) != STATUS_OK)
        abort();
    for (size_t i = 0; i < 2; i++) {
        struct http_request *request = offline_request(mem, services[i], config, "POST", targets[i], NULL,
                                                       slice_of(data, size), (struct guid){ { 1 } }, "a");
        const struct xml_node *root = NULL;
        offline_run(request);
        if (xml_parse(mem, offline_answer(request).body, NULL, &root) != STATUS_OK)
            abort();
    }
    talloc_free(mem);
    return 0;
}
