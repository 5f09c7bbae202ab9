#include "user_configurations.h"

#include "bourse/base/text.h"
#include "bourse/groupware/find.h"
#include "bourse/model/properties.h"
#include "bourse/model/restriction.h"

/* PidTagRoamingDatatypes [MS-OXOCFG] 2.2.2.1 */
enum { DATA_BINARY = 1, DATA_XML = 2, DATA_DICTIONARY = 4 };

const char *user_configuration_class(struct ews_call *call, const struct user_configuration *configuration)
{
    return talloc_asprintf(call->mem, "IPM.Configuration.%s", configuration->name);
}

/* The newest of that class: two clients may have made one each. */
static enum status find_item(struct ews_call *call, struct user_configuration *out)
{
    struct item_page *page = NULL;
    const char *class = user_configuration_class(call, out);
    struct restriction *same = restriction_new(call->mem, RESTRICT_CONTENT);
    struct sort_key sort = { .tag = PROP_LAST_MODIFICATION_TIME, .descending = true };
    if (class == NULL || same == NULL)
        return status_fail(STATUS_NO_MEMORY, "configuration");
    same->tag = PROP_MESSAGE_CLASS;
    same->fuzzy = FUZZY_FULL | FUZZY_IGNORE_CASE;
    same->value = value_string(PROP_MESSAGE_CLASS, class);
    struct find_query query = { .restriction = same, .sort = &sort, .sort_count = 1, .associated = true, .limit = 1, .parts = ITEM_PROPERTIES };
    TRY(item_find(call->mem, call->session, &out->folder, &query, &page));
    out->item = page->count > 0 ? page->items[0] : NULL;
    return STATUS_OK;
}

enum status user_configuration_find(struct ews_call *call, const struct xml_node *name, struct user_configuration *out)
{
    int64_t change;
    *out = (struct user_configuration){ .name = xml_attribute_of(name, "Name") };
    if (name->child == NULL || out->name == NULL || out->name[0] == '\0' || strlen(out->name) > 200)
        return ews_fail(call, EWS_CODE_PROPERTY_VALUE, "UserConfigurationName");
    TRY(id_read_folder(call, name->child, &out->folder, &change));
    return find_item(call, out);
}

static enum status read_bytes(struct ews_call *call, const struct xml_node *configuration, const char *element, prop_tag tag, struct bag *out)
{
    struct slice bytes;
    const struct xml_node *node = xml_child(configuration, EWS_NS_TYPES, element);
    if (node == NULL)
        return STATUS_OK;
    if (base64_decode(call->mem, node->text, &bytes) != STATUS_OK)
        return ews_fail(call, EWS_CODE_PROPERTY_VALUE, "%s is no base64", element);
    return bag_set_bytes(out, tag, bytes);
}

enum status user_configuration_read(struct ews_call *call, const struct xml_node *configuration, struct bag *out)
{
    struct slice stored;
    const struct xml_node *dictionary = xml_child(configuration, EWS_NS_TYPES, "Dictionary");
    if (dictionary != NULL) {
        TRY(dictionary_read(call, dictionary, &stored));
        TRY(bag_set_bytes(out, PROP_ROAMING_DICTIONARY, stored));
    }
    TRY(read_bytes(call, configuration, "XmlData", PROP_ROAMING_XML_STREAM, out));
    TRY(read_bytes(call, configuration, "BinaryData", PROP_ROAMING_BINARY, out));
    int32_t kinds = (bag_has(out, PROP_ROAMING_DICTIONARY) ? DATA_DICTIONARY : 0) | (bag_has(out, PROP_ROAMING_XML_STREAM) ? DATA_XML : 0) |
                    (bag_has(out, PROP_ROAMING_BINARY) ? DATA_BINARY : 0);
    return bag_set_int32(out, PROP_ROAMING_DATATYPES, kinds);
}

/* ---- dictionaries ---- */

static const struct {
    const char *word;
    int number;
} types[] = {
#define DICTIONARY_TYPE(word, number) { word, number },
#include "dictionary_types.def"
#undef DICTIONARY_TYPE
};

