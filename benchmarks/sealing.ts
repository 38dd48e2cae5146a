/**
 * Which standard format seals a backup? Measures streaming encryption and decryption of random bytes: CPU time
 * (user and system, all threads) as a ratio to plain AES-256-GCM of node:crypto in the same run, since other
 * work on the machine disturbs the clock, peak memory of a process that does nothing else, and how far the
 * source is read ahead of a consumer that stopped (back-pressure).
 *
 *   node benchmarks/sealing.ts [megabytes=256] [runs=5]
 *
 * Each cell is the median of the runs, each in a process of its own. docs/decisions/encryption.md has the verdict.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { candidates, type Candidate } from './sealing-candidates.ts'

interface Measured {
  readonly megabytesPerSecond: number
  readonly peakMegabytes: number
  readonly readAheadMegabytes: number
}

const run = promisify(execFile)
const block = randomBytes(64 * 1024)
let handedOut = 0

async function* source(megabytes: number): AsyncGenerator<Uint8Array> {
  for (handedOut = 0; handedOut < megabytes * 16; handedOut += 1) {
    // One turn of the event loop, as a file or a socket would take.
    if (handedOut % 16 === 0) await new Promise(setImmediate)
    yield block
  }
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const piece of stream) bytes += piece.length
  return bytes
}

async function measureHere(name: string, direction: 'seal' | 'open', atMost: number): Promise<Measured> {
  const candidate = candidates.find((each) => each.name === name) as Candidate
  const megabytes = Math.min(atMost, candidate.enough ?? atMost)
  const format = await candidate.prepare()
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-sealing-'))
  const file = join(directory, 'sealed')
  try {
    if (direction === 'open') await pipeline(format.seal(source(megabytes)), createWriteStream(file))
    const before = process.cpuUsage()
    if (direction === 'seal') {
      await drain(format.seal(source(megabytes)))
    } else {
      const opened = await drain(format.open(createReadStream(file)))
      if (opened !== megabytes * 2 ** 20) throw new Error(`${name} gave back ${opened} bytes`)
    }
    const used = process.cpuUsage(before)
    const peakMegabytes = process.resourceUsage().maxRSS / 1024
    const megabytesPerSecond = megabytes / ((used.user + used.system) / 1e6)
    return { megabytesPerSecond, peakMegabytes, readAheadMegabytes: await readAhead(candidate, megabytes) }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** How much more of the source is taken in while the consumer waits after its first megabyte. */
async function readAhead(candidate: Candidate, megabytes: number): Promise<number> {
  const format = await candidate.prepare()
  let taken = 0
  for await (const piece of format.seal(source(megabytes))) {
    taken += piece.length
    if (taken >= 2 ** 20) break
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return Math.max(0, handedOut / 16 - taken / 2 ** 20)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

async function measure(name: string, direction: string, megabytes: number): Promise<Measured> {
  const { stdout } = await run(process.execPath, [
    import.meta.filename,
    '--one',
    name,
    direction,
    String(megabytes),
  ])
  return JSON.parse(stdout) as Measured
}

async function compare(megabytes: number, runs: number): Promise<void> {
  const rows = new Map<string, { ratio: number[]; speed: number[]; memory: number[]; ahead: number[] }>()
  for (let each = 0; each < runs; each += 1) {
    for (const direction of ['seal', 'open']) {
      let baseline = NaN
      for (const { name } of candidates) {
        const { megabytesPerSecond, peakMegabytes, readAheadMegabytes } = await measure(
          name,
          direction,
          megabytes,
        )
        if (name === candidates[0]?.name) baseline = megabytesPerSecond
        const row = rows.get(`${direction} ${name}`) ?? { ratio: [], speed: [], memory: [], ahead: [] }
        row.ratio.push(megabytesPerSecond / baseline)
        row.speed.push(megabytesPerSecond)
        row.memory.push(peakMegabytes)
        row.ahead.push(readAheadMegabytes)
        rows.set(`${direction} ${name}`, row)
      }
    }
  }
  console.log(`${megabytes} MB, median of ${runs} runs, node ${process.version}\n`)
  console.log(
    '| | speed against node:crypto AES-256-GCM | (lowest-highest) | MB per CPU second | peak RSS MB | read ahead MB |',
  )
  console.log('|---|---|---|---|---|---|')
  for (const [name, { ratio, speed, memory, ahead }] of [...rows].toSorted(([a], [b]) =>
    b.slice(0, 4).localeCompare(a.slice(0, 4)),
  )) {
    const range = `${Math.min(...ratio).toFixed(2)}-${Math.max(...ratio).toFixed(2)}`
    console.log(
      `| ${name} | ${median(ratio).toFixed(2)} | ${range} | ${median(speed).toFixed(0)} | ${median(memory).toFixed(0)} | ${median(ahead).toFixed(1)} |`,
    )
  }
}

if (process.argv[2] === '--one') {
  const [, , , name = '', direction, megabytes] = process.argv
  console.log(JSON.stringify(await measureHere(name, direction as 'seal' | 'open', Number(megabytes))))
} else {
  await compare(Number(process.argv[2] ?? 256), Number(process.argv[3] ?? 5))
}
