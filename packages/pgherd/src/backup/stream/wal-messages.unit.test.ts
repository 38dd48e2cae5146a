import { expect, test } from 'vitest'
import { dateOfClock, readWalMessage, statusMessage } from './wal-messages.ts'

test('WAL data is read with its position, the end of the server and its clock', () => {
  const chunk = Buffer.alloc(30)
  chunk.write('w')
  chunk.writeBigUInt64BE(0x1_0000_0010n, 1)
  chunk.writeBigUInt64BE(0x1_0000_0020n, 9)
  chunk.writeBigInt64BE(1_500_000n, 17)
  chunk.write('bytes', 25)
  expect(readWalMessage(chunk)).toEqual({
    kind: 'data',
    start: 0x1_0000_0010n,
    serverEnd: 0x1_0000_0020n,
    clock: 1_500_000n,
    bytes: Buffer.from('bytes'),
  })
  expect(dateOfClock(1_500_000n).toISOString()).toBe('2000-01-01T00:00:01.500Z')
})

test('a keepalive is read, what is cut off or unknown is not', () => {
  const chunk = Buffer.alloc(18)
  chunk.write('k')
  chunk.writeBigUInt64BE(7n, 1)
  chunk[17] = 1
  expect(readWalMessage(chunk)).toEqual({ kind: 'keepalive', end: 7n, clock: 0n, replyRequested: true })
  expect(readWalMessage(chunk.subarray(0, 17))).toBeUndefined()
  expect(readWalMessage(Buffer.from('?'))).toBeUndefined()
  expect(readWalMessage(Buffer.alloc(0))).toBeUndefined()
})

test('the reply has the durable position three times, the clock and the question', () => {
  const message = statusMessage(0x2_0000_0001n, new Date('2000-01-01T00:00:02Z'), true)
  expect(message.length).toBe(34)
  expect(message.toString('latin1', 0, 1)).toBe('r')
  expect([1, 9, 17].map((at) => message.readBigUInt64BE(at))).toEqual([
    0x2_0000_0001n,
    0x2_0000_0001n,
    0x2_0000_0001n,
  ])
  expect(message.readBigInt64BE(25)).toBe(2_000_000n)
  expect(message[33]).toBe(1)
})
