import { expect, test } from 'vitest'
import { createProgress } from './progress.ts'

function progressOn(stream: { isTTY?: boolean; columns?: number }) {
  let written = ''
  let now = 0
  const progress = createProgress(
    { ...stream, write: (text: string) => (written += text) },
    (text) => text,
    () => now,
  )
  return { ...progress, written: () => written, later: (ms: number) => (now += ms) }
}

test('a pipe gets each message once, without shares', () => {
  const progress = progressOn({})
  for (const share of [0, 0.5, 1]) progress.show('copying', share)
  progress.show('done')
  progress.clear()
  expect(progress.written()).toBe('copying\ndone\n')
})

test('a terminal gets one line that is drawn over, not more than ten times a second', () => {
  const progress = progressOn({ isTTY: true })
  progress.show('copying', 0)
  progress.show('copying', 0.01)
  progress.later(150)
  progress.show('copying', 0.5)
  progress.show('done')
  progress.clear()
  progress.clear()
  expect(progress.written()).toBe('copying 0 %\r\u001b[2Kcopying 50 %\r\u001b[2Kdone …\r\u001b[2K')
})

test('a line that is wider than the terminal is cut: what the terminal broke could not be cleared', () => {
  const progress = progressOn({ isTTY: true, columns: 10 })
  progress.show('a message that is too long', 0.5)
  expect(progress.written()).toBe('a message')
})
