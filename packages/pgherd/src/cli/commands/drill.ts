import type { Command } from '../command.ts'

export const drill: Command = {
  name: 'drill',
  summary: 'make a fault on purpose, measure what clients feel, and compare it with the objectives',
  args: '[drill]',
  options: [
    {
      flags: '--name <name>',
      description: 'confirm by the name of the database, outside of the window of the spec',
    },
    { flags: '--history', description: 'show the runs so far, and those by schedule that did not run' },
    {
      flags: '--scheduled',
      description:
        'ask nobody: as drills.schedule of the spec runs it, refused when it is not scheduled there',
    },
    { flags: '--heal', description: 'undo the fault of a drill that was broken off' },
  ],
  example: 'pgherd drill kill-postgres',
  danger: 'interrupts',
  load: () => import('../verbs/drill.ts'),
}
