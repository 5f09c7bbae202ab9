#include "paging.h"

#include "request_check.h"

static int64_t number_of(const struct xml_node *node, const char *name, int64_t absent)
{
    int64_t number = absent;
    const char *text = xml_attribute_of(node, name);
    return text != NULL && request_parse_int(text, &number) ? number : absent;
}

static enum status parse_limit(struct ews_call *call, const struct xml_node *view, size_t most, struct paging *out)
{
    int64_t limit = number_of(view, "MaxEntriesReturned", INT32_MAX);
    if (limit < 1)
        return ews_fail(call, EWS_CODE_PAGING_ROWS, "%" PRId64, limit);
    out->limit = limit == INT32_MAX ? most : (size_t)limit;
    if (most > 0 && out->limit > most)
        out->limit = most;
    return STATUS_OK;
}

static enum status parse_indexed(struct ews_call *call, const struct xml_node *view, struct paging *out)
{
    int64_t offset = number_of(view, "Offset", 0);
    const char *base = xml_attribute_of(view, "BasePoint");
    if (offset < 0)
        return ews_fail(call, EWS_CODE_PAGING, "offset %" PRId64, offset);
    out->kind = PAGING_INDEXED;
    out->offset = (size_t)offset;
    out->from_end = base != NULL && strcmp(base, "End") == 0;
    return STATUS_OK;
}

static enum status parse_fraction(struct ews_call *call, const struct xml_node *view, struct paging *out)
{
    out->kind = PAGING_FRACTION;
    out->numerator = number_of(view, "Numerator", 0);
    out->denominator = number_of(view, "Denominator", 1);
    if (out->numerator < 0 || out->denominator <= 0 || out->numerator > out->denominator)
        return ews_fail(call, EWS_CODE_FRACTIONAL_PAGING, "%" PRId64 "/%" PRId64, out->numerator, out->denominator);
    return STATUS_OK;
}

enum status paging_parse(struct ews_call *call, const struct xml_node *operation, size_t most, struct paging *out)
{
    *out = (struct paging){ .limit = most };
    for (const struct xml_node *node = operation->child; node != NULL; node = node->next) {
        bool indexed = strncmp(node->name, "IndexedPage", 11) == 0, fraction = strncmp(node->name, "FractionalPage", 14) == 0;
        bool condition = strncmp(node->name, "SeekToCondition", 15) == 0;
        if (!indexed && !fraction && !condition && strcmp(node->name, "ContactsView") != 0)
            continue;
        TRY(parse_limit(call, node, most, out));
        if (indexed)
            return parse_indexed(call, node, out);
        if (fraction)
            return parse_fraction(call, node, out);
        if (condition)
            out->kind = PAGING_CONDITION;
        return STATUS_OK;
    }
    return STATUS_OK;
}

size_t paging_offset(const struct paging *paging, size_t total)
{
    if (paging->kind == PAGING_FRACTION)
        return (size_t)((int64_t)total * paging->numerator / paging->denominator);
    if (!paging->from_end)
        return paging->offset;
    size_t behind = paging->offset + paging->limit;
    return behind < total ? total - behind : 0;
}

void paging_write(struct ews_call *call, const struct paging *paging, size_t next_offset, size_t total, bool includes_last)
{
    if (paging->kind == PAGING_FRACTION) {
        xml_attribute_int(call->out, "NumeratorOffset", (int64_t)next_offset);
        xml_attribute_int(call->out, "AbsoluteDenominator", (int64_t)total);
    } else if (paging->kind != PAGING_NONE) {
        xml_attribute_int(call->out, "IndexedPagingOffset", (int64_t)next_offset);
    }
    xml_attribute_bool(call->out, "IncludesLastItemInRange", includes_last);
    xml_attribute_int(call->out, "TotalItemsInView", (int64_t)total);
}
