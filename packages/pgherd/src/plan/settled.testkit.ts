import type { RenderInput } from '../components/component.ts'
import { definitionDigest } from '../components/digest.ts'
import { healthFunctions } from '../components/postgres/health/functions.ts'
import type { DeclaredDatabase, DeclaredObjects } from '../components/postgres/objects/declared.ts'
import type { ObservedContents, ObservedObjects } from '../components/postgres/objects/observed.ts'
import { parseSpec } from '../spec/parse.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import { layOut, homeOf } from '../topology/topology.ts'
import { factsOf } from '../tuning/testdata/facts.ts'
import { tune } from '../tuning/tune.ts'
import type { Applied, Observed, ObservedServer } from './observed.ts'
import { wantedState, type Wanted } from './wanted.ts'

export const shopSpec = `name: shop
databases:
  shop: { owner: shop, extensions: [pg_trgm], schemas: [orders] }
roles:
  shop: { access: owner, settings: { statement_timeout: 30s } }
  reader: { access: readonly }
  watcher: { access: monitor }
`
/** A machine with everything a spec or pgherd itself may ask for. */
export function machineOf(changes: Partial<Omit<HostFacts, 'postgres'>> = {}): HostFacts {
  return factsOf({
    ...changes,
    postgres: { extensions: ['amcheck', 'pg_stat_statements', 'pg_trgm', 'pg_walinspect', 'pgcrypto'] },
  })
}

export const shopState = '/srv/shop/.pgherd/shop'

/** A spec as text, on a machine that never changes, laid out and wanted. */
export function inputOf(text: string = shopSpec, facts: HostFacts = machineOf()): RenderInput {
  const parsed = parseSpec(text, '/srv/shop/pgherd.yaml')
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(({ detail }) => detail).join('\n'))
  const topology = layOut(parsed.spec, { state: shopState, sockets: '/run/pgherd-shop' })
  const self = {
    node: '/opt/node',
    agentScript: '/opt/pgherd/agent.js',
    fenceScript: '/fence.js',
    drillsScript: '/drills.js',
    commandScript: '/pgherd.js',
    specFile: '/srv/shop/pgherd.yaml',
  }
  return { topology, member: homeOf(topology), facts, settings: tune(parsed.spec, facts).settings, self }
}

export function wantedOf(text?: string, facts?: HostFacts): Wanted {
  return wantedState(inputOf(text, facts))
}

/** A machine nobody touched. */
export const untouched: Observed = {
  directories: {},
  secrets: [],
  certificate: { state: 'missing' },
  data: { state: 'missing' },
  files: {},
  units: [],
  portsTaken: [],
  server: { state: 'stopped' },
  owed: {},
  blocked: [],
}

/** What the machine looks like when everything is as wanted, and the last `up` says so. */
export function settled(
  wanted: Wanted,
): Observed & { readonly applied: Applied; readonly server: ObservedServer & { state: 'running' } } {
  return {
    directories: Object.fromEntries(wanted.directories.map(({ path, mode }) => [path, mode])),
    secrets: wanted.secrets.map(({ id }) => id),
    certificate: { state: 'good', notAfter: '2027-01-01T00:00:00.000Z' },
    data: { state: 'cluster', major: wanted.major, systemId: '7000000000000000001' },
    files: Object.fromEntries(
      wanted.files.map(({ path, digest, mode, contents, secret }) => [
        path,
        { digest, mode, ...(secret ? {} : { contents }) },
      ]),
    ),
    units: wanted.units.map((unit) => ({
      name: unit.name,
      state: 'running',
      supervised: true,
      definition: definitionDigest(unit),
    })),
    portsTaken: [],
    server: {
      state: 'running',
      pendingRestart: [],
      overriding: [],
      autoConf: {},
      objects: settledObjects(wanted.objects),
    },
    owed: {},
    applied: appliedOf(wanted),
    blocked: [],
  }
}

export function appliedOf(wanted: Wanted): Applied {
  return {
    at: '2026-11-20T10:00:00.000Z',
    systemId: '7000000000000000001',
    files: Object.fromEntries(wanted.files.map(({ path, digest }) => [path, digest])),
    objects: wanted.objects,
  }
}

/** What a server shows that has exactly the declared objects. */
export function settledObjects(declared: DeclaredObjects): ObservedObjects {
  const setting =
    (role: string | null, database: string | null) =>
    ([name, value]: [string, string]) => ({ role, database, name, value })
  return {
    roles: declared.roles.map(({ name, attributes, connectionLimit, validUntil, secret }) => ({
      name,
      attributes,
      connectionLimit,
      validUntil: validUntil === undefined ? null : Date.parse(validUntil) / 1000,
      password: secret === undefined ? 'none' : 'matches',
    })),
    memberships: declared.roles.flatMap(({ name: member, memberships }) =>
      memberships.map((role) => ({ role, member, inherit: true, set: true, admin: false })),
    ),
    settings: [
      ...declared.roles.flatMap(({ name, settings }) => Object.entries(settings).map(setting(name, null))),
      ...declared.databases.flatMap(({ name, settings }) =>
        Object.entries(settings).map(setting(null, name)),
      ),
    ],
    databases: declared.databases.map(({ name, owner, encoding, locale, connectionLimit, grants }) => ({
      name,
      owner,
      encoding,
      locale,
      connectionLimit,
      allowsConnections: true,
      grants: grants.map(mutable),
    })),
    contents: declared.databases
      .filter(({ kind }) => kind !== 'template')
      .map((database) => ({ database: database.name, contents: settledContents(database, declared) })),
  }
}

function settledContents(database: DeclaredDatabase, declared: DeclaredObjects): ObservedContents {
  return {
    schemas: database.schemas.map(({ name, owner, grants }) => ({
      name,
      owner,
      grants: grants.map(mutable),
    })),
    extensions: ['plpgsql', ...database.extensions].map((name) => ({ name, version: '1.0' })),
    defaults: database.creators.flatMap((creator) =>
      database.access
        .filter(({ grantee }) => grantee !== creator)
        .flatMap(({ grantee, tables, sequences, schema }) =>
          (['tables', 'sequences', 'schemas'] as const).map((on) => ({
            creator,
            grantee,
            schema: null,
            on,
            privileges: [...{ tables, sequences, schemas: schema }[on]],
          })),
        ),
    ),
    functions: healthFunctions(declared.major).map(({ name, digest, result }) => ({
      name,
      digest,
      result,
      owner: 'postgres',
      grants: database.healthReaders.map((grantee) => ({ grantee, privileges: ['EXECUTE'] })),
    })),
    missing: [],
    extra: [],
  }
}

function mutable({ grantee, privileges }: { grantee: string; privileges: readonly string[] }) {
  return { grantee, privileges: [...privileges] }
}
