#include "call.h"

#include <stdarg.h>

static const struct ews_operation operations[] = {
#define OPERATION(name, since, handler) { #name, since, handler },
#include "operations.def"
#undef OPERATION
};

static const char *const version_names[] = {
#define VERSION(id, name) name,
#include "versions.def"
#undef VERSION
};

static const struct {
    enum status status;
    const char *name, *text;
} codes[] = {
    [EWS_NO_CODE] = { STATUS_INTERNAL, "ErrorInternalServerError", "" },
#define CODE(id, status, name, text) [EWS_CODE_##id] = { STATUS_##status, name, text },
#include "codes.def"
#undef CODE
};

const struct ews_operation *ews_operation_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}

/* "V2017_07_11": letters of a build after Exchange2016. */
static bool is_build_name(const char *name)
{
    static const char form[] = "V####_##_##";
    if (strlen(name) != sizeof form - 1)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool digit = name[i] >= '0' && name[i] <= '9';
        if (form[i] == '#' ? !digit : name[i] != form[i])
            return false;
    }
    return true;
}

bool ews_version_of_name(const char *name, enum ews_version *out)
{
    if (name == NULL) {
        *out = EWS_2007_SP1;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(version_names); i++)
        if (strcmp(version_names[i], name) == 0) {
            *out = (enum ews_version)i;
            return true;
        }
    *out = EWS_NEWEST;
    return is_build_name(name);
}

const char *ews_version_name(enum ews_version version)
{
    return version_names[version];
}

static enum status begin_failure(struct ews_call *call, enum ews_code code)
{
    call->code = code;
    call->text = NULL;
    call->detail = (struct slice){ 0 };
    return codes[code].status;
}

enum status ews_fail(struct ews_call *call, enum ews_code code, const char *cause, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, cause);
    vsnprintf(text, sizeof text, cause, arguments);
    va_end(arguments);
    return status_fail(begin_failure(call, code), "%s: %s", codes[code].name, text);
}

enum status ews_fail_text(struct ews_call *call, enum ews_code code, const char *text, ...)
{
    enum status status = begin_failure(call, code);
    va_list arguments;
    va_start(arguments, text);
    call->text = talloc_vasprintf(call->mem, text, arguments);
    va_end(arguments);
    return status_fail(status, "%s: %s", codes[code].name, call->text != NULL ? call->text : "");
}

enum status ews_recode(struct ews_call *call, enum status status, enum status from, enum ews_code code)
{
    if (status != from || call->code != EWS_NO_CODE)
        return status;
    return begin_failure(call, code);
}

const char *ews_code_name(const struct ews_call *call, enum status status)
{
    if (call->code != EWS_NO_CODE)
        return codes[call->code].name;
    return status_info(status)->ews;
}

const char *ews_failure_text(const struct ews_call *call, enum status status)
{
    if (call->text != NULL)
        return call->text;
    return call->code != EWS_NO_CODE ? codes[call->code].text : status_client_text(status);
}

void ews_forget(struct ews_call *call)
{
    call->code = EWS_NO_CODE;
    call->text = NULL;
    call->detail = (struct slice){ 0 };
    status_chain_clear();
}

struct ews_failure ews_keep(struct ews_call *call, enum status status)
{
    struct ews_failure failure = { status, call->code, call->text, call->detail };
    if (status != STATUS_OK && failure.text == NULL)
        failure.text = talloc_strdup(call->mem, ews_failure_text(call, status));
    ews_forget(call);
    return failure;
}

enum status ews_give(struct ews_call *call, const struct ews_failure *failure)
{
    call->code = failure->code;
    call->text = failure->text;
    call->detail = failure->detail;
    return failure->status;
}

void ews_detail_value(struct ews_call *call, const char *name, const char *value)
{
    struct buffer *buffer = buffer_new(call->mem, 4096);
    struct xml_writer *writer = buffer != NULL ? xml_writer_new(call->mem, buffer) : NULL;
    if (writer == NULL)
        return;
    xml_start(writer, "t:Value");
    xml_namespace(writer, "t", EWS_NS_TYPES);
    xml_attribute(writer, "Name", name);
    xml_text(writer, value);
    if (xml_writer_finish(writer) == STATUS_OK && buffer_take(buffer, call->mem, &call->detail) != STATUS_OK)
        call->detail = (struct slice){ 0 };
}
