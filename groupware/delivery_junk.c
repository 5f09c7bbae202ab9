#include "bourse/mime/header.h"
#include "delivery_hooks.h"

static bool header_says(struct slice mime, const char *name, const char *word)
{
    struct mime_field field;
    if (!mime_field_find(mime, name, 0, &field))
        return false;
    struct slice value = slice_trim(field.value);
    return value.length >= strlen(word) && slice_equal_ascii_nocase(slice_part(value, 0, strlen(word)), slice_of_text(word));
}

/* A filter in front of us has judged: rspamd and SpamAssassin both write X-Spam-Flag; Exchange writes the confidence level, of which 5 and
 * above go to Junk Email [MS-OXCSPAM] 2.2.1.3. */
enum status delivery_hook_junk(struct delivery_step *step)
{
    bool is_junk = header_says(step->mime, "X-Spam-Flag", "yes") || header_says(step->mime, "X-Spam-Status", "yes");
    for (char level = '5'; level <= '9' && !is_junk; level++)
        is_junk = header_says(step->mime, "X-MS-Exchange-Organization-SCL", (char[]){ level, '\0' });
    step->is_junk = is_junk;
    /* Fixed folders get their object ids in the order of the roles table, the same in every mailbox. */
    if (is_junk)
        step->folder = (int64_t)FOLDER_ROLE_JUNK_EMAIL;
    return STATUS_OK;
}
