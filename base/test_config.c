#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bourse/base/buffer.h"
#include "bourse/base/log.h"
#include "config_table.h"

static struct config *parse_good(TALLOC_CTX *mem, const char *text)
{
    struct config *config = NULL;
    status_chain_clear();
    enum status status = config_parse_text(mem, "bourse.conf", slice_of_text(text), &config);
    if (status != STATUS_OK)
        print_error("%s\n", status_client_text(status));
    assert_int_equal(status, STATUS_OK);
    return config;
}

static void defaults_are_there(void **state)
{
    (void)state;
    struct config *config = config_default(NULL);
    assert_int_equal(config_int(config, CONFIG_smtp_port), 25);
    assert_int_equal(config_size(config, CONFIG_smtp_message_size), 36 << 20);
    assert_int_equal(config_seconds(config, CONFIG_queue_expiry), 5 * 86400);
    assert_false(config_bool(config, CONFIG_directory_ignore_exchange_attributes));
    assert_string_equal(config_text(config, CONFIG_server_log_level), "info");
    assert_string_equal(config_text(config, CONFIG_tls_key), "");
    assert_null(config_list(config, CONFIG_server_domains)[0]);
    assert_string_equal(config_list(config, CONFIG_smtp_listen)[0], "0.0.0.0");
    assert_string_equal(config_list(config, CONFIG_smtp_listen)[1], "::");
    assert_null(config_list(config, CONFIG_smtp_listen)[2]);
    assert_null(config_secret(config, CONFIG_directory_bind_password_file));
    talloc_free(config);
}

static void reads_every_type(void **state)
{
    (void)state;
    struct config *config = parse_good(NULL, "# comment\n"
                                             "smtp {\n"
                                             "  port = 2525  # behind a value\n"
                                             "  message_size = 10MiB\n"
                                             "  idle = \"1m 30s\"\n"
                                             "  listen = {\"127.0.0.1\", '::1'}\n"
                                             "}\n"
                                             "/* block\n comment */\n"
                                             "server {\n"
                                             "  domains = {\"example.com, example.org\"}\n"
                                             "  hostname = mail.example.com\n"
                                             "  data_directory = \"/srv/with space\"\n"
                                             "}\n"
                                             "directory { ignore_exchange_attributes = yes uris = \"ldaps://ldap.example.com\" }\n"
                                             "queue { expiry = 2d delay_notice = 0 }\n");
    assert_int_equal(config_int(config, CONFIG_smtp_port), 2525);
    assert_int_equal(config_size(config, CONFIG_smtp_message_size), 10 << 20);
    assert_int_equal(config_seconds(config, CONFIG_smtp_idle), 90);
    assert_string_equal(config_list(config, CONFIG_smtp_listen)[1], "::1");
    assert_string_equal(config_list(config, CONFIG_server_domains)[1], "example.org");
    assert_string_equal(config_text(config, CONFIG_server_hostname), "mail.example.com");
    assert_string_equal(config_text(config, CONFIG_server_data_directory), "/srv/with space");
    assert_true(config_bool(config, CONFIG_directory_ignore_exchange_attributes));
    assert_string_equal(config_list(config, CONFIG_directory_uris)[0], "ldaps://ldap.example.com");
    assert_int_equal(config_seconds(config, CONFIG_queue_expiry), 172800);
    assert_int_equal(config_seconds(config, CONFIG_queue_delay_notice), 0);
    talloc_free(config);
}

static void empty_file_and_split_sections_are_fine(void **state)
{
    (void)state;
    talloc_free(parse_good(NULL, ""));
    talloc_free(parse_good(NULL, "# only a comment"));
    struct config *none = parse_good(NULL, "smtp { listen = {} }");
    assert_null(config_list(none, CONFIG_smtp_listen)[0]);
    talloc_free(none);
    struct config *config = parse_good(NULL, "smtp { port = 26 }\nqueue { }\nsmtp { recipients = 200 }\n");
    assert_int_equal(config_int(config, CONFIG_smtp_port), 26);
    assert_int_equal(config_int(config, CONFIG_smtp_recipients), 200);
    talloc_free(config);
}

