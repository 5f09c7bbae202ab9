/* Look-ups, groups, address lists against a real server; the same on OpenLDAP and on Active Directory. */
#include "directory_private.h"
#include "testing_directory.h"

static TALLOC_CTX *process;
static struct directory *directory;

static int set_up(void **state)
{
    (void)state;
    process = talloc_new(NULL);
    directory = testing_directory(process);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    talloc_free(process);
    return 0;
}

static struct recipient_entry *find(TALLOC_CTX *mem, const char *local_part)
{
    struct recipient_entry *entry = NULL;
    assert_status(recipient_by_address(mem, directory, testing_address(mem, local_part), &entry), STATUS_OK);
    return entry;
}

static void reads_a_person(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_entry *alice = find(mem, "alice");
    assert_int_equal(alice->kind, RECIPIENT_USER);
    assert_true(alice->has_mailbox && alice->is_enabled && !alice->is_hidden);
    assert_false(guid_is_zero(alice->guid));
    assert_string_equal(alice->display_name, "Alice Adams");
    assert_string_equal(alice->address, testing_address(mem, "alice"));
    assert_int_equal(alice->address_count, 2);
    assert_string_equal(alice->addresses[1], testing_address(mem, "alice.adams"));
    assert_string_equal(alice->login, "alice");
    assert_string_equal(alice->alias, "alice");
    assert_string_equal(alice->details.given_name, "Alice");
    assert_string_equal(alice->details.department, "Sales");
    assert_string_equal(alice->details.company, "Example Ltd");
    assert_string_equal(alice->details.telephone, "+44 20 7946 0101");
    assert_int_equal(alice->warning_quota, RECIPIENT_NO_QUOTA);
    talloc_free(mem);
}

static void finds_addresses_without_case(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_entry *alias = find(mem, "Alice.ADAMS"), *alice = find(mem, "alice");
    assert_true(guid_equal(alias->guid, alice->guid));
    struct recipient_entry *again = NULL;
    assert_status(recipient_by_guid(mem, directory, alice->guid, &again), STATUS_OK);
    assert_string_equal(again->dn, alice->dn);
    assert_status(recipient_by_dn(mem, directory, alice->dn, &again), STATUS_OK);
    assert_true(guid_equal(again->guid, alice->guid));
    talloc_free(mem);
}

