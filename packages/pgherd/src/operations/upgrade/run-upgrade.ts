import { join } from 'node:path'
import { PoolerAdmin } from '../../cluster/pooler-admin.ts'
import type { Unit } from '../../components/component.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { requireLock } from '../../hosts/local/lock.ts'
import type { PackageChange } from '../../hosts/local/upgrade-packages.ts'
import type { Spec } from '../../spec/schema.ts'
import { homeOf } from '../../topology/topology.ts'
import { compareVersions } from '../../topology/version-order.ts'
import { planOf, type ClusterOperation } from '../cluster-operation.ts'
import { waitUntil } from '../wait-until.ts'
import { decideUpgrade, notWhole, type UpgradeAct, type UpgradePlan } from './decide.ts'
import { observeVersions, type SeenVersions, type UpgradeSite } from './observe.ts'
import { programNames, type MemberVersions, type Program } from './versions.ts'

export interface UpgradeOptions extends Omit<ClusterOperation, 'sites'> {
  readonly sites: readonly UpgradeSite[]
  readonly spec: Spec
  readonly pooler: boolean
  /** Packages that `prepare` installs. */
  readonly packages?: readonly PackageChange[]
  /** Brings newer programs in, and gives the members as they are then: what hosts know of programs is from before. */
  readonly prepare?: () => Promise<readonly UpgradeSite[]>
  /** Restarts PostgreSQL of one member and waits for it (runRestart); passed in, since operations do not know each other. */
  readonly restart: (member: string) => Promise<unknown>
  /** Makes the fittest standby the primary without an error for clients (runSwitchover). */
  readonly handOver: () => Promise<unknown>
  readonly approve?: (plan: UpgradePlan) => Promise<void>
}

export type UpgradeDone =
  | { readonly do: 'restart'; readonly what: Program; readonly member: string }
  | { readonly do: 'hand-over'; readonly member: string }

export interface UpgradeResult {
  /** What was done, in its order; `member` of a hand-over is the former primary. */
  readonly done: readonly UpgradeDone[]
  /** The primary afterwards. */
  readonly leader: string
  /** What runs now. */
  readonly versions: readonly Pick<MemberVersions, 'member' | 'running'>[]
}

/** From one member to the next: replaying WAL after a restart takes its time. */
const wholeMs = 120_000

/** What would be done. Throws DiagnosticError with the refusals. */
export async function planUpgrade(options: UpgradeOptions): Promise<UpgradePlan> {
  const { access, sites, spec, pooler, packages = [] } = options
  const seen = await observeVersions(access, sites, packages)
  return planOf(decideUpgrade({ ...seen, spec, pooler, packages }))
}

/**
 * Brings every member to the installed versions, one after the other, each only when the cluster is whole again; looks and
 * decides anew after each, so that a failover on the way changes the order and not the outcome. A run that was cut off is
 * finished by the next. Throws DiagnosticError: the refusals, LOCKED while a backup runs, UPGRADE_INCOMPLETE.
 */
export async function runUpgrade(options: UpgradeOptions): Promise<UpgradeResult> {
  const { access, report } = options
  const plan = await planUpgrade(options)
  await options.approve?.(plan)
  // no backup begins meanwhile, of whichever server
  using _lock =
    plan.steps.length > 0
      ? requireLock(join(homeOf(access.topology).paths.run, 'backup.lock'), 'pgherd upgrade')
      : undefined
  const sites = (await options.prepare?.()) ?? options.sites
  const now = { ...options, sites, packages: [] }
  const done: UpgradeDone[] = []
  let left = options.prepare ? await planWhenWhole(now) : plan
  for (let [act] = left.acts; act; [act] = left.acts) {
    report(describe(act), done.length / (done.length + left.acts.length))
    await carryOut(act, now)
    left = await planWhenWhole(now, act)
    done.push(
      act.do === 'hand-over'
        ? { do: 'hand-over', member: act.from }
        : { do: 'restart', what: act.what, member: act.member },
    )
  }
  const { view, versions } = await observeVersions(access, sites)
  return {
    done,
    leader: view.leader ?? '',
    versions: versions.map(({ member, running }) => ({ member, running })),
  }
}

function describe(act: UpgradeAct): string {
  if (act.do === 'hand-over') return `handing over from ${act.from}`
  return `${act.what === 'haproxy' ? 'reloading' : 'restarting'} ${programNames[act.what]} of ${act.member}`
}

async function carryOut(act: UpgradeAct, options: UpgradeOptions): Promise<void> {
  if (act.do === 'hand-over') {
    // whoever is fittest may have changed since the decision; every standby runs the new version by now
    await options.handOver()
    return
  }
  const { host } = siteOf(options, act.member)
  if (act.what === 'postgres') await options.restart(act.member)
  else if (act.what === 'haproxy') {
    // the master becomes the new version and keeps the listening sockets (HAProxy management manual, chapter 4)
    await host.reloadUnit(unitOf(options, act.member, 'haproxy'))
    // sessions of the pool leave the old worker, which ends after hard-stop-after
    await using admin = await PoolerAdmin.connect(options.access)
    await admin.reconnect()
  } else await host.restartUnit(unitOf(options, act.member, act.what))
}

/**
 * What is left to do, once the cluster can bear the loss of the next member, and what an act brings is seen to run: without
 * that a next decision would be the same again.
 */
async function planWhenWhole(options: UpgradeOptions, act?: UpgradeAct): Promise<UpgradePlan> {
  const { access, sites, spec, pooler, signal } = options
  let missing: readonly string[] = []
  const decision = await waitUntil(
    async () => {
      const seen = await observeVersions(access, sites)
      missing = [...(act ? notBrought(act, seen) : []), ...notWhole(spec, seen.view)]
      return missing.length === 0 ? decideUpgrade({ ...seen, spec, pooler, packages: [] }) : undefined
    },
    { ms: wholeMs, signal, pollMs: 200 },
  )
  if (decision) return planOf(decision)
  const after = act ? describe(act) : 'installing the packages'
  throw new DiagnosticError(
    diagnose('UPGRADE_INCOMPLETE', {
      detail: `${wholeMs / 1000} s after ${after} ${missing.join('; ')}; the members that were still to come were left alone`,
      mend: mend.run('pgherd', 'status'),
      at: act ? { member: act.do === 'hand-over' ? act.from : act.member } : {},
    }),
  )
}

function notBrought(act: UpgradeAct, { versions }: SeenVersions): readonly string[] {
  if (act.do === 'hand-over') return []
  const running = versions.find(({ member }) => member === act.member)?.running ?? {}
  return act.brings.flatMap(({ program, to }) => {
    const now = running[program]
    if (now !== undefined && compareVersions(now, to) >= 0) return []
    return [`${programNames[program]} of ${act.member} is ${now ?? 'silent'} and not ${to}`]
  })
}

function siteOf({ sites }: UpgradeOptions, name: string): UpgradeSite {
  const site = sites.find(({ member }) => member.name === name)
  if (!site) throw new Error(`there is no site of ${name}`)
  return site
}

function unitOf(options: UpgradeOptions, member: string, name: string): Unit {
  const unit = siteOf(options, member).wanted.units.find((each) => each.name === name)
  if (!unit) throw new Error(`${member} has no unit ${name}`)
  return unit
}
