/* Contacts [MS-OXOCNTC]: names, file-as, addresses, dates and the picture flag follow from what the client says. */
#include "birthday.h"
#include "bourse/base/memory.h"
#include "bourse/base/text.h"
#include "bourse/calendar/time_zone.h"
#include "bourse/model/properties.h"
#include "contact_derive.h"
#include "contact_name.h"
#include "item_defaults.h"

/* [MS-OXOCNTC] 2.2.1.7: icon of a contact; a date of birth is kept at 11:59 UTC of its day 2.2.1.5.1. */
enum { CONTACT_ICON = 0x200 };
#define DATE_TIME_OF_DAY (INSTANT_PER_DAY / 2 - INSTANT_PER_MINUTE)

static const prop_tag name_tags[] = {
    PROP_DISPLAY_NAME_PREFIX, PROP_GIVEN_NAME, PROP_MIDDLE_NAME, PROP_SURNAME, PROP_GENERATION, PROP_COMPANY_NAME, PROP_DISPLAY_NAME,
};

/* What names somebody who has no name: company, then an address. */
static const char *stand_in(const struct bag *props)
{
    static const prop_tag tags[] = { PROP_COMPANY_NAME, PROP_EMAIL1_EMAIL_ADDRESS, PROP_EMAIL2_EMAIL_ADDRESS, PROP_EMAIL3_EMAIL_ADDRESS,
                                     PROP_NICKNAME, PROP_MOBILE_TELEPHONE_NUMBER, PROP_BUSINESS_TELEPHONE_NUMBER, PROP_HOME_TELEPHONE_NUMBER };
    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++)
        if (bag_text(props, tags[i]).length > 0)
            return bag_string(props, tags[i], "");
    return "";
}

/* The display name was made from the parts (or there was none): it goes on following them. */
static bool display_follows(TALLOC_CTX *mem, const struct bag *before)
{
    if (before == NULL || bag_text(before, PROP_DISPLAY_NAME).length == 0)
        return true;
    char *old = contact_full_name(mem, before);
    const char *shown = bag_string(before, PROP_DISPLAY_NAME, "");
    bool follows = old != NULL && (strcmp(old, shown) == 0 || (old[0] == '\0' && strcmp(stand_in(before), shown) == 0));
    talloc_free(old);
    return follows;
}

static enum status derive_display_name(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    bool is_chosen = derive_changed(message, context, PROP_DISPLAY_NAME) && bag_text(props, PROP_DISPLAY_NAME).length > 0;
    if (is_chosen || !display_follows(message, context->before))
        return STATUS_OK;
    char *name = contact_full_name(message, props);
    if (name != NULL && name[0] == '\0') {
        talloc_free(name);
        name = talloc_strdup(message, stand_in(props));
    }
    enum status status = name != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "display name");
    if (status == STATUS_OK && name[0] != '\0')
        status = bag_set_string(props, PROP_DISPLAY_NAME, name);
    talloc_free(name);
    return status;
}

/* Which format PidLidFileUnder is made with; FILE_AS_OWN_TEXT: the client's text stays. */
static int32_t file_as_format(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    bool sets_text = derive_changed(message, context, PROP_FILE_UNDER), sets_id = derive_changed(message, context, PROP_FILE_UNDER_ID);
    int32_t id = bag_int32(props, PROP_FILE_UNDER_ID, FILE_AS_USER_DEFAULT);
    if (sets_text && !sets_id)
        return bag_text(props, PROP_FILE_UNDER).length > 0 ? FILE_AS_OWN_TEXT : FILE_AS_LAST_FIRST;
    if (id == FILE_AS_FIND_MATCH)
        return contact_file_as_match(message, props);
    bool is_own = id == FILE_AS_OWN_TEXT && bag_text(props, PROP_FILE_UNDER).length > 0;
    return is_own ? FILE_AS_OWN_TEXT : id == FILE_AS_USER_DEFAULT || id == FILE_AS_OWN_TEXT ? FILE_AS_LAST_FIRST : id;
}

