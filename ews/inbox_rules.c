#include "inbox_rules.h"

#include "fields.h"
#include "input.h"
#include "output.h"
#include "request_check.h"
#include "zones.h"

#define KILOBYTE 1024 /* sizes are in kilobytes [MS-OXWSRULES] 2.2.4.17 */

static const char *const predicates[] = {
#define RULE_PREDICATE(element) element,
#define RULE_DEED(element)
#include "rule_elements.def"
#undef RULE_PREDICATE
#undef RULE_DEED
};
static const char *const deeds[] = {
#define RULE_PREDICATE(element)
#define RULE_DEED(element) element,
#include "rule_elements.def"
#undef RULE_PREDICATE
#undef RULE_DEED
};

typedef const struct rule_term_info *(*info_at)(size_t index);

static const struct rule_term_info *info_of(info_at at, const char *element)
{
    const struct rule_term_info *info;
    for (size_t i = 0; (info = at(i)) != NULL; i++)
        if (strcmp(info->ews, element) == 0)
            return info;
    return NULL;
}

enum status rule_mailbox(struct ews_call *call, struct guid *out)
{
    const char *address = xml_child_text(call->operation, EWS_NS_MESSAGES, "MailboxSmtpAddress");
    *out = (struct guid){ 0 };
    return address != NULL && address[0] != '\0' ? session_find_mailbox(call->session, address, out) : STATUS_OK;
}

/* ---- writing ---- */

static enum field_kind word_kind(const struct rule_term_info *info)
{
    return strcmp(info->ews, "Sensitivity") == 0 ? KIND_ENUM_SENSITIVITY : KIND_ENUM_IMPORTANCE;
}

static void write_times(struct ews_call *call, const char *element, const struct rule_term *term)
{
    xml_start(call->out, element);
    if (term->low > 0)
        xml_element_instant(call->out, "t:StartDateTime", term->low);
    if (term->high > 0)
        xml_element_instant(call->out, "t:EndDateTime", term->high);
    xml_end(call->out);
}

static void write_sizes(struct ews_call *call, const char *element, const struct rule_term *term)
{
    xml_start(call->out, element);
    if (term->low > 0)
        xml_element_int(call->out, "t:MinimumSize", term->low / KILOBYTE);
    if (term->high > 0)
        xml_element_int(call->out, "t:MaximumSize", term->high / KILOBYTE);
    xml_end(call->out);
}

static void write_texts(struct ews_call *call, const char *element, const struct rule_term *term, bool addresses)
{
    xml_start(call->out, element);
    for (size_t i = 0; i < term->text_count; i++)
        if (addresses)
            output_mailbox(call->out, "t:Address", &(struct mailbox_text){ .name = term->texts[i], .address = term->texts[i] }, call->version);
        else
            xml_element(call->out, "t:String", term->texts[i]);
    xml_end(call->out);
}

static void write_folder(struct ews_call *call, const char *element, struct guid mailbox, int64_t folder)
{
    struct object_id id = { .kind = OBJECT_FOLDER, .mailbox = mailbox, .folder = folder };
    xml_start(call->out, element);
    output_folder_id(call, "t:FolderId", &id, 0);
    xml_end(call->out);
}

/* Templates are associated items of the Inbox [MS-OXORULE] 2.2.5.1.2.4. */
static void write_template(struct ews_call *call, const char *element, struct guid mailbox, int64_t item)
{
    struct object_id id = { 0 };
    if (folder_id_of_role(call->session, mailbox, FOLDER_ROLE_INBOX, &id) == STATUS_OK) {
        id.kind = OBJECT_ITEM;
        id.item = item;
        output_item_id(call, element, &id, 0);
    }
    status_chain_clear();
}

static void write_term(struct ews_call *call, struct guid mailbox, const struct rule_term_info *info, const struct rule_term *term)
{
    const char *element = talloc_asprintf(call->mem, "t:%s", info->ews);
    switch (info->form) {
    case RULE_FORM_TEXTS:
        if (strcmp(info->ews, "FlaggedForAction") == 0)
            xml_element(call->out, element, term->text_count > 0 ? term->texts[0] : "Any");
        else
            write_texts(call, element, term, false);
        break;
    case RULE_FORM_ADDRESSES: write_texts(call, element, term, true); break;
    case RULE_FORM_FLAG: xml_element_bool(call->out, element, true); break;
    case RULE_FORM_NUMBER: xml_element(call->out, element, enum_word(word_kind(info), (int32_t)term->low)); break;
    case RULE_FORM_TIMES: write_times(call, element, term); break;
    case RULE_FORM_SIZES: write_sizes(call, element, term); break;
    case RULE_FORM_FOLDER: write_folder(call, element, mailbox, term->low); break;
    case RULE_FORM_ITEM: write_template(call, element, mailbox, term->low); break;
    case RULE_FORM_BYTES: break; /* for MAPI clients alone */
    }
}

