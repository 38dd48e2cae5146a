import { z } from 'zod'
import { size } from '../quantities.ts'

/** Members, and what is promised when one of them is lost. */
export const topologySchema = z.strictObject({
  members: z
    .number()
    .int()
    .min(1)
    .max(7)
    .default(1)
    .describe(
      'Servers: 1 is a single server; 3 or 5 are a self-healing cluster (Patroni, etcd, HAProxy, PgBouncer).',
    ),
  addresses: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Address of each member, in order. Left out: loopback addresses of their own, 127.0.0.11 and following.',
    ),
  gateway: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address where clients find the cluster: PgBouncer, HAProxy, Redis and the agent listen here.'),
  domains: z
    .array(z.string().min(1))
    .optional()
    .describe(
      'Failure domain of each member, in order, such as a rack or a zone: what fails together has the same name.',
    ),
  durability: z
    .enum(['async', 'sync', 'quorum', 'strict'])
    .optional()
    .describe(
      '`async`: a commit may be lost with the primary. `sync`: a commit is on a second member, while there is one. `quorum`: on any of the others (Patroni 4). `strict`: never without a second member, writes wait for one. Left out: `sync` with three members or more.',
    ),
  failover: z
    .enum(['fast', 'normal', 'wide'])
    .default('normal')
    .describe(
      'How soon a silent primary is replaced: `fast` for steady networks, `wide` for shaky ones. `pgherd plan` shows the longest time each takes.',
    ),
  lagOnFailover: size
    .prefault('1MB')
    .describe(
      'For `durability: async`: a standby further behind than this is not promoted. Otherwise only one that has every acknowledged commit is, whatever else it lacks.',
    ),
  slotKeep: size
    .optional()
    .describe(
      'Most WAL kept for a member that is away (max_slot_wal_keep_size). Left out: a share of the disk.',
    ),
})
