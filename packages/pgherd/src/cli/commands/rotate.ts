import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const rotate: Command = {
  name: 'rotate',
  summary: 'replace certificates, a password or another secret while clients stay connected',
  options: [
    { flags: '--certificates', description: 'a new certificate for each member' },
    { flags: '--member <name>', description: 'only the certificate of this member' },
    { flags: '--password <role>', description: 'a new password for this role' },
    {
      flags: '--secret <name>',
      description: 'a new one of: patroni-api, haproxy-statistics, redis, agent-token',
    },
    dryRunOption,
  ],
  example: 'pgherd rotate --certificates',
  danger: 'changes',
  load: () => import('../verbs/rotate.ts'),
}
