import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { WriteRecord } from './history.ts'

/**
 * The acknowledged writes, kept outside the database: a file that is only ever appended to, one line when a write is
 * sent and one when its answer is there. What a killed run sent last is in it, as unknown.
 */
export class Ledger implements Disposable {
  readonly path: string
  readonly #file: number
  readonly #records = new Map<string, WriteRecord>()

  private constructor(path: string, file: number) {
    this.path = path
    this.#file = file
  }

  /** Begins a new ledger; throws when the file exists. */
  static create(path: string): Ledger {
    return new Ledger(path, openSync(path, 'ax', 0o600))
  }

  /** The writes of a ledger that was left behind, in the order they were sent. A line cut short at its end is left out. */
  static read(path: string): readonly WriteRecord[] {
    const records = new Map<string, WriteRecord>()
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const record = parsed(line)
      if (record) records.set(record.id, record)
    }
    return [...records.values()]
  }

  /** Before the statement is sent. */
  sent(record: Pick<WriteRecord, 'id' | 'writer' | 'sequence' | 'sent' | 'sentAt'>): void {
    this.#append({ ...record, outcome: 'unknown' })
  }

  /** When the answer is there, or the connection is gone. */
  ended(record: WriteRecord): void {
    this.#append(record)
  }

  /** In the order they were sent. */
  records(): readonly WriteRecord[] {
    return [...this.#records.values()]
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }

  #append(record: WriteRecord): void {
    this.#records.set(record.id, record)
    writeSync(this.#file, `${JSON.stringify(record)}\n`)
  }
}

function parsed(line: string): WriteRecord | undefined {
  try {
    return JSON.parse(line) as WriteRecord
  } catch {
    return undefined
  }
}
