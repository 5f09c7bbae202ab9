/* What the commands of boursectl share: the table of commands and their context. */
#ifndef BOURSE_TOOLS_TOOL_H
#define BOURSE_TOOLS_TOOL_H

#include <jansson.h>
#include <stdio.h>

#include "bourse/base/config.h"
#include "bourse/base/status.h"

struct store;
struct directory;
struct groupware;

struct tool {
    TALLOC_CTX *mem;            /* lives as long as the command */
    const char *config_path;
    struct config *config;      /* NULL for commands that need none */
    bool json;                  /* machine-readable output, one JSON object a line */
    int argc;                   /* arguments behind the command's names */
    char **argv;
};

/* Exit codes: 0 done, 1 failed, 2 wrong use, 3 done but with findings (check). */
enum tool_exit { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2, TOOL_FINDINGS = 3 };

struct tool_command {
    const char *name;           /* "mailbox create" */
    const char *arguments;      /* "ADDRESS|--all" */
    const char *text;           /* one line for --help */
    bool needs_config;
    int (*run)(struct tool *tool);
};

/* NULL-terminated lists, one a file. */
extern const struct tool_command schema_commands[], mailbox_commands[], queue_commands[], check_commands[], config_commands[], transfer_commands[],
    trace_commands[], access_commands[], rules_commands[], booking_commands[], device_commands[];

/* Opens for the tool; on failure prints why and returns NULL. */
struct store *tool_store(struct tool *tool);
struct directory *tool_directory(struct tool *tool);
struct groupware *tool_groupware(struct tool *tool);
/* Prints "boursectl: <what>: <why>" and the cause chain; returns TOOL_FAILED. */
int tool_fail(enum status status, const char *format, ...) PRINTF_LIKE(2, 3);
/* Prints the message and returns TOOL_USAGE. */
int tool_usage(const char *format, ...) PRINTF_LIKE(1, 2);
/* Prints one JSON object on a line of its own and frees it. */
void tool_print_json(json_t *row);
/* Takes an option like "--repair" out of the arguments; true if it was there. */
bool tool_flag(struct tool *tool, const char *name);
/* Takes "--name VALUE" or "--name=VALUE" out; NULL if it was not there. */
const char *tool_option(struct tool *tool, const char *name);

/* The mailbox of an address (or of a GUID's text), by directory and store; prints why not. Returns 0 for none. */
int64_t tool_mailbox(struct tool *tool, const char *address);

#endif
