import { EventStoreError } from '../errors/event-store-error.ts'
import { keyBytes, open, seal } from './seal.ts'

/** A key outside the database with which the keys of people are wrapped, so that the database alone opens nothing. */
export interface MasterKey {
  /** Of the one that new keys are wrapped with; stored beside them. */
  readonly reference: string
  /** The 32 bytes of a master key by its reference, from wherever it is kept. Asked once per reference. */
  readonly load: (reference: string) => Uint8Array | Promise<Uint8Array>
}

/** A key of a person as its table has it. */
export interface WrappedKey {
  readonly id: string
  readonly key: Buffer
  /** Undefined: not wrapped. */
  readonly masterKey: string | undefined
}

/** Wraps keys, and takes them out again. */
export class KeyWrapping {
  readonly #master: MasterKey | undefined
  readonly #loaded = new Map<string, Promise<Uint8Array>>()

  constructor(master: MasterKey | undefined) {
    this.#master = master
  }

  /** Of the master key in use. */
  get reference(): string | undefined {
    return this.#master?.reference
  }

  async wrap(id: string, key: Buffer): Promise<WrappedKey> {
    const masterKey = this.#master?.reference
    if (masterKey === undefined) return { id, key, masterKey }
    return { id, key: seal(await this.#load(masterKey), [id, masterKey], key), masterKey }
  }

  /** Throws PERSONAL_KEY_MISSING, PERSONAL_DATA_DAMAGED, and what `load` throws. */
  async unwrap({ id, key, masterKey }: WrappedKey): Promise<Buffer> {
    if (masterKey === undefined) return key
    const opened = open(await this.#load(masterKey), [id, masterKey], key)
    if (opened) return opened
    throw new EventStoreError('PERSONAL_DATA_DAMAGED', {
      detail: `the key ${id} cannot be unwrapped with the master key ${JSON.stringify(masterKey)}`,
      why: 'it was changed, or the reference stands for another key now',
      mend: 'Have `load` return the key that this reference stood for, or restore the table subject_key.',
    })
  }

  async #load(reference: string): Promise<Uint8Array> {
    const master = this.#master
    if (!master)
      throw new EventStoreError('PERSONAL_KEY_MISSING', {
        detail: `a key is wrapped with the master key ${JSON.stringify(reference)}, and none is given`,
        why: 'without it no personal data can be opened',
        mend: 'Pass `masterKey` to the EventStore.',
      })
    const loading = this.#loaded.get(reference) ?? Promise.resolve(master.load(reference))
    this.#loaded.set(reference, loading)
    try {
      const key = await loading
      if (key.length !== keyBytes) throw wrongLength(reference, key.length)
      return key
    } catch (thrown) {
      // what could not be had now may be had later
      this.#loaded.delete(reference)
      throw thrown
    }
  }
}

function wrongLength(reference: string, length: number): EventStoreError {
  return new EventStoreError('INVALID_OPTION', {
    detail: `the master key ${JSON.stringify(reference)} has ${length} bytes, and has to have ${keyBytes}`,
    why: 'AES-256 takes keys of that length only',
    mend: 'Load a key of 32 random bytes.',
  })
}
