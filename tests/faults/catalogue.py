"""The fault tests in the order in which they run, each with the kind of instance that it needs. A control follows the test whose checks
it proves."""
import fault_audit
import fault_client
import fault_database
import fault_directory
import fault_disk
import fault_kill
import fault_power
import fault_queue
import fault_stop
from lab import Lab
from volume import VolumeLab

TESTS = [
    ("kill_roles", fault_kill.roles, Lab),
    ("kill_outgoing", fault_queue.outgoing, Lab),
    ("kill_postgres", fault_kill.postgres, Lab),
    ("control_synchronous_commit_off", fault_kill.postgres_control, Lab),
    ("control_message_removed", fault_audit.removed, Lab),
    ("control_retry_not_recognised", fault_audit.duplicated, Lab),
    ("control_content_damaged", fault_audit.damaged, Lab),
    ("database_cut_at_commit", fault_database.commit, Lab),
    ("client_cut_smtp", fault_client.smtp, Lab),
    ("client_cut_ews", fault_client.ews_create, Lab),
    ("directory_down", fault_directory.directory, Lab),
    ("disk_guard", fault_disk.guard, Lab),
    ("sigterm_drain", fault_stop.drain, Lab),
    ("cold_start", fault_stop.cold_start, Lab),
    ("disk_full", fault_disk.full, VolumeLab),
    ("power_cut", fault_power.power, VolumeLab),
    ("control_fsync_off", fault_power.power_control, VolumeLab),
]
