#include "booking_policy.h"

#include <stdlib.h>

#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/groupware/folder.h"
#include "bourse/storage/settings.h"
#include "locate.h"

#define CONFIG_NAME "bourse.booking"

enum { TEXT_CAP = 64 * 1024, PEOPLE_MAX = 8192 };

enum option_kind { OPTION_FLAG, OPTION_NUMBER, OPTION_PEOPLE };

static const struct option {
    const char *name, *meaning;
    enum option_kind kind;
    size_t at; /* in struct booking_policy */
    int32_t absent, least, most;
    const char *absent_text;
} options[] = {
#define BOOKING_FLAG(name, absent, meaning) { #name, meaning, OPTION_FLAG, offsetof(struct booking_policy, name), absent, 0, 1, NULL },
#define BOOKING_NUMBER(name, absent, least, most, meaning) { #name, meaning, OPTION_NUMBER, offsetof(struct booking_policy, name), absent, least, most, NULL },
#define BOOKING_PEOPLE(name, absent, meaning) { #name, meaning, OPTION_PEOPLE, offsetof(struct booking_policy, name), 0, 0, 0, absent },
#include "bourse/groupware/booking_options.def"
#undef BOOKING_FLAG
#undef BOOKING_NUMBER
#undef BOOKING_PEOPLE
};

static const struct option *find_option(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
        if (slice_equal(slice_of_text(options[i].name), name))
            return &options[i];
    return NULL;
}

static void *field_of(struct booking_policy *policy, const struct option *option)
{
    return (char *)policy + option->at;
}

static bool read_flag(struct slice value, bool *out)
{
    *out = slice_equal(value, slice_of_text("on"));
    return *out || slice_equal(value, slice_of_text("off"));
}

static bool read_number(const struct option *option, struct slice value, int32_t *out)
{
    int64_t number = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || number > option->most)
            return false;
        number = number * 10 + (value.data[i] - '0');
    }
    *out = (int32_t)number;
    return value.length > 0 && number >= option->least && number <= option->most;
}

static bool is_people(struct slice value)
{
    for (size_t i = 0; i < value.length; i++)
        if (value.data[i] < ' ')
            return false;
    return value.length > 0 && value.length <= PEOPLE_MAX;
}

/* False when the value is none of this option. */
static bool take(TALLOC_CTX *mem, struct booking_policy *policy, const struct option *option, struct slice value)
{
    if (option->kind == OPTION_FLAG)
        return read_flag(value, field_of(policy, option));
    if (option->kind == OPTION_NUMBER)
        return read_number(option, value, field_of(policy, option));
    const char *text = is_people(value) ? slice_text(mem, value) : NULL;
    if (text != NULL)
        *(const char **)field_of(policy, option) = text;
    return text != NULL;
}

static void set_default(struct booking_policy *policy, const struct option *option)
{
    if (option->kind == OPTION_FLAG)
        *(bool *)field_of(policy, option) = option->absent != 0;
    else if (option->kind == OPTION_NUMBER)
        *(int32_t *)field_of(policy, option) = option->absent;
    else
        *(const char **)field_of(policy, option) = option->absent_text;
}

/* Lines of name=value; what is not understood (a newer program's) counts as the default. */
static void read_text(TALLOC_CTX *mem, struct slice text, struct booking_policy *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
        set_default(out, &options[i]);
    while (text.length > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.length);
        size_t length = end != NULL ? (size_t)(end - text.data) : text.length;
        struct slice line = slice_of(text.data, length);
        const uint8_t *equals = length > 0 ? memchr(line.data, '=', length) : NULL;
        const struct option *option = equals != NULL ? find_option(slice_of(line.data, (size_t)(equals - line.data))) : NULL;
        if (option != NULL && !take(mem, out, option, slice_part(line, (size_t)(equals - line.data) + 1, length)))
            set_default(out, option);
        text = slice_part(text, length + (end != NULL), text.length);
    }
}

enum status booking_policy_load(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct booking_policy *out)
{
    struct slice text = slice_of("", 0);
    enum status status = user_config_get(mem, tx, mailbox, (int64_t)FOLDER_ROLE_CALENDAR, CONFIG_NAME, &text);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    read_text(mem, status == STATUS_OK ? text : slice_of("", 0), out);
    return STATUS_OK;
}

