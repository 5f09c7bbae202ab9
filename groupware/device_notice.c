#include "device_notice.h"

#include "address.h"
#include "bourse/mime/header.h"
#include "session_state.h"

enum { MESSAGE_CAP = 16 * 1024 };

/* Addresses without a domain are in our first one. */
static const char *admin_address(TALLOC_CTX *mem, const struct config *config)
{
    const char *address = config_text(config, CONFIG_activesync_admin_address), *domain = config_list(config, CONFIG_server_domains)[0];
    if (*address == '\0')
        address = config_text(config, CONFIG_server_postmaster);
    return strchr(address, '@') != NULL || domain == NULL ? address : talloc_asprintf(mem, "%s@%s", address, domain);
}

/* Devices name themselves: only what is harmless in a message is shown. */
static const char *shown(TALLOC_CTX *mem, const char *text)
{
    char *copy = talloc_strndup(mem, text, 200);
    for (char *at = copy; at != NULL && *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            *at = ' ';
    return copy != NULL ? copy : "";
}

/* Safe to copy into a shell. */
static bool is_plain(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@")] == '\0';
}

static void append_head(struct buffer *text, const char *to, const char *domain, const char *id, const char *subject)
{
    char date[INSTANT_MAIL_SIZE];
    buffer_printf(text, "From: Mail server <postmaster@%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: %s\r\n", domain, to, subject,
                  instant_format_mail(clock_now(), date), id);
    buffer_append_text(text, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
}

static void append_device(TALLOC_CTX *mem, struct buffer *text, const struct device *device)
{
    buffer_printf(text, "Device: %s\r\nType: %s\r\nProgram: %s\r\n", shown(mem, device->id), shown(mem, device->type), shown(mem, device->user_agent));
}

static enum status make(TALLOC_CTX *mem, struct session *session, const struct device *device, const char *to, bool is_admin, struct outgoing *out)
{
    struct buffer *text = buffer_new(mem, MESSAGE_CAP);
    const char **recipients = talloc_array(mem, const char *, 1);
    const char *owner = session->entry->address, *domain = address_domain(owner) != NULL ? address_domain(owner) : "localhost";
    const char *id = mime_message_id_new(mem, domain), *what = device->access == DEVICE_BLOCKED ? "is blocked" : "waits for permission";
    if (text == NULL || recipients == NULL || id == NULL || to == NULL)
        return status_fail(STATUS_NO_MEMORY, "notice");
    append_head(text, to, domain, id, is_admin ? talloc_asprintf(mem, "A device of %s %s", owner, what) : talloc_asprintf(mem, "Your new device %s", what));
    if (is_admin)
        buffer_printf(text, "A device that was not seen before wants to sync the mailbox %s. It %s.\r\n\r\n", owner, what);
    else
        buffer_printf(text, "A device that was not seen before wants to sync your mailbox. It %s; your administrator has been told.\r\nIf it is not yours, change your password.\r\n\r\n",
                      what);
    append_device(mem, text, device);
    if (is_admin && is_plain(device->id) && is_plain(owner))
        buffer_printf(text, "\r\nboursectl device allow %s %s\r\nboursectl device block %s %s\r\n", owner, device->id, owner, device->id);
    TRY(buffer_status(text));
    recipients[0] = to;
    *out = (struct outgoing){ .sender = "", .origin = owner, .mime = buffer_slice(text), .recipients = recipients, .recipient_count = 1 };
    return outbox_prepare(mem, session->groupware, out);
}

enum status device_notice_prepare(TALLOC_CTX *mem, struct session *session, const struct device *device, struct device_notice *out)
{
    TRY(make(mem, session, device, session->entry->address, false, &out->owner));
    return make(mem, session, device, admin_address(mem, session->groupware->config), true, &out->admin);
}

enum status device_notice_put(struct transaction *tx, struct session *session, const struct device_notice *notice)
{
    TRY(outbox_put(tx, tx, session->groupware, &notice->owner, NULL));
    return outbox_put(tx, tx, session->groupware, &notice->admin, NULL);
}