static enum status derive_file_as(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    int32_t format = file_as_format(message, context);
    TRY(bag_set_int32(props, PROP_FILE_UNDER_ID, format));
    if (format == FILE_AS_OWN_TEXT)
        return STATUS_OK;
    bool is_due = bag_text(props, PROP_FILE_UNDER).length == 0 || derive_changed(message, context, PROP_FILE_UNDER_ID) ||
                  derive_changed_any(message, context, name_tags, ARRAY_LENGTH(name_tags)) || derive_changed(message, context, PROP_FILE_UNDER);
    char *text = is_due ? contact_file_as(message, props, format) : NULL;
    if (text == NULL) /* nothing to do, or a format of the client's own that nobody here knows */
        return STATUS_OK;
    enum status status = bag_set_string(props, PROP_FILE_UNDER, text[0] != '\0' || format == FILE_AS_EMPTY ? text : bag_string(props, PROP_DISPLAY_NAME, ""));
    talloc_free(text);
    return status;
}

/* A contact's subject is its name [MS-OXOCNTC] 2.2.1.10.1, unless the client wants another. */
static enum status derive_subject(struct message *message, const struct derive_context *context)
{
    struct bag *props = message->props;
    const struct bag *before = context->before;
    bool follows = before == NULL || slice_equal(bag_text(before, PROP_SUBJECT), bag_text(before, PROP_DISPLAY_NAME));
    bool is_chosen = derive_changed(message, context, PROP_SUBJECT) && bag_text(props, PROP_SUBJECT).length > 0;
    if (is_chosen || (!follows && bag_text(props, PROP_SUBJECT).length > 0) || bag_text(props, PROP_DISPLAY_NAME).length == 0)
        return STATUS_OK;
    char *name = talloc_strdup(message, bag_string(props, PROP_DISPLAY_NAME, ""));
    if (name == NULL)
        return status_fail(STATUS_NO_MEMORY, "subject");
    TRY(bag_set_string(props, PROP_SUBJECT, name));
    talloc_free(name);
    return item_derive_subject(message);
}

/* The day that an instant means: clients write midnight of their zone, or 11:59 UTC. */
static instant day_of(instant when)
{
    return local_midnight(when + INSTANT_PER_DAY / 2);
}

/* [MS-OXOCNTC] 2.2.1.5: the date at 11:59 UTC, and the same date without a zone. */
static enum status derive_date(struct message *message, const struct derive_context *context, prop_tag utc, prop_tag local)
{
    struct bag *props = message->props;
    bool sets_utc = derive_changed(message, context, utc), sets_local = derive_changed(message, context, local);
    if (!sets_utc && !sets_local)
        return STATUS_OK;
    if ((sets_utc && !bag_has(props, utc)) || (sets_local && !sets_utc && !bag_has(props, local))) {
        bag_remove(props, utc);
        bag_remove(props, local);
        return STATUS_OK;
    }
    instant day = sets_local && bag_has(props, local) ? local_midnight(bag_time(props, local, 0)) : day_of(bag_time(props, utc, 0));
    TRY(bag_set_time(props, local, day));
    return bag_set_time(props, utc, day + DATE_TIME_OF_DAY);
}

static bool has_photo(const struct message *message)
{
    for (size_t i = 0; i < message->attachment_count; i++)
        if (bag_bool(message->attachments[i].props, PROP_ATTACHMENT_CONTACT_PHOTO, false))
            return true;
    return false;
}

enum status derive_contact(struct message *message, struct derive_context *context)
{
    struct bag *props = message->props;
    TRY(derive_display_name(message, context));
    TRY(derive_file_as(message, context));
    TRY(derive_subject(message, context));
    TRY(contact_derive_email(message, context));
    TRY(contact_derive_addresses(message, context));
    TRY(derive_date(message, context, PROP_BIRTHDAY, PROP_BIRTHDAY_LOCAL));
    TRY(derive_date(message, context, PROP_WEDDING_ANNIVERSARY, PROP_WEDDING_ANNIVERSARY_LOCAL));
    TRY(bag_set_bool(props, PROP_HAS_PICTURE, has_photo(message)));
    TRY(birthday_derive(message, context));
    return bag_has(props, PROP_ICON_INDEX) ? STATUS_OK : bag_set_int32(props, PROP_ICON_INDEX, CONTACT_ICON);
}
