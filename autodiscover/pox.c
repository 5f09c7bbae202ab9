/* Plain old XML: one address in, settings or an error out. A request that cannot be read is error 600 in a 200 answer,
 * as clients expect; they take a 500 for an outage. */
#include <stdio.h>

#include "bourse/base/clock.h"
#include "bourse/base/hash.h"
#include "bourse/base/text.h"
#include "bourse/http/xml_reader.h"
#include "bourse/http/xml_writer.h"
#include "handlers.h"
#include "settings.h"

#define RESPONSE "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
#define OUTLOOK_RESPONSE "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
#define MOBILE_RESPONSE "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
#define OUTLOOK_REQUEST "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
#define OUTLOOK_REQUEST_A OUTLOOK_REQUEST "a" /* not in the specification, but clients pair it with the answer's 2006a */
#define MOBILE_REQUEST "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006"

/* [MS-OXDSCLI] 2.2.4.1.1.3.1 */
enum pox_error { ERROR_NO_ADDRESS = 500, ERROR_INVALID_REQUEST = 600, ERROR_NO_PROVIDER = 601, ERROR_INTERNAL = 603 };

struct pox_request {
    const char *address; /* NULL when only the legacy DN is given */
    const char *legacy_dn;
    const char *schema;
};

static struct xml_writer *begin(struct http_request *request, struct buffer **out)
{
    *out = buffer_new(http_mem(request), ANSWER_LIMIT);
    struct xml_writer *w = *out != NULL ? xml_writer_new(http_mem(request), *out) : NULL;
    if (w == NULL)
        return NULL;
    xml_declaration(w);
    xml_start(w, "Autodiscover");
    xml_namespace(w, "", RESPONSE);
    return w;
}

static enum status finish(struct http_request *request, struct xml_writer *w, struct buffer *out)
{
    TRY(xml_writer_finish(w));
    http_respond_buffer(request, 200, "text/xml; charset=utf-8", out);
    return STATUS_OK;
}

/* Number that stands for this server [MS-OXDSCLI] 2.2.4.1.1.3: a hash of its name. */
static uint32_t server_id(struct http_request *request)
{
    return (uint32_t)((uint64_t)hash_short(hash_sha256(slice_of_text(http_base_url(request)))) >> 32);
}

static enum status respond_error(struct http_request *request, enum pox_error code, const char *message)
{
    struct buffer *out;
    struct xml_writer *w = begin(request, &out);
    if (w == NULL)
        return status_fail(STATUS_NO_MEMORY, "autodiscover");
    char time[INSTANT_TEXT_SIZE];
    instant_format(clock_now(), time);
    time[19] = 0; /* 2026-11-21T22:51:00 -> the time of day */
    xml_start(w, "Response");
    xml_start(w, "Error");
    xml_attribute(w, "Time", time + 11);
    xml_attribute_int(w, "Id", server_id(request));
    xml_element_int(w, "ErrorCode", code);
    xml_element(w, "Message", message);
    xml_element(w, "DebugData", "");
    return finish(request, w, out);
}

static bool parse(struct http_request *request, struct pox_request *out)
{
    const struct xml_node *root = NULL;
    if (xml_parse(http_mem(request), http_body(request), &autodiscover_xml_limits, &root) != STATUS_OK)
        return false;
    if (!xml_is(root, OUTLOOK_REQUEST, "Autodiscover") && !xml_is(root, OUTLOOK_REQUEST_A, "Autodiscover") &&
        !xml_is(root, MOBILE_REQUEST, "Autodiscover"))
        return false;
    const struct xml_node *asked = xml_child(root, root->uri, "Request");
    out->address = xml_child_text(asked, root->uri, "EMailAddress");
    out->legacy_dn = xml_child_text(asked, root->uri, "LegacyDN");
    out->schema = xml_child_text(asked, root->uri, "AcceptableResponseSchema");
    if (out->address != NULL) {
        out->address = slice_text(http_mem(request), slice_trim(slice_of_text(out->address)));
        if (out->address != NULL && out->address[0] == 0)
            out->address = NULL;
    }
    return out->schema != NULL && (out->address != NULL || out->legacy_dn != NULL);
}

/* By address, or the asker's own legacy name (Outlook may know only that). */
static enum status find_person(struct http_request *request, const struct pox_request *asked, struct user_profile **out)
{
    const struct autodiscover_people *people = http_service_data(request);
    if (asked->address != NULL)
        return people->of_address(http_mem(request), people->data, asked->address, out);
    TRY(people->of_guid(http_mem(request), people->data, http_principal(request), out));
    if ((*out)->legacy_dn == NULL || !ascii_equal_nocase((*out)->legacy_dn, asked->legacy_dn))
        return status_fail(STATUS_RECIPIENT_NOT_FOUND, "legacy name is not the asker's own");
    return STATUS_OK;
}

