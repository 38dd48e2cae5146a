import { definitionDigest } from '../components/digest.ts'
import type { Observed } from './observed.ts'
import type { Plan } from './plan.ts'
import { settledObjects } from './settled.testkit.ts'
import type { Wanted } from './wanted.ts'

/**
 * What would be observed after the steps, one by one: a server shows what it has once it runs, settings
 * wait for a restart, a reload takes up files. SQL of the objects section is taken to do what it says;
 * components/postgres/objects/ proves that on real servers.
 */
export function carriedOut(plan: Plan, before: Observed, wanted: Wanted): Observed {
  let now = before
  for (const { action } of plan.steps) now = step(now, action, wanted)
  return now
}

function step(now: Observed, action: Plan['steps'][number]['action'], wanted: Wanted): Observed {
  switch (action.do) {
    case 'make-directory':
      return { ...now, directories: { ...now.directories, [action.path]: action.mode } }
    case 'write-file': {
      const { path, digest, mode, contents, secret } = action.file
      return { ...now, files: { ...now.files, [path]: { digest, mode, ...(secret ? {} : { contents }) } } }
    }
    case 'provide-secret':
      return { ...now, secrets: [...now.secrets, action.id] }
    case 'issue-certificate':
    case 'install-certificate':
      return { ...now, certificate: { state: 'good' } }
    case 'initialize-data-directory':
      if (now.data.state !== 'missing' && now.data.state !== 'empty')
        throw new Error(`initdb over ${now.data.state}`)
      return { ...now, data: { state: 'cluster', major: wanted.major, systemId: '7000000000000000001' } }
    case 'start-unit':
    case 'restart-unit': {
      const { [action.unit.name]: _paid, ...owed } = now.owed
      const others = now.units.filter(({ name }) => name !== action.unit.name)
      const running = {
        name: action.unit.name,
        state: 'running' as const,
        supervised: true,
        definition: definitionDigest(action.unit),
      }
      const next = { ...now, owed, units: [...others, running] }
      return action.unit.name === 'postgres' ? started(next, now, wanted) : next
    }
    case 'stop-unit':
      return { ...now, units: now.units.filter(({ name }) => name !== action.name) }
    case 'reload-unit': {
      const { [action.unit.name]: _paid, ...owed } = now.owed
      return { ...now, owed }
    }
    case 'run-sql':
      if (now.server.state !== 'running') throw new Error(`SQL on a server that is ${now.server.state}`)
      return { ...now, server: { ...now.server, objects: settledObjects(wanted.objects) } }
    case 'patch-dynamic-config':
    case 'restart-postgres':
      throw new Error('a single server has no Patroni')
    case 'reset-auto-conf': {
      if (now.server.state !== 'running') throw new Error(`SQL on a server that is ${now.server.state}`)
      const autoConf = Object.fromEntries(
        Object.entries(now.server.autoConf).filter(([name]) => !action.settings.includes(name)),
      )
      return { ...now, server: { ...now.server, autoConf } }
    }
  }
}

function started(next: Observed, before: Observed, wanted: Wanted): Observed {
  if (next.data.state !== 'cluster') throw new Error('a server was started without data')
  const { server } = before
  if (server.state === 'running')
    return { ...next, server: { ...server, pendingRestart: [], overriding: Object.keys(server.autoConf) } }
  // what a stopped server holds is seen once it runs: here a cluster from which somebody took a role
  const objects = settledObjects(wanted.objects)
  return {
    ...next,
    server: {
      state: 'running',
      pendingRestart: [],
      overriding: [],
      autoConf: {},
      objects: { ...objects, roles: objects.roles.slice(1) },
    },
  }
}
