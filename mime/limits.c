#include "bourse/mime/limits.h"

#include "parse.h"

#include <gmime/gmime.h>
#include <pthread.h>

const struct mime_limits mime_limits_default = {
    .depth = 100, .parts = 10000, .header_fields = 1000, .header_field_bytes = 100000, .header_bytes = 10000000,
    .parameter_sections = 100, .recipients = 10000, .body_bytes = 64u << 20, .body_prefix = 8192,
    .attachment_bytes = 64u << 20,
};

static void start_gmime(void)
{
    g_mime_init();
}

void mime_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_gmime);
}

#define DEFAULT(field)                             \
    do {                                           \
        if (out.field == 0)                        \
            out.field = mime_limits_default.field; \
    } while (0)

struct mime_limits limits_effective(const struct mime_limits *limits)
{
    if (limits == NULL)
        return mime_limits_default;
    struct mime_limits out = *limits;
    DEFAULT(depth);
    DEFAULT(parts);
    DEFAULT(header_fields);
    DEFAULT(header_field_bytes);
    DEFAULT(header_bytes);
    DEFAULT(parameter_sections);
    DEFAULT(recipients);
    DEFAULT(body_bytes);
    DEFAULT(body_prefix);
    DEFAULT(attachment_bytes);
    return out;
}
