import { z } from 'zod'

/** Patroni leaves a field out in one version and writes null in another, such as the timeline of a standby that starts. */
function maybe<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

/** WAL positions are numbers of bytes from the start of WAL. */
const xlog = z.object({
  location: maybe(z.number()),
  received_location: maybe(z.number()),
  replayed_location: maybe(z.number()),
  replayed_timestamp: maybe(z.string()),
  paused: maybe(z.boolean()),
})

/** `GET /patroni`, of Patroni 3.0 to 4.1; what we do not use is left out. */
export const statusSchema = z.object({
  state: z.string(),
  role: maybe(z.string()),
  server_version: maybe(z.number()),
  timeline: maybe(z.number()),
  xlog: maybe(xlog),
  replication_state: maybe(z.string()),
  sync_standby: maybe(z.boolean()),
  quorum_standby: maybe(z.boolean()),
  replication: maybe(
    z.array(
      z.object({
        application_name: z.string(),
        state: maybe(z.string()),
        sync_state: maybe(z.string()),
      }),
    ),
  ),
  dcs_last_seen: maybe(z.number()),
  database_system_identifier: maybe(z.string()),
  pending_restart: maybe(z.boolean()),
  pause: maybe(z.boolean()),
  cluster_unlocked: maybe(z.boolean()),
  failsafe_mode_is_active: maybe(z.boolean()),
  patroni: z.object({ version: z.string(), scope: z.string() }),
})

export type PatroniStatus = z.output<typeof statusSchema>

/** `GET /cluster`. */
export const clusterSchema = z.object({
  members: z.array(
    z.object({
      name: z.string(),
      role: z.string(),
      state: z.string(),
      timeline: maybe(z.number()),
      /** Bytes; the word `unknown` when it is not known. */
      lag: maybe(z.union([z.number(), z.string()])),
      pending_restart: maybe(z.boolean()),
    }),
  ),
  pause: maybe(z.boolean()),
  scheduled_switchover: maybe(z.object({ at: z.string(), from: maybe(z.string()), to: maybe(z.string()) })),
})

export type PatroniCluster = z.output<typeof clusterSchema>

/** `GET /history`: timeline, position of its end, why, when, and who took over. */
export const historySchema = z.array(z.tuple([z.number(), z.number(), z.string()]).rest(z.string()))

export type PatroniHistory = z.output<typeof historySchema>

/** Roles of a primary: Patroni 4 has renamed `master`. */
const primaryRoles: readonly string[] = ['master', 'primary', 'leader']

/** Whether Patroni's word for a role means the primary. */
export function isPrimaryRole(role: string | undefined): boolean {
  return role !== undefined && primaryRoles.includes(role)
}

/** `15.4` of `150004` (server_version_num). */
export function versionText(number: number): string {
  return `${Math.floor(number / 10_000)}.${number % 10_000}`
}
