/** True when an address lies in a range such as `10.0.0.0/8` or `fd00::/8`; families never mix (hba.c, check_ip). */
export function inRange(address: string, range: string): boolean {
  const [start = '', prefix] = range.split('/')
  const wanted = bitsOf(address)
  const first = bitsOf(start)
  if (wanted === undefined || first === undefined || wanted.width !== first.width || prefix === undefined)
    return false
  const dropped = BigInt(wanted.width - Number(prefix))
  return wanted.bits >> dropped === first.bits >> dropped
}

/** The same with the range's length as a mask of its own: `10.0.0.0` and `255.0.0.0`. */
export function inMask(address: string, start: string, mask: string): boolean {
  const [wanted, first, kept] = [bitsOf(address), bitsOf(start), bitsOf(mask)]
  if (!wanted || !first || !kept || wanted.width !== first.width || wanted.width !== kept.width) return false
  return (wanted.bits & kept.bits) === (first.bits & kept.bits)
}

interface AddressBits {
  readonly bits: bigint
  readonly width: 32 | 128
}

function bitsOf(address: string): AddressBits | undefined {
  return address.includes(':') ? v6(address) : v4(address)
}

function v4(address: string): AddressBits | undefined {
  const parts = address.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined
  return { bits: parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n), width: 32 }
}

/** RFC 4291, 2.2: eight groups, one run of zeros left out as `::`, the last two possibly as an IPv4 address. */
function v6(address: string): AddressBits | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  const tail = dotted?.[2] === undefined ? undefined : v4(dotted[2])
  const plain = tail
    ? `${dotted?.[1]}${(tail.bits >> 16n).toString(16)}:${(tail.bits & 0xffffn).toString(16)}`
    : address
  const [left = '', right] = plain.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const missing = 8 - groups(left).length - groups(right ?? '').length
  if (right === undefined ? missing !== 0 : missing < 1) return undefined
  const all = [...groups(left), ...Array<string>(missing).fill('0'), ...groups(right ?? '')]
  if (all.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return { bits: all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n), width: 128 }
}
