#include "mail_source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TREE_DEPTH = 32 };

struct reading {
    TALLOC_CTX *mem;
    enum status (*take)(TALLOC_CTX *mem, const struct source_message *message, void *data);
    void *data;
    int64_t count; /* when take is NULL */
};

/* A file mapped for reading; released with its context. */
struct mapping {
    void *data;
    size_t length;
};

static int unmap(struct mapping *mapping)
{
    return mapping->data != NULL ? munmap(mapping->data, mapping->length) : 0;
}

static enum status map_file(TALLOC_CTX *mem, const char *path, struct slice *out, instant *modified)
{
    struct stat info;
    struct mapping *mapping = talloc_zero(mem, struct mapping);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (mapping == NULL || fd < 0 || fstat(fd, &info) != 0) {
        if (fd >= 0)
            close(fd);
        return status_fail(STATUS_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    mapping->length = (size_t)info.st_size;
    if (mapping->length > 0)
        mapping->data = mmap(NULL, mapping->length, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (mapping->data == MAP_FAILED) {
        mapping->data = NULL;
        return status_fail(STATUS_NO_MEMORY, "%s: %s", path, strerror(errno));
    }
    talloc_set_destructor(mapping, unmap);
    *out = slice_of(mapping->data, mapping->length);
    if (modified != NULL)
        *modified = instant_from_unix(info.st_mtime);
    return STATUS_OK;
}

/* Bare LF becomes CRLF; `unquote` takes one ">" off mbox's ">From " lines. */
static enum status with_crlf(TALLOC_CTX *mem, struct slice text, bool unquote, struct slice *out)
{
    uint8_t *copy = talloc_size(mem, text.length * 2 + 1);
    size_t length = 0;
    if (copy == NULL)
        return status_fail(STATUS_NO_MEMORY, "message of %zu bytes", text.length);
    for (struct slice rest = text, line; rest.length > 0;) {
        if (!slice_split(rest, '\n', &line, &rest))
            rest = slice_of(NULL, 0);
        if (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        size_t quotes = 0;
        while (unquote && quotes < line.length && line.data[quotes] == '>')
            quotes++;
        if (quotes > 0 && line.length - quotes >= 5 && memcmp(line.data + quotes, "From ", 5) == 0)
            line = slice_part(line, 1, line.length);
        if (line.length > 0)
            memcpy(copy + length, line.data, line.length);
        length += line.length;
        copy[length++] = '\r';
        copy[length++] = '\n';
    }
    *out = slice_of(copy, length);
    return STATUS_OK;
}

static enum status give(struct reading *reading, struct source_message *message, struct slice raw, bool unquote)
{
    if (reading->take == NULL) {
        reading->count++;
        return STATUS_OK;
    }
    TALLOC_CTX *step = talloc_new(reading->mem);
    enum status status = with_crlf(step, raw, unquote, &message->mime);
    if (status == STATUS_OK)
        status = reading->take(step, message, reading->data);
    talloc_free(step);
    return status;
}

/* ---- mbox ---- */

static bool is_separator(struct slice text)
{
    return text.length >= 5 && memcmp(text.data, "From ", 5) == 0;
}

/* Offset of the next separator line at or behind `from`, or the end. A separator follows an empty line. */
static size_t next_separator(struct slice file, size_t from)
{
    for (size_t at = from; at < file.length;) {
        const uint8_t *found = memmem(file.data + at, file.length - at, "\nFrom ", 6);
        if (found == NULL)
            return file.length;
        size_t offset = (size_t)(found - file.data) + 1;
        bool after_empty = offset >= 2 && (file.data[offset - 2] == '\n' || (offset >= 3 && file.data[offset - 2] == '\r' && file.data[offset - 3] == '\n'));
        if (after_empty)
            return offset;
        at = offset;
    }
    return file.length;
}

/* Status and X-Status fields of classic mail programs: R read, F flagged, T draft. */
static void status_fields(struct slice message, struct source_message *out)
{
    for (struct slice rest = message, line; slice_split(rest, '\n', &line, &rest);) {
        line = slice_trim(line);
        if (line.length == 0)
            return;
        bool is_status = line.length > 7 && memcmp(line.data, "Status:", 7) == 0;
        bool is_x_status = line.length > 9 && memcmp(line.data, "X-Status:", 9) == 0;
        if (is_status)
            out->is_read = memchr(line.data, 'R', line.length) != NULL;
        if (is_x_status)
            out->is_flagged = memchr(line.data, 'F', line.length) != NULL;
        if (is_x_status)
            out->is_draft = memchr(line.data, 'T', line.length) != NULL;
    }
}

static enum status read_mbox(struct reading *reading, const char *path)
{
    struct slice file;
    TRY(map_file(reading->mem, path, &file, NULL));
    for (size_t start = 0, end; start < file.length; start = end) {
        struct slice line, body;
        struct source_message message = { .folder = "", .where = path };
        end = next_separator(file, start + 1);
        if (!slice_split(slice_part(file, start, end - start), '\n', &line, &body))
            continue;
        status_fields(body, &message);
        TRY(give(reading, &message, body, true));
    }
    return STATUS_OK;
}

/* ---- Maildir and .eml trees ---- */

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* "cur/1234.host:2,FS": flags behind the comma. */
static void maildir_flags(const char *name, struct source_message *out)
{
    const char *flags = strstr(name, ":2,");
    if (flags == NULL)
        return;
    out->is_read = strchr(flags + 3, 'S') != NULL;
    out->is_flagged = strchr(flags + 3, 'F') != NULL;
    out->is_draft = strchr(flags + 3, 'D') != NULL;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcasecmp(name + length - tail, end) == 0;
}

static enum status read_file(struct reading *reading, const char *path, const char *name, const char *folder, bool is_maildir)
{
    struct slice file = { 0 };
    struct source_message message = { .folder = folder, .where = path, .is_read = !is_maildir };
    TALLOC_CTX *step = talloc_new(reading->mem);
    enum status status = reading->take == NULL ? STATUS_OK : map_file(step, path, &file, &message.received);
    if (is_maildir)
        maildir_flags(name, &message);
    if (status == STATUS_OK)
        status = give(reading, &message, file, false);
    talloc_free(step);
    return status;
}

/* Names of a folder in order, so that two runs read alike. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

typedef enum status (*entry_function)(struct reading *reading, const char *path, const char *name, const char *folder, int depth);

static enum status each_entry(struct reading *reading, const char *path, const char *folder, int depth, entry_function function)
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, by_name);
    enum status status = count >= 0 ? STATUS_OK : status_fail(STATUS_NOT_FOUND, "%s: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        char *child = talloc_asprintf(reading->mem, "%s/%s", path, name);
        if (status == STATUS_OK && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            status = child != NULL ? function(reading, child, name, folder, depth) : status_fail(STATUS_NO_MEMORY, "path");
        talloc_free(child);
        free(names[i]);
    }
    free(names);
    return status;
}

static enum status maildir_message(struct reading *reading, const char *path, const char *name, const char *folder, int depth)
{
    (void)depth;
    return name[0] == '.' || is_directory(path) ? STATUS_OK : read_file(reading, path, name, folder, true);
}

static enum status maildir_folder(struct reading *reading, const char *path, const char *folder)
{
    char *cur = talloc_asprintf(reading->mem, "%s/cur", path), *fresh = talloc_asprintf(reading->mem, "%s/new", path);
    if (cur == NULL || fresh == NULL)
        return status_fail(STATUS_NO_MEMORY, "path");
    if (is_directory(cur))
        TRY(each_entry(reading, cur, folder, 0, maildir_message));
    return is_directory(fresh) ? each_entry(reading, fresh, folder, 0, maildir_message) : STATUS_OK;
}

/* Maildir++: ".Work.Project" is the folder Work/Project. */
static enum status maildir_subfolder(struct reading *reading, const char *path, const char *name, const char *folder, int depth)
{
    (void)folder;
    (void)depth;
    if (name[0] != '.' || !is_directory(path))
        return STATUS_OK;
    char *below = talloc_strdup(reading->mem, name + 1);
    if (below == NULL)
        return status_fail(STATUS_NO_MEMORY, "path");
    for (char *dot = below; (dot = strchr(dot, '.')) != NULL;)
        *dot = '/';
    enum status status = maildir_folder(reading, path, below);
    talloc_free(below);
    return status;
}

static enum status eml_entry(struct reading *reading, const char *path, const char *name, const char *folder, int depth)
{
    if (!is_directory(path))
        return ends_with(name, ".eml") ? read_file(reading, path, name, folder, false) : STATUS_OK;
    if (depth >= TREE_DEPTH)
        return status_fail(STATUS_LIMIT_EXCEEDED, "%s: more than %d levels", path, TREE_DEPTH);
    char *below = folder[0] != '\0' ? talloc_asprintf(reading->mem, "%s/%s", folder, name) : talloc_strdup(reading->mem, name);
    if (below == NULL)
        return status_fail(STATUS_NO_MEMORY, "path");
    enum status status = each_entry(reading, path, below, depth + 1, eml_entry);
    talloc_free(below);
    return status;
}

static bool has_maildir(TALLOC_CTX *mem, const char *path)
{
    char *cur = talloc_asprintf(mem, "%s/cur", path);
    return cur != NULL && is_directory(cur);
}

static enum status read_all(struct reading *reading, const char *path)
{
    if (!is_directory(path))
        return ends_with(path, ".eml") ? read_file(reading, path, path, "", false) : read_mbox(reading, path);
    if (!has_maildir(reading->mem, path))
        return each_entry(reading, path, "", 0, eml_entry);
    TRY(maildir_folder(reading, path, ""));
    return each_entry(reading, path, "", 0, maildir_subfolder);
}

static enum status check_path(const char *path)
{
    struct slice file;
    if (is_directory(path) || ends_with(path, ".eml"))
        return STATUS_OK;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum status status = map_file(mem, path, &file, NULL);
    if (status == STATUS_OK && !is_separator(file))
        status = status_fail(STATUS_NOT_FOUND, "%s is neither an mbox file nor a folder", path);
    talloc_free(mem);
    return status;
}

enum status mail_source_count(TALLOC_CTX *mem, const char *path, int64_t *count)
{
    struct reading reading = { .mem = talloc_new(mem) };
    enum status status = check_path(path);
    if (status == STATUS_OK)
        status = read_all(&reading, path);
    *count = reading.count;
    talloc_free(reading.mem);
    return status;
}

enum status mail_source_read(TALLOC_CTX *mem, const char *path, enum status (*take)(TALLOC_CTX *mem, const struct source_message *message, void *data),
                             void *data)
{
    struct reading reading = { .mem = talloc_new(mem), .take = take, .data = data };
    enum status status = check_path(path);
    if (status == STATUS_OK)
        status = read_all(&reading, path);
    talloc_free(reading.mem);
    return status;
}
