/* Stands in for the directory in the tests of http: everybody's password is "secret", "slow" is signed in late, "down"
 * finds no directory. */
#ifndef BOURSE_HTTP_TESTING_FAKE_DIRECTORY_H
#define BOURSE_HTTP_TESTING_FAKE_DIRECTORY_H

#include <stdatomic.h>

#include "bourse/directory/sign_in.h"

struct directory *fake_directory(void);
/* sign_in_verify calls so far. */
extern atomic_int fake_sign_ins;
/* Offers Negotiate: a token "one" is answered with "two", then "three" signs in "kerberos". */
extern atomic_bool fake_kerberos;
/* What failed sign-ins are held back for, in microseconds. */
extern _Atomic int64_t fake_delay_us;

#endif
