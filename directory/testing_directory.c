#include "testing_directory.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char data_directory[64];

void testing_remove_snapshot(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/directory.snapshot", data_directory);
    unlink(path);
}

static void remove_data(void)
{
    testing_remove_snapshot();
    rmdir(data_directory);
}

const char *testing_env(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL)
        fail_msg("%s is not set: run under tests/services/with-openldap or with-samba-ad", name);
    return value;
}

bool testing_is_ad(void)
{
    return strcmp(testing_env("BOURSE_TEST_DIRECTORY"), "active-directory") == 0;
}

char *testing_address(TALLOC_CTX *mem, const char *local_part)
{
    return talloc_asprintf(mem, "%s@%s", local_part, testing_env("BOURSE_TEST_LDAP_DOMAIN"));
}

struct secret *testing_password(TALLOC_CTX *mem)
{
    return secret_new(mem, slice_of_text(testing_env("BOURSE_TEST_LDAP_USER_PASSWORD")));
}

void testing_set(struct config *config, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    assert_status(config_set(config, text), STATUS_OK);
}

static void set_password_file(struct config *config)
{
    char path[] = "/tmp/bourse-test-password.XXXXXX";
    int fd = mkstemp(path);
    const char *password = testing_env("BOURSE_TEST_LDAP_PASSWORD");
    assert_true(fd >= 0);
    assert_int_equal(write(fd, password, strlen(password)), (ssize_t)strlen(password));
    close(fd);
    testing_set(config, "directory.bind_password_file=%s", path);
    unlink(path);
}

struct config *testing_config(TALLOC_CTX *mem, const char *uri)
{
    struct config *config = config_default(mem);
    if (data_directory[0] == '\0') {
        snprintf(data_directory, sizeof data_directory, "%s", "/tmp/bourse-directory.XXXXXX");
        assert_non_null(mkdtemp(data_directory));
        atexit(remove_data);
    }
    testing_set(config, "server.data_directory=%s", data_directory);
    testing_set(config, "server.hostname=%s",
                getenv("BOURSE_TEST_AD_SERVICE_HOST") != NULL ? getenv("BOURSE_TEST_AD_SERVICE_HOST") : "mail.example.test");
    testing_set(config, "directory.uris=%s", uri != NULL ? uri : testing_env("BOURSE_TEST_LDAP_URI"));
    testing_set(config, "directory.profile=%s", testing_is_ad() ? "active_directory" : "openldap");
    testing_set(config, "directory.base=%s", testing_env("BOURSE_TEST_LDAP_BASE"));
    testing_set(config, "directory.bind_dn=%s", testing_env("BOURSE_TEST_LDAP_BIND_DN"));
    testing_set(config, "directory.ca_file=%s", testing_env("BOURSE_TEST_LDAP_CA"));
    testing_set(config, "directory.timeout=2s");
    set_password_file(config);
    return config;
}

struct directory *testing_open(TALLOC_CTX *mem, const struct config *config)
{
    struct directory *directory = NULL;
    assert_status(directory_open(mem, config, &directory), STATUS_OK);
    return directory;
}

struct directory *testing_directory(TALLOC_CTX *mem)
{
    return testing_open(mem, testing_config(mem, NULL));
}

/* The proxy: one thread, poll over all pairs. */

#define PAIRS_MOST 200

struct pair {
    int client, server;
};

struct proxy {
    pthread_mutex_t lock;
    enum proxy_mode mode;
    bool stops;
    int accepted;
    int listener, wake[2];
    struct pair pairs[PAIRS_MOST];
    size_t count;
    struct sockaddr_in target;
    pthread_t thread;
    char uri[64];
};

static void find_target(struct sockaddr_in *out)
{
    char host[64] = "";
    unsigned port = 636;
    assert_true(sscanf(testing_env("BOURSE_TEST_LDAP_URI"), "ldaps://%63[^:]:%u", host, &port) >= 1);
    *out = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    assert_int_equal(inet_pton(AF_INET, host, &out->sin_addr), 1);
}

static void close_pair(struct proxy *proxy, size_t i)
{
    close(proxy->pairs[i].client);
    close(proxy->pairs[i].server);
    proxy->pairs[i] = proxy->pairs[--proxy->count];
}

