/* Sync: reads the request, works on each collection, answers or waits [MS-ASCMD] 2.2.1.21. */
#include "bourse/base/memory.h"
#include "bourse/groupware/folder.h"
#include "bourse/http/long_poll.h"
#include "hierarchy.h"
#include "sync.h"
#include "turn.h"

enum { PART_CAP = 80 << 20, KEPT_ANSWER_MOST = 2 << 20 };

/* ---- one collection ---- */

static enum status new_part(struct eas_call *call, struct buffer **buffer, struct wbxml_writer **writer)
{
    *buffer = buffer_new(call->mem, PART_CAP);
    *writer = *buffer != NULL ? wbxml_writer_new(call->mem, *buffer, call->version) : NULL;
    return *writer != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "answer");
}

static void read_supported(const struct wbxml_node *supported, struct eas_ghosts *out)
{
    if (supported == NULL)
        return;
    *out = (struct eas_ghosts){ .was_given = true };
    for (const struct wbxml_node *node = supported->child; node != NULL && out->count < EAS_GHOSTS_MOST; node = node->next)
        out->supported[out->count++] = node->tag;
}

static enum status read_options(struct eas_call *call, const struct eas_collection *collection, struct eas_sync_state *state)
{
    for (const struct wbxml_node *options = collection->options; options != NULL; options = wbxml_next(options, AirSync_Options))
        TRY(eas_options_read(call, options, state->item_class->name, &state->options));
    return STATUS_OK;
}

/* Key 0: a fresh state; the answer gives its key and nothing else [MS-ASCMD] 3.1.5.3. */
static enum status begin_anew(struct eas_call *call, struct eas_collection *collection)
{
    const char *class_name = collection->class_name != NULL ? collection->class_name : eas_item_class_of_type(collection->folder_type);
    struct eas_sync_state *state = talloc_zero(call->mem, struct eas_sync_state);
    if (state == NULL)
        return status_fail(STATUS_NO_MEMORY, "sync state");
    state->item_class = eas_class_find(class_name);
    state->position = (struct sync_position){ .mailbox = session_mailbox(call->session), .folder = collection->folder };
    eas_options_default(&state->options);
    collection->state = state;
    if (state->item_class == NULL) {
        collection->status = SYNC_STATUS_PROTOCOL;
        return STATUS_OK;
    }
    TRY(read_options(call, collection, state));
    read_supported(collection->supported, &state->ghosts);
    state->boundary = state->item_class->filter_tag != 0 ? eas_filter_begin(state->options.filter_type, clock_now()) : 0;
    collection->is_changed = true;
    return STATUS_OK;
}

static enum status find_folder(struct eas_call *call, struct eas_collection *collection)
{
    struct eas_hierarchy tree;
    TRY(eas_hierarchy_read(call, &tree));
    const struct eas_folder *folder = eas_hierarchy_find(&tree, collection->folder);
    if (folder == NULL)
        collection->status = SYNC_STATUS_HIERARCHY;
    else
        collection->folder_type = folder->type;
    return STATUS_OK;
}

/* The answer to this very request was lost: it is given again. */
static bool is_answered_before(const struct eas_collection *collection, struct slice hash)
{
    return collection->key.kind == EAS_KEY_REPEATED && collection->key.known.answer.length > 0 && slice_equal(collection->key.known.request_hash, hash);
}

static enum status open_collection(struct eas_call *call, struct eas_collection *collection, const struct eas_sync_request *request)
{
    if (collection->status != SYNC_STATUS_OK)
        return STATUS_OK;
    TRY(eas_key_read(call, collection->key_text, collection->folder, &collection->key));
    if (collection->key.kind == EAS_KEY_FIRST) {
        TRY(find_folder(call, collection));
        return collection->status == SYNC_STATUS_OK ? begin_anew(call, collection) : STATUS_OK;
    }
    if (collection->key.kind == EAS_KEY_UNKNOWN) {
        collection->status = SYNC_STATUS_KEY_BAD;
        return STATUS_OK;
    }
    collection->is_repeated = is_answered_before(collection, request->hash);
    enum status status = eas_sync_state_unpack(call->mem, collection->key.base, &collection->state);
    if (status == STATUS_INVALID_SYNC_STATE) {
        collection->status = SYNC_STATUS_KEY_BAD;
        return STATUS_OK;
    }
    TRY(status);
    /* another request with the key before: what it is told goes from there, under a key of its own */
    collection->is_changed = collection->key.kind == EAS_KEY_REPEATED && !collection->is_repeated;
    return read_options(call, collection, collection->state);
}

/* Failures that end the collection, but not the command. */
static enum status settle(struct eas_collection *collection, enum status status)
{
    if (status == STATUS_FOLDER_NOT_FOUND || status == STATUS_ACCESS_DENIED)
        collection->status = SYNC_STATUS_HIERARCHY;
    else if (status == STATUS_INVALID_SYNC_STATE)
        collection->status = SYNC_STATUS_KEY_BAD;
    else
        return status;
    return STATUS_OK;
}

