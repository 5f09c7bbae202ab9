#include "settings.h"

#include "bourse/base/hash.h"

static const char *value_display_name(const struct discovered *discovered)
{
    return discovered->profile->display_name;
}

static const char *value_legacy_dn(const struct discovered *discovered)
{
    return discovered->profile->legacy_dn;
}

static const char *value_deployment_id(const struct discovered *discovered)
{
    return discovered->deployment_id;
}

static const char *value_address(const struct discovered *discovered)
{
    return discovered->profile->address;
}

static const char *value_host(const struct discovered *discovered)
{
    return discovered->host;
}

static const char *value_ews_url(const struct discovered *discovered)
{
    return discovered->ews_url;
}

static const char *value_true(const struct discovered *discovered)
{
    (void)discovered;
    return "True";
}

static const char *value_basic(const struct discovered *discovered)
{
    (void)discovered;
    return "Basic";
}

static const char *value_version(const struct discovered *discovered)
{
    (void)discovered;
    return VERSION_TEXT;
}

static const char *value_schemas(const struct discovered *discovered)
{
    (void)discovered;
    return "Exchange2007, Exchange2007_SP1, Exchange2010, Exchange2010_SP1, Exchange2010_SP2, Exchange2013, "
           "Exchange2013_SP1, Exchange2015, "
           "Exchange2016";
}

static const struct {
    const char *name;
    const char *(*value)(const struct discovered *discovered);
} settings[] = {
#define SETTING(name, value) { #name, value },
#include "settings.def"
#undef SETTING
};

const char *setting_value(const struct discovered *discovered, const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(settings); i++)
        if (strcmp(settings[i].name, name) == 0)
            return settings[i].value(discovered);
    return NULL;
}

enum status discover(struct http_request *request, const struct user_profile *profile, struct discovered *out)
{
    TALLOC_CTX *mem = http_mem(request);
    const char *base = http_base_url(request);
    const char *authority = strstr(base, "://") != NULL ? strstr(base, "://") + 3 : base;
    struct hash256 hash = hash_sha256(slice_of_text(base));
    struct guid deployment;
    memcpy(deployment.bytes, hash.bytes, sizeof deployment.bytes);
    guid_format(deployment, out->deployment_id);
    out->profile = profile;
    out->host = talloc_strndup(mem, authority, strcspn(authority, ":/"));
    out->ews_url = talloc_asprintf(mem, "%s/EWS/Exchange.asmx", base);
    out->activesync_url = talloc_asprintf(mem, "%s/Microsoft-Server-ActiveSync", base);
    out->pox_url = talloc_asprintf(mem, "%s/autodiscover/autodiscover.xml", base);
    if (out->host == NULL || out->ews_url == NULL || out->activesync_url == NULL || out->pox_url == NULL)
        return status_fail(STATUS_NO_MEMORY, "autodiscover");
    return STATUS_OK;
}
