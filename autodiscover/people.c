/* Look-ups by groupware. */
#include "bourse/autodiscover/autodiscover.h"

static enum status of_address(TALLOC_CTX *mem, void *data, const char *address, struct user_profile **out)
{
    return user_profile_of_address(mem, data, address, out);
}

static enum status of_guid(TALLOC_CTX *mem, void *data, struct guid guid, struct user_profile **out)
{
    return user_profile_of_guid(mem, data, guid, out);
}

enum status autodiscover_services(TALLOC_CTX *mem, struct groupware *groupware, const struct http_service **services,
                                  size_t most, size_t *count)
{
    struct autodiscover_people people = { .of_address = of_address, .of_guid = of_guid, .data = groupware };
    return autodiscover_services_with(mem, &people, services, most, count);
}
