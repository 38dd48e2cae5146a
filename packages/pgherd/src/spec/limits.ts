/** Longest spec file in bytes. The largest sensible spec is a few hundred kilobytes. */
export const longestFile = 2 ** 20
/** Deepest nesting; the schema itself needs 6. */
export const deepestNesting = 32
/** Values that aliases may add to a spec by repetition: enough for convenience, too few for a bomb. */
export const mostAliasedValues = 10_000
/** Values in a spec that code built. */
export const mostValues = 200_000
/** Findings shown at once; the rest is counted. */
export const mostFindings = 200
