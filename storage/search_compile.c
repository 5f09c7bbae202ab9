#include "search_compile.h"

#include "bourse/model/properties.h"
#include "columns.h"
#include "search_leaf.h"

/* Larger conditions are not sent: what is left out of them is evaluated. */
#define CONDITION_TEXT_MAX ((size_t)64 * 1024)
#define SORT_KEYS_MAX 4

static enum search_reach compile(struct search_statement *statement, const struct restriction *node, bool wanted);

struct mark {
    size_t length;
    int count;
};

static struct mark mark_of(const struct search_statement *statement)
{
    return (struct mark){ buffer_length(statement->text), statement->count };
}

static void go_back(struct search_statement *statement, struct mark mark)
{
    buffer_truncate(statement->text, mark.length);
    statement->count = mark.count;
}

/* All parts must hold; those that SQL cannot say are left out. */
static enum search_reach compile_all(struct search_statement *statement, const struct restriction *node, bool wanted)
{
    enum search_reach reach = REACH_EXACT;
    struct mark start = mark_of(statement);
    bool any = false;
    search_add(statement, "(");
    for (size_t i = 0; i < node->child_count; i++) {
        struct mark before = mark_of(statement);
        search_add(statement, any ? " AND " : "");
        enum search_reach part = compile(statement, node->children[i], wanted);
        if (part == REACH_UNKNOWN)
            go_back(statement, before);
        any = any || part != REACH_UNKNOWN;
        if (part != REACH_EXACT)
            reach = REACH_NECESSARY;
    }
    search_add(statement, any ? ")" : "true)");
    if (any || reach == REACH_EXACT)
        return reach;
    go_back(statement, start);
    return REACH_UNKNOWN;
}

/* One part must hold, so each has to be said. */
static enum search_reach compile_any(struct search_statement *statement, const struct restriction *node, bool wanted)
{
    enum search_reach reach = REACH_EXACT;
    struct mark start = mark_of(statement);
    search_add(statement, node->child_count > 0 ? "(" : "(false");
    for (size_t i = 0; i < node->child_count; i++) {
        search_add(statement, i > 0 ? " OR " : "");
        enum search_reach part = compile(statement, node->children[i], wanted);
        if (part == REACH_UNKNOWN) {
            go_back(statement, start);
            return REACH_UNKNOWN;
        }
        if (part != REACH_EXACT)
            reach = REACH_NECESSARY;
    }
    search_add(statement, ")");
    return reach;
}

static enum search_reach compile_leaf(struct search_statement *statement, const struct restriction *node, bool wanted)
{
    if (statement->count >= SEARCH_CONDITION_PARAMETERS || buffer_length(statement->text) > CONDITION_TEXT_MAX)
        return REACH_UNKNOWN;
    return search_leaf(statement, node, wanted);
}

static enum search_reach compile(struct search_statement *statement, const struct restriction *node, bool wanted)
{
    switch (node->kind) {
    case RESTRICT_AND:
    case RESTRICT_COMMENT:
    case RESTRICT_COUNT:
        return wanted ? compile_all(statement, node, true) : compile_any(statement, node, false);
    case RESTRICT_OR:
        return wanted ? compile_any(statement, node, true) : compile_all(statement, node, false);
    case RESTRICT_NOT:
        return compile(statement, node->children[0], !wanted);
    default:
        return compile_leaf(statement, node, wanted);
    }
}

/* ---- what evaluating needs ---- */

static unsigned parts_of_tag(prop_tag tag)
{
    if (property_is_in_column(tag))
        return 0;
    return MESSAGE_BAG | MESSAGE_VALUES; /* values over 4 KiB are fetched; most items have none */
}

static unsigned parts_of(const struct restriction *node)
{
    unsigned parts = 0;
    switch (node->kind) {
    case RESTRICT_SUBOBJECT:
        return prop_id(node->tag) == prop_id((prop_tag)PROP_MESSAGE_RECIPIENTS) ? MESSAGE_RECIPIENTS : MESSAGE_ATTACHMENTS;
    case RESTRICT_COMPARE:
        return parts_of_tag(node->tag) | parts_of_tag(node->other_tag);
    case RESTRICT_EXIST:
    case RESTRICT_SIZE:
        return parts_of_tag(node->tag) & ~(unsigned)MESSAGE_VALUES;
    case RESTRICT_CONTENT:
    case RESTRICT_PROPERTY:
    case RESTRICT_BITMASK:
        return parts_of_tag(node->tag);
    default:
        for (size_t i = 0; i < node->child_count; i++)
            parts |= parts_of(node->children[i]);
        return parts;
    }
}

enum status search_compile(struct search_statement *statement, const struct restriction *restriction, struct search_condition *out)
{
    *out = (struct search_condition){ .is_exact = true };
    if (restriction == NULL)
        return STATUS_OK;
    TRY(restriction_check(restriction));
    struct mark start = mark_of(statement);
    search_add(statement, " AND ");
    enum search_reach reach = compile(statement, restriction, true);
    if (reach == REACH_UNKNOWN)
        go_back(statement, start);
    out->is_exact = reach == REACH_EXACT;
    out->parts = out->is_exact ? 0 : parts_of(restriction);
    return STATUS_OK;
}

/* ---- sorting ---- */

bool search_can_sort(prop_tag tag)
{
    enum column_kind kind;
    return column_of_property(tag, &kind) != NULL;
}

static void add_key(struct search_statement *statement, const struct list_sort *sort, bool reverse)
{
    enum column_kind kind;
    const char *sql = column_of_property(sort->tag, &kind);
    search_add(statement, kind == COLUMN_STRING ? "lower(" : "");
    search_add(statement, sql);
    search_add(statement, kind == COLUMN_STRING ? ") COLLATE \"C\"" : "");
    search_add(statement, sort->descending != reverse ? " DESC NULLS LAST, " : " NULLS FIRST, ");
}

enum status search_order(struct search_statement *statement, const struct list_sort *sort, size_t sort_count, bool reverse)
{
    if (sort_count > SORT_KEYS_MAX)
        return status_fail(STATUS_INVALID_ARGUMENT, "%zu sort keys", sort_count);
    search_add(statement, " ORDER BY ");
    if (sort_count == 0) { /* as the index message_date has it */
        search_add(statement, reverse ? "m.delivered, m.message_id" : "m.delivered DESC, m.message_id DESC");
        return STATUS_OK;
    }
    for (size_t i = 0; i < sort_count; i++) {
        if (!search_can_sort(sort[i].tag))
            return status_fail(STATUS_INVALID_ARGUMENT, "cannot sort by 0x%08X", sort[i].tag);
        add_key(statement, &sort[i], reverse);
    }
    search_add(statement, sort[0].descending != reverse ? "m.message_id DESC" : "m.message_id");
    return STATUS_OK;
}
