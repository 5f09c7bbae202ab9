/* boursectl queue list | show | retry | hold | release | delete */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bourse/storage/events.h"
#include "bourse/storage/queue.h"
#include "tool.h"

enum { PAGE = 500 };

static const char *state_name(const struct store_queue_recipient *recipient, instant now)
{
    if (recipient->state == QUEUE_DELIVERED)
        return "delivered";
    if (recipient->state == QUEUE_FAILED)
        return "failed";
    return recipient->leased_until > now ? "sending" : recipient->next_attempt > now ? "deferred" : "due";
}

static void print_recipient(const struct tool *tool, const struct store_queue_entry *entry, const struct store_queue_recipient *recipient)
{
    char next[INSTANT_TEXT_SIZE] = "";
    instant now = clock_now();
    if (recipient->state == QUEUE_WAITING)
        instant_format(recipient->next_attempt, next);
    if (tool->json)
        tool_print_json(json_pack("{s:I,s:s,s:s,s:s,s:i,s:s,s:s}", "id", (json_int_t)entry->id, "recipient", recipient->address, "destination",
                                  recipient->destination, "state", state_name(recipient, now), "attempts", (int)recipient->attempts, "next", next,
                                  "reply", recipient->last_reply));
    else
        printf("    %-40s %-9s %2d attempts  next %s\n        %s%s%s\n", recipient->address, state_name(recipient, now), (int)recipient->attempts, next,
               recipient->last_host, recipient->last_host[0] != '\0' ? ": " : "", recipient->last_reply);
}

static void print_entry(const struct tool *tool, const struct store_queue_entry *entry)
{
    char created[INSTANT_TEXT_SIZE];
    instant_format(entry->created, created);
    if (!tool->json)
        printf("%-8" PRId64 " %s %10" PRIu64 " bytes  <%s>%s\n", entry->id, created, entry->size, entry->sender, entry->is_held ? "  held" : "");
    for (size_t i = 0; i < entry->recipient_count; i++)
        print_recipient(tool, entry, &entry->recipients[i]);
}

static enum status statistics_line(struct tool *tool, struct transaction *tx)
{
    struct store_queue_statistics sum;
    TRY(store_queue_statistics(tx, &sum));
    if (!tool->json)
        printf("%" PRId64 " messages, %" PRId64 " recipients wait, %" PRId64 " of them deferred, %" PRId64 " being sent, %" PRId64 " messages held\n",
               sum.entries, sum.waiting, sum.deferred, sum.leased, sum.held);
    return STATUS_OK;
}

static enum status list_in(struct tool *tool, struct transaction *tx)
{
    int64_t after = 0;
    for (size_t count = 1; count > 0;) {
        struct store_queue_entry *list = NULL;
        TRY(store_queue_list(tool->mem, tx, after, PAGE, &list, &count));
        for (size_t i = 0; i < count; i++) {
            print_entry(tool, &list[i]);
            after = list[i].id;
        }
        talloc_free(list);
    }
    return statistics_line(tool, tx);
}

/* The id of the first argument; "all" is 0 where that is allowed. */
static bool parse_id(const struct tool *tool, bool may_be_all, int64_t *out)
{
    char *end = NULL;
    if (tool->argc != 1)
        return false;
    if (may_be_all && strcmp(tool->argv[0], "all") == 0) {
        *out = 0;
        return true;
    }
    *out = strtoll(tool->argv[0], &end, 10);
    return *end == '\0' && *out > 0;
}

static enum status show_in(struct tool *tool, struct transaction *tx)
{
    struct store_queue_entry entry;
    int64_t id = 0;
    if (!parse_id(tool, false, &id))
        return status_fail(STATUS_INVALID_ARGUMENT, "queue show needs an id");
    TRY(store_queue_show(tool->mem, tx, id, &entry));
    print_entry(tool, &entry);
    if (!tool->json)
        printf("    from %s, request %s\n", entry.origin, entry.trace_id);
    return STATUS_OK;
}