/* The collections before have filled the answer: this one says only whether it has something too. */
static enum status note_left(struct eas_call *call, struct eas_collection *collection)
{
    int64_t count = 0;
    struct sync_position position = collection->state->position;
    TRY(eas_sync_changes_count(call, collection, &count));
    collection->state->position = position;
    collection->has_more = count > 0;
    collection->is_changed = collection->is_changed || count > 0;
    return STATUS_OK;
}

static enum status work_on(struct eas_call *call, struct eas_collection *collection, uint32_t *window)
{
    uint32_t used = 0;
    if (collection->status != SYNC_STATUS_OK || collection->is_repeated || collection->key.kind == EAS_KEY_FIRST)
        return STATUS_OK;
    TRY(new_part(call, &collection->responses_buffer, &collection->responses));
    TRY(new_part(call, &collection->changes_buffer, &collection->changes));
    if (collection->commands != NULL && collection->commands->child != NULL) {
        collection->is_changed = true;
        TRY(eas_sync_commands_run(call, collection));
    }
    if (collection->wants_changes && *window == 0)
        return settle(collection, note_left(call, collection));
    if (collection->wants_changes) {
        uint32_t most = collection->window < *window ? collection->window : *window;
        TRY(settle(collection, eas_sync_changes_write(call, collection, most, &used)));
    }
    *window -= used < *window ? used : *window;
    return STATUS_OK;
}

/* ---- the answer ---- */

static void write_parts(struct wbxml_writer *out, struct eas_collection *collection)
{
    if (collection->has_more)
        wbxml_element(out, AirSync_MoreAvailable, "");
    if (collection->has_responses) {
        wbxml_start(out, AirSync_Responses);
        wbxml_splice(out, collection->responses);
        wbxml_end(out);
    }
    if (collection->has_changes) {
        wbxml_start(out, AirSync_Commands);
        wbxml_splice(out, collection->changes);
        wbxml_end(out);
    }
}

static void write_collection(struct eas_call *call, struct eas_collection *collection, struct wbxml_writer *out, uint32_t key)
{
    bool is_ok = collection->status == SYNC_STATUS_OK;
    wbxml_start(out, AirSync_Collection);
    if (call->version <= V12_1 && collection->state != NULL && collection->state->item_class != NULL)
        wbxml_element(out, AirSync_Class, collection->state->item_class->name);
    if (is_ok)
        wbxml_element_int(out, AirSync_SyncKey, key);
    else
        wbxml_element(out, AirSync_SyncKey, "0");
    wbxml_element(out, AirSync_CollectionId, collection->id_text != NULL ? collection->id_text : "");
    wbxml_element_int(out, AirSync_Status, collection->status);
    if (is_ok)
        write_parts(out, collection);
    wbxml_end(out);
}

static enum status give_again(struct eas_call *call, const struct eas_collection *collection)
{
    const struct wbxml_node *answer = NULL;
    TRY(wbxml_parse(call->mem, collection->key.known.answer, NULL, &answer));
    wbxml_copy(call->out, answer);
    return STATUS_OK;
}

/* The collection's answer in a document of its own: it is kept for a repeated request. */
static enum status save_and_write(struct eas_call *call, struct eas_collection *collection, const struct eas_sync_request *request)
{
    struct buffer *buffer = NULL;
    struct wbxml_writer *own = NULL;
    struct slice state = { 0 }, answer = { 0 };
    TRY(new_part(call, &buffer, &own));
    TRY(eas_sync_state_pack(call->mem, collection->state, &state));
    write_collection(call, collection, own, eas_key_next(&collection->key));
    TRY(wbxml_finish(own));
    answer = buffer_slice(buffer);
    TRY(eas_key_save(call, &collection->key, state, request->hash, answer.length <= KEPT_ANSWER_MOST ? answer : slice_of(NULL, 0)));
    wbxml_splice(call->out, own);
    return STATUS_OK;
}

static enum status answer_collection(struct eas_call *call, struct eas_collection *collection, const struct eas_sync_request *request)
{
    if (collection->is_repeated)
        return give_again(call, collection);
    if (collection->status == SYNC_STATUS_OK && collection->is_changed)
        return save_and_write(call, collection, request);
    if (collection->status != SYNC_STATUS_OK)
        write_collection(call, collection, call->out, 0);
    return STATUS_OK;
}

static bool has_news(const struct eas_sync_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        const struct eas_collection *collection = &request->collections[i];
        if (collection->status != SYNC_STATUS_OK || collection->is_repeated || collection->is_changed)
            return true;
    }
    return false;
}

