#include <stdlib.h>

#include "bourse/base/text.h"
#include "entry.h"
#include "filter.h"

#define ADDRESS_SIZE_MOST 320 /* 64 + 1 + 255 [RFC 5321] 4.5.3.1 */
#define ADDRESSES_MOST 1000
#define EXCHANGE_KIB 1024

/* The LDAP entry with the settings that tell its attributes' names. */
struct source {
    const struct settings *settings;
    const struct ldap_entry *entry;
};

static const struct ldap_values *values_of(const struct source *source, enum attribute attribute)
{
    if (attribute_use(attribute) == EXCHANGE_USE && source->settings->ignores_exchange)
        return NULL;
    return ldap_entry_values(source->entry, attribute_name(source->settings->profile, attribute));
}

/* First value as valid UTF-8 on `mem`, NULL when unset or empty. */
static const char *text_of(TALLOC_CTX *mem, const struct source *source, enum attribute attribute)
{
    const struct ldap_values *values = values_of(source, attribute);
    if (values == NULL)
        return NULL;
    struct slice text = slice_trim(values->values[0]);
    if (text.length == 0 || slice_find_byte(text, 0) >= 0)
        return NULL;
    return utf8_repair(mem, text);
}

static bool number_of(const struct source *source, enum attribute attribute, int64_t *out)
{
    const struct ldap_values *values = values_of(source, attribute);
    char *end = NULL;
    if (values == NULL)
        return false;
    *out = strtoll((const char *)values->values[0].data, &end, 10);
    return end != (const char *)values->values[0].data && *end == '\0';
}

static bool is_value(const struct source *source, enum attribute attribute, const char *wanted)
{
    const struct ldap_values *values = values_of(source, attribute);
    for (size_t i = 0; values != NULL && i < values->count; i++) {
        if (slice_equal_ascii_nocase(values->values[i], slice_of_text(wanted)))
            return true;
    }
    return false;
}

char *key_fold(TALLOC_CTX *mem, const char *text)
{
    return text_fold(mem, slice_of_text(text));
}

bool address_is_usable(const char *address)
{
    struct slice text = slice_of_text(address), local, domain;
    if (text.length > ADDRESS_SIZE_MOST || !utf8_is_valid(text) || !slice_split(text, '@', &local, &domain))
        return false;
    if (local.length == 0 || domain.length == 0 || slice_find_byte(domain, '@') >= 0)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] <= ' ' || text.data[i] == 0x7f || text.data[i] == '<' || text.data[i] == '>')
            return false;
    }
    return true;
}

bool entry_guid(const struct settings *settings, const struct ldap_entry *from, struct guid *out)
{
    const struct ldap_values *values = ldap_entry_values(from, attribute_name(settings->profile, ATTRIBUTE_ID));
    if (values == NULL)
        return false;
    if (settings->profile == PROFILE_OPENLDAP) /* text form [RFC 4530] 2.1 */
        return guid_parse((const char *)values->values[0].data, out) == STATUS_OK;
    if (values->values[0].length != sizeof out->bytes) /* bytes in wire order [MS-ADA3] objectGUID */
        return false;
    memcpy(out->bytes, values->values[0].data, sizeof out->bytes);
    return true;
}

void entry_guid_filter(struct buffer *out, enum profile profile, struct guid guid)
{
    char text[GUID_TEXT_SIZE];
    struct slice value = slice_of(guid.bytes, sizeof guid.bytes);
    if (profile == PROFILE_OPENLDAP)
        value = slice_of_text(guid_format(guid, text));
    filter_equal(out, attribute_name(profile, ATTRIBUTE_ID), value);
}

static bool is_group(const struct source *source)
{
    static const char *const classes[] = { "group", "groupOfNames", "groupOfUniqueNames", "groupOfMembers", "posixGroup" };
    for (size_t i = 0; i < ARRAY_LENGTH(classes); i++) {
        if (is_value(source, ATTRIBUTE_OBJECT_CLASS, classes[i]))
            return true;
    }
    return false;
}

/* msExchRecipientTypeDetails first, then employeeType; see docs/directory.md. */
static enum recipient_kind resource_kind(const struct source *source)
{
    static const struct { int64_t type; const char *name; enum recipient_kind kind; } kinds[] = {
        { 4, "shared", RECIPIENT_SHARED },
        { 16, "room", RECIPIENT_ROOM },
        { 32, "equipment", RECIPIENT_EQUIPMENT },
        { 128, "contact", RECIPIENT_CONTACT },
    };
    int64_t type = 0;
    bool has_type = number_of(source, ATTRIBUTE_RECIPIENT_TYPE, &type) && type != 1;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        if (has_type ? type == kinds[i].type : is_value(source, ATTRIBUTE_EMPLOYEE_TYPE, kinds[i].name))
            return kinds[i].kind;
    }
    return RECIPIENT_USER;
}

