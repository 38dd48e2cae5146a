import { mend } from '../../diagnostic/diagnostic.ts'
import type { SpecFinding } from '../finding.ts'
import { formatPath } from '../path.ts'
import type { SpecRule } from './rule.ts'

/** Server settings that the spec has a field of its own for; the field feeds more than postgresql.conf. */
const fields: Readonly<Record<string, { path: string; also: string }>> = {
  port: { path: 'postgres.port', also: 'URLs, health checks and the socket name' },
  listen_addresses: { path: 'postgres.listen', also: 'the certificate and the checks of network.access' },
  ssl_cert_file: { path: 'tls.certificate.cert', also: 'renewal and expiry checks' },
  ssl_key_file: { path: 'tls.certificate.key', also: 'renewal and expiry checks' },
  ssl_ca_file: { path: 'tls.certificate.ca', also: 'the URLs given to clients' },
  synchronous_standby_names: { path: 'backups.synchronous', also: 'the archive that commits wait for' },
}

export const settingElsewhere: SpecRule = {
  id: 'setting-elsewhere',
  why: 'The setting alone would leave everything else that follows from it at the old value.',
  *examine(spec): Iterable<SpecFinding> {
    for (const name of Object.keys(spec.postgres.settings)) {
      const path = ['postgres', 'settings', name]
      const lower = name.toLowerCase()
      const field = Object.hasOwn(fields, lower) ? fields[lower] : undefined
      if (field) {
        yield {
          code: 'SPEC_CONTRADICTION',
          detail: `${lower} is set by ${field.path}, which ${field.also} follow too; set here alone, they would disagree`,
          mend: mend.advice(`remove ${formatPath(path)} and use ${field.path}`),
          path,
        }
      } else if (lower === 'ssl') {
        yield {
          code: 'SPEC_UNSAFE',
          detail:
            'TLS is always on for TCP; switching it here would either change nothing or let passwords and data cross the network in the clear',
          mend: mend.advice(`remove ${formatPath(path)}`),
          path,
        }
      }
    }
  },
  examples: {
    good: { name: 'a', postgres: { settings: { work_mem: '8MB', constructor: 'x' } } },
    bad: [
      { spec: { name: 'a', postgres: { settings: { port: 5433 } } }, at: 'postgres.settings.port' },
      {
        spec: { name: 'a', postgres: { settings: { Listen_Addresses: '*' } } },
        at: 'postgres.settings.Listen_Addresses',
      },
      { spec: { name: 'a', postgres: { settings: { ssl: false } } }, at: 'postgres.settings.ssl' },
    ],
  },
}
