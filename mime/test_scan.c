/* The scan against GMime's own parser: same parts, types, contents, for every golden message without a known difference and for mail
 * corpora that are installed; and limits, pathological inputs in bounded time. */
#include "bourse/mime/export.h"
#include "bourse/mime/import.h"
#include "bourse/model/properties.h"

#include <dirent.h>
#include <gmime/gmime.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* cmocka wants the three before it */
#include <cmocka.h>

static struct slice read_file(TALLOC_CTX *mem, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return (struct slice){ 0 };
    uint8_t *data = talloc_named_const(mem, 4 << 20, path);
    size_t length = fread(data, 1, 4 << 20, file);
    fclose(file);
    return slice_of(data, length);
}

struct compared {
    TALLOC_CTX *mem;
    struct slice bytes;
    const struct mime_structure *structure;
    uint32_t next; /* part of ours that must come now */
    unsigned differences;
};

static void compare_object(struct compared *c, GMimeObject *object)
{
    if (c->next >= c->structure->count) {
        c->differences++;
        return;
    }
    uint32_t index = c->next++;
    const struct mime_part *part = &c->structure->parts[index];
    char *type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object));
    c->differences += strcasecmp(type, part->type) != 0;
    g_free(type);
    if (GMIME_IS_MULTIPART(object)) {
        for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(object)); i++)
            compare_object(c, g_mime_multipart_get_part(GMIME_MULTIPART(object), i));
    } else if (GMIME_IS_MESSAGE_PART(object)) {
        GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
        if (message != NULL)
            compare_object(c, g_mime_message_get_mime_part(message));
    } else if (GMIME_IS_PART(object) && g_mime_part_get_content(GMIME_PART(object)) != NULL) {
        GMimeStream *memory = g_mime_stream_mem_new();
        g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(object)), memory);
        GByteArray *theirs = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
        struct slice ours;
        assert_int_equal(mime_part_decode(c->mem, c->bytes, c->structure, index, SIZE_MAX / 4, &ours), STATUS_OK);
        c->differences += !slice_equal(ours, slice_of(theirs->data, theirs->len));
        g_object_unref(memory);
    }
}

static unsigned compare_with_gmime(TALLOC_CTX *mem, struct slice bytes)
{
    struct mime_structure *structure = NULL;
    assert_int_equal(mime_structure_scan(mem, bytes, NULL, &structure), STATUS_OK);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes.data, bytes.length);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    struct compared compared = { .mem = mem, .bytes = bytes, .structure = structure };
    if (message != NULL && g_mime_message_get_mime_part(message) != NULL)
        compare_object(&compared, g_mime_message_get_mime_part(message));
    if (message != NULL)
        g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
    return compared.differences + (compared.next != structure->count);
}

/* Broken on purpose: both readers guess, and guess differently. */
static const char *const known_differences[] = {
#define DIFFERS(name, why) name,
#include "gmime_differences.def"
#undef DIFFERS
};

static void test_golden_against_gmime(void **state)
{
    (void)state;
    struct dirent **entries = NULL;
    int count = scandir("golden", &entries, NULL, alphasort), compared = 0;
    unsigned failures = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name, *dot = strrchr(name, '.');
        bool skip = dot == NULL || strcmp(dot, ".eml") != 0;
        for (size_t k = 0; !skip && k < ARRAY_LENGTH(known_differences); k++)
            skip = strlen(known_differences[k]) == (size_t)(dot - name) && strncmp(name, known_differences[k], (size_t)(dot - name)) == 0;
        TALLOC_CTX *mem = talloc_new(NULL);
        char path[512];
        snprintf(path, sizeof path, "golden/%s", name);
        if (!skip) {
            unsigned differences = compare_with_gmime(mem, read_file(mem, path));
            if (differences > 0)
                fprintf(stderr, "%s: %u differences from GMime's tree\n", name, differences);
            failures += differences;
            compared++;
        }
        talloc_free(mem);
        free(entries[i]);
    }
    free(entries);
    assert_true(compared > 80);
    assert_int_equal(failures, 0);
}

