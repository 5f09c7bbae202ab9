-- Index rows of calendar items, reminders and contacts: kept by every statement that saves, moves, copies or removes items (message.sql has the last three).

-- name: calendar_index_insert
-- each: mailbox int8, item int8, folder int8, starts int8, ends int8, busy_status int2, is_recurring bool, goid_hash int8, series bytea
INSERT INTO cal_index (mailbox_id, message_id, folder_id, starts, ends, busy_status, is_recurring, goid_hash, series)
SELECT u.mailbox, u.item, u.folder, u.starts, u.ends, u.busy_status, u.is_recurring, u.goid_hash, u.series FROM {each};

-- name: reminder_insert
-- each: mailbox int8, item int8, signal_time int8
INSERT INTO reminder (mailbox_id, message_id, signal_time) SELECT u.mailbox, u.item, u.signal_time FROM {each};

-- name: contact_index_insert
-- each: mailbox int8, item int8, folder int8, file_as text, addresses text[]
INSERT INTO contact_index (mailbox_id, message_id, folder_id, file_as, addresses)
SELECT u.mailbox, u.item, u.folder, u.file_as, u.addresses::text[] FROM {each};

-- name: index_rows_remove
-- in: mailbox int8, item int8
WITH calendar AS (DELETE FROM cal_index WHERE mailbox_id = :mailbox AND message_id = :item),
    reminders AS (DELETE FROM reminder WHERE mailbox_id = :mailbox AND message_id = :item)
DELETE FROM contact_index WHERE mailbox_id = :mailbox AND message_id = :item;

-- Windows. What is empty touches the window that it starts in.

-- define: week = 6048000000000
-- define: in_window = c.starts < :to AND (c.ends > :from OR c.starts >= :from)
-- define: short_events = c.ends - c.starts <= {week} AND c.starts > :from - {week} AND {in_window}
-- define: long_events = c.ends - c.starts > {week} AND c.ends > :from AND {in_window}
-- define: window_columns = c.message_id, c.starts, c.ends, c.busy_status, c.is_recurring, c.goid_hash

-- name: calendar_window
-- in: mailbox int8, folder int8, from int8, to int8, limit int8
-- out: item int8, starts int8, ends int8, busy_status int2, is_recurring bool, goid_hash int8
SELECT {window_columns} FROM cal_index c WHERE c.mailbox_id = :mailbox AND c.folder_id = :folder AND {short_events}
UNION ALL
SELECT {window_columns} FROM cal_index c WHERE c.mailbox_id = :mailbox AND c.folder_id = :folder AND {long_events}
ORDER BY starts, ends, message_id LIMIT :limit;

-- Many calendars at once with what people who may read them see.
-- name: calendar_windows
-- in: mailbox int8[], folder int8[], from int8, to int8, limit int8
-- out: place int8, item int8, starts int8, ends int8, busy_status int2, is_recurring bool, goid_hash int8, sensitivity int2, subject text, props bytea
SELECT r.place, {window_columns}, coalesce(m.sensitivity, 0::smallint), coalesce(m.subject, ''), b.props
FROM unnest(:mailbox, :folder) WITH ORDINALITY AS r (mailbox, folder, place)
    CROSS JOIN LATERAL (
        SELECT {window_columns} FROM cal_index c WHERE c.mailbox_id = r.mailbox AND c.folder_id = r.folder AND {short_events}
        UNION ALL
        SELECT {window_columns} FROM cal_index c WHERE c.mailbox_id = r.mailbox AND c.folder_id = r.folder AND {long_events}
        LIMIT :limit) c
    LEFT JOIN message m ON m.mailbox_id = r.mailbox AND m.message_id = c.message_id
    LEFT JOIN message_body b ON b.mailbox_id = r.mailbox AND b.message_id = c.message_id
ORDER BY r.place, c.starts, c.ends, c.message_id;

-- Times alone, for everybody else: one row a calendar, as a row an event costs more than finding it. singles: starts int8, ends int8, busy int2 each;
-- series: busy int2, length int4 and cal_index.series each; unpacked: items whose series are in their properties only.
-- define: busy_columns = c.message_id, c.starts, c.ends, c.busy_status, c.is_recurring, c.series
-- name: calendar_busy
-- in: mailbox int8[], folder int8[], from int8, to int8, goid_hash int8, limit int8
-- out: place int8, events int8, singles bytea, series bytea, unpacked int8[]
SELECT r.place, e.events, e.singles, e.series, e.unpacked
FROM unnest(:mailbox, :folder) WITH ORDINALITY AS r (mailbox, folder, place)
    CROSS JOIN LATERAL (
        SELECT count(*) AS events,
            string_agg(int8send(c.starts) || int8send(c.ends) || int2send(c.busy_status), '') FILTER (WHERE NOT c.is_recurring) AS singles,
            string_agg(int2send(c.busy_status) || int4send(octet_length(c.series)) || c.series, '') FILTER (WHERE c.is_recurring) AS series,
            array_agg(c.message_id) FILTER (WHERE c.is_recurring AND c.series IS NULL) AS unpacked
        FROM (SELECT {busy_columns} FROM cal_index c
            WHERE c.mailbox_id = r.mailbox AND c.folder_id = r.folder AND {short_events} AND (:goid_hash = 0 OR c.goid_hash <> :goid_hash)
            UNION ALL
            SELECT {busy_columns} FROM cal_index c
            WHERE c.mailbox_id = r.mailbox AND c.folder_id = r.folder AND {long_events} AND (:goid_hash = 0 OR c.goid_hash <> :goid_hash)
            LIMIT :limit) c) e;

