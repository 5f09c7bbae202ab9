#include "tool.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bourse/directory/directory.h"
#include "bourse/groupware/groupware.h"
#include "bourse/storage/mailbox.h"

int tool_fail(enum status status, const char *format, ...)
{
    char chain[1024];
    va_list arguments;
    fputs("boursectl: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, ": %s\n", status_client_text(status));
    if (status_chain_text(chain, sizeof chain)[0] != '\0')
        fprintf(stderr, "  %s\n", chain);
    return TOOL_FAILED;
}

int tool_usage(const char *format, ...)
{
    va_list arguments;
    fputs("boursectl: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\nTry: boursectl --help\n", stderr);
    return TOOL_USAGE;
}

void tool_print_json(json_t *row)
{
    if (row != NULL && json_dumpf(row, stdout, JSON_COMPACT) == 0)
        putchar('\n');
    json_decref(row);
}

static void remove_arguments(struct tool *tool, int at, int count)
{
    for (int i = at; i + count < tool->argc; i++)
        tool->argv[i] = tool->argv[i + count];
    tool->argc -= count;
}

bool tool_flag(struct tool *tool, const char *name)
{
    for (int i = 0; i < tool->argc; i++) {
        if (strcmp(tool->argv[i], name) == 0) {
            remove_arguments(tool, i, 1);
            return true;
        }
    }
    return false;
}

const char *tool_option(struct tool *tool, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; i < tool->argc; i++) {
        if (strncmp(tool->argv[i], name, length) != 0)
            continue;
        if (tool->argv[i][length] == '=') {
            const char *value = tool->argv[i] + length + 1;
            remove_arguments(tool, i, 1);
            return value;
        }
        if (tool->argv[i][length] == '\0' && i + 1 < tool->argc) {
            const char *value = tool->argv[i + 1];
            remove_arguments(tool, i, 2);
            return value;
        }
    }
    return NULL;
}

struct store *tool_store(struct tool *tool)
{
    struct store *store = NULL;
    enum status status = store_open_configured(tool->mem, tool->config, &store);
    if (status != STATUS_OK) {
        tool_fail(status, "cannot open the store");
        return NULL;
    }
    return store;
}

struct directory *tool_directory(struct tool *tool)
{
    struct directory *directory = NULL;
    enum status status = directory_open(tool->mem, tool->config, &directory);
    if (status != STATUS_OK) {
        tool_fail(status, "cannot open the directory");
        return NULL;
    }
    return directory;
}

struct groupware *tool_groupware(struct tool *tool)
{
    struct groupware *groupware = NULL;
    enum status status = groupware_open(tool->mem, tool->config, &groupware);
    if (status != STATUS_OK) {
        tool_fail(status, "cannot start");
        return NULL;
    }
    return groupware;
}

static enum status mailbox_by_text(struct tool *tool, struct store *store, const char *text, struct store_mailbox *out)
{
    struct guid guid;
    struct recipient_entry *entry = NULL;
    struct transaction *tx = NULL;
    bool is_guid = guid_parse(text, &guid) == STATUS_OK;
    if (!is_guid) {
        struct directory *directory = NULL;
        status_chain_clear();
        TRY(directory_open(tool->mem, tool->config, &directory));
        enum status status = recipient_by_address(tool->mem, directory, text, &entry);
        talloc_free(directory);
        TRY(status);
    }
    TRY(transaction_begin(tool->mem, store, TRANSACTION_READ, &tx));
    enum status status = is_guid ? store_mailbox_by_guid(tool->mem, tx, guid, out) : store_mailbox_by_owner(tool->mem, tx, entry->guid, out);
    talloc_free(tx);
    return status;
}

int64_t tool_mailbox(struct tool *tool, const char *address)
{
    struct store_mailbox mailbox;
    struct store *store = tool_store(tool);
    if (store == NULL)
        return 0;
    enum status status = mailbox_by_text(tool, store, address, &mailbox);
    talloc_free(store);
    if (status != STATUS_OK) {
        tool_fail(status, "%s", address);
        return 0;
    }
    return mailbox.id;
}
