/* Views of FindItem and FindFolder [MS-OXWSSRCH] 2.2.4.14 to 2.2.4.34: which part of the matches is wanted. */
#ifndef EWS_PAGING_H
#define EWS_PAGING_H

#include "call.h"

struct paging {
    enum { PAGING_NONE, PAGING_INDEXED, PAGING_FRACTION, PAGING_CONDITION /* SeekToCondition: only recognized */ } kind;
    size_t offset;
    bool from_end;
    size_t limit;                     /* 0: the operation's own */
    int64_t numerator, denominator;
};

/* `most`: largest page, 0: any. ErrorInvalidIndexedPagingParameters, ErrorInvalidFractionalPagingParameters, ErrorInvalidPagingMaxRows. */
enum status paging_parse(struct ews_call *call, const struct xml_node *operation, size_t most, struct paging *out) MUST_CHECK;
/* The offset from the beginning when `total` match. */
size_t paging_offset(const struct paging *paging, size_t total);
/* Attributes of m:RootFolder. */
void paging_write(struct ews_call *call, const struct paging *paging, size_t next_offset, size_t total, bool includes_last);

#endif
