/* golden/x.eml imported, dumped and compared with golden/x.txt; every message also goes through the delivery import, comes back out of
 * the export and is imported again: properties must be equal. BOURSE_GOLDEN_WRITE=1 writes the .txt files anew. */
#include "bourse/mime/export.h"
#include "bourse/mime/import.h"
#include "dump.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
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

/* Each case is imported from memory of its exact size, so that ASan sees a read past the end. */
static struct slice exact(TALLOC_CTX *mem, struct slice bytes)
{
    return slice_of(talloc_memdup(mem, bytes.data, bytes.length > 0 ? bytes.length : 1), bytes.length);
}

static int failures;

static void check(bool ok, const char *name, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: %s\n", name, what);
        failures++;
    }
}

static void compare_dump(TALLOC_CTX *mem, const char *name, const struct message *message)
{
    char path[512];
    snprintf(path, sizeof path, "golden/%.*s.txt", (int)(strlen(name) - 4), name);
    struct buffer *dump = buffer_new(mem, 16 << 20);
    dump_message(dump, message, 0);
    assert_int_equal(buffer_status(dump), STATUS_OK);
    if (getenv("BOURSE_GOLDEN_WRITE") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fwrite(buffer_slice(dump).data, 1, buffer_length(dump), file);
        fclose(file);
    }
    struct slice wanted = read_file(mem, path);
    bool same = slice_equal(wanted, buffer_slice(dump));
    check(same, name, "dump differs from the golden text");
    if (!same)
        fprintf(stderr, "--- is:\n%s", buffer_text(dump));
}

/* The structure survives packing, and each part decodes through the reader to the same bytes as at once. */
static void check_structure(TALLOC_CTX *mem, const char *name, struct slice bytes, const struct message *message)
{
    struct mime_structure *structure = NULL;
    assert_int_equal(mime_structure_unpack(mem, message->mime.structure, &structure), STATUS_OK);
    for (uint32_t i = 0; i < structure->count; i++) {
        struct slice whole, again;
        struct mime_reader *reader = NULL;
        uint64_t size = 0;
        assert_int_equal(mime_part_decode(mem, bytes, structure, i, SIZE_MAX / 4, &whole), STATUS_OK);
        assert_int_equal(mime_part_open(mem, bytes, structure, i, &reader), STATUS_OK);
        uint8_t *copy = talloc_named_const(mem, whole.length + 16, "copy");
        size_t at = 0, got = 1;
        for (; got > 0 && at <= whole.length; at += got)
            assert_int_equal(mime_reader_read(reader, copy + at, 7 < whole.length + 16 - at ? 7 : whole.length + 16 - at, &got), STATUS_OK);
        again = slice_of(copy, at);
        check(slice_equal(whole, again), name, "reader and decode differ");
        assert_int_equal(mime_part_size(bytes, structure, i, &size), STATUS_OK);
    }
}

/* Both modes must say the same of everything but content. */
static void check_delivery(TALLOC_CTX *mem, const char *name, struct slice bytes, const struct message *full)
{
    struct message *light = NULL;
    assert_int_equal(mime_import(mem, bytes, NULL, MIME_IMPORT_DELIVERY, &light), STATUS_OK);
    check(light->attachment_count == full->attachment_count, name, "delivery: attachments differ");
    check(light->recipient_count == full->recipient_count, name, "delivery: recipients differ");
    check(strcmp(bag_string(light->props, PROP_MESSAGE_CLASS, ""), bag_string(full->props, PROP_MESSAGE_CLASS, "")) == 0, name, "delivery: class");
    check(strcmp(bag_string(light->props, PROP_SUBJECT, ""), bag_string(full->props, PROP_SUBJECT, "")) == 0, name, "delivery: subject");
    check(strcmp(bag_string(light->props, MIME_PROP_PREVIEW, ""), bag_string(full->props, MIME_PROP_PREVIEW, "")) == 0, name, "delivery: preview");
    check(light->mime.has_content && light->mime.mirrors, name, "delivery: flags");
    check_structure(mem, name, bytes, light);
    struct mime_structure *structure = NULL;
    struct mime_bodies bodies;
    assert_int_equal(mime_structure_unpack(mem, light->mime.structure, &structure), STATUS_OK);
    assert_int_equal(mime_read_bodies(mem, bytes, structure, NULL, MIME_WANT_TEXT | MIME_WANT_HTML, &bodies), STATUS_OK);
    const char *text = bag_string(full->props, PROP_BODY, "");
    if (text[0] != '\0')
        check(bodies.has_text && slice_equal(bodies.text, slice_of_text(text)), name, "delivery: text on demand differs");
}

