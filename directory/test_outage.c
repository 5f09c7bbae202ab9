/* What happens while LDAP is down, slow or cut: promise 8. A proxy stands between us and the real server. */
#include <time.h>

#include "bourse/base/clock.h"
#include "directory_private.h"
#include "testing_directory.h"

struct scene {
    TALLOC_CTX *mem;
    struct proxy *proxy;
    struct config *config;
    struct directory *directory;
};

static int set_up(void **state)
{
    struct scene *scene = talloc_zero(NULL, struct scene);
    scene->mem = scene;
    scene->proxy = proxy_start();
    scene->config = testing_config(scene, proxy_uri(scene->proxy));
    testing_set(scene->config, "directory.timeout=1s");
    testing_remove_snapshot();
    scene->directory = testing_open(scene, scene->config);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    clock_test_release();
    TALLOC_FREE(scene->directory);
    proxy_stop(scene->proxy);
    talloc_free(scene);
    return 0;
}

static enum status look(struct scene *scene, const char *local_part)
{
    struct recipient_entry *entry = NULL;
    return recipient_by_address(scene->mem, scene->directory, testing_address(scene->mem, local_part), &entry);
}

static void known_recipients_stay_unknown_are_temporary(void **state)
{
    struct scene *scene = *state;
    clock_test_freeze(clock_now());
    assert_status(look(scene, "alice"), STATUS_OK);
    assert_status(look(scene, "nobody"), STATUS_RECIPIENT_NOT_FOUND);
    proxy_set(scene->proxy, PROXY_CUT);
    assert_status(look(scene, "alice"), STATUS_OK); /* still fresh */
    clock_test_advance(61 * INSTANT_PER_SECOND);
    assert_status(look(scene, "alice"), STATUS_OK); /* no longer fresh, but known */
    assert_status(look(scene, "ALICE.adams"), STATUS_OK); /* by an address nobody asked for before */
    assert_status(look(scene, "nobody"), STATUS_DIRECTORY_UNAVAILABLE); /* a "no" of before does not count */
    assert_status(look(scene, "bob"), STATUS_DIRECTORY_UNAVAILABLE);
    struct directory_health health;
    directory_health(scene->directory, &health);
    assert_false(health.is_up);
    assert_true(health.down_since != 0 && health.last_error[0] != '\0');
    clock_test_advance(7 * INSTANT_PER_DAY);
    assert_status(look(scene, "alice"), STATUS_DIRECTORY_UNAVAILABLE); /* too old by then */
    proxy_set(scene->proxy, PROXY_PASS);
    clock_test_advance(31 * INSTANT_PER_SECOND);
    assert_status(look(scene, "bob"), STATUS_OK);
    directory_health(scene->directory, &health);
    assert_true(health.is_up);
}

static void batch_in_an_outage(void **state)
{
    struct scene *scene = *state;
    const char *addresses[] = { testing_address(scene, "alice"), testing_address(scene, "carol"), testing_address(scene, "zoe") };
    struct recipient_answer *answers = NULL;
    clock_test_freeze(clock_now());
    assert_status(look(scene, "alice"), STATUS_OK);
    clock_test_advance(INSTANT_PER_HOUR);
    proxy_set(scene->proxy, PROXY_CUT);
    assert_status(recipients_by_address(scene, scene->directory, addresses, 3, &answers), STATUS_OK);
    assert_int_equal(answers[0].status, STATUS_OK);
    assert_int_equal(answers[1].status, STATUS_DIRECTORY_UNAVAILABLE);
    assert_int_equal(answers[2].status, STATUS_DIRECTORY_UNAVAILABLE);
}

static void groups_and_lists_in_an_outage(void **state)
{
    struct scene *scene = *state;
    struct recipient_entry *staff = NULL, *red = NULL;
    struct group_members *members = NULL;
    struct address_list_page *page = NULL;
    clock_test_freeze(clock_now());
    assert_status(recipient_by_address(scene, scene->directory, testing_address(scene, "staff"), &staff), STATUS_OK);
    assert_status(recipient_by_address(scene, scene->directory, testing_address(scene, "red"), &red), STATUS_OK);
    assert_status(group_expand(scene, scene->directory, staff->guid, &members), STATUS_OK);
    assert_status(address_list_browse(scene, scene->directory, 0, 1000, &page), STATUS_OK);
    size_t total = page->total;
    clock_test_advance(INSTANT_PER_HOUR);
    proxy_set(scene->proxy, PROXY_CUT);
    assert_status(group_expand(scene, scene->directory, staff->guid, &members), STATUS_OK);
    assert_int_equal(members->count, 4);
    assert_status(group_expand(scene, scene->directory, red->guid, &members), STATUS_DIRECTORY_UNAVAILABLE); /* never expanded before */
    assert_status(address_list_browse(scene, scene->directory, 0, 1000, &page), STATUS_OK);
    assert_int_equal(page->count, total);
    assert_status(address_list_resolve(scene, scene->directory, "alice", 10, &page), STATUS_DIRECTORY_UNAVAILABLE);
}

