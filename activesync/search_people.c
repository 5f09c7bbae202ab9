/* Entries of the address book as Search and Find show them [MS-ASCMD] 2.2.3.139. */
#include "search.h"

enum { PICTURE_OK = 1, PICTURE_NONE = 173, PICTURE_TOO_LARGE = 174, PICTURE_LIMIT = 175 };

void eas_picture_options_read(const struct wbxml_node *picture, eas_tag max_size, eas_tag max_pictures, struct eas_picture_options *out)
{
    int64_t size = UINT32_MAX, most = UINT32_MAX;
    (void)wbxml_child_number(picture, max_size, 0, UINT32_MAX, &size);
    (void)wbxml_child_number(picture, max_pictures, 0, UINT32_MAX, &most);
    *out = (struct eas_picture_options){ .wanted = picture != NULL, .size = (uint32_t)size, .left = (uint32_t)most };
}

enum status eas_picture_write(struct eas_call *call, const char *address, struct eas_picture_options *options, const eas_tag tags[3])
{
    struct slice photo = { 0 };
    if (!options->wanted)
        return STATUS_OK;
    enum status status = *address != '\0' ? people_photo(call->mem, call->session, address, &photo) : STATUS_OK;
    if (status != STATUS_OK && status_info(status)->fault != FAULT_CLIENT)
        return status;
    int result = photo.length == 0 ? PICTURE_NONE : photo.length > options->size ? PICTURE_TOO_LARGE : options->left == 0 ? PICTURE_LIMIT : PICTURE_OK;
    wbxml_start(call->out, tags[0]);
    wbxml_element_int(call->out, tags[1], result);
    if (result == PICTURE_OK) {
        options->left--;
        wbxml_element_bytes(call->out, tags[2], photo);
    }
    wbxml_end(call->out);
    return STATUS_OK;
}

static const char *or_none(const char *text)
{
    return *text != '\0' ? text : NULL;
}

enum status eas_person_write(struct eas_call *call, const struct person *person, struct eas_picture_options *pictures)
{
    static const eas_tag picture_tags[] = { Gal_Picture, Gal_Status, Gal_Data };
    const char *at = strchr(person->address, '@');
    const struct {
        eas_tag tag;
        const char *text;
    } rows[] = {
        { Gal_DisplayName, person->display_name }, { Gal_Phone, person->business_phone }, { Gal_Office, person->office }, { Gal_Title, person->title },
        { Gal_Company, person->company }, { Gal_Alias, at != NULL ? talloc_strndup(call->mem, person->address, (size_t)(at - person->address)) : "" },
        { Gal_FirstName, person->given_name }, { Gal_LastName, person->surname }, { Gal_HomePhone, person->home_phone },
        { Gal_MobilePhone, person->mobile_phone }, { Gal_EmailAddress, person->address },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (rows[i].text != NULL)
            wbxml_element(call->out, rows[i].tag, or_none(rows[i].text));
    return eas_picture_write(call, person->address, pictures, picture_tags);
}
