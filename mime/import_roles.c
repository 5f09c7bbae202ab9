/* What each part is: body, attachment, alternative form, report [MS-OXCMAIL] 2.2.3. */
#include "import_state.h"

#include "parse.h"

#include <strings.h>

struct place { /* where in the tree a part stands */
    uint32_t group;      /* of the multipart/alternative around it; 0: none */
    bool related;        /* below multipart/related, not its root */
    bool attachments_only;
};

static const char *detail_text(const char *text)
{
    return text != NULL ? text : "";
}

const struct scan_part *import_detail(const struct import *im, uint32_t part)
{
    static const struct scan_part none;
    return part < im->detail_count ? &im->details[part] : &none;
}

static enum status walk(struct import *im, uint32_t part, struct place place);

/* Runs `walk` on each child; `special` (an index among the children, or -1) gets its own place. */
static enum status walk_children(struct import *im, uint32_t parent, struct place place, int special, struct place special_place)
{
    int nth = 0;
    for (uint32_t child = parent + 1; child < im->ends[parent]; child = im->ends[child], nth++)
        TRY(walk(im, child, nth == special ? special_place : place));
    return STATUS_OK;
}

static bool same_content_id(const char *id, const char *start)
{
    size_t length = strlen(start);
    if (length >= 2 && start[0] == '<' && start[length - 1] == '>')
        return strlen(id) == length - 2 && strncmp(id, start + 1, length - 2) == 0;
    return strcmp(id, start) == 0;
}

/* The root of multipart/related: the part that `start` names, else the first [RFC 2387] 3.2. */
static int related_root(const struct import *im, uint32_t parent)
{
    const char *start = detail_text(import_detail(im, parent)->start);
    int nth = 0;
    for (uint32_t child = parent + 1; start[0] != '\0' && child < im->ends[parent]; child = im->ends[child], nth++)
        if (same_content_id(im->structure->parts[child].content_id, start))
            return nth;
    return 0;
}

static bool is_smime_protocol(const char *protocol)
{
    return strcmp(protocol, "application/pkcs7-signature") == 0 || strcmp(protocol, "application/x-pkcs7-signature") == 0;
}

/* Clear-signed: the body of the first part; at the root with an S/MIME signature one attachment holds the whole entity and the parts
 * are no attachments of their own [MS-OXOSMIME] 2.1.3.1. PGP: the parts stay visible [RFC 3156]. */
static enum status walk_signed(struct import *im, uint32_t part, struct place place)
{
    im->is_signed = true;
    bool smime = part == im->root && is_smime_protocol(detail_text(import_detail(im, part)->protocol));
    struct place rest = place;
    rest.attachments_only = true;
    TRY(walk_children(im, part, rest, 0, place));
    if (!smime)
        return STATUS_OK;
    for (uint32_t i = part + 1; i < im->ends[part]; i++)
        if (im->structure->parts[i].role == MIME_ROLE_ATTACHMENT)
            im->structure->parts[i].role = MIME_ROLE_NONE;
    im->structure->parts[part].flags |= MIME_PART_WHOLE;
    im->structure->parts[part].role = MIME_ROLE_ATTACHMENT;
    im->message_class = "IPM.Note.SMIME.MultipartSigned";
    return STATUS_OK;
}

/* Text for people first, then the part for machines, then the original [RFC 6522] 3. */
static enum status walk_report(struct import *im, uint32_t part, struct place place)
{
    int nth = 0;
    struct place rest = place;
    rest.attachments_only = true;
    for (uint32_t child = part + 1; child < im->ends[part]; child = im->ends[child], nth++) {
        struct mime_part *row = &im->structure->parts[child];
        bool machine = strcmp(row->type, "message/delivery-status") == 0 || strcmp(row->type, "message/global-delivery-status") == 0 ||
                       strcmp(row->type, "message/disposition-notification") == 0 ||
                       strcmp(row->type, "message/global-disposition-notification") == 0;
        if (machine && part == im->root && im->report == MIME_NO_PART) {
            row->role = MIME_ROLE_REPORT;
            im->report = child;
        } else {
            TRY(walk(im, child, nth == 0 ? place : rest));
        }
    }
    return STATUS_OK;
}

static enum status walk_multipart(struct import *im, uint32_t part, struct place place)
{
    const char *subtype = im->structure->parts[part].type + strlen("multipart/");
    if (place.attachments_only)
        return walk_children(im, part, place, -1, place);
    if (strcmp(subtype, "alternative") == 0) {
        if (place.group == 0)
            place.group = im->next_group++;
        return walk_children(im, part, place, -1, place);
    }
    if (strcmp(subtype, "related") == 0) {
        struct place inside = place;
        inside.related = true;
        return walk_children(im, part, inside, related_root(im, part), place);
    }
    if (strcmp(subtype, "signed") == 0)
        return walk_signed(im, part, place);
    if (strcmp(subtype, "report") == 0)
        return walk_report(im, part, place);
    if (strcmp(subtype, "encrypted") == 0) {
        im->is_signed = true;
        place.attachments_only = true;
    }
    return walk_children(im, part, place, -1, place);
}

