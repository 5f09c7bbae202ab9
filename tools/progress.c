#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "bourse/base/clock.h"

enum { BAR_WIDTH = 30 };
#define REDRAW_US INT64_C(100000)
#define LINE_US INT64_C(5000000)

struct progress {
    const char *label, *unit;
    int64_t done, total;
    int64_t started_us, shown_us;
    bool json, terminal;
};

struct progress *progress_start(TALLOC_CTX *mem, const char *label, const char *unit, int64_t total, bool json)
{
    struct progress *progress = talloc_zero(mem, struct progress);
    if (progress == NULL)
        return NULL;
    progress->label = talloc_strdup(progress, label);
    progress->unit = talloc_strdup(progress, unit);
    progress->total = total;
    progress->json = json;
    progress->terminal = !json && isatty(STDERR_FILENO);
    progress->started_us = progress->shown_us = clock_monotonic_us();
    return progress;
}

void progress_set_total(struct progress *progress, int64_t total)
{
    if (progress != NULL)
        progress->total = total;
}

static double seconds_since(int64_t start_us)
{
    return (double)(clock_monotonic_us() - start_us) / 1e6;
}

static void show_bar(const struct progress *progress)
{
    char bar[BAR_WIDTH + 1];
    int filled = progress->total > 0 ? (int)(progress->done * BAR_WIDTH / progress->total) : 0;
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    double seconds = seconds_since(progress->started_us);
    double rate = seconds > 0 ? (double)progress->done / seconds : 0;
    if (progress->total > 0)
        fprintf(stderr, "\r%s [%s] %" PRId64 "/%" PRId64 " %s, %.0f/s, %.0f s left \033[K", progress->label, bar, progress->done, progress->total,
                progress->unit, rate, rate > 0 ? (double)(progress->total - progress->done) / rate : 0.0);
    else
        fprintf(stderr, "\r%s %" PRId64 " %s, %.0f/s \033[K", progress->label, progress->done, progress->unit, rate);
}

static void show_line(const struct progress *progress, bool is_end)
{
    double seconds = seconds_since(progress->started_us);
    if (progress->json)
        fprintf(stderr, "{\"progress\":\"%s\",\"done\":%" PRId64 ",\"total\":%" PRId64 ",\"unit\":\"%s\",\"seconds\":%.1f,\"end\":%s}\n", progress->label,
                progress->done, progress->total, progress->unit, seconds, is_end ? "true" : "false");
    else if (progress->total > 0 && !is_end)
        fprintf(stderr, "%s: %" PRId64 " of %" PRId64 " %s, %.0f s\n", progress->label, progress->done, progress->total, progress->unit, seconds);
    else
        fprintf(stderr, "%s: %" PRId64 " %s in %.1f s\n", progress->label, progress->done, progress->unit, seconds);
}

void progress_step(struct progress *progress, int64_t done)
{
    if (progress == NULL)
        return;
    progress->done += done;
    int64_t now = clock_monotonic_us();
    if (now - progress->shown_us < (progress->terminal ? REDRAW_US : LINE_US))
        return;
    progress->shown_us = now;
    if (progress->terminal)
        show_bar(progress);
    else
        show_line(progress, false);
}

void progress_end(struct progress *progress)
{
    if (progress == NULL)
        return;
    if (progress->terminal)
        fputs("\r\033[K", stderr);
    show_line(progress, true);
    talloc_free(progress);
}
