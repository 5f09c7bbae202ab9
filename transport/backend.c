/* The session's table of functions for the real groupware and directory. In a file of its own, so that tests link without them. */
#include "bourse/groupware/submit.h"
#include "server.h"

struct backend_handles {
    struct groupware *groupware;
    struct directory *directory; /* NULL: nobody can sign in */
};
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

static struct smtp_backend backend_of(struct backend_handles *handles)
{
    return (struct smtp_backend){ .route = route, .accept = accept_message, .check_sender = check_sender, .mechanisms = mechanisms,
                                  .sasl_new = sasl_new, .sasl_start = sign_in_sasl_start, .sasl_step = sign_in_sasl_step,
                                  .sasl_finish = sign_in_sasl_finish, .data = handles };
}

enum status smtp_server_start(TALLOC_CTX *mem, const struct smtp_server_options *options, struct smtp_server **out)
{
    struct backend_handles *handles = talloc_zero(NULL, struct backend_handles);
    if (handles == NULL)
        return status_fail(STATUS_NO_MEMORY, "SMTP server");
    *handles = (struct backend_handles){ .groupware = options->groupware, .directory = options->directory };
    struct smtp_backend backend = backend_of(handles);
    enum status status = smtp_server_start_with(mem, options, &backend, out);
    if (status == STATUS_OK)
        talloc_steal(*out, handles);
    else
        talloc_free(handles);
    return status;
}
