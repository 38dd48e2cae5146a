import { required } from '../tuning/subject.ts'
import type { Setting } from '../tuning/setting.ts'
import type { RenderInput } from './component.ts'

/**
 * All settings of a member's server: where things lie first, then what was tuned. In a cluster without what
 * Patroni decides by itself: cluster_name, data_directory, hba_file, ident_file, port and listen_addresses.
 */
export function serverSettings(input: RenderInput): readonly Setting[] {
  const { member } = input
  return [...(member.kind === 'single' ? identity(input) : []), ...placement(input), ...input.settings]
}

function place(name: string, value: string | number, reason: string): Setting {
  return { ...required(name, value, reason), subject: 'placement' }
}

/** What the server is and where it listens. */
function identity({ topology: { spec }, member: { paths, ports } }: RenderInput): readonly Setting[] {
  return [
    place('cluster_name', spec.name, 'names the processes of this database'),
    place(
      'data_directory',
      paths.data,
      'the data; this file lies outside of it, so that a restore never overwrites it',
    ),
    place('hba_file', `${paths.config}/pg_hba.conf`, 'who may come in'),
    place('ident_file', `${paths.config}/pg_ident.conf`, 'which accounts of this machine are pgherd'),
    place('port', ports.postgres, 'postgres.port of the spec'),
    place('listen_addresses', spec.postgres.listen.join(','), 'postgres.listen of the spec'),
  ]
}

/** Where sockets, logs and certificates are. */
function placement({ member: { paths } }: RenderInput): readonly Setting[] {
  return [
    place('unix_socket_directories', listed(paths.sockets), 'a short path: the kernel allows 107 bytes'),
    place('log_directory', paths.logs, 'beside the logs of the other units'),
    place('ssl_cert_file', `${paths.tls}/server.crt`, 'the server certificate, renewed in place'),
    place('ssl_key_file', `${paths.tls}/server.key`, 'its key'),
    place('ssl_ca_file', `${paths.tls}/ca.crt`, 'the CA that client certificates are checked against'),
  ]
}

/** One path in a comma list (varlena.c, SplitDirectoriesString). */
function listed(path: string): string {
  return /[\s,"]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path
}