static void unknown_addresses_are_not_found(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_entry *entry = NULL;
    static const char *const unknown[] = { "nobody", "grace", "*", "ali*", "alice)(mail=*", "\\2a", "a b", "" };
    for (size_t i = 0; i < ARRAY_LENGTH(unknown); i++)
        assert_status(recipient_by_address(mem, directory, testing_address(mem, unknown[i]), &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_address(mem, directory, "*", &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_address(mem, directory, "", &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_guid(mem, directory, guid_new(), &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_dn(mem, directory, "cn=nobody,dc=nowhere", &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_dn(mem, directory, "not a name", &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_legacy_dn(mem, directory, "/o=Example/cn=*", &entry), STATUS_RECIPIENT_NOT_FOUND);
    talloc_free(mem);
}

static void names_that_need_escaping(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_entry *juergen = find(mem, "o'neil+list");
    assert_string_equal(juergen->display_name, "O'Neil, Jürgen (Jr.)*");
    struct recipient_entry *again = NULL;
    directory_forget(directory, true);
    assert_status(recipient_by_dn(mem, directory, juergen->dn, &again), STATUS_OK);
    struct address_list_page *page = NULL;
    assert_status(address_list_resolve(mem, directory, "O'Neil, Jürgen (Jr.)*", 10, &page), STATUS_OK);
    assert_int_equal(page->count, 1);
    assert_status(address_list_resolve(mem, directory, "Jürg", 10, &page), STATUS_OK);
    assert_int_equal(page->count, 1);
    talloc_free(mem);
}

static void many_addresses_in_one_round(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    enum { COUNT = 130 };
    const char *addresses[COUNT];
    for (int i = 0; i < COUNT; i++)
        addresses[i] = testing_address(mem, i % 3 == 0 ? "bob" : i % 3 == 1 ? "carol.clark" : talloc_asprintf(mem, "nobody%d", i));
    struct recipient_answer *answers = NULL;
    directory_forget(directory, true);
    assert_status(recipients_by_address(mem, directory, addresses, COUNT, &answers), STATUS_OK);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(answers[i].status, i % 3 == 2 ? STATUS_RECIPIENT_NOT_FOUND : STATUS_OK);
        if (i % 3 != 2)
            assert_string_equal(answers[i].entry->login, i % 3 == 0 ? "bob" : "carol");
    }
    talloc_free(mem);
}

static void kinds_of_recipients(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_entry *pat = NULL;
    assert_int_equal(find(mem, "room-hopper")->kind, RECIPIENT_ROOM);
    assert_int_equal(find(mem, "contact")->kind, RECIPIENT_SHARED);
    assert_int_equal(find(mem, "sales")->kind, RECIPIENT_GROUP);
    assert_status(recipient_by_address(mem, directory, "pat@partner.test", &pat), STATUS_OK);
    assert_int_equal(pat->kind, RECIPIENT_CONTACT);
    assert_false(pat->has_mailbox);
    assert_false(find(mem, "erin")->is_enabled);
    talloc_free(mem);
}

static void login_in_all_forms(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_entry *entry = NULL;
    const char *forms[] = { "alice", "ALICE", testing_address(mem, "alice"), testing_address(mem, "alice.adams"), "EXAMPLE\\alice",
                            "example.test\\alice", " alice " };
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        assert_status(recipient_by_login(mem, directory, forms[i], &entry), STATUS_OK);
        assert_string_equal(entry->login, "alice");
    }
    const char *wrong[] = { "", "nobody", "*", "a*", "alice)(uid=*", "sales", "grace", "EXAMPLE\\", "\\", testing_address(mem, "sales") };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_status(recipient_by_login(mem, directory, wrong[i], &entry), STATUS_RECIPIENT_NOT_FOUND);
    talloc_free(mem);
}

static void netbios_domain_is_checked(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct config *config = testing_config(mem, NULL);
    struct recipient_entry *entry = NULL;
    testing_set(config, "directory.netbios_domain=EXAMPLE");
    assert_status(directory_reload(directory, config), STATUS_OK);
    assert_status(recipient_by_login(mem, directory, "example\\alice", &entry), STATUS_OK);
    assert_status(recipient_by_login(mem, directory, "alice@EXAMPLE", &entry), STATUS_OK);
    assert_status(recipient_by_login(mem, directory, "OTHER\\alice", &entry), STATUS_RECIPIENT_NOT_FOUND);
    talloc_free(mem);
}

static void plus_addresses_only_when_configured(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_entry *entry = NULL;
    struct config *config = testing_config(mem, NULL);
    assert_status(recipient_by_address(mem, directory, testing_address(mem, "alice+news"), &entry), STATUS_RECIPIENT_NOT_FOUND);
    testing_set(config, "directory.plus_addressing=yes");
    assert_status(directory_reload(directory, config), STATUS_OK);
    assert_status(recipient_by_address(mem, directory, testing_address(mem, "alice+news+x"), &entry), STATUS_OK);
    assert_string_equal(entry->login, "alice");
    assert_status(recipient_by_address(mem, directory, testing_address(mem, "nobody+news"), &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_address(mem, directory, testing_address(mem, "+news"), &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_address(mem, directory, testing_address(mem, "o'neil+list"), &entry), STATUS_OK);
    testing_set(config, "directory.plus_addressing=no");
    assert_status(directory_reload(directory, config), STATUS_OK);
    talloc_free(mem);
}

static void assert_members(const char *group, const char *const *wanted, size_t count)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct group_members *members = NULL;
    assert_status(group_expand(mem, directory, find(mem, group)->guid, &members), STATUS_OK);
    assert_int_equal(members->count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(members->entries[i]->display_name, wanted[i]);
    talloc_free(mem);
}

static void expands_groups(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) { /* the second from memory */
        assert_members("sales", (const char *[]){ "Alice Adams", "Bob Brown" }, 2);
        assert_members("everybody", (const char *[]){ "Alice Adams", "Bob Brown", "Carol Clark", "Dave Dunn" }, 4);
        assert_members("red", (const char *[]){ "Alice Adams", "Dave Dunn" }, 2); /* a cycle */
        assert_members("blue", (const char *[]){ "Alice Adams", "Dave Dunn" }, 2);
        assert_members("partners", (const char *[]){ "Alice Adams", "Pat Partner" }, 2);
        assert_members("developers", (const char *[]){ "Carol Clark", "Dave Dunn" }, 2);
        assert_members("empty", NULL, 0);
    }
}

static void group_limits(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct config *config = testing_config(mem, NULL);
    struct group_members *members = NULL;
    struct guid staff = find(mem, "staff")->guid;
    testing_set(config, "directory.group_members=3");
    assert_status(directory_reload(directory, config), STATUS_OK);
    directory_forget(directory, true);
    assert_status(group_expand(mem, directory, staff, &members), STATUS_TOO_MANY_RECIPIENTS);
    testing_set(config, "directory.group_members=5000");
    assert_status(directory_reload(directory, config), STATUS_OK);
    assert_status(group_expand(mem, directory, staff, &members), STATUS_OK);
    assert_status(group_expand(mem, directory, find(mem, "alice")->guid, &members), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(group_direct_members(mem, directory, staff, &members), STATUS_OK);
    assert_int_equal(members->count, 2);
    assert_int_equal(members->entries[0]->kind, RECIPIENT_GROUP);
    talloc_free(mem);
}

static void ranges_of_members(void **state)
{
    (void)state;
    if (!testing_is_ad())
        skip(); /* OpenLDAP has no ranges; the parser has its own test */
    directory_forget(directory, true);
    directory->settings->range_step = 1;
    assert_members("everybody", (const char *[]){ "Alice Adams", "Bob Brown", "Carol Clark", "Dave Dunn" }, 4);
    directory->settings->range_step = 0;
}

static void skipped_members_have_reasons(void **state)
{
    (void)state;
    if (testing_is_ad())
        skip(); /* a member that does not exist cannot be stored there */
    TALLOC_CTX *mem = talloc_new(NULL);
    struct group_members *members = NULL;
    directory_forget(directory, true);
    assert_status(group_expand(mem, directory, find(mem, "empty")->guid, &members), STATUS_OK);
    assert_int_equal(members->skipped_count, 1);
    assert_int_equal(members->skipped[0].reason, MEMBER_NOT_FOUND);
    talloc_free(mem);
}

static void membership(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_entry *admins = NULL, *alice = find(mem, "alice"), *bob = find(mem, "bob");
    bool is_member = false;
    assert_status(group_by_name(mem, directory, "Mail Admins", &admins), STATUS_OK);
    assert_null(admins->address);
    assert_status(group_contains(directory, admins->guid, alice->guid, &is_member), STATUS_OK);
    assert_true(is_member);
    assert_status(group_contains(directory, admins->guid, bob->guid, &is_member), STATUS_OK);
    assert_false(is_member);
    assert_status(group_contains(directory, find(mem, "staff")->guid, bob->guid, &is_member), STATUS_OK);
    assert_true(is_member); /* through sales */
    assert_status(group_contains(directory, find(mem, "blue")->guid, alice->guid, &is_member), STATUS_OK);
    assert_true(is_member); /* through the cycle */
    assert_status(group_contains(directory, find(mem, "developers")->guid, find(mem, "carol")->guid, &is_member), STATUS_OK);
    assert_true(is_member);
    struct recipient_entry *again = NULL;
    assert_status(group_by_name(mem, directory, admins->dn, &again), STATUS_OK);
    assert_true(guid_equal(admins->guid, again->guid));
    assert_status(group_by_name(mem, directory, "No Such Group", &again), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(group_by_name(mem, directory, alice->dn, &again), STATUS_RECIPIENT_NOT_FOUND);
    if (testing_is_ad()) {
        assert_status(group_by_name(mem, directory, "Domain Users", &again), STATUS_OK);
        assert_status(group_contains(directory, again->guid, bob->guid, &is_member), STATUS_OK);
        assert_true(is_member); /* the primary group */
    }
    talloc_free(mem);
}

static void resolves_names(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct address_list_page *page = NULL;
    const char *one[] = { "Alice A", "alice.ad", "adams", "Adams, Ali", "adams alice", "=Alice Adams", "=alice", testing_address(mem, "alice.adams") };
    for (size_t i = 0; i < ARRAY_LENGTH(one); i++) {
        assert_status(address_list_resolve(mem, directory, one[i], 100, &page), STATUS_OK);
        assert_int_equal(page->count, 1);
        assert_string_equal(page->entries[0]->login, "alice");
    }
    const char *none[] = { "=Ali", "zzz", "*", "(", ")(mail=*", "lice", "Mail Admins", "Administrator" };
    for (size_t i = 0; i < ARRAY_LENGTH(none); i++) {
        assert_status(address_list_resolve(mem, directory, none[i], 100, &page), STATUS_OK);
        assert_int_equal(page->count, 0);
    }
    assert_status(address_list_resolve(mem, directory, "d", 100, &page), STATUS_OK);
    assert_true(page->count >= 2); /* Dave, developers */
    assert_status(address_list_resolve(mem, directory, "d", 1, &page), STATUS_OK);
    assert_int_equal(page->count, 1);
    assert_true(page->total >= 2);
    assert_status(address_list_resolve(mem, directory, "  ", 10, &page), STATUS_INVALID_ARGUMENT);
    assert_status(address_list_resolve(mem, directory, talloc_asprintf(mem, "%300s", "x"), 0, &page), STATUS_INVALID_ARGUMENT);
    talloc_free(mem);
}

static void browses_in_order(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct address_list_page *whole = NULL, *page = NULL;
    assert_status(address_list_browse(mem, directory, 0, 1000, &whole), STATUS_OK);
    assert_true(whole->total >= 15 && whole->count == whole->total);
    for (size_t i = 0; i < whole->count; i++)
        assert_non_null(whole->entries[i]->address);
    for (size_t from = 0; from < whole->total; from += 4) {
        assert_status(address_list_browse(mem, directory, from, 4, &page), STATUS_OK);
        assert_int_equal(page->total, whole->total);
        for (size_t i = 0; i < page->count; i++)
            assert_true(guid_equal(page->entries[i]->guid, whole->entries[from + i]->guid));
    }
    assert_status(address_list_browse(mem, directory, 100000, 4, &page), STATUS_OK);
    assert_int_equal(page->count, 0);
    struct recipient_entry **owners = NULL;
    size_t count = 0;
    assert_status(mailbox_owners(mem, directory, &owners, &count), STATUS_OK);
    assert_true(count >= 8);
    for (size_t i = 0; i < count; i++)
        assert_true(owners[i]->has_mailbox);
    talloc_free(mem);
}

static void photos(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice photo;
    assert_status(recipient_photo(mem, directory, find(mem, "alice")->guid, &photo), STATUS_OK);
    assert_true(photo.length > 100 && photo.data[0] == 0xff && photo.data[1] == 0xd8); /* JPEG */
    assert_status(recipient_photo(mem, directory, find(mem, "erin")->guid, &photo), STATUS_NOT_FOUND);
    talloc_free(mem);
}

static void mailbox_filter(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct config *config = testing_config(mem, NULL);
    struct recipient_entry *entry = NULL;
    struct group_members *members = NULL;
    testing_set(config, "directory.mailbox_filter=(&(mail=*)(!(%s=bob)))", testing_is_ad() ? "sAMAccountName" : "uid");
    struct directory *own = testing_open(mem, config);
    assert_status(recipient_by_address(mem, own, testing_address(mem, "bob"), &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_login(mem, own, "bob", &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_address(mem, own, testing_address(mem, "sales"), &entry), STATUS_OK);
    assert_status(group_expand(mem, own, entry->guid, &members), STATUS_OK);
    assert_int_equal(members->count, 1);
    assert_int_equal(members->skipped_count, 1);
    assert_int_equal(members->skipped[0].reason, MEMBER_NO_MAILBOX);
    talloc_free(mem);
}

/* By the LDAP rules NOT over an unknown attribute is undefined, and the server leaves the entry out. */
static void unknown_attributes_in_the_filter(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct config *config = testing_config(mem, NULL);
    struct recipient_entry *entry = NULL;
    testing_set(config, "directory.mailbox_filter=(&(mail=*)(!(bourseHides=TRUE))(!(&(bourseIs=x)(mail=*))))");
    struct directory *own = testing_open(mem, config);
    assert_status(recipient_by_address(mem, own, testing_address(mem, "alice"), &entry), STATUS_OK);
    assert_string_equal(atomic_load(&own->settings->usable_filter),
                        "(&(mail=*)(!(!(objectClass=*)))(!(&(!(objectClass=*))(mail=*))))");
    talloc_free(mem);
}

static void bad_configurations_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "directory.uris=http://x", "directory.uris=", "directory.base=",
                                       "directory.mailbox_filter=mail=*", "directory.mailbox_filter=(mail=*)(uid=*)",
                                       "directory.mailbox_filter=(mail=*", "directory.bind_dn=" };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct config *config = testing_config(mem, NULL);
        struct directory *own = NULL;
        testing_set(config, "%s", bad[i]);
        assert_status(directory_open(mem, config, &own), STATUS_CONFIGURATION);
        talloc_free(mem);
    }
}

static void wrong_ca_or_account_is_an_outage(void **state)
{
    (void)state;
    static const char *const bad[] = { "directory.ca_file=/etc/ssl/certs/ca-certificates.crt", "directory.bind_dn=cn=nobody,dc=example,dc=test",
                                       "directory.base=dc=nowhere,dc=test" };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct config *config = testing_config(mem, NULL);
        struct recipient_entry *entry = NULL;
        testing_set(config, "%s", bad[i]);
        testing_set(config, "server.data_directory=/nonexistent");
        struct directory *own = testing_open(mem, config);
        assert_status(recipient_by_address(mem, own, testing_address(mem, "alice"), &entry), STATUS_DIRECTORY_UNAVAILABLE);
        talloc_free(mem);
    }
}

static void start_tls_and_local_socket(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct recipient_entry *entry = NULL;
    struct config *config = testing_config(mem, testing_env("BOURSE_TEST_LDAP_STARTTLS_URI"));
    struct directory *own = testing_open(mem, config);
    directory_forget(own, true);
    assert_status(recipient_by_address(mem, own, testing_address(mem, "alice"), &entry), STATUS_OK);
    if (!testing_is_ad()) {
        config = testing_config(mem, testing_env("BOURSE_TEST_LDAPI_URI"));
        testing_set(config, "directory.bind_dn="); /* SASL EXTERNAL */
        own = testing_open(mem, config);
        directory_forget(own, true);
        assert_status(recipient_by_address(mem, own, testing_address(mem, "bob"), &entry), STATUS_OK);
    }
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_person),
        cmocka_unit_test(finds_addresses_without_case),
        cmocka_unit_test(unknown_addresses_are_not_found),
        cmocka_unit_test(names_that_need_escaping),
        cmocka_unit_test(many_addresses_in_one_round),
        cmocka_unit_test(kinds_of_recipients),
        cmocka_unit_test(login_in_all_forms),
        cmocka_unit_test(netbios_domain_is_checked),
        cmocka_unit_test(plus_addresses_only_when_configured),
        cmocka_unit_test(expands_groups),
        cmocka_unit_test(group_limits),
        cmocka_unit_test(ranges_of_members),
        cmocka_unit_test(skipped_members_have_reasons),
        cmocka_unit_test(membership),
        cmocka_unit_test(resolves_names),
        cmocka_unit_test(browses_in_order),
        cmocka_unit_test(photos),
        cmocka_unit_test(mailbox_filter),
        cmocka_unit_test(unknown_attributes_in_the_filter),
        cmocka_unit_test(bad_configurations_are_refused),
        cmocka_unit_test(wrong_ca_or_account_is_an_outage),
        cmocka_unit_test(start_tls_and_local_socket),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
