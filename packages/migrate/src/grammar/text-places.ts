/** Translates places in a text: the grammar counts bytes of UTF-8, messages of the server count characters, we count UTF-16. */
export interface TextPlaces {
  /** The index in the string of a byte. */
  offset(byte: number): number
  /** The line, from 1, of an index in the string. */
  line(offset: number): number
}

export function placesIn(text: string): TextPlaces {
  const offsets = Buffer.byteLength(text) === text.length ? undefined : offsetsOf(text)
  const starts: number[] = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return {
    offset: (byte) => (offsets ? (offsets[byte] ?? text.length) : byte),
    line(offset) {
      let low = 0
      let high = starts.length
      while (high - low > 1) {
        const middle = (low + high) >> 1
        if ((starts[middle] ?? 0) <= offset) low = middle
        else high = middle
      }
      return low + 1
    },
  }
}

function offsetsOf(text: string): Uint32Array {
  const offsets = new Uint32Array(Buffer.byteLength(text) + 1)
  let byte = 0
  let offset = 0
  for (const character of text) {
    offsets.fill(offset, byte, byte + Buffer.byteLength(character))
    byte += Buffer.byteLength(character)
    offset += character.length
  }
  offsets[byte] = offset
  return offsets
}

/** The index in the string of what the server calls a position: a character, from 1. */
export function offsetOfCharacter(text: string, position: number): number {
  let offset = 0
  let left = position - 1
  for (const character of text) {
    if (left-- <= 0) break
    offset += character.length
  }
  return offset
}