static enum recipient_kind kind_of(const struct source *source)
{
    if (is_group(source))
        return RECIPIENT_GROUP;
    if (is_value(source, ATTRIBUTE_OBJECT_CLASS, "contact") || values_of(source, ATTRIBUTE_LOGIN) == NULL)
        return RECIPIENT_CONTACT;
    return resource_kind(source);
}

static bool account_is_enabled(const struct source *source)
{
    int64_t control = 0, expires = 0;
    if (number_of(source, ATTRIBUTE_ACCOUNT_CONTROL, &control) && (control & 2) != 0) /* ADS_UF_ACCOUNTDISABLE [MS-ADTS] 2.2.16 */
        return false;
    if (number_of(source, ATTRIBUTE_ACCOUNT_EXPIRES, &expires) && expires > 0 && expires != INT64_MAX && expires <= clock_now())
        return false;
    return !is_value(source, ATTRIBUTE_LOCKED_TIME, "000001010000Z"); /* draft-behera-ldap-password-policy 5.3.3 */
}

/* Addresses as they are collected: no doubles, the primary one first. */
struct collected {
    const char **items;
    size_t count;
};

static void collect(struct collected *list, const char *address, bool is_primary)
{
    size_t at = 0;
    while (at < list->count && strcasecmp(list->items[at], address) != 0)
        at++;
    if ((at < list->count && !is_primary) || list->count >= ADDRESSES_MOST)
        return;
    if (at == list->count)
        list->items[list->count++] = address;
    for (; is_primary && at > 0; at--)
        list->items[at] = list->items[at - 1];
    list->items[at] = address;
}

static bool is_tagged(struct slice value, const char *tag, size_t length)
{
    return value.length > length && strncasecmp((const char *)value.data, tag, length) == 0;
}

/* mail, then proxyAddresses: "SMTP:" is the primary address, "smtp:" an alias, "x500:" an old legacy DN. */
static enum status read_addresses(TALLOC_CTX *mem, const struct source *source, struct recipient_entry *entry)
{
    const struct ldap_values *mail = values_of(source, ATTRIBUTE_MAIL), *proxies = values_of(source, ATTRIBUTE_PROXY_ADDRESSES);
    size_t most = 2 + (mail != NULL ? mail->count : 0) + (proxies != NULL ? proxies->count : 0);
    struct collected smtp = { talloc_array(mem, const char *, (unsigned)most), 0 };
    const char **x500 = talloc_array(mem, const char *, (unsigned)most);
    if (smtp.items == NULL || x500 == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; mail != NULL && i < mail->count; i++) {
        const char *address = utf8_repair(mem, slice_trim(mail->values[i]));
        if (address != NULL && address_is_usable(address))
            collect(&smtp, address, false);
    }
    for (size_t i = 0; proxies != NULL && i < proxies->count; i++) {
        struct slice value = slice_trim(proxies->values[i]);
        bool is_smtp = is_tagged(value, "smtp:", 5), is_x500 = is_tagged(value, "x500:", 5);
        const char *text = is_smtp || is_x500 ? utf8_repair(mem, slice_part(value, 5, value.length)) : NULL;
        if (is_smtp && text != NULL && address_is_usable(text))
            collect(&smtp, text, memcmp(value.data, "SMTP:", 5) == 0);
        else if (is_x500 && text != NULL)
            x500[entry->x500_count++] = text;
    }
    if (smtp.count == 0 && entry->upn != NULL && address_is_usable(entry->upn))
        collect(&smtp, entry->upn, true);
    entry->addresses = smtp.items;
    entry->address_count = smtp.count;
    entry->address = smtp.count > 0 ? smtp.items[0] : NULL;
    entry->x500 = x500;
    return STATUS_OK;
}

static int64_t quota_of(const struct source *source, enum attribute attribute)
{
    int64_t kib = 0;
    if (!is_value(source, ATTRIBUTE_USES_DEFAULTS, "FALSE") || !number_of(source, attribute, &kib) || kib < 0 ||
        kib > INT64_MAX / EXCHANGE_KIB)
        return RECIPIENT_NO_QUOTA;
    return kib * EXCHANGE_KIB;
}

static void read_forwarding(TALLOC_CTX *mem, const struct source *source, struct recipient_entry *entry)
{
    const char *target = text_of(mem, source, ATTRIBUTE_FORWARD_ADDRESS);
    if (target != NULL && strncasecmp(target, "smtp:", 5) == 0)
        target += 5;
    if (target != NULL && address_is_usable(target))
        entry->forwarding.address = talloc_strdup(mem, target);
    entry->forwarding.dn = text_of(mem, source, ATTRIBUTE_FORWARD_DN);
    entry->forwarding.keeps_copy = is_value(source, ATTRIBUTE_FORWARD_COPY, "TRUE");
}

