/* Counters, gauges and histograms for Prometheus; the list is metrics.def. Lock-free; any thread. */
#ifndef BOURSE_BASE_METRICS_H
#define BOURSE_BASE_METRICS_H

#include "bourse/base/buffer.h"

enum metric {
#define METRIC(name, kind, exported, help) METRIC_##name,
#include "bourse/base/metrics.def"
#undef METRIC
    METRIC_COUNT
};

void metric_add(enum metric metric, int64_t amount); /* counters and gauges */
void metric_set(enum metric metric, int64_t value);  /* gauges */
void metric_observe_us(enum metric metric, int64_t microseconds); /* histograms of seconds */
int64_t metric_value(enum metric metric);
/* Text exposition format 0.0.4; every line has the label role="<role>". */
void metrics_write(struct buffer *out, const char *role);

#endif
