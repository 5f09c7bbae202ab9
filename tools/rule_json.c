#include "rule_json.h"

#include <string.h>

#include "bourse/base/memory.h"
#include "bourse/groupware/folder.h"

/* ---- folders as paths ---- */

static enum status find_child(TALLOC_CTX *mem, struct session *session, const struct object_id *parent, const char *name, struct object_id *out)
{
    struct folder_query query = { 0 };
    struct folder_page *page = NULL;
    TRY(folder_find(mem, session, parent, &query, &page));
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->folders[i]->display_name, name) == 0) {
            *out = page->folders[i]->id;
            return STATUS_OK;
        }
    status_set_client_text("there is no folder %s", name);
    return status_fail(STATUS_INVALID_ARGUMENT, "folder %s", name);
}

static enum status folder_of_path(TALLOC_CTX *mem, struct session *session, const char *path, int64_t *out)
{
    struct object_id at;
    char *rest = talloc_strdup(mem, path), *name = NULL, *save = NULL;
    TRY(rest != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "folder"));
    TRY(folder_id_of_role(session, session_mailbox(session), FOLDER_ROLE_IPM_SUBTREE, &at));
    for (name = strtok_r(rest, "/", &save); name != NULL; name = strtok_r(NULL, "/", &save))
        TRY(find_child(mem, session, &at, name, &at));
    *out = at.folder;
    return STATUS_OK;
}

static char *path_of_folder(TALLOC_CTX *mem, struct session *session, int64_t id)
{
    struct object_id at = { .kind = OBJECT_FOLDER, .mailbox = session_mailbox(session), .folder = id };
    struct folder *folder = NULL;
    char *path = talloc_strdup(mem, "");
    while (path != NULL && folder_get(mem, session, &at, &folder) == STATUS_OK && folder->role != FOLDER_ROLE_IPM_SUBTREE && folder->parent.folder != 0) {
        path = talloc_asprintf(mem, "%s%s%s", folder->display_name, path[0] != '\0' ? "/" : "", path);
        at = folder->parent;
    }
    return path;
}

/* ---- terms ---- */

static json_t *texts_to_json(const struct rule_term *term)
{
    json_t *list = json_array();
    for (size_t i = 0; i < term->text_count; i++)
        json_array_append_new(list, json_string(term->texts[i]));
    return list;
}

static json_t *time_to_json(instant when)
{
    char text[INSTANT_TEXT_SIZE];
    return json_string(when != 0 ? instant_format(when, text) : "");
}

static json_t *term_to_json(TALLOC_CTX *mem, struct session *session, const struct rule_term *term, enum rule_form form)
{
    switch (form) {
    case RULE_FORM_TEXTS:
    case RULE_FORM_ADDRESSES:
        return texts_to_json(term);
    case RULE_FORM_TIMES:
        return json_pack("[o,o]", time_to_json(term->low), time_to_json(term->high));
    case RULE_FORM_SIZES:
        return json_pack("[I,I]", (json_int_t)term->low, (json_int_t)term->high);
    case RULE_FORM_FOLDER:
        return json_string(path_of_folder(mem, session, term->low));
    case RULE_FORM_NUMBER:
    case RULE_FORM_ITEM:
        return json_integer((json_int_t)term->low);
    default:
        return json_true();
    }
}

static json_t *terms_to_json(TALLOC_CTX *mem, struct session *session, const struct rule_term *terms, size_t count, const struct rule_term_info *(*info_of)(int kind))
{
    json_t *out = json_object();
    for (size_t i = 0; i < count; i++) {
        const struct rule_term_info *info = info_of(terms[i].kind);
        if (info != NULL)
            json_object_set_new(out, info->json, term_to_json(mem, session, &terms[i], info->form));
    }
    return out;
}

json_t *rule_to_json(TALLOC_CTX *mem, struct session *session, const struct rule *rule)
{
    return json_pack("{s:I,s:s,s:i,s:b,s:b,s:o,s:o,s:o}", "id", (json_int_t)rule->id, "name", rule->name, "sequence", (int)rule->sequence, "enabled", rule->is_enabled,
                     "in_error", rule->is_in_error, "conditions", terms_to_json(mem, session, rule->conditions, rule->condition_count, rule_test_info), "exceptions",
                     terms_to_json(mem, session, rule->exceptions, rule->exception_count, rule_test_info), "actions",
                     terms_to_json(mem, session, rule->actions, rule->action_count, rule_action_info));
}

