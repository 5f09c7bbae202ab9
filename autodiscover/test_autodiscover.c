/* All dialects against made-up people, without a server: golden parts of the answers, and every kind of bad request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bourse/autodiscover/autodiscover.h"
#include "bourse/http/offline.h"
#include "bourse/http/xml_reader.h"
#include "settings.h"

#define OUTLOOK "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
#define MOBILE "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
#define RESPONSE "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
#define AUTODISCOVER "http://schemas.microsoft.com/exchange/2010/Autodiscover"

struct fixture {
    TALLOC_CTX *mem;
    struct config *config;
    const struct http_service *services[4];
    size_t count;
};

static enum status of_address(TALLOC_CTX *mem, void *data, const char *address, struct user_profile **out)
{
    (void)data;
    if (strcmp(address, "down@example.test") == 0)
        return status_fail(STATUS_DIRECTORY_UNAVAILABLE, "test");
    if (strcmp(address, "alice@example.test") != 0 && strcmp(address, "alias@example.test") != 0)
        return status_fail(STATUS_RECIPIENT_NOT_FOUND, "test");
    *out = talloc_zero(mem, struct user_profile);
    (*out)->display_name = "Alice <Ä> & Co";
    (*out)->address = "alice@example.test";
    (*out)->legacy_dn = "/o=Bourse/cn=alice";
    return STATUS_OK;
}

static enum status of_guid(TALLOC_CTX *mem, void *data, struct guid guid, struct user_profile **out)
{
    return guid.bytes[0] == 1 ? of_address(mem, data, "alice@example.test", out) : STATUS_RECIPIENT_NOT_FOUND;
}

static int set_up(void **state)
{
    struct fixture *fixture = talloc_zero(NULL, struct fixture);
    const struct autodiscover_people people = { .of_address = of_address, .of_guid = of_guid };
    fixture->mem = fixture;
    fixture->config = config_default(fixture);
    assert_int_equal(config_set(fixture->config, "http.public_url=https://mail.example.test/"), STATUS_OK);
    assert_int_equal(config_set(fixture->config, "server.domains=example.test"), STATUS_OK);
    assert_int_equal(autodiscover_services_with(fixture, &people, fixture->services, 4, &fixture->count), STATUS_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    talloc_free(*state);
    return 0;
}

static struct http_request *ask(struct fixture *fixture, size_t service, const char *method, const char *target,
                                const char *body)
{
    struct guid principal = { .bytes = { 1 } };
    struct http_request *request = offline_request(fixture->mem, fixture->services[service], fixture->config, method,
                                                   target, NULL, slice_of_text(body), principal, "alice");
    assert_non_null(request);
    offline_run(request);
    return request;
}

static const struct xml_node *answer_xml(struct fixture *fixture, struct http_request *request, unsigned status)
{
    struct offline_answer answer = offline_answer(request);
    const struct xml_node *root = NULL;
    assert_int_equal(answer.status, status);
    assert_string_equal(answer.content_type, "text/xml; charset=utf-8");
    assert_int_equal(xml_parse(fixture->mem, answer.body, NULL, &root), STATUS_OK);
    return root;
}

static struct http_request *ask_pox(struct fixture *fixture, const char *kind, const char *inner)
{
    char *body = talloc_asprintf(fixture->mem,
                                 "<?xml version=\"1.0\"?><Autodiscover "
                                 "xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/%s/requestschema/2006\">"
                                 "<Request>%s</Request></Autodiscover>",
                                 kind, inner);
    return ask(fixture, 0, "POST", "/Autodiscover/Autodiscover.xml", body);
}

static const char *pox_error(struct fixture *fixture, struct http_request *request)
{
    const struct xml_node *root = answer_xml(fixture, request, 200);
    const struct xml_node *error = xml_child(xml_child(root, RESPONSE, "Response"), RESPONSE, "Error");
    assert_non_null(error);
    assert_int_equal(strlen(xml_attribute_of(error, "Time")), 8);
    assert_non_null(xml_attribute_of(error, "Id"));
    assert_non_null(xml_child_text(error, RESPONSE, "Message"));
    return xml_child_text(error, RESPONSE, "ErrorCode");
}

#define OUTLOOK_SCHEMA "<AcceptableResponseSchema>" OUTLOOK "</AcceptableResponseSchema>"
#define MOBILE_SCHEMA "<AcceptableResponseSchema>" MOBILE "</AcceptableResponseSchema>"

static void outlook_gets_its_protocols(void **state)
{
    struct fixture *fixture = *state;
    struct http_request *request = ask_pox(fixture, "outlook",
                                           "<EMailAddress> alias@example.test </EMailAddress>" OUTLOOK_SCHEMA);
    const struct xml_node *response = xml_child(answer_xml(fixture, request, 200), OUTLOOK, "Response");
    const struct xml_node *user = xml_child(response, OUTLOOK, "User");
    assert_string_equal(xml_child_text(user, OUTLOOK, "DisplayName"), "Alice <Ä> & Co");
    assert_string_equal(xml_child_text(user, OUTLOOK, "AutoDiscoverSMTPAddress"), "alice@example.test");
    assert_string_equal(xml_child_text(user, OUTLOOK, "LegacyDN"), "/o=Bourse/cn=alice");
    const struct xml_node *account = xml_child(response, OUTLOOK, "Account");
    assert_string_equal(xml_child_text(account, OUTLOOK, "AccountType"), "email");
    assert_string_equal(xml_child_text(account, OUTLOOK, "Action"), "settings");
    static const char *const types[] = { "EXCH", "EXPR", "WEB" };
    const struct xml_node *protocol = xml_child(account, OUTLOOK, "Protocol");
    for (size_t i = 0; i < 3; i++, protocol = xml_next(protocol, OUTLOOK, "Protocol")) {
        assert_string_equal(xml_child_text(protocol, OUTLOOK, "Type"), types[i]);
        if (i == 2)
            continue;
        assert_string_equal(xml_child_text(protocol, OUTLOOK, "Server"), "mail.example.test");
        assert_string_equal(xml_child_text(protocol, OUTLOOK, "EwsUrl"), "https://mail.example.test/EWS/Exchange.asmx");
        assert_string_equal(xml_child_text(protocol, OUTLOOK, "ASUrl"), "https://mail.example.test/EWS/Exchange.asmx");
        assert_string_equal(xml_child_text(protocol, OUTLOOK, "OOFUrl"), "https://mail.example.test/EWS/Exchange.asmx");
    }
    assert_null(protocol);
    assert_string_equal(offline_answer_header(request, "X-SOAP-Enabled"), "True");
}

static void pox_version_is_the_ews_version(void **state)
{
    (void)state;
    char expected[16];
    snprintf(expected, sizeof expected, "%08X",
             7u << 28 | (unsigned)VERSION_MAJOR << 22 | (unsigned)VERSION_MINOR << 16 | 1u << 15 |
                 (unsigned)VERSION_BUILD);
    assert_string_equal(VERSION_POX, expected);
}

static void phones_get_the_activesync_url(void **state)
{
    struct fixture *fixture = *state;
    struct http_request *request = ask_pox(fixture, "mobilesync",
                                           "<EMailAddress>alice@example.test</EMailAddress>" MOBILE_SCHEMA);
    const struct xml_node *response = xml_child(answer_xml(fixture, request, 200), MOBILE, "Response");
    const struct xml_node *server = xml_child(xml_child(xml_child(response, MOBILE, "Action"), MOBILE, "Settings"),
                                              MOBILE, "Server");
    assert_string_equal(xml_child_text(server, MOBILE, "Type"), "MobileSync");
    assert_string_equal(xml_child_text(server, MOBILE, "Url"), "https://mail.example.test/Microsoft-Server-ActiveSync");
    assert_string_equal(xml_child_text(xml_child(response, MOBILE, "User"), MOBILE, "EMailAddress"),
                        "alice@example.test");
}

static void bad_pox_requests_get_typed_errors(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(pox_error(fixture, ask(fixture, 0, "POST", "/autodiscover/autodiscover.xml", "")), "600");
    assert_string_equal(pox_error(fixture, ask(fixture, 0, "POST", "/autodiscover/autodiscover.xml", "<a>")), "600");
    assert_string_equal(
        pox_error(fixture, ask(fixture, 0, "POST", "/autodiscover/autodiscover.xml", "<!DOCTYPE a><a/>")), "600");
    assert_string_equal(
        pox_error(fixture, ask(fixture, 0, "POST", "/autodiscover/autodiscover.xml", "<Autodiscover/>")), "600");
    assert_string_equal(pox_error(fixture, ask(fixture, 0, "GET", "/autodiscover/autodiscover.xml", "")), "600");
    assert_string_equal(pox_error(fixture, ask_pox(fixture, "outlook", OUTLOOK_SCHEMA)), "600");
    assert_string_equal(
        pox_error(fixture, ask_pox(fixture, "outlook", "<EMailAddress> </EMailAddress>" OUTLOOK_SCHEMA)), "600");
    assert_string_equal(
        pox_error(fixture, ask_pox(fixture, "outlook", "<EMailAddress>alice@example.test</EMailAddress>")), "600");
    assert_string_equal(pox_error(fixture, ask_pox(fixture, "outlook",
                                                   "<EMailAddress>nobody@example.test</EMailAddress>" OUTLOOK_SCHEMA)),
                        "500");
    assert_string_equal(pox_error(fixture, ask_pox(fixture, "outlook", "<LegacyDN>/o=Other</LegacyDN>" OUTLOOK_SCHEMA)),
                        "500");
    assert_string_equal(pox_error(fixture, ask_pox(fixture, "outlook",
                                                   "<EMailAddress>alice@example.test</EMailAddress>"
                                                   "<AcceptableResponseSchema>urn:other</AcceptableResponseSchema>")),
                        "601");
    struct http_request *request = ask_pox(fixture, "outlook",
                                           "<EMailAddress>down@example.test</EMailAddress>" OUTLOOK_SCHEMA);
    assert_int_equal(offline_answer(request).status, 503);
}

static void outlook_may_name_its_request_2006a(void **state)
{
    struct fixture *fixture = *state;
    struct http_request *request =
        ask(fixture, 0, "POST", "/autodiscover/autodiscover.xml",
            "<Autodiscover xmlns='http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006a'>"
            "<Request><EMailAddress>alice@example.test</EMailAddress>" OUTLOOK_SCHEMA "</Request></Autodiscover>");
    assert_non_null(xml_child(answer_xml(fixture, request, 200), OUTLOOK, "Response"));
}

static void own_legacy_name_is_enough(void **state)
{
    struct fixture *fixture = *state;
    struct http_request *request = ask_pox(fixture, "outlook",
                                           "<LegacyDN>/O=bourse/cn=ALICE</LegacyDN>" OUTLOOK_SCHEMA);
    assert_non_null(xml_child(answer_xml(fixture, request, 200), OUTLOOK, "Response"));
}

static void json_names_urls(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *target;
        unsigned status;
        const char *body;
    } cases[] = {
        { "/autodiscover/autodiscover.json?Email=a%40b.test&Protocol=ActiveSync", 200,
          "{\"Protocol\":\"ActiveSync\",\"Url\":\"https://mail.example.test/Microsoft-Server-ActiveSync\"}" },
        { "/autodiscover/autodiscover.json/v1.0/a%40b.test?Protocol=ews&RedirectCount=1", 200,
          "{\"Protocol\":\"Ews\",\"Url\":\"https://mail.example.test/EWS/Exchange.asmx\"}" },
        { "/Autodiscover/Autodiscover.JSON/v1.0/a@b.test?protocol=Autodiscoverv1", 200,
          "{\"Protocol\":\"AutodiscoverV1\",\"Url\":\"https://mail.example.test/autodiscover/autodiscover.xml\"}" },
        { "/autodiscover/autodiscover.json/v1.0/a@b.test?Protocol=Rest", 400,
          "{\"ErrorCode\":\"InvalidProtocol\",\"ErrorMessage\":\"The given protocol value 'Rest' is invalid. Supported "
          "values are "
          "'ActiveSync,Ews,AutodiscoverV1'.\"}" },
        { "/autodiscover/autodiscover.json/v1.0/a@b.test?Protocol=%3Cb%3E%22%5C%0A", 400,
          "{\"ErrorCode\":\"InvalidProtocol\",\"ErrorMessage\":\"The given protocol value 'b' is invalid. Supported "
          "values are "
          "'ActiveSync,Ews,AutodiscoverV1'.\"}" },
        { "/autodiscover/autodiscover.json/v1.0/a@b.test", 400,
          "{\"ErrorCode\":\"MandatoryParameterMissing\",\"ErrorMessage\":\"A valid value must be provided for the "
          "query parameter 'Protocol'.\"}" },
        { "/autodiscover/autodiscover.json?Protocol=Ews", 400,
          "{\"ErrorCode\":\"MandatoryParameterMissing\",\"ErrorMessage\":\"A valid value must be provided for the "
          "query parameter 'Email'.\"}" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct offline_answer answer = offline_answer(ask(fixture, 2, "GET", cases[i].target, ""));
        assert_int_equal(answer.status, cases[i].status);
        assert_string_equal(slice_text(fixture->mem, answer.body), cases[i].body);
    }
}

static struct http_request *ask_soap(struct fixture *fixture, const char *message, const char *inner)
{
    char *body = talloc_asprintf(
        fixture->mem,
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:a='" AUTODISCOVER "'><s:Header>"
        "<a:RequestedServerVersion>Exchange2013</a:RequestedServerVersion></s:Header><s:Body><a:%s><a:Request>%s"
        "</a:Request></a:%s></s:Body></s:Envelope>",
        message, inner, message);
    return ask(fixture, 1, "POST", "/autodiscover/autodiscover.svc", body);
}

static const struct xml_node *soap_response(struct fixture *fixture, struct http_request *request, const char *element)
{
    static const char soap[] = "http://schemas.xmlsoap.org/soap/envelope/";
    const struct xml_node *root = answer_xml(fixture, request, 200);
    const struct xml_node *version = xml_child(xml_child(root, soap, "Header"), AUTODISCOVER, "ServerVersionInfo");
    assert_string_equal(xml_child_text(version, AUTODISCOVER, "MajorVersion"), "15");
    return xml_child(xml_child(xml_child(root, soap, "Body"), AUTODISCOVER, element), AUTODISCOVER, "Response");
}

#define SETTINGS                                                                                                       \
    "<a:RequestedSettings><a:Setting>ExternalEwsUrl</a:Setting><a:Setting>Nonsense</"                                  \
    "a:Setting><a:Setting>UserDisplayName</a:Setting></a:RequestedSettings>"

static void soap_gives_user_settings(void **state)
{
    struct fixture *fixture = *state;
    const struct xml_node *response = soap_response(
        fixture,
        ask_soap(fixture, "GetUserSettingsRequestMessage",
                 "<a:Users><a:User><a:Mailbox>alice@example.test</a:Mailbox></"
                 "a:User><a:User><a:Mailbox>nobody@example.test</a:Mailbox></a:User></a:Users>" SETTINGS),
        "GetUserSettingsResponseMessage");
    assert_string_equal(xml_child_text(response, AUTODISCOVER, "ErrorCode"), "NoError");
    const struct xml_node *user = xml_child(xml_child(response, AUTODISCOVER, "UserResponses"), AUTODISCOVER,
                                            "UserResponse");
    assert_string_equal(xml_child_text(user, AUTODISCOVER, "ErrorCode"), "NoError");
    const struct xml_node *error = xml_child(xml_child(user, AUTODISCOVER, "UserSettingErrors"), AUTODISCOVER,
                                             "UserSettingError");
    assert_string_equal(xml_child_text(error, AUTODISCOVER, "SettingName"), "Nonsense");
    const struct xml_node *setting = xml_child(xml_child(user, AUTODISCOVER, "UserSettings"), AUTODISCOVER,
                                               "UserSetting");
    assert_string_equal(xml_attribute_ns(setting, "http://www.w3.org/2001/XMLSchema-instance", "type"),
                        "StringSetting");
    assert_string_equal(xml_child_text(setting, AUTODISCOVER, "Name"), "ExternalEwsUrl");
    assert_string_equal(xml_child_text(setting, AUTODISCOVER, "Value"), "https://mail.example.test/EWS/Exchange.asmx");
    setting = xml_next(setting, AUTODISCOVER, "UserSetting");
    assert_string_equal(xml_child_text(setting, AUTODISCOVER, "Value"), "Alice <Ä> & Co");
    user = xml_next(user, AUTODISCOVER, "UserResponse");
    assert_string_equal(xml_child_text(user, AUTODISCOVER, "ErrorCode"), "InvalidUser");
    assert_null(xml_next(user, AUTODISCOVER, "UserResponse"));
}

static void soap_gives_domain_settings(void **state)
{
    struct fixture *fixture = *state;
    const struct xml_node *response = soap_response(
        fixture,
        ask_soap(fixture, "GetDomainSettingsRequestMessage",
                 "<a:Domains><a:Domain>EXAMPLE.test</a:Domain><a:Domain>other.test</a:Domain></a:Domains>" SETTINGS),
        "GetDomainSettingsResponseMessage");
    const struct xml_node *domain = xml_child(xml_child(response, AUTODISCOVER, "DomainResponses"), AUTODISCOVER,
                                              "DomainResponse");
    assert_string_equal(xml_child_text(domain, AUTODISCOVER, "ErrorCode"), "NoError");
    assert_int_equal(xml_child_count(xml_child(domain, AUTODISCOVER, "DomainSettings")), 1);
    assert_int_equal(xml_child_count(xml_child(domain, AUTODISCOVER, "DomainSettingErrors")), 2);
    domain = xml_next(domain, AUTODISCOVER, "DomainResponse");
    assert_string_equal(xml_child_text(domain, AUTODISCOVER, "ErrorCode"), "InvalidDomain");
}

static void soap_refuses_in_kind(void **state)
{
    struct fixture *fixture = *state;
    const struct xml_node *response = soap_response(
        fixture, ask_soap(fixture, "GetUserSettingsRequestMessage", "<a:Users/>"), "GetUserSettingsResponseMessage");
    assert_string_equal(xml_child_text(response, AUTODISCOVER, "ErrorCode"), "InvalidRequest");
    static const char *const bodies[] = { "", "<a/>",
                                          "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>" };
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++)
        assert_non_null(answer_xml(fixture, ask(fixture, 1, "POST", "/autodiscover/autodiscover.svc", bodies[i]), 500));
    assert_non_null(answer_xml(fixture, ask_soap(fixture, "GetFederationInformationRequestMessage", ""), 500));
    assert_non_null(answer_xml(fixture, ask(fixture, 1, "GET", "/autodiscover/autodiscover.svc", ""), 500));
}

static void services_need_room(void **state)
{
    struct fixture *fixture = *state;
    const struct autodiscover_people people = { .of_address = of_address, .of_guid = of_guid };
    const struct http_service *few[2];
    size_t count = 9;
    assert_int_equal(autodiscover_services_with(fixture, &people, few, 2, &count), STATUS_LIMIT_EXCEEDED);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(outlook_gets_its_protocols, set_up, tear_down),
        cmocka_unit_test(pox_version_is_the_ews_version),
        cmocka_unit_test_setup_teardown(phones_get_the_activesync_url, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_pox_requests_get_typed_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outlook_may_name_its_request_2006a, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_legacy_name_is_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_names_urls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(soap_gives_user_settings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(soap_gives_domain_settings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(soap_refuses_in_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(services_need_room, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
