// The process behind PauseGuard. It must outlive whatever may kill the operator, so it has a session of its own and
// does not listen to the signals of a terminal.
import { createInterface } from 'node:readline'
import { PoolerAdmin } from '../../cluster/pooler-admin.ts'
import type { ClusterAccess } from '../../cluster/access.ts'
import { forgetPause } from './paused-file.ts'
import { released, type GuardOrder } from './pause-guard.ts'
import { resumeOver, resumePools } from './resume-pools.ts'

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
// nobody reads any more when the operator is dead
process.stdout.on('error', () => undefined)

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const first = await lines.next()
if (first.done === true) process.exit(1)
const order = JSON.parse(first.value) as GuardOrder
const access: ClusterAccess = {
  topology: order.topology,
  programs: order.programs,
  readSecret(id) {
    const value = order.secrets[id]
    return value === undefined
      ? Promise.reject(new Error(`the guard has no secret ${id}`))
      : Promise.resolve(value)
  },
}
// connected before the pause, so that nothing has to be found out in the emergency
const admin = await PoolerAdmin.connect(access)
process.stdout.write('ready\n')
const over = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), order.atMostMs))
const last = await Promise.race([lines.next(), over])
if (last === undefined || last.value !== released) {
  await resumeOver(admin).catch(() => resumePools(access, 400))
  forgetPause(access.topology)
}
process.exit(0)