-- name: series_properties
-- in: mailbox int8[], item int8[]
-- out: place int8, busy_status int2, props bytea
SELECT r.place, c.busy_status, b.props FROM unnest(:mailbox, :item) WITH ORDINALITY AS r (mailbox, item, place)
    JOIN cal_index c ON c.mailbox_id = r.mailbox AND c.message_id = r.item
    JOIN message_body b ON b.mailbox_id = r.mailbox AND b.message_id = r.item;

-- name: calendar_by_goid
-- in: mailbox int8, goid_hash int8, limit int8
-- out: item int8, folder int8
SELECT c.message_id, c.folder_id FROM cal_index c JOIN message m ON m.mailbox_id = c.mailbox_id AND m.message_id = c.message_id
WHERE c.mailbox_id = :mailbox AND c.goid_hash = :goid_hash AND c.goid_hash <> 0 AND m.state = 0 ORDER BY c.message_id LIMIT :limit;

-- name: reminders_due
-- in: mailbox int8, until int8, after int8, after_item int8, limit int8
-- out: item int8, folder int8, signal_time int8
SELECT r.message_id, m.folder_id, r.signal_time FROM reminder r JOIN message m ON m.mailbox_id = r.mailbox_id AND m.message_id = r.message_id
WHERE r.mailbox_id = :mailbox AND r.signal_time <= :until AND (r.signal_time, r.message_id) > (:after, :after_item) AND m.state = 0
ORDER BY r.signal_time, r.message_id LIMIT :limit;

-- name: contacts_by_address
-- in: mailbox int8, address text, limit int8
-- out: item int8, folder int8, file_as text
SELECT c.message_id, c.folder_id, c.file_as FROM contact_index c JOIN message m ON m.mailbox_id = c.mailbox_id AND m.message_id = c.message_id
WHERE c.mailbox_id = :mailbox AND (c.addresses[1] = :address OR c.addresses[2] = :address OR c.addresses[3] = :address) AND m.state = 0
ORDER BY c.file_as, c.message_id LIMIT :limit;

-- name: contacts_by_file_as
-- in: mailbox int8, pattern text, limit int8
-- out: item int8, folder int8, file_as text
SELECT c.message_id, c.folder_id, c.file_as FROM contact_index c JOIN message m ON m.mailbox_id = c.mailbox_id AND m.message_id = c.message_id
WHERE c.mailbox_id = :mailbox AND c.file_as LIKE :pattern AND m.state = 0 ORDER BY c.file_as, c.message_id LIMIT :limit;

-- The checker: what each item should have is computed from its properties; these are its rows as they are.

-- name: check_item_indexes
-- in: mailbox int8, after int8, limit int8
-- out: item int8, folder int8, fai bool, message_class text, props bytea, has_calendar bool, calendar_folder int8, starts int8, ends int8, busy_status int2, is_recurring bool, goid_hash int8, series bytea, has_reminder bool, signal_time int8, has_contact bool, contact_folder int8, file_as text, addresses text[]
SELECT m.message_id, m.folder_id, m.fai, m.message_class, b.props, c.message_id IS NOT NULL, coalesce(c.folder_id, 0), coalesce(c.starts, 0),
    coalesce(c.ends, 0), coalesce(c.busy_status, 0), coalesce(c.is_recurring, false), coalesce(c.goid_hash, 0), c.series,
    r.message_id IS NOT NULL, coalesce(r.signal_time, 0), k.message_id IS NOT NULL, coalesce(k.folder_id, 0), coalesce(k.file_as, ''), coalesce(k.addresses, '{}')
FROM message m JOIN message_body b ON b.mailbox_id = m.mailbox_id AND b.message_id = m.message_id
    LEFT JOIN cal_index c ON c.mailbox_id = m.mailbox_id AND c.message_id = m.message_id
    LEFT JOIN reminder r ON r.mailbox_id = m.mailbox_id AND r.message_id = m.message_id
    LEFT JOIN contact_index k ON k.mailbox_id = m.mailbox_id AND k.message_id = m.message_id
WHERE m.mailbox_id = :mailbox AND m.message_id > :after ORDER BY m.message_id LIMIT :limit;

-- Whose calendars they are, what the asker may see of them, and their working hours: all owners at once. `rights` as in acl_effective; flags as in delegate_flags.
-- name: calendars_of_owners
-- in: owners uuid[], role int2, own uuid, principals uuid[], config text
-- out: place int8, mailbox int8, guid uuid, folder int8, rights int8, flags int4, config bytea
SELECT o.place, b.mailbox_id, b.guid, f.folder_id, coalesce(
        (SELECT a.rights FROM acl a WHERE a.mailbox_id = b.mailbox_id AND a.folder_id = f.folder_id AND a.kind = 2 AND a.principal = :own),
        (SELECT bit_or(a.rights) FROM acl a WHERE a.mailbox_id = b.mailbox_id AND a.folder_id = f.folder_id AND a.kind = 2 AND a.principal = ANY(:principals)),
        (SELECT a.rights FROM acl a WHERE a.mailbox_id = b.mailbox_id AND a.folder_id = f.folder_id AND a.kind = 0), 0),
    (SELECT coalesce(bit_or(d.flags), 0) FROM delegate d WHERE d.mailbox_id = b.mailbox_id AND d.principal = ANY(:principals)),
    (SELECT u.value FROM user_config u WHERE u.mailbox_id = b.mailbox_id AND u.folder_id = f.folder_id AND u.name = :config)
FROM unnest(:owners) WITH ORDINALITY AS o (owner, place) JOIN mailbox b ON b.owner_guid = o.owner AND b.condition <> 2
    JOIN folder f ON f.mailbox_id = b.mailbox_id AND f.role = :role;
