/* The parts that need no server: filters, ranges, bind answers, entries, cache, snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "bind_result.h"
#include "bourse/base/clock.h"
#include "entry.h"
#include "filter.h"
#include "snapshot.h"

static void escapes_filters(void **state)
{
    (void)state;
    static const struct { const char *value, *filter; } cases[] = {
        { "alice@example.test", "(mail=alice@example.test)" },
        { "*", "(mail=\\2a)" },
        { "a)(b=*", "(mail=a\\29\\28b\\3d\\2a)" },
        { "\\2a", "(mail=\\5c2a)" },
        { "J\xc3\xbcrgen", "(mail=J\\c3\\bcrgen)" },
        { "", "(mail=)" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct buffer *out = buffer_new(NULL, 1000);
        filter_equal(out, "mail", slice_of_text(cases[i].value));
        assert_string_equal(buffer_text(out), cases[i].filter);
        assert_true(filter_parse(buffer_slice(out), NULL, NULL));
        talloc_free(out);
    }
    struct buffer *out = buffer_new(NULL, 1000);
    filter_equal(out, "mail", slice_of("\0", 1));
    filter_prefix(out, "cn", "x:", slice_of_text("a*"));
    filter_equal(out, NULL, slice_of_text("none"));
    assert_string_equal(buffer_text(out), "(mail=\\00)(cn=x:a\\2a*)");
    talloc_free(out);
}

static void reads_filters(void **state)
{
    (void)state;
    static const char *const good[] = { "(mail=*)", "(&(mail=*)(!(uid=x)))", "(|(a=b)(c>=d)(e<=f)(g~=h))", "(cn:caseExactMatch:=x)",
                                        "(:dn:2.4.6.8.10:=x)", "(cn;lang-de=a*b*c)", "(memberOf=cn=a\\28b\\29,dc=x)", "(a=)",
                                        "(userAccountControl:1.2.840.113556.1.4.803:=2)" };
    static const char *const bad[] = { "", "mail=*", "(mail=*", "(mail=*))", "(mail=*)(uid=*)", "(&)", "(!(a=b)(c=d))", "(=x)", "(a b=c)",
                                       "(a=(b)", "(a=\\2)", "(a=\\zz)", "(a>b)", "()", "(" };
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
        assert_true(filter_parse(slice_of_text(good[i]), NULL, NULL));
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_false(filter_parse(slice_of_text(bad[i]), NULL, NULL));
    char deep[400];
    memset(deep, '(', sizeof deep);
    for (size_t i = 0; i < 100; i++)
        memcpy(deep + 2 * i, "(!", 2);
    assert_false(filter_parse(slice_of(deep, sizeof deep), NULL, NULL));
}

static void reads_ranges(void **state)
{
    (void)state;
    struct ldap_range range;
    assert_true(ldap_range_parse("member;range=0-1499", "member", &range));
    assert_int_equal(range.first, 0);
    assert_int_equal(range.last, 1499);
    assert_false(range.is_final);
    assert_true(ldap_range_parse("MEMBER;Range=1500-*", "member", &range));
    assert_int_equal(range.first, 1500);
    assert_true(range.is_final);
    static const char *const bad[] = { "member", "members;range=0-1", "member;range=", "member;range=-1", "member;range=1-", "member;range=5-4",
                                       "member;range=0-1x", "member;range=0-99999999999999999999", "memberOf;range=0-1", "member;binary" };
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_false(ldap_range_parse(bad[i], "member", &range));
}

static void reads_bind_answers(void **state)
{
    (void)state;
    static const struct { int code; const char *diagnostic; int policy; bool must_change; enum status wanted; } cases[] = {
        { LDAP_SUCCESS, "", PP_noError, false, STATUS_OK },
        { LDAP_SUCCESS, "", PP_changeAfterReset, true, STATUS_PASSWORD_EXPIRED },
        { LDAP_SUCCESS, "", PP_noError, true, STATUS_PASSWORD_EXPIRED },
        { LDAP_INVALID_CREDENTIALS, "", PP_noError, false, STATUS_SIGN_IN_FAILED },
        { LDAP_INVALID_CREDENTIALS, "", PP_accountLocked, false, STATUS_ACCOUNT_LOCKED },
        { LDAP_INVALID_CREDENTIALS, "", PP_passwordExpired, false, STATUS_PASSWORD_EXPIRED },
        { LDAP_INVALID_CREDENTIALS, "80090308: LdapErr: DSID-0C090434, comment: AcceptSecurityContext error, data 52e, v4563", PP_noError, false, STATUS_SIGN_IN_FAILED },
        { LDAP_INVALID_CREDENTIALS, "80090308: LdapErr: DSID-0C090434, comment: AcceptSecurityContext error, data 533, v4563", PP_noError, false, STATUS_ACCOUNT_DISABLED },
        { LDAP_INVALID_CREDENTIALS, "x, data 701, v1db1", PP_noError, false, STATUS_ACCOUNT_DISABLED },
        { LDAP_INVALID_CREDENTIALS, "x, data 773, v1db1", PP_noError, false, STATUS_PASSWORD_EXPIRED },
        { LDAP_INVALID_CREDENTIALS, "x, data 532, v1db1", PP_noError, false, STATUS_PASSWORD_EXPIRED },
        { LDAP_INVALID_CREDENTIALS, "x, data 775, v1db1", PP_noError, false, STATUS_ACCOUNT_LOCKED },
        { LDAP_INVALID_CREDENTIALS, "x, data fff, v1db1", PP_noError, false, STATUS_SIGN_IN_FAILED },
        { LDAP_NO_SUCH_OBJECT, "", PP_noError, false, STATUS_SIGN_IN_FAILED },
        { LDAP_BUSY, "", PP_noError, false, STATUS_SIGN_IN_UNAVAILABLE },
        { LDAP_OTHER, ", data 52e", PP_noError, false, STATUS_SIGN_IN_UNAVAILABLE },
        { LDAP_STRONG_AUTH_REQUIRED, "", PP_noError, false, STATUS_SIGN_IN_UNAVAILABLE },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct ldap_bind_answer answer = { .code = cases[i].code, .policy = cases[i].policy, .must_change = cases[i].must_change };
        const char *text = NULL;
        snprintf(answer.diagnostic, sizeof answer.diagnostic, "%s", cases[i].diagnostic);
        assert_int_equal(bind_result_status(&answer, &text), cases[i].wanted);
        assert_non_null(text);
    }
    assert_int_equal(ad_diagnostic_code(", data -1,"), 0);
    assert_int_equal(ad_diagnostic_code(", data 0x52e,"), 0);
    assert_int_equal(ad_diagnostic_code(", data 123456789,"), 0);
    assert_int_equal(ad_diagnostic_code(", data "), 0);
}

/* An LDAP entry written down as name, value, name, value ... */
static struct recipient_entry *decode(TALLOC_CTX *mem, const struct settings *settings, const char *const *pairs)
{
    struct ldap_entry entry = { .dn = "CN=Test,DC=example,DC=test", .attributes = talloc_zero_array(mem, struct ldap_values, 64) };
    struct recipient_entry *out = NULL;
    for (; *pairs != NULL; pairs += 2) {
        struct ldap_values *values = NULL;
        for (size_t i = 0; i < entry.attribute_count; i++) {
            if (strcmp(entry.attributes[i].name, pairs[0]) == 0)
                values = &entry.attributes[i];
        }
        if (values == NULL) {
            values = &entry.attributes[entry.attribute_count++];
            *values = (struct ldap_values){ .name = pairs[0], .values = talloc_array(mem, struct slice, 16) };
        }
        values->values[values->count++] = slice_of_text(pairs[1]);
    }
    assert_int_equal(entry_decode(mem, settings, &entry, &out), STATUS_OK);
    return out;
}

