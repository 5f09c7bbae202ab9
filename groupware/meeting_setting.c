/* Whether calendars follow meeting mail by themselves: a setting of each mailbox. */
#include "bourse/groupware/calendar.h"
#include "bourse/storage/settings.h"
#include "folder_view.h"
#include "meeting_delegate.h"

enum status meeting_processing_in(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, bool *is_automatic)
{
    struct slice value = { 0 };
    enum status status = user_config_get(mem, tx, mailbox, STORE_ROLE_ROOT, MEETING_PROCESSING_SETTING, &value);
    *is_automatic = true;
    if (status == STATUS_NOT_FOUND) {
        status_chain_clear();
        return STATUS_OK;
    }
    TRY(status);
    *is_automatic = value.length != 1 || value.data[0] != '0';
    return STATUS_OK;
}

enum status meeting_processing_get(struct session *session, bool *is_automatic)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct transaction *tx = NULL;
    enum status status = transaction_begin(mem, session->groupware->store, TRANSACTION_READ, &tx);
    if (status == STATUS_OK)
        status = meeting_processing_in(mem, tx, session->own.id, is_automatic);
    talloc_free(mem);
    return status;
}

static enum status write_setting(struct transaction *tx, int64_t mailbox, bool is_automatic)
{
    TRY(store_mailbox_lock(tx, mailbox, NULL));
    TRY(user_config_set(tx, mailbox, STORE_ROLE_ROOT, MEETING_PROCESSING_SETTING, is_automatic ? slice_of(NULL, 0) : slice_of("0", 1)));
    return transaction_commit(tx);
}

enum status meeting_processing_set(struct session *session, bool is_automatic)
{
    TALLOC_CTX *mem = talloc_new(session);
    struct transaction *tx = NULL;
    enum status status = transaction_begin(mem, session->groupware->store, TRANSACTION_WRITE, &tx);
    if (status == STATUS_OK)
        status = write_setting(tx, session->own.id, is_automatic);
    talloc_free(mem);
    return status;
}
