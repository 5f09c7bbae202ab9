/* The integrity checker finds planted defects and repairs what it says it can. */
#include "bourse/storage/check.h"
#include "fixture.h"

struct findings {
    char kinds[512];
};

static void note(const struct check_finding *finding, void *data)
{
    struct findings *findings = data;
    snprintf(findings->kinds + strlen(findings->kinds), sizeof findings->kinds - strlen(findings->kinds), "%s ", finding->kind);
}

static void expect(struct fixture *f, const char *kind, bool repairs)
{
    struct findings findings = { "" };
    struct check_result result;
    OK(check_mailbox(f->store, f->mailbox, true, repairs, note, &findings, &result));
    if (strstr(findings.kinds, kind) == NULL)
        fail_msg("%s is not among: %s", kind, findings.kinds);
    assert_true(result.findings > 0);
    if (repairs)
        fixture_check(f);
}

static void wrong_counters_are_found_and_repaired(void **state)
{
    struct fixture *f = *state;
    fixture_item(f, f->inbox, "counted");
    fixture_execute(f, "UPDATE folder_stat SET live = 17, bytes = 3 WHERE mailbox_id = %lld AND folder_id = %lld", (long long)f->mailbox, (long long)f->inbox);
    expect(f, "folder_counters", true);
    fixture_execute(f, "UPDATE mailbox SET size = 1 WHERE mailbox_id = %lld", (long long)f->mailbox);
    expect(f, "mailbox_size", true);
}

static void broken_rows_are_found(void **state)
{
    struct fixture *f = *state;
    struct message_created a = fixture_item(f, f->inbox, "a"), b = fixture_item(f, f->inbox, "b");
    fixture_execute(f, "UPDATE message SET cn = 99999 WHERE mailbox_id = %lld AND message_id = %lld", (long long)f->mailbox, (long long)a.item);
    expect(f, "change_number", false);
    fixture_execute(f, "DELETE FROM message_body WHERE mailbox_id = %lld AND message_id = %lld", (long long)f->mailbox, (long long)a.item);
    expect(f, "item_without_body", false);
    fixture_execute(f, "UPDATE message_body SET props = '\\xffff' WHERE mailbox_id = %lld AND message_id = %lld", (long long)f->mailbox, (long long)b.item);
    expect(f, "properties_unreadable", false);
    fixture_execute(f, "DELETE FROM message WHERE mailbox_id = %lld AND message_id = %lld", (long long)f->mailbox, (long long)b.item);
    expect(f, "orphan_row", false);
    fixture_execute(f, "UPDATE message SET folder_id = 4242 WHERE mailbox_id = %lld", (long long)f->mailbox);
    expect(f, "item_without_folder", false);
}

static void changed_and_missing_content_is_found(void **state)
{
    struct fixture *f = *state;
    struct message_created created;
    struct prepared_message *prepared = fixture_prepared(f, "content", 20000);
    struct transaction *tx = fixture_write(f);
    OK(store_message_create(tx, f->mailbox, f->inbox, prepared, &(struct message_place){ 0 }, &created));
    fixture_commit(tx);
    int64_t blob = fixture_number(f, "SELECT mime_blob FROM message WHERE mailbox_id = %lld", (long long)f->mailbox);
    fixture_execute(f, "UPDATE blob_chunk SET data = '\\x00' || convert_to('other bytes', 'UTF8') WHERE blob_id = %lld", (long long)blob);
    expect(f, "blob_hash", false);
    fixture_execute(f, "UPDATE blob_chunk SET data = '\\x0999' WHERE blob_id = %lld", (long long)blob);
    expect(f, "blob_unreadable", false);
    fixture_execute(f, "DELETE FROM blob_chunk WHERE blob_id = %lld", (long long)blob);
    expect(f, "blob_missing", false);
    fixture_execute(f, "UPDATE blob SET refs = 7 WHERE blob_id = %lld", (long long)blob);
    struct check_result result;
    struct findings findings = { "" };
    OK(check_shared(f->store, false, true, note, &findings, &result));
    assert_non_null(strstr(findings.kinds, "blob_references"));
    assert_int_equal(fixture_number(f, "SELECT refs FROM blob WHERE blob_id = %lld", (long long)blob), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(wrong_counters_are_found_and_repaired, fixture_mailbox),
        cmocka_unit_test_setup(broken_rows_are_found, fixture_mailbox),
        cmocka_unit_test_setup(changed_and_missing_content_is_found, fixture_mailbox),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
