/* boursectl schema show | apply */
#include "bourse/storage/schema.h"
#include "progress.h"
#include "tool.h"

static int schema_show_run(struct tool *tool)
{
    struct schema_migration *list = NULL;
    size_t count = 0;
    struct store *store = tool_store(tool);
    if (store == NULL)
        return TOOL_FAILED;
    enum status status = schema_show(tool->mem, store, &list, &count);
    if (status != STATUS_OK)
        return tool_fail(status, "schema");
    for (size_t i = 0; i < count; i++) {
        char when[INSTANT_TEXT_SIZE] = "";
        bool applied = list[i].steps_done == list[i].steps;
        if (applied)
            instant_format(list[i].applied, when);
        if (tool->json)
            tool_print_json(json_pack("{s:s,s:i,s:i,s:s}", "migration", list[i].name, "steps", (int)list[i].steps, "steps_done",
                                      (int)list[i].steps_done, "applied", when));
        else
            printf("%-32s %s\n", list[i].name, applied ? when : "not applied");
    }
    return TOOL_OK;
}

struct applying {
    struct tool *tool;
    struct progress *progress;
};

static void on_step(const char *migration, int32_t step, int32_t steps, void *data)
{
    struct applying *applying = data;
    if (step <= 1 || applying->progress == NULL) {
        progress_end(applying->progress);
        applying->progress = progress_start(applying->tool->mem, migration, "steps", steps, applying->tool->json);
    }
    progress_step(applying->progress, 1);
}

static int schema_apply_run(struct tool *tool)
{
    struct applying applying = { .tool = tool };
    struct store *store = tool_store(tool);
    if (store == NULL)
        return TOOL_FAILED;
    enum status status = schema_apply(store, on_step, &applying);
    progress_end(applying.progress);
    if (status != STATUS_OK)
        return tool_fail(status, "schema");
    if (tool->json)
        tool_print_json(json_pack("{s:i}", "schema", (int)schema_version()));
    else
        printf("schema version %d\n", (int)schema_version());
    return TOOL_OK;
}

const struct tool_command schema_commands[] = {
    { "schema show", "", "migrations and whether they are applied", true, schema_show_run },
    { "schema apply", "", "apply what is missing", true, schema_apply_run },
    { NULL, NULL, NULL, false, NULL },
};
