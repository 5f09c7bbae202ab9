#include "address.h"

#include <string.h>
#include <strings.h>

#include "bourse/base/text.h"

const char *address_domain(const char *address)
{
    const char *at = strrchr(address, '@');
    return at != NULL ? at + 1 : NULL;
}

bool address_is_local(const struct config *config, const char *address)
{
    const char *domain = address_domain(address);
    if (domain == NULL)
        return true;
    for (const char *const *local = config_list(config, CONFIG_server_domains); *local != NULL; local++)
        if (ascii_equal_nocase(*local, domain))
            return true;
    return false;
}

bool address_has_local_part(const char *address, const char *word)
{
    size_t length = strcspn(address, "@");
    return length == strlen(word) && strncasecmp(address, word, length) == 0;
}
