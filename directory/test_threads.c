/* Many threads at once look up, expand, sign in, reload and meet cuts; the interesting run is under ThreadSanitizer. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "testing_directory.h"

#define THREADS 8
#define ROUNDS 40

static struct directory *directory;
static struct config *config;
static atomic_int wrong_answers, good_answers;

static void expect(bool is_right)
{
    atomic_fetch_add(is_right ? &good_answers : &wrong_answers, 1);
}

/* While the connection is cut, "unavailable" is right too; a wrong "no" never is. */
static bool is_fine(enum status status, enum status wanted)
{
    return status == wanted || status == STATUS_DIRECTORY_UNAVAILABLE || status == STATUS_SIGN_IN_UNAVAILABLE;
}

static void look_up(TALLOC_CTX *mem, int round)
{
    static const char *const people[] = { "alice", "bob", "carol.clark", "dave", "everybody" };
    struct recipient_entry *entry = NULL;
    struct group_members *members = NULL;
    struct address_list_page *page = NULL;
    const char *address = testing_address(mem, people[round % 5]);
    expect(is_fine(recipient_by_address(mem, directory, address, &entry), STATUS_OK));
    expect(is_fine(recipient_by_address(mem, directory, testing_address(mem, "nobody"), &entry), STATUS_RECIPIENT_NOT_FOUND));
    enum status status = recipient_by_address(mem, directory, testing_address(mem, "everybody"), &entry);
    if (status == STATUS_OK) {
        status = group_expand(mem, directory, entry->guid, &members);
        expect(is_fine(status, STATUS_OK) && (status != STATUS_OK || members->count == 4));
    }
    expect(is_fine(address_list_browse(mem, directory, 0, 5, &page), STATUS_OK));
}

static void sign_in(TALLOC_CTX *mem, int round)
{
    static const char *const people[] = { "alice", "bob", "carol", "dave" };
    struct sign_in_outcome outcome;
    struct sign_in_sasl_options options = { .protocol = SIGN_IN_SMTP, .is_encrypted = true };
    struct sign_in_sasl *session = NULL;
    struct sign_in_progress progress;
    const char *login = people[round % 4], *password = testing_env("BOURSE_TEST_LDAP_USER_PASSWORD");
    expect(is_fine(sign_in_verify(mem, directory, login, testing_password(mem), NULL, &outcome), STATUS_OK));
    if (round % 8 == 0) { /* the brake may be on */
        enum status status = sign_in_verify(mem, directory, "nobody", testing_password(mem), NULL, &outcome);
        expect(is_fine(status, STATUS_SIGN_IN_FAILED) || status == STATUS_BUSY);
    }
    char *text = talloc_asprintf(mem, "%c%s%c%s", 0, login, 0, password);
    size_t length = strlen(login) + strlen(password) + 2;
    expect(sign_in_sasl_new(mem, directory, &options, &session) == STATUS_OK);
    expect(is_fine(sign_in_sasl_start(session, "PLAIN", true, slice_of(text, length), &progress), STATUS_OK));
}

static void *work(void *data)
{
    const int *number = data;
    for (int round = 0; round < ROUNDS; round++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        look_up(mem, round + *number);
        sign_in(mem, round + *number);
        if (round % 10 == 5)
            directory_forget(directory, round % 20 == 5);
        if (*number == 0 && round % 16 == 3)
            expect(directory_reload(directory, config) == STATUS_OK);
        if (*number == 1 && round % 8 == 3)
            directory_tick(directory);
        status_chain_clear();
        talloc_free(mem);
    }
    return NULL;
}

static void many_threads(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct proxy *proxy = proxy_start();
    pthread_t threads[THREADS];
    int numbers[THREADS];
    config = testing_config(mem, proxy_uri(proxy));
    directory = testing_open(mem, config);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
    }
    nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    proxy_set(proxy, PROXY_CUT);
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    proxy_set(proxy, PROXY_PASS);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wrong_answers, 0);
    assert_true(good_answers > THREADS * ROUNDS * 4);
    talloc_free(directory);
    proxy_stop(proxy);
    talloc_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(many_threads) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
