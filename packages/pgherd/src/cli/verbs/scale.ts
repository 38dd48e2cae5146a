import { readFileSync, realpathSync, statSync } from 'node:fs'
import { clusterOperation } from '../../operations/cluster-operation.ts'
import type { ScalePlan } from '../../operations/scale/decide.ts'
import { planScale, runScale } from '../../operations/scale/run-scale.ts'
import { bringUp } from '../../operations/up.ts'
import { stopEverything } from '../../hosts/local/stop-everything.ts'
import { writeWholeFile } from '../../hosts/whole-file.ts'
import type { Spec } from '../../spec/schema.ts'
import { adoptedText } from '../adopt.ts'
import { clusterObserver } from '../cluster-observer.ts'
import type { Invocation, Verb } from '../command.ts'
import { listOption, numberOption, textOption } from '../option.ts'
import { countOf, readPresent, sitesWith, sized } from '../present-cluster.ts'
import { openSession, type Session } from '../session.ts'
import { endDryRun, endOperation, showOperationPlan } from '../views/cluster-operation.ts'
import { confirm } from '../views/confirm.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const session = await openSession(globals)
  const members = numberOption(options, 'members', { least: 1, most: 99 })
  const { spec } = session
  const dryRun = options['dryRun'] === true
  using _lock = dryRun ? undefined : session.lock('pgherd scale')
  const declared = clusterOperation(session.context(invocation), 'scaling')
  const { present, whole } = await readPresent(session, declared.access, listOption(options, 'address'))
  const there = await sitesWith(session, whole, countOf(present))
  const destroyData = options['destroyData'] === true
  const operation = {
    ...declared,
    access: { ...declared.access, topology: there.topology },
    sites: there.sites,
    members,
    destroyData,
    present,
    declared: spec.topology.members,
    durability: spec.topology.durability ?? ('sync' as const),
    ...(whole.addresses ? { listed: whole.addresses.length } : {}),
  }
  if (dryRun) return endDryRun(await planScale(operation), output)
  let plan: ScalePlan | undefined
  const result = await runScale({
    ...operation,
    sitesOf: async (count) => (await sitesWith(session, whole, count)).sites,
    bringUp: (count) => bringUpWith(session, whole, invocation, count),
    async stopAll(name) {
      const site = there.sites.find(({ member }) => member.name === name)
      const accounts = { runAs: session.facts.runAs, invoker: session.facts.invoker }
      if (site) await stopEverything(site.host, site.member, accounts)
    },
    editSpec: (count) => {
      writeMembers(session, whole, count)
      return Promise.resolve()
    },
    async approve(made) {
      plan = made
      showOperationPlan(made, output)
      // found out now and not at the end: a spec that is code cannot be changed
      if (!stands(session, whole, made.to)) specWith(session, whole, made.to)
      if (made.remove.length === 0) return
      if (destroyData && textOption(options, 'name') !== spec.name)
        await confirm(`This destroys the data of ${made.remove.join(', ')}.`, invocation, spec.name)
      else await confirm(`This removes ${made.remove.join(', ')} from the cluster. Go on?`, invocation)
    },
  })
  const kept = result.kept.length === 0 ? '' : ` Kept, for you to remove: ${result.kept.join(', ')}`
  return endOperation(plan, result, `There are ${result.members} members.${kept}`, output)
}

async function bringUpWith(
  session: Session,
  whole: Spec['topology'],
  { output, signal }: Invocation,
  count: number,
): Promise<void> {
  const { topology, sites } = await sitesWith(session, whole, count)
  const { programs } = session.facts
  await bringUp({
    sites,
    cluster: clusterObserver({ topology, programs, readSecret: (id) => session.readSecret(id) }, sites),
    membersChange: true,
    signal,
    now: () => new Date(),
    approve: () => Promise.resolve(),
    onStep: (step, phase) => {
      if (phase === 'begin') output.progress(`${step.member}: ${step.title}`)
    },
    onWait: (what) => output.progress(what),
  })
}

/** The spec with the number in it, and with what is listed for each member. Throws DiagnosticError when it is code. */
function specWith({ specFile }: Session, whole: Spec['topology'], count: number): string {
  const { addresses, domains } = sized(whole, count)
  const edits = [
    { path: 'topology.members', to: count },
    ...(addresses ? [{ path: 'topology.addresses', to: addresses }] : []),
    ...(domains ? [{ path: 'topology.domains', to: domains }] : []),
  ]
  return adoptedText(edits, readFileSync(specFile, 'utf8'), specFile)
}

/** True when the spec says it already, as where it was edited before. */
function stands({ spec }: Session, whole: Spec['topology'], count: number): boolean {
  const { addresses, domains } = sized(whole, count)
  const said = [spec.topology.members, spec.topology.addresses, spec.topology.domains]
  return JSON.stringify(said) === JSON.stringify([count, addresses, domains])
}

function writeMembers(session: Session, whole: Spec['topology'], count: number): void {
  if (stands(session, whole, count)) return
  const file = realpathSync(session.specFile)
  const { mode, uid, gid } = statSync(file)
  writeWholeFile(file, specWith(session, whole, count), { mode: mode & 0o777, owner: { uid, gid } })
}
