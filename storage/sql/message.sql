-- Items: saving and loading. One column list serves all reads of rows.

-- define: row_out = item int8, folder int8, cn int8, read_cn int8, uid int8, size int8, delivered int8, submitted int8, modified int8, created int8, deleted_at int8, deleted_from int8, mime_blob int8, flags int4, icon_index int4, state int2, importance int2, sensitivity int2, flag_status int2, fai bool, is_read bool, has_attachments bool, mime_mirrors bool, mime_content bool, mime_signed bool, conversation bytea, message_class text, subject text, normalized_subject text, from_name text, from_address text, from_smtp text, display_to text, display_cc text, internet_message_id text, conversation_topic text, conversation_index bytea, categories text[], keywords text[]
-- define: row_columns = m.message_id, m.folder_id, m.cn, m.read_cn, m.uid, m.size, m.delivered, m.submitted, m.modified, m.created, m.deleted_at, m.deleted_from, m.mime_blob, m.flags, m.icon_index, m.state, m.importance, m.sensitivity, m.flag_status, m.fai, m.is_read, m.has_attachments, m.mime_mirrors, m.mime_content, m.mime_signed, m.conversation, m.message_class, m.subject, m.normalized_subject, m.from_name, m.from_address, m.from_smtp, m.display_to, m.display_cc, m.internet_message_id, m.conversation_topic, m.conversation_index, m.categories, m.keywords

-- name: message_insert
-- each: mailbox int8, item int8, folder int8, cn int8, uid int8, size int8, delivered int8, submitted int8, modified int8, created int8, mime_blob int8, mime_hash bytea, message_id_hash int8, flags int4, icon_index int4, importance int2, sensitivity int2, flag_status int2, fai bool, is_read bool, has_attachments bool, mime_mirrors bool, mime_content bool, mime_signed bool, conversation bytea, message_class text, subject text, normalized_subject text, from_name text, from_address text, from_smtp text, display_to text, display_cc text, internet_message_id text, conversation_topic text, conversation_index bytea, categories text[]
INSERT INTO message (mailbox_id, message_id, folder_id, cn, read_cn, uid, size, delivered, submitted, modified, created, mime_blob,
    message_id_hash, flags, icon_index, importance, sensitivity, flag_status, fai, is_read, has_attachments, mime_mirrors, mime_content,
    mime_signed, conversation, message_class, subject, normalized_subject, from_name, from_address, from_smtp, display_to, display_cc,
    internet_message_id, conversation_topic, conversation_index, categories)
SELECT u.mailbox, u.item, u.folder, u.cn, u.cn, u.uid, u.size, u.delivered, u.submitted, u.modified, u.created,
    CASE WHEN u.mime_hash IS NULL THEN u.mime_blob ELSE (SELECT b.blob_id FROM blob b WHERE b.hash = u.mime_hash) END,
    u.message_id_hash, u.flags, u.icon_index, u.importance, u.sensitivity, u.flag_status, u.fai, u.is_read, u.has_attachments, u.mime_mirrors,
    u.mime_content, u.mime_signed, u.conversation, u.message_class, u.subject, u.normalized_subject, u.from_name, u.from_address, u.from_smtp,
    u.display_to, u.display_cc, u.internet_message_id, u.conversation_topic, u.conversation_index, u.categories::text[]
FROM {each};

-- name: message_update
-- in: mailbox int8, item int8, cn int8, size int8, delivered int8, submitted int8, modified int8, mime_blob int8, mime_hash bytea, message_id_hash int8, flags int4, icon_index int4, importance int2, sensitivity int2, flag_status int2, has_attachments bool, mime_mirrors bool, mime_content bool, mime_signed bool, conversation bytea, message_class text, subject text, normalized_subject text, from_name text, from_address text, from_smtp text, display_to text, display_cc text, internet_message_id text, conversation_topic text, conversation_index bytea, categories text[]
UPDATE message SET cn = :cn, size = :size, delivered = :delivered, submitted = :submitted, modified = :modified,
    mime_blob = CASE WHEN :mime_hash::bytea IS NULL THEN :mime_blob ELSE (SELECT blob_id FROM blob WHERE hash = :mime_hash) END,
    message_id_hash = :message_id_hash, flags = :flags, icon_index = :icon_index, importance = :importance, sensitivity = :sensitivity,
    flag_status = :flag_status, has_attachments = :has_attachments, mime_mirrors = :mime_mirrors, mime_content = :mime_content,
    mime_signed = :mime_signed, conversation = :conversation, message_class = :message_class, subject = :subject,
    normalized_subject = :normalized_subject, from_name = :from_name, from_address = :from_address, from_smtp = :from_smtp,
    display_to = :display_to, display_cc = :display_cc, internet_message_id = :internet_message_id,
    conversation_topic = :conversation_topic, conversation_index = :conversation_index, categories = :categories
