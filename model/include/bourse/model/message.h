/* A message object in memory: properties, recipients, attachments [MS-OXCMSG]. What mime imports and exports, what the store saves
 * and loads, what groupware's rules work on and what protocols fill. Mail, contact, appointment, task and note alike. */
#ifndef BOURSE_MODEL_MESSAGE_H
#define BOURSE_MODEL_MESSAGE_H

#include "bourse/model/bag.h"

/* [MS-OXCMSG] 2.2.3.1 PidTagRecipientType */
enum recipient_type { RECIPIENT_FROM = 0, RECIPIENT_TO = 1, RECIPIENT_CC = 2, RECIPIENT_BCC = 3 };

struct recipient {
    enum recipient_type type;
    const char *display_name; /* never NULL */
    const char *address_type; /* "SMTP" or "EX"; never NULL */
    const char *address;      /* never NULL */
    const char *smtp_address; /* never NULL, "" when unknown */
    struct bag *props;        /* all else (tracking status, flags ...), or NULL */
};

enum attachment_content {
    ATTACHMENT_BYTES,    /* `bytes` */
    ATTACHMENT_STORED,   /* blob of the store */
    ATTACHMENT_IN_MIME,  /* a part of the message's original MIME */
    ATTACHMENT_EMBEDDED, /* `embedded` message */
    ATTACHMENT_REFERENCE /* only a link; properties say where */
};

struct attachment {
    int32_t number;    /* PidTagAttachNumber, stable in its message; -1: not saved yet */
    struct bag *props; /* file name, content type, content id, method, flags, ... never NULL */
    enum attachment_content content;
    uint64_t size;     /* bytes of the decoded content */
    struct slice bytes;
    struct {
        int64_t blob;
    } stored;
    uint32_t part;     /* index in the MIME structure, for ATTACHMENT_IN_MIME (and EMBEDDED that is still a MIME part) */
    struct message *embedded;
};

/* Which original bytes a message has [store.md rule 8]. */
struct message_mime {
    int64_t blob;       /* 0: none in the store */
    struct slice bytes; /* the bytes when they are at hand, else empty */
    bool mirrors;       /* they still say the same as the properties: export gives them as they are */
    bool has_content;   /* bodies and ATTACHMENT_IN_MIME content are not stored as properties but read from here */
    bool is_signed;     /* S/MIME or PGP: never regenerate */
    struct slice structure; /* packed part table made at import (mime's structure.h), empty when none */
};

struct message {
    struct bag *props; /* never NULL */
    struct recipient *recipients; /* talloc array, NULL when there are none */
    size_t recipient_count;
    struct attachment *attachments; /* talloc array ordered by number, NULL when there are none */
    size_t attachment_count;
    struct message_mime mime;
};

/* An empty message on `mem`; NULL when out of memory. */
struct message *message_new(TALLOC_CTX *mem);
/* Copies `from` in; display_name "" becomes the address. Returns the entry, NULL when out of memory. The pointer is valid until
 * the next add. */
struct recipient *message_add_recipient(struct message *message, const struct recipient *from);
/* An empty attachment with its bag. Same validity. */
struct attachment *message_add_attachment(struct message *message);
struct message *message_copy(TALLOC_CTX *mem, const struct message *from);

/* Recipients as the store packs them (versioned). */
enum status recipients_pack(const struct recipient *recipients, size_t count, struct buffer *out) MUST_CHECK;
enum status recipients_unpack(TALLOC_CTX *mem, struct slice packed, struct recipient **out, size_t *count) MUST_CHECK;

#endif
