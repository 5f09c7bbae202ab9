/* Private to base: the rows of config.def and the values made from them. */
#ifndef BOURSE_BASE_CONFIG_TABLE_H
#define BOURSE_BASE_CONFIG_TABLE_H

#include "bourse/base/config.h"
#include "bourse/base/slice.h"

enum config_type {
    CONFIG_TYPE_BOOL,
    CONFIG_TYPE_INT,
    CONFIG_TYPE_SIZE,
    CONFIG_TYPE_DURATION,
    CONFIG_TYPE_TEXT,
    CONFIG_TYPE_PATH,
    CONFIG_TYPE_LIST,
    CONFIG_TYPE_SECRET_FILE,
};

enum config_reload { CONFIG_RELOAD_LIVE, CONFIG_RELOAD_RESTART };

struct config_row {
    const char *section;
    const char *name;
    enum config_type type;
    const char *initial; /* default, as text */
    int64_t least, most; /* bounds of numbers; most 0: none */
    enum config_reload reload;
    const char *text;    /* for people */
};

struct config_value {
    const char *text;        /* as written; lists joined by commas. Never NULL */
    int64_t number;          /* BOOL, INT, SIZE, DURATION */
    const char *const *list; /* LIST, NULL-terminated */
    struct secret *secret;   /* SECRET_FILE, once read */
    int line;                /* of the file; 0: default or set by hand */
};

#define CONFIG_PROBLEM_SIZE 256

extern const struct config_row config_rows[CONFIG_COUNT];
/* The words that a TEXT may be, "a|b|c"; NULL: any. */
extern const char *const config_choices[CONFIG_COUNT];

/* `row` is one of config_rows. Checks and converts `text`; all memory hangs on `mem`. False: `problem` says what is wrong with it. */
bool config_value_parse(TALLOC_CTX *mem, const struct config_row *row, const char *text, struct config_value *out,
                        char problem[CONFIG_PROBLEM_SIZE]);
/* Reads the file that a SECRET_FILE names (nothing when its text is empty). Warns in the log when others may read it. */
bool config_secret_read(TALLOC_CTX *mem, const struct config_row *row, struct config_value *value,
                        char problem[CONFIG_PROBLEM_SIZE]);

/* Strings, comments and braces of a whole file (no NUL bytes in it). False: what is wrong, and where. */
bool config_syntax_check(struct slice text, int *line, const char **problem);

/* The parser alone: reads no secret files. `name` stands for the file in messages. */
enum status config_parse_text(TALLOC_CTX *mem, const char *name, struct slice text, struct config **out) MUST_CHECK;

/* "(0 to 65535; restart)" and the like are made of these. */
const char *config_type_text(enum config_type type);
/* Appends "0 to 65535", "at least 60" or nothing. True if something was written. */
bool config_write_bounds(const struct config_row *row, struct buffer *out);

#endif
