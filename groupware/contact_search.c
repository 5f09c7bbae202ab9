#include "contact_search.h"

#include "bourse/groupware/find.h"
#include "bourse/model/properties.h"

/* Which properties of a contact a name is looked for in [MS-OXOCNTC] 2.2.1. */
static const prop_tag searched[] = {
    PROP_DISPLAY_NAME, PROP_GIVEN_NAME, PROP_SURNAME, PROP_SUBJECT, PROP_COMPANY_NAME, PROP_EMAIL1_EMAIL_ADDRESS, PROP_EMAIL2_EMAIL_ADDRESS,
    PROP_EMAIL3_EMAIL_ADDRESS,
};

static enum status prefix_of_any(TALLOC_CTX *mem, const char *text, struct restriction **out)
{
    *out = restriction_new(mem, RESTRICT_OR);
    if (*out == NULL)
        return status_fail(STATUS_NO_MEMORY, "restriction");
    for (size_t i = 0; i < ARRAY_LENGTH(searched); i++) {
        struct restriction *one = restriction_new(*out, RESTRICT_CONTENT);
        if (one == NULL)
            return status_fail(STATUS_NO_MEMORY, "restriction");
        one->tag = searched[i];
        one->fuzzy = FUZZY_PREFIX | FUZZY_IGNORE_CASE;
        one->value = value_string(searched[i], text);
        TRY(restriction_add_child(*out, one));
    }
    return STATUS_OK;
}

static struct person person_of_contact(const struct item *item)
{
    const struct bag *props = item->message->props;
    return (struct person){
        .kind = PERSON_STORE_CONTACT,
        .display_name = bag_string(props, PROP_DISPLAY_NAME, bag_string(props, PROP_SUBJECT, "")),
        .address = bag_string(props, PROP_EMAIL1_EMAIL_ADDRESS, ""),
        .legacy_dn = "",
        .given_name = bag_string(props, PROP_GIVEN_NAME, ""),
        .surname = bag_string(props, PROP_SURNAME, ""),
        .initials = bag_string(props, PROP_INITIALS, ""),
        .title = bag_string(props, PROP_TITLE, ""),
        .department = bag_string(props, PROP_DEPARTMENT_NAME, ""),
        .company = bag_string(props, PROP_COMPANY_NAME, ""),
        .office = bag_string(props, PROP_OFFICE_LOCATION, ""),
        .manager = bag_string(props, PROP_MANAGER_NAME, ""),
        .business_phone = bag_string(props, PROP_BUSINESS_TELEPHONE_NUMBER, ""),
        .mobile_phone = bag_string(props, PROP_MOBILE_TELEPHONE_NUMBER, ""),
        .home_phone = bag_string(props, PROP_HOME_TELEPHONE_NUMBER, ""),
        .fax = bag_string(props, PROP_BUSINESS_FAX_NUMBER, ""),
        .street = bag_string(props, PROP_STREET_ADDRESS, ""),
        .city = bag_string(props, PROP_LOCALITY, ""),
        .state = bag_string(props, PROP_STATE_OR_PROVINCE, ""),
        .postal_code = bag_string(props, PROP_POSTAL_CODE, ""),
        .country = bag_string(props, PROP_COUNTRY, ""),
        .notes = "",
        .contact = item->id,
    };
}

enum status contact_search(TALLOC_CTX *mem, struct session *session, const char *text, size_t limit, struct person *people, size_t *count,
                           bool *more)
{
    struct object_id contacts;
    struct restriction *restriction = NULL;
    struct item_page *page = NULL;
    TRY(folder_id_of_role(session, session_mailbox(session), FOLDER_ROLE_CONTACTS, &contacts));
    TRY(prefix_of_any(mem, text, &restriction));
    struct find_query query = { .restriction = restriction, .limit = limit - *count, .parts = ITEM_PROPERTIES };
    TRY(item_find(mem, session, &contacts, &query, &page));
    for (size_t i = 0; i < page->count && *count < limit; i++)
        people[(*count)++] = person_of_contact(page->items[i]);
    *more = *more || !page->includes_last;
    return STATUS_OK;
}
