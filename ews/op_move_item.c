/* MoveItem [MS-OXWSCORE] 3.1.4.7 */
#include "move_items.h"

enum status op_move_item(struct ews_call *call)
{
    return move_items(call, item_move);
}
