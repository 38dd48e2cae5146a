import { createHash } from 'node:crypto'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { isUp, type Observed } from './observed.ts'
import type { Plan, Step } from './plan.ts'
import { refusals } from './refusals.ts'
import { autoConf } from './sections/auto-conf.ts'
import { certificates } from './sections/certificates.ts'
import { dataDirectory } from './sections/data-directory.ts'
import { directories } from './sections/directories.ts'
import { files } from './sections/files.ts'
import { accounts, objectDifference, objects } from './sections/objects.ts'
import { retiredUnits } from './sections/retired-units.ts'
import { secrets } from './sections/secrets.ts'
import { dynamicConfiguration } from './sections/dynamic-config.ts'
import { restarts } from './sections/restarts.ts'
import { databaseUnits, dependentUnits } from './sections/units.ts'
import type { Section } from './section.ts'
import type { Wanted } from './wanted.ts'

/** In the order they are carried out: a later section may rely on the earlier ones. */
const sections: readonly Section[] = [
  retiredUnits,
  directories,
  secrets,
  certificates,
  dataDirectory,
  files,
  autoConf,
  databaseUnits,
  accounts,
  // they begin while the rest is made: until it is there they wait as they do for a server that starts
  dependentUnits,
  objects,
  dynamicConfiguration,
  restarts,
]

export type Decision = { readonly plan: Plan } | { readonly refused: readonly Diagnostic[] }

/** Compares what should be with what is and decides the steps between. Pure. */
export function decide(wanted: Wanted, observed: Observed): Decision {
  const refused = refusals(wanted, observed)
  if (refused.length > 0) return { refused }
  const steps: Step[] = []
  for (const draft of sections.flatMap((section) => section.draft(wanted, observed))) {
    steps.push({ ...draft, member: wanted.member, after: steps.slice(-1).map(({ id }) => id) })
  }
  const partial = !isUp(observed.server) && (wanted.kind === 'server' || observed.data.state === 'cluster')
  const findings = [...silence(wanted, observed), ...objectDifference(wanted, observed).findings]
  return { plan: { observed: digestOfObserved(observed), steps, findings, partial } }
}

/** A server that runs and does not answer: no step of a plan would make it, and what it holds is not known. */
function silence({ member }: Wanted, { server }: Observed): readonly Diagnostic[] {
  if (server.state !== 'unreachable') return []
  return [
    diagnose('POSTGRES_UNREACHABLE', {
      detail: `PostgreSQL runs and does not answer, so its roles and databases cannot be compared: ${server.why}`,
      mend: mend.run('pgherd', 'logs', 'postgres'),
      at: { member },
    }),
  ]
}

/** A digest over everything a plan was made from; two observations with the same digest give the same plan. */
export function digestOfObserved(observed: Observed): string {
  const { cluster, ...rest } = observed
  // how far standbys are behind and what pools do changes by itself
  const lasting = cluster && {
    leader: cluster.leader,
    paused: cluster.paused,
    dynamicConfig: cluster.dynamicConfig,
    systemId: cluster.systemId,
  }
  return createHash('sha256')
    .update(canonical(lasting ? { ...rest, lasting } : rest))
    .digest('hex')
}

/** JSON with sorted keys and lists: the order in which a machine or a server lists things means nothing. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return `{${entries
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .sort()
    .join()}}`
}

/** The plan; throws DiagnosticError with every refusal. */
export function decideOrRefuse(wanted: Wanted, observed: Observed): Plan {
  const decision = decide(wanted, observed)
  if ('refused' in decision) throw new DiagnosticError(decision.refused)
  return decision.plan
}
