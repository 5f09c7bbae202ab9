#include "quota.h"

uint64_t quota_limit(const struct groupware *groupware, uint64_t own, enum config_option option)
{
    return own != 0 ? own : (uint64_t)config_size(groupware->config, option);
}

enum status quota_check_save(const struct groupware *groupware, const struct store_mailbox *mailbox, uint64_t more)
{
    uint64_t limit = quota_limit(groupware, mailbox->receive_quota, CONFIG_mailbox_receive_quota);
    if (limit == 0 || mailbox->size + more <= limit)
        return STATUS_OK;
    return status_fail(STATUS_QUOTA_EXCEEDED, "mailbox %lld: %llu + %llu of %llu bytes", (long long)mailbox->id, (unsigned long long)mailbox->size,
                       (unsigned long long)more, (unsigned long long)limit);
}

enum status quota_check_send(const struct groupware *groupware, const struct store_mailbox *mailbox)
{
    uint64_t limit = quota_limit(groupware, mailbox->send_quota, CONFIG_mailbox_send_quota);
    if (limit == 0 || mailbox->size <= limit)
        return STATUS_OK;
    return status_fail(STATUS_SEND_QUOTA_EXCEEDED, "mailbox %lld: %llu of %llu bytes", (long long)mailbox->id, (unsigned long long)mailbox->size,
                       (unsigned long long)limit);
}
