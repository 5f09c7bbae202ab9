#include "bourse/base/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>

enum metric_kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

struct metric_row {
    const char *exported;
    const char *help;
    enum metric_kind kind;
};

static const struct metric_row rows[] = {
#define METRIC(name_, kind_, exported_, help_) { .exported = exported_, .help = help_, .kind = KIND_##kind_ },
#include "bourse/base/metrics.def"
#undef METRIC
};

static const char *const kind_names[] = { "counter", "gauge", "histogram" };

/* Upper bounds of the buckets in microseconds and as Prometheus writes them. The last bucket has none. */
static const struct {
    int64_t most_us;
    const char *text;
} buckets[] = {
    { 500, "0.0005" },    { 1000, "0.001" },   { 2500, "0.0025" },  { 5000, "0.005" },   { 10000, "0.01" },
    { 25000, "0.025" },   { 50000, "0.05" },   { 100000, "0.1" },   { 250000, "0.25" },  { 500000, "0.5" },
    { 1000000, "1" },     { 2500000, "2.5" },  { 5000000, "5" },    { 10000000, "10" },  { 30000000, "30" },
    { 60000000, "60" },   { INT64_MAX, "+Inf" },
};

struct metric_state {
    _Atomic int64_t value; /* histograms: sum in microseconds */
    _Atomic int64_t observed[ARRAY_LENGTH(buckets)];
};

static struct metric_state states[METRIC_COUNT];

void metric_add(enum metric metric, int64_t amount)
{
    assert(rows[metric].kind != KIND_HISTOGRAM);
    atomic_fetch_add_explicit(&states[metric].value, amount, memory_order_relaxed);
}

void metric_set(enum metric metric, int64_t value)
{
    assert(rows[metric].kind == KIND_GAUGE);
    atomic_store_explicit(&states[metric].value, value, memory_order_relaxed);
}

void metric_observe_us(enum metric metric, int64_t microseconds)
{
    assert(rows[metric].kind == KIND_HISTOGRAM);
    if (microseconds < 0)
        microseconds = 0;
    size_t bucket = 0;
    while (microseconds > buckets[bucket].most_us)
        bucket++;
    atomic_fetch_add_explicit(&states[metric].observed[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&states[metric].value, microseconds, memory_order_relaxed);
}

static int64_t load(const _Atomic int64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

int64_t metric_value(enum metric metric)
{
    if (rows[metric].kind != KIND_HISTOGRAM)
        return load(&states[metric].value);
    int64_t count = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(buckets); i++)
        count += load(&states[metric].observed[i]);
    return count;
}

/* Label values escape backslash, quote and newline. */
static void write_label(struct buffer *out, const char *role)
{
    buffer_append_text(out, "role=\"");
    for (const char *at = role; *at != '\0'; at++) {
        if (*at == '\\' || *at == '"')
            buffer_append_byte(out, '\\');
        buffer_append_text(out, *at == '\n' ? "\\n" : "");
        if (*at != '\n')
            buffer_append_byte(out, (uint8_t)*at);
    }
    buffer_append_text(out, "\"");
}

static void write_histogram(struct buffer *out, const struct metric_row *row, const struct metric_state *state,
                            const char *role)
{
    int64_t count = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(buckets); i++) {
        count += load(&state->observed[i]);
        buffer_printf(out, "%s_bucket{", row->exported);
        write_label(out, role);
        buffer_printf(out, ",le=\"%s\"} %" PRId64 "\n", buckets[i].text, count);
    }
    int64_t sum = load(&state->value);
    buffer_printf(out, "%s_sum{", row->exported);
    write_label(out, role);
    buffer_printf(out, "} %" PRId64 ".%06" PRId64 "\n", sum / 1000000, sum % 1000000);
    buffer_printf(out, "%s_count{", row->exported);
    write_label(out, role);
    buffer_printf(out, "} %" PRId64 "\n", count);
}

void metrics_write(struct buffer *out, const char *role)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric_row *row = &rows[i];
        buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->exported, row->help, row->exported,
                      kind_names[row->kind]);
        if (row->kind == KIND_HISTOGRAM) {
            write_histogram(out, row, &states[i], role);
            continue;
        }
        buffer_printf(out, "%s{", row->exported);
        write_label(out, role);
        buffer_printf(out, "} %" PRId64 "\n", load(&states[i].value));
    }
}