#define AD_USER "objectGUID", "0123456789abcdef", "objectClass", "user", "sAMAccountName", "test"

static void decodes_exchange_attributes(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct settings settings = { .profile = PROFILE_ACTIVE_DIRECTORY };
    static const char *const pairs[] = {
        AD_USER, "displayName", "Room 1", "mail", "old@example.test", "proxyAddresses", "smtp:alias@example.test", "proxyAddresses",
        "SMTP:room1@example.test", "proxyAddresses", "X500:/o=Old/cn=room1", "proxyAddresses", "sip:room1@example.test", "proxyAddresses",
        "smtp:OLD@example.test", "proxyAddresses", "smtp:not an address", "msExchRecipientTypeDetails", "16", "msExchHideFromAddressLists", "TRUE",
        "mDBUseDefaults", "FALSE", "mDBStorageQuota", "1024", "mDBOverHardQuotaLimit", "2048", "mDBOverQuotaLimit", "-5",
        "msExchResourceCapacity", "12", "targetAddress", "SMTP:away@partner.test", "altRecipient", "CN=Bob,DC=example,DC=test",
        "deliverAndRedirect", "TRUE", "publicDelegates", "CN=Carol,DC=example,DC=test", "legacyExchangeDN", "/o=Example/cn=room1",
        "mailNickname", "room1", "userAccountControl", "514", NULL };
    struct recipient_entry *room = decode(mem, &settings, pairs);
    assert_int_equal(room->kind, RECIPIENT_ROOM);
    assert_true(room->is_hidden && room->has_mailbox && !room->is_enabled);
    assert_string_equal(room->address, "room1@example.test");
    assert_int_equal(room->address_count, 3);
    assert_int_equal(room->x500_count, 1);
    assert_string_equal(room->x500[0], "/o=Old/cn=room1");
    assert_int_equal(room->warning_quota, 1024 * 1024);
    assert_int_equal(room->send_quota, RECIPIENT_NO_QUOTA);
    assert_int_equal(room->receive_quota, 2048 * 1024);
    assert_int_equal(room->capacity, 12);
    assert_string_equal(room->forwarding.address, "away@partner.test");
    assert_string_equal(room->forwarding.dn, "CN=Bob,DC=example,DC=test");
    assert_true(room->forwarding.keeps_copy);
    assert_int_equal(room->on_behalf_count, 1);
    assert_string_equal(room->alias, "room1");
    settings.ignores_exchange = true;
    room = decode(mem, &settings, pairs);
    assert_int_equal(room->kind, RECIPIENT_USER);
    assert_false(room->is_hidden);
    assert_null(room->forwarding.address);
    assert_int_equal(room->warning_quota, RECIPIENT_NO_QUOTA);
    assert_string_equal(room->alias, "test");
    assert_string_equal(room->legacy_dn, "/o=Example/cn=room1"); /* stock; old replies must still find it */
    talloc_free(mem);
}