static void accept_one(struct proxy *proxy, enum proxy_mode mode)
{
    int client = accept(proxy->listener, NULL, NULL), server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_usable = client >= 0 && server >= 0 && mode != PROXY_CUT && proxy->count < PAIRS_MOST &&
                     connect(server, (struct sockaddr *)&proxy->target, sizeof proxy->target) == 0;
    pthread_mutex_lock(&proxy->lock);
    proxy->accepted++;
    pthread_mutex_unlock(&proxy->lock);
    if (is_usable) {
        proxy->pairs[proxy->count++] = (struct pair){ client, server };
    } else {
        close(client);
        close(server);
    }
}

static bool copy_some(int from, int to)
{
    char bytes[16384];
    ssize_t got = read(from, bytes, sizeof bytes);
    for (ssize_t done = 0; done < got;) {
        ssize_t put = send(to, bytes + done, (size_t)(got - done), MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        done += put;
    }
    return got > 0;
}

static void turn(struct proxy *proxy, enum proxy_mode mode)
{
    struct pollfd polls[2 + 2 * PAIRS_MOST] = { { .fd = proxy->wake[0], .events = POLLIN }, { .fd = proxy->listener, .events = POLLIN } };
    size_t count = proxy->count;
    for (size_t i = 0; i < count; i++) {
        polls[2 + 2 * i] = (struct pollfd){ .fd = mode == PROXY_STALL ? -1 : proxy->pairs[i].client, .events = POLLIN };
        polls[3 + 2 * i] = (struct pollfd){ .fd = mode == PROXY_STALL ? -1 : proxy->pairs[i].server, .events = POLLIN };
    }
    poll(polls, 2 + 2 * count, -1);
    if (polls[0].revents != 0) {
        char byte;
        (void)!read(proxy->wake[0], &byte, 1);
        return; /* the mode may have changed */
    }
    for (size_t i = count; i-- > 0;) {
        bool is_open = (polls[2 + 2 * i].revents == 0 || copy_some(proxy->pairs[i].client, proxy->pairs[i].server)) &&
                       (polls[3 + 2 * i].revents == 0 || copy_some(proxy->pairs[i].server, proxy->pairs[i].client));
        if (!is_open)
            close_pair(proxy, i);
    }
    if (polls[1].revents != 0)
        accept_one(proxy, mode);
}

static void *run_proxy(void *data)
{
    struct proxy *proxy = data;
    for (;;) {
        pthread_mutex_lock(&proxy->lock);
        enum proxy_mode mode = proxy->mode;
        bool stops = proxy->stops;
        pthread_mutex_unlock(&proxy->lock);
        while ((mode == PROXY_CUT || stops) && proxy->count > 0)
            close_pair(proxy, 0);
        if (stops)
            return NULL;
        turn(proxy, mode);
    }
}

struct proxy *proxy_start(void)
{
    struct proxy *proxy = calloc(1, sizeof *proxy);
    struct sockaddr_in here = { .sin_family = AF_INET };
    socklen_t size = sizeof here;
    assert_non_null(proxy);
    find_target(&proxy->target);
    here.sin_addr = proxy->target.sin_addr; /* the address that the certificate names */
    pthread_mutex_init(&proxy->lock, NULL);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(proxy->listener, (struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(listen(proxy->listener, 64), 0);
    assert_int_equal(getsockname(proxy->listener, (struct sockaddr *)&here, &size), 0);
    assert_int_equal(pipe(proxy->wake), 0);
    char address[INET_ADDRSTRLEN];
    snprintf(proxy->uri, sizeof proxy->uri, "ldaps://%s:%u", inet_ntop(AF_INET, &here.sin_addr, address, sizeof address),
             ntohs(here.sin_port));
    assert_int_equal(pthread_create(&proxy->thread, NULL, run_proxy, proxy), 0);
    return proxy;
}

static void wake(struct proxy *proxy)
{
    assert_int_equal(write(proxy->wake[1], "x", 1), 1);
}

void proxy_set(struct proxy *proxy, enum proxy_mode mode)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->mode = mode;
    pthread_mutex_unlock(&proxy->lock);
    wake(proxy);
}

const char *proxy_uri(const struct proxy *proxy)
{
    return proxy->uri;
}

int proxy_connections(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    int accepted = proxy->accepted;
    pthread_mutex_unlock(&proxy->lock);
    return accepted;
}

void proxy_stop(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->stops = true;
    pthread_mutex_unlock(&proxy->lock);
    wake(proxy);
    pthread_join(proxy->thread, NULL);
    close(proxy->listener);
    close(proxy->wake[0]);
    close(proxy->wake[1]);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}
