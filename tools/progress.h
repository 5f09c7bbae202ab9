/* Progress of long work: a bar on a terminal, a plain line every few seconds elsewhere, JSON lines with --json. Goes to standard error. */
#ifndef BOURSE_TOOLS_PROGRESS_H
#define BOURSE_TOOLS_PROGRESS_H

#include "bourse/base/slice.h"

struct progress;

/* `label` names the work ("import"), `unit` what is counted ("messages"); total 0: not known. NULL when out of memory (all calls take it). */
struct progress *progress_start(TALLOC_CTX *mem, const char *label, const char *unit, int64_t total, bool json);
void progress_set_total(struct progress *progress, int64_t total);
void progress_step(struct progress *progress, int64_t done);
/* Last line: how much, how long. */
void progress_end(struct progress *progress);

#endif
