import type { Spec } from '../../../spec/schema.ts'
import { alertsSchema } from '../../../spec/sections/watching.ts'

export type Threshold = keyof Spec['alerts']

/** The custom setting that carries a threshold of `spec.alerts` into the server: `connectionShare` is `pgherd.connection_share`. */
export function thresholdSetting(threshold: Threshold): string {
  return `pgherd.${threshold.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
}

/**
 * SQL of a threshold as double precision: shares between 0 and 1, durations in seconds, with or without
 * the unit `s`. The default of the spec stands in when the setting is absent or no number, so that a bad
 * value makes a check judge by the default instead of fail.
 */
export function thresholdSql(threshold: Threshold): string {
  const fallback = alertsSchema.parse({})[threshold]
  return `coalesce(substring(current_setting('${thresholdSetting(threshold)}', true) from '^\\s*([0-9]+(?:\\.[0-9]+)?)\\s*s?\\s*$')::float8, ${fallback})`
}
