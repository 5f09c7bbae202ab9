#include "schedule.h"

int64_t schedule_wait(const struct config *config, int attempts, uint64_t random)
{
    int64_t longest = config_seconds(config, CONFIG_queue_longest_retry);
    int64_t wait = config_seconds(config, CONFIG_queue_first_retry);
    for (int i = 0; i < attempts && wait < longest; i++)
        wait *= 2;
    if (wait > longest)
        wait = longest;
    int64_t spread = wait / 5;
    if (spread > 0)
        wait += (int64_t)(random % (uint64_t)(spread + 1)) - spread / 2;
    return wait > 0 ? wait : 1;
}

bool schedule_is_expired(const struct config *config, instant accepted, instant now)
{
    return now - accepted >= config_seconds(config, CONFIG_queue_expiry) * INSTANT_PER_SECOND;
}

bool schedule_is_delayed(const struct config *config, instant accepted, instant now)
{
    int64_t after = config_seconds(config, CONFIG_queue_delay_notice);
    return after > 0 && now - accepted >= after * INSTANT_PER_SECOND;
}
