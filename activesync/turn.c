#include "turn.h"

#include "bourse/base/clock.h"
#include "bourse/base/hash.h"
#include "bourse/base/locks.h"

enum { SLOTS = 1024, WAIT_US = 20000000 };

/* A slot belongs to all devices that hash to it: two that meet wait for each other, which costs time and nothing else. */
static struct {
    pthread_once_t once;
    struct lock lock;
    pthread_cond_t given;
    bool is_taken[SLOTS], is_awaited[SLOTS];
} turns = { .once = PTHREAD_ONCE_INIT };

static void begin(void)
{
    lock_init(&turns.lock, LOCK_DEVICE_TURNS);
    lock_condition_init(&turns.given);
}

static size_t slot_of(const struct eas_call *call)
{
    struct guid mailbox = session_mailbox(call->session);
    struct hash256 hash = hash_sha256(slice_of_text(call->query.device_id));
    size_t slot = 0;
    for (size_t i = 0; i < 4; i++)
        slot = slot << 8 | (uint8_t)(hash.bytes[i] ^ mailbox.bytes[i] ^ mailbox.bytes[i + 8]);
    return slot % SLOTS;
}

enum status eas_turn_take(struct eas_call *call, struct eas_turn *out)
{
    int64_t deadline = clock_monotonic_us() + WAIT_US;
    bool is_mine = false;
    out->slot = slot_of(call);
    pthread_once(&turns.once, begin);
    lock_take(&turns.lock);
    if (!turns.is_taken[out->slot]) {
        is_mine = true;
    } else if (!turns.is_awaited[out->slot]) {
        turns.is_awaited[out->slot] = true;
        while (turns.is_taken[out->slot] && clock_monotonic_us() < deadline)
            lock_wait(&turns.lock, &turns.given, deadline);
        turns.is_awaited[out->slot] = false;
        is_mine = !turns.is_taken[out->slot];
    }
    if (is_mine)
        turns.is_taken[out->slot] = true;
    lock_release(&turns.lock);
    return is_mine ? STATUS_OK : status_fail(STATUS_BUSY, "other requests of device %s are at work", call->query.device_id);
}

void eas_turn_give(const struct eas_turn *turn)
{
    lock_take(&turns.lock);
    turns.is_taken[turn->slot] = false;
    pthread_cond_broadcast(&turns.given);
    lock_release(&turns.lock);
}

enum status eas_in_turn(struct eas_call *call, enum status (*command)(struct eas_call *call))
{
    struct eas_turn turn;
    TRY(eas_turn_take(call, &turn));
    enum status status = command(call);
    eas_turn_give(&turn);
    return status;
}
