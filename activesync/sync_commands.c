/* What the device asks for: Add, Change, Delete, Fetch [MS-ASCMD] 2.2.3. Each fails or succeeds alone. */
#include "bourse/base/hash.h"
#include "bourse/model/properties.h"
#include "attachments_in.h"
#include "hierarchy.h"
#include "sync.h"

enum { ADDITION_CAP = 80 << 20 };

static struct wbxml_writer *responses_of(struct eas_collection *collection)
{
    collection->has_responses = true;
    return collection->responses;
}

/* What the device did is not told back to it, unless it stands on a version that the device did not have: then it gets the item as it is now.
 * `before`: NULL for a new item. */
static void note_own(struct eas_collection *collection, const struct item *before, const struct item *after)
{
    const struct sync_position *known = &collection->state->position;
    const struct eas_own_change *own = eas_own_change_find(collection->state, after->id.item);
    bool has_content = before == NULL || before->change_number <= known->change_number || (own != NULL && own->change_number == before->change_number);
    bool has_read_state = before == NULL || before->read_change_number <= known->read_change_number ||
                          (own != NULL && own->read_change_number == before->read_change_number);
    eas_own_change_note(collection->state, after->id.item, has_content ? after->change_number : EAS_NOT_KNOWN,
                        has_read_state ? after->read_change_number : EAS_NOT_KNOWN);
}

/* Failures that are nobody's fault are not a verdict on the item: the whole Sync is to be repeated. */
static bool is_outage(enum status status)
{
    return status != STATUS_OK && status_info(status)->fault != FAULT_CLIENT && status_info(status)->fault != FAULT_NONE;
}

/* ---- Add ---- */

/* Where the attachments of an item have got to; one that was sent at once has none any more. */
static void answer_attachments(struct eas_call *call, struct wbxml_writer *out, const struct wbxml_node *data, const struct object_id *id)
{
    if (eas_attachments_answer(call, out, data, id) != STATUS_OK)
        status_chain_clear();
}

static void answer_add(struct eas_call *call, struct eas_collection *collection, const struct wbxml_node *command, const struct object_id *made, int status)
{
    struct wbxml_writer *out = responses_of(collection);
    wbxml_start(out, AirSync_Add);
    wbxml_element(out, AirSync_ClientId, wbxml_child_text(call->mem, command, AirSync_ClientId));
    wbxml_element(out, AirSync_ServerId, status == SYNC_STATUS_OK ? eas_item_id_text(call->mem, made) : NULL);
    wbxml_element_int(out, AirSync_Status, status);
    if (status == SYNC_STATUS_OK)
        answer_attachments(call, out, wbxml_child(command, AirSync_ApplicationData), made);
    wbxml_end(out);
}

static enum status save_new(struct eas_call *call, struct eas_collection *collection, const struct wbxml_node *data, struct item **out)
{
    const struct eas_class *item_class = collection->state->item_class;
    struct object_id folder = eas_folder_object(call, collection->folder);
    struct item_create_options options = { .is_read = true };
    struct message *message = message_new(call->mem);
    if (message == NULL)
        return status_fail(STATUS_NO_MEMORY, "item");
    if (data == NULL || item_class->read_new == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "no additions to class %s", item_class->name);
    TRY(item_class->read_new(call, data, &folder, message));
    if (item_class->create != NULL)
        return item_class->create(call, &folder, message, out);
    return item_create(call->mem, call->session, &folder, message, &options, out);
}

