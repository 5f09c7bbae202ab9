/* boursed: the server. Command line and choice of what this process is. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bourse/base/config.h"
#include "bourse/base/log.h"
#include "master.h"
#include "role.h"

#define DEFAULT_CONFIG "/etc/bourse/bourse.conf"

static void usage(FILE *out)
{
    fputs("usage: boursed [--config FILE] [--role ROLE | --foreground]\n"
          "\n"
          "Without --role and --foreground: a master that starts one process a role and watches them.\n"
          "\n"
          "  -c, --config FILE  configuration (" DEFAULT_CONFIG ")\n"
          "  -r, --role ROLE    be one role: httpd, smtpd or deliverd\n"
          "  -f, --foreground   all roles in this one process, for development\n"
          "  -V, --version      print the version\n"
          "  -h, --help         print this\n"
          "\n"
          "Signals: TERM and INT drain and stop, HUP reads the configuration and the certificate again.\n"
          "See boursed(8), bourse.conf(5).\n",
          out);
}

struct choice {
    const char *config_path;
    const struct role *role;
    bool is_foreground;
    int exit_code; /* >= 0: end now with it */
};

static const struct option long_options[] = {
    { "config", required_argument, NULL, 'c' }, { "role", required_argument, NULL, 'r' }, { "foreground", no_argument, NULL, 'f' },
    { "version", no_argument, NULL, 'V' },      { "help", no_argument, NULL, 'h' },       { NULL, 0, NULL, 0 },
};

static void choose_role(struct choice *choice, const char *name)
{
    if (strcmp(name, "all") == 0) {
        choice->is_foreground = true;
        return;
    }
    choice->role = role_by_name(name);
    if (choice->role == NULL) {
        fprintf(stderr, "boursed: there is no role %s (httpd, smtpd, deliverd, all)\n", name);
        choice->exit_code = 2;
    }
}

static struct choice parse(int argc, char **argv)
{
    struct choice choice = { .config_path = DEFAULT_CONFIG, .exit_code = -1 };
    for (int letter; choice.exit_code < 0 && (letter = getopt_long(argc, argv, "c:r:fVh", long_options, NULL)) != -1;) {
        if (letter == 'c') {
            choice.config_path = optarg;
        } else if (letter == 'r') {
            choose_role(&choice, optarg);
        } else if (letter == 'f') {
            choice.is_foreground = true;
        } else if (letter == 'V') {
            puts("boursed " BOURSE_VERSION);
            choice.exit_code = 0;
        } else {
            usage(letter == 'h' ? stdout : stderr);
            choice.exit_code = letter == 'h' ? 0 : 2;
        }
    }
    if (choice.exit_code < 0 && optind < argc) {
        fprintf(stderr, "boursed: unexpected argument %s\n", argv[optind]);
        choice.exit_code = 2;
    }
    return choice;
}

/* Says what is wrong before three roles say it in their logs. */
static int check_config(const char *path)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct config *config = NULL;
    enum status status = config_load(mem, path, &config);
    if (status != STATUS_OK)
        fprintf(stderr, "boursed: %s\n", status_client_text(status));
    talloc_free(mem);
    return status == STATUS_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct choice choice = parse(argc, argv);
    if (choice.exit_code >= 0)
        return choice.exit_code;
    umask(0027);
    if (check_config(choice.config_path) != 0)
        return 1;
    if (choice.role != NULL)
        return roles_run(choice.role->name, &choice.role, 1, choice.config_path, choice.role->metrics_offset);
    if (choice.is_foreground) {
        const struct role *all[] = { &role_smtpd, &role_deliverd, &role_httpd };
        return roles_run("all", all, ARRAY_LENGTH(all), choice.config_path, 0);
    }
    log_open("master", STDERR_FILENO, LOG_LEVEL_INFO);
    return master_run("/proc/self/exe", choice.config_path);
}
