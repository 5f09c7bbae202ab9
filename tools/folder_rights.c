#include "folder_rights.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bourse/base/memory.h"
#include "bourse/directory/directory.h"
#include "bourse/groupware/access.h"
#include "bourse/groupware/folder.h"
#include "owner_session.h"

/* All that [MS-OXCPERM] 2.2.7 knows. */
enum { RIGHTS_KNOWN = 0x1FFB };

bool folder_rights_parse(const char *text, uint32_t *rights)
{
    static const struct {
        const char *name;
        uint32_t rights;
    } roles[] = {
#define RIGHT(name, bit, text)
#define ROLE(name, mask, ews) { ews, mask },
#include "bourse/model/rights.def"
#undef RIGHT
#undef ROLE
    };
    char *end = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(roles); i++)
        if (strcasecmp(roles[i].name, text) == 0) {
            *rights = roles[i].rights;
            return true;
        }
    unsigned long mask = strncmp(text, "0x", 2) == 0 ? strtoul(text, &end, 16) : 0;
    if (end == NULL || *end != '\0' || end == text + 2 || (mask & ~(unsigned long)RIGHTS_KNOWN) != 0)
        return false;
    *rights = (uint32_t)mask;
    return true;
}

/* "calendar", "inbox" (the names of EWS), or a display name in the tree; the first that matches. */
static enum status find_folder(struct tool *tool, struct session *session, const char *name, struct object_id *out)
{
    enum folder_role role = folder_role_of_ews_name(name);
    struct object_id top;
    struct folder_page *page = NULL;
    struct folder_query query = { .deep = true };
    if (role != FOLDER_ROLE_NONE)
        return folder_id_of_role(session, session_mailbox(session), role, out);
    TRY(folder_id_of_role(session, session_mailbox(session), FOLDER_ROLE_IPM_SUBTREE, &top));
    TRY(folder_find(tool->mem, session, &top, &query, &page));
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->folders[i]->display_name, name) == 0) {
            *out = page->folders[i]->id;
            return STATUS_OK;
        }
    return status_fail(STATUS_FOLDER_NOT_FOUND, "there is no folder %s", name);
}

static void print_entry(const struct tool *tool, const struct permission *entry)
{
    const char *who = entry->kind == PERMISSION_DEFAULT     ? "default"
                      : entry->kind == PERMISSION_ANONYMOUS ? "anonymous"
                      : entry->address[0] != '\0'           ? entry->address
                                                            : entry->display_name;
    if (tool->json)
        tool_print_json(json_pack("{s:s,s:s,s:i}", "who", who, "role", rights_role(entry->rights), "mask", (int)entry->rights));
    else
        printf("%-40s %-34s %#06x\n", who, rights_role(entry->rights), (unsigned)entry->rights);
}

static enum status list_in(struct tool *tool, struct session *session)
{
    struct object_id folder;
    struct permission *entries = NULL;
    size_t count = 0;
    TRY(find_folder(tool, session, tool->argv[1], &folder));
    TRY(permissions_get(tool->mem, session, &folder, &entries, &count));
    for (size_t i = 0; i < count; i++)
        print_entry(tool, &entries[i]);
    return STATUS_OK;
}

static enum status entry_of(struct tool *tool, struct groupware *groupware, const char *who, struct permission *out)
{
    struct recipient_entry *person = NULL;
    bool is_default = strcmp(who, "default") == 0, is_anonymous = strcmp(who, "anonymous") == 0;
    *out = (struct permission){ .kind = is_default ? PERMISSION_DEFAULT : is_anonymous ? PERMISSION_ANONYMOUS : PERMISSION_PERSON, .display_name = "", .address = "" };
    if (is_default || is_anonymous)
        return STATUS_OK;
    TRY(recipient_by_address(tool->mem, groupware_directory(groupware), who, &person));
    out->person = person->guid;
    out->display_name = person->display_name;
    return STATUS_OK;
}

static enum status set_in(struct tool *tool, struct groupware *groupware, struct session *session, uint32_t rights)
{
    struct object_id folder;
    struct permission *old = NULL, entry;
    size_t count = 0, kept = 0;
    TRY(find_folder(tool, session, tool->argv[1], &folder));
    TRY(entry_of(tool, groupware, tool->argv[2], &entry));
    entry.rights = rights;
    TRY(permissions_get(tool->mem, session, &folder, &old, &count));
    struct permission *entries = array_new(tool->mem, struct permission, count + 1);
    if (entries == NULL)
        return status_fail(STATUS_NO_MEMORY, "permissions");
    for (size_t i = 0; i < count; i++)
        if (old[i].kind != entry.kind || (entry.kind == PERMISSION_PERSON && !guid_equal(old[i].person, entry.person)))
            entries[kept++] = old[i];
    if (rights != 0 || entry.kind != PERMISSION_PERSON)
        entries[kept++] = entry;
    return permissions_set(session, &folder, entries, kept);
}

static int run(struct tool *tool, bool sets, uint32_t rights)
{
    struct session *session = NULL;
    struct groupware *groupware = tool_groupware(tool);
    if (groupware == NULL)
        return TOOL_FAILED;
    int code = owner_session(tool, groupware, tool->argv[0], &session);
    if (code == TOOL_OK) {
        enum status status = sets ? set_in(tool, groupware, session, rights) : list_in(tool, session);
        code = status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s, %s", tool->argv[0], tool->argv[1]);
    }
    groupware_close(groupware);
    return code;
}

int folder_rights_list_run(struct tool *tool)
{
    return tool->argc == 2 ? run(tool, false, 0) : tool_usage("folder rights list needs a mailbox and a folder");
}

int folder_rights_set_run(struct tool *tool)
{
    uint32_t rights = 0;
    if (tool->argc != 4)
        return tool_usage("folder rights set needs a mailbox, a folder, a person, and a role");
    if (!folder_rights_parse(tool->argv[3], &rights))
        return tool_usage("%s is no role: owner, editor, author, reviewer, contributor, FreeBusyTimeOnly ..., none, or a mask with 0x", tool->argv[3]);
    return run(tool, true, rights);
}
