/* Words of full text: what is indexed of an item, and what a query asks for (private to search).
 *
 * Text is folded; a word is a run of letters and digits, cut at 64 bytes. Han, kana and the like have no blanks: each character and each
 * pair of neighbours is a word, and a query asks for the pairs. In the database a word carries its mailbox ("12:word"). */
#ifndef BOURSE_STORAGE_SEARCH_WORDS_H
#define BOURSE_STORAGE_SEARCH_WORDS_H

#include "bourse/storage/message.h"

#define SEARCH_ITEM_WORDS_MAX 16384
#define SEARCH_QUERY_WORDS_MAX 32
/* What search_words_of_item wants to have loaded. */
#define SEARCH_WORDS_PARTS (MESSAGE_BAG | MESSAGE_BODY_TEXT | MESSAGE_RECIPIENTS | MESSAGE_ATTACHMENTS)

struct search_words {
    int64_t mailbox;
    const char **list; /* each with its mailbox; may repeat */
    bool *is_prefix;   /* of queries */
    size_t count, room, most;
};

/* Subject, addresses, names, categories, other searchable properties, the beginning of the body, attachment names. What is above
 * SEARCH_ITEM_WORDS_MAX is left out. */
enum status search_words_of_item(TALLOC_CTX *mem, int64_t mailbox, const struct loaded_message *loaded, struct search_words *out) MUST_CHECK;
/* "*" behind a word makes it a prefix. STATUS_TOO_COMPLEX above SEARCH_QUERY_WORDS_MAX words. */
enum status search_words_of_query(TALLOC_CTX *mem, int64_t mailbox, const char *query, struct search_words *out) MUST_CHECK;
/* All words of the query are there. */
bool search_words_match(const struct search_words *query, const struct search_words *item);
/* As PostgreSQL's tsquery; NULL when out of memory. */
char *search_words_tsquery(TALLOC_CTX *mem, const struct search_words *query);

#endif
