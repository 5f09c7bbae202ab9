/* The same on Active Directory. */
#include "test_sign_in.c"
