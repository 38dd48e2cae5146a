import { z } from 'zod'
import { size } from '../quantities.ts'
import { describeWanted } from '../wanted.ts'
import { port, settings } from './values.ts'

const version = z
  .union([z.literal(15), z.literal(16), z.literal(17), z.literal(18)])
  .register(describeWanted, {
    phrase: 'a major version pgherd supports, as a number without a minor: 15, 16, 17 or 18',
    shown: true,
  })

const binaries = z
  .union([
    z.enum(['embedded', 'system']),
    z.strictObject({
      path: z
        .string()
        .min(1)
        .describe('Directory with the programs postgres and initdb; relative to the spec.'),
    }),
  ])
  .register(describeWanted, {
    phrase: 'embedded, system, or {path: /directory/with/postgres}',
    shown: true,
  })

/** The server itself. */
export const postgresSchema = z.strictObject({
  version: version.default(18).describe('Major version: 15, 16, 17 or 18.'),
  binaries: binaries
    .default('embedded')
    .describe(
      '`embedded`: PostgreSQL 18 from npm, for development and small use. `system`: the packages of Debian or of postgresql.org. Or a directory of your own, `{path: ...}`.',
    ),
  port: port.default(5432).describe('TCP port of the server.'),
  listen: z
    .array(z.string().min(1))
    .min(1)
    .default(['127.0.0.1'])
    .describe(
      'Addresses the server listens on. `"*"` is all of them; who may connect is said by `network.access`.',
    ),
  workload: z
    .enum(['oltp', 'web', 'dw', 'mixed', 'eventsourcing'])
    .default('mixed')
    .describe(
      'What the settings are tuned for: `oltp` many short writes, `web` many short reads, `dw` large reports, `eventsourcing` appends and replays, `mixed` a bit of all.',
    ),
  memory: size
    .optional()
    .describe('Memory the server may use, such as `1GB`. Left out: what the machine or its cgroup allows.'),
  cpus: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('Processors the server may use. Left out: what the machine or its cgroup allows.'),
  storage: z
    .enum(['ssd', 'hdd', 'san', 'nvme'])
    .default('ssd')
    .describe('Kind of disk below the data directory.'),
  connections: z
    .number()
    .int()
    .min(1)
    .max(10000)
    .default(60)
    .describe(
      'Sessions your applications open at the same time: their pool sizes added up. Sessions of pgherd and of administrators come on top.',
    ),
  settings: settings
    .default({})
    .describe(
      'Server settings you want to decide yourself, by their PostgreSQL names. They win over the tuned values; `pgherd plan --explain` shows each with its reason.',
    ),
})
