/* CopyFolder [MS-OXWSFOLD] 3.1.4.1 */
#include "move_folders.h"

enum status op_copy_folder(struct ews_call *call)
{
    return move_folders(call, folder_copy);
}
