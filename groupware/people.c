/* The address book: directory entries and the contacts of a mailbox as persons. */
#include "bourse/base/memory.h"
#include "bourse/groupware/people.h"

#include "bourse/directory/directory.h"
#include "bourse/model/properties.h"
#include "contact_search.h"
#include "person_of_entry.h"

/* [MS-OXWSRSLNM] 3.1.4.1: at most 100 candidates come back. */
enum { PEOPLE_LIMIT = 100 };

static enum status add_directory_matches(TALLOC_CTX *mem, struct session *session, const char *text, size_t limit,
                                         struct person *people, size_t *count, bool *more)
{
    struct address_list_page *page = NULL;
    struct directory *directory = groupware_directory(session_groupware(session));
    TRY(address_list_resolve(mem, directory, text, limit, &page));
    for (size_t i = 0; i < page->count && *count < limit; i++)
        TRY(person_of_entry(mem, directory, page->entries[i], &people[(*count)++]));
    *more = *more || page->is_truncated || page->total > page->count;
    return STATUS_OK;
}

enum status people_resolve(TALLOC_CTX *mem, struct session *session, const char *text, bool directory, bool contacts, size_t limit,
                           struct person **out, size_t *count, bool *more)
{
    *count = 0;
    *more = false;
    if (limit == 0 || limit > PEOPLE_LIMIT)
        limit = PEOPLE_LIMIT;
    *out = array_new(mem, struct person, limit);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "people");
    if (contacts)
        TRY(contact_search(mem, session, text, limit, *out, count, more));
    if (directory && *count < limit)
        TRY(add_directory_matches(mem, session, text, limit, *out, count, more));
    if (*count == 0)
        return status_fail(STATUS_NAME_NOT_FOUND, "no match for a name of %zu bytes", strlen(text));
    return STATUS_OK;
}

enum status people_group_members(TALLOC_CTX *mem, struct session *session, const char *address, struct person **out, size_t *count)
{
    struct directory *directory = groupware_directory(session_groupware(session));
    struct recipient_entry *group = NULL;
    TRY(recipient_by_address(mem, directory, address, &group));
    if (group->kind != RECIPIENT_GROUP)
        return status_fail(STATUS_NAME_NOT_FOUND, "%s is not a group", address);
    struct group_members *members = NULL;
    TRY(group_direct_members(mem, directory, group->guid, &members));
    *count = 0;
    *out = array_new(mem, struct person, members->count + 1);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "group members");
    for (size_t i = 0; i < members->count; i++)
        TRY(person_of_entry(mem, directory, members->entries[i], &(*out)[(*count)++]));
    return STATUS_OK;
}

enum status people_photo(TALLOC_CTX *mem, struct session *session, const char *address, struct slice *out)
{
    *out = slice_of(NULL, 0);
    struct directory *directory = groupware_directory(session_groupware(session));
    struct recipient_entry *entry = NULL;
    TRY(recipient_by_address(mem, directory, address, &entry));
    enum status status = recipient_photo(mem, directory, entry->guid, out);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
