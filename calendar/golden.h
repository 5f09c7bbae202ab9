/* Golden files of the calendar tests: golden/<folder>/<name>.<ending> beside the sources. Included by test programs only. */
#ifndef CALENDAR_GOLDEN_H
#define CALENDAR_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>

#include <dirent.h>

#include "bourse/base/buffer.h"
#include "bourse/model/message.h"
#include "bourse/model/properties.h"

static inline struct slice golden_read(TALLOC_CTX *mem, const char *folder, const char *name, const char *ending)
{
    char path[512];
    snprintf(path, sizeof path, "golden/%s/%s.%s", folder, name, ending);
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = talloc_size(mem, 1 << 20);
    size_t length = file != NULL ? fread(bytes, 1, 1 << 20, file) : 0;
    if (file != NULL)
        fclose(file);
    return slice_of(bytes, length);
}

static inline void golden_compare(const char *folder, const char *name, const char *ending, struct slice now)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char path[512];
    snprintf(path, sizeof path, "golden/%s/%s.%s", folder, name, ending);
    if (getenv("BOURSE_GOLDEN_WRITE") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(now.data, 1, now.length, file), now.length);
        fclose(file);
    } else {
        struct slice was = golden_read(mem, folder, name, ending);
        if (!slice_equal(was, now))
            fail_msg("%s differs; now it is\n%.*s", path, (int)now.length, now.data);
    }
    talloc_free(mem);
}

/* Calls `check` for each file of that ending; returns how many there are. */
static inline size_t golden_each(const char *folder, const char *ending, void (*check)(const char *name))
{
    char path[512];
    struct dirent **entries;
    size_t found = 0;
    snprintf(path, sizeof path, "golden/%s", folder);
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char *dot = strrchr(entries[i]->d_name, '.');
        if (dot != NULL && strcmp(dot + 1, ending) == 0) {
            *dot = '\0';
            check(entries[i]->d_name);
            found++;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return found;
}

static inline void golden_dump_bag(struct buffer *out, const struct bag *props, int depth)
{
    char text[400];
    for (size_t i = 0; i < bag_count(props); i++) {
        const struct value *value = bag_at(props, i);
        buffer_printf(out, "%*s%s\n", 2 * depth, "", value_describe(value, text, sizeof text));
        for (size_t j = 0; (prop_type(value->tag) & TYPE_MULTIPLE) != 0 && j < value->multiple.count; j++)
            buffer_printf(out, "%*s- %s\n", 2 * depth + 2, "", value_text(&value->multiple.elements[j]));
    }
}

static inline void golden_dump_message(struct buffer *out, const struct message *message, int depth)
{
    golden_dump_bag(out, message->props, depth);
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct recipient *r = &message->recipients[i];
        buffer_printf(out, "%*srecipient %d %s <%s>\n", 2 * depth, "", (int)r->type, r->display_name, r->smtp_address);
        if (r->props != NULL)
            golden_dump_bag(out, r->props, depth + 1);
    }
    for (size_t i = 0; i < message->attachment_count; i++) {
        const struct attachment *a = &message->attachments[i];
        buffer_printf(out, "%*sattachment %d of %llu bytes\n", 2 * depth, "", (int)a->content, (unsigned long long)a->size);
        golden_dump_bag(out, a->props, depth + 1);
        if (a->embedded != NULL)
            golden_dump_message(out, a->embedded, depth + 1);
    }
}

#endif
