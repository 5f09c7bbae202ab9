#include "vcard_form.h"

#include "bourse/model/bag.h"

static const struct vcard_row rows[] = {
#define VCARD_ROW(name, types, tag, form) { name, types, (prop_tag)(tag), VCARD_##form },
#include "vcard_properties.def"
#undef VCARD_ROW
};

static const prop_tag name_parts[] = { PROP_SURNAME, PROP_GIVEN_NAME, PROP_MIDDLE_NAME, PROP_DISPLAY_NAME_PREFIX, PROP_GENERATION };
static const prop_tag organization_parts[] = { PROP_COMPANY_NAME, PROP_DEPARTMENT_NAME };
static const prop_tag home_parts[] = { PROP_HOME_ADDRESS_POST_OFFICE_BOX, 0, PROP_HOME_ADDRESS_STREET, PROP_HOME_ADDRESS_CITY, PROP_HOME_ADDRESS_STATE_OR_PROVINCE,
                                       PROP_HOME_ADDRESS_POSTAL_CODE, PROP_HOME_ADDRESS_COUNTRY };
static const prop_tag work_parts[] = { PROP_WORK_ADDRESS_POST_OFFICE_BOX, PROP_OFFICE_LOCATION, PROP_WORK_ADDRESS_STREET, PROP_WORK_ADDRESS_CITY, PROP_WORK_ADDRESS_STATE,
                                       PROP_WORK_ADDRESS_POSTAL_CODE, PROP_WORK_ADDRESS_COUNTRY };
static const prop_tag other_parts[] = { PROP_OTHER_ADDRESS_POST_OFFICE_BOX, 0, PROP_OTHER_ADDRESS_STREET, PROP_OTHER_ADDRESS_CITY, PROP_OTHER_ADDRESS_STATE_OR_PROVINCE,
                                        PROP_OTHER_ADDRESS_POSTAL_CODE, PROP_OTHER_ADDRESS_COUNTRY };

static const struct {
    prop_tag tag; /* of the row */
    const prop_tag *parts;
    size_t count;
} composites[] = {
    { PROP_SURNAME, name_parts, ARRAY_LENGTH(name_parts) },
    { PROP_COMPANY_NAME, organization_parts, ARRAY_LENGTH(organization_parts) },
    { PROP_HOME_ADDRESS_STREET, home_parts, ARRAY_LENGTH(home_parts) },
    { PROP_WORK_ADDRESS_STREET, work_parts, ARRAY_LENGTH(work_parts) },
    { PROP_OTHER_ADDRESS_STREET, other_parts, ARRAY_LENGTH(other_parts) },
};

size_t vcard_row_count(void)
{
    return ARRAY_LENGTH(rows);
}

const struct vcard_row *vcard_row_at(size_t index)
{
    return &rows[index];
}

size_t vcard_parts(const struct vcard_row *row, const prop_tag **tags)
{
    for (size_t i = 0; i < ARRAY_LENGTH(composites); i++) {
        if (composites[i].tag == row->tag) {
            *tags = composites[i].parts;
            return composites[i].count;
        }
    }
    *tags = &row->tag;
    return 1;
}

bool vcard_has_type(const struct text_line *line, const char *type)
{
    struct slice rest = line->params, name, value, word;
    while (param_next(&rest, &name, &value)) {
        if (name.length != 0 && !slice_equal_ascii_nocase(name, slice_of_text("TYPE")))
            continue;
        if (value.length >= 2 && value.data[0] == '"') /* TYPE="home,fax" */
            value = slice_part(value, 1, value.length - 2);
        while (list_next(&value, ',', &word)) {
            if (slice_equal_ascii_nocase(slice_trim(word), slice_of_text(type)))
                return true;
        }
    }
    return false;
}

static bool has_types(const struct text_line *line, const char *types)
{
    struct slice rest = slice_of_text(types), word;
    while (rest.length > 0 && list_next(&rest, ' ', &word)) {
        char type[32];
        size_t length = word.length < sizeof type ? word.length : sizeof type - 1;
        memcpy(type, word.data, length);
        type[length] = '\0';
        if (!vcard_has_type(line, type))
            return false;
    }
    return true;
}

static bool is_free(const struct vcard_row *row, const struct bag *props)
{
    const prop_tag *tags;
    size_t count = vcard_parts(row, &tags);
    bool repeats = row->form == VCARD_WORDS || row->form == VCARD_LINES || row->form == VCARD_PHOTO;
    for (size_t i = 0; !repeats && i < count; i++) {
        if (tags[i] != 0 && bag_has(props, tags[i]))
            return false;
    }
    return true;
}

const struct vcard_row *vcard_row_for(const struct text_line *line, const struct bag *props)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        if (line_is(line, rows[i].name) && has_types(line, rows[i].types) && is_free(&rows[i], props))
            return &rows[i];
    }
    return NULL;
}
