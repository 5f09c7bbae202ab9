#include "bourse/storage/search.h"

#include "array_count.h"
#include "search_compile.h"
#include "search_words.h"

#define LIMIT_MAX 1000
#define CANDIDATES_MAX 100000
#define PORTION 256

struct candidate {
    int64_t item, cn;
};

struct search {
    struct transaction *tx;
    int64_t mailbox;
    const struct search_query *query;
    TALLOC_CTX *scratch;
    const int64_t *folders;
    size_t folder_count;
    struct search_words words;   /* count 0: no full text */
    int64_t indexed_until;       /* items with a higher change number have no words in the database yet */
    struct search_condition condition;
    struct candidate *candidates;
    size_t candidate_count;
    bool paged_in_sql;
};

static enum status find_scope(struct search *search)
{
    struct result *result = NULL;
    search->folders = search->query->folders;
    search->folder_count = search->query->folder_count;
    if (search->folder_count > 0)
        return STATUS_OK;
    TRY(TX_RUN(search->tx, search->scratch, &result, search_scope, .mailbox = search->mailbox, .role = STORE_ROLE_IPM_SUBTREE));
    int64_t *folders = talloc_array(search->scratch, int64_t, array_count((size_t)result->row_count + 1));
    if (folders == NULL)
        return status_fail(STATUS_NO_MEMORY, "folders");
    for (int i = 0; i < result->row_count; i++) {
        struct sql_search_scope_out row;
        result_read(result, i, STATEMENT_search_scope, &row);
        folders[i] = row.folder;
    }
    search->folders = folders;
    search->folder_count = (size_t)result->row_count;
    return STATUS_OK;
}

static enum status read_words(struct search *search)
{
    struct result *result = NULL;
    struct sql_text_position_read_out row;
    TRY(search_words_of_query(search->scratch, search->mailbox, search->query->words, &search->words));
    TRY(TX_RUN(search->tx, search->scratch, &result, text_position_read, .mailbox = search->mailbox));
    result_read(result, 0, STATEMENT_text_position_read, &row);
    search->indexed_until = row.cn;
    return STATUS_OK;
}

/* ---- candidates ---- */

static void add_scope(struct search *search, struct search_statement *statement, const char *alias)
{
    search_add(statement, alias);
    search_add(statement, ".mailbox_id = ");
    search_add_number(statement, search->mailbox);
    search_add(statement, " AND ");
    search_add(statement, alias);
    if (search->query->found_by != 0) {
        search_add(statement, ".message_id IN (SELECT h.message_id FROM search_hit h WHERE h.mailbox_id = ");
        search_add_number(statement, search->mailbox);
        search_add(statement, " AND h.folder_id = ");
        search_add_number(statement, search->query->found_by);
        search_add(statement, ")");
        return;
    }
    if (search->folder_count == 1) { /* then an index gives the order, too */
        search_add(statement, ".folder_id = ");
        search_add_number(statement, search->folders[0]);
        return;
    }
    search_add(statement, ".folder_id = ANY(");
    search_add_numbers(statement, search->folders, search->folder_count);
    search_add(statement, ")");
}

/* Indexed items that have the words, and all that are not indexed yet. */
static enum status add_words(struct search *search, struct search_statement *statement)
{
    char *tsquery = search_words_tsquery(statement, &search->words);
    if (tsquery == NULL)
        return status_fail(STATUS_NO_MEMORY, "words");
    search_add(statement, " AND m.message_id IN (SELECT t.message_id FROM message_text t WHERE t.mailbox_id = ");
    search_add_number(statement, search->mailbox);
    search_add(statement, " AND t.words @@ ");
    search_add_text(statement, tsquery);
    search_add(statement, "::tsquery UNION ALL SELECT n.message_id FROM message n WHERE ");
    add_scope(search, statement, "n");
    search_add(statement, " AND n.cn > ");
    search_add_number(statement, search->indexed_until);
    search_add(statement, ")");
    return STATUS_OK;
}

static enum status compose(struct search *search, struct search_statement *statement)
{
    const struct search_query *query = search->query;
    search_add(statement, "SELECT m.message_id, m.cn FROM message m WHERE ");
    add_scope(search, statement, "m");
    if (query->content != LIST_BOTH)
        search_add(statement, query->content == LIST_FAI ? " AND m.fai" : " AND NOT m.fai");
    if (query->items != NULL) {
        search_add(statement, " AND m.message_id = ANY(");
        search_add_numbers(statement, query->items, query->item_count);
        search_add(statement, ")");
    }
    if (query->words != NULL)
        TRY(add_words(search, statement));
    TRY(search_compile(statement, query->restriction, &search->condition));
    TRY(search_order(statement, query->sort, query->sort_count, false));
    search->paged_in_sql = search->condition.is_exact && query->words == NULL;
    search_add(statement, " LIMIT ");
    search_add_number(statement, search->paged_in_sql ? (int64_t)query->limit + 1 : CANDIDATES_MAX + 1);
    search_add(statement, " OFFSET ");
    search_add_number(statement, search->paged_in_sql ? (int64_t)query->offset : 0);
    return STATUS_OK;
}

static enum status find_candidates(struct search *search)
{
    static const struct column columns[] = { { COLUMN_INT8, 20, offsetof(struct candidate, item) }, { COLUMN_INT8, 20, offsetof(struct candidate, cn) } };
    struct result *result = NULL;
    struct search_statement *statement = search_statement_new(search->scratch);
    if (statement == NULL)
        return status_fail(STATUS_NO_MEMORY, "search");
    TRY(compose(search, statement));
    TRY(search_statement_run(search->scratch, search->tx, statement, &result));
    search->candidate_count = (size_t)result->row_count;
    search->candidates = talloc_array(search->scratch, struct candidate, array_count(search->candidate_count + 1));
    if (search->candidates == NULL)
        return status_fail(STATUS_NO_MEMORY, "candidates");
    for (size_t i = 0; i < search->candidate_count; i++)
        result_read_columns(result, (int)i, columns, 2, &search->candidates[i]);
    talloc_free(result);
    return STATUS_OK;
}

