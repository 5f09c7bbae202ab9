/* GetUserPhoto [MS-OXWSPHOTO] 3.1.4.1 */
#include "bourse/groupware/people.h"
#include "response.h"

enum status op_get_user_photo(struct ews_call *call)
{
    struct slice photo = { 0 };
    enum status status = people_photo(call->mem, call->session, xml_child_text(call->operation, EWS_NS_MESSAGES, "Email"), &photo);
    if (status == STATUS_OK && photo.length == 0)
        status = ews_fail(call, EWS_CODE_PHOTO_NOT_FOUND, "no photo");
    if (status != STATUS_OK) {
        TRY(response_single_error(call, ews_recode(call, status, STATUS_RECIPIENT_NOT_FOUND, EWS_CODE_PHOTO_NOT_FOUND)));
        xml_element_bool(call->out, "m:HasChanged", false);
        return response_end(call);
    }
    TRY(response_single(call));
    xml_element_bool(call->out, "m:HasChanged", true);
    xml_element_base64(call->out, "m:PictureData", photo);
    xml_element(call->out, "m:ContentType", "image/jpeg");
    return response_end(call);
}
