/* Chunks of blobs as they are stored: a codec byte and the bytes (private to storage). */
#ifndef BOURSE_STORAGE_CHUNK_H
#define BOURSE_STORAGE_CHUNK_H

#include "bourse/base/slice.h"
#include "bourse/base/status.h"

enum chunk_codec { CHUNK_PLAIN = 0, CHUNK_ZSTD = 1 };

/* Compressed when that saves a tenth at least. */
enum status chunk_encode(TALLOC_CTX *mem, struct slice content, struct slice *out) MUST_CHECK;
/* STATUS_CORRUPT; never more than 256 KiB. A NUL follows the content. */
enum status chunk_decode(TALLOC_CTX *mem, struct slice stored, struct slice *out) MUST_CHECK;

#endif
