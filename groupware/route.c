/* Where an address leads. */
#include "address.h"
#include "bourse/base/text.h"
#include "bourse/groupware/deliver.h"
#include "bourse/storage/mailbox.h"
#include "locate.h"
#include "quota.h"
#include "route_entry.h"

/* postmaster and abuse must always be answered [RFC 5321] 4.5.1, [RFC 2142] 4. */
static bool is_duty_address(const char *address)
{
    return address_has_local_part(address, "postmaster") || address_has_local_part(address, "abuse");
}

static const char *duty_target(TALLOC_CTX *mem, const struct groupware *groupware, const char *address)
{
    const char *target = config_text(groupware->config, CONFIG_server_postmaster);
    const char *domain = address_domain(address);
    const char *const *domains = config_list(groupware->config, CONFIG_server_domains);
    if (strchr(target, '@') != NULL)
        return target;
    return talloc_asprintf(mem, "%s@%s", target, domain != NULL ? domain : domains[0] != NULL ? domains[0] : "localhost");
}

enum status route_find_entry(TALLOC_CTX *mem, struct groupware *groupware, const char *address, struct recipient_entry **out)
{
    const char *const *domains = config_list(groupware->config, CONFIG_server_domains);
    if (address_domain(address) == NULL && domains[0] != NULL)
        address = talloc_asprintf(mem, "%s@%s", address, domains[0]);
    if (address == NULL)
        return status_fail(STATUS_NO_MEMORY, "address");
    enum status status = recipient_by_address(mem, groupware->directory, address, out);
    if (status == STATUS_RECIPIENT_NOT_FOUND && is_duty_address(address)) {
        const char *target = duty_target(mem, groupware, address);
        if (target != NULL && !ascii_equal_nocase(target, address))
            status = recipient_by_address(mem, groupware->directory, target, out);
    }
    return status;
}

/* Only a mailbox that is there can be full; a new one is made at delivery. */
static enum status check_receive_quota(TALLOC_CTX *mem, struct groupware *groupware, const struct mailbox_key *key)
{
    struct transaction *tx = NULL;
    struct store_mailbox mailbox;
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = store_mailbox_get(mem, tx, key->id, &mailbox);
    talloc_free(tx);
    return status == STATUS_OK ? quota_check_save(groupware, &mailbox, 0) : STATUS_OK;
}

static bool has_any_quota(const struct groupware *groupware)
{
    return config_size(groupware->config, CONFIG_mailbox_receive_quota) != 0;
}

static enum status route_of_entry(TALLOC_CTX *mem, struct groupware *groupware, const struct recipient_entry *entry, struct route *out)
{
    out->guid = entry->guid;
    out->address = entry->address != NULL ? entry->address : out->address;
    if (entry->kind == RECIPIENT_GROUP) {
        out->route = ROUTE_GROUP;
        return STATUS_OK;
    }
    if (!entry->has_mailbox) { /* a contact: its mail goes where its address is */
        out->route = ROUTE_REMOTE;
        return STATUS_OK;
    }
    out->route = ROUTE_LOCAL;
    struct mailbox_key key;
    if (has_any_quota(groupware) && mailbox_cache_by_owner(groupware->mailboxes, entry->guid, &key))
        return check_receive_quota(mem, groupware, &key);
    return STATUS_OK;
}

enum status deliver_route(TALLOC_CTX *mem, struct groupware *groupware, const char *address, struct route *out)
{
    *out = (struct route){ .route = ROUTE_REMOTE, .address = talloc_strdup(mem, address) };
    if (out->address == NULL)
        return status_fail(STATUS_NO_MEMORY, "route");
    struct recipient_entry *entry = NULL;
    if (!address_is_local(groupware->config, address))
        return STATUS_OK;
    TRY(route_find_entry(mem, groupware, address, &entry));
    if (entry->kind == RECIPIENT_CONTACT && entry->address != NULL && address_is_local(groupware->config, entry->address))
        return status_fail(STATUS_RECIPIENT_NOT_FOUND, "contact %s points back into a local domain", entry->address);
    return route_of_entry(mem, groupware, entry, out);
}
