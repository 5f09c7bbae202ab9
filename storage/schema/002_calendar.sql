-- Windows of calendars, reminders that are due, contacts by address. See docs/storage.md.

-- What lasts a week at most is found by its start, so that a window costs what lies in it and in the week before; long events and series, which are few,
-- by their end. The expressions are those of sql/calendar.sql.
CREATE INDEX cal_index_short ON cal_index (mailbox_id, folder_id, starts) INCLUDE (ends) WHERE ends - starts <= 6048000000000;
CREATE INDEX cal_index_long ON cal_index (mailbox_id, folder_id, ends) INCLUDE (starts) WHERE ends - starts > 6048000000000;
DROP INDEX IF EXISTS cal_index_range;

-- A contact has three addresses at most; file_as and addresses are case-folded.
CREATE INDEX contact_index_address1 ON contact_index (mailbox_id, (addresses[1])) WHERE addresses[1] IS NOT NULL;
CREATE INDEX contact_index_address2 ON contact_index (mailbox_id, (addresses[2])) WHERE addresses[2] IS NOT NULL;
CREATE INDEX contact_index_address3 ON contact_index (mailbox_id, (addresses[3])) WHERE addresses[3] IS NOT NULL;
CREATE INDEX contact_index_file_as ON contact_index (mailbox_id, file_as text_pattern_ops);
