/* The bare cost of a TLS connection: GnuTLS sessions that did their handshake, read a request and do nothing.
 * bench/hold_bench.py compares with it. Arguments: certificate, key. Prints its port; a line on standard input makes it
 * print its resident KiB; the end of input ends it. */
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bourse/http/server.h"

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Blocking: the bench opens one connection after the other. The session is kept until the process ends. */
static void hold(int listener, gnutls_certificate_credentials_t credentials)
{
    gnutls_session_t session;
    char request[1024];
    int socket = accept(listener, NULL, NULL);
    if (socket < 0 || gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL) < 0)
        return;
    gnutls_set_default_priority(session);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(session, socket);
    if (gnutls_handshake(session) < 0 || gnutls_record_recv(session, request, sizeof request) < 0)
        fprintf(stderr, "handshake failed\n");
}

int main(int argc, char **argv)
{
    gnutls_certificate_credentials_t credentials;
    int listener = -1;
    if (argc != 3 || gnutls_certificate_allocate_credentials(&credentials) < 0 ||
        gnutls_certificate_set_x509_key_file(credentials, argv[1], argv[2], GNUTLS_X509_FMT_PEM) < 0 ||
        http_listen("127.0.0.1", 0, &listener) != STATUS_OK)
        return 2;
    printf("%u\n", http_listen_port(listener));
    fflush(stdout);
    for (;;) {
        struct pollfd ready[2] = { { .fd = listener, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
        char line[16];
        if (poll(ready, 2, -1) < 0)
            return 1;
        if (ready[0].revents != 0)
            hold(listener, credentials);
        if (ready[1].revents == 0)
            continue;
        if (read(STDIN_FILENO, line, sizeof line) <= 0)
            return 0;
        printf("%ld\n", resident_kib());
        fflush(stdout);
    }
}
