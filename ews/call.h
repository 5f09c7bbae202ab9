/* One EWS request on its way: what operations see, and how they answer.
 *
 * An operation is a function op_<operation>(call) in a file of its own: it reads call->operation (validated against the schema already),
 * asks groupware, and writes the content of the SOAP body to call->out with the functions of response.h. It returns STATUS_OK when the body is
 * complete; any other status throws away what was written and the client gets a SOAP fault. All memory comes from call->mem (request lifetime). */
#ifndef EWS_CALL_H
#define EWS_CALL_H

#include "bourse/base/config.h"
#include "bourse/calendar/time_zone.h"
#include "bourse/groupware/session.h"
#include "bourse/http/service.h"
#include "bourse/http/xml_reader.h"
#include "bourse/http/xml_writer.h"

#include <inttypes.h>

/* Elements to allocate for `count` (never none). Counts come from requests, which have a limit far below 2^32. */
#define ROOM(count) ((unsigned)(count) + 1u)

#define EWS_NS_SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define EWS_NS_TYPES "http://schemas.microsoft.com/exchange/services/2006/types"
#define EWS_NS_MESSAGES "http://schemas.microsoft.com/exchange/services/2006/messages"
#define EWS_NS_ERRORS "http://schemas.microsoft.com/exchange/services/2006/errors"

enum ews_version {
#define VERSION(id, name) EWS_##id,
#include "versions.def"
#undef VERSION
    EWS_VERSION_COUNT
};
#define EWS_NEWEST ((enum ews_version)(EWS_VERSION_COUNT - 1))

enum ews_code {
    EWS_NO_CODE,
#define CODE(id, status, name, text) EWS_CODE_##id,
#include "codes.def"
#undef CODE
    EWS_CODE_COUNT
};

struct ews_call;

struct ews_operation {
    const char *name;          /* "GetFolder" */
    enum ews_version since;
    enum status (*handle)(struct ews_call *call); /* NULL: not offered */
};

struct ews_call {
    TALLOC_CTX *mem;
    struct http_request *request; /* NULL in unit tests of parts */
    const struct config *config;
    struct session *session;      /* NULL until dispatch needs it */
    const struct ews_operation *info;
    const struct xml_node *operation; /* the request element in the SOAP body */
    enum ews_version version;         /* what the answer is limited to */
    const char *version_name;         /* as asked; goes back in ServerVersionInfo */
    const struct time_zone *zone;     /* of TimeZoneContext: that of times without offset; NULL: UTC */
    struct buffer *buffer;
    struct xml_writer *out;
    size_t error_count;               /* messages answered with an error, for the log */
    bool is_waiting;                  /* the answer comes later (GetStreamingEvents) */

    /* Of the failure in hand; see ews_fail. */
    enum ews_code code;
    const char *text;      /* NULL: the code's or the status's own */
    struct slice detail;   /* finished XML for MessageXml, empty: none */
};