/* Clients begin to count anew after a reset: an addition is known again by its ClientId and its content. */
static char *addition_key(struct eas_call *call, const struct eas_collection *collection, const char *client_id, const struct wbxml_node *data)
{
    struct buffer *content = buffer_new(call->mem, ADDITION_CAP);
    struct wbxml_writer *writer = content != NULL ? wbxml_writer_new(call->mem, content, call->version) : NULL;
    if (writer == NULL)
        return NULL;
    if (data != NULL)
        wbxml_copy(writer, data);
    if (wbxml_finish(writer) != STATUS_OK)
        return NULL;
    struct hash256 hash = hash_sha256(buffer_slice(content));
    char *key = talloc_asprintf(call->mem, "%lld:%s:%02x%02x%02x%02x%02x%02x%02x%02x", (long long)collection->folder, client_id, hash.bytes[0], hash.bytes[1],
                                hash.bytes[2], hash.bytes[3], hash.bytes[4], hash.bytes[5], hash.bytes[6], hash.bytes[7]);
    talloc_free(writer);
    talloc_free(content);
    return key;
}

/* An addition that was here before: the item that it made. */
static enum status add_once(struct eas_call *call, struct eas_collection *collection, const char *client_id, const struct wbxml_node *data, struct object_id *made)
{
    struct item *item = NULL;
    int64_t known = 0;
    char *key = addition_key(call, collection, client_id, data);
    if (key == NULL)
        return status_fail(STATUS_NO_MEMORY, "client id");
    TRY(device_client_id_get(call->session, call->query.device_id, key, &known));
    *made = eas_item_object(call, collection->folder, known);
    if (known != 0) { /* who knows what happened to it since */
        eas_own_change_note(collection->state, known, EAS_NOT_KNOWN, EAS_NOT_KNOWN);
        return STATUS_OK;
    }
    TRY(save_new(call, collection, data, &item));
    *made = item->id;
    note_own(collection, NULL, item);
    return device_client_id_put(call->session, call->query.device_id, key, item->id.item);
}

static enum status run_add(struct eas_call *call, struct eas_collection *collection, const struct wbxml_node *command)
{
    struct object_id made;
    const char *client_id = wbxml_child_text(call->mem, command, AirSync_ClientId);
    if (client_id == NULL || *client_id == '\0' || strlen(client_id) > 64)
        return eas_fail(call, SYNC_STATUS_PROTOCOL, "Add without a ClientId");
    enum status status = add_once(call, collection, client_id, wbxml_child(command, AirSync_ApplicationData), &made);
    if (is_outage(status))
        return status;
    answer_add(call, collection, command, &made, eas_sync_status_of(status));
    return STATUS_OK;
}

/* ---- Change ---- */

/* Somebody else changed it since the device was told: with Conflict 1 the server's version wins and goes to the device again [MS-ASCMD] 2.2.3.37. */
static bool is_conflict(const struct eas_collection *collection, const struct item *before, const struct item_change *change)
{
    const struct eas_own_change *own = eas_own_change_find(collection->state, before->id.item);
    bool only_read = bag_count(change->set) == (bag_has(change->set, PROP_READ) ? 1u : 0u) && change->remove_count == 0 && !change->replace_recipients;
    return !collection->state->options.client_wins && !only_read && before->change_number > collection->state->position.change_number &&
           (own == NULL || own->change_number != before->change_number) && collection->state->position.first_uid == 0;
}

static enum status change_item(struct eas_call *call, struct eas_collection *collection, const struct object_id *id, const struct wbxml_node *data)
{
    const struct eas_class *item_class = collection->state->item_class;
    struct item *before = NULL, *after = NULL;
    struct item_change change = { 0 };
    struct bag *set = bag_new(call->mem);
    if (set == NULL)
        return status_fail(STATUS_NO_MEMORY, "change");
    if (data == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "Change without ApplicationData");
    change.set = set;
    TRY(item_get(call->mem, call->session, id, ITEM_PROPERTIES | ITEM_RECIPIENTS | ITEM_ATTACHMENTS, &before));
    TRY(item_class->read_change(call, data, before, &collection->state->ghosts, &change, set));
    if (is_conflict(collection, before, &change))
        return status_fail(STATUS_CONFLICT, "item %lld was changed by somebody else", (long long)id->item);
    if (bag_count(set) == 0 && change.remove_count == 0 && !change.replace_recipients && change.add_attachment_count == 0 && change.remove_attachment_count == 0)
        return STATUS_OK;
    enum conflict_resolution resolution = collection->state->options.client_wins ? CONFLICT_ALWAYS_OVERWRITE : CONFLICT_AUTO_RESOLVE;
    if (item_class->update != NULL)
        TRY(item_class->update(call, id, before->change_number, &change, &after));
    else
        TRY(item_update(call->mem, call->session, id, before->change_number, resolution, &change, &after));
    note_own(collection, before, after);
    return STATUS_OK;
}

