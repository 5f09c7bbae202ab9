/* MoveFolder [MS-OXWSFOLD] 3.1.4.7 */
#include "move_folders.h"

enum status op_move_folder(struct ews_call *call)
{
    return move_folders(call, folder_move);
}
