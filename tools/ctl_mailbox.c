/* boursectl mailbox create | list | show | delete */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bourse/directory/directory.h"
#include "bourse/groupware/groupware.h"
#include "bourse/groupware/session.h"
#include "bourse/storage/folder.h"
#include "progress.h"
#include "tool.h"

enum { PAGE = 500 };

static enum status create_one(struct tool *tool, struct groupware *groupware, const struct recipient_entry *entry)
{
    struct session *session = NULL;
    TALLOC_CTX *step = talloc_new(tool->mem);
    enum status status = session_open(step, groupware, entry->guid, &session);
    talloc_free(step);
    return status;
}

static int create_all(struct tool *tool, struct groupware *groupware)
{
    struct recipient_entry **owners = NULL;
    size_t count = 0, failed = 0;
    enum status status = mailbox_owners(tool->mem, groupware_directory(groupware), &owners, &count);
    if (status != STATUS_OK)
        return tool_fail(status, "directory");
    struct progress *progress = progress_start(tool->mem, "create", "mailboxes", (int64_t)count, tool->json);
    for (size_t i = 0; i < count; i++) {
        status_chain_clear();
        status = create_one(tool, groupware, owners[i]);
        if (status != STATUS_OK) {
            tool_fail(status, "%s", owners[i]->address != NULL ? owners[i]->address : owners[i]->dn);
            failed++;
        }
        progress_step(progress, 1);
    }
    progress_end(progress);
    return failed == 0 ? TOOL_OK : TOOL_FAILED;
}

static int create_run(struct tool *tool)
{
    bool all = tool_flag(tool, "--all");
    if (all == (tool->argc == 1) || tool->argc > 1)
        return tool_usage("mailbox create needs one address, or --all");
    struct groupware *groupware = tool_groupware(tool);
    if (groupware == NULL)
        return TOOL_FAILED;
    int code = TOOL_OK;
    if (all) {
        code = create_all(tool, groupware);
    } else {
        struct recipient_entry *entry = NULL;
        enum status status = recipient_by_address(tool->mem, groupware_directory(groupware), tool->argv[0], &entry);
        if (status == STATUS_OK)
            status = create_one(tool, groupware, entry);
        code = status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s", tool->argv[0]);
        if (status == STATUS_OK && !tool->json)
            printf("%s has a mailbox\n", tool->argv[0]);
    }
    groupware_close(groupware);
    return code;
}

static void print_mailbox(const struct tool *tool, const struct store_mailbox *mailbox)
{
    char guid[GUID_TEXT_SIZE], created[INSTANT_TEXT_SIZE];
    static const char *const kinds[] = { "user", "shared", "room", "equipment", "public" };
    guid_format(mailbox->guid, guid);
    instant_format(mailbox->created, created);
    if (tool->json)
        tool_print_json(json_pack("{s:s,s:s,s:s,s:I,s:I,s:s}", "address", mailbox->label, "guid", guid, "kind", kinds[mailbox->kind], "items",
                                  (json_int_t)mailbox->item_count, "bytes", (json_int_t)mailbox->size, "created", created));
    else
        printf("%-40s %-9s %9" PRId64 " items %12" PRIu64 " bytes  %s\n", mailbox->label, kinds[mailbox->kind], mailbox->item_count, mailbox->size, guid);
}

static int list_run(struct tool *tool)
{
    struct store *store = tool_store(tool);
    if (store == NULL)
        return TOOL_FAILED;
    int64_t after = 0;
    for (size_t count = 1; count > 0;) {
        struct transaction *tx = NULL;
        struct store_mailbox *list = NULL;
        enum status status = transaction_begin(tool->mem, store, TRANSACTION_READ, &tx);
        if (status == STATUS_OK)
            status = store_mailbox_list(tool->mem, tx, after, PAGE, &list, &count);
        talloc_free(tx);
        if (status != STATUS_OK)
            return tool_fail(status, "mailboxes");
        for (size_t i = 0; i < count; i++) {
            print_mailbox(tool, &list[i]);
            after = list[i].id;
        }
        talloc_free(list);
    }
    return TOOL_OK;
}

static void print_folder(const struct tool *tool, const struct store_folder *folder)
{
    if (tool->json)
        tool_print_json(json_pack("{s:s,s:s,s:I,s:I,s:I}", "folder", folder->name, "class", folder->container_class, "items", (json_int_t)folder->live,
                                  "unread", (json_int_t)folder->unread, "bytes", (json_int_t)folder->bytes));
    else
        printf("  %-36s %-24s %9" PRId64 " items %7" PRId64 " unread %12" PRIu64 " bytes\n", folder->name, folder->container_class, folder->live,
               folder->unread, folder->bytes);
}

static enum status show_in(struct tool *tool, struct transaction *tx, int64_t id)
{
    struct store_mailbox mailbox;
    struct store_folder root, *folders = NULL;
    size_t count = 0;
    TRY(store_mailbox_get(tool->mem, tx, id, &mailbox));
    print_mailbox(tool, &mailbox);
    if (!tool->json)
        printf("  quotas: warning %" PRIu64 ", send %" PRIu64 ", receive %" PRIu64 " bytes (0: the configured default)\n", mailbox.warning_quota,
               mailbox.send_quota, mailbox.receive_quota);
    TRY(store_folder_by_role(tool->mem, tx, id, STORE_ROLE_ROOT, &root));
    TRY(store_folder_list(tool->mem, tx, id, root.id, STORE_ALL_BELOW, &folders, &count));
    for (size_t i = 0; i < count; i++)
        print_folder(tool, &folders[i]);
    return STATUS_OK;
}