static void write_urls(struct xml_writer *w, const struct discovered *found)
{
    xml_element(w, "ASUrl", found->ews_url);
    xml_element(w, "EwsUrl", found->ews_url);
    xml_element(w, "EmwsUrl", found->ews_url);
    xml_element(w, "OOFUrl", found->ews_url);
}

/* [MS-OXDSCLI] 2.2.4.1.1.2.6. EXCH is the inside, EXPR the outside view; here they are the same host. */
static void write_protocol(struct xml_writer *w, const struct discovered *found, const char *type)
{
    bool is_inside = strcmp(type, "EXCH") == 0;
    xml_start(w, "Protocol");
    xml_element(w, "Type", type);
    xml_element(w, "Server", found->host);
    if (is_inside)
        xml_element(w, "ServerVersion", VERSION_POX);
    else
        xml_element(w, "SSL", "On");
    xml_element(w, "AuthPackage", "Basic");
    write_urls(w, found);
    xml_end(w);
}

static void write_web_side(struct xml_writer *w, const struct discovered *found, const char *side, const char *type)
{
    xml_start(w, side);
    xml_start(w, "Protocol");
    xml_element(w, "Type", type);
    xml_element(w, "ASUrl", found->ews_url);
    xml_end(w);
    xml_end(w);
}

static void write_outlook(struct xml_writer *w, const struct discovered *found)
{
    xml_start(w, "Response");
    xml_namespace(w, "", OUTLOOK_RESPONSE);
    xml_start(w, "User");
    xml_element(w, "DisplayName", found->profile->display_name);
    xml_element(w, "LegacyDN", found->profile->legacy_dn);
    xml_element(w, "AutoDiscoverSMTPAddress", found->profile->address);
    xml_element(w, "DeploymentId", found->deployment_id);
    xml_end(w);
    xml_start(w, "Account");
    xml_element(w, "AccountType", "email");
    xml_element(w, "Action", "settings");
    xml_element(w, "MicrosoftOnline", "False");
    write_protocol(w, found, "EXCH");
    write_protocol(w, found, "EXPR");
    xml_start(w, "Protocol");
    xml_element(w, "Type", "WEB");
    write_web_side(w, found, "Internal", "EXCH");
    write_web_side(w, found, "External", "EXPR");
}

/* [MS-ASCMD] 4.2.1.2 */
static void write_mobile(struct xml_writer *w, const struct discovered *found)
{
    xml_start(w, "Response");
    xml_namespace(w, "", MOBILE_RESPONSE);
    xml_element(w, "Culture", "en:us");
    xml_start(w, "User");
    xml_element(w, "DisplayName", found->profile->display_name);
    xml_element(w, "EMailAddress", found->profile->address);
    xml_end(w);
    xml_start(w, "Action");
    xml_start(w, "Settings");
    xml_start(w, "Server");
    xml_element(w, "Type", "MobileSync");
    xml_element(w, "Url", found->activesync_url);
    xml_element(w, "Name", found->activesync_url);
}

static enum status respond_settings(struct http_request *request, const struct user_profile *profile, bool is_mobile)
{
    struct discovered found = { 0 };
    struct buffer *out;
    TRY(discover(request, profile, &found));
    struct xml_writer *w = begin(request, &out);
    if (w == NULL)
        return status_fail(STATUS_NO_MEMORY, "autodiscover");
    if (is_mobile)
        write_mobile(w, &found);
    else
        write_outlook(w, &found);
    return finish(request, w, out);
}

/* "2006a" is today's Outlook schema; some clients still name the first one. */
static bool is_outlook_schema(const char *schema)
{
    return strcmp(schema, OUTLOOK_RESPONSE) == 0 ||
           strcmp(schema, "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006") == 0;
}

enum status pox_handle(struct http_request *request)
{
    struct pox_request asked = { 0 };
    struct user_profile *profile = NULL;
    http_set_header(request, "X-SOAP-Enabled", "True");
    if (strcmp(http_method(request), "POST") != 0 || !parse(request, &asked))
        return respond_error(request, ERROR_INVALID_REQUEST, "Invalid Request");
    bool is_mobile = strcmp(asked.schema, MOBILE_RESPONSE) == 0;
    if (!is_mobile && !is_outlook_schema(asked.schema))
        return respond_error(request, ERROR_NO_PROVIDER, "Provider is not available");
    enum status status = find_person(request, &asked, &profile);
    if (status == STATUS_OK)
        return respond_settings(request, profile, is_mobile);
    if (status_info(status)->fault == FAULT_CLIENT)
        return respond_error(request, ERROR_NO_ADDRESS, "The email address can't be found.");
    if (status_info(status)->fault == FAULT_TEMPORARY)
        return status; /* 503: ask again */
    return respond_error(request, ERROR_INTERNAL, "Internal error");
}
