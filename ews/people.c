#include "people.h"

#include "output.h"

static const char *mailbox_type(enum person_kind kind)
{
    switch (kind) {
    case PERSON_GROUP: return "PublicDL";
    case PERSON_CONTACT: case PERSON_STORE_CONTACT: return "Contact";
    case PERSON_ONE_OFF: return "OneOff";
    default: return "Mailbox";
    }
}

void person_write_mailbox(struct ews_call *call, const struct person *person)
{
    xml_start(call->out, "t:Mailbox");
    if (person->display_name[0] != '\0')
        xml_element(call->out, "t:Name", person->display_name);
    if (person->address[0] != '\0') {
        xml_element(call->out, "t:EmailAddress", person->address);
        xml_element(call->out, "t:RoutingType", "SMTP");
    }
    xml_element(call->out, "t:MailboxType", mailbox_type(person->kind));
    if (person->kind == PERSON_STORE_CONTACT)
        output_item_id(call, "t:ItemId", &person->contact, 1);
    xml_end(call->out);
}

static void text(struct ews_call *call, const char *element, const char *value)
{
    if (value[0] != '\0')
        xml_element(call->out, element, value);
}

static void entry(struct ews_call *call, const char *key, const char *value)
{
    if (value[0] == '\0')
        return;
    xml_start(call->out, "t:Entry");
    xml_attribute(call->out, "Key", key);
    xml_text(call->out, value);
    xml_end(call->out);
}

static void write_phones(struct ews_call *call, const struct person *person)
{
    if (person->fax[0] == '\0' && person->business_phone[0] == '\0' && person->home_phone[0] == '\0' && person->mobile_phone[0] == '\0')
        return;
    xml_start(call->out, "t:PhoneNumbers");
    entry(call, "BusinessFax", person->fax);
    entry(call, "BusinessPhone", person->business_phone);
    entry(call, "HomePhone", person->home_phone);
    entry(call, "MobilePhone", person->mobile_phone);
    xml_end(call->out);
}

static void write_address(struct ews_call *call, const struct person *person)
{
    if (person->street[0] == '\0' && person->city[0] == '\0' && person->state[0] == '\0' && person->country[0] == '\0' && person->postal_code[0] == '\0')
        return;
    xml_start(call->out, "t:PhysicalAddresses");
    xml_start(call->out, "t:Entry");
    xml_attribute(call->out, "Key", "Business");
    text(call, "t:Street", person->street);
    text(call, "t:City", person->city);
    text(call, "t:State", person->state);
    text(call, "t:CountryOrRegion", person->country);
    text(call, "t:PostalCode", person->postal_code);
    xml_end(call->out);
    xml_end(call->out);
}

void person_write_contact(struct ews_call *call, const struct person *person)
{
    xml_start(call->out, "t:Contact");
    text(call, "t:DisplayName", person->display_name);
    text(call, "t:GivenName", person->given_name);
    text(call, "t:Initials", person->initials);
    text(call, "t:CompanyName", person->company);
    if (person->address[0] != '\0') {
        xml_start(call->out, "t:EmailAddresses");
        entry(call, "EmailAddress1", person->address);
        xml_end(call->out);
    }
    write_address(call, person);
    write_phones(call, person);
    xml_element(call->out, "t:ContactSource", person->kind == PERSON_STORE_CONTACT ? "Store" : "ActiveDirectory");
    text(call, "t:Department", person->department);
    text(call, "t:JobTitle", person->title);
    text(call, "t:Manager", person->manager);
    text(call, "t:OfficeLocation", person->office);
    text(call, "t:Surname", person->surname);
    xml_end(call->out);
}
