/* Members of personal lists in every form: wrapped, one-off and address book entry ids, the stream. */
#include "bourse/groupware/distribution_list.h"
#include "bourse/model/properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct bag *props = bag_new(mem);
    struct value element = value_bytes(prop_make(prop_id(PROP_DISTRIBUTION_LIST_MEMBERS), TYPE_BINARY), slice_of(data, size));
    struct value list = { .tag = PROP_DISTRIBUTION_LIST_MEMBERS };
    struct list_member *members = NULL;
    size_t count = 0, damaged = 0;
    bool is_stream = size > 0 && data[0] == 1;
    list.multiple.count = 1;
    list.multiple.elements = &element;
    enum status status = is_stream ? bag_set_bytes(props, PROP_DISTRIBUTION_LIST_STREAM, slice_of(data, size)) : bag_set(props, &list);
    if (status == STATUS_OK && list_members_of(mem, props, (struct guid){ { 0 } }, (struct guid){ { 0 } }, &members, &count, &damaged) == STATUS_OK && count > 0 &&
        list_members_put(props, (struct guid){ { 0 } }, members, count) != STATUS_OK)
        __builtin_trap(); /* what could be read can be written */
    status_chain_clear();
    talloc_free(mem);
    return 0;
}