WHERE mailbox_id = :mailbox AND message_id = :item;

-- define: body_in = mailbox int8, item int8, attachment_next int4, body_cut bool, preview text, body_text text, props bytea, recipients bytea, mime_structure bytea, value_blobs int8[]
-- define: body_columns = mailbox_id, message_id, attachment_next, body_cut, preview, body_text, props, recipients, mime_structure, value_blobs
-- define: body_values = u.mailbox, u.item, u.attachment_next, u.body_cut, u.preview, u.body_text, u.props, u.recipients, u.mime_structure, u.value_blobs::bigint[]

-- name: body_insert
-- each: {body_in}
INSERT INTO message_body ({body_columns}) SELECT {body_values} FROM {each};

-- name: body_replace
-- each: {body_in}
INSERT INTO message_body ({body_columns}) SELECT {body_values} FROM {each}
ON CONFLICT (mailbox_id, message_id) DO UPDATE SET attachment_next = excluded.attachment_next, body_cut = excluded.body_cut,
    preview = excluded.preview, body_text = excluded.body_text, props = excluded.props, recipients = excluded.recipients,
    mime_structure = excluded.mime_structure, value_blobs = excluded.value_blobs;

-- name: attachment_insert
-- each: mailbox int8, item int8, number int4, content int2, part int4, size int8, blob int8, props bytea, data bytea
INSERT INTO attachment (mailbox_id, message_id, number, content, part, size, blob_id, props, data)
SELECT u.mailbox, u.item, u.number, u.content, u.part, u.size, u.blob, u.props, u.data FROM {each};

-- name: attachments_remove
-- in: mailbox int8, item int8
DELETE FROM attachment WHERE mailbox_id = :mailbox AND message_id = :item;

-- Distinct hashes, ascending: all transactions take the rows in that order.
-- name: blob_inline
-- in: hash bytea[], size int8[], stored int8[], refs int4[], data bytea[]
WITH kept AS (
    INSERT INTO blob (hash, size, stored, chunks, refs)
    SELECT u.hash, u.size, u.stored, 1, u.refs FROM unnest(:hash, :size, :stored, :refs) AS u (hash, size, stored, refs)
    ON CONFLICT (hash) DO UPDATE SET refs = blob.refs + excluded.refs RETURNING blob_id, hash, (xmax = 0) AS is_new
)
INSERT INTO blob_chunk (blob_id, seq, data) SELECT blob_id, 0, (:data)[array_position(:hash, hash)] FROM kept WHERE is_new;

-- name: blobs_must_exist
-- in: blobs int8[]
-- out: fine int4
SELECT 1 / (count(*) = cardinality(:blobs))::int FROM (SELECT 1 FROM blob WHERE blob_id = ANY(:blobs) FOR KEY SHARE) b;

-- name: message_for_change
-- in: mailbox int8, items int8[]
-- out: item int8, folder int8, cn int8, read_cn int8, uid int8, size int8, fai bool, is_read bool, state int2, mime_blob int8, created int8, attachment_next int4, value_blobs int8[], attachment_blobs int8[]
SELECT m.message_id, m.folder_id, m.cn, m.read_cn, m.uid, m.size, m.fai, m.is_read, m.state, m.mime_blob, m.created, coalesce(b.attachment_next, 0),
    coalesce(b.value_blobs, '{}'),
    ARRAY(SELECT a.blob_id FROM attachment a WHERE a.mailbox_id = m.mailbox_id AND a.message_id = m.message_id AND a.blob_id <> 0)
FROM message m LEFT JOIN message_body b ON b.mailbox_id = m.mailbox_id AND b.message_id = m.message_id
WHERE m.mailbox_id = :mailbox AND m.message_id = ANY(:items);

-- name: message_set_read
-- in: mailbox int8, item int8[], read_cn int8[], is_read bool
UPDATE message m SET is_read = :is_read, read_cn = u.read_cn FROM unnest(:item, :read_cn) AS u (item, read_cn)
WHERE m.mailbox_id = :mailbox AND m.message_id = u.item;

-- name: message_unread_page
-- in: mailbox int8, folder int8, is_read bool, limit int8
-- out: item int8
SELECT message_id FROM message WHERE mailbox_id = :mailbox AND folder_id = :folder AND NOT fai AND is_read <> :is_read ORDER BY uid LIMIT :limit;

-- name: message_set_keywords
-- in: mailbox int8, item int8, cn int8, keywords text[]
UPDATE message SET keywords = :keywords, cn = :cn WHERE mailbox_id = :mailbox AND message_id = :item;

