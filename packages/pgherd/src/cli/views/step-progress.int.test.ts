import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { decideOrRefuse } from '../../plan/decide.ts'
import { shopState, untouched, wantedOf } from '../../plan/settled.testkit.ts'
import { screen } from './screen.testkit.ts'
import { showSteps } from './step-progress.ts'

const plan = decideOrRefuse(wantedOf(), untouched)

let written = ''
beforeEach(() => {
  written = ''
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      written += String(text)
      return true
    })
  }
})
afterEach(() => vi.restoreAllMocks())

test('Ctrl-C is left to the command: the display would end the process in the middle of a step', async () => {
  const before = ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal))
  const progress = showSteps(plan, screen().output, shopState)
  expect(['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal))).toEqual(before)
  await progress.end(new Error('stop'))
})

test('a run that ends has shown each part, and one that fails does not hang or throw', async () => {
  const progress = showSteps(plan, screen().output, shopState)
  for (const step of plan.steps) {
    progress.onStep(step, 'begin')
    progress.onStep(step, 'done')
  }
  await progress.end()
  for (const part of [
    'make 11 directories',
    'start postgres',
    'Roles: 7 changes',
    'Database "shop": ',
    'start agent',
  ])
    expect(written).toContain(part)

  const failing = showSteps(plan, screen().output, shopState)
  const [first] = plan.steps
  if (first) failing.onStep(first, 'done')
  await failing.end(new Error('step failed'))
})

test('with --json nothing is shown', async () => {
  const progress = showSteps(plan, screen(100, true).output, shopState)
  for (const step of plan.steps) progress.onStep(step, 'done')
  await progress.end()
  expect(written).toBe('')
})
