import type { Major } from '../../tuning/gucs/guc.ts'
import type { HostFacts } from '../../topology/host-facts.ts'
import { quoteHbaName } from './hba-names.ts'
import type { HbaNames, HbaRow } from './hba-rows.ts'
import { internalRoles, peerMap } from './internal-roles.ts'

const heading =
  '# Written by pgherd. Changes made here are drift: put them into roles and network.access of the spec.\n'

/** pg_hba.conf. Throws IDENTIFIER_UNUSABLE for a name it cannot hold. */
export function renderHba(rows: readonly HbaRow[], major: Major): string {
  let said = ''
  const lines = rows.map((row) => {
    const comment = row.why === said ? '' : `\n# ${row.why}\n`
    said = row.why
    return `${comment}${hbaLine(row, major)}\n`
  })
  return heading + lines.join('')
}

/** A row as a line. Throws IDENTIFIER_UNUSABLE for a name it cannot hold. */
export function hbaLine(row: HbaRow, major: Major): string {
  const { type, databases, roles, address, method, option } = row
  return [type, names(databases, major), names(roles, major), address, method, option]
    .filter((field) => field !== undefined)
    .join(' ')
}

function names(field: HbaNames, major: Major): string {
  return typeof field === 'string' ? field : field.map((name) => quoteHbaName(name, major)).join(',')
}

/** Lines of pg_ident.conf: the run-as user and whoever starts pgherd become pgherd's own roles. */
export function identLinesOf(facts: HostFacts): readonly string[] {
  const accounts = [...new Set([facts.runAs.name, facts.invoker.name])].sort()
  return accounts.flatMap((account) =>
    internalRoles.map((role) => `${peerMap} ${quoteHbaName(account, facts.postgres.major)} "${role}"`),
  )
}

/** pg_ident.conf. */
export function renderIdent(facts: HostFacts): string {
  const lines = identLinesOf(facts).map((line) => `${line}\n`)
  return `# Written by pgherd. Which accounts of this machine may be pgherd's own roles.\n\n${lines.join('')}`
}
