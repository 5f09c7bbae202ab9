/* UpdateInboxRules [MS-OXWSRULES] 3.1.4.2: all operations or none. */
#include "inbox_rules.h"
#include "response.h"

struct rules_request {
    struct rule_change *changes;
    struct rule *rules;
    struct rule_fault *faults;  /* field NULL: none */
    size_t count, fault_count;
};

static bool read_operation(struct ews_call *call, const struct xml_node *node, struct rule *rule, struct rule_change *change, struct rule_fault *fault)
{
    bool create = strcmp(node->name, "CreateRuleOperation") == 0;
    *change = (struct rule_change){ .kind = RULE_SAVE, .rule = rule };
    if (strcmp(node->name, "DeleteRuleOperation") == 0) {
        const char *id = xml_child_text(node, EWS_NS_TYPES, "RuleId");
        change->kind = RULE_DELETE;
        *fault = (struct rule_fault){ "RuleId", "RuleNotFound", id != NULL ? id : "" };
        return rule_id_read(id, &rule->id);
    }
    if (!rule_read(call, xml_child(node, EWS_NS_TYPES, "Rule"), rule, fault))
        return false;
    *fault = (struct rule_fault){ "RuleId", create ? "CreateWithRuleId" : "MissingParameter", "" };
    return create == (rule->id == 0);
}

static enum status read_request(struct ews_call *call, struct rules_request *out)
{
    const struct xml_node *operations = xml_child(call->operation, EWS_NS_MESSAGES, "Operations");
    unsigned room = ROOM(xml_child_count(operations));
    *out = (struct rules_request){ .changes = talloc_zero_array(call->mem, struct rule_change, room), .rules = talloc_zero_array(call->mem, struct rule, room),
                                   .faults = talloc_zero_array(call->mem, struct rule_fault, room) };
    if (out->changes == NULL || out->rules == NULL || out->faults == NULL)
        return status_fail(STATUS_NO_MEMORY, "rules");
    for (const struct xml_node *node = operations->child; node != NULL; node = node->next, out->count++) {
        struct rule_fault fault;
        if (!read_operation(call, node, &out->rules[out->count], &out->changes[out->count], &fault)) {
            out->faults[out->count] = fault;
            out->fault_count++;
        }
    }
    return STATUS_OK;
}

static enum status apply(struct ews_call *call, struct rules_request *request)
{
    struct guid mailbox;
    TRY(rule_mailbox(call, &mailbox));
    TRY(read_request(call, request));
    if (request->fault_count > 0)
        return ews_fail(call, EWS_CODE_RULES_INVALID, "%zu operations", request->fault_count);
    enum status status = rules_change(call->session, mailbox, request->changes, request->count);
    status = ews_recode(call, status, STATUS_LIMIT_EXCEEDED, EWS_CODE_RULES_QUOTA);
    if (status != STATUS_INVALID_ARGUMENT && status != STATUS_NOT_FOUND)
        return status;
    /* Which operation it was, is not told: the first stands for all, as none was done. */
    request->faults[0] = status == STATUS_NOT_FOUND ? (struct rule_fault){ "RuleId", "RuleNotFound", "" } : (struct rule_fault){ "Actions", "InvalidValue", "" };
    return ews_fail(call, EWS_CODE_RULES_INVALID, "refused");
}

static void write_faults(struct ews_call *call, const struct rules_request *request)
{
    xml_start(call->out, "m:RuleOperationErrors");
    for (size_t i = 0; i < request->count; i++) {
        const struct rule_fault *fault = &request->faults[i];
        if (fault->field == NULL)
            continue;
        xml_start(call->out, "t:RuleOperationError");
        xml_element_int(call->out, "t:OperationIndex", (int64_t)i);
        xml_start(call->out, "t:ValidationErrors");
        xml_start(call->out, "t:Error");
        xml_element(call->out, "t:FieldURI", fault->field);
        xml_element(call->out, "t:ErrorCode", fault->code);
        xml_element(call->out, "t:ErrorMessage", "The value cannot be used in a rule.");
        xml_element(call->out, "t:FieldValue", fault->value);
        xml_end(call->out);
        xml_end(call->out);
        xml_end(call->out);
    }
    xml_end(call->out);
}

enum status op_update_inbox_rules(struct ews_call *call)
{
    struct rules_request request = { 0 };
    enum status status = apply(call, &request);
    if (status == STATUS_OK) {
        TRY(response_single(call));
        return response_end(call);
    }
    bool with_faults = call->code == EWS_CODE_RULES_INVALID;
    TRY(response_single_error(call, status));
    if (with_faults)
        write_faults(call, &request);
    return response_end(call);
}
