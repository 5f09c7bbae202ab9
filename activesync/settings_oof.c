#include "settings_oof.h"

#include "body.h"
#include "bourse/base/text.h"
#include "bourse/groupware/out_of_office.h"

enum { OOF_OK = 1, OOF_PROTOCOL_ERROR = 2, OOF_ACCESS_DENIED = 3, OOF_INVALID = 5, OOF_CONFLICTING = 6 };
enum { STATE_DISABLED = 0, STATE_ENABLED = 1, STATE_SCHEDULED = 2 };

/* The groups that a message is for, in the order of answers; which of our texts and audiences each has. */
static const struct {
    eas_tag applies_to;
    bool is_internal;
    enum out_of_office_audience least;   /* audience that sends to this group */
} audiences[] = { { Settings_AppliesToInternal, true, OOF_AUDIENCE_NONE },
                  { Settings_AppliesToExternalKnown, false, OOF_AUDIENCE_KNOWN },
                  { Settings_AppliesToExternalUnknown, false, OOF_AUDIENCE_ALL } };

static bool is_html_type(const char *type)
{
    return type != NULL && ascii_equal_nocase(type, "HTML");
}

static void answer_status(struct eas_call *call, int status)
{
    wbxml_start(call->out, Settings_Oof);
    wbxml_element_int(call->out, Settings_Status, status);
    wbxml_end(call->out);
}

/* ---- Get ---- */

static enum status write_message(struct eas_call *call, size_t row, const struct out_of_office *settings, bool html)
{
    const char *text = audiences[row].is_internal ? settings->internal : settings->external, *shown = NULL;
    bool is_on = audiences[row].is_internal ? *text != '\0' : settings->audience >= audiences[row].least;
    TRY(out_of_office_text(call->mem, text, html, &shown));
    wbxml_start(call->out, Settings_OofMessage);
    wbxml_element(call->out, audiences[row].applies_to, "");
    wbxml_element_bool(call->out, Settings_Enabled, is_on);
    wbxml_element(call->out, Settings_ReplyMessage, *shown != '\0' ? shown : NULL);
    wbxml_element(call->out, Settings_BodyType, html ? "HTML" : "TEXT");
    wbxml_end(call->out);
    return STATUS_OK;
}

static enum status get(struct eas_call *call, const struct wbxml_node *node)
{
    const char *type = wbxml_child_text(call->mem, node, Settings_BodyType);
    struct out_of_office *settings = NULL;
    char time[EAS_TIME_SIZE];
    if (type != NULL && !is_html_type(type) && !ascii_equal_nocase(type, "TEXT")) {
        answer_status(call, OOF_INVALID);
        return STATUS_OK;
    }
    TRY(out_of_office_get(call->mem, call->session, session_mailbox(call->session), &settings));
    wbxml_start(call->out, Settings_Oof);
    wbxml_element_int(call->out, Settings_Status, OOF_OK);
    wbxml_start(call->out, Settings_Get);
    wbxml_element_int(call->out, Settings_OofState, settings->state == OOF_SCHEDULED ? STATE_SCHEDULED : settings->state == OOF_ENABLED ? STATE_ENABLED : STATE_DISABLED);
    if (settings->starts != 0 && settings->ends != 0) {
        wbxml_element(call->out, Settings_StartTime, eas_time_dashes(settings->starts, time));
        wbxml_element(call->out, Settings_EndTime, eas_time_dashes(settings->ends, time));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(audiences); i++)
        TRY(write_message(call, i, settings, is_html_type(type)));
    wbxml_end(call->out);
    wbxml_end(call->out);
    return STATUS_OK;
}

/* ---- Set ---- */

struct external {
    bool is_told[ARRAY_LENGTH(audiences)], is_on[ARRAY_LENGTH(audiences)];
};

