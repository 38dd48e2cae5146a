import { expect, test } from 'vitest'
import type { Probe, UnitState } from '../hosts/host.ts'
import { untilArchiverConnected } from './archiver-connected.ts'

const agent = (state: UnitState['state']): UnitState => ({
  name: 'agent',
  state,
  restarts: 0,
  supervised: true,
})

/** How often the server was asked, and what was reported, when its slot answers like this, one after the other. */
async function waited(units: readonly UnitState[], answers: readonly (boolean | Error)[]) {
  let asked = 0
  const reports: string[] = []
  const probe = <F>(question: Probe<F>): Promise<F> => {
    const answer = answers[Math.min(asked, answers.length - 1)]
    asked += 1
    if (answer instanceof Error) return Promise.reject(answer)
    if (question.kind !== 'sql') throw new Error('it is asked in SQL')
    return Promise.resolve(question.parse(answer === undefined ? [] : [{ active: answer }]))
  }
  await untilArchiverConnected(
    { units: () => Promise.resolve(units) },
    { probe },
    { report: (line) => void reports.push(line), signal: new AbortController().signal },
  )
  return { asked, reports }
}

test('a restore waits for the archiver while it comes back, and not otherwise', async () => {
  const words = ['waiting for the archiver to connect']
  expect(await waited([agent('running')], [false, false, true])).toEqual({ asked: 3, reports: words })
  expect(await waited([agent('running')], [true])).toEqual({ asked: 1, reports: [] })
})

test('nobody is waited for when no agent runs, or when the server does not answer', async () => {
  expect(await waited([agent('stopped')], [false])).toEqual({ asked: 0, reports: [] })
  expect(await waited([], [false])).toEqual({ asked: 0, reports: [] })
  expect(await waited([agent('running')], [new Error('the server is down')])).toEqual({
    asked: 1,
    reports: [],
  })
})
