import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'

const fixture = join(import.meta.dirname, 'interactive.fixture.ts')

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly text: string
}

/** Runs a verb of the fixture; `act` is called with what was written so far, until it has acted. */
function run(
  argv: readonly string[],
  terminal: boolean,
  act: (text: string, child: ReturnType<typeof spawn>) => boolean,
): Promise<Ended> {
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', fixture, ...argv]
  const env = { PATH: process.env['PATH'], NO_COLOR: '1', TERM: 'dumb' }
  // script (util-linux) gives the command a terminal of its own
  const child = terminal
    ? spawn('script', ['--quiet', '--return', '--flush', '--command', command.join(' '), '/dev/null'], {
        env,
        stdio: 'pipe',
      })
    : spawn(command[0] ?? '', command.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  let acted = false
  const hear = (more: string) => {
    text += more
    if (!acted) acted = act(stripVTControlCharacters(text), child)
  }
  child.stdout?.setEncoding('utf8').on('data', hear)
  child.stderr?.setEncoding('utf8').on('data', hear)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) =>
      resolve({ code, signal, text: stripVTControlCharacters(text).replaceAll('\r', '') }),
    )
  })
}

/** Types as soon as it is asked. */
const types = (keys: string) => (text: string, child: ReturnType<typeof spawn>) => {
  if (!/Type \w+: $/.test(text)) return false
  child.stdin?.write(keys)
  return true
}
const nothing = () => true

describe('a question on a terminal', () => {
  test.each([
    ['ask', 'yes\r', 0, 'went on'],
    ['ask', ' yes \r', 0, 'went on'],
    ['askByName', 'shop\r', 0, 'went on'],
    ['ask', 'y\r', 3, 'PLAN_DECLINED'],
    ['ask', '\r', 3, 'PLAN_DECLINED'],
    ['askByName', 'yes\r', 3, 'PLAN_DECLINED'],
    // Ctrl-D: no answer is no
    ['ask', '\u0004', 3, 'PLAN_DECLINED'],
    // Ctrl-C
    ['ask', '\u0003', 4, 'INTERRUPTED'],
  ])('%s answered with %j ends with %i: %s', async (verb, keys, code, words) => {
    const ended = await run([verb], true, types(keys))
    expect(ended.text).toContain(words)
    expect(ended.code).toBe(code)
    if (words !== 'went on') expect(ended.text).not.toContain('went on')
    expect(ended.text).not.toMatch(/\n\s+at |unsettled|Warning/)
  })

  test('is not asked with --yes, but for the name of what is destroyed', async () => {
    expect(await run(['ask', '--yes'], true, nothing)).toMatchObject({ code: 0, text: 'went on\n' })
    expect((await run(['askByName', '--yes'], true, types('\r'))).code).toBe(3)
  })
})

test('without a terminal nothing is asked and nothing is done: --yes, or the name, is needed', async () => {
  const refused = await run(['ask'], false, nothing)
  expect(refused).toMatchObject({ code: 3, text: expect.stringContaining('mend add --yes') as string })
  expect((await run(['askByName', '--yes'], false, nothing)).text).toContain('mend add --name shop')
  expect((await run(['ask', '--yes'], false, nothing)).text).toBe('went on\n')
  expect(JSON.parse((await run(['ask', '--json'], false, nothing)).text)).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'CONFIRMATION_NEEDED' }],
  })
})

describe('Ctrl-C', () => {
  const interrupts = (times: number, signal: NodeJS.Signals = 'SIGINT') => {
    let sent = 0
    return (text: string, child: ReturnType<typeof spawn>) => {
      if (sent === 0 ? !text.includes('working') : !text.includes('interrupted')) return false
      child.kill(signal)
      return ++sent === times
    }
  }
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends work at its next point of rest, and says so in our words',
    async (signal) => {
      const { code, text } = await run(['work'], false, interrupts(1, signal))
      expect(code).toBe(4)
      expect(text).toContain('INTERRUPTED')
      expect(text).not.toMatch(/AbortError|INTERNAL|aborted/)
    },
  )
  test('is one document with --json', async () => {
    const { code, text } = await run(['work', '--json'], false, interrupts(1))
    expect(code).toBe(4)
    expect(JSON.parse(text.replace('working\n', ''))).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'INTERRUPTED' }],
    })
  })
  test('twice ends what does not listen', async () => {
    expect((await run(['deaf'], false, interrupts(2))).signal).toBe('SIGINT')
  })
})