/* Both groups of outsiders have one text; what is said of one of them last counts. A message without text keeps the text that is there. */
static enum status read_message(struct eas_call *call, const struct wbxml_node *node, struct out_of_office *settings, struct external *told)
{
    const char *text = wbxml_child_text(call->mem, node, Settings_ReplyMessage), *type = wbxml_child_text(call->mem, node, Settings_BodyType);
    bool is_on = wbxml_child_bool(node, Settings_Enabled, true), html = is_html_type(type);
    if (text != NULL && type == NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "reply message without a type");
    for (size_t i = 0; i < ARRAY_LENGTH(audiences); i++) {
        if (wbxml_child(node, audiences[i].applies_to) == NULL)
            continue;
        const char **place = audiences[i].is_internal ? &settings->internal : &settings->external;
        told->is_told[i] = true;
        told->is_on[i] = is_on;
        if (text != NULL)
            TRY(out_of_office_text(call->mem, text, html, place));
        if (audiences[i].is_internal && !is_on)
            *place = "";
    }
    return STATUS_OK;
}

static void choose_audience(const struct external *told, struct out_of_office *settings)
{
    bool known = told->is_told[1] ? told->is_on[1] : settings->audience >= OOF_AUDIENCE_KNOWN;
    bool all = told->is_told[2] ? told->is_on[2] : settings->audience >= OOF_AUDIENCE_ALL;
    settings->audience = all ? OOF_AUDIENCE_ALL : known ? OOF_AUDIENCE_KNOWN : OOF_AUDIENCE_NONE;
}

/* 0, or the status to answer with. */
static int read_times(struct eas_call *call, const struct wbxml_node *set, struct out_of_office *settings)
{
    const char *starts = wbxml_child_text(call->mem, set, Settings_StartTime), *ends = wbxml_child_text(call->mem, set, Settings_EndTime);
    if ((starts == NULL) != (ends == NULL))
        return OOF_PROTOCOL_ERROR;
    if (starts == NULL)
        return settings->state == OOF_SCHEDULED ? OOF_PROTOCOL_ERROR : 0;
    if (!eas_time_parse(starts, &settings->starts) || !eas_time_parse(ends, &settings->ends))
        return OOF_INVALID;
    return settings->ends < settings->starts ? OOF_CONFLICTING : 0;
}

static int status_of(enum status status)
{
    return status == STATUS_ACCESS_DENIED ? OOF_ACCESS_DENIED : status_info(status)->fault == FAULT_CLIENT ? OOF_INVALID : 0;
}

static enum status set(struct eas_call *call, const struct wbxml_node *node)
{
    static const enum out_of_office_state states[] = { [STATE_DISABLED] = OOF_DISABLED, [STATE_ENABLED] = OOF_ENABLED, [STATE_SCHEDULED] = OOF_SCHEDULED };
    struct out_of_office *settings = NULL;
    struct external told = { 0 };
    int64_t state = 0;
    TRY(out_of_office_get(call->mem, call->session, session_mailbox(call->session), &settings));
    if (wbxml_child_number(node, Settings_OofState, STATE_DISABLED, STATE_SCHEDULED, &state))
        settings->state = states[state];
    else if (wbxml_child(node, Settings_OofState) != NULL)
        return status_fail(STATUS_INVALID_ARGUMENT, "state");
    int wrong = read_times(call, node, settings);
    if (wrong != 0) {
        answer_status(call, wrong);
        return STATUS_OK;
    }
    for (const struct wbxml_node *message = wbxml_child(node, Settings_OofMessage); message != NULL; message = wbxml_next(message, Settings_OofMessage))
        TRY(read_message(call, message, settings, &told));
    choose_audience(&told, settings);
    TRY(out_of_office_set(call->session, session_mailbox(call->session), settings));
    answer_status(call, OOF_OK);
    return STATUS_OK;
}

enum status eas_settings_oof(struct eas_call *call, const struct wbxml_node *oof)
{
    const struct wbxml_node *asked = wbxml_child(oof, Settings_Get), *change = wbxml_child(oof, Settings_Set);
    if ((asked == NULL) == (change == NULL)) {
        answer_status(call, OOF_PROTOCOL_ERROR);
        return STATUS_OK;
    }
    enum status status = asked != NULL ? get(call, asked) : set(call, change);
    if (status == STATUS_OK || status_of(status) == 0)
        return status;
    answer_status(call, status_of(status));
    return STATUS_OK;
}
