/* Kinds that set one property from a text. The schema check has seen to booleans, integers and words already; times may still be out of range. */
#include <stdlib.h>

#include "bourse/base/text.h"
#include "input.h"
#include "request_check.h"

static struct bag *props(struct draft *draft)
{
    return draft->message->props;
}

static enum status bad_value(struct draft *draft, const struct field *field, const char *text)
{
    return ews_fail(draft->call, EWS_CODE_PROPERTY_VALUE, "%s = %.60s", field->uri, text);
}

enum status in_text(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    return bag_set_string(props(draft), field->tag, xml_text_of(node));
}

static enum status read_bool(struct draft *draft, const struct field *field, const struct xml_node *node, bool *out)
{
    return request_parse_bool(xml_text_of(node), out) ? STATUS_OK : bad_value(draft, field, xml_text_of(node));
}

enum status in_bool(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    bool value;
    TRY(read_bool(draft, field, node, &value));
    return bag_set_bool(props(draft), field->tag, value);
}

enum status in_not_bool(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    bool value;
    TRY(read_bool(draft, field, node, &value));
    return bag_set_bool(props(draft), field->tag, !value);
}

enum status in_int(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    int64_t value;
    if (!request_parse_int(xml_text_of(node), &value) || value < INT32_MIN || value > INT32_MAX)
        return bad_value(draft, field, xml_text_of(node));
    return bag_set_int32(props(draft), field->tag, (int32_t)value);
}

static enum status read_time(struct draft *draft, const struct field *field, const struct xml_node *node, instant *out)
{
    return instant_parse(xml_text_of(node), out) ? STATUS_OK : bad_value(draft, field, xml_text_of(node));
}

enum status in_time(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    instant when;
    TRY(read_time(draft, field, node, &when));
    return bag_set_time(props(draft), field->tag, when);
}

enum status in_binary(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    struct slice bytes;
    if (base64_decode(draft, node->text, &bytes) != STATUS_OK)
        return bad_value(draft, field, "no base64");
    return bag_set_bytes(props(draft), field->tag, bytes);
}

enum status in_texts(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    const char **texts = talloc_array(draft, const char *, ROOM(xml_child_count(node)));
    size_t count = 0;
    if (texts == NULL)
        return status_fail(STATUS_NO_MEMORY, "texts");
    for (const struct xml_node *text = node->child; text != NULL; text = text->next)
        if (text->text.length > 0)
            texts[count++] = xml_text_of(text);
    return count > 0 ? bag_set_strings(props(draft), field->tag, texts, count) : draft_remove(draft, field->tag);
}

enum status in_enum(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    int32_t number;
    struct slice word = slice_trim(node->text);
    char *text = slice_text(draft, word);
    if (text == NULL || !enum_number(field->kind, text, &number))
        return bad_value(draft, field, xml_text_of(node));
    return bag_set_int32(props(draft), field->tag, number);
}

enum status in_retention_tag(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    struct guid guid;
    if (guid_parse(xml_text_of(node), &guid) != STATUS_OK)
        return ews_fail(draft->call, EWS_CODE_RETENTION_TAG, "%s", field->uri);
    return bag_set_bytes(props(draft), field->tag, slice_of(guid.bytes, sizeof guid.bytes));
}

enum status in_culture(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    static const struct {
        int32_t lcid;
        const char *name;
    } cultures[] = {
#define CULTURE(lcid, name) { lcid, name },
#include "cultures.def"
#undef CULTURE
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cultures); i++)
        if (ascii_equal_nocase(cultures[i].name, xml_text_of(node)))
            return bag_set_int32(props(draft), field->tag, cultures[i].lcid);
    return STATUS_OK; /* a language without a number is no reason to lose the item */
}

/* Status, share and date of completion depend on each other [MS-OXOTASK] 2.2.2.2.2, 2.2.2.2.3, 2.2.2.2.9. */
static enum status set_completion(struct draft *draft, int32_t status, double part)
{
    struct value percent = { .tag = PROP_PERCENT_COMPLETE, .float64 = part };
    TRY(bag_set_int32(props(draft), PROP_TASK_STATUS, status));
    TRY(bag_set(props(draft), &percent));
    TRY(bag_set_bool(props(draft), PROP_TASK_COMPLETE, status == 2));
    if (status != 2)
        return draft_remove(draft, PROP_TASK_DATE_COMPLETED);
    return bag_has(props(draft), PROP_TASK_DATE_COMPLETED) ? STATUS_OK : bag_set_time(props(draft), PROP_TASK_DATE_COMPLETED, clock_now());
}

enum status in_task_status(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    int32_t number;
    if (!enum_number(field->kind, xml_text_of(node), &number))
        return bad_value(draft, field, xml_text_of(node));
    return set_completion(draft, number, number == 2 ? 1.0 : 0.0);
}

enum status in_task_percent(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    char *end;
    double percent = strtod(xml_text_of(node), &end);
    if (*end != '\0' || !(percent >= 0 && percent <= 100))
        return ews_fail(draft->call, EWS_CODE_PERCENT_COMPLETE, "%s = %.20s", field->uri, xml_text_of(node));
    return set_completion(draft, percent >= 100 ? 2 : percent > 0 ? 1 : 0, percent / 100);
}

enum status in_task_complete_date(struct draft *draft, const struct field *field, const struct xml_node *node)
{
    instant when;
    TRY(read_time(draft, field, node, &when));
    if (when > clock_now() + INSTANT_PER_DAY)
        return ews_fail(draft->call, EWS_CODE_COMPLETE_DATE, "%s", xml_text_of(node));
    TRY(set_completion(draft, 2, 1.0));
    return bag_set_time(props(draft), PROP_TASK_DATE_COMPLETED, when);
}