static int run_in(struct tool *tool, enum transaction_mode mode, enum status (*work)(struct tool *tool, struct transaction *tx))
{
    struct transaction *tx = NULL;
    struct store *store = tool_store(tool);
    if (store == NULL)
        return TOOL_FAILED;
    enum status status = transaction_begin(tool->mem, store, mode, &tx);
    if (status == STATUS_OK)
        status = work(tool, tx);
    if (status == STATUS_OK && mode == TRANSACTION_WRITE)
        status = transaction_commit(tx);
    bool is_written = status == STATUS_OK && mode == TRANSACTION_WRITE;
    talloc_free(tx);
    if (is_written && wakeups_tell_queue(store) != STATUS_OK) /* the runner looks by itself some seconds later */
        status_chain_clear();
    if (status == STATUS_INVALID_ARGUMENT)
        return tool_usage("which message? An id of queue list, or all");
    return status == STATUS_OK ? TOOL_OK : tool_fail(status, "queue");
}

static enum status changed(const struct tool *tool, enum status status, size_t count)
{
    if (status == STATUS_OK && tool->json)
        tool_print_json(json_pack("{s:I}", "changed", (json_int_t)count));
    else if (status == STATUS_OK)
        printf("%zu changed\n", count);
    return status;
}

static enum status retry_in(struct tool *tool, struct transaction *tx)
{
    const char *destination = tool_option(tool, "--destination");
    int64_t id = 0;
    size_t count = 0;
    if (!(destination != NULL && tool->argc == 0) && !parse_id(tool, true, &id))
        return status_fail(STATUS_INVALID_ARGUMENT, "id");
    return changed(tool, store_queue_retry(tx, id, destination, &count), count);
}

static enum status hold_in(struct tool *tool, struct transaction *tx)
{
    int64_t id = 0;
    size_t count = 0;
    if (!parse_id(tool, true, &id))
        return status_fail(STATUS_INVALID_ARGUMENT, "id");
    return changed(tool, store_queue_hold(tx, id, true, &count), count);
}

static enum status release_in(struct tool *tool, struct transaction *tx)
{
    int64_t id = 0;
    size_t count = 0;
    if (!parse_id(tool, true, &id))
        return status_fail(STATUS_INVALID_ARGUMENT, "id");
    return changed(tool, store_queue_hold(tx, id, false, &count), count);
}

static enum status delete_in(struct tool *tool, struct transaction *tx)
{
    int64_t id = 0;
    if (!parse_id(tool, false, &id))
        return status_fail(STATUS_INVALID_ARGUMENT, "id");
    return changed(tool, store_queue_delete(tx, id), 1);
}

static int list_run(struct tool *tool)
{
    return run_in(tool, TRANSACTION_READ, list_in);
}

static int show_run(struct tool *tool)
{
    return run_in(tool, TRANSACTION_READ, show_in);
}

static int retry_run(struct tool *tool)
{
    return run_in(tool, TRANSACTION_WRITE, retry_in);
}

static int hold_run(struct tool *tool)
{
    return run_in(tool, TRANSACTION_WRITE, hold_in);
}

static int release_run(struct tool *tool)
{
    return run_in(tool, TRANSACTION_WRITE, release_in);
}

static int delete_run(struct tool *tool)
{
    return run_in(tool, TRANSACTION_WRITE, delete_in);
}

const struct tool_command queue_commands[] = {
    { "queue list", "", "outgoing messages", true, list_run },
    { "queue show", "ID", "one message with its last replies", true, show_run },
    { "queue retry", "ID|all [--destination DOMAIN]", "try again now", true, retry_run },
    { "queue hold", "ID|all", "do not send until released", true, hold_run },
    { "queue release", "ID|all", "send held messages", true, release_run },
    { "queue delete", "ID", "take out without telling the sender", true, delete_run },
    { NULL, NULL, NULL, false, NULL },
};