-- name: message_move
-- in: mailbox int8, folder int8, state int2, deleted_at int8, item int8[], new_item int8[], cn int8[], uid int8[], deleted_from int8[]
WITH u AS (SELECT * FROM unnest(:item, :new_item, :cn, :uid, :deleted_from) AS x (item, new_item, cn, uid, deleted_from)),
    body AS (UPDATE message_body t SET message_id = u.new_item FROM u WHERE t.mailbox_id = :mailbox AND t.message_id = u.item),
    attached AS (UPDATE attachment t SET message_id = u.new_item FROM u WHERE t.mailbox_id = :mailbox AND t.message_id = u.item),
    words AS (UPDATE message_text t SET message_id = u.new_item FROM u WHERE t.mailbox_id = :mailbox AND t.message_id = u.item),
    reads AS (UPDATE user_read_state t SET message_id = u.new_item FROM u WHERE t.mailbox_id = :mailbox AND t.message_id = u.item),
    calendar AS (UPDATE cal_index t SET message_id = u.new_item, folder_id = :folder FROM u WHERE t.mailbox_id = :mailbox AND t.message_id = u.item),
    contacts AS (UPDATE contact_index t SET message_id = u.new_item, folder_id = :folder FROM u WHERE t.mailbox_id = :mailbox AND t.message_id = u.item),
    reminders AS (UPDATE reminder t SET message_id = u.new_item FROM u WHERE t.mailbox_id = :mailbox AND t.message_id = u.item),
    hits AS (DELETE FROM search_hit t USING u WHERE t.mailbox_id = :mailbox AND t.message_id = u.item)
UPDATE message t SET message_id = u.new_item, folder_id = :folder, cn = u.cn, read_cn = u.cn, uid = u.uid, state = :state,
    deleted_at = :deleted_at, deleted_from = u.deleted_from
FROM u WHERE t.mailbox_id = :mailbox AND t.message_id = u.item;

-- name: message_copy
-- in: mailbox int8, to_mailbox int8, folder int8, modified int8, item int8[], new_item int8[], cn int8[], uid int8[]
WITH u AS (SELECT * FROM unnest(:item, :new_item, :cn, :uid) AS x (item, new_item, cn, uid)),
    body AS (INSERT INTO message_body (mailbox_id, message_id, attachment_next, body_cut, preview, body_text, props, recipients, mime_structure, value_blobs)
        SELECT :to_mailbox, u.new_item, t.attachment_next, t.body_cut, t.preview, t.body_text, t.props, t.recipients, t.mime_structure, t.value_blobs
        FROM u JOIN message_body t ON t.mailbox_id = :mailbox AND t.message_id = u.item),
    attached AS (INSERT INTO attachment (mailbox_id, message_id, number, content, part, size, blob_id, props, data)
        SELECT :to_mailbox, u.new_item, t.number, t.content, t.part, t.size, t.blob_id, t.props, t.data
        FROM u JOIN attachment t ON t.mailbox_id = :mailbox AND t.message_id = u.item),
    calendar AS (INSERT INTO cal_index (mailbox_id, message_id, folder_id, starts, ends, busy_status, is_recurring, goid_hash, series)
        SELECT :to_mailbox, u.new_item, :folder, t.starts, t.ends, t.busy_status, t.is_recurring, t.goid_hash, t.series
        FROM u JOIN cal_index t ON t.mailbox_id = :mailbox AND t.message_id = u.item),
    contacts AS (INSERT INTO contact_index (mailbox_id, message_id, folder_id, file_as, addresses)
        SELECT :to_mailbox, u.new_item, :folder, t.file_as, t.addresses FROM u JOIN contact_index t ON t.mailbox_id = :mailbox AND t.message_id = u.item),
    reminders AS (INSERT INTO reminder (mailbox_id, message_id, signal_time)
        SELECT :to_mailbox, u.new_item, t.signal_time FROM u JOIN reminder t ON t.mailbox_id = :mailbox AND t.message_id = u.item)
INSERT INTO message (mailbox_id, message_id, folder_id, cn, read_cn, uid, size, delivered, submitted, modified, created, mime_blob,
    message_id_hash, flags, icon_index, importance, sensitivity, flag_status, fai, is_read, has_attachments, mime_mirrors, mime_content,
    mime_signed, conversation, message_class, subject, normalized_subject, from_name, from_address, from_smtp, display_to, display_cc,
    internet_message_id, conversation_topic, conversation_index, categories, keywords)
