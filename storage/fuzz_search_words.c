/* Any text: words of a query are quoted safely, and a text has every word that it asks for itself. */
#include <stdlib.h>

#include "bourse/base/text.h"
#include "search_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tsquery(const char *tsquery)
{
    size_t quotes = 0;
    for (const char *at = tsquery; *at != '\0'; at++) {
        quotes += *at == '\'';
        if (*at == '\\')
            abort();
    }
    if (quotes % 2 != 0 || !utf8_is_valid(slice_of_text(tsquery)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    char *text = utf8_repair(mem, slice_of(data, size < 4096 ? size : 4096));
    struct loaded_message loaded = { .message = message_new(mem), .body_text = text };
    struct search_words query, item;
    enum status status = search_words_of_query(mem, 7, text, &query);
    if (search_words_of_item(mem, 7, &loaded, &item) != STATUS_OK || (status != STATUS_OK && status != STATUS_TOO_COMPLEX))
        abort();
    if (status == STATUS_OK) {
        check_tsquery(search_words_tsquery(mem, &query));
        if (!search_words_match(&query, &item))
            abort();
    }
    talloc_free(mem);
    return 0;
}
