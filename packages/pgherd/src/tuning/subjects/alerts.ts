import { required, type Subject } from '../subject.ts'

/** Thresholds of the health functions, which read them with current_setting('pgherd.<name>'); durations in seconds. */
export const alerts: Subject = {
  name: 'alerts',
  settings: ({ spec }) =>
    Object.entries(spec.alerts).map(([key, value]) =>
      required(
        `pgherd.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
        plain(value),
        `alerts.${key} of the spec, read by the health functions`,
      ),
    ),
}

/** Without an exponent, which the health functions do not read. */
function plain(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, '')
}
