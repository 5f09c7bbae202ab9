#include "bourse/storage/settings.h"
#include "bourse/base/text.h"
#include "transaction_private.h"

/* One statement decides and notes, so of two answers at the same time one is sent. */
enum status store_autoreply_seen(struct transaction *tx, int64_t mailbox, const char *sender, instant since, bool *first)
{
    struct result *result = NULL;
    char *folded = text_fold(tx, slice_of_text(sender)); /* addresses differ in case from mail to mail */
    if (folded == NULL)
        return status_fail(STATUS_NO_MEMORY, "sender");
    TRY(TX_RUN(tx, tx, &result, autoreply_note, .mailbox = mailbox, .sender = folded, .seen = clock_now(), .since = since));
    *first = result->row_count > 0;
    talloc_free(result);
    talloc_free(folded);
    return STATUS_OK;
}

enum status store_autoreply_reset(struct transaction *tx, int64_t mailbox)
{
    return TX_SEND(tx, autoreply_reset, .mailbox = mailbox);
}
