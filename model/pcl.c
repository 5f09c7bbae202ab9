/* Predecessor change lists [MS-OXCFXICS] 2.2.2.3: SizedXid structures (2.2.2.4), one a replica, ordered by
 * NamespaceGuid. */
#include <stdlib.h>

#include "bourse/base/wire.h"
#include "bourse/model/ids.h"
#include "array_count.h"

#define GUID_SIZE 16
#define LOCAL_ID_MAX 8
#define COUNTER_SIZE 6
#define PCL_ENTRIES_MAX 4096
#define SIZED_XID_LEAST (1 + GUID_SIZE + 1)

struct pcl_entry {
    struct guid replica;
    struct slice local; /* big-endian number of 1 to 8 bytes */
};

struct pcl {
    struct pcl_entry *entries;
    size_t count;
};

static int order_entries(const void *a, const void *b)
{
    return memcmp(((const struct pcl_entry *)a)->replica.bytes, ((const struct pcl_entry *)b)->replica.bytes,
                  GUID_SIZE);
}

static uint64_t local_number(struct slice local)
{
    uint64_t number = 0;
    for (size_t i = 0; i < local.length; i++)
        number = number << 8 | local.data[i];
    return number;
}

static void read_entry(struct wire *in, struct pcl_entry *entry)
{
    uint8_t size = wire_u8(in);
    if (size <= GUID_SIZE || size > GUID_SIZE + LOCAL_ID_MAX) {
        wire_fail(in, STATUS_MALFORMED);
        return;
    }
    entry->replica = wire_guid(in);
    entry->local = wire_bytes(in, size - (size_t)GUID_SIZE);
}

/* Entries point into `bytes`. An unordered list is put in order; a replica that is there twice is an error. */
static enum status pcl_read(TALLOC_CTX *mem, struct slice bytes, struct pcl *out)
{
    size_t most = bytes.length / SIZED_XID_LEAST + 1;
    struct wire in = wire_over(bytes);
    if (most > PCL_ENTRIES_MAX)
        return status_fail(STATUS_MALFORMED, "predecessor change list of %zu bytes", bytes.length);
    out->count = 0;
    out->entries = talloc_array(mem, struct pcl_entry, array_count(most + 1)); /* room for one that is merged */
    if (out->entries == NULL)
        return status_fail(STATUS_NO_MEMORY, "predecessor change list");
    while (in.status == STATUS_OK && wire_left(&in) > 0)
        read_entry(&in, &out->entries[out->count++]);
    if (in.status != STATUS_OK)
        return status_fail(STATUS_MALFORMED, "predecessor change list: entry %zu", out->count);
    qsort(out->entries, out->count, sizeof *out->entries, order_entries);
    for (size_t i = 1; i < out->count; i++) {
        if (order_entries(&out->entries[i - 1], &out->entries[i]) == 0)
            return status_fail(STATUS_MALFORMED, "predecessor change list names a replica twice");
    }
    return STATUS_OK;
}

static void merge_entry(struct pcl *pcl, struct pcl_entry entry)
{
    for (size_t i = 0; i < pcl->count; i++) {
        if (!guid_equal(pcl->entries[i].replica, entry.replica))
            continue;
        if (local_number(pcl->entries[i].local) < local_number(entry.local))
            pcl->entries[i].local = entry.local;
        return;
    }
    pcl->entries[pcl->count++] = entry;
    qsort(pcl->entries, pcl->count, sizeof *pcl->entries, order_entries);
}

static enum status pcl_write(TALLOC_CTX *mem, const struct pcl *pcl, struct slice *out)
{
    struct buffer *bytes = buffer_new(mem, (pcl->count + 1) * (1 + GUID_SIZE + LOCAL_ID_MAX));
    if (bytes == NULL)
        return status_fail(STATUS_NO_MEMORY, "predecessor change list");
    for (size_t i = 0; i < pcl->count; i++) {
        buffer_append_byte(bytes, (uint8_t)(GUID_SIZE + pcl->entries[i].local.length));
        buffer_append(bytes, pcl->entries[i].replica.bytes, GUID_SIZE);
        buffer_append_slice(bytes, pcl->entries[i].local);
    }
    enum status status = buffer_take(bytes, mem, out);
    talloc_free(bytes);
    return status;
}

enum status pcl_merge(TALLOC_CTX *mem, struct slice pcl, struct guid replica, int64_t counter, struct slice *out)
{
    uint8_t local[COUNTER_SIZE];
    for (size_t i = 0; i < COUNTER_SIZE; i++)
        local[i] = (uint8_t)((uint64_t)counter >> (8 * (COUNTER_SIZE - 1 - i)));
    struct pcl list;
    TALLOC_CTX *scratch = talloc_new(mem);
    if (scratch == NULL)
        return status_fail(STATUS_NO_MEMORY, "predecessor change list");
    enum status status = pcl_read(scratch, pcl, &list);
    if (status == STATUS_OK) {
        merge_entry(&list, (struct pcl_entry){ .replica = replica, .local = slice_of(local, sizeof local) });
        status = pcl_write(mem, &list, out);
    }
    talloc_free(scratch);
    return status;
}

/* Whether `a` knows every change that `b` knows: "includes" in the conflict detection of [MS-OXCFXICS] 3.1.5.6. */
static bool includes(const struct pcl *a, const struct pcl *b)
{
    size_t i = 0;
    for (size_t j = 0; j < b->count; j++) {
        while (i < a->count && order_entries(&a->entries[i], &b->entries[j]) < 0)
            i++;
        bool is_there = i < a->count && order_entries(&a->entries[i], &b->entries[j]) == 0;
        if (!is_there || local_number(a->entries[i].local) < local_number(b->entries[j].local))
            return false;
    }
    return true;
}

enum status pcl_compare(struct slice a, struct slice b, enum pcl_order *out)
{
    struct pcl left, right;
    TALLOC_CTX *scratch = talloc_new(NULL);
    if (scratch == NULL)
        return status_fail(STATUS_NO_MEMORY, "predecessor change list");
    enum status status = pcl_read(scratch, a, &left);
    if (status == STATUS_OK)
        status = pcl_read(scratch, b, &right);
    if (status == STATUS_OK) {
        bool knows_b = includes(&left, &right), knows_a = includes(&right, &left);
        *out = knows_b && knows_a ? PCL_EQUAL : knows_b ? PCL_NEWER : knows_a ? PCL_OLDER : PCL_CONFLICT;
    }
    talloc_free(scratch);
    return status;
}
