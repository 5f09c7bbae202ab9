/* The text of DATA [RFC 5321] 4.5.2: dots undone, end found, line ends checked. A parser without I/O, fed with pieces of any size.
 *
 * Only CR LF ends a line and only CR LF . CR LF ends the text: a CR or LF that stands alone is remembered (has_bare) and the text is read on to its
 * real end, so that nothing within it can be taken for a command. Lines longer than the limit are split. */
#ifndef BOURSE_TRANSPORT_TEXT_INPUT_H
#define BOURSE_TRANSPORT_TEXT_INPUT_H

#include "bourse/base/slice.h"

enum text_input_state { TEXT_LINE_START, TEXT_LINE_START_CR, TEXT_DOT, TEXT_DOT_CR, TEXT_LINE, TEXT_LINE_CR, TEXT_END };

struct text_input {
    enum text_input_state state;
    size_t line_limit;  /* bytes of a line without CR LF */
    size_t line_length; /* of the line so far */
    bool is_in_body;    /* behind the empty line that ends the header */
    bool has_bare;      /* a CR or LF that stands alone */
    void (*write)(void *data, const uint8_t *bytes, size_t length);
    void *data;
};

void text_input_start(struct text_input *input, size_t line_limit, void (*write)(void *data, const uint8_t *bytes, size_t length),
                      void *data);
/* Consumes up to the end of the text; state is TEXT_END then, and what follows was not touched. */
size_t text_input_feed(struct text_input *input, struct slice piece);

/* The same check of line ends for a message that came in chunks (BDAT), which has no dots: true if a CR or LF stands alone. */
bool text_has_bare_line_ends(struct slice message);

#endif