/* The handlers that operations.def names. */
enum status op_get_folder(struct ews_call *call) MUST_CHECK;
enum status op_find_folder(struct ews_call *call) MUST_CHECK;
enum status op_create_folder(struct ews_call *call) MUST_CHECK;
enum status op_update_folder(struct ews_call *call) MUST_CHECK;
enum status op_delete_folder(struct ews_call *call) MUST_CHECK;
enum status op_move_folder(struct ews_call *call) MUST_CHECK;
enum status op_copy_folder(struct ews_call *call) MUST_CHECK;
enum status op_empty_folder(struct ews_call *call) MUST_CHECK;
enum status op_sync_folder_hierarchy(struct ews_call *call) MUST_CHECK;
enum status op_sync_folder_items(struct ews_call *call) MUST_CHECK;
enum status op_find_item(struct ews_call *call) MUST_CHECK;
enum status op_get_item(struct ews_call *call) MUST_CHECK;
enum status op_create_item(struct ews_call *call) MUST_CHECK;
enum status op_update_item(struct ews_call *call) MUST_CHECK;
enum status op_send_item(struct ews_call *call) MUST_CHECK;
enum status op_delete_item(struct ews_call *call) MUST_CHECK;
enum status op_move_item(struct ews_call *call) MUST_CHECK;
enum status op_copy_item(struct ews_call *call) MUST_CHECK;
enum status op_mark_all_items_as_read(struct ews_call *call) MUST_CHECK;
enum status op_get_attachment(struct ews_call *call) MUST_CHECK;
enum status op_create_attachment(struct ews_call *call) MUST_CHECK;
enum status op_delete_attachment(struct ews_call *call) MUST_CHECK;
enum status op_convert_id(struct ews_call *call) MUST_CHECK;
enum status op_resolve_names(struct ews_call *call) MUST_CHECK;
enum status op_expand_dl(struct ews_call *call) MUST_CHECK;
enum status op_subscribe(struct ews_call *call) MUST_CHECK;
enum status op_get_events(struct ews_call *call) MUST_CHECK;
enum status op_get_streaming_events(struct ews_call *call) MUST_CHECK;
enum status op_unsubscribe(struct ews_call *call) MUST_CHECK;
enum status op_get_server_time_zones(struct ews_call *call) MUST_CHECK;
enum status op_add_delegate(struct ews_call *call) MUST_CHECK;
enum status op_create_user_configuration(struct ews_call *call) MUST_CHECK;
enum status op_delete_user_configuration(struct ews_call *call) MUST_CHECK;
enum status op_get_inbox_rules(struct ews_call *call) MUST_CHECK;
enum status op_update_inbox_rules(struct ews_call *call) MUST_CHECK;
enum status op_get_user_configuration(struct ews_call *call) MUST_CHECK;
enum status op_update_user_configuration(struct ews_call *call) MUST_CHECK;
enum status op_get_delegate(struct ews_call *call) MUST_CHECK;
enum status op_remove_delegate(struct ews_call *call) MUST_CHECK;
enum status op_update_delegate(struct ews_call *call) MUST_CHECK;
enum status op_get_user_availability(struct ews_call *call) MUST_CHECK;
enum status op_get_user_oof_settings(struct ews_call *call) MUST_CHECK;
enum status op_get_user_photo(struct ews_call *call) MUST_CHECK;
enum status op_set_user_oof_settings(struct ews_call *call) MUST_CHECK;

/* NULL when the service description does not have it. */
const struct ews_operation *ews_operation_find(const char *name);

/* The version of a RequestServerVersion; false when it is not one. NULL: the oldest that has the header. */
bool ews_version_of_name(const char *name, enum ews_version *out);
const char *ews_version_name(enum ews_version version);

/* Begins a failure with a response code of its own; the arguments are the cause for the log. Returns the code's status. */
enum status ews_fail(struct ews_call *call, enum ews_code code, const char *cause, ...) PRINTF_LIKE(3, 4);
/* The same with a text that the client sees instead of the code's. */
enum status ews_fail_text(struct ews_call *call, enum ews_code code, const char *text, ...) PRINTF_LIKE(3, 4);
/* Replaces a status that came from below (folder not found -> parent folder not found). */
enum status ews_recode(struct ews_call *call, enum status status, enum status from, enum ews_code code);
/* Response code and text for the client of the failure `status`; ews_forget starts anew. */
const char *ews_code_name(const struct ews_call *call, enum status status);
const char *ews_failure_text(const struct ews_call *call, enum status status);
void ews_forget(struct ews_call *call);
/* A failure that concerns every entry of a batch is kept, and given again for each entry. */
struct ews_failure {
    enum status status;
    enum ews_code code;
    const char *text;
    struct slice detail;
};
struct ews_failure ews_keep(struct ews_call *call, enum status status);
/* Puts it in hand again and returns its status (STATUS_OK when nothing had failed). */
enum status ews_give(struct ews_call *call, const struct ews_failure *failure);
/* Adds a t:Value to MessageXml [MS-OXWSCDATA] 2.2.4.41. */
void ews_detail_value(struct ews_call *call, const char *name, const char *value);

#endif
