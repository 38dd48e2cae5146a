import type { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import type { ServerAccess } from '../server-access.ts'

const password = 'monitor-of-tests'

/** Makes pgherd_monitor as `up` does, with a password: tests do not run as the user of the peer map. */
export async function createMonitor(server: ThrowawayServer): Promise<void> {
  await server.query(`create role pgherd_monitor login in role pg_monitor password '${password}'`)
}

export function accessOf(server: ThrowawayServer): ServerAccess {
  return {
    monitor: (database) => ({ ...server.config(database), user: 'pgherd_monitor', password }),
    superuser: (database) => server.config(database),
    pidFile: `${server.data}/postmaster.pid`,
    door: { path: `${server.sockets}/.s.PGSQL.${server.port}` },
  }
}
