#include "bourse/base/config.h"

#include <confuse.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bourse/base/buffer.h"
#include "bourse/base/text.h"
#include "config_table.h"

#define CONFIG_FILE_MOST (1 << 20)
#define ERROR_SIZE 480

struct config {
    struct config_value values[CONFIG_COUNT];
};

/* What libconfuse's callbacks, which have no argument of ours, work on. */
struct reader {
    struct config *config;
    const char *name; /* of the file */
    unsigned list_lengths[CONFIG_COUNT];
    char error[ERROR_SIZE];
};

static _Thread_local struct reader *reader;
/* libconfuse's scanner has global state. */
static pthread_mutex_t scanner = PTHREAD_MUTEX_INITIALIZER;

static enum status refuse(const char *error)
{
    status_set_client_text("%s", error);
    return status_fail(STATUS_CONFIGURATION, "%s", error);
}

struct config *config_default(TALLOC_CTX *mem)
{
    struct config *config = talloc_zero(mem, struct config);
    if (config == NULL)
        return NULL;
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        char problem[CONFIG_PROBLEM_SIZE];
        if (!config_value_parse(config, &config_rows[i], config_rows[i].initial, &config->values[i], problem)) {
            talloc_free(config);
            return NULL;
        }
    }
    return config;
}

/* The index of the row, or -1. */
static int find_row(struct slice section, struct slice name)
{
    for (int i = 0; i < CONFIG_COUNT; i++) {
        if (slice_equal(section, slice_of_text(config_rows[i].section)) &&
            slice_equal(name, slice_of_text(config_rows[i].name)))
            return i;
    }
    return -1;
}

