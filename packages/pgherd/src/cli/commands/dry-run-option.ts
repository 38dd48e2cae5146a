import type { Command } from '../command.ts'

/** Of every verb that changes something and can tell beforehand what. */
export const dryRunOption: Command['options'][number] = {
  flags: '--dry-run',
  description: 'say what would be done and why, and do nothing',
}