enum status booking_names(TALLOC_CTX *mem, struct groupware *groupware, const char *people, const struct recipient_entry *person, bool *out)
{
    struct slice rest = slice_of_text(people);
    *out = ascii_equal_nocase(people, "everybody");
    if (*out || ascii_equal_nocase(people, "nobody"))
        return STATUS_OK;
    while (rest.length > 0 && !*out) {
        const uint8_t *comma = memchr(rest.data, ',', rest.length);
        size_t length = comma != NULL ? (size_t)(comma - rest.data) : rest.length;
        char *address = slice_text(mem, slice_trim(slice_of(rest.data, length)));
        struct recipient_entry *entry = NULL;
        rest = slice_part(rest, length + (comma != NULL), rest.length);
        enum status status = address != NULL ? recipient_by_address(mem, groupware->directory, address, &entry) : STATUS_NO_MEMORY;
        if (status == STATUS_RECIPIENT_NOT_FOUND)
            continue;
        TRY(status);
        if (entry->kind == RECIPIENT_GROUP)
            TRY(group_contains(groupware->directory, entry->guid, person->guid, out));
        else
            *out = guid_equal(entry->guid, person->guid);
    }
    return STATUS_OK;
}

/* ---- administration ---- */

static void append_value(struct buffer *out, const struct booking_policy *policy, const struct option *option)
{
    const char *field = (const char *)policy + option->at;
    if (option->kind == OPTION_FLAG)
        buffer_printf(out, "%s", *(const bool *)(const void *)field ? "on" : "off");
    else if (option->kind == OPTION_NUMBER)
        buffer_printf(out, "%d", (int)*(const int32_t *)(const void *)field);
    else
        buffer_printf(out, "%s", *(const char *const *)(const void *)field);
}

char *booking_policy_text(TALLOC_CTX *mem, const struct booking_policy *policy)
{
    struct buffer *out = buffer_new(mem, TEXT_CAP);
    for (size_t i = 0; out != NULL && i < ARRAY_LENGTH(options); i++) {
        buffer_printf(out, "%s = ", options[i].name);
        append_value(out, policy, &options[i]);
        buffer_printf(out, "    # %s\n", options[i].meaning);
    }
    return out != NULL && buffer_status(out) == STATUS_OK ? slice_text(mem, buffer_slice(out)) : NULL;
}

static enum status find_room(TALLOC_CTX *mem, struct groupware *groupware, const char *address, struct mailbox_key *out)
{
    struct recipient_entry *entry = NULL;
    TRY(recipient_by_address(mem, groupware->directory, address, &entry));
    if (entry->kind != RECIPIENT_ROOM && entry->kind != RECIPIENT_EQUIPMENT)
        return status_fail(STATUS_INVALID_ARGUMENT, "%s is neither a room nor equipment", address);
    return locate_entry(mem, groupware, entry, out);
}

enum status booking_policy_get(TALLOC_CTX *mem, struct groupware *groupware, const char *address, struct booking_policy **out)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    *out = talloc_zero(mem, struct booking_policy);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "booking policy");
    TRY(find_room(mem, groupware, address, &key));
    TRY(transaction_begin(mem, groupware->store, TRANSACTION_READ, &tx));
    enum status status = booking_policy_load(mem, tx, key.id, *out);
    talloc_free(tx);
    return status;
}

static enum status save(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct option *option, struct slice value)
{
    struct booking_policy policy;
    struct buffer *text = buffer_new(mem, TEXT_CAP);
    TRY(store_mailbox_lock(tx, mailbox, NULL));
    TRY(booking_policy_load(mem, tx, mailbox, &policy));
    if (value.length == 0)
        set_default(&policy, option);
    else if (!take(mem, &policy, option, value))
        return status_fail(STATUS_INVALID_ARGUMENT, "%s cannot be \"%.*s\"", option->name, (int)(value.length < 80 ? value.length : 80), (const char *)value.data);
    for (size_t i = 0; text != NULL && i < ARRAY_LENGTH(options); i++) {
        buffer_printf(text, "%s=", options[i].name);
        append_value(text, &policy, &options[i]);
        buffer_printf(text, "\n");
    }
    TRY(text != NULL ? buffer_status(text) : status_fail(STATUS_NO_MEMORY, "booking policy"));
    TRY(user_config_set(tx, mailbox, (int64_t)FOLDER_ROLE_CALENDAR, CONFIG_NAME, buffer_slice(text)));
    return transaction_commit(tx);
}

enum status booking_policy_set(struct groupware *groupware, const char *address, const char *option, const char *value)
{
    struct mailbox_key key;
    struct transaction *tx = NULL;
    TALLOC_CTX *mem = talloc_new(NULL);
    const struct option *found = find_option(slice_of_text(option));
    enum status status = mem == NULL     ? status_fail(STATUS_NO_MEMORY, "booking policy")
                         : found == NULL ? status_fail(STATUS_INVALID_ARGUMENT, "no booking option \"%s\"", option)
                                         : find_room(mem, groupware, address, &key);
    if (status == STATUS_OK)
        status = transaction_begin(mem, groupware->store, TRANSACTION_WRITE, &tx);
    if (status == STATUS_OK)
        status = save(mem, tx, key.id, found, slice_trim(slice_of_text(value)));
    talloc_free(mem);
    return status;
}
