/* A directory that the test changes as it goes, over OpenLDAP's local socket: large and deep groups, conflicts, renames, locks. */
#include <ldap.h>
#include <stdio.h>
#include <unistd.h>

#include "testing_directory.h"

#define MANY 600
#define DEEP 25

static TALLOC_CTX *process;
static struct directory *directory;
static LDAP *admin;

static const char *base(void)
{
    return testing_env("BOURSE_TEST_LDAP_BASE");
}

/* `attributes`: name, value, name, value ... NULL; values of one name follow each other. */
static void add(const char *dn, const char *const *attributes)
{
    LDAPMod mods[16] = { { 0 } }, *list[17] = { NULL };
    char *values[16][4] = { { NULL } };
    size_t count = 0, value_count = 0;
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        bool is_more = count > 0 && strcmp(mods[count - 1].mod_type, attributes[i]) == 0;
        if (!is_more) {
            mods[count] = (LDAPMod){ .mod_op = LDAP_MOD_ADD, .mod_type = (char *)(uintptr_t)attributes[i], .mod_values = values[count] };
            list[count] = &mods[count];
            count++;
            value_count = 0;
        }
        assert_true(count < 16 && value_count < 3);
        values[count - 1][value_count++] = (char *)(uintptr_t)attributes[i + 1];
    }
    assert_int_equal(ldap_add_ext_s(admin, dn, list, NULL, NULL), LDAP_SUCCESS);
}

static void change(const char *dn, int operation, const char *attribute, const char *value)
{
    char *values[] = { (char *)(uintptr_t)value, NULL };
    LDAPMod mod = { .mod_op = operation, .mod_type = (char *)(uintptr_t)attribute, .mod_values = value != NULL ? values : NULL };
    LDAPMod *list[] = { &mod, NULL };
    assert_int_equal(ldap_modify_ext_s(admin, dn, list, NULL, NULL), LDAP_SUCCESS);
}

static char *person_dn(const char *uid)
{
    return talloc_asprintf(process, "uid=%s,ou=people,%s", uid, base());
}

static char *group_dn(const char *name)
{
    return talloc_asprintf(process, "cn=%s,ou=groups,%s", name, base());
}

static void add_person(const char *uid, const char *extra_attribute, const char *extra)
{
    add(person_dn(uid), (const char *[]){ "objectClass", "inetOrgPerson", "objectClass", "mailRecipient", "uid", uid, "cn", uid, "sn", uid,
                                          "mail", testing_address(process, uid), "userPassword", "Secret-1", extra_attribute, extra, NULL });
}

static void add_group(const char *name, const char *member)
{
    add(group_dn(name), (const char *[]){ "objectClass", "groupOfNames", "objectClass", "mailRecipient", "cn", name, "mail",
                                          testing_address(process, name), "member", member, NULL });
}

