/* boursectl device list | show | wipe | block | allow | forget: phones that sync a mailbox */
#include <string.h>

#include "bourse/base/log.h"
#include "bourse/groupware/device.h"
#include "tool.h"

static const char *const access_names[] = { [DEVICE_ALLOWED] = "allowed", [DEVICE_BLOCKED] = "blocked", [DEVICE_QUARANTINED] = "quarantined" };
static const char *const wipe_names[] = { [WIPE_NONE] = "none", [WIPE_ASKED] = "asked", [WIPE_TOLD] = "told", [WIPE_DONE] = "done", [WIPE_FAILED] = "failed" };

static const struct {
    const char *name, *shown;
} facts[DEVICE_FACT_COUNT] = {
    [DEVICE_MODEL] = { "model", "Model" },
    [DEVICE_IMEI] = { "imei", "IMEI" },
    [DEVICE_FRIENDLY_NAME] = { "friendly_name", "Name" },
    [DEVICE_OS] = { "os", "System" },
    [DEVICE_OS_LANGUAGE] = { "os_language", "Language" },
    [DEVICE_PHONE_NUMBER] = { "phone_number", "Number" },
    [DEVICE_MOBILE_OPERATOR] = { "mobile_operator", "Operator" },
    [DEVICE_USER_AGENT] = { "reported_user_agent", "Program (reported)" },
};

struct device_work {
    struct tool *tool;
    struct groupware *groupware;
    struct guid mailbox;
    const char *address, *device; /* device NULL: all */
};

/* TOOL_OK, or the exit code. */
static int open_work(struct tool *tool, int arguments, struct device_work *out)
{
    struct user_profile *profile = NULL;
    if (tool->argc != arguments)
        return tool_usage(arguments == 1 ? "give the address of a mailbox" : "give the address of a mailbox and the id of a device (boursectl device list)");
    *out = (struct device_work){ .tool = tool, .address = tool->argv[0], .device = arguments > 1 ? tool->argv[1] : NULL };
    out->groupware = tool_groupware(tool);
    if (out->groupware == NULL)
        return TOOL_FAILED;
    enum status status = user_profile_of_address(tool->mem, out->groupware, out->address, &profile);
    if (status == STATUS_OK && guid_is_zero(profile->mailbox))
        status = status_fail(STATUS_MAILBOX_NOT_FOUND, "no mailbox yet");
    if (status == STATUS_OK) {
        out->mailbox = profile->mailbox;
        return TOOL_OK;
    }
    int code = tool_fail(status, "%s", out->address);
    groupware_close(out->groupware);
    return code;
}

static json_t *device_json(const struct device *device)
{
    char first[INSTANT_TEXT_SIZE], last[INSTANT_TEXT_SIZE];
    json_t *row = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:s,s:s,s:s}", "device", device->id, "type", device->type, "user_agent", device->user_agent, "access",
                            access_names[device->access], "wipe", wipe_names[device->wipe], "account_only", (int)device->wipe_account_only, "has_policy",
                            (int)(device->policy_key != 0), "first_seen", instant_format(device->first_seen, first), "last_seen",
                            instant_format(device->last_seen, last), "last_failure", device->last_failure);
    for (size_t i = 0; row != NULL && i < DEVICE_FACT_COUNT; i++)
        json_object_set_new(row, facts[i].name, json_string(device->facts[i]));
    return row;
}

/* Devices name themselves: nothing of it steers a terminal. */
static const char *shown(TALLOC_CTX *mem, const char *text)
{
    char *copy = talloc_strdup(mem, text);
    for (char *at = copy; at != NULL && *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            *at = '?';
    return copy != NULL ? copy : "";
}

static int list_run(struct tool *tool)
{
    struct device_work work;
    struct device *devices = NULL;
    size_t count = 0;
    int code = open_work(tool, 1, &work);
    if (code != TOOL_OK)
        return code;
    enum status status = device_list(tool->mem, work.groupware, work.mailbox, &devices, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        char last[INSTANT_TEXT_SIZE];
        const struct device *device = &devices[i];
        if (tool->json)
            tool_print_json(device_json(device));
        else
            printf("%-32s  %-16s  %-11s  %-6s  %s  %s\n", shown(tool->mem, device->id), shown(tool->mem, device->type), access_names[device->access],
                   device->wipe == WIPE_NONE ? "" : wipe_names[device->wipe], instant_format(device->last_seen, last), shown(tool->mem, device->facts[DEVICE_MODEL]));
    }
    groupware_close(work.groupware);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "devices of %s", work.address);
}

/* ---- show ---- */

static void print_device(struct tool *tool, const struct device *device)
{
    char first[INSTANT_TEXT_SIZE], last[INSTANT_TEXT_SIZE];
    printf("Device: %s\nType: %s\nProgram: %s\n", shown(tool->mem, device->id), shown(tool->mem, device->type), shown(tool->mem, device->user_agent));
    for (size_t i = 0; i < DEVICE_FACT_COUNT; i++)
        if (device->facts[i][0] != '\0')
            printf("%s: %s\n", facts[i].shown, shown(tool->mem, device->facts[i]));
    printf("Access: %s\nPolicy: %s\n", access_names[device->access],
           device->policy_key != 0 ? "acknowledged" : device->offered_policy_key != 0 ? "offered, not acknowledged" : "never asked for");
    if (device->wipe != WIPE_NONE)
        printf("Wipe%s: %s\n", device->wipe_account_only ? " of the account" : "", wipe_names[device->wipe]);
    printf("First seen: %s\nLast seen: %s\n", instant_format(device->first_seen, first), instant_format(device->last_seen, last));
    if (device->last_failure[0] != '\0')
        printf("Last failure: %s\n", shown(tool->mem, device->last_failure));
}

