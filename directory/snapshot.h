/* The cache in a file, so that known recipients are accepted even when the server starts while LDAP is down. The file is only a memory: one that
 * is damaged, of another version or of another directory is ignored. */
#ifndef BOURSE_DIRECTORY_SNAPSHOT_H
#define BOURSE_DIRECTORY_SNAPSHOT_H

#include "bourse/base/buffer.h"
#include "bourse/base/hash.h"
#include "cache.h"

/* Puts the file's records behind those that are known. STATUS_NOT_FOUND: no file; STATUS_CORRUPT: not usable. */
enum status snapshot_load(const char *path, struct hash256 identity, struct cache *cache) MUST_CHECK;
/* Replaces the file at once or not at all; what the file knows and the cache does not (written by another role) is taken over first. */
enum status snapshot_save(const char *path, struct hash256 identity, struct cache *cache) MUST_CHECK;

/* The parser alone. Nothing is added unless all is well-formed. */
enum status snapshot_parse(struct slice bytes, struct hash256 identity, struct cache *cache) MUST_CHECK;
void snapshot_write(struct buffer *out, struct hash256 identity, struct cache *cache);

#endif
