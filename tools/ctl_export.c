/* boursectl export MAILBOX PATH [--format eml|mbox|maildir] */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bourse/groupware/find.h"
#include "bourse/model/properties.h"
#include "owner_session.h"
#include "progress.h"
#include "tool.h"

enum { PAGE = 200 };

enum format { FORMAT_EML, FORMAT_MBOX, FORMAT_MAILDIR };

struct exporting {
    struct tool *tool;
    struct session *session;
    const char *path;
    enum format format;
    struct progress *progress;
    int64_t written;
};

/* A folder's name as a file name: what a file system or Maildir++ would misread becomes "_". */
static char *safe_name(TALLOC_CTX *mem, const char *name, bool no_dots)
{
    char *safe = talloc_strdup(mem, name[0] != '\0' ? name : "_");
    for (char *at = safe; at != NULL && *at != '\0'; at++)
        if (*at == '/' || *at == '\\' || (unsigned char)*at < ' ' || (*at == '.' && (no_dots || at == safe)))
            *at = '_';
    return safe;
}

static enum status make_directory(const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return status_fail(STATUS_INVALID_ARGUMENT, "%s: %s", path, strerror(errno));
    return STATUS_OK;
}

/* On disk before it counts. */
static enum status write_file(const char *path, struct slice content, const char *mode, const char *before, const char *after)
{
    FILE *file = fopen(path, mode);
    bool written = file != NULL && fputs(before, file) >= 0 && fwrite(content.data, 1, content.length, file) == content.length && fputs(after, file) >= 0;
    if (file != NULL)
        written = fclose(file) == 0 && written;
    return written ? STATUS_OK : status_fail(STATUS_DISK_FULL, "%s: %s", path, strerror(errno));
}

