/* boursectl: administration from the command line. Finds the command and runs it. */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "bourse/base/log.h"
#include "tool.h"

#define DEFAULT_CONFIG "/etc/bourse/bourse.conf"

enum { CALL_WIDTH = 44, NAMES = 3 /* words of a command: "mailbox delegate add" */ };

static const struct tool_command *const groups[] = {
    mailbox_commands, access_commands, transfer_commands, rules_commands, booking_commands, device_commands, queue_commands, check_commands, schema_commands, config_commands,
    trace_commands,
};

static void help(FILE *out)
{
    fputs("usage: boursectl [--config FILE] [--json] COMMAND [ARGUMENTS]\n\nCommands:\n", out);
    for (size_t g = 0; g < ARRAY_LENGTH(groups); g++)
        for (const struct tool_command *command = groups[g]; command->name != NULL; command++) {
            char call[160];
            snprintf(call, sizeof call, "%s %s", command->name, command->arguments);
            if (strlen(call) <= CALL_WIDTH)
                fprintf(out, "  %-*s %s\n", CALL_WIDTH, call, command->text);
            else /* a line of its own */
                fprintf(out, "  %s\n  %*s %s\n", call, CALL_WIDTH, "", command->text);
        }
    fputs("\nOptions:\n"
          "  -c, --config FILE  configuration (" DEFAULT_CONFIG ")\n"
          "      --json         machine-readable output\n"
          "  -V, --version      print the version\n"
          "  -h, --help         print this\n\n"
          "Exit code: 0 done, 1 failed, 2 wrong use, 3 check found defects. See boursectl(1).\n",
          out);
}

/* How many of the arguments are the command's names; 0: another command. */
static int names_match(const struct tool_command *command, int argc, char **argv)
{
    char joined[80] = "";
    size_t length = 0;
    for (int names = 1; names <= argc && names <= NAMES; names++) {
        int more = snprintf(joined + length, sizeof joined - length, "%s%s", names > 1 ? " " : "", argv[names - 1]);
        if (more < 0 || (size_t)more >= sizeof joined - length)
            return 0;
        length += (size_t)more;
        if (strcmp(command->name, joined) == 0)
            return names;
    }
    return 0;
}

static const struct tool_command *find_command(struct tool *tool)
{
    for (size_t g = 0; g < ARRAY_LENGTH(groups); g++)
        for (const struct tool_command *command = groups[g]; command->name != NULL; command++) {
            int names = names_match(command, tool->argc, tool->argv);
            if (names > 0) {
                tool->argc -= names;
                tool->argv += names;
                return command;
            }
        }
    return NULL;
}

static int run(struct tool *tool, const struct tool_command *command)
{
    if (command->needs_config) {
        enum status status = config_load(tool->mem, tool->config_path, &tool->config);
        if (status != STATUS_OK)
            return tool_fail(status, "%s", tool->config_path);
    }
    return command->run(tool);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "json", no_argument, NULL, 'j' }, { "version", no_argument, NULL, 'V' },
        { "help", no_argument, NULL, 'h' },         { NULL, 0, NULL, 0 },
    };
    struct tool tool = { .config_path = DEFAULT_CONFIG };
    for (int letter; (letter = getopt_long(argc, argv, "+c:jVh", options, NULL)) != -1;) {
        if (letter == 'c') {
            tool.config_path = optarg;
        } else if (letter == 'j') {
            tool.json = true;
        } else if (letter == 'V') {
            puts("boursectl " BOURSE_VERSION);
            return TOOL_OK;
        } else {
            help(letter == 'h' ? stdout : stderr);
            return letter == 'h' ? TOOL_OK : TOOL_USAGE;
        }
    }
    log_open("boursectl", STDERR_FILENO, LOG_LEVEL_WARNING);
    tool.argc = argc - optind;
    tool.argv = argv + optind;
    tool.json = tool_flag(&tool, "--json") || tool.json;
    const struct tool_command *command = find_command(&tool);
    if (command == NULL)
        return tool.argc > 0 ? tool_usage("there is no command %s", tool.argv[0]) : (help(stderr), TOOL_USAGE);
    tool.mem = talloc_new(NULL);
    int code = run(&tool, command);
    talloc_free(tool.mem);
    return code;
}
