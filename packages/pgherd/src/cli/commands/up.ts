import type { Command } from '../command.ts'

export const up: Command = {
  name: 'up',
  summary: 'bring the database to the declared state',
  options: [
    { flags: '--plan <file>', description: 'carry out a saved plan; refused when the world has moved since' },
    { flags: '--adopt', description: 'keep what was changed by hand: write it into the spec first' },
    { flags: '--install', description: 'install the Debian packages a cluster needs and lacks; as root' },
    { flags: '--no-prove', description: 'do not take and prove a first backup' },
  ],
  example: 'pgherd up',
  danger: 'interrupts',
  load: () => import('../verbs/up.ts'),
}
