#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "bourse/base/status.h"

static void info_has_every_row(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++) {
        const struct status_info *info = status_info((enum status)i);
        assert_non_null(info->name);
        assert_true(info->text[0] != '\0');
        assert_int_equal(info->fault == FAULT_NONE, info->mapi == 0);
    }
    assert_string_equal(status_info(STATUS_OK)->ews, "NoError");
    assert_string_equal(status_info(STATUS_ITEM_NOT_FOUND)->name, "ITEM_NOT_FOUND");
    assert_string_equal(status_info((enum status)9999)->name, "INTERNAL");
    assert_int_equal(status_info(STATUS_BUSY)->smtp, 421);
}

static enum status fails(void)
{
    return status_fail(STATUS_ITEM_NOT_FOUND, "item %d", 7);
}

static enum status calls(void)
{
    enum status status = fails();
    return status != STATUS_OK ? status_add(status, "folder %s", "Inbox") : STATUS_OK;
}

static enum status tries(void)
{
    TRY(calls());
    return STATUS_OK;
}

static void chain_tells_cause_and_context(void **state)
{
    (void)state;
    char text[256];
    status_chain_clear();
    assert_int_equal(tries(), STATUS_ITEM_NOT_FOUND);
    assert_non_null(strstr(status_chain_text(text, sizeof text), "item 7 (test_status.c:"));
    assert_non_null(strstr(text, ") < folder Inbox (test_status.c:"));
    /* A new origin starts over. */
    (void)status_fail(STATUS_BUSY, "second");
    assert_null(strstr(status_chain_text(text, sizeof text), "item 7"));
    status_chain_clear();
    assert_string_equal(status_chain_text(text, sizeof text), "");
}

static void full_chain_keeps_its_origin(void **state)
{
    (void)state;
    char text[4096];
    (void)status_fail(STATUS_CORRUPT, "origin");
    for (int i = 0; i < 40; i++)
        (void)status_add(STATUS_CORRUPT, "context %d", i);
    status_chain_text(text, sizeof text);
    assert_int_equal(strncmp(text, "origin (", 8), 0);
    assert_non_null(strstr(text, "context 39"));
    assert_null(strstr(text, "context 1 "));
}

static void long_causes_are_cut_and_terminated(void **state)
{
    (void)state;
    char small[16];
    memset(small, 'x', sizeof small);
    (void)status_fail(STATUS_CORRUPT, "%0500d", 1);
    status_chain_text(small, sizeof small);
    assert_int_equal(strlen(small), sizeof small - 1);
    char one[1] = { 'x' };
    assert_string_equal(status_chain_text(one, 1), "");
}

static void client_text_lasts_until_cleared(void **state)
{
    (void)state;
    status_chain_clear();
    assert_string_equal(status_client_text(STATUS_BUSY), status_info(STATUS_BUSY)->text);
    status_set_client_text("header %s is missing", "From");
    (void)status_fail(STATUS_INVALID_MIME, "no From");
    assert_string_equal(status_client_text(STATUS_INVALID_MIME), "header From is missing");
    status_chain_clear();
    assert_string_equal(status_client_text(STATUS_OK), "OK");
}

static void *other_thread(void *data)
{
    char text[64];
    status_chain_text(text, sizeof text);
    *(int *)data = text[0] == '\0';
    return NULL;
}

static void chain_belongs_to_its_thread(void **state)
{
    (void)state;
    int other_is_empty = 0;
    pthread_t thread;
    (void)status_fail(STATUS_CORRUPT, "mine");
    assert_int_equal(pthread_create(&thread, NULL, other_thread, &other_is_empty), 0);
    pthread_join(thread, NULL);
    assert_true(other_is_empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_has_every_row),
        cmocka_unit_test(chain_tells_cause_and_context),
        cmocka_unit_test(full_chain_keeps_its_origin),
        cmocka_unit_test(long_causes_are_cut_and_terminated),
        cmocka_unit_test(client_text_lasts_until_cleared),
        cmocka_unit_test(chain_belongs_to_its_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
