#include "hierarchy.h"

#include <stdlib.h>

#include "bourse/base/hash.h"
#include "bourse/base/wire.h"
#include "bourse/groupware/folder.h"

enum { STATE_VERSION = 1, STATE_CAP = 4 * 1024 * 1024 };

/* Types by role; user-created folders by their container class [MS-ASCMD] 2.2.3.186.3. */
static const int type_of_role[] = {
#define FOLDER_ROLE(name, number, parent, ews, type, ...) [number] = (type),
#include "bourse/model/folder_roles.def"
#undef FOLDER_ROLE
};

enum { TYPE_GENERIC = 1, TYPE_USER_MAIL = 12, TYPE_UNKNOWN = 18 };

static const struct {
    int type;
    const char *folder_class; /* prefix */
    const char *item_class;   /* of the default and the user-created type */
    int default_type;
} types[] = {
    { 13, "IPF.Appointment", "Calendar", 8 }, { 14, "IPF.Contact", "Contacts", 9 }, { 15, "IPF.Task", "Tasks", 7 },
    { 16, "IPF.Journal", NULL, 11 },          { 17, "IPF.StickyNote", "Notes", 10 }, { TYPE_USER_MAIL, "IPF.Note", "Email", 2 },
};

static int type_of_folder(const struct folder *folder)
{
    if (folder->role != FOLDER_ROLE_NONE && (size_t)folder->role < ARRAY_LENGTH(type_of_role))
        return type_of_role[folder->role];
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (strncasecmp(folder->folder_class, types[i].folder_class, strlen(types[i].folder_class)) == 0)
            return types[i].type;
    return *folder->folder_class == '\0' ? TYPE_USER_MAIL : TYPE_UNKNOWN;
}

const char *eas_class_of_type(int64_t type)
{
    if (type == TYPE_GENERIC)
        return "IPF.Note";
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (types[i].type == type)
            return types[i].folder_class;
    return NULL;
}

const char *eas_item_class_of_type(int type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (types[i].type == type || types[i].default_type == type)
            return types[i].item_class;
    return type >= 1 && type <= 6 ? "Email" : type == 19 ? "RecipientInfoCache" : NULL;
}

bool eas_folder_id_parse(const char *text, int64_t *out)
{
    int64_t value = 0;
    size_t length = text != NULL ? strlen(text) : 0;
    if (length == 0 || length > 15)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return value <= OBJECT_ID_MAX;
}

struct object_id eas_folder_object(const struct eas_call *call, int64_t folder)
{
    return (struct object_id){ .kind = OBJECT_FOLDER, .mailbox = session_mailbox(call->session), .folder = folder };
}

static uint32_t hash_of_name(const char *name)
{
    struct hash256 hash = hash_sha256(slice_of_text(name));
    uint32_t first;
    memcpy(&first, hash.bytes, sizeof first);
    return first;
}

static int by_id(const void *a, const void *b)
{
    const struct eas_folder *left = a, *right = b;
    return left->id < right->id ? -1 : left->id > right->id;
}

/* A folder whose parent is hidden hangs at the top. */
static void fill(struct eas_hierarchy *out, const struct folder_page *page, int64_t root)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct folder *folder = page->folders[i];
        int type = type_of_folder(folder);
        if (folder->is_hidden || folder->is_search || type == 0)
            continue;
        out->folders[out->count++] = (struct eas_folder){ .id = folder->id.folder, .parent = folder->parent.folder, .type = type,
                                                          .name = folder->display_name, .name_hash = hash_of_name(folder->display_name) };
    }
    qsort(out->folders, out->count, sizeof *out->folders, by_id);
    for (size_t i = 0; i < out->count; i++)
        if (out->folders[i].parent == root || eas_hierarchy_find(out, out->folders[i].parent) == NULL)
            out->folders[i].parent = 0;
}

enum status eas_hierarchy_read(struct eas_call *call, struct eas_hierarchy *out)
{
    struct folder_query query = { .deep = true };
    struct folder_page *page = NULL;
    struct object_id root;
    TRY(folder_id_of_role(call->session, (struct guid){ { 0 } }, FOLDER_ROLE_IPM_SUBTREE, &root));
    TRY(folder_find(call->mem, call->session, &root, &query, &page));
    *out = (struct eas_hierarchy){ .folders = talloc_zero_array(call->mem, struct eas_folder, (unsigned)page->count + 1) };
    if (out->folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "folders");
    fill(out, page, root.folder);
    return STATUS_OK;
}

const struct eas_folder *eas_hierarchy_find(const struct eas_hierarchy *hierarchy, int64_t id)
{
    struct eas_folder key = { .id = id };
    return hierarchy->count > 0 ? bsearch(&key, hierarchy->folders, hierarchy->count, sizeof key, by_id) : NULL;
}

enum status eas_hierarchy_pack(TALLOC_CTX *mem, const struct eas_hierarchy *hierarchy, struct slice *out)
{
    struct buffer *packed = buffer_new(mem, STATE_CAP);
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder state");
    buffer_append_byte(packed, STATE_VERSION);
    buffer_append_varint(packed, hierarchy->count);
    for (size_t i = 0; i < hierarchy->count; i++) {
        const struct eas_folder *folder = &hierarchy->folders[i];
        buffer_append_varint(packed, (uint64_t)folder->id);
        buffer_append_varint(packed, (uint64_t)folder->parent);
        buffer_append_byte(packed, (uint8_t)folder->type);
        buffer_append_u32(packed, folder->name_hash);
    }
    return buffer_take(packed, mem, out);
}

enum status eas_hierarchy_unpack(TALLOC_CTX *mem, struct slice packed, struct eas_hierarchy *out)
{
    struct wire in = wire_over(packed);
    *out = (struct eas_hierarchy){ 0 };
    if (packed.length == 0)
        return STATUS_OK;
    uint8_t version = wire_u8(&in);
    uint64_t count = wire_varint(&in);
    if (version != STATE_VERSION || !wire_check_count(&in, count, 7))
        return status_fail(STATUS_CORRUPT, "folder state of version %u", version);
    out->folders = talloc_zero_array(mem, struct eas_folder, (unsigned)count + 1);
    if (out->folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "folder state");
    for (; out->count < count; out->count++) {
        struct eas_folder *folder = &out->folders[out->count];
        folder->id = (int64_t)wire_varint(&in);
        folder->parent = (int64_t)wire_varint(&in);
        folder->type = wire_u8(&in);
        folder->name_hash = wire_u32(&in);
    }
    return wire_finish(&in) == STATUS_OK ? STATUS_OK : status_fail(STATUS_CORRUPT, "folder state of %zu bytes", packed.length);
}
