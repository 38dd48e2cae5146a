import { notBelowPrimary } from '../plan/not-below-primary.ts'

/**
 * The order in which members may be restarted: standbys first, so that the primary goes last and a standby that
 * does not come back is known before; when a setting falls that a standby must not have lower than its primary, the
 * primary first, or the standbys would refuse to replay its WAL. Pure.
 *
 * @param inForce values in force on the leader, by setting
 * @param wanted values that come with the restart
 */
export function restartOrder(
  members: readonly string[],
  leader: string | undefined,
  inForce: Readonly<Record<string, unknown>> = {},
  wanted: Readonly<Record<string, unknown>> = {},
): readonly string[] {
  const standbys = members.filter((name) => name !== leader)
  if (leader === undefined) return standbys
  const falls = notBelowPrimary.some((name) => Number(wanted[name]) < Number(inForce[name]))
  return falls ? [leader, ...standbys] : [...standbys, leader]
}