static enum status read_exchange(TALLOC_CTX *mem, const struct source *source, struct recipient_entry *entry)
{
    const struct ldap_values *on_behalf = values_of(source, ATTRIBUTE_ON_BEHALF);
    entry->is_hidden = is_value(source, ATTRIBUTE_HIDDEN, "TRUE");
    entry->needs_sender_sign_in = is_value(source, ATTRIBUTE_NEEDS_SIGN_IN, "TRUE");
    entry->warning_quota = quota_of(source, ATTRIBUTE_WARNING_QUOTA);
    entry->send_quota = quota_of(source, ATTRIBUTE_SEND_QUOTA);
    entry->receive_quota = quota_of(source, ATTRIBUTE_RECEIVE_QUOTA);
    if (!number_of(source, ATTRIBUTE_CAPACITY, &entry->capacity) || entry->capacity < 0)
        entry->capacity = 0;
    read_forwarding(mem, source, entry);
    size_t count = on_behalf != NULL ? on_behalf->count : 0;
    const char **dns = talloc_array(mem, const char *, (unsigned)count + 1);
    if (dns == NULL)
        return STATUS_NO_MEMORY;
    entry->on_behalf_dns = dns;
    for (size_t i = 0; i < count; i++) {
        dns[entry->on_behalf_count] = utf8_repair(mem, on_behalf->values[i]);
        if (dns[entry->on_behalf_count++] == NULL)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static void read_names(TALLOC_CTX *mem, const struct source *source, struct recipient_entry *entry)
{
    entry->dn = utf8_repair(mem, slice_of_text(source->entry->dn));
    entry->login = text_of(mem, source, ATTRIBUTE_LOGIN);
    entry->upn = text_of(mem, source, ATTRIBUTE_UPN);
    entry->legacy_dn = text_of(mem, source, ATTRIBUTE_LEGACY_DN);
    entry->alias = text_of(mem, source, ATTRIBUTE_ALIAS);
    entry->display_name = text_of(mem, source, ATTRIBUTE_DISPLAY_NAME);
    if (entry->display_name == NULL)
        entry->display_name = text_of(mem, source, ATTRIBUTE_COMMON_NAME);
#define DETAIL(member, ...) entry->details.member = text_of(mem, source, ATTRIBUTE_detail_##member);
#include "bourse/directory/details.def"
#undef DETAIL
}

/* Fallbacks that need the addresses. */
static void complete_names(TALLOC_CTX *mem, struct recipient_entry *entry)
{
    if (entry->alias == NULL && entry->login != NULL)
        entry->alias = entry->login;
    if (entry->alias == NULL && entry->address != NULL)
        entry->alias = talloc_strndup(mem, entry->address, strcspn(entry->address, "@"));
    if (entry->display_name == NULL)
        entry->display_name = entry->address != NULL ? entry->address : entry->dn;
}

enum status entry_decode(TALLOC_CTX *mem, const struct settings *settings, const struct ldap_entry *from,
                         struct recipient_entry **out)
{
    const struct source source = { settings, from };
    struct guid guid;
    *out = NULL;
    if (!entry_guid(settings, from, &guid))
        return STATUS_OK;
    struct recipient_entry *entry = talloc_zero(mem, struct recipient_entry);
    if (entry == NULL)
        return STATUS_NO_MEMORY;
    entry->guid = guid;
    entry->kind = kind_of(&source);
    entry->has_mailbox = entry->kind != RECIPIENT_GROUP && entry->kind != RECIPIENT_CONTACT;
    entry->is_enabled = entry->kind != RECIPIENT_GROUP && values_of(&source, ATTRIBUTE_LOGIN) != NULL && account_is_enabled(&source);
    read_names(entry, &source, entry);
    enum status status = read_addresses(entry, &source, entry);
    if (status == STATUS_OK)
        status = read_exchange(entry, &source, entry);
    if (status == STATUS_OK && entry->dn == NULL)
        status = STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        talloc_free(entry);
        return status;
    }
    complete_names(entry, entry);
    *out = entry;
    return STATUS_OK;
}

bool entry_has_address(const struct recipient_entry *entry, const char *folded_address, bool with_upn)
{
    TALLOC_CTX *scratch = talloc_new(NULL);
    bool has = false;
    for (size_t i = 0; !has && i < entry->address_count; i++) {
        const char *folded = key_fold(scratch, entry->addresses[i]);
        has = folded != NULL && strcmp(folded, folded_address) == 0;
    }
    if (!has && with_upn && entry->upn != NULL) {
        const char *folded = key_fold(scratch, entry->upn);
        has = folded != NULL && strcmp(folded, folded_address) == 0;
    }
    talloc_free(scratch);
    return has;
}
