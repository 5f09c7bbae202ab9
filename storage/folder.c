#include "bourse/storage/folder.h"

#include "bourse/base/text.h"
#include "array_count.h"
#include "folder_private.h"
#include "transaction_private.h"

_Static_assert(sizeof(struct sql_folder_read_many_out) == sizeof(struct sql_folder_children_out), "columns of folder rows differ");

static enum status fill(TALLOC_CTX *mem, const struct sql_folder_read_many_out *row, struct store_folder *out)
{
    *out = (struct store_folder){
        .id = row->folder, .parent = row->parent, .role = (enum store_role)row->role, .is_search = row->is_search,
        .name = talloc_strdup(mem, row->name), .container_class = talloc_strdup(mem, row->container_class), .cn = row->cn,
        .uid_validity = (uint32_t)row->uid_validity, .created = row->created, .modified = row->modified, .live = row->live,
        .unread = row->unread, .fai = row->fai, .bytes = (uint64_t)(row->bytes > 0 ? row->bytes : 0), .child_count = row->child_count,
        .content_cn = row->content_cn, .floor_cn = row->floor_cn, .uid_next = (uint32_t)row->uid_next,
    };
    if (out->name == NULL || out->container_class == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder");
    return bytes_to_bag(mem, row->props, &out->props);
}

enum status store_folder_get_many(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const int64_t *ids, size_t count,
                                  struct store_folder *out)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, folder_read_many, .mailbox = mailbox, .folders = { ids, count }));
    memset(out, 0, count * sizeof *out);
    for (int i = 0; i < result->row_count; i++) {
        struct sql_folder_read_many_out row;
        result_read(result, i, STATEMENT_folder_read_many, &row);
        for (size_t j = 0; j < count; j++)
            if (ids[j] == row.folder)
                TRY(fill(mem, &row, &out[j]));
    }
    talloc_free(result);
    return STATUS_OK;
}

enum status store_folder_get(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t folder, struct store_folder *out)
{
    TRY(store_folder_get_many(mem, tx, mailbox, &folder, 1, out));
    return out->id != 0 ? STATUS_OK : status_fail(STATUS_FOLDER_NOT_FOUND, "folder %lld", (long long)folder);
}

static enum status get_found(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, struct result *result, struct store_folder *out)
{
    struct sql_folder_id_of_role_out row;
    if (result->row_count == 0)
        return status_fail(STATUS_FOLDER_NOT_FOUND, "no such folder in mailbox %lld", (long long)mailbox);
    result_read(result, 0, STATEMENT_folder_id_of_role, &row);
    talloc_free(result);
    return store_folder_get(mem, tx, mailbox, row.folder, out);
}

enum status store_folder_by_role(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, enum store_role role, struct store_folder *out)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, folder_id_of_role, .mailbox = mailbox, .role = (int16_t)role));
    return get_found(mem, tx, mailbox, result, out);
}

enum status store_folder_by_name(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t parent, const char *name,
                                 struct store_folder *out)
{
    struct result *result = NULL;
    char *folded = folder_fold(mem, name);
    if (folded == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder name");
    TRY(TX_RUN(tx, mem, &result, folder_id_of_name, .mailbox = mailbox, .parent = parent, .name_folded = folded));
    return get_found(mem, tx, mailbox, result, out);
}

enum status store_folder_list(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, int64_t parent, enum store_depth depth,
                              struct store_folder **out, size_t *count)
{
    struct result *result = NULL;
    TRY(TX_RUN(tx, mem, &result, folder_children, .mailbox = mailbox, .parent = parent, .limit_depth = depth == STORE_CHILDREN ? 1 : 300));
    struct store_folder *list = talloc_zero_array(mem, struct store_folder, array_count((size_t)result->row_count + 1));
    if (list == NULL)
        return status_fail(STATUS_NO_MEMORY, "folders");
    for (int i = 0; i < result->row_count; i++) {
        struct sql_folder_read_many_out row;
        result_read(result, i, STATEMENT_folder_read_many, &row);
        TRY(fill(list, &row, &list[i]));
    }
    *out = list;
    *count = (size_t)result->row_count;
    talloc_free(result);
    return STATUS_OK;
}

/* "IPM.Note.SMIME" -> itself, "IPM.Note", "IPM", "" in lower case. */
static enum status class_prefixes(TALLOC_CTX *mem, const char *message_class, const char ***out, size_t *count)
{
    char *folded = talloc_strdup(mem, message_class);
    const char **list = talloc_array(mem, const char *, array_count(strlen(message_class) + 2));
    if (folded == NULL || list == NULL)
        return status_fail(STATUS_NO_MEMORY, "message class");
    ascii_lower(folded);
    *count = 0;
    for (;;) {
        list[(*count)++] = talloc_strdup(list, folded);
        char *dot = strrchr(folded, '.');
        if (folded[0] == '\0')
            break;
        *(dot != NULL ? dot : folded) = '\0';
    }
    *out = list;
    return STATUS_OK;
}

enum status receive_folder_get(struct transaction *tx, int64_t mailbox, const char *message_class, int64_t *folder)
{
    const char **classes = NULL;
    size_t count = 0;
    struct result *result = NULL;
    struct sql_receive_folder_find_out row;
    TRY(class_prefixes(tx, message_class, &classes, &count));
    TRY(TX_RUN(tx, tx, &result, receive_folder_find, .mailbox = mailbox, .classes = { classes, count }, .inbox_role = STORE_ROLE_INBOX));
    if (result->row_count == 0)
        return status_fail(STATUS_MAILBOX_NOT_FOUND, "mailbox %lld has no inbox", (long long)mailbox);
    result_read(result, 0, STATEMENT_receive_folder_find, &row);
    *folder = row.folder;
    talloc_free(result);
    talloc_free(classes);
    return STATUS_OK;
}

enum status receive_folder_set(struct transaction *tx, int64_t mailbox, const char *message_class, int64_t folder)
{
    char *folded = talloc_strdup(tx, message_class);
    if (folded == NULL)
        return status_fail(STATUS_NO_MEMORY, "message class");
    ascii_lower(folded);
    if (folder == 0)
        return TX_SEND(tx, receive_folder_remove, .mailbox = mailbox, .message_class = folded);
    return TX_SEND(tx, receive_folder_put, .mailbox = mailbox, .message_class = folded, .folder = folder, .modified = clock_now());
}
