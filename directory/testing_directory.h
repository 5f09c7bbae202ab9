/* For tests: a directory on the server that tests/services/with-openldap or with-samba-ad started, perhaps through a proxy that can stall or cut. */
#ifndef BOURSE_DIRECTORY_TESTING_DIRECTORY_H
#define BOURSE_DIRECTORY_TESTING_DIRECTORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bourse/directory/directory.h"
#include "bourse/directory/sign_in.h"

const char *testing_env(const char *name); /* fails the test when unset */
bool testing_is_ad(void);
/* "alice" -> "alice@<domain>" on `mem`. */
char *testing_address(TALLOC_CTX *mem, const char *local_part);
struct secret *testing_password(TALLOC_CTX *mem); /* of every person */

/* A configuration for the server; `uri` NULL: its own ldaps address. The data directory is a new one below /tmp, removed at exit of the process. */
struct config *testing_config(TALLOC_CTX *mem, const char *uri);
void testing_set(struct config *config, const char *format, ...) PRINTF_LIKE(2, 3);
void testing_remove_snapshot(void);
struct directory *testing_open(TALLOC_CTX *mem, const struct config *config);
/* Opens with the defaults. */
struct directory *testing_directory(TALLOC_CTX *mem);

enum proxy_mode { PROXY_PASS, PROXY_STALL, PROXY_CUT };
struct proxy;
/* Listens on a free port and passes all on to the test server. */
struct proxy *proxy_start(void);
void proxy_set(struct proxy *proxy, enum proxy_mode mode); /* CUT also closes what is open */
const char *proxy_uri(const struct proxy *proxy);
int proxy_connections(struct proxy *proxy); /* accepted so far */
void proxy_stop(struct proxy *proxy);

#define assert_status(expression, wanted) \
    do { \
        enum status assert_got = (expression); \
        if (assert_got != (wanted)) { \
            char assert_chain[512]; \
            fail_msg("%s: %s instead of %s: %s", #expression, status_info(assert_got)->name, status_info(wanted)->name, \
                     status_chain_text(assert_chain, sizeof assert_chain)); \
        } \
    } while (0)

#endif
