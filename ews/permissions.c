#include "permissions.h"

#include "bourse/base/log.h"
#include "bourse/groupware/people.h"
#include "request_check.h"

static const char *amount_of(uint32_t rights, uint32_t any, uint32_t own)
{
    return rights & any ? "All" : rights & own ? "Owned" : "None";
}

static void write_user(struct ews_call *call, const struct permission *entry)
{
    xml_start(call->out, "t:UserId");
    if (entry->kind == PERMISSION_PERSON) {
        if (entry->address != NULL && entry->address[0] != '\0')
            xml_element(call->out, "t:PrimarySmtpAddress", entry->address);
        xml_element(call->out, "t:DisplayName", entry->display_name);
    } else {
        xml_element(call->out, "t:DistinguishedUser", entry->kind == PERMISSION_DEFAULT ? "Default" : "Anonymous");
    }
    xml_end(call->out);
}

static const char *read_access(uint32_t rights, bool is_calendar)
{
    if (rights & RIGHT_READ_ANY)
        return "FullDetails";
    if (is_calendar && (rights & RIGHT_FREE_BUSY_DETAILED))
        return "TimeAndSubjectAndLocation";
    return is_calendar && (rights & RIGHT_FREE_BUSY_SIMPLE) ? "TimeOnly" : "None";
}

static void write_entry(struct ews_call *call, const struct permission *entry, bool is_calendar)
{
    struct xml_writer *out = call->out;
    uint32_t rights = entry->rights, free_busy = RIGHT_FREE_BUSY_SIMPLE | RIGHT_FREE_BUSY_DETAILED;
    xml_start(out, is_calendar ? "t:CalendarPermission" : "t:Permission");
    write_user(call, entry);
    xml_element_bool(out, "t:CanCreateItems", rights & RIGHT_CREATE);
    xml_element_bool(out, "t:CanCreateSubFolders", rights & RIGHT_CREATE_SUBFOLDER);
    xml_element_bool(out, "t:IsFolderOwner", rights & RIGHT_FOLDER_OWNER);
    xml_element_bool(out, "t:IsFolderVisible", rights & RIGHT_FOLDER_VISIBLE);
    xml_element_bool(out, "t:IsFolderContact", rights & RIGHT_FOLDER_CONTACT);
    xml_element(out, "t:EditItems", amount_of(rights, RIGHT_EDIT_ANY, RIGHT_EDIT_OWN));
    xml_element(out, "t:DeleteItems", amount_of(rights, RIGHT_DELETE_ANY, RIGHT_DELETE_OWN));
    xml_element(out, "t:ReadItems", read_access(rights, is_calendar));
    const char *level = rights_role(is_calendar && !(rights & RIGHT_READ_ANY) ? rights : rights & ~free_busy);
    if (!is_calendar && strncmp(level, "FreeBusy", 8) == 0)
        level = "Custom";
    xml_element(out, is_calendar ? "t:CalendarPermissionLevel" : "t:PermissionLevel", level);
    xml_end(out);
}

void permissions_write(struct ews_call *call, const char *element, const struct object_id *folder, bool is_calendar)
{
    struct permission *entries = NULL;
    size_t count = 0;
    enum status status = permissions_get(call->mem, call->session, folder, &entries, &count);
    if (status != STATUS_OK) {
        if (status_info(status)->fault != FAULT_CLIENT)
            log_failure(EVENT_ITEM_SKIPPED, status, "permissions of a folder");
        status_chain_clear();
        return;
    }
    xml_start(call->out, element);
    xml_start(call->out, is_calendar ? "t:CalendarPermissions" : "t:Permissions");
    for (size_t i = 0; i < count; i++)
        write_entry(call, &entries[i], is_calendar);
    xml_end(call->out);
    xml_end(call->out);
}

/* Groups have no mailbox, and rights all the same: those of every member. */
static enum status read_group(struct ews_call *call, const char *address, struct permission *out)
{
    struct person *people = NULL;
    size_t count = 0;
    bool more = false;
    status_chain_clear();
    enum status status = people_resolve(call->mem, call->session, address, true, false, 10, &people, &count, &more);
    if (status != STATUS_OK)
        return ews_recode(call, status, STATUS_NAME_NOT_FOUND, EWS_CODE_PERMISSION_USER);
    for (size_t i = 0; i < count; i++) {
        if (people[i].kind != PERSON_GROUP || strcasecmp(people[i].address, address) != 0)
            continue;
        out->kind = PERMISSION_PERSON;
        out->person = people[i].guid;
        out->display_name = people[i].display_name;
        out->address = people[i].address;
        return STATUS_OK;
    }
    return ews_fail(call, EWS_CODE_PERMISSION_USER, "%.60s is neither a mailbox nor a group", address);
}

