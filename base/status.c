#include "bourse/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_ENTRIES 8
#define CHAIN_TEXT 240
#define CLIENT_TEXT 512

struct cause {
    char text[CHAIN_TEXT];
    const char *file;
    int line;
};

/* One chain a thread: entry 0 is where the failure was found, later ones are context added on the way up. */
struct chain {
    struct cause causes[CHAIN_ENTRIES];
    size_t count;
    char client_text[CLIENT_TEXT];
};

static _Thread_local struct chain chain;

static const struct status_info infos[] = {
#define STATUS(name_, fault_, http_, smtp_, enhanced_, ews_, activesync_, mapi_, text_)                        \
    { .name = #name_, .fault = FAULT_##fault_, .http = http_, .smtp = smtp_, .enhanced = enhanced_, .ews = ews_, \
      .activesync = activesync_, .mapi = mapi_, .text = text_ },
#include "bourse/base/status.def"
#undef STATUS
};

const struct status_info *status_info(enum status status)
{
    size_t index = (size_t)status;
    return &infos[index < ARRAY_LENGTH(infos) ? index : (size_t)STATUS_INTERNAL];
}

void status_chain_clear(void)
{
    chain.count = 0;
    chain.client_text[0] = '\0';
}

/* A full chain keeps its origin, which says most, and loses the oldest context. */
static struct cause *next_cause(void)
{
    if (chain.count == CHAIN_ENTRIES) {
        memmove(&chain.causes[1], &chain.causes[2], (CHAIN_ENTRIES - 2) * sizeof chain.causes[0]);
        chain.count--;
    }
    return &chain.causes[chain.count++];
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

enum status status_record(enum status status, const char *file, int line, bool is_origin, const char *format, ...)
{
    /* Formatted aside first: an argument may be this chain's own text. */
    char text[CHAIN_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (is_origin)
        chain.count = 0;
    struct cause *cause = next_cause();
    memcpy(cause->text, text, sizeof text);
    cause->file = base_name(file);
    cause->line = line;
    return status;
}

void status_set_client_text(const char *format, ...)
{
    char text[CLIENT_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(chain.client_text, text, sizeof text);
}

const char *status_client_text(enum status status)
{
    return chain.client_text[0] != '\0' ? chain.client_text : status_info(status)->text;
}

const char *status_chain_text(char *out, size_t size)
{
    if (size == 0)
        return out;
    out[0] = '\0';
    size_t used = 0;
    for (size_t i = 0; i < chain.count && used < size; i++) {
        const struct cause *cause = &chain.causes[i];
        int length = snprintf(out + used, size - used, "%s%s (%s:%d)", i > 0 ? " < " : "", cause->text, cause->file,
                              cause->line);
        used += length > 0 ? (size_t)length : 0;
    }
    return out;
}
