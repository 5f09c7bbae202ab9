/* Any text: refused with a message or read; what was read has values within its bounds. */
#include <stdlib.h>

#include "bourse/base/buffer.h"
#include "config_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config;
    status_chain_clear();
    enum status status = config_parse_text(NULL, "fuzz", slice_of(data, size), &config);
    if (status == STATUS_OK) {
        int64_t port = config_int(config, CONFIG_smtp_port);
        if (port < 0 || port > 65535 || config_list(config, CONFIG_smtp_listen) == NULL)
            abort();
        talloc_free(config);
        return 0;
    }
    if (status != STATUS_CONFIGURATION || strncmp(status_client_text(status), "fuzz:", 5) != 0)
        abort();
    /* Whatever the input was, the next file is read. */
    if (config_parse_text(NULL, "good", slice_of_text("smtp { port = 26 }\n"), &config) != STATUS_OK ||
        config_int(config, CONFIG_smtp_port) != 26)
        abort();
    talloc_free(config);
    return 0;
}