SELECT :to_mailbox, u.new_item, :folder, u.cn, u.cn, u.uid, m.size, m.delivered, m.submitted, m.modified, :modified, m.mime_blob,
    m.message_id_hash, m.flags, m.icon_index, m.importance, m.sensitivity, m.flag_status, m.fai, m.is_read, m.has_attachments, m.mime_mirrors, m.mime_content,
    m.mime_signed, m.conversation, m.message_class, m.subject, m.normalized_subject, m.from_name, m.from_address, m.from_smtp, m.display_to, m.display_cc,
    m.internet_message_id, m.conversation_topic, m.conversation_index, m.categories, m.keywords
FROM u JOIN message m ON m.mailbox_id = :mailbox AND m.message_id = u.item;

-- name: message_remove
-- in: mailbox int8, items int8[]
WITH body AS (DELETE FROM message_body WHERE mailbox_id = :mailbox AND message_id = ANY(:items)),
    attached AS (DELETE FROM attachment WHERE mailbox_id = :mailbox AND message_id = ANY(:items)),
    words AS (DELETE FROM message_text WHERE mailbox_id = :mailbox AND message_id = ANY(:items)),
    reads AS (DELETE FROM user_read_state WHERE mailbox_id = :mailbox AND message_id = ANY(:items)),
    calendar AS (DELETE FROM cal_index WHERE mailbox_id = :mailbox AND message_id = ANY(:items)),
    contacts AS (DELETE FROM contact_index WHERE mailbox_id = :mailbox AND message_id = ANY(:items)),
    reminders AS (DELETE FROM reminder WHERE mailbox_id = :mailbox AND message_id = ANY(:items)),
    hits AS (DELETE FROM search_hit WHERE mailbox_id = :mailbox AND message_id = ANY(:items))
DELETE FROM message WHERE mailbox_id = :mailbox AND message_id = ANY(:items);

-- name: tombstone_add
-- in: mailbox int8, folder int8[], cn int8[], item int8[], uid int8[], fai bool[], new_item int8[], is_soft bool, new_folder int8, created int8
INSERT INTO tombstone (mailbox_id, folder_id, cn, message_id, uid, fai, is_soft, new_folder, new_message, created)
SELECT :mailbox, u.folder, u.cn, u.item, u.uid, u.fai, :is_soft, :new_folder, u.new_item, :created
FROM unnest(:folder, :cn, :item, :uid, :fai, :new_item) AS u (folder, cn, item, uid, fai, new_item);

-- name: rows_read
-- in: mailbox int8, items int8[]
-- out: {row_out}
SELECT {row_columns} FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id = ANY(:items);

-- name: bodies_read
-- in: mailbox int8, items int8[]
-- out: item int8, attachment_next int4, body_cut bool, preview text, body_text text, props bytea, recipients bytea, mime_structure bytea
SELECT message_id, attachment_next, body_cut, preview, body_text, props, recipients, mime_structure
FROM message_body WHERE mailbox_id = :mailbox AND message_id = ANY(:items);

-- name: props_read
-- in: mailbox int8, items int8[]
-- out: item int8, preview text, props bytea
SELECT message_id, preview, props FROM message_body WHERE mailbox_id = :mailbox AND message_id = ANY(:items);

-- name: attachments_read
-- in: mailbox int8, items int8[]
-- out: item int8, number int4, content int2, part int4, size int8, blob int8, props bytea, data bytea
SELECT message_id, number, content, part, size, blob_id, props, data FROM attachment
WHERE mailbox_id = :mailbox AND message_id = ANY(:items) ORDER BY message_id, number;

-- name: rows_by_internet_id
-- in: mailbox int8, hash int8, message_id text, limit int8
-- out: {row_out}
SELECT {row_columns} FROM message m WHERE m.mailbox_id = :mailbox AND m.message_id_hash = :hash AND m.message_id_hash <> 0
    AND m.internet_message_id = :message_id AND m.state = 0 ORDER BY m.delivered DESC LIMIT :limit;

-- name: list_newest
-- in: mailbox int8, folder int8, fai bool, offset int8, limit int8
-- out: {row_out}
SELECT {row_columns} FROM message m WHERE m.mailbox_id = :mailbox AND m.folder_id = :folder AND m.fai = :fai
ORDER BY m.delivered DESC, m.message_id DESC OFFSET :offset LIMIT :limit;

-- name: list_newest_after
-- in: mailbox int8, folder int8, fai bool, delivered int8, item int8, offset int8, limit int8
-- out: {row_out}
SELECT {row_columns} FROM message m WHERE m.mailbox_id = :mailbox AND m.folder_id = :folder AND m.fai = :fai
    AND (m.delivered, m.message_id) < (:delivered, :item)
ORDER BY m.delivered DESC, m.message_id DESC OFFSET :offset LIMIT :limit;
