#include "owner_session.h"

#include "bourse/directory/directory.h"

int owner_session(struct tool *tool, struct groupware *groupware, const char *address, struct session **out)
{
    struct recipient_entry *entry = NULL;
    enum status status = recipient_by_address(tool->mem, groupware_directory(groupware), address, &entry);
    if (status == STATUS_OK)
        status = session_open(tool->mem, groupware, entry->guid, out);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s", address);
}
