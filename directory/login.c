#include "login.h"

#include "filter.h"

static bool domain_is_ours(const struct settings *settings, struct slice domain)
{
    struct slice netbios = slice_of_text(settings->netbios_domain);
    return netbios.length == 0 || slice_equal_ascii_nocase(domain, netbios) ||
           slice_equal_ascii_nocase(domain, slice_of_text(settings->dns_domain));
}

enum status login_item(TALLOC_CTX *mem, const struct settings *settings, const char *login, struct lookup_item *out)
{
    struct slice text = slice_trim(slice_of_text(login)), domain, account;
    enum lookup_kind kind = LOOKUP_ACCOUNT;
    if (text.length == 0 || text.length > FILTER_VALUE_MOST)
        return status_fail(STATUS_RECIPIENT_NOT_FOUND, "login name is empty or too long");
    if (slice_split(text, '\\', &domain, &account)) {
        if (!domain_is_ours(settings, domain))
            return status_fail(STATUS_RECIPIENT_NOT_FOUND, "login name of another domain");
        text = account;
    } else if (slice_split(text, '@', &account, &domain)) {
        /* account@NETBIOS is a form that Windows takes */
        bool is_netbios = settings->netbios_domain[0] != '\0' &&
                          slice_equal_ascii_nocase(domain, slice_of_text(settings->netbios_domain));
        if (is_netbios)
            text = account;
        else
            kind = LOOKUP_NAME;
    }
    const char *name = slice_text(mem, text);
    if (name == NULL || name[0] == '\0')
        return status_fail(STATUS_RECIPIENT_NOT_FOUND, "login name has no account");
    return lookup_item_text(mem, kind, name, out);
}

enum status recipient_by_login(TALLOC_CTX *mem, struct directory *directory, const char *login, struct recipient_entry **out)
{
    return login_find(mem, directory, login, false, out);
}

enum status login_find(TALLOC_CTX *mem, struct directory *directory, const char *login, bool is_fresh, struct recipient_entry **out)
{
    TALLOC_CTX *scratch = talloc_new(mem);
    struct settings *settings = directory_settings(directory);
    struct lookup_item item;
    enum status status = scratch != NULL ? login_item(scratch, settings, login, &item) : STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = lookup_items(scratch, directory, settings, &item, 1, is_fresh);
    if (status == STATUS_OK)
        status = item.status;
    if (status == STATUS_RECIPIENT_NOT_FOUND)
        status_fail(status, "no account with a mailbox has this login name");
    if (status == STATUS_OK && !item.entry->has_mailbox)
        status = status_fail(STATUS_RECIPIENT_NOT_FOUND, "%s has no mailbox here", item.entry->dn);
    if (status == STATUS_OK)
        *out = talloc_steal(mem, item.entry);
    settings_release(settings);
    talloc_free(scratch);
    return status;
}