static enum status bad(const char *member)
{
    status_set_client_text("rule: %s", member);
    return status_fail(STATUS_INVALID_ARGUMENT, "rule: %s", member);
}

static enum status texts_of_json(TALLOC_CTX *mem, const json_t *value, const char *member, struct rule_term *out)
{
    if (!json_is_array(value))
        return bad(member);
    const char **texts = array_new(mem, const char *, json_array_size(value));
    TRY(texts != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rule"));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        TRY(text != NULL ? STATUS_OK : bad(member));
        texts[i] = talloc_strdup(mem, text);
        TRY(texts[i] != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rule"));
    }
    out->texts = texts;
    out->text_count = json_array_size(value);
    return STATUS_OK;
}

static enum status time_of_json(const json_t *value, const char *member, int64_t *out)
{
    const char *text = json_string_value(value);
    *out = 0;
    return text != NULL && (text[0] == '\0' || instant_parse(text, out)) ? STATUS_OK : bad(member);
}

static enum status term_of_json(TALLOC_CTX *mem, struct session *session, const json_t *value, const struct rule_term_info *info, struct rule_term *out)
{
    *out = (struct rule_term){ .kind = info->kind };
    switch (info->form) {
    case RULE_FORM_TEXTS:
    case RULE_FORM_ADDRESSES:
        return texts_of_json(mem, value, info->json, out);
    case RULE_FORM_TIMES:
        TRY(time_of_json(json_array_get(value, 0), info->json, &out->low));
        return time_of_json(json_array_get(value, 1), info->json, &out->high);
    case RULE_FORM_SIZES:
        out->low = json_integer_value(json_array_get(value, 0));
        out->high = json_integer_value(json_array_get(value, 1));
        return json_array_size(value) == 2 ? STATUS_OK : bad(info->json);
    case RULE_FORM_FOLDER:
        return json_is_string(value) ? folder_of_path(mem, session, json_string_value(value), &out->low) : bad(info->json);
    case RULE_FORM_NUMBER:
    case RULE_FORM_ITEM:
        out->low = json_integer_value(value);
        return json_is_integer(value) ? STATUS_OK : bad(info->json);
    case RULE_FORM_FLAG:
        return json_is_true(value) ? STATUS_OK : bad(info->json);
    default:
        return bad(info->json);
    }
}

static enum status terms_of_json(TALLOC_CTX *mem, struct session *session, const json_t *object, const struct rule_term_info *(*at)(size_t index),
                                 struct rule_term **out, size_t *count)
{
    const char *member = NULL;
    json_t *value = NULL;
    *count = 0;
    *out = array_new(mem, struct rule_term, json_object_size(object));
    TRY(*out != NULL ? STATUS_OK : status_fail(STATUS_NO_MEMORY, "rule"));
    json_object_foreach((json_t *)(uintptr_t)object, member, value) {
        const struct rule_term_info *info = NULL;
        for (size_t i = 0; (info = at(i)) != NULL && strcmp(info->json, member) != 0; i++)
            continue;
        TRY(info != NULL ? STATUS_OK : bad(member));
        TRY(term_of_json(mem, session, value, info, &(*out)[(*count)++]));
    }
    return STATUS_OK;
}

enum status rule_of_json(TALLOC_CTX *mem, struct session *session, const json_t *json, struct rule *out)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const json_t *enabled = json_object_get(json, "enabled");
    if (name == NULL)
        return bad("name");
    *out = (struct rule){ .id = json_integer_value(json_object_get(json, "id")), .name = talloc_strdup(mem, name), .is_enabled = enabled == NULL || json_is_true(enabled),
                          .sequence = (int32_t)json_integer_value(json_object_get(json, "sequence")) };
    TRY(terms_of_json(mem, session, json_object_get(json, "conditions"), rule_test_at, &out->conditions, &out->condition_count));
    TRY(terms_of_json(mem, session, json_object_get(json, "exceptions"), rule_test_at, &out->exceptions, &out->exception_count));
    return terms_of_json(mem, session, json_object_get(json, "actions"), rule_action_at, &out->actions, &out->action_count);
}
