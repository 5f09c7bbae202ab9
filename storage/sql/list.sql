-- Heads of composed lists (list.c adds folder, conditions, order and page).

-- fragment: list_select
SELECT {row_columns} FROM message m;

-- fragment: list_count
SELECT count(*) FROM message m;
