import type { Command } from '../command.ts'

export const plan: Command = {
  name: 'plan',
  summary: 'show what up would change, and why',
  options: [
    { flags: '--explain', description: 'list every server setting with its reason' },
    { flags: '--out <file>', description: 'save the plan, for pgherd up --plan' },
  ],
  example: 'pgherd plan --explain',
  danger: 'reads',
  load: () => import('../verbs/plan.ts'),
}
