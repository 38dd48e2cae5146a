import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { formatPath } from '../spec/path.ts'
import { shown } from '../spec/shown.ts'
import { majors } from '../tuning/gucs/guc.ts'
import type { Observed } from './observed.ts'
import type { Wanted } from './wanted.ts'

/**
 * What makes any plan unsafe: pgherd never initialises where data was, never starts a server on
 * data that is not its own, and says so before the first change.
 */
export function refusals(wanted: Wanted, observed: Observed): readonly Diagnostic[] {
  return [
    ...observed.blocked,
    ...dataRefusals(wanted, observed),
    ...portRefusals(wanted, observed),
    ...extensionRefusals(wanted),
  ]
}

const supported: readonly number[] = majors

/** A look may fall into the moment in which Patroni copies a member: pg_basebackup puts pg_control there last. */
function isBeingCloned({ kind }: Wanted, { data, units }: Observed): boolean {
  const half =
    data.state === 'foreign'
      ? ['PG_VERSION', 'backup_label'].some((name) => data.holds.includes(name))
      : data.state === 'cluster' && data.systemId === 'unreadable'
  return (
    half && kind === 'server' && units.some(({ name, state }) => name === 'patroni' && state === 'running')
  )
}

function dataRefusals(wanted: Wanted, observed: Observed): Diagnostic[] {
  const { data, applied } = observed
  const at = { member: wanted.member }
  if (!wanted.data) return leftSingle(wanted, observed)
  // the home of a cluster leaves a record without a database of its own
  if (wanted.kind === 'single' && applied && applied.systemId === undefined)
    return [leftCluster(wanted, observed)]
  const path = wanted.data.path
  if (isBeingCloned(wanted, observed)) return []
  if (data.state === 'foreign') {
    return [
      diagnose('DATA_DIRECTORY_NOT_EMPTY', {
        detail: `${path} holds ${data.holds.slice(0, 5).join(', ')} but no PostgreSQL data; pgherd does not write over what it did not make`,
        mend: mend.advice(`move the contents of ${path} away, or choose another place with --state`),
        at,
      }),
    ]
  }
  if (data.state === 'cluster' && data.major !== wanted.major) {
    return [
      diagnose('DATA_DIRECTORY_OTHER_MAJOR', {
        detail: `${path} was made by PostgreSQL ${data.major}, the spec asks for ${wanted.major}; one major cannot open the data of another`,
        mend: supported.includes(data.major)
          ? mend.edit('postgres.version', data.major)
          : mend.advice(
              `move ${path} away, or open it with PostgreSQL ${data.major} and carry the data over with pg_dump`,
            ),
        at: { ...at, path: 'postgres.version' },
      }),
    ]
  }
  if (data.state === 'cluster' && applied?.systemId !== undefined && data.systemId !== applied.systemId) {
    return [
      diagnose('DATA_DIRECTORY_FOREIGN', {
        detail: `${path} holds the database with system identifier ${data.systemId}, pgherd made ${applied.systemId}; starting it would mix two databases and their backups`,
        mend: mend.advice(
          `put the right data directory back to ${path}, or use the other one with its own --state`,
        ),
        at,
      }),
    ]
  }
  // Patroni clones a server of a cluster anew from the others
  if (data.state !== 'cluster' && applied && wanted.kind === 'single') {
    return [
      diagnose('DATA_DIRECTORY_MISSING', {
        detail: `${path} held a database and is ${data.state} now; making a new one there would hide the loss`,
        mend: mend.run('pgherd', 'restore', '--to', 'latest', '--in-place'),
        at,
      }),
    ]
  }
  return []
}

/** A cluster is made anew, empty: beside the data of a single server that would look like its loss. */
function leftSingle({ member, singleData = '' }: Wanted, { data, applied }: Observed): Diagnostic[] {
  if (data.state !== 'cluster' && applied?.systemId === undefined) return []
  return [
    diagnose('SINGLE_NOT_CLUSTER', {
      detail: `topology.members asks for a cluster, and ${singleData} is the database of a single server: its members would start empty beside it. Nothing was changed, and the single server still comes up with topology.members: 1`,
      mend: mend.advice(
        'set topology.members back to 1; to move to a cluster, bring one up from a spec with another name and ports, and carry the data over with pg_dump',
      ),
      at: { member, path: 'topology.members' },
    }),
  ]
}

function leftCluster({ member }: Wanted, { applied }: Observed): Diagnostic {
  const servers = applied?.servers?.map(({ name }) => name) ?? []
  return diagnose('SINGLE_NOT_CLUSTER', {
    detail: `topology.members asks for a single server, and the database is that of a cluster${servers.length === 0 ? '' : ` (${servers.join(', ')})`}: the server would start empty beside it. Nothing was changed, and the cluster still comes up with its members`,
    mend:
      servers.length === 0
        ? mend.advice('set topology.members back to what it was')
        : mend.edit('topology.members', servers.length),
    at: { member, path: 'topology.members' },
  })
}

function portRefusals(wanted: Wanted, observed: Observed): Diagnostic[] {
  return wanted.ports
    .filter(({ port }) => observed.portsTaken.includes(port))
    .filter((wish, index, all) => all.findIndex(({ port }) => port === wish.port) === index)
    .map(({ port, address, specPath }) =>
      diagnose('PORT_TAKEN', {
        detail: `another program listens on ${address.includes(':') ? `[${address}]` : address}:${port}, so the ${specPath.split('.')[0] ?? ''} unit could not`,
        mend: mend.advice(
          `stop that program (ss -ltnp 'sport = :${port}' names it), or change ${specPath} in the spec`,
        ),
        at: { member: wanted.member, path: specPath },
      }),
    )
}

function extensionRefusals(wanted: Wanted): Diagnostic[] {
  return wanted.objects.databases.flatMap(({ name, kind, extensions }) =>
    extensions
      .filter((extension) => !wanted.extensionsAvailable.includes(extension))
      .map((extension) => {
        const path = formatPath(['databases', name, 'extensions'])
        const install = `install the package that has it (on Debian postgresql-${wanted.major} for what comes with PostgreSQL, else postgresql-${wanted.major}-<name>)`
        const declared = kind === 'declared'
        return diagnose('EXTENSION_UNAVAILABLE', {
          detail: `${declared ? `database ${shown(name)} declares` : 'pgherd itself needs'} the extension ${shown(extension)}, which is not installed beside PostgreSQL ${wanted.major}`,
          mend: mend.advice(declared ? `${install}, or remove it from ${path}` : install),
          at: { member: wanted.member, ...(declared ? { path } : {}) },
        })
      }),
  )
}
