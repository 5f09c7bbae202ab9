/* The property catalogue: props.def (tags of [MS-OXPROPS]) and named_props.def (named properties with ids that are the same in
 * every mailbox). One row gives a property its names in all protocols and its place in the store. */
#ifndef BOURSE_MODEL_PROPERTIES_H
#define BOURSE_MODEL_PROPERTIES_H

#include "bourse/model/value.h"

/* PROP_SUBJECT = 0x0037001F ...; named ones have ids from 0x8000 up to 0x8FFF, fixed for ever. Custom names of a mailbox get ids
 * from 0x9000 (named_prop table of the store). */
enum property { /* unsigned: the compilers make it so, because named tags are above INT_MAX */
#define PROPERTY(name, tag, ...) PROP_##name = (tag),
#include "bourse/model/props.def"
#undef PROPERTY
#define NAMED(name, tag, ...) PROP_##name = (tag),
#include "bourse/model/named_props.def"
#undef NAMED
};

#define PROP_FIRST_CUSTOM_ID 0x9000

/* Where the store keeps it. */
enum property_storage {
    IN_BAG,      /* packed bag, as a blob when large */
    IN_COLUMN,   /* column of its own, also sortable and searchable in SQL */
    COMPUTED,    /* made when read: from columns, counters or other properties; never stored */
};

enum property_flag {
    PROPERTY_READ_ONLY = 1 << 0,  /* clients cannot set it */
    PROPERTY_SEARCHABLE = 1 << 1, /* part of full text */
    PROPERTY_ON_FOLDER = 1 << 2,
    PROPERTY_ON_MESSAGE = 1 << 3,
    PROPERTY_ON_ATTACHMENT = 1 << 4,
    PROPERTY_ON_RECIPIENT = 1 << 5,
    PROPERTY_ON_ADDRESS_BOOK = 1 << 6,
};

struct property_info {
    prop_tag tag;
    const char *name;      /* "SUBJECT" */
    const char *canonical; /* "PidTagSubject" */
    enum property_storage storage;
    unsigned flags;        /* enum property_flag */
    const char *ews_field;    /* FieldURI "item:Subject", or ""; several have a blank between them; "contacts:PhoneNumber/HomePhone" has an index */
    const char *activesync;   /* "Email:Subject", or ""; several have a blank between them */
    const char *ldap;         /* attribute, or "" */
    const char *icalendar;    /* property, or "" */
    const char *source;       /* "[MS-OXOMSG] 2.2.1.2" */
};

/* A property name [MS-OXCDATA] 2.6.1. */
struct property_name {
    struct guid set;
    bool is_string;
    uint32_t lid;     /* when not is_string */
    const char *name; /* when is_string; compared without case as Exchange does in PS_INTERNET_HEADERS, else exactly */
};

/* NULL when the catalogue does not have it. Type TYPE_UNSPECIFIED finds by id. */
const struct property_info *property_by_tag(prop_tag tag);
const struct property_info *property_by_ews_field(const char *field_uri);
const struct property_info *property_by_canonical(const char *canonical);
size_t property_count(void);
const struct property_info *property_at(size_t index);

/* Well-known names. Tag 0 when the name is not well known (then the mailbox's own table decides). */
prop_tag property_tag_of_name(const struct property_name *name);
/* False when the id is not one of a well-known name. The name lives for ever. */
bool property_name_of_id(uint16_t id, struct property_name *out);
/* Property sets [MS-OXPROPS] 1.3.2 by short name: "PS_PUBLIC_STRINGS", "PSETID_Common", "PSETID_Appointment", ... */
bool property_set_guid(const char *set, struct guid *out);

#endif
