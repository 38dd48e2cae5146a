import type { RenderInput } from '../component.ts'

/** What the process that runs drills by schedule knows at its start: `<state>/drills.json`. It never reads the spec file. */
export interface DrillsFile {
  /** Cron expressions by the name of the drill. */
  readonly schedule: Readonly<Record<string, string>>
  /** Where drills keep their history. */
  readonly drills: string
  /** How the command line is called. */
  readonly command: readonly string[]
  /** What each call ends with: which spec, which state. */
  readonly place: readonly string[]
}

/** Beside what the supervisor is told, where only whoever runs pgherd may write: what it says is run as root. */
export function drillsFilePath(state: string): string {
  return `${state}/drills.json`
}

/** The contents of drills.json. */
export function renderDrillsFile({ topology, member: { paths }, self }: RenderInput): string {
  const file: DrillsFile = {
    schedule: topology.spec.drills.schedule,
    drills: paths.drills,
    command: [self.node, self.commandScript],
    place: ['--spec', self.specFile, '--state', paths.state],
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}
