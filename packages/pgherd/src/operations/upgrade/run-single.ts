import { join } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { requireLock } from '../../hosts/local/lock.ts'
import type { PackageChange } from '../../hosts/local/upgrade-packages.ts'
import { compareVersions } from '../../topology/version-order.ts'
import { planOf, rowsOf } from '../cluster-operation.ts'
import { waitUntil } from '../wait-until.ts'
import { busyOn } from './busy.ts'
import { decideSingle, type SinglePlan } from './decide-single.ts'
import { installedOf, type UpgradeSite } from './observe.ts'
import { installedWith } from './packages.ts'
import type { UpgradeDone, UpgradeResult } from './run-upgrade.ts'

export interface SingleOptions {
  readonly site: UpgradeSite
  readonly signal: AbortSignal
  readonly report: (message: string) => void
  readonly packages?: readonly PackageChange[]
  /** Brings newer programs in, and gives the server as it is then. */
  readonly prepare?: () => Promise<UpgradeSite>
  readonly approve?: (plan: SinglePlan) => Promise<void>
}

const backMs = 120_000

/** What would be done to a single server. Throws DiagnosticError with the refusals, MEMBER_UNREACHABLE when it does not answer. */
export async function planSingle({ site, packages = [] }: SingleOptions): Promise<SinglePlan> {
  const { member, host } = site
  const running = await runningVersion(site).catch((error: unknown) => {
    throw new DiagnosticError(
      diagnose('MEMBER_UNREACHABLE', {
        detail: `PostgreSQL of ${member.name} does not tell its version: ${error instanceof Error ? error.message : String(error)}; its next start is one of the installed version anyway`,
        mend: mend.run('pgherd', 'up'),
        at: { member: member.name },
      }),
      { cause: error },
    )
  })
  const installed = installedWith(installedOf(await host.facts()), packages).postgres ?? running
  return planOf(
    decideSingle({
      member: member.name,
      running,
      installed,
      busy: await busyOn(member.name, host),
      packages,
    }),
  )
}

/** Restarts a single server with the installed programs. Throws DiagnosticError: the refusals, LOCKED while a backup runs, UPGRADE_INCOMPLETE. */
export async function runSingle(options: SingleOptions): Promise<UpgradeResult> {
  const plan = await planSingle(options)
  await options.approve?.(plan)
  const { member } = options.site
  const name = member.name
  if (plan.steps.length === 0) return { done: [], leader: name, versions: [await versionsOf(options.site)] }
  using _lock = requireLock(join(member.paths.run, 'backup.lock'), 'pgherd upgrade')
  const site = (await options.prepare?.()) ?? options.site
  const left = options.prepare ? await planSingle({ ...options, site, packages: [] }) : plan
  const done: UpgradeDone[] = []
  for (const { to } of left.changes) {
    options.report(`restarting PostgreSQL of ${name}`)
    const unit = site.wanted.units.find((each) => each.name === 'postgres')
    if (!unit) throw new Error('a single server has a unit postgres')
    // a clean shutdown writes out what is dirty; done before, clients wait less
    await site.host.sql('postgres', [{ text: 'CHECKPOINT', alone: true }])
    await site.host.restartUnit(unit)
    await back(site, to, options.signal)
    done.push({ do: 'restart', what: 'postgres', member: name })
  }
  return { done, leader: name, versions: [await versionsOf(site)] }
}

async function back(site: UpgradeSite, to: string, signal: AbortSignal): Promise<void> {
  let seen = 'it does not answer'
  const there = await waitUntil(
    async () => {
      const running = await runningVersion(site)
      seen = `it runs ${running}`
      return compareVersions(running, to) >= 0 || undefined
    },
    { ms: backMs, signal },
  )
  if (there) return
  throw new DiagnosticError(
    diagnose('UPGRADE_INCOMPLETE', {
      detail: `${site.member.name} was restarted for PostgreSQL ${to}, and after ${backMs / 1000} s ${seen}`,
      mend: mend.run('pgherd', 'logs', 'postgres'),
      at: { member: site.member.name },
    }),
  )
}

async function versionsOf(site: UpgradeSite): Promise<UpgradeResult['versions'][number]> {
  return { member: site.member.name, running: { postgres: await runningVersion(site) } }
}

/** `server_version` without what the distribution adds, such as `15.18`. */
async function runningVersion({ host }: UpgradeSite): Promise<string> {
  const [row] = await rowsOf(host, `SELECT split_part(current_setting('server_version'), ' ', 1) AS version`)
  return String(row?.['version'])
}
