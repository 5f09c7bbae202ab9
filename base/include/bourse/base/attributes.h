/* Compiler attributes with names that say what they are for. */
#ifndef BOURSE_BASE_ATTRIBUTES_H
#define BOURSE_BASE_ATTRIBUTES_H

/* The caller must look at the result. */
#define MUST_CHECK __attribute__((warn_unused_result))
/* The compiler checks the arguments against the format. */
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