static int number_of(const char *word)
{
    for (size_t i = 0; word != NULL && i < ARRAY_LENGTH(types); i++)
        if (strcmp(types[i].word, word) == 0)
            return types[i].number;
    return 0;
}

static const char *word_of(int number)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (types[i].number == number)
            return types[i].word;
    return "String";
}

/* "18-text"; the values of a list are joined with a line feed, which none of them can have in an attribute. */
static const char *stored_value(struct ews_call *call, const struct xml_node *object)
{
    int number = number_of(xml_child_text(object, EWS_NS_TYPES, "Type"));
    char *text = talloc_asprintf(call->mem, "%d-", number != 0 ? number : 18);
    bool first = true;
    for (const struct xml_node *value = object->child; value != NULL; value = value->next) {
        if (strcmp(value->name, "Value") != 0)
            continue;
        text = talloc_asprintf_append(text, "%s%s", first ? "" : "\n", xml_text_of(value));
        first = false;
    }
    return text;
}

enum status dictionary_read(struct ews_call *call, const struct xml_node *dictionary, struct slice *out)
{
    struct buffer *text = buffer_new(call->mem, 8 << 20);
    struct xml_writer *xml = text != NULL ? xml_writer_new(call->mem, text) : NULL;
    if (xml == NULL)
        return status_fail(STATUS_NO_MEMORY, "dictionary");
    xml_declaration(xml);
    xml_start(xml, "UserConfiguration");
    xml_namespace(xml, "", "dictionary.xsd");
    xml_start(xml, "Info");
    xml_attribute(xml, "version", "Exchange.12");
    xml_end(xml);
    xml_start(xml, "Data");
    for (const struct xml_node *entry = dictionary->child; entry != NULL; entry = entry->next) {
        xml_start(xml, "e");
        xml_attribute(xml, "k", stored_value(call, xml_child(entry, EWS_NS_TYPES, "DictionaryKey")));
        xml_attribute(xml, "v", stored_value(call, xml_child(entry, EWS_NS_TYPES, "DictionaryValue")));
        xml_end(xml);
    }
    TRY(xml_writer_finish(xml));
    return buffer_take(text, call->mem, out);
}

static void write_object(struct ews_call *call, const char *element, const char *stored)
{
    char *text = talloc_strdup(call->mem, stored), *dash = text != NULL ? strchr(text, '-') : NULL;
    if (dash == NULL)
        return;
    *dash = '\0';
    int64_t number = 0;
    struct slice rest = slice_of_text(dash + 1), line;
    for (const char *digit = text; *digit >= '0' && *digit <= '9' && number < 1000; digit++)
        number = number * 10 + (*digit - '0');
    xml_start(call->out, element);
    xml_element(call->out, "t:Type", word_of((int)number));
    for (bool more = true; more;) {
        struct slice whole = rest;
        more = slice_split(whole, '\n', &line, &rest);
        xml_element_slice(call->out, "t:Value", line);
    }
    xml_end(call->out);
}

/* Outlook writes these too; what cannot be read is an empty dictionary. */
void dictionary_write(struct ews_call *call, struct slice stored)
{
    const struct xml_node *root = NULL, *data;
    xml_start(call->out, "t:Dictionary");
    if (stored.length > 0 && xml_parse(call->mem, stored, NULL, &root) == STATUS_OK && (data = xml_child(root, NULL, "Data")) != NULL)
        for (const struct xml_node *entry = data->child; entry != NULL; entry = entry->next) {
            const char *key = xml_attribute_of(entry, "k"), *value = xml_attribute_of(entry, "v");
            if (key == NULL || value == NULL || strchr(key, '-') == NULL || strchr(value, '-') == NULL)
                continue;
            xml_start(call->out, "t:DictionaryEntry");
            write_object(call, "t:DictionaryKey", key);
            write_object(call, "t:DictionaryValue", value);
            xml_end(call->out);
        }
    xml_end(call->out);
    status_chain_clear();
}
