#include "backend.h"

#include "bourse/groupware/submit.h"

static enum status route(TALLOC_CTX *mem, void *data, const char *address, struct route *out)
{
    struct backend_handles *handles = data;
    return deliver_route(mem, handles->groupware, address, out);
}

static enum status accept_message(TALLOC_CTX *mem, void *data, struct envelope *envelope, struct slice mime)
{
    struct backend_handles *handles = data;
    return deliver_accept(mem, handles->groupware, envelope, mime);
}

static enum status check_sender(void *data, struct guid person, const char *address, bool *on_behalf)
{
    struct backend_handles *handles = data;
    return submit_check_sender(handles->groupware, person, address, on_behalf);
}

static const char *mechanisms(void *data, const struct sign_in_sasl_options *options)
{
    struct backend_handles *handles = data;
    return handles->directory != NULL ? sign_in_sasl_mechanisms(handles->directory, options) : "";
}

static enum status sasl_new(TALLOC_CTX *mem, void *data, const struct sign_in_sasl_options *options, struct sign_in_sasl **out)
{
    struct backend_handles *handles = data;
    if (handles->directory == NULL)
        return status_fail(STATUS_NOT_SUPPORTED, "no directory");
    return sign_in_sasl_new(mem, handles->directory, options, out);
}

struct smtp_backend backend_of(struct backend_handles *handles)
{
    return (struct smtp_backend){ .route = route, .accept = accept_message, .check_sender = check_sender, .mechanisms = mechanisms,
                                  .sasl_new = sasl_new, .sasl_start = sign_in_sasl_start, .sasl_step = sign_in_sasl_step,
                                  .sasl_finish = sign_in_sasl_finish, .data = handles };
}
