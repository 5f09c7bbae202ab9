/* The session's table of functions for the real groupware and directory. */
#ifndef BOURSE_TRANSPORT_BACKEND_H
#define BOURSE_TRANSPORT_BACKEND_H

#include "smtp_session.h"

struct backend_handles {
    struct groupware *groupware;
    struct directory *directory; /* NULL: nobody can sign in */
};

/* `handles` must outlive the backend. */
struct smtp_backend backend_of(struct backend_handles *handles);

#endif
