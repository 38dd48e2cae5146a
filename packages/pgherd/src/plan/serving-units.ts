import type { OnChange } from '../components/component.ts'
import type { Impact } from './action.ts'

/** Units that users' connections go through; restarting any other interrupts nobody. */
const serving: readonly string[] = ['postgres', 'patroni', 'haproxy', 'pgbouncer']

/** What users notice when a unit is reloaded or restarted. */
export function impactOnUsers(unit: string | undefined, effect: OnChange): Impact {
  return unit !== undefined && serving.includes(unit) ? effect : 'nothing'
}