static void on_error(cfg_t *cfg, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

/* Keeps the first message. */
static void on_error(cfg_t *cfg, const char *format, va_list arguments)
{
    if (reader->error[0] != '\0')
        return;
    char message[CONFIG_PROBLEM_SIZE];
    vsnprintf(message, sizeof message, format, arguments);
    bool is_in_section = cfg != NULL && cfg->name != NULL && strcmp(cfg->name, "root") != 0;
    snprintf(reader->error, sizeof reader->error, "%.200s:%d: %s%s%s", reader->name, cfg != NULL ? cfg->line : 0,
             is_in_section ? cfg->name : "", is_in_section ? ": " : "", message);
}

/* All values of an option as one text. NULL when out of memory. */
static char *text_of(cfg_opt_t *option)
{
    char *text = talloc_strdup(reader->config, "");
    for (unsigned i = 0; text != NULL && i < cfg_opt_size(option); i++) {
        const char *value = cfg_opt_getnstr(option, i);
        text = talloc_asprintf_append_buffer(text, "%s%s", i > 0 ? "," : "", value != NULL ? value : "");
    }
    return text;
}

/* True if the option has a value already. libconfuse reports a list with each element and once more at its end: then it has grown or is
 * the same. */
static bool is_set_again(int row, cfg_opt_t *option, const char *text)
{
    const struct config_value *value = &reader->config->values[row];
    unsigned before = reader->list_lengths[row];
    reader->list_lengths[row] = cfg_opt_size(option);
    if (value->line == 0)
        return false;
    if (config_rows[row].type != CONFIG_TYPE_LIST)
        return true;
    return cfg_opt_size(option) <= before && strcmp(text, value->text) != 0;
}

/* Takes over what libconfuse has read for an option. Non-zero makes it stop. */
static int keep_value(cfg_t *section, cfg_opt_t *option)
{
    int row = find_row(slice_of_text(cfg_name(section)), slice_of_text(option->name));
    char *text = text_of(option);
    char problem[CONFIG_PROBLEM_SIZE] = "out of memory";
    if (row < 0 || text == NULL) {
        talloc_free(text);
        cfg_error(section, "%s: %s", option->name, problem);
        return -1;
    }
    struct config_value *value = &reader->config->values[row];
    if (is_set_again(row, option, text))
        snprintf(problem, sizeof problem, "was set before, on line %d", value->line);
    else if (config_value_parse(reader->config, &config_rows[row], text, value, problem))
        problem[0] = '\0';
    talloc_free(text);
    if (problem[0] != '\0') {
        cfg_error(section, "%s %s", option->name, problem);
        return -1;
    }
    value->line = section->line;
    return 0;
}

/* At the end of a section: an empty list, which libconfuse does not report by itself. */
static int on_section(cfg_t *cfg, cfg_opt_t *option)
{
    (void)cfg;
    cfg_t *section = cfg_opt_getnsec(option, 0);
    for (unsigned i = 0; section != NULL && i < cfg_num(section); i++) {
        cfg_opt_t *list = cfg_getnopt(section, i);
        bool is_empty_list = (list->flags & CFGF_LIST) != 0 && (list->flags & CFGF_MODIFIED) != 0 && cfg_opt_size(list) == 0;
        if (is_empty_list && keep_value(section, list) != 0)
            return -1;
    }
    return 0;
}

/* The rows as libconfuse wants them: an array of sections, each with an array of options. */
static cfg_opt_t *make_options(TALLOC_CTX *mem)
{
    cfg_opt_t *sections = talloc_zero_array(mem, cfg_opt_t, CONFIG_COUNT + 1);
    size_t section_count = 0;
    for (size_t i = 0; sections != NULL && i < CONFIG_COUNT;) {
        const char *section = config_rows[i].section;
        cfg_opt_t *options = talloc_zero_array(sections, cfg_opt_t, CONFIG_COUNT + 1);
        if (options == NULL)
            return NULL;
        for (size_t used = 0; i < CONFIG_COUNT && strcmp(config_rows[i].section, section) == 0; i++) {
            bool is_list = config_rows[i].type == CONFIG_TYPE_LIST;
            options[used++] = (cfg_opt_t){ .name = config_rows[i].name,
                                           .type = CFGT_STR,
                                           .flags = CFGF_NODEFAULT | (is_list ? CFGF_LIST : CFGF_NONE),
                                           .validcb = keep_value };
        }
        sections[section_count++] =
            (cfg_opt_t){ .name = section, .type = CFGT_SEC, .subopts = options, .flags = CFGF_NONE, .validcb = on_section };
    }
    return sections;
}

/* Runs libconfuse over the text; the values go to reader->config. */
static enum status scan(struct slice text)
{
    TALLOC_CTX *local = talloc_new(NULL);
    cfg_opt_t *options = local != NULL ? make_options(local) : NULL;
    FILE *file = fmemopen((void *)(uintptr_t)text.data, text.length, "r");
    cfg_t *cfg = options != NULL && file != NULL ? cfg_init(options, CFGF_NONE) : NULL;
    int result = -1;
    if (cfg != NULL) {
        cfg_set_error_function(cfg, on_error);
        result = cfg_parse_fp(cfg, file);
        cfg_free(cfg);
    }
    if (file != NULL)
        fclose(file);
    talloc_free(local);
    if (cfg == NULL)
        return STATUS_NO_MEMORY;
    if (result == CFG_SUCCESS && reader->error[0] == '\0')
        return STATUS_OK;
    if (reader->error[0] == '\0')
        snprintf(reader->error, sizeof reader->error, "%.200s: cannot be parsed", reader->name);
    return refuse(reader->error);
}

/* What is wrong with the file as a whole; NULL: nothing. */
static const char *text_problem(struct slice text, int *line)
{
    *line = 1;
    if (text.length >= CONFIG_FILE_MOST)
        return "is too large";
    if (slice_find_byte(text, '\0') >= 0)
        return "contains a NUL byte";
    if (!utf8_is_valid(text))
        return "is not UTF-8 text";
    const char *problem;
    return config_syntax_check(text, line, &problem) ? NULL : problem;
}

enum status config_parse_text(TALLOC_CTX *mem, const char *name, struct slice text, struct config **out)
{
    *out = NULL;
    struct reader here = { .name = name };
    int line;
    const char *problem = text_problem(text, &line);
    if (problem != NULL) {
        snprintf(here.error, sizeof here.error, "%.200s:%d: %s", name, line, problem);
        return refuse(here.error);
    }
    here.config = config_default(mem);
    if (here.config == NULL)
        return STATUS_NO_MEMORY;
    if (text.length == 0) {
        *out = here.config;
        return STATUS_OK;
    }
    pthread_mutex_lock(&scanner);
    reader = &here;
    enum status status = scan(text);
    reader = NULL;
    pthread_mutex_unlock(&scanner);
    if (status == STATUS_OK)
        *out = here.config;
    else
        talloc_free(here.config);
    return status;
}

static enum status read_file(TALLOC_CTX *mem, const char *path, struct slice *out)
{
    char error[ERROR_SIZE];
    FILE *file = fopen(path, "re");
    uint8_t *room = talloc_size(mem, CONFIG_FILE_MOST);
    size_t length = file != NULL && room != NULL ? fread(room, 1, CONFIG_FILE_MOST, file) : 0;
    bool is_read = file != NULL && ferror(file) == 0;
    snprintf(error, sizeof error, "%.200s: cannot be read: %s", path, strerror(errno));
    if (file != NULL)
        fclose(file);
    if (!is_read)
        return refuse(error);
    if (room == NULL)
        return STATUS_NO_MEMORY;
    if (length == CONFIG_FILE_MOST) {
        snprintf(error, sizeof error, "%.200s: larger than %d bytes", path, CONFIG_FILE_MOST);
        return refuse(error);
    }
    *out = slice_of(room, length);
    return STATUS_OK;
}

static enum status read_secrets(struct config *config, const char *path)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const struct config_row *row = &config_rows[i];
        struct config_value *value = &config->values[i];
        char problem[CONFIG_PROBLEM_SIZE];
        if (row->type != CONFIG_TYPE_SECRET_FILE || config_secret_read(config, row, value, problem))
            continue;
        char error[ERROR_SIZE];
        snprintf(error, sizeof error, "%.100s:%d: %s: %s %s", path, value->line, row->section, row->name, problem);
        return refuse(error);
    }
    return STATUS_OK;
}

