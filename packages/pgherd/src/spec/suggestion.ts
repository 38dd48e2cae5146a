import { distance } from 'fastest-levenshtein'

/** The candidate a mistyped word most likely meant; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[_\s-]/g, '')
  const ranked = candidates
    .map((candidate) => ({ candidate, away: away(plain(word), plain(candidate)) }))
    .sort((a, b) => a.away - b.away)
  const [best] = ranked
  // Beyond a third of the letters a suggestion confuses more than it helps.
  return best && best.away <= Math.floor(best.candidate.length / 3) ? best.candidate : undefined
}

/** Edit distance; letters in the wrong order, the most frequent slip, count as one edit. */
function away(a: string, b: string): number {
  const sorted = (text: string): string => [...text].sort().join('')
  return a !== b && sorted(a) === sorted(b) ? 1 : distance(a, b)
}
