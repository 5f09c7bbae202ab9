#include "bourse/base/text.h"
#include "bourse/model/properties.h"
#include "bourse/model/rights.h"
#include "folder_private.h"
#include "transaction_private.h"

#define NAME_MAX_BYTES 1024
#define PROPS_MAX ((size_t)1024 * 1024)

struct special {
    enum store_role role, parent;
    const char *name, *container_class;
    bool is_hidden;
};

static const struct special specials[] = {
#define FOLDER_ROLE(name, number, parent, ews, activesync, display, class_, hidden) \
    { STORE_ROLE_##name, STORE_ROLE_##parent, display, class_, hidden },
#include "bourse/model/folder_roles.def"
#undef FOLDER_ROLE
};

#define SPECIAL_COUNT ARRAY_LENGTH(specials)

bool store_role_is_recoverable(enum store_role role)
{
    return role == STORE_ROLE_RECOVERABLE_ROOT || role == STORE_ROLE_RECOVERABLE_DELETIONS || role == STORE_ROLE_RECOVERABLE_VERSIONS ||
           role == STORE_ROLE_RECOVERABLE_PURGES;
}

char *folder_fold(TALLOC_CTX *mem, const char *name)
{
    return text_fold(mem, slice_of_text(name));
}

enum status bag_to_bytes(TALLOC_CTX *mem, const struct bag *bag, struct slice *out)
{
    *out = slice_of(NULL, 0);
    if (bag == NULL || bag_count(bag) == 0)
        return STATUS_OK;
    struct buffer *buffer = buffer_new(mem, PROPS_MAX);
    if (buffer == NULL)
        return status_fail(STATUS_NO_MEMORY, "bag");
    TRY(bag_pack(bag, buffer));
    TRY(buffer_status(buffer));
    return buffer_take(buffer, mem, out);
}

enum status bytes_to_bag(TALLOC_CTX *mem, struct slice bytes, struct bag **out)
{
    if (bytes.length > 0)
        return bag_unpack(mem, bytes, out);
    *out = bag_new(mem);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "bag");
}

/* The root, folders and ids count from 1 in the order of the table, so special folders have the same ids in all mailboxes. */
static int64_t id_of_role(enum store_role role, int64_t first)
{
    for (size_t i = 0; i < SPECIAL_COUNT; i++)
        if (specials[i].role == role)
            return first + (int64_t)i;
    return first;
}

struct special_columns {
    int64_t folder[SPECIAL_COUNT], parent[SPECIAL_COUNT], cn[SPECIAL_COUNT];
    int32_t role[SPECIAL_COUNT];
    bool is_search[SPECIAL_COUNT];
    const char *name[SPECIAL_COUNT], *folded[SPECIAL_COUNT], *container_class[SPECIAL_COUNT];
    struct slice props[SPECIAL_COUNT];
};

static enum status hidden_props(TALLOC_CTX *mem, struct slice *out)
{
    struct bag *bag = bag_new(mem);
    if (bag == NULL)
        return status_fail(STATUS_NO_MEMORY, "bag");
    TRY(bag_set_bool(bag, PROP_ATTRIBUTE_HIDDEN, true));
    return bag_to_bytes(mem, bag, out);
}

static bool is_search_role(enum store_role role)
{
    return role == STORE_ROLE_REMINDERS || role == STORE_ROLE_TO_DO || role == STORE_ROLE_MY_CONTACTS || role == STORE_ROLE_ALL_ITEMS ||
           role == STORE_ROLE_FAVORITES;
}

static enum status fill_specials(TALLOC_CTX *mem, struct locked_mailbox *locked, struct special_columns *columns)
{
    struct slice hidden;
    TRY(hidden_props(mem, &hidden));
    int64_t first = locked->next_object_id;
    for (size_t i = 0; i < SPECIAL_COUNT; i++) {
        columns->folder[i] = tx_next_folder_id(locked);
        columns->parent[i] = id_of_role(specials[i].parent, first);
        columns->cn[i] = tx_next_hierarchy_cn(locked);
        columns->role[i] = (int32_t)specials[i].role;
        columns->is_search[i] = is_search_role(specials[i].role);
        columns->name[i] = specials[i].name;
        columns->folded[i] = folder_fold(mem, specials[i].name);
        columns->container_class[i] = specials[i].container_class;
        columns->props[i] = specials[i].is_hidden ? hidden : slice_of("", 0);
        if (columns->folded[i] == NULL)
            return status_fail(STATUS_NO_MEMORY, "folder name");
    }
    return STATUS_OK;
}