static enum mime_part_role text_role(const char *type)
{
    if (strcmp(type, "text/plain") == 0)
        return MIME_ROLE_TEXT_BODY;
    if (strcmp(type, "text/html") == 0)
        return MIME_ROLE_HTML_BODY;
    if (strcmp(type, "text/enriched") == 0 || strcmp(type, "text/richtext") == 0 || strcmp(type, "text/rtf") == 0)
        return MIME_ROLE_OTHER_BODY;
    return MIME_ROLE_NONE;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcasecmp(text + length - tail, end) == 0;
}

/* A whole message that is one CMS object [MS-OXOSMIME] 2.1.3.2. */
static bool is_opaque_smime(const struct import *im, uint32_t part)
{
    const struct mime_part *row = &im->structure->parts[part];
    if (part != im->root)
        return false;
    if (strcmp(row->type, "application/pkcs7-mime") == 0 || strcmp(row->type, "application/x-pkcs7-mime") == 0)
        return strcmp(detail_text(import_detail(im, part)->smime_type), "certs-only") != 0;
    return strcmp(row->type, "application/octet-stream") == 0 && ends_with(row->file_name, ".p7m");
}

static enum mime_part_role leaf_role(struct import *im, uint32_t part, struct place place)
{
    const struct mime_part *row = &im->structure->parts[part];
    bool attached = (row->flags & MIME_PART_ATTACHED) != 0;
    if (row->kind == MIME_OPAQUE && strcmp(row->type, "text/plain") != 0)
        return MIME_ROLE_ATTACHMENT;
    if (strcmp(row->type, "application/ms-tnef") == 0 || (strcasecmp(row->file_name, "winmail.dat") == 0 && strncmp(row->type, "application/", 12) == 0))
        return (im->flags & MIME_IMPORT_NO_TNEF) != 0 || im->tnef != MIME_NO_PART ? MIME_ROLE_ATTACHMENT : MIME_ROLE_TNEF;
    if (is_opaque_smime(im, part)) {
        im->message_class = "IPM.Note.SMIME";
        im->is_signed = true;
        return MIME_ROLE_ATTACHMENT;
    }
    if (place.attachments_only || attached)
        return MIME_ROLE_ATTACHMENT;
    bool has_method = detail_text(import_detail(im, part)->method)[0] != '\0';
    if (strcmp(row->type, "text/calendar") == 0 && has_method && im->calendar == MIME_NO_PART)
        return MIME_ROLE_CALENDAR;
    if (place.related)
        return MIME_ROLE_ATTACHMENT;
    enum mime_part_role role = text_role(row->type);
    if (role != MIME_ROLE_NONE && (row->file_name[0] == '\0' || part == im->root || place.group != 0))
        return role;
    bool other_form = place.group != 0 && strncmp(row->type, "text/", 5) == 0 && strcmp(row->type, "text/calendar") != 0 && role == MIME_ROLE_NONE;
    return other_form ? MIME_ROLE_NONE : MIME_ROLE_ATTACHMENT;
}

static enum status walk(struct import *im, uint32_t part, struct place place)
{
    struct mime_part *row = &im->structure->parts[part];
    if (place.related)
        row->flags |= MIME_PART_RELATED;
    if (row->kind == MIME_MULTIPART)
        return walk_multipart(im, part, place);
    row->role = row->kind == MIME_MESSAGE ? MIME_ROLE_ATTACHMENT : leaf_role(im, part, place);
    if (row->role == MIME_ROLE_CALENDAR)
        im->calendar = part;
    if (row->role == MIME_ROLE_TNEF)
        im->tnef = part;
    row->group = place.group != 0 ? place.group : im->next_group++;
    return STATUS_OK;
}

/* iTIP method -> class [MS-OXCICAL] 2.1.3.1.1.1; a reply's class needs the attendee's answer. */
static const char *reply_class(struct import *im)
{
    struct slice text;
    static const struct { const char *answer, *message_class; } answers[] = {
        { "PARTSTAT=ACCEPTED", "IPM.Schedule.Meeting.Resp.Pos" },
        { "PARTSTAT=DECLINED", "IPM.Schedule.Meeting.Resp.Neg" },
        { "PARTSTAT=TENTATIVE", "IPM.Schedule.Meeting.Resp.Tent" },
    };
    if (mime_part_decode(im->scratch, im->bytes, im->structure, im->calendar, 1u << 20, &text) == STATUS_OK)
        for (size_t i = 0; i < ARRAY_LENGTH(answers); i++)
            if (find_nocase(text, answers[i].answer) >= 0)
                return answers[i].message_class;
    return "IPM.Schedule.Meeting.Resp.Tent";
}

static void set_calendar_class(struct import *im)
{
    const char *method = detail_text(import_detail(im, im->calendar)->method);
    if (strcasecmp(method, "REQUEST") == 0)
        im->message_class = "IPM.Schedule.Meeting.Request";
    else if (strcasecmp(method, "CANCEL") == 0)
        im->message_class = "IPM.Schedule.Meeting.Canceled";
    else if (strcasecmp(method, "REPLY") == 0 || strcasecmp(method, "COUNTER") == 0)
        im->message_class = reply_class(im);
    else /* PUBLISH and others: nothing to answer, a file to open */
        im->structure->parts[im->calendar].role = MIME_ROLE_ATTACHMENT;
}

enum status import_roles(struct import *im)
{
    im->next_group = 1;
    TRY(walk(im, im->root, (struct place){ 0 }));
    if (im->calendar != MIME_NO_PART && im->message_class == NULL)
        set_calendar_class(im);
    return STATUS_OK;
}
