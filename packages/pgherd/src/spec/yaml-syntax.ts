import { mend } from '../diagnostic/diagnostic.ts'
import type { Position, SpecFinding } from './finding.ts'

/**
 * Our words for the parser's error codes (yaml 2, errors.ts). The parser's own messages are not
 * used: some repeat a piece of the file, which may be a password.
 */
const words: Readonly<Record<string, readonly [detail: string, advice: string]>> = {
  TAB_AS_INDENT: [
    'a tab is used to indent; YAML allows only spaces there',
    'replace the tab by spaces, two per level',
  ],
  BAD_INDENT: [
    'this line is not indented like its neighbours',
    'give keys of the same level the same number of spaces',
  ],
  MISSING_CHAR: [
    'a closing quote, bracket, comma or colon is missing here or above',
    'close it; a key is followed by a colon and a space',
  ],
  MULTILINE_IMPLICIT_KEY: [
    'a key is not followed by a colon',
    'write `key: value` with a space after the colon',
  ],
  BLOCK_AS_IMPLICIT_KEY: [
    'a second `key: value` begins on a line that already has one',
    'put it on its own line, or put the text in quotes',
  ],
  BLOCK_IN_FLOW: [
    'an indented block stands between brackets',
    'use only `{a: 1}` and `[a, b]` between brackets',
  ],
  BAD_SCALAR_START: [
    'a value begins with a character YAML keeps for itself (@, `, % or similar)',
    'put the text in quotes',
  ],
  BAD_DQ_ESCAPE: [
    'a text in double quotes has a backslash sequence YAML does not know',
    'write \\\\ for a backslash, or use single quotes',
  ],
  BAD_ALIAS: [
    'an alias (*name) or anchor (&name) has no usable name',
    'put the text in quotes if it is no alias',
  ],
  ALIAS_PROPS: ['an alias (*name) cannot have an anchor or a tag', 'remove the one or the other'],
  MULTIPLE_ANCHORS: ['a value has more than one anchor (&name)', 'keep one'],
  MULTIPLE_TAGS: ['a value has more than one tag (!name)', 'remove the tags'],
  TAG_RESOLVE_FAILED: [
    'a tag (!name) that pgherd does not know',
    'remove the tag, or put the text in quotes',
  ],
  BAD_COLLECTION_TYPE: ['a tag (!name) that does not fit its value', 'remove the tag'],
  BAD_PROP_ORDER: [
    'an anchor (&name) or tag (!name) stands in the wrong place',
    'put it right before the value',
  ],
  BAD_DIRECTIVE: ['a line beginning with % that is no YAML directive', 'remove the line'],
  MULTIPLE_DOCS: ['the file has a second document (a line ---)', 'keep one spec per file'],
  NON_STRING_KEY: ['a key is a list or a mapping', 'use text as the key'],
  KEY_OVER_1024_CHARS: ['a key is longer than 1024 characters', 'check the quotes around it'],
  RESOURCE_EXHAUSTION: ['values are nested too deeply', 'remove levels; a spec needs six at most'],
  UNEXPECTED_TOKEN: [
    'something stands here that YAML does not expect',
    'put text with special characters in quotes, and check the brackets',
  ],
}

const otherwise = ['YAML cannot make sense of this line', 'check quotes, brackets and indentation'] as const

/** A parser error as a finding, without any text of the file. */
export function syntaxFinding(code: string, position: Position): SpecFinding {
  const [detail, advice] = words[code] ?? otherwise
  return {
    code: 'SPEC_SYNTAX',
    detail: `${detail}, so the spec cannot be read past line ${String(position.line)} for certain`,
    mend: mend.advice(advice),
    path: [],
    position,
  }
}
