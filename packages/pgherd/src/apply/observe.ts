import { digestOf } from '../components/digest.ts'
import type { RenderedFile } from '../components/component.ts'
import { settingsInFile } from '../components/postgres/settings-file.ts'
import { observeObjects } from '../components/postgres/objects/observe.ts'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { ReadHost } from '../hosts/host.ts'
import type {
  Observed,
  ObservedCertificate,
  ObservedData,
  ObservedFile,
  ObservedServer,
} from '../plan/observed.ts'
import type { Wanted } from '../plan/wanted.ts'
import { notBelowPrimary } from '../plan/not-below-primary.ts'
import type { Member } from '../topology/topology.ts'
import { readApplied } from './applied-state.ts'
import type { Interrupted } from './interrupted.ts'
import type { KnownSecrets } from './known-secrets.ts'

/** What observing needs beside the host: which secrets are there, and their values for comparing passwords. */
export interface Observer {
  readonly host: ReadHost
  readonly secrets: KnownSecrets
  /** Ports somebody listens on. */
  readonly portTaken: (port: number, address: string) => Promise<boolean>
  readonly certificate: (wanted: Wanted) => Promise<ObservedCertificate>
  /** The run that never finished, from the journal. */
  readonly interrupted: () => Interrupted | undefined
}

/** Looks at a member; changes nothing. Everything a plan is decided from is in the result. */
export async function observe(wanted: Wanted, observer: Observer, member: Member): Promise<Observed> {
  const { host, secrets, certificate, interrupted } = observer
  const units = (await host.units()).map(({ name, state, definition, supervised }) => ({
    name,
    state,
    supervised,
    ...(definition === undefined ? {} : { definition }),
  }))
  const directories: Record<string, number> = {}
  for (const { path } of wanted.directories) {
    const found = await host.stat(path)
    if (found?.kind === 'directory') directories[path] = found.mode
  }
  const files: Record<string, ObservedFile> = {}
  for (const file of wanted.files) {
    const found = await observeFile(file, observer)
    if (found) files[file.path] = found
  }
  const found = await certificate(wanted)
  const applied = await readApplied(host, member.paths.state)
  return {
    directories,
    secrets: wanted.secrets.filter((secret) => secrets.isCurrent(secret)).map(({ id }) => id),
    certificate: found,
    data: await observeData(wanted, host),
    files,
    units,
    portsTaken: await observePorts(wanted, observer),
    server: runs(units, wanted.kind === 'server' ? 'patroni' : 'postgres')
      ? await observeServer(wanted, host, secrets)
      : { state: 'stopped' },
    owed: interrupted()?.owed ?? {},
    ...(applied ? { applied } : {}),
    blocked: [...secrets.blocked(wanted.secrets), ...(found.blocked ?? [])],
  }
}

function runs(units: Observed['units'], name: string): boolean {
  return units.some((unit) => unit.name === name && ['running', 'starting'].includes(unit.state))
}

/** Ports of units that do not run. A unit that backs off may have started meanwhile, so it is asked again. */
async function observePorts({ ports }: Wanted, { host, portTaken }: Observer): Promise<number[]> {
  const taken: number[] = []
  for (const { port, address, unit } of ports) {
    if (runs(await host.units(), unit)) continue
    if ((await portTaken(port, address)) && !runs(await host.units(), unit)) taken.push(port)
  }
  return taken
}

/** A file with secrets has the wanted meaning when it is the rendered one with the present secrets filled in. */
async function observeFile(
  file: RenderedFile,
  { host, secrets }: Observer,
): Promise<ObservedFile | undefined> {
  const found = await host.stat(file.path)
  if (found?.kind !== 'file') return undefined
  const contents = (await host.readFile(file.path)) ?? ''
  const digest = file.secret
    ? (await secrets.fill(file.contents)) === contents
      ? file.digest
      : digestOf(file.path, await secrets.blank(contents, file.contents))
    : digestOf(file.path, contents)
  return { digest, mode: found.mode, ...(file.secret ? {} : { contents }) }
}

async function observeData({ data, singleData }: Wanted, host: ReadHost): Promise<ObservedData> {
  if (data) return lookInto(data.path, host)
  const left = singleData === undefined ? undefined : await lookInto(singleData, host)
  return left?.state === 'cluster' ? left : { state: 'none' }
}

async function lookInto(path: string, host: ReadHost): Promise<ObservedData> {
  const there = await host.stat(path)
  if (!there) return { state: 'missing' }
  if (there.kind !== 'directory') return { state: 'foreign', holds: ['something that is no directory'] }
  const found = await host.probe({
    kind: 'exec',
    // the data directory is closed to everybody but the run-as user, as whom this runs
    argv: ['ls', '-A', path],
    parse: ({ code, stdout }) => (code === 0 ? stdout.split('\n').filter((name) => name !== '') : undefined),
  })
  if (!found) return { state: 'foreign', holds: ['files the user PostgreSQL runs as may not read'] }
  if (found.length === 0) return { state: 'empty' }
  const version = (await host.readFile(`${path}/PG_VERSION`))?.trim() ?? ''
  if (!/^\d+(\.\d+)?$/.test(version) || !found.includes('global')) return { state: 'foreign', holds: found }
  const systemId = await host.probe({
    kind: 'exec',
    // the system identifier is the first field of the control file (src/include/catalog/pg_control.h)
    argv: ['od', '-A', 'n', '-t', 'u8', '-N', '8', `${path}/global/pg_control`],
    parse: ({ stdout }) => stdout.trim() || 'unreadable',
  })
  return { state: 'cluster', major: Number(version), systemId }
}

/** A server that does not answer is an observation, not a failure: what must be done about it is for the plan to say. */
async function observeServer(wanted: Wanted, host: ReadHost, secrets: KnownSecrets): Promise<ObservedServer> {
  try {
    return await askServer(wanted, host, secrets)
  } catch (error) {
    const found =
      error instanceof DiagnosticError
        ? error.diagnostics.find(({ code }) => code === 'POSTGRES_UNREACHABLE')
        : undefined
    if (!found) throw error
    return { state: 'unreachable', why: found.detail }
  }
}

async function askServer(wanted: Wanted, host: ReadHost, secrets: KnownSecrets): Promise<ObservedServer> {
  const {
    pending: pendingRestart = [],
    overriding = [],
    limits,
    standby,
  } = await host.probe({
    kind: 'sql',
    database: 'postgres',
    text: `select json_agg(name order by name) filter (where pending_restart) as pending,
                  json_agg(name order by name) filter (where sourcefile like '%/postgresql.auto.conf') as overriding,
                  json_object_agg(name, setting order by name) filter (where name = any ('{${notBelowPrimary.join()}}')) as limits,
                  pg_is_in_recovery() as standby
             from pg_settings`,
    parse: (rows) => namesIn(rows[0] ?? {}),
  })
  const autoConf = Object.fromEntries(
    settingsInFile((await host.readFile(`${wanted.data?.path ?? ''}/postgresql.auto.conf`)) ?? ''),
  )
  const seen = {
    pendingRestart,
    overriding,
    autoConf,
    ...(limits ? { limits } : {}),
  }
  if (standby) return { state: 'standby', ...seen }
  const objects = await observeObjects(
    (probe) => host.probe(probe),
    wanted.objects,
    await secrets.passwords(wanted),
  )
  return { state: 'running', ...seen, objects }
}

/** Aggregates over no row are null. */
function namesIn(row: Record<string, unknown>): {
  pending?: string[]
  overriding?: string[]
  limits?: Record<string, string>
  standby?: boolean
} {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}
