/* The same on Active Directory. */
#include "test_outage.c"
