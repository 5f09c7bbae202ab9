/* Paths, parameters, xtext and greetings of MAIL and RCPT. */
#include <stdlib.h>

#include "parameters.h"
#include "path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice rest = { 0 };
    struct smtp_path path;
    struct mail_parameters mail = { 0 };
    struct recipient_parameters recipient = { 0 };
    if (smtp_path_parse(mem, slice_of(data, size), &rest, &path) == STATUS_OK) {
        if (strlen(path.address) > 254 || (path.domain != NULL && path.domain[-1] != '@'))
            abort();
        (void)!parameters_read_mail(mem, rest, &mail);
        (void)!parameters_read_recipient(mem, rest, &recipient);
    }
    (void)smtp_greeting_is_valid(slice_of(data, size));
    talloc_free(mem);
    return 0;
}