/* mbox: lines that would look like a separator are quoted (mboxrd), line ends become LF. */
static enum status mbox_body(TALLOC_CTX *mem, struct slice mime, struct slice *out)
{
    struct buffer *body = buffer_new(mem, mime.length * 2 + 16);
    if (body == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    for (struct slice rest = mime, line; rest.length > 0;) {
        if (!slice_split(rest, '\n', &line, &rest))
            rest = slice_of(NULL, 0);
        if (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        size_t quotes = 0;
        while (quotes < line.length && line.data[quotes] == '>')
            quotes++;
        if (line.length - quotes >= 5 && memcmp(line.data + quotes, "From ", 5) == 0)
            buffer_append_byte(body, '>');
        buffer_append_slice(body, line);
        buffer_append_byte(body, '\n');
    }
    TRY(buffer_status(body));
    *out = buffer_slice(body);
    return STATUS_OK;
}

static enum status write_mbox(TALLOC_CTX *mem, const char *path, const struct item *item, struct slice mime)
{
    char date[INSTANT_MAIL_SIZE];
    struct slice body;
    char *file = talloc_asprintf(mem, "%s.mbox", path);
    char *separator = talloc_asprintf(mem, "From MAILER-DAEMON %s\n", instant_format_mail(item->received, date));
    char *status = talloc_asprintf(mem, "%sStatus: %s\n", separator, item->is_read ? "RO" : "O");
    if (file == NULL || separator == NULL || status == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    TRY(mbox_body(mem, mime, &body));
    return write_file(file, body, "a", status, "\n");
}

static enum status write_maildir(TALLOC_CTX *mem, const char *path, const struct item *item, struct slice mime)
{
    char *temporary = talloc_asprintf(mem, "%s/tmp/%" PRId64, path, item->id.item);
    bool flagged = bag_int32(item->message->props, PROP_FLAG_STATUS, 0) == 2;
    char *final = talloc_asprintf(mem, "%s/cur/%" PRId64 ".%" PRId64 ".bourse:2,%s%s%s", path, instant_to_unix(item->received), item->id.item,
                                  item->is_draft ? "D" : "", flagged ? "F" : "", item->is_read ? "S" : "");
    if (temporary == NULL || final == NULL)
        return status_fail(STATUS_NO_MEMORY, "message");
    TRY(write_file(temporary, mime, "w", "", ""));
    return rename(temporary, final) == 0 ? STATUS_OK : status_fail(STATUS_DISK_FULL, "%s: %s", final, strerror(errno));
}

static enum status write_eml(TALLOC_CTX *mem, const char *path, const struct item *item, struct slice mime)
{
    char *file = talloc_asprintf(mem, "%s/%" PRId64 ".eml", path, item->id.item);
    return file != NULL ? write_file(file, mime, "w", "", "") : status_fail(STATUS_NO_MEMORY, "message");
}

static enum status write_item(struct exporting *exporting, const char *path, const struct item *item)
{
    struct slice mime;
    TALLOC_CTX *step = talloc_new(exporting->tool->mem);
    enum status status = item_mime(step, exporting->session, &item->id, &mime);
    if (status == STATUS_OK && exporting->format == FORMAT_MBOX)
        status = write_mbox(step, path, item, mime);
    else if (status == STATUS_OK && exporting->format == FORMAT_MAILDIR)
        status = write_maildir(step, path, item, mime);
    else if (status == STATUS_OK)
        status = write_eml(step, path, item, mime);
    talloc_free(step);
    exporting->written += status == STATUS_OK;
    progress_step(exporting->progress, 1);
    return status == STATUS_ITEM_NOT_FOUND ? STATUS_OK : status; /* deleted meanwhile */
}

static enum status prepare_place(TALLOC_CTX *mem, const struct exporting *exporting, const char *path)
{
    if (exporting->format == FORMAT_MBOX)
        return STATUS_OK;
    TRY(make_directory(path));
    static const char *const parts[] = { "cur", "new", "tmp" };
    for (size_t i = 0; exporting->format == FORMAT_MAILDIR && i < ARRAY_LENGTH(parts); i++) {
        char *part = talloc_asprintf(mem, "%s/%s", path, parts[i]);
        TRY(part != NULL ? make_directory(part) : status_fail(STATUS_NO_MEMORY, "path"));
    }
    return STATUS_OK;
}

static enum status export_folder(struct exporting *exporting, const struct folder *folder, const char *path)
{
    static const struct sort_key by_date = { .tag = PROP_MESSAGE_DELIVERY_TIME };
    TRY(prepare_place(exporting->tool->mem, exporting, path));
    for (size_t offset = 0, more = 1; more;) {
        TALLOC_CTX *step = talloc_new(exporting->tool->mem);
        struct item_page *page = NULL;
        struct find_query query = { .sort = &by_date, .sort_count = 1, .offset = offset, .limit = PAGE };
        enum status status = item_find(step, exporting->session, &folder->id, &query, &page);
        for (size_t i = 0; status == STATUS_OK && i < page->count; i++)
            status = write_item(exporting, path, page->items[i]);
        more = status == STATUS_OK && !page->includes_last;
        offset = status == STATUS_OK ? page->next_offset : offset;
        talloc_free(step);
        TRY(status);
    }
    return STATUS_OK;
}

static const char *path_of(const struct folder_page *tree, char *const *paths, const char *top, int64_t parent)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->folders[i]->id.folder == parent)
            return paths[i];
    return top;
}

/* Maildir++ puts all folders side by side, with dots for the levels; the others nest. */
static char *folder_path(const struct exporting *exporting, const char *parent, const char *name)
{
    TALLOC_CTX *mem = exporting->tool->mem;
    char *safe = safe_name(mem, name, exporting->format == FORMAT_MAILDIR);
    if (exporting->format == FORMAT_EML)
        return talloc_asprintf(mem, "%s/%s", parent, safe);
    if (exporting->format == FORMAT_MAILDIR)
        return talloc_asprintf(mem, strcmp(parent, exporting->path) == 0 ? "%s/.%s" : "%s.%s", parent, safe);
    return talloc_asprintf(mem, strcmp(parent, exporting->path) == 0 ? "%s/%s" : "%s.%s", parent, safe);
}

static enum status export_tree(struct exporting *exporting, const struct folder_page *tree)
{
    char **paths = talloc_zero_size(exporting->tool->mem, (tree->count + 1) * sizeof(char *));
    if (paths == NULL)
        return status_fail(STATUS_NO_MEMORY, "paths");
    for (size_t i = 0; i < tree->count; i++) {
        const struct folder *folder = tree->folders[i];
        paths[i] = folder_path(exporting, path_of(tree, paths, exporting->path, folder->parent.folder), folder->display_name);
        if (paths[i] == NULL)
            return status_fail(STATUS_NO_MEMORY, "path");
        if (!folder->is_hidden)
            TRY(export_folder(exporting, folder, paths[i]));
    }
    return STATUS_OK;
}

static enum status export_all(struct exporting *exporting)
{
    struct object_id root;
    struct folder_page *tree = NULL;
    struct folder_query query = { .deep = true };
    int64_t total = 0;
    TRY(make_directory(exporting->path));
    TRY(folder_id_of_role(exporting->session, session_mailbox(exporting->session), FOLDER_ROLE_IPM_SUBTREE, &root));
    TRY(folder_find(exporting->tool->mem, exporting->session, &root, &query, &tree));
    for (size_t i = 0; i < tree->count; i++)
        total += tree->folders[i]->is_hidden ? 0 : tree->folders[i]->total_count;
    exporting->progress = progress_start(exporting->tool->mem, "export", "messages", total, exporting->tool->json);
    enum status status = export_tree(exporting, tree);
    progress_end(exporting->progress);
    return status;
}

static bool parse_format(const char *name, enum format *out)
{
    static const char *const names[] = { [FORMAT_EML] = "eml", [FORMAT_MBOX] = "mbox", [FORMAT_MAILDIR] = "maildir" };
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (name == NULL || strcmp(name, names[i]) == 0) {
            *out = (enum format)i;
            return true;
        }
    return false;
}

static int report(const struct exporting *exporting, enum status status)
{
    if (status != STATUS_OK)
        return tool_fail(status, "stopped after %" PRId64 " messages", exporting->written);
    if (exporting->tool->json)
        tool_print_json(json_pack("{s:I}", "exported", (json_int_t)exporting->written));
    else
        printf("%" PRId64 " messages exported to %s\n", exporting->written, exporting->path);
    return TOOL_OK;
}

int export_run(struct tool *tool)
{
    struct exporting exporting = { .tool = tool };
    const char *format = tool_option(tool, "--format");
    if (tool->argc != 2 || !parse_format(format, &exporting.format))
        return tool_usage("export needs a mailbox and a path; formats are eml, mbox and maildir");
    exporting.path = tool->argv[1];
    struct groupware *groupware = tool_groupware(tool);
    int code = groupware != NULL ? owner_session(tool, groupware, tool->argv[0], &exporting.session) : TOOL_FAILED;
    if (code == TOOL_OK)
        code = report(&exporting, export_all(&exporting));
    talloc_free(exporting.session);
    groupware_close(groupware);
    return code;
}