static void decodes_odd_entries(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct settings settings = { .profile = PROFILE_ACTIVE_DIRECTORY };
    assert_null(decode(mem, &settings, (const char *[]){ "objectClass", "user", NULL }));           /* no id */
    assert_null(decode(mem, &settings, (const char *[]){ "objectGUID", "too short", NULL }));
    struct recipient_entry *entry = decode(mem, &settings, (const char *[]){ AD_USER, "userPrincipalName", "test@example.test", NULL });
    assert_string_equal(entry->address, "test@example.test"); /* a user that the filter lets in without mail */
    assert_string_equal(entry->display_name, "test@example.test");
    entry = decode(mem, &settings, (const char *[]){ AD_USER, "displayName", "bad \xff byte", "accountExpires", "1", NULL });
    assert_string_equal(entry->display_name, "bad \xef\xbf\xbd byte");
    assert_false(entry->is_enabled);
    assert_null(entry->address);
    entry = decode(mem, &settings, (const char *[]){ AD_USER, "employeeType", "Shared", "accountExpires", "9223372036854775807", NULL });
    assert_int_equal(entry->kind, RECIPIENT_SHARED);
    assert_true(entry->is_enabled);
    talloc_free(mem);
}

static void packs_and_unpacks(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct settings settings = { .profile = PROFILE_ACTIVE_DIRECTORY };
    struct recipient_entry *entry = decode(mem, &settings, (const char *[]){ AD_USER, "displayName", "Test", "mail", "t@example.test",
                                                                             "proxyAddresses", "smtp:u@example.test", "title", "Tester", NULL });
    struct recipient_entry *again = NULL;
    struct buffer *packed = buffer_new(mem, 100000), *twice = buffer_new(mem, 100000);
    entry_pack(packed, entry);
    struct slice bytes = buffer_slice(packed);
    assert_int_equal(entry_unpack(mem, bytes, &again), STATUS_OK);
    assert_string_equal(again->details.title, "Tester");
    assert_null(again->details.office);
    assert_int_equal(again->address_count, 2);
    entry_pack(twice, again);
    assert_true(slice_equal(bytes, buffer_slice(twice)));
    for (size_t length = 0; length < bytes.length; length++)
        assert_int_equal(entry_unpack(mem, slice_part(bytes, 0, length), &again), STATUS_CORRUPT);
    talloc_free(mem);
}

