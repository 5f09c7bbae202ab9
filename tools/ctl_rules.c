/* boursectl rules list | show | set | delete, out-of-office show | set */
#include <stdlib.h>
#include <string.h>

#include "bourse/groupware/out_of_office.h"
#include "owner_session.h"
#include "rule_json.h"
#include "tool.h"

static const struct guid own = { { 0 } };

/* The session of the first argument's owner, which is taken out. */
static int open_session(struct tool *tool, int arguments, struct session **out)
{
    if (tool->argc != arguments)
        return tool_usage("wrong number of arguments");
    struct groupware *groupware = tool_groupware(tool);
    return groupware != NULL ? owner_session(tool, groupware, tool->argv[0], out) : TOOL_FAILED;
}

static int list_run(struct tool *tool)
{
    struct session *session = NULL;
    struct rule *rules = NULL;
    size_t count = 0;
    int result = open_session(tool, 1, &session);
    if (result != TOOL_OK)
        return result;
    enum status status = rules_list(tool->mem, session, own, &rules, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (tool->json)
            tool_print_json(rule_to_json(tool->mem, session, &rules[i]));
        else
            printf("%-8lld %4d  %-8s %s\n", (long long)rules[i].id, (int)rules[i].sequence,
                   rules[i].is_in_error ? "error" : rules[i].is_enabled ? "on" : "off", rules[i].name);
    }
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "rules of %s", tool->argv[0]);
}

static int show_run(struct tool *tool)
{
    struct session *session = NULL;
    struct rule *rules = NULL;
    size_t count = 0;
    int result = open_session(tool, 2, &session);
    if (result != TOOL_OK)
        return result;
    int64_t id = strtoll(tool->argv[1], NULL, 10);
    enum status status = rules_list(tool->mem, session, own, &rules, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (rules[i].id == id) {
            tool_print_json(rule_to_json(tool->mem, session, &rules[i]));
            return TOOL_OK;
        }
    return tool_fail(status == STATUS_OK ? STATUS_NOT_FOUND : status, "rule %s", tool->argv[1]);
}

static json_t *read_json(const char *path)
{
    json_error_t error;
    json_t *json = strcmp(path, "-") == 0 ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &error) : json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        tool_fail(STATUS_MALFORMED, "%s:%d: %s", path, error.line, error.text);
    return json;
}

/* One rule, or a list of them, all or none. */
static enum status set_rules(struct tool *tool, struct session *session, json_t *json)
{
    size_t count = json_is_array(json) ? json_array_size(json) : 1;
    struct rule *rules = talloc_zero_array(tool->mem, struct rule, (unsigned)count + 1);
    struct rule_change *changes = talloc_zero_array(tool->mem, struct rule_change, (unsigned)count + 1);
    TRY(rules != NULL && changes != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rules"));
    for (size_t i = 0; i < count; i++) {
        TRY(rule_of_json(tool->mem, session, json_is_array(json) ? json_array_get(json, i) : json, &rules[i]));
        changes[i] = (struct rule_change){ .kind = RULE_SAVE, .rule = &rules[i] };
    }
    TRY(rules_change(session, own, changes, count));
    for (size_t i = 0; i < count; i++) {
        if (tool->json)
            tool_print_json(json_pack("{s:I}", "id", (json_int_t)changes[i].id));
        else
            printf("rule %lld\n", (long long)changes[i].id);
    }
    return STATUS_OK;
}

static int set_run(struct tool *tool)
{
    struct session *session = NULL;
    int result = open_session(tool, 2, &session);
    if (result != TOOL_OK)
        return result;
    json_t *json = read_json(tool->argv[1]);
    if (json == NULL)
        return TOOL_FAILED;
    enum status status = set_rules(tool, session, json);
    json_decref(json);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s", tool->argv[1]);
}

static int delete_run(struct tool *tool)
{
    struct session *session = NULL;
    int result = open_session(tool, 2, &session);
    if (result != TOOL_OK)
        return result;
    struct rule rule = { .id = strtoll(tool->argv[1], NULL, 10), .name = "" };
    struct rule_change change = { .kind = RULE_DELETE, .rule = &rule };
    enum status status = rules_change(session, own, &change, 1);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "rule %s", tool->argv[1]);
}

/* ---- out-of-office ---- */

static const char *const states[] = { "disabled", "enabled", "scheduled" }, *const audiences[] = { "none", "known", "all" };

static int away_show_run(struct tool *tool)
{
    struct session *session = NULL;
    struct out_of_office *settings = NULL;
    char starts[INSTANT_TEXT_SIZE] = "", ends[INSTANT_TEXT_SIZE] = "";
    int result = open_session(tool, 1, &session);
    if (result != TOOL_OK)
        return result;
    enum status status = out_of_office_get(tool->mem, session, own, &settings);
    if (status != STATUS_OK)
        return tool_fail(status, "out-of-office of %s", tool->argv[0]);
    if (settings->state == OOF_SCHEDULED) {
        instant_format(settings->starts, starts);
        instant_format(settings->ends, ends);
    }
    tool_print_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "state", states[settings->state], "audience", audiences[settings->audience], "starts", starts, "ends", ends,
                              "internal", settings->internal, "external", settings->external));
    return TOOL_OK;
}

static bool choice(const json_t *value, const char *const *names, size_t count, int *out)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; i < count && text != NULL; i++)
        if (strcmp(names[i], text) == 0) {
            *out = (int)i;
            return true;
        }
    return value == NULL; /* left out: the first */
}

static bool time_member(const json_t *json, const char *member, instant *out)
{
    const char *text = json_string_value(json_object_get(json, member));
    return text == NULL || text[0] == '\0' || instant_parse(text, out);
}

static enum status set_away(struct session *session, const json_t *json)
{
    int state = 0, audience = 0;
    const char *internal = json_string_value(json_object_get(json, "internal")), *external = json_string_value(json_object_get(json, "external"));
    struct out_of_office settings = { .internal = internal != NULL ? internal : "", .external = external != NULL ? external : "" };
    bool fine = choice(json_object_get(json, "state"), states, ARRAY_LENGTH(states), &state) &&
                choice(json_object_get(json, "audience"), audiences, ARRAY_LENGTH(audiences), &audience) &&
                time_member(json, "starts", &settings.starts) && time_member(json, "ends", &settings.ends);
    if (!fine)
        return status_fail(STATUS_INVALID_ARGUMENT, "state, audience, starts or ends");
    settings.state = (enum out_of_office_state)state;
    settings.audience = (enum out_of_office_audience)audience;
    return out_of_office_set(session, own, &settings);
}

static int away_set_run(struct tool *tool)
{
    struct session *session = NULL;
    int result = open_session(tool, 2, &session);
    if (result != TOOL_OK)
        return result;
    json_t *json = read_json(tool->argv[1]);
    if (json == NULL)
        return TOOL_FAILED;
    enum status status = set_away(session, json);
    json_decref(json);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s", tool->argv[1]);
}

const struct tool_command rules_commands[] = {
    { "rules list", "MAILBOX", "inbox rules in order", true, list_run },
    { "rules show", "MAILBOX ID", "one rule as JSON", true, show_run },
    { "rules set", "MAILBOX FILE", "add or replace (with its id) rules of a JSON file, - for standard input", true, set_run },
    { "rules delete", "MAILBOX ID", "delete a rule", true, delete_run },
    { "out-of-office show", "MAILBOX", "settings as JSON", true, away_show_run },
    { "out-of-office set", "MAILBOX FILE", "settings of a JSON file, - for standard input", true, away_set_run },
    { NULL, NULL, NULL, false, NULL },
};
