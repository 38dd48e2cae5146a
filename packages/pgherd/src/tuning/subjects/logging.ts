import { timeText } from '../size-text.ts'
import { required, tuned, type Subject } from '../subject.ts'

/** The server's log: enough to explain an incident, and bounded. */
export const logging: Subject = {
  name: 'logging',
  settings: ({ workload, version }) => [
    required('logging_collector', 'on', 'the server writes and rotates its own log files'),
    required('log_destination', 'stderr', 'plain lines, read by `pgherd logs` and by people'),
    required(
      'log_filename',
      'postgres-%a-%H.log',
      'one file per hour of the week: 168 files at most, whatever else stops running',
    ),
    required('log_file_mode', '0600', 'statements in the log may hold data'),
    required(
      'log_truncate_on_rotation',
      'on',
      'the file of the same hour last week is written over, so that logs never pile up',
    ),
    required('log_rotation_age', '1h', 'goes with log_filename'),
    required(
      'log_rotation_size',
      0,
      'a rotation by size inside the hour would need names that nobody deletes',
    ),
    required(
      'log_line_prefix',
      '%m [%p] %q%u@%d/%a ',
      'time, process, role, database and application on every line',
    ),
    required('log_timezone', 'UTC', 'log times of all machines can be compared'),
    required(
      'lc_messages',
      'C',
      'messages are English everywhere, for searches and for the checks that read them',
    ),
    tuned('log_checkpoints', 'on', 'tells checkpoints forced by WAL volume from those of the clock'),
    tuned('log_lock_waits', 'on', 'who waited more than a second for whose lock'),
    tuned('log_temp_files', '10MB', 'sorts and hashes that did not fit into work_mem by far'),
    tuned(
      'log_min_duration_statement',
      timeText(workload.slowStatement),
      `statements slower than ${timeText(workload.slowStatement)} stand out among ${workload.what}`,
    ),
    tuned('log_parameter_max_length', '1kB', 'one bound document cannot swell the log'),
    tuned('log_connections', version.logConnections, 'who came in and how, for an audit'),
    tuned('log_disconnections', 'on', 'how long sessions lasted'),
    tuned('log_replication_commands', 'on', 'who took a base backup or streamed WAL'),
  ],
}