/* Properties that a generated message cannot bring back: they are of the transport, or of the form of the bodies. */
static bool is_transient(prop_tag tag, const struct message *first)
{
    uint16_t id = prop_id(tag);
    if (id == prop_id(PROP_BODY) || id == prop_id(MIME_PROP_PREVIEW)) /* text that was made of HTML comes back as a text */
        return !bag_has(first->props, PROP_BODY);
    return id == prop_id(PROP_TRANSPORT_MESSAGE_HEADERS) || id == prop_id(PROP_NATIVE_BODY) || id == prop_id(PROP_INTERNET_MESSAGE_ID) ||
           id == prop_id(PROP_CLIENT_SUBMIT_TIME) || id == prop_id(PROP_RTF_COMPRESSED) || id == prop_id(PROP_HTML) || id >= 0x8000;
}

static void check_round_trip(TALLOC_CTX *mem, const char *name, const struct message *first)
{
    const char *message_class = bag_string(first->props, PROP_MESSAGE_CLASS, "");
    /* Reports are rebuilt by the code that reports; meetings need the calendar layer. */
    if (strncmp(message_class, "REPORT.", 7) == 0 || strncmp(message_class, "IPM.Schedule", 12) == 0 || strncmp(message_class, "IPM.Task", 8) == 0)
        return;
    static const unsigned flags[] = { MIME_EXPORT_KEEP_BCC, MIME_EXPORT_KEEP_BCC | MIME_EXPORT_UTF8 | MIME_EXPORT_8BIT };
    struct mime_export_options options = { .domain = "example.test" };
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
        struct slice out;
        struct message *second = NULL;
        options.flags = flags[i];
        assert_int_equal(mime_export_bytes(mem, first, &options, 64 << 20, &out), STATUS_OK);
        for (size_t at = 0; at < out.length;) {
            const uint8_t *end = memchr(out.data + at, '\n', out.length - at);
            size_t stop = end != NULL ? (size_t)(end - out.data) + 1 : out.length;
            if (first->attachment_count == 0) /* embedded originals are copied as they are */
                check(stop - at <= 1000, name, "export: a line is too long");
            at = stop;
        }
        assert_int_equal(mime_import(mem, exact(mem, out), NULL, 0, &second), STATUS_OK);
        for (size_t p = 0; p < bag_count(first->props); p++) {
            const struct value *value = bag_at(first->props, p);
            const struct value *other = bag_get(second->props, value->tag);
            bool outside_mime = strncmp(name, "tnef-", 5) == 0 && prop_id(value->tag) >= 0x3A00 && prop_id(value->tag) < 0x4000;
            if (is_transient(value->tag, first) || (other != NULL && value_equal(value, other)) || outside_mime)
                continue;
            if (value->tag == (prop_tag)PROP_BODY && other != NULL && /* a message ends with a line end, its text may not */
                slice_equal(slice_trim(value->bytes), slice_trim(other->bytes)))
                continue;
            char text[400];
            fprintf(stderr, "%s: lost or changed by round trip %zu: %s\n", name, i, value_describe(value, text, sizeof text));
            if (other != NULL)
                fprintf(stderr, "    now %s\n", value_describe(other, text, sizeof text));
            failures++;
        }
        check(first->attachment_count == second->attachment_count, name, "round trip: attachments");
        for (size_t a = 0; a < first->attachment_count && a < second->attachment_count; a++)
            if (first->attachments[a].content == ATTACHMENT_BYTES)
                check(slice_equal(first->attachments[a].bytes, second->attachments[a].bytes), name, "round trip: attachment bytes");
        check(first->recipient_count == second->recipient_count, name, "round trip: recipients");
        for (size_t r = 0; r < first->recipient_count && r < second->recipient_count; r++)
            check(strcmp(first->recipients[r].smtp_address, second->recipients[r].smtp_address) == 0 &&
                      strcmp(first->recipients[r].display_name, second->recipients[r].display_name) == 0,
                  name, "round trip: a recipient");
        if (failures > 0 && getenv("BOURSE_GOLDEN_SHOW") != NULL)
            fprintf(stderr, "%.*s\n", (int)out.length, (const char *)out.data);
    }
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_mail(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".eml") == 0;
}

static void test_all(void **state)
{
    (void)state;
    struct dirent **entries = NULL;
    int count = scandir("golden", &entries, is_mail, by_name);
    assert_true(count >= 80);
    for (int i = 0; i < count; i++) {
        char path[512];
        TALLOC_CTX *mem = talloc_new(NULL);
        struct message *message = NULL;
        snprintf(path, sizeof path, "golden/%s", entries[i]->d_name);
        struct slice bytes = exact(mem, read_file(mem, path));
        assert_int_equal(mime_import(mem, bytes, NULL, 0, &message), STATUS_OK);
        compare_dump(mem, entries[i]->d_name, message);
        check_delivery(mem, entries[i]->d_name, bytes, message);
        check_round_trip(mem, entries[i]->d_name, message);
        talloc_free(mem);
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(failures, 0);
}

int main(void)
{
    mime_init();
    clock_test_freeze(INSTANT_UNIX_EPOCH + INT64_C(1800000000) * INSTANT_PER_SECOND); /* for messages without a date */
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
