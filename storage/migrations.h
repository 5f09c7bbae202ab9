/* The migrations of schema/, compiled in. */
#ifndef BOURSE_STORAGE_MIGRATIONS_H
#define BOURSE_STORAGE_MIGRATIONS_H

struct migration {
    int number;
    const char *name;
    int step_count;
    const char *const *steps;
};

extern const struct migration migration_table[];
extern const int migration_count;

#endif
