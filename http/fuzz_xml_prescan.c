#include "bourse/http/xml_prescan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xml_limits limits = { .depth = 8, .attributes = 8, .nodes = 200 };
    status_chain_clear();
    enum status status = xml_prescan(slice_of(data, size), &limits);
    (void)status;
    return 0;
}
