/* The schema: numbered migrations that are part of the program (storage/schema/NNN_name.sql). Each step of a migration commits by
 * itself together with the record that it is done, so a migration that was killed at any statement goes on where it stopped. */
#ifndef BOURSE_STORAGE_SCHEMA_H
#define BOURSE_STORAGE_SCHEMA_H

#include "bourse/base/clock.h"
#include "bourse/storage/store.h"

struct schema_migration {
    int32_t number;
    const char *name;    /* "001_start" */
    int32_t steps;       /* statements in it */
    int32_t steps_done;  /* equal to steps: applied */
    instant applied;     /* when the last step was done; 0: not yet */
};

/* All migrations of this program with what the database knows of them. */
enum status schema_show(TALLOC_CTX *mem, struct store *store, struct schema_migration **out, size_t *count) MUST_CHECK;

/* Applies what is missing. One at a time (advisory lock): a second caller waits, then finds nothing to do. `progress` (or NULL) is
 * called before each step. STATUS_CONFIGURATION if the database is newer than the program. */
enum status schema_apply(struct store *store, void (*progress)(const char *migration, int32_t step, int32_t steps, void *data),
                         void *data) MUST_CHECK;

/* Highest migration of this program. */
int32_t schema_version(void);

#endif
