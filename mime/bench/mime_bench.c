/* 10-KB messages a second: bare GMime parse beside the delivery import and the full import, alternating in one run.
 * The same message for both: text and HTML alternative, 20 header fields. Prints medians and CPU per message. */
#include "bourse/mime/export.h"
#include "bourse/mime/import.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 9
#define MESSAGES 2000

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct slice make_message(TALLOC_CTX *mem)
{
    struct buffer *out = buffer_new(mem, 65536);
    for (int i = 0; i < 5; i++)
        buffer_printf(out, "Received: from relay%d.example.test (relay%d.example.test [192.0.2.%d])\r\n\tby mx.example.test with ESMTPS id 4abc%d\r\n"
                           "\tfor <bob@example.test>; Sat, 21 Nov 2026 22:51:0%d +0000\r\n", i, i, i, i, i);
    buffer_append_text(out, "From: \"Alice Example\" <alice@example.test>\r\nTo: Bob <bob@example.test>, Carol <carol@example.test>\r\n"
                            "Cc: =?utf-8?q?J=C3=BCrgen?= <juergen@example.test>\r\nSubject: Re: Quarterly figures\r\n"
                            "Date: Sat, 21 Nov 2026 22:51:00 +0000\r\nMessage-ID: <1234567890.abc@example.test>\r\n"
                            "In-Reply-To: <987@example.test>\r\nReferences: <1@example.test> <987@example.test>\r\nMIME-Version: 1.0\r\n"
                            "DKIM-Signature: v=1; a=rsa-sha256; d=example.test; s=mail; b=abcdefghijklmnopqrstuvwxyz0123456789\r\n"
                            "X-Mailer: Example 1.0\r\nContent-Type: multipart/alternative; boundary=\"=_bench\"\r\n\r\n"
                            "--=_bench\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    while (buffer_length(out) < 4500)
        buffer_append_text(out, "Hello Bob, here are the figures of the quarter as J=C3=BCrgen asked for.\r\n");
    buffer_append_text(out, "\r\n--=_bench\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body>");
    while (buffer_length(out) < 10200)
        buffer_append_text(out, "<p>Hello Bob, here are the <b>figures</b> of the quarter.</p>\r\n");
    buffer_append_text(out, "</body></html>\r\n--=_bench--\r\n");
    return buffer_slice(out);
}

static void parse_with_gmime(struct slice bytes)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes.data, bytes.length);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
}

static void import(struct slice bytes, unsigned flags)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct message *message = NULL;
    if (mime_import(mem, bytes, NULL, flags, &message) != STATUS_OK)
        abort();
    talloc_free(mem);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    mime_init();
    TALLOC_CTX *mem = talloc_new(NULL);
    struct slice bytes = make_message(mem);
    double times[3][ROUNDS];
    for (int round = 0; round < ROUNDS; round++)
        for (int which = 0; which < 3; which++) {
            double start = cpu_seconds();
            for (int i = 0; i < MESSAGES; i++) {
                if (which == 0)
                    parse_with_gmime(bytes);
                else
                    import(bytes, which == 1 ? MIME_IMPORT_DELIVERY : 0);
            }
            times[which][round] = (cpu_seconds() - start) / MESSAGES;
        }
    static const char *const names[] = { "bare GMime parse", "delivery import", "full import" };
    printf("message of %zu bytes, %d rounds of %d\n", bytes.length, ROUNDS, MESSAGES);
    for (int which = 0; which < 3; which++) {
        qsort(times[which], ROUNDS, sizeof times[which][0], compare);
        double median = times[which][ROUNDS / 2];
        printf("%-18s %8.0f messages/s of CPU, %6.1f us each, %.2f x bare GMime\n", names[which], 1 / median, median * 1e6,
               times[0][ROUNDS / 2] / median);
    }
    talloc_free(mem);
    return 0;
}
