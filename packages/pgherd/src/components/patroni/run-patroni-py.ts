/** How often Patroni looks whether its PostgreSQL has shut down, in seconds. */
const stopPollingInterval = 0.1

/**
 * Python that starts Patroni with a shorter look at a PostgreSQL it shuts down. Patroni gives the leader lock away once
 * pg_controldata says "shut down" and looks once a second (postgresql/__init__.py, `_do_stop`); a shutdown takes some
 * 100 ms, so most of a switchover's stall was that sleep: 2.36 s with it, see benchmarks/results.md. There is no setting.
 */
export function renderRunPatroni(): string {
  return `# Written by pgherd; a change by hand is reverted by the next \`pgherd up\`.
# Starts the Patroni named first with the arguments behind it.
import os
import runpy
import sys

program, arguments = sys.argv[1], sys.argv[2:]
try:
    import patroni.postgresql
except ImportError:
    # one that brings a Python of its own runs as it is
    os.execv(program, [program, *arguments])

# a switchover waits for it
patroni.postgresql.STOP_POLLING_INTERVAL = ${stopPollingInterval}
sys.argv = [program, *arguments]
runpy.run_path(program, run_name='__main__')
`
}