/* A mistake and the message that the administrator gets. */
static const struct {
    const char *text;
    const char *message;
} mistakes[] = {
    { "smtp {\n port = 70000\n}\n", "bourse.conf:2: smtp: port must be 0 to 65535, not 70000" },
    { "smtp {\n port = -1\n}\n", "bourse.conf:2: smtp: port must be 0 to 65535, not -1" },
    { "smtp {\n port = twenty\n}\n", "bourse.conf:2: smtp: port must be a number, not \"twenty\"" },
    { "smtp {\n port = 99999999999999999999\n}\n",
      "bourse.conf:2: smtp: port must be a number, not \"99999999999999999999\"" },
    { "\n\nsmtp { prot = 25 }\n", "bourse.conf:3: smtp: no such option 'prot'" },
    { "smpt { port = 25 }\n", "bourse.conf:1: no such option 'smpt'" },
    { "smtp { message_size = 1KiB }", "bourse.conf:1: smtp: message_size must be at least 65536, not 1024" },
    { "smtp { message_size = 9999999TiB }",
      "bourse.conf:1: smtp: message_size must be a size such as 512KiB or 36MiB, not \"9999999TiB\"" },
    { "smtp { idle = 5 years }", "bourse.conf:1: smtp: no such option 'years'" },
    { "smtp { idle = 5y }",
      "bourse.conf:1: smtp: idle must be a duration such as 30s, 5m, 4h or 2d, not \"5y\"" },
    { "directory { ignore_exchange_attributes = maybe }",
      "bourse.conf:1: directory: ignore_exchange_attributes must be yes or no, not \"maybe\"" },
    { "server { log_level = loud }",
      "bourse.conf:1: server: log_level must be one of error|warning|notice|info|debug, not \"loud\"" },
    { "tls {\n\n key = key.pem }", "bourse.conf:3: tls: key must be an absolute path, not \"key.pem\"" },
    { "smtp {\n port = 25\n port = 26\n}", "bourse.conf:3: smtp: port was set before, on line 2" },
    { "smtp {\n port = 25\n", "bourse.conf:1: the section that begins here is not closed" },
    { "server { domains = {\"a\"} }\nserver { domains = {\"b\"} }", "bourse.conf:2: server: domains was set before, on line 1" },
    { "server { hostname = \"a\nb\" }", "bourse.conf:1: string has no end on its line" },
    { "server { hostname = \"a\x01\" }", "bourse.conf:1: server: hostname must not contain control characters" },
    { "server {\n hostname = \"${HOSTNAME}\" }",
      "bourse.conf:2: environment variables are not expanded; write ${ in single quotes if it is meant" },
    { "server { hostname = ${HOSTNAME} }", "bourse.conf:1: environment variables are not expanded" },
    { "server { hostname = \"a\\x41\" }", "bourse.conf:1: only \\\" and \\\\ may stand after a backslash" },
    { "\nserver * { }", "bourse.conf:2: unexpected character; texts other than plain words need quotes" },
    { "smtp { listen = {\"a\"} listen = {} listen = {\"b\", \"c\"} }", "bourse.conf:1: smtp: listen was set before, on line 1" },
    { "server { hostname = \"\xFF\" }", "bourse.conf:1: is not UTF-8 text" },
};

static void mistakes_are_told_with_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++) {
        struct config *config;
        status_chain_clear();
        assert_int_equal(config_parse_text(NULL, "bourse.conf", slice_of_text(mistakes[i].text), &config),
                         STATUS_CONFIGURATION);
        assert_null(config);
        assert_string_equal(status_client_text(STATUS_CONFIGURATION), mistakes[i].message);
    }
}

static void broken_syntax_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = { "smtp {",          "smtp { port 25 }", "smtp { port = }", "smtp { port = 25",
                                          "}",               "smtp = 5",         "port = 5",        "smtp { listen = {\"a\" }",
                                          "smtp { \"open }", "/* open",          "= 5",             "smtp { port = {1} }" };
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
        struct config *config;
        status_chain_clear();
        enum status status = config_parse_text(NULL, "x", slice_of_text(broken[i]), &config);
        if (status != STATUS_CONFIGURATION)
            print_error("accepted: %s\n", broken[i]);
        assert_int_equal(status, STATUS_CONFIGURATION);
        assert_int_equal(strncmp(status_client_text(status), "x:", 2), 0);
    }
    struct config *config;
    assert_int_equal(config_parse_text(NULL, "x", slice_of("smtp {\0}", 8), &config), STATUS_CONFIGURATION);
    /* Nothing of a bad file stays behind. */
    talloc_free(parse_good(NULL, "smtp { port = 26 }\r\n"));
}

