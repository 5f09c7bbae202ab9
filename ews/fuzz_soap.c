/* Any bytes as a request: reading, schema check, and the fault that follows. */
#include "soap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config *config;
    if (config == NULL)
        config = config_default(NULL);
    struct ews_call *call = talloc_zero(NULL, struct ews_call);
    call->mem = call;
    call->config = config;
    if (soap_prepare(call) == STATUS_OK) {
        enum status status = soap_read(call, slice_of(data, size));
        if (status != STATUS_OK)
            (void)soap_fault(call, status);
    }
    status_chain_clear();
    talloc_free(call);
    return 0;
}