static enum status read_user(struct ews_call *call, const struct xml_node *user, struct permission *out)
{
    const char *special = xml_child_text(user, EWS_NS_TYPES, "DistinguishedUser");
    const char *address = xml_child_text(user, EWS_NS_TYPES, "PrimarySmtpAddress");
    struct user_profile *profile;
    if (special != NULL) {
        out->kind = strcmp(special, "Default") == 0 ? PERMISSION_DEFAULT : PERMISSION_ANONYMOUS;
        return STATUS_OK;
    }
    if (address == NULL)
        return ews_fail(call, EWS_CODE_PERMISSION_USER, "no address");
    enum status status = user_profile_of_address(call->mem, session_groupware(call->session), address, &profile);
    if (status == STATUS_RECIPIENT_NOT_FOUND)
        return read_group(call, address, out);
    TRY(status);
    out->kind = PERMISSION_PERSON;
    out->person = profile->guid;
    out->display_name = profile->display_name;
    out->address = profile->address;
    return STATUS_OK;
}

static bool flag_of(const struct xml_node *entry, const char *name)
{
    bool value = false;
    const char *text = xml_child_text(entry, EWS_NS_TYPES, name);
    return text != NULL && request_parse_bool(text, &value) && value;
}

static uint32_t amount_bits(const struct xml_node *entry, const char *name, uint32_t any, uint32_t own)
{
    const char *word = xml_child_text(entry, EWS_NS_TYPES, name);
    if (word == NULL || strcmp(word, "None") == 0)
        return 0;
    return strcmp(word, "All") == 0 ? any | own : own;
}

static uint32_t custom_rights(const struct xml_node *entry)
{
    const char *reading = xml_child_text(entry, EWS_NS_TYPES, "ReadItems");
    uint32_t rights = 0;
    rights |= flag_of(entry, "CanCreateItems") ? RIGHT_CREATE : 0u;
    rights |= flag_of(entry, "CanCreateSubFolders") ? RIGHT_CREATE_SUBFOLDER : 0u;
    rights |= flag_of(entry, "IsFolderOwner") ? RIGHT_FOLDER_OWNER : 0u;
    rights |= flag_of(entry, "IsFolderVisible") ? RIGHT_FOLDER_VISIBLE : 0u;
    rights |= flag_of(entry, "IsFolderContact") ? RIGHT_FOLDER_CONTACT : 0u;
    rights |= amount_bits(entry, "EditItems", RIGHT_EDIT_ANY, RIGHT_EDIT_OWN);
    rights |= amount_bits(entry, "DeleteItems", RIGHT_DELETE_ANY, RIGHT_DELETE_OWN);
    if (reading != NULL && strcmp(reading, "FullDetails") == 0)
        rights |= RIGHT_READ_ANY;
    if (reading != NULL && strcmp(reading, "TimeAndSubjectAndLocation") == 0)
        rights |= RIGHT_FREE_BUSY_DETAILED | RIGHT_FREE_BUSY_SIMPLE;
    if (reading != NULL && strcmp(reading, "TimeOnly") == 0)
        rights |= RIGHT_FREE_BUSY_SIMPLE;
    return rights;
}

static enum status read_entry(struct ews_call *call, const struct xml_node *entry, struct permission *out)
{
    const char *level = xml_child_text(entry, EWS_NS_TYPES, "PermissionLevel");
    if (level == NULL)
        level = xml_child_text(entry, EWS_NS_TYPES, "CalendarPermissionLevel");
    TRY(read_user(call, xml_child(entry, EWS_NS_TYPES, "UserId"), out));
    if (level == NULL || strcmp(level, "Custom") == 0)
        out->rights = custom_rights(entry);
    else if (!rights_of_role(level, &out->rights))
        return ews_fail(call, EWS_CODE_PERMISSIONS, "level %s", level);
    return STATUS_OK;
}

enum status permissions_read(struct ews_call *call, const struct xml_node *set, struct permission **out, size_t *count)
{
    const struct xml_node *list = set->child;
    *count = 0;
    if (list == NULL || xml_child(set, EWS_NS_TYPES, "UnknownEntries") != NULL)
        return ews_fail(call, EWS_CODE_PERMISSIONS, "no list, or unknown entries");
    *out = talloc_zero_array(call->mem, struct permission, ROOM(xml_child_count(list)));
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "permissions");
    for (const struct xml_node *entry = list->child; entry != NULL; entry = entry->next)
        TRY(read_entry(call, entry, &(*out)[(*count)++]));
    return STATUS_OK;
}
