import { stopEverything } from '../hosts/local/stop-everything.ts'
import { findPrimary } from '../cluster/find-primary.ts'
import type { OperationPlan } from '../operations/operation-plan.ts'
import { planStop } from '../operations/plan-stop.ts'
import type { Session } from './session.ts'

/** What `stopMembers` would stop, in which order and why. */
export async function planDown({
  sites,
  cluster,
}: Pick<Session, 'sites' | 'cluster'>): Promise<OperationPlan> {
  const members = await Promise.all(
    sites.map(async ({ host, member: { name, kind } }) => ({
      name,
      kind,
      running: (await host.units()).filter(({ state }) => state !== 'stopped').map((unit) => unit.name),
    })),
  )
  return planStop(members, cluster && (await findPrimary(cluster))?.name)
}

/**
 * Stops every member: the gateway first, so that no client comes any more, then Patroni of the standbys and last of the
 * primary, which then has nobody to hand over to; etcd only when nobody needs it any more. Gives what ran.
 */
export async function stopMembers({
  sites,
  cluster,
  facts,
}: Pick<Session, 'sites' | 'cluster' | 'facts'>): Promise<readonly string[]> {
  const accounts = { runAs: facts.runAs, invoker: facts.invoker }
  if (!cluster) {
    const [only] = sites
    return only ? await stopEverything(only.host, only.member, accounts) : []
  }
  const primary = (await findPrimary(cluster))?.name
  const servers = sites.filter(({ member }) => member.kind === 'server')
  const stopped: string[] = []
  const note = (member: string, units: readonly string[]) => {
    stopped.push(...units.map((unit) => `${unit} of ${member}`).filter((unit) => !stopped.includes(unit)))
  }
  for (const { host, member } of sites.filter(({ member: { kind } }) => kind === 'gateway'))
    note(member.name, await stopEverything(host, member, accounts))
  const primaryLast = servers.toSorted(
    (a, b) => Number(a.member.name === primary) - Number(b.member.name === primary),
  )
  for (const { host, member } of primaryLast) {
    for (const unit of ['fence', 'patroni']) {
      const found = (await host.units()).find(({ name }) => name === unit)
      if (!found || found.state === 'stopped') continue
      await host.stopUnit(unit)
      note(member.name, [unit])
    }
  }
  await Promise.all(
    servers.map(async ({ host, member }) => note(member.name, await stopEverything(host, member, accounts))),
  )
  return stopped
}
