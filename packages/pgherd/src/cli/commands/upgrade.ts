import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const upgrade: Command = {
  name: 'upgrade',
  summary: 'take newer minor versions into use, member by member, without an error for clients',
  options: [
    { flags: '--install', description: 'bring the Debian packages to their newest versions first, as root' },
    {
      flags: '--pooler',
      description: 'restart a PgBouncer that has become older too, which closes the sessions of clients',
    },
    dryRunOption,
  ],
  example: 'pgherd upgrade --install',
  danger: 'interrupts',
  load: () => import('../verbs/upgrade.ts'),
}
