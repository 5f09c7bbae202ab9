/* The configuration: one typed row an option in config.def; parser (libconfuse), sample file, manual page and this access all come
 * from it. Read once at start and again on SIGHUP (options whose reload class is LIVE take effect, others need a restart).
 *
 * File syntax:  smtp { port = 25  listen = {"127.0.0.1", "::1"} }   with # comments; sizes "36MiB", durations "300s", "5m", "2d". */
#ifndef BOURSE_BASE_CONFIG_H
#define BOURSE_BASE_CONFIG_H

#include "bourse/base/secret.h"
#include "bourse/base/status.h"

enum config_option {
#define OPTION(section, name, type, ...) CONFIG_##section##_##name,
#include "bourse/base/config.def"
#undef OPTION
    CONFIG_COUNT
};

struct config; /* opaque, immutable after load, any thread may read */

/* Reads and checks a file. On failure STATUS_CONFIGURATION with file and line in the client text. */
enum status config_load(TALLOC_CTX *mem, const char *path, struct config **out) MUST_CHECK;
/* All defaults; for tests and tools without a file. NULL when out of memory. */
struct config *config_default(TALLOC_CTX *mem);
/* Sets one option from its text form, "smtp.port=2525" (tests, command line -o). */
enum status config_set(struct config *config, const char *assignment) MUST_CHECK;

/* The accessor must match the row's type (else the process aborts: it is a programming error). */
bool config_bool(const struct config *config, enum config_option option);
int64_t config_int(const struct config *config, enum config_option option);      /* INT */
int64_t config_size(const struct config *config, enum config_option option);     /* SIZE: bytes */
int64_t config_seconds(const struct config *config, enum config_option option);  /* DURATION: seconds */
const char *config_text(const struct config *config, enum config_option option); /* TEXT, PATH: never NULL, "" when unset */
/* LIST: NULL-terminated array, never NULL. */
const char *const *config_list(const struct config *config, enum config_option option);
/* SECRET_FILE: the content of the file that the option names, without its final newline; NULL when unset. */
const struct secret *config_secret(const struct config *config, enum config_option option);

/* The commented sample file / the OPTIONS part of bourse.conf(5), made from the table. */
struct buffer;
void config_write_sample(struct buffer *out);
void config_write_manual(struct buffer *out);
/* Effective values as text, secrets as "(set)" or "(unset)"; `boursectl config show`. */
void config_write_effective(const struct config *config, struct buffer *out);
/* After a reload: the options whose change waits for a restart, "smtp.port, http.port"; nothing when there are none. */
void config_write_restart_needed(const struct config *running, const struct config *loaded, struct buffer *out);

#endif
