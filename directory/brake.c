#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include <arpa/inet.h>
#include <stdio.h>

#include "sign_in_state.h"

#include "bourse/base/clock.h"
#include "bourse/base/metrics.h"

#define SECOND_US INT64_C(1000000)
#define ACCOUNT_MEMORY_US (3600 * SECOND_US) /* failures are forgotten an hour after the last one */
#define DELAY_LEAST_US (2 * SECOND_US)
#define DELAY_MOST_US (15 * SECOND_US)
#define QUEUE_MOST_US (60 * SECOND_US) /* longest line of held answers for one account */
#define DAY_US (86400 * SECOND_US)
#define BLOCK_US (3600 * SECOND_US)
#define COUNTS_MOST 100000
#define NAME_SIZE 320

struct failure_count {
    UT_hash_handle hh; /* in order of insertion */
    int64_t failures;
    int64_t since_us;  /* peers: the day's begin; accounts: the last failure */
    int64_t next_us;   /* accounts: the last held answer; peers: blocked until */
    char name[NAME_SIZE];
};

static struct failure_count *find(struct failure_count *table, const char *name)
{
    struct failure_count *count = NULL;
    HASH_FIND_STR(table, name, count);
    return count;
}

static struct failure_count *find_or_add(struct sign_in_state *state, struct failure_count **table, const char *name)
{
    struct failure_count *count = find(*table, name);
    if (count != NULL)
        return count;
    if (HASH_COUNT(*table) >= COUNTS_MOST) {
        struct failure_count *oldest = *table;
        HASH_DEL(*table, oldest);
        talloc_free(oldest);
    }
    count = talloc_zero(state, struct failure_count);
    if (count == NULL)
        return NULL;
    snprintf(count->name, sizeof count->name, "%s", name);
    count->since_us = clock_monotonic_us();
    HASH_ADD_STR(*table, name, count);
    return count;
}

/* An IPv6 client owns its /64, so that counts as one address; ::ffff:a.b.c.d is the IPv4 address. */
static bool peer_name(const char *peer, char out[NAME_SIZE])
{
    struct in6_addr six;
    char text[INET6_ADDRSTRLEN];
    if (peer == NULL || peer[0] == '\0')
        return false;
    if (inet_pton(AF_INET6, peer, &six) != 1) {
        snprintf(out, NAME_SIZE, "%.100s", peer);
    } else if (IN6_IS_ADDR_V4MAPPED(&six)) {
        snprintf(out, NAME_SIZE, "%s", inet_ntop(AF_INET, &six.s6_addr[12], text, sizeof text));
    } else {
        memset(&six.s6_addr[8], 0, 8);
        snprintf(out, NAME_SIZE, "%s", inet_ntop(AF_INET6, &six, text, sizeof text));
    }
    return true;
}

enum status brake_peer(struct sign_in_state *state, const char *peer)
{
    char name[NAME_SIZE];
    if (!peer_name(peer, name))
        return STATUS_OK;
    lock_take(&state->lock);
    struct failure_count *count = find(state->peers, name);
    bool is_blocked = count != NULL && count->next_us > clock_monotonic_us();
    lock_release(&state->lock);
    if (!is_blocked)
        return STATUS_OK;
    metric_add(METRIC_LIMITS_HIT, 1);
    status_fail(STATUS_BUSY, "too many failed sign-ins from %s", name);
    status_set_client_text("Too many failed sign-ins from your address; try again later");
    return STATUS_BUSY;
}

/* 2 s for the first failure above the limit, a second more for each further one, 15 s at most. */
static int64_t delay_of(const struct failure_count *count, int64_t limit)
{
    int64_t delay = DELAY_LEAST_US + (count->failures - limit) * SECOND_US;
    return delay < DELAY_MOST_US ? delay : DELAY_MOST_US;
}

enum status brake_account(struct sign_in_state *state, const struct settings *settings, const char *account, int64_t *not_before)
{
    bool is_full = false;
    int64_t now = clock_monotonic_us();
    *not_before = 0;
    lock_take(&state->lock);
    struct failure_count *count = find(state->accounts, account);
    if (count != NULL && now - count->since_us > ACCOUNT_MEMORY_US) {
        HASH_DEL(state->accounts, count);
        talloc_free(count);
        count = NULL;
    }
    if (count != NULL && count->failures >= settings->failures_per_account) {
        /* answers of one account stand in line, so that many sessions at a time are no faster than one */
        int64_t from = count->next_us > now ? count->next_us : now;
        int64_t next = from + delay_of(count, settings->failures_per_account);
        is_full = next - now > QUEUE_MOST_US;
        if (!is_full) {
            count->next_us = next;
            *not_before = next;
        }
    }
    lock_release(&state->lock);
    if (!is_full)
        return STATUS_OK;
    metric_add(METRIC_LIMITS_HIT, 1);
    return status_fail(STATUS_BUSY, "too many sign-ins wait for this account after failures");
}

void brake_failed(struct sign_in_state *state, const struct settings *settings, const char *account, const char *peer)
{
    char name[NAME_SIZE];
    int64_t now = clock_monotonic_us();
    lock_take(&state->lock);
    struct failure_count *count = find_or_add(state, &state->accounts, account);
    if (count != NULL) {
        count->failures++;
        count->since_us = now;
    }
    count = peer_name(peer, name) ? find_or_add(state, &state->peers, name) : NULL;
    if (count != NULL) {
        if (now - count->since_us > DAY_US) {
            count->failures = 0;
            count->since_us = now;
        }
        if (++count->failures >= settings->failures_per_address) {
            count->failures = 0;
            count->since_us = now;
            count->next_us = now + BLOCK_US;
        }
    }
    lock_release(&state->lock);
}

void brake_succeeded(struct sign_in_state *state, const char *account)
{
    lock_take(&state->lock);
    struct failure_count *count = find(state->accounts, account);
    if (count != NULL) {
        HASH_DEL(state->accounts, count);
        talloc_free(count);
    }
    lock_release(&state->lock);
}

static int state_free(struct sign_in_state *state)
{
    verified_clear(state);
    HASH_CLEAR(hh, state->accounts);
    HASH_CLEAR(hh, state->peers);
    lock_destroy(&state->lock);
    return 0;
}

struct sign_in_state *sign_in_state_new(TALLOC_CTX *mem)
{
    struct sign_in_state *state = talloc_zero(mem, struct sign_in_state);
    if (state == NULL)
        return NULL;
    lock_init(&state->lock, LOCK_SIGN_IN);
    random_bytes(state->key, sizeof state->key);
    talloc_set_destructor(state, state_free);
    return state;
}
