import { ownSessionCount, ownSessions, superuserReserved } from '../own-sessions.ts'
import { required, tuned, type Subject } from '../subject.ts'

/** Sessions: from the declared pool size, never a round number. */
export const connections: Subject = {
  name: 'connections',
  settings: ({ spec, version, facts }, plan) => {
    const pool = spec.postgres.connections
    const reserved = version.reservedConnections
    const own = ownSessions.map(({ who, sessions }) => `${sessions} for ${who}`).join(', ')
    return [
      tuned(
        'max_connections',
        plan.maxConnections,
        `${pool} of the applications' pools (postgres.connections), ${ownSessionCount} of our own (${own}) and ${superuserReserved + reserved} reserved`,
      ),
      tuned(
        'superuser_reserved_connections',
        superuserReserved,
        `an operator still gets in when the pools have taken everything${reserved === 0 ? '; 15 has no reserve for the monitor role' : ''}`,
      ),
      tuned(
        'reserved_connections',
        reserved,
        `the health checks still get in when the pools have taken everything: ${reserved} sessions for members of pg_use_reserved_connections`,
      ),
      tuned(
        'tcp_keepalives_idle',
        '60s',
        'a client that vanished without a word is found within 2 minutes (60 s, then 6 probes of 10 s), not 2 hours',
      ),
      tuned('tcp_keepalives_interval', '10s', 'see tcp_keepalives_idle'),
      tuned('tcp_keepalives_count', 6, 'see tcp_keepalives_idle'),
      ...(facts.platform === 'linux'
        ? [
            tuned(
              'client_connection_check_interval',
              '10s',
              'a query whose client is gone stops within 10 s instead of running on',
            ),
          ]
        : []),
      required(
        'max_prepared_transactions',
        0,
        'a forgotten prepared transaction holds locks and old rows for ever; nothing here needs two-phase commit',
      ),
    ]
  },
}
