#include "sqlstate.h"

#include <string.h>

static const struct {
    const char *prefix;
    enum status status;
} table[] = {
#define SQLSTATE(prefix, status) { prefix, STATUS_##status },
#include "sqlstate.def"
#undef SQLSTATE
};

enum status sqlstate_status(const char *state)
{
    size_t best = 0;
    enum status status = state[0] != '\0' ? STATUS_INTERNAL : STATUS_STORE_UNAVAILABLE;
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        size_t length = strlen(table[i].prefix);
        if (length > best && strncmp(state, table[i].prefix, length) == 0) {
            best = length;
            status = table[i].status;
        }
    }
    return status;
}
