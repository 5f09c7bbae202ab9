/* SOAP Autodiscover [MS-OXWSADISC]: GetUserSettings and GetDomainSettings for many users or domains at once. */
#include "bourse/base/text.h"
#include "bourse/http/xml_reader.h"
#include "bourse/http/xml_writer.h"
#include "handlers.h"
#include "settings.h"

#define SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define ADDRESSING "http://www.w3.org/2005/08/addressing"
#define AUTODISCOVER "http://schemas.microsoft.com/exchange/2010/Autodiscover"
#define INSTANCE "http://www.w3.org/2001/XMLSchema-instance"
#define ACTION "http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/"
#define MOST_SUBJECTS ((size_t)100)

struct soap_call {
    struct http_request *request;
    const struct xml_node *asked; /* the Request element */
    struct xml_writer *w;
};

/* [MS-OXWSADISC] 3.1.4: operations, by the name of the message in the body. */
struct soap_operation {
    const char *message;
    const char *answer; /* action and, with "Message", element of the answer */
    const char *answer_element;
    void (*write)(struct soap_call *call);
};

static void write_header(struct xml_writer *w, const char *action)
{
    xml_declaration(w);
    xml_start(w, "s:Envelope");
    xml_namespace(w, "s", SOAP);
    xml_namespace(w, "a", ADDRESSING);
    xml_start(w, "s:Header");
    xml_start(w, "a:Action");
    xml_attribute(w, "s:mustUnderstand", "1");
    xml_text(w, action);
    xml_end(w);
    xml_start(w, "h:ServerVersionInfo");
    xml_namespace(w, "h", AUTODISCOVER);
    xml_element_int(w, "h:MajorVersion", VERSION_MAJOR);
    xml_element_int(w, "h:MinorVersion", VERSION_MINOR);
    xml_element_int(w, "h:MajorBuildNumber", VERSION_BUILD);
    xml_element_int(w, "h:MinorBuildNumber", 17);
    xml_element(w, "h:Version", "Exchange2015");
    xml_end(w);
    xml_end(w);
    xml_start(w, "s:Body");
}

static void write_error(struct xml_writer *w, const char *code, const char *message)
{
    xml_element(w, "ErrorCode", code);
    xml_element(w, "ErrorMessage", message);
}

static void write_nil(struct xml_writer *w, const char *name)
{
    xml_start(w, name);
    xml_attribute(w, "i:nil", "true");
    xml_end(w);
}

static const struct xml_node *requested_settings(const struct soap_call *call)
{
    return xml_child(call->asked, AUTODISCOVER, "RequestedSettings");
}

/* One pass writes the errors of settings that there are not, one the values of those that there are; the schema wants
 * that order. */
static void write_settings(struct soap_call *call, const struct discovered *found, bool is_user)
{
    struct xml_writer *w = call->w;
    const struct xml_node *first = xml_child(requested_settings(call), AUTODISCOVER, "Setting");
    xml_start(w, is_user ? "UserSettingErrors" : "DomainSettingErrors");
    for (const struct xml_node *node = first; node != NULL; node = xml_next(node, AUTODISCOVER, "Setting")) {
        if (setting_value(found, xml_text_of(node)) != NULL)
            continue;
        xml_start(w, is_user ? "UserSettingError" : "DomainSettingError");
        write_error(w, "SettingIsNotAvailable", "The setting is not available.");
        xml_element_slice(w, "SettingName", node->text);
        xml_end(w);
    }
    xml_end(w);
    xml_start(w, is_user ? "UserSettings" : "DomainSettings");
    for (const struct xml_node *node = first; node != NULL; node = xml_next(node, AUTODISCOVER, "Setting")) {
        const char *value = setting_value(found, xml_text_of(node));
        if (value == NULL)
            continue;
        xml_start(w, is_user ? "UserSetting" : "DomainSetting");
        xml_attribute(w, "i:type", is_user ? "StringSetting" : "DomainStringSetting");
        xml_element_slice(w, "Name", node->text);
        xml_element(w, "Value", value);
        xml_end(w);
    }
    xml_end(w);
}

static void write_user_failure(struct soap_call *call, enum status status, const char *address)
{
    struct xml_writer *w = call->w;
    bool is_unknown = status_info(status)->fault == FAULT_CLIENT;
    char *message = talloc_asprintf(
        http_mem(call->request), is_unknown ? "Invalid user: '%s'" : "The user '%s' cannot be looked up at the moment.",
        address);
    write_error(w, is_unknown ? "InvalidUser" : "ServerBusy", message != NULL ? message : "");
    write_nil(w, "RedirectTarget");
    xml_element(w, "UserSettingErrors", "");
    xml_element(w, "UserSettings", "");
}

static void write_user(struct soap_call *call, const char *address)
{
    const struct autodiscover_people *people = http_service_data(call->request);
    struct user_profile *profile = NULL;
    struct discovered found = { 0 };
    enum status status = people->of_address(http_mem(call->request), people->data, address, &profile);
    if (status == STATUS_OK)
        status = discover(call->request, profile, &found);
    xml_start(call->w, "UserResponse");
    if (status != STATUS_OK) {
        write_user_failure(call, status, address);
    } else {
        write_error(call->w, "NoError", "No error.");
        write_nil(call->w, "RedirectTarget");
        write_settings(call, &found, true);
    }
    xml_end(call->w);
}

