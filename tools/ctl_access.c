/* boursectl mailbox delegate add | remove | list, folder rights list | set: who may do what in whose mailbox */
#include <stdlib.h>
#include <string.h>

#include "bourse/groupware/delegate.h"
#include "bourse/groupware/groupware.h"
#include "folder_rights.h"
#include "tool.h"

/* In the order of enum delegate_folder. */
static const char *const folder_names[DELEGATE_FOLDERS] = { "calendar", "tasks", "inbox", "contacts", "notes", "journal" };

/* "calendar=editor" into the delegate's rights. */
static bool take_folder(const char *text, struct mailbox_delegate *delegate)
{
    const char *equals = strchr(text, '=');
    uint32_t rights = 0;
    for (size_t i = 0; equals != NULL && i < DELEGATE_FOLDERS; i++)
        if (strlen(folder_names[i]) == (size_t)(equals - text) && strncmp(folder_names[i], text, (size_t)(equals - text)) == 0 &&
            folder_rights_parse(equals + 1, &rights)) {
            delegate->rights[i] = rights;
            return true;
        }
    return false;
}

static void print_delegate(const struct tool *tool, const struct mailbox_delegate *delegate)
{
    if (tool->json) {
        json_t *folders = json_object();
        for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
            json_object_set_new(folders, folder_names[i], json_string(rights_role(delegate->rights[i])));
        tool_print_json(json_pack("{s:s,s:s,s:b,s:b,s:b,s:b,s:b,s:o}", "address", delegate->address, "name", delegate->display_name, "full_access",
                                  (int)delegate->has_full_access, "send_as", (int)delegate->sends_as, "send_on_behalf", (int)delegate->sends_on_behalf, "private",
                                  (int)delegate->sees_private, "copies", (int)delegate->receives_copies, "folders", folders));
        return;
    }
    printf("%-36s%s%s%s%s%s", delegate->address[0] != '\0' ? delegate->address : delegate->display_name, delegate->has_full_access ? " full-access" : "",
           delegate->sends_as ? " send-as" : "", delegate->sends_on_behalf ? " send-on-behalf" : "", delegate->sees_private ? " private" : "",
           delegate->receives_copies ? " copies" : "");
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
        if (delegate->rights[i] != 0)
            printf(" %s=%s", folder_names[i], rights_role(delegate->rights[i]));
    putchar('\n');
}

static int add_run(struct tool *tool)
{
    struct mailbox_delegate delegate = { 0 };
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
        delegate.rights[i] = DELEGATE_RIGHTS_UNCHANGED;
    delegate.has_full_access = tool_flag(tool, "--full-access");
    delegate.sends_as = tool_flag(tool, "--send-as");
    delegate.sends_on_behalf = tool_flag(tool, "--send-on-behalf");
    delegate.sees_private = tool_flag(tool, "--private");
    delegate.receives_copies = tool_flag(tool, "--copies");
    for (const char *folder; (folder = tool_option(tool, "--folder")) != NULL;)
        if (!take_folder(folder, &delegate))
            return tool_usage("--folder %s: FOLDER=ROLE with calendar, tasks, inbox, contacts, notes or journal, and a role such as editor", folder);
    if (tool->argc != 2)
        return tool_usage("mailbox delegate add needs a mailbox and a person");
    bool gives_rights = false;
    for (size_t i = 0; i < DELEGATE_FOLDERS; i++)
        gives_rights = gives_rights || delegate.rights[i] != DELEGATE_RIGHTS_UNCHANGED;
    if (!gives_rights && !delegate.has_full_access && !delegate.sends_as && !delegate.sends_on_behalf && !delegate.sees_private && !delegate.receives_copies)
        return tool_usage("mailbox delegate add: say what the person may do");
    struct groupware *groupware = tool_groupware(tool);
    if (groupware == NULL)
        return TOOL_FAILED;
    enum status status = delegate_admin_set(groupware, tool->argv[0], tool->argv[1], &delegate);
    groupware_close(groupware);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s, %s", tool->argv[0], tool->argv[1]);
}

static int remove_run(struct tool *tool)
{
    if (tool->argc != 2)
        return tool_usage("mailbox delegate remove needs a mailbox and a person");
    struct groupware *groupware = tool_groupware(tool);
    if (groupware == NULL)
        return TOOL_FAILED;
    enum status status = delegate_admin_remove(groupware, tool->argv[0], tool->argv[1]);
    groupware_close(groupware);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s, %s", tool->argv[0], tool->argv[1]);
}

static int list_run(struct tool *tool)
{
    struct mailbox_delegate *delegates = NULL;
    size_t count = 0;
    if (tool->argc != 1)
        return tool_usage("mailbox delegate list needs one mailbox");
    struct groupware *groupware = tool_groupware(tool);
    if (groupware == NULL)
        return TOOL_FAILED;
    enum status status = delegate_admin_list(tool->mem, groupware, tool->argv[0], &delegates, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        print_delegate(tool, &delegates[i]);
    groupware_close(groupware);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s", tool->argv[0]);
}

const struct tool_command access_commands[] = {
    { "mailbox delegate add", "MAILBOX PERSON [--full-access] [--send-as] [--send-on-behalf] [--private] [--copies] [--folder FOLDER=ROLE]...",
      "let a person or group act for a mailbox; replaces what was said before", true, add_run },
    { "mailbox delegate remove", "MAILBOX PERSON", "take it back, rights on the special folders too", true, remove_run },
    { "mailbox delegate list", "MAILBOX", "who may act for a mailbox", true, list_run },
    { "folder rights list", "MAILBOX FOLDER", "who may do what in a folder", true, folder_rights_list_run },
    { "folder rights set", "MAILBOX FOLDER PERSON|default|anonymous ROLE", "give a role in a folder; none takes it away", true, folder_rights_set_run },
    { NULL, NULL, NULL, false, NULL },
};
