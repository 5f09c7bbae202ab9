/* boursectl import MAILBOX PATH [--folder NAME] */
#include <inttypes.h>
#include <string.h>

#include "bourse/directory/directory.h"
#include "bourse/groupware/item.h"
#include "bourse/model/properties.h"
#include "mail_source.h"
#include "owner_session.h"
#include "progress.h"
#include "tool.h"

struct importing {
    struct tool *tool;
    struct session *session;
    struct object_id top;
    struct progress *progress;
    int64_t taken, failed;
    char *last_path;          /* folder of the message before */
    struct object_id last_folder;
};

/* Names by which other systems know our special folders. */
static const struct {
    const char *name;
    enum folder_role role;
} known_folders[] = {
    { "inbox", FOLDER_ROLE_INBOX },        { "sent", FOLDER_ROLE_SENT_ITEMS },    { "sent items", FOLDER_ROLE_SENT_ITEMS },
    { "drafts", FOLDER_ROLE_DRAFTS },      { "trash", FOLDER_ROLE_DELETED_ITEMS }, { "deleted items", FOLDER_ROLE_DELETED_ITEMS },
    { "junk", FOLDER_ROLE_JUNK_EMAIL },    { "spam", FOLDER_ROLE_JUNK_EMAIL },    { "junk email", FOLDER_ROLE_JUNK_EMAIL },
};

static enum status child_folder(TALLOC_CTX *mem, struct session *session, const struct object_id *parent, const char *name, struct object_id *out)
{
    struct folder_page *page = NULL;
    struct folder_query query = { 0 };
    struct folder *made = NULL;
    TRY(folder_find(mem, session, parent, &query, &page));
    for (size_t i = 0; i < page->count; i++)
        if (strcasecmp(page->folders[i]->display_name, name) == 0) {
            *out = page->folders[i]->id;
            return STATUS_OK;
        }
    TRY(folder_create(mem, session, parent, name, "IPF.Note", NULL, &made));
    *out = made->id;
    return STATUS_OK;
}

static enum status top_folder(TALLOC_CTX *mem, struct importing *importing, const char *name, struct object_id *out)
{
    struct object_id root;
    for (size_t i = 0; i < ARRAY_LENGTH(known_folders); i++)
        if (strcasecmp(name, known_folders[i].name) == 0)
            return folder_id_of_role(importing->session, session_mailbox(importing->session), known_folders[i].role, out);
    TRY(folder_id_of_role(importing->session, session_mailbox(importing->session), FOLDER_ROLE_IPM_SUBTREE, &root));
    return child_folder(mem, importing->session, &root, name, out);
}

static enum status folder_of_path(TALLOC_CTX *mem, struct importing *importing, const char *path, struct object_id *out)
{
    char *copy = talloc_strdup(mem, path), *save = NULL;
    bool at_top = true;
    *out = importing->top;
    for (char *name = copy != NULL ? strtok_r(copy, "/", &save) : NULL; name != NULL; name = strtok_r(NULL, "/", &save)) {
        struct object_id next;
        TRY(at_top ? top_folder(mem, importing, name, &next) : child_folder(mem, importing->session, out, name, &next));
        *out = next;
        at_top = false;
    }
    return copy != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "path");
}

static enum status remember_folder(TALLOC_CTX *mem, struct importing *importing, const char *path)
{
    if (importing->last_path != NULL && strcmp(importing->last_path, path) == 0)
        return STATUS_OK;
    TRY(folder_of_path(mem, importing, path, &importing->last_folder));
    talloc_free(importing->last_path);
    importing->last_path = talloc_strdup(importing->tool->mem, path);
    return STATUS_OK;
}

static enum status save(TALLOC_CTX *mem, struct importing *importing, const struct source_message *message)
{
    struct item *item = NULL;
    struct bag *overrides = bag_new(mem);
    struct item_create_options options = { .is_read = message->is_read, .is_draft = message->is_draft };
    if (overrides == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    TRY(remember_folder(mem, importing, message->folder));
    if (message->is_flagged)
        TRY(bag_set_int32(overrides, PROP_FLAG_STATUS, 2)); /* followupFlagged [MS-OXOFLAG] 2.2.1.1 */
    return item_create_from_mime(mem, importing->session, &importing->last_folder, message->mime, overrides, &options, &item);
}

/* One bad message is told and left out; an outage ends the run. */
static enum status take(TALLOC_CTX *mem, const struct source_message *message, void *data)
{
    struct importing *importing = data;
    status_chain_clear();
    enum status status = save(mem, importing, message);
    progress_step(importing->progress, 1);
    if (status == STATUS_OK) {
        importing->taken++;
        return STATUS_OK;
    }
    if (status_info(status)->fault != FAULT_CLIENT || status == STATUS_QUOTA_EXCEEDED)
        return status;
    importing->failed++;
    tool_fail(status, "%s", message->where);
    return STATUS_OK;
}

static int import_into(struct importing *importing, const char *path, const char *folder)
{
    int64_t count = 0;
    struct tool *tool = importing->tool;
    enum status status = folder_id_of_role(importing->session, session_mailbox(importing->session), FOLDER_ROLE_INBOX, &importing->top);
    if (status == STATUS_OK && folder != NULL)
        status = folder_of_path(tool->mem, importing, folder, &importing->top);
    if (status == STATUS_OK)
        status = mail_source_count(tool->mem, path, &count);
    if (status != STATUS_OK)
        return tool_fail(status, "%s", path);
    importing->progress = progress_start(tool->mem, "import", "messages", count, tool->json);
    status = mail_source_read(tool->mem, path, take, importing);
    progress_end(importing->progress);
    if (status != STATUS_OK)
        return tool_fail(status, "stopped after %" PRId64 " messages", importing->taken);
    if (tool->json)
        tool_print_json(json_pack("{s:I,s:I}", "imported", (json_int_t)importing->taken, "failed", (json_int_t)importing->failed));
    else
        printf("%" PRId64 " messages imported, %" PRId64 " failed\n", importing->taken, importing->failed);
    return importing->failed == 0 ? TOOL_OK : TOOL_FAILED;
}

static int import_run(struct tool *tool)
{
    struct importing importing = { .tool = tool };
    const char *folder = tool_option(tool, "--folder");
    if (tool->argc != 2)
        return tool_usage("import needs a mailbox and a path");
    struct groupware *groupware = tool_groupware(tool);
    int code = groupware != NULL ? TOOL_OK : TOOL_FAILED;
    if (code == TOOL_OK)
        code = owner_session(tool, groupware, tool->argv[0], &importing.session);
    if (code == TOOL_OK)
        code = import_into(&importing, tool->argv[1], folder);
    talloc_free(importing.session);
    groupware_close(groupware);
    return code;
}



const struct tool_command transfer_commands[] = {
    { "import", "MAILBOX PATH [--folder NAME]", "take in an mbox file, a Maildir or a tree of .eml files", true, import_run },
    { "export", "MAILBOX PATH [--format eml|mbox|maildir]", "write all mail of a mailbox", true, export_run },
    { NULL, NULL, NULL, false, NULL },
};
