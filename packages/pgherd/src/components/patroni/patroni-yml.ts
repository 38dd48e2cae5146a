import { stringify } from 'yaml'
import { hbaLines, identLines } from '../access/lines.ts'
import type { RenderInput } from '../component.ts'
import { serverSettings } from '../server-settings.ts'
import { secretGap } from '../../secrets/secret.ts'
import { serversOf } from '../../topology/topology.ts'
import { dcsSettings, dynamicConfig } from './dynamic-config.ts'

/** Settings Patroni decides by itself: it says them on the server's command line. */
const patronis: readonly string[] = [
  ...dcsSettings,
  'hot_standby',
  'wal_log_hints',
  'listen_addresses',
  'port',
  'cluster_name',
  'synchronous_standby_names',
  'primary_conninfo',
  'primary_slot_name',
]

/** A standby that is silent must not hold up commits for longer than a failover takes. */
const inCluster: Readonly<Record<string, string>> = { wal_sender_timeout: '10s' }

/**
 * patroni.yml of one member (https://patroni.readthedocs.io/en/latest/yaml_configuration.html). Secrets are gaps. Every
 * text is quoted: PyYAML follows YAML 1.1, takes a bare `on` for a boolean and 10:00 for 600, and stops at a bare `=`.
 */
export function renderPatroniYml(input: RenderInput): string {
  const { topology, member, facts } = input
  const { paths, address, ports } = member
  const pair = {
    certfile: `${paths.tls}/server.crt`,
    keyfile: `${paths.tls}/server.key`,
    cafile: `${paths.tls}/ca.crt`,
  }
  const account = (username: string) => ({
    username,
    password: secretGap(`role-${username}`),
    sslmode: 'verify-full',
    sslrootcert: pair.cafile,
  })
  const document = {
    scope: topology.spec.name,
    name: member.name,
    // to its output, which goes to the log of the unit
    log: { level: 'INFO' },
    restapi: {
      listen: hostPort(address, ports.patroni),
      connect_address: hostPort(address, ports.patroni),
      ...pair,
      // who changes something shows a certificate of this CA, and the password besides
      verify_client: 'optional',
      authentication: { username: 'pgherd', password: secretGap('patroni-api') },
    },
    ctl: { cacert: pair.cafile, certfile: pair.certfile, keyfile: pair.keyfile },
    etcd3: {
      // its own first: what is asked of it is not cut off together with another member
      hosts: [member, ...serversOf(topology).filter(({ name }) => name !== member.name)].map((server) =>
        hostPort(server.address, server.ports.etcdClient),
      ),
      protocol: 'https',
      cacert: pair.cafile,
      cert: pair.certfile,
      key: pair.keyfile,
    },
    bootstrap: {
      dcs: dynamicConfig(input),
      initdb: initdbOptions(facts.postgres.major),
      // never used, since postgresql.pg_hba counts (3.0.2, append_pg_hba); `patroni --validate-config` of 3.0 asks for it
      pg_hba: hbaLines(input).slice(0, 1),
    },
    postgresql: {
      listen: hostPort(address, ports.postgres),
      connect_address: hostPort(address, ports.postgres),
      data_dir: paths.data,
      bin_dir: facts.postgres.bin,
      pgpass: `${paths.run}/pgpass`,
      // the superuser comes over the socket by peer, so that it has no password anywhere
      use_unix_socket: true,
      authentication: {
        superuser: { username: 'postgres' },
        replication: account('pgherd_replication'),
        rewind: account('pgherd_rewind'),
      },
      parameters: Object.fromEntries(
        serverSettings(input)
          .filter(({ name }) => !patronis.includes(name))
          .map(({ name, value }) => [name, inCluster[name] ?? value]),
      ),
      pg_hba: hbaLines(input),
      pg_ident: identLines(input),
      // a spread checkpoint would keep a new standby waiting for minutes
      create_replica_methods: ['basebackup'],
      basebackup: [{ checkpoint: 'fast' }],
      pg_ctl_timeout: 60,
      remove_data_directory_on_rewind_failure: true,
      remove_data_directory_on_diverged_timelines: true,
    },
    // automatic: used where there is a device; where there is none Patroni goes on, and the fence does its work
    watchdog: { mode: 'automatic', device: '/dev/watchdog', safety_margin: 5 },
    tags: { nofailover: false, noloadbalance: false, clonefrom: false, nosync: false },
  }
  return `# Written by pgherd. Changes made here are drift: put them into the spec.\n${stringify(document, { lineWidth: 0, defaultKeyType: 'PLAIN', defaultStringType: 'QUOTE_DOUBLE' })}`
}

/** As initdb of a single server (plan/wanted.ts): checksums, UTF8, an order that never changes with the system. */
function initdbOptions(major: number): readonly (string | Readonly<Record<string, string>>)[] {
  return [
    { encoding: 'UTF8' },
    'data-checksums',
    ...(major >= 17 ? [{ 'locale-provider': 'builtin' }, { 'builtin-locale': 'C.UTF-8' }] : []),
    { locale: 'C.UTF-8' },
    { 'auth-host': 'scram-sha-256' },
    { 'auth-local': 'peer' },
  ]
}

/** Patroni splits at the last colon, and takes brackets off (3.0.2, utils.py, split_host_port). */
function hostPort(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