/* The item of a command, or the occurrence of it that an InstanceId names. STATUS_ITEM_NOT_FOUND. */
static enum status find_target(struct eas_call *call, const struct eas_collection *collection, const struct wbxml_node *command, struct object_id *out)
{
    int64_t folder = 0, item = 0;
    const struct eas_class *item_class = collection->state->item_class;
    const char *server_id = wbxml_child_text(call->mem, command, AirSync_ServerId), *instance = wbxml_child_text(call->mem, command, AirSyncBase_InstanceId);
    if (!eas_item_id_parse(server_id, &folder, &item) || folder != collection->folder)
        return status_fail(STATUS_ITEM_NOT_FOUND, "item %.64s", server_id != NULL ? server_id : "");
    *out = eas_item_object(call, folder, item);
    if (instance == NULL || *instance == '\0')
        return STATUS_OK;
    if (item_class->find_instance == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "InstanceId in class %s", item_class->name);
    struct object_id master = *out;
    return item_class->find_instance(call, &master, instance, out);
}

/* Only failures are answered [MS-ASCMD] 2.2.3.24, and attachments that were added. */
static enum status run_change(struct eas_call *call, struct eas_collection *collection, const struct wbxml_node *command)
{
    struct object_id id;
    const char *server_id = wbxml_child_text(call->mem, command, AirSync_ServerId);
    enum status status = find_target(call, collection, command, &id);
    if (status == STATUS_OK)
        status = change_item(call, collection, &id, wbxml_child(command, AirSync_ApplicationData));
    if (is_outage(status))
        return status;
    const struct wbxml_node *data = wbxml_child(command, AirSync_ApplicationData);
    if (status == STATUS_OK && (call->version < V16_0 || !eas_attachments_were_added(data)))
        return STATUS_OK;
    struct wbxml_writer *out = responses_of(collection);
    wbxml_start(out, AirSync_Change);
    wbxml_element(out, AirSync_ServerId, server_id);
    wbxml_element_int(out, AirSync_Status, eas_sync_status_of(status));
    if (status == STATUS_OK)
        answer_attachments(call, out, data, &id);
    wbxml_end(out);
    return STATUS_OK;
}

/* ---- Delete ---- */

static enum status delete_item(struct eas_call *call, const struct eas_collection *collection, const struct object_id *id)
{
    enum status status = STATUS_OK;
    const struct eas_class *item_class = collection->state->item_class;
    enum delete_mode mode = collection->deletes_as_moves ? DELETE_MOVE_TO_DELETED : DELETE_SOFT;
    if (item_class->remove != NULL)
        return item_class->remove(call, id, mode);
    TRY(item_delete(call->session, id, 1, mode, &status));
    return status;
}

/* Gone is what the device wants. */
static bool is_gone(enum status status)
{
    return status == STATUS_OK || status == STATUS_ITEM_NOT_FOUND || status == STATUS_OCCURRENCE_DELETED;
}

/* Without its occurrence the series is another version, which the device made; without its last one it is gone, which the log tells. */
static enum status note_deleted(struct eas_call *call, struct eas_collection *collection, const struct object_id *id, const struct item *before)
{
    struct item *after = NULL;
    struct object_id master = *id;
    if (id->occurrence == 0) {
        eas_own_change_note(collection->state, id->item, 0, 0);
        return STATUS_OK;
    }
    master.occurrence = 0;
    enum status status = item_get(call->mem, call->session, &master, 0, &after);
    if (status == STATUS_OK)
        note_own(collection, before, after);
    else if (status == STATUS_ITEM_NOT_FOUND)
        status_chain_clear();
    else
        return status;
    return STATUS_OK;
}

