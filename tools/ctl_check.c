/* boursectl check MAILBOX|--all [--hashes] [--repair] */
#include <inttypes.h>

#include "bourse/storage/check.h"
#include "bourse/storage/mailbox.h"
#include "progress.h"
#include "tool.h"

struct checking {
    struct tool *tool;
    struct store *store;
    bool hashes, repair;
    struct check_result sum;
};

static void on_finding(const struct check_finding *finding, void *data)
{
    struct checking *checking = data;
    const char *fate = finding->repaired ? "repaired" : finding->can_repair ? "can be repaired" : "needs a person";
    if (checking->tool->json)
        tool_print_json(json_pack("{s:I,s:s,s:s,s:b,s:b}", "mailbox", (json_int_t)finding->mailbox, "kind", finding->kind, "detail", finding->detail,
                                  "can_repair", finding->can_repair, "repaired", finding->repaired));
    else
        printf("mailbox %" PRId64 ": %s: %s (%s)\n", finding->mailbox, finding->kind, finding->detail, fate);
}

static void add(struct check_result *sum, const struct check_result *one)
{
    sum->items += one->items;
    sum->folders += one->folders;
    sum->blobs += one->blobs;
    sum->findings += one->findings;
    sum->repaired += one->repaired;
}

static enum status check_one(struct checking *checking, int64_t mailbox)
{
    struct check_result result = { 0 };
    TRY(check_mailbox(checking->store, mailbox, checking->hashes, checking->repair, on_finding, checking, &result));
    add(&checking->sum, &result);
    return STATUS_OK;
}

static enum status page(struct checking *checking, int64_t after, struct store_mailbox **list, size_t *count)
{
    struct transaction *tx = NULL;
    TRY(transaction_begin(checking->tool->mem, checking->store, TRANSACTION_READ, &tx));
    enum status status = store_mailbox_list(checking->tool->mem, tx, after, 200, list, count);
    talloc_free(tx);
    return status;
}

static enum status check_all(struct checking *checking)
{
    struct progress *progress = progress_start(checking->tool->mem, "check", "mailboxes", 0, checking->tool->json);
    struct store_mailbox *list = NULL;
    size_t count = 1;
    enum status status = STATUS_OK;
    for (int64_t after = 0; status == STATUS_OK && count > 0;) {
        status = page(checking, after, &list, &count);
        for (size_t i = 0; status == STATUS_OK && i < count; i++) {
            status = check_one(checking, list[i].id);
            after = list[i].id;
            progress_step(progress, 1);
        }
    }
    progress_end(progress);
    TRY(status);
    struct check_result shared = { 0 };
    TRY(check_shared(checking->store, checking->hashes, checking->repair, on_finding, checking, &shared));
    add(&checking->sum, &shared);
    return STATUS_OK;
}

static int check_run(struct tool *tool)
{
    struct checking checking = { .tool = tool, .repair = tool_flag(tool, "--repair"), .hashes = tool_flag(tool, "--hashes") };
    bool all = tool_flag(tool, "--all");
    if (all == (tool->argc == 1) || tool->argc > 1)
        return tool_usage("check needs one mailbox, or --all");
    int64_t mailbox = all ? 0 : tool_mailbox(tool, tool->argv[0]);
    if (!all && mailbox == 0)
        return TOOL_FAILED;
    checking.store = tool_store(tool);
    if (checking.store == NULL)
        return TOOL_FAILED;
    enum status status = all ? check_all(&checking) : check_one(&checking, mailbox);
    if (status != STATUS_OK)
        return tool_fail(status, "check");
    printf(tool->json ? "{\"items\":%" PRId64 ",\"folders\":%" PRId64 ",\"blobs\":%" PRId64 ",\"findings\":%" PRId64 ",\"repaired\":%" PRId64 "}\n"
                      : "%" PRId64 " items, %" PRId64 " folders, %" PRId64 " blobs: %" PRId64 " findings, %" PRId64 " repaired\n",
           checking.sum.items, checking.sum.folders, checking.sum.blobs, checking.sum.findings, checking.sum.repaired);
    return checking.sum.findings > checking.sum.repaired ? TOOL_FINDINGS : TOOL_OK;
}

const struct tool_command check_commands[] = {
    { "check", "MAILBOX|--all [--hashes] [--repair]", "integrity of the store", true, check_run },
    { NULL, NULL, NULL, false, NULL },
};
