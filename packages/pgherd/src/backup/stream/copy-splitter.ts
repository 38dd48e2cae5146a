import { Socket } from 'node:net'

const readBytes = 1 << 18
const headerBytes = 5
const copyDataTag = 0x64

/**
 * A socket that reads into one buffer again and again and takes CopyData messages out of the stream
 * of messages (PostgreSQL documentation, 55.7) before node-postgres sees them. A gigabyte of copy data
 * then costs no garbage and no copying beyond messages that two reads cut in half; everything else
 * reaches node-postgres as usual. For plain sockets: TLS has to be unwrapped first.
 */
export class CopySplitter {
  readonly socket: Socket
  /** Takes the payload of each CopyData message, which is valid during the call only. */
  onCopyData: ((payload: Buffer) => void) | undefined
  /** The beginning of a message whose rest has not come yet. */
  #pending = Buffer.alloc(1 << 16)
  #pendingBytes = 0

  constructor() {
    const callback = (bytes: number, buffer: Uint8Array): boolean => {
      this.#take(Buffer.from(buffer.buffer, buffer.byteOffset, bytes))
      return true
    }
    this.socket = new Socket({ onread: { buffer: Buffer.allocUnsafeSlow(readBytes), callback } })
  }

  #take(bytes: Buffer): void {
    let at = this.#pendingBytes > 0 ? this.#complete(bytes) : 0
    let others = at
    while (bytes.length - at >= headerBytes) {
      const end = at + 1 + bytes.readUInt32BE(at + 1)
      if (end > bytes.length) break
      if (bytes[at] === copyDataTag) {
        this.#forward(bytes.subarray(others, at))
        this.onCopyData?.(bytes.subarray(at + headerBytes, end))
        others = end
      }
      at = end
    }
    this.#forward(bytes.subarray(others, at))
    if (at < bytes.length) this.#keep(bytes.subarray(at))
  }

  /** Completes the pending message; says how many bytes that took. */
  #complete(bytes: Buffer): number {
    let at = 0
    if (this.#pendingBytes < headerBytes) {
      at = Math.min(headerBytes - this.#pendingBytes, bytes.length)
      this.#keep(bytes.subarray(0, at))
      if (this.#pendingBytes < headerBytes) return at
    }
    const whole = 1 + this.#pending.readUInt32BE(1)
    const taken = Math.min(whole - this.#pendingBytes, bytes.length - at)
    this.#keep(bytes.subarray(at, at + taken))
    if (this.#pendingBytes < whole) return at + taken
    this.#pendingBytes = 0
    const message = this.#pending.subarray(0, whole)
    if (message[0] === copyDataTag) this.onCopyData?.(message.subarray(headerBytes))
    else this.#forward(message)
    return at + taken
  }

  #keep(bytes: Buffer): void {
    const needed = this.#pendingBytes + bytes.length
    if (needed > this.#pending.length) {
      const larger = Buffer.alloc(Math.max(needed, this.#pending.length * 2))
      this.#pending.copy(larger, 0, 0, this.#pendingBytes)
      this.#pending = larger
    }
    bytes.copy(this.#pending, this.#pendingBytes)
    this.#pendingBytes = needed
  }

  /** node-postgres keeps what it is given, so it gets a copy. */
  #forward(messages: Buffer): void {
    if (messages.length > 0) this.socket.emit('data', Buffer.from(messages))
  }
}