static enum status run_all(struct eas_call *call, struct eas_sync_request *request)
{
    uint32_t window = request->window;
    for (size_t i = 0; i < request->count; i++) {
        TRY(open_collection(call, &request->collections[i], request));
        TRY(work_on(call, &request->collections[i], &window));
    }
    if (!has_news(request)) {
        call->is_empty = true;
        return STATUS_OK;
    }
    wbxml_start(call->out, AirSync_Sync);
    wbxml_start(call->out, AirSync_Collections);
    for (size_t i = 0; i < request->count; i++)
        TRY(answer_collection(call, &request->collections[i], request));
    wbxml_end(call->out);
    wbxml_end(call->out);
    return STATUS_OK;
}

/* One request of a device at a time: a resent one finds what the first has done. */
static enum status run_once(struct eas_call *call, struct eas_sync_request *request)
{
    struct eas_turn turn;
    TRY(eas_turn_take(call, &turn));
    enum status status = run_all(call, request);
    eas_turn_give(&turn);
    return status == STATUS_CONFLICT ? eas_fail(call, SYNC_STATUS_RETRY, "another Sync of the device was faster") : status;
}

/* Options stay in force until others come [MS-ASCMD] 2.2.3.125: also when there was nothing to answer. */
static enum status keep_options(struct eas_call *call, const struct eas_sync_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        const struct eas_collection *collection = &request->collections[i];
        struct slice state = { 0 };
        if (collection->options == NULL || collection->state == NULL || collection->is_changed || collection->is_repeated)
            continue;
        TRY(eas_sync_state_pack(call->mem, collection->state, &state));
        struct device_collection same = collection->key.known;
        if (slice_equal(same.state, state))
            continue;
        same.state = state;
        enum status status = device_collection_put(call->session, call->query.device_id, collection->folder, same.key, &same);
        if (status != STATUS_CONFLICT) /* else a newer request has said what holds */
            TRY(status);
    }
    return STATUS_OK;
}

/* ---- waiting ---- */

struct waiting {
    struct eas_call *call;
    struct eas_sync_request request;
    int64_t deadline_us;
};

static enum status woken(struct http_request *http, enum http_wake_reason reason, void *data);

/* Fresh collections: the states are read again when somebody wakes the request. */
static void forget_work(struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->request.count; i++) {
        struct eas_collection *collection = &waiting->request.collections[i];
        *collection = (struct eas_collection){ .key_text = collection->key_text, .id_text = collection->id_text, .folder = collection->folder,
                                               .class_name = collection->class_name, .wants_changes = collection->wants_changes, .window = collection->window,
                                               .deletes_as_moves = collection->deletes_as_moves, .status = SYNC_STATUS_OK };
    }
}

static enum status wait_on(struct waiting *waiting)
{
    waiting->call->is_waiting = true;
    return http_wait(waiting->call->request, waiting->deadline_us, woken, waiting);
}

static enum status woken(struct http_request *http, enum http_wake_reason reason, void *data)
{
    struct waiting *waiting = data;
    struct eas_call *call = waiting->call;
    (void)http;
    if (reason == HTTP_WAKE_HANG_UP)
        return STATUS_OK;
    forget_work(waiting);
    call->is_empty = false;
    enum status status = eas_restart_answer(call);
    if (status == STATUS_OK)
        status = run_once(call, &waiting->request);
    if (status != STATUS_OK) {
        eas_send_failure(call, status);
        return STATUS_OK;
    }
    if (call->is_empty && reason == HTTP_WAKE_EVENT && clock_monotonic_us() < waiting->deadline_us)
        return wait_on(waiting);
    eas_send(call);
    return STATUS_OK;
}

static enum status start_waiting(struct eas_call *call, const struct eas_sync_request *request)
{
    struct guid mailbox = session_mailbox(call->session);
    struct waiting *waiting = talloc_zero(call->mem, struct waiting);
    if (waiting == NULL)
        return status_fail(STATUS_NO_MEMORY, "waiting Sync");
    waiting->call = call;
    waiting->request = *request;
    waiting->deadline_us = clock_monotonic_us() + request->wait_seconds * 1000000;
    TRY(http_watch(call->request, &mailbox, 1));
    /* what came between the look and the watch */
    forget_work(waiting);
    call->is_empty = false;
    TRY(eas_restart_answer(call));
    TRY(run_once(call, &waiting->request));
    return call->is_empty ? wait_on(waiting) : STATUS_OK;
}

enum status cmd_sync(struct eas_call *call)
{
    struct eas_sync_request request;
    TRY(eas_sync_request_read(call, &request));
    if (request.is_refused)
        return STATUS_OK;
    TRY(run_once(call, &request));
    TRY(keep_options(call, &request));
    TRY(eas_sync_request_keep(call, &request));
    return call->is_empty && request.wait_seconds > 0 ? start_waiting(call, &request) : STATUS_OK;
}
