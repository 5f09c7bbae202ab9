#include "sasl.h"

#include <gssapi/gssapi_krb5.h>
#include <ldap.h>
#include <pthread.h>
#include <sasl/sasl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int init_result = SASL_FAIL;

/* SASL's own mutexes. They are leaves: nothing of ours is taken while one is held. */
static void *mutex_new(void)
{
    pthread_mutex_t *mutex = malloc(sizeof *mutex);
    if (mutex != NULL && pthread_mutex_init(mutex, NULL) != 0) {
        free(mutex);
        mutex = NULL;
    }
    return mutex;
}

static int mutex_lock(void *mutex)
{
    return pthread_mutex_lock(mutex) == 0 ? SASL_OK : SASL_FAIL;
}

static int mutex_unlock(void *mutex)
{
    return pthread_mutex_unlock(mutex) == 0 ? SASL_OK : SASL_FAIL;
}

static void mutex_free(void *mutex)
{
    if (mutex == NULL)
        return;
    pthread_mutex_destroy(mutex);
    free(mutex);
}

/* No saslauthd, no sasldb: our callback alone decides about passwords. */
static int get_option(void *context, const char *plugin, const char *option, const char **result, unsigned *length)
{
    (void)context, (void)plugin;
    if (strcmp(option, "pwcheck_method") == 0)
        *result = "auxprop";
    else if (strcmp(option, "auxprop_plugin") == 0)
        *result = "none";
    else if (strcmp(option, "mech_list") == 0)
        *result = "PLAIN LOGIN GSSAPI GSS-SPNEGO";
    else
        return SASL_FAIL;
    if (length != NULL)
        *length = (unsigned)strlen(*result);
    return SASL_OK;
}

/* A configuration file of the system is never read. */
static int no_configuration_folder(void *context, char **path)
{
    static char nowhere[] = "/nonexistent";
    (void)context;
    *path = nowhere;
    return SASL_OK;
}

static int no_log(void *context, int level, const char *message)
{
    (void)context, (void)level, (void)message;
    return SASL_OK;
}

/* libldap and its TLS write to sockets that the server may have closed; without this the whole process would end. */
static void ignore_broken_pipes(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        action.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &action, NULL);
    }
}

static void prepare_once(void)
{
    static const sasl_callback_t callbacks[] = {
        { SASL_CB_GETOPT, SASL_FUNCTION(get_option), NULL },
        { SASL_CB_GETCONFPATH, SASL_FUNCTION(no_configuration_folder), NULL },
        { SASL_CB_LOG, SASL_FUNCTION(no_log), NULL },
        { SASL_CB_LIST_END, NULL, NULL },
    };
    LDAP *ld = NULL;
    ignore_broken_pipes();
    /* libldap installs mutexes into SASL when it starts; ours come after, before the first of them is made */
    if (ldap_initialize(&ld, "ldapi://") == LDAP_SUCCESS)
        ldap_unbind_ext(ld, NULL, NULL);
    sasl_set_mutex(mutex_new, mutex_lock, mutex_unlock, mutex_free);
    init_result = sasl_server_init(callbacks, "bourse");
}

enum status sasl_prepare(const char *keytab)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (pthread_once(&once, prepare_once) != 0 || init_result != SASL_OK)
        return status_fail(STATUS_CONFIGURATION, "SASL cannot be initialised: %s", sasl_errstring(init_result, NULL, NULL));
    if (keytab[0] != '\0' && krb5_gss_register_acceptor_identity(keytab) != GSS_S_COMPLETE)
        return status_fail(STATUS_CONFIGURATION, "the keytab %s cannot be used", keytab);
    return STATUS_OK;
}