/* Default permissions [MS-OXCPERM] 3.2.4: nobody else sees anything, but the calendar shows free/busy times. */
static enum status default_rights(struct transaction *tx, int64_t mailbox, const struct special_columns *columns)
{
    enum { N = SPECIAL_COUNT };
    int64_t *folders = talloc_array(tx, int64_t, N * 2), *rights = talloc_array(tx, int64_t, N * 2);
    int32_t *kinds = talloc_array(tx, int32_t, N * 2);
    if (folders == NULL || rights == NULL || kinds == NULL)
        return status_fail(STATUS_NO_MEMORY, "default permissions");
    for (size_t i = 0; i < N; i++) {
        bool is_calendar = columns->role[i] == STORE_ROLE_CALENDAR;
        folders[2 * i] = folders[2 * i + 1] = columns->folder[i];
        kinds[2 * i] = 0;
        kinds[2 * i + 1] = 1;
        rights[2 * i] = is_calendar ? RIGHT_FREE_BUSY_SIMPLE : 0;
        rights[2 * i + 1] = 0;
    }
    return TX_SEND(tx, acl_insert_many, .mailbox = mailbox, .folder = { folders, N * 2 }, .kind = { kinds, N * 2 }, .rights = { rights, N * 2 });
}

enum status folder_create_special(struct transaction *tx, int64_t mailbox)
{
    struct locked_mailbox *locked = NULL;
    struct special_columns *columns = talloc_zero(tx, struct special_columns);
    if (columns == NULL)
        return status_fail(STATUS_NO_MEMORY, "special folders");
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(fill_specials(columns, locked, columns));
    instant now = clock_now();
    enum { N = SPECIAL_COUNT };
    TRY(TX_SEND(tx, folder_insert_many, .mailbox = mailbox, .folder = { columns->folder, N }, .parent = { columns->parent, N },
                .role = { columns->role, N }, .is_search = { columns->is_search, N }, .name = { columns->name, N },
                .name_folded = { columns->folded, N }, .container_class = { columns->container_class, N }, .cn = { columns->cn, N },
                .uid_validity = instant_to_unix(now), .created = now, .props = { columns->props, N }));
    TRY(TX_SEND(tx, folder_stat_insert_many, .mailbox = mailbox, .folder = { columns->folder, N }));
    TRY(default_rights(tx, mailbox, columns));
    return tx_run(tx, tx, NULL, 0);
}

static enum status check_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > NAME_MAX_BYTES || !utf8_is_valid(slice_of_text(name)))
        return status_fail(STATUS_INVALID_ARGUMENT, "folder name of %zu bytes", length);
    return STATUS_OK;
}

enum status store_folder_create(struct transaction *tx, int64_t mailbox, int64_t parent, const char *name, const char *container_class,
                                const struct bag *props, int64_t *out)
{
    struct locked_mailbox *locked = NULL;
    struct folder_delta *parent_counters = NULL;
    struct result *result = NULL;
    struct slice packed;
    TRY(check_name(name));
    TRY(tx_locked(tx, mailbox, &locked));
    TRY(tx_folder(tx, locked, parent, &parent_counters));
    TRY(bag_to_bytes(tx, props, &packed));
    char *folded = folder_fold(tx, name);
    if (folded == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder name");
    TRY(TX_RUN(tx, tx, &result, folder_id_of_name, .mailbox = mailbox, .parent = parent, .name_folded = folded));
    if (result->row_count > 0)
        return status_fail(STATUS_FOLDER_EXISTS, "folder %s", name);
    int64_t id = tx_next_folder_id(locked), cn = tx_next_hierarchy_cn(locked);
    instant now = clock_now();
    TRY(TX_SEND(tx, folder_insert, .mailbox = mailbox, .folder = id, .parent = parent, .name = name, .name_folded = folded,
                .container_class = container_class != NULL ? container_class : "IPF.Note", .cn = cn, .uid_validity = instant_to_unix(now),
                .created = now, .props = packed));
    TRY(TX_SEND(tx, folder_stat_insert, .mailbox = mailbox, .folder = id));
    TRY(TX_SEND(tx, acl_inherit, .mailbox = mailbox, .parent = parent, .folder = id));
    TRY(tx_event(tx, mailbox, &(struct store_event){ .cn = cn, .kind = STORE_EVENT_FOLDER_CREATED, .folder = id, .parent = parent }));
    *out = id;
    return STATUS_OK;
}
