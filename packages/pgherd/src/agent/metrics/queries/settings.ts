import { text } from '../../../checks/amount.ts'
import type { Row } from '../../../checks/check.ts'
import type { Family } from '../family.ts'
import type { MetricQuery } from '../metric-query.ts'

const secondsPer: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400 }
const bytesPer: Readonly<Record<string, number>> = {
  B: 1,
  kB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
}

function family(row: Row): Family | undefined {
  const name = String(row['name']).replaceAll(/[^A-Za-z0-9_]/g, '_')
  const help = `Server parameter ${String(row['name'])}`
  const make = (suffix: string, value: number): Family => ({
    name: `pg_settings_${name}${suffix}`,
    help,
    type: 'gauge',
    samples: [{ labels: {}, value }],
  })
  if (row['vartype'] === 'bool') return make('', row['setting'] === 'on' ? 1 : 0)
  const value = Number(row['setting'])
  if (Number.isNaN(value)) return undefined
  // units such as 8kB count in multiples (PostgreSQL docs 20.1.1)
  const unit = /^(\d*)([A-Za-z]+)$/.exec(text(row['unit']))
  if (!unit) return make('', value)
  const seconds = secondsPer[unit[2] ?? '']
  const bytes = bytesPer[unit[2] ?? '']
  // -1 and the like mean "not set", which has no unit
  const scale = (value < 0 ? 1 : (seconds ?? bytes ?? 1)) * (value < 0 ? 1 : Number(unit[1] || 1))
  return make(seconds === undefined ? (bytes === undefined ? '' : '_bytes') : '_seconds', value * scale)
}

/** Numeric and boolean settings in base units, named as postgres_exporter does. */
export const settings: MetricQuery = {
  id: 'settings',
  scope: 'server',
  everySeconds: 60,
  prefix: 'pg_settings',
  labels: [],
  columns: [],
  text: () =>
    "select name, setting, unit, vartype from pg_settings where vartype in ('bool', 'integer', 'real') order by name limit 600",
  families: (rows) => rows.flatMap((row) => family(row) ?? []),
}