static const struct rule_term *term_of(const struct rule_term *terms, size_t count, int kind)
{
    for (size_t i = 0; i < count; i++)
        if (terms[i].kind == kind)
            return &terms[i];
    return NULL;
}

static void write_terms(struct ews_call *call, struct guid mailbox, const char *element, const char *const *names, size_t name_count, info_at at,
                        const struct rule_term *terms, size_t count)
{
    if (count == 0)
        return;
    xml_start(call->out, element);
    for (size_t i = 0; i < name_count; i++) {
        const struct rule_term_info *info = info_of(at, names[i]);
        const struct rule_term *term = info != NULL ? term_of(terms, count, info->kind) : NULL;
        if (term != NULL)
            write_term(call, mailbox, info, term);
    }
    xml_end(call->out);
}

/* Has the rule parts that EWS has no element for, or two of a kind? */
static bool says_all(info_at at, const struct rule_term *terms, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rule_term_info *info = NULL;
        for (size_t j = 0; (info = at(j)) != NULL && info->kind != terms[i].kind; j++)
            continue;
        if (info == NULL || info->ews[0] == '\0' || term_of(terms, i, terms[i].kind) != NULL)
            return false;
    }
    return true;
}

void rule_write(struct ews_call *call, struct guid mailbox, const struct rule *rule)
{
    bool whole = rule->restriction == NULL && !rule->only_when_away && says_all(rule_test_at, rule->conditions, rule->condition_count) &&
                 says_all(rule_test_at, rule->exceptions, rule->exception_count) && says_all(rule_action_at, rule->actions, rule->action_count);
    xml_start(call->out, "t:Rule");
    xml_element(call->out, "t:RuleId", talloc_asprintf(call->mem, "%" PRId64, rule->id));
    xml_element(call->out, "t:DisplayName", rule->name);
    xml_element_int(call->out, "t:Priority", rule->sequence > 0 ? rule->sequence : 1);
    xml_element_bool(call->out, "t:IsEnabled", rule->is_enabled);
    if (!whole)
        xml_element_bool(call->out, "t:IsNotSupported", true);
    xml_element_bool(call->out, "t:IsInError", rule->is_in_error);
    write_terms(call, mailbox, "t:Conditions", predicates, ARRAY_LENGTH(predicates), rule_test_at, rule->conditions, rule->condition_count);
    write_terms(call, mailbox, "t:Exceptions", predicates, ARRAY_LENGTH(predicates), rule_test_at, rule->exceptions, rule->exception_count);
    write_terms(call, mailbox, "t:Actions", deeds, ARRAY_LENGTH(deeds), rule_action_at, rule->actions, rule->action_count);
    xml_end(call->out);
}

/* ---- reading ---- */

bool rule_id_read(const char *text, int64_t *out)
{
    return text != NULL && request_parse_int(text, out) && *out > 0;
}

static const char *read_texts(struct ews_call *call, const struct xml_node *node, struct rule_term *out)
{
    const char **texts = talloc_zero_array(call->mem, const char *, ROOM(xml_child_count(node) + 1));
    if (texts == NULL)
        return "UnexpectedError";
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        struct recipient person = { 0 };
        bool address = strcmp(child->name, "Address") == 0;
        if (address && mailbox_read(call, child, &person) != STATUS_OK) {
            ews_forget(call);
            return "InvalidAddress";
        }
        const char *text = address ? person.smtp_address : xml_text_of(child);
        if (text[0] == '\0')
            return "EmptyValueFound";
        texts[out->text_count++] = text;
    }
    if (node->child == NULL && node->text.length > 0)
        texts[out->text_count++] = xml_text_of(node); /* FlaggedForAction */
    out->texts = texts;
    return out->text_count > 0 ? NULL : "EmptyValueFound";
}

static const char *read_times(struct ews_call *call, const struct xml_node *node, struct rule_term *out)
{
    const char *start = xml_child_text(node, EWS_NS_TYPES, "StartDateTime"), *end = xml_child_text(node, EWS_NS_TYPES, "EndDateTime");
    if (start == NULL && end == NULL)
        return "MissingRangeValue";
    if ((start != NULL && !zone_parse_time(call, NULL, start, &out->low)) || (end != NULL && !zone_parse_time(call, NULL, end, &out->high)))
        return "InvalidDateRange";
    return out->high != 0 && out->high < out->low ? "InvalidDateRange" : NULL;
}

static const char *read_sizes(const struct xml_node *node, struct rule_term *out)
{
    const char *least = xml_child_text(node, EWS_NS_TYPES, "MinimumSize"), *most = xml_child_text(node, EWS_NS_TYPES, "MaximumSize");
    if (least == NULL && most == NULL)
        return "MissingRangeValue";
    if ((least != NULL && !request_parse_int(least, &out->low)) || (most != NULL && !request_parse_int(most, &out->high)))
        return "InvalidValue";
    if (out->low < 0 || out->high < 0)
        return "SizeLessThanZero";
    out->low *= KILOBYTE;
    out->high *= KILOBYTE;
    return out->high != 0 && out->high < out->low ? "InvalidSizeRange" : NULL;
}