enum status config_load(TALLOC_CTX *mem, const char *path, struct config **out)
{
    *out = NULL;
    TALLOC_CTX *local = talloc_new(NULL);
    if (local == NULL)
        return STATUS_NO_MEMORY;
    struct slice text;
    struct config *config = NULL;
    enum status status = read_file(local, path, &text);
    if (status == STATUS_OK)
        status = config_parse_text(local, path, text, &config);
    if (status == STATUS_OK)
        status = read_secrets(config, path);
    if (status == STATUS_OK)
        *out = talloc_steal(mem, config);
    talloc_free(local);
    return status;
}

enum status config_set(struct config *config, const char *assignment)
{
    struct slice section, name, rest, text;
    char error[ERROR_SIZE];
    if (!slice_split(slice_of_text(assignment), '=', &rest, &text) || !slice_split(rest, '.', &section, &name)) {
        snprintf(error, sizeof error, "\"%.100s\" is not of the form section.option=value", assignment);
        return refuse(error);
    }
    int row = find_row(slice_trim(section), slice_trim(name));
    if (row < 0) {
        snprintf(error, sizeof error, "there is no option \"%.*s\"", (int)rest.length, (const char *)rest.data);
        return refuse(error);
    }
    char problem[CONFIG_PROBLEM_SIZE];
    struct config_value value;
    if (!config_value_parse(config, &config_rows[row], (const char *)text.data, &value, problem) ||
        (config_rows[row].type == CONFIG_TYPE_SECRET_FILE &&
         !config_secret_read(config, &config_rows[row], &value, problem))) {
        snprintf(error, sizeof error, "%s.%s %s", config_rows[row].section, config_rows[row].name, problem);
        return refuse(error);
    }
    config->values[row] = value;
    return STATUS_OK;
}

/* The value of an option that must be of the type; a wrong accessor is a defect that every test run finds. */
static const struct config_value *value_of(const struct config *config, enum config_option option, enum config_type type)
{
    if (option >= CONFIG_COUNT || config_rows[option].type != type) {
        fprintf(stderr, "bourse: option %d read as %s\n", (int)option, config_type_text(type));
        abort();
    }
    return &config->values[option];
}

bool config_bool(const struct config *config, enum config_option option)
{
    return value_of(config, option, CONFIG_TYPE_BOOL)->number != 0;
}

int64_t config_int(const struct config *config, enum config_option option)
{
    return value_of(config, option, CONFIG_TYPE_INT)->number;
}

int64_t config_size(const struct config *config, enum config_option option)
{
    return value_of(config, option, CONFIG_TYPE_SIZE)->number;
}

int64_t config_seconds(const struct config *config, enum config_option option)
{
    return value_of(config, option, CONFIG_TYPE_DURATION)->number;
}

const char *config_text(const struct config *config, enum config_option option)
{
    bool is_path = option < CONFIG_COUNT && config_rows[option].type == CONFIG_TYPE_PATH;
    return value_of(config, option, is_path ? CONFIG_TYPE_PATH : CONFIG_TYPE_TEXT)->text;
}

const char *const *config_list(const struct config *config, enum config_option option)
{
    return value_of(config, option, CONFIG_TYPE_LIST)->list;
}

const struct secret *config_secret(const struct config *config, enum config_option option)
{
    return value_of(config, option, CONFIG_TYPE_SECRET_FILE)->secret;
}

void config_write_effective(const struct config *config, struct buffer *out)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const struct config_value *value = &config->values[i];
        const char *text = value->text;
        if (config_rows[i].type == CONFIG_TYPE_SECRET_FILE)
            text = value->secret != NULL ? "(set)" : "(unset)";
        buffer_printf(out, "%s.%s = %s\n", config_rows[i].section, config_rows[i].name, text);
    }
}

void config_write_restart_needed(const struct config *running, const struct config *loaded, struct buffer *out)
{
    bool is_first = true;
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        if (config_rows[i].reload != CONFIG_RELOAD_RESTART ||
            strcmp(running->values[i].text, loaded->values[i].text) == 0)
            continue;
        buffer_printf(out, "%s%s.%s", is_first ? "" : ", ", config_rows[i].section, config_rows[i].name);
        is_first = false;
    }
}