/* Mail that Debian packages bring: import, delivery import, export and import again must not fail or lose a recipient or attachment. */
static unsigned check_corpus(const char *folder, unsigned *differing)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    unsigned seen = 0;
    for (int i = 0; i < count; i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        bool is_mail = strncmp(entries[i]->d_name, "msg_", 4) == 0 || strncmp(entries[i]->d_name, "sample-", 7) == 0;
        struct slice bytes = is_mail ? read_file(mem, path) : (struct slice){ 0 }, out;
        if (bytes.length > 0) {
            struct message *full = NULL, *light = NULL, *again = NULL;
            assert_int_equal(mime_import(mem, bytes, NULL, 0, &full), STATUS_OK);
            assert_int_equal(mime_import(mem, bytes, NULL, MIME_IMPORT_DELIVERY, &light), STATUS_OK);
            assert_int_equal(full->attachment_count, light->attachment_count);
            assert_int_equal(mime_export_bytes(mem, full, NULL, 64 << 20, &out), STATUS_OK);
            assert_int_equal(mime_import(mem, out, NULL, 0, &again), STATUS_OK);
            if (strncmp(bag_string(full->props, PROP_MESSAGE_CLASS, ""), "REPORT.", 7) != 0)
                assert_int_equal(full->attachment_count, again->attachment_count);
            assert_string_equal(bag_string(full->props, PROP_SUBJECT, ""), bag_string(again->props, PROP_SUBJECT, ""));
            *differing += compare_with_gmime(mem, bytes) > 0;
            seen++;
        }
        talloc_free(mem);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return seen;
}

static void test_corpora(void **state)
{
    (void)state;
    static const char *const folders[] = { "/usr/lib/python3.11/test/test_email/data", "/usr/share/doc/spamassassin/examples" };
    unsigned seen = 0, differing = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++)
        seen += check_corpus(folders[i], &differing);
    printf("corpora: %u messages, %u read otherwise by GMime (malformed ones)\n", seen, differing);
    if (seen == 0)
        skip();
    assert_true(differing <= seen / 4); /* python3 tests its parser with malformed mail */
}

/* The promise: 10 MB of anything within a second of CPU. The sanitizers cost ten times, so they get less to read. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define INPUT_BYTES (1u << 19)
#else
#define INPUT_BYTES (10u << 20)
#endif
#define SECONDS 1.0

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* `head`, then `unit` again and again up to INPUT_BYTES. */
static struct slice repeat(TALLOC_CTX *mem, const char *head, const char *unit)
{
    struct buffer *out = buffer_new(mem, 11 << 20);
    buffer_append_text(out, head);
    while (buffer_length(out) < INPUT_BYTES)
        buffer_append_text(out, unit);
    return buffer_slice(out);
}