static void set_by_hand(void **state)
{
    (void)state;
    struct config *config = config_default(NULL);
    assert_int_equal(config_set(config, "smtp.port=2525"), STATUS_OK);
    assert_int_equal(config_set(config, " smtp . listen = 127.0.0.1 , ::1 ,"), STATUS_OK);
    assert_int_equal(config_set(config, "directory.base=dc=example,dc=com"), STATUS_OK);
    assert_int_equal(config_int(config, CONFIG_smtp_port), 2525);
    assert_string_equal(config_list(config, CONFIG_smtp_listen)[1], "::1");
    assert_null(config_list(config, CONFIG_smtp_listen)[2]);
    assert_string_equal(config_text(config, CONFIG_directory_base), "dc=example,dc=com");
    assert_int_equal(config_set(config, "smtp.port=x"), STATUS_CONFIGURATION);
    assert_int_equal(config_set(config, "smtp.prot=1"), STATUS_CONFIGURATION);
    assert_int_equal(config_set(config, "smtp.port"), STATUS_CONFIGURATION);
    assert_int_equal(config_set(config, "port=1"), STATUS_CONFIGURATION);
    assert_int_equal(config_int(config, CONFIG_smtp_port), 2525);
    talloc_free(config);
}

static void reload_tells_what_waits_for_a_restart(void **state)
{
    (void)state;
    struct config *running = config_default(NULL), *loaded = config_default(NULL);
    struct buffer *out = buffer_new(NULL, 1000);
    config_write_restart_needed(running, loaded, out);
    assert_string_equal(buffer_text(out), "");
    assert_int_equal(config_set(loaded, "smtp.port=2525"), STATUS_OK);
    assert_int_equal(config_set(loaded, "smtp.recipients=500"), STATUS_OK);
    assert_int_equal(config_set(loaded, "http.workers=4"), STATUS_OK);
    config_write_restart_needed(running, loaded, out);
    assert_string_equal(buffer_text(out), "smtp.port, http.workers");
    talloc_free(out);
    talloc_free(running);
    talloc_free(loaded);
}

static char warning[2000];