static const char *read_folder(struct ews_call *call, const struct xml_node *node, struct rule_term *out)
{
    struct object_id id;
    int64_t change;
    enum status status = node->child != NULL ? id_read_folder(call, node->child, &id, &change) : STATUS_INVALID_ID;
    ews_forget(call);
    out->low = status == STATUS_OK ? id.folder : 0;
    return status == STATUS_OK ? NULL : status == STATUS_INVALID_ID ? "InvalidFolderId" : "FolderDoesNotExist";
}

static const char *read_item(struct ews_call *call, const struct xml_node *node, struct rule_term *out)
{
    struct object_id id;
    int64_t change;
    enum status status = id_read_item(call, node, &id, &change);
    ews_forget(call);
    out->low = status == STATUS_OK ? id.item : 0;
    return status == STATUS_OK ? NULL : "InvalidValue";
}

/* NULL, or the error code. *keep: false when the element says "no" (a flag that is false is no term). */
static const char *read_term(struct ews_call *call, const struct xml_node *node, const struct rule_term_info *info, struct rule_term *out, bool *keep)
{
    int32_t number = 0;
    *out = (struct rule_term){ .kind = info->kind };
    *keep = true;
    switch (info->form) {
    case RULE_FORM_TEXTS: case RULE_FORM_ADDRESSES: return read_texts(call, node, out);
    case RULE_FORM_FLAG: return request_parse_bool(xml_text_of(node), keep) ? NULL : "InvalidValue";
    case RULE_FORM_NUMBER:
        if (!enum_number(word_kind(info), xml_text_of(node), &number))
            return "InvalidValue";
        out->low = number;
        return NULL;
    case RULE_FORM_TIMES: return read_times(call, node, out);
    case RULE_FORM_SIZES: return read_sizes(node, out);
    case RULE_FORM_FOLDER: return read_folder(call, node, out);
    case RULE_FORM_ITEM: return read_item(call, node, out);
    case RULE_FORM_BYTES: break;
    }
    return "UnsupportedRule";
}

static bool fail_term(struct ews_call *call, struct rule_fault *fault, const char *prefix, const struct xml_node *node, const char *code)
{
    *fault = (struct rule_fault){ talloc_asprintf(call->mem, "%s:%s", prefix, node->name), code, xml_text_of(node) };
    return false;
}

static bool read_terms(struct ews_call *call, const struct xml_node *list, const char *prefix, info_at at, struct rule_term **out, size_t *count,
                       struct rule_fault *fault)
{
    *out = talloc_zero_array(call->mem, struct rule_term, ROOM(xml_child_count(list)));
    for (const struct xml_node *node = list != NULL && *out != NULL ? list->child : NULL; node != NULL; node = node->next) {
        bool keep = true;
        const struct rule_term_info *info = info_of(at, node->name);
        const char *code = info != NULL ? read_term(call, node, info, &(*out)[*count], &keep) : "UnsupportedRule";
        if (code != NULL)
            return fail_term(call, fault, prefix, node, code);
        *count += keep;
    }
    return *out != NULL;
}

bool rule_read(struct ews_call *call, const struct xml_node *node, struct rule *out, struct rule_fault *fault)
{
    int64_t priority;
    const char *id = xml_child_text(node, EWS_NS_TYPES, "RuleId"), *name = xml_child_text(node, EWS_NS_TYPES, "DisplayName");
    const char *number = xml_child_text(node, EWS_NS_TYPES, "Priority");
    *out = (struct rule){ .name = name, .provider = "" };
    *fault = (struct rule_fault){ "RuleId", "RuleNotFound", id != NULL ? id : "" };
    if (id != NULL && !rule_id_read(id, &out->id))
        return false;
    *fault = (struct rule_fault){ "DisplayName", "EmptyValueFound", "" };
    if (name == NULL || name[0] == '\0')
        return false;
    *fault = (struct rule_fault){ "Priority", "InvalidValue", number != NULL ? number : "" };
    if (number == NULL || !request_parse_int(number, &priority) || priority < 1 || priority > INT32_MAX)
        return false;
    out->sequence = (int32_t)priority;
    *fault = (struct rule_fault){ "IsEnabled", "InvalidValue", "" };
    if (!request_parse_bool(xml_child_text(node, EWS_NS_TYPES, "IsEnabled"), &out->is_enabled))
        return false;
    if (!read_terms(call, xml_child(node, EWS_NS_TYPES, "Conditions"), "Condition", rule_test_at, &out->conditions, &out->condition_count, fault) ||
        !read_terms(call, xml_child(node, EWS_NS_TYPES, "Exceptions"), "Exception", rule_test_at, &out->exceptions, &out->exception_count, fault) ||
        !read_terms(call, xml_child(node, EWS_NS_TYPES, "Actions"), "Action", rule_action_at, &out->actions, &out->action_count, fault))
        return false;
    *fault = (struct rule_fault){ "Actions", "MissingAction", "" };
    return out->action_count > 0;
}
