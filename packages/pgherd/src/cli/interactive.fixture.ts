import { setTimeout as sleep } from 'node:timers/promises'
import type { Verb } from './command.ts'
import { runCommand } from './run-command.ts'
import { confirm } from './views/confirm.ts'

/** A command that asks, works or does not listen, run as the program runs its own. */
const verbs: Readonly<Record<string, Verb>> = {
  async ask(invocation) {
    await confirm('Carry out this plan?', invocation)
    invocation.output.line('went on')
    return 0
  },
  async askByName(invocation) {
    await confirm('This replaces the data.', invocation, 'shop')
    invocation.output.line('went on')
    return 0
  },
  async work({ signal }) {
    process.stderr.write('working\n')
    // a library that gives up in words of its own
    await sleep(60_000, undefined, { signal })
    return 0
  },
  async deaf() {
    process.stderr.write('working\n')
    await sleep(60_000)
    return 0
  },
}

const [verb = '', ...flags] = process.argv.slice(2)
const run = verbs[verb]
if (!run) throw new Error(`no verb ${verb}`)
const command = {
  name: verb,
  summary: '',
  options: [],
  example: '',
  danger: 'changes',
  load: () => Promise.resolve({ run }),
} as const
process.exitCode = await runCommand(command, {
  globals: { spec: './pgherd.yaml', json: flags.includes('--json'), yes: flags.includes('--yes') },
  args: [],
  options: {},
})