static int show_run(struct tool *tool)
{
    if (tool->argc != 1)
        return tool_usage("mailbox show needs one mailbox");
    int64_t id = tool_mailbox(tool, tool->argv[0]);
    struct store *store = id != 0 ? tool_store(tool) : NULL;
    struct transaction *tx = NULL;
    if (store == NULL)
        return TOOL_FAILED;
    enum status status = transaction_begin(tool->mem, store, TRANSACTION_READ, &tx);
    if (status == STATUS_OK)
        status = show_in(tool, tx, id);
    talloc_free(tx);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s", tool->argv[0]);
}

static bool confirmed(const struct tool *tool, bool yes)
{
    char answer[256] = "";
    if (yes)
        return true;
    fprintf(stderr, "This deletes the mailbox of %s with all its items. Type the address again to go on: ", tool->argv[0]);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    answer[strcspn(answer, "\r\n")] = '\0';
    return strcmp(answer, tool->argv[0]) == 0;
}

static int delete_run(struct tool *tool)
{
    bool yes = tool_flag(tool, "--yes");
    if (tool->argc != 1)
        return tool_usage("mailbox delete needs one mailbox");
    int64_t id = tool_mailbox(tool, tool->argv[0]);
    if (id == 0)
        return TOOL_FAILED;
    if (!confirmed(tool, yes))
        return tool_usage("nothing was deleted");
    struct store *store = tool_store(tool);
    struct transaction *tx = NULL;
    if (store == NULL)
        return TOOL_FAILED;
    enum status status = transaction_begin(tool->mem, store, TRANSACTION_WRITE, &tx);
    if (status == STATUS_OK)
        status = store_mailbox_lock(tx, id, NULL);
    if (status == STATUS_OK)
        status = store_mailbox_delete(tx, id);
    if (status == STATUS_OK)
        status = transaction_commit(tx);
    talloc_free(tx);
    if (status != STATUS_OK)
        return tool_fail(status, "%s", tool->argv[0]);
    if (!tool->json)
        printf("the mailbox of %s is deleted; deliverd removes its content\n", tool->argv[0]);
    return TOOL_OK;
}

/* "2GiB", "500MB" or bytes; the config layer knows the units. NULL leaves the old value. */
static bool parse_size(const char *text, uint64_t *out)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = { { "", 1 }, { "KiB", 1024 }, { "MiB", 1024 * 1024 }, { "GiB", 1024 * 1024 * 1024 } };
    char *end = NULL;
    if (text == NULL)
        return true;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    for (size_t i = 0; errno == 0 && end != text && i < ARRAY_LENGTH(units); i++)
        if (strcmp(end, units[i].unit) == 0 && number <= INT64_MAX / units[i].bytes) {
            *out = number * units[i].bytes;
            return true;
        }
    return false;
}

static enum status set_quotas(struct tool *tool, struct store *store, int64_t id, const char *const texts[3])
{
    struct transaction *tx = NULL;
    struct store_mailbox mailbox;
    TRY(transaction_begin(tool->mem, store, TRANSACTION_WRITE, &tx));
    TRY(store_mailbox_lock(tx, id, &mailbox));
    if (!parse_size(texts[0], &mailbox.warning_quota) || !parse_size(texts[1], &mailbox.send_quota) || !parse_size(texts[2], &mailbox.receive_quota))
        return status_fail(STATUS_INVALID_ARGUMENT, "sizes are bytes, or a number with KiB, MiB or GiB");
    TRY(store_mailbox_set_quotas(tx, id, mailbox.warning_quota, mailbox.send_quota, mailbox.receive_quota));
    return transaction_commit(tx);
}

static int quota_run(struct tool *tool)
{
    const char *texts[] = { tool_option(tool, "--warning"), tool_option(tool, "--send"), tool_option(tool, "--receive") };
    if (tool->argc != 1 || (texts[0] == NULL && texts[1] == NULL && texts[2] == NULL))
        return tool_usage("mailbox quota needs one mailbox and at least one of --warning, --send, --receive");
    int64_t id = tool_mailbox(tool, tool->argv[0]);
    struct store *store = id != 0 ? tool_store(tool) : NULL;
    if (store == NULL)
        return TOOL_FAILED;
    enum status status = set_quotas(tool, store, id, texts);
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "%s", tool->argv[0]);
}

const struct tool_command mailbox_commands[] = {
    { "mailbox create", "ADDRESS|--all", "make the mailbox of a directory entry, or all", true, create_run },
    { "mailbox list", "", "all mailboxes with their sizes", true, list_run },
    { "mailbox show", "MAILBOX", "one mailbox with its folders", true, show_run },
    { "mailbox quota", "MAILBOX [--warning SIZE] [--send SIZE] [--receive SIZE]", "its own quotas; 0: the configured default", true, quota_run },
    { "mailbox delete", "MAILBOX [--yes]", "delete a mailbox and its content", true, delete_run },
    { NULL, NULL, NULL, false, NULL },
};
