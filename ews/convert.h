/* Forms of ids [MS-OXWSCVTID] 2.2.5.1 IdFormatType: EwsId and EwsLegacyId are the text of object_id_text; EntryId and StoreId base64 and HexEntryId hex of the
 * MAPI entry id; OwaId is a StoreId escaped for URLs. */
#ifndef EWS_CONVERT_H
#define EWS_CONVERT_H

#include "bourse/model/ids.h"

enum id_format { ID_EWS_LEGACY, ID_EWS, ID_ENTRY, ID_HEX_ENTRY, ID_STORE, ID_OWA };

bool id_format_of_word(const char *word, enum id_format *out);
/* `replica`: of the mailbox. Attachments have EwsIds only: NULL for them and when out of memory. */
char *id_format_text(TALLOC_CTX *mem, enum id_format format, const struct object_id *id, struct guid replica);
/* STATUS_INVALID_ID. */
enum status id_format_parse(TALLOC_CTX *mem, enum id_format format, const char *text, struct object_id *out) MUST_CHECK;

#endif
