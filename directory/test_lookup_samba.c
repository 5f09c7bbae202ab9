/* The same on Active Directory. */
#include "test_lookup.c"
