import { mend } from '../diagnostic/diagnostic.ts'
import type { SpecFinding } from './finding.ts'
import { longestFile } from './limits.ts'

/** Characters YAML does not allow (YAML 1.2.2, section 5.1), and the mark left by bytes that are no UTF-8. */
const unreadable = /[\p{Cs}\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd\ufffe\uffff]/u

/** What keeps a text from being looked at as YAML at all: too long, not text, or empty. */
export function textFault(text: string): SpecFinding | undefined {
  if (text.length > longestFile) {
    return {
      code: 'SPEC_TOO_LARGE',
      detail: `the file is larger than ${String(longestFile / 2 ** 20)} MiB, so it is hardly a spec`,
      mend: mend.advice('check that this is the right file'),
      path: [],
    }
  }
  const garbage = unreadable.exec(text)
  if (garbage) {
    const before = text.slice(0, garbage.index).split('\n')
    return {
      code: 'SPEC_SYNTAX',
      detail:
        'the file has a character that no text file in UTF-8 has; it may be binary or saved in another encoding',
      mend: mend.advice('check that this is the right file, and save it as UTF-8'),
      path: [],
      position: { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
    }
  }
  if (/^\s*$/.test(text.replace(/^\ufeff/, '').replaceAll(/^\s*#.*$/gm, ''))) {
    return {
      code: 'SPEC_SYNTAX',
      detail: 'the file is empty, or has comments only',
      mend: mend.run('pgherd', 'init'),
      path: [],
      position: { line: 1, column: 1 },
    }
  }
  return undefined
}
