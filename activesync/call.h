/* One ActiveSync request on its way: what commands see, and how they answer.
 *
 * A command is a function cmd_<command>(call) in a file of its own: it reads call->body, asks groupware and writes its answer to call->out from the root element on. It returns STATUS_OK
 * when the answer is complete (or is_empty, or is_waiting); any other status throws away what was written, and the client gets the command's root with a global status (12.1: the
 * HTTP status of the table). All memory comes from call->mem (request lifetime). */
#ifndef ACTIVESYNC_CALL_H
#define ACTIVESYNC_CALL_H

#include "bourse/base/config.h"
#include "bourse/groupware/device.h"
#include "bourse/groupware/session.h"
#include "bourse/http/service.h"
#include "query.h"
#include "wbxml.h"

enum eas_common_status {
#define COMMON_STATUS(number, name, http) EAS_##name = (number),
#include "statuses.def"
};

struct eas_call;

struct eas_command {
    const char *name;            /* "FolderSync" */
    int code;
    enum eas_version since, until;
    enum status (*handle)(struct eas_call *call);
    eas_tag root, status;
    bool needs_policy;
};

struct eas_call {
    TALLOC_CTX *mem;
    struct http_request *request;
    const struct config *config;
    const struct eas_command *command;
    enum eas_version version;
    struct eas_query query;
    struct session *session;
    struct device *device;             /* of this request; never NULL in a handler */
    const struct wbxml_node *body;     /* NULL: the request has none */
    struct slice raw_body;             /* of requests that are not WBXML (SendMail of 12.1: message/rfc822) */
    struct buffer *buffer;
    struct wbxml_writer *out;
    bool is_empty;                     /* answer 200 without a body */
    bool is_waiting;                   /* the answer comes later (Ping, Sync) */
    bool is_answered;                  /* the command sent its own HTTP answer (multipart, attachments) */

    const void *class_data;            /* what a class's read_change leaves for its update */

    /* Of the failure in hand; see eas_fail. */
    int common_status;                 /* 0: by the enum status */
    unsigned http_status;              /* instead of a WBXML answer; 0: none */
};

/* The handlers that commands.def names. */
#define COMMAND(name, code, since, until, handler, ...) enum status handler(struct eas_call *call) MUST_CHECK;
#include "commands.def"
#undef COMMAND

/* Fails with a status of the whole command: a common status, or one of the command's own (its number). Logs as status_fail. */
#define eas_fail(call, number, ...) ((call)->common_status = (number), status_fail(STATUS_INVALID_ARGUMENT, __VA_ARGS__))
/* Fails with an HTTP status and no body. */
#define eas_fail_http(call, number, ...) ((call)->http_status = (number), status_fail(STATUS_INVALID_ARGUMENT, __VA_ARGS__))
/* The common status number of a failure of groupware. */
int eas_status_of(enum status status);

/* The answer so far was for nothing: begins a new one. */
enum status eas_restart_answer(struct eas_call *call) MUST_CHECK;
/* Sends call->out (or the empty answer) with the headers of the protocol. */
void eas_send(struct eas_call *call);
/* Sends the failure. */
void eas_send_failure(struct eas_call *call, enum status status);

#endif
