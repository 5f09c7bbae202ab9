/* boursectl config check | show | sample | manual */
#include "bourse/base/buffer.h"
#include "bourse/groupware/device_policy.h"
#include "tool.h"

enum { TEXT_CAP = 4 * 1024 * 1024 };

static int print(struct buffer *text)
{
    if (buffer_status(text) != STATUS_OK)
        return tool_fail(buffer_status(text), "config");
    fputs(buffer_text(text), stdout);
    return TOOL_OK;
}

/* Files that the configuration names and that servers read later. */
static enum status check_files(struct tool *tool)
{
    const char *path = config_text(tool->config, CONFIG_activesync_policy_file);
    struct device_policy *policies = NULL;
    size_t count = 0;
    return *path != '\0' ? device_policies_read(tool->mem, path, &policies, &count) : STATUS_OK;
}

static int check_run(struct tool *tool)
{
    enum status status = check_files(tool);
    if (status != STATUS_OK)
        return tool_fail(status, "%s: %s", config_text(tool->config, CONFIG_activesync_policy_file), status_client_text(status));
    if (tool->json)
        tool_print_json(json_pack("{s:s,s:b}", "config", tool->config_path, "valid", 1));
    else
        printf("%s is valid\n", tool->config_path);
    return TOOL_OK;
}

static int show_run(struct tool *tool)
{
    struct buffer *text = buffer_new(tool->mem, TEXT_CAP);
    config_write_effective(tool->config, text);
    return print(text);
}

static int sample_run(struct tool *tool)
{
    struct buffer *text = buffer_new(tool->mem, TEXT_CAP);
    config_write_sample(text);
    return print(text);
}

static int manual_run(struct tool *tool)
{
    struct buffer *text = buffer_new(tool->mem, TEXT_CAP);
    config_write_manual(text);
    return print(text);
}

const struct tool_command config_commands[] = {
    { "config check", "", "is the configuration valid?", true, check_run },
    { "config show", "", "effective values, secrets hidden", true, show_run },
    { "config sample", "", "print a commented sample file", false, sample_run },
    { "config manual", "", "print the options as manual page text", false, manual_run },
    { NULL, NULL, NULL, false, NULL },
};