static void cache_keeps_the_most_recent(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct cache *cache = cache_new(mem, 3);
    struct cache_hit hit;
    cache_put(cache, "i:1", (const char *[]){ "a:one", "l:one" }, 2, slice_of_text("1"), 10);
    cache_put(cache, "i:2", (const char *[]){ "a:two" }, 1, slice_of_text("2"), 20);
    cache_put(cache, "i:3", NULL, 0, slice_of_text("3"), 30);
    assert_true(cache_get(mem, cache, "a:one", &hit)); /* now the most recent */
    assert_int_equal(hit.when, 10);
    cache_put(cache, "i:4", (const char *[]){ "a:four" }, 1, slice_of_text("4"), 40);
    assert_false(cache_get(mem, cache, "i:2", &hit));
    assert_false(cache_get(mem, cache, "a:two", &hit));
    assert_true(cache_get(mem, cache, "l:one", &hit));
    cache_put(cache, "i:4", (const char *[]){ "a:one", "a:one" }, 2, slice_of_text("5"), 50); /* the address moved */
    assert_true(cache_get(mem, cache, "a:one", &hit));
    assert_memory_equal(hit.data.data, "5", 1);
    assert_true(cache_get(mem, cache, "l:one", &hit));
    assert_memory_equal(hit.data.data, "1", 1);
    assert_false(cache_get(mem, cache, "a:four", &hit));
    cache_drop(cache, "a:one");
    assert_false(cache_get(mem, cache, "i:4", &hit));
    assert_int_equal(cache_count(cache), 2);
    cache_put(cache, "i:9", NULL, 0, slice_of(talloc_zero_size(mem, 9000), 9000), 1); /* weighs 3 */
    assert_int_equal(cache_count(cache), 1);
    talloc_free(mem);
}

static struct cache *sample(TALLOC_CTX *mem)
{
    struct cache *cache = cache_new(mem, 100);
    cache_put(cache, "i:1", (const char *[]){ "a:one", "l:one" }, 2, slice_of_text("first"), 10);
    cache_put(cache, "i:2", (const char *[]){ "a:two" }, 1, slice_of_text("second"), 20);
    return cache;
}

static void snapshots_come_back_whole_or_not_at_all(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct hash256 identity = hash_sha256(slice_of_text("here")), other = hash_sha256(slice_of_text("elsewhere"));
    struct buffer *bytes = buffer_new(mem, 100000);
    struct cache *back = cache_new(mem, 100);
    struct cache_hit hit;
    snapshot_write(bytes, identity, sample(mem));
    assert_int_equal(snapshot_parse(buffer_slice(bytes), other, back), STATUS_CORRUPT);
    for (size_t i = 0; i < buffer_length(bytes); i++) { /* each byte damaged, each length cut */
        uint8_t *copy = talloc_memdup(mem, buffer_slice(bytes).data, buffer_length(bytes));
        copy[i] ^= 0x41;
        assert_int_equal(snapshot_parse(slice_of(copy, buffer_length(bytes)), identity, back), STATUS_CORRUPT);
        assert_int_equal(snapshot_parse(slice_part(buffer_slice(bytes), 0, i), identity, back), STATUS_CORRUPT);
        talloc_free(copy);
    }
    assert_int_equal(cache_count(back), 0);
    assert_int_equal(snapshot_parse(buffer_slice(bytes), identity, back), STATUS_OK);
    assert_true(cache_get(mem, back, "a:one", &hit));
    assert_int_equal(hit.when, 10);
    assert_memory_equal(hit.data.data, "first", 5);
    talloc_free(mem);
}

static void snapshot_files_merge(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    char folder[] = "/tmp/bourse-snapshot.XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = talloc_asprintf(mem, "%s/s", folder);
    struct hash256 identity = hash_sha256(slice_of_text("here"));
    struct cache *one = sample(mem), *two = cache_new(mem, 100), *back = cache_new(mem, 100);
    struct cache_hit hit;
    assert_int_equal(snapshot_load(path, identity, back), STATUS_NOT_FOUND);
    assert_int_equal(snapshot_save(path, identity, one), STATUS_OK);
    cache_put(two, "i:2", NULL, 0, slice_of_text("newer"), 99);
    cache_put(two, "i:3", NULL, 0, slice_of_text("third"), 30);
    assert_int_equal(snapshot_save(path, identity, two), STATUS_OK); /* another role: what the first knew is kept */
    assert_int_equal(snapshot_load(path, identity, back), STATUS_OK);
    assert_int_equal(cache_count(back), 3);
    assert_true(cache_get(mem, back, "i:2", &hit));
    assert_memory_equal(hit.data.data, "newer", 5);
    unlink(path);
    rmdir(folder);
    assert_int_equal(snapshot_save(path, identity, one), STATUS_UNAVAILABLE);
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_filters),
        cmocka_unit_test(reads_filters),
        cmocka_unit_test(reads_ranges),
        cmocka_unit_test(reads_bind_answers),
        cmocka_unit_test(decodes_exchange_attributes),
        cmocka_unit_test(decodes_odd_entries),
        cmocka_unit_test(packs_and_unpacks),
        cmocka_unit_test(cache_keeps_the_most_recent),
        cmocka_unit_test(snapshots_come_back_whole_or_not_at_all),
        cmocka_unit_test(snapshot_files_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