static int set_up(void **state)
{
    (void)state;
    const int version = LDAP_VERSION3;
    struct berval none = { 0, (char *)(uintptr_t)"" };
    process = talloc_new(NULL);
    directory = testing_directory(process);
    assert_int_equal(ldap_initialize(&admin, testing_env("BOURSE_TEST_LDAPI_URI")), LDAP_SUCCESS);
    ldap_set_option(admin, LDAP_OPT_PROTOCOL_VERSION, &version);
    assert_int_equal(ldap_sasl_bind_s(admin, NULL, "EXTERNAL", &none, NULL, NULL, NULL), LDAP_SUCCESS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ldap_unbind_ext_s(admin, NULL, NULL);
    talloc_free(process);
    return 0;
}

static struct recipient_entry *find(const char *local_part)
{
    struct recipient_entry *entry = NULL;
    assert_status(recipient_by_address(process, directory, testing_address(process, local_part), &entry), STATUS_OK);
    return entry;
}

static void a_large_group(void **state)
{
    (void)state;
    struct group_members *members = NULL;
    char *dns[MANY + 1] = { NULL };
    for (int i = 0; i < MANY; i++) {
        const char *uid = talloc_asprintf(process, "many%d", i);
        add_person(uid, "title", "One of many");
        dns[i] = person_dn(uid);
    }
    add_group("many", person_dn("alice"));
    LDAPMod mod = { .mod_op = LDAP_MOD_REPLACE, .mod_type = (char *)(uintptr_t)"member", .mod_values = dns };
    LDAPMod *list[] = { &mod, NULL };
    assert_int_equal(ldap_modify_ext_s(admin, group_dn("many"), list, NULL, NULL), LDAP_SUCCESS);
    assert_status(group_expand(process, directory, find("many")->guid, &members), STATUS_OK);
    assert_int_equal(members->count, MANY);
    for (size_t i = 1; i < members->count; i++)
        assert_true(strcmp(members->entries[i - 1]->address, members->entries[i]->address) < 0);
    struct address_list_page *page = NULL;
    assert_status(address_list_resolve(process, directory, "many", 1000, &page), STATUS_OK);
    assert_int_equal(page->count, MANY + 1);
    assert_status(address_list_browse(process, directory, 0, 1000, &page), STATUS_OK); /* more than one page of LDAP */
    assert_true(page->total > MANY + 10);
}

static void a_deep_group(void **state)
{
    (void)state;
    struct group_members *members = NULL;
    add_group("deep0", person_dn("alice"));
    for (int i = 1; i <= DEEP; i++)
        add_group(talloc_asprintf(process, "deep%d", i), group_dn(talloc_asprintf(process, "deep%d", i - 1)));
    assert_status(group_expand(process, directory, find("deep20")->guid, &members), STATUS_OK);
    assert_int_equal(members->count, 1);
    assert_status(group_expand(process, directory, find("deep25")->guid, &members), STATUS_TOO_COMPLEX);
}

static void two_owners_of_one_address(void **state)
{
    (void)state;
    struct recipient_entry *entry = NULL;
    struct sign_in_outcome outcome;
    const char *shared = talloc_asprintf(process, "smtp:%s", testing_address(process, "contested"));
    add_person("first", "proxyAddresses", shared);
    add_person("second", "proxyAddresses", shared);
    assert_status(recipient_by_address(process, directory, testing_address(process, "contested"), &entry), STATUS_CONFIGURATION);
    assert_int_equal(status_info(STATUS_CONFIGURATION)->smtp, 451);
    assert_status(recipient_by_login(process, directory, testing_address(process, "contested"), &entry), STATUS_NAME_AMBIGUOUS);
    struct secret *password = secret_new(process, slice_of_text("Secret-1"));
    assert_status(sign_in_verify(process, directory, testing_address(process, "contested"), password, NULL, &outcome), STATUS_SIGN_IN_FAILED);
    assert_status(recipient_by_address(process, directory, testing_address(process, "first"), &entry), STATUS_OK);
}

static void a_renamed_person_signs_in_at_once(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    struct secret *password = secret_new(process, slice_of_text("Secret-1"));
    add_person("newcomer", "title", "New");
    struct guid guid = find("newcomer")->guid;
    assert_int_equal(ldap_rename_s(admin, person_dn("newcomer"), "uid=oldhand", NULL, 1, NULL, NULL), LDAP_SUCCESS);
    assert_status(sign_in_verify(process, directory, "oldhand", password, NULL, &outcome), STATUS_OK);
    assert_true(guid_equal(outcome.principal->guid, guid));
    assert_status(sign_in_verify(process, directory, "newcomer", password, NULL, &outcome), STATUS_SIGN_IN_FAILED);
}

static void a_changed_password(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    struct secret *old = secret_new(process, slice_of_text("Secret-1")), *new = secret_new(process, slice_of_text("Secret-2"));
    add_person("changer", "title", "Changing");
    assert_status(sign_in_verify(process, directory, "changer", old, NULL, &outcome), STATUS_OK);
    change(person_dn("changer"), LDAP_MOD_REPLACE, "userPassword", "Secret-2");
    assert_status(sign_in_verify(process, directory, "changer", new, NULL, &outcome), STATUS_PASSWORD_EXPIRED); /* set by an administrator */
    change(person_dn("changer"), LDAP_MOD_REPLACE, "pwdReset", "FALSE");
    assert_status(sign_in_verify(process, directory, "changer", new, NULL, &outcome), STATUS_OK);
    assert_status(sign_in_verify(process, directory, "changer", old, NULL, &outcome), STATUS_SIGN_IN_FAILED); /* the new one threw it out */
}

static void a_lock_by_policy(void **state)
{
    (void)state;
    struct sign_in_outcome outcome;
    struct secret *right = secret_new(process, slice_of_text("Secret-1")), *wrong = secret_new(process, slice_of_text("wrong"));
    add_person("locked", "title", "Locked out");
    change(talloc_asprintf(process, "cn=default,ou=policies,%s", base()), LDAP_MOD_REPLACE, "pwdMaxFailure", "3");
    for (int i = 0; i < 3; i++)
        assert_status(sign_in_verify(process, directory, "locked", wrong, NULL, &outcome), STATUS_SIGN_IN_FAILED);
    assert_status(sign_in_verify(process, directory, "locked", right, NULL, &outcome), STATUS_ACCOUNT_LOCKED);
    change(talloc_asprintf(process, "cn=default,ou=policies,%s", base()), LDAP_MOD_REPLACE, "pwdMaxFailure", "50");
}

static void groups_of_other_classes(void **state)
{
    (void)state;
    struct group_members *members = NULL;
    bool is_member = false;
    add(group_dn("uniques"), (const char *[]){ "objectClass", "groupOfUniqueNames", "objectClass", "mailRecipient", "cn", "uniques", "mail",
                                               testing_address(process, "uniques"), "uniqueMember", person_dn("bob"), "uniqueMember",
                                               person_dn("grace"), NULL });
    struct recipient_entry *group = find("uniques");
    assert_status(group_expand(process, directory, group->guid, &members), STATUS_OK);
    assert_int_equal(members->count, 1);
    assert_string_equal(members->entries[0]->login, "bob");
    assert_int_equal(members->skipped_count, 1);
    assert_int_equal(members->skipped[0].reason, MEMBER_NO_ADDRESS); /* grace */
    assert_status(group_contains(directory, group->guid, find("bob")->guid, &is_member), STATUS_OK);
    assert_true(is_member);
}

static void a_deleted_person_is_gone(void **state)
{
    (void)state;
    struct recipient_entry *entry = NULL;
    add_person("leaver", "title", "Leaving");
    struct guid guid = find("leaver")->guid;
    assert_int_equal(ldap_delete_ext_s(admin, person_dn("leaver"), NULL, NULL), LDAP_SUCCESS);
    directory_forget(directory, false);
    assert_status(recipient_by_address(process, directory, testing_address(process, "leaver"), &entry), STATUS_RECIPIENT_NOT_FOUND);
    assert_status(recipient_by_guid(process, directory, guid, &entry), STATUS_RECIPIENT_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_group),
        cmocka_unit_test(a_deep_group),
        cmocka_unit_test(two_owners_of_one_address),
        cmocka_unit_test(a_renamed_person_signs_in_at_once),
        cmocka_unit_test(a_changed_password),
        cmocka_unit_test(a_lock_by_policy),
        cmocka_unit_test(groups_of_other_classes),
        cmocka_unit_test(a_deleted_person_is_gone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
