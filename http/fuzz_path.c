#include <stdlib.h>

#include "path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted has no second reading. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char *text = talloc_strndup(mem, (const char *)data, size);
    struct target target;
    status_chain_clear();
    if (target_parse(mem, text, &target) == STATUS_OK) {
        if (target.path[0] != '*' && target.path[0] != '/')
            abort();
        if (strstr(target.path, "/../") != NULL || strchr(target.path, '\\') != NULL)
            abort();
        query_value(mem, target.query, "a");
    }
    talloc_free(mem);
    return 0;
}
