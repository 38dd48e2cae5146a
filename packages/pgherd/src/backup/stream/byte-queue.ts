export interface ByteQueueOptions {
  readonly blockBytes: number
  /** Blocks that may wait for the reader. */
  readonly blocks: number
  /** The writer should stop. */
  readonly onFull: () => void
  /** The writer may go on. */
  readonly onRoom: () => void
}

/**
 * Hands bytes from a socket's callbacks to one asynchronous reader in blocks of a fixed size, whose
 * memory is used again and again. Iterating gives each block back when the next one is asked for.
 */
export class ByteQueue implements AsyncIterable<Buffer> {
  /** Bytes written so far. */
  bytes = 0
  readonly #options: ByteQueueOptions
  readonly #ready: Buffer[] = []
  readonly #free: Buffer[] = []
  #block: Buffer | undefined
  #filled = 0
  #ended = false
  #error: Error | undefined
  #wake: () => void = () => undefined

  constructor(options: ByteQueueOptions) {
    this.#options = options
  }

  /** Takes a copy of `bytes`. */
  write(bytes: Buffer): void {
    this.bytes += bytes.length
    for (let at = 0; at < bytes.length;) {
      this.#block ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#options.blockBytes)
      const taken = bytes.copy(this.#block, this.#filled, at)
      at += taken
      this.#filled += taken
      if (this.#filled === this.#options.blockBytes) this.#push()
    }
  }

  end(): void {
    if (this.#filled > 0) this.#push()
    this.#ended = true
    this.#wake()
  }

  /** Makes the reader fail. */
  fail(error: Error): void {
    this.#error ??= error
    this.#wake()
  }

  /** The next block, or undefined at the end. Rejects with the error of `fail`. */
  async take(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#error) throw this.#error
      const block = this.#ready.shift()
      if (block) {
        if (this.#ready.length === this.#options.blocks - 1) this.#options.onRoom()
        return block
      }
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** The reader is done with a block. */
  giveBack(block: Buffer): void {
    if (block.length === this.#options.blockBytes) this.#free.push(block)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      const block = await this.take()
      if (!block) return
      yield block
      this.giveBack(block)
    }
  }

  #push(): void {
    const block = this.#block
    if (!block) return
    this.#ready.push(this.#filled === this.#options.blockBytes ? block : block.subarray(0, this.#filled))
    this.#block = undefined
    this.#filled = 0
    if (this.#ready.length === this.#options.blocks) this.#options.onFull()
    this.#wake()
  }
}
