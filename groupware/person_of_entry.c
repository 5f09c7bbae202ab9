#include "person_of_entry.h"

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static enum person_kind kind_of(enum recipient_kind kind)
{
    static const enum person_kind kinds[] = {
        [RECIPIENT_USER] = PERSON_MAILBOX,        [RECIPIENT_SHARED] = PERSON_SHARED, [RECIPIENT_ROOM] = PERSON_ROOM,
        [RECIPIENT_EQUIPMENT] = PERSON_EQUIPMENT, [RECIPIENT_GROUP] = PERSON_GROUP,   [RECIPIENT_CONTACT] = PERSON_CONTACT,
    };
    return kinds[kind];
}

const char *legacy_dn_of_entry(TALLOC_CTX *mem, const struct recipient_entry *entry)
{
    return entry->legacy_dn != NULL ? entry->legacy_dn : legacy_dn_of_guid(mem, entry->guid);
}

static const char *manager_name(TALLOC_CTX *mem, struct directory *directory, const char *dn)
{
    struct recipient_entry *manager = NULL;
    if (dn == NULL || recipient_by_dn(mem, directory, dn, &manager) != STATUS_OK)
        return "";
    return manager->display_name;
}

static void fill_details(struct person *out, const struct recipient_details *details)
{
    out->given_name = or_empty(details->given_name);
    out->surname = or_empty(details->surname);
    out->initials = or_empty(details->initials);
    out->title = or_empty(details->title);
    out->department = or_empty(details->department);
    out->company = or_empty(details->company);
    out->office = or_empty(details->office);
    out->business_phone = or_empty(details->telephone);
    out->mobile_phone = or_empty(details->mobile);
    out->home_phone = or_empty(details->home_telephone);
    out->fax = or_empty(details->fax);
    out->street = or_empty(details->street);
    out->city = or_empty(details->city);
    out->state = or_empty(details->state);
    out->postal_code = or_empty(details->postal_code);
    out->country = or_empty(details->country);
    out->notes = or_empty(details->notes);
}

enum status person_of_entry(TALLOC_CTX *mem, struct directory *directory, const struct recipient_entry *entry, struct person *out)
{
    *out = (struct person){ .kind = kind_of(entry->kind), .guid = entry->guid };
    out->display_name = entry->display_name;
    out->address = or_empty(entry->address);
    out->legacy_dn = legacy_dn_of_entry(mem, entry);
    if (out->legacy_dn == NULL)
        return status_fail(STATUS_NO_MEMORY, "person");
    fill_details(out, &entry->details);
    out->manager = manager_name(mem, directory, entry->details.manager_dn);
    return STATUS_OK;
}