static void memory_survives_a_restart(void **state)
{
    struct scene *scene = *state;
    assert_status(look(scene, "alice"), STATUS_OK);
    TALLOC_FREE(scene->directory);
    proxy_set(scene->proxy, PROXY_CUT);
    clock_test_freeze(clock_now() + INSTANT_PER_DAY);
    scene->directory = testing_open(scene, scene->config);
    assert_status(look(scene, "alice"), STATUS_OK);
    assert_status(look(scene, "alice.adams"), STATUS_OK);
    assert_status(look(scene, "dave"), STATUS_DIRECTORY_UNAVAILABLE);
}

static void snapshot_of_another_directory_is_ignored(void **state)
{
    struct scene *scene = *state;
    assert_status(look(scene, "alice"), STATUS_OK);
    directory_tick(scene->directory);
    TALLOC_FREE(scene->directory);
    proxy_set(scene->proxy, PROXY_CUT);
    testing_set(scene->config, "directory.mailbox_filter=(cn=*)");
    scene->directory = testing_open(scene, scene->config);
    assert_status(look(scene, "alice"), STATUS_DIRECTORY_UNAVAILABLE);
}

static void dead_idle_connections_are_replaced(void **state)
{
    struct scene *scene = *state;
    assert_status(look(scene, "alice"), STATUS_OK);
    proxy_set(scene->proxy, PROXY_CUT); /* closes what is open */
    struct timespec moment = { .tv_nsec = 50000000 };
    nanosleep(&moment, NULL);
    proxy_set(scene->proxy, PROXY_PASS);
    nanosleep(&moment, NULL);
    assert_status(look(scene, "bob"), STATUS_OK); /* at once, without back-off */
}

/* Real time: the test clock stands still meanwhile, so that back-off does not end by itself on a slow machine. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void stalled_server_is_given_up_in_time(void **state)
{
    struct scene *scene = *state;
    assert_status(look(scene, "alice"), STATUS_OK);
    clock_test_freeze(clock_now());
    proxy_set(scene->proxy, PROXY_STALL);
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    double begun = seconds();
    assert_status(look(scene, "bob"), STATUS_DIRECTORY_UNAVAILABLE); /* a stalled search */
    assert_true(seconds() - begun > 0.9 && seconds() - begun < 10);
    begun = seconds();
    assert_status(look(scene, "bob"), STATUS_DIRECTORY_UNAVAILABLE); /* in back-off: at once */
    assert_true(seconds() - begun < 0.9);
    clock_test_advance(31 * INSTANT_PER_SECOND);
    begun = seconds();
    assert_status(look(scene, "bob"), STATUS_DIRECTORY_UNAVAILABLE); /* a stalled TLS handshake */
    assert_true(seconds() - begun > 0.9 && seconds() - begun < 10);
}

static void next_server_takes_over(void **state)
{
    struct scene *scene = *state;
    struct config *config = testing_config(scene, NULL);
    testing_set(config, "directory.uris=%s,ldaps://127.0.0.1:1,%s", proxy_uri(scene->proxy), testing_env("BOURSE_TEST_LDAP_URI"));
    testing_set(config, "directory.timeout=1s");
    assert_status(directory_reload(scene->directory, config), STATUS_OK);
    proxy_set(scene->proxy, PROXY_CUT);
    assert_status(look(scene, "bob"), STATUS_OK);
    struct directory_health health;
    directory_health(scene->directory, &health);
    assert_string_equal(health.server, testing_env("BOURSE_TEST_LDAP_URI"));
    assert_true(health.is_up);
    struct sign_in_outcome outcome;
    assert_status(sign_in_verify(scene, scene->directory, "bob", testing_password(scene), NULL, &outcome), STATUS_OK);
    assert_status(directory_probe(scene->directory), STATUS_OK);
}

static void changes_are_seen_after_the_cache_time(void **state)
{
    struct scene *scene = *state;
    clock_test_freeze(clock_now());
    assert_status(look(scene, "alice"), STATUS_OK);
    int64_t before = (int64_t)cache_version(scene->directory->entries);
    assert_status(look(scene, "alice"), STATUS_OK);
    assert_int_equal((int64_t)cache_version(scene->directory->entries), before); /* from memory */
    clock_test_advance(61 * INSTANT_PER_SECOND);
    assert_status(look(scene, "alice"), STATUS_OK);
    assert_true((int64_t)cache_version(scene->directory->entries) > before); /* asked again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_recipients_stay_unknown_are_temporary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(batch_in_an_outage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(groups_and_lists_in_an_outage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_survives_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(snapshot_of_another_directory_is_ignored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dead_idle_connections_are_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stalled_server_is_given_up_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(next_server_takes_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_are_seen_after_the_cache_time, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
