/* ORGANIZER and ATTENDEE lines. */
#include "bourse/base/text.h"
#include "bourse/model/bag.h"
#include "ical_export.h"

enum { FLAG_ORGANIZER = 2, STATE_MEETING = 1 };

static void end_person(struct export *e, const char *address)
{
    buffer_printf(e->line, ":%s%s", address[0] != '\0' ? "mailto:" : "invalid:nomail", address);
    export_line(e);
}

static void append_name(struct export *e, const char *name, const char *address)
{
    if (name != NULL && name[0] != '\0' && strcmp(name, address) != 0)
        param_append(e->line, "CN", name);
}

static const char *address_of_recipient(const struct recipient *r)
{
    return r->smtp_address[0] != '\0' ? r->smtp_address : ascii_equal_nocase(r->address_type, "SMTP") ? r->address : "";
}

static const char *author_address(const struct bag *props, prop_tag smtp, prop_tag type, prop_tag address)
{
    const char *text = bag_string(props, smtp, "");
    if (text[0] != '\0')
        return text;
    return ascii_equal_nocase(bag_string(props, type, ""), "SMTP") ? bag_string(props, address, "") : "";
}

static void append_kept(struct export *e, const char *name)
{
    struct text_line kept;
    if (ical_kept_find(e->props, name, &kept) && kept.value.length == 0)
        buffer_append_slice(e->line, kept.params);
}

static void write_organizer(struct export *e)
{
    const char *address = author_address(e->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, PROP_SENT_REPRESENTING_ADDRESS_TYPE, PROP_SENT_REPRESENTING_EMAIL_ADDRESS);
    const char *agent = author_address(e->props, PROP_SENDER_SMTP_ADDRESS, PROP_SENDER_ADDRESS_TYPE, PROP_SENDER_EMAIL_ADDRESS);
    if (address[0] == '\0')
        return;
    buffer_append_text(e->line, "ORGANIZER");
    append_name(e, bag_string(e->props, PROP_SENT_REPRESENTING_NAME, ""), address);
    if (agent[0] != '\0' && !ascii_equal_nocase(agent, address))
        buffer_printf(e->line, ";SENT-BY=\"mailto:%s\"", agent);
    append_kept(e, "ORGANIZER");
    end_person(e, address);
}

/* Do the parameters that came with the attendee still say what the recipient says? */
static bool is_still(const struct export *e, const struct recipient *r, const char *params)
{
    struct text_line line;
    char *text = talloc_asprintf(e->mem, "ATTENDEE%s:x", params);
    if (text == NULL || !line_split(slice_of_text(text), &line))
        return false;
    int32_t user = ical_number_of(WORDS_calendar_user, line_param(&line, "CUTYPE")), role = ical_number_of(WORDS_role, line_param(&line, "ROLE"));
    int32_t track = ical_number_of(WORDS_participation, line_param(&line, "PARTSTAT")), now = bag_int32(r->props, PROP_RECIPIENT_TRACK_STATUS, 0);
    const char *name = line_param_text(e->mem, &line, "CN");
    bool same_name = name == NULL || name[0] == '\0' ? strcmp(r->display_name, r->address) == 0 : strcmp(name, r->display_name) == 0;
    return same_name && (user > 0 ? user : role > 0 ? role : (int32_t)RECIPIENT_TO) == (int32_t)r->type && (track > 0 ? track : 0) == (now == 5 || now == 1 ? 0 : now);
}

/* Parameters that have no property, of those that came. */
static void append_unknown(struct export *e, const char *params)
{
    static const char *const known[] = { "CN", "CUTYPE", "ROLE", "PARTSTAT", "RSVP" };
    struct slice rest = slice_of_text(params), name, value;
    while (param_next(&rest, &name, &value)) {
        bool is_known = name.length == 0;
        for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
            is_known = is_known || slice_equal_ascii_nocase(name, slice_of_text(known[i]));
        if (!is_known)
            buffer_printf(e->line, ";%.*s=%.*s", (int)name.length, name.data, (int)value.length, value.data);
    }
}

