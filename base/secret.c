#include "bourse/base/secret.h"

#include <openssl/crypto.h>

struct secret {
    size_t length;
    uint8_t bytes[]; /* and a NUL */
};

static int wipe_on_free(struct secret *secret)
{
    secret_wipe(secret->bytes, secret->length);
    return 0;
}

struct secret *secret_new(TALLOC_CTX *mem, struct slice value)
{
    struct secret *secret = talloc_zero_size(mem, sizeof *secret + value.length + 1);
    if (secret == NULL)
        return NULL;
    talloc_set_name_const(secret, "struct secret");
    secret->length = value.length;
    if (value.length > 0)
        memcpy(secret->bytes, value.data, value.length);
    talloc_set_destructor(secret, wipe_on_free);
    return secret;
}

struct slice secret_reveal(const struct secret *secret)
{
    return slice_of(secret->bytes, secret->length);
}

bool secret_is_empty(const struct secret *secret)
{
    return secret == NULL || secret->length == 0;
}

void secret_wipe(void *data, size_t length)
{
    if (data != NULL)
        OPENSSL_cleanse(data, length);
}
