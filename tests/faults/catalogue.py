"""The fault tests in the order in which they run. A control follows the test whose checks it proves."""
import fault_audit
import fault_client
import fault_database
import fault_kill

TESTS = [
    ("kill_roles", fault_kill.roles),
    ("kill_postgres", fault_kill.postgres),
    ("control_synchronous_commit_off", fault_kill.postgres_control),
    ("control_message_removed", fault_audit.removed),
    ("control_retry_not_recognised", fault_audit.duplicated),
    ("control_content_damaged", fault_audit.damaged),
    ("database_cut_at_commit", fault_database.commit),
    ("client_cut_smtp", fault_client.smtp),
    ("client_cut_ews", fault_client.ews_create),
]
