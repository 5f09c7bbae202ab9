/* Replies of another host [RFC 5321] 4.2, line by line. No I/O. */
#ifndef BOURSE_TRANSPORT_REPLY_H
#define BOURSE_TRANSPORT_REPLY_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

#define REPLY_MOST_LINES 200u
#define REPLY_LONGEST_LINE 4096u

struct reply {
    int code;          /* 0 before the first line */
    bool is_complete;
    unsigned lines;
    char enhanced[16]; /* of the first line that has one; "" */
    char text[1024];   /* "550 5.1.1 no such user": all lines joined by blanks, printable, cut when it is too long */
    size_t text_length;
};

/* `line` without its line end. *rest: the text behind the code. STATUS_MALFORMED when it is not a reply line, the code changes, or there are too
 * many lines. */
enum status reply_add_line(struct reply *reply, struct slice line, struct slice *rest) MUST_CHECK;

/* What a host offers after EHLO. */
struct capabilities {
    bool pipelining, eightbitmime, smtputf8, dsn, chunking, binarymime, starttls, enhanced;
    bool size;            /* SIZE is offered */
    uint64_t size_limit;  /* 0: none told */
    bool auth_plain, auth_login;
    char domain[256];     /* the host's name of the first line */
};
/* One line of the answer to EHLO; `is_first`: the line with the name. Unknown keywords are ignored. */
void capabilities_add_line(struct capabilities *capabilities, struct slice text, bool is_first);

#endif
