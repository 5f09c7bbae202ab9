/* Replies and EHLO lines of another host. */
#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of(data, size), line, rest;
    struct reply reply = { 0 };
    struct capabilities capabilities = { 0 };
    while (input.length > 0 && !reply.is_complete) {
        slice_split(input, '\n', &line, &input);
        if (reply_add_line(&reply, line, &rest) != STATUS_OK)
            break;
        capabilities_add_line(&capabilities, rest, reply.lines == 1);
    }
    return 0;
}
