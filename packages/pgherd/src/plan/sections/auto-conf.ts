import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath } from '../../spec/path.ts'
import { impactOf } from '../../tuning/impact.ts'
import { holdsSecrets } from '../private-settings.ts'
import { isUp, type Observed } from '../observed.ts'
import type { Section } from '../section.ts'
import type { Wanted } from '../wanted.ts'

/** ALTER SYSTEM writes postgresql.auto.conf, which overrides the rendered file: reverted, or adopted into the spec. */
export const autoConf: Section = {
  name: 'auto-conf',
  draft(wanted, observed) {
    if (!isUp(observed.server)) return []
    const inForce = overridesInForce(wanted, observed)
    return Object.entries(observed.server.autoConf)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({
        id: `auto-conf:${name}`,
        title: `reset ${name}, set ${holdsSecrets(name, wanted.major) ? '' : `to ${value} `}by ALTER SYSTEM`,
        because: 'ALTER SYSTEM overrides the settings of the spec',
        cause: 'drift' as const,
        impact: inForce.includes(name) ? ('restart' as const) : ('reload' as const),
        action: { do: 'reset-auto-conf' as const, settings: [name] },
        ...(holdsSecrets(name, wanted.major)
          ? {}
          : { adopt: mend.edit(formatPath(['postgres', 'settings', name]), value) }),
      }))
  },
}

/** Overrides the server was started with: taking one back needs a restart, while one that was only written down does not. */
export function overridesInForce({ major }: Wanted, { server }: Observed): readonly string[] {
  if (!isUp(server)) return []
  return Object.keys(server.autoConf)
    .filter((name) => impactOf(name, major) === 'restart' && server.overriding.includes(name))
    .sort()
}
