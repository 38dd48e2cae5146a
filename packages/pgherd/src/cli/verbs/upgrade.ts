import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { newerPackages, upgradePackages, type PackageChange } from '../../hosts/local/upgrade-packages.ts'
import { clusterOperation } from '../../operations/cluster-operation.ts'
import type { OperationPlan } from '../../operations/operation-plan.ts'
import { runRestart } from '../../operations/restart/run-restart.ts'
import { runSwitchover } from '../../operations/switchover/run-switchover.ts'
import { planSingle, runSingle, type SingleOptions } from '../../operations/upgrade/run-single.ts'
import {
  planUpgrade,
  runUpgrade,
  type UpgradeOptions,
  type UpgradeResult,
} from '../../operations/upgrade/run-upgrade.ts'
import { programNames } from '../../operations/upgrade/versions.ts'
import type { Globals, Invocation, Verb } from '../command.ts'
import { openSession, type Session } from '../session.ts'
import { endDryRun, endOperation, showOperationPlan } from '../views/cluster-operation.ts'
import { confirm } from '../views/confirm.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const dryRun = options['dryRun'] === true
  const session = await openUpgradeSession(globals)
  const packages = options['install'] === true ? await newerPackages(session.spec, { refresh: !dryRun }) : []
  const work = session.cluster
    ? clusterWork(session, invocation, packages)
    : singleWork(session, invocation, packages)
  if (dryRun) return endDryRun(await work.plan(), output)
  using _lock = session.lock('pgherd upgrade')
  let plan: OperationPlan | undefined
  const result = await work.run(async (made) => {
    plan = made
    showOperationPlan(made, output)
    if (made.steps.some(({ impact }) => impact === 'restart'))
      await confirm('Clients are disconnected by the restart. Go on?', invocation)
  })
  return endOperation(plan, result, summaryOf(result), output)
}

interface Work {
  plan(): Promise<OperationPlan>
  run(approve: (plan: OperationPlan) => Promise<void>): Promise<UpgradeResult>
}

function clusterWork(session: Session, invocation: Invocation, packages: readonly PackageChange[]): Work {
  const cluster = clusterOperation(session.context(invocation), 'this upgrade')
  const handOver = () => runSwitchover({ ...cluster, request: {} })
  const operation: UpgradeOptions = {
    ...cluster,
    sites: session.sites,
    spec: session.spec,
    pooler: invocation.options['pooler'] === true,
    packages,
    ...(packages.length > 0 && {
      prepare: async () => (await broughtIn(session, invocation, packages)).sites,
    }),
    restart: (member) =>
      runRestart({ ...cluster, request: { member, rolling: false, pendingOnly: false }, handOver }),
    handOver,
  }
  return {
    plan: () => planUpgrade(operation),
    run: (approve) => runUpgrade({ ...operation, approve }),
  }
}

function singleWork(session: Session, invocation: Invocation, packages: readonly PackageChange[]): Work {
  const { signal, output } = invocation
  const { sites, spec } = session
  const [site] = sites
  if (!site) throw new Error('a single server is one site')
  const operation: SingleOptions = {
    site,
    signal,
    report: (message) => output.progress(message),
    packages,
    // the embedded programs of a newer pgherd may have to be copied to where the server's user can reach them
    ...((packages.length > 0 || spec.postgres.binaries === 'embedded') && {
      prepare: async () => (await broughtIn(session, invocation, packages)).sites[0] ?? site,
    }),
  }
  return {
    plan: () => planSingle(operation),
    run: (approve) => runSingle({ ...operation, approve }),
  }
}

/** The session anew once newer programs are there: what hosts know of programs is from before. */
async function broughtIn(
  { spec }: Session,
  { globals, output }: Invocation,
  packages: readonly PackageChange[],
): Promise<Session> {
  if (packages.length > 0) output.progress(`installing ${packages.map(({ name }) => name).join(', ')}`)
  await upgradePackages(spec, packages)
  return openSession(globals, { savedSpec: true, prepare: true })
}

/** Programs of another major end any command, with a mend for databases that are yet to be made: not for this one. */
async function openUpgradeSession(globals: Globals): Promise<Session> {
  try {
    return await openSession(globals, { savedSpec: true })
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    const found = error.diagnostics.find(({ code }) => code === 'POSTGRES_WRONG_VERSION')
    if (!found) throw error
    throw new DiagnosticError(
      diagnose('UPGRADE_MAJOR', {
        detail: `${found.detail}; pgherd upgrade changes minor versions only`,
        mend: mend.advice(
          'put programs of the major version of the spec back; for another major bring up a second database and carry the data over with pg_dump or logical replication',
        ),
        at: found.at,
      }),
      { cause: error },
    )
  }
}

function summaryOf({ done, leader, versions }: UpgradeResult): string {
  const running = [...new Set(versions.flatMap(({ running: { postgres } }) => postgres ?? []))].join(', ')
  if (done.length === 0)
    return `Nothing had to be restarted: PostgreSQL ${running} runs, and no newer one is installed.`
  const acts = done.map((each) => {
    if (each.do === 'hand-over') return `${each.member} handed over`
    return `${programNames[each.what]} of ${each.member} ${each.what === 'haproxy' ? 'reloaded' : 'restarted'}`
  })
  const others = done.some((each) => each.do === 'restart' && each.what !== 'postgres')
  const next = others ? ' pgherd plan shows what the new versions are configured differently.' : ''
  return `${acts.join(', ')}. PostgreSQL ${running} runs; ${leader} is the primary.${next}`
}