static enum status delete_target(struct eas_call *call, struct eas_collection *collection, const struct object_id *id)
{
    struct item *before = NULL;
    struct object_id master = *id;
    master.occurrence = 0;
    if (id->occurrence != 0)
        TRY(item_get(call->mem, call->session, &master, 0, &before));
    enum status status = delete_item(call, collection, id);
    if (!is_gone(status))
        return status;
    status_chain_clear();
    return note_deleted(call, collection, id, before);
}

static enum status run_delete(struct eas_call *call, struct eas_collection *collection, const struct wbxml_node *command)
{
    struct object_id id;
    const char *server_id = wbxml_child_text(call->mem, command, AirSync_ServerId);
    enum status status = find_target(call, collection, command, &id);
    if (status == STATUS_OK)
        status = delete_target(call, collection, &id);
    if (is_outage(status))
        return status;
    if (is_gone(status))
        return STATUS_OK;
    struct wbxml_writer *out = responses_of(collection);
    wbxml_start(out, AirSync_Delete);
    wbxml_element(out, AirSync_ServerId, server_id);
    wbxml_element_int(out, AirSync_Status, eas_sync_status_of(status));
    wbxml_end(out);
    return STATUS_OK;
}

/* ---- Fetch ---- */

static enum status fetch(struct eas_call *call, const char *server_id, const struct eas_collection *collection, struct item **out)
{
    int64_t folder = 0, item = 0;
    if (!eas_item_id_parse(server_id, &folder, &item) || folder != collection->folder)
        return status_fail(STATUS_ITEM_NOT_FOUND, "item %.64s", server_id != NULL ? server_id : "");
    struct object_id id = eas_item_object(call, folder, item);
    return item_get(call->mem, call->session, &id, ITEM_ALL, out);
}

static enum status run_fetch(struct eas_call *call, struct eas_collection *collection, const struct wbxml_node *command)
{
    struct item *item = NULL;
    struct eas_options whole = collection->state->options;
    const char *server_id = wbxml_child_text(call->mem, command, AirSync_ServerId);
    enum status status = fetch(call, server_id, collection, &item);
    if (is_outage(status))
        return status;
    for (size_t i = 0; i < whole.body_count; i++)
        whole.bodies[i].truncation = UINT32_MAX;
    whole.mime_truncation = 8;
    struct wbxml_writer *out = responses_of(collection);
    size_t depth = wbxml_depth(out);
    wbxml_start(out, AirSync_Fetch);
    wbxml_element(out, AirSync_ServerId, server_id);
    wbxml_element_int(out, AirSync_Status, eas_sync_status_of(status));
    if (status == STATUS_OK) {
        wbxml_start(out, AirSync_ApplicationData);
        TRY(collection->state->item_class->write(call, out, item, &whole));
        wbxml_end(out);
    }
    while (wbxml_depth(out) > depth)
        wbxml_end(out);
    return STATUS_OK;
}

enum status eas_sync_commands_run(struct eas_call *call, struct eas_collection *collection)
{
    static const struct {
        eas_tag tag;
        enum status (*run)(struct eas_call *call, struct eas_collection *collection, const struct wbxml_node *command);
    } rows[] = { { AirSync_Add, run_add }, { AirSync_Change, run_change }, { AirSync_Delete, run_delete }, { AirSync_Fetch, run_fetch } };
    for (const struct wbxml_node *command = collection->commands != NULL ? collection->commands->child : NULL; command != NULL; command = command->next)
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
            if (rows[i].tag == command->tag)
                TRY(rows[i].run(call, collection, command));
    return STATUS_OK;
}
