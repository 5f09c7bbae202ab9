/* Mail with a calendar part, all the way into a calendar: whatever comes, an item that was made can be judged, updated and answered. */
#include "bourse/calendar/meeting.h"
#include "bourse/model/properties.h"
#include "meeting_forward.h"
#include "meeting_import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TALLOC_CTX *mem = talloc_new(NULL);
    struct message *message = NULL, *item = NULL, *response = NULL, *notice = NULL;
    struct meeting_judgement judgement;
    struct meeting_reply reply = { .status = RESPONSE_ACCEPTED, .name = "Bob", .address = "bob@example.test", .now = INSTANT_UNIX_EPOCH };
    bool changed = false;
    if (size < 65536 && meeting_import_whole(mem, slice_of(data, size), &message) == STATUS_OK &&
        meeting_judge(mem, NULL, message, reply.address, &judgement) == STATUS_OK && judgement.kind == MEETING_MESSAGE_REQUEST &&
        meeting_item_of_request(mem, message, reply.address, reply.now, &item) == STATUS_OK) {
        if (meeting_judge(mem, item, message, reply.address, &judgement) == STATUS_OK &&
            meeting_apply(item, message, &judgement, reply.now, &changed) == STATUS_OK && changed && judgement.verdict == VERDICT_STALE)
            __builtin_trap();
        if (meeting_apply_reply(item, &reply, &changed) == STATUS_OK && meeting_build_response(mem, item, &reply, &response) == STATUS_OK &&
            meeting_method(response) == NULL)
            __builtin_trap();
    }
    if (message != NULL && meeting_forward_notice(mem, message->props, slice_of(data, size), &notice) != STATUS_OK)
        __builtin_trap();
    status_chain_clear();
    talloc_free(mem);
    return 0;
}
