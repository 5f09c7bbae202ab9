/* boursectl booking show | set: how rooms and equipment answer meeting requests. */
#include <string.h>

#include "bourse/groupware/booking.h"
#include "tool.h"

static int show_run(struct tool *tool)
{
    struct booking_policy *policy = NULL;
    if (tool->argc != 1)
        return tool_usage("give the address of a room or equipment");
    struct groupware *groupware = tool_groupware(tool);
    if (groupware == NULL)
        return TOOL_FAILED;
    enum status status = booking_policy_get(tool->mem, groupware, tool->argv[0], &policy);
    char *text = status == STATUS_OK ? booking_policy_text(tool->mem, policy) : NULL;
    if (text == NULL)
        return tool_fail(status != STATUS_OK ? status : STATUS_NO_MEMORY, "booking policy of %s", tool->argv[0]);
    fputs(text, stdout);
    return TOOL_OK;
}

static int set_run(struct tool *tool)
{
    if (tool->argc < 2)
        return tool_usage("give an address and option=value ...");
    struct groupware *groupware = tool_groupware(tool);
    if (groupware == NULL)
        return TOOL_FAILED;
    for (int i = 1; i < tool->argc; i++) {
        char *option = talloc_strdup(tool->mem, tool->argv[i]), *equals = option != NULL ? strchr(option, '=') : NULL;
        if (equals == NULL)
            return tool_usage("an option is written as name=value");
        *equals = '\0';
        enum status status = booking_policy_set(groupware, tool->argv[0], option, equals + 1);
        if (status != STATUS_OK)
            return tool_fail(status, "%s of %s", option, tool->argv[0]);
    }
    return TOOL_OK;
}

const struct tool_command booking_commands[] = {
    { "booking show", "ROOM", "how a room or equipment answers meeting requests", true, show_run },
    { "booking set", "ROOM OPTION=VALUE...", "change that; an empty value is the default", true, set_run },
    { NULL, NULL, NULL, false, NULL },
};