static void test_pathological(void **state)
{
    (void)state;
    static const struct { const char *head, *unit; } cases[] = {
        { "Content-Type: multipart/mixed; boundary=x\r\n\r\n", "--x\n\n" },
        { "Content-Type: multipart/mixed; boundary=x\r\n\r\n", "--x\n" },
        { "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\n\n", "--y\n" },
        { "", "To: a@b, c@d\r\n" }, { "To: ", "a@b, " }, { "To: ", "(" }, { "To: ", "a:" }, { "To: ", "<" }, { "To: ", "\"" }, { "To: a", ",\r\n " },
        { "Subject: ", "=?utf-8?q?a?= " }, { "Subject: ", "=?utf-8?q?" }, { "Subject: ", "=?" },
        { "Content-Type: text/plain; ", "name*0=a; " }, { "Content-Type: text/plain; a=", "\\\"" }, { "Content-Type: multipart/mixed; boundary=", "(" },
        { "References: ", "<a@b> " }, { "Date: ", "1 " }, { "Keywords: ", "a, " }, { "", "X-A: b\r\n" }, { "", "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" },
        { "Content-Type: message/rfc822\r\n\r\n", "Content-Type: message/rfc822\r\n\r\n" },
        { "Subject: x\r\n\r\n", "begin 644 a\n" }, { "Subject: x\r\n\r\n", "begin 644 a\n#0V%T\n`\nend\n" }, { "Subject: x\r\n\r\nbegin 644 a\n", "#0V%T\n" },
        { "Content-Type: text/html\r\n\r\n", "<" }, { "Content-Type: text/html\r\n\r\n", "<a href=\"" }, { "Content-Type: text/html\r\n\r\n", "<!--" },
        { "Content-Type: text/html\r\n\r\n", "<style>" }, { "Content-Type: text/html\r\n\r\n<style>", "</" }, { "Content-Type: text/html\r\n\r\n", "&" },
        { "Content-Type: text/html\r\n\r\n", "<blockquote>x" }, { "Content-Type: text/html\r\n\r\n", "<ul><li>" }, { "Content-Type: text/html\r\n\r\n", "<meta charset=x>" },
        { "Content-Type: text/plain; format=flowed\r\n\r\n", "> \n" }, { "Content-Type: text/plain; charset=shift_jis\r\n\r\n", "\x82" },
        { "Content-Type: text/rtf\r\n\r\n{\\rtf1", "{" }, { "Content-Type: text/rtf\r\n\r\n{\\rtf1", "\\u1" }, { "Content-Type: text/rtf\r\n\r\n{\\rtf1", "\\b a\\b0 b" },
        { "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n", "=" }, { "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", "=" },
        { "Content-Type: multipart/report; boundary=x; report-type=delivery-status\r\n\r\n--x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n", "Final-Recipient: rfc822;a@b\r\n\r\n" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        TALLOC_CTX *mem = talloc_new(NULL);
        struct message *message = NULL;
        struct slice bytes = repeat(mem, cases[i].head, cases[i].unit);
        double start = seconds();
        assert_int_equal(mime_import(mem, bytes, NULL, MIME_IMPORT_DELIVERY, &message), STATUS_OK);
        double delivery = seconds() - start;
        start = seconds();
        assert_int_equal(mime_import(mem, bytes, NULL, 0, &message), STATUS_OK);
        double full = seconds() - start;
        if (getenv("BOURSE_SHOW_TIMES") != NULL || delivery > SECONDS || full > SECONDS)
            fprintf(stderr, "%2zu %.40s... delivery %.3f s, full %.3f s\n", i, cases[i].unit, delivery, full);
        assert_true(delivery < SECONDS);
        assert_true(full < SECONDS);
        talloc_free(mem);
    }
}

static void test_limits(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct mime_structure *structure = NULL;
    struct message *message = NULL;
    struct slice bytes = slice_of_text("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n1\r\n--x\r\n\r\n2\r\n--x\r\n\r\n3\r\n--x--\r\n"), rest;
    struct mime_limits limits = { .parts = 3 };
    assert_int_equal(mime_structure_scan(mem, bytes, &limits, &structure), STATUS_OK);
    assert_int_equal(structure->count, 4);
    assert_true(structure->limited);
    assert_int_equal(structure->parts[3].kind, MIME_OPAQUE);
    assert_int_equal(mime_part_decode(mem, bytes, structure, 3, SIZE_MAX, &rest), STATUS_OK);
    assert_true(slice_equal(rest, slice_of_text("\r\n3\r\n--x--\r\n"))); /* not one byte is lost */
    assert_int_equal(mime_import(mem, bytes, &limits, 0, &message), STATUS_OK);
    assert_int_equal(message->attachment_count, 1);
    assert_int_equal(mime_import(mem, bytes, &limits, MIME_IMPORT_STRICT, &message), STATUS_LIMIT_EXCEEDED);
    assert_int_equal(mime_import(mem, bytes, NULL, MIME_IMPORT_STRICT, &message), STATUS_OK);
    limits = (struct mime_limits){ .depth = 1 };
    bytes = slice_of_text("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nin\r\n--y--\r\n--x--\r\n");
    assert_int_equal(mime_structure_scan(mem, bytes, &limits, &structure), STATUS_OK);
    assert_int_equal(structure->count, 2);
    assert_int_equal(structure->parts[1].kind, MIME_OPAQUE);
    talloc_free(mem);
}

/* Bytes are handed out of a structure only for the message it was made of; every cut or damaged structure is refused. */
static void test_structure_guard(void **state)
{
    (void)state;
    TALLOC_CTX *mem = talloc_new(NULL);
    struct message *message = NULL;
    struct mime_structure *structure = NULL;
    struct slice out, bytes = slice_of_text("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nbody\r\n--x\r\nContent-Type: a/b; name=\"n\"\r\n\r\n2\r\n--x--\r\n");
    assert_int_equal(mime_import(mem, bytes, NULL, MIME_IMPORT_DELIVERY, &message), STATUS_OK);
    struct slice packed = message->mime.structure;
    for (size_t cut = 0; cut < packed.length; cut++)
        assert_int_equal(mime_structure_unpack(mem, slice_of(talloc_memdup(mem, packed.data, cut + 1), cut), &structure), STATUS_CORRUPT);
    assert_int_equal(mime_structure_unpack(mem, packed, &structure), STATUS_OK);
    assert_int_equal(structure->count, 3);
    assert_int_equal(mime_part_decode(mem, slice_part(bytes, 0, bytes.length - 1), structure, 1, 100, &out), STATUS_CORRUPT);
    assert_int_equal(mime_part_decode(mem, bytes, structure, 9, 100, &out), STATUS_INVALID_ARGUMENT);
    assert_int_equal(mime_part_decode(mem, bytes, structure, 1, 3, &out), STATUS_LIMIT_EXCEEDED);
    assert_int_equal(mime_part_decode(mem, bytes, structure, 1, 4, &out), STATUS_OK);
    assert_true(slice_equal(out, slice_of_text("body")));
    talloc_free(mem);
}

int main(void)
{
    mime_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_against_gmime), cmocka_unit_test(test_corpora), cmocka_unit_test(test_pathological), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_structure_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