static void keep_warning(const char *line, void *data)
{
    (void)data;
    snprintf(warning, sizeof warning, "%s", line);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

/* A folder of its own with secret and configuration files. */
struct files {
    char folder[64];
    char secret[128];
    char config[128];
};

static void make_files(struct files *files, const char *secret, mode_t mode)
{
    snprintf(files->folder, sizeof files->folder, "/tmp/bourse-test-config-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    snprintf(files->secret, sizeof files->secret, "%s/secret", files->folder);
    snprintf(files->config, sizeof files->config, "%s/bourse.conf", files->folder);
    char text[400];
    snprintf(text, sizeof text, "directory {\n  bind_password_file = \"%s\"\n}\n", files->secret);
    write_file(files->secret, secret, mode);
    write_file(files->config, text, 0644);
}

static void remove_files(const struct files *files)
{
    unlink(files->secret);
    unlink(files->config);
    rmdir(files->folder);
}

static void secret_is_read_and_never_shown(void **state)
{
    (void)state;
    struct files files;
    struct config *config;
    make_files(&files, "p@ss word\n", 0600);
    log_set_sink(keep_warning, NULL);
    warning[0] = '\0';
    assert_int_equal(config_load(NULL, files.config, &config), STATUS_OK);
    const struct secret *secret = config_secret(config, CONFIG_directory_bind_password_file);
    assert_true(slice_equal(secret_reveal(secret), slice_of_text("p@ss word")));
    struct buffer *out = buffer_new(NULL, 1 << 20);
    config_write_effective(config, out);
    assert_non_null(strstr(buffer_text(out), "directory.bind_password_file = (set)\n"));
    assert_non_null(strstr(buffer_text(out), "queue.smarthost_password_file = (unset)\n"));
    assert_non_null(strstr(buffer_text(out), "smtp.message_size = 36MiB\n"));
    assert_null(strstr(buffer_text(out), "p@ss"));
    assert_string_equal(warning, "");
    talloc_free(out);
    talloc_free(config);
    chmod(files.secret, 0644);
    assert_int_equal(config_load(NULL, files.config, &config), STATUS_OK);
    assert_non_null(strstr(warning, "\"B108\""));
    assert_non_null(strstr(warning, "mode 0644"));
    assert_null(strstr(warning, "p@ss"));
    talloc_free(config);
    log_set_sink(NULL, NULL);
    remove_files(&files);
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    struct files files;
    struct config *config;
    char expected[400];
    make_files(&files, "x", 0600);
    unlink(files.secret);
    status_chain_clear();
    assert_int_equal(config_load(NULL, files.config, &config), STATUS_CONFIGURATION);
    snprintf(expected, sizeof expected, "%s:2: directory: bind_password_file cannot read \"%s\": No such file or directory",
             files.config, files.secret);
    assert_string_equal(status_client_text(STATUS_CONFIGURATION), expected);
    /* Not a regular file: a device or a pipe could block. */
    assert_int_equal(mkfifo(files.secret, 0600), 0);
    assert_int_equal(config_load(NULL, files.config, &config), STATUS_CONFIGURATION);
    unlink(files.config);
    status_chain_clear();
    assert_int_equal(config_load(NULL, files.config, &config), STATUS_CONFIGURATION);
    snprintf(expected, sizeof expected, "%s: cannot be read: No such file or directory", files.config);
    assert_string_equal(status_client_text(STATUS_CONFIGURATION), expected);
    assert_int_equal(config_load(NULL, files.folder, &config), STATUS_CONFIGURATION);
    assert_null(config);
    remove_files(&files);
}

/* The sample must be accepted as it is, and with every option switched on must give the defaults. */
static void sample_gives_the_defaults(void **state)
{
    (void)state;
    struct buffer *sample = buffer_new(NULL, 1 << 20), *effective = buffer_new(NULL, 1 << 20);
    config_write_sample(sample);
    assert_int_equal(buffer_status(sample), STATUS_OK);
    struct config *config = parse_good(sample, buffer_text(sample));
    config_write_effective(config, effective);
    char *text = talloc_strdup(sample, buffer_text(sample));
    int options = 0;
    for (char *at = text; (at = strstr(at, "    #")) != NULL; at += 5) {
        if (at[5] != ' ') {
            at[4] = ' ';
            options++;
        }
    }
    assert_int_equal(options, CONFIG_COUNT);
    struct config *all = parse_good(sample, text);
    struct buffer *again = buffer_new(sample, 1 << 20);
    config_write_effective(all, again);
    assert_string_equal(buffer_text(again), buffer_text(effective));
    talloc_free(sample);
    talloc_free(effective);
}

static void golden_texts(void **state)
{
    (void)state;
    struct buffer *out = buffer_new(NULL, 1 << 20);
    config_write_sample(out);
    assert_non_null(strstr(buffer_text(out), "\nsmtp {\n"
                                             "    # Addresses to listen on.\n"
                                             "    # (list of texts; needs a restart)\n"
                                             "    #listen = {\"0.0.0.0\", \"::\"}\n\n"
                                             "    # Port for mail from other servers; 0: off.\n"
                                             "    # (number, 0 to 65535; needs a restart)\n"
                                             "    #port = 25\n"));
    buffer_reset(out);
    config_write_manual(out);
    assert_int_equal(buffer_status(out), STATUS_OK);
    assert_non_null(strstr(buffer_text(out), ".SS smtp\n.TP\n.B listen\nAddresses to listen on.\n.br\n"
                                             "list of texts; needs a restart. Default: {\"0.0.0.0\", \"::\"}.\n"));
    assert_non_null(strstr(buffer_text(out), "DOMAIN\\euser; empty: any.\n"));
    talloc_free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_there),
        cmocka_unit_test(reads_every_type),
        cmocka_unit_test(empty_file_and_split_sections_are_fine),
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(broken_syntax_is_refused),
        cmocka_unit_test(set_by_hand),
        cmocka_unit_test(reload_tells_what_waits_for_a_restart),
        cmocka_unit_test(secret_is_read_and_never_shown),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(sample_gives_the_defaults),
        cmocka_unit_test(golden_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
