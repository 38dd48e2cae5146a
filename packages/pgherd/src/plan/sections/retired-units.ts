import type { Section } from '../section.ts'

/** Units that only some specs ask for; any other that is not wanted is none of ours to stop. */
const optional: readonly string[] = ['drills', 'redis']

/** What the spec asks for no more is stopped: a drill that was struck off the schedule must not run again. */
export const retiredUnits: Section = {
  name: 'retired-units',
  draft: (wanted, observed) =>
    observed.units
      .filter(({ name, state }) => optional.includes(name) && state !== 'stopped')
      .filter(({ name }) => !wanted.units.some((unit) => unit.name === name))
      .map(({ name }) => ({
        id: `unit:${name}`,
        title: `stop ${name}`,
        because: 'the spec asks for it no more',
        cause: 'change',
        // nobody is connected to what only waits
        impact: name === 'drills' ? 'nothing' : 'restart',
        action: { do: 'stop-unit', name },
      })),
}
