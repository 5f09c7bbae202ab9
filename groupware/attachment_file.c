#include "bourse/groupware/attachment.h"

#include "bourse/mime/export.h"
#include "bourse/model/properties.h"

enum { EMBEDDED_CAP = 256 * 1024 * 1024 };

enum status attachment_file(TALLOC_CTX *mem, struct session *session, const struct object_id *id, const char **type, struct slice *out)
{
    struct attachment *attachment = NULL;
    struct mime_export_options options = { 0 };
    TRY(attachment_get(mem, session, id, true, &attachment));
    if (attachment->embedded != NULL) {
        *type = "message/rfc822";
        return mime_export_bytes(mem, attachment->embedded, &options, EMBEDDED_CAP, out);
    }
    *type = bag_string(attachment->props, PROP_ATTACH_MIME_TAG, "application/octet-stream");
    *out = attachment->bytes;
    return STATUS_OK;
}
