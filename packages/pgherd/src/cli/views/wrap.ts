import { visibleWidth } from './visible-width.ts'

/**
 * Lines no wider than `width` cells, broken at spaces. A word that is longer, such as a path or a URL, stays
 * whole on a line of its own, so that it can be copied. Lines of the text itself stay lines.
 */
export function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width))
}

function wrapLine(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  let taken = 0
  for (const word of text.split(' ')) {
    const cells = visibleWidth(word)
    if (taken > 0 && taken + 1 + cells > width) {
      lines.push(line)
      line = word
      taken = cells
    } else {
      line = line === '' ? word : `${line} ${word}`
      taken += cells + (taken > 0 ? 1 : 0)
    }
  }
  return [...lines, line]
}

/** The text on as many lines as it needs; those after the first are indented to stand below it. */
export function hanging(first: string, text: string, width: number): string {
  const indent = visibleWidth(first)
  return wrapped(text, Math.max(20, width - indent))
    .map((line, index) => (index === 0 ? first : ' '.repeat(indent)) + line)
    .join('\n')
}
