#include "sync_state.h"

#include "bourse/base/wire.h"

enum { STATE_VERSION = 1, STATE_CAP = 128 * 1024 };

static void pack_position(struct buffer *out, const struct sync_position *position)
{
    buffer_append(out, position->mailbox.bytes, sizeof position->mailbox.bytes);
    buffer_append_u64(out, (uint64_t)position->folder);
    buffer_append_u64(out, (uint64_t)position->uid);
    buffer_append_u64(out, (uint64_t)position->first_uid);
    buffer_append_u64(out, (uint64_t)position->change_number);
    buffer_append_u64(out, (uint64_t)position->read_change_number);
}

static void unpack_position(struct wire *in, struct sync_position *out)
{
    struct slice guid = wire_bytes(in, sizeof out->mailbox.bytes);
    if (guid.length == sizeof out->mailbox.bytes)
        memcpy(out->mailbox.bytes, guid.data, guid.length);
    out->folder = (int64_t)wire_u64(in);
    out->uid = (int64_t)wire_u64(in);
    out->first_uid = (int64_t)wire_u64(in);
    out->change_number = (int64_t)wire_u64(in);
    out->read_change_number = (int64_t)wire_u64(in);
}

enum status eas_sync_state_pack(TALLOC_CTX *mem, const struct eas_sync_state *state, struct slice *out)
{
    struct buffer *packed = buffer_new(mem, STATE_CAP);
    if (packed == NULL)
        return status_fail(STATUS_NO_MEMORY, "sync state");
    buffer_append_byte(packed, STATE_VERSION);
    buffer_append_byte(packed, eas_class_number(state->item_class));
    pack_position(packed, &state->position);
    eas_options_pack(packed, &state->options);
    buffer_append_byte(packed, state->ghosts.was_given);
    buffer_append_byte(packed, state->ghosts.count);
    for (size_t i = 0; i < state->ghosts.count; i++)
        buffer_append_u16(packed, state->ghosts.supported[i]);
    buffer_append_u64(packed, (uint64_t)state->boundary);
    buffer_append_varint(packed, state->own_count);
    for (size_t i = 0; i < state->own_count; i++) {
        buffer_append_varint(packed, (uint64_t)state->own[i].item);
        buffer_append_varint(packed, (uint64_t)state->own[i].change_number);
        buffer_append_varint(packed, (uint64_t)state->own[i].read_change_number);
    }
    return buffer_take(packed, mem, out);
}

static void unpack_ghosts(struct wire *in, struct eas_ghosts *out)
{
    out->was_given = wire_u8(in) != 0;
    uint8_t count = wire_u8(in);
    for (size_t i = 0; i < count; i++) {
        eas_tag tag = wire_u16(in);
        if (out->count < EAS_GHOSTS_MOST)
            out->supported[out->count++] = tag;
    }
}

static void unpack_own(struct wire *in, struct eas_sync_state *state)
{
    uint64_t count = wire_varint(in);
    if (count > EAS_OWN_CHANGES || !wire_check_count(in, count, 3))
        return;
    for (; state->own_count < count; state->own_count++) {
        struct eas_own_change *own = &state->own[state->own_count];
        own->item = (int64_t)wire_varint(in);
        own->change_number = (int64_t)wire_varint(in);
        own->read_change_number = (int64_t)wire_varint(in);
    }
}

enum status eas_sync_state_unpack(TALLOC_CTX *mem, struct slice packed, struct eas_sync_state **out)
{
    struct wire in = wire_over(packed);
    struct eas_sync_state *state = talloc_zero(mem, struct eas_sync_state);
    if (state == NULL)
        return status_fail(STATUS_NO_MEMORY, "sync state");
    uint8_t version = wire_u8(&in);
    state->item_class = eas_class_at(wire_u8(&in));
    unpack_position(&in, &state->position);
    TRY(eas_options_unpack(&in, &state->options));
    unpack_ghosts(&in, &state->ghosts);
    state->boundary = (instant)wire_u64(&in);
    unpack_own(&in, state);
    if (version != STATE_VERSION || state->item_class == NULL || wire_finish(&in) != STATUS_OK)
        return status_fail(STATUS_INVALID_SYNC_STATE, "state of %zu bytes, version %u", packed.length, version);
    *out = state;
    return STATUS_OK;
}

const struct eas_own_change *eas_own_change_find(const struct eas_sync_state *state, int64_t item)
{
    for (size_t i = 0; i < state->own_count; i++)
        if (state->own[i].item == item)
            return &state->own[i];
    return NULL;
}

bool eas_is_own_change(const struct eas_sync_state *state, const struct sync_change *change)
{
    const struct eas_own_change *own = eas_own_change_find(state, change->id.item);
    if (own == NULL)
        return false;
    switch (change->kind) {
    case SYNC_DELETE:
        return own->change_number == 0;
    case SYNC_READ_STATE:
        return own->read_change_number == change->number;
    default:
        return change->item != NULL && own->change_number == change->item->change_number && own->read_change_number == change->item->read_change_number;
    }
}

bool eas_sync_state_is_fresh(const struct eas_sync_state *state)
{
    return state->position.uid == 0 && state->position.first_uid == 0 && state->position.change_number == 0 && state->position.read_change_number == 0;
}

/* Above the limit the oldest is forgotten: the device is then told of its own change, which does no harm. */
void eas_own_change_note(struct eas_sync_state *state, int64_t item, int64_t change_number, int64_t read_change_number)
{
    struct eas_own_change *own = (struct eas_own_change *)(uintptr_t)eas_own_change_find(state, item);
    if (own == NULL && state->own_count == EAS_OWN_CHANGES)
        memmove(&state->own[0], &state->own[1], --state->own_count * sizeof state->own[0]);
    if (own == NULL)
        own = &state->own[state->own_count++];
    *own = (struct eas_own_change){ .item = item, .change_number = change_number, .read_change_number = read_change_number };
}