static bool is_local(const struct config *config, const char *domain)
{
    for (const char *const *local = config_list(config, CONFIG_server_domains); *local != NULL; local++)
        if (ascii_equal_nocase(*local, domain))
            return true;
    return false;
}

/* Of the user settings, a domain has these [MS-OXWSADISC] 3.1.4.1.4.4. */
static void write_domain(struct soap_call *call, const char *domain)
{
    static const struct user_profile nobody = { .display_name = NULL };
    struct discovered found = { 0 };
    bool is_known = is_local(http_config(call->request), domain) &&
                    discover(call->request, &nobody, &found) == STATUS_OK;
    xml_start(call->w, "DomainResponse");
    if (is_known) {
        write_error(call->w, "NoError", "No error.");
        write_nil(call->w, "RedirectTarget");
        write_settings(call, &found, false);
    } else {
        write_error(call->w, "InvalidDomain", "The domain is not served here.");
        write_nil(call->w, "RedirectTarget");
        xml_element(call->w, "DomainSettingErrors", "");
        xml_element(call->w, "DomainSettings", "");
    }
    xml_end(call->w);
}

/* Common to both: overall error, then one answer a subject. */
static void write_subjects(struct soap_call *call, const struct xml_node *list, const char *answers,
                           void (*write)(struct soap_call *call, const char *subject))
{
    size_t count = xml_child_count(list);
    bool is_valid = count > 0 && count <= MOST_SUBJECTS && xml_child_count(requested_settings(call)) > 0;
    write_error(call->w, is_valid ? "NoError" : "InvalidRequest",
                is_valid ? "" : "Users or domains and RequestedSettings must be there, at most 100.");
    xml_start(call->w, answers);
    for (const struct xml_node *subject = is_valid ? list->child : NULL; subject != NULL; subject = subject->next) {
        const struct xml_node *mailbox = xml_child(subject, AUTODISCOVER, "Mailbox");
        struct slice text = slice_trim(mailbox != NULL ? mailbox->text : subject->text);
        char *name = slice_text(http_mem(call->request), text);
        write(call, name != NULL ? name : "");
    }
    xml_end(call->w);
}

static void get_user_settings(struct soap_call *call)
{
    write_subjects(call, xml_child(call->asked, AUTODISCOVER, "Users"), "UserResponses", write_user);
}

static void get_domain_settings(struct soap_call *call)
{
    write_subjects(call, xml_child(call->asked, AUTODISCOVER, "Domains"), "DomainResponses", write_domain);
}

static const struct soap_operation operations[] = {
    { "GetUserSettingsRequestMessage", ACTION "GetUserSettingsResponse", "GetUserSettingsResponseMessage",
      get_user_settings },
    { "GetDomainSettingsRequestMessage", ACTION "GetDomainSettingsResponse", "GetDomainSettingsResponseMessage",
      get_domain_settings },
};

static enum status respond(struct http_request *request, unsigned code, struct xml_writer *w, struct buffer *out)
{
    TRY(xml_writer_finish(w));
    http_respond_buffer(request, code, "text/xml; charset=utf-8", out);
    return STATUS_OK;
}

/* SOAP 1.1 faults go with 500 [SOAP 1.1] 6.2. */
static enum status respond_fault(struct http_request *request, struct xml_writer *w, struct buffer *out,
                                 const char *code, const char *text)
{
    xml_declaration(w);
    xml_start(w, "s:Envelope");
    xml_namespace(w, "s", SOAP);
    xml_start(w, "s:Body");
    xml_start(w, "s:Fault");
    xml_start(w, "faultcode");
    xml_namespace(w, "a", "http://schemas.microsoft.com/ws/2005/05/addressing/none");
    xml_text(w, code);
    xml_end(w);
    xml_element(w, "faultstring", text);
    return respond(request, 500, w, out);
}

static const struct xml_node *message_of(struct http_request *request)
{
    const struct xml_node *root = NULL;
    if (xml_parse(http_mem(request), http_body(request), &autodiscover_xml_limits, &root) != STATUS_OK ||
        !xml_is(root, SOAP, "Envelope"))
        return NULL;
    const struct xml_node *body = xml_child(root, SOAP, "Body");
    return body != NULL ? body->child : NULL;
}

enum status soap_handle(struct http_request *request)
{
    struct buffer *out = buffer_new(http_mem(request), ANSWER_LIMIT);
    struct xml_writer *w = out != NULL ? xml_writer_new(http_mem(request), out) : NULL;
    if (w == NULL)
        return status_fail(STATUS_NO_MEMORY, "autodiscover");
    http_set_header(request, "X-SOAP-Enabled", "True");
    const struct xml_node *message = strcmp(http_method(request), "POST") == 0 ? message_of(request) : NULL;
    if (message == NULL)
        return respond_fault(request, w, out, "s:Client", "The request is not a SOAP message.");
    for (size_t i = 0; i < ARRAY_LENGTH(operations); i++) {
        if (!xml_is(message, AUTODISCOVER, operations[i].message))
            continue;
        struct soap_call call = { .request = request, .asked = xml_child(message, AUTODISCOVER, "Request"), .w = w };
        write_header(w, operations[i].answer);
        xml_start(w, operations[i].answer_element);
        xml_namespace(w, "", AUTODISCOVER);
        xml_start(w, "Response");
        xml_namespace(w, "i", INSTANCE);
        operations[i].write(&call);
        return respond(request, 200, w, out);
    }
    return respond_fault(request, w, out, "a:ActionNotSupported",
                         "The operation is not offered: there are GetUserSettings and GetDomainSettings.");
}