static void print_collections(struct tool *tool, const struct device_collection_summary *list, size_t count, json_t *array)
{
    char when[INSTANT_TEXT_SIZE];
    for (size_t i = 0; i < count; i++) {
        instant_format(list[i].modified, when);
        if (array != NULL)
            json_array_append_new(array, json_pack("{s:I,s:I,s:I,s:s}", "folder", (json_int_t)list[i].folder, "key", (json_int_t)list[i].key, "state_bytes",
                                                   (json_int_t)list[i].state_bytes, "changed", when));
        else if (list[i].folder == DEVICE_HIERARCHY)
            printf("Folder tree: key %u, state %zu bytes, changed %s\n", list[i].key, list[i].state_bytes, when);
        else
            printf("Folder %lld: key %u, state %zu bytes, changed %s\n", (long long)list[i].folder, list[i].key, list[i].state_bytes, when);
    }
    (void)tool;
}

static enum status show(struct device_work *work)
{
    struct device *devices = NULL;
    struct device_collection_summary *collections = NULL;
    size_t count = 0, found = 0;
    TRY(device_list(work->tool->mem, work->groupware, work->mailbox, &devices, &count));
    while (found < count && strcmp(devices[found].id, work->device) != 0)
        found++;
    if (found == count)
        return status_fail(STATUS_NOT_FOUND, "no such device");
    const struct device *device = &devices[found];
    TRY(device_collections(work->tool->mem, work->groupware, work->mailbox, work->device, &collections, &count));
    json_t *row = work->tool->json ? device_json(device) : NULL, *array = row != NULL ? json_array() : NULL;
    if (row == NULL)
        print_device(work->tool, device);
    print_collections(work->tool, collections, count, array);
    if (row != NULL) {
        json_object_set_new(row, "collections", array);
        tool_print_json(row);
    }
    return STATUS_OK;
}

static int show_run(struct tool *tool)
{
    struct device_work work;
    int code = open_work(tool, 2, &work);
    if (code != TOOL_OK)
        return code;
    enum status status = show(&work);
    groupware_close(work.groupware);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "device %s of %s", work.device, work.address);
}

/* ---- changes ---- */

static void wipe(struct device *device, void *data)
{
    device->wipe = WIPE_ASKED;
    device->wipe_account_only = *(const bool *)data;
}

static void block(struct device *device, void *data)
{
    (void)data;
    device->access = DEVICE_BLOCKED;
}

/* Also takes back a wipe. */
static void allow(struct device *device, void *data)
{
    (void)data;
    device->access = DEVICE_ALLOWED;
    device->wipe = WIPE_NONE;
}

/* The line is for whoever keeps the tool's messages as a record of what admins did. */
static int finish(struct device_work *work, enum status status, const char *what)
{
    groupware_close(work->groupware);
    if (status != STATUS_OK)
        return tool_fail(status, "device %s of %s", work->device, work->address);
    log_set_level(LOG_LEVEL_NOTICE);
    log_event(EVENT_DEVICE_CHANGED, "%s: device %s of %s", what, work->device, work->address);
    if (work->tool->json)
        tool_print_json(json_pack("{s:s,s:s,s:s}", "mailbox", work->address, "device", work->device, "done", what));
    return TOOL_OK;
}

static int change_run(struct tool *tool, void (*change)(struct device *device, void *data), void *data, const char *what)
{
    struct device_work work;
    int code = open_work(tool, 2, &work);
    if (code != TOOL_OK)
        return code;
    return finish(&work, device_change(work.groupware, work.mailbox, work.device, change, data), what);
}

static int wipe_run(struct tool *tool)
{
    bool account_only = tool_flag(tool, "--account-only");
    return change_run(tool, wipe, &account_only, account_only ? "wipe of the account" : "wipe");
}

static int block_run(struct tool *tool)
{
    return change_run(tool, block, NULL, "block");
}

static int allow_run(struct tool *tool)
{
    return change_run(tool, allow, NULL, "allow");
}

static int forget_run(struct tool *tool)
{
    struct device_work work;
    int code = open_work(tool, 2, &work);
    return code != TOOL_OK ? code : finish(&work, device_forget(work.groupware, work.mailbox, work.device), "forget");
}

const struct tool_command device_commands[] = {
    { "device list", "MAILBOX", "phones that sync a mailbox, their state and when they were seen", true, list_run },
    { "device show", "MAILBOX DEVICE", "what a device is, its sync keys and its last failure", true, show_run },
    { "device wipe", "MAILBOX DEVICE [--account-only]", "have a device erase everything, or the account, at its next request", true, wipe_run },
    { "device block", "MAILBOX DEVICE", "refuse a device", true, block_run },
    { "device allow", "MAILBOX DEVICE", "let a device sync; takes back a wipe", true, allow_run },
    { "device forget", "MAILBOX DEVICE", "remove a device; one that comes back is new", true, forget_run },
    { NULL, NULL, NULL, false, NULL },
};
