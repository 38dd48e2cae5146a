import { stripVTControlCharacters } from 'node:util'

/** Made when a text needs it, which few do: it takes 20 ms. */
let letters: Intl.Segmenter | undefined

/** Scripts and symbols a terminal draws two cells wide (Unicode UAX 11, East Asian Width W and F; emoji). */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const narrow = /^[\x20-\x7e]*$/

/** How many cells of a terminal a text takes; colours take none, accents belong to their letter. */
export function visibleWidth(text: string): number {
  const plain = stripVTControlCharacters(text)
  if (narrow.test(plain)) return plain.length
  letters ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  let width = 0
  for (const { segment } of letters.segment(plain)) width += wide.test(segment) ? 2 : 1
  return width
}