static void write_attendee(struct export *e, const struct recipient *r)
{
    const char *params = r->props != NULL ? bag_string(r->props, PROP_ICALENDAR_PARAMETERS, "") : "";
    bool is_organizer = r->props != NULL && (bag_int32(r->props, PROP_RECIPIENT_FLAGS, 0) & FLAG_ORGANIZER);
    const char *status = ical_word_of(WORDS_participation, r->props != NULL ? bag_int32(r->props, PROP_RECIPIENT_TRACK_STATUS, 0) : 0);
    const char *role = ical_word_of(WORDS_role, (int32_t)r->type);
    if (r->type == RECIPIENT_FROM || (is_organizer && params[0] == '\0'))
        return;
    buffer_append_text(e->line, "ATTENDEE");
    if (params[0] != '\0' && is_still(e, r, params)) {
        buffer_append_text(e->line, params);
    } else {
        buffer_append_text(e->line, r->type == RECIPIENT_BCC ? ";CUTYPE=RESOURCE" : "");
        buffer_printf(e->line, ";ROLE=%s;PARTSTAT=%s", role != NULL ? role : "REQ-PARTICIPANT", status != NULL ? status : "NEEDS-ACTION");
        if (e->method == ICAL_REQUEST && bag_bool(e->props, PROP_RESPONSE_REQUESTED, true))
            buffer_append_text(e->line, ";RSVP=TRUE");
        append_name(e, r->display_name, address_of_recipient(r));
        append_unknown(e, params);
    }
    end_person(e, address_of_recipient(r));
}

static bool is_response(const struct export *e)
{
    static const char prefix[] = "IPM.Schedule.Meeting.Resp";
    return slice_equal_ascii_nocase(slice_part(bag_text(e->props, PROP_MESSAGE_CLASS), 0, sizeof prefix - 1), slice_of(prefix, sizeof prefix - 1));
}

static const char *answer_of(const struct export *e)
{
    const char *class = bag_string(e->props, PROP_MESSAGE_CLASS, ""), *dot = strrchr(class, '.');
    if (is_response(e) && dot != NULL)
        return ascii_equal_nocase(dot, ".Pos") ? "ACCEPTED" : ascii_equal_nocase(dot, ".Neg") ? "DECLINED" : "TENTATIVE";
    const char *word = ical_word_of(WORDS_participation, bag_int32(e->props, PROP_RESPONSE_STATUS, 0));
    return word != NULL ? word : "NEEDS-ACTION";
}

/* An answer names the organizer and the one who answers [RFC 5546] 3.2.3. */
static void write_answer(struct export *e)
{
    const char *address = e->options->attendee_address, *name = e->options->attendee_name;
    if (!is_response(e))
        write_organizer(e);
    else if (e->message->recipient_count > 0) {
        buffer_append_text(e->line, "ORGANIZER");
        append_name(e, e->message->recipients[0].display_name, address_of_recipient(&e->message->recipients[0]));
        end_person(e, address_of_recipient(&e->message->recipients[0]));
    }
    if (address == NULL) {
        address = author_address(e->props, PROP_SENT_REPRESENTING_SMTP_ADDRESS, PROP_SENT_REPRESENTING_ADDRESS_TYPE, PROP_SENT_REPRESENTING_EMAIL_ADDRESS);
        name = bag_string(e->props, PROP_SENT_REPRESENTING_NAME, "");
    }
    buffer_append_text(e->line, "ATTENDEE");
    if (e->method != ICAL_REFRESH)
        buffer_printf(e->line, ";PARTSTAT=%s", e->method == ICAL_COUNTER ? "TENTATIVE" : answer_of(e));
    append_name(e, name, address);
    append_kept(e, "ATTENDEE");
    end_person(e, address);
}

void export_people(struct export *export)
{
    bool is_meeting = export->message->recipient_count > 0 || (bag_int32(export->props, PROP_APPOINTMENT_STATE_FLAGS, 0) & STATE_MEETING) || export->component != 'E';
    if (export->method == ICAL_REPLY || export->method == ICAL_COUNTER || export->method == ICAL_REFRESH) {
        write_answer(export);
        return;
    }
    if (is_meeting)
        write_organizer(export);
    for (size_t i = 0; is_meeting && i < export->message->recipient_count; i++)
        write_attendee(export, &export->message->recipients[i]);
}
