/* CopyItem [MS-OXWSCORE] 3.1.4.1 */
#include "move_items.h"

enum status op_copy_item(struct ews_call *call)
{
    return move_items(call, item_copy);
}