/* ---- evaluating ---- */

static enum status evaluate_restriction(TALLOC_CTX *mem, struct search *search, const struct candidate *candidates, size_t count, bool *matches)
{
    int64_t items[PORTION];
    struct item_row *rows = talloc_zero_array(mem, struct item_row, PORTION);
    if (rows == NULL)
        return status_fail(STATUS_NO_MEMORY, "rows");
    for (size_t i = 0; i < count; i++)
        items[i] = rows[i].item = candidates[i].item;
    if (search->condition.parts == 0)
        TRY(store_rows_get(mem, search->tx, search->mailbox, items, count, false, rows));
    return search_evaluate(search->tx, search->mailbox, search->query->restriction, search->condition.parts, rows, count, matches);
}

/* Items that are not indexed yet are read. */
static enum status evaluate_words(TALLOC_CTX *mem, struct search *search, const struct candidate *candidates, size_t count, bool *matches)
{
    int64_t items[PORTION];
    size_t at[PORTION], n = 0;
    for (size_t i = 0; i < count; i++)
        if (matches[i] && candidates[i].cn > search->indexed_until) {
            at[n] = i;
            items[n++] = candidates[i].item;
        }
    struct loaded_message *loaded = talloc_zero_array(mem, struct loaded_message, PORTION);
    if (loaded == NULL)
        return status_fail(STATUS_NO_MEMORY, "items");
    TRY(store_message_load_many(mem, search->tx, search->mailbox, items, n, SEARCH_WORDS_PARTS, loaded));
    for (size_t i = 0; i < n; i++) {
        struct search_words words = { 0 };
        if (loaded[i].message != NULL)
            TRY(search_words_of_item(mem, search->mailbox, &loaded[i], &words));
        matches[at[i]] = loaded[i].message != NULL && search_words_match(&search->words, &words);
    }
    return STATUS_OK;
}

static enum status evaluate(TALLOC_CTX *mem, struct search *search, const struct candidate *candidates, size_t count, bool *matches)
{
    for (size_t i = 0; i < count; i++)
        matches[i] = true;
    if (!search->condition.is_exact)
        TRY(evaluate_restriction(mem, search, candidates, count, matches));
    return search->query->words != NULL ? evaluate_words(mem, search, candidates, count, matches) : STATUS_OK;
}

/* Ids of the page and one more, when there is one. */
struct found {
    int64_t *items;
    size_t count, skip;
};

static void take(const struct search *search, const struct candidate *candidates, size_t count, const bool *matches, struct found *found)
{
    for (size_t i = 0; i < count && found->count <= search->query->limit; i++) {
        if (!matches[i])
            continue;
        if (found->skip > 0)
            found->skip--;
        else
            found->items[found->count++] = candidates[i].item;
    }
}

static enum status choose(struct search *search, struct found *found)
{
    size_t total = search->candidate_count < CANDIDATES_MAX ? search->candidate_count : CANDIDATES_MAX;
    found->skip = search->paged_in_sql ? 0 : search->query->offset;
    for (size_t done = 0; done < total && found->count <= search->query->limit; done += PORTION) {
        bool matches[PORTION];
        size_t count = total - done < PORTION ? total - done : PORTION;
        TALLOC_CTX *mem = talloc_new(search->scratch);
        TRY(evaluate(mem, search, search->candidates + done, count, matches));
        talloc_free(mem);
        take(search, search->candidates + done, count, matches, found);
    }
    if (found->count <= search->query->limit && search->candidate_count > CANDIDATES_MAX)
        return status_fail(STATUS_TOO_COMPLEX, "more than %d items to look at", CANDIDATES_MAX);
    return STATUS_OK;
}

static enum status search_pages(TALLOC_CTX *mem, struct search *search, struct list_page *out)
{
    const struct search_query *query = search->query;
    struct found found = { .items = talloc_array(search->scratch, int64_t, LIMIT_MAX + 1) };
    if (found.items == NULL)
        return status_fail(STATUS_NO_MEMORY, "search");
    TRY(find_scope(search));
    if (query->words != NULL)
        TRY(read_words(search));
    if (query->words == NULL || search->words.count > 0) { /* nothing but punctuation finds nothing */
        TRY(find_candidates(search));
        TRY(choose(search, &found));
    }
    *out = (struct list_page){ .total = -1, .more = found.count > query->limit };
    out->count = out->more ? query->limit : found.count;
    out->rows = talloc_zero_array(mem, struct item_row, array_count(out->count + 1));
    if (out->rows == NULL)
        return status_fail(STATUS_NO_MEMORY, "rows");
    return out->count > 0 ? store_rows_get(mem, search->tx, search->mailbox, found.items, out->count, query->with_props, out->rows) : STATUS_OK;
}

enum status search_run(TALLOC_CTX *mem, struct transaction *tx, int64_t mailbox, const struct search_query *query, struct list_page *out)
{
    if (query->limit == 0 || query->limit > LIMIT_MAX)
        return status_fail(STATUS_INVALID_ARGUMENT, "page of %zu", query->limit);
    struct search search = { .tx = tx, .mailbox = mailbox, .query = query, .scratch = talloc_new(NULL) };
    if (search.scratch == NULL)
        return status_fail(STATUS_NO_MEMORY, "search");
    enum status status = search_pages(mem, &search, out);
    talloc_free(search.scratch);
    return status;
}
